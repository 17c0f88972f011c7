#!/usr/bin/env python3
"""The onnxfold command: options, exit status, output. cli.py COMMAND SOURCE."""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hostile"))
from tap import check, done, skip  # noqa: E402
from pb import *  # noqa: E402,F403

command, source = os.path.abspath(sys.argv[1]), sys.argv[2]
real = os.path.join(source, "test", "models", "constmath.ts.onnx")
tmp = tempfile.mkdtemp(prefix="onnxfold-cli-")
os.chdir(tmp)
F, I64 = 1, 7


def run(*args, status=0, data=None, what=None):
    p = subprocess.run([command, *args], input=data, capture_output=True)
    what = what or " ".join(args)
    err = p.stderr.decode()
    check(p.returncode == status, f"{what}: exit status {p.returncode}, not {status}", err)
    if status:
        check(err.startswith("onnxfold: ") and err.count("\n") == 1, f"{what}: one line on stderr", err)
    return p


def write(name, data):
    with open(name, "wb") as f:
        f.write(data)
    return name


def read(name):
    with open(name, "rb") as f:
        return f.read()


def report(*args):
    run(*args, "--quiet", "--report", "r.json")
    return json.load(open("r.json"))


small = model(graph([node("Add", ["a", "b"], ["c"], name="sum"), node("Mul", ["c", "x"], ["y"], name="scale"),
                     node("Tile", ["b", "times"], ["t"], name="tile"), node("Add", ["x", "t"], ["z"], name="plus")],
                    [flt("a", [1, 2]), flt("b", [3, 4]), i64("times", [1])],
                    [info("x", F, ["n", 2])], [info("y", F, ["n", 2]), info("z", F, ["n", 2])]))
write("small.onnx", small)

# -- usage
for args in [[], ["small.onnx"], ["a", "b", "c"], ["--nothing", "a", "b"], ["--exclude"], ["--quantization", "x", "a", "b"],
             ["--input-size-limit", "-1", "a", "b"], ["--input-size-limit", "1x", "a", "b"], ["--only", "nothing", "a", "b"],
             ["--skip", "fold,,cse", "a", "b"], ["--cpu", "z80", "a", "b"], ["--threads", "0", "a", "b"],
             ["--verify=0", "a", "b"], ["--external-data", "a/b", "a", "b"], ["--initializer-inputs", "x", "a", "b"],
             ["--bind", "x", "small.onnx", "o"], ["--bind", "x:1,", "small.onnx", "o"], ["--bind", "n=z", "small.onnx", "o"],
             ["--growth-budget", "", "a", "b"]]:
    run(*args, status=2)
check(not os.path.exists("o"), "usage errors write nothing")
check(b"usage: onnxfold" in run("--help").stdout, "help")
check(run("--version").stdout.startswith(b"onnxfold 0."), "version")
names = run("--list").stdout.decode().split("\n")
for name in ["inline", "infer", "fold", "partial", "dead-code", "lift-constants", "lift-subgraph-initializers",
             "dedupe-initializers", "cse", "output-fix", "names"]:
    check(name in names, f"--list has {name}")

# -- files
table = run("small.onnx", "out.onnx").stdout.decode()
check(table.split("\n")[0].split() == ["operator", "before", "after"], "the table", table)
rows = {line.split()[0]: line.split()[1:] for line in table.strip().split("\n")}
check(rows["Add"] == ["2", "1"] and rows["Tile"] == ["1", "0"] and rows["nodes"] == ["4", "2"], "its counts", table)
check(rows["bytes"] == [str(len(small)), str(os.path.getsize("out.onnx"))] and float(rows["seconds"][0]) > 0, "its sizes", table)
out = read("out.onnx")
check(b"folded_from" in out, "metadata is written")
check(run("small.onnx", "quiet.onnx", "--quiet").stdout == b"", "--quiet is quiet")
check(read("quiet.onnx") == out, "the same bytes again")
run("out.onnx", "again.onnx")
check(read("again.onnx") == out, "a second time changes nothing")
p = run("-", "-", data=small)
check(p.stdout == out and p.stderr.startswith(b"operator"), "streams: model on stdout, table on stderr")
run("-", "from-stdin.onnx", data=small)
check(read("from-stdin.onnx") == out, "stdin to a file")
shutil.copy("small.onnx", "same.onnx")
run("same.onnx", "same.onnx")
check(read("same.onnx") == out, "onto the input")
run("small.onnx", "durable.onnx", "--durable")
check(read("durable.onnx") == out, "--durable")
before = set(os.listdir("."))
run("small.onnx", "--dry-run")
run("small.onnx", "not-written.onnx", "--dry-run")
check(set(os.listdir(".")) == before, "--dry-run writes nothing")
run("no such file", "o", status=1)
run("small.onnx", "no/folder/o", status=1)
run(".", "o", status=1)
write("broken.onnx", small[:-3])
p = run("broken.onnx", "o", status=1)
check(b"broken.onnx" in p.stderr and b"byte" in p.stderr, "what and where", p.stderr.decode())
run("-", "o", data=b"\x3a\x7f", status=1)
write("o.old", b"old")
run("broken.onnx", "o.old", status=1)
check(read("o.old") == b"old", "a failed run leaves the destination")

# -- what folds
check(report("small.onnx", "o")["nodes"]["after"] == 2, "default")
check(report("--exclude", "Tile", "small.onnx", "o")["nodes"]["after"] == 3, "--exclude")
check(report("--exclude", "Tile,Add", "--include", "Tile", "small.onnx", "o")["nodes"]["after"] == 3, "--include")
check(report("--exclude", "Tile", "--exclude", "none", "small.onnx", "o")["nodes"]["after"] == 2, "--exclude none")
check(report("--keep-node", "t*", "small.onnx", "o")["nodes"]["after"] == 3, "--keep-node")
check(report("--exclude", "Tile", "--force-node", "tile", "small.onnx", "o")["nodes"]["after"] == 2, "--force-node")
check(report("--input-size-limit", "1", "small.onnx", "o")["nodes"]["after"] == 4, "--input-size-limit")
check(report("--input-size-limit", "unlimited", "small.onnx", "o")["nodes"]["after"] == 2, "unlimited")
check(report("--skip", "fold", "small.onnx", "o")["nodes"]["after"] == 4, "--skip")
check(report("--only", "dead-code", "small.onnx", "o")["nodes"]["after"] == 4, "--only dead-code")
run("--only", "none", "small.onnx", "none.onnx")
check(read("none.onnx") == small, "--only none writes the same bytes")
run("--exact", "--quantization", "islands", "--growth-budget", "0", "--output-size-limit", "10", "small.onnx", "o")
for level in ["c", "sse41", "avx2", "avx512", "neon"]:
    run("--cpu", level, "--threads", "3", "small.onnx", "cpu.onnx")
    check(read("cpu.onnx") == out, f"the same bytes with --cpu {level}")
text = run("--explain", "tile", "--explain", "scale", "--exclude", "Tile", "--quiet", "small.onnx", "o").stdout.decode()
check(text == "tile (Tile): kept: excluded-op\nscale (Mul): kept: its inputs are not all constant\n", "--explain", text)
run("--explain", "nobody", "small.onnx", "o", status=1)
r = json.loads(run("--report", "-", "--quiet", "small.onnx", "o").stdout)
check(set(r["seconds"]) == {"load", "optimize", "save", "total"}, "seconds")
check(r["seconds"]["total"] >= r["seconds"]["load"] + r["seconds"]["optimize"] > 0, "times add up", str(r["seconds"]))
check(r["passes"]["fold"]["applied"] == 2 and r["nodes"]["folded"] == 2, "applied", str(r["passes"]["fold"]))
check([n["name"] for n in r["nodes"]["list"]] == ["sum", "scale", "tile", "plus"], "the list of nodes")
check(r["bytes"] == {"before": len(small), "after": os.path.getsize("o"), "folded": 16}, "bytes", str(r["bytes"]))
check(r["ops"] == [{"op": "Add", "domain": "", "before": 2, "after": 1}, {"op": "Mul", "domain": "", "before": 1, "after": 1},
                   {"op": "Tile", "domain": "", "before": 1, "after": 0}], "ops", str(r["ops"]))
run("--report", "no/folder/r.json", "small.onnx", "o", status=1)

# -- names that are no text
odd = model(graph([node("Add", ["a", "a"], ["c"], name="q\"\\\n\xff"), node("Mul", ["c", "x"], ["y"])], [flt("a", [1, 2])],
                  [info("x", F, [2])], [info("y", F, [2])]))
odd = odd.replace("q\"\\\n\xff".encode(), b"q\"\\\n\xff\x01")  # two bytes that are no UTF-8 together
write("odd.onnx", odd)
check(report("odd.onnx", "o")["nodes"]["list"][0]["name"] == "q\"\\\n\ufffd\x01", "odd names in JSON")

# -- binding
bound = report("--bind", "n=3", "small.onnx", "b1.onnx")
report("--bind", "x:3,?", "small.onnx", "b2.onnx")
report("--bind", "x:3,2", "small.onnx", "b3.onnx")
check(read("b1.onnx") == read("b2.onnx") == read("b3.onnx") != out, "--bind three ways")
run("--bind", "x:3,4", "small.onnx", "o", status=1)
run("--bind", "z:3", "small.onnx", "o", status=1)
run("--bind", "m=3", "small.onnx", "o", status=1)
check(report("--set", "x=1,2,3,4", "small.onnx", "set.onnx")["nodes"]["after"] == 0, "--set")
check(struct.pack("<4f", 4, 12, 12, 24) in read("set.onnx"), "--set gives the values")
run("--set", "x=1,2,3", "small.onnx", "o", status=1)
run("--set", "w=1", "small.onnx", "o", status=1)
run("--set", "x=one", "small.onnx", "o", status=2)

# -- verify
run("--verify", "small.onnx", "v.onnx")
run("--verify=5", "--set", "x=1,2", "small.onnx", "v.onnx")
run("--verify=1", "-", "v.onnx", data=small)
# a model that ends in maps, one of them of constants: they are compared too
zip_map = [node("ZipMap", [i], [o], a_ints("classlabels_int64s", [4, 7]), domain="ai.onnx.ml") for i, o in [("x", "y"), ("c", "z")]]
a_map = data(5, num(1, I64) + data(2, data(1, num(1, F))))
maps = model(graph(zip_map, [flt("c", [1, 2], [1, 2])], [info("x", F, ["n", 2])],
                   [data(1, o) + data(2, data(4, data(1, a_map))) for o in "yz"]), opsets=opset(18) + opset(3, "ai.onnx.ml"))
write("maps.onnx", maps)
run("--verify=2", "maps.onnx", "v.onnx")
run("--verify=1", "--dry-run", real)

# -- external data
weights = model(graph([node("Add", ["x", "w"], ["y"])], [flt("w", [float(i) for i in range(1000)])],
                      [info("x", F, [1000])], [info("y", F, [1000])]))
write("w.onnx", weights)
run("--external-data", "w.bin", "w.onnx", "ext.onnx")
check(os.path.getsize("w.bin") >= 4000 and os.path.getsize("ext.onnx") < 1000, "--external-data FILE")
run("--external-data", "embed", "ext.onnx", "emb.onnx")
check(struct.pack("<f", 999) in read("emb.onnx") and b"w.bin" not in read("emb.onnx"), "--external-data embed")
run("--external-data", "v.bin", "--external-threshold", "4001", "w.onnx", "ext2.onnx")
check(os.path.getsize("ext2.onnx") > 4000, "--external-threshold")
run("ext.onnx", "beside.onnx")
check(b"w.bin" in read("beside.onnx"), "beside the input the reference stays")
os.mkdir("other")
run("ext.onnx", "other/ext.onnx")
check(os.path.exists("other/w.bin") and read("other/w.bin") == read("w.bin"), "into another folder the file goes along")
run("--verify=1", "other/ext.onnx", "other/v.onnx")
os.mkdir("third")
write("third/w.bin", b"different")
run("ext.onnx", "third/ext.onnx", status=1)
check(read("third/w.bin") == b"different" and not os.path.exists("third/ext.onnx"), "never over a different file")
run("--external-data", "ext3.onnx", "w.onnx", "ext3.onnx", status=1)

# -- little memory: refused in words, wherever the room ends
def start(room, *args):
    return subprocess.run([command, *args], capture_output=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (room, room)))


MIB = 1 << 20
write("long.onnx", model(graph([node("Neg", [f"v{i}"], [f"v{i + 1}"], name=f"a node with a long name {i}")
                                for i in range(6000)], [], [info("v0", F, [1])], [info("v6000", F, [1])])))
rooms = [room for room in range(4 * MIB, 64 * MIB, MIB // 2) if start(room, "--version").returncode == 0]
if rooms:
    ends = {start(room, "long.onnx", "least.onnx").returncode for room in range(rooms[0], rooms[0] + 32 * MIB, 96 << 10)}
    check(ends == {0, 1}, "with little memory the exit status is 0 or 1", str(ends))
else:
    skip("with little memory: a sanitizer takes more than there is")

# -- a real model
r = report("--verify=1", real, "real.onnx")
check(r["nodes"]["after"] < r["nodes"]["before"], "a real model gets smaller", str(r["nodes"]["before"]))
left = [n for n in os.listdir(".") if n.startswith(".") or "tmp" in n.lower()]
check(not left, "no temporary files are left", str(left))
os.chdir("/")
shutil.rmtree(tmp)
done()
