/* Every variant of the kernels against the C reference, bit for bit, and how long the same
 * calls take: kerncheck [bench]. 77 when the CPU or the build has no variant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kern_cases.h"

typedef struct record {
    uint64_t *hash;
    size_t n, room, at, bad;
    bool compare;
    const char *variant;
} record;

static void sink(void *user, const char *family, int op, int type, const void *bytes, size_t n,
                 size_t width)
{
    record *r = (record *)user;
    const uint64_t h = kern_hash(UINT64_C(0xCBF29CE484222325), bytes, n, width);

    if (!r->compare) {
        if (r->n == r->room) {
            r->room = r->room ? 2 * r->room : 4096;
            r->hash = realloc(r->hash, r->room * sizeof *r->hash);
            if (!r->hash) exit(1);
        }
        r->hash[r->n++] = h;
        return;
    }
    if (r->at >= r->n || r->hash[r->at] != h) {
        if (r->bad++ < 20)
            printf("%s: %s operation %d type %d differs from C (case %zu)\n", r->variant, family,
                   op, type, r->at);
    }
    r->at++;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { N = 4096, VARIANTS = 5 };
static float x[N], y[N], z[N];
static double acc[OF_MM_ROWS * OF_MM_COLS], scratch[OF_MM_SCRATCH];
static float ma[OF_MM_ROWS * 256], mb[OF_MM_COLS * 256];
static const double params[2] = {0.1, 0.2};

static void run_add(const of_kern *k)
{
    k->arith.bin[OF_KB_ADD][OF_KT_F32](z, x, 1, y, 1, N);
}
static void run_max(const of_kern *k)
{
    k->arith.bin[OF_KB_MAX][OF_KT_F32](z, x, 1, y, 1, N);
}
static void run_less(const of_kern *k)
{
    k->arith.bin[OF_KB_LT][OF_KT_F32](z, x, 1, y, 1, N);
}
static void run_mul_i32(const of_kern *k)
{
    k->arith.bin[OF_KB_MUL][OF_KT_I32](z, x, 1, y, 1, N);
}
static void run_floor(const of_kern *k)
{
    k->arith.uni_f32[OF_KU_FLOOR](z, x, N, params);
}
static void run_exp(const of_kern *k)
{
    k->arith.uni_f32[OF_KU_EXP](z, x, N, params);
}
static void run_sin(const of_kern *k)
{
    k->arith.uni_f32[OF_KU_SIN](z, x, N, params);
}
static void run_u8_f32(const of_kern *k)
{
    k->convert.cvt[OF_KT_U8][OF_KT_F32](z, y, N);
}
static void run_f32_i8(const of_kern *k)
{
    k->convert.cvt[OF_KT_F32][OF_KT_I8](z, x, N);
}
static void run_sum(const of_kern *k)
{
    of_reduce_acc a = {.f = 0};
    k->reduce.run[OF_RED_SUM][OF_RED_F32](&a, x, N);
}
static void run_top(const of_kern *k)
{
    of_reduce_acc a = {.f = 0};
    k->reduce.run[OF_RED_MAX][OF_RED_F32](&a, x, N);
}
static void run_matmul(const of_kern *k)
{
    const of_mm p = {.m = OF_MM_ROWS,
                     .n = OF_MM_COLS,
                     .k = 256,
                     .a = ma,
                     .b = mb,
                     .a_row = 256,
                     .a_col = 1,
                     .b_row = OF_MM_COLS,
                     .b_col = 1};
    k->matmul.f32(&p, 0, p.m, 0, p.n, scratch, acc);
}
static void run_transpose(const of_kern *k)
{
    k->move.copy2[2](z, 64, 1, x, 1, 64, 64, 64);
}

static const struct {
    const char *name;
    void (*f)(const of_kern *k);
} benches[] = {
    {"add f32", run_add},
    {"max f32", run_max},
    {"less f32", run_less},
    {"mul i32", run_mul_i32},
    {"floor f32", run_floor},
    {"exp f32", run_exp},
    {"sin f32", run_sin},
    {"u8 to f32", run_u8_f32},
    {"f32 to i8", run_f32_i8},
    {"sum f32", run_sum},
    {"top f32", run_top},
    {"matmul f32 96x192x256", run_matmul},
    {"transpose f32 64x64", run_transpose},
};

int main(int argc, char **argv)
{
    static of_kern table[VARIANTS];
    static const char *const names[VARIANTS] = {"c", "sse41", "avx2", "avx512", "neon"};
    static const uint32_t masks[VARIANTS] = {
        0, OF_CPU_SSE41, OF_CPU_SSE41 | OF_CPU_AVX2,
        OF_CPU_SSE41 | OF_CPU_AVX2 | OF_CPU_AVX512, OF_CPU_NEON};
    bool have[VARIANTS] = {true};
    record r = {0};
    int variants = 0;

    (void)argv;
    for (int i = 0; i < VARIANTS; i++) {
        of_kern_init(&table[i], masks[i]);
        if (i && table[i].flags == masks[i]) have[i] = true;
    }
    kern_cases(&table[0], sink, &r);
    r.compare = true;
    for (int i = 1; i < VARIANTS; i++) {
        if (!have[i]) continue;
        r.variant = names[i];
        r.at = 0;
        kern_cases(&table[i], sink, &r);
        variants++;
    }
    printf("%d variants ran %zu cases each against C, %zu differ\n", variants, r.n, r.bad);
    if (argc > 1) {
        for (size_t i = 0; i < N; i++) {
            x[i] = (float)(i % 251) * 0.25f;
            y[i] = 1.0f + (float)(i % 13);
        }
        printf("%-24s", "microseconds");
        for (int i = 0; i < VARIANTS; i++)
            if (have[i]) printf("%10s", names[i]);
        printf("\n");
        for (size_t b = 0; b < sizeof benches / sizeof *benches; b++) {
            printf("%-24s", benches[b].name);
            for (int i = 0; i < VARIANTS; i++) {
                double best = 1e9;
                if (!have[i]) continue;
                for (int round = 0; round < 30; round++) {
                    const double t = now();
                    for (int n = 0; n < 5; n++) benches[b].f(&table[i]);
                    if (now() - t < best) best = now() - t;
                }
                printf("%10.2f", best / 5 * 1e6);
            }
            printf("\n");
        }
    }
    free(r.hash);
    if (r.bad) return 1;
    return variants ? 0 : 77;
}
