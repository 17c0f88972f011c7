#include "tensor/convert.h"

#include <string.h>

static uint32_t f32_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static float f32_from(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static uint64_t f64_bits(double d)
{
    uint64_t u;
    memcpy(&u, &d, sizeof u);
    return u;
}

/* ---- float16 and bfloat16 by way of float32, without branches ---- */

/* a where c holds, else b: in masks, so that compilers leave no branch in the loops. */
static uint32_t pick(bool c, uint32_t a, uint32_t b)
{
    uint32_t mask = 0u - (uint32_t)c;
    return (a & mask) | (b & ~mask);
}

float of_f16_to_f32(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, u = (uint32_t)(h & 0x7FFF) << 13;
    uint32_t normal = u + ((127u - 15) << 23);
    uint32_t special = (u + ((255u - 31) << 23)) | (uint32_t)(u > 0x0F800000u) << 22; /* NaN: quiet */
    /* A subnormal's bits behind the exponent of its smallest normal: subtracting that
     * leaves the value, exactly. */
    uint32_t small = f32_bits(f32_from(u + (113u << 23)) - f32_from(113u << 23));
    u = pick(u >= 0x0F800000u, special, pick(u < 0x00800000u, small, normal));
    return f32_from(sign | u);
}

uint16_t of_f32_to_f16(float f)
{
    uint32_t u = f32_bits(f), sign = u >> 16 & 0x8000, a = u & 0x7FFFFFFF;
    /* From 2^16 on infinity; what rounds up to 2^16 gets there by the carry. */
    uint32_t normal = (a - (112u << 23) + 0xFFF + (a >> 13 & 1)) >> 13;
    /* Adding 0.5 puts float16's subnormal unit, 2^-24, on float's last bit: the addition
     * rounds. */
    uint32_t small = f32_bits(f32_from(a) + 0.5f) - 0x3F000000u;
    uint32_t nan = 0x7E00 | (a >> 13 & 0x3FF);
    uint32_t r = pick(a < 0x38800000u, small, pick(a < 0x47800000u, normal, 0x7C00));
    r = pick(a > 0x7F800000u, nan, r);
    return (uint16_t)(sign | r);
}

uint16_t of_f32_to_bf16(float f)
{
    uint32_t u = f32_bits(f);
    uint32_t r = (u + 0x7FFF + (u >> 16 & 1)) >> 16;
    return (uint16_t)pick((u & 0x7FFFFFFF) > 0x7F800000u, (u >> 16 & 0x8000) | 0x7FC0, r);
}

/* ---- all narrow kinds, rounded once from any source ---- */

static const of_narrow NARROW_F16 = {10, 16, 15, 0x7BFF, 0x7C00, 0x7E00, true, true, true};
static const of_narrow NARROW_BF16 = {7, 16, 127, 0x7F7F, 0x7F80, 0x7FC0, true, true, false};
static const of_narrow NARROW_E4M3FN = {3, 8, 7, 0x7E, 0, 0x7F, true, true, false};
static const of_narrow NARROW_E4M3FNUZ = {3, 8, 8, 0x7F, 0, 0x80, false, false, false};
static const of_narrow NARROW_E5M2 = {2, 8, 15, 0x7B, 0x7C, 0x7E, true, true, false};
static const of_narrow NARROW_E5M2FNUZ = {2, 8, 16, 0x7F, 0, 0x80, false, false, false};
static const of_narrow NARROW_E2M3 = {3, 6, 1, 0x1F, 0, 0, false, true, false};
static const of_narrow NARROW_E3M2 = {2, 6, 3, 0x1F, 0, 0, false, true, false};
static const of_narrow NARROW_E2M1 = {1, 4, 1, 0x07, 0, 0, false, true, false};

const of_narrow *of_narrow_of(of_dtype t)
{
    switch (t) {
    case OF_FLOAT16: return &NARROW_F16;
    case OF_BFLOAT16: return &NARROW_BF16;
    case OF_FLOAT8E4M3FN: return &NARROW_E4M3FN;
    case OF_FLOAT8E4M3FNUZ: return &NARROW_E4M3FNUZ;
    case OF_FLOAT8E5M2: return &NARROW_E5M2;
    case OF_FLOAT8E5M2FNUZ: return &NARROW_E5M2FNUZ;
    case OF_FLOAT6E2M3: return &NARROW_E2M3;
    case OF_FLOAT6E3M2: return &NARROW_E3M2;
    case OF_FLOAT4E2M1: return &NARROW_E2M1;
    default: return NULL;
    }
}

/* A number taken apart: sig * 2^(exp - 63), top bit of sig set unless it is zero. Of a
 * NaN sig holds the payload, left-aligned. */
typedef enum part_kind { PART_FINITE, PART_INF, PART_NAN } part_kind;
typedef struct parts {
    part_kind kind;
    bool negative;
    int exp;
    uint64_t sig;
} parts;

static parts parts_u64(uint64_t u, bool negative)
{
    parts p = {PART_FINITE, negative, 0, 0};
    int shift;
    if (u == 0) return p;
    shift = __builtin_clzll(u);
    p.exp = 63 - shift;
    p.sig = u << shift;
    return p;
}

static parts parts_f64(double d)
{
    uint64_t u = f64_bits(d), man = u & ((UINT64_C(1) << 52) - 1);
    int exp = (int)(u >> 52 & 0x7FF);
    parts p;
    if (exp == 0x7FF) {
        p = parts_u64(0, u >> 63 != 0);
        p.kind = man ? PART_NAN : PART_INF;
        p.sig = man << 12;
    } else if (exp == 0) {
        p = parts_u64(man, u >> 63 != 0); /* units of 2^-1074 */
        p.exp -= 1074;
    } else {
        p = parts_u64(man | UINT64_C(1) << 52, u >> 63 != 0);
        p.exp = exp - 1023;
    }
    return p;
}

static uint16_t round_narrow(const of_narrow *k, parts p, bool saturate)
{
    uint16_t sign = (uint16_t)(p.negative ? 1u << (k->bits - 1) : 0u);
    int e_min = 1 - k->bias, e = p.exp > e_min ? p.exp : e_min, shift;
    uint64_t r = 0, rest, half;
    if (p.kind == PART_NAN) {
        /* float6 and float4 have none; ml_dtypes, which onnx's reference uses, makes it a
         * zero of the other sign. */
        if (k->nan == 0) return (uint16_t)(p.negative ? 0u : 1u << (k->bits - 1));
        if (k->payload) sign |= (uint16_t)(p.sig >> (64 - k->man));
        return (uint16_t)(k->nan | (k->nan_signed ? sign : 0));
    }
    if (p.kind == PART_INF) goto over;
    if (p.sig != 0) {
        /* In units of the last bit: shift is 63 - man for a normal, more for a subnormal. */
        shift = 63 - k->man + (e - p.exp);
        if (shift < 64) {
            half = UINT64_C(1) << (shift - 1);
            rest = p.sig & (half * 2 - 1);
            r = p.sig >> shift;
            r += rest > half || (rest == half && (r & 1));
        } else if (shift == 64) {
            r = p.sig > UINT64_C(1) << 63;
        }
        /* r carries the implicit bit, which is worth one step of the exponent field. */
        r += (uint64_t)(e - e_min) << k->man;
    }
    if (r > k->max) goto over;
    if (r == 0 && !k->neg_zero) return 0;
    return (uint16_t)(r | sign);
over:
    if (saturate || (k->inf == 0 && k->nan == 0)) return (uint16_t)(k->max | sign);
    if (k->inf) return (uint16_t)(k->inf | sign);
    return (uint16_t)(k->nan | (k->nan_signed ? sign : 0));
}

static uint8_t round_e8m0(parts p, of_e8m0_round round, bool saturate)
{
    int e = p.exp;
    bool exact = p.sig == UINT64_C(1) << 63, up;
    if (p.kind == PART_NAN) return 0xFF;
    if (p.kind == PART_INF) return saturate ? 0xFE : 0xFF;
    if (p.sig == 0 || e < -127) return saturate ? 0x00 : 0xFF;
    up = round == OF_E8M0_UP ? !exact : round == OF_E8M0_NEAREST && p.sig >= UINT64_C(3) << 62;
    e += up;
    if (e > 127) return saturate ? 0xFE : 0xFF;
    return (uint8_t)(e + 127);
}

uint8_t of_f64_to_e8m0(double d, of_e8m0_round round, bool saturate)
{
    return round_e8m0(parts_f64(d), round, saturate);
}

uint16_t of_f64_to_f16(double d)
{
    return round_narrow(&NARROW_F16, parts_f64(d), false);
}

uint16_t of_f64_to_bf16(double d)
{
    return round_narrow(&NARROW_BF16, parts_f64(d), false);
}

static uint8_t round_byte(of_dtype t, parts p, bool saturate)
{
    const of_narrow *k = of_narrow_of(t);
    if (!k || k->bits > 8) return round_e8m0(p, OF_E8M0_UP, saturate);
    return (uint8_t)round_narrow(k, p, saturate);
}

uint8_t of_f64_to_f8(of_dtype t, double d, bool saturate)
{
    return round_byte(t, parts_f64(d), saturate);
}

uint8_t of_f32_to_f8(of_dtype t, float f, bool saturate)
{
    return round_byte(t, parts_f64((double)f), saturate); /* float to double is exact */
}

float of_f8_to_f32(of_dtype t, uint8_t v)
{
    const of_narrow *k = of_narrow_of(t);
    uint32_t sign, man, mag;
    int exp;
    if (!k || k->bits > 8) { /* E8M0: 2^(v - 127), the smallest one a subnormal float */
        return f32_from(v == 0xFF ? 0x7FC00000u : v == 0 ? 0x00400000u : (uint32_t)v << 23);
    }
    v &= (uint8_t)((1u << k->bits) - 1);
    sign = (uint32_t)(v >> (k->bits - 1)) << 31;
    mag = v & ((1u << (k->bits - 1)) - 1);
    if (mag > k->max || (!k->neg_zero && v == k->nan)) {
        if (k->inf && mag == k->inf) return f32_from(sign | 0x7F800000u);
        return f32_from((k->nan_signed ? sign : 0) | 0x7FC00000u);
    }
    exp = (int)(mag >> k->man);
    man = mag & ((1u << k->man) - 1);
    if (exp == 0) {
        if (man == 0) return f32_from(sign);
        exp = 1; /* subnormal: up to the implicit bit; a normal float in every type here */
        while (!(man >> k->man)) {
            man <<= 1;
            exp--;
        }
        man &= (1u << k->man) - 1;
    }
    return f32_from(sign | (uint32_t)(exp + 127 - k->bias) << 23 | man << (23 - k->man));
}

/* ---- bulk ---- */

#define LOOP(T, D, expr)                                                                           \
    do {                                                                                           \
        const T *s = src;                                                                          \
        size_t i;                                                                                  \
        for (i = 0; i < n; i++) {                                                                  \
            T x = s[i];                                                                            \
            dst[i] = (D)(expr);                                                                    \
        }                                                                                          \
    } while (0)

/* One-byte floats: long runs go by a table of all 256. */
#define BYTES(D)                                                                                   \
    do {                                                                                           \
        const uint8_t *s = src;                                                                    \
        float all[256];                                                                            \
        size_t i;                                                                                  \
        if (n < 256) {                                                                             \
            for (i = 0; i < n; i++) dst[i] = (D)of_f8_to_f32(t, s[i]);                             \
            break;                                                                                 \
        }                                                                                          \
        for (i = 0; i < 256; i++) all[i] = of_f8_to_f32(t, (uint8_t)i);                            \
        for (i = 0; i < n; i++) dst[i] = (D)all[s[i]];                                             \
    } while (0)

#define CASES(D)                                                                                   \
    switch (t) {                                                                                   \
    case OF_FLOAT: LOOP(float, D, x); break;                                                       \
    case OF_DOUBLE: LOOP(double, D, x); break;                                                     \
    case OF_FLOAT16: LOOP(uint16_t, D, of_f16_to_f32(x)); break;                                   \
    case OF_BFLOAT16: LOOP(uint16_t, D, of_bf16_to_f32(x)); break;                                 \
    case OF_FLOAT8E4M3FN:                                                                          \
    case OF_FLOAT8E4M3FNUZ:                                                                        \
    case OF_FLOAT8E5M2:                                                                            \
    case OF_FLOAT8E5M2FNUZ:                                                                        \
    case OF_FLOAT8E8M0:                                                                            \
    case OF_FLOAT6E2M3:                                                                            \
    case OF_FLOAT6E3M2:                                                                            \
    case OF_FLOAT4E2M1: BYTES(D); break;                                                           \
    case OF_BOOL: LOOP(uint8_t, D, x != 0); break;                                                 \
    case OF_UINT8:                                                                                 \
    case OF_UINT4:                                                                                 \
    case OF_UINT2: LOOP(uint8_t, D, x); break;                                                     \
    case OF_INT8:                                                                                  \
    case OF_INT4:                                                                                  \
    case OF_INT2: LOOP(int8_t, D, x); break;                                                       \
    case OF_UINT16: LOOP(uint16_t, D, x); break;                                                   \
    case OF_INT16: LOOP(int16_t, D, x); break;                                                     \
    case OF_UINT32: LOOP(uint32_t, D, x); break;                                                   \
    case OF_INT32: LOOP(int32_t, D, x); break;                                                     \
    case OF_UINT64: LOOP(uint64_t, D, x); break;                                                   \
    case OF_INT64: LOOP(int64_t, D, x); break;                                                     \
    default: memset(dst, 0, n * sizeof *dst); break; /* strings, complex: not asked for */         \
    }

void of_to_f32(of_dtype t, const void *src, float *dst, size_t n)
{
    CASES(float)
}

void of_to_f64(of_dtype t, const void *src, double *dst, size_t n)
{
    CASES(double)
}

void of_to_i64(of_dtype t, const void *src, int64_t *dst, size_t n)
{
    switch (t) {
    case OF_BOOL: LOOP(uint8_t, int64_t, x != 0); break;
    case OF_UINT8:
    case OF_UINT4:
    case OF_UINT2: LOOP(uint8_t, int64_t, x); break;
    case OF_INT8:
    case OF_INT4:
    case OF_INT2: LOOP(int8_t, int64_t, x); break;
    case OF_UINT16: LOOP(uint16_t, int64_t, x); break;
    case OF_INT16: LOOP(int16_t, int64_t, x); break;
    case OF_UINT32: LOOP(uint32_t, int64_t, x); break;
    case OF_INT32: LOOP(int32_t, int64_t, x); break;
    case OF_UINT64:
    case OF_INT64:
        if (n) memcpy(dst, src, n * sizeof *dst);
        break;
    default: memset(dst, 0, n * sizeof *dst); break;
    }
}

/* The narrow kinds from anything that can be taken apart. */
#define NARROW(make)                                                                               \
    do {                                                                                           \
        const of_narrow *k = of_narrow_of(t);                                                            \
        uint16_t *d2 = dst;                                                                        \
        uint8_t *d1 = dst;                                                                         \
        size_t i;                                                                                  \
        if (k && k->bits == 16) {                                                                  \
            for (i = 0; i < n; i++) d2[i] = round_narrow(k, make, false);                          \
        } else if (k) {                                                                            \
            for (i = 0; i < n; i++) d1[i] = (uint8_t)round_narrow(k, make, true);                  \
        } else if (t == OF_FLOAT8E8M0) {                                                           \
            for (i = 0; i < n; i++) d1[i] = round_e8m0(make, OF_E8M0_UP, true);                    \
        }                                                                                          \
    } while (0)

#define WIDE(D)                                                                                    \
    do {                                                                                           \
        D *to = dst;                                                                               \
        size_t i;                                                                                  \
        for (i = 0; i < n; i++) to[i] = (D)src[i];                                                 \
    } while (0)

void of_from_f32(of_dtype t, const float *src, void *dst, size_t n)
{
    const float *restrict s = src;
    uint16_t *restrict d = dst;
    size_t j;
    switch (t) {
    case OF_FLOAT:
        if (n) memcpy(dst, src, n * sizeof *src);
        break;
    case OF_DOUBLE: WIDE(double); break;
    case OF_FLOAT16:
        for (j = 0; j < n; j++) d[j] = of_f32_to_f16(s[j]);
        break;
    case OF_BFLOAT16:
        for (j = 0; j < n; j++) d[j] = of_f32_to_bf16(s[j]);
        break;
    default: NARROW(parts_f64((double)src[i])); break;
    }
}

void of_from_f64(of_dtype t, const double *src, void *dst, size_t n)
{
    switch (t) {
    case OF_FLOAT: WIDE(float); break;
    case OF_DOUBLE:
        if (n) memcpy(dst, src, n * sizeof *src);
        break;
    default: NARROW(parts_f64(src[i])); break;
    }
}

void of_from_i64(of_dtype t, const int64_t *src, void *dst, size_t n)
{
    switch (t) {
    case OF_FLOAT: WIDE(float); break;
    case OF_DOUBLE: WIDE(double); break;
    default: NARROW(parts_u64(src[i] < 0 ? 0 - (uint64_t)src[i] : (uint64_t)src[i], src[i] < 0)); break;
    }
}

void of_from_u64(of_dtype t, const uint64_t *src, void *dst, size_t n)
{
    switch (t) {
    case OF_FLOAT: WIDE(float); break;
    case OF_DOUBLE: WIDE(double); break;
    default: NARROW(parts_u64(src[i], false)); break;
    }
}
