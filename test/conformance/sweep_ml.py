#!/usr/bin/env python3
"""sweep_ml.py OFEVAL: operators of ai.onnx.ml over random attributes, every version and type that onnxruntime
or onnx's reference evaluator knows.

Where both know a case and agree, ours must be theirs; where they part, ours must be refused or what the
case says the standard's text asks for; where one knows it, ours must be its result. docs/fidelity.md lists
the cases in which they part."""
import collections
import os
import sys
import warnings

try:
    import numpy as np
    import onnx
    import onnxruntime as ort
    from onnx import helper
    from onnx import numpy_helper as nh
    from onnx.reference import ReferenceEvaluator
except ImportError as e:
    print(e)
    sys.exit(77)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import difference  # noqa: E402
from ofeval import Evaluator, Refused  # noqa: E402

warnings.simplefilter("ignore")
np.seterr(all="ignore")
ort.set_default_logger_severity(4)

F, D, H, I32, I64, STR = np.float32, np.float64, np.float16, np.int32, np.int64, object
CODE = {F: 1, D: 11, H: 10, I32: 6, I64: 7, STR: 8, np.int16: 5}
NUMBERS = (F, D, I32, I64)
POSTS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")
rng = np.random.default_rng(7)


def code(x):
    return CODE[STR if x.dtype.kind in "OUS" else x.dtype.type]


class Case:
    """outs: types of the outputs. text: outputs by the standard's text, or "ort" or "ref" where that one has
    them, for a case in which the oracles part or are wrong. refusable: may be left alone. only: the oracles to
    ask."""

    def __init__(self, op, ver, ins, outs, attrs, text=None, refusable=False, tol=1e-5, only=("ort", "ref")):
        self.op, self.ver, self.outs, self.attrs, self.text = op, ver, outs, attrs, text
        # version 5 only says that these are deprecated: no oracle takes them
        self.asked = 3 if ver == 5 and op != "TreeEnsemble" else ver
        self.ins = ins if isinstance(ins, dict) else {"X": ins}
        self.refusable, self.tol, self.only = refusable, tol, only

    def model(self, asked=False):
        vi = helper.make_tensor_value_info
        names = [f"y{i}" for i in range(len(self.outs))]
        node = helper.make_node(self.op, list(self.ins), names, domain="ai.onnx.ml",
                                **{k: v for k, v in self.attrs.items() if v is not None})
        g = helper.make_graph([node], "g", [vi(k, code(x), x.shape) for k, x in self.ins.items()],
                              [t if isinstance(t, onnx.ValueInfoProto) else vi(n, t, None) for n, t in zip(names, self.outs)])
        return helper.make_model(g, ir_version=9, opset_imports=[helper.make_opsetid("ai.onnx.ml", self.asked if asked else self.ver),
                                                                 helper.make_opsetid("", 18)])

    def __str__(self):
        return f"{self.op}-{self.ver} {[(x.dtype.name, x.shape) for x in self.ins.values()]} {str(self.attrs)[:300]}"


def grid(shape, dtype, lo=-8, hi=8):
    """Multiples of a quarter, or whole numbers: sums of few are exact, equal ones are frequent."""
    v = rng.integers(lo, hi, shape)
    return v.astype(dtype) if dtype in (I32, I64) else (v / 4).astype(dtype)


def floats(n):
    return [float(F(v)) for v in rng.normal(size=n)]


def weights(n, dtype):
    """For an integer type whole ones: the reference computes in the type of its input."""
    return floats(n) if dtype in (F, D, H) else [float(v) for v in rng.integers(-5, 6, n)]


def words(shape):
    return np.array([["a", "b", "c", "dé", ""][k] for k in rng.integers(0, 5, int(np.prod(shape)))], object).reshape(shape)


# ---- elements ----

def elements():
    for t in NUMBERS + (STR,):
        for shape in ((5,), (3, 4), (2, 3, 4)):
            x = words(shape) if t is STR else grid(shape, t)
            for at in (np.int64([0]), rng.integers(0, shape[-1], (1, 3)), rng.integers(0, shape[-1], (2, 3))):
                yield Case("ArrayFeatureExtractor", 1, {"X": x, "I": at.astype(I64)}, [CODE[t]], {})
    for t in NUMBERS:
        for limit in (0.0, 0.5, -1.25, 1e30):
            yield Case("Binarizer", 1, grid((3, 4), t), [CODE[t]], {"threshold": limit})
        for n in (1, 4):
            yield Case("Scaler", 1, grid((3, 4), t), [1], {"offset": floats(n), "scale": floats(n)},
                       text="ort" if t in (I32, I64) else None)  # the reference makes integers of them
            what = {"imputed_value_floats": floats(n), "replaced_value_float": 0.5} if t in (F, D) else {
                "imputed_value_int64s": list(range(10, 10 + n)), "replaced_value_int64": 2}
            yield Case("Imputer", 1, grid((6, 4), t), [CODE[t]], what)
            if t in (F, D):
                x = grid((6, 4), t)
                x[rng.random((6, 4)) < 0.3] = np.nan
                yield Case("Imputer", 1, x, [CODE[t]], {"imputed_value_floats": floats(n), "replaced_value_float": float("nan")})
        for norm in ("MAX", "L1", "L2"):
            yield Case("Normalizer", 1, grid((5, 4), t, 0), [1], {"norm": norm})
            # with its sign, the largest element is what the text and onnxruntime divide by
            yield Case("Normalizer", 1, grid((5, 4), t), [1], {"norm": norm}, text="ort" if norm == "MAX" else None)
        yield Case("Normalizer", 1, grid((4,), t), [1], {"norm": "L2"})
        for dims in ((2, 3), (1, 4), (3, 0)):
            yield Case("FeatureVectorizer", 1, {"a": grid((4, 2), t), "b": grid((4, 3), t)}, [1], {"inputdimensions": dims})
        yield Case("FeatureVectorizer", 1, {"a": grid((2,), t), "b": grid((3,), t)}, [1], {"inputdimensions": (2, 3)},
                   only=("ort",))  # the reference takes vectors for columns, against the text


def categories():
    for t in NUMBERS:
        for shape in ((6,), (3, 4)):
            yield Case("OneHotEncoder", 1, grid(shape, t).astype(I64).astype(t), [1], {"cats_int64s": [2, 0, -1, 7]})
            yield Case("OneHotEncoder", 1, rng.integers(0, 3, shape).astype(t), [1], {"cats_int64s": [2, 0, 1], "zeros": 0})
    yield Case("OneHotEncoder", 1, F([1.5, -1.5, 0.75]), [1], {"cats_int64s": [1, -1, 0]}, text="ort")  # "cast to integers"
    yield Case("OneHotEncoder", 1, words((3, 4)), [1], {"cats_strings": ["b", "", "dé"]})
    names, ids = ["a", "b", "dé"], [5, -3, 9]
    for given in ({}, {"default_string": "?", "default_int64": 77}):
        at = {"cats_strings": names, "cats_int64s": ids, **given}
        yield Case("CategoryMapper", 1, words((3, 4)), [7], at)
        yield Case("CategoryMapper", 1, rng.choice(ids + [0], (2, 5)).astype(I64), [8], at)
    # LabelEncoder
    yield Case("LabelEncoder", 1, words((3, 4)), [7], {"classes_strings": names, "default_int64": -7}, only=("ort",))
    yield Case("LabelEncoder", 1, rng.integers(-1, 5, (3, 4)).astype(I64), [8], {"classes_strings": names, "default_string": "?"},
               only=("ort",))
    some = {STR: ("strings", ["a", "b", "dé"], "?"), I64: ("int64s", [1, -3, 2], 77), F: ("floats", [0.5, -1.0, 2.0], 7.5)}
    for ver in (2, 4):
        for k in some:
            for v in some:
                at = {"keys_" + some[k][0]: some[k][1], "values_" + some[v][0]: some[v][1], "default_" + some[v][0][:-1]: some[v][2]}
                x = words((3, 4)) if k is STR else grid((3, 4), k)
                # the reference looks a float up as a Python float and writes texts with its own default
                yield Case("LabelEncoder", ver, x, [CODE[v]], at, only=("ort",) if ver == 2 else ("ort", "ref"))
        # a key twice: the last one from version 4 on
        at = {"values_int64s": [5, 6, 7], "default_int64": 9}
        for x, keys in ((grid((8,), I64), {"keys_int64s": [1, 1, 2]}), (words((8,)), {"keys_strings": ["b", "a", "a"]}),
                        (F([-0.0, 0.0, 1.0]), {"keys_floats": [-0.0, 0.0, 2.0]})):
            yield Case("LabelEncoder", ver, x, [7], {**at, **keys}, text="ref" if ver == 4 else None, refusable=ver == 2)
        yield Case("LabelEncoder", ver, F([-0.0, 0.0, 1.0]), [7], {**at, "keys_floats": [-0.0, 3.0, 2.0]})
    values = {STR: ["a", "b", "c"], I64: [1, -3, 2], F: [0.5, -1.0, 2.0], D: [0.5, -1.0, 2.0], I32: [1, -3, 2], np.int16: [1, -3, 2]}
    for k in values:
        for v in values:
            tensor = lambda t, x: helper.make_tensor("t", CODE[t], [len(x)], [s.encode() for s in x] if t is STR else x)  # noqa: E731
            at = {"keys_tensor": tensor(k, values[k]), "values_tensor": tensor(v, values[v]),
                  "default_tensor": tensor(v, values[v][1:2])}
            x = words((3, 4)) if k is STR else grid((3, 4), I64).astype(k) if k is np.int16 else grid((3, 4), k)
            yield Case("LabelEncoder", 4, x, [CODE[v]], at)


# ---- sums of products ----

def label_attrs(prefix, n, text):
    return {f"classlabels_{'strings' if text else prefix}": [chr(97 + k) for k in range(n)] if text else [10 * k + 3 for k in range(n)]}


def linear():
    for t in NUMBERS:
        for post in POSTS:
            for n in (1, 2, 3):
                # probabilities have to lie in (0, 1)
                x = grid((6, 4), t) if post != "PROBIT" else grid((6, 4), t, 1, 4)
                coef, add = weights(4 * n, t), weights(n, t)
                if post == "PROBIT":
                    coef, add = [abs(v) / 50 for v in coef], [0.05] * n
                yield Case("LinearRegressor", 1, x, [1], {"coefficients": coef, "intercepts": add, "targets": n, "post_transform": post},
                           refusable=n == 1, tol=2e-3 if post == "PROBIT" else 2e-5)
                for text in (False, True):
                    m = 2 if n == 1 else n
                    yield Case("LinearClassifier", 1, x, [8 if text else 7, 1],
                               {"coefficients": coef, "intercepts": add, "post_transform": post, **label_attrs("ints", m, text)},
                               refusable=n == 1, tol=2e-3 if post == "PROBIT" else 2e-5)


def svm():
    for t in NUMBERS:
        # the reference computes in the input's type, integers too
        only = ("ort", "ref") if t in (F, D) else ("ort",)
        for kernel in ("LINEAR", "POLY", "RBF", "SIGMOID"):
            params = [0.25, 0.5, 3.0]
            for n in (0, 5):
                for one in (0, 1):
                    yield Case("SVMRegressor", 1, grid((6, 3), t), [1],
                               {"coefficients": weights(n or 3, t), "support_vectors": weights(3 * n, t) or None, "n_supports": n,
                                "rho": weights(1, t), "kernel_type": kernel, "kernel_params": params, "one_class": one}, tol=1e-4,
                               only=only if kernel != "LINEAR" else ("ort", "ref"))
            for post in POSTS:
                for k in (2, 3, 4):
                    for proba in (False, True):
                        per = rng.integers(1, 4, k).tolist()
                        p = k * (k - 1) // 2
                        at = {"coefficients": floats((k - 1) * sum(per)), "support_vectors": floats(3 * sum(per)), "rho": floats(p),
                              "vectors_per_class": per, "kernel_type": kernel, "kernel_params": params, "post_transform": post,
                              **label_attrs("ints", k, k == 4)}
                        if proba:
                            at.update(prob_a=floats(p), prob_b=floats(p))
                        # the reference's coupling of three classes or more takes a scalar product for products
                        yield Case("SVMClassifier", 1, grid((6, 3), t), [8 if k == 4 else 7, 1], at, text="ort" if proba and k > 2 else None,
                                   # probabilities may come to lie next to 0
                                   refusable=post in ("PROBIT", "SOFTMAX_ZERO") or kernel == "POLY" or (k == 2 and not proba), only=only,
                                   tol=3e-3 if post == "PROBIT" else 2e-3 if kernel == "POLY" else 2e-4)
        for post in POSTS:
            for k in (2, 3):
                # of one rho the reference takes the label to be 0 or 1
                yield Case("SVMClassifier", 1, grid((6, 3), t), [7, 1],
                           {"coefficients": floats(3 * k), "rho": floats(k), "kernel_type": "RBF", "kernel_params": [0.25, 0.5, 3.0],
                            "post_transform": post, **label_attrs("ints", k, False)}, refusable=post == "PROBIT" or k == 2, only=only)


# ---- trees ----

MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")


class Forest:
    """Random trees; nodes in the order of a walk. leaf: (tree, node)."""

    def __init__(self, n_trees, depth, features, modes):
        self.tree, self.node, self.feature, self.mode, self.value, self.yes, self.no, self.tracks, self.leaves = ([] for _ in range(9))
        for t in range(n_trees):
            ids = iter(range(1 << (depth + 1)))
            todo = [(next(ids), depth, None)]
            while todo:
                me, left, slot = todo.pop()
                if slot:
                    slot[0][slot[1]] = me
                leaf = left == 0 or (left < depth and rng.random() < 0.25)
                at = len(self.tree)
                self.tree.append(t)
                self.node.append(me)
                self.feature.append(0 if leaf else int(rng.integers(features)))
                self.mode.append("LEAF" if leaf else str(rng.choice(modes)))
                self.value.append(0.0 if leaf else float(rng.integers(-6, 6)) / 4)
                self.tracks.append(0 if leaf else int(rng.integers(2)))
                self.yes.append(0)
                self.no.append(0)
                if leaf:
                    self.leaves.append((t, me))
                else:
                    todo += [(next(ids), left - 1, (self.no, at)), (next(ids), left - 1, (self.yes, at))]

    def attrs(self, ver, double, tracks):
        a = {"nodes_treeids": self.tree, "nodes_nodeids": self.node, "nodes_featureids": self.feature, "nodes_modes": self.mode,
             "nodes_truenodeids": self.yes, "nodes_falsenodeids": self.no, "nodes_missing_value_tracks_true": self.tracks if tracks else None}
        a.update(numbers("nodes_values", self.value, ver, double))
        return a


def numbers(name, v, ver, double):
    """A list of floats, or the tensor that version 3 has in its place."""
    return {name + "_as_tensor": nh.from_array(D(v))} if double and ver >= 3 else {name: [float(F(x)) for x in v]}


def missing(x, share=0.2):
    if x.dtype.kind == "f":
        x[rng.random(x.shape) < share] = np.nan
    return x


def regressors():
    for t in NUMBERS:
        for ver in (1, 3, 5):
            for trial in range(16):
                double = trial % 4 == 3
                n = int(rng.integers(1, 4))
                modes = MODES if trial % 2 else (MODES[trial // 2 % 6],)
                f = Forest(int(rng.integers(1, 5)), int(rng.integers(1, 5)), 3, modes)
                tracks = trial % 3 == 0
                nan = trial % 3 == 0 and (trial % 2 == 0 and modes[0] != "BRANCH_NEQ")
                votes = [(leaf, k) for leaf in f.leaves for k in range(n)]
                agg = str(rng.choice(["SUM", "AVERAGE", "MIN", "MAX"])) if t in (F, D) else "SUM"
                base = weights(n, t) if trial % 2 else None
                at = f.attrs(ver, double, True if nan or tracks else False)
                at.update(target_treeids=[v[0][0] for v in votes], target_nodeids=[v[0][1] for v in votes], target_ids=[v[1] for v in votes],
                          n_targets=n, aggregate_function=agg)
                at.update(numbers("target_weights", weights(len(votes), t), ver, double))
                if base:
                    at.update(numbers("base_values", base, ver, double))
                x = grid((7, 3), t)
                post = POSTS[trial % 3] if n > 1 and trial >= 12 else None
                if post:
                    at["post_transform"] = post
                # the reference knows no tensors and wants tracks
                ref = not double and (tracks or nan)
                yield Case("TreeEnsembleRegressor", ver, missing(x) if nan else x, [1], at,
                           only=("ort", "ref") if ref else ("ort",), tol=1e-4)


def large():
    """Finding nodes by their ids must not take time that grows with the square of them."""
    f = Forest(300, 9, 3, MODES)
    at = f.attrs(3, False, False)
    at.update(target_treeids=[v[0] for v in f.leaves], target_nodeids=[v[1] for v in f.leaves], target_ids=[0] * len(f.leaves),
              n_targets=1, target_weights=floats(len(f.leaves)))
    yield Case("TreeEnsembleRegressor", 3, grid((50, 3), F), [1], at, tol=1e-4, only=("ort",))


def classifiers():
    for t in NUMBERS:
        for ver in (1, 3, 5):
            for trial in range(20):
                double = trial % 4 == 3
                k = (3, 4, 2, 2)[trial % 4 if not double else 0]
                one = k == 2 and trial % 4 == 3
                f = Forest(int(rng.integers(1, 5)), int(rng.integers(1, 4)), 3, MODES)
                post = POSTS[trial % 5]
                votes = [(leaf, c) for leaf in f.leaves for c in range(1 if one else k)]
                w = floats(len(votes))
                if post == "PROBIT":
                    w = [(abs(v) % 0.2) + 0.01 for v in w]
                at = f.attrs(ver, double, True)
                at.update(class_treeids=[v[0][0] for v in votes], class_nodeids=[v[0][1] for v in votes], class_ids=[v[1] for v in votes],
                          post_transform=post, **label_attrs("int64s", k, trial % 2 == 1))
                at.update(numbers("class_weights", w, ver, double))
                if k > 2 and trial % 2 and post != "PROBIT":
                    at.update(numbers("base_values", floats(k), ver, double))
                # onnxruntime has 0 or 1 for the label of two classes, whichever they are called
                yield Case("TreeEnsembleClassifier", ver, grid((7, 3), t), [8 if trial % 2 else 7, 1], at, text="ref" if k == 2 and not one else None,
                           only=("ort",) if double else ("ort", "ref"), refusable=post == "PROBIT" or k == 2,
                           tol=2e-3 if post == "PROBIT" else 1e-4)
            # one sum for two classes
            for post in POSTS:
                for positive in (False, True):
                    for base in (None, floats(1), floats(2)):
                        f = Forest(3, 2, 3, MODES)
                        w = [abs(v) / 4 if positive else v for v in floats(len(f.leaves))]
                        at = f.attrs(ver, False, True)
                        at.update(class_treeids=[v[0] for v in f.leaves], class_nodeids=[v[1] for v in f.leaves], class_ids=[0] * len(f.leaves),
                                  class_weights=w, base_values=base, post_transform=post, **label_attrs("int64s", 2, False))
                        must = (base is None or len(base) == 1) and ((positive and post == "NONE") or (not positive and post == "LOGISTIC"))
                        yield Case("TreeEnsembleClassifier", ver, grid((7, 3), t), [7, 1], at, refusable=not must, tol=1e-4)


def ensembles():
    for t in (F, D, H):
        for trial in range(24):
            f = Forest(int(rng.integers(1, 5)), int(rng.integers(1, 5)), 3, MODES[:5] + ("MEMBER",))
            n = int(rng.integers(1, 4))
            inner = [i for i, m in enumerate(f.mode) if m != "LEAF"]
            leaf = [i for i, m in enumerate(f.mode) if m == "LEAF"]
            place = {(f.tree[i], f.node[i]): (0, k) for k, i in enumerate(inner)}
            place.update({(f.tree[i], f.node[i]): (1, k) for k, i in enumerate(leaf)})
            yes, no = ([place[f.tree[i], v[i]] for i in inner] for v in (f.yes, f.no))
            members = [v for i in inner if f.mode[i] == "MEMBER" for v in [*rng.choice(12, rng.integers(1, 5), False) / 4 - 1.5, np.nan]]
            # the reference ends a set at 0; onnxruntime goes astray where a set names a member twice
            members = [v if v != 0 else 0.125 for v in members]
            roots = [k for k, i in enumerate(inner) if f.node[i] == 0]
            at = {"nodes_splits": nh.from_array(np.array([f.value[i] for i in inner], t)),
                  "nodes_modes": nh.from_array(np.uint8([6 if f.mode[i] == "MEMBER" else MODES.index(f.mode[i]) for i in inner])),
                  "nodes_featureids": [f.feature[i] for i in inner],
                  "nodes_trueleafs": [v[0] for v in yes], "nodes_truenodeids": [v[1] for v in yes],
                  "nodes_falseleafs": [v[0] for v in no], "nodes_falsenodeids": [v[1] for v in no],
                  "leaf_targetids": [int(v) for v in rng.integers(0, n, len(leaf))],
                  "leaf_weights": nh.from_array(np.array(floats(len(leaf)), t)), "tree_roots": roots, "n_targets": n,
                  "aggregate_function": trial % 4,
                  "nodes_missing_value_tracks_true": [f.tracks[i] for i in inner] if trial % 2 else None,
                  "membership_values": nh.from_array(np.array(members, t)) if members else None}
            x = grid((7, 3), t)
            yield Case("TreeEnsemble", 5, missing(x) if trial % 3 else x, [CODE[t]], at, tol=2e-2 if t is H else 1e-4,
                       # of no votes, what a target's least or largest is, is not said
                       refusable=trial % 4 >= 2 and n > 1)
            if n > 1:
                # onnxruntime has LOGISTIC for 1 and SOFTMAX for 2, the reference no transforms
                for post, name in ((1, 2), (2, 1)):
                    yield Case("TreeEnsemble", 5, x, [CODE[t]], {**at, "aggregate_function": 1, "post_transform": post},
                               text=("ort", {"post_transform": name}), tol=2e-2 if t is H else 1e-4)


def maps():
    for text in (False, True):
        for shape in ((3, 4), (1, 4), (4,)):
            x = grid(shape, F)
            keys = label_attrs("int64s", 4, text)
            ty = helper.make_sequence_type_proto(helper.make_map_type_proto(8 if text else 7, helper.make_tensor_type_proto(1, None)))
            yield Case("ZipMap", 1, x, [helper.make_value_info("y0", ty)], keys)


# ---- the comparison ----

def ask(case, who, attrs=None):
    """Outputs, or None where the oracle does not do it."""
    if attrs:
        case = Case(case.op, case.ver, case.ins, case.outs, {**case.attrs, **attrs})
    m = case.model(asked=True)
    try:
        got = (ort.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"]) if who == "ort" else ReferenceEvaluator(m)).run(None, case.ins)
    except Exception:  # noqa: BLE001
        return None
    return [x if isinstance(x, list) else np.asarray(x) for x in got]


def differs(case, want, got):
    """'' or what differs; the oracle's type is not ours to blame."""
    for a, b in zip(want, got):
        if isinstance(b, list):
            if len(a) != len(b) or any(p.keys() != q.keys() or any(abs(p[k] - q[k]) > case.tol for k in p) for p, q in zip(a, b)):
                return f"maps {b}, expected {a}"
            continue
        if a.dtype.kind not in "OUS" and b.dtype.kind not in "OUS" and a.dtype != b.dtype:
            a, b = a.astype(D), b.astype(D)
        why = difference(a, b, case.tol, case.tol)
        if why:
            return why
    return "" if len(want) == len(got) else "number of outputs"


def judge(case, ev):
    """(verdict, what): same, refused or failed."""
    try:
        got = ev.run(case.model(), case.ins)
    except Refused as e:
        got, why = None, e.args
    for x, t in zip(got or [], case.outs):
        if not isinstance(t, onnx.ValueInfoProto) and code(x) != t:
            return "failed", f"type {x.dtype}"
    answers = {w: a for w in case.only if (a := ask(case, w)) is not None}
    agreed = len(answers) < 2 or not differs(case, answers["ort"], answers["ref"])
    if not answers:
        return "unknown", ""
    if case.text is not None and (not agreed or len(answers) == 1 or isinstance(case.text, tuple)):
        if got is None:
            return ("refused", "") if case.refusable else ("failed", f"refused: {why}")
        want = answers.get(case.text) if isinstance(case.text, str) else ask(case, *case.text)
        what = differs(case, want, got) if want is not None else ""
        return ("failed", "by the text: " + what) if what else ("same", "")
    if got is None:
        # UNSUPPORTED is the one way to leave a valid model alone
        if why[0] == 40 and (not agreed or case.refusable):
            return "refused", ""
        return "failed", f"refused: {why}"
    for who, want in answers.items():
        what = differs(case, want, got)
        if what:
            return "failed", f"{who}: {what}"
    return "same", ""


FAMILIES = (elements, categories, linear, svm, regressors, large, classifiers, ensembles, maps)


def main():
    ev, failed, tally = Evaluator(sys.argv[1]), [], collections.defaultdict(collections.Counter)
    for make in FAMILIES:
        for case in make():
            verdict, what = judge(case, ev)
            tally[case.op, case.ver, next(iter(case.ins.values())).dtype.name][verdict] += 1
            if verdict == "failed":
                failed.append((case, what))
    for case, what in failed[:20]:
        print(f"{case}: {what}")
    # what some oracle knows must have been compared at least once
    bare = [k for k, v in tally.items() if not v["same"] and sum(v.values()) > v["unknown"]]
    for k in bare:
        print(f"{k}: nothing compared: {dict(tally[k])}")
    if "--table" in sys.argv:
        for k, v in sorted(tally.items()):
            print(*k, dict(v))
    total = sum(tally.values(), collections.Counter())
    print(f"{total['same']} passed, {len(failed) + len(bare)} failed, {total['refused'] + total['unknown']} skipped")
    return bool(failed or bare)


if __name__ == "__main__":
    sys.exit(main())
