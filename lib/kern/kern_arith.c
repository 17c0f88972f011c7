/* The C reference of elementwise arithmetic: what it computes is the definition. */
#include <string.h>

#include "kern/kern_arith.h"
#include "kern/kern_mathd.h"

static inline float of_fabs_f32(float x) { return fabsf(x); }
static inline double of_fabs_f64(double x) { return fabs(x); }

#define T int8_t
#define SFX i8
#define KT OF_KT_I8
#define W uint32_t
#define BITS 8
#define SIGNED 1
#include "kern/kern_arith_tmpl.h"

#define T int16_t
#define SFX i16
#define KT OF_KT_I16
#define W uint32_t
#define BITS 16
#define SIGNED 1
#include "kern/kern_arith_tmpl.h"

#define T int32_t
#define SFX i32
#define KT OF_KT_I32
#define W uint32_t
#define BITS 32
#define SIGNED 1
#include "kern/kern_arith_tmpl.h"

#define T int64_t
#define SFX i64
#define KT OF_KT_I64
#define W uint64_t
#define BITS 64
#define SIGNED 1
#include "kern/kern_arith_tmpl.h"

#define T uint8_t
#define SFX u8
#define KT OF_KT_U8
#define PARTNER OF_KT_I8
#define W uint32_t
#define BITS 8
#define SIGNED 0
#include "kern/kern_arith_tmpl.h"

#define T uint16_t
#define SFX u16
#define KT OF_KT_U16
#define PARTNER OF_KT_I16
#define W uint32_t
#define BITS 16
#define SIGNED 0
#include "kern/kern_arith_tmpl.h"

#define T uint32_t
#define SFX u32
#define KT OF_KT_U32
#define PARTNER OF_KT_I32
#define W uint32_t
#define BITS 32
#define SIGNED 0
#include "kern/kern_arith_tmpl.h"

#define T uint64_t
#define SFX u64
#define KT OF_KT_U64
#define PARTNER OF_KT_I64
#define W uint64_t
#define BITS 64
#define SIGNED 0
#include "kern/kern_arith_tmpl.h"

#define T float
#define SFX f32
#define KT OF_KT_F32
#include "kern/kern_arith_tmpl.h"

#define T double
#define SFX f64
#define KT OF_KT_F64
#include "kern/kern_arith_tmpl.h"

/* ---- powers ---- */

static int64_t of_ipow(int64_t base, int64_t e)
{
    uint64_t r = 1, b = (uint64_t)base;

    for (uint64_t u = (uint64_t)e; u; u >>= 1) {
        if (u & 1) r *= b;
        b *= b;
    }
    return (int64_t)r;
}

static void of_ka_pow_i64(void *dv, const void *av, ptrdiff_t as, const void *bv, ptrdiff_t bs, size_t n)
{
    int64_t *d = (int64_t *)dv;
    const int64_t *a = (const int64_t *)av, *b = (const int64_t *)bv;

    for (size_t i = 0; i < n; i++) d[i] = of_ipow(a[(ptrdiff_t)i * as], b[(ptrdiff_t)i * bs]);
}

static void of_ka_pow_f64(void *dv, const void *av, ptrdiff_t as, const void *bv, ptrdiff_t bs, size_t n)
{
    double *d = (double *)dv;
    const double *a = (const double *)av, *b = (const double *)bv;

    for (size_t i = 0; i < n; i++) d[i] = of_ka_q_f64(of_m_pow(a[(ptrdiff_t)i * as], b[(ptrdiff_t)i * bs]));
}

static void of_ka_pow_f32(void *dv, const void *av, ptrdiff_t as, const void *bv, ptrdiff_t bs, size_t n)
{
    float *d = (float *)dv;
    const float *a = (const float *)av, *b = (const float *)bv;

    for (size_t i = 0; i < n; i++)
        d[i] = of_ka_q_f32((float)of_m_pow((double)a[(ptrdiff_t)i * as], (double)b[(ptrdiff_t)i * bs]));
}

/* ---- truth values ---- */

#define LOGIC(name, expr)                                                                          \
    static void of_ka_##name(void *dv, const void *av, ptrdiff_t as, const void *bv, ptrdiff_t bs, \
                             size_t n)                                                             \
    {                                                                                              \
        uint8_t *d = (uint8_t *)dv;                                                                \
        const uint8_t *a = (const uint8_t *)av, *b = (const uint8_t *)bv;                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            const int x = a[(ptrdiff_t)i * as] != 0, y = b[(ptrdiff_t)i * bs] != 0;                \
            d[i] = (uint8_t)(expr);                                                                \
        }                                                                                          \
    }
LOGIC(leq, x == y)
LOGIC(land, x &y)
LOGIC(lor, x | y)
LOGIC(lxor, x ^ y)

static void of_ka_lnot(void *dv, const void *av, size_t n, const double *p)
{
    uint8_t *d = (uint8_t *)dv;
    const uint8_t *a = (const uint8_t *)av;

    (void)p;
    for (size_t i = 0; i < n; i++) d[i] = a[i] == 0;
}

/* ---- picking ---- */

typedef struct of_ka_16 {
    uint64_t w[2];
} of_ka_16;

#define PICK(bytes, T)                                                                             \
    static void of_ka_pick_##bytes(void *dv, const uint8_t *c, ptrdiff_t cs, const void *av,       \
                                   ptrdiff_t as, const void *bv, ptrdiff_t bs, size_t n)           \
    {                                                                                              \
        T *d = (T *)dv;                                                                            \
        const T *a = (const T *)av, *b = (const T *)bv;                                            \
        T a0, b0;                                                                                  \
        if (!n) return;                                                                            \
        a0 = a[0], b0 = b[0];                                                                      \
        if (cs == 1 && as == 1 && bs == 1) {                                                       \
            for (size_t i = 0; i < n; i++) d[i] = c[i] ? a[i] : b[i];                              \
        } else if (cs == 1 && as == 0 && bs == 1) {                                                \
            for (size_t i = 0; i < n; i++) d[i] = c[i] ? a0 : b[i];                                \
        } else if (cs == 1 && as == 1 && bs == 0) {                                                \
            for (size_t i = 0; i < n; i++) d[i] = c[i] ? a[i] : b0;                                \
        } else if (cs == 1 && as == 0 && bs == 0) {                                                \
            for (size_t i = 0; i < n; i++) d[i] = c[i] ? a0 : b0;                                  \
        } else {                                                                                   \
            for (size_t i = 0; i < n; i++)                                                         \
                d[i] = c[(ptrdiff_t)i * cs] ? a[(ptrdiff_t)i * as] : b[(ptrdiff_t)i * bs];         \
        }                                                                                          \
    }
PICK(1, uint8_t)
PICK(2, uint16_t)
PICK(4, uint32_t)
PICK(8, uint64_t)
PICK(16, of_ka_16)

void OF_KERN_NAME(of_kern_arith_init)(of_kern_arith *k)
{
    memset(k, 0, sizeof *k);
    of_ka_fill_i8(k);
    of_ka_fill_i16(k);
    of_ka_fill_i32(k);
    of_ka_fill_i64(k);
    of_ka_fill_u8(k);
    of_ka_fill_u16(k);
    of_ka_fill_u32(k);
    of_ka_fill_u64(k);
    of_ka_fill_f32(k);
    of_ka_fill_f64(k);
    k->bin[OF_KB_POW][OF_KT_I64] = of_ka_pow_i64;
    k->bin[OF_KB_POW][OF_KT_F32] = of_ka_pow_f32;
    k->bin[OF_KB_POW][OF_KT_F64] = of_ka_pow_f64;
    k->bin[OF_KB_LEQ][OF_KT_U8] = of_ka_leq;
    k->bin[OF_KB_LAND][OF_KT_U8] = of_ka_land;
    k->bin[OF_KB_LOR][OF_KT_U8] = of_ka_lor;
    k->bin[OF_KB_LXOR][OF_KT_U8] = of_ka_lxor;
    k->uni_int[OF_KU_LNOT][OF_KT_U8] = of_ka_lnot;
    k->pick[0] = of_ka_pick_1;
    k->pick[1] = of_ka_pick_2;
    k->pick[2] = of_ka_pick_4;
    k->pick[3] = of_ka_pick_8;
    k->pick[4] = of_ka_pick_16;
    OF_KERN_NAME(of_kern_math_init)(k);
}
