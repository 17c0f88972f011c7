#!/usr/bin/env python3
"""Writes test/models/small/*.onnx: one small valid model for each corner of the schema. Run again
after a change here; the files are committed, and the fault tests walk over every byte of them."""
import os
import struct
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "hostile"))
from pb import *  # noqa: E402,F403

F, I64, STR, BOOL, F16, U8, I4 = 1, 7, 8, 9, 10, 2, 22
X, Y = [info("x", F, ["n", 2])], [info("y", F, ["n", 2])]
prop = lambda field, k, v: data(field, data(1, k) + data(2, v))


def chain():
    return model(graph([node("Add", ["a", "b"], ["c"], name="fold me"), node("Mul", ["c", "c"], ["d"], name="and me"), node("Add", ["x", "d"], ["y"], name="stay")],
                       [flt("a", [1, 2]), flt("b", [3, 4])], X, Y))


def branches():
    then = graph([node("Add", ["x", "k"], ["t"])], [flt("k", [1, 2])], [], [info("t", F, ["n", 2])], name="then")
    other = graph([node("Sub", ["x", "outer"], ["e"])], [], [], [info("e", F, ["n", 2])], name="else")
    inner = graph([node("If", ["flag"], ["u"], a_graph("then_branch", other), a_graph("else_branch", then), name="inner")], [], [], [info("u", F, ["n", 2])])
    return model(graph([node("Not", ["no"], ["flag"]), node("Identity", ["w"], ["outer"]), node("If", ["flag"], ["s"], a_graph("then_branch", inner), a_graph("else_branch", other)),
                        node("If", ["cond"], ["y"], a_graph("then_branch", graph([node("Relu", ["s"], ["r"])], [], [], [info("r", F, ["n", 2])])),
                             a_graph("else_branch", graph([node("Neg", ["s"], ["q"])], [], [], [info("q", F, ["n", 2])])))],
                       [tensor("no", BOOL, [], b"\0"), flt("w", [5, 6])], [*X, info("cond", BOOL, [])], Y))


def loop():
    body = graph([node("Identity", ["go"], ["go_out"]), node("Add", ["k", "k"], ["kk"]), node("Add", ["acc", "kk"], ["acc_out"]), node("Identity", ["acc_out"], ["scan"])],
                 [flt("k", [0.5, 0.25])], [info("i", I64), info("go", BOOL), info("acc", F, ["n", 2])],
                 [info("go_out", BOOL), info("acc_out", F, ["n", 2]), info("scan", F, ["n", 2])])
    return model(graph([node("Loop", ["m", "", "x"], ["y", "z"], a_graph("body", body))], [i64("m", [3], [])], X, [*Y, info("z", F, [3, "n", 2])]))


def functions():
    f = function("Twice", ["a"], ["b"], [node("Constant", [], ["two"], a_float("value_float", 2.0)), node("Mul", ["two", "two"], ["four"]), node("Mul", ["a", "four"], ["b"])])
    g = function("Unused", ["a"], ["b"], [node("Identity", ["a"], ["b"])])
    return model(graph([node("Twice", ["x"], ["t"], domain="f"), node("Relu", ["t"], ["y"])], [], X, Y), f, g, opsets=opset() + opset(1, "f") + opset(3, "unused.domain"))


def constants():
    sparse = data(1, flt("", [7, 8])) + data(2, i64("", [0, 3])) + num(3, 4)
    nodes = [node("Constant", [], ["c0"], a_tensor("value", flt("", [1, 2]))), node("Constant", [], ["c1"], a_float("value_float", 0.5)),
             node("Constant", [], ["c2"], a_raw("value_floats", data(7, struct.pack("<2f", 1, 2)) + num(20, 6))), node("Constant", [], ["c3"], a_int("value_int", -4)),
             node("Constant", [], ["c4"], a_ints("value_ints", [1, 2])), node("Constant", [], ["c5"], a_str("value_string", "text")),
             node("Constant", [], ["c6"], a_raw("value_strings", data(9, "one") + data(9, "two") + num(20, 8))), node("Constant", [], ["c7"], a_sparse("sparse_value", sparse)),
             node("Cast", ["c4"], ["k4"], a_int("to", F)), node("Add", ["c0", "c1"], ["s0"]), node("Add", ["s0", "k4"], ["s1"]), node("Mul", ["x", "s1"], ["y"])]
    return model(graph(nodes, [], X, [*Y, info("c5", STR), info("c6", STR, [2]), info("c7", F, [4]), info("c3", I64)]))


def fields():
    typed = [num(1, 2) + num(2, F) + data(8, "f") + data(4, struct.pack("<2f", 1, 2)), num(1, 2) + num(2, I64) + data(7, varint(3) + varint(-4)) + data(8, "l"),
             num(1, 3) + num(2, F16) + data(5, varint(0x3C00) + varint(0x4000) + varint(0xC000)) + data(8, "h"), num(1, 2) + num(2, STR) + data(6, "ab") + data(6, b"\xff") + data(8, "s"),
             num(1, 1) + num(2, 11) + data(10, struct.pack("<d", 0.1)) + data(8, "d"), num(1, 1) + num(2, 13) + data(11, varint((1 << 64) - 1)) + data(8, "u"),
             num(1, 5) + num(2, I4) + data(5, varint(0x21) + varint(0xF3) + varint(0x07)) + data(8, "q"), num(1, 1) + num(2, 14) + data(4, struct.pack("<2f", 1, -1)) + data(8, "c"),
             num(1, 0) + num(2, F) + data(8, "z"), tensor("i4", I4, [3], b"\x21\x03"), tensor("e5m2", 19, [2], b"\x3c\x7c")]
    sparse = data(15, data(1, flt("sp", [1, 2])) + data(2, i64("", [1, 2])) + num(3, 4))
    note = data(14, data(1, "y") + data(2, data(1, "SCALE_TENSOR") + data(2, "f")))
    return model(graph([node("Add", ["x", "f"], ["t"], data(6, "doc"), prop(9, "k", "v"), data(10, data(1, "dev"))), node("Neg", ["f"], ["nf"]), node("Add", ["t", "nf"], ["y"], num(77, 5))],
                       typed, X, Y, sparse, note, data(10, "doc"), prop(16, "key", "value"), num(99, 1), infos=[info("t", F, ["n", 2])]),
                 data(2, "maker"), data(3, "1.0"), data(4, "dom"), num(5, 3), data(6, "doc"), prop(14, "a", "b"), data(26, data(1, "dev") + num(2, 2)), num(500, 9), tag(501, 5) + b"abcd")


def types():
    seq = data(4, data(1, data(1, num(1, F) + data(2, b"")))) + data(6, "DENOTATION")
    opt = data(9, data(1, data(1, num(1, I64))))
    mp = data(5, num(1, STR) + data(2, data(1, num(1, F))))
    sp = data(8, num(1, F) + data(2, data(1, num(1, 4))))
    oq = data(7, data(1, "dom") + data(2, "name"))
    ins = [data(1, n) + data(2, t) for n, t in (("sq", seq), ("op", opt), ("mp", mp), ("sp", sp), ("oq", oq))]
    return model(graph([node("SequenceAt", ["sq", "i"], ["t"]), node("Relu", ["t"], ["r"]), node("OptionalHasElement", ["op"], ["h"]), node("Custom", ["mp", "sp", "oq"], ["y"], domain="my.domain")],
                       [i64("i", [0], [])], ins, [info("r", F), info("h", BOOL), *Y]), opsets=opset(18) + opset(1, "my.domain"))


def old():
    """IR 3: initializers are inputs too."""
    return model(graph([node("Constant", [], ["k"], a_raw("value", data(5, flt("", [1, 2])))), node("Add", ["w", "k"], ["t"], a_ints("consumed_inputs", [0, 0]), a_int("broadcast", 0)),
                        node("Add", ["x", "t"], ["y"])], [flt("w", [3, 4])], [info("x", F, [2]), info("w", F, [2])], [info("y", F, [2])]), ir=3, opsets=opset(6))


def training():
    info_ = data(20, data(1, graph([node("RandomNormal", [], ["w0"], a_ints("shape", [2]))], [], [], [info("w0", F, [2])])) + prop(3, "w", "w0"))
    return model(graph([node("Add", ["w", "w"], ["v"]), node("Mul", ["x", "v"], ["y"])], [flt("w", [1, 2])], X, Y), info_)


def shapes():
    nodes = [node("Shape", ["x"], ["s"]), node("Gather", ["s", "i"], ["g"], a_int("axis", 0)), node("Unsqueeze", ["g", "zero"], ["u"]), node("Concat", ["u", "m1"], ["t"], a_int("axis", 0)),
             node("Reshape", ["x", "t"], ["r"]), node("Range", ["a", "b", "one"], ["rg"]), node("Cast", ["rg"], ["rf"], a_int("to", F)), node("ReduceSum", ["rf"], ["sum"], a_int("keepdims", 0)),
             node("Mul", ["r", "sum"], ["p"]), node("Split", ["p", "half"], ["y", "y2"], a_int("axis", 1)), node("TopK", ["k0", "kk"], ["tv", "ti"])]
    return model(graph(nodes, [i64("i", [0], []), i64("zero", [0]), i64("m1", [-1]), i64("a", [0], []), i64("b", [4], []), i64("one", [1], []), i64("half", [1, 1]), flt("k0", [3, 1, 2]), i64("kk", [2])],
                       X, [info("y", F, ["n", 1]), info("y2", F, ["n", 1]), info("tv", F, [2]), info("ti", I64, [2])]))


def quantized():
    nodes = [node("DequantizeLinear", ["w", "s", "z"], ["wf"], name="keep dq"), node("QuantizeLinear", ["x", "s", "z"], ["xq"]), node("DequantizeLinear", ["xq", "s", "z"], ["xf"]),
             node("Neg", ["b"], ["nb"], name="fold"), node("Mul", ["xf", "wf"], ["m"]), node("Add", ["m", "nb"], ["y"])]
    return model(graph(nodes, [tensor("w", U8, [2], b"\x10\x20"), flt("s", [0.5], []), tensor("z", U8, [], b"\x08"), flt("b", [1, 2])], X, Y))


def empty():
    return model(graph([], [], X, [info("x", F, ["n", 2])]))


if __name__ == "__main__":
    out = os.path.join(here, "small")
    os.makedirs(out, exist_ok=True)
    for make in (chain, branches, loop, functions, constants, fields, types, old, training, shapes, quantized, empty):
        with open(os.path.join(out, make.__name__ + ".onnx"), "wb") as f:
            f.write(make())
