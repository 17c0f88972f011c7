#!/usr/bin/env python3
"""starve.py OFEVAL [FILTER]: the node tests of the onnx package and the models of bodies.py, evaluated with each of
their allocations failing in turn. A failure that is not reported as one, or a leak, fails the case."""
import os
import re
import sys
import warnings

try:
    from onnx import parser
    from onnx.backend.test.loader import load_model_tests
except ImportError as e:
    print(e)
    sys.exit(77)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bodies  # noqa: E402
from ofeval import Evaluator, Refused  # noqa: E402

warnings.simplefilter("ignore")
INTERNAL, NOMEM = 90, 1


def models():
    for case in load_model_tests(kind="node"):
        yield case.name, case.model, {vi.name: x for vi, x in zip(case.model.graph.input, case.data_sets[0][0])}
    for name, (text, feeds, *_) in {**bodies.MODELS, **bodies.FUNCTIONS}.items():
        yield name, parser.parse_model(bodies.HEAD + text), feeds
    yield "scan_8", *bodies.batched_scan()[:2]


def main():
    ev, pattern = Evaluator(sys.argv[1], "starve"), re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    passed, failed, skipped = 0, [], 0
    for name, m, feeds in models():
        if not pattern.search(name):
            continue
        try:
            ev.run(m, feeds)
            passed += 1
        except Refused as e:
            if e.args[0] in (INTERNAL, NOMEM):
                failed.append((name, e.args[1]))
            else:
                skipped += 1
        except Exception as e:  # noqa: BLE001
            failed.append((name, f"{type(e).__name__}: {e}"))
    for name, why in failed:
        print(f"{name}: {why}")
    print(f"{passed} passed, {len(failed)} failed, {skipped} skipped")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
