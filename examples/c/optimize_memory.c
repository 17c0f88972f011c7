/* For a runtime that has the model in memory already: nothing is copied on the way in,
 * and no file is touched. */
#include <onnxfold/onnxfold.h>

#include <stdio.h>
#include <stdlib.h>

/* Optimizes size bytes at data. *out is freed with onnxfold_buffer_free. */
static onnxfold_status optimize(const void *data, size_t size, onnxfold_buffer **out)
{
    onnxfold_options *o = NULL;
    onnxfold_model *m = NULL;
    onnxfold_status st = onnxfold_options_new(NULL, &o);

    /* A model of batch size one, whatever it was exported with. */
    if (st == ONNXFOLD_OK) st = onnxfold_options_set_int(o, ONNXFOLD_OPT_QUANTIZATION, ONNXFOLD_QUANT_ISLANDS);
    if (st == ONNXFOLD_OK) st = onnxfold_model_new(o, &m);
    if (st == ONNXFOLD_OK) st = onnxfold_model_load_memory(m, data, size, NULL, o);
    if (st == ONNXFOLD_OK) {
        st = onnxfold_model_bind_symbol(m, "batch", 1);
        if (st == ONNXFOLD_E_NOT_FOUND) st = ONNXFOLD_OK; /* it has no such dimension */
    }
    if (st == ONNXFOLD_OK) st = onnxfold_model_optimize(m, o);
    if (st == ONNXFOLD_OK) st = onnxfold_model_save_memory(m, o, out);
    if (st != ONNXFOLD_OK && m) fprintf(stderr, "%s\n", onnxfold_model_error_message(m));
    onnxfold_model_free(&m);
    onnxfold_options_free(&o);
    return st;
}

int main(int argc, char **argv)
{
    onnxfold_buffer *b = NULL;
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    char *data = NULL;
    size_t size = 0, n;
    int failed = 1;

    if (!f) {
        fprintf(stderr, "usage: %s IN.onnx\n", argv[0]);
        return 2;
    }
    for (;;) {
        char *more = realloc(data, size + 65536);
        if (!more) goto out;
        data = more;
        n = fread(data + size, 1, 65536, f);
        if (n == 0) break;
        size += n;
    }
    if (optimize(data, size, &b) == ONNXFOLD_OK) {
        printf("%zu -> %zu bytes\n", size, onnxfold_buffer_size(b));
        failed = 0;
    }
out:
    onnxfold_buffer_free(&b);
    free(data);
    fclose(f);
    return failed;
}
