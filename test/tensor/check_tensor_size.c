#include "of_test.h"
#include "tensor/tensor.h"

#include <string.h>

#define T62 (INT64_C(1) << 62)
#define T40 (INT64_C(1) << 40)

/* threats.md B1: dims of every hostile kind. count -1: refused. */
static const struct {
    of_dtype t;
    size_t rank;
    int64_t dims[5];
    int64_t count;
    uint64_t bytes;
} sizes[] = {
    {OF_FLOAT, 0, {0}, 1, 4},
    {OF_FLOAT, 1, {0}, 0, 0},
    {OF_FLOAT, 3, {2, 3, 4}, 24, 96},
    {OF_FLOAT, 3, {2, 0, 4}, 0, 0},
    {OF_DOUBLE, 2, {1, 1}, 1, 8},
    {OF_COMPLEX128, 1, {3}, 3, 48},
    {OF_BOOL, 1, {3}, 3, 3},
    {OF_FLOAT, 1, {-1}, -1, 0},
    {OF_FLOAT, 2, {0, -1}, -1, 0},
    {OF_FLOAT, 2, {-2, -3}, -1, 0},
    {OF_FLOAT, 1, {INT64_MIN}, -1, 0},
    {OF_FLOAT, 1, {INT64_MAX}, -1, 0},
    {OF_UINT8, 1, {INT64_MAX}, -1, 0},       /* the padding does not fit */
    {OF_UINT8, 1, {INT64_MAX - 63}, -1, 0},
    {OF_UINT8, 1, {INT64_MAX - 64}, INT64_MAX - 64, INT64_MAX - 64},
    {OF_DOUBLE, 1, {T62 / 4}, -1, 0},        /* elements fit, bytes do not */
    {OF_DOUBLE, 1, {T62 / 8}, T62 / 8, (uint64_t)T62},
    {OF_FLOAT, 2, {T40, T40}, -1, 0},
    {OF_FLOAT, 3, {T40, T40, 0}, -1, 0},     /* also beside a zero, wherever it is */
    {OF_FLOAT, 3, {0, T40, T40}, -1, 0},
    {OF_FLOAT, 3, {T40, 0, T40}, -1, 0},
    {OF_DOUBLE, 2, {0, T62}, -1, 0},
    {OF_FLOAT, 2, {0, T40}, 0, 0},
    {OF_UINT8, 4, {INT64_C(4294967296), INT64_C(4294967296), 1, 1}, -1, 0}, /* wraps to 0 */
    {OF_UINT8, 2, {INT64_C(4294967297), INT64_C(4294967295)}, -1, 0},
    {OF_INT4, 1, {0}, 0, 0},
    {OF_INT4, 1, {1}, 1, 1},
    {OF_UINT4, 1, {2}, 2, 1},
    {OF_FLOAT4E2M1, 2, {3, 3}, 9, 5},
    {OF_INT4, 1, {INT64_MAX}, INT64_MAX, (uint64_t)T62},
    {OF_UINT2, 1, {1}, 1, 1},
    {OF_INT2, 1, {4}, 4, 1},
    {OF_INT2, 1, {5}, 5, 2},
    {OF_FLOAT6E2M3, 1, {1}, 1, 1},
    {OF_FLOAT6E2M3, 1, {2}, 2, 2},
    {OF_FLOAT6E3M2, 1, {3}, 3, 3},
    {OF_FLOAT6E3M2, 1, {4}, 4, 3},
    {OF_FLOAT6E3M2, 1, {5}, 5, 4},
    {OF_FLOAT6E3M2, 1, {1001}, 1001, 751},
    {OF_FLOAT8E8M0, 1, {5}, 5, 5},
    {OF_STRING, 1, {5}, 5, 5 * sizeof(of_str)},
    {OF_STRING, 1, {T62}, -1, 0},
    {OF_UNDEFINED, 1, {5}, -1, 0},
    {OF_DTYPE_COUNT, 1, {5}, -1, 0},
    {(of_dtype)255, 1, {5}, -1, 0},
};

START_TEST(size)
{
    int64_t count = 0;
    size_t bytes = 0;
    bool ok = of_tensor_size(sizes[_i].t, sizes[_i].dims, sizes[_i].rank, &count, &bytes);
    bool fits = sizes[_i].bytes <= (uint64_t)PTRDIFF_MAX - 64 || sizes[_i].count < 0;
    ck_assert_int_eq(ok, sizes[_i].count >= 0 && fits);
    if (!ok) return;
    ck_assert_int_eq(count, sizes[_i].count);
    ck_assert_uint_eq(bytes, sizes[_i].bytes);
}
END_TEST

START_TEST(unpacked)
{
    int64_t dims[2] = {3, 5}, count;
    size_t bytes;
    ck_assert(of_tensor_size_unpacked(OF_INT4, dims, 2, &count, &bytes));
    ck_assert_uint_eq(bytes, 15);
    ck_assert(of_tensor_size_unpacked(OF_FLOAT6E2M3, dims, 2, &count, &bytes));
    ck_assert_uint_eq(bytes, 15);
    ck_assert(of_tensor_size_unpacked(OF_FLOAT16, dims, 2, &count, &bytes));
    ck_assert_uint_eq(bytes, 30);
    dims[0] = INT64_MAX;
    dims[1] = 1;
    ck_assert(!of_tensor_size_unpacked(OF_INT4, dims, 2, &count, &bytes));
}
END_TEST

START_TEST(ranks)
{
    int64_t dims[OF_MAX_RANK + 1], count;
    size_t bytes, i;
    for (i = 0; i <= OF_MAX_RANK; i++) dims[i] = 1;
    dims[63] = 7;
    ck_assert(of_tensor_size(OF_FLOAT, dims, OF_MAX_RANK, &count, &bytes));
    ck_assert_uint_eq(bytes, 28);
    ck_assert(!of_tensor_size(OF_FLOAT, dims, OF_MAX_RANK + 1, &count, &bytes));
    ck_assert(!of_tensor_size(OF_FLOAT, dims, SIZE_MAX, &count, &bytes));
}
END_TEST

START_TEST(dtypes)
{
    const of_dtype_info *d = &of_dtypes[_i];
    size_t i, n = strlen(d->name);
    ck_assert_uint_eq(strlen(d->type), n);
    for (i = 0; i < n; i++) {
        char c = d->name[i];
        ck_assert_int_eq(d->type[i], c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    ck_assert_int_ne(d->kind, OF_K_NONE);
    ck_assert(of_dtype_valid(_i));
    if (d->kind == OF_K_STRING) ck_assert_uint_eq(d->mem, sizeof(of_str));
    else ck_assert_uint_eq(d->mem, (d->bits + 7u) / 8);
    ck_assert_int_eq(of_dtype_packed((of_dtype)_i), d->bits == 2 || d->bits == 4 || d->bits == 6);
    ck_assert(!of_dtype_valid(0) && !of_dtype_valid(-1) && !of_dtype_valid(29) && !of_dtype_valid(INT64_MAX));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("size");
    TCase *c = tcase_create("size");
    tcase_add_loop_test(c, size, 0, (int)(sizeof sizes / sizeof *sizes));
    tcase_add_test(c, unpacked);
    tcase_add_test(c, ranks);
    tcase_add_loop_test(c, dtypes, 1, OF_DTYPE_COUNT);
    suite_add_tcase(s, c);
    return of_test_main(s);
}
