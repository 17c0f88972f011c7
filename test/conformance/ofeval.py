"""Drives the ofeval program: run(model, feeds) -> list of numpy arrays, or raises.

feeds: dict name -> numpy array or TensorProto, a list of them for a sequence, None for an empty
optional. They become initializers of the inputs' names, so the library's evaluator sees them as
inputs; sequences and optionals are built by nodes put in front. One process serves many models."""
import os
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper as nh


class Refused(Exception):
    """The evaluator said no: (status number, message)."""


def feed(m, name, x, ty, nodes):
    """Makes m's value `name` be x: an initializer, or nodes over initializers."""
    kind = ty.WhichOneof("value") if ty is not None else "tensor_type"
    if kind == "optional_type":
        elem = ty.optional_type.elem_type
        if x is None:
            nodes.append(onnx.helper.make_node("Optional", [], [name], type=elem))
            return
        if elem.WhichOneof("value") == "tensor_type" and isinstance(x, list):
            x = x[0]
        feed(m, name + "/element", x, elem, nodes)
        nodes.append(onnx.helper.make_node("Optional", [name + "/element"], [name]))
    elif kind == "sequence_type":
        elem = ty.sequence_type.elem_type
        names = [f"{name}/{k}" for k in range(len(x))]
        for n, item in zip(names, x):
            feed(m, n, item, elem, nodes)
        if names:
            nodes.append(onnx.helper.make_node("SequenceConstruct", names, [name]))
        else:
            nodes.append(onnx.helper.make_node("SequenceEmpty", [], [name], dtype=elem.tensor_type.elem_type))
    else:
        if not isinstance(x, onnx.TensorProto) and ty is not None and ty.tensor_type.elem_type == onnx.TensorProto.STRING:
            x = np.asarray(x).astype(object)
        t = x if isinstance(x, onnx.TensorProto) else nh.from_array(np.asarray(x), name)
        if t.name != name:
            t = onnx.TensorProto.FromString(t.SerializeToString())
            t.name = name
        m.graph.initializer.append(t)


def with_feeds(model, feeds):
    """A copy of the model whose inputs are what nodes and initializers make of feeds."""
    m = onnx.ModelProto()
    m.CopyFrom(model)
    have = {t.name for t in m.graph.initializer}
    types, nodes = {i.name: i.type for i in m.graph.input}, []
    for name, x in feeds.items():
        if name not in have:
            feed(m, name, x, types.get(name), nodes)
    if nodes:
        made = {o for n in nodes for o in n.output}
        inputs = [i for i in m.graph.input if i.name not in made]
        rest = list(m.graph.node)
        del m.graph.input[:], m.graph.node[:]
        m.graph.input.extend(inputs)
        m.graph.node.extend(nodes + rest)
        if all(o.domain for o in m.opset_import):
            m.opset_import.append(onnx.helper.make_opsetid("", 18))
    return m


class Evaluator:
    def __init__(self, program, *mode):
        self.program, self.mode = program, mode
        self.dir = tempfile.TemporaryDirectory()
        self.p = None

    def start(self, **how):
        self.p = subprocess.Popen([self.program, *self.mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **how)

    def run_file(self, src, dst):
        if self.p is None or self.p.poll() is not None:
            self.start()
        self.p.stdin.write(f"{src}\t{dst}\n")
        self.p.stdin.flush()
        answer = self.p.stdout.readline()
        if not answer:
            code = self.p.wait()
            self.p = None
            raise RuntimeError(f"evaluator died: {code}")
        if answer.strip() != "ok":
            status, _, message = answer.strip().partition(" ")
            raise Refused(int(status), message)

    def run(self, model, feeds, raw=False):
        m = with_feeds(model, feeds)
        src, dst = os.path.join(self.dir.name, "in.onnx"), os.path.join(self.dir.name, "out.onnx")
        with open(src, "wb") as f:
            f.write(m.SerializeToString())
        self.run_file(src, dst)
        with open(dst, "rb") as f:
            got = onnx.ModelProto.FromString(f.read())
        values = {t.name: t if raw else nh.to_array(t) for t in got.graph.initializer}

        def item(name):
            keys = None if raw else values.get(name + "_keys")
            return values[name] if keys is None else dict(zip(keys.tolist(), values[name].tolist()))

        return [values[f"out{i}"] if f"out{i}" in values else
                [item(f"out{i}_{k}") for k in range(int(nh.to_array(values[f"out{i}_n"]) if raw else values[f"out{i}_n"]))]
                for i in range(len(m.graph.output))]
