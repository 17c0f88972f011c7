/* Numbers as the unevaluated sum of two doubles, about 104 bits, without fused
 * multiply-add: what the functions of kern_mathd.h compute in before they round once.
 * Every step is an IEEE 754 basic operation, so every machine gives the same bits. */
#ifndef OF_KERN_DD_H
#define OF_KERN_DD_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

_Static_assert(FLT_EVAL_METHOD == 0, "double arithmetic must round to double each time");
_Static_assert(DBL_MANT_DIG == 53 && FLT_MANT_DIG == 24, "float and double must be IEEE 754's");

typedef struct of_dd {
    double h, l; /* |l| at most half a unit in the last place of h */
} of_dd;

static inline uint64_t of_bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline double of_from_bits(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* 2^k, k in [-1022, 1023] */
static inline double of_pow2(int k)
{
    return of_from_bits((uint64_t)(k + 1023) << 52);
}

/* The one NaN. */
#define OF_NAN (of_from_bits(UINT64_C(0x7FF8) << 48))
#define OF_INF ((double)INFINITY)

/* a + b exactly; fast needs |a| >= |b| or a == 0. */
static inline of_dd of_two_sum(double a, double b)
{
    const double s = a + b, t = s - a;
    return (of_dd){s, (a - (s - t)) + (b - t)};
}

static inline of_dd of_fast_sum(double a, double b)
{
    const double s = a + b;
    return (of_dd){s, b - (s - a)};
}

/* a * b exactly, by halves of 26 bits; both below 2^996 and nothing underflowing. */
static inline of_dd of_two_mul(double a, double b)
{
    const double ta = 134217729.0 * a, ah = ta - (ta - a), al = a - ah;
    const double tb = 134217729.0 * b, bh = tb - (tb - b), bl = b - bh;
    const double p = a * b;
    return (of_dd){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

static inline of_dd of_dd_add(of_dd a, of_dd b)
{
    of_dd s = of_two_sum(a.h, b.h);
    const of_dd t = of_two_sum(a.l, b.l);
    s = of_fast_sum(s.h, s.l + t.h);
    return of_fast_sum(s.h, s.l + t.l);
}

static inline of_dd of_dd_add_d(of_dd a, double b)
{
    const of_dd s = of_two_sum(a.h, b);
    return of_fast_sum(s.h, s.l + a.l);
}

static inline of_dd of_dd_mul(of_dd a, of_dd b)
{
    const of_dd p = of_two_mul(a.h, b.h);
    return of_fast_sum(p.h, p.l + (a.h * b.l + a.l * b.h));
}

static inline of_dd of_dd_mul_d(of_dd a, double b)
{
    const of_dd p = of_two_mul(a.h, b);
    return of_fast_sum(p.h, p.l + a.l * b);
}

/* By a power of two. */
static inline of_dd of_dd_times(of_dd a, double two)
{
    return (of_dd){a.h * two, a.l * two};
}

static inline of_dd of_dd_neg(of_dd a)
{
    return (of_dd){-a.h, -a.l};
}

static inline of_dd of_dd_div(of_dd a, of_dd b)
{
    const double q = a.h / b.h;
    const of_dd r = of_dd_add(a, of_dd_neg(of_dd_mul_d(b, q)));
    const double q2 = r.h / b.h;
    const of_dd r2 = of_dd_add(r, of_dd_neg(of_dd_mul_d(b, q2)));
    const of_dd s = of_fast_sum(q, q2);
    return of_fast_sum(s.h, s.l + r2.h / b.h);
}

static inline of_dd of_dd_sqrt(of_dd a)
{
    double s;
    of_dd r;

    if (a.h <= 0) return (of_dd){0, 0};
    s = sqrt(a.h);
    r = of_dd_add(a, of_dd_neg(of_two_mul(s, s)));
    return of_fast_sum(s, r.h / (2 * s));
}

/* a * 2^k rounded once, to subnormals and infinity too. */
double of_dd_round(of_dd a, int k);

/* exp(x) = result * 2^k, result in about [1, 2); |x| < 2000. */
of_dd of_dd_exp(of_dd x, int *k);
/* exp(x) - 1 with full relative precision; |x| < 80. */
of_dd of_dd_expm1(of_dd x);
/* ln(x) and ln(1 + x) with full relative precision; x > 0, 1 + x > 0. */
of_dd of_dd_log(of_dd x);
of_dd of_dd_log1p(of_dd x);
/* erfc(x) = result * 2^k; x in [0.5, 28). */
of_dd of_dd_erfc(of_dd x, int *k);

/* ---- tables, made by test/kern/make_mathtab.py ---- */
typedef struct of_mt_log {
    double c;
    of_dd log;
} of_mt_log;
typedef struct of_mt_erfcx {
    of_dd a[6];
    double b[13];
} of_mt_erfcx;
#define OF_MT_LOGS 93
#define OF_MT_ERFCXS 46

extern const double of_mt_ln2_128[3];
extern const of_dd of_mt_exp2[128];
extern const double of_mt_ln2[2];
extern const of_mt_log of_mt_logs[OF_MT_LOGS];
extern const double of_mt_pi_64[4];
extern const of_dd of_mt_sin[33];
extern const uint32_t of_mt_64_pi[40];
extern const of_dd of_mt_atan[65];
extern const of_dd of_mt_pi, of_mt_2_sqrtpi, of_mt_sqrt1_2, of_mt_sixth, of_mt_third, of_mt_ln2_dd;
extern const of_dd of_mt_erf_dd[6];
extern const double of_mt_erf[12];
extern const of_mt_erfcx of_mt_erfcxs[OF_MT_ERFCXS];

#endif
