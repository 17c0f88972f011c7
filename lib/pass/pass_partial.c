/* Nodes whose inputs are not constant and whose result is known all the same: every
 * element of every output follows from types and symbolic arithmetic as a number. This
 * is what becomes of Shape, Size and the integer arithmetic behind them. */
#include "pass/pass_frame.h"

static bool of_fits(of_dtype t, int64_t k)
{
    unsigned bits = of_dtypes[t].bits;

    if (of_dtypes[t].kind == OF_K_BOOL) return k == 0 || k == 1;
    if (of_dtypes[t].kind == OF_K_UINT) return k >= 0 && (bits >= 63 || k < (INT64_C(1) << bits));
    return bits >= 64 || (k >= -(INT64_C(1) << (bits - 1)) && k < (INT64_C(1) << (bits - 1)));
}

/* Whether v is an integer tensor of at most one axis with all its elements numbers. */
static bool of_all_numbers(const of_value *v, int64_t *count)
{
    const of_type *t = v->type;

    if (!v->known || !t || t->kind != OF_T_TENSOR || t->shape.rank < 0 || t->shape.rank > 1 ||
        !of_shape_is_static(&t->shape))
        return false;
    if (t->dtype != OF_INT64 && t->dtype != OF_INT32 && t->dtype != OF_BOOL) return false;
    *count = t->shape.rank ? t->shape.d[0].k : 1;
    if (*count != (int64_t)v->n_known) return false;
    for (uint32_t i = 0; i < v->n_known; i++)
        if (!of_dim_is_num(v->known[i]) || !of_fits((of_dtype)t->dtype, v->known[i].k)) return false;
    return true;
}

static of_status of_make(of_pass *p, const of_value *v, int64_t count, of_val **out)
{
    of_tensor *t;
    of_status st;

    of_err_clear(&p->why);
    st = of_tensor_new_data(p->alloc, NULL, (of_dtype)v->type->dtype, &count, (size_t)v->type->shape.rank, false, &t,
                            &p->why);
    if (st != OF_OK) return of_pass_nomem(p);
    for (int64_t i = 0; i < count; i++) {
        if (t->dtype == OF_INT64) ((int64_t *)t->data)[i] = v->known[i].k;
        else if (t->dtype == OF_INT32) ((int32_t *)t->data)[i] = (int32_t)v->known[i].k;
        else ((uint8_t *)t->data)[i] = (uint8_t)v->known[i].k;
    }
    *out = &t->base;
    return OF_OK;
}

of_status of_pass_partial(of_pass *p, of_node *n, bool *done)
{
    of_verdict v;
    int64_t count = 0;
    uint32_t used = 0;
    size_t k = 0;
    of_status st = OF_OK;

    *done = false;
    for (uint32_t i = 0; i < n->n_out; i++) {
        const of_value *x = n->out[i];
        if (!x || !x->n_uses) continue;
        if (x->cval || (x->flags & OF_VALUE_PINNED) || !of_all_numbers(x, &count)) return OF_OK;
        used++;
    }
    if (!used) return OF_OK;
    OF_TRY(of_policy_excluded(p, n, &v));
    if (!v.fold) {
        /* a node over constants alone has its reason already */
        return OF_OK;
    }
    OF_TRY(of_pass_scratch_out(p, n->n_out));
    OF_TRY(of_pass_scratch_in(p, (size_t)n->n_in + n->n_out));
    for (uint32_t i = 0; i < n->n_out; i++) p->out_val[i] = NULL;
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *x = n->out[i];
        if (!x || !x->n_uses || !of_all_numbers(x, &count)) continue;
        OF_TRY_TO(out, st, of_make(p, x, count, &p->out_val[i]));
    }
    for (uint32_t i = 0; i < n->n_in; i++)
        if (n->in[i].value) k++;
    for (uint32_t i = 0; i < n->n_out; i++) p->in_values[k + i] = n->out[i];
    OF_TRY_TO(out, st, of_pass_commit(p, n, p->out_val, OF_REPLACED, OF_PASS_PARTIAL));
    *done = true;
    for (uint32_t i = 0; i < n->n_out; i++)
        if (p->in_values[k + i]) OF_TRY_TO(out, st, of_pass_push_users(p, p->in_values[k + i]));
    for (size_t i = 0; i < k; i++) OF_TRY_TO(out, st, of_pass_release(p, p->in_values[i]));
out:
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_val_unref(p->out_val[i]);
        p->out_val[i] = NULL;
    }
    return st;
}
