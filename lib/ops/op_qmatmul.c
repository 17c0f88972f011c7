/* MatMulInteger, QLinearMatMul and, of com.microsoft, MatMulIntegerToFloat and
 * DynamicQuantizeMatMul: products of quantized matrices. */
#include "ops/op_moves.h"
#include "ops/op_mm.h"
#include "ops/op_numeric.h"
#include "ops/op_sub.h"

#define OF_TS_Q8 (OF_TS_INT8 | OF_TS_FLOAT8)

/* A scale or zero point of A (one a row) or B (one a column): one number, a list as long as
 * the rows or columns, or a tensor of the matrix's rank whose other side is 1. */
typedef struct of_per {
    const of_tensor *t; /* NULL: absent */
    size_t per_matrix, step;
} of_per;

static of_status of_per_make(of_opctx *c, const of_tensor *matrix, const of_tensor *t, bool rows,
                             of_per *p)
{
    const size_t r = matrix->rank;
    const int64_t m = r > 1 ? matrix->dims[r - 2] : 1, n = matrix->dims[r - 1];
    const int64_t len = rows ? m : r > 1 ? n : 1;
    int64_t want;

    *p = (of_per){.t = t};
    if (!t || t->count == 1) return OF_OK;
    p->step = 1;
    if (t->rank == 1 && t->count == len) return OF_OK;
    if (t->rank != r || r < 2)
        return OF_INVALID(c, "a scale or zero point does not fit its matrix");
    for (size_t k = 0; k < r; k++) {
        want = matrix->dims[k];
        if (k == r - (rows ? 1 : 2)) want = 1;
        if (t->dims[k] != want)
            return OF_INVALID(c, "a scale or zero point does not fit its matrix");
    }
    p->per_matrix = (size_t)len;
    return OF_OK;
}

static double of_per_at(const of_per *p, size_t matrix, size_t line)
{
    double v = 0;

    if (p->t) of_read_f64(p->t, matrix * p->per_matrix + line * p->step, 1, &v, 1);
    return v;
}

/* The matrix less its zero points, as int32 or, for float8, as float. */
static of_status of_q_widen(of_opctx *c, const of_tensor *t, const of_per *zero, bool rows,
                            bool ints, const void **data)
{
    const size_t n = (size_t)t->dims[t->rank - 1],
                 m = t->rank > 1 ? (size_t)t->dims[t->rank - 2] : 1;
    const size_t count = (size_t)t->count;
    const size_t width = rows || t->rank == 1 ? 1 : n; /* columns that share no zero point */
    void *wide = of_tmp(c, count, 4);
    double *z = (double *)of_tmp(c, width, sizeof *z), v[64];

    *data = wide;
    if (!wide || !z) return of_nomem(c->err);
    for (size_t row = 0; row * n < count; row++) {
        if (rows || t->rank == 1) z[0] = of_per_at(zero, row / m, rows ? row % m : 0);
        else if (row % m == 0)
            for (size_t j = 0; j < n; j++) z[j] = of_per_at(zero, row / m, j);
        for (size_t j = 0; j < n; j += 64) {
            const size_t w = n - j < 64 ? n - j : 64;
            of_read_f64(t, row * n + j, 1, v, w);
            for (size_t k = 0; k < w; k++) {
                v[k] -= z[width == 1 ? 0 : j + k];
                if (ints) ((int32_t *)wide)[row * n + j + k] = (int32_t)v[k];
                else ((float *)wide)[row * n + j + k] = (float)v[k];
            }
        }
    }
    return OF_OK;
}

of_status of_infer_MatMulInteger(of_opctx *c)
{
    of_shape s;

    OF_TRY(of_want_types(c, 0, OF_TS_INT8));
    OF_TRY(of_want_types(c, 1, OF_TS_INT8));
    OF_TRY(of_want_same(c, 0, 2));
    OF_TRY(of_want_same(c, 1, 3));
    OF_TRY(of_mm_infer(c, 0, 1, &s));
    return of_set_out(c, 0, OF_INT32, s);
}

static of_mm of_mm_rows(const of_mm_plan *p)
{
    return (of_mm){.m = p->m,
                   .n = p->n,
                   .k = p->k,
                   .a_row = (ptrdiff_t)p->k,
                   .a_col = 1,
                   .b_row = (ptrdiff_t)p->n,
                   .b_col = 1};
}

of_status of_eval_MatMulInteger(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0), *b = of_in(c, 1);
    const void *aw, *bw;
    of_per az, bz;
    of_tensor *y;
    of_mm_plan p;
    of_mm_job job;
    size_t ia, ib;
    of_mm mm;

    OF_TRY(of_mm_plan_make(c, a, b, &p));
    OF_TRY(of_per_make(c, a, of_has_in(c, 2) ? of_in(c, 2) : NULL, true, &az));
    OF_TRY(of_per_make(c, b, of_has_in(c, 3) ? of_in(c, 3) : NULL, false, &bz));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)y->count, p.k)));
    if (y->count == 0) return OF_OK;
    OF_TRY(of_q_widen(c, a, &az, true, true, &aw));
    OF_TRY(of_q_widen(c, b, &bz, false, true, &bw));
    OF_TRY(of_mm_begin(c, p.m, p.n, p.k, &job));
    mm = of_mm_rows(&p);
    for (size_t i = 0; i < p.batches; i++) {
        of_mm_plan_at(&p, i, &ia, &ib);
        mm.a = (const int32_t *)aw + ia * p.m * p.k;
        mm.b = (const int32_t *)bw + ib * p.k * p.n;
        of_mm_run_int(&job, &mm, false, (int32_t *)y->data + i * p.m * p.n);
    }
    return OF_OK;
}

/* ---- QLinearMatMul ---- */

of_status of_infer_QLinearMatMul(of_opctx *c)
{
    static const uint8_t scales[] = {1, 4, 6};
    of_shape s;

    for (uint32_t i = 0; i < 8; i++)
        if (i % 3 != 1 && i != 6) OF_TRY(of_want_types(c, i, OF_TS_Q8));
    for (size_t i = 0; i < sizeof scales; i++)
        OF_TRY(of_want_types(c, scales[i], OF_TS(OF_FLOAT) | OF_TS_F16));
    OF_TRY(of_want_same(c, 0, 2));
    OF_TRY(of_want_same(c, 3, 5));
    OF_TRY(of_mm_infer(c, 0, 3, &s));
    return of_set_out(c, 0, of_in_dtype(c, 7), s);
}

typedef struct of_qmm {
    of_per a_scale, b_scale, a_zero, b_zero;
    float y_scale;
    double y_zero;
    bool ints;    /* both operands are integers */
    double *acc;  /* m x n sums of float8 products */
    int32_t *sum; /* the same of integers */
    size_t n;
} of_qmm;

static void of_qmm_store(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_qmm *q = (const of_qmm *)user;

    for (size_t j = 0; j < n; j++) q->acc[row * q->n + col + j] = acc[j];
}

/* One result matrix: x / y_scale to the nearest, ties to even, then the zero point. */
static of_status of_qmm_finish(of_opctx *c, const of_qmm *q, const of_mm_plan *p, size_t ia,
                               size_t ib, of_tensor *y, size_t base)
{
    const of_dtype t = (of_dtype)y->dtype;
    const double low = t == OF_INT8 ? -128 : 0, high = t == OF_INT8 ? 127 : 255;
    uint8_t *to = (uint8_t *)y->data + base;

    for (size_t i = 0; i < p->m * p->n; i++) {
        const float as = (float)of_per_at(&q->a_scale, ia, i / p->n),
                    bs = (float)of_per_at(&q->b_scale, ib, i % p->n);
        const float scale = as * bs / q->y_scale;
        double v = (double)((q->ints ? (float)q->sum[i] : (float)q->acc[i]) * scale);
        if (of_dtype_is_float(t)) {
            if (q->y_zero != 0) v += q->y_zero;
            to[i] = of_f64_to_f8(t, v, true);
            continue;
        }
        if (v != v) return OF_INVALID(c, "element %zu is not a number", base + i);
        v = v < -1e9 ? -1e9 : v > 1e9 ? 1e9 : of_round_even(v);
        v += q->y_zero;
        v = v < low ? low : v > high ? high : v;
        to[i] = (uint8_t)(int64_t)v;
    }
    return OF_OK;
}

of_status of_eval_QLinearMatMul(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0), *b = of_in(c, 3);
    const void *aw, *bw;
    of_tensor *y;
    of_mm_plan p;
    of_mm_job job;
    size_t ia, ib;
    double scale;
    of_qmm q;
    of_mm mm;

    OF_TRY(of_mm_plan_make(c, a, b, &p));
    OF_TRY(of_per_make(c, a, of_in(c, 1), true, &q.a_scale));
    OF_TRY(of_per_make(c, a, of_in(c, 2), true, &q.a_zero));
    OF_TRY(of_per_make(c, b, of_in(c, 4), false, &q.b_scale));
    OF_TRY(of_per_make(c, b, of_in(c, 5), false, &q.b_zero));
    if (of_in(c, 6)->count != 1 || of_in(c, 7)->count != 1)
        return OF_UNSUP(c, "the result has several scales");
    of_read_f64(of_in(c, 6), 0, 1, &scale, 1);
    of_read_f64(of_in(c, 7), 0, 1, &q.y_zero, 1);
    q.y_scale = (float)scale;
    q.ints = !of_dtype_is_float((of_dtype)a->dtype) && !of_dtype_is_float((of_dtype)b->dtype);
    q.n = p.n;
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)y->count, p.k + 8)));
    if (y->count == 0) return OF_OK;
    OF_TRY(of_q_widen(c, a, &q.a_zero, true, q.ints, &aw));
    OF_TRY(of_q_widen(c, b, &q.b_zero, false, q.ints, &bw));
    q.acc = (double *)of_tmp(c, p.m * p.n, sizeof *q.acc);
    q.sum = (int32_t *)(void *)q.acc;
    if (!q.acc) return of_nomem(c->err);
    OF_TRY(of_mm_begin(c, p.m, p.n, p.k, &job));
    mm = of_mm_rows(&p);
    for (size_t i = 0; i < p.batches; i++) {
        of_mm_plan_at(&p, i, &ia, &ib);
        mm.a = (const int32_t *)aw + ia * p.m * p.k; /* both kinds are 4 bytes wide */
        mm.b = (const int32_t *)bw + ib * p.k * p.n;
        if (q.ints) of_mm_run_int(&job, &mm, false, q.sum);
        else of_mm_run(&job, &mm, false, of_qmm_store, &q);
        OF_TRY(of_qmm_finish(c, &q, &p, ia, ib, y, i * p.m * p.n));
    }
    return OF_OK;
}

/* ---- com.microsoft: the product in float ---- */

/* y = sums (int32) times both scales, plus a bias; b_scale is one number or one a column. */
static of_status of_qmm_scale(of_opctx *c, const of_tensor *sums, double a_scale, const of_tensor *b_scale,
                              const of_tensor *bias, of_tensor *y)
{
    const size_t n = y->rank ? (size_t)y->dims[y->rank - 1] : 1;
    const int32_t *sum = (const int32_t *)sums->data;

    if (b_scale->count != 1 && (b_scale->rank != 1 || (size_t)b_scale->count != n))
        return OF_UNSUP(c, "the scale of B is neither one number nor one a column");
    if (bias && (bias->rank != 1 || (size_t)bias->count != n)) return OF_INVALID(c, "the bias is not one number a column");
    for (size_t i = 0; i < (size_t)y->count; i++) {
        double v, s, add = 0;
        of_read_f64(b_scale, b_scale->count == 1 ? 0 : i % n, 1, &s, 1);
        if (bias) of_read_f64(bias, i % n, 1, &add, 1);
        v = (double)sum[i] * (a_scale * s) + add;
        of_write_f64(y, i, 1, &v, 1);
    }
    return OF_OK;
}

static of_status of_qmm_product(of_opctx *c, const of_tensor *const *in, double a_scale, const of_tensor *b_scale,
                                const of_tensor *bias)
{
    of_tensor *sums, *y;
    of_status st;

    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)y->count, 4)));
    OF_TRY(of_sub_run(c, 10, of_infer_MatMulInteger, of_eval_MatMulInteger, in, 4, &sums, 1));
    st = of_qmm_scale(c, sums, a_scale, b_scale, bias, y);
    of_tensor_unref(sums);
    return st;
}

of_status of_infer_MatMulIntegerToFloat(of_opctx *c)
{
    of_shape s;

    OF_TRY(of_want_types(c, 0, OF_TS_INT8));
    OF_TRY(of_want_types(c, 1, OF_TS_INT8));
    OF_TRY(of_want_types(c, 2, OF_TS(OF_FLOAT) | OF_TS(OF_FLOAT16)));
    OF_TRY(of_want_same(c, 2, 3));
    OF_TRY(of_want_same(c, 0, 4));
    OF_TRY(of_want_same(c, 1, 5));
    OF_TRY(of_want_same(c, 2, 6));
    OF_TRY(of_mm_infer(c, 0, 1, &s));
    return of_set_out(c, 0, of_in_dtype(c, 2), s);
}

of_status of_eval_MatMulIntegerToFloat(of_opctx *c)
{
    const of_tensor *in[4] = {of_in(c, 0), of_in(c, 1), of_in(c, 4), of_in(c, 5)};
    double a_scale;

    if (of_in(c, 2)->count != 1 || (in[2] && in[2]->count != 1)) return OF_UNSUP(c, "several scales of A");
    of_read_f64(of_in(c, 2), 0, 1, &a_scale, 1);
    return of_qmm_product(c, in, a_scale, of_in(c, 3), of_in(c, 6));
}

of_status of_infer_DynamicQuantizeMatMul(of_opctx *c)
{
    of_shape s;

    for (uint32_t i = 0; i < 5; i += 2) OF_TRY(of_want_types(c, i, OF_TS(OF_FLOAT)));
    OF_TRY(of_want_types(c, 1, OF_TS_INT8));
    OF_TRY(of_want_same(c, 1, 3));
    OF_TRY(of_mm_infer(c, 0, 1, &s));
    return of_set_out(c, 0, OF_FLOAT, s);
}

/* A is quantized as DynamicQuantizeLinear does it. */
of_status of_eval_DynamicQuantizeMatMul(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0), *in[4] = {NULL, of_in(c, 1), NULL, of_in(c, 3)};
    of_tensor *q[3];
    of_status st;

    OF_TRY(of_sub_run(c, 11, of_infer_DynamicQuantizeLinear, of_eval_DynamicQuantizeLinear, &a, 1, q, 3));
    in[0] = q[0];
    in[2] = q[2];
    st = of_qmm_product(c, in, (double)*(const float *)q[1]->data, of_in(c, 2), of_in(c, 4));
    for (size_t i = 0; i < 3; i++) of_tensor_unref(q[i]);
    return st;
}
