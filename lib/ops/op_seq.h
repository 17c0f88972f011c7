/* What the operators on sequences share with those that run bodies. */
#ifndef OF_OPS_OP_SEQ_H
#define OF_OPS_OP_SEQ_H

#include "ops/op_moves.h"

/* A new tensor from n stored ones (packed, perhaps not loaded), behind each other along
 * axis or, with fresh, along an axis that is new; last to first when reverse. Stored form. */
of_status of_stack(of_opctx *c, of_val *const *item, size_t n, int64_t axis, bool fresh, bool reverse,
                   of_tensor **out);
/* Elements [at, at + len) of an axis of t, which is loaded and unpacked, in stored form;
 * without that axis (len is 1) unless keep. */
of_status of_cut(of_opctx *c, const of_tensor *t, int64_t axis, int64_t at, int64_t len, bool keep,
                 of_tensor **out);
/* Loaded and unpacked: a new reference. v must be a tensor. */
of_status of_open_tensor(of_opctx *c, of_val *v, of_tensor **out);

/* Sequence or optional of elem (may be NULL). NULL: no memory. */
const of_type *of_type_of_many(of_opctx *c, of_type_kind kind, const of_type *elem);
/* What holds of both: NULL where they have nothing in common. *st is OF_E_NOMEM then or OF_OK. */
const of_type *of_type_common(of_opctx *c, const of_type *a, const of_type *b, of_status *st);
/* Element type of the sequence or optional that input i is; NULL: not known. */
const of_type *of_in_elem(const of_opctx *c, uint32_t i);

static inline of_seq *of_val_seq(of_val *v)
{
    return v && v->kind == OF_VAL_SEQUENCE ? (of_seq *)(void *)v : NULL;
}

#endif
