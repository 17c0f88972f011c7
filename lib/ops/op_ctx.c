/* What an operator sees of its node: attributes, inputs, outputs. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ops/ops.h"

of_status of_op_fail(of_opctx *c, of_status code, const char *fmt, ...)
{
    char text[OF_ERR_MSG];
    va_list ap;

    if (!c->err) return code;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return of_fail(c->err, code, "%.*s-%lld: %s", of_clip(c->node->op_type->len), c->node->op_type->s,
                   (long long)c->opset, text);
}

/* ---- attributes ---- */

/* *a NULL: absent. false: bound by a caller that is not known. */
static bool of_resolve_attr(const of_bind *b, of_attr **a)
{
    while (*a && !of_sym_empty((*a)->ref)) {
        const of_sym ref = (*a)->ref;
        if (!b) return false;
        for (*a = b->call->attrs; *a && (*a)->name != ref;) *a = (*a)->next;
        if (*a) {
            b = b->up;
            continue;
        }
        for (*a = b->func->attr_defaults; *a && (*a)->name != ref;) *a = (*a)->next;
        return !*a || of_sym_empty((*a)->ref);
    }
    return true;
}

bool of_has_attr(const of_opctx *c, const char *name)
{
    of_attr *a = of_node_attr(c->node, name);
    return !of_resolve_attr(c->bind, &a) || a != NULL;
}

of_status of_find_attr(of_opctx *c, const char *name, of_attr **a)
{
    *a = of_node_attr(c->node, name);
    if (!of_resolve_attr(c->bind, a)) return OF_UNSUP(c, "attribute %s is bound by the function's caller", name);
    return OF_OK;
}

static of_status of_get_attr(of_opctx *c, const char *name, of_attr_type type, of_attr **a)
{
    OF_TRY(of_find_attr(c, name, a));
    if (*a && (*a)->type != type) return OF_INVALID(c, "attribute %s is of the wrong kind", name);
    return OF_OK;
}

of_status of_get_int(of_opctx *c, const char *name, int64_t def, int64_t *v)
{
    of_attr *a;
    OF_TRY(of_get_attr(c, name, OF_A_INT, &a));
    *v = a ? a->u.i : def;
    return OF_OK;
}

of_status of_get_float(of_opctx *c, const char *name, float def, float *v)
{
    of_attr *a;
    OF_TRY(of_get_attr(c, name, OF_A_FLOAT, &a));
    *v = a ? a->u.f : def;
    return OF_OK;
}

of_status of_get_str(of_opctx *c, const char *name, const char *def, of_str *v)
{
    of_attr *a;
    OF_TRY(of_get_attr(c, name, OF_A_STRING, &a));
    if (a) *v = a->u.s;
    else *v = (of_str){def, def ? strlen(def) : 0};
    return OF_OK;
}

of_status of_get_ints(of_opctx *c, const char *name, const int64_t **v, size_t *n)
{
    of_attr *a;
    OF_TRY(of_get_attr(c, name, OF_A_INTS, &a));
    *v = a ? a->u.ints : NULL;
    *n = a ? a->n : 0;
    return OF_OK;
}

of_status of_get_floats(of_opctx *c, const char *name, const float **v, size_t *n)
{
    of_attr *a;
    OF_TRY(of_get_attr(c, name, OF_A_FLOATS, &a));
    *v = a ? a->u.floats : NULL;
    *n = a ? a->n : 0;
    return OF_OK;
}

of_status of_get_strs(of_opctx *c, const char *name, const of_str **v, size_t *n)
{
    of_attr *a;
    OF_TRY(of_get_attr(c, name, OF_A_STRINGS, &a));
    *v = a ? a->u.strings : NULL;
    *n = a ? a->n : 0;
    return OF_OK;
}

of_status of_get_tensor(of_opctx *c, const char *name, of_tensor **t)
{
    of_attr *a;
    OF_TRY(of_get_attr(c, name, OF_A_TENSOR, &a));
    *t = a ? a->u.t : NULL;
    return OF_OK;
}

of_status of_get_graph(of_opctx *c, const char *name, of_graph **g)
{
    of_attr *a;
    OF_TRY(of_get_attr(c, name, OF_A_GRAPH, &a));
    /* a body handed to a function sees the caller's values, not the function's */
    if (a && a->u.g && a->u.g->owner != c->node) return OF_UNSUP(c, "body %s belongs to a caller", name);
    *g = a ? a->u.g : NULL;
    return OF_OK;
}

/* ---- inputs ---- */

bool of_has_in(const of_opctx *c, uint32_t i)
{
    if (i >= c->n_in) return false;
    return c->evaluating ? c->in_const[i] != NULL : of_in_value(c->node, i) != NULL;
}

const of_type *of_in_type(const of_opctx *c, uint32_t i)
{
    return i < c->n_in ? c->in_type[i] : NULL;
}

of_dtype of_in_dtype(const of_opctx *c, uint32_t i)
{
    const of_type *t = of_in_type(c, i);
    return t && t->kind == OF_T_TENSOR ? (of_dtype)t->dtype : OF_UNDEFINED;
}

const of_shape *of_in_shape(const of_opctx *c, uint32_t i)
{
    static const of_shape unknown = {-1, NULL};
    const of_type *t = of_in_type(c, i);
    return t && t->kind == OF_T_TENSOR ? &t->shape : &unknown;
}

int32_t of_in_rank(const of_opctx *c, uint32_t i)
{
    return of_in_shape(c, i)->rank;
}

of_tensor *of_in_const(const of_opctx *c, uint32_t i)
{
    return i < c->n_in ? of_val_tensor(c->in_const[i]) : NULL;
}

of_status of_in_load(of_opctx *c, uint32_t i, bool unpack, const of_tensor **t)
{
    of_tensor *x = of_in_const(c, i), *u;

    if (!x) return OF_INVALID(c, "input %u is no tensor", i);
    OF_TRY(of_tensor_load(x, c->err));
    if (unpack && !x->unpacked && of_dtype_packed((of_dtype)x->dtype)) {
        OF_TRY(of_tensor_unpack(x, &u, c->err));
        of_val_unref(c->in_const[i]);
        c->in_const[i] = &u->base;
        x = u;
    }
    *t = x;
    return OF_OK;
}

const of_tensor *of_in(const of_opctx *c, uint32_t i)
{
    return of_in_const(c, i);
}

/* The elements when all are known to be numbers before the input is a constant. */
static of_status of_known_ints(of_opctx *c, uint32_t i, int64_t **v, size_t *n)
{
    const of_dim *d = i < c->n_in && c->in_known ? c->in_known[i] : NULL;
    int64_t *list;

    for (uint32_t k = 0; d && k < c->in_known_n[i]; k++)
        if (!of_dim_is_num(d[k])) return OF_OK;
    if (!d) return OF_OK;
    list = (int64_t *)of_arena_array(c->tmp, c->in_known_n[i], sizeof(int64_t));
    if (!list) return of_nomem(c->err);
    for (uint32_t k = 0; k < c->in_known_n[i]; k++) list[k] = d[k].k;
    *v = list;
    *n = c->in_known_n[i];
    return OF_OK;
}

of_status of_in_ints(of_opctx *c, uint32_t i, int64_t **v, size_t *n)
{
    of_tensor *t = of_in_const(c, i);

    *v = NULL;
    *n = 0;
    if (!t) return of_known_ints(c, i, v, n);
    if (t->rank > 1) return OF_INVALID(c, "input %u has rank %u where a list of integers is due", i, t->rank);
    if (!of_dtype_is_int((of_dtype)t->dtype) && t->dtype != OF_BOOL)
        return OF_INVALID(c, "input %u is %s where integers are due", i, of_dtypes[t->dtype].name);
    OF_TRY(of_tensor_load(t, c->err));
    *v = (int64_t *)of_arena_array(c->tmp, (size_t)t->count, sizeof(int64_t));
    if (!*v) return of_nomem(c->err);
    for (int64_t k = 0; k < t->count; k++)
        if (!of_tensor_get_i64(t, k, &(*v)[k])) return OF_INVALID(c, "input %u cannot be read as integers", i);
    *n = (size_t)t->count;
    return OF_OK;
}

of_status of_in_dims(of_opctx *c, uint32_t i, of_dim **v, size_t *n)
{
    of_tensor *t = of_in_const(c, i);
    int64_t *ints;

    *v = NULL;
    *n = 0;
    if (i >= c->n_in) return OF_OK;
    if (t) {
        if (t->count > OF_KNOWN_MAX || t->rank > 1 || !of_dtype_is_int((of_dtype)t->dtype)) return OF_OK;
        OF_TRY(of_in_ints(c, i, &ints, n));
        *v = (of_dim *)of_arena_array(c->tmp, *n, sizeof(of_dim));
        if (!*v) return of_nomem(c->err);
        for (size_t k = 0; k < *n; k++) (*v)[k] = of_dim_num(ints[k]);
        return OF_OK;
    }
    if (c->in_known && c->in_known[i]) {
        *v = c->in_known[i];
        *n = c->in_known_n[i];
    }
    return OF_OK;
}

/* ---- outputs in infer ---- */

of_shape of_shape_new(of_opctx *c, int32_t rank)
{
    of_shape s = {-1, NULL};

    if (rank < 0 || rank > OF_MAX_RANK) return s;
    s.d = (of_dim *)of_arena_array(c->tmp, (size_t)rank, sizeof(of_dim));
    if (!s.d) {
        (void)of_nomem(c->err);
        return s;
    }
    s.rank = rank;
    for (int32_t k = 0; k < rank; k++) s.d[k] = of_dim_unknown();
    return s;
}

of_shape of_shape_from(of_opctx *c, const int64_t *dims, size_t rank)
{
    of_shape s = of_shape_new(c, (int32_t)rank);

    for (int32_t k = 0; k < s.rank; k++) s.d[k] = of_dim_num(dims[k]);
    return s;
}

of_status of_set_out_type(of_opctx *c, uint32_t i, const of_type *t)
{
    if (i < c->n_out) c->out_type[i] = t;
    return OF_OK;
}

of_status of_set_out(of_opctx *c, uint32_t i, of_dtype t, of_shape s)
{
    const of_type *shared;
    of_type *ty;

    if (c->err && c->err->status == OF_E_NOMEM) return OF_E_NOMEM;
    if (i >= c->n_out) return OF_OK;
    if (s.rank > OF_MAX_RANK) return OF_INVALID(c, "rank %d of output %u is past %d", (int)s.rank, i, OF_MAX_RANK);
    for (int32_t k = 0; k < s.rank; k++)
        if (of_dim_is_num(s.d[k]) && s.d[k].k < 0)
            return OF_INVALID(c, "dimension %d of output %u would be %lld", (int)k, i, (long long)s.d[k].k);
    if (!c->evaluating) { /* outlives the node */
        shared = of_type_shared(c->m, t, &s);
        return shared ? of_set_out_type(c, i, shared) : of_nomem(c->err);
    }
    ty = OF_NEW(c->tmp, of_type);
    if (!ty) return of_nomem(c->err);
    ty->kind = OF_T_TENSOR;
    ty->dtype = (uint8_t)t;
    ty->shape = s;
    c->out_type[i] = ty;
    return OF_OK;
}

of_status of_set_known(of_opctx *c, uint32_t i, const of_dim *v, size_t n)
{
    if (c->evaluating || !c->out_known || i >= c->n_out || n > OF_KNOWN_MAX) return OF_OK;
    c->out_known[i] = (of_dim *)of_arena_array(&c->m->arena, n, sizeof(of_dim));
    if (!c->out_known[i]) return of_nomem(c->err);
    if (n) memcpy(c->out_known[i], v, n * sizeof(of_dim));
    c->out_known_n[i] = (uint32_t)n;
    return OF_OK;
}

of_status of_same_as_in(of_opctx *c, uint32_t out, uint32_t in)
{
    return of_set_out_type(c, out, of_in_type(c, in));
}

of_status of_broadcast_ins(of_opctx *c, uint32_t first, uint32_t n, of_shape *s)
{
    int32_t rank = 0;

    *s = of_shape_unknown();
    for (uint32_t i = first; i < first + n; i++) {
        int32_t r = of_in_rank(c, i);
        if (!of_has_in(c, i)) continue;
        if (r < 0) return OF_OK;
        if (r > rank) rank = r;
    }
    *s = of_shape_new(c, rank);
    if (s->rank < 0) return of_nomem(c->err);
    for (int32_t k = 0; k < rank; k++) s->d[k] = of_dim_num(1);
    for (uint32_t i = first; i < first + n; i++) {
        const of_shape *in = of_in_shape(c, i);
        if (!of_has_in(c, i)) continue;
        for (int32_t k = 0; k < in->rank; k++) {
            of_dim *d = &s->d[rank - in->rank + k];
            if (!of_dim_broadcast(c->m->dims, *d, in->d[k], d))
                return OF_INVALID(c, "inputs do not broadcast: dimension %d of input %u", (int)k, i);
        }
    }
    return OF_OK;
}

of_status of_norm_axis(of_opctx *c, int64_t axis, int64_t rank, int64_t extra, int64_t *out)
{
    if (axis < -rank - extra || axis >= rank + extra)
        return OF_INVALID(c, "axis %lld is outside of rank %lld", (long long)axis, (long long)(rank + extra));
    *out = axis < 0 ? axis + rank + extra : axis;
    return OF_OK;
}

/* ---- outputs in eval ---- */

static of_status of_out_new(of_opctx *c, uint32_t i, of_dtype t, const int64_t *dims, size_t rank, bool raw,
                            bool packed, of_tensor **out)
{
    of_tensor *r;

    OF_TRY((raw ? of_tensor_new_raw : of_tensor_new_data)(c->alloc, c->budget, t, dims, rank, !packed, &r, c->err));
    of_val_unref(c->out[i]);
    c->out[i] = &r->base;
    *out = r;
    return OF_OK;
}

of_status of_out_shaped(of_opctx *c, uint32_t i, of_dtype t, const int64_t *dims, size_t rank, of_tensor **out)
{
    return of_out_new(c, i, t, dims, rank, false, false, out);
}

static of_status of_out_inferred(of_opctx *c, uint32_t i, bool raw, bool packed, of_tensor **t)
{
    const of_type *ty = c->out_type[i];
    int64_t dims[OF_MAX_RANK];

    if (!ty || ty->kind != OF_T_TENSOR || ty->dtype == OF_UNDEFINED || !of_shape_is_static(&ty->shape))
        return OF_UNSUP(c, "the shape of output %u does not follow from the inputs", i);
    for (int32_t k = 0; k < ty->shape.rank; k++) dims[k] = ty->shape.d[k].k;
    return of_out_new(c, i, (of_dtype)ty->dtype, dims, (size_t)ty->shape.rank, raw, packed, t);
}

of_status of_out(of_opctx *c, uint32_t i, of_tensor **t)
{
    return of_out_inferred(c, i, false, false, t);
}

of_status of_out_raw(of_opctx *c, uint32_t i, of_tensor **t)
{
    return of_out_inferred(c, i, true, false, t);
}

of_status of_out_packed(of_opctx *c, uint32_t i, of_tensor **t)
{
    return of_out_inferred(c, i, true, true, t);
}

of_status of_out_val(of_opctx *c, uint32_t i, of_val *v)
{
    of_val_unref(c->out[i]);
    c->out[i] = v;
    return OF_OK;
}

bool of_wants_out(const of_opctx *c, uint32_t i)
{
    return of_out_value(c->node, i) != NULL;
}

of_status of_work(of_opctx *c, uint64_t steps)
{
    return of_budget_steps(c->budget, steps, c->err);
}

/* What an item costs beside its elements: its header, its dims, its place in the list. */
enum { OF_ITEM_BYTES = 160 };

of_status of_work_items(of_opctx *c, uint64_t n)
{
    return of_budget_bytes(c->budget, of_sat_mul(n, OF_ITEM_BYTES), c->err);
}

void *of_tmp(of_opctx *c, size_t n, size_t elem)
{
    return of_arena_array(c->tmp, n, elem);
}
