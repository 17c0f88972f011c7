/* An operator that ONNX does not have: com.example::Clamp01, a shape rule and an
 * evaluator, so that it is folded and shapes get past it. */
#include <onnxfold/onnxfold.h>

#include <stdio.h>

/* The output has the input's type and shape. */
static onnxfold_status infer(void *user, onnxfold_node_context *n)
{
    int32_t dtype, rank, axis;
    int64_t dims[64];
    (void)user;
    if (onnxfold_node_input_type(n, 0, &dtype, &rank) != ONNXFOLD_OK || dtype == ONNXFOLD_UNDEFINED)
        return ONNXFOLD_OK; /* nothing known: nothing to say */
    for (axis = 0; axis < rank; axis++) dims[axis] = onnxfold_node_input_dim(n, 0, axis);
    return onnxfold_node_set_output(n, 0, dtype, rank, dims);
}

static onnxfold_status evaluate(void *user, onnxfold_node_context *n)
{
    int32_t dtype, rank, axis;
    int64_t dims[64];
    const void *in;
    void *out;
    size_t bytes, i;
    onnxfold_status st;
    (void)user;
    st = onnxfold_node_input_type(n, 0, &dtype, &rank);
    if (st != ONNXFOLD_OK) return st;
    if (dtype != ONNXFOLD_FLOAT) {
        onnxfold_node_set_error(n, "Clamp01 takes float tensors");
        return ONNXFOLD_E_UNSUPPORTED;
    }
    for (axis = 0; axis < rank; axis++) dims[axis] = onnxfold_node_input_dim(n, 0, axis);
    st = onnxfold_node_input_data(n, 0, &in, &bytes);
    if (st == ONNXFOLD_OK) st = onnxfold_node_output_data(n, 0, dtype, rank, dims, &out, &bytes);
    if (st != ONNXFOLD_OK) return st;
    for (i = 0; i < bytes / sizeof(float); i++) {
        float x = ((const float *)in)[i];
        ((float *)out)[i] = x < 0 ? 0 : x > 1 ? 1 : x;
    }
    return ONNXFOLD_OK;
}

int main(int argc, char **argv)
{
    onnxfold_options *o = NULL;
    onnxfold_model *m = NULL;
    onnxfold_status st;
    onnxfold_custom_op op = {sizeof op, "com.example", "Clamp01", infer, evaluate, NULL};

    if (argc != 3) {
        fprintf(stderr, "usage: %s IN.onnx OUT.onnx\n", argv[0]);
        return 2;
    }
    st = onnxfold_options_new(NULL, &o);
    if (st == ONNXFOLD_OK) st = onnxfold_options_add_custom_op(o, &op);
    if (st == ONNXFOLD_OK) st = onnxfold_model_new(o, &m);
    if (st == ONNXFOLD_OK) st = onnxfold_model_load_file(m, argv[1], o);
    if (st == ONNXFOLD_OK) st = onnxfold_model_optimize(m, o);
    if (st == ONNXFOLD_OK) st = onnxfold_model_save_file(m, argv[2], o);
    if (st != ONNXFOLD_OK) fprintf(stderr, "%s: %s\n", onnxfold_status_name(st), m ? onnxfold_model_error_message(m) : "");
    onnxfold_model_free(&m);
    onnxfold_options_free(&o);
    return st != ONNXFOLD_OK;
}
