/* Running kernels over the operands of elementwise operators. */
#include <string.h>

#include "ops/op_elementwise.h"

of_status of_ew_load(of_opctx *c, const of_tensor *t, of_dtype as, const void **v)
{
    void *p;

    *v = t->data;
    if (t->dtype == as || t->count == 0) return OF_OK;
    p = of_tmp(c, (size_t)t->count, of_dtypes[as].mem);
    if (!p) return of_ew_nomem(c);
    *v = p;
    switch (as) {
    case OF_FLOAT: of_to_f32((of_dtype)t->dtype, t->data, (float *)p, (size_t)t->count); break;
    case OF_DOUBLE: of_to_f64((of_dtype)t->dtype, t->data, (double *)p, (size_t)t->count); break;
    case OF_INT64: of_to_i64((of_dtype)t->dtype, t->data, (int64_t *)p, (size_t)t->count); break;
    default: return OF_UNSUP(c, "%s is not computed in %s", of_dtypes[t->dtype].name, of_dtypes[as].name);
    }
    return OF_OK;
}

void of_ew_store(of_dtype work, const void *src, of_dtype t, void *dst, size_t n)
{
    if (work == t) {
        if (n) memcpy(dst, src, n * of_dtypes[t].mem);
    } else if (work == OF_FLOAT) {
        of_from_f32(t, (const float *)src, dst, n);
    } else if (work == OF_DOUBLE) {
        of_from_f64(t, (const double *)src, dst, n);
    } else { /* INT64 to INT32 */
        const int64_t *s = (const int64_t *)src;
        int32_t *d = (int32_t *)dst;
        for (size_t i = 0; i < n; i++) d[i] = (int32_t)(uint32_t)(uint64_t)s[i];
    }
}

/* Strides of b as operand of the first input's index space (see of_ew_shape2). */
static of_status of_ew_legacy_strides(of_opctx *c, const of_tensor *a, const of_tensor *b, int64_t *s)
{
    int64_t bs[OF_MAX_RANK], axis;
    size_t start = (size_t)(a->rank - b->rank);

    for (size_t k = 0; k < a->rank; k++) s[k] = 0;
    if (b->count == 1) return OF_OK;
    if (of_sym_is(c->node->op_type, "PRelu")) {
        if (b->rank == 1 && a->rank >= 2) start = 1;
    } else if (of_has_attr(c, "axis") && a->rank != b->rank) {
        OF_TRY(of_get_int(c, "axis", 0, &axis));
        start = (size_t)(axis < 0 ? axis + a->rank : axis);
    }
    of_strides(b->dims, b->rank, bs);
    for (size_t k = 0; k < b->rank; k++)
        if (b->dims[k] != 1) s[start + k] = bs[k];
    return OF_OK;
}

of_status of_ew_loop2(of_opctx *c, const of_tensor *out, const of_tensor *a, const of_tensor *b, of_loop **l)
{
    const of_tensor *in[2] = {a, b};
    const int64_t *strides[3];
    int64_t *s;

    *l = OF_NEW(c->tmp, of_loop);
    if (!*l) return of_ew_nomem(c);
    if (!of_ew_legacy(c)) {
        of_loop_init_broadcast(*l, out->dims, out->rank, in, 2);
        return OF_OK;
    }
    s = (int64_t *)of_tmp(c, 2 * OF_MAX_RANK, sizeof(int64_t));
    if (!s) return of_ew_nomem(c);
    of_strides(a->dims, a->rank, s);
    OF_TRY(of_ew_legacy_strides(c, a, b, s + OF_MAX_RANK));
    strides[0] = strides[1] = s;
    strides[2] = s + OF_MAX_RANK;
    of_loop_init(*l, out->dims, out->rank, strides, 3);
    return OF_OK;
}

of_status of_ew_run2(of_opctx *c, of_kern_bin_fn fn, of_dtype work, const void *a, const void *b, bool swap,
                     of_loop *l, of_tensor *out)
{
    int64_t ws = of_dtypes[work].mem, os = of_dtypes[out->dtype].mem;
    bool direct = out->dtype == work || out->dtype == OF_BOOL;
    char *buf = NULL;

    if (out->count == 0) return OF_OK;
    if (!direct) {
        buf = (char *)of_tmp(c, OF_EW_BLOCK, (size_t)ws);
        if (!buf) return of_ew_nomem(c);
    }
    for (; !l->done; of_loop_next(l)) {
        char *d = (char *)out->data + l->offset[0] * os;
        const char *x = (const char *)a + l->offset[1] * ws, *y = (const char *)b + l->offset[2] * ws;
        ptrdiff_t xs = (ptrdiff_t)l->inner_stride[1], ys = (ptrdiff_t)l->inner_stride[2];
        int64_t n = l->inner, step = direct ? n : OF_EW_BLOCK;
        for (int64_t i = 0; i < n; i += step) {
            size_t k = (size_t)(n - i < step ? n - i : step);
            const char *xi = x + i * xs * ws, *yi = y + i * ys * ws;
            void *to = direct ? (void *)d : (void *)buf;
            if (swap) fn(to, yi, ys, xi, xs, k);
            else fn(to, xi, xs, yi, ys, k);
            if (!direct) of_ew_store(work, buf, (of_dtype)out->dtype, d + i * os, k);
        }
    }
    return OF_OK;
}

of_status of_ew_eval2(of_opctx *c, of_kbin op, bool swap)
{
    const of_tensor *a = of_in(c, 0), *b = of_in(c, 1);
    of_dtype work = of_ew_work((of_dtype)a->dtype);
    const void *x, *y;
    of_kern_bin_fn fn;
    of_tensor *out;
    of_loop *l;
    of_ktype k;

    fn = of_ew_ktype(work, &k) ? c->kern->arith.bin[op][k] : NULL;
    if (!fn || a->dtype != b->dtype) return OF_UNSUP(c, "not evaluated for %s", of_dtypes[a->dtype].name);
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    OF_TRY(of_ew_loop2(c, out, a, b, &l));
    OF_TRY(of_ew_load(c, a, work, &x));
    OF_TRY(of_ew_load(c, b, work, &y));
    return of_ew_run2(c, fn, work, x, y, swap, l, out);
}

of_status of_ew_eval1(of_opctx *c, of_kuni op, const double *p, uint64_t cost)
{
    const of_tensor *a = of_in(c, 0);
    of_dtype t = (of_dtype)a->dtype, work = of_ew_work(t);
    const of_kern_arith *ka = &c->kern->arith;
    of_kern_uni_fn fn = NULL;
    char *in = NULL, *res = NULL;
    const char *src;
    of_tensor *out;
    of_ktype k;
    size_t n, ss, ws, os;

    if (of_ew_ktype(work, &k))
        fn = k == OF_KT_F32 ? ka->uni_f32[op] : k == OF_KT_F64 ? ka->uni_f64[op]
             : op < OF_KU_INT_COUNT ? ka->uni_int[op][k] : NULL;
    if (!fn) return OF_UNSUP(c, "not evaluated for %s", of_dtypes[t].name);
    OF_TRY(of_out(c, 0, &out));
    n = (size_t)out->count;
    OF_TRY(of_work(c, of_sat_mul(n, cost)));
    if (n == 0) return OF_OK;
    src = (const char *)a->data;
    if (t == work) {
        fn(out->data, src, n, p);
        return OF_OK;
    }
    ws = of_dtypes[work].mem;
    in = (char *)of_tmp(c, OF_EW_BLOCK, ws);
    res = (char *)of_tmp(c, OF_EW_BLOCK, ws);
    if (!in || !res) return of_ew_nomem(c);
    ss = of_dtypes[t].mem;
    os = of_dtypes[out->dtype].mem;
    for (size_t i = 0; i < n; i += OF_EW_BLOCK) {
        size_t m = n - i < OF_EW_BLOCK ? n - i : OF_EW_BLOCK;
        char *d = (char *)out->data + i * os;
        of_to_f32(t, src + i * ss, (float *)(void *)in, m);
        fn(out->dtype == OF_BOOL ? (void *)d : (void *)res, in, m, p);
        if (out->dtype != OF_BOOL) of_ew_store(work, res, (of_dtype)out->dtype, d, m);
    }
    return OF_OK;
}

void of_ew_with_scalar(of_kern_bin_fn fn, const void *value, const void *src, void *dst, size_t n)
{
    fn(dst, value, 0, src, 1, n);
}

bool of_ew_any_zero(const of_tensor *t)
{
    size_t n = (size_t)t->count;

    switch (of_dtypes[t->dtype].mem) {
    case 1: return n && memchr(t->data, 0, n) != NULL;
    case 2:
        for (size_t i = 0; i < n; i++)
            if (((const uint16_t *)t->data)[i] == 0) return true;
        return false;
    case 4:
        for (size_t i = 0; i < n; i++)
            if (((const uint32_t *)t->data)[i] == 0) return true;
        return false;
    default:
        for (size_t i = 0; i < n; i++)
            if (((const uint64_t *)t->data)[i] == 0) return true;
        return false;
    }
}
