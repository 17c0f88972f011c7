/* Operators that do the same to values whose axes stand in another order. */
#include <string.h>

#include "rewrite/rw_turn.h"

static const struct {
    const char *op;
    uint8_t kind;
} of_turn_ops[] = {
    {"Abs", OF_TURN_FIRST}, {"Acos", OF_TURN_FAR}, {"Acosh", OF_TURN_FAR}, {"Add", OF_TURN_EACH},
    {"And", OF_TURN_EACH}, {"Asin", OF_TURN_FAR}, {"Asinh", OF_TURN_FAR}, {"Atan", OF_TURN_FAR},
    {"Atanh", OF_TURN_FAR}, {"BitShift", OF_TURN_EACH}, {"BitwiseAnd", OF_TURN_EACH}, {"BitwiseNot", OF_TURN_FIRST},
    {"BitwiseOr", OF_TURN_EACH}, {"BitwiseXor", OF_TURN_EACH}, {"Cast", OF_TURN_FIRST}, {"CastLike", OF_TURN_FIRST},
    {"Ceil", OF_TURN_FIRST}, {"Celu", OF_TURN_FAR}, {"Clip", OF_TURN_FIRST}, {"Concat", OF_TURN_CONCAT},
    {"Cos", OF_TURN_FAR}, {"Cosh", OF_TURN_FAR}, {"DequantizeLinear", OF_TURN_SCALED}, {"Div", OF_TURN_EACH},
    {"Elu", OF_TURN_FAR}, {"Equal", OF_TURN_EACH}, {"Erf", OF_TURN_FAR}, {"Exp", OF_TURN_FAR},
    {"Floor", OF_TURN_FIRST}, {"Gelu", OF_TURN_FAR}, {"Greater", OF_TURN_EACH}, {"GreaterOrEqual", OF_TURN_EACH},
    {"HardSigmoid", OF_TURN_FAR}, {"HardSwish", OF_TURN_FAR}, {"Identity", OF_TURN_FIRST}, {"IsInf", OF_TURN_FIRST},
    {"IsNaN", OF_TURN_FIRST}, {"LeakyRelu", OF_TURN_FIRST}, {"Less", OF_TURN_EACH}, {"LessOrEqual", OF_TURN_EACH},
    {"Log", OF_TURN_FAR}, {"Max", OF_TURN_NEAR}, {"Mean", OF_TURN_EACH}, {"Min", OF_TURN_NEAR},
    {"Mish", OF_TURN_FAR}, {"Mod", OF_TURN_EACH}, {"Mul", OF_TURN_EACH}, {"Neg", OF_TURN_FIRST},
    {"Not", OF_TURN_FIRST}, {"Or", OF_TURN_EACH}, {"PRelu", OF_TURN_EACH}, {"Pad", OF_TURN_PAD},
    {"Pow", OF_TURN_NEAR}, {"QuantizeLinear", OF_TURN_SCALED}, {"Reciprocal", OF_TURN_FAR}, {"ReduceL1", OF_TURN_SUM},
    {"ReduceL2", OF_TURN_SUM}, {"ReduceLogSum", OF_TURN_SUM}, {"ReduceLogSumExp", OF_TURN_SUM},
    {"ReduceMax", OF_TURN_REDUCE}, {"ReduceMean", OF_TURN_SUM}, {"ReduceMin", OF_TURN_REDUCE},
    {"ReduceProd", OF_TURN_SUM}, {"ReduceSum", OF_TURN_SUM}, {"ReduceSumSquare", OF_TURN_SUM}, {"Relu", OF_TURN_FIRST},
    {"Round", OF_TURN_FIRST}, {"Selu", OF_TURN_FAR}, {"Sigmoid", OF_TURN_FAR}, {"Sign", OF_TURN_FIRST},
    {"Sin", OF_TURN_FAR}, {"Sinh", OF_TURN_FAR}, {"Slice", OF_TURN_SLICE}, {"Softplus", OF_TURN_FAR},
    {"Softsign", OF_TURN_FAR}, {"Split", OF_TURN_SPLIT}, {"Sqrt", OF_TURN_FAR}, {"Sub", OF_TURN_EACH},
    {"Sum", OF_TURN_EACH}, {"Swish", OF_TURN_FAR}, {"Tan", OF_TURN_FAR}, {"Tanh", OF_TURN_FAR},
    {"ThresholdedRelu", OF_TURN_FIRST}, {"Where", OF_TURN_EACH}, {"Xor", OF_TURN_EACH},
};

of_turn_kind of_turn_kind_of(const of_node *n, bool exact)
{
    size_t lo = 0, hi = sizeof of_turn_ops / sizeof of_turn_ops[0];

    if (!n->linked || !n->op_type || n->bodies || !of_domain_is_default(n->domain) || n->why != OF_WHY_NONE ||
        n->n_in > OF_TURN_INS || of_node_func(n) || of_node_bound(n))
        return OF_TURN_NO;
    switch (of_rop(n)) { /* the most of what stands beside a Transpose, without a search */
    case OF_R_Conv:
    case OF_R_Gather:
    case OF_R_Gemm:
    case OF_R_LayerNormalization:
    case OF_R_MatMul:
    case OF_R_Reshape:
    case OF_R_Squeeze:
    case OF_R_Transpose:
    case OF_R_Unsqueeze: return OF_TURN_NO;
    case OF_R_Add:
    case OF_R_Mul: return OF_TURN_EACH;
    default: break;
    }
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = strcmp(n->op_type->s, of_turn_ops[mid].op);
        if (c == 0) {
            of_turn_kind kind = (of_turn_kind)of_turn_ops[mid].kind;
            return exact && (kind == OF_TURN_NEAR || kind == OF_TURN_FAR) ? OF_TURN_NO : kind;
        }
        if (c < 0) hi = mid;
        else lo = mid + 1;
    }
    return OF_TURN_NO;
}

static bool of_one_element(const of_shape *s)
{
    for (int32_t i = 0; i < s->rank; i++)
        if (!of_dim_is(s->d[i], 1)) return false;
    return true;
}

bool of_turn_stays(const of_turn *t, const of_value *v)
{
    const of_shape *s = of_rw_shape(v);
    return s && s->rank <= t->rank && (s->rank < t->rank || v->cval) && of_one_element(s);
}

bool of_turn_keeps_order(const of_turn *t, const of_value *v)
{
    const of_shape *s = of_rw_shape(v);
    int64_t last = -1;

    for (int32_t i = 0; i < t->rank; i++) {
        int64_t a = t->p[i] - (t->rank - s->rank);
        if (a < 0 || of_dim_is(s->d[a], 1)) continue;
        if (a < last) return false;
        last = a;
    }
    return true;
}

static bool of_fits(const of_turn *t, const of_value *v, of_turn_kind kind)
{
    const of_shape *s = of_rw_shape(v);

    if (!s || s->rank > t->rank) return false;
    if (s->rank == t->rank || of_turn_stays(t, v)) return true;
    /* only where it is broadcast: the axes that it has not are of size 1 */
    return kind != OF_TURN_CONCAT && of_val_tensor(v->cval) && !(v->flags & OF_VALUE_PINNED) &&
           of_turn_keeps_order(t, v);
}

static of_status of_reduced(of_turn *t, const of_node *n, int64_t *axes, int64_t *k, bool *given)
{
    return of_rw_list(t->rw, n, "axes", 1, of_rop(n) == OF_R_ReduceSum ? 13 : 18, axes, k, given);
}

/* The axes in [0, rank), turned, in rising order. false: they are none. */
static bool of_turn_axes(const of_turn *t, int64_t *axes, int64_t k)
{
    uint32_t set = 0;
    int64_t at = 0;

    for (int64_t i = 0; i < k; i++) {
        int64_t a = axes[i] < 0 ? axes[i] + t->rank : axes[i];
        if (a < 0 || a >= t->rank || set >> t->q[a] & 1) return false;
        set |= UINT32_C(1) << t->q[a];
    }
    for (int64_t a = 0; a < t->rank; a++)
        if (set >> a & 1) axes[at++] = a;
    return true;
}

/* The axes that are left after a reduction follow each other as before. */
static bool of_rest_in_order(const of_turn *t, const int64_t *axes, int64_t k)
{
    uint32_t set = 0;
    int64_t last = -1;

    for (int64_t i = 0; i < k; i++) set |= UINT32_C(1) << axes[i];
    for (int32_t i = 0; i < t->rank; i++) {
        if (set >> i & 1) continue;
        if (t->p[i] < last) return false;
        last = t->p[i];
    }
    return true;
}

static of_status of_takes_reduce(of_turn *t, of_node *n, of_turn_kind kind, bool *ends, bool *yes)
{
    int64_t axes[OF_RW_RANK], k;
    bool given, calm = true;

    *yes = false;
    OF_TRY(of_reduced(t, n, axes, &k, &given));
    if (k < 0 || !of_turn_axes(t, axes, k)) return OF_OK;
    if (!of_dtype_is_int(of_rw_dtype(n->out[0]))) {
        if (t->rw->exact) return OF_OK;
        if (kind == OF_TURN_SUM) OF_TRY(of_rw_calm_at_once(t->rw, n, &calm));
        if (!calm) return OF_OK;
    }
    *ends = !of_rw_int(n, "keepdims", 1) && !(k < 1 && of_rw_int(n, "noop_with_empty_axes", 0));
    *yes = !*ends || k < 1 || of_rest_in_order(t, axes, k);
    return OF_OK;
}

static of_status of_takes_slice(of_turn *t, of_node *n, bool *yes)
{
    int64_t axes[OF_RW_RANK], k;
    bool given;

    OF_TRY(of_rw_list(t->rw, n, "axes", 3, 10, axes, &k, &given));
    *yes = given && k > 0 && of_turn_axes(t, axes, k) && (of_node_opset(n) < 10 || of_rw_dtype(n->in[3].value) == OF_INT64);
    return OF_OK;
}

static of_status of_pads(of_turn *t, const of_node *n, int64_t *pads, bool *yes)
{
    int64_t k;
    bool given;

    OF_TRY(of_rw_list(t->rw, n, "pads", 1, 11, pads, &k, &given));
    *yes = given && k == 2 * (int64_t)t->rank && !of_in_value(n, 3);
    return OF_OK;
}

/* One scale for all: the axis says nothing. */
static bool of_one_scale(const of_node *n)
{
    const of_shape *s = of_rw_shape(of_in_value(n, 1));
    return s && s->rank <= 1 && of_one_element(s) && !of_rw_int(n, "block_size", 0);
}

static bool of_axis(const of_turn *t, const of_node *n, int64_t def, int64_t *axis)
{
    *axis = of_rw_int(n, "axis", def);
    if (*axis < 0) *axis += t->rank;
    return *axis >= 0 && *axis < t->rank;
}

of_status of_turn_takes(of_turn *t, of_node *n, of_turn_kind kind, bool *ends, bool *yes)
{
    int64_t axis, pads[2 * OF_RW_RANK];

    *ends = *yes = false;
    if (kind == OF_TURN_NO || n->graph != t->g || of_node_opset(n) < 7 || !n->n_in || !n->n_out) return OF_OK;
    if (n->n_out != 1 && kind != OF_TURN_SPLIT) return OF_OK;
    for (uint32_t i = 0; i < n->n_in; i++)
        if (of_turn_is_data(kind, i) && !of_fits(t, n->in[i].value, kind)) return OF_OK;
    *yes = true;
    switch (kind) {
    case OF_TURN_SCALED: *yes = of_one_scale(n); break;
    case OF_TURN_CONCAT: *yes = of_node_attr(n, "axis") && of_axis(t, n, 0, &axis); break;
    case OF_TURN_SPLIT: *yes = of_axis(t, n, 0, &axis); break;
    case OF_TURN_SUM:
    case OF_TURN_REDUCE: OF_TRY(of_takes_reduce(t, n, kind, ends, yes)); break;
    case OF_TURN_SLICE: OF_TRY(of_takes_slice(t, n, yes)); break;
    case OF_TURN_PAD: OF_TRY(of_pads(t, n, pads, yes)); break;
    default: break;
    }
    for (uint32_t i = 0; *yes && i < n->n_out; i++) {
        const of_shape *s = of_rw_shape(n->out[i]);
        *yes = n->out[i] && !(n->out[i]->flags & OF_VALUE_PINNED) && !n->out[i]->cval && of_rw_dtype(n->out[i]) &&
               s && (*ends || s->rank == t->rank);
    }
    if (*yes) OF_TRY(t->rw->may(t->rw->frame, n, yes));
    return OF_OK;
}

/* `list` becomes attribute `name`, or input `at` from version `since` on. */
static of_status of_put_list(of_turn *t, of_turn_item *it, const char *name, uint32_t at, int64_t since,
                             const int64_t *list, int64_t k)
{
    if (of_node_opset(it->n) < since) {
        it->attr = of_rw_attr_ints(t->rw, name, list, (size_t)k);
        return it->attr ? OF_OK : of_rw_nomem(t->rw);
    }
    it->at = at;
    return of_rw_const_ints(t->rw, it->n, it->n->in[at].value->name, list, (size_t)k, &it->param);
}

of_status of_turn_params(of_turn *t, of_turn_item *it, of_turn_kind kind)
{
    int64_t axis, list[2 * OF_RW_RANK], was[2 * OF_RW_RANK], k;
    bool given;

    it->attr = NULL;
    it->param = NULL;
    switch (kind) {
    case OF_TURN_CONCAT:
    case OF_TURN_SPLIT:
        if (!of_axis(t, it->n, 0, &axis)) return OF_OK;
        it->attr = of_rw_attr_int(t->rw, "axis", t->q[axis]);
        return it->attr ? OF_OK : of_rw_nomem(t->rw);
    case OF_TURN_SUM:
    case OF_TURN_REDUCE:
        OF_TRY(of_reduced(t, it->n, list, &k, &given));
        if (k < 1 || !of_turn_axes(t, list, k)) return OF_OK;
        return of_put_list(t, it, "axes", 1, of_rop(it->n) == OF_R_ReduceSum ? 13 : 18, list, k);
    case OF_TURN_SLICE:
        OF_TRY(of_rw_list(t->rw, it->n, "axes", 3, 10, list, &k, &given));
        for (int64_t i = 0; i < k; i++) list[i] = t->q[list[i] < 0 ? list[i] + t->rank : list[i]];
        return of_put_list(t, it, "axes", 3, 10, list, k);
    case OF_TURN_PAD:
        OF_TRY(of_pads(t, it->n, was, &given));
        for (int32_t i = 0; i < t->rank; i++) {
            list[i] = was[t->p[i]];
            list[t->rank + i] = was[t->rank + t->p[i]];
        }
        return of_put_list(t, it, "pads", 1, 11, list, 2 * (int64_t)t->rank);
    default: return OF_OK;
    }
}
