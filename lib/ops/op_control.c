/* If, Loop, SequenceMap. Bodies run through c->run_body, one after the other; a body that
 * is nested adds one level, which the evaluator bounds. */
#include "ops/op_body.h"
#include "ops/op_protos.h"

#include <string.h>

/* ---- shared with Scan ---- */

of_status of_need_body(of_opctx *c, const char *name, of_graph **g)
{
    OF_TRY(of_get_graph(c, name, g));
    if (!*g) return OF_INVALID(c, "attribute %s is missing", name);
    return OF_OK;
}

of_status of_body_run_new(of_opctx *c, of_graph *body, size_t n_in, size_t n_state, size_t first, of_body_run **out)
{
    of_body_run *r = OF_NEW(c->tmp, of_body_run);

    if (!r) return of_nomem(c->err);
    if (body->n_inputs != n_in)
        return OF_INVALID(c, "%zu values for a body with %zu inputs", n_in, body->n_inputs);
    if (body->n_outputs < first + n_state || body->n_outputs - first < c->node->n_out)
        return OF_INVALID(c, "a body has only %zu outputs", body->n_outputs);
    r->body = body;
    r->n_in = n_in;
    r->n_state = n_state;
    r->first = first;
    r->n_out = body->n_outputs;
    r->n_scan = r->n_out - first - n_state;
    r->in = OF_NEW_N(c->tmp, of_val *, n_in);
    r->out = OF_NEW_N(c->tmp, of_val *, r->n_out);
    r->scan = OF_NEW_N(c->tmp, of_seq *, r->n_scan);
    if (!r->in || !r->out || !r->scan) return of_nomem(c->err);
    *out = r;
    return OF_OK;
}

void of_body_run_free(of_body_run *r)
{
    for (size_t i = 0; r && i < r->n_in; i++) of_val_unref(r->in[i]);
    for (size_t i = 0; r && i < r->n_scan; i++)
        if (r->scan[i]) of_val_unref(&r->scan[i]->base);
}

void of_body_set(of_body_run *r, size_t i, of_val *v)
{
    of_val_unref(r->in[i]);
    r->in[i] = v;
}

of_status of_body_trip(of_opctx *c, of_body_run *r)
{
    of_status st = OF_OK;

    OF_TRY(of_work(c, 256 + 8 * ((uint64_t)r->n_in + r->n_out)));
    OF_TRY(of_work_items(c, r->n_scan));
    OF_TRY(c->run_body(c, r->body, r->in, r->n_in, r->out, r->n_out));
    for (size_t i = 0; i < r->first + r->n_state; i++)
        of_body_set(r, r->in_state - r->first + i, r->out[i]);
    for (size_t i = 0; i < r->n_scan; i++) {
        of_val *v = r->out[r->first + r->n_state + i];
        if (st == OF_OK && !r->scan[i]) st = of_seq_new(c->alloc, OF_VAL_SEQUENCE, &r->scan[i], c->err);
        if (st == OF_OK) st = of_seq_push(r->scan[i], v, c->err);
        of_val_unref(v);
    }
    return st;
}

of_status of_body_empty(of_opctx *c, const of_body_run *r, size_t i, int64_t axis, of_tensor **out)
{
    const of_type *t = r->body->outputs[r->first + r->n_state + i].value->type;
    const of_arena_mark mark = of_arena_save(c->tmp);
    int64_t *dims = (int64_t *)of_tmp(c, OF_MAX_RANK + 1, sizeof(int64_t));
    of_status st;

    if (!dims) return of_nomem(c->err);
    if (!t || t->kind != OF_T_TENSOR || !t->dtype || !of_shape_is_static(&t->shape) ||
        t->shape.rank >= OF_MAX_RANK)
        return OF_UNSUP(c, "no trips, and the shape of what a body gives is not known");
    OF_TRY(of_norm_axis(c, axis, t->shape.rank, 1, &axis));
    for (int64_t k = 0; k <= t->shape.rank; k++) dims[k] = k == axis ? 0 : t->shape.d[k > axis ? k - 1 : k].k;
    st = of_tensor_new_data(c->alloc, c->budget, (of_dtype)t->dtype, dims, (size_t)t->shape.rank + 1, false, out,
                            c->err);
    of_arena_restore(c->tmp, mark);
    return st;
}

of_status of_body_scanned(of_opctx *c, of_body_run *r, size_t i, int64_t axis, bool reverse, of_tensor **out)
{
    const of_seq *s = r->scan[i];

    if (!s || !s->n) return of_body_empty(c, r, i, axis, out);
    return of_stack(c, s->item, s->n, axis, true, reverse, out);
}

/* Whether d is also a dim of what the node is given, and so the same on every trip. */
static bool given_dim(const of_opctx *c, of_dim d)
{
    for (uint32_t i = 0; i < c->n_in && of_dim_known(d); i++) {
        const of_shape *s = of_in_shape(c, i);
        for (int32_t k = 0; k < s->rank; k++)
            if (of_dim_same(s->d[k], d)) return true;
    }
    return false;
}

of_status of_body_numeric(of_opctx *c, const of_type *t, int64_t axis, of_dim len, const of_type **out)
{
    of_type *r = OF_NEW(&c->m->arena, of_type);

    *out = r;
    if (!r) return of_nomem(c->err);
    r->kind = OF_T_TENSOR;
    r->shape = of_shape_unknown();
    if (!t || t->kind != OF_T_TENSOR) return OF_OK;
    r->dtype = t->dtype;
    if (t->shape.rank < 0 || t->shape.rank >= OF_MAX_RANK) return OF_OK;
    OF_TRY(of_norm_axis(c, axis, t->shape.rank, 1, &axis));
    OF_TRY(of_type_dims(c, r, t->shape.rank + 1));
    for (int64_t k = 0; k <= t->shape.rank; k++) {
        const of_dim d = k == axis ? len : t->shape.d[k > axis ? k - 1 : k];
        if (k == axis || of_dim_is_num(d) || given_dim(c, d)) r->shape.d[k] = d;
    }
    return OF_OK;
}

/* The one bool of a condition. */
static of_status one_bool(of_opctx *c, of_val *v, bool *b)
{
    of_tensor *t = of_val_tensor(v);

    if (!t || t->dtype != OF_BOOL || t->count != 1) return OF_INVALID(c, "a condition is not a single bool");
    OF_TRY(of_tensor_load(t, c->err));
    *b = *(const uint8_t *)t->data != 0;
    return OF_OK;
}

/* ---- If ---- */

of_status of_infer_If(of_opctx *c)
{
    of_graph *yes, *no;

    OF_TRY(of_need_body(c, "then_branch", &yes));
    OF_TRY(of_need_body(c, "else_branch", &no));
    if (yes->n_inputs || no->n_inputs) return OF_INVALID(c, "a branch has inputs");
    if (yes->n_outputs < c->node->n_out || no->n_outputs < c->node->n_out)
        return OF_INVALID(c, "a branch has too few outputs");
    if (c->evaluating) return OF_OK;
    /* the condition may be known before it is a constant */
    if (c->n_in && c->in_known_n[0] == 1 && of_dim_is_num(c->in_known[0][0])) {
        if (c->in_known[0][0].k) no = yes;
        else yes = no;
    }
    for (uint32_t i = 0; i < c->node->n_out; i++) {
        of_status st;
        const of_type *t = of_type_common(c, yes->outputs[i].value->type, no->outputs[i].value->type, &st);
        OF_TRY(st);
        OF_TRY(of_set_out_type(c, i, t));
    }
    return OF_OK;
}

of_status of_eval_If(of_opctx *c)
{
    of_graph *g;
    of_val **out;
    bool cond = false;

    if (!of_has_in(c, 0)) return OF_INVALID(c, "the condition is absent");
    OF_TRY(one_bool(c, c->in_const[0], &cond));
    OF_TRY(of_need_body(c, cond ? "then_branch" : "else_branch", &g));
    out = OF_NEW_N(c->tmp, of_val *, g->n_outputs);
    if (!out) return of_nomem(c->err);
    OF_TRY(c->run_body(c, g, NULL, 0, out, g->n_outputs));
    for (uint32_t i = 0; i < g->n_outputs; i++) {
        if (i < c->node->n_out) OF_TRY(of_out_val(c, i, out[i]));
        else of_val_unref(out[i]);
    }
    return OF_OK;
}

/* ---- Loop: inputs M, cond, initial values; the body has trip, cond, values and gives
 * cond, values, scan outputs ---- */

static of_status loop_body(of_opctx *c, of_graph **body, uint32_t *n)
{
    *n = c->n_in > 2 ? c->n_in - 2 : 0;
    OF_TRY(of_need_body(c, "body", body));
    if ((*body)->n_inputs != (size_t)*n + 2)
        return OF_INVALID(c, "%u initial values for a body with %zu inputs", *n, (*body)->n_inputs);
    if ((*body)->n_outputs < (size_t)*n + 1 || (*body)->n_outputs - 1 < c->node->n_out)
        return OF_INVALID(c, "the body has only %zu outputs", (*body)->n_outputs);
    for (uint32_t i = 0; i < *n; i++)
        if (!of_has_in(c, i + 2)) return OF_INVALID(c, "initial value %u is absent", i);
    return OF_OK;
}

of_status of_infer_Loop(of_opctx *c)
{
    of_graph *g;
    uint32_t n;

    OF_TRY(loop_body(c, &g, &n));
    if (c->evaluating) return OF_OK;
    for (uint32_t i = 0; i < c->node->n_out; i++) {
        const of_type *body = g->outputs[i + 1].value->type, *t;
        of_status st = OF_OK;
        if (i < n) t = of_type_common(c, of_in_type(c, i + 2), body, &st);
        else st = of_body_numeric(c, body, 0, of_dim_unknown(), &t);
        OF_TRY(st);
        OF_TRY(of_set_out_type(c, i, t));
    }
    return OF_OK;
}

/* A scalar, or of shape [1] where the body declares one axis. */
static of_status loop_scalar(of_opctx *c, const of_graph *body, size_t i, of_dtype dt, int64_t v, of_val **out)
{
    const of_type *ty = body->inputs[i]->type;
    const bool axis = ty && ty->kind == OF_T_TENSOR && ty->shape.rank == 1;
    const int64_t one = 1;
    of_tensor *t;

    OF_TRY(of_tensor_new_data(c->alloc, c->budget, dt, &one, axis, false, &t, c->err));
    if (dt == OF_BOOL) *(uint8_t *)t->data = v != 0;
    else *(int64_t *)t->data = v;
    *out = &t->base;
    return OF_OK;
}

static of_status loop_trips(of_opctx *c, int64_t *m)
{
    of_tensor *t;

    *m = INT64_MAX;
    if (!of_has_in(c, 0)) return OF_OK;
    t = of_val_tensor(c->in_const[0]);
    if (!t || t->dtype != OF_INT64 || t->count != 1) return OF_INVALID(c, "the trip count is not a single int64");
    OF_TRY(of_tensor_load(t, c->err));
    *m = *(const int64_t *)t->data;
    return OF_OK;
}

static of_status loop_run(of_opctx *c, of_body_run *r)
{
    const bool has_cond = of_has_in(c, 1);
    const int64_t max = c->budget->trips_max ? (int64_t)c->budget->trips_max : INT64_MAX;
    bool go = true;
    int64_t m;
    of_val *v;

    OF_TRY(loop_trips(c, &m));
    if (!has_cond && m > max) return of_op_fail(c, OF_E_BUDGET, "%lld trips", (long long)m);
    if (has_cond) OF_TRY(one_bool(c, c->in_const[1], &go));
    OF_TRY(loop_scalar(c, r->body, 1, OF_BOOL, go, &v));
    of_body_set(r, 1, v);
    for (size_t i = 0; i < r->n_state; i++) of_body_set(r, i + 2, of_val_ref(c->in_const[i + 2]));
    for (int64_t t = 0; t < m && go; t++) {
        if (t >= max) return of_op_fail(c, OF_E_BUDGET, "more than %lld trips", (long long)max);
        OF_TRY(loop_scalar(c, r->body, 0, OF_INT64, t, &v));
        of_body_set(r, 0, v);
        OF_TRY(of_body_trip(c, r));
        OF_TRY(one_bool(c, r->in[1], &go));
        /* Without the input cond the standard ignores what the body says, runtimes do not. */
        if (!has_cond && !go && t + 1 < m) return OF_UNSUP(c, "a condition that the loop does not have");
    }
    for (uint32_t i = 0; i < c->node->n_out; i++) {
        of_tensor *t;
        if (!of_wants_out(c, i)) continue;
        if (i < r->n_state) {
            OF_TRY(of_out_val(c, i, of_val_ref(r->in[i + 2])));
            continue;
        }
        OF_TRY(of_body_scanned(c, r, i - r->n_state, 0, false, &t));
        OF_TRY(of_out_val(c, i, &t->base));
    }
    return OF_OK;
}

of_status of_eval_Loop(of_opctx *c)
{
    of_body_run *r = NULL;
    of_graph *g;
    uint32_t n;
    of_status st;

    OF_TRY(loop_body(c, &g, &n));
    OF_TRY(of_body_run_new(c, g, (size_t)n + 2, n, 1, &r));
    r->in_state = 2;
    st = loop_run(c, r);
    of_body_run_free(r);
    return st;
}

/* ---- SequenceMap ---- */

/* What every item has in common: a symbol stands for another number in each. */
static of_status map_item(of_opctx *c, const of_type *t, const of_type **out)
{
    of_type *r;

    *out = t;
    if (!t || t->kind != OF_T_TENSOR || t->shape.rank < 0 || of_shape_is_static(&t->shape)) return OF_OK;
    r = OF_NEW(&c->m->arena, of_type);
    *out = r;
    if (!r) return of_nomem(c->err);
    *r = *t;
    OF_TRY(of_type_dims(c, r, t->shape.rank));
    for (int32_t k = 0; k < t->shape.rank; k++)
        if (of_dim_is_num(t->shape.d[k])) r->shape.d[k] = t->shape.d[k];
    return OF_OK;
}

of_status of_infer_SequenceMap(of_opctx *c)
{
    const of_type *t = of_in_type(c, 0);
    of_graph *g;

    OF_TRY(of_need_body(c, "body", &g));
    if (!of_has_in(c, 0) || (t && t->kind != OF_T_SEQUENCE)) return OF_INVALID(c, "input 0 is no sequence");
    if (g->n_inputs != c->n_in) return OF_INVALID(c, "%u inputs, %zu of the body", c->n_in, g->n_inputs);
    if (g->n_outputs < c->node->n_out) return OF_INVALID(c, "the body has only %zu outputs", g->n_outputs);
    for (uint32_t i = 0; i < c->node->n_out && !c->evaluating; i++) {
        OF_TRY(map_item(c, g->outputs[i].value->type, &t));
        t = of_type_of_many(c, OF_T_SEQUENCE, t);
        if (!t) return OF_E_NOMEM;
        OF_TRY(of_set_out_type(c, i, t));
    }
    return OF_OK;
}

static of_status map_run(of_opctx *c, of_body_run *r)
{
    const of_seq *s = of_val_seq(c->in_const[0]);

    for (size_t i = 0; i < r->n_scan; i++)
        OF_TRY(of_seq_new(c->alloc, OF_VAL_SEQUENCE, &r->scan[i], c->err));
    for (size_t t = 0; t < s->n; t++) {
        for (size_t i = 0; i < r->n_in; i++) {
            of_val *v = c->in_const[i];
            const of_seq *q = of_val_seq(v);
            if (!v) return OF_INVALID(c, "input %zu is absent", i);
            if (q && q->n != s->n) return OF_INVALID(c, "sequences of %zu and %zu items", s->n, q->n);
            of_body_set(r, i, of_val_ref(q ? q->item[t] : v));
        }
        OF_TRY(of_body_trip(c, r));
    }
    for (uint32_t i = 0; i < c->node->n_out; i++) {
        of_seq *q = r->scan[i];
        const of_type *ty = r->body->outputs[i].value->type;
        const of_tensor *first = q->n ? of_val_tensor(q->item[0]) : NULL;
        if (first) q->elem_dtype = first->dtype;
        else if (ty && ty->kind == OF_T_TENSOR) q->elem_dtype = ty->dtype;
        r->scan[i] = NULL;
        OF_TRY(of_out_val(c, i, &q->base));
    }
    return OF_OK;
}

of_status of_eval_SequenceMap(of_opctx *c)
{
    of_body_run *r = NULL;
    of_graph *g;
    of_status st;

    OF_TRY(of_need_body(c, "body", &g));
    if (!of_val_seq(c->in_const[0])) return OF_INVALID(c, "input 0 is no sequence");
    OF_TRY(of_body_run_new(c, g, c->n_in, 0, 0, &r));
    st = map_run(c, r);
    of_body_run_free(r);
    return st;
}
