"""Operators that change the shape, or speak of it: nothing is computed on the elements."""
import numpy as np

from .case import Opt, Seq, ops
from .values import TYPES, distinct, np_type, some

I64 = np.int64


def ints(*v):
    return np.array(v, I64)


@ops("Reshape")
def reshape(c):
    x = distinct(c.t, (2, 3, 4), c.rng)
    e = distinct(c.t, (0, 3, 4), c.rng)
    todo = [("plain", x, [4, 6], {}), ("-1", x, [2, -1, 2], {}), ("0", x, [0, -1], {}), ("1-d", x, [24], {}), ("rank 8", x, [1, 2, 1, 3, 1, 2, 1, 2], {}),
            ("of 0-d", x[0, 0, 0].reshape(()) if c.t != "string" else np.array("s", object), [1, 1], {}), ("to 0-d", x[:1, :1, :1], [], {}),
            ("empty", e, [0, 12], {}), ("empty -1", e, [3, -1], {})]
    for label, a, shape, at in todo:
        if c.v < 5:
            if shape:
                yield c.case([a], {"shape": shape}, label, via=("Reshape", 13, [a, ints(*shape)], {}))
        else:
            yield c.case([a, ints(*shape)], at, label)
    if c.v >= 14:
        yield c.case([e, ints(3, 0)], {"allowzero": 1}, "allowzero")
        yield c.case([x, ints(4, 6)], {"allowzero": 1}, "allowzero without zeros")
        yield c.case([e, ints(0, -1)], {"allowzero": 1}, "allowzero and -1", expect="refused")
    if c.v >= 5:
        yield c.case([x, ints(5, 5)], {}, "another count", expect="refused")
        yield c.case([x, ints(-1, -1)], {}, "two -1", expect="refused")
        yield c.case([x, ints(-2, 12)], {}, "-2", expect="refused")


@ops("Flatten")
def flatten(c):
    x = distinct(c.t, (2, 3, 1, 4), c.rng)
    for axis in [0, 1, 2, 3, 4] + ([-1, -4] if c.v >= 11 else []):
        yield c.case([x], {"axis": axis}, f"axis {axis}")
    yield c.case([x], {}, "default")
    yield c.case([distinct(c.t, (3, 0, 2), c.rng)], {"axis": 2}, "empty")
    yield c.case([distinct(c.t, (1, 2, 1, 1, 2, 1, 3, 1), c.rng)], {"axis": 5}, "rank 8")
    yield c.case([distinct(c.t, (5,), c.rng)], {"axis": 1}, "1-d")
    yield c.case([x], {"axis": 5}, "axis too large", expect="refused")


def axes_form(c, since):
    """How axes are given: an attribute before version `since`, an input from it on."""
    if c.v >= since:
        return lambda x, axes: ([x] if axes is None else [x, ints(*axes)], {})
    return lambda x, axes: ([x], {} if axes is None else {"axes": list(axes)})


@ops("Squeeze")
def squeeze(c):
    form = axes_form(c, 13)
    x = distinct(c.t, (1, 3, 1, 2, 1), c.rng)
    todo = [("all", x, None), ("first", x, [0]), ("two", x, [0, 2]), ("out of order", x, [4, 0]), ("to 0-d", x[:, :1, :, :1], None),
            ("empty", distinct(c.t, (1, 0, 1), c.rng), [0]), ("rank 8", distinct(c.t, (1, 2, 1, 1, 3, 1, 1, 2), c.rng), [0, 5, 6]),
            ("nothing to do", distinct(c.t, (2, 3), c.rng), None)]
    if c.v >= 11:
        todo += [("negative", x, [-1]), ("negative and not", x, [-5, 2])]
    for label, a, axes in todo:
        ins, at = form(a, axes)
        yield c.case(ins, at, label, via=("Squeeze", 13, [a] + ([ints(*axes)] if axes else []), {}) if c.v < 13 else None)
    for label, axes in (("not 1", [1]), ("outside", [5])):
        ins, at = form(x, axes)
        yield c.case(ins, at, label, expect="refused")


@ops("Unsqueeze")
def unsqueeze(c):
    form = axes_form(c, 13)
    x = distinct(c.t, (2, 3), c.rng)
    todo = [("first", x, [0]), ("last", x, [2]), ("three", x, [0, 2, 4]), ("0-d", distinct(c.t, (), c.rng), [0]), ("empty", distinct(c.t, (0,), c.rng), [1]),
            ("rank 8", x, [0, 1, 3, 4, 5, 7])]
    if c.v >= 11:
        todo += [("negative", x, [-1]), ("negatives", x, [-1, -4]), ("out of order", x, [3, 0])]
    for label, a, axes in todo:
        ins, at = form(a, axes)
        yield c.case(ins, at, label, via=("Unsqueeze", 13, [a, ints(*axes)], {}) if c.v < 13 else None)
    for label, axes in (("twice", [0, 0]), ("outside", [4])):
        ins, at = form(x, axes)
        yield c.case(ins, at, label, expect="refused")


@ops("Transpose")
def transpose(c):
    x = distinct(c.t, (2, 3, 4), c.rng)
    for perm in ([0, 1, 2], [0, 2, 1], [2, 0, 1], [1, 2, 0], [2, 1, 0]):
        yield c.case([x], {"perm": perm}, f"{perm}")
    yield c.case([x], {}, "default")
    yield c.case([distinct(c.t, (), c.rng)], {}, "0-d")
    yield c.case([distinct(c.t, (2, 0, 3), c.rng)], {"perm": [2, 0, 1]}, "empty")
    yield c.case([distinct(c.t, (2, 1, 2, 1, 3, 1, 1, 2), c.rng)], {"perm": [7, 2, 1, 4, 0, 6, 3, 5]}, "rank 8")
    yield c.case([distinct(c.t, (7, 33), c.rng)], {}, "large")
    yield c.case([some(c.t, (3, 5), c.rng)], {}, "edges")
    yield c.case([x], {"perm": [0, 0, 1]}, "no permutation", expect="refused")


@ops("Identity")
def identity(c):
    kind, _, elem = c.t.rpartition(" ")
    x = some(elem, (2, 3), c.rng)
    if kind == "":
        for s in ((), (0, 2), (2, 3), (1, 2, 1, 1, 2, 1, 1, 2)):
            yield c.case([some(c.t, s, c.rng)], {}, f"{list(s)}")
    elif kind == "seq":
        yield c.case([Seq([x, x[:1]], elem)], {}, "two", expect=[[x, x[:1]]])
        yield c.case([Seq([], elem)], {}, "none", expect=[[]])
    elif kind == "opt":
        yield c.case([Opt(x, elem)], {}, "some", expect=[x])
        yield c.case([Opt(None, elem)], {}, "none", expect=[None])
    else:
        yield c.case([Opt(Seq([x, x[:1]], elem), c.t[4:])], {}, "some", expect=[[x, x[:1]]])
        yield c.case([Opt(None, c.t[4:])], {}, "none", expect=[None])


@ops("Shape", "Size")
def shape(c):
    for s in ((), (3,), (2, 0, 3), (1, 2, 1, 1, 2, 1, 1, 2)):
        x = some(c.t, s, c.rng)
        yield c.case([x], {}, f"{list(s)}")
        if c.s.name == "Shape" and c.v >= 15:
            for at in ({"start": 1}, {"end": 2}, {"start": -2}, {"end": -1}, {"start": 1, "end": 2}, {"start": 5, "end": 1}, {"start": -9, "end": 9}):
                yield c.case([x], at, f"{list(s)} {at}")


@ops("Expand")
def expand(c):
    x = distinct(c.t, (3, 1), c.rng)
    for s in ([3, 4], [2, 3, 1], [1], [1, 1], [2, 1, 6], [3, 0], [2, 1, 1, 2, 1, 1, 3, 2]):
        yield c.case([x, ints(*s)], {}, f"to {s}")
    yield c.case([distinct(c.t, (), c.rng), ints(2, 2)], {}, "0-d")
    yield c.case([distinct(c.t, (), c.rng), ints()], {}, "0-d to 0-d")
    yield c.case([distinct(c.t, (0, 1), c.rng), ints(0, 3)], {}, "empty")
    yield c.case([distinct(c.t, (2, 3), c.rng), ints(2, 4)], {}, "does not fit", expect="refused")


@ops("Tile")
def tile(c):
    x = distinct(c.t, (2, 3), c.rng)
    if c.v == 1:
        for tiles, axis in ((2, 0), (3, 1), (1, 0)):
            reps = [1, 1]
            reps[axis] = tiles
            d = np_type(c.t)
            yield c.case([x, np.array(tiles).astype(d).reshape(()), np.array(axis).astype(d).reshape(())], {}, f"{tiles} on {axis}", via=("Tile", 13, [x, ints(*reps)], {}))
        return
    for reps in ([2, 2], [1, 3], [1, 1], [0, 2]):
        yield c.case([x, ints(*reps)], {}, f"{reps}")
    yield c.case([distinct(c.t, (), c.rng), ints()], {}, "0-d")
    yield c.case([distinct(c.t, (0, 2), c.rng), ints(3, 2)], {}, "empty")
    yield c.case([distinct(c.t, (1, 2, 1, 1, 2, 1, 1, 2), c.rng), ints(2, 1, 1, 2, 1, 1, 1, 2)], {}, "rank 8")
    yield c.case([x, ints(2)], {}, "one repeat too few", expect="refused")


@ops("Concat")
def concat(c):
    a, b, e = distinct(c.t, (2, 3), c.rng), some(c.t, (4, 3), c.rng), distinct(c.t, (0, 3), c.rng)
    how = [("first axis", [a, b], 0), ("one", [a], 1), ("second axis", [a, some(c.t, (2, 1), c.rng), a], 1), ("an empty one", [a, e, b], 0), ("all empty", [e, e], 0),
           ("1-d", [a[0], b[1]], 0), ("rank 8", [distinct(c.t, (1, 2, 1, 1, 2, 1, n, 2), c.rng) for n in (1, 2)], 6)]
    for label, xs, axis in how:
        yield c.case(xs, {"axis": axis}, label)
    if c.v >= 11:
        yield c.case([a, a], {"axis": -1}, "negative axis")
    if c.v == 1:
        yield c.case([a, a], {}, "default axis", via=("Concat", 13, [a, a], {"axis": 1}))
    yield c.case([a, b], {"axis": 1}, "does not fit", expect="refused")
    yield c.case([a, b], {"axis": 2}, "axis outside", expect="refused")


@ops("Split")
def split(c):
    x = distinct(c.t, (6, 4), c.rng)
    e = distinct(c.t, (0, 4), c.rng)
    todo = [("even", x, 0, None, 3), ("axis 1", x, 1, None, 2), ("sizes", x, 0, [1, 2, 3], 3), ("with 0", x, 1, [0, 4], 2), ("one", x, 0, None, 1), ("empty", e, 0, [0, 0], 2),
            ("rank 8", distinct(c.t, (1, 2, 1, 1, 4, 1, 1, 2), c.rng), 4, [1, 3], 2)]
    if c.v >= 11:
        todo.append(("negative axis", x, -1, [3, 1], 2))
    if c.v >= 18:
        todo += [("uneven", x, 0, None, 4), ("uneven axis 1", x, 1, None, 3)]
    for label, a, axis, sizes, n in todo:
        at = {"axis": axis}
        ins = [a]
        if c.v >= 18 and sizes is None:
            at["num_outputs"] = n
        if sizes is not None:
            if c.v == 1 and label == "sizes":
                yield c.case([a, np.array(sizes).astype(np_type(c.t))], at, "sizes as an input", n_out=n, via=("Split", 13, [a, ints(*sizes)], {"axis": axis}))
            if c.v >= 13:
                ins.append(ints(*sizes))
            else:
                at["split"] = sizes
        via = None
        if c.v < 13:
            via = ("Split", 13, [a] + ([ints(*sizes)] if sizes is not None else []), {"axis": axis})
        yield c.case(ins, at, label, n_out=n, via=via)
    if c.v < 18:
        yield c.case([x], {"axis": 0}, "does not divide", n_out=4, expect="refused")
    yield c.case([x, ints(1, 2)] if c.v >= 13 else [x], {"axis": 0} if c.v >= 13 else {"axis": 0, "split": [1, 2]}, "wrong sum", n_out=2, expect="refused")


@ops("Slice")
def slice_(c):
    x = distinct(c.t, (5, 4, 3), c.rng)
    big = 2 ** 63 - 1
    todo = [("plain", x, [1, 0], [3, 2], [0, 1], None), ("to the end", x, [1], [big], [0], None), ("from the end", x, [-2], [big], [0], None), ("no axes", x, [0, 1, 2], [5, 3, 3], None, None),
            ("nothing", x, [3], [1], [1], None), ("beyond", x, [10], [20], [0], None), ("far below", x, [-100], [2], [0], None), ("rank 8", distinct(c.t, (1, 3, 1, 1, 4, 1, 1, 2), c.rng), [1, 1], [3, 4], [1, 4], None),
            ("empty", distinct(c.t, (0, 4), c.rng), [0, 1], [1, 3], [0, 1], None), ("whole", x, [0, 0, 0], [5, 4, 3], [0, 1, 2], None)]
    if c.v >= 10:
        todo += [("steps", x, [0, 3], [5, 0], [0, 1], [2, -1]), ("back to the start", x, [4], [-big - 1], [0], [-1]), ("back by 3", x, [big], [-6], [0], [-3]), ("far step", x, [1], [5], [0], [big]),
                 ("far step back", x, [4], [-100], [0], [-big - 1]), ("beyond the end, back", x, [100], [1], [0], [-2]), ("ends before", x, [0], [-100], [0], [1])]
    if c.v >= 11:
        todo += [("negative axes", x, [1, 0], [3, 2], [-1, -3], [1, 2])]
    for label, a, starts, ends, axes, steps in todo:
        full = [ints(*starts), ints(*ends), ints(*axes) if axes else None, ints(*steps) if steps else None]
        while full[-1] is None:
            full.pop()
        if c.v < 10:
            at = {"starts": starts, "ends": ends, **({"axes": axes} if axes else {})}
            yield c.case([a], at, label, via=("Slice", 13, [a] + full, {}))
        else:
            yield c.case([a] + full, {}, label)
            if label in ("plain", "steps"):
                yield c.case([a] + [y.astype(np.int32) for y in full], {}, label + " int32")
    if c.v >= 10:
        yield c.case([x, ints(0), ints(1), ints(0), ints(0)], {}, "step 0", expect="refused")
        yield c.case([x, ints(0), ints(1), ints(3)], {}, "axis outside", expect="refused")
        yield c.case([x, ints(0, 1), ints(1), ints(0)], {}, "lengths differ", expect="refused")


@ops("Pad")
def pad(c):
    x = distinct(c.t, (3, 4), c.rng)
    fill = some(c.t, (), c.rng)
    modes = ["constant", "reflect", "edge"] + (["wrap"] if c.v >= 19 else [])
    name = "paddings" if c.v == 1 else "pads"
    for mode in modes:
        for label, a, pads in (("both", x, [1, 2, 2, 1]), ("none", x, [0, 0, 0, 0]), ("1-d", x[0], [2, 1]), ("rank 5", distinct(c.t, (1, 2, 1, 3, 2), c.rng), [0, 1, 0, 2, 0, 0, 0, 0, 1, 1]),
                               ("crop", x, [-1, 1, 0, -2]), ("crop more", x, [1, -1, -2, 0])):
            if mode != "constant" and "crop" in label:
                continue
            if c.v < 11:
                at = {"mode": mode, name: pads, "value": 1.5}
                yield c.case([a], at, f"{mode} {label}", via=("Pad", 13, [a, ints(*pads), np.array(1.5, np_type(c.t))], {"mode": mode}))
            else:
                yield c.case([a, ints(*pads)], {"mode": mode}, f"{mode} {label}")
                if mode == "constant":
                    yield c.case([a, ints(*pads), fill], {}, f"{mode} {label} value")
        if c.v >= 18:
            yield c.case([x, ints(1, 2), None, ints(1)], {"mode": mode}, f"{mode} axes")
            yield c.case([x, ints(1, 0, 2, 1), None, np.array([-1, 0], np.int32)], {"mode": mode}, f"{mode} negative axes")
    if c.v >= 11:
        yield c.case([distinct(c.t, (0, 2), c.rng), ints(1, 1, 1, 0), fill], {}, "empty")
        yield c.case([distinct(c.t, (), c.rng), ints()], {}, "0-d")


@ops("DepthToSpace")
def depth_to_space(c):
    x = distinct(c.t, (2, 8, 2, 3), c.rng)
    for at in [{}] + ([{"mode": "CRD"}, {"mode": "DCR"}] if c.v >= 11 else []):
        yield c.case([x], {"blocksize": 2, **at}, f"{at or ''}")
        yield c.case([x], {"blocksize": 1, **at}, f"1 {at or ''}")
        yield c.case([x[:, :, :0]], {"blocksize": 2, **at}, f"empty {at or ''}")
    yield c.case([x], {"blocksize": 3}, "does not divide", expect="refused")


@ops("SpaceToDepth")
def space_to_depth(c):
    x = distinct(c.t, (2, 3, 4, 6), c.rng)
    for b in (1, 2):
        for mode in ([{}, {"mode": "CRD"}] if "mode" in c.s.attributes else [{}]):
            yield c.case([x], {"blocksize": b, **mode}, f"{b} {mode or ''}")
    yield c.case([x[:0]], {"blocksize": 2}, "empty")
    yield c.case([x], {"blocksize": 4}, "does not divide", expect="refused")


@ops("CenterCropPad")
def center_crop_pad(c):
    x = distinct(c.t, (5, 4, 3), c.rng)
    for label, s, axes in (("crop", [2, 2, 2], None), ("pad", [8, 7, 6], None), ("both", [3, 7, 3], None), ("axes", [9, 1], [2, 0]), ("negative axes", [2, 6], [-1, -2]), ("odd", [4, 5, 4], None)):
        for d in (np.int64, np.int32):
            yield c.case([x, np.array(s, d)], {"axes": axes} if axes else {}, f"{label} {np.dtype(d)}")


@ops("Trilu")
def trilu(c):
    for s in ((3, 4), (2, 4, 3), (0, 3), (1, 2, 1, 1, 2, 1, 3, 3)):
        x = some(c.t, s, c.rng)
        for upper in (0, 1):
            yield c.case([x], {"upper": upper}, f"{list(s)} {upper}")
            for k in (-1, 2, 100, -100):
                yield c.case([x, np.array(k, I64)], {"upper": upper}, f"{list(s)} {upper} {k}")
    yield c.case([some(c.t, (3, 3), c.rng)], {}, "default")
    yield c.case([some(c.t, (3,), c.rng)], {}, "1-d", expect="refused")


@ops("ConstantOfShape")
def constant_of_shape(c):
    from .case import tensor
    from .values import edges
    for s in ([2, 3], [], [0], [1, 2, 1, 1, 2, 1, 1, 2]):
        yield c.case([np.array(s, np_type(c.t))], {}, f"{s}")
    for t in c.types("T2"):
        for x in edges(t)[[0, -1]]:
            yield c.case([ints(2, 2)], {"value": tensor(np.array([x], np_type(t)), "v")}, f"{t}")
    yield c.case([ints(2, -1)], {}, "negative", expect="refused")


@ops("EyeLike")
def eye_like(c):
    for s in ((3, 3), (2, 4), (4, 2), (0, 3)):
        x = some(c.t, s, c.rng)
        for k in (0, 1, -1, 5, -5):
            yield c.case([x], {"k": k}, f"{list(s)} {k}")
    for t in c.types("T2"):
        yield c.case([some(c.t, (2, 3), c.rng)], {"dtype": TYPES[t]}, f"dtype {t}")
    yield c.case([some(c.t, (3,), c.rng)], {}, "1-d", expect="refused")
