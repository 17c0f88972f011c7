/* Constant nodes become initializers; initializers of bodies move to the main graph. */
#include "pass/pass_frame.h"

/* The tensor of a Constant node that may be lifted, or NULL. A sparse one stays: dense
 * it might be of any size. */
static of_tensor *of_liftable(const of_node *n)
{
    const of_value *v = of_out_value(n, 0);
    const of_attr *a = n->attrs;

    if (!of_pass_is_constant(n) || n->n_out != 1 || !v || !v->n_uses || (v->flags & OF_VALUE_PINNED)) return NULL;
    if (!a || a->next || a->type == OF_A_SPARSE_TENSOR) return NULL;
    return of_val_tensor(v->cval);
}

static of_status of_lift_node(of_pass *p, of_node *n, of_tensor *t)
{
    of_value *v = n->out[0];
    of_status st;

    v->producer = NULL;
    st = of_value_set_init(p->m, v, t, p->err);
    if (st != OF_OK) {
        v->producer = n;
        return st;
    }
    n->out[0] = NULL;
    of_pass_unlink(p, n, OF_REPLACED, OF_PASS_LIFT_CONSTANTS);
    of_pass_applied(p, OF_PASS_LIFT_CONSTANTS, 1);
    return OF_OK;
}

static of_status of_lift_constants_of(of_pass *p, of_graph *g)
{
    of_node *next;

    for (of_node *n = g->first; n; n = next) {
        of_tensor *t = of_liftable(n);
        of_status st;

        next = n->next;
        if (!t) continue;
        if (!of_pass_inits(p, g)) return OF_OK;
        of_tensor_ref(t);
        st = of_lift_node(p, n, t);
        of_tensor_unref(t);
        if (st != OF_OK) return st;
    }
    return OF_OK;
}

of_status of_pass_lift_constants(of_pass *p)
{
    return of_pass_each_graph(p, p->m->graph, of_lift_constants_of);
}

/* Takes the entry from g's list to the end of the main graph's. */
static void of_relist(of_init *it, of_graph *g, of_graph *to)
{
    if (it->prev) it->prev->next = it->next;
    else g->init_first = it->next;
    if (it->next) it->next->prev = it->prev;
    else g->init_last = it->prev;
    g->n_inits--;
    it->prev = to->init_last;
    it->next = NULL;
    if (to->init_last) to->init_last->next = it;
    else to->init_first = it;
    to->init_last = it;
    to->n_inits++;
    it->value->graph = to;
}

/* Entries that describe values which now belong to another graph follow them. */
static void of_reinfo(of_graph *g, of_graph *to)
{
    of_vinfo **at = &g->value_infos;

    while (*at) {
        of_vinfo *vi = *at;
        if (!vi->value || vi->drop || vi->value->graph != to) {
            at = &vi->next;
            continue;
        }
        *at = vi->next;
        vi->next = to->value_infos;
        to->value_infos = vi;
    }
}

static of_status of_lift_inits_of(of_pass *p, of_graph *g)
{
    of_graph *to = p->m->graph;
    of_init *next;
    bool any = false;

    if (g == to) return OF_OK;
    for (of_init *it = g->init_first; it; it = next) {
        of_value *v = it->value;
        uint32_t named;

        next = it->next;
        if (!v || (v->flags & (OF_VALUE_INPUT | OF_VALUE_PINNED)) || of_value_is_output(v)) continue;
        if (!of_pass_inits(p, to)) return OF_OK;
        OF_TRY(of_pass_named(p, v, &named));
        if (named > 1) OF_TRY(of_pass_rename_fresh(p, v));
        of_relist(it, g, to);
        of_pass_applied(p, OF_PASS_LIFT_SUBGRAPH_INITIALIZERS, 1);
        any = true;
    }
    if (!any) return OF_OK;
    of_reinfo(g, to);
    of_touch_graph(g);
    of_touch_graph(to);
    return OF_OK;
}

of_status of_pass_lift_subgraph(of_pass *p)
{
    return of_pass_each_graph(p, p->m->graph, of_lift_inits_of);
}
