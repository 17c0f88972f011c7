/* com.microsoft: QLinearAveragePool, QLinearGlobalAveragePool: means of 8-bit codes, channels in
 * axis 1 or last. */
#include "ops/op_moves.h"
#include "ops/op_qlinear.h"
#include "ops/op_sub.h"
#include "ops/op_window.h"

/* Axis of an image with channels in axis 1 that axis k comes from, and the way back. */
static int32_t of_first_of_last(bool last, int32_t rank, int32_t k)
{
    return !last || k == 0 ? k : k == 1 ? rank - 1 : k - 1;
}
static int32_t of_last_of_first(bool last, int32_t rank, int32_t k)
{
    return !last || k == 0 ? k : k == rank - 1 ? 1 : k + 1;
}

/* n images of c channels of `plane` elements as float, channels in front. */
static void of_qpool_real(const of_tensor *x, const of_q8 *q, bool last, size_t channels, size_t plane, float *to)
{
    const uint8_t *code = (const uint8_t *)x->data;

    for (size_t i = 0; i < (size_t)x->count; i++) {
        const size_t image = i / (channels * plane), ch = i / plane % channels, e = i % plane;
        const size_t from = last ? (image * plane + e) * channels + ch : i;
        to[i] = (float)of_q8_real(q, (of_dtype)x->dtype, code[from]);
    }
}

static void of_qpool_codes(const float *v, const of_q8 *q, bool last, size_t channels, size_t plane, of_tensor *y)
{
    for (size_t i = 0; i < (size_t)y->count; i++) {
        const size_t image = i / (channels * plane), ch = i / plane % channels, e = i % plane;
        const size_t to = last ? (image * plane + e) * channels + ch : i;
        ((uint8_t *)y->data)[to] = of_q8_code(q, (of_dtype)y->dtype, (double)v[i]);
    }
}

/* The shape of what AveragePool would give of floats. */
of_status of_infer_QLinearAveragePool(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    const of_type *in, *out = NULL;
    of_opctx s = *c;
    of_type t = {.kind = OF_T_TENSOR, .dtype = OF_FLOAT, .shape = of_shape_unknown()};
    int64_t last;
    of_shape y;

    OF_TRY(of_q8_types(c, 0, 1));
    OF_TRY(of_q8_types(c, 0, 3));
    OF_TRY(of_get_int(c, "channels_last", 0, &last));
    if (x->rank >= 0) {
        if (x->rank < 3) return OF_INVALID(c, "the input has no spatial axis");
        OF_TRY(of_new_shape(c, x->rank, &t.shape));
        for (int32_t k = 0; k < x->rank; k++) t.shape.d[k] = x->d[of_first_of_last(last != 0, x->rank, k)];
    }
    in = &t;
    s.in_type = &in;
    s.out_type = &out;
    s.n_in = s.n_out = 1;
    OF_TRY(of_sub_as(&s, 13, of_infer_AveragePool));
    OF_TRY(of_new_shape(c, out->shape.rank, &y));
    for (int32_t k = 0; k < y.rank; k++) y.d[k] = out->shape.d[of_last_of_first(last != 0, y.rank, k)];
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

of_status of_eval_QLinearAveragePool(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const of_tensor *in[1];
    int64_t last, *dims = (int64_t *)of_tmp(c, x->rank, sizeof *dims);
    size_t channels, plane = 1, out = 1;
    of_tensor *real, *mean, *y;
    of_status st;
    of_q8 q[2];

    if (!dims) return of_nomem(c->err);
    OF_TRY(of_q8_read(c, 1, &q[0]));
    OF_TRY(of_q8_read(c, 3, &q[1]));
    OF_TRY(of_get_int(c, "channels_last", 0, &last));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 4)));
    if (!y->count) return OF_OK;
    for (int32_t k = 0; k < x->rank; k++) dims[k] = x->dims[of_first_of_last(last != 0, x->rank, k)];
    OF_TRY(of_tensor_new_data(c->alloc, c->budget, OF_FLOAT, dims, x->rank, false, &real, c->err));
    channels = (size_t)dims[1];
    for (size_t k = 2; k < x->rank; k++) plane *= (size_t)dims[k];
    of_qpool_real(x, &q[0], last != 0, channels, plane, (float *)real->data);
    in[0] = real;
    st = of_sub_run(c, 13, of_infer_AveragePool, of_eval_AveragePool, in, 1, &mean, 1);
    of_tensor_unref(real);
    OF_TRY(st);
    for (size_t k = 2; k < mean->rank; k++) out *= (size_t)mean->dims[k];
    of_qpool_codes((const float *)mean->data, &q[1], last != 0, channels, out, y);
    of_tensor_unref(mean);
    return OF_OK;
}

of_status of_infer_QLinearGlobalAveragePool(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    of_shape y = of_shape_unknown();
    int64_t last;

    OF_TRY(of_q8_types(c, 0, 1));
    OF_TRY(of_q8_types(c, 0, 3));
    OF_TRY(of_get_int(c, "channels_last", 0, &last));
    if (x->rank >= 0 && x->rank < 3) return OF_INVALID(c, "the input has no spatial axis");
    if (x->rank >= 0) {
        OF_TRY(of_shape_copy(c, x, &y));
        for (int32_t k = 1; k < y.rank; k++)
            if (k != (last ? y.rank - 1 : 1)) y.d[k] = of_dim_num(1);
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

/* Sums of codes are exact. */
of_status of_eval_QLinearGlobalAveragePool(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const uint8_t *code = (const uint8_t *)x->data;
    size_t channels, plane;
    int64_t last;
    of_tensor *y;
    of_q8 q[2];

    OF_TRY(of_q8_read(c, 1, &q[0]));
    OF_TRY(of_q8_read(c, 3, &q[1]));
    OF_TRY(of_get_int(c, "channels_last", 0, &last));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)x->count));
    if (!y->count) return OF_OK;
    if (!x->count) return OF_INVALID(c, "nothing to pool");
    channels = (size_t)x->dims[last ? x->rank - 1 : 1];
    plane = (size_t)(x->count / y->count);
    for (size_t i = 0; i < (size_t)y->count; i++) {
        int64_t sum = 0;
        for (size_t e = 0; e < plane; e++) {
            const uint8_t v = code[last ? (i / channels * plane + e) * channels + i % channels : i * plane + e];
            sum += (x->dtype == OF_INT8 ? (int8_t)v : (int)v) - q[0].zero;
        }
        ((uint8_t *)y->data)[i] =
            of_q8_code(&q[1], (of_dtype)y->dtype, (double)sum * (double)q[0].scale / (double)plane);
    }
    return OF_OK;
}
