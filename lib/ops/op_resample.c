/* Resampling along axes: where each result lies in the input, and what is made of the
 * elements around it. Interpolation goes one axis at a time, in double. */
#include "ops/op_resize.h"

#include <math.h>
#include <string.h>

/* The place of result x in the input, in double, or in float as runtimes compute it. */
static double of_resize_at(const of_resize *r, const of_resize_axis *a, int64_t x, bool narrow)
{
    const double in = (double)a->in, out = (double)a->out, p = (double)x;
    float s = a->scale32, f;

    switch (r->coord) {
    case OF_COORD_HALF:
        f = ((float)x + 0.5f) / s - 0.5f;
        return narrow ? (double)f : (p + 0.5) / a->scale - 0.5;
    case OF_COORD_HALF_SYMMETRIC:
        f = (float)a->in / 2 * (1 - (float)a->out / (s * (float)a->in)) + ((float)x + 0.5f) / s - 0.5f;
        return narrow ? (double)f : in / 2 * (1 - out / (a->scale * in)) + (p + 0.5) / a->scale - 0.5;
    case OF_COORD_PYTORCH:
        if (a->out <= 1) return 0;
        f = ((float)x + 0.5f) / s - 0.5f;
        return narrow ? (double)f : (p + 0.5) / a->scale - 0.5;
    case OF_COORD_ALIGN:
        if (a->out <= 1) return 0;
        f = (float)x * (float)(a->in - 1) / (float)(a->out - 1);
        return narrow ? (double)f : p * (in - 1) / (out - 1);
    case OF_COORD_TF_HALF:
        f = ((float)x + 0.5f) / s;
        return narrow ? (double)f : (p + 0.5) / a->scale;
    case OF_COORD_ASYMMETRIC:
        f = (float)x / s;
        return narrow ? (double)f : p / a->scale;
    default:
        if (a->out <= 1) return 0.5 * (a->start + a->end) * (in - 1);
        f = (float)a->start * (float)(a->in - 1) +
            (float)x * ((float)a->end - (float)a->start) * (float)(a->in - 1) / (float)(a->out - 1);
        return narrow ? (double)f : a->start * (in - 1) + p * (a->end - a->start) * (in - 1) / (out - 1);
    }
}

static bool of_resize_outside(const of_resize *r, const of_resize_axis *a, double at)
{
    return r->coord == OF_COORD_CROP && (at < 0 || at > (double)(a->in - 1));
}

static int64_t of_resize_clamp(double v, int64_t in)
{
    if (!(v > 0)) return 0;
    return v > (double)(in - 1) ? in - 1 : (int64_t)v;
}

/* ---- nearest ---- */

static double of_resize_round_at(of_resize_round how, double v)
{
    switch (how) {
    case OF_ROUND_PREFER_FLOOR:
        return ceil(v - 0.5);
    case OF_ROUND_PREFER_CEIL:
        return floor(v + 0.5);
    case OF_ROUND_FLOOR:
        return floor(v);
    default:
        return ceil(v);
    }
}

/* A place in a region comes out of so many roundings that it has to be clear of every border. */
static bool of_nearest_open(const of_resize *r, const of_resize_axis *a, double at)
{
    const double lo = at - 1e-5, hi = at + 1e-5;

    return of_resize_clamp(of_resize_round_at(r->round, lo), a->in) !=
               of_resize_clamp(of_resize_round_at(r->round, hi), a->in) ||
           (at != 0 && at != (double)(a->in - 1) && of_resize_outside(r, a, lo) != of_resize_outside(r, a, hi));
}

/* The element next to each result; -1: outside. Float and double must agree, since a place
 * between two elements is rounded either way by implementations. */
static of_status of_nearest_index(of_opctx *c, const of_resize *r, const of_resize_axis *a, int64_t *idx)
{
    for (int64_t x = 0; x < a->out; x++) {
        const double wide = of_resize_at(r, a, x, false), narrow = of_resize_at(r, a, x, true);
        if (a->same) {
            idx[x] = x;
            continue;
        }
        idx[x] = of_resize_clamp(of_resize_round_at(r->round, wide), a->in);
        if (idx[x] != of_resize_clamp(of_resize_round_at(r->round, narrow), a->in) ||
            of_resize_outside(r, a, wide) != of_resize_outside(r, a, narrow) ||
            (r->coord == OF_COORD_CROP && of_nearest_open(r, a, wide)))
            return OF_UNSUP(c, "result %lld lies between two elements", (long long)x);
        if (r->floor_or_ceil && a->scale < 1 && idx[x] != of_resize_clamp(ceil(narrow), a->in))
            return OF_UNSUP(c, "version 10 does not say which element is nearest");
        if (of_resize_outside(r, a, wide)) idx[x] = -1;
    }
    return OF_OK;
}

/* v as an element of an integer type. false: only what needs no rounding has a settled value, since
 * that is toward zero to some, to nearest to others. */
static bool of_store_int(of_dtype t, double v, unsigned char *to)
{
    const size_t mem = of_dtypes[t].mem;
    const double low = of_dtypes[t].kind == OF_K_SINT ? -ldexp(1, (int)mem * 8 - 1) : 0;
    const double top = ldexp(1, (int)mem * 8 - (low < 0)), near = v < 0 ? ceil(v - 0.5) : floor(v + 0.5);
    int64_t wide;

    if (!(fabs(v - near) < 1e-9) || near < low || near >= top || fabs(near) > 9007199254740992.0) return false;
    wide = (int64_t)near;
    if (mem == 1) *to = (unsigned char)wide;
    else if (mem == 2) *(uint16_t *)(void *)to = (uint16_t)wide;
    else if (mem == 4) *(uint32_t *)(void *)to = (uint32_t)wide;
    else *(uint64_t *)(void *)to = (uint64_t)wide;
    return true;
}

/* The element outside of the region; 0 is that of every type. */
static of_status of_resample_none(of_opctx *c, const of_resize *r, of_dtype t, unsigned char *none)
{
    if (r->extrapolation == 0) return OF_OK;
    if (of_dtype_is_float(t)) of_from_f64(t, &r->extrapolation, none, 1);
    else if (!of_dtype_is_int(t) || !of_store_int(t, r->extrapolation, none))
        return OF_UNSUP(c, "an extrapolation_value in %s", of_dtypes[t].name);
    return OF_OK;
}

static of_status of_resample_nearest(of_opctx *c, const of_resize *r, of_tensor *y)
{
    const of_tensor *x = of_in(c, 0);
    const size_t mem = of_dtypes[x->dtype].mem, n = r->rank;
    int64_t **idx = (int64_t **)of_tmp(c, n, sizeof *idx);
    size_t *at = (size_t *)of_tmp(c, n, sizeof *at);
    unsigned char *to = (unsigned char *)y->data;
    _Alignas(16) unsigned char none[16] = {0};

    if (!idx || !at) return of_nomem(c->err);
    if (r->coord == OF_COORD_CROP) OF_TRY(of_resample_none(c, r, (of_dtype)y->dtype, none));
    for (size_t k = 0; k < n; k++) {
        idx[k] = (int64_t *)of_tmp(c, (size_t)r->axis[k].out, sizeof **idx);
        if (!idx[k]) return of_nomem(c->err);
        OF_TRY(of_nearest_index(c, r, &r->axis[k], idx[k]));
        at[k] = 0;
    }
    for (size_t done = 0, len = (size_t)r->axis[n - 1].out; done < (size_t)y->count; done += len) {
        int64_t line = 0;
        bool inside = true;
        for (size_t k = 0; k + 1 < n; k++) {
            if (idx[k][at[k]] < 0) inside = false;
            line = inside ? line * r->axis[k].in + idx[k][at[k]] : 0;
        }
        line *= r->axis[n - 1].in;
        for (size_t i = 0; i < len; i++, to += mem) {
            const int64_t e = idx[n - 1][i];
            if (inside && e >= 0) memcpy(to, (const unsigned char *)x->data + (size_t)(line + e) * mem, mem);
            else memcpy(to, none, mem);
        }
        for (size_t k = n - 1; k-- > 0;) {
            if (++at[k] < (size_t)r->axis[k].out) break;
            at[k] = 0;
        }
    }
    return OF_OK;
}

/* ---- linear and cubic ---- */

static double of_cubic(double x, double a)
{
    x = fabs(x);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
    return 0;
}

/* Elements that take part in one result, on both sides together. */
static size_t of_resize_taps(const of_resize *r, const of_resize_axis *a)
{
    const double half = r->mode == OF_RESIZE_CUBIC ? 2 : 1;

    if (!r->antialias || a->scale >= 1) return (size_t)(2 * half);
    return (size_t)(2 * (1 - (floor(-half / a->scale) + 1)));
}

/* Which elements and with which weight; idx[0] is -1 outside of the region. */
static of_status of_resize_weigh(of_opctx *c, const of_resize *r, const of_resize_axis *a, int64_t x, size_t n,
                                 int64_t *idx, double *w)
{
    const double at = of_resize_at(r, a, x, false), first = floor(at) - (double)(n / 2) + 1;
    const double shrink = r->antialias && a->scale < 1 ? a->scale : 1;
    double sum = 0;

    if (r->coord == OF_COORD_CROP && ((at != 0 && fabs(at) < 1e-5) ||
                                      (at != (double)(a->in - 1) && fabs(at - (double)(a->in - 1)) < 1e-5)))
        return OF_UNSUP(c, "result %lld lies on the border of the region, or not", (long long)x);
    if (of_resize_outside(r, a, at)) {
        idx[0] = -1;
        return OF_OK;
    }
    for (size_t k = 0; k < n; k++) {
        const double e = first + (double)k, far = (e - at) * shrink;
        double v = r->mode == OF_RESIZE_CUBIC ? of_cubic(far, r->cubic_a) : 1 - fabs(far);
        if (r->mode == OF_RESIZE_LINEAR && v < 0) v = 0;
        if (r->exclude_outside && (e < 0 || e > (double)(a->in - 1))) v = 0;
        idx[k] = of_resize_clamp(e, a->in);
        w[k] = v;
        sum += v;
    }
    if (sum == 0) return OF_INVALID(c, "the weights of result %lld sum up to 0", (long long)x);
    if (r->exclude_outside || shrink < 1)
        for (size_t k = 0; k < n; k++) w[k] /= sum;
    return OF_OK;
}

/* One result of a line of single elements. */
static double of_resample_one(const of_resize *r, const double *x, size_t n, const int64_t *idx, const double *w)
{
    double v = 0;

    if (idx[0] < 0) return r->extrapolation;
    for (size_t k = 0; k < n; k++)
        if (w[k] != 0) v += w[k] * x[idx[k]];
    return v;
}

/* One axis: from x, `outer` blocks of in lines of `inner` elements, to y. */
static of_status of_resample_axis(of_opctx *c, const of_resize *r, const of_resize_axis *a, size_t outer,
                                  size_t inner, const double *x, double *y)
{
    const size_t n = of_resize_taps(r, a), in = (size_t)a->in, out = (size_t)a->out;
    size_t all;
    int64_t *idx;
    double *w;

    if (!of_mul_size(n, out, &all)) return of_nomem(c->err);
    idx = (int64_t *)of_tmp(c, all, sizeof *idx);
    w = (double *)of_tmp(c, all, sizeof *w);
    if (!idx || !w) return of_nomem(c->err);
    for (size_t o = 0; o < out; o++) OF_TRY(of_resize_weigh(c, r, a, (int64_t)o, n, idx + o * n, w + o * n));
    for (size_t b = 0; b < outer; b++, x += in * inner) {
        for (size_t o = 0; o < out; o++, y += inner) {
            const int64_t *e = idx + o * n;
            const double *f = w + o * n;
            if (inner == 1) {
                *y = of_resample_one(r, x, n, e, f);
                continue;
            }
            for (size_t i = 0; i < inner; i++) y[i] = e[0] < 0 ? r->extrapolation : 0;
            for (size_t k = 0; e[0] >= 0 && k < n; k++)
                for (size_t i = 0; f[k] != 0 && i < inner; i++) y[i] += f[k] * x[(size_t)e[k] * inner + i];
        }
    }
    return OF_OK;
}

static of_status of_resample_ints(of_opctx *c, const double *v, of_tensor *y)
{
    const size_t mem = of_dtypes[y->dtype].mem;

    for (int64_t i = 0; i < y->count; i++)
        if (!of_store_int((of_dtype)y->dtype, v[i], (unsigned char *)y->data + (size_t)i * mem))
            return OF_UNSUP(c, "a result between two integers");
    return OF_OK;
}

of_status of_resample(of_opctx *c, const of_resize *r, of_tensor *y)
{
    const of_tensor *x = of_in(c, 0);
    int64_t dims[OF_MAX_RANK];
    double *v;

    if (y->count == 0) return OF_OK;
    if (x->count == 0) return OF_INVALID(c, "nothing to take results from");
    if (r->rank == 0) {
        memcpy(y->data, x->data, of_dtypes[x->dtype].mem);
        return OF_OK;
    }
    if (r->mode == OF_RESIZE_NEAREST) {
        OF_TRY(of_work(c, (uint64_t)y->count));
        return of_resample_nearest(c, r, y);
    }
    if (!of_dtype_is_float((of_dtype)x->dtype) && !of_dtype_is_int((of_dtype)x->dtype))
        return OF_UNSUP(c, "interpolation of %s", of_dtypes[x->dtype].name);
    OF_TRY(of_work(c, (uint64_t)x->count));
    v = (double *)of_tmp(c, (size_t)x->count, sizeof *v);
    if (!v) return of_nomem(c->err);
    of_read_run(c, x, 0, v, (size_t)x->count);
    memcpy(dims, x->dims, r->rank * sizeof *dims);
    /* Axes that shrink come first, so nothing between is larger than input or result. */
    for (int grow = 0; grow < 2; grow++)
        for (size_t k = 0; k < r->rank; k++) {
            const of_resize_axis *a = &r->axis[k];
            size_t outer = 1, inner = 1;
            double *next;
            if (a->same || (a->out > a->in) != (grow == 1)) continue;
            for (size_t i = 0; i < r->rank; i++) {
                if (i < k) outer *= (size_t)dims[i];
                if (i > k) inner *= (size_t)dims[i];
            }
            OF_TRY(of_work(c, of_sat_mul(of_sat_mul(outer, inner),
                                         of_sat_mul((uint64_t)a->out, of_resize_taps(r, a)))));
            next = (double *)of_tmp(c, outer * inner, (size_t)a->out * sizeof *next);
            if (!next) return of_nomem(c->err);
            OF_TRY(of_resample_axis(c, r, a, outer, inner, v, next));
            dims[k] = a->out;
            v = next;
        }
    if (of_dtype_is_int((of_dtype)y->dtype)) return of_resample_ints(c, v, y);
    of_write_run(c, y, 0, v, (size_t)y->count);
    return OF_OK;
}
