/* LinearAttention and CausalConvWithState: recurrences over a sequence, kept in double and
 * rounded once on the way out. */
#include "ops/op_attention.h"

#include <math.h>
#include <string.h>

#include "kern/kern_mathd.h"

/* ---- LinearAttention ---- */

typedef struct of_lin {
    int64_t q_heads, kv_heads;
    float scale;
    bool gated, delta;
} of_lin;

static of_status of_lin_attrs(of_opctx *c, of_lin *l)
{
    of_str rule;

    OF_TRY(of_get_int(c, "q_num_heads", 0, &l->q_heads));
    OF_TRY(of_get_int(c, "kv_num_heads", 0, &l->kv_heads));
    OF_TRY(of_get_float(c, "scale", 0, &l->scale));
    OF_TRY(of_get_str(c, "update_rule", "gated_delta", &rule));
    if (l->q_heads <= 0 || l->kv_heads <= 0 || l->q_heads % l->kv_heads)
        return OF_INVALID(c, "%lld heads of queries on %lld of keys", (long long)l->q_heads,
                          (long long)l->kv_heads);
    l->gated = of_str_is(rule, "gated") || of_str_is(rule, "gated_delta");
    l->delta = of_str_is(rule, "delta") || of_str_is(rule, "gated_delta");
    if (!l->gated && !l->delta && !of_str_is(rule, "linear"))
        return OF_INVALID(c, "update_rule is %.*s", of_clip(rule.n), rule.p);
    if (of_has_in(c, 4) != l->gated) return OF_INVALID(c, "decay does not go with update_rule");
    if (of_has_in(c, 5) != l->delta) return OF_INVALID(c, "beta does not go with update_rule");
    return OF_OK;
}

static of_status of_lin_width(of_opctx *c, of_dim d, int64_t heads, of_dim *w)
{
    *w = of_dim_unknown();
    if (of_dim_is_num(d)) {
        if (d.k % heads)
            return OF_INVALID(c, "%lld elements are not %lld heads", (long long)d.k,
                              (long long)heads);
        *w = of_dim_num(d.k / heads);
    } else if (of_dim_known(d)) {
        (void)of_dim_div_exact(c->m->dims, d, of_dim_num(heads), w);
    }
    return OF_OK;
}

of_status of_infer_LinearAttention(of_opctx *c)
{
    const of_shape *q = of_in_shape(c, 0), *v = of_in_shape(c, 2);
    of_dim batch = of_dim_unknown(), len = batch, dk = batch, dv = batch, width = batch;
    of_shape y, state;
    of_lin l;

    for (uint32_t i = 0; i < 6; i++) {
        OF_TRY(of_want_types(c, i, OF_TS_F16 | OF_TS(OF_FLOAT)));
        if (i != 3) OF_TRY(of_want_same(c, 0, i));
    }
    OF_TRY(of_lin_attrs(c, &l));
    for (uint32_t i = 0; i < 3; i++) OF_TRY(of_want_rank(c, i, 3));
    if (q->rank == 3) {
        batch = q->d[0];
        len = q->d[1];
        OF_TRY(of_lin_width(c, q->d[2], l.q_heads, &dk));
    }
    if (v->rank == 3) OF_TRY(of_lin_width(c, v->d[2], l.kv_heads, &dv));
    width = of_dim_mul(c->m->dims, dk, of_dim_num(l.kv_heads));
    OF_TRY(of_want_dims(c, 1, 3, (of_dim[]){batch, len, width}));
    OF_TRY(of_want_dims(c, 2, 3, (of_dim[]){batch, len, of_dim_unknown()}));
    OF_TRY(of_want_dims(c, 3, 4, (of_dim[]){batch, of_dim_num(l.kv_heads), dk, dv}));
    OF_TRY(of_want_dims(c, 4, 3, (of_dim[]){batch, len, of_dim_unknown()}));
    OF_TRY(of_want_dims(c, 5, 3, (of_dim[]){batch, len, of_dim_unknown()}));
    y = of_shape_new(c, 3);
    state = of_shape_new(c, 4);
    if (y.rank < 0 || state.rank < 0) return of_set_out(c, 0, OF_UNDEFINED, y);
    y.d[0] = state.d[0] = batch;
    y.d[1] = len;
    y.d[2] = of_dim_mul(c->m->dims, dv, of_dim_num(l.q_heads));
    state.d[1] = of_dim_num(l.kv_heads);
    state.d[2] = dk;
    state.d[3] = dv;
    OF_TRY(of_set_out(c, 0, of_in_dtype(c, 0), y));
    return of_set_out(c, 1, of_in_dtype(c, of_has_in(c, 3) ? 3 : 0), state);
}

typedef struct of_lin_run {
    of_heads q, k, v;
    size_t dk, dv, decays, betas; /* values of decay and beta at one place */
    const of_tensor *decay, *beta;
    of_lin l;
    double scale, *s, *qd, *kd, *vd, *gd; /* s: dk x dv */
} of_lin_run;

/* The state after one more place. */
static void of_lin_step(of_lin_run *r, size_t b, size_t h, size_t t)
{
    const size_t dk = r->dk, dv = r->dv, at = b * r->k.rows + t;

    of_read_f64(r->k.t, of_heads_at(&r->k, b, h, t), 1, r->kd, dk);
    of_read_f64(r->v.t, of_heads_at(&r->v, b, h, t), 1, r->vd, dv);
    if (r->decay) {
        const bool each = r->decays != r->k.heads;
        of_read_f64(r->decay, at * r->decays + h * (each ? dk : 1), 1, r->gd, each ? dk : 1);
        for (size_t i = 0; i < dk; i++) {
            const double g = of_m_exp(r->gd[each ? i : 0]);
            for (size_t j = 0; j < dv; j++) r->s[i * dv + j] *= g;
        }
    }
    if (r->beta) {
        double beta;
        of_read_f64(r->beta, at * r->betas + (r->betas == 1 ? 0 : h), 1, &beta, 1);
        for (size_t j = 0; j < dv; j++) {
            double seen = 0;
            for (size_t i = 0; i < dk; i++) seen += r->s[i * dv + j] * r->kd[i];
            r->vd[j] = beta * (r->vd[j] - seen);
        }
    }
    for (size_t i = 0; i < dk; i++)
        for (size_t j = 0; j < dv; j++) r->s[i * dv + j] += r->kd[i] * r->vd[j];
}

static void of_lin_read(of_lin_run *r, size_t b, size_t h, size_t t, of_tensor *y)
{
    of_read_f64(r->q.t, of_heads_at(&r->q, b, h, t), 1, r->qd, r->dk);
    for (size_t j = 0; j < r->dv; j++) {
        double sum = 0;
        for (size_t i = 0; i < r->dk; i++) sum += r->qd[i] * r->s[i * r->dv + j];
        r->vd[j] = r->scale * sum;
    }
    of_write_f64(y, ((b * r->q.rows + t) * r->q.heads + h) * r->dv, 1, r->vd, r->dv);
}

static of_status of_lin_setup(of_opctx *c, of_lin_run *r)
{
    const of_tensor *q = of_in(c, 0), *k = of_in(c, 1), *v = of_in(c, 2);

    OF_TRY(of_lin_attrs(c, &r->l));
    r->dk = (size_t)(q->dims[2] / r->l.q_heads);
    r->dv = (size_t)(v->dims[2] / r->l.kv_heads);
    r->q = (of_heads){q, (size_t)r->l.q_heads, (size_t)q->dims[1], r->dk, true};
    r->k = (of_heads){k, (size_t)r->l.kv_heads, (size_t)k->dims[1], r->dk, true};
    r->v = (of_heads){v, (size_t)r->l.kv_heads, (size_t)v->dims[1], r->dv, true};
    r->decay = of_has_in(c, 4) ? of_in(c, 4) : NULL;
    r->beta = of_has_in(c, 5) ? of_in(c, 5) : NULL;
    r->decays = r->decay ? (size_t)r->decay->dims[2] : 0;
    r->betas = r->beta ? (size_t)r->beta->dims[2] : 0;
    if (r->decay && r->decays != r->k.heads && r->decays != r->k.heads * r->dk)
        return OF_INVALID(c, "decay has %zu values at each place", r->decays);
    if (r->beta && r->betas != 1 && r->betas != r->k.heads)
        return OF_INVALID(c, "beta has %zu values at each place", r->betas);
    if (r->dk == 0) return OF_UNSUP(c, "attention to nothing");
    r->scale = r->l.scale == 0 ? 1 / sqrt((double)r->dk) : (double)r->l.scale;
    return OF_OK;
}

of_status of_eval_LinearAttention(of_opctx *c)
{
    of_lin_run r = {.scale = 0};
    size_t state, groups, batch;
    of_tensor *y, *last;

    OF_TRY(of_lin_setup(c, &r));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_out(c, 1, &last));
    batch = (size_t)r.q.t->dims[0];
    OF_TRY(of_work(c, of_sat_mul(of_sat_mul((uint64_t)batch * (r.q.heads + r.k.heads), r.q.rows),
                                 of_sat_mul(r.dk, 5 * r.dv + 10))));
    if (!of_mul_size(r.dk, r.dv, &state)) return of_nomem(c->err);
    r.s = (double *)of_tmp(c, state, sizeof(double));
    r.qd = (double *)of_tmp(c, r.dk, 3 * sizeof(double));
    r.vd = (double *)of_tmp(c, r.dv, sizeof(double));
    if (!r.s || !r.qd || !r.vd) return of_nomem(c->err);
    r.kd = r.qd + r.dk;
    r.gd = r.kd + r.dk;
    groups = r.q.heads / r.k.heads;
    for (size_t b = 0; b < batch; b++)
        for (size_t h = 0; h < r.k.heads; h++) {
            const size_t at = (b * r.k.heads + h) * state;
            if (of_has_in(c, 3)) of_read_f64(of_in(c, 3), at, 1, r.s, state);
            else
                for (size_t i = 0; i < state; i++) r.s[i] = 0;
            for (size_t t = 0; t < r.q.rows; t++) {
                of_lin_step(&r, b, h, t);
                for (size_t g = 0; g < groups; g++) of_lin_read(&r, b, h * groups + g, t, y);
            }
            of_write_f64(last, at, 1, r.s, state);
        }
    return OF_OK;
}

/* ---- CausalConvWithState ---- */

static of_status of_causal_silu(of_opctx *c, bool *silu)
{
    of_str act;

    OF_TRY(of_get_str(c, "activation", "none", &act));
    *silu = of_str_is(act, "silu") || of_str_is(act, "swish");
    if (!*silu && !of_str_is(act, "none"))
        return OF_INVALID(c, "activation is %.*s", of_clip(act.n), act.p);
    return OF_OK;
}

of_status of_infer_CausalConvWithState(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0), *w = of_in_shape(c, 1);
    of_dim batch = of_dim_unknown(), channels = batch, before = batch;
    of_shape state;
    bool silu;

    for (uint32_t i = 0; i < 4; i++) {
        OF_TRY(of_want_types(c, i, OF_TS_F16 | OF_TS(OF_FLOAT)));
        OF_TRY(of_want_same(c, 0, i));
    }
    OF_TRY(of_causal_silu(c, &silu));
    OF_TRY(of_want_rank(c, 0, 3));
    OF_TRY(of_want_rank(c, 1, 3));
    if (x->rank == 3) {
        batch = x->d[0];
        channels = x->d[1];
    }
    if (w->rank == 3) {
        if (!of_dim_is_num(channels)) channels = of_dim_is_num(w->d[0]) ? w->d[0] : channels;
        before = of_dim_sub(c->m->dims, w->d[2], of_dim_num(1));
        if (of_dim_is_num(w->d[2]) && w->d[2].k < 1) return OF_INVALID(c, "the kernel is empty");
    }
    OF_TRY(of_want_dims(c, 1, 3, (of_dim[]){channels, of_dim_num(1), of_dim_unknown()}));
    OF_TRY(of_want_dims(c, 2, 1, (of_dim[]){channels}));
    OF_TRY(of_want_dims(c, 3, 3, (of_dim[]){batch, channels, before}));
    OF_TRY(of_same_as_in(c, 0, 0));
    state = of_shape_new(c, 3);
    if (state.rank == 3) memcpy(state.d, (of_dim[]){batch, channels, before}, 3 * sizeof(of_dim));
    return of_set_out(c, 1, of_in_dtype(c, 0), state);
}

of_status of_eval_CausalConvWithState(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *w = of_in(c, 1);
    const size_t k = (size_t)w->dims[2], n = (size_t)x->dims[2], channels = (size_t)x->dims[1];
    of_tensor *y, *last;
    double *in, *kernel;
    size_t all;
    bool silu;

    OF_TRY(of_causal_silu(c, &silu));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_out(c, 1, &last));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count + (uint64_t)last->count, k + 12)));
    if (!of_add_size(n, k, &all)) return of_nomem(c->err);
    in = (double *)of_tmp(c, all, sizeof *in); /* state, then input */
    kernel = (double *)of_tmp(c, k, sizeof *kernel);
    if (!in || !kernel) return of_nomem(c->err);
    for (size_t row = 0; row < (size_t)x->dims[0] * channels; row++) {
        double bias = 0;
        of_read_f64(w, row % channels * k, 1, kernel, k);
        if (of_has_in(c, 2)) of_read_f64(of_in(c, 2), row % channels, 1, &bias, 1);
        if (of_has_in(c, 3)) of_read_f64(of_in(c, 3), row * (k - 1), 1, in, k - 1);
        else
            for (size_t i = 0; i + 1 < k; i++) in[i] = 0;
        of_read_f64(x, row * n, 1, in + k - 1, n);
        of_write_f64(last, row * (k - 1), 1, in + n, k - 1);
        for (size_t i = 0; i < n; i++) {
            double sum = 0;
            for (size_t j = 0; j < k; j++) sum += in[i + j] * kernel[j];
            in[i] = of_step((of_dtype)x->dtype, sum + bias);
            if (silu) in[i] *= of_m_sigmoid(in[i]);
        }
        of_write_f64(y, row * n, 1, in, n);
    }
    return OF_OK;
}
