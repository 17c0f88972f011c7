/* The binding array with its undo log, and the diagnosis of names it does not hold. */
#include "ir/scope.h"

#include <string.h>

of_status of_scope_init(of_scope *s, of_model *m, of_err *e)
{
    *s = (of_scope){.m = m, .n_bind = m->names.count};
    s->bind = of_mem_array(m->alloc, s->n_bind ? s->n_bind : 1, sizeof *s->bind);
    if (!s->bind) return of_nomem(e);
    memset(s->bind, 0, s->n_bind * sizeof *s->bind);
    m->bind = s->bind;
    return OF_OK;
}

void of_scope_free(of_scope *s)
{
    if (!s->m) return;
    of_alloc *a = s->m->alloc;
    of_mem_free(a, s->bind, (s->n_bind ? s->n_bind : 1) * sizeof *s->bind);
    of_mem_free(a, s->log, s->cap_log * sizeof *s->log);
    of_mem_free(a, s->frame, s->cap_frame * sizeof *s->frame);
    s->m->bind = NULL;
    *s = (of_scope){0};
}

of_status of_scope_enter(of_scope *s, of_graph *g, of_err *e)
{
    void *p = s->frame;
    of_status st = of_vec_reserve(s->m->alloc, &p, &s->cap_frame, s->depth + 1, sizeof *s->frame);
    s->frame = p;
    if (st != OF_OK) return of_fail(e, st, "out of memory");
    s->frame[s->depth++] = (of_scope_frame){g, NULL, {NULL, 0}, s->n_log, 0};
    return OF_OK;
}

/* The main graph has nothing outside of it to go back to, and the most names. */
static bool unlogged(const of_graph *g)
{
    return g->kind == OF_GRAPH_MAIN;
}

void of_scope_leave(of_scope *s)
{
    size_t mark = s->frame[--s->depth].mark;
    if (unlogged(s->frame[s->depth].g)) memset(s->bind, 0, s->n_bind * sizeof *s->bind);
    while (s->n_log > mark) {
        struct of_scope_undo u = s->log[--s->n_log];
        s->bind[u.name] = u.was;
    }
}

of_status of_scope_bind(of_scope *s, of_value *v, of_err *e)
{
    uint32_t id = v->name->id;
    if (id >= s->n_bind) return of_fail(e, OF_E_INTERNAL, "a name made while linking");
    if (unlogged(s->frame[s->depth - 1].g)) {
        s->bind[id] = v->id + 1;
        return OF_OK;
    }
    if (s->n_log == s->cap_log) {
        void *p = s->log;
        of_status st = of_vec_reserve(s->m->alloc, &p, &s->cap_log, s->n_log + 1, sizeof *s->log);
        s->log = p;
        if (st != OF_OK) return of_fail(e, st, "out of memory");
    }
    s->log[s->n_log++] = (struct of_scope_undo){id, s->bind[id]};
    s->bind[id] = v->id + 1;
    return OF_OK;
}

/* ---- diagnosis ---- */

static bool makes(const of_node *n, of_sym name)
{
    if (n->was)
        for (uint32_t i = 0; i < n->n_out; i++)
            if (n->was[n->n_in + i] == name) return true;
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && n->out[i]->name == name) return true;
    return false;
}

static of_sym input_name(const of_node *n, uint32_t i)
{
    if (n->in[i].value) return n->in[i].value->name;
    return n->was ? n->was[i] : NULL;
}

typedef struct cycle_search {
    of_model *m;
    uint32_t *maker;  /* by name id: id + 1 of the node of this graph that makes it */
    of_node **stack;  /* at most once each */
    size_t depth;
    uint8_t *seen;    /* by node id */
    const of_node *goal;
    bool found;
} cycle_search;

static void cycle_push(cycle_search *c, of_sym name)
{
    uint32_t b = name && name->id < c->m->names.count ? c->maker[name->id] : 0;
    if (!b || c->seen[b - 1]) return;
    c->seen[b - 1] = 1;
    if (c->m->nodes[b - 1] == c->goal) c->found = true;
    c->stack[c->depth++] = c->m->nodes[b - 1];
}

static void cycle_inputs(cycle_search *c, const of_node *n)
{
    for (uint32_t i = 0; i < n->n_in; i++) cycle_push(c, input_name(n, i));
}

static of_status cycle_run(cycle_search *c)
{
    while (c->depth && !c->found) {
        of_node *n = c->stack[--c->depth];
        cycle_inputs(c, n);
        of_body_iter it = of_bodies(n);
        for (of_graph *b; (b = of_body_next(&it)) != NULL;) {
            of_walk w;
            of_node *x = NULL;
            of_status st = of_walk_init(&w, c->m->alloc, b, false);
            while (st == OF_OK && (st = of_walk_next(&w, &x)) == OF_OK && x) cycle_inputs(c, x);
            of_walk_free(&w);
            if (st != OF_OK) return st;
        }
    }
    return OF_OK;
}

/* Does `from`, a later node of goal's graph, need what goal makes? */
static bool depends_on(of_model *m, of_node *from, const of_node *goal)
{
    size_t names = (size_t)m->names.count + 1, nodes = m->n_nodes + 1;
    cycle_search c = {.m = m, .goal = goal};
    c.maker = of_mem_array(m->alloc, names, sizeof *c.maker);
    c.stack = of_mem_array(m->alloc, nodes, sizeof *c.stack);
    c.seen = of_mem_zalloc(m->alloc, nodes);
    if (c.maker && c.stack && c.seen) {
        memset(c.maker, 0, names * sizeof *c.maker);
        for (const of_node *n = goal; n; n = n->next)
            for (uint32_t i = 0; i < n->n_out; i++) {
                of_sym s = n->was ? n->was[n->n_in + i] : n->out[i] ? n->out[i]->name : NULL;
                if (s && s->len) c.maker[s->id] = n->id + 1;
            }
        c.seen[from->id] = 1;
        c.stack[c.depth++] = from;
        if (cycle_run(&c) != OF_OK) c.found = false;
    }
    of_mem_free(m->alloc, c.maker, names * sizeof *c.maker);
    of_mem_free(m->alloc, c.stack, nodes * sizeof *c.stack);
    of_mem_free(m->alloc, c.seen, nodes);
    return c.found;
}

of_status of_scope_explain(of_scope *s, const of_node *n, uint32_t input, of_sym name, of_err *e)
{
    uint64_t off = n && n->src.len ? n->src.off : OF_NO_OFFSET;
    of_status st = OF_OK;
    for (size_t k = s->depth; k-- > 0 && st == OF_OK;) {
        const of_node *at = s->frame[k].node;
        if (!at) continue; /* an output is looked for after all nodes of its graph */
        for (of_node *later = s->frame[k].node; later; later = later->next) {
            if (!makes(later, name)) continue;
            if (later == at || depends_on(s->m, later, at))
                st = of_fail_at(e, OF_E_MODEL, off, "the graph has a cycle through '%.*s'",
                                of_clip(name->len), name->s);
            else
                st = of_fail_at(e, OF_E_MODEL, off,
                                "nodes are not in topological order: '%.*s' is made by a later node",
                                of_clip(name->len), name->s);
            break;
        }
    }
    if (st == OF_OK && n)
        st = of_fail_at(e, OF_E_MODEL, off, "input %u, '%.*s', is not defined", (unsigned)input,
                        of_clip(name->len), name->s);
    if (st == OF_OK)
        st = of_fail(e, OF_E_MODEL, "output %u of a graph, '%.*s', is not defined", (unsigned)input,
                     of_clip(name->len), name->s);
    if (n) of_err_at_node(e, n);
    return st;
}
