"""Cast, CastLike, BitCast."""
import re

import numpy as np

from .case import ops
from .values import FLOATS, TYPES, edges, np_type


def values(a, b):
    """Values of type a whose conversion to b is defined."""
    if a == "string":
        if b == "float8e8m0":
            return np.array(["1", "0.1", "1e-5", "3.4e38", "NaN", "1.5", "123456.789"], object)
        if b in FLOATS or b.startswith("float"):
            return np.array(["1", "-2.5", "0.1", "1e-5", "3.4e38", "NaN", "INF", "-inf", "+INF", "1.0000001", "65519.999", "123456789012345678901234567890"], object)
        return np.array(["0", "1", "1"], object)
    if b == "string" and a in FLOATS:
        return np.array([0.5, 1.25, 0.1, 3.1415926, 1e-5, 1e20, 12345.678], np.float64).astype(np_type(a))
    x = edges(a)
    if a in FLOATS or a.startswith("float"):
        f = x.astype(np.float64)
        if b not in FLOATS and b != "bool" and not b.startswith(("float", "complex")):
            lo, hi = (-1.5, 3) if b in ("uint2", "int2") else (-2, 15)
            if b.startswith("uint"):
                lo = -0.9
            if b == "int4":
                lo, hi = -8.5, 7.5
            if b == "int2":
                lo, hi = -2.5, 1.5
            x = x[np.isfinite(f) & (f >= lo) & (f <= hi)]
        if b == "float8e8m0":
            x = x[~(np.signbit(f) & ~np.isnan(f))]
    elif b == "float8e8m0" and a != "bool":
        x = x[x.astype(np.float64) >= 0] if a not in ("int4", "int2") else x[x.astype(np.int8) >= 0]
    return x


@ops("Cast", "CastLike")
def cast(c):
    v, a = c.v, c.t
    for b in c.types("T2"):
        x = values(a, b)
        how = [{}]
        if b.startswith("float8") and v >= 19:
            how = [{}, {"saturate": 0}]
        if b == "float8e8m0" and v >= (24 if c.s.name == "Cast" else 25):
            how = [{"saturate": q, "round_mode": r} for q in (0, 1) for r in ("up", "down", "nearest")]
        for at in how:
            for label, y in (("", x), ("0-d ", x[:1].reshape(())), ("empty ", np.resize(x, (2, 0)))) if at == how[0] else (("", x),):
                if c.s.name == "Cast":
                    to = {"to": TYPES[b] if v >= 6 else b.upper()}
                    yield c.case([y], {**to, **at}, f"{label}to {b} {at or ''}", via=("Cast", 9, [y], {"to": TYPES[b]}) if v == 1 else None)
                else:
                    yield c.case([y, edges(b)[:1]], at, f"{label}to {b} {at or ''}")


def width(t):
    return 8 if t == "bool" else {"float": 32, "double": 64, "bfloat16": 16, "complex64": 64, "complex128": 128}.get(t) or int(re.match(r"[a-z]+(\d+)", t)[1])


@ops("BitCast")
def bitcast(c):
    for b in c.types("T2"):
        if width(c.t) == width(b):
            x = edges(c.t)
            yield c.case([x], {"to": TYPES[b]}, f"to {b}")
            yield c.case([x[:1].reshape(())], {"to": TYPES[b]}, f"0-d to {b}")
        elif b != "string" and c.t != "string":
            yield c.case([edges(c.t)], {"to": TYPES[b]}, f"to {b}", expect="refused")
