/* Nodes that only change the shape: `materialize_reshape_shape`, `basic`, `reduce_keepdims`,
 * `transpose_through_reshape`. */
#include <string.h>

#include "rewrite/rw.h"

/* ---- materialize_reshape_shape ---- */

/* Expand's shape as numbers: 1 where the axis is the input's own. */
static bool of_expand_to(const of_shape *from, const of_shape *to, int64_t *dims)
{
    if (to->rank > OF_RW_RANK || from->rank > to->rank) return false;
    for (int32_t i = 0; i < to->rank; i++) {
        int32_t k = i - (to->rank - from->rank);
        if (of_dim_is_num(to->d[i])) dims[i] = to->d[i].k;
        else if (k >= 0 && of_dim_same(from->d[k], to->d[i])) dims[i] = 1;
        else return false;
    }
    return true;
}

of_status of_rule_materialize_shape(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);
    const of_shape *from, *to;
    int64_t dims[OF_RW_RANK];
    of_value *shape = of_in_value(n, 1);

    if ((op != OF_R_Reshape && op != OF_R_Expand) || n->n_in != 2 || !shape || shape->cval || !n->in[0].value)
        return OF_OK;
    from = of_rw_shape(n->in[0].value);
    to = of_rw_shape(n->out[0]);
    if (!to) return OF_OK;
    if (op == OF_R_Reshape) {
        if (!of_rw_reshape_to(rw, from, to, of_rw_open_axis(shape), dims)) return OF_OK;
        *applied = true;
        return of_rw_become_reshape(rw, n, n->in[0].value, dims, (size_t)to->rank);
    }
    if (!from || !of_expand_to(from, to, dims)) return OF_OK;
    *applied = true;
    OF_TRY(of_rw_const_ints(rw, n, n->out[0]->name, dims, (size_t)to->rank, &shape));
    OF_TRY(of_rw_rebind(rw, n, 1, shape));
    return rw->made(rw->frame, n);
}

/* ---- basic: Cast ---- */

/* Bits of integer precision of a float type; 0: no float type that rules look at. */
static int of_mantissa(of_dtype t)
{
    return t == OF_DOUBLE ? 53 : t == OF_FLOAT ? 24 : t == OF_FLOAT16 ? 11 : t == OF_BFLOAT16 ? 8 : 0;
}

static bool of_plain_int(of_dtype t)
{
    return of_dtype_is_int(t) && of_dtypes[t].bits >= 8;
}

/* Every value of a is a value of b. */
static bool of_widens(of_dtype a, of_dtype b)
{
    int bits = of_dtypes[a].bits, to = of_dtypes[b].bits;

    if (a == b) return true;
    if (of_dtypes[a].kind == OF_K_BOOL) return of_plain_int(b) || of_mantissa(b);
    if (of_plain_int(a)) {
        bool is_signed = of_dtypes[a].kind == OF_K_SINT;
        if (of_mantissa(b)) return bits - is_signed <= of_mantissa(b) && (b != OF_FLOAT16 || bits <= 8);
        if (!of_plain_int(b)) return false;
        if (of_dtypes[b].kind == OF_K_UINT) return !is_signed && bits <= to;
        return is_signed ? bits <= to : bits < to;
    }
    return (a == OF_FLOAT16 || a == OF_BFLOAT16) ? b == OF_FLOAT || b == OF_DOUBLE : a == OF_FLOAT && b == OF_DOUBLE;
}

/* Cast to c by way of b is Cast to c. A float out of an integer's range has no defined
 * integer, an integer wraps: so an integer by way of a float only into what holds it. */
static bool of_skips(of_dtype a, of_dtype b, of_dtype c)
{
    if (!of_widens(a, b)) return false;
    if (of_plain_int(a) && of_mantissa(b) && of_plain_int(c)) return of_widens(a, c);
    return of_plain_int(c) || of_mantissa(c) || of_dtypes[c].kind == OF_K_BOOL;
}

static of_status of_cast(of_rw *rw, of_node *n, bool *applied)
{
    of_node *s = of_rw_src(n, 0, OF_R_Cast);
    of_value *x = s ? of_in_value(s, 0) : NULL;
    of_dtype a = of_rw_dtype(x), b = s ? of_rw_dtype(s->out[0]) : OF_UNDEFINED;
    of_dtype c = (of_dtype)of_rw_int(n, "to", 0);

    if (!x || !a || !b || !of_dtype_valid((int64_t)c) || !of_skips(a, b, c)) return OF_OK;
    if (c == a) return of_rw_forward(rw, n, x, applied);
    if (!of_rw_sole(s->out[0])) return OF_OK;
    *applied = true;
    OF_TRY(of_rw_rebind(rw, n, 0, x));
    return rw->made(rw->frame, n);
}

/* ---- basic: Transpose ---- */

bool of_rw_perm(const of_node *n, int64_t *perm, size_t *rank)
{
    const of_attr *a = of_node_attr(n, "perm");
    const of_shape *s = of_rw_shape(of_in_value(n, 0));

    if (!a) {
        if (!s || s->rank > OF_RW_RANK) return false;
        *rank = (size_t)s->rank;
        for (size_t i = 0; i < *rank; i++) perm[i] = (int64_t)(*rank - 1 - i);
        return true;
    }
    if (a->type != OF_A_INTS || a->n > OF_RW_RANK) return false;
    *rank = a->n;
    for (size_t i = 0; i < a->n; i++) {
        perm[i] = a->u.ints[i];
        if (perm[i] < 0 || perm[i] >= (int64_t)a->n) return false;
    }
    return true;
}

static of_status of_transpose(of_rw *rw, of_node *n, bool *applied)
{
    of_node *s = of_rw_src(n, 0, OF_R_Transpose);
    int64_t p[OF_RW_RANK], q[OF_RW_RANK], r[OF_RW_RANK];
    size_t k, k2;
    bool same = true;

    if (!s || !of_in_value(s, 0) || !of_rw_perm(n, p, &k) || !of_rw_perm(s, q, &k2) || k != k2) return OF_OK;
    for (size_t i = 0; i < k; i++) {
        r[i] = q[p[i]];
        same = same && r[i] == (int64_t)i;
    }
    if (same) OF_TRY(of_rw_forward(rw, n, s->in[0].value, applied));
    if (*applied || !of_rw_sole(s->out[0])) return OF_OK;
    *applied = true;
    OF_TRY(of_rw_set_ints(rw, n, "perm", r, k));
    OF_TRY(of_rw_rebind(rw, n, 0, s->in[0].value));
    return rw->made(rw->frame, n);
}

/* ---- basic: what is a Reshape in effect ---- */

/* A Transpose that only moves axes of size 1 keeps the order of the elements. */
static bool of_keeps_order(const of_node *n)
{
    const of_shape *s = of_rw_shape(of_in_value(n, 0));
    int64_t perm[OF_RW_RANK], last = -1;
    size_t k;

    if (!s || !of_rw_perm(n, perm, &k) || (int64_t)k != s->rank) return false;
    for (size_t i = 0; i < k; i++) {
        if (of_dim_is(s->d[perm[i]], 1)) continue;
        if (perm[i] < last) return false;
        last = perm[i];
    }
    return true;
}

static bool of_is_reshape(const of_node *n)
{
    switch (of_rop(n)) {
    case OF_R_Reshape:
    case OF_R_Squeeze:
    case OF_R_Unsqueeze:
    case OF_R_Flatten: return true;
    case OF_R_Transpose: return of_keeps_order(n);
    default: return false;
    }
}

static of_status of_axes(of_rw *rw, const of_node *n, int64_t *axes, int64_t *k)
{
    bool given;

    OF_TRY(of_rw_list(rw, n, "axes", 1, 13, axes, k, &given));
    if (!given) *k = -1;
    for (int64_t i = 0; i < *k; i++)
        if (axes[i] < 0 || axes[i] >= 64) *k = -1;
    return OF_OK;
}

static of_status of_set_axes(of_rw *rw, of_node *n, const int64_t *axes, size_t k)
{
    of_value *v;

    if (of_node_opset(n) < 13) return of_rw_set_ints(rw, n, "axes", axes, k);
    OF_TRY(of_rw_const_ints(rw, n, n->out[0]->name, axes, k, &v));
    return of_rw_rebind(rw, n, 1, v);
}

/* Two of a kind with known axes, whatever the shape: the second's are counted among what
 * the first left (Squeeze), the first's among what the second leaves (Unsqueeze). */
static of_status of_merge_axes(of_rw *rw, of_node *n, of_node *s, bool squeeze, bool *applied)
{
    int64_t a[OF_RW_RANK], b[OF_RW_RANK], all[OF_RW_RANK], na, nb, k = 0, at = 0;
    uint64_t first = 0, more = 0;
    const int64_t *in = squeeze ? a : b;

    OF_TRY(of_axes(rw, s, a, &na));
    OF_TRY(of_axes(rw, n, b, &nb));
    if (na < 1 || nb < 1 || na + nb > OF_RW_RANK || !of_in_value(s, 0)) return OF_OK;
    for (int64_t i = 0; i < (squeeze ? na : nb); i++) first |= UINT64_C(1) << in[i];
    in = squeeze ? b : a;
    for (int64_t i = 0; i < (squeeze ? nb : na); i++) more |= UINT64_C(1) << in[i];
    for (int64_t axis = 0; axis < 64 && k < na + nb; axis++) {
        if (first >> axis & 1) all[k++] = axis;
        else if (at < 64 && more >> at++ & 1) all[k++] = axis;
    }
    if (k != na + nb) return OF_OK;
    *applied = true;
    OF_TRY(of_set_axes(rw, n, all, (size_t)k));
    OF_TRY(of_rw_rebind(rw, n, 0, s->in[0].value));
    return rw->made(rw->frame, n);
}

/* Whether Reshape refuses these dims where a symbol turns out to be 0: -1 has no meaning beside an
 * empty axis. The nodes that it would stand for take that. */
static bool of_stumbles(const of_rw *rw, const of_shape *to, const int64_t *dims)
{
    bool open = false, kept = false;
    int64_t lo, hi;

    for (int32_t i = 0; i < to->rank; i++) {
        open = open || dims[i] == -1;
        if (dims[i] || of_dim_is_num(to->d[i])) continue;
        of_dim_range(rw->m->dims, to->d[i], &lo, &hi);
        kept = kept || lo < 1;
    }
    return open && kept;
}

static of_status of_reshapes(of_rw *rw, of_node *n, int op, bool *applied)
{
    of_value *v = of_in_value(n, 0), *x;
    of_node *s = v ? v->producer : NULL;
    int64_t dims[OF_RW_RANK];
    const of_shape *to = of_rw_shape(n->out[0]);
    int64_t n_dims;
    int32_t open = -1;
    bool sole;

    if (!s || !s->linked || v->cval || s->graph != n->graph || of_node_bound(s) || of_node_func(s) || !of_is_reshape(s))
        return OF_OK;
    x = of_in_value(s, 0);
    sole = of_rw_sole(v);
    if (!x || !of_is_reshape(n)) return OF_OK;
    if (sole && (op == OF_R_Squeeze || op == OF_R_Unsqueeze) && of_rop(s) == op) {
        OF_TRY(of_merge_axes(rw, n, s, op == OF_R_Squeeze, applied));
        if (*applied) return OF_OK;
    }
    if (of_node_opset(n) < 5 || !to || (!sole && op != OF_R_Reshape)) return OF_OK;
    if (op == OF_R_Reshape) {
        open = of_rw_open_axis(of_in_value(n, 1));
        OF_TRY(of_rw_ints(rw, of_in_value(n, 1), dims, &n_dims));
        for (int32_t i = 0; i < n_dims; i++)
            if (dims[i] == -1) open = i;
    }
    if (!of_rw_reshape_to(rw, of_rw_shape(x), to, open, dims)) return OF_OK;
    if (op != OF_R_Reshape && of_stumbles(rw, to, dims)) return OF_OK;
    *applied = true;
    return of_rw_become_reshape(rw, n, x, dims, (size_t)to->rank);
}

of_status of_rule_basic(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);

    if (n->n_out != 1 || !n->out[0]) return OF_OK;
    switch (op) {
    case OF_R_Cast: return of_cast(rw, n, applied);
    case OF_R_Transpose:
        OF_TRY(of_transpose(rw, n, applied));
        if (*applied) return OF_OK;
        return of_reshapes(rw, n, op, applied);
    case OF_R_Reshape:
    case OF_R_Squeeze:
    case OF_R_Unsqueeze:
    case OF_R_Flatten: return of_reshapes(rw, n, op, applied);
    default: return OF_OK;
    }
}

/* ---- transpose_through_reshape: Transposes with only axes of size 1 put in or out between ---- */

/* The axes of s that are not 1, in order. */
static int of_wide(const of_shape *s, int32_t *axes)
{
    int k = 0;

    for (int32_t i = 0; i < s->rank; i++)
        if (!of_dim_is(s->d[i], 1)) axes[k++] = i;
    return k;
}

/* from[i]: which of x's wide axes, counted among them, is wide axis i of Transpose(x). */
static void of_wide_order(const int64_t *perm, const int32_t *in, const int32_t *out, int k, int *from)
{
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++)
            if (in[j] == perm[out[i]]) from[i] = j;
}

of_status of_rule_transpose_through_reshape(of_rw *rw, of_node *n, bool *applied)
{
    of_value *v = of_rw_op(rw, n) == OF_R_Transpose ? of_in_value(n, 0) : NULL, *x;
    of_node *s = v ? v->producer : NULL, *t, *r;
    const of_shape *a, *b, *c, *y;
    int64_t p[OF_RW_RANK], q[OF_RW_RANK], perm[OF_RW_RANK], dims[OF_RW_RANK];
    int32_t wa[OF_RW_RANK], wb[OF_RW_RANK], wc[OF_RW_RANK], wy[OF_RW_RANK];
    int first[OF_RW_RANK], then[OF_RW_RANK], k, at = 0;
    of_dim d[OF_RW_RANK];
    size_t np, nq;

    if (!s || !of_is_reshape(s) || of_rop(s) == OF_R_Transpose || of_rw_src(n, 0, of_rop(s)) != s || !of_rw_sole(v))
        return OF_OK;
    t = of_rw_src(s, 0, OF_R_Transpose);
    if (!t || !of_rw_sole_node(t) || !of_in_value(t, 0) || !of_rw_perm(t, p, &np) || !of_rw_perm(n, q, &nq) ||
        of_node_opset(n) < 5)
        return OF_OK;
    x = t->in[0].value;
    a = of_rw_shape(x);
    b = of_rw_shape(t->out[0]);
    c = of_rw_shape(v);
    y = of_rw_shape(n->out[0]);
    if (!a || !b || !c || !y || a->rank != (int64_t)np || c->rank != (int64_t)nq || a->rank > OF_RW_RANK ||
        c->rank > OF_RW_RANK || b->rank != a->rank || y->rank != c->rank)
        return OF_OK;
    k = of_wide(a, wa);
    if (of_wide(b, wb) != k || of_wide(c, wc) != k || of_wide(y, wy) != k) return OF_OK;
    for (int i = 0; i < k; i++)
        if (!of_dim_same(b->d[wb[i]], c->d[wc[i]])) return OF_OK;
    of_wide_order(p, wa, wb, k, first);
    of_wide_order(q, wc, wy, k, then);
    /* x's wide axes in their order, then the others: what a Reshape makes of x, and `perm` of that. */
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++)
            if (first[then[j]] == i) {
                perm[wy[j]] = at;
                d[at++] = y->d[wy[j]];
            }
    for (int32_t i = 0; i < y->rank; i++) {
        if (!of_dim_is(y->d[i], 1)) continue;
        perm[i] = at;
        d[at++] = y->d[i];
    }
    if (at != y->rank || !of_rw_reshape_to(rw, a, &(of_shape){y->rank, d}, -1, dims) ||
        of_stumbles(rw, &(of_shape){y->rank, d}, dims))
        return OF_OK;
    of_value *shape;
    OF_TRY(of_rw_const_ints(rw, n, v->name, dims, (size_t)y->rank, &shape));
    OF_TRY(of_rw_insert(rw, &(of_rw_fresh){.g = n->graph, .before = n, .like = s, .op = "Reshape",
                                            .in = (of_value *[]){x, shape}, .n_in = 2, .names = &v->name, .n_out = 1}, &r));
    *applied = true;
    of_attr *attr = of_rw_attr_ints(rw, "perm", perm, (size_t)y->rank);
    return of_rw_remake(rw, n, "Transpose", r->out, 1, &attr, 1);
}

/* ---- reduce_keepdims: Squeeze of what a reduction kept ---- */

static bool of_is_reduce(int op)
{
    return op >= OF_R_ReduceL1 && op <= OF_R_ReduceSumSquare;
}

static of_status of_reduce_axes(of_rw *rw, const of_node *n, int64_t *axes, int64_t *k)
{
    bool given;
    int64_t since = of_rop(n) == OF_R_ReduceSum ? 13 : 18;

    OF_TRY(of_rw_list(rw, n, "axes", 1, since, axes, k, &given));
    if (!given) *k = -1;
    return OF_OK;
}

static uint64_t of_axis_set(const int64_t *axes, int64_t k, int64_t rank)
{
    uint64_t set = 0;

    for (int64_t i = 0; i < k; i++) {
        int64_t a = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (a < 0 || a >= 64 || a >= rank) return 0;
        set |= UINT64_C(1) << a;
    }
    return set;
}

of_status of_rule_reduce_keepdims(of_rw *rw, of_node *n, bool *applied)
{
    of_node *s = of_in_value(n, 0) ? n->in[0].value->producer : NULL;
    const of_shape *from;
    int64_t a[OF_RW_RANK], b[OF_RW_RANK], na, nb;
    bool given;

    if (of_rw_op(rw, n) != OF_R_Squeeze || !s || !of_is_reduce(of_rop(s)) || !of_rw_src(n, 0, of_rop(s)) ||
        !of_rw_sole(n->in[0].value) || !of_rw_int(s, "keepdims", 1))
        return OF_OK;
    from = of_rw_shape(of_in_value(s, 0));
    if (!from) return OF_OK;
    OF_TRY(of_reduce_axes(rw, s, a, &na));
    OF_TRY(of_rw_list(rw, n, "axes", 1, 13, b, &nb, &given));
    if (!given || na < 1 || nb < 1) return OF_OK;
    if (!of_axis_set(a, na, from->rank) || of_axis_set(a, na, from->rank) != of_axis_set(b, nb, from->rank))
        return OF_OK;
    of_value *in[2] = {of_in_value(s, 0), of_in_value(s, 1)};
    of_attr *keep = of_rw_attr_int(rw, "keepdims", 0);
    if (!keep) return of_rw_nomem(rw);
    *applied = true;
    return of_rw_become(rw, n, s, in, in[1] ? 2 : 1, keep);
}
