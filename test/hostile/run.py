#!/usr/bin/env python3
"""run.py ONNXFOLD [FILTER]: every hostile model through the command, under bounds.

Each case is one test: the process must end by itself within 10 s and 1 GiB of address space, with
exit status 0 or 1; a refusal names one of the expected statuses; a result loads again; nothing of
a file outside of the model's folder is in it."""
import collections
import os
import resource
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import models  # noqa: E402

SECRET = struct.pack("<2f", 123456.0, 123456.0)
EXTRA = {"C1": ["--exclude", "none"], "C2": ["--exclude", "none"]}


def bounds():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # R2: the stack stays within 64 KiB whatever the input; the environment shares it, so it is empty
    resource.setrlimit(resource.RLIMIT_STACK, (65536, 65536))


def run(cmd):
    try:
        # sanitizers reserve terabytes of address space, so only plain builds are bounded
        p = subprocess.run(cmd, env=None if SLOW > 1 else {}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10 * SLOW,
                           preexec_fn=None if SLOW > 1 else bounds)
        return p.returncode, p.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return "timeout", ""


def check(program, case, dst):
    if os.path.exists(dst):
        os.remove(dst)
    rc, err = run([program, "--quiet", *EXTRA.get(case.cls, []), *case.args, case.path, dst])
    if rc not in (0, 1):
        return f"ended with {rc} {err.strip()[:300]}"
    if any(ord(c) < 32 and c != "\n" for c in err):
        return "control bytes in the message"
    if len(err.strip().splitlines()) > 1:
        return f"more than one line: {err[:300]}"
    if rc == 1:
        status = err.strip().rpartition("(")[2].rstrip(")")
        if os.path.exists(dst):
            return "refused, yet an output is there"
        return "" if status in case.expect else f"status {status or '?'}, expected {sorted(case.expect)}: {err.strip()[:200]}"
    if "OK" not in case.expect:
        return f"accepted, expected {sorted(case.expect)}"
    with open(dst, "rb") as f:
        if case.secret and SECRET in f.read():
            return "bytes of a file outside of the model's folder are in the output"
    rc, err = run([program, "--quiet", "--only", "none", dst, dst + ".again"])
    return "" if rc == 0 else f"the result does not load: {err.strip()[:200]}"


def main():
    global SLOW
    program, pattern = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    SLOW = 10 if b"__asan_init" in open(program, "rb").read() else 1
    failed, classes = [], collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for case in models.generate(folder):
            if pattern not in f"{case.cls}_{case.name}":
                continue
            classes[case.cls] += 1
            why = check(program, case, os.path.join(folder, "m", "out.onnx"))
            if why:
                failed.append(case)
                print(f"{case.cls} {case.name}: {why}")
        # from memory no folder is known, so external data is refused (A3)
        for case in [c for c in models.generate(folder) if c.cls == "A1" and pattern in f"A3_{c.name}"]:
            classes["A3"] += 1
            with open(case.path, "rb") as f:
                p = subprocess.run([program, "--quiet", "-", os.path.join(folder, "out3.onnx")], stdin=f, capture_output=True, timeout=10 * SLOW)
            if p.returncode != 1:
                failed.append(case)
                print(f"A3 {case.name}: ended with {p.returncode}")
    print("classes:", " ".join(f"{k}:{v}" for k, v in sorted(classes.items())))
    few = [] if pattern else [k for k, v in classes.items() if v < 3]
    print(f"{sum(classes.values()) - len(failed)} passed, {len(failed) + len(few)} failed")
    return bool(failed or few)


if __name__ == "__main__":
    sys.exit(main())
