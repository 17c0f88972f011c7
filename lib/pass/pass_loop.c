/* A Loop that is known to make no trip: its carried values come out as they went in. */
#include "pass/pass_frame.h"

/* Identity takes sequences from version 14 on, optionals from 16 on. */
bool of_pass_identity_takes(int64_t opset, const of_type *t)
{
    if (t && t->kind == OF_T_SEQUENCE) return opset >= 14;
    return !t || t->kind != OF_T_OPTIONAL || opset >= 16;
}

of_status of_pass_make_identity(of_pass *p, of_node **out)
{
    of_sym op = OF_NAME_LIT(&p->m->names, "Identity");

    *out = op ? of_node_new(p->m, 1, 1) : NULL;
    if (!*out) return of_pass_nomem(p);
    (*out)->op_type = op;
    return OF_OK;
}

void of_pass_put_identity(of_node *n, uint32_t i, of_node *id, of_value *from)
{
    of_value *to = n->out[i];

    id->domain = n->domain;
    n->out[i] = NULL;
    to->producer = NULL;
    id->out[0] = to;
    of_use_bind(&id->in[0], from);
    of_node_insert_before(id, n->graph, n);
}

/* The one element of a constant input; false: it is no such thing. */
static of_status of_scalar(of_pass *p, const of_value *v, of_dtype dt, int64_t *k, bool *is)
{
    of_tensor *t = v ? of_val_tensor(v->cval) : NULL;
    of_status st;

    *is = false;
    if (!t || t->dtype != dt || t->count != 1) return OF_OK;
    of_err_clear(&p->why);
    st = of_tensor_load(t, &p->why);
    if (of_pass_fatal(p, st)) return of_fail(p->err, st, "%s", p->why.msg);
    *is = st == OF_OK && of_tensor_get_i64(t, 0, k);
    return OF_OK;
}

static of_status of_no_trip(of_pass *p, const of_node *n, bool *yes)
{
    int64_t k = 1;
    bool is;

    OF_TRY(of_scalar(p, of_in_value(n, 0), OF_INT64, &k, &is));
    *yes = is && k <= 0;
    if (*yes) return OF_OK;
    OF_TRY(of_scalar(p, of_in_value(n, 1), OF_BOOL, &k, &is));
    *yes = is && k == 0;
    return OF_OK;
}

/* What a scan output collects is empty then, of a shape that the body alone knows: only
 * unused ones are let go. */
static bool of_forwardable(const of_node *n)
{
    if (!of_node_is(n, "Loop") || n->n_in < 2) return false;
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && n->out[i]->n_uses && !of_in_value(n, i + 2)) return false;
    return true;
}

/* made[i]: an Identity where the output's own name has to stay. */
static of_status of_plan_loop(of_pass *p, of_node *n, of_node **made, bool *able)
{
    *able = true;
    for (uint32_t i = 0; *able && i < n->n_out; i++) {
        const of_value *to = n->out[i], *from = of_in_value(n, i + 2);
        bool visible = false;

        if (!to || !to->n_uses) continue;
        if (!of_value_is_output(to) && !(to->flags & OF_VALUE_PINNED))
            OF_TRY(of_pass_visible(p, from, to, &visible));
        if (visible) continue;
        *able = of_pass_identity_takes(of_node_opset(n), from->type);
        OF_TRY(of_pass_make_identity(p, &made[i]));
    }
    return OF_OK;
}

of_status of_pass_loop(of_pass *p, of_node *n, bool *done)
{
    of_arena_mark mark;
    of_node *before = n->prev, *first;
    of_graph *g = n->graph;
    of_node **made;
    of_verdict v;
    of_status st;
    size_t k = 0;
    bool yes;

    *done = false;
    if (!of_forwardable(n)) return OF_OK;
    OF_TRY(of_no_trip(p, n, &yes));
    if (yes) OF_TRY(of_policy_excluded(p, n, &v));
    if (!yes || !v.fold) return OF_OK;
    OF_TRY(of_pass_scratch_in(p, n->n_in));
    mark = of_arena_save(&p->ev.tmp);
    made = OF_NEW_N(&p->ev.tmp, of_node *, n->n_out);
    st = made ? of_plan_loop(p, n, made, &yes) : of_pass_nomem(p);
    if (st != OF_OK || !yes) goto out;
    for (uint32_t i = 0; i < n->n_in; i++)
        if (n->in[i].value) p->in_values[k++] = n->in[i].value;
    OF_TRY_TO(out, st, of_pass_captures(p, n, &k));
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *to = n->out[i], *from = of_in_value(n, i + 2);
        if (!to || !to->n_uses) continue;
        if (made[i]) of_pass_put_identity(n, i, made[i], from);
        else of_value_replace(to, from, true);
    }
    of_pass_unlink(p, n, OF_REPLACED, OF_PASS_FOLD);
    of_pass_applied(p, OF_PASS_FOLD, 1);
    *done = true;
    first = before ? before->next : g->first;
    for (uint32_t i = 0; st == OF_OK && i < n->n_out; i++)
        if (made[i]) st = of_pass_push(p, made[i]);
    if (p->sweeping) p->next = first;
    for (size_t i = 0; st == OF_OK && i < k; i++) {
        st = of_pass_push_users(p, p->in_values[i]);
        if (st == OF_OK) st = of_pass_release(p, p->in_values[i]);
    }
out:
    of_arena_restore(&p->ev.tmp, mark);
    return st;
}
