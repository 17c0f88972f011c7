#include "base/alloc.h"
#include "of_test.h"
#include "test_alloc.h"

static of_alloc a;
static test_heap heap;

static void setup(void)
{
    test_heap_init(&heap, &a);
}

static void teardown(void)
{
    ck_assert_uint_eq(heap.out, 0);
    ck_assert_uint_eq(a.live, 0);
    ck_assert(!heap.wrong_size);
}

START_TEST(counts)
{
    void *p = of_mem_alloc(&a, 100), *q = of_mem_zalloc(&a, 50);
    size_t i;
    ck_assert_uint_eq(a.live, 150);
    ck_assert_uint_eq(a.peak, 150);
    for (i = 0; i < 50; i++) ck_assert_uint_eq(((unsigned char *)q)[i], 0);
    of_mem_free(&a, p, 100);
    ck_assert_uint_eq(a.live, 50);
    ck_assert_uint_eq(a.peak, 150);
    ck_assert_uint_eq(a.count, 2);
    of_mem_free(&a, q, 50);
    of_mem_free(&a, NULL, 7);
}
END_TEST

START_TEST(refused)
{
    ck_assert_ptr_null(of_mem_alloc(&a, 0));
    ck_assert_ptr_null(of_mem_zalloc(&a, 0));
    ck_assert_ptr_null(of_mem_alloc(&a, (size_t)PTRDIFF_MAX + 1));
    ck_assert_ptr_null(of_mem_array(&a, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(of_mem_array(&a, 0, 8));
    ck_assert_uint_eq(heap.calls, 0);
}
END_TEST

START_TEST(grow)
{
    unsigned char *p = of_mem_grow(&a, NULL, 0, 10), *q;
    memset(p, 7, 10);
    p = of_mem_grow(&a, p, 10, 1000);
    ck_assert_uint_eq(p[9], 7);
    heap.fail_at = heap.calls + 1;
    q = of_mem_grow(&a, p, 1000, 5000);
    ck_assert_ptr_null(q);
    ck_assert_uint_eq(p[9], 7); /* still there */
    p = of_mem_grow(&a, p, 1000, 4);
    ck_assert_uint_eq(p[3], 7);
    of_mem_free(&a, p, 4);
}
END_TEST

START_TEST(default_hook)
{
    of_alloc d;
    unsigned char *p;
    size_t i;
    of_alloc_init_default(&d);
    p = of_mem_zalloc(&d, 1 << 20);
    for (i = 0; i < 1 << 20; i += 4096) ck_assert_uint_eq(p[i], 0);
    p[5] = 9;
    p = of_mem_grow(&d, p, 1 << 20, 1 << 21);
    ck_assert_uint_eq(p[5], 9);
    ck_assert_uint_eq(d.live, 1 << 21);
    of_mem_free(&d, p, 1 << 21);
    ck_assert_uint_eq(d.live, 0);
    ck_assert_ptr_null(of_mem_zalloc(&d, (size_t)PTRDIFF_MAX + 1));
    ck_assert_ptr_null(of_mem_grow(&d, NULL, 0, 0));
}
END_TEST

START_TEST(vec)
{
    void *p = NULL;
    size_t cap = 0, i;
    for (i = 1; i <= 1000; i++) {
        ck_assert_int_eq(of_vec_reserve(&a, &p, &cap, i, sizeof(int)), OF_OK);
        ck_assert_uint_ge(cap, i);
        ((int *)p)[i - 1] = (int)i;
    }
    ck_assert_uint_le(heap.calls, 10);
    for (i = 0; i < 1000; i++) ck_assert_int_eq(((int *)p)[i], (int)i + 1);
    i = cap;
    ck_assert_int_eq(of_vec_reserve(&a, &p, &cap, SIZE_MAX, 4), OF_E_NOMEM);
    ck_assert_int_eq(of_vec_reserve(&a, &p, &cap, SIZE_MAX / 4, 16), OF_E_NOMEM);
    heap.fail_at = heap.calls + 1;
    ck_assert_int_eq(of_vec_reserve(&a, &p, &cap, cap + 1, 4), OF_E_NOMEM);
    ck_assert_uint_eq(cap, i);
    ck_assert_int_eq(((int *)p)[999], 1000);
    of_mem_free(&a, p, cap * 4);
}
END_TEST

START_TEST(arena_items)
{
    of_arena ar;
    unsigned char *p[300];
    size_t i, j;
    of_arena_init(&ar, &a);
    for (i = 0; i < 300; i++) {
        p[i] = of_arena_alloc(&ar, i);
        ck_assert_ptr_nonnull(p[i]);
        ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
        memset(p[i], (int)(i & 255), i);
    }
    for (i = 0; i < 300; i++) {
        for (j = 0; j < i; j++) {
            if (p[i][j] != (i & 255)) ck_abort();
        }
    }
    ck_assert_ptr_nonnull(of_arena_alloc(&ar, 5 << 20)); /* larger than any chunk */
    ck_assert_ptr_null(of_arena_alloc(&ar, SIZE_MAX));
    ck_assert_ptr_null(of_arena_alloc(&ar, SIZE_MAX - 20));
    ck_assert_ptr_null(of_arena_array(&ar, SIZE_MAX / 2, 4));
    ck_assert_ptr_null(of_arena_zarray(&ar, SIZE_MAX / 2, 4));
    ck_assert_int_eq(memcmp(of_arena_dup(&ar, "abc", 4), "abc", 4), 0);
    ck_assert_ptr_nonnull(of_arena_dup(&ar, NULL, 0));
    ck_assert_uint_eq(*OF_NEW(&ar, uint64_t), 0);
    ck_assert_uint_eq(OF_NEW_N(&ar, uint64_t, 10)[9], 0);
    of_arena_free(&ar);
    ck_assert_uint_eq(a.live, 0);
    ck_assert_ptr_nonnull(of_arena_alloc(&ar, 10)); /* usable again */
    of_arena_free(&ar);
}
END_TEST

START_TEST(arena_chunks)
{
    of_arena ar;
    size_t i;
    of_arena_init(&ar, &a);
    for (i = 0; i < 1000000; i++) {
        if (!of_arena_alloc(&ar, 16)) ck_abort();
    }
#ifndef OF_ARENA_DEBUG
    ck_assert_uint_le(heap.calls, 32); /* each a third of what there is */
    ck_assert_uint_le(a.live, 22u << 20);
#endif
    of_arena_free(&ar);
}
END_TEST

START_TEST(arena_marks)
{
    of_arena ar;
    of_arena_mark m0, m1;
    size_t live0, live1, i, round, count;
    char *keep;
    of_arena_init(&ar, &a);
    m0 = of_arena_save(&ar);
    of_arena_alloc(&ar, 10);
    of_arena_restore(&ar, m0); /* a mark of the empty arena */
    ck_assert_uint_le(a.live, 4096); /* one chunk is kept */
    count = a.count;
    for (i = 0; i < 100; i++) {
        ck_assert_ptr_nonnull(of_arena_alloc(&ar, 1000));
        of_arena_restore(&ar, m0);
    }
    if (a.live) ck_assert_uint_eq(a.count, count);
    of_arena_free(&ar);
    ck_assert_uint_eq(a.live, 0);
    keep = of_arena_dup(&ar, "keep", 5);
    m0 = of_arena_save(&ar);
    live0 = a.live;
    for (i = 0; i < 1000; i++) of_arena_alloc(&ar, 100);
    m1 = of_arena_save(&ar);
    live1 = a.live;
    for (round = 0; round < 3; round++) {
        for (i = 0; i < 5000; i++) memset(of_arena_alloc(&ar, 100), 1, 100);
        of_arena_restore(&ar, m1);
        ck_assert_uint_le(a.live - live1, 1 << 20);
    }
    of_arena_restore(&ar, m0);
    ck_assert_uint_le(a.live - live0, 1 << 20);
    memset(of_arena_alloc(&ar, 64), 2, 64);
    ck_assert_str_eq(keep, "keep");
    of_arena_free(&ar);
}
END_TEST

START_TEST(arena_no_memory)
{
    of_arena ar;
    size_t n = 0, i;
    of_arena_init(&ar, &a);
    heap.fail_at = 3;
    heap.fail_on = true;
    while (of_arena_zalloc(&ar, 3000)) n++;
    ck_assert_uint_ge(n, 2);
    for (i = 0; i < 5; i++) ck_assert_ptr_null(of_arena_alloc(&ar, 1 << 22));
    of_arena_free(&ar);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("alloc");
    TCase *c = tcase_create("alloc");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, counts);
    tcase_add_test(c, refused);
    tcase_add_test(c, grow);
    tcase_add_test(c, default_hook);
    tcase_add_test(c, vec);
    tcase_add_test(c, arena_items);
    tcase_add_test(c, arena_chunks);
    tcase_add_test(c, arena_marks);
    tcase_add_test(c, arena_no_memory);
    suite_add_tcase(s, c);
    return of_test_main(s);
}
