/* Folding: a node whose inputs are constant gives way to what it computes. */
#include <string.h>

#include "pass/pass_frame.h"

of_status of_pass_kept(of_pass *p, of_node *n, of_reason why, int64_t number, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    of_why *more;

    n->why = (uint8_t)why;
    if (n->rest) n->rest->why = NULL;
    if (!number && !len) return OF_OK;
    more = OF_NEW(&p->m->arena, of_why);
    if (!more || !of_node_more(p->m, n)) return of_pass_nomem(p);
    more->number = number;
    if (len) {
        more->text.p = (const char *)of_arena_dup(&p->m->arena, text, len);
        if (!more->text.p) return of_pass_nomem(p);
        more->text.n = len;
    }
    n->rest->why = more;
    return OF_OK;
}

static void of_value_size(const of_node *n, of_val *const *val, uint64_t *bytes, uint64_t *largest)
{
    *bytes = 0;
    *largest = 0;
    for (uint32_t i = 0; i < n->n_out; i++) {
        const of_tensor *t = n->out[i] && n->out[i]->n_uses ? of_val_tensor(val[i]) : NULL;
        if (!t) continue;
        *bytes = of_sat_add(*bytes, t->bytes);
        if ((uint64_t)t->count > *largest) *largest = (uint64_t)t->count;
    }
}

static bool of_all_tensors(const of_node *n, of_val *const *val)
{
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && n->out[i]->n_uses && val[i]->kind != OF_VAL_TENSOR) return false;
    return true;
}

/* The same bytes under another shape need not be read: true when n is such a node and
 * its result is settled by infer. *st tells how it went. */
static bool of_reshape_only(of_pass *p, of_node *n, of_status *st)
{
    const of_value *v = of_out_value(n, 0);
    of_tensor *t = n->n_in && n->in[0].value ? of_val_tensor(n->in[0].value->cval) : NULL, *r = NULL;
    int64_t dims[OF_MAX_RANK], count;
    size_t bytes;

    if (!t || !v || n->n_out != 1 || t->data || t->dtype == OF_STRING || !v->type ||
        v->type->kind != OF_T_TENSOR || v->type->dtype != t->dtype || !of_shape_is_static(&v->type->shape))
        return false;
    if (!of_node_is(n, "Reshape") && !of_node_is(n, "Squeeze") && !of_node_is(n, "Unsqueeze") &&
        !of_node_is(n, "Flatten") && !of_node_is(n, "Identity"))
        return false;
    for (int32_t k = 0; k < v->type->shape.rank; k++) dims[k] = v->type->shape.d[k].k;
    if (!of_tensor_size((of_dtype)t->dtype, dims, (size_t)v->type->shape.rank, &count, &bytes) ||
        count != t->count)
        return false;
    *st = of_tensor_reshaped(t, dims, (size_t)v->type->shape.rank, &r, &p->why);
    p->out_val[0] = *st == OF_OK ? &r->base : NULL;
    return true;
}

/* ---- ConstantOfShape that the list of excluded operators keeps ----
 *
 * It stays so that the model keeps no elements that are all alike. A node that makes something
 * else of them and of constants is worth no less than one over constants alone. */
static bool of_kept_fill(const of_pass *p, const of_value *v)
{
    const of_node *s = v->producer;
    uint64_t bytes, largest;

    return s && s->linked && s->why == OF_WHY_EXCLUDED_OP && of_node_is(s, "ConstantOfShape") && s->n_in == 1 &&
           !(v->flags & OF_VALUE_PINNED) && of_in_value(s, 0) && s->in[0].value->cval &&
           of_policy_static_size(s, &bytes, &largest) && largest <= (uint64_t)p->o->input_size_limit;
}

/* Whether n computes from such values and constants, and from both. */
static bool of_over_fills(const of_pass *p, of_node *n)
{
    const of_op *op = of_op_of_node(n);
    bool fill = false, constant = false;

    if (!p->on[OF_PASS_FOLD] || n->n_in < 2 || !op || op->eval == of_eval_none ||
        (op->flags & (OF_OP_RANDOM | OF_OP_CONTROL | OF_OP_MOVES)) || of_has_bodies(n) || of_node_bound(n))
        return false;
    for (uint32_t i = 0; i < n->n_in; i++) {
        const of_value *v = n->in[i].value;
        if (!v) continue;
        if (v->cval) constant = true;
        else if (of_kept_fill(p, v)) fill = true;
        else return false;
    }
    return fill && constant;
}

/* p->in_val: the inputs' values; those of kept nodes are computed, and not the inputs' own. */
static of_status of_take_inputs(of_pass *p, of_node *n)
{
    of_status st = OF_OK;

    for (uint32_t i = 0; i < n->n_in; i++) {
        const of_value *v = n->in[i].value;
        p->in_val[i] = v ? v->cval : NULL;
    }
    for (uint32_t i = 0; st == OF_OK && i < n->n_in; i++) {
        const of_value *v = n->in[i].value;
        if (v && !v->cval) st = of_eval_node(&p->ev, v->producer, &v->producer->in[0].value->cval, 1, &p->in_val[i], 1, &p->why);
    }
    return st;
}

static void of_give_inputs_back(of_pass *p, const of_node *n)
{
    for (uint32_t i = 0; i < n->n_in; i++)
        if (n->in[i].value && !n->in[i].value->cval) of_val_unref(p->in_val[i]);
}

static of_status of_evaluate(of_pass *p, of_node *n)
{
    of_budget *b = &p->budget;
    uint64_t one = b->one_max, steps = b->steps_max, was = b->bytes_used, in_bytes = 0, kept, largest;
    double t = of_clock();
    of_body_iter it = of_bodies(n);
    of_status st;

    for (uint32_t i = 0; i < n->n_in; i++) {
        of_value *v = n->in[i].value;
        const of_tensor *x = v ? of_val_tensor(v->cval) : NULL;
        if (x) in_bytes = of_sat_add(in_bytes, x->bytes);
    }
    for (uint32_t i = 0; i < n->n_out; i++) p->out_val[i] = NULL;
    of_err_clear(&p->why);
    /* One result may be as large as what it comes from; one loop takes no more than its
     * share of the work that is left. */
    if (in_bytes > one) b->one_max = in_bytes;
    if (of_body_next(&it) && b->steps_max != UINT64_MAX)
        b->steps_max = b->steps_used + (b->steps_max - b->steps_used) / 8;
    if (!of_reshape_only(p, n, &st)) {
        st = of_take_inputs(p, n);
        if (st == OF_OK) st = of_eval_node(&p->ev, n, p->in_val, n->n_in, p->out_val, n->n_out, &p->why);
        of_give_inputs_back(p, n);
    }
    b->one_max = one;
    b->steps_max = steps;
    /* Intermediate results of bodies are gone by now: only what is handed over counts
     * (a sequence is left charged with all that its making took). */
    if (st != OF_OK) b->bytes_used = was;
    else if (of_all_tensors(n, p->out_val)) {
        of_value_size(n, p->out_val, &kept, &largest);
        b->bytes_used = of_sat_add(was, kept);
    }
    p->t_fold += of_clock() - t;
    return st;
}

static void of_drop_results(of_pass *p, const of_node *n)
{
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_val_unref(p->out_val[i]);
        p->out_val[i] = NULL;
    }
}

/* Bytes that can be read again need not stay in memory. */
static void of_unload_inputs(const of_node *n)
{
    for (uint32_t i = 0; i < n->n_in; i++) {
        of_tensor *t = n->in[i].value ? of_val_tensor(n->in[i].value->cval) : NULL;
        if (t && t->loader && t->bytes > 65536) of_tensor_unload(t);
    }
}

/* Sequences and optionals have no initializer: the node stays until only folded nodes
 * needed it. */
static of_status of_keep_value(of_pass *p, of_node *n)
{
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *v = n->out[i];
        if (!v || !p->out_val[i] || (v->flags & OF_VALUE_PINNED)) continue;
        OF_TRY(of_value_set_const(v, p->out_val[i]));
        OF_TRY(of_pass_push_users(p, v));
    }
    return of_pass_kept(p, n, OF_WHY_NOT_EXPRESSIBLE, 0, NULL);
}

static of_status of_fold_done(of_pass *p, of_node *n, uint64_t bytes, bool *done)
{
    uint64_t freed = of_policy_freed(n);
    size_t k = 0, end;

    of_unload_inputs(n);
    if (!of_all_tensors(n, p->out_val)) {
        *done = true;
        return of_keep_value(p, n);
    }
    for (uint32_t i = 0; i < n->n_in; i++)
        if (n->in[i].value) k++;
    OF_TRY(of_pass_scratch_in(p, k + n->n_out));
    /* the values that may now be released, then those that users may now fold on */
    for (uint32_t i = 0; i < n->n_out; i++) p->in_values[k + i] = n->out[i];
    end = k + n->n_out;
    if (n->attrs) OF_TRY(of_pass_captures(p, n, &end));
    OF_TRY(of_pass_commit(p, n, p->out_val, OF_FOLDED, OF_PASS_FOLD));
    *done = true;
    p->growth += bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
    p->growth -= freed > INT64_MAX ? INT64_MAX : (int64_t)freed;
    p->r->folded_bytes += bytes;
    for (uint32_t i = 0; i < n->n_out; i++)
        if (p->in_values[k + i]) OF_TRY(of_pass_push_users(p, p->in_values[k + i]));
    for (size_t i = 0; i < end; i++)
        if (i < k || i >= k + n->n_out) OF_TRY(of_pass_release(p, p->in_values[i]));
    return OF_OK;
}

static of_reason of_reason_of(of_status st)
{
    if (st == OF_E_UNSUPPORTED) return OF_WHY_NO_EVALUATOR;
    return st == OF_E_BUDGET ? OF_WHY_BUDGET : OF_WHY_EVAL_FAILED;
}

/* What is over constants alone has a reason to be kept; for the rules any other is open. */
static of_status of_refused(of_pass *p, of_node *n, const of_verdict *v, bool fills)
{
    bool news = n->why == OF_WHY_NONE;

    if (fills) return OF_OK;
    OF_TRY(of_pass_kept(p, n, v->why, v->number, NULL));
    news = news && v->why == OF_WHY_EXCLUDED_OP && of_node_is(n, "ConstantOfShape") && n->out[0];
    return news ? of_pass_push_users(p, n->out[0]) : OF_OK;
}

of_status of_pass_fold(of_pass *p, of_node *n, bool *done)
{
    const of_op *op;
    of_verdict v;
    uint64_t bytes, largest;
    of_status st;
    bool yes, fills, sized;

    *done = false;
    if (n->why == OF_WHY_NOT_EXPRESSIBLE || n->n_out == 0) return OF_OK;
    OF_TRY(of_pass_all_const(p, n, &yes));
    fills = !yes && of_over_fills(p, n);
    if (!yes && !fills) return OF_OK;
    if (!p->on[OF_PASS_FOLD]) return of_pass_kept(p, n, OF_WHY_PASS_OFF, 0, NULL);
    OF_TRY(of_policy_judge(p, n, &v));
    op = of_op_of_node(n);
    if (v.fold && op && op->eval == of_eval_none && !p->o->n_custom) {
        v.fold = false;
        v.why = OF_WHY_NO_EVALUATOR;
    }
    sized = of_policy_static_size(n, &bytes, &largest);
    if (fills && !sized) return OF_OK;
    if (v.fold && sized) of_policy_size(p, n, bytes, largest, &v);
    if (!v.fold) return of_refused(p, n, &v, fills);
    OF_TRY(of_pass_scratch_in(p, n->n_in));
    OF_TRY(of_pass_scratch_out(p, n->n_out));
    st = of_evaluate(p, n);
    if (st != OF_OK) {
        of_drop_results(p, n);
        if (of_pass_fatal(p, st)) {
            of_status r = of_fail(p->err, st, "%s", p->why.msg);
            of_err_at_node(p->err, n);
            return r;
        }
        of_unload_inputs(n);
        return fills ? OF_OK : of_pass_kept(p, n, of_reason_of(st), 0, p->why.msg);
    }
    of_value_size(n, p->out_val, &bytes, &largest);
    of_policy_size(p, n, bytes, largest, &v);
    if (!v.fold) {
        of_unload_inputs(n);
        st = of_refused(p, n, &v, fills);
        p->budget.bytes_used -= p->budget.bytes_used < bytes ? p->budget.bytes_used : bytes;
    } else
        st = of_fold_done(p, n, bytes, done);
    of_drop_results(p, n);
    return st;
}
