/* What the operators that move data share: checks of inputs, small known integer
 * tensors, strided copies. */
#ifndef OF_OPS_OP_MOVES_H
#define OF_OPS_OP_MOVES_H

#include "ops/ops.h"
#include "tensor/convert.h"
#include "tensor/index.h"


/* Input i is present, a tensor as far as is known, of a rank this library walks. */
of_status of_need_tensor(of_opctx *c, uint32_t i);
/* The same for an optional input, which may be absent. */
of_status of_need_tensor_if(of_opctx *c, uint32_t i);
/* Element types that must agree, where both are known. */
of_status of_need_same_dtype(of_opctx *c, uint32_t i, uint32_t j);
/* A tensor of int32 or int64, as far as is known. */
of_status of_need_index(of_opctx *c, uint32_t i);
/* A list of integers (one dimension, or a single scalar): its length, or -1 when that
 * is not known. Longer than max: OF_E_EVAL, before anything is read. */
of_status of_list_len(of_opctx *c, uint32_t i, int64_t max, int64_t *n);

/* A list of integers that is an attribute before some version and input i from then on
 * (attr or i not in use: NULL, 0). Not known: *v NULL and, where it can be told, *n its
 * length, else -1. Absent: *v NULL, *given false. */
of_status of_int_list(of_opctx *c, const char *attr, uint32_t i, const int64_t **v, int64_t *n,
                      bool *given);
/* Axes normalised into tmp, ascending order not implied. One named twice: OF_E_EVAL. */
of_status of_axis_list(of_opctx *c, const int64_t *v, int64_t n, int64_t rank, int64_t **axes);

/* Elements, row-major, of a small int32 or int64 tensor of any rank, constant or known
 * symbolically; *v NULL when not known. */
of_status of_elems(of_opctx *c, uint32_t i, const of_dim **v, size_t *n);
/* Passes the elements of input `in` on unchanged. */
of_status of_pass_known(of_opctx *c, uint32_t out, uint32_t in);
/* The one element of a constant numeric tensor, cut toward zero. */
of_status of_scalar_int(of_opctx *c, uint32_t i, bool *have, int64_t *v);

/* The number v as an element (16 bytes at most). false: not a number type. */
bool of_number(of_dtype t, int v, void *elem);

/* A copy of a shape, to be changed. */
of_status of_shape_copy(of_opctx *c, const of_shape *s, of_shape *out);
of_status of_new_shape(of_opctx *c, int64_t rank,
                       of_shape *out); /* like of_shape_new, with a status */
/* The same for a type that is built by hand in infer: the dims outlive the node. */
of_status of_type_dims(of_opctx *c, of_type *t, int64_t rank);
/* Proved not negative. */
bool of_dim_nonneg(of_dimtab *t, of_dim d);
/* Product of n dims; unknown where it cannot be told. */
of_dim of_dims_product(of_opctx *c, const of_dim *d, int64_t n);
/* The more informative of two dims that must be equal. false: both are numbers, and differ. */
bool of_dim_meet(of_dim a, of_dim b, of_dim *out);

/* Product of dims of an existing tensor, which was checked when it was made. */
static inline int64_t of_count(const int64_t *dims, size_t n)
{
    int64_t p = 1;
    for (size_t i = 0; i < n; i++) p *= dims[i];
    return p;
}

static inline size_t of_mem_of(const of_tensor *t)
{
    return of_dtypes[t->dtype].mem;
}
static inline char *of_bytes(const of_tensor *t, int64_t at)
{
    return (char *)t->data + (size_t)at * of_mem_of(t);
}

/* dst[sum x_k ds_k] = src[sum x_k ss_k] over an index space; strides in elements of mem
 * bytes, ss may be 0 or negative. No overlap. */
of_status of_move_nd(of_opctx *c, size_t mem, void *dst, const int64_t *ds, const void *src,
                     const int64_t *ss, const int64_t *dims, size_t rank);

/* Rows of `bytes` bytes, that many bytes apart. No overlap. */
void of_move_rows(const of_opctx *c, void *dst, size_t dst_row, const void *src, size_t src_row, size_t rows,
                  size_t bytes);

/* Indices [at, at + n) of an int32 or int64 tensor, n <= OF_INDEX_CHUNK, wrapped into
 * [0, size). Outside of [-size, size): OF_E_EVAL. */
#define OF_INDEX_CHUNK 512
of_status of_read_index(of_opctx *c, const of_tensor *t, int64_t at, int64_t n, int64_t size,
                        int64_t *idx);

/* Output i is input 0 with another shape, the inferred one; nothing is copied. */
of_status of_eval_reshaped(of_opctx *c, uint32_t i);

#endif
