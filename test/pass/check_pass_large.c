/* Constants above the input size limit: what may read them all the same. */
#include "build.h"

enum { W = 20000 };

static float weights[W];

/* w[100,200] constant, x an input, out the output; bounds for Slices of axis 0. */
static void setting(pb *g)
{
    for (size_t i = 0; i < W; i++) weights[i] = (float)(i % 100);
    tg_init(g, "w", OF_FLOAT, "100,200", weights, sizeof weights);
    tg_in(g, "x", OF_FLOAT, NULL);
    tg_out(g, "out", OF_FLOAT, NULL);
    TG_I(g, "k0", "1", 0);
    TG_I(g, "k50", "1", 50);
    TG_I(g, "k51", "1", 51);
    TG_I(g, "k100", "1", 100);
}

static void run(tmodel *t, pb *g)
{
    tm_make(t, 8, 18, g, NULL, NULL);
    tm_run(t);
}

START_TEST(little_of_what_goes)
{
    static const struct {
        const char *op, *in;
        int64_t after; /* nodes */
    } c[] = {
        {"ReduceSum", "w k0", 1},  /* 200 elements instead of 20000 */
        {"Slice", "w k0 k50", 1},  /* 10000: above the limit as well, but bytes only move */
        {"Gather", "w k50", 1},
        {"Exp", "w", 2},           /* as large as before */
        {"Tile", "w rep", 2},      /* larger */
        {"MatMul", "w v", 1},      /* 100 */
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        for (int shared = 0; shared < 2; shared++) {
            pb g = {0};
            tmodel t;
            setting(&g);
            TG_I(&g, "rep", "2", 2, 1);
            tg_init(&g, "v", OF_FLOAT, "200", weights, 200 * sizeof(float));
            tg_node(&g, c[i].op, c[i].in, "f");
            if (shared) tg_node(&g, "Add", "x w", "xw");
            tg_node(&g, "Add", shared ? "xw f" : "x f", "out");
            run(&t, &g);
            ck_assert_msg((int64_t)tm_nodes(&t) == (shared ? 3 : c[i].after), "%s, %d: %s", c[i].op, shared, t.text);
            ck_assert_int_eq(tm_node(&t, "f")->fate, !shared && c[i].after == 1 ? OF_FOLDED : OF_KEPT);
            if (shared) ck_assert_int_eq(tm_node(&t, "f")->why, OF_WHY_INPUT_SIZE);
            else if (c[i].after == 1) HASNT(&t, "init w =");
            tm_free(&t);
        }
    }
}
END_TEST

static void slices(pb *g, const char *from)
{
    char b[32];
    snprintf(b, sizeof b, "w %s k100", from);
    tg_node(g, "Slice", "w k0 k50", "p");
    tg_node(g, "Slice", b, "q");
}

/* What recurrent layers are exported with: gates cut out of the weights and put together
 * in another order. */
START_TEST(handed_out)
{
    pb g = {0}, n;
    tmodel t;
    setting(&g);
    slices(&g, "k50");
    n = tn("Concat", "q p", "c");
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    tg_node(&g, "Unsqueeze", "c k0", "u");
    tg_node(&g, "Add", "x u", "out");
    run(&t, &g);
    ck_assert_uint_eq(tm_nodes(&t), 1);
    HAS(&t, "init u = float[1,100,200]");
    HASNT(&t, "init w =");
    tm_free(&t);
}
END_TEST

START_TEST(not_handed_out)
{
    static const char *const what[] = {"overlap", "another user", "not constant", "kept", "excluded", "graph output"};
    static const of_str keep = {"stay", 4}, excluded = {"Gather", 6};

    for (int k = 0; k < 6; k++) {
        pb g = {0}, n;
        tmodel t;
        setting(&g);
        slices(&g, k == 0 ? "k0" : k == 1 || k == 5 ? "k50" : "k51");
        if (k == 1) tg_node(&g, "Add", "x w", "x2");
        if (k == 2) {
            tg_in(&g, "i", OF_INT64, "1");
            tg_node(&g, "Gather", "w i", "r");
        } else if (k == 3 || k == 4) {
            n = tn("Gather", "w k50", "r");
            tn_name(&n, "stay");
            tg_add(&g, n);
        }
        if (k == 5) tg_out(&g, "w", OF_FLOAT, "100,200");
        n = tn("Concat", k == 1 ? "x2 p q" : k >= 2 && k <= 4 ? "x r p q" : "x p q", "out");
        tn_int(&n, "axis", 0);
        tg_add(&g, n);
        tm_make(&t, 8, 18, &g, NULL, NULL);
        if (k == 3) {
            t.o.keep_nodes = &keep;
            t.o.n_keep_nodes = 1;
        }
        if (k == 4) {
            t.o.excluded_ops = &excluded;
            t.o.n_excluded_ops = 1;
        }
        tm_run(&t);
        ck_assert_msg(tm_node(&t, "p")->fate == OF_KEPT && tm_node(&t, "p")->why == OF_WHY_INPUT_SIZE, "%s: %s", what[k],
                      t.text);
        ck_assert_msg(tm_node(&t, "q")->fate == OF_KEPT, "%s: %s", what[k], t.text);
        tm_free(&t);
    }
}
END_TEST

/* Pieces larger than the output size limit and the growth budget: they take the place of
 * what they come from. */
START_TEST(pieces_do_not_grow)
{
    pb g = {0};
    tmodel t;
    setting(&g);
    slices(&g, "k50");
    tg_node(&g, "Add", "x p", "xp");
    tg_node(&g, "Add", "xp q", "out");
    tm_make(&t, 8, 18, &g, NULL, NULL);
    t.o.output_size_limit = 100;
    t.o.growth_budget = 0;
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 2);
    HASNT(&t, "init w =");
    tm_free(&t);
}
END_TEST

/* W and R of a recurrent layer stay computed by their last node: large ones always, all of
 * them when results must be exact. */
START_TEST(recurrent_weights)
{
    static const char *const op[] = {"LSTM", "GRU", "RNN", "Mul"};
    for (int k = 0; k < 4; k++)
        for (int large = 0; large < 2; large++)
            for (int exact = 0; exact < 2; exact++) {
                pb g = {0};
                tmodel t;
                bool stays = k < 3 && (large || exact);
                setting(&g);
                tg_init(&g, "v", OF_FLOAT, "4,4", weights, 64);
                tg_node(&g, "Transpose", large ? "w" : "v", "u");
                tg_node(&g, "Transpose", large ? "w" : "v", "r");
                if (k < 3) tg_node(&g, op[k], "x u r", "out");
                else tg_node(&g, "Sum", "x u r", "out");
                tm_make(&t, 8, 18, &g, NULL, NULL);
                t.o.exact = exact;
                tm_run(&t);
                ck_assert_msg(tm_node(&t, "u")->fate == (stays ? OF_KEPT : OF_FOLDED), "%s %d %d: %s",
                              op[k], large, exact, t.text);
                if (stays) ck_assert_int_eq(tm_node(&t, "u")->why, exact ? OF_WHY_EXACT : OF_WHY_INPUT_SIZE);
                tm_free(&t);
            }
}
END_TEST

/* So does the second operand of a product of matrices when results must be exact. */
START_TEST(packed_weights)
{
    static const char *const op[] = {"MatMul", "Gemm", "Sub"};
    for (int k = 0; k < 3; k++)
        for (int exact = 0; exact < 2; exact++) {
            pb g = {0};
            tmodel t;
            bool stays = k < 2 && exact;
            setting(&g);
            tg_init(&g, "v", OF_FLOAT, "4,4", weights, 64);
            tg_node(&g, "Transpose", "v", "u");
            tg_node(&g, op[k], "x u", "out");
            tm_make(&t, 8, 18, &g, NULL, NULL);
            t.o.exact = exact;
            tm_run(&t);
            ck_assert_msg(tm_node(&t, "u")->fate == (stays ? OF_KEPT : OF_FOLDED), "%s %d: %s", op[k], exact, t.text);
            if (stays) ck_assert_int_eq(tm_node(&t, "u")->why, OF_WHY_EXACT);
            tm_free(&t);
        }
}
END_TEST

/* What IEEE 754 fixes folds, what it leaves open does not, but over integers. */
START_TEST(exact_results)
{
    static const struct {
        const char *op, *in;
        bool folds;
    } c[] = {
        {"Add", "v v", true},        {"Div", "v v", true},  {"Sqrt", "v", true},       {"Relu", "v", true},
        {"Transpose", "v", true},    {"Exp", "v", false},   {"ReduceSum", "v", false}, {"MatMul", "v v", false},
        {"Softmax", "v", false},     {"Sum", "v v", false}, {"ReduceMax", "v", true},  {"ReduceSum", "k50", true},
        {"MatMul", "k50 k51", true}, {"ArgMax", "v", true}, {"Pow", "v v", false},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        for (int exact = 0; exact < 2; exact++) {
            pb g = {0};
            tmodel t;
            setting(&g);
            tg_init(&g, "v", OF_FLOAT, "4,4", weights, 64);
            tg_node(&g, c[i].op, c[i].in, "f");
            tg_in(&g, "y", OF_FLOAT, NULL);
            tg_node(&g, "Identity", "f", "out");
            tm_make(&t, 8, 18, &g, NULL, NULL);
            t.o.exact = exact;
            tm_run(&t);
            ck_assert_msg((tm_node(&t, "f")->fate == OF_FOLDED) == (c[i].folds || !exact), "%s %d: %s", c[i].op, exact, t.text);
            if (exact && !c[i].folds) ck_assert_int_eq(tm_node(&t, "f")->why, OF_WHY_EXACT);
            tm_free(&t);
        }
}
END_TEST

/* What a fold has computed may be computed on, in place; a weight in another form may not. */
START_TEST(goes_on_from_what_was_computed)
{
    for (int k = 0; k < 2; k++) {
        pb g = {0};
        tmodel t;
        setting(&g);
        TG_I(&g, "rep", "2", 150, 100);
        tg_init(&g, "a", OF_FLOAT, "150,4", weights, 600 * sizeof(float));
        tg_init(&g, "b", OF_FLOAT, "4,100", weights, 400 * sizeof(float));
        tg_init(&g, "c", OF_FLOAT, "100", weights, 100 * sizeof(float));
        if (k == 0) tg_node(&g, "MatMul", "a b", "m");
        else tg_node(&g, "Expand", "c rep", "m");
        tg_node(&g, "Add", "m c", "s");
        tg_node(&g, "Exp", "s", "e");
        tg_node(&g, "Add", "x e", "out");
        run(&t, &g);
        if (k == 0) {
            ck_assert_uint_eq(tm_nodes(&t), 1);
            HAS(&t, "init e = float[150,100]");
        } else {
            ck_assert_int_eq(tm_node(&t, "s")->why, OF_WHY_INPUT_SIZE);
        }
        tm_again(&t);
        tm_free(&t);
    }
}
END_TEST

TEST_SUITE("pass: large constants", goes_on_from_what_was_computed, recurrent_weights, packed_weights,
           exact_results, little_of_what_goes, handed_out, not_handed_out, pieces_do_not_grow)
