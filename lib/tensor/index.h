/* Walking index spaces: strides, broadcasting (numpy rules, ONNX Broadcasting.md),
 * coalesced loops. No recursion, no allocation: rank is at most OF_MAX_RANK. */
#ifndef OF_TENSOR_INDEX_H
#define OF_TENSOR_INDEX_H

#include "tensor/tensor.h"

/* Row-major strides in elements. */
void of_strides(const int64_t *dims, size_t rank, int64_t *strides);

/* Joint broadcast of n shapes. out has room for OF_MAX_RANK. false: not broadcastable. */
bool of_broadcast_dims(const int64_t *const *dims, const size_t *ranks, size_t n, int64_t *out, size_t *out_rank);

#define OF_LOOP_OPERANDS 6
/* A nest of loops over one index space with up to 6 operands, each with strides in
 * elements of its own (0 where broadcast). Adjacent dims that every operand walks
 * alike are merged, so most cases become one inner run. Operand 0 is the output by
 * convention. ~4 KiB: allocate from an arena, not on the stack. */
typedef struct of_loop {
    size_t n_op, rank;
    int64_t dims[OF_MAX_RANK];
    int64_t stride[OF_LOOP_OPERANDS][OF_MAX_RANK];
    int64_t at[OF_MAX_RANK];          /* position */
    int64_t offset[OF_LOOP_OPERANDS]; /* element offset of the current inner run */
    int64_t inner;                    /* length of an inner run */
    int64_t inner_stride[OF_LOOP_OPERANDS];
    int64_t total;                    /* elements in all */
    bool done;
} of_loop;

/* strides[k] has rank entries. */
void of_loop_init(of_loop *l, const int64_t *dims, size_t rank, const int64_t *const *strides, size_t n_op);
/* Operand 0 has shape out; operands k >= 1 are tensors broadcast to it. */
void of_loop_init_broadcast(of_loop *l, const int64_t *out, size_t rank, const of_tensor *const *in, size_t n_in);
void of_loop_next(of_loop *l); /* to the next inner run; sets done */
/* for (of_loop_init(..); !l->done; of_loop_next(l)) kernel(dst + l->offset[0], ..., l->inner); */

#endif
