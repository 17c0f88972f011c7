/* The small floats, in integers without branches: every loop here vectorizes. */
#include "kern/kern_small.h"

#include "kern/kern_small_half.h"

#include <math.h>
#include <string.h>

#if defined(__F16C__)
#include <immintrin.h>
#endif

static inline uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static inline float float_of(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

/* a where c holds, else b; both are there, so that vectors blend them. */
static inline uint32_t pick(bool c, uint32_t a, uint32_t b)
{
    return c ? a : b;
}

/* ---- 16 bits. The instructions for float16 quiet a NaN and keep the top of its payload, as
 * the integers do. ---- */

static void f16_to_f32(float *restrict d, const uint16_t *restrict s, size_t n)
{
    size_t i = 0;

#if defined(__AVX512F__)
    for (; i + 16 <= n; i += 16)
        _mm512_storeu_ps(d + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)(s + i))));
#elif defined(__F16C__)
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(d + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(s + i))));
#endif
    for (; i < n; i++) d[i] = of_f16_value(s[i]);
}

static void bf16_to_f32(float *restrict d, const uint16_t *restrict s, size_t n)
{
    for (size_t i = 0; i < n; i++) d[i] = float_of((uint32_t)s[i] << 16);
}

static void f32_to_f16(uint16_t *restrict d, const float *restrict s, size_t n)
{
    size_t i = 0;

#if defined(__AVX512F__)
    for (; i + 16 <= n; i += 16)
        _mm256_storeu_si256((__m256i *)(void *)(d + i), _mm512_cvtps_ph(_mm512_loadu_ps(s + i), 0));
#elif defined(__F16C__)
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((__m128i *)(void *)(d + i), _mm256_cvtps_ph(_mm256_loadu_ps(s + i), 0));
#endif
    for (; i < n; i++) {
        const uint32_t u = bits_of(s[i]), sign = u >> 16 & 0x8000, a = u & 0x7FFFFFFF;
        const uint32_t normal = (a - (112u << 23) + 0xFFF + (a >> 13 & 1)) >> 13;
        const uint32_t small = bits_of(float_of(a) + 0.5f) - 0x3F000000u;
        const uint32_t nan = 0x7E00 | (a >> 13 & 0x3FF);
        uint32_t r = pick(a < 0x38800000u, small, pick(a < 0x47800000u, normal, 0x7C00));
        r = pick(a > 0x7F800000u, nan, r);
        d[i] = (uint16_t)(sign | r);
    }
}

static void f32_to_bf16(uint16_t *restrict d, const float *restrict s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t u = bits_of(s[i]), r = (u + 0x7FFF + (u >> 16 & 1)) >> 16;
        d[i] = (uint16_t)pick((u & 0x7FFFFFFF) > 0x7F800000u, (u >> 16 & 0x8000) | 0x7FC0, r);
    }
}

/* ---- one byte ---- */

static void byte_to_f32_any(float *restrict d, const uint8_t *restrict s, size_t n, const of_narrow *k)
{
    const uint32_t top = 1u << (k->bits - 1), up = 23u - k->man, left = 32u - k->bits;
    const uint32_t bias = (uint32_t)(127 - k->bias) << 23, least = bias + (1u << 23);
    const uint32_t max = k->max, inf = k->inf ? k->inf : 0xFFFF;
    const uint32_t lone = k->neg_zero ? 0xFFFF : k->nan; /* the code of NaN, where it is among the others */
    const uint32_t nan_sign = k->nan_signed ? 0x80000000u : 0;

    for (size_t i = 0; i < n; i++) {
        const uint32_t v = s[i] & (2 * top - 1), sign = (v & top) << left, mag = v & (top - 1), u = mag << up;
        const uint32_t small = bits_of(float_of(u + least) - float_of(least));
        uint32_t r = sign | pick(u < 1u << 23, small, u + bias);
        r = pick(mag > max, (sign & nan_sign) | 0x7FC00000u, r);
        r = pick(mag == inf, sign | 0x7F800000u, r);
        d[i] = float_of(pick(v == lone, 0x7FC00000u, r));
    }
}

static void byte_to_f32(float *restrict d, const uint8_t *restrict s, size_t n, const of_narrow *k)
{
#if defined(OF_SMALL_HALF)
    for (size_t m; of_half_has(k) && n >= OF_SMALL_HALF; d += m, s += m, n -= m) {
        m = of_half_widen(d, s, n, k);
        if (m) continue;
        m = OF_SMALL_HALF;
        byte_to_f32_any(d, s, m, k);
    }
#endif
    byte_to_f32_any(d, s, n, k);
}

/* What is past the largest becomes infinity, or NaN. */
static void f32_to_byte_past(uint8_t *restrict d, const float *restrict s, size_t n, const of_narrow *k)
{
    const uint32_t top = 1u << (k->bits - 1), down = 23u - k->man, right = 32u - k->bits;
    const uint32_t bias = (uint32_t)(127 - k->bias) << 23, least = bias + (1u << 23);
    const uint32_t half = (1u << (down - 1)) - 1, max = k->max;
    const float unit = float_of((uint32_t)(151 - k->bias - k->man) << 23);
    const uint32_t over = k->inf ? k->inf : k->nan, over_sign = k->inf || k->nan_signed ? top : 0;
    const uint32_t zero_sign = k->neg_zero ? top : 0;
    const uint32_t nan_sign = k->nan_signed ? top : 0, nan = k->nan;

    for (size_t i = 0; i < n; i++) {
        const uint32_t u = bits_of(s[i]), sign = u >> right & top, a = u & 0x7FFFFFFF;
        const uint32_t normal = (a - bias + half + (a >> down & 1)) >> down;
        const uint32_t small = bits_of(float_of(a) + unit) - bits_of(unit);
        const uint32_t mag = pick(a < least, small, normal);
        const uint32_t signs = pick(mag > max, over_sign, pick(mag == 0, zero_sign, top));
        const uint32_t r = pick(mag > max, over, mag) | (sign & signs);
        d[i] = (uint8_t)pick(a > 0x7F800000u, nan | (sign & nan_sign), r);
    }
}

/* Saturating: a number is added to one whose unit in the last place is that of the result, the
 * subnormal ones' unit at least. */
static void f32_to_byte_max(uint8_t *restrict d, const float *restrict s, size_t n, const of_narrow *k)
{
    const uint32_t top = 1u << (k->bits - 1), down = 23u - k->man, right = 32u - k->bits;
    const uint32_t bias = (uint32_t)(127 - k->bias) << 23, least = bias + (1u << 23);
    const uint32_t max = ((uint32_t)k->max << down) + bias, unit = down << 23;
    /* Without a NaN of its own a kind has a zero of the other sign for it. */
    const uint32_t nan = k->nan ? k->nan : top, nan_sign = !k->nan || k->nan_signed ? top : 0;
    const uint32_t zero_sign = k->neg_zero ? top : 0;

    for (size_t i = 0; i < n; i++) {
        const uint32_t u = bits_of(s[i]), sign = u >> right & top, a = u & 0x7FFFFFFF;
        const uint32_t c = pick(a > max, max, a), e = pick(c < least, least, c) & 0x7F800000u;
        const uint32_t mag = bits_of(float_of(c) + float_of(e + unit)) - (e + unit) + ((e - least) >> down);
        const uint32_t r = mag | (sign & pick(mag == 0, zero_sign, top));
        d[i] = (uint8_t)pick(a > 0x7F800000u, nan ^ (sign & nan_sign), r);
    }
}

static void f32_to_byte(uint8_t *restrict d, const float *restrict s, size_t n, const of_narrow *k, bool saturate)
{
    if (!saturate && (k->inf || k->nan)) {
        f32_to_byte_past(d, s, n, k);
        return;
    }
#if defined(OF_SMALL_HALF)
    for (size_t m; of_half_has(k) && n >= OF_SMALL_HALF; d += m, s += m, n -= m) {
        m = of_half_narrow(d, s, n, k);
        if (m) continue;
        m = OF_SMALL_HALF;
        f32_to_byte_max(d, s, m, k);
    }
#endif
    f32_to_byte_max(d, s, n, k);
}

static void e8m0_to_f32(float *restrict d, const uint8_t *restrict s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t v = s[i];
        d[i] = float_of(pick(v == 0xFF, 0x7FC00000u, pick(v == 0, 0x00400000u, v << 23)));
    }
}

static bool f32_to_e8m0(uint8_t *restrict d, const float *restrict s, size_t n, of_e8m0_round round)
{
    /* What is added before the mantissa is cut off; below 2^-126 the exponent is in the mantissa. */
    const uint32_t add = round == OF_E8M0_UP ? 0x7FFFFF : round == OF_E8M0_NEAREST ? 0x400000 : 0;
    const uint32_t one = round == OF_E8M0_UP ? 0x400001 : round == OF_E8M0_NEAREST ? 0x600000 : 0x800000;
    uint32_t signs = 0;

    for (size_t i = 0; i < n; i++) {
        const uint32_t u = bits_of(s[i]), a = u & 0x7FFFFFFF;
        signs |= pick(a > 0x7F800000u, 0, u);
    }
    if (signs >> 31) return false;
    for (size_t i = 0; i < n; i++) {
        const uint32_t a = bits_of(s[i]) & 0x7FFFFFFF;
        uint32_t r = pick(a < 1u << 23, (uint32_t)(a >= one), (a + add) >> 23);
        r = pick(r > 254, 254, r);
        d[i] = (uint8_t)pick(a > 0x7F800000u, 0xFF, r);
    }
    return true;
}

static void f64_to_odd(float *restrict d, const double *restrict s, size_t n)
{
    size_t i = 0;

#if defined(OF_SMALL_HALF)
    i = of_odd_run(d, s, n);
#endif
    for (; i < n; i++) {
        const float f = (float)s[i];
        const double back = (double)f;
        const uint32_t u = bits_of(f);
        /* Where rounding went away from zero, the number before; inexact ones are odd. */
        const uint32_t odd = (u - (uint32_t)(fabs(back) > fabs(s[i]))) | (uint32_t)(back != s[i]);
        uint64_t w;
        uint32_t nan;
        memcpy(&w, &s[i], sizeof w);
        nan = (uint32_t)(w >> 32 & 0x80000000u) | 0x7FC00000u | (uint32_t)(w >> 29 & 0x3FFFFF);
        d[i] = float_of(pick((w & (UINT64_MAX >> 1)) > UINT64_C(0x7FF) << 52, nan, odd));
    }
}

/* ---- quantization ---- */

static inline float quotient(float x, float s)
{
    const float q = x / s;
    return float_of(pick(q != q && x == x, 0x7FC00000u, bits_of(q)));
}

static void divide(float *d, const float *x, const float *s, size_t step, size_t n)
{
    const float s0 = *s;

    if (step)
        for (size_t i = 0; i < n; i++) d[i] = quotient(x[i], s[i]);
    else
        for (size_t i = 0; i < n; i++) d[i] = quotient(x[i], s0);
}

/* Bounds are taken before rounding: they are whole, so that this is the same. */
static inline float level(float q, float low, float high)
{
    const float a = q < low ? low : q, b = a > high ? high : a;
    return (b + OF_ROUNDER) - OF_ROUNDER;
}

#define QUANT(name, D)                                                                             \
    static bool name(void *dv, const float *restrict x, const float *restrict s,                   \
                     const float *restrict z, size_t step, float low, float high, size_t n)        \
    {                                                                                              \
        D *restrict d = (D *)dv;                                                                   \
        const float s0 = *s, z0 = *z, low0 = low - z0, high0 = high - z0;                          \
        uint32_t bad = 0;                                                                          \
        if (step)                                                                                  \
            for (size_t i = 0; i < n; i++) {                                                       \
                const float q = x[i] / s[i];                                                       \
                bad |= (uint32_t)(q != q);                                                         \
                d[i] = (D)(int32_t)(level(q == q ? q : 0, low - z[i], high - z[i]) + z[i]);        \
            }                                                                                      \
        else                                                                                       \
            for (size_t i = 0; i < n; i++) {                                                       \
                const float q = x[i] / s0;                                                         \
                bad |= (uint32_t)(q != q);                                                         \
                d[i] = (D)(int32_t)(level(q == q ? q : 0, low0, high0) + z0);                      \
            }                                                                                      \
        return !bad;                                                                               \
    }
QUANT(quant1_divide, uint8_t)
QUANT(quant2, uint16_t)

enum { QUANT_RUN = 128 };

/* One byte each, by the reciprocal r of s: within 2^-22 of the quotient, it rounds as that does if
 * it is not as near to a tie. false: one was, or is NaN, and the division decides. */
static bool quant1_times(uint8_t *restrict d, const float *restrict x, float r, float z, float low, float high,
                         float near, size_t n)
{
    const uint32_t magic = bits_of(OF_ROUNDER), up = (uint32_t)(int32_t)z - magic;
    const float low0 = low - z, high0 = high - z;
    uint32_t tie = 0;

    for (size_t i = 0; i < n; i++) {
        const float q = x[i] * r, a = q < low0 ? low0 : q, b = a > high0 ? high0 : a, t = b + OF_ROUNDER;
        tie |= (uint32_t)!(fabsf(b - (t - OF_ROUNDER)) < near);
        d[i] = (uint8_t)(bits_of(t) + up);
    }
    return !tie;
}

static bool quant1(void *dv, const float *x, const float *s, const float *z, size_t step, float low, float high, size_t n)
{
    uint8_t *d = (uint8_t *)dv;
    const float r = 1 / *s, most = (fabsf(low) > high ? fabsf(low) : high) + fabsf(*z);
    const bool exact = (bits_of(*s) & 0x7FFFFF) == 0; /* a power of two: its reciprocal is one */
    const float near = exact ? 0.75f : 0.5f - most * 0x1p-21f;
    /* Reciprocals that are subnormal, or of such, are not as near. */
    const bool some = fabsf(*s) > 0x1p-100f && fabsf(*s) < 0x1p100f;
    bool ok = true;
    size_t i = 0;

#if defined(OF_SMALL_HALF)
    while (ok && (step || some)) {
        const size_t group = step ? 16 : OF_QUANT_GROUP;
        i += step ? of_quant1_each(d + i, x + i, s + i, z + i, low, high, n - i)
                  : of_quant1_all(d + i, x + i, *s, *z, low, high, near, n - i);
        if (n - i < group) break;
        ok = quant1_divide(d + i, x + i, s + step * i, z + step * i, step, low, high, group);
        i += group;
    }
#endif
    for (; i < n && ok; i += QUANT_RUN) {
        const size_t m = n - i < QUANT_RUN ? n - i : QUANT_RUN;
        for (size_t k = 0; k < m; k += OF_LINE / sizeof *x) of_ahead(x + i + k);
        ok = (!step && some && quant1_times(d + i, x + i, r, *z, low, high, near, m)) ||
             quant1_divide(d + i, x + i, s + step * i, z + step * i, step, low, high, m);
    }
    return ok;
}

static inline float one_nan(float v)
{
    return v != v ? (float)NAN : v;
}

static void dequant(float *d, const float *x, const float *s, const float *z, size_t step, size_t n)
{
    const float s0 = *s, z0 = z ? *z : 0;

    if (!step)
        for (size_t i = 0; i < n; i++) d[i] = one_nan((x[i] - z0) * s0);
    else if (z)
        for (size_t i = 0; i < n; i++) d[i] = one_nan((x[i] - z[i]) * s[i]);
    else
        for (size_t i = 0; i < n; i++) d[i] = one_nan(x[i] * s[i]);
}

void OF_KERN_NAME(of_kern_small_init)(of_kern_small *k)
{
    k->f16_to_f32 = f16_to_f32;
    k->bf16_to_f32 = bf16_to_f32;
    k->f32_to_f16 = f32_to_f16;
    k->f32_to_bf16 = f32_to_bf16;
    k->byte_to_f32 = byte_to_f32;
    k->f32_to_byte = f32_to_byte;
    k->e8m0_to_f32 = e8m0_to_f32;
    k->f32_to_e8m0 = f32_to_e8m0;
    k->f64_to_odd = f64_to_odd;
    k->divide = divide;
    k->quant[0] = quant1;
    k->quant[1] = quant2;
    k->dequant = dequant;
}
