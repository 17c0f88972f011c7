/* Truth values and comparisons. */
#include <string.h>

#include "ops/op_elementwise.h"

/* ---- And Or Xor Not ---- */

static of_status of_infer_logic(of_opctx *c, of_known_op op)
{
    of_shape s;

    for (uint32_t i = 0; i < c->n_in; i++)
        if (of_in_dtype(c, i) != OF_UNDEFINED && of_in_dtype(c, i) != OF_BOOL)
            return OF_INVALID(c, "input %u is %s", i, of_dtypes[of_in_dtype(c, i)].name);
    OF_TRY(of_ew_shape2(c, &s));
    OF_TRY(of_set_out(c, 0, OF_BOOL, s));
    return of_ew_set_known2(c, op, OF_BOOL, 0, 1);
}

of_status of_infer_And(of_opctx *c) { return of_infer_logic(c, OF_KN_AND); }
of_status of_eval_And(of_opctx *c) { return of_ew_eval2(c, OF_KB_LAND, false); }
of_status of_infer_Or(of_opctx *c) { return of_infer_logic(c, OF_KN_OR); }
of_status of_eval_Or(of_opctx *c) { return of_ew_eval2(c, OF_KB_LOR, false); }
of_status of_infer_Xor(of_opctx *c) { return of_infer_logic(c, OF_KN_XOR); }
of_status of_eval_Xor(of_opctx *c) { return of_ew_eval2(c, OF_KB_LXOR, false); }

of_status of_infer_Not(of_opctx *c)
{
    of_dtype t = of_in_dtype(c, 0);

    if (t != OF_UNDEFINED && t != OF_BOOL) return OF_INVALID(c, "input is %s", of_dtypes[t].name);
    return of_ew_infer1(c, OF_KN_NOT);
}

of_status of_eval_Not(of_opctx *c) { return of_ew_eval1(c, OF_KU_LNOT, NULL, OF_EW_CHEAP); }

/* ---- comparisons ---- */

static of_status of_infer_compare(of_opctx *c, of_known_op op)
{
    of_dtype a = of_in_dtype(c, 0), b = of_in_dtype(c, 1);
    of_shape s;

    if (a != OF_UNDEFINED && b != OF_UNDEFINED && a != b)
        return OF_INVALID(c, "inputs are %s and %s", of_dtypes[a].name, of_dtypes[b].name);
    if (a == OF_UNDEFINED) a = b;
    if (a != OF_UNDEFINED && !of_ew_numeric(a) && !(op == OF_KN_EQ && (a == OF_BOOL || a == OF_STRING)))
        return OF_INVALID(c, "inputs are %s", of_dtypes[a].name);
    OF_TRY(of_ew_shape2(c, &s));
    OF_TRY(of_set_out(c, 0, OF_BOOL, s));
    return of_ew_set_known2(c, op, OF_BOOL, 0, 1);
}

of_status of_infer_Equal(of_opctx *c) { return of_infer_compare(c, OF_KN_EQ); }
of_status of_infer_Less(of_opctx *c) { return of_infer_compare(c, OF_KN_LT); }
of_status of_eval_Less(of_opctx *c) { return of_ew_eval2(c, OF_KB_LT, false); }
of_status of_infer_LessOrEqual(of_opctx *c) { return of_infer_compare(c, OF_KN_LE); }
of_status of_eval_LessOrEqual(of_opctx *c) { return of_ew_eval2(c, OF_KB_LE, false); }
of_status of_infer_Greater(of_opctx *c) { return of_infer_compare(c, OF_KN_GT); }
of_status of_eval_Greater(of_opctx *c) { return of_ew_eval2(c, OF_KB_LT, true); }
of_status of_infer_GreaterOrEqual(of_opctx *c) { return of_infer_compare(c, OF_KN_GE); }
of_status of_eval_GreaterOrEqual(of_opctx *c) { return of_ew_eval2(c, OF_KB_LE, true); }

/* Texts are equal when their bytes are. */
static of_status of_equal_strings(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0), *b = of_in(c, 1);
    uint64_t bytes = 0;
    of_tensor *out;
    of_loop *l;

    OF_TRY(of_out_raw(c, 0, &out));
    for (int64_t i = 0; i < a->count; i++) bytes = of_sat_add(bytes, ((const of_str *)a->data)[i].n);
    /* each text of a is read at most once per element of the result it takes part in */
    OF_TRY(of_work(c, a->count ? of_sat_mul(of_sat_add(bytes, (uint64_t)a->count),
                                            (uint64_t)(out->count / a->count)) : 1));
    OF_TRY(of_ew_loop2(c, out, a, b, &l));
    for (; !l->done; of_loop_next(l)) {
        const of_str *x = (const of_str *)a->data + l->offset[1], *y = (const of_str *)b->data + l->offset[2];
        uint8_t *d = (uint8_t *)out->data + l->offset[0];
        for (int64_t i = 0; i < l->inner; i++) {
            of_str p = x[i * l->inner_stride[1]], q = y[i * l->inner_stride[2]];
            d[i] = p.n == q.n && (p.n == 0 || memcmp(p.p, q.p, p.n) == 0);
        }
    }
    return OF_OK;
}

of_status of_eval_Equal(of_opctx *c)
{
    of_dtype t = of_in_dtype(c, 0);

    if (t == OF_STRING) return of_equal_strings(c);
    return of_ew_eval2(c, t == OF_BOOL ? OF_KB_LEQ : OF_KB_EQ, false);
}
