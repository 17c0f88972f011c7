/* The driver: frames of open messages, and what every message's handlers share. */
#include "wire/dec.h"

#include <string.h>

of_status of_dec_nomem(of_dec *d)
{
    return of_nomem(d->e);
}

typedef struct dec_free {
    struct dec_free *next;
} dec_free;

static const size_t state_size[OF_DEC_STATES] = {
    [OF_DEC_GRAPH] = sizeof(of_dec_graph),   [OF_DEC_NODE] = sizeof(of_dec_node),
    [OF_DEC_ATTR] = sizeof(of_dec_attr),     [OF_DEC_TENSOR] = sizeof(of_dec_tensor),
    [OF_DEC_SPARSE] = sizeof(of_dec_sparse), [OF_DEC_VINFO] = sizeof(of_dec_vinfo),
};

void *of_dec_state(of_dec *d, unsigned kind)
{
    dec_free *p = d->pool[kind];
    if (!p) return of_arena_zalloc(&d->scratch, state_size[kind]);
    d->pool[kind] = p->next;
    memset(p, 0, state_size[kind]);
    return p;
}

void of_dec_state_free(of_dec *d, unsigned kind, void *p)
{
    dec_free *f = p;
    f->next = d->pool[kind];
    d->pool[kind] = f;
}

of_status of_dec_push_vec(of_dec *d, of_dec_vec *v, const void *item, size_t size)
{
    if (v->n == v->cap && of_vec_reserve(d->m->alloc, &v->p, &v->cap, v->n + 1, size) != OF_OK)
        return of_dec_nomem(d);
    memcpy((char *)v->p + v->n * size, item, size);
    v->n++;
    return OF_OK;
}

of_status of_dec_count(of_dec *d, uint64_t n)
{
    d->elements = of_sat_add(d->elements, n);
    if (d->elements > d->lim->elements)
        return of_fail_at(d->e, OF_E_LIMIT, d->tag_off,
                          "more than %llu nodes, values and initializers",
                          (unsigned long long)d->lim->elements);
    return OF_OK;
}

static of_status dec_deep(of_dec *d)
{
    return of_fail_at(d->e, OF_E_DEPTH, d->tag_off, "messages nested deeper than %u",
                      (unsigned)d->lim->depth);
}

of_status of_dec_push(of_dec *d, of_dec_frame *f, const of_dec_msg *msg, void *obj,
                      of_dec_raws *raws, of_range *src, of_range *body)
{
    pb_istream_t sub;
    uint64_t pos;
    OF_TRY(of_in_sub(&d->in, &f->s, &sub));
    if (d->depth > d->lim->depth) return dec_deep(d);
    pos = of_in_pos(&d->in);
    if (src) *src = (of_range){d->tag_off, pos + sub.bytes_left - d->tag_off};
    if (body) *body = (of_range){pos, sub.bytes_left};
    if (d->depth == d->cap) {
        void *p = d->stack;
        if (of_vec_reserve(d->m->alloc, &p, &d->cap, d->depth + 1, sizeof *d->stack) != OF_OK)
            return of_dec_nomem(d);
        d->stack = p;
    }
    d->stack[d->depth++] = (of_dec_frame){msg, sub, obj, raws};
    return OF_OK;
}

of_status of_dec_inline(of_dec *d, of_dec_frame *f, uint32_t levels, pb_istream_t *sub)
{
    OF_TRY(of_in_sub(&d->in, &f->s, sub));
    return d->depth + levels - 1 > d->lim->depth ? dec_deep(d) : OF_OK;
}

of_status of_dec_raw_add(of_dec *d, of_dec_raws *raws, uint32_t field, of_range src)
{
    of_raw *r = raws->last;
    if (r && r->field == field && r->src.off + r->src.len == src.off) { /* one run of one field */
        r->src.len += src.len;
        return OF_OK;
    }
    r = OF_NEW(&d->m->arena, of_raw);
    if (!r) return of_dec_nomem(d);
    r->field = field;
    r->src = src;
    if (raws->last) raws->last->next = r;
    else raws->first = r;
    raws->last = r;
    return OF_OK;
}

of_status of_dec_raw(of_dec *d, of_dec_frame *f)
{
    of_dec_raws *raws = f->raws;
    OF_TRY(of_in_skip_field(&d->in, &f->s, d->wt));
    if (!raws) return OF_OK;
    return of_dec_raw_add(d, raws, d->field,
                          (of_range){d->tag_off, of_in_pos(&d->in) - d->tag_off});
}

of_status of_dec_sym(of_dec *d, pb_istream_t *s, of_sym *out)
{
    pb_istream_t sub;
    const uint8_t *p;
    OF_TRY(of_in_sub(&d->in, s, &sub));
    OF_TRY(of_in_view(&d->in, sub.bytes_left, &p));
    *out = of_names_get(&d->m->names, (const char *)p, sub.bytes_left);
    return *out ? OF_OK : of_dec_nomem(d);
}

of_status of_dec_str(of_dec *d, pb_istream_t *s, of_str *out)
{
    pb_istream_t sub;
    char *t;
    OF_TRY(of_in_sub(&d->in, s, &sub));
    t = of_arena_alloc(&d->m->arena, sub.bytes_left ? sub.bytes_left : 1);
    if (!t) return of_dec_nomem(d);
    out->p = t;
    out->n = sub.bytes_left;
    if (!pb_read(&sub, (pb_byte_t *)t, out->n)) return of_in_bad(&d->in, &sub, d->tag_off);
    return OF_OK;
}

of_status of_dec_int(of_dec *d, of_dec_frame *f, int64_t *out)
{
    uint64_t v;
    OF_TRY(of_in_varint(&d->in, &f->s, &v));
    *out = (int64_t)v;
    return OF_OK;
}

/* StringStringEntryProto. Unknown fields in it live on in its parent's range only. */
of_status of_dec_prop(of_dec *d, of_dec_frame *f, of_prop **first, of_prop **last)
{
    pb_istream_t sub;
    of_prop *p = OF_NEW(&d->m->arena, of_prop);
    if (!p) return of_dec_nomem(d);
    p->key = p->value = (of_str){"", 0};
    OF_TRY(of_dec_inline(d, f, 1, &sub));
    while (sub.bytes_left > 0) {
        uint32_t field;
        pb_wire_type_t wt;
        OF_TRY(of_in_tag(&d->in, &sub, &field, &wt));
        if (wt == PB_WT_STRING && field == 1) OF_TRY(of_dec_str(d, &sub, &p->key));
        else if (wt == PB_WT_STRING && field == 2) OF_TRY(of_dec_str(d, &sub, &p->value));
        else OF_TRY(of_in_skip_field(&d->in, &sub, wt));
    }
    if (*last) (*last)->next = p;
    else *first = p;
    *last = p;
    return OF_OK;
}

of_status of_dec_prop_range(of_dec *d, of_dec_frame *f, of_dec_raws *raws)
{
    pb_istream_t sub;
    OF_TRY(of_dec_inline(d, f, 1, &sub));
    while (sub.bytes_left > 0) {
        uint32_t field;
        pb_wire_type_t wt;
        OF_TRY(of_in_tag(&d->in, &sub, &field, &wt));
        OF_TRY(of_in_skip_field(&d->in, &sub, wt));
    }
    return of_dec_raw_add(d, raws, d->field, (of_range){d->tag_off, of_in_pos(&d->in) - d->tag_off});
}

/* More are never used, and looking for two of one domain compares all pairs. */
#define DEC_OPSETS_MAX 256

of_status of_dec_opset(of_dec *d, of_dec_frame *f, of_dec_vec *list)
{
    pb_istream_t sub;
    of_dec_raws raws = {NULL, NULL};
    of_opset o;
    uint64_t off = d->tag_off;
    memset(&o, 0, sizeof o);
    o.domain = d->m->names.empty;
    if (list->n >= DEC_OPSETS_MAX)
        return of_fail_at(d->e, OF_E_LIMIT, off, "more than %d operator set imports",
                          DEC_OPSETS_MAX);
    OF_TRY(of_dec_inline(d, f, 1, &sub));
    while (sub.bytes_left > 0) {
        uint32_t field;
        pb_wire_type_t wt;
        uint64_t v, at = of_in_pos(&d->in);
        OF_TRY(of_in_tag(&d->in, &sub, &field, &wt));
        if (wt == PB_WT_STRING && field == 1) {
            OF_TRY(of_dec_sym(d, &sub, &o.domain));
        } else if (wt == PB_WT_VARINT && field == 2) {
            OF_TRY(of_in_varint(&d->in, &sub, &v));
            o.version = (int64_t)v;
        } else {
            OF_TRY(of_in_skip_field(&d->in, &sub, wt));
            OF_TRY(of_dec_raw_add(d, &raws, field, (of_range){at, of_in_pos(&d->in) - at}));
        }
    }
    if (of_sym_is(o.domain, "ai.onnx")) o.domain = d->m->names.empty;
    o.raw = raws.first;
    o.src = (of_range){off, of_in_pos(&d->in) - off};
    return of_dec_push_vec(d, list, &o, sizeof o);
}

of_status of_dec_opsets_done(of_dec *d, of_dec_vec *list, of_opset **out, size_t *n)
{
    const of_opset *o = list->p;
    for (size_t i = 0; i < list->n; i++)
        for (size_t j = 0; j < i; j++)
            if (o[i].domain == o[j].domain && o[i].version != o[j].version)
                return of_fail_at(d->e, OF_E_VERSION, o[i].src.off,
                                  "operator set \"%.*s\" imported as version %lld and %lld",
                                  of_clip(o[i].domain->len), o[i].domain->s,
                                  (long long)o[j].version, (long long)o[i].version);
    *n = list->n;
    if (list->n) {
        *out = of_arena_dup(&d->m->arena, o, list->n * sizeof *o);
        if (!*out) return of_dec_nomem(d);
    }
    list->n = 0;
    return OF_OK;
}

of_status of_dec_run(of_dec *d)
{
    while (d->depth > 0) {
        of_dec_frame *f = &d->stack[d->depth - 1];
        const of_dec_field *fd = NULL;
        if (f->s.bytes_left == 0) {
            void *obj = f->obj;
            const of_dec_msg *msg = f->msg;
            d->depth--;
            if (msg->leave) OF_TRY(msg->leave(d, obj));
            continue;
        }
        d->tag_off = of_in_pos(&d->in);
        OF_TRY(of_in_tag(&d->in, &f->s, &d->field, &d->wt));
        if (d->field < f->msg->n_fields) fd = &f->msg->fields[d->field];
        if (fd && fd->fn && ((uint8_t)d->wt == fd->wt || (fd->packable && d->wt == PB_WT_STRING)))
            OF_TRY(fd->fn(d, f));
        else OF_TRY(of_dec_raw(d, f));
    }
    return OF_OK;
}
