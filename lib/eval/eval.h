/* Running one node, or a body, on values. No graph edits here. */
#ifndef OF_EVAL_EVAL_H
#define OF_EVAL_EVAL_H

#include "ops/ops.h"

/* A custom operator's hooks (api wires the caller's callbacks to these). */
typedef struct of_custom_op {
    of_str domain, name;
    /* may each be NULL */
    of_status (*infer)(of_opctx *c, void *user);
    of_status (*eval)(of_opctx *c, void *user);
    void *user;
} of_custom_op;

typedef struct of_evaluator {
    of_model *m;
    of_alloc *alloc;
    of_arena tmp;
    of_budget *budget;
    of_kern kern;
    of_par par;
    bool has_par;
    const of_custom_op *custom;
    size_t n_custom;
    uint32_t depth, depth_max; /* of bodies and function calls */
    of_val **env;              /* values of running graphs by value id; counted */
    uint32_t *left;            /* uses still to come of each, by value id */
    size_t env_n, left_n;
    const of_bind *bind;       /* of the function call being run */
} of_evaluator;

void of_evaluator_init(of_evaluator *ev, of_model *m, of_budget *budget, uint32_t cpu_flags);
void of_evaluator_free(of_evaluator *ev);

/* Fills a context for infer from the node's values: for callbacks (should_fold). Valid
 * until ev->tmp is restored. */
of_status of_eval_ctx(of_evaluator *ev, of_opctx *c, of_node *n, of_err *e);

/* Infers output types of n from its values' types and constants into out_type[n_out]
 * (entries NULL when unknown) and out_known. Never fails for the model's sake. */
of_status of_eval_infer(of_evaluator *ev, of_node *n, const of_type **out_type, of_dim **known, uint32_t *known_n,
                        of_err *e);

/* Computes n on in[0..n_in) (NULL: absent) into out[0..n_out) (new references; NULL
 * where absent). Inputs need not be those of the graph. On failure out is all NULL and
 * e says why; the status tells not-foldable (UNSUPPORTED, EVAL, BUDGET) from the
 * fatal (NOMEM, CANCELLED, IO...). */
of_status of_eval_node(of_evaluator *ev, of_node *n, of_val *const *in, size_t n_in, of_val **out, size_t n_out,
                       of_err *e);

/* Runs a whole graph (main or function body) on inputs by position: for --verify and
 * the conformance tests. outer constants are read from cval. Iterative in nodes. */
of_status of_eval_graph(of_evaluator *ev, of_graph *g, of_val *const *in, size_t n_in, of_val **out, size_t n_out,
                        of_err *e);

#endif
