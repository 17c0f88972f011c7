/* The matrix products. The vector is two doubles, which every target has or is given by
 * the compiler, or what the instruction set has. */
#include "kern/kern_matmul.h"

#include "kern/kern_dd.h"

#include <stdbool.h>
#include <string.h>

#if defined(__clang__)
#define OF_UNROLL _Pragma("unroll")
#else
#define OF_UNROLL _Pragma("GCC unroll 16")
#endif
#if defined(__AVX512F__)
#define VL 8
#define MR 8
#define NV 3
#elif defined(__AVX2__)
#define VL 4
#define MR 4
#define NV 3
#elif defined(OF_KERN_NEON) /* 24 of the 32 registers */
#define VL 2
#define MR 6
#define NV 4
#else
#define VL 2
#define MR 4
#define NV 2
#endif

/* acc + b * a in one rounding, which for products of float32 is the same as in two. */
#if defined(__FMA__) && (defined(__x86_64__) || defined(__i386__))
#include <immintrin.h>
#if VL == 8
#define FUSED(acc, b, a) _mm512_fmadd_pd((b), _mm512_set1_pd(a), (acc))
#elif VL == 4
#define FUSED(acc, b, a) _mm256_fmadd_pd((b), _mm256_set1_pd(a), (acc))
#endif
#endif
#ifdef OF_KERN_NEON
#include <arm_neon.h>
#define FUSED(acc, b, a) vfmaq_n_f64((acc), (b), (a))
#endif
#define UNFUSED(acc, b, a) ((acc) + (b) * (a))
#ifdef FUSED
#define FUSES 1
#else
#define FUSES 0
#define FUSED UNFUSED
#endif

#ifdef __SSE2__
#include <immintrin.h>
static inline void mm_turn(const float *from, ptrdiff_t lane, double *to, size_t wide)
{
    __m128 r[4];

    OF_UNROLL for (int i = 0; i < 4; i++) r[i] = _mm_loadu_ps(from + i * lane);
    _MM_TRANSPOSE4_PS(r[0], r[1], r[2], r[3]);
    OF_UNROLL for (size_t i = 0; i < 4; i++) {
#ifdef __AVX__
        _mm256_storeu_pd(to + i * wide, _mm256_cvtps_pd(r[i]));
#else
        _mm_storeu_pd(to + i * wide, _mm_cvtps_pd(r[i]));
        _mm_storeu_pd(to + i * wide + 2, _mm_cvtps_pd(_mm_movehl_ps(r[i], r[i])));
#endif
    }
}
#define TURN mm_turn
#endif

#define T float
#define NAME(x) mm_f32_##x
#define MUL_ADD FUSED
#define TWICE 0
#include "kern/kern_matmul_tmpl.h"

#define T double
#define NAME(x) mm_f64_##x
#define TWICE 1
#undef NV /* two accumulators each */
#define NV 1
#include "kern/kern_matmul_tmpl.h"

#define OF_MM_INT(name, type)                                                                      \
    static void name(const of_mm *p, size_t i0, size_t ni, size_t j0, size_t nj, type *c,          \
                     size_t ldc)                                                                   \
    {                                                                                              \
        const type *a = (const type *)p->a, *b = (const type *)p->b;                               \
        if (p->k) b += (ptrdiff_t)j0 * p->b_col; /* else there may be no data to point at */       \
        for (size_t i = 0; i < ni; i++) {                                                          \
            type *row = c + i * ldc;                                                               \
            const type *ar = p->k ? a + (ptrdiff_t)(i0 + i) * p->a_row : a;                        \
            for (size_t j = 0; j < nj; j++) row[j] = 0;                                            \
            for (size_t k = 0; k < p->k; k++) {                                                    \
                const type x = ar[(ptrdiff_t)k * p->a_col], *bk = b + (ptrdiff_t)k * p->b_row;     \
                if (p->b_col == 1)                                                                 \
                    for (size_t j = 0; j < nj; j++) row[j] += x * bk[j];                           \
                else                                                                               \
                    for (size_t j = 0; j < nj; j++) row[j] += x * bk[(ptrdiff_t)j * p->b_col];     \
            }                                                                                      \
        }                                                                                          \
    }

OF_MM_INT(mm_u32, uint32_t)
OF_MM_INT(mm_u64, uint64_t)

void OF_KERN_NAME(of_kern_matmul_init)(of_kern_matmul *k)
{
    k->f32 = mm_f32_block;
    k->f64 = mm_f64_block;
    k->u32 = mm_u32;
    k->u64 = mm_u64;
}
