/* TypeProto and everything below it; ValueInfoProto. */
#include "wire/dec.h"

#include <string.h>

static const of_dec_msg msg_type;

static void type_clear(of_type *t)
{
    memset(t, 0, sizeof *t);
    t->shape.rank = -1;
}

static of_type *type_new(of_dec *d)
{
    of_type *t = OF_NEW(&d->m->arena, of_type);
    if (t) type_clear(t);
    return t;
}

/* One of the oneof's members begins: another one is forgotten, the same is merged into. */
static of_status type_kind(of_dec *d, of_type *t, of_type_kind kind)
{
    if (t->kind == kind) return OF_OK;
    type_clear(t);
    t->kind = (uint8_t)kind;
    if (kind == OF_T_SEQUENCE || kind == OF_T_OPTIONAL || kind == OF_T_MAP) {
        t->elem = type_new(d);
        if (!t->elem) return of_dec_nomem(d);
    }
    if (kind == OF_T_OPAQUE) t->opaque_domain = t->opaque_name = d->m->names.empty;
    return OF_OK;
}

static of_status type_dtype(of_dec *d, of_dec_frame *f)
{
    of_type *t = f->obj;
    int64_t v;
    OF_TRY(of_dec_int(d, f, &v));
    v = (int32_t)v;
    t->dtype = of_dtype_valid(v) ? (uint8_t)v : OF_UNDEFINED;
    return OF_OK;
}

static of_status type_dim(of_dec *d, pb_istream_t *s, of_dim *out)
{
    pb_istream_t sub;
    *out = of_dim_unknown();
    OF_TRY(of_in_sub(&d->in, s, &sub));
    while (sub.bytes_left > 0) {
        uint32_t field;
        pb_wire_type_t wt;
        uint64_t v;
        of_sym name;
        OF_TRY(of_in_tag(&d->in, &sub, &field, &wt));
        if (wt == PB_WT_VARINT && field == 1) {
            OF_TRY(of_in_varint(&d->in, &sub, &v));
            /* Exporters write -1 for "not known". */
            *out = v > INT64_MAX ? of_dim_unknown() : of_dim_num((int64_t)v);
        } else if (wt == PB_WT_STRING && field == 2) {
            OF_TRY(of_dec_sym(d, &sub, &name));
            *out = of_sym_empty(name) ? of_dim_unknown() : of_dim_symbol(d->m->dims, name);
        } else {
            OF_TRY(of_in_skip_field(&d->in, &sub, wt));
        }
    }
    return of_dimtab_oom(d->m->dims) ? of_dec_nomem(d) : OF_OK;
}

static of_status type_shape(of_dec *d, of_dec_frame *f)
{
    of_type *t = f->obj;
    pb_istream_t sub;
    size_t n = 0, old = t->shape.rank > 0 ? (size_t)t->shape.rank : 0;
    of_dim *dims;
    OF_TRY(of_dec_inline(d, f, 2, &sub));
    while (sub.bytes_left > 0) {
        uint32_t field;
        pb_wire_type_t wt;
        uint64_t at = of_in_pos(&d->in);
        OF_TRY(of_in_tag(&d->in, &sub, &field, &wt));
        if (wt == PB_WT_STRING && field == 1) {
            if (old + n >= OF_MAX_RANK)
                return of_fail_at(d->e, OF_E_LIMIT, at, "a shape of more than %d dimensions",
                                  OF_MAX_RANK);
            OF_TRY(type_dim(d, &sub, &d->dims[n]));
            n++;
        } else {
            OF_TRY(of_in_skip_field(&d->in, &sub, wt));
        }
    }
    if (n > 0) {
        dims = of_arena_array(&d->m->arena, old + n, sizeof *dims);
        if (!dims) return of_dec_nomem(d);
        if (old) memcpy(dims, t->shape.d, old * sizeof *dims);
        memcpy(dims + old, d->dims, n * sizeof *dims);
        t->shape.d = dims;
    }
    t->shape.rank = (int32_t)(old + n);
    return OF_OK;
}

static of_status type_elem(of_dec *d, of_dec_frame *f)
{
    of_type *t = f->obj;
    of_type *elem = (of_type *)(uintptr_t)t->elem; /* made here, not shared yet */
    return of_dec_push(d, f, &msg_type, elem, NULL, NULL, NULL);
}

static of_status type_opaque_domain(of_dec *d, of_dec_frame *f)
{
    return of_dec_sym(d, &f->s, &((of_type *)f->obj)->opaque_domain);
}

static of_status type_opaque_name(of_dec *d, of_dec_frame *f)
{
    return of_dec_sym(d, &f->s, &((of_type *)f->obj)->opaque_name);
}

#define FIELDS(t) t, (uint32_t)(sizeof(t) / sizeof((t)[0]))

static const of_dec_field fields_tensor[] = {
    [1] = {type_dtype, PB_WT_VARINT, false},
    [2] = {type_shape, PB_WT_STRING, false},
};
static const of_dec_msg msg_tensor = {"TypeProto.Tensor", FIELDS(fields_tensor), NULL};
static const of_dec_field fields_wrap[] = {
    [1] = {type_elem, PB_WT_STRING, false},
};
static const of_dec_msg msg_wrap = {"TypeProto.Sequence", FIELDS(fields_wrap), NULL};
static const of_dec_field fields_map[] = {
    [1] = {type_dtype, PB_WT_VARINT, false},
    [2] = {type_elem, PB_WT_STRING, false},
};
static const of_dec_msg msg_map = {"TypeProto.Map", FIELDS(fields_map), NULL};
static const of_dec_field fields_opaque[] = {
    [1] = {type_opaque_domain, PB_WT_STRING, false},
    [2] = {type_opaque_name, PB_WT_STRING, false},
};
static const of_dec_msg msg_opaque = {"TypeProto.Opaque", FIELDS(fields_opaque), NULL};

static of_status type_member(of_dec *d, of_dec_frame *f)
{
    static const struct {
        uint8_t kind;
        const of_dec_msg *msg;
    } member[10] = {
        [1] = {OF_T_TENSOR, &msg_tensor}, [4] = {OF_T_SEQUENCE, &msg_wrap},
        [5] = {OF_T_MAP, &msg_map},       [7] = {OF_T_OPAQUE, &msg_opaque},
        [8] = {OF_T_SPARSE, &msg_tensor}, [9] = {OF_T_OPTIONAL, &msg_wrap},
    };
    of_type *t = f->obj;
    OF_TRY(type_kind(d, t, (of_type_kind)member[d->field].kind));
    return of_dec_push(d, f, member[d->field].msg, t, NULL, NULL, NULL);
}

static const of_dec_field fields_type[] = {
    [1] = {type_member, PB_WT_STRING, false}, [4] = {type_member, PB_WT_STRING, false},
    [5] = {type_member, PB_WT_STRING, false}, [7] = {type_member, PB_WT_STRING, false},
    [8] = {type_member, PB_WT_STRING, false}, [9] = {type_member, PB_WT_STRING, false},
};
static const of_dec_msg msg_type = {"TypeProto", FIELDS(fields_type), NULL};

of_status of_dec_type_open(of_dec *d, of_dec_frame *f, of_type **slot, of_range *src)
{
    if (!*slot) *slot = type_new(d);
    if (!*slot) return of_dec_nomem(d);
    return of_dec_push(d, f, &msg_type, *slot, NULL, src, NULL);
}

/* ---- ValueInfoProto ---- */
static of_status vinfo_name(of_dec *d, of_dec_frame *f)
{
    return of_dec_sym(d, &f->s, &((of_dec_vinfo *)f->obj)->v->name);
}

static of_status vinfo_type(of_dec *d, of_dec_frame *f)
{
    of_dec_vinfo *vs = f->obj;
    vs->n_type++;
    return of_dec_type_open(d, f, &vs->type, &vs->type_src);
}

static of_status vinfo_prop(of_dec *d, of_dec_frame *f)
{
    of_dec_vinfo *vs = f->obj;
    return of_dec_prop(d, f, &vs->v->props, &vs->props_last);
}

static of_status vinfo_leave(of_dec *d, void *obj)
{
    of_dec_vinfo *vs = obj;
    vs->v->type = vs->type;
    vs->v->raw = vs->raws.first;
    if (vs->n_type == 1) {
        of_raw_type *r = OF_NEW(&d->m->arena, of_raw_type);
        if (!r) return of_dec_nomem(d);
        r->r.field = OF_RAW_TYPE;
        r->r.src = vs->type_src;
        r->r.next = vs->v->raw;
        r->type = vs->type;
        vs->v->raw = &r->r;
    }
    of_dec_state_free(d, OF_DEC_VINFO, vs);
    return OF_OK;
}

static const of_dec_field fields_vinfo[] = {
    [1] = {vinfo_name, PB_WT_STRING, false},
    [2] = {vinfo_type, PB_WT_STRING, false},
    [4] = {vinfo_prop, PB_WT_STRING, false},
};
static const of_dec_msg msg_vinfo = {"ValueInfoProto", FIELDS(fields_vinfo), vinfo_leave};

of_status of_dec_vinfo_open(of_dec *d, of_dec_frame *f, of_vinfo **first, of_vinfo **last)
{
    of_dec_vinfo *vs = of_dec_state(d, OF_DEC_VINFO);
    of_vinfo *v = OF_NEW(&d->m->arena, of_vinfo);
    if (!vs || !v) return of_dec_nomem(d);
    OF_TRY(of_dec_count(d, 1));
    v->name = d->m->names.empty;
    vs->v = v;
    if (*last) (*last)->next = v;
    else *first = v;
    *last = v;
    return of_dec_push(d, f, &msg_vinfo, vs, &vs->raws, &v->src, NULL);
}
