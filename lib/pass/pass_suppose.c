/* Inference under a supposition: types are given to some values, carried on from there,
 * looked at, and put back. Nothing else of the model changes. This is how the body of a
 * Loop and of a function are inferred for the values that one node hands them. */
#include "pass/pass_frame.h"

typedef struct of_suppose {
    of_graph *g;
    of_node *at;
    of_node *call;       /* the node that calls g; NULL: g is a body, or the root */
    const of_bind *bind; /* to be in force again once g is done */
    of_body_iter it;
    bool in_bodies;
} of_suppose;

/* Nodes looked at in all: so that it stays linear in the model, whatever calls what. */
bool of_pass_guess(of_pass *p)
{
    return p->guesses++ < 4096 + 16 * (uint64_t)p->m->n_nodes;
}

of_status of_pass_suppose(of_pass *p, of_value *v, const of_type *t, of_dim *known, uint32_t n_known)
{
    void *list = p->saved;
    of_status st = of_pass_reserve(p, &list, &p->cap_saved, p->n_saved + 1, sizeof *p->saved);

    p->saved = (of_saved *)list;
    if (st != OF_OK) return st;
    p->saved[p->n_saved++] = (of_saved){v, v->type, v->known, v->cval, v->n_known};
    v->type = t;
    v->known = known;
    v->n_known = (uint16_t)n_known; /* OF_KNOWN_MAX at most */
    return OF_OK;
}

void of_pass_unsuppose(of_pass *p)
{
    while (p->n_saved) {
        const of_saved *s = &p->saved[--p->n_saved];
        s->v->type = s->type;
        s->v->known = s->known;
        s->v->n_known = s->n_known;
        s->v->cval = s->cval;
    }
}

static of_status of_suppose_enter(of_pass *p, of_suppose **stack, size_t *depth, size_t *cap, of_graph *g, of_node *call)
{
    void *list = *stack;
    of_status st = of_pass_reserve(p, &list, cap, *depth + 1, sizeof **stack);

    *stack = (of_suppose *)list;
    if (st != OF_OK) return st;
    (*stack)[(*depth)++] = (of_suppose){.g = g, .at = g->first, .call = call, .bind = p->ev.bind};
    return OF_OK;
}

/* What a call hands to its function. */
static of_status of_suppose_call(of_pass *p, of_node *n, const of_func *f)
{
    of_bind *b = OF_NEW(&p->ev.tmp, of_bind);

    if (!b) return of_pass_nomem(p);
    *b = (of_bind){n, f, p->ev.bind};
    for (size_t i = 0; i < f->body->n_inputs; i++) {
        const of_value *v = i < n->n_in ? n->in[i].value : NULL;
        OF_TRY(of_pass_suppose(p, f->body->inputs[i], v ? v->type : NULL, v ? v->known : NULL, v ? v->n_known : 0));
        f->body->inputs[i]->cval = v ? v->cval : NULL; /* lent: it is the caller's reference */
    }
    p->ev.bind = b;
    return OF_OK;
}

static of_status of_suppose_return(of_pass *p, const of_graph *g, of_node *call)
{
    for (uint32_t i = 0; i < call->n_out; i++) {
        const of_value *v = i < g->n_outputs ? g->outputs[i].value : NULL;
        if (!call->out[i] || call->out[i]->cval) continue;
        OF_TRY(of_pass_suppose(p, call->out[i], v ? v->type : NULL, v ? v->known : NULL, v ? v->n_known : 0));
    }
    return OF_OK;
}

static of_status of_suppose_infer(of_pass *p, of_node *n)
{
    OF_TRY(of_pass_scratch_out(p, n->n_out));
    OF_TRY(of_eval_infer(&p->ev, n, p->out_type, p->out_known, p->out_known_n, p->err));
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && !n->out[i]->cval)
            OF_TRY(of_pass_suppose(p, n->out[i], p->out_type[i], p->out_known[i], p->out_known_n[i]));
    return OF_OK;
}

/* One step of the walk. *into: the graph to go on with, *call its caller. */
static of_status of_suppose_step(of_pass *p, of_suppose *s, of_graph **into, of_node **call)
{
    of_node *n = s->at;
    of_func *f = NULL;

    *into = NULL;
    *call = NULL;
    if (!s->in_bodies) {
        if (of_pass_is_constant(n)) OF_TRY(of_pass_constant_node(p, n));
        if (p->m->n_funcs && !of_op_of_node(n)) f = of_node_func(n);
        if (f && f->body) {
            *into = f->body;
            *call = n;
            return OF_OK;
        }
        OF_TRY(of_pass_infer_bodies(p, n));
        s->it = of_bodies(n);
        s->in_bodies = true;
    }
    *into = of_body_next(&s->it);
    if (*into) return OF_OK;
    s->in_bodies = false;
    OF_TRY(of_suppose_infer(p, n));
    s->at = n->next;
    return OF_OK;
}

/* Infers g, with what its nodes hold and call. *all: to the end. */
static of_status of_suppose_graph(of_pass *p, of_graph *g, of_node *call, bool *all)
{
    const of_bind *bind = p->ev.bind;
    of_suppose *stack = NULL;
    size_t depth = 0, cap = 0;
    of_status st = OF_OK;

    *all = true;
    st = of_suppose_enter(p, &stack, &depth, &cap, g, call);
    if (st == OF_OK && call) st = of_suppose_call(p, call, of_node_func(call));
    while (st == OF_OK && depth && *all) {
        of_suppose *s = &stack[depth - 1];
        of_graph *into;
        of_node *caller;

        if (!s->at) {
            p->ev.bind = s->bind;
            if (s->call) st = of_suppose_return(p, s->g, s->call);
            depth--;
            if (depth && s->call) stack[depth - 1].at = s->call->next;
            continue;
        }
        *all = of_pass_guess(p);
        st = of_suppose_step(p, s, &into, &caller);
        if (st == OF_OK && into) st = of_suppose_enter(p, &stack, &depth, &cap, into, caller);
        if (st == OF_OK && caller) st = of_suppose_call(p, caller, of_node_func(caller));
    }
    of_mem_free(p->alloc, stack, cap * sizeof *stack);
    p->ev.bind = bind;
    return st;
}

of_status of_pass_infer_body(of_pass *p, of_graph *g, bool *all)
{
    of_status st;

    p->supposing = true;
    st = of_suppose_graph(p, g, NULL, all);
    p->supposing = false;
    return st;
}

of_status of_pass_infer_call(of_pass *p, of_node *n, const of_func *f)
{
    of_arena_mark mark = of_arena_save(&p->ev.tmp);
    bool all;
    of_status st;

    p->supposing = true;
    st = of_suppose_graph(p, f->body, n, &all);
    p->supposing = false;
    of_arena_restore(&p->ev.tmp, mark);
    if (st == OF_OK) st = of_pass_scratch_out(p, n->n_out);
    for (uint32_t i = 0; st == OF_OK && i < n->n_out; i++) {
        const of_value *v = n->out[i];
        p->out_type[i] = all && v ? v->type : NULL;
        p->out_known[i] = all && v ? v->known : NULL;
        p->out_known_n[i] = all && v ? v->n_known : 0;
    }
    of_pass_unsuppose(p);
    return st;
}

/* What t and o have in common; t itself when that is all of t. */
static of_status of_meet(of_pass *p, const of_type *t, const of_type *o, const of_type **out)
{
    const bool tensors = t && o && t->kind == OF_T_TENSOR && o->kind == OF_T_TENSOR && t->dtype == o->dtype;
    of_type *r;
    of_shape s;

    *out = t;
    if (!t || t->kind == OF_T_UNKNOWN) return OF_OK;
    if (t->kind != OF_T_TENSOR) {
        if (!o || !of_type_same(t, o)) *out = NULL;
        return OF_OK;
    }
    if (t->shape.rank < 0) return OF_OK;
    if (!tensors || o->shape.rank != t->shape.rank) {
        *out = r = of_type_tensor(p->m, (of_dtype)t->dtype, of_shape_unknown());
        return r ? OF_OK : of_pass_nomem(p);
    }
    s = t->shape;
    for (int32_t i = 0; i < t->shape.rank; i++) {
        if (!of_dim_known(t->shape.d[i]) || of_dim_same(t->shape.d[i], o->shape.d[i])) continue;
        if (s.d == t->shape.d) s.d = (of_dim *)of_arena_dup(&p->m->arena, s.d, (size_t)s.rank * sizeof *s.d);
        if (!s.d) return of_pass_nomem(p);
        s.d[i] = of_dim_unknown();
    }
    if (s.d == t->shape.d) return OF_OK;
    *out = r = of_type_tensor(p->m, (of_dtype)t->dtype, s);
    return r ? OF_OK : of_pass_nomem(p);
}

/* One round: with types t on entry, what is still true after a trip. */
static of_status of_loop_trip(of_pass *p, of_graph *g, const of_type **t, size_t n, bool *kept, bool *all)
{
    of_status st = OF_OK;

    *kept = true;
    for (size_t i = 0; st == OF_OK && i < n; i++) st = of_pass_suppose(p, g->inputs[i + 2], t[i], NULL, 0);
    if (st == OF_OK) st = of_pass_infer_body(p, g, all);
    for (size_t i = 0; st == OF_OK && *all && i < n; i++) {
        const of_type *was = t[i];
        st = of_meet(p, was, g->outputs[i + 1].value->type, &t[i]);
        *kept = *kept && t[i] == was;
    }
    of_pass_unsuppose(p);
    return st;
}

/* What t, declared, says and o, the type of a first value, does not contradict: a symbol without a
 * name says nothing. */
static of_status of_doubt(of_pass *p, const of_type *t, const of_type *o, const of_type **out)
{
    of_type *r;
    of_shape s;

    *out = t;
    if (!t || !o || t->kind != OF_T_TENSOR || o->kind != OF_T_TENSOR || t->shape.rank < 0 || o->shape.rank < 0)
        return OF_OK;
    s = t->shape.rank == o->shape.rank ? t->shape : of_shape_unknown();
    for (int32_t i = 0; i < s.rank; i++) {
        const of_dim d = o->shape.d[i];
        if (!of_dim_known(d) || of_dim_same(d, t->shape.d[i]) || of_dim_hidden(p->m->dims, d)) continue;
        if (s.d == t->shape.d) s.d = (of_dim *)of_arena_dup(&p->m->arena, s.d, (size_t)s.rank * sizeof *s.d);
        if (!s.d) return of_pass_nomem(p);
        s.d[i] = of_dim_unknown();
    }
    if (s.rank == t->shape.rank && s.d == t->shape.d) return OF_OK;
    *out = r = of_type_tensor(p->m, (of_dtype)t->dtype, s);
    return r ? OF_OK : of_pass_nomem(p);
}

/* A body may declare of a carried value what holds for the first trip alone, or for none: runtimes
 * take it. What the first values contradict or a trip is not seen to keep does not count. */
static of_status of_loop_declared(of_pass *p, const of_node *n, of_graph *g, const of_type **t, size_t k)
{
    bool kept = true, all = true;
    of_status st = OF_OK;

    for (size_t i = 0; i < k; i++) {
        const of_value *v = n->in[i + 2].value;
        OF_TRY(of_doubt(p, g->inputs[i + 2]->type, v ? v->type : NULL, &t[i]));
        kept = kept && !(t[i] && t[i]->kind == OF_T_TENSOR && t[i]->shape.rank >= 0);
    }
    for (int round = 0; st == OF_OK && all && !kept && round < 4; round++) st = of_loop_trip(p, g, t, k, &kept, &all);
    for (size_t i = 0; st == OF_OK && i < k; i++) {
        const of_type *is = t[i] ? t[i] : g->inputs[i + 2]->type;
        if ((!kept || !all) && is && is->kind == OF_T_TENSOR) {
            is = of_type_tensor(p->m, (of_dtype)is->dtype, of_shape_unknown());
            if (!is) return of_pass_nomem(p);
        }
        g->inputs[i + 2]->type = is;
    }
    return st;
}

of_status of_pass_loop_types(of_pass *p, of_node *n, of_graph *g)
{
    const size_t k = n->n_in > 2 ? n->n_in - 2 : 0;
    of_arena_mark mark = of_arena_save(&p->ev.tmp);
    const of_type **t = OF_NEW_N(&p->ev.tmp, const of_type *, k);
    bool kept = false, all = true, oom = false;
    of_status st = OF_OK;

    if (!t) st = of_pass_nomem(p);
    if (st != OF_OK || k == 0 || g->n_inputs != k + 2 || g->n_outputs < k + 1) goto out;
    OF_TRY_TO(out, st, of_loop_declared(p, n, g, t, k));
    for (size_t i = 0; i < k; i++) t[i] = n->in[i + 2].value ? n->in[i + 2].value->type : NULL;
    /* Each round may take away what the one before relied on. */
    for (int round = 0; st == OF_OK && all && !kept && round < 4; round++) st = of_loop_trip(p, g, t, k, &kept, &all);
    for (size_t i = 0; st == OF_OK && all && kept && i < k; i++) {
        g->inputs[i + 2]->type = of_type_merge(p->m, t[i], g->inputs[i + 2]->type, &oom);
        if (oom) st = of_pass_nomem(p);
    }
out:
    of_arena_restore(&p->ev.tmp, mark);
    return st;
}
