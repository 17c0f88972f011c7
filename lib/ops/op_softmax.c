/* Softmax, LogSoftmax, Hardmax. Before version 13 the input is taken as a matrix, all axes
 * from `axis` on in one row; from then on they work along the one axis. */
#include "ops/op_steps.h"

#include <string.h>

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
/* The same of float32 from x to d, which do not overlap; v is room for n. */
typedef void (*of_line32_fn)(const of_opctx *c, float *d, const float *x, double *v, size_t n);

static double of_top_f32(const of_opctx *c, const float *x, size_t n)
{
    of_reduce_acc acc = of_reduce_neutral(OF_RED_MAX, OF_RED_F32);

    c->kern->reduce.run[OF_RED_MAX][OF_RED_F32](&acc, x, n);
    return acc.f;
}

static void of_line32_softmax(const of_opctx *c, float *d, const float *x, double *v, size_t n)
{
    const double sum = c->kern->norm.exps(v, x, of_top_f32(c, x, n), n);

    c->kern->norm.scale(d, v, 1 / sum, n);
}

static void of_line32_log_softmax(const of_opctx *c, float *d, const float *x, double *v, size_t n)
{
    const double one = 1, top = of_top_f32(c, x, n), less = -of_m_log(c->kern->norm.exps(v, x, top, n));

    c->kern->norm.affine(d, x, top, one, &one, &less, 0, n);
}

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
    double sum, inv;

    if (!of_is_f16(t)) {
        of_line_exp(c, t, v, v, top, n);
        sum = of_reduce_f64(c, OF_RED_SUM, v, n);
        inv = 1 / sum;
        if (t == OF_DOUBLE)
            for (size_t i = 0; i < n; i++) v[i] /= sum;
        else /* within 2^-52 of the quotient, to be rounded to 2^-24 */
            for (size_t i = 0; i < n; i++) v[i] *= inv;
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
    of_line32_fn plain; /* NULL: not for this type */
    bool far;
} of_softmax_job;

/* Lines whose elements lie apart are read and written side by side. */
enum { OF_SOFTMAX_SIDE = 16, OF_SOFTMAX_ROOM = 1 << 15 };

static size_t of_softmax_side(of_lines l)
{
    const size_t fit = OF_SOFTMAX_ROOM / l.n;

    return l.inner == 1 || fit < 2 ? 1 : fit < OF_SOFTMAX_SIDE ? fit : OF_SOFTMAX_SIDE;
}

/* Lines of float32: a few of them that lie apart are brought beside each other first. */
static void of_softmax_plain(const of_softmax_job *j, void *scratch, size_t from, size_t to)
{
    const of_kern_move *move = &j->c->kern->move;
    const of_lines l = j->l;
    const size_t side = of_softmax_side(l);
    const int64_t n = (int64_t)l.n, inner = (int64_t)l.inner;
    double *v = (double *)scratch;
    float *tile = (float *)(void *)(v + l.n), *done = tile + side * l.n, *y = (float *)j->y->data;

    for (size_t k = from, m = 1; k < to; k += m) {
        const size_t in = k % l.inner, at = k / l.inner * l.n * l.inner + in;
        const float *x = (const float *)j->x->data + at;
        if (l.inner == 1) {
            j->plain(j->c, j->far ? tile : y + at, x, v, l.n);
            if (j->far) move->far_run(y + at, tile, l.n * sizeof *y);
            continue;
        }
        m = l.inner - in < to - k ? l.inner - in : to - k;
        if (m > side) m = side;
        move->copy2[2](tile, n, 1, x, 1, inner, (int64_t)m, n);
        for (size_t r = 0; r < m; r++) j->plain(j->c, done + r * l.n, tile + r * l.n, v, l.n);
        move->copy2[2](y + at, inner, 1, done, 1, n, n, (int64_t)m);
    }
}

static bool of_softmax_part(void *arg, void *scratch, size_t from, size_t to)
{
    const of_softmax_job *j = (const of_softmax_job *)arg;
    const of_lines l = j->l;
    const size_t side = of_softmax_side(l);
    double *v = (double *)scratch, *more = v + 2 * l.n, row[OF_SOFTMAX_SIDE];

    if (j->plain) {
        of_softmax_plain(j, scratch, from, to);
        return true;
    }
    for (size_t k = from, m = 1; k < to; k += m) {
        const size_t in = k % l.inner, at = k / l.inner * l.n * l.inner + in;
        if (l.inner == 1) {
            of_read_run(j->c, j->x, at, v, l.n);
            j->line(j->c, (of_dtype)j->x->dtype, v, l.n);
            of_write_run(j->c, j->y, at, v, l.n);
            continue;
        }
        m = l.inner - in < to - k ? l.inner - in : to - k;
        if (m > side) m = side;
        for (size_t i = 0; i < l.n; i++) {
            of_read_f64(j->x, at + i * l.inner, 1, row, m);
            for (size_t r = 0; r < m; r++) more[r * l.n + i] = row[r];
        }
        for (size_t r = 0; r < m; r++) {
            memcpy(v, more + r * l.n, l.n * sizeof *v);
            j->line(j->c, (of_dtype)j->x->dtype, v, l.n);
            memcpy(more + r * l.n, v, l.n * sizeof *v);
        }
        for (size_t i = 0; i < l.n; i++) {
            for (size_t r = 0; r < m; r++) row[r] = more[r * l.n + i];
            of_write_f64(j->y, at + i * l.inner, 1, row, m);
        }
    }
    return true;
}

static of_status of_softmax_eval(of_opctx *c, of_line_fn line, of_line32_fn plain)
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
    j = (of_softmax_job){c, x, y, l, line, x->dtype == OF_FLOAT ? plain : NULL, of_is_far(c, y)};
    if (!of_mul_size(l.n, (2 + (l.inner == 1 ? 0 : of_softmax_side(l))) * sizeof(double), &room))
        return of_nomem(c->err);
    return of_parts(c, l.outer * l.inner, 1, of_sat_mul((uint64_t)x->count, 4), room, of_softmax_part, &j, &ok);
}

of_status of_eval_Softmax(of_opctx *c)
{
    return of_softmax_eval(c, of_softmax_line, of_line32_softmax);
}

of_status of_eval_LogSoftmax(of_opctx *c)
{
    return of_softmax_eval(c, of_line_log_softmax, of_line32_log_softmax);
}

of_status of_eval_Hardmax(of_opctx *c)
{
    return of_softmax_eval(c, of_line_hardmax, NULL);
}
