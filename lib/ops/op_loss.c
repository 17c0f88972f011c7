/* NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss: computed in double, rounded once. */
#include "ops/op_numeric.h"

#include "kern/kern_mathd.h"

typedef enum of_reduction { OF_RED_NONE, OF_RED_ADD, OF_RED_AVERAGE } of_reduction;

static of_status of_loss_attrs(of_opctx *c, of_reduction *red, int64_t *ignore)
{
    of_str s;

    OF_TRY(of_get_str(c, "reduction", "mean", &s));
    OF_TRY(of_get_int(c, "ignore_index", 0, ignore));
    *red = of_str_is(s, "none") ? OF_RED_NONE : of_str_is(s, "sum") ? OF_RED_ADD : OF_RED_AVERAGE;
    if (*red == OF_RED_AVERAGE && !of_str_is(s, "mean"))
        return OF_INVALID(c, "reduction is %.*s", of_clip(s.n), s.p);
    return OF_OK;
}

/* Scores (N, C, d1, ...), labels (N, d1, ...), weights (C). */
static of_status of_loss_infer(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0), *t = of_in_shape(c, 1), *w = of_in_shape(c, 2);
    of_shape s = of_shape_unknown();
    of_reduction red;
    int64_t ignore;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_want_types(c, 1, OF_TS(OF_INT32) | OF_TS(OF_INT64)));
    OF_TRY(of_want_types(c, 2, OF_TS_FLOAT));
    OF_TRY(of_want_same(c, 0, 2));
    OF_TRY(of_loss_attrs(c, &red, &ignore));
    OF_TRY(of_want_rank(c, 2, 1));
    if (x->rank >= 0 && x->rank < 2) return OF_INVALID(c, "the scores have rank %d", (int)x->rank);
    if (x->rank >= 0) OF_TRY(of_want_rank(c, 1, x->rank - 1));
    for (int32_t k = 0; x->rank >= 0 && k < t->rank; k++) {
        const of_dim d = x->d[k ? k + 1 : 0];
        if (of_dim_is_num(d) && of_dim_is_num(t->d[k]) && d.k != t->d[k].k)
            return OF_INVALID(c, "scores and labels do not agree in dimension %d", (int)k);
    }
    if (x->rank >= 0 && w->rank == 1 && of_dim_is_num(w->d[0]) && of_dim_is_num(x->d[1]) &&
        w->d[0].k != x->d[1].k)
        return OF_INVALID(c, "%lld weights for %lld classes", (long long)w->d[0].k,
                          (long long)x->d[1].k);
    if (red != OF_RED_NONE) {
        s = of_shape_new(c, 0);
    } else if (x->rank >= 0 || t->rank >= 0) {
        s = of_shape_new(c, x->rank >= 0 ? x->rank - 1 : t->rank);
        for (int32_t k = 0; k < s.rank; k++) {
            const of_dim d = x->rank >= 0 ? x->d[k ? k + 1 : 0] : of_dim_unknown();
            s.d[k] = of_dim_is_num(d) || t->rank < 0 ? d : t->d[k];
        }
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_infer_NegativeLogLikelihoodLoss(of_opctx *c)
{
    return of_loss_infer(c);
}

of_status of_infer_SoftmaxCrossEntropyLoss(of_opctx *c)
{
    OF_TRY(of_loss_infer(c));
    return of_set_out(c, 1, of_in_dtype(c, 0), *of_in_shape(c, 0));
}

/* Logarithms of the softmax of n values. */
static void of_loss_log_softmax(double *v, size_t n)
{
    double top = v[0], sum = 0;

    for (size_t i = 1; i < n; i++) top = v[i] > top || v[i] != v[i] ? v[i] : top;
    for (size_t i = 0; i < n; i++) sum += of_m_exp(v[i] - top);
    sum = of_m_log(sum);
    for (size_t i = 0; i < n; i++) v[i] = v[i] - top - sum;
}

static of_status of_loss_eval(of_opctx *c, bool softmax)
{
    const of_tensor *x = of_in(c, 0), *labels = of_in(c, 1),
                    *weights = of_has_in(c, 2) ? of_in(c, 2) : NULL;
    const of_lines l = of_lines_of(x, 1);
    const bool skips = of_has_attr(c, "ignore_index");
    double *v, total = 0, weight_sum = 0, loss;
    of_tensor *y, *log_prob = NULL;
    of_reduction red;
    int64_t ignore, label = 0;

    OF_TRY(of_loss_attrs(c, &red, &ignore));
    OF_TRY(of_out(c, 0, &y));
    if (softmax && of_wants_out(c, 1)) OF_TRY(of_out(c, 1, &log_prob));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, softmax ? 24 : 2)));
    v = (double *)of_tmp(c, l.n, sizeof *v);
    if (!v) return of_nomem(c->err);
    for (size_t o = 0; o < l.outer; o++)
        for (size_t j = 0; j < l.inner; j++) {
            const size_t at = o * l.inner + j;
            double w = 1;
            (void)of_tensor_get_i64(labels, (int64_t)at, &label);
            if (softmax && l.n) {
                of_read_f64(x, o * l.n * l.inner + j, l.inner, v, l.n);
                of_loss_log_softmax(v, l.n);
                if (log_prob) of_write_f64(log_prob, o * l.n * l.inner + j, l.inner, v, l.n);
            }
            loss = 0;
            if (skips && label == ignore) {
                w = 0;
            } else {
                if (label < 0 || (uint64_t)label >= l.n)
                    return OF_INVALID(c, "label %lld of %zu classes", (long long)label, l.n);
                if (weights) of_read_f64(weights, (size_t)label, 1, &w, 1);
                if (softmax) loss = v[label];
                else of_read_f64(x, (o * l.n + (size_t)label) * l.inner + j, 1, &loss, 1);
                loss = -loss * w;
            }
            if (red == OF_RED_NONE) of_write_f64(y, at, 1, &loss, 1);
            total += loss;
            weight_sum += w;
        }
    if (red == OF_RED_NONE) return OF_OK;
    /* 0 / 0 is nothing that implementations agree on. */
    if (red == OF_RED_AVERAGE && weight_sum == 0) return OF_UNSUP(c, "the mean of no loss");
    if (red == OF_RED_AVERAGE) total /= weight_sum;
    of_write_f64(y, 0, 1, &total, 1);
    return OF_OK;
}

of_status of_eval_NegativeLogLikelihoodLoss(of_opctx *c)
{
    return of_loss_eval(c, false);
}

of_status of_eval_SoftmaxCrossEntropyLoss(of_opctx *c)
{
    return of_loss_eval(c, true);
}
