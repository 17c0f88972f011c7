/* What stands behind the public handles. lib/api checks arguments, keeps the books of
 * the report and calls down; the work is done below. */
#ifndef OF_API_API_H
#define OF_API_API_H

#define ONNXFOLD_BUILDING
#include "onnxfold/onnxfold.h"

#include "pass/pass.h"
#include "wire/wire.h"

/* Slots of the integer options, in rising order of their public numbers. */
enum {
#define OPT(ID, name, min, max, def) API_##ID,
#include "api/options.def"
#undef OPT
    API_N_OPTS
};

#define API_N_LISTS 6

typedef struct of_api_list { /* sorted bytewise; each item owned, NUL behind it */
    of_str *item;
    size_t n, cap;
} of_api_list;

typedef struct of_api_custom {
    of_str domain, name; /* owned, NUL behind */
    onnxfold_status (*infer)(void *, onnxfold_node_context *);
    onnxfold_status (*evaluate)(void *, onnxfold_node_context *);
    void *user;
} of_api_custom;

struct onnxfold_options {
    of_alloc alloc;
    int64_t ints[API_N_OPTS];
    uint64_t given; /* bit by row of ints: set by the caller */
    of_api_list list[API_N_LISTS];
    bool only_on;
    char *ext_file; /* owned */
    size_t ext_file_size;
    onnxfold_should_fold should_fold;
    onnxfold_progress progress;
    onnxfold_log log;
    onnxfold_parallel parallel;
    of_api_custom *custom;
    size_t n_custom, cap_custom;
};

/* One operator of the report's table. */
typedef struct of_api_op {
    of_sym domain, name;
    uint64_t before, after;
} of_api_op;

struct onnxfold_report {
    onnxfold_model *h;                     /* the handle it is part of */
    of_model *m;
    const of_alloc *alloc;
    double open_at;                        /* of_clock when the load began */
    double load, optimize, save, total;
    of_pass_stat *stat;                    /* n_stat, all passes and rules */
    size_t n_stat;
    uint64_t folded_bytes, steps, bytes_after;
    of_api_op *op;                            /* sorted by name, then domain, once asked for */
    size_t n_op, cap_op;
    uint32_t *op_of;                       /* by node id: index into op as counted at first; n_op_of */
    size_t n_op_of;
    uint32_t *order;                       /* n_op, sorted view of op */
    uint32_t *first_of;                    /* by id of the op's name: 1 + first index into op; n_first */
    uint32_t *next_of;                     /* n_op: 1 + next op of the same name, another domain */
    size_t n_first, cap_next;
    uint64_t nodes_before, nodes_after, fate[4];
    bool counted, fresh;                   /* `before` is counted; `after` is of the present state */
};

struct onnxfold_model {
    of_alloc alloc;
    of_err err;
    of_model *m;      /* NULL: none loaded */
    onnxfold_report report;
};

struct onnxfold_buffer {
    of_alloc alloc;
    void *data;
    size_t size, cap;
};

struct onnxfold_node_context {
    of_opctx *c;
};

/* errno, and for the calls that compute the floating-point environment, as the caller
 * had them. */
typedef struct of_api_guard {
    int err;
} of_api_guard;
of_api_guard of_api_enter(void);
onnxfold_status of_api_leave(of_api_guard g, of_status st);
/* The same for a call whose detail is on h: status and detail agree. */
onnxfold_status of_api_done(onnxfold_model *h, of_api_guard g, of_status st);
/* ONNXFOLD_E_ARGUMENT, also as the detail on h, which may be NULL. */
onnxfold_status of_api_refuse(onnxfold_model *h);

/* What a NULL options pointer stands for. */
extern const onnxfold_options of_api_default_options;
static inline const onnxfold_options *of_api_options(const onnxfold_options *o)
{
    return o ? o : &of_api_default_options;
}
bool of_api_allocator(const onnxfold_allocator *in, of_alloc *out); /* false: not usable */
/* Copies the part of a callback struct that the caller knows of; size 0 afterwards: none. */
bool of_api_copy_callbacks(void *to, const void *from, size_t size, size_t least);

/* Fills po from o (borrowed), with adapters for the callbacks. tmp holds what has to be
 * built; `m` is needed for budgets that depend on the model. */
typedef struct of_api_call {
    const onnxfold_options *o; /* the caller's, or the default ones */
    of_pass_opts po;
    of_custom_op *custom;
    of_str *only;
    size_t n_only;
    of_alloc *alloc;
} of_api_call;
of_status of_api_call_init(of_api_call *call, of_alloc *a, const onnxfold_options *o, const of_model *m, of_err *e);
void of_api_call_free(of_api_call *call);

/* Every node context call goes through these adapters. */
of_choice of_api_should_fold(void *user, of_opctx *c);
of_status of_api_custom_infer(of_opctx *c, void *user);
of_status of_api_custom_eval(of_opctx *c, void *user);

void of_api_report_reset(onnxfold_model *h);
of_status of_api_report_count_before(onnxfold_model *h, of_err *e);
of_status of_api_report_count_after(onnxfold_model *h, of_err *e);
of_status of_api_report_write_json(const onnxfold_report *r, of_sink *out, of_err *e);

/* Where a path's folder ends: 0 when it has none. */
size_t of_api_folder_len(const char *path);

#endif
