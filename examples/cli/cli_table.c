/* Operators before and after. */
#include "cli.h"

#include <inttypes.h>
#include <string.h>

/* A name from the model on a terminal: control bytes become '?'. */
static void put_name(char *to, size_t cap, const char *domain, size_t dn, const char *name, size_t n)
{
    size_t at = 0;
    if (dn) {
        for (size_t i = 0; i < dn && at + 3 < cap; i++) to[at++] = domain[i];
        to[at++] = ':';
        to[at++] = ':';
    }
    for (size_t i = 0; i < n && at + 1 < cap; i++) to[at++] = name[i];
    to[at] = '\0';
    for (size_t i = 0; i < at; i++)
        if ((unsigned char)to[i] < 0x20 || to[i] == 0x7f) to[i] = '?';
}

static size_t row_name(const onnxfold_report *r, size_t i, char *to, size_t cap)
{
    size_t n, dn;
    const char *name = onnxfold_report_op_name(r, i, &n), *domain = onnxfold_report_op_domain(r, i, &dn);
    put_name(to, cap, domain, dn, name, n);
    return strlen(to);
}

static void row(FILE *to, size_t width, const char *name, uint64_t before, uint64_t after)
{
    fprintf(to, "%-*s %12" PRIu64 " %12" PRIu64 "\n", (int)width, name, before, after);
}

void cli_print_table(FILE *to, const onnxfold_report *r)
{
    char name[64];
    size_t width = strlen("operator"), n = onnxfold_report_op_count(r);
    uint64_t size = onnxfold_report_number(r, ONNXFOLD_NUM_BYTES_AFTER);
    for (size_t i = 0; i < n; i++) {
        size_t w = row_name(r, i, name, sizeof name);
        if (w > width) width = w;
    }
    fprintf(to, "%-*s %12s %12s\n", (int)width, "operator", "before", "after");
    for (size_t i = 0; i < n; i++) {
        uint64_t before = onnxfold_report_op_before(r, i), after = onnxfold_report_op_after(r, i);
        row_name(r, i, name, sizeof name);
        if (before || after) row(to, width, name, before, after);
    }
    row(to, width, "nodes", onnxfold_report_number(r, ONNXFOLD_NUM_NODES_BEFORE),
        onnxfold_report_number(r, ONNXFOLD_NUM_NODES_AFTER));
    row(to, width, "bytes", onnxfold_report_number(r, ONNXFOLD_NUM_BYTES_BEFORE), size);
    double total = onnxfold_report_seconds(r, ONNXFOLD_SECONDS_TOTAL);
    if (total <= 0) /* nothing was written */
        total = onnxfold_report_seconds(r, ONNXFOLD_SECONDS_LOAD) + onnxfold_report_seconds(r, ONNXFOLD_SECONDS_OPTIMIZE);
    fprintf(to, "%-*s %25.4f\n", (int)width, "seconds", total);
}
