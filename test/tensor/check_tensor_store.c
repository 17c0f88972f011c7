#include "../base/test_alloc.h"
#include "of_test.h"
#include "tensor/tensor.h"
#include "vectors.h"

static of_alloc a;
static test_heap heap;
static of_err e;

static void setup(void)
{
    test_heap_init(&heap, &a);
    of_err_clear(&e);
}

static void teardown(void)
{
    ck_assert_uint_eq(heap.out, 0);
    ck_assert_uint_eq(a.live, 0);
    ck_assert(!heap.wrong_size);
}

static of_tensor *make(of_dtype t, int64_t n, bool unpacked)
{
    of_tensor *x = NULL;
    ck_assert_int_eq(of_tensor_new_data(&a, NULL, t, &n, 1, unpacked, &x, &e), OF_OK);
    return x;
}

static of_tensor *view_of(of_tensor *t, int64_t d0, int64_t d1)
{
    int64_t dims[2] = {d0, d1};
    of_tensor *v = NULL;
    ck_assert_int_eq(of_tensor_reshaped(t, dims, 2, &v, &e), OF_OK);
    return v;
}

START_TEST(created)
{
    int64_t dims[3] = {2, 3, 4}, zero[2] = {0, 7};
    of_tensor *t;
    size_t i;
    ck_assert_int_eq(of_tensor_new(&a, OF_FLOAT16, dims, 3, &t, &e), OF_OK);
    ck_assert(t->rank == 3 && t->dims[2] == 4 && t->count == 24 && t->bytes == 48 && !t->data);
    ck_assert_int_eq(of_tensor_load(t, &e), OF_E_STATE); /* nowhere to load it from */
    of_err_clear(&e);
    of_tensor_unref(t);
    ck_assert_int_eq(of_tensor_new_data(&a, NULL, OF_INT32, dims, 3, true, &t, &e), OF_OK);
    ck_assert(!t->unpacked); /* only what can be packed is unpacked */
    for (i = 0; i < t->bytes; i++) ck_assert_uint_eq(((unsigned char *)t->data)[i], 0);
    of_tensor_ref(t);
    of_tensor_unref(t);
    ck_assert_int_eq(of_tensor_load(t, &e), OF_OK);
    of_tensor_unload(t); /* nowhere to come from again: stays */
    ck_assert_ptr_nonnull(t->data);
    of_tensor_unref(t);
    ck_assert_int_eq(of_tensor_new_data(&a, NULL, OF_DOUBLE, zero, 2, false, &t, &e), OF_OK);
    ck_assert(!t->data && t->bytes == 0);
    ck_assert_int_eq(of_tensor_load(t, &e), OF_OK);
    of_tensor_unref(t);
    of_tensor_unref(NULL);
    zero[1] = -1;
    ck_assert_int_eq(of_tensor_new(&a, OF_FLOAT, zero, 2, &t, &e), OF_E_TENSOR);
    ck_assert_ptr_null(t);
    ck_assert_int_eq(of_tensor_new(&a, (of_dtype)99, dims, 3, &t, NULL), OF_E_TENSOR);
    ck_assert_int_eq(of_tensor_new_data(&a, NULL, (of_dtype)99, dims, 3, true, &t, NULL), OF_E_TENSOR);
}
END_TEST

START_TEST(budgeted)
{
    of_budget b = {.bytes_max = 100, .one_max = 100};
    int64_t n = 20;
    of_tensor *t;
    ck_assert_int_eq(of_tensor_new_data(&a, &b, OF_FLOAT, &n, 1, false, &t, &e), OF_OK);
    ck_assert_uint_eq(b.bytes_used, 80);
    of_tensor_unref(t);
    ck_assert_int_eq(of_tensor_new_data(&a, &b, OF_FLOAT, &n, 1, false, &t, &e), OF_E_BUDGET);
    ck_assert_ptr_null(t);
    /* asked before memory is */
    n = INT64_C(1) << 50;
    ck_assert_int_eq(of_tensor_new_data(&a, &b, OF_UINT8, &n, 1, false, &t, NULL), OF_E_BUDGET);
    ck_assert_uint_lt(a.peak, 1000);
}
END_TEST

START_TEST(store_no_memory)
{
    int64_t n = 20;
    of_tensor *t;
    for (heap.fail_at = 1; heap.fail_at <= 2; heap.fail_at++) {
        heap.calls = 0;
        ck_assert_int_eq(of_tensor_new_data(&a, NULL, OF_FLOAT, &n, 1, false, &t, NULL), OF_E_NOMEM);
        ck_assert_ptr_null(t);
    }
}
END_TEST

START_TEST(packing)
{
    static const of_dtype types[] = {OF_UINT2, OF_INT2, OF_UINT4, OF_INT4, OF_FLOAT4E2M1, OF_FLOAT6E2M3, OF_FLOAT6E3M2};
    of_dtype dt = types[_i];
    unsigned bits = of_dtypes[dt].bits;
    int64_t n, i, v;
    for (n = 0; n <= 23; n++) {
        const uint8_t *want = bits == 2 ? pack_out2[n] : bits == 4 ? pack_out4[n] : pack_out6[n];
        of_tensor *t = make(dt, n, true), *u = NULL, *p;
        ck_assert_uint_eq(t->bytes, (size_t)n);
        if (n) memcpy(t->data, pack_in, (size_t)n);
        ck_assert_int_eq(of_tensor_pack(t, &e), OF_OK);
        ck_assert_int_eq(of_tensor_pack(t, &e), OF_OK); /* nothing more to do */
        ck_assert(!t->unpacked);
        ck_assert_uint_eq(t->bytes, ((size_t)n * bits + 7) / 8);
        if (n) ck_assert_int_eq(memcmp(t->data, want, t->bytes), 0);
        ck_assert_int_eq(of_tensor_unpack(t, &u, &e), OF_OK);
        ck_assert(u != t && u->unpacked && u->count == n);
        for (i = 0; i < n; i++) {
            unsigned code = pack_in[i] & ((1u << bits) - 1);
            int want_v = (int)code;
            if (of_dtypes[dt].kind == OF_K_SINT && code >> (bits - 1)) want_v -= 1 << bits;
            ck_assert_int_eq(of_dtypes[dt].kind == OF_K_SINT ? ((int8_t *)u->data)[i] : ((uint8_t *)u->data)[i], want_v);
            ck_assert_int_eq(of_tensor_get_i64(t, i, &v), of_dtype_is_int(dt));
            if (of_dtype_is_int(dt)) {
                ck_assert_int_eq(v, want_v);
                ck_assert(of_tensor_get_i64(u, i, &v));
                ck_assert_int_eq(v, want_v);
            }
        }
        ck_assert_int_eq(of_tensor_unpack(u, &p, &e), OF_OK); /* itself */
        ck_assert_ptr_eq(p, u);
        of_tensor_unref(p);
        /* packing what is a view makes a copy of its own */
        p = view_of(u, 1, n);
        ck_assert_int_eq(of_tensor_pack(u, &e), n ? OF_E_STATE : OF_OK);
        of_err_clear(&e);
        ck_assert_int_eq(of_tensor_pack(p, &e), OF_OK);
        ck_assert(of_tensor_equal(p, p) && !of_tensor_equal(p, t));
        if (n) ck_assert_int_eq(memcmp(p->data, want, p->bytes), 0);
        of_tensor_unref(p);
        of_tensor_unref(u);
        of_tensor_unref(t);
    }
}
END_TEST

START_TEST(integers)
{
    static const struct { of_dtype t; uint64_t raw; int64_t want; } x[] = {
        {OF_BOOL, 1, 1}, {OF_BOOL, 255, 1}, {OF_BOOL, 0, 0}, {OF_UINT8, 0xFF, 255}, {OF_INT8, 0xFF, -1},
        {OF_UINT16, 0xFFFF, 65535}, {OF_INT16, 0xFFFF, -1}, {OF_UINT32, 0xFFFFFFFF, 0xFFFFFFFF},
        {OF_INT32, 0x80000000, INT32_MIN}, {OF_INT64, 1ull << 63, INT64_MIN}, {OF_UINT64, ~0ull, -1},
    };
    size_t i;
    int64_t v;
    for (i = 0; i < sizeof x / sizeof *x; i++) {
        of_tensor *t = make(x[i].t, 2, false);
        uint64_t raw = x[i].raw;
        size_t mem = of_dtypes[x[i].t].mem;
        switch (mem) {
        case 1: ((uint8_t *)t->data)[1] = (uint8_t)raw; break;
        case 2: ((uint16_t *)t->data)[1] = (uint16_t)raw; break;
        case 4: ((uint32_t *)t->data)[1] = (uint32_t)raw; break;
        default: ((uint64_t *)t->data)[1] = raw; break;
        }
        ck_assert(of_tensor_get_i64(t, 1, &v));
        ck_assert_int_eq(v, x[i].want);
        ck_assert(of_tensor_get_i64(t, 0, &v) && v == 0);
        ck_assert(!of_tensor_get_i64(t, 2, &v) && !of_tensor_get_i64(t, -1, &v));
        of_tensor_unref(t);
    }
    {
        of_tensor *t = make(OF_FLOAT, 2, false);
        ck_assert(!of_tensor_get_i64(t, 0, &v));
        of_tensor_unref(t);
    }
}
END_TEST

/* A loader that counts, and gives the bytes 1, 2, 3... */
static int loads, load_fails;
static of_status load_cb(of_tensor *t, of_err *err)
{
    size_t i;
    loads++;
    if (load_fails) return of_fail(err, OF_E_IO, "load");
    t->data = of_mem_alloc(t->alloc, t->bytes);
    if (!t->data) return of_fail(err, OF_E_NOMEM, "out of memory");
    t->owned = true;
    t->data_cap = t->bytes;
    for (i = 0; i < t->bytes; i++) ((unsigned char *)t->data)[i] = (unsigned char)(i + 1);
    return OF_OK;
}
static const of_tensor_loader loader = {load_cb};

static of_tensor *lazy(int64_t n)
{
    of_tensor *t;
    loads = load_fails = 0;
    ck_assert_int_eq(of_tensor_new(&a, OF_UINT8, &n, 1, &t, &e), OF_OK);
    t->loader = &loader;
    t->src_off = 123;
    ck_assert_int_eq(of_source_memory(&a, "", 0, &t->src, &e), OF_OK);
    return t;
}

START_TEST(loading)
{
    of_tensor *t = lazy(6);
    ck_assert_int_eq(of_tensor_load(t, &e), OF_OK);
    ck_assert_int_eq(of_tensor_load(t, &e), OF_OK);
    ck_assert_int_eq(loads, 1);
    of_tensor_unload(t);
    of_tensor_unload(t);
    ck_assert_ptr_null(t->data);
    load_fails = 1;
    ck_assert_int_eq(of_tensor_load(t, &e), OF_E_IO);
    load_fails = 0;
    ck_assert_int_eq(of_tensor_load(t, &e), OF_OK);
    ck_assert_int_eq(loads, 3);
    of_tensor_unref(t);
}
END_TEST

/* A view of a tensor that is not loaded costs nothing; loading it loads the parent. */
START_TEST(lazy_view)
{
    of_tensor *t = lazy(6), *v = view_of(t, 2, 3), *w = view_of(v, 3, 2);
    size_t live = a.live;
    ck_assert(v->parent == t && w->parent == t && !v->data && v->src == t->src && v->src_off == 123);
    ck_assert_int_eq(of_tensor_load(w, &e), OF_OK);
    ck_assert_int_eq(of_tensor_load(v, &e), OF_OK);
    ck_assert(loads == 1 && v->data == t->data && w->data == t->data);
    ck_assert_uint_eq(a.live, live + 6); /* one copy of the bytes */
    of_tensor_unload(t);
    ck_assert_ptr_nonnull(t->data); /* views point into it */
    of_tensor_unload(v);
    ck_assert(!v->data && t->data);
    of_tensor_unload(w); /* the last one: nobody asked for the parent itself */
    ck_assert_ptr_null(t->data);
    ck_assert_int_eq(of_tensor_load(v, &e), OF_OK);
    ck_assert_int_eq(of_tensor_load(t, &e), OF_OK); /* now somebody does */
    of_tensor_unload(v);
    ck_assert_ptr_nonnull(t->data);
    of_tensor_unload(t);
    ck_assert_ptr_null(t->data);
    load_fails = 1;
    ck_assert_int_eq(of_tensor_load(v, &e), OF_E_IO);
    load_fails = 0;
    ck_assert_int_eq(of_tensor_load(v, &e), OF_OK);
    of_tensor_unref(t); /* the views keep it */
    ck_assert_uint_eq(((unsigned char *)v->data)[5], 6);
    of_tensor_unref(v);
    of_tensor_unref(w);
}
END_TEST

START_TEST(owned_view)
{
    of_tensor *t = make(OF_INT64, 4, false), *v, *bad;
    int64_t d = 5, none = 0, x;
    ((int64_t *)t->data)[3] = 77;
    v = view_of(t, 4, 1);
    ck_assert_ptr_eq(v->data, t->data);
    ck_assert_int_eq(of_tensor_reshaped(t, &d, 1, &bad, &e), OF_E_ARGUMENT);
    ck_assert_int_eq(of_tensor_reshaped(t, &none, 1, &bad, NULL), OF_E_ARGUMENT);
    ck_assert_ptr_null(bad);
    d = -1;
    ck_assert_int_eq(of_tensor_reshaped(t, &d, 1, &bad, NULL), OF_E_TENSOR);
    heap.fail_at = heap.calls + 1;
    d = 4;
    ck_assert_int_eq(of_tensor_reshaped(t, &d, 1, &bad, NULL), OF_E_NOMEM);
    of_tensor_unref(t);
    ck_assert(of_tensor_get_i64(v, 3, &x) && x == 77);
    of_tensor_unload(v); /* harmless: loads again from its parent */
    ck_assert_int_eq(of_tensor_load(v, &e), OF_OK);
    ck_assert(of_tensor_get_i64(v, 3, &x) && x == 77);
    of_tensor_unref(v);
    t = make(OF_FLOAT, 0, false);
    v = view_of(t, 0, 9);
    ck_assert_int_eq(of_tensor_load(v, &e), OF_OK);
    of_tensor_unref(t);
    of_tensor_unref(v);
}
END_TEST

START_TEST(strings)
{
    static char text[] = "hello world";
    of_tensor *t = make(OF_STRING, 3, false), *u = make(OF_STRING, 3, false), *v;
    of_str *s = t->data, *r = u->data;
    s[0] = (of_str){text, 5};
    s[1] = (of_str){NULL, 0};
    s[2] = (of_str){text + 6, 5};
    ck_assert_int_eq(of_tensor_own_strings(t, &e), OF_OK);
    memset(text, '#', 11);
    ck_assert(of_str_is(s[0], "hello") && of_str_is(s[1], "") && of_str_is(s[2], "world"));
    ck_assert_uint_eq(t->pool_cap, 10);
    /* moving data copies of_str only; afterwards the result stands alone */
    r[0] = s[2];
    r[1] = s[0];
    r[2] = s[0];
    ck_assert_int_eq(of_tensor_own_strings(u, &e), OF_OK);
    v = view_of(t, 3, 1);
    ck_assert_int_eq(of_tensor_own_strings(t, &e), OF_OK); /* again, from its own pool */
    heap.fail_at = heap.calls + 2;
    ck_assert_int_eq(of_tensor_own_strings(v, NULL), OF_E_NOMEM);
    ck_assert_int_eq(of_tensor_own_strings(v, &e), OF_OK);
    of_tensor_unref(t);
    ck_assert(of_str_is(r[0], "world") && of_str_is(r[2], "hello"));
    ck_assert(of_str_is(((of_str *)v->data)[2], "world"));
    of_tensor_unref(u);
    of_tensor_unref(v);
    t = make(OF_STRING, 2, false); /* all empty: no pool */
    ck_assert_int_eq(of_tensor_own_strings(t, &e), OF_OK);
    ck_assert_ptr_null(t->pool);
    ((of_str *)t->data)[0].n = SIZE_MAX;
    ((of_str *)t->data)[1].n = 2;
    ck_assert_int_eq(of_tensor_own_strings(t, NULL), OF_E_NOMEM); /* the sum does not fit */
    of_tensor_unref(t);
}
END_TEST

START_TEST(equal)
{
    of_tensor *t = make(OF_INT32, 4, false), *u = make(OF_INT32, 4, false), *f = make(OF_FLOAT, 4, false);
    of_tensor *v = view_of(t, 2, 2), *s = make(OF_STRING, 1, false), *r = make(OF_STRING, 1, false);
    char x[] = "ab", y[] = "ab";
    ck_assert(of_tensor_equal(t, t) && of_tensor_equal(t, u));
    ck_assert(!of_tensor_equal(t, f) && !of_tensor_equal(t, v));
    ((int32_t *)u->data)[3] = 1;
    ck_assert(!of_tensor_equal(t, u));
    *(of_str *)s->data = (of_str){x, 2};
    *(of_str *)r->data = (of_str){y, 2};
    ck_assert(of_tensor_equal(s, r)); /* by text, not by address */
    y[1] = 'c';
    ck_assert(!of_tensor_equal(s, r));
    ((of_str *)r->data)->n = 1;
    ck_assert(!of_tensor_equal(s, r));
    of_tensor_unref(t);
    of_tensor_unref(u);
    of_tensor_unref(v);
    of_tensor_unref(f);
    of_tensor_unref(s);
    of_tensor_unref(r);
}
END_TEST

START_TEST(sequences)
{
    of_tensor *t = make(OF_FLOAT, 4, false);
    of_seq *s, *o;
    int i;
    ck_assert_int_eq(of_seq_new(&a, OF_VAL_SEQUENCE, &s, &e), OF_OK);
    for (i = 0; i < 100; i++) ck_assert_int_eq(of_seq_push(s, &t->base, &e), OF_OK);
    ck_assert_uint_eq(t->base.refs, 101);
    of_tensor_unref(t);
    ck_assert_int_eq(of_seq_new(&a, OF_VAL_OPTIONAL, &o, &e), OF_OK);
    ck_assert_int_eq(of_seq_push(o, &s->base, &e), OF_OK);
    ck_assert_int_eq(of_seq_push(o, &s->base, &e), OF_E_ARGUMENT);
    of_val_unref(of_val_ref(&s->base));
    of_val_unref(&s->base);
    ck_assert_ptr_eq(of_val_tensor(s->item[99]), t);
    ck_assert_ptr_null(of_val_tensor(&s->base));
    of_val_unref(&o->base);
    of_val_unref(NULL);
}
END_TEST

/* Two hundred thousand deep, on a small stack; and shared twice at every level. */
START_TEST(nested)
{
    of_seq *s = NULL, *outer;
    long i;
    for (i = 0; i < 200000; i++) {
        if (of_seq_new(&a, OF_VAL_SEQUENCE, &outer, &e) != OF_OK) ck_abort();
        if (s) {
            if (of_seq_push(outer, &s->base, &e) != OF_OK) ck_abort();
            if (of_seq_push(outer, &s->base, &e) != OF_OK) ck_abort();
            of_val_unref(&s->base);
        }
        s = outer;
    }
    of_val_unref(&s->base);
}
END_TEST

START_TEST(seq_no_memory)
{
    of_tensor *t = make(OF_FLOAT, 1, false);
    of_seq *s;
    heap.calls = 0;
    heap.fail_at = 1;
    ck_assert_int_eq(of_seq_new(&a, OF_VAL_SEQUENCE, &s, NULL), OF_E_NOMEM);
    ck_assert_int_eq(of_seq_new(&a, OF_VAL_SEQUENCE, &s, NULL), OF_OK);
    heap.calls = 0;
    ck_assert_int_eq(of_seq_push(s, &t->base, NULL), OF_E_NOMEM);
    ck_assert(s->n == 0 && t->base.refs == 1);
    of_val_unref(&s->base);
    of_val_unref(&t->base);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store");
    TCase *c = tcase_create("store");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, created);
    tcase_add_test(c, budgeted);
    tcase_add_test(c, store_no_memory);
    tcase_add_loop_test(c, packing, 0, 7);
    tcase_add_test(c, integers);
    tcase_add_test(c, loading);
    tcase_add_test(c, lazy_view);
    tcase_add_test(c, owned_view);
    tcase_add_test(c, strings);
    tcase_add_test(c, equal);
    tcase_add_test(c, sequences);
    tcase_add_test(c, nested);
    tcase_add_test(c, seq_no_memory);
    suite_add_tcase(s, c);
    return of_test_main(s);
}
