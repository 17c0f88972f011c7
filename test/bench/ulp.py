#!/usr/bin/env python3
"""Errors of the functions of kern_mathd.h against mpmath, in units in the last place.

    test/bench/ulp.py BUILD/test/kern/mathd_eval [--points N] [--seed S] [--only NAME,...]

Half of the arguments are float32 numbers. Prints a table: the largest error of the double
result and where it was; the largest error once rounded to float32, and how many of these
roundings went the wrong way. Exits 1 when a double error is above 0.52.

With --vectors N it prints, instead, the rows of test/kern/mathd_vectors.h: N arguments a
function with the correctly rounded result (the tool is not asked).
"""
import argparse
import math
import struct
import subprocess
import sys

import numpy as np
import mpmath
from mpmath import mp, mpf

LN2 = math.log(2)


def erfc(x):
    return mpmath.erfc(x)


def wide(fn, extra):
    def g(x):
        with mp.workprec(mp.prec + extra(x)):
            return fn(x)
    return g


def log_cancel(x):
    m, e = mpmath.frexp(x) if x else (0, 0)
    return 2 * max(0, -int(e)) + 20


def up(x):
    return max(0, int(mpmath.frexp(x)[1])) + 60


# name: reference, [(low, high, spacing)...]: log = signed magnitudes, lin = evenly
CASES = {
    'exp': (mpmath.exp, [('lin', -745, 709.78), ('log', -40, 3, 2)]),
    'expm1': (mpmath.expm1, [('lin', -40, 100), ('log', -60, 3, 2)]),
    'log': (wide(mpmath.log, lambda x: 80), [('log', -1074, 1023.9, 1), ('lin', 0.5, 2), ('near', 1)]),
    'log1p': (wide(mpmath.log1p, log_cancel), [('log', -60, 1023, 1), ('lin', -0.999999, 2), ('log', -60, -0.01, 2)]),
    'sin': (wide(mpmath.sin, up), [('log', -30, 1023.9, 2), ('lin', -20, 20), ('lin', -1e6, 1e6), ('pi', 1)]),
    'cos': (wide(mpmath.cos, up), [('log', -30, 1023.9, 2), ('lin', -20, 20), ('lin', -1e6, 1e6), ('pi', 1)]),
    'tan': (wide(mpmath.tan, up), [('log', -30, 1023.9, 2), ('lin', -20, 20), ('lin', -1e6, 1e6), ('pi', 1)]),
    'asin': (wide(mpmath.asin, log_cancel), [('lin', -1, 1), ('log', -40, -0.0001, 2), ('below', 1)]),
    'acos': (mpmath.acos, [('lin', -1, 1), ('log', -70, -0.0001, 2), ('below', 1)]),
    'atan': (wide(mpmath.atan, log_cancel), [('lin', -5, 5), ('log', -40, 200, 2)]),
    'sinh': (wide(mpmath.sinh, log_cancel), [('lin', -710.4, 710.4), ('lin', -2, 2), ('log', -40, 6, 2)]),
    'cosh': (mpmath.cosh, [('lin', -710.4, 710.4), ('lin', -2, 2), ('log', -40, 6, 2)]),
    'tanh': (wide(mpmath.tanh, log_cancel), [('lin', -20, 20), ('lin', -2, 2), ('log', -40, 4, 2)]),
    'asinh': (wide(mpmath.asinh, log_cancel), [('lin', -20, 20), ('log', -40, 1023, 2)]),
    'acosh': (wide(mpmath.acosh, lambda x: 80), [('lin', 1, 20), ('log', 0, 1023, 1), ('above', 1)]),
    'atanh': (wide(mpmath.atanh, log_cancel), [('lin', -1, 1), ('log', -40, -0.0001, 2), ('below', 1)]),
    'erf': (mpmath.erf, [('lin', -6, 6), ('log', -1040, 2, 2)]),
    'erfc': (erfc, [('lin', -6.3, 27.3), ('lin', -1, 2), ('log', -70, 4, 2)]),
    'sigmoid': (lambda x: 1 / (1 + mpmath.exp(-x)), [('lin', -700, 40), ('lin', -10, 10)]),
    'softplus': (wide(lambda x: mpmath.log1p(mpmath.exp(x)), lambda x: 1200), [('lin', -700, 60), ('lin', -10, 10)]),
    'mish': (wide(lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))), lambda x: 1200),
             [('lin', -100, 60), ('lin', -10, 10)]),
    'gelu': (lambda x: x / 2 * mpmath.erfc(-x / mpmath.sqrt(2)), [('lin', -38, 10), ('lin', -5, 5)]),
    'pow': (None, []),
}


def sample(rng, kinds, n):
    parts = []
    per = n // max(1, len(kinds))
    for k in kinds:
        if k[0] == 'lin':
            parts.append(rng.uniform(k[1], k[2], per))
        elif k[0] == 'log':
            v = np.exp2(rng.uniform(k[1], k[2], per))
            v *= rng.uniform(1, 1.0001, per) if k[2] < 1000 and k[2] > 0 else 1
            if k[3] == 2:
                v *= rng.choice([-1.0, 1.0], per)
            parts.append(v)
        elif k[0] == 'near':
            v = 1 + np.exp2(rng.uniform(-52, -2, per)) * rng.choice([-1.0, 1.0], per)
            parts.append(v)
        elif k[0] == 'above':
            parts.append(1 + np.exp2(rng.uniform(-52, -2, per)))
        elif k[0] == 'below':
            parts.append((1 - np.exp2(rng.uniform(-52, -2, per))) * rng.choice([-1.0, 1.0], per))
        elif k[0] == 'pi':
            parts.append(np.round(np.exp2(rng.uniform(0, 40, per))) * (math.pi / 2))
    return np.concatenate(parts)


def half(points):
    """Every second point as a float32."""
    points = points.copy()
    with np.errstate(over='ignore'):
        s = points[::2].astype(np.float32).astype(np.float64)
    ok = np.isfinite(s)
    points[::2][ok] = s[ok]
    return points


def ulp(y, bits, lowest):
    m, e = mpmath.frexp(abs(y))
    return mpf(2) ** max(int(e) - bits, lowest)


def run(tool, name, data):
    out = subprocess.run([tool, name], input=data.tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(out.stdout)


def header():
    print('| function | points | double: largest error | at | float32: largest error | misrounded |')
    print('|---|---|---|---|---|---|')


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('tool')
    ap.add_argument('--points', type=int, default=20000)
    ap.add_argument('--seed', type=int, default=1)
    ap.add_argument('--only')
    ap.add_argument('--vectors', type=int)
    a = ap.parse_args()
    mp.prec = 200
    rng = np.random.default_rng(a.seed)
    bad = 0
    if a.vectors:
        a.points = a.vectors
        print('/* Made by test/bench/ulp.py --vectors: function, arguments, nearest double. */')
    else:
        header()
    for name, (ref, kinds) in CASES.items():
        if a.only and name not in a.only.split(','):
            continue
        if name == 'pow':
            n = a.points
            x = np.exp2(rng.uniform(-20, 20, n))
            x[: n // 4] = 1 + np.exp2(rng.uniform(-50, -3, n // 4)) * rng.choice([-1.0, 1.0], n // 4)
            y = rng.uniform(-1, 1, n) * np.minimum(1000 * LN2 / np.abs(np.log(x)), 2.0 ** 60)
            y[n // 2:] = np.clip(np.round(y[n // 2:] / 4), -40, 40)
            x, y = half(x), half(y)
            xs = np.stack([x, y], 1)
            want = lambda v: mpmath.power(mpf(float(v[0])), mpf(float(v[1])))
        else:
            xs = half(sample(rng, kinds, a.points))
            want = lambda v: ref(mpf(float(v)))
        if a.vectors:
            for v in xs:
                t = want(v)
                if mpf(2) ** -1022 < abs(t) < mpf(2) ** 1023.9:
                    args = [float(w).hex() for w in np.atleast_1d(v)]
                    print('V(%s, %s, %s)' % (name, ', '.join(args + ['0'] * (2 - len(args))), float(t).hex()))
            continue
        got = run(a.tool, name, np.ascontiguousarray(xs))
        worst, where, worst32, wrong, count32 = 0.0, None, 0.0, 0, 0
        for v, g in zip(xs, got):
            t = want(v)
            if not math.isfinite(g):
                if abs(t) > mpf(2) ** 1023.5:
                    continue
                worst, where = math.inf, v
                continue
            err = float(abs(mpf(float(g)) - t) / ulp(t, 53, -1074)) if t else (0.0 if g == 0 else math.inf)
            if err > worst:
                worst, where = err, v
            if mpf(2) ** -149 < abs(t) < mpf(2) ** 127.9:
                g32 = mpf(float(np.float32(g)))
                e32 = float(abs(g32 - t) / ulp(t, 24, -149))
                worst32 = max(worst32, e32)
                count32 += 1
                wrong += e32 > 0.5
        if worst > 0.52:
            bad = 1
        at = ', '.join(float(w).hex() for w in np.atleast_1d(where))
        print('| %s | %d | %.4f | %s | %.6f | %d of %d |' % (name, len(got), worst, at, worst32, wrong, count32))
        sys.stdout.flush()
    return bad


if __name__ == '__main__':
    sys.exit(main())
