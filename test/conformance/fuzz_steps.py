"""The table of what fuzz_models.py draws: each function appends one step to a Scope."""
import numpy as np
from onnx import helper as h

from fuzz_draw import BOOL, F16, F32, F64, FLOATS, I8, I32, I64, INTS, NUMBERS, STR, U8, Reject

STEPS = {}


def step(weight, since=7):
    def add(f):
        STEPS[f] = (weight, since)
        return f
    return add


def table(opset, without=()):
    fs = [f for f, (_, since) in STEPS.items() if opset >= since and f.__name__ not in without]
    return fs, [STEPS[f][0] for f in fs]


def prod(x):
    return int(np.prod(x, dtype=np.int64))


def limited(v, n=4000):
    if any(x.size > n for x in v.env):
        raise Reject("too many elements")
    return v


# elementwise

@step(4)
def unary(s):
    op = s.rng.choice(["Abs", "Neg", "Relu", "Identity", "Abs", "Neg", "Sign"])
    x = s.pick(NUMBERS if op in ("Identity", "Sign") else FLOATS + (I32, I64, I8) if op != "Relu" else FLOATS, sure=op == "Sign")
    for _ in range(s.rng.choice([1, 1, 2])):
        x = s.emit(op, [x])


@step(2)
def jumps(s):
    x = s.pick(FLOATS, sure=True)
    y = s.emit(s.rng.choice(["Floor", "Ceil", "Round", "Sign"]), [x])
    if s.rng.random() < 0.3:
        s.emit(s.rng.choice(["Floor", "Ceil", "Round", "Abs"]), [y])


@step(3)
def smooth(s):
    x = s.pick(FLOATS, when=lambda v: v.finite and v.within(-20, 20))
    op = s.rng.choice(["Exp", "Sigmoid", "Tanh", "Erf", "Sin", "Cos", "Softplus", "Softsign", "Elu", "Selu", "LeakyRelu",
                       "HardSigmoid", "Celu", "Mish", "HardSwish", "Gelu", "Atan", "Swish"])
    attrs = {"alpha": s.rng.choice([0.25, 1.0, 0.0])} if op in ("Elu", "LeakyRelu", "HardSigmoid") and s.rng.random() < 0.5 else {}
    s.emit(op, [x], **attrs)


@step(1)
def roots(s):
    x = s.pick((F32, F64), when=lambda v: v.finite)
    y = s.emit("Add", [s.emit("Abs", [x]), s.const(np.array(s.rng.choice([1, 2]), x.dtype))])
    s.emit(s.rng.choice(["Sqrt", "Log", "Reciprocal"]), [y])


def partner(s, x, **how):
    """What broadcasts with x: another value, x itself, or a constant."""
    def fits(v):
        return all(a == b or a == (1, 1) or b == (1, 1) for a, b in zip(reversed(v.dims), reversed(x.dims)))
    if s.rng.random() < 0.5:
        return s.like(x)
    return s.pick(x.dtype, when=lambda v: fits(v) and prod(v.env[0].shape) * prod(x.env[0].shape) < 4000, **how)


@step(7)
def binary(s):
    op = s.rng.choice(["Add", "Sub", "Mul", "Add", "Mul", "Max", "Min"])
    x = limited(s.pick(NUMBERS if op not in ("Max", "Min") or s.m.opset >= 12 else FLOATS))
    if op in ("Max", "Min") and not x.finite:
        raise Reject("NaN")
    ins = [x, partner(s, x)]
    if s.rng.random() < 0.4:
        ins.reverse()
    y = s.emit(op, ins)
    if s.rng.random() < 0.3:
        s.emit(s.rng.choice(["Add", "Sub", "Mul", "Relu", "Neg"] if x.dtype in FLOATS else ["Add", "Sub"]), [y, partner(s, x)][:2])


@step(2)
def variadic(s):
    x = limited(s.pick(FLOATS, when=lambda v: v.finite))
    op = s.rng.choice(["Sum", "Mean", "Max", "Min"])
    ins = [x] + [partner(s, x) for _ in range(s.rng.randint(0, 3))]
    s.rng.shuffle(ins)
    s.emit(op, ins)


@step(2)
def divide(s):
    x = limited(s.pick(NUMBERS))
    c = s.like(x, [1, 2, 4, 3] + ([0.5, -2] if x.dtype in FLOATS else []))
    op = s.rng.choice(["Div", "Div", "Mod"] if x.dtype not in FLOATS and s.m.opset >= 10 else ["Div"])
    s.emit(op, [x, c])


@step(2)
def powers(s):
    x = limited(s.pick((F32, F64), when=lambda v: v.within(-50, 50)))
    s.emit("Pow", [x, s.like(x, s.rng.choice([[1], [2], [0], [1, 2, 3]]))])


@step(4)
def neutral(s):
    """x*1, x+0, x-0, x/1, 0-x, x*0 and the like, with constants of many shapes and signs."""
    x = limited(s.pick(NUMBERS))
    op = s.rng.choice(["Add", "Sub", "Mul", "Div", "Mul", "Add"])
    c = s.like(x, [1] if op == "Div" else [s.rng.choice([0, 1, -0.0, 0, 1, -1 if x.dtype.kind != "u" else 1])], same=s.rng.choice([0, 0.7]))
    ins = [x, c]
    if op in ("Add", "Mul") and s.rng.random() < 0.5:
        ins.reverse()
    y = s.emit(op, ins)
    if s.rng.random() < 0.3:
        s.emit(op, [y, c])


@step(3)
def compare(s):
    op = s.rng.choice(["Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"])
    x = limited(s.pick(NUMBERS if op != "Equal" or s.m.opset >= 11 else (I32, I64, BOOL), sure=True))
    y = s.emit(op, [x, partner(s, x, sure=True)])
    if s.rng.random() < 0.3:
        s.emit("Not", [y])


@step(3)
def logic(s):
    x = limited(s.pick(BOOL))
    op = s.rng.choice(["And", "Or", "Xor", "Not", "Equal"])
    c = s.like(x, [s.rng.choice([True, False])]) if s.rng.random() < 0.5 else partner(s, x)
    y = s.emit(op, [x] if op == "Not" else s.rng.sample([x, c], 2))
    if s.rng.random() < 0.3:
        s.emit("Not", [y])


@step(1, 11)
def bits(s):
    x = limited(s.pick(INTS if s.m.opset >= 18 else (U8, INTS[6], INTS[7])))
    if x.dtype.kind == "u" and s.rng.random() < 0.5:
        s.emit("BitShift", [x, s.like(x, [0, 1, 2])], direction=s.rng.choice(["LEFT", "RIGHT"]))
    elif s.rng.random() < 0.3:
        s.emit("BitwiseNot", [x])
    else:
        s.emit(s.rng.choice(["BitwiseAnd", "BitwiseOr", "BitwiseXor"]), [x, partner(s, x)])


@step(3, 9)
def where(s):
    x = limited(s.pick())
    c = s.pick(BOOL, when=lambda v: all(a == b or a == (1, 1) or b == (1, 1) for a, b in zip(reversed(v.dims), reversed(x.dims))))
    if s.rng.random() < 0.3:
        c = s.const(np.full([1] * s.rng.randint(0, 2), s.rng.random() < 0.5))
    elif s.rng.random() < 0.3:
        c = s.emit("Not", [c])
    ins = [x, x if s.rng.random() < 0.1 else partner(s, x)]
    s.rng.shuffle(ins)
    s.emit("Where", [c, *ins])


@step(4)
def cast(s):
    x = s.pick()
    y, was = x.name, x.dtype
    for _ in range(s.rng.choice([1, 1, 2, 3])):
        to = s.rng.choice(NUMBERS + (F32, I64, BOOL, F16) + ((STR,) if s.m.opset >= 9 and s.rng.random() < 0.2 and was in INTS else ()))
        if was == STR:
            to = s.rng.choice([STR])
        if to in INTS or to == BOOL or (was == F32 and to == F16) or (was == F64):
            if not x.sure:
                raise Reject("may jump")
        if (to in INTS and was in FLOATS) and not x.within(0 if to.kind == "u" else -100, 100):
            raise Reject("out of range")
        how = s.rng.random()
        if to != STR and how < 0.2 and s.m.opset >= 15:
            y = s.emit("CastLike", [y, s.const(np.zeros([1] * s.rng.randint(0, 1), to))])
        else:
            y = s.emit("Cast", [y], to=8 if to == STR else h.np_dtype_to_tensor_dtype(to))
        if to in (U8, I8, BOOL) or was in FLOATS and to in INTS:
            s.commit()
            x = s.find(y)
        was = to


@step(1, 13)
def cast_narrow(s):
    """Through a type that numpy does not have, and back."""
    x = s.pick((F32, F16), sure=True, when=lambda v: v.within(-200, 200))
    to = s.rng.choice([16] + ([17, 18, 19, 20] if s.m.opset >= 19 else []))
    y = s.emit("Cast", [x], to=to)
    s.hidden.add(y)
    if s.rng.random() < 0.4:
        y = s.emit(s.rng.choice(["Identity", "Reshape"]), [y] if s.rng.random() < 2 else [])
        s.hidden.add(y)
    s.emit("Cast", [y], to=s.rng.choice([1, 10]))


@step(3)
def clip(s):
    x = s.pick(FLOATS if s.m.opset < 12 else FLOATS + (I32, I64, I8, U8), when=lambda v: v.finite)
    y = x.name
    for _ in range(s.rng.choice([1, 1, 2, 3])):
        op = s.rng.choice(["Clip", "Clip", "Relu", "Min", "Max"] if x.dtype in FLOATS else ["Clip", "Min", "Max"])
        lo, hi = sorted(s.rng.sample([-1, 0, 0, 1, 2, 6] if x.dtype != U8 else [0, 1, 3, 6], 2))
        if op == "Clip" and s.m.opset < 11:
            y = s.emit(op, [y], min=s.rng.choice([None, float(lo)]), max=s.rng.choice([None, float(hi)]))
        elif op == "Clip":
            b = [s.rng.choice(["", s.const(np.array(v, x.dtype))]) for v in (lo, hi)]
            y = s.emit(op, [y, *b])
        elif op == "Relu":
            y = s.emit(op, [y])
        else:
            if s.m.opset < 12 and x.dtype not in FLOATS:
                raise Reject("types of Min")
            ins = [y, s.const(np.full([1] * s.rng.randint(0, min(x.rank, 2)), lo, x.dtype))]
            y = s.emit(op, s.rng.sample(ins, 2))


@step(1)
def idempotent(s):
    x = s.pick(FLOATS, sure=True)
    op = s.rng.choice(["Abs", "Ceil", "Floor", "Round", "Relu", "Neg", "Sign", "Identity"])
    y = s.emit(op, [x])
    s.emit(op if s.rng.random() < 0.8 else "Neg", [y])


@step(2)
def again(s):
    """A node as before: what common subexpressions are made of."""
    can = [n for n in s.nodes if n.op_type not in ("If", "Loop", "Scan") and "" not in n.output]
    if not can:
        raise Reject("nothing")
    n = s.rng.choice(can[-12:])
    y = type(n)()
    y.CopyFrom(n)
    y.name = ""
    del y.output[:]
    y.output.extend(s.m.fresh() for _ in n.output)
    s.pending.append(y)
    s.names.update(y.output)
    s.read.update(y.input)


# shape arithmetic

def shape_of(s, x, low=None, high=None):
    if low is not None and s.m.opset >= 15 and s.rng.random() < 0.4:
        return s.emit("Shape", [x], start=low, end=high)
    y = s.emit("Shape", [x])
    if low is None:
        return y
    return slice_(s, y, [low], [high], [0])


def slice_(s, x, starts, ends, axes, steps=None):
    if s.m.opset < 10:
        if steps:
            raise Reject("no steps")
        return s.emit("Slice", [x], starts=starts, ends=ends, axes=axes)
    t = s.rng.choice([np.int64, np.int64, np.int32])
    if max(map(abs, ends)) > 2**31 - 1:
        t = np.int64
    ins = [x, s.ints(starts, t), s.ints(ends, t), s.ints(axes, t)]
    return s.emit("Slice", ins + ([s.ints(steps, t)] if steps else []))


def dim_of(s, x, i):
    """x.shape[i] as a 1-D tensor of one element, in one of the ways that exporters write it."""
    how = s.rng.random()
    if how < 0.3:
        return shape_of(s, x, i, i + 1)
    y = s.emit("Shape", [x])
    j = i - x.rank if s.rng.random() < 0.2 and s.m.opset >= 11 else i
    if how < 0.5:
        return s.emit("Gather", [y, s.ints([j])])
    y = s.emit("Gather", [y, s.ints(j)])
    if how < 0.7:
        y = arithmetic(s, y)
    return s.by_axes("Unsqueeze", y, [0], 13)


def arithmetic(s, y):
    """A number through operators that leave it as it is."""
    how = s.rng.randint(0, 7)
    one, zero, two = s.ints(1), s.ints(0), s.ints(2)
    if how == 0:
        return s.emit("Mul", [y, one])
    if how == 1:
        return s.emit("Add", [y, zero])
    if how == 2:
        return s.emit("Div", [s.emit("Mul", [y, two]), two])
    if how == 3:
        return s.emit("Sub", [s.emit("Add", [y, two]), two])
    if how == 4:
        return s.emit("Cast", [s.emit("Cast", [y], to=s.rng.choice([6, 1, 11]))], to=7)
    if how == 5:
        return s.emit("Where", [s.emit("Equal", [y, s.ints(-1)]), one, y]) if s.m.opset >= 9 else y
    if how == 6:
        return s.emit("Cast", [s.emit("Floor", [s.emit("Cast", [y], to=1)])], to=7)
    return s.emit("Max", [y, zero]) if s.m.opset >= 12 else y


@step(3)
def shape_values(s):
    """Values of a shape as a result of their own."""
    x = s.pick(rank=(1, 2, 3, 4, 5))
    y = s.emit("Shape", [x])
    for _ in range(s.rng.randint(0, 3)):
        how = s.rng.randint(0, 7)
        if how == 0:
            y = s.emit(s.rng.choice(["Add", "Mul", "Sub"]), [y, s.const(s.m.array(I64, [s.rng.choice([1, x.rank])], special=False))])
        elif how == 1:
            y = s.emit("Div", [y, s.ints([s.rng.choice([1, 2, 3])])])
        elif how == 2:
            y = s.emit("Cast", [y], to=s.rng.choice([1, 6, 7]))
            y = s.emit("Cast", [y], to=7)
        elif how == 3:
            y = s.emit("Where", [s.emit("Equal", [y, s.ints([s.rng.choice([1, 2, -1])])]), s.ints([s.rng.choice([0, 1, 5])]), y]) if s.m.opset >= 9 else y
        elif how == 4:
            y = s.emit("Concat", [y, s.emit("Shape", [s.pick(rank=(0, 1, 2, 3))])], axis=0)
            break
        elif how == 5:
            y = slice_(s, y, [s.rng.choice([0, 1, -2, -1])], [s.rng.choice([1, 2, -1, 2**63 - 1])], [0])
            break
        elif how == 6:
            y = s.emit(s.rng.choice(["Less", "Greater"]), [y, s.ints([s.rng.choice([1, 2, 3])])]) if s.m.opset >= 9 else y
            break
        else:
            y = s.by_axes(s.rng.choice(["ReduceProd", "ReduceSum", "ReduceMax"]), y, [0], 18, keepdims=s.rng.randint(0, 1)) if s.m.opset >= 18 else s.emit("ReduceProd", [y], keepdims=0)
            break


@step(1)
def size_of(s):
    y = s.emit("Size", [s.pick()])
    if s.rng.random() < 0.5:
        s.emit("Add", [y, s.ints([1, 2])])


@step(6)
def reshape(s):
    x = s.pick(rank=(1, 2, 3, 4, 5))
    how = s.rng.randint(0, 6)
    allowzero = {}
    if how == 0:
        target = s.emit("Shape", [s.pick(when=lambda v: all(a.size == b.size for a, b in zip(v.env, x.env)))])
    elif how == 1:
        i = s.rng.randrange(x.rank)
        target = s.emit("Concat", [dim_of(s, x, i), s.ints([-1])], axis=0)
    elif how == 2:  # as it is, dimension by dimension
        target = s.emit("Concat", [dim_of(s, x, i) if a != b or s.rng.random() < 0.5 else s.ints([a]) for i, (a, b) in enumerate(x.dims)], axis=0)
    elif how == 3:  # two neighbours multiplied
        if x.rank < 2:
            raise Reject("one dimension")
        i = s.rng.randrange(x.rank - 1)
        p = s.emit("Mul", [dim_of(s, x, i), dim_of(s, x, i + 1)])
        target = s.emit("Concat", [*(dim_of(s, x, j) for j in range(i)), p, *(dim_of(s, x, j) for j in range(i + 2, x.rank))], axis=0)
    else:
        sure = [a for a, b in x.dims if a == b]
        n = prod(sure)
        parts = s.rng.choice([[n], [1, n], [n, 1], [2, n // 2], [n // 3, 3], [-1], [0, -1], [0] * x.rank, [0] * (x.rank - 1) + [-1], [-1, n], [-1, n or 1, 1], [2, -1], [-1, 3]])
        if how == 6 and s.m.opset >= 14:
            allowzero = {"allowzero": s.rng.randint(0, 1)}
        target = s.ints(parts)
    y = s.emit("Reshape", [x, target], **allowzero)
    if s.rng.random() < 0.3:
        s.emit("Reshape", [y, s.ints(s.rng.choice([[-1], [0, -1], [1, -1], [-1, 1], [0, 0, -1]]))])


@step(3, 8)
def expand(s):
    x = limited(s.pick(), 500)
    how = s.rng.randint(0, 4)
    if how == 0:
        to = s.emit("Shape", [s.pick(when=lambda v: prod(v.env[0].shape) < 2000 and all(a == b or a == (1, 1) or b == (1, 1) for a, b in zip(reversed(v.dims), reversed(x.dims))))])
    elif how == 1 and s.m.opset >= 9 and x.rank:  # -1: as it is
        c = s.ints([-1 if a != 1 or b != 1 else s.rng.choice([-1, 2, 3]) for a, b in x.dims])
        ones = s.emit("ConstantOfShape", [s.ints([x.rank])], value=h.make_tensor("", 7, [1], [1]))
        to = s.emit("Where", [s.emit("Equal", [c, s.ints(-1)]), ones, c])
    elif how == 2 and x.rank:
        to = s.emit("Concat", [dim_of(s, x, i) if (a, b) != (1, 1) or s.rng.random() < 0.5 else s.ints([s.rng.choice([1, 2, 0])]) for i, (a, b) in enumerate(x.dims)], axis=0)
    else:
        to = s.ints(s.rng.choice([[], [1], [1] * x.rank, [2] + [1] * x.rank, [2 if d == (1, 1) else 1 for d in x.dims]]))
    y = s.emit("Expand", [x, to])
    if s.rng.random() < 0.4 and x.dtype in NUMBERS:
        s.emit(s.rng.choice(["Add", "Mul", "Sub"]), s.rng.sample([y, partner(s, x)], 2))


@step(2, 9)
def constant_of_shape(s):
    dtype = s.rng.choice(NUMBERS + (BOOL,))
    v = s.m.array(dtype, [1], special=False)
    value = h.make_tensor("", h.np_dtype_to_tensor_dtype(dtype), [1], v.tolist()) if s.rng.random() < 0.8 else None
    x = s.pick(rank=(0, 1, 2, 3), when=lambda v: prod(v.env[0].shape) < 1000)
    y = s.emit("ConstantOfShape", [s.emit("Shape", [x]) if s.rng.random() < 0.6 else s.ints(s.rng.choice([[1], [0], [2, 1], [3], [1, 2, 2]]))], value=value)
    if s.rng.random() < 0.4:
        s.emit("Cast", [y], to=s.rng.choice([1, 6, 7, 10]))
    elif s.rng.random() < 0.4 and x.rank:
        s.emit("NonZero", [y])


@step(2, 11)
def range_(s):
    x = s.pick(rank=(1, 2, 3, 4))
    i = s.rng.randrange(x.rank)
    n = s.emit("Gather", [s.emit("Shape", [x]), s.ints(i)])
    r = s.emit("Range", s.rng.choice([[s.ints(0), n, s.ints(1)], [s.ints(1), n, s.ints(2)], [n, s.ints(0), s.ints(-1)], [s.ints(-2), s.emit("Add", [n, s.ints(1)]), s.ints(1)]]))
    how = s.rng.randint(0, 4)
    if how == 0:
        s.emit("Cast", [r], to=1)
    elif how == 1:
        s.emit("Less", [r, s.by_axes("Unsqueeze", s.emit("Range", [s.ints(0), n, s.ints(1)]), [1], 13)])
    elif how == 2 and s.m.opset >= 11:
        s.emit("Gather", [x, s.emit("Range", [s.ints(0), n, s.ints(1)])], axis=i)


@step(2)
def tile(s):
    x = limited(s.pick(rank=(1, 2, 3)), 300)
    if s.rng.random() < 0.5:
        reps = s.ints([s.rng.choice([1, 1, 2, 0 if s.rng.random() < 0.2 else 3]) for _ in range(x.rank)])
    else:
        y = limited(s.pick(rank=(x.rank,)), 50)
        reps = s.emit("Shape", [y])
    s.emit("Tile", [x, reps])


# moves

@step(5)
def transpose(s):
    x = s.pick(rank=(1, 2, 3, 4, 5))
    p = list(range(x.rank))
    s.rng.shuffle(p)
    y = s.emit("Transpose", [x], perm=s.rng.choice([p, p, p, None]))
    for _ in range(s.rng.choice([0, 0, 1, 2])):
        how = s.rng.randint(0, 4)
        if how == 0 and x.dtype in FLOATS:
            y = s.emit(s.rng.choice(["Relu", "Neg", "Abs"]), [y])
        elif how == 1 and x.dtype in NUMBERS:
            y = s.emit(s.rng.choice(["Add", "Mul"]), s.rng.sample([y, s.const(s.m.array(x.dtype, [s.rng.choice([1, x.env[0].shape[p[-1]]])]))], 2))
        elif how == 2:
            y = s.emit("Concat", [y, y], axis=s.rng.randrange(x.rank))
        elif how == 3:
            y = s.emit("Cast", [y], to=s.rng.choice([1, 11]))
    if s.rng.random() < 0.6:
        q = [p.index(i) for i in range(x.rank)] if s.rng.random() < 0.7 else s.rng.sample(p, len(p))
        s.emit("Transpose", [y], perm=q)


@step(5)
def squeeze(s):
    x = s.pick()
    ones = [i for i, d in enumerate(x.dims) if d == (1, 1)]
    if ones and s.rng.random() < 0.5:
        axes = s.rng.sample(ones, s.rng.randint(1, len(ones)))
        if s.m.opset >= 11 and s.rng.random() < 0.3:
            axes = [a - x.rank for a in axes]
        y, rank = s.by_axes("Squeeze", x, None if len(axes) == len(ones) and s.rng.random() < 0.5 else axes, 13), x.rank - len(axes)
    else:
        y, rank = x.name, x.rank
    if rank < 5:
        k = s.rng.choice([1, 1, 2]) if rank < 4 else 1
        axes = s.rng.sample(range(rank + k), k)
        if s.m.opset >= 11 and s.rng.random() < 0.3:
            axes = [a - rank - k for a in axes]
        y, rank = s.by_axes("Unsqueeze", y, axes, 13), rank + k
        if s.rng.random() < 0.4:
            y = s.by_axes("Unsqueeze", y, [s.rng.randint(0, rank)], 13)
        elif s.rng.random() < 0.3:
            s.by_axes("Squeeze", y, axes[:1], 13)


@step(2)
def flatten(s):
    x = s.pick(rank=(1, 2, 3, 4))
    y = s.emit("Flatten", [x], axis=s.rng.choice([None, s.rng.randint(0, x.rank), -1 if s.m.opset >= 11 else 1]))
    if s.rng.random() < 0.3:
        s.emit("Flatten", [y], axis=s.rng.choice([0, 1]))


@step(4)
def concat(s):
    x = limited(s.pick(rank=(1, 2, 3, 4)), 800)
    a = s.rng.randrange(x.rank)
    def fits(v):
        return v.rank == x.rank and all(d == e for i, (d, e) in enumerate(zip(v.dims, x.dims)) if i != a)
    ins = [x] + [s.pick(x.dtype, when=fits) for _ in range(s.rng.choice([0, 1, 1, 2]))]
    if all(d == e for i, (d, e) in enumerate(x.dims) if i != a) and s.rng.random() < 0.4:
        ins.append(s.const(s.m.array(x.dtype, [s.rng.choice([0, 1, 2]) if i == a else d for i, (d, _) in enumerate(x.dims)])))
    s.rng.shuffle(ins)
    a = a - x.rank if s.m.opset >= 11 and s.rng.random() < 0.3 else a
    y = s.emit("Concat", ins, axis=a)
    if s.rng.random() < 0.4:
        s.emit("Concat", s.rng.sample([y, x], 2) + ([s.const(s.m.array(x.dtype, [0 if i == a % x.rank else d for i, (d, _) in enumerate(x.dims)]))] if s.rng.random() < 0.2 else []), axis=a)


@step(4)
def slices(s):
    x = s.pick(rank=(1, 2, 3, 4))
    y = x.name
    for _ in range(s.rng.choice([1, 1, 2, 3])):
        axes = s.rng.sample(range(x.rank), s.rng.randint(1, min(2, x.rank)))
        starts = [s.rng.choice([0, 0, 1, -1, -2, 5, -100]) for _ in axes]
        ends = [s.rng.choice([1, 2, 3, -1, 2**31 - 1, 2**63 - 1, 100, 0]) for _ in axes]
        steps = None
        if s.m.opset >= 10 and s.rng.random() < 0.4:
            steps = [s.rng.choice([1, 1, 2, -1, -2]) for _ in axes]
            ends = [-(2**63) if t < 0 and s.rng.random() < 0.7 else e for e, t in zip(ends, steps)]
            starts = [2**31 - 1 if t < 0 and s.rng.random() < 0.7 else e for e, t in zip(starts, steps)]
        if s.m.opset >= 11 and s.rng.random() < 0.3:
            axes = [a - x.rank for a in axes]
        y = slice_(s, y, starts, ends, axes, steps)


@step(2)
def halves(s):
    x = s.pick(rank=(1, 2, 3, 4))
    a = s.rng.randrange(x.rank)
    d, e = x.dims[a]
    k = (d + 1) // 2
    if s.rng.random() < 0.4:
        i = dim_of(s, x, a)
        half = s.emit("Div", [i, s.ints([2])])
        if s.m.opset < 10:
            raise Reject("Slice by attributes")
        s.emit("Slice", [x, s.ints([0]), half, s.ints([a])])
        s.emit("Slice", [x, half, s.ints([2**63 - 1]), s.ints([a])])
        return
    slice_(s, x, [0], [k], [a])
    slice_(s, x, [k], [s.rng.choice([d, 2**63 - 1])], [a])


@step(3)
def split(s):
    x = s.pick(rank=(1, 2, 3, 4))
    i = s.rng.randrange(x.rank)
    d, e = x.dims[i]
    a = i - x.rank if s.m.opset >= 11 and s.rng.random() < 0.3 else i
    n = s.rng.choice([1, 2, 2, 3])
    how = s.rng.random()
    if how < 0.5 and d == e:
        cuts = sorted(s.rng.randint(0, d) for _ in range(n - 1))
        lens = [b - a_ for a_, b in zip([0, *cuts], [*cuts, d])]
        outs = s.emit("Split", [x, s.ints(lens)], n, axis=a) if s.m.opset >= 13 else s.emit("Split", [x], n, axis=a, split=lens)
    else:
        outs = s.emit("Split", [x], n, axis=a, num_outputs=n if s.m.opset >= 18 else None)
    outs = [outs] if n == 1 else outs
    if s.rng.random() < 0.4:
        s.emit("Concat", outs if s.rng.random() < 0.7 else s.rng.sample(outs, len(outs)), axis=a)


@step(2)
def pad(s):
    x = limited(s.pick(FLOATS if s.m.opset < 13 else FLOATS + (I32, I64, BOOL), rank=(1, 2, 3, 4)), 500)
    n = x.rank
    pads = [s.rng.choice([0, 0, 0, 1, 2, -1 if s.rng.random() < 0.3 else 0]) for _ in range(2 * n)]
    mode = s.rng.choice(["constant"] * 4 + ["edge", "reflect"])
    if s.m.opset < 11:
        s.emit("Pad", [x], pads=pads, mode=mode, value=s.rng.choice([0.0, 1.5]))
    else:
        ins = [x, s.ints(pads)]
        if s.rng.random() < 0.5 and mode == "constant":
            ins.append(s.const(np.array(s.rng.choice([0, 1]), x.dtype)))
        if s.m.opset >= 18 and s.rng.random() < 0.3:
            ins = ins[:2] + (ins[2:] or [""])
            i = s.rng.randrange(n)
            ins[1] = s.ints([pads[i], pads[n + i]])
            ins.append(s.ints([i]))
        s.emit("Pad", ins, mode=mode)


@step(4)
def gather(s):
    x = limited(s.pick(rank=(1, 2, 3, 4)), 800)
    i = s.rng.randrange(x.rank)
    d = min(x.dims[i])
    if not d:
        raise Reject("nothing to gather")
    a = i - x.rank if s.m.opset >= 11 and s.rng.random() < 0.3 else i
    low = -d if s.m.opset >= 11 else 0
    t = s.rng.choice([np.int64, np.int32])
    how = s.rng.random()
    if how < 0.7:
        idx = s.ints(s.m.np.integers(low, d, s.rng.choice([[], [1], [2], [1, 1], [2, 2], [0]])), t)
    else:
        idx = s.pick((I64, I32), rank=(0, 1, 2), when=lambda v: v.within(low, d - 1) and prod(v.env[0].shape) < 20)
    y = s.emit("Gather", [x, idx], axis=a)
    if s.rng.random() < 0.3:
        s.by_axes("Unsqueeze", y, [i], 13)


@step(2, 11)
def gather_elements(s):
    x = s.pick(rank=(1, 2, 3), when=lambda v: all(a == b and a for a, b in v.dims))
    a = s.rng.randrange(x.rank)
    shape = [d for d, _ in x.dims]
    shape[a] = s.rng.choice([1, 2, shape[a]])
    idx = s.ints(s.m.np.integers(-x.dims[a][0], x.dims[a][0], shape))
    if s.rng.random() < 0.5:
        s.emit("GatherElements", [x, idx], axis=a)
    else:
        shape[a] = 1
        idx = s.ints(s.m.np.integers(0, x.dims[a][0], shape))
        s.emit("ScatterElements", [x, idx, s.const(s.m.array(x.dtype, shape))], axis=a)


@step(2, 11)
def gather_nd(s):
    x = limited(s.pick(rank=(1, 2, 3), when=lambda v: all(min(d) for d in v.dims)), 500)
    k = s.rng.randint(1, x.rank)
    n = s.rng.randint(1, 2)
    idx = np.stack([s.m.np.integers(0, min(x.dims[j]), n) for j in range(k)], -1)
    if s.rng.random() < 0.5:
        s.emit("GatherND", [x, s.ints(idx)])
        return
    if s.rng.random() < 0.6:  # over everything, in order
        k, idx = 1, np.arange(x.dims[0][0])[:, None]
        if s.rng.random() < 0.2:
            idx = idx[::-1].copy()
        if s.rng.random() < 0.5:
            s.emit("ScatterND", [x, s.ints(idx), s.pick(x.dtype, when=lambda v: v.dims == x.dims)])
            return
    elif len({tuple(i) for i in idx}) < len(idx):
        raise Reject("twice the same")
    if any(a != b for a, b in x.dims[k:]):
        raise Reject("free dimension")
    s.emit("ScatterND", [x, s.ints(idx), s.const(s.m.array(x.dtype, [len(idx)] + [d for d, _ in x.dims[k:]]))])


@step(2, 9)
def pick_apart(s):
    """Operators whose output's shape depends on values."""
    x = s.pick(NUMBERS + (BOOL,), rank=(1, 2, 3), sure=True, when=lambda v: v.finite)
    how = s.rng.randint(0, 4)
    if how == 0:
        y = s.emit("NonZero", [x])
        s.emit("Transpose", [y], perm=[1, 0])
    elif how == 1:
        a = s.rng.randrange(x.rank)
        c = s.const(s.m.array(BOOL, [min(x.dims[a])]))
        s.emit("Compress", [x, c], axis=a)
    elif how == 2:
        s.emit("OneHot", [s.pick((I64, I32), rank=(0, 1, 2), when=lambda v: v.within(-5, 5)), s.ints(5), s.const(np.array([0, 1], np.float32))],
               axis=s.rng.choice([None, 0]))
    elif how == 3:
        if not all(x.env[0].shape + x.env[1].shape):
            raise Reject("onnxruntime ends there")
        s.emit("Unique", [x], [1, *s.rng.choice([[], [1], [0, 1], [1, 1, 1]])], axis=s.rng.choice([None, 0]), sorted=1)
    elif x.rank == 2:
        s.emit("EyeLike", [x], k=s.rng.choice([0, 1, -1]), dtype=s.rng.choice([1, 7]))


@step(2)
def top(s):
    x = s.pick(FLOATS + (I64, I32), rank=(1, 2, 3), sure=True, when=lambda v: v.finite)
    a = s.rng.randrange(x.rank)
    k = min(x.dims[a])
    if not k:
        raise Reject("none")
    how = s.rng.random()
    if how < 0.4:
        k = s.rng.randint(1, k)
        outs = s.rng.choice([[1, 1], [1, 1], [1, ""], ["", 1]])
        if s.m.opset < 10:
            s.emit("TopK", [x], outs, axis=a, k=k)
        else:
            s.emit("TopK", [x, s.ints([k])], outs, axis=a)
    else:
        s.emit(s.rng.choice(["ArgMax", "ArgMin"]), [x], axis=a, keepdims=s.rng.choice([None, 0, 1]))


@step(2, 11)
def odd_moves(s):
    how = s.rng.randint(0, 5)
    if how == 0:
        s.emit("Trilu", [s.pick(rank=(2, 3)), *s.rng.choice([[], [s.ints(1)], [s.ints(-1)]])], upper=s.rng.randint(0, 1))
    elif how == 1:
        s.emit("CumSum", [s.pick((F32, I64, I32), rank=(1, 2, 3), when=lambda v: v.finite), s.ints(0)], reverse=s.rng.randint(0, 1), exclusive=s.rng.randint(0, 1))
    elif how == 2:
        x = s.pick((F32,), rank=(4,), when=lambda v: v.dims[1][0] % 4 == 0 and v.dims[1][0] > 0)
        s.emit("DepthToSpace", [x], blocksize=2, mode=s.rng.choice(["DCR", "CRD"]))
    elif how == 3:
        x = s.pick((F32,), rank=(4,), when=lambda v: all(not d % 2 for p in v.dims[2:] for d in p))
        s.emit("SpaceToDepth", [x], blocksize=2)
    elif how == 4:
        s.emit("ReverseSequence", [s.pick(rank=(2, 3), when=lambda v: v.dims[1][0] == v.dims[1][1] and min(v.dims[0]) > 0),
                                   s.pick(I64, rank=(1,), when=lambda v: v.within(0, 1))], batch_axis=1, time_axis=0)
    else:
        x = s.pick(rank=(1, 2, 3))
        s.emit("CenterCropPad", [x, s.ints([s.rng.choice([1, 2, 5])])], axes=[s.axis(x)])


@step(4)
def reduce(s):
    op = s.rng.choice(["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"])
    x = s.pick(FLOATS + ((I64, I32) if op in ("ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd") else ()), when=lambda v: v.finite and v.within(-30, 30))
    axes = s.rng.sample(range(x.rank), s.rng.randint(0, x.rank)) or None
    if axes and s.m.opset >= 11 and s.rng.random() < 0.3:
        axes = [a - x.rank for a in axes]
    if axes and any(not min(x.dims[a]) for a in axes) and op != "ReduceSum":
        raise Reject("nothing to reduce")
    since = 13 if op == "ReduceSum" else 18
    keep = s.rng.choice([None, 0, 1])
    if axes is None and s.m.opset >= since and s.rng.random() < 0.3:
        y = s.emit(op, [x, s.rng.choice(["", s.ints([])])], keepdims=keep, noop_with_empty_axes=s.rng.choice([None, 0, 1]))
    else:
        y = s.by_axes(op, x, axes, since, keepdims=keep)
    if keep != 0 and axes and s.rng.random() < 0.3:
        s.by_axes("Squeeze", y, axes if min(axes) >= 0 or s.m.opset >= 11 else None, 13)
