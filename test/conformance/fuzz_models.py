#!/usr/bin/env python3
"""fuzz_models.py ONNXFOLD [COUNT [FIRST]]: whole drawn models, from fuzz_draw.py.

Each model, optimized with options that are drawn too, must be taken by onnx.checker (strict) and onnxruntime where the
original is, give the same outputs on two sets of inputs of different lengths, and stay byte for byte as it is when it
is optimized once more. FIRST is the seed of the first model, so that one that failed can be drawn again."""
import os
import subprocess
import sys
import tempfile
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import tap  # noqa: E402

try:
    import numpy as np
    import onnx
    import onnxruntime  # noqa: F401
    from onnx import helper
except ImportError as e:
    print(e)
    sys.exit(77)
sys.path.insert(0, HERE)
import fuzz_layers  # noqa: E402, F401
from fuzz_draw import Model, Scope, apart, info, magnitude, run, session  # noqa: E402
from fuzz_steps import table  # noqa: E402

warnings.simplefilter("ignore")
FLAGS = ([], [], [], ["--exact"], ["--growth-budget", "unlimited", "--exclude", "none"], ["--initializer-inputs", "constant"])
ROUNDING = {"f2": 2e-2, "f4": 2e-5, "f8": 1e-9}


def draw(seed):
    """(model, the two sets of inputs, tolerances of the outputs in both) or None."""
    m = Model(seed)
    s = Scope(m)
    steps, want = table(m.opset), m.rng.randint(6, 30)
    for _ in range(4 * want):
        if len(s.nodes) >= want:
            break
        s.step(steps)
    used = {x for n in s.nodes for x in n.input}
    made = [v for v in s.vals if any(v.name in n.output for n in s.nodes)]
    outs = [v for v in made if v.name not in used][-4:] + m.rng.sample(made, min(len(made), m.rng.choice([0, 1, 2])))
    outs = list({v.name: v for v in outs}.values())
    if not outs:
        return None
    inputs = [v for v, _ in m.inputs]
    if m.ir < 4:
        inputs += [helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in s.inits]
    else:
        inputs += [helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in s.inits if t.name in m.overridden]
    shown = [info(v.name, v.env[0]) for v in outs]
    for o, v in zip(shown, outs):
        if v.tensor and m.rng.random() < 0.5:
            o.type.tensor_type.shape.SetInParent()
            for a, b in v.dims:
                d = o.type.tensor_type.shape.dim.add()
                if a == b:
                    d.dim_value = a
    model = helper.make_model(helper.make_graph(s.nodes, "g", inputs, shown, s.inits),
                              opset_imports=[helper.make_opsetid("", m.opset)], ir_version=m.ir)
    return model, [{v.name: env[k] for v, env in m.inputs} for k in (0, 1)], [v.err for v in outs]


def valid(model):
    try:
        onnx.checker.check_model(model, full_check=True)
        return True
    except Exception:
        return False


def wrong(a, b, err, exact):
    """Why b is not a; None: it is."""
    d = apart(a, b)
    if d is None:
        return "another type, shape or value"
    if exact or not d:
        return f"off by {d:g}" if d else None
    kind = a.dtype.str[1:] if isinstance(a, np.ndarray) else "f4"
    most = 8 * err + ROUNDING.get(kind, 0) * max(1.0, magnitude(a))
    return f"off by {d:g}, {most:g} allowed" if d > most else None


def judge(tool, model, feeds, errs, flags, tmp):
    """None: fine; else what is not. Raises what onnxruntime says of the original."""
    src, dst, again = (os.path.join(tmp, f) for f in ("in.onnx", "out.onnx", "again.onnx"))
    before = session(model)
    want = [run(before, f) for f in feeds]
    onnx.save(model, src)
    r = subprocess.run([tool, "--quiet", *flags, src, dst], capture_output=True, text=True)
    if r.returncode:
        return f"status {r.returncode}: {r.stderr.strip()}"
    out = onnx.load(dst)
    if not valid(out) and valid(model):
        return "onnx.checker refuses it"
    try:
        after = session(out)
        left = {i.name for i in after.get_inputs()}
        got = [run(after, {k: v for k, v in f.items() if k in left}) for f in feeds]
    except Exception as e:
        return f"onnxruntime: {e}"
    for k, (a, b) in enumerate(zip(want, got)):
        for i, (x, y) in enumerate(zip(a, b)):
            why = wrong(x, y, errs[i][k], "--exact" in flags)
            if why:
                return f"output {model.graph.output[i].name}, set {k}: {why}"
    r = subprocess.run([tool, "--quiet", *flags, dst, again], capture_output=True, text=True)
    if r.returncode:
        return f"again: status {r.returncode}: {r.stderr.strip()}"
    with open(dst, "rb") as f, open(again, "rb") as g:
        return None if f.read() == g.read() else "another run changes it"


def main():
    tool, count, first = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 250, int(sys.argv[3]) if len(sys.argv) > 3 else 1
    keep, nodes = os.environ.get("FUZZ_KEEP"), 0
    with tempfile.TemporaryDirectory() as tmp:
        for seed in range(first, first + count):
            drawn = draw(seed)
            if not drawn:
                continue
            model, feeds, errs = drawn
            flags = FLAGS[seed % len(FLAGS)]
            try:
                why = judge(tool, model, feeds, errs, flags, tmp)
            except Exception as e:
                if "onnxruntime" not in type(e).__module__:
                    raise
                continue
            nodes += len(model.graph.node)
            if not tap.check(not why, f"seed {seed} {' '.join(flags)}", why) and keep:
                onnx.save(model, os.path.join(keep, f"{seed}.onnx"))
    print(f"{nodes} nodes")
    if not nodes:
        tap.check(False, "nothing was drawn")
    tap.done()


if __name__ == "__main__":
    main()
