/* DeformConv: a convolution whose taps each take the input at a place of their own, between
 * elements by linear interpolation along all axes, and 0 past the border. Sums in double. */
#include <math.h>
#include <string.h>

#include "ops/op_moves.h"
#include "ops/op_window.h"

#define OF_DEFORM_AXES 6

typedef struct of_deform {
    of_window w;
    int64_t group, parts; /* of channels; those that share offsets */
} of_deform;

static of_status of_deform_attrs(of_opctx *c, size_t n, of_deform *d)
{
    OF_TRY(of_get_int(c, "group", 1, &d->group));
    OF_TRY(of_get_int(c, "offset_group", 1, &d->parts));
    if (d->group < 1 || d->parts < 1 || d->group > INT32_MAX || d->parts > INT32_MAX)
        return OF_INVALID(c, "group is %lld and offset_group %lld", (long long)d->group, (long long)d->parts);
    OF_TRY(of_window_attrs(c, n, of_in_shape(c, 1), OF_WIN_DILATED, &d->w));
    if (d->w.auto_pad != OF_PAD_NOTSET) return OF_INVALID(c, "there is no auto_pad");
    return OF_OK;
}

/* Input i, if it is there, has the shape (batch, per_tap * taps * offset_group, places...). */
static of_status of_deform_places(of_opctx *c, const of_deform *d, uint32_t i, int64_t per_tap, const of_shape *y)
{
    const of_shape *s = of_in_shape(c, i);
    int64_t want = d->parts * per_tap;
    of_dim same;

    if (!of_has_in(c, i) || s->rank < 0) return OF_OK;
    OF_TRY(of_want_rank(c, i, y->rank));
    for (size_t k = 0; k < d->w.n; k++)
        if (d->w.kernel[k] < 0) want = -1;
        else if (want >= 0 && !of_mul_i64(want, d->w.kernel[k], &want))
            return OF_INVALID(c, "the kernel is too large");
    for (int32_t k = 0; k < y->rank; k++) {
        const of_dim due = k == 1 ? (want < 0 ? of_dim_unknown() : of_dim_num(want)) : y->d[k];
        if (!of_dim_meet(s->d[k], due, &same))
            return OF_INVALID(c, "dimension %d of input %u is %lld, not %lld", (int)k, i, (long long)s->d[k].k,
                              (long long)due.k);
    }
    return OF_OK;
}

of_status of_infer_DeformConv(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0), *w = of_in_shape(c, 1), *b = of_in_shape(c, 3);
    const int32_t rank = x->rank >= 0 ? x->rank : w->rank;
    of_deform d;
    of_dim same;
    of_shape y;

    for (uint32_t i = 0; i < 5; i++) {
        OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
        OF_TRY(of_want_same(c, 0, i));
    }
    if (!of_has_in(c, 2)) return OF_INVALID(c, "the offsets are missing");
    if (rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
    if (rank < 3) return OF_INVALID(c, "the input has no spatial axis");
    OF_TRY(of_want_rank(c, 1, rank));
    OF_TRY(of_want_rank(c, 3, 1));
    OF_TRY(of_deform_attrs(c, (size_t)rank - 2, &d));
    OF_TRY(of_new_shape(c, rank, &y));
    if (x->rank >= 0) y.d[0] = x->d[0];
    if (w->rank >= 0) y.d[1] = w->d[0];
    if (x->rank >= 0 && of_dim_is_num(x->d[1]) && (x->d[1].k % d.parts || x->d[1].k % d.group))
        return OF_INVALID(c, "the groups do not divide %lld channels", (long long)x->d[1].k);
    if (w->rank >= 0 && of_dim_is_num(w->d[0]) && w->d[0].k % d.group)
        return OF_INVALID(c, "%lld groups do not divide the filters", (long long)d.group);
    if (x->rank >= 0 && w->rank >= 0 && of_dim_is_num(x->d[1]) &&
        !of_dim_meet(w->d[1], of_dim_num(x->d[1].k / d.group), &same))
        return OF_INVALID(c, "the filters are not for %lld channels", (long long)x->d[1].k);
    if (b->rank == 1 && !of_dim_meet(y.d[1], b->d[0], &y.d[1]))
        return OF_INVALID(c, "the bias is not one number a filter");
    OF_TRY(of_window_slide(c, &d.w, x, &y));
    OF_TRY(of_deform_places(c, &d, 2, (int64_t)d.w.n, &y));
    OF_TRY(of_deform_places(c, &d, 4, 1, &y));
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

typedef struct of_deform_run {
    of_deform d;
    size_t n, channels, taps, places, plane; /* of the kernel, the result, the input */
    const int64_t *dims; /* of the input, spatial */
    const of_tensor *offset, *mask;
    double *x, *col;      /* one image; what the taps take from it, channel by channel */
    int64_t *out, *tap;   /* positions */
    int64_t corner[1 << OF_DEFORM_AXES];
    double weight[1 << OF_DEFORM_AXES];
} of_deform_run;

/* The elements around a place, and how much of each. false: none is inside. */
static bool of_deform_corners(of_deform_run *r, const double *at, size_t *count)
{
    *count = 0;
    for (size_t k = 0; k < r->n; k++)
        if (!(at[k] > -1) || !(at[k] < (double)r->dims[k])) return false;
    for (size_t corner = 0; corner < (size_t)1 << r->n; corner++) {
        double w = 1;
        int64_t index = 0;
        for (size_t k = 0; k < r->n && w != 0; k++) {
            const double lo = floor(at[k]);
            const int64_t e = (int64_t)lo + (int64_t)(corner >> k & 1);
            w *= corner >> k & 1 ? at[k] - lo : 1 - (at[k] - lo);
            if (e < 0 || e >= r->dims[k]) w = 0;
            index = index * r->dims[k] + e;
        }
        if (w == 0) continue;
        r->corner[*count] = index;
        r->weight[(*count)++] = w;
    }
    return *count > 0;
}

/* What every tap takes from the image for result `place` of batch b. */
static of_status of_deform_column(of_opctx *c, of_deform_run *r, size_t b, size_t place)
{
    const size_t share = r->channels / (size_t)r->d.parts;

    for (size_t part = 0; part < (size_t)r->d.parts; part++) {
        memset(r->tap, 0, r->n * sizeof *r->tap);
        for (size_t tap = 0; tap < r->taps; tap++) {
            const size_t first = (b * (size_t)r->d.parts + part) * r->taps + tap;
            double at[OF_DEFORM_AXES], mask = 1;
            size_t corners;
            of_read_f64(r->offset, first * r->n * r->places + place, r->places, at, r->n);
            if (r->mask) of_read_f64(r->mask, first * r->places + place, 1, &mask, 1);
            for (size_t k = 0; k < r->n; k++) {
                if (!isfinite(at[k])) return OF_UNSUP(c, "an offset of %g", at[k]);
                at[k] += (double)(r->out[k] * r->d.w.stride[k] - r->d.w.begin[k] + r->tap[k] * r->d.w.dilation[k]);
            }
            (void)of_deform_corners(r, at, &corners);
            for (size_t ch = part * share; ch < (part + 1) * share; ch++) {
                double v = 0;
                for (size_t i = 0; i < corners; i++) v += r->weight[i] * r->x[ch * r->plane + (size_t)r->corner[i]];
                r->col[ch * r->taps + tap] = mask * v;
            }
            (void)of_window_next(r->tap, r->d.w.kernel, r->n);
        }
    }
    return OF_OK;
}

static of_status of_deform_open(of_opctx *c, of_deform_run *r, const of_tensor *y)
{
    const of_tensor *x = of_in(c, 0);
    of_shape slid = of_shape_new(c, x->rank);

    if (slid.rank < 0) return of_nomem(c->err);
    r->n = x->rank - 2u;
    if (r->n > OF_DEFORM_AXES) return OF_UNSUP(c, "%zu spatial axes", r->n);
    OF_TRY(of_deform_attrs(c, r->n, &r->d));
    OF_TRY(of_window_slide(c, &r->d.w, of_in_shape(c, 0), &slid));
    r->dims = x->dims + 2;
    r->channels = (size_t)x->dims[1];
    r->taps = (size_t)of_count(r->d.w.kernel, r->n);
    r->places = (size_t)of_count(y->dims + 2, r->n);
    r->plane = (size_t)of_count(r->dims, r->n);
    r->offset = of_in(c, 2);
    r->mask = of_has_in(c, 4) ? of_in(c, 4) : NULL;
    return of_work(c, of_sat_mul(of_sat_mul((uint64_t)x->dims[0], r->places),
                                 of_sat_mul(of_sat_mul(r->channels, r->taps),
                                            ((uint64_t)2 << r->n) + (uint64_t)y->dims[1])));
}

of_status of_eval_DeformConv(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *w = of_in(c, 1), *bias = of_has_in(c, 3) ? of_in(c, 3) : NULL;
    of_deform_run *r = (of_deform_run *)of_tmp(c, 1, sizeof *r);
    size_t filters, depth, each;
    double *weights;
    of_tensor *y;

    if (!r) return of_nomem(c->err);
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_deform_open(c, r, y));
    if (!y->count) return OF_OK;
    filters = (size_t)y->dims[1];
    each = filters / (size_t)r->d.group;
    depth = (size_t)w->dims[1] * r->taps;
    weights = (double *)of_tmp(c, (size_t)w->count, sizeof *weights);
    r->x = (double *)of_tmp(c, r->plane, (r->channels + 1) * sizeof(double));
    r->col = (double *)of_tmp(c, r->taps, (r->channels + 1) * sizeof(double));
    r->out = (int64_t *)of_tmp(c, 2 * r->n, sizeof *r->out);
    if (!weights || !r->x || !r->col || !r->out) return of_nomem(c->err);
    r->tap = r->out + r->n;
    of_read_f64(w, 0, 1, weights, (size_t)w->count);
    for (size_t b = 0; b < (size_t)y->dims[0]; b++) {
        of_read_f64(x, b * r->channels * r->plane, 1, r->x, r->channels * r->plane);
        memset(r->out, 0, r->n * sizeof *r->out);
        for (size_t place = 0; place < r->places; place++) {
            OF_TRY(of_deform_column(c, r, b, place));
            for (size_t f = 0; f < filters; f++) {
                const double *col = r->col + f / each * depth, *row = weights + f * depth;
                double sum = 0;
                for (size_t i = 0; i < depth; i++) sum += col[i] * row[i];
                if (bias) {
                    double add;
                    of_read_f64(bias, f, 1, &add, 1);
                    sum += add;
                }
                of_write_f64(y, (b * filters + f) * r->places + place, 1, &sum, 1);
            }
            (void)of_window_next(r->out, y->dims + 2, r->n);
        }
    }
    return OF_OK;
}
