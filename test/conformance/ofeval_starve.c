/* The main graph again and again, its Nth allocation failing, N = 1, 2, ..., until one run goes
 * through: every failure must be reported as such, and nothing may leak. */
#include <stdlib.h>

#include "ofeval.h"
#include "wire/wire.h"

typedef struct starver {
    size_t left; /* allocations that succeed; SIZE_MAX: all */
    bool hit;
} starver;

static void *starve_allocate(void *user, size_t n)
{
    starver *s = (starver *)user;
    if (s->left == 0) {
        s->hit = true;
        return NULL;
    }
    if (s->left != SIZE_MAX) s->left--;
    return malloc(n);
}

static void starve_release(void *user, void *p, size_t n)
{
    (void)user;
    (void)n;
    free(p);
}

/* *leak: bytes that were not given back. */
static of_status once(starver *s, size_t at, const char *in, const char *to, size_t *leak, of_err *e)
{
    of_wire_limits lim = {(uint64_t)1 << 31, 100, 32, 10000000, 10000};
    of_budget budget = {.bytes_max = (uint64_t)1 << 31, .one_max = (uint64_t)1 << 31,
                        .steps_max = (uint64_t)1 << 34, .nodes_max = 1000000};
    of_evaluator ev = {0};
    of_model *m = NULL;
    of_source *src = NULL;
    of_val **out = NULL;
    of_status st;
    of_alloc a;

    of_alloc_init_default(&a);
    a.allocate = starve_allocate;
    a.release = starve_release;
    a.user = s;
    *s = (starver){SIZE_MAX, false};
    OF_TRY(of_model_new(&a, &m, e));
    OF_TRY_TO(done, st, of_source_open(&a, in, &src, e));
    OF_TRY_TO(done, st, of_decode(m, src, NULL, &lim, e));
    of_evaluator_init(&ev, m, &budget, UINT32_MAX);
    out = (of_val **)calloc(m->graph->n_outputs + 1, sizeof *out);
    s->left = at;
    st = of_eval_graph(&ev, m->graph, NULL, 0, out, m->graph->n_outputs, e);
    s->left = SIZE_MAX;
    if (st == OF_OK && !s->hit) st = ofeval_save(&a, out, m->graph->n_outputs, to, e);
done:
    for (size_t i = 0; out && i < m->graph->n_outputs; i++) of_val_unref(out[i]);
    free(out);
    of_evaluator_free(&ev);
    of_source_unref(src);
    of_model_free(m);
    *leak = a.live;
    return st;
}

of_status ofeval_starve(const char *in, const char *to, of_err *e)
{
    for (size_t at = 0; at < 5000; at++) {
        size_t leak = 0;
        starver s;
        of_status st;
        of_err_clear(e);
        st = once(&s, at, in, to, &leak, e);
        if (leak) of_err_clear(e);
        if (leak) return of_fail(e, OF_E_INTERNAL, "%zu bytes leak when allocation %zu fails", leak, at);
        if (!s.hit) return st;
        /* packing a narrow result makes do with the memory it has */
        if (st == OF_OK || st == OF_E_NOMEM) continue;
        of_err_clear(e);
        return of_fail(e, OF_E_INTERNAL, "status %d when allocation %zu fails", (int)st, at);
    }
    return OF_OK;
}
