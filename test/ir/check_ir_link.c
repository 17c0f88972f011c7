/* Names to pointers: what resolves to what, and every way it can fail. */
#include "ir_build.h"

static build b;

static of_graph *main_graph(const char *in, const char *out)
{
    b_open(&b);
    b_infos(&b, &b.m->graph->in_infos, in);
    b_infos(&b, &b.m->graph->out_infos, out);
    return b.m->graph;
}

START_TEST(chain)
{
    of_graph *g = main_graph("x", "y");
    of_node *p = b_node(&b, g, "Relu", "x", "a");
    of_node *q = b_node(&b, g, "Clip", "a _ w _", "y _");
    of_init *w = b_init(&b, g, "w");
    b_link(&b);
    ck_assert_uint_eq(q->n_in, 4);
    ck_assert_uint_eq(q->n_out, 2);
    ck_assert_ptr_null(q->in[1].value);
    ck_assert_ptr_null(q->in[3].value);
    ck_assert_ptr_null(q->out[1]);
    ck_assert_ptr_eq(q->in[0].value, p->out[0]);
    ck_assert_ptr_eq(q->in[2].value, w->value);
    ck_assert_ptr_eq(w->value->cval, &w->tensor->base);
    ck_assert_uint_eq(w->tensor->base.refs, 2);
    ck_assert_int_eq(w->value->type->dtype, OF_INT64);
    ck_assert(of_dim_is(w->value->type->shape.d[0], 3));
    ck_assert_uint_eq(g->n_inputs, 1);
    ck_assert_uint_eq(g->n_nodes, 2);
    ck_assert_ptr_eq(g->outputs[0].value, q->out[0]);
    ck_assert(of_value_is_output(q->out[0]) && !of_value_is_output(p->out[0]));
    ck_assert_uint_eq(b.m->n_nodes_in, 2);
    ck_assert(!b.m->dirty && !g->dirty && !q->dirty);
    b_close(&b);
}
END_TEST

START_TEST(infos)
{
    of_graph *g = main_graph("x", "x y");
    b_node(&b, g, "Relu", "x", "a");
    b_node(&b, g, "Relu", "a", "y");
    g->in_infos->type = b_type(&b, "batch");
    g->out_infos->type = b_type(&b, "other");
    b_infos(&b, &g->value_infos, "a nothing a y");
    g->value_infos->type = b_type(&b, "inner");
    b_link(&b);
    of_value *x = b_value(&b, "x"), *a = b_value(&b, "a"), *y = b_value(&b, "y");
    ck_assert_ptr_eq(x->vinfo, g->in_infos); /* the input's stands in front */
    ck_assert_ptr_eq(x->vinfo->same, g->out_infos);
    ck_assert_ptr_eq(x->type, g->in_infos->type);
    ck_assert_ptr_eq(a->vinfo, g->value_infos);
    ck_assert_ptr_eq(a->vinfo->same, g->value_infos->next->next);
    ck_assert_ptr_eq(a->type, g->value_infos->type);
    ck_assert_ptr_null(g->value_infos->next->value);
    ck_assert_ptr_eq(y->vinfo, g->out_infos->next);
    b_close(&b);
}
END_TEST

START_TEST(constants)
{
    of_graph *g = main_graph("v", "y");
    of_init *v = b_init(&b, g, "v"), *w = b_init(&b, g, "w"), *q = b_init(&b, g, "q");
    b_node(&b, g, "Sum", "v w q", "y");
    of_sym pins[] = {b_sym(&b, "q"), b_sym(&b, "nothing"), b.m->names.empty};
    g->pinned_names = pins;
    g->n_pinned = 3;
    b_link(&b);
    ck_assert_uint_eq(v->value->flags, OF_VALUE_INPUT | OF_VALUE_INIT);
    ck_assert_ptr_null(v->value->cval); /* an input may be given another value */
    ck_assert_ptr_nonnull(w->value->cval);
    ck_assert_uint_eq(q->value->flags, OF_VALUE_INIT | OF_VALUE_PINNED);
    ck_assert_ptr_null(q->value->cval);
    b_close(&b);

    g = main_graph("", "y");
    w = b_init(&b, g, "w");
    b_node(&b, g, "Relu", "w", "y");
    b.m->has_training = true;
    b_link(&b);
    ck_assert_uint_eq(w->value->flags, OF_VALUE_INIT | OF_VALUE_PINNED);
    ck_assert_ptr_null(w->value->cval);
    b_close(&b);
}
END_TEST

START_TEST(bodies)
{
    of_graph *g = main_graph("x c", "y");
    of_node *a = b_node(&b, g, "Relu", "x", "a");
    of_node *n = b_node(&b, g, "If", "c", "y");
    of_graph *t = b_body(&b, n, "then_branch"), *f = b_body(&b, n, "else_branch");
    b_node(&b, t, "Neg", "a", "t");
    b_infos(&b, &t->out_infos, "t");
    b_infos(&b, &f->out_infos, "a"); /* an outer value handed out as it is */
    b_link(&b);
    ck_assert_ptr_eq(t->first->in[0].value, a->out[0]);
    ck_assert_ptr_eq(f->outputs[0].value, a->out[0]);
    ck_assert_uint_eq(a->out[0]->n_uses, 2);
    ck_assert_ptr_eq(t->owner, n);
    ck_assert_ptr_eq(t->owner_attr, n->attrs);
    ck_assert_ptr_eq(f->owner_attr, n->attrs->next);
    ck_assert_uint_eq(t->depth, 1);
    b_close(&b);
}
END_TEST

/* Inputs and initializers of a body hide outer names; afterwards the outer is seen again. */
START_TEST(shadows)
{
    of_graph *g = main_graph("n c x", "y z");
    of_init *w = b_init(&b, g, "w");
    of_node *l = b_node(&b, g, "Loop", "n c x", "y");
    of_node *after = b_node(&b, g, "Sum", "x w", "z");
    of_graph *t = b_body(&b, l, "body");
    b_infos(&b, &t->in_infos, "i c x");
    of_init *inner = b_init(&b, t, "w");
    of_node *s = b_node(&b, t, "Sum", "x w z2", "o");
    b_init(&b, t, "z2");
    b_infos(&b, &t->out_infos, "c o");
    b_link(&b);
    ck_assert_ptr_eq(s->in[0].value, t->inputs[2]);
    ck_assert_ptr_eq(s->in[1].value, inner->value);
    ck_assert_ptr_eq(after->in[0].value, g->inputs[2]);
    ck_assert_ptr_eq(after->in[1].value, w->value);
    b_close(&b);

    /* a name that the outer graph gives out later is free in the body, and so are the
     * outputs of the node itself */
    g = main_graph("x c", "z");
    of_node *n = b_node(&b, g, "If", "c", "y");
    b_node(&b, g, "Relu", "y", "z");
    t = b_body(&b, n, "then_branch");
    of_graph *f = b_body(&b, n, "else_branch");
    b_node(&b, t, "Neg", "x", "z");
    b_infos(&b, &t->out_infos, "z");
    b_node(&b, f, "Neg", "x", "y");
    b_infos(&b, &f->out_infos, "y");
    b_link(&b);
    b_close(&b);
}
END_TEST

START_TEST(functions)
{
    of_graph *g = main_graph("x", "y");
    of_func *f = b_func(&b, "f", "p q", "r p");
    b_node(&b, f->body, "Add", "p q", "r");
    of_func *h = b_func(&b, "h", "x", "y");
    of_node *in = b_node(&b, h->body, "f", "x x", "y _");
    in->domain = b_sym(&b, "local");
    of_node *n = b_node(&b, g, "h", "x", "y");
    n->domain = b_sym(&b, "local");
    b_link(&b);
    ck_assert_ptr_eq(of_node_func(n), h);
    ck_assert_ptr_eq(of_node_func(in), f);
    ck_assert_int_eq(of_node_opset(f->body->first), 17);
    ck_assert_int_eq(of_node_opset(n), 0);
    ck_assert_uint_eq(f->body->first->in[0].value->n_uses, 2);
    ck_assert_ptr_eq(f->body->func, f);
    b_close(&b);
}
END_TEST

START_TEST(opsets)
{
    static of_opset many[100];
    char name[16];
    of_graph *g = main_graph("x", "y");
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "d%d", i / 2);
        many[i] = (of_opset){.domain = i == 50 ? b_sym(&b, "ai.onnx") : b_sym(&b, name), .version = i + 1};
    }
    b.m->opsets = many;
    b.m->n_opsets = 100;
    of_node *n = b_node(&b, g, "Relu", "x", "y");
    b_link(&b);
    ck_assert_int_eq(of_node_opset(n), 51);
    ck_assert_int_eq(of_graph_opset(g, b_sym(&b, "d3")), 8); /* the last entry counts */
    ck_assert_int_eq(of_graph_opset(g, b_sym(&b, "d99")), 0);
    b.m->n_opsets = 8;
    ck_assert_int_eq(of_graph_opset(g, b_sym(&b, "d3")), 8);
    ck_assert_int_eq(of_node_opset(n), 0);
    b_close(&b);
}
END_TEST

/* ---- failures ---- */

static void dup_input(of_graph *g) { b_infos(&b, &g->in_infos, "x"); }
static void unnamed_input(of_graph *g) { b_infos(&b, &g->in_infos, "_"); }
static void unnamed_output(of_graph *g) { b_infos(&b, &g->out_infos, "_"); }
static void no_output(of_graph *g) { b_infos(&b, &g->out_infos, "zz"); }
static void dup_init(of_graph *g)
{
    b_init(&b, g, "w");
    b_init(&b, g, "w");
}
static void dup_input_init(of_graph *g)
{
    b_init(&b, g, "x");
    b_init(&b, g, "x");
}
static void unnamed_init(of_graph *g) { b_init(&b, g, ""); }
static void undefined(of_graph *g) { b_node(&b, g, "Add", "x zz", "a"); }
static void dup_output(of_graph *g) { b_node(&b, g, "Relu", "x", "y"); }
static void dup_in_node(of_graph *g) { b_node(&b, g, "Split", "x", "a a"); }
static void output_is_input(of_graph *g) { b_node(&b, g, "Relu", "y", "x"); }
static void output_is_init(of_graph *g)
{
    b_init(&b, g, "w");
    b_node(&b, g, "Relu", "x", "w");
}
static void unsorted(of_graph *g)
{
    b_node(&b, g, "Relu", "late", "early");
    b_node(&b, g, "Relu", "x", "late");
}
static void self_loop(of_graph *g) { b_node(&b, g, "Add", "x a", "a"); }
static void cycle(of_graph *g)
{
    b_node(&b, g, "Add", "x c", "a");
    b_node(&b, g, "Relu", "a", "b");
    b_node(&b, g, "Relu", "b", "c");
}
static of_graph *branch(of_graph *g, const char *out)
{
    of_node *n = b_node(&b, g, "If", "x", "if_out");
    of_graph *t = b_body(&b, n, "then_branch");
    b_infos(&b, &t->out_infos, out);
    return t;
}
static void body_unsorted(of_graph *g)
{
    of_graph *t = branch(g, "t");
    b_node(&b, t, "Relu", "late", "t");
    b_node(&b, g, "Relu", "x", "late");
}
static void body_cycle(of_graph *g)
{
    of_graph *t = branch(g, "t");
    b_node(&b, t, "Relu", "if_out", "t");
}
static void body_cycle_far(of_graph *g)
{
    of_graph *t = branch(g, "t");
    b_node(&b, t, "Relu", "late", "t");
    of_node *n = b_node(&b, g, "If", "x", "late");
    of_graph *u = b_body(&b, n, "then_branch");
    b_node(&b, u, "Relu", "if_out", "u");
    b_infos(&b, &u->out_infos, "u");
}
static void body_redefines(of_graph *g)
{
    of_graph *t = branch(g, "y");
    b_node(&b, t, "Relu", "x", "y"); /* y of the main graph is visible there */
}
static void body_no_output(of_graph *g) { branch(g, "zz"); }
static void body_output_late(of_graph *g)
{
    branch(g, "late");
    b_node(&b, g, "Relu", "x", "late");
}
static void body_few_outputs(of_graph *g) { branch(g, ""); }
static void body_value_outside(of_graph *g)
{
    of_graph *t = branch(g, "t");
    b_node(&b, t, "Relu", "x", "t");
    b_node(&b, g, "Relu", "t", "q");
}
static void no_opset(of_graph *g)
{
    (void)g;
    b.m->n_opsets = 0;
}
static void func_no_opset(of_graph *g)
{
    (void)g;
    of_func *f = b_func(&b, "f", "p", "r");
    b_node(&b, f->body, "Relu", "p", "r");
    f->n_opsets = 0;
}
static void func_outer(of_graph *g)
{
    (void)g;
    of_func *f = b_func(&b, "f", "p", "r");
    b_node(&b, f->body, "Add", "p x", "r");
}
static void func_twice(of_graph *g)
{
    (void)g;
    b_func(&b, "f", "p", "p");
    b_func(&b, "f", "q", "q");
}
static void func_self(of_graph *g)
{
    (void)g;
    of_func *f = b_func(&b, "f", "p", "r");
    of_node *n = b_node(&b, f->body, "If", "p", "r");
    of_graph *t = b_body(&b, n, "then_branch");
    b_node(&b, t, "f", "p", "s")->domain = b_sym(&b, "local");
    b_infos(&b, &t->out_infos, "s");
}
static void func_mutual(of_graph *g)
{
    static const char *const name[] = {"f0", "f1", "f2"};
    (void)g;
    for (int i = 0; i < 3; i++) {
        of_func *f = b_func(&b, name[i], "p", "r");
        b_node(&b, f->body, name[(i + 1) % 3], "p", "r")->domain = b_sym(&b, "local");
    }
}
static void call_chain(int n)
{
    char name[16];
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "f%d", i);
        of_func *f = b_func(&b, name, "p", "r");
        snprintf(name, sizeof name, "f%d", i + 1);
        of_node *x = b_node(&b, f->body, i + 1 < n ? name : "Relu", "p", "r");
        if (i + 1 < n) x->domain = b_sym(&b, "local");
    }
}
static void calls_deep(of_graph *g)
{
    (void)g;
    call_chain(101);
}

static const struct {
    const char *what;
    void (*make)(of_graph *g);
    of_status status;
    const char *msg;  /* part of the message */
    const char *node; /* part of the node's name */
} failures[] = {
    {"two inputs", dup_input, OF_E_MODEL, "two graph inputs have the name 'x'", ""},
    {"unnamed input", unnamed_input, OF_E_MODEL, "no name", ""},
    {"unnamed output", unnamed_output, OF_E_MODEL, "no name", ""},
    {"missing output", no_output, OF_E_MODEL, "'zz', is not defined", ""},
    {"two initializers", dup_init, OF_E_MODEL, "two initializers have the name 'w'", ""},
    {"two initializers, input", dup_input_init, OF_E_MODEL, "two initializers have the name 'x'", ""},
    {"unnamed initializer", unnamed_init, OF_E_MODEL, "no name", ""},
    {"undefined", undefined, OF_E_MODEL, "input 1, 'zz', is not defined", "Add #1"},
    {"defined twice", dup_output, OF_E_MODEL, "output 0, 'y', is already defined", "Relu #1"},
    {"twice in a node", dup_in_node, OF_E_MODEL, "output 1, 'a', is already defined", "Split #1"},
    {"output is input", output_is_input, OF_E_MODEL, "'x', is already defined", "Relu #1"},
    {"output is initializer", output_is_init, OF_E_MODEL, "'w', is already defined", "Relu #1"},
    {"unsorted", unsorted, OF_E_MODEL, "not in topological order: 'late'", "Relu #1"},
    {"own output", self_loop, OF_E_MODEL, "cycle through 'a'", "Add #1"},
    {"cycle", cycle, OF_E_MODEL, "cycle through 'c'", "Add #1"},
    {"body unsorted", body_unsorted, OF_E_MODEL, "not in topological order: 'late'", "Relu #2"},
    {"body cycle", body_cycle, OF_E_MODEL, "cycle through 'if_out'", "Relu #2"},
    {"far body cycle", body_cycle_far, OF_E_MODEL, "cycle through 'late'", "Relu #2"},
    {"body redefines", body_redefines, OF_E_MODEL, "'y', is already defined", "Relu #2"},
    {"body output missing", body_no_output, OF_E_MODEL, "'zz', is not defined", "If #1"},
    {"body output late", body_output_late, OF_E_MODEL, "topological order: 'late'", "If #1"},
    {"body outputs too few", body_few_outputs, OF_E_MODEL, "too few outputs", "If #1"},
    {"inner value outside", body_value_outside, OF_E_MODEL, "'t', is not defined", "Relu #3"},
    {"no opset", no_opset, OF_E_VERSION, "default domain", "Relu #0"},
    {"function without opset", func_no_opset, OF_E_VERSION, "default domain", "Relu #1"},
    {"function sees no outer", func_outer, OF_E_MODEL, "'x', is not defined", "Add #1"},
    {"function twice", func_twice, OF_E_MODEL, "'f' is defined twice", ""},
    {"function calls itself", func_self, OF_E_MODEL, "'f' calls itself", "f #2"},
    {"functions call each other", func_mutual, OF_E_MODEL, "calls itself", "f0 #3"},
    {"calls too deep", calls_deep, OF_E_DEPTH, "100 calls", ""},
};

START_TEST(refused)
{
    of_graph *g = main_graph("x", "y");
    b_node(&b, g, "Relu", "x", "y");
    failures[_i].make(g);
    ck_assert_msg(of_link(b.m, &b.e) == failures[_i].status, "%s: %d %s", failures[_i].what,
                  (int)b.e.status, b.e.msg);
    ck_assert_msg(strstr(b.e.msg, failures[_i].msg), "%s: %s", failures[_i].what, b.e.msg);
    ck_assert_msg(strcmp(b.e.node, failures[_i].node) == 0, "%s: node %s", failures[_i].what, b.e.node);
    ck_assert(!b.m->linked);
    b_close(&b);
}
END_TEST

START_TEST(calls_allowed)
{
    of_graph *g = main_graph("x", "y");
    b_node(&b, g, "f0", "x", "y")->domain = b_sym(&b, "local");
    call_chain(100);
    b_link(&b);
    b_close(&b);
}
END_TEST

START_TEST(dumped)
{
    char *text = NULL;
    size_t len = 0, cap = 0;
    of_graph *g = main_graph("x c", "y");
    g->in_infos->type = b_type(&b, "batch");
    b_init(&b, g, "w");
    of_node *n = b_node(&b, g, "If", "c", "y");
    of_graph *t = b_body(&b, n, "then_branch"), *f = b_body(&b, n, "else_branch");
    of_node *s = b_node(&b, t, "Sum", "x _ w", "t");
    b_attr(&b, s, "alpha", OF_A_FLOAT)->u.f = 0.5f;
    of_attr *a = b_attr(&b, s, "axes", OF_A_INTS);
    int64_t axes[] = {1, -2};
    a->u.ints = axes;
    a->n = 2;
    b_attr(&b, s, "mode", OF_A_STRING)->u.s = (of_str){"a\nb", 3};
    b_infos(&b, &t->out_infos, "t");
    b_infos(&b, &f->out_infos, "x");
    b_link(&b);
    ck_assert_int_eq(of_dump(b.m, &text, &len, &cap, &b.e), OF_OK);
    ck_assert(of_vec_reserve(&b.alloc, (void **)(void *)&text, &cap, len + 1, 1) == OF_OK);
    text[len] = 0;
    ck_assert_str_eq(text,
                     "model ir=8 ai.onnx=17\n"
                     "  graph (x: float[batch], c) {\n"
                     "    init w = int64[3]{1,2,3}\n"
                     "    y = If(c) {then_branch=graph, else_branch=graph}\n"
                     "      then_branch graph () {\n"
                     "        t = Sum(x, _, w) {alpha=0.5, axes=[1,-2], mode=\"a\\x0ab\"}\n"
                     "        return (t)\n"
                     "      }\n"
                     "      else_branch graph () {\n"
                     "        return (x)\n"
                     "      }\n"
                     "    return (y)\n"
                     "  }\n");
    of_mem_free(&b.alloc, text, cap);
    b_close(&b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ir link");
    TCase *t = tcase_create("link");
    tcase_add_test(t, chain);
    tcase_add_test(t, infos);
    tcase_add_test(t, constants);
    tcase_add_test(t, bodies);
    tcase_add_test(t, shadows);
    tcase_add_test(t, functions);
    tcase_add_test(t, opsets);
    tcase_add_loop_test(t, refused, 0, (int)(sizeof failures / sizeof failures[0]));
    tcase_add_test(t, calls_allowed);
    tcase_add_test(t, dumped);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return of_test_main(suite());
}
