/* TreeEnsemble, TreeEnsembleClassifier, TreeEnsembleRegressor: what the leaves say, summed up. */
#include "ops/op_ml_forest.h"

#include <string.h>

/* The numbers are those of TreeEnsemble-5. */
typedef enum tree_sum { TREE_AVERAGE, TREE_SUM, TREE_MIN, TREE_MAX } tree_sum;

typedef struct ensemble {
    of_forest f;
    of_ml_rows rows;
    size_t targets;
    tree_sum sum;
    of_ml_post post;
    of_ml_list base;
    double *x, *s; /* a row, its scores */
    bool *voted;   /* targets that got a vote, of that row */
} ensemble;

static of_status ensemble_new(of_opctx *c, size_t targets, ensemble **out)
{
    ensemble *e = OF_NEW(c->tmp, ensemble);

    if (!e) return of_nomem(c->err);
    e->rows = of_ml_rows_of(of_in(c, 0));
    e->targets = targets;
    e->sum = TREE_SUM;
    *out = e;
    return OF_OK;
}

/* After the outputs, which are of that size: the budget knows of them. */
static of_status ensemble_scratch(of_opctx *c, ensemble *e)
{
    /* a dimension beside a 0 may be as large as it likes */
    const size_t some = e->rows.n ? e->targets : 0;

    e->x = (double *)of_tmp(c, e->rows.n ? e->rows.f : 0, sizeof(double));
    e->s = (double *)of_tmp(c, some < 2 ? 2 : some, sizeof(double));
    e->voted = (bool *)of_tmp(c, some, sizeof(bool));
    if ((e->sum == TREE_MIN || e->sum == TREE_MAX) && e->f.has_nan)
        return OF_UNSUP(c, "a weight that is NaN");
    return e->x && e->s && e->voted ? OF_OK : of_nomem(c->err);
}

/* Scores of a row, base values not yet in. Leaves that have nothing to say about a target add
 * nothing to its sum. */
static of_status ensemble_row(of_opctx *c, ensemble *e, size_t row)
{
    OF_TRY(of_work(c, of_sat_add(e->rows.f, 2 * e->targets)));
    OF_TRY(of_ml_read_row(c, &e->rows, row, e->x));
    for (size_t k = 0; k < e->targets; k++) {
        e->s[k] = 0;
        e->voted[k] = false;
    }
    for (uint32_t t = 0; t < e->f.n_roots; t++) {
        const of_tree_node *leaf;
        OF_TRY(of_forest_leaf(c, &e->f, e->f.root[t], e->x, &leaf));
        for (uint32_t v = leaf->yes; v < leaf->yes + leaf->no; v++) {
            const uint32_t k = e->f.target[v];
            const double w = e->f.weight[v];
            if (e->sum == TREE_SUM || e->sum == TREE_AVERAGE) e->s[k] += w;
            else if (!e->voted[k] || (e->sum == TREE_MIN ? w < e->s[k] : w > e->s[k])) e->s[k] = w;
            e->voted[k] = true;
        }
    }
    for (size_t k = 0; k < e->targets; k++) {
        if (!e->voted[k] && (e->sum == TREE_MIN || e->sum == TREE_MAX))
            return OF_UNSUP(c, "the least or largest of no votes for a target");
        if (e->sum == TREE_AVERAGE) e->s[k] /= (double)e->f.n_roots;
    }
    return OF_OK;
}

/* "added to final prediction after applying aggregate_function" */
static of_status ensemble_write(of_opctx *c, ensemble *e, size_t row, of_tensor *y)
{
    OF_TRY(ensemble_row(c, e, row));
    for (size_t k = 0; k < e->base.n; k++) e->s[k] += of_ml_at(&e->base, k);
    OF_TRY(of_ml_post_run(c, e->post, e->s, e->targets));
    of_write_f64(y, row * e->targets, 1, e->s, e->targets);
    return OF_OK;
}

static of_status ensemble_base(of_opctx *c, ensemble *e)
{
    return of_ml_list_get(c, "base_values", c->opset >= 3 ? "base_values_as_tensor" : NULL,
                          &e->base);
}

static of_status target_count(of_opctx *c, int64_t *n)
{
    OF_TRY(of_get_int(c, "n_targets", 0, n));
    return *n < 1 ? OF_INVALID(c, "%lld targets", (long long)*n) : OF_OK;
}

/* ---- TreeEnsembleRegressor ---- */

of_status of_infer_TreeEnsembleRegressor(of_opctx *c)
{
    of_dim n, f;
    int64_t targets;

    OF_TRY(of_ml_infer_rows(c, OF_ML_NUMBERS, false, &n, &f));
    OF_TRY(target_count(c, &targets));
    return of_ml_set_out2(c, 0, OF_FLOAT, n, of_dim_num(targets));
}

of_status of_eval_TreeEnsembleRegressor(of_opctx *c)
{
    static const char *const names[] = {"AVERAGE", "SUM", "MIN", "MAX"};
    int64_t targets;
    of_tensor *y;
    ensemble *e;
    of_str name;
    size_t i = 0;

    OF_TRY(target_count(c, &targets));
    OF_TRY(ensemble_new(c, (size_t)targets, &e));
    OF_TRY(of_get_str(c, "aggregate_function", "SUM", &name));
    while (i < 4 && !of_str_is(name, names[i])) i++;
    if (i == 4) return OF_INVALID(c, "aggregate_function is not known");
    e->sum = (tree_sum)i;
    OF_TRY(of_ml_post_get(c, &e->post));
    OF_TRY(ensemble_base(c, e));
    if (e->base.n && e->base.n != e->targets)
        return OF_INVALID(c, "%zu base values for %zu targets", e->base.n, e->targets);
    OF_TRY(of_forest_read(c, false, e->targets, e->rows.f, &e->f));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(ensemble_scratch(c, e));
    for (size_t row = 0; row < e->rows.n; row++) OF_TRY(ensemble_write(c, e, row, y));
    return OF_OK;
}

/* ---- TreeEnsembleClassifier ---- */

of_status of_infer_TreeEnsembleClassifier(of_opctx *c)
{
    of_ml_labels l;
    of_dim n, f;

    OF_TRY(of_ml_infer_rows(c, OF_ML_NUMBERS, false, &n, &f));
    OF_TRY(of_ml_labels_get(c, "classlabels_int64s", "classlabels_strings", &l));
    OF_TRY(of_ml_set_out(c, 0, l.type, n));
    return of_ml_set_out2(c, 1, OF_FLOAT, n, l.n > 1 ? of_dim_num((int64_t)l.n) : of_dim_unknown());
}

/* All weights of two classes are for the first one listed: as runtimes have it, this one sum is
 * that of the second class, and the two cases below are those in which they agree on all of it. */
static of_status classify_binary(of_opctx *c, ensemble *e, size_t *top)
{
    const double sum = e->s[0] + (e->base.n ? of_ml_at(&e->base, 0) : 0);
    const bool by_half = e->f.all_positive && e->post == OF_ML_NONE;

    if (e->f.target[0] != 0 || e->base.n > 1 ||
        (!by_half && (e->f.all_positive || e->post != OF_ML_LOGISTIC)))
        return OF_UNSUP(c, "two classes of one sum");
    e->s[0] = by_half ? 1 - sum : -sum;
    e->s[1] = sum;
    return of_ml_classify(c, e->post, e->s, 2, top);
}

static of_status classify(of_opctx *c, ensemble *e, size_t row, size_t *top)
{
    OF_TRY(ensemble_row(c, e, row));
    if (e->targets == 2 && e->f.one_target) return classify_binary(c, e, top);
    for (size_t k = 0; k < e->base.n; k++) e->s[k] += of_ml_at(&e->base, k);
    return of_ml_classify(c, e->post, e->s, e->targets, top);
}

of_status of_eval_TreeEnsembleClassifier(of_opctx *c)
{
    of_ml_labels l;
    of_tensor *y, *z;
    ensemble *e;
    bool binary;

    OF_TRY(of_ml_labels_get(c, "classlabels_int64s", "classlabels_strings", &l));
    OF_TRY(ensemble_new(c, l.n, &e));
    OF_TRY(of_ml_post_get(c, &e->post));
    OF_TRY(ensemble_base(c, e));
    OF_TRY(of_forest_read(c, true, e->targets, e->rows.f, &e->f));
    if (l.n < 2 || !e->f.n_votes) return OF_UNSUP(c, "%zu classes of %zu votes", l.n, e->f.n_votes);
    binary = l.n == 2 && e->f.one_target;
    if (e->base.n && e->base.n != l.n && !(binary && e->base.n == 1))
        return OF_INVALID(c, "%zu base values for %zu classes", e->base.n, l.n);
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_out(c, 1, &z));
    OF_TRY(ensemble_scratch(c, e));
    for (size_t row = 0; row < e->rows.n; row++) {
        size_t top;
        OF_TRY(classify(c, e, row, &top));
        of_ml_label_put(y, row, &l, top);
        of_write_f64(z, row * l.n, 1, e->s, l.n);
    }
    return OF_OK;
}

/* ---- TreeEnsemble ---- */

of_status of_infer_TreeEnsemble(of_opctx *c)
{
    of_dim n, f;
    int64_t targets;

    OF_TRY(
        of_ml_infer_rows(c, OF_TS(OF_FLOAT16) | OF_TS(OF_FLOAT) | OF_TS(OF_DOUBLE), false, &n, &f));
    OF_TRY(target_count(c, &targets));
    return of_ml_set_out2(c, 0, of_in_dtype(c, 0), n, of_dim_num(targets));
}

of_status of_eval_TreeEnsemble(of_opctx *c)
{
    int64_t targets, sum, post;
    of_tensor *y;
    ensemble *e;

    OF_TRY(target_count(c, &targets));
    OF_TRY(ensemble_new(c, (size_t)targets, &e));
    OF_TRY(of_get_int(c, "aggregate_function", TREE_SUM, &sum));
    OF_TRY(of_get_int(c, "post_transform", OF_ML_NONE, &post));
    if (sum < 0 || sum > TREE_MAX) return OF_INVALID(c, "aggregate_function %lld", (long long)sum);
    if (post < 0 || post > OF_ML_PROBIT)
        return OF_INVALID(c, "post_transform %lld", (long long)post);
    e->sum = (tree_sum)sum;
    e->post = (of_ml_post)post;
    OF_TRY(of_forest_read5(c, e->targets, e->rows.f, &e->f));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(ensemble_scratch(c, e));
    for (size_t row = 0; row < e->rows.n; row++) OF_TRY(ensemble_write(c, e, row, y));
    return OF_OK;
}
