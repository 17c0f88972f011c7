/* Runs of float16, bfloat16 and the one-byte floats from and to float32, and what
 * quantization does to float32. Bits as the scalar functions of tensor/convert.h have them. */
#ifndef OF_KERN_SMALL_H
#define OF_KERN_SMALL_H

#include "kern/kern_isa.h"
#include "tensor/convert.h"

/* of_f16_to_f32 for loops. */
static inline float of_f16_value(uint16_t h)
{
    union {
        uint32_t u;
        float f;
    } least = {113u << 23}, x = {((uint32_t)(h & 0x7FFF) << 13) + (113u << 23)};
    const uint32_t u = (uint32_t)(h & 0x7FFF) << 13;
    const uint32_t special = (u + (224u << 23)) | (uint32_t)(u > 0x0F800000u) << 22;
    uint32_t r;

    x.f -= least.f; /* a subnormal's value, exactly */
    r = u < 0x00800000u ? x.u : u + (112u << 23);
    x.u = (uint32_t)(h & 0x8000) << 16 | (u >= 0x0F800000u ? special : r);
    return x.f;
}

typedef struct of_kern_small {
    void (*f16_to_f32)(float *dst, const uint16_t *src, size_t n);
    void (*bf16_to_f32)(float *dst, const uint16_t *src, size_t n);
    void (*f32_to_f16)(uint16_t *dst, const float *src, size_t n);
    void (*f32_to_bf16)(uint16_t *dst, const float *src, size_t n);
    /* One-byte kinds but FLOAT8E8M0. */
    void (*byte_to_f32)(float *dst, const uint8_t *src, size_t n, const of_narrow *k);
    void (*f32_to_byte)(uint8_t *dst, const float *src, size_t n, const of_narrow *k, bool saturate);
    void (*e8m0_to_f32)(float *dst, const uint8_t *src, size_t n);
    /* Saturating. false: a number with its sign set, of which nothing is written. */
    bool (*f32_to_e8m0)(uint8_t *dst, const float *src, size_t n, of_e8m0_round round);
    /* To float32 toward zero with the last bit set where that is not exact: rounding the
     * result to 16 bits or less is rounding the double once. */
    void (*f64_to_odd)(float *dst, const double *src, size_t n);
    /* dst = x / s, a quotient that is not a number from numbers being the one NaN. x may be dst. */
    void (*divide)(float *dst, const float *x, const float *s, size_t step, size_t n);
    /* The nearest integer (ties to even) of x / s, plus z, into [low, high], in dst's 1 or 2 bytes;
     * step 0 or 1 is that of s and z; bounds and z, which lies within them, below 2^17. false: not a number. */
    bool (*quant[2])(void *dst, const float *x, const float *s, const float *z, size_t step, float low, float high,
                     size_t n);
    /* dst = (x - z) * s; z may be NULL, x may be dst. */
    void (*dequant)(float *dst, const float *x, const float *s, const float *z, size_t step, size_t n);
} of_kern_small;

void OF_KERN_NAME(of_kern_small_init)(of_kern_small *k);

/* n elements of one of the small float kinds as float32, and float32 rounded to one; the kinds
 * of 8 bits and less saturate, FLOAT8E8M0 rounds up. */
void of_small_to_f32(const of_kern_small *k, of_dtype t, const void *src, float *dst, size_t n);
void of_small_from_f32(const of_kern_small *k, of_dtype t, const float *src, void *dst, size_t n);

#endif
