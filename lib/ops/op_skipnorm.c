/* com.microsoft: SkipLayerNormalization, SkipSimplifiedLayerNormalization, and
 * EmbedLayerNormalization: rows that are summed up and normalized. In double, rounded once. */
#include <math.h>

#include "ops/op_moves.h"
#include "ops/op_numeric.h"

#define OF_TS_SKIP (OF_TS_F16 | OF_TS(OF_FLOAT))

/* Input i, if it is there, is one number for each of the last dimension of input 0. */
static of_status of_row_fits(of_opctx *c, uint32_t i, of_dim width)
{
    of_dim same;

    OF_TRY(of_want_rank(c, i, 1));
    if (of_in_rank(c, i) == 1 && !of_dim_meet(of_in_shape(c, i)->d[0], width, &same))
        return OF_INVALID(c, "input %u has %lld numbers for rows of %lld", i, (long long)of_in_shape(c, i)->d[0].k,
                          (long long)width.k);
    return OF_OK;
}

/* v: a row, normalized in place; simple: its mean counts as 0. */
static void of_row_norm(const of_opctx *c, double *v, size_t n, bool simple, float epsilon, const double *gamma,
                        const double *beta)
{
    const double mean = simple ? 0 : of_reduce_f64(c, OF_RED_SUM, v, n) / (double)n;
    double inv;

    for (size_t i = 0; i < n; i++) v[i] -= mean;
    inv = 1 / sqrt(of_reduce_f64(c, OF_RED_SQ, v, n) / (double)n + (double)epsilon);
    for (size_t i = 0; i < n; i++) v[i] = v[i] * inv * gamma[i] + (beta ? beta[i] : 0);
}

/* All of a tensor as double; absent: NULL. */
static of_status of_row_open(of_opctx *c, uint32_t i, double **v)
{
    const of_tensor *t = of_in(c, i);

    *v = NULL;
    if (!t) return OF_OK;
    *v = (double *)of_tmp(c, (size_t)t->count, sizeof **v);
    if (!*v) return of_nomem(c->err);
    of_read_f64(t, 0, 1, *v, (size_t)t->count);
    return OF_OK;
}

/* ---- Skip*: the normalized sum, mean and deviation of each row, the sum ---- */

/* What is skipped has the shape of the input but for a batch of 1 or none. */
static of_status of_skip_fits(of_opctx *c, const of_shape *x)
{
    const of_shape *s = of_in_shape(c, 1);
    of_dim same;

    if (s->rank < 0 || x->rank < 0) return OF_OK;
    if (s->rank > x->rank || s->rank < 2 || s->rank + 1 < x->rank)
        return OF_INVALID(c, "what is skipped has rank %d", (int)s->rank);
    for (int32_t k = 0; k < s->rank; k++) {
        const int32_t to = x->rank - s->rank + k;
        if (to == 0 && x->rank == 3 && of_dim_is(s->d[k], 1)) continue;
        if (!of_dim_meet(s->d[k], x->d[to], &same))
            return OF_INVALID(c, "what is skipped has another dimension %d", (int)k);
    }
    return OF_OK;
}

static of_status of_skip_infer(of_opctx *c, bool has_beta)
{
    const of_shape *x = of_in_shape(c, 0);
    of_shape s = of_shape_unknown();

    for (uint32_t i = 0; i < (has_beta ? 5u : 4u); i++) {
        OF_TRY(of_want_types(c, i, OF_TS_SKIP));
        OF_TRY(of_want_same(c, 0, i));
        if (i >= 2) OF_TRY(of_row_fits(c, i, x->rank > 0 ? x->d[x->rank - 1] : of_dim_unknown()));
    }
    if (x->rank >= 0 && x->rank != 2 && x->rank != 3) return OF_INVALID(c, "input 0 has rank %d", (int)x->rank);
    OF_TRY(of_skip_fits(c, x));
    OF_TRY(of_same_as_in(c, 0, 0));
    if (x->rank > 0) {
        OF_TRY(of_shape_copy(c, x, &s));
        s.d[s.rank - 1] = of_dim_num(1);
    }
    OF_TRY(of_set_out(c, 1, OF_FLOAT, s));
    OF_TRY(of_set_out(c, 2, OF_FLOAT, s));
    return of_same_as_in(c, 3, 0);
}

static of_status of_skip_eval(of_opctx *c, bool simple)
{
    const of_tensor *x = of_in(c, 0), *skip = of_in(c, 1);
    const size_t n = (size_t)x->dims[x->rank - 1];
    double *gamma, *beta = NULL, *bias, *v, *w;
    of_tensor *y, *sum = NULL;
    float epsilon;

    OF_TRY(of_get_float(c, "epsilon", 1e-12f, &epsilon));
    OF_TRY(of_out(c, 0, &y)); /* mean and deviation are for training: not computed */
    if (of_wants_out(c, 3)) OF_TRY(of_out(c, 3, &sum));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 8)));
    if (x->count == 0) return OF_OK;
    OF_TRY(of_row_open(c, 2, &gamma));
    if (!simple) OF_TRY(of_row_open(c, 3, &beta));
    OF_TRY(of_row_open(c, simple ? 3 : 4, &bias));
    v = (double *)of_tmp(c, n, 2 * sizeof *v);
    if (!v) return of_nomem(c->err);
    w = v + n;
    for (size_t at = 0; at < (size_t)x->count; at += n) {
        of_read_f64(x, at, 1, v, n);
        of_read_f64(skip, at % (size_t)skip->count, 1, w, n);
        for (size_t i = 0; i < n; i++) v[i] += w[i] + (bias ? bias[i] : 0);
        if (sum) of_write_f64(sum, at, 1, v, n);
        of_row_norm(c, v, n, simple, epsilon, gamma, beta);
        of_write_f64(y, at, 1, v, n);
    }
    return OF_OK;
}

of_status of_infer_SkipLayerNormalization(of_opctx *c) { return of_skip_infer(c, true); }
of_status of_eval_SkipLayerNormalization(of_opctx *c) { return of_skip_eval(c, false); }
of_status of_infer_SkipSimplifiedLayerNormalization(of_opctx *c) { return of_skip_infer(c, false); }
of_status of_eval_SkipSimplifiedLayerNormalization(of_opctx *c) { return of_skip_eval(c, true); }

/* ---- EmbedLayerNormalization: words, segments and positions looked up and summed ---- */

enum { OF_EMB_IDS, OF_EMB_SEGMENTS, OF_EMB_WORDS, OF_EMB_PLACES, OF_EMB_SEGMENT, OF_EMB_GAMMA, OF_EMB_BETA,
       OF_EMB_MASK, OF_EMB_PLACE_IDS, OF_EMB_INPUTS };

of_status of_infer_EmbedLayerNormalization(of_opctx *c)
{
    static const uint8_t ids[] = {OF_EMB_IDS, OF_EMB_SEGMENTS, OF_EMB_MASK, OF_EMB_PLACE_IDS};
    static const uint8_t tables[] = {OF_EMB_WORDS, OF_EMB_PLACES, OF_EMB_SEGMENT};
    of_dim d[2] = {of_dim_unknown(), of_dim_unknown()}, width = of_dim_unknown();
    of_shape y, batch;

    for (uint32_t i = OF_EMB_IDS; i <= OF_EMB_BETA; i++)
        if (i != OF_EMB_SEGMENTS && i != OF_EMB_SEGMENT) OF_TRY(of_need_tensor(c, i));
    for (size_t i = 0; i < 4; i++) {
        const of_shape *s = of_in_shape(c, ids[i]);
        OF_TRY(of_want_types(c, ids[i], OF_TS(OF_INT32)));
        OF_TRY(of_want_rank(c, ids[i], 2));
        for (int32_t k = 0; k < s->rank; k++)
            if (!(i == 3 && k == 0 && of_dim_is(s->d[0], 1)) && !of_dim_meet(d[k], s->d[k], &d[k]))
                return OF_INVALID(c, "input %u has another dimension %d", ids[i], (int)k);
    }
    for (uint32_t i = OF_EMB_WORDS; i <= OF_EMB_BETA; i++) {
        OF_TRY(of_want_types(c, i, OF_TS(OF_FLOAT16) | OF_TS(OF_FLOAT)));
        OF_TRY(of_want_same(c, OF_EMB_WORDS, i));
    }
    for (size_t i = 0; i < 3; i++) {
        OF_TRY(of_want_rank(c, tables[i], 2));
        if (of_in_rank(c, tables[i]) == 2 && !of_dim_meet(width, of_in_shape(c, tables[i])->d[1], &width))
            return OF_INVALID(c, "the tables have rows of different lengths");
    }
    OF_TRY(of_row_fits(c, OF_EMB_GAMMA, width));
    OF_TRY(of_row_fits(c, OF_EMB_BETA, width));
    OF_TRY(of_new_shape(c, 3, &y));
    OF_TRY(of_new_shape(c, 1, &batch));
    y.d[0] = batch.d[0] = d[0];
    y.d[1] = d[1];
    y.d[2] = width;
    OF_TRY(of_set_out(c, 0, of_in_dtype(c, OF_EMB_WORDS), y));
    OF_TRY(of_set_out(c, 1, OF_INT32, batch));
    return of_set_out(c, 2, of_in_dtype(c, OF_EMB_WORDS), y);
}

/* How many words of each row the mask lets through: its ones, which come first. */
static of_status of_embed_mask(of_opctx *c, const of_tensor *ids)
{
    const of_tensor *mask = of_in(c, OF_EMB_MASK);
    of_tensor *y;

    if (!of_wants_out(c, 1)) return OF_OK;
    OF_TRY(of_out(c, 1, &y));
    for (int64_t b = 0; mask && b < ids->dims[0]; b++) {
        const int32_t *m = (const int32_t *)mask->data + b * ids->dims[1];
        int32_t n = 0;
        for (int64_t i = 0; i < ids->dims[1]; i++) {
            if (m[i] != 0 && (m[i] != 1 || n != i)) return OF_UNSUP(c, "a mask of other than ones, then zeros");
            n += m[i];
        }
        ((int32_t *)y->data)[b] = n;
    }
    return OF_OK;
}

/* Adds row `id` of table i to v. */
static of_status of_embed_add(of_opctx *c, uint32_t i, int64_t id, double *v, double *w, size_t n)
{
    const of_tensor *t = of_in(c, i);

    if (id < 0 || id >= t->dims[0])
        return OF_INVALID(c, "row %lld of the %lld of input %u", (long long)id, (long long)t->dims[0], i);
    of_read_f64(t, (size_t)id * n, 1, w, n);
    for (size_t k = 0; k < n; k++) v[k] += w[k];
    return OF_OK;
}

of_status of_eval_EmbedLayerNormalization(of_opctx *c)
{
    const of_tensor *ids = of_in(c, OF_EMB_IDS), *seg = of_in(c, OF_EMB_SEGMENTS), *place = of_in(c, OF_EMB_PLACE_IDS);
    const size_t n = (size_t)of_in(c, OF_EMB_WORDS)->dims[1], words = (size_t)ids->count;
    double *gamma, *beta, *v;
    of_tensor *y, *sum = NULL;
    float epsilon;

    OF_TRY(of_get_float(c, "epsilon", 1e-12f, &epsilon));
    if (!seg != !of_in(c, OF_EMB_SEGMENT)) return OF_INVALID(c, "segments without a table, or a table alone");
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_add(of_sat_mul((uint64_t)y->count, 8), words)));
    OF_TRY(of_embed_mask(c, ids));
    if (of_wants_out(c, 2)) {
        /* the text sums words and positions, implementations the segments too */
        if (seg) return OF_UNSUP(c, "whether the sum has the segments in it");
        OF_TRY(of_out(c, 2, &sum));
    }
    if (y->count == 0) return OF_OK;
    OF_TRY(of_row_open(c, OF_EMB_GAMMA, &gamma));
    OF_TRY(of_row_open(c, OF_EMB_BETA, &beta));
    v = (double *)of_tmp(c, n, 2 * sizeof *v);
    if (!v) return of_nomem(c->err);
    for (size_t i = 0; i < words; i++) {
        const size_t in_row = i % (size_t)ids->dims[1];
        int64_t at = (int64_t)in_row;
        if (place) at = ((const int32_t *)place->data)[place->dims[0] == 1 ? in_row : i];
        for (size_t k = 0; k < n; k++) v[k] = 0;
        OF_TRY(of_embed_add(c, OF_EMB_WORDS, ((const int32_t *)ids->data)[i], v, v + n, n));
        OF_TRY(of_embed_add(c, OF_EMB_PLACES, at, v, v + n, n));
        if (seg) OF_TRY(of_embed_add(c, OF_EMB_SEGMENT, ((const int32_t *)seg->data)[i], v, v + n, n));
        if (sum) of_write_f64(sum, i * n, 1, v, n);
        of_row_norm(c, v, n, false, epsilon, gamma, beta);
        of_write_f64(y, i * n, 1, v, n);
    }
    return OF_OK;
}
