#!/usr/bin/env python3
"""bench_scale.py ONNXFOLD [MAX]: time per node from 10^3 to MAX nodes (10^6 by default), best of
three, as a ratio to the smallest per kind of model."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scale"))
import scale_models  # noqa: E402

program, largest = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10**6
with tempfile.TemporaryDirectory() as d:
    src, dst, rep = (os.path.join(d, n) for n in ("in.onnx", "out.onnx", "r.json"))
    for kind, make in scale_models.MAKERS.items():
        first, n = None, 1000
        while n <= largest:
            make(src, n)
            best, nodes = 1e9, 0
            for _ in range(3 if n > 10000 else 9):
                subprocess.run([program, "--quiet", "--report", rep, src, dst], check=True)
                with open(rep) as f:
                    r = json.load(f)
                best = min(best, r["seconds"]["total"])
                nodes = r["nodes"]["after"]
            each = best / n * 1e6
            first = first or each
            print(f"{kind}-{n:<8} {best:9.4f} s  {each:7.3f} us a node  {each / first:5.2f} of the smallest  {nodes} nodes left", flush=True)
            n *= 10
