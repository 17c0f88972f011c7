/* One node at a time for bench_numpy.py, through ctypes: opened, given its operands' bytes,
 * timed, its results read. Times are of the calling thread. */
#include "bench_node.h"

#define OUT __attribute__((visibility("default")))

OUT bench_node *bench_lib_open(const char *op, int opset, const char *in, const char *attrs, unsigned n_out);
OUT void *bench_lib_in(bench_node *b, unsigned i, size_t *bytes);
OUT double bench_lib_run(bench_node *b);
OUT const void *bench_lib_out(bench_node *b, unsigned i, size_t *bytes);
OUT const char *bench_lib_error(bench_node *b);
OUT void bench_lib_close(bench_node *b);

static of_val *results[8];

bench_node *bench_lib_open(const char *op, int opset, const char *in, const char *attrs, unsigned n_out)
{
    bench_node *b = (bench_node *)malloc(sizeof *b);

    if (b) bench_open(b, op, opset, in, attrs, n_out, "");
    return b;
}

void *bench_lib_in(bench_node *b, unsigned i, size_t *bytes)
{
    of_tensor *t = of_val_tensor(b->c.in[i]);

    *bytes = t ? t->bytes : 0;
    return t ? t->data : NULL;
}

static void let_go(bench_node *b)
{
    for (uint32_t i = 0; i < b->c.node->n_out; i++) {
        of_val_unref(results[i]);
        results[i] = NULL;
    }
}

double bench_lib_run(bench_node *b)
{
    let_go(b);
    return bench_run(b, results);
}

const void *bench_lib_out(bench_node *b, unsigned i, size_t *bytes)
{
    of_tensor *t = b->failed ? NULL : of_val_tensor(results[i]);

    *bytes = t ? t->bytes : 0;
    return t ? t->data : NULL;
}

const char *bench_lib_error(bench_node *b)
{
    return b->failed ? b->c.err.msg : "";
}

void bench_lib_close(bench_node *b)
{
    let_go(b);
    op_close(&b->c);
    bench_forget();
    free(b);
}
