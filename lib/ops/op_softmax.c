/* Softmax, LogSoftmax, Hardmax. Before version 13 the input is taken as a matrix, all axes
 * from `axis` on in one row; from then on they work along the one axis. */
#include "ops/op_steps.h"

#include "kern/kern_mathd.h"

static of_status of_softmax_axis(of_opctx *c, int64_t rank, int64_t *axis)
{
    OF_TRY(of_get_int(c, "axis", c->opset < 13 ? 1 : -1, axis));
    return of_norm_axis(c, *axis, rank, 0, axis);
}

of_status of_infer_Softmax(of_opctx *c)
{
    int64_t axis;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    if (of_in_rank(c, 0) >= 0) OF_TRY(of_softmax_axis(c, of_in_rank(c, 0), &axis));
    return of_same_as_in(c, 0, 0);
}

typedef void (*of_line_fn)(const of_opctx *c, of_dtype t, double *v, size_t n);

void of_softmax_line(const of_opctx *c, of_dtype t, double *v, size_t n)
{
    const double top = of_reduce_f64(c, OF_RED_MAX, v, n);
    double sum;

    if (!of_is_f16(t)) {
        for (size_t i = 0; i < n; i++) v[i] = of_m_exp(v[i] - top);
        sum = of_reduce_f64(c, OF_RED_SUM, v, n);
        for (size_t i = 0; i < n; i++) v[i] /= sum;
        return;
    }
    /* Each step of the function body has the type of the tensor, which shows in 16 bits. */
    for (size_t i = 0; i < n; i++) v[i] = of_step(t, of_m_exp(of_step(t, v[i] - top)));
    sum = of_reduce_f64(c, OF_RED_SUM, v, n);
    if (of_step(t, sum) - of_step(t, sum) == 0) sum = of_step(t, sum); /* not past the range */
    for (size_t i = 0; i < n; i++) v[i] = of_step(t, v[i] / sum);
}

/* v holds n elements and room for n more. */
static void of_line_log_softmax(const of_opctx *c, of_dtype t, double *v, size_t n)
{
    const double top = of_reduce_f64(c, OF_RED_MAX, v, n);
    double *e = v + n, log_sum;

    (void)t;
    for (size_t i = 0; i < n; i++) e[i] = of_m_exp(v[i] - top);
    log_sum = of_m_log(of_reduce_f64(c, OF_RED_SUM, e, n));
    for (size_t i = 0; i < n; i++) v[i] = v[i] - top - log_sum;
}

/* The first of the greatest; a NaN counts as greatest, as in numpy's argmax. */
static void of_line_hardmax(const of_opctx *c, of_dtype t, double *v, size_t n)
{
    size_t best = 0;

    (void)c;
    (void)t;
    for (size_t i = 1; i < n; i++)
        if (v[best] == v[best] && (v[i] > v[best] || v[i] != v[i])) best = i;
    for (size_t i = 0; i < n; i++) v[i] = i == best;
}

static of_status of_softmax_eval(of_opctx *c, of_line_fn line)
{
    const of_tensor *x = of_in(c, 0);
    int64_t axis;
    of_tensor *y;
    of_lines l;
    double *v;

    OF_TRY(of_softmax_axis(c, x->rank, &axis));
    l = c->opset < 13 ? of_lines_2d(x, (size_t)axis) : of_lines_of(x, (size_t)axis);
    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 16)));
    if (x->count == 0) return OF_OK;
    v = (double *)of_tmp(c, l.n, 2 * sizeof *v);
    if (!v) return of_fail(c->err, OF_E_NOMEM, "out of memory");
    for (size_t o = 0; o < l.outer; o++)
        for (size_t j = 0; j < l.inner; j++) {
            const size_t at = o * l.n * l.inner + j;
            of_read_f64(x, at, l.inner, v, l.n);
            line(c, (of_dtype)x->dtype, v, l.n);
            of_write_f64(y, at, l.inner, v, l.n);
        }
    return OF_OK;
}

of_status of_eval_Softmax(of_opctx *c)
{
    return of_softmax_eval(c, of_softmax_line);
}

of_status of_eval_LogSoftmax(of_opctx *c)
{
    return of_softmax_eval(c, of_line_log_softmax);
}

of_status of_eval_Hardmax(of_opctx *c)
{
    return of_softmax_eval(c, of_line_hardmax);
}
