/* Callbacks during an optimization: who is asked what, and what its answers do. */
#include <onnxfold/onnxfold.h>

#include <string.h>

#include "of_test.h"
#include "proto.h"

#define ok(call) ck_assert_int_eq((call), ONNXFOLD_OK)

typedef struct seen {
    int32_t answer;
    int asked, sum;
    bool right;
} seen;

static int32_t decide(void *user, const onnxfold_node_context *n)
{
    seen *s = user;
    int32_t dtype, rank;
    s->asked++;
    if (strcmp(onnxfold_node_name(n, NULL), "sum") != 0) return ONNXFOLD_CHOICE_DEFAULT;
    s->sum++;
    s->right = strcmp(onnxfold_node_op_type(n, NULL), "Add") == 0 && *onnxfold_node_domain(n, NULL) == '\0' &&
               onnxfold_node_opset(n) == 17 && onnxfold_node_input_count(n) == 2 &&
               onnxfold_node_output_count(n) == 1 && strcmp(onnxfold_node_input_name(n, 0, NULL), "a") == 0 &&
               strcmp(onnxfold_node_output_name(n, 0, NULL), "c") == 0 && !onnxfold_node_input_name(n, 2, NULL) &&
               onnxfold_node_input_type(n, 1, &dtype, &rank) == ONNXFOLD_OK && dtype == ONNXFOLD_FLOAT && rank == 1 &&
               onnxfold_node_input_dim(n, 1, 0) == 2 && onnxfold_node_input_dim(n, 1, 1) == -1 &&
               onnxfold_node_input_is_constant(n, 0) == 1;
    return s->answer;
}

static uint64_t nodes_after(const pb *b, const onnxfold_options *o, onnxfold_status want)
{
    onnxfold_model *m = NULL;
    ok(onnxfold_model_new(o, &m));
    ok(onnxfold_model_load_memory(m, b->p, b->n, NULL, o));
    ck_assert_int_eq(onnxfold_model_optimize(m, o), want);
    ck_assert_int_eq(onnxfold_model_error_status(m), want);
    const onnxfold_report *r = onnxfold_model_report(m);
    ck_assert_ptr_nonnull(r);
    uint64_t n = onnxfold_report_number(r, ONNXFOLD_NUM_NODES_AFTER);
    onnxfold_model_free(&m);
    return n;
}

START_TEST(should_fold)
{
    pb b = pb_small();
    onnxfold_options *o = NULL;
    seen s = {.answer = ONNXFOLD_CHOICE_DEFAULT};
    onnxfold_should_fold f = {sizeof f, decide, &s};
    ok(onnxfold_options_new(NULL, &o));
    ok(onnxfold_options_set_should_fold(o, &f));
    ck_assert_uint_eq(nodes_after(&b, o, ONNXFOLD_OK), 1);
    ck_assert_int_ge(s.sum, 1);
    ck_assert(s.right);
    s.answer = ONNXFOLD_CHOICE_KEEP;
    ck_assert_uint_eq(nodes_after(&b, o, ONNXFOLD_OK), 2);
    s.answer = ONNXFOLD_CHOICE_FOLD; /* over exclusion and size */
    ok(onnxfold_options_list_add(o, ONNXFOLD_LIST_EXCLUDED_OPS, "Add"));
    ok(onnxfold_options_set_int(o, ONNXFOLD_OPT_INPUT_SIZE_LIMIT, 1));
    ck_assert_uint_eq(nodes_after(&b, o, ONNXFOLD_OK), 1);
    onnxfold_options_free(&o);
    free(b.p);
}
END_TEST

static int stop(void *user, double done)
{
    ++*(int *)user;
    return done >= 0;
}

static int go_on(void *user, double done)
{
    ++*(int *)user;
    return !(done >= 0 && done <= 1);
}

START_TEST(progress)
{
    pb b = pb_small();
    onnxfold_options *o = NULL;
    int calls = 0;
    onnxfold_progress f = {sizeof f, stop, &calls};
    ok(onnxfold_options_new(NULL, &o));
    ok(onnxfold_options_set_progress(o, &f));
    nodes_after(&b, o, ONNXFOLD_E_CANCELLED);
    ck_assert_int_eq(calls, 1);
    f.update = go_on;
    ok(onnxfold_options_set_progress(o, &f));
    ck_assert_uint_eq(nodes_after(&b, o, ONNXFOLD_OK), 1);
    ck_assert_int_gt(calls, 1);
    onnxfold_options_free(&o);
    free(b.p);
}
END_TEST

typedef struct clamp {
    int inferred, evaluated;
    onnxfold_status answer;
    bool forget;
} clamp;

static onnxfold_status infer(void *user, onnxfold_node_context *n)
{
    clamp *c = user;
    int32_t dtype, rank;
    int64_t dims[8], unknown = -2;
    const void *data;
    size_t size;
    c->inferred++;
    ok(onnxfold_node_input_type(n, 0, &dtype, &rank));
    if (rank < 0) return ONNXFOLD_OK;
    for (int32_t i = 0; i < rank; i++) dims[i] = onnxfold_node_input_dim(n, 0, i);
    ck_assert_int_eq(onnxfold_node_input_data(n, 0, &data, &size), ONNXFOLD_E_STATE);
    ck_assert_int_eq(onnxfold_node_set_output(n, 1, dtype, rank, dims), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_node_set_output(n, 0, dtype, 1, &unknown), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_node_set_output(n, 0, 999, rank, dims), ONNXFOLD_E_ARGUMENT);
    return onnxfold_node_set_output(n, 0, dtype, rank, dims);
}

static onnxfold_status evaluate(void *user, onnxfold_node_context *n)
{
    clamp *c = user;
    const void *in;
    void *out;
    size_t size, made;
    int64_t dims[1] = {3}, v;
    c->evaluated++;
    if (c->answer != ONNXFOLD_OK) {
        onnxfold_node_set_error(n, "no luck");
        return c->answer;
    }
    if (c->forget) return ONNXFOLD_OK;
    ck_assert_int_eq(onnxfold_node_attr_int(n, "alpha", &v), ONNXFOLD_E_NOT_FOUND);
    ok(onnxfold_node_input_data(n, 0, &in, &size));
    ck_assert_uint_eq(size, 12);
    ok(onnxfold_node_output_data(n, 0, ONNXFOLD_FLOAT, 1, dims, &out, &made));
    ck_assert_uint_eq(made, size);
    ck_assert_int_eq(onnxfold_node_output_data(n, 0, ONNXFOLD_FLOAT, 1, dims, &out, &made), ONNXFOLD_E_STATE);
    for (size_t i = 0; i < 3; i++) {
        float x = ((const float *)in)[i];
        ((float *)out)[i] = x < 0 ? 0 : x > 1 ? 1 : x;
    }
    return ONNXFOLD_OK;
}

START_TEST(custom_op)
{
    pb b = pb_custom();
    clamp c = {0};
    onnxfold_custom_op op = {sizeof op, "com.example", "Clamp01", infer, evaluate, &c};
    onnxfold_options *o = NULL;
    ok(onnxfold_options_new(NULL, &o));
    /* not known: left alone, no failure */
    ck_assert_uint_eq(nodes_after(&b, o, ONNXFOLD_OK), 2);
    ok(onnxfold_options_add_custom_op(o, &op));
    ck_assert_uint_eq(nodes_after(&b, o, ONNXFOLD_OK), 1);
    ck_assert_int_ge(c.inferred, 1);
    ck_assert_int_eq(c.evaluated, 1);
    c.answer = ONNXFOLD_E_UNSUPPORTED;
    ck_assert_uint_eq(nodes_after(&b, o, ONNXFOLD_OK), 2);
    c.answer = 12345; /* a number of nobody's */
    ck_assert_uint_eq(nodes_after(&b, o, ONNXFOLD_OK), 2);
    c.answer = ONNXFOLD_OK;
    c.forget = true;
    ck_assert_uint_eq(nodes_after(&b, o, ONNXFOLD_OK), 2);
    c.answer = ONNXFOLD_E_NOMEM;
    nodes_after(&b, o, ONNXFOLD_E_NOMEM);
    c.answer = ONNXFOLD_E_CANCELLED;
    nodes_after(&b, o, ONNXFOLD_E_CANCELLED);
    onnxfold_options_free(&o);
    free(b.p);
}
END_TEST

START_TEST(custom_reason)
{
    pb b = pb_custom();
    clamp c = {.answer = ONNXFOLD_E_EVAL};
    onnxfold_custom_op op = {sizeof op, "com.example", "Clamp01", infer, evaluate, &c};
    onnxfold_options *o = NULL;
    onnxfold_model *m = NULL;
    ok(onnxfold_options_new(NULL, &o));
    ok(onnxfold_options_add_custom_op(o, &op));
    ok(onnxfold_model_new(o, &m));
    ok(onnxfold_model_load_memory(m, b.p, b.n, NULL, o));
    ok(onnxfold_model_optimize(m, o));
    const onnxfold_report *r = onnxfold_model_report(m);
    ck_assert_int_eq(onnxfold_report_node_why(r, 0), ONNXFOLD_WHY_EVAL_FAILED);
    size_t n;
    const char *text = onnxfold_report_node_why_text(r, 0, &n);
    ck_assert_uint_ge(n, 7);
    ck_assert_ptr_nonnull(memmem(text, n, "no luck", 7));
    onnxfold_model_free(&m);
    onnxfold_options_free(&o);
    free(b.p);
}
END_TEST

TEST_SUITE("api_callbacks", should_fold, progress, custom_op, custom_reason)
