/* Equal initializers become one, equal nodes become one, and nothing else does. */
#include "build.h"

static void inputs(pb *g)
{
    tg_in(g, "x", OF_FLOAT, "2");
    tg_out(g, "y", OF_FLOAT, NULL);
}

START_TEST(equal_initializers)
{
    pb g = {0};
    tmodel t;
    inputs(&g);
    TG_F(&g, "a", "2", 1, 0);
    TG_F(&g, "b", "2", 1, 0);
    TG_F(&g, "c", "2,1", 1, 0);
    TG_F(&g, "d", "2", 1, -0.0f);
    TG_F(&g, "nan1", "1", __builtin_nanf(""));
    TG_F(&g, "nan2", "1", __builtin_nanf(""));
    tg_init(&g, "e", OF_INT32, "2", (const float[]){1, 0}, 8);
    tg_out(&g, "z", OF_FLOAT, NULL);
    {
        pb n = tn("Cast", "e", "e2");
        tn_int(&n, "to", OF_FLOAT);
        tn_name(&n, "keep");
        tg_add(&g, n);
    }
    tg_node(&g, "Sum", "x a b d nan1 nan2 e2", "y");
    tg_node(&g, "Add", "x c", "z");
    tm_model(&t, 8, 18, &g);
    {
        static const of_str keep[] = {{"keep", 4}};
        t.o.keep_nodes = keep;
        t.o.n_keep_nodes = 1;
    }
    tm_run(&t);
    HAS(&t, "Sum(x, a, a, d, nan1, nan1, e2)");
    HAS(&t, "Add(x, c)");
    HAS(&t, "init e =");
    HASNT(&t, "init b");
    HASNT(&t, "init nan2");
    ck_assert_uint_eq(tm_applied(&t, "dedupe-initializers"), 2);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* Large ones are compared where they stand; those that differ in one byte stay two. */
START_TEST(large_initializers)
{
    pb g = {0};
    float *w = (float *)calloc(60000, sizeof *w);
    tmodel t;
    size_t live;
    inputs(&g);
    for (int i = 0; i < 60000; i++) w[i] = (float)i;
    tg_init(&g, "a", OF_FLOAT, "60000", w, 60000 * sizeof *w);
    tg_init(&g, "b", OF_FLOAT, "60000", w, 60000 * sizeof *w);
    w[777] = -1;
    tg_init(&g, "c", OF_FLOAT, "60000", w, 60000 * sizeof *w);
    tg_init(&g, "d", OF_FLOAT, "60000", w, 60000 * sizeof *w);
    for (int i = 0; i < 3; i++) { /* told apart by the one and the other part of a sample */
        static const int at[] = {0, 30000, 59999};
        static const char name[][2] = {"e", "f", "g"};
        w[at[i]] = -2;
        tg_init(&g, name[i], OF_FLOAT, "60000", w, 60000 * sizeof *w);
        w[at[i]] = (float)at[i];
    }
    free(w);
    tg_node(&g, "Sum", "x a b c d e f g", "y");
    tm_model(&t, 8, 18, &g);
    ck_assert(tm_load(&t) == OF_OK);
    live = t.alloc.peak;
    tm_run(&t);
    HAS(&t, "Sum(x, a, a, c, c, e, f, g)");
    ck_assert_uint_lt(t.alloc.peak, live + 200000); /* never held whole */
    tm_again(&t);
    ck_assert_uint_lt(t.bytes.n, 1250000);
    tm_free(&t);
}
END_TEST

START_TEST(outputs_and_pins_stay)
{
    pb g = {0};
    tmodel t;
    inputs(&g);
    TG_F(&g, "a", "2", 1, 2);
    TG_F(&g, "o1", "2", 1, 2);
    TG_F(&g, "o2", "2", 1, 2);
    TG_F(&g, "in", "2", 1, 2);
    tg_in(&g, "in", OF_FLOAT, "2");
    tg_out(&g, "o1", OF_FLOAT, "2");
    tg_out(&g, "o2", OF_FLOAT, "2");
    tg_node(&g, "Sum", "x a o2 in", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "init o1");
    HAS(&t, "init o2");
    HAS(&t, "init in");
    HASNT(&t, "init a");
    HAS(&t, "Sum(x, o1, o2, in)");
    HAS(&t, "return (y, o1, o2)");
    tm_free(&t);
}
END_TEST

/* A body's own `a` hides the outer one: what replaces `b` there must be visible. */
START_TEST(hidden_names)
{
    pb g = {0}, body = {0}, lp;
    tmodel t;
    inputs(&g);
    tg_in(&g, "n", OF_INT64, "");
    TG_F(&g, "a", "2", 1, 2);
    TG_F(&g, "b", "2", 1, 2);
    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "c", OF_BOOL, "");
    tg_in(&body, "a", OF_FLOAT, NULL);
    tg_node(&body, "Identity", "c", "c2");
    tg_node(&body, "Add", "a b", "s2");
    tg_out(&body, "c2", OF_BOOL, "");
    tg_out(&body, "s2", OF_FLOAT, NULL);
    lp = tn("Loop", "n _ x", "l");
    tn_graph(&lp, "body", &body);
    tg_add(&g, lp);
    tg_node(&g, "Add", "l a", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "Add(a, a_1)");
    HAS(&t, "Add(l, a_1)");
    tm_again(&t);
    tm_free(&t);
}
END_TEST

START_TEST(equal_nodes)
{
    pb g = {0}, n;
    tmodel t;
    inputs(&g);
    tg_in(&g, "m", OF_FLOAT, "2,2");
    tg_out(&g, "z", OF_FLOAT, NULL);
    tg_out(&g, "e2", OF_FLOAT, NULL);
    tg_node(&g, "Exp", "x", "e1");
    tg_node(&g, "Exp", "x", "e2"); /* an output: stays */
    tg_node(&g, "Exp", "x", "e3");
    tg_node(&g, "Neg", "e1", "n1");
    tg_node(&g, "Neg", "e3", "n3"); /* equal once e3 is e1 */
    for (int i = 0; i < 4; i++) {
        static const char *const out[] = {"t0", "t1", "t2", "t3"};
        n = tn("Softmax", "m", out[i]);
        tn_int(&n, "axis", i == 3 ? 0 : 1);
        tg_add(&g, n);
    }
    for (int i = 0; i < 2; i++) {
        n = tn("RandomNormalLike", "x", i ? "r1" : "r0");
        tg_add(&g, n);
    }
    tg_node(&g, "custom::Op", "x", "c0");
    tg_node(&g, "custom::Op", "x", "c1");
    tg_node(&g, "Dropout", "x", "d0");
    tg_node(&g, "Dropout", "x", "d1");
    tg_node(&g, "Sum", "n1 n3 r0 r1 c0 c1 d0 d1 e2", "y");
    tg_node(&g, "Sum", "t0 t1 t2 t3", "z");
    tm_make(&t, 8, 18, &g, NULL, "custom");
    tm_run(&t);
    HAS(&t, "Sum(n1, n1, r0, r1, c0, c1, d0, d1, e2)");
    HAS(&t, "Sum(t0, t0, t0, t3)");
    ck_assert_uint_eq(tm_applied(&t, "cse"), 4);
    ck_assert_int_eq(tm_node(&t, "n3")->fate, OF_REPLACED);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* Two equal Flattens of one large weight: once they are one, it is the only user. */
START_TEST(merged_users_let_a_node_fold)
{
    pb g = {0};
    float *w = (float *)calloc(20000, sizeof *w);
    tmodel t;
    inputs(&g);
    tg_init(&g, "w", OF_FLOAT, "10,20,100", w, 20000 * sizeof *w);
    free(w);
    tg_node(&g, "Flatten", "w", "f1");
    tg_node(&g, "Flatten", "w", "f2");
    tg_node(&g, "Sum", "x f1 f2", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 1);
    HAS(&t, "Sum(x, f1, f1)");
    HAS(&t, "init f1 = float[10,2000]");
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* Two halves, each cut out twice: once the twins are gone they are one Split. */
START_TEST(merged_nodes_let_a_rule_apply)
{
    pb g = {0};
    tmodel t;
    inputs(&g);
    tg_in(&g, "m", OF_FLOAT, "4,2");
    TG_I(&g, "i0", "1", 0);
    TG_I(&g, "i2", "1", 2);
    TG_I(&g, "i4", "1", 4);
    tg_node(&g, "Neg", "m", "n");
    for (int i = 0; i < 2; i++) {
        tg_node(&g, "Slice", "n i0 i2 i0", i ? "a1" : "a0");
        tg_node(&g, "Slice", "n i2 i4 i0", i ? "b1" : "b0");
    }
    tg_node(&g, "Slice", "m i2 i4 i0", "c"); /* the bounds have other users too */
    tg_node(&g, "Slice", "m i0 i2 i2", "d");
    tg_node(&g, "Sum", "a0 b0 a1 b1 c d", "y");
    tm_model(&t, 8, 18, &g);
    t.o.n_skip = 0; /* with the rules */
    tm_run(&t);
    ck_assert_uint_eq(tm_applied(&t, "cse"), 2);
    ck_assert_uint_eq(tm_applied(&t, "slices_to_split"), 1);
    ck_assert_uint_eq(tm_nodes(&t), 5);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* Additions of nothing behind three products: with them gone a rule of the products applies. */
START_TEST(a_way_made_free_is_seen)
{
    pb g = {0}, n;
    float w[4] = {1, 2, 3, 4}, zero[2] = {0, 0};
    tmodel t;
    inputs(&g);
    tg_in(&g, "m", OF_FLOAT, "n,2");
    tg_init(&g, "z", OF_FLOAT, "2", zero, sizeof zero);
    tg_node(&g, "Exp", "m", "e");
    for (int i = 0; i < 3; i++) {
        char a[3][8];
        for (int k = 0; k < 3; k++) snprintf(a[k], sizeof a[k], "%c%d", "wpa"[k], i);
        w[0] = (float)i;
        tg_init(&g, a[0], OF_FLOAT, "2,2", w, sizeof w);
        char in[2][24];
        snprintf(in[0], sizeof in[0], "e %s", a[0]);
        snprintf(in[1], sizeof in[1], "%s z", a[1]);
        tg_node(&g, "MatMul", in[0], a[1]);
        tg_node(&g, "Add", in[1], a[2]);
    }
    n = tn("Sum", "a0 a1 a2", "s");
    tg_add(&g, n);
    tg_node(&g, "Relu", "s", "y");
    tm_model(&t, 8, 18, &g);
    t.o.n_skip = 0; /* with the rules */
    tm_run(&t);
    ck_assert_uint_eq(tm_applied(&t, "no_op"), 3);
    ck_assert_uint_eq(tm_applied(&t, "matmuls_to_split"), 1);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* Two counts that nobody knew to be one until the nodes that count were merged. */
START_TEST(merged_counts_are_one)
{
    pb g = {0};
    tmodel t;
    tg_in(&g, "m", OF_FLOAT, "4,2");
    tg_in(&g, "p", OF_FLOAT, "n");
    tg_in(&g, "q", OF_FLOAT, "n");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "z", OF_FLOAT, NULL);
    TG_I(&g, "i0", "1", 0);
    TG_I(&g, "i1", "1", 1);
    tg_node(&g, "NonZero", "m", "a");
    tg_node(&g, "NonZero", "m", "b");
    tg_node(&g, "Transpose", "b", "bt");
    tg_node(&g, "Shape", "a", "sa");
    tg_node(&g, "Shape", "bt", "sb");
    tg_node(&g, "Gather", "sa i1", "na");
    tg_node(&g, "Gather", "sb i0", "nb");
    tg_node(&g, "Expand", "p na", "y");
    tg_node(&g, "Expand", "q nb", "z");
    tm_model(&t, 8, 18, &g);
    t.o.n_skip = 0; /* with the rules */
    tm_run(&t);
    ck_assert_uint_eq(tm_applied(&t, "cse"), 1);
    ck_assert_uint_eq(tm_applied(&t, "equal_values"), 1);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* A layer's weights that another node reads, which goes once the layer has been looked at. */
START_TEST(weights_made_free_are_seen)
{
    pb g = {0}, n;
    float w[2] = {1, 2}, one[2] = {1, 1};
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "n,1,4,4");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "z", OF_FLOAT, NULL);
    tg_init(&g, "w", OF_FLOAT, "2,1,1,1", w, sizeof w);
    tg_init(&g, "s", OF_FLOAT, "2", w, sizeof w);
    tg_init(&g, "o", OF_FLOAT, "2", one, sizeof one);
    TG_I(&g, "two", "1", 2);
    tg_node(&g, "Conv", "x w", "c");
    n = tn("BatchNormalization", "c s o o o", "b");
    tg_add(&g, n);
    tg_node(&g, "Relu", "b", "y");
    tg_node(&g, "Reshape", "w two", "z");
    tm_model(&t, 8, 18, &g);
    t.o.n_skip = 0; /* with the rules */
    tm_run(&t);
    ck_assert_uint_eq(tm_applied(&t, "fuse_batchnorm"), 1);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* What an If held that has gone is in nobody's way. */
START_TEST(bodies_gone_are_no_bodies)
{
    static const int64_t there[] = {1, 2, 0}, back[] = {2, 0, 1};
    pb g = {0}, yes = {0}, no = {0}, n;
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "3,2,1");
    tg_out(&g, "y", OF_FLOAT, NULL);
    TG_B(&g, "c", "", 1);
    tg_node(&yes, "Neg", "x", "a");
    tg_out(&yes, "a", OF_FLOAT, NULL);
    tg_node(&no, "Exp", "x", "b");
    tg_out(&no, "b", OF_FLOAT, NULL);
    n = tn("If", "c", "unused");
    tn_graph(&n, "then_branch", &yes);
    tn_graph(&n, "else_branch", &no);
    tg_add(&g, n);
    n = tn("Transpose", "x", "u");
    tn_ints(&n, "perm", there, 3);
    tg_add(&g, n);
    n = tn("Concat", "u u", "v");
    tn_int(&n, "axis", 1);
    tg_add(&g, n);
    n = tn("Transpose", "v", "y");
    tn_ints(&n, "perm", back, 3);
    tg_add(&g, n);
    tm_model(&t, 8, 18, &g);
    t.o.n_skip = 0; /* with the rules */
    tm_run(&t);
    HAS(&t, "y: float[3,2,2] = Concat(x, x)");
    tm_free(&t);
}
END_TEST

TEST_SUITE("pass: merge", equal_initializers, large_initializers, outputs_and_pins_stay, hidden_names, equal_nodes,
           merged_users_let_a_node_fold, merged_nodes_let_a_rule_apply,
           a_way_made_free_is_seen, merged_counts_are_one, weights_made_free_are_seen,
           bodies_gone_are_no_bodies)
