/* Changes to uses, nodes and graphs, and the marks they leave. */
#include "ir/edit.h"
#include "ir/walk.h"

#include <string.h>

/* ---- marks ---- */

/* A graph is only dirty while all that it is nested in is, so the climb ends at the
 * first dirty one; whoever hangs a graph somewhere touches the node it hangs on. */
void of_touch_graph(of_graph *g)
{
    while (g) {
        of_model *m = g->model;
        if (g->dirty && m->dirty) return;
        g->dirty = true;
        of_node *n = g->owner;
        if (!n) {
            if (g->kind == OF_GRAPH_BODY) return; /* not part of the model yet */
            if (g->func) g->func->dirty = true;
            m->dirty = true;
            return;
        }
        if (g->owner_attr) g->owner_attr->dirty = true;
        n->dirty = true;
        g = n->graph;
    }
}

void of_touch_node(of_node *n)
{
    n->dirty = true;
    of_touch_graph(n->graph);
}

/* ---- uses ---- */

void of_use_bind(of_use *u, of_value *v)
{
    of_value *old = u->value;
    if (old == v) return;
    if (old) {
        if (u->prev)
            u->prev->next = u->next;
        else
            old->uses = u->next;
        if (u->next) u->next->prev = u->prev;
        old->n_uses--;
    }
    u->value = v;
    u->prev = NULL;
    u->next = NULL;
    if (v) {
        u->next = v->uses;
        if (v->uses) v->uses->prev = u;
        v->uses = u;
        v->n_uses++;
    }
}

void of_use_set(of_use *u, of_value *v)
{
    if (u->value == v) return;
    of_graph *g = u->node ? NULL : u->value ? of_use_graph(u) : v->graph->model->graphs[u->graph_id];
    of_use_bind(u, v);
    if (u->node)
        of_touch_node(u->node);
    else
        of_touch_graph(g);
}

void of_value_replace(of_value *from, of_value *to, bool with_outputs)
{
    if (from == to) return;
    for (of_use *u = from->uses, *next; u; u = next) {
        next = u->next;
        if (u->node || with_outputs) of_use_set(u, to);
    }
}

/* ---- nodes in graphs ---- */

static void list_insert(of_node *n, of_graph *g, of_node *before)
{
    n->graph = g;
    n->next = before;
    n->prev = before ? before->prev : g->last;
    if (n->prev)
        n->prev->next = n;
    else
        g->first = n;
    if (before)
        before->prev = n;
    else
        g->last = n;
    n->linked = true;
    g->n_nodes++;
}

static void list_remove(of_node *n)
{
    of_graph *g = n->graph;
    if (n->prev)
        n->prev->next = n->next;
    else
        g->first = n->next;
    if (n->next)
        n->next->prev = n->prev;
    else
        g->last = n->prev;
    n->prev = NULL;
    n->next = NULL;
    n->linked = false;
    n->graph = NULL;
    g->n_nodes--;
}

/* Chains the bodies of n in front of `list` (through ->scratch): nested graphs are
 * visited without recursion and without memory that could be out. */
static of_graph *chain_bodies(const of_node *n, of_graph *list)
{
    of_body_iter it = of_bodies(n);
    for (of_graph *g; (g = of_body_next(&it)) != NULL;) {
        g->scratch = list;
        list = g;
    }
    return list;
}

/* Whatever graphs in the chain, and below them, use is no longer used by them. */
static void drop_body_uses(of_graph *list)
{
    while (list) {
        of_graph *g = list;
        list = g->scratch;
        g->scratch = NULL;
        for (size_t i = 0; g->outputs && i < g->n_outputs; i++) of_use_bind(&g->outputs[i], NULL);
        for (of_node *n = g->first; n; n = n->next) {
            for (uint32_t i = 0; i < n->n_in; i++) of_use_bind(&n->in[i], NULL);
            list = chain_bodies(n, list);
        }
    }
}

/* Sets depth and function of the graphs in the chain and of all below. */
static void settle_bodies(of_graph *list)
{
    while (list) {
        of_graph *g = list;
        list = g->scratch;
        g->scratch = NULL;
        const of_graph *up = g->owner ? g->owner->graph : NULL;
        g->depth = up ? up->depth + 1 : 0;
        g->func = up ? up->func : NULL;
        g->training = up ? up->training : false;
        for (of_node *n = g->first; n; n = n->next) list = chain_bodies(n, list);
    }
}

static void claim_outputs(of_node *n, of_graph *g)
{
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *v = n->out[i];
        if (!v) continue;
        if (!v->producer) {
            v->producer = n;
            v->out_index = i;
        }
        if (v->producer == n) v->graph = g;
    }
}

void of_node_unlink(of_node *n)
{
    of_graph *g = n->graph;
    for (uint32_t i = 0; i < n->n_in; i++) of_use_bind(&n->in[i], NULL);
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && n->out[i]->producer == n) n->out[i]->producer = NULL;
    drop_body_uses(chain_bodies(n, NULL));
    if (!g) return;
    list_remove(n);
    of_touch_graph(g);
}

void of_node_insert_before(of_node *n, of_graph *g, of_node *before)
{
    list_insert(n, g, before);
    claim_outputs(n, g);
    if (n->bodies) settle_bodies(chain_bodies(n, NULL));
    of_touch_node(n);
}

void of_node_append(of_graph *g, of_node *n)
{
    list_insert(n, g, NULL);
    if (!g->model->linked) return;
    claim_outputs(n, g);
    if (n->bodies) settle_bodies(chain_bodies(n, NULL));
    of_touch_node(n);
}

void of_node_move(of_node *n, of_graph *g, of_node *before)
{
    of_graph *old = n->graph;
    if (n == before) return;
    if (old) {
        list_remove(n);
        of_touch_graph(old);
    }
    of_node_insert_before(n, g, before);
}

/* ---- bodies and attributes ---- */

void of_body_attach(of_node *n, of_attr *a, of_graph *g)
{
    n->bodies = true;
    g->owner = n;
    g->owner_attr = a;
    g->scratch = NULL;
    settle_bodies(g);
    if (!g->model->linked) return;
    a->dirty = true;
    of_touch_node(n);
}

void of_node_add_attr(of_node *n, of_attr *a)
{
    of_attr **at = &n->attrs;
    while (*at) at = &(*at)->next;
    a->next = NULL;
    *at = a;
    if (a->type == OF_A_GRAPH || a->type == OF_A_GRAPHS) n->bodies = true;
    of_touch_node(n);
}

void of_node_remove_attr(of_node *n, of_attr *a)
{
    for (of_attr **at = &n->attrs; *at; at = &(*at)->next) {
        if (*at != a) continue;
        *at = a->next;
        a->next = NULL;
        of_node only = {.attrs = a, .bodies = true};
        drop_body_uses(chain_bodies(&only, NULL));
        of_attr_release(a);
        of_touch_node(n);
        return;
    }
}
