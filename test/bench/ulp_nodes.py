#!/usr/bin/env python3
"""Errors of operators, run by the library's evaluator (bench_lib.c), in units in the last place.

    test/bench/ulp_nodes.py BUILD/test/bench/libbench_node.so [WORD...]

First functions of one operand over every finite float16 and bfloat16, against long double or mpmath;
exits 1 when one is off by more than 0.51. Then operators that sum, on random operands, ours and
onnxruntime's against mpmath at 160 bits; exits 1 when ours is the farther one, at its worst or on
the mean, and is not as good as rounded once. A word picks operators that
have it in their name."""
import sys

from bench_numpy import Node, load

import ml_dtypes
import mpmath
import numpy as np
from mpmath import mp, mpf

LD = np.longdouble
TYPES = {'f': (np.dtype(np.float32), 24, -149), 'd': (np.dtype(np.float64), 53, -1074),
         'H': (np.dtype(np.float16), 11, -24), 'B': (np.dtype(ml_dtypes.bfloat16), 8, -133)}
NAMES = {'f': 'float32', 'd': 'double', 'H': 'float16', 'B': 'bfloat16'}


def each(fn):
    """fn of mpmath on every element, as long double."""
    def g(x):
        out = np.empty(x.shape, LD)
        for i, v in enumerate(x):
            t = fn(mpf(float(v)))
            high = float(t)
            out[i] = LD(high) + LD(float(t - mpf(high)))
        return out
    return g


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def gelu_tanh(x):
    k = np.sqrt(2 / (4 * np.arctan(LD(1))))
    return x * sigmoid(2 * k * (x + LD(0.044715) * x ** 3))


def mish(x):
    e = np.exp(-np.abs(x))  # tanh(softplus(x)) = ((1 + e^x)^2 - 1) / ((1 + e^x)^2 + 1)
    return x * np.where(x < 0, e * (e + 2) / (e * (e + 2) + 2), (1 + 2 * e) / (1 + 2 * e + 2 * e * e))


f32 = lambda v: LD(np.float32(v))
UNARY = [  # operator, attributes, the function in long double
    ('Exp', '', np.exp), ('Log', '', np.log), ('Sqrt', '', np.sqrt), ('Reciprocal', '', lambda x: 1 / x),
    ('Sin', '', np.sin), ('Cos', '', np.cos), ('Tan', '', np.tan), ('Asin', '', np.arcsin), ('Acos', '', np.arccos),
    ('Atan', '', np.arctan), ('Sinh', '', np.sinh), ('Cosh', '', np.cosh), ('Tanh', '', np.tanh),
    ('Asinh', '', np.arcsinh), ('Acosh', '', np.arccosh), ('Atanh', '', np.arctanh), ('Erf', '', each(mpmath.erf)),
    ('Sigmoid', '', sigmoid), ('Softplus', '', softplus), ('Softsign', '', lambda x: x / (1 + np.abs(x))),
    ('Mish', '', mish), ('Swish', '', lambda x: x * sigmoid(x)),
    ('Gelu', '', each(lambda x: x / 2 * mpmath.erfc(-x / mpmath.sqrt(2)))), ('Gelu', "approximate='tanh'", gelu_tanh),
    ('Elu', '', lambda x: np.where(x < 0, np.expm1(x), x)), ('Celu', '', lambda x: np.where(x < 0, np.expm1(x), x)),
    ('Selu', '', lambda x: f32(1.05070102214813232421875) * np.where(x < 0, f32(1.67326319217681884765625) * np.expm1(x), x)),
]


def unary(lib, words):
    bad = 0
    print('| function | type | points | largest error | at | misrounded |\n|---|---|---|---|---|---|')
    for op, attrs, fn in UNARY:
        if words and not any(w in op for w in words):
            continue
        for letter in 'HB':
            dtype, bits, lowest = TYPES[letter]
            x = np.arange(1 << 16, dtype=np.uint16).view(dtype)
            with np.errstate(invalid='ignore'):
                x = x[np.isfinite(x)]
            node = Node(lib, op, '%s[%d]' % (letter, len(x)), attrs, 24)
            node.give(0, x)
            node.run()
            got = node.result(dtype).copy()
            node.close()
            with np.errstate(all='ignore'):
                want = fn(x.astype(LD))
                top = LD(ml_dtypes.finfo(dtype).max)
                unit = np.ldexp(LD(1), np.maximum(np.frexp(np.abs(want))[1] - bits, lowest))
                error = np.abs(got.astype(LD) - want) / unit
                # past the largest number and half of a unit there is infinity, and past the domain NaN
                huge = np.abs(want) >= top + np.ldexp(top, -bits - 1)
                error[huge] = np.where(got[huge].astype(LD) == np.sign(want[huge]) * LD(np.inf), 0, np.inf)
                error[np.isnan(want)] = np.where(np.isnan(got[np.isnan(want)]), 0, np.inf)
                error[want == 0] = np.where(got[want == 0] == 0, 0, np.inf)
            worst = int(np.argmax(error))
            # long double leaves the middle itself open by as much as it is off
            print('| %s %s| %s | %d | %.4f | %s | %d |' % (op, attrs + ' ' if attrs else '', NAMES[letter], len(x), error[worst],
                                                          float(x[worst]).hex(), np.sum(error > 0.5 + 2.0 ** -40)))
            sys.stdout.flush()
            bad += not error[worst] <= 0.51
    return bad


# ---- operators that sum, on arrays of mpf ----

def of_each(fn):
    g = np.frompyfunc(fn, 1, 1)
    return lambda x: np.asarray(g(x), object)


root, exp, log = of_each(mpmath.sqrt), of_each(mpmath.exp), of_each(mpmath.log)
EPS = mpf(float(np.float32(1e-5)))


def along(fn):
    return lambda x: np.asarray(fn(x), object).reshape(-1, 1)


def sum_exp(x):
    return np.sum(exp(x), 1, keepdims=True)


def normal(x, axes):
    d = x - np.sum(x, axes, keepdims=True) / int(np.prod([x.shape[a] for a in axes]))
    v = np.sum(d * d, axes, keepdims=True) / int(np.prod([x.shape[a] for a in axes]))
    return d, v


def layer(x, w, b):
    d, v = normal(x, (1,))
    return d / root(v + EPS) * w + b


def instance(x, w, b):
    d, v = normal(x, (2,))
    return d / root(v + EPS) * w.reshape(1, -1, 1) + b.reshape(1, -1, 1)


def group(x, w, b):
    d, v = normal(x.reshape(x.shape[0], 2, -1), (2,))
    return (d / root(v + EPS)).reshape(x.shape) * w.reshape(1, -1, 1) + b.reshape(1, -1, 1)


def batch(x, w, b, m, v):
    s = lambda t: t.reshape(1, -1, 1)
    return (x - s(m)) / root(s(v) + EPS) * s(w) + s(b)


def conv(x, w, b):
    n = x.shape[2] - w.shape[2] + 1
    cols = np.stack([x[0, :, i:i + w.shape[2]].reshape(-1) for i in range(n)], 1)
    return (w.reshape(w.shape[0], -1).dot(cols) + b.reshape(-1, 1)).reshape(1, w.shape[0], n)


def pool(x):
    return np.stack([np.sum(x[:, :, i:i + 9], 2) / 9 for i in range(x.shape[2] - 8)], 2)


ROWS = '%[160,300] '
IMAGE, PER = '%[16,8,150] ', '%[8] '
REDUCE = ROWS + 'i[1]=1'
SUMS = [  # operator, operands (p: above 0), attributes, the same for onnx, operator set, kinds of operands, result
    ('ReduceSum', REDUCE, '', {}, 18, 'ec', along(lambda x: np.sum(x, 1))),
    ('ReduceMean', REDUCE, '', {}, 18, 'ec', along(lambda x: np.sum(x, 1) / x.shape[1])),
    ('ReduceL1', REDUCE, '', {}, 18, 'e', along(lambda x: np.sum(abs(x), 1))),
    ('ReduceL2', REDUCE, '', {}, 18, 'e', along(lambda x: root(np.sum(x * x, 1)))),
    ('ReduceSumSquare', REDUCE, '', {}, 18, 'e', along(lambda x: np.sum(x * x, 1))),
    ('ReduceLogSum', REDUCE.replace('%', 'p'), '', {}, 18, 'e', along(lambda x: log(np.sum(x, 1)))),
    ('ReduceLogSumExp', REDUCE, '', {}, 18, 'e', along(lambda x: log(sum_exp(x)))),
    ('CumSum', ROWS + 'i[]=1', '', {}, 14, 'ec', lambda x: np.cumsum(x, 1)),
    ('MatMul', '%[24,200] %[200,24]', '', {}, 13, 'ec', lambda a, b: a.dot(b)),
    ('Gemm', '%[24,200] %[200,24] %[24]', '', {}, 13, 'e', lambda a, b, c: a.dot(b) + c),
    ('Conv', '%[1,8,40] %[8,8,5] %[8]', '', {}, 11, 'e', conv),
    ('AveragePool', IMAGE, 'kernel_shape=[9]', {'kernel_shape': [9]}, 11, 'ec', pool),
    ('GlobalAveragePool', IMAGE, '', {}, 13, 'ec', lambda x: np.sum(x, 2, keepdims=True) / x.shape[2]),
    ('Softmax', ROWS, '', {}, 13, 'e', lambda x: exp(x) / sum_exp(x)),
    ('LogSoftmax', ROWS, '', {}, 13, 'e', lambda x: x - log(sum_exp(x))),
    ('LayerNormalization', ROWS + '%[300] %[300]', '', {}, 17, 'eo', layer),
    ('RMSNormalization', ROWS + '%[300]', '', {}, 23, 'e', lambda x, w: x / root(np.sum(x * x, 1, keepdims=True) / x.shape[1] + EPS) * w),
    ('LpNormalization', ROWS, '', {}, 13, 'e', lambda x: x / root(np.sum(x * x, 1, keepdims=True))),
    ('InstanceNormalization', IMAGE + PER + PER, '', {}, 13, 'eo', instance),
    ('GroupNormalization', IMAGE + PER + PER, 'num_groups=2', {'num_groups': 2}, 21, 'eo', group),
    ('BatchNormalization', IMAGE + PER * 3 + 'p[8]', '', {}, 15, 'eo', batch),
]
KINDS = {'e': 'of any sign', 'c': 'that cancel', 'o': 'far from 0'}


def operands(text, letter, kind, rng):
    """e: half of them in [-4, 4), half of magnitudes from 2^-8 to 2^2. c: the second half along the last
    axis takes the first away, but for an eighth bit. o: the first operand is 100 and as much again."""
    dtype, out = TYPES[letter][0], []
    for k, word in enumerate(text.split()):
        if word[0] == 'i':
            out.append(np.array([1], np.int64).reshape([1] if '[1]' in word else []))
            continue
        shape = [int(d) for d in word[2:-1].split(',')]
        x = rng.uniform(-4, 4, shape)
        wide = np.exp2(rng.uniform(-8, 2, shape)) * rng.choice([-1.0, 1.0], shape)
        x = np.where(rng.random(shape) < 0.5, x, wide)
        if word[0] == 'p':
            x = np.abs(x) + 0.01
        if kind == 'c' and k == 0:
            half = shape[-1] // 2
            x[..., half:2 * half] = -x[..., :half] * (1 + rng.uniform(-1, 1, x[..., :half].shape) / 256)
            order = rng.permutation(2 * half)
            x[..., :2 * half] = x[..., order]
        if kind == 'c' and k == 1:
            x = 1 + rng.uniform(-1, 1, shape) / 256
        if kind == 'o' and k == 0:
            x += 100
        out.append(x.astype(dtype))
    return out


def session(op, xs, attrs, opset):
    import onnx
    import onnxruntime as ort
    names = ['x%d' % i for i in range(len(xs))]
    value = lambda n, x: onnx.helper.make_tensor_value_info(n, onnx.helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
    graph = onnx.helper.make_graph([onnx.helper.make_node(op, names, ['y'], **attrs)], 'g', [value(n, x) for n, x in zip(names, xs)],
                                   [onnx.helper.make_empty_tensor_value_info('y')])
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid('', opset)], ir_version=10)
    s = ort.InferenceSession(model.SerializeToString(), options, providers=['CPUExecutionProvider'])
    return s.run(['y'], dict(zip(names, xs)))[0]


def distance(got, want, bits, lowest):
    """Of each element, in units in the last place of the exact result."""
    out = np.empty(len(want))
    for i, (g, t) in enumerate(zip(got, want)):
        if not np.isfinite(g) or not t:
            out[i] = 0 if g == t else np.inf
            continue
        out[i] = float(abs(mpf(float(g)) - t) / mpf(2) ** max(int(mpmath.frexp(abs(t))[1]) - bits, lowest))
    return out


def sums(lib, words):
    from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as Unknown
    rng, bad = np.random.default_rng(1), 0
    print('| operator | operands | type | results | largest error | mean | onnxruntime: largest error | mean |')
    print('|---|---|---|---|---|---|---|---|')
    for op, text, attrs, onnx_attrs, opset, kinds, fn in SUMS:
        if words and not any(w in op for w in words):
            continue
        for kind in kinds:
            for letter in 'fHd':
                dtype, bits, lowest = TYPES[letter]
                xs = operands(text, letter, kind, rng)
                node = Node(lib, op, text.replace('%', letter).replace('p[', letter + '['), attrs, opset)
                for i, x in enumerate(xs):
                    if x.dtype == dtype:
                        node.give(i, x)
                node.run()
                ours = node.result(dtype).copy()
                node.close()
                exact = fn(*[np.frompyfunc(lambda v: mpf(float(v)), 1, 1)(x) for x in xs if x.dtype == dtype]).reshape(-1)
                a = distance(ours, exact, bits, lowest)
                line = '| %s | %s | %s | %d | %.4g | %.3g |' % (op, KINDS[kind], NAMES[letter], len(ours), a.max(), a.mean())
                try:
                    b = distance(session(op, xs, onnx_attrs, opset).reshape(-1), exact, bits, lowest)
                    line += ' %.4g | %.3g |' % (b.max(), b.mean())
                    farther = a.max() > max(b.max(), 0.51) or a.mean() > max(b.mean(), 0.28)
                except Unknown:
                    line, farther = line + ' none | |', False
                # the function body of Softmax rounds each step to the type, as its node tests do
                body = farther and op == 'Softmax' and letter == 'H'
                bad += farther and not body
                print(line + (' by its body' if body else ' FARTHER' if farther else ''))
                sys.stdout.flush()
    return bad


def main():
    mp.prec = 160
    lib, words = load(sys.argv[1]), sys.argv[2:]
    bad = unary(lib, words)
    print()
    bad += sums(lib, words)
    return int(bad != 0)


if __name__ == '__main__':
    sys.exit(main())
