/* QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear.
 *
 * y = saturate(round(x / scale) + zero point): the division is done in the precision that
 * the `precision` attribute or the scale's type says (one rounding), the quotient goes to
 * the nearest integer, ties to even. A NaN has no integer: such a node is left alone. */
#include "ops/op_numeric.h"

#include <math.h>
#include <string.h>

#include "ops/op_elementwise.h"

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

/* ---- both ways, in runs ---- */

enum { OF_Q_RUN = 512, OF_Q_NEAR = 4096 };

/* What one pass over the elements needs; parts of it may run side by side. */
typedef struct of_qjob {
    const of_opctx *c;
    const of_tensor *x;
    of_tensor *y;
    of_qgrid g;
    float *s, *z;       /* z NULL: none */
    const double *sd, *zd; /* the same, where float32 is not what is computed in */
    of_dtype precision, out;
    double low, high;
    bool saturate, from_float, far;
} of_qjob;

typedef bool (*of_qrun_fn)(const of_qjob *j, size_t at, size_t scale, size_t step, size_t n, float *v);

/* A run over several blocks of a line: their scales and zero points an element each, into `lent`. */
static size_t of_q_blocks(const of_qjob *j, size_t at, size_t to, of_qjob *one, float *lent)
{
    const size_t n = j->g.l.n, block = j->g.block, k = at % n, left = n - k < to - at ? n - k : to - at;
    const size_t len = left < OF_Q_RUN ? left : OF_Q_RUN;
    size_t scale = at / n * j->g.blocks + k / block, i = 0, end = block - k % block;

    one->s = lent;
    one->z = j->z ? lent + OF_Q_RUN : NULL;
    for (; i < len; end += block, scale++) {
        const size_t stop = end < len ? end : len, start = i;
        const float s = j->s[scale];
        for (i = start; i < stop; i++) lent[i] = s;
        if (!j->z) continue;
        for (i = start; i < stop; i++) lent[OF_Q_RUN + i] = j->z[scale];
    }
    return len;
}

/* The kernel of quantization to a byte looks ahead itself. */
static void of_q_ahead(const of_qjob *j, size_t at, size_t n)
{
    const size_t mem = of_dtypes[j->x->dtype].mem;

    if (j->x->dtype != OF_FLOAT || of_dtypes[j->y->dtype].mem != 1 || of_dtype_is_float(j->out)) of_far_in(j->far, of_stored_at(j->x, at), n * mem);
}

/* Elements [from, to), in runs within which the scales go by one step. */
static bool of_q_walk(const of_qjob *j, size_t from, size_t to, float *v, of_qrun_fn fn)
{
    const of_qgrid *g = &j->g;
    const size_t inner = g->l.inner, n = g->l.n;
    of_qjob one = *j;

    for (size_t at = from; at < to;) {
        size_t len = to - at, scale = 0, step = 0;
        if (g->how != OF_Q_TENSOR) {
            const size_t row = at / inner, k = row % n, o = row / n, in = at % inner;
            const size_t kb = g->how == OF_Q_BLOCK ? k / g->block : k;
            const size_t per = g->how == OF_Q_BLOCK ? g->blocks : n;
            if (inner != 1) { /* along the dims behind the axis */
                scale = g->how == OF_Q_BLOCK ? (o * per + kb) * inner + in : kb;
                step = g->how == OF_Q_BLOCK;
                if (inner - in < len) len = inner - in;
            } else if (g->how == OF_Q_AXIS) { /* along the axis, a scale for each */
                scale = k;
                step = 1;
                if (n - k < len) len = n - k;
            } else { /* along the axis, one scale a block */
                const size_t end = (kb + 1) * g->block < n ? (kb + 1) * g->block : n;
                scale = o * per + kb;
                if (end - k < len) len = end - k;
            }
        }
        if (g->how == OF_Q_BLOCK && inner == 1 && j->from_float) {
            len = of_q_blocks(j, at, to, &one, v + 3 * OF_Q_RUN);
            of_q_ahead(j, at, len);
            if (!fn(&one, at, 0, 1, len, v)) return false;
            at += len;
            continue;
        }
        if (len > OF_Q_RUN) len = OF_Q_RUN;
        of_q_ahead(j, at, len);
        if (!fn(j, at, scale, step, len, v)) return false;
        at += len;
    }
    return true;
}

/* The scales (or zero points) as double, and as float, which all but doubles and large
 * integers are. */
static of_status of_q_numbers(of_opctx *c, const of_tensor *t, const double **d, float **f)
{
    double *w = (double *)of_tmp(c, (size_t)t->count, sizeof *w);
    float *v = (float *)of_tmp(c, (size_t)t->count, sizeof *v);

    if (!w || !v) return of_nomem(c->err);
    of_read_f64(t, 0, 1, w, (size_t)t->count);
    for (int64_t i = 0; i < t->count; i++) v[i] = (float)w[i];
    *d = w;
    *f = v;
    return OF_OK;
}

/* n elements from `at` on as float32: exact but for 32-bit integers, which are rounded. */
static void of_q_read(const of_qjob *j, size_t at, size_t n, float *v)
{
    const of_dtype t = (of_dtype)j->x->dtype;
    const void *src = of_stored_at(j->x, at);

    if (of_dtype_packed(t) && !j->x->unpacked) {
        of_unpack(t, src, v + 2 * OF_Q_RUN, n);
        src = v + 2 * OF_Q_RUN;
    }
    of_ew_widen(j->c, t, src, v, n);
}

/* Whether runs begin at multiples of 4, as those of packed elements must. */
static bool of_q_whole(const of_qgrid *g)
{
    return g->how == OF_Q_TENSOR || (g->l.inner == 1 ? g->l.n : g->l.inner) % 4 == 0;
}

/* Any precision: one element at a time. */
static bool of_q_any(const of_qjob *j, size_t at, size_t scale, size_t step, size_t n, float *unused)
{
    double v;

    (void)unused;
    for (size_t i = 0; i < n; i++) {
        const size_t si = scale + i * step;
        double q;
        of_read_f64(j->x, at + i, 1, &v, 1);
        q = of_quotient(j->precision, v, j->sd[si]);
        if (q != q && v == v) q = (double)NAN; /* the sign of a new NaN is the CPU's */
        if (of_dtype_is_float(j->out)) {
            if (j->zd && (j->zd[si] != 0 || !(OF_TS_FLOAT8 & OF_TS(j->out)))) q += j->zd[si];
            ((uint8_t *)j->y->data)[at + i] = of_f64_to_f8(j->out, q, j->saturate);
            continue;
        }
        if (q != q) return false;
        q = q < -1e9 ? -1e9 : q > 1e9 ? 1e9 : of_round_even(q);
        if (j->zd) q += j->zd[si];
        of_store_int(j->y, at + i, (int64_t)(q < j->low ? j->low : q > j->high ? j->high : q));
    }
    return true;
}

static void of_q_out(const of_qjob *j, bool packs, void *out, const void *stage, size_t n)
{
    if (packs) of_pack(j->out, stage, out, n);
    else of_far_out(j->c, j->far, out, stage, n * of_dtypes[j->out].mem);
}

/* Division in float32, or in float32 rounded to one of its halves. */
static bool of_q_float(const of_qjob *j, size_t at, size_t scale, size_t step, size_t n, float *v)
{
    static const float one = 1, zero = 0;
    const of_kern_small *k = &j->c->kern->small;
    const size_t mem = of_dtypes[j->y->dtype].mem;
    const float *s = j->s + scale, *z = j->z ? j->z + scale : &zero;
    const bool packs = of_dtype_packed(j->out) && !j->y->unpacked;
    char *const out = of_stored_at(j->y, at);
    unsigned char *d = j->far || packs ? (unsigned char *)(v + 2 * OF_Q_RUN) : (unsigned char *)out;
    const void *x = (const float *)j->x->data + (j->x->dtype == OF_FLOAT ? at : 0);

    if (j->x->dtype != OF_FLOAT) {
        of_q_read(j, at, n, v);
        x = v;
    }
    if (j->precision != OF_FLOAT || of_dtype_is_float(j->out)) {
        uint16_t *half = (uint16_t *)(void *)(v + OF_Q_RUN);
        if (j->precision != OF_FLOAT && j->precision != (of_dtype)j->x->dtype) {
            of_small_from_f32(k, j->precision, (const float *)x, half, n);
            of_small_to_f32(k, j->precision, half, v, n);
            x = v;
        }
        k->divide(v, (const float *)x, s, step, n);
        x = v;
        if (j->precision != OF_FLOAT) {
            of_small_from_f32(k, j->precision, v, half, n);
            of_small_to_f32(k, j->precision, half, v, n);
        }
        if (of_dtype_is_float(j->out)) {
            k->f32_to_byte(d, v, n, of_narrow_of(j->out), j->saturate);
            of_q_out(j, packs, out, d, n);
            return true;
        }
        s = &one;
        if (step && j->z) { /* the quotients stand; zero points go on by one */
            bool ok = true;
            for (size_t i = 0; i < n && ok; i++)
                ok = k->quant[mem - 1](d + i * mem, v + i, s, z + i, 0, (float)j->low, (float)j->high, 1);
            of_q_out(j, packs, out, d, n);
            return ok;
        }
        step = 0;
    }
    if (step && !j->z) { /* zero points of their own, all 0 */
        memset(v + OF_Q_RUN, 0, n * sizeof *v);
        z = v + OF_Q_RUN;
    }
    if (!k->quant[mem - 1](d, (const float *)x, s, z, step, (float)j->low, (float)j->high, n)) return false;
    of_q_out(j, packs, out, d, n);
    return true;
}

static bool of_q_part(void *arg, void *scratch, size_t from, size_t to)
{
    const of_qjob *j = (const of_qjob *)arg;

    return of_q_walk(j, from, to, (float *)scratch, j->from_float ? of_q_float : of_q_any);
}

/* Whether float32 is enough: x and s in it or in one of its halves, no zero point to add to a float. */
static bool of_q_fits(const of_qjob *j, const of_tensor *zero)
{
    if (j->precision != OF_FLOAT && !of_is_f16(j->precision)) return false;
    if (j->x->dtype == OF_INT32) return j->precision == OF_FLOAT && !of_dtype_is_float(j->out);
    if (j->x->dtype != OF_FLOAT && !of_is_f16((of_dtype)j->x->dtype)) return false;
    if (!of_dtype_is_float(j->out)) return true;
    for (int64_t i = 0; zero && i < zero->count; i++)
        if (j->zd[i] != 0) return false;
    return !zero || (OF_TS_FLOAT8 & OF_TS(j->out));
}

of_status of_eval_QuantizeLinear(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *scale = of_in(c, 1), *zero = of_has_in(c, 2) ? of_in(c, 2) : NULL;
    of_qjob j = {.c = c, .x = x};
    int64_t saturate;
    bool ok;

    OF_TRY(of_q_attrs(c, &j.out, &j.precision, &saturate));
    OF_TRY(of_qgrid_make(c, x, scale, zero, &j.g));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 4)));
    if (j.precision == OF_INT32 && x->dtype != OF_INT32)
        return OF_UNSUP(c, "division of %s in INT32", of_dtypes[x->dtype].name);
    if (x->count == 0) return of_out_raw(c, 0, &j.y);
    j.saturate = saturate != 0;
    OF_TRY(of_q_numbers(c, scale, &j.sd, &j.s));
    if (zero) OF_TRY(of_q_numbers(c, zero, &j.zd, &j.z));
    if (!of_dtype_is_float(j.out)) of_int_range(j.out, &j.low, &j.high);
    j.from_float = of_q_fits(&j, zero);
    if (j.from_float && of_q_whole(&j.g)) OF_TRY(of_out_packed(c, 0, &j.y));
    else OF_TRY(of_out_raw(c, 0, &j.y));
    j.far = of_is_far(c, j.y);
    if (j.from_float && of_is_f16(j.precision)) /* the scale in that precision, too */
        for (int64_t i = 0; i < scale->count; i++) j.s[i] = (float)of_in_precision(j.precision, j.sd[i]);
    OF_TRY(of_parts(c, (size_t)x->count, OF_Q_RUN, (uint64_t)x->count, 5 * OF_Q_RUN * sizeof(float), of_q_part, &j, &ok));
    return ok ? OF_OK : OF_INVALID(c, "an element is not a number");
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

/* Differences of 32-bit integers and results past float32's range are taken in double. */
static bool of_dq_any(const of_qjob *j, size_t at, size_t scale, size_t step, size_t n, float *unused)
{
    (void)unused;
    for (size_t i = 0; i < n; i++) {
        const size_t si = scale + i * step;
        double v;
        float d;
        of_read_f64(j->x, at + i, 1, &v, 1);
        d = (float)(j->zd ? v - j->zd[si] : v); /* exact but for 32-bit x */
        v = (double)(d * (float)j->sd[si]);
        of_write_f64(j->y, at + i, 1, &v, 1);
    }
    return true;
}

static bool of_dq_float(const of_qjob *j, size_t at, size_t scale, size_t step, size_t n, float *v)
{
    const of_kern_small *k = &j->c->kern->small;
    const bool direct = j->y->dtype == OF_FLOAT;
    char *out = (char *)j->y->data + at * of_dtypes[j->y->dtype].mem;
    float *d = direct && !j->far ? (float *)j->y->data + at : v;
    uint16_t *half = j->far ? (uint16_t *)(void *)(v + OF_Q_RUN) : (uint16_t *)j->y->data + at;

    of_q_read(j, at, n, v);
    k->dequant(d, v, j->s + scale, j->z ? j->z + scale : NULL, step, n);
    if (!direct) of_small_from_f32(k, (of_dtype)j->y->dtype, v, half, n);
    of_far_out(j->c, j->far, out, direct ? (void *)v : half, n * of_dtypes[j->y->dtype].mem);
    return true;
}

static bool of_dq_part(void *arg, void *scratch, size_t from, size_t to)
{
    const of_qjob *j = (const of_qjob *)arg;

    return of_q_walk(j, from, to, (float *)scratch, j->from_float ? of_dq_float : of_dq_any);
}

of_status of_eval_DequantizeLinear(of_opctx *c)
{
    const of_tensor *x, *scale, *zero = NULL;
    of_qjob j = {.c = c};
    bool ok;

    OF_TRY(of_in_load(c, 0, false, &x));
    OF_TRY(of_in_load(c, 1, true, &scale));
    if (of_has_in(c, 2)) OF_TRY(of_in_load(c, 2, true, &zero));
    OF_TRY(of_qgrid_make(c, x, scale, zero, &j.g));
    OF_TRY(of_out_raw(c, 0, &j.y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 2)));
    if (x->count == 0) return OF_OK;
    OF_TRY(of_q_numbers(c, scale, &j.sd, &j.s));
    if (zero) OF_TRY(of_q_numbers(c, zero, &j.zd, &j.z));
    j.far = of_is_far(c, j.y);
    j.from_float = (!zero || x->dtype != OF_INT32) && (j.y->dtype == OF_FLOAT || of_is_f16((of_dtype)j.y->dtype));
    if (!j.from_float || !of_q_whole(&j.g)) OF_TRY(of_in_load(c, 0, true, &x));
    j.x = x;
    return of_parts(c, (size_t)x->count, OF_Q_RUN, (uint64_t)x->count, 5 * OF_Q_RUN * sizeof(float), of_dq_part, &j, &ok);
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
    float low = 0, high = 0, scale, zf;
    of_tensor *y, *ys, *yz;
    of_qjob j = {.c = c, .x = x, .precision = OF_FLOAT, .out = OF_UINT8, .high = 255, .from_float = true};
    double zero;
    bool ok;

    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_out_raw(c, 1, &ys));
    OF_TRY(of_out_raw(c, 2, &yz));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 4)));
    if (x->count) {
        of_reduce_acc lo = of_reduce_neutral(OF_RED_MIN, OF_RED_F32), hi = of_reduce_neutral(OF_RED_MAX, OF_RED_F32);
        for (size_t i = 0, n = (size_t)x->count; i < n; i += OF_Q_NEAR) { /* read from memory once */
            const size_t m = n - i < OF_Q_NEAR ? n - i : OF_Q_NEAR;
            c->kern->reduce.run[OF_RED_MIN][OF_RED_F32](&lo, v + i, m);
            c->kern->reduce.run[OF_RED_MAX][OF_RED_F32](&hi, v + i, m);
        }
        /* a NaN stays in both, an infinity is in one */
        if (lo.f - lo.f != 0 || hi.f - hi.f != 0) return OF_INVALID(c, "an element is not finite");
        if (lo.f < 0) low = (float)lo.f;
        if (hi.f > 0) high = (float)hi.f;
    }
    scale = (high - low) / 255.0f;
    /* The text divides by this scale, where implementations put one of their own. */
    if (!(scale > 0) || scale - scale != 0)
        return OF_INVALID(c, "the range of the input gives no scale");
    zero = (double)(0.0f - low / scale);
    zero = of_round_even(zero < 0 ? 0 : zero > 255 ? 255 : zero);
    zf = (float)zero;
    j.y = y;
    j.s = &scale;
    j.z = &zf;
    j.far = of_is_far(c, y);
    j.g = (of_qgrid){.how = OF_Q_TENSOR, .l = {1, 1, (size_t)x->count}};
    OF_TRY(of_parts(c, (size_t)x->count, OF_Q_RUN, (uint64_t)x->count, 5 * OF_Q_RUN * sizeof(float), of_q_part, &j, &ok));
    *(float *)ys->data = scale;
    *(uint8_t *)yz->data = (uint8_t)zero;
    return OF_OK;
}
