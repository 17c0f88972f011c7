/* MaxPool, AveragePool, LpPool: one number of each window, in double, rounded once. */
#include <math.h>

#include "kern/kern_mathd.h"
#include "ops/op_window.h"

typedef enum of_pool_kind { OF_POOL_MAX, OF_POOL_MEAN, OF_POOL_LP } of_pool_kind;

typedef struct of_pool {
    of_pool_kind kind;
    of_window w;
    int64_t count_pads, column_major;
    double p;
} of_pool;

static uint32_t of_pool_flags(const of_opctx *c, of_pool_kind kind)
{
    static const uint8_t since[][2] = {{10, 10}, {19, 10}, {18, 18}}; /* dilations, ceil_mode */

    return (c->opset >= since[kind][0] ? (uint32_t)OF_WIN_DILATED : 0) |
           (c->opset >= since[kind][1] ? (uint32_t)OF_WIN_CEIL : 0);
}

static of_status of_pool_make(of_opctx *c, of_pool_kind kind, of_pool *p, of_shape *y)
{
    const of_shape *x = of_in_shape(c, 0);
    const int64_t *kernel;
    size_t n;

    *p = (of_pool){.kind = kind};
    OF_TRY(of_get_ints(c, "kernel_shape", &kernel, &n));
    if (n == 0) return OF_INVALID(c, "kernel_shape is missing");
    if (n > OF_MAX_RANK - 2 || (x->rank >= 0 && x->rank != (int32_t)n + 2))
        return OF_INVALID(c, "kernel_shape has %zu numbers", n);
    OF_TRY(of_window_attrs(c, n, NULL, of_pool_flags(c, kind), &p->w));
    if (kind == OF_POOL_MEAN && c->opset >= 7)
        OF_TRY(of_get_int(c, "count_include_pad", 0, &p->count_pads));
    if (kind == OF_POOL_MAX && c->opset >= 8)
        OF_TRY(of_get_int(c, "storage_order", 0, &p->column_major));
    if (kind == OF_POOL_LP && c->opset < 2) {
        float f;
        OF_TRY(of_get_float(c, "p", 2, &f));
        p->p = (double)f;
    } else if (kind == OF_POOL_LP) {
        int64_t i;
        OF_TRY(of_get_int(c, "p", 2, &i));
        p->p = (double)i;
    }
    if (kind == OF_POOL_LP && !(p->p > 0)) return OF_INVALID(c, "p is not positive");
    *y = of_shape_new(c, (int32_t)n + 2);
    if (y->rank < 0) return of_nomem(c->err);
    if (x->rank >= 0) {
        y->d[0] = x->d[0];
        y->d[1] = x->d[1];
    }
    return of_window_slide(c, &p->w, x, y);
}

static of_status of_pool_infer(of_opctx *c, of_pool_kind kind)
{
    of_shape y;
    of_pool p;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT | (kind == OF_POOL_MAX && c->opset >= 12 ? OF_TS_INT8 : 0)));
    OF_TRY(of_pool_make(c, kind, &p, &y));
    OF_TRY(of_set_out(c, 0, of_in_dtype(c, 0), y));
    return of_set_out(c, 1, OF_INT64, y); /* MaxPool's; the others have one result */
}

of_status of_infer_MaxPool(of_opctx *c)
{
    return of_pool_infer(c, OF_POOL_MAX);
}

of_status of_infer_AveragePool(of_opctx *c)
{
    return of_pool_infer(c, OF_POOL_MEAN);
}

of_status of_infer_LpPool(of_opctx *c)
{
    return of_pool_infer(c, OF_POOL_LP);
}

/* What is found in one window. */
typedef struct of_pooled {
    double v;
    size_t at, n; /* of the largest; elements that are no padding */
    bool nan;
} of_pooled;

/* Windows of one axis: the taps that lie inside of the input, and where the first one is. */
typedef struct of_span {
    int64_t first, taps;   /* in elements of the input, `dilation` apart */
    int64_t padded;        /* taps that lie in the input or its padding */
} of_span;

static of_span of_pool_span(const of_window *w, size_t axis, int64_t in, int64_t out)
{
    const int64_t at = out * w->stride[axis] - w->begin[axis], d = w->dilation[axis];
    const int64_t lo = at < 0 ? (-at + d - 1) / d : 0;
    int64_t hi = at < in ? (in - 1 - at) / d + 1 : 0;
    int64_t all = at < in + w->end[axis] ? (in + w->end[axis] - 1 - at) / d + 1 : 0;

    if (hi > w->kernel[axis]) hi = w->kernel[axis];
    if (all > w->kernel[axis]) all = w->kernel[axis];
    return (of_span){at + lo * d, hi > lo ? hi - lo : 0, all};
}

static void of_pool_add(of_pooled *r, const of_pool *p, double v, size_t at)
{
    if (p->kind == OF_POOL_MAX) {
        if (v != v) r->nan = true;
        if (r->n++ && !(v > r->v)) return;
        r->v = v;
        r->at = at;
        return;
    }
    r->n++;
    if (p->kind == OF_POOL_MEAN) r->v += v;
    else if (p->p == 1) r->v += fabs(v);
    else if (p->p == 2) r->v += v * v;
    else r->v += of_m_pow(fabs(v), p->p);
}

/* One window of a plane x; the spans of its axes are known. at: n numbers. */
static of_pooled of_pool_window(const of_pool *p, const double *x, const int64_t *dims, const of_span *s,
                                int64_t *at)
{
    const of_window *w = &p->w;
    const size_t last = w->n - 1;
    of_pooled r = {.v = 0};
    bool more = true;

    for (size_t k = 0; k < w->n; k++) {
        if (s[k].taps == 0) return r;
        at[k] = 0;
    }
    while (more) {
        int64_t line = 0;
        for (size_t k = 0; k < last; k++) line = line * dims[k] + s[k].first + at[k] * w->dilation[k];
        line = line * dims[last] + s[last].first;
        for (int64_t i = 0; i < s[last].taps; i++) {
            const size_t e = (size_t)(line + i * w->dilation[last]);
            of_pool_add(&r, p, x[e], e);
        }
        more = false;
        for (size_t k = last; k-- > 0 && !more;) {
            if (++at[k] < s[k].taps) more = true;
            else at[k] = 0;
        }
    }
    return r;
}

/* The linear index of an element of a plane, with the first spatial axis moving fastest. */
static int64_t of_pool_column_major(const int64_t *dims, size_t n, size_t at)
{
    int64_t index = 0, step = 1, pos[OF_MAX_RANK];

    for (size_t k = n, rest = at; k-- > 0; rest /= (size_t)dims[k])
        pos[k] = (int64_t)(rest % (size_t)dims[k]);
    for (size_t k = 0; k < n; k++, step *= dims[k - 1]) index += pos[k] * step;
    return index;
}

static of_status of_pool_result(of_opctx *c, const of_pool *p, const of_span *s, of_pooled *r)
{
    double n = (double)r->n;

    if (r->n == 0 && !p->count_pads) return OF_INVALID(c, "a window lies in the padding");
    if (r->nan) return OF_UNSUP(c, "the largest of numbers with a NaN among them");
    if (p->count_pads) {
        n = 1;
        for (size_t k = 0; k < p->w.n; k++) n *= (double)s[k].padded;
        if (n == 0) return OF_INVALID(c, "a window is empty");
    }
    if (p->kind == OF_POOL_MEAN) r->v /= n;
    if (p->kind == OF_POOL_LP && p->p == 2) r->v = sqrt(r->v);
    else if (p->kind == OF_POOL_LP && p->p != 1) r->v = of_m_pow(r->v, 1 / p->p);
    return OF_OK;
}

/* Results [lo, hi) of the last axis have all of their taps inside of the input. */
static void of_pool_inner(const of_window *w, int64_t in, int64_t out, int64_t *lo, int64_t *hi)
{
    const size_t k = w->n - 1;
    const int64_t step = w->stride[k], begin = w->begin[k], room = in - 1 - (w->kernel[k] - 1) * w->dilation[k] + begin;

    *lo = begin > 0 ? (begin + step - 1) / step : 0;
    *hi = room < 0 ? 0 : room / step + 1;
    if (*hi > out) *hi = out;
    if (*lo > *hi) *lo = *hi;
}

/* One tap of n results that lie beside each other; false: NaN where the largest is asked for. */
static bool of_pool_tap(const of_opctx *c, of_pool_kind kind, double *r, const double *x, int64_t step, size_t n)
{
    bool nan = false;

    if (kind == OF_POOL_MEAN) {
        c->kern->arith.bin[OF_KB_ADD][OF_KT_F64](r, r, 1, x, (ptrdiff_t)step, n);
        return true;
    }
    if (step == 1)
        for (size_t i = 0; i < n; i++) {
            nan |= x[i] != x[i];
            r[i] = x[i] > r[i] ? x[i] : r[i];
        }
    else
        for (size_t i = 0; i < n; i++) {
            const double v = x[(int64_t)i * step];
            nan |= v != v;
            r[i] = v > r[i] ? v : r[i];
        }
    return !nan;
}

/* Results [lo, hi) of a line, whose spans of the axes before the last are known, tap by tap in the
 * order of of_pool_window. r: hi - lo numbers; at: n numbers. */
static of_status of_pool_line(of_opctx *c, const of_pool *p, const double *x, const int64_t *dims, of_span *s,
                              int64_t *at, int64_t lo, int64_t hi, double *r)
{
    const of_window *w = &p->w;
    const size_t last = w->n - 1, n = (size_t)(hi - lo);
    const double none = p->kind == OF_POOL_MAX ? -(double)INFINITY : 0;
    of_pooled one = {.v = 0, .n = 1};
    bool more = true;

    s[last] = (of_span){lo * w->stride[last] - w->begin[last], w->kernel[last], w->kernel[last]};
    for (size_t k = 0; k <= last; k++) {
        one.n *= (size_t)s[k].taps;
        at[k] = 0;
    }
    OF_TRY(of_pool_result(c, p, s, &one)); /* whether there is one */
    for (size_t i = 0; i < n; i++) r[i] = none;
    while (more && one.n) {
        int64_t line = 0;
        for (size_t k = 0; k < last; k++) line = line * dims[k] + s[k].first + at[k] * w->dilation[k];
        line = line * dims[last] + s[last].first;
        for (int64_t i = 0; i < s[last].taps; i++)
            if (!of_pool_tap(c, p->kind, r, x + line + i * w->dilation[last], w->stride[last], n))
                return OF_UNSUP(c, "the largest of numbers with a NaN among them");
        more = false;
        for (size_t k = last; k-- > 0 && !more;) {
            if (++at[k] < s[k].taps) more = true;
            else at[k] = 0;
        }
    }
    if (p->kind == OF_POOL_MEAN) {
        double of = (double)one.n;
        if (p->count_pads) {
            of = 1;
            for (size_t k = 0; k <= last; k++) of *= (double)s[k].padded;
        }
        c->kern->arith.bin[OF_KB_DIV][OF_KT_F64](r, r, 1, &of, 0, n);
    }
    return OF_OK;
}

/* Before version 19 nothing says whether a window that ceil_mode adds counts what lies even
 * past the padding. */
static of_status of_pool_settled(of_opctx *c, const of_pool *p, const int64_t *in, const int64_t *out)
{
    if (!p->count_pads || !p->w.ceil_mode || c->opset >= 19) return OF_OK;
    for (size_t k = 0; k < p->w.n; k++)
        if (out[k] && of_pool_span(&p->w, k, in[k], out[k] - 1).padded < p->w.kernel[k])
            return OF_UNSUP(c, "a window past the padding, counted with it");
    return OF_OK;
}

/* What one plane after the other needs. */
typedef struct of_pool_job {
    of_pool p;
    const of_tensor *x;
    of_tensor *y, *index;
    double *v, *line; /* a plane of x; a line of results, NULL where they are taken one by one */
    int64_t *at, *o, lo, hi;
    of_span *span;
} of_pool_job;

/* The result at o, which is the j-th of plane i. */
static of_status of_pool_one(of_opctx *c, const of_pool_job *b, size_t i, size_t plane, size_t windows, size_t j)
{
    const of_pool *p = &b->p;
    const int64_t *dims = b->x->dims + 2;
    of_pooled r;

    for (size_t k = 0; k < p->w.n; k++) b->span[k] = of_pool_span(&p->w, k, dims[k], b->o[k]);
    r = of_pool_window(p, b->v, dims, b->span, b->at);
    OF_TRY(of_pool_result(c, p, b->span, &r));
    if (of_dtype_is_int((of_dtype)b->y->dtype)) ((uint8_t *)b->y->data)[i * windows + j] = (uint8_t)(int64_t)r.v;
    else of_write_f64(b->y, i * windows + j, 1, &r.v, 1);
    if (b->index)
        ((int64_t *)b->index->data)[i * windows + j] =
            (int64_t)(i * plane) + (p->column_major ? of_pool_column_major(dims, p->w.n, r.at) : (int64_t)r.at);
    return OF_OK;
}

static of_status of_pool_plane(of_opctx *c, const of_pool_job *b, size_t i, size_t plane, size_t windows)
{
    const size_t n = b->p.w.n, last = n - 1, len = (size_t)(b->hi - b->lo);

    of_read_run(c, b->x, i * plane, b->v, plane);
    for (size_t k = 0; k < n; k++) b->o[k] = 0;
    for (size_t j = 0; j < windows;) {
        if (b->line && len && b->o[last] == b->lo) {
            for (size_t k = 0; k < last; k++) b->span[k] = of_pool_span(&b->p.w, k, b->x->dims[k + 2], b->o[k]);
            OF_TRY(of_pool_line(c, &b->p, b->v, b->x->dims + 2, b->span, b->at, b->lo, b->hi, b->line));
            of_write_run(c, b->y, i * windows + j, b->line, len);
            j += len;
            b->o[last] = b->hi - 1;
        } else {
            OF_TRY(of_pool_one(c, b, i, plane, windows, j));
            j++;
        }
        (void)of_window_next(b->o, b->y->dims + 2, n);
    }
    return OF_OK;
}

/* Scalar steps of one tap. */
static uint64_t of_pool_cost(const of_pool *p)
{
    if (p->kind != OF_POOL_LP) return 2;
    return p->p == 1 || p->p == 2 ? 4 : 100; /* of_m_pow */
}

static of_status of_pool_eval(of_opctx *c, of_pool_kind kind)
{
    of_pool_job b = {.x = of_in(c, 0)};
    size_t plane = 1, planes, windows = 1, taps = 1, n;
    of_shape s;

    OF_TRY(of_pool_make(c, kind, &b.p, &s));
    OF_TRY(of_out(c, 0, &b.y));
    if (kind == OF_POOL_MAX && of_wants_out(c, 1)) OF_TRY(of_out(c, 1, &b.index));
    n = b.p.w.n;
    for (size_t k = 0; k < n; k++) {
        plane *= (size_t)b.x->dims[k + 2];
        windows *= (size_t)b.y->dims[k + 2];
        if (!of_mul_size(taps, (size_t)b.p.w.kernel[k], &taps)) taps = SIZE_MAX;
    }
    OF_TRY(of_work(c, of_sat_mul((uint64_t)b.y->count, of_sat_mul(of_pool_cost(&b.p), taps))));
    if (b.y->count == 0) return OF_OK;
    OF_TRY(of_pool_settled(c, &b.p, b.x->dims + 2, b.y->dims + 2));
    planes = (size_t)(b.x->dims[0] * b.x->dims[1]);
    b.v = (double *)of_tmp(c, plane, sizeof *b.v);
    b.at = (int64_t *)of_tmp(c, n, 2 * sizeof *b.at);
    b.span = (of_span *)of_tmp(c, n, sizeof *b.span);
    if (!b.v || !b.at || !b.span) return of_nomem(c->err);
    b.o = b.at + n;
    if (kind != OF_POOL_LP && !b.index && of_dtype_is_float((of_dtype)b.y->dtype)) {
        of_pool_inner(&b.p.w, b.x->dims[n + 1], b.y->dims[n + 1], &b.lo, &b.hi);
        b.line = (double *)of_tmp(c, (size_t)b.y->dims[n + 1], sizeof *b.line);
        if (!b.line) return of_nomem(c->err);
    }
    for (size_t i = 0; i < planes; i++) OF_TRY(of_pool_plane(c, &b, i, plane, windows));
    return OF_OK;
}

of_status of_eval_MaxPool(of_opctx *c)
{
    return of_pool_eval(c, OF_POOL_MAX);
}

of_status of_eval_AveragePool(of_opctx *c)
{
    return of_pool_eval(c, OF_POOL_MEAN);
}

of_status of_eval_LpPool(of_opctx *c)
{
    return of_pool_eval(c, OF_POOL_LP);
}
