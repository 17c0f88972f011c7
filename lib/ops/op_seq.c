/* Tensors cut and stacked, types of sequences. */
#include "ops/op_seq.h"

#include <string.h>

of_status of_open_tensor(of_opctx *c, of_val *v, of_tensor **out)
{
    of_tensor *t = of_val_tensor(v);

    *out = NULL;
    if (!t) return OF_INVALID(c, "a value is no tensor");
    OF_TRY(of_tensor_load(t, c->err));
    return of_tensor_unpack(t, out, c->err);
}

/* Dims of the whole; what is stacked must agree. */
static of_status stack_dims(of_opctx *c, of_val *const *item, size_t n, int64_t *axis, bool fresh, int64_t *dims,
                            size_t *rank)
{
    const of_tensor *first = n ? of_val_tensor(item[0]) : NULL;
    int64_t sum = 0;

    if (!first) return OF_INVALID(c, "no tensors to concatenate");
    *rank = (size_t)first->rank + fresh;
    if (*rank > OF_MAX_RANK) return OF_INVALID(c, "rank %zu is past %d", *rank, OF_MAX_RANK);
    OF_TRY(of_norm_axis(c, *axis, first->rank, fresh, axis));
    for (size_t i = 0; i < n; i++) {
        const of_tensor *t = of_val_tensor(item[i]);
        bool same = t && t->dtype == first->dtype && t->rank == first->rank;
        for (int64_t k = 0; same && k < first->rank; k++)
            same = t->dims[k] == first->dims[k] || (k == *axis && !fresh);
        if (!same) return OF_INVALID(c, "tensor %zu of a sequence differs in type or shape", i);
        if (!of_add_i64(sum, fresh ? 1 : t->dims[*axis], &sum)) return OF_INVALID(c, "too many elements");
    }
    for (int64_t k = 0; k < (int64_t)*rank; k++)
        dims[k] = k == *axis ? sum : first->dims[fresh && k > *axis ? k - 1 : k];
    return OF_OK;
}

of_status of_stack(of_opctx *c, of_val *const *item, size_t n, int64_t axis, bool fresh, bool reverse,
                   of_tensor **out)
{
    const of_arena_mark mark = of_arena_save(c->tmp);
    int64_t *dims = (int64_t *)of_tmp(c, OF_MAX_RANK, sizeof(int64_t)), outer = 0;
    of_tensor *r = NULL, *t = NULL;
    size_t rank = 0, row, at = 0, mem;
    of_status st;

    *out = NULL;
    if (!dims) return of_nomem(c->err);
    st = stack_dims(c, item, n, &axis, fresh, dims, &rank);
    if (st == OF_OK) {
        st = of_tensor_new_data(c->alloc, c->budget, (of_dtype)of_val_tensor(item[0])->dtype, dims, rank, true, &r,
                                c->err);
        outer = of_count(dims, (size_t)axis);
    }
    of_arena_restore(c->tmp, mark);
    OF_TRY(st);
    OF_TRY_TO(out, st, of_work(c, of_sat_add((uint64_t)r->count, n)));
    mem = of_mem_of(r);
    row = outer ? (size_t)(r->count / outer) * mem : 0;
    for (size_t i = 0; r->count && i < n; i++) {
        size_t part;
        OF_TRY_TO(out, st, of_open_tensor(c, item[reverse ? n - 1 - i : i], &t));
        part = (size_t)(t->count / outer) * mem;
        for (int64_t k = 0; part && k < outer; k++)
            memcpy((char *)r->data + (size_t)k * row + at, (const char *)t->data + (size_t)k * part, part);
        at += part;
        of_tensor_unref(t);
        t = NULL;
    }
    OF_TRY_TO(out, st, of_tensor_own_strings(r, c->err));
    OF_TRY_TO(out, st, of_tensor_pack(r, c->err));
    *out = r;
    return OF_OK;
out:
    of_tensor_unref(t);
    of_tensor_unref(r);
    return st;
}

of_status of_cut(of_opctx *c, const of_tensor *t, int64_t axis, int64_t at, int64_t len, bool keep,
                 of_tensor **out)
{
    const of_arena_mark mark = of_arena_save(c->tmp);
    int64_t *dims = (int64_t *)of_tmp(c, OF_MAX_RANK, sizeof(int64_t)), outer, inner;
    const size_t mem = of_mem_of(t);
    of_tensor *r = NULL;
    size_t rank = 0;
    of_status st = OF_E_NOMEM;

    *out = NULL;
    if (!dims) return of_nomem(c->err);
    for (int64_t k = 0; k < t->rank; k++)
        if (k != axis || keep) dims[rank++] = k == axis ? len : t->dims[k];
    st = of_tensor_new_data(c->alloc, c->budget, (of_dtype)t->dtype, dims, rank, true, &r, c->err);
    of_arena_restore(c->tmp, mark);
    OF_TRY(st);
    OF_TRY_TO(out, st, of_work(c, (uint64_t)r->count));
    outer = of_count(t->dims, (size_t)axis);
    inner = of_count(t->dims + axis + 1, (size_t)(t->rank - 1 - axis));
    for (int64_t k = 0; r->count && k < outer; k++)
        memcpy((char *)r->data + (size_t)(k * len * inner) * mem,
               (const char *)t->data + (size_t)((k * t->dims[axis] + at) * inner) * mem, (size_t)(len * inner) * mem);
    OF_TRY_TO(out, st, of_tensor_own_strings(r, c->err));
    OF_TRY_TO(out, st, of_tensor_pack(r, c->err));
    *out = r;
    return OF_OK;
out:
    of_tensor_unref(r);
    return st;
}

static of_type *new_type(of_opctx *c, of_type_kind kind)
{
    of_type *t = OF_NEW(c->evaluating ? c->tmp : &c->m->arena, of_type);
    if (!t) {
        (void)of_nomem(c->err);
        return NULL;
    }
    t->kind = (uint8_t)kind;
    t->shape = of_shape_unknown();
    return t;
}

const of_type *of_type_of_many(of_opctx *c, of_type_kind kind, const of_type *elem)
{
    of_type *t = new_type(c, kind);
    if (t) t->elem = elem;
    return t;
}

static of_status common_shape(of_opctx *c, const of_shape *a, const of_shape *b, of_type *t)
{
    t->shape = of_shape_unknown();
    if (a->rank < 0 || a->rank != b->rank) return OF_OK;
    OF_TRY(of_type_dims(c, t, a->rank));
    for (int32_t k = 0; k < a->rank; k++)
        t->shape.d[k] = of_dim_same(a->d[k], b->d[k]) ? a->d[k] : of_dim_unknown();
    return OF_OK;
}

const of_type *of_type_common(of_opctx *c, const of_type *a, const of_type *b, of_status *st)
{
    const of_type *top = NULL, **at = &top;

    *st = OF_OK;
    /* types nest only through elem */
    for (; a && b && a->kind == b->kind && a->kind != OF_T_UNKNOWN; a = a->elem, b = b->elem) {
        of_type *t;
        if (of_type_same(a, b)) {
            *at = a;
            return top;
        }
        if (a->kind == OF_T_MAP || a->kind == OF_T_OPAQUE || a->kind == OF_T_SPARSE) return top;
        t = new_type(c, (of_type_kind)a->kind);
        if (!t) {
            *st = OF_E_NOMEM;
            return NULL;
        }
        *at = t;
        at = &t->elem;
        if (a->kind != OF_T_TENSOR) continue;
        t->dtype = a->dtype == b->dtype ? a->dtype : OF_UNDEFINED;
        *st = common_shape(c, &a->shape, &b->shape, t);
        if (*st != OF_OK) return NULL;
    }
    return top;
}

const of_type *of_in_elem(const of_opctx *c, uint32_t i)
{
    const of_type *t = of_in_type(c, i);
    return t && (t->kind == OF_T_SEQUENCE || t->kind == OF_T_OPTIONAL) ? t->elem : NULL;
}
