#!/usr/bin/env python3
"""partial_tests.py ONNXFOLD OFEVAL [FILTER]: the node tests of the onnx package with some of their inputs constant.

What an optimizer meets most is neither all constant nor all unknown. Of each test's inputs none is made
constant, then one, then all but one; the shapes of the others are as declared, symbolic (equal lengths have
one symbol) or not known. The optimized model, fed the rest, must give what the test expects, and
onnx.checker must take it with its types and shapes where it took the original."""
import collections
import os
import re
import subprocess
import sys
import tempfile
import warnings

try:
    import onnx
    from onnx.backend.test.loader import load_model_tests
except ImportError:
    print("onnx is not installed")
    sys.exit(77)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import difference  # noqa: E402
from fold_tests import EVERYTHING  # noqa: E402
from node_tests import NOISY  # noqa: E402
from ofeval import Evaluator, Refused, with_feeds  # noqa: E402

warnings.simplefilter("ignore")
MOST = 3  # inputs taken one by one
SHAPES = ("declared", "symbolic", "unknown")


def tensors(t):
    """The tensor types within a type."""
    kind = t.WhichOneof("value")
    if kind in ("tensor_type", "sparse_tensor_type"):
        yield getattr(t, kind)
    elif kind in ("sequence_type", "optional_type"):
        yield from tensors(getattr(t, kind).elem_type)


def choices(names):
    """Sets of inputs that are made constant; all of them are test/conformance/fold_tests.py's."""
    yield frozenset()
    for n in names[:MOST]:
        yield frozenset([n])
        yield frozenset(names) - {n}


def checked(m):
    try:
        onnx.checker.check_model(m, full_check=True)
    except Exception as e:  # noqa: BLE001
        return f"{type(e).__name__}: {str(e).strip().splitlines()[0]}"
    return ""


def partial(model, feeds, constant, shapes):
    m = with_feeds(model, {n: x for n, x in feeds.items() if n in constant})
    m.ir_version = max(m.ir_version, 8)  # initializers need not be inputs
    rest = [i for i in m.graph.input if i.name not in constant]
    del m.graph.input[:]
    m.graph.input.extend(rest)
    for v in [*m.graph.input, *m.graph.output] if shapes != "declared" else []:
        for t in tensors(v.type):
            if shapes == "unknown":
                t.ClearField("shape")
            for d in t.shape.dim:
                if d.HasField("dim_value"):
                    d.dim_param = f"n{d.dim_value}"
    return m


class Runner:
    def __init__(self, program, evaluator):
        self.program, self.ev, self.dir = program, Evaluator(evaluator), tempfile.TemporaryDirectory()

    def optimize(self, m):
        src, dst = (os.path.join(self.dir.name, n) for n in ("in.onnx", "out.onnx"))
        with open(src, "wb") as f:
            f.write(m.SerializeToString())
        p = subprocess.run([self.program, *EVERYTHING, src, dst], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        if p.returncode:
            raise RuntimeError(f"status {p.returncode}: {p.stdout.strip()}")
        with open(dst, "rb") as f:
            return onnx.ModelProto.FromString(f.read())

    def difference(self, case, constant, shapes, feeds):
        original = partial(case.model, feeds, constant, shapes)
        optimized = self.optimize(original)
        if (why := checked(optimized)) and not checked(original):
            return why
        left = {i.name for i in optimized.graph.input}
        got = self.ev.run(optimized, {n: x for n, x in feeds.items() if n in left})
        atol = NOISY.get(case.name, case.atol)
        return next(filter(None, (difference(a, b, case.rtol, atol) for a, b in zip(case.data_sets[0][1], got))), "")


def main():
    run, pattern = Runner(*sys.argv[1:3]), re.compile(sys.argv[3] if len(sys.argv) > 3 else "")
    passed, skipped, failed = 0, collections.Counter(), []
    for case in load_model_tests(kind="node"):
        if not pattern.search(case.name):
            continue
        feeds = {i.name: x for i, x in zip(case.model.graph.input, case.data_sets[0][0])}
        try:
            run.ev.run(case.model, feeds)
        except Refused:  # random, or without an evaluator: node_tests.py says which may be
            skipped[case.name] += 1
            continue
        for constant in dict.fromkeys(choices(list(feeds))):
            for shapes in SHAPES:
                try:
                    why = run.difference(case, constant, shapes, feeds)
                except Exception as e:  # noqa: BLE001
                    why = f"{type(e).__name__}: {e}"
                if why:
                    failed.append(f"{case.name}, constant {' '.join(sorted(constant)) or 'none'}, shapes {shapes}: {why}")
                else:
                    passed += 1
    print(*failed, sep="\n")
    print("skipped:", " ".join(sorted(skipped)))
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
