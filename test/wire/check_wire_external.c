/* External data: what is opened, what is refused, and where it goes on a save. Every
 * model that should be refused points at bytes that would show in what it reads. */
#include "wire_test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const int64_t four[1] = {4};
static char root[64], base[128];

static char *at(const char *folder, const char *name)
{
    static char buf[4][512];
    static int turn;
    char *p = buf[turn++ & 3];
    snprintf(p, sizeof buf[0], "%s/%s", folder, name);
    return p;
}

static void put(const char *path, const void *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(p, 1, n, f), n);
    fclose(f);
}

/* root/base is the model's folder; root/secret.bin lies outside. */
static void make_folder(void)
{
    char data[64];
    strcpy(root, "/tmp/onnxfold-wire-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(base, sizeof base, "%s/base", root);
    mkdir(base, 0700);
    mkdir(at(base, "sub"), 0700);
    for (int i = 0; i < 64; i++) data[i] = (char)i;
    put(at(base, "data.bin"), data, 64);
    put(at(base, "sub/data.bin"), data, 64);
    put(at(root, "secret.bin"), "SECRETSECRETSECR", 16);
}

static void remove_folder(void)
{
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf %s", root);
    ck_assert_int_eq(system(cmd), 0);
    w_done();
}

static wbuf *ext_tensor(const char *name, const void *loc, size_t n)
{
    wbuf *t = x_tensor(name, 1, 1, four), *k = w_str(w_new(), 1, "location");
    w_data(k, 2, loc, n);
    w_msg(t, 13, k);
    return w_int(t, 14, 1);
}

static wbuf *ext_model(const char *loc)
{
    return x_model(w_msg(x_graph(), 5, ext_tensor("w", loc, strlen(loc))));
}

static of_status open_model(xload *x, const wbuf *b, const char *folder)
{
    of_source *s = NULL;
    memset(x, 0, sizeof *x);
    of_alloc_init_default(&x->a);
    of_err_clear(&x->e);
    of_source_memory(&x->a, b->p, b->n, &s, &x->e);
    return x_open(x, s, folder);
}

/* Loads the model and reads its tensor w. */
static of_status read_w(const wbuf *b, const char *folder, bool links)
{
    xload x;
    of_status st = open_model(&x, b, folder);
    if (st == OF_OK) {
        of_tensor *t = x_init(x.m, "w")->tensor;
        of_wire_allow_links(x.m, links);
        st = of_tensor_load(t, &x.e);
        if (st == OF_OK && !links)
            ck_assert_msg(memcmp(t->data, "SECR", 4) != 0, "read what lies outside");
    }
    x_close(&x);
    return st;
}

START_TEST(reads)
{
    xload x;
    wbuf *t = ext_tensor("w", "sub/data.bin", 12);
    of_tensor *w;
    w_msg(w_msg(w_msg(t, 13, x_entry("offset", "8")), 13, x_entry("length", "16")), 13,
          x_entry("checksum", "abc"));
    w_msg(t, 13, x_entry("basepath", "/etc")); /* keys of others mean nothing */
    ck_assert_msg(open_model(&x, x_model(w_msg(x_graph(), 5, t)), base) == OF_OK, "%s", x.e.msg);
    w = x_init(x.m, "w")->tensor;
    ck_assert_ptr_null(w->data);
    ck_assert_int_eq(of_tensor_load(w, &x.e), OF_OK);
    ck_assert_int_eq(((unsigned char *)w->data)[0], 8);
    of_tensor_unload(w);
    ck_assert_int_eq(of_tensor_load(w, &x.e), OF_OK);
    x_close(&x);
}
END_TEST

START_TEST(locations_refused_as_text)
{
    static const char *const bad[] = {
        "",
        "/etc/passwd",
        "../secret.bin",
        "sub/../../secret.bin",
        "sub/..",
        "..",
        ".",
        "./data.bin",
        "sub/./data.bin",
        "sub//data.bin",
        "sub/",
        "..\\secret.bin",
        "sub\\data.bin",
        "C:\\secret.bin",
        "C:secret.bin",
        "//host/share",
        "*/_ORT_MEM_ADDR_/*",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        of_err e;
        of_err_clear(&e);
        ck_assert_msg(x_status(ext_model(bad[i])) == OF_E_PATH, "%s",
                      bad[i]); /* at load, folder or not */
        ck_assert_int_eq(of_ext_check_location((of_str){bad[i], strlen(bad[i])}, &e), OF_E_PATH);
    }
    ck_assert_int_eq(x_status(x_model(w_msg(x_graph(), 5, ext_tensor("w", "data.bin\0/../x", 14)))),
                     OF_E_PATH);
    ck_assert_int_eq(of_ext_check_location((of_str){"...", 3}, NULL), OF_OK);
    ck_assert_int_eq(of_ext_check_location((of_str){"..a/b..", 7}, NULL), OF_OK);
    {
        char *lng = malloc(5000);
        memset(lng, 'a', 5000);
        ck_assert_int_eq(of_ext_check_location((of_str){lng, 5000}, NULL), OF_E_PATH);
        ck_assert_int_eq(of_ext_check_location((of_str){lng, 256}, NULL), OF_E_PATH);
        ck_assert_int_eq(of_ext_check_location((of_str){lng, 255}, NULL), OF_OK);
        free(lng);
    }
}
END_TEST

START_TEST(files_refused_as_opened)
{
    ck_assert_int_eq(symlink("../secret.bin", at(base, "link")), 0);
    ck_assert_int_eq(symlink("data.bin", at(base, "inner")), 0);
    ck_assert_int_eq(symlink("..", at(base, "up")), 0);
    ck_assert_int_eq(symlink("/proc/self", at(base, "proc")), 0);
    ck_assert_int_eq(link(at(root, "secret.bin"), at(base, "hard")), 0);
    ck_assert_int_eq(mkfifo(at(base, "fifo"), 0600), 0);
    ck_assert_int_eq(read_w(ext_model("link"), base, false), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("inner"), base, false), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("up/secret.bin"), base, false), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("proc/environ"), base, false), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("hard"), base, false), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("fifo"), base, false), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("sub"), base, false), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("data.bin/x"), base, false), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("missing"), base, false), OF_E_NOT_FOUND);
    ck_assert_int_eq(read_w(ext_model("inner"), base, true), OF_OK);
    ck_assert_int_eq(read_w(ext_model("link"), base, true), OF_OK);
    ck_assert_int_eq(read_w(ext_model("hard"), base, true), OF_OK);
    ck_assert_int_eq(read_w(ext_model("../secret.bin"), base, true), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("fifo"), base, true), OF_E_PATH);
}
END_TEST

START_TEST(no_folder)
{
    ck_assert_int_eq(read_w(ext_model("data.bin"), NULL, false), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("data.bin"), "", false), OF_E_PATH);
    ck_assert_int_eq(read_w(ext_model("data.bin"), at(root, "missing"), false), OF_E_NOT_FOUND);
    ck_assert_int_eq(read_w(ext_model("data.bin"), base, false), OF_OK);
}
END_TEST

/* Every place a TensorProto can stand in goes the same way. */
START_TEST(carriers)
{
    static const int64_t two[1] = {2};
    const char *loc = "../secret.bin";
    wbuf *t = ext_tensor("", loc, 13), *n, *g, *sp, *f, *b, *i;
    n = x_node("Constant", NULL, "y");
    w_msg(n, 5, w_msg(x_attr("value", 4), 5, t));
    ck_assert_int_eq(x_status(x_model(w_msg(w_msg(w_new(), 1, n), 12, x_info("y")))), OF_E_PATH);
    n = x_node("Constant", NULL, "y");
    w_msg(n, 5, w_msg(x_attr("values", 9), 10, t));
    ck_assert_int_eq(x_status(x_model(w_msg(w_msg(w_new(), 1, n), 12, x_info("y")))), OF_E_PATH);
    sp = w_int(w_msg(w_msg(w_new(), 1, t), 2, w_int(w_int(x_tensor("", 7, 1, two), 7, 0), 7, 1)), 3,
               9);
    ck_assert_int_eq(x_status(x_model(w_msg(x_graph(), 15, sp))), OF_E_PATH);
    n = x_node("Constant", NULL, "y");
    w_msg(n, 5, w_msg(x_attr("sparse_value", 11), 22, sp));
    ck_assert_int_eq(x_status(x_model(w_msg(w_msg(w_new(), 1, n), 12, x_info("y")))), OF_E_PATH);
    i = ext_tensor("", loc, 13);
    sp =
        w_int(w_msg(w_msg(w_new(), 1, w_data(x_tensor("s", 1, 1, four), 9, "1234567812345678", 16)),
                    2, i),
              3, 9);
    ck_assert_int_eq(x_status(x_model(w_msg(x_graph(), 15, sp))), OF_E_PATH);
    g = w_msg(w_msg(w_msg(w_new(), 1, x_node("Relu", "w", "i")), 5, ext_tensor("w", loc, 13)), 12,
              x_info("i"));
    n = x_node("If", "c", "y");
    w_msg(w_msg(n, 5, x_attr_g("then_branch", g)), 5, x_attr_g("else_branch", g));
    ck_assert_int_eq(
        x_status(x_model(w_msg(w_msg(w_msg(w_new(), 1, n), 11, x_info("c")), 12, x_info("y")))),
        OF_E_PATH);
    f = w_str(w_str(w_str(w_new(), 1, "F"), 10, "d"), 5, "q");
    n = x_node("Constant", NULL, "q");
    w_msg(f, 7, w_msg(n, 5, w_msg(x_attr("value", 4), 5, t)));
    ck_assert_int_eq(x_status(w_msg(x_model(x_graph()), 25, f)), OF_E_PATH);
    f = w_str(w_str(w_new(), 1, "F"), 10, "d");
    w_msg(f, 11, w_msg(x_attr("value", 4), 5, t));
    ck_assert_int_eq(x_status(w_msg(x_model(x_graph()), 25, f)), OF_E_PATH);
    b = w_msg(x_model(x_graph()), 20, w_msg(w_new(), 1, w_msg(x_graph(), 5, t)));
    ck_assert_int_eq(x_status(b), OF_E_PATH);
    n = w_new(); /* an element type of the future */
    w_int(w_msg(w_int(n, 2, 99), 13, w_str(w_str(w_new(), 1, "location"), 2, loc)), 14, 1);
    ck_assert_int_eq(x_status(x_model(w_msg(x_graph(), 5, n))), OF_E_PATH);
}
END_TEST

static of_status entries(const char *k1, const char *v1, const char *k2, const char *v2)
{
    wbuf *t = ext_tensor("w", "data.bin", 8);
    if (k1) w_msg(t, 13, x_entry(k1, v1));
    if (k2) w_msg(t, 13, x_entry(k2, v2));
    return read_w(x_model(w_msg(x_graph(), 5, t)), base, false);
}

START_TEST(numbers)
{
    static const char *const bad[] = {"-8",
                                      "+4",
                                      " 4",
                                      "4 ",
                                      "0x10",
                                      "1e1",
                                      "4.0",
                                      "",
                                      "99999999999999999999999999",
                                      "9223372036854775808",
                                      "18446744073709551608",
                                      "four"};
    ck_assert_int_eq(entries(NULL, NULL, NULL, NULL), OF_OK);
    ck_assert_int_eq(entries("offset", "0", "length", "16"), OF_OK);
    ck_assert_int_eq(entries("offset", "48", NULL, NULL), OF_OK);
    ck_assert_int_eq(entries("offset", "48", "length", "16"), OF_OK);
    ck_assert_int_eq(entries("length", "0016", NULL, NULL), OF_OK);
    ck_assert_int_eq(entries("unknown", "key", "__class__", "x"), OF_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(entries("offset", bad[i], NULL, NULL) == OF_E_TENSOR, "%s", bad[i]);
        ck_assert_msg(entries("length", bad[i], NULL, NULL) == OF_E_TENSOR, "%s", bad[i]);
    }
    ck_assert_int_eq(entries("offset", "49", NULL, NULL), OF_E_TENSOR);
    ck_assert_int_eq(entries("offset", "64", NULL, NULL), OF_E_TENSOR);
    ck_assert_int_eq(entries("offset", "9223372036854775807", NULL, NULL), OF_E_TENSOR);
    ck_assert_int_eq(entries("length", "15", NULL, NULL), OF_E_TENSOR);
    ck_assert_int_eq(entries("length", "64", NULL, NULL), OF_E_TENSOR);
    ck_assert_int_eq(entries("length", "0", NULL, NULL), OF_E_TENSOR);
    ck_assert_int_eq(entries("location", "data.bin", NULL, NULL), OF_E_TENSOR);
    ck_assert_int_eq(entries("offset", "0", "offset", "0"), OF_E_TENSOR);
    {
        wbuf *t = w_int(x_tensor("w", 1, 1, four), 14, 1);
        ck_assert_int_eq(x_status(x_model(w_msg(x_graph(), 5, t))), OF_E_TENSOR);
        t = w_data(ext_tensor("w", "data.bin", 8), 9, "1234567812345678", 16);
        ck_assert_int_eq(x_status(x_model(w_msg(x_graph(), 5, t))), OF_E_TENSOR);
    }
}
END_TEST

START_TEST(changed_while_in_use)
{
    xload x;
    of_tensor *t;
    ck_assert_int_eq(open_model(&x, ext_model("data.bin"), base), OF_OK);
    t = x_init(x.m, "w")->tensor;
    ck_assert_int_eq(of_tensor_load(t, &x.e), OF_OK);
    of_tensor_unload(t);
    put(at(base, "data.bin"), "short", 5);
    ck_assert_int_eq(of_tensor_load(t, &x.e), OF_E_CHANGED);
    x_close(&x);
}
END_TEST

/* One file a tensor, more of them than are kept open. */
START_TEST(many_files)
{
    xload x;
    wbuf *g = x_graph();
    int before, after;
    for (int i = 0; i < 200; i++) {
        char name[32];
        float f[4] = {(float)i, 0, 0, 0};
        snprintf(name, sizeof name, "w%d", i);
        put(at(base, name), f, 16);
        w_msg(g, 5, ext_tensor(name, name, strlen(name)));
    }
    before = dup(0);
    close(before);
    ck_assert_int_eq(open_model(&x, x_model(g), base), OF_OK);
    for (int round = 0; round < 2; round++)
        for (of_init *it = x.m->graph->init_first; it; it = it->next) {
            ck_assert_msg(of_tensor_load(it->tensor, &x.e) == OF_OK, "%s", x.e.msg);
            ck_assert(((float *)it->tensor->data)[0] == (float)atoi(it->name->s + 1));
            of_tensor_unload(it->tensor);
        }
    after = dup(0);
    close(after);
    ck_assert_int_lt(after, before + 64);
    x_close(&x);
    after = dup(0);
    close(after);
    ck_assert_int_eq(after, before);
}
END_TEST

static wbuf *mixed_model(void)
{
    wbuf *g = x_graph(), *n = x_node("Constant", NULL, "k"),
         *t = ext_tensor("inner", "sub/data.bin", 12);
    w_msg(t, 13, x_entry("offset", "4"));
    w_str(t, 12, "doc");
    w_msg(n, 5, w_msg(x_attr("value", 4), 5, t));
    w_msg(g, 1, n);
    w_msg(g, 5, ext_tensor("w", "data.bin", 8));
    w_msg(g, 5, w_data(x_tensor("raw", 1, 1, four), 9, "abcdefghijklmnop", 16));
    return x_model(g);
}

static void expect_values(const void *p, size_t n, const char *folder)
{
    xload y;
    wbuf *b = w_bytes(w_new(), p, n);
    of_tensor *k;
    ck_assert_msg(open_model(&y, b, folder) == OF_OK, "%s", y.e.msg);
    ck_assert_msg(of_tensor_load(x_init(y.m, "w")->tensor, &y.e) == OF_OK, "%s", y.e.msg);
    ck_assert_int_eq(((unsigned char *)x_init(y.m, "w")->tensor->data)[5], 5);
    ck_assert_int_eq(of_tensor_load(x_init(y.m, "raw")->tensor, &y.e), OF_OK);
    ck_assert_mem_eq(x_init(y.m, "raw")->tensor->data, "abcdefghijklmnop", 16);
    k = y.m->graph->last->attrs->u.t;
    ck_assert_msg(of_tensor_load(k, &y.e) == OF_OK, "%s", y.e.msg);
    ck_assert_int_eq(((unsigned char *)k->data)[0], 4);
    ck_assert_ptr_nonnull(memmem(p, n, "doc", 3));
    x_close(&y);
}

START_TEST(embed)
{
    for (int dirty = 0; dirty < 2; dirty++) {
        xload x;
        xsaved s;
        of_encode_opts o = {.ext = OF_EXT_EMBED};
        ck_assert_int_eq(open_model(&x, mixed_model(), base), OF_OK);
        if (dirty) x_touch_all(x.m);
        ck_assert_msg(x_save(&x, &o, &s) == OF_OK, "%s", x.e.msg);
        ck_assert_ptr_null(memmem(s.p, s.n, "location", 8));
        expect_values(s.p, s.n, NULL);
        x_unsave(&x, &s);
        x_close(&x);
    }
    {
        xload x;
        xsaved s;
        of_encode_opts o = {.ext = OF_EXT_EMBED};
        wbuf *b = x_model(x_graph());
        ck_assert_int_eq(open_model(&x, b, base), OF_OK);
        ck_assert_int_eq(x_save(&x, &o, &s), OF_OK); /* nothing to embed: the same bytes */
        ck_assert_uint_eq(s.n, b->n);
        x_unsave(&x, &s);
        x_close(&x);
        ck_assert_int_eq(open_model(&x, ext_model("missing"), base), OF_OK);
        ck_assert_int_eq(x_save(&x, &o, &s), OF_E_NOT_FOUND);
        x_close(&x);
    }
}
END_TEST

START_TEST(into_a_file)
{
    for (uint64_t threshold = 0; threshold <= 17; threshold += 17) {
        xload x;
        of_encode_opts o = {.ext = OF_EXT_FILE,
                            .ext_file = "new.data",
                            .ext_threshold = threshold,
                            .ext_align = 4096};
        of_sink *k = NULL;
        xsaved s = {NULL, 0, 0};
        struct stat sb;
        ck_assert_int_eq(open_model(&x, mixed_model(), base), OF_OK);
        ck_assert_int_eq(of_sink_file(&x.a, at(root, "new.data"), false, &o.ext_sink, &x.e), OF_OK);
        ck_assert_int_eq(of_sink_memory(&x.a, 0, &k, &x.e), OF_OK);
        ck_assert_msg(of_encode(x.m, k, &o, &x.e) == OF_OK, "%s", x.e.msg);
        ck_assert_int_eq(of_sink_commit(o.ext_sink, &x.e), OF_OK);
        ck_assert_int_eq(of_sink_commit_memory(k, &s.p, &s.n, &s.cap, &x.e), OF_OK);
        ck_assert_int_eq(stat(at(root, "new.data"), &sb), 0);
        ck_assert_int_eq(sb.st_size, threshold ? 0 : 2 * 4096 + 16);
        expect_values(s.p, s.n, threshold ? NULL : root);
        x_unsave(&x, &s);
        x_close(&x);
    }
}
END_TEST

/* External tensors below an If, in lists and in sparse tensors. */
static wbuf *nested_model(void)
{
    static const int64_t nnz[1] = {4};
    wbuf *g = w_new(), *body = w_new(), *n = x_node("If", "c", "y"),
         *k = x_node("Custom", NULL, "o"), *sp, *at_;
    sp = w_msg(w_new(), 1, ext_tensor("s", "data.bin", 8));
    w_msg(sp, 2,
          w_data(x_tensor("", 7, 1, nnz), 9,
                 "\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0", 32));
    w_int(sp, 3, 9);
    at_ = w_msg(w_msg(x_attr("list", 9), 10, ext_tensor("a", "data.bin", 8)), 10,
                ext_tensor("b", "sub/data.bin", 12));
    w_msg(w_str(k, 7, "my"), 5, at_);
    w_msg(k, 5, w_msg(x_attr("sparse", 11), 22, sp));
    w_msg(k, 5, w_msg(x_attr("sparses", 12), 23, sp));
    w_msg(body, 1, k);
    w_msg(body, 5, ext_tensor("w", "data.bin", 8));
    w_msg(body, 15,
          w_int(w_msg(w_msg(w_new(), 1, ext_tensor("sp", "data.bin", 8)), 2,
                      w_data(x_tensor("", 7, 1, nnz), 9,
                             "\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0", 32)),
                3, 9));
    w_msg(body, 12, x_info("o"));
    w_msg(w_msg(n, 5, x_attr_g("then_branch", body)), 5, w_msg(x_attr("many", 10), 11, body));
    w_msg(w_msg(w_msg(g, 1, n), 11, x_info("c")), 12, x_info("y"));
    g = x_model(g);
    return w_msg(g, 8, w_int(w_str(w_new(), 1, "my"), 2, 1));
}

START_TEST(moves_wherever_it_stands)
{
    for (int mode = 0; mode < 4; mode++) {
        xload x, y;
        xsaved s;
        of_sink *k = NULL;
        of_encode_opts o = {
            .ext = mode & 1 ? OF_EXT_FILE : OF_EXT_EMBED, .ext_file = "f.data", .ext_align = 64};
        wbuf *b;
        ck_assert_msg(open_model(&x, nested_model(), base) == OF_OK, "%s", x.e.msg);
        if (mode & 2) x_touch_all(x.m);
        if (mode & 1)
            ck_assert_int_eq(of_sink_file(&x.a, at(root, "f.data"), false, &o.ext_sink, &x.e),
                             OF_OK);
        ck_assert_int_eq(of_sink_memory(&x.a, 0, &k, &x.e), OF_OK);
        ck_assert_msg(of_encode(x.m, k, &o, &x.e) == OF_OK, "%s", x.e.msg);
        if (mode & 1) ck_assert_int_eq(of_sink_commit(o.ext_sink, &x.e), OF_OK);
        ck_assert_int_eq(of_sink_commit_memory(k, &s.p, &s.n, &s.cap, &x.e), OF_OK);
        ck_assert_ptr_null(memmem(s.p, s.n, "data.bin", 8));
        b = w_bytes(w_new(), s.p, s.n);
        ck_assert_msg(open_model(&y, b, mode & 1 ? root : NULL) == OF_OK, "%s", y.e.msg);
        for (size_t i = 0; i < y.m->n_graphs; i++)
            for (of_node *n = y.m->graphs[i]->first; n; n = n->next)
                for (of_attr *a = n->attrs; a; a = a->next) {
                    if (a->type == OF_A_TENSORS) {
                        ck_assert_msg(of_tensor_load(a->u.tensors[1], &y.e) == OF_OK, "%s",
                                      y.e.msg);
                        ck_assert_int_eq(((unsigned char *)a->u.tensors[1]->data)[7], 7);
                    }
                    if (a->type == OF_A_SPARSE_TENSOR)
                        ck_assert_int_eq(of_tensor_load(a->u.sp->values, &y.e), OF_OK);
                }
        x_close(&y);
        x_unsave(&x, &s);
        x_close(&x);
    }
}
END_TEST

/* What is not looked into cannot be moved, and is taken along. */
START_TEST(carried_along)
{
    for (int kind = 0; kind < 2; kind++) {
        xload x;
        xsaved s;
        char dest[128];
        of_encode_opts o = {.ext = OF_EXT_EMBED};
        wbuf *t = ext_tensor("q", "sub/data.bin", 12), *b;
        if (kind) {
            b = w_msg(x_model(x_graph()), 20,
                      w_msg(w_new(), 1, w_msg(x_graph(), 15, w_msg(w_new(), 1, t))));
        } else {
            w_int(t, 2, 99);
            b = x_model(w_msg(x_graph(), 5, t));
        }
        ck_assert_msg(open_model(&x, b, base) == OF_OK, "%s", x.e.msg);
        ck_assert_int_eq(x_save(&x, &o, &s), OF_E_UNSUPPORTED);
        of_err_clear(&x.e);
        snprintf(dest, sizeof dest, "%s/dest%d", root, kind);
        mkdir(dest, 0700);
        ck_assert_msg(of_ext_copy_along(x.m, dest, &x.e) == OF_OK, "%s", x.e.msg);
        ck_assert_int_eq(access(at(dest, "sub/data.bin"), F_OK), 0);
        x_close(&x);
    }
}
END_TEST

START_TEST(opened_for_others)
{
    xload x;
    of_source *s = NULL;
    ck_assert_int_eq(open_model(&x, x_model(x_graph()), base), OF_OK);
    ck_assert_int_eq(of_ext_open(x.m, (of_str){"data.bin", 8}, &s, &x.e), OF_OK);
    ck_assert_uint_eq(s->size, 64);
    of_source_unref(s);
    ck_assert_int_eq(of_ext_open(x.m, (of_str){"../secret.bin", 13}, &s, &x.e), OF_E_PATH);
    x_close(&x);
}
END_TEST

START_TEST(keep_and_copy_along)
{
    xload x;
    xsaved s;
    char dest[128];
    ck_assert_int_eq(open_model(&x, mixed_model(), base), OF_OK);
    x_touch_all(x.m);
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK);
    expect_values(s.p, s.n, base);
    snprintf(dest, sizeof dest, "%s/dest", root);
    mkdir(dest, 0700);
    ck_assert_msg(of_ext_copy_along(x.m, dest, &x.e) == OF_OK, "%s", x.e.msg);
    expect_values(s.p, s.n, dest);
    ck_assert_int_eq(of_ext_copy_along(x.m, dest, &x.e), OF_OK); /* the same bytes are there */
    ck_assert_int_eq(of_ext_copy_along(x.m, base, &x.e), OF_OK); /* the same files are there */
    put(at(dest, "data.bin"), "other", 5);
    ck_assert_int_eq(of_ext_copy_along(x.m, dest, &x.e), OF_E_EXISTS);
    of_err_clear(&x.e);
    unlink(at(dest, "data.bin"));
    ck_assert_int_eq(symlink(at(root, "victim"), at(dest, "data.bin")), 0);
    ck_assert_int_eq(of_ext_copy_along(x.m, dest, &x.e), OF_E_EXISTS);
    of_err_clear(&x.e);
    unlink(at(dest, "data.bin"));
    unlink(at(dest, "sub/data.bin"));
    rmdir(at(dest, "sub"));
    ck_assert_int_eq(symlink(root, at(dest, "sub")), 0);
    ck_assert_int_eq(of_ext_copy_along(x.m, dest, &x.e), OF_E_PATH);
    ck_assert_int_ne(access(at(root, "data.bin"), F_OK), 0);
    ck_assert_int_ne(access(at(root, "victim"), F_OK), 0);
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {reads,
                            locations_refused_as_text,
                            files_refused_as_opened,
                            no_folder,
                            carriers,
                            numbers,
                            changed_while_in_use,
                            many_files,
                            embed,
                            into_a_file,
                            moves_wherever_it_stands,
                            carried_along,
                            opened_for_others,
                            keep_and_copy_along};
    Suite *s = suite_create("wire: external");
    TCase *c = tcase_create("external");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, make_folder, remove_folder);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
    return of_test_main(s);
}
