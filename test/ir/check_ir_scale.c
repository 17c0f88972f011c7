/* Linear in nodes, edges, names, functions and imports: twice as much takes about twice
 * as long. The bound is wide, since machines are shared; a quadratic loop is far outside. */
#include "ir_build.h"

#include <time.h>

static build b;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static of_sym numbered(const char *base, int i)
{
    char s[32];
    snprintf(s, sizeof s, "%s%d", base, i);
    return b_sym(&b, s);
}

static of_node *node_at(of_graph *g, of_sym op, of_sym in, of_sym out)
{
    of_node *n = of_node_new(b.m, 1, 1);
    n->was = OF_NEW_N(&b.m->arena, of_sym, 2);
    n->was[0] = in;
    n->was[1] = out;
    n->op_type = op;
    of_node_append(g, n);
    return n;
}

static of_vinfo *info_at(of_vinfo ***end, of_sym name)
{
    of_vinfo *vi = OF_NEW(&b.m->arena, of_vinfo);
    vi->name = name;
    **end = vi;
    *end = &vi->next;
    return vi;
}

static void chain(int n)
{
    of_graph *g = b.m->graph;
    of_vinfo **end = &g->value_infos;
    of_sym op = b_sym(&b, "Relu"), at = b_sym(&b, "x");
    b_infos(&b, &g->in_infos, "x");
    for (int i = 0; i < n; i++) {
        of_sym next = numbered("v", i);
        node_at(g, op, at, next);
        info_at(&end, next);
        at = next;
    }
}

static void star(int n) /* one value with all uses, each use an output too */
{
    of_graph *g = b.m->graph;
    of_vinfo **end = &g->out_infos;
    of_sym op = b_sym(&b, "Relu"), x = b_sym(&b, "x");
    b_infos(&b, &g->in_infos, "x");
    for (int i = 0; i < n; i++) {
        of_sym next = numbered("v", i);
        node_at(g, op, x, next);
        info_at(&end, next);
    }
}

static void wide(int n) /* one node, all inputs */
{
    of_graph *g = b.m->graph;
    of_vinfo **end = &g->in_infos;
    of_node *sum = of_node_new(b.m, (uint32_t)n, 1);
    sum->was = OF_NEW_N(&b.m->arena, of_sym, (size_t)n + 1);
    sum->op_type = b_sym(&b, "Sum");
    for (int i = 0; i < n; i++) {
        sum->was[i] = numbered("v", i);
        info_at(&end, sum->was[i]);
    }
    sum->was[n] = b_sym(&b, "y");
    of_node_append(g, sum);
}

static void bodies(int n)
{
    of_graph *g = b.m->graph;
    of_sym op = b_sym(&b, "If"), neg = b_sym(&b, "Neg"), x = b_sym(&b, "x"), t = b_sym(&b, "t");
    b_infos(&b, &g->in_infos, "x");
    for (int i = 0; i < n / 4; i++) {
        of_node *k = node_at(g, op, x, numbered("v", i));
        of_graph *body = b_body(&b, k, "then_branch");
        node_at(body, neg, x, t); /* the same name in every body */
        b_infos(&b, &body->out_infos, "t");
    }
}

static void functions(int n)
{
    of_graph *g = b.m->graph;
    of_sym x = b_sym(&b, "x"), local = b_sym(&b, "local");
    int count = n / 10;
    b.m->funcs = OF_NEW_N(&b.m->arena, of_func *, (size_t)count);
    b_infos(&b, &g->in_infos, "x");
    for (int i = 0; i < count; i++) {
        of_func *f = OF_NEW(&b.m->arena, of_func);
        f->domain = local;
        f->name = numbered("f", i);
        f->opsets = b.opset;
        f->n_opsets = 1;
        f->body = of_graph_new(b.m, OF_GRAPH_FUNCTION);
        f->body->in_names = f->body->out_names = OF_NEW_N(&b.m->arena, of_sym, 1);
        f->body->in_names[0] = x;
        f->body->n_inputs = f->body->n_outputs = 1;
        if (i % 50) node_at(f->body, numbered("f", i - 1), x, b_sym(&b, "y"))->domain = local;
        b.m->funcs[b.m->n_funcs++] = f;
        node_at(g, f->name, x, numbered("v", i))->domain = local;
    }
}

static void imports(int n)
{
    of_graph *g = b.m->graph;
    of_sym x = b_sym(&b, "x"), op = b_sym(&b, "Op");
    of_opset *o = OF_NEW_N(&b.m->arena, of_opset, (size_t)n);
    b_infos(&b, &g->in_infos, "x");
    for (int i = 0; i < n; i++) {
        o[i].domain = i ? numbered("d", i) : b.m->names.empty;
        o[i].version = i + 1;
        node_at(g, op, x, numbered("v", i))->domain = o[i].domain;
    }
    b.m->opsets = o;
    b.m->n_opsets = (size_t)n;
}

static void inits(int n)
{
    of_graph *g = b.m->graph;
    of_tensor *t = b_tensor(&b, 1);
    for (int i = 0; i < n; i++) {
        of_init *it = of_init_new(b.m, g);
        it->name = numbered("w", i);
        it->tensor = of_tensor_ref(t);
    }
    of_tensor_unref(t);
}

static double run(void (*make)(int), int n, size_t *bytes)
{
    b_open(&b);
    make(n);
    double t0 = now();
    b_link(&b);
    of_graph *g = b.m->graph;
    of_sym base = b_sym(&b, "fresh");
    for (int i = 0; i < n; i++) ck_assert_ptr_nonnull(of_fresh_name(b.m, base));
    for (size_t i = 0; i < b.m->n_nodes; i++) (void)of_node_opset(b.m->nodes[i]);
    *bytes = b.alloc.peak;
    of_node *last = g->last;
    if (last && last->n_in) of_value_replace(last->in[0].value, last->in[0].value, true);
    while (g->last && g->n_outputs == 0) of_node_unlink(g->last);
    double t1 = now();
    b_close(&b);
    return t1 - t0;
}

static const struct {
    const char *name;
    void (*make)(int);
} shapes[] = {
    {"chain", chain}, {"star", star},           {"wide", wide},   {"bodies", bodies},
    {"functions", functions}, {"imports", imports}, {"inits", inits},
};

START_TEST(linear)
{
#ifdef OF_TEST_BIG_STACK
    enum { N = 10000 };
#else
    enum { N = 50000 };
#endif
    size_t bytes, twice;
    run(shapes[_i].make, N / 10, &bytes); /* warm */
    double a = run(shapes[_i].make, N, &bytes), c = run(shapes[_i].make, 2 * N, &twice);
    for (int again = 0; again < 3 && c > 3.0 * a + 0.02; again++) {
        double x = run(shapes[_i].make, N, &bytes), y = run(shapes[_i].make, 2 * N, &twice);
        if (y / x < c / a) {
            a = x;
            c = y;
        }
    }
    printf("%-10s %d: %.4f s, %zu bytes an element; twice: %.4f s\n", shapes[_i].name, N, a, bytes / N, c);
    ck_assert_msg(c <= 3.0 * a + 0.02, "%s: %.4f s, twice as much %.4f s", shapes[_i].name, a, c);
    ck_assert_uint_le(twice, 2 * bytes + bytes / 2);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ir scale");
    TCase *t = tcase_create("scale");
    tcase_add_loop_test(t, linear, 0, (int)(sizeof shapes / sizeof shapes[0]));
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return of_test_main(suite());
}
