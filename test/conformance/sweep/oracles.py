"""Who is asked: our evaluator (a program), onnx.reference, onnxruntime, onnx.shape_inference."""
import os
import subprocess
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from .case import model_of
from .values import FLOATS, TYPES, np_type, type_of

ort.set_default_logger_severity(4)


class Ours:
    """The program "ofeval each": of every node status, message, values, and what inference said."""

    def __init__(self, program):
        self.program, self.dir, self.p = program, tempfile.TemporaryDirectory(), None

    def ask(self, cases):
        """[(status, message, outputs or None, problems, {level: {output: type text}})]; raises when it died."""
        m = model_of(cases)
        src, dst = os.path.join(self.dir.name, "in.onnx"), os.path.join(self.dir.name, "out.onnx")
        with open(src, "wb") as f:
            f.write(m.SerializeToString())
        if self.p is None or self.p.poll() is not None:
            self.p = subprocess.Popen([self.program, "each"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.p.stdin.write(f"{src}\t{dst}\n")
        self.p.stdin.flush()
        got = [[-1, "not run", None, [], {}] for _ in cases]
        while True:
            line = self.p.stdout.readline()
            if not line:
                raise RuntimeError(f"evaluator died: {self.p.wait()}")
            if line[:2] not in ("= ", "! ", "t "):
                break
            part = line[2:].rstrip("\n").split("\t")
            c = got[int(part[0][1:].split("/")[0])]
            if line[0] == "=":
                c[0], c[1] = int(part[1]), part[2]
            elif line[0] == "!":
                c[3].append(f"inference from {part[1]}, output {part[2]}: {part[3]}")
            else:
                c[4].setdefault(part[1], {})[int(part[2])] = part[3]
        if line.strip() != "ok":
            if len(cases) > 1:
                return [self.ask([c])[0] for c in cases]
            return [(-1, line.strip(), None, [], {})]
        with open(dst, "rb") as f:
            raw = {t.name: t for t in onnx.ModelProto.FromString(f.read()).graph.initializer}
        names = [o.name for o in m.graph.output]
        at = 0
        for k, c in enumerate(cases):
            n = sum(map(bool, c.outputs))
            if got[k][0] == 0:
                got[k][2] = [value(raw, i) for i in range(at, at + n)]
            at += n
        assert at == len(names)
        return got


def value(raw, i):
    if f"out{i}" in raw:
        return numpy_helper.to_array(raw[f"out{i}"])
    return [numpy_helper.to_array(raw[f"out{i}_{k}"]) for k in range(int(numpy_helper.to_array(raw[f"out{i}_n"])))]


def by_reference(case, convert=None):
    return ReferenceEvaluator(model_of([case], convert)).run(None, {})


def widen(a):
    """Floating values as double, everything else as it is."""
    a = np.asarray(a)
    return a.astype(np.float64) if type_of(a) in FLOATS else a


# Types that onnxruntime has no numpy array for come out by way of these.
SAFE = {"bfloat16": "float", "int4": "int8", "uint4": "uint8", "int2": "int8", "uint2": "uint8", "float4e2m1": "float"}


def options():
    so = ort.SessionOptions()
    so.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    so.intra_op_num_threads = so.inter_op_num_threads = 1
    return so


def runtime_once(cases, types):
    m = model_of(cases)
    flat = [t for ts in types for t in ts]
    for k, t in enumerate(flat):
        if t not in SAFE:
            continue
        name = m.graph.output[k].name
        m.graph.node.append(helper.make_node("Cast", [name], [name + "s"], to=TYPES[SAFE[t]]))
        m.graph.output[k].name = name + "s"
    got = ort.InferenceSession(m.SerializeToString(), options(), providers=["CPUExecutionProvider"]).run(None, {})
    for k, t in enumerate(flat):
        if isinstance(got[k], np.ndarray):
            if t in SAFE:
                got[k] = got[k].astype(np_type(t))
            elif t and t.startswith("float") and got[k].dtype == np.uint8:
                got[k] = got[k].view(np_type(t))
    out = []
    for ts in types:
        out.append(got[:len(ts)])
        got = got[len(ts):]
    return out


def by_runtime(cases, types):
    """[outputs or the exception]; types: of each case's outputs as they should be, None for what is no tensor."""
    try:
        return runtime_once(cases, types)
    except Exception as e:  # noqa: BLE001
        if len(cases) == 1:
            return [e]
        if "Could not find an implementation" in str(e) or "is under development" in str(e):
            return [e] * len(cases)
        half = len(cases) // 2
        return by_runtime(cases[:half], types[:half]) + by_runtime(cases[half:], types[half:])


def by_inference(cases, level):
    """What onnx.shape_inference says: [{output: (elem_type, dims or None)}], dims with None where unknown.
    level: what is known of the inputs, "shapes", "shape of the first" or "values"."""
    m = model_of(cases)
    keep = []
    for t in m.graph.initializer:
        first = t.name.split("/")[1] == "i0"
        if level == "values" or (level == "shape of the first" and not first):
            keep.append(t)
        else:
            m.graph.input.append(helper.make_tensor_value_info(t.name, t.data_type, list(t.dims)))
    del m.graph.initializer[:]
    m.graph.initializer.extend(keep)
    try:
        m = onnx.shape_inference.infer_shapes(m, data_prop=True)
    except Exception:  # noqa: BLE001
        if len(cases) == 1:
            return [{}]
        half = len(cases) // 2
        return by_inference(cases[:half], level) + by_inference(cases[half:], level)
    found = [{} for _ in cases]
    for o in m.graph.output:
        if o.type.WhichOneof("value") != "tensor_type":
            continue
        t = o.type.tensor_type
        dims = [d.dim_value if d.WhichOneof("value") == "dim_value" else None for d in t.shape.dim] if t.HasField("shape") else None
        c, name = o.name.split("/")
        found[int(c[1:])][int(name[1:])] = (t.elem_type, dims)
    return found


