/* One optimize call: which passes run, in which order, under which budgets. */
#include <string.h>

#include "pass/pass_frame.h"

#define OF_TICK_MASK 255u
/* Of the passes behind the worklist: each round but the last has made a node foldable. */
#define OF_MAX_ROUNDS 16

static const struct {
    const char *name;
    bool default_on;
} of_pass_rows[OF_PASS_COUNT] = {
#define PASS(id, name, on) {name, on},
#include "pass/passes.def"
#undef PASS
};

static size_t of_row_count(void)
{
    return OF_PASS_COUNT + of_rule_count();
}

const char *of_pass_name(size_t i)
{
    if (i < OF_PASS_COUNT) return of_pass_rows[i].name;
    return i < of_row_count() ? of_rule_at(i - OF_PASS_COUNT)->name : NULL;
}

bool of_pass_default_on(size_t i)
{
    if (i < OF_PASS_COUNT) return of_pass_rows[i].default_on;
    return i < of_row_count() && of_rule_at(i - OF_PASS_COUNT)->default_on;
}

static of_status of_select(of_pass *p, const of_str *list, size_t n, bool on)
{
    for (size_t k = 0; k < n; k++) {
        bool found = false;
        for (size_t i = 0; i < of_row_count(); i++) {
            if (!of_str_is(list[k], of_pass_name(i))) continue;
            p->on[i] = on;
            found = true;
        }
        if (!found)
            return of_fail(p->err, OF_E_ARGUMENT, "no pass or rule is called \"%.*s\"", of_clip(list[k].n),
                           list[k].p);
    }
    return OF_OK;
}

static of_status of_select_all(of_pass *p)
{
    const of_pass_opts *o = p->o;

    for (size_t i = 0; i < of_row_count(); i++) p->on[i] = !o->has_only && of_pass_default_on(i);
    if (o->has_only) OF_TRY(of_select(p, o->only, o->n_only, true));
    OF_TRY(of_select(p, o->skip, o->n_skip, false));
    if (!o->inline_functions) p->on[OF_PASS_INLINE] = false;
    for (size_t i = OF_PASS_COUNT; i < of_row_count(); i++) p->any_rule = p->any_rule || p->on[i];
    of_rule_index_make(&p->rules, p->on + OF_PASS_COUNT);
    p->infers = p->on[OF_PASS_INFER] || p->on[OF_PASS_FOLD] || p->on[OF_PASS_PARTIAL] || p->any_rule;
    return OF_OK;
}

static int of_poll(void *user)
{
    of_pass *p = (of_pass *)user;
    return p->o->progress ? p->o->progress(p->o->progress_user, p->done) : 0;
}

of_status of_pass_tick(of_pass *p, double done)
{
    if (p->ticks++ & OF_TICK_MASK) return OF_OK;
    p->done = done;
    if (p->o->progress && p->o->progress(p->o->progress_user, done))
        return of_fail(p->err, OF_E_CANCELLED, "cancelled by the caller");
    return OF_OK;
}

/* threats.md, default limits: 0 in an option means these. */
static void of_budget_setup(of_pass *p)
{
    const of_pass_opts *o = p->o;
    of_budget *b = &p->budget;
    uint64_t all = UINT64_C(256) << 20;

    if (p->m->file_bytes > all) all = p->m->file_bytes;
    b->bytes_max = o->folded_bytes_max ? o->folded_bytes_max : all;
    b->one_max = o->one_fold_bytes_max ? o->one_fold_bytes_max : UINT64_C(64) << 20;
    b->steps_max = o->work_max ? o->work_max : UINT64_C(1) << 34;
    b->nodes_max = o->nodes_max ? o->nodes_max : 1000000;
    b->trips_max = o->work_max == UINT64_MAX ? 0 : 10000;
    b->poll = o->progress ? of_poll : NULL;
    b->poll_user = p;
}

/* Gradient of ai.onnx.preview.training names values of the graph in attributes, and means all
 * that is between them: nothing of such a model may change. */
static bool of_names_values(const of_node *n)
{
    return of_sym_is(n->op_type, "Gradient") && of_sym_is(n->domain, "ai.onnx.preview.training");
}

/* A default that is a graph names values of its function and calls others; no walk comes by it. */
static bool of_default_graph(const of_func *f)
{
    const of_attr *a = f->attr_defaults;

    while (a && a->type != OF_A_GRAPH && a->type != OF_A_GRAPHS) a = a->next;
    return a != NULL;
}

/* What the saved tables hold: nodes of the main graph, of functions and of all bodies. *frozen:
 * one of them names values. */
static of_status of_count_nodes(of_pass *p, uint64_t *total, bool *frozen)
{
    of_model *m = p->m;
    of_status st = OF_OK;

    *total = 0;
    *frozen = false;
    for (size_t i = 0; i <= m->n_funcs; i++) {
        of_graph *g = i < m->n_funcs ? m->funcs[i]->body : m->graph;
        of_walk w;
        of_node *n;

        if (i < m->n_funcs && m->funcs[i]->drop) continue;
        if (i < m->n_funcs && of_default_graph(m->funcs[i])) *frozen = true;
        OF_TRY(of_walk_init(&w, p->alloc, g, false));
        for (;;) {
            st = of_walk_next(&w, &n);
            if (st != OF_OK || !n) break;
            ++*total;
            if (of_names_values(n)) *frozen = true;
        }
        of_walk_free(&w);
        if (st != OF_OK) return st;
    }
    return OF_OK;
}

#ifndef NDEBUG
static of_status of_check(of_pass *p, const char *after)
{
    of_err e;

    of_err_clear(&e);
    if (of_verify(p->m, &e) == OF_OK) return OF_OK;
    if (e.status == OF_E_NOMEM) return of_pass_nomem(p);
    return of_fail(p->err, OF_E_INTERNAL, "after pass %s: %s", after, e.msg);
}
#endif

typedef of_status (*of_step_fn)(of_pass *p);

/* Runs fn as row `row`, timed, and in debug builds has the verifier look at the result. */
static of_status of_step(of_pass *p, size_t row, of_step_fn fn)
{
    double t = of_clock();
    of_status st = fn(p);

    p->r->stat[row].seconds += of_clock() - t;
#ifndef NDEBUG
    if (st == OF_OK) st = of_check(p, of_pass_name(row));
#endif
    return st;
}

/* The interleaved part: its time is that of its evaluations (fold) and the rest (infer). */
static of_status of_work_step(of_pass *p, of_step_fn fn)
{
    double t = of_clock(), folds = p->t_fold;
    of_status st = fn(p);

    folds = p->t_fold - folds;
    p->r->stat[OF_PASS_FOLD].seconds += folds;
    p->r->stat[OF_PASS_INFER].seconds += of_clock() - t - folds;
#ifndef NDEBUG
    if (st == OF_OK) st = of_check(p, of_pass_name(OF_PASS_FOLD));
#endif
    return st;
}

/* The passes behind the worklist. What they take away may let a node fold that was
 * refused because of another user of its input: that node is then on the list. */
static of_status of_clean_up(of_pass *p)
{
    static const struct {
        size_t row;
        of_step_fn fn;
    } steps[] = {
        {OF_PASS_DEAD_CODE, of_pass_dead_code},
        {OF_PASS_LIFT_CONSTANTS, of_pass_lift_constants},
        {OF_PASS_LIFT_SUBGRAPH_INITIALIZERS, of_pass_lift_subgraph},
        {OF_PASS_DEDUPE_INITIALIZERS, of_pass_dedupe},
        {OF_PASS_CSE, of_pass_cse},
    };

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (p->on[steps[i].row]) OF_TRY(of_step(p, steps[i].row, steps[i].fn));
    return OF_OK;
}

/* Transposes that cancel with nodes between them, once everything else is done. */
static of_status of_turn(of_pass *p)
{
    uint64_t k = 0;
    of_status st = of_rw_turn(&p->rw, &k);

    if (k) of_pass_applied(p, (size_t)p->rw.turns - 1, k);
    return st;
}

static of_status of_run_all(of_pass *p)
{
    of_model *m = p->m;

    OF_TRY(of_model_index(m, p->err)); /* whole again, whatever an earlier call ended in */
    OF_TRY(of_pass_setup_consts(p));
    if (p->on[OF_PASS_INLINE]) OF_TRY(of_step(p, OF_PASS_INLINE, of_pass_inline));
    if (p->infers) OF_TRY(of_pass_setup_types(p));
    /* Dead users must not keep a constant from being the only one of its node. */
    if (p->on[OF_PASS_DEAD_CODE]) OF_TRY(of_step(p, OF_PASS_DEAD_CODE, of_pass_dead_code));
    if (p->infers && p->o->quant == OF_QUANT_ISLANDS) OF_TRY(of_policy_islands(p));
    OF_TRY(of_work_step(p, of_pass_work));
    for (int round = 0; round < OF_MAX_ROUNDS; round++) {
        OF_TRY(of_clean_up(p));
        if (p->q_n == p->q_at && !p->resweep && p->rw.turns) OF_TRY(of_work_step(p, of_turn));
        if (p->q_n == p->q_at && !p->resweep) break; /* nothing that was refused has become possible */
        OF_TRY(of_work_step(p, p->resweep ? of_pass_work : of_pass_drain));
    }
    if (p->on[OF_PASS_OUTPUT_FIX]) OF_TRY(of_step(p, OF_PASS_OUTPUT_FIX, of_pass_output_fix));
    if (p->on[OF_PASS_DEAD_CODE]) OF_TRY(of_step(p, OF_PASS_DEAD_CODE, of_pass_dead_imports));
    if (p->on[OF_PASS_NAMES]) OF_TRY(of_step(p, OF_PASS_NAMES, of_pass_names));
    of_pass_infos_drop(p);
    OF_TRY(of_pass_infos_write(p));
    if (p->o->metadata && m->dirty) OF_TRY(of_pass_metadata(p));
#ifndef NDEBUG
    OF_TRY(of_check(p, "metadata"));
#endif
    return OF_OK;
}

static void of_pass_free(of_pass *p)
{
    of_alloc *a = p->alloc;

    while (p->q_at < p->q_n) p->queue[p->q_at++]->queued = false;
    of_rw_calm_free(&p->rw);
    of_evaluator_free(&p->ev);
    of_mem_free(a, p->queue, p->q_cap * sizeof *p->queue);
    of_mem_free(a, p->visits, p->n_visits);
    of_mem_free(a, p->stack, p->stack_cap * sizeof *p->stack);
    of_mem_free(a, p->out_type, p->cap_out * sizeof *p->out_type);
    of_mem_free(a, p->out_known, p->cap_known * sizeof *p->out_known);
    of_mem_free(a, p->out_known_n, p->cap_known_n * sizeof *p->out_known_n);
    of_mem_free(a, p->in_val, p->cap_in_val * sizeof *p->in_val);
    of_mem_free(a, p->out_val, p->cap_out_val * sizeof *p->out_val);
    of_mem_free(a, p->in_values, p->cap_in_values * sizeof *p->in_values);
    of_mem_free(a, p->rel, p->cap_rel * sizeof *p->rel);
    of_mem_free(a, p->named, p->n_named * sizeof *p->named);
    of_mem_free(a, p->nodes_named, p->n_nodes_named * sizeof *p->nodes_named);
    of_mem_free(a, p->saved, p->cap_saved * sizeof *p->saved);
    of_mem_free(a, p->stamp, p->n_stamp * sizeof *p->stamp);
    of_mem_free(a, p->island, p->n_island);
    of_mem_free(a, p, sizeof *p);
}

static of_status of_pass_new(of_model *m, const of_pass_opts *o, of_pass_result *r, of_err *e, of_pass **out)
{
    of_pass *p = (of_pass *)of_mem_zalloc(m->alloc, sizeof *p);

    *out = p;
    if (!p) return of_nomem(e);
    p->m = m;
    p->alloc = m->alloc;
    p->o = o;
    p->r = r;
    p->err = e;
    of_budget_setup(p);
    of_evaluator_init(&p->ev, m, &p->budget, o->cpu_flags);
    if (o->depth_max) p->ev.depth_max = o->depth_max;
    p->ev.custom = o->custom;
    p->ev.n_custom = o->n_custom;
    p->ev.par = o->par;
    p->ev.has_par = o->has_par;
    p->on = OF_NEW_N(&p->ev.tmp, bool, of_row_count());
    r->stat = OF_NEW_N(&m->arena, of_pass_stat, of_row_count());
    if (!p->on || !r->stat) return of_pass_nomem(p);
    r->n_stat = of_row_count();
    for (size_t i = 0; i < r->n_stat; i++) r->stat[i].name = of_pass_name(i);
    return OF_OK;
}

of_status of_optimize(of_model *m, const of_pass_opts *o, of_pass_result *r, of_err *e)
{
    of_pass_result none;
    of_pass *p = NULL;
    of_err local;
    of_status st;
    bool any = false, frozen = false;

    if (!r) r = &none;
    if (!e) {
        of_err_clear(&local);
        e = &local;
    }
    memset(r, 0, sizeof *r);
    OF_TRY_TO(out, st, of_pass_new(m, o, r, e, &p));
    OF_TRY_TO(out, st, of_select_all(p));
    OF_TRY_TO(out, st, of_count_nodes(p, &r->nodes_before, &frozen));
    r->nodes_after = r->nodes_before;
    for (size_t i = 0; i < of_row_count(); i++) any = any || p->on[i];
    if (!any || frozen) goto out;
    st = of_run_all(p);
    /* Whatever came between: no entry is left that names a value that is gone. */
    if (st != OF_OK) of_pass_infos_drop(p);
    r->steps = p->budget.steps_used;
    if (st == OF_OK) st = of_count_nodes(p, &r->nodes_after, &frozen);
    else {
        uint64_t n;
        if (of_count_nodes(p, &n, &frozen) == OF_OK) r->nodes_after = n;
    }
out:
    if (p) of_pass_free(p);
    if (r == &none) r = NULL;
    return st;
}
