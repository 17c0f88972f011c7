/* ConvInteger and QLinearConv: convolutions of quantized tensors, exact in int32. The padding
 * is the input's zero point. */
#include "ops/op_conv.h"

/* Input i, one number or one a filter, fits the weights. */
static of_status of_qconv_per(of_opctx *c, uint32_t i, const of_tensor *w)
{
    const of_tensor *t = of_has_in(c, i) ? of_in(c, i) : NULL;

    if (t && t->count != 1 && (!w || t->rank != 1 || t->count != w->dims[0]))
        return OF_INVALID(c, "input %u has %lld numbers", i, (long long)t->count);
    return OF_OK;
}

/* Elements less their zero points (input iz, absent: 0), one a line of `line` elements. */
static of_status of_qconv_widen(of_opctx *c, const of_tensor *t, uint32_t iz, size_t line,
                                const int32_t **data)
{
    const of_tensor *z = of_has_in(c, iz) ? of_in(c, iz) : NULL;
    int32_t *wide = (int32_t *)of_tmp(c, (size_t)t->count, sizeof *wide);
    int64_t v[64], zero = 0;

    *data = wide;
    if (!wide) return of_nomem(c->err);
    for (size_t at = 0; at < (size_t)t->count; at += line) {
        if (z) (void)of_tensor_get_i64(z, z->count == 1 ? 0 : (int64_t)(at / line), &zero);
        for (size_t j = 0; j < line; j += 64) {
            const size_t n = line - j < 64 ? line - j : 64;
            of_to_i64((of_dtype)t->dtype, (const unsigned char *)t->data + at + j, v, n);
            for (size_t k = 0; k < n; k++) wide[at + j + k] = (int32_t)(v[k] - zero);
        }
    }
    return OF_OK;
}

static of_status of_qconv_run(of_opctx *c, uint32_t ix, uint32_t iw, uint32_t izx, uint32_t izw,
                              const of_conv *p, const of_conv_sink *sink)
{
    const of_tensor *x = of_in(c, ix), *w = of_in(c, iw);
    const int32_t *xd, *wd;

    OF_TRY(of_qconv_widen(c, x, izx, (size_t)x->count, &xd));
    OF_TRY(of_qconv_widen(c, w, izw, p->c_in * p->taps, &wd));
    return of_conv_run(c, p, OF_CONV_I32, xd, wd, sink);
}

typedef struct of_qconv {
    of_tensor *y;
    size_t channels, n;
    const int32_t *bias;
    const float *scale; /* of a filter */
    double zero, low, high;
    bool broken; /* a result was not a number */
} of_qconv;

/* ---- ConvInteger ---- */

of_status of_infer_ConvInteger(of_opctx *c)
{
    of_shape y;

    for (uint32_t i = 0; i < 4; i++) OF_TRY(of_want_types(c, i, OF_TS_INT8));
    OF_TRY(of_want_same(c, 0, 2));
    OF_TRY(of_want_same(c, 1, 3));
    OF_TRY(of_conv_infer(c, 0, 1, UINT32_MAX, &y));
    return of_set_out(c, 0, OF_INT32, y);
}

static void of_qconv_sums(void *user, size_t row, size_t col, const int32_t *sum, size_t n)
{
    const of_qconv *q = (const of_qconv *)user;
    int32_t *y = (int32_t *)q->y->data + row * q->n + col;

    for (size_t i = 0; i < n; i++) y[i] = sum[i];
}

of_status of_eval_ConvInteger(of_opctx *c)
{
    of_qconv q = {.bias = NULL};
    const of_conv_sink sink = {NULL, of_qconv_sums, &q};
    of_conv p;

    OF_TRY(of_qconv_per(c, 2, NULL));
    OF_TRY(of_qconv_per(c, 3, of_in(c, 1)));
    OF_TRY(of_out(c, 0, &q.y));
    OF_TRY(of_conv_plan(c, 0, 1, q.y, &p));
    if (q.y->count == 0 || p.c_in == 0) return OF_OK;
    q.n = p.out;
    return of_qconv_run(c, 0, 1, 2, 3, &p, &sink);
}

/* ---- QLinearConv ---- */

of_status of_infer_QLinearConv(of_opctx *c)
{
    static const uint8_t data[] = {0, 2, 3, 5, 7}, scales[] = {1, 4, 6};
    of_shape y;

    for (size_t i = 0; i < sizeof data; i++) OF_TRY(of_want_types(c, data[i], OF_TS_INT8));
    for (size_t i = 0; i < sizeof scales; i++) OF_TRY(of_want_types(c, scales[i], OF_TS(OF_FLOAT)));
    OF_TRY(of_want_types(c, 8, OF_TS(OF_INT32)));
    OF_TRY(of_want_same(c, 0, 2));
    OF_TRY(of_want_same(c, 3, 5));
    OF_TRY(of_conv_infer(c, 0, 3, 8, &y));
    return of_set_out(c, 0, of_in_dtype(c, 7), y);
}

/* The sum times the scales to the nearest, ties to even, then the zero point. */
static void of_qconv_store(void *user, size_t row, size_t col, const int32_t *sum, size_t n)
{
    of_qconv *q = (of_qconv *)user;
    const size_t channel = row % q->channels;
    uint8_t *y = (uint8_t *)q->y->data + row * q->n + col;

    for (size_t i = 0; i < n; i++) {
        const uint32_t s = (uint32_t)sum[i] + (q->bias ? (uint32_t)q->bias[channel] : 0);
        double v = (double)((float)(int32_t)s * q->scale[channel]);
        if (v != v) q->broken = true;
        v = !(v > -1e9) ? -1e9 : v > 1e9 ? 1e9 : of_round_even(v);
        v += q->zero;
        v = v < q->low ? q->low : v > q->high ? q->high : v;
        y[i] = (uint8_t)(int64_t)v;
    }
}

of_status of_eval_QLinearConv(of_opctx *c)
{
    const of_tensor *w = of_in(c, 3);
    of_qconv q = {.bias = of_has_in(c, 8) ? (const int32_t *)of_in(c, 8)->data : NULL};
    const of_conv_sink sink = {NULL, of_qconv_store, &q};
    float *scale;
    of_conv p;

    for (uint32_t i = 1; i < 8; i++)
        if (i != 3) OF_TRY(of_qconv_per(c, i, i == 4 || i == 5 ? w : NULL));
    OF_TRY(of_out(c, 0, &q.y));
    OF_TRY(of_conv_plan(c, 0, 3, q.y, &p));
    if (q.y->count == 0) return OF_OK;
    if (p.c_in == 0) return OF_UNSUP(c, "filters without channels");
    q.n = p.out;
    q.channels = (size_t)w->dims[0];
    scale = (float *)of_tmp(c, q.channels, sizeof *scale);
    if (!scale) return of_nomem(c->err);
    for (size_t i = 0; i < q.channels; i++) {
        const float ws = ((const float *)of_in(c, 4)->data)[of_in(c, 4)->count == 1 ? 0 : i];
        scale[i] = *(const float *)of_in(c, 1)->data * ws / *(const float *)of_in(c, 6)->data;
    }
    q.scale = scale;
    of_read_f64(of_in(c, 7), 0, 1, &q.zero, 1);
    q.low = q.y->dtype == OF_INT8 ? -128 : 0;
    q.high = q.y->dtype == OF_INT8 ? 127 : 255;
    OF_TRY(of_qconv_run(c, 0, 3, 2, 5, &p, &sink));
    return q.broken ? OF_INVALID(c, "a result is not a number") : OF_OK;
}
