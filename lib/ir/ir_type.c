/* Types and shapes. */
#include "ir/ir.h"

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

static of_type *type_of_tensor(of_model *m, const of_tensor *t)
{
    of_shape s = {t->rank, NULL};
    if (t->rank) {
        s.d = OF_NEW_N(&m->arena, of_dim, t->rank);
        if (!s.d) return NULL;
        for (size_t i = 0; i < t->rank; i++) s.d[i] = of_dim_num(t->dims[i]);
    }
    return of_type_tensor(m, (of_dtype)t->dtype, s);
}

/* What all tensors of a sequence have in common. */
static of_type *type_of_items(of_model *m, const of_seq *s)
{
    const of_tensor *first = s->n ? of_val_tensor(s->item[0]) : NULL;
    if (!first) return of_type_tensor(m, (of_dtype)s->elem_dtype, of_shape_unknown());
    of_type *ty = type_of_tensor(m, first);
    for (size_t i = 1; ty && i < s->n; i++) {
        const of_tensor *t = of_val_tensor(s->item[i]);
        if (!t || t->dtype != ty->dtype || t->rank != ty->shape.rank) {
            ty->shape = of_shape_unknown();
            return ty;
        }
        for (int32_t k = 0; k < ty->shape.rank; k++)
            if (!of_dim_is(ty->shape.d[k], t->dims[k])) ty->shape.d[k] = of_dim_unknown();
    }
    return ty;
}

const of_type *of_type_of_val(of_model *m, const of_val *v)
{
    of_type *top = NULL;
    const of_type **at = NULL;
    while (v) {
        of_type *ty = NULL;
        const of_val *inner = NULL;
        if (v->kind == OF_VAL_TENSOR) {
            ty = type_of_tensor(m, (const of_tensor *)(const void *)v);
        } else if (v->kind == OF_VAL_SEQUENCE || v->kind == OF_VAL_OPTIONAL) {
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
            ty->elem = of_type_tensor(m, (of_dtype)of_val_tensor(s->item[1])->dtype, of_shape_unknown());
            if (!ty->elem) return NULL;
        }
        if (!ty) return NULL;
        if (at)
            *at = ty;
        else
            top = ty;
        at = &ty->elem;
        v = inner;
    }
    return top;
}
