#!/usr/bin/env python3
"""node_tests.py OFEVAL [FILTER]: the node tests of the onnx package, inputs fed to our evaluator.

A case is passed when every output is right, or when the evaluator refuses a case that no evaluator
may answer (REFUSED says why); skipped when it needs an operator that is not evaluated, failed
otherwise."""
import collections
import os
import re
import sys
import warnings

try:
    import onnx
    from onnx.backend.test.loader import load_model_tests
except ImportError:
    print("onnx is not installed")
    sys.exit(77)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import difference  # noqa: E402
from ofeval import Evaluator, Refused  # noqa: E402

warnings.simplefilter("ignore")
UNSUPPORTED = 40
# The expected values of these were computed in float32 and hold its rounding noise, 1.9e-7, where the
# exact result is 0; the cases' own atol of 1e-7 is below that.
NOISY = {"test_dft_inverse": 1e-6, "test_dft_inverse_opset19": 1e-6}

# What must be refused: results that are drawn at random, and two cases whose expected values take
# the length of the result with its fraction, where the operator's text (and onnxruntime) take
# "the length of the resized tensor", a whole number.
REFUSED = re.compile(r"test_(bernoulli|training_dropout)|test_resize_downsample_scales_(linear|cubic)_align_corners$")


def main():
    ev, pattern = Evaluator(sys.argv[1]), re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    passed, refused, failed, skipped = 0, 0, [], collections.Counter()
    for case in load_model_tests(kind="node"):
        if not pattern.search(case.name):
            continue
        inputs, outputs = case.data_sets[0]
        m = case.model
        feeds = {vi.name: x for vi, x in zip(m.graph.input, inputs)}
        try:
            got = ev.run(m, feeds)
        except Refused as e:
            if e.args[0] == UNSUPPORTED and REFUSED.match(case.name):
                refused += 1
            elif e.args[0] == UNSUPPORTED:
                skipped[e.args[1].split(":")[0].split("[")[0]] += 1
            else:
                failed.append((case.name, f"refused: {e.args}"))
            continue
        except Exception as e:  # noqa: BLE001
            failed.append((case.name, f"{type(e).__name__}: {e}"))
            continue
        why = next(filter(None, (difference(a, b, case.rtol, NOISY.get(case.name, case.atol)) for a, b in zip(outputs, got))), "")
        if why:
            failed.append((case.name, why))
        else:
            passed += 1
    for name, why in failed:
        print(f"{name}: {why}")
    print("skipped:", ", ".join(f"{k} {v}" for k, v in skipped.most_common(200)))
    print(f"{refused} refused as they must be (random, or the text against the example)")
    print(f"{passed + refused} passed, {len(failed)} failed, {sum(skipped.values())} skipped")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
