"""Sequences and optionals."""
import numpy as np

from .case import Opt, Seq, ops, type_proto
from .values import TYPES, distinct, np_type, some

I64 = np.int64


def items(c, t):
    return [distinct(t, (2, 3), c.rng), some(t, (2, 3), c.rng), distinct(t, (1, 3), c.rng)]


def elem(c):
    return c.t.rpartition(" ")[2]


@ops("SequenceAt")
def at(c):
    t = elem(c)
    xs = items(c, t)
    for k in (0, 1, 2, -1, -3):
        for d in (I64, np.int32):
            yield c.case([Seq(xs, t), np.array(k, d)], {}, f"{k} {np.dtype(d)}", expect=[xs[k]])
    yield c.case([Seq(xs, t), np.array(3, I64)], {}, "outside", expect="refused")
    yield c.case([Seq(xs, t), np.array(-4, I64)], {}, "far below", expect="refused")


@ops("SequenceConstruct")
def construct(c):
    xs = items(c, c.t)
    for n in (1, 2, 3):
        yield c.case(xs[:n], {}, f"{n}", expect=[xs[:n]])


@ops("SequenceEmpty")
def empty(c):
    for t in ("float", "double", "float16", "int64", "string", "bool", "uint8", "complex64"):
        yield c.case([], {"dtype": TYPES[t]}, t, expect=[[]])
    yield c.case([], {}, "default", expect=[[]])


@ops("SequenceErase")
def erase(c):
    t = elem(c)
    xs = items(c, t)
    for k in (0, 1, 2, -1, -3):
        left = [x for i, x in enumerate(xs) if i != k % 3]
        yield c.case([Seq(xs, t), np.array(k, I64)], {}, f"{k}", expect=[left])
    yield c.case([Seq(xs, t)], {}, "last", expect=[xs[:2]])
    yield c.case([Seq(xs[:1], t), np.array(0, np.int32)], {}, "to none", expect=[[]])
    yield c.case([Seq(xs, t), np.array(3, I64)], {}, "outside", expect="refused")


@ops("SequenceInsert")
def insert(c):
    t = elem(c)
    xs, new = items(c, t), distinct(t, (4,), c.rng)
    for k in (0, 1, 3, -1, -3):
        full = list(xs)
        full.insert(k, new)
        yield c.case([Seq(xs, t), new, np.array(k, I64)], {}, f"{k}", expect=[full])
    yield c.case([Seq(xs, t), new], {}, "at the end", expect=[xs + [new]])
    yield c.case([Seq([], t), new], {}, "into none", expect=[[new]])
    yield c.case([Seq(xs, t), new, np.array(4, I64)], {}, "outside", expect="refused")


@ops("SequenceLength")
def length(c):
    t = elem(c)
    xs = items(c, t)
    for n in (0, 1, 3):
        yield c.case([Seq(xs[:n], t)], {}, f"{n}", expect=[np.array(n, I64)])


@ops("ConcatFromSequence")
def concat(c):
    t = elem(c)
    xs = items(c, t)
    yield c.case([Seq(xs, t)], {"axis": 0}, "axis 0", via=("Concat", 13, xs, {"axis": 0}))
    yield c.case([Seq(xs, t)], {"axis": -2}, "axis -2", via=("Concat", 13, xs, {"axis": 0}))
    yield c.case([Seq(xs[:2], t)], {"axis": 1}, "axis 1", via=("Concat", 13, xs[:2], {"axis": 1}))
    for axis in (0, 1, 2, -1):
        yield c.case([Seq(xs[:2], t)], {"axis": axis, "new_axis": 1}, f"new axis {axis}", expect=[np.stack(xs[:2], axis)])
    yield c.case([Seq(xs[:1], t)], {"axis": 0}, "one", expect=[xs[0]])


@ops("SplitToSequence")
def split(c):
    x = distinct(c.t, (4, 3), c.rng)
    for d in c.types("split"):
        i = lambda *v: np.array(v if len(v) > 1 else v[0]).astype(np_type(d))  # noqa: E731,B023
        yield c.case([x, i(2)], {}, f"{d} scalar", expect=[[x[:2], x[2:]]])
        yield c.case([x, i(3)], {"axis": 0}, f"{d} uneven", expect=[[x[:3], x[3:]]])
        yield c.case([x, i(1, 0, 3)], {"axis": 0}, f"{d} sizes", expect=[[x[:1], x[1:1], x[1:]]])
        yield c.case([x, i(1, 2)], {"axis": -1}, f"{d} negative axis", expect=[[x[:, :1], x[:, 1:]]])
        yield c.case([x, i(1, 3)], {"keepdims": 0}, f"{d} sizes, keepdims ignored", expect=[[x[:1], x[1:]]])
        # the specification has keepdims ignored here too, runtimes drop the axis
        yield c.case([x, i(1)], {"keepdims": 0}, f"{d} scalar, no dims", expect="refused")
    yield c.case([x], {}, "one each", expect=[[x[k:k + 1] for k in range(4)]])
    yield c.case([x], {"keepdims": 0}, "one each, no dims", expect=[[x[k] for k in range(4)]])
    yield c.case([x], {"keepdims": 0, "axis": 1}, "columns", expect=[[x[:, k] for k in range(3)]])
    yield c.case([x[:0], ], {}, "none", expect=[[]])
    yield c.case([x, np.array([1, 2], I64)], {}, "wrong sum", expect="refused")


@ops("Optional")
def optional(c):
    kind, _, t = c.t.rpartition(" ")
    xs = items(c, t)
    if kind == "seq":
        yield c.case([Seq(xs, t)], {}, "sequence", expect=[xs])
    else:
        yield c.case([xs[0]], {}, "tensor", expect=[xs[0]])
    empty_of = type_proto(c.t)
    yield c.case([], {"type": empty_of}, "none", expect=[None])


def optional_inputs(c):
    """(label, input, what it holds or None) for the type c.t."""
    kind, _, t = c.t.rpartition(" ")
    xs = items(c, t)
    if kind == "opt":
        return [("some", Opt(xs[0], t), xs[0]), ("none", Opt(None, t), None)]
    if kind == "opt seq":
        return [("some", Opt(Seq(xs, t), "seq " + t), xs), ("none", Opt(None, "seq " + t), None)]
    if kind == "seq":
        return [("plain", Seq(xs, t), xs)]
    return [("plain", xs[0], xs[0])]


@ops("OptionalHasElement")
def has_element(c):
    for label, x, held in optional_inputs(c):
        yield c.case([x], {}, label, expect=[np.array(held is not None)])
    if c.v >= 18:
        yield c.case([], {}, "absent", expect=[np.array(False)])


@ops("OptionalGetElement")
def get_element(c):
    for label, x, held in optional_inputs(c):
        yield c.case([x], {}, label, expect="refused" if held is None else [held])
