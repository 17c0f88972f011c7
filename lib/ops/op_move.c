/* Rearrangements: Transpose, DepthToSpace, SpaceToDepth, ReverseSequence, Trilu. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

#include <string.h>

/* ---- Transpose ---- */

/* perm, or the reversed order, checked to be a permutation. */
static of_status transpose_perm(of_opctx *c, int64_t rank, int64_t *perm)
{
    const int64_t *list;
    uint64_t seen = 0;
    size_t n;

    OF_TRY(of_get_ints(c, "perm", &list, &n));
    if (!of_has_attr(c, "perm")) {
        for (int64_t k = 0; k < rank; k++) perm[k] = rank - 1 - k;
        return OF_OK;
    }
    if ((int64_t)n != rank)
        return OF_INVALID(c, "perm has %zu elements, rank is %lld", n, (long long)rank);
    for (size_t k = 0; k < n; k++) {
        if (list[k] < 0 || list[k] >= rank || (seen >> list[k] & 1))
            return OF_INVALID(c, "perm is not a permutation: %lld", (long long)list[k]);
        seen |= UINT64_C(1) << list[k];
        perm[k] = list[k];
    }
    return OF_OK;
}

of_status of_infer_Transpose(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    int64_t perm[OF_MAX_RANK], rank = in->rank;
    const int64_t *list;
    size_t n;
    of_shape s = of_shape_unknown();

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_get_ints(c, "perm", &list, &n));
    if (rank < 0 && of_has_attr(c, "perm")) {
        if (n > OF_MAX_RANK) return OF_INVALID(c, "perm has %zu elements", n);
        rank = (int64_t)n;
    }
    if (rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), s);
    OF_TRY(transpose_perm(c, rank, perm));
    OF_TRY(of_new_shape(c, rank, &s));
    for (int64_t k = 0; k < rank && in->rank >= 0; k++) s.d[k] = in->d[perm[k]];
    if (rank <= 1) OF_TRY(of_pass_known(c, 0, 0));
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_Transpose(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    int64_t *perm = (int64_t *)of_tmp(c, OF_MAX_RANK, 4 * sizeof(int64_t)), *is, *ds, *ss,
            last = -1;
    bool moves = false;
    of_tensor *out;

    if (!perm) return of_nomem(c->err);
    is = perm + OF_MAX_RANK, ds = is + OF_MAX_RANK, ss = ds + OF_MAX_RANK;
    OF_TRY(transpose_perm(c, in->rank, perm));
    for (int k = 0; k < in->rank; k++) {
        if (in->dims[perm[k]] == 1) continue;
        moves = moves || perm[k] < last;
        last = perm[k];
    }
    if (!moves) return of_eval_reshaped(c, 0); /* only dims of 1 change place */
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    if (out->count == 0) return OF_OK;
    of_strides(in->dims, in->rank, is);
    of_strides(out->dims, out->rank, ds);
    for (int k = 0; k < in->rank; k++) ss[k] = is[perm[k]];
    return of_move_nd(c, of_mem_of(out), out->data, ds, in->data, ss, out->dims, out->rank);
}

/* ---- DepthToSpace, SpaceToDepth: a transpose of six dims of which four are seen ---- */

static of_status block_attrs(of_opctx *c, bool has_mode, int64_t *b, bool *crd)
{
    of_str mode;

    *crd = false;
    OF_TRY(of_get_int(c, "blocksize", 0, b));
    if (*b < 1 || *b > INT32_MAX) return OF_INVALID(c, "blocksize is %lld", (long long)*b);
    if (!has_mode) return OF_OK;
    OF_TRY(of_get_str(c, "mode", "DCR", &mode));
    *crd = of_str_is(mode, "CRD");
    if (!*crd && !of_str_is(mode, "DCR"))
        return OF_INVALID(c, "mode %.*s", of_clip(mode.n), mode.p);
    return OF_OK;
}

/* out = in / b, exact; unknown stays unknown. */
static of_status block_div(of_opctx *c, of_dim in, int64_t b, of_dim *out)
{
    if (of_dim_is_num(in) && in.k % b != 0)
        return OF_INVALID(c, "a dimension of %lld does not divide by %lld", (long long)in.k,
                          (long long)b);
    *out =
        of_dim_is_num(in) ? of_dim_num(in.k / b) : of_dim_floordiv(c->m->dims, in, of_dim_num(b));
    return OF_OK;
}

static of_status block_infer(of_opctx *c, bool to_space)
{
    const of_shape *in = of_in_shape(c, 0);
    of_dimtab *t = c->m->dims;
    int64_t b;
    bool crd;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(block_attrs(c, c->opset >= (to_space ? 11 : 28), &b, &crd));
    if (in->rank >= 0 && in->rank != 4) return OF_INVALID(c, "rank %d, not 4", (int)in->rank);
    OF_TRY(of_new_shape(c, 4, &s));
    if (in->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), s);
    s.d[0] = in->d[0];
    if (to_space) {
        OF_TRY(block_div(c, in->d[1], b * b, &s.d[1]));
        s.d[2] = of_dim_mul(t, in->d[2], of_dim_num(b));
        s.d[3] = of_dim_mul(t, in->d[3], of_dim_num(b));
    } else {
        s.d[1] = of_dim_mul(t, in->d[1], of_dim_num(b * b));
        OF_TRY(block_div(c, in->d[2], b, &s.d[2]));
        OF_TRY(block_div(c, in->d[3], b, &s.d[3]));
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

/* in viewed with the six dims `split`, its axes taken in the order perm. */
static of_status block_move(of_opctx *c, const int64_t split[6], const int perm[6])
{
    const of_tensor *in = of_in(c, 0);
    int64_t is[6], dims[6], ds[6], ss[6];
    of_tensor *out;

    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    if (out->count == 0) return OF_OK;
    of_strides(split, 6, is);
    for (int k = 0; k < 6; k++) {
        dims[k] = split[perm[k]];
        ss[k] = is[perm[k]];
    }
    of_strides(dims, 6, ds);
    return of_move_nd(c, of_mem_of(out), out->data, ds, in->data, ss, dims, 6);
}

of_status of_infer_DepthToSpace(of_opctx *c)
{
    return block_infer(c, true);
}

of_status of_eval_DepthToSpace(of_opctx *c)
{
    static const int dcr_perm[6] = {0, 3, 4, 1, 5, 2}, crd_perm[6] = {0, 1, 4, 2, 5, 3};
    const int64_t *d = of_in(c, 0)->dims;
    int64_t b;
    bool crd;

    OF_TRY(block_attrs(c, c->opset >= 11, &b, &crd));
    {
        const int64_t dcr_dims[6] = {d[0], b, b, d[1] / (b * b), d[2], d[3]};
        const int64_t crd_dims[6] = {d[0], d[1] / (b * b), b, b, d[2], d[3]};
        return block_move(c, crd ? crd_dims : dcr_dims, crd ? crd_perm : dcr_perm);
    }
}

of_status of_infer_SpaceToDepth(of_opctx *c)
{
    return block_infer(c, false);
}

of_status of_eval_SpaceToDepth(of_opctx *c)
{
    static const int dcr_perm[6] = {0, 3, 5, 1, 2, 4}, crd_perm[6] = {0, 1, 3, 5, 2, 4};
    const int64_t *d = of_in(c, 0)->dims;
    int64_t b;
    bool crd;

    OF_TRY(block_attrs(c, c->opset >= 28, &b, &crd));
    {
        const int64_t dims[6] = {d[0], d[1], d[2] / b, b, d[3] / b, b};
        return block_move(c, dims, crd ? crd_perm : dcr_perm);
    }
}

/* ---- ReverseSequence ---- */

static of_status reverse_axes(of_opctx *c, int64_t *batch, int64_t *time)
{
    OF_TRY(of_get_int(c, "batch_axis", 1, batch));
    OF_TRY(of_get_int(c, "time_axis", 0, time));
    if (*batch < 0 || *batch > 1 || *time < 0 || *time > 1 || *batch == *time)
        return OF_INVALID(c, "batch_axis %lld and time_axis %lld", (long long)*batch,
                          (long long)*time);
    return OF_OK;
}

of_status of_infer_ReverseSequence(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0), *len = of_in_shape(c, 1);
    int64_t batch, time;
    of_dim same;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_index(c, 1));
    OF_TRY(reverse_axes(c, &batch, &time));
    if (in->rank >= 0 && in->rank < 2) return OF_INVALID(c, "rank %d", (int)in->rank);
    if (len->rank >= 0 && len->rank != 1)
        return OF_INVALID(c, "the lengths have rank %d", (int)len->rank);
    if (in->rank >= 0 && len->rank == 1 && !of_dim_meet(in->d[batch], len->d[0], &same))
        return OF_INVALID(c, "as many lengths as the batch has are due");
    return of_same_as_in(c, 0, 0);
}

of_status of_eval_ReverseSequence(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0), *len = of_in(c, 1);
    const int64_t d1 = in->dims[1];
    int64_t batch, time, inner;
    size_t run;
    of_tensor *out;

    OF_TRY(reverse_axes(c, &batch, &time));
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    inner = of_count(in->dims + 2, (size_t)in->rank - 2);
    run = (size_t)inner * of_mem_of(in);
    for (int64_t b = 0; b < in->dims[batch]; b++) {
        int64_t n;
        if (!of_tensor_get_i64(len, b, &n) || n < 0 || n > in->dims[time])
            return OF_INVALID(c, "a length is outside of [0, %lld]", (long long)in->dims[time]);
        for (int64_t t = 0; run && t < in->dims[time]; t++) {
            const int64_t from = t < n ? n - 1 - t : t;
            const int64_t to_at = batch == 0 ? b * d1 + t : t * d1 + b;
            const int64_t from_at = batch == 0 ? b * d1 + from : from * d1 + b;
            memcpy(of_bytes(out, to_at * inner), of_bytes(in, from_at * inner), run);
        }
    }
    return OF_OK;
}

/* ---- Trilu ---- */

of_status of_infer_Trilu(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    int64_t n;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor_if(c, 1));
    if (of_has_in(c, 1)) {
        OF_TRY(of_need_index(c, 1));
        OF_TRY(of_list_len(c, 1, 1, &n));
        if (n == 0) return OF_INVALID(c, "k is empty");
    }
    if (in->rank >= 0 && in->rank < 2) return OF_INVALID(c, "rank %d", (int)in->rank);
    return of_same_as_in(c, 0, 0);
}

of_status of_eval_Trilu(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    const int64_t rows = in->dims[in->rank - 2], cols = in->dims[in->rank - 1];
    int64_t upper, k = 0;
    of_tensor *out;

    OF_TRY(of_get_int(c, "upper", 1, &upper));
    if (of_has_in(c, 1) && !of_tensor_get_i64(of_in(c, 1), 0, &k))
        return OF_INVALID(c, "k is not an integer");
    if (k > cols) k = cols;
    if (k < -rows) k = -rows;
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    for (int64_t at = 0, i = 0; at < in->count; at += cols, i = i + 1 < rows ? i + 1 : 0) {
        int64_t edge = upper ? i + k : i + k + 1; /* first column kept, or first one not */
        int64_t lo, hi;
        edge = edge < 0 ? 0 : edge > cols ? cols : edge;
        lo = upper ? edge : 0;
        hi = upper ? cols : edge;
        if (hi > lo)
            memcpy(of_bytes(out, at + lo), of_bytes(in, at + lo),
                   (size_t)(hi - lo) * of_mem_of(in));
    }
    return OF_OK;
}
