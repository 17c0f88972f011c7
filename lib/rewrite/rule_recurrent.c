/* Recurrent layers: `zero_initial_state`. */
#include <math.h>

#include "rewrite/rw.h"

#define OF_LOOKS 24  /* values looked at behind one state */
#define OF_WAITING 8 /* of them, those still to be looked at */

/* Whether the operator only picks, repeats or arranges elements of input 0. */
static bool of_arranges(int op)
{
    switch (op) {
    case OF_R_Expand:
    case OF_R_Flatten:
    case OF_R_Gather:
    case OF_R_Identity:
    case OF_R_Reshape:
    case OF_R_Slice:
    case OF_R_Split:
    case OF_R_Squeeze:
    case OF_R_Tile:
    case OF_R_Transpose:
    case OF_R_Unsqueeze: return true;
    default: return false;
    }
}

static of_status of_fills_with_zero(of_rw *rw, const of_node *n, bool *yes)
{
    of_tensor *t;

    *yes = false;
    OF_TRY(of_rw_fill(rw, n, &t));
    if (!t) return OF_OK;
    if (t->dtype == OF_FLOAT || t->dtype == OF_DOUBLE || t->dtype == OF_FLOAT16) {
        double x = of_rw_get(t, 0);
        *yes = x >= 0.0 && x <= 0.0 && !signbit(x);
    }
    of_tensor_unref(t);
    return OF_OK;
}

/* Whether every element of v is +0, however many there are. */
static of_status of_all_zero(of_rw *rw, const of_value *v, bool *yes)
{
    const of_value *waiting[OF_WAITING] = {v};
    size_t n = 1;

    *yes = false;
    for (int looks = 0; n; looks++) {
        const of_value *x = waiting[--n];
        const of_node *s = x ? x->producer : NULL;
        bool zero = false;
        int op;

        if (!x || looks == OF_LOOKS || (x->flags & OF_VALUE_PINNED)) return OF_OK;
        if (x->cval) {
            OF_TRY(of_rw_all_are(rw, x, 0.0, &zero));
            if (!zero) return OF_OK;
            continue;
        }
        if (!s || of_node_func(s) || of_node_bound(s)) return OF_OK;
        op = of_rop(s);
        if (op == OF_R_ConstantOfShape) {
            OF_TRY(of_fills_with_zero(rw, s, &zero));
            if (!zero) return OF_OK;
        } else if (op == OF_R_Concat) {
            if (s->n_in > OF_WAITING - n) return OF_OK;
            for (uint32_t i = 0; i < s->n_in; i++) waiting[n++] = s->in[i].value;
        } else if (of_arranges(op) && s->n_in) {
            waiting[n++] = s->in[0].value;
        } else {
            return OF_OK;
        }
    }
    *yes = true;
    return OF_OK;
}

/* initial_h and initial_c are zero where they are left out, in every version. What gives the
 * zeros their batch size goes with them. */
of_status of_rule_zero_initial_state(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);
    uint32_t left = n->n_in;

    if (op != OF_R_GRU && op != OF_R_LSTM && op != OF_R_RNN) return OF_OK;
    for (uint32_t i = 5; i < n->n_in && i <= 6; i++) {
        bool zero;
        if (!n->in[i].value) continue;
        OF_TRY(of_all_zero(rw, n->in[i].value, &zero));
        if (!zero) continue;
        OF_TRY(of_rw_rebind(rw, n, i, NULL));
        *applied = true;
    }
    if (!*applied) return OF_OK;
    while (left && !n->in[left - 1].value) left--;
    return of_rw_resize_in(rw, n, left);
}
