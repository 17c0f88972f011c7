/* What normalizations and Softmax do to a run of float32: in double, each result rounded once, a
 * NaN being the one. Nothing overlaps. */
#ifndef OF_KERN_NORM_H
#define OF_KERN_NORM_H

#include <stddef.h>

#include "kern/kern_isa.h"

typedef struct of_kern_norm {
    /* d = (x - mean) * mul * s + b; step 0 or 1 is that of s and b. Without b (NULL) nothing is added. */
    void (*affine)(float *d, const float *x, double mean, double mul, const double *s, const double *b, size_t step,
                   size_t n);
    /* d = (x - mean) / dev * s + b */
    void (*standard)(float *d, const float *x, double mean, double dev, double s, double b, size_t n);
    /* d = v * mul */
    void (*scale)(float *d, const double *v, double mul, size_t n);
    /* The sum of (x - mean)^2 in the order of of_kern_reduce's run. */
    double (*squares)(const float *x, double mean, size_t n);
    /* d = exp(x - top) as of_kern_arith's exp_run has it, for x no greater than top, NaN or both infinite;
     * returns the sum of d in the order of of_kern_reduce's run. n > 0. */
    double (*exps)(double *d, const float *x, double top, size_t n);
} of_kern_norm;

void OF_KERN_NAME(of_kern_norm_init)(of_kern_norm *k);

#endif
