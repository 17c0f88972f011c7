/* The float32 functions against what defines them, the rounded results of kern_mathd.h, bit for
 * bit, in every variant: mathfcheck [STRIDE [NAME]]. STRIDE 1 takes all 2^32 numbers; else every
 * STRIDE-th, beginning with the least odd bits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kern/kern.h"
#include "kern/kern_mathd.h"

static const double p[2] = {1.25, 0.75};

static double gelu_tanh(double x) { return x * of_m_sigmoid(of_mf_gelu_arg(x)); }
static double elu(double x) { return x < 0 ? p[0] * of_m_expm1(x) : x; }
static double selu(double x) { return x > 0 ? p[1] * x : p[1] * (p[0] * of_m_expm1(x)); }
static double swish(double x) { return x * of_m_sigmoid(p[0] * x); }

static const struct {
    const char *name;
    of_kuni op;
    double (*f)(double);
} functions[] = {
    {"exp", OF_KU_EXP, of_m_exp},       {"log", OF_KU_LOG, of_m_log},       {"erf", OF_KU_ERF, of_m_erf},
    {"sin", OF_KU_SIN, of_m_sin},       {"cos", OF_KU_COS, of_m_cos},       {"tan", OF_KU_TAN, of_m_tan},
    {"asin", OF_KU_ASIN, of_m_asin},    {"acos", OF_KU_ACOS, of_m_acos},    {"atan", OF_KU_ATAN, of_m_atan},
    {"sinh", OF_KU_SINH, of_m_sinh},    {"cosh", OF_KU_COSH, of_m_cosh},    {"tanh", OF_KU_TANH, of_m_tanh},
    {"asinh", OF_KU_ASINH, of_m_asinh}, {"acosh", OF_KU_ACOSH, of_m_acosh}, {"atanh", OF_KU_ATANH, of_m_atanh},
    {"sigmoid", OF_KU_SIGMOID, of_m_sigmoid}, {"softplus", OF_KU_SOFTPLUS, of_m_softplus},
    {"mish", OF_KU_MISH, of_m_mish},    {"gelu", OF_KU_GELU, of_m_gelu},
    {"gelu_tanh", OF_KU_GELU_TANH, gelu_tanh}, {"elu", OF_KU_ELU, elu}, {"selu", OF_KU_SELU, selu},
    {"swish", OF_KU_SWISH, swish},
};

enum { N = 4096 };
static float x[N], y[N], want[N];
static of_kern table[4];

static uint64_t bad(const char *name, const char *variant, size_t n)
{
    static int said;
    uint64_t count = 0;

    for (size_t i = 0; i < n; i++) {
        if (memcmp(&y[i], &want[i], sizeof *y) == 0) continue;
        if (count++ == 0 && said++ < 20)
            printf("%s %s(%a) is %a, not %a\n", variant, name, (double)x[i], (double)y[i], (double)want[i]);
    }
    return count;
}

int main(int argc, char **argv)
{
    static const char *const names[4] = {"c", "sse41", "avx2", "avx512"};
    static const uint32_t masks[4] = {0, OF_CPU_SSE41, OF_CPU_SSE41 | OF_CPU_AVX2,
                                      OF_CPU_SSE41 | OF_CPU_AVX2 | OF_CPU_AVX512};
    const uint64_t stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 16411;
    uint64_t wrong = 0, points = 0;
    int variants = 0;

    if (!stride) return 2;
    for (int i = 0; i < 4; i++) {
        of_kern_init(&table[i], masks[i]);
        if (table[i].flags == masks[i]) variants++;
    }
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        uint64_t at = 0, differ = 0;
        if (argc > 2 && strcmp(argv[2], functions[f].name) != 0) continue;
        while (at >> 32 == 0) {
            size_t n = 0;
            for (; n < N && at >> 32 == 0; n++, at += stride) {
                const uint32_t u = (uint32_t)at;
                memcpy(&x[n], &u, sizeof u);
                want[n] = (float)functions[f].f((double)x[n]);
                if (want[n] != want[n]) want[n] = (float)NAN;
            }
            for (int v = 0; v < 4; v++) {
                if (table[v].flags != masks[v]) continue;
                table[v].arith.uni_f32[functions[f].op](y, x, n, p);
                differ += bad(functions[f].name, names[v], n);
                memcpy(y, x, sizeof y); /* in place, and not aligned */
                table[v].arith.uni_f32[functions[f].op](y + 1, y + 1, n ? n - 1 : 0, p);
                table[v].arith.uni_f32[functions[f].op](y, y, n != 0, p);
                differ += bad(functions[f].name, names[v], n);
            }
            points += n;
        }
        if (differ) printf("%s: %llu differ\n", functions[f].name, (unsigned long long)differ);
        wrong += differ;
    }
    for (uint64_t k = 0; k < 40 * stride && argc <= 2; k += stride) { /* powers: any bits, and near 1 */
        static float e[N];
        for (size_t i = 0; i < N; i++) {
            const uint64_t r = (k + i + 1) * UINT64_C(0x9E3779B97F4A7C15), q = (r ^ r >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
            const uint32_t u = (uint32_t)(q >> 33), w = (uint32_t)q;
            memcpy(&x[i], &u, sizeof u);
            memcpy(&e[i], &w, sizeof w);
            if (i & 1) e[i] = (float)((int32_t)w >> 20) * 0x1p-5f;
            if (i & 2) x[i] = 1 + (float)((int32_t)u >> 8) * 0x1p-25f;
            if ((i & 28) == 0) e[i] = (float)((int)(w >> 28) - 8) * 0.5f;
            want[i] = (float)of_m_pow((double)x[i], (double)e[i]);
            if (want[i] != want[i]) want[i] = (float)NAN;
        }
        for (int v = 0; v < 4; v++) {
            if (table[v].flags != masks[v]) continue;
            table[v].arith.bin[OF_KB_POW][OF_KT_F32](y, x, 1, e, 1, N);
            wrong += bad("pow", names[v], N);
        }
        points += N;
    }
    printf("%d variants, %llu points, %llu results differ\n", variants, (unsigned long long)points,
           (unsigned long long)wrong);
    return wrong != 0;
}
