"""Normalizations and dropout."""
import numpy as np

from .case import ops
from .values import nice, np_type

HOW = {"ulps": 4, "loose": 64, "wide": True}


def positive(t, shape, rng):
    return nice(t, shape, rng, 0.3, 2)


@ops("BatchNormalization")
def batch_norm(c):
    many = {1: 5, 6: 5, 7: 5, 9: 5, 14: 3, 15: 3}[c.v]
    for t1 in c.types("scale") if c.v >= 15 else [c.t]:
        for t2 in c.types("input_mean") if c.v >= 14 else [c.t]:
            for s in ((2, 3), (2, 3, 4), (2, 3, 2, 2), (1, 3, 2, 2, 2), (0, 3, 2), (2, 3, 1, 1, 2, 1, 1, 2)):
                x = nice(c.t, s, c.rng)
                scale, b = nice(t1, (3,), c.rng), nice(t1, (3,), c.rng)
                mean, var = nice(t2, (3,), c.rng), positive(t2, (3,), c.rng)
                ins = [x, scale, b, mean, var]
                for at in ({}, {"epsilon": 0.01, "momentum": 0.5}):
                    test = {"is_test": 1} if c.v < 7 else {}
                    if c.v == 1:
                        test["consumed_inputs"] = [0, 0, 0, 0, 0]
                    mixed = f" {t1} {t2}" if c.v >= 14 else ""
                    yield c.case(ins, {**at, **test}, f"{list(s)} {at or ''}{mixed}", via=("BatchNormalization", 15, ins, at) if c.v < 14 else None, **HOW)
                    if c.v >= 14 and s != (0, 3, 2) and t1 == c.t and t2 == c.t:
                        yield c.case(ins, {**at, "training_mode": 1}, f"{list(s)} {at or ''} training", n_out=many, ulps=8, loose=128)
    if c.v < 9:
        ins = [nice(c.t, (2, 3, 2), c.rng)] + [positive(c.t, (3, 2), c.rng) for _ in range(4)]
        test = {"is_test": 1} if c.v < 7 else {}
        if c.v == 1:
            test["consumed_inputs"] = [0, 0, 0, 0, 0]
        yield c.case(ins, {"spatial": 0, **test}, "spatial 0", expect=[spatial0(ins)], ulps=8, loose=8)


def spatial0(ins):
    x, scale, b, mean, var = [a.astype(np.float64) for a in ins]
    return (scale * (x - mean) / np.sqrt(var + np.float64(np.float32(1e-5))) + b).astype(ins[0].dtype)


@ops("InstanceNormalization")
def instance_norm(c):
    for s in ((2, 3, 4), (2, 3, 4, 2), (1, 3, 2, 2, 3), (0, 3, 2)):
        ins = [nice(c.t, s, c.rng), nice(c.t, (3,), c.rng), nice(c.t, (3,), c.rng)]
        for at in ({}, {"epsilon": 0.01}):
            yield c.case(ins, at, f"{list(s)} {at or ''}", via=("InstanceNormalization", 6, ins, at) if c.v == 1 else None, **HOW)


def stash(c):
    """stash_type 1 lets the oracles compute double in float32; with us double stays double."""
    return {**HOW, "rtol": 1e-5, "atol": 1e-6} if c.t in ("double", "float") else HOW


@ops("GroupNormalization")
def group_norm(c):
    for s in ((2, 4, 3), (2, 4, 2, 2), (1, 4), (1, 4, 2, 1, 2)):
        for g in (1, 2, 4):
            n = g if c.v == 18 else 4
            ins = [nice(c.t, s, c.rng), nice(c.t, (n,), c.rng), nice(c.t, (n,), c.rng)]
            yield c.case(ins, {"num_groups": g}, f"{list(s)} {g}", **stash(c))
    yield c.case([nice(c.t, (1, 4, 3), c.rng), nice(c.t, (3,), c.rng), nice(c.t, (3,), c.rng)], {"num_groups": 3}, "does not divide", expect="refused")


@ops("LayerNormalization")
def layer_norm(c):
    for s in ((2, 3), (2, 3, 4), (1, 2, 3, 2)):
        for axis in list(range(len(s))) + [-1]:
            tail = s[axis:]
            ins = [nice(c.t, s, c.rng), nice(c.t, tail, c.rng), nice(c.t, tail, c.rng)]
            yield c.case(ins, {"axis": axis}, f"{list(s)} {axis}", n_out=3, **HOW)
            yield c.case(ins[:2], {"axis": axis, "epsilon": 0.1}, f"{list(s)} {axis} no bias", **HOW)
    x = nice(c.t, (2, 3, 4), c.rng)
    yield c.case([x, nice(c.t, (4,), c.rng), nice(c.t, (4,), c.rng)], {"axis": 1}, "scale broadcasts", **HOW)


@ops("RMSNormalization")
def rms_norm(c):
    for tv in c.types("scale"):
        for s, axis in (((2, 3), -1), ((2, 3), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((0, 3), 1)):
            yield c.case([nice(c.t, s, c.rng), nice(tv, s[axis:], c.rng)], {"axis": axis}, f"{tv} {list(s)} {axis}", **HOW)


@ops("LRN")
def lrn(c):
    for s in ((5, 5, 3), (4, 4, 2, 3), (3, 3, 1)):  # the reference takes the batch for the channels
        for at in ({"size": 3}, {"size": 2, "alpha": 0.5, "beta": 0.6, "bias": 2.0}, {"size": 5}, {"size": 1}):
            yield c.case([nice(c.t, s, c.rng)], at, f"{list(s)} {at}", **HOW)


@ops("MeanVarianceNormalization")
def mvn(c):
    for s, axes in (((2, 3, 4, 2), None), ((2, 3, 4, 2), [0, 1]), ((2, 3), [1]), ((2, 3, 4), [0, 1, 2]), ((2, 3, 4), [-1])):
        x = nice(c.t, s, c.rng)
        yield c.case([x], {} if axes is None else {"axes": axes}, f"{list(s)} {axes}", expect=[mean_variance(x, axes)], ulps=16, loose=256)


def mean_variance(x, axes):
    """(X - EX) / sqrt(E(X - EX)^2), with the 1e-9 of the function body."""
    axes = tuple(axes or (0, 2, 3))
    a = x.astype(np.float64)
    d = a - a.mean(axes, keepdims=True)
    return (d / (np.sqrt((d * d).mean(axes, keepdims=True)) + 1e-9)).astype(x.dtype)


@ops("Dropout")
def dropout(c):
    for s in ((), (2, 3), (0, 2), (1, 2, 1, 1, 2, 1, 1, 2)):
        x = nice(c.t, s, c.rng)
        if c.v < 12:
            at = {"is_test": 1} if c.v < 7 else {}
            if c.v == 1:
                at["consumed_inputs"] = [0]
            mask = np.ones(s, np_type(c.t) if c.v < 10 else bool)
            yield c.case([x], at, f"{list(s)}", expect=[x])
            yield c.case([x], {**at, "ratio": 0.25}, f"{list(s)} mask", n_out=2, expect=[x, mask])
        else:
            mask = np.ones(s, bool)
            yield c.case([x], {}, f"{list(s)}", n_out=2, expect=[x, mask])
            for tr in c.types("ratio"):
                yield c.case([x, np.array(0.5).astype(np_type(tr))], {"seed": 3}, f"{list(s)} ratio {tr}", n_out=2, expect=[x, mask])
                yield c.case([x, np.array(0.5).astype(np_type(tr)), np.array(False)], {}, f"{list(s)} ratio {tr} not training", n_out=2, expect=[x, mask])
                yield c.case([x, np.array(0).astype(np_type(tr)), np.array(True)], {}, f"{list(s)} ratio 0 {tr} training", n_out=2, expect=[x, mask])
            yield c.case([x, None, np.array(True)], {}, f"{list(s)} training", expect="refused")
