/* SVMClassifier, SVMRegressor: support vectors by way of a kernel, or one sum of products. */
#include "ops/op_ml.h"

#include "kern/kern_mathd.h"

typedef enum svm_kernel { SVM_LINEAR, SVM_POLY, SVM_RBF, SVM_SIGMOID } svm_kernel;

typedef struct svm {
    const float *coef, *rho, *sv, *prob_a, *prob_b;
    size_t n_coef, n_rho, n_sv, n_prob_a, n_prob_b;
    svm_kernel kernel;
    double gamma, coef0, degree;
    of_ml_post post;
    size_t vectors, f;
    double *x, *k; /* scratch: a row, what the kernel makes of it and each vector */
} svm;

static of_status svm_attrs(of_opctx *c, svm *s)
{
    static const char *const names[] = {"LINEAR", "POLY", "RBF", "SIGMOID"};
    const float *p;
    of_str kernel;
    size_t n, i;

    OF_TRY(of_get_floats(c, "coefficients", &s->coef, &s->n_coef));
    OF_TRY(of_get_floats(c, "rho", &s->rho, &s->n_rho));
    OF_TRY(of_get_floats(c, "support_vectors", &s->sv, &s->n_sv));
    OF_TRY(of_get_floats(c, "kernel_params", &p, &n));
    if (n != 0 && n != 3) return OF_INVALID(c, "%zu kernel_params", n);
    s->gamma = n ? (double)p[0] : 0;
    s->coef0 = n ? (double)p[1] : 0;
    s->degree = n ? (double)p[2] : 0;
    OF_TRY(of_get_str(c, "kernel_type", "LINEAR", &kernel));
    for (i = 0; i < 4 && !of_str_is(kernel, names[i]);) i++;
    if (i == 4) return OF_INVALID(c, "kernel_type is not known");
    s->kernel = (svm_kernel)i;
    if (!s->n_rho) return OF_INVALID(c, "no rho");
    return of_ml_post_get(c, &s->post);
}

/* Support vectors of f features, or none. */
static of_status svm_begin(of_opctx *c, svm *s, size_t vectors, size_t f)
{
    size_t want;

    if (vectors && (!of_mul_size(vectors, f, &want) || want != s->n_sv))
        return OF_INVALID(c, "%zu numbers in support_vectors for %zu vectors of %zu", s->n_sv,
                          vectors, f);
    if (vectors && s->kernel == SVM_POLY && s->degree != floor(s->degree))
        return OF_UNSUP(c, "a degree that is not whole");
    s->vectors = vectors;
    s->f = f;
    s->x = (double *)of_tmp(c, f, sizeof(double));
    s->k = (double *)of_tmp(c, vectors, sizeof(double));
    return s->x && s->k ? OF_OK : of_nomem(c->err);
}

static double svm_dot(const double *x, const float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * (double)v[i];
    return sum;
}

static double svm_kernel_of(const svm *s, const float *v)
{
    double sum = 0;

    if (s->kernel == SVM_RBF) {
        for (size_t i = 0; i < s->f; i++) {
            const double d = s->x[i] - (double)v[i];
            sum += d * d;
        }
        return of_m_exp(-s->gamma * sum);
    }
    sum = svm_dot(s->x, v, s->f);
    if (s->kernel == SVM_LINEAR) return sum;
    sum = s->gamma * sum + s->coef0;
    return s->kernel == SVM_POLY ? of_m_pow(sum, s->degree) : of_m_tanh(sum);
}

/* Reads row i and fills k. */
static of_status svm_row(of_opctx *c, const svm *s, const of_ml_rows *r, size_t i)
{
    OF_TRY(of_work(
        c, of_sat_add(of_sat_mul(s->vectors, of_sat_add(s->f, 20)), of_sat_add(s->f, s->n_coef))));
    OF_TRY(of_ml_read_row(c, r, i, s->x));
    for (size_t v = 0; v < s->vectors; v++) s->k[v] = svm_kernel_of(s, s->sv + v * s->f);
    return OF_OK;
}

/* ---- SVMRegressor ---- */

of_status of_infer_SVMRegressor(of_opctx *c)
{
    of_dim n, f;

    OF_TRY(of_ml_infer_rows(c, OF_ML_NUMBERS, true, &n, &f));
    return of_ml_set_out2(c, 0, OF_FLOAT, n, of_dim_num(1));
}

of_status of_eval_SVMRegressor(of_opctx *c)
{
    const of_ml_rows r = of_ml_rows_of(of_in(c, 0));
    int64_t vectors, one_class;
    of_tensor *y;
    svm s;

    OF_TRY(svm_attrs(c, &s));
    OF_TRY(of_get_int(c, "n_supports", 0, &vectors));
    OF_TRY(of_get_int(c, "one_class", 0, &one_class));
    if (vectors < 0) return OF_INVALID(c, "%lld support vectors", (long long)vectors);
    if (s.post != OF_ML_NONE) return OF_UNSUP(c, "a transform of one score");
    if (s.n_coef != (vectors ? (size_t)vectors : r.f))
        return OF_INVALID(c, "%zu coefficients", s.n_coef);
    OF_TRY(svm_begin(c, &s, (size_t)vectors, r.f));
    OF_TRY(of_out(c, 0, &y));
    for (size_t i = 0; i < r.n; i++) {
        double sum;
        OF_TRY(svm_row(c, &s, &r, i));
        sum = svm_dot(vectors ? s.k : s.x, s.coef, s.n_coef) + (double)s.rho[0];
        if (one_class && sum != sum) return OF_UNSUP(c, "a score that is NaN");
        if (one_class) sum = sum > 0 ? 1 : -1;
        of_write_f64(y, i, 1, &sum, 1);
    }
    return OF_OK;
}

/* ---- SVMClassifier ---- */

typedef struct svc {
    svm s;
    of_ml_labels labels;
    const int64_t *per_class;
    size_t n_per_class, pairs, cols; /* cols: of the scores */
    bool all_positive;               /* coefficients */
    double *score;                   /* pairs or classes, the larger; one more for two of one */
    uint32_t *votes;
    double *p, *q, *qp, *r; /* of coupling: p, qp k long, q and r k by k */
} svc;

/* Attributes, and how many scores a row has. */
static of_status svc_attrs(of_opctx *c, svc *v)
{
    size_t vectors = 0, k;

    OF_TRY(svm_attrs(c, &v->s));
    OF_TRY(of_ml_labels_get(c, "classlabels_ints", "classlabels_strings", &v->labels));
    OF_TRY(of_get_floats(c, "prob_a", &v->s.prob_a, &v->s.n_prob_a));
    OF_TRY(of_get_floats(c, "prob_b", &v->s.prob_b, &v->s.n_prob_b));
    OF_TRY(of_get_ints(c, "vectors_per_class", &v->per_class, &v->n_per_class));
    for (size_t i = 0; i < v->n_per_class; i++)
        if (v->per_class[i] < 0 || !of_add_size(vectors, (size_t)v->per_class[i], &vectors))
            return OF_INVALID(c, "vectors_per_class out of range");
    v->s.vectors = vectors;
    k = v->labels.n;
    if (k > UINT16_MAX) return OF_INVALID(c, "%zu classes", k);
    v->pairs = k * (k - 1) / 2;
    v->cols = !vectors || v->s.n_prob_a ? k : v->pairs == 1 ? 2 : v->pairs;
    return OF_OK;
}

of_status of_infer_SVMClassifier(of_opctx *c)
{
    svc *v = OF_NEW(c->tmp, svc);
    of_dim n, f;

    if (!v) return of_nomem(c->err);
    OF_TRY(of_ml_infer_rows(c, OF_ML_NUMBERS, true, &n, &f));
    OF_TRY(svc_attrs(c, v));
    OF_TRY(of_ml_set_out(c, 0, v->labels.type, n));
    return of_ml_set_out2(c, 1, OF_FLOAT, n,
                          v->labels.n > 1 ? of_dim_num((int64_t)v->cols) : of_dim_unknown());
}

static of_status svc_begin(of_opctx *c, svc *v, size_t f)
{
    const size_t k = v->labels.n, vectors = v->s.vectors,
                 most = vectors && v->pairs > k ? v->pairs : k;
    size_t want;

    if (k < 2) return OF_UNSUP(c, "one class");
    if (!of_mul_size(vectors ? k - 1 : k, vectors ? vectors : f, &want) || want != v->s.n_coef)
        return OF_INVALID(c, "%zu coefficients", v->s.n_coef);
    if (vectors && (v->n_per_class != k || v->s.n_rho != v->pairs))
        return OF_INVALID(c, "%zu rho and %zu vectors_per_class for %zu classes", v->s.n_rho,
                          v->n_per_class, k);
    if (v->s.n_prob_a != v->s.n_prob_b || (v->s.n_prob_a && v->s.n_prob_a != v->pairs))
        return OF_INVALID(c, "prob_a and prob_b do not fit");
    if (!vectors) v->s.n_prob_a = 0; /* both: of pairs, of which there are none */
    v->all_positive = true;
    for (size_t i = 0; i < v->s.n_coef; i++) v->all_positive = v->all_positive && v->s.coef[i] >= 0;
    OF_TRY(svm_begin(c, &v->s, vectors, f));
    v->score = (double *)of_tmp(c, most, sizeof(double));
    v->votes = (uint32_t *)of_tmp(c, k, sizeof(uint32_t));
    v->p = (double *)of_tmp(c, k, sizeof(double));
    v->qp = (double *)of_tmp(c, k, sizeof(double));
    v->q = (double *)of_tmp(c, v->s.n_prob_a ? k * k : 1, sizeof(double));
    v->r = (double *)of_tmp(c, v->s.n_prob_a ? k * k : 1, sizeof(double));
    return v->score && v->votes && v->p && v->qp && v->q && v->r ? OF_OK : of_nomem(c->err);
}

/* A score for each pair of classes, and votes. Row j - 1 of the coefficients holds for class i < j
 * those against class j, and row i for class j those against class i. */
static void svc_pairs(const svc *v)
{
    const svm *s = &v->s;
    const size_t k = v->labels.n;
    size_t pair = 0, at_i = 0;

    for (size_t i = 0; i < k; i++) v->votes[i] = 0;
    for (size_t i = 0; i < k; i++) {
        const size_t n_i = (size_t)v->per_class[i];
        size_t at_j = at_i + n_i;
        for (size_t j = i + 1; j < k; j++, pair++) {
            const size_t n_j = (size_t)v->per_class[j];
            const double sum = svm_dot(s->k + at_i, s->coef + (j - 1) * s->vectors + at_i, n_i) +
                               svm_dot(s->k + at_j, s->coef + i * s->vectors + at_j, n_j) +
                               (double)s->rho[pair];
            v->score[pair] = sum;
            v->votes[sum > 0 ? i : j]++;
            at_j += n_j;
        }
        at_i += n_i;
    }
}

/* r[i, j]: how likely class i is, of i and j. */
static of_status svc_pair_probabilities(of_opctx *c, const svc *v)
{
    const size_t k = v->labels.n;
    size_t pair = 0;

    for (size_t i = 0; i < k; i++)
        for (size_t j = i + 1; j < k; j++, pair++) {
            double p = of_m_sigmoid(
                -(v->score[pair] * (double)v->s.prob_a[pair] + (double)v->s.prob_b[pair]));
            if (p != p) return OF_UNSUP(c, "a probability that is NaN");
            p = p < 1e-7 ? 1e-7 : p > 1 - 1e-7 ? 1 - 1e-7 : p;
            v->r[i * k + j] = p;
            v->r[j * k + i] = 1 - p;
        }
    return OF_OK;
}

/* Wu, Lin, Weng, "Probability estimates for multi-class classification by pairwise coupling", 2004,
 * the second approach, which is what prob_a and prob_b are made for: the p that minimizes p'Qp. */
static of_status svc_couple(of_opctx *c, const svc *v)
{
    const size_t k = v->labels.n;
    const double eps = 0.005 / (double)k;
    double *p = v->p, *q = v->q, *qp = v->qp;

    OF_TRY(svc_pair_probabilities(c, v));
    for (size_t i = 0; i < k; i++) {
        p[i] = 1 / (double)k;
        q[i * k + i] = 0;
        for (size_t j = 0; j < k; j++) {
            if (j == i) continue;
            q[i * k + i] += v->r[j * k + i] * v->r[j * k + i];
            q[i * k + j] = -v->r[j * k + i] * v->r[i * k + j];
        }
    }
    for (int round = 0; round < 100; round++) {
        double all = 0, worst = 0;
        OF_TRY(of_work(c, of_sat_mul(2 * k, k)));
        for (size_t i = 0; i < k; i++) {
            qp[i] = 0;
            for (size_t j = 0; j < k; j++) qp[i] += q[i * k + j] * p[j];
            all += p[i] * qp[i];
        }
        for (size_t i = 0; i < k; i++)
            if (fabs(qp[i] - all) > worst) worst = fabs(qp[i] - all);
        /* float32 might go on here, or might not */
        if (fabs(worst - eps) < 1e-4 * eps)
            return OF_UNSUP(c, "probabilities on the verge of their tolerance");
        if (worst < eps) return OF_OK;
        for (size_t i = 0; i < k; i++) {
            const double own = q[i * k + i], step = (all - qp[i]) / own;
            p[i] += step;
            all = (all + step * (step * own + 2 * qp[i])) / (1 + step) / (1 + step);
            for (size_t j = 0; j < k; j++) {
                qp[j] = (qp[j] + step * q[i * k + j]) / (1 + step);
                p[j] /= 1 + step;
            }
        }
    }
    return OF_UNSUP(c, "probabilities do not settle");
}

/* With support vectors: the label is what has the most votes. */
static of_status svc_row_vectors(of_opctx *c, const svc *v, const double **score, size_t *top)
{
    const of_ml_post post = v->s.post;
    const size_t k = v->labels.n;
    double *s = v->score;

    svc_pairs(v);
    for (size_t i = 0; i < v->pairs; i++)
        if (s[i] != s[i]) return OF_UNSUP(c, "a score that is NaN");
    *top = 0;
    for (size_t i = 1; i < k; i++)
        if (v->votes[i] > v->votes[*top]) *top = i;
    if (v->s.n_prob_a) {
        OF_TRY(svc_couple(c, v));
        *score = v->p;
        return of_ml_post_run(c, post, v->p, k);
    }
    *score = s;
    if (v->pairs > 1) return of_ml_post_run(c, post, s, v->pairs);
    /* Two classes of one score: what runtimes agree on. */
    if (post != OF_ML_NONE && post != OF_ML_LOGISTIC)
        return OF_UNSUP(c, "a transform of the one score of two classes");
    if (v->all_positive && *top == 0) return OF_UNSUP(c, "coefficients none of which is negative");
    s[1] = s[0];
    s[0] = -s[1];
    return of_ml_post_run(c, post, s, 2);
}

/* Without: one sum of products for each class. */
static of_status svc_row_linear(of_opctx *c, const svc *v, const double **score, size_t *top)
{
    const size_t k = v->labels.n;
    double *s = v->score;

    for (size_t j = 0; j < k; j++)
        s[j] = svm_dot(v->s.x, v->s.coef + j * v->s.f, v->s.f) + (double)v->s.rho[0];
    *score = s;
    OF_TRY(of_ml_top(c, s, k, top));
    /* runtimes have a threshold for two classes; they agree where it makes no difference */
    if (k == 2 && *top == 0 && (v->all_positive ? s[0] >= 0.5 : s[0] > 0))
        return OF_UNSUP(c, "the label of two classes of one sum each");
    return of_ml_classify(c, v->s.post, s, k, top);
}

of_status of_eval_SVMClassifier(of_opctx *c)
{
    const of_ml_rows r = of_ml_rows_of(of_in(c, 0));
    svc *v = OF_NEW(c->tmp, svc);
    of_tensor *y, *z;

    if (!v) return of_nomem(c->err);
    OF_TRY(svc_attrs(c, v));
    OF_TRY(svc_begin(c, v, r.f));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_out(c, 1, &z));
    for (size_t i = 0; i < r.n; i++) {
        const double *score = NULL;
        size_t top = 0;
        OF_TRY(svm_row(c, &v->s, &r, i));
        if (v->s.vectors) OF_TRY(svc_row_vectors(c, v, &score, &top));
        else OF_TRY(svc_row_linear(c, v, &score, &top));
        of_ml_label_put(y, i, &v->labels, top);
        of_write_f64(z, i * v->cols, 1, score, v->cols);
    }
    return OF_OK;
}
