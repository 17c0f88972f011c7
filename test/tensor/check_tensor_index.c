#include "of_test.h"
#include "tensor/index.h"

#include <string.h>

static uint32_t rnd_state;
static uint32_t rnd(uint32_t n)
{
    rnd_state = rnd_state * 1664525 + 1013904223;
    return (rnd_state >> 8) % n;
}

START_TEST(strides)
{
    int64_t d[4] = {2, 3, 1, 5}, s[4];
    of_strides(d, 4, s);
    ck_assert(s[0] == 15 && s[1] == 5 && s[2] == 5 && s[3] == 1);
    of_strides(d, 0, s);
}
END_TEST

static const struct {
    size_t n, rank[3];
    int64_t dims[3][4];
    int out_rank; /* -1: not broadcastable */
    int64_t out[4];
} bcasts[] = {
    {0, {0}, {{0}}, 0, {0}},
    {1, {2}, {{3, 4}}, 2, {3, 4}},
    {2, {0, 0}, {{0}}, 0, {0}},
    {2, {2, 0}, {{3, 4}}, 2, {3, 4}},
    {2, {2, 1}, {{3, 4}, {4}}, 2, {3, 4}},
    {2, {2, 1}, {{3, 4}, {1}}, 2, {3, 4}},
    {2, {2, 1}, {{3, 4}, {3}}, -1, {0}},
    {2, {2, 2}, {{3, 1}, {1, 4}}, 2, {3, 4}},
    {2, {1, 1}, {{0}, {1}}, 1, {0}},
    {2, {1, 1}, {{1}, {0}}, 1, {0}},
    {2, {1, 1}, {{0}, {2}}, -1, {0}},
    {2, {1, 1}, {{2}, {0}}, -1, {0}},
    {2, {1, 1}, {{0}, {0}}, 1, {0}},
    {3, {1, 2, 4}, {{5}, {4, 1}, {2, 1, 1, 1}}, 4, {2, 1, 4, 5}},
    {3, {1, 1, 1}, {{1}, {2}, {3}}, -1, {0}},
};

START_TEST(broadcast)
{
    const int64_t *p[3] = {bcasts[_i].dims[0], bcasts[_i].dims[1], bcasts[_i].dims[2]};
    int64_t out[OF_MAX_RANK];
    size_t rank = 99;
    bool ok = of_broadcast_dims(p, bcasts[_i].rank, bcasts[_i].n, out, &rank);
    ck_assert_int_eq(ok, bcasts[_i].out_rank >= 0);
    if (!ok) return;
    ck_assert_uint_eq(rank, (size_t)bcasts[_i].out_rank);
    if (rank) ck_assert_int_eq(memcmp(out, bcasts[_i].out, rank * sizeof *out), 0);
}
END_TEST

START_TEST(broadcast_rank)
{
    int64_t dims[OF_MAX_RANK + 1], out[OF_MAX_RANK];
    const int64_t *p[1] = {dims};
    size_t rank = OF_MAX_RANK, i;
    for (i = 0; i <= OF_MAX_RANK; i++) dims[i] = 1;
    ck_assert(of_broadcast_dims(p, &rank, 1, out, &rank));
    ck_assert_uint_eq(rank, OF_MAX_RANK);
    rank++;
    ck_assert(!of_broadcast_dims(p, &rank, 1, out, &rank));
}
END_TEST

/* Every element of the loop, in order, against plain counting. */
static void against_counting(of_loop *l, const int64_t *dims, size_t rank, int64_t (*st)[OF_MAX_RANK], size_t n_op)
{
    int64_t at[OF_MAX_RANK] = {0}, total = 1, seen = 0, i;
    size_t k, d;
    for (d = 0; d < rank; d++) total *= dims[d];
    ck_assert_int_eq(l->total, total);
    for (; !l->done; of_loop_next(l)) {
        ck_assert_int_gt(l->inner, 0);
        for (i = 0; i < l->inner; i++) {
            if (seen >= total) ck_abort();
            for (k = 0; k < n_op; k++) {
                int64_t want = 0;
                for (d = 0; d < rank; d++) want += at[d] * st[k][d];
                if (l->offset[k] + i * l->inner_stride[k] != want) ck_abort();
            }
            seen++;
            for (d = rank; d-- > 0;) {
                if (++at[d] < dims[d]) break;
                at[d] = 0;
            }
        }
    }
    ck_assert_int_eq(seen, total);
}

static of_loop loop;

START_TEST(random_loops)
{
    static int64_t st[OF_LOOP_OPERANDS][OF_MAX_RANK];
    const int64_t *p[OF_LOOP_OPERANDS];
    int round;
    rnd_state = (uint32_t)_i + 1;
    for (round = 0; round < 100; round++) {
        size_t rank = rnd(7), n = 1 + rnd(OF_LOOP_OPERANDS), k, d;
        int64_t dims[7] = {0};
        for (d = 0; d < rank; d++) dims[d] = rnd(20) == 0 ? 0 : 1 + rnd(4);
        for (k = 0; k < n; k++) {
            p[k] = st[k];
            of_strides(dims, rank, st[k]);
            /* row-major, some broadcast, some at random, some backwards */
            for (d = 0; d < rank; d++) {
                uint32_t r = rnd(8);
                if (r == 0) st[k][d] = 0;
                if (r == 1) st[k][d] = (int64_t)rnd(50) - 25;
                if (r == 2) st[k][d] = -st[k][d];
            }
        }
        of_loop_init(&loop, dims, rank, p, n);
        against_counting(&loop, dims, rank, st, n);
    }
}
END_TEST

START_TEST(broadcast_loops)
{
    static int64_t st[OF_LOOP_OPERANDS][OF_MAX_RANK];
    int round;
    of_alloc a;
    of_alloc_init_default(&a);
    rnd_state = (uint32_t)_i + 1;
    for (round = 0; round < 50; round++) {
        size_t rank = rnd(6), n = rnd(OF_LOOP_OPERANDS), k, d;
        int64_t out[6] = {0};
        of_tensor *t[OF_LOOP_OPERANDS] = {0};
        for (d = 0; d < rank; d++) out[d] = 1 + rnd(4);
        of_strides(out, rank, st[0]);
        for (k = 0; k < n; k++) {
            size_t skip = rnd((uint32_t)rank + 1);
            int64_t dims[6] = {0}, own[6];
            memset(st[k + 1], 0, sizeof st[k + 1]);
            for (d = skip; d < rank; d++) dims[d - skip] = rnd(3) == 0 ? 1 : out[d];
            of_strides(dims, rank - skip, own);
            for (d = skip; d < rank; d++) st[k + 1][d] = dims[d - skip] == 1 ? 0 : own[d - skip];
            ck_assert_int_eq(of_tensor_new(&a, OF_FLOAT, dims, rank - skip, &t[k], NULL), OF_OK);
        }
        of_loop_init_broadcast(&loop, out, rank, (const of_tensor *const *)t, n);
        against_counting(&loop, out, rank, st, n + 1);
        for (k = 0; k < n; k++) of_tensor_unref(t[k]);
    }
    ck_assert_uint_eq(a.live, 0);
}
END_TEST

START_TEST(merged)
{
    int64_t dims[4] = {2, 3, 4, 5}, a[4], b[4] = {0, 0, 5, 1};
    const int64_t *p[2] = {a, a};
    of_strides(dims, 4, a);
    of_loop_init(&loop, dims, 4, p, 2); /* alike: one run */
    ck_assert_uint_eq(loop.rank, 0);
    ck_assert_int_eq(loop.inner, 120);
    ck_assert_int_eq(loop.inner_stride[1], 1);
    of_loop_next(&loop);
    ck_assert(loop.done);
    p[1] = b;
    of_loop_init(&loop, dims, 4, p, 2); /* a bias: two loops */
    ck_assert_uint_eq(loop.rank, 1);
    ck_assert_int_eq(loop.inner, 20);
    ck_assert_int_eq(loop.dims[0], 6);
}
END_TEST

START_TEST(edges)
{
    int64_t dims[OF_MAX_RANK] = {0}, a[OF_MAX_RANK] = {0};
    const int64_t *p[1] = {a};
    size_t i;
    int runs = 0;
    of_loop_init(&loop, dims, 0, p, 1); /* 0-d: one run of one */
    ck_assert(!loop.done && loop.inner == 1 && loop.total == 1 && loop.inner_stride[0] == 1);
    of_loop_next(&loop);
    ck_assert(loop.done);
    dims[0] = 3;
    dims[1] = 0;
    of_strides(dims, 2, a);
    of_loop_init(&loop, dims, 2, p, 1); /* nothing to do */
    ck_assert(loop.done && loop.total == 0);
    for (i = 0; i < OF_MAX_RANK; i++) {
        dims[i] = i % 8 == 0 ? 2 : 1;
        a[i] = 1000 - (int64_t)i; /* merges nowhere */
    }
    of_loop_init(&loop, dims, OF_MAX_RANK, p, 1);
    ck_assert_uint_eq(loop.rank, 7);
    for (; !loop.done; of_loop_next(&loop)) runs++;
    ck_assert_int_eq(runs, 128);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("index");
    TCase *c = tcase_create("index");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, strides);
    tcase_add_loop_test(c, broadcast, 0, (int)(sizeof bcasts / sizeof *bcasts));
    tcase_add_test(c, broadcast_rank);
    tcase_add_loop_test(c, random_loops, 0, 10);
    tcase_add_loop_test(c, broadcast_loops, 0, 10);
    tcase_add_test(c, merged);
    tcase_add_test(c, edges);
    suite_add_tcase(s, c);
    return of_test_main(s);
}
