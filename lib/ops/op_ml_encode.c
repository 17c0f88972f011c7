/* ai.onnx.ml: categories. CategoryMapper, OneHotEncoder. */
#include "ops/op_ml.h"
#include "ops/op_text.h"

#include <string.h>

/* ---- CategoryMapper ---- */

of_status of_infer_CategoryMapper(of_opctx *c)
{
    const of_dtype in = of_in_dtype(c, 0);

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_want_types(c, 0, OF_TS(OF_INT64) | OF_TS(OF_STRING)));
    return of_set_out(c, 0,
                      in == OF_INT64    ? OF_STRING
                      : in == OF_STRING ? OF_INT64
                                        : OF_UNDEFINED,
                      *of_in_shape(c, 0));
}

static bool same_value(bool to_text, const int64_t *ints, const of_str *strs, size_t a, size_t b)
{
    if (!to_text) return ints[a] == ints[b];
    return strs[a].n == strs[b].n && (!strs[a].n || memcmp(strs[a].p, strs[b].p, strs[a].n) == 0);
}

of_status of_eval_CategoryMapper(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const bool to_text = x->dtype == OF_INT64;
    const int64_t *ints;
    const of_str *strs;
    size_t n, n_strs;
    int64_t none;
    of_str nothing;
    of_keymap map;
    of_tensor *y;

    OF_TRY(of_get_ints(c, "cats_int64s", &ints, &n));
    OF_TRY(of_get_strs(c, "cats_strings", &strs, &n_strs));
    OF_TRY(of_get_int(c, "default_int64", -1, &none));
    OF_TRY(of_get_str(c, "default_string", "_Unused", &nothing));
    if (!n || n != n_strs) return OF_INVALID(c, "%zu cats_int64s and %zu cats_strings", n, n_strs);
    OF_TRY(of_keymap_init(c, &map, n));
    for (size_t i = 0; i < n; i++) {
        const of_str key = to_text ? (of_str){(const char *)&ints[i], sizeof *ints} : strs[i];
        const uint32_t was = of_keymap_put(&map, key, (uint32_t)i);
        if (was != UINT32_MAX && !same_value(to_text, ints, strs, was, i))
            return OF_UNSUP(c, "a category that stands in the table twice");
    }
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)x->count));
    for (int64_t i = 0; i < x->count; i++) {
        const of_str key =
            to_text ? (of_str){of_bytes(x, i), sizeof *ints} : ((const of_str *)x->data)[i];
        const uint32_t k = of_keymap_get(&map, key);
        if (to_text) ((of_str *)y->data)[i] = k == UINT32_MAX ? nothing : strs[k];
        else ((int64_t *)y->data)[i] = k == UINT32_MAX ? none : ints[k];
    }
    return of_keymap_charge(&map);
}

/* ---- OneHotEncoder ---- */

typedef struct categories {
    size_t n;
    const int64_t *ints;
    const of_str *strs;
} categories;

static of_status categories_get(of_opctx *c, categories *s)
{
    const of_dtype in = of_in_dtype(c, 0);
    size_t n_ints, n_strs;

    OF_TRY(of_get_ints(c, "cats_int64s", &s->ints, &n_ints));
    OF_TRY(of_get_strs(c, "cats_strings", &s->strs, &n_strs));
    if ((n_ints != 0) == (n_strs != 0))
        return OF_INVALID(c, "one of cats_int64s and cats_strings is due");
    if (in != OF_UNDEFINED && (in == OF_STRING) != (n_strs != 0))
        return OF_INVALID(c, "the categories are of another type than the input");
    if (!n_strs) s->strs = NULL;
    s->n = n_ints + n_strs;
    return OF_OK;
}

of_status of_infer_OneHotEncoder(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    categories cats;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_want_types(c, 0, OF_ML_NUMBERS | OF_TS(OF_STRING)));
    OF_TRY(categories_get(c, &cats));
    if (x->rank < 0) return of_set_out(c, 0, OF_FLOAT, of_shape_unknown());
    if (x->rank >= OF_MAX_RANK)
        return OF_INVALID(c, "rank %d is past %d", (int)x->rank + 1, OF_MAX_RANK);
    OF_TRY(of_new_shape(c, x->rank + 1, &s));
    for (int32_t k = 0; k < x->rank; k++) s.d[k] = x->d[k];
    s.d[x->rank] = of_dim_num((int64_t)cats.n);
    return of_set_out(c, 0, OF_FLOAT, s);
}

/* "the data will be cast to integers": cut toward zero. */
static of_status as_integer(of_opctx *c, const of_tensor *x, int64_t i, int64_t *v)
{
    double d;

    if (of_tensor_get_i64(x, i, v)) return OF_OK;
    of_read_f64(x, (size_t)i, 1, &d, 1);
    if (!(d > -0x1p63 && d < 0x1p63)) return OF_UNSUP(c, "a number that is no int64");
    *v = (int64_t)d;
    return OF_OK;
}

of_status of_eval_OneHotEncoder(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    categories cats;
    int64_t zeros;
    of_keymap map;
    of_tensor *y;

    OF_TRY(categories_get(c, &cats));
    OF_TRY(of_get_int(c, "zeros", 1, &zeros));
    OF_TRY(of_keymap_init(c, &map, cats.n));
    for (size_t i = 0; i < cats.n; i++) {
        const of_str key =
            cats.strs ? cats.strs[i] : (of_str){(const char *)&cats.ints[i], sizeof *cats.ints};
        if (of_keymap_put(&map, key, (uint32_t)i) != UINT32_MAX)
            return OF_UNSUP(c, "a category that is named twice");
    }
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)x->count));
    for (int64_t i = 0; i < x->count; i++) {
        int64_t v = 0;
        uint32_t k;
        if (!cats.strs) OF_TRY(as_integer(c, x, i, &v));
        k = of_keymap_get(&map, cats.strs ? ((const of_str *)x->data)[i]
                                          : (of_str){(const char *)&v, sizeof v});
        if (k != UINT32_MAX) ((float *)y->data)[(size_t)i * cats.n + k] = 1;
        else if (!zeros) return OF_INVALID(c, "element %lld is of no category", (long long)i);
    }
    return of_keymap_charge(&map);
}
