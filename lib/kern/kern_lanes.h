/* Vectors of doubles for the lanes that sums are taken in, as wide as the instruction set has them. */
#ifndef OF_KERN_LANES_H
#define OF_KERN_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* As many doubles as the instruction set has in a vector; written out, since compilers do not see
 * sixteen lanes as a few of them. */
#if defined(__AVX512F__)
#define RVL 8
#define RML 16
#elif defined(__AVX2__)
#define RVL 4
#define RML 8
#else
#define RVL 2
#define RML 4
#endif
typedef double red_v __attribute__((vector_size(RVL * 8)));
typedef int64_t red_i __attribute__((vector_size(RVL * 8)));
typedef float red_f __attribute__((vector_size(RVL * 4)));
typedef float red_m __attribute__((vector_size(RVL * 8)));
typedef double red_w __attribute__((vector_size(RVL * 16)));

#define OF_LOAD(name, V, T)                                                                        \
    static inline V name(const T *p)                                                               \
    {                                                                                              \
        V v;                                                                                       \
        memcpy(&v, p, sizeof v);                                                                   \
        return v;                                                                                  \
    }
OF_LOAD(of_load_f64, red_v, double)
OF_LOAD(of_load_floats, red_m, float)
#if !defined(__AVX2__)
OF_LOAD(of_load_few, red_f, float)
#endif

static inline red_v of_load_f32(const float *p)
{
#if defined(__AVX512F__)
    return (red_v)_mm512_cvtps_pd(_mm256_loadu_ps(p));
#elif defined(__AVX2__)
    return (red_v)_mm256_cvtps_pd(_mm_loadu_ps(p));
#else
    return __builtin_convertvector(of_load_few(p), red_v);
#endif
}

/* Lane 0 becomes that of all lanes: lane j with lane j + half, half of them at a time. */
#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define OF_TURN(v, ...) __builtin_shufflevector(v, v, __VA_ARGS__)
#define OF_FOLD_2(v, join) v = join(v, OF_TURN(v, 1, 0))
#define OF_FOLD_4(v, join)                                                                         \
    do {                                                                                           \
        v = join(v, OF_TURN(v, 2, 3, 0, 1));                                                       \
        v = join(v, OF_TURN(v, 1, 0, 3, 2));                                                       \
    } while (0)
#define OF_FOLD_8(v, join)                                                                         \
    do {                                                                                           \
        v = join(v, OF_TURN(v, 4, 5, 6, 7, 0, 1, 2, 3));                                           \
        v = join(v, OF_TURN(v, 2, 3, 0, 1, 6, 7, 4, 5));                                           \
        v = join(v, OF_TURN(v, 1, 0, 3, 2, 5, 4, 7, 6));                                           \
    } while (0)
#define OF_FOLD_16(v, join)                                                                        \
    do {                                                                                           \
        v = join(v, OF_TURN(v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));             \
        v = join(v, OF_TURN(v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));             \
        v = join(v, OF_TURN(v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));             \
        v = join(v, OF_TURN(v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));             \
    } while (0)
#define OF_FOLD_BY(VL) OF_FOLD_JOIN(OF_FOLD_, VL)
#define OF_FOLD_JOIN(a, b) OF_FOLD_JOIN_(a, b)
#define OF_FOLD_JOIN_(a, b) a##b
#define OF_FOLD(v, V, VL, join) OF_FOLD_BY(VL)(v, join)
#endif
#endif
#ifndef OF_FOLD /* with a vector of which lane 0 alone counts */
#define OF_FOLD(v, V, VL, join)                                                                    \
    for (size_t half = VL / 2; half > 0; half /= 2) {                                              \
        V turned = v;                                                                              \
        for (size_t k = 0; k < half; k++) turned[k] = v[k + half];                                 \
        v = join(v, turned);                                                                       \
    }
#endif

#endif
