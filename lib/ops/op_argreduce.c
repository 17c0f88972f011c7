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

/* The innermost axis: the greatest (or least) by a kernel, NaN before all, then where it first is. */
#define OF_ARG_LINE(name, type, F)                                                                 \
    static void name(const of_kern_reduce *k, of_reduce_type rt, const type *x, of_lines l, bool max, int64_t *y) \
    {                                                                                              \
        const of_reduce_op op = max ? OF_RED_MAX : OF_RED_MIN;                                     \
        for (size_t o = 0; o < l.outer; o++, x += l.n) {                                           \
            of_reduce_acc acc = of_reduce_neutral(op, rt);                                         \
            size_t at = 0;                                                                         \
            type top;                                                                              \
            k->run[op][rt](&acc, x, l.n);                                                          \
            top = (type)acc.F;                                                                     \
            for (; at + 64 <= l.n; at += 64) { /* without a branch for each */                     \
                unsigned hit = 0;                                                                  \
                for (size_t i = 0; i < 64; i++)                                                    \
                    hit |= (unsigned)(x[at + i] == top) | (unsigned)(x[at + i] != x[at + i]);      \
                if (hit) break;                                                                    \
            }                                                                                      \
            while (!(x[at] == top) && x[at] == x[at]) at++;                                        \
            y[o] = (int64_t)at;                                                                    \
        }                                                                                          \
    }

OF_ARG_LINE(line_f32, float, f)
OF_ARG_LINE(line_f64, double, f)
OF_ARG_LINE(line_i8, int8_t, i)
OF_ARG_LINE(line_u8, uint8_t, u)
OF_ARG_LINE(line_i32, int32_t, i)
OF_ARG_LINE(line_i64, int64_t, i)

static bool of_arg_lines(const of_opctx *c, of_dtype dt, const void *x, of_lines l, bool max, int64_t *y)
{
    const of_kern_reduce *k = &c->kern->reduce;

    switch (dt) {
    case OF_FLOAT: line_f32(k, OF_RED_F32, (const float *)x, l, max, y); return true;
    case OF_DOUBLE: line_f64(k, OF_RED_F64, (const double *)x, l, max, y); return true;
    case OF_INT8: line_i8(k, OF_RED_I8, (const int8_t *)x, l, max, y); return true;
    case OF_UINT8: line_u8(k, OF_RED_U8, (const uint8_t *)x, l, max, y); return true;
    case OF_INT32: line_i32(k, OF_RED_I32, (const int32_t *)x, l, max, y); return true;
    case OF_INT64: line_i64(k, OF_RED_I64, (const int64_t *)x, l, max, y); return true;
    default: return false;
    }
}

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
        if (!wide) return of_nomem(c->err);
        of_to_f32(dt, x->data, wide, (size_t)x->count);
        data = wide;
        dt = OF_FLOAT;
    }
    y = (int64_t *)out->data;
    if (l.inner == 1 && !last && of_arg_lines(c, dt, data, l, max, y)) return OF_OK;
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
