/* Proofs and lookups of the rules: nothing here changes the graph. */
#include <math.h>
#include <string.h>

#include "rewrite/rw.h"
#include "tensor/convert.h"

static const char *const of_rop_names[] = {
    "",
#define X(op) #op,
    OF_RW_OPS(X)
#undef X
};

static int of_rop_named(of_sym name)
{
    size_t lo = 1, hi = sizeof of_rop_names / sizeof of_rop_names[0];

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = strcmp(name->s, of_rop_names[mid]);
        if (c == 0) return name->len == strlen(of_rop_names[mid]) ? (int)mid : OF_R_NONE;
        if (c < 0) hi = mid;
        else lo = mid + 1;
    }
    return OF_R_NONE;
}

int of_rop(const of_node *n)
{
    if (!n->op_type || !of_domain_is_default(n->domain)) return OF_R_NONE;
    if (!n->op_type->rop) of_name_of(n->op_type)->rop = (uint16_t)(of_rop_named(n->op_type) + 1);
    return n->op_type->rop - 1;
}

int of_rw_op(of_rw *rw, const of_node *n)
{
    if (rw->last != n) {
        rw->last = n;
        rw->last_op = of_node_func(n) || of_node_bound(n) ? OF_R_NONE : of_rop(n);
    }
    return rw->last_op;
}

of_node *of_rw_src(const of_node *n, uint32_t i, int op)
{
    const of_value *v = of_in_value(n, i);
    of_node *s = v ? v->producer : NULL;

    if (!s || !s->linked || s->graph != n->graph || v->cval) return NULL;
    return of_rop(s) == op && !of_node_bound(s) && !of_node_func(s) ? s : NULL;
}

bool of_rw_sole(const of_value *v)
{
    return v->n_uses == 1 && v->uses->node && !(v->flags & OF_VALUE_PINNED);
}

bool of_rw_sole_node(const of_node *n)
{
    for (uint32_t i = 1; i < n->n_out; i++)
        if (n->out[i] && (n->out[i]->n_uses || (n->out[i]->flags & OF_VALUE_PINNED))) return false;
    return n->n_out && n->out[0] && of_rw_sole(n->out[0]);
}

/* ---- proofs ---- */

const of_shape *of_rw_shape(const of_value *v)
{
    if (!v || !v->type || v->type->kind != OF_T_TENSOR || v->type->shape.rank < 0) return NULL;
    return &v->type->shape;
}

of_dtype of_rw_dtype(const of_value *v)
{
    return v && v->type && v->type->kind == OF_T_TENSOR ? (of_dtype)v->type->dtype : OF_UNDEFINED;
}

bool of_rw_same_type(const of_value *a, const of_value *b)
{
    of_dtype t = of_rw_dtype(a);
    return t != OF_UNDEFINED && t == of_rw_dtype(b);
}

bool of_rw_same_shape(const of_value *a, const of_value *b)
{
    const of_shape *x = of_rw_shape(a), *y = of_rw_shape(b);
    return x && y && of_shape_same(x, y);
}

bool of_rw_fits_into(const of_value *v, const of_value *x)
{
    const of_shape *a = of_rw_shape(v), *b = of_rw_shape(x);

    if (!a) return false;
    if (a->rank == 0) return true;
    if (!b || a->rank > b->rank) return false;
    for (int32_t i = 0; i < a->rank; i++)
        if (!of_dim_is(a->d[i], 1) && !of_dim_same(a->d[i], b->d[b->rank - a->rank + i])) return false;
    return true;
}

bool of_rw_reshape_to(const of_rw *rw, const of_shape *from, const of_shape *to, int32_t open, int64_t *dims)
{
    int32_t n_open = 0;
    bool empty = false; /* an axis is, or may be */

    if (to->rank > OF_RW_RANK) return false;
    for (int32_t i = 0; i < to->rank; i++) {
        bool same = from && i < from->rank && of_dim_same(from->d[i], to->d[i]);
        if (of_dim_is_num(to->d[i])) {
            dims[i] = to->d[i].k;
            if (dims[i] < 0 || (dims[i] == 0 && !same)) return false;
            empty = empty || dims[i] == 0;
        } else if (same) {
            dims[i] = 0;
            empty = empty || ((open < 0 || i == open) && !of_dim_never_zero(rw->m->dims, to->d[i]));
        } else {
            dims[i] = -1;
            n_open++;
        }
    }
    return n_open <= 1 && !(n_open && empty);
}

int32_t of_rw_open_axis(const of_value *shape)
{
    for (int32_t i = 0; shape && shape->known && i < shape->n_known; i++)
        if (of_dim_is(shape->known[i], -1)) return i;
    return -1;
}

/* ---- constants ---- */

of_status of_rw_tensor(of_rw *rw, const of_value *v, of_tensor **t)
{
    of_err why;
    of_status st;

    *t = v && !(v->flags & OF_VALUE_PINNED) ? of_val_tensor(v->cval) : NULL;
    if (!*t) return OF_OK;
    of_err_clear(&why);
    st = of_tensor_load(*t, &why);
    if (st == OF_OK) return OF_OK;
    *t = NULL;
    if (st == OF_E_NOMEM || st == OF_E_CANCELLED || st == OF_E_CHANGED) return of_fail(rw->err, st, "%s", why.msg);
    return OF_OK;
}

of_status of_rw_ints(of_rw *rw, const of_value *v, int64_t *to, int64_t *n)
{
    of_tensor *t;

    *n = -1;
    if (!v || !v->cval || !(t = of_val_tensor(v->cval)) || t->rank > 1 || t->count > OF_RW_RANK) return OF_OK;
    if (t->dtype != OF_INT64 && t->dtype != OF_INT32) return OF_OK;
    OF_TRY(of_rw_tensor(rw, v, &t));
    if (!t) return OF_OK;
    for (int64_t i = 0; i < t->count; i++)
        if (!of_tensor_get_i64(t, i, &to[i])) return OF_OK;
    *n = t->count;
    return OF_OK;
}

double of_rw_get(const of_tensor *t, int64_t i)
{
    int64_t k = 0;

    switch (t->dtype) {
    case OF_FLOAT: return (double)((const float *)t->data)[i];
    case OF_DOUBLE: return ((const double *)t->data)[i];
    case OF_FLOAT16: return (double)of_f16_to_f32(((const uint16_t *)t->data)[i]);
    case OF_BFLOAT16: return (double)of_bf16_to_f32(((const uint16_t *)t->data)[i]);
    default:
        (void)of_tensor_get_i64(t, i, &k);
        return (double)k;
    }
}

static bool of_readable(of_dtype t)
{
    return t == OF_FLOAT || t == OF_DOUBLE || t == OF_FLOAT16 || t == OF_BFLOAT16 ||
           (of_dtypes[t].bits >= 8 && (of_dtype_is_int(t) || of_dtypes[t].kind == OF_K_BOOL));
}

of_status of_rw_all_are(of_rw *rw, const of_value *v, double x, bool *yes)
{
    of_tensor *t = v ? of_val_tensor(v->cval) : NULL;

    *yes = false;
    if (!t || t->count < 1 || t->count > 65536 || !of_readable((of_dtype)t->dtype)) return OF_OK;
    OF_TRY(of_rw_tensor(rw, v, &t));
    if (!t) return OF_OK;
    for (int64_t i = 0; i < t->count; i++) {
        double y = of_rw_get(t, i);
        if (!(y >= x && y <= x) || signbit(x) != signbit(y)) return OF_OK;
    }
    *yes = true;
    return OF_OK;
}

of_status of_rw_scalar(of_rw *rw, const of_value *v, bool *have, double *x)
{
    of_tensor *t = v ? of_val_tensor(v->cval) : NULL;

    *have = false;
    if (!t || t->count != 1 || !of_readable((of_dtype)t->dtype)) return OF_OK;
    OF_TRY(of_rw_tensor(rw, v, &t));
    if (!t) return OF_OK;
    *x = of_rw_get(t, 0);
    *have = true;
    return OF_OK;
}

of_status of_rw_fill(of_rw *rw, const of_node *s, of_tensor **t)
{
    const of_attr *a = of_node_attr(s, "value");
    const int64_t one = 1;
    of_err why;

    *t = NULL;
    if (!a) return of_tensor_new_data(rw->m->alloc, NULL, OF_FLOAT, &one, 1, false, t, rw->err);
    if (a->type != OF_A_TENSOR || !a->u.t || a->u.t->count != 1 || a->u.t->rank != 1) return OF_OK;
    of_err_clear(&why);
    of_status st = of_tensor_load(a->u.t, &why);
    if (st == OF_E_NOMEM || st == OF_E_CANCELLED || st == OF_E_CHANGED)
        return of_fail(rw->err, st, "%s", why.msg);
    if (st == OF_OK) *t = of_tensor_ref(a->u.t);
    return OF_OK;
}

/* ---- attributes ---- */

int64_t of_rw_int(const of_node *n, const char *name, int64_t def)
{
    const of_attr *a = of_node_attr(n, name);
    return a && a->type == OF_A_INT ? a->u.i : def;
}

bool of_rw_is_one(const of_node *n, const char *name)
{
    const of_attr *a = of_node_attr(n, name);
    return !a || (a->type == OF_A_FLOAT && a->u.f >= 1.0f && a->u.f <= 1.0f);
}

bool of_rw_is_str(const of_node *n, const char *name, const char *def, const char *text)
{
    const of_attr *a = of_node_attr(n, name);
    if (!a || a->type != OF_A_STRING) return strcmp(def, text) == 0;
    return of_str_is(a->u.s, text);
}

of_status of_rw_list(of_rw *rw, const of_node *n, const char *attr, uint32_t i, int64_t since, int64_t *to,
                     int64_t *len, bool *given)
{
    const of_attr *a;

    *len = 0;
    *given = false;
    if (of_node_opset(n) >= since) {
        if (!of_in_value(n, i)) return OF_OK;
        *given = true;
        return of_rw_ints(rw, of_in_value(n, i), to, len);
    }
    a = of_node_attr(n, attr);
    if (!a) return OF_OK;
    *given = true;
    if (a->type != OF_A_INTS || a->n > OF_RW_RANK) {
        *len = -1;
        return OF_OK;
    }
    for (size_t k = 0; k < a->n; k++) to[k] = a->u.ints[k];
    *len = (int64_t)a->n;
    return OF_OK;
}
