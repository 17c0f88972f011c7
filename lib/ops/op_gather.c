/* Gather, GatherElements, GatherND. Every index is checked before it is used. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"
#include "ops/op_scatter.h"

#include <string.h>

/* ---- Gather ---- */

/* Elements of a known list picked by constant indices. */
static of_status gather_known(of_opctx *c)
{
    const of_dim *v, *idx;
    of_dim *w;
    size_t n, m;

    OF_TRY(of_elems(c, 0, &v, &n));
    OF_TRY(of_elems(c, 1, &idx, &m));
    if (!v || !idx || of_in_rank(c, 0) != 1) return OF_OK;
    w = (of_dim *)of_tmp(c, m + 1, sizeof(of_dim));
    if (!w) return of_nomem(c->err);
    for (size_t k = 0; k < m; k++) {
        int64_t at = idx[k].k;
        if (!of_dim_is_num(idx[k])) {
            w[k] = of_dim_unknown();
            continue;
        }
        if (at < -(int64_t)n || at >= (int64_t)n)
            return OF_INVALID(c, "index %lld is outside of a dimension of %zu", (long long)at, n);
        w[k] = v[at < 0 ? at + (int64_t)n : at];
    }
    return of_set_known(c, 0, w, m);
}

of_status of_infer_Gather(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0), *idx = of_in_shape(c, 1);
    of_shape s = of_shape_unknown();
    int64_t axis;
    int32_t to = 0;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_index(c, 1));
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    if (in->rank == 0) return OF_INVALID(c, "the data is a scalar");
    if (in->rank < 0 || idx->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), s);
    OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    OF_TRY(of_new_shape(c, in->rank - 1 + idx->rank, &s));
    for (int32_t k = 0; k < axis; k++) s.d[to++] = in->d[k];
    for (int32_t k = 0; k < idx->rank; k++) s.d[to++] = idx->d[k];
    for (int32_t k = (int32_t)axis + 1; k < in->rank; k++) s.d[to++] = in->d[k];
    OF_TRY(gather_known(c));
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_Gather(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0), *idx = of_in(c, 1);
    int64_t *at = (int64_t *)of_tmp(c, OF_INDEX_CHUNK, sizeof(int64_t));
    int64_t axis, outer, inner, size;
    size_t run;
    of_tensor *out;

    if (!at) return of_nomem(c->err);
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, of_sat_add((uint64_t)out->count, (uint64_t)idx->count)));
    size = in->dims[axis];
    outer = of_count(in->dims, (size_t)axis);
    inner = of_count(in->dims + axis + 1, (size_t)(in->rank - 1 - axis));
    run = (size_t)inner * of_mem_of(in);
    for (int64_t k = 0; k < idx->count; k += OF_INDEX_CHUNK) {
        const int64_t n = idx->count - k < OF_INDEX_CHUNK ? idx->count - k : OF_INDEX_CHUNK;
        OF_TRY(of_read_index(c, idx, k, n, size, at));
        if (run == 0) continue;
        for (int64_t o = 0; o < outer; o++) {
            char *dst = of_bytes(out, (o * idx->count + k) * inner);
            const char *src = of_bytes(in, o * size * inner);
            if (inner == 1) {
                c->kern->move.gather[of_move_kind(run)](dst, src, at, (size_t)n);
                continue;
            }
            for (int64_t i = 0; i < n; i++)
                memcpy(dst + (size_t)i * run, src + (size_t)at[i] * run, run);
        }
    }
    return OF_OK;
}

/* ---- GatherElements ---- */

of_status of_infer_GatherElements(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0), *idx = of_in_shape(c, 1);
    const int32_t rank = in->rank >= 0 ? in->rank : idx->rank;
    of_shape s;
    int64_t axis;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_index(c, 1));
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    if (rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
    if (rank == 0) return OF_INVALID(c, "the data is a scalar");
    OF_TRY(of_norm_axis(c, axis, rank, 0, &axis));
    if (idx->rank < 0) {
        OF_TRY(of_new_shape(c, rank, &s));
        return of_set_out(c, 0, of_in_dtype(c, 0), s);
    }
    if (idx->rank != rank)
        return OF_INVALID(c, "data of rank %d, indices of %d", (int)rank, (int)idx->rank);
    for (int32_t k = 0; k < rank && in->rank >= 0; k++)
        if (k != axis && of_dim_is_num(in->d[k]) && of_dim_is_num(idx->d[k]) &&
            idx->d[k].k > in->d[k].k)
            return OF_INVALID(c, "dimension %d of the indices is larger than the data's", (int)k);
    OF_TRY(of_shape_copy(c, idx, &s));
    if (rank == 1) OF_TRY(gather_known(c));
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

/* Offsets into data, one an index: the index on the axis, its own place on the others. A
 * walk over the index tensor, kept between chunks. */
typedef struct elem_walk {
    const of_tensor *idx;
    int64_t stride[OF_MAX_RANK]; /* of the data; 0 on the axis */
    int64_t at[OF_MAX_RANK];
    int64_t base, axis_stride, size;
} elem_walk;

static elem_walk *elem_walk_new(of_opctx *c, const of_tensor *data, const of_tensor *idx,
                                int64_t axis)
{
    elem_walk *w = (elem_walk *)of_tmp(c, 1, sizeof(elem_walk));
    if (!w) return NULL;
    memset(w->at, 0, sizeof w->at);
    w->idx = idx;
    w->base = 0;
    of_strides(data->dims, data->rank, w->stride);
    w->axis_stride = w->stride[axis];
    w->size = data->dims[axis];
    w->stride[axis] = 0;
    return w;
}

/* The offsets of elements [k, k + n) of the indices into off. */
static of_status elem_walk_next(of_opctx *c, elem_walk *w, int64_t k, int64_t n, int64_t *off)
{
    const int last = w->idx->rank - 1;

    OF_TRY(of_read_index(c, w->idx, k, n, w->size, off));
    for (int64_t i = 0; i < n;) {
        int64_t run = w->idx->dims[last] - w->at[last];
        const int64_t step = w->stride[last];
        if (run > n - i) run = n - i;
        for (int64_t j = 0; j < run; j++)
            off[i + j] = w->base + j * step + off[i + j] * w->axis_stride;
        i += run;
        w->base += run * step;
        w->at[last] += run;
        for (int a = last; a > 0 && w->at[a] == w->idx->dims[a]; a--) {
            w->base += w->stride[a - 1] - w->at[a] * w->stride[a];
            w->at[a] = 0;
            w->at[a - 1]++;
        }
    }
    return OF_OK;
}

of_status of_eval_GatherElements(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0), *idx = of_in(c, 1);
    int64_t *off = (int64_t *)of_tmp(c, OF_INDEX_CHUNK, sizeof(int64_t)), axis;
    elem_walk *w;
    of_tensor *out;

    if (!off) return of_nomem(c->err);
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    w = elem_walk_new(c, in, idx, axis);
    if (!w) return of_nomem(c->err);
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    for (int64_t k = 0; k < idx->count; k += OF_INDEX_CHUNK) {
        const int64_t n = idx->count - k < OF_INDEX_CHUNK ? idx->count - k : OF_INDEX_CHUNK;
        OF_TRY(elem_walk_next(c, w, k, n, off));
        c->kern->move.gather[of_move_kind(of_mem_of(in))](of_bytes(out, k), in->data, off,
                                                          (size_t)n);
    }
    return OF_OK;
}

/* ---- ScatterElements: the same walk the other way ---- */

of_status of_infer_ScatterElements(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0), *idx = of_in_shape(c, 1), *upd = of_in_shape(c, 2);
    int64_t axis;
    of_dim same;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_tensor(c, 2));
    OF_TRY(of_need_index(c, 1));
    OF_TRY(of_need_same_dtype(c, 0, 2));
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(of_same_as_in(c, 0, 0));
    if (idx->rank >= 0 && upd->rank >= 0) {
        if (idx->rank != upd->rank)
            return OF_INVALID(c, "indices of rank %d, updates of %d", (int)idx->rank,
                              (int)upd->rank);
        for (int32_t k = 0; k < idx->rank; k++)
            if (!of_dim_meet(idx->d[k], upd->d[k], &same))
                return OF_INVALID(c, "dimension %d of indices and updates differs", (int)k);
    }
    if (in->rank < 0) return OF_OK;
    if (in->rank == 0) return OF_INVALID(c, "the data is a scalar");
    OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    if (idx->rank < 0) return OF_OK;
    if (idx->rank != in->rank)
        return OF_INVALID(c, "data of rank %d, indices of %d", (int)in->rank, (int)idx->rank);
    for (int32_t k = 0; k < in->rank; k++)
        if (k != axis && of_dim_is_num(in->d[k]) && of_dim_is_num(idx->d[k]) &&
            idx->d[k].k > in->d[k].k)
            return OF_INVALID(c, "dimension %d of the indices is larger than the data's", (int)k);
    return of_scatter_known(c);
}

of_status of_eval_ScatterElements(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0), *idx = of_in(c, 1), *upd = of_in(c, 2);
    int64_t *off = (int64_t *)of_tmp(c, OF_INDEX_CHUNK, sizeof(int64_t)), axis;
    of_combine_fn f;
    elem_walk *w;
    of_tensor *out;

    if (!off) return of_nomem(c->err);
    OF_TRY(of_scatter_reduction(c, &f));
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    w = elem_walk_new(c, in, idx, axis);
    if (!w) return of_nomem(c->err);
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, of_sat_add((uint64_t)out->count, (uint64_t)idx->count)));
    if (out->bytes) memcpy(out->data, in->data, out->bytes);
    for (int64_t k = 0; k < idx->count; k += OF_INDEX_CHUNK) {
        const int64_t n = idx->count - k < OF_INDEX_CHUNK ? idx->count - k : OF_INDEX_CHUNK;
        OF_TRY(elem_walk_next(c, w, k, n, off));
        if (!f) {
            c->kern->move.scatter[of_move_kind(of_mem_of(in))](out->data, of_bytes(upd, k), off,
                                                               (size_t)n);
            continue;
        }
        for (int64_t i = 0; i < n; i++) f(of_bytes(out, off[i]), of_bytes(upd, k + i), 1);
    }
    return OF_OK;
}

/* ---- index tuples: GatherND and ScatterND ---- */

of_status of_tuple_offsets(of_opctx *c, const of_tensor *data, const of_tensor *idx, int64_t from,
                           int64_t first, int64_t n, const int64_t *stride, int64_t *off)
{
    const int64_t width = idx->dims[idx->rank - 1];

    for (int64_t i = 0; i < n; i++) {
        off[i] = 0;
        for (int64_t j = 0; j < width; j++) {
            int64_t v = 0;
            OF_TRY(of_read_index(c, idx, (first + i) * width + j, 1, data->dims[from + j], &v));
            off[i] += v * stride[from + j];
        }
    }
    return OF_OK;
}

/* Elements of a list picked by tuples of one constant index. */
static of_status gather_nd_known(of_opctx *c)
{
    const of_shape *idx = of_in_shape(c, 1);
    if (idx->rank < 1 || !of_dim_is(idx->d[idx->rank - 1], 1)) return OF_OK;
    return gather_known(c);
}

of_status of_infer_GatherND(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0), *idx = of_in_shape(c, 1);
    of_shape s = of_shape_unknown();
    int64_t b = 0, width;
    int32_t to = 0;
    of_dim same;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_index(c, 1));
    if (c->opset >= 12) OF_TRY(of_get_int(c, "batch_dims", 0, &b));
    if (in->rank == 0 || idx->rank == 0) return OF_INVALID(c, "a scalar input");
    if (b < 0 || (in->rank >= 0 && b >= in->rank) || (idx->rank >= 0 && b >= idx->rank))
        return OF_INVALID(c, "batch_dims is %lld", (long long)b);
    if (in->rank < 0 || idx->rank < 0 || !of_dim_is_num(idx->d[idx->rank - 1]))
        return of_set_out(c, 0, of_in_dtype(c, 0), s);
    width = idx->d[idx->rank - 1].k;
    if (width < 1 || width > in->rank - b)
        return OF_INVALID(c, "tuples of %lld for rank %d", (long long)width, (int)in->rank);
    OF_TRY(of_new_shape(c, idx->rank - 1 + in->rank - width - b, &s));
    for (int32_t k = 0; k < idx->rank - 1; k++) s.d[to++] = idx->d[k];
    for (int32_t k = 0; k < b; k++)
        if (!of_dim_meet(idx->d[k], in->d[k], &same))
            return OF_INVALID(c, "batch dimension %d differs", (int)k);
    for (int32_t k = (int32_t)(b + width); k < in->rank; k++) s.d[to++] = in->d[k];
    if (b == 0) OF_TRY(gather_nd_known(c));
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_GatherND(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0), *idx = of_in(c, 1);
    const int64_t width = idx->dims[idx->rank - 1];
    int64_t *off = (int64_t *)of_tmp(c, OF_INDEX_CHUNK, sizeof(int64_t));
    int64_t *stride = (int64_t *)of_tmp(c, OF_MAX_RANK, sizeof(int64_t));
    int64_t b = 0, batches, tuples, inner, block;
    size_t run;
    of_tensor *out;

    if (!off || !stride) return of_nomem(c->err);
    if (c->opset >= 12) OF_TRY(of_get_int(c, "batch_dims", 0, &b));
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, of_sat_add((uint64_t)out->count, (uint64_t)idx->count)));
    of_strides(in->dims, in->rank, stride);
    batches = of_count(in->dims, (size_t)b);
    tuples = of_count(idx->dims + b, (size_t)(idx->rank - 1 - b));
    block = of_count(in->dims + b, (size_t)(in->rank - b));
    inner = of_count(in->dims + b + width, (size_t)(in->rank - b - width));
    run = (size_t)inner * of_mem_of(in);
    for (int64_t o = 0; o < batches; o++)
        for (int64_t k = 0; k < tuples; k += OF_INDEX_CHUNK) {
            const int64_t n = tuples - k < OF_INDEX_CHUNK ? tuples - k : OF_INDEX_CHUNK;
            char *dst = of_bytes(out, (o * tuples + k) * inner);
            const char *src = of_bytes(in, o * block);
            OF_TRY(of_tuple_offsets(c, in, idx, b, o * tuples + k, n, stride, off));
            if (run == 0) continue;
            if (inner == 1) {
                c->kern->move.gather[of_move_kind(run)](dst, src, off, (size_t)n);
                continue;
            }
            for (int64_t i = 0; i < n; i++)
                memcpy(dst + (size_t)i * run, src + (size_t)off[i] * of_mem_of(in), run);
        }
    return OF_OK;
}
