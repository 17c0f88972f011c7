/* Rounding between the steps of an operator that ONNX defines by a function body: what goes
 * from one step to the next has the type of the tensors. */
#ifndef OF_OPS_OP_STEPS_H
#define OF_OPS_OP_STEPS_H

#include "ops/op_mm.h"
#include "ops/op_numeric.h"

/* v rounded to a float type. */
static inline double of_step(of_dtype t, double v)
{
    switch (t) {
    case OF_FLOAT: return (double)(float)v;
    case OF_FLOAT16: return (double)of_f16_to_f32(of_f64_to_f16(v));
    case OF_BFLOAT16: return (double)of_bf16_to_f32(of_f64_to_bf16(v));
    default: return v;
    }
}

/* out (m x n) = a (m x k) times b, element (i, j) of b at i * b_row + j * b_col; each
 * result rounded to t. */
void of_step_mm(const of_mm_job *job, of_dtype t, size_t m, size_t n, size_t k, const double *a,
                const double *b, ptrdiff_t b_row, ptrdiff_t b_col, double *out);

/* Softmax of n elements of type t, in place, as the operator has it. */
void of_softmax_line(const of_opctx *c, of_dtype t, double *v, size_t n);

#endif
