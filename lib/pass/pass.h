/* The pipeline. Order and names are semantics.md's: see passes.def. */
#ifndef OF_PASS_PASS_H
#define OF_PASS_PASS_H

#include "eval/eval.h"

typedef enum of_quant_mode { OF_QUANT_PRESERVE, OF_QUANT_ISLANDS, OF_QUANT_FOLD } of_quant_mode;

typedef enum of_choice { OF_CHOICE_DEFAULT, OF_CHOICE_FOLD, OF_CHOICE_KEEP } of_choice;

/* Options as the passes read them; api fills it from the handle. Borrowed for the call. */
typedef struct of_pass_opts {
    const of_str *excluded_ops; size_t n_excluded_ops;   /* sorted; "Op" or "domain::Op" */
    const of_str *keep_nodes; size_t n_keep_nodes;       /* names or globs */
    const of_str *force_nodes; size_t n_force_nodes;
    const of_str *only; size_t n_only; bool has_only;    /* passes and rules by name; has_only with none: nothing runs */
    const of_str *skip; size_t n_skip;
    of_quant_mode quant;
    int64_t input_size_limit, output_size_limit;         /* elements; INT64_MAX: unlimited */
    int64_t growth_budget;                               /* bytes, net; INT64_MAX: unlimited */
    uint64_t folded_bytes_max, one_fold_bytes_max, work_max, nodes_max; /* budgets; UINT64_MAX: unlimited */
    uint32_t depth_max;
    bool initializer_inputs_constant;
    bool inline_functions, exact, metadata, value_info;
    uint32_t cpu_flags;
    of_choice (*should_fold)(void *user, of_opctx *c);   /* NULL: none */
    void *should_fold_user;
    int (*progress)(void *user, double done);            /* nonzero: cancel; NULL: none */
    void *progress_user;
    void (*log)(void *user, int level, const char *text);
    void *log_user;
    of_par par; bool has_par;
    const of_custom_op *custom; size_t n_custom;
} of_pass_opts;

/* What a pass or rule did; one entry per row of passes.def then rules.def. */
typedef struct of_pass_stat {
    const char *name;
    uint64_t applied;
    double seconds;
} of_pass_stat;

typedef struct of_pass_result {
    of_pass_stat *stat; /* in the model's arena */
    size_t n_stat;
    uint64_t nodes_before, nodes_after; /* with bodies and functions */
    uint64_t folded_bytes, steps;
} of_pass_result;

/* On NOMEM, CANCELLED the model is still valid (the verifier passes) and can be saved
 * or optimized again; what was done until then stays. */
of_status of_optimize(of_model *m, const of_pass_opts *o, of_pass_result *r, of_err *e);

/* Names of all passes and rules, for --list: index order of of_pass_stat. NULL past the end. */
const char *of_pass_name(size_t i);
bool of_pass_default_on(size_t i);

#endif
