/* QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear.
 *
 * y = saturate(round(x / scale) + zero point): the division is done in the precision that
 * the `precision` attribute or the scale's type says (one rounding), the quotient goes to
 * the nearest integer, ties to even. A NaN has no integer: such a node is left alone. */
#include "ops/op_numeric.h"

#include <math.h>

#define OF_TS_Q_INT                                                                                \
    (OF_TS_INT8 | OF_TS(OF_INT16) | OF_TS(OF_UINT16) | OF_TS(OF_INT4) | OF_TS(OF_UINT4) |          \
     OF_TS(OF_INT2) | OF_TS(OF_UINT2))
#define OF_TS_Q_FLOAT                                                                              \
    (OF_TS_FLOAT8 | OF_TS(OF_FLOAT4E2M1) | OF_TS(OF_FLOAT6E2M3) | OF_TS(OF_FLOAT6E3M2))
#define OF_TS_SCALE (OF_TS(OF_FLOAT) | OF_TS_F16 | OF_TS(OF_FLOAT8E8M0))

/* Which scale an element has: x is outer x n x inner, and the scale is one number, one for
 * each of n, or outer x blocks x inner, each for `block` of n. */
typedef struct of_qgrid {
    enum { OF_Q_TENSOR, OF_Q_AXIS, OF_Q_BLOCK } how;
    of_lines l;
    size_t block, blocks;
    /* the current run of elements that one step of scales covers */
    size_t o, k, at, len, scale, step;
    bool done;
} of_qgrid;

static of_status of_qgrid_make(of_opctx *c, const of_tensor *x, const of_tensor *scale,
                               const of_tensor *zero, of_qgrid *g)
{
    int64_t axis = 1, block = 0;

    if (c->opset >= 13) OF_TRY(of_get_int(c, "axis", 1, &axis));
    if (c->opset >= 21) OF_TRY(of_get_int(c, "block_size", 0, &block));
    if (zero && (zero->count != scale->count || (zero->count != 1 && zero->rank != scale->rank)))
        return OF_INVALID(c, "scale and zero point have different shapes");
    if (block < 0) return OF_INVALID(c, "block_size is %lld", (long long)block);
    *g = (of_qgrid){.how = OF_Q_TENSOR, .l = {1, 1, (size_t)x->count}};
    if (scale->count == 1) return OF_OK;
    if (c->opset < 13) return OF_INVALID(c, "scale is not a scalar");
    OF_TRY(of_norm_axis(c, axis, x->rank, 0, &axis));
    g->l = of_lines_of(x, (size_t)axis);
    if (block == 0) {
        if (scale->rank != 1 || (size_t)scale->count != g->l.n)
            return OF_INVALID(c, "scale does not fit axis %lld", (long long)axis);
        g->how = OF_Q_AXIS;
        return OF_OK;
    }
    g->how = OF_Q_BLOCK;
    g->block = (size_t)block;
    g->blocks = g->l.n / g->block + (g->l.n % g->block != 0);
    if (scale->rank != x->rank)
        return OF_INVALID(c, "scale has rank %u where blocks of rank %u are due", scale->rank,
                          x->rank);
    for (size_t k = 0; k < x->rank; k++)
        if (scale->dims[k] != (k == (size_t)axis ? (int64_t)g->blocks : x->dims[k]))
            return OF_INVALID(c, "scale has %lld blocks in dimension %zu",
                              (long long)scale->dims[k], k);
    return OF_OK;
}

/* Where the current (o, k) starts, how long it is and which scales it has. */
static void of_qgrid_set(of_qgrid *g)
{
    const bool rows = g->l.inner != 1; /* else a run goes along the axis */

    g->at = (g->o * g->l.n + g->k) * g->l.inner;
    g->len = g->l.inner;
    g->step = 0;
    g->scale = 0;
    if (g->how == OF_Q_AXIS) {
        g->scale = g->k;
        if (!rows) {
            g->len = g->l.n;
            g->step = 1;
        }
    } else if (g->how == OF_Q_BLOCK) {
        g->scale = (g->o * g->blocks + g->k / g->block) * g->l.inner;
        g->step = rows;
        if (!rows) g->len = g->l.n - g->k < g->block ? g->l.n - g->k : g->block;
    }
}

static void of_qgrid_first(of_qgrid *g)
{
    g->o = g->k = 0;
    g->done = g->l.outer == 0 || g->l.n == 0 || g->l.inner == 0;
    of_qgrid_set(g);
}

static void of_qgrid_next(of_qgrid *g)
{
    g->k += g->l.inner != 1 || g->how == OF_Q_TENSOR ? 1 : g->len;
    if (g->k >= g->l.n) {
        g->k = 0;
        g->done = ++g->o >= g->l.outer;
    }
    of_qgrid_set(g);
}

/* ---- rounding in a precision ---- */

static double of_in_precision(of_dtype p, double v)
{
    switch (p) {
    case OF_FLOAT: return (double)(float)v;
    case OF_FLOAT16: return (double)of_f16_to_f32(of_f64_to_f16(v));
    case OF_BFLOAT16: return (double)of_bf16_to_f32(of_f64_to_bf16(v));
    default: return v;
    }
}

/* x / s rounded once: the quotient in double, or float for the narrower, never falls on a tie
 * of theirs by rounding (53 >= 2 * 24 + 2 bits). */
static double of_quotient(of_dtype p, double x, double s)
{
    return of_in_precision(p, of_in_precision(p, x) / of_in_precision(p, s));
}

static void of_int_range(of_dtype t, double *low, double *high)
{
    const int bits = of_dtypes[t].bits;

    *low = of_dtypes[t].kind == OF_K_SINT ? -ldexp(1, bits - 1) : 0;
    *high = ldexp(1, of_dtypes[t].kind == OF_K_SINT ? bits - 1 : bits) - 1;
}

static void of_store_int(of_tensor *y, size_t i, int64_t v)
{
    if (of_dtypes[y->dtype].mem == 2) ((uint16_t *)y->data)[i] = (uint16_t)v;
    else ((uint8_t *)y->data)[i] = (uint8_t)v; /* narrow types are sign-extended to a byte */
}

/* ---- QuantizeLinear ---- */

static of_status of_q_attrs(of_opctx *c, of_dtype *out, of_dtype *precision, int64_t *saturate)
{
    const of_dtype st = of_in_dtype(c, 1);
    int64_t t = 0, p = 0;

    *saturate = 1;
    if (c->opset >= 19) OF_TRY(of_get_int(c, "saturate", 1, saturate));
    if (c->opset >= 21) OF_TRY(of_get_int(c, "output_dtype", 0, &t));
    if (c->opset >= 23) OF_TRY(of_get_int(c, "precision", 0, &p));
    if (t != 0 && (!of_dtype_valid(t) || !((OF_TS_Q_INT | OF_TS_Q_FLOAT) & OF_TS(t))))
        return OF_INVALID(c, "output_dtype is %lld", (long long)t);
    *out = t ? (of_dtype)t : OF_UINT8;
    if (of_has_in(c, 2)) {
        *out = of_in_dtype(c, 2);
        if (t && *out != OF_UNDEFINED && (int64_t)*out != t)
            return OF_INVALID(c, "output_dtype is %lld and the zero point %s", (long long)t,
                              of_dtypes[*out].name);
    }
    if (p != 0 && (!of_dtype_valid(p) || !(OF_TS_FLOAT & OF_TS(p))))
        return OF_UNSUP(c, "precision %lld", (long long)p);
    /* A power of two scales exactly: float, the widest x there is. Below 19 only com.microsoft's
     * has another scale than float, and divides in float. */
    *precision = p ? (of_dtype)p : st == OF_FLOAT8E8M0 || (c->opset < 19 && st != OF_INT32) ? OF_FLOAT : st;
    return OF_OK;
}

of_status of_infer_QuantizeLinear(of_opctx *c)
{
    of_dtype out, precision;
    int64_t saturate;

    OF_TRY(of_want_types(c, 0, OF_TS(OF_FLOAT) | OF_TS_F16 | OF_TS(OF_INT32)));
    OF_TRY(of_want_types(c, 1, OF_TS_SCALE | OF_TS(OF_INT32)));
    OF_TRY(of_want_types(c, 2, OF_TS_Q_INT | OF_TS_Q_FLOAT));
    OF_TRY(of_q_attrs(c, &out, &precision, &saturate));
    return of_set_out(c, 0, out, *of_in_shape(c, 0));
}

/* The scales (or zero points) as double. */
static of_status of_q_numbers(of_opctx *c, const of_tensor *t, double **v)
{
    *v = (double *)of_tmp(c, (size_t)t->count, sizeof **v);
    if (!*v) return of_fail(c->err, OF_E_NOMEM, "out of memory");
    of_read_f64(t, 0, 1, *v, (size_t)t->count);
    return OF_OK;
}

of_status of_eval_QuantizeLinear(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *scale = of_in(c, 1),
                    *zero = of_has_in(c, 2) ? of_in(c, 2) : NULL;
    double *s, *z = NULL, low = 0, high = 0, v[128];
    of_dtype out, precision;
    int64_t saturate;
    of_tensor *y;
    of_qgrid g;

    OF_TRY(of_q_attrs(c, &out, &precision, &saturate));
    OF_TRY(of_qgrid_make(c, x, scale, zero, &g));
    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 4)));
    if (precision == OF_INT32 && x->dtype != OF_INT32)
        return OF_UNSUP(c, "division of %s in INT32", of_dtypes[x->dtype].name);
    OF_TRY(of_q_numbers(c, scale, &s));
    if (zero) OF_TRY(of_q_numbers(c, zero, &z));
    if (!of_dtype_is_float(out)) of_int_range(out, &low, &high);
    for (of_qgrid_first(&g); !g.done; of_qgrid_next(&g))
        for (size_t i = 0; i < g.len; i += 128) {
            const size_t w = g.len - i < 128 ? g.len - i : 128;
            of_read_f64(x, g.at + i, 1, v, w);
            for (size_t k = 0; k < w; k++) {
                const size_t si = g.scale + (i + k) * g.step;
                double q = of_quotient(precision, v[k], s[si]);
                if (q != q && v[k] == v[k]) q = (double)NAN; /* the sign of a new NaN is the CPU's */
                if (of_dtype_is_float(out)) {
                    if (z && (z[si] != 0 || !(OF_TS_FLOAT8 & OF_TS(out)))) q += z[si];
                    ((uint8_t *)y->data)[g.at + i + k] = of_f64_to_f8(out, q, saturate != 0);
                    continue;
                }
                if (q != q) return OF_INVALID(c, "element %zu is not a number", g.at + i + k);
                q = q < -1e9 ? -1e9 : q > 1e9 ? 1e9 : of_round_even(q);
                if (z) q += z[si];
                of_store_int(y, g.at + i + k, (int64_t)(q < low ? low : q > high ? high : q));
            }
        }
    return OF_OK;
}

/* ---- DequantizeLinear ---- */

static of_status of_dq_type(of_opctx *c, of_dtype *out)
{
    int64_t t = 0;

    if (c->opset >= 23) OF_TRY(of_get_int(c, "output_dtype", 0, &t));
    if (t != 0 && (!of_dtype_valid(t) || !((OF_TS(OF_FLOAT) | OF_TS_F16) & OF_TS(t))))
        return OF_INVALID(c, "output_dtype is %lld", (long long)t);
    *out = t ? (of_dtype)t : of_in_dtype(c, 1);
    if (*out == OF_FLOAT8E8M0)
        return OF_INVALID(c, "output_dtype is due with a scale of FLOAT8E8M0");
    return OF_OK;
}

of_status of_infer_DequantizeLinear(of_opctx *c)
{
    of_dtype out;

    OF_TRY(of_want_types(c, 0, OF_TS_Q_INT | OF_TS_Q_FLOAT | OF_TS(OF_INT32)));
    OF_TRY(of_want_types(c, 1, OF_TS_SCALE));
    OF_TRY(of_want_same(c, 0, 2));
    OF_TRY(of_dq_type(c, &out));
    return of_set_out(c, 0, out, *of_in_shape(c, 0));
}

of_status of_eval_DequantizeLinear(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *scale = of_in(c, 1),
                    *zero = of_has_in(c, 2) ? of_in(c, 2) : NULL;
    double *s, *z = NULL, v[128];
    of_tensor *y;
    of_qgrid g;

    OF_TRY(of_qgrid_make(c, x, scale, zero, &g));
    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 2)));
    OF_TRY(of_q_numbers(c, scale, &s));
    if (zero) OF_TRY(of_q_numbers(c, zero, &z));
    for (of_qgrid_first(&g); !g.done; of_qgrid_next(&g))
        for (size_t i = 0; i < g.len; i += 128) {
            const size_t w = g.len - i < 128 ? g.len - i : 128;
            of_read_f64(x, g.at + i, 1, v, w);
            for (size_t k = 0; k < w; k++) {
                const size_t si = g.scale + (i + k) * g.step;
                const float d = (float)(z ? v[k] - z[si] : v[k]); /* exact but for 32-bit x */
                v[k] = (double)(d * (float)s[si]);
            }
            of_write_f64(y, g.at + i, 1, v, w);
        }
    return OF_OK;
}

/* ---- DynamicQuantizeLinear ---- */

of_status of_infer_DynamicQuantizeLinear(of_opctx *c)
{
    OF_TRY(of_want_types(c, 0, OF_TS(OF_FLOAT)));
    OF_TRY(of_set_out(c, 0, OF_UINT8, *of_in_shape(c, 0)));
    OF_TRY(of_set_out(c, 1, OF_FLOAT, of_shape_new(c, 0)));
    return of_set_out(c, 2, OF_UINT8, of_shape_new(c, 0));
}

of_status of_eval_DynamicQuantizeLinear(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const float *v = (const float *)x->data;
    float low = 0, high = 0, scale;
    of_tensor *y, *ys, *yz;
    double zero, q;

    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_out_raw(c, 1, &ys));
    OF_TRY(of_out_raw(c, 2, &yz));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 4)));
    for (int64_t i = 0; i < x->count; i++) {
        if (v[i] - v[i] != 0) return OF_INVALID(c, "element %lld is not finite", (long long)i);
        if (v[i] < low) low = v[i];
        if (v[i] > high) high = v[i];
    }
    scale = (high - low) / 255.0f;
    /* The text divides by this scale, where implementations put one of their own. */
    if (!(scale > 0) || scale - scale != 0)
        return OF_INVALID(c, "the range of the input gives no scale");
    zero = (double)(0.0f - low / scale);
    zero = of_round_even(zero < 0 ? 0 : zero > 255 ? 255 : zero);
    for (int64_t i = 0; i < x->count; i++) {
        q = of_round_even((double)(v[i] / scale)) + zero;
        ((uint8_t *)y->data)[i] = (uint8_t)(q < 0 ? 0 : q > 255 ? 255 : q);
    }
    *(float *)ys->data = scale;
    *(uint8_t *)yz->data = (uint8_t)zero;
    return OF_OK;
}
