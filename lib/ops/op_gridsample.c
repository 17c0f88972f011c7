/* AffineGrid, and GridSample: results at places of the input that a grid names, with any
 * number of spatial axes. Computed in double, rounded once. */
#include <math.h>
#include <string.h>

#include "ops/op_moves.h"
#include "ops/op_steps.h"

#define OF_GRID_AXES 6

typedef enum of_grid_pad { OF_GRID_ZEROS, OF_GRID_BORDER, OF_GRID_REFLECTION } of_grid_pad;

typedef struct of_grid {
    int taps; /* 1 nearest, 2 linear, 4 cubic */
    of_grid_pad pad;
    int64_t align;
    size_t n; /* spatial axes */
    const int64_t *dims;
    int64_t idx[OF_GRID_AXES][4]; /* -1: a zero */
    double w[OF_GRID_AXES][4];
} of_grid;

static bool of_word(of_str s, const char *w)
{
    return s.n == strlen(w) && memcmp(s.p, w, s.n) == 0;
}

static of_status of_grid_attrs(of_opctx *c, of_grid *g)
{
    const bool v16 = c->opset < 20;
    of_str mode, pad;

    OF_TRY(of_get_str(c, "mode", v16 ? "bilinear" : "linear", &mode));
    OF_TRY(of_get_str(c, "padding_mode", "zeros", &pad));
    OF_TRY(of_get_int(c, "align_corners", 0, &g->align));
    g->taps = of_word(mode, "nearest") ? 1 : of_word(mode, v16 ? "bilinear" : "linear") ? 2 : 4;
    if (g->taps == 4 && !of_word(mode, v16 ? "bicubic" : "cubic")) return OF_INVALID(c, "mode is not known");
    g->pad = of_word(pad, "border") ? OF_GRID_BORDER : of_word(pad, "reflection") ? OF_GRID_REFLECTION : OF_GRID_ZEROS;
    if (g->pad == OF_GRID_ZEROS && !of_word(pad, "zeros")) return OF_INVALID(c, "padding_mode is not known");
    return OF_OK;
}

of_status of_infer_GridSample(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0), *g = of_in_shape(c, 1);
    const int32_t rank = x->rank >= 0 ? x->rank : g->rank;
    of_shape y = of_shape_unknown();
    of_grid a;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT | OF_TS_INT | OF_TS(OF_STRING) | OF_TS(OF_BOOL) |
                                   OF_TS(OF_COMPLEX64) | OF_TS(OF_COMPLEX128)));
    OF_TRY(of_want_types(c, 1, OF_TS_FLOAT));
    OF_TRY(of_grid_attrs(c, &a));
    if (rank >= 0) {
        if (rank < 3) return OF_INVALID(c, "the input has no spatial axis");
        OF_TRY(of_want_rank(c, 1, rank));
        y = of_shape_new(c, rank);
        for (int32_t k = 0; k < y.rank; k++) {
            if (k < 2 && x->rank >= 0) y.d[k] = x->d[k];
            if (k >= 2 && g->rank >= 0) y.d[k] = g->d[k - 1];
        }
        if (g->rank >= 0 && of_dim_is_num(g->d[rank - 1]) && g->d[rank - 1].k != rank - 2)
            return OF_INVALID(c, "the grid has places of %lld numbers", (long long)g->d[rank - 1].k);
        if (g->rank >= 0 && x->rank >= 0 && of_dim_is_num(g->d[0]) && of_dim_is_num(x->d[0]) &&
            g->d[0].k != x->d[0].k)
            return OF_INVALID(c, "the grid is for another batch");
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

/* v thrown back at lo and hi until it lies between them. */
static double of_grid_reflect(double v, double lo, double hi)
{
    const double span = hi - lo, beyond = v < lo ? lo - v : v - hi;
    double turns, rest;

    if (v >= lo && v <= hi) return v;
    turns = floor(beyond / span);
    rest = beyond - turns * span;
    return (fmod(turns, 2) == 0) == (v < lo) ? lo + rest : hi - rest;
}

static int64_t of_grid_index(const of_grid *g, double e, int64_t in, double lo, double hi)
{
    if (e >= 0 && e <= (double)(in - 1)) return (int64_t)e;
    if (g->pad == OF_GRID_ZEROS) return -1;
    if (g->pad == OF_GRID_BORDER) return e < 0 ? 0 : in - 1;
    e = of_grid_reflect(e, lo, hi);
    return e < 0 ? 0 : e > (double)(in - 1) ? in - 1 : (int64_t)e;
}

/* The coordinate of axis k, from -1 to 1, to elements and weights. */
static of_status of_grid_axis(of_opctx *c, of_grid *g, size_t k, double at)
{
    const double in = (double)g->dims[k], lo = g->align ? 0 : -0.5, hi = g->align ? in - 1 : in - 0.5;
    const float narrow = (float)at;
    double x = g->align ? (at + 1) / 2 * (in - 1) : ((at + 1) * in - 1) / 2, first, t;

    if (!isfinite(x) || fabs(x) > 1e9) return OF_UNSUP(c, "a place at %g", at);
    if (g->pad == OF_GRID_REFLECTION && !(hi > lo) && x != lo) return OF_UNSUP(c, "one element thrown back");
    if (g->taps == 1) { /* to the nearest, ties to even; where rounding before may not tip it */
        const double f = (double)(g->align ? (narrow + 1) / 2 * (float)(g->dims[k] - 1)
                                           : ((narrow + 1) * (float)g->dims[k] - 1) / 2);
        if (of_round_even(f) != of_round_even(x) || (f != x && fabs(x - floor(x) - 0.5) < 1e-6))
            return OF_UNSUP(c, "a place between two elements");
        x = of_round_even(x);
    }
    if (x < lo || x > hi) {
        /* moved to the border before it is weighed, or not: both are found */
        if (g->pad == OF_GRID_BORDER && g->taps == 4) return OF_UNSUP(c, "a place past the border");
        if (g->pad == OF_GRID_BORDER) x = x < 0 ? 0 : in - 1;
        if (g->pad == OF_GRID_REFLECTION) x = of_grid_reflect(x, lo, hi);
    }
    first = floor(x) - (g->taps == 4);
    t = x - floor(x);
    for (int i = 0; i < g->taps; i++) {
        const double far = fabs(t - (double)i + (g->taps == 4)), a = -0.75;
        g->idx[k][i] = of_grid_index(g, first + i, g->dims[k], lo, hi);
        if (g->taps == 1) g->w[k][i] = 1;
        else if (g->taps == 2) g->w[k][i] = 1 - far;
        else if (far <= 1) g->w[k][i] = ((a + 2) * far - (a + 3)) * far * far + 1;
        else g->w[k][i] = ((a * far - 5 * a) * far + 8 * a) * far - 4 * a;
    }
    return OF_OK;
}

/* The weighted sum over all combinations of taps in the plane v. */
static double of_grid_sum(const of_grid *g, const double *v)
{
    int tap[OF_GRID_AXES] = {0};
    double sum = 0;

    for (size_t k = g->n; k == g->n;) {
        double w = 1;
        int64_t at = 0;
        for (size_t a = 0; a < g->n; a++) {
            const int64_t i = g->idx[a][tap[a]];
            w *= i < 0 ? 0 : g->w[a][tap[a]];
            at = at * g->dims[a] + (i < 0 ? 0 : i);
        }
        if (w != 0) sum += w * v[at];
        for (k = g->n; k-- > 0;) {
            if (++tap[k] < g->taps) break;
            tap[k] = 0;
        }
        k = k == SIZE_MAX ? 0 : g->n;
    }
    return sum;
}

/* The element at hand, or nothing. */
static void of_grid_take(const of_grid *g, const unsigned char *plane, size_t mem, unsigned char *to)
{
    int64_t at = 0;

    for (size_t a = 0; a < g->n; a++) {
        if (g->idx[a][0] < 0) {
            memset(to, 0, mem);
            return;
        }
        at = at * g->dims[a] + g->idx[a][0];
    }
    memcpy(to, plane + (size_t)at * mem, mem);
}

of_status of_eval_GridSample(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *grid = of_in(c, 1);
    const size_t mem = of_dtypes[x->dtype].mem, channels = (size_t)x->dims[1];
    size_t plane = 1, places = 1;
    uint64_t taps = 1;
    of_tensor *y;
    double *v = NULL, at[OF_GRID_AXES];
    of_grid *g = (of_grid *)of_tmp(c, 1, sizeof *g);

    if (!g) return of_nomem(c->err);
    OF_TRY(of_grid_attrs(c, g));
    g->n = x->rank - 2u;
    g->dims = x->dims + 2;
    if (g->n > OF_GRID_AXES) return OF_UNSUP(c, "%zu spatial axes", g->n);
    OF_TRY(of_out(c, 0, &y));
    for (size_t k = 0; k < g->n; k++) {
        plane *= (size_t)x->dims[k + 2];
        places *= (size_t)y->dims[k + 2];
        taps *= (uint64_t)g->taps;
    }
    OF_TRY(of_work(c, of_sat_add((uint64_t)x->count, of_sat_mul((uint64_t)y->count, taps * g->n))));
    if (y->count == 0) return OF_OK;
    if (x->count == 0) return OF_INVALID(c, "nothing to take results from");
    if (g->taps > 1) {
        if (!of_dtype_is_float((of_dtype)x->dtype))
            return OF_UNSUP(c, "interpolation of %s", of_dtypes[x->dtype].name);
        v = (double *)of_tmp(c, (size_t)x->count, sizeof *v);
        if (!v) return of_nomem(c->err);
        of_read_f64(x, 0, 1, v, (size_t)x->count);
    }
    for (size_t p = 0; p < (size_t)x->dims[0] * places; p++) {
        of_read_f64(grid, p * g->n, 1, at, g->n); /* the last axis first */
        for (size_t k = 0; k < g->n; k++) OF_TRY(of_grid_axis(c, g, k, at[g->n - 1 - k]));
        for (size_t ch = 0; ch < channels; ch++) {
            const size_t from = p / places * channels + ch, to = from * places + p % places;
            if (g->taps == 1) {
                of_grid_take(g, (const unsigned char *)x->data + from * plane * mem, mem,
                             (unsigned char *)y->data + to * mem);
            } else {
                const double r = of_grid_sum(g, v + from * plane);
                of_write_f64(y, to, 1, &r, 1);
            }
        }
    }
    return OF_OK;
}

/* ---- AffineGrid ---- */

of_status of_infer_AffineGrid(of_opctx *c)
{
    const of_shape *theta = of_in_shape(c, 0);
    int64_t n, rank = -1;
    of_dim *size, same;
    of_shape y;
    size_t have;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_want_types(c, 1, OF_TS(OF_INT64)));
    OF_TRY(of_want_rank(c, 0, 3));
    OF_TRY(of_want_rank(c, 1, 1));
    OF_TRY(of_list_len(c, 1, 5, &n));
    OF_TRY(of_in_dims(c, 1, &size, &have));
    if (theta->rank == 3 && of_dim_is_num(theta->d[1])) rank = theta->d[1].k;
    if (n >= 0 && rank >= 0 && n != rank + 2)
        return OF_INVALID(c, "%lld sizes for matrices of %lld rows", (long long)n, (long long)rank);
    if (n >= 0) rank = n - 2;
    if (rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
    if (rank != 2 && rank != 3) return OF_INVALID(c, "%lld spatial axes", (long long)rank);
    if (theta->rank == 3 && !of_dim_meet(theta->d[2], of_dim_num(rank + 1), &same))
        return OF_INVALID(c, "matrices of %lld columns", (long long)theta->d[2].k);
    OF_TRY(of_new_shape(c, rank + 2, &y));
    for (int64_t k = 0; size && k <= rank; k++) y.d[k] = size[k ? k + 1 : 0];
    if (theta->rank == 3 && !of_dim_meet(y.d[0], theta->d[0], &y.d[0]))
        return OF_INVALID(c, "matrices for another batch");
    y.d[rank + 1] = of_dim_num(rank);
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

/* Positions along an axis, each step rounded as in the operator's function body. A body with
 * align_corners divides by 0 where an axis has one element, but for the depth. */
static of_status of_affine_axis(of_opctx *c, of_dtype t, int64_t n, bool align, bool depth, double *at)
{
    const double size = of_step(t, (double)n);
    double step = of_step(t, 2 / (align ? of_step(t, size - 1) : size)), start = -1;

    if (align && n == 1 && !depth) return OF_UNSUP(c, "the corners of one element");
    if (align && n == 1) step = 0;
    if (!align) start = of_step(t, of_step(t, step / 2) - 1);
    for (int64_t i = 0; i < n; i++) at[i] = of_step(t, start + of_step(t, of_step(t, (double)i) * step));
    return OF_OK;
}

of_status of_eval_AffineGrid(of_opctx *c)
{
    const of_tensor *theta = of_in(c, 0);
    const size_t n = (size_t)theta->dims[1];
    int64_t align, at[3] = {0, 0, 0};
    size_t to = 0, places;
    double *axis[3] = {NULL, NULL, NULL};
    of_tensor *y;

    OF_TRY(of_get_int(c, "align_corners", 0, &align));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)y->count, 8)));
    if (!y->count) return OF_OK;
    for (size_t k = 0; k < n; k++) {
        axis[k] = (double *)of_tmp(c, (size_t)y->dims[k + 1], sizeof(double));
        if (!axis[k]) return of_nomem(c->err);
        OF_TRY(of_affine_axis(c, (of_dtype)y->dtype, y->dims[k + 1], align != 0, n == 3 && k == 0, axis[k]));
    }
    places = (size_t)of_count(y->dims + 1, n);
    for (size_t b = 0; b < (size_t)y->dims[0]; b++) {
        double m[12];
        of_read_f64(theta, b * n * (n + 1), 1, m, n * (n + 1));
        for (size_t p = 0; p < places; p++, to += n) {
            double v[3];
            for (size_t r = 0; r < n; r++) { /* the last axis is the first coordinate */
                v[r] = 0;
                for (size_t k = 0; k < n; k++) v[r] += m[r * (n + 1) + k] * axis[n - 1 - k][at[n - 1 - k]];
                v[r] += m[r * (n + 1) + n];
            }
            of_write_f64(y, to, 1, v, n);
            for (size_t k = n; k-- > 0;) {
                if (++at[k] < y->dims[k + 1]) break;
                at[k] = 0;
            }
        }
    }
    return OF_OK;
}
