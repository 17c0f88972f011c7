/* The C reference of the reductions. */
#include "kern/kern_reduce.h"

#include <math.h>
#include <string.h>

#include "kern/kern_far.h"
#include "kern/kern_small.h"

/* For loops over lanes that compilers would else write out at great length: over a part of
 * them, and over those of narrow integers. */
#if defined(__clang__)
#define OF_NO_UNROLL _Pragma("clang loop unroll(disable)")
#elif defined(__GNUC__)
#define OF_NO_UNROLL _Pragma("GCC unroll 1")
#else
#define OF_NO_UNROLL
#endif

/* As many doubles as the instruction set has in a vector; written out, since compilers do not see
 * sixteen lanes as a few of them. */
#if defined(__AVX512F__)
#define RVL 8
#elif defined(__AVX2__)
#define RVL 4
#else
#define RVL 2
#endif
typedef double red_v __attribute__((vector_size(RVL * 8)));
typedef float red_f __attribute__((vector_size(RVL * 4)));
#define OF_ALIGN _Alignas(64)

#define OF_REDUCE_SHORT 8 /* lines shorter than that are taken eight at a time */

static inline void of_f16_lanes(float *d, const uint16_t *s)
{
#if defined(__AVX512F__)
    _mm512_storeu_ps(d, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)s)));
#elif defined(__F16C__)
    _mm256_storeu_ps(d, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)s)));
    _mm256_storeu_ps(d + 8, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)s + 1)));
#else
    for (size_t j = 0; j < OF_REDUCE_LANES; j++) d[j] = of_f16_value(s[j]);
#endif
}

/* Integer sums and products run in uint64_t, where wrapping is defined. */
#define U_ABS(v) ((v) >> 63 ? (uint64_t)0 - (v) : (v))

#define T float
#define NAME(op, kind) op##_##kind##_f32
#define SA double
#define SF f
#define MA float
#define MF f
#define SUM_0 (-0.0)
#define MAX_0 (-(float)INFINITY)
#define MIN_0 ((float)INFINITY)
#define ABS(v) fabs(v)
#define LANES
#define LOADED(e) (e)
#define VECTOR red_f
#include "kern/kern_reduce_tmpl.h"

#define T uint16_t
#define NAME(op, kind) op##_##kind##_f16
#define SA double
#define SF f
#define MA float
#define MF f
#define SUM_0 (-0.0)
#define MAX_0 (-(float)INFINITY)
#define MIN_0 ((float)INFINITY)
#define ABS(v) fabs(v)
#define LANES
#define LOADED(e) of_f16_value(e)
#define STAGED(e, p)                                                                               \
    float e[OF_REDUCE_LANES];                                                                      \
    of_f16_lanes(e, (p))
#define VALUE(e) (e)
#define VECTOR red_f
#include "kern/kern_reduce_tmpl.h"

#define T uint16_t
#define NAME(op, kind) op##_##kind##_bf16
#define SA double
#define SF f
#define MA float
#define MF f
#define SUM_0 (-0.0)
#define MAX_0 (-(float)INFINITY)
#define MIN_0 ((float)INFINITY)
#define ABS(v) fabs(v)
#define LANES
#define LOADED(e) of_bf16_to_f32(e)
#include "kern/kern_reduce_tmpl.h"

#define T double
#define NAME(op, kind) op##_##kind##_f64
#define SA double
#define SF f
#define MA double
#define MF f
#define SUM_0 (-0.0)
#define MAX_0 (-(double)INFINITY)
#define MIN_0 ((double)INFINITY)
#define ABS(v) fabs(v)
#define LANES
#define LOADED(e) (e)
#define VECTOR red_v
#include "kern/kern_reduce_tmpl.h"

#define T int8_t
#define NAME(op, kind) op##_##kind##_i8
#define SA uint64_t
#define SF u
#define MA int8_t
#define MF i
#define SUM_0 0
#define MAX_0 INT8_MIN
#define MIN_0 INT8_MAX
#define ABS(v) U_ABS(v)
#define LANES OF_NO_UNROLL
#define LOADED(e) (e)
#include "kern/kern_reduce_tmpl.h"

#define T uint8_t
#define NAME(op, kind) op##_##kind##_u8
#define SA uint64_t
#define SF u
#define MA uint8_t
#define MF u
#define SUM_0 0
#define MAX_0 0
#define MIN_0 UINT8_MAX
#define ABS(v) (v)
#define LANES OF_NO_UNROLL
#define LOADED(e) (e)
#include "kern/kern_reduce_tmpl.h"

#define T int16_t
#define NAME(op, kind) op##_##kind##_i16
#define SA uint64_t
#define SF u
#define MA int16_t
#define MF i
#define SUM_0 0
#define MAX_0 INT16_MIN
#define MIN_0 INT16_MAX
#define ABS(v) U_ABS(v)
#define LANES OF_NO_UNROLL
#define LOADED(e) (e)
#include "kern/kern_reduce_tmpl.h"

#define T uint16_t
#define NAME(op, kind) op##_##kind##_u16
#define SA uint64_t
#define SF u
#define MA uint16_t
#define MF u
#define SUM_0 0
#define MAX_0 0
#define MIN_0 UINT16_MAX
#define ABS(v) (v)
#define LANES OF_NO_UNROLL
#define LOADED(e) (e)
#include "kern/kern_reduce_tmpl.h"

#define T int32_t
#define NAME(op, kind) op##_##kind##_i32
#define SA uint64_t
#define SF u
#define MA int32_t
#define MF i
#define SUM_0 0
#define MAX_0 INT32_MIN
#define MIN_0 INT32_MAX
#define ABS(v) U_ABS(v)
#define LANES OF_NO_UNROLL
#define LOADED(e) (e)
#include "kern/kern_reduce_tmpl.h"

#define T uint32_t
#define NAME(op, kind) op##_##kind##_u32
#define SA uint64_t
#define SF u
#define MA uint32_t
#define MF u
#define SUM_0 0
#define MAX_0 0
#define MIN_0 UINT32_MAX
#define ABS(v) (v)
#define LANES OF_NO_UNROLL
#define LOADED(e) (e)
#include "kern/kern_reduce_tmpl.h"

#define T int64_t
#define NAME(op, kind) op##_##kind##_i64
#define SA uint64_t
#define SF u
#define MA int64_t
#define MF i
#define SUM_0 0
#define MAX_0 INT64_MIN
#define MIN_0 INT64_MAX
#define ABS(v) U_ABS(v)
#define LANES OF_NO_UNROLL
#define LOADED(e) (e)
#include "kern/kern_reduce_tmpl.h"

#define T uint64_t
#define NAME(op, kind) op##_##kind##_u64
#define SA uint64_t
#define SF u
#define MA uint64_t
#define MF u
#define SUM_0 0
#define MAX_0 0
#define MIN_0 UINT64_MAX
#define ABS(v) (v)
#define LANES OF_NO_UNROLL
#define LOADED(e) (e)
#include "kern/kern_reduce_tmpl.h"

#define OF_FILL(tag, id)                                                                           \
    do {                                                                                           \
        k->run[OF_RED_SUM][id] = sum_run_##tag;                                                    \
        k->lines[OF_RED_SUM][id] = sum_lines_##tag;                                                \
        k->run[OF_RED_ABS][id] = abs_run_##tag;                                                    \
        k->lines[OF_RED_ABS][id] = abs_lines_##tag;                                                \
        k->run[OF_RED_SQ][id] = sq_run_##tag;                                                      \
        k->lines[OF_RED_SQ][id] = sq_lines_##tag;                                                  \
        k->run[OF_RED_PROD][id] = prod_run_##tag;                                                  \
        k->lines[OF_RED_PROD][id] = prod_lines_##tag;                                              \
        k->run[OF_RED_MAX][id] = max_run_##tag;                                                    \
        k->lines[OF_RED_MAX][id] = max_lines_##tag;                                                \
        k->run[OF_RED_MIN][id] = min_run_##tag;                                                    \
        k->lines[OF_RED_MIN][id] = min_lines_##tag;                                                \
        k->rows[OF_RED_SUM][id] = sum_rows_##tag;                                                  \
        k->rows[OF_RED_ABS][id] = abs_rows_##tag;                                                  \
        k->rows[OF_RED_SQ][id] = sq_rows_##tag;                                                    \
        k->rows[OF_RED_PROD][id] = prod_rows_##tag;                                                \
        k->rows[OF_RED_MAX][id] = max_rows_##tag;                                                  \
        k->rows[OF_RED_MIN][id] = min_rows_##tag;                                                  \
    } while (0)

void OF_KERN_NAME(of_kern_reduce_init)(of_kern_reduce *k)
{
    OF_FILL(f32, OF_RED_F32);
    OF_FILL(f64, OF_RED_F64);
    OF_FILL(f16, OF_RED_F16);
    OF_FILL(bf16, OF_RED_BF16);
    OF_FILL(i8, OF_RED_I8);
    OF_FILL(u8, OF_RED_U8);
    OF_FILL(i16, OF_RED_I16);
    OF_FILL(u16, OF_RED_U16);
    OF_FILL(i32, OF_RED_I32);
    OF_FILL(u32, OF_RED_U32);
    OF_FILL(i64, OF_RED_I64);
    OF_FILL(u64, OF_RED_U64);
}
