/* Threads with handles of their own, on shared bytes and shared options; and a parallel-for
 * lent by the host. The bytes that come out are the same. */
#include <onnxfold/onnxfold.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "of_test.h"
#include "proto.h"

#define ok(call) ck_assert_int_eq((call), ONNXFOLD_OK)
#define N_THREADS 4
#define N_NODES 200

typedef struct shared {
    const pb *b;
    const onnxfold_options *o;
    const onnxfold_buffer *want;
    atomic_int bad;
} shared;

/* A chain of N_NODES additions of a large constant, then of x. */
static pb chain(void)
{
    static const int64_t dims[1] = {4096};
    static float data[4096];
    pb g = {0};
    char in[32], out[16], name[16];
    for (size_t i = 0; i < 4096; i++) data[i] = (float)i;
    for (int i = 0; i < N_NODES; i++) {
        snprintf(in, sizeof in, i ? "v%d a" : "a a", i - 1);
        snprintf(out, sizeof out, "v%d", i);
        snprintf(name, sizeof name, "n%d", i);
        pb_message(&g, 1, pb_node("", "Add", name, in, out));
    }
    snprintf(in, sizeof in, "v%d x", N_NODES - 1);
    pb_message(&g, 1, pb_node("", "Add", "last", in, "y"));
    pb_text(&g, 2, "g");
    pb_message(&g, 5, pb_tensor("a", 1, 1, dims, data, sizeof data));
    pb_message(&g, 11, pb_info("x", 1, 1, dims));
    pb_message(&g, 12, pb_info("y", 1, 1, dims));
    return pb_model(g, NULL);
}

static onnxfold_status fold(const pb *b, const onnxfold_options *o, onnxfold_buffer **out)
{
    onnxfold_model *m = NULL;
    onnxfold_status st = onnxfold_model_new(o, &m);
    if (st == ONNXFOLD_OK) st = onnxfold_model_load_memory(m, b->p, b->n, NULL, o);
    if (st == ONNXFOLD_OK) st = onnxfold_model_optimize(m, o);
    if (st == ONNXFOLD_OK) st = onnxfold_model_save_memory(m, o, out);
    onnxfold_model_free(&m);
    return st;
}

static void *work(void *user)
{
    shared *s = user;
    for (int i = 0; i < 3; i++) {
        onnxfold_buffer *out = NULL;
        if (fold(s->b, s->o, &out) != ONNXFOLD_OK || onnxfold_buffer_size(out) != onnxfold_buffer_size(s->want) ||
            memcmp(onnxfold_buffer_data(out), onnxfold_buffer_data(s->want), onnxfold_buffer_size(out)) != 0)
            atomic_fetch_add(&s->bad, 1);
        onnxfold_buffer_free(&out);
    }
    return NULL;
}

START_TEST(own_handles)
{
    pb b = chain();
    onnxfold_options *o = NULL;
    onnxfold_buffer *want = NULL;
    pthread_t th[N_THREADS];
    ok(onnxfold_options_new(NULL, &o));
    ok(fold(&b, o, &want));
    ck_assert_uint_lt(onnxfold_buffer_size(want), 40000);
    shared s = {.b = &b, .o = o, .want = want};
    for (int i = 0; i < N_THREADS; i++) ck_assert_int_eq(pthread_create(&th[i], NULL, work, &s), 0);
    for (int i = 0; i < N_THREADS; i++) pthread_join(th[i], NULL);
    ck_assert_int_eq(atomic_load(&s.bad), 0);
    onnxfold_buffer_free(&want);
    onnxfold_options_free(&o);
    free(b.p);
}
END_TEST

typedef struct span {
    size_t from, to;
    void (*body)(void *, size_t);
    void *argument;
} span;

static void *run_span(void *user)
{
    span *s = user;
    for (size_t i = s->to; i-- > s->from;) s->body(s->argument, i); /* backwards: any order will do */
    return NULL;
}

static void two_threads(void *user, size_t n, void (*body)(void *, size_t), void *argument)
{
    span a = {0, n / 2, body, argument}, b = {n / 2, n, body, argument};
    pthread_t th;
    ++*(int *)user;
    bool helped = pthread_create(&th, NULL, run_span, &a) == 0;
    run_span(&b);
    if (helped) pthread_join(th, NULL);
    else run_span(&a);
}

START_TEST(lent_threads)
{
    pb b = chain();
    int calls = 0;
    onnxfold_parallel p = {sizeof p, two_threads, &calls};
    onnxfold_options *o = NULL;
    onnxfold_buffer *alone = NULL, *together = NULL;
    ok(onnxfold_options_new(NULL, &o));
    ok(fold(&b, o, &alone));
    ok(onnxfold_options_set_parallel(o, &p));
    ok(fold(&b, o, &together));
    ck_assert_uint_eq(onnxfold_buffer_size(alone), onnxfold_buffer_size(together));
    ck_assert_mem_eq(onnxfold_buffer_data(alone), onnxfold_buffer_data(together), onnxfold_buffer_size(alone));
    onnxfold_buffer_free(&alone);
    onnxfold_buffer_free(&together);
    onnxfold_options_free(&o);
    free(b.p);
}
END_TEST

TEST_SUITE("api_threads", own_handles, lent_threads)
