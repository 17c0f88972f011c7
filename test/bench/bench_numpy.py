#!/usr/bin/env python3
"""Speed and error beside NumPy's and onnxruntime's, on one thread, in one process: the library's
evaluator runs through ctypes (bench_lib.c), the others on the same operands, taken in turns.

    bench_numpy.py BUILD/test/bench/libbench_node.so [WORD...]

"times" is their time over ours: 1 is as fast. An error is the largest distance from the result in
double, in units in the last place of float32, where numpy is asked to compute in double; the
bounds are 0.5 times NumPy's speed for elementwise functions and 1 for the rest."""
import ctypes
import os
import sys
import time

for v in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'):
    os.environ[v] = '1'
import numpy as np

N = 1 << 22
M = 'f[2048,2048]'

ELEMENTWISE = [  # operator, attributes, numpy, domain
    ('Exp', '', np.exp, 'n'), ('Log', '', np.log, 'p'), ('Tanh', '', np.tanh, 'n'), ('Sin', '', np.sin, 'n'),
    ('Cos', '', np.cos, 'n'), ('Tan', '', np.tan, 'n'), ('Sinh', '', np.sinh, 'n'), ('Cosh', '', np.cosh, 'n'),
    ('Asinh', '', np.arcsinh, 'n'), ('Acosh', '', np.arccosh, '1'), ('Atanh', '', np.arctanh, 'u'),
    ('Asin', '', np.arcsin, 'u'), ('Acos', '', np.arccos, 'u'), ('Atan', '', np.arctan, 'n'),
    ('Sigmoid', '', lambda x: 1 / (1 + np.exp(-x)), 'n'), ('Softplus', '', lambda x: np.logaddexp(x, x.dtype.type(0)), 'n'),
    ('Elu', '', lambda x: np.where(x < 0, np.expm1(x), x), 'n'), ('Sqrt', '', np.sqrt, 'p'),
]
PAIRS = [('Pow', np.power)]
OTHERS = [  # operator, operands, attributes, ONNX attributes
    ('Erf', M, '', {}), ('Gelu', M, '', {}), ('Gelu', M, "approximate='tanh'", {'approximate': 'tanh'}), ('Mish', M, '', {}), ('Selu', M, '', {}),
    ('Softmax', M, 'axis=1', {'axis': 1}), ('Softmax', M, 'axis=0', {'axis': 0}), ('LogSoftmax', M, 'axis=1', {'axis': 1}),
    ('LayerNormalization', M + ' f[2048] f[2048]', '', {}),
    ('InstanceNormalization', 'f[4,64,128,128] f[64] f[64]', '', {}),
    ('BatchNormalization', 'f[4,64,128,128] f[64] f[64] f[64] p[64]', '', {}),
    ('LpNormalization', M, 'axis=1', {'axis': 1}), ('LRN', 'f[4,64,128,128]', 'size=5', {'size': 5}),
    ('Conv', 'f[1,64,56,56] f[64,64,3,3] f[64]', 'pads=[1,1,1,1]', {'pads': [1, 1, 1, 1]}),
    ('Conv', 'f[1,256,28,28] f[256,256,1,1] f[256]', '', {}),
    ('Conv', 'f[1,64,112,112] f[64,1,3,3] f[64]', 'group=64', {'group': 64}),
    ('MatMul', 'f[512,512] f[512,512]', '', {}), ('ReduceSum', M + ' i[1]=1', '', {}),
    ('MaxPool', 'f[1,64,224,224]', 'kernel_shape=[2,2] strides=[2,2]', {'kernel_shape': [2, 2], 'strides': [2, 2]}),
    ('AveragePool', 'f[1,64,112,112]', 'kernel_shape=[3,3]', {'kernel_shape': [3, 3]}),
    ('Resize', 'f[1,16,256,256] - - i[4]=1,16,512,512', "mode='linear'", {'mode': 'linear'}),
    ('TopK', M + ' i[1]=16', '', {}), ('CumSum', M + ' i[]=1', '', {}), ('ArgMax', M, 'axis=1', {'axis': 1}),
]


class Node:
    def __init__(self, lib, op, operands, attrs, opset=20):
        self.lib = lib
        self.text = [op.encode(), operands.encode(), attrs.encode()]  # the node points into them
        self.h = lib.bench_lib_open(self.text[0], opset, self.text[1], self.text[2], 1)

    def give(self, i, x):
        n = ctypes.c_size_t()
        p = self.lib.bench_lib_in(self.h, i, ctypes.byref(n))
        assert n.value == x.nbytes, (n.value, x.nbytes)
        ctypes.memmove(p, x.ctypes.data, x.nbytes)

    def run(self):
        t = self.lib.bench_lib_run(self.h)
        message = self.lib.bench_lib_error(self.h).decode()
        if message:
            raise RuntimeError(message)
        return t

    def result(self, dtype=np.float32):
        n = ctypes.c_size_t()
        p = self.lib.bench_lib_out(self.h, 0, ctypes.byref(n))
        return np.frombuffer(ctypes.string_at(p, n.value), dtype)

    def close(self):
        self.lib.bench_lib_close(self.h)


def load(path):
    lib = ctypes.CDLL(path)
    lib.bench_lib_open.restype = lib.bench_lib_in.restype = lib.bench_lib_out.restype = ctypes.c_void_p
    lib.bench_lib_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint]
    lib.bench_lib_in.argtypes = lib.bench_lib_out.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p]
    lib.bench_lib_run.argtypes = lib.bench_lib_error.argtypes = lib.bench_lib_close.argtypes = [ctypes.c_void_p]
    lib.bench_lib_run.restype = ctypes.c_double
    lib.bench_lib_error.restype = ctypes.c_char_p
    return lib


def numbers(rng, kind, shape):
    lo, hi = {'n': (-4, 4), 'p': (0.1, 4), '1': (1, 8), 'u': (-1, 1)}[kind]
    return rng.uniform(lo, hi, shape).astype(np.float32)


def ulps(got, exact):
    unit = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
    ok = np.isfinite(exact) & (unit > 0)
    return float(np.max(np.abs(got.astype(np.float64)[ok] - exact[ok]) / unit[ok]))


def turns(ours, theirs, rounds=5):
    best = [1e9, 1e9]
    for _ in range(rounds):
        best[0] = min(best[0], ours())
        t = time.thread_time()
        theirs()
        best[1] = min(best[1], time.thread_time() - t)
    return best


def row(name, best, bound, errors=None):
    times = best[1] / best[0]
    low = times < bound
    text = '| %s | %.2f | %.2f | %.2f%s |' % (name, best[0] * 1e3, best[1] * 1e3, times, ' LOW' if low else '')
    print(text + (' %.4f | %.4f |' % errors if errors else ' | |'))
    sys.stdout.flush()
    return low


def parse(operands, rng):
    out = []
    for word in operands.split():
        if word == '-':
            out.append(None)
            continue
        if '=' in word:
            head, values = word.split('=')
            shape = [int(d) for d in head[2:-1].split(',') if d]
            out.append(np.array([int(v) for v in values.split(',')], np.int64).reshape(shape))
            continue
        shape = [int(d) for d in word[2:-1].split(',') if d]
        out.append(numbers(rng, 'p' if word[0] == 'p' else 'n', shape))
    return out


def main():
    words = sys.argv[2:]
    lib = load(sys.argv[1])
    rng = np.random.default_rng(1)
    low = 0
    print('| | ms | theirs | times | largest error | theirs |\n|---|---|---|---|---|---|')
    for op, attrs, fn, kind in ELEMENTWISE + [(op, None, fn, 'p') for op, fn in PAIRS]:
        if words and not any(w in op for w in words):
            continue
        xs = [numbers(rng, kind, N)] if attrs is not None else [numbers(rng, 'p', N), numbers(rng, 'n', N)]
        node = Node(lib, op, ' '.join('f[%d]' % N for _ in xs), attrs or '')
        for i, x in enumerate(xs):
            node.give(i, x)
        best = turns(node.run, lambda: fn(*xs))
        exact = fn(*[x.astype(np.float64) for x in xs])
        low += row(op + ' (NumPy)', best, 0.5, (ulps(node.result(), exact), ulps(fn(*xs), exact)))
        node.close()
    try:
        import onnx
        import onnxruntime as ort
    except ImportError:
        return low != 0
    for op, operands, attrs, onnx_attrs in OTHERS:
        if words and not any(w in op for w in words):
            continue
        xs = parse(operands, rng)
        names = ['x%d' % i if x is not None else '' for i, x in enumerate(xs)]
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node(op, names, ['y'] if op != 'TopK' else ['y', 'z'], **onnx_attrs)], 'g',
            [onnx.helper.make_tensor_value_info(n, onnx.helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
             for n, x in zip(names, xs) if x is not None],
            [onnx.helper.make_empty_tensor_value_info('y')])
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid('', 20)], ir_version=9)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = ort.InferenceSession(model.SerializeToString(), options, providers=['CPUExecutionProvider'])
        node = Node(lib, op, operands.replace('p[', 'f['), attrs)
        feeds = {}
        for i, (n, x) in enumerate(zip(names, xs)):
            if x is None:
                continue
            feeds[n] = x
            if x.dtype == np.float32:
                node.give(i, x)
        best = turns(node.run, lambda: session.run(['y'], feeds))
        low += row('%s %s %s (onnxruntime)' % (op, operands, attrs), best, 1)
        node.close()
    print('%d below their bound' % low)
    return low != 0


if __name__ == '__main__':
    sys.exit(main())
