/* Regions of an image pooled to a fixed size: RoiAlign, MaxRoiPool. */
#include <math.h>
#include <string.h>

#include "ops/op_moves.h"
#include "ops/op_window.h"

static of_status of_roi_infer(of_opctx *c, int64_t width, int64_t h, int64_t w)
{
    const of_shape *x = of_in_shape(c, 0), *rois = of_in_shape(c, 1), *batch = of_in_shape(c, 2);
    of_shape y;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_want_same(c, 0, 1));
    OF_TRY(of_want_rank(c, 0, 4));
    OF_TRY(of_want_rank(c, 1, 2));
    if (h < 0 || w < 0 || h > INT32_MAX || w > INT32_MAX)
        return OF_INVALID(c, "a result of %lld by %lld", (long long)h, (long long)w);
    if (rois->rank == 2 && of_dim_is_num(rois->d[1]) && rois->d[1].k != width)
        return OF_INVALID(c, "regions of %lld numbers", (long long)rois->d[1].k);
    OF_TRY(of_new_shape(c, 4, &y));
    if (rois->rank == 2) y.d[0] = rois->d[0];
    if (batch->rank == 1 && !of_dim_meet(y.d[0], batch->d[0], &y.d[0]))
        return OF_INVALID(c, "one image for each region is due");
    if (x->rank == 4) y.d[1] = x->d[1];
    y.d[2] = of_dim_num(h);
    y.d[3] = of_dim_num(w);
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

/* ---- RoiAlign ---- */

typedef struct of_align {
    int64_t h, w, ratio;
    float scale;
    bool max, half; /* moved by half a pixel */
} of_align;

static of_status of_align_attrs(of_opctx *c, of_align *a)
{
    of_str mode, coord;

    OF_TRY(of_get_str(c, "mode", "avg", &mode));
    OF_TRY(of_get_str(c, "coordinate_transformation_mode", "half_pixel", &coord));
    OF_TRY(of_get_int(c, "output_height", 1, &a->h));
    OF_TRY(of_get_int(c, "output_width", 1, &a->w));
    OF_TRY(of_get_int(c, "sampling_ratio", 0, &a->ratio));
    OF_TRY(of_get_float(c, "spatial_scale", 1, &a->scale));
    a->max = of_str_is(mode, "max");
    if (!a->max && !of_str_is(mode, "avg")) return OF_INVALID(c, "mode %.*s", of_clip(mode.n), mode.p);
    a->half = c->opset >= 16 && of_str_is(coord, "half_pixel");
    if (c->opset >= 16 && !a->half && !of_str_is(coord, "output_half_pixel"))
        return OF_INVALID(c, "coordinate_transformation_mode %.*s", of_clip(coord.n), coord.p);
    if (a->ratio < 0 || a->ratio > INT32_MAX) return OF_INVALID(c, "sampling_ratio is %lld", (long long)a->ratio);
    return OF_OK;
}

of_status of_infer_RoiAlign(of_opctx *c)
{
    of_align a;

    OF_TRY(of_align_attrs(c, &a));
    OF_TRY(of_want_types(c, 2, OF_TS(OF_INT64)));
    OF_TRY(of_want_rank(c, 2, 1));
    return of_roi_infer(c, 4, a.h, a.w);
}

#define OF_ALIGN_SAMPLES (1 << 20) /* of one bin along one axis: past any image */

/* Where samples along one axis lie. */
typedef struct of_align_axis {
    int64_t in, bins, samples; /* samples of one bin */
    double start, bin;
    float start32, bin32;
} of_align_axis;

/* Sample k of a bin: two neighbours and the weight of the second; lo -1: it counts as 0. */
typedef struct of_align_tap {
    int64_t lo, hi;
    double w;
} of_align_tap;

static of_status of_align_axis_make(of_opctx *c, const of_align *a, double from, double to, of_align_axis *x)
{
    const double shift = a->half ? 0.5 : 0, scale = (double)a->scale;
    const float from32 = (float)from * a->scale - (float)shift, to32 = (float)to * a->scale - (float)shift;
    double size = to * scale - from * scale;
    float size32 = to32 - from32;
    double n, n32;

    x->start = from * scale - shift;
    x->start32 = from32;
    if (!a->half && size < 1) size = 1;
    if (!a->half && size32 < 1) size32 = 1;
    if (!isfinite(size) || !isfinite(size32) || !isfinite(x->start) || fabs(x->start) > 1e9 || fabs(size) > 1e9)
        return OF_UNSUP(c, "a region from %g to %g", from, to);
    x->bin = size / (double)x->bins;
    x->bin32 = size32 / (float)x->bins;
    n = ceil(x->bin);
    n32 = (double)ceilf(x->bin32);
    if (!a->ratio && n != n32) return OF_UNSUP(c, "how many samples a bin of %g takes", x->bin);
    x->samples = a->ratio ? a->ratio : n < 0 ? 0 : (int64_t)n;
    if (x->samples > OF_ALIGN_SAMPLES) return OF_UNSUP(c, "%lld samples of a bin", (long long)x->samples);
    return OF_OK;
}

/* Float and double must agree on which side of the image's border a sample lies. */
static of_status of_align_taps(of_opctx *c, const of_align_axis *x, int64_t bin, of_align_tap *tap)
{
    const double in = (double)x->in;

    for (int64_t k = 0; k < x->samples; k++) {
        const double part = ((double)k + 0.5) / (double)x->samples;
        double at = x->start + (double)bin * x->bin + part * x->bin;
        const float at32 = x->start32 + (float)bin * x->bin32 + ((float)k + 0.5f) * x->bin32 / (float)x->samples;
        const bool out = at < -1 || at > in;
        if (out != ((double)at32 < -1 || (double)at32 > in)) return OF_UNSUP(c, "a sample on the border");
        tap[k].lo = -1;
        if (out) continue;
        if (at < 0) at = 0;
        if (at > in - 1) at = in - 1;
        tap[k].lo = (int64_t)at;
        tap[k].hi = tap[k].lo + 1 < x->in ? tap[k].lo + 1 : tap[k].lo;
        tap[k].w = at - (double)tap[k].lo;
    }
    return OF_OK;
}

/* mode max takes the greatest of the weighted neighbours, as the operator's tests have it. */
static double of_align_bin(const of_align *a, const of_align_axis *ax, const of_align_tap *ty, const of_align_tap *tx,
                           const double *v)
{
    const int64_t n = ax[0].samples * ax[1].samples;
    double sum = 0, top = -INFINITY;

    for (int64_t i = 0; i < ax[0].samples; i++)
        for (int64_t j = 0; j < ax[1].samples; j++) {
            const of_align_tap *y = &ty[i], *x = &tx[j];
            double p[4] = {0, 0, 0, 0};
            if (y->lo >= 0 && x->lo >= 0) {
                const double *lo = v + y->lo * ax[1].in, *hi = v + y->hi * ax[1].in;
                p[0] = (1 - y->w) * (1 - x->w) * lo[x->lo];
                p[1] = (1 - y->w) * x->w * lo[x->hi];
                p[2] = y->w * (1 - x->w) * hi[x->lo];
                p[3] = y->w * x->w * hi[x->hi];
            }
            sum += (p[0] + p[1]) + (p[2] + p[3]);
            for (int k = 0; k < 4; k++)
                if (p[k] > top || p[k] != p[k]) top = p[k];
        }
    if (n <= 0) return 0;
    return a->max ? top : sum / (double)n;
}

of_status of_eval_RoiAlign(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *rois = of_in(c, 1);
    const size_t plane = (size_t)(x->dims[2] * x->dims[3]), channels = (size_t)x->dims[1];
    of_align_axis ax[2];
    of_align_tap *tap[2];
    int64_t *image;
    double *v;
    of_tensor *y;
    of_align a;
    size_t n;

    OF_TRY(of_align_attrs(c, &a));
    OF_TRY(of_in_ints(c, 2, &image, &n));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_add((uint64_t)x->count, (uint64_t)y->count)));
    if (!y->count) return OF_OK;
    v = (double *)of_tmp(c, (size_t)x->count, sizeof *v);
    if (!v) return of_nomem(c->err);
    of_read_f64(x, 0, 1, v, (size_t)x->count);
    for (size_t r = 0; r < n; r++) {
        const of_arena_mark mark = of_arena_save(c->tmp);
        double at[4];
        if (image[r] < 0 || image[r] >= x->dims[0])
            return OF_INVALID(c, "image %lld of %lld", (long long)image[r], (long long)x->dims[0]);
        of_read_f64(rois, r * 4, 1, at, 4);
        for (int k = 0; k < 2; k++) {
            ax[k] = (of_align_axis){.in = x->dims[2 + k], .bins = k ? a.w : a.h};
            OF_TRY(of_align_axis_make(c, &a, at[1 - k], at[3 - k], &ax[k]));
            tap[k] = (of_align_tap *)of_tmp(c, (size_t)ax[k].samples, sizeof **tap);
            if (!tap[k]) return of_nomem(c->err);
        }
        if (!plane) return OF_INVALID(c, "nothing to take samples from");
        OF_TRY(of_work(c, of_sat_mul(of_sat_mul((uint64_t)(ax[0].samples * 4), (uint64_t)ax[1].samples),
                                     (uint64_t)(a.h * a.w) * channels)));
        for (int64_t bin = 0; bin < a.h * a.w; bin++) {
            OF_TRY(of_align_taps(c, &ax[0], bin / a.w, tap[0]));
            OF_TRY(of_align_taps(c, &ax[1], bin % a.w, tap[1]));
            for (size_t ch = 0; ch < channels; ch++) {
                const double e = of_align_bin(&a, ax, tap[0], tap[1], v + ((size_t)image[r] * channels + ch) * plane);
                of_write_f64(y, (r * channels + ch) * (size_t)(a.h * a.w) + (size_t)bin, 1, &e, 1);
            }
        }
        of_arena_restore(c->tmp, mark);
    }
    return OF_OK;
}

/* ---- MaxRoiPool ---- */

of_status of_infer_MaxRoiPool(of_opctx *c)
{
    const int64_t *shape;
    size_t n;

    OF_TRY(of_get_ints(c, "pooled_shape", &shape, &n));
    if (n != 2) return OF_INVALID(c, "pooled_shape has %zu numbers", n);
    return of_roi_infer(c, 5, shape[0], shape[1]);
}

/* A coordinate in whole pixels; halves away from zero. */
static of_status of_pool_round(of_opctx *c, double v, float scale, int64_t *to)
{
    const double wide = round(v * (double)scale), narrow = (double)roundf((float)v * scale);

    if (!isfinite(wide) || fabs(wide) > 1e9 || wide != narrow) return OF_UNSUP(c, "a region at %g", v);
    *to = (int64_t)wide;
    return OF_OK;
}

/* Bin k of n over `size` pixels from `start`, cut to [0, in). The border as implementations
 * compute it, in float, must be the one it is. */
static of_status of_pool_bin(of_opctx *c, int64_t start, int64_t size, int64_t n, int64_t k, int64_t in, int64_t *lo,
                             int64_t *hi)
{
    const float bin = (float)size / (float)n;

    *lo = k * size / n;
    *hi = ((k + 1) * size + n - 1) / n;
    if ((float)*lo != floorf((float)k * bin) || (float)*hi != ceilf((float)(k + 1) * bin))
        return OF_UNSUP(c, "where bin %lld of %lld pixels ends", (long long)k, (long long)size);
    *lo += start;
    *hi += start;
    *lo = *lo < 0 ? 0 : *lo > in ? in : *lo;
    *hi = *hi < 0 ? 0 : *hi > in ? in : *hi;
    return OF_OK;
}

typedef struct of_pool_bins {
    int64_t lo, hi;
} of_pool_bins;

static of_status of_pool_axis(of_opctx *c, double from, double to, float scale, int64_t in, int64_t n,
                              of_pool_bins *bins)
{
    int64_t start = 0, end = 0;

    OF_TRY(of_pool_round(c, from, scale, &start));
    OF_TRY(of_pool_round(c, to, scale, &end));
    if (end < start) end = start; /* at least a pixel */
    for (int64_t k = 0; k < n; k++)
        OF_TRY(of_pool_bin(c, start, end - start + 1, n, k, in, &bins[k].lo, &bins[k].hi));
    return OF_OK;
}

of_status of_eval_MaxRoiPool(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *rois = of_in(c, 1);
    const int64_t *in = x->dims + 2, *shape;
    const size_t plane = (size_t)(in[0] * in[1]), channels = (size_t)x->dims[1];
    of_pool_bins *row, *col;
    of_tensor *y;
    float scale;
    double *v;
    size_t n, to = 0;

    OF_TRY(of_get_float(c, "spatial_scale", 1, &scale));
    OF_TRY(of_get_ints(c, "pooled_shape", &shape, &n));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_add((uint64_t)x->count, (uint64_t)y->count)));
    if (!y->count) return OF_OK;
    v = (double *)of_tmp(c, (size_t)x->count, sizeof *v);
    row = (of_pool_bins *)of_tmp(c, (size_t)shape[0], sizeof *row);
    col = (of_pool_bins *)of_tmp(c, (size_t)shape[1], sizeof *col);
    if (!v || !row || !col) return of_nomem(c->err);
    of_read_f64(x, 0, 1, v, (size_t)x->count);
    for (size_t r = 0; r < (size_t)rois->dims[0]; r++) {
        uint64_t work = 0;
        double at[5];
        of_read_f64(rois, r * 5, 1, at, 5);
        if (!(at[0] >= 0) || at[0] >= (double)x->dims[0] || at[0] != floor(at[0]))
            return OF_INVALID(c, "image %g of %lld", at[0], (long long)x->dims[0]);
        OF_TRY(of_pool_axis(c, at[2], at[4], scale, in[0], shape[0], row));
        OF_TRY(of_pool_axis(c, at[1], at[3], scale, in[1], shape[1], col));
        for (int64_t i = 0; i < shape[0]; i++) work = of_sat_add(work, (uint64_t)(row[i].hi - row[i].lo));
        OF_TRY(of_work(c, of_sat_mul(of_sat_mul(work, (uint64_t)in[1] + (uint64_t)shape[1]), channels)));
        for (size_t ch = 0; ch < channels; ch++) {
            const double *p = v + ((size_t)at[0] * channels + ch) * plane;
            for (int64_t b = 0; b < shape[0] * shape[1]; b++, to++) {
                const of_pool_bins *h = &row[b / shape[1]], *w = &col[b % shape[1]];
                double top = h->lo < h->hi && w->lo < w->hi ? -INFINITY : 0;
                for (int64_t i = h->lo; i < h->hi; i++)
                    for (int64_t j = w->lo; j < w->hi; j++) {
                        const double e = p[i * in[1] + j];
                        if (e != e) return OF_UNSUP(c, "the greatest of what is not a number");
                        if (e > top) top = e;
                    }
                of_write_f64(y, to, 1, &top, 1);
            }
        }
    }
    return OF_OK;
}
