/* One value times several weights: `matmuls_to_split`.
 *
 * MatMul(x, a), MatMul(x, b), MatMul(x, c) -> Split(MatMul(x, [a b c])). Each element is the same
 * sum as before; in float32 and with constant weights runtimes also add it in the same order
 * (docs/rules.md). Only small weights, where a node costs more than its sums: they are read and
 * written anew. A product with an addition behind it stays: where there is a bias, runtimes look
 * for the whole of an attention by its single products. */
#include <string.h>

#include "rewrite/rw.h"

#define OF_FEWEST 3     /* two would be a MatMul and a Split: as many as before */
#define OF_PRODUCTS 32
#define OF_WEIGHTS 262144 /* elements together */

typedef struct of_product {
    of_node *node;
    of_tensor *w;
} of_product;

static bool of_has_sum_behind(const of_value *v)
{
    for (const of_use *u = v->uses; u; u = u->next)
        if (u->node && of_node_is(u->node, "Add")) return true;
    return false;
}

/* A MatMul in n's graph whose weights are its own, with `rows` rows (0: any). NULL: it is not that. */
static const of_tensor *of_own_weights(const of_node *n, const of_node *s, int64_t rows)
{
    const of_value *out = of_out_value(s, 0), *wv = of_in_value(s, 1);
    const of_tensor *w;

    if (s->graph != n->graph || s->n_in != 2 || of_rop(s) != OF_R_MatMul || of_node_bound(s) || of_node_func(s)) return NULL;
    if (!out || !out->n_uses || out->cval || out->flags & OF_VALUE_PINNED || of_value_is_output(out)) return NULL;
    if (!wv || !wv->cval || wv->n_uses != 1 || of_has_sum_behind(out)) return NULL;
    w = of_val_tensor(wv->cval);
    if (!w || w->dtype != OF_FLOAT || w->rank != 2 || w->count < 1 || w->count > OF_WEIGHTS) return NULL;
    return !rows || w->dims[0] == rows ? w : NULL;
}

static of_status of_collect(of_rw *rw, const of_node *n, int64_t rows, of_product *p, size_t *k, int64_t *columns)
{
    const of_value *x = n->in[0].value;

    *k = 0;
    *columns = 0;
    for (const of_use *u = x->uses; u; u = u->next) {
        const of_tensor *w = u->node && u->index == 0 ? of_own_weights(n, u->node, rows) : NULL;
        if (!w) continue;
        *columns += w->dims[1];
        p[(*k)++].node = u->node;
    }
    if (*k < OF_FEWEST || *columns * rows > OF_WEIGHTS) *k = 0;
    /* in the order of their numbers, whichever came into use first */
    for (size_t i = 1; i < *k; i++)
        for (size_t j = i; j && p[j - 1].node->id > p[j].node->id; j--) {
            of_product q = p[j];
            p[j] = p[j - 1];
            p[j - 1] = q;
        }
    for (size_t i = 0; i < *k; i++) {
        OF_TRY(of_rw_tensor(rw, p[i].node->in[1].value, &p[i].w));
        if (!p[i].w) *k = 0;
    }
    return OF_OK;
}

/* The weights side by side, for a node in front of `at`. */
static of_status of_side_by_side(of_rw *rw, of_node *at, const of_product *p, size_t k, int64_t rows, int64_t columns,
                                 of_value **out)
{
    const int64_t dims[2] = {rows, columns};
    of_tensor *t;
    char *to;
    of_status st;

    OF_TRY(of_tensor_new_data(rw->m->alloc, NULL, OF_FLOAT, dims, 2, false, &t, rw->err));
    to = (char *)t->data;
    for (int64_t r = 0; r < rows; r++)
        for (size_t i = 0; i < k; i++) {
            size_t n = (size_t)p[i].w->dims[1] * sizeof(float);
            memcpy(to, (const char *)p[i].w->data + (size_t)r * n, n);
            to += n;
        }
    st = rw->constant(rw->frame, at, p[0].node->in[1].value->name, t, out);
    of_tensor_unref(t);
    return st;
}

of_status of_rule_matmuls_to_split(of_rw *rw, of_node *n, bool *applied)
{
    of_product p[OF_PRODUCTS];
    of_value *x = of_in_value(n, 0), *parts = NULL, *weights;
    const of_shape *s = of_rw_shape(x);
    of_sym names[OF_PRODUCTS];
    of_attr *attr[2];
    const of_tensor *w;
    of_node *product, *split, *before;
    int64_t len[OF_PRODUCTS], rows, columns;
    bool by_input = of_node_opset(n) >= 13, ok;
    size_t k;

    if (rw->exact || of_rw_op(rw, n) != OF_R_MatMul || of_node_opset(n) < 2 || !s || s->rank < 2) return OF_OK;
    if (x->cval || x->graph != n->graph || x->n_uses < OF_FEWEST || x->n_uses > OF_PRODUCTS) return OF_OK;
    w = of_own_weights(n, n, 0);
    if (!w) return OF_OK;
    rows = w->dims[0];
    OF_TRY(of_collect(rw, n, rows, p, &k, &columns));
    if (!k) return OF_OK;
    for (size_t i = 0; i < k; i++) len[i] = p[i].w->dims[1];
    for (size_t i = 0; i < k; i++) names[i] = p[i].node->out[0]->name;
    attr[0] = of_rw_attr_int(rw, "axis", s->rank - 1);
    attr[1] = by_input ? NULL : of_rw_attr_ints(rw, "split", len, k);
    /* In front of every product: right behind what makes the value. */
    before = x->producer ? x->producer->next : n->graph->first;
    OF_TRY(of_side_by_side(rw, before, p, k, rows, columns, &weights));
    if (by_input) OF_TRY(of_rw_const_ints(rw, before, x->name, len, k, &parts));
    OF_TRY(of_rw_insert(rw, &(of_rw_fresh){.g = n->graph, .before = before, .like = p[0].node, .op = "MatMul",
                                            .in = (of_value *[]){x, weights}, .n_in = 2, .names = names, .n_out = 1}, &product));
    OF_TRY(of_rw_insert(rw, &(of_rw_fresh){.g = n->graph, .before = before, .like = p[1].node, .op = "Split",
                                            .in = (of_value *[]){product->out[0], parts}, .n_in = by_input ? 2 : 1,
                                            .names = names, .n_out = (uint32_t)k, .attr = attr,
                                            .n_attr = by_input ? 1 : 2}, &split));
    *applied = true;
    for (size_t i = 0; i < k; i++) OF_TRY(rw->forward(rw->frame, p[i].node, 0, split->out[i], &ok));
    return OF_OK;
}
