/* TopK: a heap of the k best, then a heap sort; ties go to the lower index and a NaN is
 * greater than every number, as in numpy's sort. */
#include "ops/op_numeric.h"

#include <string.h>

/* k as a dimension; unknown when it is not known yet. */
static of_status of_topk_k(of_opctx *c, of_dim *k)
{
    int64_t attr;
    of_dim *v;
    size_t n;

    *k = of_dim_unknown();
    if (c->op->max_in == 1) {
        OF_TRY(of_get_int(c, "k", -1, &attr));
        *k = of_dim_num(attr);
    } else {
        OF_TRY(of_want_types(c, 1, OF_TS(OF_INT64)));
        if (of_in_rank(c, 1) > 1) return OF_INVALID(c, "k is not a list of one number");
        OF_TRY(of_in_dims(c, 1, &v, &n));
        if (v && n != 1) return OF_INVALID(c, "k has %zu elements", n);
        if (v) *k = v[0];
    }
    if (of_dim_is_num(*k) && k->k < 0) return OF_INVALID(c, "k is %lld", (long long)k->k);
    return OF_OK;
}

of_status of_infer_TopK(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    of_shape s = of_shape_unknown();
    int64_t axis, flag;
    of_dim k;

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT | OF_TS_INT));
    OF_TRY(of_get_int(c, "axis", -1, &axis));
    OF_TRY(of_get_int(c, "largest", 1, &flag));
    OF_TRY(of_get_int(c, "sorted", 1, &flag));
    OF_TRY(of_topk_k(c, &k));
    if (in->rank >= 0) {
        OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
        if (of_dim_is_num(k) && of_dim_is_num(in->d[axis]) && k.k > in->d[axis].k)
            return OF_INVALID(c, "k is %lld of %lld elements", (long long)k.k,
                              (long long)in->d[axis].k);
        s = of_shape_new(c, in->rank);
        for (int32_t d = 0; d < s.rank; d++) s.d[d] = d == axis ? k : in->d[d];
    }
    OF_TRY(of_set_out(c, 0, of_in_dtype(c, 0), s));
    return of_set_out(c, 1, OF_INT64, s);
}

/* Numbers that order as the elements do; equal for equal ones, greatest for every NaN. */
static void of_topk_keys(const of_tensor *x, size_t at, size_t stride, size_t n, bool largest,
                         uint64_t *key)
{
    const of_dtype dt = (of_dtype)x->dtype;
    const uint64_t flip = largest ? 0 : UINT64_MAX, sign = (uint64_t)1 << 63;

    if (of_dtype_is_float(dt)) {
        for (size_t i = 0, k; i < n; i += k) {
            double d[64];
            k = n - i < 64 ? n - i : 64;
            of_read_f64(x, at + i * stride, stride, d, k);
            for (size_t j = 0; j < k; j++) {
                uint64_t u;
                if (d[j] == 0) d[j] = 0; /* -0.0 equals 0.0 */
                memcpy(&u, &d[j], sizeof u);
                u = d[j] != d[j] ? UINT64_MAX : u & sign ? ~u : u | sign;
                key[i + j] = u ^ flip;
            }
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const unsigned char *p = (const unsigned char *)x->data + (at + i * stride) * of_dtypes[dt].mem;
        int64_t s;
        of_to_i64(dt, p, &s, 1);
        key[i] = (dt == OF_UINT64 ? (uint64_t)s : (uint64_t)s ^ sign) ^ flip;
    }
}

static bool of_topk_better(const uint64_t *key, size_t a, size_t b)
{
    return key[a] != key[b] ? key[a] > key[b] : a < b;
}

/* Sinks item i of a heap whose root is the worst of its n items. */
static void of_topk_sink(const uint64_t *key, size_t *heap, size_t n, size_t i)
{
    const size_t item = heap[i];

    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && of_topk_better(key, heap[child], heap[child + 1])) child++;
        if (!of_topk_better(key, item, heap[child])) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = item;
}

/* heap[0..k) becomes the k best of n, best first. k is not 0. */
static void of_topk_select(const uint64_t *key, size_t n, size_t *heap, size_t k)
{
    for (size_t i = 0; i < k; i++) heap[i] = i;
    for (size_t i = k / 2; i-- > 0;) of_topk_sink(key, heap, k, i);
    for (size_t i = k; i < n; i++) {
        if (!of_topk_better(key, i, heap[0])) continue;
        heap[0] = i;
        of_topk_sink(key, heap, k, 0);
    }
    for (size_t m = k; m-- > 1;) { /* the worst goes last */
        const size_t worst = heap[0];
        heap[0] = heap[m];
        heap[m] = worst;
        of_topk_sink(key, heap, m, 0);
    }
}

of_status of_eval_TopK(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    int64_t axis, largest = 1;
    of_tensor *values, *indices;
    uint64_t *key, log = 1;
    size_t *heap, mem, nk;
    of_lines l;
    of_dim k;

    OF_TRY(of_get_int(c, "axis", -1, &axis));
    if (c->opset >= 11) OF_TRY(of_get_int(c, "largest", 1, &largest));
    OF_TRY(of_topk_k(c, &k));
    OF_TRY(of_norm_axis(c, axis, x->rank, 0, &axis));
    OF_TRY(of_out(c, 0, &values));
    OF_TRY(of_out(c, 1, &indices));
    if (values->count == 0) return OF_OK;
    l = of_lines_of(x, (size_t)axis);
    nk = (size_t)k.k;
    while (nk >> log) log++;
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, log)));
    key = (uint64_t *)of_tmp(c, l.n, sizeof *key);
    heap = (size_t *)of_tmp(c, nk, sizeof *heap);
    if (!key || !heap) return of_nomem(c->err);
    mem = of_dtypes[x->dtype].mem;
    for (size_t o = 0; o < l.outer; o++)
        for (size_t j = 0; j < l.inner; j++) {
            const size_t from = o * l.n * l.inner + j, to = o * nk * l.inner + j;
            of_topk_keys(x, from, l.inner, l.n, largest != 0, key);
            of_topk_select(key, l.n, heap, nk);
            for (size_t i = 0; i < nk; i++) {
                memcpy((unsigned char *)values->data + (to + i * l.inner) * mem,
                       (const unsigned char *)x->data + (from + heap[i] * l.inner) * mem, mem);
                ((int64_t *)indices->data)[to + i * l.inner] = (int64_t)heap[i];
            }
        }
    return OF_OK;
}
