#!/usr/bin/env python3
"""shapes.py ONNXFOLD [MODEL.onnx...]: the dims that inference knows, against onnx.shape_inference (strict, data
propagation) and onnxruntime's symbolic inference. Value by value: at least as many known, none in conflict. Without
models: those of test/models, and the light and node models of the onnx package.

Declarations in between are taken out first, so that every dim is inferred. Outputs of the graph are made inner values,
for what is declared of them is never rewritten. A dim counts as known when it is a number, or an expression over the
symbols that the inputs declare."""
import glob
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import tap  # noqa: E402

try:
    import numpy as np
    import onnx
    from onnx import AttributeProto, shape_inference
    from onnx.backend.test.loader import load_model_tests
    from onnxruntime.tools.symbolic_shape_infer import SymbolicShapeInference
except ImportError as e:
    print(e)
    sys.exit(77)
import logging  # noqa: E402

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


def bodies(graph):
    """(path, graph) of the graph and all below it; paths do not depend on names that change."""
    todo = [("", graph)]
    while todo:
        path, g = todo.pop()
        yield path, g
        for n in g.node:
            for a in n.attribute:
                at = f"{path}/{n.output[0] if n.output else n.name}.{a.name}"
                if a.type == AttributeProto.GRAPH:
                    todo.append((at, a.g))
                for k, b in enumerate(a.graphs):
                    todo.append((f"{at}{k}", b))


def prepare(model):
    """The model to infer, and the symbols its inputs declare."""
    names = set()
    for _, g in bodies(model.graph):
        del g.value_info[:]
    for f in model.functions:
        del f.value_info[:]
    g = model.graph
    for i in g.input:
        for d in i.type.tensor_type.shape.dim:
            if d.dim_param:
                names.add(d.dim_param)
    # gone again as dead code: then the model is written, with what is known
    one = onnx.helper.make_tensor("one", onnx.TensorProto.FLOAT, [], [1.0])
    g.node.append(onnx.helper.make_node("Constant", [], ["of__dead"], value=one))
    for o in g.output:
        g.node.append(onnx.helper.make_node("Identity", [o.name], [o.name + "__of"]))
        o.name += "__of"
        if o.type.HasField("tensor_type"):
            o.type.tensor_type.ClearField("shape")
    return names


def dims_of(graph):
    """{(path, value): list of int, text or None}"""
    found = {}
    for path, g in bodies(graph):
        for v in g.value_info:
            t = v.type.tensor_type
            if v.type.HasField("tensor_type") and t.HasField("shape"):
                found[path, v.name] = [d.dim_value if d.HasField("dim_value") else d.dim_param or None
                                       for d in t.shape.dim]
        for i in g.initializer:
            found[path, i.name] = list(i.dims)
        for v in g.output if path else []:
            t = v.type.tensor_type
            if (path, v.name) not in found and v.type.HasField("tensor_type") and t.HasField("shape"):
                found[path, v.name] = [d.dim_value if d.HasField("dim_value") else d.dim_param or None
                                       for d in t.shape.dim]
    return found


WORDS = {"floor": math.floor, "ceil": math.ceil, "ceiling": math.ceil, "min": min, "max": max, "Min": min, "Max": max,
         "Mod": lambda a, b: a % b, "Abs": abs, "Piecewise": None}


def known(d, names):
    if d is None or isinstance(d, int):
        return isinstance(d, int) and d >= 0
    return d in names or set(re.findall(r"[A-Za-z_][\w.]*", d)) <= names | set(WORDS)


def value(d, at):
    """What d is for these symbols; None: not to be told."""
    if isinstance(d, int) or d in at:
        return at.get(d, d)
    try:
        return eval(d, {"__builtins__": {}}, {**WORDS, **at})
    except Exception:
        return None


def differ(a, b, names):
    for k in range(3):
        at = {n: random.Random(k * 31 + i).randrange(9, 400) for i, n in enumerate(sorted(names))}
        x, y = value(a, at), value(b, at)
        if x is None or y is None:
            return False
        if x != y:
            return True
    return False


def ours(tool, model, passes, tmp):
    src, dst = os.path.join(tmp, "in.onnx"), os.path.join(tmp, "out.onnx")
    onnx.save(model, src)
    # the peers take every initializer for a constant
    r = subprocess.run([tool, "--quiet", "--initializer-inputs", "constant", "--only", passes, src, dst],
                       capture_output=True, text=True)
    if r.returncode:
        return None, None
    graph = onnx.load(dst).graph
    return dims_of(graph), {(p, o) for p, g in bodies(graph) for n in g.node for o in n.output}


def by_onnx(model):
    return dims_of(shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph)


def by_onnxruntime(model):
    return dims_of(SymbolicShapeInference.infer_shapes(model, int_max=2**31 - 1, auto_merge=False,
                                                       guess_output_rank=False, verbose=0).graph)


def clash(a, b, names):
    """Whether a and b, lists of dims or None, cannot both be."""
    if a is None or b is None:
        return False
    return len(a) != len(b) or any(known(x, names) and known(y, names) and differ(x, y, names) for x, y in zip(a, b))


class Count:
    def __init__(self):
        self.ours = self.theirs = self.less = self.conflict = 0


def compare(mine, theirs, names, total, label, alive, less=True):
    """Lines that tell where they know more, or something else."""
    bad = []
    for key, b in theirs.items():
        a = mine.get(key)
        if key not in alive or key[1].endswith("__of") or (a is not None and len(a) == len(b) == 0):
            continue
        at = f"{label} {key[0]}:{key[1]}: "
        if NOT_SO.search(at):
            continue
        total.theirs += sum(known(d, names) for d in b) + 1
        total.ours += sum(known(d, names) for d in a) + 1 if a is not None else 0
        if clash(a, b, names):
            total.conflict += 1
            bad.append(at + f"{a} and {b}")
        elif less and (a is None or any(known(y, names) and not known(x, names) for x, y in zip(a, b))):
            total.less += 1
            bad.append(at + f"{'nothing' if a is None else a} where {b} is known")
    return bad


# What a peer says without a proof: onnxruntime's inference takes the parts of a Split, and the axes of a Squeeze, that
# inputs give (or rotary embedding computes) for those it would take itself; and a SequenceMap's items for the first
# one. Of a decoded image only the rank is known, which is of no use. A branch of the affine grid splits five dims in four.
# What a loop's body declares of its outputs is no proof either.
NOT_SO = re.compile(r"test_(split_(variable|zero)|squeeze|rotary_embedding|image_decoder)[^ ]* |sequence_map_|"
                    r"_affine_grid_3d_.*then_branch|test_loop11.* :res_scan")


def models(paths, nodes):
    """(label, model, shapes of the outputs) of the files, and of the node tests: as they are, and with what says how long and where constant."""
    for path in paths:
        yield os.path.basename(path), onnx.load(path), {}
    for case in load_model_tests(kind="node") if nodes else []:
        fixed = onnx.ModelProto()
        fixed.CopyFrom(case.model)
        true = {("", o.name): list(x.shape) for o, x in zip(fixed.graph.output, case.data_sets[0][1])
                if isinstance(x, np.ndarray)}
        yield case.name, case.model, true
        for i, x in zip(fixed.graph.input, case.data_sets[0][0]):
            if isinstance(x, np.ndarray) and x.dtype in (np.int64, np.int32, np.float32) and x.ndim < 2 and x.size < 9:
                fixed.graph.initializer.append(onnx.numpy_helper.from_array(x, i.name))
        left = [i for i in fixed.graph.input if i.name not in {t.name for t in fixed.graph.initializer}]
        if 0 < len(left) < len(fixed.graph.input):
            del fixed.graph.input[:]
            fixed.graph.input.extend(left)
            yield case.name + ", constant", fixed, true


def main():
    tool, paths = os.path.abspath(sys.argv[1]), [os.path.abspath(p) for p in sys.argv[2:]]
    data = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data")
    if not paths:
        paths = sorted(glob.glob(os.path.join(HERE, "..", "models", "**", "*.onnx"), recursive=True))
        paths += sorted(glob.glob(os.path.join(data, "light", "*.onnx")))
    totals = {}
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)  # the peers leave files where they are
        for label, model, true in models(paths, sys.argv[2:] == []):
            names = prepare(model)
            mine, alive = ours(tool, model, "infer,dead-code", tmp)
            if mine is None:
                tap.skip(f"{label}: not a model")
                continue
            wrong = compare(mine, {k: v for k, v in true.items() if k in mine}, set(), Count(), label, alive, False)
            tap.check(not wrong, f"{label} against the results", "\n".join(wrong))
            agreed = {}
            for peer, infer in (("onnx", by_onnx), ("onnxruntime", by_onnxruntime)):
                total = totals.setdefault(peer, Count())
                try:
                    theirs = infer(model)
                except Exception:
                    continue
                # where a peer contradicts the results, or one peer the other one, it proves nothing
                theirs = {k: v for k, v in theirs.items() if not clash(v, true.get(k), names)
                          and not (clash(v, agreed.get(k), names) and not clash(mine.get(k), agreed[k], names))}
                agreed = theirs
                bad = compare(mine, theirs, names, Count(), label, alive)
                if bad:  # once what can be folded is: what computes shapes is more than inference follows
                    mine, alive = ours(tool, model, "infer,fold,partial,dead-code", tmp)
                bad = compare(mine, theirs, names, total, label, alive)
                tap.check(not bad, f"{label} against {peer}", "\n".join("  " + b for b in bad[:12]))
        os.chdir(HERE)
    for peer, t in totals.items():
        print(f"{peer}: knows {t.theirs}, of these values known here {t.ours}; less known of {t.less} values, "
              f"in conflict {t.conflict}")
    tap.done()


if __name__ == "__main__":
    main()
