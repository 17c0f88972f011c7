#!/usr/bin/env python3
"""Random small graphs full of what the rules look for, run by onnxruntime before and after.

usage: fuzz_rules.py COMMAND [COUNT [FIRST_SEED]]
       fuzz_rules.py --drawn FUZZ_RULES [COUNT [FIRST_SEED [EVERY]]]
With --drawn the graphs are those of the program fuzz_rules: it runs COUNT a rule through the library's own evaluator, and
EVERY-th of those that a rule has changed comes here, to run before and after in onnxruntime.
Each graph is optimized as by default and with --exact: the interface must stay, the checker must accept the
result, and outputs must be bit-identical (--exact) or near. Sizes of the free dimension vary. Skips without oracles.
"""
import os, random, subprocess, sys, tempfile

try:
    import numpy as np, onnx, onnxruntime as rt
    from onnx import TensorProto as T, helper as h, numpy_helper as nh
except ImportError:
    sys.exit(77)

rt.set_default_logger_severity(4)
SPECIAL = [0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 0.5, 3.0, 1e-3]


class Graph:
    def __init__(self, rng):
        self.rng, self.nodes, self.inits, self.n = rng, [], [], 0
        self.opset = rng.choice([11, 13, 14, 17, 18, 19])
        self.vals = []  # (name, shape, dtype); "N" is the free dimension

    def name(self, base="v"):
        self.n += 1
        return f"{base}{self.n}"

    def const(self, a):
        name = self.name("c")
        if self.rng.random() < 0.3:
            self.nodes.append(h.make_node("Constant", [], [name], value=nh.from_array(a)))
        else:
            self.inits.append(nh.from_array(a, name))
        return name

    def ints(self, v):
        return self.const(np.array(v, np.int64))

    def add(self, op, ins, shape, dtype="f", **attrs):
        out = self.name()
        self.nodes.append(h.make_node(op, ins, [out], name=self.name("n") if self.rng.random() < 0.8 else "", **attrs))
        self.vals.append((out, shape, dtype))
        return out

    def by_axes(self, op, x, axes, shape, dtype):
        if self.opset >= 13:
            return self.add(op, [x, self.ints(axes)], shape, dtype)
        return self.add(op, [x], shape, dtype, axes=axes)

    def pick(self, dtype="f", rank=None):
        c = [v for v in self.vals if v[2] == dtype and (rank is None or len(v[1]) in rank)]
        return self.rng.choice(c[-6:] if c and self.rng.random() < 0.8 else c) if c else None

    def step(self):
        getattr(self, self.rng.choice([f for f in dir(self) if f.startswith("do_")]))()

    def shape_of(self, x, i):
        s = self.add("Shape", [x[0]], None, "s")
        g = self.add("Gather", [s, self.const(np.array(i, np.int64))], None, "s")
        return self.by_axes("Unsqueeze", g, [0], None, "s")

    def do_neutral(self):
        x = self.pick()
        op = self.rng.choice(["Mul", "Add", "Sub", "Div", "Pow"])
        v = self.rng.choice([0.0, -0.0, 1.0, 1.0, 2.0])
        if op in ("Div", "Pow") and v == 0:
            v = 1.0
        shape = self.rng.choice([[], [1], [1] * (len(x[1]) + 1), [1] * len(x[1])])
        out = x[1] if len(shape) <= len(x[1]) else [1] + x[1]
        c = self.const(np.full(shape, v, np.float32))
        self.add(op, [c, x[0]] if op in ("Mul", "Add") and self.rng.random() < 0.5 else [x[0], c], out)

    def do_unary(self):
        x = self.pick()
        self.add(self.rng.choice(["Abs", "Neg", "Relu", "Identity", "Ceil", "Floor", "Round", "Sign", "Dropout"]), [x[0]], x[1])

    def do_clip(self):
        x = self.pick()
        b = [self.rng.choice(["", self.const(np.float32(self.rng.choice([-1, 0, 0.5, 2, 6])))]) for _ in range(2)]
        self.add("Clip", [x[0], *b], x[1])

    def do_minmax(self):
        x = self.pick()
        self.add(self.rng.choice(["Min", "Max"]), [x[0], self.const(np.float32(self.rng.choice(SPECIAL)))], x[1])

    def do_transpose(self):
        x = self.pick(rank=[2, 3, 4])
        if not x: return
        p = list(range(len(x[1])))
        self.rng.shuffle(p)
        self.add("Transpose", [x[0]], [x[1][i] for i in p], perm=p)

    def do_turned(self):
        """Transposes with nodes between them that could do without."""
        x = self.pick(rank=[2, 3, 4])
        if not x or x[1].count("N") > 1: return
        rng, r = self.rng, len(x[1])
        p = rng.choice([[*range(1, r), 0], [0, *range(2, r), 1] if r > 2 else [1, 0], rng.sample(range(r), r)])
        back = [p.index(i) for i in range(r)]
        shape = [x[1][i] for i in p]
        t = [self.add("Transpose", [x[0]], shape, perm=p)]
        for _ in range(rng.randint(1, 5)):
            kind, y = rng.randint(0, 6), rng.choice(t)
            if kind == 0:
                t.append(self.add(rng.choice(["Abs", "Neg", "Relu", "Floor", "Sigmoid"]), [y], shape))
            elif kind == 1:
                last = [d if d != "N" and rng.random() < 0.6 else 1 for d in shape[rng.randint(0, r):]]
                c = self.const(self.rand(last))
                t.append(self.add(rng.choice(["Add", "Mul", "Sub"]), rng.choice([[y, c], [c, y]]), shape))
            elif kind == 2:
                t.append(self.add(rng.choice(["Add", "Mul", "Max", "Min"]), [y, rng.choice(t)], shape))
            elif kind == 3:
                axis = rng.randrange(r)
                d = self.add("Concat", [y, rng.choice(t)], [2 * d if i == axis and d != "N" else d for i, d in enumerate(shape)], "s", axis=axis)
                t.append(self.add("Slice", [d, self.ints([0]), self.ints([shape[axis]]), self.ints([axis])], shape) if shape[axis] != "N" else y)
            elif kind == 4:
                axes = sorted(rng.sample(range(r), rng.randint(1, r)))
                op = rng.choice(["ReduceMax", "ReduceMean"])
                m = self.add(op, [y, self.ints(axes)], None, "s") if self.opset >= 18 else self.add(op, [y], None, "s", axes=axes)
                t.append(self.add(rng.choice(["Add", "Mul"]), [y, m], shape))
            elif kind == 5:
                o = [rng.randint(0, 1) for _ in range(2 * r)]
                d = self.add("Pad", [y, self.ints(o)], None, "s")
                t.append(self.add("Slice", [d, self.ints(o[:r]), self.ints([2**31 if not e else -e for e in o[r:]]), self.ints(list(range(r)))], shape))
            else:
                u = self.add("Transpose", [y], x[1], perm=back)
                t.append(self.add("Transpose", [self.add("Neg", [u], x[1])], shape, perm=p))
        for y in rng.sample(t, min(len(t), rng.randint(1, 2))): self.add("Transpose", [y], x[1], perm=back)

    def do_squeeze(self):
        x = self.pick()
        axes = [i for i, d in enumerate(x[1]) if d == 1]
        if not axes: return
        axes = sorted(self.rng.sample(axes, self.rng.randint(1, len(axes))))
        neg = self.rng.random() < 0.3
        self.by_axes("Squeeze", x[0], [a - len(x[1]) if neg else a for a in axes],
                     [d for i, d in enumerate(x[1]) if i not in axes], "f")

    def do_unsqueeze(self):
        x = self.pick(rank=[0, 1, 2, 3])
        if not x: return
        r = len(x[1]) + self.rng.randint(1, 2)
        axes = sorted(self.rng.sample(range(r), r - len(x[1])))
        shape, it = [], iter(x[1])
        for i in range(r): shape.append(1 if i in axes else next(it))
        self.by_axes("Unsqueeze", x[0], axes, shape, "f")

    def do_reshape(self):
        x = self.pick(rank=[1, 2, 3, 4])
        if not x: return
        s = x[1]
        if "N" not in s:
            self.add("Reshape", [x[0], self.ints([1, *s])], [1, *s])
            return
        at = s.index("N")
        rest = int(np.prod([d for d in s if d != "N"]))
        kind = self.rng.randint(0, 3)
        if s.count("N") > 1: return
        if kind == 0:
            self.add("Reshape", [x[0], self.ints([-1, rest])], ["N", rest])
        elif kind == 1 and at == 0:
            self.add("Reshape", [x[0], self.ints([0, rest, 1])], ["N", rest, 1])
        else:
            n = self.shape_of(x, at)
            shape = self.add("Concat", self.rng.choice([[n, self.ints([rest])], [n, self.ints([-1])]]), None, "s", axis=0)
            self.add("Reshape", [x[0], shape], ["N", rest])

    def do_expand(self):
        x = self.pick(rank=[1, 2, 3])
        if not x or x[1].count("N") != 1: return
        n = self.shape_of(x, x[1].index("N"))
        parts = [n if d == "N" else self.ints([self.rng.choice([1, d])]) for d in x[1]]
        self.add("Expand", [x[0], self.add("Concat", parts, None, "s", axis=0)], x[1])

    def do_cast(self):
        x = self.pick()
        a = self.add("Cast", [x[0]], x[1], "d", to=self.rng.choice([T.DOUBLE, T.FLOAT16]))
        self.add("Cast", [a], x[1], to=T.FLOAT)

    def do_slice(self):
        x = self.pick(rank=[1, 2, 3, 4])
        if not x: return
        axis = self.rng.randrange(len(x[1]))
        d = x[1][axis]
        if d == "N" or self.rng.random() < 0.4:
            self.add("Slice", [x[0], self.ints([0]), self.ints([self.rng.choice([2**62, 2**31])]), self.ints([axis])], x[1])
            return
        a = self.rng.randint(0, d - 1)
        shape = list(x[1])
        shape[axis] = d - a
        self.add("Slice", [x[0], self.ints([a - d]), self.ints([d]), self.ints([axis])], shape)

    def do_concat(self):
        x = self.pick(rank=[1, 2, 3, 4])
        if not x: return
        axis = next((i for i, d in enumerate(x[1]) if d != "N"), None)
        if axis is None or x[1][axis] > 40: return
        k = self.rng.randint(1, 3)
        shape = list(x[1])
        shape[axis] *= k
        ins = [x[0]] * k
        if "N" not in x[1] and self.rng.random() < 0.4:
            e = list(x[1])
            e[axis] = 0
            ins.append(self.const(np.zeros(e, np.float32)))
        self.add("Concat", ins, shape, axis=self.rng.choice([axis, axis - len(shape)]))

    def do_sequence(self):
        x = self.pick(rank=[1, 2, 3])
        if not x: return
        axis = next((i for i, d in enumerate(x[1]) if d != "N" and 1 <= d <= 8), None)
        if axis is None: return
        d = x[1][axis]
        size = self.rng.randint(1, d)
        seq = self.add("SplitToSequence", [x[0], self.const(np.array(size, np.int64))], None, "q", axis=axis)
        for _ in range(self.rng.randint(1, 2)):
            i = self.rng.randrange((d + size - 1) // size)
            shape = list(x[1])
            shape[axis] = min(size, d - i * size)
            self.add("SequenceAt", [seq, self.const(np.array(i, np.int64))], shape)

    def do_reduce(self):
        x = self.pick(rank=[2, 3])
        if not x: return
        axis = self.rng.randrange(len(x[1]))
        if x[1][axis] == "N": return
        shape = list(x[1])
        shape[axis] = 1
        self.add("ReduceMax", [x[0], self.ints([axis])], shape) if self.opset >= 18 else \
            self.add("ReduceMax", [x[0]], shape, axes=[axis])

    def do_gemm(self):
        x = self.pick(rank=[2, 3])
        if not x or x[1][-1] == "N": return
        m = self.rng.randint(1, 4)
        out = x[1][:-1] + [m]
        y = self.add("MatMul", [x[0], self.const(self.rand([x[1][-1], m]))], out)
        self.add("Add", [y, self.const(self.rand(self.rng.choice([[m], [1, m], []])))], out)

    def do_conv(self):
        x = self.pick(rank=[4])
        if not x:
            x = self.pick(rank=[2])
            if not x or x[1][-1] == "N": return
            x = (self.by_axes("Unsqueeze", x[0], [1, 2], [x[1][0], 1, 1, x[1][1]], "f"), [x[1][0], 1, 1, x[1][1]], "f")
        n, c, a, b = x[1]
        if "N" in (c, a, b): return
        y = x[0]
        if self.rng.random() < 0.6:
            p = [0, 0, 1, 0, 0, 0, self.rng.randint(0, 1), 2]
            v = self.rng.choice([0.0, 0.0, 1.5])
            a, b = a + p[2] + p[6], b + p[3] + p[7]
            y = self.add("Pad", [y, self.ints(p), self.const(np.float32(v))], [n, c, a, b])
        m = self.rng.randint(1, 3)
        w = self.const(self.rand([m, c, 1, 1]))
        y = self.add("Conv", [y, w] + ([self.const(self.rand([m]))] if self.rng.random() < 0.4 else []), [n, m, a, b])
        if self.rng.random() < 0.5:
            y = self.add("Add", [y, self.const(self.rand(self.rng.choice([[1, m, 1, 1], [m, 1, 1], [], [1, 1, 1, b]])))], [n, m, a, b])
        if self.rng.random() < 0.6:
            v = [self.const(self.rand([m])) for _ in range(3)] + [self.const(np.abs(self.rand([m])) + np.float32(0.1))]
            self.add("BatchNormalization", [y, *v], [n, m, a, b])

    def rand(self, shape):
        return np.array([self.rng.choice([0, 0.5, 1, -1, 2, 0.25, 3]) for _ in range(int(np.prod(shape)))], np.float32).reshape(shape)

    def build(self):
        rng = self.rng
        ins = [("x", ["N", 3, 4]), ("z", [2, 3])]
        self.vals = [(n, s, "f") for n, s in ins]
        for _ in range(rng.randint(2, 14)): self.step()
        outs = [v for v in self.vals if v[2] == "f" and v[0] not in ("x", "z")] or None
        if not outs: return None
        last = outs[-1:] + rng.sample(outs[:-1], min(len(outs) - 1, rng.randint(0, 3)))
        free = lambda s: [d if rng.random() < 0.7 and d != "N" else None for d in s]
        g = h.make_graph(self.nodes, "g", [h.make_tensor_value_info(n, T.FLOAT, s) for n, s in ins],
                         [h.make_tensor_value_info(n, T.FLOAT, free(s)) for n, s, _ in last], self.inits)
        return h.make_model(g, opset_imports=[h.make_opsetid("", self.opset)], ir_version=8)


def run(path, feeds):
    so = rt.SessionOptions()
    so.graph_optimization_level = rt.GraphOptimizationLevel.ORT_DISABLE_ALL
    so.intra_op_num_threads = 1
    s = rt.InferenceSession(path, so, providers=["CPUExecutionProvider"])
    return [s.run(None, f) for f in feeds]


def interface(m):
    return [v.SerializeToString() for v in [*m.graph.input, *m.graph.output]]


def differs(a, b, exact):
    for x, y in zip(a, b):
        for u, v in zip(x, y):
            if u.shape != v.shape or u.dtype != v.dtype: return f"{u.dtype}{u.shape} became {v.dtype}{v.shape}"
            if exact:
                nan = np.isnan(u) & np.isnan(v)
                if not (nan | (u.view(np.int32) == v.view(np.int32))).all(): return "not the same bits"
            elif not np.allclose(u, v, rtol=1e-4, atol=1e-4 * (np.nanmax(np.abs(np.where(np.isfinite(u), u, 0)), initial=0)), equal_nan=True):
                return f"off by {np.nanmax(np.abs(u - v))}"
    return None


def feeds_of(m, seed, finite):
    """Drawn inputs, the same for both models."""
    r = np.random.default_rng(seed)
    free, f = {}, {}
    for v in m.graph.input:
        t = v.type.tensor_type
        shape = [d.dim_value if d.HasField("dim_value") else free.setdefault(d.dim_param, int(r.integers(1, 4))) for d in t.shape.dim]
        kind = h.tensor_dtype_to_np_dtype(t.elem_type)
        if kind == np.bool_:
            f[v.name] = r.integers(0, 2, shape).astype(bool)
            continue
        x = r.integers(-32, 33, shape) / 8
        if np.issubdtype(kind, np.floating) and not finite:
            x = np.where(r.random(shape) < 0.3, r.choice(SPECIAL, shape), x)
        f[v.name] = np.asarray(x).astype(kind) if kind != np.uint8 else np.abs(x).astype(kind)
    return f


def same(u, v, how):
    if u.shape != v.shape or u.dtype != v.dtype: return f"{u.dtype}{u.shape} became {v.dtype}{v.shape}"
    if not np.issubdtype(u.dtype, np.floating): return None if (u == v).all() else "other elements"
    if not (np.isnan(u) == np.isnan(v)).all(): return "NaN elsewhere"
    ok = np.isnan(u) | ((u == v) & ((np.signbit(u) == np.signbit(v)) | (how != "exact")))
    if how == "sums":
        a, b = u.astype(np.float64), v.astype(np.float64)
        top = np.max(np.abs(a[np.isfinite(a)]), initial=0)
        with np.errstate(invalid="ignore"):
            ok |= np.abs(a - b) <= (1e-2 if u.dtype == np.float16 else 2e-6) * (top + 1)
    return None if ok.all() else "not the same bits" if how == "exact" else "other numbers"


def drawn():
    program, rest = sys.argv[2], (sys.argv[3:] + ["2000", "1", "20"][len(sys.argv) - 3:])[:3]
    ran = bad = refused = 0
    with tempfile.TemporaryDirectory() as d:
        p = subprocess.run([program, rest[0], rest[1], "all", d, rest[2]], capture_output=True, text=True)
        print(p.stdout, end="")
        bad += p.returncode != 0
        for a in sorted(f for f in os.listdir(d) if f.endswith("-a.onnx")):
            rule, seed, how = a[:-7].split("-")
            one, two = os.path.join(d, a), os.path.join(d, a[:-6] + "b.onnx")
            m = onnx.load(one)
            f = feeds_of(m, int(seed), how == "sums")
            try:
                want = run(one, [f])[0]
            except Exception:
                refused += 1
                continue
            ran += 1
            try:
                got = run(two, [f])[0]
                why = next((w for w in map(lambda u, v: same(u, v, how), want, got) if w), None)
                onnx.shape_inference.infer_shapes(onnx.load(two), check_type=True, strict_mode=True)
            except Exception as e:
                why = str(e)
            if why:
                bad += 1
                print(f"{rule} seed {seed} {how}: {why.strip()[:300]}")
    print(f"{ran} pairs run by onnxruntime, {refused} it refuses, {bad} failures")
    sys.exit(1 if bad or not ran else 0)


def main():
    if sys.argv[1] == "--drawn": drawn()
    command, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 150
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    ran = bad = saved = 0
    with tempfile.TemporaryDirectory() as d:
        src, dst, again = (os.path.join(d, f + ".onnx") for f in "abc")
        for seed in range(first, first + count):
            g = Graph(random.Random(seed))
            m = g.build()
            if m is None: continue
            onnx.save(m, src)
            r = np.random.default_rng(seed)
            feeds = []
            for n in (1, 3):
                f = {"x": r.standard_normal((n, 3, 4)).astype(np.float32), "z": r.standard_normal((2, 3)).astype(np.float32)}
                f["x"].flat[:4], f["z"].flat[:3] = [-0.0, 0.0, -2.5, 7], [-0.0, np.inf if seed % 4 == 0 else 1, 0.5]
                feeds.append(f)
            try:
                want = run(src, feeds)
            except Exception:
                continue
            ran += 1
            for exact in (False, True):
                p = subprocess.run([command, "--quiet", *(["--exact"] if exact else []), src, dst], capture_output=True, text=True)
                why = p.stderr if p.returncode else None
                if not why:
                    after = onnx.load(dst)
                    saved += len(m.graph.node) - len(after.graph.node)
                    if interface(m) != interface(after): why = "another interface"
                    if len(after.graph.node) > len(m.graph.node): why = "more nodes"
                    subprocess.run([command, "--quiet", *(["--exact"] if exact else []), dst, again], capture_output=True)
                    if open(dst, "rb").read() != open(again, "rb").read(): why = "the second run changes something"
                if not why:
                    try:
                        onnx.checker.check_model(after, full_check=True)
                        why = differs(want, run(dst, feeds), exact)
                    except Exception as e:
                        why = str(e)
                if why:
                    bad += 1
                    print(f"seed {seed}{' --exact' if exact else ''}: {why.strip()[:300]}")
    print(f"{ran} graphs run, {saved} nodes saved, {bad} failures")
    sys.exit(1 if bad or not ran else 0)


if __name__ == "__main__":
    main()
