#include "cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int cli_fail(int status, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("onnxfold: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    return status;
}

int cli_fail_model(const char *what, onnxfold_status st, const onnxfold_model *m)
{
    const char *message = onnxfold_model_error_message(m), *node = onnxfold_model_error_node(m);
    uint64_t at = onnxfold_model_error_offset(m);
    fprintf(stderr, "onnxfold: %s: %s", what, *message ? message : onnxfold_status_name(st));
    if (*node) fprintf(stderr, ", node '%s'", node);
    if (at != ONNXFOLD_NO_OFFSET) fprintf(stderr, ", byte %" PRIu64, at);
    fprintf(stderr, " (%s)\n", onnxfold_status_name(st));
    return EXIT_BAD;
}

static int finish(const cli *c, onnxfold_model *m)
{
    bool to_stdout = c->out && strcmp(c->out, "-") == 0 && !c->dry_run;
    FILE *text = to_stdout ? stderr : stdout;
    int st = EXIT_DONE;
    if (c->quiet && !c->report && !c->n_explain) return EXIT_DONE;
    const onnxfold_report *r = onnxfold_model_report(m);
    if (onnxfold_model_error_status(m) != ONNXFOLD_OK)
        return cli_fail_model(c->in, onnxfold_model_error_status(m), m);
    if (!c->quiet) cli_print_table(text, r);
    for (size_t i = 0; i < c->n_explain && st == EXIT_DONE; i++) st = cli_explain(text, r, c->explain[i]);
    if (st == EXIT_DONE && c->report) st = cli_write_report(r, c->report);
    if (st == EXIT_DONE && fflush(stdout) != 0) st = cli_fail(EXIT_BAD, "standard output cannot be written");
    return st;
}

static int work(const cli *c, onnxfold_model *m, cli_bytes *bytes)
{
    int st = cli_load(c, m, bytes);
    if (st != EXIT_DONE) return st;
    st = cli_apply(c, m);
    if (st != EXIT_DONE) return st;
    onnxfold_status s = onnxfold_model_optimize(m, c->options);
    if (c->progress) cli_progress_end();
    if (s != ONNXFOLD_OK) return cli_fail_model(c->in, s, m);
    if (c->verify) {
        st = cli_verify(c, m, bytes);
        if (st != EXIT_DONE) return st;
    }
    if (c->dry_run) {
        uint64_t size;
        s = onnxfold_model_encoded_size(m, c->options, &size);
        if (s != ONNXFOLD_OK) return cli_fail_model(c->in, s, m);
    } else {
        st = cli_save(c, m);
        if (st != EXIT_DONE) return st;
    }
    return finish(c, m);
}

static int run(const cli *c)
{
    onnxfold_model *m = NULL;
    cli_bytes bytes = {NULL, 0};
    cli_memory();
    if (onnxfold_model_new(c->options, &m) != ONNXFOLD_OK) return cli_fail(EXIT_BAD, "out of memory");
    int st = work(c, m, &bytes);
    /* The system takes the memory back faster than it can be freed piece by piece; leak
     * checkers want to see it freed. */
#if defined(CLI_FREE_ALL)
    onnxfold_model_free(&m);
    free(bytes.data);
#endif
    return st;
}

int main(int argc, char **argv)
{
    cli c;
    int st = cli_parse(&c, argc, argv);
    if (st == EXIT_DONE) {
        if (c.help) cli_print_help();
        else if (c.version) printf("onnxfold %s\n", onnxfold_version_string());
        else if (c.list) cli_print_list();
        else st = run(&c);
    }
#if defined(CLI_FREE_ALL)
    cli_free(&c);
#endif
    return st;
}
