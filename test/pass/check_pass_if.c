/* If with a constant condition: what moves, what it is called, what it captures. */
#include "build.h"

enum { TRUE_ = 1 };

static void cond(pb *g, int value)
{
    if (value) TG_B(g, "cond", "", 1);
    else TG_B(g, "cond", "", 0);
}

static void add_if(pb *g, const char *out, pb *then_g, pb *else_g)
{
    pb n = tn("If", "cond", out);
    tn_graph(&n, "then_branch", then_g);
    tn_graph(&n, "else_branch", else_g);
    tg_add(g, n);
}

/* A branch that negates (or doubles) x into `out`, with an initializer of the branch. */
static pb branch(const char *op, const char *mid, const char *out)
{
    pb b = {0};
    char in[64];
    TG_F(&b, "w", "2", 5, 6);
    snprintf(in, sizeof in, "%s w", mid);
    tg_node(&b, op, "x", mid);
    tg_node(&b, "Add", in, out);
    tg_out(&b, out, OF_FLOAT, NULL);
    pb_str(&b, 2, "branch");
    return b;
}

START_TEST(takes_the_branch)
{
    for (int c = 0; c < 2; c++) {
        pb g = {0}, t1 = branch("Neg", "m", "o"), e1 = branch("Abs", "m", "o");
        tmodel t;
        cond(&g, c);
        tg_in(&g, "x", OF_FLOAT, "2");
        tg_out(&g, "y", OF_FLOAT, NULL);
        add_if(&g, "z", &t1, &e1);
        tg_node(&g, "Sqrt", "z", "y");
        tm_model(&t, 8, 18, &g);
        tm_run(&t);
        HASNT(&t, "If");
        HAS(&t, c ? "m: float[2] = Neg(x)" : "m: float[2] = Abs(x)");
        HAS(&t, "o: float[2] = Add(m, w)");
        HAS(&t, "= Sqrt(o)");
        HAS(&t, "init w = float[2]{5,6}");
        HASNT(&t, "cond");
        ck_assert_int_eq(tm_node(&t, "z")->fate, OF_REPLACED);
        tm_again(&t);
        tm_run(&t);
        ck_assert(!t.m->dirty);
        tm_free(&t);
    }
}
END_TEST

/* The If's own output is the graph's: its name stays, with its declaration. */
START_TEST(output_of_the_graph)
{
    pb g = {0}, t1 = branch("Neg", "m", "o"), e1 = branch("Abs", "m", "o");
    tmodel t;
    cond(&g, TRUE_);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, "k");
    add_if(&g, "y", &t1, &e1);
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "y: float[2] = Add(m, w)");
    HAS(&t, "return (y)");
    tm_again(&t);
    ck_assert_int_eq(t.m->graph->out_infos->type->shape.rank, 1);
    ck_assert(!of_dim_is_num(t.m->graph->out_infos->type->shape.d[0]));
    tm_free(&t);
}
END_TEST

/* Two branches that define the same names, and names the graph defines elsewhere. */
START_TEST(names_that_clash)
{
    pb g = {0}, t1 = branch("Neg", "m", "o"), e1 = branch("Abs", "m", "o");
    pb t2 = branch("Exp", "m", "o"), e2 = branch("Abs", "m", "o");
    tmodel t;
    cond(&g, TRUE_);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    add_if(&g, "z1", &t1, &e1);
    add_if(&g, "z2", &t2, &e2);
    tg_node(&g, "Add", "z1 z2", "z3");
    tg_node(&g, "Sqrt", "z3", "w");
    tg_node(&g, "Neg", "w", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HASNT(&t, "If");
    ck_assert_uint_eq(tm_nodes(&t), 7);
    tm_again(&t);
    tm_run(&t);
    HAS(&t, "w: float[2] = Sqrt(z3)");
    tm_free(&t);
}
END_TEST

START_TEST(outer_values_and_duplicates_as_outputs)
{
    pb g = {0}, t1 = {0}, e1 = {0};
    tmodel t;
    cond(&g, TRUE_);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_in(&g, "u", OF_FLOAT, "2");
    /* then: an outer input, an initializer, one value twice, an outer value */
    TG_F(&t1, "w", "2", 5, 6);
    tg_node(&t1, "Neg", "x", "m");
    tg_out(&t1, "v", OF_FLOAT, NULL);
    tg_out(&t1, "w", OF_FLOAT, NULL);
    tg_out(&t1, "m", OF_FLOAT, NULL);
    tg_out(&t1, "m", OF_FLOAT, NULL);
    tg_out(&t1, "v", OF_FLOAT, NULL);
    for (int i = 0; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "e%d", i);
        tg_node(&e1, "Abs", "x", name);
        tg_out(&e1, name, OF_FLOAT, NULL);
    }
    tg_node(&g, "Exp", "u", "v");
    add_if(&g, "a b c d e", &t1, &e1);
    tg_node(&g, "Sum", "a b c d e", "y");
    tg_out(&g, "y", OF_FLOAT, NULL);
    for (int i = 0; i < 2; i++) {
        pb copy = {0};
        pb_raw(&copy, g.p, g.n);
        if (i) {
            tg_out(&copy, "a", OF_FLOAT, NULL);
            tg_out(&copy, "b", OF_FLOAT, NULL);
            tg_out(&copy, "c", OF_FLOAT, NULL);
            tg_out(&copy, "d", OF_FLOAT, NULL);
        }
        tm_model(&t, 8, 18, &copy);
        tm_run(&t);
        HASNT(&t, "If");
        if (!i) {
            HAS(&t, "= Sum(v, w, m, m, v)");
            HASNT(&t, "Identity");
        } else {
            HAS(&t, "a: float[2] = Identity(v)");
            HAS(&t, "init b = float[2]{5,6}");
            HAS(&t, "c: float[2] = Neg(x)");
            HAS(&t, "d: float[2] = Identity(c)");
            HAS(&t, "return (y, a, b, c, d)");
        }
        tm_again(&t);
        tm_run(&t);
        ck_assert(!t.m->dirty);
        tm_free(&t);
    }
    free(g.p);
}
END_TEST

/* The graph's input itself is what the branch gives. */
START_TEST(input_as_output)
{
    pb g = {0}, t1 = {0}, e1 = {0};
    tmodel t;
    cond(&g, TRUE_);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&t1, "x", OF_FLOAT, NULL);
    tg_node(&e1, "Abs", "x", "o");
    tg_out(&e1, "o", OF_FLOAT, NULL);
    add_if(&g, "y", &t1, &e1);
    tg_out(&g, "y", OF_FLOAT, "2");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "y: float[2] = Identity(x)");
    HAS(&t, "graph (x: float[2])");
    tm_free(&t);
}
END_TEST

/* An If in an If in a Loop's body, with captures on every level and a body inside the
 * branch that captures a value which has to be renamed. */
START_TEST(nested)
{
    pb g = {0}, body = {0}, t1 = {0}, e1 = {0}, t2 = {0}, e2 = {0}, lp;
    tmodel t;
    cond(&g, TRUE_);
    TG_I(&g, "trips", "", 3);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "m_", OF_FLOAT, NULL);
    tg_node(&g, "Neg", "x", "m_");

    tg_node(&t2, "Mul", "m s", "o2");
    tg_out(&t2, "o2", OF_FLOAT, NULL);
    tg_node(&e2, "Abs", "m", "o2");
    tg_out(&e2, "o2", OF_FLOAT, NULL);

    tg_node(&t1, "Neg", "s", "m");
    add_if(&t1, "o", &t2, &e2);
    tg_out(&t1, "o", OF_FLOAT, NULL);
    tg_node(&e1, "Abs", "s", "o");
    tg_out(&e1, "o", OF_FLOAT, NULL);

    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "c", OF_BOOL, "");
    tg_in(&body, "s", OF_FLOAT, NULL);
    tg_node(&body, "Identity", "c", "c2");
    add_if(&body, "s2", &t1, &e1);
    tg_out(&body, "c2", OF_BOOL, "");
    tg_out(&body, "s2", OF_FLOAT, NULL);
    lp = tn("Loop", "trips _ x", "y");
    tn_graph(&lp, "body", &body);
    tg_add(&g, lp);
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HASNT(&t, "If");
    HAS(&t, "= Mul(m, s)");
    ck_assert_uint_eq(tm_nodes(&t), 5);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

START_TEST(renamed_value_captured_below)
{
    pb g = {0}, body = {0}, t1 = {0}, e1 = {0}, lp;
    tmodel t;
    cond(&g, TRUE_);
    TG_I(&g, "trips", "", 3);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "c", OF_BOOL, "");
    tg_in(&body, "s", OF_FLOAT, NULL);
    tg_node(&body, "Identity", "c", "c2");
    tg_node(&body, "Add", "s m", "s2");
    tg_out(&body, "c2", OF_BOOL, "");
    tg_out(&body, "s2", OF_FLOAT, NULL);
    tg_node(&t1, "Neg", "x", "m");
    lp = tn("Loop", "trips _ x", "o");
    tn_graph(&lp, "body", &body);
    tg_add(&t1, lp);
    tg_out(&t1, "o", OF_FLOAT, NULL);
    tg_node(&e1, "Abs", "x", "o");
    tg_out(&e1, "o", OF_FLOAT, NULL);
    add_if(&g, "z", &t1, &e1);
    tg_node(&g, "Abs", "z", "m"); /* takes the name that the branch had first */
    tg_node(&g, "Neg", "m", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "m_1: float[2] = Neg(x)");
    HAS(&t, "= Add(s, m_1)");
    HAS(&t, "m: float[2] = Abs(o)");
    tm_again(&t);
    tm_free(&t);
}
END_TEST

START_TEST(condition_that_folds)
{
    pb g = {0}, t1 = branch("Neg", "m", "o"), e1 = branch("Abs", "m", "o"), n;
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    TG_I(&g, "two", "", 2);
    TG_I(&g, "zero", "", 0);
    tg_node(&g, "Shape", "x", "sh");
    n = tn("Gather", "sh zero", "d");
    tg_add(&g, n);
    tg_node(&g, "Equal", "d two", "cond");
    add_if(&g, "y", &t1, &e1);
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "Neg(x)");
    HASNT(&t, "Shape");
    ck_assert_uint_eq(tm_nodes(&t), 2);
    tm_free(&t);
}
END_TEST

START_TEST(stays_when_told_so)
{
    static const of_str ops[] = {{"If", 2}}, fold[] = {{"fold", 4}};
    for (int i = 0; i < 3; i++) {
        pb g = {0}, t1 = branch("Neg", "m", "o"), e1 = branch("Abs", "m", "o");
        tmodel t;
        cond(&g, TRUE_);
        tg_in(&g, "x", OF_FLOAT, "2");
        tg_out(&g, "y", OF_FLOAT, NULL);
        add_if(&g, "y", &t1, &e1);
        tm_model(&t, 8, 18, &g);
        if (i == 0) {
            t.o.excluded_ops = ops;
            t.o.n_excluded_ops = 1;
        } else if (i == 1) {
            t.o.skip = fold;
            t.o.n_skip = 1;
        } else
            t.o.nodes_max = 1;
        tm_run(&t);
        HAS(&t, "If");
        if (i == 0) ck_assert_int_eq(tm_node(&t, "y")->why, OF_WHY_EXCLUDED_OP);
        if (i == 2) ck_assert_int_eq(tm_node(&t, "y")->why, OF_WHY_BUDGET);
        tm_free(&t);
    }
}
END_TEST

/* In a function, and before IR 4, the branch's initializers become Constant nodes. */
START_TEST(in_a_function)
{
    pb g = {0}, f = {0}, fs = {0}, t1 = branch("Neg", "m", "o"), e1 = branch("Abs", "m", "o");
    const unsigned char yes = 1;
    tmodel t;
    pb_str(&f, 1, "F");
    pb_str(&f, 4, "x");
    pb_str(&f, 5, "y");
    {
        pb k = tn_const("cond", OF_BOOL, "", &yes, 1), n = tn("If", "cond", "y");
        pb_msg(&f, 7, &k);
        tn_graph(&n, "then_branch", &t1);
        tn_graph(&n, "else_branch", &e1);
        pb_msg(&f, 7, &n);
    }
    tm_opset(&f, 9, "", 18);
    pb_str(&f, 10, "local");
    pb_msg(&fs, 25, &f);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "z", OF_FLOAT, NULL);
    tg_node(&g, "local::F", "x", "z");
    tm_make(&t, 8, 18, &g, &fs, "local");
    t.o.inline_functions = false;
    tm_run(&t);
    HASNT(&t, "If");
    HAS(&t, "Constant() {value=float[2]{5,6}}");
    HAS(&t, "= Add(m, w)");
    tm_again(&t);
    tm_free(&t);
}
END_TEST

START_TEST(constant_loop_runs)
{
    pb g = {0}, body = {0}, lp;
    tmodel t;
    TG_I(&g, "trips", "", 5);
    TG_F(&g, "a", "2", 1, 2);
    TG_F(&g, "step", "2", 10, 20);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "c", OF_BOOL, "");
    tg_in(&body, "s", OF_FLOAT, NULL);
    tg_node(&body, "Identity", "c", "c2");
    tg_node(&body, "Add", "s step", "s2");
    tg_out(&body, "c2", OF_BOOL, "");
    tg_out(&body, "s2", OF_FLOAT, NULL);
    lp = tn("Loop", "trips _ a", "l");
    tn_graph(&lp, "body", &body);
    tg_add(&g, lp);
    tg_node(&g, "Add", "x l", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "init l = float[2]{51,102}");
    ck_assert_uint_eq(tm_nodes(&t), 1);
    tm_free(&t);
}
END_TEST

/* Ten thousand trips are run, and not one more, however many there may be to come. */
START_TEST(long_loop_stays)
{
    static const struct {
        float trips;
        int ends_at; /* 0: no condition */
        bool unlimited, folds;
        const char *all;
    } row[] = {{10000, 0, false, true, "10000"},    {10001, 0, false, false, NULL},
               {9e18f, 0, false, false, NULL},      {9e18f, 7000, false, true, "7001"},
               {9e18f, 20000, false, false, NULL}, {20000, 20000, true, true, "20000"}};
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        pb g = {0}, body = {0}, lp;
        tmodel t;
        int64_t trips = (int64_t)row[k].trips, end = row[k].ends_at;
        const bool cond = row[k].ends_at != 0;
        tg_init(&g, "trips", OF_INT64, "", &trips, sizeof trips);
        tg_init(&g, "end", OF_INT64, "", &end, sizeof end);
        tg_init(&g, "yes", OF_BOOL, "", "\1", 1);
        TG_I(&g, "zero", "", 0);
        TG_I(&g, "one", "", 1);
        tg_in(&g, "x", OF_INT64, "");
        tg_out(&g, "y", OF_INT64, NULL);
        tg_in(&body, "i", OF_INT64, "");
        tg_in(&body, "c", OF_BOOL, "");
        tg_in(&body, "s", OF_INT64, NULL);
        if (cond) tg_node(&body, "Less", "i end", "c2");
        else tg_node(&body, "Identity", "c", "c2");
        tg_node(&body, "Add", "s one", "s2");
        tg_out(&body, "c2", OF_BOOL, "");
        tg_out(&body, "s2", OF_INT64, NULL);
        lp = tn("Loop", cond ? "trips yes zero" : "trips _ zero", "l");
        tn_graph(&lp, "body", &body);
        tg_add(&g, lp);
        tg_node(&g, "Add", "x l", "y");
        tm_model(&t, 8, 18, &g);
        if (row[k].unlimited) t.o.work_max = UINT64_MAX;
        tm_run(&t);
        ck_assert_int_eq(tm_node(&t, "l")->fate == OF_FOLDED, row[k].folds);
        if (row[k].folds) {
            char want[40];
            snprintf(want, sizeof want, "init l = int64[]{%s}", row[k].all);
            HAS(&t, want);
        } else {
            ck_assert_int_eq(tm_node(&t, "l")->why, OF_WHY_BUDGET);
        }
        tm_free(&t);
    }
}
END_TEST

/* A body that captures what is not constant is not run, whatever its inputs are. */
START_TEST(capture_keeps_a_loop)
{
    pb g = {0}, body = {0}, lp;
    tmodel t;
    TG_I(&g, "trips", "", 5);
    TG_F(&g, "a", "2", 1, 2);
    TG_F(&g, "b", "2", 1, 2);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "c", OF_BOOL, "");
    tg_in(&body, "s", OF_FLOAT, NULL);
    TG_F(&body, "a", "2", 7, 8); /* hides the outer one */
    tg_node(&body, "Identity", "c", "c2");
    tg_node(&body, "Mul", "a b", "ab");
    tg_node(&body, "Add", "s x", "s1");
    tg_node(&body, "Add", "s1 ab", "s3");
    tg_node(&body, "Add", "s3 a", "s2");
    tg_out(&body, "c2", OF_BOOL, "");
    tg_out(&body, "s2", OF_FLOAT, NULL);
    lp = tn("Loop", "trips _ a", "y");
    tn_graph(&lp, "body", &body);
    tg_add(&g, lp);
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "y")->fate, OF_KEPT);
    HAS(&t, "init ab = float[2]{7,16}"); /* folded in the body, then lifted */
    HAS(&t, "init a_1 = float[2]{7,8}"); /* lifted under a name of its own */
    HAS(&t, "Loop(trips, _, a)");
    HASNT(&t, "Mul");
    ck_assert_uint_eq(tm_applied(&t, "lift-subgraph-initializers"), 2);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* No trips, or a condition that is false from the start: what goes in comes out. */
START_TEST(loop_without_trips)
{
    for (int i = 0; i < 4; i++) {
        pb g = {0}, body = {0}, lp;
        tmodel t;
        TG_I(&g, "zero", "", 0);
        TG_B(&g, "no", "1", 0);
        tg_in(&g, "x", OF_FLOAT, "2");
        tg_in(&g, "n", OF_INT64, "");
        tg_out(&g, "y", OF_FLOAT, NULL);
        tg_out(&g, "z", OF_FLOAT, NULL);
        tg_in(&body, "i", OF_INT64, "");
        tg_in(&body, "c", OF_BOOL, "");
        tg_in(&body, "s", OF_FLOAT, NULL);
        tg_in(&body, "r", OF_FLOAT, NULL);
        tg_node(&body, "Identity", "c", "c2");
        tg_node(&body, "Add", "s x", "s2");
        tg_node(&body, "Mul", "r x", "r2");
        tg_out(&body, "c2", OF_BOOL, "");
        tg_out(&body, "s2", OF_FLOAT, NULL);
        tg_out(&body, "r2", OF_FLOAT, NULL);
        tg_out(&body, "r2", OF_FLOAT, NULL);
        tg_node(&g, "Exp", "x", "e");
        lp = tn("Loop", i == 0 ? "zero _ x e" : i == 1 ? "n no x e" : i == 2 ? "n _ x e" : "zero _ x e",
                i == 3 ? "y l scan" : "y l");
        tn_graph(&lp, "body", &body);
        tg_add(&g, lp);
        if (i == 3) tg_node(&g, "Sum", "l scan", "z");
        else tg_node(&g, "Neg", "l", "z");
        tm_model(&t, 8, 18, &g);
        tm_run(&t);
        if (i < 2) {
            HAS(&t, "y: float[2] = Identity(x)");
            HAS(&t, "z: float[2] = Neg(e)");
            HASNT(&t, "Loop");
        } else
            HAS(&t, "Loop");
        tm_again(&t);
        tm_run(&t);
        ck_assert(!t.m->dirty);
        tm_free(&t);
    }
}
END_TEST

/* What the body took from outside is dead in it: once that is gone the loop runs. */
START_TEST(loop_with_dead_captures)
{
    pb g = {0}, body = {0}, lp;
    tmodel t;
    TG_I(&g, "trips", "", 3);
    TG_F(&g, "a", "2", 1, 2);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "c", OF_BOOL, "");
    tg_in(&body, "s", OF_FLOAT, NULL);
    tg_node(&body, "Identity", "c", "c2");
    tg_node(&body, "Mul", "s x", "dead");
    tg_node(&body, "Add", "s s", "s2");
    tg_out(&body, "c2", OF_BOOL, "");
    tg_out(&body, "s2", OF_FLOAT, NULL);
    lp = tn("Loop", "trips _ a", "l");
    tn_graph(&lp, "body", &body);
    tg_add(&g, lp);
    tg_node(&g, "Add", "x l", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 1);
    HAS(&t, "init l = float[2]{8,16}");
    tm_free(&t);
}
END_TEST

TEST_SUITE("pass: if", loop_with_dead_captures, loop_without_trips, takes_the_branch, output_of_the_graph, names_that_clash,
           outer_values_and_duplicates_as_outputs, input_as_output, nested, renamed_value_captured_below,
           condition_that_folds, stays_when_told_so, in_a_function, constant_loop_runs, long_loop_stays, capture_keeps_a_loop)
