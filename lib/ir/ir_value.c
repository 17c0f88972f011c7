/* Changes to values: constants, initializers, names. */
#include "ir/edit.h"

#include <string.h>

of_status of_value_set_const(of_value *v, of_val *c)
{
    if (v->cval == c) return OF_OK;
    if (c) of_val_ref(c);
    of_val_unref(v->cval);
    v->cval = c;
    return OF_OK;
}

/* A declared shape stays when nothing better is known; a constant knows all. */
static of_status type_from_const(of_model *m, of_value *v, const of_val *c, of_err *e)
{
    if (v->flags & OF_VALUE_INPUT) return OF_OK; /* the interface is as declared */
    const of_type *t = of_type_of_val(m, c);
    if (!t) return of_nomem(e);
    if (!v->type || !of_type_same(v->type, t)) v->type = t;
    return OF_OK;
}

of_status of_value_drop_init(of_model *m, of_value *v)
{
    of_init *it = v->init;
    (void)m;
    if (!it) return OF_OK;
    of_graph *g = v->graph;
    if (it->prev)
        it->prev->next = it->next;
    else
        g->init_first = it->next;
    if (it->next)
        it->next->prev = it->prev;
    else
        g->init_last = it->prev;
    it->prev = NULL;
    it->next = NULL;
    g->n_inits--;
    if (v->cval && v->cval == (of_val *)it->tensor) of_value_set_const(v, NULL);
    of_tensor_unref(it->tensor);
    it->tensor = NULL;
    if (it->sparse) {
        of_value_set_const(v, NULL);
        of_sparse_release(it->sparse);
    }
    it->value = NULL;
    v->init = NULL;
    v->flags &= (uint16_t)~(OF_VALUE_INIT | OF_VALUE_SPARSE);
    of_touch_graph(g);
    return OF_OK;
}

of_status of_value_set_init(of_model *m, of_value *v, of_tensor *t, of_err *e)
{
    of_graph *g = v->graph;
    if (g->kind == OF_GRAPH_FUNCTION)
        return of_fail(e, OF_E_INTERNAL, "a function body has no initializers");
    if (v->producer) return of_fail(e, OF_E_INTERNAL, "the value has a producer");
    OF_TRY(type_from_const(m, v, &t->base, e));
    of_init *it = OF_NEW(&m->arena, of_init);
    if (!it) return of_nomem(e); /* and the old one is still there */
    of_tensor_ref(t); /* before the old one goes: they may be the same */
    OF_TRY(of_value_drop_init(m, v));
    of_init_append(g, it);
    it->value = v;
    it->name = v->name;
    it->tensor = t;
    it->dirty = true;
    v->init = it;
    v->flags |= OF_VALUE_INIT;
    if (!(v->flags & (OF_VALUE_INPUT | OF_VALUE_PINNED))) of_value_set_const(v, &t->base);
    of_touch_graph(g);
    return OF_OK;
}

of_status of_make_constant_node(of_model *m, of_graph *g, of_node *before, of_value *v,
                                of_tensor *t, of_err *e)
{
    if (v->producer) return of_fail(e, OF_E_INTERNAL, "the value has a producer");
    OF_TRY(type_from_const(m, v, &t->base, e));
    of_sym op = OF_NAME_LIT(&m->names, "Constant");
    of_sym name = OF_NAME_LIT(&m->names, "value");
    of_node *n = op && name ? of_node_new(m, 0, 1) : NULL;
    of_attr *a = n ? of_attr_new(m, name, OF_A_TENSOR) : NULL;
    if (!a) return of_nomem(e);
    a->u.t = of_tensor_ref(t);
    a->n = 1;
    n->attrs = a;
    n->op_type = op;
    n->out[0] = v;
    of_node_insert_before(n, g, before);
    return of_value_set_const(v, &t->base);
}

/* A value_info, input or output entry follows its value's name when it is written. */
void of_value_rename(of_model *m, of_value *v, of_sym name)
{
    (void)m;
    if (v->name == name) return;
    v->name = name;
    if (v->producer) of_touch_node(v->producer);
    for (of_use *u = v->uses; u; u = u->next) {
        if (u->node) {
            of_touch_node(u->node);
            continue;
        }
        of_graph *g = of_use_graph(u);
        of_touch_graph(g);
        if (g == v->graph) continue; /* its entry is in the chain below */
        of_vinfo *vi = g->out_infos;
        for (uint32_t i = 0; vi && i < u->index; i++) vi = vi->next;
        if (vi) vi->dirty = true;
    }
    for (of_vinfo *vi = v->vinfo; vi; vi = vi->same) vi->dirty = true;
    if (v->init) v->init->dirty = true;
    of_touch_graph(v->graph);
}

/* ---- fresh names ---- */

/* Longer bases are cut, so that many names from one huge name stay cheap. */
enum { BASE_MAX = 200 };

static uint32_t *suffix_of(of_model *m, of_sym base)
{
    if (base->id >= m->cap_fresh) {
        size_t old = m->cap_fresh;
        void *p = m->fresh;
        of_status st = of_vec_reserve(m->alloc, &p, &m->cap_fresh, (size_t)base->id + 1,
                                      sizeof *m->fresh);
        m->fresh = p;
        if (st != OF_OK) return NULL;
        memset(m->fresh + old, 0, (m->cap_fresh - old) * sizeof *m->fresh);
    }
    return &m->fresh[base->id];
}

of_sym of_fresh_name(of_model *m, of_sym base)
{
    char text[BASE_MAX + 12];
    size_t n = base ? base->len : 0;
    if (n > BASE_MAX) {
        n = BASE_MAX;
        while (n > 0 && ((unsigned char)base->s[n] & 0xC0) == 0x80) n--; /* whole characters */
    }
    if (n == 0) {
        base = OF_NAME_LIT(&m->names, "value");
        n = base ? base->len : 0;
    } else if (n < base->len) {
        base = of_names_get(&m->names, base->s, n);
    }
    uint32_t *suffix = base ? suffix_of(m, base) : NULL;
    if (!suffix) return NULL;
    memcpy(text, base->s, n);
    text[n++] = '_';
    while (*suffix < UINT32_MAX) {
        char digits[10];
        size_t k = 0, len = n;
        for (uint32_t x = ++*suffix; x; x /= 10) digits[k++] = (char)('0' + x % 10);
        while (k) text[len++] = digits[--k];
        if (!of_names_find(&m->names, text, len)) return of_names_get(&m->names, text, len);
    }
    return NULL;
}
