/* A small protobuf writer and loading helpers for the tests of lib/wire. */
#ifndef WIRE_TEST_H
#define WIRE_TEST_H

#include "ir/edit.h"
#include "ir/link.h"
#include "of_test.h"
#include "wire/wire.h"

#include <string.h>

/* ---- writer: every buffer is freed by w_done ---- */
typedef struct wbuf {
    struct wbuf *next;
    unsigned char *p;
    size_t n, cap;
} wbuf;

static wbuf *w_all;

static OF_UNUSED wbuf *w_new(void)
{
    wbuf *b = calloc(1, sizeof *b);
    b->next = w_all;
    w_all = b;
    return b;
}

static OF_UNUSED void w_done(void)
{
    while (w_all) {
        wbuf *b = w_all;
        w_all = b->next;
        free(b->p);
        free(b);
    }
}

static OF_UNUSED wbuf *w_bytes(wbuf *b, const void *p, size_t n)
{
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2 + 64;
        b->p = realloc(b->p, b->cap);
    }
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
    return b;
}

static OF_UNUSED wbuf *w_varint(wbuf *b, uint64_t v)
{
    do {
        unsigned char c = (unsigned char)((v & 127) | (v > 127 ? 128 : 0));
        w_bytes(b, &c, 1);
        v >>= 7;
    } while (v);
    return b;
}

static OF_UNUSED wbuf *w_tag(wbuf *b, uint32_t field, unsigned wt)
{
    return w_varint(b, (uint64_t)field << 3 | wt);
}
static OF_UNUSED wbuf *w_int(wbuf *b, uint32_t field, int64_t v)
{
    return w_varint(w_tag(b, field, 0), (uint64_t)v);
}

static OF_UNUSED wbuf *w_data(wbuf *b, uint32_t field, const void *p, size_t n)
{
    return w_bytes(w_varint(w_tag(b, field, 2), n), p, n);
}

static OF_UNUSED wbuf *w_str(wbuf *b, uint32_t field, const char *s)
{
    return w_data(b, field, s, strlen(s));
}
static OF_UNUSED wbuf *w_msg(wbuf *b, uint32_t field, const wbuf *m)
{
    return w_data(b, field, m->p, m->n);
}
static OF_UNUSED wbuf *w_f32(wbuf *b, uint32_t field, float f)
{
    return w_bytes(w_tag(b, field, 5), &f, 4);
}

/* ---- ONNX pieces ---- */
static OF_UNUSED wbuf *x_entry(const char *key, const char *value)
{
    return w_str(w_str(w_new(), 1, key), 2, value);
}

static OF_UNUSED wbuf *x_type(int dtype, int n, const int64_t *dims)
{
    wbuf *shape = w_new(), *t = w_new();
    for (int i = 0; i < n; i++) w_msg(shape, 1, w_int(w_new(), 1, dims[i]));
    w_int(t, 1, dtype);
    w_msg(t, 2, shape);
    return w_msg(w_new(), 1, t);
}

static OF_UNUSED wbuf *x_info(const char *name)
{
    static const int64_t two = 2;
    return w_msg(w_str(w_new(), 1, name), 2, x_type(1, 1, &two));
}

static OF_UNUSED wbuf *x_node(const char *op, const char *in, const char *out)
{
    wbuf *b = w_new();
    if (in) w_str(b, 1, in);
    if (out) w_str(b, 2, out);
    return w_str(b, 4, op);
}

static OF_UNUSED wbuf *x_tensor(const char *name, int dtype, int n, const int64_t *dims)
{
    wbuf *t = w_new();
    for (int i = 0; i < n; i++) w_int(t, 1, dims[i]);
    w_int(t, 2, dtype);
    return w_str(t, 8, name);
}

/* A graph x -> Relu -> y, to which more is appended. */
static OF_UNUSED wbuf *x_graph(void)
{
    wbuf *g = w_new();
    w_msg(g, 1, x_node("Relu", "x", "y"));
    w_str(g, 2, "g");
    w_msg(g, 11, x_info("x"));
    return w_msg(g, 12, x_info("y"));
}

static OF_UNUSED wbuf *x_model(const wbuf *g)
{
    wbuf *m = w_new();
    w_int(m, 1, 8);
    if (g) w_msg(m, 7, g);
    return w_msg(m, 8, w_int(w_new(), 2, 17));
}

static OF_UNUSED wbuf *x_attr(const char *name, int type)
{
    return w_int(w_str(w_new(), 1, name), 20, type);
}
static OF_UNUSED wbuf *x_attr_g(const char *name, const wbuf *g)
{
    return w_msg(x_attr(name, 5), 6, g);
}

/* ---- loading ---- */
static const of_wire_limits x_limits = {((uint64_t)1 << 31) - 1, 100, 32, 10000000, 10000};

typedef struct xload {
    of_alloc a;
    of_err e;
    of_model *m;
    of_status st;
} xload;

static OF_UNUSED of_status x_open(xload *x, of_source *s, const char *base)
{
    of_model_new(&x->a, &x->m, &x->e);
    x->st = of_decode(x->m, s, base, &x_limits, &x->e);
    of_source_unref(s);
    return x->st;
}

static OF_UNUSED of_status x_load(xload *x, const void *p, size_t n)
{
    of_source *s = NULL;
    memset(x, 0, sizeof *x);
    of_alloc_init_default(&x->a);
    of_err_clear(&x->e);
    of_source_memory(&x->a, p, n, &s, &x->e);
    return x_open(x, s, NULL);
}

static OF_UNUSED of_status x_load_file(xload *x, const char *path, const char *base)
{
    of_source *s = NULL;
    memset(x, 0, sizeof *x);
    of_alloc_init_default(&x->a);
    of_err_clear(&x->e);
    x->st = of_source_open(&x->a, path, &s, &x->e);
    return x->st == OF_OK ? x_open(x, s, base) : x->st;
}

/* Nothing may be left of it. */
static OF_UNUSED void x_close(xload *x)
{
    of_model_free(x->m);
    x->m = NULL;
    ck_assert_uint_eq(x->a.live, 0);
}

static OF_UNUSED of_status x_status(const wbuf *b)
{
    xload x;
    of_status st = x_load(&x, b->p, b->n);
    x_close(&x);
    return st;
}

/* Bytes of a save; freed by the caller with free_saved. */
typedef struct xsaved {
    void *p;
    size_t n, cap;
} xsaved;

static OF_UNUSED of_status x_save(xload *x, const of_encode_opts *o, xsaved *out)
{
    static const of_encode_opts none;
    of_sink *k = NULL;
    uint64_t size = 0;
    of_status st = of_encoded_size(x->m, o ? o : &none, &size, &x->e);
    memset(out, 0, sizeof *out);
    if (st != OF_OK) return st;
    st = of_sink_memory(&x->a, (size_t)size, &k, &x->e);
    if (st == OF_OK) st = of_encode(x->m, k, o ? o : &none, &x->e);
    if (st != OF_OK) {
        of_sink_abort(k);
        return st;
    }
    st = of_sink_commit_memory(k, &out->p, &out->n, &out->cap, &x->e);
    if (st == OF_OK) ck_assert_uint_eq(out->n, size);
    return st;
}

static OF_UNUSED void x_unsave(xload *x, xsaved *s)
{
    of_mem_free(&x->a, s->p, s->cap);
}

/* Everything is written anew. */
static OF_UNUSED void x_touch_all(of_model *m)
{
    m->dirty = true;
    for (size_t i = 0; i < m->n_nodes; i++) {
        m->nodes[i]->dirty = true;
        for (of_attr *a = m->nodes[i]->attrs; a; a = a->next) a->dirty = true;
    }
    for (size_t i = 0; i < m->n_graphs; i++) {
        of_graph *g = m->graphs[i];
        of_vinfo *lists[3] = {g->in_infos, g->out_infos, g->value_infos};
        g->dirty = true;
        for (of_init *it = g->init_first; it; it = it->next) it->dirty = true;
        for (int k = 0; k < 3; k++)
            for (of_vinfo *v = lists[k]; v; v = v->next) v->dirty = true;
    }
    for (size_t i = 0; i < m->n_funcs; i++) m->funcs[i]->dirty = true;
}

static OF_UNUSED of_init *x_init(of_model *m, const char *name)
{
    for (of_init *it = m->graph->init_first; it; it = it->next)
        if (of_sym_is(it->name, name)) return it;
    return NULL;
}

static OF_UNUSED Suite *x_suite(const char *name, const TTest *const *tests, size_t n)
{
    Suite *s = suite_create(name);
    TCase *c = tcase_create(name);
    tcase_set_timeout(c, 120);
    for (size_t i = 0; i < n; i++) tcase_add_test(c, tests[i]);
    tcase_add_checked_fixture(c, NULL, w_done);
    suite_add_tcase(s, c);
    return s;
}

#endif
