#!/usr/bin/env python3
"""run.py ONNXFOLD [FILTER]: every hostile model through the command, under bounds.

Each case is one test: the process must end by itself within 10 s of work and 1 GiB of address space, with
exit status 0 or 1 (or 2, where it is the command line that goes too far: USAGE); a refusal names one of
the expected statuses; a result loads again; nothing of a file outside of the model's folder is in it, and
no file but the output is made or changed."""
import collections
import concurrent.futures
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
    # work, not time: a busy machine gives a process little of that
    resource.setrlimit(resource.RLIMIT_CPU, (10 * SLOW, 10 * SLOW + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if SLOW > 1:
        return  # sanitizers reserve terabytes of address space and need more stack
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    # R2: the stack stays within 64 KiB whatever the input; the environment shares it, so it is empty
    resource.setrlimit(resource.RLIMIT_STACK, (65536, 65536))


def run(cmd, source=subprocess.DEVNULL):
    try:
        p = subprocess.run(cmd, env=None if SLOW > 1 else {}, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=1500,
                           preexec_fn=bounds)
        return p.returncode, p.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return "timeout", ""


def check(program, case, dst):
    if os.path.exists(dst):
        os.remove(dst)
    rc, err = run([program, "--quiet", *EXTRA.get(case.cls, []), *case.args, case.path, dst])
    if rc == 2 and "USAGE" in case.expect:
        return ""
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
    rc, err = run([program, "--quiet", "--only", "none", dst, dst[:-5] + ".again.onnx"])
    return "" if rc == 0 else f"the result does not load: {err.strip()[:200]}"


def files(folder):
    """What is there, and how it is; not the outputs."""
    found = {}
    for at, _, names in os.walk(folder):
        for n in names:
            st = os.lstat(os.path.join(at, n))
            if not n.endswith(".onnx"):
                found[os.path.relpath(os.path.join(at, n), folder)] = (st.st_size, st.st_mtime_ns, st.st_mode, st.st_nlink)
    return found


def from_memory(program, case, dst):
    """From memory no folder is known, so external data is refused (A3)."""
    with open(case.path, "rb") as f:
        rc, _ = run([program, "--quiet", "-", dst], f)
    return "" if rc == 1 else f"ended with {rc}"


def main():
    global SLOW
    program, pattern = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    SLOW = 10 if b"__asan_init" in open(program, "rb").read() else 1
    failed, classes = [], collections.Counter()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = []
        for k, case in enumerate(models.generate(folder)):
            runs.append((case.cls, case, check, os.path.join(folder, "m", f"out{k}.onnx")))
            if case.cls == "A1":
                runs.append(("A3", case, from_memory, os.path.join(folder, f"out{k}.onnx")))
        runs = [t for t in runs if pattern in f"{t[0]}_{t[1].name}"]
        # data goes beside the output where the arguments say so: those last, and beside it alone
        for last in (False, True):
            part = [t for t in runs if bool(t[1].args) == last]
            before = files(folder)
            for (cls, case, _, _), why in zip(part, pool.map(lambda t: t[2](program, *t[1::2]), part)):
                classes[cls] += 1
                if why:
                    failed.append(f"{cls} {case.name}: {why}")
            after = files(folder)
            for n in sorted(before.keys() | after.keys()):
                if before.get(n) != after.get(n) and not (last and n.startswith("m" + os.sep)):
                    failed.append(f"{n} was made or changed")
    few = [] if pattern else [k for k, v in classes.items() if v < 3]
    print(*failed, "classes: " + " ".join(f"{k}:{v}" for k, v in sorted(classes.items())), sep="\n")
    print(f"{sum(classes.values()) - len(failed)} passed, {len(failed) + len(few)} failed")
    return bool(failed or few)


if __name__ == "__main__":
    sys.exit(main())
