#include "base/name.h"
#include "of_test.h"
#include "test_alloc.h"

static of_alloc a;
static test_heap heap;
static of_arena ar;

static void setup(void)
{
    test_heap_init(&heap, &a);
    of_arena_init(&ar, &a);
}

static void teardown(void)
{
    of_arena_free(&ar);
    ck_assert_uint_eq(heap.out, 0);
    ck_assert(!heap.wrong_size);
}

START_TEST(interned)
{
    of_names t;
    of_sym x, y;
    ck_assert_int_eq(of_names_init(&t, &a, &ar), OF_OK);
    ck_assert_uint_eq(t.empty->id, 0);
    ck_assert(of_sym_empty(t.empty) && of_sym_empty(NULL));
    ck_assert_ptr_eq(of_names_get(&t, NULL, 0), t.empty);
    x = of_names_get(&t, "a\0b", 3);
    y = of_names_get(&t, "a", 1);
    ck_assert_ptr_ne(x, y);
    ck_assert_uint_eq(x->id, 1);
    ck_assert_uint_eq(y->id, 2);
    ck_assert_ptr_eq(x, of_names_get(&t, "a\0bc", 3));
    ck_assert_int_eq(memcmp(x->s, "a\0b", 4), 0); /* a NUL behind it */
    ck_assert_ptr_null(of_names_find(&t, "zz", 2));
    ck_assert_ptr_eq(of_names_find(&t, "a", 1), y);
    ck_assert(of_sym_is(y, "a") && !of_sym_is(y, "ab") && !of_sym_is(x, "a") && of_sym_is(NULL, ""));
    ck_assert_ptr_eq(OF_NAME_LIT(&t, "a"), y);
    of_names_free(&t);
}
END_TEST

START_TEST(many)
{
    of_names t;
    char text[32];
    uint32_t i;
    static of_sym seen[100001];
    ck_assert_int_eq(of_names_init(&t, &a, &ar), OF_OK);
    for (i = 1; i <= 100000; i++) {
        int n = snprintf(text, sizeof text, "/layer.%u/Conv_output_0", i);
        seen[i] = of_names_get(&t, text, (size_t)n);
        if (seen[i]->id != i) ck_abort();
    }
    for (i = 1; i <= 100000; i++) {
        int n = snprintf(text, sizeof text, "/layer.%u/Conv_output_0", i);
        if (of_names_get(&t, text, (size_t)n) != seen[i]) ck_abort();
        if (of_names_find(&t, text, (size_t)n) != seen[i]) ck_abort();
    }
    ck_assert_uint_eq(t.count, 100001);
    of_names_free(&t);
}
END_TEST

START_TEST(names_no_memory)
{
    size_t k;
    for (k = 1; k < 20; k++) {
        of_names t;
        char text[16];
        int i;
        heap.calls = 0;
        heap.fail_at = k;
        if (of_names_init(&t, &a, &ar) != OF_OK) {
            of_arena_free(&ar);
            continue;
        }
        for (i = 0; i < 1000; i++) {
            of_sym s;
            snprintf(text, sizeof text, "n%d", i);
            s = of_names_get(&t, text, strlen(text));
            if (!s) s = of_names_get(&t, text, strlen(text)); /* only one fails */
            ck_assert_ptr_nonnull(s);
            ck_assert_uint_eq(s->id, (unsigned)i + 1);
        }
        of_names_free(&t);
        of_arena_free(&ar);
    }
    heap.fail_at = 0;
}
END_TEST

/* Every length, one bit flipped: another hash; bits spread evenly. */
START_TEST(hash)
{
    unsigned char buf[200], bit;
    size_t n, i;
    uint64_t h;
    long flips = 0, tests = 0;
    for (i = 0; i < sizeof buf; i++) buf[i] = (unsigned char)(i * 7);
    for (n = 0; n <= sizeof buf; n++) {
        h = of_hash_bytes(1, buf, n);
        ck_assert_uint_ne(h, of_hash_bytes(2, buf, n));
        if (n) ck_assert_uint_ne(h, of_hash_bytes(1, buf, n - 1));
        for (i = 0; i < n; i++) {
            for (bit = 1; bit; bit = (unsigned char)(bit << 1)) {
                uint64_t g;
                buf[i] ^= bit;
                g = of_hash_bytes(1, buf, n);
                buf[i] ^= bit;
                if (g == h) ck_abort();
                flips += __builtin_popcountll(g ^ h);
                tests++;
            }
        }
    }
    ck_assert(flips > tests * 31 && flips < tests * 33);
}
END_TEST

/* Zero bytes of different lengths, and low-entropy keys, fill buckets evenly. */
START_TEST(hash_buckets)
{
    static unsigned bucket[4096];
    static const unsigned char zero[4096];
    uint32_t i;
    unsigned most = 0;
    memset(bucket, 0, sizeof bucket);
    for (i = 0; i < 65536; i++) bucket[of_hash_bytes(3, &i, sizeof i) & 4095]++;
    for (i = 0; i < 4096; i++) most = bucket[i] > most ? bucket[i] : most;
    ck_assert_uint_lt(most, 16 + 32); /* mean 16 */
    memset(bucket, 0, sizeof bucket);
    for (i = 0; i < 4096; i++) bucket[of_hash_bytes(3, zero, i) & 4095]++;
    for (most = 0, i = 0; i < 4096; i++) most = bucket[i] > most ? bucket[i] : most;
    ck_assert_uint_lt(most, 10);
    ck_assert_uint_eq(of_hash_seed(), of_hash_seed());
}
END_TEST

static const struct { const char *pat, *s; int match; } globs[] = {
    {"", "", 1},           {"", "a", 0},           {"*", "", 1},            {"*", "abc", 1},
    {"a*", "abc", 1},      {"*c", "abc", 1},       {"a*c", "abc", 1},       {"a*c", "ac", 1},
    {"a*d", "abc", 0},     {"?", "", 0},           {"?", "a", 1},           {"??", "a", 0},
    {"a?c", "abc", 1},     {"a?c", "ac", 0},       {"*?", "", 0},           {"*?", "abc", 1},
    {"?*?", "a", 0},       {"?*?", "ab", 1},       {"**", "", 1},           {"a**b", "axxb", 1},
    {"*ab*ab*", "abab", 1}, {"*ab*ab*", "abxb", 0}, {"*aab", "aaaab", 1},    {"*aab", "aaaba", 0},
    {"a*b*c", "aXbYbZc", 1}, {"/layer.?/*", "/layer.3/Conv", 1}, {"/layer.?/*", "/layer.12/Conv", 0},
    {"[a]", "a", 0},       {"[a]", "[a]", 1},      {"\\*", "*", 0},         {"\\*", "\\x", 1},
};

START_TEST(glob)
{
    const char *p = globs[_i].pat, *s = globs[_i].s;
    ck_assert_msg(of_glob_match(p, strlen(p), s, strlen(s)) == (globs[_i].match != 0), "%s on %s", p, s);
}
END_TEST

/* What is exponential in a naive matcher. */
START_TEST(glob_stars)
{
    static char pat[2000], text[20000];
    size_t i;
    memset(text, 'a', sizeof text);
    for (i = 0; i < sizeof pat - 1; i++) pat[i] = i % 2 ? 'a' : '*';
    pat[sizeof pat - 1] = 'b';
    ck_assert(!of_glob_match(pat, sizeof pat, text, sizeof text));
    text[sizeof text - 1] = 'b';
    ck_assert(of_glob_match(pat, sizeof pat, text, sizeof text));
}
END_TEST

static bool eq_int(const void *x, const void *y, void *user)
{
    ++*(int *)user;
    return *(const int *)x == *(const int *)y;
}

START_TEST(table)
{
    static int item[10000];
    int calls = 0, i, absent = -1;
    of_htab h;
    of_htab_init(&h, &a, eq_int, &calls);
    ck_assert_ptr_null(of_htab_find(&h, 5, &absent));
    for (i = 0; i < 10000; i++) {
        item[i] = i;
        /* hashes that differ in high bits only */
        ck_assert_int_eq(of_htab_put(&h, (uint64_t)i << 40, &item[i]), OF_OK);
    }
    for (i = 0; i < 10000; i++) {
        int key = i;
        if (of_htab_find(&h, (uint64_t)i << 40, &key) != &item[i]) ck_abort();
    }
    ck_assert_int_eq(calls, 10000); /* eq is asked on equal hashes only */
    ck_assert_ptr_null(of_htab_find(&h, 1, &absent));
    heap.fail_at = heap.calls + 1;
    heap.fail_on = true;
    for (i = 0; of_htab_put(&h, 7, &item[0]) == OF_OK; i++) ck_assert_int_lt(i, 100000);
    ck_assert_ptr_eq(of_htab_find(&h, 0, &item[0]), &item[0]); /* as it was */
    of_htab_free(&h);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("name");
    TCase *c = tcase_create("name");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, interned);
    tcase_add_test(c, many);
    tcase_add_test(c, names_no_memory);
    tcase_add_test(c, hash);
    tcase_add_test(c, hash_buckets);
    tcase_add_loop_test(c, glob, 0, (int)(sizeof globs / sizeof *globs));
    tcase_add_test(c, glob_stars);
    tcase_add_test(c, table);
    suite_add_tcase(s, c);
    return of_test_main(s);
}
