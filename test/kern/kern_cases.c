#include "kern_cases.h"

#include <math.h>
#include <string.h>

enum { MAX = 1200, SLACK = 64 };

const unsigned char kern_size[OF_KT_COUNT] = {1, 2, 4, 8, 1, 2, 4, 8, 4, 8};

static uint64_t next(uint64_t *s)
{
    uint64_t z = *s += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static uint64_t extreme_int(uint64_t r, unsigned bits)
{
    const uint64_t top = UINT64_C(1) << (bits - 1);
    const uint64_t all[8] = {0, 1, UINT64_MAX, top, top - 1, top + 1, UINT64_MAX - 1, bits};
    return all[r & 7];
}

/* Floats as bits: sign, exponent and mantissa of their own, small whole numbers, any bits. */
static uint64_t float_bits(uint64_t r, unsigned exp_bits, unsigned man_bits)
{
    static const unsigned char pick[16] = {0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 7};
    const uint64_t sign = r >> 63 << (exp_bits + man_bits), ones = (UINT64_C(1) << exp_bits) - 1;
    const uint64_t man = r >> 8 & ((UINT64_C(1) << man_bits) - 1), one = ones >> 1;

    switch (pick[r & 15]) {
    case 0:
        return sign;
    case 1:
        return sign | ones << man_bits; /* infinity */
    case 2:
        return sign | ones << man_bits | man | UINT64_C(1) << (man_bits - 1); /* NaN */
    case 3:
        return sign | man; /* subnormal */
    case 4:
        return sign | (one + (r >> 4 & 3)) << man_bits; /* 1, 2, 4, 8 */
    case 5:
        return sign | (one - 4 + (r >> 4 & 15)) << man_bits | man; /* moderate */
    case 6:
        return sign | (one - one / 2 + (r >> 40) % one) << man_bits | man;
    default:
        return sign | ((ones - 1) << man_bits) | ((r & 16 ? man : 0)); /* large */
    }
}

void kern_order(void *to, size_t n, size_t width)
{
    unsigned char *p = (unsigned char *)to;

    for (size_t i = 0; KERN_HOST_BE && i < n; i += width)
        for (size_t j = 0; j < width / 2; j++) {
            const unsigned char c = p[i + j];
            p[i + j] = p[i + width - 1 - j];
            p[i + width - 1 - j] = c;
        }
}

void kern_fill(of_ktype t, void *to, size_t n, uint64_t seed)
{
    uint64_t s = seed * 1000003 + t;
    unsigned char *p = (unsigned char *)to;

    for (size_t i = 0; i < n; i++, p += kern_size[t]) {
        uint64_t r = next(&s), v = next(&s);
        if (t == OF_KT_F32) {
            const uint32_t b = (uint32_t)float_bits(r, 8, 23);
            memcpy(p, &b, 4);
            continue;
        }
        if (t == OF_KT_F64) v = float_bits(r, 11, 52);
        else if (r % 4 == 0) v = extreme_int(r >> 8, 8u * kern_size[t]);
        else if (r % 4 == 1) v %= 100;
        switch (kern_size[t]) {
        case 1:
            p[0] = (unsigned char)v;
            break;
        case 2: {
            const uint16_t x = (uint16_t)v;
            memcpy(p, &x, 2);
            break;
        }
        case 4: {
            const uint32_t x = (uint32_t)v;
            memcpy(p, &x, 4);
            break;
        }
        default:
            memcpy(p, &v, 8);
            break;
        }
    }
}

static _Alignas(64) unsigned char a_buf[(MAX + SLACK) * 16], b_buf[(MAX + SLACK) * 16],
    d_buf[(MAX + SLACK) * 16], c_buf[MAX + SLACK];

/* What is moved and not looked at: the same bytes on every host. */
static void fill_bytes(unsigned char *to, uint64_t seed)
{
    kern_fill(OF_KT_U64, to, 2 * (MAX + SLACK), seed);
    kern_order(to, 16 * (MAX + SLACK), 8);
}

static bool divides(int op)
{
    return op == OF_KB_DIV || op == OF_KB_MOD || op == OF_KB_FMOD;
}

/* Zero divisors become 1, negative exponents their complement. */
static void tame(int op, of_ktype t, size_t n)
{
    const size_t w = kern_size[t];
    for (size_t i = 0; i < n; i++) {
        unsigned char *p = b_buf + i * w;
        unsigned char any = 0;
        for (size_t j = 0; j < w; j++) any |= p[j];
        if (op == OF_KB_POW && t == OF_KT_I64) {
            int64_t v;
            memcpy(&v, p, 8);
            if (v < 0) v = ~v;
            memcpy(p, &v, 8);
        } else if (!any) p[0] = p[w - 1] = 1;
    }
}

static const size_t lengths[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  11, 13, 15,  16,  17,
                                 19, 23, 24, 29, 31, 32, 33, 47, 48, 63, 64, 65, 100, 1111};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static void arith_cases(const of_kern *k, kern_sink sink, void *user)
{
    static const signed char strides[6][2] = {{1, 1}, {1, 0}, {0, 1}, {2, 1}, {1, 3}, {0, 0}};
    static const double params[2] = {0.3, 0.7};

    for (int op = 0; op < OF_KB_COUNT; op++)
        for (int t = 0; t < OF_KT_COUNT; t++) {
            const of_kern_bin_fn f = k->arith.bin[op][t];
            const size_t w = kern_size[t], out = op >= OF_KB_EQ ? 1 : w;
            const bool is_float = t == OF_KT_F32 || t == OF_KT_F64;
            if (!f) continue;
            kern_fill((of_ktype)t, a_buf, MAX + SLACK, (uint64_t)op + 1);
            kern_fill((of_ktype)t, b_buf, MAX + SLACK, (uint64_t)op + 77);
            if ((divides(op) && !is_float) || op == OF_KB_POW) tame(op, (of_ktype)t, MAX + SLACK);
            for (int s = 0; s < 6; s++)
                for (size_t l = 0; l < LENGTHS; l++) {
                    const size_t off = l % 5, n = s > 2 ? lengths[l] / 3 : lengths[l];
                    memset(d_buf, 0xA5, (n + SLACK) * out);
                    f(d_buf + off * out, a_buf + (off + 1) * w, strides[s][0], b_buf + 2 * off * w,
                      strides[s][1], n);
                    sink(user, "bin", op, t, d_buf, (n + SLACK) * out, out);
                }
        }
    for (int op = 0; op < OF_KU_COUNT; op++)
        for (int t = 0; t < OF_KT_COUNT; t++) {
            const bool f32 = t == OF_KT_F32, f64 = t == OF_KT_F64;
            const of_kern_uni_fn f = f32                    ? k->arith.uni_f32[op]
                                     : f64                  ? k->arith.uni_f64[op]
                                     : op < OF_KU_INT_COUNT ? k->arith.uni_int[op][t]
                                                            : NULL;
            const size_t w = kern_size[t], out = op == OF_KU_ISNAN || op == OF_KU_ISINF ? 1 : w;
            if (!f) continue;
            kern_fill((of_ktype)t, a_buf, MAX + SLACK, (uint64_t)op + 1000);
            for (size_t l = 0; l < LENGTHS; l++) {
                const size_t off = l % 7, n = lengths[l];
                memset(d_buf, 0xA5, (n + SLACK) * out);
                f(d_buf + off * out, a_buf + off * w, n, params);
                sink(user, "uni", op, t, d_buf, (n + SLACK) * out, out);
            }
        }
    fill_bytes(a_buf, 5);
    fill_bytes(b_buf, 6);
    kern_fill(OF_KT_U8, c_buf, MAX + SLACK, 7);
    for (int kind = 0; kind < 5; kind++)
        for (size_t l = 0; l < LENGTHS; l++)
            for (int s = 0; s < 3; s++) {
                const size_t w = (size_t)1 << kind, off = l % 3, n = lengths[l] / (s ? 2 : 1);
                memset(d_buf, 0xA5, (n + SLACK) * w);
                k->arith.pick[kind](d_buf + off * w, c_buf + off, s == 1 ? 2 : 1, a_buf + off * w,
                                    s == 2 ? 0 : 1, b_buf, s ? 2 : 1, n);
                sink(user, "pick", kind, 0, d_buf, (n + SLACK) * w, 1);
            }
}

static void exp_cases(const of_kern *k, kern_sink sink, void *user)
{
    double *x = (double *)(void *)a_buf, *d = (double *)(void *)d_buf;

    kern_fill(OF_KT_F64, a_buf, MAX + SLACK, 31);
    for (size_t i = 0; i < MAX + SLACK; i++) {
        if (i % 3) x[i] = -(double)(i * 2654435761U % 760000) * 1e-3;
        if (x[i] > 0) x[i] = -x[i];
    }
    for (size_t l = 0; l < LENGTHS; l++) {
        const size_t off = l % 7, n = lengths[l];
        memset(d_buf, 0xA5, (n + SLACK) * 8);
        k->arith.exp_run(d + off, x + l % 5, 0.125, n);
        for (size_t i = off; i < off + n; i++)
            if (d[i] != d[i]) d[i] = 1; /* which NaN is not defined */
        sink(user, "exp", 0, 0, d_buf, (n + SLACK) * 8, 8);
    }
}

/* Results that are sums, and doubles: which NaN is not defined. */
static void sink_doubles(kern_sink sink, void *user, int op, double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] != v[i]) v[i] = 1;
    sink(user, "norm", op, 0, v, n * sizeof *v, sizeof *v);
}

static void norm_cases(const of_kern *k, kern_sink sink, void *user)
{
    const float *x = (const float *)(const void *)a_buf;
    float *d = (float *)(void *)d_buf;
    double *s = (double *)(void *)b_buf, *e = (double *)(void *)d_buf;

    for (int calm = 0; calm < 3; calm++) {
        kern_fill(OF_KT_F32, a_buf, MAX + SLACK, 41 + (uint64_t)calm);
        kern_fill(OF_KT_F64, b_buf, MAX + SLACK, 51 + (uint64_t)calm);
        for (size_t i = 0; i < MAX + SLACK && calm; i++) { /* numbers, so that sums say something */
            ((float *)(void *)a_buf)[i] = (float)((int)(i * 2654435761U >> 8 & 0xFFFF) - 32768) * (calm > 1 ? 1e-4f : 0.03f);
            s[i] = (double)(i * 40503U % 1000) * 0.01 - 3;
        }
        for (size_t l = 0; l < LENGTHS; l++) {
            const size_t off = l % 7, n = lengths[l];
            const double mean = calm ? 0.3 : s[l];
            double sum, top = -(double)INFINITY;
            const float *at = x + l % 5;
            for (int how = 0; how < 4; how++) {
                memset(d_buf, 0xA5, (n + SLACK) * 4);
                k->norm.affine(d + off, at, mean, 1.25, s + 1, how & 1 ? s + 2 : NULL, (size_t)how / 2, n);
                sink(user, "norm", how, 0, d_buf, (n + SLACK) * 4, 4);
            }
            memset(d_buf, 0xA5, (n + SLACK) * 4);
            k->norm.standard(d + off, at, mean, 0.7, s[3], s[4], n);
            sink(user, "norm", 4, 0, d_buf, (n + SLACK) * 4, 4);
            memset(d_buf, 0xA5, (n + SLACK) * 4);
            k->norm.scale(d + off, s + l % 5, 0.3, n);
            sink(user, "norm", 5, 0, d_buf, (n + SLACK) * 4, 4);
            sum = k->norm.squares(at, mean, n);
            sink_doubles(sink, user, 6, &sum, 1);
            if (n == 0) continue;
            for (size_t i = 0; i < n; i++) top = (double)at[i] > top || at[i] != at[i] ? (double)at[i] : top;
            memset(d_buf, 0xA5, (n + SLACK) * 8);
            sum = k->norm.exps(e + off, at, top, n);
            sink_doubles(sink, user, 7, &sum, 1);
            sink_doubles(sink, user, 8, e, n + SLACK);
        }
    }
}

static void convert_cases(const of_kern *k, kern_sink sink, void *user)
{
    for (int from = 0; from < OF_KT_COUNT; from++)
        for (int to = 0; to < OF_KT_COUNT; to++)
            for (int calm = 0; calm < 2; calm++) {
                const size_t fw = kern_size[from], tw = kern_size[to];
                kern_fill((of_ktype)from, a_buf, MAX + SLACK, (uint64_t)to + 300);
                if (calm && from >= OF_KT_F32)
                    for (size_t i = 0; i < MAX + SLACK; i++) {
                        const float f = (float)(i % 127) + 0.75f;
                        const double d = (double)f;
                        memcpy(a_buf + i * fw, fw == 4 ? (const void *)&f : &d, fw);
                    }
                for (size_t l = 0; l < LENGTHS; l++) {
                    const size_t off = l % 5, n = lengths[l];
                    size_t done;
                    memset(d_buf, 0xA5, (n + SLACK) * tw);
                    done = k->convert.cvt[from][to](d_buf + off * tw, a_buf + off * fw, n);
                    sink(user, "cvt", from, to, d_buf, (n + SLACK) * tw, tw);
                    sink(user, "cvt", from, to,
                         (const unsigned char[2]){(unsigned char)done, (unsigned char)(done >> 8)},
                         2, 1);
                    k->convert.tobool[from](d_buf, a_buf + off * fw, n);
                    sink(user, "bool", from, 0, d_buf, n, 1);
                }
            }
}

/* Accumulators with their NaNs made one. */
static void sink_acc(kern_sink sink, void *user, const char *family, int op, int type,
                     of_reduce_acc *acc, size_t n, bool is_float)
{
    for (size_t i = 0; i < n && is_float; i++)
        if (acc[i].f != acc[i].f) acc[i].u = 1;
    sink(user, family, op, type, acc, n * sizeof *acc, sizeof *acc);
}

static void reduce_cases(const of_kern *k, kern_sink sink, void *user)
{
    static const unsigned char kt[OF_RED_TYPES] = {OF_KT_F32, OF_KT_F64, OF_KT_I8,  OF_KT_U8,
                                                   OF_KT_I16, OF_KT_U16, OF_KT_I32, OF_KT_U32,
                                                   OF_KT_I64, OF_KT_U64, OF_KT_U16, OF_KT_U16};
    static of_reduce_acc acc[MAX];

    for (int op = 0; op < OF_RED_OPS; op++)
        for (int t = 0; t < OF_RED_TYPES; t++)
            for (int calm = 0; calm < 2; calm++) {
                const bool is_float = t < OF_RED_I8 || t >= OF_RED_F16;
                const size_t w = kern_size[kt[t]], top = KERN_HOST_BE ? 0 : w - 1;
                kern_fill((of_ktype)kt[t], a_buf, MAX + SLACK, (uint64_t)op + 500);
                if (calm && is_float) /* no infinities, so that sums say something */
                    for (size_t i = 0; i < MAX + SLACK; i++) a_buf[i * w + top] &= 0xBF;
                for (size_t l = 0; l < LENGTHS; l++) {
                    const size_t off = l % 5, n = lengths[l];
                    of_reduce_acc one = of_reduce_neutral((of_reduce_op)op, (of_reduce_type)t);
                    for (size_t i = 0; i < n; i++) acc[i] = one;
                    k->reduce.run[op][t](&one, a_buf + off * w, n);
                    sink_acc(sink, user, "run", op, t, &one, 1, is_float);
                    for (size_t i = 0; i < 19; i++) acc[i] = of_reduce_neutral((of_reduce_op)op, (of_reduce_type)t);
                    k->reduce.lines[op][t](acc, a_buf + off * w, n / 3, n > 1000 ? 3 : 19 - off);
                    sink_acc(sink, user, "lines", op, t, acc, 19, is_float);
                    for (size_t i = 0; i < n; i++) acc[i] = of_reduce_neutral((of_reduce_op)op, (of_reduce_type)t);
                    k->reduce.rows[op][t](acc, a_buf + off * w, n, 1, 3);
                    sink_acc(sink, user, "rows", op, t, acc, n, is_float);
                    for (size_t i = 0; i < n; i++) acc[i] = one;
                    k->reduce.rows[op][t](acc, a_buf, n / 8, n / 8 + off, n ? 7 : 0);
                    sink_acc(sink, user, "rows", op, t, acc, n / 8, is_float);
                }
            }
}

static double mm_scratch[OF_MM_SCRATCH], mm_acc[OF_MM_ROWS * OF_MM_COLS];
static unsigned char mm_a[OF_MM_ROWS * 300 * 8], mm_b[OF_MM_COLS * 300 * 8];

static void matmul_cases(const of_kern *k, kern_sink sink, void *user)
{
    static const size_t dims[][3] = {{1, 1, 1},    {1, 7, 5},    {3, 2, 9},     {4, 4, 4},
                                     {5, 13, 17},  {4, 16, 0},   {96, 192, 3},  {17, 31, 65},
                                     {8, 24, 64},  {9, 25, 257}, {13, 50, 300}, {2, 192, 40},
                                     {96, 192, 20}, {1, 100, 300}, {3, 40, 150},  {6, 64, 140},
                                     {40, 1, 130},  {96, 7, 150},  {17, 5, 20},   {7, 18, 129}};

    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++)
        for (int t = 0; t < 4; t++)
            for (int lay = 0; lay < 4; lay++)
                for (int calm = 0; calm < 3; calm++) { /* 2: within 2^16 of 1 */
                    static const of_ktype kt[4] = {OF_KT_F32, OF_KT_F64, OF_KT_U32, OF_KT_U64};
                    const size_t m = dims[d][0], n = dims[d][1], kk = dims[d][2],
                                 w = kern_size[kt[t]], top = KERN_HOST_BE ? 0 : w - 1;
                    of_mm p = {.m = m, .n = n, .k = kk, .a = mm_a, .b = mm_b};
                    p.a_row = lay & 1 ? 1 : (ptrdiff_t)kk;
                    p.a_col = lay & 1 ? (ptrdiff_t)m : 1;
                    p.b_row = lay & 2 ? 1 : (ptrdiff_t)n;
                    p.b_col = lay & 2 ? (ptrdiff_t)kk : 1;
                    kern_fill(kt[t], mm_a, m * kk, 40 + d);
                    kern_fill(kt[t], mm_b, n * kk, 80 + d);
                    if (calm && t < 2) {
                        const int set = calm == 2 ? 0x3F : 0;
                        for (size_t i = 0; i < m * kk; i++) mm_a[i * w + top] = (unsigned char)((mm_a[i * w + top] & 0xBF) | set);
                        for (size_t i = 0; i < n * kk; i++) mm_b[i * w + top] = (unsigned char)((mm_b[i * w + top] & 0xBF) | set);
                    }
                    if (t >= 2) {
                        if (t == 2) k->matmul.u32(&p, 0, m, 0, n, (uint32_t *)(void *)mm_acc, n);
                        else k->matmul.u64(&p, 0, m, 0, n, (uint64_t *)(void *)mm_acc, n);
                        sink(user, "matmul", t, lay, mm_acc, m * n * w, w);
                        continue;
                    }
                    (t ? k->matmul.f64 : k->matmul.f32)(&p, 0, m, 0, n, mm_scratch, mm_acc);
                    for (size_t i = 0; i < m; i++)
                        sink_acc(sink, user, "matmul", t, lay,
                                 (of_reduce_acc *)(void *)(mm_acc + i * OF_MM_COLS), n, true);
                }
}

static void move_cases(const of_kern *k, kern_sink sink, void *user)
{
    static const int64_t sides[][2] = {{1, 1},  {3, 4},  {4, 3},   {8, 8},
                                       {16, 5}, {7, 33}, {31, 32}, {33, 32}};

    fill_bytes(a_buf, 9);
    for (int kind = 0; kind < OF_MOVE_KINDS; kind++)
        for (size_t d = 0; d < sizeof sides / sizeof *sides; d++) {
            const int64_t n1 = sides[d][0], n0 = sides[d][1];
            const size_t w = (size_t)1 << kind, n = (size_t)(n1 * n0);
            int64_t at[1200];
            k->move.copy2[kind](d_buf, n0, 1, a_buf, 1, n1, n1, n0);
            sink(user, "move", 0, kind, d_buf, n * w, 1);
            k->move.copy2[kind](d_buf, n0, 1, a_buf, 1, 0, n1, n0);
            sink(user, "move", 1, kind, d_buf, n * w, 1);
            k->move.copy2[kind](d_buf, 1, n1, a_buf, n0, 1, n1, n0);
            sink(user, "move", 2, kind, d_buf, n * w, 1);
            k->move.fill[kind](d_buf + w, a_buf + 3 * w, n);
            sink(user, "move", 3, kind, d_buf, n * w, 1);
            for (size_t i = 0; i < n; i++) at[i] = (int64_t)(i * 7 % n);
            k->move.gather[kind](d_buf, a_buf, at, n);
            sink(user, "move", 4, kind, d_buf, n * w, 1);
            k->move.scatter[kind](d_buf, a_buf, at, n);
            sink(user, "move", 5, kind, d_buf, n * w, 1);
            if (w * n > sizeof d_buf / 2) continue;
            memset(d_buf, 0xA5, sizeof d_buf);
            k->move.copy2_far[kind](d_buf + d * w, n0, 1, a_buf, n0, 1, n1, n0);
            k->move.far_run(d_buf + sizeof d_buf / 2 + d, b_buf + 3 * d, 130 * d);
            k->move.far_done();
            sink(user, "move", 6, kind, d_buf, sizeof d_buf, 1);
        }
    for (int kind = 0; kind < OF_MOVE_KINDS; kind++)
        for (size_t off = 0; off < 4; off++) { /* rows of whole lines, which begin anywhere in one */
            const int64_t w = (int64_t)1 << kind, n1 = 70 - (int64_t)off, n0 = 128 / w + 3;
            memset(d_buf, 0xA5, sizeof d_buf);
            k->move.copy2_far[kind](d_buf + (int64_t)off * w, 192 / w, 1, a_buf, 1, n1, n1, n0);
            k->move.far_done();
            sink(user, "move", 7, kind, d_buf, sizeof d_buf, 1);
        }
}

static void fresh(void)
{
    memset(d_buf, 0xA5, sizeof d_buf);
}

static void small_cases(const of_kern *k, kern_sink sink, void *user)
{
    static const unsigned char kinds[] = {OF_FLOAT8E4M3FN,   OF_FLOAT8E4M3FNUZ, OF_FLOAT8E5M2, OF_FLOAT8E5M2FNUZ,
                                          OF_FLOAT4E2M1,     OF_FLOAT6E2M3,     OF_FLOAT6E3M2};
    const of_kern_small *m = &k->small;
    const float *a = (const float *)(const void *)a_buf, *b = (const float *)(const void *)b_buf;

    for (size_t l = 0; l < LENGTHS; l++) {
        const size_t off = l % 5, n = lengths[l], all = n + SLACK;
        const uint16_t *h = (const uint16_t *)(const void *)c_buf;
        uint16_t *d2 = (uint16_t *)(void *)d_buf + off;
        float *d4 = (float *)(void *)d_buf + off;
        uint8_t *d1 = d_buf + off;
        kern_fill(OF_KT_F32, a_buf, MAX + SLACK, 21);
        kern_fill(OF_KT_F64, b_buf, MAX + SLACK, 22);
        kern_fill(OF_KT_U16, c_buf, (MAX + SLACK) / 2, 23 + l);
        fresh();
        m->f32_to_f16(d2, a + off, n);
        sink(user, "small", 0, 0, d_buf, all * 2, 2);
        fresh();
        m->f32_to_bf16(d2, a + off, n);
        sink(user, "small", 1, 0, d_buf, all * 2, 2);
        fresh();
        m->f16_to_f32(d4, h + off, n / 2);
        sink(user, "small", 2, 0, d_buf, all * 2, 4);
        fresh();
        m->bf16_to_f32(d4, h + off, n / 2);
        sink(user, "small", 3, 0, d_buf, all * 2, 4);
        fresh();
        m->f64_to_odd(d4, (const double *)(const void *)b_buf + off, n);
        sink(user, "small", 4, 0, d_buf, all * 4, 4);
        kern_order(c_buf, MAX + SLACK, 2); /* bytes from here on */
        fresh();
        m->e8m0_to_f32(d4, c_buf + off, n);
        sink(user, "small", 5, 0, d_buf, all * 4, 4);
        for (size_t i = 0; i < sizeof kinds; i++) {
            const of_narrow *nk = of_narrow_of((of_dtype)kinds[i]);
            fresh();
            m->byte_to_f32(d4, c_buf + off, n, nk);
            sink(user, "small", 6, kinds[i], d_buf, all * 4, 4);
            fresh();
            m->f32_to_byte(d1, a + off, n, nk, true);
            sink(user, "small", 7, kinds[i], d_buf, all, 1);
            fresh();
            m->f32_to_byte(d1, a + off, n, nk, false);
            sink(user, "small", 8, kinds[i], d_buf, all, 1);
        }
        kern_fill(OF_KT_F32, b_buf, MAX + SLACK, 24);
        for (size_t step = 0; step < 2; step++) {
            bool ok;
            fresh();
            m->divide(d4, a + off, b, step, n);
            sink(user, "quant", 0, (int)step, d_buf, all * 4, 4);
            fresh();
            m->dequant(d4, a + off, b, step ? a : NULL, step, n);
            sink(user, "quant", 1, (int)step, d_buf, all * 4, 4);
            for (int calm = 0; calm < 2; calm++) {
                float *x = (float *)(void *)a_buf, *s = (float *)(void *)b_buf;
                float z[MAX];
                for (size_t i = 0; i < MAX; i++) z[i] = (float)(i % 256);
                for (size_t i = 0; calm && i < MAX; i++) {
                    x[i] = (float)((int)(i * 37 % 4001) - 2000) * 0.125f;
                    s[i] = 0.5f + (float)(i % 7) * 0.25f;
                }
                for (int wide = 0; wide < 2; wide++) {
                    fresh();
                    ok = m->quant[wide](wide ? (void *)d2 : (void *)d1, a + off, b, z, step, 0,
                                        wide ? 65535 : 255, n);
                    if (ok)
                        sink(user, "quant", 2 + wide, (int)step, d_buf, all * (1 + (size_t)wide),
                             1 + (size_t)wide);
                    sink(user, "quant", 4, (int)step, &ok, 1, 1);
                }
            }
        }
        for (int round = 0; round < 3; round++)
            for (size_t i = 0; i < MAX; i++) { /* without signs from here on */
                uint32_t u;
                memcpy(&u, a_buf + 4 * i, 4);
                u = (u * 2654435761U) >> 1;
                memcpy(a_buf + 4 * i, &u, 4);
            }
        for (int round = 0; round < 3; round++) {
            bool ok;
            fresh();
            ok = m->f32_to_e8m0(d1, a + off, n, (of_e8m0_round)round);
            sink(user, "small", 9, round, d_buf, ok ? all : 0, 1);
        }
    }
}

void kern_cases(const of_kern *k, kern_sink sink, void *user)
{
    small_cases(k, sink, user);
    exp_cases(k, sink, user);
    norm_cases(k, sink, user);
    arith_cases(k, sink, user);
    convert_cases(k, sink, user);
    reduce_cases(k, sink, user);
    matmul_cases(k, sink, user);
    move_cases(k, sink, user);
}
