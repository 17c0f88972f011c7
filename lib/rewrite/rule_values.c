/* Small integer values, and single elements: `equal_values`, `gather_unsqueeze`, `slice_squeeze`. */
#include "rewrite/rw.h"

/* ---- equal_values: one value for all that hold the same dimensions ---- */

static bool of_is_list(const of_value *v)
{
    const of_shape *s = of_rw_shape(v);

    if (!s || s->rank > 1 || !v->known || !v->n_known || v->cval || (v->flags & OF_VALUE_PINNED)) return false;
    if (of_rw_dtype(v) != OF_INT64 && of_rw_dtype(v) != OF_INT32) return false;
    if (s->rank == 1 && !of_dim_is(s->d[0], (int64_t)v->n_known)) return false;
    for (uint32_t i = 0; i < v->n_known; i++)
        if (!of_dim_known(v->known[i])) return false;
    return s->rank == 1 || v->n_known == 1;
}

/* What a value holds, and the value that stands for all that hold it. Kept apart from the
 * value: rules may replace that one, and the next equal value then takes its place. */
typedef struct of_list_entry {
    of_value *value;
    const of_graph *graph;
    const of_dim *known;
    uint32_t n_known;
    int32_t rank;
    of_dtype dtype;
} of_list_entry;

static of_list_entry of_list_of(of_value *v)
{
    return (of_list_entry){v, v->graph, v->known, v->n_known, of_rw_shape(v)->rank, of_rw_dtype(v)};
}

static uint64_t of_list_hash(const of_list_entry *e)
{
    uint64_t key[3] = {(uint64_t)e->dtype, (uint64_t)e->rank, e->graph->id}, h;

    h = of_hash_bytes(0, key, sizeof key);
    for (uint32_t i = 0; i < e->n_known; i++) {
        key[0] = (uint64_t)e->known[i].k;
        key[1] = e->known[i].sym;
        h = of_hash_bytes(h, key, 2 * sizeof *key);
    }
    return h;
}

static bool of_alive(const of_value *v)
{
    return v->producer && v->producer->linked && v->producer->graph == v->graph && of_is_list(v);
}

bool of_rw_list_equal(const void *pa, const void *pb, void *user)
{
    const of_list_entry *a = (const of_list_entry *)pa, *b = (const of_list_entry *)pb;

    (void)user;
    if (a->graph != b->graph || a->n_known != b->n_known || a->dtype != b->dtype || a->rank != b->rank) return false;
    for (uint32_t i = 0; i < a->n_known; i++)
        if (!of_dim_same(a->known[i], b->known[i])) return false;
    return true;
}

/* Only in the sweep, which goes in topological order: an earlier value stands before. */
of_status of_rule_equal_values(of_rw *rw, of_node *n, bool *applied)
{
    of_value *v = of_out_value(n, 0);
    of_list_entry e, *first;
    uint64_t hash;

    if (!rw->lists || n->n_out != 1 || !v || !of_is_list(v)) return OF_OK;
    e = of_list_of(v);
    hash = of_list_hash(&e);
    first = (of_list_entry *)of_htab_find(rw->lists, hash, &e);
    if (!first) {
        first = (of_list_entry *)of_arena_dup(&rw->m->arena, &e, sizeof e);
        if (!first || of_htab_put(rw->lists, hash, first) != OF_OK) return of_rw_nomem(rw);
        return OF_OK;
    }
    if (first->value == v) return OF_OK;
    if (of_alive(first->value)) {
        of_list_entry now = of_list_of(first->value);
        if (of_rw_list_equal(&now, &e, NULL)) return of_rw_forward(rw, n, first->value, applied);
    }
    *first = e;
    return OF_OK;
}

/* ---- gather_unsqueeze: one element as a list of one ---- */

of_status of_rule_gather_unsqueeze(of_rw *rw, of_node *n, bool *applied)
{
    of_node *g = of_rw_op(rw, n) == OF_R_Unsqueeze ? of_rw_src(n, 0, OF_R_Gather) : NULL;
    const of_shape *data, *idx;
    int64_t axes[OF_RW_RANK], at[OF_RW_RANK], k, na, axis;
    of_value *in[2];
    bool given;

    if (!g || !of_rw_sole_node(g) || g->n_in != 2) return OF_OK;
    data = of_rw_shape(of_in_value(g, 0));
    idx = of_rw_shape(of_in_value(g, 1));
    if (!data || data->rank < 1 || !idx || idx->rank != 0) return OF_OK;
    OF_TRY(of_rw_ints(rw, of_in_value(g, 1), at, &k));
    OF_TRY(of_rw_list(rw, n, "axes", 1, 13, axes, &na, &given));
    if (k != 1 || na != 1) return OF_OK;
    /* The axis that Gather took away comes back where it was; the rank is data's again. */
    axis = of_rw_int(g, "axis", 0);
    if (axis < 0) axis += data->rank;
    if (axes[0] < 0) axes[0] += data->rank;
    if (axes[0] != axis) return OF_OK;
    in[0] = of_in_value(g, 0);
    OF_TRY(of_rw_const_ints(rw, n, n->out[0]->name, at, 1, &in[1]));
    *applied = true;
    return of_rw_become(rw, n, g, in, 2, NULL);
}

/* ---- slice_squeeze: a slice of one, without its axis, is one element ---- */

of_status of_rule_slice_squeeze(of_rw *rw, of_node *n, bool *applied)
{
    of_node *s = of_rw_op(rw, n) == OF_R_Squeeze ? of_rw_src(n, 0, OF_R_Slice) : NULL;
    const of_shape *x, *kept;
    int64_t start[OF_RW_RANK], end[OF_RW_RANK], axes[OF_RW_RANK], own[OF_RW_RANK], k[4];
    bool given, has_axes, one = true;
    of_value *in[2];
    of_attr *axis;

    if (!s || !of_rw_sole_node(s)) return OF_OK;
    x = of_rw_shape(of_in_value(s, 0));
    kept = of_rw_shape(s->out[0]);
    OF_TRY(of_rw_list(rw, n, "axes", 1, 13, own, &k[0], &given));
    if (!x || !kept || !given || k[0] != 1) return OF_OK;
    OF_TRY(of_rw_list(rw, s, "starts", 1, 10, start, &k[1], &given));
    OF_TRY(of_rw_list(rw, s, "ends", 2, 10, end, &k[2], &given));
    OF_TRY(of_rw_list(rw, s, "axes", 3, 10, axes, &k[3], &has_axes));
    if (k[1] != 1 || k[2] != 1 || (has_axes && k[3] != 1)) return OF_OK;
    if (of_in_value(s, 4)) OF_TRY(of_rw_all_are(rw, s->in[4].value, 1.0, &one));
    if (!has_axes) axes[0] = 0;
    if (axes[0] < 0) axes[0] += x->rank;
    if (own[0] < 0) own[0] += x->rank;
    if (!one || axes[0] != own[0] || own[0] < 0 || own[0] >= x->rank) return OF_OK;
    /* One element, at a place that Gather counts alike, and there for certain. */
    if (!of_dim_is(kept->d[own[0]], 1) || !of_dim_is_num(x->d[own[0]])) return OF_OK;
    if (start[0] < 0) start[0] += x->d[own[0]].k;
    if (start[0] < 0 || start[0] >= x->d[own[0]].k) return OF_OK;
    axis = of_rw_attr_int(rw, "axis", own[0]);
    OF_TRY(of_rw_const_int(rw, n, n->out[0]->name, start[0], &in[1]));
    in[0] = of_in_value(s, 0);
    *applied = true;
    return of_rw_remake(rw, n, "Gather", in, 2, &axis, 1);
}
