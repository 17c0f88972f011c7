/* What RNN, GRU and LSTM share: attributes, checks, activations, the walk over time.
 *
 * Everything is computed in double; the state is rounded after each step to float32, or to
 * float64 for double tensors. Past the end of a sequence Y is 0 and the state stays. */
#ifndef OF_OPS_OP_RNN_H
#define OF_OPS_OP_RNN_H

#include "ops/op_mm.h"
#include "ops/op_numeric.h"

typedef struct of_rnn_act {
    uint8_t kind;
    double alpha, beta;
} of_rnn_act;

enum { OF_RNN_ACTS = 3 }; /* of one direction, at most */

typedef struct of_rnn of_rnn;
/* One step of one direction: from gx and h to h (and c). */
typedef of_status (*of_rnn_cell)(of_rnn *r);

struct of_rnn {
    of_opctx *c;
    uint32_t gates, acts; /* of one direction */
    uint32_t in_c, in_p;  /* LSTM: inputs initial_c and P; else 0 */
    const char *const *defaults;
    /* attributes */
    int64_t dirs, layout;
    bool reverse; /* the first direction runs backwards */
    double clip;  /* infinite: none */
    of_rnn_act act[2 * OF_RNN_ACTS];
    int64_t linear_before_reset, input_forget;
    /* evaluation */
    size_t seq, batch, input, hidden;
    of_rnn_cell cell;
    of_mm_job job;
    const double *x, *w, *r; /* w, r: of this direction */
    const int64_t *len;      /* of each sequence */
    const of_rnn_act *f;     /* activations of this direction */
    double *bw, *br;         /* biases, gates * hidden each */
    double *p;               /* peepholes, 3 * hidden; NULL: none */
    double *xs;              /* batch x input */
    double *gx, *gh;         /* batch x gates * hidden */
    double *h, *c_state;     /* batch x hidden */
    double *t;               /* batch x hidden, free for the cell */
};

of_status of_rnn_infer(of_rnn *r);
of_status of_rnn_eval(of_rnn *r);
/* out (m x n) = a (m x k) times the transpose of b (n x k) */
void of_rnn_mm(const of_rnn *r, const double *a, const double *b, double *out, size_t n, size_t k);
/* Activation of x, which is clipped first. */
double of_rnn_activate(const of_rnn *r, const of_rnn_act *a, double x);

#endif
