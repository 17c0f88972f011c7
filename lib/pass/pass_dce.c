/* Dead code: nodes, initializers, functions and operator set imports that nothing
 * uses. One pass from the last node to the first: what a node used may die with it. */
#include <string.h>

#include "pass/pass_frame.h"

static bool of_unused(const of_node *n)
{
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && n->out[i]->n_uses) return false;
    /* A node without any output is there for what it does. */
    return n->n_out != 0;
}

/* Bodies hold uses of their own: what only a dead body used is looked at again when its
 * turn comes, and its nodes are the report's. */
static of_status of_bury_bodies(of_pass *p, const of_node *n)
{
    of_body_iter it = of_bodies(n);
    of_graph *g;
    of_status st = OF_OK;

    while (st == OF_OK && (g = of_body_next(&it)) != NULL) {
        of_walk w;
        of_node *b;

        OF_TRY(of_walk_init(&w, p->alloc, g, false));
        for (;;) {
            st = of_walk_next(&w, &b);
            if (st != OF_OK || !b) break;
            b->fate = OF_REMOVED;
            b->by = OF_PASS_DEAD_CODE + 1;
            b->why = OF_WHY_NONE;
            of_pass_node_unnamed(p, b);
            for (uint32_t i = 0; i < b->n_out; i++)
                if (b->out[i]) of_pass_unnamed(p, b->out[i]);
        }
        of_walk_free(&w);
    }
    return st == OF_OK ? OF_OK : of_pass_nomem(p);
}

/* Tells the worklist of values that are now used once: a limit or a pattern may ask for it. */
static of_status of_bury(of_pass *p, of_node *n)
{
    size_t k = 0;

    OF_TRY(of_bury_bodies(p, n));
    OF_TRY(of_pass_scratch_in(p, n->n_in));
    for (uint32_t i = 0; i < n->n_in; i++) {
        of_value *v = n->in[i].value;
        if (v && (v->cval || p->any_rule || (v->producer && of_has_bodies(v->producer)))) p->in_values[k++] = v;
    }
    if (n->attrs) OF_TRY(of_pass_captures(p, n, &k));
    of_pass_unlink(p, n, OF_REMOVED, OF_PASS_DEAD_CODE);
    of_pass_applied(p, OF_PASS_DEAD_CODE, 1);
    for (size_t i = 0; i < k; i++) {
        const of_value *v = p->in_values[i];
        if (v->n_uses < 2) OF_TRY(v->n_uses ? of_pass_alone(p, v) : of_pass_unused(p, v));
    }
    return OF_OK;
}

/* With dead nodes gone from its bodies a loop may take nothing from outside but constants. */
static of_status of_look_again(of_pass *p, of_node *n)
{
    bool yes = p->on[OF_PASS_FOLD] && n->why == OF_WHY_NONE && of_has_bodies(n);

    for (uint32_t i = 0; yes && i < n->n_in; i++) yes = !n->in[i].value || n->in[i].value->cval;
    if (yes) OF_TRY(of_pass_all_const(p, n, &yes));
    return yes ? of_pass_push(p, n) : OF_OK;
}

static of_status of_dead_nodes(of_pass *p, of_graph *root)
{
    of_sweep *s;
    of_status st = OF_OK;

    p->depth = 0;
    OF_TRY(of_pass_enter(p, root, root->last));
    while (p->depth) {
        of_node *n;
        of_graph *g;

        s = &p->stack[p->depth - 1];
        n = s->at;
        if (!n) {
            p->depth--;
            continue;
        }
        if (!s->in_bodies) {
            if (of_unused(n)) {
                s->at = n->prev;
                OF_TRY(of_bury(p, n));
                continue;
            }
            s->it = of_bodies(n);
            s->in_bodies = true;
        }
        g = of_body_next(&s->it);
        if (g) {
            OF_TRY(of_pass_enter(p, g, g->last));
            continue;
        }
        s->in_bodies = false;
        s->at = n->prev;
        if (n->attrs) OF_TRY(of_look_again(p, n));
    }
    return st;
}

static of_status of_dead_inits(of_pass *p, of_graph *g)
{
    of_init *next;

    for (of_init *it = g->init_first; it; it = next) {
        of_value *v = it->value;
        next = it->next;
        if (!v || v->n_uses || (v->flags & (OF_VALUE_INPUT | OF_VALUE_PINNED))) continue;
        of_pass_unnamed(p, v);
        OF_TRY(of_value_drop_init(p->m, v));
        OF_TRY(of_value_set_const(v, NULL));
        of_pass_applied(p, OF_PASS_DEAD_CODE, 1);
    }
    return OF_OK;
}

/* With the option that makes them constants, an input and its initializer go together. */
static void of_dead_inputs(of_pass *p, of_graph *g)
{
    of_vinfo **at = &g->in_infos;
    size_t keep = 0;

    if (!p->o->initializer_inputs_constant) return;
    for (size_t i = 0; i < g->n_inputs; i++) {
        of_value *v = g->inputs[i];
        of_vinfo *vi = *at;

        if (!v->init || v->n_uses || (v->flags & OF_VALUE_PINNED)) {
            g->inputs[keep++] = v;
            if (vi) at = &vi->next;
            continue;
        }
        (void)of_value_drop_init(p->m, v);
        (void)of_value_set_const(v, NULL);
        v->flags &= (uint16_t)~OF_VALUE_INPUT;
        if (vi) {
            *at = vi->next;
            vi->drop = true;
            vi->next = NULL;
        }
        if (v->vinfo == vi && vi) v->vinfo = vi->same;
        of_touch_graph(g);
        of_pass_applied(p, OF_PASS_DEAD_CODE, 1);
    }
    g->n_inputs = keep;
}

/* ---- functions ---- */

static of_status of_mark_calls(of_pass *p, of_graph *g, uint8_t *used, of_func **todo, size_t *n_todo)
{
    of_walk w;
    of_node *n;
    of_status st;

    OF_TRY(of_walk_init(&w, p->alloc, g, false));
    for (;;) {
        of_func *f;
        st = of_walk_next(&w, &n);
        if (st != OF_OK || !n) break;
        f = of_node_func(n);
        if (!f || used[f->index]) continue;
        used[f->index] = 1;
        todo[(*n_todo)++] = f;
    }
    of_walk_free(&w);
    return st == OF_OK ? OF_OK : of_pass_nomem(p);
}

/* What is written no more uses nothing. Without memory: a function is never half gone. */
static void of_bury_funcs(of_pass *p)
{
    of_model *m = p->m;

    for (size_t i = 0; i < m->n_graphs; i++) {
        of_graph *g = m->graphs[i];
        if (!g->func || !g->func->drop) continue;
        for (size_t k = 0; g->outputs && k < g->n_outputs; k++) of_use_bind(&g->outputs[k], NULL);
        for (of_node *n = g->first; n; n = n->next) {
            for (uint32_t k = 0; k < n->n_in; k++) of_use_bind(&n->in[k], NULL);
            if (n->fate != OF_KEPT) continue;
            n->fate = OF_REMOVED;
            n->by = OF_PASS_DEAD_CODE + 1;
            n->why = OF_WHY_NONE;
        }
    }
}

static of_status of_dead_funcs(of_pass *p)
{
    of_model *m = p->m;
    of_arena_mark mark;
    uint8_t *used;
    of_func **todo;
    size_t n_todo = 0;
    of_status st;
    bool any = false;

    /* Nodes of training_info may call them too, and are not looked at. */
    if (!m->n_funcs || m->has_training) return OF_OK;
    mark = of_arena_save(&p->ev.tmp);
    used = OF_NEW_N(&p->ev.tmp, uint8_t, m->n_funcs);
    todo = OF_NEW_N(&p->ev.tmp, of_func *, m->n_funcs);
    if (!used || !todo) {
        st = of_pass_nomem(p);
        goto out;
    }
    OF_TRY_TO(out, st, of_mark_calls(p, m->graph, used, todo, &n_todo));
    while (n_todo) {
        of_func *f = todo[--n_todo];
        OF_TRY_TO(out, st, of_mark_calls(p, f->body, used, todo, &n_todo));
    }
    for (size_t i = 0; i < m->n_funcs; i++) {
        if (used[m->funcs[i]->index] || m->funcs[i]->drop) continue;
        m->funcs[i]->drop = true;
        m->dirty = any = true;
        of_pass_applied(p, OF_PASS_DEAD_CODE, 1);
    }
    if (any) of_bury_funcs(p);
out:
    of_arena_restore(&p->ev.tmp, mark);
    return st;
}

of_status of_pass_dead_code(of_pass *p)
{
    of_model *m = p->m;

    OF_TRY(of_dead_funcs(p));
    for (size_t i = 0; i <= m->n_funcs; i++) {
        of_graph *g = i < m->n_funcs ? m->funcs[i]->body : m->graph;
        if (i < m->n_funcs && m->funcs[i]->drop) continue;
        OF_TRY(of_dead_nodes(p, g));
        OF_TRY(of_pass_each_graph(p, g, of_dead_inits));
    }
    of_dead_inputs(p, m->graph);
    return of_dead_funcs(p);
}

/* ---- operator set imports ---- */

static of_status of_mark_domains(of_pass *p, of_graph *g, uint8_t *used, size_t n_names)
{
    of_walk w;
    of_node *n;
    of_status st;

    OF_TRY(of_walk_init(&w, p->alloc, g, false));
    for (;;) {
        st = of_walk_next(&w, &n);
        if (st != OF_OK || !n) break;
        if (n->domain && n->domain->id < n_names) used[n->domain->id] = 1;
    }
    of_walk_free(&w);
    return st == OF_OK ? OF_OK : of_pass_nomem(p);
}

/* The default domain stays: every other operator may be defined in its terms. */
static size_t of_drop_imports(of_opset *list, size_t n, const uint8_t *used)
{
    size_t left = 0, dropped = 0;

    for (size_t i = 0; i < n; i++) left += !list[i].drop;
    for (size_t i = 0; i < n; i++) {
        if (list[i].drop || of_domain_is_default(list[i].domain) || used[list[i].domain->id] || left <= 1) continue;
        list[i].drop = true;
        left--;
        dropped++;
    }
    return dropped;
}

of_status of_pass_dead_imports(of_pass *p)
{
    of_model *m = p->m;
    of_arena_mark mark = of_arena_save(&p->ev.tmp);
    size_t n_names = m->names.count, dropped;
    uint8_t *used = OF_NEW_N(&p->ev.tmp, uint8_t, n_names);
    of_status st = OF_OK;

    if (!used) {
        st = of_pass_nomem(p);
        goto out;
    }
    for (size_t i = 0; i < m->n_funcs; i++) {
        of_func *f = m->funcs[i];
        if (f->drop) continue;
        OF_TRY_TO(out, st, of_mark_domains(p, f->body, used, n_names));
        dropped = of_drop_imports(f->opsets, f->n_opsets, used);
        if (dropped) {
            f->dirty = m->dirty = true;
            of_pass_applied(p, OF_PASS_DEAD_CODE, dropped);
        }
        memset(used, 0, n_names);
    }
    /* What a function's body uses the model imports too. */
    if (m->has_training) goto out;
    for (size_t i = 0; i < m->n_funcs; i++)
        if (!m->funcs[i]->drop) {
            OF_TRY_TO(out, st, of_mark_domains(p, m->funcs[i]->body, used, n_names));
            used[m->funcs[i]->domain->id] = 1;
        }
    OF_TRY_TO(out, st, of_mark_domains(p, m->graph, used, n_names));
    dropped = of_drop_imports(m->opsets, m->n_opsets, used);
    if (dropped) {
        m->dirty = true;
        of_pass_applied(p, OF_PASS_DEAD_CODE, dropped);
    }
out:
    of_arena_restore(&p->ev.tmp, mark);
    return st;
}
