/* Types and shapes. */
#include "ir/ir.h"

#include <string.h>

bool of_shape_is_static(const of_shape *s)
{
    if (s->rank < 0) return false;
    for (int32_t i = 0; i < s->rank; i++)
        if (!of_dim_is_num(s->d[i])) return false;
    return true;
}

bool of_shape_same(const of_shape *a, const of_shape *b)
{
    if (a->rank < 0 || a->rank != b->rank) return false;
    for (int32_t i = 0; i < a->rank; i++)
        if (!of_dim_same(a->d[i], b->d[i])) return false;
    return true;
}

bool of_shape_numel(const of_shape *s, int64_t *n)
{
    int64_t r = 1;
    bool zero = false;
    if (!of_shape_is_static(s)) return false;
    for (int32_t i = 0; i < s->rank; i++) {
        int64_t k = s->d[i].k;
        if (k < 0) return false;
        if (k == 0)
            zero = true;
        else if (!of_mul_i64(r, k, &r))
            return false;
    }
    *n = zero ? 0 : r;
    return true;
}

bool of_type_same(const of_type *a, const of_type *b)
{
    /* TypeProto nests only through elem: a loop will do */
    for (; a && b; a = a->elem, b = b->elem) {
        if (a == b && a->kind == OF_T_UNKNOWN) return false;
        if (a->kind == OF_T_UNKNOWN || a->kind != b->kind) return false;
        switch ((of_type_kind)a->kind) {
        case OF_T_TENSOR:
        case OF_T_SPARSE:
            return a->dtype != OF_UNDEFINED && a->dtype == b->dtype &&
                   of_shape_same(&a->shape, &b->shape);
        case OF_T_OPAQUE:
            return a->opaque_domain == b->opaque_domain && a->opaque_name == b->opaque_name;
        case OF_T_MAP:
            if (a->dtype != b->dtype) return false;
            break;
        default:
            break;
        }
    }
    return false; /* an element that is not known */
}

of_type *of_type_tensor(of_model *m, of_dtype t, of_shape s)
{
    of_type *ty = OF_NEW(&m->arena, of_type);
    if (!ty) return NULL;
    ty->kind = OF_T_TENSOR;
    ty->dtype = (uint8_t)t;
    ty->shape = s;
    return ty;
}

static uint64_t mix(uint64_t h, uint64_t x) { return (h ^ x) * UINT64_C(0x9e3779b97f4a7c15); }

/* Dim i of a shape that is given as dims or as numbers. */
static of_dim dim_at(const of_dim *d, const int64_t *n, size_t i) { return d ? d[i] : of_dim_num(n[i]); }

/* A model has few types that differ, and the one that is asked for was mostly asked for a
 * moment ago: a table that forgets is enough. A dim of which nothing is known stays one in
 * every value that has the type. */
static const of_type *shared(of_model *m, of_dtype t, int32_t rank, const of_dim *d, const int64_t *n)
{
    const of_type **slot, *was;
    const size_t n_dims = rank > 0 ? (size_t)rank : 0;
    uint64_t h = mix((uint64_t)t, (uint64_t)(uint32_t)rank);
    size_t i, bytes;
    struct {
        of_type type;
        of_dim d[];
    } *made;

    for (i = 0; i < n_dims; i++) {
        const of_dim x = dim_at(d, n, i);
        h = mix(h ^ (h >> 32), (uint64_t)x.k + ((uint64_t)x.sym << 32));
    }
    slot = &m->types[(h >> 32) % OF_TYPES];
    was = *slot;
    if (was && was->dtype == t && was->shape.rank == rank) {
        for (i = 0; i < n_dims; i++) {
            const of_dim x = dim_at(d, n, i), y = was->shape.d[i];
            if (x.k != y.k || x.sym != y.sym) break;
        }
        if (i == n_dims) return was;
    }
    if (!of_mul_size(n_dims, sizeof *d, &bytes) || !of_add_size(bytes, sizeof *made, &bytes)) return NULL;
    made = of_arena_alloc(&m->arena, bytes);
    if (!made) return NULL;
    memset(&made->type, 0, sizeof made->type);
    made->type.kind = OF_T_TENSOR;
    made->type.dtype = (uint8_t)t;
    made->type.shape = (of_shape){rank, n_dims ? made->d : NULL};
    for (i = 0; i < n_dims; i++) made->d[i] = dim_at(d, n, i);
    return *slot = &made->type;
}

const of_type *of_type_shared(of_model *m, of_dtype t, const of_shape *s)
{
    return shared(m, t, s->rank, s->d, NULL);
}

static const of_type *type_of_tensor(of_model *m, const of_tensor *t)
{
    return shared(m, (of_dtype)t->dtype, (int32_t)t->rank, NULL, t->dims);
}

/* What all tensors of a sequence have in common. */
static const of_type *type_of_items(of_model *m, const of_seq *s)
{
    const of_tensor *first = s->n ? of_val_tensor(s->item[0]) : NULL;
    of_shape all = of_shape_unknown();
    if (!first) return of_type_shared(m, (of_dtype)s->elem_dtype, &all);
    all.d = (of_dim *)of_arena_array(&m->arena, first->rank, sizeof *all.d);
    if (!all.d) return NULL;
    all.rank = first->rank;
    for (int32_t k = 0; k < all.rank; k++) all.d[k] = of_dim_num(first->dims[k]);
    for (size_t i = 1; i < s->n; i++) {
        const of_tensor *t = of_val_tensor(s->item[i]);
        if (!t || t->dtype != first->dtype || t->rank != first->rank) {
            all = of_shape_unknown();
            break;
        }
        for (int32_t k = 0; k < all.rank; k++)
            if (!of_dim_is(all.d[k], t->dims[k])) all.d[k] = of_dim_unknown();
    }
    return of_type_shared(m, (of_dtype)first->dtype, &all);
}

const of_type *of_type_of_val(of_model *m, const of_val *v)
{
    const of_type *top = NULL, **at = &top;
    while (v) {
        of_type *ty = NULL;
        const of_val *inner = NULL;
        if (v->kind == OF_VAL_TENSOR) {
            *at = type_of_tensor(m, (const of_tensor *)(const void *)v);
            return *at ? top : NULL;
        }
        if (v->kind == OF_VAL_SEQUENCE || v->kind == OF_VAL_OPTIONAL) {
            const of_seq *s = (const of_seq *)(const void *)v;
            ty = OF_NEW(&m->arena, of_type);
            if (!ty) return NULL;
            ty->kind = v->kind == OF_VAL_SEQUENCE ? OF_T_SEQUENCE : OF_T_OPTIONAL;
            if (s->n && s->item[0] && s->item[0]->kind != OF_VAL_TENSOR) {
                inner = s->item[0];
            } else if (s->n || s->elem_dtype != OF_UNDEFINED) {
                ty->elem = type_of_items(m, s);
                if (!ty->elem) return NULL;
            }
        } else {
            const of_seq *s = (const of_seq *)(const void *)v;
            ty = OF_NEW(&m->arena, of_type);
            if (!ty) return NULL;
            ty->kind = OF_T_MAP;
            ty->dtype = of_val_tensor(s->item[0])->dtype;
            const of_shape any = of_shape_unknown();
            ty->elem = of_type_shared(m, (of_dtype)of_val_tensor(s->item[1])->dtype, &any);
            if (!ty->elem) return NULL;
        }
        *at = ty;
        at = &ty->elem;
        v = inner;
    }
    return top;
}
