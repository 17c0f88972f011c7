/* Prototypes of every operator's two functions, derived from the rows. */
#ifndef OF_OPS_OP_PROTOS_H
#define OF_OPS_OP_PROTOS_H

#include "ops/ops.h"

#define OP(domain, name, since, min_in, max_in, min_out, max_out, infer, eval, flags)              \
    of_status of_infer_##infer(of_opctx *c);                                                       \
    of_status of_eval_##eval(of_opctx *c);
#include "ops/ops.def"
#undef OP

#endif
