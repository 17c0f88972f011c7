/* Keys and values that are repeated for the heads of a group: `gqa`. */
#include "rewrite/rw.h"

/* Input i of n repeats each head of the value handed back, [batch, heads, length, size], *group
 * times, one behind the other: what Attention does with fewer heads of keys than of queries. */
static of_value *of_repeated(const of_node *n, uint32_t i, int64_t *group)
{
    static const int32_t at[] = {0, 1, 3, 4}; /* of the four axes among five */
    const of_node *r = of_rw_src(n, i, OF_R_Reshape), *e = r ? of_rw_src(r, 0, OF_R_Expand) : NULL, *u;
    const of_shape *flat, *wide, *thin, *k;

    if (!e || !of_rw_sole_node(r) || !of_rw_sole_node(e)) return NULL;
    u = of_rw_src(e, 0, OF_R_Unsqueeze);
    if (!u) u = of_rw_src(e, 0, OF_R_Reshape);
    if (!u || !of_rw_sole_node(u)) return NULL;
    flat = of_rw_shape(r->out[0]);
    wide = of_rw_shape(e->out[0]);
    thin = of_rw_shape(u->out[0]);
    k = of_rw_shape(of_in_value(u, 0));
    if (!flat || !wide || !thin || !k || flat->rank != 4 || wide->rank != 5 || thin->rank != 5 || k->rank != 4)
        return NULL;
    for (int32_t d = 0; d < 4; d++) {
        if (!of_dim_same(k->d[d], thin->d[at[d]]) || !of_dim_same(k->d[d], wide->d[at[d]])) return NULL;
        if (d != 1 && !of_dim_same(k->d[d], flat->d[d])) return NULL;
    }
    if (!of_dim_is(thin->d[2], 1) || !of_dim_is_num(wide->d[2]) || !of_dim_is_num(flat->d[1]) || !of_dim_is_num(k->d[1]))
        return NULL;
    *group = wide->d[2].k;
    if (*group < 2 || k->d[1].k < 1 || flat->d[1].k / *group != k->d[1].k || flat->d[1].k % *group) return NULL;
    return u->in[0].value;
}

of_status of_rule_gqa(of_rw *rw, of_node *n, bool *applied)
{
    const of_shape *q;
    of_value *k, *v;
    int64_t keys, values, heads;

    if (rw->exact || of_rw_op(rw, n) != OF_R_Attention || n->n_in < 3 || of_node_opset(n) < 23) return OF_OK;
    /* What is kept of the past has the heads that come in; numbers of heads are told of three axes. */
    if (of_in_value(n, 4) || of_in_value(n, 5) || of_node_attr(n, "q_num_heads") || of_node_attr(n, "kv_num_heads"))
        return OF_OK;
    for (uint32_t i = 1; i < 3; i++) {
        const of_value *present = of_out_value(n, i);
        if (present && (present->n_uses || present->flags & OF_VALUE_PINNED)) return OF_OK;
    }
    q = of_rw_shape(of_in_value(n, 0));
    k = of_repeated(n, 1, &keys);
    v = k ? of_repeated(n, 2, &values) : NULL;
    if (!v || !q || q->rank != 4 || keys != values) return OF_OK;
    heads = of_rw_shape(k)->d[1].k;
    if (!of_dim_is(of_rw_shape(v)->d[1], heads) || !of_dim_is(q->d[1], heads * keys)) return OF_OK;
    *applied = true;
    OF_TRY(of_rw_rebind(rw, n, 1, k));
    OF_TRY(of_rw_rebind(rw, n, 2, v));
    return rw->made(rw->frame, n);
}
