/* The verifier: what every pass must leave true. It goes through the model as link does
 * and asks that each name means the value that is pointed to, so that writing the
 * model and linking it again gives the same graph. */
#include "ir/link.h"
#include "ir/scope.h"

#include <string.h>

typedef struct verifier {
    of_scope s;
    of_model *m;
    of_err *e;
    uint32_t *uses; /* by value id: uses met in graphs that are part of the model */
} verifier;

static of_status bad_graph(const verifier *v, const of_graph *g, const char *what, of_sym name)
{
    of_status st = of_fail(v->e, OF_E_INTERNAL, "graph #%u: %s '%.*s'", (unsigned)g->id, what,
                           name ? of_clip(name->len) : 0, name ? name->s : "");
    if (g->owner) of_err_at_node(v->e, g->owner);
    return st;
}

static of_status bad_node(const verifier *v, const of_node *n, const char *what, of_sym name)
{
    of_status st = of_fail(v->e, OF_E_INTERNAL, "node #%u: %s '%.*s'", (unsigned)n->id, what,
                           name ? of_clip(name->len) : 0, name ? name->s : "");
    of_err_at_node(v->e, n);
    return st;
}

/* ---- values ---- */

static bool const_fits(const of_type *t, const of_val *c)
{
    if (!t || t->kind != OF_T_TENSOR || c->kind != OF_VAL_TENSOR) return true;
    const of_tensor *x = (const of_tensor *)(const void *)c;
    if (t->dtype != OF_UNDEFINED && t->dtype != x->dtype) return false;
    if (t->shape.rank < 0) return true;
    if (t->shape.rank != x->rank) return false;
    for (int32_t i = 0; i < t->shape.rank; i++)
        if (of_dim_is_num(t->shape.d[i]) && t->shape.d[i].k != x->dims[i]) return false;
    return true;
}

/* A definition: v is in g, and visible from here on. */
static of_status check_value(verifier *v, const of_graph *g, of_value *x)
{
    const of_model *m = v->m;
    if (x->id >= m->n_values || m->values[x->id] != x)
        return bad_graph(v, g, "a value is not in the table:", x->name);
    if (of_sym_empty(x->name)) return bad_graph(v, g, "a value has no name", NULL);
    if (x->graph != g) return bad_graph(v, g, "a value is in the scope of another graph:", x->name);
    if (((x->flags & OF_VALUE_INIT) != 0) != (x->init != NULL))
        return bad_graph(v, g, "initializer and its flag do not agree:", x->name);
    if (x->cval && x->cval->refs == 0) return bad_graph(v, g, "a constant is released:", x->name);
    if (x->cval && !const_fits(x->type, x->cval))
        return bad_graph(v, g, "a constant does not fit the type of", x->name);
    const of_value *old = of_scope_find(&v->s, x->name);
    if (old && (old->graph == g || x->producer))
        return bad_graph(v, g, "two values have the name", x->name);
    return of_scope_bind(&v->s, x, v->e);
}

static bool use_ok(const of_use *u)
{
    const of_value *x = u->value;
    if (u->prev ? u->prev->next != u : x->uses != u) return false;
    return !u->next || u->next->prev == u;
}

/* What is wrong with a use, or NULL. */
static const char *check_use(verifier *v, const of_use *u)
{
    const of_value *x = u->value;
    if (x->id >= v->m->n_values || v->m->values[x->id] != x) return "use of a value not in the table:";
    if (!use_ok(u)) return "a use is not in the list of its value:";
    v->uses[x->id]++;
    const of_value *seen = of_scope_find(&v->s, x->name);
    if (seen == x) return NULL;
    if (seen) return "another value hides";
    return x->producer || (x->flags & (OF_VALUE_INPUT | OF_VALUE_INIT))
               ? "a value is used where it is not visible:"
               : "use of a value that nothing makes:";
}

/* ---- graphs ---- */

static of_status check_start(verifier *v, of_graph *g)
{
    if (g->id >= v->m->n_graphs || v->m->graphs[g->id] != g || g->model != v->m)
        return bad_graph(v, g, "not in the table", NULL);
    for (size_t i = 0; i < g->n_inputs; i++) {
        of_value *x = g->inputs ? g->inputs[i] : NULL;
        if (!x) return bad_graph(v, g, "an input is missing", NULL);
        if (!(x->flags & OF_VALUE_INPUT) || x->producer)
            return bad_graph(v, g, "an input is not flagged, or made by a node:", x->name);
        OF_TRY(check_value(v, g, x));
    }
    size_t n = 0;
    const of_init *prev = NULL;
    for (const of_init *it = g->init_first; it; prev = it, it = it->next) {
        of_value *x = it->value;
        if (it->prev != prev || ++n > g->n_inits)
            return bad_graph(v, g, "the list of initializers is broken", NULL);
        if (!x || x->init != it || x->graph != g || x->producer)
            return bad_graph(v, g, "an initializer and its value do not agree:", x ? x->name : it->name);
        /* one of an element type this library does not know is kept as it was read */
        if (!it->tensor && !it->sparse && !it->src.len && !it->raw)
            return bad_graph(v, g, "an initializer without data:", x->name);
        if (!(x->flags & OF_VALUE_INPUT)) OF_TRY(check_value(v, g, x));
    }
    if (n != g->n_inits || g->init_last != prev)
        return bad_graph(v, g, "the list of initializers is broken", NULL);
    if (n && g->kind == OF_GRAPH_FUNCTION) return bad_graph(v, g, "a function has initializers", NULL);
    return OF_OK;
}

static of_status check_end(verifier *v, const of_graph *g, size_t n_nodes)
{
    if (n_nodes != g->n_nodes) return bad_graph(v, g, "the count of nodes is wrong", NULL);
    const of_vinfo *vi = g->kind == OF_GRAPH_MAIN ? g->out_infos : NULL;
    for (size_t i = 0; i < g->n_outputs; i++) {
        const of_use *u = g->outputs ? &g->outputs[i] : NULL;
        if (!u || !u->value) return bad_graph(v, g, "an output is missing", NULL);
        const of_value *x = u->value;
        if (u->node || u->graph_id != g->id || u->index != i)
            return bad_graph(v, g, "an output is not its graph's:", x->name);
        const char *what = check_use(v, u);
        if (what) return bad_graph(v, g, what, x->name);
        if (vi && vi->name != x->name)
            return bad_graph(v, g, "an output of the model has lost its name:", vi->name);
        if (vi) vi = vi->next;
    }
    return OF_OK;
}

static of_status check_inputs(verifier *v, of_node *n, const of_node *prev)
{
    const of_graph *g = n->graph;
    if (n->id >= v->m->n_nodes || v->m->nodes[n->id] != n) return bad_node(v, n, "not in the table", NULL);
    if (n->prev != prev || (n->next ? n->next->prev != n : g->last != n))
        return bad_node(v, n, "the list of nodes is broken", NULL);
    if (!n->linked) return bad_node(v, n, "in a graph, but not marked so", NULL);
    if (n->dirty && v->m->linked && (!g->dirty || !v->m->dirty))
        return bad_node(v, n, "changed, but what it is part of is not marked", NULL);
    for (uint32_t i = 0; i < n->n_in; i++) {
        const of_use *u = &n->in[i];
        if (u->node != n || u->index != i) return bad_node(v, n, "an input is not its node's", NULL);
        if (!u->value) continue;
        const char *what = check_use(v, u);
        if (what) return bad_node(v, n, what, u->value->name);
    }
    return OF_OK;
}

static of_status check_outputs(verifier *v, of_node *n)
{
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *x = n->out[i];
        if (!x) continue;
        if (x->producer != n || x->out_index != i || (x->flags & (OF_VALUE_INPUT | OF_VALUE_INIT)))
            return bad_node(v, n, "an output and its value do not agree:", x->name);
        OF_TRY(check_value(v, n->graph, x));
    }
    return OF_OK;
}

static of_status check_body(const verifier *v, const of_node *n, const of_attr *a, const of_graph *b)
{
    if (b->owner != n || b->owner_attr != a) return bad_node(v, n, "a body has another owner", NULL);
    if (b->depth != n->graph->depth + 1 || b->func != n->graph->func)
        return bad_node(v, n, "a body has the wrong depth or function", NULL);
    const char *what = of_check_body(n, b);
    return what ? bad_node(v, n, what, NULL) : OF_OK;
}

/* ---- the walk ---- */

static of_status enter(verifier *v, of_graph *g)
{
    OF_TRY(of_scope_enter(&v->s, g, v->e));
    OF_TRY(check_start(v, g));
    if (g->first && g->first->graph != g) return bad_graph(v, g, "a node is in another graph", NULL);
    return OF_OK;
}

static of_status step(verifier *v, of_scope_frame *f)
{
    of_node *prev = f->node, *n = prev ? prev->next : f->g->first;
    f->node = n;
    if (!n) return OF_OK;
    f->n_nodes++;
    if (n->graph != f->g || f->n_nodes > f->g->n_nodes)
        return bad_graph(v, f->g, "the list of nodes is broken", NULL);
    f->bodies = of_bodies(n);
    return check_inputs(v, n, prev);
}

static of_status verify_top(verifier *v, of_graph *top)
{
    OF_TRY(enter(v, top));
    OF_TRY(step(v, &v->s.frame[0]));
    while (v->s.depth) {
        of_scope_frame *f = &v->s.frame[v->s.depth - 1];
        if (!f->node) {
            OF_TRY(check_end(v, f->g, f->n_nodes));
            of_scope_leave(&v->s);
            continue;
        }
        of_graph *body = f->node->attrs ? of_body_next(&f->bodies) : NULL;
        if (body) {
            OF_TRY(check_body(v, f->node, f->bodies.attr, body));
            OF_TRY(enter(v, body));
            OF_TRY(step(v, &v->s.frame[v->s.depth - 1]));
            continue;
        }
        OF_TRY(check_outputs(v, f->node));
        OF_TRY(step(v, f));
    }
    return OF_OK;
}

/* Each list holds as many uses as the graphs have, no more. */
static of_status check_use_lists(verifier *v)
{
    for (size_t i = 0; i < v->m->n_values; i++) {
        const of_value *x = v->m->values[i];
        uint32_t n = 0;
        if (x->id != i) return of_fail(v->e, OF_E_INTERNAL, "value #%u has another id", (unsigned)i);
        for (const of_use *u = x->uses; u && n <= x->n_uses; u = u->next) {
            n++;
            if (u->value != x || !use_ok(u)) n = x->n_uses + 1;
        }
        if (n != x->n_uses || n != v->uses[i])
            return of_fail(v->e, OF_E_INTERNAL, "the uses of '%.*s' are not those of the graphs",
                           of_clip(x->name->len), x->name->s);
    }
    return OF_OK;
}

of_status of_verify(of_model *m, of_err *e)
{
    verifier v = {.m = m, .e = e};
    if (!m->graph || m->graph->kind != OF_GRAPH_MAIN)
        return of_fail(e, OF_E_INTERNAL, "the model has no graph");
    size_t n_uses = m->n_values + 1;
    OF_TRY(of_scope_init(&v.s, m, e));
    v.uses = of_mem_array(m->alloc, n_uses, sizeof *v.uses);
    of_status st = v.uses ? OF_OK : of_nomem(e);
    if (v.uses) memset(v.uses, 0, n_uses * sizeof *v.uses);
    if (st == OF_OK) st = verify_top(&v, m->graph);
    for (size_t i = 0; st == OF_OK && i < m->n_funcs; i++) {
        const of_func *f = m->funcs[i];
        if (f->drop || !f->body) continue;
        if (f->index != i || f->body->func != f)
            st = of_fail(e, OF_E_INTERNAL, "function #%u and its body do not agree", (unsigned)i);
        else
            st = verify_top(&v, f->body);
    }
    if (st == OF_OK) st = check_use_lists(&v);
    of_mem_free(m->alloc, v.uses, n_uses * sizeof *v.uses);
    of_scope_free(&v.s);
    return st == OF_OK ? of_check_calls(m, e) : st;
}
