#include "kern/kern_combine.h"

#include <math.h>

#include "tensor/convert.h"

/* A NaN that arithmetic makes is the one positive quiet NaN (see kern_arith_tmpl.h). */
static inline float q_f32(float v)
{
    return v != v ? (float)NAN : v;
}
static inline double q_f64(double v)
{
    return v != v ? (double)NAN : v;
}

#define COMBINE(name, T, expr)                                                                     \
    static void name(void *dst, const void *src, size_t n)                                         \
    {                                                                                              \
        T *d = (T *)dst;                                                                           \
        const T *s = (const T *)src;                                                               \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T a = d[i], b = s[i];                                                            \
            d[i] = (T)(expr);                                                                      \
        }                                                                                          \
    }

#define COMBINE_INT(sfx, T)                                                                        \
    COMBINE(add_##sfx, T, (uint64_t)a + (uint64_t)b)                                               \
    COMBINE(mul_##sfx, T, (uint64_t)a *(uint64_t)b)                                                \
    COMBINE(min_##sfx, T, b < a ? b : a)                                                           \
    COMBINE(max_##sfx, T, b > a ? b : a)

COMBINE_INT(u8, uint8_t)
COMBINE_INT(i8, int8_t)
COMBINE_INT(u16, uint16_t)
COMBINE_INT(i16, int16_t)
COMBINE_INT(u32, uint32_t)
COMBINE_INT(i32, int32_t)
COMBINE_INT(u64, uint64_t)
COMBINE_INT(i64, int64_t)

#define COMBINE_REAL(sfx, T)                                                                       \
    COMBINE(add_##sfx, T, q_##sfx(a + b))                                                          \
    COMBINE(mul_##sfx, T, q_##sfx(a *b))                                                           \
    COMBINE(min_##sfx, T, b < a || b != b ? (a != a ? a : b) : a)                                  \
    COMBINE(max_##sfx, T, b > a || b != b ? (a != a ? a : b) : a)

COMBINE_REAL(f32, float)
COMBINE_REAL(f64, double)

COMBINE(or_bool, uint8_t, a | b)
COMBINE(and_bool, uint8_t, a &b)

#define COMBINE_HALF(sfx, up, down)                                                                \
    COMBINE(add_##sfx, uint16_t, down(q_f32(up(a) + up(b))))                                       \
    COMBINE(mul_##sfx, uint16_t, down(q_f32(up(a) * up(b))))                                       \
    COMBINE(min_##sfx, uint16_t, up(a) != up(a) || !(up(b) < up(a) || up(b) != up(b)) ? a : b)     \
    COMBINE(max_##sfx, uint16_t, up(a) != up(a) || !(up(b) > up(a) || up(b) != up(b)) ? a : b)

COMBINE_HALF(f16, of_f16_to_f32, of_f32_to_f16)
COMBINE_HALF(bf16, of_bf16_to_f32, of_f32_to_bf16)

/* Complex numbers: pairs of reals; products are formed in double and rounded once. */
#define COMBINE_COMPLEX(sfx, T, q)                                                                 \
    static void add_##sfx(void *dst, const void *src, size_t n)                                    \
    {                                                                                              \
        T *d = (T *)dst;                                                                           \
        const T *s = (const T *)src;                                                               \
        for (size_t i = 0; i < 2 * n; i++) d[i] = q(d[i] + s[i]);                                  \
    }                                                                                              \
    static void mul_##sfx(void *dst, const void *src, size_t n)                                    \
    {                                                                                              \
        T *d = (T *)dst;                                                                           \
        const T *s = (const T *)src;                                                               \
        for (size_t i = 0; i < n; i++) {                                                           \
            const double ar = (double)d[2 * i], ai = (double)d[2 * i + 1];                         \
            const double br = (double)s[2 * i], bi = (double)s[2 * i + 1];                         \
            d[2 * i] = q((T)(ar * br - ai * bi));                                                  \
            d[2 * i + 1] = q((T)(ar * bi + ai * br));                                              \
        }                                                                                          \
    }

COMBINE_COMPLEX(c64, float, q_f32)
COMBINE_COMPLEX(c128, double, q_f64)

#define ROW(sfx)                                                                                   \
    {                                                                                              \
        add_##sfx, mul_##sfx, min_##sfx, max_##sfx                                                 \
    }

static const of_combine_fn table[OF_DTYPE_COUNT][OF_COMBINE_COUNT] = {
    [OF_FLOAT] = ROW(f32),
    [OF_UINT8] = ROW(u8),
    [OF_INT8] = ROW(i8),
    [OF_UINT16] = ROW(u16),
    [OF_INT16] = ROW(i16),
    [OF_INT32] = ROW(i32),
    [OF_INT64] = ROW(i64),
    [OF_BOOL] = {or_bool, and_bool, and_bool, or_bool},
    [OF_FLOAT16] = ROW(f16),
    [OF_DOUBLE] = ROW(f64),
    [OF_UINT32] = ROW(u32),
    [OF_UINT64] = ROW(u64),
    [OF_COMPLEX64] = {add_c64, mul_c64, NULL, NULL},
    [OF_COMPLEX128] = {add_c128, mul_c128, NULL, NULL},
    [OF_BFLOAT16] = ROW(bf16),
};

of_combine_fn of_combine_get(of_dtype t, of_combine op)
{
    return of_dtype_valid(t) && op < OF_COMBINE_COUNT ? table[t][op] : NULL;
}
