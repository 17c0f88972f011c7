/* LayerNormalization, RMSNormalization, LpNormalization, MeanVarianceNormalization: computed
 * in double, each result rounded once; the first two take doubles in pairs of doubles.
 * stash_type 1 asks for float at least: double inputs stay double, as every implementation
 * has it. */
#include "kern/kern_dd.h"
#include "ops/op_numeric.h"

#include <math.h>
#include <string.h>

/* ---- LayerNormalization, RMSNormalization ---- */

typedef struct of_layer {
    int64_t axis;
    float epsilon;
} of_layer;

static of_status of_layer_attrs(of_opctx *c, of_layer *l)
{
    int64_t stash;

    OF_TRY(of_get_int(c, "axis", -1, &l->axis));
    OF_TRY(of_get_float(c, "epsilon", 1e-5f, &l->epsilon));
    OF_TRY(of_get_int(c, "stash_type", 1, &stash));
    if (stash != OF_FLOAT) return OF_UNSUP(c, "stash_type %lld", (long long)stash);
    if (of_in_rank(c, 0) >= 0) OF_TRY(of_norm_axis(c, l->axis, of_in_rank(c, 0), 0, &l->axis));
    return OF_OK;
}

/* Input i broadcasts one way to input 0, as far as is known. */
static of_status of_layer_fits(of_opctx *c, uint32_t i)
{
    const of_shape *x = of_in_shape(c, 0), *s = of_in_shape(c, i);

    if (!of_has_in(c, i) || x->rank < 0 || s->rank < 0) return OF_OK;
    if (s->rank > x->rank) return OF_INVALID(c, "input %u has a higher rank than input 0", i);
    for (int32_t k = 0; k < s->rank; k++) {
        const of_dim d = s->d[k], to = x->d[x->rank - s->rank + k];
        if (of_dim_is_num(d) && of_dim_is_num(to) && d.k != to.k && d.k != 1)
            return OF_INVALID(c, "input %u does not broadcast to input 0", i);
    }
    return OF_OK;
}

of_status of_infer_LayerNormalization(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    of_shape s = of_shape_unknown();
    of_layer l;

    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
        OF_TRY(of_want_same(c, 0, i));
        OF_TRY(of_layer_fits(c, i));
    }
    OF_TRY(of_layer_attrs(c, &l));
    OF_TRY(of_same_as_in(c, 0, 0));
    if (x->rank >= 0) {
        s = of_shape_new(c, x->rank);
        for (int32_t k = 0; k < s.rank; k++) s.d[k] = k < l.axis ? x->d[k] : of_dim_num(1);
    }
    OF_TRY(of_set_out(c, 1, OF_FLOAT, s));
    return of_set_out(c, 2, OF_FLOAT, s);
}

of_status of_infer_RMSNormalization(of_opctx *c)
{
    of_layer l;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_want_types(c, 1, OF_TS_FLOAT));
    OF_TRY(of_layer_fits(c, 1));
    OF_TRY(of_layer_attrs(c, &l));
    return of_set_out(c, 0, of_in_dtype(c, 1), *of_in_shape(c, 0));
}

/* t broadcast to x's axes from `axis` on, or to all of x where it differs between rows. */
typedef struct of_spread {
    double *v; /* NULL: no tensor */
    bool per_row;
} of_spread;

static of_status of_spread_make(of_opctx *c, const of_tensor *x, const of_tensor *t, size_t axis,
                                of_spread *s)
{
    size_t first = axis, total = 1, offset = 0;
    size_t *at, *step;

    *s = (of_spread){0};
    if (!t) return OF_OK;
    for (size_t k = 0; k < t->rank; k++)
        if (x->rank - t->rank + k < axis && t->dims[k] != 1) s->per_row = true;
    if (s->per_row) first = 0;
    for (size_t k = first; k < x->rank; k++) total *= (size_t)x->dims[k];
    s->v = (double *)of_tmp(c, total, sizeof *s->v);
    at = (size_t *)of_tmp(c, 2 * (size_t)x->rank, sizeof *at);
    if (!s->v || !at) return of_nomem(c->err);
    step = at + x->rank;
    memset(at, 0, 2 * (size_t)x->rank * sizeof *at);
    for (size_t k = t->rank, stride = 1; k-- > 0;) {
        step[x->rank - t->rank + k] = t->dims[k] == 1 ? 0 : stride;
        stride *= (size_t)t->dims[k];
    }
    for (size_t i = 0; i < total; i++) {
        of_read_f64(t, offset, 1, &s->v[i], 1);
        for (size_t k = x->rank; k-- > first;) {
            offset += step[k];
            if (++at[k] < (size_t)x->dims[k]) break;
            offset -= step[k] * at[k];
            at[k] = 0;
        }
    }
    return OF_OK;
}

/* One row of doubles, in pairs of them (kern_dd.h) and rounded once, s and b as they spread. d gets the results;
 * false: a number on the way was none. */
static bool of_layer_exact(const double *v, size_t n, bool rms, double epsilon, const double *s, const double *b,
                           double *d, double *mean, double *inv)
{
    const of_dd count = {(double)n, 0};
    of_dd m = {0, 0}, q = {0, 0};

    if (!rms) {
        for (size_t i = 0; i < n; i++) m = of_dd_add_d(m, -v[i]);
        m = of_dd_div(m, count);
    }
    for (size_t i = 0; i < n; i++) {
        const of_dd e = of_dd_add_d(m, v[i]);
        q = of_dd_add(q, of_dd_mul(e, e));
    }
    q = of_dd_div((of_dd){1, 0}, of_dd_sqrt(of_dd_add_d(of_dd_div(q, count), epsilon)));
    for (size_t i = 0; i < n; i++) {
        of_dd r = of_dd_mul_d(of_dd_mul(of_dd_add_d(m, v[i]), q), s[i]);
        if (b) r = of_dd_add_d(r, b[i]);
        d[i] = rms && v[i] == 0 ? v[i] * q.h * s[i] : r.h; /* zeros keep their sign */
        if (!(r.h - r.h == 0)) return false;
    }
    *mean = 0 - m.h;
    *inv = q.h;
    return true;
}

static of_status of_layer_eval(of_opctx *c, bool rms)
{
    const of_tensor *x = of_in(c, 0);
    of_tensor *y, *mean_out = NULL, *inv_out = NULL;
    of_spread scale, bias;
    of_layer l;
    of_lines g;
    double *v, *d;
    of_stage t = {0};
    bool plain;

    OF_TRY(of_layer_attrs(c, &l));
    OF_TRY(of_out_raw(c, 0, &y));
    if (!rms) {
        OF_TRY(of_out_raw(c, 1, &mean_out));
        OF_TRY(of_out_raw(c, 2, &inv_out));
    }
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 6)));
    g = of_lines_2d(x, (size_t)l.axis);
    if (g.n == 0 && !rms && mean_out->count)
        return OF_INVALID(c, "the mean of no elements is undefined");
    if (x->count == 0) return OF_OK;
    OF_TRY(of_spread_make(c, x, of_in(c, 1), (size_t)l.axis, &scale));
    OF_TRY(
        of_spread_make(c, x, !rms && of_has_in(c, 2) ? of_in(c, 2) : NULL, (size_t)l.axis, &bias));
    v = (double *)of_tmp(c, g.n, 2 * sizeof *v);
    if (!v) return of_nomem(c->err);
    d = v + g.n;
    plain = x->dtype == OF_FLOAT && y->dtype == OF_FLOAT;
    if (plain) OF_TRY(of_stage_make(c, y, &t));
    for (size_t o = 0; o < g.outer; o++) {
        const double *s = scale.v + (scale.per_row ? o * g.n : 0);
        const double *b = bias.v ? bias.v + (bias.per_row ? o * g.n : 0) : NULL;
        double mean = 0, inv;
        if (plain) {
            const float *from = (const float *)x->data + o * g.n;
            if (!rms) mean = of_sum_f32(c, from, g.n) / (double)g.n;
            inv = 1 / sqrt(c->kern->norm.squares(from, mean, g.n) / (double)g.n + (double)l.epsilon);
            of_stage_affine(&t, o * g.n, from, mean, inv, s, b, 1, g.n);
        } else {
            of_read_run(c, x, o * g.n, v, g.n);
        }
        if (!plain && (x->dtype != OF_DOUBLE || !of_layer_exact(v, g.n, rms, (double)l.epsilon, s, b, d, &mean, &inv))) {
            if (!rms) mean = of_reduce_f64(c, OF_RED_SUM, v, g.n) / (double)g.n;
            for (size_t i = 0; i < g.n; i++) d[i] = v[i] - mean;
            inv = 1 / sqrt(of_reduce_f64(c, OF_RED_SQ, d, g.n) / (double)g.n + (double)l.epsilon);
            if (b)
                for (size_t i = 0; i < g.n; i++) d[i] = d[i] * inv * s[i] + b[i];
            else
                for (size_t i = 0; i < g.n; i++) d[i] = d[i] * inv * s[i];
        }
        if (!plain) of_write_run(c, y, o * g.n, d, g.n);
        if (!rms) {
            of_write_f64(mean_out, o, 1, &mean, 1);
            of_write_f64(inv_out, o, 1, &inv, 1);
        }
    }
    if (plain) of_stage_end(&t);
    return OF_OK;
}

of_status of_eval_LayerNormalization(of_opctx *c)
{
    return of_layer_eval(c, false);
}

of_status of_eval_RMSNormalization(of_opctx *c)
{
    return of_layer_eval(c, true);
}

/* ---- LpNormalization ---- */

of_status of_infer_LpNormalization(of_opctx *c)
{
    int64_t axis, p;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_get_int(c, "axis", -1, &axis));
    OF_TRY(of_get_int(c, "p", 2, &p));
    if (p != 1 && p != 2) return OF_INVALID(c, "p is %lld", (long long)p);
    if (of_in_rank(c, 0) >= 0) OF_TRY(of_norm_axis(c, axis, of_in_rank(c, 0), 0, &axis));
    return of_same_as_in(c, 0, 0);
}

of_status of_eval_LpNormalization(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    int64_t axis, p;
    of_tensor *y;
    of_lines l;
    double *v;

    OF_TRY(of_get_int(c, "axis", -1, &axis));
    OF_TRY(of_get_int(c, "p", 2, &p));
    OF_TRY(of_norm_axis(c, axis, x->rank, 0, &axis));
    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 4)));
    if (x->count == 0) return OF_OK;
    l = of_lines_of(x, (size_t)axis);
    v = (double *)of_tmp(c, l.n, sizeof *v);
    if (!v) return of_nomem(c->err);
    for (size_t o = 0; o < l.outer; o++)
        for (size_t j = 0; j < l.inner; j++) {
            const size_t at = o * l.n * l.inner + j;
            double norm;
            of_read_f64(x, at, l.inner, v, l.n);
            norm =
                p == 1 ? of_reduce_f64(c, OF_RED_ABS, v, l.n) : sqrt(of_reduce_f64(c, OF_RED_SQ, v, l.n));
            for (size_t i = 0; i < l.n; i++) v[i] = norm == 0 ? 0 : v[i] / norm;
            of_write_f64(y, at, l.inner, v, l.n);
        }
    return OF_OK;
}

/* ---- MeanVarianceNormalization ---- */

static of_status of_mvn_axes(of_opctx *c, int32_t rank, bool *on)
{
    static const int64_t usual[] = {0, 2, 3};
    const int64_t *v;
    int64_t a;
    size_t n;

    OF_TRY(of_get_ints(c, "axes", &v, &n));
    if (!of_has_attr(c, "axes")) {
        v = usual;
        n = 3;
    }
    for (int32_t k = 0; k < rank; k++) on[k] = false;
    for (size_t k = 0; k < n; k++) {
        OF_TRY(of_norm_axis(c, v[k], rank, 0, &a));
        on[a] = true;
    }
    return OF_OK;
}

of_status of_infer_MeanVarianceNormalization(of_opctx *c)
{
    const int32_t rank = of_in_rank(c, 0);
    bool on[OF_MAX_RANK];

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    if (rank >= 0 && rank <= OF_MAX_RANK) OF_TRY(of_mvn_axes(c, rank, on));
    return of_same_as_in(c, 0, 0);
}

of_status of_eval_MeanVarianceNormalization(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    size_t sets = 1, members = 1, at[OF_MAX_RANK] = {0}, step[OF_MAX_RANK];
    bool on[OF_MAX_RANK];
    double *v, *sum, *square;
    size_t *set, s = 0;
    of_tensor *y;

    OF_TRY(of_mvn_axes(c, x->rank, on));
    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 8)));
    if (x->count == 0) return OF_OK;
    for (size_t k = x->rank; k-- > 0;) {
        step[k] = on[k] ? 0 : sets;
        if (on[k]) members *= (size_t)x->dims[k];
        else sets *= (size_t)x->dims[k];
    }
    v = (double *)of_tmp(c, (size_t)x->count, sizeof *v);
    set = (size_t *)of_tmp(c, (size_t)x->count, sizeof *set);
    sum = (double *)of_tmp(c, sets, 2 * sizeof *sum);
    if (!v || !set || !sum) return of_nomem(c->err);
    square = sum + sets;
    memset(sum, 0, 2 * sets * sizeof *sum);
    of_read_f64(x, 0, 1, v, (size_t)x->count);
    for (size_t i = 0; i < (size_t)x->count; i++) {
        set[i] = s;
        sum[s] += v[i];
        for (size_t k = x->rank; k-- > 0;) {
            s += step[k];
            if (++at[k] < (size_t)x->dims[k]) break;
            s -= step[k] * at[k];
            at[k] = 0;
        }
    }
    for (size_t i = 0; i < (size_t)x->count; i++) {
        v[i] -= sum[set[i]] / (double)members;
        square[set[i]] += v[i] * v[i];
    }
    /* The function body adds 1e-9 to the deviation. */
    for (size_t i = 0; i < (size_t)x->count; i++)
        v[i] /= sqrt(square[set[i]] / (double)members) + 1e-9;
    of_write_f64(y, 0, 1, v, (size_t)x->count);
    return OF_OK;
}
