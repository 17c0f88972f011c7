/* Options: lists, texts, callback structs of older and newer sizes, NULL, memory. */
#include <onnxfold/onnxfold.h>

#include <errno.h>
#include <stddef.h>
#include <stdbool.h>
#include <string.h>

#include "of_test.h"

typedef struct pool {
    size_t live, count, fail_at; /* fail_at: this allocation and all later ones; 0: none */
} pool;

static void *pool_allocate(void *user, size_t n)
{
    pool *p = user;
    p->count++;
    if (p->fail_at && p->count >= p->fail_at) return NULL;
    p->live += n;
    return malloc(n);
}

static void pool_release(void *user, void *ptr, size_t n)
{
    pool *p = user;
    ck_assert(p->live >= n);
    p->live -= n;
    free(ptr);
}

static onnxfold_options *make(void)
{
    onnxfold_options *o = NULL;
    ck_assert_int_eq(onnxfold_options_new(NULL, &o), ONNXFOLD_OK);
    return o;
}

START_TEST(lists)
{
    static const char *const start[] = {"ConstantOfShape", "DequantizeLinear", "DynamicQuantizeLinear",
                                        "QuantizeLinear"};
    const int32_t ops = ONNXFOLD_LIST_EXCLUDED_OPS;
    onnxfold_options *o = make();
    ck_assert_uint_eq(onnxfold_options_list_count(o, ops), 4);
    for (size_t i = 0; i < 4; i++) ck_assert_str_eq(onnxfold_options_list_at(o, ops, i), start[i]);
    ck_assert_ptr_null(onnxfold_options_list_at(o, ops, 4));
    ck_assert_int_eq(onnxfold_options_list_add(o, ops, "Range"), ONNXFOLD_OK);
    ck_assert_int_eq(onnxfold_options_list_add(o, ops, "Add"), ONNXFOLD_OK);
    ck_assert_int_eq(onnxfold_options_list_add(o, ops, "Add"), ONNXFOLD_OK);
    ck_assert_int_eq(onnxfold_options_list_add(o, ops, "com.example::X"), ONNXFOLD_OK);
    ck_assert_uint_eq(onnxfold_options_list_count(o, ops), 7);
    for (size_t i = 1; i < 7; i++)
        ck_assert_int_lt(strcmp(onnxfold_options_list_at(o, ops, i - 1), onnxfold_options_list_at(o, ops, i)), 0);
    ck_assert_int_eq(onnxfold_options_list_remove(o, ops, "QuantizeLinear"), ONNXFOLD_OK);
    ck_assert_int_eq(onnxfold_options_list_remove(o, ops, "QuantizeLinear"), ONNXFOLD_E_NOT_FOUND);
    ck_assert_uint_eq(onnxfold_options_list_count(o, ops), 6);
    ck_assert_int_eq(onnxfold_options_list_clear(o, ops), ONNXFOLD_OK);
    ck_assert_uint_eq(onnxfold_options_list_count(o, ops), 0);
    ck_assert_int_eq(onnxfold_options_list_add(o, ops, ""), ONNXFOLD_E_ARGUMENT);
    for (int32_t l = ONNXFOLD_LIST_ONLY; l <= ONNXFOLD_LIST_EXTRA; l++) {
        ck_assert_int_eq(onnxfold_options_list_add(o, l, "no such pass"), ONNXFOLD_E_NOT_FOUND);
        ck_assert_int_eq(onnxfold_options_list_add(o, l, "dead-code"), ONNXFOLD_OK);
        ck_assert_uint_eq(onnxfold_options_list_count(o, l), 1);
    }
    ck_assert_int_eq(onnxfold_options_list_enable(o, ONNXFOLD_LIST_ONLY, 1), ONNXFOLD_OK);
    ck_assert_int_eq(onnxfold_options_list_enable(o, ONNXFOLD_LIST_SKIP, 1), ONNXFOLD_E_ARGUMENT);
    for (int32_t bad = -1; bad < 10; bad += 8) {
        ck_assert_int_eq(onnxfold_options_list_add(o, bad, "x"), ONNXFOLD_E_ARGUMENT);
        ck_assert_int_eq(onnxfold_options_list_remove(o, bad, "x"), ONNXFOLD_E_ARGUMENT);
        ck_assert_int_eq(onnxfold_options_list_clear(o, bad), ONNXFOLD_E_ARGUMENT);
        ck_assert_uint_eq(onnxfold_options_list_count(o, bad), 0);
        ck_assert_ptr_null(onnxfold_options_list_at(o, bad, 0));
    }
    onnxfold_options_free(&o);
    ck_assert_ptr_null(o);
}
END_TEST

START_TEST(texts)
{
    onnxfold_options *o = make();
    static const char *const bad[] = {"", ".", "..", "a/b", "/a", "a\\b", "../x"};
    ck_assert_ptr_null(onnxfold_options_get_string(o, ONNXFOLD_STR_EXTERNAL_FILE));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(onnxfold_options_set_string(o, ONNXFOLD_STR_EXTERNAL_FILE, bad[i]), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_options_set_string(o, ONNXFOLD_STR_EXTERNAL_FILE, "w.bin"), ONNXFOLD_OK);
    ck_assert_str_eq(onnxfold_options_get_string(o, ONNXFOLD_STR_EXTERNAL_FILE), "w.bin");
    ck_assert_int_eq(onnxfold_options_set_string(o, ONNXFOLD_STR_EXTERNAL_FILE, NULL), ONNXFOLD_OK);
    ck_assert_ptr_null(onnxfold_options_get_string(o, ONNXFOLD_STR_EXTERNAL_FILE));
    ck_assert_int_eq(onnxfold_options_set_string(o, 2, "x"), ONNXFOLD_E_ARGUMENT);
    onnxfold_options_free(&o);
}
END_TEST

static int32_t decide(void *user, const onnxfold_node_context *n)
{
    (void)user;
    (void)n;
    return ONNXFOLD_CHOICE_DEFAULT;
}
static int update(void *user, double done) { return user != NULL && done > 2; }
static void note(void *user, int32_t level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
}
static void run(void *user, size_t n, void (*body)(void *, size_t), void *argument)
{
    (void)user;
    for (size_t i = 0; i < n; i++) body(argument, i);
}

/* Each struct with every size from nothing to one that a later header might have: too
 * small to hold the function is refused, anything else accepted. */
#define SIZES(NAME, FN, value)                                                                     \
    do {                                                                                           \
        struct { onnxfold_##NAME f; char tail[64]; } s;                                            \
        memset(&s, 0xee, sizeof s);                                                                \
        s.f.FN = value;                                                                            \
        s.f.user = NULL;                                                                           \
        for (size_t size = 0; size <= sizeof s; size++) {                                          \
            s.f.size = size;                                                                       \
            ck_assert_int_eq(onnxfold_options_set_##NAME(o, &s.f),                                 \
                             size < offsetof(onnxfold_##NAME, user) ? ONNXFOLD_E_ARGUMENT : ONNXFOLD_OK); \
        }                                                                                          \
        s.f.FN = NULL;                                                                             \
        ck_assert_int_eq(onnxfold_options_set_##NAME(o, &s.f), ONNXFOLD_E_ARGUMENT);               \
        ck_assert_int_eq(onnxfold_options_set_##NAME(o, NULL), ONNXFOLD_OK);                       \
        ck_assert_int_eq(onnxfold_options_set_##NAME(NULL, NULL), ONNXFOLD_E_ARGUMENT);            \
    } while (0)

START_TEST(callback_sizes)
{
    onnxfold_options *o = make();
    SIZES(should_fold, decide, decide);
    SIZES(progress, update, update);
    SIZES(log, write, note);
    SIZES(parallel, run, run);
    onnxfold_options_free(&o);
}
END_TEST

START_TEST(custom_sizes)
{
    onnxfold_options *o = make();
    struct { onnxfold_custom_op f; char tail[64]; } s;
    memset(&s, 0, sizeof s);
    s.f.domain = "d";
    s.f.op_type = "Op";
    for (size_t size = 0; size <= sizeof s; size++) {
        s.f.size = size;
        ck_assert_int_eq(onnxfold_options_add_custom_op(o, &s.f),
                         size < offsetof(onnxfold_custom_op, infer) ? ONNXFOLD_E_ARGUMENT : ONNXFOLD_OK);
    }
    s.f.op_type = NULL;
    ck_assert_int_eq(onnxfold_options_add_custom_op(o, &s.f), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_options_add_custom_op(o, NULL), ONNXFOLD_E_ARGUMENT);
    s.f.op_type = "Other";
    s.f.domain = NULL;
    ck_assert_int_eq(onnxfold_options_add_custom_op(o, &s.f), ONNXFOLD_OK);
    ck_assert_int_eq(onnxfold_options_clear_custom_ops(o), ONNXFOLD_OK);
    onnxfold_options_free(&o);
}
END_TEST

START_TEST(allocator_sizes)
{
    pool p = {0};
    struct { onnxfold_allocator f; char tail[64]; } s;
    memset(&s, 0xee, sizeof s);
    s.f.allocate = pool_allocate;
    s.f.release = pool_release;
    s.f.user = &p;
    for (size_t size = 0; size <= sizeof s; size++) {
        onnxfold_options *o = NULL;
        s.f.size = size;
        if (size >= offsetof(onnxfold_allocator, user) && size < sizeof s.f) continue; /* user would be cut off */
        onnxfold_status st = onnxfold_options_new(&s.f, &o);
        ck_assert_int_eq(st, size < offsetof(onnxfold_allocator, user) ? ONNXFOLD_E_ARGUMENT : ONNXFOLD_OK);
        onnxfold_options_free(&o);
        ck_assert_uint_eq(p.live, 0);
    }
    s.f.size = sizeof s.f;
    s.f.release = NULL;
    onnxfold_options *o = NULL;
    ck_assert_int_eq(onnxfold_options_new(&s.f, &o), ONNXFOLD_E_ARGUMENT);
    ck_assert_ptr_null(o);
}
END_TEST

/* Everything that options can hold, on a pool that fails at each of its allocations. */
static onnxfold_status fill(onnxfold_options *o)
{
    onnxfold_custom_op op = {sizeof op, "d", "Op", NULL, NULL, NULL};
    onnxfold_status st = onnxfold_options_list_add(o, ONNXFOLD_LIST_EXCLUDED_OPS, "Range");
    if (st == ONNXFOLD_OK) st = onnxfold_options_list_add(o, ONNXFOLD_LIST_KEEP_NODES, "a*");
    if (st == ONNXFOLD_OK) st = onnxfold_options_set_string(o, ONNXFOLD_STR_EXTERNAL_FILE, "w.bin");
    if (st == ONNXFOLD_OK) st = onnxfold_options_add_custom_op(o, &op);
    return st;
}

START_TEST(out_of_memory)
{
    size_t at = 1;
    for (bool done = false; !done; at++) {
        pool p = {.fail_at = at};
        onnxfold_allocator a = {sizeof a, pool_allocate, pool_release, &p};
        onnxfold_options *o = NULL, *copy = NULL;
        onnxfold_status st = onnxfold_options_new(&a, &o);
        if (st == ONNXFOLD_OK) st = fill(o);
        if (st == ONNXFOLD_OK) st = onnxfold_options_copy(o, &copy);
        done = st == ONNXFOLD_OK;
        if (!done) {
            ck_assert_int_eq(st, ONNXFOLD_E_NOMEM);
            ck_assert_ptr_null(copy);
        } else {
            ck_assert_uint_eq(onnxfold_options_list_count(copy, ONNXFOLD_LIST_EXCLUDED_OPS), 5);
            ck_assert_str_eq(onnxfold_options_get_string(copy, ONNXFOLD_STR_EXTERNAL_FILE), "w.bin");
        }
        onnxfold_options_free(&copy);
        onnxfold_options_free(&o);
        ck_assert_uint_eq(p.live, 0);
    }
    ck_assert_uint_gt(at, 10);
}
END_TEST

START_TEST(copies_are_apart)
{
    onnxfold_options *o = make(), *c = NULL;
    int64_t v;
    onnxfold_options_set_int(o, ONNXFOLD_OPT_EXACT, 1);
    ck_assert_int_eq(onnxfold_options_copy(o, &c), ONNXFOLD_OK);
    onnxfold_options_set_int(o, ONNXFOLD_OPT_EXACT, 0);
    onnxfold_options_list_clear(o, ONNXFOLD_LIST_EXCLUDED_OPS);
    ck_assert_int_eq(onnxfold_options_get_int(c, ONNXFOLD_OPT_EXACT, &v), ONNXFOLD_OK);
    ck_assert_int_eq((int)v, 1);
    ck_assert_uint_eq(onnxfold_options_list_count(c, ONNXFOLD_LIST_EXCLUDED_OPS), 4);
    onnxfold_options_free(&o);
    onnxfold_options_free(&c);
}
END_TEST

START_TEST(null)
{
    onnxfold_options *o = NULL;
    int64_t v;
    ck_assert_int_eq(onnxfold_options_new(NULL, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_options_copy(NULL, &o), ONNXFOLD_E_ARGUMENT);
    onnxfold_options_free(NULL);
    onnxfold_options_free(&o);
    onnxfold_options_free(&o);
    ck_assert_int_eq(onnxfold_options_set_int(NULL, ONNXFOLD_OPT_EXACT, 1), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_options_get_int(NULL, ONNXFOLD_OPT_EXACT, &v), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_options_set_string(NULL, 1, "x"), ONNXFOLD_E_ARGUMENT);
    ck_assert_ptr_null(onnxfold_options_get_string(NULL, 1));
    ck_assert_int_eq(onnxfold_options_list_add(NULL, 1, "x"), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_options_list_enable(NULL, 4, 1), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_options_clear_custom_ops(NULL), ONNXFOLD_E_ARGUMENT);
    o = make();
    ck_assert_int_eq(onnxfold_options_list_add(o, 1, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_options_list_remove(o, 1, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_options_get_int(o, ONNXFOLD_OPT_EXACT, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_options_copy(o, NULL), ONNXFOLD_E_ARGUMENT);
    onnxfold_options_free(&o);
}
END_TEST

TEST_SUITE("api_options", lists, texts, callback_sizes, custom_sizes, allocator_sizes,
           out_of_memory, copies_are_apart, null)
