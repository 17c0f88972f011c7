/* What is known of dimensions without a number: what may be told from it, and what may not. */
#include "build.h"

/* at and bt: shapes asked for by Shape; axes i and j compared into c. */
static void compare(pb *g, const char *a, const char *i, const char *b, const char *j, const char *c)
{
    char in[160], mid[2][64], at[2][64];
    for (int k = 0; k < 2; k++) {
        snprintf(mid[k], sizeof mid[k], "%s_s%d", c, k);
        snprintf(at[k], sizeof at[k], "%s_d%d", c, k);
        tg_node(g, "Shape", k ? b : a, mid[k]);
        snprintf(in, sizeof in, "%s %s", mid[k], k ? j : i);
        tg_node(g, "Gather", in, at[k]);
    }
    snprintf(in, sizeof in, "%s %s", at[0], at[1]);
    tg_node(g, "Equal", in, c);
    tg_out(g, c, OF_BOOL, NULL);
}

static void setting(pb *g)
{
    tg_in(g, "x", OF_FLOAT, "?,?,4");
    TG_I(g, "k0", "1", 0);
    TG_I(g, "k1", "1", 1);
}

START_TEST(inputs_without_names)
{
    pb g = {0};
    tmodel t;
    setting(&g);
    tg_node(&g, "Relu", "x", "y");
    tg_node(&g, "Exp", "y", "m");
    tg_node(&g, "Neg", "m", "z");
    tg_vi(&g, "y", OF_FLOAT, "n,?,4");
    tg_out(&g, "z", OF_FLOAT, "?,?,4");
    compare(&g, "x", "k0", "y", "k0", "same");
    compare(&g, "x", "k0", "y", "k1", "other");
    tm_model(&t, 8, 18, &g);
    t.o.value_info = true;
    tm_run(&t);
    HAS(&t, "init same = bool[1]{1}");
    HAS(&t, "other: bool[1] = Equal(");
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    /* what a declaration calls n is so still; nothing else got a name */
    HAS(&t, "y: float[");
    for (const of_vinfo *vi = t.m->graph->value_infos; vi; vi = vi->next)
        for (int32_t k = 0; k < vi->type->shape.rank; k++) {
            const of_dim d = vi->type->shape.d[k];
            ck_assert(!of_dim_hidden(t.m->dims, d));
            if (of_sym_is(vi->name, "y") && k == 0)
                ck_assert(of_sym_is(of_dim_name(t.m->dims, &t.m->names, d), "n"));
            else ck_assert(of_dim_is_num(d) || !of_dim_known(d));
        }
    tm_free(&t);
}
END_TEST

START_TEST(counts_from_data)
{
    pb g = {0}, n;
    tmodel t;
    setting(&g);
    tg_node(&g, "NonZero", "x", "nz");
    n = tn("Transpose", "nz", "tr");
    tn_ints(&n, "perm", (const int64_t[]){1, 0}, 2);
    tg_add(&g, n);
    tg_node(&g, "Neg", "x", "x2");
    tg_node(&g, "NonZero", "x2", "nz2");
    compare(&g, "nz", "k1", "tr", "k0", "same");
    compare(&g, "nz", "k1", "nz2", "k1", "other");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "init same = bool[1]{1}");
    HAS(&t, "other: bool[1] = Equal(");
    tm_free(&t);
}
END_TEST

/* A dimension in a body is another one each time. */
START_TEST(trips_differ)
{
    pb g = {0}, body = {0}, n;
    tmodel t;
    setting(&g);
    tg_in(&g, "trips", OF_INT64, "");
    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "k", OF_BOOL, "");
    tg_in(&body, "s", OF_FLOAT, "?,?,4");
    tg_node(&body, "Identity", "k", "k2");
    n = tn("Concat", "s s", "s2");
    tn_int(&n, "axis", 0);
    tg_add(&body, n);
    tg_node(&body, "Relu", "s", "r");
    tg_out(&body, "k2", OF_BOOL, "");
    tg_out(&body, "s2", OF_FLOAT, "?,?,4");
    tg_out(&body, "r", OF_FLOAT, "?,?,4");
    n = tn("Loop", "trips _ x", "l r_all");
    tn_graph(&n, "body", &body);
    tg_add(&g, n);
    compare(&g, "l", "k0", "x", "k0", "grown");
    compare(&g, "l", "k1", "x", "k1", "kept");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "grown: bool[1] = Equal(");
    HAS(&t, "init kept = bool[1]{1}"); /* the trips change the other axis alone */
    tm_free(&t);
}
END_TEST

START_TEST(items_differ)
{
    pb g = {0}, body = {0}, n;
    tmodel t;
    setting(&g);
    TG_I(&g, "i0", "", 0);
    TG_I(&g, "i1", "", 1);
    tg_in(&g, "x2", OF_FLOAT, "?,?,4");
    tg_node(&g, "SequenceConstruct", "x x2", "q");
    tg_in(&body, "e", OF_FLOAT, "?,?,4");
    tg_node(&body, "NonZero", "e", "nz");
    tg_out(&body, "nz", OF_INT64, "3,?");
    n = tn("SequenceMap", "q", "m");
    tn_graph(&n, "body", &body);
    tg_add(&g, n);
    tg_node(&g, "SequenceAt", "m i0", "a");
    tg_node(&g, "SequenceAt", "m i1", "b");
    compare(&g, "a", "k1", "b", "k1", "other");
    compare(&g, "a", "k0", "b", "k0", "same");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "other: bool[1] = Equal(");
    HAS(&t, "init same = bool[1]{1}");
    tm_free(&t);
}
END_TEST

/* A loop's carried value keeps what no trip changes; the rest may be another every trip. */
START_TEST(carried_through_trips)
{
    pb g = {0}, body = {0}, n;
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "b,3");
    tg_in(&g, "q", OF_FLOAT, "b,3");
    tg_in(&g, "trips", OF_INT64, "");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "p", OF_FLOAT, NULL);
    tg_out(&g, "all", OF_FLOAT, NULL);
    tg_in(&body, "i", OF_INT64, NULL);
    tg_in(&body, "k", OF_BOOL, NULL);
    tg_in(&body, "s", OF_FLOAT, NULL);
    tg_in(&body, "r", OF_FLOAT, NULL);
    tg_node(&body, "Identity", "k", "k2");
    tg_node(&body, "Relu", "s", "s2");
    n = tn("Concat", "r s", "r2");
    tn_int(&n, "axis", 0);
    tg_add(&body, n);
    tg_node(&body, "Exp", "s", "e");
    tg_out(&body, "k2", OF_BOOL, NULL);
    tg_out(&body, "s2", OF_FLOAT, NULL);
    tg_out(&body, "r2", OF_FLOAT, NULL);
    tg_out(&body, "e", OF_FLOAT, NULL);
    n = tn("Loop", "trips _ x q", "l m all");
    tn_graph(&n, "body", &body);
    tg_add(&g, n);
    tg_node(&g, "Neg", "l", "y");
    tg_node(&g, "Neg", "m", "p");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "i: int64[], k: bool[]");
    HAS(&t, "s2: float[b,3] = Relu(s)");
    HAS(&t, "r2: float[?,3] = Concat(r, s)");
    HAS(&t, "y: float[b,3] = Neg(l)");
    HAS(&t, "p: float[?,3] = Neg(m)");
    HAS(&t, "all: float[?,b,3]");
    tm_free(&t);
}
END_TEST

/* A body that declares of a carried value what holds for the first trip alone. */
START_TEST(carried_declared_wrong)
{
    static const char *const decl[] = {"1", "n", "1,2", "z", "4"};

    for (int k = 0; k < 5; k++) {
        pb g = {0}, body = {0}, n;
        tmodel t;
        tg_in(&g, "x", OF_FLOAT, k == 4 ? "4" : k ? "n" : "1");
        tg_in(&g, "q", OF_FLOAT, k ? "n" : "1");
        tg_in(&g, "pick", OF_BOOL, "p");
        tg_in(&g, "trips", OF_INT64, "");
        tg_out(&g, "all", OF_INT64, NULL);
        tg_out(&g, "also", OF_INT64, NULL);
        tg_in(&body, "i", OF_INT64, NULL);
        tg_in(&body, "k", OF_BOOL, NULL);
        tg_in(&body, "r", OF_FLOAT, decl[k]);
        tg_node(&body, "Identity", "k", "k2");
        n = k == 4 ? tn("Compress", "r pick", "r2") : tn("Concat", "r q", "r2");
        tn_int(&n, "axis", 0);
        tg_add(&body, n);
        tg_node(&body, "Shape", "r", "a");
        tg_node(&body, "Shape", "q", "b");
        tg_node(&body, "Sub", "a b", "c");
        tg_out(&body, "k2", OF_BOOL, NULL);
        tg_out(&body, "r2", OF_FLOAT, NULL);
        tg_out(&body, "a", OF_INT64, NULL);
        tg_out(&body, "c", OF_INT64, NULL);
        n = tn("Loop", "trips _ x", "l all also");
        tn_graph(&n, "body", &body);
        tg_add(&g, n);
        tm_model(&t, 8, 18, &g);
        tm_run(&t);
        HAS(&t, "= Shape(r)");
        HAS(&t, "= Sub(");
        tm_free(&t);
    }
}
END_TEST

/* And of what it gives: the Loop's own results are not told from that. */
START_TEST(given_declared_wrong)
{
    pb g = {0}, body = {0}, n;
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "1");
    tg_in(&g, "q", OF_FLOAT, "1");
    tg_in(&g, "trips", OF_INT64, "");
    tg_out(&g, "y", OF_INT64, NULL);
    tg_in(&body, "i", OF_INT64, NULL);
    tg_in(&body, "k", OF_BOOL, NULL);
    tg_in(&body, "r", OF_FLOAT, NULL);
    tg_node(&body, "Identity", "k", "k2");
    n = tn("Concat", "r q", "r2");
    tn_int(&n, "axis", 0);
    tg_add(&body, n);
    tg_out(&body, "k2", OF_BOOL, NULL);
    tg_out(&body, "r2", OF_FLOAT, "1");
    n = tn("Loop", "trips _ x", "l");
    tn_graph(&n, "body", &body);
    tg_add(&g, n);
    tg_node(&g, "Shape", "l", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "= Shape(l)");
    tm_free(&t);
}
END_TEST

/* Each call of a function is inferred for what it is given; the function itself is not. */
START_TEST(calls)
{
    pb g = {0}, f = {0}, fs = {0}, n, t1 = {0}, e1 = {0};
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "b,6");
    tg_in(&g, "z", OF_FLOAT, "4,6");
    tg_in(&g, "c", OF_BOOL, "");
    TG_I(&g, "two", "2", -1, 2);
    TG_I(&g, "three", "2", 3, -1);
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "v", OF_FLOAT, NULL);
    n = tn("f::Fold", "x two c", "a");
    tn_int(&n, "axis", 1);
    tg_add(&g, n);
    n = tn("f::Fold", "z three c", "w");
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    tg_node(&g, "Neg", "a", "y");
    tg_node(&g, "Neg", "w", "v");
    /* Fold(d, s, c) = Concat<axis>(r, If(c, r, -r)), r = Reshape(d, s) */
    pb_str(&f, 1, "Fold");
    pb_words(&f, 4, "d s c");
    pb_words(&f, 5, "o");
    pb_words(&f, 6, "axis");
    n = tn("Reshape", "d s", "r");
    pb_msg(&f, 7, &n);
    tg_node(&t1, "Identity", "r", "t");
    tg_out(&t1, "t", OF_FLOAT, NULL);
    pb_str(&t1, 2, "t1");
    tg_node(&e1, "Neg", "r", "e");
    tg_out(&e1, "e", OF_FLOAT, NULL);
    pb_str(&e1, 2, "e1");
    n = tn("If", "c", "i");
    tn_graph(&n, "then_branch", &t1);
    tn_graph(&n, "else_branch", &e1);
    pb_msg(&f, 7, &n);
    n = tn("Concat", "r i", "o");
    tn_ref(&n, "axis", "axis", OF_A_INT);
    pb_msg(&f, 7, &n);
    tm_opset(&f, 9, "", 18);
    pb_str(&f, 10, "f");
    pb_msg(&fs, 25, &f);
    tm_make(&t, 8, 18, &g, &fs, "f");
    t.o.inline_functions = false;
    tm_run(&t);
    HAS(&t, "y: float[3*b,4] = Neg(a)");
    HAS(&t, "v: float[6,8] = Neg(w)");
    HAS(&t, "r: ?[...] = Reshape(d, s)");
    tm_free(&t);
}
END_TEST

/* What FlexAttention hands to its bodies follows from queries and keys. */
START_TEST(attention_bodies)
{
    pb g = {0}, body = {0}, n;
    tmodel t;
    tg_in(&g, "q", OF_FLOAT16, "b,2,3,4");
    tg_in(&g, "k", OF_FLOAT16, "b,1,5,4");
    tg_in(&g, "v", OF_FLOAT16, "b,1,5,6");
    tg_out(&g, "y", OF_FLOAT16, NULL);
    tg_in(&body, "s", OF_FLOAT, NULL);
    n = tn("Shape", "s", "sh");
    tn_int(&n, "start", 1);
    tg_add(&body, n);
    n = tn("Cast", "sh", "shf");
    tn_int(&n, "to", OF_FLOAT);
    tg_add(&body, n);
    tg_node(&body, "ReduceSum", "shf", "sum");
    tg_node(&body, "Mul", "s sum", "r");
    tg_out(&body, "r", OF_FLOAT, NULL);
    n = tn("ai.onnx.preview::FlexAttention", "q k v", "y");
    tn_graph(&n, "score_mod", &body);
    tg_add(&g, n);
    tm_make(&t, 10, 23, &g, NULL, "ai.onnx.preview");
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 2);
    HASNT(&t, "Shape");
    tm_free(&t);
}
END_TEST

/* An element that is not known leaves the others of the list as they are. */
START_TEST(lists_known_in_part)
{
    pb g = {0}, n;
    tmodel t;
    setting(&g);
    tg_in(&g, "a", OF_INT64, "1");
    tg_in(&g, "l", OF_INT64, "n");
    TG_I(&g, "k3", "1", 3);
    TG_I(&g, "k8", "1", 8);
    n = tn("Concat", "k3 a a k8", "s");
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    tg_node(&g, "Reshape", "x s", "r");
    tg_node(&g, "Relu", "r", "y");
    tg_out(&g, "y", OF_FLOAT, NULL);
    n = tn("Concat", "k3 l k8", "s2"); /* how many there are is not known */
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    tg_node(&g, "Reshape", "x s2", "r2");
    tg_out(&g, "r2", OF_FLOAT, NULL);
    n = tn("Concat", "a a", "e");
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    n = tn("Concat", "a k3 k3", "f");
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    tg_node(&g, "Reshape", "x f", "q");
    tg_node(&g, "Exp", "q", "z");
    tg_out(&g, "z", OF_FLOAT, NULL);
    tg_node(&g, "Gather", "e k1", "p");
    tg_node(&g, "Equal", "p a", "same"); /* true, but nothing is known of either */
    tg_out(&g, "same", OF_BOOL, NULL);
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "r: float[3,?,?,8] = Reshape(x, s)");
    HAS(&t, "r2: float[...] = Reshape(x, s2)");
    HAS(&t, ",3,3] = Reshape(x, f)");
    HAS(&t, "= Equal(p, a)");
    tm_again(&t);
    tm_free(&t);
}
END_TEST

/* No trip tells the shape of what the trips would give; the body does, once it has been looked at. */
START_TEST(no_trips)
{
    for (int fixed = 0; fixed < 2; fixed++) {
        pb g = {0}, body = {0}, n;
        tmodel t;
        TG_I(&g, "trips", "", 0);
        if (fixed) tg_add(&g, tn_const("c", OF_FLOAT, "2", (const float[]){1, 2}, 8));
        else tg_in(&g, "c", OF_FLOAT, "2");
        tg_out(&g, fixed ? "all" : "y", OF_FLOAT, NULL);
        tg_in(&body, "i", OF_INT64, NULL);
        tg_in(&body, "k", OF_BOOL, NULL);
        tg_in(&body, "s", OF_FLOAT, NULL);
        tg_node(&body, "Identity", "k", "k2");
        tg_node(&body, "Add", "s c", "s2");
        n = tn("Cast", "i", "e");
        tn_int(&n, "to", OF_FLOAT);
        tg_add(&body, n);
        tg_out(&body, "k2", OF_BOOL, NULL);
        tg_out(&body, "s2", OF_FLOAT, NULL);
        tg_out(&body, "e", OF_FLOAT, NULL);
        n = tn("Loop", "trips _ c", "l all");
        tn_graph(&n, "body", &body);
        tg_add(&g, n);
        if (!fixed) {
            tg_node(&g, "Neg", "l", "y");
            tg_node(&g, "Shape", "all", "n"); /* until it is gone the loop has to stay */
            tg_node(&g, "Shape", "n", "rank");
            tg_out(&g, "rank", OF_INT64, NULL);
        }
        tm_model(&t, 8, 18, &g);
        tm_run(&t);
        HAS(&t, fixed ? "init all = float[0]" : "y: float[2] = Neg(c)");
        ck_assert_uint_eq(tm_nodes(&t), !fixed);
        tm_free(&t);
    }
}
END_TEST

/* A shape that is known only when a rule has been applied, behind which a loop stands. */
START_TEST(loops_hear_of_shapes)
{
    static float zero[128];
    pb g = {0}, body = {0}, n;
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "5,n,8");
    tg_in(&g, "trips", OF_INT64, "");
    tg_init(&g, "w", OF_FLOAT, "1,16,8", zero, sizeof zero);
    tg_init(&g, "r", OF_FLOAT, "1,16,4", zero, sizeof zero / 2);
    tg_init(&g, "c", OF_FLOAT, "1,1,16", zero, 64); /* 16 where the layer has 4: it goes, being zero */
    TG_I(&g, "last", "", 3);
    n = tn("LSTM", "x w r _ _ _ c", "y");
    tn_int(&n, "hidden_size", 4);
    tg_add(&g, n);
    tg_in(&body, "i", OF_INT64, NULL);
    tg_in(&body, "k", OF_BOOL, NULL);
    tg_in(&body, "s", OF_FLOAT, NULL);
    tg_node(&body, "Identity", "k", "k2");
    tg_node(&body, "Exp", "s", "s2");
    tg_out(&body, "k2", OF_BOOL, NULL);
    tg_out(&body, "s2", OF_FLOAT, NULL);
    n = tn("Loop", "trips _ y", "l");
    tn_graph(&n, "body", &body);
    tg_add(&g, n);
    tg_node(&g, "Shape", "l", "shape");
    tg_node(&g, "Gather", "shape last", "d");
    tg_out(&g, "d", OF_INT64, NULL);
    tg_out(&g, "l", OF_FLOAT, NULL);
    tm_model(&t, 8, 17, &g);
    t.o.n_skip = 0; /* with the rules */
    tm_run(&t);
    HAS(&t, "LSTM(x, w, r)");
    HAS(&t, "init d = int64[]{4}");
    HAS(&t, "s2: float[5,1,n,4] = Exp(s)");
    tm_free(&t);
}
END_TEST

TEST_SUITE("pass: shapes", inputs_without_names, counts_from_data, trips_differ, items_differ, carried_through_trips,
           carried_declared_wrong, given_declared_wrong, calls, attention_bodies, lists_known_in_part, no_trips,
           loops_hear_of_shapes)
