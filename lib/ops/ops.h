/* The operator table and what an operator sees.
 *
 * A row of ops.def names an operator, the version from which the row holds, arity,
 * and two functions that stand together in a family file:
 *   infer(ctx)  types and shapes of the outputs from what is known of the inputs;
 *   eval(ctx)   values of the outputs from values of the inputs.
 * The frame runs infer before eval with the inputs' exact types, so eval finds the
 * output shapes settled (of_out) unless they depend on data, in which case it calls
 * of_out_shaped. Infer is where arity, attributes, ranks and type agreement are
 * checked: eval relies on a successful infer with static shapes.
 *
 * Statuses an operator returns: OF_OK; OF_E_EVAL (the node is not valid ONNX, or the
 * result is undefined: message says why); OF_E_UNSUPPORTED (type or attribute not
 * evaluated); OF_E_BUDGET; OF_E_NOMEM and OF_E_CANCELLED, which end the whole call.
 * In infer anything but NOMEM/CANCELLED leaves the outputs unknown. */
#ifndef OF_OPS_OPS_H
#define OF_OPS_OPS_H

#include "base/budget.h"
#include "ir/ir.h"
#include "kern/kern.h"

typedef struct of_opctx of_opctx;
typedef of_status (*of_infer_fn)(of_opctx *c);
typedef of_status (*of_eval_fn)(of_opctx *c);

enum {
    OF_OP_RANDOM = 1 << 0,   /* result is not determined: never folded */
    OF_OP_CONTROL = 1 << 1,  /* has bodies */
    OF_OP_QUANT = 1 << 2,    /* one of the quantization operators (policy) */
    OF_OP_SHAPE_ONLY = 1 << 3, /* result follows from types and shapes of the inputs alone (Shape, Size) */
    OF_OP_MOVES = 1 << 4,    /* moves bytes, never computes (Transpose, Reshape...) */
    OF_OP_LOOSE = 1 << 6,    /* the last bits of a float result are the implementation's own: sums, exp, ... */
    OF_OP_STORED = 1 << 5,   /* takes its inputs as they are stored: packed, perhaps not loaded (as do bodies) */
};

typedef struct of_op {
    const char *domain; /* "" for ai.onnx */
    const char *name;
    int since;          /* first opset version of this row */
    uint8_t min_in, max_in, min_out, max_out; /* 255: unbounded */
    of_infer_fn infer;
    of_eval_fn eval;
    uint32_t flags;
} of_op;

/* Newest row with since <= version, or NULL. O(1) expected. */
const of_op *of_op_find(of_sym domain, of_sym op_type, int64_t version);
const of_op *of_op_of_node(of_node *n); /* cached in n->op; NULL: unknown, or a model-local function */
#define OF_NEWEST_OPSET 28

of_status of_infer_unknown(of_opctx *c); /* outputs stay unknown */
of_status of_eval_none(of_opctx *c);     /* OF_E_UNSUPPORTED */

/* ---- what the functions see ---- */
struct of_opctx {
    const of_op *op;
    of_node *node;        /* for attributes and messages */
    int64_t opset;        /* version of the node's domain in force */
    of_model *m;          /* arena of types, dims, names */
    of_alloc *alloc;
    of_arena *tmp;        /* scratch, gone after the node */
    of_budget *budget;
    const of_kern *kern;
    of_err *err;
    const struct of_par *par; /* parallel-for lent by the caller, or NULL */
    uint32_t n_in, n_out; /* as in the node (trailing absent inputs dropped) */
    /* infer */
    const of_type **in_type;   /* NULL entries: absent or nothing known */
    of_val **in_const;         /* constant inputs, NULL where not constant */
    of_dim **in_known;         /* symbolically known elements, parallel; count in in_known_n */
    uint32_t *in_known_n;
    const of_type **out_type;  /* results; NULL: unknown */
    of_dim **out_known;        /* results: symbolically known elements of out i */
    uint32_t *out_known_n;
    /* eval (in_const are then all the inputs, loaded; 2-, 4- and 6-bit tensors unpacked) */
    bool evaluating;
    of_val **out;              /* results; counted */
    /* bodies run through this, so that ops never includes eval */
    of_status (*run_body)(of_opctx *c, of_graph *body, of_val *const *in, size_t n_in, of_val **out, size_t n_out);
    void *run_user;
    const struct of_bind *bind; /* of the function call being evaluated; NULL: none */
};

/* What a function's body sees in place of attributes that refer to the caller's
 * (ref_attr_name): those of the call, else the function's defaults. */
typedef struct of_bind {
    const of_node *call;
    const of_func *func;
    const struct of_bind *up; /* what the call's own references are bound by */
} of_bind;

/* A parallel-for lent by the caller: runs fn(arg, i) for i in [0, n), in any order, and returns when all are done. */
typedef struct of_par {
    void (*run)(void *user, size_t n, void (*fn)(void *arg, size_t i), void *arg);
    void *user;
} of_par;

of_status of_op_fail(of_opctx *c, of_status code, const char *fmt, ...) OF_PRINTF(3, 4);
#define OF_INVALID(c, ...) of_op_fail((c), OF_E_EVAL, __VA_ARGS__)
#define OF_UNSUP(c, ...) of_op_fail((c), OF_E_UNSUPPORTED, __VA_ARGS__)

/* ---- attributes (typed; another kind than asked: OF_E_EVAL). def is what an absent one gives. ---- */
bool of_has_attr(const of_opctx *c, const char *name);
/* Of whatever kind, references to a caller's attribute followed; *a NULL when absent. Not
 * bound as yet: OF_E_UNSUPPORTED. */
of_status of_find_attr(of_opctx *c, const char *name, of_attr **a);
of_status of_get_int(of_opctx *c, const char *name, int64_t def, int64_t *v);
of_status of_get_float(of_opctx *c, const char *name, float def, float *v);
of_status of_get_str(of_opctx *c, const char *name, const char *def, of_str *v);
/* Absent: *v NULL, *n 0. Borrowed from the model. */
of_status of_get_ints(of_opctx *c, const char *name, const int64_t **v, size_t *n);
of_status of_get_floats(of_opctx *c, const char *name, const float **v, size_t *n);
of_status of_get_strs(of_opctx *c, const char *name, const of_str **v, size_t *n);
of_status of_get_tensor(of_opctx *c, const char *name, of_tensor **t);
of_status of_get_graph(of_opctx *c, const char *name, of_graph **g);

/* ---- inputs ---- */
bool of_has_in(const of_opctx *c, uint32_t i); /* present (not the empty name) */
const of_type *of_in_type(const of_opctx *c, uint32_t i);   /* NULL: nothing known */
of_dtype of_in_dtype(const of_opctx *c, uint32_t i);        /* OF_UNDEFINED: not known or not a tensor */
const of_shape *of_in_shape(const of_opctx *c, uint32_t i); /* never NULL; rank -1 when not known */
int32_t of_in_rank(const of_opctx *c, uint32_t i);          /* -1: not known */
of_tensor *of_in_const(const of_opctx *c, uint32_t i);      /* constant tensor, else NULL. Load before reading data */
/* Evaluation: the tensor, loaded. Only for inputs that infer proved to be tensors. */
const of_tensor *of_in(const of_opctx *c, uint32_t i);
/* What operators with OF_OP_STORED do first: the tensor, loaded, and unpacked if asked. */
of_status of_in_load(of_opctx *c, uint32_t i, bool unpack, const of_tensor **t);
/* Elements of an integer tensor as int64, when constant or known: *v in tmp, *n its count;
 * else *v NULL. Rank > 1 or another type: OF_E_EVAL. */
of_status of_in_ints(of_opctx *c, uint32_t i, int64_t **v, size_t *n);
#define OF_KNOWN_MAX 1024 /* past this many elements a tensor is data, not shape arithmetic */
/* The same with symbolically known elements, as of_dim; not known at all: *v NULL. */
of_status of_in_dims(of_opctx *c, uint32_t i, of_dim **v, size_t *n);

/* ---- outputs in infer ---- */
of_status of_set_out(of_opctx *c, uint32_t i, of_dtype t, of_shape s); /* s.d is copied where it has to last */
of_status of_set_out_type(of_opctx *c, uint32_t i, const of_type *t);
of_status of_set_known(of_opctx *c, uint32_t i, const of_dim *v, size_t n); /* elements known of an int tensor */
of_shape of_shape_new(of_opctx *c, int32_t rank); /* unknown dims, in scratch; d NULL and rank -1 when memory is out (of_set_out then says so) */
of_shape of_shape_from(of_opctx *c, const int64_t *dims, size_t rank);
of_status of_same_as_in(of_opctx *c, uint32_t out, uint32_t in); /* type and shape */
/* numpy broadcasting of inputs [first, first + n) into *s. Incompatible: OF_E_EVAL. */
of_status of_broadcast_ins(of_opctx *c, uint32_t first, uint32_t n, of_shape *s);
/* axis in [-rank, rank - 1 + extra] to [0, rank + extra). Outside: OF_E_EVAL. */
of_status of_norm_axis(of_opctx *c, int64_t axis, int64_t rank, int64_t extra, int64_t *out);

/* ---- outputs in eval ---- */
/* Allocates output i (unpacked form) with the inferred type; zeroed. */
of_status of_out(of_opctx *c, uint32_t i, of_tensor **t);
of_status of_out_shaped(of_opctx *c, uint32_t i, of_dtype t, const int64_t *dims, size_t rank, of_tensor **out);
/* The same for results of which every element is written: not zeroed. */
of_status of_out_raw(of_opctx *c, uint32_t i, of_tensor **t);
/* The same in the packed form, for those who write that themselves. */
of_status of_out_packed(of_opctx *c, uint32_t i, of_tensor **t);
of_status of_out_val(of_opctx *c, uint32_t i, of_val *v); /* hands over a reference: forwards an input, or a sequence */
bool of_wants_out(const of_opctx *c, uint32_t i);         /* false: absent, need not be computed */
of_status of_work(of_opctx *c, uint64_t steps);           /* budget of scalar steps */
of_status of_work_items(of_opctx *c, uint64_t n);         /* budget of bytes: n items of a sequence, their elements apart */
void *of_tmp(of_opctx *c, size_t n, size_t elem);         /* scratch array, checked; NULL: no memory */

#endif
