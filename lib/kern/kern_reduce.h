/* Reductions of a run of elements, and of rows into a row.
 *
 * Accumulators are 8 bytes: double for the float types, the halves among them (a float32, its square and its
 * sums are then exact or nearly so), int64_t or uint64_t for the integers, where sums and
 * products wrap modulo 2^64 and so, cut to the type, modulo its own width.
 *
 * The order of operations is part of the definition, so that every variant gives the
 * same bytes:
 *   run   folds x[0..n) into one accumulator: OF_REDUCE_LANES lanes start at the
 *         operation's neutral element, element i goes to lane i % OF_REDUCE_LANES in
 *         rising i, lanes are folded as a halving tree (lane j with lane j + 8, then + 4,
 *         + 2, + 1), and *acc becomes op(*acc, that).
 *   lines the same for `count` runs of n that lie one behind the other, acc[i] with the i-th.
 *   rows  acc[j] = op(acc[j], x[j + r * stride]) for each j in [0, n), r rising in [0, count).
 * A neutral sum is -0.0, since -0.0 + x is x for every x; an empty sum is made +0.0 by
 * whoever finishes it. A maximum keeps what it has unless the new element is greater or
 * NaN, and a NaN once kept stays NaN; a minimum likewise. Which NaN an accumulator holds is
 * not defined: whoever rounds it makes it the one NaN. */
#ifndef OF_KERN_REDUCE_H
#define OF_KERN_REDUCE_H

#include <stddef.h>
#include <stdint.h>

#include "kern/kern_isa.h"
#include "tensor/dtype.h"

#define OF_REDUCE_LANES 16

typedef enum of_reduce_op {
    OF_RED_SUM = 0,
    OF_RED_ABS, /* sum of magnitudes */
    OF_RED_SQ,  /* sum of squares */
    OF_RED_PROD,
    OF_RED_MAX,
    OF_RED_MIN,
    OF_RED_OPS
} of_reduce_op;

typedef enum of_reduce_type {
    OF_RED_F32 = 0,
    OF_RED_F64,
    OF_RED_I8,
    OF_RED_U8,
    OF_RED_I16,
    OF_RED_U16,
    OF_RED_I32,
    OF_RED_U32,
    OF_RED_I64,
    OF_RED_U64,
    OF_RED_F16,
    OF_RED_BF16,
    OF_RED_TYPES
} of_reduce_type;

typedef union of_reduce_acc {
    double f;
    int64_t i;
    uint64_t u;
} of_reduce_acc;

/* acc: one accumulator (run), count of them (lines) or n (rows). No overlap. */
typedef void (*of_reduce_fn)(of_reduce_acc *acc, const void *x, size_t n);
typedef void (*of_reduce_lines_fn)(of_reduce_acc *acc, const void *x, size_t n, size_t count);
typedef void (*of_reduce_rows_fn)(of_reduce_acc *acc, const void *x, size_t n, size_t stride, size_t count);

typedef struct of_kern_reduce {
    of_reduce_fn run[OF_RED_OPS][OF_RED_TYPES];
    of_reduce_lines_fn lines[OF_RED_OPS][OF_RED_TYPES];
    of_reduce_rows_fn rows[OF_RED_OPS][OF_RED_TYPES];
} of_kern_reduce;

void OF_KERN_NAME(of_kern_reduce_init)(of_kern_reduce *k);

/* Which accumulator a type uses, and what an accumulator starts from. */
bool of_reduce_type_of(of_dtype t, of_reduce_type *r); /* false: not a type of the table */
of_reduce_acc of_reduce_neutral(of_reduce_op op, of_reduce_type t);

#endif
