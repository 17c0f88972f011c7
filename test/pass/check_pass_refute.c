/* If with a condition that is not known: a branch that no run can take and succeed. */
#include "build.h"

/* A branch of one node. */
static pb branch(const char *op, const char *in, const char *out)
{
    pb b = {0};
    tg_node(&b, op, in, out);
    tg_out(&b, out, OF_FLOAT, NULL);
    pb_str(&b, 2, "branch");
    return b;
}

static void add_if(pb *g, const char *cond, const char *out, pb then_g, pb else_g)
{
    pb n = tn("If", cond, out);
    tn_graph(&n, "then_branch", &then_g);
    tn_graph(&n, "else_branch", &else_g);
    tg_add(g, n);
}

/* x of rank 3, c a condition, w a Conv's weights, axis for Unsqueeze. */
static void setting(pb *g)
{
    tg_in(g, "x", OF_FLOAT, "b,2,t");
    tg_in(g, "c", OF_BOOL, "");
    tg_out(g, "y", OF_FLOAT, NULL);
    TG_F(g, "w", "1,2,1", 1, 2);
    TG_I(g, "axis", "1", 0);
}

static void finish(tmodel *t, pb *g)
{
    tm_model(t, 8, 18, g);
    tm_run(t);
}

START_TEST(rank_that_nothing_takes)
{
    for (int k = 0; k < 2; k++) {
        pb g = {0};
        tmodel t;
        setting(&g);
        if (k) add_if(&g, "c", "z", branch("Unsqueeze", "x axis", "u"), branch("Identity", "x", "i"));
        else add_if(&g, "c", "z", branch("Identity", "x", "i"), branch("Unsqueeze", "x axis", "u"));
        tg_node(&g, "Neg", "z", "n");
        tg_node(&g, "Conv", "n w", "y");
        finish(&t, &g);
        HASNT(&t, "If");
        HASNT(&t, "Unsqueeze");
        HAS(&t, "Neg(");
        HAS(&t, "Conv(n, w)");
        ck_assert_int_eq(tm_node(&t, "z")->fate, OF_REPLACED);
        ck_assert_uint_eq(tm_applied(&t, "partial"), 1);
        tm_again(&t);
        tm_run(&t);
        ck_assert(!t.m->dirty);
        tm_free(&t);
    }
}
END_TEST

/* What exporters make of squeeze() and of a recurrent layer that takes batches or not:
 * each condition asks for a rank that the layer's own demand settles. */
START_TEST(conditions_on_ranks)
{
    pb g = {0}, l;
    tmodel t;
    setting(&g);
    TG_I(&g, "two", "", 2);
    TG_I(&g, "last", "1", -1);
    TG_I(&g, "at", "1", 2);
    TG_I(&g, "one", "1", 1);
    TG_F(&g, "lw", "1,4,2", 0, 0, 0, 0, 0, 0, 0, 0);
    TG_F(&g, "lr", "1,4,1", 0, 0, 0, 0);
    tg_node(&g, "Shape", "x", "s");
    tg_node(&g, "Gather", "s at", "d");
    tg_node(&g, "Equal", "d one", "is1");
    add_if(&g, "is1", "q", branch("Squeeze", "x last", "sq"), branch("Identity", "x", "id"));
    tg_node(&g, "Shape", "q", "qs");
    tg_node(&g, "Size", "qs", "qr");
    tg_node(&g, "Equal", "qr two", "plain");
    tg_node(&g, "Not", "plain", "batched");
    add_if(&g, "batched", "r", branch("Unsqueeze", "q axis", "u"), branch("Identity", "q", "id"));
    tg_node(&g, "Unsqueeze", "r axis", "v");
    l = tn("LSTM", "v lw lr", "l");
    tn_int(&l, "hidden_size", 1);
    tg_add(&g, l);
    add_if(&g, "batched", "y", branch("Identity", "l", "a"), branch("Neg", "l", "a"));
    finish(&t, &g);
    HASNT(&t, "If");
    HAS(&t, "= Squeeze(x");
    HAS(&t, "= Neg(l)");
    HASNT(&t, "Equal");
    ck_assert_uint_eq(tm_nodes(&t), 5); /* with the Identity of the branch: no rules here */
    tm_free(&t);
}
END_TEST

/* The same inside of a body: what the body always runs counts, what it may run does not. */
START_TEST(in_a_body)
{
    for (int k = 0; k < 2; k++) {
        pb g = {0}, body = {0}, lp;
        tmodel t;
        setting(&g);
        tg_in(&g, "trips", OF_INT64, "");
        tg_in(&body, "i", OF_INT64, "");
        tg_in(&body, "k", OF_BOOL, "");
        tg_node(&body, "Identity", "k", "k2");
        add_if(&body, "c", "z", branch("Unsqueeze", "x axis", "u"), branch("Identity", "x", "i2"));
        if (k) add_if(&body, "k", "o", branch("Conv", "z w", "c1"), branch("Neg", "x", "c2"));
        else tg_node(&body, "Conv", "z w", "o");
        tg_out(&body, "k2", OF_BOOL, "");
        tg_out(&body, "o", OF_FLOAT, NULL);
        lp = tn("Loop", "trips", "y");
        tn_graph(&lp, "body", &body);
        tg_add(&g, lp);
        finish(&t, &g);
        if (k) HAS(&t, "Unsqueeze");
        else HASNT(&t, "If");
        tm_free(&t);
    }
}
END_TEST

/* Everything that proves nothing leaves the If alone. */
START_TEST(not_proved)
{
    static const char *const what[] = {"declared", "dead", "conditional", "both", "fits", "partial off", "declared inside"};
    static const of_str skip = {"partial", 7};

    for (int k = 0; k < 7; k++) {
        pb g = {0}, then_g = branch("Unsqueeze", "x axis", "u"), else_g = branch("Identity", "x", "i");
        tmodel t;
        setting(&g);
        if (k == 0) { /* the rank of the branch's output is declared, by nobody inferred */
            free(then_g.p);
            then_g = branch("custom::Thing", "x", "u");
            tg_vi(&then_g, "u", OF_FLOAT, "1,1,2,3");
        } else if (k == 6) { /* and so is what it is computed from */
            free(then_g.p);
            then_g = (pb){0};
            tg_node(&then_g, "custom::Thing", "x", "v");
            tg_node(&then_g, "Neg", "v", "u");
            tg_vi(&then_g, "v", OF_FLOAT, "1,1,2,3");
            tg_out(&then_g, "u", OF_FLOAT, NULL);
            pb_str(&then_g, 2, "branch");
        } else if (k == 3) {
            free(else_g.p);
            else_g = branch("Flatten", "x", "i");
        }
        add_if(&g, "c", "z", then_g, else_g);
        if (k == 1) {
            tg_node(&g, "Conv", "z w", "dead");
            tg_node(&g, "Neg", "z", "y");
        } else if (k == 2) {
            add_if(&g, "c", "y", branch("Neg", "z", "a"), branch("Conv", "z w", "b"));
        } else if (k == 4) {
            tg_node(&g, "Relu", "z", "y");
        } else
            tg_node(&g, "Conv", "z w", "y");
        tm_make(&t, 8, 18, &g, NULL, "custom");
        if (k == 5) {
            t.o.skip = &skip;
            t.o.n_skip = 1;
        }
        tm_run(&t);
        ck_assert_msg(strstr(t.text, "If") != NULL, "%s: %s", what[k], t.text);
        tm_free(&t);
    }
}
END_TEST

TEST_SUITE("pass: refuted branches", rank_that_nothing_takes, conditions_on_ranks, in_a_body, not_proved)
