/* Concat and Split. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

#include <string.h>

/* ---- Concat: the axis is 1 unless given before 4, required from then on ---- */

static of_status concat_axis(of_opctx *c, int64_t rank, int64_t *axis)
{
    if (!of_has_attr(c, "axis") && c->opset >= 4) return OF_INVALID(c, "axis is missing");
    OF_TRY(of_get_int(c, "axis", 1, axis));
    return of_norm_axis(c, *axis, rank, 0, axis);
}

/* The elements of list i and their number; *v NULL and *n of a length that is known: none of them is. */
static of_status concat_part(of_opctx *c, uint32_t i, const of_dim **v, size_t *n, bool *ok)
{
    const of_shape *s = of_in_shape(c, i);

    *ok = s->rank == 1;
    if (!*ok) return OF_OK;
    OF_TRY(of_elems(c, i, v, n));
    if (*v) return OF_OK;
    *ok = of_dim_is_num(s->d[0]) && s->d[0].k >= 0 && s->d[0].k <= OF_KNOWN_MAX;
    *n = *ok ? (size_t)s->d[0].k : 0;
    return OF_OK;
}

/* Known elements of lists, one behind the other. */
static of_status concat_known(of_opctx *c)
{
    size_t total = 0, at = 0, n;
    bool any = false, ok;
    const of_dim *v;
    of_dim *w;

    for (uint32_t i = 0; i < c->n_in; i++) {
        OF_TRY(concat_part(c, i, &v, &n, &ok));
        if (!ok) return OF_OK;
        any = any || v;
        total += n; /* of at most 1024 each */
    }
    if (!any) return OF_OK;
    w = (of_dim *)of_tmp(c, total + 1, sizeof(of_dim));
    if (!w) return of_nomem(c->err);
    for (uint32_t i = 0; i < c->n_in; i++) {
        OF_TRY(concat_part(c, i, &v, &n, &ok));
        for (size_t k = 0; k < n; k++) w[at + k] = v ? v[k] : of_dim_unknown();
        at += n;
    }
    return of_set_known(c, 0, w, total);
}

of_status of_infer_Concat(of_opctx *c)
{
    of_dtype type = OF_UNDEFINED;
    int32_t rank = -1;
    int64_t axis;
    of_dim sum = of_dim_num(0);
    of_shape s;

    for (uint32_t i = 0; i < c->n_in; i++) {
        const int32_t r = of_in_rank(c, i);
        OF_TRY(of_need_tensor(c, i));
        OF_TRY(of_need_same_dtype(c, 0, i));
        if (type == OF_UNDEFINED) type = of_in_dtype(c, i);
        if (r >= 0 && rank >= 0 && r != rank)
            return OF_INVALID(c, "input %u has rank %d, an earlier one %d", i, (int)r, (int)rank);
        if (r >= 0) rank = r;
    }
    if (rank < 0) return of_set_out(c, 0, type, of_shape_unknown());
    OF_TRY(concat_axis(c, rank, &axis));
    OF_TRY(of_new_shape(c, rank, &s));
    for (uint32_t i = 0; i < c->n_in; i++) {
        const of_shape *in = of_in_shape(c, i);
        if (in->rank < 0) {
            sum = of_dim_unknown();
            continue;
        }
        for (int32_t k = 0; k < rank; k++) {
            if (k == axis) continue;
            if (!of_dim_meet(s.d[k], in->d[k], &s.d[k]))
                return OF_INVALID(c, "dimension %d of input %u differs", (int)k, i);
        }
        sum = of_dim_add(c->m->dims, sum, in->d[axis]);
    }
    s.d[axis] = sum;
    OF_TRY(concat_known(c));
    return of_set_out(c, 0, type, s);
}

of_status of_eval_Concat(of_opctx *c)
{
    int64_t axis, outer;
    size_t row, at = 0;
    of_tensor *out;

    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(concat_axis(c, out->rank, &axis));
    OF_TRY(of_work(c, (uint64_t)out->count));
    if (out->count == 0) return OF_OK;
    outer = of_count(out->dims, (size_t)axis);
    row = (size_t)(out->count / outer) * of_mem_of(out);
    for (uint32_t i = 0; i < c->n_in; i++) {
        const of_tensor *in = of_in(c, i);
        const size_t part = (size_t)(in->count / outer) * of_mem_of(in);
        if (part) of_move_rows(c, (char *)out->data + at, row, in->data, part, (size_t)outer, part);
        at += part;
    }
    return OF_OK;
}

/* ---- Split: lengths from an attribute (1-11), an input (1, 13), or equal parts; from 18
 * on the last of num_outputs equal parts may be smaller ---- */

/* Split-1's second input has the type of the data. */
static of_status split_float_list(of_opctx *c, const int64_t **v, int64_t *n)
{
    const of_tensor *t = of_in_const(c, 1);
    int64_t *list;

    *n = -1;
    if (!t) return OF_OK;
    if (t->rank > 1 || t->count > UINT16_MAX || !of_dtype_is_float((of_dtype)t->dtype))
        return OF_INVALID(c, "the split is not a list of numbers");
    OF_TRY(of_tensor_load(of_in_const(c, 1), c->err));
    list = (int64_t *)of_tmp(c, (size_t)t->count + 1, sizeof(int64_t));
    if (!list) return of_nomem(c->err);
    for (int64_t k = 0; k < t->count; k++) {
        double d;
        of_to_f64((of_dtype)t->dtype, (const char *)t->data + (size_t)k * of_mem_of(t), &d, 1);
        if (!(d >= 0 && d < 0x1p53) || d != (double)(int64_t)d)
            return OF_INVALID(c, "a length that is no integer");
        list[k] = (int64_t)d;
    }
    *v = list;
    *n = t->count;
    return OF_OK;
}

/* Lengths as given: *v NULL when not known, *given false when parts are equal. */
static of_status split_lengths(of_opctx *c, of_dim **v, int64_t *n, bool *given)
{
    const int64_t *list = NULL;
    size_t len;

    *v = NULL;
    *n = -1;
    *given = false;
    if (c->opset < 13) {
        OF_TRY(of_get_ints(c, "split", &list, &len));
        *given = of_has_attr(c, "split");
        *n = (int64_t)len;
        if (!*given && c->opset < 2 && of_has_in(c, 1)) {
            OF_TRY(of_need_tensor(c, 1));
            *given = true;
            OF_TRY(split_float_list(c, &list, n));
        }
        if (!*given || (!list && *n != 0)) return OF_OK;
        if (*n > UINT32_MAX) return OF_INVALID(c, "%lld lengths", (long long)*n);
        *v = (of_dim *)of_tmp(c, (size_t)*n + 1, sizeof(of_dim));
        if (!*v) return of_nomem(c->err);
        for (int64_t k = 0; k < *n; k++) (*v)[k] = of_dim_num(list[k]);
        return OF_OK;
    }
    if (!of_has_in(c, 1)) return OF_OK;
    *given = true;
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_need_index(c, 1));
    OF_TRY(of_list_len(c, 1, INT64_MAX, n));
    OF_TRY(of_in_dims(c, 1, v, &len));
    if (*v) *n = (int64_t)len;
    return OF_OK;
}

/* Length of part k of n where dim d is split evenly. */
static of_status split_even(of_opctx *c, of_dim d, int64_t n, int64_t k, of_dim *part)
{
    of_dimtab *t = c->m->dims;

    if (!of_dim_is_num(d)) {
        if (c->opset < 18) {
            *part = of_dim_floordiv(t, d, of_dim_num(n)); /* it divides, or the node is invalid */
            return OF_OK;
        }
        *part = of_dim_ceildiv(t, d, of_dim_num(n));
        if (k == n - 1) *part = of_dim_sub(t, d, of_dim_mul(t, *part, of_dim_num(n - 1)));
        return OF_OK;
    }
    if (c->opset < 18 && d.k % n != 0)
        return OF_INVALID(c, "%lld does not split into %lld equal parts", (long long)d.k,
                          (long long)n);
    *part = of_dim_num(d.k / n + (d.k % n != 0));
    if (k == n - 1) part->k = d.k - (n - 1) * part->k;
    if (part->k < 0)
        return OF_INVALID(c, "%lld does not split into %lld parts", (long long)d.k, (long long)n);
    return OF_OK;
}

of_status of_infer_Split(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    const uint32_t n_out = c->node->n_out;
    int64_t axis, n, num = 0, sum = 0, at = 0;
    const of_dim *v;
    of_dim *len;
    size_t nv;
    bool given, fixed = true;

    OF_TRY(of_need_tensor(c, 0));
    if (n_out == 0) return OF_OK;
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(split_lengths(c, &len, &n, &given));
    if (c->opset >= 18) {
        OF_TRY(of_get_int(c, "num_outputs", n_out, &num));
        if (given && of_has_attr(c, "num_outputs"))
            return OF_INVALID(c, "both split and num_outputs");
        if (num != n_out)
            return OF_INVALID(c, "num_outputs is %lld, outputs are %u", (long long)num, n_out);
    }
    if (given && n >= 0 && n != n_out)
        return OF_INVALID(c, "%lld lengths, %u outputs", (long long)n, n_out);
    if (in->rank < 0) {
        for (uint32_t i = 0; i < n_out; i++)
            OF_TRY(of_set_out(c, i, of_in_dtype(c, 0), of_shape_unknown()));
        return OF_OK;
    }
    OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    OF_TRY(of_elems(c, 0, &v, &nv));
    for (uint32_t i = 0; i < n_out; i++) {
        of_shape s;
        of_dim *d;
        OF_TRY(of_shape_copy(c, in, &s));
        d = &s.d[axis];
        if (!given) OF_TRY(split_even(c, in->d[axis], n_out, i, d));
        else *d = len ? len[i] : of_dim_unknown();
        if (of_dim_is_num(*d) && d->k < 0)
            return OF_INVALID(c, "a length of %lld", (long long)d->k);
        fixed = fixed && of_dim_is_num(*d) && of_add_i64(sum, d->k, &sum);
        OF_TRY(of_set_out(c, i, of_in_dtype(c, 0), s));
        if (fixed && v && in->rank == 1 && sum <= (int64_t)nv) {
            OF_TRY(of_set_known(c, i, v + at, (size_t)d->k));
            at = sum;
        }
    }
    if (fixed && of_dim_is_num(in->d[axis]) && sum != in->d[axis].k)
        return OF_INVALID(c, "lengths sum to %lld, the dimension is %lld", (long long)sum,
                          (long long)in->d[axis].k);
    return OF_OK;
}

of_status of_eval_Split(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    int64_t axis, outer;
    size_t row, at = 0;

    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
    OF_TRY(of_work(c, (uint64_t)in->count));
    outer = of_count(in->dims, (size_t)axis);
    row = outer ? (size_t)(in->count / outer) * of_mem_of(in) : 0;
    for (uint32_t i = 0; i < c->node->n_out; i++) {
        const of_type *ty = c->out_type[i];
        const int64_t inner = of_count(in->dims + axis + 1, (size_t)(in->rank - 1 - axis));
        of_tensor *out;
        size_t part;
        if (!of_shape_is_static(&ty->shape)) return OF_UNSUP(c, "the lengths are not known");
        part = (size_t)(ty->shape.d[axis].k * inner) * of_mem_of(in);
        if (of_wants_out(c, i)) {
            OF_TRY(of_out_raw(c, i, &out));
            if (part && outer)
                of_move_rows(c, out->data, part, (const char *)in->data + at, row, (size_t)outer, part);
        }
        at += part;
    }
    return OF_OK;
}
