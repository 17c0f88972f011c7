/* What becomes of a value on its way to the model's outputs: whether what it is off by, relative
 * to its size, comes out about as it went in. Rules that compute in another order ask, and are
 * told once the worklist is empty, when the graph is what it is going to be.
 *
 * A value is loud when it reaches an output through an operator that makes more of an error:
 *   - one that has steps or poles, takes logarithms or powers, divides by or subtracts what is
 *     computed, multiplies it as matrices, normalizes by it, or that is not known here;
 *   - a gate (Sigmoid and its like) whose result is an output, with no sum over many between: it
 *     goes to 0 in steps that do not shrink with it, and an output may have nothing but that;
 *   - Softmax in the middle of a model, without a sum over many behind it either: results that are
 *     small by far are then on their own. At the end of a model the largest result is no smaller
 *     than one in their number, which bounds what the others are off by in relation to it.
 * Where one that asks is loud all are told no: a model whose bits have to stay behind some layers
 * keeps them altogether. */
#include <string.h>

#include "rewrite/rw.h"

enum {
    OF_LIVE = 1,  /* reaches an output */
    OF_LOUD = 2,
    OF_BARE = 4,  /* by way of operators without a sum over many */
    OF_MIXED = 8, /* by way of one that computes */
};

typedef enum of_calm_kind {
    OF_CALM_NO,    /* what is not in the table */
    OF_CALM_NONE,  /* hands nothing of the value on */
    OF_CALM_MOVE,  /* elements as they are */
    OF_CALM_POINT, /* piecewise linear, or a mean or choice of few */
    OF_CALM_ONE,   /* such a one, of one computed operand */
    OF_CALM_FIRST, /* of the first operand alone */
    OF_CALM_GATE,
    OF_CALM_SUM,   /* over many, of one computed operand */
    OF_CALM_SOFT,
    OF_CALM_WHERE,
} of_calm_kind;

static const struct {
    const char *op;
    uint8_t kind;
} of_calm_ops[] = {
    {"Abs", OF_CALM_POINT}, {"Add", OF_CALM_POINT}, {"AveragePool", OF_CALM_POINT},
    {"BatchNormalization", OF_CALM_FIRST}, {"Cast", OF_CALM_MOVE}, {"CastLike", OF_CALM_MOVE},
    {"Celu", OF_CALM_POINT}, {"Clip", OF_CALM_POINT}, {"Concat", OF_CALM_MOVE}, {"Conv", OF_CALM_SUM},
    {"ConvTranspose", OF_CALM_SUM}, {"DepthToSpace", OF_CALM_MOVE}, {"Div", OF_CALM_FIRST}, {"Elu", OF_CALM_POINT},
    {"Erf", OF_CALM_GATE}, {"Expand", OF_CALM_MOVE}, {"Flatten", OF_CALM_MOVE}, {"Gather", OF_CALM_MOVE},
    {"Gelu", OF_CALM_GATE}, {"Gemm", OF_CALM_SUM}, {"GlobalAveragePool", OF_CALM_POINT},
    {"GlobalMaxPool", OF_CALM_POINT}, {"HardSigmoid", OF_CALM_GATE}, {"HardSwish", OF_CALM_GATE},
    {"Identity", OF_CALM_MOVE}, {"LeakyRelu", OF_CALM_POINT}, {"LogSoftmax", OF_CALM_SOFT}, {"MatMul", OF_CALM_SUM},
    {"Max", OF_CALM_POINT}, {"MaxPool", OF_CALM_POINT}, {"Mean", OF_CALM_POINT}, {"Min", OF_CALM_POINT},
    {"Mish", OF_CALM_GATE}, {"Mul", OF_CALM_POINT}, {"PRelu", OF_CALM_FIRST}, {"Pad", OF_CALM_FIRST},
    {"ReduceMax", OF_CALM_POINT}, {"ReduceMean", OF_CALM_POINT}, {"ReduceMin", OF_CALM_POINT},
    {"ReduceSum", OF_CALM_POINT}, {"Relu", OF_CALM_POINT}, {"Reshape", OF_CALM_MOVE}, {"Resize", OF_CALM_POINT},
    {"Selu", OF_CALM_POINT}, {"Shape", OF_CALM_NONE}, {"Sigmoid", OF_CALM_GATE}, {"Size", OF_CALM_NONE},
    {"Slice", OF_CALM_MOVE}, {"Softmax", OF_CALM_SOFT}, {"Softplus", OF_CALM_GATE}, {"SpaceToDepth", OF_CALM_MOVE},
    {"Split", OF_CALM_MOVE}, {"Squeeze", OF_CALM_MOVE}, {"Sub", OF_CALM_ONE}, {"Sum", OF_CALM_POINT},
    {"Swish", OF_CALM_GATE}, {"Tanh", OF_CALM_POINT}, {"Tile", OF_CALM_MOVE}, {"Transpose", OF_CALM_MOVE},
    {"Unsqueeze", OF_CALM_MOVE}, {"Upsample", OF_CALM_POINT}, {"Where", OF_CALM_WHERE},
};

static of_calm_kind of_kind_of(const of_node *n)
{
    size_t lo = 0, hi = sizeof of_calm_ops / sizeof of_calm_ops[0];

    if (!of_domain_is_default(n->domain) || !n->op_type || n->bodies || of_node_func(n)) return OF_CALM_NO;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = strcmp(n->op_type->s, of_calm_ops[mid].op);
        if (c == 0)
            return n->op_type->len == strlen(of_calm_ops[mid].op) ? (of_calm_kind)of_calm_ops[mid].kind : OF_CALM_NO;
        if (c < 0) hi = mid;
        else lo = mid + 1;
    }
    return OF_CALM_NO;
}

static bool of_wide(const of_value *v)
{
    of_dtype t = of_rw_dtype(v);
    return t == OF_FLOAT || t == OF_DOUBLE;
}

/* Whether no more than `most` of the inputs from `from` on are computed. */
static bool of_computed(const of_node *n, uint32_t from, uint32_t most)
{
    uint32_t computed = 0;

    for (uint32_t i = from; i < n->n_in; i++)
        if (n->in[i].value && !n->in[i].value->cval) computed++;
    return computed <= most;
}

static bool of_one_used(const of_node *n)
{
    for (uint32_t i = 1; i < n->n_out; i++)
        if (n->out[i] && n->out[i]->n_uses) return false;
    return true;
}

/* What n makes of its inputs when its outputs are `s`; `first` of the first, `rest` of the others. */
static void of_hand_on(const of_node *n, unsigned s, unsigned *first, unsigned *rest)
{
    const unsigned loud = OF_LIVE | OF_LOUD;
    of_calm_kind kind = of_kind_of(n);

    *first = *rest = loud;
    if (kind == OF_CALM_NONE) {
        *first = *rest = 0;
        return;
    }
    if (kind == OF_CALM_NO || s & OF_LOUD || !of_wide(of_out_value(n, 0))) return;
    if (kind != OF_CALM_MOVE && !of_one_used(n)) return; /* places, statistics */
    if (kind == OF_CALM_MOVE || kind == OF_CALM_WHERE) {
        *first = kind == OF_CALM_MOVE ? s : loud;
        *rest = s;
        return;
    }
    if (kind == OF_CALM_FIRST && !of_computed(n, 1, 0)) return;
    if ((kind == OF_CALM_SUM || kind == OF_CALM_ONE) && !of_computed(n, 0, 1)) return;
    if (s & OF_BARE && (kind == OF_CALM_GATE || (kind == OF_CALM_SOFT && s & OF_MIXED))) return;
    if (kind == OF_CALM_SUM || kind == OF_CALM_SOFT) s &= ~(unsigned)OF_BARE;
    *first = *rest = s | OF_MIXED;
}

/* What the outputs of n are to those who use them. */
static unsigned of_seen(const of_rw *rw, const of_node *n)
{
    unsigned s = 0;

    for (uint32_t i = 0; i < n->n_out; i++) {
        const of_value *v = n->out[i];
        if (!v) continue;
        s |= rw->calm[v->id];
        if (rw->m->n_graphs == 1) continue;
        for (const of_use *u = v->uses; u; u = u->next)
            if ((u->node ? u->node->graph : of_use_graph(u)) != n->graph) s |= OF_LIVE | OF_LOUD;
    }
    return s;
}

of_status of_rw_calm_begin(of_rw *rw)
{
    const of_graph *g = rw->m->graph;

    rw->n_calm = rw->m->n_values;
    rw->calm = (uint8_t *)of_mem_zalloc(rw->m->alloc, rw->n_calm ? rw->n_calm : 1);
    if (!rw->calm) return of_rw_nomem(rw);
    for (size_t i = 0; i < g->n_outputs; i++) rw->calm[g->outputs[i].value->id] |= OF_LIVE | OF_BARE;
    for (const of_node *n = g->last; n; n = n->prev) {
        unsigned s = of_seen(rw, n), first, rest;

        if (!(s & OF_LIVE)) continue;
        of_hand_on(n, s, &first, &rest);
        for (uint32_t i = 0; i < n->n_in; i++)
            if (n->in[i].value) rw->calm[n->in[i].value->id] |= (uint8_t)(i ? rest : first);
        for (uint32_t i = 0; i < n->n_out; i++)
            if (n->out[i]) rw->calm[n->out[i]->id] = (uint8_t)s;
    }
    rw->loud = false;
    for (size_t i = 0; i < rw->n_asked; i++)
        if (rw->asked[i]->linked && rw->calm[rw->asked[i]->out[0]->id] & OF_LOUD) rw->loud = true;
    return OF_OK;
}

void of_rw_calm_end(of_rw *rw)
{
    of_mem_free(rw->m->alloc, rw->calm, rw->n_calm ? rw->n_calm : 1);
    rw->calm = NULL;
    rw->n_calm = 0;
}

void of_rw_calm_free(of_rw *rw)
{
    if (rw->asked) of_mem_free(rw->m->alloc, rw->asked, rw->cap_asked * sizeof *rw->asked);
    rw->asked = NULL;
    rw->n_asked = rw->cap_asked = 0;
}

of_status of_rw_calm(of_rw *rw, of_node *n, bool *yes)
{
    const of_value *v = of_out_value(n, 0);
    void *grown = rw->asked;
    of_status st;

    *yes = false;
    if (!v || n->graph != rw->m->graph || !of_wide(v)) return OF_OK;
    if (rw->calm && v->id < rw->n_calm) {
        *yes = !rw->loud && !(rw->calm[v->id] & OF_LOUD);
        return OF_OK;
    }
    st = of_vec_reserve(rw->m->alloc, &grown, &rw->cap_asked, rw->n_asked + 1, sizeof(of_node *));
    rw->asked = (of_node **)grown;
    if (st != OF_OK) return of_rw_nomem(rw);
    rw->asked[rw->n_asked++] = n;
    return OF_OK;
}

of_status of_rw_calm_at_once(of_rw *rw, const of_node *n, bool *yes)
{
    const of_value *v = of_out_value(n, 0);

    *yes = false;
    if (!v || n->graph != rw->m->graph || !of_wide(v)) return OF_OK;
    if (!rw->calm) OF_TRY(of_rw_calm_begin(rw));
    *yes = v->id < rw->n_calm && !(rw->calm[v->id] & OF_LOUD);
    return OF_OK;
}
