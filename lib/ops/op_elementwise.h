/* What the elementwise families share: inference with broadcasting, the known elements of
 * small integer tensors, and drivers that run a kernel over operands. */
#ifndef OF_OPS_OP_ELEMENTWISE_H
#define OF_OPS_OP_ELEMENTWISE_H

#include "ops/op_protos.h"
#include "tensor/convert.h"
#include "ops/op_walk.h"

/* Before opset 7 the second operand was aligned by the attributes broadcast and axis. */
static inline bool of_ew_legacy(const of_opctx *c) { return c->op->since < 7; }

/* 8- to 64-bit integers, float16, bfloat16, float32, float64 */
bool of_ew_numeric(of_dtype t);
/* The C type that loops hold elements of t in (small floats have none: false). */
bool of_ew_ktype(of_dtype t, of_ktype *k);
/* The type to compute in: float32 for the small floats, else t itself. */
static inline of_dtype of_ew_work(of_dtype t) { return of_dtype_small_float(t) ? OF_FLOAT : t; }

/* ---- inference ---- */

typedef enum of_known_op {
    OF_KN_NONE, OF_KN_ADD, OF_KN_SUB, OF_KN_MUL, OF_KN_DIV, OF_KN_MOD, OF_KN_FMOD, OF_KN_MIN, OF_KN_MAX,
    OF_KN_EQ, OF_KN_LT, OF_KN_LE, OF_KN_GT, OF_KN_GE, OF_KN_AND, OF_KN_OR, OF_KN_XOR,
    OF_KN_NEG, OF_KN_ABS, OF_KN_SIGN, OF_KN_NOT,
} of_known_op;

/* Shape of two operands, legacy or numpy broadcasting. */
of_status of_ew_shape2(of_opctx *c, of_shape *s);
/* Two operands of one numeric type, result of that type. */
of_status of_ew_infer2(of_opctx *c, of_known_op op);
/* One operand, result of the same type and shape. */
of_status of_ew_infer1(of_opctx *c, of_known_op op);
/* Known elements of input i (rank 0 or 1, integer or bool); nothing known: *v NULL. */
of_status of_ew_known(of_opctx *c, uint32_t i, of_dim **v, size_t *n);
/* One element; t is the type of the result. */
of_dim of_ew_known2(of_opctx *c, of_known_op op, of_dtype t, of_dim a, of_dim b);
of_dim of_ew_known1(of_opctx *c, of_known_op op, of_dtype t, of_dim a);
/* d as an element of type t: a number out of its range becomes unknown. */
of_dim of_ew_fit(of_dtype t, of_dim d);
/* Output 0 from inputs a and b, or from input a, element by element. */
of_status of_ew_set_known2(of_opctx *c, of_known_op op, of_dtype t, uint32_t a, uint32_t b);
of_status of_ew_set_known1(of_opctx *c, of_known_op op, of_dtype t);
bool of_ew_nonneg(of_opctx *c, of_dim d); /* proved */

/* ---- evaluation ---- */

#define OF_EW_BLOCK OF_WALK_BLOCK

/* Cost of one element in steps. */
enum { OF_EW_CHEAP = 1, OF_EW_DEAR = 10 };

static inline of_status of_ew_nomem(of_opctx *c) { return of_nomem(c->err); }

/* Elements of t as type `as` (its own, FLOAT, DOUBLE or INT64), in place or in scratch. */
of_status of_ew_load(of_opctx *c, const of_tensor *t, of_dtype as, const void **v);
/* n elements of t as elements of `as` (FLOAT, DOUBLE or INT64). */
void of_ew_take(const of_opctx *c, of_dtype t, of_dtype as, const void *src, void *dst, size_t n);
/* n elements of any number type as float32. */
void of_ew_widen(const of_opctx *c, of_dtype t, const void *src, float *dst, size_t n);
/* n elements of type `work` (FLOAT or DOUBLE) into elements of float type t, rounded once; INT64
 * into INT32, wrapped; else t is work. */
void of_ew_store(const of_opctx *c, of_dtype work, const void *src, of_dtype t, void *dst, size_t n);
/* A walk over out with the inputs a and b as operands 1 and 2. */
of_status of_ew_loop2(of_opctx *c, const of_tensor *out, const of_tensor *a, const of_tensor *b, of_loop **l);
/* Runs fn over the walk on elements of type work, which a's, b's and out's are converted
 * from and to (out is BOOL for a comparison). swap: fn(b, a). cost: steps an element. */
of_status of_ew_run2(of_opctx *c, of_kern_bin_fn fn, of_dtype work, const of_tensor *a, const of_tensor *b, bool swap,
                     const of_loop *l, of_tensor *out, uint64_t cost);
/* The whole of an operator of two operands of one type. */
of_status of_ew_eval2(of_opctx *c, of_kbin op, bool swap);
/* The whole of an operator of one operand; float types only when op is past OF_KU_INT_COUNT. */
of_status of_ew_eval1(of_opctx *c, of_kuni op, const double *p, uint64_t cost);
/* out = first(v1, a), then second(v2, that), either may be NULL; the values are one element of
 * the type computed in. */
of_status of_ew_with_scalars(of_opctx *c, const of_tensor *a, of_tensor *out, of_kern_bin_fn first, const void *v1,
                             of_kern_bin_fn second, const void *v2);
bool of_ew_any_zero(const of_tensor *t); /* integer types */

#endif
