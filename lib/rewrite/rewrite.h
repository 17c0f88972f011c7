/* The frame of the rewrite rules. A rule looks at one node (the last of its pattern)
 * with types and constants known and, where it can prove that it may, changes the
 * graph around it through ir/edit.h and the calls below. rules.def is the only list. */
#ifndef OF_REWRITE_REWRITE_H
#define OF_REWRITE_REWRITE_H

#include "eval/eval.h"

/* What a rule sees; filled in by the worklist. */
typedef struct of_rw {
    of_model *m;
    of_evaluator *ev;
    of_err *err;
    bool exact;  /* only what leaves every output bit-identical */
    void *frame; /* the worklist's */
    /* A node the rule has made and linked: its output types are inferred at once, and it
     * is looked at again later. */
    of_status (*made)(void *frame, of_node *n);
    /* A node the rule has made useless: taken out, with the constants only it used. */
    of_status (*drop)(void *frame, of_node *n);
    /* v was changed or put in another's place: its users are looked at again. */
    of_status (*changed)(void *frame, of_value *v);
    /* v has lost a use: when it was the last one, what made it goes too. */
    of_status (*release)(void *frame, of_value *v);
    /* A new value that node `at` can use, with the constant t. */
    of_status (*constant)(void *frame, of_node *at, of_sym base, of_tensor *t, of_value **out);
    /* Output i of n gives way to `to`, which has the same value, and n goes when nothing
     * uses it any more. *done false: a name of the interface or of a body stands against it. */
    of_status (*forward)(void *frame, of_node *n, uint32_t i, of_value *to, bool *done);
    /* Whether node n is one that rules may change: the caller may want it kept. */
    of_status (*may)(void *frame, of_node *n, bool *yes);
    uint16_t by;          /* row of the rule that runs, + 1 */
    const of_node *last;  /* whose operator `last_op` is */
    int last_op;
    of_htab *lists; /* of equal_values, while the sweep goes on; else NULL */
    /* rw_calm.c: by value id once it is known; until then, who asked */
    uint8_t *calm;
    size_t n_calm;
    of_node **asked;
    size_t n_asked, cap_asked;
    bool loud; /* one of them was told no */
    uint16_t turns; /* `by` of cancel_transposes, when it has met one; else 0 */
} of_rw;

/* What of cancel_transposes waits until the worklist is empty: looks at all Transposes. *applied:
 * how many sets of nodes it has turned, whose surroundings are then on the list. */
of_status of_rw_turn(of_rw *rw, uint64_t *applied);

/* Looks at the whole model: from here to the end of_rw_calm knows. */
of_status of_rw_calm_begin(of_rw *rw);
void of_rw_calm_end(of_rw *rw);
void of_rw_calm_free(of_rw *rw); /* with the list of those who asked */

/* Equality of of_rw.lists' items. */
bool of_rw_list_equal(const void *a, const void *b, void *user);

/* *applied: whether anything changed. When it fails nothing has. */
typedef of_status (*of_rule_fn)(of_rw *rw, of_node *n, bool *applied);

typedef struct of_rule {
    const char *name;
    bool default_on;
    of_rule_fn apply;
    const uint8_t *roots; /* which operators it looks at; see rules.def */
    size_t n_roots;
} of_rule;

/* By operator, the rules that are on and look at it: bit i for rule i. */
#define OF_RULE_OPS 128
typedef struct of_rule_index {
    uint64_t of[OF_RULE_OPS];
} of_rule_index;
void of_rule_index_make(of_rule_index *x, const bool *on); /* on: of_rule_count() of them */
uint64_t of_rule_candidates(const of_rule_index *x, of_rw *rw, const of_node *n);

size_t of_rule_count(void);
const of_rule *of_rule_at(size_t i);

#endif
