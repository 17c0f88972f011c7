/* From names to pointers.
 *
 * ONNX IR, "Names Within a Graph" and "Graphs": node inputs may name values of outer
 * graphs; nodes stand in topological order; every name has one definition. As the
 * checker does, inputs and initializers of a body may hide an outer name, but a node
 * output may not take a name that is visible where the node stands. */
#include "ir/edit.h"
#include "ir/link.h"
#include "ir/scope.h"

#include <string.h>

typedef struct linker {
    of_scope s;
    of_model *m;
    of_err *e;
    bool opset; /* ai.onnx is imported where we are */
} linker;

static of_status fail_graph(const of_graph *g, of_err *e, const char *what, of_sym name)
{
    of_status st = of_fail_at(e, OF_E_MODEL, g->src.len ? g->src.off : OF_NO_OFFSET, "%s '%.*s'", what,
                              name ? of_clip(name->len) : 0, name ? name->s : "");
    if (g->owner) of_err_at_node(e, g->owner);
    return st;
}

static of_status define(linker *l, of_graph *g, of_sym name, of_value **out)
{
    *out = of_value_new(l->m, g, name);
    if (!*out) return of_nomem(l->e);
    return of_scope_bind(&l->s, *out, l->e);
}

static void chain_vinfo(of_value *v, of_vinfo *vi)
{
    of_vinfo **at = &v->vinfo;
    if (*at) at = &(*at)->same; /* order behind the head does not matter */
    vi->same = *at;
    *at = vi;
}

/* ---- what a graph starts with ---- */

static of_status link_input(linker *l, of_graph *g, of_sym name, of_value **out)
{
    if (of_sym_empty(name)) return fail_graph(g, l->e, "a graph input has no name", NULL);
    of_value *old = of_scope_find(&l->s, name);
    if (old && old->graph == g)
        return fail_graph(g, l->e, "two graph inputs have the name", name);
    OF_TRY(define(l, g, name, out));
    (*out)->flags |= OF_VALUE_INPUT;
    return OF_OK;
}

static of_status link_inputs(linker *l, of_graph *g)
{
    bool func = g->kind == OF_GRAPH_FUNCTION;
    if (!func) {
        g->n_inputs = 0;
        for (const of_vinfo *vi = g->in_infos; vi; vi = vi->next) g->n_inputs++;
    }
    g->inputs = OF_NEW_N(&l->m->arena, of_value *, g->n_inputs);
    if (!g->inputs) return of_nomem(l->e);
    of_vinfo *vi = g->in_infos;
    for (size_t i = 0; i < g->n_inputs; i++) {
        OF_TRY(link_input(l, g, func ? g->in_names[i] : vi->name, &g->inputs[i]));
        if (func) continue;
        vi->value = g->inputs[i];
        g->inputs[i]->type = vi->type;
        chain_vinfo(g->inputs[i], vi);
        vi = vi->next;
    }
    return OF_OK;
}

static of_status init_type(linker *l, of_value *v, const of_init *it)
{
    if (v->type || (v->flags & OF_VALUE_INPUT)) return OF_OK; /* a default value binds no input */
    if (it->tensor) {
        v->type = of_type_of_val(l->m, &it->tensor->base);
        if (!v->type) return of_nomem(l->e);
        return OF_OK;
    }
    const of_sparse *sp = it->sparse;
    if (!sp || !sp->values || sp->rank > OF_MAX_RANK) return OF_OK;
    of_shape s = {(int32_t)sp->rank, OF_NEW_N(&l->m->arena, of_dim, sp->rank)};
    if (!s.d) return of_nomem(l->e);
    for (size_t i = 0; i < sp->rank; i++) s.d[i] = of_dim_num(sp->dims[i]);
    /* a sparse initializer stands for the dense tensor */
    v->type = of_type_tensor(l->m, (of_dtype)sp->values->dtype, s);
    return v->type ? OF_OK : of_nomem(l->e);
}

static of_status link_inits(linker *l, of_graph *g)
{
    bool pinned = l->m->has_training && g->kind == OF_GRAPH_MAIN;
    of_init *prev = NULL;
    g->n_inits = 0;
    for (of_init *it = g->init_first; it; it = it->next) {
        it->prev = prev;
        prev = it;
        g->n_inits++;
        if (of_sym_empty(it->name)) return fail_graph(g, l->e, "an initializer has no name", NULL);
        of_value *v = of_scope_find(&l->s, it->name);
        if (!v || v->graph != g)
            OF_TRY(define(l, g, it->name, &v));
        else if (v->flags & OF_VALUE_INIT)
            return fail_graph(g, l->e, "two initializers have the name", it->name);
        it->value = v;
        v->init = it;
        v->flags |= OF_VALUE_INIT;
        if (it->sparse) v->flags |= OF_VALUE_SPARSE;
        if (pinned) v->flags |= OF_VALUE_PINNED;
        OF_TRY(init_type(l, v, it));
        if (it->tensor && !(v->flags & (OF_VALUE_INPUT | OF_VALUE_PINNED)))
            OF_TRY(of_value_set_const(v, &it->tensor->base));
    }
    g->init_last = prev;
    return OF_OK;
}

/* ---- nodes ---- */

static of_status link_node_inputs(linker *l, of_node *n)
{
    if (!l->opset && of_domain_is_default(n->domain) && !of_node_func(n)) {
        of_status st = of_fail_at(l->e, OF_E_VERSION, n->src.len ? n->src.off : OF_NO_OFFSET,
                                  "no operator set of the default domain is imported");
        of_err_at_node(l->e, n);
        return st;
    }
    for (uint32_t i = 0; n->was && i < n->n_in; i++) {
        of_sym name = n->was[i];
        if (of_sym_empty(name)) continue;
        of_value *v = of_scope_find(&l->s, name);
        if (!v) return of_scope_explain(&l->s, n, i, name, l->e);
        of_use_bind(&n->in[i], v);
    }
    return OF_OK;
}

static of_status link_node_outputs(linker *l, of_graph *g, of_node *n)
{
    for (uint32_t i = 0; n->was && i < n->n_out; i++) {
        of_sym name = n->was[n->n_in + i];
        if (of_sym_empty(name)) continue;
        if (of_scope_find(&l->s, name)) {
            of_status st = of_fail_at(l->e, OF_E_MODEL, n->src.len ? n->src.off : OF_NO_OFFSET,
                                      "output %u, '%.*s', is already defined", (unsigned)i,
                                      of_clip(name->len), name->s);
            of_err_at_node(l->e, n);
            return st;
        }
        OF_TRY(define(l, g, name, &n->out[i]));
        n->out[i]->producer = n;
        n->out[i]->out_index = i;
    }
    n->was = NULL;
    return OF_OK;
}

/* ---- what a graph ends with ---- */

static of_status link_outputs(linker *l, of_graph *g)
{
    bool func = g->kind == OF_GRAPH_FUNCTION;
    if (!func) {
        g->n_outputs = 0;
        for (const of_vinfo *vi = g->out_infos; vi; vi = vi->next) g->n_outputs++;
    }
    g->outputs = OF_NEW_N(&l->m->arena, of_use, g->n_outputs);
    if (!g->outputs) return of_nomem(l->e);
    of_vinfo *vi = g->out_infos;
    for (size_t i = 0; i < g->n_outputs; i++) {
        of_sym name = func ? g->out_names[i] : vi->name;
        if (of_sym_empty(name)) return fail_graph(g, l->e, "a graph output has no name", NULL);
        of_value *v = of_scope_find(&l->s, name);
        if (!v) {
            of_status st = of_scope_explain(&l->s, NULL, (uint32_t)i, name, l->e);
            if (g->owner) of_err_at_node(l->e, g->owner);
            return st;
        }
        g->outputs[i].graph_id = g->id;
        g->outputs[i].index = (uint32_t)i;
        of_use_bind(&g->outputs[i], v);
        if (func) continue;
        vi->value = v;
        if (v->graph == g) {
            chain_vinfo(v, vi);
            if (!v->type) v->type = vi->type;
        }
        vi = vi->next;
    }
    return OF_OK;
}

static of_status link_end(linker *l, of_graph *g)
{
    OF_TRY(link_outputs(l, g));
    const char *what = g->owner ? of_check_body(g->owner, g) : NULL;
    if (what) {
        of_status st = of_fail_at(l->e, OF_E_MODEL, g->src.len ? g->src.off : OF_NO_OFFSET, "%s", what);
        of_err_at_node(l->e, g->owner);
        return st;
    }
    for (of_vinfo *vi = g->value_infos; vi; vi = vi->next) {
        of_value *v = of_sym_empty(vi->name) ? NULL : of_scope_find(&l->s, vi->name);
        if (!v || v->graph != g) continue; /* names nothing of this graph: kept as it is */
        vi->value = v;
        chain_vinfo(v, vi);
        if (!v->type) v->type = vi->type;
    }
    for (size_t i = 0; i < g->n_pinned; i++) {
        of_value *v = of_sym_empty(g->pinned_names[i]) ? NULL : of_scope_find(&l->s, g->pinned_names[i]);
        if (!v) continue;
        v->flags |= OF_VALUE_PINNED;
        OF_TRY(of_value_set_const(v, NULL));
    }
    return OF_OK;
}

/* ---- the walk ---- */

static of_status enter(linker *l, of_graph *g, of_node *owner, of_attr *attr)
{
    g->model = l->m;
    if (owner) {
        g->owner = owner;
        g->owner_attr = attr;
        g->depth = owner->graph->depth + 1;
        g->func = owner->graph->func;
    }
    OF_TRY(of_scope_enter(&l->s, g, l->e));
    OF_TRY(link_inputs(l, g));
    OF_TRY(link_inits(l, g));
    g->n_nodes = 0;
    return OF_OK;
}

/* To the next node of the frame's graph, if there is one. */
static of_status step(linker *l, of_scope_frame *f)
{
    of_graph *g = f->g;
    of_node *n = f->node ? f->node->next : g->first;
    f->node = n;
    if (!n) return OF_OK;
    n->graph = g;
    n->linked = true;
    g->n_nodes++;
    f->bodies = of_bodies(n);
    return link_node_inputs(l, n);
}

static of_status link_top(linker *l, of_graph *top)
{
    l->opset = of_graph_opset(top, l->m->names.empty) != 0;
    OF_TRY(enter(l, top, NULL, NULL));
    OF_TRY(step(l, &l->s.frame[0]));
    while (l->s.depth) {
        of_scope_frame *f = &l->s.frame[l->s.depth - 1];
        of_graph *g = f->g;
        if (!f->node) {
            OF_TRY(link_end(l, g));
            of_scope_leave(&l->s);
            continue;
        }
        of_graph *body = of_body_next(&f->bodies);
        if (body) {
            OF_TRY(enter(l, body, f->node, f->bodies.attr));
            OF_TRY(step(l, &l->s.frame[l->s.depth - 1]));
            continue;
        }
        OF_TRY(link_node_outputs(l, g, f->node));
        OF_TRY(step(l, f));
    }
    return OF_OK;
}

of_status of_link(of_model *m, of_err *e)
{
    linker l = {.m = m, .e = e};
    if (!m->graph) return of_fail(e, OF_E_MODEL, "the model has no graph");
    OF_TRY(of_model_index(m, e));
    OF_TRY(of_scope_init(&l.s, m, e));
    of_status st = link_top(&l, m->graph);
    for (size_t i = 0; st == OF_OK && i < m->n_funcs; i++) {
        of_graph *g = m->funcs[i]->body;
        if (!g) continue;
        g->func = m->funcs[i];
        st = link_top(&l, g);
    }
    of_scope_free(&l.s);
    if (st == OF_OK) st = of_check_calls(m, e);
    if (st != OF_OK) return st;
    m->n_nodes_in = m->n_nodes;
    m->linked = true;
    return OF_OK;
}
