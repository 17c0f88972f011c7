/* Checks of inputs and small known integer tensors, for the operators that move data. */
#include "ops/op_moves.h"

#include <string.h>

/* Past this many elements a tensor is data, not shape arithmetic. */
#define ELEMS_MAX 1024

of_status of_need_tensor_if(of_opctx *c, uint32_t i)
{
    const of_type *t = of_in_type(c, i);
    if (t && t->kind != OF_T_TENSOR && t->kind != OF_T_UNKNOWN)
        return OF_INVALID(c, "input %u is not a tensor", i);
    if (of_in_rank(c, i) > OF_MAX_RANK)
        return OF_UNSUP(c, "input %u has rank %d", i, (int)of_in_rank(c, i));
    return OF_OK;
}

of_status of_need_tensor(of_opctx *c, uint32_t i)
{
    if (!of_has_in(c, i)) return OF_INVALID(c, "input %u is missing", i);
    return of_need_tensor_if(c, i);
}

of_status of_need_same_dtype(of_opctx *c, uint32_t i, uint32_t j)
{
    const of_dtype a = of_in_dtype(c, i), b = of_in_dtype(c, j);
    if (a != OF_UNDEFINED && b != OF_UNDEFINED && a != b)
        return OF_INVALID(c, "input %u is %s, input %u is %s", i, of_dtypes[a].name, j,
                          of_dtypes[b].name);
    return OF_OK;
}

of_status of_need_index(of_opctx *c, uint32_t i)
{
    const of_dtype t = of_in_dtype(c, i);
    if (t != OF_UNDEFINED && t != OF_INT32 && t != OF_INT64)
        return OF_INVALID(c, "input %u is %s where int32 or int64 is due", i, of_dtypes[t].name);
    return OF_OK;
}

of_status of_list_len(of_opctx *c, uint32_t i, int64_t max, int64_t *n)
{
    const of_shape *s = of_in_shape(c, i);
    *n = -1;
    if (s->rank > 1)
        return OF_INVALID(c, "input %u has rank %d where a list is due", i, (int)s->rank);
    if (s->rank == 0) *n = 1;
    if (s->rank == 1 && of_dim_is_num(s->d[0])) *n = s->d[0].k;
    if (*n > max)
        return OF_INVALID(c, "input %u has %lld elements, at most %lld make sense", i,
                          (long long)*n, (long long)max);
    return OF_OK;
}

of_status of_int_list(of_opctx *c, const char *attr, uint32_t i, const int64_t **v, int64_t *n,
                      bool *given)
{
    static const int64_t none[1] = {0};
    size_t len = 0;
    int64_t *list;

    *v = NULL;
    *n = 0;
    *given = false;
    if (attr) {
        *given = of_has_attr(c, attr);
        OF_TRY(of_get_ints(c, attr, v, &len));
        if (len > 2 * OF_MAX_RANK) return OF_INVALID(c, "%s has %zu elements", attr, len);
        if (*given && !*v) *v = none;
    } else if (i != 0 && of_has_in(c, i)) {
        *given = true;
        OF_TRY(of_need_tensor(c, i));
        OF_TRY(of_need_index(c, i));
        OF_TRY(of_list_len(c, i, 2 * OF_MAX_RANK, n));
        OF_TRY(of_in_ints(c, i, &list, &len));
        *v = list;
        if (!list) return OF_OK;
    }
    *n = (int64_t)len;
    return OF_OK;
}

of_status of_axis_list(of_opctx *c, const int64_t *v, int64_t n, int64_t rank, int64_t **axes)
{
    uint64_t seen = 0;

    *axes = (int64_t *)of_tmp(c, (size_t)n + 1, sizeof(int64_t));
    if (!*axes) return of_nomem(c->err);
    for (int64_t k = 0; k < n; k++) {
        int64_t a;
        OF_TRY(of_norm_axis(c, v[k], rank, 0, &a));
        if (seen >> a & 1) return OF_INVALID(c, "axis %lld is named twice", (long long)a);
        seen |= UINT64_C(1) << a;
        (*axes)[k] = a;
    }
    return OF_OK;
}

of_status of_elems(of_opctx *c, uint32_t i, const of_dim **v, size_t *n)
{
    const of_dtype t = of_in_dtype(c, i);
    of_tensor *x = of_in_const(c, i);
    of_dim *d;

    *v = NULL;
    *n = 0;
    if (t != OF_INT64 && t != OF_INT32) return OF_OK;
    if (!x) {
        if (!c->in_known || !c->in_known[i]) return OF_OK;
        *v = c->in_known[i];
        *n = c->in_known_n[i];
        return OF_OK;
    }
    if (c->evaluating || x->count > ELEMS_MAX) return OF_OK;
    OF_TRY(of_tensor_load(x, c->err));
    d = (of_dim *)of_tmp(c, (size_t)x->count + 1, sizeof(of_dim));
    if (!d) return of_nomem(c->err);
    for (int64_t k = 0; k < x->count; k++) {
        int64_t e;
        if (!of_tensor_get_i64(x, k, &e)) return OF_OK;
        d[k] = of_dim_num(e);
    }
    *v = d;
    *n = (size_t)x->count;
    return OF_OK;
}

of_status of_pass_known(of_opctx *c, uint32_t out, uint32_t in)
{
    const of_dim *v;
    size_t n;
    OF_TRY(of_elems(c, in, &v, &n));
    return v ? of_set_known(c, out, v, n) : OF_OK;
}

of_status of_scalar_int(of_opctx *c, uint32_t i, bool *have, int64_t *v)
{
    of_tensor *x = of_in_const(c, i);
    double d;

    *have = false;
    if (!x) return OF_OK;
    if (x->count != 1)
        return OF_INVALID(c, "input %u has %lld elements, not one", i, (long long)x->count);
    OF_TRY(of_tensor_load(x, c->err));
    if (of_dtype_is_int((of_dtype)x->dtype) || x->dtype == OF_BOOL) {
        *have = of_tensor_get_i64(x, 0, v);
        if (x->dtype == OF_UINT64 && *v < 0) return OF_INVALID(c, "input %u is too large", i);
        return OF_OK;
    }
    if (!of_dtype_is_float((of_dtype)x->dtype) || of_dtype_packed((of_dtype)x->dtype))
        return OF_INVALID(c, "input %u is not a number", i);
    of_to_f64((of_dtype)x->dtype, x->data, &d, 1);
    if (!(d > -0x1p63 && d < 0x1p63)) return OF_INVALID(c, "input %u is not a usable number", i);
    *v = (int64_t)d;
    *have = true;
    return OF_OK;
}

bool of_number(of_dtype t, int v, void *elem)
{
    const double d = v;

    if (of_dtype_is_float(t)) {
        of_from_f64(t, &d, elem, 1);
        return true;
    }
    switch (t) {
    case OF_UINT8:
    case OF_INT8:
    case OF_BOOL:
    case OF_UINT4:
    case OF_INT4:
    case OF_UINT2:
    case OF_INT2:
        *(int8_t *)elem = (int8_t)v;
        return true;
    case OF_UINT16:
    case OF_INT16:
        *(int16_t *)elem = (int16_t)v;
        return true;
    case OF_UINT32:
    case OF_INT32:
        *(int32_t *)elem = v;
        return true;
    case OF_UINT64:
    case OF_INT64:
        *(int64_t *)elem = v;
        return true;
    default:
        return false;
    }
}

of_status of_new_shape(of_opctx *c, int64_t rank, of_shape *out)
{
    if (rank < 0 || rank > OF_MAX_RANK) return OF_UNSUP(c, "rank %lld", (long long)rank);
    *out = of_shape_new(c, (int32_t)rank);
    return out->rank < 0 ? of_nomem(c->err) : OF_OK;
}

of_status of_type_dims(of_opctx *c, of_type *t, int64_t rank)
{
    if (rank < 0 || rank > OF_MAX_RANK) return OF_UNSUP(c, "rank %lld", (long long)rank);
    t->shape.d = (of_dim *)of_arena_array(c->evaluating ? c->tmp : &c->m->arena, (size_t)rank, sizeof(of_dim));
    if (!t->shape.d) return of_nomem(c->err);
    t->shape.rank = (int32_t)rank;
    for (int32_t k = 0; k < t->shape.rank; k++) t->shape.d[k] = of_dim_unknown();
    return OF_OK;
}

of_status of_shape_copy(of_opctx *c, const of_shape *s, of_shape *out)
{
    *out = of_shape_unknown();
    if (s->rank < 0) return OF_OK;
    OF_TRY(of_new_shape(c, s->rank, out));
    if (s->rank) memcpy(out->d, s->d, (size_t)s->rank * sizeof(of_dim));
    return OF_OK;
}

bool of_dim_nonneg(of_dimtab *t, of_dim d)
{
    if (of_dim_is_num(d)) return d.k >= 0;
    return of_dim_known(d) && of_dim_same(of_dim_max(t, d, of_dim_num(0)), d);
}

of_dim of_dims_product(of_opctx *c, const of_dim *d, int64_t n)
{
    of_dim p = of_dim_num(1);
    for (int64_t k = 0; k < n; k++)
        if (of_dim_is(d[k], 0)) return d[k];
    for (int64_t k = 0; k < n; k++) {
        int64_t r;
        if (of_dim_is_num(p) && of_dim_is_num(d[k])) {
            if (!of_mul_i64(p.k, d[k].k, &r)) return of_dim_unknown();
            p = of_dim_num(r);
        } else {
            p = of_dim_mul(c->m->dims, p, d[k]);
        }
    }
    return p;
}

bool of_dim_meet(of_dim a, of_dim b, of_dim *out)
{
    *out = of_dim_is_num(a) ? a : of_dim_is_num(b) ? b : of_dim_known(a) ? a : b;
    return !(of_dim_is_num(a) && of_dim_is_num(b)) || a.k == b.k;
}

of_status of_eval_reshaped(of_opctx *c, uint32_t i)
{
    int64_t dims[OF_MAX_RANK];
    const of_type *ty = c->out_type[i];
    of_tensor *out;

    if (!ty || ty->kind != OF_T_TENSOR || !of_shape_is_static(&ty->shape))
        return OF_UNSUP(c, "the shape of output %u does not follow from the inputs", i);
    for (int32_t k = 0; k < ty->shape.rank; k++) dims[k] = ty->shape.d[k].k;
    OF_TRY(of_tensor_reshaped(of_in_const(c, 0), dims, (size_t)ty->shape.rank, &out, c->err));
    return of_out_val(c, i, &out->base);
}
