"""Convolutions and pools."""
import numpy as np

from .case import ops
from .linear import quantized
from .values import distinct, nice, np_type, some

HOW = {"ulps": 4, "loose": 64, "wide": True}
# (spatial shape of x, attributes)
GEOMETRY = [((5,), {}), ((6, 5), {}), ((6, 5), {"strides": [2, 1]}), ((6, 5), {"pads": [1, 0, 2, 1]}), ((7, 6), {"dilations": [2, 1]}), ((6, 5), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
            ((6, 5), {"auto_pad": "SAME_LOWER", "strides": [2, 2]}), ((6, 5), {"auto_pad": "VALID"}), ((4, 3, 5), {"pads": [1, 0, 1, 0, 1, 1], "strides": [1, 2, 2]}), ((3,), {"pads": [2, 2], "strides": [3]})]


@ops("Conv")
def conv(c):
    for x_spatial, at in GEOMETRY:
        r = len(x_spatial)
        k = [3, 2, 2][:r]
        for group, bias in ((1, True), (2, False)):
            x, w, b = nice(c.t, (2, 4, *x_spatial), c.rng), nice(c.t, (6, 4 // group, *k), c.rng), nice(c.t, (6,), c.rng)
            full = {**at, "group": group}
            yield c.case([x, w] + ([b] if bias else []), full, f"{x_spatial} {full}", **HOW)
            if group == 1:
                yield c.case([x, w], {**full, "kernel_shape": k}, f"{x_spatial} {full} kernel given", **HOW)
    x = nice(c.t, (1, 2, 4, 4), c.rng)
    yield c.case([x[:0], nice(c.t, (3, 2, 2, 2), c.rng)], {}, "empty batch", **HOW)
    yield c.case([x, nice(c.t, (3, 2, 1, 1), c.rng)], {}, "1x1", **HOW)
    yield c.case([x, nice(c.t, (2, 1, 3, 3), c.rng)], {"group": 2, "pads": [1, 1, 1, 1]}, "depthwise", **HOW)
    yield c.case([x, nice(c.t, (3, 3, 2, 2), c.rng)], {}, "channels do not fit", expect="refused")
    yield c.case([x, nice(c.t, (3, 2, 5, 5), c.rng)], {}, "kernel too large", expect="refused")


@ops("ConvTranspose")
def conv_transpose(c):
    geometry = [g for g in GEOMETRY if g[0] != (3,)] + [((4, 3), {"strides": [3, 2], "output_padding": [2, 1]}), ((4, 3), {"strides": [2, 2], "output_shape": [9, 7]}),
                                                     ((4, 3), {"strides": [2, 2], "output_shape": [8, 7], "auto_pad": "SAME_UPPER"}), ((4, 3), {"strides": [2, 2], "output_shape": [8, 7], "auto_pad": "SAME_LOWER"})]
    for x_spatial, at in geometry:
        r = len(x_spatial)
        k = [3, 2, 2][:r]
        for group, bias in ((1, True), (2, False)):
            x, w, b = nice(c.t, (2, 4, *x_spatial), c.rng), nice(c.t, (4, 3, *k), c.rng), nice(c.t, (3 * group,), c.rng)
            full = {**at, "group": group}
            yield c.case([x, w] + ([b] if bias else []), full, f"{x_spatial} {full}", **HOW)
    yield c.case([nice(c.t, (0, 2, 3), c.rng), nice(c.t, (2, 1, 2), c.rng)], {}, "empty batch", **HOW)


@ops("ConvInteger")
def conv_integer(c):
    for tw in c.types("T2"):
        for x_spatial, at in GEOMETRY:
            r = len(x_spatial)
            k = [3, 2, 2][:r]
            x, w = quantized(c.t, (2, 4, *x_spatial), c.rng), quantized(tw, (6, 2, *k), c.rng)
            full = {**at, "group": 2}
            yield c.case([x, w, quantized(c.t, (), c.rng)], full, f"{tw} {x_spatial} {full}")
            yield c.case([x, w], full, f"{tw} {x_spatial} {full} no zero points")
            yield c.case([x, w, quantized(c.t, (), c.rng), quantized(tw, (), c.rng)], full, f"{tw} {x_spatial} {full} both")


@ops("QLinearConv")
def qlinear_conv(c):
    for tw in c.types("T2"):
        for ty in c.types("T3"):
            if ty != c.t:
                continue
            for x_spatial, at in GEOMETRY:
                r = len(x_spatial)
                k = [3, 2, 2][:r]
                x, w = quantized(c.t, (2, 4, *x_spatial), c.rng), quantized(tw, (6, 2, *k), c.rng)
                f = np.float32
                b = c.rng.integers(-500, 500, 6).astype(np.int32)
                full = {**at, "group": 2}
                ins = [x, f(0.0078125), quantized(c.t, (), c.rng), w, f(0.015625), quantized(tw, (), c.rng), f(0.0625), quantized(ty, (), c.rng)]
                yield c.case(ins, full, f"{tw} {x_spatial} {full}")
                yield c.case(ins + [b], full, f"{tw} {x_spatial} {full} bias")
            ins[4], ins[5] = np.array([0.01, 0.02, 0.005, 0.03, 0.01, 0.02], f), np.zeros(6, w.dtype)
            yield c.case(ins + [b], full, f"{tw} a scale a channel")


def pools(c, ceil, dilations):
    for x_spatial, at in GEOMETRY:
        if "dilations" in at and not dilations:
            continue
        k = [3, 2, 2][:len(x_spatial)]
        if x_spatial == (3,) or x_spatial == (4, 3, 5):
            at = {**at, "pads": [min(p, 1) for p in at["pads"]]}
        for ce in (0, 1) if ceil and "auto_pad" not in at else (0,):
            yield x_spatial, {**at, "kernel_shape": k, **({"ceil_mode": 1} if ce else {})}
    yield (2, 2), {"kernel_shape": [2, 2]}
    if ceil:
        yield (7,), {"kernel_shape": [2], "strides": [3], "ceil_mode": 1}
        yield (6,), {"kernel_shape": [2], "strides": [3], "pads": [1, 1], "ceil_mode": 1}


@ops("AveragePool")
def average_pool(c):
    for x_spatial, at in pools(c, c.v >= 10, c.v >= 19):
        for include in ((0, 1) if c.v >= 7 else (0,)):
            full = {**at, **({"count_include_pad": 1} if include else {})}
            x = nice(c.t, (2, 3, *x_spatial), c.rng)
            yield c.case([x], full, f"{x_spatial} {full}", via=("AveragePool", 11, [x], full) if c.v == 1 else None, **HOW)
    yield c.case([nice(c.t, (0, 3, 4), c.rng)], {"kernel_shape": [2]}, "empty batch", **HOW)


@ops("LpPool")
def lp_pool(c):
    for x_spatial, at in pools(c, c.v >= 18, c.v >= 18):
        for p in (1, 2, 3):
            x = nice(c.t, (2, 3, *x_spatial), c.rng)
            yield c.case([x], {**at, "p": float(p) if c.v == 1 else p}, f"{x_spatial} {at} {p}", ulps=8, loose=64, wide=True, via=("LpPool", 18, [x], {**at, "p": p}) if c.v == 1 else None)
    yield c.case([nice(c.t, (2, 3, 5), c.rng)], {"kernel_shape": [2]}, "default p", ulps=8, loose=8, wide=True)


@ops("MaxPool")
def max_pool(c):
    for x_spatial, at in pools(c, c.v >= 10, c.v >= 10):
        x = distinct(c.t, (2, 3, *x_spatial), c.rng).ravel()
        x = x[c.rng.permutation(len(x))].reshape(2, 3, *x_spatial)
        for n_out in (1, 2) if c.v >= 8 else (1,):
            for order in (0, 1) if n_out == 2 else (0,):
                full = {**at, **({"storage_order": 1} if order else {})}
                yield c.case([x], full, f"{x_spatial} {full} {n_out}", n_out=n_out, via=("MaxPool", 12, [x], full) if c.v == 1 else None)
    yield c.case([some(c.t, (2, 3, 0), c.rng)[:0]], {"kernel_shape": [2], "pads": [1, 1]}, "empty batch")
    if c.floating:
        yield c.case([np.array([[[np.nan, 1, 2, -np.inf, -np.inf, -0.0, 0.0]]]).astype(np_type(c.t))], {"kernel_shape": [2]}, "edges")


@ops("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def global_pool(c):
    op = c.s.name
    lp = op == "GlobalLpPool"
    for s in ((2, 3, 4), (2, 3, 4, 2), (1, 2, 3, 2, 2), (0, 2, 3)):
        for p in (1, 2, 3) if lp else (None,):
            x = nice(c.t, s, c.rng)
            at = {} if p is None else {"p": float(p) if c.v == 1 else p}
            via = ("ReduceL1" if p == 1 else "ReduceL2", 13, [x], {"axes": list(range(2, len(s))), "keepdims": 1}) if lp and p < 3 else None
            yield c.case([x], at, f"{list(s)} {p or ''}", via=via, **({} if op == "GlobalMaxPool" else {**HOW, "ulps": 8}))
            if lp and p == 3:
                break
    if lp:
        x = nice(c.t, (1, 2, 4), c.rng)
        yield c.case([x], {}, "default", via=("ReduceL2", 13, [x], {"axes": [2], "keepdims": 1}), **HOW)


@ops("MaxUnpool")
def max_unpool(c):
    x = distinct(c.t, (1, 1, 2, 2), c.rng)
    i = np.array([5, 7, 13, 15], np.int64).reshape(1, 1, 2, 2)
    yield c.case([x, i], {"kernel_shape": [2, 2], "strides": [2, 2]}, "plain")
    yield c.case([x, np.array([5, 7, 13, 15], np.int64).reshape(1, 1, 2, 2), np.array([1, 1, 5, 5], np.int64)], {"kernel_shape": [2, 2], "strides": [2, 2]}, "output_shape")
    yield c.case([distinct(c.t, (2, 3, 2), c.rng), np.arange(12, dtype=np.int64).reshape(2, 3, 2) * 2], {"kernel_shape": [2], "strides": [2]}, "1-d")
    yield c.case([x, i], {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0]}, "pads")
    yield c.case([x, np.full((1, 1, 2, 2), 99, np.int64)], {"kernel_shape": [2, 2], "strides": [2, 2]}, "outside", expect="refused")
