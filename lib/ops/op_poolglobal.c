/* GlobalAveragePool, GlobalMaxPool, GlobalLpPool, and MaxUnpool. */
#include <math.h>

#include "kern/kern_mathd.h"
#include "ops/op_window.h"

of_status of_infer_GlobalPool(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    of_shape y = of_shape_unknown();

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    if (x->rank >= 0 && x->rank < 2) return OF_INVALID(c, "the input has no channels");
    if (x->rank >= 0) {
        y = of_shape_new(c, x->rank);
        for (int32_t k = 0; k < y.rank; k++) y.d[k] = k < 2 ? x->d[k] : of_dim_num(1);
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

typedef double (*of_global_fn)(const double *v, size_t n, double p);

static of_status of_global_eval(of_opctx *c, of_global_fn fn, double p, uint64_t cost)
{
    const of_tensor *x = of_in(c, 0);
    of_tensor *y;
    of_lines l;
    double *v;

    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, cost)));
    if (y->count == 0) return OF_OK;
    if (x->count == 0) return OF_INVALID(c, "nothing to pool");
    l = of_lines_2d(x, 2);
    v = (double *)of_tmp(c, l.n, sizeof *v);
    if (!v) return of_nomem(c->err);
    for (size_t i = 0; i < l.outer; i++) {
        double r;
        of_read_f64(x, i * l.n, 1, v, l.n);
        r = fn(v, l.n, p);
        of_write_f64(y, i, 1, &r, 1);
    }
    return OF_OK;
}

static double of_global_mean(const double *v, size_t n, double p)
{
    double s = 0;

    (void)p;
    for (size_t i = 0; i < n; i++) s += v[i];
    return s / (double)n;
}

/* A NaN stays, as in ReduceMax. */
static double of_global_max(const double *v, size_t n, double p)
{
    double m = v[0];

    (void)p;
    for (size_t i = 1; i < n; i++)
        if (v[i] > m || v[i] != v[i]) m = v[i];
    return m;
}

static double of_global_lp(const double *v, size_t n, double p)
{
    double s = 0;

    for (size_t i = 0; i < n; i++) s += p == 1 ? fabs(v[i]) : p == 2 ? v[i] * v[i] : of_m_pow(fabs(v[i]), p);
    return p == 1 ? s : p == 2 ? sqrt(s) : of_m_pow(s, 1 / p);
}

of_status of_eval_GlobalAveragePool(of_opctx *c)
{
    return of_global_eval(c, of_global_mean, 0, 1);
}

of_status of_eval_GlobalMaxPool(of_opctx *c)
{
    return of_global_eval(c, of_global_max, 0, 1);
}

of_status of_eval_GlobalLpPool(of_opctx *c)
{
    int64_t i = 2;
    float f = 2;

    if (c->opset < 2) OF_TRY(of_get_float(c, "p", 2, &f));
    else OF_TRY(of_get_int(c, "p", 2, &i));
    if (c->opset >= 2) f = (float)i;
    if (!(f > 0)) return OF_INVALID(c, "p is not positive");
    return of_global_eval(c, of_global_lp, (double)f, 10);
}

/* ---- MaxUnpool ---- */

/* The shape that undoes the pooling, without the input output_shape. */
static of_status of_unpool_shape(of_opctx *c, of_shape *s)
{
    const of_shape *x = of_in_shape(c, 0);
    of_dimtab *t = c->m->dims;
    const int64_t *kernel;
    of_window w;
    size_t n;

    OF_TRY(of_get_ints(c, "kernel_shape", &kernel, &n));
    if (n == 0 || n > OF_MAX_RANK - 2 || (x->rank >= 0 && x->rank != (int32_t)n + 2))
        return OF_INVALID(c, "kernel_shape has %zu numbers", n);
    OF_TRY(of_window_attrs(c, n, NULL, 0, &w));
    *s = of_shape_new(c, (int32_t)n + 2);
    if (s->rank < 0) return of_nomem(c->err);
    if (x->rank < 0) return OF_OK;
    s->d[0] = x->d[0];
    s->d[1] = x->d[1];
    for (size_t i = 0; i < n; i++)
        s->d[i + 2] =
            of_dim_add(t, of_dim_mul(t, of_dim_sub(t, x->d[i + 2], of_dim_num(1)), of_dim_num(w.stride[i])),
                       of_dim_num(w.kernel[i] - w.begin[i] - w.end[i]));
    return OF_OK;
}

of_status of_infer_MaxUnpool(of_opctx *c)
{
    of_dim *v;
    of_shape s;
    size_t n;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_want_types(c, 1, OF_TS(OF_INT64)));
    OF_TRY(of_want_types(c, 2, OF_TS(OF_INT64)));
    OF_TRY(of_unpool_shape(c, &s));
    if (of_has_in(c, 2)) {
        OF_TRY(of_in_dims(c, 2, &v, &n));
        if (v && n != (size_t)s.rank) return OF_INVALID(c, "output_shape has %zu numbers", n);
        for (int32_t k = 0; k < s.rank; k++) s.d[k] = v ? v[k] : of_dim_unknown();
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_MaxUnpool(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *idx = of_in(c, 1);
    const size_t mem = of_dtypes[x->dtype].mem;
    int64_t at[OF_MAX_RANK];
    of_tensor *y;
    of_shape s;

    OF_TRY(of_unpool_shape(c, &s));
    if (!of_tensor_size((of_dtype)idx->dtype, x->dims, x->rank, &at[0], &(size_t){0}) || at[0] != idx->count)
        return OF_INVALID(c, "not one index for each element");
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 4)));
    for (int64_t i = 0; i < x->count; i++) {
        int64_t rest = ((const int64_t *)idx->data)[i], to = 0;
        /* Indices count in the shape that was pooled; the result's lies around it. */
        for (size_t k = x->rank; k-- > 0;) {
            if (!of_dim_is_num(s.d[k]) || s.d[k].k <= 0 || rest < 0)
                return OF_INVALID(c, "index %lld is outside", (long long)((const int64_t *)idx->data)[i]);
            at[k] = rest % s.d[k].k;
            rest /= s.d[k].k;
        }
        if (rest) return OF_INVALID(c, "an index is outside of the result");
        for (size_t k = 0; k < x->rank; k++) {
            if (at[k] >= y->dims[k]) return OF_INVALID(c, "an index is outside of the result");
            to = to * y->dims[k] + at[k];
        }
        for (size_t b = 0; b < mem; b++)
            ((unsigned char *)y->data)[(size_t)to * mem + b] = ((const unsigned char *)x->data)[(size_t)i * mem + b];
    }
    return OF_OK;
}
