/* --report and --explain. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int cli_write_report(const onnxfold_report *r, const char *path)
{
    onnxfold_buffer *json = NULL;
    if (onnxfold_report_json_buffer(r, &json) != ONNXFOLD_OK) return cli_fail(EXIT_BAD, "%s: out of memory", path);
    bool to_stdout = strcmp(path, "-") == 0;
    FILE *f = to_stdout ? stdout : fopen(path, "wb");
    bool ok = f != NULL;
    if (f) {
        ok = fwrite(onnxfold_buffer_data(json), 1, onnxfold_buffer_size(json), f) == onnxfold_buffer_size(json);
        if (!to_stdout) ok = fclose(f) == 0 && ok;
    }
    int saved = errno;
    onnxfold_buffer_free(&json);
    return ok ? EXIT_DONE : cli_fail(EXIT_BAD, "%s: %s", path, strerror(saved));
}

static void put_text(FILE *to, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) fputc((unsigned char)s[i] < 0x20 || s[i] == 0x7f ? '?' : s[i], to);
}

/* One line on node i. */
static void explain(FILE *to, const onnxfold_report *r, size_t i)
{
    size_t n;
    const char *s = onnxfold_report_node_name(r, i, &n);
    int32_t fate = onnxfold_report_node_fate(r, i), why = onnxfold_report_node_why(r, i);
    put_text(to, s, n);
    fputs(" (", to);
    s = onnxfold_report_node_op(r, i, &n);
    put_text(to, s, n);
    fprintf(to, "): %s", onnxfold_fate_name(fate));
    const char *by = onnxfold_report_node_by(r, i);
    if (by) fprintf(to, " by %s", by);
    if (fate == ONNXFOLD_FATE_KEPT) {
        if (why == ONNXFOLD_WHY_NONE) {
            fputs(": its inputs are not all constant", to);
        } else {
            int64_t number = onnxfold_report_node_why_number(r, i);
            fprintf(to, ": %s", onnxfold_why_name(why));
            if (number) fprintf(to, " %" PRId64, number);
            s = onnxfold_report_node_why_text(r, i, &n);
            if (n) fputs(": ", to);
            put_text(to, s, n);
        }
    }
    fputc('\n', to);
}

int cli_explain(FILE *to, const onnxfold_report *r, const char *name)
{
    size_t found = 0, want = strlen(name);
    for (size_t i = 0; i < onnxfold_report_node_count(r); i++) {
        size_t n;
        const char *s = onnxfold_report_node_name(r, i, &n);
        if (n != want || memcmp(s, name, n) != 0) continue;
        explain(to, r, i);
        found++;
    }
    return found ? EXIT_DONE : cli_fail(EXIT_BAD, "--explain: no node of the input is called '%s'", name);
}
