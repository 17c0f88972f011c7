/* LinearClassifier, LinearRegressor. */
#include "ops/op_ml.h"

/* Sums of one row: coefficients stand target by target. */
static void linear_row(const double *x, size_t f, const float *coef, const float *add, double *to,
                       size_t n)
{
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t k = 0; k < f; k++) sum += x[k] * (double)coef[j * f + k];
        to[j] = add ? sum + (double)add[j] : sum;
    }
}

typedef struct linear {
    const float *coef, *add; /* add NULL: no intercepts */
    size_t n_coef, n_add, n; /* n: sums a row */
    of_ml_post post;
    double *x, *s; /* scratch: a row, its scores */
} linear;

static of_status linear_attrs(of_opctx *c, linear *l)
{
    OF_TRY(of_get_floats(c, "coefficients", &l->coef, &l->n_coef));
    OF_TRY(of_get_floats(c, "intercepts", &l->add, &l->n_add));
    if (!l->n_add) l->add = NULL;
    return of_ml_post_get(c, &l->post);
}

/* n sums a row fit the lists; scratch, where there are rows at all (a dimension beside a 0 may be
 * as large as it likes). */
static of_status linear_begin(of_opctx *c, linear *l, const of_ml_rows *r, size_t n)
{
    const size_t f = r->f, some = r->n ? n : 0;
    size_t want;

    if (!of_mul_size(n, f, &want) || want != l->n_coef || (l->n_add && l->n_add != n))
        return OF_INVALID(c, "%zu coefficients and %zu intercepts for %zu features and %zu sums",
                          l->n_coef, l->n_add, f, n);
    l->n = n;
    l->x = (double *)of_tmp(c, r->n ? f : 0, sizeof(double));
    l->s = (double *)of_tmp(c, some < 2 ? 2 : some, sizeof(double));
    return l->x && l->s ? OF_OK : of_nomem(c->err);
}

static of_status linear_sums(of_opctx *c, const linear *l, const of_ml_rows *r, size_t i)
{
    OF_TRY(of_work(c, of_sat_add(l->n_coef, r->f)));
    OF_TRY(of_ml_read_row(c, r, i, l->x));
    linear_row(l->x, r->f, l->coef, l->add, l->s, l->n);
    return OF_OK;
}

/* ---- LinearRegressor ---- */

of_status of_infer_LinearRegressor(of_opctx *c)
{
    of_dim n, f;
    int64_t targets;

    OF_TRY(of_ml_infer_rows(c, OF_ML_NUMBERS, true, &n, &f));
    OF_TRY(of_get_int(c, "targets", 1, &targets));
    if (targets < 1) return OF_INVALID(c, "%lld targets", (long long)targets);
    return of_ml_set_out2(c, 0, OF_FLOAT, n, of_dim_num(targets));
}

of_status of_eval_LinearRegressor(of_opctx *c)
{
    const of_ml_rows r = of_ml_rows_of(of_in(c, 0));
    int64_t targets;
    of_tensor *y;
    linear l;

    OF_TRY(linear_attrs(c, &l));
    OF_TRY(of_get_int(c, "targets", 1, &targets));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(linear_begin(c, &l, &r, (size_t)targets));
    for (size_t i = 0; i < r.n; i++) {
        OF_TRY(linear_sums(c, &l, &r, i));
        OF_TRY(of_ml_post_run(c, l.post, l.s, l.n));
        of_write_f64(y, i * l.n, 1, l.s, l.n);
    }
    return OF_OK;
}

/* ---- LinearClassifier ---- */

of_status of_infer_LinearClassifier(of_opctx *c)
{
    of_ml_labels l;
    of_dim n, f;

    OF_TRY(of_ml_infer_rows(c, OF_ML_NUMBERS, true, &n, &f));
    OF_TRY(of_ml_labels_get(c, "classlabels_ints", "classlabels_strings", &l));
    OF_TRY(of_ml_set_out(c, 0, l.type, n));
    /* one label: the standard does not say of what shape the scores are */
    return of_ml_set_out2(c, 1, OF_FLOAT, n, l.n > 1 ? of_dim_num((int64_t)l.n) : of_dim_unknown());
}

of_status of_eval_LinearClassifier(of_opctx *c)
{
    const of_ml_rows r = of_ml_rows_of(of_in(c, 0));
    of_tensor *y, *z;
    of_ml_labels labels;
    size_t n, top;
    linear l;

    OF_TRY(linear_attrs(c, &l));
    OF_TRY(of_ml_labels_get(c, "classlabels_ints", "classlabels_strings", &labels));
    n = l.n_add ? l.n_add : r.f ? l.n_coef / r.f : labels.n;
    OF_TRY(linear_begin(c, &l, &r, n));
    /* One sum for two classes: runtimes agree on the scores of LOGISTIC alone. */
    if (labels.n < 2 || (n == 1 && (labels.n != 2 || l.post != OF_ML_LOGISTIC)))
        return OF_UNSUP(c, "%zu sums for %zu labels", n, labels.n);
    if (n != 1 && n != labels.n) return OF_INVALID(c, "%zu sums for %zu labels", n, labels.n);
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_out(c, 1, &z));
    for (size_t i = 0; i < r.n; i++) {
        OF_TRY(linear_sums(c, &l, &r, i));
        if (n == 1) {
            l.s[1] = l.s[0];
            l.s[0] = -l.s[1];
        }
        OF_TRY(of_ml_classify(c, l.post, l.s, labels.n, &top));
        of_ml_label_put(y, i, &labels, top);
        of_write_f64(z, i * labels.n, 1, l.s, labels.n);
    }
    return OF_OK;
}
