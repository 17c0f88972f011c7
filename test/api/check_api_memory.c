/* Each allocation of the calls that test/fault does not walk over fails once: NOMEM (or a
 * success that did not need it), nothing lost, the handle usable. */
#include <onnxfold/onnxfold.h>

#include <string.h>

#include "of_test.h"
#include "proto.h"

#define ok(call) ck_assert_int_eq((call), ONNXFOLD_OK)

typedef struct pool {
    size_t live, count, fail_at;
} pool;

static void *pool_allocate(void *user, size_t n)
{
    pool *p = user;
    if (++p->count == p->fail_at) return NULL;
    p->live += n;
    return malloc(n);
}

static void pool_release(void *user, void *ptr, size_t n)
{
    pool *p = user;
    p->live -= n;
    free(ptr);
}

static int read_at(void *user, uint64_t offset, void *buffer, size_t n)
{
    const pb *b = user;
    memcpy(buffer, b->p + offset, n);
    return 0;
}

static int count_bytes(void *user, const void *p, size_t n)
{
    (void)p;
    *(size_t *)user += n;
    return 0;
}

typedef onnxfold_status (*stage)(onnxfold_model *m, pb *b);

static onnxfold_status load(onnxfold_model *m, pb *b)
{
    onnxfold_reader r = {sizeof r, read_at, b};
    return onnxfold_model_load_reader(m, &r, b->n, NULL, NULL);
}

static onnxfold_status bind_symbol(onnxfold_model *m, pb *b)
{
    (void)b;
    return onnxfold_model_bind_symbol(m, "batch", 2);
}

static onnxfold_status bind_dim(onnxfold_model *m, pb *b)
{
    (void)b;
    return onnxfold_model_bind_dim(m, "x", 0, 2);
}

static onnxfold_status bind_input(onnxfold_model *m, pb *b)
{
    static const int64_t dims[2] = {2, 2};
    static const float data[4] = {1, 2, 3, 4};
    (void)b;
    return onnxfold_model_bind_input(m, "x", ONNXFOLD_FLOAT, dims, 2, data, sizeof data);
}

static onnxfold_status save_writer(onnxfold_model *m, pb *b)
{
    size_t n = 0;
    onnxfold_writer w = {sizeof w, count_bytes, &n};
    (void)b;
    return onnxfold_model_save_writer(m, &w, NULL);
}

static onnxfold_status json(onnxfold_model *m, pb *b)
{
    size_t n = 0;
    onnxfold_writer w = {sizeof w, count_bytes, &n};
    (void)b;
    return onnxfold_report_json(onnxfold_model_report(m), &w);
}

static onnxfold_status size(onnxfold_model *m, pb *b)
{
    uint64_t n;
    (void)b;
    return onnxfold_model_encoded_size(m, NULL, &n);
}

static onnxfold_status verify(onnxfold_model *m, pb *b)
{
    onnxfold_model *original = NULL;
    ok(onnxfold_model_new(NULL, &original));
    ok(onnxfold_model_load_memory(original, b->p, b->n, NULL, NULL));
    onnxfold_status st = onnxfold_verify(original, m, 2, 1, NULL);
    onnxfold_model_free(&original);
    return st;
}

static const stage stages[] = {load, bind_symbol, bind_dim, bind_input, save_writer, json, size, verify};

/* Stage k fails at its allocation `at`; false: it has no so many. */
static bool one(size_t k, size_t at, pb *b)
{
    pool p = {0};
    onnxfold_allocator a = {sizeof a, pool_allocate, pool_release, &p};
    onnxfold_options *o = NULL;
    onnxfold_model *m = NULL;
    ok(onnxfold_options_new(&a, &o));
    ok(onnxfold_model_new(o, &m));
    if (k > 0) ok(load(m, b));
    p.fail_at = p.count + at;
    onnxfold_status st = stages[k](m, b);
    if (k != 5) ck_assert_int_eq(onnxfold_model_error_status(m), st); /* JSON is asked of the report */
    bool reached = p.count >= p.fail_at;
    p.fail_at = 0;
    if (!reached) ok(st);
    else ck_assert_msg(st == ONNXFOLD_OK || st == ONNXFOLD_E_NOMEM, "stage %zu, allocation %zu: %s", k, at,
                       onnxfold_status_name(st));
    /* what is left is a model, or none, and can be replaced */
    if (k > 0) {
        st = onnxfold_model_optimize(m, o);
        ck_assert_msg(st == ONNXFOLD_OK, "stage %zu, allocation %zu: then %s", k, at, onnxfold_model_error_message(m));
    }
    ok(load(m, b));
    ok(onnxfold_model_optimize(m, o));
    onnxfold_model_free(&m);
    onnxfold_options_free(&o);
    ck_assert_msg(p.live == 0, "stage %zu, allocation %zu leaks %zu", k, at, p.live);
    return reached;
}

START_TEST(each_allocation)
{
    pb b = pb_small();
    size_t at = 1;
    while (one((size_t)_i, at, &b)) at++;
    free(b.p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("api_memory");
    TCase *t = tcase_create("memory");
    tcase_add_loop_test(t, each_allocation, 0, (int)(sizeof stages / sizeof *stages));
    suite_add_tcase(s, t);
    return s;
}

int main(void) { return of_test_main(suite()); }
