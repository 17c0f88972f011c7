/* Changes to the IR. Each keeps use lists, ids and dirty marks right and costs
 * what it touches. */
#ifndef OF_IR_EDIT_H
#define OF_IR_EDIT_H

#include "ir/ir.h"

/* Marks: the message and everything it is nested in is re-encoded on save. */
void of_touch_node(of_node *n);
void of_touch_graph(of_graph *g);

void of_use_bind(of_use *u, of_value *v); /* without marks: for nodes being built */
void of_use_set(of_use *u, of_value *v); /* rebinds one use (v may be NULL); touches its node or graph */
/* Every use of `from` becomes one of `to`. Graph outputs included only when with_outputs. */
void of_value_replace(of_value *from, of_value *to, bool with_outputs);
/* Out of its graph for good: its inputs and everything its bodies use are unused, its
 * outputs left without producer. `in` keeps no values; fate is the caller's. */
void of_node_unlink(of_node *n);
/* Outputs that name no producer become this node's. before NULL: at the end. */
void of_node_insert_before(of_node *n, of_graph *g, of_node *before);
/* Takes a node, with its inputs, outputs and bodies as they are, to another place or
 * graph; its outputs are then in g's scope. Names are the caller's care. */
void of_node_move(of_node *n, of_graph *g, of_node *before);
/* Hangs body g on attribute a of n: owner, depth and function of g and of all below it. */
void of_body_attach(of_node *n, of_attr *a, of_graph *g);
void of_node_add_attr(of_node *n, of_attr *a);    /* at the end; touches n */
void of_node_remove_attr(of_node *n, of_attr *a); /* releases its tensors; bodies in it lose their uses */
/* Gives v (producer already unlinked, or none) the constant as an initializer of its
 * own graph. Takes a reference of its own. In function bodies use of_make_constant_node. */
of_status of_value_set_init(of_model *m, of_value *v, of_tensor *t, of_err *e);
of_status of_value_drop_init(of_model *m, of_value *v);
/* A Constant node in front of `before` (NULL: end) that defines v. */
of_status of_make_constant_node(of_model *m, of_graph *g, of_node *before, of_value *v, of_tensor *t, of_err *e);
of_status of_value_set_const(of_value *v, of_val *c); /* cval only; counted */
void of_value_rename(of_model *m, of_value *v, of_sym name); /* marks producers, users, infos dirty */
/* A name that no value of the model has (never interned before): base_1, base_2, ...
 * amortized O(1). NULL: no memory. */
of_sym of_fresh_name(of_model *m, of_sym base);
/* At the end. Before of_link it marks nothing, so decode may use it. */
void of_node_append(of_graph *g, of_node *n);

#endif
