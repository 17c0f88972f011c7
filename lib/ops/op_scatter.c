/* ScatterND and TensorScatter. Updates are applied in the order of the indices; where
 * the operator leaves the order of duplicates open, the last one stays. */
#include "ops/op_scatter.h"
#include "ops/op_protos.h"

#include <string.h>

of_status of_scatter_reduction(of_opctx *c, of_combine_fn *f)
{
    static const char *const names[OF_COMBINE_COUNT] = {"add", "mul", "min", "max"};
    const of_dtype t = of_in_dtype(c, 0);
    of_str s;

    *f = NULL;
    if (c->opset < 16) return OF_OK;
    OF_TRY(of_get_str(c, "reduction", "none", &s));
    if (of_str_is(s, "none")) return OF_OK;
    for (int k = 0; k < OF_COMBINE_COUNT; k++) {
        if (!of_str_is(s, names[k])) continue;
        if (k >= OF_COMBINE_MIN && c->opset < 18)
            return OF_INVALID(c, "reduction %s came with 18", names[k]);
        *f = of_combine_get(t, (of_combine)k);
        return *f ? OF_OK : OF_UNSUP(c, "reduction %s of %s", names[k], of_dtypes[t].name);
    }
    return OF_INVALID(c, "reduction %.*s", of_clip(s.n), s.p);
}

of_status of_scatter_known(of_opctx *c)
{
    const of_dim *v, *idx, *upd;
    size_t n, m, u;
    of_str s = {"none", 4};
    of_dim *w;

    if (c->opset >= 16) OF_TRY(of_get_str(c, "reduction", "none", &s));
    if (of_in_rank(c, 0) != 1 || !of_str_is(s, "none")) return OF_OK;
    OF_TRY(of_elems(c, 0, &v, &n));
    OF_TRY(of_elems(c, 1, &idx, &m));
    OF_TRY(of_elems(c, 2, &upd, &u));
    if (!v || !idx || !upd || m != u) return OF_OK;
    w = (of_dim *)of_tmp(c, n + 1, sizeof(of_dim));
    if (!w) return of_nomem(c->err);
    if (n) memcpy(w, v, n * sizeof(of_dim));
    for (size_t k = 0; k < m; k++) {
        int64_t at = idx[k].k;
        if (!of_dim_is_num(idx[k])) return OF_OK;
        if (at < -(int64_t)n || at >= (int64_t)n)
            return OF_INVALID(c, "index %lld is outside of a dimension of %zu", (long long)at, n);
        w[at < 0 ? at + (int64_t)n : at] = upd[k];
    }
    return of_set_known(c, 0, w, n);
}

/* ---- ScatterND ---- */

of_status of_infer_ScatterND(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0), *idx = of_in_shape(c, 1), *upd = of_in_shape(c, 2);
    int64_t width;
    of_dim same;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_tensor(c, 2));
    OF_TRY(of_need_index(c, 1));
    OF_TRY(of_need_same_dtype(c, 0, 2));
    if (in->rank == 0 || idx->rank == 0) return OF_INVALID(c, "a scalar input");
    OF_TRY(of_same_as_in(c, 0, 0));
    if (in->rank < 0 || idx->rank < 0 || !of_dim_is_num(idx->d[idx->rank - 1])) return OF_OK;
    width = idx->d[idx->rank - 1].k;
    if (width < 0 || width > in->rank)
        return OF_INVALID(c, "tuples of %lld for rank %d", (long long)width, (int)in->rank);
    if (upd->rank < 0) return OF_OK;
    if (upd->rank != idx->rank - 1 + in->rank - width)
        return OF_INVALID(c, "updates of rank %d", (int)upd->rank);
    for (int32_t k = 0; k < upd->rank; k++) {
        const of_dim d = k < idx->rank - 1 ? idx->d[k] : in->d[width + k - (idx->rank - 1)];
        if (!of_dim_meet(d, upd->d[k], &same))
            return OF_INVALID(c, "dimension %d of the updates", (int)k);
    }
    return width == 1 ? of_scatter_known(c) : OF_OK;
}

of_status of_eval_ScatterND(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0), *idx = of_in(c, 1), *upd = of_in(c, 2);
    const int64_t width = idx->dims[idx->rank - 1];
    int64_t *off = (int64_t *)of_tmp(c, OF_INDEX_CHUNK, sizeof(int64_t));
    int64_t *stride = (int64_t *)of_tmp(c, OF_MAX_RANK, sizeof(int64_t));
    int64_t tuples, inner;
    of_combine_fn f;
    size_t run;
    of_tensor *out;

    if (!off || !stride) return of_nomem(c->err);
    OF_TRY(of_scatter_reduction(c, &f));
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, of_sat_add((uint64_t)out->count,
                                 of_sat_add((uint64_t)idx->count, (uint64_t)upd->count))));
    if (out->bytes) memcpy(out->data, in->data, out->bytes);
    of_strides(in->dims, in->rank, stride);
    tuples = of_count(idx->dims, (size_t)idx->rank - 1);
    inner = of_count(in->dims + width, (size_t)(in->rank - width));
    run = (size_t)inner * of_mem_of(in);
    for (int64_t k = 0; k < tuples; k += OF_INDEX_CHUNK) {
        const int64_t n = tuples - k < OF_INDEX_CHUNK ? tuples - k : OF_INDEX_CHUNK;
        OF_TRY(of_tuple_offsets(c, in, idx, 0, k, n, stride, off));
        for (int64_t i = 0; run && i < n; i++) {
            void *dst = of_bytes(out, off[i]);
            const void *src = of_bytes(upd, (k + i) * inner);
            if (f) f(dst, src, (size_t)inner);
            else memcpy(dst, src, run);
        }
    }
    return OF_OK;
}

/* ---- TensorScatter: a window of the cache overwritten, one place a batch ---- */

static of_status cache_attrs(of_opctx *c, int64_t rank, int64_t *axis, bool *circular)
{
    of_str mode;

    OF_TRY(of_get_str(c, "mode", "linear", &mode));
    *circular = of_str_is(mode, "circular");
    if (!*circular && !of_str_is(mode, "linear"))
        return OF_INVALID(c, "mode %.*s", of_clip(mode.n), mode.p);
    OF_TRY(of_get_int(c, "axis", -2, axis));
    if (rank < 0) return OF_OK;
    OF_TRY(of_norm_axis(c, *axis, rank, 0, axis));
    return *axis == 0 ? OF_INVALID(c, "the axis is the batch's") : OF_OK;
}

of_status of_infer_TensorScatter(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0), *upd = of_in_shape(c, 1), *at = of_in_shape(c, 2);
    int64_t axis;
    bool circular;
    of_dim same;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_tensor_if(c, 2));
    if (of_has_in(c, 2)) OF_TRY(of_need_index(c, 2));
    OF_TRY(of_need_same_dtype(c, 0, 1));
    OF_TRY(cache_attrs(c, in->rank, &axis, &circular));
    OF_TRY(of_same_as_in(c, 0, 0));
    if (in->rank < 0) return OF_OK;
    if (at->rank >= 0 && (at->rank != 1 || !of_dim_meet(at->d[0], in->d[0], &same)))
        return OF_INVALID(c, "one write index a batch is due");
    if (upd->rank < 0) return OF_OK;
    if (upd->rank != in->rank)
        return OF_INVALID(c, "ranks %d and %d", (int)in->rank, (int)upd->rank);
    for (int32_t k = 0; k < in->rank; k++) {
        if (k != axis && !of_dim_meet(in->d[k], upd->d[k], &same))
            return OF_INVALID(c, "dimension %d of the update differs", (int)k);
        if (k == axis && of_dim_is_num(in->d[k]) && of_dim_is_num(upd->d[k]) &&
            upd->d[k].k > in->d[k].k)
            return OF_INVALID(c, "the update is longer than the cache");
    }
    return OF_OK;
}

of_status of_eval_TensorScatter(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0), *upd = of_in(c, 1),
                    *at = of_has_in(c, 2) ? of_in(c, 2) : NULL;
    int64_t axis, rows, per_batch, inner, len, n;
    bool circular;
    size_t run;
    of_tensor *out;

    OF_TRY(cache_attrs(c, in->rank, &axis, &circular));
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, of_sat_add((uint64_t)out->count, (uint64_t)upd->count)));
    if (out->bytes) memcpy(out->data, in->data, out->bytes);
    len = in->dims[axis];
    n = upd->dims[axis];
    rows = of_count(in->dims, (size_t)axis);
    inner = of_count(in->dims + axis + 1, (size_t)(in->rank - 1 - axis));
    run = (size_t)inner * of_mem_of(in);
    if (n == 0 || rows == 0) return OF_OK;
    per_batch = rows / in->dims[0];
    for (int64_t r = 0; r < rows; r++) {
        int64_t to = 0;
        if (at && !of_tensor_get_i64(at, r / per_batch, &to))
            return OF_INVALID(c, "write indices are no integers");
        if (circular) to = to % len + (to % len < 0 ? len : 0);
        else if (to < 0 || to > len - n)
            return OF_INVALID(c, "write index %lld of %lld + %lld", (long long)to, (long long)len,
                              (long long)n);
        for (int64_t k = 0; run && k < n; k++, to = to + 1 < len ? to + 1 : 0)
            memcpy(of_bytes(out, (r * len + to) * inner), of_bytes(upd, (r * n + k) * inner), run);
    }
    return OF_OK;
}
