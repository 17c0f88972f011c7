/* Every kind of damage is seen. */
#include "ir_build.h"

static build b;
static of_node *first, *second, *cond, *inner;
static of_graph *body;
static of_init *w;

/* x -> Relu -> a -> Sum(a, w) -> s -> If(s){ Neg(a) } -> y, and a function */
static void open(void)
{
    b_open(&b);
    of_graph *g = b.m->graph;
    b_infos(&b, &g->in_infos, "x");
    b_infos(&b, &g->out_infos, "y s");
    w = b_init(&b, g, "w");
    b_init(&b, g, "w2");
    first = b_node(&b, g, "Relu", "x", "a");
    second = b_node(&b, g, "Sum", "a w", "s");
    cond = b_node(&b, g, "If", "s", "y");
    body = b_body(&b, cond, "then_branch");
    inner = b_node(&b, body, "Neg", "a", "t");
    b_infos(&b, &body->out_infos, "t");
    of_func *f = b_func(&b, "f", "p", "r");
    b_node(&b, f->body, "Relu", "p", "r");
    b_link(&b);
}

static of_value loose;
static const of_type *wrong_type(uint8_t dtype, int64_t n)
{
    of_shape s = {1, OF_NEW_N(&b.m->arena, of_dim, 1)};
    s.d[0] = of_dim_num(n);
    return of_type_tensor(b.m, (of_dtype)dtype, s);
}

static void use_gone(void) { first->out[0]->uses = first->out[0]->uses->next; }
static void use_count(void) { first->out[0]->n_uses++; }
static void use_moved(void) { second->in[0].value = b_value(&b, "x"); }
static void use_index(void) { second->in[1].index = 0; }
static void use_node(void) { second->in[1].node = first; }
static void use_prev(void) { first->out[0]->uses->next->prev = NULL; }
static void stale_use(void)
{
    /* an input of a node that is in no graph still in the list */
    of_node *n = of_node_new(b.m, 1, 0);
    of_use_bind(&n->in[0], first->out[0]);
}
static void producer(void) { first->out[0]->producer = second; }
static void out_index(void) { first->out[0]->out_index = 1; }
static void value_graph(void) { first->out[0]->graph = body; }
static void value_id(void) { first->out[0]->id = 0; }
static void value_flag(void) { first->out[0]->flags |= OF_VALUE_INPUT; }
static void input_flag(void) { b_value(&b, "x")->flags = 0; }
static void input_gone(void) { b.m->graph->inputs[0] = NULL; }
static void same_name(void) { second->out[0]->name = first->out[0]->name; }
static void no_name(void) { second->out[0]->name = b.m->names.empty; }
static void hidden(void) { inner->out[0]->name = first->out[0]->name; }
static void output_hidden(void)
{
    of_value *v = of_value_new(b.m, body, first->out[0]->name);
    of_tensor *t = b_tensor(&b, 1);
    of_value_set_init(b.m, v, t, &b.e);
    of_tensor_unref(t);
}
static void output_name(void) { second->out[0]->name = b_sym(&b, "other"); }
static void output_gone(void) { of_use_bind(&b.m->graph->outputs[1], NULL); }
static void output_index(void) { b.m->graph->outputs[1].index = 0; }
static void order(void)
{
    of_node_move(first, b.m->graph, NULL);
}
static void inner_outside(void) { of_use_set(&second->in[0], inner->out[0]); }
static void made_by_none(void)
{
    first->out[0]->producer = NULL;
    first->out[0] = NULL;
}
static void not_in_table(void)
{
    loose = (of_value){.id = 7, .name = first->out[0]->name};
    first->out[0]->n_uses--;
    of_use_bind(&second->in[0], NULL);
    first->out[0]->n_uses++;
    of_use_bind(&second->in[0], &loose);
}
static void node_list(void) { second->prev = NULL; }
static void node_last(void) { b.m->graph->last = second; }
static void node_count(void) { b.m->graph->n_nodes++; }
static void node_count_less(void) { b.m->graph->n_nodes--; }
static void node_graph(void) { second->graph = body; }
static void node_id(void) { second->id = 0; }
static void node_linked(void) { second->linked = false; }
static void node_dirty(void) { second->dirty = true; }
static void body_dirty(void) { inner->dirty = body->dirty = true; }
static void body_owner(void) { body->owner = first; }
static void body_depth(void) { body->depth = 5; }
static void body_func(void) { body->func = b.m->funcs[0]; }
static void body_arity(void)
{
    of_use_bind(&body->outputs[0], NULL);
    body->n_outputs = 0;
}
static void graph_id(void) { body->id = 0; }
static void init_value(void) { w->value = NULL; }
static void init_list(void) { w->next->prev = NULL; }
static void init_count(void) { b.m->graph->n_inits = 1; }
static void init_flag(void) { w->value->flags = 0; }
static void init_data(void)
{
    of_tensor_unref(w->tensor);
    w->tensor = NULL;
}
static void const_dtype(void) { w->value->type = wrong_type(OF_FLOAT, 3); }
static void const_dims(void) { w->value->type = wrong_type(OF_INT64, 4); }
static void const_rank(void) { w->value->type = of_type_tensor(b.m, OF_INT64, (of_shape){0, NULL}); }
static void func_index(void) { b.m->funcs[0]->index = 3; }
static void func_body(void) { b.m->funcs[0]->body->func = NULL; }
static void func_init(void)
{
    of_graph *g = b.m->funcs[0]->body;
    of_value *v = of_value_new(b.m, g, b_sym(&b, "q"));
    of_init *it = of_init_new(b.m, g);
    it->value = v;
    it->tensor = b_tensor(&b, 1);
    v->init = it;
    v->flags = OF_VALUE_INIT;
}
static void no_main(void) { b.m->graph = b.m->funcs[0]->body; }

static const struct {
    const char *what;
    void (*harm)(void);
} damage[] = {
    {"use_gone", use_gone}, {"use_count", use_count}, {"use_moved", use_moved}, {"use_index", use_index},
    {"use_node", use_node}, {"use_prev", use_prev}, {"stale_use", stale_use}, {"producer", producer},
    {"out_index", out_index}, {"value_graph", value_graph}, {"value_id", value_id},
    {"value_flag", value_flag}, {"input_flag", input_flag}, {"input_gone", input_gone},
    {"same_name", same_name}, {"no_name", no_name}, {"hidden", hidden}, {"output_hidden", output_hidden},
    {"output_name", output_name}, {"output_gone", output_gone}, {"output_index", output_index},
    {"order", order}, {"inner_outside", inner_outside}, {"made_by_none", made_by_none},
    {"not_in_table", not_in_table}, {"node_list", node_list}, {"node_last", node_last},
    {"node_count", node_count}, {"node_count_less", node_count_less}, {"node_graph", node_graph},
    {"node_id", node_id}, {"node_linked", node_linked}, {"node_dirty", node_dirty},
    {"body_dirty", body_dirty}, {"body_owner", body_owner}, {"body_depth", body_depth},
    {"body_func", body_func}, {"body_arity", body_arity}, {"graph_id", graph_id},
    {"init_value", init_value}, {"init_list", init_list}, {"init_count", init_count},
    {"init_flag", init_flag}, {"init_data", init_data}, {"const_dtype", const_dtype},
    {"const_dims", const_dims}, {"const_rank", const_rank}, {"func_index", func_index},
    {"func_body", func_body}, {"func_init", func_init}, {"no_main", no_main},
};

START_TEST(seen)
{
    open();
    damage[_i].harm();
    ck_assert_msg(of_verify(b.m, &b.e) == OF_E_INTERNAL, "%s: not seen", damage[_i].what);
    ck_assert_msg(b.e.msg[0], "%s: no message", damage[_i].what);
    b_close(&b);
}
END_TEST

START_TEST(sound)
{
    open();
    b_verify(&b);
    w->value->type = NULL; /* less is known: no harm */
    b_verify(&b);
    w->value->type = of_type_tensor(b.m, OF_UNDEFINED, of_shape_unknown());
    b_verify(&b);
    b_close(&b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ir verify");
    TCase *t = tcase_create("verify");
    tcase_add_test(t, sound);
    tcase_add_loop_test(t, seen, 0, (int)(sizeof damage / sizeof damage[0]));
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return of_test_main(suite());
}
