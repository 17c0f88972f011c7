"""Random valid models for fuzz_models.py: Scope draws nodes and knows, for two sets of inputs, every value.

A step appends a few nodes and constants. onnxruntime runs them, with no optimization, on the values of both
sets; what it refuses is not drawn. So every model runs, on both. The sets differ in the free dimensions, in
the values, and in the initializers that are inputs. With each value goes how far runtimes may differ in it:
0 where ONNX leaves no choice, else what rounding may do, found by running the step with its inputs moved.
What jumps (Floor, Cast to an integer, comparisons) is only fed with what is sure."""
import random

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T, helper as h, numpy_helper as nh

F32, F64, F16, STR = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.float16), np.dtype(object)
FLOATS = (F32, F64, F16)
INTS = tuple(np.dtype(t) for t in (np.int64, np.int32, np.int8, np.uint8, np.int16, np.uint16, np.uint32, np.uint64))
BOOL, I64, I32, U8, I8 = np.dtype(bool), INTS[0], INTS[1], INTS[3], INTS[2]
NUMBERS = FLOATS + INTS
ROUNDS = {"f2": 1e-2, "f4": 1e-5, "f8": 1e-7}  # of a type: what a few operations may lose
LARGE = {"f2": 1e3, "f4": 1e5, "f8": 1e5}
SURE = set("""Abs Neg Relu Floor Ceil Round Sign Identity Add Sub Mul Div Min Max Not And Or Xor Equal Less Greater
LessOrEqual GreaterOrEqual Cast CastLike Transpose Reshape Squeeze Unsqueeze Flatten Concat Split Slice Pad Gather
GatherElements GatherND ScatterND ScatterElements Where Expand Tile Shape Size Constant ConstantOfShape Range ReduceMax
ReduceMin MaxPool GlobalMaxPool ArgMax ArgMin TopK Dropout OneHot NonZero Compress EyeLike Trilu DepthToSpace
SpaceToDepth Unique Clip SequenceConstruct SequenceAt SequenceInsert SequenceErase SequenceLength SequenceEmpty
SplitToSequence ConcatFromSequence Optional OptionalGetElement OptionalHasElement If Loop Scan ReverseSequence IsNaN
IsInf QuantizeLinear DequantizeLinear MatMulInteger ConvInteger BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot
CenterCropPad""".split())


class Reject(Exception):
    """Not drawn: the step is left out."""


def session(model):
    o = ort.SessionOptions()
    o.log_severity_level = 4
    o.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    o.intra_op_num_threads = o.inter_op_num_threads = 1
    return ort.InferenceSession(model.SerializeToString(), o, providers=["CPUExecutionProvider"])


def plain(x):
    """Scalars come out of onnxruntime as numbers."""
    if isinstance(x, list):
        return [plain(y) for y in x]
    return np.array(x, object) if isinstance(x, str) else np.asarray(x)


def run(s, feeds):
    return [plain(x) for x in s.run(None, {k: plain(v) for k, v in feeds.items()})]


def bodies(n):
    for a in n.attribute:
        if a.type == onnx.AttributeProto.GRAPH:
            yield a.g
        yield from a.graphs


def free_names(nodes, known=()):
    """What nodes read and do not make, in bodies too."""
    made, out = set(known), {}
    for n in nodes:
        for x in n.input:
            if x and x not in made:
                out[x] = None
        for g in bodies(n):
            inner = {i.name for i in g.input} | {i.name for i in g.initializer}
            for x in [*free_names(g.node, inner), *(o.name for o in g.output)]:
                if x not in made and x not in inner and all(x not in m.output for m in g.node):
                    out[x] = None
        made.update(n.output)
    return out


def type_of(x):
    """The TypeProto of a value, its shape not told."""
    if isinstance(x, list):
        return h.make_sequence_type_proto(type_of(x[0]))
    return h.make_tensor_type_proto(T.STRING if x.dtype == STR else h.np_dtype_to_tensor_dtype(x.dtype), None)


def info(name, x):
    v = onnx.ValueInfoProto(name=name)
    if x is not None:
        v.type.CopyFrom(type_of(x))
    return v


def magnitude(x):
    if isinstance(x, list):
        return max(map(magnitude, x), default=0.0)
    if x.dtype.kind != "f" or not x.size:
        return 0.0
    return float(np.max(np.abs(x.astype(np.float64)), initial=0.0, where=np.isfinite(x)))


def apart(a, b):
    """The largest difference of two runs; None if they differ in more than rounding."""
    if isinstance(a, list):
        if len(a) != len(b):
            return None
        d = [apart(x, y) for x, y in zip(a, b)]
        return None if None in d else max(d, default=0.0)
    if a.shape != b.shape or a.dtype != b.dtype:
        return None
    if a.dtype.kind != "f":
        return 0.0 if (a == b).all() else None
    finite = np.isfinite(a)
    if not (finite == np.isfinite(b)).all():
        return None
    return float(np.max(np.abs(a.astype(np.float64) - b.astype(np.float64)), initial=0.0, where=finite))


class Val:
    """One value: what it is with each set of inputs, how far off it may be, and whether it is sure."""

    def __init__(self, name, env, err=(0.0, 0.0), fixed=False):
        self.name, self.env, self.err, self.fixed = name, env, list(err), fixed

    @property
    def sure(self):
        return not any(self.err)

    @property
    def tensor(self):
        return isinstance(self.env[0], np.ndarray)

    @property
    def dtype(self):
        return self.env[0].dtype

    @property
    def rank(self):
        return self.env[0].ndim

    @property
    def dims(self):
        return list(zip(self.env[0].shape, self.env[1].shape))

    @property
    def finite(self):
        return self.dtype.kind != "f" or all(np.isfinite(x).all() for x in self.env)

    def within(self, low, high):
        return self.finite and all(not x.size or (x.min() >= low and x.max() <= high) for x in self.env)


class Model:
    """What all scopes of a model share."""

    def __init__(self, seed):
        self.rng, self.np = random.Random(seed), np.random.default_rng(seed)
        self.opset = self.rng.choice([7, 8, 9, 10, 11, 11, 12, 13, 13, 14, 15, 16, 17, 17, 18, 18, 19, 20, 21, 22, 23, 24])
        self.ir = self.rng.choice([8, 9, 10]) if self.opset < 23 else 11
        if self.opset < 15 and self.rng.random() < 0.15:
            self.ir = self.rng.choice([3, 4, 6, 7])  # 3: every initializer is an input as well
        self.count, self.functions, self.inputs, self.symbols = 0, [], [], {}
        self.wild = self.rng.random() < 0.3  # NaN and infinities among the constants
        self.overridden = []  # initializers that are inputs
        for name, pair in (("N", (2, 3)), ("M", (4, 1)), ("B", (1, 3)), ("P", (3, 5)), ("", (2, 4))):
            self.symbols[name] = pair
        self.fixed_only = self.rng.random() < 0.25

    def fresh(self, base="v"):
        self.count += 1
        return f"{base}{self.count}"

    def has(self, op):
        try:
            onnx.defs.get_schema(op, self.opset)
            return True
        except onnx.defs.SchemaError:
            return False

    def array(self, dtype, shape, special=None):
        r, special = self.np, self.wild if special is None else special
        if dtype == BOOL:
            x = r.integers(0, 2, shape).astype(bool)
        elif dtype == STR:
            x = r.choice(["", "a", "b", "1", "-2", "\u00e9"], shape)
            x = np.array(x, object)
        elif dtype.kind == "f":
            x = np.asarray(r.integers(-6, 7, shape) / 2)
            if special and r.random() < 0.3:
                x = np.where(r.random(shape) < 0.4, r.choice([np.nan, np.inf, -np.inf, -0.0, 1e-30], shape), x)
            elif r.random() < 0.3:
                x = np.where(r.random(shape) < 0.3, -0.0, x)
            x = np.asarray(x, dtype)
        else:
            x = np.asarray(r.integers(0 if dtype.kind == "u" else -4, 6, shape), dtype)
            if special and r.random() < 0.2:
                x = np.where(r.random(shape) < 0.4, np.iinfo(dtype).max if r.random() < 0.5 else np.iinfo(dtype).min, x)
            x = np.asarray(x, dtype)
        return x.reshape(shape)

    def dim(self):
        """A length and how it is declared: a number, a symbol, '' for unknown."""
        if not self.fixed_only and self.rng.random() < 0.4:
            name = self.rng.choice(["N", "N", "N", "M", "B", "P", ""])
            return self.symbols[name], name
        d = self.rng.choice([1, 1, 2, 2, 3, 3, 4, 4, 6, 0 if self.rng.random() < 0.2 else 4])
        return (d, d), d

    def shape(self, rank=None):
        rank = self.rng.choice([0, 1, 2, 2, 3, 3, 4, 4, 5]) if rank is None else rank
        return [self.dim() for _ in range(rank)]

    def new_input(self, dtype=None, rank=None):
        rng = self.rng
        dtype = dtype or rng.choice([F32] * 8 + [F64, F16, I64, I64, I32, BOOL, U8, I8])
        pairs = self.shape(rank)
        name = self.fresh("x")
        env = [self.array(dtype, [p[0][k] for p in pairs], special=False) for k in (0, 1)]
        v = onnx.ValueInfoProto(name=name)
        t = v.type.tensor_type
        t.elem_type = h.np_dtype_to_tensor_dtype(dtype)
        if rng.random() < 0.9:
            t.shape.SetInParent()
            for _, how in pairs:
                d = t.shape.dim.add()
                if isinstance(how, int):
                    d.dim_value = how
                elif how:
                    d.dim_param = how
        self.inputs.append((v, env))
        return Val(name, env)


class Scope:
    def __init__(self, model, parent=None, captures=True):
        self.m, self.rng, self.parent = model, model.rng, parent
        self.captures = captures
        self.vals, self.nodes, self.inits, self.read, self.names = [], [], [], set(), set()
        self.pending, self.consts, self.hidden = [], {}, set()
        self.in_function = not captures or bool(parent and parent.in_function)
        self.depth = parent.depth + 1 if parent else 0

    # values

    def visible(self):
        out = list(self.vals)
        if self.captures and self.parent:
            mine = {v.name for v in out} | self.names
            out = [v for v in self.parent.visible() if v.name not in mine] + out
        return out

    def pick(self, dtypes=None, rank=None, sure=False, when=None, tensor=True):
        if isinstance(dtypes, np.dtype):
            dtypes = (dtypes,)
        all_ = [v for v in self.visible() if v.tensor == tensor and (not tensor or (
            (dtypes is None or v.dtype in dtypes) and (rank is None or v.rank in rank))) and
            (not sure or v.sure) and (when is None or when(v))]
        if not all_:
            if not tensor:
                raise Reject("no sequence")
            dtype = self.rng.choice(dtypes) if dtypes else F32
            r = self.rng.choice(list(rank)) if rank is not None else None
            if self.depth or dtype == STR or (when and self.rng.random() < 0.5):
                v = Val("", [self.m.array(dtype, [p[0][0] for p in self.m.shape(r)])] * 2, fixed=True)
                if when and not when(v):
                    raise Reject("none such")
                v.name = self.const(v.env[0])
                return v
            v = self.m.new_input(dtype, r)
            self.vals.append(v)
            if when and not when(v):
                raise Reject("none such")
            return v
        return self.rng.choice(all_[-8:] if self.rng.random() < 0.6 else all_)

    def find(self, name):
        s = self
        while s:
            for v in s.vals:
                if v.name == name:
                    return v
            s = s.parent if s.captures else None
        raise Reject("out of sight")

    # what a step is made of

    def emit(self, op, ins, outs=1, domain="", **attrs):
        if not domain and not self.m.has(op):
            raise Reject(op)
        names = [self.m.fresh() for _ in range(outs)] if isinstance(outs, int) else [self.m.fresh() if o else "" for o in outs]
        attrs = {k: v for k, v in attrs.items() if v is not None}
        ins = [i.name if isinstance(i, Val) else i for i in ins]
        node = h.make_node(op, ins, names, domain=domain, **attrs)
        if self.rng.random() < 0.7:
            node.name = self.m.fresh("n")
        self.pending.append(node)
        self.names.update(filter(None, names))
        self.read.update(free_names([node]))
        return names[0] if len(names) == 1 else names

    def const(self, x, node=None):
        x = np.asarray(x)
        same = [c for c, v in self.consts.items() if v.dtype == x.dtype and v.env[0].shape == x.shape and v.env[0].tobytes() == x.tobytes()]
        if same and self.rng.random() < 0.5:
            return same[0]
        name = self.m.fresh("c")
        t = nh.from_array(x, name)
        if self.rng.random() < 0.2 and x.dtype.kind != "O" and x.size < 20 and x.dtype != BOOL:  # typed fields
            t = h.make_tensor(name, h.np_dtype_to_tensor_dtype(x.dtype), x.shape, x.ravel().tolist() if x.dtype != F16 else x.ravel())
        self.names.add(name)
        if (self.rng.random() < 0.4 if node is None else node) or self.in_function:
            n = h.make_node("Constant", [], [name])
            flat = self.m.opset >= 12 and self.rng.random() < 0.5
            if flat and x.dtype == I64 and x.ndim < 2:
                n.attribute.append(h.make_attribute("value_ints" if x.ndim else "value_int", x.tolist(), attr_type=onnx.AttributeProto.INTS if x.ndim else None))
            elif flat and x.dtype == F32 and x.ndim < 2:
                n.attribute.append(h.make_attribute("value_floats" if x.ndim else "value_float", x.tolist(), attr_type=onnx.AttributeProto.FLOATS if x.ndim else None))
            else:
                n.attribute.append(h.make_attribute("value", t))
            self.pending.append(n)
        else:
            over = not self.parent and self.m.ir >= 4 and self.rng.random() < 0.04 and x.size and x.dtype.kind == "f"
            if over or (self.m.ir < 4 and not self.parent):
                self.m.overridden.append(name)
            other = self.m.array(x.dtype, x.shape, special=False) if over else x
            self.consts[name] = Val(name, [x, other], fixed=True)
            self.inits.append(t)
            self.vals.append(self.consts[name])
        return name

    def ints(self, x, dtype=np.int64):
        return self.const(np.array(x, dtype))

    def like(self, v, values=None, same=0.5):
        """A constant that broadcasts to v."""
        dims = [a if a == b and self.rng.random() < same else 1 for a, b in v.dims]
        if self.rng.random() < 0.4:
            dims = dims[self.rng.randint(0, len(dims)):]
        elif self.rng.random() < 0.1 and len(dims) < 5:
            dims = [1] + dims
        x = self.m.array(v.dtype, dims) if values is None else np.asarray(self.m.np.choice(values, dims)).astype(v.dtype).reshape(dims)
        return self.const(x)

    def axis(self, v, n=None):
        """One axis, counted from either end."""
        r = v.rank if n is None else n
        if not r:
            raise Reject("a scalar")
        a = self.rng.randrange(r)
        return a - r if self.rng.random() < 0.3 else a

    def by_axes(self, op, x, axes, since, outs=1, **attrs):
        if self.m.opset >= since:
            return self.emit(op, [x] if axes is None else [x, self.ints(axes)], outs, **attrs)
        return self.emit(op, [x], outs, axes=axes, **attrs)

    # the end of a step

    def model_of(self, nodes, inits, inputs, outputs):
        g = h.make_graph(nodes, "g", inputs, outputs, initializer=inits)
        m = h.make_model(g, opset_imports=[h.make_opsetid("", self.m.opset)], ir_version=max(self.m.ir, 8), functions=self.m.functions)
        if self.m.functions:
            m.opset_import.append(h.make_opsetid("local", 1))
        return m

    def commit(self):
        nodes, self.pending = self.pending, []
        if not nodes:
            return
        ins = [self.find(n) for n in free_names(nodes)]
        ins = [v for v in ins if v.name]
        outs = [o for n in nodes for o in n.output if o and o not in self.hidden]
        if any(not x for v in ins if not v.tensor for x in v.env):
            raise Reject("an empty sequence")
        try:
            s = session(self.model_of(nodes, [], [info(v.name, v.env[0]) for v in ins], [info(o, None) for o in outs]))
            got = [run(s, {v.name: v.env[k] for v in ins}) for k in (0, 1)]
        except Exception as e:
            raise Reject(f"{nodes[-1].op_type}: {str(e).splitlines()[0][:160]}") from e
        errs = self.errors(nodes, s, ins, outs, got)
        fixed = all(v.fixed for v in ins)
        for i, o in enumerate(outs):
            env = [g[i] for g in got]
            if len({x.ndim for x in env if isinstance(x, np.ndarray)}) > 1:
                raise Reject("another rank")
            if any(isinstance(x, list) and not x for x in env) or any(not isinstance(x, (list, np.ndarray)) for x in env):
                raise Reject("no tensors")
            self.vals.append(Val(o, env, [e[i] for e in errs], fixed))
        self.nodes += nodes
        self.consts, self.hidden = {}, set()

    def errors(self, nodes, s, ins, outs, got):
        rough = any(n.op_type not in SURE for n in nodes) or any(self.roughness(g) for n in nodes for g in bodies(n))
        errs = []
        for k in (0, 1):
            moved = got[k]
            if any(v.err[k] for v in ins):
                feeds = {v.name: self.moved(v.env[k], v.err[k]) for v in ins}
                moved = run(s, feeds)
            scale = max([magnitude(v.env[k]) for v in ins], default=0.0)
            row = []
            for a, b in zip(got[k], moved):
                d = apart(a, b)
                x = a[0] if isinstance(a, list) and a else a
                t = x.dtype.str[1:] if isinstance(x, np.ndarray) else ""
                if d is None:
                    raise Reject("it jumps")
                if t in ROUNDS:
                    m = magnitude(a)
                    f16 = any(v.tensor and v.dtype == F16 for v in ins) or t == "f2"
                    if m > (LARGE["f2"] if f16 else LARGE[t]):
                        raise Reject("too large")
                    d = 8 * d + (ROUNDS["f2" if f16 else t] * max(m, scale, 1e-3) if rough or (f16 and nodes[-1].op_type in ("Add", "Sub", "Mul", "Div")) else 0.0)
                    if d > 0.02 * max(m, 1e-3) and d > 1e-4 or (d and m and d > 0.5 * m):
                        raise Reject("too rough")
                row.append(d)
            errs.append(row)
        for i, o in enumerate(outs):  # sure in both or in none
            if errs[0][i] or errs[1][i]:
                errs[0][i], errs[1][i] = (e or 1e-7 for e in (errs[0][i], errs[1][i]))
        return errs

    def roughness(self, g):
        return any(n.op_type not in SURE or any(map(self.roughness, bodies(n))) for n in g.node)

    def moved(self, x, err):
        if isinstance(x, list):
            return [self.moved(y, err) for y in x]
        if x.dtype.kind != "f" or not err:
            return x
        return (x + self.m.np.choice([-err, err], x.shape)).astype(x.dtype).reshape(x.shape)

    def step(self, table):
        """Draws one step; False if what was drawn is not valid."""
        names, weights = table
        back = len(self.vals), len(self.inits), set(self.names), set(self.read), len(self.m.overridden), len(self.m.functions)
        f = self.rng.choices(names, weights)[0]
        try:
            f(self)
            self.commit()
            return True
        except Reject:
            inputs = [v for v in self.vals[back[0]:] if v.name.startswith("x")]
            del self.vals[back[0]:], self.inits[back[1]:], self.m.overridden[back[4]:], self.m.functions[back[5]:]
            self.vals += inputs
            self.names, self.read, self.pending, self.consts, self.hidden = back[2], back[3], [], {}, set()
            return False
