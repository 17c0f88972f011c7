/* --verify: what would be written, read again, against the original. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

/* Folder of the input, for its external data; NULL for stdin. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (strcmp(path, "-") == 0) return NULL;
    if (!slash) return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int compare(const cli *c, onnxfold_model *m, const onnxfold_options *plain, onnxfold_model *before,
                   onnxfold_model *after, cli_bytes *stdin_bytes)
{
    onnxfold_buffer *b = NULL;
    char *dir = folder_of(c->in);
    int result = cli_load(c, before, stdin_bytes);
    if (result == EXIT_DONE) result = cli_apply(c, before);
    if (result == EXIT_DONE) {
        onnxfold_status st = onnxfold_model_save_memory(m, plain, &b);
        if (st == ONNXFOLD_OK) {
            st = onnxfold_model_load_memory(after, onnxfold_buffer_data(b), onnxfold_buffer_size(b), dir, plain);
            if (st == ONNXFOLD_OK) st = onnxfold_verify(before, after, c->verify, 1, plain);
            if (st != ONNXFOLD_OK) result = cli_fail_model(st == ONNXFOLD_E_DIFFERENT ? "--verify: different" : "--verify",
                                                           st, after);
        } else {
            result = cli_fail_model("--verify", st, m);
        }
    }
    onnxfold_model_free(&after);
    onnxfold_model_free(&before);
    onnxfold_buffer_free(&b);
    free(dir);
    return result;
}

int cli_verify(const cli *c, onnxfold_model *m, cli_bytes *stdin_bytes)
{
    onnxfold_options *plain = NULL;
    onnxfold_model *before = NULL, *after = NULL;
    int result = EXIT_BAD;
    if (onnxfold_options_copy(c->options, &plain) == ONNXFOLD_OK &&
        onnxfold_model_new(plain, &before) == ONNXFOLD_OK && onnxfold_model_new(plain, &after) == ONNXFOLD_OK) {
        onnxfold_options_set_int(plain, ONNXFOLD_OPT_EXTERNAL_DATA, ONNXFOLD_EXTERNAL_KEEP);
        onnxfold_options_set_progress(plain, NULL);
        result = compare(c, m, plain, before, after, stdin_bytes);
    } else {
        cli_fail(EXIT_BAD, "--verify: out of memory");
        onnxfold_model_free(&before);
    }
    onnxfold_options_free(&plain);
    return result;
}
