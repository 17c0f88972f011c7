/* Between the files of the ofeval program. */
#ifndef OF_TEST_OFEVAL_H
#define OF_TEST_OFEVAL_H

#include "eval/eval.h"

/* Writes out[0..n) to a model at path; NULL entries are left out. */
of_status ofeval_save(of_alloc *a, of_val *const *out, size_t n, const char *path, of_err *e);

/* Evaluates every node of g, infers its types from less and less knowledge, and prints what
 * happened. out (one entry an output of g, NULL where nothing came out) gets references. */
of_status ofeval_each(of_evaluator *ev, of_graph *g, of_val **out, of_err *e);

/* Evaluates the main graph of the model at `in` with each of its allocations failing in turn, then
 * to the end, and saves the results. OF_E_INTERNAL: a failure was not reported as such, or leaks. */
of_status ofeval_starve(const char *in, const char *to, of_err *e);

#endif
