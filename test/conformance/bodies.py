#!/usr/bin/env python3
"""bodies.py OFEVAL: bodies, calls of functions and patterns against onnxruntime, onnx's reference
evaluator and Python's re."""
import os
import random
import resource
import re
import sys
import warnings

try:
    import numpy as np
    import onnx
    import onnxruntime as ort
    from onnx import TensorProto, helper, parser
    from onnx.reference import ReferenceEvaluator
except ImportError as e:
    print(e)
    sys.exit(77)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import difference  # noqa: E402
from ofeval import Evaluator, Refused  # noqa: E402

warnings.simplefilter("ignore")

HEAD = '<ir_version: 10, opset_import: ["" : 21, "f" : 1]>\n'
# text, feeds, oracle: "ort", "ref" (what onnxruntime does not do) or the status of a refusal
MODELS = {
    "loop": ("""g (int64 m, bool c, float[2] a) => (float[2] y, float[n,2] s) {
        y, s = Loop(m, c, a) <body = b (int64 i, bool k, float[2] v) => (bool ko, float[2] w, float[2] o)
        { ko = Identity(k) w = Add(v, a) f = Cast<to: int = 1>(i) o = Mul(w, f) }> }""",
             {"m": np.int64(5), "c": np.bool_(True), "a": np.float32([1, 2])}, "ort"),
    "loop_none": ("""g (int64 m, bool c, float[2] a) => (float[2] y, float[n,2] s) {
        y, s = Loop(m, c, a) <body = b (int64 i, bool k, float[2] v) => (bool ko, float[2] w, float[2] o)
        { ko = Identity(k) w = Add(v, a) o = Mul(w, a) }> }""",
                  {"m": np.int64(0), "c": np.bool_(True), "a": np.float32([1, 2])}, "ort"),
    "loop_while": ("""g (bool c, float[2] a) => (float[2] y, int64[n] s) {
        y, s = Loop(, c, a) <body = b (int64 i, bool k, float[2] v) => (bool ko, float[2] w, int64 o)
        { w = Add(v, v) q = ReduceMax<keepdims: int = 0>(w) l = Constant<value: tensor = float {100}>()
          ko = Less(q, l) o = Identity(i) }> }""", {"c": np.bool_(True), "a": np.float32([1, 2])}, "ort"),
    "loop_no_cond": ("""g (int64 m, float[2] a) => (float[2] y) {
        y = Loop(m, , a) <body = b (int64 i, bool k, float[2] v) => (bool ko, float[2] w)
        { ko = Constant<value: tensor = bool {0}>() w = Add(v, v) }> }""",
                     {"m": np.int64(3), "a": np.float32([1, 2])}, 40),
    "loop_nested": ("""g (int64 m, bool c, float[2] a) => (float[2] y) {
        y = Loop(m, c, a) <body = b (int64 i, bool k, float[2] v) => (bool ko, float[2] w) {
          ko = Identity(k)
          w = Loop(i, k, v) <body = d (int64 j, bool l, float[2] x) => (bool lo, float[2] z)
          { lo = Identity(k) z = Add(x, a) }> }> }""",
                    {"m": np.int64(4), "c": np.bool_(True), "a": np.float32([1, 2])}, "ort"),
    "loop_grows": ("""g (int64 m, bool c, int64[1] a) => (int64[n] y) {
        y = Loop(m, c, a) <body = b (int64 i, bool k, int64[q] v) => (bool ko, int64[r] w)
        { ko = Identity(k) w = Concat<axis: int = 0>(v, v) }> }""",
                   {"m": np.int64(4), "c": np.bool_(True), "a": np.int64([7])}, "ort"),
    "if": ("""g (bool c, float[2] a) => (float[2] y) {
        b = Neg(a)
        y = If(c) <then_branch = t () => (float[2] r) { r = Add(a, b) }, else_branch = e () => (float[2] q) { q = Mul(a, b) }> }""",
           {"c": np.bool_(False), "a": np.float32([1, 2])}, "ort"),
    "scan_axes": ("""g (float[2] h, float[3,2] x, float[2,3] z) => (float[2] y, float[2,3] s) {
        y, s = Scan <num_scan_inputs: int = 2, scan_input_axes: ints = [0, 1], scan_input_directions: ints = [1, 0],
                     scan_output_axes: ints = [1], scan_output_directions: ints = [1],
                     body = b (float[2] v, float[2] p, float[2] q) => (float[2] w, float[2] o)
                     { r = Mul(p, q) w = Add(v, r) o = Sub(w, p) }> (h, x, z) }""",
                  {"h": np.float32([1, 2]), "x": np.arange(6, dtype=np.float32).reshape(3, 2),
                   "z": np.arange(6, dtype=np.float32).reshape(2, 3)}, "ort"),
}

# Attributes of calls, defaults, references handed on, left out; bodies inside of functions.
FUNCTIONS = {
    "bound": ("""g (float[2] a) => (float[2] y, float[2] z, float[2] w) {
        y = f.outer<slope: float = 0.5>(a) z = f.outer(a) w = f.leaf<alpha: float = 3.0>(a) }
        <domain: "f", opset_import: ["" : 21]>
        leaf <alpha: float = 0.25> (x) => (r) { r = LeakyRelu<alpha: float = @alpha>(x) }
        <domain: "f", opset_import: ["" : 21, "f" : 1]>
        outer <slope: float = 2.0> (x) => (r) { t = f.leaf<alpha: float = @slope>(x) u = f.leaf(t) r = Identity(u) }""",
              {"a": np.float32([-1, 2])}),
    "in_body": ("""g (bool c, float[2] a) => (float[2] y) { y = f.pick<k: int = 1>(c, a) }
        <domain: "f", opset_import: ["" : 21]>
        pick <k: int> (c, x) => (r) {
          r = If(c) <then_branch = t () => (float[2] p) { q = Constant<value_int: int = @k>() s = CastLike(q, x) p = Add(x, s) },
                     else_branch = e () => (float[2] n) { n = Neg(x) }> }""",
                {"c": np.bool_(True), "a": np.float32([-1, 2])}),
    "absent": ("""g (float[2] a) => (float[2] y) { y = f.clip(a) }
        <domain: "f", opset_import: ["" : 21]>
        clip (x, lo, hi) => (r) { r = Clip(x, lo, hi) }""", {"a": np.float32([-1, 2])}),
}


def batched_scan():
    """Scan-8 with lengths: running sums; what is past a length is 0."""
    vi = helper.make_tensor_value_info
    body = helper.make_graph([helper.make_node("Add", ["s", "x"], ["t"]), helper.make_node("Identity", ["t"], ["o"])], "b",
                             [vi("s", 1, [2]), vi("x", 1, [2])], [vi("t", 1, [2]), vi("o", 1, [2])])
    g = helper.make_graph([helper.make_node("Scan", ["l", "h", "x"], ["y", "z"], body=body, num_scan_inputs=1)], "g",
                          [vi("l", 7, [2]), vi("h", 1, [2, 2]), vi("x", 1, [2, 3, 2])],
                          [vi("y", 1, [2, 2]), vi("z", 1, [2, 3, 2])])
    m = helper.make_model(g, opset_imports=[helper.make_opsetid("", 8)], ir_version=10)
    x = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    z = np.cumsum(x, axis=1)
    z[1, 2:] = 0
    return m, {"l": np.int64([3, 2]), "h": np.zeros((2, 2), np.float32), "x": x}, [np.stack([z[0, 2], z[1, 1]]), z]


def nested(depth):
    """If in If, depth levels deep."""
    vi = helper.make_tensor_value_info
    g = helper.make_graph([helper.make_node("Neg", ["a"], ["r0"])], "b0", [], [vi("r0", 1, [2])])
    for i in range(1, depth):
        n = helper.make_node("If", ["c"], [f"r{i}"], then_branch=g, else_branch=helper.make_graph(
            [helper.make_node("Abs", ["a"], [f"e{i}"])], f"e{i}", [], [vi(f"e{i}", 1, [2])]))
        g = helper.make_graph([n], f"b{i}", [], [vi(f"r{i}", 1, [2])])
    g.input.extend([vi("c", 9, []), vi("a", 1, [2])])
    return helper.make_model(g, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def calls(depth):
    """A chain of functions, each of which calls the next."""
    op = [helper.make_opsetid("", 18), helper.make_opsetid("f", 1)]
    funcs = [helper.make_function("f", f"c{i}", ["x"], ["y"],
                                  [helper.make_node("Neg", ["x"], ["y"]) if i + 1 == depth else
                                   helper.make_node(f"c{i + 1}", ["x"], ["y"], domain="f")], op) for i in range(depth)]
    vi = helper.make_tensor_value_info
    g = helper.make_graph([helper.make_node("c0", ["a"], ["y"], domain="f")], "g", [vi("a", 1, [2])], [vi("y", 1, [2])])
    return helper.make_model(g, opset_imports=op, functions=funcs, ir_version=10)


def pattern(rng, depth=0):
    atoms = ["a", "b", "c", ".", "[ab]", "[^a]", r"\d", r"\w", r"\W", "^", "$", r"\b", r"\B", "é", "[a-cé]", r"\.", "[[]", "[]a]", "1"]
    r = rng.random()
    if depth > 3 or r < 0.45:
        return rng.choice(atoms)
    if r < 0.6:
        return "".join(pattern(rng, depth + 1) for _ in range(rng.randint(1, 3)))
    if r < 0.75:
        return "(" + "|".join(pattern(rng, depth + 1) for _ in range(rng.randint(1, 3))) + ")"
    if r < 0.8:
        return "(?:" + "|".join([pattern(rng, depth + 1), ""]) + ")"
    inner = "(" + pattern(rng, depth + 1) + ")" if rng.random() < 0.5 else rng.choice([a for a in atoms if a not in "^$" and a[1:] not in "bB"])
    return inner + rng.choice(["*", "+", "?", "{2}", "{0,2}", "{1,3}", "{2,}", "*?", "+?", "{0}"])


def patterns(ev, failed):
    rng = random.Random(1)
    vi = helper.make_tensor_value_info
    compared = 0
    for _ in range(400):
        p = "".join(pattern(rng) for _ in range(rng.randint(1, 3)))
        texts = ["".join(rng.choice("abc1. é\n") for _ in range(rng.randint(0, 6))) for _ in range(40)] + ["", "abc", "aaa", "a b"]
        m = helper.make_model(helper.make_graph([helper.make_node("RegexFullMatch", ["x"], ["y"], pattern=p)], "g",
                                                [vi("x", 8, [len(texts)])], [vi("y", 9, [len(texts)])]),
                              opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
        if r"\B" in p:
            texts = [t for t in texts if t] + ["a"] * texts.count("")  # Python before 3.14: not in an empty text
        want = [re.fullmatch(p.replace("$", r"\Z"), t, re.ASCII) is not None for t in texts]
        try:
            got = ev.run(m, {"x": np.array(texts, dtype=object)})[0].tolist()
        except Refused as e:
            failed.append((p, str(e)))
            continue
        compared += 1
        if got != want:
            failed.append((p, [t for t, a, b in zip(texts, got, want) if a != b][:3]))
    return compared


def main():
    ev, failed, passed = Evaluator(sys.argv[1]), [], 0
    if b"__asan_init" not in open(sys.argv[1], "rb").read():  # nesting stays within 64 KiB
        ev.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, (65536, 65536)), env={})
    cases = []
    for name, (text, feeds, oracle) in MODELS.items():
        cases.append((name, parser.parse_model(HEAD + text), feeds, oracle))
    for name, (text, feeds) in FUNCTIONS.items():
        cases.append((name, parser.parse_model(HEAD + text), feeds, "ort" if name != "absent" else [np.float32([-1, 2])]))
    cases.append(("scan_8", *batched_scan()))
    cases.append(("deep", nested(30), {"c": np.bool_(True), "a": np.float32([1, 2])}, "ort"))
    cases.append(("calls", calls(31), {"a": np.float32([1, 2])}, [np.float32([-1, -2])]))
    cases.append(("too many calls", calls(40), {"a": np.float32([1, 2])}, 42))
    for name, m, feeds, oracle in cases:
        try:
            got = ev.run(m, feeds)
        except Refused as e:
            if e.args[0] == oracle:
                passed += 1
            else:
                failed.append((name, f"refused: {e.args}"))
            continue
        if isinstance(oracle, int):
            failed.append((name, f"not refused: {got}"))
            continue
        if isinstance(oracle, list):
            want = oracle
        elif oracle == "ref":
            want = ReferenceEvaluator(m).run(None, feeds)
        else:
            want = ort.InferenceSession(m.SerializeToString()).run(None, {k: np.asarray(v) for k, v in feeds.items()})
        why = next(filter(None, (difference(a, b) for a, b in zip(want, got))), "")
        if why or len(want) != len(got):
            failed.append((name, why))
        else:
            passed += 1
    passed += patterns(ev, failed)
    for name, why in failed:
        print(f"{name}: {why}")
    print(f"{passed} passed, {len(failed)} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
