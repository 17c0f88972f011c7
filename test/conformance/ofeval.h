/* Between the two files of the ofeval program. */
#ifndef OF_TEST_OFEVAL_H
#define OF_TEST_OFEVAL_H

#include "eval/eval.h"

/* Writes out[0..n) to a model at path; NULL entries are left out. */
of_status ofeval_save(of_alloc *a, of_val *const *out, size_t n, const char *path, of_err *e);

/* Evaluates every node of g, infers its types from less and less knowledge, and prints what
 * happened. out (one entry an output of g, NULL where nothing came out) gets references. */
of_status ofeval_each(of_evaluator *ev, of_graph *g, of_val **out, of_err *e);

#endif
