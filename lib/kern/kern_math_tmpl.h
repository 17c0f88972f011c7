/* Included by kern_math.c for float and for double with T, SFX, and the C library's
 * exact functions SQRT, FLOOR, CEIL, RINT, FABS of that type. */

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define FN(name) CAT(of_km_##name##_, SFX)

#define UNI(name, R, X, expr)                                                                      \
    static void FN(name)(void *dv, const void *av, size_t n, const double *p)                      \
    {                                                                                              \
        R *d = (R *)dv;                                                                            \
        const T *a = (const T *)av;                                                                \
        (void)p;                                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            const X x = (X)a[i];                                                                   \
            d[i] = (R)(expr);                                                                      \
        }                                                                                          \
    }

/* With the one NaN that arithmetic has (see kern_arith_tmpl.h). */
static inline T FN(q)(T v)
{
    return v != v ? (T)NAN : v;
}
#define FUN(name, X, expr) UNI(name, T, X, FN(q)((T)(expr)))

/* y where x < 0, computed for every x so that no branch is left. */
static inline T FN(below)(T x, T y)
{
    return x < 0 ? y : x;
}

/* IEEE basic operations, in T */
FUN(recip, T, (T)1 / x)
FUN(sqrt, T, SQRT(x))
FUN(floor, T, FLOOR(x))
FUN(ceil, T, CEIL(x))
FUN(round, T, RINT(x))
UNI(isnan, uint8_t, T, x != x)
UNI(isinf, uint8_t, T, (x == (T)-INFINITY && p[0] != 0) || (x == (T)INFINITY && p[1] != 0))
FUN(leaky, T, FN(below)(x, (T)p[0] * x))
UNI(threshold, T, T, x > (T)p[0] ? x : (T)0)
FUN(shrink, T, x < -(T)p[1] ? x + (T)p[0] : x > (T)p[1] ? x - (T)p[0] : (T)0)
static inline T FN(unit)(T v) /* into [0, 1]; NaN stays */
{
    return v < 0 ? (T)0 : v > 1 ? (T)1 : v;
}
FUN(hardsigmoid, T, FN(unit)((T)p[0] * x + (T)p[1]))
/* 1/6 as the float attribute that the operator's function body has */
FUN(hardswish, T, x *FN(unit)((T)(1.0f / 6.0f) * x + (T)0.5))
FUN(softsign, T, x / ((T)1 + FABS(x)))

/* in double */
FUN(exp, double, of_m_exp(x))
FUN(log, double, of_m_log(x))
FUN(erf, double, of_m_erf(x))
FUN(sin, double, of_m_sin(x))
FUN(cos, double, of_m_cos(x))
FUN(tan, double, of_m_tan(x))
FUN(asin, double, of_m_asin(x))
FUN(acos, double, of_m_acos(x))
FUN(atan, double, of_m_atan(x))
FUN(sinh, double, of_m_sinh(x))
FUN(cosh, double, of_m_cosh(x))
FUN(tanh, double, of_m_tanh(x))
FUN(asinh, double, of_m_asinh(x))
FUN(acosh, double, of_m_acosh(x))
FUN(atanh, double, of_m_atanh(x))
FUN(sigmoid, double, of_m_sigmoid(x))
FUN(softplus, double, of_m_softplus(x))
FUN(mish, double, of_m_mish(x))
FUN(gelu, double, of_m_gelu(x))
FUN(gelu_tanh, double, x *of_m_sigmoid(of_mf_gelu_arg(x)))
FUN(elu, double, x < 0 ? p[0] * of_m_expm1(x) : x)
FUN(selu, double, x > 0 ? p[1] * x : p[1] * (p[0] * of_m_expm1(x)))
/* max(0, x) + min(0, alpha * (exp(x / alpha) - 1)), the second of equal zeros */
static inline double FN(celu1)(double x, double alpha)
{
    double neg = alpha * of_m_expm1(x / alpha);

    return (0 > x ? 0.0 : x) + (0 < neg ? 0.0 : neg);
}
FUN(celu, double, FN(celu1)(x, p[0]))
FUN(swish, double, x *of_m_sigmoid(p[0] * x))

static void FN(fill)(of_kern_uni_fn *u)
{
    u[OF_KU_RECIP] = FN(recip);
    u[OF_KU_SQRT] = FN(sqrt);
    u[OF_KU_FLOOR] = FN(floor);
    u[OF_KU_CEIL] = FN(ceil);
    u[OF_KU_ROUND] = FN(round);
    u[OF_KU_ISNAN] = FN(isnan);
    u[OF_KU_ISINF] = FN(isinf);
    u[OF_KU_LEAKY] = FN(leaky);
    u[OF_KU_THRESHOLD] = FN(threshold);
    u[OF_KU_SHRINK] = FN(shrink);
    u[OF_KU_HARDSIGMOID] = FN(hardsigmoid);
    u[OF_KU_HARDSWISH] = FN(hardswish);
    u[OF_KU_SOFTSIGN] = FN(softsign);
    u[OF_KU_EXP] = FN(exp);
    u[OF_KU_LOG] = FN(log);
    u[OF_KU_ERF] = FN(erf);
    u[OF_KU_SIN] = FN(sin);
    u[OF_KU_COS] = FN(cos);
    u[OF_KU_TAN] = FN(tan);
    u[OF_KU_ASIN] = FN(asin);
    u[OF_KU_ACOS] = FN(acos);
    u[OF_KU_ATAN] = FN(atan);
    u[OF_KU_SINH] = FN(sinh);
    u[OF_KU_COSH] = FN(cosh);
    u[OF_KU_TANH] = FN(tanh);
    u[OF_KU_ASINH] = FN(asinh);
    u[OF_KU_ACOSH] = FN(acosh);
    u[OF_KU_ATANH] = FN(atanh);
    u[OF_KU_SIGMOID] = FN(sigmoid);
    u[OF_KU_SOFTPLUS] = FN(softplus);
    u[OF_KU_MISH] = FN(mish);
    u[OF_KU_GELU] = FN(gelu);
    u[OF_KU_GELU_TANH] = FN(gelu_tanh);
    u[OF_KU_ELU] = FN(elu);
    u[OF_KU_SELU] = FN(selu);
    u[OF_KU_CELU] = FN(celu);
    u[OF_KU_SWISH] = FN(swish);
}

#undef CAT_
#undef CAT
#undef FN
#undef UNI
#undef FUN
#undef T
#undef SFX
#undef SQRT
#undef FLOOR
#undef CEIL
#undef RINT
#undef FABS
