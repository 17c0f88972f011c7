/* Windows over the spatial axes: attributes, padding, sizes of results. */
#include "ops/op_window.h"

#include <string.h>

/* Past this no kernel, stride or padding means anything, and sums of a few stay in int64. */
#define OF_WINDOW_MAX INT32_MAX

of_status of_window_ints(of_opctx *c, const char *name, size_t n, int64_t lo, int64_t def,
                         int64_t *to)
{
    const int64_t *v;
    size_t have;

    OF_TRY(of_get_ints(c, name, &v, &have));
    for (size_t i = 0; i < n; i++) to[i] = def;
    if (!have) return OF_OK;
    if (have != n) return OF_INVALID(c, "%s has %zu numbers where %zu are due", name, have, n);
    for (size_t i = 0; i < n; i++) {
        if (v[i] < lo || v[i] > OF_WINDOW_MAX)
            return OF_INVALID(c, "%s has %lld in it", name, (long long)v[i]);
        to[i] = v[i];
    }
    return OF_OK;
}

static of_status of_window_auto(of_opctx *c, of_window *w)
{
    static const char *const names[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    of_str s;

    OF_TRY(of_get_str(c, "auto_pad", "NOTSET", &s));
    for (size_t i = 0; i < 4; i++)
        if (s.n == strlen(names[i]) && memcmp(s.p, names[i], s.n) == 0) {
            w->auto_pad = (of_auto_pad)i;
            return OF_OK;
        }
    return OF_INVALID(c, "auto_pad is none of the four that there are");
}

/* The kernel's shape from the weights, which an attribute may only repeat. */
static of_status of_window_kernel(of_opctx *c, of_window *w, const of_shape *weights)
{
    OF_TRY(of_window_ints(c, "kernel_shape", w->n, 1, -1, w->kernel));
    for (size_t i = 0; weights && weights->rank == (int32_t)w->n + 2 && i < w->n; i++) {
        const of_dim d = weights->d[i + 2];
        if (!of_dim_is_num(d)) continue;
        if (w->kernel[i] >= 0 && w->kernel[i] != d.k)
            return OF_INVALID(c, "kernel_shape is not that of the weights");
        if (d.k < 1 || d.k > OF_WINDOW_MAX) return OF_INVALID(c, "the kernel has no elements");
        w->kernel[i] = d.k;
    }
    if (!weights && w->n && w->kernel[0] < 0) return OF_INVALID(c, "kernel_shape is missing");
    return OF_OK;
}

of_status of_window_attrs(of_opctx *c, size_t n, const of_shape *weights, uint32_t flags,
                          of_window *w)
{
    int64_t *a = (int64_t *)of_tmp(c, n, 6 * sizeof *a);

    if (!a) return of_nomem(c->err);
    *w = (of_window){.n = n, .kernel = a, .stride = a + n, .dilation = a + 2 * n, .begin = a + 3 * n};
    w->end = w->begin + n;
    OF_TRY(of_window_kernel(c, w, weights));
    OF_TRY(of_window_ints(c, "strides", n, 1, 1, w->stride));
    for (size_t i = 0; i < n; i++) w->dilation[i] = 1;
    if (flags & OF_WIN_DILATED) OF_TRY(of_window_ints(c, "dilations", n, 1, 1, w->dilation));
    OF_TRY(of_window_auto(c, w));
    OF_TRY(of_window_ints(c, "pads", 2 * n, 0, 0, w->begin));
    if (w->auto_pad != OF_PAD_NOTSET) memset(w->begin, 0, 2 * n * sizeof *w->begin);
    if (flags & OF_WIN_CEIL) OF_TRY(of_get_int(c, "ceil_mode", 0, &w->ceil_mode));
    return OF_OK;
}

void of_window_split(of_window *w, size_t axis, int64_t total)
{
    const int64_t half = total / 2;

    w->begin[axis] = w->auto_pad == OF_PAD_SAME_LOWER ? total - half : half;
    w->end[axis] = total - w->begin[axis];
}

/* The number of windows, rounded up: the last one must start before the padding that ends
 * the axis (MaxPool, AveragePool, LpPool with ceil_mode). */
static of_dim of_window_ceil(of_dimtab *t, const of_window *w, size_t i, of_dim in, of_dim room)
{
    const int64_t s = w->stride[i];
    const of_dim n = of_dim_add(t, of_dim_ceildiv(t, room, of_dim_num(s)), of_dim_num(1));

    /* One text has ceil_mode change nothing beside VALID, all implementations count on. */
    if (w->auto_pad == OF_PAD_VALID && !(of_dim_is_num(room) && room.k % s == 0) && s != 1)
        return of_dim_unknown();
    if (w->end[i] + s <= of_window_extent(w, i)) return n;
    if (!of_dim_is_num(in) || !of_dim_is_num(n)) return of_dim_unknown();
    return (n.k - 1) * s >= in.k + w->begin[i] ? of_dim_num(n.k - 1) : n;
}

of_status of_window_slide(of_opctx *c, of_window *w, const of_shape *x, of_shape *y)
{
    of_dimtab *t = c->m->dims;

    for (size_t i = 0; i < w->n; i++) {
        const of_dim in = x->rank < 0 ? of_dim_unknown() : x->d[i + 2], s = of_dim_num(w->stride[i]);
        const bool same = w->auto_pad == OF_PAD_SAME_UPPER || w->auto_pad == OF_PAD_SAME_LOWER;
        of_dim *out = &y->d[i + 2], room;
        if (same) *out = of_dim_ceildiv(t, in, s);
        if (w->kernel[i] < 0) continue;
        if (same) {
            int64_t total, reach;
            if (!of_dim_is_num(in) || !of_dim_is_num(*out)) continue;
            if (!of_mul_i64(out->k - 1, s.k, &reach) ||
                !of_add_i64(reach, of_window_extent(w, i) - in.k, &total))
                return OF_INVALID(c, "the padding is too large");
            of_window_split(w, i, total < 0 ? 0 : total);
            continue;
        }
        room = of_dim_add(t, in, of_dim_num(w->begin[i] + w->end[i] - of_window_extent(w, i)));
        if (of_dim_is_num(room) && room.k < 0)
            return OF_INVALID(c, "the window does not fit into axis %zu", i + 2);
        if (w->ceil_mode) *out = of_window_ceil(t, w, i, in, room);
        else *out = of_dim_add(t, of_dim_floordiv(t, room, s), of_dim_num(1));
    }
    return OF_OK;
}
