/* Selection by value: NonZero and Compress. The sizes of the results depend on data. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

#include <string.h>

/* ---- NonZero ---- */

of_status of_infer_NonZero(of_opctx *c)
{
    const int32_t rank = of_in_rank(c, 0);
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_new_shape(c, 2, &s));
    if (rank >= 0) s.d[0] = of_dim_num(rank);
    return of_set_out(c, 0, OF_INT64, s);
}

/* -0.0 is zero, NaN is not, a string is zero when empty. */
static bool is_nonzero(of_dtype t, const void *p)
{
    const unsigned char *b = (const unsigned char *)p;
    const size_t mem = of_dtypes[t].mem;
    uint64_t u64[2] = {0, 0};
    uint32_t u32[2] = {0, 0};
    uint16_t u16 = 0;

    switch (t) {
    case OF_FLOAT:
    case OF_COMPLEX64:
        memcpy(u32, p, mem);
        return ((u32[0] | u32[1]) & UINT32_C(0x7fffffff)) != 0;
    case OF_DOUBLE:
    case OF_COMPLEX128:
        memcpy(u64, p, mem);
        return ((u64[0] | u64[1]) & UINT64_C(0x7fffffffffffffff)) != 0;
    case OF_FLOAT16:
    case OF_BFLOAT16:
        memcpy(&u16, p, mem);
        return (u16 & 0x7fff) != 0;
    case OF_STRING: {
        of_str s;
        memcpy(&s, p, sizeof s);
        return s.n != 0;
    }
    default:
        for (size_t k = 0; k < mem; k++)
            if (b[k]) return true;
        return false;
    }
}

of_status of_eval_NonZero(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    const of_dtype t = (of_dtype)in->dtype;
    const size_t mem = of_mem_of(in);
    int64_t *at = (int64_t *)of_tmp(c, OF_MAX_RANK, sizeof(int64_t)), dims[2], n = 0, to = 0;
    of_tensor *out;

    if (!at) return of_nomem(c->err);
    if (!of_dtype_is_int(t) && t != OF_BOOL && t != OF_STRING && t != OF_FLOAT && t != OF_DOUBLE &&
        t != OF_FLOAT16 && t != OF_BFLOAT16 && t != OF_COMPLEX64 && t != OF_COMPLEX128)
        return OF_UNSUP(c, "%s", of_dtypes[t].name);
    OF_TRY(of_work(c, of_sat_mul((uint64_t)in->count, 2)));
    for (int64_t k = 0; k < in->count; k++)
        n += is_nonzero(t, (const char *)in->data + (size_t)k * mem);
    dims[0] = in->rank;
    dims[1] = n;
    OF_TRY(of_out_shaped(c, 0, OF_INT64, dims, 2, &out));
    for (int d = 0; d < in->rank; d++) at[d] = 0;
    for (int64_t k = 0; to < n && k < in->count; k++) {
        if (is_nonzero(t, (const char *)in->data + (size_t)k * mem)) {
            for (int d = 0; d < in->rank; d++) ((int64_t *)out->data)[d * n + to] = at[d];
            to++;
        }
        for (int d = in->rank - 1; d >= 0; d--) {
            if (++at[d] < in->dims[d]) break;
            at[d] = 0;
        }
    }
    return OF_OK;
}

/* ---- Compress ---- */

of_status of_infer_Compress(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0), *cond = of_in_shape(c, 1);
    int64_t axis;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    if (of_in_dtype(c, 1) != OF_UNDEFINED && of_in_dtype(c, 1) != OF_BOOL)
        return OF_INVALID(c, "the condition is %s", of_dtypes[of_in_dtype(c, 1)].name);
    if (cond->rank >= 0 && cond->rank != 1)
        return OF_INVALID(c, "the condition has rank %d", (int)cond->rank);
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    if (!of_has_attr(c, "axis")) {
        OF_TRY(of_new_shape(c, 1, &s));
        return of_set_out(c, 0, of_in_dtype(c, 0), s);
    }
    if (in->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
    OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    OF_TRY(of_shape_copy(c, in, &s));
    s.d[axis] = of_dim_unknown();
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_Compress(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0), *cond = of_in(c, 1);
    const unsigned char *keep = (const unsigned char *)cond->data;
    const bool flat = !of_has_attr(c, "axis");
    int64_t dims[OF_MAX_RANK], axis = 0, size, outer = 1, inner = 1, n = 0, to = 0;
    size_t run;
    of_tensor *out;

    OF_TRY(of_get_int(c, "axis", 0, &axis));
    size = in->count;
    if (!flat) {
        OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
        size = in->dims[axis];
        outer = of_count(in->dims, (size_t)axis);
        inner = of_count(in->dims + axis + 1, (size_t)(in->rank - 1 - axis));
    }
    for (int64_t k = 0; k < cond->count; k++) {
        if (keep[k] && k >= size)
            return OF_INVALID(c, "element %lld of %lld", (long long)k, (long long)size);
        n += keep[k] != 0;
    }
    if (flat) dims[0] = n;
    for (int k = 0; !flat && k < in->rank; k++) dims[k] = k == axis ? n : in->dims[k];
    OF_TRY(of_out_shaped(c, 0, (of_dtype)in->dtype, dims, flat ? 1 : in->rank, &out));
    OF_TRY(of_work(
        c, of_sat_add((uint64_t)out->count, of_sat_mul((uint64_t)outer, (uint64_t)cond->count))));
    run = (size_t)inner * of_mem_of(in);
    for (int64_t o = 0; run && o < outer; o++)
        for (int64_t k = 0; k < cond->count; k++)
            if (keep[k])
                memcpy(of_bytes(out, to++ * inner), of_bytes(in, (o * size + k) * inner), run);
    return OF_OK;
}
