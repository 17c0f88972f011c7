/* com.microsoft: operators on 8-bit codes of reals, x = (code - zero) * scale, each tensor with one
 * scale and one zero point: QLinearAdd, -Mul, -Sigmoid, -LeakyRelu, -Concat, -Softmax. */
#include <string.h>

#include "kern/kern_mathd.h"
#include "ops/op_elementwise.h"
#include "ops/op_moves.h"
#include "ops/op_qlinear.h"

of_status of_q8_types(of_opctx *c, uint32_t x, uint32_t scale)
{
    OF_TRY(of_need_tensor(c, x));
    OF_TRY(of_need_tensor(c, scale));
    OF_TRY(of_want_types(c, x, OF_TS_INT8));
    OF_TRY(of_want_types(c, scale, OF_TS(OF_FLOAT)));
    return of_want_same(c, x, scale + 1);
}

of_status of_q8_read(of_opctx *c, uint32_t i, of_q8 *q)
{
    const of_tensor *s = of_in(c, i), *z = of_in(c, i + 1);
    int64_t zero = 0;

    if (s->count != 1 || (z && z->count != 1)) return OF_UNSUP(c, "inputs %u and %u are not single numbers", i, i + 1);
    q->scale = *(const float *)s->data;
    if (!(q->scale > 0) || q->scale - q->scale != 0) return OF_INVALID(c, "a scale of %g", (double)q->scale);
    if (z) (void)of_tensor_get_i64(z, 0, &zero);
    q->zero = (int32_t)zero;
    return OF_OK;
}

uint8_t of_q8_clamp(of_dtype t, double v)
{
    const double low = t == OF_INT8 ? -128 : 0, high = t == OF_INT8 ? 127 : 255;

    return (uint8_t)(int64_t)(v < low ? low : v > high ? high : v);
}

uint8_t of_q8_code(const of_q8 *q, of_dtype t, double v)
{
    const double x = (double)((float)v / q->scale);

    return of_q8_clamp(t, (x < -1e9 ? -1e9 : x > 1e9 ? 1e9 : of_round_even(x)) + q->zero);
}

double of_q8_real(const of_q8 *q, of_dtype t, uint8_t code)
{
    return (double)((float)((t == OF_INT8 ? (int8_t)code : (int)code) - q->zero) * q->scale);
}

/* ---- one operand: a table of all codes ---- */

static of_status of_q8_unary_infer(of_opctx *c)
{
    OF_TRY(of_q8_types(c, 0, 1));
    OF_TRY(of_q8_types(c, 0, 3));
    return of_same_as_in(c, 0, 0);
}

static of_status of_q8_unary(of_opctx *c, double (*fn)(double x, double p), double p)
{
    const of_tensor *x = of_in(c, 0);
    const of_dtype t = (of_dtype)x->dtype;
    uint8_t table[256];
    of_tensor *y;
    of_q8 q[2];

    OF_TRY(of_q8_read(c, 1, &q[0]));
    OF_TRY(of_q8_read(c, 3, &q[1]));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)x->count));
    for (unsigned k = 0; k < 256; k++)
        table[k] = of_q8_code(&q[1], t, (double)(float)fn(of_q8_real(&q[0], t, (uint8_t)k), p));
    for (int64_t i = 0; i < x->count; i++) ((uint8_t *)y->data)[i] = table[((const uint8_t *)x->data)[i]];
    return OF_OK;
}

static double of_q8_sigmoid(double x, double p)
{
    (void)p;
    return of_m_sigmoid(x);
}

static double of_q8_leaky(double x, double p)
{
    return x < 0 ? x * p : x;
}

of_status of_infer_QLinearSigmoid(of_opctx *c) { return of_q8_unary_infer(c); }
of_status of_eval_QLinearSigmoid(of_opctx *c) { return of_q8_unary(c, of_q8_sigmoid, 0); }
of_status of_infer_QLinearLeakyRelu(of_opctx *c) { return of_q8_unary_infer(c); }
of_status of_eval_QLinearLeakyRelu(of_opctx *c)
{
    float alpha;

    OF_TRY(of_get_float(c, "alpha", 0.01f, &alpha));
    if (alpha - alpha != 0) return OF_INVALID(c, "alpha is not finite");
    return of_q8_unary(c, of_q8_leaky, (double)alpha);
}

/* ---- two operands, broadcast: A, its scale and zero point, B and its two, those of the result ---- */

static of_status of_q8_binary_infer(of_opctx *c)
{
    const of_shape *a = of_in_shape(c, 0), *b = of_in_shape(c, 3);
    of_shape s;

    OF_TRY(of_q8_types(c, 0, 1));
    OF_TRY(of_q8_types(c, 3, 4));
    OF_TRY(of_q8_types(c, 0, 6));
    OF_TRY(of_want_same(c, 0, 3));
    if (a->rank < 0 || b->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
    OF_TRY(of_new_shape(c, a->rank > b->rank ? a->rank : b->rank, &s));
    for (int32_t k = 0; k < s.rank; k++) {
        const int32_t ka = k - s.rank + a->rank, kb = k - s.rank + b->rank;
        if (!of_dim_broadcast(c->m->dims, ka < 0 ? of_dim_num(1) : a->d[ka], kb < 0 ? of_dim_num(1) : b->d[kb],
                              &s.d[k]))
            return OF_INVALID(c, "the inputs do not broadcast");
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_infer_QLinearAdd(of_opctx *c) { return of_q8_binary_infer(c); }
of_status of_infer_QLinearMul(of_opctx *c) { return of_q8_binary_infer(c); }

/* Rounded with the zero point in it, as the formulas have it. */
static uint8_t of_q8_pair(const of_q8 *q, of_dtype t, bool mul, uint8_t a, uint8_t b)
{
    const double x = (t == OF_INT8 ? (int8_t)a : (int)a) - q[0].zero, y = (t == OF_INT8 ? (int8_t)b : (int)b) - q[1].zero;
    const double sa = (double)q[0].scale, sb = (double)q[1].scale, sc = (double)q[2].scale;
    const double v = (mul ? x * y * (sa * sb / sc) : (x * sa + y * sb) / sc) + q[2].zero;

    return of_q8_clamp(t, v < -1e9 ? -1e9 : v > 1e9 ? 1e9 : of_round_even(v));
}

static of_status of_q8_binary(of_opctx *c, bool mul)
{
    const of_tensor *a = of_in(c, 0), *b = of_in(c, 3);
    const of_tensor *in[2] = {a, b};
    of_tensor *y;
    of_loop *l;
    of_q8 q[3];

    for (uint32_t i = 0; i < 3; i++) OF_TRY(of_q8_read(c, 3 * i + (i < 2), &q[i]));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)y->count, 6)));
    l = (of_loop *)of_tmp(c, 1, sizeof *l);
    if (!l) return of_nomem(c->err);
    for (of_loop_init_broadcast(l, y->dims, y->rank, in, 2); !l->done; of_loop_next(l)) {
        uint8_t *to = (uint8_t *)y->data + l->offset[0];
        const uint8_t *x0 = (const uint8_t *)a->data + l->offset[1], *x1 = (const uint8_t *)b->data + l->offset[2];
        for (int64_t i = 0; i < l->inner; i++)
            to[i * l->inner_stride[0]] =
                of_q8_pair(q, (of_dtype)y->dtype, mul, x0[i * l->inner_stride[1]], x1[i * l->inner_stride[2]]);
    }
    return OF_OK;
}

of_status of_eval_QLinearAdd(of_opctx *c) { return of_q8_binary(c, false); }
of_status of_eval_QLinearMul(of_opctx *c) { return of_q8_binary(c, true); }

/* ---- QLinearConcat: scale and zero point of the result, then three inputs for each part ---- */

of_status of_infer_QLinearConcat(of_opctx *c)
{
    of_dim sum = of_dim_num(0);
    int32_t rank = -1;
    int64_t axis;
    of_shape y;

    if (c->n_in < 5 || (c->n_in - 2) % 3) return OF_INVALID(c, "%u inputs", c->n_in);
    OF_TRY(of_want_types(c, 0, OF_TS(OF_FLOAT)));
    OF_TRY(of_want_types(c, 1, OF_TS_INT8));
    for (uint32_t i = 2; i < c->n_in; i += 3) {
        const int32_t r = of_in_rank(c, i);
        for (uint32_t k = i; k < i + 3; k++) OF_TRY(of_need_tensor(c, k));
        OF_TRY(of_q8_types(c, i, i + 1));
        OF_TRY(of_want_same(c, 1, i));
        if (rank >= 0 && r >= 0 && r != rank) return OF_INVALID(c, "input %u has rank %d", i, (int)r);
        if (r >= 0) rank = r;
    }
    if (!of_has_attr(c, "axis")) return OF_INVALID(c, "axis is missing");
    if (rank < 0) return of_set_out(c, 0, of_in_dtype(c, 1), of_shape_unknown());
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(of_norm_axis(c, axis, rank, 0, &axis));
    OF_TRY(of_new_shape(c, rank, &y));
    for (uint32_t i = 2; i < c->n_in; i += 3) {
        const of_shape *x = of_in_shape(c, i);
        sum = of_dim_add(c->m->dims, sum, x->rank < 0 ? of_dim_unknown() : x->d[axis]);
        for (int32_t k = 0; k < x->rank; k++)
            if (k != axis && !of_dim_meet(y.d[k], x->d[k], &y.d[k]))
                return OF_INVALID(c, "input %u has another dimension %d", i, (int)k);
    }
    y.d[axis] = sum;
    return of_set_out(c, 0, of_in_dtype(c, 1), y);
}

of_status of_eval_QLinearConcat(of_opctx *c)
{
    of_tensor *y;
    int64_t axis;
    size_t at = 0, row;
    of_lines l;
    of_q8 to, q;

    OF_TRY(of_q8_read(c, 0, &to));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)y->count));
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(of_norm_axis(c, axis, y->rank, 0, &axis));
    l = of_lines_of(y, (size_t)axis);
    row = l.n * l.inner;
    for (uint32_t i = 2; i < c->n_in; i += 3) {
        const of_tensor *x = of_in(c, i);
        const of_dtype t = (of_dtype)x->dtype;
        const size_t part = (size_t)x->dims[axis] * l.inner;
        uint8_t table[256];
        OF_TRY(of_q8_read(c, i + 1, &q));
        for (unsigned k = 0; k < 256; k++)
            table[k] = q.scale == to.scale && q.zero == to.zero ? (uint8_t)k
                                                                : of_q8_code(&to, t, of_q8_real(&q, t, (uint8_t)k));
        for (size_t o = 0; o < l.outer; o++)
            for (size_t k = 0; k < part; k++)
                ((uint8_t *)y->data)[o * row + at + k] = table[((const uint8_t *)x->data)[o * part + k]];
        at += part;
    }
    return OF_OK;
}

/* ---- QLinearSoftmax: as Softmax of the version that `opset` names ---- */

static of_status of_q8_softmax_axis(of_opctx *c, int64_t rank, bool *matrix, int64_t *axis)
{
    int64_t opset;

    if (!of_has_attr(c, "opset")) return OF_INVALID(c, "opset is missing");
    OF_TRY(of_get_int(c, "opset", 0, &opset));
    OF_TRY(of_get_int(c, "axis", -1, axis));
    *matrix = opset < 13;
    return rank < 0 ? OF_OK : of_norm_axis(c, *axis, rank, 0, axis);
}

of_status of_infer_QLinearSoftmax(of_opctx *c)
{
    int64_t axis;
    bool matrix;

    OF_TRY(of_q8_unary_infer(c));
    OF_TRY(of_need_tensor(c, 4));
    return of_q8_softmax_axis(c, of_in_rank(c, 0), &matrix, &axis);
}

of_status of_eval_QLinearSoftmax(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const of_dtype t = (of_dtype)x->dtype;
    const uint8_t *code = (const uint8_t *)x->data;
    double power[256]; /* of e, for each distance from the greatest */
    int64_t axis;
    bool matrix = false;
    of_tensor *y;
    of_lines l;
    of_q8 q[2];

    OF_TRY(of_q8_read(c, 1, &q[0]));
    OF_TRY(of_q8_read(c, 3, &q[1]));
    OF_TRY(of_q8_softmax_axis(c, x->rank, &matrix, &axis));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 4)));
    if (!x->count) return OF_OK;
    l = matrix ? of_lines_2d(x, (size_t)axis) : of_lines_of(x, (size_t)axis);
    for (int k = 0; k < 256; k++) power[k] = of_m_exp(-(double)q[0].scale * k);
    for (size_t line = 0; line < l.outer * l.inner; line++) {
        const size_t at = line / l.inner * l.n * l.inner + line % l.inner;
        int top = -128;
        double sum = 0;
        for (size_t k = 0; k < l.n; k++) {
            const int v = t == OF_INT8 ? (int8_t)code[at + k * l.inner] : (int)code[at + k * l.inner];
            if (v > top) top = v;
        }
        for (size_t k = 0; k < l.n; k++)
            sum += power[top - (t == OF_INT8 ? (int8_t)code[at + k * l.inner] : (int)code[at + k * l.inner])];
        for (size_t k = 0; k < l.n; k++) {
            const int v = t == OF_INT8 ? (int8_t)code[at + k * l.inner] : (int)code[at + k * l.inner];
            ((uint8_t *)y->data)[at + k * l.inner] = of_q8_code(&q[1], t, power[top - v] / sum);
        }
    }
    return OF_OK;
}
