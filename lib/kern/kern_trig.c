/* sin, cos, tan: x = n pi/64 + r with all of pi's bits that the exponent reaches, then
 * the addition theorem with a table of sin(i pi/64). Inverse: a table of atan(i/64). */
#include "kern/kern_dd.h"
#include "kern/kern_mathd.h"

/* The fraction of x 64/pi for |x| >= 2^17, in fixed point: x = m 2^e with a whole m; of
 * the words of 64/pi only those count whose product with m 2^e has bits below 128. */
static of_dd of_reduce_huge(double x, int *n)
{
    const uint64_t u = of_bits(x), m = (u & UINT64_C(0xFFFFFFFFFFFFF)) | UINT64_C(1) << 52;
    const int e = (int)(u >> 52 & 0x7FF) - 1075;
    const int first = e > 0 ? e / 32 : 0; /* multiples of 2^(32 first) stay whole below */
    const uint32_t ml = (uint32_t)m, mh = (uint32_t)(m >> 32);
    uint32_t w[12] = {0}; /* product, w[0] the lowest word; 2 + 9 words and a carry */
    uint64_t carry;
    int shift, whole, neg;
    double s[3];
    of_dd r;

    /* word i of the constant has weight 2^(-32 i); take words first - 1 ... first + 7, or
     * from 0 on. */
    const int from = first > 0 ? first - 1 : 0, words = 9;
    for (int part = 0; part < 2; part++) {
        const uint64_t mm = part ? mh : ml;
        carry = 0;
        for (int i = 0; i < words; i++) {
            const uint64_t p = mm * of_mt_64_pi[from + words - 1 - i] + w[i + part] + carry;
            w[i + part] = (uint32_t)p;
            carry = p >> 32;
        }
        w[words + part] = (uint32_t)(w[words + part] + carry);
    }
    /* The value is w 2^(e - 32 (from + words - 1)); the point stands `shift` bits up. */
    shift = 32 * (from + words - 1) - e;
    /* Whole part modulo 128 and 192 bits of the fraction from there down. */
    whole = 0;
    for (int b = 0; b < 7; b++) {
        const int at = shift + b;
        if (at < 32 * 12) whole |= (int)(w[at / 32] >> (at % 32) & 1) << b;
    }
    {
        uint32_t f[7]; /* f[0] the highest */
        for (int i = 0; i < 7; i++) {
            const int at = shift - 32 * (i + 1);
            const int q = at >= 0 ? at / 32 : -1, bit = at >= 0 ? at % 32 : 0;
            f[i] = q < 0 ? 0 : w[q] >> bit | (bit ? w[q + 1] << (32 - bit) : 0);
        }
        neg = f[0] >> 31 != 0; /* from half on: the next multiple, and what is short of it */
        if (neg) {
            whole++;
            carry = 1;
            for (int i = 6; i >= 0; i--) {
                carry += (uint32_t)~f[i];
                f[i] = (uint32_t)carry;
                carry >>= 32;
            }
        }
        /* Words of 32 bits are exact in doubles; sum from below. */
        s[0] = (double)f[0] * 0x1p-32;
        r = of_fast_sum(s[0], (double)f[1] * 0x1p-64);
        s[1] = r.l;
        r = of_two_sum(r.h, (double)f[2] * 0x1p-96);
        s[1] += r.l;
        {
            const of_dd low = of_fast_sum((double)f[3] * 0x1p-128, (double)f[4] * 0x1p-160);
            const of_dd t = of_two_sum(r.h, s[1]);
            s[2] = low.l + ((double)f[5] * 0x1p-192 + (double)f[6] * 0x1p-224);
            r = of_dd_add(t, of_fast_sum(low.h, s[2]));
        }
    }
    {
        const of_dd step = of_fast_sum(of_mt_pi.h * 0x1p-6, of_mt_pi.l * 0x1p-6);
        r = of_dd_mul(r, step);
    }
    if (neg) r = of_dd_neg(r);
    if (u >> 63) {
        r = of_dd_neg(r);
        whole = -whole;
    }
    *n = whole & 127;
    return r;
}

/* x = n pi/64 + r, n modulo 128. */
static of_dd of_reduce(double x, int *n)
{
    const double big = 6755399441055744.0;
    double f;
    of_dd a, b, c;

    if (fabs(x) >= 0x1p17) return of_reduce_huge(x, n);
    f = (x * 20.371832715762604 + big) - big;
    *n = (int)f & 127;
    /* f has 22 bits, the parts 30: the products are exact. */
    a = of_two_sum(x, -f * of_mt_pi_64[0]);
    b = of_two_sum(a.h, -f * of_mt_pi_64[1]);
    c = of_two_sum(b.h, -f * of_mt_pi_64[2]);
    a = of_two_sum(a.l, b.l);
    b = of_two_sum(c.l, -f * of_mt_pi_64[3]);
    a = of_dd_add(a, b);
    return of_dd_add(a, (of_dd){c.h, 0});
}

static of_dd of_table_sin(int i)
{
    i &= 127;
    if (i <= 32) return of_mt_sin[i];
    if (i <= 64) return of_mt_sin[64 - i];
    if (i <= 96) return of_dd_neg(of_mt_sin[i - 64]);
    return of_dd_neg(of_mt_sin[128 - i]);
}

/* sin(n pi/64 + r) from sin(r) and cos(r) - 1 */
static of_dd of_sin_at(int n, of_dd sr, of_dd cr1)
{
    const of_dd s = of_table_sin(n), c = of_table_sin(n + 32);
    return of_dd_add(s, of_dd_add(of_dd_mul(c, sr), of_dd_mul(s, cr1)));
}

static void of_sincos_small(of_dd r, of_dd *sr, of_dd *cr1)
{
    const double z = r.h, z2 = z * z;
    const double st =
        z * z2 * z2 *
        (1.0 / 120 + z2 * (-1.0 / 5040 + z2 * (1.0 / 362880 - z2 * (1.0 / 39916800))));
    const double ct =
        z2 * z2 * (1.0 / 24 + z2 * (-1.0 / 720 + z2 * (1.0 / 40320 - z2 * (1.0 / 3628800))));
    const of_dd r2 = of_dd_mul(r, r);
    of_dd r3 = of_dd_mul(of_dd_mul(r2, r), of_mt_sixth);

    r3.l -= st;
    *sr = of_dd_add(r, of_dd_neg(r3));
    *cr1 = of_fast_sum(-0.5 * r2.h, -0.5 * r2.l + ct);
}

double of_m_sin(double x)
{
    of_dd s, c;
    int n;

    if (x - x != 0) return OF_NAN;
    if (fabs(x) < 0x1p-27) return x;
    s = of_reduce(x, &n);
    of_sincos_small(s, &s, &c);
    return of_dd_round(of_sin_at(n, s, c), 0);
}

double of_m_cos(double x)
{
    of_dd s, c;
    int n;

    if (x - x != 0) return OF_NAN;
    if (fabs(x) < 0x1p-27) return 1;
    s = of_reduce(x, &n);
    of_sincos_small(s, &s, &c);
    return of_dd_round(of_sin_at(n + 32, s, c), 0);
}

double of_m_tan(double x)
{
    of_dd s, c;
    int n;

    if (x - x != 0) return OF_NAN;
    if (fabs(x) < 0x1p-28) return x;
    s = of_reduce(x, &n);
    of_sincos_small(s, &s, &c);
    return of_dd_round(of_dd_div(of_sin_at(n, s, c), of_sin_at(n + 32, s, c)), 0);
}

/* ---- inverse ---- */

/* The angle of (x, y) in the first quadrant; not both 0, neither huge nor tiny. */
static of_dd of_angle(of_dd y, of_dd x)
{
    const int flip = y.h > x.h;
    of_dd t, t3, num = y, den = x;
    double z, z2, c;
    int i;

    if (flip) {
        num = x;
        den = y;
    }
    i = (int)(num.h / den.h * 64 + 0.5);
    if (i) { /* tan(a - b) */
        c = i / 64.0;
        t = of_dd_add(num, of_dd_neg(of_dd_mul_d(den, c)));
        den = of_dd_add(den, of_dd_mul_d(num, c));
        num = t;
    }
    t = of_dd_div(num, den);
    z = t.h;
    z2 = z * z;
    t3 = of_dd_mul(of_dd_mul(of_dd_mul(t, t), t), of_mt_third);
    t3.l -= z * z2 * z2 * (1.0 / 5 + z2 * (-1.0 / 7 + z2 * (1.0 / 9 - z2 * (1.0 / 11))));
    t = of_dd_add(t, of_dd_neg(t3));
    if (i) t = of_dd_add(of_mt_atan[i], t);
    if (flip) t = of_dd_add(of_dd_times(of_mt_pi, 0.5), of_dd_neg(t));
    return t;
}

/* sqrt(1 - x^2) */
static of_dd of_other_leg(double x)
{
    return of_dd_sqrt(of_dd_mul(of_two_sum(1, -x), of_two_sum(1, x)));
}

double of_m_atan(double x)
{
    const double a = fabs(x);
    of_dd v;

    if (x != x) return OF_NAN;
    if (a < 0x1p-28) return x;
    if (a > 0x1p60) v = of_fast_sum(of_mt_pi.h * 0.5, of_mt_pi.l * 0.5 - 1 / a);
    else v = of_angle((of_dd){a, 0}, (of_dd){1, 0});
    return of_dd_round(x > 0 ? v : of_dd_neg(v), 0);
}

double of_m_asin(double x)
{
    const double a = fabs(x);
    of_dd v;

    if (x != x || a > 1) return OF_NAN;
    if (a < 0x1p-28) return x;
    v = of_angle((of_dd){a, 0}, of_other_leg(a));
    return of_dd_round(x > 0 ? v : of_dd_neg(v), 0);
}

double of_m_acos(double x)
{
    const double a = fabs(x);
    of_dd v;

    if (x != x || a > 1) return OF_NAN;
    if (a < 0x1p-60) return of_mt_pi.h * 0.5;
    v = of_angle(of_other_leg(a), (of_dd){a, 0});
    if (x < 0) v = of_dd_add(of_mt_pi, of_dd_neg(v));
    return of_dd_round(v, 0);
}
