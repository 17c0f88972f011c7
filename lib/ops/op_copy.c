/* Strided copies: dims that both sides walk alike are merged, then the two that matter
 * go to a kernel and the rest is an odometer. */
#include "ops/op_moves.h"

typedef struct move_dim {
    int64_t n, d, s, at;
} move_dim;

/* x * n as strides wrap, for comparison only. */
static inline int64_t times(int64_t x, int64_t n)
{
    return (int64_t)((uint64_t)x * (uint64_t)n);
}

of_status of_move_nd(of_opctx *c, size_t mem, void *dst, const int64_t *ds, const void *src,
                     const int64_t *ss, const int64_t *dims, size_t rank)
{
    const unsigned kind = of_move_kind(mem);
    move_dim *m = (move_dim *)of_tmp(c, rank + 2, sizeof(move_dim));
    char *d = (char *)dst;
    const char *s = (const char *)src;
    void (*copy)(void *, int64_t, int64_t, const void *, int64_t, int64_t, int64_t, int64_t);
    size_t n = 0, k, total = 1;
    bool far;

    if (!m) return of_nomem(c->err);
    for (k = 0; k < rank; k++)
        if (dims[k] == 0) return OF_OK;
    for (k = 0; k < rank; k++) {
        if (dims[k] == 1) continue;
        if (n && m[n - 1].d == times(ds[k], dims[k]) && m[n - 1].s == times(ss[k], dims[k])) {
            m[n - 1] = (move_dim){m[n - 1].n * dims[k], ds[k], ss[k], 0};
            continue;
        }
        m[n++] = (move_dim){dims[k], ds[k], ss[k], 0};
    }
    if (n == 0) m[n++] = (move_dim){1, 1, 1, 0};
    if (n == 1) {
        m[1] = m[0];
        m[0] = (move_dim){1, 0, 0, 0};
        n = 2;
    }
    /* The dim that the source has contiguous comes next to the innermost: a transpose in blocks. */
    if (m[n - 1].s != 1)
        for (k = n - 1; k-- > 0;)
            if (m[k].s == 1) {
                const move_dim t = m[k];
                for (; k + 2 < n; k++) m[k] = m[k + 1];
                m[n - 2] = t;
                break;
            }
    for (k = 0; k < n; k++) total *= (size_t)m[k].n;
    far = total * mem >= c->kern->move.far_min;
    copy = far ? c->kern->move.copy2_far[kind] : c->kern->move.copy2[kind];
    for (;;) {
        copy(d, m[n - 2].d, m[n - 1].d, s, m[n - 2].s, m[n - 1].s, m[n - 2].n, m[n - 1].n);
        for (k = n - 2; k-- > 0;) {
            if (++m[k].at < m[k].n) {
                d += m[k].d * (int64_t)mem;
                s += m[k].s * (int64_t)mem;
                break;
            }
            d -= (m[k].n - 1) * m[k].d * (int64_t)mem;
            s -= (m[k].n - 1) * m[k].s * (int64_t)mem;
            m[k].at = 0;
        }
        if (k == SIZE_MAX) break;
    }
    if (far) c->kern->move.far_done();
    return OF_OK;
}

void of_move_rows(const of_opctx *c, void *dst, size_t dst_row, const void *src, size_t src_row, size_t rows,
                  size_t bytes)
{
    const bool far = rows != 0 && bytes >= c->kern->move.far_min / rows;

    if (rows == 0 || bytes == 0) return;
    (far ? c->kern->move.copy2_far : c->kern->move.copy2)[0](dst, (int64_t)dst_row, 1, src, (int64_t)src_row, 1,
                                                             (int64_t)rows, (int64_t)bytes);
    if (far) c->kern->move.far_done();
}

of_status of_read_index(of_opctx *c, const of_tensor *t, int64_t at, int64_t n, int64_t size,
                        int64_t *idx)
{
    of_to_i64((of_dtype)t->dtype, (const char *)t->data + (size_t)at * of_mem_of(t), idx,
              (size_t)n);
    for (int64_t k = 0; k < n; k++) {
        const int64_t v = idx[k];
        if (v < -size || v >= size)
            return OF_INVALID(c, "index %lld is outside of a dimension of %lld", (long long)v,
                              (long long)size);
        if (v < 0) idx[k] = v + size;
    }
    return OF_OK;
}
