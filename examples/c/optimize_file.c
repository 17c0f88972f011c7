/* The least there is: a file in, a file out, and what it saved. */
#include <onnxfold/onnxfold.h>

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    onnxfold_model *m = NULL;
    onnxfold_status st;

    if (argc != 3) {
        fprintf(stderr, "usage: %s IN.onnx OUT.onnx\n", argv[0]);
        return 2;
    }
    st = onnxfold_model_new(NULL, &m);
    if (st == ONNXFOLD_OK) st = onnxfold_model_load_file(m, argv[1], NULL);
    if (st == ONNXFOLD_OK) st = onnxfold_model_optimize(m, NULL);
    if (st == ONNXFOLD_OK) st = onnxfold_model_save_file(m, argv[2], NULL);
    if (st != ONNXFOLD_OK) {
        fprintf(stderr, "%s: %s %s\n", onnxfold_status_name(st), onnxfold_model_error_message(m),
                onnxfold_model_error_node(m));
    } else {
        const onnxfold_report *r = onnxfold_model_report(m);
        printf("%" PRIu64 " -> %" PRIu64 " nodes\n", onnxfold_report_number(r, ONNXFOLD_NUM_NODES_BEFORE),
               onnxfold_report_number(r, ONNXFOLD_NUM_NODES_AFTER));
    }
    onnxfold_model_free(&m);
    return st != ONNXFOLD_OK;
}
