#!/usr/bin/env python3
"""Runs the examples: examples.py SOURCE LIBRARY NAME=PROGRAM ... ; Python and Rust ones too."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import check, done, skip  # noqa: E402

source, library = sys.argv[1:3]
programs = dict(a.split("=", 1) for a in sys.argv[3:])
model = os.path.join(source, "test", "models", "constmath.ts.onnx")
folder = os.path.dirname(os.path.abspath(library))
sanitized = b"__asan_init" in open(library, "rb").read()
tmp = tempfile.mkdtemp(prefix="onnxfold-examples-")


def run(what, cmd, env=None, cwd=tmp):
    p = subprocess.run(cmd, capture_output=True, text=True, cwd=cwd, env={**os.environ, **(env or {})})
    check(p.returncode == 0, f"{what}: exit status {p.returncode}", p.stdout + p.stderr)
    return p.stdout


def size(name):
    path = os.path.join(tmp, name)
    return os.path.getsize(path) if os.path.exists(path) else 0


for name, program in programs.items():
    if name == "optimize_memory":
        out = run(name, [program, model])
        check("bytes" in out, name, out)
    elif name == "custom_allocator":
        run(name, [program, model])
        check("NOMEM" in run(name, [program, model, "10000"]), "custom_allocator: the bound holds")
    else:
        run(name, [program, model, name + ".onnx"])
        check(size(name + ".onnx") > 0, f"{name} wrote a model")

if sanitized:
    skip("Python: the library is built with a sanitizer")
    skip("Rust: the library is built with a sanitizer")
    done()

script = """
import json, os, sys
import onnxfold
model, out = sys.argv[1:3]
data = open(model, "rb").read()
o = onnxfold.Options()
assert o.list("excluded_ops") == ["ConstantOfShape", "DequantizeLinear", "DynamicQuantizeLinear", "QuantizeLinear"]
assert o["input_size_limit"] == 8192 and onnxfold.passes()["fold"]
small = onnxfold.optimize(data, num_iterations=2, onnx_shape_inference=True, stop_if_no_change=True, inline=True)
assert small and small == onnxfold.optimize(data)
assert onnxfold.optimize(data, only=[]) == data
report = onnxfold.optimize_file(model, out)
assert open(out, "rb").read() == small
assert report["nodes"]["after"] <= report["nodes"]["before"] and report["seconds"]["total"] > 0
seen = []
onnxfold.optimize(data, should_fold=lambda n: seen.append((n.op_type, n.inputs)))
m = onnxfold.Model(small)
m.verify(onnxfold.Model(data), runs=1)
try:
    onnxfold.Model(b"\\x3a\\x7f")
    raise SystemExit("a broken model was taken")
except onnxfold.Error as e:
    assert e.status == "WIRE", e.status
def fails(n): raise KeyError("mine")
if seen:
    try:
        onnxfold.optimize(data, should_fold=fails)
        raise SystemExit("the callback's exception is lost")
    except KeyError: pass
print(json.dumps(len(seen)))
"""
env = {"PYTHONPATH": os.path.join(source, "examples", "python"), "ONNXFOLD_LIBRARY": os.path.abspath(library),
       "PYTHONDONTWRITEBYTECODE": "1"}
run("python", [sys.executable, "-c", script, model, "python.onnx"], env)

rustc = shutil.which("rustc")
if not rustc:
    skip("rustc is missing")
else:
    rust = os.path.join(source, "examples", "rust")
    run("rust library", [rustc, "--edition", "2021", "-O", "--crate-type", "rlib", "--crate-name", "onnxfold", "-L", folder,
                         "-l", "dylib=onnxfold", os.path.join(rust, "src", "lib.rs"), "-o", "libonnxfold.rlib"])
    run("rust example", [rustc, "--edition", "2021", "-L", folder, "--extern", "onnxfold=libonnxfold.rlib",
                         os.path.join(rust, "optimize.rs"), "-o", "rust_optimize"])
    out = run("rust", [os.path.join(tmp, "rust_optimize"), model, "rust.onnx"], {"LD_LIBRARY_PATH": folder})
    check("nodes" in out and size("rust.onnx") > 0, "rust wrote a model", out)
shutil.rmtree(tmp)
done()
