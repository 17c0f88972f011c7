/* Changes keep uses, order, marks and names right. */
#include "ir_build.h"

static build b;
static of_graph *g;

static void open(void)
{
    b_open(&b);
    g = b.m->graph;
    b_infos(&b, &g->in_infos, "x c");
    b_infos(&b, &g->out_infos, "y");
}

START_TEST(replace)
{
    open();
    of_node *p = b_node(&b, g, "Relu", "x", "a"), *q = b_node(&b, g, "Identity", "a", "i");
    of_node *r = b_node(&b, g, "Sum", "i i a", "y");
    b_link(&b);
    of_value_replace(q->out[0], p->out[0], false);
    ck_assert_uint_eq(q->out[0]->n_uses, 0);
    ck_assert_uint_eq(p->out[0]->n_uses, 4);
    ck_assert(r->dirty && g->dirty && b.m->dirty && !q->dirty && !p->dirty);
    of_node_unlink(q);
    ck_assert_uint_eq(p->out[0]->n_uses, 3);
    ck_assert_ptr_null(q->graph);
    ck_assert_uint_eq(g->n_nodes, 2);
    b_verify(&b);
    /* outputs only when asked for */
    of_value_replace(r->out[0], p->out[0], false);
    ck_assert_ptr_eq(g->outputs[0].value, r->out[0]);
    of_value_replace(r->out[0], p->out[0], true);
    ck_assert_ptr_eq(g->outputs[0].value, p->out[0]);
    ck_assert_int_eq(of_verify(b.m, &b.e), OF_E_INTERNAL); /* the interface's name is lost */
    b_close(&b);
}
END_TEST

START_TEST(to_init)
{
    open();
    of_node *p = b_node(&b, g, "Relu", "x", "a");
    b_node(&b, g, "Sum", "a a", "y");
    b_link(&b);
    of_value *a = p->out[0];
    of_tensor *t = b_tensor(&b, 4), *u = b_tensor(&b, 2);
    of_node_unlink(p);
    ck_assert_ptr_null(a->producer);
    ck_assert_int_eq(of_value_set_init(b.m, a, t, &b.e), OF_OK);
    ck_assert_uint_eq(t->base.refs, 3);
    ck_assert_ptr_eq(a->cval, &t->base);
    ck_assert(of_dim_is(a->type->shape.d[0], 4));
    ck_assert_ptr_eq(g->init_first, a->init);
    b_verify(&b);
    ck_assert_int_eq(of_value_set_init(b.m, a, u, &b.e), OF_OK);
    ck_assert_uint_eq(t->base.refs, 1);
    ck_assert_uint_eq(g->n_inits, 1);
    b_verify(&b);
    /* without the initializer nothing holds the bytes */
    ck_assert_int_eq(of_value_drop_init(b.m, a), OF_OK);
    ck_assert_uint_eq(u->base.refs, 1);
    ck_assert_ptr_null(a->cval);
    ck_assert_ptr_null(g->init_first);
    ck_assert_ptr_null(g->init_last);
    ck_assert_int_eq(of_make_constant_node(b.m, g, g->first, a, t, &b.e), OF_OK);
    ck_assert(of_node_is(a->producer, "Constant"));
    ck_assert_ptr_eq(of_node_attr(a->producer, "value")->u.t, t);
    ck_assert_ptr_eq(g->first, a->producer);
    b_verify(&b);
    ck_assert_int_eq(of_value_set_init(b.m, a, t, &b.e), OF_E_INTERNAL);
    of_err_clear(&b.e);
    ck_assert_int_eq(of_make_constant_node(b.m, g, NULL, a, t, &b.e), OF_E_INTERNAL);
    of_tensor_unref(t);
    of_tensor_unref(u);
    b_close(&b);
}
END_TEST

/* A pinned value and one that is an input keep their initializer, not the constant. */
START_TEST(pinned)
{
    open();
    b_node(&b, g, "Sum", "x w", "y");
    of_init *w = b_init(&b, g, "w"), *x = b_init(&b, g, "x");
    b_link(&b);
    of_tensor *t = b_tensor(&b, 4);
    w->value->flags |= OF_VALUE_PINNED;
    of_value_set_const(w->value, NULL);
    ck_assert_int_eq(of_value_set_init(b.m, w->value, t, &b.e), OF_OK);
    ck_assert_ptr_null(w->value);
    ck_assert_ptr_null(b_value(&b, "w")->cval);
    of_value *v = x->value;
    ck_assert_int_eq(of_value_set_init(b.m, v, t, &b.e), OF_OK);
    ck_assert_ptr_null(v->cval);
    ck_assert_ptr_null(v->type);
    b_verify(&b);
    of_tensor_unref(t);
    b_close(&b);
}
END_TEST

START_TEST(in_function)
{
    open();
    b_node(&b, g, "f", "x", "y")->domain = b_sym(&b, "local");
    of_func *f = b_func(&b, "f", "p", "r");
    of_node *n = b_node(&b, f->body, "Relu", "p", "r");
    b_link(&b);
    of_tensor *t = b_tensor(&b, 1);
    of_value *r = n->out[0];
    of_node_unlink(n);
    ck_assert_int_eq(of_value_set_init(b.m, r, t, &b.e), OF_E_INTERNAL);
    of_err_clear(&b.e);
    ck_assert_int_eq(of_make_constant_node(b.m, f->body, NULL, r, t, &b.e), OF_OK);
    ck_assert(f->body->dirty && f->dirty && b.m->dirty && !g->dirty);
    b_verify(&b);
    of_tensor_unref(t);
    b_close(&b);
}
END_TEST

/* If(c){ If(c){ Neg(a) } } */
static of_node *nested(of_graph **mid, of_graph **low)
{
    of_node *n = b_node(&b, g, "If", "c", "y");
    *mid = b_body(&b, n, "then_branch");
    of_node *k = b_node(&b, *mid, "If", "c", "k");
    b_infos(&b, &(*mid)->out_infos, "k");
    *low = b_body(&b, k, "then_branch");
    b_node(&b, *low, "Neg", "a", "t");
    b_infos(&b, &(*low)->out_infos, "t");
    return n;
}

START_TEST(unlink_takes_bodies)
{
    of_graph *mid, *low;
    open();
    of_node *p = b_node(&b, g, "Relu", "x", "a");
    of_node *n = nested(&mid, &low);
    b_link(&b);
    of_value *c = b_value(&b, "c"), *y = n->out[0];
    ck_assert_uint_eq(p->out[0]->n_uses, 1);
    ck_assert_uint_eq(c->n_uses, 2);
    of_node_unlink(n);
    ck_assert_uint_eq(p->out[0]->n_uses, 0);
    ck_assert_uint_eq(c->n_uses, 0);
    ck_assert_ptr_null(low->outputs[0].value);
    of_node *id = of_node_new(b.m, 1, 1);
    id->op_type = b_sym(&b, "Identity");
    of_use_bind(&id->in[0], p->out[0]);
    id->out[0] = y;
    of_node_append(g, id);
    ck_assert_ptr_eq(y->producer, id);
    ck_assert(id->dirty);
    b_verify(&b);
    b_close(&b);
}
END_TEST

START_TEST(marks_climb)
{
    of_graph *mid, *low;
    open();
    of_node *p = b_node(&b, g, "Relu", "x", "a");
    of_node *n = nested(&mid, &low);
    b_link(&b);
    of_touch_node(low->first);
    ck_assert(low->first->dirty && low->dirty && low->owner->dirty && low->owner_attr->dirty);
    ck_assert(mid->dirty && n->dirty && n->attrs->dirty && g->dirty && b.m->dirty && !p->dirty);
    b_close(&b);
}
END_TEST

/* The inner node moves out of both bodies; what stays below it has the new depth. */
START_TEST(move)
{
    of_graph *mid, *low;
    open();
    b_node(&b, g, "Relu", "x", "a");
    of_node *n = nested(&mid, &low);
    b_link(&b);
    of_node *k = mid->first;
    of_value *kv = k->out[0], *y = n->out[0];
    of_node_move(k, g, n);
    ck_assert_ptr_eq(kv->graph, g);
    ck_assert_uint_eq(low->depth, 1);
    ck_assert_uint_eq(mid->n_nodes, 0);
    ck_assert_ptr_eq(n->prev, k);
    b_verify(&b); /* mid still hands out k, now an outer value */
    of_node_unlink(n);
    of_value_replace(y, kv, true);
    of_value_rename(b.m, y, b_sym(&b, "gone"));
    of_value_rename(b.m, kv, b_sym(&b, "y"));
    b_verify(&b);
    of_node_move(k, g, k->next); /* nothing to do, but allowed */
    b_verify(&b);
    b_close(&b);
}
END_TEST

START_TEST(bodies_change)
{
    open();
    of_node *n = b_node(&b, g, "If", "c", "y"), *r = NULL;
    of_graph *t = b_body(&b, n, "then_branch");
    b_node(&b, t, "Neg", "x", "t");
    b_infos(&b, &t->out_infos, "t");
    b_link(&b);
    /* another branch, by hand */
    of_graph *e = of_graph_new(b.m, OF_GRAPH_BODY);
    of_attr *a = of_attr_new(b.m, b_sym(&b, "else_branch"), OF_A_GRAPH);
    a->n = 1;
    a->u.g = e;
    r = of_node_new(b.m, 1, 1);
    r->op_type = b_sym(&b, "Relu");
    r->out[0] = of_value_new(b.m, e, of_fresh_name(b.m, b_sym(&b, "t")));
    of_use_bind(&r->in[0], b_value(&b, "x"));
    of_node_append(e, r);
    e->outputs = OF_NEW_N(&b.m->arena, of_use, 1);
    e->n_outputs = 1;
    e->outputs[0].graph_id = e->id;
    of_use_bind(&e->outputs[0], r->out[0]);
    of_node_add_attr(n, a);
    of_body_attach(n, a, e);
    ck_assert_uint_eq(e->depth, 1);
    ck_assert(n->dirty && a->dirty && b.m->dirty);
    b_verify(&b);
    ck_assert_uint_eq(b_value(&b, "x")->n_uses, 2);
    of_node_remove_attr(n, a);
    ck_assert_uint_eq(b_value(&b, "x")->n_uses, 1);
    ck_assert_ptr_null(of_node_attr(n, "else_branch"));
    of_node_remove_attr(n, a); /* not there any more: nothing happens */
    b_verify(&b);
    b_close(&b);
}
END_TEST

START_TEST(rename_marks)
{
    open();
    of_node *p = b_node(&b, g, "Relu", "x", "a"), *n = b_node(&b, g, "If", "c", "y");
    of_graph *t = b_body(&b, n, "then_branch");
    of_node *u = b_node(&b, t, "Neg", "a", "t");
    b_infos(&b, &t->out_infos, "a");
    b_infos(&b, &g->value_infos, "a");
    of_init *w = b_init(&b, t, "w");
    b_link(&b);
    of_value_rename(b.m, p->out[0], p->out[0]->name);
    ck_assert(!b.m->dirty);
    of_value_rename(b.m, p->out[0], b_sym(&b, "fresh"));
    ck_assert(p->dirty && u->dirty && t->dirty && n->dirty && g->value_infos->dirty && t->out_infos->dirty);
    of_value_rename(b.m, w->value, b_sym(&b, "v"));
    ck_assert(w->dirty);
    b_verify(&b);
    b_close(&b);
}
END_TEST

START_TEST(fresh_names)
{
    open();
    b_node(&b, g, "Relu", "x", "a");
    b_node(&b, g, "Relu", "a", "a_1");
    b_node(&b, g, "Relu", "a_1", "a_3");
    b_node(&b, g, "Relu", "a_3", "y");
    b_link(&b);
    of_sym a = b_sym(&b, "a");
    ck_assert(of_sym_is(of_fresh_name(b.m, a), "a_2"));
    ck_assert(of_sym_is(of_fresh_name(b.m, a), "a_4"));
    ck_assert(of_sym_is(of_fresh_name(b.m, NULL), "value_1"));
    ck_assert(of_sym_is(of_fresh_name(b.m, b.m->names.empty), "value_2"));
    char big[400];
    memset(big, 'z', sizeof big);
    big[199] = '\xc3'; /* a two-byte letter across the cut */
    big[200] = '\xa9';
    of_sym cut = of_fresh_name(b.m, of_names_get(&b.m->names, big, sizeof big));
    ck_assert_uint_eq(cut->len, 201);
    ck_assert_int_eq(memcmp(cut->s + 198, "z_1", 3), 0);
    for (int i = 0; i < 1000; i++) ck_assert_ptr_nonnull(of_fresh_name(b.m, a));
    ck_assert(of_sym_is(of_fresh_name(b.m, a), "a_1005"));
    b_close(&b);
}
END_TEST

START_TEST(types_of_values)
{
    open();
    of_seq *s, *o;
    of_tensor *t = b_tensor(&b, 2), *u = b_tensor(&b, 3);
    ck_assert_int_eq(of_seq_new(&b.alloc, OF_VAL_SEQUENCE, &s, &b.e), OF_OK);
    ck_assert_int_eq(of_seq_new(&b.alloc, OF_VAL_OPTIONAL, &o, &b.e), OF_OK);
    const of_type *ty = of_type_of_val(b.m, &s->base);
    ck_assert_int_eq(ty->kind, OF_T_SEQUENCE);
    ck_assert_ptr_null(ty->elem);
    ck_assert(!of_type_same(ty, ty)); /* of what is not known */
    ck_assert_int_eq(of_seq_push(s, &t->base, &b.e), OF_OK);
    ck_assert(of_type_same(of_type_of_val(b.m, &s->base), of_type_of_val(b.m, &s->base)));
    ck_assert_int_eq(of_seq_push(s, &u->base, &b.e), OF_OK);
    ck_assert_int_eq(of_seq_push(o, &s->base, &b.e), OF_OK);
    ty = of_type_of_val(b.m, &o->base);
    ck_assert_int_eq(ty->kind, OF_T_OPTIONAL);
    ck_assert_int_eq(ty->elem->kind, OF_T_SEQUENCE);
    ck_assert_int_eq(ty->elem->elem->kind, OF_T_TENSOR);
    ck_assert_int_eq(ty->elem->elem->shape.rank, 1);
    ck_assert(!of_dim_known(ty->elem->elem->shape.d[0]));
    ck_assert(!of_type_same(ty, ty));
    ck_assert(of_type_same(of_type_of_val(b.m, &t->base), of_type_of_val(b.m, &t->base)));
    ck_assert(!of_type_same(of_type_of_val(b.m, &t->base), of_type_of_val(b.m, &u->base)));
    int64_t n;
    of_dim d[2] = {of_dim_num(INT64_MAX), of_dim_num(2)};
    of_shape sh = {2, d};
    ck_assert(of_shape_is_static(&sh) && !of_shape_numel(&sh, &n));
    d[0] = of_dim_num(0);
    ck_assert(of_shape_numel(&sh, &n) && n == 0);
    d[0] = of_dim_unknown();
    ck_assert(!of_shape_is_static(&sh) && !of_shape_numel(&sh, &n) && !of_shape_same(&sh, &sh));
    of_val_unref(&o->base);
    of_val_unref(&s->base);
    of_tensor_unref(t);
    of_tensor_unref(u);
    b_close(&b);
}
END_TEST

TEST_SUITE("ir edit", replace, to_init, pinned, in_function, unlink_takes_bodies, marks_climb, move,
           bodies_change, rename_marks, fresh_names, types_of_values)
