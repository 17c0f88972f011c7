/* Conversion between element types. All rounding of the library happens here:
 * round to nearest, ties to even; saturation as ONNX Cast's tables say. */
#ifndef OF_TENSOR_CONVERT_H
#define OF_TENSOR_CONVERT_H

#include "tensor/dtype.h"

/* Scalars. Small floats travel as their bit pattern in a byte or uint16. */
float of_f16_to_f32(uint16_t h);
uint16_t of_f32_to_f16(float f);
uint16_t of_f64_to_f16(double d); /* one rounding */
static inline float of_bf16_to_f32(uint16_t h)
{
    union { uint32_t u; float f; } x = {(uint32_t)h << 16};
    return x.f;
}
uint16_t of_f32_to_bf16(float f);
uint16_t of_f64_to_bf16(double d);
/* float8, float6, float4, e8m0 kinds by type. Out of range: saturate picks the
 * largest finite value, else NaN or infinity as the type has it (ONNX Cast). */
float of_f8_to_f32(of_dtype t, uint8_t v);
uint8_t of_f32_to_f8(of_dtype t, float f, bool saturate);

/* Bulk, over unpacked elements; n elements, no overlap.
 * any float kind (incl. small) or integer or bool -> float / double */
void of_to_f32(of_dtype t, const void *src, float *dst, size_t n);
void of_to_f64(of_dtype t, const void *src, double *dst, size_t n);
/* float32 / double -> any float kind, rounded once */
void of_from_f32(of_dtype t, const float *src, void *dst, size_t n);
void of_from_f64(of_dtype t, const double *src, void *dst, size_t n);
/* Any integer or bool -> int64 (uint64 wraps). */
void of_to_i64(of_dtype t, const void *src, int64_t *dst, size_t n);

#endif
