/* ai.onnx.preview.training: Gradient, whose results have the types of what it derives by and are
 * not evaluated; Adagrad, Adam, Momentum. Inputs are the rate R, the count T and
 * then n tensors of each kind (X, G and the states); outputs n new ones of each kind but G.
 * Computed in double, rounded once. */
#include "ops/op_protos.h"
#include "ops/op_moves.h"

#include <math.h>

typedef struct train {
    double r;        /* adjusted rate */
    double norm, norm_post, alpha, beta, epsilon;
    bool nesterov;
    uint32_t n;      /* tensors to optimize */
    uint32_t states; /* kinds of state: 1, or 2 for Adam */
    void (*step)(const struct train *t, double *x, double g, double *v, double *h);
} train;

static of_status train_infer(of_opctx *c, uint32_t states)
{
    const uint32_t kinds = 2 + states, n = c->n_in > 2 ? (c->n_in - 2) / kinds : 0;

    if (n == 0 || (c->n_in - 2) % kinds != 0 || c->node->n_out > n * (1 + states))
        return OF_INVALID(c, "%u inputs and %u outputs", c->n_in, c->node->n_out);
    for (uint32_t i = 0; i < c->n_in; i++) {
        OF_TRY(of_need_tensor(c, i));
        if (i < 2) continue;
        OF_TRY(of_need_same_dtype(c, 2 + (i - 2) % n, i));
        if (of_shape_is_static(of_in_shape(c, i)) && of_shape_is_static(of_in_shape(c, 2 + (i - 2) % n)) &&
            !of_shape_same(of_in_shape(c, i), of_in_shape(c, 2 + (i - 2) % n)))
            return OF_INVALID(c, "input %u has another shape than what it belongs to", i);
    }
    for (uint32_t i = 0; i < c->node->n_out; i++) {
        const uint32_t kind = i / n;
        OF_TRY(of_same_as_in(c, i, 2 + (kind ? kind + 1 : 0) * n + i % n));
    }
    return OF_OK;
}

/* Values of xs and then of zs; derivatives by each of xs. */
of_status of_infer_Gradient(of_opctx *c)
{
    const of_str *names;
    size_t xs, zs;
    of_str y;

    OF_TRY(of_get_strs(c, "xs", &names, &xs));
    OF_TRY(of_get_strs(c, "zs", &names, &zs));
    OF_TRY(of_get_str(c, "y", "", &y));
    if (xs == 0 || y.n == 0 || c->n_in != xs + zs || c->node->n_out > xs)
        return OF_INVALID(c, "%u inputs and %u outputs for %zu and %zu names", c->n_in, c->node->n_out, xs, zs);
    for (uint32_t i = 0; i < c->node->n_out; i++) OF_TRY(of_same_as_in(c, i, i));
    return OF_OK;
}

of_status of_infer_Adagrad(of_opctx *c)
{
    return train_infer(c, 1);
}

of_status of_infer_Momentum(of_opctx *c)
{
    return train_infer(c, 1);
}

of_status of_infer_Adam(of_opctx *c)
{
    return train_infer(c, 2);
}

static of_status train_scalar(of_opctx *c, uint32_t i, double *v)
{
    const of_tensor *t = of_in(c, i);

    if (t->count != 1 || (t->dtype != OF_FLOAT && t->dtype != OF_DOUBLE && t->dtype != OF_INT64))
        return OF_INVALID(c, "input %u is not a single number", i);
    of_to_f64((of_dtype)t->dtype, t->data, v, 1);
    return OF_OK;
}

static of_status train_attr(of_opctx *c, const char *name, float def, bool required, double *v)
{
    float f;

    if (required && !of_has_attr(c, name)) return OF_INVALID(c, "%s is missing", name);
    OF_TRY(of_get_float(c, name, def, &f));
    *v = (double)f;
    return OF_OK;
}

static double train_get(const of_tensor *t, int64_t i)
{
    return t->dtype == OF_FLOAT ? (double)((const float *)t->data)[i] : ((const double *)t->data)[i];
}

static void train_put(of_tensor *t, int64_t i, double v)
{
    if (!t) return;
    if (t->dtype == OF_FLOAT) ((float *)t->data)[i] = (float)v;
    else ((double *)t->data)[i] = v;
}

static of_status train_run(of_opctx *c, train *t)
{
    t->n = (c->n_in - 2) / (2 + t->states);
    for (uint32_t k = 0; k < t->n; k++) {
        const of_tensor *in[4] = {NULL};
        of_tensor *out[3] = {NULL};
        for (uint32_t j = 0; j < 2 + t->states; j++) in[j] = of_in(c, 2 + j * t->n + k);
        if (in[0]->dtype != OF_FLOAT && in[0]->dtype != OF_DOUBLE)
            return OF_UNSUP(c, "type %s", of_dtypes[in[0]->dtype].name);
        for (uint32_t j = 0; j < 1 + t->states; j++)
            if (j * t->n + k < c->node->n_out && of_wants_out(c, j * t->n + k)) OF_TRY(of_out(c, j * t->n + k, &out[j]));
        OF_TRY(of_work(c, of_sat_mul((uint64_t)in[0]->count, 8)));
        for (int64_t i = 0; i < in[0]->count; i++) {
            double x = train_get(in[0], i), v = train_get(in[2], i), h = in[3] ? train_get(in[3], i) : 0;
            t->step(t, &x, t->norm * x + train_get(in[1], i), &v, &h);
            train_put(out[0], i, x);
            train_put(out[1], i, v);
            train_put(out[2], i, h);
        }
    }
    return OF_OK;
}

static void adagrad_step(const train *t, double *x, double g, double *h, double *unused)
{
    (void)unused;
    *h += g * g;
    *x -= t->r * g / (sqrt(*h) + t->epsilon);
}

of_status of_eval_Adagrad(of_opctx *c)
{
    train t = {.states = 1, .step = adagrad_step};
    double count = 0, decay;

    OF_TRY(train_scalar(c, 0, &t.r));
    OF_TRY(train_scalar(c, 1, &count));
    OF_TRY(train_attr(c, "norm_coefficient", 0, false, &t.norm));
    OF_TRY(train_attr(c, "decay_factor", 0, false, &decay));
    OF_TRY(train_attr(c, "epsilon", 1e-6F, false, &t.epsilon));
    t.r /= 1 + count * decay;
    return train_run(c, &t);
}

static void adam_step(const train *t, double *x, double g, double *v, double *h)
{
    *v = t->alpha * *v + (1 - t->alpha) * g;
    *h = t->beta * *h + (1 - t->beta) * g * g;
    *x = (1 - t->norm_post) * (*x - t->r * *v / (sqrt(*h) + t->epsilon));
}

/* b to the power of an integer n >= 0: multiplications alone, alike on every machine. */
static double power(double b, int64_t n)
{
    double r = 1;

    for (; n > 0; n /= 2, b *= b)
        if (n & 1) r *= b;
    return r;
}

of_status of_eval_Adam(of_opctx *c)
{
    train t = {.states = 2, .step = adam_step};
    double count = 0;

    OF_TRY(train_scalar(c, 0, &t.r));
    OF_TRY(train_scalar(c, 1, &count));
    OF_TRY(train_attr(c, "alpha", 0.9F, false, &t.alpha));
    OF_TRY(train_attr(c, "beta", 0.999F, false, &t.beta));
    OF_TRY(train_attr(c, "epsilon", 1e-6F, false, &t.epsilon));
    OF_TRY(train_attr(c, "norm_coefficient", 0, false, &t.norm));
    OF_TRY(train_attr(c, "norm_coefficient_post", 0, false, &t.norm_post));
    if (of_in(c, 1)->dtype != OF_INT64) return OF_INVALID(c, "the update count is no int64");
    if (count > 0) {
        const int64_t n = *(const int64_t *)of_in(c, 1)->data;
        t.r = t.r * sqrt(1 - power(t.beta, n)) / (1 - power(t.alpha, n));
    }
    return train_run(c, &t);
}

static void momentum_step(const train *t, double *x, double g, double *v, double *unused)
{
    (void)unused;
    *v = t->alpha * *v + t->beta * g;
    *x -= t->r * (t->nesterov ? g + t->alpha * *v : *v);
}

of_status of_eval_Momentum(of_opctx *c)
{
    train t = {.states = 1, .step = momentum_step};
    double count = 0;
    of_str mode;

    OF_TRY(train_scalar(c, 0, &t.r));
    OF_TRY(train_scalar(c, 1, &count));
    OF_TRY(train_attr(c, "alpha", 0, true, &t.alpha));
    OF_TRY(train_attr(c, "beta", 0, true, &t.beta));
    OF_TRY(train_attr(c, "norm_coefficient", 0, true, &t.norm));
    OF_TRY(of_get_str(c, "mode", "", &mode));
    t.nesterov = of_str_is(mode, "nesterov");
    if (!t.nesterov && !of_str_is(mode, "standard")) return OF_INVALID(c, "mode is neither standard nor nesterov");
    if (!(count > 0)) t.beta = 1;
    return train_run(c, &t);
}
