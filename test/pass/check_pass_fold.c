/* Folding: what folds, what stays and why, and what the result looks like. */
#include "build.h"

/* y = x * ((a + b) * (a + b)) */
static pb basic(void)
{
    pb g = {0};
    TG_F(&g, "a", "2", 1, 2);
    TG_F(&g, "b", "2", 10, 20);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, "2");
    tg_node(&g, "Add", "a b", "c");
    tg_node(&g, "Mul", "c c", "d");
    tg_node(&g, "Mul", "x d", "y");
    return g;
}

START_TEST(folds_a_chain)
{
    pb g = basic();
    tmodel t;
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 1);
    ck_assert_uint_eq(tm_applied(&t, "fold"), 2);
    HAS(&t, "init d = float[2]{121,484}");
    HASNT(&t, "init a");
    HASNT(&t, "init c");
    ck_assert_int_eq(tm_node(&t, "c")->fate, OF_FOLDED);
    ck_assert_int_eq(tm_node(&t, "y")->fate, OF_KEPT);
    tm_free(&t);
}
END_TEST

static const char *prop_of(const tmodel *t, const char *value, size_t *n)
{
    for (of_vinfo *vi = t->m->graph->value_infos; vi; vi = vi->next)
        if (!vi->drop && of_sym_is(vi->name, value) && vi->props) {
            *n = vi->props->value.n;
            return vi->props->value.p;
        }
    return NULL;
}

START_TEST(says_where_it_comes_from)
{
    pb g = {0};
    size_t n;
    const char *p;
    tmodel t;
    TG_F(&g, "a", "2", 1, 2);
    TG_F(&g, "b'\"x\n\xc3\xa4\xc2\xa0\x01", "2", 10, 20);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, "2");
    tg_out(&g, "d", OF_FLOAT, "2");
    tg_node(&g, "Add", "a b'\"x\n\xc3\xa4\xc2\xa0\x01", "c");
    tg_node(&g, "Mul", "c c", "d");
    tg_node(&g, "Mul", "x d", "y");
    tm_model(&t, 10, 18, &g);
    tm_run(&t);
    p = prop_of(&t, "d", &n);
    ck_assert_ptr_nonnull(p);
    ck_assert_msg(n == strlen("['a', 'b\\'\"x\\n\xc3\xa4\\xa0\\x01', 'c']"), "%.*s", (int)n, p);
    ck_assert(!memcmp(p, "['a', 'b\\'\"x\\n\xc3\xa4\\xa0\\x01', 'c']", n));
    tm_again(&t);
    p = prop_of(&t, "d", &n);
    ck_assert_ptr_nonnull(p);
    tm_free(&t);

    g = basic();
    tm_model(&t, 10, 18, &g);
    t.o.metadata = false;
    tm_run(&t);
    ck_assert_ptr_null(prop_of(&t, "d", &n));
    tm_free(&t);
}
END_TEST

START_TEST(second_run_changes_nothing)
{
    pb g = basic();
    tmodel t;
    pb first = {0};
    tm_model(&t, 8, 18, &g);
    t.o.value_info = true;
    tm_run(&t);
    tm_again(&t);
    pb_raw(&first, t.bytes.p, t.bytes.n);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_again(&t);
    ck_assert_uint_eq(first.n, t.bytes.n);
    ck_assert(!memcmp(first.p, t.bytes.p, first.n));
    free(first.p);
    tm_free(&t);
}
END_TEST

START_TEST(a_folded_output_keeps_its_name)
{
    pb g = {0};
    tmodel t;
    TG_F(&g, "a", "2", 1, 2);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "z", OF_FLOAT, "n");
    tg_node(&g, "Neg", "a", "y");
    tg_node(&g, "Add", "x y", "z");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "init y = float[2]{-1,-2}");
    HAS(&t, "return (y, z)");
    tm_again(&t);
    ck_assert_int_eq(t.m->graph->out_infos->type->shape.rank, -1);
    ck_assert(!of_dim_is_num(t.m->graph->out_infos->next->type->shape.d[0]));
    tm_free(&t);
}
END_TEST

/* An initializer that is also an input is a default the caller may override. */
START_TEST(initializer_inputs)
{
    for (int pass = 0; pass < 2; pass++) {
        pb g = {0};
        tmodel t;
        TG_F(&g, "a", "2", 1, 2);
        TG_F(&g, "b", "2", 10, 20);
        tg_in(&g, "x", OF_FLOAT, "2");
        tg_in(&g, "a", OF_FLOAT, "2");
        tg_in(&g, "b", OF_FLOAT, "2");
        tg_out(&g, "y", OF_FLOAT, "2");
        tg_node(&g, "Add", "a b", "c");
        tg_node(&g, "Mul", "x c", "d");
        tg_node(&g, "Mul", "d b", "y");
        tm_model(&t, 3, 7, &g);
        t.o.initializer_inputs_constant = pass;
        tm_run(&t);
        if (!pass) {
            ck_assert_uint_eq(tm_nodes(&t), 3);
            ck_assert(!t.m->dirty);
        } else {
            ck_assert_uint_eq(tm_nodes(&t), 2);
            HAS(&t, "init c = float[2]{11,22}");
            HAS(&t, "graph (x: float[2], b: float[2])");
            ck_assert_int_eq(t.m->ir_version, 4);
        }
        tm_again(&t);
        tm_free(&t);
    }
}
END_TEST

/* Before IR 4 an initializer has to be an input, so a result is a Constant node. */
START_TEST(old_ir_gets_constant_nodes)
{
    pb g = {0};
    tmodel t;
    const float v[2] = {1, 2};
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, "2");
    tg_add(&g, tn_const("a", OF_FLOAT, "2", v, sizeof v));
    tg_add(&g, tn_const("b", OF_FLOAT, "2", v, sizeof v));
    tg_node(&g, "Add", "a b", "c");
    tg_node(&g, "Neg", "c", "d");
    tg_node(&g, "Mul", "x d", "y");
    tm_model(&t, 3, 7, &g);
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 2);
    HAS(&t, "d: float[2] = Constant() {value=float[2]{-2,-4}}");
    HASNT(&t, "init");
    ck_assert_int_eq(t.m->ir_version, 3);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

START_TEST(multi_output_and_unused_output)
{
    pb g = {0}, n;
    tmodel t;
    TG_F(&g, "a", "4", 4, 3, 2, 1);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, "2");
    tg_out(&g, "z", OF_FLOAT, "2");
    TG_I(&g, "k", "1", 2);
    n = tn("Split", "a", "s1 s2");
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    n = tn("TopK", "a k", "tv ti");
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    tg_node(&g, "Add", "x s2", "y");
    tg_node(&g, "Add", "x tv", "z");
    tm_model(&t, 8, 12, &g);
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 2);
    HAS(&t, "init s2 = float[2]{2,1}");
    HAS(&t, "init tv = float[2]{4,3}");
    HASNT(&t, "s1");
    HASNT(&t, "ti");
    tm_free(&t);
}
END_TEST

START_TEST(constant_forms_are_lifted)
{
    pb g = {0}, n;
    tmodel t;
    const int64_t ints[3] = {1, -1, 2};
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    n = tn("Constant", NULL, "k");
    tn_ints(&n, "value_ints", ints, 3);
    tg_add(&g, n);
    tg_node(&g, "Reshape", "x k", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "init k = int64[3]{1,-1,2}");
    ck_assert_uint_eq(tm_applied(&t, "lift-constants"), 1);
    ck_assert_int_eq(tm_node(&t, "k")->fate, OF_REPLACED);
    tm_free(&t);
}
END_TEST

/* ---- what stays, and why ---- */

static void one_node(tmodel *t, pb node, const char *out)
{
    pb g = {0};
    float *w = (float *)calloc(20000, sizeof *w);
    TG_F(&g, "a", "2", 1, 2);
    TG_F(&g, "s", "", 1);
    TG_I(&g, "k", "1", 3);
    tg_init(&g, "w", OF_FLOAT, "100,200", w, 20000 * sizeof *w);
    tg_init(&g, "q", OF_INT8, "2", "\1\2", 2);
    free(w);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, out, OF_FLOAT, NULL);
    tg_add(&g, node);
    tg_node(&g, "Neg", "x", "y");
    tm_make(t, 8, 18, &g, NULL, "custom");
}

static of_node *refused(tmodel *t, pb node, of_reason why)
{
    of_node *n;
    one_node(t, node, "out");
    tm_run(t);
    n = tm_node(t, "out");
    ck_assert_int_eq(n->fate, OF_KEPT);
    ck_assert_int_eq(n->why, why);
    ck_assert(n->linked);
    return n;
}

START_TEST(reasons)
{
    pb n;
    tmodel t;
    refused(&t, tn("ConstantOfShape", "k", "out"), OF_WHY_EXCLUDED_OP);
    tm_free(&t);
    refused(&t, tn("DequantizeLinear", "q s", "out"), OF_WHY_QUANTIZATION);
    tm_free(&t);
    n = tn("RandomNormal", NULL, "out");
    tn_ints(&n, "shape", (const int64_t[]){2}, 1);
    refused(&t, n, OF_WHY_RANDOM);
    tm_free(&t);
    refused(&t, tn("custom::Thing", "a", "out"), OF_WHY_NO_EVALUATOR);
    tm_free(&t);
    refused(&t, tn("Neg", "w", "out"), OF_WHY_INPUT_SIZE);
    ck_assert_int_eq(tm_node(&t, "out")->rest->why->number, 20000);
    tm_free(&t);
    refused(&t, tn("Reshape", "a k", "out"), OF_WHY_EVAL_FAILED);
    ck_assert_uint_gt(tm_node(&t, "out")->rest->why->text.n, 0);
    tm_free(&t);
    /* not constant: no reason */
    refused(&t, tn("Neg", "x", "out"), OF_WHY_NONE);
    tm_free(&t);
}
END_TEST

START_TEST(large_inputs_that_may_fold)
{
    pb n = tn("Transpose", "w", "out");
    tmodel t;
    one_node(&t, n, "out");
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->fate, OF_FOLDED);
    tm_free(&t);
    n = tn("Cast", "w", "out");
    tn_int(&n, "to", OF_FLOAT16);
    one_node(&t, n, "out");
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->fate, OF_FOLDED);
    tm_free(&t);
    n = tn("Cast", "w", "out");
    tn_int(&n, "to", OF_DOUBLE);
    refused(&t, n, OF_WHY_INPUT_SIZE);
    tm_free(&t);
    n = tn("Flatten", "w", "out");
    one_node(&t, n, "out");
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->fate, OF_FOLDED);
    HAS(&t, "init out = float[100,200]");
    tm_free(&t);
}
END_TEST

/* A dead user does not keep a large constant from being the only one of its node. */
START_TEST(large_input_shared)
{
    for (int dead = 0; dead < 2; dead++) {
        pb g = {0};
        float *w = (float *)calloc(20000, sizeof *w);
        tmodel t;
        tg_init(&g, "w", OF_FLOAT, "100,200", w, 20000 * sizeof *w);
        free(w);
        tg_in(&g, "x", OF_FLOAT, "200");
        tg_out(&g, "y", OF_FLOAT, NULL);
        tg_node(&g, "Flatten", "w", "f");
        tg_node(&g, "Add", "x w", "z");
        tg_node(&g, "Add", "x f", dead ? "y" : "u");
        if (!dead) tg_node(&g, "Add", "u z", "y");
        tm_model(&t, 8, 18, &g);
        tm_run(&t);
        ck_assert_int_eq(tm_node(&t, "f")->fate, dead ? OF_FOLDED : OF_KEPT);
        ck_assert_int_eq(tm_node(&t, "f")->why, dead ? OF_WHY_NONE : OF_WHY_INPUT_SIZE);
        tm_free(&t);
    }
}
END_TEST

static void force(tmodel *t, const char *keep, const char *forced)
{
    static of_str list[2];
    list[0] = (of_str){keep, keep ? strlen(keep) : 0};
    list[1] = (of_str){forced, forced ? strlen(forced) : 0};
    t->o.keep_nodes = list;
    t->o.n_keep_nodes = keep ? 1 : 0;
    t->o.force_nodes = list + 1;
    t->o.n_force_nodes = forced ? 1 : 0;
}

START_TEST(nodes_by_name)
{
    pb n;
    tmodel t;
    for (int i = 0; i < 4; i++) {
        n = tn(i == 2 ? "ConstantOfShape" : "Neg", i == 2 ? "k" : i == 3 ? "w" : "a", "out");
        tn_name(&n, "block.1/op");
        one_node(&t, n, "out");
        force(&t, i == 0 ? "block.*" : i == 1 ? "block.?/op" : NULL, i > 0 ? "*op" : NULL);
        tm_run(&t);
        ck_assert_int_eq(tm_node(&t, "out")->fate, i < 2 ? OF_KEPT : OF_FOLDED);
        if (i < 2) ck_assert_int_eq(tm_node(&t, "out")->why, OF_WHY_EXCLUDED_NODE);
        tm_free(&t);
    }
}
END_TEST

START_TEST(excluded_operators)
{
    static const of_str list[] = {{"Abs", 3}, {"Neg", 3}, {"custom::Neg", 11}, {"custom::Thing", 13}};
    pb n;
    tmodel t;
    one_node(&t, tn("Neg", "a", "out"), "out");
    t.o.excluded_ops = list;
    t.o.n_excluded_ops = 4;
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->why, OF_WHY_EXCLUDED_OP);
    tm_free(&t);
    one_node(&t, tn("custom::Thing", "a", "out"), "out");
    t.o.excluded_ops = list;
    t.o.n_excluded_ops = 4;
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->why, OF_WHY_EXCLUDED_OP);
    tm_free(&t);
    one_node(&t, tn("ConstantOfShape", "k", "out"), "out");
    t.o.n_excluded_ops = 0;
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->fate, OF_FOLDED);
    HAS(&t, "init out = float[3]{0,0,0}");
    tm_free(&t);
    n = tn("Sqrt", "a", "out");
    one_node(&t, n, "out");
    t.o.excluded_ops = list;
    t.o.n_excluded_ops = 4;
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->fate, OF_FOLDED);
    tm_free(&t);
}
END_TEST

static of_choice choose(void *user, of_opctx *c)
{
    int *calls = (int *)user;
    ++*calls;
    if (!of_sym_is(c->node->name, "n")) return OF_CHOICE_DEFAULT;
    return *calls > 100 ? OF_CHOICE_KEEP : OF_CHOICE_FOLD;
}

START_TEST(callback)
{
    int calls = 0;
    pb n = tn("ConstantOfShape", "k", "out");
    tmodel t;
    tn_name(&n, "n");
    one_node(&t, n, "out");
    force(&t, "n", NULL);
    t.o.should_fold = choose;
    t.o.should_fold_user = &calls;
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->fate, OF_FOLDED);
    ck_assert_int_gt(calls, 0);
    tm_free(&t);
    n = tn("Neg", "w", "out"); /* larger than the limit */
    tn_name(&n, "n");
    one_node(&t, n, "out");
    t.o.should_fold = choose;
    t.o.should_fold_user = &calls;
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->fate, OF_FOLDED);
    tm_free(&t);
    calls = 100;
    n = tn("Neg", "a", "out");
    tn_name(&n, "n");
    one_node(&t, n, "out");
    force(&t, NULL, "n");
    t.o.should_fold = choose;
    t.o.should_fold_user = &calls;
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->why, OF_WHY_CALLBACK);
    tm_free(&t);
}
END_TEST

/* ---- sizes ---- */

static void expand(tmodel *t, const char *shape_name)
{
    pb g = {0};
    TG_F(&g, "one", "1", 1);
    TG_I(&g, "small", "2", 300, 300);
    TG_I(&g, "big", "2", 1000, 1000);
    TG_I(&g, "huge", "3", 100000, 100000, 100000);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "out", OF_FLOAT, NULL);
    tg_add(&g, tn("Expand", shape_name, "out"));
    tg_node(&g, "Neg", "x", "y");
    tm_model(t, 8, 18, &g);
}

START_TEST(output_size)
{
    tmodel t;
    expand(&t, "one small");
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->fate, OF_FOLDED);
    tm_free(&t);
    expand(&t, "one big");
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->why, OF_WHY_OUTPUT_SIZE);
    ck_assert_int_eq(tm_node(&t, "out")->rest->why->number, 1000000);
    ck_assert_uint_lt(t.alloc.peak, 200000);
    tm_free(&t);
    expand(&t, "one big");
    t.o.output_size_limit = INT64_MAX;
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->fate, OF_FOLDED);
    ck_assert_uint_eq(t.r.folded_bytes, 4000000);
    tm_free(&t);
    expand(&t, "one big");
    t.o.output_size_limit = INT64_MAX;
    t.o.growth_budget = 3999000;
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->why, OF_WHY_GROWTH);
    tm_free(&t);
    expand(&t, "one big");
    t.o.output_size_limit = INT64_MAX;
    t.o.one_fold_bytes_max = 1000000;
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->why, OF_WHY_BUDGET);
    tm_free(&t);
    expand(&t, "one huge");
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "out")->why, OF_WHY_OUTPUT_SIZE);
    tm_free(&t);
    expand(&t, "one huge");
    t.o.output_size_limit = t.o.growth_budget = INT64_MAX;
    tm_run(&t);
    ck_assert(tm_node(&t, "out")->why == OF_WHY_BUDGET || tm_node(&t, "out")->why == OF_WHY_EVAL_FAILED);
    ck_assert_uint_lt(t.alloc.peak, 200000);
    tm_free(&t);
}
END_TEST

/* Thirty doublings: each alone is within every limit but the last ones. */
START_TEST(doubling_chain)
{
    pb g = {0}, n;
    char in[32], out[32];
    tmodel t;
    TG_F(&g, "v0", "8", 1, 2, 3, 4, 5, 6, 7, 8);
    tg_in(&g, "x", OF_FLOAT, "1");
    tg_out(&g, "y", OF_FLOAT, NULL);
    for (int i = 0; i < 31; i++) {
        snprintf(in, sizeof in, "v%d v%d", i, i);
        snprintf(out, sizeof out, "v%d", i + 1);
        n = tn("Concat", in, out);
        tn_int(&n, "axis", 0);
        tg_add(&g, n);
    }
    tg_node(&g, "Add", "x v31", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    ck_assert_uint_lt(t.alloc.peak, 4 << 20);
    ck_assert_uint_gt(tm_applied(&t, "fold"), 8);
    tm_free(&t);
}
END_TEST

/* A model from memory has no folder to look for external data in: it is carried along. */
START_TEST(external_data_out_of_reach)
{
    pb g = {0}, a = {0}, loc = {0};
    tmodel t;
    pb_int(&a, 1, 2);
    pb_int(&a, 2, OF_FLOAT);
    pb_str(&a, 8, "w");
    pb_str(&loc, 1, "location");
    pb_str(&loc, 2, "w.bin");
    pb_msg(&a, 13, &loc);
    pb_int(&a, 14, 1);
    pb_raw(&g, NULL, 0);
    for (int i = 0; i < 2; i++) {
        pb copy = {0};
        pb_raw(&copy, a.p, a.n);
        pb_str(&copy, 8, i ? "w2" : "w");
        pb_msg(&g, 5, &copy);
    }
    free(a.p);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_node(&g, "Neg", "w", "n");
    tg_node(&g, "Sum", "x n w2", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    ck_assert_int_eq(tm_node(&t, "n")->why, OF_WHY_EVAL_FAILED);
    ck_assert_uint_gt(tm_node(&t, "n")->rest->why->text.n, 0);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

START_TEST(strings_fold)
{
    pb g = {0}, a = {0};
    tmodel t;
    pb_int(&a, 1, 2);
    pb_int(&a, 2, OF_STRING);
    pb_str(&a, 6, "p");
    pb_str(&a, 6, "quite a long one");
    pb_str(&a, 8, "s");
    pb_msg(&g, 5, &a);
    TG_I(&g, "k", "1", 1);
    tg_in(&g, "x", OF_STRING, "1");
    tg_out(&g, "y", OF_STRING, NULL);
    tg_node(&g, "Gather", "s k", "p");
    {
        pb n = tn("Concat", "x p", "y");
        tn_int(&n, "axis", 0);
        tg_add(&g, n);
    }
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "init p = string[1]{\"quite a long one\"}");
    tm_again(&t);
    tm_free(&t);
}
END_TEST

START_TEST(sequences_in_between)
{
    for (int kept = 0; kept < 2; kept++) {
        pb g = {0};
        tmodel t;
        TG_F(&g, "a", "2", 1, 2);
        TG_F(&g, "b", "2", 3, 4);
        TG_I(&g, "k", "", 1);
        tg_in(&g, "x", OF_FLOAT, "2");
        tg_in(&g, "i", OF_INT64, "");
        tg_out(&g, "y", OF_FLOAT, NULL);
        tg_node(&g, "SequenceConstruct", "a b", "s");
        tg_node(&g, "SequenceAt", "s k", "e");
        if (kept) {
            tg_node(&g, "SequenceAt", "s i", "f");
            tg_node(&g, "Add", "f e", "y");
        } else
            tg_node(&g, "Add", "x e", "y");
        tm_model(&t, 8, 18, &g);
        tm_run(&t);
        HAS(&t, kept ? "Add(f, b)" : "init e = float[2]{3,4}"); /* e equals b, where b stays */
        ck_assert_int_eq(tm_node(&t, "s")->fate, kept ? OF_KEPT : OF_FOLDED);
        ck_assert_int_eq(tm_node(&t, "s")->why, kept ? OF_WHY_NOT_EXPRESSIBLE : OF_WHY_NONE);
        ck_assert_uint_eq(tm_nodes(&t), kept ? 3 : 1);
        tm_free(&t);
    }
}
END_TEST

static int stop_at(void *user, double done)
{
    (void)done;
    return --*(int *)user <= 0;
}

/* Whenever it is stopped, the model is one. */
/* A constant sequence where an operator is due a tensor: left alone, whatever the operator. */
START_TEST(sequences_where_tensors_are_due)
{
    static const char *const ops[] = {"Cast", "CastLike", "Relu", "Add", "Where", "Clip", "Max", "Mod", "PRelu", "Not", "Transpose"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        pb g = {0}, n;
        tmodel t;
        TG_F(&g, "a", "2", 1, 2);
        tg_node(&g, "SequenceConstruct", "a", "s");
        n = tn(ops[i], !strcmp(ops[i], "Where") ? "s a a" : i == 0 || i == 2 || i > 8 ? "s" : "s a", "y");
        if (i == 0) tn_int(&n, "to", OF_DOUBLE);
        tg_add(&g, n);
        tg_out(&g, "y", OF_FLOAT, NULL);
        tm_model(&t, 8, 17, &g);
        tm_run(&t);
        HAS(&t, ops[i]);
        tm_free(&t);
    }
}
END_TEST

START_TEST(cancel)
{
    for (int at = 1; at < 4; at++) {
        pb g = {0};
        char in[32], out[32];
        int left = at;
        of_status st;
        tmodel t;
        TG_F(&g, "v0", "1", 1);
        tg_in(&g, "x", OF_FLOAT, "1");
        tg_out(&g, "y", OF_FLOAT, NULL);
        for (int i = 0; i < 2000; i++) {
            snprintf(in, sizeof in, "v%d", i);
            snprintf(out, sizeof out, "v%d", i + 1);
            tg_node(&g, "Neg", in, out);
        }
        tg_node(&g, "Add", "x v2000", "y");
        tm_model(&t, 8, 18, &g);
        ck_assert(tm_load(&t) == OF_OK);
        t.o.progress = stop_at;
        t.o.progress_user = &left;
        st = of_optimize(t.m, &t.o, &t.r, &t.e);
        ck_assert_int_eq(st, OF_E_CANCELLED);
        of_err_clear(&t.e);
        ck_assert_msg(of_verify(t.m, &t.e) == OF_OK, "%s", t.e.msg);
        ck_assert_uint_lt(t.r.nodes_after, 2002);
        t.o.progress = NULL;
        tm_run(&t);
        ck_assert_uint_eq(tm_nodes(&t), 1);
        tm_free(&t);
    }
}
END_TEST

START_TEST(only_and_skip)
{
    static const of_str fold[] = {{"fold", 4}}, dead[] = {{"dead-code", 9}}, bad[] = {{"folds", 5}};
    pb g = basic();
    tmodel t;
    tm_model(&t, 8, 18, &g);
    t.o.has_only = true;
    tm_run(&t);
    ck_assert(!t.m->dirty);
    ck_assert_uint_eq(tm_nodes(&t), 3);
    t.o.only = dead;
    t.o.n_only = 1;
    tm_run(&t);
    ck_assert(!t.m->dirty);
    ck_assert_int_eq(tm_node(&t, "c")->why, OF_WHY_PASS_OFF);
    t.o.has_only = false;
    t.o.skip = fold;
    t.o.n_skip = 1;
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 3);
    t.o.skip = bad;
    of_err_clear(&t.e);
    ck_assert_int_eq(of_optimize(t.m, &t.o, &t.r, &t.e), OF_E_ARGUMENT);
    t.o.n_skip = 0;
    t.o.has_only = true;
    t.o.only = fold;
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 1);
    tm_free(&t);
}
END_TEST

/* ConstantOfShape is kept, but not for what computes from it and from constants. */
START_TEST(over_kept_fills)
{
    static const struct {
        const char *op, *in, *shape;
        bool gone;
    } c[] = {
        {"ScatterND", "z at u", "small", true},
        {"Add", "u1 z", "small", true},
        {"Where", "yes z z", "small", true},
        {"Add", "z z", "small", false},    /* all alike, as before */
        {"Expand", "z big", "small", false}, /* moved, not computed */
        {"Add", "u1 z", "big", false},     /* larger than an input may be */
        {"Add", "x z", "small", false},
    };
    static const of_str keep[] = {{"zz", 2}};
    for (size_t i = 0; i < 2 * sizeof c / sizeof c[0]; i++) {
        pb g = {0}, n;
        tmodel t;
        float u[2] = {5, 6};
        uint8_t yes = 1;
        bool by_name = i & 1;
        tg_in(&g, "x", OF_FLOAT, "3,2");
        tg_out(&g, "y", OF_FLOAT, NULL);
        TG_I(&g, "small", "2", 3, 2);
        TG_I(&g, "big", "3", 4100, 1, 2);
        TG_I(&g, "at", "1,1", 1);
        tg_init(&g, "u", OF_FLOAT, "1,2", u, sizeof u);
        tg_init(&g, "u1", OF_FLOAT, "1", u, sizeof u[0]);
        tg_init(&g, "yes", OF_BOOL, "", &yes, 1);
        n = tn("ConstantOfShape", c[i / 2].shape, "z");
        if (by_name) tn_name(&n, "zz");
        tg_add(&g, n);
        tg_node(&g, c[i / 2].op, c[i / 2].in, "m");
        tg_node(&g, "Mul", "x m", "y");
        tm_model(&t, 8, 18, &g);
        if (by_name) {
            t.o.keep_nodes = keep;
            t.o.n_keep_nodes = 1;
        }
        tm_run(&t);
        ck_assert_msg(tm_nodes(&t) == (c[i / 2].gone && !by_name ? 1 : 3), "%zu: %s", i, t.text);
        tm_again(&t);
        tm_free(&t);
    }
}
END_TEST

TEST_SUITE("pass: fold", folds_a_chain, says_where_it_comes_from, second_run_changes_nothing,
           a_folded_output_keeps_its_name, initializer_inputs, old_ir_gets_constant_nodes,
           multi_output_and_unused_output, constant_forms_are_lifted, reasons, large_inputs_that_may_fold,
           large_input_shared, nodes_by_name, excluded_operators, callback, output_size, doubling_chain,
           external_data_out_of_reach, strings_fold, sequences_in_between, sequences_where_tensors_are_due,
           cancel, only_and_skip, over_kept_fills)
