/* Conv, and the convolution that the quantized forms share: a matrix product of the weights
 * with the windows, which are laid out as columns, a bounded number at a time. */
#include "ops/op_conv.h"

#include <math.h>
#include <string.h>

of_status of_conv_infer(of_opctx *c, uint32_t ix, uint32_t iw, uint32_t ib, of_shape *y)
{
    const of_shape *x = of_in_shape(c, ix), *w = of_in_shape(c, iw);
    const int32_t rank = x->rank >= 0 ? x->rank : w->rank;
    int64_t group;
    of_window win;

    *y = of_shape_unknown();
    OF_TRY(of_get_int(c, "group", 1, &group));
    if (group < 1 || group > INT32_MAX) return OF_INVALID(c, "group is %lld", (long long)group);
    if (rank < 0) return OF_OK;
    if (rank < 3) return OF_INVALID(c, "the input has no spatial axis");
    OF_TRY(of_want_rank(c, iw, rank));
    OF_TRY(of_window_attrs(c, (size_t)rank - 2, w, OF_WIN_DILATED, &win));
    *y = of_shape_new(c, rank);
    if (y->rank < 0) return OF_OK; /* of_set_out says so */
    if (x->rank >= 0) y->d[0] = x->d[0];
    if (w->rank >= 0) y->d[1] = w->d[0];
    if (w->rank >= 0 && of_dim_is_num(w->d[0]) && w->d[0].k % group)
        return OF_INVALID(c, "%lld groups do not divide the filters", (long long)group);
    if (w->rank >= 0 && x->rank >= 0 && of_dim_is_num(w->d[1]) && of_dim_is_num(x->d[1]) &&
        (x->d[1].k % group || x->d[1].k / group != w->d[1].k))
        return OF_INVALID(c, "the filters are not for %lld channels", (long long)x->d[1].k);
    if (of_has_in(c, ib)) {
        const of_shape *b = of_in_shape(c, ib);
        OF_TRY(of_want_rank(c, ib, 1));
        if (b->rank == 1 && w->rank >= 0 && of_dim_is_num(b->d[0]) && of_dim_is_num(w->d[0]) &&
            b->d[0].k != w->d[0].k)
            return OF_INVALID(c, "the bias is not one number a filter");
        if (b->rank == 1 && !of_dim_is_num(y->d[1])) y->d[1] = b->d[0];
    }
    return of_window_slide(c, &win, x, y);
}

of_status of_conv_plan(of_opctx *c, uint32_t ix, uint32_t iw, const of_tensor *y, of_conv *p)
{
    const of_tensor *x = of_in(c, ix), *w = of_in(c, iw);
    of_shape slid = of_shape_new(c, x->rank);
    int64_t group;

    if (slid.rank < 0) return of_nomem(c->err);
    OF_TRY(of_get_int(c, "group", 1, &group));
    OF_TRY(of_window_attrs(c, x->rank - 2u, of_in_shape(c, iw), OF_WIN_DILATED, &p->w));
    OF_TRY(of_window_slide(c, &p->w, of_in_shape(c, ix), &slid)); /* for the padding */
    p->in_dims = x->dims + 2;
    p->out_dims = y->dims + 2;
    p->batch = (size_t)x->dims[0];
    p->group = (size_t)group;
    p->c_in = (size_t)w->dims[1];
    p->c_out = (size_t)w->dims[0] / p->group;
    p->taps = p->in = p->out = 1;
    for (size_t i = 0; i < p->w.n; i++) {
        p->taps *= (size_t)w->dims[i + 2];
        p->in *= (size_t)x->dims[i + 2];
        p->out *= (size_t)y->dims[i + 2];
    }
    return of_work(c, of_sat_mul((uint64_t)y->count, of_sat_mul(p->c_in, p->taps)));
}

/* One line of a window's elements, `step` apart in the input; those outside of it are 0. */
static void of_conv_line(size_t mem, const unsigned char *src, int64_t first, int64_t step, int64_t len,
                         unsigned char *dst, int64_t n)
{
    int64_t lo = first < 0 ? (-first + step - 1) / step : 0;
    int64_t hi = first < len ? (len - 1 - first) / step + 1 : 0;

    if (lo > n) lo = n;
    if (hi > n) hi = n;
    if (hi < lo) hi = lo;
    if (lo > 0) memset(dst, 0, (size_t)lo * mem); /* most lines have nothing outside */
    if (hi < n) memset(dst + (size_t)hi * mem, 0, (size_t)(n - hi) * mem);
    if (hi == lo) return;
    src += (size_t)(first + lo * step) * mem;
    dst += (size_t)lo * mem;
    n = hi - lo;
    if (step == 1) memcpy(dst, src, (size_t)n * mem);
    else if (mem == 4)
        for (int64_t i = 0; i < n; i++)
            ((uint32_t *)(void *)dst)[i] = ((const uint32_t *)(const void *)src)[i * step];
    else
        for (int64_t i = 0; i < n; i++)
            ((uint64_t *)(void *)dst)[i] = ((const uint64_t *)(const void *)src)[i * step];
}

/* Row by row (channel, tap), the elements under windows [at, at + width). pos: 3n numbers. */
static void of_conv_columns(const of_conv *p, size_t mem, const unsigned char *x, size_t at, size_t width,
                            int64_t *pos, unsigned char *cols)
{
    const of_window *w = &p->w;
    const size_t last = w->n - 1;
    int64_t *start = pos, *tap = pos + w->n, *o = tap + w->n;

    for (size_t k = w->n, rest = at; k-- > 0; rest /= (size_t)p->out_dims[k])
        start[k] = (int64_t)(rest % (size_t)p->out_dims[k]);
    memset(tap, 0, w->n * sizeof *tap);
    for (size_t row = 0; row < p->c_in * p->taps; row++) {
        const unsigned char *channel = x + row / p->taps * p->in * mem;
        memcpy(o, start, w->n * sizeof *o);
        for (size_t done = 0; done < width;) {
            int64_t run = p->out_dims[last] - o[last], line = 0;
            bool inside = true;
            if ((size_t)run > width - done) run = (int64_t)(width - done);
            for (size_t k = 0; k < last; k++) {
                const int64_t i = o[k] * w->stride[k] - w->begin[k] + tap[k] * w->dilation[k];
                if (i < 0 || i >= p->in_dims[k]) inside = false;
                line = inside ? line * p->in_dims[k] + i : 0;
            }
            if (inside)
                of_conv_line(mem, channel + (size_t)(line * p->in_dims[last]) * mem,
                             o[last] * w->stride[last] - w->begin[last] + tap[last] * w->dilation[last],
                             w->stride[last], p->in_dims[last], cols, run);
            else memset(cols, 0, (size_t)run * mem);
            cols += (size_t)run * mem;
            done += (size_t)run;
            o[last] = p->out_dims[last] - 1;
            (void)of_window_next(o, p->out_dims, w->n);
        }
        (void)of_window_next(tap, w->kernel, w->n);
    }
}

/* Whether the input is already laid out as columns. */
static bool of_conv_direct(const of_conv *p)
{
    if (p->taps != 1) return false;
    for (size_t k = 0; k < p->w.n; k++)
        if (p->w.stride[k] != 1 || p->w.begin[k] || p->w.end[k]) return false;
    return true;
}

/* Windows laid out at once: what stays near the core, about a MiB. */
static size_t of_conv_tile(const of_conv *p)
{
    const size_t k = p->c_in * p->taps;
    size_t tile = k <= 1 << 14 ? ((size_t)1 << 18) / (k + 1) / OF_MM_COLS * OF_MM_COLS : 8;

    if (k <= 1 << 14 && tile < OF_MM_COLS) tile = OF_MM_COLS;
    return tile < p->out ? tile : p->out;
}

typedef struct of_conv_dest {
    const of_conv_sink *sink;
    size_t row, col;
} of_conv_dest;

static void of_conv_floats(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_conv_dest *d = (const of_conv_dest *)user;

    d->sink->floats(d->sink->user, d->row + row, d->col + col, acc, n);
}

of_status of_conv_run(of_opctx *c, const of_conv *p, of_conv_elem t, const void *x, const void *w,
                      const of_conv_sink *sink)
{
    const size_t mem = t == OF_CONV_F64 ? 8 : 4, k = p->c_in * p->taps;
    const bool direct = of_conv_direct(p);
    const size_t tile = direct ? p->out : of_conv_tile(p);
    of_mm mm = {.m = p->c_out, .k = k, .a_row = (ptrdiff_t)k, .a_col = 1, .b_col = 1};
    int64_t *pos = (int64_t *)of_tmp(c, p->w.n, 3 * sizeof *pos);
    unsigned char *cols = NULL;
    int32_t *sum = NULL;
    size_t cells;
    of_mm_job job;

    if (p->batch == 0 || p->c_out == 0 || p->out == 0) return OF_OK;
    OF_TRY(of_mm_begin(c, p->c_out, tile, k, &job));
    if (!of_mul_size(k, tile, &cells)) return of_nomem(c->err);
    if (!direct) cols = (unsigned char *)of_tmp(c, cells, mem);
    if (t == OF_CONV_I32) sum = (int32_t *)of_tmp(c, p->c_out * tile, sizeof *sum);
    if (!pos || (!direct && !cols) || (t == OF_CONV_I32 && !sum))
        return of_nomem(c->err);
    for (size_t g = 0; g < p->batch * p->group; g++) {
        const unsigned char *xg = (const unsigned char *)x + g * p->c_in * p->in * mem;
        mm.a = (const unsigned char *)w + g % p->group * p->c_out * k * mem;
        for (size_t at = 0; at < p->out; at += tile) {
            of_conv_dest d = {sink, g * p->c_out, at};
            mm.n = p->out - at < tile ? p->out - at : tile;
            mm.b = direct ? xg : cols;
            mm.b_row = (ptrdiff_t)mm.n;
            if (!direct) of_conv_columns(p, mem, xg, at, mm.n, pos, cols);
            if (t != OF_CONV_I32) {
                of_mm_run(&job, &mm, t == OF_CONV_F64, of_conv_floats, &d);
                continue;
            }
            of_mm_run_int(&job, &mm, false, sum);
            for (size_t i = 0; i < mm.m; i++) sink->ints(sink->user, d.row + i, at, sum + i * mm.n, mm.n);
        }
    }
    return OF_OK;
}

/* ---- Conv ---- */

of_status of_infer_Conv(of_opctx *c)
{
    of_dtype t = OF_UNDEFINED;
    of_shape y;

    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
        OF_TRY(of_want_same(c, 0, i));
        if (t == OF_UNDEFINED) t = of_in_dtype(c, i);
    }
    OF_TRY(of_conv_infer(c, 0, 1, 2, &y));
    return of_set_out(c, 0, t, y);
}

typedef struct of_conv_out {
    of_tensor *y;
    const double *bias; /* NULL: none */
    size_t channels, n;
} of_conv_out;

static void of_conv_store(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_conv_out *d = (const of_conv_out *)user;
    double v[64];

    if (!d->bias) {
        of_write_f64(d->y, row * d->n + col, 1, acc, n);
        return;
    }
    if (d->y->dtype == OF_FLOAT) {
        float *y = (float *)d->y->data + row * d->n + col;
        const double bias = d->bias[row % d->channels];
        for (size_t j = 0; j < n; j++) {
            const double sum = acc[j] + bias;
            y[j] = sum == sum ? (float)sum : (float)NAN;
        }
        return;
    }
    for (size_t j = 0; j < n; j += 64) {
        const size_t w = n - j < 64 ? n - j : 64;
        for (size_t k = 0; k < w; k++) v[k] = acc[j + k] + d->bias[row % d->channels];
        of_write_f64(d->y, row * d->n + col + j, 1, v, w);
    }
}

of_status of_eval_Conv(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *w = of_in(c, 1);
    of_conv_out d = {.bias = NULL};
    const of_conv_sink sink = {of_conv_store, NULL, &d};
    const void *xd, *wd;
    of_conv p;

    OF_TRY(of_out(c, 0, &d.y));
    OF_TRY(of_conv_plan(c, 0, 1, d.y, &p));
    if (d.y->count == 0) return OF_OK;
    d.channels = (size_t)w->dims[0];
    d.n = p.out;
    if (of_has_in(c, 2)) {
        double *b = (double *)of_tmp(c, d.channels, sizeof *b);
        if (!b) return of_nomem(c->err);
        of_read_f64(of_in(c, 2), 0, 1, b, d.channels);
        d.bias = b;
    }
    OF_TRY(of_mm_floats(c, x, &xd));
    OF_TRY(of_mm_floats(c, w, &wd));
    return of_conv_run(c, &p, x->dtype == OF_DOUBLE ? OF_CONV_F64 : OF_CONV_F32, xd, wd, &sink);
}
