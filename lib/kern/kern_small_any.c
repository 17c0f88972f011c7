/* One door to the small float kinds. */
#include "kern/kern_small.h"

void of_small_to_f32(const of_kern_small *k, of_dtype t, const void *src, float *dst, size_t n)
{
    switch (t) {
    case OF_FLOAT16: k->f16_to_f32(dst, (const uint16_t *)src, n); break;
    case OF_BFLOAT16: k->bf16_to_f32(dst, (const uint16_t *)src, n); break;
    case OF_FLOAT8E8M0: k->e8m0_to_f32(dst, (const uint8_t *)src, n); break;
    default: k->byte_to_f32(dst, (const uint8_t *)src, n, of_narrow_of(t)); break;
    }
}

void of_small_from_f32(const of_kern_small *k, of_dtype t, const float *src, void *dst, size_t n)
{
    switch (t) {
    case OF_FLOAT16: k->f32_to_f16((uint16_t *)dst, src, n); break;
    case OF_BFLOAT16: k->f32_to_bf16((uint16_t *)dst, src, n); break;
    case OF_FLOAT8E8M0:
        if (!k->f32_to_e8m0((uint8_t *)dst, src, n, OF_E8M0_UP)) of_from_f32(t, src, dst, n);
        break;
    default: k->f32_to_byte((uint8_t *)dst, src, n, of_narrow_of(t), true); break;
    }
}
