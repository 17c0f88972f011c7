/* Every transcendental function of the library goes through these, in double. */
#ifndef OF_KERN_MATHD_H
#define OF_KERN_MATHD_H

#include <math.h>

static inline double of_m_exp(double x) { return exp(x); }
static inline double of_m_expm1(double x) { return expm1(x); }
static inline double of_m_log(double x) { return log(x); }
static inline double of_m_log1p(double x) { return log1p(x); }
static inline double of_m_sin(double x) { return sin(x); }
static inline double of_m_cos(double x) { return cos(x); }
static inline double of_m_tan(double x) { return tan(x); }
static inline double of_m_asin(double x) { return asin(x); }
static inline double of_m_acos(double x) { return acos(x); }
static inline double of_m_atan(double x) { return atan(x); }
static inline double of_m_sinh(double x) { return sinh(x); }
static inline double of_m_cosh(double x) { return cosh(x); }
static inline double of_m_tanh(double x) { return tanh(x); }
static inline double of_m_asinh(double x) { return asinh(x); }
static inline double of_m_acosh(double x) { return acosh(x); }
static inline double of_m_atanh(double x) { return atanh(x); }
static inline double of_m_erf(double x) { return erf(x); }
static inline double of_m_erfc(double x) { return erfc(x); }
static inline double of_m_pow(double x, double y) { return pow(x, y); }

/* Exact by definition, whoever computes them. */
static inline double of_m_fmod(double x, double y) { return fmod(x, y); }

/* The logistic function without overflow on either side. */
static inline double of_m_sigmoid(double x)
{
    double e;

    if (x >= 0) return 1.0 / (1.0 + of_m_exp(-x));
    e = of_m_exp(x); /* NaN comes this way too */
    return e / (1.0 + e);
}

/* log(1 + exp(x)) without overflow; NaN stays NaN. */
static inline double of_m_softplus(double x)
{
    return (x > 0 ? x : 0.0) + of_m_log1p(of_m_exp(-fabs(x)));
}

#endif
