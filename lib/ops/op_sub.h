/* Operators that are made of others: those run under another version, or on values made here. */
#ifndef OF_OPS_OP_SUB_H
#define OF_OPS_OP_SUB_H

#include "ops/op_protos.h"

/* infer or eval of an operator of ai.onnx as of version `opset`, on c's own inputs and outputs. */
of_status of_sub_as(of_opctx *c, int64_t opset, of_status (*fn)(of_opctx *c));
/* The same on n_in other inputs (loaded, unpacked; NULL: absent) with the attributes of c's node:
 * n_out results, new references. */
of_status of_sub_run(of_opctx *c, int64_t opset, of_infer_fn infer, of_eval_fn eval, const of_tensor *const *in,
                     uint32_t n_in, of_tensor **out, uint32_t n_out);

#endif
