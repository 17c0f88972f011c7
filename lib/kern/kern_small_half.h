/* One-byte floats by way of float16, which has instructions of its own: scaled by a power of two
 * such a kind's numbers, subnormal ones included, are float16's with fewer bits. What the
 * instructions have no such number for (NaN, infinities) is left to the caller. */
#ifndef OF_KERN_SMALL_HALF_H
#define OF_KERN_SMALL_HALF_H

#include "kern/kern_move.h"
#include "tensor/convert.h"

#define OF_ROUNDER 12582912.0f /* 1.5 * 2^23: what is added to it loses its fraction */

#if defined(__AVX512BW__) && defined(__AVX512VL__)
#include <immintrin.h>
#define OF_SMALL_HALF 32 /* elements at a time */

/* A kind whose largest exponent float16 has a finite number for. */
static inline bool of_half_has(const of_narrow *k)
{
    return k->max >> k->man <= 30;
}

static inline float of_half_scale(int e)
{
    union {
        uint32_t u;
        float f;
    } x = {(uint32_t)(127 + e) << 23};
    return x.f;
}

/* Both do as many as are multiples of OF_SMALL_HALF, in front of the first group that has something
 * else among it, and return how many. */
static inline size_t of_half_widen(float *d, const uint8_t *s, size_t n, const of_narrow *k)
{
    const short top = (short)(1 << (k->bits - 1));
    /* without a negative zero its code is that of the one NaN */
    const __m512i lone = _mm512_set1_epi16((short)(k->neg_zero ? -1 : k->nan)), max = _mm512_set1_epi16((short)k->max);
    const __m512i top_mask = _mm512_set1_epi16(top), mag_mask = _mm512_set1_epi16((short)(top - 1));
    const __m512i up = _mm512_set1_epi16((short)(10 - k->man)), left = _mm512_set1_epi16((short)(16 - k->bits));
    const __m512 scale = _mm512_set1_ps(of_half_scale(15 - k->bias));
    size_t i = 0;

    for (; i + OF_SMALL_HALF <= n; i += OF_SMALL_HALF) {
        const __m512i v = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(const void *)(s + i)));
        const __m512i mag = _mm512_and_si512(v, mag_mask), sign = _mm512_and_si512(v, top_mask);
        const __mmask32 odd = _mm512_cmpgt_epu16_mask(mag, max), nan = _mm512_cmpeq_epi16_mask(v, lone);
        const __m512i h = _mm512_or_si512(_mm512_sllv_epi16(mag, up), _mm512_sllv_epi16(sign, left));

        if ((uint32_t)odd | (uint32_t)nan) break;
        of_ahead(s + i);
        _mm512_storeu_ps(d + i, _mm512_mul_ps(_mm512_cvtph_ps(_mm512_castsi512_si256(h)), scale));
        _mm512_storeu_ps(d + i + 16, _mm512_mul_ps(_mm512_cvtph_ps(_mm512_extracti64x4_epi64(h, 1)), scale));
    }
    return i;
}

/* Cut to six bits behind the point, the last one set where that is not exact: rounding what comes of
 * it is rounding x. The cut to float16 is exact down to half of the least number of any kind. */
static inline __m256i of_half_odd(const float *s, __m512 scale)
{
    const __m512i u = _mm512_castps_si512(_mm512_mul_ps(_mm512_loadu_ps(s), scale)), low = _mm512_set1_epi32(0x1FFFF);
    const __m512i up = _mm512_add_epi32(_mm512_and_si512(u, low), low);
    const __m512i odd = _mm512_ternarylogic_epi32(u, up, low, 0x54); /* (u | up) & ~low */

    return _mm512_cvtps_ph(_mm512_castsi512_ps(odd), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

/* Saturating; all but NaN. */
static inline size_t of_half_narrow(uint8_t *d, const float *s, size_t n, const of_narrow *k)
{
    const short top = (short)(1 << (k->bits - 1));
    const __m512i down = _mm512_set1_epi16((short)(10 - k->man)), right = _mm512_set1_epi16((short)(16 - k->bits));
    const __m512i half = _mm512_set1_epi16((short)((1 << (9 - k->man)) - 1)), max = _mm512_set1_epi16((short)k->max);
    const __m512i top_mask = _mm512_set1_epi16(top), one = _mm512_set1_epi16(1), abs = _mm512_set1_epi16(0x7FFF);
    const __m512i inf = _mm512_set1_epi16(0x7C00), least = _mm512_set1_epi16((short)!k->neg_zero);
    const __m512 scale = _mm512_set1_ps(of_half_scale(k->bias - 15));
    size_t i = 0;

    for (; i + OF_SMALL_HALF <= n; i += OF_SMALL_HALF) {
        const __m256i h0 = of_half_odd(s + i, scale), h1 = of_half_odd(s + i + 16, scale);
        const __m512i h = _mm512_inserti64x4(_mm512_castsi256_si512(h0), h1, 1), a = _mm512_and_si512(h, abs);
        const __m512i even = _mm512_and_si512(_mm512_srlv_epi16(a, down), one);
        const __m512i r = _mm512_srlv_epi16(_mm512_add_epi16(_mm512_add_epi16(a, half), even), down);
        const __m512i sign = _mm512_and_si512(_mm512_srlv_epi16(h, right), top_mask);
        const __m512i kept = _mm512_maskz_mov_epi16(_mm512_cmpge_epu16_mask(r, least), sign);

        if (_mm512_cmpgt_epu16_mask(a, inf)) break;
        of_ahead(s + i);
        of_ahead(s + i + 16);
        _mm256_storeu_si256((__m256i *)(void *)(d + i),
                            _mm512_cvtepi16_epi8(_mm512_or_si512(_mm512_min_epu16(r, max), kept)));
    }
    return i;
}

/* Doubles cut to float32 with the last bit set where that is not exact, in front of the first group
 * with a NaN. */
static inline size_t of_odd_run(float *d, const double *s, size_t n)
{
    const __m256i one = _mm256_set1_epi32(1);
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        const __m512d x = _mm512_loadu_pd(s + i);
        const __m256 f = _mm512_cvt_roundpd_ps(x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
        const __m256i u = _mm256_castps_si256(f);
        const __mmask8 other = _mm512_cmp_pd_mask(_mm512_cvtps_pd(f), x, _CMP_NEQ_UQ);

        if (_mm512_cmp_pd_mask(x, x, _CMP_UNORD_Q)) break;
        _mm256_storeu_si256((__m256i *)(void *)(d + i), _mm256_mask_or_epi32(u, other, u, one));
    }
    return i;
}

/* The level of x under the scale that r is near to the reciprocal of. *far: the lanes that are not as
 * near to a tie as to `near`, NaN not among them. */
static inline __m512 of_quant_level(__m512 x, __m512 r, __m512 low, __m512 high, __m512 near, __mmask16 *far)
{
    const __m512 magic = _mm512_set1_ps(OF_ROUNDER), a = _mm512_max_ps(low, _mm512_mul_ps(x, r));
    const __m512 b = _mm512_min_ps(high, a), t = _mm512_add_ps(b, magic);

    *far = _mm512_cmp_ps_mask(_mm512_abs_ps(_mm512_sub_ps(b, _mm512_sub_ps(t, magic))), near, _CMP_LT_OQ);
    return t;
}

/* Both quantize to one byte by reciprocals of the scales, in front of the first group that is too near to
 * a tie for them, and return how many. Of one scale, OF_QUANT_GROUP at a time. */
#define OF_QUANT_GROUP 64
static inline size_t of_quant1_all(uint8_t *d, const float *x, float scale, float zero, float low, float high,
                                   float near, size_t n)
{
    const __m512 r = _mm512_set1_ps(1 / scale), lows = _mm512_set1_ps(low - zero), highs = _mm512_set1_ps(high - zero);
    const __m512 most = _mm512_set1_ps(near);
    /* after the bits of 1.5 * 2^23: a byte is that of the sum */
    const __m512i up = _mm512_set1_epi32((int32_t)zero), order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    const __m512i byte = _mm512_set1_epi32(0xFF);
    size_t i = 0;

    for (; i + OF_QUANT_GROUP <= n; i += OF_QUANT_GROUP) {
        __mmask16 far[4];
        __m512i v[4];
        for (int k = 0; k < 4; k++) {
            const __m512 t = of_quant_level(_mm512_loadu_ps(x + i + 16 * k), r, lows, highs, most, &far[k]);
            of_ahead(x + i + 16 * k);
            v[k] = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(t), up), byte);
        }
        if ((far[0] & far[1] & far[2] & far[3]) != 0xFFFF) break;
        v[0] = _mm512_packus_epi16(_mm512_packus_epi32(v[0], v[1]), _mm512_packus_epi32(v[2], v[3]));
        _mm512_storeu_si512((void *)(d + i), _mm512_permutexvar_epi32(order, v[0]));
    }
    return i;
}

/* Of a scale and a zero point within the bounds for each, sixteen at a time. */
static inline size_t of_quant1_each(uint8_t *d, const float *x, const float *s, const float *z, float low, float high,
                                    size_t n)
{
    const __m512 two = _mm512_set1_ps(2), near = _mm512_set1_ps(0.5f - 0x1p-12f);
    const __m512 lows = _mm512_set1_ps(low), highs = _mm512_set1_ps(high);
    size_t i = 0;

    for (; i + 16 <= n; i += 16) {
        const __m512 v = _mm512_loadu_ps(s + i), zero = _mm512_loadu_ps(z + i), guess = _mm512_rcp14_ps(v);
        const __m512 r = _mm512_mul_ps(guess, _mm512_fnmadd_ps(v, guess, two));
        __mmask16 far;
        const __m512 t = of_quant_level(_mm512_loadu_ps(x + i), r, _mm512_sub_ps(lows, zero),
                                        _mm512_sub_ps(highs, zero), near, &far);
        const __m512i up = _mm512_cvttps_epi32(zero);

        /* 0xBF: all that are not normal */
        if ((uint32_t)_kandn_mask16(_mm512_fpclass_ps_mask(guess, 0xBF), far) != 0xFFFF) break;
        of_ahead(x + i);
        _mm_storeu_si128((__m128i *)(void *)(d + i), _mm512_cvtepi32_epi8(_mm512_add_epi32(_mm512_castps_si512(t), up)));
    }
    return i;
}
#endif

#endif
