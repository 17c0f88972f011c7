/* Products of matrices: `matmul_add_to_gemm`, `transpose_into_gemm`, `gemm_to_matmul_add`,
 * `broadcast_to_matmul`. */
#include "rewrite/rw.h"

static bool of_real(of_dtype t)
{
    return t == OF_FLOAT || t == OF_DOUBLE || t == OF_FLOAT16;
}

/* ---- matmul_add_to_gemm ---- */

of_status of_rule_matmul_add_to_gemm(of_rw *rw, of_node *n, bool *applied)
{
    if (rw->exact || of_rw_op(rw, n) != OF_R_Add || n->n_in != 2 || of_node_opset(n) < 7)
        return OF_OK;
    for (uint32_t i = 0; i < 2; i++) {
        of_node *s = of_rw_src(n, i, OF_R_MatMul);
        of_value *in[3];
        const of_shape *a, *b;

        if (!s || !of_rw_sole_node(s)) continue;
        in[0] = of_in_value(s, 0);
        in[1] = of_in_value(s, 1);
        in[2] = of_in_value(n, 1 - i);
        a = of_rw_shape(in[0]);
        b = of_rw_shape(in[1]);
        if (!a || !b || a->rank != 2 || b->rank != 2 || !in[2] || !of_real(of_rw_dtype(in[0])) ||
            !of_rw_same_type(in[0], in[2]) || !of_rw_fits_into(in[2], s->out[0]))
            continue;
        *applied = true;
        return of_rw_remake(rw, n, "Gemm", in, 3, NULL, 0);
    }
    return OF_OK;
}

/* ---- transpose_into_gemm ---- */

static bool of_swaps(const of_node *s)
{
    const of_attr *a = of_node_attr(s, "perm");
    const of_shape *x = of_rw_shape(of_in_value(s, 0));

    if (!a) return x && x->rank == 2;
    return a->type == OF_A_INTS && a->n == 2 && a->u.ints[0] == 1 && a->u.ints[1] == 0;
}

/* The rows and columns are taken the other way round; the sums stay, but a runtime may order
 * them otherwise. */
of_status of_rule_transpose_into_gemm(of_rw *rw, of_node *n, bool *applied)
{
    static const char *const names[] = {"transA", "transB"};

    if (rw->exact || of_rw_op(rw, n) != OF_R_Gemm || of_node_opset(n) < 7) return OF_OK;
    for (uint32_t i = 0; i < 2; i++) {
        of_node *s = of_rw_src(n, i, OF_R_Transpose);

        if (!s || !of_rw_sole_node(s) || !of_in_value(s, 0) || !of_swaps(s)) continue;
        OF_TRY(of_rw_set_int(rw, n, names[i], of_rw_int(n, names[i], 0) ? 0 : 1));
        *applied = true;
        OF_TRY(of_rw_rebind(rw, n, i, s->in[0].value));
        return rw->made(rw->frame, n);
    }
    return OF_OK;
}

/* ---- what reshapes around a product do ---- */

/* a and b agree in their last `count` axes. */
static bool of_same_tail(const of_shape *a, const of_shape *b, int32_t count)
{
    for (int32_t i = 1; i <= count; i++)
        if (i > a->rank || i > b->rank || !of_dim_same(a->d[a->rank - i], b->d[b->rank - i]))
            return false;
    return true;
}

/* a and b agree in their first `count` axes. */
static bool of_same_head(const of_shape *a, const of_shape *b, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (i >= a->rank || i >= b->rank || !of_dim_same(a->d[i], b->d[i])) return false;
    return true;
}

/* What Reshape makes v of; else v. */
static of_value *of_unshaped(const of_node *s, uint32_t i)
{
    of_node *r = of_rw_src(s, i, OF_R_Reshape);
    return r && of_in_value(r, 0) ? r->in[0].value : of_in_value(s, i);
}

/* y = x * w, row by row: all axes of x but the last are rows. */
static bool of_is_rows(const of_value *x, const of_value *flat, const of_value *w,
                       const of_value *y)
{
    const of_shape *a = of_rw_shape(x), *f = of_rw_shape(flat), *b = of_rw_shape(w),
                   *c = of_rw_shape(y);

    return a && f && b && c && a->rank >= 2 && f->rank >= 2 && b->rank == 2 && c->rank == a->rank &&
           of_same_tail(a, f, 1) && of_same_head(a, c, a->rank - 1) &&
           of_dim_same(c->d[c->rank - 1], b->d[1]);
}

/* A Gemm that multiplies and adds, no more. */
static bool of_is_plain(const of_node *s)
{
    return of_node_opset(s) >= 7 && !of_rw_int(s, "transA", 0) && !of_rw_int(s, "transB", 0) &&
           of_rw_is_one(s, "alpha") && of_rw_is_one(s, "beta");
}

/* ---- gemm_to_matmul_add: of a Gemm between reshapes that flatten the rows ---- */

of_status of_rule_gemm_to_matmul_add(of_rw *rw, of_node *n, bool *applied)
{
    of_node *s = of_rw_op(rw, n) == OF_R_Reshape ? of_rw_src(n, 0, OF_R_Gemm) : NULL, *mm;
    of_value *x, *w, *c;
    const of_shape *cs, *ws;

    if (rw->exact || !s || !of_rw_sole_node(s) || s->n_in != 3) return OF_OK;
    if (!of_is_plain(s)) return OF_OK;
    x = of_unshaped(s, 0);
    w = of_in_value(s, 1);
    c = of_in_value(s, 2);
    cs = of_rw_shape(c);
    ws = of_rw_shape(w);
    if (!x || x == s->in[0].value || !of_rw_sole(s->in[0].value) || !c || !cs || !ws ||
        cs->rank != 1 || !of_is_rows(x, s->in[0].value, w, n->out[0]) ||
        !of_dim_same(cs->d[0], ws->d[1]))
        return OF_OK;
    OF_TRY(of_rw_insert(rw, &(of_rw_fresh){.g = n->graph, .before = n, .like = s, .op = "MatMul",
                                            .in = (of_value *[]){x, w}, .n_in = 2, .names = &s->out[0]->name, .n_out = 1}, &mm));
    *applied = true;
    return of_rw_remake(rw, n, "Add", (of_value *[]){mm->out[0], c}, 2, NULL, 0);
}

/* ---- broadcast_to_matmul ---- */

/* A product of stacks whose stacking axes only are reshaped, and back. */
static bool of_is_stack(const of_node *s, const of_value *a, const of_value *b, const of_value *y)
{
    const of_shape *x = of_rw_shape(a), *fx = of_rw_shape(of_in_value(s, 0)), *w = of_rw_shape(b);
    const of_shape *fw = of_rw_shape(of_in_value(s, 1)), *c = of_rw_shape(y);

    return x && fx && w && fw && c && x->rank >= 2 && fx->rank >= 2 && x->rank == w->rank &&
           fx->rank == fw->rank && c->rank == x->rank && of_same_tail(x, fx, 2) &&
           of_same_tail(w, fw, 2) && of_same_head(x, w, x->rank - 2) &&
           of_same_head(fx, fw, fx->rank - 2) && of_same_head(x, c, c->rank - 1) &&
           of_dim_same(c->d[c->rank - 1], w->d[w->rank - 1]);
}

of_status of_rule_broadcast_to_matmul(of_rw *rw, of_node *n, bool *applied)
{
    of_node *s = of_rw_op(rw, n) == OF_R_Reshape ? of_rw_src(n, 0, OF_R_MatMul) : NULL;
    of_value *in[2];
    bool rows, gemm = false;

    if (!s && of_rw_op(rw, n) == OF_R_Reshape) {
        s = of_rw_src(n, 0, OF_R_Gemm);
        gemm = s != NULL;
        if (s && (!of_is_plain(s) || of_in_value(s, 2))) return OF_OK;
    }
    if (!s || !of_rw_sole_node(s)) return OF_OK;
    in[0] = of_unshaped(s, 0);
    in[1] = of_unshaped(s, 1);
    if (!in[0] || !in[1]) return OF_OK;
    rows = in[1] == of_in_value(s, 1) && !rw->exact && of_is_rows(in[0], of_in_value(s, 0), in[1], n->out[0]);
    if (!rows && (gemm || !of_is_stack(s, in[0], in[1], n->out[0]))) return OF_OK;
    *applied = true;
    return of_rw_remake(rw, n, "MatMul", in, 2, NULL, 0);
}
