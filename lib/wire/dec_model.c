/* ModelProto and FunctionProto, and of_decode. */
#include "ir/edit.h"
#include "ir/link.h"
#include "wire/dec.h"

#include <string.h>

#define FIELDS(t) t, (uint32_t)(sizeof(t) / sizeof((t)[0]))

/* IR versions that this library reads (onnx.proto, Version). */
#define DEC_IR_MIN 3
#define DEC_IR_MAX 14

/* ---- FunctionProto ---- */
static of_status func_text(of_dec *d, of_dec_frame *f)
{
    of_func *fn = ((of_dec_func *)f->obj)->f;
    switch (d->field) {
    case 1:
        return of_dec_sym(d, &f->s, &fn->name);
    case 10:
        return of_dec_sym(d, &f->s, &fn->domain);
    default:
        return of_dec_sym(d, &f->s, &fn->overload);
    }
}

static of_status func_name_list(of_dec *d, of_dec_frame *f)
{
    of_sym s;
    OF_TRY(of_dec_sym(d, &f->s, &s));
    OF_TRY(of_dec_count(d, 1));
    return of_dec_push_vec(d,
                           d->field == 4   ? &d->func_ins
                           : d->field == 5 ? &d->func_outs
                                           : &d->func_attrs,
                           &s, sizeof s);
}

static of_status func_node(of_dec *d, of_dec_frame *f)
{
    return of_dec_node_open(d, f, &((of_dec_func *)f->obj)->gs);
}

static of_status func_opset(of_dec *d, of_dec_frame *f)
{
    return of_dec_opset(d, f, &d->func_opsets);
}

static of_status func_default(of_dec *d, of_dec_frame *f)
{
    of_dec_func *fs = f->obj;
    return of_dec_attr_open(d, f, &fs->f->attr_defaults, &fs->defaults_last, NULL, fs->gs.g);
}

static of_status func_vinfo(of_dec *d, of_dec_frame *f)
{
    of_dec_func *fs = f->obj;
    return of_dec_vinfo_open(d, f, &fs->gs.g->value_infos, &fs->gs.val_last);
}

static of_status func_prop(of_dec *d, of_dec_frame *f)
{
    of_dec_func *fs = f->obj;
    return of_dec_prop(d, f, &fs->f->props, &fs->props_last);
}

static of_status func_names(of_dec *d, of_dec_vec *v, of_sym **out, size_t *n)
{
    *out = of_arena_dup(&d->m->arena, v->n ? v->p : "", v->n * sizeof(of_sym));
    if (!*out) return of_dec_nomem(d);
    *n = v->n;
    v->n = 0;
    return OF_OK;
}

static of_status func_leave(of_dec *d, void *obj)
{
    of_dec_func *fs = obj;
    of_func *fn = fs->f;
    fn->raw = fs->raws.first;
    OF_TRY(func_names(d, &d->func_ins, &fn->body->in_names, &fn->body->n_inputs));
    OF_TRY(func_names(d, &d->func_outs, &fn->body->out_names, &fn->body->n_outputs));
    OF_TRY(func_names(d, &d->func_attrs, &fn->attr_names, &fn->n_attr_names));
    return of_dec_opsets_done(d, &d->func_opsets, &fn->opsets, &fn->n_opsets);
}

static const of_dec_field fields_func[] = {
    [1] = {func_text, PB_WT_STRING, false},      [4] = {func_name_list, PB_WT_STRING, false},
    [5] = {func_name_list, PB_WT_STRING, false}, [6] = {func_name_list, PB_WT_STRING, false},
    [7] = {func_node, PB_WT_STRING, false},      [9] = {func_opset, PB_WT_STRING, false},
    [10] = {func_text, PB_WT_STRING, false},     [11] = {func_default, PB_WT_STRING, false},
    [12] = {func_vinfo, PB_WT_STRING, false},    [13] = {func_text, PB_WT_STRING, false},
    [14] = {func_prop, PB_WT_STRING, false},
};
static const of_dec_msg msg_func = {"FunctionProto", FIELDS(fields_func), func_leave};

of_status of_dec_func_open(of_dec *d, of_dec_frame *f)
{
    of_dec_func *fs = OF_NEW(&d->scratch, of_dec_func);
    of_func *fn = OF_NEW(&d->m->arena, of_func);
    of_graph *g;
    if (!fs || !fn) return of_dec_nomem(d);
    if (d->funcs.n >= d->lim->functions)
        return of_fail_at(d->e, OF_E_LIMIT, d->tag_off, "more than %u functions",
                          (unsigned)d->lim->functions);
    g = of_graph_new(d->m, OF_GRAPH_FUNCTION);
    if (!g) return of_dec_nomem(d);
    g->func = fn;
    fn->body = g;
    fn->name = fn->domain = fn->overload = d->m->names.empty;
    fn->index = (uint32_t)d->funcs.n;
    fs->f = fn;
    fs->gs.g = g;
    OF_TRY(of_dec_push_vec(d, &d->funcs, &fn, sizeof fn));
    return of_dec_push(d, f, &msg_func, fs, &fs->raws, &fn->src, NULL);
}

/* ---- ModelProto ---- */
typedef struct dec_model {
    of_dec_raws raws;
    of_prop *props_last;
} dec_model;

static of_status model_ir_version(of_dec *d, of_dec_frame *f)
{
    return of_dec_int(d, f, &d->m->ir_version);
}

static of_status model_opset(of_dec *d, of_dec_frame *f)
{
    return of_dec_opset(d, f, &d->opsets);
}

static of_status model_graph(of_dec *d, of_dec_frame *f)
{
    if (!d->main) {
        d->main = of_dec_graph_new(d, OF_GRAPH_MAIN);
        if (!d->main) return of_dec_nomem(d);
    } else {
        d->main->again = true;
    }
    return of_dec_graph_open(d, f, d->main, &d->main->g->src);
}

static of_status model_prop(of_dec *d, of_dec_frame *f)
{
    dec_model *ms = f->obj;
    return of_dec_prop(d, f, &d->m->props, &ms->props_last);
}

/* Carried along as it stands. Its graphs and bindings may name any initializer of the
 * model, so has_training pins them all. */
static of_status model_training(of_dec *d, of_dec_frame *f)
{
    d->m->has_training = true;
    return of_dec_training_open(d, f);
}

static of_status model_func(of_dec *d, of_dec_frame *f)
{
    return of_dec_func_open(d, f);
}

static of_status model_leave(of_dec *d, void *obj)
{
    dec_model *ms = obj;
    of_model *m = d->m;
    m->raw = ms->raws.first;
    if (!d->main) return of_fail(d->e, OF_E_MODEL, "no graph: not an ONNX model");
    m->graph = d->main->g;
    OF_TRY(of_dec_graph_done(d, d->main));
    OF_TRY(of_dec_opsets_done(d, &d->opsets, &m->opsets, &m->n_opsets));
    if (m->ir_version < DEC_IR_MIN || m->ir_version > DEC_IR_MAX)
        return of_fail(d->e, OF_E_VERSION, "IR version %lld; this library reads %d to %d",
                       (long long)m->ir_version, DEC_IR_MIN, DEC_IR_MAX);
    if (m->n_opsets == 0) return of_fail(d->e, OF_E_VERSION, "no operator set is imported");
    if (d->funcs.n > 0) {
        m->funcs = of_arena_dup(&m->arena, d->funcs.p, d->funcs.n * sizeof *m->funcs);
        if (!m->funcs) return of_dec_nomem(d);
        m->n_funcs = d->funcs.n;
    }
    return OF_OK;
}

static const of_dec_field fields_model[] = {
    [1] = {model_ir_version, PB_WT_VARINT, false}, [7] = {model_graph, PB_WT_STRING, false},
    [8] = {model_opset, PB_WT_STRING, false},      [14] = {model_prop, PB_WT_STRING, false},
    [20] = {model_training, PB_WT_STRING, false},  [25] = {model_func, PB_WT_STRING, false},
};
static const of_dec_msg msg_model = {"ModelProto", FIELDS(fields_model), model_leave};

static void vec_free(of_dec *d, of_dec_vec *v, size_t size)
{
    if (v->p) of_mem_free(d->m->alloc, v->p, v->cap * size);
}

/* Lists still open after a failure hold tensors that nothing else knows of. */
static void dec_close(of_dec *d)
{
    of_tensor **t = d->tensors.p;
    of_sparse **sp = d->sparses.p;
    of_func **fn = d->funcs.p;
    for (size_t i = 0; i < d->tensors.n; i++) of_tensor_unref(t[i]);
    for (size_t i = 0; i < d->sparses.n; i++)
        if (sp[i]) of_sparse_release(sp[i]);
    for (size_t i = d->m->n_funcs; i < d->funcs.n; i++)
        for (of_attr *a = fn[i]->attr_defaults; a; a = a->next) of_attr_release(a);
    vec_free(d, &d->ins, sizeof(of_sym));
    vec_free(d, &d->outs, sizeof(of_sym));
    vec_free(d, &d->pins, sizeof(of_sym));
    vec_free(d, &d->ints, sizeof(int64_t));
    vec_free(d, &d->floats, sizeof(float));
    vec_free(d, &d->strs, sizeof(of_str));
    vec_free(d, &d->tensors, sizeof(of_tensor *));
    vec_free(d, &d->sparses, sizeof(of_sparse *));
    vec_free(d, &d->ptrs, sizeof(void *));
    vec_free(d, &d->opsets, sizeof(of_opset));
    vec_free(d, &d->func_opsets, sizeof(of_opset));
    vec_free(d, &d->func_ins, sizeof(of_sym));
    vec_free(d, &d->func_outs, sizeof(of_sym));
    vec_free(d, &d->func_attrs, sizeof(of_sym));
    vec_free(d, &d->funcs, sizeof(of_func *));
    if (d->stack) of_mem_free(d->m->alloc, d->stack, d->cap * sizeof *d->stack);
    of_in_close(&d->in);
    of_arena_free(&d->scratch);
}

static of_status dec_start(of_dec *d, of_source *src)
{
    dec_model *ms;
    void *p = NULL;
    OF_TRY(of_in_open(&d->in, d->m->alloc, src, (of_range){0, src->size}, d->e));
    of_in_lend(&d->in);
    ms = OF_NEW(&d->scratch, dec_model);
    if (!ms || of_vec_reserve(d->m->alloc, &p, &d->cap, 16, sizeof *d->stack) != OF_OK)
        return of_dec_nomem(d);
    d->stack = p;
    d->stack[0] = (of_dec_frame){&msg_model, of_in_stream(&d->in), ms, &ms->raws};
    d->depth = 1;
    return of_dec_run(d);
}

static of_status dec_link(of_model *m, of_err *e)
{
    m->n_nodes_in = m->n_nodes_before = m->n_nodes;
    if (m->wire) { /* external data: which folder is meant is settled now; that it is missing, at
                      the first read */
        int fd;
        (void)of_wire_base(m, &fd, NULL);
    }
    OF_TRY(of_link(m, e));
    for (size_t i = 0; m->has_training && i < m->n_nodes; i++) m->nodes[i]->was = NULL; /* not linked */
    return OF_OK;
}

of_status of_decode(of_model *m, of_source *src, const char *base_dir, const of_wire_limits *lim,
                    of_err *e)
{
    of_status st;
    of_arena until_link;
    of_dec *d;
    if (src->size > lim->file_bytes)
        return of_fail(e, OF_E_LIMIT, "the model file is %llu bytes, the limit is %llu",
                       (unsigned long long)src->size, (unsigned long long)lim->file_bytes);
    of_arena_init(&until_link, m->alloc);
    d = OF_NEW(&until_link, of_dec);
    if (!d) {
        of_arena_free(&until_link);
        return of_nomem(e);
    }
    d->m = m;
    d->e = e;
    d->lim = lim;
    d->until_link = &until_link;
    of_arena_init(&d->scratch, m->alloc);
    m->src = of_source_ref(src);
    m->file_bytes = src->size;
    if (base_dir && base_dir[0]) {
        size_t n = strlen(base_dir);
        m->base_dir.p = of_arena_dup(&m->arena, base_dir, n + 1);
        if (m->base_dir.p) m->base_dir.n = n;
    }
    st = base_dir && base_dir[0] && !m->base_dir.p ? of_dec_nomem(d) : dec_start(d, src);
    dec_close(d);
    if (st == OF_OK) st = dec_link(m, e);
    of_arena_free(&until_link);
    return st == OF_OK ? of_source_check(src, e) : st;
}
