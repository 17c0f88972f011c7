/* What follows a convolution and goes into its weights and bias: `fuse_batchnorm`,
 * `fuse_conv_affine`, `conv_add_bias`, `remove_optional_bias`. */
#include <float.h>
#include <math.h>

#include "rewrite/rw.h"
#include "tensor/convert.h"

static bool of_real(of_dtype t)
{
    return t == OF_FLOAT || t == OF_DOUBLE || t == OF_FLOAT16;
}

/* A constant vector of m elements of type t as doubles. *v NULL: it is not that. */
static of_status of_vector(of_rw *rw, const of_value *x, of_dtype t, int64_t m, double **v)
{
    of_tensor *c;

    *v = NULL;
    if (!x || !x->cval) return OF_OK;
    OF_TRY(of_rw_tensor(rw, x, &c));
    if (!c || c->dtype != t || c->count != m || c->rank != 1) return OF_OK;
    *v = (double *)of_arena_array(&rw->ev->tmp, (size_t)m, sizeof **v);
    if (!*v) return of_rw_nomem(rw);
    of_to_f64(t, c->data, *v, (size_t)m);
    return OF_OK;
}

static of_status of_new_vector(of_rw *rw, of_node *at, of_sym name, of_dtype t, const double *v, int64_t m,
                               of_value **out)
{
    of_tensor *c;
    of_status st;

    OF_TRY(of_tensor_new_data(rw->m->alloc, NULL, t, &m, 1, false, &c, rw->err));
    of_from_f64(t, v, c->data, (size_t)m);
    st = rw->constant(rw->frame, at, name, c, out);
    of_tensor_unref(c);
    return st;
}

/* ---- fuse_batchnorm ----
 *
 * With s = scale / sqrt(var + eps), z = s * (sum(w * x) + b - mean) + B becomes
 * z = sum(w' * x) + b', w' = s * w and b' = B + (b - mean) * s computed in double and rounded
 * once. With u the rounding unit, n terms in the sum and S = sum(|w * x|), to first order
 *   apart: |s| * n * u * S + u * (|s| * |sum + b| + 2 * |s| * |sum + b - mean| + |z|)
 *   fused: |s| * (n + 1) * u * S + u * |b'| + u * |z|, where |b'| <= |z| + |s| * S:
 * fused is |s| * (n + 2) * u * S + 2 * u * |z| at most, so its bound is max(2, 1 + 2 / n) times
 * the other's. That needs each w' and b' to have the relative error of one rounding: none is
 * subnormal, none infinite. Both forms are as near to the true result; what is between them
 * is of the size of either's error, and a network may magnify that. So by default it is done
 * where what follows does not (rw_calm.c), in types with room below what matters, and where the
 * layer itself is no difference of two large numbers; docs/rules.md has the measurements. */

#define OF_MOST_CANCELLED 64.0 /* times the largest result: what bias and mean may come to */

/* Inference: 14 and later say so; before, only Y may be asked for, and before 7 is_test. */
static bool of_infers(const of_node *n)
{
    int64_t opset = of_node_opset(n);

    for (uint32_t i = 1; i < n->n_out; i++)
        if (n->out[i] && n->out[i]->n_uses) return false;
    if (opset >= 14) return of_rw_int(n, "training_mode", 0) == 0;
    if (opset < 9 && of_rw_int(n, "spatial", 1) != 1) return false;
    return opset >= 7 || of_rw_int(n, "is_test", 0) != 0;
}

/* How the channels of the output lie in the weights: element e belongs to channel
 * (e / group_elems) * per_group + (e / inner) % per_group. */
typedef struct of_layout {
    int64_t channels, per_group, inner, group_elems;
} of_layout;

static bool of_lay_out(const of_node *s, int op, const of_tensor *w, of_layout *l)
{
    int64_t group = of_rw_int(s, "group", 1), spatial = 1;

    if (w->rank < (op == OF_R_Gemm ? 2 : 3) || w->count < 1) return false;
    for (size_t i = 2; i < w->rank; i++) spatial *= w->dims[i];
    if (op == OF_R_Conv) {
        *l = (of_layout){w->dims[0], w->dims[0], w->count / w->dims[0], w->count};
        return true;
    }
    if (op == OF_R_ConvTranspose) {
        if (group < 1 || w->dims[0] % group) return false;
        *l = (of_layout){w->dims[1] * group, w->dims[1], spatial, w->count / group};
        return true;
    }
    if (of_rw_int(s, "transA", 0) != 0 || !of_rw_is_one(s, "alpha") || !of_rw_is_one(s, "beta") || of_node_opset(s) < 7)
        return false;
    if (of_rw_int(s, "transB", 0)) *l = (of_layout){w->dims[0], w->dims[0], w->dims[1], w->count};
    else *l = (of_layout){w->dims[1], w->dims[1], 1, w->count};
    return true;
}

/* Rounded once, numbers of type t have the relative error of one rounding, which only holds
 * between the smallest normal number and the largest. */
static bool of_round_well(of_dtype t, const double *v, int64_t n)
{
    const double least = t == OF_FLOAT16 ? 0x1p-14 : t == OF_FLOAT ? FLT_MIN : DBL_MIN;
    const double most = t == OF_FLOAT16 ? 65504.0 : t == OF_FLOAT ? FLT_MAX : DBL_MAX;
    int64_t well = 0;

    for (int64_t i = 0; i < n; i++) {
        double x = fabs(v[i]);
        well += (x <= 0.0) | ((x >= least) & (x <= most));
    }
    return well == n;
}

#define OF_PART 64 /* elements that are doubles at a time */

/* w with channel c times scale[c]. *out NULL: some product does not round well. */
static of_status of_scaled(of_rw *rw, of_node *at, const of_value *wv, const of_tensor *w, const of_layout *l,
                           const double *scale, of_value **out)
{
    int64_t channel = 0, left = l->inner, group = l->group_elems, first = 0;
    of_dtype type = (of_dtype)w->dtype;
    size_t size = of_dtypes[type].mem;
    of_tensor *t;
    of_status st;
    bool well = true;
    double part[OF_PART];

    *out = NULL;
    OF_TRY(of_tensor_new_data(rw->m->alloc, NULL, type, w->dims, w->rank, false, &t, rw->err));
    for (int64_t e = 0, k; well && e < w->count; e += k) {
        k = w->count - e < OF_PART ? w->count - e : OF_PART;
        of_to_f64(type, (const char *)w->data + (size_t)e * size, part, (size_t)k);
        for (int64_t i = 0, n; i < k; i += n) {
            const double by = scale[first + channel];
            n = left < k - i ? left : k - i;
            for (int64_t j = i; j < i + n; j++) part[j] *= by;
            left -= n;
            group -= n;
            if (left) continue;
            left = l->inner;
            if (++channel == l->per_group) channel = 0;
            if (group) continue;
            group = l->group_elems;
            first += l->per_group;
        }
        well = of_round_well(type, part, k);
        of_from_f64(type, part, (char *)t->data + (size_t)e * size, (size_t)k);
    }
    st = well ? rw->constant(rw->frame, at, wv->name, t, out) : OF_OK;
    of_tensor_unref(t);
    return st;
}

static of_status of_fuse(of_rw *rw, of_node *n, of_node *s, int op, bool guarded, bool *applied)
{
    const of_attr *ea = of_node_attr(n, "epsilon");
    double eps = ea && ea->type == OF_A_FLOAT ? (double)ea->u.f : (double)1e-5f;
    of_value *wv = of_in_value(s, 1), *bv = of_in_value(s, 2), *in[3] = {of_in_value(s, 0), NULL, NULL};
    double *v[4], *b = NULL, cancelled = 0.0, largest = 0.0;
    bool may = !guarded;
    of_tensor *w;
    of_layout l;
    of_dtype t;

    if (!wv || !wv->cval || wv->n_uses != 1 || (ea && ea->type != OF_A_FLOAT)) return OF_OK;
    if (bv && (!bv->cval || bv->n_uses != 1)) return OF_OK;
    if (guarded) OF_TRY(of_rw_calm(rw, n, &may));
    if (!may) return OF_OK;
    if (of_val_tensor(wv->cval) && !of_real((of_dtype)of_val_tensor(wv->cval)->dtype)) return OF_OK;
    OF_TRY(of_rw_tensor(rw, wv, &w));
    if (!w || !of_lay_out(s, op, w, &l)) return OF_OK;
    t = (of_dtype)w->dtype;
    for (uint32_t i = 0; i < 4; i++) {
        OF_TRY(of_vector(rw, of_in_value(n, i + 1), t, l.channels, &v[i]));
        if (!v[i]) return OF_OK;
    }
    OF_TRY(of_vector(rw, bv, t, l.channels, &b));
    if (bv && !b) return OF_OK;
    for (int64_t c = 0; c < l.channels; c++) {
        double scale = v[0][c] / sqrt(v[3][c] + eps), moved = ((b ? b[c] : 0.0) - v[2][c]) * scale;
        cancelled = fmax(cancelled, fabs(moved));
        largest = fmax(largest, fabs(v[0][c]) + fabs(v[1][c]));
        v[1][c] += moved;
        v[0][c] = scale;
        if (!of_round_well(t, &v[1][c], 1) || !isfinite(scale)) return OF_OK;
    }
    if (guarded && cancelled > OF_MOST_CANCELLED * largest) return OF_OK;
    OF_TRY(of_scaled(rw, n, wv, w, &l, v[0], &in[1]));
    if (!in[1]) return OF_OK;
    OF_TRY(of_new_vector(rw, n, of_in_value(n, 2)->name, t, v[1], l.channels, &in[2]));
    *applied = true;
    return of_rw_become(rw, n, s, in, 3, NULL);
}

static of_status of_batchnorm(of_rw *rw, of_node *n, bool guarded, bool *applied)
{
    static const int before[] = {OF_R_Conv, OF_R_ConvTranspose, OF_R_Gemm};
    of_arena_mark mark;
    of_status st = OF_OK;

    if (rw->exact || of_rw_op(rw, n) != OF_R_BatchNormalization || n->n_in != 5 || !of_infers(n)) return OF_OK;
    mark = of_arena_save(&rw->ev->tmp);
    for (size_t i = 0; st == OF_OK && !*applied && i < 3; i++) {
        of_node *s = of_rw_src(n, 0, before[i]);
        if (s && of_rw_sole_node(s) && of_in_value(s, 0)) st = of_fuse(rw, n, s, before[i], guarded, applied);
    }
    of_arena_restore(&rw->ev->tmp, mark);
    return st;
}

of_status of_rule_fuse_batchnorm(of_rw *rw, of_node *n, bool *applied)
{
    return of_batchnorm(rw, n, true, applied);
}

of_status of_rule_fuse_batchnorm_anywhere(of_rw *rw, of_node *n, bool *applied)
{
    return of_batchnorm(rw, n, false, applied);
}

/* ---- conv_add_bias ---- */

/* Whether c, added to a convolution's result of that rank, is one number a channel. */
static bool of_per_channel(const of_tensor *c, int32_t rank, int64_t m)
{
    if (c->rank > rank || c->count != m) return false;
    for (int32_t i = 0; i < c->rank; i++) {
        bool channel = rank - c->rank + i == 1;
        if (c->dims[i] != (channel ? m : 1)) return false;
    }
    return c->rank >= rank - 1;
}

of_status of_rule_conv_add_bias(of_rw *rw, of_node *n, bool *applied)
{
    of_arena_mark mark;
    of_status st = OF_OK;

    if (rw->exact || of_rw_op(rw, n) != OF_R_Add || n->n_in != 2 || of_node_opset(n) < 7) return OF_OK;
    mark = of_arena_save(&rw->ev->tmp);
    for (uint32_t i = 0; st == OF_OK && !*applied && i < 2; i++) {
        of_node *s = of_rw_src(n, i, OF_R_Conv);
        of_value *cv = of_in_value(n, 1 - i), *in[3] = {NULL, NULL, NULL}, *wv, *bv;
        const of_shape *w;
        of_tensor *c;
        double *sum, *b = NULL;
        bool rounds = false;

        if (!s) s = of_rw_src(n, i, OF_R_ConvTranspose);
        if (!s || !of_rw_sole_node(s) || !cv || !cv->cval) continue;
        wv = of_in_value(s, 1);
        bv = of_in_value(s, 2);
        w = of_rw_shape(wv);
        if (!w || w->rank < 3 || !of_dim_is_num(w->d[0]) || !of_dim_is_num(w->d[1]) || !of_rw_same_type(wv, cv) ||
            !of_real(of_rw_dtype(cv)) || (bv && !bv->cval))
            continue;
        int64_t m = of_rop(s) == OF_R_Conv ? w->d[0].k : w->d[1].k * of_rw_int(s, "group", 1);
        c = of_val_tensor(cv->cval);
        if (!c || !of_per_channel(c, w->rank, m)) continue;
        OF_TRY_TO(out, st, of_rw_tensor(rw, cv, &c));
        OF_TRY_TO(out, st, of_vector(rw, bv, of_rw_dtype(cv), m, &b));
        if (!c || (bv && !b)) continue;
        sum = (double *)of_arena_array(&rw->ev->tmp, (size_t)m, sizeof *sum);
        if (!sum) {
            st = of_rw_nomem(rw);
            goto out;
        }
        of_to_f64((of_dtype)c->dtype, c->data, sum, (size_t)m);
        for (int64_t k = 0; b && k < m; k++) {
            rounds = rounds || b[k] > 0 || b[k] < 0 || isnan(b[k]);
            sum[k] += b[k];
        }
        if (rounds) { /* once less than before */
            bool well;
            OF_TRY_TO(out, st, of_rw_calm(rw, n, &well));
            if (!well) continue;
        }
        in[0] = of_in_value(s, 0);
        in[1] = wv;
        OF_TRY_TO(out, st, of_new_vector(rw, n, cv->name, (of_dtype)c->dtype, sum, m, &in[2]));
        *applied = true;
        st = of_rw_become(rw, n, s, in, 3, NULL);
    }
out:
    of_arena_restore(&rw->ev->tmp, mark);
    return st;
}

/* ---- fuse_conv_affine: a factor a channel, or one for all; what is added is conv_add_bias's ---- */

static of_status of_affine(of_rw *rw, of_node *n, bool guarded, bool *applied)
{
    of_arena_mark mark;
    of_status st = OF_OK;

    if (rw->exact || of_rw_op(rw, n) != OF_R_Mul || n->n_in != 2 || of_node_opset(n) < 7) return OF_OK;
    mark = of_arena_save(&rw->ev->tmp);
    for (uint32_t i = 0; st == OF_OK && !*applied && i < 2; i++) {
        of_node *s = of_rw_src(n, i, OF_R_Conv);
        of_value *cv = of_in_value(n, 1 - i), *in[3] = {NULL, NULL, NULL}, *wv, *bv;
        of_tensor *c, *w;
        double *scale, *b;
        of_layout l;

        if (!s) s = of_rw_src(n, i, OF_R_ConvTranspose);
        if (!s || !of_rw_sole_node(s) || !cv || !cv->cval) continue;
        wv = of_in_value(s, 1);
        bv = of_in_value(s, 2);
        if (!wv || !wv->cval || wv->n_uses != 1 || (bv && (!bv->cval || bv->n_uses != 1)) || !of_rw_same_type(wv, cv) ||
            !of_real(of_rw_dtype(cv)))
            continue;
        bool well = true;
        w = of_val_tensor(wv->cval);
        c = of_val_tensor(cv->cval);
        if (!w || !c || !of_lay_out(s, of_rop(s), w, &l) || c->rank > w->rank) continue;
        if (c->count != 1 && !of_per_channel(c, (int32_t)w->rank, l.channels)) continue;
        /* Weights are read only once it is settled that they may change. */
        if (guarded) OF_TRY_TO(out, st, of_rw_calm(rw, n, &well));
        if (!well) continue;
        OF_TRY_TO(out, st, of_rw_tensor(rw, wv, &w));
        OF_TRY_TO(out, st, of_rw_tensor(rw, cv, &c));
        if (!w || !c) continue;
        OF_TRY_TO(out, st, of_vector(rw, bv, (of_dtype)c->dtype, l.channels, &b));
        if (bv && !b) continue;
        scale = (double *)of_arena_array(&rw->ev->tmp, (size_t)l.channels, sizeof *scale);
        if (!scale) {
            st = of_rw_nomem(rw);
            goto out;
        }
        for (int64_t k = 0; well && k < l.channels; k++) {
            scale[k] = of_rw_get(c, c->count == 1 ? 0 : k);
            well = isfinite(scale[k]);
            if (!b) continue;
            b[k] *= scale[k];
            well = well && of_round_well((of_dtype)c->dtype, &b[k], 1);
        }
        if (well) OF_TRY_TO(out, st, of_scaled(rw, n, wv, w, &l, scale, &in[1]));
        if (!in[1]) continue;
        if (b) OF_TRY_TO(out, st, of_new_vector(rw, n, bv->name, (of_dtype)c->dtype, b, l.channels, &in[2]));
        in[0] = of_in_value(s, 0);
        *applied = true;
        st = of_rw_become(rw, n, s, in, b ? 3 : 2, NULL);
    }
out:
    of_arena_restore(&rw->ev->tmp, mark);
    return st;
}

of_status of_rule_fuse_conv_affine(of_rw *rw, of_node *n, bool *applied)
{
    return of_affine(rw, n, true, applied);
}

of_status of_rule_fuse_conv_affine_anywhere(of_rw *rw, of_node *n, bool *applied)
{
    return of_affine(rw, n, false, applied);
}

/* ---- remove_optional_bias ---- */

of_status of_rule_remove_optional_bias(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);
    uint32_t at = op == OF_R_QLinearConv ? 8 : 2;
    bool zero, minus = false;

    if (op != OF_R_Conv && op != OF_R_ConvTranspose && op != OF_R_QLinearConv && op != OF_R_Gemm) return OF_OK;
    if (n->n_in != at + 1 || !of_in_value(n, at) || !n->in[at].value->cval) return OF_OK;
    if (op == OF_R_Gemm && (of_node_opset(n) < 11 || rw->exact)) return OF_OK;
    /* A result of -0.0 stays one without + 0.0. */
    if (rw->exact && op != OF_R_QLinearConv) return OF_OK;
    OF_TRY(of_rw_all_are(rw, n->in[at].value, 0.0, &zero));
    if (!zero) OF_TRY(of_rw_all_are(rw, n->in[at].value, -0.0, &minus));
    if (!zero && !minus) return OF_OK;
    /* In Gemm C may stand for the type alone; in all of them it has no other effect on the shape. */
    *applied = true;
    OF_TRY(of_rw_resize_in(rw, n, at));
    return rw->made(rw->frame, n);
}
