/* What share of the multiply-adds of doubles that one core can do the matrix products and
 * convolutions reach: each through the real evaluator, one thread, against a loop that stays
 * in registers, of the same instruction set, in the same process, taken in turns. The products
 * of float32 add up in double. A share below its bound is marked and makes the exit status 1.
 *
 *     bench_mm [WORD...]     only rows with one of the words in them */
#include <stdio.h>

#include "base/cpu.h"
#include "bench_node.h"

typedef struct row {
    const char *op, *in, *attrs;
    double adds;  /* multiply-adds of one run */
    double bound; /* of the peak; 0: shown, not judged */
} row;

/* Those of double keep what each product and sum rounds off, ten operations in place of one. */
static const row rows[] = {
    {"MatMul", "f[512,512] f[512,512]", "", 512. * 512 * 512, 0.6},
    {"MatMul", "f[1024,1024] f[1024,1024]", "", 1024. * 1024 * 1024, 0.6},
    {"MatMul", "f[8192,64] f[64,64]", "", 8192. * 64 * 64, 0.6},
    {"MatMul", "f[64,8192] f[8192,64]", "", 8192. * 64 * 64, 0.6},
    {"MatMul", "f[128,768] f[768,3072]", "", 128. * 768 * 3072, 0.6},
    {"Gemm", "f[512,512] f[512,512]", "transB=1", 512. * 512 * 512, 0.6},
    {"MatMul", "f[16,1024] f[1024,1024]", "", 16. * 1024 * 1024, 0},
    {"MatMul", "f[4,1024] f[1024,1024]", "", 4. * 1024 * 1024, 0},
    {"MatMul", "f[1,1024] f[1024,1024]", "", 1024. * 1024, 0},
    {"MatMul", "f[1024,1024] f[1024,1]", "", 1024. * 1024, 0},
    {"Gemm", "f[1,1024] f[1024,1024]", "transB=1", 1024. * 1024, 0},
    {"Gemm", "f[4,1024] f[1024,1024]", "transB=1", 4. * 1024 * 1024, 0},
    {"MatMul", "d[512,512] d[512,512]", "", 512. * 512 * 512, 0},
    {"MatMul", "d[1024,1024] d[1024,1024]", "", 1024. * 1024 * 1024, 0},
    {"MatMul", "d[1,1024] d[1024,1024]", "", 1024. * 1024, 0},
    {"Conv", "f[1,64,56,56] f[64,64,3,3] f[64]", "pads=[1,1,1,1]", 56. * 56 * 64 * 64 * 9, 0.6},
    {"Conv", "f[1,256,28,28] f[256,256,1,1] f[256]", "", 28. * 28 * 256 * 256, 0.6},
    {"Conv", "f[1,3,224,224] f[64,3,7,7] f[64]", "pads=[3,3,3,3] strides=[2,2]", 112. * 112 * 64 * 147, 0},
    {"Conv", "f[1,64,112,112] f[64,1,3,3] f[64]", "group=64", 110. * 110 * 64 * 9, 0},
    {"Conv", "f[1,64,112,112] f[64,1,3,3] f[64]", "group=64 strides=[2,2]", 55. * 55 * 64 * 9, 0},
};

/* Each: `n` times 24 independent multiply-adds of vectors, with how many doubles in a vector. */
typedef double (*spin_fn)(long n);
#define CHAINS 24
#if defined(__clang__)
#define EACH _Pragma("unroll") for (int i = 0; i < CHAINS; i++)
#else
#define EACH _Pragma("GCC unroll 24") for (int i = 0; i < CHAINS; i++)
#endif
#define SPIN(name, target, type, set, madd)                                                        \
    target static double name(long n)                                                              \
    {                                                                                              \
        type s[CHAINS], x = set(0.5), y = set(1.0);                                                \
        double v[8];                                                                               \
                                                                                                   \
        EACH s[i] = set((double)i);                                                                \
        for (long k = 0; k < n; k++) EACH s[i] = madd(s[i], x, y);                                 \
        EACH y += s[i];                                                                            \
        memcpy(v, &y, sizeof y);                                                                  \
        return v[0];                                                                               \
    }

typedef double two __attribute__((vector_size(16)));
#define SET2(x) {x, x}
#if defined(__aarch64__)
#include <arm_neon.h>
#define MADD2(s, x, y) vfmaq_f64((y), (s), (x))
#define SET_TWO(x) vdupq_n_f64(x)
SPIN(spin2, , float64x2_t, SET_TWO, MADD2)
#else
static two set_two(double x)
{
    return (two)SET2(x);
}
#define MADD2(s, x, y) ((s) * (x) + (y))
SPIN(spin2, , two, set_two, MADD2)
#endif
#if defined(__x86_64__)
#include <immintrin.h>
SPIN(spin4, __attribute__((target("avx2,fma"))), __m256d, _mm256_set1_pd, _mm256_fmadd_pd)
SPIN(spin8, __attribute__((target("avx512f"))), __m512d, _mm512_set1_pd, _mm512_fmadd_pd)
#endif

/* Multiply-adds a second. */
static double peak(void)
{
    const long n = 200000;
    spin_fn spin = spin2;
    double width = 2, t;
    volatile double kept;

#if defined(__x86_64__)
    const uint32_t flags = of_cpu_flags();
    if (flags & OF_CPU_AVX2) spin = spin4, width = 4;
    if (flags & OF_CPU_AVX512) spin = spin8, width = 8;
#endif
    t = bench_now();
    kept = spin(n);
    (void)kept;
    return (double)n * CHAINS * width / (bench_now() - t);
}

static bool asked(const row *r, int argc, char **argv)
{
    char text[256];

    snprintf(text, sizeof text, "%s %s %s", r->op, r->in, r->attrs);
    for (int i = 1; i < argc; i++)
        if (strstr(text, argv[i])) return true;
    return argc == 1;
}

int main(int argc, char **argv)
{
    int slow = 0, all = 0, broken = 0;

    printf("%-9s %-8s %-18s operator, operands, attributes\n", "of peak", "bound", "G multiply-adds/s");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        static bench_node b;
        double most = 0, spent = 0;
        if (!asked(r, argc, argv)) continue;
        bench_open(&b, r->op, 20, r->in, r->attrs, 1, "n");
        for (int k = 0; (k < 7 || spent < 0.1) && !b.failed; k++) {
            const double p = peak();
            if (p > most) most = p;
            spent += bench_run(&b, NULL);
            if (k < 2) spent += bench_run(&b, NULL); /* the first warms up */
        }
        all++;
        if (b.failed) {
            printf("%-9s %-8s %-18s %s %s %s: %s\n", "-", "", "", r->op, r->in, r->attrs, b.c.err.msg);
            broken++;
        } else {
            const double share = r->adds / b.best / most;
            const bool low = r->bound > 0 && share < r->bound;
            printf("%-9.2f %-4.1f%-4s %-6.1fof %-9.1f %s %s %s\n", share, r->bound, low ? "LOW" : "",
                   r->adds / b.best * 1e-9, most * 1e-9, r->op, r->in, r->attrs);
            slow += low;
        }
        fflush(stdout);
        op_close(&b.c);
        bench_forget();
    }
    printf("%d rows, %d below their bound, %d failed\n", all, slow, broken);
    return slow || broken;
}
