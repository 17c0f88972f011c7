/* Elementwise arithmetic over runs: one function per operation and C type. */
#ifndef OF_KERN_ARITH_H
#define OF_KERN_ARITH_H

#include <stddef.h>
#include <stdint.h>

#include "kern/kern_isa.h"

/* The C types that loops are written for. Bool is U8; the small floats are computed
 * in F32, the 4- and 2-bit integers are unpacked to I8 and U8. */
typedef enum of_ktype {
    OF_KT_I8, OF_KT_I16, OF_KT_I32, OF_KT_I64, OF_KT_U8, OF_KT_U16, OF_KT_U32, OF_KT_U64,
    OF_KT_F32, OF_KT_F64, OF_KT_COUNT
} of_ktype;

/* Two operands. Results are of the operands' type up to PRELU, uint8 0 or 1 from EQ on. */
typedef enum of_kbin {
    OF_KB_ADD, OF_KB_SUB, OF_KB_MUL, /* integers wrap */
    OF_KB_DIV,  /* integers truncate, MIN / -1 is MIN; the divisor must not be 0 */
    OF_KB_MOD,  /* sign of the divisor; integer divisor not 0 */
    OF_KB_FMOD, /* sign of the dividend; integer divisor not 0 */
    OF_KB_MIN, OF_KB_MAX, /* NaN wins; of equal ones (-0 and +0) the second */
    OF_KB_POW,  /* integers: exponent >= 0, wraps; I64, F32 and F64 only */
    OF_KB_AND, OF_KB_OR, OF_KB_XOR, /* bits; integers only */
    OF_KB_SHL, OF_KB_SHR, /* integers only; an amount outside [0, width): only fill bits remain */
    OF_KB_PRELU, /* a < 0 ? a * b : a */
    OF_KB_EQ, OF_KB_LT, OF_KB_LE,
    OF_KB_LEQ, OF_KB_LAND, OF_KB_LOR, OF_KB_LXOR, /* truth values, any nonzero byte is true; U8 only */
    OF_KB_COUNT
} of_kbin;

/* One operand. p holds the operation's parameters. */
typedef enum of_kuni {
    OF_KU_NEG, OF_KU_ABS, OF_KU_SIGN, /* every type; integers wrap */
    OF_KU_NOT,   /* bits; integers only */
    OF_KU_LNOT,  /* truth value; U8 only */
    OF_KU_INT_COUNT,
    /* from here on F32 and F64 only */
    OF_KU_RECIP = OF_KU_INT_COUNT, OF_KU_SQRT, OF_KU_FLOOR, OF_KU_CEIL,
    OF_KU_ROUND, /* half to even */
    OF_KU_ISNAN, OF_KU_ISINF,   /* uint8 results; ISINF: p[0] detect negative, p[1] detect positive */
    OF_KU_LEAKY,                /* alpha */
    OF_KU_THRESHOLD,            /* alpha */
    OF_KU_SHRINK,               /* bias, lambd */
    OF_KU_HARDSIGMOID,          /* alpha, beta */
    OF_KU_HARDSWISH, OF_KU_SOFTSIGN,
    /* computed in double, rounded once */
    OF_KU_EXP, OF_KU_LOG, OF_KU_ERF,
    OF_KU_SIN, OF_KU_COS, OF_KU_TAN, OF_KU_ASIN, OF_KU_ACOS, OF_KU_ATAN,
    OF_KU_SINH, OF_KU_COSH, OF_KU_TANH, OF_KU_ASINH, OF_KU_ACOSH, OF_KU_ATANH,
    OF_KU_SIGMOID, OF_KU_SOFTPLUS, OF_KU_MISH, OF_KU_GELU, OF_KU_GELU_TANH,
    OF_KU_ELU,                  /* alpha */
    OF_KU_SELU,                 /* alpha, gamma */
    OF_KU_CELU,                 /* alpha */
    OF_KU_SWISH,                /* alpha */
    OF_KU_COUNT
} of_kuni;

/* as, bs: element strides of the operands, 0 and 1 are the fast ones. dst is
 * contiguous; it may be a or b with stride 1, no other overlap. */
typedef void (*of_kern_bin_fn)(void *dst, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, size_t n);
typedef void (*of_kern_uni_fn)(void *dst, const void *src, size_t n, const double *p);
/* Picks a where the condition byte is not 0, else b. */
typedef void (*of_kern_pick_fn)(void *dst, const uint8_t *cond, ptrdiff_t cs, const void *a, ptrdiff_t as,
                                const void *b, ptrdiff_t bs, size_t n);

/* NULL: the type does not have the operation. */
typedef struct of_kern_arith {
    of_kern_bin_fn bin[OF_KB_COUNT][OF_KT_COUNT];
    of_kern_uni_fn uni_int[OF_KU_INT_COUNT][OF_KT_F32]; /* integer types */
    of_kern_uni_fn uni_f32[OF_KU_COUNT], uni_f64[OF_KU_COUNT];
    of_kern_pick_fn pick[5]; /* by log2 of the element's bytes: 1, 2, 4, 8, 16 */
    /* d[i] = exp(x[i] - less) to 2^-46, 0 below e^-700 and infinite above e^700: for sums and quotients that
     * become float32 or less. d may be x. */
    void (*exp_run)(double *d, const double *x, double less, size_t n);
} of_kern_arith;

void OF_KERN_NAME(of_kern_arith_init)(of_kern_arith *k);
void OF_KERN_NAME(of_kern_mathf_init)(of_kern_arith *k); /* float32's fast ones; called by the next */
void OF_KERN_NAME(of_kern_math_init)(of_kern_arith *k); /* the float functions of one operand; called by the above */

#endif
