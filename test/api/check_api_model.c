/* A model's life through the public interface. */
#include <onnxfold/onnxfold.h>

#include <errno.h>
#include <fenv.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "of_test.h"
#include "proto.h"

#define ok(call) ck_assert_int_eq((call), ONNXFOLD_OK)

static onnxfold_model *loaded(const pb *b, const onnxfold_options *o)
{
    onnxfold_model *m = NULL;
    ok(onnxfold_model_new(o, &m));
    onnxfold_status st = onnxfold_model_load_memory(m, b->p, b->n, NULL, o);
    ck_assert_msg(st == ONNXFOLD_OK, "%s", onnxfold_model_error_message(m));
    return m;
}

static size_t index_of(const onnxfold_report *r, const char *node)
{
    for (size_t i = 0; i < onnxfold_report_node_count(r); i++)
        if (strcmp(onnxfold_report_node_name(r, i, NULL), node) == 0) return i;
    ck_abort_msg("no node %s", node);
    return 0;
}

START_TEST(round_trip)
{
    pb b = pb_small();
    onnxfold_model *m = loaded(&b, NULL), *again = NULL;
    onnxfold_buffer *out = NULL;
    uint64_t size;
    ok(onnxfold_model_optimize(m, NULL));
    ok(onnxfold_model_save_memory(m, NULL, &out));
    ok(onnxfold_model_encoded_size(m, NULL, &size));
    ck_assert_uint_eq(size, onnxfold_buffer_size(out));
    const onnxfold_report *r = onnxfold_model_report(m);
    ck_assert_ptr_nonnull(r);
    ck_assert_uint_eq(onnxfold_report_number(r, ONNXFOLD_NUM_NODES_BEFORE), 2);
    ck_assert_uint_eq(onnxfold_report_number(r, ONNXFOLD_NUM_NODES_AFTER), 1);
    ck_assert_uint_eq(onnxfold_report_number(r, ONNXFOLD_NUM_FOLDED), 1);
    ck_assert_uint_eq(onnxfold_report_number(r, ONNXFOLD_NUM_KEPT), 1);
    ck_assert_uint_eq(onnxfold_report_number(r, ONNXFOLD_NUM_BYTES_BEFORE), b.n);
    ck_assert_uint_eq(onnxfold_report_number(r, ONNXFOLD_NUM_BYTES_AFTER), size);
    ck_assert_uint_eq(onnxfold_report_number(r, 999), 0);
    ck_assert(onnxfold_report_number(r, ONNXFOLD_NUM_MEMORY_PEAK) > 0);
    ck_assert(onnxfold_report_seconds(r, ONNXFOLD_SECONDS_TOTAL) > 0);
    size_t sum = index_of(r, "sum"), scale = index_of(r, "scale");
    ck_assert_int_eq(onnxfold_report_node_fate(r, sum), ONNXFOLD_FATE_FOLDED);
    ck_assert_str_eq(onnxfold_report_node_by(r, sum), "fold");
    ck_assert_str_eq(onnxfold_report_node_op(r, sum, NULL), "Add");
    ck_assert_int_eq(onnxfold_report_node_fate(r, scale), ONNXFOLD_FATE_KEPT);
    ck_assert_ptr_null(onnxfold_report_node_by(r, scale));
    ck_assert_int_eq(onnxfold_report_node_why(r, scale), ONNXFOLD_WHY_NONE);
    ck_assert_uint_eq(onnxfold_report_op_count(r), 2);
    ck_assert_str_eq(onnxfold_report_op_name(r, 0, NULL), "Add");
    ck_assert_uint_eq(onnxfold_report_op_before(r, 0), 1);
    ck_assert_uint_eq(onnxfold_report_op_after(r, 0), 0);
    ck_assert_str_eq(onnxfold_report_op_name(r, 1, NULL), "Mul");
    ck_assert_uint_eq(onnxfold_report_op_after(r, 1), 1);
    /* what came out is a model, and does the same */
    ok(onnxfold_model_new(NULL, &again));
    ok(onnxfold_model_load_memory(again, onnxfold_buffer_data(out), onnxfold_buffer_size(out), NULL, NULL));
    onnxfold_model *original = loaded(&b, NULL);
    ok(onnxfold_verify(original, again, 4, 1, NULL));
    ok(onnxfold_verify(original, m, 4, 7, NULL));
    onnxfold_model_free(&original);
    /* a buffer outlives its model */
    onnxfold_model_free(&m);
    ck_assert_ptr_null(m);
    ck_assert_uint_gt(onnxfold_buffer_size(out), 0);
    onnxfold_model_free(&again);
    onnxfold_buffer_free(&out);
    ck_assert_ptr_null(out);
    free(b.p);
}
END_TEST

START_TEST(nothing_runs)
{
    pb b = pb_small();
    onnxfold_options *o = NULL;
    onnxfold_buffer *out = NULL;
    ok(onnxfold_options_new(NULL, &o));
    ok(onnxfold_options_list_enable(o, ONNXFOLD_LIST_ONLY, 1));
    onnxfold_model *m = loaded(&b, o);
    ok(onnxfold_model_optimize(m, o));
    ok(onnxfold_model_save_memory(m, o, &out));
    ck_assert_uint_eq(onnxfold_buffer_size(out), b.n);
    ck_assert_mem_eq(onnxfold_buffer_data(out), b.p, b.n);
    onnxfold_buffer_free(&out);
    onnxfold_model_free(&m);
    onnxfold_options_free(&o);
    free(b.p);
}
END_TEST

/* The first difference of what the options say: an excluded operator, a kept node, a size. */
START_TEST(reasons)
{
    pb b = pb_small();
    for (int k = 0; k < 4; k++) {
        static const int32_t why[] = {ONNXFOLD_WHY_EXCLUDED_OP, ONNXFOLD_WHY_EXCLUDED_NODE, ONNXFOLD_WHY_INPUT_SIZE,
                                      ONNXFOLD_WHY_PASS_OFF};
        onnxfold_options *o = NULL;
        ok(onnxfold_options_new(NULL, &o));
        if (k == 0) ok(onnxfold_options_list_add(o, ONNXFOLD_LIST_EXCLUDED_OPS, "Add"));
        if (k == 1) ok(onnxfold_options_list_add(o, ONNXFOLD_LIST_KEEP_NODES, "s?m"));
        if (k == 2) ok(onnxfold_options_set_int(o, ONNXFOLD_OPT_INPUT_SIZE_LIMIT, 1));
        if (k == 3) ok(onnxfold_options_list_add(o, ONNXFOLD_LIST_SKIP, "fold"));
        onnxfold_model *m = loaded(&b, o);
        ok(onnxfold_model_optimize(m, o));
        const onnxfold_report *r = onnxfold_model_report(m);
        size_t i = index_of(r, "sum");
        ck_assert_int_eq(onnxfold_report_node_fate(r, i), ONNXFOLD_FATE_KEPT);
        ck_assert_int_eq(onnxfold_report_node_why(r, i), why[k]);
        if (k == 2) ck_assert_int_eq((int)onnxfold_report_node_why_number(r, i), 2);
        onnxfold_model_free(&m);
        onnxfold_options_free(&o);
    }
    free(b.p);
}
END_TEST

/* A model that may grow as it likes: other limits hold where they have been set. */
START_TEST(growing)
{
    enum { DEFAULT, FREE, LIMITED, COPIED, ONE_FOLD, ALL_FOLDS, LARGE, CASES };
    for (int k = 0; k < CASES; k++) {
        static const int32_t why[] = {ONNXFOLD_WHY_OUTPUT_SIZE, ONNXFOLD_WHY_NONE, ONNXFOLD_WHY_OUTPUT_SIZE,
                                      ONNXFOLD_WHY_OUTPUT_SIZE, ONNXFOLD_WHY_BUDGET, ONNXFOLD_WHY_BUDGET,
                                      ONNXFOLD_WHY_NONE};
        const int64_t one[1] = {1}, n[1] = {k == LARGE ? 17000000 : 300000};
        const float v = 2;
        pb g = {0}, b;
        onnxfold_options *o = NULL, *copy = NULL;
        pb_message(&g, 1, pb_node("", "Tile", "wide", "v n", "w"));
        pb_message(&g, 1, pb_node("", "Add", "add", "w x", "y"));
        pb_text(&g, 2, "g");
        pb_message(&g, 5, pb_tensor("v", 1, 1, one, &v, sizeof v));
        pb_message(&g, 5, pb_tensor("n", 7, 1, one, n, sizeof n));
        pb_message(&g, 11, pb_info("x", 1, 1, n));
        pb_message(&g, 12, pb_info("y", 1, 1, n));
        b = pb_model(g, NULL);
        ok(onnxfold_options_new(NULL, &o));
        if (k != DEFAULT) ok(onnxfold_options_set_int(o, ONNXFOLD_OPT_GROWTH_BUDGET, INT64_MAX));
        if (k == LIMITED || k == COPIED) ok(onnxfold_options_set_int(o, ONNXFOLD_OPT_OUTPUT_SIZE_LIMIT, 262144));
        if (k == ONE_FOLD) ok(onnxfold_options_set_int(o, ONNXFOLD_OPT_ONE_FOLD_BYTES, 1000000));
        if (k == ALL_FOLDS) ok(onnxfold_options_set_int(o, ONNXFOLD_OPT_FOLDED_BYTES, 1000000));
        ok(onnxfold_options_copy(o, &copy));
        onnxfold_model *m = loaded(&b, o);
        ok(onnxfold_model_optimize(m, k == COPIED ? copy : o));
        const onnxfold_report *r = onnxfold_model_report(m);
        size_t i = index_of(r, "wide");
        ck_assert_msg(onnxfold_report_node_why(r, i) == why[k], "%d: %d", k, (int)onnxfold_report_node_why(r, i));
        ck_assert_int_eq(onnxfold_report_node_fate(r, i) == ONNXFOLD_FATE_FOLDED, why[k] == ONNXFOLD_WHY_NONE);
        onnxfold_model_free(&m);
        onnxfold_options_free(&o);
        onnxfold_options_free(&copy);
        free(b.p);
    }
}
END_TEST

typedef struct bytes {
    const pb *b;
    size_t calls, fail_at;
    pb out;
} bytes;

static int read_at(void *user, uint64_t offset, void *buffer, size_t n)
{
    bytes *s = user;
    if (++s->calls == s->fail_at) return 5;
    memcpy(buffer, s->b->p + offset, n);
    return 0;
}

static int write_all(void *user, const void *p, size_t n)
{
    bytes *s = user;
    if (++s->calls == s->fail_at) return 5;
    pb_put(&s->out, p, n);
    return 0;
}

START_TEST(reader_and_writer)
{
    pb b = pb_small();
    bytes in = {.b = &b}, out = {.b = &b};
    onnxfold_reader r = {sizeof r, read_at, &in};
    onnxfold_writer w = {sizeof w, write_all, &out};
    onnxfold_model *m = NULL;
    ok(onnxfold_model_new(NULL, &m));
    ok(onnxfold_model_load_reader(m, &r, b.n, NULL, NULL));
    ok(onnxfold_model_save_writer(m, &w, NULL));
    ck_assert_uint_eq(out.out.n, b.n);
    ck_assert_mem_eq(out.out.p, b.p, b.n);
    size_t reads = in.calls;
    ck_assert_uint_gt(reads, 0);
    out.calls = 0;
    out.fail_at = 1;
    ck_assert_int_eq(onnxfold_model_save_writer(m, &w, NULL), ONNXFOLD_E_IO);
    for (size_t at = 1; at <= reads; at++) {
        in.calls = 0;
        in.fail_at = at;
        onnxfold_status st = onnxfold_model_load_reader(m, &r, b.n, NULL, NULL);
        if (st != ONNXFOLD_OK) {
            ck_assert_int_eq(st, ONNXFOLD_E_IO);
            ck_assert_uint_eq(onnxfold_model_input_count(m), 0);
            ck_assert_int_eq(onnxfold_model_optimize(m, NULL), ONNXFOLD_E_STATE);
        }
    }
    /* sizes of older headers: user is optional, the function is not */
    r.size = offsetof(onnxfold_reader, read_at);
    ck_assert_int_eq(onnxfold_model_load_reader(m, &r, b.n, NULL, NULL), ONNXFOLD_E_ARGUMENT);
    w.size = offsetof(onnxfold_writer, write);
    ck_assert_int_eq(onnxfold_model_save_writer(m, &w, NULL), ONNXFOLD_E_ARGUMENT);
    onnxfold_model_free(&m);
    free(out.out.p);
    free(b.p);
}
END_TEST

START_TEST(files)
{
    char in[] = "of_api_XXXXXX", out[32], copy[4096];
    pb b = pb_small();
    onnxfold_model *m = NULL;
    int fd = mkstemp(in);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq((int)write(fd, b.p, b.n), (int)b.n);
    close(fd);
    snprintf(out, sizeof out, "%s.out", in);
    ok(onnxfold_model_new(NULL, &m));
    ok(onnxfold_model_load_file(m, in, NULL));
    ok(onnxfold_model_save_file(m, out, NULL));
    FILE *f = fopen(out, "rb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fread(copy, 1, sizeof copy, f), b.n);
    ck_assert_mem_eq(copy, b.p, b.n);
    fclose(f);
    /* onto the input */
    ok(onnxfold_model_optimize(m, NULL));
    ok(onnxfold_model_save_file(m, in, NULL));
    ok(onnxfold_model_load_file(m, in, NULL));
    ck_assert_uint_eq(onnxfold_report_number(onnxfold_model_report(m), ONNXFOLD_NUM_NODES_BEFORE), 1);
    /* the file changes behind our back */
    ok(onnxfold_model_load_file(m, out, NULL));
    f = fopen(out, "ab");
    fputc(0, f);
    fclose(f);
    ck_assert_int_eq(onnxfold_model_save_file(m, in, NULL), ONNXFOLD_E_CHANGED);
    ck_assert_int_eq(onnxfold_model_load_file(m, "no such file", NULL), ONNXFOLD_E_NOT_FOUND);
    ck_assert_int_eq(onnxfold_model_error_status(m), ONNXFOLD_E_NOT_FOUND);
    ck_assert_str_ne(onnxfold_model_error_message(m), "");
    ck_assert_int_eq(onnxfold_model_load_file(m, ".", NULL), ONNXFOLD_E_IO);
    ok(onnxfold_model_load_memory(m, b.p, b.n, NULL, NULL));
    ck_assert_int_eq(onnxfold_model_error_status(m), ONNXFOLD_OK);
    ck_assert(onnxfold_model_save_file(m, "no/such/folder", NULL) != ONNXFOLD_OK);
    onnxfold_model_free(&m);
    unlink(in);
    unlink(out);
    free(b.p);
}
END_TEST

START_TEST(broken_bytes)
{
    pb b = pb_small();
    onnxfold_model *m = NULL;
    ok(onnxfold_model_new(NULL, &m));
    for (size_t n = 0; n < b.n; n++) {
        onnxfold_status st = onnxfold_model_load_memory(m, b.p, n, NULL, NULL);
        ck_assert_int_eq(onnxfold_model_error_status(m), st);
        if (st != ONNXFOLD_OK) ck_assert_ptr_null(onnxfold_model_report(m));
    }
    unsigned char bad[] = {0x3a, 0x7f, 0x01};
    ck_assert_int_eq(onnxfold_model_load_memory(m, bad, sizeof bad, NULL, NULL), ONNXFOLD_E_WIRE);
    ck_assert(onnxfold_model_error_offset(m) < sizeof bad);
    ck_assert_int_eq(onnxfold_model_load_memory(m, NULL, 3, NULL, NULL), ONNXFOLD_E_ARGUMENT);
    onnxfold_options *o = NULL;
    ok(onnxfold_options_new(NULL, &o));
    ok(onnxfold_options_set_int(o, ONNXFOLD_OPT_FILE_BYTES, (int64_t)b.n - 1));
    ck_assert_int_eq(onnxfold_model_load_memory(m, b.p, b.n, NULL, o), ONNXFOLD_E_LIMIT);
    ok(onnxfold_options_set_int(o, ONNXFOLD_OPT_FILE_BYTES, (int64_t)b.n));
    ok(onnxfold_model_load_memory(m, b.p, b.n, NULL, o));
    onnxfold_options_free(&o);
    onnxfold_model_free(&m);
    free(b.p);
}
END_TEST

START_TEST(interface)
{
    pb b = pb_small();
    onnxfold_model *m = loaded(&b, NULL);
    int32_t dtype, rank;
    int64_t v;
    const char *symbol = "?";
    ck_assert_int_eq((int)onnxfold_model_ir_version(m), 8);
    ck_assert_int_eq((int)onnxfold_model_opset(m, ""), 17);
    ck_assert_int_eq((int)onnxfold_model_opset(m, "ai.onnx"), 17);
    ck_assert_int_eq((int)onnxfold_model_opset(m, "other"), 0);
    ck_assert_uint_eq(onnxfold_model_input_count(m), 1);
    ck_assert_uint_eq(onnxfold_model_output_count(m), 1);
    ck_assert_str_eq(onnxfold_model_input_name(m, 0, NULL), "x");
    ck_assert_str_eq(onnxfold_model_output_name(m, 0, NULL), "y");
    ck_assert_ptr_null(onnxfold_model_input_name(m, 1, NULL));
    ok(onnxfold_model_input_type(m, 0, &dtype, &rank));
    ck_assert_int_eq(dtype, ONNXFOLD_FLOAT);
    ck_assert_int_eq(rank, 2);
    ok(onnxfold_model_output_type(m, 0, &dtype, &rank));
    ck_assert_int_eq(rank, 2);
    ok(onnxfold_model_input_dim(m, 0, 0, &v, &symbol));
    ck_assert_int_eq((int)v, -1);
    ck_assert_str_eq(symbol, "batch");
    ok(onnxfold_model_output_dim(m, 0, 1, &v, &symbol));
    ck_assert_int_eq((int)v, 2);
    ck_assert_ptr_null(symbol);
    ck_assert_int_eq(onnxfold_model_input_dim(m, 0, 2, &v, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_input_type(m, 1, NULL, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_input_has_default(m, 0), 0);
    onnxfold_model_free(&m);
    free(b.p);
}
END_TEST

START_TEST(binding)
{
    static const int64_t dims[2] = {3, 2};
    const float data[6] = {1, 2, 3, 4, 5, 6};
    pb b = pb_small();
    int64_t v;
    onnxfold_model *m = loaded(&b, NULL);
    ck_assert_int_eq(onnxfold_model_bind_symbol(m, "nothing", 1), ONNXFOLD_E_NOT_FOUND);
    ck_assert_int_eq(onnxfold_model_bind_dim(m, "nothing", 0, 1), ONNXFOLD_E_NOT_FOUND);
    ck_assert_int_eq(onnxfold_model_bind_dim(m, "x", 2, 1), ONNXFOLD_E_NOT_FOUND);
    ck_assert_int_eq(onnxfold_model_bind_dim(m, "x", 1, 3), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_bind_dim(m, "x", 0, -1), ONNXFOLD_E_ARGUMENT);
    ok(onnxfold_model_bind_dim(m, "x", 1, 2));
    ok(onnxfold_model_bind_dim(m, "x", 0, 3));
    ok(onnxfold_model_output_dim(m, 0, 0, &v, NULL)); /* the same symbol */
    ck_assert_int_eq((int)v, 3);
    ck_assert_int_eq(onnxfold_model_bind_input(m, "x", ONNXFOLD_INT32, dims, 2, data, sizeof data),
                     ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_bind_input(m, "x", ONNXFOLD_FLOAT, dims, 1, data, 12), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_bind_input(m, "x", ONNXFOLD_FLOAT, dims, 2, data, 20), ONNXFOLD_E_ARGUMENT);
    ok(onnxfold_model_bind_input(m, "x", ONNXFOLD_FLOAT, dims, 2, data, sizeof data));
    ck_assert_uint_eq(onnxfold_model_input_count(m), 0);
    ok(onnxfold_model_optimize(m, NULL));
    ck_assert_uint_eq(onnxfold_report_number(onnxfold_model_report(m), ONNXFOLD_NUM_NODES_AFTER), 0);
    /* y = {4,6} * x, an initializer that is an output */
    onnxfold_buffer *out = NULL;
    onnxfold_model *again = NULL;
    ok(onnxfold_model_save_memory(m, NULL, &out));
    ok(onnxfold_model_new(NULL, &again));
    ok(onnxfold_model_load_memory(again, onnxfold_buffer_data(out), onnxfold_buffer_size(out), NULL, NULL));
    ck_assert_uint_eq(onnxfold_model_input_count(again), 0);
    ok(onnxfold_model_output_dim(again, 0, 0, &v, NULL));
    ck_assert_int_eq((int)v, 3);
    const float want[6] = {4, 12, 12, 24, 20, 36};
    const unsigned char *p = onnxfold_buffer_data(out);
    bool found = false;
    for (size_t i = 0; i + sizeof want <= onnxfold_buffer_size(out); i++) found |= memcmp(p + i, want, sizeof want) == 0;
    ck_assert(found);
    onnxfold_model_free(&again);
    onnxfold_model_free(&m);
    onnxfold_buffer_free(&out);
    m = loaded(&b, NULL);
    ok(onnxfold_model_bind_symbol(m, "batch", 5));
    ok(onnxfold_model_input_dim(m, 0, 0, &v, NULL));
    ck_assert_int_eq((int)v, 5);
    onnxfold_model_free(&m);
    free(b.p);
}
END_TEST

START_TEST(verify_finds)
{
    pb a = pb_small(), b = pb_small();
    unsigned char *four = NULL; /* the last byte of 4.0f in b's tensor */
    for (size_t i = 0; i + 4 <= b.n && !four; i++)
        if (memcmp(b.p + i, "\0\0\x80\x40", 4) == 0) four = b.p + i;
    ck_assert_ptr_nonnull(four);
    four[2] = 0x90;
    onnxfold_model *x = loaded(&a, NULL), *y = loaded(&b, NULL);
    ck_assert_int_eq(onnxfold_verify(x, y, 1, 1, NULL), ONNXFOLD_E_DIFFERENT);
    ck_assert_ptr_nonnull(strstr(onnxfold_model_error_message(y), "'y'"));
    ck_assert_int_eq(onnxfold_verify(x, x, 1, 1, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_verify(x, y, 0, 1, NULL), ONNXFOLD_E_ARGUMENT);
    onnxfold_model_free(&y);
    ok(onnxfold_model_new(NULL, &y));
    ck_assert_int_eq(onnxfold_verify(x, y, 1, 1, NULL), ONNXFOLD_E_STATE);
    onnxfold_model_free(&y);
    onnxfold_model_free(&x);
    free(a.p);
    free(b.p);
}
END_TEST

/* What the host has set stays: errno, rounding, and results do not depend on them. */
START_TEST(host_state)
{
    pb b = pb_small();
    errno = 77;
    fesetround(FE_UPWARD);
    onnxfold_model *m = loaded(&b, NULL);
    ok(onnxfold_model_optimize(m, NULL));
    ck_assert_int_eq(onnxfold_model_load_file(m, "no such file", NULL), ONNXFOLD_E_NOT_FOUND);
    onnxfold_model_free(&m);
    int round = fegetround(), err = errno;
    fesetround(FE_TONEAREST);
    ck_assert_int_eq(round, FE_UPWARD);
    ck_assert_int_eq(err, 77);
    free(b.p);
}
END_TEST

START_TEST(null)
{
    onnxfold_model *m = NULL;
    onnxfold_buffer *b = NULL;
    uint64_t n;
    ck_assert_int_eq(onnxfold_model_new(NULL, NULL), ONNXFOLD_E_ARGUMENT);
    onnxfold_model_free(NULL);
    onnxfold_model_free(&m);
    onnxfold_buffer_free(NULL);
    onnxfold_buffer_free(&b);
    ck_assert_int_eq(onnxfold_model_load_file(NULL, "x", NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_load_memory(NULL, "x", 1, NULL, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_optimize(NULL, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_save_file(NULL, "x", NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_save_memory(NULL, NULL, &b), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_encoded_size(NULL, NULL, &n), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_verify(NULL, NULL, 1, 1, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_ptr_null(onnxfold_model_report(NULL));
    ck_assert_ptr_null(onnxfold_buffer_data(NULL));
    ck_assert_uint_eq(onnxfold_buffer_size(NULL), 0);
    ck_assert_str_eq(onnxfold_model_error_message(NULL), "");
    ck_assert_uint_eq(onnxfold_report_node_count(NULL), 0);
    ck_assert_int_eq(onnxfold_report_node_fate(NULL, 0), -1);
    ck_assert_int_eq(onnxfold_report_json_buffer(NULL, &b), ONNXFOLD_E_ARGUMENT);
    ck_assert_ptr_null(onnxfold_node_input_name(NULL, 0, NULL));
    ck_assert_uint_eq(onnxfold_node_input_count(NULL), 0);
    ok(onnxfold_model_new(NULL, &m));
    ck_assert_int_eq(onnxfold_model_optimize(m, NULL), ONNXFOLD_E_STATE);
    ck_assert_int_eq(onnxfold_model_save_file(m, "x", NULL), ONNXFOLD_E_STATE);
    ck_assert_int_eq(onnxfold_model_error_status(m), ONNXFOLD_E_STATE);
    ck_assert_int_eq(onnxfold_model_save_memory(m, NULL, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_error_status(m), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_bind_symbol(m, "x", 1), ONNXFOLD_E_STATE);
    ck_assert_int_eq(onnxfold_model_load_file(m, NULL, NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_int_eq(onnxfold_model_load_file(m, "", NULL), ONNXFOLD_E_ARGUMENT);
    ck_assert_ptr_null(onnxfold_model_report(m));
    ck_assert_uint_eq(onnxfold_model_input_count(m), 0);
    ck_assert_int_eq((int)onnxfold_model_ir_version(m), 0);
    onnxfold_model_free(&m);
}
END_TEST

TEST_SUITE("api_model", round_trip, nothing_runs, reasons, growing, reader_and_writer, files, broken_bytes,
           interface, binding, verify_finds, host_state, null)
