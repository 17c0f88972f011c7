/* Changes of nodes in place, for the rules. What can fail for memory comes first. */
#include <string.h>

#include "rewrite/rw.h"

static of_status of_const_ints(of_rw *rw, of_node *at, of_sym base, const int64_t *v, size_t n, size_t rank,
                               of_value **out)
{
    int64_t dims = (int64_t)n;
    of_tensor *t;
    of_status st;

    OF_TRY(of_tensor_new_data(rw->m->alloc, NULL, OF_INT64, &dims, rank, false, &t, rw->err));
    if (n) memcpy(t->data, v, n * sizeof *v);
    st = rw->constant(rw->frame, at, base, t, out);
    of_tensor_unref(t);
    return st;
}

of_status of_rw_const_ints(of_rw *rw, of_node *at, of_sym base, const int64_t *v, size_t n, of_value **out)
{
    return of_const_ints(rw, at, base, v, n, 1, out);
}

of_status of_rw_const_int(of_rw *rw, of_node *at, of_sym base, int64_t v, of_value **out)
{
    return of_const_ints(rw, at, base, &v, 1, 0, out);
}

of_status of_rw_const_scalar(of_rw *rw, of_node *at, of_sym base, of_dtype type, const of_tensor *like,
                             of_value **out)
{
    of_tensor *t;
    of_status st;

    OF_TRY(of_tensor_new_data(rw->m->alloc, NULL, type, NULL, 0, false, &t, rw->err));
    if (like) memcpy(t->data, like->data, of_dtypes[type].mem);
    st = rw->constant(rw->frame, at, base, t, out);
    of_tensor_unref(t);
    return st;
}

void of_rw_unset(of_node *n, const char *name)
{
    of_attr *a = of_node_attr(n, name);
    if (a) of_node_remove_attr(n, a);
}

static of_status of_set(of_rw *rw, of_node *n, of_attr *a)
{
    of_attr *old;

    if (!a) return of_rw_nomem(rw);
    for (old = n->attrs; old; old = old->next)
        if (old->name == a->name) break;
    a->dirty = true;
    if (old) of_node_remove_attr(n, old);
    of_node_add_attr(n, a);
    return OF_OK;
}

static of_attr *of_attr_of(of_rw *rw, const char *name, of_attr_type type)
{
    of_sym s = of_names_get(&rw->m->names, name, strlen(name));
    return s ? of_attr_new(rw->m, s, type) : NULL;
}

of_attr *of_rw_attr_ints(of_rw *rw, const char *name, const int64_t *v, size_t len)
{
    of_attr *a = of_attr_of(rw, name, OF_A_INTS);

    if (!a || !(a->u.ints = (int64_t *)of_arena_array(&rw->m->arena, len, sizeof *v))) return NULL;
    for (size_t i = 0; i < len; i++) a->u.ints[i] = v[i];
    a->n = len;
    return a;
}

of_attr *of_rw_attr_float(of_rw *rw, const char *name, float v)
{
    of_attr *a = of_attr_of(rw, name, OF_A_FLOAT);

    if (!a) return NULL;
    a->u.f = v;
    a->n = 1;
    return a;
}

of_attr *of_rw_attr_int(of_rw *rw, const char *name, int64_t v)
{
    of_attr *a = of_attr_of(rw, name, OF_A_INT);

    if (!a) return NULL;
    a->u.i = v;
    a->n = 1;
    return a;
}

of_status of_rw_set_ints(of_rw *rw, of_node *n, const char *name, const int64_t *v, size_t len)
{
    return of_set(rw, n, of_rw_attr_ints(rw, name, v, len));
}

of_status of_rw_set_int(of_rw *rw, of_node *n, const char *name, int64_t v)
{
    return of_set(rw, n, of_rw_attr_int(rw, name, v));
}

of_status of_rw_rebind(of_rw *rw, of_node *n, uint32_t i, of_value *v)
{
    of_value *old = n->in[i].value;

    if (old == v) return OF_OK;
    of_use_set(&n->in[i], v);
    return old ? rw->release(rw->frame, old) : OF_OK;
}

of_status of_rw_resize_in(of_rw *rw, of_node *n, uint32_t n_in)
{
    of_use *in;

    if (n_in <= n->n_in) {
        uint32_t was = n->n_in;
        for (uint32_t i = n_in; i < was; i++) OF_TRY(of_rw_rebind(rw, n, i, NULL));
        n->n_in = n_in;
        of_touch_node(n);
        return OF_OK;
    }
    in = OF_NEW_N(&rw->m->arena, of_use, n_in);
    if (!in) return of_rw_nomem(rw);
    for (uint32_t i = 0; i < n_in; i++) {
        in[i].node = n;
        in[i].index = i;
        if (i >= n->n_in) continue;
        of_use_bind(&in[i], n->in[i].value);
        of_use_bind(&n->in[i], NULL);
    }
    n->in = in;
    n->n_in = n_in;
    of_touch_node(n);
    return OF_OK;
}

/* Binds inputs in[0..k) of n, whose array has room, and lets go of the old ones. */
static of_status of_rebind_all(of_rw *rw, of_node *n, of_value *const *in, uint32_t k)
{
    of_value *few[8], **old = few;
    uint32_t was = n->n_in;
    of_status st = OF_OK;

    if (was > 8) {
        old = OF_NEW_N(&rw->m->arena, of_value *, was);
        if (!old) return of_rw_nomem(rw);
    }
    for (uint32_t i = 0; i < was; i++) {
        old[i] = n->in[i].value;
        of_use_set(&n->in[i], i < k ? in[i] : NULL);
    }
    n->n_in = k;
    of_touch_node(n);
    for (uint32_t i = 0; st == OF_OK && i < was; i++)
        if (old[i]) st = rw->release(rw->frame, old[i]);
    return st;
}

of_status of_rw_become(of_rw *rw, of_node *n, of_node *s, of_value *const *in, uint32_t k, of_attr *extra)
{
    if (k > n->n_in) OF_TRY(of_rw_resize_in(rw, n, k));
    while (n->attrs) of_node_remove_attr(n, n->attrs);
    n->attrs = s->attrs;
    n->bodies = s->bodies;
    s->attrs = NULL;
    for (of_attr *a = n->attrs, *next; a; a = next) {
        next = a->next;
        if (extra && a->name == extra->name) of_node_remove_attr(n, a);
    }
    if (extra) {
        extra->dirty = true;
        of_node_add_attr(n, extra);
    }
    n->op_type = s->op_type;
    n->op = 0;
    rw->last = NULL;
    of_touch_node(n);
    OF_TRY(of_rebind_all(rw, n, in, k));
    /* s is nothing without its attributes: it goes even when dead nodes may stay. */
    if (s->linked) OF_TRY(rw->drop(rw->frame, s));
    return rw->made(rw->frame, n);
}

of_status of_rw_insert(of_rw *rw, const of_rw_fresh *f, of_node **out)
{
    of_node *n = of_node_new(rw->m, f->n_in, f->n_out);

    *out = n;
    if (!n) return of_rw_nomem(rw);
    n->op_type = of_names_get(&rw->m->names, f->op, strlen(f->op));
    if (!n->op_type) return of_rw_nomem(rw);
    n->domain = f->like->domain;
    n->name = f->like->name;
    for (uint32_t i = 0; i < f->n_out; i++) {
        of_sym name = of_fresh_name(rw->m, f->names[i]);
        n->out[i] = name ? of_value_new(rw->m, f->g, name) : NULL;
        if (!n->out[i]) return of_rw_nomem(rw);
    }
    for (size_t i = 0; i < f->n_attr; i++)
        if (!f->attr[i]) return of_rw_nomem(rw);
    for (uint32_t i = 0; i < f->n_in; i++) of_use_bind(&n->in[i], f->in[i]);
    of_node_insert_before(n, f->g, f->before);
    for (size_t i = 0; i < f->n_attr; i++) of_node_add_attr(n, f->attr[i]);
    return rw->made(rw->frame, n);
}

of_status of_rw_remake(of_rw *rw, of_node *n, const char *op, of_value *const *in, uint32_t k, of_attr *const *attr,
                       size_t n_attr)
{
    of_sym name = of_names_get(&rw->m->names, op, strlen(op));

    if (!name) return of_rw_nomem(rw);
    for (size_t i = 0; i < n_attr; i++)
        if (!attr[i]) return of_rw_nomem(rw);
    if (k > n->n_in) OF_TRY(of_rw_resize_in(rw, n, k));
    while (n->attrs) of_node_remove_attr(n, n->attrs);
    for (size_t i = 0; i < n_attr; i++) {
        attr[i]->dirty = true;
        of_node_add_attr(n, attr[i]);
    }
    n->op_type = name;
    n->op = 0;
    rw->last = NULL;
    of_touch_node(n);
    OF_TRY(of_rebind_all(rw, n, in, k));
    return rw->made(rw->frame, n);
}

of_status of_rw_become_reshape(of_rw *rw, of_node *n, of_value *data, const int64_t *dims, size_t rank)
{
    of_value *in[2] = {data, NULL};

    OF_TRY(of_rw_const_ints(rw, n, n->out[0]->name, dims, rank, &in[1]));
    return of_rw_remake(rw, n, "Reshape", in, 2, NULL, 0);
}
