/* Types, shapes and symbolically known elements, driven over the nodes by the sweep. */
#include <string.h>

#include "pass/pass_frame.h"

bool of_type_conflict(const of_type *a, const of_type *b)
{
    if (!a || !b || a->kind == OF_T_UNKNOWN || b->kind == OF_T_UNKNOWN) return false;
    for (; a && b; a = a->elem, b = b->elem) {
        if (a->kind == OF_T_UNKNOWN || b->kind == OF_T_UNKNOWN) return false;
        if (a->kind != b->kind) return true;
        if (a->dtype && b->dtype && a->dtype != b->dtype) return true;
        if (a->kind != OF_T_TENSOR && a->kind != OF_T_SPARSE) continue;
        if (a->shape.rank < 0 || b->shape.rank < 0) return false;
        if (a->shape.rank != b->shape.rank) return true;
        for (int32_t i = 0; i < a->shape.rank; i++)
            if (of_dim_is_num(a->shape.d[i]) && of_dim_is_num(b->shape.d[i]) && a->shape.d[i].k != b->shape.d[i].k)
                return true;
    }
    return false;
}

/* What a dimension is that inference has as inf and a declaration as decl. A symbol
 * without a name gives way to a number, and to nothing else. */
static of_dim of_dim_pick(const of_model *m, of_dim inf, of_dim decl)
{
    if (!of_dim_known(inf)) return decl;
    return of_dim_is_num(decl) && of_dim_hidden(m->dims, inf) ? decl : inf;
}

/* Whether decl says something that inf leaves open; *more: inf says something decl does not. */
static bool of_shape_adds(const of_model *m, const of_shape *inf, const of_shape *decl, bool *more)
{
    bool adds = false;

    *more = false;
    if (decl->rank < 0) {
        *more = inf->rank >= 0;
        return false;
    }
    if (inf->rank < 0) return true;
    if (inf->rank != decl->rank) {
        *more = true;
        return false;
    }
    for (int32_t i = 0; i < inf->rank; i++) {
        of_dim d = of_dim_pick(m, inf->d[i], decl->d[i]);
        if (!of_dim_known(d)) continue;
        if (!of_dim_same(d, inf->d[i])) adds = true;
        if (!of_dim_same(d, decl->d[i])) *more = true;
    }
    return adds;
}

const of_type *of_type_merge(of_model *m, const of_type *inf, const of_type *decl, bool *oom)
{
    bool adds, more;
    of_type *t;
    of_shape s;

    if (!inf || inf->kind == OF_T_UNKNOWN) return decl ? decl : inf;
    if (!decl || decl->kind == OF_T_UNKNOWN) return inf;
    if (inf->kind != decl->kind) return inf;
    if (inf->kind != OF_T_TENSOR && inf->kind != OF_T_SPARSE)
        return (inf->elem || !decl->elem) && (inf->dtype || !decl->dtype) ? inf : decl;
    /* A declaration that is wrong in one place proves nothing in another. */
    if (of_type_conflict(inf, decl)) return inf;
    adds = of_shape_adds(m, &inf->shape, &decl->shape, &more);
    if (!adds && (inf->dtype || !decl->dtype)) return more || inf->dtype != decl->dtype ? inf : decl;
    if (adds && !more && (decl->dtype || !inf->dtype)) return decl;
    t = OF_NEW(&m->arena, of_type);
    if (!t) {
        *oom = true;
        return inf;
    }
    *t = *inf;
    if (!t->dtype) t->dtype = decl->dtype;
    if (!adds) return t;
    s = decl->shape;
    if (inf->shape.rank >= 0) {
        s.d = (of_dim *)of_arena_array(&m->arena, (size_t)s.rank, sizeof *s.d);
        if (!s.d) {
            *oom = true;
            return inf;
        }
        for (int32_t i = 0; i < s.rank; i++)
            s.d[i] = of_dim_pick(m, inf->shape.d[i], decl->shape.d[i]);
    }
    t->shape = s;
    return t;
}

/* *t with dims d in place of its own. */
static of_status of_with_dims(of_pass *p, const of_type **t, of_dim *d)
{
    of_type *r = OF_NEW(&p->m->arena, of_type);

    if (!r || !d) return of_pass_nomem(p);
    *r = **t;
    r->shape.d = d;
    *t = r;
    return OF_OK;
}

/* Every dimension of *t of which nothing is known gets a symbol of its own. A value's dims
 * hold for one run of its graph: what leaves the body of a loop is numbers alone. */
static of_status of_name_dims(of_pass *p, const of_type **t)
{
    const of_type *was = *t;
    of_dim *d = NULL;

    if (!was || was->kind != OF_T_TENSOR) return OF_OK;
    for (int32_t i = 0; i < was->shape.rank; i++) {
        if (of_dim_known(was->shape.d[i])) continue;
        if (!d) {
            d = (of_dim *)of_arena_dup(&p->m->arena, was->shape.d, (size_t)was->shape.rank * sizeof *d);
            OF_TRY(of_with_dims(p, t, d));
        }
        d[i] = of_dim_anon(p->m->dims);
    }
    return d && of_dimtab_oom(p->m->dims) ? of_pass_nomem(p) : OF_OK;
}

of_status of_type_shown(of_pass *p, const of_type **t)
{
    const of_type *was = *t;
    of_dim *d = NULL;

    if (!was || was->kind != OF_T_TENSOR) return OF_OK;
    for (int32_t i = 0; i < was->shape.rank; i++) {
        if (!of_dim_hidden(p->m->dims, was->shape.d[i])) continue;
        if (!d) {
            d = (of_dim *)of_arena_dup(&p->m->arena, was->shape.d, (size_t)was->shape.rank * sizeof *d);
            OF_TRY(of_with_dims(p, t, d));
        }
        d[i] = of_dim_unknown();
    }
    return OF_OK;
}

/* What the interface declares of an output is its promise to the caller, often an
 * exporter's guess, and that of a body what the exporter saw of one trip: nothing inside of
 * the model is concluded from its shape. */
static of_status of_forget_outputs(of_pass *p, const of_graph *g)
{
    for (size_t i = 0; i < g->n_outputs; i++) {
        of_value *v = g->outputs[i].value;
        of_type *t;
        if (!v || v->graph != g || v->cval || (v->flags & OF_VALUE_INPUT) || !v->type ||
            v->type->kind != OF_T_TENSOR)
            continue;
        t = of_type_tensor(p->m, (of_dtype)v->type->dtype, of_shape_unknown());
        if (!t) return of_pass_nomem(p);
        v->type = t;
    }
    return OF_OK;
}

of_status of_pass_setup_types(of_pass *p)
{
    of_model *m = p->m;

    for (size_t i = 0; i < m->n_values; i++) {
        of_value *v = m->values[i];
        if (!v || !v->cval || v->cval->kind != OF_VAL_TENSOR) continue;
        v->type = of_type_of_val(m, v->cval);
        if (!v->type) return of_pass_nomem(p);
    }
    for (size_t i = 0; i < m->n_graphs; i++)
        if (m->graphs[i] && !m->graphs[i]->training) OF_TRY(of_forget_outputs(p, m->graphs[i]));
    for (size_t i = 0; i < m->graph->n_inputs; i++)
        if (!m->graph->inputs[i]->cval) OF_TRY(of_name_dims(p, &m->graph->inputs[i]->type));
    return OF_OK;
}

/* How much is known of d: nothing, that it has a symbol of its own, an expression, a number. */
static int of_knowledge(const of_model *m, of_dim d)
{
    return !of_dim_known(d) ? 0 : of_dim_is_num(d) ? 3 : of_dim_hidden(m->dims, d) ? 1 : 2;
}

/* Whether more is known of the elements of v than it has so far. */
static bool of_known_adds(const of_model *m, const of_value *v, const of_dim *now, uint32_t n)
{
    if (!v->known || v->n_known != n) return true;
    for (uint32_t i = 0; i < n; i++)
        if (of_knowledge(m, now[i]) > of_knowledge(m, v->known[i])) return true;
    return false;
}

/* Bodies are typed from outside in, by the sweep alone. */
static of_status of_tell_users(of_pass *p, of_value *v)
{
    for (const of_use *u = v->uses; u && !p->resweep && p->body_news < 8; u = u->next) {
        if (u->node ? !of_has_bodies(u->node) : v->graph->kind != OF_GRAPH_BODY) continue;
        p->resweep = true;
        p->body_news++;
    }
    return of_pass_push_users(p, v);
}

of_status of_pass_infer_node(of_pass *p, of_node *n)
{
    bool oom = false;
    const of_func *f = p->m->n_funcs && !of_op_of_node(n) ? of_node_func(n) : NULL;

    OF_TRY(of_pass_scratch_out(p, n->n_out));
    if (f && f->body) OF_TRY(of_pass_infer_call(p, n, f));
    else OF_TRY(of_eval_infer(&p->ev, n, p->out_type, p->out_known, p->out_known_n, p->err));
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *v = n->out[i];
        const of_type *t;
        bool news;

        if (!v || v->cval) continue;
        t = of_type_merge(p->m, p->out_type[i], v->type, &oom);
        if (oom) return of_pass_nomem(p);
        OF_TRY(of_name_dims(p, &t));
        news = t != v->type && t && (!v->type || !of_type_same(t, v->type)) && !p->sweeping;
        v->type = t;
        if (p->out_known[i]) {
            news = news || (!p->sweeping && of_known_adds(p->m, v, p->out_known[i], p->out_known_n[i]));
            v->known = p->out_known[i];
            v->n_known = (uint16_t)p->out_known_n[i]; /* OF_KNOWN_MAX at most */
        }
        if (news) OF_TRY(of_tell_users(p, v));
    }
    return OF_OK;
}

/* Gives a body's input what is known of it, and where that says nothing what the body declares. */
static of_status of_body_input(of_pass *p, of_graph *g, size_t i, const of_type *t)
{
    bool oom = false;

    if (i >= g->n_inputs || !t) return OF_OK;
    t = of_type_merge(p->m, t, g->inputs[i]->type, &oom);
    if (oom) return of_pass_nomem(p);
    if (p->supposing) return of_pass_suppose(p, g->inputs[i], t, NULL, 0);
    g->inputs[i]->type = t;
    return OF_OK;
}

/* Element type alone: the shape of a value that a Loop carries may change from trip to trip. */
static of_status of_body_input_dtype(of_pass *p, of_graph *g, size_t i, const of_value *v)
{
    const of_type *t = v ? v->type : NULL;

    if (!t || t->kind != OF_T_TENSOR) return OF_OK;
    t = of_type_tensor(p->m, (of_dtype)t->dtype, of_shape_unknown());
    return t ? of_body_input(p, g, i, t) : of_pass_nomem(p);
}

static of_status of_body_input_scalar(of_pass *p, of_graph *g, size_t i, of_dtype dt)
{
    const of_type *t;

    if (i >= g->n_inputs) return OF_OK;
    t = g->inputs[i]->type; /* a runtime hands over [1] where the body declares that */
    if (t && (t->kind != OF_T_TENSOR || t->shape.rank >= 0)) return OF_OK;
    t = of_type_tensor(p->m, dt, (of_shape){0, NULL});
    return t ? of_body_input(p, g, i, t) : of_pass_nomem(p);
}

/* Scores or probabilities of FlexAttention: (batch, heads, queries, keys) in the precision of its softmax. */
static of_status of_infer_flex(of_pass *p, of_node *n, of_graph *g)
{
    const of_value *q = of_in_value(n, 0), *k = of_in_value(n, 1);
    const of_attr *a = of_node_attr(n, "softmax_precision");
    of_type *t;

    if (!q || !q->type || q->type->kind != OF_T_TENSOR || q->type->dtype == OF_UNDEFINED) return OF_OK;
    if (a && (a->type != OF_A_INT || !of_sym_empty(a->ref) || !of_dtype_valid(a->u.i))) return OF_OK;
    t = of_type_tensor(p->m, a ? (of_dtype)a->u.i : q->type->dtype == OF_DOUBLE ? OF_DOUBLE : OF_FLOAT,
                       (of_shape){4, OF_NEW_N(&p->m->arena, of_dim, 4)});
    if (!t || !t->shape.d) return of_pass_nomem(p);
    for (int32_t i = 0; i < 4; i++) {
        const of_type *from = i < 3 ? q->type : k ? k->type : NULL;
        const bool known = from && from->kind == OF_T_TENSOR && from->shape.rank == 4;
        t->shape.d[i] = known ? from->shape.d[i < 3 ? i : 2] : of_dim_unknown();
    }
    return of_body_input(p, g, 0, t);
}

static of_status of_infer_loop(of_pass *p, of_node *n, of_graph *g)
{
    OF_TRY(of_body_input_scalar(p, g, 0, OF_INT64));
    OF_TRY(of_body_input_scalar(p, g, 1, OF_BOOL));
    for (uint32_t i = 2; i < n->n_in; i++) OF_TRY(of_body_input_dtype(p, g, i, of_in_value(n, i)));
    return p->supposing ? OF_OK : of_pass_loop_types(p, n, g);
}

/* Scan-9 and later: a state keeps its shape, a scan input loses its axis. */
static of_status of_infer_scan(of_pass *p, of_node *n, of_graph *g)
{
    const of_attr *a = of_node_attr(n, "num_scan_inputs"), *axes = of_node_attr(n, "scan_input_axes");
    int64_t scans = a && a->type == OF_A_INT ? a->u.i : 0;

    if (scans < 0 || scans > (int64_t)n->n_in) return OF_OK;
    for (uint32_t i = 0; i < n->n_in; i++) {
        const of_value *v = of_in_value(n, i);
        const of_type *t = v ? v->type : NULL;
        int64_t k = (int64_t)i - ((int64_t)n->n_in - scans), axis = 0;
        of_shape s;

        if (!t || t->kind != OF_T_TENSOR) continue;
        if (k < 0) {
            OF_TRY(of_body_input(p, g, i, t));
            continue;
        }
        if (axes && axes->type == OF_A_INTS && (size_t)k < axes->n) axis = axes->u.ints[k];
        if (axis < 0) axis += t->shape.rank;
        if (t->shape.rank < 1 || axis < 0 || axis >= t->shape.rank) {
            OF_TRY(of_body_input_dtype(p, g, i, v));
            continue;
        }
        s.rank = t->shape.rank - 1;
        s.d = (of_dim *)of_arena_array(&p->m->arena, (size_t)s.rank, sizeof *s.d);
        if (!s.d) return of_pass_nomem(p);
        for (int32_t j = 0; j < s.rank; j++) s.d[j] = t->shape.d[j < axis ? j : j + 1];
        t = of_type_tensor(p->m, (of_dtype)t->dtype, s);
        if (!t) return of_pass_nomem(p);
        OF_TRY(of_body_input(p, g, i, t));
    }
    return OF_OK;
}

of_status of_pass_infer_bodies(of_pass *p, of_node *n)
{
    of_body_iter it = of_bodies(n);
    of_graph *g = of_body_next(&it);

    if (of_sym_is(n->op_type, "FlexAttention") && of_sym_is(n->domain, "ai.onnx.preview"))
        for (; g; g = of_body_next(&it)) OF_TRY(of_infer_flex(p, n, g));
    if (!g || !of_domain_is_default(n->domain)) return OF_OK;
    if (of_node_is(n, "Loop")) return of_infer_loop(p, n, g);
    if (of_node_is(n, "Scan") && of_node_opset(n) >= 9) return of_infer_scan(p, n, g);
    if (of_node_is(n, "SequenceMap")) {
        for (uint32_t i = 0; i < n->n_in; i++) {
            const of_value *v = of_in_value(n, i);
            const of_type *t = v ? v->type : NULL;
            if (t && t->kind == OF_T_SEQUENCE) t = t->elem;
            OF_TRY(of_body_input(p, g, i, t));
        }
    }
    return OF_OK;
}
