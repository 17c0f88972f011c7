"""Operators that work element by element."""
import numpy as np

from .case import ops
from .values import FLOATS, edges, is_int, limits, nice, np_type, some

LOOSE = set("Pow Exp Log Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Sigmoid Elu Selu Celu Softplus Mish Gelu Swish "
            "Mean Sum HardSwish HardSigmoid LeakyRelu Softsign".split())
PREDICATES = set("Equal Greater GreaterOrEqual Less LessOrEqual IsNaN IsInf".split())


def ulps(op):
    return 4 if op in LOOSE else 0


def attributes(op, v, t):
    if op == "BitShift":
        return [{"direction": "LEFT"}, {"direction": "RIGHT"}]
    if op == "Mod":
        if t in FLOATS:
            return [{"fmod": 1}] if v < 28 else [{"fmod": 0}, {"fmod": 1}]
        return [{"fmod": 0}, {"fmod": 1}]
    if op == "IsInf":
        return [{}, {"detect_negative": 0}, {"detect_positive": 0}, {"detect_negative": 0, "detect_positive": 0}]
    if op in ("LeakyRelu", "ThresholdedRelu", "Elu", "Celu", "Swish"):
        return [{}, {"alpha": 0.3}, {"alpha": 2.5}]
    if op == "Selu":
        return [{}, {"alpha": 0.5, "gamma": 3.0}]
    if op == "HardSigmoid":
        return [{}, {"alpha": 0.7, "beta": 0.1}]
    if op == "Gelu":
        return [{}, {"approximate": "tanh"}]
    if op == "Shrink":
        return [{}, {"bias": 1.5, "lambd": 1.5}]
    return [{}]


def pow_values(ta, tb):
    fa, fb = ta in FLOATS, tb in FLOATS
    a = edges(ta) if fa else np.array([-3, -2, -1, 1, 2, 3, 5], np_type(ta))
    if fb and fa:
        b = edges(tb)
    elif fb:
        a = a[a > 0]
        b = np.array([0, 1, 2, 0.5, 3, 2.5, -1], np.float64).astype(np_type(tb))
    else:
        b = np.array([0, 1, 2, 3, 5], np_type(tb))
    return a, b


def operands(op, ta, tb):
    if op == "Pow":
        return pow_values(ta, tb)
    a, b = edges(ta), edges(tb)
    if op in ("Div", "Mod") and is_int(ta):
        b = b[b != 0]
        if ta.startswith("int"):
            a = a[a != limits(ta)[0]]  # smallest / -1 wraps with us and traps elsewhere
    return a, b


@ops(*"Add Sub Mul Div Mod Pow BitShift BitwiseAnd BitwiseOr BitwiseXor And Or Xor Equal Greater GreaterOrEqual Less LessOrEqual PRelu".split())
def binary(c):
    op, v, ta = c.s.name, c.v, c.t
    same = c.s.inputs[0].type_str == c.s.inputs[1].type_str
    for tb in [ta] if same else c.types(c.s.inputs[1].type_str):
        a, b = operands(op, ta, tb)
        n, k = len(a), len(b)
        for at in attributes(op, v, ta):
            label = f"{tb} {at}" if not same or at else ""
            A, B = [x.ravel() for x in np.meshgrid(a, b, indexing="ij")]
            if v < 7 and op != "PRelu":
                yield from limited_broadcast(c, op, A, B, at, label)
            elif op == "PRelu":
                yield from prelu(c, a, b)
            else:
                yield c.case([a.reshape(n, 1), b.reshape(1, k)], at, f"all pairs {label}", ulps=ulps(op))
        if v >= 7 and (same or tb == c.types(c.s.inputs[1].type_str)[0]):
            yield from shapes(c, op, ta, tb)


def limited_broadcast(c, op, A, B, at, label):
    """Versions 1 and 6: equal shapes, or broadcast=1 with the second operand's shape a run of the first one's."""
    new = {"Pow": 7, "Equal": 7, "And": 7, "Or": 7, "Xor": 7, "Greater": 7, "Less": 7}.get(op, 7)
    wide = {"Add": 7, "Sub": 7, "Mul": 7, "Div": 7}
    yield c.case([A, B], at, f"all pairs {label}", ulps=ulps(op), via=(op, new, [A, B], at))
    n = len(A) // 6 * 6
    if n:
        x = A[:n].reshape(n // 6, 2, 3, 1)
        for axis, shape, full in ((None, (3, 1), (3, 1)), (1, (2, 3), (2, 3, 1)), (0, (n // 6,), (n // 6, 1, 1, 1)), (None, (1,), (1,)), (1, (2,), (2, 1, 1))):
            y = B[:int(np.prod(shape))].reshape(shape)
            bc = {**at, "broadcast": 1, **({} if axis is None else {"axis": axis})}
            yield c.case([x, y], bc, f"axis {axis} {shape} {label}", ulps=ulps(op), via=(op, wide.get(op, new), [x, y.reshape(full)], at))
    yield c.case([A[:0], B[:0]], at, f"empty {label}", via=(op, new, [A[:0], B[:0]], at))


def prelu(c, a, b):
    k = min(len(a), len(b))
    A = np.repeat(a.reshape(-1, 1), len(b), 1)
    # the slope: one a channel (axis 1) before version 7, unidirectional broadcasting since
    newer = lambda slope: None if c.v > 6 else ("PRelu", 9, [A, slope], {})  # noqa: E731
    yield c.case([A, b], {}, "all pairs", via=newer(b.reshape(1, -1)))
    yield c.case([A, b[:1]], {}, "one slope", via=newer(b[:1]))
    if c.v >= 7:
        X = np.resize(a, (2, 3, 2, 2))
        yield c.case([X, np.resize(b, (3, 1, 1))], {}, "a slope a channel")
        yield c.case([X, np.resize(b, (2, 3, 2, 2))[:, :, ::-1]], {}, "a slope an element")
        yield c.case([a[:k].reshape(k, 1), b[:k][:1].reshape(1, 1)], {}, "ones")


def shapes(c, op, ta, tb):
    a, b = operands(op, ta, tb)
    at = attributes(op, c.v, ta)[0]
    pick = lambda x, s: np.resize(x, s) if int(np.prod(s)) else np.zeros(s, x.dtype)  # noqa: E731
    for s0, s1 in (((), ()), ((3,), ()), ((), (2, 3)), ((0,), (1,)), ((2, 0, 3), (3,)), ((1, 1, 2, 1, 1, 3, 1, 1), (2, 1, 2, 1, 2, 1, 1, 2)), ((4, 1), (5, 1, 3))):
        one_way = op == "PRelu" and (s1 == (2, 3) or len(s1) > len(s0) or s1[-1:] == (2,))
        yield c.case([pick(a, s0), pick(b, s1)], at, f"{list(s0)} {list(s1)}", ulps=ulps(op), expect="refused" if one_way else None)
    if op not in ("Mod",):
        yield c.case([pick(a, (2, 3)), pick(b, (4,))], at, "shapes that do not fit", expect="refused")


@ops(*"BitwiseNot Not Neg Abs Sign Reciprocal Sqrt Exp Log Ceil Floor Round Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh "
     "Acosh Atanh IsNaN IsInf Sigmoid Relu LeakyRelu Elu Selu Celu HardSigmoid HardSwish Softplus Softsign Mish Gelu Swish "
     "ThresholdedRelu Shrink".split())
def unary(c):
    op, t = c.s.name, c.t
    a = edges(t)
    if op == "Shrink" and is_int(t):
        lo, hi = limits(t)
        a = a[(a.astype(np.float64) > lo + 3) & (a.astype(np.float64) < min(hi - 3, 2 ** 31))]
    old = {"consumed_inputs": [0]} if "consumed_inputs" in c.s.attributes else None
    for at in attributes(op, c.v, t):
        newer = old_form(c, op, a, at)
        yield c.case([a], at, f"edges {at or ''}", ulps=ulps(op), wide=c.floating and op not in PREDICATES, via=newer)
    at = attributes(op, c.v, t)[0]
    e = a[a != 0] if op in ("Log", "Reciprocal") and t != "bool" else a
    for s in ((), (0,), (2, 0, 3), (1, 2, 1, 1, 2, 1, 1, 2)):
        x = np.resize(e, s) if int(np.prod(s)) else np.zeros(s, e.dtype)
        yield c.case([x], at, f"{list(s)}", ulps=ulps(op), via=old_form(c, op, x, at))
    if old:
        yield c.case([a], {**at, **old}, "consumed_inputs", ulps=ulps(op), via=old_form(c, op, a, at))


NEWER = {"Elu": 6, "HardSigmoid": 6, "LeakyRelu": 6, "Selu": 6}


def old_form(c, op, a, at):
    """Version 1 said in version 6 and later (defaults written out, where they changed)."""
    if c.v != 1 or op in ("Not", "Softplus", "Softsign"):
        return None
    if op == "Selu":
        at = {"alpha": 1.6732, "gamma": 1.0507, **at}
    return op, NEWER.get(op, 13), [a], at


@ops(*"Min Max Sum Mean".split())
def nary(c):
    op, v, t = c.s.name, c.v, c.t
    a = edges(t)
    n = len(a)
    loose = 4 if op in ("Sum", "Mean") else 0
    A, B = [x.ravel() for x in np.meshgrid(a, a, indexing="ij")]
    for label, xs in (("1", [a]), ("2", [A, B]), ("3", [A, B, A[::-1]]), ("0-d", [a[1], a[0], a[2 % n]]), ("empty", [a[:0], a[:0]])):
        yield c.case(xs, {}, label, ulps=loose, wide=op in ("Sum", "Mean"), via=(op, 8, xs, {}) if v < 8 else None)
    if v >= 8:
        yield c.case([a.reshape(n, 1), a.reshape(1, n)], {}, "bc 2", ulps=loose)
        yield c.case([a[:1], a.reshape(1, n), a.reshape(n, 1, 1)], {}, "bc 3", ulps=loose)
        yield c.case([np.resize(a, (1, 2, 1, 1, 2, 1, 1, 2)), np.resize(a, (2, 1, 1)), a[2 % n]], {}, "rank 8", ulps=loose)
        yield c.case([a[:0], a[:1], a[2 % n]], {}, "bc empty", ulps=loose)
    if op in ("Sum", "Mean"):
        yield c.case([nice(t, (2, 3), c.rng) for _ in range(5)], {}, "5 nice", ulps=2, wide=True, via=None)


@ops("Where")
def where(c):
    for t in c.types("T"):
        a = edges(t)
        n = len(a)
        m = np.array([True, False] * n)[:n]
        yield c.case([m, a, a[::-1]], {}, t)
        yield c.case([m.reshape(n, 1), a, a[:1]], {}, f"{t} bc")
        yield c.case([np.array(True), np.resize(a, (1, 1, 2, 1, 1, 2, 1, 1)), a[:1]], {}, f"{t} rank 8")
        yield c.case([np.array(False), a[0], a[1]], {}, f"{t} 0-d")
        yield c.case([np.zeros((2, 0), bool), a[0], a[:1]], {}, f"{t} empty")


@ops("Clip")
def clip(c):
    v, t = c.v, c.t
    a = edges(t)
    d = np_type(t)
    if v < 11:
        for at in ({}, {"min": -0.5}, {"max": 2.0}, {"min": -0.5, "max": 2.0}, {"min": 2.0, "max": 1.0}):
            bounds = [np.array(at[k], d) if k in at else None for k in ("min", "max")]
            yield c.case([a], at, f"{at}", via=("Clip", 13, [a] + bounds, {}) if c.v == 1 else None)
        yield c.case([some(t, (2, 0, 3), c.rng)], {"min": 0.0, "max": 1.0}, "empty")
        return
    for lo, hi in ((1, 3), (3, 1), (0, 2)):
        for absent in ((), (1,), (2,), (1, 2)):
            ins = [x if k not in absent else None for k, x in enumerate([a, np.array(lo).astype(d), np.array(hi).astype(d)])]
            while ins[-1] is None:
                ins.pop()
            yield c.case(ins, {}, f"{lo} {hi} without {absent}")
    for s in ((), (0,), (1, 2, 1, 1, 2, 1, 1, 2)):
        yield c.case([some(t, s, c.rng), np.array(1).astype(d), np.array(2).astype(d)], {}, f"{list(s)}")


@ops("SwiGLU")
def swiglu(c):
    for shape in ((), (2, 6), (3, 4), (2, 0), (1, 2, 1, 1, 3, 1, 1, 2)):
        for at in ({}, {"alpha": 1.702}):
            yield c.case([nice(c.t, shape, c.rng), nice(c.t, shape, c.rng)], at, f"{list(shape)} {at or ''}", ulps=4, wide=True)
    yield c.case([nice(c.t, (2, 3), c.rng), nice(c.t, (3,), c.rng)], {}, "no broadcasting", expect="refused")
