/* What goes out is what came in: byte for byte where nothing was touched, message for
 * message where it was. */
#include "types_model.h"
#include "wire_test.h"

static const int64_t one[1] = {1}, two[1] = {2};

/* A model in the order that the encoder writes, so that writing all of it anew gives the
 * same bytes: every field there is, unknown ones behind. */
static wbuf *canonical(void)
{
    wbuf *g = w_new(), *n = w_new(), *a = w_new(), *body = w_new(), *m = w_new(), *f = w_new(),
         *sp = w_new();
    wbuf *info = w_new(), *t, *attr;
    w_msg(body, 1, x_node("Relu", "x", "i"));
    w_str(body, 2, "body");
    w_str(body, 10, "doc of body");
    w_msg(body, 12, x_info("i"));
    w_int(body, 99, 1);

    w_str(w_str(w_str(n, 1, "c"), 1, ""), 1, "x");
    w_str(w_str(w_str(n, 2, "z"), 3, "name"), 4, "If");
    w_str(a, 1, "then_branch");
    w_msg(a, 6, body);
    w_int(w_str(a, 13, "doc of attribute"), 20, 5);
    w_int(a, 99, 7);
    w_msg(n, 5, a);
    attr = w_new();
    w_int(w_f32(w_str(attr, 1, "f"), 2, 1.5f), 20, 1);
    w_msg(n, 5, attr);
    attr = w_new();
    w_int(w_int(w_str(attr, 1, "i"), 3, -5), 20, 2);
    w_msg(n, 5, attr);
    attr = w_new();
    w_int(w_str(w_str(attr, 1, "s"), 4, "text"), 20, 3);
    w_msg(n, 5, attr);
    t = w_int(x_tensor("t", 7, 1, one), 7, 3);
    t = w_str(w_str(w_int(w_int(w_int(w_new(), 1, 1), 2, 7), 7, 3), 8, "inner"), 12,
              "doc of tensor");
    attr = w_new();
    w_int(w_msg(w_str(attr, 1, "t"), 5, t), 20, 4);
    w_msg(n, 5, attr);
    attr = w_new();
    w_int(w_msg(w_msg(w_str(attr, 1, "ts"), 10, t), 10, t), 20, 9);
    w_msg(n, 5, attr);
    attr = w_new();
    w_int(w_f32(w_f32(w_str(attr, 1, "fs"), 7, 1), 7, 2), 20, 6);
    w_msg(n, 5, attr);
    attr = w_new();
    w_int(w_int(w_int(w_str(attr, 1, "is"), 8, 300), 8, -1), 20, 7);
    w_msg(n, 5, attr);
    attr = w_new();
    w_int(w_str(w_str(w_str(attr, 1, "ss"), 9, ""), 9, "b"), 20, 8);
    w_msg(n, 5, attr);
    attr = w_new();
    w_int(w_msg(w_msg(w_str(attr, 1, "gs"), 11, body), 11, body), 20, 10);
    w_msg(n, 5, attr);
    attr = w_new();
    w_int(w_msg(w_str(attr, 1, "tp"), 14, x_type(1, 1, two)), 20, 13);
    w_msg(n, 5, attr);
    attr = w_new();
    w_str(w_int(w_str(attr, 1, "r"), 20, 2), 21, "outer");
    w_msg(n, 5, attr);
    w_str(n, 6, "doc of node");
    w_str(w_str(n, 7, "my"), 8, "over");
    w_msg(n, 9, x_entry("key", "value"));
    w_msg(n, 10, w_str(w_new(), 1, "device"));
    w_int(n, 98, 1);

    w_msg(g, 1, x_node("Relu", "x", "y"));
    w_msg(g, 1, n);
    w_str(g, 2, "graph");
    t = w_data(w_str(w_int(w_int(w_new(), 1, 1), 2, 1), 8, "w"), 9, "1234", 4);
    w_str(t, 12, "doc of w");
    w_msg(t, 16, x_entry("a", "b"));
    w_int(t, 50, 3);
    w_msg(g, 5, t);
    t = w_str(w_str(w_str(w_int(w_int(w_new(), 1, 2), 2, 8), 6, "x"), 6, ""), 8, "strings");
    w_msg(g, 5, t);
    w_str(g, 10, "doc of graph");
    w_msg(g, 11, x_info("x"));
    w_msg(g, 11, x_info("c"));
    w_msg(g, 12, x_info("y"));
    w_msg(g, 12, x_info("z"));
    w_msg(w_str(info, 1, "w"), 2, w_str(x_type(1, 1, one), 6, "DENOTATION"));
    w_str(info, 3, "doc of value");
    w_msg(info, 4, x_entry("p", "q"));
    w_int(info, 60, 1);
    w_msg(g, 13, info);
    w_msg(g, 14, w_str(w_new(), 1, "w"));
    w_msg(sp, 1, w_data(w_str(w_int(w_int(w_new(), 1, 1), 2, 1), 8, "sparse"), 9, "1234", 4));
    w_int(w_msg(sp, 2, w_data(w_int(w_int(w_new(), 1, 1), 2, 7), 9, "\1\0\0\0\0\0\0\0", 8)), 3, 5);
    w_msg(g, 15, sp);
    w_msg(g, 16, x_entry("graph", "prop"));
    w_int(g, 70, 1);

    w_int(m, 1, 11);
    w_str(w_str(w_str(m, 2, "producer"), 3, "1.0"), 4, "domain");
    w_str(w_int(m, 5, 42), 6, "doc of model");
    w_msg(m, 7, g);
    w_msg(m, 8, w_int(w_new(), 2, 17));
    w_msg(m, 8, w_int(w_str(w_new(), 1, "my"), 2, 3));
    w_msg(m, 14, x_entry("model", "prop"));
    w_msg(m, 20, w_msg(w_new(), 1, x_graph()));
    w_str(w_str(w_str(f, 1, "F"), 4, "p"), 5, "q");
    w_str(f, 6, "alpha");
    w_msg(f, 7, x_node("Relu", "p", "q"));
    w_str(f, 8, "doc of function");
    w_msg(f, 9, w_int(w_new(), 2, 17));
    w_str(f, 10, "fd");
    w_msg(f, 11, w_int(w_int(w_str(w_new(), 1, "beta"), 3, 4), 20, 2));
    w_msg(f, 12, x_info("q"));
    w_str(f, 13, "o");
    w_msg(f, 14, x_entry("k", "v"));
    w_int(f, 55, 9);
    w_msg(m, 25, f);
    w_msg(m, 26, w_str(w_new(), 1, "dev"));
    w_int(m, 80, 1);
    return m;
}

static void same(const xsaved *s, const wbuf *b)
{
    size_t i = 0;
    while (i < s->n && i < b->n && ((unsigned char *)s->p)[i] == b->p[i]) i++;
    ck_assert_msg(s->n == b->n && i == b->n, "%zu bytes for %zu, first difference at %zu", s->n,
                  b->n, i);
}

START_TEST(untouched)
{
    xload x;
    xsaved s;
    wbuf *b = canonical();
    ck_assert_msg(x_load(&x, b->p, b->n) == OF_OK, "%s", x.e.msg);
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK);
    same(&s, b);
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

START_TEST(all_written_anew)
{
    xload x;
    xsaved s;
    wbuf *b = canonical();
    ck_assert_msg(x_load(&x, b->p, b->n) == OF_OK, "%s", x.e.msg);
    x_touch_all(x.m);
    ck_assert_msg(x_save(&x, NULL, &s) == OF_OK, "%s", x.e.msg);
    same(&s, b);
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

/* One node touched: the rest is ranges of the source. */
START_TEST(one_touched)
{
    xload x;
    xsaved s;
    wbuf *b = canonical();
    ck_assert_int_eq(x_load(&x, b->p, b->n), OF_OK);
    of_touch_node(x.m->graph->first);
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK);
    same(&s, b);
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

START_TEST(renamed)
{
    xload x, y;
    xsaved s;
    wbuf *b = canonical();
    of_init *it;
    ck_assert_int_eq(x_load(&x, b->p, b->n), OF_OK);
    of_value_rename(x.m, x_init(x.m, "w")->value, OF_NAME_LIT(&x.m->names, "w_with_a_longer_name"));
    of_value_rename(x.m, x_init(x.m, "sparse")->value, OF_NAME_LIT(&x.m->names, "s2"));
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK);
    ck_assert_msg(x_load(&y, s.p, s.n) == OF_OK, "%s", y.e.msg);
    it = x_init(y.m, "w_with_a_longer_name");
    ck_assert_ptr_nonnull(it);
    ck_assert_mem_eq(it->tensor->data, "1234", 4);
    ck_assert_ptr_nonnull(it->value->vinfo);
    ck_assert_ptr_nonnull(memmem(s.p, s.n, "DENOTATION", 10)); /* the type's bytes were kept */
    ck_assert_ptr_nonnull(memmem(s.p, s.n, "doc of w", 8));
    ck_assert_ptr_nonnull(x_init(y.m, "s2"));
    ck_assert_ptr_null(x_init(y.m, "w"));
    x_close(&y);
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

START_TEST(types_written_from_memory)
{
    static const int64_t dims[2] = {3, 4};
    xload x, y;
    xsaved s;
    wbuf *g = x_graph(), *map = w_new(), *b, *shape = w_new();
    w_msg(w_msg(w_msg(shape, 1, w_str(w_new(), 2, "n")), 1, w_new()), 1, w_int(w_new(), 1, 0));
    w_msg(w_int(map, 1, 7), 2,
          w_msg(w_new(), 9,
                w_msg(w_new(), 1, w_msg(w_new(), 4, w_msg(w_new(), 1, x_type(16, 2, dims))))));
    w_msg(g, 13, w_msg(w_str(w_new(), 1, "a"), 2, w_msg(w_new(), 5, map)));
    w_msg(
        g, 13,
        w_msg(w_str(w_new(), 1, "b"), 2, w_msg(w_new(), 8, w_msg(w_int(w_new(), 1, 1), 2, shape))));
    w_msg(
        g, 13,
        w_msg(w_str(w_new(), 1, "c"), 2, w_msg(w_new(), 7, w_str(w_str(w_new(), 1, "d"), 2, "n"))));
    w_msg(g, 13, w_msg(w_str(w_new(), 1, "d"), 2, w_msg(w_new(), 1, w_int(w_new(), 1, 1))));
    w_msg(g, 13, w_msg(w_str(w_new(), 1, "e"), 2, w_new()));
    b = x_model(g);
    ck_assert_msg(x_load(&x, b->p, b->n) == OF_OK, "%s", x.e.msg);
    x_touch_all(x.m);
    for (of_vinfo *v = x.m->graph->value_infos; v; v = v->next)
        v->raw = NULL; /* forget the bytes */
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK);
    same(&s, b);
    ck_assert_msg(x_load(&y, s.p, s.n) == OF_OK, "%s", y.e.msg);
    x_close(&y);
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

/* Typed fields become raw_data when a tensor is written anew. */
START_TEST(typed_to_raw)
{
    xload x, y;
    xsaved s;
    of_init *p, *q;
    ck_assert_int_eq(x_load(&x, types_model, sizeof types_model), OF_OK);
    x_touch_all(x.m);
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK);
    ck_assert_msg(x_load(&y, s.p, s.n) == OF_OK, "%s", y.e.msg);
    q = y.m->graph->init_first;
    for (p = x.m->graph->init_first; p; p = p->next, q = q->next) {
        ck_assert_int_eq(of_tensor_load(p->tensor, &x.e), OF_OK);
        ck_assert_int_eq(of_tensor_load(q->tensor, &x.e), OF_OK);
        ck_assert_msg(of_tensor_equal(p->tensor, q->tensor), "%s", p->name->s);
    }
    x_close(&y);
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

START_TEST(dropped_parts)
{
    xload x, y;
    xsaved s;
    wbuf *b = canonical();
    ck_assert_int_eq(x_load(&x, b->p, b->n), OF_OK);
    x.m->dirty = true;
    x.m->funcs[0]->drop = true;
    of_touch_graph(x.m->graph);
    x.m->graph->value_infos->drop = true;
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK);
    ck_assert_msg(x_load(&y, s.p, s.n) == OF_OK, "%s", y.e.msg);
    ck_assert_uint_eq(y.m->n_funcs, 0);
    ck_assert_ptr_null(y.m->graph->value_infos);
    x_close(&y);
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

START_TEST(past_two_gigabytes)
{
    static const int64_t dims[1] = {600000000};
    xload x;
    wbuf *b = x_model(x_graph());
    of_tensor *t = NULL;
    of_sink *k = NULL;
    of_init *it;
    static const of_encode_opts none;
    uint64_t n = 0;
    ck_assert_int_eq(x_load(&x, b->p, b->n), OF_OK);
    ck_assert_int_eq(of_tensor_new(&x.a, OF_FLOAT, dims, 1, &t, &x.e), OF_OK);
    it = of_init_new(x.m, x.m->graph);
    it->name = OF_NAME_LIT(&x.m->names, "w");
    it->tensor = t;
    it->dirty = true;
    of_touch_graph(x.m->graph);
    ck_assert_int_eq(of_encoded_size(x.m, &none, &n, &x.e), OF_OK);
    ck_assert_uint_gt(n, 2400000000u);
    ck_assert_int_eq(of_sink_memory(&x.a, 0, &k, &x.e), OF_OK);
    ck_assert_int_eq(of_encode(x.m, k, &none, &x.e), OF_E_LIMIT);
    ck_assert_uint_eq(of_sink_offset(k), 0);
    ck_assert_ptr_nonnull(strstr(x.e.msg, "external"));
    of_sink_abort(k);
    x_close(&x);
}
END_TEST

/* Large tensors, raw and typed, in a source that is read through a window: renamed, they
 * are written from where they lie. */
typedef struct bytes {
    unsigned char *p;
    size_t n;
    bool lie; /* other bytes than at load */
} bytes;

static int read_bytes(void *user, uint64_t off, void *buf, size_t n)
{
    bytes *b = user;
    if (off > b->n || n > b->n - off) return 1;
    memcpy(buf, b->p + off, n);
    if (b->lie) memset(buf, 0x2a, n);
    return 0;
}

static wbuf *large(void)
{
    static const int64_t dims[1] = {200000};
    wbuf *g = x_graph(), *raw = x_tensor("raw", 6, 1, dims), *typed = x_tensor("typed", 6, 1, dims),
         *list = w_new();
    wbuf *text = x_tensor("text", 8, 1, dims), *fl = x_tensor("floats", 1, 1, dims);
    int32_t *v = malloc(800000);
    for (int i = 0; i < 200000; i++) {
        v[i] = i * 7;
        w_varint(list, (uint64_t)(i * 7));
        w_str(text, 6, i % 3 ? "some text" : "");
    }
    w_msg(w_msg(g, 5, w_data(raw, 9, v, 800000)), 5, w_msg(typed, 5, list));
    w_msg(w_msg(g, 5, text), 5, w_data(fl, 4, v, 800000));
    w_msg(g, 13, w_str(w_data(w_new(), 3, v, 300000), 1, "raw")); /* doc_string past the window */
    free(v);
    return x_model(g);
}

static void open_bytes(xload *x, bytes *b)
{
    of_source *s = NULL;
    memset(x, 0, sizeof *x);
    of_alloc_init_default(&x->a);
    of_source_callback(&x->a, read_bytes, b, b->n, &s, &x->e);
    ck_assert_msg(x_open(x, s, NULL) == OF_OK, "%s", x->e.msg);
}

START_TEST(large_renamed)
{
    xload x, y;
    xsaved s;
    wbuf *w = large();
    bytes b = {w->p, w->n, false};
    of_init *p, *q;
    open_bytes(&x, &b);
    for (p = x.m->graph->init_first; p; p = p->next) {
        ck_assert_ptr_null(p->tensor->data);
        of_value_rename(x.m, p->value, of_fresh_name(x.m, p->name));
    }
    ck_assert_msg(x_save(&x, NULL, &s) == OF_OK, "%s", x.e.msg);
    ck_assert_uint_lt(x.a.peak, 16u << 20);
    ck_assert_msg(x_load(&y, s.p, s.n) == OF_OK, "%s", y.e.msg);
    q = y.m->graph->init_first;
    for (p = x.m->graph->init_first; p; p = p->next, q = q->next) {
        ck_assert_ptr_null(p->tensor->data); /* nothing was left in memory */
        ck_assert_int_eq(of_tensor_load(p->tensor, &x.e), OF_OK);
        ck_assert_int_eq(of_tensor_load(q->tensor, &y.e), OF_OK);
        ck_assert_msg(of_tensor_equal(p->tensor, q->tensor), "%s", p->name->s);
    }
    x_close(&y);
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

START_TEST(source_that_changes)
{
    wbuf *w = large();
    for (int i = 0; i < 4; i++) {
        xload x;
        bytes b = {w->p, w->n, false};
        of_init *p;
        open_bytes(&x, &b);
        p = x.m->graph->init_first;
        for (int k = 0; k < i; k++) p = p->next;
        b.lie = true;
        /* raw_data and a packed run of floats: bytes are bytes */
        if (i == 0 || i == 3) ck_assert_int_eq(of_tensor_load(p->tensor, &x.e), OF_OK);
        else ck_assert_int_ne(of_tensor_load(p->tensor, &x.e), OF_OK);
        x_close(&x);
    }
}
END_TEST

static int cut_short(void *user, uint64_t off, void *buf, size_t n)
{
    return off + n > ((bytes *)user)->n / 2 ? 1 : read_bytes(user, off, buf, n);
}

START_TEST(source_that_fails)
{
    xload x;
    of_source *s = NULL;
    wbuf *w = large();
    bytes b = {w->p, w->n, false};
    memset(&x, 0, sizeof x);
    of_alloc_init_default(&x.a);
    of_source_callback(&x.a, cut_short, &b, b.n, &s, &x.e);
    ck_assert_int_eq(x_open(&x, s, NULL), OF_E_IO);
    x_close(&x);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {untouched,
                            all_written_anew,
                            one_touched,
                            renamed,
                            types_written_from_memory,
                            typed_to_raw,
                            dropped_parts,
                            past_two_gigabytes,
                            large_renamed,
                            source_that_changes,
                            source_that_fails};
    return of_test_main(x_suite("wire: round trip", tests, sizeof tests / sizeof *tests));
}
