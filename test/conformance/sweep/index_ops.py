"""Gathers, scatters and other operators that move elements by index."""
import numpy as np

from .case import ops
from .values import FLOATS, distinct, edges, is_int, nice, np_type, some

I64 = np.int64


def ints(*v):
    return np.array(v, I64)


@ops("Gather")
def gather(c):
    x = distinct(c.t, (3, 4, 2), c.rng)
    low = [-1, -3] if c.v >= 11 else [0, 1]
    for axis in (0, 1, 2) + ((-1, -3) if c.v >= 11 else ()):
        n = x.shape[axis]
        for label, i in (("1-d", ints(0, n - 1, 0)), ("0-d", np.array(1, I64)), ("2-d", ints(0, 1, 1, 0).reshape(2, 2)), ("none", ints()), ("negative", ints(*[max(v, -n) for v in low]))):
            yield c.case([x, i], {"axis": axis}, f"{axis} {label}")
        yield c.case([x, np.array([1, 0], np.int32)], {"axis": axis}, f"{axis} int32")
    yield c.case([x, ints(1)], {}, "default")
    yield c.case([distinct(c.t, (1, 2, 1, 1, 3, 1, 1, 2), c.rng), ints(2, 0)], {"axis": 4}, "rank 8")
    yield c.case([x, ints(3)], {}, "outside", expect="refused")
    yield c.case([x, ints(-4)], {}, "far below", expect="refused")


@ops("GatherElements")
def gather_elements(c):
    x = distinct(c.t, (3, 4), c.rng)
    for axis in (0, 1, -1, -2):
        n = x.shape[axis]
        for d in (I64, np.int32):
            yield c.case([x, c.rng.integers(-n, n, (3, 4)).astype(d)], {"axis": axis}, f"{axis} {np.dtype(d)}")
        s = [3, 4]
        s[axis] = 2
        yield c.case([x, c.rng.integers(-n, n, s)], {"axis": axis}, f"{axis} fewer")
    yield c.case([x, np.zeros((0, 4), I64)], {"axis": 0}, "none")
    yield c.case([x, ints(3).reshape(1, 1)], {}, "outside", expect="refused")
    y = distinct(c.t, (1, 2, 1, 3, 1, 2, 1, 2), c.rng)
    yield c.case([y, c.rng.integers(-3, 3, y.shape)], {"axis": 3}, "rank 8")


@ops("GatherND")
def gather_nd(c):
    x = distinct(c.t, (2, 3, 4), c.rng)
    for label, i in (("rows", ints(1, 0).reshape(2, 1)), ("pairs", ints(0, 1, 1, 2).reshape(2, 2)), ("elements", ints(0, 1, 3, 1, 2, -1).reshape(2, 3)), ("negative", ints(-1, -3).reshape(1, 2)),
                     ("one", ints(1)), ("none", np.zeros((0, 2), I64)), ("rank 3", ints(0, 1, 1, 0).reshape(2, 2, 1))):
        yield c.case([x, i], {}, label)
    if c.v >= 12:
        yield c.case([x, ints(1, 2).reshape(2, 1)], {"batch_dims": 1}, "batch 1")
        yield c.case([x, c.rng.integers(0, 4, (2, 3, 1))], {"batch_dims": 2}, "batch 2")
        yield c.case([x, c.rng.integers(0, 3, (2, 2, 2))], {"batch_dims": 1}, "batch 1, pairs")
    yield c.case([x, ints(2).reshape(1, 1)], {}, "outside", expect="refused")
    yield c.case([x, np.zeros((1, 4), I64)], {}, "too deep", expect="refused")


def reductions(c):
    kinds = ["none"]
    if c.v >= 16 and c.t not in ("string",):
        kinds += ["add", "mul"]
    if c.v >= 18 and not c.t.startswith("complex") and c.t != "string":
        kinds += ["max", "min"]
    return kinds if "reduction" in c.s.attributes else [None]


@ops("Scatter", "ScatterElements")
def scatter_elements(c):
    x = distinct(c.t, (3, 4), c.rng)
    for kind in reductions(c):
        at = {"reduction": kind} if kind else {}
        loose = {"ulps": 2, "loose": 4, "wide": True} if (c.floating or c.t.startswith("complex")) and kind in ("add", "mul") else {}
        for axis in (0, 1, -1):
            if axis < 0 and c.s.name == "Scatter" and c.v < 11:
                continue
            n = x.shape[axis]
            i = np.argsort(c.rng.random((3, 4)), axis).astype(I64)
            u = nice(c.t, (3, 4), c.rng, 0, 3)
            how = dict(loose)
            if c.s.name == "Scatter":
                how["via"] = ("ScatterElements", 11, [x, i, u], {"axis": axis})
            yield c.case([x, i, u], {"axis": axis, **at}, f"{axis} {kind or ''}", **how)
            how = dict(loose)
            if c.s.name == "Scatter":
                how["via"] = ("ScatterElements", 11, [x, i[:2, :2] % 2, u[:2, :2]], {"axis": axis})
            if kind not in ("none", None):
                j = c.rng.integers(-n, n, (2, 4))
                yield c.case([x, j, u[:2]], {"axis": axis, **at}, f"{axis} {kind} twice", **how)
            else:
                one = np.zeros((1, 1), I64)
                yield c.case([x, one.astype(np.int32), u[:1, :1]], {"axis": axis, **at}, f"{axis} {kind or ''} int32",
                             via=("ScatterElements", 11, [x, one, u[:1, :1]], {"axis": axis}) if c.s.name == "Scatter" else None)
        if kind in ("max", "min") and c.floating:
            e = edges(c.t)
            z = np.zeros((len(e),), I64)
            yield c.case([np.ones((1,), e.dtype), z[:1], e[:1]], at, f"{kind} edges", **loose)
    if c.s.name != "Scatter":
        yield c.case([x, np.zeros((0, 4), I64), x[:0]], {}, "none")
        y = distinct(c.t, (1, 2, 1, 3, 1, 2, 1, 2), c.rng)
        yield c.case([y, np.zeros((1, 2, 1, 1, 1, 2, 1, 2), I64) + 1, some(c.t, (1, 2, 1, 1, 1, 2, 1, 2), c.rng)], {"axis": 3}, "rank 8")
    yield c.case([x, ints(3).reshape(1, 1), x[:1, :1]], {}, "outside", expect="refused")


@ops("ScatterND")
def scatter_nd(c):
    x = distinct(c.t, (4, 3, 2), c.rng)
    for kind in reductions(c):
        at = {"reduction": kind} if kind else {}
        loose = {"ulps": 2, "loose": 4, "wide": True} if (c.floating or c.t.startswith("complex")) and kind in ("add", "mul") else {}
        for label, i in (("rows", ints(2, 0).reshape(2, 1)), ("pairs", ints(0, 1, 3, 2).reshape(2, 2)), ("elements", ints(0, 1, 1, 3, 2, -1).reshape(2, 3)), ("rank 3", ints(0, 1, 3, 2).reshape(2, 2, 1)),
                         ("none", np.zeros((0, 1), I64))):
            u = nice(c.t, i.shape[:-1] + x.shape[i.shape[-1]:], c.rng, 0, 3)
            yield c.case([x, i, u], at, f"{label} {kind or ''}", **loose)
        if kind not in ("none", None):
            i = ints(1, 1, 2, 1).reshape(4, 1)
            yield c.case([x, i, nice(c.t, (4, 3, 2), c.rng, 0, 3)], at, f"twice {kind}", **loose)
    yield c.case([x, ints(4).reshape(1, 1), x[:1]], {}, "outside", expect="refused")


@ops("Compress")
def compress(c):
    x = distinct(c.t, (3, 4), c.rng)
    b = np.array([True, False, True])
    for axis in (0, 1) + ((-1,) if c.v >= 11 else ()):
        yield c.case([x, b], {"axis": axis}, f"axis {axis}")
    yield c.case([x, np.array([True, False, False, True, True])], {}, "flat")
    yield c.case([x, np.zeros(3, bool)], {"axis": 0}, "nothing")
    yield c.case([x, np.zeros(0, bool)], {"axis": 0}, "no condition")
    yield c.case([distinct(c.t, (1, 2, 1, 3, 1, 1, 1, 2), c.rng), b], {"axis": 3}, "rank 8")


@ops("OneHot")
def one_hot(c):
    d = np_type(c.t)
    i = np.array([0, 2, 1, 5, 3], d)
    signed = c.floating or c.t.startswith("int")
    j = np.array([[-1, 2], [-3, 0]], d) if signed else np.array([[1, 2], [7, 0]], d)
    if c.v < 11:
        j = np.abs(j.astype(np.float64)).astype(d)
    for t in c.types("T2") if not c.floating else c.types("T2")[:3]:
        yield c.case([i, np.array([4]).astype(np_type(t)), np.array([2, 5], np.float32)], {}, f"depth {t}")
    for t in c.types("T3"):
        if t in ("bool", "string"):
            v = edges(t)[:2]
        else:
            v = np.array([0, 3]).astype(np_type(t))
        yield c.case([i, np.array(6, I64), v], {}, f"values {t}")
    for axis in (0, 1, -1, 2, -2, -3):
        yield c.case([j, np.array([3], I64), np.array([0, 1], np.float32)], {"axis": axis}, f"axis {axis}")
    yield c.case([i[:0], np.array([3], I64), np.array([0, 1], np.float32)], {}, "none")


@ops("Unique")
def unique(c):
    values = [("ties", nice(c.t, (3, 4), c.rng, 0, 3) if c.t != "string" else some(c.t, (3, 4), c.rng)), ("none", np.zeros((0,), np_type(c.t))), ("one", distinct(c.t, (1,), c.rng)),
              ("edges", edges(c.t)[edges(c.t) == edges(c.t)] if not c.floating else edges(c.t)[edges(c.t) == edges(c.t)][2:])]
    if c.floating:
        values[0] = ("ties", np.round(values[0][1].astype(np.float32)).astype(np_type(c.t)))
    for label, x in values:
        for order in (0, 1):
            yield c.case([x], {"sorted": order}, f"{label} sorted {order}", n_out=4)
            for axis in range(x.ndim) if x.size else ():
                yield c.case([np.concatenate([x, x], axis)], {"sorted": order, "axis": axis}, f"{label} axis {axis} sorted {order}", n_out=4)
    yield c.case([values[0][1]], {"axis": -1}, "negative axis", n_out=4)


@ops("NonZero")
def non_zero(c):
    for s in ((5,), (3, 4), (2, 0), (1, 2, 1, 1, 2, 1, 1, 2), (2, 2, 3)):
        yield c.case([some(c.t, s, c.rng)], {}, f"{list(s)}")
    for x in edges(c.t)[:4]:
        yield c.case([np.array(x, np_type(c.t))], {}, f"0-d {x!r}")


@ops("ReverseSequence")
def reverse_sequence(c):
    x = distinct(c.t, (4, 3, 2), c.rng)
    yield c.case([x, ints(4, 2, 1)], {}, "default")
    yield c.case([x, ints(3, 1, 2, 0)], {"time_axis": 1, "batch_axis": 0}, "batch first")
    yield c.case([x[..., 0], ints(0, 1, 4)], {"time_axis": 0, "batch_axis": 1}, "2-d")
    yield c.case([x[:, :0], ints()], {}, "empty")
    yield c.case([x, ints(5, 2, 1)], {}, "too long", expect="refused")


@ops("TensorScatter")
def tensor_scatter(c):
    past = distinct(c.t, (2, 3, 5, 2), c.rng)
    new = some(c.t, (2, 3, 2, 2), c.rng)
    yield c.case([past, new], {}, "from 0")
    yield c.case([past, new, ints(1, 3)], {}, "at")
    yield c.case([past, new, ints(4, 3)], {"mode": "circular"}, "circular")
    yield c.case([past[:, 0], new[:, 0], ints(2, 0)], {"axis": 1}, "3-d")
    yield c.case([past, new, ints(4, 0)], {}, "beyond the end", expect="refused")


@ops("Range")
def range_(c):
    d = np_type(c.t)
    for a, b, s in ((0, 5, 1), (1, 10, 3), (5, 0, 1), (0, 0, 1), (10, 1, -3), (-3, 4, 2), (7, 7, -1)) + (((0, 1, 0.1), (1.5, -2, -0.25), (0, 1e-7, 1)) if c.t in FLOATS else ()):
        yield c.case([np.array(v, d).reshape(()) for v in (a, b, s)], {}, f"{a} {b} {s}", ulps=1, loose=2)
    if is_int(c.t):
        i = np.iinfo(d)
        yield c.case([np.array(v, d) for v in (i.max - 3, i.max, 2)], {}, "at the top")
        yield c.case([np.array(v, d) for v in (i.min + 3, i.min, -2)], {}, "at the bottom")
    yield c.case([np.array(v, d) for v in (0, 5, 0)], {}, "step 0", expect="refused")
