/* Slices, concatenations and sequences: `consecutive_slices`, `consecutive_concats`,
 * `sequences`. */
#include <string.h>

#include "rewrite/rw.h"

/* ---- consecutive_slices: on different axes, one after the other ---- */

typedef struct of_cut {
    int64_t start[OF_RW_RANK], end[OF_RW_RANK], axis[OF_RW_RANK], step[OF_RW_RANK], n;
} of_cut;

static of_status of_read_cut(of_rw *rw, const of_node *n, of_cut *c, bool *ok)
{
    int64_t k[4];
    bool given[4];
    const of_shape *s = of_rw_shape(of_in_value(n, 0));

    *ok = false;
    OF_TRY(of_rw_list(rw, n, "starts", 1, 10, c->start, &k[0], &given[0]));
    OF_TRY(of_rw_list(rw, n, "ends", 2, 10, c->end, &k[1], &given[1]));
    OF_TRY(of_rw_list(rw, n, "axes", 3, 10, c->axis, &k[2], &given[2]));
    OF_TRY(of_rw_list(rw, n, "steps", 4, 10, c->step, &k[3], &given[3]));
    c->n = k[0];
    if (k[0] < 1 || k[1] != k[0] || (given[2] && k[2] != k[0]) || (given[3] && k[3] != k[0])) return OF_OK;
    for (int64_t i = 0; i < c->n; i++) {
        if (!given[2]) c->axis[i] = i;
        if (!given[3]) c->step[i] = 1;
        if (c->axis[i] < 0 && s) c->axis[i] += s->rank;
        if (c->axis[i] < 0 || c->axis[i] >= 64) return OF_OK;
    }
    *ok = true;
    return OF_OK;
}

of_status of_rule_consecutive_slices(of_rw *rw, of_node *n, bool *applied)
{
    of_node *s = of_rw_op(rw, n) == OF_R_Slice ? of_rw_src(n, 0, OF_R_Slice) : NULL;
    of_value *in[5];
    of_cut a, b;
    uint64_t axes = 0;
    bool ok;

    if (!s || !of_rw_sole_node(s) || of_node_opset(n) < 10) return OF_OK;
    OF_TRY(of_read_cut(rw, s, &a, &ok));
    if (ok) OF_TRY(of_read_cut(rw, n, &b, &ok));
    if (!ok || a.n + b.n > OF_RW_RANK) return OF_OK;
    for (int64_t i = 0; i < a.n; i++) axes |= UINT64_C(1) << a.axis[i];
    for (int64_t i = 0; i < b.n; i++) {
        if (axes >> b.axis[i] & 1) return OF_OK;
        a.start[a.n + i] = b.start[i];
        a.end[a.n + i] = b.end[i];
        a.axis[a.n + i] = b.axis[i];
        a.step[a.n + i] = b.step[i];
    }
    a.n += b.n;
    in[0] = of_in_value(s, 0);
    OF_TRY(of_rw_const_ints(rw, n, n->out[0]->name, a.start, (size_t)a.n, &in[1]));
    OF_TRY(of_rw_const_ints(rw, n, n->out[0]->name, a.end, (size_t)a.n, &in[2]));
    OF_TRY(of_rw_const_ints(rw, n, n->out[0]->name, a.axis, (size_t)a.n, &in[3]));
    OF_TRY(of_rw_const_ints(rw, n, n->out[0]->name, a.step, (size_t)a.n, &in[4]));
    *applied = true;
    return of_rw_become(rw, n, s, in, 5, NULL);
}

/* ---- consecutive_concats, and operands without elements ---- */

static bool of_axis_of(const of_node *n, int64_t *axis)
{
    const of_attr *a = of_node_attr(n, "axis");
    const of_shape *s = of_rw_shape(n->out[0]);

    if (!a || a->type != OF_A_INT) return false;
    *axis = a->u.i;
    if (*axis < 0 && s) *axis += s->rank;
    return *axis >= 0;
}

static of_status of_set_inputs(of_rw *rw, of_node *n, of_value *const *in, uint32_t k)
{
    uint32_t was = n->n_in;

    if (k > was) OF_TRY(of_rw_resize_in(rw, n, k));
    for (uint32_t i = 0; i < k; i++)
        if (n->in[i].value != in[i]) of_use_set(&n->in[i], in[i]);
    if (k < was) OF_TRY(of_rw_resize_in(rw, n, k));
    return rw->made(rw->frame, n);
}

static of_node *of_inner_concat(const of_node *n, uint32_t i, int64_t axis)
{
    of_node *s = of_rw_src(n, i, OF_R_Concat);
    int64_t own;

    return s && of_rw_sole_node(s) && of_axis_of(s, &own) && own == axis ? s : NULL;
}

of_status of_rule_consecutive_concats(of_rw *rw, of_node *n, bool *applied)
{
    int64_t axis;
    uint64_t total = 0;
    uint32_t k = 0, gone = 0;
    of_value **in, **old;

    if (of_rw_op(rw, n) != OF_R_Concat || n->n_in < 2 || !of_axis_of(n, &axis) || of_node_opset(n) < 4) return OF_OK;
    for (uint32_t i = 0; i < n->n_in; i++) {
        const of_shape *s = of_rw_shape(of_in_value(n, i));
        const of_node *inner = of_inner_concat(n, i, axis);
        if (!of_in_value(n, i)) return OF_OK;
        if (s && axis < s->rank && of_dim_is(s->d[axis], 0)) gone++;
        else total += inner ? inner->n_in : 1;
        *applied = *applied || inner;
    }
    if (gone == n->n_in) gone = 0; /* all are empty: one stays, below */
    if ((!gone && !*applied) || total == 0 || total > 4096) {
        *applied = false;
        return OF_OK;
    }
    in = OF_NEW_N(&rw->m->arena, of_value *, (size_t)total + n->n_in);
    if (!in) return of_rw_nomem(rw);
    old = in + total;
    for (uint32_t i = 0; i < n->n_in; i++) {
        const of_shape *s = of_rw_shape(n->in[i].value);
        const of_node *inner = of_inner_concat(n, i, axis);
        old[i] = n->in[i].value;
        if (s && axis < s->rank && of_dim_is(s->d[axis], 0)) continue;
        for (uint32_t j = 0; inner && j < inner->n_in; j++) in[k++] = inner->in[j].value;
        if (!inner) in[k++] = n->in[i].value;
    }
    *applied = true;
    uint32_t was = n->n_in;
    OF_TRY(of_set_inputs(rw, n, in, k));
    for (uint32_t i = 0; i < was; i++)
        if (!old[i]->n_uses) OF_TRY(rw->release(rw->frame, old[i]));
    return OF_OK;
}

/* ---- sequences ---- */

#define OF_PIECES 64

/* The lengths SplitToSequence cuts into. *n 0: not known, or the axis is lost. */
static of_status of_pieces(of_rw *rw, const of_node *s, int64_t *len, int64_t *n)
{
    const of_shape *shape = of_rw_shape(of_in_value(s, 0));
    int64_t axis = of_rw_int(s, "axis", 0), list[OF_RW_RANK], k = 0, size, sum = 0;
    const of_value *split = of_in_value(s, 1);
    const of_shape *ss = of_rw_shape(split);

    *n = 0;
    if (!shape) return OF_OK;
    if (axis < 0) axis += shape->rank;
    if (axis < 0 || axis >= shape->rank || !of_dim_is_num(shape->d[axis])) return OF_OK;
    size = shape->d[axis].k;
    if (!split) {
        if (!of_rw_int(s, "keepdims", 1)) return OF_OK;
        list[0] = 1;
        k = 1;
    } else {
        OF_TRY(of_rw_ints(rw, split, list, &k));
        if (k < 1 || !ss) return OF_OK;
        /* Ignored by the specification, not by runtimes. */
        if (ss->rank == 0 && !of_rw_int(s, "keepdims", 1)) return OF_OK;
    }
    if (split && ss->rank == 1) {
        for (int64_t i = 0; i < k; i++) {
            if (list[i] < 0 || list[i] > size) return OF_OK;
            len[i] = list[i];
            sum += len[i];
        }
        if (sum == size) *n = k;
        return OF_OK;
    }
    if (list[0] < 1 || size < 1 || (size - 1) / list[0] >= OF_PIECES) return OF_OK;
    for (k = 0; sum < size; sum += list[0]) len[k++] = size - sum < list[0] ? size - sum : list[0];
    *n = k;
    return OF_OK;
}

static of_status of_position(of_rw *rw, const of_node *at, int64_t n, int64_t *i)
{
    int64_t v[OF_RW_RANK], k;

    OF_TRY(of_rw_ints(rw, of_in_value(at, 1), v, &k));
    *i = -1;
    if (k != 1) return OF_OK;
    *i = v[0] < 0 ? v[0] + n : v[0];
    if (*i >= n) *i = -1;
    return OF_OK;
}

/* Every user of the sequence takes one piece of known place: pieces of a Split. */
static of_status of_split(of_rw *rw, of_node *s, bool *applied)
{
    int64_t len[OF_PIECES], n, i;
    of_value *seq = s->out[0], *parts = NULL;
    of_node *split;
    of_sym names[OF_PIECES];
    of_attr *attr[2];
    bool by_input = of_node_opset(s) >= 13, ok;

    OF_TRY(of_pieces(rw, s, len, &n));
    if (n < 1 || n > OF_PIECES || (seq->flags & OF_VALUE_PINNED)) return OF_OK;
    for (const of_use *u = seq->uses; u; u = u->next) {
        if (!u->node || u->index != 0 || of_rop(u->node) != OF_R_SequenceAt || u->node->graph != s->graph) return OF_OK;
        OF_TRY(of_position(rw, u->node, n, &i));
        if (i < 0) return OF_OK;
    }
    attr[0] = of_rw_attr_int(rw, "axis", of_rw_int(s, "axis", 0));
    attr[1] = by_input ? NULL : of_rw_attr_ints(rw, "split", len, (size_t)n);
    if (by_input) OF_TRY(of_rw_const_ints(rw, s, seq->name, len, (size_t)n, &parts));
    for (int64_t k = 0; k < n; k++) names[k] = seq->name;
    OF_TRY(of_rw_insert(rw, &(of_rw_fresh){.g = s->graph, .before = s, .like = s, .op = "Split",
                                            .in = (of_value *[]){of_in_value(s, 0), parts}, .n_in = by_input ? 2 : 1,
                                            .names = names, .n_out = (uint32_t)n, .attr = attr,
                                            .n_attr = by_input ? 1 : 2}, &split));
    if (s->rest) {
        of_node_rest *rest = of_node_more(rw->m, split);
        if (!rest) return of_rw_nomem(rw);
        rest->props = s->rest->props;
    }
    *applied = true;
    for (of_use *u = seq->uses, *next; u; u = next) {
        of_node *at = u->node;
        next = u->next;
        OF_TRY(of_position(rw, at, n, &i));
        OF_TRY(rw->forward(rw->frame, at, 0, split->out[i], &ok));
        if (s->out[0] != seq || !s->linked) break;
    }
    return OF_OK;
}

of_status of_rule_sequences(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);
    of_node *s;
    int64_t i;

    if (op == OF_R_SequenceAt) {
        s = of_rw_src(n, 0, OF_R_SequenceConstruct);
        if (s) {
            OF_TRY(of_position(rw, n, (int64_t)s->n_in, &i));
            return i >= 0 && of_in_value(s, (uint32_t)i) ? of_rw_forward(rw, n, s->in[i].value, applied) : OF_OK;
        }
        s = of_rw_src(n, 0, OF_R_SplitToSequence);
        return s ? of_split(rw, s, applied) : OF_OK;
    }
    if (op != OF_R_ConcatFromSequence || of_rw_int(n, "new_axis", 0) != 0) return OF_OK;
    s = of_rw_src(n, 0, OF_R_SequenceConstruct);
    if (!s || !of_rw_sole_node(s) || s->n_in < 1 || !of_node_attr(n, "axis")) return OF_OK;
    of_sym concat = OF_NAME_LIT(&rw->m->names, "Concat");
    of_value **in = OF_NEW_N(&rw->m->arena, of_value *, s->n_in);
    of_value *seq = s->out[0];
    if (!concat || !in) return of_rw_nomem(rw);
    for (uint32_t k = 0; k < s->n_in; k++)
        if (!(in[k] = of_in_value(s, k))) return OF_OK;
    uint32_t count = s->n_in;
    if (count > n->n_in) OF_TRY(of_rw_resize_in(rw, n, count));
    of_rw_unset(n, "new_axis");
    n->op_type = concat;
    n->op = 0;
    rw->last = NULL;
    for (uint32_t k = 0; k < count; k++) of_use_set(&n->in[k], in[k]);
    *applied = true;
    OF_TRY(rw->release(rw->frame, seq));
    return rw->made(rw->frame, n);
}
