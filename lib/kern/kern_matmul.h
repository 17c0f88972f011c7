/* Matrix products, one block of the result at a time.
 *
 * Each element is the sum over k = 0, 1, ... K-1, in that order and starting from +0.0,
 * of a[i,k] * b[k,j], in double. A product of two float32 is exact in double, so a fused
 * multiply-add gives the same. For double operands what each product rounds off (of_two_mul of
 * kern_dd.h), and each addition (of_two_sum), is added up beside, in the same order, and comes in
 * at the end, unless the sum is then not finite: about as if in twice the precision. Where
 * no product can come near the ends of the exponents, a fused multiply-add gives the same, too. Blocking, packing and threads never change that order, so they never change
 * the result; which NaN a sum is, is not defined, whoever rounds it makes it the one NaN.
 * Integers wrap modulo 2^32 and 2^64. */
#ifndef OF_KERN_MATMUL_H
#define OF_KERN_MATMUL_H

#include <stddef.h>
#include <stdint.h>

#include "kern/kern_isa.h"

/* A is m x k, B is k x n, each addressed by two strides in elements. */
typedef struct of_mm {
    size_t m, n, k;
    const void *a, *b;
    ptrdiff_t a_row, a_col, b_row, b_col;
} of_mm;

/* Largest block a call computes, and doubles of scratch it needs for that. */
#define OF_MM_ROWS 96
#define OF_MM_COLS 192
#define OF_MM_DEPTH 128
#define OF_MM_SCRATCH (OF_MM_ROWS * OF_MM_DEPTH + OF_MM_COLS * OF_MM_DEPTH + OF_MM_ROWS * OF_MM_COLS)

/* Computes rows [i0, i0 + ni) and columns [j0, j0 + nj) into acc, whose rows are
 * OF_MM_COLS apart; acc has room for a whole block. */
typedef void (*of_mm_block_fn)(const of_mm *p, size_t i0, size_t ni, size_t j0, size_t nj,
                               double *scratch, double *acc);
/* Integers: the same block straight into c, whose rows are ldc apart. */
typedef void (*of_mm_u32_fn)(const of_mm *p, size_t i0, size_t ni, size_t j0, size_t nj,
                             uint32_t *c, size_t ldc);
typedef void (*of_mm_u64_fn)(const of_mm *p, size_t i0, size_t ni, size_t j0, size_t nj,
                             uint64_t *c, size_t ldc);

typedef struct of_kern_matmul {
    of_mm_block_fn f32, f64;
    of_mm_u32_fn u32;
    of_mm_u64_fn u64;
} of_kern_matmul;

void OF_KERN_NAME(of_kern_matmul_init)(of_kern_matmul *k);

#endif
