/* The same bytes from every compiler, optimization level and CPU: a hash of all results of
 * each family of kernels, compared with the one written here. With arguments: prints. */
#include <stdio.h>
#include <string.h>

#include "kern/kern_combine.h"
#include "kern/kern_mathd.h"
#include "kern_cases.h"
#include "tensor/convert.h"

typedef struct family {
    const char *name;
    uint64_t want, got;
} family;

static family all[] = {
    {"bin", UINT64_C(0xC8BBB92DA30ECED8), 0},    {"uni", UINT64_C(0xCA6A2C685E4DBD50), 0},
    {"pick", UINT64_C(0xE14DD3E1FC1890D8), 0},   {"cvt", UINT64_C(0xD154E77475E211C7), 0},
    {"bool", UINT64_C(0x23C67C8065CBE3C1), 0},   {"run", UINT64_C(0xC1EF2A34E4D0C003), 0},
    {"lines", UINT64_C(0x220B8AB45CAF74CC), 0},
    {"rows", UINT64_C(0xC31B578252E9EAD4), 0},   {"matmul", UINT64_C(0xB4A7AB299E5CB032), 0},
    {"move", UINT64_C(0x24A9FD1664B75DBD), 0},   {"mathd", UINT64_C(0xE225C6D94D7ABAEA), 0},
    {"pow", UINT64_C(0xD5AC7E27F554B53F), 0},    {"combine", UINT64_C(0x8F0647925B3EB8B9), 0},
    {"narrow", UINT64_C(0xEB63645EC3EF6C13), 0}, {"small", UINT64_C(0x1C97CD1D47739FDD), 0},
    {"exp", UINT64_C(0x45100C9EA9419997), 0},
    {"norm", UINT64_C(0x7DAFE30D580378AF), 0},
    {"quant", UINT64_C(0x94CBFBBC21C46858), 0},
};

static void count(void *user, const char *name, int op, int type, const void *bytes, size_t n,
                  size_t width)
{
    (void)user;
    (void)op;
    (void)type;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0) all[i].got = kern_hash(all[i].got, bytes, n, width);
}

static void math_cases(void)
{
    static double (*const f[])(double) = {
        of_m_exp,     of_m_expm1,    of_m_log,   of_m_log1p, of_m_sin,  of_m_cos,
        of_m_tan,     of_m_asin,     of_m_acos,  of_m_atan,  of_m_sinh, of_m_cosh,
        of_m_tanh,    of_m_asinh,    of_m_acosh, of_m_atanh, of_m_erf,  of_m_erfc,
        of_m_sigmoid, of_m_softplus, of_m_mish,  of_m_gelu};
    static double x[8192], y[8192];
    static float s[8192];

    kern_fill(OF_KT_F64, x, 8192, 3);
    kern_fill(OF_KT_F64, y, 8192, 4);
    kern_fill(OF_KT_F32, s, 8192, 5);
    for (size_t i = 0; i < 8192; i++) {
        double r;
        for (size_t j = 0; j < sizeof f / sizeof *f; j++) {
            r = f[j](x[i]);
            count(NULL, "mathd", 0, 0, &r, sizeof r, sizeof r);
            r = f[j]((double)s[i]);
            count(NULL, "mathd", 0, 0, &r, sizeof r, sizeof r);
        }
        r = of_m_pow(x[i], y[i]);
        count(NULL, "pow", 0, 0, &r, sizeof r, sizeof r);
        r = of_m_pow(fabs((double)s[i]), y[i]);
        count(NULL, "pow", 0, 0, &r, sizeof r, sizeof r);
    }
}

/* Bytes of what has an order in an element. */
static size_t word(int t)
{
    return t == OF_COMPLEX64 ? 4 : t == OF_COMPLEX128 ? 8 : of_dtypes[t].mem;
}

static void fill(int t, void *to, uint64_t seed)
{
    const bool f32 = t == OF_FLOAT || t == OF_COMPLEX64, f64 = t == OF_DOUBLE || t == OF_COMPLEX128;

    kern_fill(f64 ? OF_KT_F64 : f32 ? OF_KT_F32 : OF_KT_U16, to, 2048, seed);
    if (f32 || f64) return;
    kern_order(to, 4096, 2); /* other types have the bytes of those numbers */
    kern_order(to, 4096, word(t));
}

static void combine_cases(void)
{
    static uint64_t d[2048], s[2048];

    for (int t = 0; t < OF_DTYPE_COUNT; t++)
        for (int op = 0; op < OF_COMBINE_COUNT; op++) {
            const of_combine_fn f = of_combine_get((of_dtype)t, (of_combine)op);
            if (!f) continue;
            fill(t, d, (uint64_t)t);
            fill(t, s, (uint64_t)t + 50);
            f(d, s, 500);
            count(NULL, "combine", op, t, d, 500 * (size_t)of_dtypes[t].mem, word(t));
        }
}

static void narrow_cases(void)
{
    static float x[8192];
    static double y[8192];
    static unsigned char d[8192 * 8];
    static const unsigned char types[] = {
        OF_FLOAT16,        OF_BFLOAT16,   OF_FLOAT8E4M3FN, OF_FLOAT8E4M3FNUZ, OF_FLOAT8E5M2,
        OF_FLOAT8E5M2FNUZ, OF_FLOAT8E8M0, OF_FLOAT4E2M1,   OF_FLOAT6E2M3,     OF_FLOAT6E3M2};

    kern_fill(OF_KT_F32, x, 8192, 12);
    kern_fill(OF_KT_F64, y, 8192, 13);
    for (size_t i = 0; i < sizeof types; i++) {
        const of_dtype t = (of_dtype)types[i];
        memset(d, 0, sizeof d);
        of_from_f32(t, x, d, 8192);
        count(NULL, "narrow", 0, (int)t, d, 8192u * of_dtypes[t].mem, of_dtypes[t].mem);
        of_from_f64(t, y, d, 8192);
        count(NULL, "narrow", 1, (int)t, d, 8192u * of_dtypes[t].mem, of_dtypes[t].mem);
        for (size_t j = 0; j < 8192; j++) {
            const size_t v = j * 8 + j % 8;
            d[2 * j] = (unsigned char)v;
            d[2 * j + 1] = (unsigned char)(v >> 8);
        }
        kern_order(d, sizeof d, of_dtypes[t].mem);
        of_to_f32(t, d, x, 8192);
        count(NULL, "narrow", 2, (int)t, x, sizeof x, sizeof *x);
        kern_fill(OF_KT_F32, x, 8192, 12);
    }
}

int main(int argc, char **argv)
{
    static of_kern k;
    int bad = 0;

    (void)argv;
    of_kern_init(&k, of_cpu_flags());
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) all[i].got = UINT64_C(0xCBF29CE484222325);
    kern_cases(&k, count, NULL);
    math_cases();
    combine_cases();
    narrow_cases();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const bool ok = all[i].got == all[i].want;
        if (argc > 1)
            printf("    {\"%s\", UINT64_C(0x%016llX), 0},\n", all[i].name,
                   (unsigned long long)all[i].got);
        else if (!ok)
            printf("%s: other bytes than elsewhere: %016llX\n", all[i].name,
                   (unsigned long long)all[i].got);
        bad += !ok;
    }
    if (argc == 1 && !bad)
        printf("%zu families of kernels give the bytes they always gave\n",
               sizeof all / sizeof *all);
    return argc == 1 && bad;
}
