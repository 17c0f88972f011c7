/* com.microsoft: MatMulNBits, A times weights that are packed in 2, 4 or 8 bits, in blocks along
 * K that share a scale and a zero point. */
#include "ops/op_mm.h"
#include "ops/op_moves.h"
#include "ops/op_numeric.h"

typedef struct of_nbits {
    int64_t k, n, bits, block, blocks;
    bool omitted;         /* B is empty: the weights are 0 */
    const int64_t *group; /* block of each of K; NULL: in order */
} of_nbits;

static of_status of_nbits_attrs(of_opctx *c, of_nbits *a)
{
    int64_t packed;

    OF_TRY(of_get_int(c, "K", 0, &a->k));
    OF_TRY(of_get_int(c, "N", 0, &a->n));
    OF_TRY(of_get_int(c, "bits", 4, &a->bits));
    OF_TRY(of_get_int(c, "block_size", 0, &a->block));
    OF_TRY(of_get_int(c, "weight_prepacked", 0, &packed));
    if (a->k <= 0 || a->n <= 0 || a->k > INT32_MAX || a->n > INT32_MAX)
        return OF_INVALID(c, "K is %lld and N %lld", (long long)a->k, (long long)a->n);
    if (a->block < 16 || a->block > INT32_MAX || (a->block & (a->block - 1)))
        return OF_INVALID(c, "block_size is %lld", (long long)a->block);
    if (packed) return OF_UNSUP(c, "weight_prepacked is %lld", (long long)packed);
    a->blocks = (a->k + a->block - 1) / a->block;
    return OF_OK;
}

of_status of_infer_MatMulNBits(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    of_shape s = of_shape_unknown();
    of_nbits a;

    OF_TRY(of_want_types(c, 0, OF_TS_F16 | OF_TS(OF_FLOAT)));
    OF_TRY(of_want_types(c, 1, OF_TS(OF_UINT8)));
    OF_TRY(of_want_same(c, 0, 2));
    OF_TRY(of_want_types(c, 3, OF_TS_F16 | OF_TS(OF_FLOAT) | OF_TS(OF_UINT8)));
    OF_TRY(of_want_types(c, 4, OF_TS(OF_INT32)));
    OF_TRY(of_want_same(c, 0, 5));
    OF_TRY(of_nbits_attrs(c, &a));
    if (x->rank >= 0) {
        if (x->rank == 0 || (of_dim_is_num(x->d[x->rank - 1]) && x->d[x->rank - 1].k != a.k))
            return OF_INVALID(c, "A has no rows of %lld", (long long)a.k);
        OF_TRY(of_shape_copy(c, x, &s));
        s.d[s.rank - 1] = of_dim_num(a.n);
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

/* Sizes of what goes with the weights. */
static of_status of_nbits_check(of_opctx *c, of_nbits *a)
{
    const of_tensor *b = of_in(c, 1), *scale = of_in(c, 2), *zero = of_in(c, 3), *group = of_in(c, 4),
                    *bias = of_in(c, 5);
    const int64_t blob = a->block * a->bits / 8, packed = (a->blocks * a->bits + 7) / 8;
    int64_t *g;
    size_t n;

    if (a->bits != 2 && a->bits != 4 && a->bits != 8) return OF_UNSUP(c, "weights of %lld bits", (long long)a->bits);
    if (bias && (bias->rank != 1 || bias->count != a->n)) return OF_INVALID(c, "the bias is not one number a column");
    a->omitted = b->count == 0;
    if (a->omitted) {
        const int64_t due[3] = {a->n, a->blocks, blob};
        for (size_t i = 0; i < 3; i++)
            if (b->rank != 3 || (b->dims[i] && b->dims[i] != due[i])) return OF_INVALID(c, "B does not fit K and N");
        return OF_OK;
    }
    if (b->count / a->n / a->blocks != blob || b->count % (a->n * a->blocks))
        return OF_INVALID(c, "B does not fit K and N");
    if (scale->count != a->n * a->blocks) return OF_INVALID(c, "the scales are not one a block");
    if (zero && zero->count != (zero->dtype == OF_UINT8 ? a->n * packed : a->n * a->blocks))
        return OF_INVALID(c, "the zero points are not one a block");
    if (!group) return OF_OK;
    /* deprecated, and not read alike by what still takes it */
    if (a->bits != 4 || (zero && zero->dtype == OF_UINT8))
        return OF_UNSUP(c, "g_idx with weights of %lld bits or packed zero points", (long long)a->bits);
    OF_TRY(of_in_ints(c, 4, &g, &n));
    if ((int64_t)n < a->k) return OF_INVALID(c, "g_idx has %zu entries", n);
    for (int64_t k = 0; k < a->k; k++)
        if (g[k] < 0 || g[k] >= a->blocks) return OF_INVALID(c, "group %lld", (long long)g[k]);
    a->group = g;
    return OF_OK;
}

static unsigned of_nbits_at(const unsigned char *p, size_t i, unsigned bits)
{
    return (unsigned)p[i * bits / 8] >> (i * bits % 8) & ((1u << bits) - 1);
}

/* n rows of the weights (columns of the result) as float: (q - zero) * scale. s: 2 * blocks. */
static void of_nbits_widen(of_opctx *c, const of_nbits *a, size_t first, size_t n, double *s, float *w)
{
    const of_tensor *scale = of_in(c, 2), *zero = of_in(c, 3);
    const unsigned bits = (unsigned)a->bits;
    const size_t blocks = (size_t)a->blocks, k_all = (size_t)a->k, blob = (size_t)(a->block * a->bits / 8);
    const size_t zero_row = (blocks * bits + 7) / 8;
    double *z = s + blocks;

    for (size_t row = first; row < first + n; row++, w += k_all) {
        const unsigned char *q = (const unsigned char *)of_in(c, 1)->data + row * blocks * blob;
        of_read_f64(scale, row * blocks, 1, s, blocks);
        for (size_t g = 0; g < blocks; g++)
            z[g] = zero && zero->dtype == OF_UINT8
                       ? (double)of_nbits_at((const unsigned char *)zero->data + row * zero_row, g, bits)
                       : (double)(1u << (bits - 1));
        if (zero && zero->dtype != OF_UINT8) of_read_f64(zero, row * blocks, 1, z, blocks);
        for (size_t k = 0; k < k_all; k++) {
            const size_t g = a->group ? (size_t)a->group[k] : k / (size_t)a->block;
            w[k] = (float)(((double)of_nbits_at(q, k, bits) - z[g]) * s[g]);
        }
    }
}

typedef struct of_nbits_dest {
    of_tensor *y;
    const of_tensor *bias; /* NULL: none */
    size_t n, first;       /* columns; the first one of a tile */
} of_nbits_dest;

static void of_nbits_store(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_nbits_dest *d = (const of_nbits_dest *)user;
    double v[64];

    for (size_t j = 0; j < n; j += 64) {
        const size_t w = n - j < 64 ? n - j : 64;
        if (d->bias) of_read_f64(d->bias, d->first + col + j, 1, v, w);
        for (size_t k = 0; k < w; k++) v[k] = acc[j + k] + (d->bias ? v[k] : 0);
        of_write_f64(d->y, row * d->n + d->first + col + j, 1, v, w);
    }
}

of_status of_eval_MatMulNBits(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    of_nbits_dest d = {.bias = of_in(c, 5)};
    of_mm_job job;
    of_nbits a = {0};
    size_t tile;
    double *s;
    float *w;
    of_mm mm;

    OF_TRY(of_nbits_attrs(c, &a));
    OF_TRY(of_nbits_check(c, &a));
    OF_TRY(of_out(c, 0, &d.y));
    OF_TRY(of_work(c, of_sat_add(of_sat_mul((uint64_t)d.y->count, (uint64_t)a.k),
                                 of_sat_mul((uint64_t)(a.n * a.k), 4))));
    if (!d.y->count) return OF_OK;
    d.n = (size_t)a.n;
    mm = (of_mm){.m = (size_t)d.y->count / d.n, .n = d.n, .k = (size_t)a.k, .a_row = (ptrdiff_t)a.k, .a_col = 1,
                 .b_row = 1, .b_col = (ptrdiff_t)a.k};
    if (a.omitted) {
        static const double zeros[64];
        for (size_t row = 0; row < mm.m; row++)
            for (size_t col = 0; col < d.n; col += 64)
                of_nbits_store(&d, row, col, zeros, d.n - col < 64 ? d.n - col : 64);
        return OF_OK;
    }
    tile = ((size_t)1 << 20) / mm.k + 1;
    if (tile > d.n) tile = d.n;
    w = (float *)of_tmp(c, tile, mm.k * sizeof *w);
    s = (double *)of_tmp(c, (size_t)a.blocks, 2 * sizeof *s);
    if (!w || !s) return of_nomem(c->err);
    OF_TRY(of_mm_begin(c, mm.m, tile, mm.k, &job));
    OF_TRY(of_mm_floats(c, x, &mm.a));
    mm.b = w;
    for (; d.first < d.n; d.first += tile) {
        mm.n = d.n - d.first < tile ? d.n - d.first : tile;
        of_nbits_widen(c, &a, d.first, mm.n, s, w);
        of_mm_run(&job, &mm, false, of_nbits_store, &d);
    }
    return OF_OK;
}
