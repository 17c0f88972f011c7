/* ln and what is made of it. x = 2^k m; c is a short number near 1/m, so that
 * r = m c - 1 is exact as a sum of two doubles: ln(x) = k ln2 - ln(c) + ln(1 + r). */
#include "kern/kern_dd.h"
#include "kern/kern_mathd.h"

static of_dd of_log1p_small(of_dd r)
{
    const double z = r.h;
    const double tail =
        z * z * z * z *
        (-1.0 / 4 +
         z * (1.0 / 5 +
              z * (-1.0 / 6 + z * (1.0 / 7 + z * (-1.0 / 8 + z * (1.0 / 9 - z * (1.0 / 10)))))));
    of_dd r2 = of_two_mul(z, z), r3, s;

    r2.l += 2 * z * r.l;
    r3 = of_dd_mul(of_dd_mul_d(r2, z), of_mt_third);
    s = of_fast_sum(z, -0.5 * r2.h);
    s.l += r.l - 0.5 * r2.l;
    s = of_fast_sum(s.h, s.l);
    r3.l += tail;
    return of_dd_add(s, r3);
}

of_dd of_dd_log(of_dd x)
{
    int k = 0, j;
    uint64_t u = of_bits(x.h);
    of_dd r, sum;
    double m, l;

    if (u >> 52 == 0) { /* subnormal */
        x = of_dd_times(x, 0x1p54);
        u = of_bits(x.h);
        k = -54;
    }
    j = (int)(u >> 52) - 1023;
    m = of_from_bits((u & (UINT64_C(0xFFFFFFFFFFFFF))) | UINT64_C(1023) << 52);
    if (m > 1.4140625) {
        m *= 0.5;
        j++;
    }
    l = x.l * of_pow2(-(j / 2)) * of_pow2(-(j - j / 2));
    k += j;
    j = (int)(m * 128 + 0.5) - 90;
    r = of_two_mul(m, of_mt_logs[j].c);
    r = of_two_sum(r.h - 1, r.l + l * of_mt_logs[j].c);
    r = of_log1p_small(r);
    sum = of_two_sum(k * of_mt_ln2[0], of_mt_logs[j].log.h);
    sum.l += k * of_mt_ln2[1] + of_mt_logs[j].log.l;
    return of_dd_add(of_fast_sum(sum.h, sum.l), r);
}

of_dd of_dd_log1p(of_dd x)
{
    if (fabs(x.h) < 0x1p-8) return of_log1p_small(x);
    return of_dd_log(of_dd_add_d(x, 1.0));
}

double of_m_log(double x)
{
    if (x != x || x < 0) return OF_NAN;
    if (x == 0) return -OF_INF;
    if (x == OF_INF) return x;
    return of_dd_round(of_dd_log((of_dd){x, 0}), 0);
}

double of_m_log1p(double x)
{
    if (x != x || x < -1) return OF_NAN;
    if (x == -1) return -OF_INF;
    if (x == OF_INF || fabs(x) < 0x1p-54) return x;
    return of_dd_round(of_dd_log1p((of_dd){x, 0}), 0);
}

double of_m_asinh(double x)
{
    const double a = fabs(x);
    of_dd s, v;

    if (x != x) return OF_NAN;
    if (a < 0x1p-28 || a == OF_INF) return x;
    if (a > 0x1p30) {
        v = of_dd_add_d(of_dd_add(of_dd_log((of_dd){a, 0}), of_mt_ln2_dd), 0.25 / a / a);
    } else { /* ln(1 + a + a^2 / (1 + sqrt(1 + a^2))) */
        s = of_two_mul(a, a);
        v = of_dd_div(s, of_dd_add_d(of_dd_sqrt(of_dd_add_d(s, 1.0)), 1.0));
        v = of_dd_log1p(of_dd_add_d(v, a));
    }
    return of_dd_round(x > 0 ? v : of_dd_neg(v), 0);
}

double of_m_acosh(double x)
{
    of_dd t, v;

    if (x != x || x < 1) return OF_NAN;
    if (x == OF_INF) return x;
    if (x > 0x1p30) {
        v = of_dd_add_d(of_dd_add(of_dd_log((of_dd){x, 0}), of_mt_ln2_dd), -0.25 / x / x);
    } else { /* t = x - 1: ln(1 + t + sqrt(t (t + 2))) */
        t = of_two_sum(x, -1.0);
        v = of_dd_sqrt(of_dd_mul(t, of_dd_add_d(t, 2.0)));
        v = of_dd_log1p(of_dd_add(t, v));
    }
    return of_dd_round(v, 0);
}

double of_m_atanh(double x)
{
    const double a = fabs(x);
    of_dd v;

    if (x != x || a > 1) return OF_NAN;
    if (a == 1) return x > 0 ? OF_INF : -OF_INF;
    if (a < 0x1p-28) return x;
    v = of_dd_log1p(of_dd_div((of_dd){2 * a, 0}, of_two_sum(1.0, -a)));
    return of_dd_round(x > 0 ? v : of_dd_neg(v), -1);
}

/* ---- powers ---- */

/* 0: y is no integer, 1: odd, 2: even. */
static int of_parity(double y)
{
    const double a = fabs(y);

    if (a >= 0x1p53) return 2;
    if (a < 1 || floor(a) != a) return a == 0 ? 2 : 0;
    return (uint64_t)a & 1 ? 1 : 2;
}

/* m^n for a whole n in [2, 32]: exact where the result has 106 bits, so that ties round
 * to even. */
static double of_pow_whole(double x, int n, double sign)
{
    int e = 0;
    uint64_t u = of_bits(x);
    of_dd p;
    double m;

    if (u >> 52 == 0) {
        u = of_bits(x * 0x1p54);
        e = -54;
    }
    e += (int)(u >> 52) - 1023;
    m = of_from_bits((u & (UINT64_C(0xFFFFFFFFFFFFF))) | UINT64_C(1023) << 52);
    p = (of_dd){m, 0};
    for (int i = 1; i < n; i++) p = of_dd_mul_d(p, m);
    return sign * of_dd_round(p, e * n);
}

/* x = 2^k */
static int of_log2_whole(double x, int *k)
{
    uint64_t u = of_bits(x);

    *k = 0;
    if (u >> 52 == 0) {
        u = of_bits(x * 0x1p54);
        *k = -54;
    }
    *k += (int)(u >> 52) - 1023;
    return u << 12 == 0;
}

double of_m_pow(double x, double y)
{
    const int whole = of_parity(y);
    const double a = fabs(x);
    double sign = 1, t;
    of_dd l;
    int k;

    if (y == 0 || x == 1) return 1;
    if (x != x || y != y) return OF_NAN;
    if (fabs(y) == OF_INF) return a == 1 ? 1 : (a > 1) == (y > 0) ? OF_INF : 0;
    if (x < 0 || (x == 0 && of_bits(x) >> 63)) {
        if (whole == 0 && x != 0 && a != OF_INF) return OF_NAN;
        if (whole == 1) sign = -1;
    }
    if (a == 0 || a == OF_INF) return sign * ((a == 0) == (y > 0) ? 0 : OF_INF);
    if (a == 1) return sign;
    if (y == 1) return x;
    if (y >= 2 && y <= 32 && whole) return of_pow_whole(a, (int)y, sign);
    l = of_dd_log((of_dd){a, 0});
    t = l.h * y;
    if (fabs(t) < 800 && of_log2_whole(a, &k) && floor(k * y) == k * y)
        return sign *
               of_dd_round((of_dd){1, 0}, (int)(k * y)); /* half the smallest number is a tie */
    if (t > 710) return sign * OF_INF;
    if (t < -750) return sign * 0.0;
    if (fabs(t) < 0x1p-60) return sign * (1 + t);
    l = of_dd_mul_d(l, y);
    l = of_dd_exp(l, &k);
    return sign * of_dd_round(l, k);
}
