/* Builds small ONNX models as protobuf bytes, loads them, optimizes them and looks at
 * what is left. Shared by the tests of the passes. */
#ifndef OF_TEST_PASS_BUILD_H
#define OF_TEST_PASS_BUILD_H

#include <string.h>

#include "ir/link.h"
#include "ir/walk.h"
#include "of_test.h"
#include "pass/pass.h"
#include "rewrite/rewrite.h"
#include "wire/wire.h"

/* ---- protobuf ---- */

typedef struct pb {
    unsigned char *p;
    size_t n, cap;
} pb;

static inline void pb_raw(pb *b, const void *s, size_t n)
{
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2 + 64;
        b->p = (unsigned char *)realloc(b->p, b->cap);
    }
    if (n) memcpy(b->p + b->n, s, n);
    b->n += n;
}
static inline void pb_varint(pb *b, uint64_t v)
{
    do {
        unsigned char c = (unsigned char)((v & 127) | (v > 127 ? 128 : 0));
        pb_raw(b, &c, 1);
        v >>= 7;
    } while (v);
}
static inline void pb_int(pb *b, int field, int64_t v)
{
    pb_varint(b, (uint64_t)field << 3);
    pb_varint(b, (uint64_t)v);
}
static inline void pb_bytes(pb *b, int field, const void *s, size_t n)
{
    pb_varint(b, (uint64_t)field << 3 | 2);
    pb_varint(b, n);
    pb_raw(b, s, n);
}
static inline void pb_str(pb *b, int field, const char *s) { pb_bytes(b, field, s, strlen(s)); }
static inline void pb_msg(pb *b, int field, pb *sub) /* sub is spent */
{
    pb_bytes(b, field, sub->p, sub->n);
    free(sub->p);
    memset(sub, 0, sizeof *sub);
}
static inline void pb_words(pb *b, int field, const char *words) /* "_": the empty name */
{
    while (words && *words) {
        size_t n = strcspn(words, " ");
        pb_bytes(b, field, words, n == 1 && *words == '_' ? 0 : n);
        words += n + (words[n] == ' ');
    }
}

/* ---- types and tensors; dims as "2,3", "batch,?", "" a scalar, NULL no shape ---- */

static inline pb tb_type(int dtype, const char *dims)
{
    pb tensor = {0}, shape = {0}, type = {0};
    pb_int(&tensor, 1, dtype);
    while (dims && *dims) {
        pb dim = {0};
        size_t n = strcspn(dims, ",");
        if (*dims >= '0' && *dims <= '9') pb_int(&dim, 1, atoi(dims));
        else if (*dims != '?') pb_bytes(&dim, 2, dims, n);
        pb_msg(&shape, 1, &dim);
        dims += n + (dims[n] == ',');
    }
    if (dims) pb_msg(&tensor, 2, &shape);
    free(shape.p);
    pb_msg(&type, 1, &tensor);
    return type;
}
static inline pb tb_tensor(const char *name, int dtype, const char *dims, const void *data, size_t bytes)
{
    pb t = {0};
    while (*dims) {
        size_t n = strcspn(dims, ",");
        pb_int(&t, 1, atoi(dims));
        dims += n + (dims[n] == ',');
    }
    pb_int(&t, 2, dtype);
    if (name) pb_str(&t, 8, name);
    pb_bytes(&t, 9, data, bytes);
    return t;
}

/* ---- nodes ---- */

static inline pb tn(const char *op, const char *in, const char *out)
{
    pb n = {0};
    const char *colon = strstr(op, "::");
    pb_words(&n, 1, in);
    pb_words(&n, 2, out);
    if (colon) {
        pb_bytes(&n, 7, op, (size_t)(colon - op));
        pb_str(&n, 4, colon + 2);
    } else
        pb_str(&n, 4, op);
    return n;
}
static inline void tn_name(pb *n, const char *name) { pb_str(n, 3, name); }
static inline void tn_int(pb *n, const char *name, int64_t v)
{
    pb a = {0};
    pb_str(&a, 1, name);
    pb_int(&a, 3, v);
    pb_int(&a, 20, OF_A_INT);
    pb_msg(n, 5, &a);
}
static inline void tn_ints(pb *n, const char *name, const int64_t *v, size_t k)
{
    pb a = {0};
    pb_str(&a, 1, name);
    for (size_t i = 0; i < k; i++) pb_int(&a, 8, v[i]);
    pb_int(&a, 20, OF_A_INTS);
    pb_msg(n, 5, &a);
}
static inline void tn_tensor(pb *n, const char *name, pb t)
{
    pb a = {0};
    pb_str(&a, 1, name);
    pb_msg(&a, 5, &t);
    pb_int(&a, 20, OF_A_TENSOR);
    pb_msg(n, 5, &a);
}
static inline void tn_graph(pb *n, const char *name, pb *g)
{
    pb a = {0};
    pb_str(&a, 1, name);
    pb_msg(&a, 6, g);
    pb_int(&a, 20, OF_A_GRAPH);
    pb_msg(n, 5, &a);
}
static inline void tn_ref(pb *n, const char *name, const char *ref, int type)
{
    pb a = {0};
    pb_str(&a, 1, name);
    pb_str(&a, 21, ref);
    pb_int(&a, 20, type);
    pb_msg(n, 5, &a);
}

/* ---- graphs ---- */

static inline void tg_info(pb *g, int field, const char *name, int dtype, const char *dims)
{
    pb v = {0}, t = tb_type(dtype, dims);
    pb_str(&v, 1, name);
    pb_msg(&v, 2, &t);
    pb_msg(g, field, &v);
}
static inline void tg_in(pb *g, const char *name, int dtype, const char *dims) { tg_info(g, 11, name, dtype, dims); }
static inline void tg_out(pb *g, const char *name, int dtype, const char *dims) { tg_info(g, 12, name, dtype, dims); }
static inline void tg_vi(pb *g, const char *name, int dtype, const char *dims) { tg_info(g, 13, name, dtype, dims); }
static inline void tg_init(pb *g, const char *name, int dtype, const char *dims, const void *data, size_t bytes)
{
    pb t = tb_tensor(name, dtype, dims, data, bytes);
    pb_msg(g, 5, &t);
}
#define TG_F(g, name, dims, ...)                                                                   \
    tg_init((g), (name), OF_FLOAT, (dims), (const float[]){__VA_ARGS__}, sizeof((const float[]){__VA_ARGS__}))
#define TG_I(g, name, dims, ...)                                                                   \
    tg_init((g), (name), OF_INT64, (dims), (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}))
#define TG_B(g, name, dims, ...)                                                                   \
    tg_init((g), (name), OF_BOOL, (dims), (const unsigned char[]){__VA_ARGS__},                    \
            sizeof((const unsigned char[]){__VA_ARGS__}))
static inline void tg_add(pb *g, pb n) { pb_msg(g, 1, &n); }
static inline void tg_node(pb *g, const char *op, const char *in, const char *out) { tg_add(g, tn(op, in, out)); }
static inline pb tn_const(const char *out, int dtype, const char *dims, const void *data, size_t bytes)
{
    pb n = tn("Constant", NULL, out);
    tn_tensor(&n, "value", tb_tensor(NULL, dtype, dims, data, bytes));
    return n;
}

static inline void tm_opset(pb *m, int field, const char *domain, int version)
{
    pb o = {0};
    if (*domain) pb_str(&o, 1, domain);
    pb_int(&o, 2, version);
    pb_msg(m, field, &o);
}

/* ---- a model under test ---- */

typedef struct tmodel {
    of_alloc alloc;
    pb bytes;
    of_model *m;
    of_pass_opts o;
    of_pass_result r;
    of_err e;
    char *text;
    size_t len, cap;
    of_value ***made; /* by node id: the outputs of the nodes as loaded */
    size_t n_made;
} tmodel;

/* What the library's options default to. */
static inline void tm_defaults(of_pass_opts *o)
{
    static of_str skip[64];
    static const of_str excluded[] = {
        {"ConstantOfShape", 15}, {"DequantizeLinear", 16}, {"DynamicQuantizeLinear", 21}, {"QuantizeLinear", 14}};
    memset(o, 0, sizeof *o);
    o->excluded_ops = excluded;
    o->n_excluded_ops = 4;
    o->input_size_limit = 8192;
    o->output_size_limit = 262144;
    o->growth_budget = 64 << 20;
    o->inline_functions = o->metadata = true;
    /* The passes alone; test/rewrite has the rules. */
    for (size_t i = 0; i < of_rule_count() && i < 64; i++)
        skip[i] = (of_str){of_rule_at(i)->name, strlen(of_rule_at(i)->name)};
    o->skip = skip;
    o->n_skip = of_rule_count();
}

static inline of_status tm_load(tmodel *t)
{
    static const of_wire_limits lim = {INT32_MAX, 100, 32, 10000000, 10000};
    of_source *src = NULL;
    of_status st;

    of_err_clear(&t->e);
    if ((st = of_model_new(&t->alloc, &t->m, &t->e)) != OF_OK) return st;
    if ((st = of_source_memory(&t->alloc, t->bytes.p, t->bytes.n, &src, &t->e)) != OF_OK) return st;
    st = of_decode(t->m, src, NULL, &lim, &t->e);
    of_source_unref(src);
    free(t->made);
    t->n_made = st == OF_OK ? t->m->n_nodes : 0;
    t->made = (of_value ***)calloc(t->n_made + 1, sizeof *t->made);
    for (size_t i = 0; i < t->n_made; i++) {
        const of_node *n = t->m->nodes[i];
        t->made[i] = (of_value **)of_arena_dup(&t->m->arena, n->out, n->n_out * sizeof *n->out);
    }
    return st;
}

/* functions: encoded FunctionProto messages, or NULL. g is spent. */
static inline void tm_make(tmodel *t, int ir, int opset, pb *g, pb *functions, const char *domain)
{
    memset(t, 0, sizeof *t);
    of_alloc_init_default(&t->alloc);
    tm_defaults(&t->o);
    pb_int(&t->bytes, 1, ir);
    pb_str(g, 2, "g");
    pb_msg(&t->bytes, 7, g);
    tm_opset(&t->bytes, 8, "", opset);
    if (domain) tm_opset(&t->bytes, 8, domain, 1);
    if (functions) pb_raw(&t->bytes, functions->p, functions->n);
    if (functions) free(functions->p);
}

/* 0.. when fine: loads, optimizes, verifies, dumps. */
static inline void tm_run(tmodel *t)
{
    of_status st = t->m ? OF_OK : tm_load(t);
    ck_assert_msg(st == OF_OK, "load: %d %s", (int)st, t->e.msg);
    st = of_optimize(t->m, &t->o, &t->r, &t->e);
    ck_assert_msg(st == OF_OK, "optimize: %d %s", (int)st, t->e.msg);
    st = of_verify(t->m, &t->e);
    ck_assert_msg(st == OF_OK, "verify: %d %s", (int)st, t->e.msg);
    t->len = 0;
    st = of_dump(t->m, &t->text, &t->len, &t->cap, &t->e);
    ck_assert_msg(st == OF_OK, "dump: %d %s", (int)st, t->e.msg);
    if (t->len == t->cap) {
        void *p = t->text;
        ck_assert(of_vec_reserve(&t->alloc, &p, &t->cap, t->len + 1, 1) == OF_OK);
        t->text = (char *)p;
    }
    t->text[t->len] = 0;
    if (getenv("OF_SHOW")) printf("%s\n", t->text);
}

static inline void tm_model(tmodel *t, int ir, int opset, pb *g)
{
    tm_make(t, ir, opset, g, NULL, NULL);
}

static inline void tm_free(tmodel *t)
{
    of_model_free(t->m);
    of_mem_free(&t->alloc, t->text, t->cap);
    free(t->made);
    free(t->bytes.p);
    ck_assert_msg(t->alloc.live == 0, "%zu bytes leak", t->alloc.live);
    memset(t, 0, sizeof *t);
}

#define HAS(t, s) ck_assert_msg(strstr((t)->text, (s)) != NULL, "no `%s` in\n%s", (s), (t)->text)
#define HASNT(t, s) ck_assert_msg(strstr((t)->text, (s)) == NULL, "`%s` in\n%s", (s), (t)->text)

static inline size_t tm_nodes(const tmodel *t) { return t->r.nodes_after; }

/* The node that made the value of this name in the input, kept or not. */
static inline of_node *tm_node(const tmodel *t, const char *output)
{
    for (size_t i = 0; i < t->m->n_nodes; i++) {
        of_node *n = t->m->nodes[i];
        for (uint32_t k = 0; i < t->n_made && t->made[i] && k < n->n_out; k++)
            if (t->made[i][k] && of_sym_is(t->made[i][k]->name, output)) return n;
        for (uint32_t k = 0; k < n->n_out; k++)
            if (n->out[k] && of_sym_is(n->out[k]->name, output)) return n;
    }
    return NULL;
}

static inline uint64_t tm_applied(const tmodel *t, const char *pass)
{
    for (size_t i = 0; i < t->r.n_stat; i++)
        if (!strcmp(t->r.stat[i].name, pass)) return t->r.stat[i].applied;
    return UINT64_MAX;
}

/* Writes the model and loads what was written in its place. */
static inline void tm_again(tmodel *t)
{
    static const of_encode_opts opts = {.ext = OF_EXT_KEEP};
    of_sink *sink = NULL;
    void *data = NULL;
    size_t n = 0, cap = 0;

    of_err_clear(&t->e);
    ck_assert(of_sink_memory(&t->alloc, 0, &sink, &t->e) == OF_OK);
    ck_assert_msg(of_encode(t->m, sink, &opts, &t->e) == OF_OK, "encode: %s", t->e.msg);
    ck_assert(of_sink_commit_memory(sink, &data, &n, &cap, &t->e) == OF_OK);
    of_model_free(t->m);
    t->m = NULL;
    t->bytes.n = 0;
    pb_raw(&t->bytes, data, n);
    of_mem_free(&t->alloc, data, cap);
    ck_assert_msg(tm_load(t) == OF_OK, "load again: %s", t->e.msg);
}

#endif
