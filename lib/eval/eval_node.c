/* One node: infer from what is known, or evaluate on values. */
#include <string.h>

#include "eval/eval.h"
#include "eval/eval_run.h"
#include "tensor/tensor.h"

void of_evaluator_init(of_evaluator *ev, of_model *m, of_budget *budget, uint32_t cpu_flags)
{
    memset(ev, 0, sizeof *ev);
    ev->m = m;
    ev->alloc = m->alloc;
    ev->budget = budget;
    ev->depth_max = 32;
    of_arena_init(&ev->tmp, m->alloc);
    of_kern_init(&ev->kern, cpu_flags);
}

void of_evaluator_free(of_evaluator *ev)
{
    if (!ev->m) return;
    for (size_t i = 0; i < ev->env_n; i++) of_val_unref(ev->env[i]);
    of_mem_free(ev->alloc, ev->env, ev->env_n * sizeof *ev->env);
    of_mem_free(ev->alloc, ev->left, ev->left_n * sizeof *ev->left);
    of_arena_free(&ev->tmp);
    ev->m = NULL;
}

static const of_custom_op *of_custom_find(const of_evaluator *ev, const of_node *n)
{
    for (size_t i = 0; i < ev->n_custom; i++) {
        const of_custom_op *u = &ev->custom[i];
        if (u->name.n == n->op_type->len && memcmp(u->name.p, n->op_type->s, u->name.n) == 0 &&
            (u->domain.n == n->domain->len ? memcmp(u->domain.p, n->domain->s, u->domain.n) == 0
                                           : u->domain.n == 0 && of_domain_is_default(n->domain)))
            return u;
    }
    return NULL;
}

static bool of_is_fatal(of_status s)
{
    return s == OF_E_NOMEM || s == OF_E_CANCELLED;
}

/* Inputs without the trailing absent ones. */
static uint32_t of_trimmed(const of_node *n, uint32_t n_in)
{
    while (n_in > 0 && !of_in_value(n, n_in - 1)) n_in--;
    return n_in;
}

/* What holds of every operator: the number of inputs and outputs, and that the required
 * inputs are there (Loop's first two may be absent: control operators check for themselves). */
static of_status of_check_arity(of_opctx *c)
{
    const of_op *op = c->op;

    if (c->n_in < op->min_in && !(op->flags & OF_OP_CONTROL))
        return OF_INVALID(c, "%u inputs where at least %u are due", c->n_in, op->min_in);
    if (op->max_in != 255 && c->n_in > op->max_in)
        return OF_INVALID(c, "%u inputs where at most %u are due", c->n_in, op->max_in);
    if (op->max_out != 255 && c->node->n_out > op->max_out)
        return OF_INVALID(c, "%u outputs where at most %u are due", c->node->n_out, op->max_out);
    if (op->flags & OF_OP_CONTROL) return OF_OK;
    for (uint32_t i = 0; i < op->min_in; i++)
        if (!of_has_in(c, i)) return OF_INVALID(c, "required input %u is absent", i);
    return OF_OK;
}

/* Scratch arrays of a context, all from tmp. */
static of_status of_ctx_init(of_evaluator *ev, of_opctx *c, of_node *n, uint32_t n_in, of_err *e)
{
    uint32_t n_out = n->n_out;
    size_t all;
    void **list;

    memset(c, 0, sizeof *c);
    c->node = n;
    c->op = of_op_of_node(n);
    c->opset = of_node_opset(n);
    c->m = ev->m;
    c->alloc = ev->alloc;
    c->tmp = &ev->tmp;
    c->budget = ev->budget;
    c->kern = &ev->kern;
    c->err = e;
    c->par = ev->has_par ? &ev->par : NULL;
    if (c->op && c->op->max_out != 255 && c->op->max_out > n_out) n_out = c->op->max_out;
    c->n_in = n_in;
    c->n_out = n_out;
    /* one block: six lists of pointers, two of numbers */
    all = (size_t)n_in + n_out;
    list = OF_NEW_N(c->tmp, void *, 4 * all + 1);
    if (!list) return of_nomem(e);
    c->in_type = (const of_type **)(void *)list;
    c->in_const = (of_val **)(void *)(list + n_in);
    c->in_known = (of_dim **)(void *)(list + 2 * (size_t)n_in);
    list += 3 * (size_t)n_in;
    c->out_type = (const of_type **)(void *)list;
    c->out_known = (of_dim **)(void *)(list + n_out);
    c->out = (of_val **)(void *)(list + 2 * (size_t)n_out);
    list += 3 * (size_t)n_out;
    c->in_known_n = (uint32_t *)(void *)list;
    c->out_known_n = c->in_known_n + n_in;
    c->run_body = of_eval_body;
    c->run_user = ev;
    c->bind = ev->bind;
    return OF_OK;
}

of_status of_eval_ctx(of_evaluator *ev, of_opctx *c, of_node *n, of_err *e)
{
    OF_TRY(of_ctx_init(ev, c, n, of_trimmed(n, n->n_in), e));
    for (uint32_t i = 0; i < c->n_in; i++) {
        of_value *v = of_in_value(n, i);
        if (!v) continue;
        c->in_type[i] = v->type;
        c->in_const[i] = v->cval;
        c->in_known[i] = v->known;
        c->in_known_n[i] = v->n_known;
        if (!v->type && v->cval) {
            c->in_type[i] = of_type_of_val(ev->m, v->cval);
            if (!c->in_type[i]) return of_nomem(e);
        }
    }
    return OF_OK;
}

of_status of_eval_infer(of_evaluator *ev, of_node *n, const of_type **out_type, of_dim **known, uint32_t *known_n,
                        of_err *e)
{
    of_arena_mark mark = of_arena_save(&ev->tmp);
    const of_custom_op *custom = of_custom_find(ev, n);
    of_err local;
    of_opctx c;
    of_status st;

    for (uint32_t i = 0; i < n->n_out; i++) {
        out_type[i] = NULL;
        known[i] = NULL;
        known_n[i] = 0;
    }
    of_err_clear(&local);
    OF_TRY_TO(out, st, of_eval_ctx(ev, &c, n, &local));
    if (custom && custom->infer) st = custom->infer(&c, custom->user);
    else if (c.op) {
        st = of_check_arity(&c);
        if (st == OF_OK) st = c.op->infer(&c);
    }
    if (st == OF_OK && of_dimtab_oom(ev->m->dims)) st = of_nomem(&local);
    if (st == OF_OK)
        for (uint32_t i = 0; i < n->n_out; i++) {
            out_type[i] = c.out_type[i];
            known[i] = c.out_known[i];
            known_n[i] = c.out_known_n[i];
        }
out:
    of_arena_restore(&ev->tmp, mark);
    if (st == OF_OK || !of_is_fatal(st)) return OF_OK;
    if (e && e->status == OF_OK) *e = local;
    return st;
}

/* Loads an input and unpacks 2-, 4- and 6-bit elements: *out is a new reference. */
static of_status of_prepare_input(of_val *v, of_val **out, of_err *e)
{
    of_tensor *t = of_val_tensor(v), *u;

    if (!t) {
        *out = of_val_ref(v);
        return OF_OK;
    }
    OF_TRY(of_tensor_load(t, e));
    if (t->unpacked || !of_dtype_packed((of_dtype)t->dtype)) {
        *out = of_val_ref(v);
        return OF_OK;
    }
    OF_TRY(of_tensor_unpack(t, &u, e));
    *out = &u->base;
    return OF_OK;
}

/* The exact type of a value, in tmp; of a sequence, what its element type is. */
static const of_type *of_exact_type(of_opctx *c, const of_val *v)
{
    of_type *top = NULL;
    const of_type **at = NULL;

    while (v) {
        of_type *ty = OF_NEW(c->tmp, of_type);
        const of_val *inner = NULL;

        if (!ty) return NULL;
        if (at) *at = ty;
        else top = ty;
        at = &ty->elem;
        if (v->kind == OF_VAL_TENSOR) {
            const of_tensor *t = (const of_tensor *)(const void *)v;
            ty->kind = OF_T_TENSOR;
            ty->dtype = t->dtype;
            ty->shape = of_shape_from(c, t->dims, t->rank);
            if (ty->shape.rank < 0) return NULL;
        } else if (v->kind == OF_VAL_MAP) { /* of its values; its keys are a tensor too */
            const of_seq *s = (const of_seq *)(const void *)v;
            of_type *el = OF_NEW(c->tmp, of_type);
            if (!el) return NULL;
            ty->kind = OF_T_MAP;
            ty->dtype = of_val_tensor(s->item[0])->dtype;
            el->kind = OF_T_TENSOR;
            el->dtype = of_val_tensor(s->item[1])->dtype;
            el->shape = of_shape_unknown();
            ty->elem = el;
        } else {
            const of_seq *s = (const of_seq *)(const void *)v;
            ty->kind = v->kind == OF_VAL_OPTIONAL ? OF_T_OPTIONAL : OF_T_SEQUENCE;
            if (s->n && (v->kind == OF_VAL_OPTIONAL || s->item[0]->kind != OF_VAL_TENSOR)) {
                inner = s->item[0];
            } else if (v->kind == OF_VAL_SEQUENCE) {
                of_type *el = OF_NEW(c->tmp, of_type);
                if (!el) return NULL;
                el->kind = OF_T_TENSOR;
                el->dtype = s->elem_dtype;
                el->shape = of_shape_unknown();
                ty->elem = el;
            }
        }
        v = inner;
    }
    return top;
}

/* Results stand alone once they leave: texts copied, small types packed. A result that is
 * an input passed on is that input as it came. */
static of_status of_finish_outputs(of_opctx *c, of_val *const *in, of_val **out, size_t n_out)
{
    for (size_t i = 0; i < c->n_out; i++) {
        of_val *v = c->out[i];
        of_tensor *t;
        bool passed = false;

        if (!v || i >= n_out || !of_out_value(c->node, (uint32_t)i)) continue;
        for (uint32_t k = 0; k < c->n_in && !passed; k++) {
            if (v != c->in_const[k]) continue;
            out[i] = of_val_ref(in[k]);
            passed = true;
        }
        if (passed) continue;
        /* what someone else holds too has been stored before */
        t = v->refs == 1 ? of_val_tensor(v) : NULL;
        if (t && t->dtype == OF_STRING) OF_TRY(of_tensor_own_strings(t, c->err));
        if (t && t->unpacked) OF_TRY(of_tensor_pack(t, c->err));
        out[i] = of_val_ref(v);
    }
    return OF_OK;
}

static of_status of_run_op(of_opctx *c, const of_custom_op *custom, of_val *const *in)
{
    const bool stored = c->op && (c->op->flags & (OF_OP_CONTROL | OF_OP_STORED));

    for (uint32_t i = 0; i < c->n_in; i++) {
        if (!in[i]) continue;
        if (stored) c->in_const[i] = of_val_ref(in[i]);
        else OF_TRY(of_prepare_input(in[i], &c->in_const[i], c->err));
        c->in_type[i] = of_exact_type(c, c->in_const[i]);
        if (!c->in_type[i]) return of_nomem(c->err);
    }
    OF_TRY(of_work(c, 8));
    if (custom && custom->eval) return custom->eval(c, custom->user);
    OF_TRY(of_check_arity(c));
    /* Those that take their inputs as they are stored look at the kind; of the others Identity alone
     * takes a sequence or an optional. */
    for (uint32_t i = 0; !stored && i < c->n_in; i++)
        if (in[i] && !of_val_tensor(in[i]) && !of_node_is(c->node, "Identity"))
            return OF_INVALID(c, "input %u is no tensor", i);
    OF_TRY(c->op->infer(c));
    return c->op->eval(c);
}

of_status of_eval_node(of_evaluator *ev, of_node *n, of_val *const *in, size_t n_in, of_val **out, size_t n_out,
                       of_err *e)
{
    of_arena_mark mark = of_arena_save(&ev->tmp);
    const of_custom_op *custom = of_custom_find(ev, n);
    of_func *func = of_node_func(n);
    of_opctx c;
    of_status st;

    for (size_t i = 0; i < n_out; i++) out[i] = NULL;
    while (n_in > 0 && !in[n_in - 1]) n_in--;
    memset(&c, 0, sizeof c);
    if (func && !(custom && custom->eval)) {
        st = of_eval_call(ev, n, func, in, n_in, out, n_out, e);
        goto done;
    }
    OF_TRY_TO(done, st, of_ctx_init(ev, &c, n, (uint32_t)n_in, e));
    c.evaluating = true;
    if (!c.op && !(custom && custom->eval)) {
        st = of_op_fail(&c, OF_E_UNSUPPORTED, "no evaluator for this operator");
        goto done;
    }
    st = of_run_op(&c, custom, in);
    if (st == OF_OK) st = of_finish_outputs(&c, in, out, n_out);
done:
    for (uint32_t i = 0; st == OF_OK && i < n_out; i++)
        if (!out[i] && of_out_value(n, i))
            st = of_fail(e, OF_E_UNSUPPORTED, "%.*s: output %u is not computed", of_clip(n->op_type->len),
                         n->op_type->s, i);
    if (st != OF_OK) {
        of_err_set_node(e, n->name->s, n->name->len);
        for (size_t i = 0; i < n_out; i++) {
            of_val_unref(out[i]);
            out[i] = NULL;
        }
    }
    for (uint32_t i = 0; c.out && i < c.n_out; i++) of_val_unref(c.out[i]);
    for (uint32_t i = 0; c.in_const && i < c.n_in; i++) of_val_unref(c.in_const[i]);
    of_arena_restore(&ev->tmp, mark);
    return st;
}
