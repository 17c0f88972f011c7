/* The host decides node by node: here everything folds but what feeds from a shape that
 * is larger than a page, and operators of other domains. */
#include <onnxfold/onnxfold.h>

#include <stdio.h>

static int32_t decide(void *user, const onnxfold_node_context *n)
{
    size_t length, i;
    int *asked = user;
    ++*asked;
    onnxfold_node_domain(n, &length);
    if (length > 0) return ONNXFOLD_CHOICE_KEEP;
    for (i = 0; i < onnxfold_node_input_count(n); i++) {
        int64_t elements = 1;
        int32_t axis, rank;
        if (onnxfold_node_input_type(n, i, NULL, &rank) != ONNXFOLD_OK) continue;
        for (axis = 0; axis < rank; axis++) {
            int64_t d = onnxfold_node_input_dim(n, i, axis);
            if (d > 1 && elements <= 4096) elements *= d > 4097 ? 4097 : d;
        }
        if (elements > 4096) return ONNXFOLD_CHOICE_KEEP;
    }
    return ONNXFOLD_CHOICE_DEFAULT;
}

int main(int argc, char **argv)
{
    onnxfold_options *o = NULL;
    onnxfold_model *m = NULL;
    onnxfold_status st;
    int asked = 0;
    onnxfold_should_fold f = {sizeof f, decide, &asked};

    if (argc != 3) {
        fprintf(stderr, "usage: %s IN.onnx OUT.onnx\n", argv[0]);
        return 2;
    }
    st = onnxfold_options_new(NULL, &o);
    if (st == ONNXFOLD_OK) st = onnxfold_options_set_should_fold(o, &f);
    if (st == ONNXFOLD_OK) st = onnxfold_model_new(o, &m);
    if (st == ONNXFOLD_OK) st = onnxfold_model_load_file(m, argv[1], o);
    if (st == ONNXFOLD_OK) st = onnxfold_model_optimize(m, o);
    if (st == ONNXFOLD_OK) st = onnxfold_model_save_file(m, argv[2], o);
    printf("%s, asked about %d nodes\n", onnxfold_status_name(st), asked);
    onnxfold_model_free(&m);
    onnxfold_options_free(&o);
    return st != ONNXFOLD_OK;
}
