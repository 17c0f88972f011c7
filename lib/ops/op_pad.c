/* Pad and CenterCropPad. A negative pad crops; the modes that repeat data look at what is
 * left after the crop. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

#include <string.h>

#define PAD_FAR ((int64_t)1 << 62)

typedef enum pad_mode { PAD_CONSTANT, PAD_REFLECT, PAD_EDGE, PAD_WRAP } pad_mode;

static of_status pad_mode_of(of_opctx *c, pad_mode *mode)
{
    static const char *const names[] = {"constant", "reflect", "edge", "wrap"};
    of_str s;

    OF_TRY(of_get_str(c, "mode", "constant", &s));
    for (int k = 0; k < 4; k++)
        if (of_str_is(s, names[k])) {
            if (k == PAD_WRAP && c->opset < 19) return OF_INVALID(c, "mode wrap came with 19");
            *mode = (pad_mode)k;
            return OF_OK;
        }
    return OF_INVALID(c, "mode %.*s", of_clip(s.n), s.p);
}

typedef struct pad_args {
    const of_dim *pads;  /* 2 * n: begins, then ends; NULL: not known */
    const int64_t *axes; /* NULL: not known */
    int64_t n;           /* -1: not known */
} pad_args;

static of_status pad_load(of_opctx *c, int64_t rank, pad_args *a)
{
    const int64_t *list = NULL, *axes = NULL;
    int64_t len = -1, n_axes = 0, *norm;
    bool given = false, have;
    of_dim *d;
    size_t nd;

    *a = (pad_args){NULL, NULL, -1};
    if (c->opset < 11) {
        OF_TRY(of_int_list(c, c->opset < 2 ? "paddings" : "pads", 0, &list, &len, &have));
        if (!have) return OF_INVALID(c, "pads are missing");
        d = (of_dim *)of_tmp(c, (size_t)len + 1, sizeof(of_dim));
        if (!d) return of_nomem(c->err);
        for (int64_t k = 0; k < len; k++) d[k] = of_dim_num(list[k]);
    } else {
        OF_TRY(of_need_tensor(c, 1));
        OF_TRY(of_need_index(c, 1));
        OF_TRY(of_list_len(c, 1, 2 * OF_MAX_RANK, &len));
        OF_TRY(of_in_dims(c, 1, &d, &nd));
        if (d) len = (int64_t)nd;
        if (c->opset >= 18) OF_TRY(of_int_list(c, NULL, 3, &axes, &n_axes, &given));
    }
    a->pads = d;
    if (given && n_axes >= 0) a->n = n_axes;
    else if (!given) a->n = rank;
    if (len >= 0 && a->n >= 0 && len != 2 * a->n)
        return OF_INVALID(c, "%lld pads for %lld axes", (long long)len, (long long)a->n);
    for (int64_t k = 0; d && k < len; k++)
        if (of_dim_is_num(d[k]) && (d[k].k > PAD_FAR || d[k].k < -PAD_FAR))
            return OF_INVALID(c, "a pad of %lld", (long long)d[k].k);
    if (rank < 0 || (given && !axes)) return OF_OK;
    if (given) {
        OF_TRY(of_axis_list(c, axes, n_axes, rank, &norm));
    } else {
        norm = (int64_t *)of_tmp(c, (size_t)rank + 1, sizeof(int64_t));
        if (!norm) return of_nomem(c->err);
        for (int64_t k = 0; k < rank; k++) norm[k] = k;
    }
    a->axes = norm;
    return OF_OK;
}

of_status of_infer_Pad(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    of_dimtab *t = c->m->dims;
    pad_mode mode;
    pad_args a;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor_if(c, 2));
    OF_TRY(pad_mode_of(c, &mode));
    OF_TRY(pad_load(c, in->rank, &a));
    if (c->opset >= 11 && of_has_in(c, 2)) {
        const of_shape *v = of_in_shape(c, 2);
        int64_t n;
        OF_TRY(of_need_same_dtype(c, 0, 2));
        if (of_shape_is_static(v) && (!of_shape_numel(v, &n) || n != 1))
            return OF_INVALID(c, "the value is no scalar");
    }
    if (in->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
    if (!a.axes) {
        OF_TRY(of_new_shape(c, in->rank, &s));
        return of_set_out(c, 0, of_in_dtype(c, 0), s);
    }
    OF_TRY(of_shape_copy(c, in, &s));
    for (int64_t k = 0; k < a.n; k++) {
        of_dim *d = &s.d[a.axes[k]];
        *d = a.pads ? of_dim_add(t, of_dim_add(t, *d, a.pads[k]), a.pads[a.n + k])
                    : of_dim_unknown();
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

/* Output i of exact type: copies in to where begin (negative: crops) puts it, elem to where it
 * does not reach. */
static of_status pad_place(of_opctx *c, const of_tensor *in, const int64_t *begin, const void *elem, of_tensor *out)
{
    int64_t *len = (int64_t *)of_tmp(c, OF_MAX_RANK, 5 * sizeof(int64_t)), *ds, *ss, *part, *still;
    int64_t to = 0, from = 0;

    if (!len) return of_nomem(c->err);
    ds = len + OF_MAX_RANK, ss = ds + OF_MAX_RANK, part = ss + OF_MAX_RANK, still = part + OF_MAX_RANK;
    for (int k = 0; k < in->rank; k++) {
        part[k] = out->dims[k];
        still[k] = 0;
    }
    of_strides(out->dims, out->rank, ds);
    of_strides(in->dims, in->rank, ss);
    for (int k = 0; k < in->rank; k++) {
        const int64_t lo = begin[k] > 0 ? begin[k] : 0;
        const int64_t end = begin[k] + in->dims[k], hi = end < out->dims[k] ? end : out->dims[k];
        len[k] = hi - lo;
        /* before and behind it along this axis, over what it covers of the axes to the left */
        part[k] = hi <= lo ? out->dims[k] : lo;
        OF_TRY(of_move_nd(c, of_mem_of(out), of_bytes(out, to), ds, elem, still, part, out->rank));
        if (hi <= lo) return OF_OK;
        part[k] = out->dims[k] - hi;
        OF_TRY(of_move_nd(c, of_mem_of(out), of_bytes(out, to + hi * ds[k]), ds, elem, still, part, out->rank));
        part[k] = len[k];
        to += lo * ds[k];
        from += (lo - begin[k]) * ss[k];
    }
    return of_move_nd(c, of_mem_of(out), of_bytes(out, to), ds, of_bytes(in, from), ss, len,
                      in->rank);
}

/* The value that constant mode fills with, in `elem`. */
static of_status pad_value(of_opctx *c, const of_tensor *in, void *elem)
{
    const size_t mem = of_mem_of(in);
    float f;

    memset(elem, 0, mem);
    if (c->opset < 11) {
        double v;
        OF_TRY(of_get_float(c, "value", 0.0f, &f));
        v = (double)f;
        if (!of_dtype_is_float((of_dtype)in->dtype) || of_dtype_packed((of_dtype)in->dtype))
            return OF_UNSUP(c, "%s", of_dtypes[in->dtype].name);
        of_from_f64((of_dtype)in->dtype, &v, elem, 1);
    } else if (of_has_in(c, 2)) {
        memcpy(elem, of_in(c, 2)->data, mem);
    } else if (in->dtype == OF_FLOAT8E8M0) {
        return OF_UNSUP(c, "the type has no zero to pad with");
    }
    return OF_OK;
}

/* Where position q of a line of n, which may lie before or behind it, takes its value. */
static int64_t pad_source(pad_mode mode, int64_t q, int64_t n)
{
    int64_t r;

    if (q >= 0 && q < n) return q;
    if (n == 1) return 0;
    if (mode == PAD_EDGE) return q < 0 ? 0 : n - 1;
    if (mode == PAD_WRAP) {
        r = q % n;
        return r < 0 ? r + n : r;
    }
    r = q % (2 * (n - 1));
    if (r < 0) r += 2 * (n - 1);
    return r < n ? r : 2 * (n - 1) - r;
}

/* The modes that repeat data: for each axis a table of the source position of every
 * output position, then a gather of each innermost line. */
static of_status pad_repeat(of_opctx *c, pad_mode mode, const of_tensor *in, const int64_t *begin,
                            const int64_t *end, of_tensor *out)
{
    const int last = in->rank - 1;
    int64_t **map = (int64_t **)of_tmp(c, OF_MAX_RANK, sizeof(int64_t *));
    int64_t *at = (int64_t *)of_tmp(c, OF_MAX_RANK, 2 * sizeof(int64_t)), *stride, base = 0;

    if (!map || !at) return of_nomem(c->err);
    stride = at + OF_MAX_RANK;
    of_strides(in->dims, in->rank, stride);
    for (int k = 0; k < in->rank; k++) {
        const int64_t cut = begin[k] < 0 ? -begin[k] : 0, add = begin[k] > 0 ? begin[k] : 0;
        const int64_t n = in->dims[k] - cut + (end[k] < 0 ? end[k] : 0);
        if (n <= 0) return OF_INVALID(c, "axis %d has nothing to repeat", k);
        map[k] = (int64_t *)of_tmp(c, (size_t)out->dims[k], sizeof(int64_t));
        if (!map[k]) return of_nomem(c->err);
        for (int64_t p = 0; p < out->dims[k]; p++)
            map[k][p] = (cut + pad_source(mode, p - add, n)) * stride[k];
        at[k] = 0;
        if (k != last) base += map[k][0];
    }
    for (int64_t to = 0; to < out->count; to += out->dims[last]) {
        c->kern->move.gather[of_move_kind(of_mem_of(in))](of_bytes(out, to), of_bytes(in, base),
                                                          map[last], (size_t)out->dims[last]);
        for (int k = last - 1; k >= 0; k--) {
            base -= map[k][at[k]];
            at[k] = at[k] + 1 < out->dims[k] ? at[k] + 1 : 0;
            base += map[k][at[k]];
            if (at[k]) break;
        }
    }
    return OF_OK;
}

of_status of_eval_Pad(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    int64_t *begin = (int64_t *)of_tmp(c, OF_MAX_RANK, 2 * sizeof(int64_t)), *end;
    int64_t elem[2];
    pad_mode mode;
    pad_args a;
    of_tensor *out;

    if (!begin) return of_nomem(c->err);
    end = begin + OF_MAX_RANK;
    OF_TRY(pad_mode_of(c, &mode));
    OF_TRY(pad_load(c, in->rank, &a));
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    if (out->count == 0) return OF_OK;
    for (int k = 0; k < in->rank; k++) begin[k] = end[k] = 0;
    for (int64_t k = 0; k < a.n; k++) {
        begin[a.axes[k]] = a.pads[k].k;
        end[a.axes[k]] = a.pads[a.n + k].k;
    }
    if (mode == PAD_CONSTANT || in->rank == 0) {
        OF_TRY(pad_value(c, in, elem));
        return pad_place(c, in, begin, elem, out);
    }
    return pad_repeat(c, mode, in, begin, end, out);
}

/* ---- CenterCropPad: crops or pads with zeros around the centre ---- */

static of_status center_target(of_opctx *c, int64_t rank, const int64_t **axes, int64_t *n,
                               of_dim **t)
{
    const int64_t *list;
    int64_t len, n_axes, *norm;
    size_t nt;
    bool given;

    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_index(c, 1));
    OF_TRY(of_list_len(c, 1, OF_MAX_RANK, &len));
    OF_TRY(of_in_dims(c, 1, t, &nt));
    if (*t) len = (int64_t)nt;
    OF_TRY(of_int_list(c, "axes", 0, &list, &n_axes, &given));
    if (!given) {
        norm = (int64_t *)of_tmp(c, (size_t)rank + 1, sizeof(int64_t));
        if (!norm) return of_nomem(c->err);
        for (int64_t k = 0; k < rank; k++) norm[k] = k;
        n_axes = rank;
    } else {
        OF_TRY(of_axis_list(c, list, n_axes, rank, &norm));
    }
    if (len >= 0 && len != n_axes)
        return OF_INVALID(c, "%lld sizes for %lld axes", (long long)len, (long long)n_axes);
    *axes = norm;
    *n = n_axes;
    return OF_OK;
}

of_status of_infer_CenterCropPad(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    const int64_t *axes = NULL;
    int64_t n = 0;
    of_dim *t;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    if (in->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
    OF_TRY(center_target(c, in->rank, &axes, &n, &t));
    OF_TRY(of_shape_copy(c, in, &s));
    for (int64_t k = 0; k < n; k++) s.d[axes[k]] = t ? t[k] : of_dim_unknown();
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_CenterCropPad(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    static const int64_t nothing[2]; /* of texts, the empty one */
    int64_t *begin = (int64_t *)of_tmp(c, OF_MAX_RANK, sizeof(int64_t));
    of_tensor *out;

    if (!begin) return of_nomem(c->err);
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    if (out->count == 0) return OF_OK;
    for (int k = 0; k < in->rank; k++) {
        const int64_t d = out->dims[k] - in->dims[k];
        begin[k] = d >= 0 ? d / 2 : -(-d / 2); /* the odd one is at the end on both sides */
    }
    return pad_place(c, in, begin, nothing, out);
}
