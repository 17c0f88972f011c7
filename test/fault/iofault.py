#!/usr/bin/env python3
"""iofault.py ONNXFOLD PRELOAD MODEL...: every I/O call of the command fails, falls short, is
interrupted, or is the last one of a killed process (threats.md R5). The destination must then be
the old file or the new one, byte for byte, an I/O error must be reported as one, and the next run
must leave no stray file."""
import os
import shutil
import subprocess
import sys
import tempfile

program, preload, *models = sys.argv[1:]
OLD = b"what was here before"
ERRNO = {"read": [5], "write": [28, 5, 122], "copy": [28, 5, 18, 38, 22, 95], "flush": [5, 28], "rename": [5, 13, 28], "open": [13, 24, 28], "stat": [5], "close": [5]}
failed, points = [], 0


def run(folder, src, dst, how=None, call="count", at=-1, args=()):
    env = dict(os.environ, LD_PRELOAD=preload, IOFAULT_DIR=folder, IOFAULT_LOG=os.path.join(os.path.dirname(folder), "log"))
    if how is not None:
        env.update(IOFAULT_CALL=call, IOFAULT_AT=str(at), IOFAULT_HOW=str(how))
    return subprocess.run([program, "--quiet", *args, src, dst], env=env, capture_output=True, timeout=60)


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def campaign(base, model, args, external):
    global points
    folder = os.path.join(base, "d")
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    src, dst = os.path.join(folder, "in.onnx"), os.path.join(folder, "out.onnx")
    shutil.copy(model, src)
    before = bytes_of(src)
    p = run(folder, src, dst, args=args)
    if p.returncode:
        failed.append(f"{model} {args}: {p.stderr.decode()[:200]}")
        return
    new = bytes_of(dst)
    with open(os.path.join(base, "log")) as f:
        counts = {k: int(n) for k, n in map(str.split, f)}
    allowed = {"in.onnx", "out.onnx", *external}
    for call, n in counts.items():
        for at in range(n):
            for how in ERRNO[call] + (["short", "eintr"] if call in ("read", "write", "copy") else []) + ["kill"]:
                if call == "close" and how == "eintr":
                    continue
                points += 1
                with open(dst, "wb") as f:
                    f.write(OLD)
                p = run(folder, src, dst, how, call, at, args)
                what = f"{os.path.basename(model)} {' '.join(args)} {call} {at} {how}"
                got = bytes_of(dst)
                if got not in (OLD, new):
                    failed.append(f"{what}: the destination is neither old nor new ({len(got)} bytes)")
                if how == "kill":
                    if p.returncode != -9 and got != new:
                        failed.append(f"{what}: ended with {p.returncode}")
                elif p.returncode not in (0, 1):
                    failed.append(f"{what}: ended with {p.returncode}")
                elif p.returncode == 0 and got != new:
                    failed.append(f"{what}: success is claimed, the old file stands")
                elif p.returncode == 1 and not p.stderr.strip():
                    failed.append(f"{what}: failed without a word")
                if bytes_of(src) != before:
                    failed.append(f"{what}: the input changed")
                stray = set(os.listdir(folder)) - allowed
                if stray and how != "kill":
                    failed.append(f"{what}: left {stray}")
                for s in stray:
                    os.remove(os.path.join(folder, s))
    # saving onto the input
    p = run(folder, src, src, args=args)
    if p.returncode or (not external and bytes_of(src) != new):
        failed.append(f"{model} {args}: onto itself: {p.returncode} {p.stderr.decode()[:200]}")


with tempfile.TemporaryDirectory() as base:
    base = os.path.realpath(base)
    for model in models:
        campaign(base, model, [], [])
        campaign(base, model, ["--durable"], [])
    campaign(base, models[-1], ["--external-data", "w.bin", "--external-threshold", "64"], ["w.bin"])
for f in failed[:40]:
    print(f)
print(f"{points} faults")
print(f"{points - len(failed)} passed, {len(failed)} failed")
sys.exit(bool(failed))
