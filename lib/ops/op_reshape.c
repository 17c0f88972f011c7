/* Reshape: the target as an attribute (1) or an input (5), 0 copies a dim unless
 * allowzero (14), one -1 is what is left. Dims may be symbolic on both sides. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

/* The elements of the target: *t NULL when not known, *n then its length or -1. */
static of_status reshape_target(of_opctx *c, of_dim **t, int64_t *n)
{
    const int64_t *list;
    size_t len;

    *t = NULL;
    if (c->opset >= 5) {
        OF_TRY(of_need_tensor(c, 1));
        if (of_in_dtype(c, 1) != OF_UNDEFINED && of_in_dtype(c, 1) != OF_INT64)
            return OF_INVALID(c, "the shape is %s where int64 is due",
                              of_dtypes[of_in_dtype(c, 1)].name);
        OF_TRY(of_list_len(c, 1, OF_MAX_RANK, n));
        OF_TRY(of_in_dims(c, 1, t, &len));
        if (*t) *n = (int64_t)len;
        return OF_OK;
    }
    if (!of_has_attr(c, "shape")) return OF_INVALID(c, "the shape is missing");
    OF_TRY(of_get_ints(c, "shape", &list, &len));
    *n = (int64_t)len;
    if (len > OF_MAX_RANK) return OF_INVALID(c, "the shape has %zu elements", len);
    *t = (of_dim *)of_tmp(c, len + 1, sizeof(of_dim));
    if (!*t) return of_nomem(c->err);
    for (size_t k = 0; k < len; k++) (*t)[k] = of_dim_num(list[k]);
    return OF_OK;
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        const int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* One side of the equation "product of the input's dims = product of the output's". */
typedef struct reshape_side {
    of_dim d[OF_MAX_RANK]; /* what is not a number */
    int n;
    int64_t k; /* product of the numbers */
    bool ok;   /* nothing unknown, no overflow */
} reshape_side;

static void side_add(reshape_side *s, of_dim d)
{
    if (!of_dim_known(d)) s->ok = false;
    else if (!of_dim_is_num(d)) s->d[s->n++] = d;
    else if (!of_mul_i64(s->k, d.k, &s->k)) s->ok = false;
}

/* The one dim of the output that is left open. Equal factors are struck out on both
 * sides first: with b on both, (b, 12) into (b, 3, ?) is 4 whatever b is. */
static of_status reshape_solve(of_opctx *c, reshape_side *in, reshape_side *out, bool due,
                               of_dim *hole)
{
    of_dimtab *t = c->m->dims;
    of_dim num, den;
    int64_t g;

    *hole = of_dim_unknown();
    if (!in->ok || !out->ok) return OF_OK;
    for (int i = 0; i < out->n; i++)
        for (int j = 0; j < in->n; j++)
            if (of_dim_same(out->d[i], in->d[j])) {
                out->d[i--] = out->d[--out->n];
                in->d[j] = in->d[--in->n];
                break;
            }
    if (out->k == 0) {
        if (due) return OF_INVALID(c, "-1 beside a dimension of 0");
        return OF_OK;
    }
    g = gcd(in->k, out->k);
    if (g == 0) g = 1;
    if (in->n == 0 && out->n == 0) {
        if (in->k % out->k != 0) {
            if (due)
                return OF_INVALID(c, "%lld elements do not divide by %lld", (long long)in->k,
                                  (long long)out->k);
            return OF_OK;
        }
        *hole = of_dim_num(in->k / out->k);
        return OF_OK;
    }
    num = of_dim_mul(t, of_dims_product(c, in->d, in->n), of_dim_num(in->k / g));
    den = of_dim_mul(t, of_dims_product(c, out->d, out->n), of_dim_num(out->k / g));
    *hole = of_dim_is(den, 1) ? num : of_dim_floordiv(t, num, den);
    return OF_OK;
}

static of_status reshape_resolve(of_opctx *c, const of_shape *in, const of_dim *t, int64_t n,
                                 bool allowzero, of_shape *out)
{
    reshape_side *side = (reshape_side *)of_tmp(c, 2, sizeof(reshape_side));
    int64_t hole = -1, n_holes = 0, a, b;
    uint64_t copied = 0; /* axes whose dim is the input's */
    bool minus = false, zero = false, zero_copied = false;

    if (!side) return of_nomem(c->err);
    for (int64_t k = 0; k < n; k++) {
        const of_dim d = t[k];
        if (of_dim_is_num(d) && d.k < -1) return OF_INVALID(c, "dimension %lld", (long long)d.k);
        if (of_dim_is(d, -1)) {
            if (minus) return OF_INVALID(c, "-1 twice");
            minus = true;
        }
        if (!of_dim_known(d) || of_dim_is(d, -1)) {
            hole = k;
            n_holes++;
        } else if (of_dim_is(d, 0) && !allowzero) {
            if (in->rank >= 0 && k >= in->rank)
                return OF_INVALID(c, "0 at %lld copies a dimension of rank %d", (long long)k,
                                  (int)in->rank);
            if (in->rank >= 0) {
                out->d[k] = in->d[k];
                copied |= UINT64_C(1) << k;
                zero_copied = zero_copied || of_dim_is(in->d[k], 0);
            }
        } else {
            out->d[k] = d;
            zero = zero || of_dim_is(d, 0);
        }
    }
    if (minus && (zero || zero_copied)) return OF_INVALID(c, "-1 beside a dimension of 0");
    if (in->rank < 0) return OF_OK;
    if (n_holes == 1) {
        side[0].n = side[1].n = 0;
        side[0].k = side[1].k = 1;
        side[0].ok = side[1].ok = true;
        for (int32_t k = 0; k < in->rank; k++)
            if (!(copied >> k & 1)) side_add(&side[0], in->d[k]);
        for (int64_t k = 0; k < n; k++)
            if (k != hole && !(copied >> k & 1)) side_add(&side[1], out->d[k]);
        OF_TRY(reshape_solve(c, &side[0], &side[1], minus, &out->d[hole]));
    }
    if (of_shape_is_static(in) && of_shape_is_static(out) &&
        (!of_shape_numel(in, &a) || !of_shape_numel(out, &b) || a != b))
        return OF_INVALID(c, "the element counts differ");
    return OF_OK;
}

of_status of_infer_Reshape(of_opctx *c)
{
    of_shape s = of_shape_unknown();
    int64_t allowzero = 0, n;
    of_dim *t;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(reshape_target(c, &t, &n));
    if (c->opset >= 14) OF_TRY(of_get_int(c, "allowzero", 0, &allowzero));
    if (n >= 0) OF_TRY(of_new_shape(c, n, &s));
    if (t) OF_TRY(reshape_resolve(c, of_in_shape(c, 0), t, n, allowzero != 0, &s));
    OF_TRY(of_pass_known(c, 0, 0));
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_Reshape(of_opctx *c)
{
    return of_eval_reshaped(c, 0);
}
