/* Runs graphs: values of a run live in one table by value id, shared by a graph and the
 * bodies below it, so that captured values need no lookup. */
#include <string.h>

#include "eval/eval.h"
#include "eval/eval_run.h"
#include "ir/walk.h"

static of_status of_env_reserve(of_evaluator *ev, of_err *e)
{
    size_t n = ev->m->n_values;

    if (n > ev->env_n) {
        of_val **env = (of_val **)of_mem_grow(ev->alloc, ev->env, ev->env_n * sizeof *env, n * sizeof *env);
        if (!env) return of_nomem(e);
        memset(env + ev->env_n, 0, (n - ev->env_n) * sizeof *env);
        ev->env = env;
        ev->env_n = n;
    }
    if (n > ev->left_n) {
        uint32_t *left = (uint32_t *)of_mem_grow(ev->alloc, ev->left, ev->left_n * sizeof *left, n * sizeof *left);
        if (!left) return of_nomem(e);
        memset(left + ev->left_n, 0, (n - ev->left_n) * sizeof *left);
        ev->left = left;
        ev->left_n = n;
    }
    return OF_OK;
}

static void of_env_set(of_evaluator *ev, const of_value *v, of_val *val)
{
    of_val *old = ev->env[v->id];

    ev->env[v->id] = val ? of_val_ref(val) : NULL;
    ev->left[v->id] = v->n_uses;
    of_val_unref(old);
}

/* The value in this run: computed, or a constant. */
static of_val *of_env_get(const of_evaluator *ev, const of_value *v)
{
    if (ev->env[v->id]) return ev->env[v->id];
    if (v->cval) return v->cval;
    return v->init && v->init->tensor ? &v->init->tensor->base : NULL;
}

/* One use is over; the last one frees. A value that bodies use too never gets there. */
static void of_env_used(of_evaluator *ev, const of_value *v, const of_graph *g)
{
    if (v->graph != g || ev->left[v->id] == 0 || --ev->left[v->id] > 0) return;
    of_val_unref(ev->env[v->id]);
    ev->env[v->id] = NULL;
}

/* What a node costs beside its elements, in steps: a body of small nodes that runs a million
 * times takes seconds. */
#define OF_NODE_STEPS 512

static of_status of_run_node(of_evaluator *ev, of_node *n, of_err *e)
{
    of_arena_mark mark = of_arena_save(&ev->tmp);
    of_val **in = OF_NEW_N(&ev->tmp, of_val *, n->n_in);
    of_val **out = OF_NEW_N(&ev->tmp, of_val *, n->n_out);
    of_status st;

    if (!in || !out) {
        st = of_nomem(e);
        goto done;
    }
    OF_TRY_TO(done, st, of_budget_steps(ev->budget, OF_NODE_STEPS, e));
    for (uint32_t i = 0; i < n->n_in; i++) {
        of_value *v = of_in_value(n, i);
        if (!v) continue;
        in[i] = of_env_get(ev, v);
        /* an input that the function's caller left out is left out here too */
        if (!in[i] && v->graph->kind == OF_GRAPH_FUNCTION && (v->flags & OF_VALUE_INPUT)) continue;
        if (!in[i]) {
            st = of_fail(e, OF_E_EVAL, "%.*s has no value", of_clip(v->name->len), v->name->s);
            of_err_set_node(e, n->name->s, n->name->len);
            goto done;
        }
    }
    OF_TRY_TO(done, st, of_eval_node(ev, n, in, n->n_in, out, n->n_out, e));
    for (uint32_t i = 0; i < n->n_out; i++) {
        if (!out[i]) continue;
        of_env_set(ev, n->out[i], out[i]);
        of_val_unref(out[i]);
    }
    for (uint32_t i = 0; i < n->n_in; i++)
        if (of_in_value(n, i)) of_env_used(ev, of_in_value(n, i), n->graph);
done:
    of_arena_restore(&ev->tmp, mark);
    return st;
}

of_status of_eval_graph(of_evaluator *ev, of_graph *g, of_val *const *in, size_t n_in, of_val **out, size_t n_out,
                        of_err *e)
{
    of_status st = OF_OK;

    for (size_t i = 0; i < n_out; i++) out[i] = NULL;
    if (n_in > g->n_inputs || n_out != g->n_outputs)
        return of_fail(e, OF_E_EVAL, "%zu inputs and %zu outputs where the graph has %zu and %zu", n_in, n_out,
                       g->n_inputs, g->n_outputs);
    if (ev->depth >= ev->depth_max) return of_fail(e, OF_E_BUDGET, "bodies nested deeper than %u", ev->depth_max);
    OF_TRY(of_env_reserve(ev, e));
    ev->depth++;
    for (size_t i = 0; i < g->n_inputs; i++)
        if (i < n_in && in[i]) of_env_set(ev, g->inputs[i], in[i]);
    for (of_node *n = g->first; n; n = n->next) OF_TRY_TO(done, st, of_run_node(ev, n, e));
    for (size_t i = 0; i < n_out; i++) {
        of_val *v = of_env_get(ev, g->outputs[i].value);

        if (!v && g->kind == OF_GRAPH_FUNCTION) continue; /* its caller may not want it */
        if (!v) {
            st = of_fail(e, OF_E_EVAL, "output %zu has no value", i);
            goto done;
        }
        out[i] = of_val_ref(v);
    }
done:
    ev->depth--;
    /* what this graph defined is gone; outer values stay */
    for (size_t i = 0; i < g->n_inputs; i++) of_env_set(ev, g->inputs[i], NULL);
    for (of_node *n = g->first; n; n = n->next)
        for (uint32_t i = 0; i < n->n_out; i++)
            if (n->out[i]) of_env_set(ev, n->out[i], NULL);
    if (st != OF_OK)
        for (size_t i = 0; i < n_out; i++) {
            of_val_unref(out[i]);
            out[i] = NULL;
        }
    return st;
}

of_status of_eval_body(of_opctx *c, of_graph *body, of_val *const *in, size_t n_in, of_val **out, size_t n_out)
{
    return of_eval_graph((of_evaluator *)c->run_user, body, in, n_in, out, n_out, c->err);
}

of_status of_eval_call(of_evaluator *ev, of_node *n, of_func *f, of_val *const *in, size_t n_in, of_val **out,
                       size_t n_out, of_err *e)
{
    const size_t all = f->body ? f->body->n_outputs : 0;
    const of_bind bind = {n, f, ev->bind};
    of_val **v = OF_NEW_N(&ev->tmp, of_val *, all);
    of_status st;

    if (!v) return of_nomem(e);
    if (!f->body || n_out > all)
        return of_fail(e, OF_E_EVAL, "%zu outputs of a function that has %zu", n_out, all);
    OF_TRY(of_budget_steps(ev->budget, 8, e));
    ev->bind = &bind;
    st = of_eval_graph(ev, f->body, in, n_in, v, all, e);
    ev->bind = bind.up;
    for (size_t i = 0; i < all; i++) {
        if (i < n_out && n->out[i]) out[i] = v[i];
        else of_val_unref(v[i]);
    }
    return st;
}
