/* Numbers as decimal text and back, exactly rounded, without the C library's locale.
 *
 * A number is held as its decimal digits; multiplying and dividing those by powers of two
 * is long arithmetic on them, and everything else is looking at digits. */
#include <string.h>

#include "ops/op_cast.h"

/* ---- digits ---- */

#define OF_DEC_SHIFT 59 /* 9 * 2^59 and its carry fit 63 bits */

static void of_dec_trim(of_dec *x)
{
    while (x->n > 0 && x->d[x->n - 1] == 0) x->n--;
    if (x->n == 0) x->point = 0;
}

/* x *= 2^k, k <= OF_DEC_SHIFT */
static void of_dec_shl(of_dec *x, int k)
{
    uint64_t carry = 0;
    uint8_t front[20];
    int32_t m = 0, keep;

    for (int32_t i = x->n - 1; i >= 0; i--) {
        uint64_t acc = ((uint64_t)x->d[i] << k) + carry;
        x->d[i] = (uint8_t)(acc % 10);
        carry = acc / 10;
    }
    for (; carry; carry /= 10) front[m++] = (uint8_t)(carry % 10);
    keep = x->n <= OF_DEC_DIGITS - m ? x->n : OF_DEC_DIGITS - m;
    for (int32_t i = keep; i < x->n; i++) x->more |= x->d[i] != 0;
    memmove(x->d + m, x->d, (size_t)keep);
    for (int32_t i = 0; i < m; i++) x->d[i] = front[m - 1 - i];
    x->n = keep + m;
    x->point += m;
    of_dec_trim(x);
}

/* x /= 2^k, k <= OF_DEC_SHIFT */
static void of_dec_shr(of_dec *x, int k)
{
    uint64_t acc = 0, mask = ((uint64_t)1 << k) - 1;
    int32_t r = 0, w = 0;

    /* whole digits of the quotient begin once acc has k bits */
    for (; (acc >> k) == 0; r++) {
        if (r < x->n) acc = acc * 10 + x->d[r];
        else if (acc == 0) break;
        else acc *= 10;
    }
    if (acc == 0) {
        x->n = 0;
        x->point = 0;
        return;
    }
    x->point -= r - 1;
    for (; r < x->n; r++) {
        x->d[w++] = (uint8_t)(acc >> k);
        acc = (acc & mask) * 10 + x->d[r];
    }
    for (; acc; acc = (acc & mask) * 10) {
        if (w < OF_DEC_DIGITS) x->d[w++] = (uint8_t)(acc >> k);
        else if (acc >> k) x->more = true;
    }
    x->n = w;
    of_dec_trim(x);
}

static void of_dec_shift(of_dec *x, int k) /* x *= 2^k */
{
    for (; k > OF_DEC_SHIFT; k -= OF_DEC_SHIFT) of_dec_shl(x, OF_DEC_SHIFT);
    for (; k < -OF_DEC_SHIFT; k += OF_DEC_SHIFT) of_dec_shr(x, OF_DEC_SHIFT);
    if (k > 0) of_dec_shl(x, k);
    if (k < 0) of_dec_shr(x, -k);
}

/* The integer part, below 2^63; *frac: -1 below a half, 0 a half, 1 above, and *exact. */
static uint64_t of_dec_int(const of_dec *x, int *frac, bool *exact)
{
    uint64_t v = 0;
    int32_t i = 0;

    for (; i < x->point; i++) v = v * 10 + (i < x->n ? x->d[i] : 0);
    *exact = i >= x->n && !x->more;
    *frac = -1;
    if (x->point >= 0 && i < x->n) {
        if (x->d[i] > 5 || (x->d[i] == 5 && (i + 1 < x->n || x->more))) *frac = 1;
        else if (x->d[i] == 5) *frac = 0;
    }
    return v;
}

static double of_double_bits(uint64_t u)
{
    double d;

    memcpy(&d, &u, sizeof d);
    return d;
}

/* Positive digits to double; x is used up. odd: cut, last bit 1 unless exact. */
static double of_dec_to_double(of_dec *x, bool odd)
{
    static const uint8_t bits_of[18] = {0, 3, 6, 9, 13, 16, 19, 23, 26, 29, 33, 36, 39, 43, 46, 49, 53, 56};
    int exp = 0, k, frac;
    bool exact;
    uint64_t m;

    if (x->n == 0) return 0.0;
    if (x->point > 310) return odd ? of_double_bits(0x7FEFFFFFFFFFFFFFu) : of_double_bits(0x7FF0000000000000u);
    if (x->point < -340) return odd ? of_double_bits(1) : 0.0;
    /* into [1/2, 1) */
    while (x->point > 0) {
        k = x->point >= 18 ? 56 : bits_of[x->point];
        if (k == 0) k = 1;
        of_dec_shr(x, k);
        exp += k;
    }
    while (x->point < 0 || x->d[0] < 5) {
        k = -x->point >= 18 ? 56 : bits_of[-x->point];
        if (k == 0) k = 1;
        of_dec_shl(x, k);
        exp -= k;
    }
    /* value = x * 2^exp; 53 bits, fewer below the normal range */
    k = exp < -1021 ? 53 - (-1021 - exp) : 53;
    of_dec_shift(x, k);
    m = of_dec_int(x, &frac, &exact);
    if (odd) m |= !exact;
    else if (frac > 0 || (frac == 0 && (m & 1))) m++;
    if (m == 0) return 0.0;
    if (exp < -1021) return of_double_bits(m); /* m up to 2^52: the carry makes a normal number */
    if (m >> 53) { /* rounded up to the next power of two */
        m >>= 1;
        exp++;
    }
    if (exp > 1024) return odd ? of_double_bits(0x7FEFFFFFFFFFFFFFu) : of_double_bits(0x7FF0000000000000u);
    return of_double_bits((m & 0xFFFFFFFFFFFFFu) | (uint64_t)(exp + 1022) << 52);
}

/* Positive finite double to its exact digits. */
static void of_dec_from_double(of_dec *x, double v)
{
    uint64_t u, m;
    int exp;
    uint8_t rev[20];
    int32_t n = 0;

    memcpy(&u, &v, sizeof u);
    exp = (int)(u >> 52 & 0x7FF);
    m = u & 0xFFFFFFFFFFFFFu;
    if (exp) m |= (uint64_t)1 << 52;
    else exp = 1;
    x->more = false;
    for (; m; m /= 10) rev[n++] = (uint8_t)(m % 10);
    x->n = x->point = n;
    for (int32_t i = 0; i < n; i++) x->d[i] = rev[n - 1 - i];
    of_dec_trim(x);
    of_dec_shift(x, exp - 1075);
}

/* ---- reading ---- */

static bool of_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static of_str of_trim_text(of_str s)
{
    while (s.n && of_is_space(s.p[0])) s.p++, s.n--;
    while (s.n && of_is_space(s.p[s.n - 1])) s.n--;
    return s;
}

static bool of_text_is(const char *p, size_t n, const char *lower)
{
    size_t i = 0;

    for (; i < n && lower[i]; i++)
        if ((p[i] | 0x20) != lower[i]) return false;
    return i == n && !lower[i];
}

static bool of_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool of_text_to_float(of_str s, of_dec *x, double *odd, double *nearest)
{
    of_str t = of_trim_text(s);
    const char *p = t.p, *end = t.p + t.n;
    bool negative = false, any = false, point = false, enegative = false;
    int32_t scale = 0, e = 0, cap = 100000;
    of_dec *y = x + 1;

    if (t.n == 0) return false;
    if (*p == '+' || *p == '-') negative = *p++ == '-';
    if (of_text_is(p, (size_t)(end - p), "inf") || of_text_is(p, (size_t)(end - p), "infinity")) {
        *odd = *nearest = of_double_bits(negative ? 0xFFF0000000000000u : 0x7FF0000000000000u);
        return true;
    }
    if (of_text_is(p, (size_t)(end - p), "nan")) {
        *odd = *nearest = of_double_bits(0x7FF8000000000000u);
        return true;
    }
    x->n = x->point = 0;
    x->more = false;
    for (; p < end && (of_is_digit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        if (x->n == 0 && *p == '0') { /* leading zeros say where the point is */
            if (point && scale > -cap) scale--;
            continue;
        }
        if (!point && scale < cap) scale++;
        if (x->n < OF_DEC_DIGITS) x->d[x->n++] = (uint8_t)(*p - '0');
        else if (*p != '0') x->more = true;
    }
    if (!any) return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-')) enegative = *p++ == '-';
        if (p == end || !of_is_digit(*p)) return false;
        for (; p < end && of_is_digit(*p); p++)
            if (e < cap) e = e * 10 + (*p - '0');
    }
    if (p != end) return false;
    x->point = scale + (enegative ? -e : e);
    of_dec_trim(x);
    memcpy(y, x, sizeof *y);
    *odd = of_dec_to_double(x, true);
    *nearest = of_dec_to_double(y, false);
    if (negative) {
        *odd = -*odd;
        *nearest = -*nearest;
    }
    return true;
}

bool of_text_to_int(of_str s, bool *negative, uint64_t *magnitude)
{
    of_str t = of_trim_text(s);
    const char *p = t.p, *end = t.p + t.n;
    uint64_t v = 0;

    *negative = false;
    if (t.n == 0) return false;
    if (*p == '+' || *p == '-') *negative = *p++ == '-';
    if (p == end) return false;
    for (; p < end; p++) {
        if (!of_is_digit(*p)) return false;
        if (!of_mul_u64(v, 10, &v) || !of_add_u64(v, (uint64_t)(*p - '0'), &v)) return false;
    }
    *magnitude = v;
    return true;
}

/* ---- writing ---- */

size_t of_int_to_text(bool negative, uint64_t v, char *text)
{
    char rev[20];
    size_t n = 0, k = 0;

    do rev[n++] = (char)('0' + v % 10);
    while (v /= 10);
    if (negative) text[k++] = '-';
    while (n) text[k++] = rev[--n];
    return k;
}

/* y = the first p digits of x, and one more in the last place when up. */
static void of_dec_prefix(const of_dec *x, int32_t p, bool up, of_dec *y)
{
    y->n = x->n < p ? x->n : p;
    y->point = x->point;
    y->more = false;
    memcpy(y->d, x->d, (size_t)y->n);
    if (up && x->n > p) {
        while (y->n > 0 && y->d[y->n - 1] == 9) y->n--;
        if (y->n > 0) y->d[y->n - 1]++;
        else {
            y->d[0] = 1;
            y->n = 1;
            y->point++;
        }
    }
    of_dec_trim(y);
}

/* Whether x rounds up to p digits, p >= 1: to nearest, ties to an even digit. */
static bool of_dec_rounds_up(const of_dec *x, int32_t p)
{
    if (p >= x->n) return false;
    if (x->d[p] != 5 || p + 1 < x->n) return x->d[p] >= 5;
    return x->d[p - 1] & 1;
}

/* Does the candidate read back as v? y is used up. */
static bool of_dec_reads_as(of_dec *y, bool wide, double v)
{
    double r = of_dec_to_double(y, !wide);

    return wide ? r == v : (float)r == (float)v;
}

/* The shortest digits that read back, the nearest of these: into y. x holds the exact ones. */
static void of_dec_shortest(const of_dec *x, bool wide, double v, of_dec *y)
{
    int32_t lo = 1, hi = 17;
    bool up, good;

    while (lo <= hi) {
        int32_t p = lo + (hi - lo) / 2;
        good = false;
        for (int k = 0; k < 2 && !good; k++) {
            up = of_dec_rounds_up(x, p) == (k == 0);
            of_dec_prefix(x, p, up, y);
            good = of_dec_reads_as(y, wide, v);
        }
        if (good) hi = p - 1;
        else lo = p + 1;
    }
    up = of_dec_rounds_up(x, lo);
    of_dec_prefix(x, lo, up, y);
    if (of_dec_reads_as(y, wide, v)) of_dec_prefix(x, lo, up, y);
    else of_dec_prefix(x, lo, !up, y);
}

/* Plain from 0.0001 up to 16 digits before the point, else scientific. */
static size_t of_dec_text(const of_dec *y, char *text)
{
    size_t k = 0;
    int32_t e = y->point - 1;

    if (y->n == 0) {
        memcpy(text, "0.0", 3);
        return 3;
    }
    if (e < -4 || e >= 16) {
        text[k++] = (char)('0' + y->d[0]);
        if (y->n > 1) text[k++] = '.';
        for (int32_t i = 1; i < y->n; i++) text[k++] = (char)('0' + y->d[i]);
        text[k++] = 'e';
        text[k++] = e < 0 ? '-' : '+';
        if (e < 0) e = -e;
        if (e < 10) text[k++] = '0';
        return k + of_int_to_text(false, (uint64_t)e, text + k);
    }
    if (y->point <= 0) {
        text[k++] = '0';
        text[k++] = '.';
        for (int32_t i = y->point; i < 0; i++) text[k++] = '0';
        for (int32_t i = 0; i < y->n; i++) text[k++] = (char)('0' + y->d[i]);
        return k;
    }
    for (int32_t i = 0; i < y->point || i <= y->n; i++) {
        if (i == y->point) text[k++] = '.';
        if (i < y->n) text[k++] = (char)('0' + y->d[i]);
        else if (i < y->point) text[k++] = '0';
    }
    if (y->n <= y->point) {
        if (text[k - 1] != '.') text[k++] = '.';
        text[k++] = '0';
    }
    return k;
}

size_t of_float_to_text(bool wide, double v, char *text, of_dec *scratch)
{
    uint64_t u;
    size_t k = 0;

    memcpy(&u, &v, sizeof u);
    if (v != v) {
        memcpy(text, "NaN", 3);
        return 3;
    }
    if (u >> 63) {
        text[k++] = '-';
        v = -v;
    }
    if ((u & 0x7FFFFFFFFFFFFFFFu) == 0x7FF0000000000000u) {
        memcpy(text + k, "INF", 3);
        return k + 3;
    }
    of_dec_from_double(scratch, v);
    if (scratch->n == 0) scratch[1] = scratch[0];
    else of_dec_shortest(scratch, wide, v, scratch + 1);
    return k + of_dec_text(scratch + 1, text + k);
}
