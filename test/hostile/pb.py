"""A protobuf writer small enough to write what no library would: fields in any order, wrong
types, broken lengths. Field numbers are those of onnx.proto. Everything is bytes."""
import struct


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while True:
        b = n & 0x7F
        n >>= 7
        out.append(b | (0x80 if n else 0))
        if not n:
            return bytes(out)


def tag(field, wire):
    return varint(field << 3 | wire)


def num(field, n):
    return tag(field, 0) + varint(n)


def data(field, b):
    b = b.encode() if isinstance(b, str) else b
    return tag(field, 2) + varint(len(b)) + b


def f32(field, x):
    return tag(field, 5) + struct.pack("<f", x)


# ---- AttributeProto
def a_int(name, v):
    return data(5, data(1, name) + num(3, v) + num(20, 2))


def a_float(name, v):
    return data(5, data(1, name) + f32(2, v) + num(20, 1))


def a_ints(name, vs):
    return data(5, data(1, name) + b"".join(num(8, v) for v in vs) + num(20, 7))


def a_str(name, v):
    return data(5, data(1, name) + data(4, v) + num(20, 3))


def a_tensor(name, t):
    return data(5, data(1, name) + data(5, t) + num(20, 4))


def a_sparse(name, s):
    return data(5, data(1, name) + data(22, s) + num(20, 11))


def a_graph(name, g):
    return data(5, data(1, name) + data(6, g) + num(20, 5))


def a_raw(name, body):
    return data(5, data(1, name) + body)


# ---- the rest of the schema; each returns the body of its message
def node(op, ins, outs, *attrs, name="", domain=""):
    return (b"".join(data(1, i) for i in ins) + b"".join(data(2, o) for o in outs) + (data(3, name) if name else b"")
            + data(4, op) + b"".join(attrs) + (data(7, domain) if domain else b""))


def tensor(name, dtype, dims, raw=None, *extra):
    return (b"".join(num(1, d) for d in dims) + num(2, dtype) + (data(8, name) if name else b"")
            + (data(9, raw) if raw is not None else b"") + b"".join(extra))


def external(name, dtype, dims, *pairs):
    return tensor(name, dtype, dims, None, b"".join(data(13, data(1, k) + data(2, v)) for k, v in pairs), num(14, 1))


def i64(name, values, dims=None):
    return tensor(name, 7, [len(values)] if dims is None else dims, struct.pack("<%dq" % len(values), *values))


def flt(name, values, dims=None):
    return tensor(name, 1, [len(values)] if dims is None else dims, struct.pack("<%df" % len(values), *values))


def i32(name, values, dims=None):
    return tensor(name, 6, [len(values)] if dims is None else dims, struct.pack("<%di" % len(values), *values))


def info(name, dtype=1, dims=()):
    """dims None: a tensor of which no shape is said."""
    shape = data(2, b"".join(data(1, num(1, d) if isinstance(d, int) else data(2, d)) for d in dims)) if dims is not None else b""
    return data(1, name) + data(2, data(1, num(1, dtype) + shape))


def graph(nodes=(), inits=(), ins=(), outs=(), *extra, name="g", infos=()):
    return (b"".join(data(1, n) for n in nodes) + data(2, name) + b"".join(data(5, t) for t in inits)
            + b"".join(data(11, i) for i in ins) + b"".join(data(12, o) for o in outs)
            + b"".join(data(13, i) for i in infos) + b"".join(extra))


def opset(version=17, domain=""):
    return data(8, (data(1, domain) if domain else b"") + num(2, version))


def function(name, ins, outs, nodes, domain="f", version=17):
    return data(25, data(1, name) + b"".join(data(4, i) for i in ins) + b"".join(data(5, o) for o in outs)
                + b"".join(data(7, n) for n in nodes) + data(9, data(1, "") + num(2, version))
                + data(9, data(1, domain) + num(2, 1)) + data(10, domain))


def model(g, *extra, ir=8, opsets=None):
    return num(1, ir) + data(7, g) + (opset() if opsets is None else opsets) + b"".join(extra)
