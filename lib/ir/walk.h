/* Iterative walks over nested graphs; the stack is on the heap, bounded by depth. */
#ifndef OF_IR_WALK_H
#define OF_IR_WALK_H

#include "ir/ir.h"

/* Visits every node of a graph and of the bodies below it, bodies before the node
 * that owns them when `post`, after it otherwise. The node handed out may be
 * unlinked by the caller before the next call; its successor may not. */
typedef struct of_walk {
    of_alloc *alloc;
    struct of_walk_frame *stack;
    size_t depth, cap;
    const of_model *model;
    bool post;
} of_walk;
/* Nodes stand in memory mostly in the order of their ids: whoever goes through many asks
 * for the one that comes soon. */
static inline void of_prefetch_node(const of_model *m, uint32_t id)
{
#if defined(__GNUC__)
    if (id + 8u < m->n_nodes) __builtin_prefetch(m->nodes[id + 8u]);
#else
    (void)m;
    (void)id;
#endif
}
of_status of_walk_init(of_walk *w, of_alloc *a, of_graph *g, bool post);
of_status of_walk_next(of_walk *w, of_node **out); /* *out NULL at the end */
void of_walk_free(of_walk *w);

/* Bodies of a node in attribute order: *at from 0; NULL at the end. O(1) amortized. */
typedef struct of_body_iter {
    of_attr *attr;
    size_t i;
} of_body_iter;
static inline of_body_iter of_bodies(const of_node *n)
{
    return (of_body_iter){n->bodies ? n->attrs : NULL, 0};
}
of_graph *of_body_next(of_body_iter *it);

#endif
