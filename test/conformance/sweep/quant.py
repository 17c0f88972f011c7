"""Quantization."""
import numpy as np

from .case import ops
from .values import FLOATS, TYPES, all_codes, edges, is_int, limits, np_type


def some_numbers(t, rng):
    v = np.array([0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 1, -1, 3.2, -7.7, 100, -100, 254.6, 300, -300, 1e4, -1e4, 70000, 0.49999997], np.float64)
    if t.startswith("int"):
        return np.clip(v, *limits(t)).astype(np_type(t))
    if t == "float16":
        v = np.clip(v, -65504, 65504)
    return v.astype(np_type(t))


def zero(t, rng, shape=()):
    d = np_type(t)
    if not is_int(t):
        return np.zeros(shape, d)
    lo, hi = limits(t)
    return rng.integers(lo, hi + 1, shape).astype(d) if abs(lo) + hi < 2 ** 17 else np.zeros(shape, d)


@ops("QuantizeLinear")
def quantize(c):
    x = some_numbers(c.t, c.rng)
    scales = [t for t in c.types("y_scale") if t in FLOATS or t == "float8e8m0"] if c.v >= 23 else [c.t if c.v >= 19 and c.t in FLOATS else "float"]
    for ts in scales:
        sc = lambda v: np.array(v).astype(np_type(ts))  # noqa: E731,B023
        first = ts == scales[0] or ts == c.t
        for ty in c.types("y_zero_point") if first else ["uint8", "int8"]:
            for label, s, z in (("1", 1.0, zero(ty, c.rng)), ("power", 0.25, zero(ty, c.rng)), ("0", 2.0, np.zeros((), np_type(ty)))):
                yield c.case([x, sc(s), z], {}, f"{ts} {ty} {label}")
                if ty.startswith("float8") and c.v >= 19:
                    yield c.case([x, sc(s), z], {"saturate": 0}, f"{ts} {ty} {label} saturate 0")
            if c.v >= 21 and first and ty != "uint8":
                yield c.case([x, sc(0.5)], {"output_dtype": TYPES[ty]}, f"{ts} output_dtype {ty}")
            if c.v >= 13:
                m = x[:18].reshape(2, 3, 3)
                for axis in (0, 1, 2, -1, -2):
                    n = m.shape[axis]
                    yield c.case([m, sc(np.array([0.5, 1, 2])[:n]), zero(ty, c.rng, (n,))], {"axis": axis}, f"{ts} {ty} axis {axis}")
                yield c.case([m, sc(np.array([0.5, 1, 2])), zero(ty, c.rng, (3,))], {}, f"{ts} {ty} default axis")
            if c.v >= 21 and first:
                m = x[:16].reshape(4, 4)
                for axis, shape in ((0, (2, 4)), (1, (4, 2))):
                    yield c.case([m, sc(np.resize([0.5, 1, 2, 4], shape)), zero(ty, c.rng, shape)], {"axis": axis, "block_size": 2}, f"{ts} {ty} blocks {axis}")
                yield c.case([m[:, :3], sc(np.resize([0.5, 1], (4, 2))), zero(ty, c.rng, (4, 2))], {"axis": 1, "block_size": 2}, f"{ts} {ty} cut block")
        yield c.case([x, sc(0.5)], {}, f"{ts} no zero point")
        yield c.case([x[:0], sc(0.5)], {}, f"{ts} empty")
        yield c.case([x[3], sc(0.5)], {}, f"{ts} 0-d")
    if c.t in FLOATS:
        e = edges(c.t)
        e = e[e == e]
        yield c.case([e, np.array(0.1).astype(np_type(scales[0])), np.array(3, np.uint8)], {}, "edges")


def codes(t, rng):
    if t in ("int8", "uint8") or not is_int(t):
        return all_codes(t)
    lo, hi = limits(t)
    if hi < 16:
        return all_codes(t)
    return np.array(sorted({lo, lo + 1, -1 if lo else 1, 0, 1, 100, hi - 1, hi}), np.int64).astype(np_type(t))


@ops("DequantizeLinear")
def dequantize(c):
    x = codes(c.t, c.rng)
    for ts in c.types("x_scale") if c.v >= 19 else ["float"]:
        sc = lambda v: np.array(v).astype(np_type(ts))  # noqa: E731,B023
        # what type comes out has to be said where the scale's cannot be
        base = {"output_dtype": TYPES["float"]} if ts == "float8e8m0" else {}
        if base:
            yield c.case([x, sc(1)], {}, f"{ts} no output_dtype", expect="refused")
        how = {"ulps": 1} if c.t == "int32" or ts in ("float16", "bfloat16") else {}
        small = limits(c.t)[1] < 2 ** 17 if is_int(c.t) else False
        for label, s in (("0.1", 0.1), ("power", 0.25)):
            yield c.case([x, sc(s)], base, f"{ts} {label} no zero point", **how)
            if small:
                yield c.case([x, sc(s), zero(c.t, c.rng)], base, f"{ts} {label}", **how)
            yield c.case([x, sc(s), np.zeros((), np_type(c.t))], base, f"{ts} {label} zero", **how)
        m = np.resize(x, (2, 3, 4))
        if c.v >= 13:
            for axis in (0, 1, 2, -1, -3):
                n = m.shape[axis]
                z = [zero(c.t, c.rng, (n,))] if small else []
                yield c.case([m, sc(np.array([0.5, 0.1, 2, 0.7])[:n])] + z, {**base, "axis": axis}, f"{ts} axis {axis}", **how)
        if c.v >= 21:
            m = np.resize(x, (4, 4))
            for axis, shape in ((0, (2, 4)), (1, (4, 2))):
                z = [zero(c.t, c.rng, shape)] if small else []
                yield c.case([m, sc(np.resize([0.5, 0.1, 2, 4], shape))] + z, {**base, "axis": axis, "block_size": 2}, f"{ts} blocks {axis}", **how)
        if c.v >= 23:
            for ty in c.types("T3"):
                yield c.case([x, sc(0.25)], {"output_dtype": TYPES[ty]}, f"{ts} to {ty}", **how)
        yield c.case([x[:0], sc(0.5)], base, f"{ts} empty")
        yield c.case([x[3], sc(0.5)], base, f"{ts} 0-d")


@ops("DynamicQuantizeLinear")
def dynamic_quantize(c):
    for label, x in (("mixed", [0, 2, -3, -2.5, 1.34, 0.5]), ("positive", [1, 2.1, 1.3, 2.5, 3.34, 4]), ("negative", [-1, -2.1, -1.3, -2.5, -3.34, -4]), ("one", [3]), ("large", [1e30, -1e30, 5])):
        yield c.case([np.array(x, np.float32)], {}, label, n_out=3)
    yield c.case([c.rng.normal(0, 3, (3, 40)).astype(np.float32)], {}, "random", n_out=3)
