#!/usr/bin/env python3
"""bench_copy.py ONNXFOLD [GIB]: a model of GIB gigabytes (1.9 embedded by default, 4 external) through the
command against `cp` of the same bytes in the same run, in turn; peak memory of the command."""
import os
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scale"))
import scale_models  # noqa: E402

program = sys.argv[1]
embedded = int(float(sys.argv[2]) * 16) if len(sys.argv) > 2 else 30
external = int(float(sys.argv[3]) * 16) if len(sys.argv) > 3 else 64


def timed(cmd):
    t = time.perf_counter()
    p = subprocess.Popen(cmd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    if status:
        sys.exit(f"{cmd} failed")
    return time.perf_counter() - t, usage.ru_maxrss / 1024


with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as d:
    src, dst, cp = (os.path.join(d, n) for n in ("in.onnx", "out.onnx", "cp.bin"))
    os.mkdir(os.path.join(d, "o"))

    def compare(what, ours, theirs, made):
        ratios = []
        for _ in range(3):
            for p in made + [cp]:
                if os.path.exists(p):
                    os.remove(p)
            a, mem = timed(ours)
            b, _ = timed(theirs)
            ratios.append(a / b)
            print(f"{what}: {a:.2f} s, cp {b:.2f} s, ratio {a / b:.2f}, peak {mem:.0f} MiB", flush=True)
        print(f"{what}: median ratio {sorted(ratios)[1]:.2f}")
    scale_models.big(src, embedded)
    compare("embedded", [program, "--quiet", src, dst], ["cp", src, cp], [dst])
    os.remove(src)
    for p in (dst, cp):
        os.remove(p)
    scale_models.big(src, external, external="in.data")
    compare("external, written anew", [program, "--quiet", "--external-data", "new.data", src, dst], ["cp", os.path.join(d, "in.data"), cp], [dst, os.path.join(d, "new.data")])
    os.remove(os.path.join(d, "new.data"))
    t, mem = timed([program, "--quiet", src, dst])
    print(f"external, references kept: {t * 1e3:.1f} ms, peak {mem:.0f} MiB")
