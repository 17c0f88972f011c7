/* Inlining of model-local functions. */
#include "build.h"

/* FunctionProto with the nodes given, inputs and outputs as words. */
static void func(pb *fs, const char *name, const char *in, const char *out, const char *attrs, pb *nodes, size_t n,
                 int opset)
{
    pb f = {0};
    pb_str(&f, 1, name);
    pb_words(&f, 4, in);
    pb_words(&f, 5, out);
    pb_words(&f, 6, attrs);
    for (size_t i = 0; i < n; i++) pb_msg(&f, 7, &nodes[i]);
    tm_opset(&f, 9, "", opset);
    tm_opset(&f, 9, "local", 1);
    pb_str(&f, 10, "local");
    pb_msg(fs, 25, &f);
}

static void outer(pb *g)
{
    tg_in(g, "x", OF_FLOAT, "2");
    tg_out(g, "y", OF_FLOAT, "2");
}

/* a(x) = b(Neg(x)), b(x) = Exp(Abs(x)), called twice with clashing names around. */
START_TEST(nested_calls)
{
    pb g = {0}, fs = {0}, a[2], b[2];
    tmodel t;
    outer(&g);
    a[0] = tn("Neg", "x", "t");
    a[1] = tn("local::B", "t", "y");
    b[0] = tn("Abs", "x", "t");
    b[1] = tn("Exp", "t", "y");
    func(&fs, "A", "x", "y", NULL, a, 2, 18);
    func(&fs, "B", "x", "y", NULL, b, 2, 18);
    tg_node(&g, "local::A", "x", "t");
    tg_node(&g, "local::A", "t", "y");
    tm_make(&t, 8, 18, &g, &fs, "local");
    tm_run(&t);
    HASNT(&t, "local");
    ck_assert_uint_eq(tm_nodes(&t), 6);
    ck_assert_uint_eq(tm_applied(&t, "inline"), 4);
    HAS(&t, "t: float[2] = Exp(");
    HAS(&t, "y: float[2] = Exp(");
    ck_assert_int_eq(tm_node(&t, "t")->fate, OF_REPLACED);
    tm_again(&t);
    ck_assert_uint_eq(t.m->n_funcs, 0);
    ck_assert_uint_eq(t.m->n_opsets, 1);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

START_TEST(attributes)
{
    pb g = {0}, fs = {0}, a[1], n, f = {0}, d = {0};
    tmodel t;
    outer(&g);
    tg_out(&g, "z", OF_FLOAT, NULL);
    tg_out(&g, "u", OF_FLOAT, NULL);
    a[0] = tn("Softmax", "x", "y");
    tn_ref(&a[0], "axis", "ax", OF_A_INT);
    func(&fs, "S", "x", "y", "ax", a, 1, 18);
    /* with a default */
    pb_str(&f, 1, "D");
    pb_str(&f, 4, "x");
    pb_str(&f, 5, "y");
    n = tn("Softmax", "x", "y");
    tn_ref(&n, "axis", "ax", OF_A_INT);
    pb_msg(&f, 7, &n);
    tm_opset(&f, 9, "", 18);
    pb_str(&f, 10, "local");
    pb_str(&d, 1, "ax");
    pb_int(&d, 3, -1);
    pb_int(&d, 20, OF_A_INT);
    pb_msg(&f, 11, &d);
    pb_msg(&fs, 25, &f);
    n = tn("local::S", "x", "y");
    tn_int(&n, "ax", 0);
    tg_add(&g, n);
    tg_node(&g, "local::S", "x", "z");
    tg_node(&g, "local::D", "x", "u");
    tm_make(&t, 8, 18, &g, &fs, "local");
    tm_run(&t);
    HAS(&t, "y: float[2] = Softmax(x) {axis=0}");
    HAS(&t, "z: float[2] = Softmax(x)\n");
    HAS(&t, "u: float[2] = Softmax(x) {axis=-1}");
    tm_free(&t);
}
END_TEST

START_TEST(absent_and_handed_through)
{
    pb g = {0}, fs = {0}, a[1];
    tmodel t;
    outer(&g);
    tg_out(&g, "z", OF_FLOAT, NULL);
    tg_out(&g, "u", OF_FLOAT, NULL);
    tg_out(&g, "v", OF_FLOAT, NULL);
    a[0] = tn("Clip", "x lo hi", "c");
    func(&fs, "F", "x lo hi", "c c x", NULL, a, 1, 18);
    TG_F(&g, "hi", "", 3);
    tg_node(&g, "local::F", "x _ hi", "y z u");
    tg_node(&g, "local::F", "x", "w _ v");
    tm_make(&t, 8, 18, &g, &fs, "local");
    tm_run(&t);
    HASNT(&t, "local");
    HAS(&t, "y: float[2] = Clip(x, _, hi)");
    HAS(&t, "z: float[2] = Identity(y)");
    HAS(&t, "u: float[2] = Identity(x)");
    HAS(&t, "v: float[2] = Identity(x)");
    tm_again(&t);
    tm_free(&t);
}
END_TEST

/* A function with a body that captures the function's own values, called in a body. */
START_TEST(bodies)
{
    pb g = {0}, fs = {0}, a[3], body = {0}, t1 = {0}, e1 = {0}, lp;
    tmodel t;
    outer(&g);
    tg_in(&g, "n", OF_INT64, "");
    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "c", OF_BOOL, "");
    tg_in(&body, "s", OF_FLOAT, "k");
    TG_F(&body, "w", "2", 1, 2);
    tg_node(&body, "Identity", "c", "c2");
    tg_node(&body, "Sum", "s t w x", "s2");
    tg_out(&body, "c2", OF_BOOL, "");
    tg_out(&body, "s2", OF_FLOAT, "k");
    a[0] = tn("Neg", "x", "t");
    a[1] = tn("Loop", "n _ x", "l");
    tn_graph(&a[1], "body", &body);
    a[2] = tn("Add", "l t", "y");
    func(&fs, "F", "x n", "y", NULL, a, 3, 18);
    tg_in(&g, "cond", OF_BOOL, "");
    tg_node(&t1, "local::F", "x n", "o");
    tg_out(&t1, "o", OF_FLOAT, NULL);
    tg_node(&e1, "Abs", "x", "o");
    tg_out(&e1, "o", OF_FLOAT, NULL);
    lp = tn("If", "cond", "q");
    tn_graph(&lp, "then_branch", &t1);
    tn_graph(&lp, "else_branch", &e1);
    tg_add(&g, lp);
    tg_node(&g, "local::F", "q n", "t");
    tg_node(&g, "Neg", "t", "y");
    tm_make(&t, 8, 18, &g, &fs, "local");
    tm_run(&t);
    HASNT(&t, "local");
    ck_assert_uint_eq(tm_nodes(&t), 13);
    ck_assert_uint_eq(tm_applied(&t, "dedupe-initializers"), 1);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* A body that the call gives, named twice in the function (k 0) or passed on (1), or that is a default (2): it
 * belongs where it is written, and no copy of it may stand for two. */
START_TEST(bodies_as_attributes)
{
    for (int k = 0; k < 3; k++) {
        pb g = {0}, fs = {0}, f = {0}, d = {0}, body = {0}, n[2];
        tmodel t;
        size_t left = 0;
        tg_in(&g, "c", OF_BOOL, "");
        tg_in(&g, "x", OF_FLOAT, "2");
        tg_out(&g, "y", OF_FLOAT, "2");
        TG_F(&body, "w", "2", 1, 2);
        tg_node(&body, "Neg", "w", "r0");
        tg_node(&body, "local::Used", "r0", "r");
        tg_out(&body, "r", OF_FLOAT, "2");
        n[1] = tn("Neg", "a", "b");
        func(&fs, "Used", "a", "b", NULL, &n[1], 1, 18);
        n[0] = tn("If", "a", "b");
        tn_ref(&n[0], "then_branch", "k", OF_A_GRAPH);
        tn_ref(&n[0], "else_branch", "k", OF_A_GRAPH);
        pb_str(&f, 1, "F");
        pb_str(&f, 4, "a");
        pb_str(&f, 5, "b");
        if (k < 2) pb_str(&f, 6, "k");
        pb_msg(&f, 7, &n[0]);
        tm_opset(&f, 9, "", 18);
        tm_opset(&f, 9, "local", 1);
        pb_str(&f, 10, "local");
        if (k == 2) {
            pb_str(&d, 1, "k");
            pb_msg(&d, 6, &body);
            pb_int(&d, 20, OF_A_GRAPH);
            pb_msg(&f, 11, &d);
        }
        pb_msg(&fs, 25, &f);
        if (k == 1) {
            n[1] = tn("local::F", "a", "b");
            tn_graph(&n[1], "k", &body);
            func(&fs, "Outer", "a", "b", NULL, &n[1], 1, 18);
        }
        n[0] = tn(k == 1 ? "local::Outer" : "local::F", "c", "y");
        if (k == 0) tn_graph(&n[0], "k", &body);
        tg_add(&g, n[0]);
        tm_make(&t, 8, 18, &g, &fs, "local");
        tm_run(&t);
        HAS(&t, "local::F(c)");
        ck_assert(t.m->dirty == (k < 2));
        for (size_t i = 0; i < t.m->n_funcs; i++) left += !t.m->funcs[i]->drop;
        ck_assert_uint_eq(left, k == 2 ? 2 : 1);
        tm_again(&t);
        tm_free(&t);
    }
}
END_TEST

START_TEST(not_inlined)
{
    for (int i = 0; i < 4; i++) {
        pb g = {0}, fs = {0}, a[2];
        tmodel t;
        static const of_str skip[] = {{"inline", 6}};
        outer(&g);
        a[0] = tn("Neg", "x", "t");
        a[1] = tn("Abs", "t", "y");
        func(&fs, "A", "x", "y", NULL, a, 2, i == 0 ? 13 : 18);
        tg_node(&g, "local::A", "x", "y");
        tm_make(&t, 8, 18, &g, &fs, "local");
        if (i == 1) t.o.inline_functions = false;
        if (i == 2) t.o.nodes_max = 1;
        if (i == 3) {
            t.o.skip = skip;
            t.o.n_skip = 1;
        }
        tm_run(&t);
        HAS(&t, "local::A(x)");
        ck_assert_uint_eq(t.m->n_funcs, 1);
        tm_again(&t);
        tm_free(&t);
    }
}
END_TEST

/* Each calls the next twice: 2^K nodes end at the budget, soon. */
START_TEST(doubling_functions)
{
    pb g = {0}, fs = {0};
    tmodel t;
    char name[16], call[24];
    outer(&g);
    for (int i = 0; i < 40; i++) {
        pb a[2];
        snprintf(name, sizeof name, "F%d", i);
        snprintf(call, sizeof call, "local::F%d", i + 1);
        a[0] = i < 39 ? tn(call, "x", "t") : tn("Neg", "x", "t");
        a[1] = i < 39 ? tn(call, "t", "y") : tn("Exp", "t", "y");
        func(&fs, name, "x", "y", NULL, a, 2, 18);
    }
    tg_node(&g, "local::F0", "x", "y");
    tm_make(&t, 8, 18, &g, &fs, "local");
    t.o.nodes_max = 20000;
    tm_run(&t);
    ck_assert_uint_lt(tm_nodes(&t), 30000);
    tm_free(&t);
}
END_TEST

TEST_SUITE("pass: inline", nested_calls, attributes, absent_and_handed_through, bodies, bodies_as_attributes, not_inlined,
           doubling_functions)
