/* Types, shapes and known elements of elementwise operators. */
#include "ops/op_elementwise.h"

bool of_ew_numeric(of_dtype t)
{
    return (of_dtype_is_int(t) && of_dtypes[t].bits >= 8) || t == OF_FLOAT || t == OF_DOUBLE ||
           t == OF_FLOAT16 || t == OF_BFLOAT16;
}

bool of_ew_ktype(of_dtype t, of_ktype *k)
{
    switch (t) {
    case OF_INT8: case OF_INT4: case OF_INT2: *k = OF_KT_I8; return true;
    case OF_UINT8: case OF_UINT4: case OF_UINT2: case OF_BOOL: *k = OF_KT_U8; return true;
    case OF_INT16: *k = OF_KT_I16; return true;
    case OF_UINT16: *k = OF_KT_U16; return true;
    case OF_INT32: *k = OF_KT_I32; return true;
    case OF_UINT32: *k = OF_KT_U32; return true;
    case OF_INT64: *k = OF_KT_I64; return true;
    case OF_UINT64: *k = OF_KT_U64; return true;
    case OF_FLOAT: *k = OF_KT_F32; return true;
    case OF_DOUBLE: *k = OF_KT_F64; return true;
    default: return false;
    }
}

/* ---- shapes ---- */

/* PRelu-1 and -6 know one slope for all, or one a channel (axis 1). */
static of_status of_ew_legacy_axis(of_opctx *c, int32_t ra, int32_t rb, int64_t *start)
{
    int64_t axis;

    if (of_sym_is(c->node->op_type, "PRelu")) {
        *start = rb == 1 && ra >= 2 ? 1 : ra - rb;
        return OF_OK;
    }
    *start = ra - rb;
    if (!of_has_attr(c, "axis")) return OF_OK;
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    if (axis < 0) axis += ra;
    if (axis < 0 || axis > ra - rb)
        return OF_INVALID(c, "axis puts %d dimensions outside of rank %d", (int)rb, (int)ra);
    *start = axis;
    return OF_OK;
}

/* The result has the shape of A; B is one element, A's shape, or a run of A's dimensions. */
static of_status of_ew_legacy_shape(of_opctx *c, of_shape *s)
{
    const of_shape *a = of_in_shape(c, 0), *b = of_in_shape(c, 1);
    bool prelu = of_sym_is(c->node->op_type, "PRelu");
    int64_t broadcast = 0, start, n;

    *s = *a;
    if (!prelu) OF_TRY(of_get_int(c, "broadcast", 0, &broadcast));
    if (a->rank < 0 || b->rank < 0) return OF_OK;
    if (b->rank > a->rank) return OF_INVALID(c, "the second input has the higher rank");
    if (!broadcast && !prelu) {
        if (a->rank != b->rank) return OF_INVALID(c, "shapes differ and broadcast is not set");
        for (int32_t k = 0; k < a->rank; k++)
            if (of_dim_is_num(a->d[k]) && of_dim_is_num(b->d[k]) && a->d[k].k != b->d[k].k)
                return OF_INVALID(c, "shapes differ in dimension %d and broadcast is not set", (int)k);
        return OF_OK;
    }
    if (of_shape_numel(b, &n) && n == 1) return OF_OK;
    OF_TRY(of_ew_legacy_axis(c, a->rank, b->rank, &start));
    for (int32_t k = 0; k < b->rank; k++) {
        of_dim x = a->d[start + k], y = b->d[k];
        if (of_dim_is_num(x) && of_dim_is_num(y) && x.k != y.k && y.k != 1)
            return OF_INVALID(c, "dimension %d of the second input does not fit the first", (int)k);
    }
    return OF_OK;
}

of_status of_ew_shape2(of_opctx *c, of_shape *s)
{
    if (of_ew_legacy(c)) return of_ew_legacy_shape(c, s);
    return of_broadcast_ins(c, 0, 2, s);
}

of_status of_ew_infer2(of_opctx *c, of_known_op op)
{
    of_dtype a = of_in_dtype(c, 0), b = of_in_dtype(c, 1);
    of_shape s;

    if (a != OF_UNDEFINED && b != OF_UNDEFINED && a != b)
        return OF_INVALID(c, "inputs are %s and %s", of_dtypes[a].name, of_dtypes[b].name);
    if (a == OF_UNDEFINED) a = b;
    if (a != OF_UNDEFINED && !of_ew_numeric(a)) return OF_INVALID(c, "inputs are %s", of_dtypes[a].name);
    OF_TRY(of_ew_shape2(c, &s));
    OF_TRY(of_set_out(c, 0, a, s));
    return op == OF_KN_NONE ? OF_OK : of_ew_set_known2(c, op, a, 0, 1);
}

of_status of_ew_infer1(of_opctx *c, of_known_op op)
{
    OF_TRY(of_same_as_in(c, 0, 0));
    return op == OF_KN_NONE ? OF_OK : of_ew_set_known1(c, op, of_in_dtype(c, 0));
}

/* ---- known elements ---- */

of_dim of_ew_fit(of_dtype t, of_dim d)
{
    const of_dtype_info *i = &of_dtypes[t];
    int64_t max;

    if (!of_dim_known(d) || t == OF_INT64) return d;
    if (!of_dim_is_num(d)) return t == OF_INT32 ? d : of_dim_unknown(); /* shapes fit an int32 */
    if (t == OF_BOOL) return d.k == 0 || d.k == 1 ? d : of_dim_unknown();
    if (i->kind == OF_K_SINT && i->bits < 64) {
        max = ((int64_t)1 << (i->bits - 1)) - 1;
        return d.k <= max && d.k >= -max - 1 ? d : of_dim_unknown();
    }
    if (i->kind == OF_K_UINT && i->bits < 64)
        return d.k >= 0 && d.k < (int64_t)1 << i->bits ? d : of_dim_unknown();
    return of_dim_unknown();
}

bool of_ew_nonneg(of_opctx *c, of_dim d)
{
    if (of_dim_is_num(d)) return d.k >= 0;
    return of_dim_known(d) && of_dim_same(of_dim_max(c->m->dims, d, of_dim_num(0)), d);
}

of_status of_ew_known(of_opctx *c, uint32_t i, of_dim **v, size_t *n)
{
    of_tensor *t = of_in_const(c, i);
    of_dtype ty = of_in_dtype(c, i);
    int64_t x;

    *v = NULL;
    *n = 0;
    if (c->evaluating || of_in_rank(c, i) < 0 || of_in_rank(c, i) > 1) return OF_OK;
    if (ty == OF_UINT64 || (ty != OF_BOOL && !of_dtype_is_int(ty))) return OF_OK;
    if (!t || ty != OF_BOOL) return of_in_dims(c, i, v, n);
    if (t->count > 1024) return OF_OK;
    OF_TRY(of_tensor_load(t, c->err));
    *n = (size_t)t->count;
    *v = (of_dim *)of_tmp(c, *n, sizeof(of_dim));
    if (!*v) return of_ew_nomem(c);
    for (size_t k = 0; k < *n; k++)
        (*v)[k] = of_tensor_get_i64(t, (int64_t)k, &x) ? of_dim_num(x != 0) : of_dim_unknown();
    return OF_OK;
}

/* Division toward zero. */
static of_dim of_ew_known_div(of_opctx *c, of_dim a, of_dim b)
{
    of_dimtab *t = c->m->dims;
    of_dim q;

    if (of_dim_is(b, 0) || of_dim_is(b, -1)) return of_dim_unknown();
    if (of_dim_is_num(a) && of_dim_is_num(b)) return of_dim_num(a.k / b.k);
    q = of_dim_floordiv(t, a, b);
    if (!of_dim_known(q)) return q;
    if (of_ew_nonneg(c, a) && of_ew_nonneg(c, b)) return q;
    /* exact, so the direction of rounding does not matter */
    return of_dim_same(of_dim_mul(t, q, b), a) ? q : of_dim_unknown();
}

static of_dim of_ew_known_mod(of_opctx *c, bool fmod, of_dim a, of_dim b)
{
    of_dimtab *t = c->m->dims;
    int64_t r;

    if (of_dim_is(b, 0)) return of_dim_unknown();
    if (of_dim_is(b, 1) || of_dim_is(b, -1)) return of_dim_known(a) ? of_dim_num(0) : a;
    if (of_dim_is_num(a) && of_dim_is_num(b)) {
        r = a.k % b.k;
        return of_dim_num(!fmod && r != 0 && (r < 0) != (b.k < 0) ? r + b.k : r);
    }
    if (fmod && !(of_ew_nonneg(c, a) && of_ew_nonneg(c, b))) return of_dim_unknown();
    return of_dim_sub(t, a, of_dim_mul(t, of_dim_floordiv(t, a, b), b));
}

/* -1, 0, 1: a compared with b; 2: not proved. loose: 0 and -1 need not be told apart
 * (a <= b), or 0 and 1 (a >= b). */
static of_dim of_ew_known_cmp(of_opctx *c, of_known_op op, of_dim a, of_dim b)
{
    of_dimtab *t = c->m->dims;
    of_dim ab = of_dim_sub(t, a, b), ba = of_dim_sub(t, b, a), one = of_dim_num(1);
    bool ge, le, gt, lt;

    if (of_dim_is_num(a) && of_dim_is_num(b)) {
        ge = a.k >= b.k;
        le = a.k <= b.k;
        gt = !le;
        lt = !ge;
    } else {
        if (!of_dim_known(ab) || !of_dim_known(ba)) return of_dim_unknown();
        ge = of_ew_nonneg(c, ab);
        le = of_ew_nonneg(c, ba);
        gt = of_ew_nonneg(c, of_dim_sub(t, ab, one));
        lt = of_ew_nonneg(c, of_dim_sub(t, ba, one));
    }
    switch (op) {
    case OF_KN_EQ:
        if (gt || lt) return of_dim_num(0);
        return ge && le ? of_dim_num(1) : of_dim_unknown();
    case OF_KN_LT: return lt ? of_dim_num(1) : ge ? of_dim_num(0) : of_dim_unknown();
    case OF_KN_LE: return le ? of_dim_num(1) : gt ? of_dim_num(0) : of_dim_unknown();
    case OF_KN_GT: return gt ? of_dim_num(1) : le ? of_dim_num(0) : of_dim_unknown();
    default: return ge ? of_dim_num(1) : lt ? of_dim_num(0) : of_dim_unknown();
    }
}

of_dim of_ew_known2(of_opctx *c, of_known_op op, of_dtype t, of_dim a, of_dim b)
{
    of_dimtab *tab = c->m->dims;
    of_dim r = of_dim_unknown();

    /* One truth value may be enough. */
    if (op == OF_KN_AND && (of_dim_is(a, 0) || of_dim_is(b, 0))) return of_dim_num(0);
    if (op == OF_KN_OR && (of_dim_is(a, 1) || of_dim_is(b, 1))) return of_dim_num(1);
    if (!of_dim_known(a) || !of_dim_known(b)) return r;
    switch (op) {
    case OF_KN_ADD: r = of_dim_add(tab, a, b); break;
    case OF_KN_SUB: r = of_dim_sub(tab, a, b); break;
    case OF_KN_MUL: r = of_dim_mul(tab, a, b); break;
    case OF_KN_DIV: r = of_ew_known_div(c, a, b); break;
    case OF_KN_MOD: r = of_ew_known_mod(c, false, a, b); break;
    case OF_KN_FMOD: r = of_ew_known_mod(c, true, a, b); break;
    case OF_KN_MIN: r = of_dim_min(tab, a, b); break;
    case OF_KN_MAX: r = of_dim_max(tab, a, b); break;
    case OF_KN_EQ: case OF_KN_LT: case OF_KN_LE: case OF_KN_GT: case OF_KN_GE:
        r = of_ew_known_cmp(c, op, a, b);
        break;
    case OF_KN_AND: if (of_dim_is_num(a) && of_dim_is_num(b)) r = of_dim_num(a.k & b.k); break;
    case OF_KN_OR: if (of_dim_is_num(a) && of_dim_is_num(b)) r = of_dim_num(a.k | b.k); break;
    case OF_KN_XOR: if (of_dim_is_num(a) && of_dim_is_num(b)) r = of_dim_num(a.k ^ b.k); break;
    default: break;
    }
    return of_ew_fit(t, r);
}

of_dim of_ew_known1(of_opctx *c, of_known_op op, of_dtype t, of_dim a)
{
    of_dim r = of_dim_unknown(), zero = of_dim_num(0);

    if (!of_dim_known(a)) return r;
    switch (op) {
    case OF_KN_NEG: r = of_dim_sub(c->m->dims, zero, a); break;
    case OF_KN_ABS:
        if (of_ew_nonneg(c, a)) r = a;
        else if (of_ew_nonneg(c, of_dim_sub(c->m->dims, zero, a))) r = of_dim_sub(c->m->dims, zero, a);
        break;
    case OF_KN_SIGN:
        if (of_dim_is_num(a)) r = of_dim_num((a.k > 0) - (a.k < 0));
        else if (of_ew_nonneg(c, of_dim_sub(c->m->dims, a, of_dim_num(1)))) r = of_dim_num(1);
        break;
    case OF_KN_NOT: if (of_dim_is_num(a)) r = of_dim_num(a.k == 0); break;
    default: r = a; break;
    }
    return of_ew_fit(t, r);
}

of_status of_ew_set_known2(of_opctx *c, of_known_op op, of_dtype t, uint32_t ia, uint32_t ib)
{
    of_dim *a, *b, *r;
    size_t na, nb, n;

    if (c->evaluating || t == OF_UNDEFINED) return OF_OK;
    OF_TRY(of_ew_known(c, ia, &a, &na));
    if (!a) return OF_OK;
    OF_TRY(of_ew_known(c, ib, &b, &nb));
    if (!b || na == 0 || nb == 0 || (na != nb && na != 1 && nb != 1)) return OF_OK;
    n = na > nb ? na : nb;
    r = (of_dim *)of_tmp(c, n, sizeof(of_dim));
    if (!r) return of_ew_nomem(c);
    for (size_t i = 0; i < n; i++) r[i] = of_ew_known2(c, op, t, a[na == 1 ? 0 : i], b[nb == 1 ? 0 : i]);
    return of_set_known(c, 0, r, n);
}

of_status of_ew_set_known1(of_opctx *c, of_known_op op, of_dtype t)
{
    of_dim *a, *r;
    size_t n;

    if (c->evaluating || t == OF_UNDEFINED) return OF_OK;
    OF_TRY(of_ew_known(c, 0, &a, &n));
    if (!a || n == 0) return OF_OK;
    r = (of_dim *)of_tmp(c, n, sizeof(of_dim));
    if (!r) return of_ew_nomem(c);
    for (size_t i = 0; i < n; i++) r[i] = of_ew_known1(c, op, t, a[i]);
    return of_set_known(c, 0, r, n);
}
