/* Binding: parts of the interface that the caller fixes before optimizing. */
#include "api/api.h"
#include "ir/edit.h"

#include <string.h>

/* ---- types with some dimensions replaced ---- */

typedef struct rebind {
    of_model *m;
    uint32_t sym;    /* dimensions k + this symbol become k + value */
    int64_t value;
    bool found;      /* some dimension had it */
    const of_type *last, *last_new; /* values of one type stand together */
} rebind;

static bool has_symbol(const of_type *t, uint32_t sym)
{
    for (; t; t = t->elem)
        for (int32_t i = 0; i < t->shape.rank; i++)
            if (t->shape.d[i].sym == sym) return true;
    return false;
}

static of_type *type_copy(of_model *m, const of_type *t)
{
    of_type *c = of_arena_dup(&m->arena, t, sizeof *t);
    if (!c || t->shape.rank <= 0) return c;
    c->shape.d = of_arena_array(&m->arena, (size_t)t->shape.rank, sizeof *c->shape.d);
    if (!c->shape.d) return NULL;
    memcpy(c->shape.d, t->shape.d, (size_t)t->shape.rank * sizeof *c->shape.d);
    return c;
}

/* *out: the type with the symbol bound, t itself when it has none. */
static of_status rebind_type(rebind *r, const of_type *t, const of_type **out)
{
    *out = t;
    if (!t || !has_symbol(t, r->sym)) return OF_OK;
    r->found = true;
    if (t == r->last) {
        *out = r->last_new;
        return OF_OK;
    }
    const of_type *first = NULL, **link = &first;
    for (const of_type *at = t; at; at = at->elem) {
        of_type *c = type_copy(r->m, at);
        if (!c) return OF_E_NOMEM;
        for (int32_t i = 0; i < c->shape.rank; i++) {
            of_dim *d = &c->shape.d[i];
            int64_t k;
            if (d->sym != r->sym) continue;
            if (!of_add_i64(d->k, r->value, &k) || k < 0) return OF_E_ARGUMENT;
            *d = of_dim_num(k);
        }
        *link = c;
        link = (const of_type **)(uintptr_t)&c->elem;
    }
    r->last = t;
    r->last_new = first;
    *out = first;
    return OF_OK;
}

static of_status rebind_infos(rebind *r, of_graph *g, of_vinfo *list)
{
    for (of_vinfo *f = list; f; f = f->next) {
        const of_type *t;
        OF_TRY(rebind_type(r, f->type, &t));
        if (t == f->type) continue;
        f->type = t;
        f->dirty = true;
        of_touch_graph(g);
    }
    return OF_OK;
}

static of_status rebind_model(rebind *r)
{
    of_model *m = r->m;
    for (size_t i = 0; i < m->n_graphs; i++) {
        of_graph *g = m->graphs[i];
        if (!g) continue;
        OF_TRY(rebind_infos(r, g, g->in_infos));
        OF_TRY(rebind_infos(r, g, g->out_infos));
        OF_TRY(rebind_infos(r, g, g->value_infos));
    }
    for (size_t i = 0; i < m->n_values; i++)
        if (m->values[i]) OF_TRY(rebind_type(r, m->values[i]->type, &m->values[i]->type));
    return OF_OK;
}

static of_status bind_symbol(onnxfold_model *h, of_dim symbol, int64_t value)
{
    rebind r = {.m = h->m, .sym = symbol.sym};
    if (!of_sub_i64(value, symbol.k, &r.value)) return of_fail(&h->err, OF_E_ARGUMENT, "dimension out of range");
    of_status st = rebind_model(&r);
    if (st == OF_E_NOMEM) return of_fail(&h->err, st, "out of memory");
    if (st != OF_OK) return of_fail(&h->err, st, "a dimension computed from the symbol would be negative");
    if (!r.found) return of_fail(&h->err, OF_E_NOT_FOUND, "no dimension has this symbol");
    return OF_OK;
}

/* ---- inputs by name ---- */

static of_status find_input(onnxfold_model *h, const char *name, size_t *at)
{
    const of_graph *g = h->m->graph;
    size_t n = strlen(name);
    of_sym s = of_names_find(&h->m->names, name, n);
    for (size_t i = 0; s && i < g->n_inputs; i++)
        if (g->inputs[i]->name == s) {
            *at = i;
            return OF_OK;
        }
    return of_fail(&h->err, OF_E_NOT_FOUND, "no graph input is called '%.*s'", of_clip(n), name);
}

static of_vinfo *info_of(of_vinfo *list, const of_value *v)
{
    for (; list; list = list->next)
        if (list->value == v && !list->drop) return list;
    return NULL;
}

static of_status begin(onnxfold_model *h)
{
    of_err_clear(&h->err);
    if (!h->m) return of_fail(&h->err, OF_E_STATE, "no model is loaded");
    h->report.fresh = false;
    return OF_OK;
}

static of_status bind_dim(onnxfold_model *h, const char *input, int32_t axis, int64_t value)
{
    size_t at;
    OF_TRY(find_input(h, input, &at));
    of_value *v = h->m->graph->inputs[at];
    if (!v->type || v->type->kind != OF_T_TENSOR || axis < 0 || axis >= v->type->shape.rank)
        return of_fail(&h->err, OF_E_NOT_FOUND, "input '%.*s' declares no axis %ld", of_clip(v->name->len),
                       v->name->s, (long)axis);
    of_dim d = v->type->shape.d[axis];
    if (of_dim_is_num(d)) {
        if (d.k == value) return OF_OK;
        return of_fail(&h->err, OF_E_ARGUMENT, "axis %ld of input '%.*s' is %lld already", (long)axis,
                       of_clip(v->name->len), v->name->s, (long long)d.k);
    }
    if (of_dim_known(d)) return bind_symbol(h, d, value);
    of_type *t = type_copy(h->m, v->type);
    if (!t) return of_nomem(&h->err);
    t->shape.d[axis] = of_dim_num(value);
    of_vinfo *f = info_of(h->m->graph->in_infos, v);
    v->type = t;
    if (f) {
        f->type = t;
        f->dirty = true;
    }
    of_touch_graph(h->m->graph);
    return OF_OK;
}

onnxfold_status onnxfold_model_bind_dim(onnxfold_model *m, const char *input, int32_t axis, int64_t value)
{
    of_api_guard g = of_api_enter();
    if (!m || !input || value < 0) return of_api_refuse(m);
    of_status st = begin(m);
    if (st == OF_OK) st = of_api_report_count_before(m, &m->err);
    if (st == OF_OK) st = bind_dim(m, input, axis, value);
    return of_api_done(m, g, st);
}

onnxfold_status onnxfold_model_bind_symbol(onnxfold_model *m, const char *symbol, int64_t value)
{
    of_api_guard g = of_api_enter();
    if (!m || !symbol || !*symbol || value < 0) return of_api_refuse(m);
    of_status st = begin(m);
    if (st == OF_OK) st = of_api_report_count_before(m, &m->err);
    if (st == OF_OK) {
        of_sym s = of_names_get(&m->m->names, symbol, strlen(symbol));
        of_dim d = s ? of_dim_symbol(m->m->dims, s) : of_dim_unknown();
        st = of_dim_known(d) ? bind_symbol(m, d, value) : of_nomem(&m->err);
    }
    return of_api_done(m, g, st);
}

/* ---- inputs to values ---- */

/* Does the shape fit what the input declares? Symbols that it settles are bound after. */
static of_status check_shape(onnxfold_model *h, const of_value *v, int32_t dtype, const int64_t *dims, int32_t rank)
{
    const of_type *t = v->type;
    int len = of_clip(v->name->len);
    if (!t) return OF_OK;
    if (t->kind != OF_T_TENSOR)
        return of_fail(&h->err, OF_E_ARGUMENT, "input '%.*s' is no tensor", len, v->name->s);
    if (t->dtype != OF_UNDEFINED && t->dtype != dtype)
        return of_fail(&h->err, OF_E_ARGUMENT, "input '%.*s' is %s, not %s", len, v->name->s,
                       of_dtypes[t->dtype].name, of_dtypes[dtype].name);
    if (t->shape.rank < 0) return OF_OK;
    if (t->shape.rank != rank)
        return of_fail(&h->err, OF_E_ARGUMENT, "input '%.*s' has rank %ld, not %ld", len, v->name->s,
                       (long)t->shape.rank, (long)rank);
    for (int32_t i = 0; i < rank; i++)
        if (of_dim_is_num(t->shape.d[i]) && t->shape.d[i].k != dims[i])
            return of_fail(&h->err, OF_E_ARGUMENT, "axis %ld of input '%.*s' is %lld, not %lld", (long)i, len,
                           v->name->s, (long long)t->shape.d[i].k, (long long)dims[i]);
    return OF_OK;
}

/* v, at inputs[at], has its constant: out of the interface. */
static void leave_interface(of_model *m, size_t at)
{
    of_graph *g = m->graph;
    of_value *v = g->inputs[at];
    of_vinfo *f = info_of(g->in_infos, v);
    memmove(g->inputs + at, g->inputs + at + 1, (g->n_inputs - at - 1) * sizeof(of_value *));
    g->n_inputs--;
    v->flags &= (uint16_t)~OF_VALUE_INPUT;
    if (f) {
        f->drop = true;
        if (v->vinfo == f) v->vinfo = info_of(g->out_infos, v);
    }
    of_touch_graph(g);
}

static of_status bind_input(onnxfold_model *h, const char *input, int32_t dtype, const int64_t *dims, int32_t rank,
                            const void *data, size_t size)
{
    of_model *m = h->m;
    of_tensor *t = NULL;
    size_t at;
    OF_TRY(find_input(h, input, &at));
    of_value *v = m->graph->inputs[at];
    if (dtype == OF_STRING) return of_fail(&h->err, OF_E_UNSUPPORTED, "a string input cannot be bound");
    OF_TRY(check_shape(h, v, dtype, dims, rank));
    of_status st = of_tensor_new_data(&h->alloc, NULL, (of_dtype)dtype, dims, (size_t)rank, false, &t, &h->err);
    if (st != OF_OK) return st;
    if (t->bytes != size) {
        st = of_fail(&h->err, OF_E_ARGUMENT, "%llu bytes for an input of %llu", (unsigned long long)size,
                     (unsigned long long)t->bytes);
        goto out;
    }
    if (size) memcpy(t->data, data, size);
    for (int32_t i = 0; v->type && i < v->type->shape.rank; i++) {
        of_dim d = v->type->shape.d[i];
        if (!of_dim_is_num(d) && of_dim_known(d)) OF_TRY_TO(out, st, bind_symbol(h, d, dims[i]));
    }
    if (v->init) { /* its default value gives way */
        of_tensor_unref(v->init->tensor);
        v->init->tensor = of_tensor_ref(t);
        v->init->sparse = NULL;
        v->init->dirty = true;
        v->flags &= (uint16_t)~OF_VALUE_SPARSE;
    } else {
        OF_TRY_TO(out, st, of_value_set_init(m, v, t, &h->err));
    }
    OF_TRY_TO(out, st, of_value_set_const(v, &t->base));
    const of_type *known = of_type_of_val(m, &t->base);
    if (known) v->type = known;
    leave_interface(m, at);
out:
    of_tensor_unref(t);
    return st;
}

onnxfold_status onnxfold_model_bind_input(onnxfold_model *m, const char *input, int32_t dtype, const int64_t *dims,
                                          int32_t rank, const void *data, size_t size)
{
    of_api_guard g = of_api_enter();
    if (!m || !input || !of_dtype_valid(dtype) || rank < 0 || rank > OF_MAX_RANK || (rank > 0 && !dims) ||
        (size > 0 && !data))
        return of_api_refuse(m);
    for (int32_t i = 0; i < rank; i++)
        if (dims[i] < 0) return of_api_refuse(m);
    of_status st = begin(m);
    if (st == OF_OK) st = of_api_report_count_before(m, &m->err);
    if (st == OF_OK) st = bind_input(m, input, dtype, dims, rank, data, size);
    return of_api_done(m, g, st);
}
