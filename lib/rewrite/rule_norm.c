/* Nodes that together are one newer operator, and Expand where broadcasting does the same:
 * `layer_norm`, `rms_normalization`, `fuse_hardswish`, `remove_expand_before_binary_op`. */
#include "rewrite/rw.h"

static bool of_real(of_dtype t)
{
    return t == OF_FLOAT || t == OF_DOUBLE || t == OF_FLOAT16;
}

/* ---- the normalizations ---- */

/* n is the mean over the last axes, *first and on, kept as axes of size 1. */
static of_status of_is_mean(of_rw *rw, const of_node *n, int64_t *first, bool *yes)
{
    const of_shape *s = of_rw_shape(of_in_value(n, 0));
    int64_t axes[OF_RW_RANK], k, least = INT64_MAX;
    uint64_t set = 0;
    bool given;

    *yes = false;
    if (!s || of_rw_int(n, "keepdims", 1) != 1) return OF_OK;
    OF_TRY(of_rw_list(rw, n, "axes", 1, 18, axes, &k, &given));
    if (!given || k < 1) return OF_OK;
    for (int64_t i = 0; i < k; i++) {
        int64_t a = axes[i] < 0 ? axes[i] + s->rank : axes[i];
        if (a < 0 || a >= s->rank || a >= 64 || (set >> a & 1)) return OF_OK;
        set |= UINT64_C(1) << a;
        if (a < least) least = a;
    }
    *first = least;
    *yes = least + k == s->rank;
    return OF_OK;
}

/* x * x, or x to the power of 2. */
static of_status of_is_square(of_rw *rw, const of_node *n, const of_value *x, bool *yes)
{
    const of_value *a = of_in_value(n, 0), *b = of_in_value(n, 1);

    *yes = false;
    if (a != x || n->n_in != 2) return OF_OK;
    if (of_rop(n) == OF_R_Mul) {
        *yes = b == x;
        return OF_OK;
    }
    return of_rw_all_are(rw, b, 2.0, yes);
}

/* root = Sqrt(mean(x^2) + eps) over the axes from *first on, each step used once. */
static of_status of_is_root(of_rw *rw, const of_node *root, const of_value *x, int64_t *first,
                            double *eps, bool *yes)
{
    const of_node *add = of_rw_src(root, 0, OF_R_Add), *mean = NULL, *square;
    uint32_t at = 0;

    *yes = false;
    if (!add || add->n_in != 2 || !of_rw_sole_node(add)) return OF_OK;
    for (uint32_t i = 0; !mean && i < 2; i++) mean = of_rw_src(add, at = i, OF_R_ReduceMean);
    if (!mean || !of_rw_sole_node(mean)) return OF_OK;
    OF_TRY(of_rw_scalar(rw, of_in_value(add, 1 - at), yes, eps));
    if (!*yes || !of_rw_fits_into(add->in[1 - at].value, mean->out[0]) || !(*eps >= 0.0)) {
        *yes = false;
        return OF_OK;
    }
    OF_TRY(of_is_mean(rw, mean, first, yes));
    square = of_rw_src(mean, 0, OF_R_Pow);
    if (!square) square = of_rw_src(mean, 0, OF_R_Mul);
    if (!*yes || !square || !of_rw_sole_node(square)) {
        *yes = false;
        return OF_OK;
    }
    return of_is_square(rw, square, x, yes);
}

/* s = x / root. */
static of_status of_is_scaled(of_rw *rw, const of_node *s, of_value **x, int64_t *first,
                              double *eps, bool *yes)
{
    const of_node *root;

    *yes = false;
    *x = of_in_value(s, 0);
    root = of_rw_src(s, 1, OF_R_Sqrt);
    if (s->n_in != 2 || !*x || !root || !of_rw_sole_node(root)) return OF_OK;
    return of_is_root(rw, root, *x, first, eps, yes);
}

/* c is one number for every place along the axes from `first` on of x. */
static bool of_is_weight(const of_value *c, const of_value *x, int64_t first)
{
    const of_shape *a = of_rw_shape(c), *b = of_rw_shape(x);

    if (!a || !b || a->rank != b->rank - first || !of_rw_same_type(c, x)) return false;
    for (int32_t i = 0; i < a->rank; i++)
        if (!of_dim_same(a->d[i], b->d[first + i])) return false;
    return true;
}

/* n = scale * s: the operator in place of both. */
static of_status of_normalize(of_rw *rw, of_node *n, const char *op, of_value *x, of_value *scale,
                              int64_t first, double eps)
{
    of_value *in[2] = {x, scale};
    of_attr *attr[2];

    attr[0] = of_rw_attr_int(rw, "axis", first - of_rw_shape(x)->rank);
    attr[1] = of_rw_attr_float(rw, "epsilon", (float)eps);
    return of_rw_remake(rw, n, op, in, 2, attr, 2);
}

of_status of_rule_layer_norm(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);
    int64_t first, its;
    double eps;
    bool yes;

    if (rw->exact || (op != OF_R_Mul && op != OF_R_Add) || n->n_in != 2 || of_node_opset(n) < 17)
        return OF_OK;
    for (uint32_t i = 0; i < 2; i++) {
        of_node *s = of_rw_src(n, i, op == OF_R_Add ? OF_R_LayerNormalization : OF_R_Div), *sub,
                *mean;
        of_value *other = of_in_value(n, 1 - i), *x, *y;

        if (!s || !of_rw_sole_node(s) || !other) continue;
        if (op == OF_R_Add) { /* the bias */
            const of_shape *shape = of_rw_shape(of_in_value(s, 0));
            first = of_rw_int(s, "axis", -1);
            if (s->n_in != 2 || !shape) continue;
            if (first < 0) first += shape->rank;
            if (first < 0 || first >= shape->rank || !of_is_weight(other, s->in[0].value, first))
                continue;
            of_value *in[3] = {s->in[0].value, of_in_value(s, 1), other};
            *applied = true;
            return of_rw_become(rw, n, s, in, 3, NULL);
        }
        OF_TRY(of_is_scaled(rw, s, &y, &first, &eps, &yes));
        if (!yes) continue;
        sub = of_rw_src(s, 0, OF_R_Sub);
        mean = sub ? of_rw_src(sub, 1, OF_R_ReduceMean) : NULL;
        x = sub ? of_in_value(sub, 0) : NULL;
        /* used by the division and the square alone */
        if (!mean || !x || of_in_value(mean, 0) != x || !of_rw_sole_node(mean) || y->n_uses > 3 ||
            of_value_is_output(y) || !of_real(of_rw_dtype(x)) || !of_is_weight(other, x, first))
            continue;
        for (const of_use *u = y->uses; yes && u; u = u->next) yes = u->node->graph == n->graph;
        if (!yes) continue;
        OF_TRY(of_is_mean(rw, mean, &its, &yes));
        if (!yes || its != first) continue;
        *applied = true;
        return of_normalize(rw, n, "LayerNormalization", x, other, first, eps);
    }
    return OF_OK;
}

of_status of_rule_rms_normalization(of_rw *rw, of_node *n, bool *applied)
{
    int64_t first;
    double eps;
    bool yes;

    if (rw->exact || of_rw_op(rw, n) != OF_R_Mul || n->n_in != 2 || of_node_opset(n) < 23)
        return OF_OK;
    for (uint32_t i = 0; i < 2; i++) {
        of_node *s = of_rw_src(n, i, OF_R_Div), *inv = NULL, *root;
        of_value *other = of_in_value(n, 1 - i), *x = NULL;

        yes = false;
        if (s) OF_TRY(of_is_scaled(rw, s, &x, &first, &eps, &yes));
        if (!s && (s = of_rw_src(n, i, OF_R_Mul)) != NULL && s->n_in == 2) {
            for (uint32_t k = 0; !inv && k < 2; k++) {
                inv = of_rw_src(s, k, OF_R_Reciprocal);
                x = of_in_value(s, 1 - k);
            }
            root = inv && of_rw_sole_node(inv) ? of_rw_src(inv, 0, OF_R_Sqrt) : NULL;
            if (root && of_rw_sole_node(root)) OF_TRY(of_is_root(rw, root, x, &first, &eps, &yes));
        }
        if (!yes || !of_rw_sole_node(s) || !other || !of_real(of_rw_dtype(x)) ||
            !of_is_weight(other, x, first))
            continue;
        *applied = true;
        return of_normalize(rw, n, "RMSNormalization", x, other, first, eps);
    }
    return OF_OK;
}

/* ---- fuse_hardswish ---- */

/* s = Clip(x + 3, 0, 6). */
static of_status of_is_relu6(of_rw *rw, const of_node *s, of_value **x, bool *yes)
{
    const of_node *add = of_rw_src(s, 0, OF_R_Add);
    bool low, high;

    *yes = false;
    if (!add || add->n_in != 2 || !of_rw_sole_node(add) || of_node_opset(s) < 11) return OF_OK;
    OF_TRY(of_rw_all_are(rw, of_in_value(s, 1), 0.0, &low));
    OF_TRY(of_rw_all_are(rw, of_in_value(s, 2), 6.0, &high));
    for (uint32_t i = 0; low && high && !*yes && i < 2; i++) {
        *x = of_in_value(add, i);
        if (!*x || !of_rw_fits_into(of_in_value(add, 1 - i), *x)) continue;
        OF_TRY(of_rw_all_are(rw, of_in_value(add, 1 - i), 3.0, yes));
    }
    return OF_OK;
}

/* x * Clip(x + 3, 0, 6) / 6 is HardSwish, without the factor x HardSigmoid with alpha 1/6. */
of_status of_rule_fuse_hardswish(of_rw *rw, of_node *n, bool *applied)
{
    of_node *s, *clip = NULL;
    of_value *x, *in[1];
    of_attr *attr[2];
    bool yes;

    if (rw->exact || of_rw_op(rw, n) != OF_R_Div || n->n_in != 2 ||
        !of_real(of_rw_dtype(of_in_value(n, 0))))
        return OF_OK;
    OF_TRY(of_rw_all_are(rw, of_in_value(n, 1), 6.0, &yes));
    if (!yes || !of_rw_fits_into(n->in[1].value, n->in[0].value)) return OF_OK;
    s = of_rw_src(n, 0, OF_R_Mul);
    if (!s) {
        clip = of_rw_src(n, 0, OF_R_Clip);
        if (!clip || !of_rw_sole_node(clip)) return OF_OK;
        OF_TRY(of_is_relu6(rw, clip, &x, &yes));
        if (!yes) return OF_OK;
        in[0] = x;
        attr[0] = of_rw_attr_float(rw, "alpha", 1.0f / 6.0f);
        attr[1] = of_rw_attr_float(rw, "beta", 0.5f);
        *applied = true;
        return of_rw_remake(rw, n, "HardSigmoid", in, 1, attr, 2);
    }
    if (!of_rw_sole_node(s) || s->n_in != 2 || of_node_opset(n) < 14) return OF_OK;
    for (uint32_t i = 0; i < 2; i++) {
        clip = of_rw_src(s, i, OF_R_Clip);
        if (!clip || !of_rw_sole_node(clip)) continue;
        OF_TRY(of_is_relu6(rw, clip, &x, &yes));
        if (!yes || x != of_in_value(s, 1 - i)) continue;
        in[0] = x;
        *applied = true;
        return of_rw_remake(rw, n, "HardSwish", in, 1, NULL, 0);
    }
    return OF_OK;
}

/* ---- remove_expand_before_binary_op ---- */

static bool of_broadcasts(const of_node *n, int op)
{
    switch (op) {
    case OF_R_Add:
    case OF_R_Sub:
    case OF_R_Mul:
    case OF_R_Div:
    case OF_R_Pow:
    case OF_R_And:
    case OF_R_Or:
    case OF_R_Xor:
    case OF_R_Equal:
    case OF_R_Greater:
    case OF_R_Less:
        return of_node_opset(n) >= 7;
    case OF_R_GreaterOrEqual:
    case OF_R_LessOrEqual:
    case OF_R_Mod:
    case OF_R_Where:
        return true;
    default:
        return false;
    }
}

/* Whether broadcasting the inputs of n, input `at` as x, gives the shape n has. */
static bool of_gives_shape(of_rw *rw, const of_node *n, uint32_t at, const of_value *x)
{
    const of_shape *y = of_rw_shape(n->out[0]);
    int32_t rank = 0;

    if (!y) return false;
    for (uint32_t i = 0; i < n->n_in; i++) {
        const of_shape *s = of_rw_shape(i == at ? x : of_in_value(n, i));
        if (!s) return false;
        if (s->rank > rank) rank = s->rank;
    }
    if (rank != y->rank) return false;
    for (int32_t k = 1; k <= rank; k++) {
        of_dim d = of_dim_num(1);
        for (uint32_t i = 0; i < n->n_in; i++) {
            const of_shape *s = of_rw_shape(i == at ? x : of_in_value(n, i));
            if (k <= s->rank && !of_dim_broadcast(rw->m->dims, d, s->d[s->rank - k], &d))
                return false;
        }
        if (!of_dim_same(d, y->d[rank - k])) return false;
    }
    return true;
}

of_status of_rule_remove_expand(of_rw *rw, of_node *n, bool *applied)
{
    int op = of_rw_op(rw, n);

    if (!of_broadcasts(n, op) || n->n_out != 1 || !n->out[0] || n->n_in > 3) return OF_OK;
    for (uint32_t i = 0; i < n->n_in; i++) {
        of_node *s = of_rw_src(n, i, OF_R_Expand);

        if (!s || !of_rw_sole_node(s) || !of_in_value(s, 0) ||
            !of_gives_shape(rw, n, i, s->in[0].value))
            continue;
        *applied = true;
        OF_TRY(of_rw_rebind(rw, n, i, s->in[0].value));
        return rw->made(rw->frame, n);
    }
    return OF_OK;
}
