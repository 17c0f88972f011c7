"""A case is one node (with helper nodes that make its sequences) on values."""
import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .values import FLOATS, TYPES, np_type, type_of


class Seq(list):
    """A sequence of tensors; t: its element type."""

    def __init__(self, items, t):
        super().__init__(items)
        self.t = t


class Opt:
    """An optional: x is an array, a Seq or None (then t is its type, e.g. "float" or "seq float")."""

    def __init__(self, x, t):
        self.x, self.t = x, t


def type_proto(t):
    """TypeProto of "float", "seq float" or "opt ..."."""
    kind, _, rest = t.partition(" ")
    if kind == "seq":
        return helper.make_sequence_type_proto(type_proto(rest))
    if kind == "opt":
        return helper.make_optional_type_proto(type_proto(rest))
    return helper.make_tensor_type_proto(TYPES[t], None)


def tensor(a, name):
    a = np.asarray(a)
    t = type_of(a)
    if t == "string":
        return helper.make_tensor(name, TensorProto.STRING, a.shape, [x if isinstance(x, bytes) else x.encode() for x in a.ravel()])
    return numpy_helper.from_array(np.ascontiguousarray(a).reshape(a.shape), name)


class Case:
    """ulps: units in the last place that floating results may be off; rtol, atol: the same
    relative to the result, and absolute; loose: units in the last place of the largest result, for
    oracles that round on the way. expect: outputs by hand. via: a Case that says the same with other
    operators or versions, for the oracles. wide: the reference may be asked in double as well."""

    def __init__(self, op, version, inputs, outputs, attrs, domain="", **how):
        self.op, self.version, self.domain, self.attrs = op, version, domain, attrs
        self.inputs, self.outputs = inputs, outputs
        self.label = how.pop("label", "")
        self.ulps, self.rtol, self.atol = how.pop("ulps", 0), how.pop("rtol", 0.0), how.pop("atol", 0.0)
        self.expect, self.via, self.wide = how.pop("expect", None), how.pop("via", None), how.pop("wide", False)
        self.loose = how.pop("loose", 0)
        self.type = ""
        # "refused" is all there is to check: the case stands for its pair
        self.settles = how.pop("settles", False)
        assert not how, how

    @property
    def bodies(self):
        return any(isinstance(v, onnx.GraphProto) for v in self.attrs.values())

    @property
    def name(self):
        t = f" {self.type}" if self.type else ""
        return f"{self.op}-{self.version}{t}: {self.label}".rstrip(": ")

    def parts(self, prefix="", convert=None):
        """(nodes, initializers, output names); convert changes arrays on their way in."""
        nodes, init, names = [], [], []

        def put(x, name):
            if isinstance(x, Opt):
                if x.x is None:
                    nodes.append(helper.make_node("Optional", [], [name], type=type_proto(x.t)))
                else:
                    put(x.x, name + "e")
                    nodes.append(helper.make_node("Optional", [name + "e"], [name]))
            elif isinstance(x, Seq):
                if not x:
                    nodes.append(helper.make_node("SequenceEmpty", [], [name], dtype=TYPES[x.t]))
                else:
                    for k, item in enumerate(x):
                        put(item, f"{name}_{k}")
                    nodes.append(helper.make_node("SequenceConstruct", [f"{name}_{k}" for k in range(len(x))], [name]))
            else:
                init.append(tensor(convert(x) if convert else x, name))

        for k, x in enumerate(self.inputs):
            names.append("" if x is None else f"{prefix}i{k}")
            if x is not None:
                put(x, names[-1])
        outs = [f"{prefix}o{k}" if o else "" for k, o in enumerate(self.outputs)]
        nodes.append(helper.make_node(self.op, names, outs, name=prefix + "n", domain=self.domain))
        for k, v in self.attrs.items():
            kind = onnx.AttributeProto.INTS if isinstance(v, list) and not v else None
            nodes[-1].attribute.append(helper.make_attribute(k, v, attr_type=kind))
        return nodes, init, [o for o in outs if o]

    def opset(self):
        """Version of ai.onnx the model imports: helper nodes exist from 11 and 15 on."""
        if self.domain:
            return 21
        helps = [11 if isinstance(x, Seq) else 15 if isinstance(x, Opt) else 0 for x in self.inputs]
        return max([self.version] + helps)


MADE = {}  # the models made last: the same cases are asked of one after the other


def model_of(cases, convert=None):
    """One model of cases of one operator and version."""
    key = None if convert else tuple(map(id, cases))
    if key in MADE:
        return onnx.ModelProto.FromString(MADE[key][1])
    m = make_model(cases, convert)
    if key and len(cases) > 1:
        while len(MADE) > 3:
            del MADE[next(iter(MADE))]
        MADE[key] = list(cases), m.SerializeToString()  # the cases stay, so that no other has such an id
    return m


def make_model(cases, convert):
    nodes, init, outs = [], [], []
    for k, c in enumerate(cases):
        n, i, o = c.parts(f"c{k}/", convert)
        nodes += n
        init += i
        outs += o
    g = helper.make_graph(nodes, "g", [], [helper.make_empty_tensor_value_info(o) for o in outs], init)
    opset = max(c.opset() for c in cases)
    sets = [helper.make_opsetid("", opset)]
    if cases[0].domain:
        sets.append(helper.make_opsetid(cases[0].domain, cases[0].version))
    return helper.make_model(g, opset_imports=sets, ir_version=14 if opset > 23 else 10)


class Ctx:
    """What a generator gets: the schema s, its version v, t the type of the first input."""

    def __init__(self, schema, t):
        self.s, self.v, self.t = schema, schema.since_version, t
        self.rng = np.random.default_rng(zlib.crc32(f"{schema.name}-{self.v}-{t}".encode()))
        self.floating = t in FLOATS
        self.last = schema.since_version == onnx.defs.get_schema(schema.name, domain=schema.domain).since_version

    def np(self):
        return np_type(self.t)

    def types(self, param):
        """Element types that the type parameter (or the input or output of that name) may take."""
        for p in list(self.s.inputs) + list(self.s.outputs):
            if p.name == param:
                param = p.type_str
        for c in self.s.type_constraints:
            if c.type_param_str == param:
                return sorted(plain(x) for x in c.allowed_type_strs)
        return [plain(param)]

    def case(self, inputs, attrs=None, label="", n_out=1, outputs=None, **how):
        if outputs is None:
            outputs = [True] * n_out
        via = how.pop("via", None)
        if via is not None and not isinstance(via, Case):
            op, version, ins, at = via
            how["via"] = Case(op, version, ins, outputs, at)
        else:
            how["via"] = via
        c = Case(self.s.name, self.v, inputs, outputs, dict(attrs or {}), self.s.domain, label=label, **how)
        c.type = self.t
        return c


def plain(type_str):
    """tensor(float) -> float, seq(tensor(float)) -> seq float."""
    return type_str.replace("tensor(", "").replace("seq(", "seq ").replace("optional(", "opt ").replace(")", "")


REGISTRY = {}


def ops(*names):
    """Registers a generator: f(ctx) yields cases."""
    def put(f):
        for n in names:
            assert n not in REGISTRY, n
            REGISTRY[n] = f
        return f
    return put
