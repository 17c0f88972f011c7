"""More of what fuzz_models.py draws: layers as exporters write them, quantization, and nodes with bodies."""
import numpy as np
from onnx import TensorProto as T, helper as h

from fuzz_draw import BOOL, F32, FLOATS, I32, I64, Reject, Scope, info
from fuzz_steps import limited, step, table


def small(s, dtype, shape):
    return s.const(np.asarray(s.m.np.integers(-2, 3, shape), dtype))


def same_dim(v, axis):
    return v.rank > 0 and v.dims[axis][0] == v.dims[axis][1] > 0


@step(4)
def matmul(s):
    x = limited(s.pick((F32,), rank=(1, 2, 3, 4), when=lambda v: same_dim(v, -1) and v.within(-50, 50)), 500)
    d, k = x.dims[-1][0], s.rng.choice([1, 2, 3])
    if x.rank == 2 and s.rng.random() < 0.4:
        ins = [x, small(s, F32, [k, d] if s.rng.random() < 0.5 else [d, k])]
        turned = s.m.count % 2 == 0
        ins[1] = small(s, F32, [k, d] if turned else [d, k])
        if s.rng.random() < 0.6 or s.m.opset < 11:
            ins.append(small(s, F32, s.rng.choice([[k], [1, k], [1]])))
        y = s.emit("Gemm", ins, transB=int(turned), alpha=s.rng.choice([None, 0.5, 2.0]), beta=s.rng.choice([None, 1.0, 0.5]))
    else:
        y = s.emit("MatMul", [x, small(s, F32, [d, k])])
        for _ in range(s.rng.choice([0, 1, 1, 2])):
            y = s.emit(s.rng.choice(["Add", "Mul", "Add"]), [y, small(s, F32, s.rng.choice([[k], [1], [], [1, k]]))])
    if s.rng.random() < 0.3:
        y = s.emit("MatMul", [y, small(s, F32, [k, 2])])
    if s.rng.random() < 0.3:
        s.emit("Relu", [y])


@step(4)
def conv(s):
    x = limited(s.pick((F32,), rank=(3, 4), when=lambda v: same_dim(v, 1) and all(min(d) > 0 for d in v.dims) and v.within(-50, 50)), 600)
    c, n = x.dims[1][0], x.rank - 2
    k, o = s.rng.choice([1, 1, 3]), s.rng.choice([1, 2, 4])
    group = c if s.rng.random() < 0.3 else 1
    o = c if group > 1 else o
    y = x
    if k == 3 and s.rng.random() < 0.3:
        edge = [0, 0] + [1] * n
        y = s.emit("Pad", [x, s.ints(edge * 2)]) if s.m.opset >= 11 else s.emit("Pad", [x], pads=edge * 2)
        pads = [0] * (2 * n)
    else:
        pads = [k // 2] * (2 * n)
    ins = [y, small(s, F32, [o, c // group] + [k] * n)]
    if s.rng.random() < 0.4:
        ins.append(small(s, F32, [o]))
    y = s.emit("Conv", ins, group=group, pads=pads, strides=s.rng.choice([None, None, [2] * n]))
    how = s.rng.random()
    if how < 0.4:
        scale = [s.const(np.asarray(s.m.np.integers(1, 4, [o]), F32)) for _ in range(4)]
        y = s.emit("BatchNormalization", [y, *scale], epsilon=s.rng.choice([None, 0.01]))
    elif how < 0.7:
        y = s.emit(s.rng.choice(["Mul", "Add"]), [y, small(s, F32, s.rng.choice([[1, o] + [1] * n, [o] + [1] * n, [1]]))])
    if s.rng.random() < 0.5:
        y = s.emit("Relu", [y])
    if s.rng.random() < 0.3:
        s.emit(s.rng.choice(["MaxPool", "AveragePool"]), [y], kernel_shape=[1] * n)
    elif s.rng.random() < 0.3:
        s.emit(s.rng.choice(["GlobalAveragePool", "GlobalMaxPool"]), [y])


@step(3)
def softmax(s):
    x = s.pick((F32,), rank=(1, 2, 3, 4), when=lambda v: all(min(d) > 0 for d in v.dims) and v.within(-20, 20))
    s.emit(s.rng.choice(["Softmax", "LogSoftmax"]), [x], axis=s.rng.choice([None, x.rank - 1, 0 if x.rank else None]))


@step(3)
def layer_norm(s):
    x = s.pick((F32,), rank=(2, 3), when=lambda v: same_dim(v, -1) and v.within(-50, 50))
    axes = [-1] if s.m.opset >= 11 else [x.rank - 1]
    if s.m.opset >= 17 and s.rng.random() < 0.3:
        s.emit("LayerNormalization", [x, small(s, F32, [x.dims[-1][0]])], axis=-1)
        return
    mean = s.by_axes("ReduceMean", x, axes, 18, keepdims=1)
    d = s.emit("Sub", [x, mean])
    square = s.emit("Mul", [d, d]) if s.rng.random() < 0.5 else s.emit("Pow", [d, s.const(np.array(2, F32))])
    var = s.by_axes("ReduceMean", square, axes, 18, keepdims=1)
    y = s.emit("Div", [d, s.emit("Sqrt", [s.emit("Add", [var, s.const(np.array(0.1, F32))])])])
    if s.rng.random() < 0.6:
        y = s.emit("Mul", [y, small(s, F32, [x.dims[-1][0]])])
        s.emit("Add", [y, small(s, F32, [x.dims[-1][0]])])


@step(2)
def gelu(s):
    x = s.pick((F32,), when=lambda v: v.within(-20, 20))
    a = s.emit("Erf", [s.emit("Div", [x, s.const(np.array(2 ** 0.5, F32))])]) if s.m.has("Erf") else s.emit("Tanh", [x])
    b = s.emit("Add", [a, s.const(np.array(1, F32))])
    half = s.const(np.array(0.5, F32))
    if s.rng.random() < 0.5:
        s.emit("Mul", [s.emit("Mul", [x, b]), half])
    else:
        s.emit("Mul", [s.emit("Mul", [x, half]), b])


@step(3, 10)
def quantize(s):
    x = s.pick((F32,), sure=True, when=lambda v: v.within(-50, 50))
    scale = s.const(np.array(0.25, F32))
    zero = s.const(np.array(s.rng.choice([0, 3]), s.rng.choice([np.uint8, np.int8])))
    q = s.emit("QuantizeLinear", [x, scale, zero])
    if s.rng.random() < 0.3 and x.rank:
        q = s.emit("Transpose", [q])
    s.emit("DequantizeLinear", [q, scale, zero])


@step(1)
def dropout(s):
    s.emit("Dropout", [s.pick((F32,))])


# bodies

def body(s):
    inner = Scope(s.m, s)
    steps = table(s.m.opset, without=BODIES)
    for _ in range(s.rng.choice([1, 1, 2, 3])):
        inner.step(steps)
    if not any(v.tensor for v in inner.vals) or not inner.nodes:
        raise Reject("an empty body")
    return inner


def graph(name, scope, inputs, outputs):
    return h.make_graph(scope.nodes, name, inputs, [info(v.name, v.env[0]) for v in outputs], initializer=scope.inits)


def condition(s):
    if s.rng.random() < 0.5:
        return s.const(np.array(s.rng.random() < 0.5))
    when = [v for v in s.visible() if v.tensor and v.dtype == BOOL and v.sure and all(x.size == 1 for x in v.env)]
    if when and s.rng.random() < 0.7:
        return s.rng.choice(when)
    x = s.pick((I64, I32), rank=(0, 1), sure=True, when=lambda v: all(a.size == 1 for a in v.env))
    return s.emit("Cast", [x], to=T.BOOL)


@step(3)
def if_(s):
    c = condition(s)
    one, two = body(s), body(s)
    a = s.rng.choice([v for v in one.vals if v.tensor and any(v.name in n.output for n in one.nodes)])
    b = [v for v in two.vals if v.tensor and v.dtype == a.dtype and any(v.name in n.output for n in two.nodes)]
    if not b:
        raise Reject("no two of a type")
    b = s.rng.choice(b)
    s.emit("If", [c], then_branch=graph("yes", one, [], [a]), else_branch=graph("no", two, [], [b]))


@step(3)
def loop(s):
    """Some trips over a state; each also gives something."""
    x = limited(s.pick(FLOATS[:1] + (I64,), rank=(0, 1, 2, 3)), 200)
    least = s.rng.choice([0, 1, 1, 2, 3])
    trips = s.ints(least)
    if s.rng.random() < 0.4:
        trips = s.pick((I64,), rank=(0,), sure=True, when=lambda v: v.within(0, 6))
        least = min(map(int, trips.env))
    names = [s.m.fresh() for _ in range(6)]
    i, c, v, c2, v2, each = names
    t = h.np_dtype_to_tensor_dtype(x.dtype)
    nodes = [h.make_node("Identity", [c], [c2])]
    how = s.rng.randint(0, 3)
    if how == 0:
        nodes.append(h.make_node("Identity", [v], [v2]))
    else:
        other = x if s.rng.random() < 0.5 else s.pick(x.dtype, when=lambda o: o.dims == x.dims)
        nodes.append(h.make_node("Add" if how < 3 else "Sub", [v, other.name], [v2]))
    # what no trips gather has a shape that runtimes take from the body's declarations
    scan = least > 0 and s.rng.random() < 0.5
    if scan:
        nodes.append(h.make_node("Cast", [i], [each], to=T.FLOAT) if s.rng.random() < 0.5 else h.make_node("Neg", [v], [each]))
    inputs = [h.make_tensor_value_info(i, T.INT64, []), h.make_tensor_value_info(c, T.BOOL, []), h.make_tensor_value_info(v, t, None)]
    outs = [h.make_tensor_value_info(c2, T.BOOL, []), h.make_tensor_value_info(v2, t, None)]
    if scan:
        outs.append(h.make_tensor_value_info(each, t if nodes[-1].op_type == "Neg" else T.FLOAT, None))
    g = h.make_graph(nodes, "body", inputs, outs)
    s.emit("Loop", [trips, "" if s.rng.random() < 0.5 else s.const(np.array(scan or s.rng.random() < 0.8)), x], [1, 1] if scan else 1, body=g)


BODIES = ("if_", "loop")
