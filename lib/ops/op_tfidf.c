/* TfIdfVectorizer. Tokens become numbers, n-grams keys made of these numbers. */
#include "ops/op_protos.h"
#include "ops/op_text.h"

#include <string.h>

typedef struct tfidf {
    int64_t min, max, skip, width; /* width: of a row of the result */
    const int64_t *ints, *counts, *index;
    const of_str *strs;
    const float *weights;
    size_t n_ints, n_strs, n_counts, n_index, n_weights;
    int mode; /* 0 TF, 1 IDF, 2 TFIDF */
    of_keymap tokens, grams;
    float *weight; /* by column */
} tfidf;

static of_status tfidf_read(of_opctx *c, tfidf *t)
{
    of_str mode;

    memset(t, 0, sizeof *t);
    OF_TRY(of_get_str(c, "mode", "", &mode));
    t->mode = of_str_is(mode, "TF") ? 0 : of_str_is(mode, "IDF") ? 1 : of_str_is(mode, "TFIDF") ? 2 : -1;
    if (t->mode < 0) return OF_INVALID(c, "mode is none of TF, IDF, TFIDF");
    OF_TRY(of_get_int(c, "min_gram_length", 0, &t->min));
    OF_TRY(of_get_int(c, "max_gram_length", 0, &t->max));
    OF_TRY(of_get_int(c, "max_skip_count", -1, &t->skip));
    if (t->min < 1 || t->max < t->min || t->skip < 0) return OF_INVALID(c, "gram lengths or skip count out of range");
    OF_TRY(of_get_ints(c, "pool_int64s", &t->ints, &t->n_ints));
    OF_TRY(of_get_strs(c, "pool_strings", &t->strs, &t->n_strs));
    OF_TRY(of_get_ints(c, "ngram_counts", &t->counts, &t->n_counts));
    OF_TRY(of_get_ints(c, "ngram_indexes", &t->index, &t->n_index));
    OF_TRY(of_get_floats(c, "weights", &t->weights, &t->n_weights));
    if ((t->n_ints != 0) == (t->n_strs != 0)) return OF_INVALID(c, "one pool is due");
    if (!t->n_index) return OF_INVALID(c, "ngram_indexes is missing");
    if (t->n_weights && t->n_weights != t->n_index) return OF_INVALID(c, "weights do not fit ngram_indexes");
    for (size_t i = 0; i < t->n_index; i++) {
        if (t->index[i] < 0 || t->index[i] >= INT32_MAX) return OF_INVALID(c, "ngram_indexes out of range");
        if (t->index[i] >= t->width) t->width = t->index[i] + 1;
    }
    return OF_OK;
}

of_status of_infer_TfIdfVectorizer(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    tfidf *t = OF_NEW(c->tmp, tfidf);
    of_shape s;

    if (!t) return of_nomem(c->err);
    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(tfidf_read(c, t));
    if (in->rank < 0) return of_set_out(c, 0, OF_FLOAT, of_shape_unknown());
    if (in->rank < 1 || in->rank > 2) return OF_INVALID(c, "the input is neither [C] nor [N, C]");
    OF_TRY(of_new_shape(c, in->rank, &s));
    if (in->rank == 2) s.d[0] = in->d[0];
    s.d[in->rank - 1] = of_dim_num(t->width);
    return of_set_out(c, 0, OF_FLOAT, s);
}

static of_str pool_key(const tfidf *t, size_t i)
{
    return t->n_ints ? (of_str){(const char *)&t->ints[i], sizeof(int64_t)} : t->strs[i];
}

/* The pool: 1-grams, 2-grams and so on, from where ngram_counts says. */
static of_status tfidf_pool(of_opctx *c, tfidf *t)
{
    const size_t total = t->n_ints + t->n_strs;
    uint32_t *id = (uint32_t *)of_tmp(c, total, sizeof(uint32_t)), next = 0, gram = 0;

    if (!id) return of_nomem(c->err);
    OF_TRY(of_keymap_init(c, &t->tokens, total));
    OF_TRY(of_keymap_init(c, &t->grams, total));
    t->weight = OF_NEW_N(c->tmp, float, (size_t)t->width);
    if (!t->weight) return of_nomem(c->err);
    for (size_t i = 0; i < total; i++) {
        id[i] = of_keymap_get(&t->tokens, pool_key(t, i));
        if (id[i] != UINT32_MAX) continue;
        id[i] = next++;
        (void)of_keymap_put(&t->tokens, pool_key(t, i), id[i]);
    }
    for (size_t k = 0; k < t->n_counts; k++) {
        const int64_t from = t->counts[k], to = k + 1 < t->n_counts ? t->counts[k + 1] : (int64_t)total;
        const int64_t n = (int64_t)k + 1;
        if (from < 0 || to < from || to > (int64_t)total || (to - from) % n != 0)
            return OF_INVALID(c, "ngram_counts do not divide the pool");
        for (int64_t at = from; at < to; at += n, gram++) {
            if (gram >= t->n_index) return OF_INVALID(c, "more grams than ngram_indexes");
            if (n < t->min || n > t->max) continue;
            if (of_keymap_put(&t->grams, (of_str){(const char *)&id[at], (size_t)n * 4}, gram) != UINT32_MAX)
                return OF_UNSUP(c, "a gram that stands in the pool twice");
        }
    }
    /* Runtimes take weights by column, the standard by gram: only where that is the same. */
    for (size_t i = 0; i < t->n_weights; i++) t->weight[t->index[i]] = t->weights[i];
    for (size_t i = 0; t->mode && i < t->n_weights; i++) {
        const size_t col = (size_t)t->index[i];
        if (t->weight[col] != t->weights[i] || col >= t->n_weights || t->weights[col] != t->weights[i])
            return OF_UNSUP(c, "weights whose order is not that of the columns");
    }
    OF_TRY(of_keymap_charge(&t->tokens));
    return of_keymap_charge(&t->grams);
}

/* id: tokens of a row, n of them. */
static of_status tfidf_row(of_opctx *c, tfidf *t, const uint32_t *id, int64_t n, uint32_t *key, float *row)
{
    for (int64_t step = 1; step - 1 <= t->skip; step++) {
        /* 1-grams do not depend on the skip: once is enough */
        const int64_t least = step > 1 && t->min == 1 ? 2 : t->min;
        if (least > t->max || (least > 1 && (n - 1) / (least - 1) < step)) break;
        for (int64_t at = 0; at < n; at++) {
            int64_t len = 0;
            for (int64_t i = at; i < n && len < t->max && id[i] != UINT32_MAX; i += step) {
                uint32_t g;
                key[len++] = id[i];
                if (len < least) continue;
                g = of_keymap_get(&t->grams, (of_str){(const char *)key, (size_t)len * 4});
                if (g != UINT32_MAX) row[t->index[g]] += 1.0F;
            }
            t->grams.probes += (uint64_t)len + 1;
        }
        OF_TRY(of_keymap_charge(&t->grams));
    }
    for (int64_t k = 0; t->mode && k < t->width; k++) {
        const float w = t->n_weights ? t->weight[k] : 1.0F;
        if (t->mode == 1) row[k] = row[k] > 0 ? w : 0.0F;
        else row[k] *= w;
    }
    (void)c;
    return OF_OK;
}

of_status of_eval_TfIdfVectorizer(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    tfidf *t = OF_NEW(c->tmp, tfidf);
    uint32_t *id = (uint32_t *)of_tmp(c, (size_t)in->count + 1, sizeof(uint32_t)), *key;
    const int64_t n = in->dims[in->rank - 1], rows = n ? in->count / n : 0;
    of_tensor *out;

    if (!t || !id) return of_nomem(c->err);
    OF_TRY(tfidf_read(c, t));
    if ((in->dtype == OF_STRING) != (t->n_strs != 0) ||
        (in->dtype != OF_STRING && in->dtype != OF_INT32 && in->dtype != OF_INT64))
        return OF_INVALID(c, "the pool is of another type than the input");
    OF_TRY(tfidf_pool(c, t));
    key = (uint32_t *)of_tmp(c, (size_t)(t->max < n ? t->max : n) + 1, sizeof(uint32_t));
    if (!key) return of_nomem(c->err);
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)in->count + (uint64_t)out->count));
    for (int64_t i = 0; i < in->count; i++) {
        int64_t v = 0;
        if (in->dtype != OF_STRING) (void)of_tensor_get_i64(in, i, &v);
        id[i] = of_keymap_get(&t->tokens, in->dtype == OF_STRING ? ((const of_str *)in->data)[i]
                                                                 : (of_str){(const char *)&v, sizeof v});
    }
    OF_TRY(of_keymap_charge(&t->tokens));
    for (int64_t r = 0; r < rows; r++)
        OF_TRY(tfidf_row(c, t, id + r * n, n, key, (float *)out->data + r * t->width));
    return OF_OK;
}
