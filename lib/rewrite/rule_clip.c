/* Bounds of values: `min_max_to_clip`, `fuse_relus_clips`. */
#include <math.h>

#include "rewrite/rw.h"

/* One bound of Clip, Relu, Min or Max. */
typedef struct of_bound {
    bool there; /* else the type's own */
    double x;
    of_value *v; /* NULL: an attribute, or Relu's zero */
} of_bound;

/* Types that a double holds every number of. */
static bool of_exact_in_double(of_dtype t)
{
    return t == OF_FLOAT || t == OF_DOUBLE || t == OF_FLOAT16 ||
           (of_dtype_is_int(t) && of_dtypes[t].bits <= 32 && of_dtypes[t].bits >= 8);
}

/* The number that is constant v, finite. */
static of_status of_finite(of_rw *rw, of_value *v, of_bound *b, bool *ok)
{
    OF_TRY(of_rw_scalar(rw, v, ok, &b->x));
    *ok = *ok && of_exact_in_double(of_rw_dtype(v)) && isfinite(b->x);
    b->there = true;
    b->v = v;
    return OF_OK;
}

/* -1, 0, 1; 2: zeros of different signs, which of them comes out is not laid down */
static int of_order(double a, double b)
{
    if (a < b) return -1;
    if (a > b) return 1;
    return signbit(a) == signbit(b) ? 0 : 2;
}

static bool of_larger(of_bound a, of_bound b, of_bound *out)
{
    int o = a.there && b.there ? of_order(a.x, b.x) : 0;

    *out = !a.there || (b.there && o < 0) ? b : a;
    return o != 2;
}

static bool of_smaller(of_bound a, of_bound b, of_bound *out)
{
    int o = a.there && b.there ? of_order(a.x, b.x) : 0;

    *out = !a.there || (b.there && o == 1) ? b : a;
    return o != 2;
}

/* ---- fuse_relus_clips ---- */

typedef struct of_bounds {
    of_bound lo, hi;
} of_bounds;

static of_status of_read_clip(of_rw *rw, const of_node *n, int op, of_bounds *c, bool *ok)
{
    static const char *const names[] = {"min", "max"};
    int64_t opset = of_node_opset(n);
    of_bound *b[2] = {&c->lo, &c->hi};

    *c = (of_bounds){{0}, {0}};
    *ok = opset >= 6;
    if (op == OF_R_Relu) {
        c->lo.there = true;
        return OF_OK;
    }
    for (uint32_t i = 0; *ok && i < 2; i++) {
        if (opset >= 11) {
            if (of_in_value(n, i + 1)) OF_TRY(of_finite(rw, n->in[i + 1].value, b[i], ok));
            continue;
        }
        const of_attr *a = of_node_attr(n, names[i]);
        if (!a) continue;
        *ok = a->type == OF_A_FLOAT && isfinite(a->u.f);
        *b[i] = (of_bound){true, (double)a->u.f, NULL};
    }
    /* With the bounds crossed the versions differ in what comes out. */
    if (c->lo.there && c->hi.there && c->lo.x > c->hi.x) *ok = false;
    return OF_OK;
}

/* What clips as `in` and then `out` do: out's bounds, and in's as out lets them through. */
static bool of_both(const of_bounds *in, const of_bounds *out, of_bounds *c)
{
    of_bound t;

    /* One value is left: which of two zeros, the bounds do not say. */
    if (in->lo.there && out->hi.there && in->lo.x >= out->hi.x) return false;
    if (in->hi.there && out->lo.there && in->hi.x <= out->lo.x) return false;
    if (!of_larger(in->lo, out->lo, &t)) return false;
    if (t.there && !of_smaller(t, out->hi, &c->lo)) return false;
    if (!t.there) c->lo = t;
    if (!in->hi.there) {
        c->hi = out->hi;
        return true;
    }
    return of_larger(in->hi, out->lo, &t) && of_smaller(t, out->hi, &c->hi);
}

static of_status of_make_clip(of_rw *rw, of_node *n, of_value *x, of_bounds *c)
{
    of_value *in[3] = {x, c->lo.v, c->hi.v};
    of_bound *b[2] = {&c->lo, &c->hi};
    of_attr *attr[2];
    size_t k = 0;

    if (of_node_opset(n) < 11) {
        if (c->lo.there) attr[k++] = of_rw_attr_float(rw, "min", (float)c->lo.x);
        if (c->hi.there) attr[k++] = of_rw_attr_float(rw, "max", (float)c->hi.x);
        return of_rw_remake(rw, n, "Clip", in, 1, attr, k);
    }
    for (uint32_t i = 0; i < 2; i++) {
        const of_shape *s = of_rw_shape(in[i + 1]);
        if (!b[i]->there || (in[i + 1] && s && s->rank == 0)) continue;
        OF_TRY(of_rw_const_scalar(rw, n, n->out[0]->name, of_rw_dtype(x),
                                  in[i + 1] ? of_val_tensor(in[i + 1]->cval) : NULL, &in[i + 1]));
    }
    return of_rw_remake(rw, n, "Clip", in, in[2] ? 3 : in[1] ? 2 : 1, NULL, 0);
}

of_status of_rule_fuse_relus_clips(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n), inner = OF_R_Relu;
    of_node *s;
    of_bounds a, b, c;
    bool ok;

    if ((op != OF_R_Relu && op != OF_R_Clip) || n->n_out != 1 || !n->out[0]) return OF_OK;
    s = of_rw_src(n, 0, OF_R_Relu);
    if (!s) s = of_rw_src(n, 0, inner = OF_R_Clip);
    if (!s || !of_in_value(s, 0)) return OF_OK;
    if (op == OF_R_Relu && inner == OF_R_Relu) return of_rw_forward(rw, n, s->out[0], applied);
    /* What a runtime makes of NaN and -0.0 need not be the same in Relu as in Clip. */
    if (!of_rw_sole_node(s) || (rw->exact && op != inner) ||
        !of_exact_in_double(of_rw_dtype(s->in[0].value)))
        return OF_OK;
    OF_TRY(of_read_clip(rw, s, inner, &a, &ok));
    if (ok) OF_TRY(of_read_clip(rw, n, op, &b, &ok));
    if (!ok || !of_both(&a, &b, &c)) return OF_OK;
    *applied = true;
    return of_make_clip(rw, n, s->in[0].value, &c);
}

/* ---- min_max_to_clip ---- */

/* The operand of a Min or Max that is one number; the other one, whose shape it leaves as it is, is
 * x. */
static of_status of_read_bound(of_rw *rw, const of_node *n, of_bound *b, of_value **x, bool *ok)
{
    *ok = false;
    for (uint32_t i = 0; n->n_in == 2 && !*ok && i < 2; i++) {
        of_value *c = of_in_value(n, i);
        *x = of_in_value(n, 1 - i);
        if (!c || !c->cval || !*x || (*x)->cval || !of_rw_same_type(c, *x) ||
            !of_rw_fits_into(c, *x))
            continue;
        OF_TRY(of_finite(rw, c, b, ok));
    }
    return OF_OK;
}

/* Min of a Min that nothing else uses is one Min of all, taken in the same order. */
static of_status of_flatten(of_rw *rw, of_node *n, of_node *s, uint32_t at, bool *applied)
{
    of_value *in[OF_RW_RANK];
    uint32_t k = 0;

    if (n->n_in + s->n_in - 1 > OF_RW_RANK || (at && rw->exact)) return OF_OK;
    for (uint32_t i = 0; i < n->n_in; i++) {
        if (i != at) in[k++] = of_in_value(n, i);
        else
            for (uint32_t j = 0; j < s->n_in; j++) in[k++] = of_in_value(s, j);
    }
    for (uint32_t i = 0; i < k; i++)
        if (!in[i]) return OF_OK;
    *applied = true;
    return of_rw_remake(rw, n, of_rop(n) == OF_R_Min ? "Min" : "Max", in, k, NULL, 0);
}

of_status of_rule_min_max_to_clip(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n), other = op == OF_R_Min ? OF_R_Max : OF_R_Min;
    int64_t opset = of_node_opset(n);
    of_bound mine, its, tight;
    of_value *x, *y;
    of_node *s;
    bool ok;

    if ((op != OF_R_Min && op != OF_R_Max) || n->n_in < 2 || opset < 8) return OF_OK;
    OF_TRY(of_read_bound(rw, n, &mine, &x, &ok));
    for (uint32_t i = 0; i < n->n_in; i++) {
        s = of_rw_src(n, i, op);
        if (!s || !of_rw_sole_node(s) || s->n_in < 1) continue;
        if (!ok) return of_flatten(rw, n, s, i, applied);
        OF_TRY(of_read_bound(rw, s, &its, &y, &ok));
        if (!ok) return of_flatten(rw, n, s, i, applied);
        if (!(op == OF_R_Min ? of_smaller(mine, its, &tight) : of_larger(mine, its, &tight)))
            return OF_OK;
        /* Which of two zeros comes out may depend on where they stand. */
        if (rw->exact && of_dtype_is_float(of_rw_dtype(y)) &&
            !(fabs(mine.x) > 0.0 && fabs(its.x) > 0.0))
            return OF_OK;
        of_value *in[2] = {y, tight.v};
        *applied = true;
        return of_rw_remake(rw, n, op == OF_R_Min ? "Min" : "Max", in, 2, NULL, 0);
    }
    if (!ok || !x->producer || !(s = of_rw_src(n, x == of_in_value(n, 0) ? 0 : 1, other)) ||
        !of_rw_sole_node(s))
        return OF_OK;
    OF_TRY(of_read_bound(rw, s, &its, &y, &ok));
    if (!ok) return OF_OK;
    of_dtype t = of_rw_dtype(y);
    /* Clip-11 is of floats by the standard, of float32 alone in runtimes. */
    if (opset < (t == OF_FLOAT ? 11 : 12) || (rw->exact && of_dtype_is_float(t))) return OF_OK;
    of_bounds c = {op == OF_R_Max ? mine : its, op == OF_R_Max ? its : mine};
    if (c.lo.x > c.hi.x) return OF_OK;
    *applied = true;
    return of_make_clip(rw, n, y, &c);
}
