/* Every allocation that can fail, does, once: the status says so, nothing leaks, and the
 * model can still be freed. */
#include "ir_build.h"

static build b;
static size_t left, failed;

static void *few(void *user, size_t n)
{
    (void)user;
    if (left == 0) {
        failed++;
        return NULL;
    }
    left--;
    return malloc(n);
}

static void give_back(void *user, void *p, size_t n)
{
    (void)user;
    (void)n;
    free(p);
}

START_TEST(new_model)
{
    for (size_t max = 0;; max++) {
        of_alloc a;
        of_model *m;
        of_err e;
        of_alloc_init_default(&a);
        a.allocate = few;
        a.release = give_back;
        of_err_clear(&e);
        left = max;
        of_status st = of_model_new(&a, &m, &e);
        of_model_free(m);
        ck_assert_uint_eq(a.live, 0);
        if (st == OF_OK) break;
        ck_assert_int_eq(st, OF_E_NOMEM);
        ck_assert_ptr_null(m);
    }
    of_model_free(NULL);
}
END_TEST

static void open(void)
{
    b_open(&b);
    of_graph *g = b.m->graph;
    b_infos(&b, &g->in_infos, "x c");
    b_infos(&b, &g->out_infos, "y");
    for (int i = 0; i < 20; i++) {
        char in[16], out[16];
        snprintf(in, sizeof in, i ? "a%d" : "x", i - 1);
        snprintf(out, sizeof out, "a%d", i);
        b_node(&b, g, "Relu", in, out);
    }
    of_node *n = b_node(&b, g, "If", "c", "y");
    of_graph *t = b_body(&b, n, "then_branch");
    b_node(&b, t, "Sum", "a5 w", "t");
    b_infos(&b, &t->out_infos, "t");
    b_init(&b, g, "w");
    of_func *f = b_func(&b, "f", "p", "r"), *h = b_func(&b, "h", "p", "r");
    b_node(&b, f->body, "h", "p", "r")->domain = b_sym(&b, "local");
    b_node(&b, h->body, "Relu", "p", "r");
}

/* The arena has room ahead; take it, so that what is tested asks for more. */
static void use_up_arena(void)
{
    while ((size_t)(b.m->arena.end - b.m->arena.cur) >= 64) of_arena_alloc(&b.m->arena, 48);
}

static of_status links(void) { return of_link(b.m, &b.e); }

static of_status verifies(void)
{
    return of_verify(b.m, &b.e);
}

static of_status dumps(void)
{
    char *text = NULL;
    size_t len = 0, cap = 0;
    of_status st = of_dump(b.m, &text, &len, &cap, &b.e);
    of_mem_free(&b.alloc, text, cap);
    return st;
}

static of_status walks(void)
{
    of_walk w;
    of_node *n = NULL;
    of_status st = of_walk_init(&w, &b.alloc, b.m->graph, true);
    while (st == OF_OK && (st = of_walk_next(&w, &n)) == OF_OK && n) {}
    of_walk_free(&w);
    return st;
}

static of_tensor *fold;

static of_status edits(void)
{
    of_model *m = b.m;
    of_value *a3 = b_value(&b, "a3"), *a4 = b_value(&b, "a4");
    of_node *p = a3->producer, *q = a4->producer;
    if (p) {
        of_value_replace(a3, b_value(&b, "x"), false);
        of_node_unlink(p);
        of_node_unlink(q);
        of_status st = of_value_set_init(m, a4, fold, &b.e);
        if (st != OF_OK) return st;
        st = of_value_drop_init(m, a4);
        if (st == OF_OK) st = of_make_constant_node(m, m->graph, m->graph->first, a4, fold, &b.e);
        if (st != OF_OK) return st;
    }
    return of_fresh_name(m, m->graph->name) ? OF_OK : of_fail(&b.e, OF_E_NOMEM, "out of memory");
}

/* Failing names are explained with what memory there is. */
static of_status explains(void)
{
    return of_link(b.m, &b.e) == OF_E_MODEL ? OF_OK : b.e.status;
}

static const struct {
    const char *what;
    of_status (*run)(void);
    bool linked;
} steps[] = {
    {"link", links, false}, {"verify", verifies, true}, {"dump", dumps, true},
    {"walk", walks, true},  {"edit", edits, true},      {"explain", explains, false},
};

START_TEST(each)
{
    size_t points = 0;
    for (size_t max = 0;; max++) {
        open();
        if (steps[_i].run == explains) b_node(&b, b.m->graph, "Relu", "late", "early");
        if (steps[_i].run == explains) b_node(&b, b.m->graph, "Relu", "early", "late");
        if (steps[_i].linked) b_link(&b);
        if (steps[_i].run == edits) fold = b_tensor(&b, 5);
        use_up_arena();
        b.alloc.allocate = few;
        b.alloc.release = give_back;
        left = max;
        failed = 0;
        of_status st = steps[_i].run();
        bool hit = failed > 0;
        left = SIZE_MAX;
        ck_assert_msg(st == OF_OK || (st == OF_E_NOMEM && hit), "%s: %d %s", steps[_i].what, (int)st, b.e.msg);
        if (steps[_i].run == explains && st == OF_OK)
            ck_assert_msg(strstr(b.e.msg, "cycle") || (hit && strstr(b.e.msg, "order")), "%s", b.e.msg);
        ck_assert_ptr_null(b.m->bind);
        of_err_clear(&b.e);
        if (steps[_i].linked && steps[_i].run != edits) b_verify(&b);
        if (steps[_i].run == edits) of_tensor_unref(fold);
        b_close(&b);
        points = max;
        if (!hit) break;
    }
    printf("%s: %zu points\n", steps[_i].what, points);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ir nomem");
    TCase *t = tcase_create("nomem");
    tcase_add_test(t, new_model);
    tcase_add_loop_test(t, each, 0, (int)(sizeof steps / sizeof steps[0]));
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return of_test_main(suite());
}
