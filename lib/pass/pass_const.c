/* What is constant, and how a node gives way to the constants it computes. */
#include <string.h>

#include "pass/pass_frame.h"

/* A sparse initializer as a dense tensor, within the size limit and the budget; else it
 * stays what it is and is no constant. Coordinates are flat or one row a value
 * (SparseTensorProto); one outside of the shape leaves the value alone as well. */
static of_status of_dense(of_pass *p, of_value *v)
{
    const of_sparse *sp = v->init->sparse;
    of_tensor *t = NULL, *val = sp->values, *idx = sp->indices;
    int64_t count;
    size_t bytes, rank = sp->rank, elem;
    of_status st = OF_OK;
    bool flat, ok;

    if (!val || !idx || val->rank != 1 || val->dtype == OF_STRING || of_dtype_packed((of_dtype)val->dtype) ||
        idx->dtype != OF_INT64 || !of_tensor_size((of_dtype)val->dtype, sp->dims, rank, &count, &bytes) ||
        count > p->o->input_size_limit)
        return OF_OK;
    flat = idx->rank == 1 && idx->count == val->count;
    ok = flat || (idx->rank == 2 && idx->dims[0] == val->count && (uint64_t)idx->dims[1] == rank);
    if (!ok) return OF_OK;
    of_err_clear(&p->why);
    OF_TRY_TO(out, st, of_tensor_load(val, &p->why));
    OF_TRY_TO(out, st, of_tensor_load(idx, &p->why));
    OF_TRY_TO(out, st, of_tensor_new_data(p->alloc, &p->budget, (of_dtype)val->dtype, sp->dims, rank, false, &t,
                                          &p->why));
    elem = of_dtypes[val->dtype].mem;
    for (int64_t i = 0; ok && i < val->count; i++) {
        const int64_t *at = (const int64_t *)idx->data + (flat ? (size_t)i : (size_t)i * rank);
        int64_t pos = 0;

        for (size_t k = 0; !flat && ok && k < rank; k++) {
            ok = at[k] >= 0 && at[k] < sp->dims[k];
            if (ok) pos = pos * sp->dims[k] + at[k];
        }
        if (flat) pos = at[0];
        ok = ok && pos >= 0 && pos < count;
        if (ok)
            memcpy((char *)t->data + (size_t)pos * elem, (const char *)val->data + (size_t)i * elem, elem);
    }
    if (ok) st = of_value_set_const(v, &t->base);
out:
    of_tensor_unref(t);
    if (of_pass_fatal(p, st)) return of_fail(p->err, st, "%s", p->why.msg);
    return OF_OK;
}

of_status of_pass_setup_consts(of_pass *p)
{
    of_model *m = p->m;

    for (size_t i = 0; i < m->n_values; i++) {
        of_value *v = m->values[i];
        bool is;

        if (!v || !v->init || !v->graph) continue;
        is = !(v->flags & OF_VALUE_PINNED) &&
             (!(v->flags & OF_VALUE_INPUT) ||
              (p->o->initializer_inputs_constant && v->graph == m->graph));
        if (!is) OF_TRY(of_value_set_const(v, NULL));
        else if (!v->cval && v->init->sparse) OF_TRY(of_dense(p, v));
        else if (!v->cval && v->init->tensor) OF_TRY(of_value_set_const(v, &v->init->tensor->base));
    }
    return OF_OK;
}

of_status of_pass_constant_node(of_pass *p, of_node *n)
{
    of_attr *a = n->attrs;
    of_value *v = of_out_value(n, 0);
    of_val *val = NULL;
    of_status st;

    if (!v || v->cval || n->n_out != 1 || !a || a->next || !of_sym_empty(a->ref) ||
        (v->flags & OF_VALUE_PINNED))
        return OF_OK;
    if (a->type == OF_A_TENSOR && of_sym_is(a->name, "value")) {
        /* shared, and not loaded before something reads it */
        val = a->u.t ? of_val_ref(&a->u.t->base) : NULL;
    } else {
        of_err_clear(&p->why);
        st = of_eval_node(&p->ev, n, NULL, 0, &val, 1, &p->why);
        if (of_pass_fatal(p, st)) return of_fail(p->err, st, "%s", p->why.msg);
    }
    if (!val) return OF_OK;
    st = of_value_set_const(v, val);
    of_val_unref(val);
    if (st == OF_OK && p->infers) {
        const of_type *t = of_type_of_val(p->m, v->cval);
        if (!t) return of_pass_nomem(p);
        v->type = t;
    }
    return st;
}

/* Whether g is `in` or below it. */
static bool of_graph_within(const of_graph *g, const of_node *owner)
{
    for (; g && g->owner; g = g->owner->graph)
        if (g->owner == owner) return true;
    return false;
}

/* Whether what the bodies of n take from outside is constant. */
static of_status of_captures_const(of_pass *p, of_node *n, bool *yes)
{
    of_body_iter it = of_bodies(n);
    of_graph *g;
    of_status st = OF_OK;

    while (*yes && st == OF_OK && (g = of_body_next(&it)) != NULL) {
        of_walk w;
        of_node *b;

        OF_TRY(of_walk_init(&w, p->alloc, g, false));
        while (*yes) {
            st = of_walk_next(&w, &b);
            if (st != OF_OK || !b) break;
            if (of_node_bound(b)) *yes = false;
            for (uint32_t i = 0; *yes && i < b->n_in; i++) {
                const of_value *v = b->in[i].value;
                if (v && !v->cval && !of_graph_within(v->graph, n)) *yes = false;
            }
            /* the outputs of b's bodies may be outer values too */
            of_body_iter in = of_bodies(b);
            for (const of_graph *h = of_body_next(&in); *yes && h; h = of_body_next(&in))
                for (size_t i = 0; i < h->n_outputs; i++)
                    if (!h->outputs[i].value->cval && !of_graph_within(h->outputs[i].value->graph, n)) *yes = false;
        }
        of_walk_free(&w);
        for (size_t i = 0; *yes && i < g->n_outputs; i++)
            if (!g->outputs[i].value->cval && !of_graph_within(g->outputs[i].value->graph, n)) *yes = false;
    }
    if (st != OF_OK) return of_pass_nomem(p);
    return OF_OK;
}

/* Appends v to the values that may be released. */
static of_status of_append(of_pass *p, size_t *k, of_value *v)
{
    OF_TRY(of_pass_scratch_in(p, *k + 1));
    p->in_values[(*k)++] = v;
    return OF_OK;
}

of_status of_pass_captures(of_pass *p, of_node *n, size_t *k)
{
    of_walk w;
    of_node *b;
    of_status st = OF_OK;
    of_body_iter it = of_bodies(n);

    for (of_graph *g = of_body_next(&it); st == OF_OK && g; g = of_body_next(&it)) {
        for (size_t i = 0; st == OF_OK && i < g->n_outputs; i++)
            if (!of_graph_within(g->outputs[i].value->graph, n)) st = of_append(p, k, g->outputs[i].value);
        if (st != OF_OK) break;
        OF_TRY(of_walk_init(&w, p->alloc, g, false));
        for (;;) {
            st = of_walk_next(&w, &b);
            if (st != OF_OK) st = of_pass_nomem(p);
            if (st != OF_OK || !b) break;
            for (uint32_t i = 0; st == OF_OK && i < b->n_in; i++) {
                of_value *v = b->in[i].value;
                if (v && !of_graph_within(v->graph, n)) st = of_append(p, k, v);
            }
            if (st != OF_OK) break;
        }
        of_walk_free(&w);
    }
    return st;
}

of_status of_pass_all_const(of_pass *p, of_node *n, bool *yes)
{
    *yes = false;
    for (uint32_t i = 0; i < n->n_in; i++)
        if (n->in[i].value && !n->in[i].value->cval) return OF_OK;
    if (of_node_bound(n)) return OF_OK;
    *yes = true;
    return of_captures_const(p, n, yes);
}

/* Undoes what of_materialize did for the outputs before `end`. */
static void of_unmaterialize(of_pass *p, of_node *n, uint32_t end)
{
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *v = n->out[i];
        if (!v) continue;
        if (i < end && v->init) (void)of_value_drop_init(p->m, v);
        if (i < end && v->producer && v->producer != n) of_node_unlink(v->producer);
        (void)of_value_set_const(v, NULL);
        v->producer = n;
    }
}

/* Every used output becomes an initializer or gets a Constant node behind n. */
static of_status of_materialize(of_pass *p, of_node *n, of_val *const *val)
{
    bool inits = of_pass_inits(p, n->graph);

    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i]) n->out[i]->producer = NULL;
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *v = n->out[i];
        of_tensor *t = v ? of_val_tensor(val[i]) : NULL;
        of_status st;

        if (!v || !v->n_uses) continue;
        st = inits ? of_value_set_init(p->m, v, t, p->err)
                   : of_make_constant_node(p->m, n->graph, n->next, v, t, p->err);
        if (st != OF_OK) {
            of_unmaterialize(p, n, i);
            return st;
        }
    }
    return OF_OK;
}

of_status of_pass_commit(of_pass *p, of_node *n, of_val *const *val, of_fate fate, size_t by)
{
    size_t k = 0;
    of_value **was = NULL;

    OF_TRY(of_pass_scratch_in(p, n->n_in));
    OF_TRY(of_pass_scratch_out(p, n->n_out));
    for (uint32_t i = 0; i < n->n_out; i++) {
        if (!n->out[i] || !n->out[i]->n_uses) continue;
        p->out_type[i] = of_type_of_val(p->m, val[i]);
        if (!p->out_type[i]) return of_pass_nomem(p);
    }
    if (p->o->metadata) {
        was = OF_NEW_N(&p->m->arena, of_value *, n->n_in);
        if (!was) return of_pass_nomem(p);
    }
    OF_TRY(of_materialize(p, n, val));
    for (uint32_t i = 0; i < n->n_in; i++) {
        if (was) was[i] = n->in[i].value;
        if (n->in[i].value) p->in_values[k++] = n->in[i].value;
    }
    n->was_in = was;
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *v = n->out[i];
        if (!v || !v->n_uses) continue;
        OF_TRY(of_value_set_const(v, val[i]));
        v->type = p->out_type[i];
        v->known = NULL;
        v->n_known = 0;
        v->flags |= OF_VALUE_FOLDED;
        v->origin = n;
    }
    /* The outputs have their constants by now: n must not take them along. */
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && n->out[i]->n_uses) n->out[i] = NULL;
    of_pass_unlink(p, n, fate, by);
    of_pass_applied(p, by, 1);
    return OF_OK;
}
