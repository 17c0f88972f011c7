/* Calls of model-local functions in the main graph and its bodies give way to the
 * function's nodes. A copy is built aside and put in place once it is whole. */
#include <string.h>

#include "pass/pass_frame.h"

/* Bodies nested deeper than readers take are not made. */
#define OF_MAX_BODY_DEPTH 30u

enum { OF_CALLEE_NEW, OF_CALLEE_CHECKED, OF_CALLEE_YES, OF_CALLEE_NO };

typedef struct of_callee {
    uint8_t state;
    uint32_t depth; /* of bodies inside, with those of the calls inside */
    uint64_t nodes; /* that a call becomes, bodies and calls inside expanded */
} of_callee;

typedef struct of_pair {
    const of_graph *from;
    of_graph *to;
} of_pair;

typedef struct of_inline {
    of_pass *p;
    of_callee *callee; /* by function index */
    of_value **map;    /* by id of a function's value: what it is in the copy */
    uint32_t *set;     /* by id: the call that map holds for */
    size_t n_map;
    uint32_t call_no;
    of_node *call;     /* being replaced */
    const of_func *f;
    of_graph *at;      /* where it stands */
    of_node **made;    /* nodes of the copy, outermost ones; not linked */
    size_t n_made, cap_made;
    of_pair *todo;     /* bodies to be copied */
    size_t n_todo, cap_todo;
    of_func **look;    /* functions whose size is asked for */
    size_t n_look, cap_look;
    uint32_t first_id; /* of a node made here: it was paid for with the call it came from */
} of_inline;

/* ---- which ---- */

/* The model imports the domain from now on. */
static of_status of_import(of_pass *p, of_sym domain, int64_t version)
{
    of_model *m = p->m;
    of_opset *list = OF_NEW_N(&m->arena, of_opset, m->n_opsets + 1);

    if (!list) return of_pass_nomem(p);
    if (m->n_opsets) memcpy(list, m->opsets, m->n_opsets * sizeof *list);
    list[m->n_opsets] = (of_opset){.domain = domain, .version = version};
    m->opsets = list;
    m->n_opsets++;
    m->dirty = true;
    return of_model_index(m, p->err);
}

/* Every node means the same in the main graph: its domain is imported there in the same
 * version, or (import: then it is) not at all. What a call means is no matter of versions. */
static of_status of_check_domains(of_inline *x, const of_func *f, bool import, bool *ok)
{
    of_pass *p = x->p;
    of_status st;
    of_walk w;
    of_node *n;

    *ok = true;
    OF_TRY(of_walk_init(&w, p->alloc, f->body, false));
    while (*ok) {
        int64_t here, there;

        st = of_walk_next(&w, &n);
        if (st != OF_OK) st = of_pass_nomem(p);
        if (st != OF_OK || !n) break;
        here = of_node_opset(n);
        there = of_graph_opset(p->m->graph, n->domain);
        if (!import) *ok = there == here || !there || of_node_func(n);
        else if (!there && here) st = of_import(p, n->domain, here);
        if (st != OF_OK) break;
    }
    of_walk_free(&w);
    return st;
}

static of_status of_todo_push(of_inline *x, of_func *f)
{
    void *list = x->look;

    OF_TRY(of_pass_reserve(x->p, &list, &x->cap_look, x->n_look + 1, sizeof *x->look));
    x->look = (of_func **)list;
    x->look[x->n_look++] = f;
    return OF_OK;
}

/* What a call of f becomes, once that is known of all it calls; until then these are on
 * the list above it and *known is false. */
static of_status of_expanded_size(of_inline *x, of_func *f, bool *known)
{
    of_callee *c = &x->callee[f->index];
    of_pass *p = x->p;
    of_status st;
    of_walk w;
    of_node *n;

    *known = true;
    c->nodes = c->depth = 0;
    OF_TRY(of_walk_init(&w, p->alloc, f->body, false));
    for (;;) {
        const of_callee *k;
        of_func *callee;
        uint32_t depth = 0;
        uint64_t nodes = 1;

        st = of_walk_next(&w, &n);
        if (st != OF_OK) st = of_pass_nomem(p);
        if (st != OF_OK || !n) break;
        callee = of_node_func(n);
        k = callee ? &x->callee[callee->index] : NULL;
        if (k && (k->state == OF_CALLEE_NEW || k->state == OF_CALLEE_CHECKED)) {
            *known = false;
            st = of_todo_push(x, callee);
            if (st != OF_OK) break;
        } else if (k && k->state == OF_CALLEE_YES) {
            nodes = k->nodes;
            depth = k->depth;
        }
        c->nodes = of_sat_add(c->nodes, nodes);
        depth += n->graph->depth;
        if (depth > c->depth) c->depth = depth < UINT16_MAX ? depth : UINT16_MAX;
    }
    of_walk_free(&w);
    return st;
}

/* Functions do not call themselves (of_link), so this ends. */
static of_status of_look_at(of_inline *x, of_func *first)
{
    x->n_look = 0;
    OF_TRY(of_todo_push(x, first));
    while (x->n_look) {
        of_func *f = x->look[x->n_look - 1];
        of_callee *c = &x->callee[f->index];
        bool ok = true;

        if (c->state == OF_CALLEE_NEW) {
            OF_TRY(of_check_domains(x, f, false, &ok));
            c->state = ok ? OF_CALLEE_CHECKED : OF_CALLEE_NO;
        }
        if (c->state == OF_CALLEE_CHECKED) {
            OF_TRY(of_expanded_size(x, f, &ok));
            if (!ok) continue;
            c->state = OF_CALLEE_YES;
        }
        x->n_look--;
    }
    return OF_OK;
}

static bool of_made_inside(const of_func *f, const of_value *v)
{
    return v->graph == f->body && v->producer;
}

/* Whether this call can be replaced: what it passes and what it gets back fits. A body that it passes
 * sees the values around the call, may be asked for in many places and deep down: the call stays. */
static bool of_fits_call(const of_node *n, const of_func *f)
{
    const of_graph *g = f->body;
    int64_t opset = of_graph_opset(n->graph, n->graph->model->names.empty);

    if (n->bodies || n->n_in > g->n_inputs || n->n_out > g->n_outputs) return false;
    for (uint32_t i = 0; i < n->n_out; i++) {
        const of_value *v = g->outputs[i].value;
        if (!n->out[i] || of_made_inside(f, v)) continue;
        /* an input handed through: it must be there, and of a kind that Identity takes */
        for (size_t k = 0; k < g->n_inputs; k++)
            if (g->inputs[k] == v && !of_in_value(n, (uint32_t)k)) return false;
        if (opset < 1 || (opset < 16 && n->out[i]->type && n->out[i]->type->kind != OF_T_TENSOR)) return false;
    }
    return true;
}

/* ---- values ---- */

static void of_map_set(of_inline *x, const of_value *v, of_value *to)
{
    x->map[v->id] = to;
    x->set[v->id] = x->call_no;
}

static bool of_mapped(const of_inline *x, const of_value *v)
{
    return v->id < x->n_map && x->set[v->id] == x->call_no;
}

/* A value of the copy, under a name that nothing has. */
static of_value *of_new_value(of_inline *x, const of_value *v, of_graph *g)
{
    of_sym name = of_fresh_name(x->p->m, v->name);
    of_value *to = name ? of_value_new(x->p->m, g, name) : NULL;

    if (to) of_map_set(x, v, to);
    return to;
}

/* Symbols of a function are its own: no dimension keeps them. */
static const of_type *of_plain_type(of_model *m, const of_type *t, bool *oom)
{
    of_type *u;

    if (!t || (t->kind != OF_T_TENSOR && t->kind != OF_T_SPARSE) || t->shape.rank < 1) return t;
    u = OF_NEW(&m->arena, of_type);
    if (u) {
        *u = *t;
        u->shape.d = (of_dim *)of_arena_array(&m->arena, (size_t)t->shape.rank, sizeof(of_dim));
    }
    if (!u || !u->shape.d) {
        *oom = true;
        return NULL;
    }
    for (int32_t i = 0; i < t->shape.rank; i++)
        u->shape.d[i] = of_dim_is_num(t->shape.d[i]) ? t->shape.d[i] : of_dim_unknown();
    return u;
}

/* ---- attributes ---- */

static of_sparse *of_copy_sparse(of_model *m, const of_sparse *sp)
{
    of_sparse *c = sp ? (of_sparse *)of_arena_dup(&m->arena, sp, sizeof *sp) : NULL;

    if (c && c->values) of_tensor_ref(c->values);
    if (c && c->indices) of_tensor_ref(c->indices);
    return c;
}

static of_status of_copy_body(of_inline *x, of_node *n, of_attr *a, const of_graph *from, of_graph **to)
{
    of_graph *g = of_graph_new(x->p->m, OF_GRAPH_BODY);
    void *todo = x->todo;

    if (!g) return of_pass_nomem(x->p);
    g->name = from->name;
    g->props = from->props;
    *to = g;
    of_body_attach(n, a, g);
    OF_TRY(of_pass_reserve(x->p, &todo, &x->cap_todo, x->n_todo + 1, sizeof *x->todo));
    x->todo = (of_pair *)todo;
    x->todo[x->n_todo++] = (of_pair){from, g};
    return OF_OK;
}

/* Lists of counted things are copied; others are shared, nothing changes them. */
static of_status of_copy_lists(of_inline *x, of_node *n, of_attr *a, const of_attr *src)
{
    of_model *m = x->p->m;

    switch ((of_attr_type)a->type) {
    case OF_A_TENSOR:
        if (a->u.t) of_tensor_ref(a->u.t);
        break;
    case OF_A_TENSORS:
        a->u.tensors = (of_tensor **)of_arena_dup(&m->arena, src->u.tensors, src->n * sizeof *src->u.tensors);
        if (!a->u.tensors) return of_pass_nomem(x->p);
        a->n = src->n;
        for (size_t i = 0; i < a->n; i++) of_tensor_ref(a->u.tensors[i]);
        break;
    case OF_A_SPARSE_TENSOR:
        a->u.sp = of_copy_sparse(m, src->u.sp);
        if (!a->u.sp) return of_pass_nomem(x->p);
        break;
    case OF_A_SPARSE_TENSORS:
        a->u.sparses = OF_NEW_N(&m->arena, of_sparse *, src->n);
        if (!a->u.sparses) return of_pass_nomem(x->p);
        for (a->n = 0; a->n < src->n; a->n++)
            if (!(a->u.sparses[a->n] = of_copy_sparse(m, src->u.sparses[a->n]))) return of_pass_nomem(x->p);
        break;
    case OF_A_GRAPH: return of_copy_body(x, n, a, src->u.g, &a->u.g);
    case OF_A_GRAPHS:
        a->u.graphs = OF_NEW_N(&m->arena, of_graph *, src->n);
        if (!a->u.graphs) return of_pass_nomem(x->p);
        for (size_t i = 0; i < src->n; i++) {
            OF_TRY(of_copy_body(x, n, a, src->u.graphs[i], &a->u.graphs[i]));
            a->n = i + 1;
        }
        break;
    default: break;
    }
    return OF_OK;
}

static const of_attr *of_attr_named(const of_attr *list, of_sym name)
{
    while (list && list->name != name) list = list->next;
    return list;
}

static of_status of_copy_attr(of_inline *x, of_node *n, const of_attr *src)
{
    of_model *m = x->p->m;
    of_sym name = src->name;
    of_attr *a;

    if (!of_sym_empty(src->ref)) {
        /* what the caller says, else the function's default, else nothing */
        const of_attr *from = of_attr_named(x->call->attrs, src->ref);
        if (!from) from = of_attr_named(x->f->attr_defaults, src->ref);
        if (!from) return OF_OK;
        src = from;
    }
    a = of_attr_new(m, name, (of_attr_type)src->type);
    if (!a) return of_pass_nomem(x->p);
    a->raw = src->raw;
    a->dirty = true;
    switch ((of_attr_type)src->type) { /* these count as theirs only once they are */
    case OF_A_TENSORS:
    case OF_A_SPARSE_TENSORS:
    case OF_A_SPARSE_TENSOR:
    case OF_A_GRAPH:
    case OF_A_GRAPHS: a->n = 0; break;
    default:
        a->u = src->u;
        a->n = src->n;
        break;
    }
    of_node_add_attr(n, a);
    OF_TRY(of_copy_lists(x, n, a, src));
    if (a->type == OF_A_GRAPH || a->type == OF_A_SPARSE_TENSOR) a->n = 1;
    return OF_OK;
}

/* ---- nodes and bodies ---- */

static of_status of_remember(of_inline *x, of_node *n)
{
    void *made = x->made;

    OF_TRY(of_pass_reserve(x->p, &made, &x->cap_made, x->n_made + 1, sizeof *x->made));
    x->made = (of_node **)made;
    x->made[x->n_made++] = n;
    return OF_OK;
}

/* Into body `to`, or (NULL) among those that will stand in the call's place. */
static of_status of_copy_node(of_inline *x, const of_node *n, of_graph *to)
{
    of_model *m = x->p->m;
    of_node *c = of_node_new(m, n->n_in, n->n_out);

    if (!c) return of_pass_nomem(x->p);
    if (to) of_node_append(to, c);
    else OF_TRY(of_remember(x, c));
    c->op_type = n->op_type;
    c->domain = n->domain;
    if (n->rest) {
        of_node_rest *rest = of_node_more(m, c);
        if (!rest) return of_pass_nomem(x->p);
        *rest = *n->rest;
        rest->why = NULL;
    }
    c->dirty = true;
    if (!of_sym_empty(n->name)) {
        c->name = of_fresh_name(m, n->name);
        if (!c->name) return of_pass_nomem(x->p);
    }
    for (uint32_t i = 0; i < n->n_in; i++) {
        of_value *v = n->in[i].value;
        if (v && of_mapped(x, v)) v = x->map[v->id];
        of_use_bind(&c->in[i], v);
    }
    for (uint32_t i = 0; i < n->n_out; i++) {
        const of_value *v = n->out[i];
        if (!v) continue;
        if (!of_mapped(x, v) && !of_new_value(x, v, to ? to : x->at)) return of_pass_nomem(x->p);
        c->out[i] = x->map[v->id];
        if (to) {
            c->out[i]->producer = c;
            c->out[i]->out_index = i;
        }
    }
    for (const of_attr *a = n->attrs; a; a = a->next) OF_TRY(of_copy_attr(x, c, a));
    return OF_OK;
}

/* A declaration of v at the end of a list. */
static of_status of_copy_info(of_inline *x, of_vinfo ***at, of_value *v, const of_vinfo *src)
{
    of_vinfo *vi = OF_NEW(&x->p->m->arena, of_vinfo);
    bool oom = false;

    if (!vi) return of_pass_nomem(x->p);
    vi->name = v->name;
    vi->value = v;
    vi->type = of_plain_type(x->p->m, src ? src->type : NULL, &oom);
    if (oom) return of_pass_nomem(x->p);
    vi->dirty = true;
    vi->same = v->vinfo;
    v->vinfo = vi;
    **at = vi;
    *at = &vi->next;
    return OF_OK;
}

static of_status of_copy_inits(of_inline *x, const of_graph *from, of_graph *to)
{
    for (const of_init *it = from->init_first; it; it = it->next) {
        of_value *v = of_mapped(x, it->value) ? x->map[it->value->id] : of_new_value(x, it->value, to);
        of_init *c = v ? of_init_new(x->p->m, to) : NULL;

        if (!c) return of_pass_nomem(x->p);
        c->name = v->name;
        c->value = v;
        c->dirty = true;
        v->init = c;
        v->flags |= OF_VALUE_INIT | (it->value->flags & OF_VALUE_SPARSE);
        if (!v->type) v->type = it->value->type;
        if (it->tensor) c->tensor = of_tensor_ref(it->tensor);
        else if (!(c->sparse = of_copy_sparse(x->p->m, it->sparse))) return of_pass_nomem(x->p);
        if (c->tensor && !(v->flags & OF_VALUE_INPUT)) OF_TRY(of_value_set_const(v, &c->tensor->base));
    }
    return OF_OK;
}

static of_status of_copy_graph(of_inline *x, const of_graph *from, of_graph *to)
{
    of_model *m = x->p->m;
    of_vinfo **at = &to->in_infos;
    const of_vinfo *vi = from->in_infos;

    to->inputs = OF_NEW_N(&m->arena, of_value *, from->n_inputs);
    to->outputs = OF_NEW_N(&m->arena, of_use, from->n_outputs);
    if (!to->inputs || !to->outputs) return of_pass_nomem(x->p);
    for (size_t i = 0; i < from->n_inputs; i++) {
        of_value *v = of_new_value(x, from->inputs[i], to);
        if (!v) return of_pass_nomem(x->p);
        v->flags |= OF_VALUE_INPUT;
        OF_TRY(of_copy_info(x, &at, v, vi));
        v->type = v->vinfo->type;
        to->inputs[to->n_inputs++] = v;
        if (vi) vi = vi->next;
    }
    OF_TRY(of_copy_inits(x, from, to));
    for (const of_node *n = from->first; n; n = n->next) OF_TRY(of_copy_node(x, n, to));
    at = &to->out_infos;
    vi = from->out_infos;
    for (size_t i = 0; i < from->n_outputs; i++) {
        of_value *v = from->outputs[i].value;
        if (of_mapped(x, v)) v = x->map[v->id];
        to->outputs[i].graph_id = to->id;
        to->outputs[i].index = (uint32_t)i;
        to->n_outputs = i + 1;
        of_use_bind(&to->outputs[i], v);
        OF_TRY(of_copy_info(x, &at, v, vi));
        if (vi) vi = vi->next;
    }
    return OF_OK;
}

/* An output that is not made in the function: an input handed through, or one value twice. */
static of_status of_hand_through(of_inline *x, of_value *to, const of_value *v)
{
    of_sym op = OF_NAME_LIT(&x->p->m->names, "Identity");
    of_node *c = op ? of_node_new(x->p->m, 1, 1) : NULL;

    if (!c) return of_pass_nomem(x->p);
    OF_TRY(of_remember(x, c));
    c->op_type = op;
    c->out[0] = to;
    of_use_bind(&c->in[0], x->map[v->id]);
    return OF_OK;
}

static of_status of_build(of_inline *x)
{
    of_node *n = x->call;
    const of_graph *g = x->f->body;

    x->call_no++;
    x->n_made = x->n_todo = 0;
    for (size_t i = 0; i < g->n_inputs; i++) of_map_set(x, g->inputs[i], of_in_value(n, (uint32_t)i));
    for (uint32_t i = 0; i < n->n_out; i++) {
        const of_value *v = g->outputs[i].value;
        if (n->out[i] && of_made_inside(x->f, v) && !of_mapped(x, v)) of_map_set(x, v, n->out[i]);
    }
    for (const of_node *b = g->first; b; b = b->next) OF_TRY(of_copy_node(x, b, NULL));
    /* Bodies name values of what they stand in, all of which are copied by then. */
    for (size_t i = 0; i < x->n_todo; i++) OF_TRY(of_copy_graph(x, x->todo[i].from, x->todo[i].to));
    for (uint32_t i = 0; i < n->n_out; i++) {
        const of_value *v = g->outputs[i].value;
        if (n->out[i] && x->map[v->id] != n->out[i]) OF_TRY(of_hand_through(x, n->out[i], v));
    }
    return OF_OK;
}

/* The copy takes the call's place. p->next is then its first node. */
static of_status of_replace_call(of_inline *x)
{
    of_node *n = x->call;
    of_graph *g = n->graph;
    of_status st = of_build(x);

    if (st != OF_OK) {
        for (size_t i = 0; i < x->n_made; i++) of_node_unlink(x->made[i]);
        return st;
    }
    for (uint32_t i = 0; i < n->n_out; i++) {
        if (n->out[i]) n->out[i]->producer = NULL;
        n->out[i] = NULL;
    }
    for (size_t i = 0; i < x->n_made; i++) of_node_insert_before(x->made[i], g, n);
    of_pass_unlink(x->p, n, OF_REPLACED, OF_PASS_INLINE);
    if (x->n_made) x->p->next = x->made[0];
    of_pass_applied(x->p, OF_PASS_INLINE, 1);
    return OF_OK;
}

static of_status of_inline_node(of_inline *x, of_node *n)
{
    of_pass *p = x->p;
    of_func *f = of_node_func(n);
    of_callee *c;
    of_status st;
    bool ok;

    if (!f || !f->body) return OF_OK;
    c = &x->callee[f->index];
    if (c->state == OF_CALLEE_NEW) OF_TRY(of_look_at(x, f));
    if (c->state != OF_CALLEE_YES || n->graph->depth + c->depth > OF_MAX_BODY_DEPTH || !of_fits_call(n, f))
        return OF_OK;
    of_err_clear(&p->why);
    st = n->id < x->first_id ? of_budget_nodes(&p->budget, c->nodes, &p->why) : OF_OK;
    if (st == OF_E_CANCELLED) return of_fail(p->err, st, "%s", p->why.msg);
    if (st != OF_OK) return of_pass_kept(p, n, OF_WHY_BUDGET, 0, p->why.msg);
    OF_TRY(of_check_domains(x, f, true, &ok));
    x->call = n;
    x->f = f;
    x->at = n->graph;
    return of_replace_call(x);
}

static of_status of_inline_all(of_inline *x)
{
    of_pass *p = x->p;

    p->depth = 0;
    OF_TRY(of_pass_enter(p, p->m->graph, p->m->graph->first));
    while (p->depth) {
        of_sweep *s = &p->stack[p->depth - 1];
        of_node *n = s->at;
        of_graph *body;

        if (!n) {
            p->depth--;
            continue;
        }
        if (!s->in_bodies) {
            OF_TRY(of_pass_tick(p, 0.0));
            p->next = n->next;
            OF_TRY(of_inline_node(x, n));
            if (!n->linked) {
                s->at = p->next;
                continue;
            }
            s->it = of_bodies(n);
            s->in_bodies = true;
        }
        body = of_body_next(&s->it);
        if (body) {
            OF_TRY(of_pass_enter(p, body, body->first));
            continue;
        }
        s->in_bodies = false;
        s->at = n->next;
    }
    p->next = NULL;
    return OF_OK;
}

of_status of_pass_inline(of_pass *p)
{
    of_model *m = p->m;
    of_inline x = {.p = p, .n_map = m->n_values, .first_id = (uint32_t)m->n_nodes};
    of_arena tmp;
    of_status st;

    if (!m->n_funcs) return OF_OK;
    of_arena_init(&tmp, p->alloc);
    x.callee = OF_NEW_N(&tmp, of_callee, m->n_funcs);
    x.map = OF_NEW_N(&tmp, of_value *, x.n_map);
    x.set = OF_NEW_N(&tmp, uint32_t, x.n_map);
    st = x.callee && x.map && x.set ? of_inline_all(&x) : of_pass_nomem(p);
    of_arena_free(&tmp);
    of_mem_free(p->alloc, x.look, x.cap_look * sizeof *x.look);
    of_mem_free(p->alloc, x.made, x.cap_made * sizeof *x.made);
    of_mem_free(p->alloc, x.todo, x.cap_todo * sizeof *x.todo);
    return st;
}
