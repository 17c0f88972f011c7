"""Products of matrices."""
import numpy as np

from .case import ops
from .values import edges, limits, nice, np_type

HOW = {"ulps": 4, "loose": 64, "wide": True}


def how(c):
    return HOW if c.floating else {}


@ops("MatMul")
def matmul(c):
    for a, b in (((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 1)), ((2, 1, 2, 3), (3, 3, 2)), ((3,), (2, 3, 4)), ((2, 3, 4), (4,)),
                 ((0, 3), (3, 4)), ((2, 0), (0, 4)), ((1, 2, 1, 1, 2, 1, 2, 3), (2, 1, 1, 1, 1, 3, 2)), ((17, 40), (40, 19))):
        yield c.case([nice(c.t, a, c.rng), nice(c.t, b, c.rng)], {}, f"{list(a)} {list(b)}", **how(c))
    if not c.floating:
        e = edges(c.t)[:12]
        yield c.case([e.reshape(2, -1), e.reshape(-1, 2)], {}, "extremes wrap")
    else:
        yield c.case([np.array([[np.inf, 1], [np.nan, 0]], np.float32).astype(np_type(c.t)), np.array([[1, 0], [2, 3]], np.float32).astype(np_type(c.t))], {}, "infinities", **how(c))
    for a, b in (((2, 3), (2, 3)), ((2, 2, 3), (3, 3, 2)), ((), (2, 2))):
        yield c.case([nice(c.t, a, c.rng), nice(c.t, b, c.rng)], {}, f"{list(a)} {list(b)} does not fit", expect="refused")


@ops("Gemm")
def gemm(c):
    rows = [((4,), {}), ((1, 4), {}), ((2, 1), {}), ((), {}), ((1,), {}), ((2, 4), {})]
    for ta in (0, 1):
        for tb in (0, 1):
            a = nice(c.t, (3, 2) if ta else (2, 3), c.rng)
            b = nice(c.t, (4, 3) if tb else (3, 4), c.rng)
            for alpha, beta in ((1.0, 1.0), (0.5, 2.0), (0.0, 1.0), (1.0, 0.0)):
                if not c.floating and alpha == 0.5:
                    alpha = 2.0
                at = {"transA": ta, "transB": tb, "alpha": alpha, "beta": beta}
                bias = nice(c.t, (2, 4), c.rng)
                yield c.case([a, b, bias], at, f"{ta}{tb} {alpha} {beta}", via=("Gemm", 13, [a, b, bias], at) if c.v < 7 else None, **how(c))
                if c.v >= 11:
                    yield c.case([a, b], at, f"{ta}{tb} {alpha} {beta} no bias", **how(c))
    a, b = nice(c.t, (2, 3), c.rng), nice(c.t, (3, 4), c.rng)
    for shape, _ in rows:
        bias = nice(c.t, shape, c.rng)
        if c.v >= 7:
            yield c.case([a, b, bias], {}, f"bias {list(shape)}", **how(c))
        elif shape != ():
            yield c.case([a, b, bias], {"broadcast": 1}, f"bias {list(shape)}", via=("Gemm", 13, [a, b, bias], {}), **how(c))
    yield c.case([a[:0], b, nice(c.t, (0, 4), c.rng)], {}, "empty rows", via=("Gemm", 13, [a[:0], b, nice(c.t, (1, 4), c.rng)[:0]], {}) if c.v < 7 else None, **how(c))
    if c.v >= 11:
        yield c.case([a[:, :0], b[:0]], {}, "empty sums", **how(c))
    yield c.case([a, a, nice(c.t, (2, 4), c.rng)], {}, "does not fit", expect="refused")


@ops("Einsum")
def einsum(c):
    n = lambda *s: nice(c.t, s, c.rng)  # noqa: E731
    for eq, xs in (("ij,jk->ik", [n(2, 3), n(3, 4)]), ("ij->ji", [n(2, 3)]), ("ij->", [n(2, 3)]), ("ii->i", [n(3, 3)]), ("ii", [n(3, 3)]), ("i,j->ij", [n(2), n(3)]), ("bij,bjk->bik", [n(2, 2, 3), n(2, 3, 2)]),
                   ("...ij,...jk->...ik", [n(2, 1, 2, 3), n(3, 3, 2)]), ("i,i,i->", [n(4), n(4), n(4)]), ("ij,jk", [n(2, 3), n(3, 2)]), ("...->...", [n(2, 3)]), ("ij, ij -> i", [n(2, 3), n(2, 3)]),
                   ("ijkl->lkji", [n(2, 1, 3, 2)]), ("bi,ij,bj->b", [n(3, 2), n(2, 4), n(3, 4)]), ("ba,ac->cb", [n(2, 3), n(3, 2)]), (",i->i", [n(), n(3)]), ("i...->...", [n(2, 3, 2)]), ("ij->ij", [n(0, 3)]),
                   ("ij,j->i", [n(2, 0), n(0)])):
        yield c.case(xs, {"equation": eq}, eq, **how(c))
    for eq, xs in (("ij,jk->ik", [n(2, 3), n(4, 4)]), ("ij->ik", [n(2, 3)]), ("ijk->i", [n(2, 3)]), ("i,j->ij", [n(2)])):
        yield c.case(xs, {"equation": eq}, eq + " is wrong", expect="refused")


@ops("Det")
def det(c):
    for s in ((1, 1), (2, 2), (3, 3), (2, 3, 3), (1, 2, 1, 1, 2, 1, 2, 2), (0, 2, 2)):
        yield c.case([nice(c.t, s, c.rng)], {}, f"{list(s)}", ulps=8, loose=64, wide=True)
    yield c.case([np.array([[1, 2], [2, 4]]).astype(np_type(c.t))], {}, "singular", atol=1e-6)
    yield c.case([nice(c.t, (2, 3), c.rng)], {}, "not square", expect="refused")


def quantized(t, shape, rng):
    lo, hi = limits(t) if t[0] in "ui" else (-6, 6)
    if t[0] in "ui":
        return rng.integers(lo, hi + 1, shape).astype(np_type(t))
    return rng.uniform(lo, hi, shape).astype(np_type(t))


@ops("MatMulInteger")
def matmul_integer(c):
    for tb in c.types("T2"):
        for a, b in (((2, 3), (3, 4)), ((3,), (3,)), ((5, 2, 3), (3, 4)), ((2, 0), (0, 3)), ((2, 1, 2, 3), (3, 3, 2))):
            x, y = quantized(c.t, a, c.rng), quantized(tb, b, c.rng)
            za, zb = quantized(c.t, (), c.rng), quantized(tb, (), c.rng)
            yield c.case([x, y], {}, f"{tb} {list(a)} {list(b)}")
            yield c.case([x, y, za, zb], {}, f"{tb} {list(a)} {list(b)} zero points")
            yield c.case([x, y, None, zb], {}, f"{tb} {list(a)} {list(b)} second zero point")
        x, y = quantized(c.t, (2, 3), c.rng), quantized(tb, (3, 4), c.rng)
        yield c.case([x, y, quantized(c.t, (2,), c.rng), quantized(tb, (4,), c.rng)], {}, f"{tb} a zero point a row")


@ops("QLinearMatMul")
def qlinear_matmul(c):
    for tb in c.types("T2"):
        for ty in c.types("T3"):
            for ts in c.types("a_scale"):
                sc = lambda v: np.array(v).astype(np_type(ts))  # noqa: E731,B023
                for a, b in (((2, 3), (3, 4)), ((2, 2, 3), (2, 3, 2))):
                    ins = [quantized(c.t, a, c.rng), sc(0.0078125), quantized(c.t, (), c.rng), quantized(tb, b, c.rng), sc(0.015625), quantized(tb, (), c.rng), sc(0.03125), quantized(ty, (), c.rng)]
                    yield c.case(ins, {}, f"{tb} {ty} {ts} {list(a)} {list(b)}")
    tb, ty = c.types("T2")[0], c.types("T3")[0]
    f = np.float32
    ins = [quantized(c.t, (2, 3), c.rng), f([0.01, 0.02]), quantized(c.t, (2,), c.rng), quantized(tb, (3, 4), c.rng), f([0.01, 0.02, 0.03, 0.04]), quantized(tb, (4,), c.rng), f(0.05), quantized(ty, (), c.rng)]
    yield c.case(ins, {}, "a scale a row and a column")
