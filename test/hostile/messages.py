"""Attacks on what holds a model together: lengths that lie in every kind of message, nesting, types,
functions, names, and data outside of the file. See models.py for what is yielded."""
import struct

from pb import *

F32, I32, I64, STR, BOOL, U8 = 1, 6, 7, 8, 9, 2
BIG = (1 << 63) - 1
X, Y = info("x", F32, [2]), info("y", F32, [2])


def with_graph(*extra, nodes=(), inits=(), infos=(), ins=(X,), outs=(Y,), **kw):
    """x to y by a Relu, and what is given."""
    return model(graph([*nodes, node("Relu", ["x"], ["y"])], inits, ins, outs, *extra, infos=infos), **kw)


def call(*functions, op="F", ins=("x",), outs=("y",)):
    return model(graph([node(op, ins, outs, domain="f")], [], [X], [Y]), *functions, opsets=opset() + opset(1, "f"))


def lying(field, body, by):
    """A field whose length says `by` bytes more than it has."""
    return tag(field, 2) + varint(len(body) + by) + body


def length_cases():
    """A length that goes past the end of the message it is in, at every place there is one."""
    t = tensor("w", F32, [1], b"\0" * 4)
    shape = data(1, num(1, 2))
    # the innermost lie, then the fields that it is in, from the inside out
    places = {
        "node": (data(4, "Relu"), [1, 7]), "node_input": (b"x", [1, 1, 7]), "attribute": (data(1, "a") + num(3, 1), [5, 1, 7]),
        "attribute_floats": (b"\0" * 8, [7, 5, 1, 7]), "attribute_ints": (b"\1\2", [8, 5, 1, 7]), "attribute_strings": (b"ab", [9, 5, 1, 7]),
        "attribute_graph": (b"", [6, 5, 1, 7]), "attribute_tensor": (t, [5, 5, 1, 7]), "attribute_type": (num(1, 1), [14, 5, 1, 7]),
        "initializer": (t, [5, 7]), "dims": (b"\1\1", [1, 5, 7]), "float_data": (b"\0" * 4, [4, 5, 7]), "int64_data": (b"\1", [7, 5, 7]),
        "string_data": (b"ab", [6, 5, 7]), "double_data": (b"\0" * 8, [10, 5, 7]), "raw_data": (b"\0" * 4, [9, 5, 7]),
        "external_entry": (data(1, "location"), [13, 5, 7]), "segment": (num(1, 0), [3, 5, 7]), "sparse_values": (t, [1, 15, 7]),
        "sparse_indices": (t, [2, 15, 7]), "input_type": (data(1, num(1, 1)), [2, 11, 7]), "shape": (shape, [2, 1, 2, 11, 7]),
        "dimension": (data(2, "n"), [1, 2, 1, 2, 11, 7]), "map_value": (data(1, num(1, 1)), [2, 5, 2, 11, 7]),
        "quantization": (data(1, "x"), [14, 7]), "opset": (data(1, "ai"), [8]), "function": (data(1, "F"), [25]),
        "function_node": (data(4, "Relu"), [7, 25]), "function_attribute": (data(1, "a"), [11, 25]), "metadata": (data(1, "k"), [14]),
        "training": (b"", [20]), "producer": (b"me", [2])}
    for name, (body, fields) in places.items():
        for by, how in ((1, "by_one"), ((1 << 32) - len(body), "by_2_32"), ((1 << 63) - 1 - len(body), "by_2_63")):
            # one that wraps to 0 in 32 bits would be taken for an empty field; one byte more for its neighbour's
            m = lying(fields[0], body, by)
            for f in fields[1:]:
                m = data(f, m)
            yield "E1", f"length_{name}_{how}", relu() + m, {"WIRE"}
    packed = data(1, b"\x80\x80")  # a varint of packed dims that goes on past them
    yield "E1", "packed_ends_in_varint", with_graph(inits=[packed + num(2, F32) + data(8, "w") + data(9, b"\0" * 4)]), {"WIRE"}
    yield "E1", "packed_doubles_odd", with_graph(inits=[num(1, 1) + num(2, 11) + data(8, "w") + data(10, b"\0" * 12)]), {"WIRE"}
    yield "E1", "packed_varint_11", with_graph(inits=[data(1, b"\xff" * 10 + b"\1") + num(2, F32) + data(8, "w")]), {"WIRE"}
    # another wire type than the schema's makes an unknown field, as in protobuf
    yield "E1", "name_is_fixed64", relu() + data(7, data(1, data(1, "x") + tag(4, 1) + b"12345678")), {"OK"}
    yield "E1", "dims_are_fixed32", with_graph(inits=[tag(1, 5) + b"\1\0\0\0" + num(2, F32) + data(8, "w") + data(9, b"\0" * 4)]), {"OK"}
    yield "E1", "tag_0_in_node", relu() + data(7, data(1, b"\0\0")), {"WIRE"}
    yield "E1", "group_in_tensor", with_graph(inits=[t + tag(40, 3) + tag(40, 4)]), {"WIRE"}


def relu():
    return with_graph()


def type_cases():
    """Types that are deep, wrong, or not what the value is."""
    elem = data(1, num(1, 1))
    seq, opt = (lambda t: data(4, data(1, t))), (lambda t: data(9, data(1, t)))
    mapped = lambda t, key=I64: data(5, num(1, key) + data(2, t))
    typed = lambda name, t: data(1, name) + data(2, t)
    deep = lambda wrap, n=3000: typed("d", nest(wrap, n))

    def nest(wrap, n):
        t = elem
        for _ in range(n):
            t = wrap(t)
        return t
    yield "C4", "map_types", with_graph(ins=[X, deep(mapped)]), {"DEPTH"}
    yield "C4", "mixed_types", with_graph(ins=[X, deep(lambda t: seq(opt(mapped(t))), 1000)]), {"DEPTH"}
    yield "C4", "types_in_attribute", with_graph(nodes=[node("Optional", [], ["o"], data(5, data(1, "type") + data(14, nest(seq, 3000)) + num(20, 13)))]), {"DEPTH"}
    yield "C4", "types_in_function", call(data(25, data(1, "F") + data(4, "a") + data(5, "b") + data(7, node("Relu", ["a"], ["b"])) + data(9, num(2, 17))
                                                  + data(10, "f") + data(12, deep(opt)))), {"DEPTH"}
    body = graph([node("Relu", ["x"], ["z"])], [], [], [info("z")])
    for _ in range(1200):
        body = graph([node("If", ["c"], ["z"], data(5, data(1, "g") + data(11, body) + num(20, 10)))], [], [], [info("z")])
    yield "C4", "graphs_in_lists", with_graph(nodes=[node("Odd", ["x"], ["q"], data(5, data(1, "g") + data(11, body) + num(20, 10)), domain="odd")]), {"DEPTH"}
    yield "C4", "graphs_in_training", with_graph() + data(20, data(1, graph([node("If", ["c"], ["z"], a_graph("then_branch", body))]))), {"DEPTH"}
    yield "C4", "graphs_in_function_default", call(data(25, data(1, "F") + data(4, "a") + data(5, "b") + data(7, node("Relu", ["a"], ["b"])) + data(9, num(2, 17))
                                                           + data(10, "f") + data(11, data(1, "k") + data(6, body) + num(20, 5)))), {"DEPTH"}
    for name, t in {"map_of_float_keys": mapped(elem, F32), "map_without_value": data(5, num(1, I64)), "optional_of_nothing": opt(b""),
                    "sequence_of_nothing": data(4, b""), "two_kinds": data(1, num(1, 1)) + seq(elem), "elem_99": data(1, num(1, 99)),
                    "elem_negative": data(1, num(1, -1)), "sparse": data(8, num(1, 1) + data(2, data(1, num(1, BIG)))),
                    "opaque": data(7, data(1, "d") + data(2, "n")), "empty": b""}.items():
        yield "B3", "type_" + name, with_graph(ins=[X, typed("d", t)], nodes=[node("Identity", ["d"], ["e"])]), {"OK", "MODEL", "WIRE", "TENSOR"}
    yield "B3", "sequence_given_to_math", with_graph(ins=[X, typed("d", seq(elem))], nodes=[node("Add", ["d", "x"], ["e"])]), {"OK"}
    yield "B3", "tensor_given_as_sequence", with_graph(nodes=[node("SequenceAt", ["x", "i"], ["e"])], inits=[i64("i", [0], [])]), {"OK"}
    yield "B3", "init_not_its_type", with_graph(inits=[flt("w", [1, 2])], ins=[X, info("w", I64, [7])], nodes=[node("Add", ["x", "w"], ["e"])]), {"OK", "MODEL", "TENSOR"}
    yield "B3", "info_not_its_type", with_graph(inits=[flt("w", [1, 2])], nodes=[node("Neg", ["w"], ["e"]), node("Shape", ["e"], ["s"])],
                                                infos=[info("e", I64, [9, 9]), info("s", F32, [3])], outs=[Y, info("s", I64, [5])]), {"OK", "MODEL"}
    yield "B3", "dims_negative_declared", with_graph(ins=[X, info("d", F32, [-4, BIG, BIG])], nodes=[node("Shape", ["d"], ["e"]), node("Size", ["d"], ["f"])],
                                                     outs=[Y, info("e", I64, [3]), info("f", I64, [])]), {"OK", "MODEL"}
    yield "B3", "dims_product_declared", with_graph(ins=[X, info("d", F32, [1 << 40, 1 << 40, 3])], nodes=[node("Size", ["d"], ["e"]), node("Flatten", ["d"], ["f"])],
                                                    outs=[Y, info("e", I64, []), info("f", F32, ["a", "b"])]), {"OK"}
    yield "E2", "dim_name_control", with_graph(ins=[X, info("d", F32, ["\x1b[2J", "a\0b", "((((", "-1", "n" * 70000])], nodes=[node("Flatten", ["d"], ["e"])],
                                               outs=[Y, info("e", F32, ["?", "*"])]), {"OK", "MODEL", "WIRE"}
    yield "C5", "dim_expression_deep", with_graph(ins=[X, info("d", F32, ["(" * 40000 + "n" + ")" * 40000])], nodes=[node("Shape", ["d"], ["e"])]), {"OK"}


def function_cases():
    """Functions that call, shadow or miss; beside C3 of models.py."""
    def fn(name="F", ins=("a",), outs=("b",), nodes=None, *extra, domain="f", opsets=None):
        nodes = [node("Relu", ["a"], ["b"])] if nodes is None else nodes
        return data(25, data(1, name) + b"".join(data(4, i) for i in ins) + b"".join(data(5, o) for o in outs) + b"".join(data(7, n) for n in nodes)
                    + (data(9, data(1, "") + num(2, 17)) + data(9, data(1, "f") + num(2, 1)) if opsets is None else opsets) + data(10, domain) + b"".join(extra))
    again = graph([node("F", ["z"], ["r"], domain="f")], [], [], [info("r", F32, [2])])
    yield "C3", "through_default", call(fn("F", ("a",), ("b",), [node("If", ["a"], ["b"], data(5, data(1, "then_branch") + data(21, "k") + num(20, 5)))],
                                           data(11, data(1, "k") + data(6, again) + num(20, 5)))), {"MODEL", "DEPTH", "OK"}
    yield "C3", "through_call_attribute", model(graph([node("F", ["x"], ["y"], a_graph("k", again), domain="f")], [], [X], [Y]),
                                                fn("F", ("a",), ("b",), [node("If", ["a"], ["b"], data(5, data(1, "then_branch") + data(21, "k") + num(20, 5)),
                                                                         data(5, data(1, "else_branch") + data(21, "k") + num(20, 5)))], data(6, "k")),
                                                opsets=opset() + opset(1, "f")), {"MODEL", "DEPTH", "OK"}
    over = lambda name, calls: fn("F", ("a",), ("b",), [node("F", ["a"], ["b"], data(8, calls), domain="f")], data(13, name))
    yield "C3", "through_overloads", model(graph([node("F", ["x"], ["y"], data(8, "p"), domain="f")], [], [X], [Y]), over("p", "q"), over("q", "r"), over("r", "p"),
                                           opsets=opset() + opset(1, "f")), {"MODEL", "DEPTH"}
    yield "C3", "shadows_operator", model(graph([node("Relu", ["x"], ["y"])], [], [X], [Y]), fn("Relu", ("a",), ("b",), [node("Relu", ["a"], ["b"])], domain="")), {"OK", "MODEL", "DEPTH"}
    yield "C3", "ring_of_2000", model(graph([node("F0", ["x"], ["y"], domain="f")], [], [X], [Y]),
                                      *[fn("F%d" % i, ("a",), ("b",), [node("F%d" % ((i + 1) % 2000), ["a"], ["b"], domain="f")]) for i in range(2000)],
                                      opsets=opset() + opset(1, "f")), {"MODEL", "DEPTH"}
    yield "C3", "line_of_2000", model(graph([node("F0", ["x"], ["y"], domain="f")], [], [X], [Y]),
                                      *[fn("F%d" % i, ("a",), ("b",), [node("F%d" % (i + 1), ["a"], ["b"], domain="f")] if i < 1999 else None) for i in range(2000)],
                                      opsets=opset() + opset(1, "f")), {"MODEL", "DEPTH", "OK"}
    wide = [node("G", ["a"], ["t%d" % i], domain="f") for i in range(1000)] + [node("Sum", ["t%d" % i for i in range(1000)], ["b"])]
    yield "C3", "million_by_two", call(fn("F", ("a",), ("b",), wide), fn("G", ("a",), ("b",), [node("H", ["a"], ["t%d" % i], domain="f") for i in range(1000)]
                                                                         + [node("Sum", ["t%d" % i for i in range(1000)], ["b"])]),
                                       fn("H")), {"OK", "BUDGET"}
    yield "E3", "function_twice", call(fn(), fn("F", ("a",), ("b",), [node("Neg", ["a"], ["b"])])), {"MODEL"}
    yield "E3", "function_input_twice", call(fn("F", ("a", "a")), ins=("x", "x")), {"MODEL"}
    yield "E3", "function_output_twice", call(fn("F", ("a",), ("b", "b")), outs=("y", "z")), {"MODEL", "OK"}
    yield "E3", "function_output_undefined", call(fn("F", ("a",), ("nope",))), {"MODEL"}
    yield "E3", "function_reads_outside", model(graph([node("Neg", ["x"], ["w"]), node("F", ["x"], ["y"], domain="f")], [], [X], [Y]),
                                                fn("F", ("a",), ("b",), [node("Add", ["a", "w"], ["b"])]), opsets=opset() + opset(1, "f")), {"MODEL"}
    yield "E3", "function_cycle_inside", call(fn("F", ("a",), ("b",), [node("Add", ["a", "d"], ["c"]), node("Neg", ["c"], ["d"]), node("Relu", ["c"], ["b"])])), {"MODEL"}
    yield "E3", "function_without_opset", call(fn(opsets=b"")), {"OK", "MODEL", "VERSION"}
    yield "E3", "function_opset_other", call(fn(opsets=data(9, data(1, "") + num(2, BIG)))), {"OK", "MODEL", "VERSION"}
    yield "E3", "function_without_name", call(fn(name="")), {"OK", "MODEL"}
    yield "B3", "call_with_more", call(fn(), ins=("x", "x", "x"), outs=("y", "z")), {"OK", "MODEL"}
    yield "B3", "call_with_none", call(fn(), ins=(), outs=("y",)), {"OK", "MODEL"}
    yield "B3", "reference_outside", with_graph(nodes=[node("Softmax", ["x"], ["s"], data(5, data(1, "axis") + data(21, "k") + num(20, 2)))]), {"OK", "MODEL"}
    yield "B3", "reference_undeclared", call(fn("F", ("a",), ("b",), [node("Softmax", ["a"], ["b"], data(5, data(1, "axis") + data(21, "none") + num(20, 2)))])), {"OK", "MODEL"}
    yield "B3", "reference_of_other_kind", model(graph([node("F", ["x"], ["y"], a_str("k", "v"), domain="f")], [], [X], [Y]),
                                                 fn("F", ("a",), ("b",), [node("Softmax", ["a"], ["b"], data(5, data(1, "axis") + data(21, "k") + num(20, 2)))], data(6, "k")),
                                                 opsets=opset() + opset(1, "f")), {"OK", "MODEL"}
    yield "C5", "many_functions", call(*[fn("F%d" % i) for i in range(9000)], op="F8999"), {"OK"}
    yield "C5", "functions_past_the_limit", call(*[fn("F%d" % i) for i in range(10001)], op="F1"), {"LIMIT", "OK"}


def graph_more():
    """Names, bodies, imports and annotations that do not agree with each other."""
    cond = tensor("c", BOOL, [], b"\1")
    branch = lambda outs: graph([node("Neg", ["x"], [o]) for o in outs], [], [], [info(o, F32, [2]) for o in outs])
    If = lambda then, other, outs=("r",): with_graph(nodes=[node("If", ["c"], outs, a_graph("then_branch", then), a_graph("else_branch", other))], inits=[cond],
                                                     outs=[Y, *[info(o, F32, [2]) for o in outs]])
    yield "E3", "branches_of_unlike_counts", If(branch(["p"]), branch(["p", "q"])), {"OK", "MODEL"}
    yield "E3", "branch_gives_too_few", If(branch(["p"]), branch(["p"]), ("r", "s")), {"OK", "MODEL"}
    yield "E3", "branch_output_undefined", If(graph([], [], [], [info("p")]), branch(["p"])), {"MODEL"}
    yield "E3", "branch_has_inputs", If(graph([node("Neg", ["i"], ["p"])], [], [info("i", F32, [2])], [info("p", F32, [2])]), branch(["p"])), {"OK", "MODEL"}
    yield "E3", "inner_value_read_outside", with_graph(nodes=[node("If", ["c"], ["r"], a_graph("then_branch", branch(["p"])), a_graph("else_branch", branch(["q"]))),
                                                              node("Neg", ["p"], ["s"])], inits=[cond]), {"MODEL"}
    yield "E3", "branch_reads_its_own_node", with_graph(nodes=[node("If", ["c"], ["r"], a_graph("then_branch", graph([node("Neg", ["r"], ["p"])], [], [], [info("p", F32, [2])])),
                                                                    a_graph("else_branch", branch(["q"])))], inits=[cond]), {"MODEL"}
    body = lambda ins, outs: graph([node("Identity", ["k"], ["k2"]), node("Neg", ["v"], ["v2"])], [], ins, outs)
    i, k, v = info("i", I64, []), info("k", BOOL, []), info("v", F32, [2])
    loops = {"loop_few_inputs": body([i], [info("k2", BOOL, [])]), "loop_many_inputs": body([i, k, v, info("u"), info("t")], [info("k2", BOOL, []), info("v2", F32, [2])]),
             "loop_no_outputs": body([i, k, v], []), "loop_inputs_same_name": body([k, k, v], [info("k2", BOOL, []), info("v2", F32, [2])])}
    for name, b in loops.items():
        yield "E3", name, with_graph(nodes=[node("Loop", ["m", "", "x"], ["l"], a_graph("body", b))], inits=[i64("m", [3], [])]), {"OK", "MODEL"}
    scan = graph([node("Neg", ["e"], ["f"])], [], [info("e", F32, [])], [info("f", F32, [])])
    for n in (0, -1, 2, BIG, -(1 << 63)):
        yield "B3", "scan_inputs_%d" % n, with_graph(nodes=[node("Scan", ["w"], ["s"], a_graph("body", scan), a_int("num_scan_inputs", n))], inits=[flt("w", [1, 2])],
                                                     outs=[Y, info("s", F32, ["n"])]), {"OK", "MODEL"}
    yield "B3", "scan_axes_far", with_graph(nodes=[node("Scan", ["w"], ["s"], a_graph("body", scan), a_int("num_scan_inputs", 1), a_ints("scan_input_axes", [BIG]),
                                                        a_ints("scan_output_axes", [-(1 << 63)]), a_ints("scan_input_directions", [7]))], inits=[flt("w", [1, 2])],
                                            outs=[Y, info("s", F32, ["n"])]), {"OK", "MODEL"}
    yield "E3", "opset_twice_unlike", with_graph(opsets=opset(7) + opset(21)), {"OK", "MODEL", "VERSION"}
    yield "E3", "opset_zero", with_graph(opsets=opset(0)), {"OK", "VERSION"}
    yield "E3", "opset_past_int32", with_graph(opsets=opset((1 << 32) + 17)), {"OK", "VERSION"}
    yield "E3", "opset_of_both_names", with_graph(opsets=opset(7) + opset(21, "ai.onnx")), {"OK", "MODEL", "VERSION"}
    for ir in (0, -1, 99, BIG):
        yield "E3", "ir_version_%d" % ir, with_graph(ir=ir), {"OK", "VERSION"}
    yield "E3", "output_twice", with_graph(outs=[Y, Y]), {"OK", "MODEL"}
    yield "E3", "info_twice_unlike", with_graph(infos=[info("x", F32, [2]), info("x", I64, [3, 3]), info("y", STR, [])]), {"OK", "MODEL"}
    yield "E3", "names_all_empty", model(graph([node("Relu", [""], [""])], [tensor("", F32, [1], b"\0" * 4)], [info("", F32, [1])], [info("", F32, [1])])), {"OK", "MODEL"}
    sparse = lambda n, idx, dims, vals=None: data(15, data(1, flt(n, vals or [1.0] * max(1, len(idx)))) + data(2, i64("", idx)) + b"".join(num(3, d) for d in dims))
    use = [node("Mul", ["x", "s"], ["z"])]
    for name, sp in {"past_the_end": sparse("s", [0, 99], [2]), "negative": sparse("s", [-1, 1], [2]), "int64_max": sparse("s", [0, BIG], [2]),
                     "twice": sparse("s", [1, 1], [2]), "descending": sparse("s", [1, 0], [2]), "fewer_than_values": sparse("s", [0], [2], [1.0, 2.0]),
                     "dims_overflow": sparse("s", [0, 1], [1 << 62, 1 << 62]), "dims_negative": sparse("s", [0, 1], [-2]), "no_dims": sparse("s", [0, 1], []),
                     "rank_two_ragged": data(15, data(1, flt("s", [1, 2])) + data(2, i64("", [0, 1, 0], [3, 1])) + num(3, 2) + num(3, 2)),
                     "rank_two_far": data(15, data(1, flt("s", [1])) + data(2, i64("", [1, 9], [1, 2])) + num(3, 2) + num(3, 2)),
                     "indices_float": data(15, data(1, flt("s", [1])) + data(2, flt("", [0])) + num(3, 2)),
                     "no_indices": data(15, data(1, flt("s", [1])) + num(3, 2)), "no_values": data(15, data(2, i64("", [0])) + num(3, 2)),
                     "huge": sparse("s", [0, 1], [1 << 40]), "twice_named": sparse("s", [0, 1], [2]) * 2}.items():
        yield "B2", "sparse_" + name, with_graph(sp, nodes=use), {"OK", "TENSOR", "MODEL", "LIMIT"}
    yield "C1", "sparse_constant_huge", with_graph(nodes=[node("Constant", [], ["s"], a_sparse("sparse_value", data(1, flt("", [1])) + data(2, i64("", [5])) + num(3, 1 << 45))),
                                                          node("Neg", ["s"], ["t"])], outs=[Y, info("t", F32, ["n"])]), {"OK", "TENSOR", "LIMIT"}
    note = lambda name, *pairs: data(14, data(1, name) + b"".join(data(2, data(1, a) + data(2, b)) for a, b in pairs))
    yield "E3", "quantization_of_nothing", with_graph(note("nope", ("SCALE_TENSOR", "nope2"), ("ZERO_POINT_TENSOR", ""))), {"OK", "MODEL"}
    yield "E3", "quantization_of_itself", with_graph(note("x", ("SCALE_TENSOR", "x")), note("x", ("SCALE_TENSOR", "y"))), {"OK"}
    yield "C5", "quantization_many", with_graph(*[note("x", ("SCALE_TENSOR", "q%d" % n)) for n in range(60000)]), {"OK"}
    yield "C5", "metadata_many", with_graph() + b"".join(data(14, data(1, "k") + data(2, "v%d" % n)) for n in range(60000)), {"OK"}
    yield "E2", "metadata_of_any_bytes", with_graph() + data(14, data(1, b"\0\xff\x1b") + data(2, bytes(range(256)))), {"OK", "WIRE"}
    train = lambda body: with_graph() + data(20, body)
    pair = lambda f, a, b: data(f, data(1, a) + data(2, b))
    yield "E3", "training_binds_nothing", train(pair(3, "nope", "neither") + pair(4, "", "x")), {"OK", "MODEL"}
    yield "E3", "training_cycle", train(data(2, graph([node("Relu", ["b"], ["a"]), node("Relu", ["a"], ["b"])]))), {"OK", "MODEL"}
    yield "A4", "training_initializer", train(data(1, graph([], [external("t", F32, [4], ("location", "../secret.bin"))], [], [info("t", F32, [4])]))), {"PATH"}
    yield "C5", "attributes_same_name", with_graph(nodes=[node("Relu", ["x"], ["r"], *[a_int("a", n) for n in range(30000)])]), {"OK", "MODEL"}
    yield "B3", "attribute_of_two_kinds", with_graph(nodes=[node("Softmax", ["x"], ["s"], a_raw("axis", num(3, 0) + f32(2, 1.0) + data(4, "0") + num(20, 2)))]), {"OK", "MODEL", "WIRE"}
    yield "B3", "attribute_kind_99", with_graph(nodes=[node("Softmax", ["x"], ["s"], a_raw("axis", num(3, 0) + num(20, 99)))]), {"OK", "MODEL", "WIRE"}
    yield "B3", "attribute_without_name", with_graph(nodes=[node("Softmax", ["x"], ["s"], a_raw("", num(3, 0) + num(20, 2)))]), {"OK", "MODEL"}
    yield "C5", "outputs_many", with_graph(nodes=[node("Split", ["x"], ["o%d" % n for n in range(60000)], a_int("num_outputs", 60000))], opsets=opset(18)), {"OK"}
    yield "C5", "external_keys_many", with_graph(inits=[external("w", F32, [4], *[("k%d" % n, "v") for n in range(60000)])]), {"TENSOR", "PATH", "LIMIT"}
    yield "C5", "strings_million", with_graph(inits=[tensor("w", STR, [1000000], None, b"\x32\x00" * 1000000)], nodes=[node("Identity", ["w"], ["e"])], outs=[Y, info("e", STR, ["n"])]), {"OK"}
    yield "C5", "dims_packed_million", with_graph(inits=[data(1, b"\1" * 1000000) + num(2, F32) + data(8, "w") + data(9, b"\0" * 4)]), {"TENSOR", "LIMIT"}
    yield "C5", "unknown_fields_many", with_graph() + b"".join(num(1000 + n, n) for n in range(60000)), {"OK"}
    yield "C5", "names_chain_of_identities", model(graph([node("Identity", ["x" if n == 0 else "t%d" % n], ["t%d" % (n + 1) if n < 49999 else "y"]) for n in range(50000)], [], [X], [Y])), {"OK"}
    yield "E2", "op_type_with_nul", with_graph(nodes=[node("Relu\0Neg", ["x"], ["r"])]), {"OK", "MODEL", "WIRE"}
    yield "E2", "domain_control", model(graph([node("F", ["x"], ["y"], domain="\x1b]0;owned\7")], [], [X], [Y])), {"OK", "MODEL", "WIRE", "VERSION"}
    yield "E2", "op_type_long", model(graph([node("O" * 3000000, ["x"], ["y"])], [], [X], [Y])), {"OK", "MODEL", "LIMIT"}
    yield "E2", "names_like_paths", model(graph([node("Add", ["../../evil", "/etc/passwd"], ["y"])], [flt("../../evil", [1, 2]), flt("/etc/passwd", [1, 2])], [], [Y])), {"OK"}


def outside_cases():
    """More ways to name a file, more places to name it in, and what is written beside the output."""
    add = lambda t, **kw: with_graph(inits=[t], nodes=[node("Add", ["w", "w"], ["v"])], outs=[Y, info("v", F32, [4])], **kw)
    w = lambda loc, *more: add(external("w", F32, [4], ("location", loc), *more))
    for name, loc in {"unc": "\\\\host\\share\\x", "two_slashes": "//etc/hostname", "uri": "file:///etc/hostname", "slash_at_end": "data.bin/",
                      "through_file": "data.bin/../../secret.bin", "deep_dotdot": "sub/../sub/../../secret.bin", "dot_dotdot": "./../secret.bin",
                      "long": "a/" * 4000 + "x", "long_name": "n" * 300, "nul_at_end": "data.bin\0",
                      "drive_relative": "C:secret.bin", "root": "/"}.items():
        yield "A1", name, w(loc), {"PATH", "IO", "NOT_FOUND"}
    # names like any other, of files that are not there: what they hold is left where it is
    for name, loc in {"overlong_dot": b"\xc0\xae\xc0\xae/secret.bin", "device_name": "NUL:", "space_dotdot": " ../secret.bin", "percent": "%2e%2e/secret.bin", "home": "~/secret.bin", "variable": "$HOME/x", "three_dots": ".../secret.bin",
                      "slash_alike": "..\u2215secret.bin", "newline": "data\n.bin", "stream": "data.bin:stream"}.items():
        yield "A1", name, w(loc), {"OK", "PATH", "IO", "NOT_FOUND"}
    for name, loc in {"symlink_inside": "inside.bin", "symlink_loop": "loop.bin", "symlink_dangling": "dangling.bin", "socket": "socket", "symlink_twice": "sub/up/secret.bin"}.items():
        yield "A2", name, w(loc), {"PATH", "IO", "NOT_FOUND", "OK"} if name == "symlink_inside" else {"PATH", "IO", "NOT_FOUND"}
    yield "A2", "sparse_file_far", w("huge.bin", ("offset", str((1 << 39) - 16)), ("length", "16")), {"OK", "TENSOR", "IO", "LIMIT"}
    yield "A2", "sparse_file_whole", add(external("w", F32, [1 << 37], ("location", "huge.bin"))), {"OK", "TENSOR", "LIMIT"}
    secret = external("", F32, [4], ("location", "../secret.bin"))
    yield "A4", "attribute_tensors", with_graph(nodes=[node("Odd", ["x"], ["o"], data(5, data(1, "ts") + data(10, secret) + num(20, 9)), domain="odd")]), {"PATH"}
    sp = data(1, secret) + data(2, i64("", [0, 1, 2, 3])) + num(3, 4)
    yield "A4", "attribute_sparse", with_graph(nodes=[node("Constant", [], ["o"], a_sparse("sparse_value", sp))]), {"PATH"}
    yield "A4", "attribute_sparse_list", with_graph(nodes=[node("Odd", ["x"], ["o"], data(5, data(1, "ts") + data(23, sp) + num(20, 12)), domain="odd")]), {"PATH"}
    yield "A4", "function_default", call(data(25, data(1, "F") + data(4, "a") + data(5, "b") + data(7, node("Relu", ["a"], ["b"])) + data(9, num(2, 17)) + data(10, "f")
                                               + data(11, data(1, "k") + data(5, secret) + num(20, 4)))), {"PATH"}
    yield "A4", "raw_and_external", add(external("w", F32, [4], ("location", "../secret.bin")) + data(9, b"\0" * 16)), {"PATH", "TENSOR"}
    yield "A4", "strings_external", with_graph(inits=[external("w", STR, [4], ("location", "data.bin"))]), {"TENSOR", "PATH"}
    yield "A4", "entries_alone", add(tensor("w", F32, [4], b"\0" * 16, data(13, data(1, "location") + data(2, "../secret.bin")))), {"OK", "PATH", "TENSOR"}
    yield "A4", "location_kind_7", add(tensor("w", F32, [4], None, data(13, data(1, "location") + data(2, "../secret.bin")), num(14, 7))), {"TENSOR", "PATH", "WIRE"}
    for name, pairs in {"leading_zeros": [("offset", "0" * 1000)], "offset_twice": [("offset", "0"), ("offset", "4")], "key_nul": [("offset\0", "4")], "key_empty": [("", "")],
                        "length_zero": [("length", "0")], "minus_zero": [("offset", "-0")], "digits_wide": [("offset", "\uff10")], "checksum_lies": [("checksum", "0" * 40)],
                        "length_2_64": [("length", str((1 << 64) + 16))], "at_the_end": [("offset", "16"), ("length", "16")]}.items():
        yield "A5", name, w("data.bin", *pairs), {"OK", "TENSOR", "PATH", "IO", "LIMIT"} if name in ("leading_zeros", "key_nul", "key_empty", "checksum_lies") else {"TENSOR", "PATH", "IO", "LIMIT"}
    big = flt("../../stolen", [1.0] * 600)
    sidecar = model(graph([node("Add", ["x", "../../stolen"], ["y"])], [big], [info("x", F32, [600])], [info("y", F32, [600])]))
    yield "A6", "tensor_named_as_path", sidecar, {"OK"}, ("--external-data", "weights.bin")
    yield "A6", "sidecar_goes_up", sidecar, {"USAGE"}, ("--external-data", "../weights.bin")
    yield "A6", "sidecar_absolute", sidecar, {"USAGE"}, ("--external-data", "/tmp/weights.bin")
    yield "A6", "sidecar_is_a_link", sidecar, {"OK", "PATH", "EXISTS", "IO"}, ("--external-data", "link.bin")
    yield "A6", "sidecar_is_a_folder", sidecar, {"PATH", "EXISTS", "IO"}, ("--external-data", "sub")
    yield "A6", "sidecar_is_the_input", w("data.bin"), {"OK", "EXISTS", "PATH"}, ("--external-data", "data.bin", "--external-threshold", "1")
