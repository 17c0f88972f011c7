/* Det: Gaussian elimination with the largest pivot, in double. */
#include <math.h>

#include "ops/op_numeric.h"

of_status of_infer_Det(of_opctx *c)
{
    const of_shape *x = of_in_shape(c, 0);
    of_shape y = of_shape_unknown();

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT));
    if (x->rank >= 0) {
        const of_dim *d = x->d + x->rank;
        if (x->rank < 2 || (of_dim_is_num(d[-1]) && of_dim_is_num(d[-2]) && d[-1].k != d[-2].k))
            return OF_INVALID(c, "the input is no square matrix");
        y = of_shape_new(c, x->rank - 2);
        for (int32_t k = 0; k < y.rank; k++) y.d[k] = x->d[k];
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

static double of_det(double *a, size_t n)
{
    double det = 1;

    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[best * n + k])) best = i;
        if (best != k) {
            det = -det;
            for (size_t j = k; j < n; j++) {
                const double t = a[k * n + j];
                a[k * n + j] = a[best * n + j];
                a[best * n + j] = t;
            }
        }
        det *= a[k * n + k];
        if (a[k * n + k] == 0) return det;
        for (size_t i = k + 1; i < n; i++) {
            const double f = a[i * n + k] / a[k * n + k];
            for (size_t j = k + 1; j < n; j++) a[i * n + j] -= f * a[k * n + j];
        }
    }
    return det;
}

of_status of_eval_Det(of_opctx *c)
{
    const of_tensor *x = of_in(c, 0);
    const size_t n = (size_t)x->dims[x->rank - 1];
    of_tensor *y;
    double *a;

    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)x->count, n + 1)));
    a = (double *)of_tmp(c, n * n, sizeof *a);
    if (!a) return of_nomem(c->err);
    for (size_t i = 0; i < (size_t)y->count; i++) {
        double d;
        of_read_f64(x, i * n * n, 1, a, n * n);
        d = of_det(a, n); /* of no rows: 1, the empty product */
        of_write_f64(y, i, 1, &d, 1);
    }
    return OF_OK;
}
