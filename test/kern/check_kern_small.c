/* Runs of small floats against the scalar conversions of tensor/convert.h, every variant. */
#include <math.h>
#include <string.h>

#include "kern/kern.h"
#include "of_test.h"

static of_kern table[4];
static int n_tables;

static void setup(void)
{
    static const uint32_t masks[4] = {0, OF_CPU_SSE41, OF_CPU_SSE41 | OF_CPU_AVX2,
                                      OF_CPU_SSE41 | OF_CPU_AVX2 | OF_CPU_AVX512};
    n_tables = 0;
    for (int i = 0; i < 4; i++) {
        of_kern_init(&table[n_tables], masks[i]);
        if (table[n_tables].flags == masks[i]) n_tables++;
    }
}

static const of_dtype kinds[] = {OF_FLOAT16,        OF_BFLOAT16,   OF_FLOAT8E4M3FN, OF_FLOAT8E4M3FNUZ, OF_FLOAT8E5M2,
                                 OF_FLOAT8E5M2FNUZ, OF_FLOAT8E8M0, OF_FLOAT4E2M1,   OF_FLOAT6E2M3,     OF_FLOAT6E3M2};
enum { KINDS = sizeof kinds / sizeof *kinds, N = 1 << 16 };
static uint32_t in[N], want[N], got[N];
static double wide[N];
static uint16_t code[N];

/* The first of n elements that differs; n: none. An assertion for each would take longer than the rest. */
static size_t differ_at(const void *a, const void *b, size_t n, size_t mem)
{
    size_t i = 0;
    while (i < n && memcmp((const char *)a + i * mem, (const char *)b + i * mem, mem) == 0) i++;
    return i;
}

/* Every code of every kind. */
START_TEST(widen)
{
    for (size_t k = 0; k < KINDS; k++) {
        const of_dtype t = kinds[k];
        const size_t n = of_dtypes[t].mem == 2 ? N : 256;
        for (size_t i = 0; i < N; i++) {
            if (of_dtypes[t].mem == 2) code[i] = (uint16_t)i;
            else ((uint8_t *)code)[i] = (uint8_t)i;
        }
        of_to_f32(t, code, (float *)(void *)want, n);
        for (int v = 0; v < n_tables; v++) {
            of_small_to_f32(&table[v].small, t, code, (float *)(void *)got, n);
            const size_t i = differ_at(got, want, n, sizeof *got);
            ck_assert_msg(i == n, "%s %zx: %x, not %x", of_dtypes[t].name, i, got[i % N], want[i % N]);
        }
    }
}
END_TEST

/* All of float32's exponents with mantissas around every place where rounding turns. */
static void fill(int round)
{
    for (uint32_t i = 0; i < N; i++) {
        const uint32_t sign = i << 31, e = (i >> 1 & 0xFF) << 23, top = i >> 9 << 16;
        static const uint32_t low[8] = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0x1000, 0xFFF};
        const uint32_t m = round < 8 ? top | low[round] : (i * 2654435761U + (uint32_t)round) & 0x7FFFFF;
        in[i] = sign | e | (m & 0x7FFFFF);
    }
}

START_TEST(narrow)
{
    for (int round = 0; round < 12; round++) {
        fill(round);
        for (size_t k = 0; k < KINDS; k++) {
            const of_dtype t = kinds[k];
            const size_t mem = of_dtypes[t].mem;
            of_from_f32(t, (const float *)(const void *)in, want, N);
            for (int v = 0; v < n_tables; v++) {
                of_small_from_f32(&table[v].small, t, (const float *)(const void *)in, got, N);
                ck_assert_msg(memcmp(got, want, N * mem) == 0, "%s round %d", of_dtypes[t].name, round);
            }
            if (!of_narrow_of(t) || of_dtypes[t].bits != 8) continue;
            for (size_t i = 0; i < N; i++) {
                float f;
                memcpy(&f, &in[i], 4);
                ((uint8_t *)want)[i] = of_f32_to_f8(t, f, false);
            }
            for (int v = 0; v < n_tables; v++) {
                table[v].small.f32_to_byte((uint8_t *)got, (const float *)(const void *)in, N, of_narrow_of(t), false);
                ck_assert_msg(memcmp(got, want, N) == 0, "%s round %d, not saturating", of_dtypes[t].name, round);
            }
        }
    }
}
END_TEST

/* By way of the odd float32 a double is rounded once. */
START_TEST(doubles)
{
    for (int round = 0; round < 12; round++) {
        fill(round);
        for (size_t i = 0; i < N; i++) {
            float f;
            uint64_t u;
            memcpy(&f, &in[i], 4);
            wide[i] = (double)f;
            memcpy(&u, &wide[i], 8);
            if (f - f == 0) u += (uint64_t)(i % 3) - 1; /* a neighbour, on either side */
            else if (f != f) u |= i % 3;
            memcpy(&wide[i], &u, 8);
            if (i % 97 == 0) wide[i] *= 0x1p40;
            if (i % 89 == 0) wide[i] *= 0x1p-60;
        }
        for (size_t k = 0; k < KINDS; k++) {
            const of_dtype t = kinds[k];
            if (!of_narrow_of(t)) continue;
            of_from_f64(t, wide, want, N);
            for (int v = 0; v < n_tables; v++) {
                table[v].small.f64_to_odd((float *)(void *)in, wide, N);
                of_small_from_f32(&table[v].small, t, (const float *)(const void *)in, got, N);
                const size_t i = differ_at(got, want, N, of_dtypes[t].mem);
                ck_assert_msg(i == N, "%s of %a", of_dtypes[t].name, wide[i % N]);
            }
        }
    }
}
END_TEST

/* Levels of quotients that are, or nearly are, ties, past the bounds, and of scales whose reciprocals
 * are of no use: as the division has them. */
START_TEST(quantize)
{
    static const float scales[] = {0.05f, 0.1f, 1.0f / 3, 0x1p-3f, 7.7e-39f, 1e-45f, 0x1p126f, 0x1.8p127f, 0x1p-126f,
                                   -0.3f, 0.7f, 0.0f, 1e30f, 1e-30f, 0.0078431f, 3};
    enum { M = 1000 };
    static float x[M], s[M], z[M];
    uint8_t g[M], w[M];

    for (int round = 0; round < 64; round++)
        for (int step = 0; step < 2; step++) {
            for (size_t i = 0; i < M; i++) {
                const size_t of = step && round % 2 ? (size_t)round / 2 + i % 5 : (size_t)round / 2;
                uint32_t u;
                s[i] = scales[of % (sizeof scales / sizeof *scales)];
                z[i] = step ? (float)(i % 200) - 90.0f : (float)round;
                x[i] = ((float)(i % 301) - 150.0f + 0.5f * (float)(i % 3)) * s[i];
                memcpy(&u, &x[i], 4);
                u += (uint32_t)(i % 7) - 3; /* on either side of it */
                memcpy(&x[i], &u, 4);
                if (i % 91 == 0 || x[i] != x[i]) x[i] = i % 2 ? 1e38f : -1e38f;
            }
            for (size_t i = 0; i < M; i++) {
                const double r = (double)(x[i] / s[i * (size_t)step]), q = r == r ? r : 0, zero = (double)z[i * (size_t)step];
                const double near = q < -1e6 ? -1e6 : q > 1e6 ? 1e6 : (q + 0x1.8p52) - 0x1.8p52, v = near + zero;
                w[i] = (uint8_t)(int)(v < -128 ? -128 : v > 127 ? 127 : v);
                if (r != r) x[i] = s[i * (size_t)step] = 1, w[i] = (uint8_t)(int)(1 + zero > 127 ? 127 : 1 + zero);
            }
            if (s[0] == 0) continue;
            for (int v = 0; v < n_tables; v++)
                for (size_t n = M; n > M - 70; n -= 23) {
                    ck_assert(table[v].small.quant[0](g, x, s, z, (size_t)step, -128, 127, n));
                    const size_t i = differ_at(g, w, n, 1);
                    ck_assert_msg(i == n, "step %d, %a / %a + %g: %d, not %d", step, (double)x[i % M],
                                  (double)s[i % M], (double)z[i % M], (int8_t)g[i % M], (int8_t)w[i % M]);
                }
            x[777] = (float)NAN;
            for (int v = 0; v < n_tables; v++)
                ck_assert(!table[v].small.quant[0](g, x, s, z, (size_t)step, -128, 127, M));
        }
}
END_TEST

/* Lines are as many runs, short and long, in groups and left over. */
START_TEST(lines)
{
    static const uint32_t masks[] = {0, UINT32_MAX};
    static float x[40 * 11];
    static of_kern k;

    for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = (float)(i * 7919 % 1013) * 0.37f - 150.0f;
    x[100] = x[201] = -0.0f;
    for (size_t m = 0; m < 2; m++) {
        of_kern_init(&k, masks[m]);
        for (int op = 0; op < OF_RED_OPS; op++)
            for (size_t n = 0; n <= 40; n++) {
                of_reduce_acc many[11], one;
                for (size_t i = 0; i < 11; i++) many[i] = of_reduce_neutral((of_reduce_op)op, OF_RED_F32);
                k.reduce.lines[op][OF_RED_F32](many, x, n, 11);
                for (size_t i = 0; i < 11; i++) {
                    one = of_reduce_neutral((of_reduce_op)op, OF_RED_F32);
                    k.reduce.run[op][OF_RED_F32](&one, x + i * n, n);
                    ck_assert_msg(one.u == many[i].u, "operation %d, line %zu of %zu", op, i, n);
                }
            }
    }
}
END_TEST

START_TEST(e8m0)
{
    for (int round = 0; round < 12; round++) {
        fill(round);
        for (size_t i = 0; i < N; i++) in[i] &= 0x7FFFFFFF;
        for (int r = 0; r < 3; r++) {
            const of_e8m0_round how = (of_e8m0_round)r;
            for (size_t i = 0; i < N; i++) {
                float f;
                memcpy(&f, &in[i], 4);
                ((uint8_t *)want)[i] = of_f64_to_e8m0((double)f, how, true);
            }
            for (int v = 0; v < n_tables; v++) {
                ck_assert(table[v].small.f32_to_e8m0((uint8_t *)got, (const float *)(const void *)in, N, how));
                ck_assert_msg(memcmp(got, want, N) == 0, "rounding %d, round %d", r, round);
                in[N - 1] |= 0x80000000U;
                ck_assert(!table[v].small.f32_to_e8m0((uint8_t *)got, (const float *)(const void *)in, N, how) ||
                          (in[N - 1] & 0x7FFFFFFF) > 0x7F800000U);
                in[N - 1] &= 0x7FFFFFFF;
            }
        }
    }
}
END_TEST

static void small_tests(TCase *t)
{
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, widen);
    tcase_add_test(t, narrow);
    tcase_add_test(t, doubles);
    tcase_add_test(t, e8m0);
    tcase_add_test(t, quantize);
    tcase_add_test(t, lines);
}

static Suite *suite(void)
{
    Suite *s = suite_create("kern: small floats");
    TCase *t = tcase_create("small floats");
    tcase_set_timeout(t, 60);
    small_tests(t);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return of_test_main(suite());
}
