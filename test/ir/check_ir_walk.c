/* Walks over nested graphs, in both orders, and a thousand levels deep. */
#include "ir_build.h"

static build b;

/* main: A, If{ B, If{ C }{ D } }{ E }, F */
static void open(void)
{
    b_open(&b);
    of_graph *g = b.m->graph;
    b_infos(&b, &g->in_infos, "x");
    b_node(&b, g, "A", "x", "a");
    of_node *n = b_node(&b, g, "If", "x", "y");
    of_graph *t = b_body(&b, n, "then_branch");
    b_attr(&b, n, "other", OF_A_INT)->u.i = 1;
    b_attr(&b, n, "missing", OF_A_GRAPH);
    of_attr *list = b_attr(&b, n, "rest", OF_A_GRAPHS);
    of_graph **two = OF_NEW_N(&b.m->arena, of_graph *, 3);
    two[0] = of_graph_new(b.m, OF_GRAPH_BODY);
    two[2] = of_graph_new(b.m, OF_GRAPH_BODY);
    list->u.graphs = two;
    list->n = 3;
    b_node(&b, t, "B", "x", "b");
    of_node *k = b_node(&b, t, "If", "x", "k");
    of_graph *c = b_body(&b, k, "then_branch"), *d = b_body(&b, k, "else_branch");
    b_node(&b, c, "C", "x", "c");
    b_node(&b, d, "D", "x", "d");
    b_node(&b, two[0], "E", "x", "e");
    b_node(&b, g, "F", "x", "f");
    b_infos(&b, &t->out_infos, "k");
    b_infos(&b, &c->out_infos, "c");
    b_infos(&b, &d->out_infos, "d");
    b_infos(&b, &two[0]->out_infos, "e");
    b_infos(&b, &two[2]->out_infos, "a");
    b_link(&b);
}

static void visit(bool post, const char *want)
{
    char got[64] = "";
    of_walk w;
    of_node *n;
    ck_assert_int_eq(of_walk_init(&w, &b.alloc, b.m->graph, post), OF_OK);
    while (of_walk_next(&w, &n) == OF_OK && n) strcat(strcat(got, n->op_type->s), " ");
    of_walk_free(&w);
    ck_assert_str_eq(got, want);
}

START_TEST(orders)
{
    open();
    visit(false, "A If B If C D E F ");
    visit(true, "A B C D If E If F ");
    b_close(&b);
}
END_TEST

/* The node handed out may go; before it its bodies, and then they are not walked. */
START_TEST(unlinking)
{
    for (int post = 0; post < 2; post++) {
        char got[64] = "";
        of_walk w;
        of_node *n;
        open();
        ck_assert_int_eq(of_walk_init(&w, &b.alloc, b.m->graph, post), OF_OK);
        while (of_walk_next(&w, &n) == OF_OK && n) {
            strcat(strcat(got, n->op_type->s), " ");
            if (of_node_is(n, "If") && n->graph->depth == 0) of_node_unlink(n);
        }
        of_walk_free(&w);
        ck_assert_str_eq(got, post ? "A B C D If E If F " : "A If F ");
        b_verify(&b);
        b_close(&b);
    }
}
END_TEST

START_TEST(deep)
{
    enum { DEPTH = 1000 };
    char *text = NULL;
    size_t len = 0, cap = 0;
    of_walk w;
    of_node *n, *top;
    b_open(&b);
    of_graph *g = b.m->graph;
    b_infos(&b, &g->in_infos, "c");
    b_infos(&b, &g->out_infos, "y");
    top = b_node(&b, g, "If", "c", "y");
    n = top;
    for (int i = 0; i < DEPTH; i++) {
        g = b_body(&b, n, "then_branch");
        b_infos(&b, &g->out_infos, "v");
        n = b_node(&b, g, i + 1 < DEPTH ? "If" : "Not", "c", "v");
    }
    b_link(&b); /* all of this on the small stack of the test's thread */
    ck_assert_uint_eq(g->depth, DEPTH);
    for (int post = 0; post < 2; post++) {
        size_t seen = 0;
        ck_assert_int_eq(of_walk_init(&w, &b.alloc, b.m->graph, post), OF_OK);
        while (of_walk_next(&w, &n) == OF_OK && n) seen++;
        of_walk_free(&w);
        ck_assert_uint_eq(seen, DEPTH + 1);
    }
    ck_assert_int_eq(of_dump(b.m, &text, &len, &cap, &b.e), OF_OK);
    of_mem_free(&b.alloc, text, cap);
    of_value *c = b_value(&b, "c");
    ck_assert_uint_eq(c->n_uses, DEPTH + 1);
    of_touch_node(g->first);
    ck_assert(top->dirty && b.m->dirty);
    of_value_replace(top->out[0], c, true);
    of_node_unlink(top);
    ck_assert_uint_eq(c->n_uses, 1);
    b_close(&b);
}
END_TEST

TEST_SUITE("ir walk", orders, unlinking, deep)
