/* Operators about the shape of one tensor: Shape, Size, Identity, Squeeze, Unsqueeze,
 * Flatten. None of them copies data. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

#include <string.h>

/* ---- Shape ---- */

/* [*lo, *hi) of the axes that Shape-15's start and end select: both clamped to [0, rank]. */
static of_status shape_range(of_opctx *c, int64_t rank, int64_t *lo, int64_t *hi)
{
    *lo = 0;
    *hi = rank;
    if (c->opset < 15) return OF_OK;
    OF_TRY(of_get_int(c, "start", 0, lo));
    OF_TRY(of_get_int(c, "end", rank, hi));
    if (*lo < 0) *lo = *lo < -rank ? 0 : *lo + rank;
    if (*hi < 0) *hi = *hi < -rank ? 0 : *hi + rank;
    if (*lo > rank) *lo = rank;
    if (*hi > rank) *hi = rank;
    if (*hi < *lo) *hi = *lo;
    return OF_OK;
}

of_status of_infer_Shape(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    int64_t lo, hi;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_new_shape(c, 1, &s));
    if (in->rank < 0) return of_set_out(c, 0, OF_INT64, s);
    OF_TRY(shape_range(c, in->rank, &lo, &hi));
    s.d[0] = of_dim_num(hi - lo);
    OF_TRY(of_set_out(c, 0, OF_INT64, s));
    return of_set_known(c, 0, in->d + lo, (size_t)(hi - lo));
}

of_status of_eval_Shape(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    int64_t lo, hi;
    of_tensor *out;

    OF_TRY(shape_range(c, in->rank, &lo, &hi));
    OF_TRY(of_out(c, 0, &out));
    for (int64_t k = lo; k < hi; k++) ((int64_t *)out->data)[k - lo] = in->d[k].k;
    return OF_OK;
}

/* ---- Size ---- */

of_status of_infer_Size(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    of_dim n;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_new_shape(c, 0, &s));
    OF_TRY(of_set_out(c, 0, OF_INT64, s));
    if (in->rank < 0) return OF_OK;
    n = of_dims_product(c, in->d, in->rank);
    return of_dim_known(n) ? of_set_known(c, 0, &n, 1) : OF_OK;
}

of_status of_eval_Size(of_opctx *c)
{
    int64_t n;
    of_tensor *out;

    if (!of_shape_numel(of_in_shape(c, 0), &n))
        return OF_INVALID(c, "the element count is past int64");
    OF_TRY(of_out(c, 0, &out));
    *(int64_t *)out->data = n;
    return OF_OK;
}

/* ---- Identity: also of sequences and optionals ---- */

of_status of_infer_Identity(of_opctx *c)
{
    OF_TRY(of_set_out_type(c, 0, of_in_type(c, 0)));
    return of_pass_known(c, 0, 0);
}

of_status of_eval_Identity(of_opctx *c)
{
    return of_out_val(c, 0, of_val_ref(c->in_const[0]));
}

/* ---- Squeeze ---- */

of_status of_infer_Squeeze(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    const int64_t *list;
    int64_t *axes, n, rank = 0;
    uint64_t gone = 0;
    bool given;
    of_shape s = of_shape_unknown();

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_int_list(c, c->opset < 13 ? "axes" : NULL, 1, &list, &n, &given));
    OF_TRY(of_pass_known(c, 0, 0));
    if (given && !list && n >= 0 && in->rank >= 0) {
        if (n > in->rank) return OF_INVALID(c, "%lld axes of %d", (long long)n, (int)in->rank);
        OF_TRY(of_new_shape(c, in->rank - n, &s));
    }
    if (in->rank < 0 || (given && !list)) return of_set_out(c, 0, of_in_dtype(c, 0), s);
    if (given && n > 0) {
        OF_TRY(of_axis_list(c, list, n, in->rank, &axes));
        for (int64_t k = 0; k < n; k++) {
            const of_dim d = in->d[axes[k]];
            if (of_dim_is_num(d) && d.k != 1)
                return OF_INVALID(c, "dimension %lld is %lld, not 1", (long long)axes[k],
                                  (long long)d.k);
            gone |= UINT64_C(1) << axes[k];
        }
    } else {
        for (int32_t k = 0; k < in->rank; k++) {
            if (!of_dim_is_num(in->d[k])) return of_set_out(c, 0, of_in_dtype(c, 0), s);
            if (in->d[k].k == 1) gone |= UINT64_C(1) << k;
        }
        /* An empty list is "none" to some runtimes and "all" to others. */
        if (given && gone) return OF_UNSUP(c, "an empty list of axes");
    }
    OF_TRY(of_shape_copy(c, in, &s));
    for (int32_t k = 0; k < in->rank; k++)
        if (!(gone >> k & 1)) s.d[rank++] = in->d[k];
    s.rank = (int32_t)rank;
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_Squeeze(of_opctx *c)
{
    return of_eval_reshaped(c, 0);
}

/* ---- Unsqueeze ---- */

of_status of_infer_Unsqueeze(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    const int64_t *list;
    int64_t *axes, n, from = 0;
    uint64_t made = 0;
    bool given;
    of_shape s = of_shape_unknown();

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_int_list(c, c->opset < 13 ? "axes" : NULL, 1, &list, &n, &given));
    if (!given) return OF_INVALID(c, "axes are missing");
    OF_TRY(of_pass_known(c, 0, 0));
    if (in->rank >= 0 && n >= 0) OF_TRY(of_new_shape(c, in->rank + n, &s));
    if (s.rank < 0 || !list) return of_set_out(c, 0, of_in_dtype(c, 0), s);
    OF_TRY(of_axis_list(c, list, n, s.rank, &axes));
    for (int64_t k = 0; k < n; k++) made |= UINT64_C(1) << axes[k];
    for (int32_t k = 0; k < s.rank; k++) s.d[k] = made >> k & 1 ? of_dim_num(1) : in->d[from++];
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_Unsqueeze(of_opctx *c)
{
    return of_eval_reshaped(c, 0);
}

/* ---- Flatten ---- */

of_status of_infer_Flatten(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    int64_t axis;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_get_int(c, "axis", 1, &axis));
    OF_TRY(of_new_shape(c, 2, &s));
    OF_TRY(of_pass_known(c, 0, 0));
    if (in->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), s);
    if (axis < -(int64_t)in->rank || axis > in->rank)
        return OF_INVALID(c, "axis %lld of rank %d", (long long)axis, (int)in->rank);
    if (axis < 0) axis += in->rank;
    s.d[0] = of_dims_product(c, in->d, axis);
    s.d[1] = of_dims_product(c, in->d + axis, in->rank - axis);
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_Flatten(of_opctx *c)
{
    return of_eval_reshaped(c, 0);
}
