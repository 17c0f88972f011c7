/* The onnxfold command, on the public interface only. */
#ifndef CLI_H
#define CLI_H

#include <onnxfold/onnxfold.h>

#include <stdbool.h>
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_BAD = 1, EXIT_USAGE = 2 };

typedef struct cli {
    onnxfold_options *options;
    const char *in, *out;     /* "-": stdin, stdout; out may be NULL with dry_run */
    const char **bind;        /* --bind arguments in order; point into argv */
    const char **set;
    const char **explain;
    size_t n_bind, n_set, n_explain;
    const char *report;
    uint32_t verify;          /* runs; 0: none */
    long threads;
    bool dry_run, quiet, progress, list, help, version;
} cli;

/* "onnxfold: " and one line on stderr; returns status. */
int cli_fail(int status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
/* The same for a call on m that failed with st: what, node, byte. */
int cli_fail_model(const char *what, onnxfold_status st, const onnxfold_model *m);

/* cli_parse.c: fills c from the command line. EXIT_DONE, or EXIT_USAGE with a line on stderr. */
int cli_parse(cli *c, int argc, char **argv);
void cli_free(cli *c);
void cli_print_help(void);
void cli_print_list(void);

/* cli_bind.c: applies --bind and --set to a loaded model. */
int cli_apply(const cli *c, onnxfold_model *m);
/* cli_value.c: the text of --set as elements of dtype. Number of them, 0 and *size 0
 * when it is none; *data is malloc'd. */
size_t cli_parse_values(const char *text, int32_t dtype, void **data, size_t *size);

/* cli_input.c */
typedef struct cli_bytes { /* all of stdin */
    unsigned char *data;
    size_t size;
} cli_bytes;
int cli_load(const cli *c, onnxfold_model *m, cli_bytes *stdin_bytes);
int cli_save(const cli *c, onnxfold_model *m);

/* cli_memory.c: tunes the heap for one short-lived process. */
void cli_memory(void);

/* cli_table.c, cli_report.c */
void cli_print_table(FILE *to, const onnxfold_report *r);
int cli_explain(FILE *to, const onnxfold_report *r, const char *name);
int cli_write_report(const onnxfold_report *r, const char *path);

/* cli_verify.c: compares what would be written with the original. */
int cli_verify(const cli *c, onnxfold_model *m, cli_bytes *stdin_bytes);

/* cli_threads.c, cli_progress.c: callbacks. */
void cli_parallel(void *user, size_t n, void (*body)(void *, size_t), void *argument);
int cli_progress_bar(void *user, double done);
void cli_progress_end(void);

#endif
