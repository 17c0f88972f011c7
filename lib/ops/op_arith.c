/* Add Sub Mul Div Mod Pow, BitShift and the bitwise operators. */
#include "ops/op_elementwise.h"

of_status of_infer_Add(of_opctx *c) { return of_ew_infer2(c, OF_KN_ADD); }
of_status of_eval_Add(of_opctx *c) { return of_ew_eval2(c, OF_KB_ADD, false); }
of_status of_infer_Sub(of_opctx *c) { return of_ew_infer2(c, OF_KN_SUB); }
of_status of_eval_Sub(of_opctx *c) { return of_ew_eval2(c, OF_KB_SUB, false); }
of_status of_infer_Mul(of_opctx *c) { return of_ew_infer2(c, OF_KN_MUL); }
of_status of_eval_Mul(of_opctx *c) { return of_ew_eval2(c, OF_KB_MUL, false); }
of_status of_infer_Div(of_opctx *c) { return of_ew_infer2(c, OF_KN_DIV); }

/* An integer divided by 0 has no result; one that nothing is divided by does no harm. */
static of_status of_check_divisor(of_opctx *c)
{
    const of_shape *out = &c->out_type[0]->shape;
    int64_t n;

    if (!of_dtype_is_int((of_dtype)of_in(c, 1)->dtype)) return OF_OK;
    if (of_shape_numel(out, &n) && n > 0 && of_ew_any_zero(of_in(c, 1)))
        return OF_INVALID(c, "integer division by 0");
    return OF_OK;
}

of_status of_eval_Div(of_opctx *c)
{
    OF_TRY(of_check_divisor(c));
    return of_ew_eval2(c, OF_KB_DIV, false);
}

/* Before opset 28, fmod 0 was for integers only. */
of_status of_infer_Mod(of_opctx *c)
{
    of_dtype t = of_in_dtype(c, 0);
    int64_t fmod;

    OF_TRY(of_get_int(c, "fmod", 0, &fmod));
    if (fmod != 0 && fmod != 1) return OF_INVALID(c, "fmod is neither 0 nor 1");
    if (fmod == 0 && c->opset < 28 && t != OF_UNDEFINED && of_dtype_is_float(t))
        return OF_INVALID(c, "fmod 0 is for integers");
    return of_ew_infer2(c, fmod ? OF_KN_FMOD : OF_KN_MOD);
}

of_status of_eval_Mod(of_opctx *c)
{
    int64_t fmod;

    OF_TRY(of_get_int(c, "fmod", 0, &fmod));
    OF_TRY(of_check_divisor(c));
    return of_ew_eval2(c, fmod ? OF_KB_FMOD : OF_KB_MOD, false);
}

/* ---- Pow ---- */

of_status of_infer_Pow(of_opctx *c)
{
    of_dtype a = of_in_dtype(c, 0), b = of_in_dtype(c, 1);
    of_shape s;

    if ((a != OF_UNDEFINED && !of_ew_numeric(a)) || (b != OF_UNDEFINED && !of_ew_numeric(b)))
        return OF_INVALID(c, "inputs are %s and %s", of_dtypes[a].name, of_dtypes[b].name);
    if (c->opset < 12 && a != OF_UNDEFINED && b != OF_UNDEFINED && a != b)
        return OF_INVALID(c, "inputs are %s and %s", of_dtypes[a].name, of_dtypes[b].name);
    OF_TRY(of_ew_shape2(c, &s));
    return of_set_out(c, 0, a, s);
}

/* Integer to an integer power: exact, wrapping. A negative power is a fraction, cut to 0
 * unless the base is 1 or -1; of 0 it has no result. Powers are brought to >= 0 first:
 * base^-e is base^e for both of these. */
static of_status of_pow_ints(of_opctx *c, const of_tensor *a, const of_tensor *b, of_loop *l, of_tensor *out)
{
    const void *x, *y;
    bool negative = false;

    OF_TRY(of_ew_load(c, a, OF_INT64, &x));
    OF_TRY(of_ew_load(c, b, OF_INT64, &y));
    for (int64_t i = 0; i < b->count && !negative; i++) negative = ((const int64_t *)y)[i] < 0;
    if (!negative)
        return of_ew_run2(c, c->kern->arith.bin[OF_KB_POW][OF_KT_I64], OF_INT64, a, b, false, l, out, OF_EW_DEAR);
    if (b->dtype == OF_UINT64) return OF_UNSUP(c, "exponent past the range of int64");
    for (; !l->done; of_loop_next(l)) {
        const int64_t *p = (const int64_t *)x + l->offset[1], *q = (const int64_t *)y + l->offset[2];
        for (int64_t i = 0; i < l->inner; i++) {
            int64_t base = p[i * l->inner_stride[1]], e = q[i * l->inner_stride[2]], r;
            size_t at = (size_t)(l->offset[0] + i) * of_dtypes[out->dtype].mem;
            if (e < 0 && base == 0) return OF_INVALID(c, "0 to a negative power in integers");
            if (e < 0) r = base == 1 || (base == -1 && e % 2 == 0) ? 1 : base == -1 ? -1 : 0;
            else c->kern->arith.bin[OF_KB_POW][OF_KT_I64](&r, &base, 0, &e, 0, 1);
            of_ew_store(c, OF_INT64, &r, (of_dtype)out->dtype, (char *)out->data + at, 1);
        }
    }
    return OF_OK;
}

/* Integer base, float exponent: in double, cut toward zero. */
static of_status of_pow_to_int(of_opctx *c, const void *x, const void *y, of_loop *l, of_tensor *out)
{
    of_kern_bin_fn fn = c->kern->arith.bin[OF_KB_POW][OF_KT_F64];
    double *r = (double *)of_tmp(c, OF_EW_BLOCK, sizeof(double));
    size_t mem = of_dtypes[out->dtype].mem;
    of_ktype k;

    if (!r) return of_ew_nomem(c);
    (void)of_ew_ktype((of_dtype)out->dtype, &k);
    for (; !l->done; of_loop_next(l)) {
        for (int64_t i = 0; i < l->inner; i += OF_EW_BLOCK) {
            size_t n = (size_t)(l->inner - i < OF_EW_BLOCK ? l->inner - i : OF_EW_BLOCK);
            char *d = (char *)out->data + (size_t)(l->offset[0] + i) * mem;
            fn(r, (const double *)x + l->offset[1] + i * l->inner_stride[1], (ptrdiff_t)l->inner_stride[1],
               (const double *)y + l->offset[2] + i * l->inner_stride[2], (ptrdiff_t)l->inner_stride[2], n);
            if (c->kern->convert.cvt[OF_KT_F64][k](d, r, n) != n)
                return OF_INVALID(c, "a power does not fit %s", of_dtypes[out->dtype].name);
        }
    }
    return OF_OK;
}

of_status of_eval_Pow(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0), *b = of_in(c, 1);
    of_kern_bin_fn fn = c->kern->arith.bin[OF_KB_POW][OF_KT_F64];
    const void *x, *y;
    float *r;
    of_tensor *out;
    of_loop *l;

    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)out->count, OF_EW_DEAR)));
    if (out->count == 0) return OF_OK;
    OF_TRY(of_ew_loop2(c, out, a, b, &l));
    if (of_dtype_is_int((of_dtype)a->dtype)) {
        if (a->dtype != OF_INT32 && a->dtype != OF_INT64)
            return OF_UNSUP(c, "not evaluated for %s", of_dtypes[a->dtype].name);
        if (of_dtype_is_int((of_dtype)b->dtype)) return of_pow_ints(c, a, b, l, out);
    }
    if (of_ew_work((of_dtype)a->dtype) == OF_FLOAT && of_ew_work((of_dtype)b->dtype) == OF_FLOAT)
        return of_ew_run2(c, c->kern->arith.bin[OF_KB_POW][OF_KT_F32], OF_FLOAT, a, b, false, l, out, OF_EW_DEAR);
    if (out->dtype == OF_FLOAT || out->dtype == OF_DOUBLE)
        return of_ew_run2(c, fn, OF_DOUBLE, a, b, false, l, out, OF_EW_DEAR);
    OF_TRY(of_ew_load(c, a, OF_DOUBLE, &x));
    OF_TRY(of_ew_load(c, b, OF_DOUBLE, &y));
    if (of_dtype_is_int((of_dtype)a->dtype)) return of_pow_to_int(c, x, y, l, out);
    /* the small floats: to float32, then once more */
    r = (float *)of_tmp(c, OF_EW_BLOCK, sizeof(float) + sizeof(double));
    if (!r) return of_ew_nomem(c);
    for (; !l->done; of_loop_next(l)) {
        for (int64_t i = 0; i < l->inner; i += OF_EW_BLOCK) {
            size_t n = (size_t)(l->inner - i < OF_EW_BLOCK ? l->inner - i : OF_EW_BLOCK);
            double *w = (double *)(void *)r; /* the floats go behind the doubles */
            float *f = (float *)(void *)(w + OF_EW_BLOCK);
            fn(w, (const double *)x + l->offset[1] + i * l->inner_stride[1], (ptrdiff_t)l->inner_stride[1],
               (const double *)y + l->offset[2] + i * l->inner_stride[2], (ptrdiff_t)l->inner_stride[2], n);
            for (size_t k = 0; k < n; k++) f[k] = (float)w[k];
            of_from_f32((of_dtype)out->dtype, f,
                        (char *)out->data + (size_t)(l->offset[0] + i) * of_dtypes[out->dtype].mem, n);
        }
    }
    return OF_OK;
}

/* ---- bits ---- */

of_status of_infer_ew_bits(of_opctx *c)
{
    of_dtype t = of_in_dtype(c, 0);

    if (t != OF_UNDEFINED && !of_dtype_is_int(t)) return OF_INVALID(c, "input is %s", of_dtypes[t].name);
    return of_ew_infer2(c, OF_KN_NONE);
}

of_status of_eval_BitwiseAnd(of_opctx *c) { return of_ew_eval2(c, OF_KB_AND, false); }
of_status of_eval_BitwiseOr(of_opctx *c) { return of_ew_eval2(c, OF_KB_OR, false); }
of_status of_eval_BitwiseXor(of_opctx *c) { return of_ew_eval2(c, OF_KB_XOR, false); }

of_status of_infer_BitwiseNot(of_opctx *c)
{
    of_dtype t = of_in_dtype(c, 0);

    if (t != OF_UNDEFINED && !of_dtype_is_int(t)) return OF_INVALID(c, "input is %s", of_dtypes[t].name);
    return of_ew_infer1(c, OF_KN_NONE);
}

of_status of_eval_BitwiseNot(of_opctx *c) { return of_ew_eval1(c, OF_KU_NOT, NULL, OF_EW_CHEAP); }

/* An amount outside of [0, width) leaves only fill bits: BitShift-28 says so, and for the
 * unsigned types of BitShift-11 it is what both reference implementations do. */
of_status of_eval_BitShift(of_opctx *c)
{
    of_str dir;

    OF_TRY(of_get_str(c, "direction", "", &dir));
    if (of_str_is(dir, "LEFT")) return of_ew_eval2(c, OF_KB_SHL, false);
    if (of_str_is(dir, "RIGHT")) return of_ew_eval2(c, OF_KB_SHR, false);
    return OF_INVALID(c, "direction is neither LEFT nor RIGHT");
}
