#!/usr/bin/env python3
"""Builds every configuration, runs every test in each and adds up.

usage: test/run.py [CONFIG ...]      (all of them by default; --list names them)
A test program closes with a line "N passed, N failed[, N skipped]"; one without that line counts
as one test; exit status 77 is one skipped. The last line here is the sum over all configurations."""
import json
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAN = ["-Db_sanitize=address,undefined", "-Db_lundef=false", "--buildtype=debugoptimized", "-Darena_debug=true"]
# name: (compiler, meson options, suites left out: what a sanitizer cannot add to or a release build is needed for)
CONFIGS = {
    "release-gcc": ("gcc", ["--buildtype=release", "--werror"], []),
    "asan-gcc": ("gcc", SAN + ["--werror"], ["oracle", "scale", "install"]),
    "asan-clang": ("clang", SAN + ["--werror"], ["oracle", "scale", "install"]),
}
LINE = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.M)


def run_config(name):
    compiler, options, without = CONFIGS[name]
    build = os.path.join(TOP, "build-test", name)
    env = dict(os.environ, CC=compiler)
    # nothing recovers: a finding ends the test
    env["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"
    # Uses after return are clang's to find: gcc 12 lays the vectors of a frame out for 64 bytes, its
    # runtime's fake frames need not be so aligned, and a sound store faults (GCC bug 110027).
    env["ASAN_OPTIONS"] = ("detect_leaks=1:allocator_may_return_null=1:detect_stack_use_after_return=%d" %
                           (compiler == "clang"))
    if not os.path.exists(os.path.join(build, "build.ninja")):
        subprocess.run(["meson", "setup", build, TOP, "-Dtests=enabled", *options], env=env, check=True,
                       stdout=subprocess.DEVNULL)
    built = subprocess.run(["ninja", "-C", build], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if built.returncode:
        print(built.stdout[-8000:])
        return 0, 1, 0
    cmd = ["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs", "--timeout-multiplier", "10"]
    for s in without:
        cmd += ["--no-suite", s]
    log = os.path.join(build, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.remove(log)
    subprocess.run(cmd, env=env)
    passed = failed = skipped = 0
    with open(log) as f:
        for line in f:
            t = json.loads(line)
            m = LINE.findall(t.get("stdout") or "")
            if t["result"] == "SKIP":
                skipped += 1
            elif m:
                p, q, s = (int(x or 0) for x in m[-1])
                if t["result"] not in ("OK", "EXPECTEDFAIL") and q == 0:
                    q = 1  # died after its last line, or a sanitizer spoke
                passed, failed, skipped = passed + p, failed + q, skipped + s
            elif t["result"] in ("OK", "EXPECTEDFAIL"):
                passed += 1
            else:
                failed += 1
    return passed, failed, skipped


def main():
    if "--list" in sys.argv:
        return print("\n".join(CONFIGS))
    total = [0, 0, 0]
    for name in sys.argv[1:] or CONFIGS:
        t = time.monotonic()
        r = run_config(name)
        total = [a + b for a, b in zip(total, r)]
        print("%s: %d passed, %d failed, %d skipped in %.0f s" % (name, *r, time.monotonic() - t), flush=True)
    print("%d passed, %d failed, %d skipped" % tuple(total))
    sys.exit(1 if total[1] or not total[0] else 0)


if __name__ == "__main__":
    main()
