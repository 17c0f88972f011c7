/* Where models come from and go to. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_stream(const char *path) { return strcmp(path, "-") == 0; }

static int read_stdin(const cli *c, cli_bytes *b)
{
    int64_t limit = 0;
    size_t cap = 0;
    onnxfold_options_get_int(c->options, ONNXFOLD_OPT_FILE_BYTES, &limit);
    for (;;) {
        if (b->size == cap) {
            size_t more = cap ? cap * 2 : (size_t)1 << 20;
            unsigned char *p = more > cap ? realloc(b->data, more) : NULL;
            if (!p) return cli_fail(EXIT_BAD, "stdin: out of memory");
            b->data = p;
            cap = more;
        }
        ssize_t n = read(STDIN_FILENO, b->data + b->size, cap - b->size);
        if (n == 0) return EXIT_DONE;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return cli_fail(EXIT_BAD, "stdin: %s", strerror(errno));
        b->size += (size_t)n;
        /* One more byte than allowed tells the library so. */
        if ((uint64_t)b->size > (uint64_t)limit) return EXIT_DONE;
    }
}

int cli_load(const cli *c, onnxfold_model *m, cli_bytes *b)
{
    onnxfold_status st;
    if (is_stream(c->in)) {
        if (!b->data) {
            int r = read_stdin(c, b);
            if (r != EXIT_DONE) return r;
        }
        st = onnxfold_model_load_memory(m, b->data, b->size, NULL, c->options);
    } else {
        st = onnxfold_model_load_file(m, c->in, c->options);
    }
    return st == ONNXFOLD_OK ? EXIT_DONE : cli_fail_model(is_stream(c->in) ? "stdin" : c->in, st, m);
}

static int write_stdout(void *user, const void *data, size_t n)
{
    const char *p = data;
    (void)user;
    while (n > 0) {
        ssize_t k = write(STDOUT_FILENO, p, n);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) return -1;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

int cli_save(const cli *c, onnxfold_model *m)
{
    onnxfold_status st;
    if (is_stream(c->out)) {
        onnxfold_writer w = {sizeof w, write_stdout, NULL};
        st = onnxfold_model_save_writer(m, &w, c->options);
    } else {
        st = onnxfold_model_save_file(m, c->out, c->options);
    }
    return st == ONNXFOLD_OK ? EXIT_DONE : cli_fail_model(is_stream(c->out) ? "stdout" : c->out, st, m);
}
