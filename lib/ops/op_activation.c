/* Activation functions. */
#include "ops/op_elementwise.h"

#define DEAR(name, op)                                                                             \
    of_status of_eval_##name(of_opctx *c) { return of_ew_eval1(c, op, NULL, OF_EW_DEAR); }

DEAR(Sigmoid, OF_KU_SIGMOID)
DEAR(Softplus, OF_KU_SOFTPLUS)
DEAR(Mish, OF_KU_MISH)

of_status of_eval_Softsign(of_opctx *c) { return of_ew_eval1(c, OF_KU_SOFTSIGN, NULL, OF_EW_CHEAP); }
of_status of_eval_HardSwish(of_opctx *c) { return of_ew_eval1(c, OF_KU_HARDSWISH, NULL, OF_EW_CHEAP); }

/* One parameter named alpha. */
static of_status of_eval_alpha(of_opctx *c, of_kuni op, float def, uint64_t cost)
{
    float alpha;
    double p;

    OF_TRY(of_get_float(c, "alpha", def, &alpha));
    p = (double)alpha;
    return of_ew_eval1(c, op, &p, cost);
}

of_status of_eval_LeakyRelu(of_opctx *c) { return of_eval_alpha(c, OF_KU_LEAKY, 0.01f, OF_EW_CHEAP); }
of_status of_eval_ThresholdedRelu(of_opctx *c)
{
    return of_eval_alpha(c, OF_KU_THRESHOLD, 1.0f, OF_EW_CHEAP);
}
of_status of_eval_Elu(of_opctx *c) { return of_eval_alpha(c, OF_KU_ELU, 1.0f, OF_EW_DEAR); }
of_status of_eval_Celu(of_opctx *c) { return of_eval_alpha(c, OF_KU_CELU, 1.0f, OF_EW_DEAR); }
of_status of_eval_Swish(of_opctx *c) { return of_eval_alpha(c, OF_KU_SWISH, 1.0f, OF_EW_DEAR); }

/* Two parameters. */
static of_status of_eval_params2(of_opctx *c, of_kuni op, const char *n0, float d0, const char *n1, float d1,
                                 uint64_t cost)
{
    float v0, v1;
    double p[2];

    OF_TRY(of_get_float(c, n0, d0, &v0));
    OF_TRY(of_get_float(c, n1, d1, &v1));
    p[0] = (double)v0;
    p[1] = (double)v1;
    return of_ew_eval1(c, op, p, cost);
}

of_status of_eval_HardSigmoid(of_opctx *c)
{
    return of_eval_params2(c, OF_KU_HARDSIGMOID, "alpha", 0.2f, "beta", 0.5f, OF_EW_CHEAP);
}

/* The defaults of version 1 have fewer digits. */
of_status of_eval_Selu(of_opctx *c)
{
    bool first = c->opset < 6;

    return of_eval_params2(c, OF_KU_SELU, "alpha", first ? 1.6732f : 1.67326319217681884765625f, "gamma",
                           first ? 1.0507f : 1.05070102214813232421875f, OF_EW_DEAR);
}

of_status of_eval_Gelu(of_opctx *c)
{
    of_str a;

    OF_TRY(of_get_str(c, "approximate", "none", &a));
    if (of_str_is(a, "none")) return of_ew_eval1(c, OF_KU_GELU, NULL, OF_EW_DEAR);
    if (of_str_is(a, "tanh")) return of_ew_eval1(c, OF_KU_GELU_TANH, NULL, OF_EW_DEAR);
    return OF_INVALID(c, "approximate is neither none nor tanh");
}

/* max(0, x), the second of equal ones: -0 stays, and NaN. */
of_status of_eval_Relu(of_opctx *c)
{
    static const uint64_t zero; /* zero of every type */
    const of_tensor *a = of_in(c, 0);
    of_dtype work = of_ew_work((of_dtype)a->dtype);
    of_kern_bin_fn fn;
    of_tensor *out;
    of_ktype k;

    fn = of_ew_ktype(work, &k) ? c->kern->arith.bin[OF_KB_MAX][k] : NULL;
    if (!fn) return OF_UNSUP(c, "not evaluated for %s", of_dtypes[a->dtype].name);
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    return of_ew_with_scalars(c, a, out, fn, &zero, NULL, NULL);
}

/* Shrink of integers goes through double: bias and lambd are fractions. */
static of_status of_shrink_ints(of_opctx *c, const double *p)
{
    const of_tensor *a = of_in(c, 0);
    of_tensor *out;
    double *d;
    of_ktype k;

    if (!of_ew_numeric((of_dtype)a->dtype)) return OF_UNSUP(c, "not evaluated for %s", of_dtypes[a->dtype].name);
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)out->count, 3)));
    if (out->count == 0) return OF_OK;
    d = (double *)of_tmp(c, (size_t)out->count, sizeof(double));
    if (!d) return of_ew_nomem(c);
    of_to_f64((of_dtype)a->dtype, a->data, d, (size_t)out->count);
    c->kern->arith.uni_f64[OF_KU_SHRINK](d, d, (size_t)out->count, p);
    (void)of_ew_ktype((of_dtype)out->dtype, &k);
    if (c->kern->convert.cvt[OF_KT_F64][k](out->data, d, (size_t)out->count) != (size_t)out->count)
        return OF_INVALID(c, "a result does not fit %s", of_dtypes[out->dtype].name);
    return OF_OK;
}

of_status of_eval_Shrink(of_opctx *c)
{
    float bias, lambd;
    double p[2];

    OF_TRY(of_get_float(c, "bias", 0.0f, &bias));
    OF_TRY(of_get_float(c, "lambd", 0.5f, &lambd));
    p[0] = (double)bias;
    p[1] = (double)lambd;
    if (of_dtype_is_int((of_dtype)of_in(c, 0)->dtype)) return of_shrink_ints(c, p);
    return of_ew_eval1(c, OF_KU_SHRINK, p, OF_EW_CHEAP);
}

/* ---- PRelu ---- */

/* The result has the shape of X; slope is broadcast to it one way only. */
of_status of_infer_PRelu(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0), *slope = of_in_shape(c, 1);
    of_dtype a = of_in_dtype(c, 0), b = of_in_dtype(c, 1);
    of_shape s;

    if (a != OF_UNDEFINED && b != OF_UNDEFINED && a != b)
        return OF_INVALID(c, "inputs are %s and %s", of_dtypes[a].name, of_dtypes[b].name);
    OF_TRY(of_ew_shape2(c, &s));
    if (!of_ew_legacy(c) && x->rank >= 0 && slope->rank >= 0) {
        if (slope->rank > x->rank) return OF_INVALID(c, "slope has the higher rank");
        for (int32_t k = 0; k < slope->rank; k++) {
            of_dim d = x->d[x->rank - slope->rank + k], e = slope->d[k];
            if (of_dim_is_num(d) && of_dim_is_num(e) && e.k != 1 && e.k != d.k)
                return OF_INVALID(c, "slope does not broadcast to the input");
        }
    }
    return of_set_out(c, 0, a, *x);
}

of_status of_eval_PRelu(of_opctx *c) { return of_ew_eval2(c, OF_KB_PRELU, false); }
