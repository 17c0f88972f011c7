/* The C reference of the reductions. */
#include "kern/kern_reduce.h"

#include <math.h>
#include <string.h>

#include "kern/kern_far.h"
#include "kern/kern_lanes.h"
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

static inline red_m of_load_halves(const uint16_t *p)
{
    red_m v;
#if defined(__AVX512F__)
    v = (red_m)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
#elif defined(__F16C__)
    v = (red_m)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
#else
    for (size_t j = 0; j < RML; j++) v[j] = of_f16_value(p[j]);
#endif
    return v;
}

static inline red_v of_load_f16(const uint16_t *p)
{
#if defined(__AVX512F__)
    return (red_v)_mm512_cvtps_pd(_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p)));
#elif defined(__F16C__)
    return (red_v)_mm256_cvtps_pd(_mm_cvtph_ps(_mm_loadl_epi64((const __m128i *)(const void *)p)));
#else
    red_v v;
    for (size_t j = 0; j < RVL; j++) v[j] = (double)of_f16_value(p[j]);
    return v;
#endif
}

/* The last m of a line, m < OF_REDUCE_LANES; behind them what `last` held. */
#if defined(__AVX512BW__) && defined(__AVX512VL__)
static inline void of_part_f32(float *last, const float *x, size_t m)
{
    const __m512 v = _mm512_loadu_ps(last);
    _mm512_storeu_ps(last, _mm512_mask_loadu_ps(v, (__mmask16)((1u << m) - 1), x));
}

static inline void of_part_f16(uint16_t *last, const uint16_t *x, size_t m)
{
    const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)last);
    _mm256_storeu_si256((__m256i *)(void *)last, _mm256_mask_loadu_epi16(v, (__mmask16)((1u << m) - 1), x));
}
#else
static inline void of_part_f32(float *last, const float *x, size_t m)
{
    OF_NO_UNROLL for (size_t k = 0; k < m; k++) last[k] = x[k];
}

static inline void of_part_f16(uint16_t *last, const uint16_t *x, size_t m)
{
    OF_NO_UNROLL for (size_t k = 0; k < m; k++) last[k] = x[k];
}
#endif

static inline void of_part_f64(double *last, const double *x, size_t m)
{
    OF_NO_UNROLL for (size_t k = 0; k < m; k++) last[k] = x[k];
}

/* v where it is past a, or NaN, else a. */
#if defined(__AVX512F__)
#define OF_VPAST(name, V, W, set, past)                                                            \
    static inline V name(V a, V v)                                                                 \
    {                                                                                              \
        return (V)_mm512_mask_mov_##set((W)a, (_mm512_cmp_##set##_mask((W)v, (W)a, past) |         \
                                               _mm512_cmp_##set##_mask((W)v, (W)v, _CMP_UNORD_Q)), (W)v); \
    }
OF_VPAST(of_vmax_floats, red_m, __m512, ps, _CMP_GT_OQ)
OF_VPAST(of_vmin_floats, red_m, __m512, ps, _CMP_LT_OQ)
OF_VPAST(of_vmax_f64, red_v, __m512d, pd, _CMP_GT_OQ)
OF_VPAST(of_vmin_f64, red_v, __m512d, pd, _CMP_LT_OQ)
#else
#define OF_VPAST(name, V, past)                                                                    \
    static inline V name(V a, V v)                                                                 \
    {                                                                                              \
        const __typeof__(v > a) m = (v past a) | (v != v);                                         \
        return (V)(((__typeof__(m))v & m) | ((__typeof__(m))a & ~m));                              \
    }
OF_VPAST(of_vmax_floats, red_m, >)
OF_VPAST(of_vmin_floats, red_m, <)
OF_VPAST(of_vmax_f64, red_v, >)
OF_VPAST(of_vmin_f64, red_v, <)
#endif

/* The same of one number, without a branch: none would foresee which is the greater. */
#if defined(__SSE2__)
#define OF_PAST(name, A, V, set, s, past)                                                          \
    static inline A name(A a, A v)                                                                 \
    {                                                                                              \
        const V x = _mm_set_##s(a), y = _mm_set_##s(v);                                            \
        const V m = _mm_or_##set(_mm_cmp##past##_##s(y, x), _mm_cmpunord_##s(y, y));               \
        const V r = _mm_or_##set(_mm_and_##set(m, y), _mm_andnot_##set(m, x));                     \
        return r[0];                                                                               \
    }
OF_PAST(of_max_float, float, __m128, ps, ss, gt)
OF_PAST(of_min_float, float, __m128, ps, ss, lt)
OF_PAST(of_max_double, double, __m128d, pd, sd, gt)
OF_PAST(of_min_double, double, __m128d, pd, sd, lt)
#else
#define OF_PAST(name, A, past)                                                                     \
    static inline A name(A a, A v)                                                                 \
    {                                                                                              \
        return ((v past a) | (v != v)) ? v : a;                                                    \
    }
OF_PAST(of_max_float, float, >)
OF_PAST(of_min_float, float, <)
OF_PAST(of_max_double, double, >)
OF_PAST(of_min_double, double, <)
#endif

/* The code of a neutral element. */
static inline uint16_t of_pad_f16(double a)
{
    if (a > 0) return a > 1 ? 0x7C00 : 0x3C00;
    return a < 0 ? 0xFC00 : signbit(a) ? 0x8000 : 0;
}
#define OF_ALIGN _Alignas(64)

#define OF_REDUCE_SHORT 8 /* lines shorter than that are taken eight at a time */

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
#define VECTOR
#define LOADS(p) of_load_f32(p)
#define PART(last, x, m) of_part_f32(last, x, m)
#define LOADM(p) of_load_floats(p)
#define PAD(a) ((float)(a))
#define MVECTOR red_m
#define MVL RML
#define MACC red_w
#define MVECTOR_MAX(a, v) of_vmax_floats(a, v)
#define MSTEP_MAX(a, v) of_max_float(a, v)
#define MVECTOR_MIN(a, v) of_vmin_floats(a, v)
#define MSTEP_MIN(a, v) of_min_float(a, v)
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
#define VECTOR
#define LOADS(p) of_load_f16(p)
#define PART(last, x, m) of_part_f16(last, x, m)
#define LOADM(p) of_load_halves(p)
#define PAD(a) of_pad_f16((double)(a))
#define MVECTOR red_m
#define MVL RML
#define MACC red_w
#define MVECTOR_MAX(a, v) of_vmax_floats(a, v)
#define MSTEP_MAX(a, v) of_max_float(a, v)
#define MVECTOR_MIN(a, v) of_vmin_floats(a, v)
#define MSTEP_MIN(a, v) of_min_float(a, v)
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
#define VECTOR
#define LOADS(p) of_load_f64(p)
#define PART(last, x, m) of_part_f64(last, x, m)
#define LOADM(p) of_load_f64(p)
#define PAD(a) ((double)(a))
#define MVECTOR red_v
#define MVL RVL
#define MACC red_v
#define MVECTOR_MAX(a, v) of_vmax_f64(a, v)
#define MSTEP_MAX(a, v) of_max_double(a, v)
#define MVECTOR_MIN(a, v) of_vmin_f64(a, v)
#define MSTEP_MIN(a, v) of_min_double(a, v)
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
