#include "kern/kern_norm.h"

#include <math.h>

#include "kern/kern_far.h"
#include "kern/kern_lanes.h"
#include "kern/kern_mathf_poly.h"
#include "kern/kern_reduce.h"

static inline float rounded(double v)
{
    const float f = (float)v;
    return f != f ? (float)NAN : f;
}

/* Each way to go through s and b is a loop of its own, for vectors. */
static void affine(float *restrict d, const float *restrict x, double mean, double mul, const double *restrict s,
                   const double *restrict b, size_t step, size_t n)
{
    if (n == 0) return;
    if (step && b) {
        for (size_t i = 0; i < n; i++) d[i] = rounded(((double)x[i] - mean) * mul * s[i] + b[i]);
    } else if (step) {
        for (size_t i = 0; i < n; i++) d[i] = rounded(((double)x[i] - mean) * mul * s[i]);
    } else if (b) {
        const double scale = *s, bias = *b;
        for (size_t i = 0; i < n; i++) d[i] = rounded(((double)x[i] - mean) * mul * scale + bias);
    } else {
        const double scale = *s;
        for (size_t i = 0; i < n; i++) d[i] = rounded(((double)x[i] - mean) * mul * scale);
    }
}

static void standard(float *restrict d, const float *restrict x, double mean, double dev, double s, double b, size_t n)
{
    for (size_t i = 0; i < n; i++) d[i] = rounded(((double)x[i] - mean) / dev * s + b);
}

static void scale(float *restrict d, const double *restrict v, double mul, size_t n)
{
    for (size_t i = 0; i < n; i++) d[i] = rounded(v[i] * mul);
}

/* ---- sums ---- */

enum { VECTORS = OF_REDUCE_LANES / RVL };

#define ADD(a, v) ((a) + (v))

static inline double total(red_v *lane)
{
    red_v v;

    for (size_t half = VECTORS / 2; half > 0; half /= 2)
        for (size_t k = 0; k < half; k++) lane[k] += lane[k + half];
    v = lane[0];
    OF_FOLD(v, red_v, RVL, ADD);
    return v[0];
}

static double squares(const float *x, double mean, size_t n)
{
    red_v lane[VECTORS] = {{0}};
    double part[OF_REDUCE_LANES] = {0};
    size_t i = 0;

    for (; i + OF_REDUCE_LANES <= n; i += OF_REDUCE_LANES) {
        of_ahead(x + i);
        for (size_t k = 0; k < VECTORS; k++) {
            const red_v v = of_load_f32(x + i + k * RVL) - mean;
            lane[k] += v * v;
        }
    }
    if (i < n) { /* a lane that has nothing more gets a 0, which changes no square */
        for (size_t j = 0; i + j < n; j++) part[j] = (double)x[i + j] - mean;
        for (size_t k = 0; k < VECTORS; k++) {
            const red_v v = of_load_f64(part + k * RVL);
            lane[k] += v * v;
        }
    }
    return total(lane);
}

static inline red_v exp_of(red_v v)
{
    const double magic = 6755399441055744.0; /* 1.5 * 2^52 */
    const red_v kd = v * 0x1.71547652b82fep+0 + magic, k = kd - magic;
    const red_v r = (v - k * 0x1.62e42fefap-1) - k * 0x1.cf79abc9e3b39p-40;
    const red_v two = (red_v)(((red_i)kd + 1023) << 52);
    red_v q = of_mf_steady[9] - (red_v){0};

    _Pragma("GCC unroll 16") for (int j = 8; j >= 0; j--) q = q * r + of_mf_steady[j];
    return (red_v)((red_i)(two + two * (q * r)) & ~(red_i)(v < -700.0));
}

static double exps(double *d, const float *x, double top, size_t n)
{
    red_v lane[VECTORS], e;
    size_t i = 0;

    for (size_t k = 0; k < VECTORS; k++) lane[k] = -0.0 - (red_v){0};
    for (; i + OF_REDUCE_LANES <= n; i += OF_REDUCE_LANES)
        for (size_t k = 0; k < VECTORS; k++) {
            e = exp_of(of_load_f32(x + i + k * RVL) - top);
            memcpy(d + i + k * RVL, &e, sizeof e);
            lane[k] += e;
        }
    if (i < n) {
        float last[OF_REDUCE_LANES] = {0};
        double part[OF_REDUCE_LANES];
        for (size_t j = 0; i + j < n; j++) last[j] = x[i + j];
        for (size_t k = 0; k < VECTORS; k++) {
            e = exp_of(of_load_f32(last + k * RVL) - top);
            memcpy(part + k * RVL, &e, sizeof e);
        }
        for (size_t j = n - i; j < OF_REDUCE_LANES; j++) part[j] = -0.0;
        for (size_t k = 0; k < VECTORS; k++) lane[k] += of_load_f64(part + k * RVL);
        memcpy(d + i, part, (n - i) * sizeof *d);
    }
    return total(lane);
}

void OF_KERN_NAME(of_kern_norm_init)(of_kern_norm *k)
{
    k->affine = affine;
    k->standard = standard;
    k->scale = scale;
    k->squares = squares;
    k->exps = exps;
}
