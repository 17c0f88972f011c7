#!/usr/bin/env python3
"""Writes every constant that the functions of kern_mathd.h use, computed from its
definition with mpmath and rounded once.

    python3 test/kern/make_mathtab.py > lib/kern/kern_mathtab.c
    python3 test/kern/make_mathtab.py erf > lib/kern/kern_erftab.c
"""
import sys

import mpmath
from mpmath import mp, mpf

mp.prec = 1600


def hexd(v):
    """Nearest double, as a C literal."""
    return float(v).hex().replace('0x0.0p+0', '0').replace('0x1.0000000000000p', '0x1p')


def dd(v):
    h = mpf(float(v))
    return '{%s, %s}' % (hexd(h), hexd(v - h))


def few(v, bits):
    """v cut to so many bits."""
    m, e = mpmath.frexp(v)
    return mpmath.ldexp(mpmath.floor(mpmath.ldexp(m, bits)), e - bits)


def rows(items, per):
    items = list(items)
    for i in range(0, len(items), per):
        print('    ' + ', '.join(items[i:i + per]) + ',')


def table(decl, items, per):
    print('%s = {' % decl)
    rows(items, per)
    print('};')


def parts(v, bits, count):
    """v as count parts of few bits and one of 53."""
    out = []
    for _ in range(count):
        p = few(v, bits)
        out.append(hexd(p))
        v -= p
    return out + [hexd(v)]


def log_c(j):
    """A short number near 128/j; 1 at and around j = 128."""
    return mpf(1) if j == 128 else mpmath.nint(mpf(1024) * 128 / j) / 1024


def erfcx(x):
    return mpmath.exp(x * x) * mpmath.erfc(x)


def erfcx_taylor(c, n):
    """Taylor coefficients of erfcx at c from y' = 2 x y - 2/sqrt(pi)."""
    a = [erfcx(c)]
    a.append(2 * c * a[0] - 2 / mpmath.sqrt(mpmath.pi))
    for k in range(1, n):
        a.append((2 * c * a[k] + 2 * a[k - 1]) / (k + 1))
    return a


def tables():
    pi = mpmath.pi
    for name, v in (('pi', pi), ('2_sqrtpi', 2 / mpmath.sqrt(pi)), ('sqrt1_2', mpmath.sqrt(mpf(1) / 2)),
                    ('sixth', mpf(1) / 6), ('third', mpf(1) / 3), ('ln2_dd', mpmath.ln(2))):
        print('const of_dd of_mt_%s = %s;' % (name, dd(v)))
    print()
    print('/* ln2/128 in two short parts and the rest */')
    table('const double of_mt_ln2_128[3]', parts(mpmath.ln(2) / 128, 34, 2), 3)
    print('\n/* 2^(i/128) */')
    table('const of_dd of_mt_exp2[128]', [dd(mpf(2) ** (mpf(i) / 128)) for i in range(128)], 2)
    print('\n/* ln2: a part short enough to be multiplied by an exponent, and the rest */')
    table('const double of_mt_ln2[2]', parts(mpmath.ln(2), 40, 1), 2)
    print('\n/* c near 128/j and -ln(c), j from 90 on */')
    print('const of_mt_log of_mt_logs[OF_MT_LOGS] = {')
    for j in range(90, 183):
        c = log_c(j)
        print('    {%s, %s},' % (hexd(c), dd(-mpmath.ln(c))))
    print('};')
    print('\n/* pi/64 in three short parts and the rest */')
    table('const double of_mt_pi_64[4]', parts(mpmath.pi / 64, 30, 3), 4)
    print('\n/* sin(i pi/64) */')
    table('const of_dd of_mt_sin[33]', [dd(mpmath.sin(i * mpmath.pi / 64)) for i in range(33)], 2)
    print('\n/* 64/pi: 32 bits a word, the first one the integer part */')
    v = 64 / mpmath.pi
    words = []
    for _ in range(40):
        w = int(mpmath.floor(v))
        words.append('0x%08X' % w)
        v = (v - w) * 2 ** 32
    table('const uint32_t of_mt_64_pi[40]', words, 8)
    print('\n/* atan(i/64) */')
    table('const of_dd of_mt_atan[65]', [dd(mpmath.atan(mpf(i) / 64)) for i in range(65)], 2)


def erf_tables():
    print('/* erf(x)/x in powers of x^2 */')
    c = [2 / mpmath.sqrt(mpmath.pi) * (-1) ** n / (mpmath.factorial(n) * (2 * n + 1))
         for n in range(18)]
    table('const of_dd of_mt_erf_dd[6]', [dd(v) for v in c[:6]], 2)
    table('const double of_mt_erf[12]', [hexd(v) for v in c[6:]], 3)
    print('\n/* exp(x^2) erfc(x) around the middle of each eighth of each octave from 1/2 on, in')
    print(' * powers of the distance from it in half widths */')
    print('const of_mt_erfcx of_mt_erfcxs[OF_MT_ERFCXS] = {')
    for i in range(46):
        low = mpf(2) ** (i // 8 - 1)
        half = low / 16
        mid = low + half * (2 * (i % 8) + 1)
        a = [v * half ** n for n, v in enumerate(erfcx_taylor(mid, 18))]
        print('    {{%s,' % dd(a[0]))
        for n in range(1, 6):
            print('      %s%s' % (dd(a[n]), ',' if n < 5 else '},'))
        for n in (6, 9, 12, 15):
            print('     %s%s' % ('{' if n == 6 else ' ', ', '.join(hexd(v) for v in a[n:n + 3]) + ','))
        print('      %s}},' % hexd(a[18]))
    print('};')


print('/* Made by test/kern/make_mathtab.py: edit that. */')
print('#include "kern/kern_dd.h"\n')
if sys.argv[1:] == ['erf']:
    erf_tables()
else:
    tables()
