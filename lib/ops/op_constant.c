/* Constant in its eight attribute forms. The tensor forms pass the attribute's own tensor
 * on: nothing is read or copied. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"
#include "ops/op_sparse.h"

#include <string.h>

/* The one attribute that gives the value. */
static of_status constant_attr(of_opctx *c, of_attr **a)
{
    static const struct {
        const char *name;
        of_attr_type type;
        int since;
    } forms[] = {
        {"value", OF_A_TENSOR, 1},         {"sparse_value", OF_A_SPARSE_TENSOR, 11},
        {"value_float", OF_A_FLOAT, 12},   {"value_floats", OF_A_FLOATS, 12},
        {"value_int", OF_A_INT, 12},       {"value_ints", OF_A_INTS, 12},
        {"value_string", OF_A_STRING, 12}, {"value_strings", OF_A_STRINGS, 12},
    };

    *a = NULL;
    for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
        of_attr *f;
        OF_TRY(of_find_attr(c, forms[k].name, &f));
        if (!f) continue;
        if (*a) return OF_INVALID(c, "two values");
        if (c->opset < forms[k].since)
            return OF_INVALID(c, "%s came with %d", forms[k].name, forms[k].since);
        if (f->type != forms[k].type)
            return OF_INVALID(c, "%s is of the wrong kind", forms[k].name);
        *a = f;
    }
    return *a ? OF_OK : OF_INVALID(c, "no value");
}

of_status of_infer_Constant(of_opctx *c)
{
    of_attr *a;
    of_shape s;

    OF_TRY(constant_attr(c, &a));
    switch (a->type) {
    case OF_A_TENSOR:
        if (!a->u.t) return OF_INVALID(c, "no value");
        s = of_shape_from(c, a->u.t->dims, a->u.t->rank);
        if (s.rank < 0) return of_nomem(c->err);
        return of_set_out(c, 0, (of_dtype)a->u.t->dtype, s);
    case OF_A_SPARSE_TENSOR:
        if (!a->u.sp) return OF_INVALID(c, "no value");
        OF_TRY(of_sparse_check(a->u.sp, c->err));
        s = of_shape_from(c, a->u.sp->dims, a->u.sp->rank);
        if (s.rank < 0) return of_nomem(c->err);
        return of_set_out(c, 0, (of_dtype)a->u.sp->values->dtype, s);
    case OF_A_FLOAT:
    case OF_A_INT:
    case OF_A_STRING:
        OF_TRY(of_new_shape(c, 0, &s));
        break;
    default:
        OF_TRY(of_new_shape(c, 1, &s));
        s.d[0] = of_dim_num((int64_t)a->n);
        break;
    }
    return of_set_out(c, 0,
                      a->type == OF_A_FLOAT || a->type == OF_A_FLOATS ? OF_FLOAT
                      : a->type == OF_A_INT || a->type == OF_A_INTS   ? OF_INT64
                                                                      : OF_STRING,
                      s);
}

of_status of_eval_Constant(of_opctx *c)
{
    of_tensor *out;
    const void *src;
    of_attr *a;

    OF_TRY(constant_attr(c, &a));
    if (a->type == OF_A_TENSOR) {
        if (a->u.t->dtype == OF_STRING) OF_TRY(of_tensor_load(a->u.t, c->err));
        return of_out_val(c, 0, of_val_ref(&a->u.t->base));
    }
    if (a->type == OF_A_SPARSE_TENSOR) {
        OF_TRY(of_sparse_dense(c->alloc, c->budget, a->u.sp, &out, c->err));
        return of_out_val(c, 0, &out->base);
    }
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    switch (a->type) {
    case OF_A_FLOAT:
        src = &a->u.f;
        break;
    case OF_A_INT:
        src = &a->u.i;
        break;
    case OF_A_STRING:
        src = &a->u.s;
        break;
    case OF_A_FLOATS:
        src = a->u.floats;
        break;
    case OF_A_INTS:
        src = a->u.ints;
        break;
    default:
        src = a->u.strings;
        break;
    }
    if (out->bytes) memcpy(out->data, src, out->bytes);
    return OF_OK;
}
