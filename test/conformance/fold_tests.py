#!/usr/bin/env python3
"""fold_tests.py ONNXFOLD [FILTER]: the node tests of the onnx package as constants, which must fold.

Inputs become initializers (sequences and optionals: nodes over initializers); outputs that are no tensors
are taken apart by nodes, so that all are. With every limit lifted and nothing excluded, no node may be left
and every output must be a constant of the right type, shape and value: once where the values are outputs of
the graph, once where each is read by a node that stays, once inside of a branch that stays. What is random
must stay."""
import collections
import os
import re
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper as h, numpy_helper as nh
    from onnx.backend.test.loader import load_model_tests
except ImportError:
    print("onnx is not installed")
    sys.exit(77)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import difference  # noqa: E402
from node_tests import NOISY  # noqa: E402
from ofeval import with_feeds  # noqa: E402

warnings.simplefilter("ignore")
EVERYTHING = ["--quiet", "--quantization", "fold", "--exclude", "none", "--input-size-limit", "unlimited",
              "--output-size-limit", "unlimited", "--growth-budget", "unlimited"]
RANDOM = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
CODECS = {"ImageDecoder"}  # images in seven formats: not evaluated
# Left alone: with align_corners the reference counts on with a length that has a fraction, runtimes without.
LEFT = {"test_resize_downsample_scales_linear_align_corners", "test_resize_downsample_scales_cubic_align_corners"}


class Case:
    """model: without inputs; want: the tensors that its outputs are."""

    def __init__(self, case):
        inputs, outputs = case.data_sets[0]
        self.name, self.rtol, self.atol = case.name, case.rtol, NOISY.get(case.name, case.atol)
        g = case.model.graph
        feeds = {i.name: x for i, x in zip(g.input, inputs)}
        self.ops = {n.op_type for n in nodes(g)}
        self.random = bool(self.ops & RANDOM) or any(trains(n, feeds) for n in g.node)
        self.model = with_feeds(case.model, feeds)
        self.model.ir_version = max(self.model.ir_version, 8)  # initializers need not be inputs
        g = self.model.graph
        types = {o.name: o.type for o in g.output}
        del g.input[:], g.output[:]
        self.want = []
        for x, (name, t) in zip(outputs, types.items()):
            self.result(x, name, t)
        if all(o.domain for o in self.model.opset_import):
            self.model.opset_import.append(h.make_opsetid("", 18))

    def result(self, x, name, t):
        g, kind = self.model.graph, t.WhichOneof("value")
        if kind == "tensor_type":
            if not isinstance(x, TensorProto):
                x = np.asarray(x)
                x = nh.from_array(x.astype(object) if t.tensor_type.elem_type == TensorProto.STRING else x)
            g.output.append(h.make_tensor_value_info(name, x.data_type, x.dims))
            self.want.append(x)
        elif kind == "sequence_type":
            g.node.append(h.make_node("SequenceLength", [name], [name + "/length"]))
            self.result(np.int64(len(x)), name + "/length", h.make_tensor_type_proto(TensorProto.INT64, []))
            for k, item in enumerate(x):
                g.initializer.append(nh.from_array(np.int64(k), f"{name}/{k}"))
                g.node.append(h.make_node("SequenceAt", [name, f"{name}/{k}"], [f"{name}/at{k}"]))
                self.result(item, f"{name}/at{k}", t.sequence_type.elem_type)
        else:
            g.node.append(h.make_node("OptionalHasElement", [name], [name + "/has"]))
            self.result(np.bool_(x is not None), name + "/has", h.make_tensor_type_proto(TensorProto.BOOL, []))
            if x is not None:
                g.node.append(h.make_node("OptionalGetElement", [name], [name + "/element"]))
                self.result(x, name + "/element", t.optional_type.elem_type)

    def copy(self):
        m = onnx.ModelProto()
        m.CopyFrom(self.model)
        return m

    def read(self):
        """Each output is read by a node of an unknown domain, which stays."""
        m = self.copy()
        g = m.graph
        outs = [o.name for o in g.output]
        del g.output[:]
        g.node.append(h.make_node("Reader", outs, ["read"], domain="test.reader"))
        g.output.append(h.make_tensor_value_info("read", TensorProto.FLOAT, None))
        m.opset_import.append(h.make_opsetid("test.reader", 1))
        return m, outs

    def branch(self):
        """All of it in a branch whose condition is not known; the other gives zeros of those types."""
        m = self.copy()
        g = m.graph
        then = onnx.GraphProto(name="then", node=g.node, initializer=g.initializer, output=g.output)
        other = onnx.GraphProto(name="else")
        for k, t in enumerate(self.want):
            z = nh.to_array(t)
            z = nh.from_array(np.full_like(z, "-") if z.dtype.kind == "O" else np.zeros_like(z), f"else/{k}")
            other.node.append(h.make_node("Constant", [], [z.name], value=z))
            other.output.append(h.make_tensor_value_info(z.name, t.data_type, t.dims))
        del g.node[:], g.initializer[:]
        outs = [f"out/{k}" for k in range(len(self.want))]
        n = h.make_node("If", ["condition"], outs)
        n.attribute.extend([h.make_attribute("then_branch", then), h.make_attribute("else_branch", other)])
        g.node.append(n)
        for o, name in zip(g.output, outs):
            o.name = name
        g.input.append(h.make_tensor_value_info("condition", TensorProto.BOOL, []))
        return m


def nodes(g):
    for n in g.node:
        yield n
        for a in n.attribute:
            for s in [*([a.g] if a.HasField("g") else []), *a.graphs]:
                yield from nodes(s)


def trains(n, feeds):
    """Whether it is a Dropout that draws: in training, with a ratio."""
    if n.op_type != "Dropout" or len(n.input) < 3 or not n.input[2]:
        return False
    return bool(np.asarray(feeds[n.input[2]])) and (not n.input[1] or float(np.asarray(feeds[n.input[1]])) != 0)


def constants(g):
    got = {t.name: t for t in g.initializer}
    for n in g.node:
        if n.op_type == "Constant":
            got[n.output[0]] = next(a.t for a in n.attribute if a.name == "value")
    return got


def left(g, but=()):
    return sorted({n.op_type for n in g.node if n.op_type not in ("Constant", *but)})


class Runner:
    def __init__(self, program):
        self.program, self.dir = program, tempfile.TemporaryDirectory()

    def optimize(self, m):
        src, dst = (os.path.join(self.dir.name, n) for n in ("in.onnx", "out.onnx"))
        with open(src, "wb") as f:
            f.write(m.SerializeToString())
        p = subprocess.run([self.program, *EVERYTHING, src, dst], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        if p.returncode:
            raise RuntimeError(f"status {p.returncode}: {p.stdout.strip()}")
        with open(dst, "rb") as f:
            return onnx.ModelProto.FromString(f.read())

    def values(self, case, g, names):
        have = constants(g)
        if missing := [n for n in names if n not in have]:
            return f"no constant: {' '.join(missing)}"
        return next(filter(None, (difference(a, have[n], case.rtol, case.atol) for a, n in zip(case.want, names))), "")

    def as_outputs(self, case):
        g = self.optimize(case.model).graph
        # an Identity gives a constant a second name
        same = {n.output[0]: n.input[0] for n in g.node if n.op_type == "Identity"} if "Identity" not in case.ops else {}
        return left(g, ["Identity"] if same else []), g, [same.get(o.name, o.name) for o in g.output]

    def as_read(self, case):
        m, _ = case.read()
        g = self.optimize(m).graph
        return left(g, ["Reader"]), g, list(next(n for n in g.node if n.op_type == "Reader").input)

    def as_branch(self, case):
        g = self.optimize(case.branch()).graph
        branches = [n for n in g.node if n.op_type == "If"]
        if not branches:
            return ["no If is left"], g, []
        then = next(a.g for a in branches[0].attribute if a.name == "then_branch")
        both = onnx.GraphProto(node=then.node, initializer=[*then.initializer, *g.initializer])
        both.node.extend(n for n in g.node if n.op_type == "Constant")
        same = {n.output[0]: n.input[0] for n in then.node if n.op_type == "Identity"} if "Identity" not in case.ops else {}
        return left(both, ["Identity"] if same else []), both, [same.get(o.name, o.name) for o in then.output]


def main():
    run, pattern = Runner(sys.argv[1]), re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    passed, skipped, failed = 0, collections.Counter(), []
    for c in load_model_tests(kind="node"):
        if not pattern.search(c.name):
            continue
        case = Case(c)
        for form in ("outputs", "read", "branch"):
            try:
                rest, g, names = getattr(run, "as_" + form)(case)
                if case.random:
                    why = "" if rest else "folded, yet random"
                elif set(rest) & CODECS or rest and case.name in LEFT:
                    skipped.update(rest)
                    continue
                else:
                    why = f"left: {' '.join(rest)}" if rest else run.values(case, g, names)
            except Exception as e:  # noqa: BLE001
                why = f"{type(e).__name__}: {e}"
            if why:
                failed.append((f"{case.name}, {form}", why))
            else:
                passed += 1
    for name, why in failed:
        print(f"{name}: {why}")
    print("skipped:", ", ".join(f"{k} {v}" for k, v in skipped.most_common()))
    print(f"{passed} passed, {len(failed)} failed, {sum(skipped.values())} skipped")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
