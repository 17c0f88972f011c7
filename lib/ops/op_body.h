/* What the operators with bodies share. */
#ifndef OF_OPS_OP_BODY_H
#define OF_OPS_OP_BODY_H

#include "ops/op_seq.h"

/* A body run again and again: n_state of its outputs, behind the first `first`, become
 * inputs of the next trip; the others, scan outputs, are gathered. */
typedef struct of_body_run {
    of_graph *body;
    size_t n_in, n_out, n_state, n_scan;
    size_t first;    /* outputs before the states, which are carried too, before in_state */
    size_t in_state; /* input that takes the first state */
    of_val **in;     /* counted, NULL: not set yet */
    of_val **out;
    of_seq **scan;
} of_body_run;

of_status of_need_body(of_opctx *c, const char *name, of_graph **g);
/* In c->tmp; also when it fails part way, of_body_run_free is all that is due. */
of_status of_body_run_new(of_opctx *c, of_graph *body, size_t n_in, size_t n_state, size_t first,
                          of_body_run **out);
void of_body_run_free(of_body_run *r);
void of_body_set(of_body_run *r, size_t i, of_val *v); /* takes the reference */
of_status of_body_trip(of_opctx *c, of_body_run *r);
/* Scan output i of all trips along a new axis. */
of_status of_body_scanned(of_opctx *c, of_body_run *r, size_t i, int64_t axis, bool reverse, of_tensor **out);
/* The same of no trips: what the body's own type says, or OF_E_UNSUPPORTED. */
of_status of_body_empty(of_opctx *c, const of_body_run *r, size_t i, int64_t axis, of_tensor **out);
/* Type of a scan output: what the body gives, its numbers alone, and an axis more. */
of_status of_body_numeric(of_opctx *c, const of_type *t, int64_t axis, of_dim len, const of_type **out);

#endif
