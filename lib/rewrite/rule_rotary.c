/* Rotated halves: `rotary_embedding`.
 *
 * x * c + Concat(-x2, x1) * s, x1 and x2 the halves of x = [batch, heads, length, size] along its
 * last axis, is RotaryEmbedding(x, c', s') where c and s, [batch, 1, length, size], have the halves
 * c' and s' twice: as constants, or as Cos and Sin of a value that is put behind itself. Element by
 * element the operations are the same. */
#include <string.h>

#include "rewrite/rw.h"

#define OF_LINKS 3 /* factors and casts between the angle's function and its use */

/* Where the halves of a factor come from. */
typedef struct of_angle {
    of_tensor *t;        /* a constant; else */
    const of_node *fn;   /* Cos or Sin of Concat(half, half), */
    of_value *half;
    const of_node *link[OF_LINKS]; /* and what comes behind, last first */
    uint32_t operand[OF_LINKS];    /* which input of it goes on */
    size_t n;
} of_angle;

static bool of_axis_is(const of_node *n, int64_t def, int64_t axis, int64_t rank)
{
    int64_t a = of_rw_int(n, "axis", def);
    return a == axis || a == axis - rank;
}

/* v is x from `from` on, `size` of its `all` elements along axis 3, at its begin or its end, and used
 * once. */
static of_status of_is_part(of_rw *rw, const of_value *v, const of_value *x, int64_t from, int64_t size, int64_t all,
                            bool *yes)
{
    const of_node *p = v ? v->producer : NULL;
    const of_shape *s = of_rw_shape(v);
    int64_t list[4][OF_RW_RANK], k[4];
    bool given[4];

    *yes = false;
    if (!p || !p->linked || of_node_bound(p) || of_node_func(p) || of_in_value(p, 0) != x || !of_rw_sole(v)) return OF_OK;
    if (!s || s->rank != 4 || !of_dim_is(s->d[3], size)) return OF_OK;
    if (of_rop(p) == OF_R_Split) {
        *yes = p->n_out == 2 && v->out_index == (from ? 1 : 0) && of_axis_is(p, 0, 3, 4);
        return OF_OK;
    }
    if (of_rop(p) != OF_R_Slice || of_node_opset(p) < 10) return OF_OK;
    OF_TRY(of_rw_list(rw, p, "starts", 1, 10, list[0], &k[0], &given[0]));
    OF_TRY(of_rw_list(rw, p, "ends", 2, 10, list[1], &k[1], &given[1]));
    OF_TRY(of_rw_list(rw, p, "axes", 3, 10, list[2], &k[2], &given[2]));
    OF_TRY(of_rw_list(rw, p, "steps", 4, 10, list[3], &k[3], &given[3]));
    if (k[0] != 1 || k[1] != 1 || !given[2] || k[2] != 1 || (given[3] && (k[3] != 1 || list[3][0] != 1))) return OF_OK;
    if (list[2][0] != 3 && list[2][0] != -1) return OF_OK;
    /* its size is known: where it starts decides */
    *yes = list[0][0] == from || (from ? list[0][0] == from - all : list[0][0] <= -all);
    return OF_OK;
}

/* Whether both halves of every row are the same bytes. */
static bool of_twice(const of_tensor *t)
{
    size_t half = (size_t)t->dims[3] / 2 * of_dtypes[t->dtype].mem;
    const char *p = (const char *)t->data;

    for (int64_t i = 0; i < t->dims[2] * t->dims[0]; i++, p += 2 * half)
        if (memcmp(p, p + half, half) != 0) return false;
    return true;
}

/* Which input of a Cast, or of a product with one number, is the other one; 2: none. */
static of_status of_goes_on(of_rw *rw, const of_node *s, uint32_t *at)
{
    bool scalar = of_rop(s) == OF_R_Cast;
    double unused;

    for (*at = 0; !scalar && *at < 2 && s->n_in == 2; ++*at) {
        const of_shape *other = of_rw_shape(of_in_value(s, 1 - *at));
        if (!other || other->rank > 3) continue;
        OF_TRY(of_rw_scalar(rw, s->in[1 - *at].value, &scalar, &unused));
        if (scalar) return OF_OK;
    }
    if (!scalar) *at = 2;
    return OF_OK;
}

/* Input i of n as a factor for x of that shape. */
static of_status of_trace(of_rw *rw, const of_node *n, uint32_t i, const of_shape *x, of_angle *a, bool *yes)
{
    const of_value *v = of_in_value(n, i);
    const of_tensor *c = v ? of_val_tensor(v->cval) : NULL;
    const of_node *s, *cat;
    const of_shape *h;
    int64_t axes[OF_RW_RANK], k;
    bool given;

    memset(a, 0, sizeof *a);
    *yes = false;
    if (c) {
        if (c->rank != 4 || c->dims[1] != 1 || !of_dim_is(x->d[0], c->dims[0]) || !of_dim_is(x->d[2], c->dims[2]) ||
            !of_dim_is(x->d[3], c->dims[3]))
            return OF_OK;
        OF_TRY(of_rw_tensor(rw, v, &a->t));
        *yes = a->t && of_twice(a->t);
        return OF_OK;
    }
    s = of_rw_src(n, i, OF_R_Unsqueeze);
    if (!s) return OF_OK;
    OF_TRY(of_rw_list(rw, s, "axes", 1, 13, axes, &k, &given));
    if (k != 1 || (axes[0] != 1 && axes[0] != -3)) return OF_OK;
    for (uint32_t at = 0;;) {
        const of_node *from = s;

        s = of_rw_src(from, at, OF_R_Cos);
        if (!s) s = of_rw_src(from, at, OF_R_Sin);
        if (s) break;
        s = of_rw_src(from, at, OF_R_Cast);
        if (!s) s = of_rw_src(from, at, OF_R_Mul);
        if (!s || a->n == OF_LINKS) return OF_OK;
        OF_TRY(of_goes_on(rw, s, &at));
        if (at == 2) return OF_OK;
        a->operand[a->n] = at;
        a->link[a->n++] = s;
    }
    a->fn = s;
    cat = of_rw_src(s, 0, OF_R_Concat);
    if (!cat || cat->n_in != 2 || of_in_value(cat, 0) != of_in_value(cat, 1) || !of_axis_is(cat, 0, 2, 3)) return OF_OK;
    a->half = of_in_value(cat, 0);
    h = of_rw_shape(a->half);
    *yes = h && h->rank == 3 && of_dim_same(h->d[0], x->d[0]) && of_dim_same(h->d[1], x->d[2]) &&
           of_dim_is(h->d[2], x->d[3].k / 2);
    return OF_OK;
}

/* A node like `like`, of x in the place of its input `at`, in front of n. */
static of_status of_again(of_rw *rw, of_node *n, const of_node *like, uint32_t at, of_value *x, of_value **out)
{
    of_attr *to = of_rop(like) == OF_R_Cast ? of_rw_attr_int(rw, "to", of_rw_int(like, "to", 0)) : NULL;
    of_value *in[2] = {of_in_value(like, 0), of_in_value(like, 1)};
    of_node *c;

    in[at] = x;
    OF_TRY(of_rw_insert(rw, &(of_rw_fresh){.g = n->graph, .before = n, .like = like, .op = like->op_type->s, .in = in,
                                            .n_in = like->n_in, .names = &like->out[0]->name, .n_out = 1, .attr = &to,
                                            .n_attr = of_rop(like) == OF_R_Cast}, &c));
    *out = c->out[0];
    return OF_OK;
}

/* The half of a factor, [batch, length, size / 2]. */
static of_status of_halve(of_rw *rw, of_node *n, const of_angle *a, of_value **out)
{
    of_value *v = a->half;

    if (a->t) {
        const int64_t dims[3] = {a->t->dims[0], a->t->dims[2], a->t->dims[3] / 2};
        size_t half = (size_t)dims[2] * of_dtypes[a->t->dtype].mem;
        of_tensor *t;
        of_status st;

        OF_TRY(of_tensor_new_data(rw->m->alloc, NULL, (of_dtype)a->t->dtype, dims, 3, false, &t, rw->err));
        for (int64_t i = 0; i < dims[0] * dims[1]; i++)
            memcpy((char *)t->data + (size_t)i * half, (const char *)a->t->data + 2 * (size_t)i * half, half);
        st = rw->constant(rw->frame, n, n->out[0]->name, t, out);
        of_tensor_unref(t);
        return st;
    }
    OF_TRY(of_again(rw, n, a->fn, 0, v, &v));
    for (size_t i = a->n; i-- > 0;) OF_TRY(of_again(rw, n, a->link[i], a->operand[i], v, &v));
    *out = v;
    return OF_OK;
}

/* The value of which `turned` has the second half, negated, before the first one. */
static of_status of_turned(of_rw *rw, const of_node *turned, of_value **x)
{
    const of_node *neg = turned->n_in == 2 ? of_rw_src(turned, 0, OF_R_Neg) : NULL;
    const of_value *second = neg ? of_in_value(neg, 0) : NULL;
    of_value *whole = second && second->producer ? of_in_value(second->producer, 0) : NULL;
    const of_shape *s = of_rw_shape(whole);
    int64_t half;
    bool yes;

    *x = NULL;
    if (!s || s->rank != 4 || !of_rw_sole_node(turned) || !of_rw_sole_node(neg) || !of_axis_is(turned, 0, 3, 4)) return OF_OK;
    if (!of_dim_is_num(s->d[3]) || s->d[3].k < 2 || s->d[3].k % 2) return OF_OK;
    half = s->d[3].k / 2;
    OF_TRY(of_is_part(rw, second, whole, half, half, 2 * half, &yes));
    if (yes) OF_TRY(of_is_part(rw, of_in_value(turned, 1), whole, 0, half, 2 * half, &yes));
    if (yes) *x = whole;
    return OF_OK;
}

/* Concat(RotaryEmbedding(a), b) of x = [a b]: the operator turns the first elements alone. */
static of_status of_first_alone(of_rw *rw, of_node *n, bool *applied)
{
    of_node *r = of_rw_src(n, 0, OF_R_RotaryEmbedding);
    const of_value *a = r ? of_in_value(r, 0) : NULL, *b = of_in_value(n, 1);
    of_value *in[4] = {a && a->producer ? of_in_value(a->producer, 0) : NULL, NULL, NULL, NULL};
    const of_shape *s = of_rw_shape(in[0]), *part = of_rw_shape(a);
    of_attr *dim;
    bool yes;

    if (!s || !part || s->rank != 4 || part->rank != 4 || !of_rw_sole_node(r) || r->n_in > 4) return OF_OK;
    if (!of_axis_is(n, 0, 3, 4) || of_rw_int(r, "rotary_embedding_dim", 0) != 0) return OF_OK;
    if (!of_dim_is_num(s->d[3]) || !of_dim_is_num(part->d[3]) || part->d[3].k < 1 || part->d[3].k >= s->d[3].k) return OF_OK;
    OF_TRY(of_is_part(rw, a, in[0], 0, part->d[3].k, s->d[3].k, &yes));
    if (yes) OF_TRY(of_is_part(rw, b, in[0], part->d[3].k, s->d[3].k - part->d[3].k, s->d[3].k, &yes));
    if (!yes) return OF_OK;
    dim = of_rw_attr_int(rw, "rotary_embedding_dim", part->d[3].k);
    if (!dim) return of_rw_nomem(rw);
    for (uint32_t i = 1; i < r->n_in; i++) in[i] = r->in[i].value;
    *applied = true;
    return of_rw_become(rw, n, r, in, r->n_in, dim);
}

of_status of_rule_rotary_embedding(of_rw *rw, of_node *n, bool *applied)
{
    of_dtype t = of_rw_dtype(of_out_value(n, 0));

    if (rw->exact || n->n_in != 2 || of_node_opset(n) < 23) return OF_OK;
    if (of_rw_op(rw, n) == OF_R_Concat) return of_first_alone(rw, n, applied);
    if (of_rw_op(rw, n) != OF_R_Add) return OF_OK;
    if (t != OF_FLOAT && t != OF_FLOAT16 && t != OF_BFLOAT16) return OF_OK;
    for (uint32_t k = 0; k < 4; k++) {
        uint32_t i = k / 2, j = k % 2;
        const of_node *b = of_rw_src(n, i, OF_R_Mul), *a = of_rw_src(n, 1 - i, OF_R_Mul);
        const of_node *turned = b && b->n_in == 2 ? of_rw_src(b, j, OF_R_Concat) : NULL;
        of_value *x, *in[3];
        of_angle c, s;
        uint32_t at;
        bool yes;

        if (!turned || !a || a->n_in != 2 || !of_rw_sole_node(a) || !of_rw_sole_node(b)) continue;
        OF_TRY(of_turned(rw, turned, &x));
        if (!x || (of_in_value(a, 0) != x && of_in_value(a, 1) != x)) continue;
        at = of_in_value(a, 0) == x ? 1 : 0;
        if (!of_rw_same_type(of_in_value(a, at), x) || !of_rw_same_type(of_in_value(b, 1 - j), x)) continue;
        OF_TRY(of_trace(rw, a, at, of_rw_shape(x), &c, &yes));
        if (yes) OF_TRY(of_trace(rw, b, 1 - j, of_rw_shape(x), &s, &yes));
        if (!yes) continue;
        in[0] = x;
        OF_TRY(of_halve(rw, n, &c, &in[1]));
        OF_TRY(of_halve(rw, n, &s, &in[2]));
        *applied = true;
        return of_rw_remake(rw, n, "RotaryEmbedding", in, 3, NULL, 0);
    }
    return OF_OK;
}
