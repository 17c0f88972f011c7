/* Rows, labels and transforms of ai.onnx.ml. */
#include "ops/op_ml.h"

#include "kern/kern_mathd.h"

#include <string.h>

/* ---- rows ---- */

of_status of_ml_infer_rows(of_opctx *c, uint32_t types, bool line, of_dim *n, of_dim *f)
{
    const of_shape *s = of_in_shape(c, 0);

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_want_types(c, 0, types));
    *n = *f = of_dim_unknown();
    if (s->rank < 0) return OF_OK;
    if (s->rank != 2 && !(line && s->rank == 1))
        return OF_INVALID(c, "the input has rank %d", (int)s->rank);
    *n = s->rank == 2 ? s->d[0] : of_dim_num(1);
    *f = s->d[s->rank - 1];
    return OF_OK;
}

of_ml_rows of_ml_rows_of(const of_tensor *x)
{
    return (of_ml_rows){x, x->rank == 2 ? (size_t)x->dims[0] : 1, (size_t)x->dims[x->rank - 1]};
}

of_status of_ml_read_row(of_opctx *c, const of_ml_rows *r, size_t i, double *to)
{
    of_read_f64(r->x, i * r->f, 1, to, r->f);
    for (size_t k = 0; r->x->dtype == OF_INT64 && k < r->f; k++)
        if (to[k] > 0x1p53 || to[k] < -0x1p53) return OF_UNSUP(c, "integers past 2^53");
    return OF_OK;
}

of_status of_ml_set_out(of_opctx *c, uint32_t i, of_dtype t, of_dim n)
{
    of_shape s;

    OF_TRY(of_new_shape(c, 1, &s));
    s.d[0] = n;
    return of_set_out(c, i, t, s);
}

of_status of_ml_set_out2(of_opctx *c, uint32_t i, of_dtype t, of_dim n, of_dim m)
{
    of_shape s;

    OF_TRY(of_new_shape(c, 2, &s));
    s.d[0] = n;
    s.d[1] = m;
    return of_set_out(c, i, t, s);
}

/* ---- transforms ---- */

of_status of_ml_post_get(of_opctx *c, of_ml_post *post)
{
    static const char *const names[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};
    of_str s;

    OF_TRY(of_get_str(c, "post_transform", "NONE", &s));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!of_str_is(s, names[i])) continue;
        *post = (of_ml_post)i;
        return OF_OK;
    }
    return OF_INVALID(c, "post_transform is not known");
}

/* exp(v - largest) over their sum. With zeros left out, those stay 0 (the standard only names
 * SOFTMAX_ZERO; this is what runtimes do). */
static of_status softmax(of_opctx *c, double *s, size_t n, bool zeros)
{
    double top = s[0], sum = 0;

    for (size_t i = 1; i < n; i++)
        if (s[i] > top) top = s[i];
    for (size_t i = 0; i < n; i++) {
        /* runtimes take what is this near to 0 for 0, each in its own way */
        if (zeros && s[i] != 0 && fabs(s[i]) <= 1.1e-7)
            return OF_UNSUP(c, "a score next to 0 in SOFTMAX_ZERO");
        if (!zeros || s[i] != 0) s[i] = of_m_exp(s[i] - top);
        sum += s[i];
    }
    if (!(sum > 0x1p-120)) return OF_UNSUP(c, "nothing but zeros in SOFTMAX_ZERO");
    for (size_t i = 0; i < n; i++) s[i] /= sum;
    return OF_OK;
}

/* The quantile of the normal distribution by way of Winitzki's approximation of the inverse error
 * function, which is what runtimes compute: the true value is up to 2e-3 away from it. */
static double probit(double p)
{
    const double pi = 3.14159265358979323846, a = 0.147, x = 2 * p - 1;
    const double l = of_m_log((1 - x) * (1 + x)), v = 2 / (pi * a) + 0.5 * l;
    const double r = 1.41421356 * sqrt(sqrt(v * v - l / a) - v);

    return x == 0 ? 0 : x < 0 ? -r : r;
}

of_status of_ml_post_run(of_opctx *c, of_ml_post post, double *s, size_t n)
{
    if (post == OF_ML_NONE || n == 0) return OF_OK;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(s[i])) return OF_UNSUP(c, "a score that is not finite");
        /* next to 0 and 1 float32 has too few digits for runtimes to agree; beyond, no value is due
         */
        if (post == OF_ML_PROBIT && !(s[i] > 1e-5 && s[i] < 1 - 1e-5))
            return OF_UNSUP(c, "PROBIT of what is not between 0 and 1");
    }
    /* Of one score the standard wants the transform, and runtimes leave it out. */
    if (n == 1 && post != OF_ML_PROBIT) return OF_UNSUP(c, "a transform of one score");
    OF_TRY(of_work(c, of_sat_mul(n, 20)));
    if (post == OF_ML_SOFTMAX || post == OF_ML_SOFTMAX_ZERO)
        return softmax(c, s, n, post == OF_ML_SOFTMAX_ZERO);
    for (size_t i = 0; i < n; i++)
        s[i] = post == OF_ML_LOGISTIC ? of_m_sigmoid(s[i]) : probit(s[i]);
    return OF_OK;
}

of_status of_ml_top(of_opctx *c, const double *s, size_t n, size_t *top)
{
    *top = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] != s[i]) return OF_UNSUP(c, "a score that is NaN");
        if (s[i] > s[*top]) *top = i;
    }
    return OF_OK;
}

of_status of_ml_classify(of_opctx *c, of_ml_post post, double *s, size_t n, size_t *top)
{
    size_t after = 0;

    OF_TRY(of_ml_top(c, s, n, top));
    OF_TRY(of_ml_post_run(c, post, s, n));
    for (size_t i = 1; i < n; i++)
        if ((float)s[i] > (float)s[after]) after = i;
    if (after != *top) return OF_UNSUP(c, "the largest score is another one once transformed");
    return OF_OK;
}

/* ---- labels, lists ---- */

of_status of_ml_labels_get(of_opctx *c, const char *ints, const char *strs, of_ml_labels *l)
{
    size_t n_ints, n_strs;

    OF_TRY(of_get_ints(c, ints, &l->ints, &n_ints));
    OF_TRY(of_get_strs(c, strs, &l->strs, &n_strs));
    if ((n_ints != 0) == (n_strs != 0)) return OF_INVALID(c, "one of %s and %s is due", ints, strs);
    l->n = n_ints + n_strs;
    l->type = n_ints ? OF_INT64 : OF_STRING;
    return OF_OK;
}

void of_ml_label_put(of_tensor *y, size_t i, const of_ml_labels *l, size_t place)
{
    if (l->type == OF_INT64) ((int64_t *)y->data)[i] = l->ints[place];
    else ((of_str *)y->data)[i] = l->strs[place];
}

of_status of_ml_list_get(of_opctx *c, const char *floats, const char *tensor, of_ml_list *l)
{
    of_tensor *t = NULL;

    *l = (of_ml_list){0, NULL, NULL};
    if (floats) OF_TRY(of_get_floats(c, floats, &l->f, &l->n));
    if (tensor) OF_TRY(of_get_tensor(c, tensor, &t));
    if (!t) return OF_OK;
    if (l->n) return OF_INVALID(c, "both %s and %s", floats, tensor);
    if (t->dtype != OF_DOUBLE && t->dtype != OF_FLOAT && t->dtype != OF_FLOAT16)
        return OF_INVALID(c, "%s is %s", tensor, of_dtypes[t->dtype].name);
    OF_TRY(of_tensor_load(t, c->err));
    l->t = t;
    l->n = (size_t)t->count;
    return OF_OK;
}

double of_ml_at(const of_ml_list *l, size_t i)
{
    double v;

    if (!l->t) return (double)l->f[i];
    of_read_f64(l->t, i, 1, &v, 1);
    return v;
}
