/* MatMul and Gemm. Floats accumulate in double and round once; integers wrap. */
#include "ops/op_mm.h"
#include "ops/op_numeric.h"

#include <math.h>

#define OF_MM_TYPES                                                                                \
    (OF_TS_FLOAT | OF_TS(OF_INT32) | OF_TS(OF_UINT32) | OF_TS(OF_INT64) | OF_TS(OF_UINT64))

of_status of_infer_MatMul(of_opctx *c)
{
    of_shape s;

    OF_TRY(of_want_types(c, 0, OF_MM_TYPES));
    OF_TRY(of_want_types(c, 1, OF_MM_TYPES));
    OF_TRY(of_want_same(c, 0, 1));
    OF_TRY(of_mm_infer(c, 0, 1, &s));
    return of_set_out(c, 0, of_in_dtype(c, of_in_dtype(c, 0) ? 0 : 1), s);
}

/* Where a product goes: matrix `base` elements into y, rows n long. */
typedef struct of_mm_dest {
    of_tensor *y;
    size_t base, n;
} of_mm_dest;

static void of_mm_store(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_mm_dest *d = (const of_mm_dest *)user;

    of_write_f64(d->y, d->base + row * d->n + col, 1, acc, n);
}

/* One matrix product instead of a batch of them, where B is one matrix for all. */
static void of_mm_plan_flatten(of_mm_plan *p, const of_tensor *b)
{
    if (b->rank > 2 || p->batches == 0) return;
    p->m *= p->batches;
    p->batches = 1;
    p->rank = 0;
}

of_status of_eval_MatMul(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0), *b = of_in(c, 1);
    const void *ad, *bd;
    of_mm_dest dest;
    of_mm_plan p;
    of_mm_job job;
    size_t mem, ia, ib;
    of_mm mm;

    OF_TRY(of_mm_plan_make(c, a, b, &p));
    OF_TRY(of_out(c, 0, &dest.y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)dest.y->count, p.k)));
    if (dest.y->count == 0) return OF_OK;
    of_mm_plan_flatten(&p, b);
    OF_TRY(of_mm_begin(c, p.m, p.n, p.k, &job));
    mm = (of_mm){.m = p.m,
                 .n = p.n,
                 .k = p.k,
                 .a_row = (ptrdiff_t)p.k,
                 .a_col = 1,
                 .b_row = (ptrdiff_t)p.n,
                 .b_col = 1};
    dest.n = p.n;
    if (!of_dtype_is_float((of_dtype)a->dtype)) {
        mem = of_dtypes[a->dtype].mem;
        for (size_t i = 0; i < p.batches; i++) {
            of_mm_plan_at(&p, i, &ia, &ib);
            mm.a = (const unsigned char *)a->data + ia * p.m * p.k * mem;
            mm.b = (const unsigned char *)b->data + ib * p.k * p.n * mem;
            of_mm_run_int(&job, &mm, mem == 8, (unsigned char *)dest.y->data + i * p.m * p.n * mem);
        }
        return OF_OK;
    }
    OF_TRY(of_mm_floats(c, a, &ad));
    OF_TRY(of_mm_floats(c, b, &bd));
    mem = a->dtype == OF_DOUBLE ? 8 : 4;
    for (size_t i = 0; i < p.batches; i++) {
        of_mm_plan_at(&p, i, &ia, &ib);
        mm.a = (const unsigned char *)ad + ia * p.m * p.k * mem;
        mm.b = (const unsigned char *)bd + ib * p.k * p.n * mem;
        dest.base = i * p.m * p.n;
        of_mm_run(&job, &mm, mem == 8, of_mm_store, &dest);
    }
    return OF_OK;
}

/* ---- Gemm ---- */

typedef struct of_gemm {
    int64_t trans_a, trans_b, broadcast;
    float alpha, beta;
} of_gemm;

static of_status of_gemm_attrs(of_opctx *c, of_gemm *g)
{
    OF_TRY(of_get_int(c, "transA", 0, &g->trans_a));
    OF_TRY(of_get_int(c, "transB", 0, &g->trans_b));
    OF_TRY(of_get_float(c, "alpha", 1, &g->alpha));
    OF_TRY(of_get_float(c, "beta", 1, &g->beta));
    g->broadcast = 1;
    if (c->opset < 7) OF_TRY(of_get_int(c, "broadcast", 0, &g->broadcast));
    return OF_OK;
}

/* C broadcasts to the result one way; before version 7 only when asked to. */
static of_status of_gemm_check_c(of_opctx *c, const of_gemm *g, const of_shape *y)
{
    const of_shape *s = of_in_shape(c, 2);

    if (!of_has_in(c, 2) || s->rank < 0) return OF_OK;
    if (s->rank > 2 || (!g->broadcast && s->rank != 2))
        return OF_INVALID(c, "C has rank %d", (int)s->rank);
    for (int32_t k = 0; k < s->rank; k++) {
        const of_dim d = s->d[k], to = y->d[2 - s->rank + k];
        if (of_dim_is_num(d) && of_dim_is_num(to) && d.k != to.k && (d.k != 1 || !g->broadcast))
            return OF_INVALID(c, "C does not broadcast to the result");
    }
    return OF_OK;
}

of_status of_infer_Gemm(of_opctx *c)
{
    const of_shape *a = of_in_shape(c, 0), *b = of_in_shape(c, 1);
    of_dtype t = OF_UNDEFINED;
    of_shape s;
    of_gemm g;

    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_want_types(c, i, OF_MM_TYPES));
        OF_TRY(of_want_same(c, 0, i));
        if (t == OF_UNDEFINED) t = of_in_dtype(c, i);
    }
    OF_TRY(of_want_rank(c, 0, 2));
    OF_TRY(of_want_rank(c, 1, 2));
    OF_TRY(of_gemm_attrs(c, &g));
    s = of_shape_new(c, 2);
    if (s.rank < 0) return of_set_out(c, 0, t, s);
    if (a->rank == 2) s.d[0] = a->d[g.trans_a ? 1 : 0];
    if (b->rank == 2) s.d[1] = b->d[g.trans_b ? 0 : 1];
    if (a->rank == 2 && b->rank == 2) {
        const of_dim ka = a->d[g.trans_a ? 0 : 1], kb = b->d[g.trans_b ? 1 : 0];
        if (of_dim_is_num(ka) && of_dim_is_num(kb) && ka.k != kb.k)
            return OF_INVALID(c, "inner sizes %lld and %lld differ", (long long)ka.k,
                              (long long)kb.k);
    }
    OF_TRY(of_gemm_check_c(c, &g, &s));
    return of_set_out(c, 0, t, s);
}

typedef struct of_gemm_dest {
    of_tensor *y;
    const of_tensor *bias; /* NULL: none, or beta is 0 */
    size_t n, row_step, col_step;
    double alpha, beta;
} of_gemm_dest;

static void of_gemm_store(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_gemm_dest *d = (const of_gemm_dest *)user;
    double v[64], bias[64];

    for (size_t j = 0; j < n; j += 64) {
        const size_t w = n - j < 64 ? n - j : 64;
        for (size_t k = 0; k < w; k++) v[k] = d->alpha * acc[j + k];
        if (d->bias) {
            of_read_f64(d->bias, row * d->row_step + (col + j) * d->col_step, d->col_step, bias, w);
            for (size_t k = 0; k < w; k++) v[k] += d->beta * bias[k];
        }
        of_write_f64(d->y, row * d->n + col + j, 1, v, w);
    }
}

/* Integers: alpha and beta are real, so the sum is one too, and is cut toward zero. With both 1 it
 * wraps. */
static of_status of_gemm_ints(of_opctx *c, const of_gemm_dest *d, size_t m)
{
    const of_dtype t = (of_dtype)d->y->dtype;
    const bool wide = of_dtypes[t].mem == 8, is_signed = of_dtypes[t].kind == OF_K_SINT;
    const double top = ldexp(1.0, (wide ? 64 : 32) - is_signed), low = is_signed ? -top - 1 : -1;
    const bool plain = d->alpha == 1 && (!d->bias || d->beta == 1);

    for (size_t i = 0; i < m * d->n; i++) {
        const size_t at = i / d->n * d->row_step + i % d->n * d->col_step;
        uint64_t bits = wide ? ((uint64_t *)d->y->data)[i] : ((uint32_t *)d->y->data)[i];
        if (plain) {
            if (d->bias)
                bits += wide ? ((uint64_t *)d->bias->data)[at] : ((uint32_t *)d->bias->data)[at];
        } else {
            double v, b = 0;
            of_read_f64(d->y, i, 1, &v, 1);
            if (d->bias) of_read_f64(d->bias, at, 1, &b, 1);
            v = d->alpha * v + d->beta * b;
            if (!(v < top) || !(v > low))
                return OF_INVALID(c, "the result has no value in %s", of_dtypes[t].name);
            bits = v < 0 ? (uint64_t)(int64_t)v : (uint64_t)v;
        }
        if (wide) ((uint64_t *)d->y->data)[i] = bits;
        else ((uint32_t *)d->y->data)[i] = (uint32_t)bits;
    }
    return OF_OK;
}

of_status of_eval_Gemm(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0), *b = of_in(c, 1),
                    *bias = of_has_in(c, 2) ? of_in(c, 2) : NULL;
    of_gemm_dest d = {.bias = bias};
    of_mm_job job;
    of_gemm g;
    of_mm mm;

    OF_TRY(of_gemm_attrs(c, &g));
    OF_TRY(of_out(c, 0, &d.y));
    mm.m = (size_t)a->dims[g.trans_a ? 1 : 0];
    mm.k = (size_t)a->dims[g.trans_a ? 0 : 1];
    mm.n = (size_t)b->dims[g.trans_b ? 0 : 1];
    mm.a_row = g.trans_a ? 1 : (ptrdiff_t)mm.k;
    mm.a_col = g.trans_a ? (ptrdiff_t)mm.m : 1;
    mm.b_row = g.trans_b ? 1 : (ptrdiff_t)mm.n;
    mm.b_col = g.trans_b ? (ptrdiff_t)mm.k : 1;
    OF_TRY(of_work(c, of_sat_mul((uint64_t)d.y->count, mm.k + 1)));
    if (d.y->count == 0) return OF_OK;
    if (g.beta == 0) d.bias = NULL;
    d.n = mm.n;
    d.alpha = (double)g.alpha;
    d.beta = (double)g.beta;
    if (d.bias) {
        const size_t r = bias->rank;
        d.col_step = r > 0 && bias->dims[r - 1] != 1;
        d.row_step = r > 1 && bias->dims[0] != 1 ? (size_t)bias->dims[1] : 0;
    }
    OF_TRY(of_mm_begin(c, mm.m, mm.n, mm.k, &job));
    if (!of_dtype_is_float((of_dtype)a->dtype)) {
        mm.a = a->data;
        mm.b = b->data;
        of_mm_run_int(&job, &mm, of_dtypes[a->dtype].mem == 8, d.y->data);
        return of_gemm_ints(c, &d, mm.m);
    }
    OF_TRY(of_mm_floats(c, a, &mm.a));
    OF_TRY(of_mm_floats(c, b, &mm.b));
    of_mm_run(&job, &mm, a->dtype == OF_DOUBLE, of_gemm_store, &d);
    return OF_OK;
}
