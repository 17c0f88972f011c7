/* Slices that cut one value into pieces: `slices_to_split`. */
#include "rewrite/rw.h"

#define OF_PIECES 32

typedef struct of_piece {
    int64_t start, end;
    of_node *node;
} of_piece;

/* n as one run of whole steps along one axis of known size. */
static of_status of_read_piece(of_rw *rw, const of_node *n, of_piece *p, int64_t *axis, bool *ok)
{
    const of_shape *s = of_rw_shape(of_in_value(n, 0));
    int64_t start[OF_RW_RANK], end[OF_RW_RANK], axes[OF_RW_RANK] = {0}, step[OF_RW_RANK] = {1},
                                                k[4], size;
    bool given[4];

    *ok = false;
    if (!s) return OF_OK;
    OF_TRY(of_rw_list(rw, n, "starts", 1, 10, start, &k[0], &given[0]));
    OF_TRY(of_rw_list(rw, n, "ends", 2, 10, end, &k[1], &given[1]));
    OF_TRY(of_rw_list(rw, n, "axes", 3, 10, axes, &k[2], &given[2]));
    OF_TRY(of_rw_list(rw, n, "steps", 4, 10, step, &k[3], &given[3]));
    if (k[0] != 1 || k[1] != 1 || (given[2] && k[2] != 1) || (given[3] && k[3] != 1) ||
        (given[3] && step[0] != 1))
        return OF_OK;
    if (!given[2]) axes[0] = 0;
    *axis = axes[0] < 0 ? axes[0] + s->rank : axes[0];
    if (*axis < 0 || *axis >= s->rank || !of_dim_is_num(s->d[*axis])) return OF_OK;
    size = s->d[*axis].k;
    p->start = start[0] < 0 ? start[0] + size : start[0];
    p->end = end[0] < 0 ? end[0] + size : end[0];
    if (p->start < 0) p->start = 0;
    if (p->end > size) p->end = size;
    *ok = p->start < p->end;
    return OF_OK;
}

/* Whether nothing but nodes uses what n gives out. */
static bool of_inside(const of_node *n)
{
    const of_value *v = of_out_value(n, 0);

    return n->n_out == 1 && v && v->n_uses && !v->cval && !(v->flags & OF_VALUE_PINNED) &&
           !of_value_is_output(v);
}

/* The slices of n's input along n's axis, in order. *k 0: they do not cut it into pieces. */
static of_status of_collect(of_rw *rw, of_node *n, int64_t axis, of_piece *p, size_t *k)
{
    const of_value *x = n->in[0].value;
    int64_t at = 0, its;
    size_t count = 0;
    bool ok;

    *k = 0;
    for (const of_use *u = x->uses; u; u = u->next) {
        of_node *s = u->node;
        of_piece one = {0, 0, s};
        if (!s || u->index != 0 || s->graph != n->graph || of_rop(s) != OF_R_Slice ||
            of_node_bound(s) || of_node_func(s))
            continue;
        OF_TRY(of_read_piece(rw, s, &one, &its, &ok));
        if (!ok || its != axis) continue;
        if (count == OF_PIECES || !of_inside(s)) return OF_OK;
        size_t i = count++;
        for (; i && p[i - 1].start > one.start; i--) p[i] = p[i - 1];
        p[i] = one;
    }
    for (size_t i = 0; i < count; i++) {
        if (p[i].start != at) return OF_OK;
        at = p[i].end;
    }
    if (count > 1 && of_dim_is(of_rw_shape(x)->d[axis], at)) *k = count;
    return OF_OK;
}

of_status of_rule_slices_to_split(of_rw *rw, of_node *n, bool *applied)
{
    of_piece p[OF_PIECES], first;
    int64_t axis, len[OF_PIECES];
    of_value *x = of_in_value(n, 0), *parts = NULL;
    of_attr *attr[2];
    of_sym names[OF_PIECES];
    size_t k;
    bool ok, by_input = of_node_opset(n) >= 13;
    of_node *split;

    /* The first piece's node looks for the others, once. */
    if (of_rw_op(rw, n) != OF_R_Slice || !x || x->cval || x->graph != n->graph || x->n_uses < 2 ||
        x->n_uses > OF_PIECES || of_node_opset(n) < 2)
        return OF_OK;
    OF_TRY(of_read_piece(rw, n, &first, &axis, &ok));
    if (!ok) return OF_OK;
    OF_TRY(of_collect(rw, n, axis, p, &k));
    if (!k) return OF_OK;
    for (size_t i = 0; i < k; i++) len[i] = p[i].end - p[i].start;
    attr[0] = of_rw_attr_int(rw, "axis", axis);
    attr[1] = by_input ? NULL : of_rw_attr_ints(rw, "split", len, k);
    for (size_t i = 0; i < k; i++) names[i] = p[i].node->out[0]->name;
    /* In front of every piece: right behind what makes the value. */
    of_node *before = x->producer ? x->producer->next : n->graph->first;
    if (by_input) OF_TRY(of_rw_const_ints(rw, before, x->name, len, k, &parts));
    OF_TRY(of_rw_insert(rw, &(of_rw_fresh){.g = n->graph, .before = before, .like = n, .op = "Split",
                                            .in = (of_value *[]){x, parts}, .n_in = by_input ? 2 : 1, .names = names,
                                            .n_out = (uint32_t)k, .attr = attr, .n_attr = by_input ? 1 : 2}, &split));
    *applied = true;
    for (size_t i = 0; i < k; i++) OF_TRY(rw->forward(rw->frame, p[i].node, 0, split->out[i], &ok));
    return OF_OK;
}
