/* Turning the nodes of a set that are to be turned. */
#include "rewrite/rw_turn.h"

/* ---- turning: first all that can fail ---- */

static of_status of_list_add(of_turn *t, of_turn_list *l, void *p)
{
    void *grown = (void *)l->p;
    of_status st = of_vec_reserve(t->rw->m->alloc, &grown, &l->cap, l->n + 1, sizeof *l->p);

    l->p = (void **)grown;
    if (st != OF_OK) return of_rw_nomem(t->rw);
    l->p[l->n++] = p;
    return OF_OK;
}

static of_status of_type_turned(of_turn *t, const of_value *v, const of_type **type)
{
    of_dim d[OF_RW_RANK];

    for (int32_t i = 0; i < t->rank; i++) d[i] = v->type->shape.d[t->p[i]];
    *type = of_type_shared(t->rw->m, (of_dtype)v->type->dtype, &(of_shape){t->rank, d});
    return *type ? OF_OK : of_rw_nomem(t->rw);
}

static of_status of_new_value(of_turn *t, const of_value *v, of_value **out)
{
    of_sym name = of_fresh_name(t->rw->m, v->name);

    *out = name ? of_value_new(t->rw->m, t->g, name) : NULL;
    return *out ? of_type_turned(t, v, &(*out)->type) : of_rw_nomem(t->rw);
}

static of_status of_new_transpose(of_turn *t, const of_node *like, const int64_t *perm, of_node **out)
{
    of_sym op = OF_NAME_LIT(&t->rw->m->names, "Transpose");
    of_attr *a = of_rw_attr_ints(t->rw, "perm", perm, (size_t)t->rank);

    *out = of_node_new(t->rw->m, 1, 1);
    if (!*out || !op || !a) return of_rw_nomem(t->rw);
    (*out)->op_type = op;
    (*out)->domain = like->domain;
    of_node_add_attr(*out, a);
    return of_list_add(t, &t->fresh, *out);
}

/* A constant with its axes in the other order, which leaves the elements where they are. One of
 * fewer axes keeps as few as it can. */
static of_status of_turn_constant(of_turn *t, of_node *at, const of_value *v, of_value **out)
{
    of_tensor *was = of_val_tensor(v->cval), *made;
    int64_t dims[OF_RW_RANK];
    int32_t skip = 0, own = (int32_t)was->rank, most = t->rank - own;
    of_status st;

    for (int32_t i = 0; i < t->rank; i++) dims[i] = t->p[i] < most ? 1 : was->dims[t->p[i] - most];
    while (skip < most && dims[skip] == 1) skip++;
    OF_TRY(of_tensor_reshaped(was, dims + skip, (size_t)(t->rank - skip), &made, t->rw->err));
    st = t->rw->constant(t->rw->frame, at, v->name, made, out);
    of_tensor_unref(made);
    return st;
}

static of_status of_plan_input(of_turn *t, of_node *n, of_value *v)
{
    of_turn_value *tv = of_turn_value_of(t, v);
    const of_turn_item *made = of_turn_member(t, v->producer);

    if (tv->alt) return OF_OK;
    if (tv->free) return of_turn_constant(t, n, v, &tv->alt);
    if (tv->from) {
        tv->alt = tv->from;
        return OF_OK;
    }
    if (made && made->turned && !v->cval) return OF_OK; /* made with its outputs */
    OF_TRY(of_new_transpose(t, n, t->p, &tv->node));
    return of_new_value(t, v, &tv->node->out[0]);
}

static of_status of_plan_output(of_turn *t, of_node *n, of_value *v)
{
    of_turn_value *tv = of_turn_value_of(t, v);
    bool asks;

    OF_TRY(of_new_value(t, v, &tv->alt));
    for (of_use *u = tv->asked ? v->uses : NULL; u; u = u->next) {
        OF_TRY(of_turn_asks(t, u, &asks));
        if (asks) OF_TRY(of_list_add(t, &t->asking, u));
    }
    return tv->straight ? of_new_transpose(t, n, t->q, &tv->node) : OF_OK;
}

static of_status of_plan(of_turn *t)
{
    t->gone.n = t->asking.n = t->fresh.n = 0;
    for (size_t i = 0; i < t->n; i++) {
        of_turn_item *it = &t->items[i];
        of_node *n = it->n;

        if (!it->turned) continue;
        OF_TRY(of_turn_params(t, it, (of_turn_kind)of_turn_node_of(t, n)->kind));
        if (it->param) OF_TRY(of_list_add(t, &t->gone, n->in[it->at].value));
        for (uint32_t k = 0; k < n->n_in + n->n_out; k++) {
            of_value *v = of_turn_around(t, n, k);

            if (!v) continue;
            if (k >= n->n_in) {
                OF_TRY(of_plan_output(t, n, v));
                continue;
            }
            OF_TRY(of_plan_input(t, n, v));
            OF_TRY(of_list_add(t, &t->gone, v));
        }
    }
    return OF_OK;
}

/* ---- then all that cannot ---- */

static void of_turn_outputs(of_turn *t, of_node *n)
{
    of_node *next = n->next;

    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *v = n->out[i];
        of_turn_value *tv = of_turn_value_of(t, v);

        v->producer = NULL;
        n->out[i] = tv->alt;
        tv->alt->producer = n;
        tv->alt->out_index = i;
        if (!tv->node) continue;
        of_use_bind(&tv->node->in[0], tv->alt);
        tv->node->out[0] = v;
        of_node_insert_before(tv->node, t->g, next);
    }
    of_touch_node(n);
}

static void of_turn_asking(of_turn *t, of_use *u, of_sym identity)
{
    of_node *n = u->node;

    of_use_set(u, of_turn_value_of(t, u->value)->alt);
    while (n->attrs) of_node_remove_attr(n, n->attrs);
    n->op_type = identity;
    n->op = 0;
    of_touch_node(n);
}

static void of_turn_inputs(of_turn *t, of_node *n)
{
    for (uint32_t i = 0; i < n->n_in; i++) {
        of_value *v = n->in[i].value;
        of_turn_value *tv;

        if (!of_turn_is_data((of_turn_kind)of_turn_node_of(t, n)->kind, i) || of_turn_stays(t, v)) continue;
        tv = of_turn_value_of(t, v);
        if (!tv->alt) {
            of_node *before = v->producer && v->producer->graph == t->g ? v->producer->next : t->g->first;
            tv->alt = tv->node->out[0];
            of_use_bind(&tv->node->in[0], v);
            of_node_insert_before(tv->node, t->g, before);
        }
        of_use_set(&n->in[i], tv->alt);
    }
}

static void of_turn_param(of_turn_item *it)
{
    of_node *n = it->n;

    if (it->attr) {
        for (of_attr *a = n->attrs, *next; a; a = next) {
            next = a->next;
            if (a->name == it->attr->name) of_node_remove_attr(n, a);
        }
        it->attr->dirty = true;
        of_node_add_attr(n, it->attr);
    }
    if (it->param) of_use_set(&n->in[it->at], it->param);
}

/* Tells the worklist. What has become an Identity goes when its name may go. */
static of_status of_tell(of_turn *t)
{
    of_rw *rw = t->rw;
    bool done;

    for (size_t i = 0; i < t->n; i++)
        if (t->items[i].turned) OF_TRY(rw->made(rw->frame, t->items[i].n));
    for (size_t i = 0; i < t->fresh.n; i++) OF_TRY(rw->made(rw->frame, (of_node *)t->fresh.p[i]));
    for (size_t i = 0; i < t->asking.n; i++) {
        of_use *u = (of_use *)t->asking.p[i];
        OF_TRY(rw->forward(rw->frame, u->node, 0, u->value, &done));
        if (!done) OF_TRY(rw->made(rw->frame, u->node));
    }
    for (size_t i = 0; i < t->gone.n; i++) {
        of_value *v = (of_value *)t->gone.p[i];
        of_node *s = v->producer;

        if (!v->n_uses && of_turn_value_of(t, v)->from && s && s->linked) OF_TRY(rw->drop(rw->frame, s));
        else OF_TRY(rw->release(rw->frame, v));
    }
    return OF_OK;
}

of_status of_turn_apply(of_turn *t)
{
    of_sym identity = OF_NAME_LIT(&t->rw->m->names, "Identity");

    if (!identity) return of_rw_nomem(t->rw);
    OF_TRY(of_plan(t));
    for (size_t i = 0; i < t->n; i++)
        if (t->items[i].turned && !of_turn_node_of(t, t->items[i].n)->ends) of_turn_outputs(t, t->items[i].n);
    for (size_t i = 0; i < t->asking.n; i++) of_turn_asking(t, (of_use *)t->asking.p[i], identity);
    for (size_t i = 0; i < t->n; i++) {
        if (!t->items[i].turned) continue;
        of_turn_inputs(t, t->items[i].n);
        of_turn_param(&t->items[i]);
    }
    t->rw->last = NULL;
    return of_tell(t);
}
