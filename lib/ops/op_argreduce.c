/* ArgMax and ArgMin. A NaN is what numpy's argmax and argmin find first: both greater and
 * less than anything, the first (or last) one of several. */
#include "ops/op_numeric.h"

static of_status of_arg_attrs(of_opctx *c, int64_t *axis, int64_t *keep, int64_t *last)
{
    OF_TRY(of_get_int(c, "axis", 0, axis));
    OF_TRY(of_get_int(c, "keepdims", 1, keep));
    *last = 0;
    if (c->opset >= 12) OF_TRY(of_get_int(c, "select_last_index", 0, last));
    return OF_OK;
}

of_status of_infer_ArgReduce(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    int64_t axis, keep, last;
    of_shape out;
    int32_t r = 0;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT | OF_TS_INT));
    OF_TRY(of_arg_attrs(c, &axis, &keep, &last));
    if (in->rank < 0) return of_set_out(c, 0, OF_INT64, of_shape_unknown());
    OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    out = of_shape_new(c, in->rank - !keep);
    if (out.rank < 0) return of_set_out(c, 0, OF_INT64, out);
    for (int32_t k = 0; k < in->rank; k++) {
        if (k != axis) out.d[r++] = in->d[k];
        else if (keep) out.d[r++] = of_dim_num(1);
    }
    return of_set_out(c, 0, OF_INT64, out);
}

/* Whether b takes the place of a. */
#define OF_BEATS(a, b)                                                                             \
    ((a) != (a) ? last && (b) != (b)                                                               \
                : (b) != (b) || (max ? (b) > (a) : (b) < (a)) || (last && (b) == (a)))

#define OF_ARG(name, type)                                                                         \
    static void name(const type *x, of_lines l, bool max, bool last, int64_t *y)                   \
    {                                                                                              \
        for (size_t o = 0; o < l.outer; o++)                                                       \
            for (size_t j = 0; j < l.inner; j++) {                                                 \
                const type *p = x + o * l.n * l.inner + j;                                         \
                size_t best = 0;                                                                   \
                for (size_t k = 1; k < l.n; k++)                                                   \
                    if (OF_BEATS(p[best * l.inner], p[k * l.inner])) best = k;                     \
                y[o * l.inner + j] = (int64_t)best;                                                \
            }                                                                                      \
    }

OF_ARG(arg_f32, float)
OF_ARG(arg_f64, double)
OF_ARG(arg_i8, int8_t)
OF_ARG(arg_u8, uint8_t)
OF_ARG(arg_i16, int16_t)
OF_ARG(arg_u16, uint16_t)
OF_ARG(arg_i32, int32_t)
OF_ARG(arg_u32, uint32_t)
OF_ARG(arg_i64, int64_t)
OF_ARG(arg_u64, uint64_t)

static of_status of_arg_eval(of_opctx *c, bool max)
{
    const of_tensor *x = of_in(c, 0);
    int64_t axis, keep, last, *y;
    const void *data = x->data;
    of_dtype dt = (of_dtype)x->dtype;
    of_tensor *out;
    of_lines l;

    OF_TRY(of_arg_attrs(c, &axis, &keep, &last));
    OF_TRY(of_norm_axis(c, axis, x->rank, 0, &axis));
    l = of_lines_of(x, (size_t)axis);
    OF_TRY(of_out_raw(c, 0, &out));
    if (out->count == 0) return OF_OK;
    if (l.n == 0) return OF_INVALID(c, "axis %lld has no elements", (long long)axis);
    OF_TRY(of_work(c, (uint64_t)x->count));
    if (of_is_f16(dt)) {
        float *wide = (float *)of_tmp(c, (size_t)x->count, sizeof *wide);
        if (!wide) return of_fail(c->err, OF_E_NOMEM, "out of memory");
        of_to_f32(dt, x->data, wide, (size_t)x->count);
        data = wide;
        dt = OF_FLOAT;
    }
    y = (int64_t *)out->data;
    switch (dt) {
    case OF_FLOAT: arg_f32((const float *)data, l, max, last != 0, y); break;
    case OF_DOUBLE: arg_f64((const double *)data, l, max, last != 0, y); break;
    case OF_INT8: arg_i8((const int8_t *)data, l, max, last != 0, y); break;
    case OF_UINT8: arg_u8((const uint8_t *)data, l, max, last != 0, y); break;
    case OF_INT16: arg_i16((const int16_t *)data, l, max, last != 0, y); break;
    case OF_UINT16: arg_u16((const uint16_t *)data, l, max, last != 0, y); break;
    case OF_INT32: arg_i32((const int32_t *)data, l, max, last != 0, y); break;
    case OF_UINT32: arg_u32((const uint32_t *)data, l, max, last != 0, y); break;
    case OF_INT64: arg_i64((const int64_t *)data, l, max, last != 0, y); break;
    case OF_UINT64: arg_u64((const uint64_t *)data, l, max, last != 0, y); break;
    default: return OF_UNSUP(c, "input 0 is %s", of_dtypes[dt].name);
    }
    return OF_OK;
}

of_status of_eval_ArgMax(of_opctx *c)
{
    return of_arg_eval(c, true);
}

of_status of_eval_ArgMin(of_opctx *c)
{
    return of_arg_eval(c, false);
}
