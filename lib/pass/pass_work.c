/* The sweep and the worklist. Every node is visited once in topological order, its
 * bodies in place before it; later only what a change has put on the list. */
#include <string.h>

#include "pass/pass_hooks.h"

/* No chain of rules needs more; a pair that undo each other stops here. */
#define OF_MAX_VISITS 32

of_status of_pass_reserve(of_pass *p, void **ptr, size_t *cap, size_t need, size_t elem)
{
    if (need <= *cap) return OF_OK;
    if (of_vec_reserve(p->alloc, ptr, cap, need, elem) != OF_OK) return of_pass_nomem(p);
    return OF_OK;
}

/* of_pass_reserve for a typed pointer, without an alias of another type. */
#define OF_RESERVE(p, T, ptr, cap, need)                                                           \
    do {                                                                                           \
        void *of_r_ = (ptr);                                                                       \
        of_status of_rs_ = of_pass_reserve((p), &of_r_, &(cap), (need), sizeof(T));                \
        (ptr) = (T *)of_r_;                                                                        \
        if (of_rs_ != OF_OK) return of_rs_;                                                        \
    } while (0)

of_status of_pass_scratch_in(of_pass *p, size_t n)
{
    OF_RESERVE(p, of_val *, p->in_val, p->cap_in_val, n);
    OF_RESERVE(p, of_value *, p->in_values, p->cap_in_values, n);
    return OF_OK;
}

of_status of_pass_scratch_out(of_pass *p, size_t n)
{
    OF_RESERVE(p, const of_type *, p->out_type, p->cap_out, n);
    OF_RESERVE(p, of_dim *, p->out_known, p->cap_known, n);
    OF_RESERVE(p, uint32_t, p->out_known_n, p->cap_known_n, n);
    OF_RESERVE(p, of_val *, p->out_val, p->cap_out_val, n);
    return OF_OK;
}

of_status of_pass_push(of_pass *p, of_node *n)
{
    if (n->queued || !n->linked) return OF_OK;
    if (n->id >= p->n_visits) {
        size_t cap = p->n_visits, need = p->m->n_nodes > n->id ? p->m->n_nodes : (size_t)n->id + 1, old = cap;
        OF_RESERVE(p, uint8_t, p->visits, cap, need);
        memset(p->visits + old, 0, cap - old);
        p->n_visits = cap;
    }
    if (p->visits[n->id] >= OF_MAX_VISITS) return OF_OK;
    if (p->q_at > 0 && p->q_at == p->q_n) p->q_at = p->q_n = 0;
    if (p->q_n == p->q_cap) OF_RESERVE(p, of_node *, p->queue, p->q_cap, p->q_n + 1);
    p->visits[n->id]++;
    p->queue[p->q_n++] = n;
    n->queued = true;
    return OF_OK;
}

of_status of_pass_push_users(of_pass *p, of_value *v)
{
    if (p->sweeping) return OF_OK;
    for (of_use *u = v->uses; u; u = u->next)
        if (u->node) OF_TRY(of_pass_push(p, u->node));
    return OF_OK;
}

void of_pass_unlink(of_pass *p, of_node *n, of_fate fate, size_t by)
{
    of_pass_node_unnamed(p, n);
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i]) of_pass_unnamed(p, n->out[i]);
    if (p->next == n) p->next = n->next;
    of_node_unlink(n);
    n->fate = (uint8_t)fate;
    n->by = (uint16_t)(by + 1);
    n->why = OF_WHY_NONE;
}

bool of_pass_alive(const of_node *n)
{
    return n->linked && of_graph_alive(n->graph);
}

static bool of_value_alive(const of_value *v)
{
    if (v->producer) return of_pass_alive(v->producer);
    return ((v->flags & OF_VALUE_INPUT) || v->init) && of_graph_alive(v->graph);
}

bool of_pass_is_constant(const of_node *n)
{
    return of_node_is(n, "Constant");
}

bool of_pass_inits(of_pass *p, const of_graph *g)
{
    of_model *m = p->m;

    if (g->func) return false;
    if (m->ir_version >= 4) return true;
    if (!p->o->initializer_inputs_constant) return false;
    /* The caller gave the inputs up, so the rule that each initializer is one goes too. */
    m->ir_version = 4;
    m->dirty = true;
    of_touch_graph(m->graph);
    return true;
}

static bool of_refused_for_size(const of_node *n)
{
    return n->why == OF_WHY_INPUT_SIZE || n->why == OF_WHY_OUTPUT_SIZE || n->why == OF_WHY_GROWTH;
}

static bool of_all_unused(const of_node *n)
{
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && n->out[i]->n_uses) return false;
    return true;
}

/* One node that takes a piece of the large constant v is gone: so may the others be. */
static of_status of_push_pieces(of_pass *p, of_value *v)
{
    const of_tensor *t = of_val_tensor(v->cval);

    if (!t || t->count <= p->o->input_size_limit || v->n_uses > OF_PIECES) return OF_OK;
    for (of_use *u = v->uses; u; u = u->next)
        if (u->node && of_refused_for_size(u->node)) OF_TRY(of_pass_push(p, u->node));
    return OF_OK;
}

/* One user is left of v. It may have been refused for the others, as may a pattern that ends in what
 * uses it: a layer's weights are looked at from behind it. */
of_status of_pass_alone(of_pass *p, const of_value *v)
{
    of_node *user = v->uses->node;

    if (p->any_rule && v->cval) return of_pass_push_near(p, v);
    return user && (p->any_rule || user->why != OF_WHY_NONE) ? of_pass_push(p, user) : OF_OK;
}

/* A Loop without trips waits for the last use of what it collects. */
of_status of_pass_unused(of_pass *p, const of_value *v)
{
    return v->producer && v->producer->linked && of_has_bodies(v->producer) ? of_pass_push(p, v->producer) : OF_OK;
}

of_status of_pass_release(of_pass *p, of_value *first)
{
    p->n_rel = 0;
    OF_RESERVE(p, of_value *, p->rel, p->cap_rel, 1);
    p->rel[p->n_rel++] = first;
    while (p->n_rel) {
        of_value *v = p->rel[--p->n_rel];
        of_node *n = v->producer;

        if (v->n_uses) {
            OF_TRY(v->n_uses == 1 ? of_pass_alone(p, v) : of_push_pieces(p, v));
            continue;
        }
        if (v->flags & (OF_VALUE_INPUT | OF_VALUE_PINNED)) continue;
        if (v->init) {
            of_tensor *t = of_val_tensor(v->cval);
            if (t && (v->flags & OF_VALUE_FOLDED))
                p->budget.bytes_used -= p->budget.bytes_used < t->bytes ? p->budget.bytes_used : t->bytes;
            of_pass_unnamed(p, v);
            OF_TRY(of_value_drop_init(p->m, v));
            OF_TRY(of_value_set_const(v, NULL));
            continue;
        }
        if (!n || !n->linked) continue;
        if (!of_all_unused(n)) {
            OF_TRY(of_pass_unused(p, v));
            continue;
        }
        if (!of_pass_is_constant(n) && n->why != OF_WHY_NOT_EXPRESSIBLE) continue;
        for (uint32_t i = 0; i < n->n_in; i++) {
            if (!n->in[i].value) continue;
            OF_RESERVE(p, of_value *, p->rel, p->cap_rel, p->n_rel + 1);
            p->rel[p->n_rel++] = n->in[i].value;
        }
        if (n->why == OF_WHY_NOT_EXPRESSIBLE) of_pass_applied(p, OF_PASS_FOLD, 1);
        of_pass_unlink(p, n, OF_FOLDED, OF_PASS_FOLD);
        for (uint32_t i = 0; i < n->n_out; i++)
            if (n->out[i]) OF_TRY(of_value_set_const(n->out[i], NULL));
    }
    return OF_OK;
}

/* ---- visiting one node ---- */

/* What comes before the bodies are looked at. *done: the node is gone or settled. */
static of_status of_visit_before(of_pass *p, of_node *n, bool *done)
{
    *done = false;
    if (of_pass_is_constant(n)) {
        *done = true;
        return of_pass_constant_node(p, n);
    }
    if (!of_has_bodies(n)) return OF_OK;
    if (p->on[OF_PASS_FOLD]) OF_TRY(of_pass_if(p, n, done));
    if (p->on[OF_PASS_FOLD] && !*done) OF_TRY(of_pass_loop(p, n, done));
    /* A loop over constants alone needs no better body to be run. */
    if (!*done) OF_TRY(of_pass_fold(p, n, done));
    return OF_OK;
}

/* What the caller wants kept by name, and what could be folded but for a limit or an
 * exclusion, is not for the rules either. */
of_status of_pass_left_alone(of_pass *p, of_node *n, bool *yes)
{
    of_verdict v;

    *yes = n->why != OF_WHY_NONE;
    if (*yes || !p->o->n_keep_nodes) return OF_OK;
    OF_TRY(of_policy_excluded(p, n, &v));
    *yes = !v.fold && v.why == OF_WHY_EXCLUDED_NODE;
    return OF_OK;
}

#ifndef NDEBUG
/* A rule that finds something to do where its row in rules.def says that it does not look. */
static of_status of_check_roots(of_pass *p, of_node *n, uint64_t rules)
{
    bool done = false;

    for (size_t i = 0; i < of_rule_count(); i++) {
        if (rules >> i & 1 || !p->on[OF_PASS_COUNT + i]) continue;
        OF_TRY(of_rule_at(i)->apply(&p->rw, n, &done));
        if (done)
            return of_fail(p->err, OF_E_INTERNAL, "rule %s applied to %.*s", of_rule_at(i)->name,
                           of_clip(n->op_type->len), n->op_type->s);
    }
    return OF_OK;
}
#endif

static of_status of_visit(of_pass *p, of_node *n)
{
    bool done = false;
    uint64_t rules;

    if (p->infers) OF_TRY(of_pass_infer_node(p, n));
    /* With bodies it was tried before these were looked at, and a body may since take less; but their
     * types, which no trips want, are known since then. */
    if (p->on[OF_PASS_FOLD] && of_has_bodies(n)) OF_TRY(of_pass_loop(p, n, &done));
    if (done) return OF_OK;
    if (n->why == OF_WHY_NONE || n->why == OF_WHY_NO_EVALUATOR || !of_has_bodies(n)) OF_TRY(of_pass_fold(p, n, &done));
    if (done) return OF_OK;
    if (p->on[OF_PASS_PARTIAL]) OF_TRY(of_pass_partial(p, n, &done));
    if (!done && p->on[OF_PASS_PARTIAL]) OF_TRY(of_pass_refute(p, n, &done));
    if (done || !n->linked || !p->any_rule) return OF_OK;
    rules = of_rule_candidates(&p->rules, &p->rw, n);
    OF_TRY(of_pass_left_alone(p, n, &done));
#ifndef NDEBUG
    if (!done) OF_TRY(of_check_roots(p, n, rules));
#endif
    for (size_t i = 0; !done && n->linked && rules; i++, rules >>= 1) {
        if (!(rules & 1)) continue;
        p->rw.by = (uint16_t)(OF_PASS_COUNT + i + 1);
        OF_TRY(of_rule_at(i)->apply(&p->rw, n, &done));
        if (!done) continue;
        of_pass_applied(p, OF_PASS_COUNT + i, 1);
        if (n->linked) OF_TRY(of_pass_push(p, n));
        else if (n->fate == OF_KEPT) {
            n->fate = OF_REPLACED;
            n->by = (uint16_t)(OF_PASS_COUNT + i + 1);
        }
    }
    return OF_OK;
}

/* ---- the sweep ---- */

of_status of_pass_enter(of_pass *p, of_graph *g, of_node *at)
{
    of_sweep *s;

    if (p->depth == p->stack_cap) OF_RESERVE(p, of_sweep, p->stack, p->stack_cap, p->depth + 1);
    s = &p->stack[p->depth++];
    memset(s, 0, sizeof *s);
    s->g = g;
    s->at = at;
    return OF_OK;
}

static of_status of_sweep_graph(of_pass *p, of_graph *g)
{
    size_t seen = 0, all = p->m->n_nodes + 1;

    p->depth = 0;
    OF_TRY(of_pass_enter(p, g, g->first));
    while (p->depth) {
        of_sweep *s = &p->stack[p->depth - 1];
        of_node *n = s->at;
        of_graph *body;
        bool done = false;

        if (!n) {
            p->depth--;
            continue;
        }
        p->next = n->next;
        if (!s->in_bodies) {
            OF_TRY(of_pass_tick(p, seen < all ? (double)seen / (double)all : 1.0));
            seen++;
            OF_TRY(of_visit_before(p, n, &done));
            if (!done) {
                s->it = of_bodies(n);
                s->in_bodies = true;
                if (p->infers) OF_TRY(of_pass_infer_bodies(p, n));
            }
        }
        if (s->in_bodies) {
            body = of_body_next(&s->it);
            if (body) {
                OF_TRY(of_pass_enter(p, body, body->first));
                continue;
            }
            s->in_bodies = false;
            OF_TRY(of_visit(p, n));
        }
        s->at = p->next;
    }
    p->next = NULL;
    return OF_OK;
}

static of_status of_drain(of_pass *p)
{
    bool done;

    while (p->q_at < p->q_n) {
        of_node *n = p->queue[p->q_at++];
        n->queued = false;
        if (!of_pass_alive(n)) continue;
        OF_TRY(of_pass_tick(p, 1.0));
        OF_TRY(of_visit_before(p, n, &done));
        if (!done) OF_TRY(of_visit(p, n));
    }
    return OF_OK;
}

of_status of_pass_drain(of_pass *p)
{
    of_status st = of_drain(p);

    while (st == OF_OK && p->rw.n_asked) {
        st = of_rw_calm_begin(&p->rw);
        for (size_t i = 0; st == OF_OK && i < p->rw.n_asked; i++) st = of_pass_push(p, p->rw.asked[i]);
        p->rw.n_asked = 0;
        if (st == OF_OK) st = of_drain(p);
        of_rw_calm_end(&p->rw);
    }
    return st;
}

static of_status of_sweep_all(of_pass *p)
{
    of_model *m = p->m;

    OF_TRY(of_sweep_graph(p, m->graph));
    for (size_t i = 0; i < m->n_funcs; i++)
        if (!m->funcs[i]->drop) OF_TRY(of_sweep_graph(p, m->funcs[i]->body));
    return OF_OK;
}

of_status of_pass_work(of_pass *p)
{
    of_htab lists;
    of_status st;

    p->resweep = false;
    of_pass_hooks(p);
    of_htab_init(&lists, p->alloc, of_rw_list_equal, NULL);
    p->rw.lists = &lists;
    p->sweeping = true;
    st = of_sweep_all(p);
    p->sweeping = false;
    for (size_t i = 0; st == OF_OK && p->saw_if && i < p->m->n_nodes; i++)
        if (p->m->nodes[i]->linked && of_node_is(p->m->nodes[i], "If")) st = of_pass_push(p, p->m->nodes[i]);
    p->rw.lists = NULL;
    of_htab_free(&lists);
    return st == OF_OK ? of_pass_drain(p) : st;
}

of_status of_pass_each_graph(of_pass *p, of_graph *root, of_graph_fn fn)
{
    of_walk w;
    of_node *n;
    of_status st = OF_OK;

    OF_TRY(fn(p, root));
    if (root->model->n_graphs == 1) return OF_OK;
    OF_TRY(of_walk_init(&w, p->alloc, root, false));
    for (;;) {
        st = of_walk_next(&w, &n);
        if (st != OF_OK) st = of_pass_nomem(p);
        if (st != OF_OK || !n) break;
        of_body_iter it = of_bodies(n);
        for (of_graph *g = of_body_next(&it); st == OF_OK && g; g = of_body_next(&it)) st = fn(p, g);
        if (st != OF_OK) break;
    }
    of_walk_free(&w);
    return st;
}

/* ---- names ---- */

/* Counts the names within f (NULL: the model outside of functions). */
static of_status of_count_names(of_pass *p, const of_func *f)
{
    of_model *m = p->m;

    if (p->named_ready && p->named_in == f) return OF_OK;
    p->named_ready = false;
    OF_RESERVE(p, uint32_t, p->named, p->n_named, m->names.count);
    OF_RESERVE(p, uint32_t, p->nodes_named, p->n_nodes_named, m->names.count);
    memset(p->named, 0, p->n_named * sizeof *p->named);
    memset(p->nodes_named, 0, p->n_nodes_named * sizeof *p->nodes_named);
    for (size_t i = 0; i < m->n_values; i++) {
        const of_value *v = m->values[i];
        if (v->graph && v->graph->func == f && of_value_alive(v)) p->named[v->name->id]++;
    }
    for (size_t i = 0; i < m->n_nodes; i++) {
        const of_node *n = m->nodes[i];
        if (n->graph && n->graph->func == f && of_pass_alive(n)) p->nodes_named[n->name->id]++;
    }
    p->named_in = f;
    p->named_ready = true;
    return OF_OK;
}

of_status of_pass_named(of_pass *p, const of_value *v, uint32_t *n)
{
    OF_TRY(of_count_names(p, v->graph->func));
    /* Names made since then are fresh ones. */
    *n = v->name->id < p->n_named && p->named[v->name->id] ? p->named[v->name->id] : 1;
    return OF_OK;
}

of_status of_pass_node_named(of_pass *p, const of_node *n, uint32_t *count)
{
    OF_TRY(of_count_names(p, n->graph->func));
    *count = n->name->id < p->n_nodes_named && p->nodes_named[n->name->id] ? p->nodes_named[n->name->id] : 1;
    return OF_OK;
}

void of_pass_unnamed(of_pass *p, const of_value *v)
{
    if (!p->named_ready || !v->graph || v->graph->func != p->named_in || v->name->id >= p->n_named) return;
    if (p->named[v->name->id]) p->named[v->name->id]--;
}

void of_pass_node_unnamed(of_pass *p, const of_node *n)
{
    if (!p->named_ready || !n->graph || n->graph->func != p->named_in || n->name->id >= p->n_nodes_named) return;
    if (p->nodes_named[n->name->id]) p->nodes_named[n->name->id]--;
}

of_status of_pass_visible(of_pass *p, const of_value *v, const of_value *of, bool *yes)
{
    uint32_t n;

    OF_TRY(of_pass_named(p, v, &n));
    *yes = n == 1;
    if (*yes) return OF_OK;
    for (const of_use *u = of->uses; u; u = u->next)
        if ((u->node ? u->node->graph : of_use_graph(u)) != of->graph) return OF_OK;
    *yes = true;
    return OF_OK;
}

of_status of_pass_mark(of_pass *p, const of_value *v, bool *seen)
{
    if (v->id >= p->n_stamp) {
        size_t old = p->n_stamp, need = p->m->n_values > v->id ? p->m->n_values : (size_t)v->id + 1;
        OF_RESERVE(p, uint32_t, p->stamp, p->n_stamp, need);
        memset(p->stamp + old, 0, (p->n_stamp - old) * sizeof *p->stamp);
    }
    *seen = p->stamp[v->id] == p->generation;
    p->stamp[v->id] = p->generation;
    return OF_OK;
}

of_status of_pass_rename_fresh(of_pass *p, of_value *v)
{
    of_sym name = of_fresh_name(p->m, v->name);

    if (!name) return of_pass_nomem(p);
    of_pass_unnamed(p, v);
    of_value_rename(p->m, v, name);
    return OF_OK;
}
