/* BatchNormalization: with given statistics, and in training mode: from version 14 on, before where
 * only Y is read. */
#include "kern/kern_dd.h"
#include "ops/op_numeric.h"

#include <math.h>
#include <string.h>

typedef struct of_bn {
    float epsilon, momentum;
    int64_t training, spatial;
} of_bn;

static of_status of_bn_attrs(of_opctx *c, of_bn *b)
{
    int64_t test = 1;

    OF_TRY(of_get_float(c, "epsilon", 1e-5f, &b->epsilon));
    OF_TRY(of_get_float(c, "momentum", 0.9f, &b->momentum));
    b->training = 0;
    b->spatial = 1;
    if (c->opset >= 14) return of_get_int(c, "training_mode", 0, &b->training);
    if (c->opset < 9) OF_TRY(of_get_int(c, "spatial", 1, &b->spatial));
    if (c->opset < 7) OF_TRY(of_get_int(c, "is_test", 0, &test));
    b->training = !test;
    for (uint32_t i = 1; i < 5; i++)
        if (of_wants_out(c, i)) b->training = 1;
    return OF_OK;
}

of_status of_infer_BatchNormalization(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    of_bn b;

    for (uint32_t i = 0; i < 5; i++) OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
    OF_TRY(of_bn_attrs(c, &b));
    if (x->rank == 0) return OF_INVALID(c, "input 0 is a scalar");
    for (uint32_t i = 1; i < 5; i++) {
        const of_shape *s = of_in_shape(c, i);
        if (!b.spatial || s->rank < 0) continue;
        OF_TRY(of_want_rank(c, i, 1));
        if (x->rank < 0) continue;
        if (of_dim_is_num(s->d[0]) && (x->rank < 2 || of_dim_is_num(x->d[1])) &&
            s->d[0].k != (x->rank < 2 ? 1 : x->d[1].k))
            return OF_INVALID(c, "input %u does not have one number a channel", i);
    }
    OF_TRY(of_same_as_in(c, 0, 0));
    for (uint32_t i = 1; i < 5; i++)
        OF_TRY(of_set_out(c, i, of_in_dtype(c, i % 2 ? 3 : 4), *of_in_shape(c, i % 2 ? 3 : 4)));
    return OF_OK;
}

/* Mean and variance of each channel over all else. */
static void of_bn_statistics(const of_tensor *x, of_lines l, double *v, double *mean, double *var)
{
    const double n = (double)(l.outer * l.inner);

    memset(mean, 0, l.n * sizeof *mean);
    memset(var, 0, l.n * sizeof *var);
    for (int pass = 0; pass < 2; pass++) {
        double *sum = pass ? var : mean;
        for (size_t o = 0; o < l.outer; o++)
            for (size_t ch = 0; ch < l.n; ch++) {
                of_read_f64(x, (o * l.n + ch) * l.inner, 1, v, l.inner);
                for (size_t i = 0; i < l.inner; i++)
                    sum[ch] += pass ? (v[i] - mean[ch]) * (v[i] - mean[ch]) : v[i];
            }
        for (size_t ch = 0; ch < l.n; ch++) sum[ch] /= n;
    }
}

/* The running statistics: what was, by the momentum, and what is now. */
static of_status of_bn_running(of_opctx *c, uint32_t out, const of_tensor *was, const double *now,
                               double momentum)
{
    of_tensor *y;

    OF_TRY(of_out(c, out, &y));
    for (size_t i = 0; i < (size_t)was->count; i++) {
        double v;
        of_read_f64(was, i, 1, &v, 1);
        v = v * momentum + now[i] * (1 - momentum);
        of_write_f64(y, i, 1, &v, 1);
    }
    return OF_OK;
}

/* Up to version 13 other outputs ask for training mode, as 7 and 9 say (case 1); their texts leave
 * open what exactly these outputs hold, so there is Y alone, where nobody reads the others. */
static bool of_bn_trains(const of_opctx *c)
{
    bool asked = false;

    if (c->opset >= 14) return true;
    for (uint32_t i = 1; i < c->node->n_out; i++) {
        const of_value *v = of_out_value(c->node, i);
        if (v && v->n_uses) return false;
        asked = asked || v;
    }
    return c->opset >= 7 && asked;
}

/* Outputs that nobody reads: the statistics, each as what it is called. */
static of_status of_bn_unread(of_opctx *c, double *const *p)
{
    for (uint32_t i = 1; i < c->node->n_out; i++)
        if (of_wants_out(c, i)) OF_TRY(of_bn_running(c, i, of_in(c, i % 2 ? 3 : 4), p[i % 2 ? 2 : 3], 0.0));
    return OF_OK;
}

/* A double by way of pairs of them, unless one of these is no number. */
static double of_bn_exact(double x, double mean, of_dd k, double scale, double dev, double bias)
{
    const of_dd r = of_dd_add_d(of_dd_mul(of_two_sum(x, -mean), k), bias);

    return r.h - r.h == 0 ? r.h : (x - mean) / dev * scale + bias;
}

of_status of_eval_BatchNormalization(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    of_lines l;
    double *p[4], *v;
    size_t channels;
    of_stage stage = {0};
    of_tensor *y;
    of_bn b;

    OF_TRY(of_bn_attrs(c, &b));
    if (b.training && !of_bn_trains(c)) return OF_UNSUP(c, "training mode");
    if (b.training && x->count == 0) return OF_INVALID(c, "the mean of no elements is undefined");
    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, b.training ? 8 : 4)));
    if (x->count == 0) return OF_OK;
    if (x->rank < 2) l = (of_lines){(size_t)x->count, 1, 1};
    else l = of_lines_of(x, 1);
    if (!b.spatial) l = (of_lines){l.outer, l.n * l.inner, 1}; /* each activation has its own */
    channels = l.n;
    v = (double *)of_tmp(c, l.inner, sizeof *v);
    for (uint32_t i = 0; i < 4; i++) {
        const of_tensor *t = of_in(c, i + 1);
        if ((size_t)t->count != channels)
            return OF_INVALID(c, "input %u has %lld numbers", i + 1, (long long)t->count);
        p[i] = (double *)of_tmp(c, channels, sizeof **p);
        if (!p[i] || !v) return of_nomem(c->err);
        of_read_f64(t, 0, 1, p[i], channels);
    }
    if (b.training) {
        of_bn_statistics(x, l, v, p[2], p[3]);
        if (c->opset < 14) OF_TRY(of_bn_unread(c, p));
        else {
            OF_TRY(of_bn_running(c, 1, of_in(c, 3), p[2], (double)b.momentum));
            OF_TRY(of_bn_running(c, 2, of_in(c, 4), p[3], (double)b.momentum));
        }
    }
    if (x->dtype == OF_FLOAT) OF_TRY(of_stage_make(c, y, &stage));
    for (size_t o = 0; o < l.outer; o++)
        for (size_t ch = 0; ch < l.n; ch++) {
            const size_t at = (o * l.n + ch) * l.inner;
            const double dev = sqrt(p[3][ch] + (double)b.epsilon);
            if (x->dtype == OF_FLOAT) {
                for (size_t i = 0; i < l.inner; i += OF_STAGE_BLOCK) {
                    const size_t m = l.inner - i < OF_STAGE_BLOCK ? l.inner - i : OF_STAGE_BLOCK;
                    c->kern->norm.standard(of_stage_at(&stage, at + i), (const float *)x->data + at + i, p[2][ch], dev,
                                           p[0][ch], p[1][ch], m);
                    of_stage_out(&stage, at + i, m);
                }
                continue;
            }
            of_read_run(c, x, at, v, l.inner);
            if (x->dtype == OF_DOUBLE) {
                const of_dd k =
                    of_dd_div((of_dd){p[0][ch], 0}, of_dd_sqrt(of_two_sum(p[3][ch], (double)b.epsilon)));
                for (size_t i = 0; i < l.inner; i++) v[i] = of_bn_exact(v[i], p[2][ch], k, p[0][ch], dev, p[1][ch]);
            } else {
                for (size_t i = 0; i < l.inner; i++)
                    v[i] = (v[i] - p[2][ch]) / dev * p[0][ch] + p[1][ch];
            }
            of_write_run(c, y, at, v, l.inner);
        }
    if (x->dtype == OF_FLOAT) of_stage_end(&stage);
    return OF_OK;
}
