/* Included once per type by kern_arith.c with
 *   T    the element type,  SFX  its suffix,  KT  its of_ktype,
 *   W    the unsigned type integer arithmetic is done in (unset for floats),
 *   BITS its width (unset for floats),
 *   SIGNED 1 for signed integers, 0 for unsigned ones (unset for floats). */

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

BIN(add, T, (W)x + (W)y)
BIN(sub, T, (W)x - (W)y)
BIN(mul, T, (W)x *(W)y)
BIN(and, T, x &y)
BIN(or, T, x | y)
BIN(xor, T, x ^ y)
BIN(min, T, x < y ? x : y)
BIN(max, T, x > y ? x : y)
#if SIGNED
/* The divisor -1 is negation: the machine's division traps on the smallest number. */
BIN(div, T, y == -1 ? (T)(0 - (W)x) : (T)(x / y))
static inline T FN(mod1)(T x, T y)
{
    T r;

    if (y == -1) return 0;
    r = (T)(x % y);
    return r != 0 && (r < 0) != (y < 0) ? (T)(r + y) : r;
}
BIN(mod, T, FN(mod1)(x, y))
BIN(fmod, T, y == -1 ? (T)0 : (T)(x % y))
BIN(shl, T, y < 0 || y >= BITS ? (W)0 : (W)x << y)
BIN(shr, T, y < 0 || y >= BITS ? (x < 0 ? -1 : 0) : x >> y)
BIN(prelu, T, x < 0 ? (T)((W)x * (W)y) : x)
UNI(neg, 0 - (W)x)
UNI(abs, x < 0 ? (T)(0 - (W)x) : x)
UNI(sign, (x > 0) - (x < 0))
#else
BIN(div, T, x / y)
BIN(mod, T, x % y)
BIN(shl, T, y >= BITS ? (W)0 : (W)x << y)
BIN(shr, T, y >= BITS ? (W)0 : (W)x >> y)
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
#endif
UNI(not, ~x)

#else /* floats */

BIN(add, T, x + y)
BIN(sub, T, x - y)
BIN(mul, T, x *y)
BIN(div, T, x / y)
BIN(min, T, x < y || x != x ? x : y)
BIN(max, T, x > y || x != x ? x : y)
/* ONNX Mod-28, fmod 0: the sign of the divisor, of a zero result too. */
static inline T FN(mod1)(T x, T y)
{
    T r = (T)of_m_fmod((double)x, (double)y);

    if (r == 0) return (T)copysign(0.0, (double)y);
    return (r < 0) != (y < 0) ? r + y : r; /* NaN stays NaN either way */
}
BIN(mod, T, FN(mod1)(x, y))
BIN(fmod, T, of_m_fmod((double)x, (double)y))
BIN(prelu, T, x < 0 ? x * y : x)
UNI(neg, -x)
/* Clearing the sign, of -0 and NaN too. */
UNI(abs, CAT(of_fabs_, SFX)(x))
UNI(sign, x > 0 ? (T)1 : x < 0 ? (T)-1 : x != x ? x : (T)0)

#endif

BIN(eq, uint8_t, x == y)
BIN(lt, uint8_t, x < y)
BIN(le, uint8_t, x <= y)

static void FN(fill)(of_kern_arith *k)
{
    k->bin[OF_KB_ADD][KT] = FN(add);
    k->bin[OF_KB_SUB][KT] = FN(sub);
    k->bin[OF_KB_MUL][KT] = FN(mul);
    k->bin[OF_KB_DIV][KT] = FN(div);
    k->bin[OF_KB_MOD][KT] = FN(mod);
    k->bin[OF_KB_MIN][KT] = FN(min);
    k->bin[OF_KB_MAX][KT] = FN(max);
    k->bin[OF_KB_PRELU][KT] = FN(prelu);
    k->bin[OF_KB_EQ][KT] = FN(eq);
    k->bin[OF_KB_LT][KT] = FN(lt);
    k->bin[OF_KB_LE][KT] = FN(le);
#ifdef W
    k->bin[OF_KB_AND][KT] = FN(and);
    k->bin[OF_KB_OR][KT] = FN(or);
    k->bin[OF_KB_XOR][KT] = FN(xor);
    k->bin[OF_KB_SHL][KT] = FN(shl);
    k->bin[OF_KB_SHR][KT] = FN(shr);
    k->uni_int[OF_KU_NEG][KT] = FN(neg);
    k->uni_int[OF_KU_ABS][KT] = FN(abs);
    k->uni_int[OF_KU_SIGN][KT] = FN(sign);
    k->uni_int[OF_KU_NOT][KT] = FN(not);
#if SIGNED
    k->bin[OF_KB_FMOD][KT] = FN(fmod);
#else
    k->bin[OF_KB_FMOD][KT] = FN(mod);
#endif
#else
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
#undef T
#undef SFX
#undef KT
#undef W
#undef BITS
#undef SIGNED
