/* Functions of one operand without parameters, IsNaN and IsInf. */
#include "ops/op_elementwise.h"

of_status of_infer_Neg(of_opctx *c) { return of_ew_infer1(c, OF_KN_NEG); }
of_status of_eval_Neg(of_opctx *c) { return of_ew_eval1(c, OF_KU_NEG, NULL, OF_EW_CHEAP); }
of_status of_infer_Abs(of_opctx *c) { return of_ew_infer1(c, OF_KN_ABS); }
of_status of_eval_Abs(of_opctx *c) { return of_ew_eval1(c, OF_KU_ABS, NULL, OF_EW_CHEAP); }
of_status of_infer_Sign(of_opctx *c) { return of_ew_infer1(c, OF_KN_SIGN); }
of_status of_eval_Sign(of_opctx *c) { return of_ew_eval1(c, OF_KU_SIGN, NULL, OF_EW_CHEAP); }

/* Same type and shape, nothing known of the elements. */
of_status of_infer_ew_unary(of_opctx *c) { return of_ew_infer1(c, OF_KN_NONE); }

#define BASIC(name, op)                                                                            \
    of_status of_eval_##name(of_opctx *c) { return of_ew_eval1(c, op, NULL, OF_EW_CHEAP); }
#define DEAR(name, op)                                                                             \
    of_status of_eval_##name(of_opctx *c) { return of_ew_eval1(c, op, NULL, OF_EW_DEAR); }

BASIC(Reciprocal, OF_KU_RECIP)
BASIC(Sqrt, OF_KU_SQRT)
BASIC(Floor, OF_KU_FLOOR)
BASIC(Ceil, OF_KU_CEIL)
BASIC(Round, OF_KU_ROUND)
DEAR(Exp, OF_KU_EXP)
DEAR(Log, OF_KU_LOG)
DEAR(Sin, OF_KU_SIN)
DEAR(Cos, OF_KU_COS)
DEAR(Tan, OF_KU_TAN)
DEAR(Asin, OF_KU_ASIN)
DEAR(Acos, OF_KU_ACOS)
DEAR(Atan, OF_KU_ATAN)
DEAR(Sinh, OF_KU_SINH)
DEAR(Cosh, OF_KU_COSH)
DEAR(Tanh, OF_KU_TANH)
DEAR(Asinh, OF_KU_ASINH)
DEAR(Acosh, OF_KU_ACOSH)
DEAR(Atanh, OF_KU_ATANH)

/* Erf-9 takes integers: the float32 result is cut to one. */
of_status of_eval_Erf(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0);
    of_tensor *out;
    float *f;
    of_ktype k;

    if (!of_dtype_is_int((of_dtype)a->dtype)) return of_ew_eval1(c, OF_KU_ERF, NULL, OF_EW_DEAR);
    if (!of_ew_numeric((of_dtype)a->dtype)) return OF_UNSUP(c, "not evaluated for %s", of_dtypes[a->dtype].name);
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)out->count, OF_EW_DEAR)));
    f = (float *)of_tmp(c, (size_t)out->count, sizeof(float));
    if (!f) return of_ew_nomem(c);
    of_to_f32((of_dtype)a->dtype, a->data, f, (size_t)out->count);
    c->kern->arith.uni_f32[OF_KU_ERF](f, f, (size_t)out->count, NULL);
    (void)of_ew_ktype((of_dtype)out->dtype, &k);
    (void)c->kern->convert.cvt[OF_KT_F32][k](out->data, f, (size_t)out->count); /* within [-1, 1] */
    return OF_OK;
}

of_status of_infer_ew_float_test(of_opctx *c)
{
    of_dtype t = of_in_dtype(c, 0);

    if (t != OF_UNDEFINED && !of_dtype_is_float(t)) return OF_INVALID(c, "input is %s", of_dtypes[t].name);
    return of_set_out(c, 0, OF_BOOL, *of_in_shape(c, 0));
}

BASIC(IsNaN, OF_KU_ISNAN)

of_status of_eval_IsInf(of_opctx *c)
{
    int64_t neg, pos;
    double p[2];

    OF_TRY(of_get_int(c, "detect_negative", 1, &neg));
    OF_TRY(of_get_int(c, "detect_positive", 1, &pos));
    p[0] = neg != 0;
    p[1] = pos != 0;
    return of_ew_eval1(c, OF_KU_ISINF, p, OF_EW_CHEAP);
}
