/* Col2Im: the columns of a sliding window, added up to the image they were cut from. */
#include <string.h>

#include "ops/op_elementwise.h"
#include "ops/op_moves.h"
#include "ops/op_window.h"

/* Arrays of n, in tmp. */
typedef struct of_col2im {
    size_t n; /* spatial axes */
    const int64_t *image, *block;
    int64_t *stride, *dilation, *pad; /* of pad those in front, then those behind */
    int64_t *blocks;                  /* positions of the window along each axis */
    int64_t taps;                     /* elements of a block */
} of_col2im;

static of_status of_col2im_attrs(of_opctx *c, size_t n, of_col2im *p)
{
    int64_t *a = (int64_t *)of_tmp(c, n, 5 * sizeof *a);

    if (!a) return of_nomem(c->err);
    *p = (of_col2im){.n = n, .stride = a, .dilation = a + n, .pad = a + 2 * n, .blocks = a + 4 * n};
    OF_TRY(of_window_ints(c, "strides", n, 1, 1, p->stride));
    OF_TRY(of_window_ints(c, "dilations", n, 1, 1, p->dilation));
    return of_window_ints(c, "pads", 2 * n, 0, 0, p->pad);
}

/* image, block and the number of columns as they must fit together; -1: columns not known. */
static of_status of_col2im_blocks(of_opctx *c, of_col2im *p, int64_t cols)
{
    int64_t all = 1;

    p->taps = 1;
    for (size_t k = 0; k < p->n; k++) {
        int64_t room;
        if (p->block[k] < 1 || p->block[k] > INT32_MAX || p->image[k] < 0 ||
            !of_mul_i64(p->taps, p->block[k], &p->taps))
            return OF_INVALID(c, "axis %zu: a block of %lld for an image of %lld", k, (long long)p->block[k],
                              (long long)p->image[k]);
        if (!of_add_i64(p->image[k], p->pad[k] + p->pad[p->n + k] - (p->block[k] - 1) * p->dilation[k] - 1, &room) ||
            room < 0)
            return OF_INVALID(c, "axis %zu: the block does not fit", k);
        p->blocks[k] = room / p->stride[k] + 1;
        if (!of_mul_i64(all, p->blocks[k], &all)) return OF_INVALID(c, "the blocks are too many");
    }
    if (cols >= 0 && cols != all)
        return OF_INVALID(c, "%lld columns where %lld blocks fit", (long long)cols, (long long)all);
    return OF_OK;
}

/* A shape as numbers; NULL where it is none of these. */
static of_status of_col2im_numbers(of_opctx *c, const of_dim *d, size_t n, const int64_t **to)
{
    int64_t *v;

    *to = NULL;
    for (size_t k = 0; k < n; k++)
        if (!d || !of_dim_is_num(d[k])) return OF_OK;
    v = (int64_t *)of_tmp(c, n, sizeof *v);
    if (!v) return of_nomem(c->err);
    for (size_t k = 0; k < n; k++) v[k] = d[k].k;
    *to = v;
    return OF_OK;
}

of_status of_infer_Col2Im(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    of_dim *image, *block;
    int64_t n[2];
    size_t have[2];
    of_shape y;
    of_col2im p;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_want_rank(c, 0, 3));
    for (uint32_t i = 1; i < 3; i++) {
        OF_TRY(of_want_types(c, i, OF_TS(OF_INT64)));
        OF_TRY(of_want_rank(c, i, 1));
        OF_TRY(of_list_len(c, i, OF_MAX_RANK - 2, &n[i - 1]));
    }
    OF_TRY(of_in_dims(c, 1, &image, &have[0]));
    OF_TRY(of_in_dims(c, 2, &block, &have[1]));
    if (n[0] < 0) n[0] = n[1];
    if (n[0] < 0) return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
    if ((n[1] >= 0 && n[0] != n[1]) || n[0] < 2)
        return OF_INVALID(c, "an image of %lld axes and blocks of %lld", (long long)n[0], (long long)n[1]);
    OF_TRY(of_col2im_attrs(c, (size_t)n[0], &p));
    OF_TRY(of_new_shape(c, 2 + n[0], &y));
    if (x->rank == 3) y.d[0] = x->d[0];
    for (int64_t k = 0; image && k < n[0]; k++) y.d[2 + k] = image[k];
    if (block && x->rank == 3)
        y.d[1] = of_dim_floordiv(c->m->dims, x->d[1], of_dims_product(c, block, n[0]));
    OF_TRY(of_col2im_numbers(c, image, p.n, &p.image));
    OF_TRY(of_col2im_numbers(c, block, p.n, &p.block));
    if (p.image && p.block) {
        OF_TRY(of_col2im_blocks(c, &p, x->rank == 3 && of_dim_is_num(x->d[2]) ? x->d[2].k : -1));
        if (x->rank == 3 && of_dim_is_num(x->d[1]) && x->d[1].k % p.taps)
            return OF_INVALID(c, "%lld rows are not of blocks of %lld", (long long)x->d[1].k, (long long)p.taps);
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

/* Numbers as several doubles or one int64 each; what cannot be added as bytes. */
typedef enum of_col2im_kind { OF_C2I_FLOAT, OF_C2I_INT, OF_C2I_BYTES } of_col2im_kind;

typedef struct of_col2im_run {
    of_col2im p;
    of_col2im_kind kind;
    of_tensor x, y; /* headers; complex numbers as pairs */
    size_t lanes, mem;
    of_ktype ktype; /* of integers */
    void *line, *sum; /* a row of columns, the image */
    uint8_t *seen;
    int64_t *at, *tap;
} of_col2im_run;

/* One run of columns along the last axis to the image, first at element `to`. */
static bool of_col2im_add(of_col2im_run *r, size_t from, size_t to, size_t step, size_t n)
{
    if (r->kind == OF_C2I_FLOAT) {
        const double *v = (const double *)r->line + from * r->lanes;
        double *s = (double *)r->sum + to * r->lanes;
        for (size_t i = 0; i < n; i++)
            for (size_t l = 0; l < r->lanes; l++) s[i * step * r->lanes + l] += v[i * r->lanes + l];
    } else if (r->kind == OF_C2I_INT) {
        const uint64_t *v = (const uint64_t *)r->line + from;
        uint64_t *s = (uint64_t *)r->sum + to;
        for (size_t i = 0; i < n; i++) s[i * step] += v[i];
    } else {
        for (size_t i = 0; i < n; i++) {
            if (r->seen[to + i * step]++) return false;
            memcpy((unsigned char *)r->sum + (to + i * step) * r->mem,
                   (const unsigned char *)r->line + (from + i) * r->mem, r->mem);
        }
    }
    return true;
}

/* The row of one tap: column by column to where it was cut. */
static bool of_col2im_row(of_col2im_run *r)
{
    const of_col2im *p = &r->p;
    const size_t last = p->n - 1;
    const int64_t step = p->stride[last], first = r->tap[last] * p->dilation[last] - p->pad[last];
    int64_t lo = first < 0 ? (-first + step - 1) / step : 0, hi = p->blocks[last];
    size_t from = 0;

    if (first + (hi - 1) * step >= p->image[last])
        hi = p->image[last] > first ? (p->image[last] - 1 - first) / step + 1 : 0;
    memset(r->at, 0, p->n * sizeof *r->at);
    do {
        int64_t line = 0;
        bool inside = hi > lo;
        for (size_t k = 0; k < last && inside; k++) {
            const int64_t i = r->at[k] * p->stride[k] - p->pad[k] + r->tap[k] * p->dilation[k];
            inside = i >= 0 && i < p->image[k];
            line = line * p->image[k] + i;
        }
        if (inside && !of_col2im_add(r, from + (size_t)lo, (size_t)(line * p->image[last] + first + lo * step),
                                     (size_t)step, (size_t)(hi - lo)))
            return false;
        from += (size_t)p->blocks[last];
    } while (of_window_next(r->at, p->blocks, last));
    return true;
}

static of_status of_col2im_plane(of_opctx *c, of_col2im_run *r, size_t plane, size_t cols, size_t image)
{
    const of_dtype t = (of_dtype)r->y.dtype;
    unsigned char *y = (unsigned char *)r->y.data + plane * image * r->lanes * r->mem;

    if (r->kind == OF_C2I_BYTES) r->sum = y;
    else memset(r->sum, 0, image * r->lanes * sizeof(double));
    if (r->seen) memset(r->seen, 0, image);
    memset(r->tap, 0, r->p.n * sizeof *r->tap);
    for (size_t row = plane * (size_t)r->p.taps;; row++) {
        unsigned char *x = (unsigned char *)r->x.data + row * cols * r->lanes * r->mem;
        if (r->kind == OF_C2I_BYTES) r->line = x;
        else if (r->kind == OF_C2I_INT) of_to_i64(t, x, (int64_t *)r->line, cols);
        else of_read_f64(&r->x, row * cols * r->lanes, 1, (double *)r->line, cols * r->lanes);
        if (!of_col2im_row(r)) return OF_UNSUP(c, "blocks of %s that overlap", of_dtypes[t].name);
        if (!of_window_next(r->tap, r->p.block, r->p.n)) break;
    }
    if (r->kind == OF_C2I_FLOAT)
        of_write_f64(&r->y, plane * image * r->lanes, 1, (const double *)r->sum, image * r->lanes);
    if (r->kind == OF_C2I_INT) (void)c->kern->convert.cvt[OF_KT_I64][r->ktype](y, r->sum, image);
    return OF_OK;
}

of_status of_eval_Col2Im(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const size_t cols = (size_t)x->dims[2];
    of_col2im_run *r = OF_NEW(c->tmp, of_col2im_run);
    int64_t *image, *block;
    size_t n, elems;
    of_tensor *y;

    if (!r) return of_nomem(c->err);
    OF_TRY(of_in_ints(c, 1, &image, &n));
    OF_TRY(of_in_ints(c, 2, &block, &n));
    OF_TRY(of_col2im_attrs(c, n, &r->p));
    r->p.image = image;
    r->p.block = block;
    OF_TRY(of_col2im_blocks(c, &r->p, x->dims[2]));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_add((uint64_t)y->count, of_sat_mul((uint64_t)x->count, 4))));
    if (!y->count) return OF_OK;
    elems = (size_t)of_count(y->dims + 2, n);
    r->x = *x;
    r->y = *y;
    r->lanes = 1;
    if (x->dtype == OF_COMPLEX64 || x->dtype == OF_COMPLEX128) {
        r->lanes = 2;
        r->x.dtype = r->y.dtype = x->dtype == OF_COMPLEX64 ? OF_FLOAT : OF_DOUBLE;
    }
    r->mem = of_dtypes[r->x.dtype].mem;
    r->kind = of_dtype_is_float((of_dtype)r->x.dtype) ? OF_C2I_FLOAT
              : of_dtype_is_int((of_dtype)x->dtype)   ? OF_C2I_INT
                                                      : OF_C2I_BYTES;
    if (r->kind == OF_C2I_INT && !of_ew_ktype((of_dtype)x->dtype, &r->ktype))
        return OF_UNSUP(c, "images of %s", of_dtypes[x->dtype].name);
    r->at = (int64_t *)of_tmp(c, 2 * n, sizeof *r->at);
    if (!r->at) return of_nomem(c->err);
    r->tap = r->at + n;
    if (r->kind == OF_C2I_BYTES) {
        r->seen = (uint8_t *)of_tmp(c, elems, 1);
        if (!r->seen) return of_nomem(c->err);
    } else {
        r->line = of_tmp(c, cols, r->lanes * sizeof(double));
        r->sum = of_tmp(c, elems, r->lanes * sizeof(double));
        if (!r->line || !r->sum) return of_nomem(c->err);
    }
    for (size_t plane = 0; plane < (size_t)(y->dims[0] * y->dims[1]); plane++)
        OF_TRY(of_col2im_plane(c, r, plane, cols, elems));
    return OF_OK;
}
