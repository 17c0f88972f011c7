/* What the rule files share: which operator a node is, proofs about shapes and constants,
 * changes of a node in place. */
#ifndef OF_REWRITE_RW_H
#define OF_REWRITE_RW_H

#include "ir/edit.h"
#include "rewrite/rewrite.h"

#define OF_RW_RANK 16 /* axes that a rule deals with */

/* Operators of the default domain that rules look for, sorted by name. */
#define OF_RW_OPS(X) \
    X(Abs) X(Add) X(And) X(Attention) X(AveragePool) X(BatchNormalization) X(Cast) X(CastLike) X(Ceil) \
    X(Clip) X(Concat) X(ConcatFromSequence) X(ConstantOfShape) X(Conv) X(ConvInteger) \
    X(ConvTranspose) X(Cos) X(Div) X(Dropout) X(Equal) X(Expand) X(Flatten) X(Floor) X(GRU) X(Gather) X(Gemm) \
    X(Greater) X(GreaterOrEqual) X(HardSigmoid) X(HardSwish) X(Identity) X(LSTM) X(LayerNormalization) \
    X(Less) X(LessOrEqual) X(MatMul) X(Max) X(MaxPool) X(Mean) X(Min) X(Mod) X(Mul) X(Neg) \
    X(Not) X(Or) X(Pad) X(Pow) X(QLinearConv) X(RNN) X(Range) X(Reciprocal) X(ReduceL1) X(ReduceL2) \
    X(ReduceLogSum) X(ReduceLogSumExp) X(ReduceMax) X(ReduceMean) X(ReduceMin) X(ReduceProd) \
    X(ReduceSum) X(ReduceSumSquare) X(Relu) X(Reshape) X(RotaryEmbedding) X(Round) X(ScatterND) X(SequenceAt) \
    X(SequenceConstruct) X(SequenceLength) X(Shape) X(Sign) X(Sin) X(Slice) X(Split) \
    X(SplitToSequence) X(Sqrt) X(Squeeze) X(Sub) X(Sum) X(Tile) X(Transpose) X(Unsqueeze) \
    X(Where) X(Xor)
enum {
    OF_R_NONE = 0,
#define X(op) OF_R_##op,
    OF_RW_OPS(X)
#undef X
    OF_R_COUNT
};

#define RULE(function, name, on, ...) of_status of_rule_##function(of_rw *rw, of_node *n, bool *applied);
#include "rewrite/rules.def"
#undef RULE

int of_rop(const of_node *n);                /* OF_R_NONE: none of these */
int of_rw_op(of_rw *rw, const of_node *n);   /* the same, remembered for the node of this visit */
/* What makes input i, when it is an `op` of the same graph; else NULL. */
of_node *of_rw_src(const of_node *n, uint32_t i, int op);
/* Nothing but one input of one node uses v. */
bool of_rw_sole(const of_value *v);
/* That, and no other output of the node is used. */
bool of_rw_sole_node(const of_node *n);

/* ---- proofs ---- */
const of_shape *of_rw_shape(const of_value *v); /* of a tensor of known rank; else NULL */
of_dtype of_rw_dtype(const of_value *v);        /* OF_UNDEFINED: not known */
bool of_rw_same_type(const of_value *a, const of_value *b);  /* element type, proved */
bool of_rw_same_shape(const of_value *a, const of_value *b); /* proved */
/* Broadcasting v to x leaves x's shape as it is. */
bool of_rw_fits_into(const of_value *v, const of_value *x);
/* dims so that Reshape (allowzero 0) of something shaped `from` gives `to`: numbers, 0 where
 * the axis is kept, at most one -1, and that beside no axis that may be empty; but where a Reshape
 * with -1 at axis `open` (< 0: none) stands now, any other empty axis stops that one as well.
 * false: cannot be written so. */
bool of_rw_reshape_to(const of_rw *rw, const of_shape *from, const of_shape *to, int32_t open, int64_t *dims);
/* The axis that this shape of a Reshape has as -1; < 0: none that is known. */
int32_t of_rw_open_axis(const of_value *shape);

/* Whether an error of some roundings in what n gives stays one on the way to the outputs. Not
 * known before the worklist has been empty: then no, and n is visited again. */
of_status of_rw_calm(of_rw *rw, of_node *n, bool *yes);
/* The same of the graph as it is now; looks at all of it when it is the first since of_rw_calm_end. */
of_status of_rw_calm_at_once(of_rw *rw, const of_node *n, bool *yes);

/* ---- constants; not loadable or not there: *t NULL, *n -1 ---- */
of_status of_rw_tensor(of_rw *rw, const of_value *v, of_tensor **t);
of_status of_rw_ints(of_rw *rw, const of_value *v, int64_t *to, int64_t *n); /* rank <= 1, at most OF_RW_RANK */
/* Every element of the constant v is the number x (+0 and -0 are told apart). At most 65536. */
of_status of_rw_all_are(of_rw *rw, const of_value *v, double x, bool *yes);
/* The one element of a float, double or float16 constant. */
of_status of_rw_scalar(of_rw *rw, const of_value *v, bool *have, double *x);
/* The one element that ConstantOfShape n fills with, counted: the caller's to release. */
of_status of_rw_fill(of_rw *rw, const of_node *n, of_tensor **t);
double of_rw_get(const of_tensor *t, int64_t i); /* of a float, double, float16, bfloat16 or integer tensor */
/* A constant without axes: a zero, or the element that `like` begins with. */
of_status of_rw_const_scalar(of_rw *rw, of_node *at, of_sym base, of_dtype t, const of_tensor *like, of_value **out);
of_status of_rw_const_int(of_rw *rw, of_node *at, of_sym base, int64_t v, of_value **out); /* without axes */
of_status of_rw_const_ints(of_rw *rw, of_node *at, of_sym base, const int64_t *v, size_t n, of_value **out);

/* ---- attributes ---- */
bool of_rw_perm(const of_node *n, int64_t *perm, size_t *rank); /* of a Transpose; false: not known */
int64_t of_rw_int(const of_node *n, const char *name, int64_t def);
bool of_rw_is_one(const of_node *n, const char *name); /* a factor of 1.0, or left out, which is the same */
bool of_rw_is_str(const of_node *n, const char *name, const char *def, const char *text);
/* Integers that are attribute `attr`, or input i from version `since` on. *n -1: not known,
 * 0 elements with *given false: absent. */
of_status of_rw_list(of_rw *rw, const of_node *n, const char *attr, uint32_t i, int64_t since, int64_t *to,
                     int64_t *len, bool *given);
of_status of_rw_set_ints(of_rw *rw, of_node *n, const char *name, const int64_t *v, size_t len);
of_status of_rw_set_int(of_rw *rw, of_node *n, const char *name, int64_t v);
void of_rw_unset(of_node *n, const char *name);

/* ---- changes; all report to the worklist ---- */
of_status of_rw_rebind(of_rw *rw, of_node *n, uint32_t i, of_value *v); /* v NULL: absent */
of_status of_rw_resize_in(of_rw *rw, of_node *n, uint32_t n_in);        /* new ones absent, lost ones released */
/* n becomes what s is, with s's attributes, which s loses, and inputs in[0..k). Nothing but
 * n uses s. extra (may be NULL) is set in place of an attribute of its name. */
of_status of_rw_become(of_rw *rw, of_node *n, of_node *s, of_value *const *in, uint32_t k, of_attr *extra);
of_attr *of_rw_attr_int(of_rw *rw, const char *name, int64_t v); /* not yet on a node; NULL: no memory */
of_attr *of_rw_attr_float(of_rw *rw, const char *name, float v);
of_attr *of_rw_attr_ints(of_rw *rw, const char *name, const int64_t *v, size_t len);
/* A node in front of `before` in g: operator `op` of like's domain and name on in[0..n_in) with these
 * attributes; each of its outputs, at least one, is a fresh value whose name is made from names[i].
 * An attribute that is NULL: no memory. */
typedef struct of_rw_fresh {
    of_graph *g;
    of_node *before; /* NULL: at the end */
    const of_node *like;
    const char *op;
    of_value *const *in;
    const of_sym *names;
    of_attr *const *attr;
    uint32_t n_in, n_out;
    size_t n_attr;
} of_rw_fresh;
of_status of_rw_insert(of_rw *rw, const of_rw_fresh *f, of_node **out);
/* n becomes operator `op` on in[0..k) with these attributes and no other. An attribute that is
 * NULL: no memory. */
of_status of_rw_remake(of_rw *rw, of_node *n, const char *op, of_value *const *in, uint32_t k, of_attr *const *attr,
                       size_t n_attr);
/* n becomes Reshape(data, dims). */
of_status of_rw_become_reshape(of_rw *rw, of_node *n, of_value *data, const int64_t *dims, size_t rank);
static inline of_status of_rw_nomem(of_rw *rw)
{
    return of_nomem(rw->err);
}
static inline of_status of_rw_forward(of_rw *rw, of_node *n, of_value *to, bool *done)
{
    for (uint32_t i = 1; i < n->n_out; i++)
        if (n->out[i] && (n->out[i]->n_uses || (n->out[i]->flags & OF_VALUE_PINNED))) return OF_OK;
    return rw->forward(rw->frame, n, 0, to, done);
}

#endif
