#include "ops/op_sparse.h"

#include <string.h>

of_status of_sparse_check(const of_sparse *s, of_err *e)
{
    const of_tensor *v = s->values, *x = s->indices;
    int64_t count;
    size_t bytes;

    if (!v || !x) return of_fail(e, OF_E_TENSOR, "sparse tensor without values or indices");
    if (!of_tensor_size((of_dtype)v->dtype, s->dims, s->rank, &count, &bytes))
        return of_fail(e, OF_E_TENSOR, "sparse tensor of impossible dimensions");
    if (v->rank != 1 || x->dtype != OF_INT64 || x->rank < 1 || x->rank > 2 ||
        x->dims[0] != v->dims[0] || (x->rank == 2 && x->dims[1] != (int64_t)s->rank) ||
        v->dims[0] > count)
        return of_fail(e, OF_E_TENSOR, "sparse tensor whose values and indices do not fit");
    return OF_OK;
}

/* Linear place of entry k. */
static bool sparse_place(const of_sparse *s, int64_t k, int64_t count, int64_t *at)
{
    const int64_t *x = (const int64_t *)s->indices->data;

    if (s->indices->rank == 1) {
        *at = x[k];
        return *at >= 0 && *at < count;
    }
    *at = 0;
    for (size_t d = 0; d < s->rank; d++) {
        const int64_t i = x[(size_t)k * s->rank + d];
        if (i < 0 || i >= s->dims[d]) return false;
        *at = *at * s->dims[d] + i;
    }
    return true;
}

of_status of_sparse_dense(of_alloc *a, of_budget *b, const of_sparse *s, of_tensor **out, of_err *e)
{
    of_tensor *dense = NULL, *values = NULL;
    int64_t at, last = -1;
    of_status st;
    size_t mem;

    OF_TRY(of_sparse_check(s, e));
    OF_TRY(of_tensor_load(s->indices, e));
    OF_TRY(of_tensor_load(s->values, e));
    OF_TRY(of_tensor_unpack(s->values, &values, e));
    OF_TRY_TO(fail, st,
              of_tensor_new_data(a, b, (of_dtype)values->dtype, s->dims, s->rank, true, &dense, e));
    mem = of_dtypes[values->dtype].mem;
    for (int64_t k = 0; k < values->count; k++) {
        if (!sparse_place(s, k, dense->count, &at) || at <= last) {
            st = of_fail(e, OF_E_TENSOR, "sparse tensor whose index %lld is out of range or order",
                         (long long)k);
            goto fail;
        }
        last = at;
        memcpy((char *)dense->data + (size_t)at * mem, (const char *)values->data + (size_t)k * mem,
               mem);
    }
    if (dense->dtype == OF_STRING) OF_TRY_TO(fail, st, of_tensor_own_strings(dense, e));
    if (dense->unpacked) OF_TRY_TO(fail, st, of_tensor_pack(dense, e));
    of_tensor_unref(values);
    *out = dense;
    return OF_OK;
fail:
    of_tensor_unref(values);
    of_tensor_unref(dense);
    return st;
}
