"""If, Loop, Scan, SequenceMap: operators with bodies."""
import numpy as np
from onnx import helper

from .case import Seq, ops, tensor, type_proto
from .values import TYPES, distinct, nice, np_type, some

I64 = np.int64


def info(name, t, shape=None):
    return helper.make_tensor_value_info(name, TYPES[t], shape)


def typed(name, t):
    return helper.make_value_info(name, type_proto(t))


def constant(name, a):
    return helper.make_node("Constant", [], [name], value=tensor(a, name + "_v"))


@ops("If")
def if_(c):
    types = ["float", "int64", "string", "bool", "double", "float16"] + (["bfloat16"] if c.v >= 16 else []) + (["float8e4m3fn"] if c.v >= 19 else []) + (["int4"] if c.v >= 21 else [])
    for t in types:
        a, b = some(t, (2, 3), c.rng), some(t, (4,), c.rng)
        branches = [helper.make_graph([constant(n, x)], "g", [], [info(n, t, list(x.shape))]) for n, x in (("ya", a), ("yb", b))]
        for cond, x in ((True, a), (False, b)):
            yield c.case([np.array(cond)], {"then_branch": branches[0], "else_branch": branches[1]}, f"{t} {cond}", expect=[x])
            yield c.case([np.array([cond])], {"then_branch": branches[0], "else_branch": branches[1]}, f"{t} [{cond}]", expect=[x])
        two = [helper.make_graph([constant(n + "0", x), helper.make_node("Shape", [n + "0"], [n + "1"])], "g", [], [info(n + "0", t, None), info(n + "1", "int64", None)]) for n, x in (("ya", a), ("yb", b))]
        yield c.case([np.array(True)], {"then_branch": two[0], "else_branch": two[1]}, f"{t} two outputs", n_out=2, expect=[a, np.array(a.shape, I64)])
        if c.v >= 13:
            seq = [helper.make_graph([constant(n + "e", x), helper.make_node("SequenceConstruct", [n + "e"], [n])], "g", [], [typed(n, "seq " + t)]) for n, x in (("ya", a), ("yb", b))]
            yield c.case([np.array(False)], {"then_branch": seq[0], "else_branch": seq[1]}, f"{t} sequence", expect=[[b]])


def loop_body(t, shape, scan=True, stop=False):
    """Carries v -> v twice, hands v's element out, goes on while the trip number is under 2 (stop)."""
    nodes = [helper.make_node("Concat", ["v", "v"], ["w"], axis=0), helper.make_node("Identity", ["v" if stop else "u"], ["s"])]
    nodes.append(helper.make_node("Identity", ["u"], ["x"]))
    ins = [info("i", "int64", []), info("go", "bool", []), info("v", t, None), info("u", t, None)]
    outs = [info("more", "bool", []), info("w", t, None), info("x", t, None)] + ([info("s", t, None)] if scan else [])
    if stop:
        nodes = [helper.make_node("Identity", ["v"], ["w"]), helper.make_node("Identity", ["u"], ["x"]), helper.make_node("Identity", ["u"], ["s"]), constant("two", np.array(2, I64)),
                 helper.make_node("Less", ["i", "two"], ["more"])]
    else:
        nodes.append(helper.make_node("Identity", ["go"], ["more"]))
    return helper.make_graph(nodes, "body", ins, outs)


@ops("Loop")
def loop(c):
    types = ["float", "int64", "string", "bool", "double", "float16", "uint8", "complex64"] + (["bfloat16"] if c.v >= 13 else []) + (["float8e4m3fn"] if c.v >= 19 else []) + (["int4"] if c.v >= 21 else [])
    for t in types:
        v, u = some(t, (2, 2), c.rng), some(t, (3,), c.rng)
        for trips in (0, 1, 3):
            final = np.concatenate([v] * 2 ** trips) if trips else v
            scanned = np.stack([u] * trips) if trips else np.zeros((0, 3), np_type(t))
            yield c.case([np.array(trips, I64), np.array(True), v, u], {"body": loop_body(t, (2, 2), False)}, f"{t} {trips} trips", n_out=2, expect=[final, u])
            if trips:
                yield c.case([np.array(trips, I64), np.array(True), v, u], {"body": loop_body(t, (2, 2))}, f"{t} {trips} trips scan", n_out=3, expect=[final, u, scanned])
                yield c.case([np.array(trips, I64), None, v, u], {"body": loop_body(t, (2, 2))}, f"{t} {trips} trips no condition", n_out=3, expect=[final, u, scanned])
        if c.v >= 7:
            yield c.case([None, np.array(True), v, u], {"body": loop_body(t, (2, 2), stop=True)}, f"{t} while", n_out=3, expect=[v, u, np.stack([u] * 3)])
            yield c.case([np.array(9, I64), np.array(True), v, u], {"body": loop_body(t, (2, 2), stop=True)}, f"{t} for and while", n_out=3, expect=[v, u, np.stack([u] * 3)])
        yield c.case([np.array(5, I64), np.array(False), v, u], {"body": loop_body(t, (2, 2), False)}, f"{t} never", n_out=2, expect=[v, u])
        if c.v >= 13 and t not in ("complex64",):
            body = helper.make_graph([helper.make_node("SequenceInsert", ["q", "u"], ["r"]), helper.make_node("Identity", ["go"], ["more"]), constant("u", u)], "body",
                                     [info("i", "int64", []), info("go", "bool", []), typed("q", "seq " + t)], [info("more", "bool", []), typed("r", "seq " + t)])
            body.node.insert(0, body.node.pop())
            yield c.case([np.array(2, I64), np.array(True), Seq([v], t)], {"body": body}, f"{t} sequence", expect=[[v, u, u]])


def scan_body(t, add):
    """Carries the state s, hands out the row x."""
    nodes = [helper.make_node("Add", ["s", "x"], ["s2"]) if add else helper.make_node("Identity", ["x"], ["s2"]), helper.make_node("Identity", ["x"], ["y"])]
    return helper.make_graph(nodes, "body", [info("s", t, None), info("x", t, None)], [info("s2", t, None), info("y", t, None)])


@ops("Scan")
def scan(c):
    if c.v == 8:
        for t in ("float", "int32", "double", "int64"):
            s, x = nice(t, (2, 3), c.rng), nice(t, (2, 4, 3), c.rng)
            last = s + x.sum(1, dtype=x.dtype)
            body = scan_body(t, True)
            yield c.case([None, s, x], {"body": body, "num_scan_inputs": 1}, t, n_out=2, expect=[last, x], ulps=8, loose=16)
            lens = np.array([4, 2], I64)
            part = np.stack([s[0] + x[0].sum(0, dtype=x.dtype), s[1] + x[1, :2].sum(0, dtype=x.dtype)])
            cut = x.copy()
            cut[1, 2:] = 0
            yield c.case([lens, s, x], {"body": body, "num_scan_inputs": 1}, f"{t} lengths", n_out=2, expect=[part, cut], ulps=8, loose=16)
            yield c.case([None, s, x], {"body": body, "num_scan_inputs": 1, "directions": [1]}, f"{t} reverse", n_out=2, expect=[last, x[:, ::-1]], ulps=8, loose=16)
        return
    t = c.t
    add = t in ("float", "double", "int32", "int64", "float16") and c.v >= 9
    s, x = nice(t, (3,), c.rng), nice(t, (4, 3), c.rng)
    last = s + x.sum(0, dtype=x.dtype) if add else x[-1]
    body = scan_body(t, add)
    how = {"ulps": 8, "loose": 16} if c.floating else {}
    yield c.case([s, x], {"body": body, "num_scan_inputs": 1}, "rows", n_out=2, expect=[last, x], **how)
    yield c.case([s, x], {"body": body, "num_scan_inputs": 1, "scan_input_directions": [1]}, "backward", n_out=2, expect=[last if add else x[0], x[::-1]], **how)
    yield c.case([s, x], {"body": body, "num_scan_inputs": 1, "scan_output_directions": [1]}, "output backward", n_out=2, expect=[last, x[::-1]], **how)
    xt = np.ascontiguousarray(x.T) if t != "string" else x.T.copy()
    yield c.case([s, xt], {"body": body, "num_scan_inputs": 1, "scan_input_axes": [1]}, "columns", n_out=2, expect=[last, x], **how)
    yield c.case([s, x], {"body": body, "num_scan_inputs": 1, "scan_output_axes": [1]}, "output columns", n_out=2, expect=[last, xt], **how)
    if c.v >= 11:
        yield c.case([s, xt], {"body": body, "num_scan_inputs": 1, "scan_input_axes": [-1], "scan_output_axes": [-1]}, "negative axes", n_out=2, expect=[last, xt], **how)


@ops("SequenceMap")
def sequence_map(c):
    t = c.t[4:]
    a, b = distinct(t, (2, 3), c.rng), some(t, (1, 2), c.rng)
    body = helper.make_graph([helper.make_node("Concat", ["x", "x"], ["y"], axis=0)], "body", [info("x", t, None)], [info("y", t, None)])
    yield c.case([Seq([a, b], t)], {"body": body}, "one", expect=[[np.concatenate([a, a]), np.concatenate([b, b])]])
    body2 = helper.make_graph([helper.make_node("Concat", ["x", "z"], ["y"], axis=0), helper.make_node("Shape", ["x"], ["n"])], "body", [info("x", t, None), info("z", t, None)], [info("y", t, None), info("n", "int64", None)])
    yield c.case([Seq([a, a[:1]], t), a], {"body": body2}, "a tensor beside", n_out=2, expect=[[np.concatenate([a, a]), np.concatenate([a[:1], a])], [np.array([2, 3], I64), np.array([1, 3], I64)]])
    yield c.case([Seq([a, b], t), Seq([a[:1], b], t)], {"body": body2}, "two sequences", n_out=2, expect=[[np.concatenate([a, a[:1]]), np.concatenate([b, b])], [np.array([2, 3], I64), np.array([1, 2], I64)]])
