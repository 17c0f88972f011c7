/* Many small graphs for each rule, before and after, by the library's own evaluator.
 *
 * usage: fuzz_rules COUNT [FIRST_SEED [RULE|all [DIR EVERY]]]
 * Each graph is drawn from a template of its rule, as it is, in the branches of an If, or with more
 * uses and outputs; optimized with that rule or with all, exact or not; run on drawn numbers.
 * Exact: the same bits but for which NaN it is. Else: rules that change the order of sums see
 * finite numbers and must be near, the others may change the sign of zeros. With DIR every EVERY-th
 * pair is written there. */
#include <math.h>

#include "eval/eval.h"
#include "graph_text.h"
#include "rule_templates.h"

#define OUTS 8

typedef struct run {
    of_val *out[OUTS];
    size_t n;
    of_status st;
} run;

static const double special[] = {0.0, -0.0, 1,    -1,   NAN, INFINITY, -INFINITY, 0.5,
                                 3,   6,    1e-3, -2.5, 7,   1e30,     255,       -128};

static of_tensor *draw_tensor(of_alloc *a, int type, const char *dims, const int *free_dim,
                              bool finite, of_err *e)
{
    int64_t d[8];
    size_t rank = 0;
    of_tensor *t = NULL;

    for (const char *p = dims; *p && rank < 8; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ','))
        d[rank++] = isdigit((unsigned char)*p) ? atoi(p) : free_dim[*p % 4];
    if (of_tensor_new_data(a, NULL, (of_dtype)type, d, rank, false, &t, e) != OF_OK) return NULL;
    for (int64_t i = 0; i < t->count; i++) {
        double v = g_rand(3) ? (double)((int)g_rand(65) - 32) / 8
                             : special[g_rand(sizeof special / sizeof *special)];
        if (of_dtype_is_int((of_dtype)type)) v = isfinite(v) && fabs(v) < 200 ? trunc(v) : 5;
        if (finite && !(fabs(v) < 100)) v = 2;
        g_store(type, v, (char *)t->data + (size_t)i * of_dtypes[type].mem);
    }
    return t;
}

/* Runs the graph of t->m on inputs that depend on the seed alone. */
static void evaluate(tmodel *t, const gtext *names, const int *free_dim, bool finite, uint64_t seed,
                     run *r)
{
    of_budget budget;
    of_evaluator ev;
    of_val *in[12] = {0};
    of_graph *g = t->m->graph;
    uint64_t keep = g_seed;

    memset(r, 0, sizeof *r);
    memset(&ev, 0, sizeof ev);
    memset(&budget, 0, sizeof budget);
    budget.bytes_max = budget.one_max = 1 << 26;
    budget.steps_max = (uint64_t)1 << 30;
    budget.nodes_max = 10000;
    g_seed = seed * 2 + 1;
    of_err_clear(&t->e);
    of_evaluator_init(&ev, t->m, &budget, UINT32_MAX);
    for (size_t i = 0; i < g->n_inputs && i < 12; i++) {
        const char *dims = "";
        int type = OF_BOOL;
        for (int k = 0; k < names->n_input; k++)
            if (of_sym_is(g->inputs[i]->name, names->input[k].name)) {
                dims = names->input[k].dims;
                type = names->input[k].type;
            }
        of_tensor *x = draw_tensor(&t->alloc, type, dims, free_dim, finite, &t->e);
        in[i] = x ? &x->base : NULL;
    }
    r->n = g->n_outputs < OUTS ? g->n_outputs : OUTS;
    r->st = of_eval_graph(&ev, g, in, g->n_inputs, r->out, g->n_outputs, &t->e);
    for (size_t i = 0; i < 12; i++) of_val_unref(in[i]);
    of_evaluator_free(&ev);
    g_seed = keep;
}

static const char *differs(const of_tensor *a, const of_tensor *b, bool exact, bool near)
{
    double most = 0;

    if (!a || !b) return a == b ? NULL : "not a tensor";
    if (a->dtype != b->dtype) return "another type";
    if (a->rank != b->rank || a->count != b->count ||
        (a->rank && memcmp(a->dims, b->dims, a->rank * sizeof *a->dims)))
        return "another shape";
    if (a->count == 0) return NULL;
    if (!of_dtype_is_float((of_dtype)a->dtype))
        return memcmp(a->data, b->data, a->bytes) ? "other elements" : NULL;
    for (int64_t i = 0; i < a->count; i++) {
        double x;
        of_to_f64((of_dtype)a->dtype, (const char *)a->data + (size_t)i * of_dtypes[a->dtype].mem,
                  &x, 1);
        if (isfinite(x) && fabs(x) > most) most = fabs(x);
    }
    for (int64_t i = 0; i < a->count; i++) {
        size_t at = (size_t)i * of_dtypes[a->dtype].mem;
        double x, y;
        of_to_f64((of_dtype)a->dtype, (const char *)a->data + at, &x, 1);
        of_to_f64((of_dtype)b->dtype, (const char *)b->data + at, &y, 1);
        if (isnan(x) && isnan(y)) continue;
        if (x <= y && x >= y) {
            if (exact && signbit(x) != signbit(y)) return "another sign of zero";
            continue;
        }
        if (!near || !(fabs(x - y) <= (a->dtype == OF_FLOAT16 ? 1e-2 : 2e-6) * (most + 1)))
            return "other numbers";
    }
    return NULL;
}

static void write_bytes(const char *dir, const char *rule, uint64_t seed, const char *which,
                        const void *p, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s-%llu-%s.onnx", dir, rule, (unsigned long long)seed, which);
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(p, 1, n, f);
        fclose(f);
    }
}

static void write_model(const char *dir, const char *rule, uint64_t seed, const char *which, tmodel *t)
{
    static const of_encode_opts opts = {.ext = OF_EXT_KEEP};
    of_sink *sink = NULL;
    void *data = NULL;
    size_t n = 0, cap = 0;

    if (of_sink_memory(&t->alloc, 0, &sink, &t->e) != OF_OK) return;
    if (of_encode(t->m, sink, &opts, &t->e) != OF_OK) {
        of_sink_abort(sink);
        return;
    }
    if (of_sink_commit_memory(sink, &data, &n, &cap, &t->e) != OF_OK) return;
    write_bytes(dir, rule, seed, which, data, n);
    of_mem_free(&t->alloc, data, cap);
}

/* More outputs and uses of what stands between. */
static void disturb(gtext *g)
{
    char more[64];

    if (g->n_name < 1 || g->n_output > 4) return;
    const char *v = g->name[g_rand((uint32_t)g->n_name)];
    if (g_rand(2)) snprintf(more, sizeof more, "more_=Cast(%s) to=11", v);
    else snprintf(more, sizeof more, "more_=Shape(%s)", v);
    g_statement(g, more);
    g_statement(g, more[6] == 'C' ? "!more_:d" : "!more_:l");
}

typedef struct counts {
    unsigned long ran, fired, bad, refused;
} counts;

static void one(const ttemplate *tt, uint64_t seed, counts *c, const char *dir, unsigned long every)
{
    static of_str only[128];
    char text[4096];
    gtext g;
    tmodel t;
    run before, after;
    const char *why = NULL;
    int free_dim[4];
    size_t n = 0, rule = 0;

    g_seed = seed * UINT64_C(0x9E3779B97F4A7C15) + 12345;
    for (int i = 0; i < 8; i++) g_rand(2);
    g_expand(tt->text, text, sizeof text);
    for (int i = 0; i < 4; i++) free_dim[i] = 1 + (int)g_rand(3);
    int opset = tt->opset[g_rand(4)];
    bool exact = g_rand(2), all = g_rand(2), finite = tt->sums && !exact;
    uint32_t shape = g_rand(8);
    g_parse(&g, text);
    if (!g_rand(4)) disturb(&g);
    if (g.bad) {
        printf("%s: bad template: %s\n", tt->rule, text);
        c->bad++;
        g_free(&g);
        return;
    }
    gtext names = g;
    pb graph = shape < 6 ? g_plain(&g) : g_branches(&g, shape == 7);
    tm_make(&t, 8, opset, &graph, NULL, NULL);
    size_t bytes = t.bytes.n;
    if (tm_load(&t) != OF_OK) goto out;
    evaluate(&t, &names, free_dim, finite, seed, &before);
    if (before.st != OF_OK) {
        c->refused++;
        if (getenv("OF_SHOW")) printf("%s: %s: %s\n", tt->rule, t.e.msg, text);
        goto drop;
    }
    of_model_free(t.m);
    t.m = NULL;
    if (tm_load(&t) != OF_OK) goto drop;
    for (const char *name; (name = of_pass_name(n)) != NULL && n < 128; n++) {
        bool is_rule = false;
        for (size_t i = 0; i < of_rule_count(); i++)
            is_rule = is_rule || !strcmp(of_rule_at(i)->name, name);
        bool mine = !strcmp(name, tt->rule);
        if (is_rule && !mine && (!all || strstr(name, "_anywhere"))) continue; /* else that one fires first */
        only[rule++] = (of_str){name, strlen(name)};
        if (n == 127) break;
    }
    t.o.skip = NULL;
    t.o.n_skip = 0;
    t.o.has_only = true;
    t.o.only = only;
    t.o.n_only = rule;
    t.o.exact = exact;
    of_status st = of_optimize(t.m, &t.o, &t.r, &t.e);
    if (st == OF_OK) st = of_verify(t.m, &t.e);
    if (st != OF_OK) why = t.e.msg;
    bool fired = tm_applied(&t, tt->rule) > 0;
    if (!why) {
        evaluate(&t, &names, free_dim, finite, seed, &after);
        if (after.st != OF_OK) why = t.e.msg;
        if (!why && after.n != before.n) why = "another number of outputs";
        for (size_t i = 0; !why && i < before.n; i++)
            why = differs(of_val_tensor(before.out[i]), of_val_tensor(after.out[i]), exact, finite);
        for (size_t i = 0; i < OUTS; i++) of_val_unref(after.out[i]);
    }
    c->ran++;
    c->fired += fired;
    if (why) {
        c->bad++;
        printf("%s seed %llu opset %d%s%s shape %u: %s\n  %s\n", tt->rule, (unsigned long long)seed,
               opset, exact ? " exact" : "", all ? " all" : "", shape, why, text);
    }
    if (dir && fired && c->fired % every == 0) {
        const char *how = exact ? "exact" : tt->sums ? "sums" : "near";
        char which[16];
        snprintf(which, sizeof which, "%s-a", how);
        write_bytes(dir, tt->rule, seed, which, t.bytes.p, bytes);
        snprintf(which, sizeof which, "%s-b", how);
        write_model(dir, tt->rule, seed, which, &t);
    }
drop:
    for (size_t i = 0; i < OUTS; i++) of_val_unref(before.out[i]);
out:
    of_model_free(t.m);
    of_mem_free(&t.alloc, t.text, t.cap);
    free(t.made);
    free(t.bytes.p);
    if (t.alloc.live) {
        printf("%s seed %llu: %zu bytes leak\n", tt->rule, (unsigned long long)seed, t.alloc.live);
        c->bad++;
    }
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 300,
                  every = argc > 5 ? strtoul(argv[5], NULL, 10) : 1;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    const char *rule = argc > 3 ? argv[3] : "all", *dir = argc > 4 ? argv[4] : NULL;
    unsigned long passed = 0, failed = 0;

    for (size_t i = 0; i < of_rule_count(); i++) {
        counts c = {0};
        size_t mine[32], n = 0;
        const char *name = of_rule_at(i)->name;
        if (strcmp(rule, "all") != 0 && strcmp(rule, name) != 0) continue;
        for (size_t k = 0; k < N_TEMPLATES && n < 32; k++)
            if (!strcmp(templates[k].rule, name)) mine[n++] = k;
        for (unsigned long k = 0; n && k < count; k++)
            one(&templates[mine[k % n]], first + k, &c, dir, every ? every : 1);
        bool good = n && !c.bad && c.fired;
        printf("%s %s: %lu graphs, %lu changed, %lu refused, %lu bad\n", good ? "ok" : "not ok",
               name, c.ran, c.fired, c.refused, c.bad);
        if (good) passed++;
        else failed++;
        fflush(stdout);
    }
    printf("%lu passed, %lu failed\n", passed, failed);
    return failed ? 1 : 0;
}
