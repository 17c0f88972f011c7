#!/usr/bin/env python3
"""determinism.py WHAT SOURCE BUILD COMPILER OFEVAL ONNXFOLD: the same bytes from every CPU level, compiler and architecture.

OFEVAL evaluates the node tests of the onnx package and the cases of the sweep, ONNXFOLD optimizes the models of
test/models; what they write and print must equal what the same programs of another build write. WHAT is
  levels       the same build, every CPU level it takes, and threads
  unoptimized  the same compiler, -O0
  compiler     clang where this build is gcc's, and the other way
  ARCH         test/cross/ARCH.ini under qemu
The other builds are made in BUILD/determinism and kept there. Exit status 77: the machine cannot make or run one."""
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy as np
    import onnx
    from onnx.backend.test.loader import load_model_tests
    HAVE = True
except ImportError:
    HAVE = False
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
warnings.simplefilter("ignore")
MEASURED = ("seconds", "memory_peak")  # in a report
LEVELS = ["c", "sse41", "avx2", "avx512", "neon"]
FOLD_ALL = ["--quantization", "fold", "--exclude", "none", "--input-size-limit", "unlimited",
            "--output-size-limit", "unlimited", "--growth-budget", "unlimited"]
CASES_A_MODEL = 40  # of the sweep


class Skip(Exception):
    pass


def need(*programs):
    for p in programs:
        if not shutil.which(p):
            raise Skip(f"{p} is not installed")


def node_cases():
    """The node tests, their inputs as constants."""
    from ofeval import with_feeds
    for case in load_model_tests(kind="node"):
        yield with_feeds(case.model, dict(zip([i.name for i in case.model.graph.input], case.data_sets[0][0])))


def sweep_cases():
    try:
        import ml_dtypes  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError:
        return
    spec = importlib.util.spec_from_file_location("sweep_main", os.path.join(HERE, "sweep.py"))
    main = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(main)
    with np.errstate(all="ignore"):
        for s, t in main.triples():
            make = main.cases_of.REGISTRY.get(s.name)
            todo = list(make(main.Ctx(s, t))) if make else []
            for at in range(0, len(todo), CASES_A_MODEL):
                yield main.cases_of.model_of(todo[at:at + CASES_A_MODEL])


def write_cases(build):
    """The folder of all cases, made once for what they are made from."""
    h = hashlib.sha256((onnx.__version__ + np.__version__ if HAVE else "").encode())
    for d in (HERE, os.path.join(HERE, "sweep")):
        for n in sorted(os.listdir(d)):
            if n.endswith(".py"):
                with open(os.path.join(d, n), "rb") as f:
                    h.update(f.read())
    at = os.path.join(build, "determinism", "cases")
    to = os.path.join(at, h.hexdigest()[:16])
    os.makedirs(os.path.dirname(at), exist_ok=True)
    lock = open(at + ".lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    if os.path.exists(to):
        fcntl.flock(lock, fcntl.LOCK_UN)
        return to
    shutil.rmtree(at, ignore_errors=True)
    os.makedirs(at)
    n, tmp = 0, tempfile.mkdtemp(dir=at)
    for make in (node_cases, sweep_cases):
        for m in make() if HAVE else ():
            with open(os.path.join(tmp, f"{make.__name__}{n:05}.onnx"), "wb") as f:
                f.write(m.SerializeToString())
            n += 1
    os.rename(tmp, to)
    fcntl.flock(lock, fcntl.LOCK_UN)
    return to


def evaluate(command, cases, to):
    """What OFEVAL prints and writes of all cases; a model that it refuses has no result."""
    os.makedirs(to)
    names, said = sorted(os.listdir(cases)), ""
    for kind, args in (("node", []), ("sweep", ["each"])):
        todo = "".join(f"{cases}/{n}\t{to}/{n}\n" for n in names if n.startswith(kind))
        p = subprocess.run(command + args, input=todo, stdout=subprocess.PIPE, text=True)
        if p.returncode:
            raise RuntimeError(f"{command} ended with {p.returncode}")
        said += p.stdout
    return said


def optimize(command, models, to):
    os.makedirs(to)
    said = ""
    for k, m in enumerate(models):
        for how, args in (("default", []), ("all", FOLD_ALL)):
            at = f"{to}/{k:03}.{how}"
            p = subprocess.run(command + args + ["--quiet", "--report", at + ".json", m, at + ".onnx"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            said += f"{os.path.basename(m)} {how} {p.returncode} {p.stdout}\n"
            with open(at + ".json") as f:
                report = json.load(f, object_hook=lambda d: {k: v for k, v in d.items() if k not in MEASURED})
            with open(at + ".json", "w") as f:
                json.dump(report, f)
    return said


def compare(a, b, said_a, said_b, what):
    """(equal, different) of two folders and of what was printed with them."""
    names, bad = sorted(set(os.listdir(a)) | set(os.listdir(b))), 0
    for n in names:
        x, y = (open(os.path.join(d, n), "rb").read() if os.path.exists(os.path.join(d, n)) else None for d in (a, b))
        if x != y:
            bad += 1
            if bad <= 20:
                print(f"{what}: {n} differs ({'none' if x is None else len(x)} and {'none' if y is None else len(y)} bytes)")
    lines = [(p, q) for p, q in zip(said_a.split("\n"), said_b.split("\n")) if p != q]
    for p, q in lines[:10]:
        print(f"{what}: prints\n  {p}\n  {q}")
    extra = bool(lines) or len(said_a) != len(said_b)
    return len(names) + 1 - bad - extra, bad + extra


def other_build(what, source, build, compiler):
    """(commands of ofeval, onnxfold and the kernels' tests) of another build."""
    need("meson", "ninja")
    env, args, run = dict(os.environ), ["--buildtype=release"], []
    env.pop("CFLAGS", None)
    if what == "unoptimized":
        args = ["-Doptimization=0", "-Db_ndebug=true"]
        env["CC"] = compiler
    elif what == "compiler":
        cc = "gcc" if compiler == "clang" else "clang"
        need(cc)
        env["CC"] = cc
    else:
        need(f"{what}-linux-gnu-gcc", f"qemu-{what}")
        args += ["--cross-file", os.path.join(source, "test", "cross", what + ".ini")]
        run = [f"qemu-{what}", "-L", f"/usr/{what}-linux-gnu"]
    at = os.path.join(build, "determinism", what)
    if not os.path.exists(os.path.join(at, "build.ninja")):
        shutil.rmtree(at, ignore_errors=True)
        p = subprocess.run(["meson", "setup", at, source, "-Dtests=enabled", "-Ddocs=false", *args], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if p.returncode:
            if "could not get" in p.stdout.lower() or "download" in p.stdout.lower() and "nanopb" in p.stdout:
                raise Skip("nanopb for it can be neither found nor fetched")
            raise RuntimeError(p.stdout[-3000:])
    made = ["test/conformance/ofeval", "examples/cli/onnxfold", "test/kern/kern_bytes", "test/kern/kerncheck"]
    p = subprocess.run(["ninja", "-C", at, *made], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if p.returncode:
        raise RuntimeError(p.stdout[-3000:])
    return [[*run, os.path.join(at, m)] for m in made]


def variants(what, source, build, compiler, ofeval, cli):
    """(name, command of OFEVAL or None, command of ONNXFOLD or None)"""
    if what != "levels":
        return [(what, *other_build(what, source, build, compiler))]
    got = []
    for level in LEVELS:
        if subprocess.run([ofeval, "cpu=" + level], stdin=subprocess.DEVNULL).returncode == 0:
            got.append((level, [ofeval, "cpu=" + level], [cli, "--cpu", level]))
        else:
            print(f"{level}: skipped, this machine does not have it")
    return got + [(f"{n} threads", None, [cli, "--threads", str(n)]) for n in (2, 3)]


def main():
    what, source, build, compiler, ofeval, cli = sys.argv[1:7]
    try:
        others = variants(what, source, build, compiler, ofeval, cli)
    except Skip as e:
        print(f"{what}: skipped, {e}")
        return 77
    models = []
    for d in ("test/models", "test/models/small"):
        models += sorted(os.path.join(source, d, n) for n in os.listdir(os.path.join(source, d)) if n.endswith(".onnx"))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        cases = write_cases(build)
        print(f"{len(os.listdir(cases))} models to evaluate, {len(models)} to optimize" + ("" if HAVE else "; onnx is not installed"), flush=True)
        base = {"ofeval": evaluate([ofeval], cases, f"{tmp}/ofeval"), "cli": optimize([cli], models, f"{tmp}/cli")}
        for name, *commands in others:
            for c in commands[2:]:
                ended = subprocess.run(c).returncode
                passed, failed = passed + (ended == 0), failed + (ended not in (0, 77))
            for program, command, run, given in zip(base, commands, (evaluate, optimize), (cases, models)):
                if command is None:
                    continue
                to = f"{tmp}/{program}.{name}"
                p, f = compare(f"{tmp}/{program}", to, base[program], run(command, given, to), f"{name}: {program}")
                passed, failed = passed + p, failed + f
                shutil.rmtree(to)
    print(f"{passed} passed, {failed} failed, {len(LEVELS) + 2 - len(others) if what == 'levels' else 0} skipped", flush=True)
    return bool(failed) or not passed


if __name__ == "__main__":
    sys.exit(main())
