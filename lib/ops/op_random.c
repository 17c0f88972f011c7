/* Operators whose values are never computed, types and shapes determined: those that draw, and
 * the one that needs codecs. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

static of_status draw_type(of_opctx *c, of_dtype def, of_dtype *t)
{
    int64_t v;

    OF_TRY(of_get_int(c, "dtype", def, &v));
    if (v != OF_UNDEFINED && !of_dtype_valid(v)) return OF_INVALID(c, "dtype %lld", (long long)v);
    *t = (of_dtype)v;
    return OF_OK;
}

/* RandomNormal, RandomUniform. */
of_status of_infer_random(of_opctx *c)
{
    const int64_t *shape;
    size_t n;
    of_shape s;
    of_dtype t = OF_UNDEFINED;

    OF_TRY(draw_type(c, OF_FLOAT, &t));
    OF_TRY(of_get_ints(c, "shape", &shape, &n));
    if (!of_has_attr(c, "shape")) return OF_INVALID(c, "no shape");
    for (size_t k = 0; k < n; k++)
        if (shape[k] < 0) return OF_INVALID(c, "a dimension of %lld", (long long)shape[k]);
    s = of_shape_from(c, shape, n);
    return of_set_out(c, 0, t, s);
}

/* Bernoulli, RandomNormalLike, RandomUniformLike. */
of_status of_infer_random_like(of_opctx *c)
{
    of_dtype t = OF_UNDEFINED;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(draw_type(c, of_in_dtype(c, 0), &t));
    return of_set_out(c, 0, t, *of_in_shape(c, 0));
}

of_status of_infer_Multinomial(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    of_shape s;
    of_dtype t = OF_UNDEFINED;
    int64_t n;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(draw_type(c, OF_INT32, &t));
    OF_TRY(of_get_int(c, "sample_size", 1, &n));
    if (n < 0 || (in->rank >= 0 && in->rank != 2)) return OF_INVALID(c, "%lld samples of rank %d", (long long)n, (int)in->rank);
    OF_TRY(of_new_shape(c, 2, &s));
    if (in->rank == 2) s.d[0] = in->d[0];
    s.d[1] = of_dim_num(n);
    return of_set_out(c, 0, t, s);
}

/* (height, width, channels), bytes; all three are 0 where the stream cannot be decoded. */
of_status of_infer_ImageDecoder(of_opctx *c)
{
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_new_shape(c, 3, &s));
    return of_set_out(c, 0, OF_UINT8, s);
}
