/* Tensors made from little: Range, OneHot, EyeLike, ConstantOfShape. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

#include <math.h>
#include <string.h>

/* ---- Range ---- */

/* Number of elements from exact integers: ceil((limit - start) / delta), at least 0. */
static of_status range_count_int(of_opctx *c, int64_t start, int64_t limit, int64_t delta,
                                 int64_t *n)
{
    uint64_t span, by;

    *n = 0;
    if (delta == 0) return OF_INVALID(c, "delta is 0");
    if (delta > 0 ? limit <= start : limit >= start) return OF_OK;
    span = delta > 0 ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    by = delta > 0 ? (uint64_t)delta : 0 - (uint64_t)delta;
    span = (span - 1) / by + 1;
    if (span > INT64_MAX) return OF_INVALID(c, "the count is past int64");
    *n = (int64_t)span;
    return OF_OK;
}

/* The same of floats, in double as the runtimes do. */
static of_status range_count_float(of_opctx *c, const double v[3], int64_t *n)
{
    double q;

    *n = 0;
    if (!(v[2] < 0 || v[2] > 0)) return OF_INVALID(c, "delta is 0 or NaN");
    q = ceil((v[1] - v[0]) / v[2]);
    if (isnan(q) || q >= 0x1p62) return OF_INVALID(c, "the count is not finite");
    if (q > 0) *n = (int64_t)q;
    return OF_OK;
}

static bool range_is_int(of_dtype t)
{
    return t == OF_INT16 || t == OF_INT32 || t == OF_INT64;
}

/* start, limit and delta as doubles, when all are constant. */
static of_status range_floats(of_opctx *c, double v[3], bool *have)
{
    *have = false;
    for (uint32_t i = 0; i < 3; i++) {
        of_tensor *t = of_in_const(c, i);
        if (!t) return OF_OK;
        if (t->count != 1) return OF_INVALID(c, "input %u is no scalar", i);
        OF_TRY(of_tensor_load(t, c->err));
        of_to_f64((of_dtype)t->dtype, t->data, &v[i], 1);
    }
    *have = true;
    return OF_OK;
}

/* Symbolic bounds: the count, and the elements when it is a small number. */
static of_status range_known(of_opctx *c, of_dim *count)
{
    of_dimtab *t = c->m->dims;
    const of_dim *v[3];
    of_dim *w;
    size_t n[3];

    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_elems(c, i, &v[i], &n[i]));
        if (v[i] && n[i] != 1) return OF_INVALID(c, "input %u is no scalar", i);
    }
    if (!v[0] || !v[1] || !v[2] || !of_dim_is_num(*v[2])) return OF_OK;
    if (of_dim_is_num(*v[0]) && of_dim_is_num(*v[1])) {
        OF_TRY(range_count_int(c, v[0]->k, v[1]->k, v[2]->k, &count->k));
        count->sym = 0;
    } else if (v[2]->k > 0) {
        *count = of_dim_ceildiv(t, of_dim_sub(t, *v[1], *v[0]), *v[2]);
        *count = of_dim_max(t, *count, of_dim_num(0));
    } else if (v[2]->k < 0 && v[2]->k != INT64_MIN) {
        *count = of_dim_ceildiv(t, of_dim_sub(t, *v[0], *v[1]), of_dim_num(-v[2]->k));
        *count = of_dim_max(t, *count, of_dim_num(0));
    }
    if (!of_dim_is_num(*count) || count->k > 1024) return OF_OK;
    w = (of_dim *)of_tmp(c, (size_t)count->k + 1, sizeof(of_dim));
    if (!w) return of_nomem(c->err);
    for (int64_t k = 0; k < count->k; k++) w[k] = k ? of_dim_add(t, w[k - 1], *v[2]) : *v[0];
    return of_set_known(c, 0, w, (size_t)count->k);
}

of_status of_infer_Range(of_opctx *c)
{
    of_dim count = of_dim_unknown();
    of_dtype t = OF_UNDEFINED;
    int64_t n;
    double v[3];
    bool have;
    of_shape s;

    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_need_tensor(c, i));
        OF_TRY(of_need_same_dtype(c, 0, i));
        OF_TRY(of_list_len(c, i, 1, &n));
        if (n == 0) return OF_INVALID(c, "input %u is empty", i);
        if (t == OF_UNDEFINED) t = of_in_dtype(c, i);
    }
    if (t != OF_UNDEFINED && !range_is_int(t) && t != OF_FLOAT && t != OF_DOUBLE &&
        t != OF_FLOAT16 && t != OF_BFLOAT16)
        return OF_INVALID(c, "%s", of_dtypes[t].name);
    if (range_is_int(t)) {
        if (c->evaluating || t == OF_INT16) {
            int64_t e[3];
            bool all = true;
            for (uint32_t i = 0; i < 3 && all; i++) OF_TRY(of_scalar_int(c, i, &all, &e[i]));
            if (all) {
                OF_TRY(range_count_int(c, e[0], e[1], e[2], &n));
                count = of_dim_num(n);
            }
        } else {
            OF_TRY(range_known(c, &count));
        }
    } else if (t != OF_UNDEFINED) {
        OF_TRY(range_floats(c, v, &have));
        if (have) {
            OF_TRY(range_count_float(c, v, &n));
            count = of_dim_num(n);
        }
    }
    OF_TRY(of_new_shape(c, 1, &s));
    s.d[0] = count;
    return of_set_out(c, 0, t, s);
}

/* start + i * delta. float32 is formed in double and rounded once; the 16-bit kinds pass
 * through the type that stash_type names. */
of_status of_eval_Range(of_opctx *c)
{
    const of_dtype t = of_in_dtype(c, 0);
    int64_t stash = OF_FLOAT, e[3] = {0, 0, 0};
    double v[3];
    bool have;
    of_tensor *out;

    if (c->opset >= 27) OF_TRY(of_get_int(c, "stash_type", OF_FLOAT, &stash));
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    if (range_is_int(t)) {
        for (uint32_t i = 0; i < 3; i++) OF_TRY(of_scalar_int(c, i, &have, &e[i]));
        for (int64_t i = 0; i < out->count; i++) {
            const int64_t x = (int64_t)((uint64_t)e[0] + (uint64_t)i * (uint64_t)e[2]);
            if (t == OF_INT64) ((int64_t *)out->data)[i] = x;
            else if (t == OF_INT32) ((int32_t *)out->data)[i] = (int32_t)x;
            else ((int16_t *)out->data)[i] = (int16_t)x;
        }
        return OF_OK;
    }
    OF_TRY(range_floats(c, v, &have));
    if (of_dtype_small_float(t) && stash != OF_FLOAT && stash != OF_DOUBLE)
        return OF_INVALID(c, "stash_type %lld", (long long)stash);
    for (int64_t i = 0; i < out->count; i++) {
        const double x = v[0] + (double)i * v[2];
        const float f = (float)x;
        if (t == OF_DOUBLE) ((double *)out->data)[i] = x;
        else if (t == OF_FLOAT) ((float *)out->data)[i] = f;
        else if (stash == OF_DOUBLE) of_from_f64(t, &x, of_bytes(out, i), 1);
        else of_from_f32(t, &f, of_bytes(out, i), 1);
    }
    return OF_OK;
}

/* ---- OneHot ---- */

static bool onehot_number(of_dtype t)
{
    return t == OF_UNDEFINED || of_dtype_is_int(t) || of_dtype_is_float(t);
}

of_status of_infer_OneHot(of_opctx *c)
{
    const of_shape *idx = of_in_shape(c, 0), *val = of_in_shape(c, 2);
    int64_t axis, n, depth;
    const of_dim *known;
    size_t nk;
    bool have;
    of_dim d = of_dim_unknown();
    of_shape s = of_shape_unknown();

    for (uint32_t i = 0; i < 3; i++) OF_TRY(of_need_tensor(c, i));
    if (!onehot_number(of_in_dtype(c, 0)) || !onehot_number(of_in_dtype(c, 1)))
        return OF_INVALID(c, "indices and depth are numbers");
    OF_TRY(of_list_len(c, 1, 1, &n));
    if (n == 0) return OF_INVALID(c, "depth is empty");
    if (val->rank >= 0 && (val->rank != 1 || (of_dim_is_num(val->d[0]) && val->d[0].k != 2)))
        return OF_INVALID(c, "two values are due");
    OF_TRY(of_get_int(c, "axis", -1, &axis));
    OF_TRY(of_scalar_int(c, 1, &have, &depth));
    if (have) {
        if (depth < 0) return OF_INVALID(c, "depth is %lld", (long long)depth);
        d = of_dim_num(depth);
    } else {
        OF_TRY(of_elems(c, 1, &known, &nk));
        if (known && nk == 1) d = known[0];
    }
    if (idx->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 2), s);
    OF_TRY(of_norm_axis(c, axis, (int64_t)idx->rank + 1, 0, &axis));
    OF_TRY(of_new_shape(c, (int64_t)idx->rank + 1, &s));
    for (int32_t k = 0; k < s.rank; k++)
        s.d[k] = k < axis ? idx->d[k] : k == axis ? d : idx->d[k - 1];
    return of_set_out(c, 0, of_in_dtype(c, 2), s);
}

/* Index k cut to int64; not representable: false. */
static bool onehot_index(const of_tensor *t, int64_t k, int64_t *v)
{
    double d;

    if (of_dtype_is_int((of_dtype)t->dtype))
        return of_tensor_get_i64(t, k, v) && (t->dtype != OF_UINT64 || *v >= 0);
    of_to_f64((of_dtype)t->dtype, of_bytes(t, k), &d, 1);
    if (!(d > -0x1p63 && d < 0x1p63)) return false;
    *v = (int64_t)d;
    return true;
}

of_status of_eval_OneHot(of_opctx *c)
{
    const of_tensor *idx = of_in(c, 0), *val = of_in(c, 2);
    const unsigned kind = of_move_kind(of_mem_of(val));
    int64_t axis, depth, inner, v;
    of_tensor *out;

    OF_TRY(of_get_int(c, "axis", -1, &axis));
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_norm_axis(c, axis, out->rank, 0, &axis));
    OF_TRY(of_work(c, of_sat_add((uint64_t)out->count, (uint64_t)idx->count)));
    if (out->count == 0) return OF_OK;
    depth = out->dims[axis];
    inner = of_count(idx->dims + axis, (size_t)(idx->rank - axis));
    c->kern->move.fill[kind](out->data, val->data, (size_t)out->count);
    for (int64_t k = 0; k < idx->count; k++) {
        if (!onehot_index(idx, k, &v) || v < -depth || v >= depth) continue;
        if (v < 0) v += depth;
        memcpy(of_bytes(out, (k / inner * depth + v) * inner + k % inner), of_bytes(val, 1),
               of_mem_of(val));
    }
    return OF_OK;
}

/* ---- EyeLike ---- */

of_status of_infer_EyeLike(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    int64_t t;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_get_int(c, "dtype", of_in_dtype(c, 0), &t));
    if (of_has_attr(c, "dtype") && !of_dtype_valid(t))
        return OF_INVALID(c, "dtype %lld", (long long)t);
    if (in->rank >= 0 && in->rank != 2) return OF_INVALID(c, "rank %d, not 2", (int)in->rank);
    return of_set_out(c, 0, (of_dtype)t, *in);
}

of_status of_eval_EyeLike(of_opctx *c)
{
    int64_t k, one[2] = {0, 0};
    of_tensor *out;

    OF_TRY(of_get_int(c, "k", 0, &k));
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->dims[0]));
    if (!of_number((of_dtype)out->dtype, 1, one))
        return OF_UNSUP(c, "%s", of_dtypes[out->dtype].name);
    if (k >= out->dims[1] || k <= -out->dims[0]) return OF_OK;
    for (int64_t i = k < 0 ? -k : 0; i < out->dims[0] && i + k < out->dims[1]; i++)
        memcpy(of_bytes(out, i * out->dims[1] + i + k), one, of_mem_of(out));
    return OF_OK;
}

/* ---- ConstantOfShape ---- */

static of_status filled_value(of_opctx *c, of_tensor **t)
{
    OF_TRY(of_get_tensor(c, "value", t));
    if (*t && (*t)->count != 1)
        return OF_INVALID(c, "the value has %lld elements", (long long)(*t)->count);
    return OF_OK;
}

/* A short list of one known integer. */
static of_status filled_known(of_opctx *c, of_tensor *t, const of_shape *s)
{
    of_dim *w;
    int64_t n, v;

    if (!t || (t->dtype != OF_INT64 && t->dtype != OF_INT32) || !of_shape_numel(s, &n) || n > 1024)
        return OF_OK;
    OF_TRY(of_tensor_load(t, c->err));
    w = (of_dim *)of_tmp(c, (size_t)n + 1, sizeof(of_dim));
    if (!w) return of_nomem(c->err);
    if (!of_tensor_get_i64(t, 0, &v)) return OF_OK;
    for (int64_t k = 0; k < n; k++) w[k] = of_dim_num(v);
    return of_set_known(c, 0, w, (size_t)n);
}

of_status of_infer_ConstantOfShape(of_opctx *c)
{
    of_tensor *value;
    of_shape s = of_shape_unknown();
    of_dim *d;
    int64_t n;
    size_t len;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_index(c, 0));
    OF_TRY(filled_value(c, &value));
    OF_TRY(of_list_len(c, 0, OF_MAX_RANK, &n));
    OF_TRY(of_in_dims(c, 0, &d, &len));
    if (d) n = (int64_t)len;
    if (n >= 0) OF_TRY(of_new_shape(c, n, &s));
    for (int64_t k = 0; d && k < n; k++) s.d[k] = d[k];
    OF_TRY(of_set_out(c, 0, value ? (of_dtype)value->dtype : OF_FLOAT, s));
    return filled_known(c, value, &s);
}

of_status of_eval_ConstantOfShape(of_opctx *c)
{
    of_tensor *value, *one, *out;

    OF_TRY(filled_value(c, &value));
    if (value) OF_TRY(of_out_raw(c, 0, &out));
    else OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    if (!value || out->count == 0) return OF_OK;
    OF_TRY(of_tensor_load(value, c->err));
    OF_TRY(of_tensor_unpack(value, &one, c->err));
    c->kern->move.fill[of_move_kind(of_mem_of(out))](out->data, one->data, (size_t)out->count);
    of_tensor_unref(one);
    return OF_OK;
}
