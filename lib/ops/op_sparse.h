/* SparseTensorProto to a dense tensor. */
#ifndef OF_OPS_OP_SPARSE_H
#define OF_OPS_OP_SPARSE_H

#include "ops/ops.h"

/* The dense tensor (packed form, texts of its own), one reference. Indices are linear
 * (rank 1) or coordinates (rank 2), in range, ascending without duplicates: else
 * OF_E_TENSOR. The budget is asked before anything is allocated. */
of_status of_sparse_dense(of_alloc *a, of_budget *b, const of_sparse *s, of_tensor **out,
                          of_err *e);
/* Checks without reading data: ranks, counts, dims. */
of_status of_sparse_check(const of_sparse *s, of_err *e);

#endif
