/* InstanceNormalization, GroupNormalization, LRN: in double, each result rounded once. */
#include <math.h>

#include "kern/kern_mathd.h"
#include "ops/op_numeric.h"

static of_status of_groups_get(of_opctx *c, int64_t *groups)
{
    const of_shape *x = of_in_shape(c, 0);

    OF_TRY(of_get_int(c, "num_groups", 0, groups));
    if (*groups < 1 || *groups > INT32_MAX) return OF_INVALID(c, "num_groups is %lld", (long long)*groups);
    if (x->rank > 1 && of_dim_is_num(x->d[1]) && x->d[1].k % *groups)
        return OF_INVALID(c, "%lld groups do not divide the channels", (long long)*groups);
    return OF_OK;
}

/* Scale and bias have one number for each of `sets`. */
static of_status of_group_infer(of_opctx *c, of_dim sets)
{
    const of_shape *x = of_in_shape(c, 0);

    if (x->rank >= 0 && x->rank < 3 && c->op->name[0] == 'I')
        return OF_INVALID(c, "the input has no spatial axis");
    if (x->rank >= 0 && x->rank < 2) return OF_INVALID(c, "the input has no channels");
    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
        OF_TRY(of_want_same(c, 0, i));
        if (i == 0) continue;
        OF_TRY(of_want_rank(c, i, 1));
        if (of_in_rank(c, i) == 1 && of_dim_is_num(sets) && of_dim_is_num(of_in_shape(c, i)->d[0]) &&
            of_in_shape(c, i)->d[0].k != sets.k)
            return OF_INVALID(c, "input %u does not have %lld numbers", i, (long long)sets.k);
    }
    return of_same_as_in(c, 0, 0);
}

static of_dim of_channels(const of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    return x->rank > 1 ? x->d[1] : of_dim_unknown();
}

of_status of_infer_InstanceNormalization(of_opctx *c)
{
    return of_group_infer(c, of_channels(c));
}

of_status of_infer_GroupNormalization(of_opctx *c)
{
    int64_t groups, stash;

    OF_TRY(of_groups_get(c, &groups));
    if (c->opset >= 21) {
        OF_TRY(of_get_int(c, "stash_type", OF_FLOAT, &stash));
        /* a wider or a narrower stage between is another rounding */
        if (stash != OF_FLOAT) return OF_UNSUP(c, "stash_type %lld", (long long)stash);
    }
    return of_group_infer(c, c->opset < 21 ? of_dim_num(groups) : of_channels(c));
}

/* Groups of `members` channels of `n` elements; scale and bias of every channel. */
static void of_group_one(const of_opctx *c, double *v, size_t members, size_t n, const double *scale, const double *bias,
                         double epsilon)
{
    const size_t count = members * n;
    const double mean = of_reduce_f64(c, OF_RED_SUM, v, count) / (double)count;
    double inv;

    for (size_t i = 0; i < count; i++) v[i] -= mean;
    inv = 1 / sqrt(of_reduce_f64(c, OF_RED_SQ, v, count) / (double)count + epsilon);
    for (size_t m = 0; m < members; m++, v += n)
        for (size_t i = 0; i < n; i++) v[i] = v[i] * inv * scale[m] + bias[m];
}

/* The same of float32, written to element `at`. */
static void of_group_plain(const of_opctx *c, const of_stage *t, size_t at, const float *x, size_t members, size_t n,
                           const double *scale, const double *bias, double epsilon)
{
    const size_t count = members * n;
    const double mean = of_sum_f32(c, x, count) / (double)count;
    const double inv = 1 / sqrt(c->kern->norm.squares(x, mean, count) / (double)count + epsilon);

    for (size_t m = 0; m < members; m++)
        of_stage_affine(t, at + m * n, x + m * n, mean, inv, scale + m, bias + m, 0, n);
}

static of_status of_group_eval(of_opctx *c, size_t groups)
{
    const of_tensor *x = of_in(c, 0), *scale = of_in(c, 1), *bias = of_in(c, 2);
    const size_t channels = (size_t)x->dims[1], members = groups ? channels / groups : 0;
    double *v, *s;
    of_lines l;
    of_stage t = {0};
    of_tensor *y;
    float epsilon;

    OF_TRY(of_get_float(c, "epsilon", 1e-5f, &epsilon));
    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 6)));
    if (x->count == 0) return OF_OK;
    l = of_lines_2d(x, 2);
    v = x->dtype == OF_FLOAT ? NULL : (double *)of_tmp(c, members * l.n, sizeof *v);
    s = (double *)of_tmp(c, channels, 2 * sizeof *s);
    if ((!v && x->dtype != OF_FLOAT) || !s) return of_nomem(c->err);
    for (size_t i = 0; i < channels; i++) { /* one a channel, or one a group */
        of_read_f64(scale, (size_t)scale->count == channels ? i : i / members, 1, &s[i], 1);
        of_read_f64(bias, (size_t)bias->count == channels ? i : i / members, 1, &s[channels + i], 1);
    }
    if (x->dtype == OF_FLOAT) OF_TRY(of_stage_make(c, y, &t));
    for (size_t g = 0; g < (size_t)x->dims[0] * groups; g++) {
        const size_t first = g % groups * members, at = g * members * l.n;
        if (x->dtype == OF_FLOAT) {
            of_group_plain(c, &t, at, (const float *)x->data + at, members, l.n, s + first, s + channels + first,
                           (double)epsilon);
            continue;
        }
        of_read_run(c, x, at, v, members * l.n);
        of_group_one(c, v, members, l.n, s + first, s + channels + first, (double)epsilon);
        of_write_run(c, y, at, v, members * l.n);
    }
    if (x->dtype == OF_FLOAT) of_stage_end(&t);
    return OF_OK;
}

of_status of_eval_InstanceNormalization(of_opctx *c)
{
    return of_group_eval(c, (size_t)of_in(c, 0)->dims[1]);
}

of_status of_eval_GroupNormalization(of_opctx *c)
{
    int64_t groups;

    OF_TRY(of_groups_get(c, &groups));
    return of_group_eval(c, (size_t)groups);
}

/* ---- LRN ---- */

of_status of_infer_LRN(of_opctx *c)
{
    int64_t size;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_get_int(c, "size", 0, &size));
    if (size < 1 || size > INT32_MAX) return OF_INVALID(c, "size is %lld", (long long)size);
    if (of_in_rank(c, 0) >= 0 && of_in_rank(c, 0) < 2) return OF_INVALID(c, "the input has no channels");
    return of_same_as_in(c, 0, 0);
}

/* Places beside each other that one walk over the channels serves: their sums fill vectors. */
enum { OF_LRN_PLACES = 16 };

typedef struct of_lrn {
    double alpha, beta, bias; /* alpha divided by the size */
    int64_t before, after;    /* channels of a window beside its own */
} of_lrn;

/* One block: v is channels x OF_LRN_PLACES, sq has the squares of it; results go over v. The sum of a
 * window is taken in the order of its channels, whatever is beside it. */
static void of_lrn_block(const of_lrn *p, double *v, double *sq, int64_t channels)
{
    for (int64_t i = 0; i < channels * OF_LRN_PLACES; i++) sq[i] = v[i] * v[i];
    for (int64_t ch = 0; ch < channels; ch++) {
        const int64_t lo = ch > p->before ? ch - p->before : 0;
        const int64_t hi = p->after < channels - 1 - ch ? ch + p->after : channels - 1;
        double sum[OF_LRN_PLACES] = {0};
        for (int64_t k = lo; k <= hi; k++)
            for (int64_t j = 0; j < OF_LRN_PLACES; j++) sum[j] += sq[k * OF_LRN_PLACES + j];
        for (int64_t j = 0; j < OF_LRN_PLACES; j++)
            v[ch * OF_LRN_PLACES + j] /= of_m_pow(p->bias + p->alpha * sum[j], p->beta);
    }
}

of_status of_eval_LRN(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    float alpha, beta, bias;
    int64_t size, channels;
    double *v, *sq;
    of_tensor *y;
    of_lrn p;
    of_lines l;

    OF_TRY(of_get_float(c, "alpha", 1e-4f, &alpha));
    OF_TRY(of_get_float(c, "beta", 0.75f, &beta));
    OF_TRY(of_get_float(c, "bias", 1, &bias));
    OF_TRY(of_get_int(c, "size", 1, &size));
    OF_TRY(of_out(c, 0, &y));
    p = (of_lrn){.alpha = (double)alpha / (double)size,
                 .beta = (double)beta,
                 .bias = (double)bias,
                 .before = (size - 1) / 2,
                 .after = size / 2}; /* ceil((size - 1) / 2) */
    l = of_lines_of(x, 1);
    channels = (int64_t)l.n;
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, (uint64_t)(size < channels ? size : channels) + 100)));
    if (x->count == 0) return OF_OK;
    v = (double *)of_tmp(c, l.n, 2 * OF_LRN_PLACES * sizeof *v);
    if (!v) return of_nomem(c->err);
    sq = v + l.n * OF_LRN_PLACES;
    for (size_t o = 0; o < l.outer; o++)
        for (size_t at = 0; at < l.inner; at += OF_LRN_PLACES) {
            const size_t n = l.inner - at < OF_LRN_PLACES ? l.inner - at : OF_LRN_PLACES;
            for (size_t ch = 0; ch < l.n; ch++) {
                of_read_f64(x, (o * l.n + ch) * l.inner + at, 1, v + ch * OF_LRN_PLACES, n);
                for (size_t j = n; j < OF_LRN_PLACES; j++) v[ch * OF_LRN_PLACES + j] = 0;
            }
            of_lrn_block(&p, v, sq, channels);
            for (size_t ch = 0; ch < l.n; ch++)
                of_write_f64(y, (o * l.n + ch) * l.inner + at, 1, v + ch * OF_LRN_PLACES, n);
        }
    return OF_OK;
}
