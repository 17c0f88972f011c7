/* One node through the real evaluator, again and again: op_case.h's notation, operands in
 * place of its literals. */
#ifndef BENCH_NODE_H
#define BENCH_NODE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "of_test.h"

/* Outside of libcheck's runner its checks do not work: here they end the program. */
static void bench_must(bool ok, int line)
{
    if (ok) return;
    fprintf(stderr, "bench: check of line %d failed\n", line);
    exit(1);
}
#undef ck_assert
#undef ck_assert_msg
#undef ck_assert_int_eq
#undef ck_assert_uint_eq
#define ck_assert(x) bench_must((x), __LINE__)
#define ck_assert_msg(x, ...) bench_must((x), __LINE__)
#define ck_assert_int_eq(x, y) bench_must((x) == (y), __LINE__)
#define ck_assert_uint_eq(x, y) bench_must((x) == (y), __LINE__)

#include "../ops/op_fill.h"

typedef struct bench_node {
    op_case c;
    uint64_t bytes; /* read and written by one run, as tensors are stored */
    double best;    /* seconds of the fastest run so far */
    int failed;
} bench_node;

static double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others run on this machine, too */
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Large blocks are kept and handed out again, so that what is timed is the library and not
 * the system making pages; new blocks are touched first for the same reason. */
static struct bench_block {
    void *p;
    size_t room;
    bool used;
} bench_blocks[64];

static void *bench_allocate(void *user, size_t n)
{
    struct bench_block *b = NULL;
    size_t k;

    (void)user;
    if (n < (size_t)1 << 16) return malloc(n);
    for (k = 0; k < 64 && bench_blocks[k].p; k++) {
        if (bench_blocks[k].used || bench_blocks[k].room < n || bench_blocks[k].room > 2 * n) continue;
        if (!b || bench_blocks[k].room < b->room) b = &bench_blocks[k];
    }
    if (!b) {
        for (k = 0; k < 64 && bench_blocks[k].p && bench_blocks[k].used;) k++;
        bench_must(k < 64, __LINE__);
        b = &bench_blocks[k];
        free(b->p);
        *b = (struct bench_block){aligned_alloc(64, (n + 63) & ~(size_t)63), n, false};
        bench_must(b->p != NULL, __LINE__);
        memset(b->p, 1, n);
    }
    b->used = true;
    return b->p;
}

static void bench_release(void *user, void *p, size_t n)
{
    (void)user;
    if (n < (size_t)1 << 16) {
        free(p);
        return;
    }
    for (size_t k = 0; k < 64; k++)
        if (bench_blocks[k].p == p) bench_blocks[k].used = false;
}

static void bench_forget(void)
{
    for (size_t k = 0; k < 64; k++) {
        free(bench_blocks[k].p);
        bench_blocks[k] = (struct bench_block){NULL, 0, false};
    }
}

/* Opens a node with operands as op_fill_in makes them. */
static void bench_open(bench_node *b, const char *op, int opset, const char *in, const char *attrs,
                       uint32_t n_out, const char *fill)
{
    memset(b, 0, sizeof *b);
    b->best = 1e9;
    op_open(&b->c, op, opset, in, attrs, n_out);
    b->c.budget.bytes_max = b->c.budget.one_max = b->c.budget.steps_max = UINT64_MAX / 4;
    b->c.alloc.allocate = bench_allocate; /* what op_open took is small, and from malloc, too */
    b->c.alloc.release = bench_release;
    op_fill_in(&b->c, fill);
}

/* Once; the results go to out (references), or nowhere. */
static double bench_run(bench_node *b, of_val **out)
{
    of_val *got[8];
    const uint32_t n = b->c.node->n_out;
    const double t = bench_now();
    const of_status st = of_eval_node(&b->c.ev, b->c.node, b->c.in, b->c.node->n_in, got, n, &b->c.err);
    double used;

    if (st != OF_OK) {
        b->failed = (int)st;
        return 0;
    }
    if (!b->bytes) {
        for (uint32_t i = 0; i < b->c.node->n_in; i++)
            if (b->c.in[i]) b->bytes += of_val_tensor(b->c.in[i])->bytes;
        for (uint32_t i = 0; i < n; i++) b->bytes += of_val_tensor(got[i])->bytes;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (out) out[i] = got[i];
        else of_val_unref(got[i]);
    }
    used = bench_now() - t;
    if (used < b->best) b->best = used;
    return used;
}

#endif
