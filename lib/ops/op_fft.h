/* Discrete Fourier transforms of any length, in double. */
#ifndef OF_OPS_OP_FFT_H
#define OF_OPS_OP_FFT_H

#include "ops/op_numeric.h"

typedef struct of_fft {
    size_t n, size;     /* length; the power of two that is worked in */
    double *turn;       /* e^(-2 pi i k / size), k < size / 2: real parts, then imaginary */
    double *chirp;      /* e^(-pi i k^2 / n), k < n; NULL when n is a power of two */
    double *filter;     /* transform of the conjugate chirp */
    double *re, *im;    /* size each */
} of_fft;

/* Scratch from c->tmp. n is at least 1. */
of_status of_fft_make(of_opctx *c, size_t n, of_fft *f);
/* Transforms the n values in f->re and f->im; inverse: with the other sign and divided by n. */
void of_fft_run(of_fft *f, bool inverse);
/* Steps that one transform of length n takes. */
uint64_t of_fft_work(size_t n);

#endif
