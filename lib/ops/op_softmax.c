/* Softmax, LogSoftmax, Hardmax. Before version 13 the input is taken as a matrix, all axes
 * from `axis` on in one row; from then on they work along the one axis. */
#include "ops/op_steps.h"

#include "kern/kern_mathd.h"
#include "ops/op_walk.h"

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

/* Double is the one type that shows more than the kernel's exponentials are good for. */
static void of_line_exp(const of_opctx *c, of_dtype t, double *e, const double *v, double top, size_t n)
{
    if (t != OF_DOUBLE) {
        c->kern->arith.exp_run(e, v, top, n);
        return;
    }
    for (size_t i = 0; i < n; i++) e[i] = of_m_exp(v[i] - top);
}

void of_softmax_line(const of_opctx *c, of_dtype t, double *v, size_t n)
{
    const double top = of_reduce_f64(c, OF_RED_MAX, v, n);
    double sum;

    if (!of_is_f16(t)) {
        of_line_exp(c, t, v, v, top, n);
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

    of_line_exp(c, t, e, v, top, n);
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

typedef struct of_softmax_job {
    const of_opctx *c;
    const of_tensor *x;
    of_tensor *y;
    of_lines l;
    of_line_fn line;
} of_softmax_job;

static bool of_softmax_part(void *arg, void *scratch, size_t from, size_t to)
{
    const of_softmax_job *j = (const of_softmax_job *)arg;
    const of_lines l = j->l;
    double *v = (double *)scratch;

    for (size_t k = from; k < to; k++) {
        const size_t at = k / l.inner * l.n * l.inner + k % l.inner;
        of_read_f64(j->x, at, l.inner, v, l.n);
        j->line(j->c, (of_dtype)j->x->dtype, v, l.n);
        of_write_f64(j->y, at, l.inner, v, l.n);
    }
    return true;
}

static of_status of_softmax_eval(of_opctx *c, of_line_fn line)
{
    const of_tensor *x = of_in(c, 0);
    int64_t axis;
    of_tensor *y;
    of_softmax_job j;
    of_lines l;
    size_t room;
    bool ok;

    OF_TRY(of_softmax_axis(c, x->rank, &axis));
    l = c->opset < 13 ? of_lines_2d(x, (size_t)axis) : of_lines_of(x, (size_t)axis);
    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 16)));
    if (x->count == 0) return OF_OK;
    j = (of_softmax_job){c, x, y, l, line};
    if (!of_mul_size(l.n, 2 * sizeof(double), &room)) return of_fail(c->err, OF_E_NOMEM, "out of memory");
    return of_parts(c, l.outer * l.inner, 1, of_sat_mul((uint64_t)x->count, 4), room, of_softmax_part, &j, &ok);
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
