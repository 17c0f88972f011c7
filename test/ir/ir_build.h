/* Small models by hand, names separated by blanks, "_" for an absent one. */
#ifndef OF_TEST_IR_BUILD_H
#define OF_TEST_IR_BUILD_H

#include "ir/edit.h"
#include "ir/link.h"
#include "ir/walk.h"
#include "of_test.h"

#include <string.h>

typedef struct build {
    of_alloc alloc;
    of_model *m;
    of_err e;
    of_opset opset[2];
} build;

static inline of_sym b_sym(build *b, const char *s)
{
    of_sym r = of_names_get(&b->m->names, s, strlen(s));
    ck_assert_ptr_nonnull(r);
    return r;
}

static inline void b_open(build *b)
{
    memset(b, 0, sizeof *b);
    of_alloc_init_default(&b->alloc);
    of_err_clear(&b->e);
    ck_assert_int_eq(of_model_new(&b->alloc, &b->m, &b->e), OF_OK);
    b->m->ir_version = 8;
    b->opset[0] = (of_opset){.domain = b->m->names.empty, .version = 17};
    b->m->opsets = b->opset;
    b->m->n_opsets = 1;
    b->m->graph = of_graph_new(b->m, OF_GRAPH_MAIN);
    ck_assert_ptr_nonnull(b->m->graph);
}

/* Nothing may be left behind, in memory or in references. */
static inline void b_close(build *b)
{
    of_model_free(b->m);
    ck_assert_uint_eq(b->alloc.live, 0);
}

static inline const of_type *b_type(build *b, const char *dim)
{
    of_shape s = {1, OF_NEW_N(&b->m->arena, of_dim, 1)};
    ck_assert_ptr_nonnull(s.d);
    s.d[0] = of_dim_symbol(b->m->dims, b_sym(b, dim));
    return of_type_tensor(b->m, OF_FLOAT, s);
}

static inline of_vinfo *b_info(build *b, of_vinfo **list, const char *name)
{
    of_vinfo *vi = OF_NEW(&b->m->arena, of_vinfo);
    ck_assert_ptr_nonnull(vi);
    vi->name = b_sym(b, name);
    while (*list) list = &(*list)->next;
    *list = vi;
    return vi;
}

/* Each word of `names` becomes an entry. */
static inline void b_infos(build *b, of_vinfo **list, const char *names)
{
    char text[256];
    ck_assert_uint_lt(strlen(names), sizeof text);
    strcpy(text, names);
    char *save = NULL;
    for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
        b_info(b, list, strcmp(w, "_") ? w : "");
}

static inline of_tensor *b_tensor(build *b, size_t n)
{
    int64_t dims[1] = {(int64_t)n};
    of_tensor *t = NULL;
    ck_assert_int_eq(of_tensor_new_data(&b->alloc, NULL, OF_INT64, dims, 1, false, &t, &b->e), OF_OK);
    for (size_t i = 0; i < n; i++) ((int64_t *)t->data)[i] = (int64_t)i + 1;
    return t;
}

static inline of_init *b_init(build *b, of_graph *g, const char *name)
{
    of_init *it = of_init_new(b->m, g);
    ck_assert_ptr_nonnull(it);
    it->name = b_sym(b, name);
    it->tensor = b_tensor(b, 3);
    return it;
}

static inline uint32_t b_words(const char *s)
{
    uint32_t n = 0;
    for (; *s; s++)
        if (*s != ' ' && (s[1] == ' ' || !s[1])) n++;
    return n;
}

static inline of_sym *b_fill(build *b, of_sym *at, const char *names)
{
    while (*names) {
        size_t n = strcspn(names, " ");
        if (n) {
            bool none = n == 1 && names[0] == '_';
            *at = of_names_get(&b->m->names, names, none ? 0 : n);
            ck_assert_ptr_nonnull(*at);
            at++;
        }
        names += n + (names[n] == ' ');
    }
    return at;
}

/* A node as decode leaves it: linked into the list, names only. */
static inline of_node *b_node(build *b, of_graph *g, const char *op, const char *in, const char *out)
{
    uint32_t n_in = b_words(in), n_out = b_words(out);
    of_node *n = of_node_new(b->m, n_in, n_out);
    ck_assert_ptr_nonnull(n);
    n->op_type = b_sym(b, op);
    n->was = OF_NEW_N(&b->m->arena, of_sym, (size_t)n_in + n_out);
    ck_assert_ptr_nonnull(n->was);
    b_fill(b, b_fill(b, n->was, in), out);
    of_node_append(g, n);
    return n;
}

static inline of_attr *b_attr(build *b, of_node *n, const char *name, of_attr_type type)
{
    of_attr *a = of_attr_new(b->m, b_sym(b, name), type), **at = &n->attrs;
    ck_assert_ptr_nonnull(a);
    while (*at) at = &(*at)->next;
    *at = a;
    if (type == OF_A_GRAPH || type == OF_A_GRAPHS) n->bodies = true;
    a->n = 1;
    return a;
}

static inline of_graph *b_body(build *b, of_node *n, const char *name)
{
    of_graph *g = of_graph_new(b->m, OF_GRAPH_BODY);
    ck_assert_ptr_nonnull(g);
    b_attr(b, n, name, OF_A_GRAPH)->u.g = g;
    return g;
}

static inline of_func *b_func(build *b, const char *name, const char *in, const char *out)
{
    of_model *m = b->m;
    of_func *f = OF_NEW(&m->arena, of_func), **list = OF_NEW_N(&m->arena, of_func *, m->n_funcs + 1);
    ck_assert(f && list);
    f->domain = b_sym(b, "local");
    f->name = b_sym(b, name);
    f->overload = m->names.empty;
    f->opsets = b->opset;
    f->n_opsets = 1;
    f->body = of_graph_new(m, OF_GRAPH_FUNCTION);
    ck_assert_ptr_nonnull(f->body);
    f->body->n_inputs = b_words(in);
    f->body->n_outputs = b_words(out);
    f->body->in_names = OF_NEW_N(&m->arena, of_sym, f->body->n_inputs);
    f->body->out_names = OF_NEW_N(&m->arena, of_sym, f->body->n_outputs);
    b_fill(b, f->body->in_names, in);
    b_fill(b, f->body->out_names, out);
    if (m->n_funcs) memcpy(list, m->funcs, m->n_funcs * sizeof *list);
    list[m->n_funcs++] = f;
    m->funcs = list;
    return f;
}

static inline void b_link(build *b)
{
    of_status st = of_link(b->m, &b->e);
    ck_assert_msg(st == OF_OK, "%d: %s", (int)st, b->e.msg);
    st = of_verify(b->m, &b->e);
    ck_assert_msg(st == OF_OK, "%d: %s", (int)st, b->e.msg);
}

static inline void b_verify(build *b)
{
    of_status st = of_verify(b->m, &b->e);
    ck_assert_msg(st == OF_OK, "%d: %s", (int)st, b->e.msg);
}

/* The value of this name, the last one made when there are several. */
static inline of_value *b_value(build *b, const char *name)
{
    for (size_t i = b->m->n_values; i-- > 0;)
        if (of_sym_is(b->m->values[i]->name, name)) return b->m->values[i];
    ck_abort_msg("no value %s", name);
    return NULL;
}

#endif
