/* What is dead goes, what is left is in order: dead code, imports, lifting, outputs of
 * bodies, names, value_info, known results. */
#include "build.h"

START_TEST(dead_nodes)
{
    pb g = {0}, t1 = {0}, e1 = {0}, n;
    tmodel t;
    TG_F(&g, "a", "2", 1, 2);
    TG_F(&g, "unused", "2", 1, 2);
    TG_F(&g, "only_dead", "2", 1, 2);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_in(&g, "c", OF_BOOL, "");
    tg_in(&g, "never", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_node(&g, "Exp", "x", "d1");
    tg_node(&g, "Neg", "d1", "d2");
    tg_node(&g, "Abs", "x", "captured");
    /* a dead If whose branch alone uses `captured` */
    tg_node(&t1, "Mul", "captured only_dead", "o");
    tg_out(&t1, "o", OF_FLOAT, NULL);
    tg_node(&e1, "Abs", "x", "o");
    tg_out(&e1, "o", OF_FLOAT, NULL);
    n = tn("If", "c", "dead");
    tn_graph(&n, "then_branch", &t1);
    tn_graph(&n, "else_branch", &e1);
    tg_add(&g, n);
    tg_node(&g, "Dropout", "x", "y1 mask");
    tg_node(&g, "Add", "y1 a", "y");
    tg_vi(&g, "d1", OF_FLOAT, "2");
    tg_vi(&g, "y1", OF_FLOAT, "2");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 2);
    HAS(&t, "graph (x: float[2], c: bool[], never: float[2])");
    HAS(&t, "init a");
    HASNT(&t, "unused");
    HASNT(&t, "only_dead");
    ck_assert_int_eq(tm_node(&t, "captured")->fate, OF_REMOVED);
    ck_assert_int_eq(tm_node(&t, "o")->fate, OF_REMOVED);
    ck_assert_int_eq(tm_node(&t, "d1")->by, 5); /* dead-code is the fifth row */
    ck_assert_str_eq(of_pass_name(4), "dead-code");
    for (of_vinfo *vi = t.m->graph->value_infos; vi; vi = vi->next)
        ck_assert(vi->drop == of_sym_is(vi->name, "d1"));
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* Gradient names values in attributes: what it derives would be gone. */
START_TEST(named_in_attributes)
{
    const char *domains[] = {"ai.onnx.preview.training", "custom"};
    for (int k = 0; k < 2; k++) {
        pb g = {0}, n = {0};
        tmodel t;
        TG_F(&g, "one", "1", 1);
        tg_in(&g, "x", OF_FLOAT, "1");
        tg_out(&g, "dx", OF_FLOAT, NULL);
        tg_node(&g, "Mul", "x one", "y");
        pb_str(&n, 1, "x");
        pb_str(&n, 2, "dx");
        pb_str(&n, 4, "Gradient");
        pb_str(&n, 7, domains[k]);
        tg_add(&g, n);
        tm_make(&t, 8, 17, &g, NULL, domains[k]);
        tm_run(&t);
        ck_assert_uint_eq(tm_nodes(&t), k ? 1 : 2);
        ck_assert(t.m->dirty == (k == 1));
        tm_free(&t);
    }
}
END_TEST

START_TEST(dead_nodes_in_bodies)
{
    pb g = {0}, body = {0}, lp;
    tmodel t;
    tg_in(&g, "n", OF_INT64, "");
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_node(&g, "Exp", "x", "captured");
    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "c", OF_BOOL, "");
    tg_in(&body, "s", OF_FLOAT, NULL);
    tg_node(&body, "Identity", "c", "c2");
    tg_node(&body, "Mul", "s captured", "dead");
    tg_node(&body, "Neg", "s", "s2");
    tg_out(&body, "c2", OF_BOOL, "");
    tg_out(&body, "s2", OF_FLOAT, NULL);
    lp = tn("Loop", "n _ x", "y");
    tn_graph(&lp, "body", &body);
    tg_add(&g, lp);
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    ck_assert_uint_eq(tm_nodes(&t), 3);
    HASNT(&t, "captured");
    tm_free(&t);
}
END_TEST

/* A function: out = Neg(in); calls, when given, another one. */
static void function(pb *fs, const char *name, const char *calls)
{
    pb f = {0}, n = tn(calls ? calls : "Neg", "x", "y");
    pb_str(&f, 1, name);
    pb_str(&f, 4, "x");
    pb_str(&f, 5, "y");
    pb_msg(&f, 7, &n);
    tm_opset(&f, 9, "", 18);
    tm_opset(&f, 9, "local", 1);
    tm_opset(&f, 9, "never", 1);
    pb_str(&f, 10, "local");
    pb_msg(fs, 25, &f);
}

START_TEST(dead_functions_and_imports)
{
    pb g = {0}, fs = {0};
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_node(&g, "local::A", "x", "y");
    function(&fs, "A", "local::B");
    function(&fs, "B", NULL);
    function(&fs, "C", "local::D");
    function(&fs, "D", NULL);
    tm_make(&t, 8, 18, &g, &fs, "local");
    tm_opset(&t.bytes, 8, "other", 3);
    t.o.inline_functions = false;
    tm_run(&t);
    ck_assert(!t.m->funcs[0]->drop && !t.m->funcs[1]->drop);
    ck_assert(t.m->funcs[2]->drop && t.m->funcs[3]->drop);
    ck_assert(!t.m->opsets[0].drop && !t.m->opsets[1].drop && t.m->opsets[2].drop);
    ck_assert(!t.m->funcs[0]->opsets[0].drop && !t.m->funcs[0]->opsets[1].drop);
    ck_assert(t.m->funcs[0]->opsets[2].drop && t.m->funcs[1]->opsets[1].drop);
    tm_again(&t);
    ck_assert_uint_eq(t.m->n_funcs, 2);
    ck_assert_uint_eq(t.m->n_opsets, 2);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

START_TEST(nothing_to_do_keeps_the_bytes)
{
    pb g = {0}, was = {0};
    tmodel t;
    TG_F(&g, "a", "2", 1, 2);
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_node(&g, "Add", "x a", "z");
    tg_node(&g, "Neg", "z", "y");
    tm_model(&t, 8, 18, &g);
    t.o.value_info = true;
    pb_raw(&was, t.bytes.p, t.bytes.n);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_again(&t);
    ck_assert(was.n == t.bytes.n && !memcmp(was.p, t.bytes.p, was.n));
    free(was.p);
    tm_free(&t);
}
END_TEST

START_TEST(outputs_of_bodies)
{
    pb g = {0}, t1 = {0}, e1 = {0}, n;
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_in(&g, "c", OF_BOOL, "");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "z", OF_FLOAT, NULL);
    tg_node(&g, "Exp", "x", "outer");
    tg_node(&t1, "Neg", "x", "m");
    tg_out(&t1, "m", OF_FLOAT, NULL);
    tg_out(&t1, "m", OF_FLOAT, NULL);
    tg_node(&e1, "Abs", "outer", "m2");
    tg_out(&e1, "m2", OF_FLOAT, NULL);
    tg_out(&e1, "outer", OF_FLOAT, NULL);
    n = tn("If", "c", "y z");
    tn_graph(&n, "then_branch", &t1);
    tn_graph(&n, "else_branch", &e1);
    tg_add(&g, n);
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "m_1: float[2] = Identity(m)");
    HAS(&t, "return (m, m_1)");
    HAS(&t, "outer_1: float[2] = Identity(outer)");
    HAS(&t, "return (m2, outer_1)");
    ck_assert_uint_eq(tm_applied(&t, "output-fix"), 2);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

START_TEST(node_names)
{
    pb g = {0}, n;
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    n = tn("Neg", "x", "a");
    tn_name(&n, "op");
    tg_add(&g, n);
    n = tn("Abs", "a", "b");
    tn_name(&n, "op");
    tg_add(&g, n);
    tg_node(&g, "Exp", "b", "c");
    tg_node(&g, "Exp", "c", "y");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    ck_assert(of_sym_is(tm_node(&t, "a")->name, "op"));
    ck_assert(of_sym_is(tm_node(&t, "b")->name, "op_1"));
    ck_assert(of_sym_empty(tm_node(&t, "c")->name));
    ck_assert_uint_eq(tm_applied(&t, "names"), 1);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

static const of_vinfo *info(const tmodel *t, const char *name)
{
    for (const of_vinfo *vi = t->m->graph->value_infos; vi; vi = vi->next)
        if (!vi->drop && of_sym_is(vi->name, name)) return vi;
    return NULL;
}

START_TEST(value_info)
{
    for (int on = 0; on < 2; on++) {
        pb g = {0};
        tmodel t;
        TG_F(&g, "a", "2", 1, 2);
        tg_in(&g, "x", OF_FLOAT, "batch,2");
        tg_out(&g, "y", OF_FLOAT, NULL);
        tg_node(&g, "Neg", "a", "b");
        tg_node(&g, "Add", "x b", "wrong");
        tg_node(&g, "Neg", "wrong", "weak");
        tg_node(&g, "Neg", "weak", "none");
        tg_node(&g, "custom::Op", "none", "custom");
        tg_node(&g, "Neg", "custom", "y");
        tg_vi(&g, "wrong", OF_FLOAT, "batch,3");
        tg_vi(&g, "weak", OF_FLOAT, NULL);
        tg_vi(&g, "custom", OF_FLOAT, "7");
        tm_make(&t, 8, 18, &g, NULL, "custom");
        t.o.value_info = on;
        t.o.metadata = false;
        tm_run(&t);
        tm_again(&t);
        ck_assert_int_eq(info(&t, "wrong")->type->shape.d[1].k, 2);
        ck_assert(!of_dim_is_num(info(&t, "wrong")->type->shape.d[0]));
        ck_assert_int_eq(info(&t, "weak")->type->shape.rank, on ? 2 : -1);
        ck_assert((info(&t, "none") != NULL) == (on != 0));
        ck_assert_int_eq(info(&t, "custom")->type->shape.d[0].k, 7);
        ck_assert_ptr_null(info(&t, "y"));
        tm_free(&t);
    }
}
END_TEST

START_TEST(shapes_that_are_known)
{
    pb g = {0}, n;
    tmodel t;
    TG_I(&g, "k1", "", 1);
    TG_I(&g, "k0", "1", 0);
    TG_I(&g, "two", "1", 2);
    tg_in(&g, "x", OF_FLOAT, "batch,6,8");
    tg_in(&g, "u", OF_FLOAT, "5,7");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "s", OF_INT64, NULL);
    tg_out(&g, "size", OF_INT64, NULL);
    tg_node(&g, "Shape", "x", "sh");
    tg_node(&g, "Gather", "sh k1", "d"); /* rank 0 */
    tg_node(&g, "Unsqueeze", "d k0", "d1");
    tg_node(&g, "Mul", "d1 two", "dd");
    tg_node(&g, "Gather", "sh k0", "b");
    n = tn("Concat", "b dd", "c");
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    tg_node(&g, "Reshape", "x c", "y");
    tg_node(&g, "Shape", "u", "s");
    tg_node(&g, "Size", "u", "size");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "init s = int64[2]{5,7}");
    HAS(&t, "init size = int64[]{35}");
    HAS(&t, "init dd = int64[1]{12}");
    HAS(&t, "Shape(x)");
    HASNT(&t, "Mul");
    HASNT(&t, "Unsqueeze");
    ck_assert_int_eq(tm_node(&t, "s")->fate, OF_REPLACED);
    ck_assert_uint_ge(tm_applied(&t, "partial"), 3);
    tm_again(&t);
    tm_run(&t);
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* What an output's declaration claims is not believed inside. */
START_TEST(declared_output_is_no_proof)
{
    pb g = {0};
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, NULL);
    tg_out(&g, "y", OF_FLOAT, "1,65680");
    tg_out(&g, "s", OF_INT64, NULL);
    tg_node(&g, "Neg", "x", "y");
    tg_node(&g, "Shape", "y", "s");
    tm_model(&t, 8, 18, &g);
    tm_run(&t);
    HAS(&t, "Shape(y)");
    ck_assert(!t.m->dirty);
    tm_free(&t);
}
END_TEST

/* ---- quantization ---- */

typedef struct quant_case {
    const char *op, *tail; /* DequantizeLinear -> op, and after it */
    bool island;
} quant_case;

static void quant_model(tmodel *t, const quant_case *k, of_quant_mode mode)
{
    pb g = {0};
    TG_F(&g, "s", "", 0.5f);
    tg_init(&g, "z", OF_INT8, "", "\0", 1);
    tg_init(&g, "q", OF_INT8, "2,2", "\2\4\6\10", 4);
    tg_in(&g, "x", OF_FLOAT, "2,2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_node(&g, "DequantizeLinear", "q s z", "dq");
    if (k->op) tg_node(&g, k->op, "dq", "m");
    if (k->tail && !strcmp(k->tail, "QuantizeLinear")) {
        tg_node(&g, "QuantizeLinear", k->op ? "m s z" : "dq s z", "q2");
        tg_node(&g, "DequantizeLinear", "q2 s z", "dq2");
        tg_node(&g, "Add", "x dq2", "y");
    } else
        tg_node(&g, "Add", k->op ? "x m" : "x dq", "y");
    tm_model(t, 8, 18, &g);
    t->o.quant = mode;
    tm_run(t);
}

START_TEST(quantization_modes)
{
    static const quant_case cases[] = {
        {NULL, NULL, false},              /* weights of the next node: stay */
        {"Transpose", NULL, true},        /* a constant island */
        {"Transpose", "QuantizeLinear", false}, /* requantized */
    };
    for (size_t i = 0; i < 3; i++) {
        tmodel t;
        quant_model(&t, &cases[i], OF_QUANT_PRESERVE);
        ck_assert_int_eq(tm_node(&t, "dq")->fate, OF_KEPT);
        ck_assert_int_eq(tm_node(&t, "dq")->why, OF_WHY_QUANTIZATION);
        tm_free(&t);
        quant_model(&t, &cases[i], OF_QUANT_ISLANDS);
        ck_assert_int_eq(tm_node(&t, "dq")->fate, cases[i].island ? OF_FOLDED : OF_KEPT);
        if (cases[i].island) HAS(&t, "init m = float[2,2]{1,3,2,4}");
        tm_free(&t);
        quant_model(&t, &cases[i], OF_QUANT_FOLD);
        ck_assert_uint_eq(tm_nodes(&t), 1);
        tm_free(&t);
    }
}
END_TEST

/* Q -> DQ -> Transpose of a float weight is an island; Q -> DQ alone is not. */
START_TEST(quantization_pairs)
{
    for (int island = 0; island < 2; island++) {
        pb g = {0};
        tmodel t;
        TG_F(&g, "s", "", 0.5f);
        TG_F(&g, "w", "2,2", 1, 2, 3, 4);
        tg_init(&g, "z", OF_INT8, "", "\0", 1);
        tg_in(&g, "x", OF_FLOAT, "2,2");
        tg_out(&g, "y", OF_FLOAT, NULL);
        tg_node(&g, "QuantizeLinear", "w s z", "q");
        tg_node(&g, "DequantizeLinear", "q s z", "dq");
        if (island) tg_node(&g, "Transpose", "dq", "m");
        tg_node(&g, "Add", island ? "x m" : "x dq", "y");
        tm_model(&t, 8, 18, &g);
        t.o.quant = OF_QUANT_ISLANDS;
        tm_run(&t);
        ck_assert_uint_eq(tm_nodes(&t), island ? 1 : 3);
        tm_free(&t);
    }
}
END_TEST

/* ---- sparse initializers ---- */

START_TEST(sparse_initializer)
{
    for (int fits = 0; fits < 2; fits++) {
        pb g = {0}, sp = {0}, v, ix;
        const float vals[2] = {5, 7};
        const int64_t at[2] = {1, fits ? 3 : 100};
        tmodel t;
        v = tb_tensor("sp", OF_FLOAT, "2", vals, sizeof vals);
        ix = tb_tensor(NULL, OF_INT64, "2", at, sizeof at);
        pb_msg(&sp, 1, &v);
        pb_msg(&sp, 2, &ix);
        pb_int(&sp, 3, 2);
        pb_int(&sp, 3, 2);
        pb_msg(&g, 15, &sp);
        tg_in(&g, "x", OF_FLOAT, "2,2");
        tg_out(&g, "y", OF_FLOAT, NULL);
        tg_node(&g, "Neg", "sp", "n");
        tg_node(&g, "Add", "x n", "y");
        tm_model(&t, 8, 18, &g);
        if (tm_load(&t) != OF_OK) {
            ck_assert_int_eq(fits, 0); /* refused at once */
            tm_free(&t);
            continue;
        }
        tm_run(&t);
        ck_assert_int_eq(tm_node(&t, "n")->fate, fits ? OF_FOLDED : OF_KEPT);
        if (fits) HAS(&t, "init n = float[2,2]{-0,-5,-0,-7}");
        tm_free(&t);
    }
}
END_TEST

TEST_SUITE("pass: clean", dead_nodes, named_in_attributes, dead_nodes_in_bodies, dead_functions_and_imports,
           nothing_to_do_keeps_the_bytes, outputs_of_bodies, node_names, value_info, shapes_that_are_known,
           declared_output_is_no_proof, quantization_modes, quantization_pairs, sparse_initializer)
