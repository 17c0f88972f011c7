/* What the numeric families share. */
#include "ops/op_numeric.h"

#include <math.h>
#include <string.h>

of_status of_want_types(of_opctx *c, uint32_t i, uint32_t types)
{
    const of_type *t = of_in_type(c, i);

    if (!t || t->kind == OF_T_UNKNOWN) return OF_OK;
    if (t->kind != OF_T_TENSOR) return OF_INVALID(c, "input %u is not a tensor", i);
    if (t->dtype != OF_UNDEFINED && !(types & OF_TS(t->dtype)))
        return OF_UNSUP(c, "input %u is %s", i, of_dtypes[t->dtype].name);
    return OF_OK;
}

of_status of_want_same(of_opctx *c, uint32_t i, uint32_t j)
{
    const of_dtype a = of_in_dtype(c, i), b = of_in_dtype(c, j);

    if (a != OF_UNDEFINED && b != OF_UNDEFINED && a != b)
        return OF_INVALID(c, "input %u is %s and input %u is %s", i, of_dtypes[a].name, j,
                          of_dtypes[b].name);
    return OF_OK;
}

of_status of_want_rank(of_opctx *c, uint32_t i, int32_t rank)
{
    const int32_t r = of_in_rank(c, i);

    if (r >= 0 && r != rank)
        return OF_INVALID(c, "input %u has rank %d where %d is due", i, (int)r, (int)rank);
    return OF_OK;
}

of_status of_want_dims(of_opctx *c, uint32_t i, int32_t rank, const of_dim *d)
{
    const of_shape *s = of_in_shape(c, i);

    if (!of_has_in(c, i)) return OF_OK;
    OF_TRY(of_want_rank(c, i, rank));
    for (int32_t k = 0; k < s->rank; k++)
        if (of_dim_is_num(s->d[k]) && of_dim_is_num(d[k]) && s->d[k].k != d[k].k)
            return OF_INVALID(c, "dimension %d of input %u is %lld where %lld is due", (int)k, i,
                              (long long)s->d[k].k, (long long)d[k].k);
    return OF_OK;
}

static size_t of_span(const of_tensor *t, size_t from, size_t to)
{
    size_t n = 1;
    for (size_t k = from; k < to; k++) n *= (size_t)t->dims[k]; /* the whole product was checked */
    return n;
}

of_lines of_lines_of(const of_tensor *t, size_t axis)
{
    return (of_lines){of_span(t, 0, axis), (size_t)t->dims[axis], of_span(t, axis + 1, t->rank)};
}

of_lines of_lines_2d(const of_tensor *t, size_t axis)
{
    return (of_lines){of_span(t, 0, axis), of_span(t, axis, t->rank), 1};
}

void of_read_f64(const of_tensor *t, size_t at, size_t stride, double *to, size_t n)
{
    const size_t mem = of_dtypes[t->dtype].mem;
    const unsigned char *p = (const unsigned char *)t->data + at * mem;

    if (!n) return;
    if (stride == 1) {
        of_to_f64((of_dtype)t->dtype, p, to, n);
    } else if (t->dtype == OF_FLOAT) {
        const float *x = (const float *)(const void *)p;
        for (size_t i = 0; i < n; i++) to[i] = (double)x[i * stride];
    } else {
        for (size_t i = 0; i < n; i++)
            of_to_f64((of_dtype)t->dtype, p + i * stride * mem, to + i, 1);
    }
}

void of_write_f64(of_tensor *t, size_t at, size_t stride, const double *from, size_t n)
{
    const size_t mem = of_dtypes[t->dtype].mem;
    unsigned char *p = (unsigned char *)t->data + at * mem;

    if (t->dtype == OF_FLOAT) {
        float *y = (float *)(void *)p;
        if (stride == 1) /* a loop of its own, for vectors */
            for (size_t i = 0; i < n; i++) y[i] = from[i] == from[i] ? (float)from[i] : (float)NAN;
        else
            for (size_t i = 0; i < n; i++)
                y[i * stride] = from[i] == from[i] ? (float)from[i] : (float)NAN;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const double v = from[i] == from[i] ? from[i] : (double)NAN;
        of_from_f64((of_dtype)t->dtype, &v, p + i * stride * mem, 1);
    }
}

void of_read_run(const of_opctx *c, const of_tensor *t, size_t at, double *to, size_t n)
{
    if (t->dtype == OF_FLOAT && n) (void)c->kern->convert.cvt[OF_KT_F32][OF_KT_F64](to, (const float *)t->data + at, n);
    else of_read_f64(t, at, 1, to, n);
}

void of_write_run(const of_opctx *c, of_tensor *t, size_t at, const double *from, size_t n)
{
    static const float one = 1;
    float *y = (float *)t->data + (t->dtype == OF_FLOAT ? at : 0);

    if (n == 0) return;
    if (t->dtype != OF_FLOAT) {
        of_write_f64(t, at, 1, from, n);
        return;
    }
    (void)c->kern->convert.cvt[OF_KT_F64][OF_KT_F32](y, from, n);
    c->kern->small.dequant(y, y, &one, NULL, 0, n); /* makes a NaN the one */
}

of_status of_stage_make(of_opctx *c, of_tensor *y, of_stage *s)
{
    *s = (of_stage){.c = c, .y = (float *)y->data};
    if (y->bytes < c->kern->move.far_min) return OF_OK;
    s->room = (float *)of_tmp(c, OF_STAGE_BLOCK, sizeof *s->room);
    return s->room ? OF_OK : of_nomem(c->err);
}

void of_stage_out(const of_stage *t, size_t at, size_t n)
{
    if (t->room) t->c->kern->move.far_run(t->y + at, t->room, n * sizeof(float));
}

void of_stage_end(const of_stage *t)
{
    if (t->room) t->c->kern->move.far_done();
}

void of_stage_affine(const of_stage *t, size_t at, const float *x, double mean, double mul, const double *scale,
                     const double *bias, size_t step, size_t n)
{
    for (size_t i = 0; i < n; i += OF_STAGE_BLOCK) {
        const size_t m = n - i < OF_STAGE_BLOCK ? n - i : OF_STAGE_BLOCK;
        t->c->kern->norm.affine(of_stage_at(t, at + i), x + i, mean, mul, scale + i * step,
                                bias ? bias + i * step : NULL, step, m);
        of_stage_out(t, at + i, m);
    }
}

double of_sum_f32(const of_opctx *c, const float *x, size_t n)
{
    of_reduce_acc acc = of_reduce_neutral(OF_RED_SUM, OF_RED_F32);

    c->kern->reduce.run[OF_RED_SUM][OF_RED_F32](&acc, x, n);
    return acc.f;
}

double of_reduce_f64(const of_opctx *c, of_reduce_op op, const double *v, size_t n)
{
    of_reduce_acc acc = of_reduce_neutral(op, OF_RED_F64);

    c->kern->reduce.run[op][OF_RED_F64](&acc, v, n);
    return acc.f;
}
