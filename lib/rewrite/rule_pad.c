/* Pads that the node behind them can do itself: `fuse_pad_into_conv`, `pad_into_pool`. */
#include <math.h>
#include <string.h>

#include "rewrite/rw.h"

/* A Pad of `rank` axes with numbers that are not negative, none in front of or behind the
 * first two. */
typedef struct of_padding {
    int64_t begin[OF_RW_RANK], end[OF_RW_RANK]; /* of the spatial axes */
    int64_t spatial;
    bool zero, minus_zero, minus_inf; /* what it fills with */
} of_padding;

static of_status of_fill_of(of_rw *rw, const of_node *s, of_padding *p)
{
    bool have = true;
    double x = 0.0;

    if (of_node_opset(s) < 11) {
        const of_attr *v = of_node_attr(s, "value");
        if (v) x = v->type == OF_A_FLOAT ? (double)v->u.f : (double)NAN;
    } else if (of_in_value(s, 2)) {
        OF_TRY(of_rw_scalar(rw, s->in[2].value, &have, &x));
    }
    p->zero = have && x >= 0.0 && x <= 0.0 && !signbit(x);
    p->minus_zero = have && x >= 0.0 && x <= 0.0 && signbit(x);
    p->minus_inf = have && isinf(x) && x < 0.0;
    return OF_OK;
}

/* Pads by axis; the list may name the axes it is for (18). */
static of_status of_read_padding(of_rw *rw, const of_node *s, of_padding *p, bool *ok)
{
    const of_shape *shape = of_rw_shape(of_in_value(s, 0));
    int64_t pads[OF_RW_RANK], axes[OF_RW_RANK], k, n, rank;
    bool given;

    *ok = false;
    if (of_node_opset(s) < 2 || !of_rw_is_str(s, "mode", "constant", "constant")) return OF_OK;
    OF_TRY(of_rw_list(rw, s, "pads", 1, 11, pads, &k, &given));
    if (k < 2 || k % 2) return OF_OK;
    n = k / 2;
    rank = shape ? shape->rank : n;
    for (int64_t i = 0; i < OF_RW_RANK; i++) axes[i] = i;
    if (of_in_value(s, 3)) {
        OF_TRY(of_rw_ints(rw, s->in[3].value, axes, &k));
        if (k != n || !shape) return OF_OK;
    } else if (n != rank) {
        return OF_OK;
    }
    if (rank < 3 || rank > OF_RW_RANK) return OF_OK;
    memset(p, 0, sizeof *p);
    p->spatial = rank - 2;
    for (int64_t i = 0; i < n; i++) {
        int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank || pads[i] < 0 || pads[n + i] < 0 || pads[i] > INT32_MAX ||
            pads[n + i] > INT32_MAX)
            return OF_OK;
        if (axis < 2 && (pads[i] || pads[n + i])) return OF_OK;
        if (axis < 2) continue;
        p->begin[axis - 2] = pads[i];
        p->end[axis - 2] = pads[n + i];
    }
    *ok = true;
    return of_fill_of(rw, s, p);
}

/* An attribute of `count` small positive integers; def where it is absent. */
static bool of_ints_attr(const of_node *n, const char *name, int64_t def, int64_t count,
                         int64_t *to)
{
    const of_attr *a = of_node_attr(n, name);

    if (a && (a->type != OF_A_INTS || (int64_t)a->n != count)) return false;
    for (int64_t i = 0; i < count; i++) {
        to[i] = a ? a->u.ints[i] : def;
        if (to[i] < 0 || to[i] > INT32_MAX) return false;
    }
    return true;
}

/* The pads, explicit, of a node that says SAME for an input of known size (ONNX Conv: the
 * output is ceil(input / stride), an odd rest goes behind for SAME_UPPER). */
static bool of_same_pads(const of_node *n, int64_t spatial, const int64_t *kernel, bool upper,
                         int64_t *own)
{
    const of_shape *x = of_rw_shape(of_in_value(n, 0));
    int64_t stride[OF_RW_RANK], dilation[OF_RW_RANK];

    if (!x || x->rank != spatial + 2 || !of_ints_attr(n, "strides", 1, spatial, stride) ||
        !of_ints_attr(n, "dilations", 1, spatial, dilation))
        return false;
    for (int64_t i = 0; i < spatial; i++) {
        of_dim d = x->d[2 + i];
        int64_t total;
        if (!of_dim_is_num(d) || d.k < 1 || d.k > INT32_MAX || stride[i] < 1 ||
            dilation[i] > 65536 || kernel[i] > 65536)
            return false;
        total = ((d.k + stride[i] - 1) / stride[i] - 1) * stride[i] +
                (kernel[i] - 1) * dilation[i] + 1 - d.k;
        if (total < 0) total = 0;
        own[i] = upper ? total / 2 : total - total / 2;
        own[spatial + i] = total - own[i];
    }
    return true;
}

/* The pads of n itself. */
static bool of_own_pads(const of_node *n, int64_t spatial, const int64_t *kernel, int64_t *own)
{
    if (of_rw_is_str(n, "auto_pad", "NOTSET", "VALID")) {
        memset(own, 0, (size_t)(2 * spatial) * sizeof *own);
        return true;
    }
    if (of_rw_is_str(n, "auto_pad", "NOTSET", "NOTSET"))
        return of_ints_attr(n, "pads", 0, 2 * spatial, own);
    if (!kernel) return false;
    if (of_rw_is_str(n, "auto_pad", "NOTSET", "SAME_UPPER"))
        return of_same_pads(n, spatial, kernel, true, own);
    if (of_rw_is_str(n, "auto_pad", "NOTSET", "SAME_LOWER"))
        return of_same_pads(n, spatial, kernel, false, own);
    return false;
}

/* n takes the pads, its own and p's, and what s pads. */
static of_status of_take_pads(of_rw *rw, of_node *n, of_node *s, const of_padding *p,
                              const int64_t *own)
{
    int64_t sum[2 * OF_RW_RANK];

    for (int64_t i = 0; i < p->spatial; i++) {
        sum[i] = own[i] + p->begin[i];
        sum[p->spatial + i] = own[p->spatial + i] + p->end[i];
    }
    OF_TRY(of_rw_set_ints(rw, n, "pads", sum, (size_t)(2 * p->spatial)));
    of_rw_unset(n, "auto_pad");
    OF_TRY(of_rw_rebind(rw, n, 0, s->in[0].value));
    return rw->made(rw->frame, n);
}

of_status of_rule_fuse_pad_into_conv(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);
    of_node *s = op == OF_R_Conv || op == OF_R_ConvInteger ? of_rw_src(n, 0, OF_R_Pad) : NULL;
    int64_t own[2 * OF_RW_RANK], kernel[OF_RW_RANK];
    const of_shape *w;
    of_padding p;
    bool ok, sized;

    if (!s || !of_rw_sole_node(s) || !of_in_value(s, 0)) return OF_OK;
    /* ConvInteger pads with its zero point. */
    if (op == OF_R_ConvInteger && of_in_value(n, 2)) return OF_OK;
    OF_TRY(of_read_padding(rw, s, &p, &ok));
    if (!ok || !(p.zero || (p.minus_zero && !rw->exact))) return OF_OK;
    w = of_rw_shape(of_in_value(n, 1));
    sized = w && w->rank == p.spatial + 2;
    for (int64_t i = 0; sized && i < p.spatial; i++) {
        sized = of_dim_is_num(w->d[2 + i]);
        kernel[i] = w->d[2 + i].k;
    }
    if (!of_own_pads(n, p.spatial, sized ? kernel : NULL, own)) return OF_OK;
    *applied = true;
    return of_take_pads(rw, n, s, &p, own);
}

/* ---- pad_into_pool ---- */

/* A window begins in the padding only as far as some of it still sees the input. */
static bool of_seen(const of_padding *p, const int64_t *own, const int64_t *kernel)
{
    for (int64_t i = 0; i < p->spatial; i++)
        if (own[i] + p->begin[i] >= kernel[i] || own[p->spatial + i] + p->end[i] >= kernel[i])
            return false;
    return true;
}

of_status of_rule_pad_into_pool(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);
    bool average = op == OF_R_AveragePool, padded = false, ok;
    of_node *s = average || op == OF_R_MaxPool ? of_rw_src(n, 0, OF_R_Pad) : NULL;
    int64_t own[2 * OF_RW_RANK], kernel[OF_RW_RANK], dilation[OF_RW_RANK];
    of_dtype t;
    of_padding p;

    if (!s || !of_rw_sole_node(s) || !of_in_value(s, 0) || of_rw_int(n, "ceil_mode", 0))
        return OF_OK;
    /* The second result of MaxPool is places in the padded input. */
    for (uint32_t i = 1; i < n->n_out; i++)
        if (n->out[i] && (n->out[i]->n_uses || (n->out[i]->flags & OF_VALUE_PINNED))) return OF_OK;
    t = of_rw_dtype(s->in[0].value);
    if ((t != OF_FLOAT && t != OF_DOUBLE && t != OF_FLOAT16) ||
        (average && (rw->exact || of_node_opset(n) < 7)))
        return OF_OK;
    OF_TRY(of_read_padding(rw, s, &p, &ok));
    if (!ok || !(average ? p.zero || p.minus_zero : p.minus_inf)) return OF_OK;
    if (!of_node_attr(n, "kernel_shape") ||
        !of_ints_attr(n, "kernel_shape", 1, p.spatial, kernel) ||
        !of_ints_attr(n, "dilations", 1, p.spatial, dilation) ||
        !of_own_pads(n, p.spatial, NULL, own) || !of_seen(&p, own, kernel))
        return OF_OK;
    for (int64_t i = 0; i < p.spatial; i++) {
        if (dilation[i] != 1) return OF_OK;
        padded = padded || own[i] || own[p.spatial + i];
    }
    /* The zeros count among what is averaged; pads of its own must have counted as well. */
    if (average && padded && !of_rw_int(n, "count_include_pad", 0)) return OF_OK;
    if (average) OF_TRY(of_rw_set_int(rw, n, "count_include_pad", 1));
    *applied = true;
    return of_take_pads(rw, n, s, &p, own);
}
