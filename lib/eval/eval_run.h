/* Shared inside lib/eval. */
#ifndef OF_EVAL_EVAL_RUN_H
#define OF_EVAL_EVAL_RUN_H

#include "eval/eval.h"

/* opctx.run_body: runs a body of the node that c evaluates; run_user is the evaluator. */
of_status of_eval_body(of_opctx *c, of_graph *body, of_val *const *in, size_t n_in, of_val **out, size_t n_out);
/* Runs the body of a model-local function on the inputs of its call n. */
of_status of_eval_call(of_evaluator *ev, of_node *n, of_func *f, of_val *const *in, size_t n_in, of_val **out,
                       size_t n_out, of_err *e);

#endif
