/* exp and what is made of it. x = n ln2/128 + r; exp(x) = 2^(n/128) (1 + expm1(r)). */
#include "kern/kern_dd.h"
#include "kern/kern_mathd.h"

double of_dd_round(of_dd a, int k)
{
    int e;

    a = of_fast_sum(a.h, a.l);
    if (a.h == 0) return a.h;
    e = (int)(of_bits(a.h) >> 52 & 0x7FF) - 1023;
    if (k < -3000) k = -3000;
    if (k > 3000) k = 3000;
    if (e + k > 1024) return a.h > 0 ? OF_INF : -OF_INF;
    if (e + k >= -1022) {
        /* In two exact steps, as 2^k may be out of range itself. */
        const int k1 = k / 2;
        return a.h * of_pow2(k1) * of_pow2(k - k1);
    }
    if (e + k < -1076) return a.h > 0 ? 0.0 : -0.0;
    {
        /* Subnormal: bring it to an exponent of its own where the unit is 1 and round
         * there. A tie of h alone is broken by l. */
        const int k1 = (k + 1074) / 2;
        const double h = a.h * of_pow2(k1) * of_pow2(k + 1074 - k1);
        const double big = h > 0 ? 4503599627370496.0 : -4503599627370496.0;
        double n = (h + big) - big;
        const double rest = h - n;
        if (rest == 0.5 && a.l > 0) n += 1;
        else if (rest == -0.5 && a.l < 0) n -= 1;
        n = n * of_pow2(-537) * of_pow2(-537);
        return n == 0 ? (a.h > 0 ? 0.0 : -0.0) : n;
    }
}

/* The reduced argument's expm1, and n. */
static of_dd of_exp_reduce(of_dd x, int *n)
{
    const double big = 6755399441055744.0;
    const double f = (x.h * 184.66496523378731 + big) - big;
    of_dd s = of_two_sum(x.h, -f * of_mt_ln2_128[0]), r, q;
    double z, tail;

    r = of_two_sum(s.h, -f * of_mt_ln2_128[1]);
    r = of_two_sum(r.h, r.l + s.l + (x.l - f * of_mt_ln2_128[2]));
    *n = (int)f;
    z = r.h;
    tail = z * z * z *
           (1.0 / 6 + z * (1.0 / 24 + z * (1.0 / 120 + z * (1.0 / 720 + z * (1.0 / 5040)))));
    q = of_two_mul(z, z);
    s = of_fast_sum(z, 0.5 * q.h);
    return of_fast_sum(s.h, s.l + (r.l + (0.5 * q.l + z * r.l) + tail));
}

of_dd of_dd_exp(of_dd x, int *k)
{
    int n, i;
    const of_dd p = of_exp_reduce(x, &n);

    i = n & 127;
    *k = (n - i) / 128;
    return of_dd_add(of_mt_exp2[i], of_dd_mul(of_mt_exp2[i], p));
}

of_dd of_dd_expm1(of_dd x)
{
    int n, i;
    const of_dd p = of_exp_reduce(x, &n);
    of_dd t;

    if (n == 0) return p;
    i = n & 127;
    t = of_dd_times(of_mt_exp2[i], of_pow2((n - i) / 128));
    return of_dd_add(of_dd_add_d(t, -1.0), of_dd_mul(t, p));
}

static of_dd of_dd_of(double x)
{
    return (of_dd){x, 0};
}

double of_m_exp(double x)
{
    int k;
    of_dd e;

    if (x != x) return OF_NAN;
    if (x > 710) return OF_INF;
    if (x < -750) return 0;
    e = of_dd_exp(of_dd_of(x), &k);
    return of_dd_round(e, k);
}

double of_m_expm1(double x)
{
    if (x != x) return OF_NAN;
    if (fabs(x) < 0x1p-54) return x;
    if (x > 75) return of_m_exp(x);
    if (x < -75) return -1;
    return of_dd_round(of_dd_expm1(of_dd_of(x)), 0);
}

double of_m_sinh(double x)
{
    const double a = fabs(x);
    of_dd e, s;
    int k;

    if (x != x) return OF_NAN;
    if (a < 0x1p-28) return x;
    if (a > 711) return x > 0 ? OF_INF : -OF_INF;
    if (a > 40) {
        s = of_dd_exp(of_dd_of(a), &k);
        k--;
    } else { /* (e + e / (1 + e)) / 2 */
        e = of_dd_expm1(of_dd_of(a));
        s = of_dd_add(e, of_dd_div(e, of_dd_add_d(e, 1.0)));
        k = -1;
    }
    return of_dd_round(x > 0 ? s : of_dd_neg(s), k);
}

double of_m_cosh(double x)
{
    const double a = fabs(x);
    of_dd e;
    int k;

    if (x != x) return OF_NAN;
    if (a > 711) return OF_INF;
    e = of_dd_exp(of_dd_of(a), &k);
    if (a > 40) return of_dd_round(e, k - 1);
    e = of_dd_times(e, of_pow2(k));
    return of_dd_round(of_dd_add(e, of_dd_div(of_dd_of(1), e)), -1);
}

double of_m_tanh(double x)
{
    of_dd e;

    if (x != x) return OF_NAN;
    if (fabs(x) < 0x1p-28) return x;
    if (fabs(x) > 20) return x > 0 ? 1 : -1;
    e = of_dd_expm1(of_dd_of(2 * fabs(x)));
    e = of_dd_div(e, of_dd_add_d(e, 2.0));
    return of_dd_round(x > 0 ? e : of_dd_neg(e), 0);
}

double of_m_sigmoid(double x)
{
    of_dd e;
    int k;

    if (x != x) return OF_NAN;
    if (x > 50) return 1;
    if (x < -50) return of_m_exp(x); /* 1 + exp(x) is 1 to 72 bits */
    e = of_dd_exp(of_dd_of(-x), &k);
    e = of_dd_times(e, of_pow2(k));
    return of_dd_round(of_dd_div(of_dd_of(1), of_dd_add_d(e, 1.0)), 0);
}

double of_m_softplus(double x)
{
    of_dd e;
    int k;

    if (x != x) return OF_NAN;
    if (x > 50) return x;
    if (x < -50) return of_m_exp(x);
    e = of_dd_exp(of_dd_of(-fabs(x)), &k);
    e = of_dd_log1p(of_dd_times(e, of_pow2(k)));
    return of_dd_round(x > 0 ? of_dd_add_d(e, x) : e, 0);
}

double of_m_mish(double x)
{
    of_dd e, n;
    int k;

    if (x != x) return OF_NAN;
    if (x > 50) return x;
    if (x < -800) return x < -0x1.fffffffffffffp+1023 ? OF_NAN : -0.0; /* -inf * 0 */
    if (fabs(x) < 0x1p-1000) return 0.6 * x; /* tanh(ln 2) */
    /* tanh(ln(1 + e)) = (e^2 + 2 e) / (e^2 + 2 e + 2), e^2 negligible where it is not exact */
    e = of_dd_exp(of_dd_of(x), &k);
    if (x < -50) return of_dd_round(of_dd_mul_d(e, x), k);
    e = of_dd_times(e, of_pow2(k));
    n = of_dd_mul(e, of_dd_add_d(e, 2.0));
    return of_dd_round(of_dd_mul_d(of_dd_div(n, of_dd_add_d(n, 2.0)), x), 0);
}
