/* The error function: a series near 0, and exp(-x^2) times a table of exp(x^2) erfc(x). */
#include "kern/kern_dd.h"
#include "kern/kern_mathd.h"

/* erf(x) / x for |x| < 0.6 */
static of_dd of_erf_ratio(of_dd x)
{
    const of_dd z = of_dd_mul(x, x);
    double b = of_mt_erf[11];
    of_dd a;

    for (int i = 10; i >= 0; i--) b = b * z.h + of_mt_erf[i];
    a = (of_dd){b, 0};
    for (int i = 5; i >= 0; i--) a = of_dd_add(of_mt_erf_dd[i], of_dd_mul(a, z));
    return a;
}

of_dd of_dd_erfc(of_dd x, int *k)
{
    const uint64_t u = of_bits(x.h);
    const int i = (int)((u >> 49) - ((UINT64_C(1022)) << 3)); /* octave and eighth */
    const of_mt_erfcx *t = &of_mt_erfcxs[i];
    const double up = of_pow2(5 - i / 8); /* one over half a width */
    const double mid = of_from_bits((u >> 49 << 49) | UINT64_C(1) << 48);
    const of_dd d = of_fast_sum((x.h - mid) * up, x.l * up);
    double b = t->b[12];
    of_dd a, q;

    for (int j = 11; j >= 0; j--) b = b * d.h + t->b[j];
    a = (of_dd){b, 0};
    for (int j = 5; j >= 0; j--) a = of_dd_add(t->a[j], of_dd_mul(a, d));
    q = of_dd_mul(x, x);
    return of_dd_mul(a, of_dd_exp(of_dd_neg(q), k));
}

double of_m_erf(double x)
{
    const double a = fabs(x);
    of_dd v;
    int k;

    if (x != x) return OF_NAN;
    if (x == 0) return x;
    if (a < 0x1p-500) /* no square, and perhaps subnormal */
        return of_dd_round(of_dd_mul_d(of_mt_2_sqrtpi, x * 0x1p600), -600);
    if (a > 6) return x > 0 ? 1 : -1;
    if (a < 0.5) return of_dd_round(of_dd_mul_d(of_erf_ratio((of_dd){x, 0}), x), 0);
    v = of_dd_erfc((of_dd){a, 0}, &k);
    v = of_dd_add_d(of_dd_times(of_dd_neg(v), of_pow2(k)), 1.0);
    return of_dd_round(x > 0 ? v : of_dd_neg(v), 0);
}

/* erfc of any x in (-6.5, 28) as v 2^k */
static of_dd of_erfc_any(of_dd x, int *k)
{
    of_dd v;

    *k = 0;
    if (fabs(x.h) < 0.5) return of_dd_add_d(of_dd_neg(of_dd_mul(of_erf_ratio(x), x)), 1.0);
    v = of_dd_erfc(x.h > 0 ? x : of_dd_neg(x), k);
    if (x.h > 0) return v;
    v = of_dd_add_d(of_dd_times(of_dd_neg(v), of_pow2(*k)), 2.0);
    *k = 0;
    return v;
}

double of_m_erfc(double x)
{
    of_dd v;
    int k;

    if (x != x) return OF_NAN;
    if (x > 27.5) return 0;
    if (x < -6.25) return 2;
    if (fabs(x) < 0x1p-60) return 1;
    v = of_erfc_any((of_dd){x, 0}, &k);
    return of_dd_round(v, k);
}

double of_m_gelu(double x)
{
    of_dd v;
    int k;

    if (x != x) return OF_NAN;
    if (x > 8.75) return x;
    if (x < -38.75) return -0.0;
    if (fabs(x) < 0x1p-60) return 0.5 * x;
    v = of_erfc_any(of_dd_neg(of_dd_mul_d(of_mt_sqrt1_2, x)), &k);
    return of_dd_round(of_dd_mul_d(v, x), k - 1);
}
