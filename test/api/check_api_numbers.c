/* Every number of the interface: changing one breaks programs that are built already. */
#include <onnxfold/onnxfold.h>

#include <stdbool.h>
#include <string.h>

#include "of_test.h"

START_TEST(statuses)
{
    static const struct { int32_t value, want; const char *name; } all[] = {
        {ONNXFOLD_OK, 0, "OK"}, {ONNXFOLD_E_NOMEM, 1, "NOMEM"}, {ONNXFOLD_E_ARGUMENT, 2, "ARGUMENT"},
        {ONNXFOLD_E_STATE, 3, "STATE"}, {ONNXFOLD_E_CANCELLED, 4, "CANCELLED"}, {ONNXFOLD_E_IO, 10, "IO"},
        {ONNXFOLD_E_NOT_FOUND, 11, "NOT_FOUND"}, {ONNXFOLD_E_CHANGED, 12, "CHANGED"},
        {ONNXFOLD_E_EXISTS, 13, "EXISTS"}, {ONNXFOLD_E_PATH, 14, "PATH"}, {ONNXFOLD_E_WIRE, 20, "WIRE"},
        {ONNXFOLD_E_DEPTH, 21, "DEPTH"}, {ONNXFOLD_E_LIMIT, 22, "LIMIT"}, {ONNXFOLD_E_MODEL, 30, "MODEL"},
        {ONNXFOLD_E_TENSOR, 31, "TENSOR"}, {ONNXFOLD_E_VERSION, 32, "VERSION"},
        {ONNXFOLD_E_UNSUPPORTED, 40, "UNSUPPORTED"}, {ONNXFOLD_E_EVAL, 41, "EVAL"},
        {ONNXFOLD_E_BUDGET, 42, "BUDGET"}, {ONNXFOLD_E_DIFFERENT, 50, "DIFFERENT"},
        {ONNXFOLD_E_INTERNAL, 90, "INTERNAL"},
    };
    size_t k = 0;
    for (int32_t i = -2; i < 200; i++) {
        bool known = k < sizeof all / sizeof *all && all[k].want == i;
        ck_assert_str_eq(onnxfold_status_name(i), known ? all[k].name : "UNKNOWN");
        if (known) {
            ck_assert_int_eq(all[k].value, i);
            k++;
        }
    }
    ck_assert_uint_eq(k, sizeof all / sizeof *all);
}
END_TEST

START_TEST(options)
{
    static const struct { int32_t id, want; const char *name; int64_t min, max, def; } all[] = {
        {ONNXFOLD_OPT_INPUT_SIZE_LIMIT, 100, "input_size_limit", 0, INT64_MAX, 8192},
        {ONNXFOLD_OPT_OUTPUT_SIZE_LIMIT, 101, "output_size_limit", 0, INT64_MAX, 262144},
        {ONNXFOLD_OPT_GROWTH_BUDGET, 102, "growth_budget", 0, INT64_MAX, 67108864},
        {ONNXFOLD_OPT_QUANTIZATION, 103, "quantization", 0, 2, 0},
        {ONNXFOLD_OPT_INITIALIZER_INPUTS, 104, "initializer_inputs", 0, 1, 0},
        {ONNXFOLD_OPT_EXACT, 105, "exact", 0, 1, 0},
        {ONNXFOLD_OPT_METADATA, 106, "metadata", 0, 1, 1},
        {ONNXFOLD_OPT_VALUE_INFO, 107, "value_info", 0, 1, 1},
        {ONNXFOLD_OPT_INLINE, 108, "inline", 0, 1, 1},
        {ONNXFOLD_OPT_NUM_ITERATIONS, 120, "num_iterations", 1, INT64_MAX, 2},
        {ONNXFOLD_OPT_STOP_IF_NO_CHANGE, 121, "stop_if_no_change", 0, 1, 1},
        {ONNXFOLD_OPT_ONNX_SHAPE_INFERENCE, 122, "onnx_shape_inference", 0, 1, 1},
        {ONNXFOLD_OPT_FILE_BYTES, 200, "file_bytes", 1, INT64_MAX, 2147483647},
        {ONNXFOLD_OPT_MESSAGE_DEPTH, 201, "message_depth", 1, 100, 100},
        {ONNXFOLD_OPT_GRAPH_DEPTH, 202, "graph_depth", 1, 32, 32},
        {ONNXFOLD_OPT_ELEMENTS, 203, "elements", 1, 2147483647, 10000000},
        {ONNXFOLD_OPT_FUNCTIONS, 204, "functions", 0, 1000000, 10000},
        {ONNXFOLD_OPT_CALL_DEPTH, 205, "call_depth", 1, 100, 100},
        {ONNXFOLD_OPT_EXPANDED_NODES, 206, "expanded_nodes", 0, 2147483647, 1000000},
        {ONNXFOLD_OPT_ONE_FOLD_BYTES, 207, "one_fold_bytes", 1, INT64_MAX, 67108864},
        {ONNXFOLD_OPT_FOLDED_BYTES, 208, "folded_bytes", 0, INT64_MAX, 0},
        {ONNXFOLD_OPT_WORK_STEPS, 209, "work_steps", 1, INT64_MAX, INT64_C(1) << 34},
        {ONNXFOLD_OPT_VERIFY_BYTES, 220, "verify_bytes", 1, INT64_MAX, INT64_C(1) << 36},
        {ONNXFOLD_OPT_VERIFY_STEPS, 221, "verify_steps", 1, INT64_MAX, INT64_C(1) << 40},
        {ONNXFOLD_OPT_EXTERNAL_DATA, 300, "external_data", 0, 2, 0},
        {ONNXFOLD_OPT_EXTERNAL_THRESHOLD, 301, "external_threshold", 0, INT64_MAX, 1024},
        {ONNXFOLD_OPT_EXTERNAL_ALIGNMENT, 302, "external_alignment", 1, 1073741824, 4096},
        {ONNXFOLD_OPT_DURABLE, 303, "durable", 0, 1, 0},
        {ONNXFOLD_OPT_ALLOW_LINKS, 304, "allow_links", 0, 1, 0},
        {ONNXFOLD_OPT_CPU, 400, "cpu", 0, 15, 15},
    };
    const size_t n = sizeof all / sizeof *all;
    onnxfold_options *o = NULL;
    size_t k = 0;
    ck_assert_int_eq(onnxfold_options_new(NULL, &o), ONNXFOLD_OK);
    for (int32_t i = -1; i < 600; i++) {
        int64_t min = -7, max = -7, def = -7, v = -7;
        if (k == n || all[k].want != i) {
            ck_assert_int_eq(onnxfold_option_bounds(i, &min, &max, &def), ONNXFOLD_E_ARGUMENT);
            ck_assert_int_eq(onnxfold_options_get_int(o, i, &v), ONNXFOLD_E_ARGUMENT);
            ck_assert_int_eq(onnxfold_options_set_int(o, i, 1), ONNXFOLD_E_ARGUMENT);
            ck_assert(min == -7 && max == -7 && def == -7 && v == -7);
            continue;
        }
        int32_t id = 0;
        ck_assert_int_eq(all[k].id, i);
        ck_assert_str_eq(onnxfold_option_at(k, &id), all[k].name);
        ck_assert_int_eq(id, i);
        ck_assert_int_eq(onnxfold_option_bounds(i, &min, &max, &def), ONNXFOLD_OK);
        ck_assert_int_eq(onnxfold_option_bounds(i, NULL, NULL, NULL), ONNXFOLD_OK);
        ck_assert(min == all[k].min && max == all[k].max && def == all[k].def);
        ck_assert_int_eq(onnxfold_options_get_int(o, i, &v), ONNXFOLD_OK);
        ck_assert(v == def);
        ck_assert_int_eq(onnxfold_options_set_int(o, i, min), ONNXFOLD_OK);
        if (i != ONNXFOLD_OPT_EXTERNAL_ALIGNMENT || (max & (max - 1)) == 0)
            ck_assert_int_eq(onnxfold_options_set_int(o, i, max), ONNXFOLD_OK);
        ck_assert_int_eq(onnxfold_options_set_int(o, i, min - 1), ONNXFOLD_E_ARGUMENT);
        if (max < INT64_MAX) ck_assert_int_eq(onnxfold_options_set_int(o, i, max + 1), ONNXFOLD_E_ARGUMENT);
        ck_assert_int_eq(onnxfold_options_get_int(o, i, &v), ONNXFOLD_OK);
        ck_assert(v == max);
        k++;
    }
    ck_assert_uint_eq(k, n);
    ck_assert_ptr_null(onnxfold_option_at(n, NULL));
    ck_assert_int_eq(onnxfold_options_set_int(o, ONNXFOLD_OPT_EXTERNAL_ALIGNMENT, 48), ONNXFOLD_E_ARGUMENT);
    onnxfold_options_free(&o);
}
END_TEST

START_TEST(types)
{
    static const char *const want[] = {
        "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16",
        "DOUBLE", "UINT32", "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ",
        "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1", "FLOAT8E8M0", "UINT2", "INT2"};
    for (int32_t i = 0; i < (int32_t)(sizeof want / sizeof *want); i++)
        ck_assert_str_eq(onnxfold_dtype_name(i), want[i]);
    ck_assert_ptr_null(onnxfold_dtype_name(-1));
    ck_assert_ptr_null(onnxfold_dtype_name(1000));
    ck_assert_int_eq(ONNXFOLD_INT4, 22);
    ck_assert_int_eq(ONNXFOLD_INT2, 26);
}
END_TEST

START_TEST(rest)
{
    static const char *const why[] = {"none", "excluded-op", "excluded-node", "quantization", "input-size",
                                      "output-size", "growth", "budget", "random", "no-evaluator", "eval-failed",
                                      "callback", "not-expressible", "pass-off", "exact"};
    static const char *const fate[] = {"kept", "folded", "replaced", "removed"};
    static const int32_t lists[] = {ONNXFOLD_LIST_EXCLUDED_OPS, ONNXFOLD_LIST_KEEP_NODES, ONNXFOLD_LIST_FORCE_NODES,
                                    ONNXFOLD_LIST_ONLY, ONNXFOLD_LIST_SKIP, ONNXFOLD_LIST_EXTRA};
    for (int32_t i = 0; i < 15; i++) ck_assert_str_eq(onnxfold_why_name(i), why[i]);
    for (int32_t i = 0; i < 4; i++) ck_assert_str_eq(onnxfold_fate_name(i), fate[i]);
    ck_assert_ptr_null(onnxfold_why_name(15));
    ck_assert_ptr_null(onnxfold_why_name(-1));
    ck_assert_ptr_null(onnxfold_fate_name(4));
    ck_assert_int_eq(ONNXFOLD_WHY_PASS_OFF, 13);
    ck_assert_int_eq(ONNXFOLD_WHY_EXACT, 14);
    for (int32_t i = 0; i < 6; i++) ck_assert_int_eq(lists[i], i + 1);
    ck_assert_int_eq(ONNXFOLD_NUM_NODES_BEFORE, 1);
    ck_assert_int_eq(ONNXFOLD_NUM_REMOVED, 6);
    ck_assert_int_eq(ONNXFOLD_NUM_BYTES_BEFORE, 10);
    ck_assert_int_eq(ONNXFOLD_NUM_WORK_STEPS, 20);
    ck_assert_int_eq(ONNXFOLD_NUM_MEMORY_PEAK, 30);
    ck_assert_int_eq(ONNXFOLD_SECONDS_TOTAL, 4);
    ck_assert_int_eq(ONNXFOLD_STR_EXTERNAL_FILE, 1);
    ck_assert_uint_eq(onnxfold_version(), 1000);
    ck_assert_str_eq(onnxfold_version_string(), "0.1.0");
    ck_assert_uint_eq(onnxfold_abi_version(), ONNXFOLD_ABI_MAJOR);
}
END_TEST

/* The order of the first eleven is that of the pipeline; names are what scripts use. */
START_TEST(passes)
{
    static const char *const first[] = {"inline", "infer", "fold", "partial", "dead-code", "lift-constants",
                                        "lift-subgraph-initializers", "dedupe-initializers", "cse", "output-fix",
                                        "names"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        ck_assert_str_eq(onnxfold_pass_name(i), first[i]);
        ck_assert_int_eq(onnxfold_pass_default_on(i), 1);
    }
    while (onnxfold_pass_name(n)) n++;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) ck_assert_str_ne(onnxfold_pass_name(i), onnxfold_pass_name(k));
    ck_assert_ptr_null(onnxfold_pass_name(n + 1));
    ck_assert_int_eq(onnxfold_pass_default_on(n), 0);
}
END_TEST

TEST_SUITE("api_numbers", statuses, options, types, rest, passes)
