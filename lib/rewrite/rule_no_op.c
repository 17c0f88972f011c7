/* Nodes that hand their input on: `no_op`, `collapse_slices`, `idempotent`. */
#include "rewrite/rw.h"

/* ---- no_op: arithmetic with a neutral element ---- */

/* Whether the constant c leaves every element of the other operand of `op` as it is. */
static of_status of_neutral(of_rw *rw, int op, const of_value *c, bool *yes)
{
    bool floats = of_dtype_is_float(of_rw_dtype(c));

    *yes = false;
    switch (op) {
    case OF_R_Mul:
    case OF_R_Div:
    case OF_R_Pow: return of_rw_all_are(rw, c, 1.0, yes);
    case OF_R_And: return of_rw_all_are(rw, c, 1.0, yes);
    case OF_R_Or: return of_rw_all_are(rw, c, 0.0, yes);
    /* x + -0.0 and x - 0.0 are x for every x; the other zero turns a -0.0 into 0.0. */
    case OF_R_Add:
        if (floats) OF_TRY(of_rw_all_are(rw, c, -0.0, yes));
        if (!*yes && !(floats && rw->exact)) OF_TRY(of_rw_all_are(rw, c, 0.0, yes));
        return OF_OK;
    default:
        OF_TRY(of_rw_all_are(rw, c, 0.0, yes));
        if (!*yes && floats && !rw->exact) OF_TRY(of_rw_all_are(rw, c, -0.0, yes));
        return OF_OK;
    }
}

static of_status of_binary(of_rw *rw, of_node *n, int op, bool *applied)
{
    bool either = op == OF_R_Mul || op == OF_R_Add || op == OF_R_And || op == OF_R_Or;

    if (n->n_in != 2 || n->n_out != 1 || of_node_opset(n) < 7) return OF_OK;
    for (uint32_t i = 0; i < 2 && !*applied; i++) {
        of_value *x = of_in_value(n, i), *c = of_in_value(n, 1 - i);
        bool yes;

        if ((i && !either) || !x || !c || !c->cval || x->cval) continue;
        if (!of_rw_fits_into(c, x) || (op != OF_R_Pow && !of_rw_same_type(c, x) && of_rw_dtype(x))) continue;
        if (op == OF_R_Pow && !of_rw_dtype(x)) continue;
        OF_TRY(of_neutral(rw, op, c, &yes));
        if (yes) OF_TRY(of_rw_forward(rw, n, x, applied));
    }
    return OF_OK;
}

/* Dropout 1 and 6 train unless is_test; 7 and 10 never; from 12 on an input says. */
static of_status of_dropout(of_rw *rw, of_node *n, bool *applied)
{
    int64_t opset = of_node_opset(n);
    of_value *mode = of_in_value(n, 2);
    bool off = true, zero = false;

    if (n->n_in < 1 || !of_in_value(n, 0)) return OF_OK;
    if (opset < 7) off = of_rw_int(n, "is_test", 0) != 0;
    if (opset >= 12 && mode) {
        OF_TRY(of_rw_all_are(rw, mode, 0.0, &off));
        if (!off) OF_TRY(of_rw_all_are(rw, of_in_value(n, 1), 0.0, &zero));
    }
    return off || zero ? of_rw_forward(rw, n, n->in[0].value, applied) : OF_OK;
}

/* ---- no_op: nodes whose result has the type, the shape and so the elements of the input ---- */

static bool of_is_count(int64_t n, const of_shape *s)
{
    return s && n == s->rank;
}

static of_status of_transpose(of_rw *rw, of_node *n, bool *applied)
{
    const of_attr *a = of_node_attr(n, "perm");
    const of_shape *s = of_rw_shape(of_in_value(n, 0));
    int32_t last = -1;

    if (!a) return s && s->rank <= 1 ? of_rw_forward(rw, n, n->in[0].value, applied) : OF_OK;
    if (a->type != OF_A_INTS) return OF_OK;
    if (!s) {
        for (size_t i = 0; i < a->n; i++)
            if (a->u.ints[i] != (int64_t)i) return OF_OK;
        return of_rw_forward(rw, n, n->in[0].value, applied);
    }
    /* Axes of size 1 may go anywhere, as long as the shape stays. */
    if (!of_is_count((int64_t)a->n, s)) return OF_OK;
    for (size_t i = 0; i < a->n; i++) {
        int64_t k = a->u.ints[i];
        if (k < 0 || k >= s->rank || (k != (int64_t)i && !of_dim_same(s->d[k], s->d[i]))) return OF_OK;
        if (of_dim_is(s->d[k], 1)) continue;
        if (k <= last) return OF_OK;
        last = (int32_t)k;
    }
    return of_rw_forward(rw, n, n->in[0].value, applied);
}

/* A reshape whose result has the shape of its input, but for one axis that then is the
 * same too, as long as the others are not empty. */
static bool of_reshapes_nothing(const of_node *n)
{
    const of_shape *a = of_rw_shape(of_in_value(n, 0)), *b = of_rw_shape(of_out_value(n, 0));
    int32_t open = 0;
    bool numbers = true;

    if (!a || !b || a->rank != b->rank) return false;
    for (int32_t i = 0; i < a->rank; i++) {
        if (!of_dim_same(a->d[i], b->d[i])) open++;
        else if (!of_dim_is_num(a->d[i]) || a->d[i].k == 0) numbers = false;
    }
    return open == 0 || (open == 1 && numbers);
}

static of_status of_pad(of_rw *rw, of_node *n, bool *applied)
{
    int64_t pads[OF_RW_RANK], k;
    bool given;

    OF_TRY(of_rw_list(rw, n, of_node_opset(n) < 2 ? "paddings" : "pads", 1, 11, pads, &k, &given));
    if (k <= 0) return OF_OK;
    for (int64_t i = 0; i < k; i++)
        if (pads[i]) return OF_OK;
    return of_rw_forward(rw, n, n->in[0].value, applied);
}

static of_status of_where(of_rw *rw, of_node *n, bool *applied)
{
    bool yes, no;

    if (n->n_in != 3) return OF_OK;
    OF_TRY(of_rw_all_are(rw, n->in[0].value, 1.0, &yes));
    OF_TRY(of_rw_all_are(rw, n->in[0].value, 0.0, &no));
    if (!yes && !no) return OF_OK;
    of_value *x = of_in_value(n, yes ? 1 : 2), *other = of_in_value(n, yes ? 2 : 1);
    if (!x || !other || !of_rw_fits_into(n->in[0].value, x) || !of_rw_fits_into(other, x)) return OF_OK;
    return of_rw_forward(rw, n, x, applied);
}

static of_status of_sequence(of_rw *rw, of_node *n, int op, bool *applied)
{
    const of_value *x = of_in_value(n, 0), *y = of_out_value(n, 0);
    int64_t opset = of_node_opset(n);
    bool forward = false;

    switch (op) {
    case OF_R_Identity: forward = x != NULL; break;
    case OF_R_Max:
    case OF_R_Min:
    case OF_R_Sum:
    case OF_R_Mean:
    case OF_R_Concat: forward = n->n_in == 1; break;
    case OF_R_Cast:
        forward = of_rw_same_type(x, y) && of_rw_int(n, "to", 0) == (int64_t)of_rw_dtype(x);
        break;
    case OF_R_CastLike: forward = of_rw_same_type(x, of_in_value(n, 1)); break;
    case OF_R_Expand:
    case OF_R_Tile: forward = of_rw_same_shape(x, y); break;
    case OF_R_Reshape:
    case OF_R_Flatten:
    case OF_R_Squeeze: forward = of_reshapes_nothing(n); break;
    /* The default bounds are the type's: a float's infinities are outside of them. */
    case OF_R_Clip:
        forward = opset >= 12 && !of_in_value(n, 1) && !of_in_value(n, 2) && of_dtype_is_int(of_rw_dtype(x));
        break;
    case OF_R_Split:
        forward = n->n_out == 1 && of_rw_same_shape(x, y);
        break;
    default: break;
    }
    return forward && x ? of_rw_forward(rw, n, n->in[0].value, applied) : OF_OK;
}

of_status of_rule_no_op(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);

    if (op == OF_R_NONE || n->n_in == 0 || n->n_out == 0 || !of_in_value(n, 0)) return OF_OK;
    switch (op) {
    case OF_R_Mul:
    case OF_R_Div:
    case OF_R_Pow:
    case OF_R_And:
    case OF_R_Or:
    case OF_R_Add:
    case OF_R_Sub: return of_binary(rw, n, op, applied);
    case OF_R_Dropout: return of_dropout(rw, n, applied);
    case OF_R_Transpose: return of_transpose(rw, n, applied);
    case OF_R_Pad: return of_pad(rw, n, applied);
    case OF_R_Where: return of_where(rw, n, applied);
    default: return of_sequence(rw, n, op, applied);
    }
}

/* ---- collapse_slices ---- */

/* Steps all 1 and the shape kept: every element is taken, in its place. */
of_status of_rule_collapse_slices(of_rw *rw, of_node *n, bool *applied)
{
    int64_t steps[OF_RW_RANK], k = 0;

    if (of_rw_op(rw, n) != OF_R_Slice || !of_rw_same_shape(of_in_value(n, 0), of_out_value(n, 0))) return OF_OK;
    if (of_in_value(n, 4)) OF_TRY(of_rw_ints(rw, n->in[4].value, steps, &k));
    for (int64_t i = 0; i < k; i++)
        if (steps[i] != 1) return OF_OK;
    if (k < 0) return OF_OK;
    return of_rw_forward(rw, n, n->in[0].value, applied);
}

/* ---- idempotent: f(f(x)) is f(x), or x ---- */

/* What makes input 0 of n, when it leaves whole numbers (and NaN, the infinities, -0.0). */
static of_node *of_whole(const of_node *n)
{
    static const int ops[] = {OF_R_Ceil, OF_R_Floor, OF_R_Round};
    of_node *s = NULL;

    for (size_t i = 0; !s && i < sizeof ops / sizeof *ops; i++) s = of_rw_src(n, 0, ops[i]);
    return s;
}

of_status of_rule_idempotent(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);
    of_node *s;

    switch (op) {
    case OF_R_Abs:
    case OF_R_Sign:
        s = of_rw_src(n, 0, op);
        if (s) return of_rw_forward(rw, n, s->out[0], applied);
        /* |-x| is |x|, also of the least integer, whose negative is itself. */
        if (op != OF_R_Abs || !(s = of_rw_src(n, 0, OF_R_Neg)) || !of_rw_sole_node(s) || !of_in_value(s, 0)) return OF_OK;
        *applied = true;
        OF_TRY(of_rw_rebind(rw, n, 0, s->in[0].value));
        return rw->made(rw->frame, n);
    case OF_R_Ceil:
    case OF_R_Floor:
    case OF_R_Round:
        s = of_whole(n);
        return s ? of_rw_forward(rw, n, s->out[0], applied) : OF_OK;
    case OF_R_Not:
    case OF_R_Neg: /* wraps in two's complement, and flips a sign bit: both twice are nothing */
        s = of_rw_src(n, 0, op);
        return s && of_in_value(s, 0) ? of_rw_forward(rw, n, s->in[0].value, applied) : OF_OK;
    case OF_R_And:
    case OF_R_Or:
    case OF_R_Max:
    case OF_R_Min: /* of the same value twice */
        if (n->n_in != 2 || !of_in_value(n, 0) || n->in[0].value != n->in[1].value) return OF_OK;
        return of_rw_forward(rw, n, n->in[0].value, applied);
    default: return OF_OK;
    }
}
