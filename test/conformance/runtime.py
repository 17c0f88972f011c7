#!/usr/bin/env python3
"""runtime.py OFEVAL [FILTER]: operators against onnxruntime, on random inputs of many shapes.

A case is passed when both agree, or when the evaluator refuses it as ambiguous and the case allows
that; skipped when onnxruntime has no kernel for it."""
import collections
import os
import re
import sys
import warnings

try:
    import numpy as np
    import onnx
    import onnxruntime as ort
    from onnx import TensorProto, helper
except ImportError as e:
    print(e)
    sys.exit(77)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import difference  # noqa: E402
from ofeval import Evaluator, Refused  # noqa: E402
import runtime_cases  # noqa: E402

warnings.simplefilter("ignore")
UNSUPPORTED = 40


def model(case):
    names = [f"x{i}" if x is not None else "" for i, x in enumerate(case.inputs)]
    outs = [f"y{i}" if t else "" for i, t in enumerate(case.types)]
    node = helper.make_node(case.op, names, outs, domain=case.domain, **case.attrs)
    inputs = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
              for n, x in zip(names, case.inputs) if n]
    outputs = [helper.make_tensor_value_info(n, t, None) for n, t in zip(outs, case.types) if n]
    opsets = [helper.make_opsetid(case.domain, case.version)]
    if case.domain:
        opsets.append(helper.make_opsetid("", 17))
    m = helper.make_model(helper.make_graph([node], "g", inputs, outputs), opset_imports=opsets, ir_version=10)
    return m, {n: x for n, x in zip(names, case.inputs) if n}


def runtime(m, feeds):
    o = ort.SessionOptions()
    o.log_severity_level = 4
    o.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(m.SerializeToString(), o, providers=["CPUExecutionProvider"]).run(None, feeds)


def main():
    ev, pattern = Evaluator(sys.argv[1]), re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    ort.set_default_logger_severity(4)
    passed, refused, failed, skipped = 0, 0, [], collections.Counter()
    for case in runtime_cases.cases(np.random.default_rng(1)):
        if not pattern.search(case.op):
            continue
        name = f"{case.op} {[None if x is None else f'{x.dtype}{list(x.shape)}' for x in case.inputs]} {case.attrs}"
        m, feeds = model(case)
        try:
            want = runtime(m, feeds)
        except Exception as e:  # noqa: BLE001
            skipped[f"{case.op}: {str(e).splitlines()[0][:90]}"] += 1
            continue
        try:
            got = ev.run(m, feeds)
        except Refused as e:
            if e.args[0] == UNSUPPORTED and case.may_refuse:
                refused += 1
            else:
                failed.append((name, f"refused: {e.args}"))
            continue
        why = next(filter(None, (case.compare(a, b) for a, b in zip(want, got))), "")
        if why:
            failed.append((name, why))
        else:
            passed += 1
    for name, why in failed:
        print(f"{name}: {why}")
    for why, n in skipped.items():
        print(f"skipped {n}: {why}")
    if not passed:
        failed.append(("", "nothing was compared"))
    print(f"{refused} of them refused as ambiguous")
    print(f"{passed + refused} passed, {len(failed)} failed, {sum(skipped.values())} skipped")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
