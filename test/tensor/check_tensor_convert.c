#include "of_test.h"
#include "tensor/convert.h"
#include "vectors.h"

#include <math.h>
#include <string.h>

/* An independent model of each type: its value table, and encoding by search in it. */
typedef struct model {
    of_dtype t;
    int exp_bits, man_bits, bias;
    int kind; /* 0: IEEE, 1: fn (all-ones is NaN), 2: fnuz, 3: neither NaN nor infinity */
} model;

static const model models[] = {
    {OF_FLOAT16, 5, 10, 15, 0},        {OF_BFLOAT16, 8, 7, 127, 0},       {OF_FLOAT8E4M3FN, 4, 3, 7, 1},
    {OF_FLOAT8E4M3FNUZ, 4, 3, 8, 2},   {OF_FLOAT8E5M2, 5, 2, 15, 0},      {OF_FLOAT8E5M2FNUZ, 5, 2, 16, 2},
    {OF_FLOAT6E2M3, 2, 3, 1, 3},       {OF_FLOAT6E3M2, 3, 2, 3, 3},       {OF_FLOAT4E2M1, 2, 1, 1, 3},
};
#define MODELS ((int)(sizeof models / sizeof *models))

static int width(const model *m)
{
    return 1 + m->exp_bits + m->man_bits;
}

static double value_of(const model *m, unsigned code)
{
    unsigned mag = code & ((1u << (width(m) - 1)) - 1), exp = mag >> m->man_bits;
    unsigned man = mag & ((1u << m->man_bits) - 1);
    bool neg = code >> (width(m) - 1) & 1;
    double v;
    if (m->kind == 0 && exp == (1u << m->exp_bits) - 1) return man ? NAN : neg ? -INFINITY : INFINITY;
    if (m->kind == 1 && mag == (1u << (width(m) - 1)) - 1) return NAN;
    if (m->kind == 2 && neg && mag == 0) return NAN;
    v = exp ? ldexp((double)(man + (1u << m->man_bits)), (int)exp - m->bias - m->man_bits)
            : ldexp((double)man, 1 - m->bias - m->man_bits);
    return neg ? -v : v;
}

static double table[32768]; /* values of the positive codes, rising */
static unsigned top;        /* code of the largest finite one */

static void make_table(const model *m)
{
    unsigned c;
    for (c = 0; c < 1u << (width(m) - 1); c++) {
        table[c] = value_of(m, c);
        if (isfinite(table[c])) top = c;
    }
}

/* Nearest value, ties to the even code; one more step of the grid stands for "too large". */
static unsigned search(const model *m, double x, bool saturate)
{
    double a = fabs(x);
    unsigned lo = 0, hi = top, c, sign = signbit(x) ? 1u << (width(m) - 1) : 0;
    double over = table[top] + (table[top] - table[top - 1]);
    if (isnan(x)) return UINT32_MAX; /* any NaN */
    while (lo < hi) {
        unsigned mid = (lo + hi + 1) / 2;
        if (table[mid] <= a) lo = mid;
        else hi = mid - 1;
    }
    c = lo;
    if (a > table[lo]) {
        double up = lo == top ? over : table[lo + 1];
        double half = table[lo] + (up - table[lo]) / 2; /* exact in double */
        if (a > half || (a == half && (lo & 1))) c = lo + 1;
    }
    if (c > top) {
        if ((saturate && width(m) <= 8) || m->kind == 3) c = top;
        else if (m->kind == 0) c = top + 1; /* infinity */
        else return UINT32_MAX;
    }
    if (c == 0 && m->kind == 2) return 0;
    return c | sign;
}

static unsigned encode32(const model *m, float f, bool saturate)
{
    if (m->t == OF_FLOAT16) return of_f32_to_f16(f);
    if (m->t == OF_BFLOAT16) return of_f32_to_bf16(f);
    return of_f32_to_f8(m->t, f, saturate);
}

static unsigned encode64(const model *m, double d, bool saturate)
{
    if (m->t == OF_FLOAT16) return of_f64_to_f16(d);
    if (m->t == OF_BFLOAT16) return of_f64_to_bf16(d);
    return of_f64_to_f8(m->t, d, saturate);
}

static void check_one(const model *m, double x, bool saturate, bool is32)
{
    unsigned want = search(m, x, saturate), got = encode64(m, x, saturate);
    if (want == UINT32_MAX && m->kind == 3) return; /* its own test */
    if (want == UINT32_MAX ? !isnan(value_of(m, got)) : got != want) {
        ck_abort_msg("type %d of %a: %x, not %x", (int)m->t, x, got, want);
    }
    if (is32 && encode32(m, (float)x, saturate) != got) ck_abort_msg("type %d, float %a", (int)m->t, x);
}

START_TEST(decode_all)
{
    const model *m = &models[_i];
    unsigned c, n = 1u << width(m);
    for (c = 0; c < n; c++) {
        double want = value_of(m, c);
        float got = m->t == OF_FLOAT16    ? of_f16_to_f32((uint16_t)c)
                    : m->t == OF_BFLOAT16 ? of_bf16_to_f32((uint16_t)c)
                                          : of_f8_to_f32(m->t, (uint8_t)c);
        if (isnan(want) ? !isnan(got) : ((double)got != want || !signbit(got) != !signbit(want))) {
            ck_abort_msg("type %d code %x: %a, not %a", (int)m->t, c, (double)got, want);
        }
        /* and back */
        if (!isnan(want) && encode32(m, got, false) != c) ck_abort();
    }
}
END_TEST

/* Around every value and every tie, from float and from double. */
START_TEST(encode_ties)
{
    const model *m = &models[_i];
    unsigned c;
    int sat, sign;
    make_table(m);
    for (c = 0; c <= top; c++) {
        double up = c == top ? table[top] + (table[top] - table[top - 1]) : table[c + 1];
        double half = table[c] + (up - table[c]) / 2;
        for (sat = 0; sat < 2; sat++) {
            for (sign = -1; sign < 2; sign += 2) {
                float h = (float)(half * sign);
                check_one(m, table[c] * sign, sat, true);
                check_one(m, nextafter(table[c], INFINITY) * sign, sat, false);
                check_one(m, nextafter(table[c], 0) * sign, sat, false);
                /* A double just beside a tie: by way of float it would become the tie. */
                check_one(m, half * sign, sat, (double)h == half * sign);
                check_one(m, nextafter(half, INFINITY) * sign, sat, false);
                check_one(m, nextafter(half, 0) * sign, sat, false);
                check_one(m, (double)nextafterf(h, INFINITY), sat, true);
                check_one(m, (double)nextafterf(h, -INFINITY), sat, true);
            }
        }
    }
}
END_TEST

static float from_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

/* A million float patterns over the whole range; the step is odd, so low bits vary. */
START_TEST(encode_walk)
{
    const model *m = &models[_i];
    uint32_t u = 0;
    long n;
    make_table(m);
    for (n = 0; n < 1000000; n++, u += 4295) check_one(m, (double)from_bits(u), n & 1, true);
}
END_TEST

START_TEST(encode_extremes)
{
    static const double x[] = {0.0, -0.0, 1e300, -1e300, 5e-324, -5e-324, 2e-308, 1e-310, 1.7e308};
    const model *m = &models[_i];
    size_t i;
    make_table(m);
    for (i = 0; i < sizeof x / sizeof *x; i++) {
        check_one(m, x[i], false, false);
        check_one(m, x[i], true, false);
    }
    check_one(m, INFINITY, false, true);
    check_one(m, -INFINITY, true, true);
    check_one(m, NAN, false, true);
}
END_TEST

START_TEST(vectors)
{
    static const of_dtype f8[] = {OF_FLOAT8E4M3FN, OF_FLOAT8E4M3FNUZ, OF_FLOAT8E5M2, OF_FLOAT8E5M2FNUZ};
    static const of_dtype small[] = {OF_FLOAT6E2M3, OF_FLOAT6E3M2, OF_FLOAT4E2M1};
    size_t i;
    int k;
    for (i = 0; i < sizeof convert_vectors / sizeof *convert_vectors; i++) {
        const convert_vector *v = &convert_vectors[i];
        float f = from_bits(v->f);
        for (k = 0; k < 4; k++) {
            ck_assert_uint_eq(of_f32_to_f8(f8[k], f, true), v->sat[k]);
            ck_assert_uint_eq(of_f32_to_f8(f8[k], f, false), v->wild[k]);
        }
        for (k = 0; k < 3; k++) ck_assert_uint_eq(of_f32_to_f8(small[k], f, true), v->small[k]);
        ck_assert_uint_eq(of_f32_to_f16(f), v->half[0]);
        ck_assert_uint_eq(of_f32_to_bf16(f), v->half[1]);
    }
    for (i = 0; i < sizeof e8m0_vectors / sizeof *e8m0_vectors; i++) {
        double d = (double)from_bits(e8m0_vectors[i].f);
        ck_assert_uint_eq(of_f64_to_e8m0(d, OF_E8M0_UP, true), e8m0_vectors[i].e[0]);
        ck_assert_uint_eq(of_f64_to_e8m0(d, OF_E8M0_DOWN, true), e8m0_vectors[i].e[1]);
        ck_assert_uint_eq(of_f64_to_e8m0(d, OF_E8M0_NEAREST, true), e8m0_vectors[i].e[2]);
    }
}
END_TEST

/* Cast-24's table of special values, and all codes. */
START_TEST(e8m0)
{
    int c;
    for (c = 0; c < 255; c++) {
        double v = ldexp(1.0, c - 127);
        ck_assert(of_f8_to_f32(OF_FLOAT8E8M0, (uint8_t)c) == (float)v);
        ck_assert_uint_eq(of_f32_to_f8(OF_FLOAT8E8M0, (float)v, true), (unsigned)c);
        ck_assert_uint_eq(of_f64_to_e8m0(v, OF_E8M0_NEAREST, false), (unsigned)c);
        ck_assert_uint_eq(of_f64_to_e8m0(nextafter(v, INFINITY), OF_E8M0_UP, true), c < 254 ? (unsigned)c + 1 : 254);
        ck_assert_uint_eq(of_f64_to_e8m0(nextafter(v, INFINITY), OF_E8M0_DOWN, true), (unsigned)c);
    }
    ck_assert(isnan(of_f8_to_f32(OF_FLOAT8E8M0, 255)));
    ck_assert_uint_eq(of_f64_to_e8m0(0.0, OF_E8M0_UP, true), 0);
    ck_assert_uint_eq(of_f64_to_e8m0(0.0, OF_E8M0_NEAREST, false), 255);
    ck_assert_uint_eq(of_f64_to_e8m0((double)NAN, OF_E8M0_UP, true), 255);
    ck_assert_uint_eq(of_f64_to_e8m0((double)INFINITY, OF_E8M0_UP, true), 254);
    ck_assert_uint_eq(of_f64_to_e8m0((double)INFINITY, OF_E8M0_NEAREST, false), 255);
    ck_assert_uint_eq(of_f64_to_e8m0(1e300, OF_E8M0_UP, true), 254);
    ck_assert_uint_eq(of_f64_to_e8m0(1e300, OF_E8M0_NEAREST, false), 255);
    ck_assert_uint_eq(of_f64_to_e8m0(1e-300, OF_E8M0_UP, true), 0);
    ck_assert_uint_eq(of_f64_to_e8m0(1e-300, OF_E8M0_NEAREST, false), 255);
    ck_assert_uint_eq(of_f64_to_e8m0(1.5, OF_E8M0_NEAREST, true), 128); /* ties go up */
    ck_assert_uint_eq(of_f64_to_e8m0(nextafter(1.5, 0), OF_E8M0_NEAREST, true), 127);
}
END_TEST

START_TEST(nans)
{
    uint32_t payload;
    ck_assert_uint_eq(of_f32_to_f16(from_bits(0x7F800001)), 0x7E00); /* quiet, not infinity */
    ck_assert_uint_eq(of_f32_to_f16(from_bits(0xFFFFE000)), 0xFFFF);
    ck_assert_uint_eq(of_f32_to_bf16(from_bits(0xFF800001)), 0xFFC0);
    for (payload = 0; payload < 0x400; payload++) {
        float f = of_f16_to_f32((uint16_t)(0x7C00 | payload));
        if (payload == 0) {
            ck_assert(isinf(f));
            continue;
        }
        ck_assert_uint_eq(of_f32_to_f16(f), 0x7E00 | payload);
        ck_assert_uint_eq(of_f64_to_f16((double)f), 0x7E00 | payload);
    }
    ck_assert_uint_eq(of_f32_to_f8(OF_FLOAT4E2M1, from_bits(0x7FC00000), true), 8); /* as ml_dtypes has it */
    ck_assert_uint_eq(of_f32_to_f8(OF_FLOAT6E3M2, from_bits(0xFFC00000), true), 0);
}
END_TEST

/* Integers round once: by way of double these would be rounded twice. */
START_TEST(from_integers)
{
    static const int64_t x[] = {0, 1, -1, 65504, 65519, 65520, -65520, INT64_MAX, INT64_MIN, (INT64_C(1) << 62) + (INT64_C(1) << 54) + 1,
                                (INT64_C(1) << 62) + (INT64_C(1) << 54), -(INT64_C(1) << 62) - (INT64_C(3) << 54)};
    enum { N = sizeof x / sizeof *x };
    uint16_t h[N], b[N];
    uint8_t q[N];
    float f[N];
    double d[N];
    uint64_t u = UINT64_MAX;
    of_from_i64(OF_FLOAT16, x, h, N);
    ck_assert_uint_eq(h[0], 0);
    ck_assert_uint_eq(h[1], 0x3C00);
    ck_assert_uint_eq(h[2], 0xBC00);
    ck_assert_uint_eq(h[3], 0x7BFF);
    ck_assert_uint_eq(h[4], 0x7BFF);
    ck_assert_uint_eq(h[5], 0x7C00);
    ck_assert_uint_eq(h[6], 0xFC00);
    of_from_i64(OF_BFLOAT16, x, b, N);
    ck_assert_uint_eq(b[7], 0x5F00);
    ck_assert_uint_eq(b[8], 0xDF00);
    ck_assert_uint_eq(b[9], 0x5E81);  /* just above the tie */
    ck_assert_uint_eq(b[10], 0x5E80); /* the tie, to even */
    ck_assert_uint_eq(b[11], 0xDE82); /* the next tie, to even */
    of_from_i64(OF_FLOAT8E4M3FN, x, q, N);
    ck_assert_uint_eq(q[7], 0x7E); /* saturates */
    ck_assert_uint_eq(q[2], 0xB8);
    of_from_i64(OF_FLOAT, x, f, N);
    ck_assert(f[7] == 0x1p63f && f[8] == -0x1p63f);
    of_from_i64(OF_DOUBLE, x, d, N);
    ck_assert(d[8] == -0x1p63);
    of_from_u64(OF_BFLOAT16, &u, b, 1);
    ck_assert_uint_eq(b[0], 0x5F80);
    of_from_u64(OF_FLOAT, &u, f, 1);
    ck_assert(f[0] == 0x1p64f);
    of_from_u64(OF_FLOAT8E8M0, &u, q, 1);
    ck_assert_uint_eq(q[0], 191);
}
END_TEST

/* Bulk forms do what the scalar forms do, on every type and length. */
START_TEST(bulk)
{
    static uint64_t raw[300 * 2];
    static float f[300], g[300];
    static double d[300], d2[300];
    static int64_t q[300];
    static unsigned char out[300 * 8], out2[300 * 8];
    of_dtype t = (of_dtype)_i;
    static const size_t lens[] = {0, 1, 7, 300};
    size_t i, k, n, mem = of_dtypes[t].mem;
    uint32_t x = 9;
    for (i = 0; i < sizeof raw; i++) {
        x = x * 1664525 + 1013904223;
        ((unsigned char *)raw)[i] = (unsigned char)(x >> 24);
    }
    if (t == OF_BOOL) memset(raw, 0, 150);
    for (k = 0; k < 4; k++) {
        n = lens[k];
        of_to_f32(t, raw, f, n);
        of_to_f64(t, raw, d, n);
        of_to_i64(t, raw, q, n);
        for (i = 0; i < n; i++) {
            const unsigned char *p = (const unsigned char *)raw + i * mem;
            double want = 0;
            if (of_dtypes[t].kind == OF_K_SINT) {
                int64_t v = mem == 1 ? *(const int8_t *)p : mem == 2 ? *(const int16_t *)(const void *)p
                            : mem == 4 ? *(const int32_t *)(const void *)p : *(const int64_t *)(const void *)p;
                want = (double)v;
                ck_assert_int_eq(q[i], v);
                ck_assert(f[i] == (float)v);
            } else if (of_dtypes[t].kind == OF_K_UINT || t == OF_BOOL) {
                uint64_t v = mem == 1 ? *p : mem == 2 ? *(const uint16_t *)(const void *)p
                             : mem == 4 ? *(const uint32_t *)(const void *)p : *(const uint64_t *)(const void *)p;
                if (t == OF_BOOL) v = v != 0;
                want = (double)v;
                ck_assert_int_eq(q[i], (int64_t)v);
                ck_assert(f[i] == (float)v);
            } else if (t == OF_FLOAT) {
                want = (double)((const float *)(const void *)raw)[i];
            } else if (t == OF_DOUBLE) {
                want = ((const double *)(const void *)raw)[i];
            } else if (t == OF_FLOAT16) {
                want = (double)of_f16_to_f32(((const uint16_t *)(const void *)raw)[i]);
            } else if (t == OF_BFLOAT16) {
                want = (double)of_bf16_to_f32(((const uint16_t *)(const void *)raw)[i]);
            } else if (of_dtype_is_float(t)) {
                want = (double)of_f8_to_f32(t, *p);
            }
            ck_assert(d[i] == want || (isnan(d[i]) && isnan(want)));
            if (of_dtype_is_float(t)) ck_assert(f[i] == (float)want || isnan(want));
        }
        if (!of_dtype_is_float(t)) continue;
        for (i = 0; i < n; i++) {
            memcpy(&g[i], (unsigned char *)raw + 4 * i, 4);
            d2[i] = (double)g[i];
        }
        of_from_f32(t, g, out, n);
        of_from_f64(t, d2, out2, n);
        ck_assert(n == 0 || t == OF_FLOAT || t == OF_DOUBLE || memcmp(out, out2, n * mem) == 0);
        for (i = 0; i < n && mem == 1; i++) ck_assert_uint_eq(out[i], of_f32_to_f8(t, g[i], true));
        for (i = 0; i < n && mem == 2; i++) {
            uint16_t h;
            memcpy(&h, out + 2 * i, 2);
            ck_assert_uint_eq(h, t == OF_FLOAT16 ? of_f32_to_f16(g[i]) : of_f32_to_bf16(g[i]));
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("convert");
    TCase *c = tcase_create("convert");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, decode_all, 0, MODELS);
    tcase_add_loop_test(c, encode_ties, 0, MODELS);
    tcase_add_loop_test(c, encode_walk, 0, MODELS);
    tcase_add_loop_test(c, encode_extremes, 0, MODELS);
    tcase_add_test(c, vectors);
    tcase_add_test(c, e8m0);
    tcase_add_test(c, nans);
    tcase_add_test(c, from_integers);
    tcase_add_loop_test(c, bulk, 1, OF_DTYPE_COUNT);
    suite_add_tcase(s, c);
    return of_test_main(s);
}
