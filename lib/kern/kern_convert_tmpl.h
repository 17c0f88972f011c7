/* Included once per source type by kern_convert.c with T, SFX, KT and, for the float
 * types, FLOATING. */

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define FN(to) CAT(of_kc_##to##_from_, SFX)

#define PLAIN(to, D)                                                                               \
    static size_t FN(to)(void *dv, const void *av, size_t n)                                       \
    {                                                                                              \
        D *d = (D *)dv;                                                                            \
        const T *a = (const T *)av;                                                                \
        for (size_t i = 0; i < n; i++) d[i] = (D)a[i];                                             \
        return n;                                                                                  \
    }

/* Both bounds are exact in double: lo is the smallest value less one where that is a
 * number of its own (LT), the smallest value itself for 64 bits (LE). */
#define CHECKED(to, D, lo, OP, hi)                                                                 \
    static size_t FN(to)(void *dv, const void *av, size_t n)                                       \
    {                                                                                              \
        D *d = (D *)dv;                                                                            \
        const T *a = (const T *)av;                                                                \
        int fits = 1;                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            fits &= ((double)(lo)OP(double) a[i]) & ((double)a[i] < (double)(hi));                 \
        for (size_t i = 0; i < n && !fits; i++)                                                    \
            if (!((double)(lo)OP(double) a[i] && (double)a[i] < (double)(hi))) return i;           \
        for (size_t i = 0; i < n; i++) d[i] = (D)a[i];                                             \
        return n;                                                                                  \
    }

#ifdef FLOATING
CHECKED(i8, int8_t, -129, <, 128)
CHECKED(i16, int16_t, -32769, <, 32768)
CHECKED(i32, int32_t, -2147483649.0, <, 2147483648.0)
CHECKED(i64, int64_t, -9223372036854775808.0, <=, 9223372036854775808.0)
CHECKED(u8, uint8_t, -1, <, 256)
CHECKED(u16, uint16_t, -1, <, 65536)
CHECKED(u32, uint32_t, -1, <, 4294967296.0)
CHECKED(u64, uint64_t, -1, <, 18446744073709551616.0)
#else
PLAIN(i8, int8_t)
PLAIN(i16, int16_t)
PLAIN(i32, int32_t)
PLAIN(i64, int64_t)
PLAIN(u8, uint8_t)
PLAIN(u16, uint16_t)
PLAIN(u32, uint32_t)
PLAIN(u64, uint64_t)
#endif
PLAIN(f32, float)
PLAIN(f64, double)

static void FN(bool)(uint8_t *d, const void *av, size_t n)
{
    const T *a = (const T *)av;

    for (size_t i = 0; i < n; i++) d[i] = a[i] != 0;
}

static void FN(fill)(of_kern_convert *k)
{
    k->cvt[KT][OF_KT_I8] = FN(i8);
    k->cvt[KT][OF_KT_I16] = FN(i16);
    k->cvt[KT][OF_KT_I32] = FN(i32);
    k->cvt[KT][OF_KT_I64] = FN(i64);
    k->cvt[KT][OF_KT_U8] = FN(u8);
    k->cvt[KT][OF_KT_U16] = FN(u16);
    k->cvt[KT][OF_KT_U32] = FN(u32);
    k->cvt[KT][OF_KT_U64] = FN(u64);
    k->cvt[KT][OF_KT_F32] = FN(f32);
    k->cvt[KT][OF_KT_F64] = FN(f64);
    k->tobool[KT] = FN(bool);
}

#undef CAT_
#undef CAT
#undef FN
#undef PLAIN
#undef CHECKED
#undef T
#undef SFX
#undef KT
#undef FLOATING
