/* BlackmanWindow, HannWindow, HammingWindow, MelWeightMatrix. */
#include "ops/op_moves.h"
#include "ops/op_numeric.h"

#include <math.h>

#include "kern/kern_mathd.h"

#define OF_PI 3.14159265358979323846

static of_status of_signal_type(of_opctx *c, of_dtype *t)
{
    int64_t v;

    *t = OF_UNDEFINED;
    OF_TRY(of_get_int(c, "output_datatype", 1, &v));
    if (!of_dtype_valid(v) || !((OF_TS_FLOAT | OF_TS_INT) & OF_TS(v)))
        return OF_INVALID(c, "output_datatype is %lld", (long long)v);
    *t = (of_dtype)v;
    return OF_OK;
}

/* Integers are cut toward zero from float32, which the function body computes in. */
static void of_signal_write(of_tensor *y, size_t at, const double *v, size_t n)
{
    if (of_dtype_is_float((of_dtype)y->dtype)) {
        of_write_f64(y, at, 1, v, n);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        const int one = (int)(float)v[k];
        (void)of_number((of_dtype)y->dtype, one,
                        (char *)y->data + (at + k) * of_dtypes[y->dtype].mem);
    }
}

/* ---- windows ---- */

static of_status of_infer_window(of_opctx *c)
{
    of_dtype t;
    of_shape s;
    of_dim *v;
    size_t n;

    OF_TRY(of_want_types(c, 0, OF_TS(OF_INT32) | OF_TS(OF_INT64)));
    OF_TRY(of_signal_type(c, &t));
    if (of_in_rank(c, 0) > 1) return OF_INVALID(c, "size is not a scalar");
    OF_TRY(of_in_dims(c, 0, &v, &n));
    if (v && n != 1) return OF_INVALID(c, "size is not a scalar");
    s = of_shape_new(c, 1);
    if (v && s.rank == 1) s.d[0] = v[0];
    return of_set_out(c, 0, t, s);
}

/* a0 - a1 cos(x) + a2 cos(2 x) */
static of_status of_window_eval(of_opctx *c, double a0, double a1, double a2)
{
    int64_t periodic;
    of_tensor *y;
    double v, n;

    OF_TRY(of_get_int(c, "periodic", 1, &periodic));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)y->count, 20)));
    n = (double)(periodic ? y->count : y->count - 1);
    if (y->count == 1 && !periodic) return OF_UNSUP(c, "a symmetric window of one element");
    for (int64_t k = 0; k < y->count; k++) {
        const double x = 2 * OF_PI * (double)k / n;
        v = a0 - a1 * of_m_cos(x);
        if (a2 != 0) v += a2 * of_m_cos(2 * x);
        of_signal_write(y, (size_t)k, &v, 1);
    }
    return OF_OK;
}

of_status of_infer_HannWindow(of_opctx *c) { return of_infer_window(c); }
of_status of_infer_HammingWindow(of_opctx *c) { return of_infer_window(c); }
of_status of_infer_BlackmanWindow(of_opctx *c) { return of_infer_window(c); }
of_status of_eval_HannWindow(of_opctx *c) { return of_window_eval(c, 0.5, 0.5, 0); }
of_status of_eval_HammingWindow(of_opctx *c)
{
    return of_window_eval(c, 25.0 / 46.0, 21.0 / 46.0, 0);
}
of_status of_eval_BlackmanWindow(of_opctx *c) { return of_window_eval(c, 0.42, 0.5, 0.08); }

/* ---- MelWeightMatrix ---- */

of_status of_infer_MelWeightMatrix(of_opctx *c)
{
    of_dim d[2];
    of_shape s;
    of_dtype t;

    for (uint32_t i = 0; i < 3; i++) OF_TRY(of_want_types(c, i, OF_TS(OF_INT32) | OF_TS(OF_INT64)));
    for (uint32_t i = 3; i < 5; i++) OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
    OF_TRY(of_signal_type(c, &t));
    for (uint32_t i = 0; i < 2; i++) {
        of_dim *v;
        size_t n;
        d[i] = of_dim_unknown();
        if (of_in_rank(c, i) > 1) return OF_INVALID(c, "input %u is not a scalar", i);
        OF_TRY(of_in_dims(c, i, &v, &n));
        if (v && n == 1) d[i] = v[0];
    }
    s = of_shape_new(c, 2);
    if (s.rank == 2) {
        s.d[0] = of_dim_add(c->m->dims, of_dim_floordiv(c->m->dims, d[1], of_dim_num(2)),
                            of_dim_num(1));
        s.d[1] = d[0];
    }
    return of_set_out(c, 0, t, s);
}

static double of_mel(double hertz)
{
    return 2595 * of_m_log1p(hertz / 700) / of_m_log(10);
}

/* Bins of the spectrum where the bands begin, peak and end. A frequency so near to the edge of
 * a bin that precision decides is left alone. */
static of_status of_mel_bins(of_opctx *c, int64_t *bin, int64_t n, const int64_t *size,
                             const double *edge)
{
    const double low = of_mel(edge[0]), step = (of_mel(edge[1]) - low) / (double)n;

    for (int64_t k = 0; k < n; k++) {
        const double mel = low + step * (double)k;
        const double hertz = 700 * of_m_expm1(mel / 2595 * of_m_log(10));
        const double at = hertz * (double)(size[1] + 1) / (double)size[2];
        if (!(at >= 0 && at < 1e9)) return OF_INVALID(c, "a band outside of the spectrum");
        if (at != 0 && fabs(at - floor(at + 0.5)) < 1e-5 * (1 + at))
            return OF_UNSUP(c, "a band begins at the edge of a bin");
        bin[k] = (int64_t)at;
        if (bin[k] > size[1] / 2) return OF_INVALID(c, "a band outside of the spectrum");
    }
    return OF_OK;
}

of_status of_eval_MelWeightMatrix(of_opctx *c)
{
    int64_t size[3], *bin;
    double edge[2], v;
    of_tensor *y;
    bool have;

    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_scalar_int(c, i, &have, &size[i]));
        if (!have || size[i] < 0) return OF_INVALID(c, "input %u is not a size", i);
    }
    for (uint32_t i = 3; i < 5; i++) {
        if (of_in(c, i)->count != 1) return OF_INVALID(c, "input %u is not a scalar", i);
        of_read_f64(of_in(c, i), 0, 1, &edge[i - 3], 1);
    }
    if (size[2] == 0) return OF_INVALID(c, "sample_rate is 0");
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)y->count));
    bin = (int64_t *)of_tmp(c, (size_t)size[0] + 2, sizeof *bin);
    if (!bin) return of_nomem(c->err);
    OF_TRY(of_mel_bins(c, bin, size[0] + 2, size, edge));
    for (int64_t i = 0; i < size[0]; i++) {
        const int64_t left = bin[i], mid = bin[i + 1], right = bin[i + 2];
        for (int64_t k = left; k <= mid; k++) {
            v = mid == left ? 1 : (double)(k - left) / (double)(mid - left);
            of_signal_write(y, (size_t)(k * size[0] + i), &v, 1);
        }
        for (int64_t k = mid; k < right; k++) {
            v = (double)(right - k) / (double)(right - mid);
            of_signal_write(y, (size_t)(k * size[0] + i), &v, 1);
        }
    }
    return OF_OK;
}
