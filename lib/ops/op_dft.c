/* DFT and STFT. */
#include "ops/op_fft.h"

/* A scalar of input i as a dim; unknown when it is not known. */
static of_status of_dft_scalar(of_opctx *c, uint32_t i, of_dim *d)
{
    of_dim *v;
    size_t n;

    *d = of_dim_unknown();
    if (of_in_rank(c, i) > 1) return OF_INVALID(c, "input %u is not a scalar", i);
    OF_TRY(of_in_dims(c, i, &v, &n));
    if (!v) return OF_OK;
    if (n != 1) return OF_INVALID(c, "input %u is not a scalar", i);
    *d = v[0];
    return OF_OK;
}

static of_dim of_dft_half(of_opctx *c, of_dim n)
{
    return of_dim_add(c->m->dims, of_dim_floordiv(c->m->dims, n, of_dim_num(2)), of_dim_num(1));
}

typedef struct of_dft {
    int64_t inverse, onesided, axis; /* axis < 0: not known */
    of_dim length;
} of_dft;

static of_status of_dft_setup(of_opctx *c, of_dft *d)
{
    const of_shape *x = of_in_shape(c, 0);
    of_dim axis = of_dim_num(-2);

    OF_TRY(of_get_int(c, "inverse", 0, &d->inverse));
    OF_TRY(of_get_int(c, "onesided", 0, &d->onesided));
    d->axis = -1;
    d->length = of_dim_unknown();
    if (c->opset < 20) {
        axis = of_dim_num(1);
        OF_TRY(of_get_int(c, "axis", 1, &axis.k));
    } else if (of_has_in(c, 2)) {
        OF_TRY(of_dft_scalar(c, 2, &axis));
    }
    if (x->rank >= 0 && x->rank < 2) return OF_INVALID(c, "the input has rank %d", (int)x->rank);
    if (x->rank >= 0 && of_dim_is_num(axis)) {
        OF_TRY(of_norm_axis(c, axis.k, x->rank, 0, &d->axis));
        if (d->axis == x->rank - 1) return OF_INVALID(c, "the last axis is no signal");
    }
    if (of_has_in(c, 1)) OF_TRY(of_dft_scalar(c, 1, &d->length));
    else if (d->axis >= 0) {
        d->length = x->d[d->axis];
        if (d->inverse && d->onesided)
            d->length = of_dim_mul(c->m->dims, of_dim_num(2),
                                   of_dim_sub(c->m->dims, d->length, of_dim_num(1)));
    }
    if (of_dim_is_num(d->length) && d->length.k < 1)
        return OF_INVALID(c, "dft_length is %lld", (long long)d->length.k);
    return OF_OK;
}

of_status of_infer_DFT(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    of_shape s = of_shape_unknown();
    of_dft d;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_want_types(c, 1, OF_TS(OF_INT32) | OF_TS(OF_INT64)));
    if (c->opset >= 20) OF_TRY(of_want_types(c, 2, OF_TS(OF_INT64) | OF_TS(OF_INT32)));
    OF_TRY(of_dft_setup(c, &d));
    if (x->rank >= 0) {
        const of_dim last = x->d[x->rank - 1];
        if (of_dim_is_num(last) && last.k != 1 && last.k != 2)
            return OF_INVALID(c, "the last dimension is %lld", (long long)last.k);
        if (of_dim_is_num(last) && d.onesided && last.k != (d.inverse ? 2 : 1))
            return OF_INVALID(c, "onesided with a last dimension of %lld", (long long)last.k);
        s = of_shape_new(c, x->rank);
        for (int32_t k = 0; k + 1 < s.rank; k++)
            if (d.axis >= 0) s.d[k] = k == d.axis ? d.length : x->d[k];
            else if (!d.onesided && !of_has_in(c, 1)) s.d[k] = x->d[k]; /* whichever axis it is */
        if (d.axis >= 0 && s.rank > 0 && d.onesided && !d.inverse)
            s.d[d.axis] = of_dft_half(c, d.length);
        if (s.rank > 0) s.d[s.rank - 1] = of_dim_num(d.onesided && d.inverse ? 1 : 2);
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

/* n values into f, the rest 0. step: between two of them. */
static void of_dft_read(const of_tensor *x, size_t at, size_t step, bool complex, size_t n, of_fft *f)
{
    of_read_f64(x, at, step, f->re, n);
    if (complex) of_read_f64(x, at + 1, step, f->im, n);
    for (size_t k = complex ? n : 0; k < f->n; k++) f->im[k] = 0;
    for (size_t k = n; k < f->n; k++) f->re[k] = 0;
}

/* The other half of a spectrum of which n bins are there. */
static void of_dft_mirror(of_fft *f)
{
    f->im[0] = 0;
    if (f->n % 2 == 0) f->im[f->n / 2] = 0;
    for (size_t k = 1; 2 * k < f->n; k++) {
        f->re[f->n - k] = f->re[k];
        f->im[f->n - k] = -f->im[k];
    }
}

of_status of_eval_DFT(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const size_t parts = (size_t)x->dims[x->rank - 1];
    size_t bins, outs, n, inner;
    of_tensor *y;
    of_lines l;
    of_dft d;
    of_fft f;

    OF_TRY(of_dft_setup(c, &d));
    if (d.axis < 0 || !of_dim_is_num(d.length)) return OF_UNSUP(c, "axis or length is not known");
    OF_TRY(of_out(c, 0, &y));
    l = of_lines_of(x, (size_t)d.axis);
    inner = parts ? l.inner / parts : 0;
    OF_TRY(of_work(c, of_sat_mul(of_sat_mul((uint64_t)l.outer, inner + 1),
                                 of_fft_work((size_t)d.length.k))));
    if (y->count == 0) return OF_OK;
    OF_TRY(of_fft_make(c, (size_t)d.length.k, &f));
    bins = d.onesided && d.inverse ? f.n / 2 + 1 : f.n;
    n = l.n < bins ? l.n : bins;
    bins = (size_t)y->dims[d.axis];
    outs = (size_t)y->dims[y->rank - 1];
    for (size_t o = 0; o < l.outer; o++)
        for (size_t j = 0; j < inner; j++) {
            const size_t at = (o * bins * inner + j) * outs;
            of_dft_read(x, (o * l.n * inner + j) * parts, inner * parts, parts == 2, n, &f);
            if (d.onesided && d.inverse) of_dft_mirror(&f);
            of_fft_run(&f, d.inverse != 0);
            of_write_f64(y, at, inner * outs, f.re, bins);
            if (outs == 2) of_write_f64(y, at + 1, inner * outs, f.im, bins);
        }
    return OF_OK;
}

/* ---- STFT ---- */

static of_status of_stft_setup(of_opctx *c, of_dim *step, of_dim *length, int64_t *onesided)
{
    const of_shape *x = of_in_shape(c, 0), *w = of_in_shape(c, 2);
    of_dim window = of_dim_unknown();

    OF_TRY(of_get_int(c, "onesided", 1, onesided));
    OF_TRY(of_want_rank(c, 0, 3));
    OF_TRY(of_want_rank(c, 2, 1));
    OF_TRY(of_dft_scalar(c, 1, step));
    *length = of_dim_unknown();
    if (w->rank == 1) window = w->d[0];
    if (of_has_in(c, 3)) OF_TRY(of_dft_scalar(c, 3, length));
    else if (of_has_in(c, 2)) *length = window;
    else if (x->rank == 3) *length = x->d[1];
    if (of_dim_is_num(*length) && of_dim_is_num(window) && length->k != window.k)
        return OF_INVALID(c, "a window of %lld for frames of %lld", (long long)window.k,
                          (long long)length->k);
    if ((of_dim_is_num(*length) && length->k < 1) || (of_dim_is_num(*step) && step->k < 1))
        return OF_INVALID(c, "frame_length or frame_step is not positive");
    return OF_OK;
}

of_status of_infer_STFT(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    of_dim step, length;
    int64_t onesided;
    of_shape s;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_want_types(c, 2, OF_TS_FLOAT));
    OF_TRY(of_want_same(c, 0, 2));
    OF_TRY(of_want_types(c, 1, OF_TS(OF_INT32) | OF_TS(OF_INT64)));
    OF_TRY(of_want_types(c, 3, OF_TS(OF_INT32) | OF_TS(OF_INT64)));
    OF_TRY(of_stft_setup(c, &step, &length, &onesided));
    s = of_shape_new(c, 4);
    if (s.rank < 0) return of_set_out(c, 0, OF_UNDEFINED, s);
    if (x->rank == 3) {
        const of_dim last = x->d[2], n = x->d[1];
        if (of_dim_is_num(last) && last.k != 1 && last.k != 2)
            return OF_INVALID(c, "the last dimension is %lld", (long long)last.k);
        if (of_dim_is_num(last) && last.k == 2 && onesided)
            return OF_INVALID(c, "onesided with a complex signal");
        if (of_dim_is_num(n) && of_dim_is_num(length) && n.k < length.k)
            return OF_INVALID(c, "frames of %lld in a signal of %lld", (long long)length.k,
                              (long long)n.k);
        s.d[0] = x->d[0];
        s.d[1] = of_dim_add(
            c->m->dims,
            of_dim_floordiv(c->m->dims, of_dim_sub(c->m->dims, n, length), step), of_dim_num(1));
    }
    s.d[2] = onesided ? of_dft_half(c, length) : length;
    s.d[3] = of_dim_num(2);
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_STFT(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const size_t parts = (size_t)x->dims[2], n = (size_t)x->dims[1];
    of_dim step, length;
    double *window = NULL;
    int64_t onesided;
    size_t bins, at;
    of_tensor *y;
    of_fft f;

    OF_TRY(of_stft_setup(c, &step, &length, &onesided));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)(y->dims[0] * y->dims[1]),
                                 of_fft_work((size_t)length.k))));
    if (y->count == 0) return OF_OK;
    OF_TRY(of_fft_make(c, (size_t)length.k, &f));
    if (of_has_in(c, 2)) {
        window = (double *)of_tmp(c, f.n, sizeof *window);
        if (!window) return of_nomem(c->err);
        of_read_f64(of_in(c, 2), 0, 1, window, f.n);
    }
    bins = (size_t)y->dims[2];
    for (size_t b = 0; b < (size_t)y->dims[0]; b++)
        for (size_t k = 0; k < (size_t)y->dims[1]; k++) {
            of_dft_read(x, (b * n + k * (size_t)step.k) * parts, parts, parts == 2, f.n, &f);
            for (size_t i = 0; window && i < f.n; i++) {
                f.re[i] *= window[i];
                f.im[i] *= window[i];
            }
            of_fft_run(&f, false);
            at = (b * (size_t)y->dims[1] + k) * bins * 2;
            of_write_f64(y, at, 2, f.re, bins);
            of_write_f64(y, at + 1, 2, f.im, bins);
        }
    return OF_OK;
}
