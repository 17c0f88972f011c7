/* Elements picked, placed or made alike: `where_not`, `redundant_scatter_nd`,
 * `shape_of_part`, `cast_constant_of_shape`, `moved_constant_of_shape`, `cast_like`. */
#include "rewrite/rw.h"

/* ---- where_not ---- */

of_status of_rule_where_not(of_rw *rw, of_node *n, bool *applied)
{
    of_node *s = of_rw_op(rw, n) == OF_R_Where ? of_rw_src(n, 0, OF_R_Not) : NULL;
    of_value *a, *b;

    if (!s || !of_rw_sole_node(s) || !of_in_value(s, 0) || n->n_in != 3) return OF_OK;
    a = n->in[1].value;
    b = n->in[2].value;
    if (!a || !b) return OF_OK;
    /* Some runtimes put the two halves together so that a -0.0 of one of them becomes 0.0. */
    if (rw->exact && (!of_rw_dtype(a) || of_dtype_is_float(of_rw_dtype(a)))) return OF_OK;
    of_value *in[3] = {s->in[0].value, b, a};
    *applied = true;
    return of_rw_remake(rw, n, "Where", in, 3, NULL, 0);
}

/* ---- redundant_scatter_nd: every place gets its update ---- */

/* Constant indices that name the places along the leading axes one after the other. */
static bool of_counts_up(const of_tensor *t)
{
    int64_t at[OF_RW_RANK] = {0}, depth, v;
    size_t k;

    if (t->rank < 2 || t->rank > OF_RW_RANK || t->dtype != OF_INT64) return false;
    depth = t->dims[t->rank - 1];
    k = t->rank - 1;
    if (depth != (int64_t)k) return false;
    for (int64_t e = 0; e < t->count; e += depth) {
        for (size_t i = 0; i < k; i++)
            if (!of_tensor_get_i64(t, e + (int64_t)i, &v) || v != at[i]) return false;
        for (size_t i = k; i-- && ++at[i] == t->dims[i];) at[i] = 0;
    }
    return true;
}

/* Range(0, d, 1) as a column. */
static of_status of_is_full_range(of_rw *rw, const of_node *n, of_dim d, bool *yes)
{
    const of_shape *shape = of_rw_shape(of_in_value(n, 1));
    of_node *s = of_rw_src(n, 1, OF_R_Unsqueeze), *r;
    const of_value *end;
    bool one;

    *yes = false;
    if (!s) s = of_rw_src(n, 1, OF_R_Reshape);
    if (!s || !shape || shape->rank != 2 || !of_dim_is(shape->d[1], 1)) return OF_OK;
    r = of_rw_src(s, 0, OF_R_Range);
    end = r ? of_in_value(r, 1) : NULL;
    if (!end || !end->known || end->n_known != 1 || !of_dim_same(end->known[0], d)) return OF_OK;
    OF_TRY(of_rw_all_are(rw, of_in_value(r, 0), 0.0, yes));
    OF_TRY(of_rw_all_are(rw, of_in_value(r, 2), 1.0, &one));
    *yes = *yes && one;
    return OF_OK;
}

of_status of_rule_redundant_scatter_nd(of_rw *rw, of_node *n, bool *applied)
{
    const of_value *data = of_in_value(n, 0), *idx = of_in_value(n, 1);
    of_value *updates = of_in_value(n, 2);
    const of_shape *s = of_rw_shape(data);
    of_tensor *t = NULL;
    bool yes = false;

    if (of_rw_op(rw, n) != OF_R_ScatterND || !idx || !updates || !s || s->rank < 1) return OF_OK;
    if (!of_rw_is_str(n, "reduction", "none", "none")) return OF_OK;
    if (!of_rw_same_type(data, updates) || !of_rw_same_shape(data, updates)) return OF_OK;
    if (!idx->cval) {
        OF_TRY(of_is_full_range(rw, n, s->d[0], &yes));
        return yes ? of_rw_forward(rw, n, updates, applied) : OF_OK;
    }
    t = of_val_tensor(idx->cval);
    if (!t || t->count > 1 << 20 || t->rank < 2 || (int64_t)t->rank - 1 > s->rank) return OF_OK;
    for (size_t i = 0; i + 1 < t->rank; i++)
        if (!of_dim_is(s->d[i], t->dims[i])) return OF_OK;
    OF_TRY(of_rw_tensor(rw, idx, &t));
    return t && of_counts_up(t) ? of_rw_forward(rw, n, updates, applied) : OF_OK;
}

/* ---- shape_of_part: Gather or Slice of a Shape is a Shape of those axes ---- */

static of_status of_part(of_rw *rw, const of_node *n, int op, int64_t rank, int64_t *from,
                         int64_t *to)
{
    int64_t a[OF_RW_RANK], b[OF_RW_RANK], k, m;
    const of_shape *idx = of_rw_shape(of_in_value(n, 1));
    bool one;

    *from = *to = 0;
    if (op == OF_R_Gather) {
        if (!idx || idx->rank != 1) return OF_OK;
        OF_TRY(of_rw_ints(rw, of_in_value(n, 1), a, &k));
        for (int64_t i = 0; i < k; i++) {
            if (a[i] < 0) a[i] += rank;
            if (a[i] < 0 || a[i] >= rank || a[i] != a[0] + i) return OF_OK;
        }
        if (k < 1) return OF_OK;
        *from = a[0];
        *to = a[0] + k;
        return OF_OK;
    }
    OF_TRY(of_rw_ints(rw, of_in_value(n, 1), a, &k));
    OF_TRY(of_rw_ints(rw, of_in_value(n, 2), b, &m));
    if (k != 1 || m != 1) return OF_OK;
    if (of_in_value(n, 4)) {
        OF_TRY(of_rw_all_are(rw, n->in[4].value, 1.0, &one));
        if (!one) return OF_OK;
    }
    if (a[0] < 0) a[0] = a[0] + rank < 0 ? 0 : a[0] + rank;
    if (b[0] < 0) b[0] += rank;
    *from = a[0];
    *to = b[0] > rank ? rank : b[0];
    return OF_OK;
}

of_status of_rule_shape_of_part(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);
    of_node *s = op == OF_R_Gather || op == OF_R_Slice ? of_rw_src(n, 0, OF_R_Shape) : NULL;
    const of_shape *x;
    int64_t start, from, to;
    of_attr *attr[2];

    if (!s || !of_rw_sole_node(s) || !of_in_value(s, 0) || of_node_opset(n) < 15) return OF_OK;
    x = of_rw_shape(s->in[0].value);
    const of_shape *list = of_rw_shape(s->out[0]);
    if (!x || !list || list->rank != 1 || !of_dim_is_num(list->d[0])) return OF_OK;
    start = of_rw_int(s, "start", 0);
    if (start < 0) start = start + x->rank < 0 ? 0 : start + x->rank;
    OF_TRY(of_part(rw, n, op, list->d[0].k, &from, &to));
    if (from >= to) return OF_OK;
    /* Not before the sweep is over: what it has yet to meet may equal the whole list. */
    if (rw->lists) return rw->changed(rw->frame, s->out[0]);
    attr[0] = of_rw_attr_int(rw, "start", start + from);
    attr[1] = of_rw_attr_int(rw, "end", start + to);
    *applied = true;
    return of_rw_remake(rw, n, "Shape", &s->in[0].value, 1, attr, 2);
}

/* ---- cast_constant_of_shape ---- */

static bool of_may_fill(of_dtype t)
{
    return t == OF_FLOAT || t == OF_DOUBLE || t == OF_FLOAT16 || of_dtypes[t].kind == OF_K_BOOL ||
           (of_dtype_is_int(t) && of_dtypes[t].bits >= 8);
}

of_status of_rule_cast_constant_of_shape(of_rw *rw, of_node *n, bool *applied)
{
    of_node *s = of_rw_op(rw, n) == OF_R_Cast ? of_rw_src(n, 0, OF_R_ConstantOfShape) : NULL;
    of_dtype to = (of_dtype)of_rw_int(n, "to", 0);
    of_val *out = NULL;
    of_tensor *t;
    of_attr *value;
    of_status st;
    of_err why;

    if (!s || !of_rw_sole_node(s) || !of_in_value(s, 0) || n->n_in != 1 ||
        !of_dtype_valid((int64_t)to) || !of_may_fill(to))
        return OF_OK;
    OF_TRY(of_rw_fill(rw, s, &t));
    if (!t) return OF_OK;
    of_val *in = &t->base;
    of_err_clear(&why);
    st = of_eval_node(rw->ev, n, &in, 1, &out, 1, &why);
    of_tensor_unref(t);
    if (st == OF_E_NOMEM || st == OF_E_CANCELLED) return of_fail(rw->err, st, "%s", why.msg);
    if (st != OF_OK || !out) return OF_OK;
    value = of_attr_new(rw->m, OF_NAME_LIT(&rw->m->names, "value"), OF_A_TENSOR);
    t = of_val_tensor(out);
    if (!t || !value) {
        of_val_unref(out);
        return value ? OF_OK : of_rw_nomem(rw);
    }
    value->u.t = t; /* its reference goes to the attribute */
    value->n = 1;
    *applied = true;
    return of_rw_remake(rw, n, "ConstantOfShape", &s->in[0].value, 1, &value, 1);
}

/* ---- moved_constant_of_shape: elements that are all alike stay so wherever they go ---- */

of_status of_rule_moved_constant_of_shape(of_rw *rw, of_node *n, bool *applied)
{
    const of_value *out = of_out_value(n, 0);
    const of_shape *shape = of_rw_shape(out);
    int64_t dims[OF_RW_RANK];
    of_value *as_list;
    of_attr *value;
    of_tensor *t;
    of_node *s;

    switch (of_rw_op(rw, n)) {
    case OF_R_Expand:
    case OF_R_Flatten:
    case OF_R_Gather:
    case OF_R_Reshape:
    case OF_R_Slice:
    case OF_R_Squeeze:
    case OF_R_Tile:
    case OF_R_Transpose:
    case OF_R_Unsqueeze: break;
    default: return OF_OK;
    }
    s = of_rw_src(n, 0, OF_R_ConstantOfShape);
    if (!s || !of_in_value(s, 0) || !shape || shape->rank > OF_RW_RANK || !of_shape_is_static(shape) || n->n_out != 1)
        return OF_OK;
    for (int32_t k = 0; k < shape->rank; k++) dims[k] = shape->d[k].k;
    OF_TRY(of_rw_const_ints(rw, n, n->in[0].value->name, dims, (size_t)shape->rank, &as_list));
    OF_TRY(of_rw_fill(rw, s, &t));
    value = t ? of_attr_new(rw->m, OF_NAME_LIT(&rw->m->names, "value"), OF_A_TENSOR) : NULL;
    if (!value) {
        of_tensor_unref(t);
        return t ? of_rw_nomem(rw) : OF_OK;
    }
    value->u.t = t; /* its reference goes to the attribute */
    value->n = 1;
    *applied = true;
    return of_rw_remake(rw, n, "ConstantOfShape", &as_list, 1, &value, 1);
}

/* ---- cast_like: the type is known without the value ---- */

of_status of_rule_cast_like(of_rw *rw, of_node *n, bool *applied)
{
    of_dtype t = of_rw_dtype(of_in_value(n, 1));
    size_t n_attr = 1;
    of_attr *attr[2];
    of_value *x;

    if (of_rw_op(rw, n) != OF_R_CastLike || !of_in_value(n, 0) || t == OF_UNDEFINED) return OF_OK;
    for (const of_attr *a = n->attrs; a; a = a->next)
        if (!of_sym_is(a->name, "saturate")) return OF_OK;
    x = n->in[0].value;
    attr[0] = of_rw_attr_int(rw, "to", (int64_t)t);
    if (n->attrs) attr[n_attr++] = of_rw_attr_int(rw, "saturate", of_rw_int(n, "saturate", 1));
    *applied = true;
    return of_rw_remake(rw, n, "Cast", &x, 1, attr, n_attr);
}
