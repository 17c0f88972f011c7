/* RotaryEmbedding and SwiGLU. Products and sums of 16-bit floats round each step, as in the
 * function bodies. */
#include "ops/op_attention.h"

#include "kern/kern_mathd.h"

/* ---- RotaryEmbedding ---- */

typedef struct of_rotary {
    int64_t heads, dim, interleaved;
} of_rotary;

static of_status of_rotary_attrs(of_opctx *c, of_rotary *r)
{
    OF_TRY(of_get_int(c, "num_heads", 0, &r->heads));
    OF_TRY(of_get_int(c, "rotary_embedding_dim", 0, &r->dim));
    OF_TRY(of_get_int(c, "interleaved", 0, &r->interleaved));
    if (r->dim < 0 || r->dim % 2) return OF_INVALID(c, "rotary_embedding_dim is %lld", (long long)r->dim);
    return OF_OK;
}

/* What the caches must be like, when the sizes are numbers. */
static of_status of_rotary_caches(of_opctx *c, const of_rotary *r, const of_shape *x)
{
    const bool ids = of_has_in(c, 3);
    const of_dim seq = x->d[x->rank == 4 ? 2 : 1], width = x->d[x->rank - 1];
    int64_t dim = r->dim;

    if (!dim && of_dim_is_num(width)) dim = x->rank == 4 ? width.k : width.k / r->heads;
    for (uint32_t i = 1; i < 3; i++) {
        const of_shape *s = of_in_shape(c, i);
        if (s->rank < 0) continue;
        OF_TRY(of_want_rank(c, i, ids ? 2 : 3));
        if (dim && of_dim_is_num(s->d[s->rank - 1]) && s->d[s->rank - 1].k != dim / 2)
            return OF_INVALID(c, "input %u has rows of %lld where %lld are due", i,
                              (long long)s->d[s->rank - 1].k, (long long)dim / 2);
        for (int32_t k = 0; !ids && k < 2; k++) {
            const of_dim want = k ? seq : x->d[0];
            if (of_dim_is_num(s->d[k]) && of_dim_is_num(want) && s->d[k].k != want.k)
                return OF_INVALID(c, "dimension %d of input %u is %lld", (int)k, i,
                                  (long long)s->d[k].k);
        }
    }
    if (!ids) return OF_OK;
    OF_TRY(of_want_rank(c, 3, 2));
    for (int32_t k = 0; k < of_in_rank(c, 3); k++) {
        const of_dim d = of_in_shape(c, 3)->d[k], want = k ? seq : x->d[0];
        if (of_dim_is_num(d) && of_dim_is_num(want) && d.k != want.k)
            return OF_INVALID(c, "dimension %d of the positions is %lld", (int)k, (long long)d.k);
    }
    return OF_OK;
}

of_status of_infer_RotaryEmbedding(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    of_rotary r;

    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
        OF_TRY(of_want_same(c, 0, i));
    }
    OF_TRY(of_want_types(c, 3, OF_TS(OF_INT64)));
    OF_TRY(of_rotary_attrs(c, &r));
    if (x->rank >= 0) {
        const of_dim width = x->rank ? x->d[x->rank - 1] : of_dim_unknown();
        if (x->rank != 3 && x->rank != 4) return OF_INVALID(c, "X has rank %d", (int)x->rank);
        if (x->rank == 3 && r.heads <= 0) return OF_INVALID(c, "num_heads is due");
        if (of_dim_is_num(width)) {
            if (x->rank == 3 && width.k % r.heads)
                return OF_INVALID(c, "%lld elements are not %lld heads", (long long)width.k,
                                  (long long)r.heads);
            const int64_t size = x->rank == 3 ? width.k / r.heads : width.k;
            if (r.dim > size || (!r.dim && size % 2))
                return OF_INVALID(c, "a head of %lld cannot be rotated", (long long)size);
        }
        OF_TRY(of_rotary_caches(c, &r, x));
    }
    return of_same_as_in(c, 0, 0);
}

/* Rotates one head in place. */
static void of_rotary_head(of_dtype t, double *v, size_t half, bool interleaved, const double *cs,
                           const double *sn)
{
    for (size_t k = 0; k < half; k++) {
        double *a = &v[interleaved ? 2 * k : k], *b = &v[interleaved ? 2 * k + 1 : k + half];
        const double re = of_step(t, of_step(t, cs[k] * *a) - of_step(t, sn[k] * *b));
        const double im = of_step(t, of_step(t, sn[k] * *a) + of_step(t, cs[k] * *b));
        *a = re;
        *b = im;
    }
}

of_status of_eval_RotaryEmbedding(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *cos_t = of_in(c, 1), *sin_t = of_in(c, 2);
    const of_dtype t = (of_dtype)x->dtype;
    size_t half, row;
    double *v, *cs;
    of_heads h;
    of_rotary r;
    of_tensor *y;

    OF_TRY(of_rotary_attrs(c, &r));
    h = x->rank == 4
            ? (of_heads){x, (size_t)x->dims[1], (size_t)x->dims[2], (size_t)x->dims[3], false}
            : (of_heads){x, (size_t)r.heads, (size_t)x->dims[1], (size_t)(x->dims[2] / r.heads),
                         true};
    half = r.dim ? (size_t)r.dim / 2 : h.width / 2;
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 6)));
    v = (double *)of_tmp(c, h.width, 2 * sizeof *v);
    if (!v) return of_nomem(c->err);
    cs = v + h.width;
    for (size_t b = 0; b < (size_t)x->dims[0]; b++)
        for (size_t s = 0; s < h.rows; s++) {
            row = b * h.rows + s;
            if (of_has_in(c, 3)) {
                const int64_t id = ((const int64_t *)of_in(c, 3)->data)[row];
                const int64_t n = cos_t->dims[0] < sin_t->dims[0] ? cos_t->dims[0] : sin_t->dims[0];
                if (id < 0 || id >= n)
                    return OF_INVALID(c, "position %lld of %lld", (long long)id, (long long)n);
                row = (size_t)id;
            }
            of_read_f64(cos_t, row * half, 1, cs, half);
            of_read_f64(sin_t, row * half, 1, cs + half, half);
            for (size_t k = 0; k < h.heads; k++) {
                const size_t at = of_heads_at(&h, b, k, s);
                of_read_f64(x, at, 1, v, h.width);
                of_rotary_head(t, v, half, r.interleaved != 0, cs, cs + half);
                of_write_f64(y, at, 1, v, h.width);
            }
        }
    return OF_OK;
}

/* ---- SwiGLU ---- */

of_status of_infer_SwiGLU(of_opctx *c)
{
    const of_shape *a = of_in_shape(c, 0), *b = of_in_shape(c, 1);

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    OF_TRY(of_want_types(c, 1, OF_TS_FLOAT));
    OF_TRY(of_want_same(c, 0, 1));
    if (a->rank >= 0 && b->rank >= 0) {
        OF_TRY(of_want_rank(c, 1, a->rank));
        for (int32_t k = 0; k < a->rank; k++)
            if (of_dim_is_num(a->d[k]) && of_dim_is_num(b->d[k]) && a->d[k].k != b->d[k].k)
                return OF_INVALID(c, "the inputs have different shapes");
    }
    return of_same_as_in(c, 0, a->rank >= 0 ? 0 : 1);
}

/* Swish(A) * B */
of_status of_eval_SwiGLU(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0), *b = of_in(c, 1);
    const of_dtype t = (of_dtype)a->dtype;
    double v[64], w[64];
    of_tensor *y;
    float alpha;

    OF_TRY(of_get_float(c, "alpha", 1, &alpha));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)a->count, 12)));
    for (size_t i = 0; i < (size_t)a->count; i += 64) {
        const size_t n = (size_t)a->count - i < 64 ? (size_t)a->count - i : 64;
        of_read_f64(a, i, 1, v, n);
        of_read_f64(b, i, 1, w, n);
        for (size_t k = 0; k < n; k++)
            v[k] = of_step(t, v[k] * of_m_sigmoid((double)alpha * v[k])) * w[k];
        of_write_f64(y, i, 1, v, n);
    }
    return OF_OK;
}
