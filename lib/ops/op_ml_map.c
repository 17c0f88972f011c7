/* ai.onnx.ml: maps. No node hands a map on and no attribute or initializer holds one: what
 * CastMap and DictVectorizer take comes from outside of the model, so they have types alone.
 * ZipMap's result is what such models end in. */
#include "ops/op_ml.h"
#include "ops/op_protos.h"
#include "ops/op_seq.h"
#include "ops/op_text.h"

#include <string.h>

static of_status need_map(of_opctx *c, const of_type **map)
{
    const of_type *t = of_in_type(c, 0);

    *map = NULL;
    if (!t || t->kind == OF_T_UNKNOWN) return OF_OK;
    if (t->kind != OF_T_MAP) return OF_INVALID(c, "the input is no map");
    *map = t;
    return OF_OK;
}

/* ---- CastMap, DictVectorizer ---- */

of_status of_infer_CastMap(of_opctx *c)
{
    const of_type *map;
    of_str to;

    OF_TRY(need_map(c, &map));
    if (map && map->dtype != OF_INT64) return OF_INVALID(c, "the keys are no int64");
    OF_TRY(of_get_str(c, "cast_to", "TO_FLOAT", &to));
    if (of_str_is(to, "TO_FLOAT")) return of_set_out(c, 0, OF_FLOAT, of_shape_unknown());
    if (of_str_is(to, "TO_INT64")) return of_set_out(c, 0, OF_INT64, of_shape_unknown());
    if (of_str_is(to, "TO_STRING")) return of_set_out(c, 0, OF_STRING, of_shape_unknown());
    return OF_INVALID(c, "cast_to is not known");
}

/* The standard has a vector come out, onnxruntime a matrix of one row: no shape is inferred. */
of_status of_infer_DictVectorizer(of_opctx *c)
{
    const of_type *map;
    of_ml_labels keys;

    OF_TRY(need_map(c, &map));
    OF_TRY(of_ml_labels_get(c, "int64_vocabulary", "string_vocabulary", &keys));
    if (!map) return OF_OK;
    if (map->dtype != keys.type)
        return OF_INVALID(c, "the vocabulary is of another type than the keys");
    if (!map->elem || map->elem->kind != OF_T_TENSOR) return OF_OK;
    return of_set_out(c, 0, (of_dtype)map->elem->dtype, of_shape_unknown());
}

/* ---- ZipMap ---- */

of_status of_infer_ZipMap(of_opctx *c)
{
    of_arena *ar = c->evaluating ? c->tmp : &c->m->arena;
    of_type *map, *value;
    const of_type *seq;
    of_ml_labels keys;
    of_dim n, f;

    OF_TRY(of_ml_infer_rows(c, OF_TS(OF_FLOAT), true, &n, &f));
    OF_TRY(of_ml_labels_get(c, "classlabels_int64s", "classlabels_strings", &keys));
    if (of_dim_is_num(f) && (uint64_t)f.k != keys.n)
        return OF_INVALID(c, "%zu keys for %lld columns", keys.n, (long long)f.k);
    map = OF_NEW(ar, of_type);
    value = OF_NEW(ar, of_type);
    seq = of_type_of_many(c, OF_T_SEQUENCE, map);
    if (!map || !value || !seq) return of_nomem(c->err);
    value->kind = OF_T_TENSOR;
    value->dtype = OF_FLOAT;
    value->shape = of_shape_unknown();
    map->kind = OF_T_MAP;
    map->dtype = (uint8_t)keys.type;
    map->elem = value;
    return of_set_out_type(c, 0, seq);
}

static of_status zip_keys(of_opctx *c, const of_ml_labels *l, of_tensor **out)
{
    const int64_t dims[] = {(int64_t)l->n};
    of_keymap seen;
    of_tensor *t;
    of_status st;

    *out = NULL;
    OF_TRY(of_keymap_init(c, &seen, l->n));
    for (size_t i = 0; i < l->n; i++) {
        const of_str key = l->type == OF_STRING
                               ? l->strs[i]
                               : (of_str){(const char *)&l->ints[i], sizeof *l->ints};
        if (of_keymap_put(&seen, key, 0) != UINT32_MAX)
            return OF_UNSUP(c, "a key that is named twice");
    }
    OF_TRY(of_keymap_charge(&seen));
    OF_TRY(of_tensor_new_data(c->alloc, c->budget, l->type, dims, 1, true, &t, c->err));
    for (size_t i = 0; i < l->n; i++) of_ml_label_put(t, i, l, i);
    st = l->type == OF_STRING ? of_tensor_own_strings(t, c->err) : OF_OK;
    if (st != OF_OK) of_tensor_unref(t);
    else *out = t;
    return st;
}

/* A map of one row, put at the end of seq. */
static of_status zip_row(of_opctx *c, of_seq *seq, of_tensor *keys, const of_ml_rows *r, size_t row)
{
    const int64_t dims[] = {(int64_t)r->f};
    of_tensor *values = NULL;
    of_seq *map;
    of_status st;

    OF_TRY(of_seq_new(c->alloc, OF_VAL_MAP, &map, c->err));
    OF_TRY_TO(out, st,
              of_tensor_new_data(c->alloc, c->budget, OF_FLOAT, dims, 1, true, &values, c->err));
    memcpy(values->data, (const float *)r->x->data + row * r->f, r->f * sizeof(float));
    OF_TRY_TO(out, st, of_seq_push(map, &keys->base, c->err));
    OF_TRY_TO(out, st, of_seq_push(map, &values->base, c->err));
    st = of_seq_push(seq, &map->base, c->err);
out:
    of_tensor_unref(values);
    of_val_unref(&map->base);
    return st;
}

of_status of_eval_ZipMap(of_opctx *c)
{
    const of_ml_rows r = of_ml_rows_of(of_in(c, 0));
    of_tensor *keys;
    of_ml_labels l;
    of_seq *seq;
    of_status st;

    OF_TRY(of_ml_labels_get(c, "classlabels_int64s", "classlabels_strings", &l));
    OF_TRY(of_work_items(c, of_sat_mul(r.n, 3))); /* the map, its keys, its values */
    OF_TRY(of_work(c, (uint64_t)r.x->count));
    OF_TRY(zip_keys(c, &l, &keys));
    st = of_seq_new(c->alloc, OF_VAL_SEQUENCE, &seq, c->err);
    for (size_t i = 0; st == OF_OK && i < r.n; i++) {
        st = zip_row(c, seq, keys, &r, i);
        if (st != OF_OK) of_val_unref(&seq->base);
    }
    of_tensor_unref(keys);
    return st == OF_OK ? of_out_val(c, 0, &seq->base) : st;
}
