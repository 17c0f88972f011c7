/* AttributeProto: every kind; lists packed, unpacked and mixed. */
#include "wire/dec.h"

#include <string.h>

#define FIELDS(t) t, (uint32_t)(sizeof(t) / sizeof((t)[0]))

/* The kind a value field stands for. A value in two of them has no meaning. */
static of_status attr_use(of_dec *d, of_dec_attr *as)
{
    static const uint8_t kind[24] = {
        [2] = OF_A_FLOAT,          [3] = OF_A_INT,
        [4] = OF_A_STRING,         [5] = OF_A_TENSOR,
        [6] = OF_A_GRAPH,          [7] = OF_A_FLOATS,
        [8] = OF_A_INTS,           [9] = OF_A_STRINGS,
        [10] = OF_A_TENSORS,       [11] = OF_A_GRAPHS,
        [14] = OF_A_TYPE_PROTO,    [15] = OF_A_TYPE_PROTOS,
        [22] = OF_A_SPARSE_TENSOR, [23] = OF_A_SPARSE_TENSORS,
    };
    uint8_t k = kind[d->field];
    if (as->used && as->used != k)
        return of_fail_at(d->e, OF_E_MODEL, d->tag_off,
                          "attribute \"%.*s\" has values of two kinds", of_clip(as->a->name->len),
                          as->a->name->s);
    as->used = k;
    return OF_OK;
}

static of_status attr_text(of_dec *d, of_dec_frame *f)
{
    of_attr *a = ((of_dec_attr *)f->obj)->a;
    return of_dec_sym(d, &f->s, d->field == 1 ? &a->name : &a->ref);
}

static of_status attr_type(of_dec *d, of_dec_frame *f)
{
    of_dec_attr *as = f->obj;
    OF_TRY(of_dec_int(d, f, &as->type));
    as->type = (int32_t)as->type;
    if (as->type >= 0 && as->type <= OF_A_TYPE_PROTOS) return OF_OK;
    as->opaque = true; /* a kind newer than this library: its fields are not known either */
    return of_dec_raw_add(d, &as->raws, d->field,
                          (of_range){d->tag_off, of_in_pos(&d->in) - d->tag_off});
}

static of_status attr_f(of_dec *d, of_dec_frame *f)
{
    of_dec_attr *as = f->obj;
    OF_TRY(attr_use(d, as));
    return pb_decode_fixed32(&f->s, &as->f) ? OF_OK : of_in_bad(&d->in, &f->s, d->tag_off);
}

static of_status attr_i(of_dec *d, of_dec_frame *f)
{
    of_dec_attr *as = f->obj;
    OF_TRY(attr_use(d, as));
    return of_dec_int(d, f, &as->i);
}

static of_status attr_s(of_dec *d, of_dec_frame *f)
{
    of_dec_attr *as = f->obj;
    OF_TRY(attr_use(d, as));
    return of_dec_str(d, &f->s, &as->s);
}

static of_status attr_t(of_dec *d, of_dec_frame *f)
{
    of_dec_attr *as = f->obj;
    OF_TRY(attr_use(d, as));
    return of_dec_tensor_open(d, f, &as->t, OF_DEC_TO_PARENT, NULL);
}

static of_status attr_g(of_dec *d, of_dec_frame *f)
{
    of_dec_attr *as = f->obj;
    of_dec_graph *gs = as->g;
    bool list = d->field == 11;
    OF_TRY(attr_use(d, as));
    if (!gs || list) {
        gs = of_dec_graph_new(d, OF_GRAPH_BODY);
        if (!gs) return of_dec_nomem(d);
        gs->listed = list;
        if (as->node) as->node->bodies = true;
        gs->g->owner = as->node;
        gs->g->owner_attr = as->a;
        gs->g->depth = as->graph->depth + 1;
        gs->g->func = as->graph->func;
        if (list) OF_TRY(of_dec_push_vec(d, &d->ptrs, &gs->g, sizeof gs->g));
        else as->g = gs;
    } else {
        gs->again = true;
    }
    return of_dec_graph_open(d, f, gs, &gs->g->src);
}

static of_status attr_sparse(of_dec *d, of_dec_frame *f)
{
    of_dec_attr *as = f->obj;
    OF_TRY(attr_use(d, as));
    if (d->field == 23) return of_dec_sparse_open(d, f, NULL, NULL, true);
    return of_dec_sparse_open(d, f, &as->sp, NULL, false);
}

static of_status attr_tp(of_dec *d, of_dec_frame *f)
{
    of_dec_attr *as = f->obj;
    OF_TRY(attr_use(d, as));
    if (d->field == 15) {
        of_type *t = NULL;
        size_t at = d->ptrs.n;
        OF_TRY(of_dec_push_vec(d, &d->ptrs, &t, sizeof t));
        OF_TRY(of_dec_type_open(d, f, &t, NULL));
        ((void **)d->ptrs.p)[at] = t;
        return OF_OK;
    }
    return of_dec_type_open(d, f, &as->tp, NULL);
}

static of_status attr_floats(of_dec *d, of_dec_frame *f)
{
    float v;
    pb_istream_t sub;
    OF_TRY(attr_use(d, f->obj));
    if (d->wt == PB_WT_32BIT) {
        if (!pb_decode_fixed32(&f->s, &v)) return of_in_bad(&d->in, &f->s, d->tag_off);
        return of_dec_push_vec(d, &d->floats, &v, sizeof v);
    }
    OF_TRY(of_in_sub(&d->in, &f->s, &sub));
    while (sub.bytes_left > 0) {
        if (!pb_decode_fixed32(&sub, &v)) return of_in_bad(&d->in, &sub, d->tag_off);
        OF_TRY(of_dec_push_vec(d, &d->floats, &v, sizeof v));
    }
    return OF_OK;
}

static of_status attr_ints(of_dec *d, of_dec_frame *f)
{
    uint64_t v;
    pb_istream_t sub;
    OF_TRY(attr_use(d, f->obj));
    if (d->wt == PB_WT_VARINT) {
        OF_TRY(of_in_varint(&d->in, &f->s, &v));
        return of_dec_push_vec(d, &d->ints, &v, sizeof v);
    }
    OF_TRY(of_in_sub(&d->in, &f->s, &sub));
    while (sub.bytes_left > 0) {
        OF_TRY(of_in_varint(&d->in, &sub, &v));
        OF_TRY(of_dec_push_vec(d, &d->ints, &v, sizeof v));
    }
    return OF_OK;
}

static of_status attr_strings(of_dec *d, of_dec_frame *f)
{
    of_str s;
    OF_TRY(attr_use(d, f->obj));
    OF_TRY(of_dec_str(d, &f->s, &s));
    return of_dec_push_vec(d, &d->strs, &s, sizeof s);
}

static of_status attr_tensors(of_dec *d, of_dec_frame *f)
{
    OF_TRY(attr_use(d, f->obj));
    return of_dec_tensor_open(d, f, NULL, OF_DEC_TO_ATTR_LIST, NULL);
}

/* Moves the items behind `from` of a list that is open into the arena. */
static of_status attr_take(of_dec *d, of_dec_vec *v, size_t from, size_t size, void **out,
                           size_t *n)
{
    size_t count = v->n - from;
    *n = 0; /* what was not taken is released with the list */
    *out = of_arena_dup(&d->m->arena, v->p ? (char *)v->p + from * size : "", count * size);
    if (!*out) return of_dec_nomem(d);
    *n = count;
    v->n = from;
    return OF_OK;
}

static of_status attr_value(of_dec *d, of_dec_attr *as, of_attr *a)
{
    void *p = NULL;
    a->n = 1;
    switch (a->type) {
    case OF_A_FLOAT:
        a->u.f = as->f;
        return OF_OK;
    case OF_A_INT:
        a->u.i = as->i;
        return OF_OK;
    case OF_A_STRING:
        a->u.s = as->s.p ? as->s : (of_str){"", 0};
        return OF_OK;
    case OF_A_TENSOR: {
        of_dec_tensor *ts = as->t;
        as->t = NULL;
        a->u.t = NULL;
        if (!ts) return OF_OK;
        OF_TRY(of_dec_tensor_done(d, ts, true, &a->u.t));
        if (!a->u.t) as->opaque = true;
        return OF_OK;
    }
    case OF_A_GRAPH:
        a->u.g = NULL;
        if (!as->g) return OF_OK;
        a->u.g = as->g->g;
        return of_dec_graph_done(d, as->g);
    case OF_A_SPARSE_TENSOR: {
        of_dec_sparse *ss = as->sp;
        as->sp = NULL;
        a->u.sp = NULL;
        if (!ss) return OF_OK;
        OF_TRY(of_dec_sparse_done(d, ss, &a->u.sp));
        if (!a->u.sp) as->opaque = true;
        return OF_OK;
    }
    case OF_A_TYPE_PROTO:
        a->u.tp = as->tp;
        return OF_OK;
    case OF_A_FLOATS:
        OF_TRY(attr_take(d, &d->floats, as->floats0, sizeof(float), &p, &a->n));
        a->u.floats = p;
        return OF_OK;
    case OF_A_INTS:
        OF_TRY(attr_take(d, &d->ints, as->ints0, sizeof(int64_t), &p, &a->n));
        a->u.ints = p;
        return OF_OK;
    case OF_A_STRINGS:
        OF_TRY(attr_take(d, &d->strs, as->strs0, sizeof(of_str), &p, &a->n));
        a->u.strings = p;
        return OF_OK;
    case OF_A_TENSORS:
        OF_TRY(attr_take(d, &d->tensors, as->tensors0, sizeof(of_tensor *), &p, &a->n));
        a->u.tensors = p;
        for (size_t i = 0; i < a->n; i++) as->opaque = as->opaque || !a->u.tensors[i];
        return OF_OK;
    case OF_A_GRAPHS:
        OF_TRY(attr_take(d, &d->ptrs, as->ptrs0, sizeof(of_graph *), &p, &a->n));
        a->u.graphs = p;
        return OF_OK;
    case OF_A_SPARSE_TENSORS:
        OF_TRY(attr_take(d, &d->sparses, as->sparses0, sizeof(of_sparse *), &p, &a->n));
        a->u.sparses = p;
        for (size_t i = 0; i < a->n; i++) as->opaque = as->opaque || !a->u.sparses[i];
        return OF_OK;
    case OF_A_TYPE_PROTOS:
        OF_TRY(attr_take(d, &d->ptrs, as->ptrs0, sizeof(of_type *), &p, &a->n));
        a->u.types = p;
        return OF_OK;
    default:
        a->n = 0;
        return OF_OK;
    }
}

/* An attribute whose value is not understood has no kind and is written back as it was. */
static void attr_forget(of_attr *a)
{
    of_attr_release(a);
    memset(&a->u, 0, sizeof a->u);
    a->type = OF_A_UNDEFINED;
    a->n = 0;
}

static bool attr_needs_value(const of_attr *a)
{
    return (a->type == OF_A_TENSOR && !a->u.t) || (a->type == OF_A_GRAPH && !a->u.g) ||
           (a->type == OF_A_SPARSE_TENSOR && !a->u.sp) || (a->type == OF_A_TYPE_PROTO && !a->u.tp);
}

static of_status attr_leave(of_dec *d, void *obj)
{
    of_dec_attr *as = obj;
    of_attr *a = as->a;
    bool known = as->type > 0 && as->type <= OF_A_TYPE_PROTOS;
    if (known && as->used && as->used != as->type)
        return of_fail_at(d->e, OF_E_MODEL, as->at,
                          "attribute \"%.*s\" is declared of kind %d but has a value of kind %d",
                          of_clip(a->name->len), a->name->s, (int)as->type, (int)as->used);
    a->raw = as->raws.first;
    a->type = known ? (uint8_t)as->type : as->used;
    OF_TRY(attr_value(d, as, a));
    if (as->opaque) {
        attr_forget(a);
    } else if (attr_needs_value(a) && of_sym_empty(a->ref)) {
        return of_fail_at(d->e, OF_E_MODEL, as->at, "attribute \"%.*s\" has no value",
                          of_clip(a->name->len), a->name->s);
    }
    of_dec_state_free(d, OF_DEC_ATTR, as);
    return OF_OK;
}

static const of_dec_field fields_attr[] = {
    [1] = {attr_text, PB_WT_STRING, false},    [2] = {attr_f, PB_WT_32BIT, false},
    [3] = {attr_i, PB_WT_VARINT, false},       [4] = {attr_s, PB_WT_STRING, false},
    [5] = {attr_t, PB_WT_STRING, false},       [6] = {attr_g, PB_WT_STRING, false},
    [7] = {attr_floats, PB_WT_32BIT, true},    [8] = {attr_ints, PB_WT_VARINT, true},
    [9] = {attr_strings, PB_WT_STRING, false}, [10] = {attr_tensors, PB_WT_STRING, false},
    [11] = {attr_g, PB_WT_STRING, false},      [14] = {attr_tp, PB_WT_STRING, false},
    [15] = {attr_tp, PB_WT_STRING, false},     [20] = {attr_type, PB_WT_VARINT, false},
    [21] = {attr_text, PB_WT_STRING, false},   [22] = {attr_sparse, PB_WT_STRING, false},
    [23] = {attr_sparse, PB_WT_STRING, false},
};
static const of_dec_msg msg_attr = {"AttributeProto", FIELDS(fields_attr), attr_leave};

of_status of_dec_attr_open(of_dec *d, of_dec_frame *f, of_attr **first, of_attr **last,
                           of_node *node, of_graph *g)
{
    of_dec_attr *as = of_dec_state(d, OF_DEC_ATTR);
    of_attr *a = as ? of_attr_new(d->m, d->m->names.empty, OF_A_UNDEFINED) : NULL;
    if (!a) return of_dec_nomem(d);
    a->dirty = false; /* what is read is not new */
    as->a = a;
    as->node = node;
    as->graph = g;
    as->at = d->tag_off;
    as->ints0 = d->ints.n;
    as->floats0 = d->floats.n;
    as->strs0 = d->strs.n;
    as->tensors0 = d->tensors.n;
    as->sparses0 = d->sparses.n;
    as->ptrs0 = d->ptrs.n;
    if (*last) (*last)->next = a;
    else *first = a;
    *last = a;
    return of_dec_push(d, f, &msg_attr, as, &as->raws, &a->src, NULL);
}
