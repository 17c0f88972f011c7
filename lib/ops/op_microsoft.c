/* com.microsoft: Gelu and its kin, QuantizeLinear, DequantizeLinear, FusedMatMul. */
#include <string.h>

#include "kern/kern_mathd.h"
#include "ops/op_elementwise.h"
#include "ops/op_moves.h"
#include "ops/op_steps.h"
#include "ops/op_sub.h"

/* ---- Gelu and its kin ---- */

/* Input 1, if it is there, is a row that is added to the last dimension of input 0. */
static of_status of_ms_row_infer(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0), *b = of_in_shape(c, 1);

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_want_types(c, 1, OF_TS_FLOAT));
    OF_TRY(of_want_same(c, 0, 1));
    OF_TRY(of_want_rank(c, 1, 1));
    if (x->rank == 0 && of_has_in(c, 1)) return OF_INVALID(c, "a scalar has no row");
    if (x->rank > 0 && b->rank == 1 && of_dim_is_num(b->d[0]) &&
        of_dim_is_num(x->d[x->rank - 1]) && b->d[0].k != x->d[x->rank - 1].k)
        return OF_INVALID(c, "a row of %lld for %lld", (long long)b->d[0].k,
                          (long long)x->d[x->rank - 1].k);
    return of_same_as_in(c, 0, 0);
}

static double of_ms_gelu(double x, bool tanh)
{
    if (!tanh) return 0.5 * x * of_m_erfc(-x * 0.70710678118654752440);
    return 0.5 * x * (1.0 + of_m_tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
}

static of_status of_ms_gelu_eval(of_opctx *c, bool tanh)
{
    const of_tensor *x = of_in(c, 0), *b = of_has_in(c, 1) ? of_in(c, 1) : NULL;
    double v[64], w[64];
    of_tensor *y;
    of_lines l;

    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 12)));
    l = of_lines_2d(x, x->rank ? x->rank - 1u : 0);
    for (size_t o = 0; o < l.outer; o++)
        for (size_t i = 0; i < l.n; i += 64) {
            const size_t n = l.n - i < 64 ? l.n - i : 64;
            of_read_f64(x, o * l.n + i, 1, v, n);
            if (b) of_read_f64(b, i, 1, w, n);
            for (size_t k = 0; k < n; k++)
                v[k] = of_ms_gelu(b ? of_step((of_dtype)x->dtype, v[k] + w[k]) : v[k], tanh);
            of_write_f64(y, o * l.n + i, 1, v, n);
        }
    return OF_OK;
}

of_status of_infer_BiasGelu(of_opctx *c) { return of_ms_row_infer(c); }
of_status of_infer_FastGelu(of_opctx *c) { return of_ms_row_infer(c); }
of_status of_eval_BiasGelu(of_opctx *c) { return of_ms_gelu_eval(c, false); }
of_status of_eval_FastGelu(of_opctx *c) { return of_ms_gelu_eval(c, true); }

of_status of_eval_QuickGelu(of_opctx *c)
{
    float alpha;
    double p;

    OF_TRY(of_get_float(c, "alpha", 1.702f, &alpha));
    p = (double)alpha;
    return of_ew_eval1(c, OF_KU_SWISH, &p, OF_EW_DEAR);
}

/* ---- quantization: that of ai.onnx 13, with 16-bit integers ---- */

of_status of_infer_MsQuantizeLinear(of_opctx *c)
{
    return of_sub_as(c, 13, of_infer_QuantizeLinear);
}
of_status of_eval_MsQuantizeLinear(of_opctx *c)
{
    return of_sub_as(c, 13, of_eval_QuantizeLinear);
}
of_status of_infer_MsDequantizeLinear(of_opctx *c)
{
    return of_sub_as(c, 13, of_infer_DequantizeLinear);
}
of_status of_eval_MsDequantizeLinear(of_opctx *c)
{
    return of_sub_as(c, 13, of_eval_DequantizeLinear);
}

/* ---- matrix products ---- */

typedef struct of_ms_mm {
    int64_t trans[2], batch[2];
    float alpha;
} of_ms_mm;

static of_status of_ms_mm_attrs(of_opctx *c, of_ms_mm *a)
{
    OF_TRY(of_get_int(c, "transA", 0, &a->trans[0]));
    OF_TRY(of_get_int(c, "transB", 0, &a->trans[1]));
    OF_TRY(of_get_int(c, "transBatchA", 0, &a->batch[0]));
    OF_TRY(of_get_int(c, "transBatchB", 0, &a->batch[1]));
    return of_get_float(c, "alpha", 1, &a->alpha);
}

/* Where axis k of input i as it is multiplied comes from: transBatch moves the first axis behind the
 * batch, trans then swaps the last two. A vector has nothing to swap. */
static size_t of_ms_mm_axis(const of_ms_mm *a, uint32_t i, size_t rank, size_t k)
{
    if (rank < 2) return k;
    if (a->trans[i] && k + 2 >= rank) k = k + 1 == rank ? rank - 2 : rank - 1;
    if (!a->batch[i] || k + 1 == rank) return k;
    return k + 2 == rank ? 0 : k + 1;
}

of_status of_infer_FusedMatMul(of_opctx *c)
{
    of_opctx turned = *c;
    const of_type *type[2];
    of_ms_mm a;
    of_shape s;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_want_same(c, 0, 1));
    OF_TRY(of_ms_mm_attrs(c, &a));
    for (uint32_t i = 0; i < 2; i++) {
        const of_shape *x = of_in_shape(c, i);
        of_type *t;
        type[i] = of_in_type(c, i);
        if ((!a.trans[i] && !a.batch[i]) || x->rank < 0) continue;
        if (x->rank < 2) return OF_UNSUP(c, "input %u has no matrix to transpose", i);
        t = (of_type *)of_tmp(c, 1, sizeof *t);
        if (!t) return of_ew_nomem(c);
        *t = *type[i];
        t->shape = of_shape_new(c, x->rank);
        if (t->shape.rank < 0) return of_ew_nomem(c);
        for (int32_t k = 0; k < x->rank; k++)
            t->shape.d[k] = x->d[of_ms_mm_axis(&a, i, (size_t)x->rank, (size_t)k)];
        type[i] = t;
    }
    turned.in_type = type;
    OF_TRY(of_mm_infer(&turned, 0, 1, &s));
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

/* t: a header of input i as it is multiplied, in float or double; its rows are turned only by the
 * strides of the product, batches that were inside are moved out. */
static of_status of_ms_mm_open(of_opctx *c, const of_ms_mm *a, uint32_t i, of_tensor *t, const void **data)
{
    const of_tensor *x = of_in(c, i);
    const of_ms_mm rows = {.batch = {a->batch[0], a->batch[1]}};
    const size_t mem = x->dtype == OF_DOUBLE ? 8 : 4, rank = x->rank;
    int64_t *d = (int64_t *)of_tmp(c, rank + 1, 4 * sizeof *d), *own = d + rank, *from = own + rank, *to = from + rank;
    void *moved;

    if (!d) return of_ew_nomem(c);
    *t = *x;
    t->dims = d;
    OF_TRY(of_mm_floats(c, x, data));
    for (size_t k = 0; k < rank; k++) d[k] = x->dims[of_ms_mm_axis(a, i, rank, k)];
    if (!a->batch[i] || rank < 3) return OF_OK;
    moved = of_tmp(c, (size_t)x->count, mem);
    if (!moved) return of_ew_nomem(c);
    of_strides(x->dims, rank, own);
    for (size_t k = 0; k < rank; k++) {
        from[k] = own[of_ms_mm_axis(&rows, i, rank, k)];
        to[k] = x->dims[of_ms_mm_axis(&rows, i, rank, k)];
    }
    memcpy(d, to, rank * sizeof *d);
    of_strides(to, rank, own);
    OF_TRY(of_move_nd(c, mem, moved, own, *data, from, d, rank));
    for (size_t k = 0; k < rank; k++) d[k] = x->dims[of_ms_mm_axis(a, i, rank, k)];
    *data = moved;
    return OF_OK;
}

typedef struct of_ms_dest {
    of_tensor *y;
    size_t base, n;
    double alpha;
} of_ms_dest;

static void of_ms_store(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_ms_dest *d = (const of_ms_dest *)user;
    double v[64];

    for (size_t j = 0; j < n; j += 64) {
        const size_t w = n - j < 64 ? n - j : 64;
        for (size_t k = 0; k < w; k++) v[k] = d->alpha * acc[j + k];
        of_write_f64(d->y, d->base + row * d->n + col + j, 1, v, w);
    }
}

of_status of_eval_FusedMatMul(of_opctx *c)
{
    of_tensor t[2];
    const void *data[2];
    size_t at[2], mem;
    of_mm_plan p;
    of_mm_job job;
    of_ms_dest d;
    of_ms_mm a;
    of_mm mm;

    OF_TRY(of_ms_mm_attrs(c, &a));
    OF_TRY(of_out(c, 0, &d.y));
    for (uint32_t i = 0; i < 2; i++) OF_TRY(of_ms_mm_open(c, &a, i, &t[i], &data[i]));
    OF_TRY(of_mm_plan_make(c, &t[0], &t[1], &p));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)d.y->count, p.k + 1)));
    if (d.y->count == 0) return OF_OK;
    OF_TRY(of_mm_begin(c, p.m, p.n, p.k, &job));
    mm = (of_mm){.m = p.m,
                 .n = p.n,
                 .k = p.k,
                 .a_row = a.trans[0] ? 1 : (ptrdiff_t)p.k,
                 .a_col = a.trans[0] ? (ptrdiff_t)p.m : 1,
                 .b_row = a.trans[1] ? 1 : (ptrdiff_t)p.n,
                 .b_col = a.trans[1] ? (ptrdiff_t)p.k : 1};
    mem = t[0].dtype == OF_DOUBLE ? 8 : 4;
    d.n = p.n;
    d.alpha = (double)a.alpha;
    for (size_t i = 0; i < p.batches; i++) {
        of_mm_plan_at(&p, i, &at[0], &at[1]);
        mm.a = (const unsigned char *)data[0] + at[0] * p.m * p.k * mem;
        mm.b = (const unsigned char *)data[1] + at[1] * p.k * p.n * mem;
        d.base = i * p.m * p.n;
        of_mm_run(&job, &mm, mem == 8, of_ms_store, &d);
    }
    return OF_OK;
}
