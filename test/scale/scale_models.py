"""Models of any size, written as a stream: chain (half constant, half live), blocks (what
exporters leave: shape arithmetic, a mask of constants, a product), wide (one value with many
uses), big (gigabytes of weights, embedded or beside the model)."""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hostile"))
from pb import *  # noqa: E402,F403

F, I64 = 1, 7


def write(path, nodes, inits, ins, outs):
    body = b"".join(data(1, n) for n in nodes)
    g = body + data(2, "scale") + b"".join(data(5, t) for t in inits) + b"".join(data(11, i) for i in ins) + b"".join(data(12, o) for o in outs)
    with open(path, "wb") as f:
        f.write(num(1, 8) + tag(7, 2) + varint(len(g)))
        f.write(g)
        f.write(opset(17))


def chain(path, n):
    half = n // 2
    names = ["c0"] + [f"k{i}" for i in range(half)]
    nodes = [node("Add", [names[i], "one"], [names[i + 1]], name=f"K{i}") for i in range(half)]
    live = ["x"] + [f"y{i}" for i in range(n - half)]
    nodes += [node("Add" if i % 2 else "Mul", [live[i], names[-1] if i == 0 else "half"], [live[i + 1]], name=f"Y{i}") for i in range(n - half)]
    write(path, nodes, [flt("c0", [0.0] * 8), flt("one", [1e-3] * 8), flt("half", [0.5] * 8)], [info("x", F, ["b", 8])], [info(live[-1], F, ["b", 8])])


def blocks(path, n):
    nodes, x, k = [], "x", 0
    inits = [i64("i0", [0], []), i64("i1", [1], []), i64("u0", [0]), i64("d16", [16]), i64("d4", [4]), flt("half", [0.5], []),
             flt("w", [0.9 * (i % 17 == 0) for i in range(256)], [16, 16]), i64("lim", [8], []), i64("step", [1], [])]
    while len(nodes) < n:
        p = f"b{k}/"
        k += 1

        def a(op, ins, out, *attrs):
            nodes.append(node(op, ins, [p + out], *attrs, name=p + op + "_" + out))
            return p + out
        s = a("Shape", [x], "s")
        b = a("Unsqueeze", [a("Gather", [s, "i0"], "g0"), "u0"], "gu0")
        t = a("Unsqueeze", [a("Gather", [s, "i1"], "g1"), "u0"], "gu1")
        r = a("Reshape", [x, a("Concat", [b, t, "d4", "d4"], "c1", a_int("axis", 0))], "r1")
        r = a("Transpose", [r], "t1", a_ints("perm", [0, 2, 1, 3]))
        r = a("Transpose", [r], "t2", a_ints("perm", [0, 2, 1, 3]))
        r = a("Reshape", [r, a("Concat", [b, t, "d16"], "c2", a_int("axis", 0))], "r2")
        rg = a("Range", ["i0", "lim", "step"], "rng")
        mask = a("ReduceSum", [a("Cast", [a("Less", [rg, "i1"], "lt")], "ca", a_int("to", 1))], "rs", a_int("keepdims", 0))
        r = a("MatMul", [a("Mul", [r, mask], "mu"), "w"], "mm")
        x = a("Add", [r, a("Mul", ["half", "half"], "hh")], "ad")
    write(path, nodes, inits, [info("x", F, ["b", "s", 16])], [info(x, F, ["b", "s", 16])])


def wide(path, n):
    names = [f"a{i}" for i in range(n - 1)]
    nodes = [node("Add" if i % 2 else "Mul", ["x", "c"], [o], name=f"A{i}") for i, o in enumerate(names)]
    nodes.append(node("Concat", names, ["y"], a_int("axis", 0), name="cat"))
    write(path, nodes, [flt("c", [1.0] * 8)], [info("x", F, [1, 8])], [info("y", F, ["n", 8])])


def big(path, tensors, side=4096, external=None):
    """tensors weights of side x side float32 behind MatMuls, and two nodes that fold."""
    size = side * side * 4
    names = ["x"] + [f"y{i}" for i in range(tensors)]
    nodes = [node("Add", ["k0", "k0"], ["k"])] + [node("MatMul", [names[i], f"w{i}"], [names[i + 1]], name=f"M{i}") for i in range(tensors)]
    nodes += [node("Add", [names[-1], "k"], ["o"])]
    block = os.urandom(1 << 20)

    def weights(f):
        for _ in range(size // len(block)):
            f.write(block)
    head = b"".join(data(1, n) for n in nodes) + data(2, "scale") + data(5, flt("k0", [1.0] * side))
    tail = data(11, info("x", F, ["b", side])) + data(12, info("o", F, ["b", side]))
    if external:
        for i in range(tensors):
            head += data(5, globals()["external"](f"w{i}", F, [side, side], ("location", external), ("offset", str(i * size)), ("length", str(size))))
        with open(os.path.join(os.path.dirname(path), external), "wb") as f:
            for i in range(tensors):
                weights(f)
        with open(path, "wb") as f:
            f.write(num(1, 8) + data(7, head + tail) + opset(17))
        return
    entries = []
    for i in range(tensors):
        t = num(1, side) * 2 + num(2, F) + data(8, f"w{i}") + tag(9, 2) + varint(size)
        entries.append(tag(5, 2) + varint(len(t) + size) + t)
    total = len(head) + len(tail) + sum(map(len, entries)) + tensors * size
    with open(path, "wb") as f:
        f.write(num(1, 8) + tag(7, 2) + varint(total) + head)
        for e in entries:
            f.write(e)
            weights(f)
        f.write(tail + opset(17))


MAKERS = {"chain": chain, "blocks": blocks, "wide": wide}

if __name__ == "__main__":
    kind, _, n = sys.argv[2].partition("-")
    if kind == "big":
        big(sys.argv[1], int(n))
    elif kind == "bigext":
        big(sys.argv[1], int(n), external=os.path.basename(sys.argv[1]) + ".data")
    else:
        MAKERS[kind](sys.argv[1], int(n))
