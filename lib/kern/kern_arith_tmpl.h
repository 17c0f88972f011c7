/* Included once per type by kern_arith.c with
 *   T    the element type,  SFX  its suffix,  KT  its of_ktype,
 *   W    the unsigned type integer arithmetic is done in (unset for floats),
 *   BITS its width (unset for floats),
 *   SIGNED 1 for signed integers, 0 for unsigned ones (unset for floats),
 *   PARTNER of an unsigned type: the of_ktype of the signed one of the same width, which
 *          shares what does not look at the sign. */

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define FN(name) CAT(of_ka_##name##_, SFX)

/* A run with both strides 1, with one operand repeated, and any other. */
#define BIN(name, R, expr)                                                                         \
    static void FN(name)(void *dv, const void *av, ptrdiff_t as, const void *bv, ptrdiff_t bs,     \
                         size_t n)                                                                 \
    {                                                                                              \
        R *d = (R *)dv;                                                                            \
        const T *a = (const T *)av, *b = (const T *)bv;                                            \
        if (as == 1 && bs == 1) {                                                                  \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T x = a[i], y = b[i];                                                        \
                d[i] = (R)(expr);                                                                  \
            }                                                                                      \
        } else if (as == 1 && bs == 0) {                                                           \
            const T y = b[0];                                                                      \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T x = a[i];                                                                  \
                d[i] = (R)(expr);                                                                  \
            }                                                                                      \
        } else if (as == 0 && bs == 1) {                                                           \
            const T x = a[0];                                                                      \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T y = b[i];                                                                  \
                d[i] = (R)(expr);                                                                  \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T x = a[(ptrdiff_t)i * as], y = b[(ptrdiff_t)i * bs];                        \
                d[i] = (R)(expr);                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

/* For what does not vectorize. */
#define SLOW(name, expr)                                                                           \
    static void FN(name)(void *dv, const void *av, ptrdiff_t as, const void *bv, ptrdiff_t bs,     \
                         size_t n)                                                                 \
    {                                                                                              \
        T *d = (T *)dv;                                                                            \
        const T *a = (const T *)av, *b = (const T *)bv;                                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T x = a[(ptrdiff_t)i * as], y = b[(ptrdiff_t)i * bs];                            \
            d[i] = (T)(expr);                                                                      \
        }                                                                                          \
    }

#define UNI(name, expr)                                                                            \
    static void FN(name)(void *dv, const void *av, size_t n, const double *p)                      \
    {                                                                                              \
        T *d = (T *)dv;                                                                            \
        const T *a = (const T *)av;                                                                \
        (void)p;                                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T x = a[i];                                                                      \
            d[i] = (T)(expr);                                                                      \
        }                                                                                          \
    }

#ifdef W

BIN(min, T, x < y ? x : y)
BIN(max, T, x > y ? x : y)
BIN(lt, uint8_t, x < y)
BIN(le, uint8_t, x <= y)
#if SIGNED
/* The divisor -1 is negation: the machine's division traps on the smallest number. */
SLOW(div, y == -1 ? (T)(0 - (W)x) : (T)(x / y))
static inline T FN(mod1)(T x, T y)
{
    T r;

    if (y == -1) return 0;
    r = (T)(x % y);
    return r != 0 && (r < 0) != (y < 0) ? (T)(r + y) : r;
}
SLOW(mod, FN(mod1)(x, y))
SLOW(fmod, y == -1 ? (T)0 : (T)(x % y))
SLOW(shr, y < 0 || y >= BITS ? (x < 0 ? -1 : 0) : x >> y)
SLOW(prelu, x < 0 ? (T)((W)x * (W)y) : x)
UNI(abs, x < 0 ? (T)(0 - (W)x) : x)
UNI(sign, (x > 0) - (x < 0))
#else
BIN(add, T, (W)x + (W)y)
BIN(sub, T, (W)x - (W)y)
BIN(mul, T, (W)x *(W)y)
BIN(and, T, x &y)
BIN(or, T, x | y)
BIN(xor, T, x ^ y)
BIN(eq, uint8_t, x == y)
SLOW(div, x / y)
SLOW(mod, x % y)
SLOW(shl, y >= BITS ? (W)0 : (W)x << y) /* a negative amount is past the width, too */
SLOW(shr, y >= BITS ? (W)0 : (W)x >> y)
static void FN(prelu)(void *dv, const void *av, ptrdiff_t as, const void *bv, ptrdiff_t bs, size_t n)
{
    T *d = (T *)dv;
    const T *a = (const T *)av;

    (void)bv; /* nothing is below zero */
    (void)bs;
    for (size_t i = 0; i < n; i++) d[i] = a[(ptrdiff_t)i * as];
}
UNI(neg, 0 - (W)x)
UNI(abs, x)
UNI(sign, x != 0)
UNI(not, ~x)
#endif

#else /* floats */

/* A NaN that arithmetic makes or passes on is the one positive quiet NaN: its sign and
 * payload differ between CPUs and with the order the compiler takes operands in. */
static inline T FN(q)(T v)
{
    return v != v ? (T)NAN : v;
}

BIN(add, T, FN(q)(x + y))
BIN(sub, T, FN(q)(x - y))
BIN(mul, T, FN(q)(x * y))
BIN(div, T, FN(q)(x / y))
BIN(min, T, x < y || x != x ? x : y)
BIN(max, T, x > y || x != x ? x : y)
/* ONNX Mod-28, fmod 0: the sign of the divisor, of a zero result too. */
static inline T FN(mod1)(T x, T y)
{
    T r = (T)of_m_fmod((double)x, (double)y);

    if (r == 0) return (T)copysign(0.0, (double)y);
    return (r < 0) != (y < 0) ? r + y : r; /* NaN stays NaN either way */
}
SLOW(mod, FN(q)(FN(mod1)(x, y)))
SLOW(fmod, FN(q)((T)of_m_fmod((double)x, (double)y)))
SLOW(prelu, x < 0 ? FN(q)(x * y) : x)
UNI(neg, -x)
/* Clearing the sign, of -0 and NaN too. */
UNI(abs, CAT(of_fabs_, SFX)(x))
UNI(sign, x > 0 ? (T)1 : x < 0 ? (T)-1 : x != x ? x : (T)0)

BIN(eq, uint8_t, x == y)
BIN(lt, uint8_t, x < y)
BIN(le, uint8_t, x <= y)

#endif

static void FN(fill)(of_kern_arith *k)
{
    k->bin[OF_KB_DIV][KT] = FN(div);
    k->bin[OF_KB_MOD][KT] = FN(mod);
    k->bin[OF_KB_MIN][KT] = FN(min);
    k->bin[OF_KB_MAX][KT] = FN(max);
    k->bin[OF_KB_PRELU][KT] = FN(prelu);
    k->bin[OF_KB_LT][KT] = FN(lt);
    k->bin[OF_KB_LE][KT] = FN(le);
#ifdef W
    k->bin[OF_KB_SHR][KT] = FN(shr);
    k->uni_int[OF_KU_ABS][KT] = FN(abs);
    k->uni_int[OF_KU_SIGN][KT] = FN(sign);
#if SIGNED
    k->bin[OF_KB_FMOD][KT] = FN(fmod);
#else
    k->bin[OF_KB_FMOD][KT] = FN(mod);
    k->bin[OF_KB_ADD][KT] = k->bin[OF_KB_ADD][PARTNER] = FN(add);
    k->bin[OF_KB_SUB][KT] = k->bin[OF_KB_SUB][PARTNER] = FN(sub);
    k->bin[OF_KB_MUL][KT] = k->bin[OF_KB_MUL][PARTNER] = FN(mul);
    k->bin[OF_KB_AND][KT] = k->bin[OF_KB_AND][PARTNER] = FN(and);
    k->bin[OF_KB_OR][KT] = k->bin[OF_KB_OR][PARTNER] = FN(or);
    k->bin[OF_KB_XOR][KT] = k->bin[OF_KB_XOR][PARTNER] = FN(xor);
    k->bin[OF_KB_EQ][KT] = k->bin[OF_KB_EQ][PARTNER] = FN(eq);
    k->bin[OF_KB_SHL][KT] = k->bin[OF_KB_SHL][PARTNER] = FN(shl);
    k->uni_int[OF_KU_NEG][KT] = k->uni_int[OF_KU_NEG][PARTNER] = FN(neg);
    k->uni_int[OF_KU_NOT][KT] = k->uni_int[OF_KU_NOT][PARTNER] = FN(not);
#endif
#else
    k->bin[OF_KB_ADD][KT] = FN(add);
    k->bin[OF_KB_SUB][KT] = FN(sub);
    k->bin[OF_KB_MUL][KT] = FN(mul);
    k->bin[OF_KB_EQ][KT] = FN(eq);
    k->bin[OF_KB_FMOD][KT] = FN(fmod);
    CAT(k->uni_, SFX)[OF_KU_NEG] = FN(neg);
    CAT(k->uni_, SFX)[OF_KU_ABS] = FN(abs);
    CAT(k->uni_, SFX)[OF_KU_SIGN] = FN(sign);
#endif
}

#undef CAT_
#undef CAT
#undef FN
#undef BIN
#undef UNI
#undef SLOW
#undef T
#undef SFX
#undef KT
#undef W
#undef BITS
#undef SIGNED
#undef PARTNER
