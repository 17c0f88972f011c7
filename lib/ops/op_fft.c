/* Fourier transforms: radix 2 where the length is a power of two, else a convolution with a
 * chirp (Bluestein) of at least twice the length. */
#include "ops/op_fft.h"

#include "kern/kern_mathd.h"

#define OF_PI 3.14159265358979323846

uint64_t of_fft_work(size_t n)
{
    uint64_t log = 1;

    while (n >> log) log++;
    return of_sat_mul(n, 40 * log);
}

/* e^(-2 pi i num / den), num < den. The angle is brought into an eighth of the circle, where
 * sine and cosine are sharp, so that quarters of a turn are exact. */
static void of_fft_turn(uint64_t num, uint64_t den, double *re, double *im)
{
    const uint64_t eighth = 8 * num / den;
    const uint64_t base = (eighth + 1) / 2; /* nearest quarter */
    const double angle = 2 * OF_PI * ((double)num - (double)(base * den) / 4) / (double)den;
    const double cs = of_m_cos(angle), sn = of_m_sin(angle);

    switch (base & 3) {
    case 0: *re = cs, *im = -sn; break;
    case 1: *re = -sn, *im = -cs; break;
    case 2: *re = -cs, *im = sn; break;
    default: *re = sn, *im = cs; break;
    }
}

/* In place over size values, forward. */
static void of_fft_radix2(const of_fft *f, double *re, double *im)
{
    const size_t n = f->size;

    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) {
            const double a = re[i], b = im[i];
            re[i] = re[j];
            im[i] = im[j];
            re[j] = a;
            im[j] = b;
        }
    }
    for (size_t half = 1; half < n; half *= 2) {
        const size_t step = n / (2 * half);
        for (size_t i = 0; i < n; i += 2 * half)
            for (size_t k = 0; k < half; k++) {
                const double wr = f->turn[k * step], wi = f->turn[n / 2 + k * step];
                const size_t p = i + k, q = p + half;
                const double a = re[q] * wr - im[q] * wi, b = re[q] * wi + im[q] * wr;
                re[q] = re[p] - a;
                im[q] = im[p] - b;
                re[p] += a;
                im[p] += b;
            }
    }
}

static of_status of_fft_chirp(of_opctx *c, of_fft *f)
{
    const size_t n = f->n, m = f->size;

    f->chirp = (double *)of_tmp(c, n, 2 * sizeof(double));
    f->filter = (double *)of_tmp(c, m, 2 * sizeof(double));
    if (!f->chirp || !f->filter) return of_nomem(c->err);
    for (size_t k = 0; k < 2 * m; k++) f->filter[k] = 0;
    for (size_t k = 0, square = 0; k < n; k++) {
        of_fft_turn(square, 2 * (uint64_t)n, &f->chirp[k], &f->chirp[n + k]);
        square = (square + 2 * k + 1) % (2 * n); /* k^2 mod 2n */
        f->filter[k] = f->chirp[k];
        f->filter[m + k] = -f->chirp[n + k];
        if (k) {
            f->filter[m - k] = f->filter[k];
            f->filter[2 * m - k] = f->filter[m + k];
        }
    }
    of_fft_radix2(f, f->filter, f->filter + m);
    return OF_OK;
}

of_status of_fft_make(of_opctx *c, size_t n, of_fft *f)
{
    const bool power = (n & (n - 1)) == 0;

    *f = (of_fft){.n = n, .size = 1};
    if (n > SIZE_MAX / 64) return of_nomem(c->err);
    while (f->size < (power ? n : 2 * n - 1)) f->size *= 2;
    f->turn = (double *)of_tmp(c, f->size, sizeof(double));
    f->re = (double *)of_tmp(c, f->size, 2 * sizeof(double));
    if (!f->turn || !f->re) return of_nomem(c->err);
    f->im = f->re + f->size;
    for (size_t k = 0; k < f->size / 2; k++)
        of_fft_turn(k, f->size, &f->turn[k], &f->turn[f->size / 2 + k]);
    return power ? OF_OK : of_fft_chirp(c, f);
}

/* (re, im) times entry k of a table of n */
static void of_fft_times(double *re, double *im, double wr, double wi)
{
    const double a = *re * wr - *im * wi;

    *im = *re * wi + *im * wr;
    *re = a;
}

void of_fft_run(of_fft *f, bool inverse)
{
    const size_t n = f->n, m = f->size;
    double *re = f->re, *im = f->im;

    /* The inverse is the conjugate of the transform of the conjugate. */
    if (inverse)
        for (size_t k = 0; k < n; k++) im[k] = 0 - im[k]; /* no -0 */
    if (f->chirp) {
        for (size_t k = 0; k < n; k++) of_fft_times(&re[k], &im[k], f->chirp[k], f->chirp[n + k]);
        for (size_t k = n; k < m; k++) re[k] = im[k] = 0;
        of_fft_radix2(f, re, im);
        for (size_t k = 0; k < m; k++) {
            of_fft_times(&re[k], &im[k], f->filter[k], f->filter[m + k]);
            im[k] = -im[k];
        }
        of_fft_radix2(f, re, im); /* of the conjugate: back */
        for (size_t k = 0; k < n; k++) {
            re[k] /= (double)m;
            im[k] /= -(double)m;
            of_fft_times(&re[k], &im[k], f->chirp[k], f->chirp[n + k]);
        }
    } else {
        of_fft_radix2(f, re, im);
    }
    if (inverse)
        for (size_t k = 0; k < n; k++) {
            re[k] /= (double)n;
            im[k] = (0 - im[k]) / (double)n;
        }
}
