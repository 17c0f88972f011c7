/* ConvTranspose: for each tap of the kernel a matrix product, added to the results that the
 * tap reaches. Sums are in double, taps in their order, each result rounded once. */
#include "ops/op_mm.h"
#include "ops/op_window.h"

#include <string.h>

typedef struct of_deconv {
    of_window w;
    const int64_t *in_dims, *out_dims; /* spatial */
    size_t group, c_in, c_out;         /* channels of one group */
    size_t taps, in, out;
    const int64_t *tap; /* the tap at hand */
    double *sum;        /* results of one group */
} of_deconv;

/* Size of one axis, and its padding where output_shape or SAME asks for some. want: -1 or
 * what output_shape says. */
static of_status of_deconv_axis(of_opctx *c, of_window *w, size_t i, int64_t adjust, int64_t want,
                                of_dim in, of_dim *out)
{
    of_dimtab *t = c->m->dims;
    const bool same = w->auto_pad == OF_PAD_SAME_UPPER || w->auto_pad == OF_PAD_SAME_LOWER;
    const of_dim s = of_dim_num(w->stride[i]);
    of_dim full = of_dim_unknown(), total; /* without padding */

    if (w->kernel[i] >= 0)
        full = of_dim_add(t, of_dim_mul(t, of_dim_sub(t, in, of_dim_num(1)), s),
                          of_dim_num(adjust + of_window_extent(w, i)));
    if (want < 0 && !same) {
        *out = of_dim_sub(t, full, of_dim_num(w->begin[i] + w->end[i]));
        if (of_dim_is_num(*out) && out->k < 0) return OF_INVALID(c, "axis %zu has more padding than results", i + 2);
        return OF_OK;
    }
    *out = want >= 0 ? of_dim_num(want) : of_dim_mul(t, in, s);
    total = of_dim_sub(t, full, *out);
    if (!of_dim_is_num(total)) return OF_OK;
    /* Past what any window reaches: what output_shape adds there is empty and at the end (the
     * node test of it), while what SAME means is told differently by text and implementations. */
    if (total.k < 0 && want < 0) return OF_UNSUP(c, "axis %zu would have negative padding", i + 2);
    of_window_split(w, i, total.k < 0 ? 0 : total.k);
    if (want >= 0 && total.k > 0 && total.k % 2) {
        /* Version 1's text puts the odd one where that of 11 does not. */
        if (c->opset < 11) return OF_UNSUP(c, "the odd element of padding has no settled side");
        if (same) return OF_OK;
        w->begin[i] = total.k - total.k / 2;
        w->end[i] = total.k / 2;
    }
    return OF_OK;
}

static of_status of_deconv_shape(of_opctx *c, of_window *w, of_shape *y)
{
    const of_shape *x = of_in_shape(c, 0), *k = of_in_shape(c, 1);
    const int32_t rank = x->rank >= 0 ? x->rank : k->rank;
    const size_t n = (size_t)(rank < 3 ? 0 : rank - 2);
    int64_t group, *adjust, *want;

    *y = of_shape_unknown();
    OF_TRY(of_get_int(c, "group", 1, &group));
    if (group < 1 || group > INT32_MAX) return OF_INVALID(c, "group is %lld", (long long)group);
    if (rank < 0) return OF_OK;
    if (rank < 3) return OF_INVALID(c, "the input has no spatial axis");
    OF_TRY(of_want_rank(c, 1, rank));
    OF_TRY(of_window_attrs(c, n, k, OF_WIN_DILATED, w));
    adjust = (int64_t *)of_tmp(c, n, 2 * sizeof *adjust);
    if (!adjust) return of_nomem(c->err);
    want = adjust + n;
    OF_TRY(of_window_ints(c, "output_padding", n, 0, 0, adjust));
    OF_TRY(of_window_ints(c, "output_shape", n, 0, -1, want));
    *y = of_shape_new(c, rank);
    if (y->rank < 0) return OF_OK; /* of_set_out says so */
    if (x->rank >= 0) y->d[0] = x->d[0];
    if (k->rank >= 0) y->d[1] = of_dim_mul(c->m->dims, k->d[1], of_dim_num(group));
    if (k->rank >= 0 && x->rank >= 0 && of_dim_is_num(k->d[0]) && of_dim_is_num(x->d[1]) &&
        (x->d[1].k % group || x->d[1].k != k->d[0].k))
        return OF_INVALID(c, "the filters are not for %lld channels", (long long)x->d[1].k);
    for (size_t i = 0; i < n; i++)
        OF_TRY(of_deconv_axis(c, w, i, adjust[i], want[i],
                              x->rank >= 0 ? x->d[i + 2] : of_dim_unknown(), &y->d[i + 2]));
    return OF_OK;
}

of_status of_infer_ConvTranspose(of_opctx *c)
{
    const of_shape *b = of_in_shape(c, 2);
    of_dtype t = OF_UNDEFINED;
    of_window w;
    of_shape y;

    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
        OF_TRY(of_want_same(c, 0, i));
        if (t == OF_UNDEFINED) t = of_in_dtype(c, i);
    }
    OF_TRY(of_deconv_shape(c, &w, &y));
    OF_TRY(of_want_rank(c, 2, 1));
    if (b->rank == 1 && y.rank >= 0 && of_dim_is_num(b->d[0]) && of_dim_is_num(y.d[1]) &&
        b->d[0].k != y.d[1].k)
        return OF_INVALID(c, "the bias is not one number a filter");
    return of_set_out(c, 0, t, y);
}

/* Adds the products of one tap, whose elements lie a stride apart. */
static void of_deconv_add(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_deconv *p = (const of_deconv *)user;
    const of_window *w = &p->w;
    const size_t last = w->n - 1;
    int64_t at[OF_MAX_RANK];

    for (size_t k = w->n, rest = col; k-- > 0; rest /= (size_t)p->in_dims[k])
        at[k] = (int64_t)(rest % (size_t)p->in_dims[k]);
    for (size_t j = 0; j < n;) {
        const int64_t first = p->tap[last] * w->dilation[last] - w->begin[last];
        int64_t run = p->in_dims[last] - at[last], line = (int64_t)row;
        bool inside = true;
        if ((size_t)run > n - j) run = (int64_t)(n - j);
        for (size_t k = 0; k < last; k++) {
            const int64_t o = at[k] * w->stride[k] - w->begin[k] + p->tap[k] * w->dilation[k];
            if (o < 0 || o >= p->out_dims[k]) inside = false;
            line = inside ? line * p->out_dims[k] + o : 0;
        }
        for (int64_t i = 0; inside && i < run; i++) {
            const int64_t o = (at[last] + i) * w->stride[last] + first;
            if (o >= 0 && o < p->out_dims[last]) p->sum[line * p->out_dims[last] + o] += acc[j + (size_t)i];
        }
        j += (size_t)run;
        at[last] = p->in_dims[last] - 1;
        (void)of_window_next(at, p->in_dims, w->n);
    }
}

static of_status of_deconv_run(of_opctx *c, of_deconv *p, const void *x, const void *w, of_tensor *y)
{
    const of_tensor *bias = of_has_in(c, 2) ? of_in(c, 2) : NULL;
    const size_t mem = y->dtype == OF_DOUBLE ? 8 : 4, groups = (size_t)y->dims[0] * p->group;
    int64_t *tap = (int64_t *)of_tmp(c, p->w.n, sizeof *tap);
    of_mm mm = {.m = p->c_out, .n = p->in, .k = p->c_in, .a_row = (ptrdiff_t)p->taps, .b_col = 1};
    of_mm_job job;

    mm.a_col = (ptrdiff_t)(p->c_out * p->taps);
    mm.b_row = (ptrdiff_t)p->in;
    p->sum = (double *)of_tmp(c, p->c_out * p->out, sizeof *p->sum);
    if (!tap || !p->sum) return of_nomem(c->err);
    p->tap = tap;
    OF_TRY(of_mm_begin(c, mm.m, mm.n, mm.k, &job));
    for (size_t g = 0; g < groups; g++) {
        memset(p->sum, 0, p->c_out * p->out * sizeof *p->sum);
        memset(tap, 0, p->w.n * sizeof *tap);
        mm.b = (const unsigned char *)x + g * p->c_in * p->in * mem;
        for (size_t k = 0; k < p->taps; k++) {
            mm.a = (const unsigned char *)w + (g % p->group * p->c_in * p->c_out * p->taps + k) * mem;
            of_mm_run(&job, &mm, mem == 8, of_deconv_add, p);
            (void)of_window_next(tap, p->w.kernel, p->w.n);
        }
        for (size_t m = 0; bias && m < p->c_out; m++) {
            double b;
            of_read_f64(bias, g % p->group * p->c_out + m, 1, &b, 1);
            for (size_t i = 0; i < p->out; i++) p->sum[m * p->out + i] += b;
        }
        of_write_f64(y, g * p->c_out * p->out, 1, p->sum, p->c_out * p->out);
    }
    return OF_OK;
}

of_status of_eval_ConvTranspose(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *w = of_in(c, 1);
    const void *xd, *wd;
    of_deconv p = {.taps = 1, .in = 1, .out = 1};
    int64_t group;
    of_tensor *y;
    of_shape s;

    OF_TRY(of_get_int(c, "group", 1, &group));
    OF_TRY(of_deconv_shape(c, &p.w, &s)); /* for the padding */
    if (s.rank < 0) return of_nomem(c->err);
    OF_TRY(of_out(c, 0, &y));
    p.in_dims = x->dims + 2;
    p.out_dims = y->dims + 2;
    p.group = (size_t)group;
    p.c_in = (size_t)x->dims[1] / p.group;
    p.c_out = (size_t)w->dims[1];
    for (size_t i = 0; i < p.w.n; i++) {
        p.taps *= (size_t)p.w.kernel[i];
        p.in *= (size_t)p.in_dims[i];
        p.out *= (size_t)p.out_dims[i];
    }
    OF_TRY(of_work(c, of_sat_add((uint64_t)y->count,
                                 of_sat_mul(of_sat_mul((uint64_t)x->count, p.c_out), p.taps))));
    if (y->count == 0) return OF_OK;
    OF_TRY(of_mm_floats(c, x, &xd));
    OF_TRY(of_mm_floats(c, w, &wd));
    return of_deconv_run(c, &p, xd, wd, y);
}
