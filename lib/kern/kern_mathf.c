/* Transcendental functions of float32 at the speed of vectors: a short computation in double,
 * good to better than 2^-36, and where that leaves open which float32 is nearest (one in
 * some thousands) the function of kern_mathd.h. So the results are the rounded ones of those, whatever
 * the instructions: fused multiply-add, where a target has it, does not show. */
#include <float.h>
#include <stdbool.h>
#include <string.h>

#include "kern/kern_arith.h"
#include "kern/kern_mathd.h"
#include "kern/kern_mathf_poly.h"

#if defined(__FMA__)
#define MAD(a, b, c) __builtin_fma((a), (b), (c))
#else
#define MAD(a, b, c) ((a) * (b) + (c))
#endif

#define LN2 0x1.62e42fefa39efp-1
#define LOG2E 0x1.71547652b82fep+0
#define MAGIC 6755399441055744.0 /* 1.5 * 2^52 */
#define SQRT1_2 0x1.6a09e667f3bcdp-1

enum { BLOCK = 128 };

static inline uint64_t bits_of(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline double from_bits(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* ---- rounding ---- */

typedef double (*exact_fn)(double x, const double *p);

/* Within 2^18 units in the last place of the middle between two float32, or not a normal one. */
static inline uint32_t unclear(double y)
{
    const uint64_t u = bits_of(y);
    const uint32_t low = (uint32_t)u & 0x1FFFFFFF, e = (uint32_t)(u >> 52) & 0x7FF;
    return (uint32_t)(low - (0x10000000 - 0x40000) < 0x80000) | (uint32_t)(e - 897 > 253);
}

/* d may be x. */
static inline void finish(float *d, const float *x, double *y, size_t n, exact_fn exact, const double *p)
{
    uint32_t any = 0;

    for (size_t i = 0; i < n; i++) any |= unclear(y[i]);
    if (any)
        for (size_t i = 0; i < n; i++)
            if (unclear(y[i])) y[i] = exact((double)x[i], p);
    for (size_t i = 0; i < n; i++) {
        const float f = (float)y[i];
        d[i] = f != f ? (float)NAN : f;
    }
}

/* 1 / x for x > 0, normal, to 2^-50: sooner done than a division where multiply-add is one step. From
 * 3 bits, which the difference of the bits has, each step makes three times as many. */
static inline double inverse(double x)
{
#if defined(__FMA__)
    double r = from_bits(UINT64_C(0x7FDE6238502484BA) - bits_of(x));
    _Pragma("GCC unroll 3") for (int i = 0; i < 3; i++) {
        const double e = MAD(-x, r, 1.0);
        r = MAD(r, MAD(e, e, e), r);
    }
    return r;
#else
    return 1 / x;
#endif
}

/* ---- pieces; what they are given out of their range gives nonsense, which callers mark ---- */

#define POLY(name, n)                                                                              \
    static inline double poly_##name(double z)                                                     \
    {                                                                                              \
        double v = of_mf_##name[(n) - 1];                                                          \
        _Pragma("GCC unroll 32") for (int i = (n) - 2; i >= 0; i--) v = MAD(v, z, of_mf_##name[i]); \
        return v;                                                                                  \
    }
POLY(expm1, 8)
POLY(log, 6)
POLY(log2, 8)
POLY(log1p, 8)
POLY(exp2, 9)
POLY(sin, 5)
POLY(cos, 6)
POLY(erf, 22)
POLY(erfcx, 14)
POLY(atan, 14)
POLY(asin, 10)

static inline double clamp(double x, double low, double high) /* NaN stays */
{
    const double a = x < low ? low : x;
    return a > high ? high : a;
}

typedef struct exp_parts {
    double q, two; /* exp(x) = two * (1 + q) */
} exp_parts;

/* |x| < 700 */
static inline exp_parts parts_of_exp(double x)
{
    const double kd = MAD(x, LOG2E, MAGIC), n = kd - MAGIC, r = MAD(n, -LN2, x);
    return (exp_parts){poly_expm1(r) * r, from_bits((bits_of(kd) + 1023) << 52)};
}

static inline double fast_exp(double x)
{
    const exp_parts e = parts_of_exp(x);
    return MAD(e.two, e.q, e.two);
}

static inline double fast_expm1(double x)
{
    const exp_parts e = parts_of_exp(x);
    return MAD(e.two, e.q, e.two - 1);
}

typedef struct log_parts {
    double k, s; /* ln(x) = k ln2 + 2 atanh(s), |s| <= 0.1716 */
} log_parts;

/* x > 0, normal */
static inline log_parts parts_of_log(double x)
{
    const uint64_t u = bits_of(x), k = (u - UINT64_C(0x3FE6A09E667F3BCD) + (UINT64_C(1024) << 52)) >> 52;
    const double m = from_bits(u - ((k - 1024) << 52));
    const double kd = from_bits(k | UINT64_C(0x433) << 52) - (4503599627370496.0 + 1024.0);
    return (log_parts){kd, (m - 1) / (m + 1)};
}

static inline double fast_log(double x)
{
    const log_parts l = parts_of_log(x);
    return MAD(l.k, LN2, 2 * l.s * poly_log(l.s * l.s));
}

/* e in [0, 1] */
static inline double fast_log1p(double e)
{
    const double s = e * inverse(2 + e);
    return 2 * s * poly_log1p(s * s);
}

typedef struct turn {
    double r; /* x = n pi/2 + r */
    uint64_t n;
} turn;

/* |x| < 2^17 */
static inline turn turn_of(double x)
{
    const double kd = MAD(x, 0x1.45f306dc9c883p-1, MAGIC), n = kd - MAGIC;
    const double a = x - n * 0x1.921fb544p+0, b = a - n * 0x1.0b4611a6p-34;
    return (turn){b - n * 0x1.3198a2e037073p-69, bits_of(kd)};
}

static inline double sin_of(turn t)
{
    return t.r * poly_sin(t.r * t.r);
}
static inline double cos_of(turn t)
{
    return poly_cos(t.r * t.r);
}

/* y where c holds; elsewhere the exact function is asked. */
static inline double where(bool c, double y)
{
    return c ? y : (double)NAN;
}

static inline double fast_sin(double x, uint64_t quarter)
{
    const turn t = turn_of(x);
    const uint64_t n = t.n + quarter;
    const double y = n & 1 ? cos_of(t) : sin_of(t);
    return where(fabs(x) < 0x1p17, from_bits(bits_of(y) ^ (n & 2) << 62));
}

static inline double fast_tan(double x)
{
    const turn t = turn_of(x);
    const double s = sin_of(t), c = cos_of(t), num = t.n & 1 ? -c : s, den = t.n & 1 ? s : c;
    return where(fabs(x) < 0x1p17, num / den);
}

/* erfc(x) for x in [0, 9.9] */
static inline double fast_erfc(double x)
{
    const double r = inverse(x + 3);
    return fast_exp(-x * x) * (poly_erfcx(MAD(r, -6, 1.0)) * r);
}

/* By one polynomial as far as the result is not 1. */
static inline double fast_erf(double x)
{
    const double a = clamp(x, -4, 4);
    return a * poly_erf(MAD(a * a, 0.125, -1.0));
}

static inline double fast_gelu(double x)
{
    const double c = fast_erfc(clamp(fabs(x), 0, 14) * SQRT1_2);
    return where(x > -14, 0.5 * x * (x > 0 ? 2 - c : c));
}

static inline double fast_sigmoid(double x)
{
    return inverse(1 + fast_exp(clamp(-x, -120, 120)));
}

/* x sigmoid(arg) */
static inline double fast_swish(double x, double arg)
{
    return where(arg > -120, x * fast_sigmoid(arg));
}

static inline double fast_tanh(double x)
{
    const double e = fast_expm1(clamp(2 * x, -60, 60));
    return e * inverse(e + 2);
}

static inline double fast_sinh(double x)
{
    const double e = fast_expm1(clamp(fabs(x), 0, 120));
    return copysign(0.5 * (e + e * inverse(e + 1)), x);
}

static inline double fast_cosh(double x)
{
    const double e = fast_exp(clamp(fabs(x), 0, 120));
    return 0.5 * (e + inverse(e));
}

static inline double fast_softplus(double x)
{
    return fast_log1p(fast_exp(clamp(-fabs(x), -120, 0))) + (x > 0 ? x : 0);
}

static inline double fast_mish(double x)
{
    const double e = fast_exp(clamp(x, -120, 60)), n = e * (e + 2);
    return where(x > -120, x * (n * inverse(n + 2)));
}

static inline double fast_atan(double x)
{
    const double a = fabs(x), t = (a > 1 ? 1 : a) * inverse(a > 1 ? a : 1), v = t * poly_atan(t * t);
    return copysign(a > 1 ? 0x1.921fb54442d18p+0 - v : v, x);
}

/* asin(a), or for a > 1/2 what it is short of pi/2 */
static inline double arc(double a)
{
    const double z = a > 0.5 ? (1 - a) * 0.5 : a * a, s = a > 0.5 ? sqrt(z) : a;
    return (a > 0.5 ? 2 : 1) * (s * poly_asin(z));
}

static inline double fast_asin(double x)
{
    const double a = fabs(x), v = arc(a);
    return copysign(a > 0.5 ? 0x1.921fb54442d18p+0 - v : v, x);
}

static inline double fast_acos(double x)
{
    const double a = fabs(x), v = arc(a);
    const double far = x > 0 ? v : 0x1.921fb54442d18p+1 - v, near = 0x1.921fb54442d18p+0 - copysign(v, x);
    return a > 0.5 ? far : near;
}

/* The three below are logarithms of a quotient u / 1 or u / v by one atanh: with 2^k next to it, of
 * s = (u - 2^k v) / (u + 2^k v). Where k is 0 the difference is known better than from u and v. */
typedef struct log_two {
    double k, two; /* 2^k */
    bool zero;
} log_two;

/* 2^k next to x > 0, normal */
static inline log_two two_of(double x)
{
    const uint64_t k = (bits_of(x) - UINT64_C(0x3FE6A09E667F3BCD) + (UINT64_C(1024) << 52)) >> 52;
    const double kd = from_bits(k | UINT64_C(0x433) << 52) - (4503599627370496.0 + 1024.0);
    return (log_two){kd, from_bits((k - 1) << 52), k == 1024};
}

static inline double fast_asinh(double x)
{
    /* for k = 0 a + r - 1 = a + a^2 / (1 + r), both sides taken 1 + r times */
    const double a = clamp(fabs(x), 0, 0x1p100), z = a * a, r = sqrt(z + 1), u = a + r;
    const log_two l = two_of(u);
    const double near = MAD(a, 1 + r, z), num = l.zero ? near : u - l.two;
    const double s = num / (l.zero ? MAD(2, 1 + r, near) : u + l.two);
    return where(a < 0x1p100, copysign(MAD(l.k, LN2, 2 * s * poly_log(s * s)), x));
}

static inline double fast_acosh(double x)
{
    const double t = x - 1, w = sqrt(t * (x + 1)), u = x + w;
    const log_two l = two_of(u);
    const double s = (l.zero ? t + w : u - l.two) / (u + l.two);
    return where(x > 1 && x < 0x1p100, MAD(l.k, LN2, 2 * s * poly_log(s * s)));
}

static inline double fast_atanh(double x)
{
    const double a = fabs(x), u = 1 + a, v = 1 - a;
    /* the difference of the bits is nearly that of the logarithms: |s| < 0.21 */
    const uint64_t k = (bits_of(u) - bits_of(v) + (UINT64_C(2049) << 51)) >> 52;
    const double kd = from_bits(k | UINT64_C(0x433) << 52) - (4503599627370496.0 + 1024.0);
    const double w = v * from_bits((k - 1) << 52), s = (k == 1024 ? 2 * a : u - w) / (u + w);
    return where(a < 1, copysign(0.5 * MAD(kd, LN2, 2 * s * poly_log1p(s * s)), x));
}

/* ---- exponentials that go on in double ---- */

/* exp(x - less) to 2^-46 for what is at most 0, of one order of operations for every target: its
 * result is not rounded to float32 at once. Below e^-700 it is 0, above
 * e^700 infinite. */
static void exp_run(double *d, const double *x, double less, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double v = x[i] - less, kd = v * LOG2E + MAGIC, k = kd - MAGIC;
        const double r = (v - k * 0x1.62e42fefap-1) - k * 0x1.cf79abc9e3b39p-40;
        const double two = from_bits((bits_of(kd) + 1023) << 52);
        double q = of_mf_steady[9];
        _Pragma("GCC unroll 16") for (int j = 8; j >= 0; j--) q = q * r + of_mf_steady[j];
        d[i] = v < -700 ? 0 : v > 700 ? (double)INFINITY : two + two * (q * r);
    }
}

/* ---- functions ---- */

/* Parameters are read once: for all a compiler knows, the results could lie over them. */
#define FUN(name, fast, exact_value) FUN_P(name, 0, 0, fast, exact_value)
#define FUN_P(name, first, second, fast, exact_value)                                              \
    static double name##_exact(double x, const double *p)                                          \
    {                                                                                              \
        (void)p;                                                                                   \
        return exact_value;                                                                        \
    }                                                                                              \
    static void name##_f32(void *dv, const void *av, size_t n, const double *p)                    \
    {                                                                                              \
        float *d = (float *)dv;                                                                    \
        const float *a = (const float *)av;                                                        \
        const double p0 = (first), p1 = (second);                                                  \
        double y[BLOCK];                                                                           \
        (void)p0;                                                                                  \
        (void)p1;                                                                                  \
        for (size_t i = 0; i < n; i += BLOCK) {                                                    \
            const size_t m = n - i < BLOCK ? n - i : BLOCK;                                        \
            for (size_t j = 0; j < m; j++) {                                                       \
                const double x = (double)a[i + j];                                                 \
                y[j] = fast;                                                                       \
            }                                                                                      \
            finish(d + i, a + i, y, m, name##_exact, p);                                           \
        }                                                                                          \
    }

FUN(exp, fast_exp(clamp(x, -120, 120)), of_m_exp(x))
FUN(log, where(x > 0 && x <= (double)FLT_MAX, fast_log(x)), of_m_log(x))
FUN(sin, fast_sin(x, 0), of_m_sin(x))
FUN(cos, fast_sin(x, 1), of_m_cos(x))
FUN(tan, fast_tan(x), of_m_tan(x))
FUN(asin, fast_asin(x), of_m_asin(x))
FUN(acos, fast_acos(x), of_m_acos(x))
FUN(atan, fast_atan(x), of_m_atan(x))
FUN(sinh, fast_sinh(x), of_m_sinh(x))
FUN(cosh, fast_cosh(x), of_m_cosh(x))
FUN(tanh, fast_tanh(x), of_m_tanh(x))
FUN(asinh, fast_asinh(x), of_m_asinh(x))
FUN(acosh, fast_acosh(x), of_m_acosh(x))
FUN(atanh, fast_atanh(x), of_m_atanh(x))
FUN(erf, fast_erf(x), of_m_erf(x))
FUN(sigmoid, fast_sigmoid(x), of_m_sigmoid(x))
FUN(softplus, fast_softplus(x), of_m_softplus(x))
FUN(mish, fast_mish(x), of_m_mish(x))
FUN(gelu, fast_gelu(x), of_m_gelu(x))
FUN(gelu_tanh, fast_swish(x, of_mf_gelu_arg(x)), x *of_m_sigmoid(of_mf_gelu_arg(x)))
FUN_P(elu, p[0], 0, x < 0 ? p0 * fast_expm1(clamp(x, -120, 0)) : x, x < 0 ? p[0] * of_m_expm1(x) : x)
FUN_P(selu, p[0], p[1], x > 0 ? p1 * x : p1 * (p0 * fast_expm1(clamp(x, -120, 0))),
    x > 0 ? p[1] * x : p[1] * (p[0] * of_m_expm1(x)))
FUN_P(swish, p[0], 0, fast_swish(x, p0 * x), x *of_m_sigmoid(p[0] * x))

/* ---- power ---- */

static inline double fast_pow(double x, double y)
{
    const log_parts l = parts_of_log(x);
    const double t = y * MAD(l.s, poly_log2(l.s * l.s), l.k), c = clamp(t, -200, 200);
    const double kd = c + MAGIC, r = c - (kd - MAGIC);
    return where(x > 0 && x <= (double)FLT_MAX, poly_exp2(r) * from_bits((bits_of(kd) + 1023) << 52));
}

static void pow_f32(void *dv, const void *av, ptrdiff_t as, const void *bv, ptrdiff_t bs, size_t n)
{
    float *d = (float *)dv;
    const float *a = (const float *)av, *b = (const float *)bv;
    double x[BLOCK], w[BLOCK], y[BLOCK];

    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t m = n - i < BLOCK ? n - i : BLOCK;
        uint32_t any = 0;
        if (as == 1)
            for (size_t j = 0; j < m; j++) x[j] = (double)a[i + j];
        else
            for (size_t j = 0; j < m; j++) x[j] = (double)a[(ptrdiff_t)(i + j) * as];
        if (bs == 1)
            for (size_t j = 0; j < m; j++) w[j] = (double)b[i + j];
        else
            for (size_t j = 0; j < m; j++) w[j] = (double)b[(ptrdiff_t)(i + j) * bs];
        for (size_t j = 0; j < m; j++) y[j] = fast_pow(x[j], w[j]);
        for (size_t j = 0; j < m; j++) any |= unclear(y[j]);
        if (any)
            for (size_t j = 0; j < m; j++)
                if (unclear(y[j])) y[j] = of_m_pow(x[j], w[j]);
        for (size_t j = 0; j < m; j++) {
            const float f = (float)y[j];
            d[i + j] = f != f ? (float)NAN : f;
        }
    }
}

void OF_KERN_NAME(of_kern_mathf_init)(of_kern_arith *k)
{
    of_kern_uni_fn *u = k->uni_f32;

    u[OF_KU_EXP] = exp_f32;
    u[OF_KU_LOG] = log_f32;
    u[OF_KU_ERF] = erf_f32;
    u[OF_KU_SIN] = sin_f32;
    u[OF_KU_COS] = cos_f32;
    u[OF_KU_TAN] = tan_f32;
    u[OF_KU_ASIN] = asin_f32;
    u[OF_KU_ACOS] = acos_f32;
    u[OF_KU_ATAN] = atan_f32;
    u[OF_KU_SINH] = sinh_f32;
    u[OF_KU_COSH] = cosh_f32;
    u[OF_KU_TANH] = tanh_f32;
    u[OF_KU_ASINH] = asinh_f32;
    u[OF_KU_ACOSH] = acosh_f32;
    u[OF_KU_ATANH] = atanh_f32;
    u[OF_KU_SIGMOID] = sigmoid_f32;
    u[OF_KU_SOFTPLUS] = softplus_f32;
    u[OF_KU_MISH] = mish_f32;
    u[OF_KU_GELU] = gelu_f32;
    u[OF_KU_GELU_TANH] = gelu_tanh_f32;
    u[OF_KU_ELU] = elu_f32;
    u[OF_KU_SELU] = selu_f32;
    u[OF_KU_SWISH] = swish_f32;
    k->bin[OF_KB_POW][OF_KT_F32] = pow_f32;
    k->exp_run = exp_run;
}
