/* Broken and hostile bytes: each is refused with its code and the byte it is at. */
#include "types_model.h"
#include "wire_test.h"

static const int64_t one[1] = {1}, two[1] = {2}, four[1] = {4}, none[1] = {0};

static void refused(const wbuf *b, of_status want, const char *what)
{
    xload x;
    of_status st = x_load(&x, b->p, b->n);
    ck_assert_msg(st == want, "%s: %d (%s), not %d", what, st, x.e.msg, want);
    ck_assert_msg(x.e.msg[0] != 0, "%s: no message", what);
    if (want == OF_E_WIRE) ck_assert_msg(x.e.offset <= b->n, "%s: offset", what);
    x_close(&x);
}

START_TEST(not_a_model)
{
    refused(w_new(), OF_E_MODEL, "empty");
    refused(w_int(w_new(), 1, 8), OF_E_MODEL, "no graph");
    refused(w_str(w_new(), 100, "hello"), OF_E_MODEL, "only unknown fields");
    refused(w_bytes(w_new(),
                    "\x7f"
                    "ELF",
                    4),
            OF_E_WIRE, "another format");
    refused(w_bytes(w_new(), "PK\3\4 zip", 8), OF_E_WIRE, "zip");
}
END_TEST

START_TEST(versions)
{
    wbuf *b = w_msg(w_int(w_new(), 1, 8), 7, x_graph());
    refused(b, OF_E_VERSION, "no opset");
    b = w_msg(w_msg(w_new(), 7, x_graph()), 8, w_int(w_new(), 2, 17));
    refused(b, OF_E_VERSION, "no IR version");
    b = x_model(x_graph());
    refused(w_int(b, 1, 2), OF_E_VERSION, "IR 2");
    refused(w_int(b, 1, 15), OF_E_VERSION, "IR 15");
    refused(w_int(b, 1, -1), OF_E_VERSION, "IR -1");
    b = x_model(x_graph());
    w_msg(b, 8, w_int(w_str(w_new(), 1, "ai.onnx"), 2, 16));
    refused(b, OF_E_VERSION, "two versions of one operator set");
    b = x_model(x_graph());
    for (int i = 0; i < 300; i++) w_msg(b, 8, w_new());
    refused(b, OF_E_LIMIT, "hundreds of imports");
}
END_TEST

START_TEST(wire)
{
    static const struct {
        const char *what, *p;
        size_t n;
    } bad[] = {
        {"tag 0", "\0", 1},
        {"field 0 of type string", "\2\0", 2},
        {"tag cut off", "\x80", 1},
        {"varint cut off", "\x08\x80\x80", 3},
        {"varint of 11 bytes", "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12},
        {"varint past 64 bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11},
        {"unknown varint of 11 bytes", "\x98\x06\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 13},
        {"tag of 6 bytes", "\x88\x80\x80\x80\x80\x00\x08", 7},
        {"field number past 29 bits", "\x82\x80\x80\x80\x10\x00", 6},
        {"length past the end", "\x3a\x05\x00", 3},
        {"length of 4 GB", "\x3a\xff\xff\xff\xff\x0f", 6},
        {"length -1", "\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},
        {"overlong length", "\x3a\x80\x80\x80\x80\x80\x00", 7},
        {"group", "\x53\x54", 2},
        {"group end", "\x54", 1},
        {"wire type 6", "\x0e", 1},
        {"wire type 7", "\x0f", 1},
        {"fixed32 cut off", "\x55\0\0\0", 4},
        {"fixed64 cut off", "\x51\0\0\0\0\0\0\0", 8},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wbuf *b = w_bytes(x_model(x_graph()), bad[i].p, bad[i].n);
        refused(b, OF_E_WIRE, bad[i].what);
        b = x_graph(); /* the same inside of a graph, and inside of a node */
        w_bytes(b, bad[i].p, bad[i].n);
        if (strcmp(bad[i].what, "length past the end") != 0)
            refused(x_model(b), OF_E_WIRE, bad[i].what);
    }
    {
        wbuf *t = w_data(x_tensor("w", 1, 1, two), 4, "12345", 5), *g = x_graph();
        refused(x_model(w_msg(g, 5, t)), OF_E_WIRE, "packed floats cut inside of one");
        g = x_graph();
        refused(x_model(w_msg(g, 5, w_data(x_tensor("w", 7, 1, two), 7, "\1\x80", 2))), OF_E_WIRE,
                "packed varint cut");
    }
}
END_TEST

/* protobuf takes a known field of another wire type for an unknown one. */
START_TEST(other_wire_type)
{
    xload x;
    xsaved s;
    wbuf *g = x_graph(), *b;
    w_int(g, 1, 5);
    w_str(g, 5, "");
    g->n -= 2; /* not an empty tensor after all */
    w_f32(g, 11, 1);
    b = w_str(x_model(g), 1, "ir");
    ck_assert_msg(x_load(&x, b->p, b->n) == OF_OK, "%s", x.e.msg);
    x_touch_all(x.m);
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK);
    ck_assert_uint_eq(s.n, b->n);
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

static wbuf *with(wbuf *tensor)
{
    return x_model(w_msg(x_graph(), 5, tensor));
}

START_TEST(tensors)
{
    static const int64_t neg[1] = {-1}, huge[2] = {(int64_t)1 << 62, 8},
                         zero_huge[3] = {0, (int64_t)1 << 62, 8};
    static const int64_t big[1] = {INT64_MAX};
    wbuf *t;
    refused(with(w_data(x_tensor("w", 1, 1, two), 9, "1234567", 7)), OF_E_TENSOR, "raw short");
    refused(with(w_data(x_tensor("w", 1, 1, two), 9, "123456789", 9)), OF_E_TENSOR, "raw long");
    refused(with(x_tensor("w", 1, 1, two)), OF_E_TENSOR, "no data");
    refused(with(x_tensor("w", 1, 0, NULL)), OF_E_TENSOR, "scalar without data");
    refused(with(w_data(x_tensor("w", 1, 1, none), 9, "1234", 4)), OF_E_TENSOR,
            "data of an empty tensor");
    refused(with(w_data(x_tensor("w", 1, 1, neg), 9, "1234", 4)), OF_E_TENSOR,
            "negative dimension");
    refused(with(w_data(x_tensor("w", 1, 2, huge), 9, "1234", 4)), OF_E_TENSOR, "overflow");
    refused(with(x_tensor("w", 1, 3, zero_huge)), OF_E_TENSOR, "overflow beside a zero");
    refused(with(x_tensor("w", 1, 1, big)), OF_E_TENSOR, "bytes overflow");
    refused(with(x_tensor("w", 22, 1, big)), OF_E_TENSOR, "INT4 without end");
    refused(with(x_tensor("w", 0, 1, two)), OF_E_TENSOR, "UNDEFINED");
    refused(with(x_tensor("w", -3, 1, two)), OF_E_TENSOR, "negative type");
    refused(with(w_str(w_new(), 8, "w")), OF_E_TENSOR, "no type");
    refused(with(w_f32(w_data(x_tensor("w", 1, 1, one), 9, "1234", 4), 4, 1)), OF_E_TENSOR,
            "raw and typed");
    refused(with(w_int(w_f32(x_tensor("w", 1, 1, one), 4, 1), 5, 1)), OF_E_TENSOR,
            "two typed fields");
    refused(with(w_int(x_tensor("w", 1, 1, one), 5, 1)), OF_E_TENSOR, "floats in int32_data");
    refused(with(w_int(x_tensor("w", 7, 1, one), 5, 1)), OF_E_TENSOR, "INT64 in int32_data");
    refused(with(w_int(x_tensor("w", 12, 1, one), 5, 1)), OF_E_TENSOR, "UINT32 in int32_data");
    refused(with(w_int(w_int(x_tensor("w", 7, 1, one), 7, 1), 7, 1)), OF_E_TENSOR,
            "two entries for one");
    refused(with(w_int(x_tensor("w", 7, 1, two), 7, 1)), OF_E_TENSOR, "one entry for two");
    refused(with(w_f32(x_tensor("w", 14, 1, one), 4, 1)), OF_E_TENSOR, "half a complex number");
    refused(with(w_int(w_int(x_tensor("w", 22, 1, two), 5, 1), 5, 1)), OF_E_TENSOR,
            "INT4 not packed");
    refused(with(w_int(x_tensor("w", 27, 1, two), 5, 1)), OF_E_TENSOR, "FLOAT6 packed");
    refused(with(w_data(x_tensor("w", 8, 1, one), 9, "text", 4)), OF_E_TENSOR,
            "strings in raw_data");
    refused(with(w_str(x_tensor("w", 8, 1, two), 6, "a")), OF_E_TENSOR, "one string for two");
    refused(with(w_msg(w_data(x_tensor("w", 1, 1, one), 9, "1234", 4), 3, w_new())), OF_E_TENSOR,
            "segment");
    refused(with(w_int(w_data(x_tensor("w", 1, 1, one), 9, "1234", 4), 14, 7)), OF_E_TENSOR,
            "data_location 7");
    t = x_tensor("w", 1, 1, one);
    for (int i = 0; i < 64; i++) w_int(t, 1, 1);
    refused(with(t), OF_E_LIMIT, "65 dimensions");
}
END_TEST

START_TEST(good_tensors)
{
    ck_assert_int_eq(x_status(with(w_data(x_tensor("w", 1, 1, one), 9, "1234", 4))), OF_OK);
    ck_assert_int_eq(x_status(with(x_tensor("w", 1, 1, none))), OF_OK);
    ck_assert_int_eq(x_status(with(w_data(x_tensor("w", 1, 1, none), 9, "", 0))), OF_OK);
    ck_assert_int_eq(x_status(with(w_f32(w_data(x_tensor("w", 1, 1, one), 9, "", 0), 4, 1))),
                     OF_OK);
    ck_assert_int_eq(x_status(with(w_int(w_int(x_tensor("w", 22, 1, four), 5, 1), 5, 1))), OF_OK);
    ck_assert_int_eq(x_status(with(x_tensor("w", 8, 1, none))), OF_OK);
}
END_TEST

START_TEST(sparse)
{
    wbuf *v = w_data(x_tensor("s", 1, 1, two), 9, "12345678", 8);
    wbuf *i = w_int(w_int(x_tensor("", 7, 1, two), 7, 0), 7, 1),
         *i1 = w_int(x_tensor("", 7, 1, one), 7, 0);
    wbuf *sp;
#define SPARSE(build) x_model(w_msg(x_graph(), 15, build))
    sp = w_int(w_msg(w_msg(w_new(), 1, v), 2, i), 3, 4);
    ck_assert_int_eq(x_status(SPARSE(sp)), OF_OK);
    refused(SPARSE(w_int(w_msg(w_new(), 2, i), 3, 4)), OF_E_TENSOR, "no values");
    refused(SPARSE(w_int(w_msg(w_new(), 1, v), 3, 4)), OF_E_TENSOR, "no indices");
    refused(SPARSE(w_int(w_msg(w_msg(w_new(), 1, v), 2, i1), 3, 4)), OF_E_TENSOR, "fewer indices");
    refused(SPARSE(w_int(w_msg(w_msg(w_new(), 1, v), 2, v), 3, 4)), OF_E_TENSOR,
            "indices of floats");
    refused(SPARSE(w_int(w_msg(w_msg(w_new(), 1, v), 2, i), 3, -4)), OF_E_TENSOR,
            "negative dimension");
    refused(SPARSE(w_int(w_int(w_msg(w_msg(w_new(), 1, v), 2, i), 3, INT64_MAX), 3, INT64_MAX)),
            OF_E_TENSOR, "too large");
#undef SPARSE
}
END_TEST

START_TEST(attributes)
{
    wbuf *n;
#define ATTR(build)                                                                                \
    (n = x_node("Relu", "x", "y"), w_msg(n, 5, build),                                             \
     x_model(w_msg(w_msg(w_msg(w_new(), 1, n), 11, x_info("x")), 12, x_info("y"))))
    refused(ATTR(w_f32(w_int(x_attr("a", 2), 3, 1), 2, 1)), OF_E_MODEL, "two kinds of value");
    refused(ATTR(w_f32(x_attr("a", 2), 2, 1)), OF_E_MODEL, "another kind than declared");
    refused(ATTR(x_attr("a", 4)), OF_E_MODEL, "tensor without tensor");
    refused(ATTR(x_attr("a", 5)), OF_E_MODEL, "graph without graph");
    refused(ATTR(x_attr("a", 11)), OF_E_MODEL, "sparse tensor without one");
    refused(ATTR(x_attr("a", 13)), OF_E_MODEL, "type without type");
    refused(ATTR(w_msg(x_attr("a", 4), 5, w_data(x_tensor("", 1, 1, two), 9, "123", 3))),
            OF_E_TENSOR, "bad tensor");
    n = w_data(x_tensor("", 1, 1, one), 9, "1234", 4);
    refused(
        ATTR(w_msg(w_msg(x_attr("a", 9), 10, n), 10, w_data(x_tensor("", 1, 1, two), 9, "123", 3))),
        OF_E_TENSOR, "bad second tensor");
#undef ATTR
}
END_TEST

static wbuf *nested_graphs(int depth)
{
    wbuf *g = x_graph();
    for (int i = 0; i < depth; i++) {
        wbuf *n = w_new(), *up = w_new();
        w_str(w_str(w_str(n, 1, "c"), 2, i + 1 < depth ? "y" : "z"), 4, "If");
        w_msg(n, 5, x_attr_g("then_branch", g));
        w_msg(up, 1, n);
        w_msg(up, 12, x_info(i + 1 < depth ? "y" : "z"));
        g = up;
    }
    return g;
}

static wbuf *nested_type(int depth)
{
    wbuf *t = x_type(1, 0, NULL);
    for (int i = 0; i < depth; i++) t = w_msg(w_new(), 4, w_msg(w_new(), 1, t));
    return x_model(w_msg(x_graph(), 13, w_msg(w_str(w_new(), 1, "v"), 2, t)));
}

START_TEST(depth)
{
    refused(x_model(nested_graphs(33)), OF_E_DEPTH, "33 subgraphs");
    refused(x_model(nested_graphs(200)), OF_E_DEPTH, "200 subgraphs");
    /* graph 1, info 2, type 3, each sequence 2 more, tensor and shape 2 */
    ck_assert_int_eq(x_status(nested_type(47)), OF_OK);
    refused(nested_type(49), OF_E_DEPTH, "49 sequences");
    refused(nested_type(2000), OF_E_DEPTH, "2000 sequences");
    {
        wbuf *g = nested_graphs(60), *b = x_model(x_graph());
        refused(w_msg(b, 20, w_msg(w_new(), 1, g)), OF_E_DEPTH, "deep training_info");
    }
}
END_TEST

START_TEST(rank)
{
    static int64_t dims[65];
    refused(x_model(w_msg(x_graph(), 13, w_msg(w_str(w_new(), 1, "v"), 2, x_type(1, 65, dims)))),
            OF_E_LIMIT, "65 dimensions");
    ck_assert_int_eq(x_status(x_model(w_msg(
                         x_graph(), 13, w_msg(w_str(w_new(), 1, "v"), 2, x_type(1, 64, dims))))),
                     OF_OK);
}
END_TEST

START_TEST(limits)
{
    xload x;
    of_source *s = NULL;
    of_wire_limits lim = x_limits;
    wbuf *b = x_model(x_graph());
    static const struct {
        uint64_t file, elements;
        uint32_t functions;
    } row[] = {{5, 1000, 10}, {1000, 2, 10}, {1000, 1000, 0}};
    w_msg(b, 25, w_str(w_str(w_new(), 1, "f"), 10, "d"));
    for (size_t i = 0; i < 3; i++) {
        memset(&x, 0, sizeof x);
        of_alloc_init_default(&x.a);
        lim.file_bytes = row[i].file;
        lim.elements = row[i].elements;
        lim.functions = row[i].functions;
        of_source_memory(&x.a, b->p, b->n, &s, &x.e);
        of_model_new(&x.a, &x.m, &x.e);
        ck_assert_int_eq(of_decode(x.m, s, NULL, &lim, &x.e), OF_E_LIMIT);
        of_source_unref(s);
        x_close(&x);
    }
}
END_TEST

/* Many tiny entries: time and memory stay in proportion. */
START_TEST(floods)
{
    xload x;
    wbuf *g = x_graph(), *b, *n = w_new();
    for (int i = 0; i < 200000; i++) w_msg(g, 1, n);
    b = x_model(g);
    ck_assert_msg(x_load(&x, b->p, b->n) != OF_E_NOMEM, "%s", x.e.msg);
    ck_assert_uint_lt(x.a.peak, 2 * b->n + 256u * 400000 + (1u << 20));
    x_close(&x);
    b = x_model(x_graph());
    for (int i = 0; i < 200000; i++) w_msg(b, 7, n); /* the graph again and again */
    ck_assert_msg(x_load(&x, b->p, b->n) == OF_OK, "%s", x.e.msg);
    x_close(&x);
    b = x_model(x_graph());
    for (int i = 0; i < 200000; i++) w_int(b, 100 + (i >> 2 & 1), 1); /* unknown fields */
    ck_assert_msg(x_load(&x, b->p, b->n) == OF_OK, "%s", x.e.msg);
    x_close(&x);
}
END_TEST

/* Everything in one small model, for the two tests below. */
static wbuf *mixed(void)
{
    wbuf *g = x_graph(), *n = x_node("If", "c", "z"), *b, *f = w_new(), *sp = w_new();
    wbuf *body = w_new();
    w_msg(w_msg(w_str(body, 2, "b"), 1, x_node("Relu", "x", "i")), 12, x_info("i"));
    w_msg(n, 5, x_attr_g("then_branch", body));
    w_msg(n, 5, w_msg(x_attr("t", 4), 5, w_int(x_tensor("t", 7, 1, one), 7, 3)));
    w_msg(n, 5, w_str(w_str(x_attr("s", 8), 9, "ab"), 9, "c"));
    w_msg(n, 9, x_entry("k", "v"));
    w_msg(g, 1, n);
    w_msg(g, 5, w_data(x_tensor("w", 1, 1, one), 9, "1234", 4));
    w_msg(g, 5, w_str(w_str(x_tensor("s", 8, 1, two), 6, "x"), 6, "yz"));
    w_msg(g, 11, x_info("c"));
    w_msg(sp, 1, w_data(x_tensor("sp", 1, 1, one), 9, "1234", 4));
    w_int(w_msg(sp, 2, w_int(x_tensor("", 7, 1, one), 7, 2)), 3, 5);
    w_msg(g, 15, sp);
    w_msg(g, 14, w_str(w_new(), 1, "w"));
    w_msg(g, 12, x_info("z"));
    b = x_model(g);
    w_str(w_str(w_str(f, 1, "F"), 10, "d"), 4, "p");
    w_msg(w_str(f, 5, "q"), 7, x_node("Relu", "p", "q"));
    w_msg(f, 9, w_int(w_new(), 2, 17));
    w_msg(b, 25, f);
    w_msg(b, 20, w_msg(w_new(), 1, x_graph()));
    return b;
}

static void survives(const unsigned char *p, size_t n)
{
    xload x;
    xsaved s;
    unsigned char *copy = malloc(n ? n : 1); /* the exact size, so that reads past it are seen */
    memcpy(copy, p, n);
    if (x_load(&x, copy, n) == OF_OK) {
        for (of_init *it = x.m->graph->init_first; it; it = it->next)
            if (it->tensor) (void)of_tensor_load(it->tensor, &x.e);
        x_touch_all(x.m);
        if (x_save(&x, NULL, &s) == OF_OK) x_unsave(&x, &s);
    }
    x_close(&x);
    free(copy);
}

static void each_cut(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) survives(p, i);
}

START_TEST(cut_at_every_byte)
{
    wbuf *b = mixed();
    ck_assert_int_eq(x_status(b), OF_OK);
    each_cut(b->p, b->n);
    each_cut(types_model, sizeof types_model);
}
END_TEST

START_TEST(every_byte_changed)
{
    static const unsigned char put[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    wbuf *b = mixed();
    for (size_t i = 0; i < b->n; i++) {
        unsigned char was = b->p[i];
        for (size_t k = 0; k <= sizeof put; k++) {
            b->p[i] = (unsigned char)(k < sizeof put ? put[k] : was ^ 1u << (i % 8));
            survives(b->p, b->n);
        }
        b->p[i] = was;
    }
}
END_TEST

/* Whatever allocation fails, the answer is OF_E_NOMEM and nothing is left. */
typedef struct oom {
    size_t left;
} oom;

static void *oom_alloc(void *user, size_t n)
{
    oom *o = user;
    if (o->left == 0) return NULL;
    o->left--;
    return malloc(n);
}

static void oom_free(void *user, void *p, size_t n)
{
    (void)user;
    (void)n;
    free(p);
}

START_TEST(out_of_memory)
{
    wbuf *b = mixed();
    for (size_t k = 0; k < 10000; k++) {
        xload x;
        xsaved out = {NULL, 0, 0};
        of_source *s = NULL;
        oom o = {k};
        of_status st;
        memset(&x, 0, sizeof x);
        x.a.allocate = oom_alloc;
        x.a.release = oom_free;
        x.a.user = &o;
        st = of_source_memory(&x.a, b->p, b->n, &s, &x.e);
        if (st == OF_OK) st = of_model_new(&x.a, &x.m, &x.e);
        if (st == OF_OK) st = of_decode(x.m, s, NULL, &x_limits, &x.e);
        of_source_unref(s);
        if (st == OF_OK) {
            x_touch_all(x.m);
            st = x_save(&x, NULL, &out);
            if (st == OF_OK) x_unsave(&x, &out);
        }
        x_close(&x);
        if (st == OF_OK) {
            ck_assert_uint_gt(k, 20);
            return;
        }
        ck_assert_msg(st == OF_E_NOMEM, "allocation %zu: %d %s", k, st, x.e.msg);
    }
    ck_abort_msg("never enough memory");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {not_a_model,
                            versions,
                            wire,
                            other_wire_type,
                            tensors,
                            good_tensors,
                            sparse,
                            attributes,
                            depth,
                            rank,
                            limits,
                            floods,
                            cut_at_every_byte,
                            every_byte_changed,
                            out_of_memory};
    return of_test_main(x_suite("wire: errors", tests, sizeof tests / sizeof *tests));
}
