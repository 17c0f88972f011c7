/* ModelProto down to AttributeProto, and of_encode. Bodies nest in attributes, so these
 * four are frames on a heap stack; each but the model's stands for one open message. */
#include "wire/enc.h"

#include <string.h>

enum { F_MODEL, F_GRAPH, F_FUNC, F_NODE, F_ATTR };

static of_status enc_push(of_enc *c, uint8_t kind, void *obj)
{
    void *p = c->stack;
    if (c->depth == c->cap) {
        if (of_vec_reserve(c->a, &p, &c->cap, c->depth + 1, sizeof *c->stack) != OF_OK)
            return of_nomem(c->e);
        c->stack = p;
    }
    c->stack[c->depth++] = (of_enc_frame){kind, 0, obj, NULL, 0};
    return OF_OK;
}

/* ---- what is written back as it was ---- */
static bool marked(const uint8_t *bits, uint32_t id)
{
    return bits && (bits[id / 8] >> (id % 8) & 1);
}

static bool graph_moves(const of_enc *c, const of_graph *g)
{
    return g && marked(c->graph_mark, g->id);
}

bool of_enc_attr_moves(const of_enc *c, const of_attr *a)
{
    bool yes = false;
    if (!c->moves) return false;
    switch (a->type) {
    case OF_A_TENSOR:
        return of_enc_moves(c, a->u.t, false);
    case OF_A_SPARSE_TENSOR:
        return of_enc_sparse_moves(c, a->u.sp);
    case OF_A_GRAPH:
        return graph_moves(c, a->u.g);
    case OF_A_TENSORS:
        for (size_t i = 0; i < a->n; i++) yes = yes || of_enc_moves(c, a->u.tensors[i], false);
        return yes;
    case OF_A_SPARSE_TENSORS:
        for (size_t i = 0; i < a->n; i++) yes = yes || of_enc_sparse_moves(c, a->u.sparses[i]);
        return yes;
    case OF_A_GRAPHS:
        for (size_t i = 0; i < a->n; i++) yes = yes || graph_moves(c, a->u.graphs[i]);
        return yes;
    default:
        return false;
    }
}

static bool attr_clean(const of_enc *c, const of_attr *a)
{
    return a->src.len && (a->type == OF_A_UNDEFINED || (!a->dirty && !of_enc_attr_moves(c, a)));
}

static bool node_clean(const of_enc *c, const of_node *n)
{
    return n->src.len && !n->dirty && !marked(c->node_mark, n->id);
}

static bool graph_clean(const of_enc *c, const of_graph *g)
{
    return g->src.len && !g->dirty && !graph_moves(c, g);
}

static bool func_clean(const of_enc *c, const of_func *f)
{
    return f->src.len && !f->dirty && !f->body->dirty && !graph_moves(c, f->body);
}

static void mark_up(of_enc *c, const of_graph *g)
{
    while (g && !marked(c->graph_mark, g->id)) {
        const of_node *n = g->owner;
        c->graph_mark[g->id / 8] = (uint8_t)(c->graph_mark[g->id / 8] | 1u << (g->id % 8));
        if (!n) return;
        c->node_mark[n->id / 8] = (uint8_t)(c->node_mark[n->id / 8] | 1u << (n->id % 8));
        g = n->graph;
    }
}

/* Tensors that change place make everything around them written anew. */
of_status of_enc_mark(of_enc *c)
{
    of_model *m = c->m;
    of_wire *w = m->wire;
    if (c->o->ext == OF_EXT_KEEP) return OF_OK;
    if (w && w->carried_external)
        return of_fail(c->e, OF_E_UNSUPPORTED,
                       "external data of training_info or of an unknown element type can only be "
                       "kept where it is");
    c->n_node_mark = m->n_nodes / 8 + 1;
    c->node_mark = of_mem_zalloc(c->a, c->n_node_mark);
    c->n_graph_mark = m->n_graphs / 8 + 1;
    c->graph_mark = of_mem_zalloc(c->a, c->n_graph_mark);
    if (!c->node_mark || !c->graph_mark) return of_nomem(c->e);
    c->moves = true;
    for (size_t i = 0; i < m->n_graphs; i++) {
        const of_graph *g = m->graphs[i];
        for (const of_init *it = g->init_first; it; it = it->next)
            if (of_enc_moves(c, it->tensor, true) || of_enc_sparse_moves(c, it->sparse))
                mark_up(c, g);
        for (const of_node *n = g->first; n; n = n->next)
            for (const of_attr *a = n->attrs; a; a = a->next)
                if (a->type != OF_A_GRAPH && a->type != OF_A_GRAPHS && of_enc_attr_moves(c, a)) {
                    c->node_mark[n->id / 8] =
                        (uint8_t)(c->node_mark[n->id / 8] | 1u << (n->id % 8));
                    mark_up(c, g);
                }
    }
    return OF_OK;
}

/* ---- AttributeProto ---- */
#define ATTR_RAWS (1u << 13 | 1u << 20)

static of_status attr_scalars(of_enc *c, const of_attr *a)
{
    OF_TRY(of_enc_sym(c, 1, a->name));
    switch (a->type) {
    case OF_A_FLOAT:
        return of_sym_empty(a->ref) ? of_enc_float(c, 2, a->u.f) : OF_OK;
    case OF_A_INT:
        return of_sym_empty(a->ref) ? of_enc_int(c, 3, a->u.i) : OF_OK;
    case OF_A_STRING:
        return of_sym_empty(a->ref) ? of_enc_text(c, 4, a->u.s.p, a->u.s.n) : OF_OK;
    case OF_A_TENSOR:
        return a->u.t ? of_enc_tensor(c, 5, a->u.t, NULL, NULL) : OF_OK;
    default:
        return OF_OK;
    }
}

static of_status attr_lists(of_enc *c, const of_attr *a)
{
    for (size_t i = 0; i < a->n; i++) switch (a->type) {
        case OF_A_FLOATS:
            OF_TRY(of_enc_float(c, 7, a->u.floats[i]));
            break;
        case OF_A_INTS:
            OF_TRY(of_enc_int(c, 8, a->u.ints[i]));
            break;
        case OF_A_STRINGS:
            OF_TRY(of_enc_text(c, 9, a->u.strings[i].p, a->u.strings[i].n));
            break;
        case OF_A_TENSORS:
            OF_TRY(of_enc_tensor(c, 10, a->u.tensors[i], NULL, NULL));
            break;
        default:
            return OF_OK;
        }
    return OF_OK;
}

static of_status attr_rest(of_enc *c, const of_attr *a)
{
    OF_TRY(of_enc_raws(c, a->raw, 13));
    if (a->type == OF_A_TYPE_PROTO && a->u.tp) OF_TRY(of_enc_type(c, 14, a->u.tp));
    if (a->type == OF_A_TYPE_PROTOS)
        for (size_t i = 0; i < a->n; i++) OF_TRY(of_enc_type(c, 15, a->u.types[i]));
    if (a->type != OF_A_UNDEFINED) OF_TRY(of_enc_int(c, 20, a->type));
    OF_TRY(of_enc_sym_opt(c, 21, a->ref));
    if (a->type == OF_A_SPARSE_TENSOR && a->u.sp)
        OF_TRY(of_enc_sparse(c, 22, a->u.sp, a->u.sp->name, NULL));
    if (a->type == OF_A_SPARSE_TENSORS)
        for (size_t i = 0; i < a->n; i++)
            OF_TRY(of_enc_sparse(c, 23, a->u.sparses[i], a->u.sparses[i]->name, NULL));
    return of_enc_raws_rest(c, a->raw, ATTR_RAWS);
}

static of_status enc_body(of_enc *c, uint32_t field, of_graph *g)
{
    if (graph_clean(c, g)) return of_enc_copy(c, g->src);
    OF_TRY(of_enc_begin(c, field));
    return enc_push(c, F_GRAPH, g);
}

static of_status step_attr(of_enc *c, of_enc_frame *f, bool *done)
{
    const of_attr *a = f->obj;
    if (f->stage == 0) {
        f->stage = 1;
        OF_TRY(attr_scalars(c, a));
        if (a->type == OF_A_GRAPH && a->u.g) return enc_body(c, 6, a->u.g);
        return attr_lists(c, a);
    }
    if (a->type == OF_A_GRAPHS && f->i < a->n) return enc_body(c, 11, a->u.graphs[f->i++]);
    *done = true;
    return attr_rest(c, a);
}

/* Attributes one by one; the frame's cursor holds the next. */
static of_status enc_attr_next(of_enc *c, of_enc_frame *f, uint32_t field)
{
    of_attr *a = f->cur;
    f->cur = a->next;
    if (attr_clean(c, a)) return of_enc_copy(c, a->src);
    OF_TRY(of_enc_begin(c, field));
    return enc_push(c, F_ATTR, a);
}

/* ---- NodeProto ---- */
#define NODE_RAWS (1u << 6 | 1u << 10)

static of_status node_head(of_enc *c, const of_node *n)
{
    for (uint32_t i = 0; i < n->n_in; i++)
        OF_TRY(of_enc_sym(c, 1, n->in[i].value ? n->in[i].value->name : NULL));
    for (uint32_t i = 0; i < n->n_out; i++)
        OF_TRY(of_enc_sym(c, 2, n->out[i] ? n->out[i]->name : NULL));
    OF_TRY(of_enc_sym_opt(c, 3, n->name));
    return of_enc_sym(c, 4, n->op_type);
}

static of_status step_node(of_enc *c, of_enc_frame *f, bool *done)
{
    of_node *n = f->obj;
    if (f->stage == 0) {
        f->stage = 1;
        f->cur = n->attrs;
        return node_head(c, n);
    }
    if (f->cur) return enc_attr_next(c, f, 5);
    *done = true;
    if (!n->rest) return of_enc_sym_opt(c, 7, n->domain);
    OF_TRY(of_enc_raws(c, n->rest->raw, 6));
    OF_TRY(of_enc_sym_opt(c, 7, n->domain));
    OF_TRY(of_enc_sym_opt(c, 8, n->rest->overload));
    OF_TRY(of_enc_raws(c, n->rest->props, 9));
    OF_TRY(of_enc_raws(c, n->rest->raw, 10));
    return of_enc_raws_rest(c, n->rest->raw, NODE_RAWS);
}

static of_status enc_node_next(of_enc *c, of_enc_frame *f, uint32_t field)
{
    of_node *n = f->cur;
    f->cur = n->next;
    if (node_clean(c, n)) return of_enc_copy(c, n->src);
    OF_TRY(of_enc_begin(c, field));
    return enc_push(c, F_NODE, n);
}

/* ---- GraphProto ---- */
#define GRAPH_RAWS (1u << 10 | 1u << 14)

static of_status enc_init(of_enc *c, const of_init *it, bool sparse)
{
    bool is_sparse = it->sparse || (!it->tensor && of_init_opaque_sparse(it));
    of_sym name = it->value ? it->value->name : it->name;
    if (is_sparse != sparse) return OF_OK;
    if (it->src.len && !it->dirty && !of_enc_moves(c, it->tensor, true) &&
        !of_enc_sparse_moves(c, it->sparse))
        return of_enc_copy(c, it->src);
    if (it->sparse) return of_enc_sparse(c, 15, it->sparse, name, it);
    if (it->tensor) return of_enc_tensor(c, 5, it->tensor, name, it);
    return of_enc_opaque_init(c, it, name);
}

static of_status graph_rest(of_enc *c, const of_graph *g)
{
    OF_TRY(of_enc_sym_opt(c, 2, g->name));
    for (const of_init *it = g->init_first; it; it = it->next) OF_TRY(enc_init(c, it, false));
    OF_TRY(of_enc_raws(c, g->raw, 10));
    for (const of_vinfo *v = g->in_infos; v; v = v->next) OF_TRY(of_enc_vinfo(c, 11, v));
    for (const of_vinfo *v = g->out_infos; v; v = v->next) OF_TRY(of_enc_vinfo(c, 12, v));
    for (const of_vinfo *v = g->value_infos; v; v = v->next) OF_TRY(of_enc_vinfo(c, 13, v));
    OF_TRY(of_enc_raws(c, g->raw, 14));
    for (const of_init *it = g->init_first; it; it = it->next) OF_TRY(enc_init(c, it, true));
    OF_TRY(of_enc_props(c, 16, g->props));
    return of_enc_raws_rest(c, g->raw, GRAPH_RAWS);
}

static of_status step_graph(of_enc *c, of_enc_frame *f, bool *done)
{
    of_graph *g = f->obj;
    if (f->stage == 0) {
        f->stage = 1;
        f->cur = g->first;
    }
    if (f->cur) return enc_node_next(c, f, 1);
    *done = true;
    return graph_rest(c, g);
}

/* ---- FunctionProto ---- */
#define FUNC_RAWS (1u << 8)

static of_status func_head(of_enc *c, const of_func *fn)
{
    const of_graph *g = fn->body;
    OF_TRY(of_enc_sym(c, 1, fn->name));
    for (size_t i = 0; i < g->n_inputs; i++)
        OF_TRY(of_enc_sym(c, 4, g->inputs && g->inputs[i] ? g->inputs[i]->name : g->in_names[i]));
    for (size_t i = 0; i < g->n_outputs; i++)
        OF_TRY(of_enc_sym(
            c, 5, g->outputs && g->outputs[i].value ? g->outputs[i].value->name : g->out_names[i]));
    for (size_t i = 0; i < fn->n_attr_names; i++) OF_TRY(of_enc_sym(c, 6, fn->attr_names[i]));
    return OF_OK;
}

static of_status step_func(of_enc *c, of_enc_frame *f, bool *done)
{
    of_func *fn = f->obj;
    switch (f->stage) {
    case 0:
        f->stage = 1;
        f->cur = fn->body->first;
        return func_head(c, fn);
    case 1:
        if (f->cur) return enc_node_next(c, f, 7);
        f->stage = 2;
        f->cur = fn->attr_defaults;
        OF_TRY(of_enc_raws(c, fn->raw, 8));
        OF_TRY(of_enc_opsets(c, 9, fn->opsets, fn->n_opsets));
        return of_enc_sym_opt(c, 10, fn->domain);
    default:
        if (f->cur) return enc_attr_next(c, f, 11);
        *done = true;
        for (const of_vinfo *v = fn->body->value_infos; v; v = v->next)
            OF_TRY(of_enc_vinfo(c, 12, v));
        OF_TRY(of_enc_sym_opt(c, 13, fn->overload));
        OF_TRY(of_enc_props(c, 14, fn->props));
        return of_enc_raws_rest(c, fn->raw, FUNC_RAWS);
    }
}

/* ---- ModelProto ---- */
#define MODEL_RAWS (1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 20 | 1u << 26)

static of_status step_model(of_enc *c, of_enc_frame *f, bool *done)
{
    of_model *m = c->m;
    if (f->stage == 0) {
        f->stage = 1;
        OF_TRY(of_enc_int(c, 1, m->ir_version));
        for (uint32_t i = 2; i <= 6; i++) OF_TRY(of_enc_raws(c, m->raw, i));
        return enc_body(c, 7, m->graph);
    }
    if (f->stage == 1) {
        f->stage = 2;
        OF_TRY(of_enc_opsets(c, 8, m->opsets, m->n_opsets));
        OF_TRY(of_enc_props(c, 14, m->props));
        return of_enc_raws(c, m->raw, 20);
    }
    while (f->i < m->n_funcs) {
        of_func *fn = m->funcs[f->i++];
        if (fn->drop) continue;
        if (func_clean(c, fn)) return of_enc_copy(c, fn->src);
        OF_TRY(of_enc_begin(c, 25));
        return enc_push(c, F_FUNC, fn);
    }
    *done = true;
    OF_TRY(of_enc_raws(c, m->raw, 26));
    return of_enc_raws_rest(c, m->raw, MODEL_RAWS);
}

of_status of_enc_model(of_enc *c)
{
    static of_status (*const step[])(of_enc *, of_enc_frame *, bool *) = {
        [F_MODEL] = step_model, [F_GRAPH] = step_graph, [F_FUNC] = step_func,
        [F_NODE] = step_node,   [F_ATTR] = step_attr,
    };
    OF_TRY(enc_push(c, F_MODEL, c->m));
    while (c->depth > 0) {
        of_enc_frame *f = &c->stack[c->depth - 1];
        bool done = false;
        OF_TRY(step[f->kind](c, f, &done)); /* f is stale once a frame was pushed */
        if (!done) continue;
        c->depth--;
        if (c->depth > 0) OF_TRY(of_enc_end(c));
    }
    return OF_OK;
}

static bool enc_untouched(const of_enc *c)
{
    const of_model *m = c->m;
    if (m->dirty || !m->src) return false;
    if (c->graph_mark)
        for (size_t i = 0; i < c->n_graph_mark; i++)
            if (c->graph_mark[i]) return false;
    return true;
}

static of_status enc_plan(of_enc *c)
{
    OF_TRY(of_enc_mark(c));
    if (enc_untouched(c)) return of_enc_copy(c, (of_range){0, c->m->src->size});
    return of_enc_model(c);
}

of_status of_encode(of_model *m, of_sink *out, const of_encode_opts *o, of_err *e)
{
    of_enc c;
    of_status st = of_enc_start(&c, m, o, e);
    if (st == OF_OK) st = enc_plan(&c);
    if (st == OF_OK) st = of_enc_write(&c, out);
    of_enc_close(&c);
    return st;
}

of_status of_encoded_size(of_model *m, const of_encode_opts *o, uint64_t *n, of_err *e)
{
    of_enc c;
    of_status st = of_enc_start(&c, m, o, e);
    if (st == OF_OK) st = enc_plan(&c);
    if (st == OF_OK) *n = c.open[0].size;
    of_enc_close(&c);
    return st;
}
