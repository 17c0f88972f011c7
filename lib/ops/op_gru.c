/* GRU. */
#include "ops/op_rnn.h"

/* gx, gh, biases: update z, reset r, hidden h. */
static of_status of_gru_step(of_rnn *r)
{
    const size_t n = r->hidden, rows = 3 * n;
    const bool linear = r->linear_before_reset != 0;

    of_rnn_mm(r, r->h, r->r, r->gh, linear ? rows : 2 * n, n);
    for (size_t b = 0; b < r->batch; b++)
        for (size_t k = 0; k < 2 * n; k++) {
            double *g = &r->gx[b * rows + k];
            *g += r->gh[b * (linear ? rows : 2 * n) + k] + r->bw[k] + r->br[k];
            *g = of_rnn_activate(r, &r->f[0], *g);
        }
    if (!linear) {
        for (size_t b = 0; b < r->batch; b++)
            for (size_t k = 0; k < n; k++)
                r->t[b * n + k] = r->gx[b * rows + n + k] * r->h[b * n + k];
        of_rnn_mm(r, r->t, r->r + 2 * n * n, r->gh, n, n);
    }
    for (size_t b = 0; b < r->batch; b++)
        for (size_t k = 0; k < n; k++) {
            const double *g = r->gx + b * rows, z = g[k], reset = g[n + k];
            double *h = &r->h[b * n + k], hidden = g[2 * n + k] + r->bw[2 * n + k];
            if (linear) hidden += reset * (r->gh[b * rows + 2 * n + k] + r->br[2 * n + k]);
            else hidden += r->gh[b * n + k] + r->br[2 * n + k];
            hidden = of_rnn_activate(r, &r->f[1], hidden);
            *h = (1 - z) * hidden + z * *h;
        }
    return OF_OK;
}

static const char *const of_gru_defaults[] = {"Sigmoid", "Tanh"};

static of_status of_gru_of(of_opctx *c, of_rnn *r)
{
    *r = (of_rnn){.c = c, .gates = 3, .acts = 2, .defaults = of_gru_defaults, .cell = of_gru_step};
    if (c->opset < 3) return OF_OK;
    return of_get_int(c, "linear_before_reset", 0, &r->linear_before_reset);
}

of_status of_infer_GRU(of_opctx *c)
{
    of_rnn r;

    OF_TRY(of_gru_of(c, &r));
    return of_rnn_infer(&r);
}

of_status of_eval_GRU(of_opctx *c)
{
    of_rnn r;

    OF_TRY(of_gru_of(c, &r));
    return of_rnn_eval(&r);
}
