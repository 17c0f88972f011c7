/* Shared by the files of lib/pass: the state of one optimize call and the calls of
 * the passes on each other. */
#ifndef OF_PASS_PASS_FRAME_H
#define OF_PASS_PASS_FRAME_H

#include "ir/edit.h"
#include "ir/link.h"
#include "ir/walk.h"
#include "pass/pass.h"
#include "rewrite/rewrite.h"

enum {
#define PASS(id, name, on) OF_PASS_##id,
#include "pass/passes.def"
#undef PASS
    OF_PASS_COUNT
};

/* One graph of the sweep in progress. */
typedef struct of_sweep {
    of_graph *g;
    of_node *at;      /* node to visit, or whose bodies are being visited */
    of_body_iter it;
    bool in_bodies;
} of_sweep;

/* A value as it was before something was supposed of it. */
typedef struct of_saved {
    of_value *v;
    const of_type *type;
    of_dim *known;
    of_val *cval;
    uint16_t n_known;
} of_saved;

typedef struct of_pass {
    of_model *m;
    of_alloc *alloc;
    const of_pass_opts *o;
    of_pass_result *r;
    of_err *err;
    of_err why; /* of a fold that did not come about */
    of_budget budget;
    of_evaluator ev;
    of_rw rw;
    bool *on; /* by row of passes.def, then rules.def */
    bool any_rule;
    of_rule_index rules;
    bool infers;   /* types are needed by a pass that is on */
    bool resweep;  /* dimensions that were two are one: what holds them is compared anew; or more is known
                    * of what bodies are given or give */
    unsigned body_news; /* how often it was that */
    bool sweeping; /* whoever uses a value that changes is still to be visited */
    int64_t growth; /* bytes, net, so far */

    of_node **queue; /* worklist, first in first out */
    size_t q_at, q_n, q_cap;
    uint8_t *visits; /* by node id: how often the worklist took it */
    size_t n_visits;
    of_sweep *stack;
    size_t depth, stack_cap;
    of_node *next; /* where the sweep goes on; kept right by of_pass_unlink */

    /* scratch of one node */
    const of_type **out_type;
    of_dim **out_known;
    uint32_t *out_known_n;
    of_val **in_val, **out_val;
    of_value **in_values;
    size_t cap_out, cap_known, cap_known_n, cap_in_val, cap_out_val, cap_in_values;
    of_value **rel; /* values that lost a use */
    size_t n_rel, cap_rel;

    /* how many values bear a name, by name id, within one function or the model; the same
     * of nodes */
    uint32_t *named, *nodes_named;
    size_t n_named, n_nodes_named;
    const of_func *named_in;
    bool named_ready;

    uint32_t *stamp; /* by value id: last generation that met it */
    size_t n_stamp;
    uint32_t generation;

    of_saved *saved; /* in the order of supposing */
    size_t n_saved, cap_saved;
    uint64_t guesses; /* nodes looked at under a supposition */
    bool supposing;   /* whatever types are set now is taken back */
    bool saw_if;      /* the sweep left an If behind */

    uint8_t *island; /* by node id, in quantization mode `islands`: OF_ISLAND_* */
    size_t n_island;
    uint64_t ticks;
    double done; /* last told to the caller */
    double t_fold; /* seconds inside of folds */
} of_pass;

/* ---- frame: pass_run.c, pass_work.c ---- */
static inline of_status of_pass_nomem(of_pass *p)
{
    return of_nomem(p->err);
}
/* What ends the call. Not what an operator says of its node (its own preconditions, no
 * evaluator, over budget), nor that external data is out of reach (no such file, or the
 * model came from memory): then the node stays. Any other failure to read a constant
 * means that the model is broken or its source changed. */
static inline bool of_pass_fatal(const of_pass *p, of_status st)
{
    if (st == OF_E_PATH) return p->m->base_dir.n != 0;
    return st != OF_OK && st != OF_E_UNSUPPORTED && st != OF_E_EVAL && st != OF_E_BUDGET && st != OF_E_NOT_FOUND;
}
static inline void of_pass_applied(of_pass *p, size_t row, uint64_t n)
{
    p->r->stat[row].applied += n;
}
/* Progress and cancellation, now and then. done: share of the work, 0 to 1. */
of_status of_pass_tick(of_pass *p, double done);
/* Sweep once in topological order, then the worklist until nothing changes. */
of_status of_pass_work(of_pass *p);
of_status of_pass_drain(of_pass *p);
of_status of_pass_enter(of_pass *p, of_graph *g, of_node *at); /* onto the stack of the walk in progress */
/* fn on root and every graph below it. fn changes no node. */
typedef of_status (*of_graph_fn)(of_pass *p, of_graph *g);
of_status of_pass_each_graph(of_pass *p, of_graph *root, of_graph_fn fn);
of_status of_pass_push(of_pass *p, of_node *n);
/* Whether no rule may change n: it is kept for a reason, or by the caller. */
of_status of_pass_left_alone(of_pass *p, of_node *n, bool *yes);
of_status of_pass_push_users(of_pass *p, of_value *v); /* nothing while sweeping: they are to come */
/* Takes n out of its graph, with its fate, and keeps the sweep's place right. */
void of_pass_unlink(of_pass *p, of_node *n, of_fate fate, size_t by);
of_status of_pass_push_near(of_pass *p, const of_value *v); /* its users and theirs, in the sweep too */
of_status of_pass_alone(of_pass *p, const of_value *v);     /* v has one user left */
of_status of_pass_unused(of_pass *p, const of_value *v);    /* and here none */
/* v has lost a use. A constant that nothing uses goes at once, with the Constant or the
 * kept sequence node that made it; a node that was refused for the size of v is looked
 * at again once it is the only user. */
of_status of_pass_release(of_pass *p, of_value *v);
bool of_pass_is_constant(const of_node *n); /* a Constant node */
bool of_pass_alive(const of_node *n);       /* linked, and so is all it is nested in */
static inline bool of_has_bodies(const of_node *n)
{
    of_body_iter it = of_bodies(n);
    return of_body_next(&it) != NULL;
}
/* Whether a constant of g is an initializer (else a Constant node): not in functions,
 * whose body has none, and not before IR 4, where each initializer is also an input. */
bool of_pass_inits(of_pass *p, const of_graph *g);
of_status of_pass_reserve(of_pass *p, void **ptr, size_t *cap, size_t need, size_t elem);
of_status of_pass_scratch_in(of_pass *p, size_t n);
of_status of_pass_scratch_out(of_pass *p, size_t n);
/* How many values of v's name space have v's name, v included. */
of_status of_pass_named(of_pass *p, const of_value *v, uint32_t *n);
void of_pass_unnamed(of_pass *p, const of_value *v); /* v is gone or renamed */
of_status of_pass_node_named(of_pass *p, const of_node *n, uint32_t *count); /* the same of nodes */
void of_pass_node_unnamed(of_pass *p, const of_node *n);
/* Gives v a name that nothing else has. */
of_status of_pass_rename_fresh(of_pass *p, of_value *v);

/* Whether every use of `of` may name v instead: no body between hides v's name. v is
 * visible where `of` is defined. */
of_status of_pass_visible(of_pass *p, const of_value *v, const of_value *of, bool *yes);
/* Marks v in the current generation; *seen: it was marked already. */
of_status of_pass_mark(of_pass *p, const of_value *v, bool *seen);
static inline void of_pass_unmark_all(of_pass *p) { p->generation++; }

/* ---- pass_infer.c ---- */
of_status of_pass_setup_types(of_pass *p);
of_status of_pass_infer_node(of_pass *p, of_node *n);
/* Types of the inputs of n's bodies, before they are visited. */
of_status of_pass_infer_bodies(of_pass *p, of_node *n);
/* ---- pass_suppose.c ---- */
bool of_pass_guess(of_pass *p); /* one more node; false: enough of it */
of_status of_pass_suppose(of_pass *p, of_value *v, const of_type *t, of_dim *known, uint32_t n_known);
void of_pass_unsuppose(of_pass *p); /* everything as it was */
/* Supposes of every value in g what inference alone says. *all: to the end. */
of_status of_pass_infer_body(of_pass *p, of_graph *g, bool *all);
/* Into p->out_type and so on: what the call n of f gives, for what it hands to f. */
of_status of_pass_infer_call(of_pass *p, of_node *n, const of_func *f);
/* Types of what a Loop carries: as much of the initial ones as no trip changes. */
of_status of_pass_loop_types(of_pass *p, of_node *n, of_graph *g);

/* ---- pass_infer.c ---- */
/* What both types say; where they differ `inf` wins. NULL: nothing (or *oom). */
const of_type *of_type_merge(of_model *m, const of_type *inf, const of_type *decl, bool *oom);
/* *t without the dims that have no name, for what is written. */
of_status of_type_shown(of_pass *p, const of_type **t);
/* Whether the two cannot both be true. */
bool of_type_conflict(const of_type *a, const of_type *b);

/* ---- pass_const.c ---- */
/* Sets cval of every initializer that the options make a constant, and of no other. */
of_status of_pass_setup_consts(of_pass *p);
of_status of_pass_constant_node(of_pass *p, of_node *n);
/* Whether every present input is constant, and for a node with bodies whatever these
 * capture; false as well when an attribute is bound by a function's caller. */
of_status of_pass_all_const(of_pass *p, of_node *n, bool *yes);
/* Appends to p->in_values, from *k on, what the bodies of n take from outside. */
of_status of_pass_captures(of_pass *p, of_node *n, size_t *k);
/* Replaces the used outputs of n by the constants val (tensors), as initializers or
 * Constant nodes, and takes n out. On failure nothing has changed. */
of_status of_pass_commit(of_pass *p, of_node *n, of_val *const *val, of_fate fate, size_t by);

/* ---- pass_policy.c ---- */
#define OF_PIECES 64 /* nodes that a large constant is handed out to, at most */
typedef struct of_verdict {
    bool fold;
    bool any_size;   /* forced: no size limits */
    of_reason why;
    int64_t number;
} of_verdict;
/* Whether the options let n, whose inputs are constant, be folded. */
of_status of_policy_judge(of_pass *p, of_node *n, of_verdict *v);
/* The part of it that also holds for nodes whose inputs are not constant. */
of_status of_policy_excluded(of_pass *p, of_node *n, of_verdict *v);
/* Sizes of the result: exact. bytes and counts are of the used outputs. */
void of_policy_size(of_pass *p, const of_node *n, uint64_t bytes, uint64_t largest_count, of_verdict *v);
/* Bytes and elements of the used outputs, when the types tell. false: they do not. */
bool of_policy_static_size(const of_node *n, uint64_t *bytes, uint64_t *largest);
uint64_t of_policy_freed(const of_node *n); /* bytes of constants that only n uses */
of_status of_policy_islands(of_pass *p);    /* marks what mode `islands` lets through */

/* ---- pass_fold.c, pass_partial.c, pass_if.c ---- */
of_status of_pass_fold(of_pass *p, of_node *n, bool *done);
of_status of_pass_partial(of_pass *p, of_node *n, bool *done);
/* An If with a constant condition gives way to its branch. p->next is then the first
 * node of it. */
of_status of_pass_if(of_pass *p, of_node *n, bool *done);
/* The same for a branch that the caller found to be taken; `by` is credited. */
of_status of_pass_take_branch(of_pass *p, of_node *n, of_graph *take, size_t by, bool *done);
bool of_pass_branches(const of_node *n, of_graph **yes, of_graph **no); /* false: not an If of two branches */
/* An If one of whose branches makes every run fail gives way to the other. */
of_status of_pass_refute(of_pass *p, of_node *n, bool *done);
/* A Loop that makes no trip gives way to its initial values. */
of_status of_pass_loop(of_pass *p, of_node *n, bool *done);
bool of_pass_identity_takes(int64_t opset, const of_type *t);
of_status of_pass_make_identity(of_pass *p, of_node **out); /* not linked */
/* The output of id, in front of n, instead of output i of n; id hands `from` on. */
void of_pass_put_identity(of_node *n, uint32_t i, of_node *id, of_value *from);
of_status of_pass_kept(of_pass *p, of_node *n, of_reason why, int64_t number, const char *text);

/* ---- before the worklist ---- */
of_status of_pass_inline(of_pass *p);

/* ---- the passes after the worklist ---- */
of_status of_pass_dead_code(of_pass *p);
of_status of_pass_dead_imports(of_pass *p);
of_status of_pass_lift_constants(of_pass *p);
of_status of_pass_lift_subgraph(of_pass *p);
of_status of_pass_dedupe(of_pass *p);
of_status of_pass_cse(of_pass *p);
of_status of_pass_output_fix(of_pass *p);
of_status of_pass_names(of_pass *p);

/* ---- pass_meta.c, pass_info.c ---- */
of_status of_pass_metadata(of_pass *p);
/* value_info: entries of values that are gone go, wrong types are replaced. */
void of_pass_infos_drop(of_pass *p);
of_status of_pass_infos_write(of_pass *p);
of_vinfo *of_pass_info_new(of_pass *p, of_value *v); /* of v's type, in no list yet; NULL: no memory */
/* Python's repr of a text in UTF-8, appended to b; a byte that is none is written \xNN. */
typedef struct of_text {
    char *p;
    size_t n, cap;
} of_text;
of_status of_text_put(of_pass *p, of_text *b, const char *s, size_t n);
of_status of_text_repr(of_pass *p, of_text *b, const char *s, size_t n);

#endif
