/* ai.onnx.ml: elements or rows of numbers to the like. ArrayFeatureExtractor, Binarizer,
 * FeatureVectorizer, Imputer, Normalizer, Scaler. */
#include "ops/op_ml.h"

#include <math.h>
#include <string.h>

/* ---- ArrayFeatureExtractor ---- */

of_status of_infer_ArrayFeatureExtractor(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0), *y = of_in_shape(c, 1);
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_need_tensor(c, 1));
    OF_TRY(of_want_types(c, 0, OF_ML_NUMBERS | OF_TS(OF_STRING)));
    OF_TRY(of_want_types(c, 1, OF_TS(OF_INT64)));
    if (x->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
    if (x->rank == 0) return OF_INVALID(c, "the input is a scalar");
    if (x->rank == 1) { /* as runtimes have it: a row */
        OF_TRY(of_new_shape(c, 2, &s));
        s.d[0] = of_dim_num(1);
    } else OF_TRY(of_shape_copy(c, x, &s));
    s.d[s.rank - 1] = y->rank < 0 ? of_dim_unknown() : of_dims_product(c, y->d, y->rank);
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_ArrayFeatureExtractor(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0), *y = of_in(c, 1);
    const int64_t *at = (const int64_t *)y->data, size = x->dims[x->rank - 1];
    const size_t mem = of_mem_of(x);
    of_tensor *out;
    int64_t to = 0;

    for (int64_t k = 0; k < y->count; k++)
        if (at[k] < 0 || at[k] >= size)
            return OF_INVALID(c, "index %lld of %lld", (long long)at[k], (long long)size);
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    for (int64_t from = 0; to < out->count; from += size)
        for (int64_t k = 0; k < y->count; k++, to++)
            memcpy(of_bytes(out, to), of_bytes(x, from + at[k]), mem);
    return OF_OK;
}

/* ---- Binarizer ---- */

of_status of_infer_Binarizer(of_opctx *c)
{
    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_want_types(c, 0, OF_ML_NUMBERS));
    return of_same_as_in(c, 0, 0);
}

/* v > t, exactly: a 64-bit integer is greater than t where it is greater than its floor. */
static bool greater_i64(int64_t v, double t)
{
    if (t != t || t >= 0x1p63) return false;
    return t < -0x1p63 || v > (int64_t)floor(t);
}

of_status of_eval_Binarizer(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const of_dtype t = (of_dtype)x->dtype;
    char one[16];
    of_tensor *y;
    float limit;

    OF_TRY(of_get_float(c, "threshold", 0, &limit));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)x->count));
    if (!of_number(t, 1, one)) return OF_UNSUP(c, "%s", of_dtypes[t].name);
    for (int64_t i = 0; i < x->count; i++) {
        bool over;
        if (t == OF_INT64) {
            over = greater_i64(((const int64_t *)x->data)[i], (double)limit);
        } else {
            double v;
            of_read_f64(x, (size_t)i, 1, &v, 1);
            over = v > (double)limit;
        }
        if (over) memcpy(of_bytes(y, i), one, of_mem_of(y)); /* the others are 0 */
    }
    return OF_OK;
}

/* ---- Scaler ---- */

of_status of_infer_Scaler(of_opctx *c)
{
    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_want_types(c, 0, OF_ML_NUMBERS));
    return of_set_out(c, 0, OF_FLOAT, *of_in_shape(c, 0));
}

/* A difference, then a product: of floats as float would do them, of the others in double. */
of_status of_eval_Scaler(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const float *offset, *scale;
    size_t n, n_scale;
    of_tensor *y;

    OF_TRY(of_get_floats(c, "offset", &offset, &n));
    OF_TRY(of_get_floats(c, "scale", &scale, &n_scale));
    if (!n || n != n_scale) return OF_INVALID(c, "%zu of offset and %zu of scale", n, n_scale);
    if (n > 1 && (x->rank < 1 || (uint64_t)x->dims[x->rank - 1] != n))
        return OF_INVALID(c, "offset does not fit the features");
    if (n > 1 && x->rank > 2) return OF_UNSUP(c, "features of an input of rank %u", x->rank);
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, 2)));
    for (size_t i = 0; i < (size_t)x->count; i++) {
        const float by = scale[i % n], off = offset[i % n];
        double v;
        of_read_f64(x, i, 1, &v, 1);
        if (x->dtype == OF_FLOAT) {
            const float d = (float)v - off;
            v = (double)(d * by);
        } else {
            if (x->dtype == OF_INT64 && fabs(v) > 0x1p53) return OF_UNSUP(c, "integers past 2^53");
            v = (v - (double)off) * (double)by;
        }
        of_write_f64(y, i, 1, &v, 1);
    }
    return OF_OK;
}

/* ---- Imputer ---- */

of_status of_infer_Imputer(of_opctx *c)
{
    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_want_types(c, 0, OF_ML_NUMBERS));
    return of_same_as_in(c, 0, 0);
}

/* Where element i of x is what has to go. */
static bool imputer_hit(const of_tensor *x, int64_t i, double number, int64_t whole)
{
    int64_t k;
    double v;

    if (of_tensor_get_i64(x, i, &k)) return k == whole;
    of_read_f64(x, (size_t)i, 1, &v, 1);
    return v == number || (v != v && number != number);
}

of_status of_eval_Imputer(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const bool is_float = of_dtype_is_float((of_dtype)x->dtype);
    const float *floats;
    const int64_t *ints;
    size_t n_floats, n_ints, n;
    int64_t whole;
    of_tensor *y;
    float number;

    OF_TRY(of_get_floats(c, "imputed_value_floats", &floats, &n_floats));
    OF_TRY(of_get_ints(c, "imputed_value_int64s", &ints, &n_ints));
    OF_TRY(of_get_float(c, "replaced_value_float", 0, &number));
    OF_TRY(of_get_int(c, "replaced_value_int64", 0, &whole));
    n = is_float ? n_floats : n_ints;
    if (!n || (n_floats && n_ints))
        return OF_INVALID(c, "one list of values of the input's kind is due");
    if (n > 1 && (x->rank < 1 || (uint64_t)x->dims[x->rank - 1] != n))
        return OF_INVALID(c, "the values do not fit the features");
    for (size_t i = 0; x->dtype == OF_INT32 && i < n; i++)
        if (ints[i] < INT32_MIN || ints[i] > INT32_MAX)
            return OF_INVALID(c, "a value does not fit int32");
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)x->count));
    for (int64_t i = 0; i < x->count; i++) {
        const size_t k = (size_t)i % n;
        if (!imputer_hit(x, i, (double)number, whole)) {
            memcpy(of_bytes(y, i), of_bytes(x, i), of_mem_of(x));
        } else if (is_float) {
            const double v = (double)floats[k];
            of_write_f64(y, (size_t)i, 1, &v, 1);
        } else if (x->dtype == OF_INT32) {
            ((int32_t *)y->data)[i] = (int32_t)ints[k];
        } else {
            ((int64_t *)y->data)[i] = ints[k];
        }
    }
    return OF_OK;
}

/* ---- Normalizer ---- */

of_status of_infer_Normalizer(of_opctx *c)
{
    of_dim n, f;

    OF_TRY(of_ml_infer_rows(c, OF_ML_NUMBERS, true, &n, &f));
    return of_set_out(c, 0, OF_FLOAT, *of_in_shape(c, 0));
}

typedef enum normalize { NORMALIZE_MAX, NORMALIZE_L1, NORMALIZE_L2 } normalize;

/* The sums are of magnitudes and the root keeps the sign, as runtimes have it; the largest element
 * is that with its sign, as the standard and onnxruntime have it. */
static of_status normalize_row(of_opctx *c, normalize mode, double *x, size_t n)
{
    double by = mode == NORMALIZE_MAX && n ? x[0] : 0;

    for (size_t k = 0; k < n; k++) {
        if (x[k] != x[k]) return OF_UNSUP(c, "a NaN");
        if (mode == NORMALIZE_MAX) by = x[k] > by ? x[k] : by;
        else by += mode == NORMALIZE_L1 ? fabs(x[k]) : x[k] * x[k];
    }
    if (!isfinite(by)) return OF_UNSUP(c, "a sum that is not finite");
    if (by == 0) return OF_OK;
    if (mode == NORMALIZE_L2) by = sqrt(by);
    for (size_t k = 0; k < n; k++) x[k] /= by;
    return OF_OK;
}

of_status of_eval_Normalizer(of_opctx *c)
{
    static const char *const names[] = {"MAX", "L1", "L2"};
    const of_ml_rows r = of_ml_rows_of(of_in(c, 0));
    of_tensor *y;
    of_str norm;
    size_t mode = 0;
    double *x;

    OF_TRY(of_get_str(c, "norm", "MAX", &norm));
    while (mode < 3 && !of_str_is(norm, names[mode])) mode++;
    if (mode == 3) return OF_INVALID(c, "norm is none of MAX, L1, L2");
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)y->count, 3)));
    if (y->count == 0) return OF_OK;
    x = (double *)of_tmp(c, r.f, sizeof(double));
    if (!x) return of_nomem(c->err);
    for (size_t i = 0; i < r.n; i++) {
        OF_TRY(of_ml_read_row(c, &r, i, x));
        OF_TRY(normalize_row(c, (normalize)mode, x, r.f));
        of_write_f64(y, i * r.f, 1, x, r.f);
    }
    return OF_OK;
}

/* ---- FeatureVectorizer ---- */

/* How many columns input i gives: what inputdimensions says, else its own. */
static of_status vectorizer_cols(of_opctx *c, uint32_t i, of_dim *rows, of_dim *cols)
{
    const of_shape *s = of_in_shape(c, i);
    const int64_t *want;
    size_t n;

    OF_TRY(of_need_tensor(c, i));
    OF_TRY(of_want_types(c, i, OF_ML_NUMBERS));
    OF_TRY(of_want_same(c, 0, i));
    OF_TRY(of_get_ints(c, "inputdimensions", &want, &n));
    if (n && n != c->n_in) return OF_INVALID(c, "%zu inputdimensions for %u inputs", n, c->n_in);
    if (n && want[i] < 0) return OF_INVALID(c, "inputdimensions has %lld", (long long)want[i]);
    if (s->rank > 2 || s->rank == 0) return OF_INVALID(c, "input %u has rank %d", i, (int)s->rank);
    *rows = s->rank < 0 ? of_dim_unknown() : s->rank == 2 ? s->d[0] : of_dim_num(1);
    *cols = n ? of_dim_num(want[i]) : s->rank < 0 ? of_dim_unknown() : s->d[s->rank - 1];
    return OF_OK;
}

of_status of_infer_FeatureVectorizer(of_opctx *c)
{
    of_dim rows = of_dim_unknown(), cols = of_dim_num(0);

    for (uint32_t i = 0; i < c->n_in; i++) {
        of_dim r, k;
        OF_TRY(vectorizer_cols(c, i, &r, &k));
        if (of_dim_is_num(cols) && of_dim_is_num(k) && cols.k > INT64_MAX - k.k)
            return OF_INVALID(c, "too many features");
        cols = of_dim_add(c->m->dims, cols, k);
        if (!of_dim_known(rows)) rows = r;
        else if (of_dim_known(r) && !of_dim_meet(rows, r, &rows))
            return OF_INVALID(c, "inputs of different numbers of rows");
    }
    return of_ml_set_out2(c, 0, OF_FLOAT, rows, cols);
}

static void vectorizer_copy(const of_tensor *x, size_t from, of_tensor *y, size_t to, size_t n)
{
    double block[64];

    if (x->dtype == OF_FLOAT) {
        if (n) memcpy((float *)y->data + to, (const float *)x->data + from, n * sizeof(float));
    } else if (x->dtype == OF_INT64) { /* by way of double some would be rounded twice */
        of_from_i64(OF_FLOAT, (const int64_t *)x->data + from, (float *)y->data + to, n);
    } else {
        for (size_t k = 0; k < n; k += 64) {
            const size_t some = n - k < 64 ? n - k : 64;
            of_read_f64(x, from + k, 1, block, some);
            of_write_f64(y, to + k, 1, block, some);
        }
    }
}

of_status of_eval_FeatureVectorizer(of_opctx *c)
{
    size_t at = 0, width;
    of_tensor *y;

    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)y->count));
    width = (size_t)y->dims[1];
    for (uint32_t i = 0; y->count && i < c->n_in; i++) {
        const of_ml_rows r = of_ml_rows_of(of_in(c, i));
        of_dim rows, cols;
        size_t n;
        OF_TRY(vectorizer_cols(c, i, &rows, &cols));
        /* cut, or filled up with zeros, as runtimes do */
        n = (uint64_t)cols.k < r.f ? (size_t)cols.k : r.f;
        for (size_t row = 0; row < r.n; row++)
            vectorizer_copy(r.x, row * r.f, y, row * width + at, n);
        at += (size_t)cols.k;
    }
    return OF_OK;
}
