"""Drives the ofeval program: run(model, feeds) -> list of numpy arrays, or raises.

feeds: dict name -> numpy array or TensorProto. They become initializers of the inputs' names, so
the library's evaluator sees them as inputs. One process serves many models."""
import os
import subprocess
import tempfile

import onnx
from onnx import numpy_helper as nh


class Refused(Exception):
    """The evaluator said no: (status number, message)."""


class Evaluator:
    def __init__(self, program):
        self.program = program
        self.dir = tempfile.TemporaryDirectory()
        self.p = None

    def start(self):
        self.p = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

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
        m = onnx.ModelProto()
        m.CopyFrom(model)
        have = {t.name for t in m.graph.initializer}
        for name, x in feeds.items():
            if name in have:
                continue
            t = x if isinstance(x, onnx.TensorProto) else nh.from_array(x, name)
            if t.name != name:
                t = onnx.TensorProto.FromString(t.SerializeToString())
                t.name = name
            m.graph.initializer.append(t)
        src, dst = os.path.join(self.dir.name, "in.onnx"), os.path.join(self.dir.name, "out.onnx")
        with open(src, "wb") as f:
            f.write(m.SerializeToString())
        self.run_file(src, dst)
        with open(dst, "rb") as f:
            got = onnx.ModelProto.FromString(f.read())
        values = {t.name: t if raw else nh.to_array(t) for t in got.graph.initializer}
        return [values[f"out{i}"] if f"out{i}" in values else
                [values[f"out{i}_{k}"] for k in range(int(nh.to_array(values[f"out{i}_n"]) if raw else values[f"out{i}_n"]))]
                for i in range(len(m.graph.output))]
