/* Shared inside lib/eval. */
#ifndef OF_EVAL_EVAL_RUN_H
#define OF_EVAL_EVAL_RUN_H

#include "eval/eval.h"

/* opctx.run_body: runs a body of the node that c evaluates; run_user is the evaluator. */
of_status of_eval_body(of_opctx *c, of_graph *body, of_val *const *in, size_t n_in, of_val **out, size_t n_out);

#endif
