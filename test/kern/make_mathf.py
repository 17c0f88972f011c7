#!/usr/bin/env python3
"""Prints lib/kern/kern_mathf_poly.h: polynomials in double, near-minimax (Chebyshev), for the
float32 functions. Each is good to 2^-38 or better; what is left near a rounding boundary of
float32 goes to the functions of kern_mathd.h."""
import mpmath
from mpmath import mp, mpf

mp.prec = 240
LN2 = mpmath.log(2)


def series(f):
    """f at 0 as its limit."""
    def g(x):
        return f(x if abs(x) > mpf(2) ** -60 else mpf(2) ** -60)
    return g


def over(f, power=1):
    return series(lambda x: f(x) / x ** power)


def root(f):
    """f(sqrt(z)) / sqrt(z): an odd function as a polynomial of the square."""
    return series(lambda z: f(mpmath.sqrt(z)) / mpmath.sqrt(z))


def erfcx_map(t):
    # t = (x - 3) / (x + 3)
    x = 3 * (1 + t) / (1 - t)
    return (x + 3) * mpmath.exp(x * x) * mpmath.erfc(x)


PI4 = (mpmath.pi / 4) ** 2 * mpf('1.0001')
S = ((mpmath.sqrt(2) - 1) / (mpmath.sqrt(2) + 1)) ** 2 * mpf('1.0001')
ROWS = [
    ('expm1', 'expm1(r) / r, |r| <= ln2 / 2', over(mpmath.expm1), (-LN2 / 2 * mpf('1.001'), LN2 / 2 * mpf('1.001')), 8),
    ('steady', 'the same, for sums in double', over(mpmath.expm1), (-LN2 / 2 * mpf('1.001'), LN2 / 2 * mpf('1.001')), 10),
    ('log', 'atanh(s) / s by s^2, |s| <= 0.1716', root(mpmath.atanh), (0, S), 6),
    ('log2', '2 atanh(s) / (s ln2) by s^2', root(lambda s: 2 * mpmath.atanh(s) / LN2), (0, S), 8),
    ('log1p', 'atanh(s) / s by s^2, s in [0, 1/3]', root(mpmath.atanh), (0, mpf(1) / 9), 8),
    ('exp2', '2^r, |r| <= 1/2', lambda r: mpf(2) ** r, (mpf('-0.5005'), mpf('0.5005')), 9),
    ('sin', 'sin(r) / r by r^2, |r| <= pi/4', root(mpmath.sin), (0, PI4), 5),
    ('cos', 'cos(r) by r^2', lambda z: mpmath.cos(mpmath.sqrt(z)), (0, PI4), 6),
    ('erf', 'erf(x) / x by x^2 / 8 - 1, |x| <= 4', lambda t: root(mpmath.erf)(8 + 8 * t), (-1, 1), 22),
    ('erfcx', '(x + 3) exp(x^2) erfc(x) by (x - 3) / (x + 3), x in [0, 9.9]', erfcx_map, (-1, mpf(691) / 1291), 14),
    ('atan', 'atan(a) / a by a^2, a in [0, 1]', root(mpmath.atan), (0, 1), 14),
    ('asin', 'asin(a) / a by a^2, a in [0, 1/2]', root(mpmath.asin), (0, mpf('0.25')), 10),
]


def main():
    print('/* Made by test/kern/make_mathf.py. Coefficients from the lowest power on. */')
    print('#ifndef OF_KERN_MATHF_POLY_H\n#define OF_KERN_MATHF_POLY_H\n')
    for name, text, f, interval, n in ROWS:
        c = list(reversed(mpmath.chebyfit(f, interval, n)))
        a, b = interval
        worst = max(abs((mpmath.polyval(c[::-1], a + (b - a) * k / 400) - f(a + (b - a) * mpf(k) / 400)) /
                        f(a + (b - a) * mpf(k) / 400)) for k in range(1, 400))
        print('/* %s: 2^%.1f */' % (text, float(mpmath.log(worst, 2))))
        print('static const double of_mf_%s[%d] = {' % (name, n))
        for v in c:
            print('    %s,' % float(v).hex())
        print('};\n')
    print('#endif')


if __name__ == '__main__':
    main()
