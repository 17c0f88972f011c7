#!/usr/bin/env python3
"""Builds every configuration, runs every test in each and adds up.

usage: test/run.py [CONFIG ...]      (all of them by default; --list names them)
Configurations run beside each other, in two lanes; each says what it has to say when it is done.
A test program closes with a line "N passed, N failed[, N skipped]"; one without that line counts
as one test; exit status 77 is one skipped. The last line here is the sum over all configurations."""
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAN = ["-Db_sanitize=address,undefined", "-Db_lundef=false", "--buildtype=debugoptimized", "-Darena_debug=true"]
# name: (compiler, meson options, suites left out: those that a sanitizer cannot add to or that need a release build;
# what is slow and spawns processes runs under one sanitizer, clang's, which is the faster one)
CONFIGS = {
    "release-gcc": ("gcc", ["--buildtype=release", "--werror"], []),
    "asan-clang": ("clang", SAN + ["--werror"], ["oracle", "scale", "install"]),
    "asan-gcc": ("gcc", SAN + ["--werror"], ["oracle", "scale", "install", "fault", "hostile"]),
}
# Beside each other, so that no core waits for the last test of a configuration.
LANES = [["release-gcc"], ["asan-clang", "asan-gcc"]]
LINE = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.M)


PRINT = threading.Lock()


def run_config(name):
    """What was counted, and what there is to say."""
    compiler, options, without = CONFIGS[name]
    if not shutil.which(compiler):
        return (0, 0, 1), f"{compiler} is not installed: {name} skipped\n"
    build = os.path.join(TOP, "build-test", name)
    env = dict(os.environ, CC=compiler)
    # nothing recovers: a finding ends the test
    env["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"
    # Uses after return are clang's to find: gcc 12 lays the vectors of a frame out for 64 bytes, its
    # runtime's fake frames need not be so aligned, and a sound store faults (GCC bug 110027).
    env["ASAN_OPTIONS"] = ("detect_leaks=1:allocator_may_return_null=1:detect_stack_use_after_return=%d" %
                           (compiler == "clang"))
    how = dict(env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if not os.path.exists(os.path.join(build, "build.ninja")):
        made = subprocess.run(["meson", "setup", build, TOP, "-Dtests=enabled", *options], **how)
        if made.returncode:
            return (0, 1, 0), made.stdout[-8000:]
    built = subprocess.run(["ninja", "-C", build], **how)
    if built.returncode:
        return (0, 1, 0), built.stdout[-8000:]
    cmd = ["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs", "--timeout-multiplier", "10"]
    for s in without:
        cmd += ["--no-suite", s]
    log = os.path.join(build, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.remove(log)
    said = subprocess.run(cmd, **how).stdout
    if not os.path.exists(log):
        return (0, 1, 0), said[-8000:]
    passed = failed = skipped = 0
    broken = ""
    with open(log) as f:
        for line in f:
            t = json.loads(line)
            m = LINE.findall(t.get("stdout") or "")
            if t["result"] not in ("OK", "SKIP", "EXPECTEDFAIL"):
                broken += "%s: %s: %s\n%s\n" % (name, t["name"], t["result"], ((t.get("stdout") or "") + (t.get("stderr") or ""))[-2000:])
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
    return (passed, failed, skipped), said + broken  # what failed comes last: logs are cut at their beginning


def run_lane(names, results):
    for name in names:
        t = time.monotonic()
        try:
            results[name], said = run_config(name)
        except Exception as e:  # noqa: BLE001
            results[name], said = (0, 1, 0), f"{type(e).__name__}: {e}\n"
        with PRINT:
            print(said, "%s: %d passed, %d failed, %d skipped in %.0f s" % (name, *results[name], time.monotonic() - t),
                  sep="\n", flush=True)


def main():
    if "--list" in sys.argv:
        return print("\n".join(CONFIGS))
    chosen, results = sys.argv[1:] or list(CONFIGS), {}
    if unknown := [n for n in chosen if n not in CONFIGS]:
        sys.exit("no such configuration: " + " ".join(unknown))
    lanes = [threading.Thread(target=run_lane, args=([n for n in lane if n in chosen], results)) for lane in LANES]
    for t in lanes:
        t.start()
    for t in lanes:
        t.join()
    total = [sum(r[k] for r in results.values()) for k in range(3)]
    print("%d passed, %d failed, %d skipped" % tuple(total))
    sys.exit(1 if total[1] or not total[0] else 0)


if __name__ == "__main__":
    main()
