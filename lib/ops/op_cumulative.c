/* CumSum and CumProd: floats accumulate in double and round each result once, integers wrap. */
#include "ops/op_numeric.h"

of_status of_infer_Cumulative(of_opctx *c)
{
    int64_t flag, *axis, a;
    size_t n;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT | OF_TS_INT));
    OF_TRY(of_want_types(c, 1, OF_TS(OF_INT32) | OF_TS(OF_INT64)));
    OF_TRY(of_get_int(c, "exclusive", 0, &flag));
    OF_TRY(of_get_int(c, "reverse", 0, &flag));
    OF_TRY(of_in_ints(c, 1, &axis, &n));
    if (axis && n != 1) return OF_INVALID(c, "axis has %zu elements", n);
    if (axis && of_in_rank(c, 0) >= 0) OF_TRY(of_norm_axis(c, axis[0], of_in_rank(c, 0), 0, &a));
    return of_same_as_in(c, 0, 0);
}

/* One line: n elements, step apart (negative: from the end). */
#define OF_CUM(name, type, op)                                                                     \
    static void name(const void *xv, void *yv, size_t at, size_t n, ptrdiff_t step,                \
                     bool exclusive, uint64_t acc)                                                 \
    {                                                                                              \
        const type *x = (const type *)xv + at;                                                     \
        type *y = (type *)yv + at;                                                                 \
        for (size_t k = 0; k < n; k++) {                                                           \
            const ptrdiff_t i = (ptrdiff_t)k * step;                                               \
            const uint64_t next = acc op x[i];                                                     \
            y[i] = (type)(exclusive ? acc : next);                                                 \
            acc = next;                                                                            \
        }                                                                                          \
    }

OF_CUM(cum_sum_u8, uint8_t, +)
OF_CUM(cum_sum_u16, uint16_t, +)
OF_CUM(cum_sum_u32, uint32_t, +)
OF_CUM(cum_sum_u64, uint64_t, +)
OF_CUM(cum_prod_u8, uint8_t, *)
OF_CUM(cum_prod_u16, uint16_t, *)
OF_CUM(cum_prod_u32, uint32_t, *)
OF_CUM(cum_prod_u64, uint64_t, *)

typedef void (*of_cum_fn)(const void *x, void *y, size_t at, size_t n, ptrdiff_t step,
                          bool exclusive, uint64_t acc);

/* By the element's size: wrapping sums and products have the same low bits signed or not. */
static of_cum_fn of_cum_int(size_t mem, bool prod)
{
    switch (mem) {
    case 1: return prod ? cum_prod_u8 : cum_sum_u8;
    case 2: return prod ? cum_prod_u16 : cum_sum_u16;
    case 4: return prod ? cum_prod_u32 : cum_sum_u32;
    default: return prod ? cum_prod_u64 : cum_sum_u64;
    }
}

static void of_cum_line(double *v, size_t n, bool exclusive, bool reverse, bool prod)
{
    double acc = prod ? 1 : 0;
    bool first = true; /* -0.0 alone stays -0.0 */

    for (size_t i = 0; i < n; i++) {
        const size_t k = reverse ? n - 1 - i : i;
        const double next = first ? v[k] : prod ? acc * v[k] : acc + v[k];
        v[k] = exclusive ? acc : next;
        acc = next;
        first = false;
    }
}

static of_status of_cumulative(of_opctx *c, bool prod)
{
    const of_tensor *x = of_in(c, 0);
    const of_cum_fn fn = of_cum_int(of_dtypes[x->dtype].mem, prod);
    int64_t exclusive, reverse, *list, axis;
    double *v = NULL;
    of_tensor *y;
    of_lines l;
    size_t n;

    OF_TRY(of_get_int(c, "exclusive", 0, &exclusive));
    OF_TRY(of_get_int(c, "reverse", 0, &reverse));
    OF_TRY(of_in_ints(c, 1, &list, &n));
    if (!list || n != 1) return OF_INVALID(c, "axis is not one number");
    OF_TRY(of_norm_axis(c, list[0], x->rank, 0, &axis));
    l = of_lines_of(x, (size_t)axis);
    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)x->count));
    if (x->count == 0) return OF_OK;
    if (of_dtype_is_float((of_dtype)x->dtype)) {
        v = (double *)of_tmp(c, l.n, sizeof *v);
        if (!v) return of_nomem(c->err);
    }
    for (size_t o = 0; o < l.outer; o++)
        for (size_t j = 0; j < l.inner; j++) {
            const size_t at = o * l.n * l.inner + j;
            if (v) {
                of_read_f64(x, at, l.inner, v, l.n);
                of_cum_line(v, l.n, exclusive != 0, reverse != 0, prod);
                of_write_f64(y, at, l.inner, v, l.n);
            } else {
                fn(x->data, y->data, reverse ? at + (l.n - 1) * l.inner : at, l.n,
                   reverse ? -(ptrdiff_t)l.inner : (ptrdiff_t)l.inner, exclusive != 0, prod);
            }
        }
    return OF_OK;
}

of_status of_eval_CumSum(of_opctx *c)
{
    return of_cumulative(c, false);
}

of_status of_eval_CumProd(of_opctx *c)
{
    return of_cumulative(c, true);
}
