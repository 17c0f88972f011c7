"""Hostile and broken models, one family for every attack class of threats.md section 3.

generate(folder) -> list of Case. Each family yields class, name, bytes of the model, the set of outcomes that are
right, and arguments for the command where it takes any:
  a status name ("WIRE", "TENSOR", ...): refused with that status;
  "OK": optimized, and the result loads again."""
import dataclasses
import os
import socket
import struct

import growth
import messages
from pb import *

F32, I32, I64, STR, BOOL, F16, U8 = 1, 6, 7, 8, 9, 10, 2
BIG = (1 << 63) - 1


@dataclasses.dataclass
class Case:
    cls: str
    name: str
    expect: set
    path: str = ""
    args: tuple = ()
    secret: bool = False  # the file's folder holds data that must not reach the output


def relu_model(inits=()):
    return model(graph([node("Relu", ["x"], ["y"])], inits, [info("x", F32, [2])], [info("y", F32, [2])]))


def fold_model(op, inits, *attrs, n_out=1, out_type=F32, version=17, dims=("d",)):
    """One node on the constants c0, c1, ..., its results the graph's outputs."""
    names = ["c%d" % i for i in range(len(inits))]
    outs = ["o%d" % i for i in range(n_out)]
    return model(graph([node(op, names, outs, *attrs)], inits, [], [info(o, out_type, dims) for o in outs]),
                 opsets=opset(version))


def external_cases():
    w = lambda *pairs: model(graph([node("Add", ["w", "w"], ["v"]), node("Mul", ["x", "v"], ["y"])],
                                   [external("w", F32, [4], *pairs)], [info("x", F32, [4])], [info("y", F32, [4])]))
    for name, loc in {"dotdot": "../secret.bin", "nested_dotdot": "sub/../../secret.bin", "absolute": "/etc/passwd",
                      "backslash": "..\\secret.bin", "drive": "C:\\secret.bin", "empty": "", "nul": "data.bin\0../secret.bin",
                      "dot": "./data.bin", "only_dot": ".", "only_dotdot": "..", "trailing": "sub/..", "double": "sub//data.bin"}.items():
        yield "A1", name, w(("location", loc)), {"PATH", "OK"} if name in ("dot", "double") else {"PATH"}
    for name, loc in {"symlink": "link.bin", "symlink_dir": "linkdir/secret.bin", "hardlink": "hard.bin", "fifo": "fifo",
                      "directory": "sub", "proc": "proclink/self/environ", "device": "devlink"}.items():
        yield "A2", name, w(("location", loc)), {"PATH", "IO", "OK"}
    attr = node("Constant", [], ["v"], a_tensor("value", external("", F32, [4], ("location", "../secret.bin"))))
    yield "A4", "attribute_tensor", model(graph([attr, node("Mul", ["x", "v"], ["y"])], [], [info("x", F32, [4])], [info("y", F32, [4])])), {"PATH"}
    sp = data(1, external("s", F32, [2], ("location", "../secret.bin"))) + data(2, i64("", [0, 1])) + num(3, 4)
    yield "A4", "sparse_initializer", model(graph([node("Mul", ["x", "s"], ["y"])], [], [info("x", F32, [4])], [info("y", F32, [4])], data(15, sp))), {"PATH"}
    yield "A4", "sparse_indices", model(graph([node("Mul", ["x", "s"], ["y"])], [], [info("x", F32, [4])], [info("y", F32, [4])],
                                              data(15, data(1, flt("s", [1, 2])) + data(2, external("", I64, [2], ("location", "/etc/hostname"))) + num(3, 4)))), {"PATH"}
    body = graph([node("Identity", ["w2"], ["b"])], [external("w2", F32, [4], ("location", "../secret.bin"))], [], [info("b", F32, [4])])
    yield "A4", "subgraph", model(graph([node("If", ["c"], ["y"], a_graph("then_branch", body), a_graph("else_branch", body))], [],
                                        [info("c", BOOL, [])], [info("y", F32, [4])])), {"PATH"}
    yield "A4", "function", model(graph([node("Fn", ["x"], ["y"], domain="f")], [], [info("x", F32, [4])], [info("y", F32, [4])]),
                                  function("Fn", ["a"], ["b"], [node("Constant", [], ["k"], a_tensor("value", external("", F32, [4], ("location", "../secret.bin")))),
                                                               node("Mul", ["a", "k"], ["b"])]), opsets=opset() + opset(1, "f")), {"PATH"}
    yield "A4", "memory_address", w(("location", "*/_ORT_MEM_ADDR_/*"), ("offset", "140737488355328"), ("length", "16")), {"PATH", "IO", "NOT_FOUND", "TENSOR"}
    for name, pairs in {
        "negative_offset": [("offset", "-8")], "negative_length": [("length", "-16")], "past_end": [("offset", "4096")],
        "length_past_end": [("length", "1000000000000")], "sum_wraps": [("offset", str((1 << 64) - 8)), ("length", "16")],
        "not_number": [("offset", "0x10")], "spaces": [("offset", " 1")], "overflow": [("offset", "9" * 40)], "plus": [("offset", "+4")],
        "duplicate": [("location", "other.bin")], "wrong_length": [("length", "15")], "long_length": [("length", "32")],
        "float": [("offset", "1e1")], "empty": [("offset", "")], "no_location": None}.items():
        yield "A5", name, w(*([("location", "data.bin")] if pairs is not None else []), *(pairs or [])), {"TENSOR", "PATH", "IO", "LIMIT"}
    yield "A5", "unknown_key", w(("location", "data.bin"), ("__class__", "x")), {"OK", "TENSOR"}


def tensor_cases():
    t = lambda body: relu_model(inits=[body])
    for name, dims in {"overflow": [1 << 62, 1 << 62], "overflow_beside_zero": [1 << 62, 1 << 62, 0], "negative": [-1], "negative_pair": [-2, -2],
                       "int64_max": [BIG, 2], "padding_wraps": [(1 << 64) // 4 - 1], "rank_65": [1] * 65, "rank_5000": [1] * 5000,
                       "huge_bits": [1 << 61]}.items():
        yield "B1", name, t(tensor("w", F32, dims, b"")), {"TENSOR", "LIMIT"}
    yield "B1", "int4_huge", t(tensor("w", 22, [1 << 62], b"")), {"TENSOR"}
    for name, body in {"raw_short": tensor("w", F32, [4], b"\0" * 12), "raw_long": tensor("w", F32, [2], b"\0" * 12),
                       "raw_odd": tensor("w", F32, [1], b"\0" * 3), "raw_absent": tensor("w", F32, [4]),
                       "typed_short": tensor("w", F32, [4], None, data(4, b"\0" * 8)), "typed_long": tensor("w", F32, [1], None, data(4, b"\0" * 8)),
                       "typed_odd": tensor("w", F32, [1], None, data(4, b"\0" * 7)), "both": tensor("w", F32, [1], b"\0" * 4, data(4, b"\0" * 4)),
                       "wrong_field": tensor("w", F32, [1], None, data(7, b"\0")), "strings_raw": tensor("w", STR, [1], b"abc"),
                       "strings_few": tensor("w", STR, [2], None, data(6, "a")), "int4_short": tensor("w", 22, [5], b"\0\0"),
                       "int4_long": tensor("w", 22, [3], b"\0\0\0"), "int2_short": tensor("w", 26, [5], b"\0"), "bool_short": tensor("w", BOOL, [3], b"\0"),
                       "complex_half": tensor("w", 14, [1], None, data(4, b"\0" * 4)), "f16_in_float": tensor("w", F16, [1], None, data(4, b"\0" * 4)),
                       "segment": tensor("w", F32, [1], b"\0" * 4, data(3, num(1, 0) + num(2, 1))), "f6_short": tensor("w", 27, [4], b"\0\0")}.items():
        yield "B2", name, t(body), {"WIRE"} if name == "typed_odd" else {"TENSOR"}
    yield "B2", "type_undefined", t(tensor("w", 0, [1], b"\0")), {"TENSOR", "OK"}
    yield "B2", "type_unknown", t(tensor("w", 99, [1], b"\0")), {"TENSOR", "OK"}
    yield "B2", "type_negative", t(tensor("w", -5, [1], b"\0")), {"TENSOR", "WIRE", "OK"}


def tree_cases():
    """ai.onnx.ml: one tree that is a chain of n nodes, n - 1 of which go on to the next."""
    def chain(n, rows, yes=None, no=None, targets=1, ids=None, features=None):
        strs = a_raw("nodes_modes", num(20, 8) + b"".join(data(9, "BRANCH_GT") for _ in range(n - 1)) + data(9, "LEAF"))
        reals = lambda name, v: a_raw(name, num(20, 6) + b"".join(f32(7, x) for x in v))
        attrs = [a_ints("nodes_treeids", [0] * n), a_ints("nodes_nodeids", ids or range(n)), a_ints("nodes_featureids", features or [0] * n),
                 a_ints("nodes_truenodeids", yes or [*range(1, n), 0]), a_ints("nodes_falsenodeids", no or [n - 1] * n), strs,
                 reals("nodes_values", [0.0] * n), a_ints("target_treeids", [0]), a_ints("target_nodeids", [n - 1]),
                 a_ints("target_ids", [0]), reals("target_weights", [1.0]), a_int("n_targets", targets)]
        return model(graph([node("TreeEnsembleRegressor", ["c"], ["y"], *attrs, domain="ai.onnx.ml")], [flt("c", [1.0] * rows, [rows, 1])],
                           [], [info("y", F32, [rows, "t"])]), opsets=opset(18) + opset(3, "ai.onnx.ml"))
    yield "C1", "tree_targets", chain(3, 2, targets=1 << 40), {"OK"}
    yield "C2", "tree_cycle", chain(20000, 1000, yes=[*range(1, 19999), 1, 0]), {"OK"}
    yield "C2", "tree_deep", chain(20000, 1000), {"OK"}
    yield "C5", "tree_many_nodes", chain(200000, 1), {"OK"}
    yield "B3", "tree_child_far", chain(3, 2, yes=[BIG, -1, 0]), {"OK"}
    yield "B3", "tree_ids_twice", chain(3, 2, ids=[0, 1, 1]), {"OK"}
    yield "B3", "tree_feature_far", chain(3, 2, features=[1 << 32, 0, 0]), {"OK"}
    yield "B3", "tree_lists_short", chain(3, 2, yes=[1, 2]), {"OK"}


def operator_cases():
    one = flt("c0", [1, 2, 3, 4], [2, 2])
    kind = lambda op, attr, n=1, **kw: fold_model(op, [one] + [i64("c%d" % i, [0]) for i in range(1, n)], attr, **kw)
    yield "B3", "axis_is_string", kind("Softmax", a_str("axis", "x")), {"OK"}
    yield "B3", "perm_is_float", kind("Transpose", a_float("perm", 1.0)), {"OK"}
    yield "B3", "to_is_graph", kind("Cast", a_graph("to", graph())), {"OK"}
    yield "B3", "value_is_int", model(graph([node("Constant", [], ["y"], a_int("value", 3))], [], [], [info("y", F32, [1])])), {"OK"}
    yield "B3", "then_is_int", model(graph([node("If", ["c"], ["y"], a_int("then_branch", 1), a_int("else_branch", 2))], [tensor("c", BOOL, [], b"\1")], [], [info("y", F32, [1])])), {"OK", "MODEL"}
    yield "B3", "no_branch", model(graph([node("If", ["c"], ["y"])], [tensor("c", BOOL, [], b"\1")], [], [info("y", F32, [1])])), {"OK", "MODEL"}
    yield "B3", "missing_inputs", fold_model("Add", [one]), {"OK"}
    yield "B3", "no_inputs", model(graph([node("Gather", [], ["y"])], [], [], [info("y", F32, [1])])), {"OK"}
    yield "B3", "extra_inputs", fold_model("Relu", [one, i64("c1", [0]), i64("c2", [0])]), {"OK"}
    yield "B3", "absent_required", model(graph([node("MatMul", ["", "w"], ["y"])], [flt("w", [1])], [], [info("y", F32, [1])])), {"OK"}
    yield "B3", "extra_outputs", model(graph([node("Relu", ["w"], ["y", "z", "q"])], [flt("w", [1])], [], [info("y", F32, [1])])), {"OK"}
    yield "B3", "body_input_is_init", model(graph([node("Loop", ["m", "c", "x"], ["y"], a_graph("body", graph(
        [node("Identity", ["k"], ["co"]), node("Identity", ["v"], ["vo"])], [flt("v", [1, 2])], [info("i", I64, []), info("k", BOOL, []), info("v", F32, [2])],
        [info("co", BOOL, []), info("vo", F32, [2])])))], [i64("m", [3], []), tensor("c", BOOL, [], b"\1"), flt("x", [1, 2])], [], [info("y", F32, [2])])), {"OK", "MODEL"}
    yield "B3", "dtype_mixed", fold_model("Add", [one, i64("c1", [1])]), {"OK"}
    yield "B3", "strings_in_math", fold_model("Sin", [tensor("c0", STR, [1], None, data(6, "a"))]), {"OK"}

    big = [1 << 31, 1 << 31]
    for name, m in {
        "ConstantOfShape": fold_model("ConstantOfShape", [i64("c0", big)]),
        "ConstantOfShape_wrap": fold_model("ConstantOfShape", [i64("c0", [1 << 62, 4])]),
        "ConstantOfShape_negative": fold_model("ConstantOfShape", [i64("c0", [-5])]),
        "ConstantOfShape_1GiB": fold_model("ConstantOfShape", [i64("c0", [1 << 28])]),
        "Expand": fold_model("Expand", [flt("c0", [1]), i64("c1", big)]),
        "Tile": fold_model("Tile", [one, i64("c1", big)]),
        "Pad": fold_model("Pad", [one, i64("c1", [1 << 40, 0, 1 << 40, 0])]),
        "Pad_wrap": fold_model("Pad", [one, i64("c1", [BIG, BIG, BIG, BIG])]),
        "Range": fold_model("Range", [i64("c0", [0], []), i64("c1", [BIG], []), i64("c2", [1], [])], out_type=I64),
        "Range_float": fold_model("Range", [flt("c0", [0], []), flt("c1", [1e30], []), flt("c2", [1e-30], [])]),
        "OneHot": fold_model("OneHot", [i64("c0", [1]), i64("c1", [1 << 40], []), flt("c2", [0, 1])]),
        "Gather_many": fold_model("Gather", [flt("c0", [0.0] * 4096, [1, 4096]), i64("c1", [0] * 60000)]),
        "EyeLike": fold_model("EyeLike", [tensor("c0", F32, [1 << 20, 1 << 20, 0], b"")]),
        "Trilu": fold_model("Trilu", [tensor("c0", F32, [0, 1 << 40], b"")]),
        "Resize": fold_model("Resize", [flt("c0", [1], [1, 1, 1, 1]), tensor("c1", F32, [0], b""), flt("c2", [1, 1, 1e9, 1e9])]),
        "Split_many": fold_model("Split", [one], a_int("num_outputs", 1 << 40), version=18),
    }.items():
        yield "C1", name, m, {"OK"}

    chain = [node("Concat", ["a0", "a0"], ["a1"], a_int("axis", 0))]
    chain += [node("Concat", ["a%d" % i, "a%d" % i], ["a%d" % (i + 1)], a_int("axis", 0)) for i in range(1, 40)]
    yield "C2", "concat_doubling", model(graph(chain, [flt("a0", [1.0] * 16)], [], [info("a40", F32, ["n"])])), {"OK"}
    chain = [node("Add", ["w%d" % i, "w%d" % i], ["w%d" % (i + 1)]) for i in range(200)]
    yield "C2", "many_medium", model(graph([node("ConstantOfShape", ["s"], ["w0"])] + chain + [node("ReduceSum", ["w%d" % i], ["r%d" % i]) for i in range(200)],
                                           [i64("s", [1 << 20])], [], [info("r%d" % i, F32, []) for i in range(200)])), {"OK"}
    loop_body = graph([node("Identity", ["k"], ["co"]), node("Add", ["v", "v"], ["vo"])], [], [info("i", I64, []), info("k", BOOL, []), info("v", F32, [1])],
                      [info("co", BOOL, []), info("vo", F32, [1])])
    for name, trips in {"loop_2_40": 1 << 40, "loop_max": BIG, "loop_negative": -5}.items():
        yield "C2", name, model(graph([node("Loop", ["m", "c", "x"], ["y"], a_graph("body", loop_body))],
                                      [i64("m", [trips], []), tensor("c", BOOL, [], b"\1"), flt("x", [1])], [], [info("y", F32, [1])])), {"OK"}
    yield "C2", "matmul_cost", model(graph([node("ConstantOfShape", ["s"], ["a"]), node("ConstantOfShape", ["t"], ["b"])] +
                                           [node("MatMul", ["a", "b"], ["m%d" % i]) for i in range(100)],
                                           [i64("s", [2, 1 << 21]), i64("t", [1 << 21, 2])], [], [info("m%d" % i, F32, [2, 2]) for i in range(100)])), {"OK"}

    div = lambda op, a, b, mk: fold_model(op, [mk("c0", a), mk("c1", b)], out_type=I64)
    for op in ("Div", "Mod"):
        yield "D1", op + "_min_minus_1", div(op, [-(1 << 63)], [-1], i64), {"OK"}
        yield "D1", op + "_zero", div(op, [5], [0], i64), {"OK"}
        yield "D1", op + "_i32", fold_model(op, [i32("c0", [-(1 << 31)]), i32("c1", [-1])], out_type=I32), {"OK"}
    yield "D1", "abs_min", fold_model("Abs", [i64("c0", [-(1 << 63)])], out_type=I64), {"OK"}
    yield "D1", "neg_min", fold_model("Neg", [i32("c0", [-(1 << 31)])], out_type=I32), {"OK"}
    u64 = lambda n, v: tensor(n, 13, [len(v)], struct.pack("<%dQ" % len(v), *v))
    yield "D1", "shift_64", fold_model("BitShift", [u64("c0", [1]), u64("c1", [64])], a_str("direction", "LEFT"), out_type=13), {"OK"}
    yield "D1", "range_step_0", fold_model("Range", [i64("c0", [0], []), i64("c1", [5], []), i64("c2", [0], [])], out_type=I64), {"OK"}
    yield "D1", "pow_huge", fold_model("Pow", [i64("c0", [3]), i64("c1", [BIG])], out_type=I64), {"OK"}
    for v, name in ((float("nan"), "nan"), (float("inf"), "inf"), (1e30, "1e30"), (-1e30, "minus_1e30")):
        for to in (I32, I64, U8, 22, BOOL):
            yield "D2", "cast_%s_%d" % (name, to), fold_model("Cast", [flt("c0", [v])], a_int("to", to), out_type=to, version=21), {"OK"}
    yield "D2", "cast_to_unknown", fold_model("Cast", [flt("c0", [1])], a_int("to", 77)), {"OK"}
    yield "D2", "cast_to_huge", fold_model("Cast", [flt("c0", [1])], a_int("to", BIG)), {"OK"}

    x = flt("c0", [1, 2, 3, 4, 5, 6], [2, 3])
    for name, m in {
        "gather_far": fold_model("Gather", [x, i64("c1", [BIG])]), "gather_min": fold_model("Gather", [x, i64("c1", [-(1 << 63)])]),
        "gather_axis": fold_model("Gather", [x, i64("c1", [0])], a_int("axis", BIG)),
        "gathernd": fold_model("GatherND", [x, i64("c1", [9, 9])]), "gathernd_deep": fold_model("GatherND", [x, i64("c1", [0] * 9)]),
        "gathernd_batch": fold_model("GatherND", [x, i64("c1", [0])], a_int("batch_dims", -3)),
        "gatherelements": fold_model("GatherElements", [x, i64("c1", [-9, 3], [1, 2])], a_int("axis", 1)),
        "scatter": fold_model("ScatterElements", [x, i64("c1", [99], [1, 1]), flt("c2", [1], [1, 1])]),
        "scatter_shape": fold_model("ScatterElements", [x, i64("c1", [0] * 8, [4, 2]), flt("c2", [1], [1, 1])]),
        "scatternd": fold_model("ScatterND", [x, i64("c1", [5, 5], [1, 2]), flt("c2", [1])]),
        "slice_extremes": fold_model("Slice", [x, i64("c1", [-(1 << 63)]), i64("c2", [BIG]), i64("c3", [0]), i64("c4", [1])]),
        "slice_min_step": fold_model("Slice", [x, i64("c1", [BIG]), i64("c2", [-(1 << 63)]), i64("c3", [1]), i64("c4", [-(1 << 63)])]),
        "slice_step_0": fold_model("Slice", [x, i64("c1", [0]), i64("c2", [1]), i64("c3", [0]), i64("c4", [0])]),
        "slice_axes_twice": fold_model("Slice", [x, i64("c1", [0, 0]), i64("c2", [1, 1]), i64("c3", [0, 0])]),
        "slice_lengths": fold_model("Slice", [x, i64("c1", [0, 0]), i64("c2", [1])]),
        "transpose_twice": fold_model("Transpose", [x], a_ints("perm", [0, 0])), "transpose_far": fold_model("Transpose", [x], a_ints("perm", [7, -9])),
        "squeeze_axes": fold_model("Squeeze", [x, i64("c1", [5, 5])]), "unsqueeze_twice": fold_model("Unsqueeze", [x, i64("c1", [0, 0])]),
        "reshape_minus_2": fold_model("Reshape", [x, i64("c1", [-2, 3])]), "reshape_two_unknown": fold_model("Reshape", [x, i64("c1", [-1, -1])]),
        "reshape_product": fold_model("Reshape", [x, i64("c1", [1 << 32, 1 << 32, -1])]),
        "concat_axis": fold_model("Concat", [x, flt("c1", [1])], a_int("axis", 9)), "clip_inverted": fold_model("Clip", [x, flt("c1", [5], []), flt("c2", [1], [])]),
        "topk_far": fold_model("TopK", [x, i64("c1", [BIG])], n_out=2), "topk_negative": fold_model("TopK", [x, i64("c1", [-1])], n_out=2),
        "pad_negative": fold_model("Pad", [x, i64("c1", [-9, -9, -9, -9])]), "pad_short": fold_model("Pad", [x, i64("c1", [1])]),
        "pad_reflect_far": fold_model("Pad", [x, i64("c1", [50, 50, 50, 50])], a_str("mode", "reflect")),
        "reduce_axes": fold_model("ReduceSum", [x, i64("c1", [7])]), "cumsum_axis": fold_model("CumSum", [x, i64("c1", [-99], [])]),
        "shape_start": fold_model("Shape", [x], a_int("start", BIG), a_int("end", -(1 << 63)), out_type=I64),
        "flatten_axis": fold_model("Flatten", [x], a_int("axis", 1 << 40)), "split_sum": fold_model("Split", [x, i64("c1", [BIG, BIG])], n_out=2),
        "split_negative": fold_model("Split", [x, i64("c1", [-1, 3])], n_out=2), "empty_argmax": fold_model("ArgMax", [tensor("c0", F32, [0], b"")], out_type=I64),
        "empty_max": fold_model("ReduceMax", [tensor("c0", F32, [0], b"")]), "matmul_inner": fold_model("MatMul", [x, x.replace(b"c0", b"c1")]),
        "quant_scale_0": fold_model("QuantizeLinear", [x, flt("c1", [0.0], [])], out_type=U8), "trilu_k": fold_model("Trilu", [x, i64("c1", [-(1 << 63)], [])]),
        "tile_negative": fold_model("Tile", [x, i64("c1", [-1, 2])]), "expand_negative": fold_model("Expand", [x, i64("c1", [-3])]),
        "onehot_negative": fold_model("OneHot", [i64("c0", [1]), i64("c1", [-7], []), flt("c2", [0, 1])]),
    }.items():
        yield "D3", name, m, {"OK"}


def alias_cases():
    """D4: results that share bytes with their input, whose owner is gone before they are used."""
    def chain(*ops):
        nodes, x = [], "c"
        inits = [flt("c", [1, 2, 3, 4, 5, 6], [2, 3]), i64("s", [3, 2]), i64("ax", [0])]
        for i, (op, ins, attrs) in enumerate(ops):
            nodes.append(node(op, [x, *ins], ["t%d" % i], *attrs))
            x = "t%d" % i
        nodes.append(node("Add", ["x", x], ["y"]))
        return model(graph(nodes, inits, [info("x", F32, [1])], [info("y", F32, ["a", "b", "c"])]))
    views = [("Reshape", ["s"], ()), ("Unsqueeze", ["ax"], ()), ("Identity", [], ()), ("Squeeze", ["ax"], ()), ("Flatten", [], ())]
    yield "D4", "views", chain(*views), {"OK"}
    yield "D4", "view_then_compute", chain(*views[:2], ("Neg", [], ()), *views[2:]), {"OK"}
    yield "D4", "same_value_twice", model(graph([node("Identity", ["c"], ["t"]), node("Concat", ["t", "t", "c"], ["y"], a_int("axis", 0))], [flt("c", [1, 2])], [], [info("y", F32, [6])])), {"OK"}


def graph_cases():
    r = lambda i, o, **kw: node("Relu", [i], [o], **kw)
    io = dict(ins=[info("x", F32, [2])], outs=[info("y", F32, [2])])
    G = lambda nodes, *a, **kw: model(graph(nodes, *a, **{**io, **kw}))
    yield "E3", "cycle", G([r("b", "a"), r("a", "b"), r("x", "y")]), {"MODEL"}
    yield "E3", "self", G([r("y", "y")]), {"MODEL"}
    yield "E3", "unsorted", G([r("t", "y"), r("x", "t")]), {"MODEL"}
    yield "E3", "duplicate_output", G([r("x", "y"), r("x", "y")]), {"MODEL"}
    yield "E3", "output_is_input_name", G([r("x", "x"), r("x", "y")]), {"MODEL"}
    yield "E3", "undefined", G([r("nope", "y")]), {"MODEL"}
    yield "E3", "output_undefined", G([r("x", "t")]), {"MODEL"}
    yield "E3", "duplicate_init", G([r("x", "y")], inits=[flt("w", [1]), flt("w", [2])]), {"MODEL"}
    yield "E3", "init_is_node_output", G([r("x", "y")], inits=[flt("y", [1, 2])]), {"MODEL"}
    yield "E3", "init_is_input", G([r("x", "y")], inits=[flt("x", [1, 2])]), {"OK"}
    yield "E3", "no_opset", model(graph([r("x", "y")], [], io["ins"], io["outs"]), opsets=b""), {"VERSION"}
    yield "E3", "no_graph", num(1, 8) + opset(), {"MODEL", "WIRE"}
    yield "E3", "empty_file", b"", {"MODEL", "WIRE", "VERSION"}
    yield "E3", "duplicate_input", model(graph([r("x", "y")], [], io["ins"] * 2, io["outs"])), {"MODEL"}
    yield "E3", "opset_huge", model(graph([r("x", "y")], [], io["ins"], io["outs"]), opsets=opset(BIG)), {"OK", "VERSION"}
    yield "E3", "opset_negative", model(graph([r("x", "y")], [], io["ins"], io["outs"]), opsets=opset(-3)), {"OK", "VERSION"}
    shadow = graph([r("x", "y")], [], [], [info("y", F32, [2])])
    yield "E3", "body_shadows", model(graph([node("If", ["c"], ["y"], a_graph("then_branch", shadow), a_graph("else_branch", shadow))], [],
                                            [info("c", BOOL, []), info("x", F32, [2])], [info("y", F32, [2])])), {"OK", "MODEL"}
    for k in (2, 20, 60):
        fs = [function("F%d" % i, ["a"], ["b"], [node("F%d" % (i + 1), ["a"], ["t"], domain="f"), node("F%d" % (i + 1), ["t"], ["b"], domain="f")]) for i in range(k)]
        fs.append(function("F%d" % k, ["a"], ["b"], [r("a", "b")]))
        yield "C3", "chain_%d" % k, model(graph([node("F0", ["x"], ["y"], domain="f")], [], io["ins"], io["outs"]), *fs, opsets=opset() + opset(1, "f")), {"OK", "BUDGET"}
    yield "C3", "self_recursive", model(graph([node("F", ["x"], ["y"], domain="f")], [], io["ins"], io["outs"]),
                                        function("F", ["a"], ["b"], [node("F", ["a"], ["b"], domain="f")]), opsets=opset() + opset(1, "f")), {"MODEL", "DEPTH"}
    yield "C3", "mutual", model(graph([node("F", ["x"], ["y"], domain="f")], [], io["ins"], io["outs"]),
                                function("F", ["a"], ["b"], [node("G", ["a"], ["b"], domain="f")]), function("G", ["a"], ["b"], [node("F", ["a"], ["b"], domain="f")]),
                                opsets=opset() + opset(1, "f")), {"MODEL", "DEPTH"}
    inner = graph([node("F", ["a"], ["r"], domain="f")], [], [], [info("r", F32, [2])])
    yield "C3", "through_subgraph", model(graph([node("F", ["x"], ["y"], domain="f")], [], io["ins"], io["outs"]),
                                          function("F", ["a"], ["b"], [node("Constant", [], ["c"], a_tensor("value", tensor("", BOOL, [], b"\1"))),
                                                                       node("If", ["c"], ["b"], a_graph("then_branch", inner), a_graph("else_branch", inner))]),
                                          opsets=opset() + opset(1, "f")), {"MODEL", "DEPTH"}
    for depth in (10, 40, 2000):
        g = graph([node("Identity", ["x"], ["o%d" % depth])], [], [], [info("o%d" % depth, F32, [2])])
        for i in range(depth - 1, -1, -1):
            o = "o%d" % i if i else "y"
            g = graph([node("If", ["c"], [o], a_graph("then_branch", g), a_graph("else_branch", graph([node("Identity", ["x"], ["e%d" % i])], [], [], [info("e%d" % i, F32, [2])])))],
                      [], [info("c", BOOL, []), info("x", F32, [2])] if i == 0 else [], [info(o, F32, [2])])
            if len(g) > 1 << 22:
                break
        yield "C4", "subgraphs_%d" % depth, model(g), {"OK"} if depth == 10 else {"DEPTH"}
    ty = num(1, 1)
    ty = data(1, ty)
    for i in range(3000):
        ty = data(4, data(1, ty))
    yield "C4", "sequence_types", model(graph([r("x", "y")], [], io["ins"] + [data(1, "s") + data(2, ty)], io["outs"])), {"DEPTH"}
    ty = data(1, num(1, 1))
    for i in range(3000):
        ty = data(9, data(1, ty))
    yield "C4", "optional_types", model(graph([r("x", "y")], [], io["ins"], io["outs"], infos=[data(1, "y") + data(2, ty)])), {"DEPTH"}
    group = b""
    for i in range(3000):
        group = tag(99, 3) + group + tag(99, 4)
    yield "C4", "groups", model(graph([r("x", "y")], [], io["ins"], io["outs"]), group), {"WIRE"}
    n = 60000
    yield "C5", "empty_nodes", model(graph([b""] * n + [r("x", "y")], [], io["ins"], io["outs"])), {"OK", "MODEL"}
    yield "C5", "one_use_list", model(graph([r("x", "v%d" % i) for i in range(n)] + [r("x", "y")], [], io["ins"], io["outs"])), {"OK"}
    yield "C5", "long_names", model(graph([node("Relu", ["x"], ["y"], name="n" * 3000000)], [], io["ins"], io["outs"])), {"OK", "LIMIT"}
    yield "C5", "many_inputs", model(graph([node("Sum", ["x"] * n, ["y"])], [], io["ins"], io["outs"])), {"OK"}
    yield "C5", "many_infos", model(graph([r("x", "y")], [], io["ins"], io["outs"], infos=[info("q%d" % i) for i in range(n)])), {"OK"}
    yield "C5", "same_prefix", model(graph([r("x", "p" * 200 + str(i)) for i in range(20000)] + [r("x", "y")], [], io["ins"], io["outs"])), {"OK"}
    yield "C5", "many_opsets", model(graph([r("x", "y")], [], io["ins"], io["outs"]), *[opset(1, "d%d" % i) for i in range(n)]), {"OK", "LIMIT"}
    yield "C5", "many_attributes", model(graph([node("Relu", ["x"], ["y"], *[a_int("a%d" % i, i) for i in range(n)])], [], io["ins"], io["outs"])), {"OK"}


def wire_cases():
    good = relu_model()
    bad_tail = {"varint_11": num(1, 8)[:1] + b"\xff" * 10 + b"\x01", "varint_endless": tag(5, 0) + b"\x80" * 64, "tag_0": b"\0\0",
                "tag_0_wire_2": b"\x02\x00", "length_past_end": tag(50, 2) + varint(1 << 40) + b"abc", "length_max": tag(50, 2) + varint((1 << 64) - 1),
                "wire_6": tag(50, 6) + b"\0", "wire_7": tag(50, 7) + b"\0", "group_end": tag(50, 4), "truncated_varint": tag(50, 0) + b"\x80",
                "truncated_fixed64": tag(50, 1) + b"abc", "truncated_fixed32": tag(50, 5) + b"a", "field_huge": varint((1 << 35) | 2) + b"\0"}
    for name, tail in bad_tail.items():
        yield "E1", name, good + tail, {"WIRE"}
    yield "E1", "unknown_fields", good + num(1000, 5) + data(1001, "future") + tag(1002, 5) + b"abcd" + tag(1003, 1) + b"abcdefgh", {"OK"}
    yield "E1", "wrong_wire_type", good + tag(7, 0) + varint(3), {"WIRE", "OK"}
    yield "E1", "graph_twice", good + data(7, data(10, "more")), {"OK"}
    yield "E1", "scalar_twice", good + num(1, 7), {"OK"}
    yield "E1", "overlong_zero", good + tag(5, 0) + b"\x80\x00", {"OK", "WIRE"}
    for cut in (1, 3, 9, len(good) // 2, len(good) - 1):
        yield "E1", "truncated_%d" % cut, good[:cut], {"WIRE", "MODEL", "VERSION"}
    yield "E1", "dims_packed_and_not", relu_model(inits=[data(1, varint(2)) + num(1, 1) + num(2, F32) + data(8, "w") + data(4, b"\0" * 8)]), {"OK"}
    yield "E1", "floats_not_packed", relu_model(inits=[num(1, 2) + num(2, F32) + data(8, "w") + f32(4, 1.0) + f32(4, 2.0)]), {"OK"}
    yield "E1", "tensor_name_twice", relu_model(inits=[tensor("w", F32, [1], b"\0" * 4, data(8, "w"))]), {"OK"}
    for name, s in {"utf8": b"\xff\xfe\xc0", "nul": b"a\0b", "control": b"\x1b[31m\n\r", "overlong": b"\xc0\xaf"}.items():
        yield "E2", name, model(graph([node("Relu", ["x"], [s]), node("Relu", [s], ["y"])], [], [info("x", F32, [2])], [info("y", F32, [2])])), {"OK", "MODEL", "WIRE"}
        yield "E2", name + "_undefined", model(graph([node("Relu", [s], ["y"], name=s.decode("latin1"))], [], [info("x", F32, [2])], [info("y", F32, [2])])), {"MODEL", "WIRE"}
        yield "E2", name + "_string", fold_model("Identity", [tensor("c0", STR, [1], None, data(6, s))], out_type=STR), {"OK"}


def write_files(folder):
    """What the external-data cases point at. The secret stands outside of the model's folder."""
    os.makedirs(os.path.join(folder, "m", "sub"), exist_ok=True)
    secret = struct.pack("<4f", *[123456.0] * 4) * 4
    for p in ("secret.bin", "m/hard_source.bin"):
        with open(os.path.join(folder, p), "wb") as f:
            f.write(secret)
    with open(os.path.join(folder, "m", "data.bin"), "wb") as f:
        f.write(struct.pack("<4f", 1, 2, 3, 4))
    link = lambda target, name: os.path.lexists(os.path.join(folder, "m", name)) or os.symlink(target, os.path.join(folder, "m", name))
    link("../secret.bin", "link.bin")
    link("..", "linkdir")
    link("/proc", "proclink")
    link("/dev/zero", "devlink")
    link("data.bin", "inside.bin")
    link("loop.bin", "loop.bin")
    link("nowhere.bin", "dangling.bin")
    link("../..", "sub/up")
    if not os.path.exists(os.path.join(folder, "m", "hard.bin")):
        os.link(os.path.join(folder, "secret.bin"), os.path.join(folder, "m", "hard.bin"))
    if not os.path.exists(os.path.join(folder, "m", "fifo")):
        os.mkfifo(os.path.join(folder, "m", "fifo"))
    if not os.path.exists(os.path.join(folder, "m", "socket")):
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(os.path.join(folder, "m", "socket"))
    with open(os.path.join(folder, "m", "huge.bin"), "wb") as f:
        f.truncate(1 << 39)


FAMILIES = (external_cases, tensor_cases, tree_cases, operator_cases, alias_cases, graph_cases, wire_cases, messages.length_cases,
            messages.type_cases, messages.function_cases, messages.graph_more, messages.outside_cases, growth.growth_cases)


def generate(folder):
    write_files(folder)
    cases = []
    for make in FAMILIES:
        for cls, name, blob, expect, *args in make():
            path = os.path.join(folder, "m", f"{cls}_{name}.onnx")
            with open(path, "wb") as f:
                f.write(blob)
            cases.append(Case(cls, name, expect, path, *args, secret=cls.startswith("A")))
    return cases


if __name__ == "__main__":
    import collections
    import sys
    made = generate(sys.argv[1])
    print(len(made), "models:", dict(collections.Counter(c.cls for c in made)))
