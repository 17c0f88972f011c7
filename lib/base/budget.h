/* One budget per optimize call: bytes folded, scalar steps, expanded nodes, over
 * all nodes, loop trips and inlined bodies together. It also carries the cancel
 * poll, since whoever spends is who should look. */
#ifndef OF_BASE_BUDGET_H
#define OF_BASE_BUDGET_H

#include "base/err.h"

typedef struct of_budget {
    uint64_t bytes_max, bytes_used;   /* tensor bytes produced by evaluation */
    uint64_t one_max;                 /* bytes of a single result */
    uint64_t steps_max, steps_used;   /* scalar steps */
    uint64_t nodes_max, nodes_used;   /* nodes made by inlining and unrolling */
    uint64_t trips_max;               /* of one loop; 0: any number */
    int (*poll)(void *user);          /* nonzero: cancel; may be NULL */
    void *poll_user;
    uint64_t poll_next;               /* steps_used at which poll is called again */
} of_budget;

/* Each takes its part or returns OF_E_BUDGET with the message which and how much;
 * a refused request takes nothing. of_budget_steps may return OF_E_CANCELLED. */
of_status of_budget_bytes(of_budget *b, uint64_t n, of_err *e);
of_status of_budget_steps(of_budget *b, uint64_t n, of_err *e);
of_status of_budget_nodes(of_budget *b, uint64_t n, of_err *e);

#endif
