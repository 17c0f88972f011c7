/* Work in parts, on the caller's threads when it lends any, and walks over broadcast operands
 * in runs that are long enough for kernels. Where the parts begin and who does them never shows
 * in a result: elements do not depend on each other. */
#ifndef OF_OPS_OP_WALK_H
#define OF_OPS_OP_WALK_H

#include "ops/op_protos.h"
#include "tensor/index.h"

/* Does [from, to) of n with `scratch` bytes of its own (16-byte aligned); must not touch the
 * context's arena, error or budget. false: this part has no result. */
typedef bool (*of_part_fn)(void *arg, void *scratch, size_t from, size_t to);

/* Runs fn over [0, n) in parts that begin at multiples of unit, or in one when `work` (steps
 * of all) is small or no threads are lent. *ok: no part returned false. */
of_status of_parts(of_opctx *c, size_t n, size_t unit, uint64_t work, size_t scratch, of_part_fn fn, void *arg,
                   bool *ok);

#define OF_WALK_BLOCK 512

/* A result that is larger than the caches is written past them: a block is computed into a stage
 * of its own (OF_WALK_BLOCK elements) and goes out from there. */
static inline bool of_is_far(const of_opctx *c, const of_tensor *out) { return out->bytes >= c->kern->move.far_min; }

/* Before n bytes at p are read on the way to such a result. */
static inline void of_far_in(bool far, const void *p, size_t n)
{
    for (size_t k = 0; far && k < n; k += OF_LINE) of_ahead((const char *)p + k);
}

/* Where element i of a tensor begins; of a packed one i is a multiple of 4. */
static inline char *of_stored_at(const of_tensor *t, size_t i)
{
    const of_dtype dt = (of_dtype)t->dtype;
    const bool packed = of_dtype_packed(dt) && !t->unpacked;

    return (char *)t->data + (packed ? i / 4 * (of_dtypes[dt].bits / 2u) : i * of_dtypes[dt].mem);
}

static inline void of_far_out(const of_opctx *c, bool far, void *dst, const void *stage, size_t bytes)
{
    if (far) c->kern->move.far_run(dst, stage, bytes);
}

typedef struct of_walk of_walk;
/* n results from element `at` on; operand k of them begins at p[k] and goes on by step[k],
 * 0 or 1. false ends the part. */
typedef bool (*of_walk_fn)(const of_walk *w, size_t at, const void *const *p, const ptrdiff_t *step, size_t n,
                           void *scratch);
struct of_walk {
    const of_opctx *c;
    const of_loop *l; /* as set up, of which operand 0 is the result; its operand k + 1 is data[k] */
    const void *data[OF_LOOP_OPERANDS];
    size_t mem[OF_LOOP_OPERANDS]; /* bytes of one element */
    of_walk_fn fn;
    void *arg;
    size_t scratch; /* bytes that fn is lent */
};
of_status of_walk_run(of_opctx *c, of_walk *w, uint64_t work, bool *ok);

#endif
