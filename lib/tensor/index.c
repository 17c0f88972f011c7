#include "tensor/index.h"

void of_strides(const int64_t *dims, size_t rank, int64_t *strides)
{
    int64_t s = 1;
    size_t i;
    for (i = rank; i-- > 0;) {
        strides[i] = s;
        if (dims[i] > 1) s *= dims[i]; /* of_tensor_size has shown that this fits */
    }
}

bool of_broadcast_dims(const int64_t *const *dims, const size_t *ranks, size_t n, int64_t *out, size_t *out_rank)
{
    size_t rank = 0, i, k;
    for (k = 0; k < n; k++) {
        if (ranks[k] > rank) rank = ranks[k];
    }
    if (rank > OF_MAX_RANK) return false;
    for (i = 0; i < rank; i++) { /* from the last dim on */
        int64_t d = 1;
        for (k = 0; k < n; k++) {
            int64_t v = i < ranks[k] ? dims[k][ranks[k] - 1 - i] : 1;
            if (v == 1 || v == d) continue;
            if (d != 1) return false;
            d = v;
        }
        out[rank - 1 - i] = d;
    }
    *out_rank = rank;
    return true;
}

/* Whether every operand walks dim i straight on from where dim i + 1 ends. */
static bool mergeable(const of_loop *l, size_t outer, size_t inner)
{
    size_t k;
    for (k = 0; k < l->n_op; k++) {
        int64_t span;
        if (!of_mul_i64(l->stride[k][inner], l->dims[inner], &span)) return false;
        if (l->stride[k][outer] != span) return false;
    }
    return true;
}

static void copy_dim(of_loop *l, size_t to, size_t from)
{
    size_t k;
    l->dims[to] = l->dims[from];
    for (k = 0; k < l->n_op; k++) l->stride[k][to] = l->stride[k][from];
}

/* dims and stride are set: drops dims of 1, merges, takes the last one as inner run. */
static void start(of_loop *l)
{
    size_t i, k, rank = 0;
    l->total = 1;
    for (i = 0; i < l->rank; i++) l->total *= l->dims[i];
    l->done = l->total == 0;
    for (i = 0; i < l->rank; i++) {
        if (l->dims[i] == 1) continue;
        if (rank > 0 && mergeable(l, rank - 1, i)) {
            int64_t d = l->dims[rank - 1] * l->dims[i];
            copy_dim(l, rank - 1, i);
            l->dims[rank - 1] = d;
        } else {
            copy_dim(l, rank++, i);
        }
    }
    if (rank > 0) {
        rank--;
        l->inner = l->dims[rank];
        for (k = 0; k < l->n_op; k++) l->inner_stride[k] = l->stride[k][rank];
    } else {
        /* One element: any stride is right, and 1 takes the kernels' plain path. */
        l->inner = 1;
        for (k = 0; k < l->n_op; k++) l->inner_stride[k] = 1;
    }
    if (l->done) l->inner = 0;
    l->rank = rank;
    for (i = 0; i < rank; i++) l->at[i] = 0;
    for (k = 0; k < l->n_op; k++) l->offset[k] = 0;
}

void of_loop_init(of_loop *l, const int64_t *dims, size_t rank, const int64_t *const *strides, size_t n_op)
{
    size_t i, k;
    l->n_op = n_op;
    l->rank = rank;
    for (i = 0; i < rank; i++) l->dims[i] = dims[i];
    for (k = 0; k < n_op; k++) {
        for (i = 0; i < rank; i++) l->stride[k][i] = strides[k][i];
    }
    start(l);
}

void of_loop_init_broadcast(of_loop *l, const int64_t *out, size_t rank, const of_tensor *const *in, size_t n_in)
{
    size_t i, k;
    l->n_op = n_in + 1;
    l->rank = rank;
    for (i = 0; i < rank; i++) l->dims[i] = out[i];
    of_strides(out, rank, l->stride[0]);
    for (k = 0; k < n_in; k++) {
        const of_tensor *t = in[k];
        int64_t *stride = l->stride[k + 1], s = 1;
        for (i = 0; i < rank; i++) { /* dims are aligned at their ends */
            int64_t d = i < t->rank ? t->dims[t->rank - 1 - i] : 1;
            stride[rank - 1 - i] = d == 1 ? 0 : s;
            if (d > 1) s *= d;
        }
    }
    start(l);
}

void of_loop_next(of_loop *l)
{
    size_t i = l->rank, k;
    while (i-- > 0) {
        if (++l->at[i] < l->dims[i]) {
            for (k = 0; k < l->n_op; k++) l->offset[k] += l->stride[k][i];
            return;
        }
        l->at[i] = 0;
        for (k = 0; k < l->n_op; k++) l->offset[k] -= l->stride[k][i] * (l->dims[i] - 1);
    }
    l->done = true;
}
