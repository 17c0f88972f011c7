/* From names to pointers after decode, and the verifier. */
#ifndef OF_IR_LINK_H
#define OF_IR_LINK_H

#include "ir/ir.h"

/* Decode leaves names in these (index parallel to node->in / out, graph->outputs); link
 * resolves them scope by scope, iteratively, in O(edges), and reports undefined
 * names, duplicates (SSA), nodes out of topological order, cycles, missing outputs. */
of_status of_link(of_model *m, of_err *e);

/* Everything that must hold between passes: SSA, order, use lists, arity of bodies,
 * captured names visible and not shadowed, outputs present, types of constants, ids. O(model). */
of_status of_verify(of_model *m, of_err *e);

/* A text form for golden tests: stable, one line a node. Grows *buf (m->alloc). */
of_status of_dump(of_model *m, char **buf, size_t *len, size_t *cap, of_err *e);

#endif
