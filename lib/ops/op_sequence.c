/* Operators on sequences of tensors. Items are held as they are stored and are shared:
 * a sequence that differs in one item copies references alone. */
#include "ops/op_protos.h"
#include "ops/op_seq.h"

/* ---- types ---- */

static of_status need_sequence(of_opctx *c, uint32_t i)
{
    const of_type *t = of_in_type(c, i);
    if (!of_has_in(c, i) || (t && t->kind != OF_T_SEQUENCE)) return OF_INVALID(c, "input %u is no sequence", i);
    return OF_OK;
}

static of_status set_sequence(of_opctx *c, const of_type *elem)
{
    const of_type *t = of_type_of_many(c, OF_T_SEQUENCE, elem);
    return t ? of_set_out_type(c, 0, t) : OF_E_NOMEM;
}

static of_status set_item(of_opctx *c)
{
    const of_type *t = of_in_elem(c, 0);
    return t ? of_set_out_type(c, 0, t) : OF_OK;
}

static of_status plain_tensor(of_opctx *c, of_dtype dt, const of_type **t)
{
    of_type *r = OF_NEW(&c->m->arena, of_type);
    *t = r;
    if (!r) return of_nomem(c->err);
    r->kind = OF_T_TENSOR;
    r->dtype = (uint8_t)dt;
    r->shape = of_shape_unknown();
    return OF_OK;
}

/* ---- positions ---- */

static of_status need_position(of_opctx *c, uint32_t i)
{
    const of_dtype dt = of_in_dtype(c, i);
    OF_TRY(of_need_tensor(c, i));
    if (dt != OF_UNDEFINED && dt != OF_INT32 && dt != OF_INT64) return OF_INVALID(c, "a position is no integer");
    return OF_OK;
}

/* Position in [-n, n - 1 + extra]; `absent` when the input is not there. */
static of_status position(of_opctx *c, uint32_t i, size_t n, size_t extra, size_t absent, size_t *at)
{
    of_tensor *t;
    int64_t v;

    *at = absent;
    if (!of_has_in(c, i)) return absent <= n ? OF_OK : OF_INVALID(c, "the sequence is empty");
    t = of_val_tensor(c->in_const[i]);
    if (!t || t->count != 1) return OF_INVALID(c, "a position is not a single number");
    OF_TRY(of_tensor_load(t, c->err));
    if (!of_tensor_get_i64(t, 0, &v)) return OF_INVALID(c, "a position is no integer");
    if (v < -(int64_t)n || v >= (int64_t)(n + extra))
        return OF_INVALID(c, "position %lld of a sequence of %zu", (long long)v, n);
    *at = (size_t)(v < 0 ? v + (int64_t)n : v);
    return OF_OK;
}

/* A sequence like s, with room told to the budget. */
static of_status new_sequence(of_opctx *c, of_dtype dt, size_t n, of_seq **out)
{
    OF_TRY(of_work(c, n));
    OF_TRY(of_seq_new(c->alloc, OF_VAL_SEQUENCE, out, c->err));
    (*out)->elem_dtype = (uint8_t)dt;
    return of_out_val(c, 0, &(*out)->base);
}

/* ---- SequenceEmpty, SequenceConstruct ---- */

static of_status empty_dtype(of_opctx *c, of_dtype *dt)
{
    int64_t v;
    OF_TRY(of_get_int(c, "dtype", OF_FLOAT, &v));
    if (!of_dtype_valid(v)) return OF_INVALID(c, "dtype %lld is no element type", (long long)v);
    *dt = (of_dtype)v;
    return OF_OK;
}

of_status of_infer_SequenceEmpty(of_opctx *c)
{
    const of_type *t;
    of_dtype dt = OF_UNDEFINED;

    OF_TRY(empty_dtype(c, &dt));
    if (c->evaluating) return OF_OK;
    OF_TRY(plain_tensor(c, dt, &t));
    return set_sequence(c, t);
}

of_status of_eval_SequenceEmpty(of_opctx *c)
{
    of_dtype dt = OF_UNDEFINED;
    of_seq *s;

    OF_TRY(empty_dtype(c, &dt));
    return new_sequence(c, dt, 0, &s);
}

of_status of_infer_SequenceConstruct(of_opctx *c)
{
    const of_type *t = of_in_type(c, 0);

    for (uint32_t i = 0; i < c->n_in; i++) {
        OF_TRY(of_need_tensor(c, i));
        OF_TRY(of_need_same_dtype(c, 0, i));
    }
    if (c->evaluating) return OF_OK;
    for (uint32_t i = 1; t && i < c->n_in; i++) {
        of_status st;
        t = of_type_common(c, t, of_in_type(c, i), &st);
        OF_TRY(st);
    }
    return set_sequence(c, t);
}

of_status of_eval_SequenceConstruct(of_opctx *c)
{
    of_seq *s;

    OF_TRY(new_sequence(c, of_in_dtype(c, 0), c->n_in, &s));
    for (uint32_t i = 0; i < c->n_in; i++) OF_TRY(of_seq_push(s, c->in_const[i], c->err));
    return OF_OK;
}

/* ---- SequenceAt, SequenceInsert, SequenceErase, SequenceLength ---- */

of_status of_infer_SequenceAt(of_opctx *c)
{
    OF_TRY(need_sequence(c, 0));
    OF_TRY(need_position(c, 1));
    return set_item(c);
}

of_status of_eval_SequenceAt(of_opctx *c)
{
    const of_seq *s = of_val_seq(c->in_const[0]);
    size_t at;

    OF_TRY(position(c, 1, s->n, 0, 0, &at));
    return of_out_val(c, 0, of_val_ref(s->item[at]));
}

of_status of_infer_SequenceInsert(of_opctx *c)
{
    const of_type *el = of_in_elem(c, 0);
    const of_dtype dt = of_in_dtype(c, 1);
    of_status st;

    OF_TRY(need_sequence(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    if (of_has_in(c, 2)) OF_TRY(need_position(c, 2));
    if (el && el->kind == OF_T_TENSOR && el->dtype && dt && el->dtype != dt)
        return OF_INVALID(c, "a tensor of another type than the sequence's");
    if (c->evaluating) return OF_OK;
    /* an empty sequence says nothing about the shape of its items */
    el = of_type_common(c, el, of_in_type(c, 1), &st);
    OF_TRY(st);
    return set_sequence(c, el);
}

of_status of_eval_SequenceInsert(of_opctx *c)
{
    const of_seq *s = of_val_seq(c->in_const[0]);
    of_seq *r;
    size_t at;

    OF_TRY(position(c, 2, s->n, 1, s->n, &at));
    OF_TRY(new_sequence(c, of_in_dtype(c, 1), s->n + 1, &r));
    for (size_t i = 0; i <= s->n; i++) {
        if (i == at) OF_TRY(of_seq_push(r, c->in_const[1], c->err));
        if (i < s->n) OF_TRY(of_seq_push(r, s->item[i], c->err));
    }
    return OF_OK;
}

of_status of_infer_SequenceErase(of_opctx *c)
{
    OF_TRY(need_sequence(c, 0));
    if (of_has_in(c, 1)) OF_TRY(need_position(c, 1));
    return of_set_out_type(c, 0, of_in_type(c, 0));
}

of_status of_eval_SequenceErase(of_opctx *c)
{
    const of_seq *s = of_val_seq(c->in_const[0]);
    of_seq *r;
    size_t at;

    OF_TRY(position(c, 1, s->n, 0, s->n - 1, &at));
    OF_TRY(new_sequence(c, (of_dtype)s->elem_dtype, s->n, &r));
    for (size_t i = 0; i < s->n; i++)
        if (i != at) OF_TRY(of_seq_push(r, s->item[i], c->err));
    return OF_OK;
}

of_status of_infer_SequenceLength(of_opctx *c)
{
    of_shape s;

    OF_TRY(need_sequence(c, 0));
    OF_TRY(of_new_shape(c, 0, &s));
    return of_set_out(c, 0, OF_INT64, s);
}

of_status of_eval_SequenceLength(of_opctx *c)
{
    of_tensor *t;

    OF_TRY(of_out(c, 0, &t));
    *(int64_t *)t->data = (int64_t)of_val_seq(c->in_const[0])->n;
    return OF_OK;
}

/* ---- ConcatFromSequence ---- */

static of_status concat_attrs(of_opctx *c, int64_t *axis, int64_t *fresh)
{
    if (!of_has_attr(c, "axis")) return OF_INVALID(c, "axis is missing");
    OF_TRY(of_get_int(c, "axis", 0, axis));
    OF_TRY(of_get_int(c, "new_axis", 0, fresh));
    if (*fresh != 0 && *fresh != 1) return OF_INVALID(c, "new_axis is %lld", (long long)*fresh);
    return OF_OK;
}

of_status of_infer_ConcatFromSequence(of_opctx *c)
{
    const of_type *el = of_in_elem(c, 0);
    int64_t axis, fresh;
    of_shape s;

    OF_TRY(need_sequence(c, 0));
    OF_TRY(concat_attrs(c, &axis, &fresh));
    if (c->evaluating || !el || el->kind != OF_T_TENSOR) return OF_OK;
    if (el->shape.rank < 0 || el->shape.rank + fresh > OF_MAX_RANK)
        return of_set_out(c, 0, (of_dtype)el->dtype, of_shape_unknown());
    OF_TRY(of_norm_axis(c, axis, el->shape.rank, fresh, &axis));
    OF_TRY(of_new_shape(c, el->shape.rank + fresh, &s));
    for (int64_t k = 0; k < s.rank; k++)
        if (k != axis) s.d[k] = el->shape.d[fresh && k > axis ? k - 1 : k];
    return of_set_out(c, 0, (of_dtype)el->dtype, s);
}

of_status of_eval_ConcatFromSequence(of_opctx *c)
{
    const of_seq *s = of_val_seq(c->in_const[0]);
    int64_t axis, fresh;
    of_tensor *t;

    OF_TRY(concat_attrs(c, &axis, &fresh));
    OF_TRY(of_stack(c, s->item, s->n, axis, fresh != 0, false, &t));
    return of_out_val(c, 0, &t->base);
}

/* ---- SplitToSequence: parts of one length (a scalar), of given lengths, or single slices ---- */

/* How long every part of a dim d is; unknown when they differ, or may. */
static of_status split_part(of_opctx *c, of_dim d, of_dim *part)
{
    int64_t *len;
    size_t n;

    *part = of_dim_num(1);
    if (!of_has_in(c, 1)) return OF_OK;
    *part = of_dim_unknown();
    OF_TRY(of_in_ints(c, 1, &len, &n));
    if (!len || n == 0 || len[0] < 1) return OF_OK;
    if (of_in_rank(c, 1) == 0) {
        if (of_dim_same(of_dim_mul(c->m->dims, of_dim_floordiv(c->m->dims, d, of_dim_num(len[0])), of_dim_num(len[0])), d))
            *part = of_dim_num(len[0]);
        return OF_OK;
    }
    for (size_t k = 1; k < n; k++)
        if (len[k] != len[0]) return OF_OK;
    if (of_in_rank(c, 1) == 1) *part = of_dim_num(len[0]);
    return OF_OK;
}

/* The specification has keepdims 0 ignored where lengths are given; runtimes drop the axis when
 * they are one number. What such a node gives out is not known. */
static bool splits_oddly(const of_opctx *c, int64_t keep)
{
    return keep == 0 && of_has_in(c, 1) && of_in_rank(c, 1) != 1;
}

of_status of_infer_SplitToSequence(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    int64_t axis, keep;
    const of_type *t;
    of_type *el;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(of_get_int(c, "keepdims", 1, &keep));
    if (of_has_in(c, 1)) OF_TRY(need_position(c, 1));
    if (in->rank >= 0) OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    if (c->evaluating) return OF_OK;
    OF_TRY(plain_tensor(c, of_in_dtype(c, 0), &t));
    if (in->rank < 0 || splits_oddly(c, keep)) return set_sequence(c, t);
    if (of_has_in(c, 1)) keep = 1;
    el = OF_NEW(&c->m->arena, of_type);
    if (!el) return of_nomem(c->err);
    *el = *t;
    OF_TRY(of_type_dims(c, el, in->rank - (keep == 0)));
    for (int64_t k = 0; k < el->shape.rank; k++) {
        if (keep == 0) el->shape.d[k] = in->d[k >= axis ? k + 1 : k];
        else if (k != axis) el->shape.d[k] = in->d[k];
        else OF_TRY(split_part(c, in->d[k], &el->shape.d[k]));
    }
    return set_sequence(c, el);
}

of_status of_eval_SplitToSequence(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0), *split = of_has_in(c, 1) ? of_in(c, 1) : NULL;
    int64_t axis, keep, len = 1, at = 0, i = 0, size;
    of_seq *s;

    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(of_get_int(c, "keepdims", 1, &keep));
    OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    if (splits_oddly(c, keep)) return of_op_fail(c, OF_E_UNSUPPORTED, "keepdims 0 beside one length for all parts");
    size = in->dims[axis];
    if (split && split->rank > 1) return OF_INVALID(c, "split has rank %u", split->rank);
    if (split && split->rank == 0 && (!of_tensor_get_i64(split, 0, &len) || len < 1))
        return OF_INVALID(c, "parts of length %lld", (long long)len);
    OF_TRY(new_sequence(c, (of_dtype)in->dtype, 0, &s));
    while (split && split->rank == 1 ? i < split->count : at < size) {
        of_tensor *t;
        of_status st;
        if (split && split->rank == 1 && !of_tensor_get_i64(split, i, &len)) len = -1;
        if (split && split->rank == 1 && (len < 0 || len > size - at)) break;
        if (len > size - at) len = size - at;
        OF_TRY(of_work(c, 8));
        OF_TRY(of_work_items(c, 1));
        OF_TRY(of_cut(c, in, axis, at, len, split || keep != 0, &t));
        st = of_seq_push(s, &t->base, c->err);
        of_tensor_unref(t);
        OF_TRY(st);
        at += len;
        i++;
    }
    if (at != size || (split && split->rank == 1 && i != split->count))
        return OF_INVALID(c, "the lengths do not make up the dimension of %lld", (long long)size);
    return OF_OK;
}
