/* `cancel_transposes`: Transposes that cancel with nodes between them which do the same to values
 * whose axes stand in another order.
 *
 * For each permutation p that a Transpose of the model applies or undoes: the largest connected
 * sets of such nodes. A node in the set is turned when its values are made with their axes in
 * the order of p. A value then costs a Transpose
 *   - when it is made straight and a turned node, or a Transpose by p, takes it,
 *   - when it is made turned and anything else takes it,
 * where what a Transpose makes of u by the inverse of p counts as made turned: it is u. All nodes
 * start turned; those are turned back, from the rim inwards, whose own values then cost no more.
 * What is left is done when it costs less than what there is. So Transposes only become fewer,
 * each time.
 *
 * This is done once the worklist is empty and equal nodes are one, for the graph as it is then. */
#include <string.h>

#include "base/checked.h"
#include "rewrite/rw_turn.h"

enum {
    OF_TURN_PERMS = 12, /* permutations that are tried in one go */
    OF_TURN_ROUNDS = 8, /* of turning nodes back */
};

of_status of_rule_cancel_transposes(of_rw *rw, of_node *n, bool *applied)
{
    (void)applied;
    if (of_rw_op(rw, n) == OF_R_Transpose) rw->turns = rw->by;
    return OF_OK;
}

/* ---- the set ---- */

/* The table `ids`, by id, with room for `need`. */
static of_status of_room(of_turn *t, uint32_t **ids, size_t *n, size_t need)
{
    uint32_t *made;
    size_t room, bytes;

    if (need <= *n) return OF_OK;
    if (!of_add_size(need, *n ? need / 4 + 16 : 0, &room) || !of_mul_size(room, sizeof **ids, &bytes))
        return of_rw_nomem(t->rw);
    made = (uint32_t *)of_mem_zalloc(t->rw->m->alloc, bytes);
    if (!made) return of_rw_nomem(t->rw);
    if (*n) memcpy(made, *ids, *n * sizeof **ids);
    of_mem_free(t->rw->m->alloc, *ids, *n * sizeof **ids);
    *ids = made;
    *n = room;
    return OF_OK;
}

/* Gives n a place of its own. */
static of_status of_node_place(of_turn *t, const of_node *n)
{
    void *nodes = t->nodes;

    OF_TRY(of_room(t, &t->node_at, &t->n_node_at, t->rw->m->n_nodes));
    if (t->node_at[n->id]) return OF_OK;
    if (!t->n_nodes) t->n_nodes = 1;
    if (of_vec_reserve(t->rw->m->alloc, &nodes, &t->cap_nodes, t->n_nodes + 1, sizeof *t->nodes) != OF_OK)
        return of_rw_nomem(t->rw);
    t->nodes = (of_turn_node *)nodes;
    t->nodes[0] = t->nodes[t->n_nodes] = (of_turn_node){0};
    t->node_at[n->id] = (uint32_t)t->n_nodes++;
    return OF_OK;
}

static of_status of_value_place(of_turn *t, const of_value *v)
{
    void *values = t->values;

    OF_TRY(of_room(t, &t->value_at, &t->n_value_at, t->rw->m->n_values));
    if (t->value_at[v->id]) return OF_OK;
    if (!t->n_values) t->n_values = 1;
    if (of_vec_reserve(t->rw->m->alloc, &values, &t->cap_values, t->n_values + 1, sizeof *t->values) != OF_OK)
        return of_rw_nomem(t->rw);
    t->values = (of_turn_value *)values;
    t->values[0] = t->values[t->n_values] = (of_turn_value){0};
    t->value_at[v->id] = (uint32_t)t->n_values++;
    return OF_OK;
}

of_turn_item *of_turn_member(const of_turn *t, const of_node *n)
{
    const of_turn_node *tn;

    if (!n || !t->n_nodes) return NULL;
    tn = of_turn_node_of(t, n);
    return tn->set == t->set && tn->kind != OF_TURN_NO ? &t->items[tn->item] : NULL;
}

static bool of_is_transpose(const of_node *n)
{
    return n->linked && of_rop(n) == OF_R_Transpose && n->n_out == 1 && n->out[0] && !n->out[0]->cval &&
           of_in_value(n, 0) && n->why == OF_WHY_NONE && !of_node_func(n) && !of_node_bound(n);
}

/* One in the same graph, by `perm`. */
static bool of_transposes(const of_turn *t, const of_node *n, const int64_t *perm)
{
    int64_t own[OF_RW_RANK];
    size_t k;

    return n && n->graph == t->g && of_is_transpose(n) && of_rw_perm(n, own, &k) && (int32_t)k == t->rank &&
           !memcmp(own, perm, k * sizeof *own);
}

/* Whether use u is one by a node of the set that would take it turned. */
static bool of_takes_turned(const of_turn *t, const of_use *u)
{
    return of_turn_member(t, u->node) && of_turn_is_data((of_turn_kind)of_turn_node_of(t, u->node)->kind, u->index);
}

/* One that undoes itself may stand between two nodes of the set; it then counts for what it makes. */
of_status of_turn_asks(of_turn *t, const of_use *u, bool *yes)
{
    const of_value *out;

    *yes = false;
    if (!of_transposes(t, u->node, t->p)) return OF_OK;
    out = u->node->out[0];
    if (out->flags & OF_VALUE_PINNED || (t->nested && of_value_is_output(out))) return OF_OK;
    for (const of_use *x = t->involution ? out->uses : NULL; x; x = x->next)
        if (of_takes_turned(t, x)) return OF_OK;
    return t->rw->may(t->rw->frame, u->node, yes);
}

static of_status of_join(of_turn *t, of_node *n)
{
    of_turn_kind kind = of_turn_kind_of(n, t->rw->exact);
    of_turn_node *tn;
    void *items = t->items;
    bool ends, yes;

    if (kind == OF_TURN_NO) return OF_OK;
    OF_TRY(of_node_place(t, n));
    tn = of_turn_node_of(t, n);
    if (tn->set >= t->first) return OF_OK;
    tn->set = t->set;
    tn->kind = OF_TURN_NO;
    OF_TRY(of_turn_takes(t, n, kind, &ends, &yes));
    if (!yes) return OF_OK;
    if (of_vec_reserve(t->rw->m->alloc, &items, &t->cap, t->n + 1, sizeof *t->items) != OF_OK) return of_rw_nomem(t->rw);
    t->items = (of_turn_item *)items;
    tn->kind = (uint8_t)kind;
    tn->ends = ends;
    tn->item = (uint32_t)t->n;
    t->items[t->n++] = (of_turn_item){.n = n, .turned = true};
    return OF_OK;
}

of_value *of_turn_around(const of_turn *t, const of_node *n, uint32_t k)
{
    const of_turn_node *tn = of_turn_node_of(t, n);
    of_value *v;

    if (k >= n->n_in) return tn->ends ? NULL : n->out[k - n->n_in];
    v = n->in[k].value;
    if (!of_turn_is_data((of_turn_kind)tn->kind, k) || of_turn_stays(t, v)) return NULL;
    for (uint32_t i = 0; i < k; i++)
        if (n->in[i].value == v && of_turn_is_data((of_turn_kind)tn->kind, i)) return NULL;
    return v;
}

/* All that is connected with the nodes already in the set. */
static of_status of_grow(of_turn *t)
{
    for (size_t i = 0; i < t->n; i++) {
        of_node *n = t->items[i].n;

        for (uint32_t k = 0; k < n->n_in + n->n_out; k++) {
            of_value *v = of_turn_around(t, n, k);

            if (!v || v->cval) continue;
            OF_TRY(of_value_place(t, v));
            if (of_turn_value_of(t, v)->set == t->set) continue;
            *of_turn_value_of(t, v) = (of_turn_value){.set = t->set};
            if (v->producer) OF_TRY(of_join(t, v->producer));
            for (const of_use *u = v->uses; u; u = u->next)
                if (u->node && u->node->graph == t->g) OF_TRY(of_join(t, u->node));
        }
    }
    return OF_OK;
}

/* ---- what it costs ---- */

static of_status of_count(of_turn *t, of_value *v)
{
    of_turn_value *tv;
    bool asks;

    OF_TRY(of_value_place(t, v));
    tv = of_turn_value_of(t, v);
    if (tv->set == t->set && tv->counted) return OF_OK;
    *tv = (of_turn_value){.set = t->set, .counted = true};
    tv->free = v->cval && of_val_tensor(v->cval) && !(v->flags & OF_VALUE_PINNED) && of_turn_keeps_order(t, v);
    if (!v->cval && of_transposes(t, v->producer, t->q)) tv->from = v->producer->in[0].value;
    for (const of_use *u = v->uses; u; u = u->next) {
        if (of_takes_turned(t, u)) {
            tv->turned++;
            continue;
        }
        OF_TRY(of_turn_asks(t, u, &asks));
        tv->asked = tv->asked || asks;
        if (!asks) tv->straight++;
    }
    return OF_OK;
}

static uint32_t of_cost(const of_turn *t, const of_value *v)
{
    const of_turn_value *tv = of_turn_value_of(t, v);
    const of_turn_item *made = of_turn_member(t, v->producer);

    if (tv->free) return 0;
    return tv->from || (made && made->turned && !v->cval) ? tv->straight > 0 : tv->turned > 0 || tv->asked;
}

/* Its cost as the graph is. */
static uint32_t of_cost_now(const of_turn *t, const of_value *v)
{
    const of_turn_value *tv = of_turn_value_of(t, v);
    return !tv->free && (tv->from || tv->asked);
}

static uint32_t of_cost_around(const of_turn *t, const of_node *n)
{
    uint32_t cost = 0;

    for (uint32_t k = 0; k < n->n_in + n->n_out; k++) {
        const of_value *v = of_turn_around(t, n, k);
        if (v) cost += of_cost(t, v);
    }
    return cost;
}

static void of_set_turned(of_turn *t, of_turn_item *it, bool turned)
{
    const of_node *n = it->n;

    it->turned = turned;
    for (uint32_t i = 0; i < n->n_in; i++) {
        of_turn_value *tv;
        if (!of_turn_is_data((of_turn_kind)of_turn_node_of(t, n)->kind, i) || of_turn_stays(t, n->in[i].value)) continue;
        tv = of_turn_value_of(t, n->in[i].value);
        if (turned) {
            tv->turned++;
            tv->straight--;
        } else {
            tv->turned--;
            tv->straight++;
        }
    }
}

/* Turns it back unless that costs more. */
static bool of_turn_back(of_turn *t, of_turn_item *it)
{
    uint32_t cost;

    if (!it->turned) return false;
    cost = of_cost_around(t, it->n);
    of_set_turned(t, it, false);
    if (of_cost_around(t, it->n) <= cost) return true;
    of_set_turned(t, it, true);
    return false;
}

/* Which nodes of the set to turn. *gain: how many Transposes less. */
static of_status of_choose(of_turn *t, uint64_t *gain)
{
    uint64_t now = 0, then = 0;
    bool any = true;

    *gain = 0;
    for (size_t i = 0; i < t->n; i++)
        for (uint32_t k = 0; k < t->items[i].n->n_in + t->items[i].n->n_out; k++) {
            of_value *v = of_turn_around(t, t->items[i].n, k);
            if (!v) continue;
            OF_TRY(of_value_place(t, v));
            if (of_turn_value_of(t, v)->set == t->set && of_turn_value_of(t, v)->counted) continue;
            OF_TRY(of_count(t, v));
            now += of_cost_now(t, v);
        }
    if (!now) return OF_OK;
    for (int round = 0; any && round < OF_TURN_ROUNDS; round++) {
        any = false;
        for (size_t i = 0; i < t->n; i++) any = of_turn_back(t, &t->items[i]) || any;
        for (size_t i = t->n; i-- > 0;) any = of_turn_back(t, &t->items[i]) || any;
    }
    for (size_t i = 0; i < t->n; i++)
        for (uint32_t k = 0; k < t->items[i].n->n_in + t->items[i].n->n_out; k++) {
            of_value *v = of_turn_around(t, t->items[i].n, k);
            if (!v || !of_turn_value_of(t, v)->counted) continue;
            of_turn_value_of(t, v)->counted = false;
            then += of_cost(t, v);
        }
    *gain = now > then ? now - then : 0;
    return OF_OK;
}

/* ---- all Transposes, one permutation after the other ---- */

typedef struct of_turn_perms {
    int64_t p[OF_TURN_PERMS][OF_RW_RANK];
    int32_t rank[OF_TURN_PERMS];
    uint8_t n;
} of_turn_perms;

static bool of_read_perm(const of_node *n, int64_t *p, int64_t *q, int32_t *rank)
{
    size_t k;
    uint32_t set = 0;

    if (!of_rw_perm(n, p, &k) || k < 2) return false;
    for (size_t i = 0; i < k; i++) {
        set |= UINT32_C(1) << p[i];
        q[p[i]] = (int64_t)i;
    }
    *rank = (int32_t)k;
    return set == (UINT32_C(1) << k) - 1;
}

static uint8_t of_perm_at(of_turn_perms *x, const int64_t *p, int32_t rank)
{
    size_t bytes = (size_t)rank * sizeof *p;

    for (uint8_t k = 0; k < x->n; k++)
        if (x->rank[k] == rank && !memcmp(x->p[k], p, bytes)) return k;
    if (x->n == OF_TURN_PERMS) return 255;
    memcpy(x->p[x->n], p, bytes);
    x->rank[x->n] = rank;
    return x->n++;
}

static of_status of_find_all(of_turn *t, of_turn_perms *x)
{
    const of_model *m = t->rw->m;
    of_sym op = OF_NAME_LIT(&t->rw->m->names, "Transpose");
    int64_t p[OF_RW_RANK], q[OF_RW_RANK];
    int32_t rank;

    if (!op) return of_rw_nomem(t->rw);
    for (size_t i = 0; i < m->n_nodes; i++) {
        of_node *n = m->nodes[i];
        void *all = t->all;

        if (n->op_type != op || !of_is_transpose(n) || !of_read_perm(n, p, q, &rank)) continue;
        if (of_vec_reserve(m->alloc, &all, &t->cap_all, t->n_all + 1, sizeof *t->all) != OF_OK) return of_rw_nomem(t->rw);
        t->all = (of_turn_transpose *)all;
        t->all[t->n_all].n = n;
        t->all[t->n_all].perm = of_perm_at(x, p, rank);
        t->all[t->n_all++].inverse = of_perm_at(x, q, rank);
    }
    return OF_OK;
}

static of_status of_one_set(of_turn *t, of_node *a, const of_value *v, uint64_t *applied)
{
    uint64_t gain;

    t->set++;
    t->n = 0;
    if (a) OF_TRY(of_join(t, a));
    for (const of_use *u = v ? v->uses : NULL; u; u = u->next)
        if (u->node && u->node->graph == t->g) OF_TRY(of_join(t, u->node));
    if (!t->n) return OF_OK;
    OF_TRY(of_grow(t));
    OF_TRY(of_choose(t, &gain));
    if (!gain) return OF_OK;
    ++*applied;
    return of_turn_apply(t);
}

/* Those that are put in meanwhile are met when all of this is done again. */
static of_status of_one_perm(of_turn *t, uint8_t perm, uint64_t *applied)
{
    t->first = t->set + 1;
    t->involution = !memcmp(t->p, t->q, (size_t)t->rank * sizeof *t->p);
    for (size_t i = 0; i < t->n_all; i++) {
        of_node *n = t->all[i].n;

        if ((t->all[i].perm != perm && t->all[i].inverse != perm) || !of_is_transpose(n)) continue;
        t->g = n->graph;
        if (t->all[i].perm == perm && n->in[0].value->producer)
            OF_TRY(of_one_set(t, n->in[0].value->producer, NULL, applied));
        if (t->all[i].inverse == perm && of_is_transpose(n)) OF_TRY(of_one_set(t, NULL, n->out[0], applied));
    }
    return OF_OK;
}

static of_status of_all_perms(of_turn *t, uint64_t *applied)
{
    of_turn_perms x;

    x.n = 0;
    OF_TRY(of_find_all(t, &x));
    for (uint8_t k = 0; k < x.n; k++) {
        t->rank = x.rank[k];
        for (int32_t i = 0; i < t->rank; i++) {
            t->p[i] = x.p[k][i];
            t->q[x.p[k][i]] = i;
        }
        OF_TRY(of_one_perm(t, k, applied));
    }
    return OF_OK;
}

of_status of_rw_turn(of_rw *rw, uint64_t *applied)
{
    of_turn t = {.rw = rw, .nested = of_model_nested(rw->m)};
    of_alloc *a = rw->m->alloc;
    of_status st;

    rw->by = rw->turns;
    st = of_all_perms(&t, applied);
    of_rw_calm_end(rw);
    of_mem_free(a, t.node_at, t.n_node_at * sizeof *t.node_at);
    of_mem_free(a, t.value_at, t.n_value_at * sizeof *t.value_at);
    of_mem_free(a, t.nodes, t.cap_nodes * sizeof *t.nodes);
    of_mem_free(a, t.values, t.cap_values * sizeof *t.values);
    of_mem_free(a, t.all, t.cap_all * sizeof *t.all);
    of_mem_free(a, t.items, t.cap * sizeof *t.items);
    of_mem_free(a, (void *)t.gone.p, t.gone.cap * sizeof *t.gone.p);
    of_mem_free(a, (void *)t.asking.p, t.asking.cap * sizeof *t.asking.p);
    of_mem_free(a, (void *)t.fresh.p, t.fresh.cap * sizeof *t.fresh.p);
    return st;
}
