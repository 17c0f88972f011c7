/* Matrix products over a whole matrix: blocks, threads, batches. */
#ifndef OF_OPS_OP_MM_H
#define OF_OPS_OP_MM_H

#include "ops/ops.h"

/* Takes n results of row `row` from column `col` on. Called from several threads at once,
 * never twice for one element. */
typedef void (*of_mm_finish)(void *user, size_t row, size_t col, const double *acc, size_t n);

/* Scratch for products of at most this size; from c->tmp, serves any number of them. */
typedef struct of_mm_job {
    of_opctx *c;
    size_t workers;
    double *scratch;
} of_mm_job;
of_status of_mm_begin(of_opctx *c, size_t m, size_t n, size_t k, of_mm_job *job);
/* Charges no work. f64: elements are double, else float. */
void of_mm_run(const of_mm_job *job, const of_mm *p, bool f64, of_mm_finish finish, void *user);
/* Integers of 4 or 8 bytes, straight into c, row-major. */
void of_mm_run_int(const of_mm_job *job, const of_mm *p, bool wide, void *c);

/* numpy.matmul of two shapes: sizes, and which matrix of A and B each one of the result is made of.
 */
typedef struct of_mm_plan {
    size_t m, n, k, batches;
    size_t rank; /* of the batch */
    const int64_t *dims;
    const int64_t *a_step,
        *b_step; /* matrices to skip per step of a batch dim; 0 where broadcast */
} of_mm_plan;
of_status of_mm_plan_make(of_opctx *c, const of_tensor *a, const of_tensor *b, of_mm_plan *p);
void of_mm_plan_at(const of_mm_plan *p, size_t batch, size_t *a, size_t *b);

/* Shape of numpy.matmul of inputs ia and ib. */
of_status of_mm_infer(of_opctx *c, uint32_t ia, uint32_t ib, of_shape *s);
/* Data as float, or double when it is: 16-bit floats widen into tmp. */
of_status of_mm_floats(of_opctx *c, const of_tensor *t, const void **data);

#endif
