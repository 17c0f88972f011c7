/* ai.onnx.ml LabelEncoder: a table from keys to values. Version 1 knows one list of texts,
 * whose places are the other side. */
#include "ops/op_protos.h"
#include "ops/op_text.h"

#include <string.h>

typedef struct label_side {
    of_dtype type;
    size_t n;
    const void *data; /* of that type; NULL: 0, 1, 2... */
} label_side;

static of_status side_set(of_opctx *c, label_side *s, of_dtype t, const void *data, size_t n)
{
    if (s->n) return OF_INVALID(c, "two lists of keys or of values");
    *s = (label_side){t, n, data};
    return OF_OK;
}

/* keys_ or values_ in whichever form. */
static of_status side_read(of_opctx *c, bool values, label_side *s)
{
    const char *const names[2][4] = {{"keys_strings", "keys_int64s", "keys_floats", "keys_tensor"},
                                     {"values_strings", "values_int64s", "values_floats", "values_tensor"}};
    const of_str *strs;
    const int64_t *ints;
    const float *floats;
    of_tensor *t;
    size_t n;

    OF_TRY(of_get_strs(c, names[values][0], &strs, &n));
    if (n) OF_TRY(side_set(c, s, OF_STRING, strs, n));
    OF_TRY(of_get_ints(c, names[values][1], &ints, &n));
    if (n) OF_TRY(side_set(c, s, OF_INT64, ints, n));
    OF_TRY(of_get_floats(c, names[values][2], &floats, &n));
    if (n) OF_TRY(side_set(c, s, OF_FLOAT, floats, n));
    if (c->opset < 4) return OF_OK;
    OF_TRY(of_get_tensor(c, names[values][3], &t));
    if (!t) return OF_OK;
    OF_TRY(of_tensor_load(t, c->err));
    if (of_dtype_packed((of_dtype)t->dtype)) return OF_UNSUP(c, "a table of %s", of_dtypes[t->dtype].name);
    return side_set(c, s, (of_dtype)t->dtype, t->data, (size_t)t->count);
}

static of_status labels_read(of_opctx *c, label_side *key, label_side *value)
{
    const of_dtype in = of_in_dtype(c, 0);
    const of_str *strs;
    size_t n;

    *key = *value = (label_side){OF_UNDEFINED, 0, NULL};
    if (c->opset >= 2) {
        OF_TRY(side_read(c, false, key));
        OF_TRY(side_read(c, true, value));
        if (key->n != value->n) return OF_INVALID(c, "%zu keys and %zu values", key->n, value->n);
    } else {
        OF_TRY(of_get_strs(c, "classes_strings", &strs, &n));
        *key = (label_side){OF_STRING, n, strs};
        *value = (label_side){OF_INT64, n, NULL};
        if (in == OF_INT64) {
            const label_side k = *key;
            *key = *value;
            *value = k;
        }
    }
    if (!key->n) return OF_INVALID(c, "no keys");
    if (in != OF_UNDEFINED && in != key->type)
        return OF_INVALID(c, "keys are %s, the input is %s", of_dtypes[key->type].name, of_dtypes[in].name);
    return OF_OK;
}

of_status of_infer_LabelEncoder(of_opctx *c)
{
    label_side key, value;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(labels_read(c, &key, &value));
    return of_set_out(c, 0, value.type, *of_in_shape(c, 0));
}

/* A key as bytes that are equal for equal keys: texts as they are, numbers as int64 or
 * double, 0 for -0 and one NaN. */
static of_status key_bytes(of_opctx *c, of_dtype t, const void *data, size_t i, char *room, of_str *s)
{
    const char *p = (const char *)data + i * of_dtypes[t].mem;
    double d;

    if (t == OF_STRING) {
        *s = *(const of_str *)(const void *)p;
        return OF_OK;
    }
    *s = (of_str){room, 8};
    if (!data) {
        const int64_t v = (int64_t)i;
        memcpy(room, &v, 8);
    } else if (of_dtype_is_float(t)) {
        of_to_f64(t, p, &d, 1);
        if (d != d && c->opset < 4) return OF_UNSUP(c, "a NaN, before version 4");
        if (d == 0) d = 0;
        if (d != d) memset(room, 0xFF, 8);
        else memcpy(room, &d, 8);
    } else if (of_dtype_is_int(t) || t == OF_BOOL) {
        int64_t v;
        of_to_i64(t, p, &v, 1);
        memcpy(room, &v, 8);
    } else
        return OF_UNSUP(c, "keys of type %s", of_dtypes[t].name);
    return OF_OK;
}

static of_status default_value(of_opctx *c, of_dtype t, void *to)
{
    of_tensor *d = NULL;
    int64_t i;
    float f;
    of_str s;

    if (c->opset >= 4) OF_TRY(of_get_tensor(c, "default_tensor", &d));
    if (d) {
        OF_TRY(of_tensor_load(d, c->err));
        if (d->dtype != t || d->count != 1) return OF_INVALID(c, "default_tensor is no %s", of_dtypes[t].name);
        memcpy(to, d->data, of_dtypes[t].mem);
        return OF_OK;
    }
    if (t == OF_STRING) {
        OF_TRY(of_get_str(c, "default_string", "_Unused", &s));
        memcpy(to, &s, sizeof s);
    } else if (t == OF_INT64) {
        OF_TRY(of_get_int(c, "default_int64", -1, &i));
        memcpy(to, &i, sizeof i);
    } else if (t == OF_FLOAT) {
        OF_TRY(of_get_float(c, "default_float", -0.0F, &f));
        memcpy(to, &f, sizeof f);
    } else if (of_dtype_is_int(t)) {
        memset(to, 0xFF, of_dtypes[t].mem); /* "-1 if integral" */
    } else {
        const double zero = -0.0;
        of_from_f64(t, &zero, to, 1);
    }
    return OF_OK;
}

of_status of_eval_LabelEncoder(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    label_side key, value;
    of_keymap map;
    of_tensor *out;
    char *room, probe[8], missing[16];
    size_t mem;
    of_str s;

    OF_TRY(labels_read(c, &key, &value));
    if (!of_dtype_is_float(value.type) && !of_dtype_is_int(value.type) && value.type != OF_STRING)
        return OF_UNSUP(c, "values of type %s", of_dtypes[value.type].name);
    mem = of_dtypes[value.type].mem;
    OF_TRY(default_value(c, value.type, missing));
    OF_TRY(of_keymap_init(c, &map, key.n));
    OF_TRY(of_text_room(c, key.n * 8, &room));
    for (size_t i = 0; i < key.n; i++) {
        uint32_t was;
        OF_TRY(key_bytes(c, key.type, key.data, i, room + 8 * i, &s));
        was = of_keymap_put(&map, s, (uint32_t)i);
        /* "the last key takes precedence" from version 4 on; before, nothing says which one does */
        if (was == UINT32_MAX || c->opset >= 4) continue;
        if (!value.data || value.type == OF_STRING || memcmp((const char *)value.data + was * mem,
                                                             (const char *)value.data + i * mem, mem) != 0)
            return OF_UNSUP(c, "a key that stands in the table twice");
    }
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)in->count));
    for (int64_t i = 0; i < in->count; i++) {
        char *to = of_bytes(out, i);
        int64_t place;
        uint32_t k;
        /* a NaN that is no key is merely not found */
        if (of_dtype_is_float(key.type) && c->opset < 4) {
            double d;
            of_to_f64(key.type, of_bytes(in, i), &d, 1);
            if (d != d) {
                memcpy(to, missing, mem);
                continue;
            }
        }
        OF_TRY(key_bytes(c, key.type, in->data, (size_t)i, probe, &s));
        k = of_keymap_get(&map, s);
        place = k;
        if (k == UINT32_MAX) memcpy(to, missing, mem);
        else memcpy(to, value.data ? (const char *)value.data + k * mem : (const char *)&place, mem);
    }
    return of_keymap_charge(&map);
}
