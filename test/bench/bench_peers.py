#!/usr/bin/env python3
"""bench_peers.py ONNXFOLD MODEL...: time inside the process (best of five) against onnxruntime's
basic level, the fastest peer as a rule, in one run. Without onnxruntime: exit 77."""
import json
import math
import os
import subprocess
import sys
import tempfile
import time

try:
    import onnxruntime as rt
except ImportError:
    print("onnxruntime is not installed")
    sys.exit(77)
rt.set_default_logger_severity(4)
program, models = sys.argv[1], sys.argv[2:]
ratios = []
with tempfile.TemporaryDirectory() as d:
    dst, rep = os.path.join(d, "out.onnx"), os.path.join(d, "r.json")

    def peer(src):
        o = rt.SessionOptions()
        o.graph_optimization_level = rt.GraphOptimizationLevel.ORT_ENABLE_BASIC
        o.optimized_model_filepath = dst
        o.intra_op_num_threads = 2
        t = time.perf_counter()
        rt.InferenceSession(src, o, providers=["CPUExecutionProvider"])
        return time.perf_counter() - t

    def ours(src):
        subprocess.run([program, "--quiet", "--report", rep, src, dst], check=True)
        with open(rep) as f:
            return json.load(f)["seconds"]["total"]
    for m in models:
        a, b = min(ours(m) for _ in range(5)), min(peer(m) for _ in range(5))
        ratios.append(b / a)
        print(f"{os.path.basename(m):34} {a * 1e3:8.2f} ms  onnxruntime basic {b * 1e3:8.2f} ms  {b / a:6.1f} times", flush=True)
print(f"geometric mean {math.exp(sum(map(math.log, ratios)) / len(ratios)):.1f} times, least {min(ratios):.1f} times")
