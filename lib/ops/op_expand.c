/* Repetition: Expand and Tile. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

/* ---- Expand: numpy broadcasting against a shape ---- */

/* Elements of a known list or scalar that is repeated n times. */
static of_status expand_known(of_opctx *c, const of_shape *s)
{
    const of_dim *v;
    of_dim *w;
    int64_t total;
    size_t n;

    OF_TRY(of_elems(c, 0, &v, &n));
    if (!v || !of_shape_numel(s, &total) || total > 1024) return OF_OK;
    if ((int64_t)n == total) return of_set_known(c, 0, v, n);
    if (n != 1) return OF_OK;
    w = (of_dim *)of_tmp(c, (size_t)total + 1, sizeof(of_dim));
    if (!w) return of_nomem(c->err);
    for (int64_t k = 0; k < total; k++) w[k] = v[0];
    return of_set_known(c, 0, w, (size_t)total);
}

of_status of_infer_Expand(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    of_shape s = of_shape_unknown();
    int64_t n, rank;
    of_dim *t;
    size_t len;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_index(c, 1));
    OF_TRY(of_list_len(c, 1, OF_MAX_RANK, &n));
    OF_TRY(of_in_dims(c, 1, &t, &len));
    if (t) n = (int64_t)len;
    if (n < 0 || in->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), s);
    rank = n > in->rank ? n : in->rank;
    OF_TRY(of_new_shape(c, rank, &s));
    for (int64_t k = 0; k < rank; k++) {
        const int64_t ki = k - (rank - in->rank), kt = k - (rank - n);
        const of_dim a = ki >= 0 ? in->d[ki] : of_dim_num(1);
        const of_dim b = kt < 0 ? of_dim_num(1) : t ? t[kt] : of_dim_unknown();
        if (of_dim_is_num(b) && b.k < 0) return OF_INVALID(c, "dimension %lld", (long long)b.k);
        if (!of_dim_broadcast(c->m->dims, a, b, &s.d[k]))
            return OF_INVALID(c, "%lld does not expand to %lld", (long long)a.k, (long long)b.k);
    }
    OF_TRY(expand_known(c, &s));
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_Expand(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    int64_t *ss = (int64_t *)of_tmp(c, OF_MAX_RANK, 2 * sizeof(int64_t)), *ds;
    int64_t step = 1;
    of_tensor *out;

    if (!ss) return of_nomem(c->err);
    ds = ss + OF_MAX_RANK;
    if (of_shape_is_static(&c->out_type[0]->shape)) {
        int64_t n;
        if (of_shape_numel(&c->out_type[0]->shape, &n) && n == in->count)
            return of_eval_reshaped(c, 0);
    }
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    if (out->count == 0) return OF_OK;
    of_strides(out->dims, out->rank, ds);
    for (int k = out->rank, ki = in->rank; k-- > 0;) {
        const int64_t d = --ki >= 0 ? in->dims[ki] : 1;
        ss[k] = d == 1 ? 0 : step;
        step *= d;
    }
    return of_move_nd(c, of_mem_of(out), out->data, ds, in->data, ss, out->dims, out->rank);
}

/* ---- Tile: a number of repeats and an axis (1), repeats of every axis (6) ---- */

static of_status tile_repeats(of_opctx *c, int64_t rank, of_dim **rep, int64_t *n)
{
    int64_t axis, times;
    bool have_axis, have_times;
    size_t len;

    *rep = NULL;
    *n = -1;
    if (c->opset >= 6) {
        OF_TRY(of_need_tensor(c, 1));
        OF_TRY(of_need_index(c, 1));
        OF_TRY(of_list_len(c, 1, OF_MAX_RANK, n));
        OF_TRY(of_in_dims(c, 1, rep, &len));
        if (*rep) *n = (int64_t)len;
        return OF_OK;
    }
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_tensor(c, 2));
    OF_TRY(of_scalar_int(c, 1, &have_times, &times));
    OF_TRY(of_scalar_int(c, 2, &have_axis, &axis));
    if (!have_times || !have_axis || rank < 0) return OF_OK;
    OF_TRY(of_norm_axis(c, axis, rank, 0, &axis));
    *rep = (of_dim *)of_tmp(c, (size_t)rank + 1, sizeof(of_dim));
    if (!*rep) return of_nomem(c->err);
    for (int64_t k = 0; k < rank; k++) (*rep)[k] = of_dim_num(k == axis ? times : 1);
    *n = rank;
    return OF_OK;
}

/* Elements of a known list that is repeated. */
static of_status tile_known(of_opctx *c, const of_dim *rep)
{
    const of_dim *v;
    of_dim *w;
    size_t n, total;

    OF_TRY(of_elems(c, 0, &v, &n));
    if (!v || of_in_rank(c, 0) != 1 || !of_dim_is_num(rep[0]) || rep[0].k > 1024 || n > 1024)
        return OF_OK;
    total = n * (size_t)rep[0].k;
    w = (of_dim *)of_tmp(c, total + 1, sizeof(of_dim));
    if (!w) return of_nomem(c->err);
    for (size_t k = 0; k < total; k++) w[k] = v[k % n];
    return of_set_known(c, 0, w, total);
}

of_status of_infer_Tile(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    of_shape s = of_shape_unknown();
    of_dim *rep;
    int64_t n;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(tile_repeats(c, in->rank, &rep, &n));
    if (in->rank >= 0 && n >= 0 && n != in->rank)
        return OF_INVALID(c, "%lld repeats for rank %d", (long long)n, (int)in->rank);
    if (in->rank >= 0 || n >= 0) OF_TRY(of_new_shape(c, in->rank >= 0 ? in->rank : n, &s));
    if (in->rank < 0 || !rep) return of_set_out(c, 0, of_in_dtype(c, 0), s);
    for (int64_t k = 0; k < n; k++) {
        if (of_dim_is_num(rep[k]) && rep[k].k < 0)
            return OF_INVALID(c, "%lld repeats", (long long)rep[k].k);
        s.d[k] = of_dims_product(c, (const of_dim[2]){in->d[k], rep[k]}, 2);
    }
    if (n == 1) OF_TRY(tile_known(c, rep));
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

/* Two dims of the walk for each axis: the repeats, on which the source stands still, and
 * the axis itself. */
of_status of_eval_Tile(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    int64_t *dims = (int64_t *)of_tmp(c, (size_t)in->rank * 2 + 1, 3 * sizeof(int64_t)), *ds, *ss;
    int64_t dstep = 1, sstep = 1;
    of_tensor *out;

    if (!dims) return of_nomem(c->err);
    ds = dims + 2 * in->rank + 1, ss = ds + 2 * in->rank + 1;
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    if (out->count == 0) return OF_OK;
    for (int k = in->rank; k-- > 0;) {
        const int64_t d = in->dims[k];
        dims[2 * k] = out->dims[k] / d;
        dims[2 * k + 1] = d;
        ds[2 * k] = dstep * d;
        ds[2 * k + 1] = dstep;
        ss[2 * k] = 0;
        ss[2 * k + 1] = sstep;
        dstep *= out->dims[k];
        sstep *= d;
    }
    return of_move_nd(c, of_mem_of(out), out->data, ds, in->data, ss, dims, 2 * (size_t)in->rank);
}
