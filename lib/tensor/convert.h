/* Conversion between element types. All rounding of the library happens here:
 * round to nearest, ties to even; saturation as ONNX Cast's tables say. */
#ifndef OF_TENSOR_CONVERT_H
#define OF_TENSOR_CONVERT_H

#include "tensor/dtype.h"

/* What a float kind of 16 bits or less is made of. */
typedef struct of_narrow {
    uint8_t man;     /* mantissa bits */
    uint8_t bits;    /* of the whole, sign included */
    int16_t bias;
    uint16_t max;    /* code of the largest finite value */
    uint16_t inf;    /* code of infinity, 0 when there is none */
    uint16_t nan;    /* code of NaN, 0 when there is none */
    bool nan_signed; /* NaN takes the sign bit */
    bool neg_zero;
    bool payload;    /* NaN keeps the top of its payload, as numpy and x86 have it */
} of_narrow;
/* NULL for FLOAT, DOUBLE, FLOAT8E8M0 and what is no float. */
const of_narrow *of_narrow_of(of_dtype t);

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
uint8_t of_f32_to_f8(of_dtype t, float f, bool saturate); /* E8M0: rounds up */
uint8_t of_f64_to_f8(of_dtype t, double d, bool saturate);
/* FLOAT8E8M0 holds 2^-127 .. 2^127 and NaN (0xFF); the sign of d is ignored. With
 * saturate everything but NaN lands in range (0 and less than 2^-127 on the smallest,
 * infinity on the largest), else what is out of range becomes NaN (Cast-24's table). */
typedef enum of_e8m0_round { OF_E8M0_UP, OF_E8M0_DOWN, OF_E8M0_NEAREST } of_e8m0_round;
uint8_t of_f64_to_e8m0(double d, of_e8m0_round round, bool saturate);

/* Bulk, over unpacked elements; n elements, no overlap.
 * any float kind (incl. small) or integer or bool -> float / double */
void of_to_f32(of_dtype t, const void *src, float *dst, size_t n);
void of_to_f64(of_dtype t, const void *src, double *dst, size_t n);
/* float32 / double -> any float kind, rounded once; float8 and below saturate */
void of_from_f32(of_dtype t, const float *src, void *dst, size_t n);
void of_from_f64(of_dtype t, const double *src, void *dst, size_t n);
/* int64 / uint64 -> any float kind, rounded once (by way of float they would be rounded
 * twice); float8 and below saturate */
void of_from_i64(of_dtype t, const int64_t *src, void *dst, size_t n);
void of_from_u64(of_dtype t, const uint64_t *src, void *dst, size_t n);
/* Any integer or bool -> int64 (uint64 wraps). */
void of_to_i64(of_dtype t, const void *src, int64_t *dst, size_t n);

#endif
