/* LSTM. */
#include "ops/op_rnn.h"

/* gx, gh, biases: input i, output o, forget f, cell c; peepholes: i, o, f. */
static of_status of_lstm_step(of_rnn *r)
{
    const size_t n = r->hidden, rows = 4 * n;

    of_rnn_mm(r, r->h, r->r, r->gh, rows, n);
    for (size_t b = 0; b < r->batch; b++)
        for (size_t k = 0; k < n; k++) {
            double *cs = &r->c_state[b * n + k], g[4], in, out, forget, cell;
            for (size_t q = 0; q < 4; q++) {
                const size_t at = b * rows + q * n + k;
                g[q] = r->gx[at] + r->gh[at] + r->bw[q * n + k] + r->br[q * n + k];
            }
            if (r->p) {
                g[0] += r->p[k] * *cs;
                g[2] += r->p[2 * n + k] * *cs;
            }
            in = of_rnn_activate(r, &r->f[0], g[0]);
            forget = r->input_forget ? 1 - in : of_rnn_activate(r, &r->f[0], g[2]);
            cell = of_rnn_activate(r, &r->f[1], g[3]);
            *cs = forget * *cs + in * cell;
            if (r->p) g[1] += r->p[n + k] * *cs;
            out = of_rnn_activate(r, &r->f[0], g[1]);
            /* Implementations do not agree on whether the clip is for h too. */
            if (*cs > r->clip || *cs < -r->clip) return OF_UNSUP(r->c, "the cell exceeds the clip");
            r->h[b * n + k] = out * of_rnn_activate(r, &r->f[2], *cs);
        }
    return OF_OK;
}

static const char *const of_lstm_defaults[] = {"Sigmoid", "Tanh", "Tanh"};

static of_status of_lstm_of(of_opctx *c, of_rnn *r)
{
    *r = (of_rnn){.c = c,
                  .gates = 4,
                  .acts = 3,
                  .in_c = 6,
                  .in_p = 7,
                  .defaults = of_lstm_defaults,
                  .cell = of_lstm_step};
    return of_get_int(c, "input_forget", 0, &r->input_forget);
}

of_status of_infer_LSTM(of_opctx *c)
{
    of_rnn r;

    OF_TRY(of_lstm_of(c, &r));
    return of_rnn_infer(&r);
}

of_status of_eval_LSTM(of_opctx *c)
{
    of_rnn r;

    OF_TRY(of_lstm_of(c, &r));
    return of_rnn_eval(&r);
}
