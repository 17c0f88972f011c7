"""Reductions, running sums, softmax and its like, the largest few."""
import numpy as np

from .case import ops
from .values import FLOATS, distinct, edges, nice, np_type, some

I64 = np.int64
SHAPES = [((3, 4), None), ((3, 4), [0]), ((3, 4), [1]), ((2, 3, 4), [0, 2]), ((2, 3, 4), [1]), ((), None), ((5,), [0]), ((1, 2, 1, 3, 2, 1, 1, 2), [1, 4, 7]),
          ((1, 2, 1, 3, 2, 1, 1, 2), [3]), ((2, 3, 4), [0, 1, 2])]


def values(c, shape):
    if c.s.name in ("ReduceLogSum", "ReduceProd"):
        return nice(c.t, shape, c.rng, 1, 2)
    if c.s.name in ("ReduceMax", "ReduceMin"):
        return some(c.t, shape, c.rng)
    return nice(c.t, shape, c.rng, 0 if c.t[0] == "u" else -4, 4)


@ops(*("ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare".split()))
def reduce(c):
    op = c.s.name
    as_input = "axes" not in c.s.attributes
    inexact = c.floating and op not in ("ReduceMax", "ReduceMin")
    how = {"ulps": 2, "loose": 40, "wide": True} if inexact else {}

    def one(x, axes, at, label, **more):
        ins = [x]
        if axes is not None and as_input:
            ins.append(np.array(axes, I64))
        elif axes is not None:
            at = {**at, "axes": axes}
        return c.case(ins, at, label, **{**how, **more})

    negative = [((2, 3, 4), [-1]), ((2, 3, 4), [-3, 1])] if c.v >= 11 else []
    for shape, axes in SHAPES + negative:
        for keep in (0, 1):
            yield one(values(c, shape), axes, {"keepdims": keep}, f"{list(shape)} {axes} keepdims {keep}")
    for axes in ([0], [1], None):
        yield one(np.zeros((0, 3), np_type(c.t)), axes, {}, f"empty {axes}", **({"expect": None}))
    if as_input:
        x = values(c, (2, 3))
        yield one(x, [], {"noop_with_empty_axes": 1}, "noop")
        yield one(x, [], {}, "empty axes")
        yield one(x, None, {"noop_with_empty_axes": 1}, "noop without axes")
    if c.floating:
        e = edges(c.t)
        n = len(e)
        yield one(e[:n // 3 * 3].reshape(3, n // 3), [1], {}, "edges of a row")
        yield one(np.stack([e, e[::-1]]), [0], {}, "edges, pairs")
        yield one(nice(c.t, (3, 300), c.rng, 0.9, 1.1), [1], {}, "long", loose=600)
    elif c.t != "bool":
        e = edges(c.t)
        yield one(np.stack([e, e[::-1]]), [0], {}, "extremes, pairs", **({"expect": None}))
    yield one(values(c, (2, 3)), [2], {}, "axis outside", expect="refused")


@ops("ArgMax", "ArgMin")
def arg_reduce(c):
    e = edges(c.t)
    for x, label in ((some(c.t, (3, 4), c.rng), "edges"), (nice(c.t, (2, 3, 4), c.rng, 0, 2), "ties"), (e[e == e] if c.floating else e, "all")):
        for axis in list(range(x.ndim)) + ([-1] if c.v >= 11 else []):
            if c.floating and np.isnan(x.astype(np.float64)).any():
                x = np.where(np.isnan(x.astype(np.float64)), np.ones((), x.dtype), x)
            for keep in (0, 1):
                yield c.case([x], {"axis": axis, "keepdims": keep}, f"{label} {axis} {keep}")
            if c.v >= 12:
                yield c.case([x], {"axis": axis, "select_last_index": 1}, f"{label} {axis} last")
    yield c.case([nice(c.t, (2, 3), c.rng)], {}, "default")
    yield c.case([nice(c.t, (1, 2, 1, 2, 1, 3, 1, 2), c.rng)], {"axis": 5}, "rank 8")
    yield c.case([np.zeros((0, 3), np_type(c.t))], {"axis": 1}, "empty")
    yield c.case([nice(c.t, (2, 3), c.rng)], {"axis": 2}, "axis outside", expect="refused")


@ops("CumSum", "CumProd")
def cumulative(c):
    how = {"ulps": 2, "loose": 16, "wide": True} if c.floating else {}
    for shape, axis in (((5,), 0), ((2, 3), 1), ((2, 3), 0), ((2, 3), -1), ((2, 3, 2), -2), ((0, 3), 0), ((2, 0), 1), ((1, 2, 1, 3, 1, 2, 1, 2), 3)):
        for ex in (0, 1):
            for rev in (0, 1):
                for d in (np.int64, np.int32) if shape == (2, 3) else (np.int64,):
                    yield c.case([nice(c.t, shape, c.rng, 0 if c.t[0] == "u" else -3, 3), np.array(axis, d)], {"exclusive": ex, "reverse": rev},
                                 f"{list(shape)} {axis} {ex} {rev} {np.dtype(d)}", **how)
    if not c.floating:
        yield c.case([edges(c.t), np.array(0, I64)], {}, "extremes wrap")
    yield c.case([nice(c.t, (2,), c.rng), np.array(1, I64)], {}, "axis outside", expect="refused")


@ops("Softmax", "LogSoftmax", "Hardmax")
def softmax(c):
    hard = c.s.name == "Hardmax"
    how = {} if hard else {"ulps": 4, "loose": 64, "wide": c.t == "float"}
    for shape in ((3, 4), (2, 3, 4), (1, 2, 1, 2, 1, 3, 1, 2), (4,) if c.v >= 11 else (1, 4), (2, 0, 3), (3, 0)):
        x = nice(c.t, shape, c.rng, -9, 9)
        for axis in list(range(len(shape))) + ([-1] if c.v >= 11 else []):
            yield c.case([x], {"axis": axis}, f"{list(shape)} {axis}", **how)
            if c.v < 13:  # all from axis on together: version 13 says it with the row written out
                flat = x.reshape(int(np.prod(shape[:axis])), int(np.prod(shape[axis:])))
                yield c.case([flat], {"axis": 1}, f"{list(shape)} {axis} flat", via=(c.s.name, 13, [flat], {"axis": 1}), **how)
    yield c.case([nice(c.t, (2, 3, 2), c.rng)], {}, "default", **how)
    yield c.case([np.array([[1e4, -1e4, 0], [-np.inf, 0, 1], [2, 2, 2]]).astype(np_type(c.t))], {"axis": 1}, "far apart", **how)
    yield c.case([nice(c.t, (2, 3), c.rng)], {"axis": 4}, "axis outside", expect="refused")


@ops("LpNormalization")
def lp_normalization(c):
    for p in (1, 2):
        for shape, axis in (((2, 3), 0), ((2, 3), 1), ((2, 3), -1), ((4,), 0), ((0, 3), 1), ((1, 2, 1, 3, 1, 1, 1, 2), 3)):
            yield c.case([nice(c.t, shape, c.rng)], {"axis": axis, "p": p}, f"{list(shape)} {axis} {p}", ulps=4, loose=8, wide=True)
    yield c.case([nice(c.t, (2, 3), c.rng)], {}, "default", ulps=4, loose=8, wide=True)
    yield c.case([np.zeros((2, 3), np_type(c.t))], {}, "zeros")


@ops("TopK")
def topk(c):
    e = edges(c.t)
    if c.t in FLOATS:
        e = e[e == e]
    for label, x in (("edges", e), ("ties", nice(c.t, (3, 8), c.rng, 0, 3) if c.t not in FLOATS else np.round(nice(c.t, (3, 8), c.rng, 0, 3).astype(np.float32)).astype(np_type(c.t))),
                     ("rank 3", distinct(c.t, (2, 5, 3), c.rng)[:, ::-1]), ("0", distinct(c.t, (3, 0), c.rng))):
        for axis in list(range(x.ndim)) + [-1]:
            if axis == -1 and c.v < 11 and label != "edges":
                continue
            n = x.shape[axis]
            for k in sorted({0, min(1, n), n // 2, n}):
                if c.v == 1:
                    if k:
                        yield c.case([x], {"axis": axis, "k": k}, f"{label} {axis} {k}", n_out=2, via=("TopK", 11, [x, np.array([k], I64)], {"axis": axis}))
                    continue
                for at in [{}] + ([{"largest": 0}] if c.v >= 11 else []):
                    yield c.case([x, np.array([k], I64)], {"axis": axis, **at}, f"{label} {axis} {k} {at or ''}", n_out=2)
    if c.v > 1:
        yield c.case([distinct(c.t, (3,), c.rng), np.array([4], I64)], {}, "k too large", n_out=2, expect="refused")
        yield c.case([distinct(c.t, (3,), c.rng), np.array([-1], I64)], {}, "k negative", n_out=2, expect="refused")
