/* Every transcendental function of the library goes through these, in double. They use
 * IEEE 754 basic operations only, so their bits do not depend on the machine, its C
 * library or the compiler; docs/fidelity.md has the measured errors, all near half a unit
 * in the last place. Special cases are those of C11 Annex F; a NaN result is the one
 * positive quiet NaN. */
#ifndef OF_KERN_MATHD_H
#define OF_KERN_MATHD_H

#include <math.h>

double of_m_exp(double x);
double of_m_expm1(double x);
double of_m_log(double x);
double of_m_log1p(double x);
double of_m_sin(double x);
double of_m_cos(double x);
double of_m_tan(double x);
double of_m_asin(double x);
double of_m_acos(double x);
double of_m_atan(double x);
double of_m_sinh(double x);
double of_m_cosh(double x);
double of_m_tanh(double x);
double of_m_asinh(double x);
double of_m_acosh(double x);
double of_m_atanh(double x);
double of_m_erf(double x);
double of_m_erfc(double x);
double of_m_pow(double x, double y);

/* 1 / (1 + exp(-x)), ln(1 + exp(x)), x tanh(ln(1 + exp(x))), x/2 (1 + erf(x / sqrt 2)) */
double of_m_sigmoid(double x);
double of_m_softplus(double x);
double of_m_mish(double x);
double of_m_gelu(double x);

/* gelu's tanh form is x sigmoid(this): 2 sqrt(2 / pi) (x + 0.044715 x^3) */
static inline double of_mf_gelu_arg(double x) { return 1.59576912160573071164 * (x + 0.044715 * x * x * x); }

/* Exact by definition, whoever computes it. */
static inline double of_m_fmod(double x, double y) { return fmod(x, y); }

#endif
