/* Forests: attributes to nodes, and the way down. Nodes are found by (tree, node) in a table, so
 * that reading takes time linear in the attributes. */
#include "ops/op_ml_forest.h"

#include <string.h>

#define FOREST_MAX (UINT32_MAX / 8)

static of_status forest_alloc(of_opctx *c, of_forest *f, size_t nodes, size_t roots, size_t votes)
{
    memset(f, 0, sizeof *f);
    if (nodes >= FOREST_MAX || roots >= FOREST_MAX || votes >= FOREST_MAX)
        return OF_INVALID(c, "too many nodes");
    OF_TRY(of_work(c, 8 * (nodes + votes)));
    OF_TRY(of_budget_bytes(c->budget, nodes * sizeof *f->node + votes * 12 + roots * 4, c->err));
    f->n_nodes = (uint32_t)nodes;
    f->n_roots = (uint32_t)roots;
    f->n_votes = votes;
    f->node = OF_NEW_N(c->tmp, of_tree_node, nodes);
    f->root = OF_NEW_N(c->tmp, uint32_t, roots);
    f->target = OF_NEW_N(c->tmp, uint32_t, votes);
    f->weight = OF_NEW_N(c->tmp, double, votes);
    return f->node && f->root && f->target && f->weight ? OF_OK : of_nomem(c->err);
}

static void forest_facts(of_forest *f)
{
    f->all_positive = true;
    f->one_target = f->n_votes != 0;
    for (size_t i = 0; i < f->n_votes; i++) {
        if (f->weight[i] != f->weight[i]) f->has_nan = true;
        if (!(f->weight[i] >= 0)) f->all_positive = false;
        if (f->target[i] != f->target[0]) f->one_target = false;
    }
}

static of_status forest_feature(of_opctx *c, int64_t id, size_t features, uint32_t *to)
{
    if (id < 0 || (uint64_t)id >= features || id > UINT32_MAX)
        return OF_INVALID(c, "feature %lld of %zu", (long long)id, features);
    *to = (uint32_t)id;
    return OF_OK;
}

static of_status forest_tracks(of_opctx *c, size_t n, const int64_t **tracks)
{
    size_t n_tracks;

    OF_TRY(of_get_ints(c, "nodes_missing_value_tracks_true", tracks, &n_tracks));
    if (n_tracks && n_tracks != n)
        return OF_INVALID(c, "nodes_missing_value_tracks_true has %zu items for %zu nodes",
                          n_tracks, n);
    if (!n_tracks) *tracks = NULL;
    return OF_OK;
}

/* ---- nodes with ids ---- */

typedef struct ids {
    const int64_t *tree, *node, *feature, *yes, *no, *tracks;
    const of_str *mode;
    of_ml_list split;
    int64_t (*pair)[2]; /* (tree, node) */
    size_t n;
    of_keymap at;
    bool *is_child;
    /* votes */
    const int64_t *v_tree, *v_node, *v_target;
    of_ml_list weight;
    size_t n_votes;
} ids;

static of_status ids_list(of_opctx *c, const char *name, size_t want, const int64_t **v)
{
    size_t n;

    OF_TRY(of_get_ints(c, name, v, &n));
    return n == want ? OF_OK : OF_INVALID(c, "%s has %zu items where %zu are due", name, n, want);
}

static of_status ids_attrs(of_opctx *c, bool classes, ids *s)
{
    static const char *const names[2][5] = {{"target_ids", "target_treeids", "target_nodeids",
                                             "target_weights", "target_weights_as_tensor"},
                                            {"class_ids", "class_treeids", "class_nodeids",
                                             "class_weights", "class_weights_as_tensor"}};
    const char *const *name = names[classes];
    const bool tensors = c->opset >= 3;
    size_t n;

    OF_TRY(of_get_ints(c, "nodes_treeids", &s->tree, &s->n));
    if (!s->n) return OF_INVALID(c, "no nodes");
    OF_TRY(ids_list(c, "nodes_nodeids", s->n, &s->node));
    OF_TRY(ids_list(c, "nodes_featureids", s->n, &s->feature));
    OF_TRY(ids_list(c, "nodes_truenodeids", s->n, &s->yes));
    OF_TRY(ids_list(c, "nodes_falsenodeids", s->n, &s->no));
    OF_TRY(of_get_strs(c, "nodes_modes", &s->mode, &n));
    if (n != s->n) return OF_INVALID(c, "nodes_modes has %zu items where %zu are due", n, s->n);
    OF_TRY(of_ml_list_get(c, "nodes_values", tensors ? "nodes_values_as_tensor" : NULL, &s->split));
    if (s->split.n != s->n)
        return OF_INVALID(c, "nodes_values has %zu items where %zu are due", s->split.n, s->n);
    OF_TRY(forest_tracks(c, s->n, &s->tracks));
    OF_TRY(of_get_ints(c, name[0], &s->v_target, &s->n_votes));
    OF_TRY(ids_list(c, name[1], s->n_votes, &s->v_tree));
    OF_TRY(ids_list(c, name[2], s->n_votes, &s->v_node));
    OF_TRY(of_ml_list_get(c, name[3], tensors ? name[4] : NULL, &s->weight));
    if (s->weight.n != s->n_votes)
        return OF_INVALID(c, "%s has %zu items where %zu are due", name[3], s->weight.n,
                          s->n_votes);
    return OF_OK;
}

static uint32_t ids_find(ids *s, int64_t tree, int64_t node)
{
    const int64_t pair[2] = {tree, node};
    return of_keymap_get(&s->at, (of_str){(const char *)pair, sizeof pair});
}

static of_status ids_table(of_opctx *c, ids *s)
{
    OF_TRY(of_keymap_init(c, &s->at, s->n));
    s->pair = (int64_t(*)[2])of_tmp(c, s->n, sizeof *s->pair);
    s->is_child = OF_NEW_N(c->tmp, bool, s->n);
    if (!s->pair || !s->is_child) return of_nomem(c->err);
    for (size_t i = 0; i < s->n; i++) {
        s->pair[i][0] = s->tree[i];
        s->pair[i][1] = s->node[i];
        if (of_keymap_put(&s->at, (of_str){(const char *)s->pair[i], sizeof *s->pair},
                          (uint32_t)i) != UINT32_MAX)
            return OF_INVALID(c, "node %lld of tree %lld is there twice", (long long)s->node[i],
                              (long long)s->tree[i]);
    }
    return OF_OK;
}

static of_status ids_child(of_opctx *c, ids *s, size_t i, int64_t node, uint32_t *to)
{
    *to = ids_find(s, s->tree[i], node);
    if (*to == UINT32_MAX)
        return OF_INVALID(c, "node %lld of tree %lld is not there", (long long)node,
                          (long long)s->tree[i]);
    s->is_child[*to] = true;
    return OF_OK;
}

static of_status ids_nodes(of_opctx *c, ids *s, size_t features, of_forest *f)
{
    static const char *const modes[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                        "BRANCH_EQ",  "BRANCH_NEQ", NULL,         "LEAF"};

    for (size_t i = 0; i < s->n; i++) {
        of_tree_node *n = &f->node[i];
        uint8_t m = 0;
        while (m < 8 && (!modes[m] || !of_str_is(s->mode[i], modes[m]))) m++;
        if (m == 8) return OF_INVALID(c, "the mode of node %zu is not known", i);
        n->mode = m;
        if (m == OF_TREE_LEAF) continue;
        n->split = of_ml_at(&s->split, i);
        n->missing_is_yes = s->tracks && s->tracks[i] != 0;
        OF_TRY(forest_feature(c, s->feature[i], features, &n->feature));
        OF_TRY(ids_child(c, s, i, s->yes[i], &n->yes));
        OF_TRY(ids_child(c, s, i, s->no[i], &n->no));
    }
    return OF_OK;
}

/* The root of a tree is its first node. Runtimes part where the nodes of trees are mixed up. */
static of_status ids_roots(of_opctx *c, ids *s, of_forest *f)
{
    of_keymap seen;

    OF_TRY(of_keymap_init(c, &seen, f->n_roots));
    f->n_roots = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (i && s->tree[i] == s->tree[i - 1]) continue;
        if (of_keymap_put(&seen, (of_str){(const char *)&s->tree[i], sizeof *s->tree}, 0) !=
            UINT32_MAX)
            return OF_UNSUP(c, "the nodes of tree %lld are not together", (long long)s->tree[i]);
        if (s->is_child[i])
            return OF_INVALID(c, "the first node of tree %lld is not its root",
                              (long long)s->tree[i]);
        f->root[f->n_roots++] = (uint32_t)i;
    }
    return of_keymap_charge(&seen);
}

/* Votes behind each other by leaf, in their order. */
static of_status ids_votes(of_opctx *c, ids *s, size_t targets, of_forest *f)
{
    uint32_t *leaf = (uint32_t *)of_tmp(c, s->n_votes, sizeof(uint32_t)), at = 0;

    if (!leaf) return of_nomem(c->err);
    for (size_t i = 0; i < s->n_votes; i++) {
        if (s->v_target[i] < 0 || (uint64_t)s->v_target[i] >= targets)
            return OF_INVALID(c, "a vote for %lld of %zu", (long long)s->v_target[i], targets);
        leaf[i] = ids_find(s, s->v_tree[i], s->v_node[i]);
        if (leaf[i] == UINT32_MAX)
            return OF_INVALID(c, "a vote of node %lld of tree %lld, which is not there",
                              (long long)s->v_node[i], (long long)s->v_tree[i]);
        if (f->node[leaf[i]].mode != OF_TREE_LEAF)
            return OF_INVALID(c, "a vote of a node that is no leaf");
        f->node[leaf[i]].no++;
    }
    for (size_t i = 0; i < s->n; i++) {
        if (f->node[i].mode != OF_TREE_LEAF) continue;
        f->node[i].yes = at;
        at += f->node[i].no;
        f->node[i].no = 0;
    }
    for (size_t i = 0; i < s->n_votes; i++) {
        of_tree_node *n = &f->node[leaf[i]];
        f->target[n->yes + n->no] = (uint32_t)s->v_target[i];
        f->weight[n->yes + n->no++] = of_ml_at(&s->weight, i);
    }
    return OF_OK;
}

of_status of_forest_read(of_opctx *c, bool classes, size_t targets, size_t features, of_forest *f)
{
    ids *s = OF_NEW(c->tmp, ids);
    size_t roots = 1;

    if (!s) return of_nomem(c->err);
    OF_TRY(ids_attrs(c, classes, s));
    for (size_t i = 1; i < s->n; i++) roots += s->tree[i] != s->tree[i - 1];
    OF_TRY(forest_alloc(c, f, s->n, roots, s->n_votes));
    OF_TRY(ids_table(c, s));
    OF_TRY(ids_nodes(c, s, features, f));
    OF_TRY(ids_roots(c, s, f));
    OF_TRY(ids_votes(c, s, targets, f));
    OF_TRY(of_keymap_charge(&s->at));
    forest_facts(f);
    return OF_OK;
}

/* ---- nodes and leaves apart (TreeEnsemble-5) ---- */

typedef struct apart {
    const int64_t *feature, *yes, *no, *yes_leaf, *no_leaf, *target, *root, *tracks;
    const of_tensor *mode, *member;
    of_ml_list split, weight;
    size_t n, n_leaves, n_roots;
} apart;

static of_status apart_attrs(of_opctx *c, apart *s)
{
    of_tensor *t;

    OF_TRY(of_get_ints(c, "nodes_featureids", &s->feature, &s->n));
    OF_TRY(ids_list(c, "nodes_truenodeids", s->n, &s->yes));
    OF_TRY(ids_list(c, "nodes_falsenodeids", s->n, &s->no));
    OF_TRY(ids_list(c, "nodes_trueleafs", s->n, &s->yes_leaf));
    OF_TRY(ids_list(c, "nodes_falseleafs", s->n, &s->no_leaf));
    OF_TRY(forest_tracks(c, s->n, &s->tracks));
    OF_TRY(of_get_tensor(c, "nodes_modes", &t));
    if (!t || t->dtype != OF_UINT8 || (uint64_t)t->count != s->n)
        return OF_INVALID(c, "nodes_modes is no uint8 for each node");
    OF_TRY(of_tensor_load(t, c->err));
    s->mode = t;
    OF_TRY(of_ml_list_get(c, NULL, "nodes_splits", &s->split));
    if (s->split.n != s->n)
        return OF_INVALID(c, "nodes_splits has %zu items where %zu are due", s->split.n, s->n);
    OF_TRY(of_get_ints(c, "leaf_targetids", &s->target, &s->n_leaves));
    OF_TRY(of_ml_list_get(c, NULL, "leaf_weights", &s->weight));
    if (s->weight.n != s->n_leaves)
        return OF_INVALID(c, "leaf_weights has %zu items where %zu are due", s->weight.n,
                          s->n_leaves);
    OF_TRY(of_get_ints(c, "tree_roots", &s->root, &s->n_roots));
    if (!s->n || !s->n_leaves || !s->n_roots) return OF_INVALID(c, "no nodes, leaves or roots");
    if (s->n >= FOREST_MAX || s->n_leaves >= FOREST_MAX) return OF_INVALID(c, "too many nodes");
    OF_TRY(of_get_tensor(c, "membership_values", &t));
    if (!t) return OF_OK;
    if (t->dtype != OF_FLOAT && t->dtype != OF_DOUBLE && t->dtype != OF_FLOAT16)
        return OF_INVALID(c, "membership_values is %s", of_dtypes[t->dtype].name);
    OF_TRY(of_tensor_load(t, c->err));
    s->member = t;
    return OF_OK;
}

/* Leaf i is node s->n + i. */
static of_status apart_child(of_opctx *c, const apart *s, int64_t leaf, int64_t id, uint32_t *to)
{
    const size_t n = leaf ? s->n_leaves : s->n;

    if (leaf != 0 && leaf != 1) return OF_INVALID(c, "%lld where 0 or 1 is due", (long long)leaf);
    if (id < 0 || (uint64_t)id >= n)
        return OF_INVALID(c, "%s %lld of %zu", leaf ? "leaf" : "node", (long long)id, n);
    *to = (uint32_t)(leaf ? s->n + (size_t)id : (size_t)id);
    return OF_OK;
}

/* -0 as 0: they are equal. */
static of_str member_key(uint64_t room[2], uint32_t node, double v)
{
    v = v == 0 ? 0 : v;
    room[0] = node;
    memcpy(&room[1], &v, sizeof v);
    return (of_str){(const char *)room, 16};
}

/* Sets, each ended by a NaN (the last one may do without), of the member nodes in their order. */
static of_status apart_members(of_opctx *c, const apart *s, of_forest *f)
{
    const size_t n = s->member ? (size_t)s->member->count : 0;
    uint64_t(*key)[2] = (uint64_t(*)[2])of_tmp(c, n, sizeof *key);
    size_t at = 0;

    if (!key) return of_nomem(c->err);
    OF_TRY(of_keymap_init(c, &f->members, n));
    for (uint32_t i = 0; i < s->n; i++) {
        if (f->node[i].mode != OF_TREE_MEMBER) continue;
        f->has_members = true;
        if (at >= n) return OF_INVALID(c, "membership_values has too few sets");
        for (; at < n; at++) {
            double v;
            of_read_f64(s->member, at, 1, &v, 1);
            if (v != v) break;
            (void)of_keymap_put(&f->members, member_key(key[at], i, v), 0);
        }
        at++;
    }
    if (at < n) return OF_INVALID(c, "membership_values has too many sets");
    return of_keymap_charge(&f->members);
}

of_status of_forest_read5(of_opctx *c, size_t targets, size_t features, of_forest *f)
{
    apart *s = OF_NEW(c->tmp, apart);

    if (!s) return of_nomem(c->err);
    OF_TRY(apart_attrs(c, s));
    OF_TRY(forest_alloc(c, f, s->n + s->n_leaves, s->n_roots, s->n_leaves));
    for (size_t i = 0; i < s->n; i++) {
        of_tree_node *n = &f->node[i];
        n->mode = ((const uint8_t *)s->mode->data)[i];
        if (n->mode > OF_TREE_MEMBER) return OF_INVALID(c, "mode %u", n->mode);
        n->split = of_ml_at(&s->split, i);
        n->missing_is_yes = s->tracks && s->tracks[i] != 0;
        OF_TRY(forest_feature(c, s->feature[i], features, &n->feature));
        OF_TRY(apart_child(c, s, s->yes_leaf[i], s->yes[i], &n->yes));
        OF_TRY(apart_child(c, s, s->no_leaf[i], s->no[i], &n->no));
    }
    OF_TRY(apart_members(c, s, f));
    for (size_t i = 0; i < s->n_leaves; i++) {
        if (s->target[i] < 0 || (uint64_t)s->target[i] >= targets)
            return OF_INVALID(c, "a leaf for target %lld of %zu", (long long)s->target[i], targets);
        f->node[s->n + i] = (of_tree_node){.mode = OF_TREE_LEAF, .yes = (uint32_t)i, .no = 1};
        f->target[i] = (uint32_t)s->target[i];
        f->weight[i] = of_ml_at(&s->weight, i);
    }
    for (size_t i = 0; i < s->n_roots; i++) OF_TRY(apart_child(c, s, 0, s->root[i], &f->root[i]));
    forest_facts(f);
    return OF_OK;
}

/* ---- the way down ---- */

static bool tree_takes(const of_tree_node *n, double x)
{
    switch ((of_tree_mode)n->mode) {
    case OF_TREE_LEQ:
        return x <= n->split;
    case OF_TREE_LT:
        return x < n->split;
    case OF_TREE_GTE:
        return x >= n->split;
    case OF_TREE_GT:
        return x > n->split;
    case OF_TREE_EQ:
        return x == n->split;
    default:
        return x != n->split;
    }
}

of_status of_forest_leaf(of_opctx *c, of_forest *f, uint32_t root, const double *x,
                         const of_tree_node **leaf)
{
    const of_tree_node *n = &f->node[root];
    uint64_t key[2];
    uint32_t steps = 0;

    while (n->mode != OF_TREE_LEAF) {
        const double v = x[n->feature];
        bool yes;
        /* a way longer than that goes round in a circle */
        if (steps++ == f->n_nodes) return OF_INVALID(c, "a tree that has a cycle");
        if (v != v) {
            /* The standard says no; runtimes, for which NaN differs from every number, yes. */
            if (n->mode == OF_TREE_NEQ && !n->missing_is_yes)
                return OF_UNSUP(c, "a NaN at BRANCH_NEQ");
            yes = n->missing_is_yes;
        } else if (n->mode == OF_TREE_MEMBER) {
            yes = of_keymap_get(&f->members, member_key(key, (uint32_t)(n - f->node), v)) !=
                  UINT32_MAX;
        } else {
            yes = tree_takes(n, v);
        }
        n = &f->node[yes ? n->yes : n->no];
    }
    *leaf = n;
    OF_TRY(of_work(c, 4 * (uint64_t)steps + 1 + n->no)); /* each step waits for the one before */
    return f->has_members ? of_keymap_charge(&f->members) : OF_OK;
}
