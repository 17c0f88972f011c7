/* What the operators of ai.onnx.ml share: rows of features, class labels, transforms of
 * scores. Scores are computed in double and rounded once. */
#ifndef OF_OPS_OP_ML_H
#define OF_OPS_OP_ML_H

#include "ops/op_moves.h"
#include "ops/op_numeric.h"

#define OF_ML_NUMBERS (OF_TS(OF_FLOAT) | OF_TS(OF_DOUBLE) | OF_TS(OF_INT32) | OF_TS(OF_INT64))

/* Input 0 as [N, F] or, with line, [F], which is one row: what is known of N and F. */
of_status of_ml_infer_rows(of_opctx *c, uint32_t types, bool line, of_dim *n, of_dim *f);
/* The same of a value. */
typedef struct of_ml_rows {
    const of_tensor *x;
    size_t n, f;
} of_ml_rows;
of_ml_rows of_ml_rows_of(const of_tensor *x);
/* Row i as double. 64-bit integers that double does not hold: OF_E_UNSUPPORTED. */
of_status of_ml_read_row(of_opctx *c, const of_ml_rows *r, size_t i, double *to);
/* Output i of shape [n] or [n, m]. */
of_status of_ml_set_out(of_opctx *c, uint32_t i, of_dtype t, of_dim n);
of_status of_ml_set_out2(of_opctx *c, uint32_t i, of_dtype t, of_dim n, of_dim m);

/* The numbers are those of TreeEnsemble-5. */
typedef enum of_ml_post {
    OF_ML_NONE,
    OF_ML_SOFTMAX,
    OF_ML_LOGISTIC,
    OF_ML_SOFTMAX_ZERO,
    OF_ML_PROBIT
} of_ml_post;
of_status of_ml_post_get(of_opctx *c, of_ml_post *post); /* attribute post_transform, a text */
/* Transforms the n scores of a row. What runtimes do not agree on: OF_E_UNSUPPORTED. */
of_status of_ml_post_run(of_opctx *c, of_ml_post post, double *s, size_t n);
/* The place of the largest score, the first one of equals. A NaN: OF_E_UNSUPPORTED. */
of_status of_ml_top(of_opctx *c, const double *s, size_t n, size_t *top);
/* The place of the largest score, and s transformed. Where the largest one afterwards is another
 * one: OF_E_UNSUPPORTED. */
of_status of_ml_classify(of_opctx *c, of_ml_post post, double *s, size_t n, size_t *top);

/* Class labels: exactly one of two lists. */
typedef struct of_ml_labels {
    size_t n;
    const int64_t *ints;
    const of_str *strs;
    of_dtype type;
} of_ml_labels;
of_status of_ml_labels_get(of_opctx *c, const char *ints, const char *strs, of_ml_labels *l);
void of_ml_label_put(of_tensor *y, size_t i, const of_ml_labels *l, size_t place);

/* A list of floats, or a tensor in its place. */
typedef struct of_ml_list {
    size_t n;
    const float *f;
    const of_tensor *t; /* loaded; NULL: f */
} of_ml_list;
/* tensor or floats NULL: only the other one. Both there: OF_E_EVAL. */
of_status of_ml_list_get(of_opctx *c, const char *floats, const char *tensor, of_ml_list *l);
double of_ml_at(const of_ml_list *l, size_t i);

#endif
