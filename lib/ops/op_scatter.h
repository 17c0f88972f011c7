/* What the Scatter family shares. */
#ifndef OF_OPS_OP_SCATTER_H
#define OF_OPS_OP_SCATTER_H

#include "kern/kern_combine.h"
#include "ops/op_moves.h"

/* The reduction attribute (16; min and max 18); NULL: none, the update replaces. */
of_status of_scatter_reduction(of_opctx *c, of_combine_fn *f);
/* A known list with constant indices and known updates written into it. */
of_status of_scatter_known(of_opctx *c);
/* Offsets into data of n index tuples from tuple `first`, of dims from, from + 1... */
of_status of_tuple_offsets(of_opctx *c, const of_tensor *data, const of_tensor *idx, int64_t from,
                           int64_t first, int64_t n, const int64_t *stride, int64_t *off);

#endif
