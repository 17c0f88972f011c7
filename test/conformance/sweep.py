#!/usr/bin/env python3
"""sweep.py OFEVAL [OP] [-v]: every operator, version and type of the first input against onnx.reference and onnxruntime.

The families in sweep/ make the cases, from the schemas of the onnx package. Of each case: values equal those of every oracle that
has an answer (or sweep/differs.py says why not), and types and shapes that the library infers, from more or less
knowledge of the inputs, agree with what was computed and hold all that onnx.shape_inference knows. A pair
without an oracle has a case with outputs by hand or one that says the same in other operators."""
import collections
import importlib
import multiprocessing
import os
import pkgutil
import re
import sys
import warnings

try:
    import ml_dtypes  # noqa: F401
    import numpy as np
    import onnx
    import onnx.defs
    import onnxruntime  # noqa: F401
except ImportError:
    print("onnx or onnxruntime is not installed")
    sys.exit(77)
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import sweep  # noqa: E402
from sweep import case as cases_of  # noqa: E402
from sweep.case import Ctx, plain  # noqa: E402
from sweep.differs import DIFFERS, REFUSED  # noqa: E402
from sweep.judge import check_inference, difference  # noqa: E402
from sweep.oracles import Ours, by_inference, by_reference, by_runtime, widen  # noqa: E402
from sweep.values import type_of  # noqa: E402

warnings.simplefilter("ignore")
np.seterr(all="ignore")
for found in pkgutil.iter_modules(sweep.__path__):
    importlib.import_module("sweep." + found.name)
DOMAINS = ("", "ai.onnx.preview", "ai.onnx.preview.training")
CHUNK = 40
# What cannot be evaluated by anyone: the outputs follow from a graph that is not in the node.
WITHOUT_ROW = {("ai.onnx.preview.training", "Gradient")}


def triples():
    """(schema, type of the first input) of everything that is swept."""
    for s in sorted(onnx.defs.get_all_schemas_with_history(), key=lambda s: (s.name, s.since_version)):
        if s.domain in DOMAINS and not (s.deprecated and not s.inputs):
            for t in sorted(plain(t) for t in s.inputs[0].types) if s.inputs else [""]:
                if (s.domain, s.name) not in WITHOUT_ROW:
                    yield s, t


class Sweep:
    def __init__(self, program):
        self.ours = Ours(program)
        self.n, self.lonely = collections.Counter(), collections.Counter()
        self.bad, self.used, self.oracled, self.by_hand, self.seen = [], set(), set(), set(), set()

    def explained(self, table, name, oracle=None):
        for k, entry in enumerate(table):
            if (oracle is None or oracle in entry[1].split()) and re.match(entry[0], name):
                self.used.add((id(table) == id(DIFFERS), k))
                return True
        return False

    def triple(self, s, t):
        make = cases_of.REGISTRY.get(s.name)
        if not make:
            return
        todo = []
        try:
            todo += make(Ctx(s, t))
        except Exception as e:  # noqa: BLE001
            self.bad.append((f"{s.name}-{s.since_version} {t}", f"its generator: {type(e).__name__} {e} (line {e.__traceback__.tb_next.tb_lineno})"))
        for at in range(0, len(todo), CHUNK):
            self.chunk(todo[at:at + CHUNK], (s.domain, s.name, s.since_version, t))

    def chunk(self, todo, key):
        try:
            ours = self.ours.ask(todo)
        except RuntimeError as e:
            if len(todo) > 1:
                for c in todo:
                    self.chunk([c], key)
            else:
                self.bad.append((todo[0].name, str(e)))
            return
        types = [[type_of(x) if isinstance(x, np.ndarray) else None for x in o[2]] if o[2] is not None else [None] * sum(map(bool, c.outputs))
                 for c, o in zip(todo, ours)]
        ran = by_runtime(todo, types)
        infers = {level: by_inference(todo, level) for level in ("shapes", "shape of the first", "values")}
        for k, (c, o) in enumerate(zip(todo, ours)):
            self.judge(c, o, ran[k], {level: x[k] for level, x in infers.items()}, types[k], key)

    def answers(self, c, ran, types):
        """(oracle, outputs) of all that have any."""
        got = []
        if not isinstance(ran, Exception):
            got.append(("ort", ran))
        for name, ask in (("ref", lambda: by_reference(c)), ("wide", lambda: by_reference(c, widen) if c.wide else None)):
            try:
                x = ask()
                if x is not None:
                    got.append((name, x))
            except Exception:  # noqa: BLE001
                pass
        hand = []
        if c.expect is not None:
            hand.append(("hand", c.expect))
        elif c.via is not None:
            x = by_runtime([c.via], [types])[0]
            try:
                hand.append(("via", by_reference(c.via) if isinstance(x, Exception) else x))
            except Exception:  # noqa: BLE001
                self.bad.append((c.name, f"its other form does not run: {x!s:.200}"))
        return got, hand

    def judge(self, c, ours, ran, infers, types, key):
        status, message, values, problems, said = ours
        got, hand = self.answers(c, ran, types)
        self.seen.add(key)
        if c.settles:
            self.inference(c, infers, said, [])
        if values is None:
            if self.explained(REFUSED, c.name):
                self.n["not folded, as listed"] += 1
                if c.expect is None or c.expect == "refused":
                    self.by_hand.add(key)
            elif c.expect == "refused":
                self.n["refused, as it must be"] += 1
                if c.settles:
                    self.by_hand.add(key)
            else:
                self.bad.append((c.name, f"refused: {status} {message} (answers: {[k for k, _ in got + hand]})"))
            return
        if c.expect == "refused":
            self.bad.append((c.name, "not refused"))
            return
        wrong, agreed = [], []
        for oracle, x in got + hand:
            if len(x) != len(values):
                why = f"{len(values)} outputs, expected {len(x)}"
            else:
                why = next(filter(None, (difference(a, b, c, oracle) for a, b in zip(x, values))), "")
            if why:
                wrong.append((oracle, why))
            else:
                agreed.append(oracle)
        for oracle, why in wrong:
            if self.explained(DIFFERS, c.name, oracle):
                self.n["known to differ"] += 1
            else:
                self.bad.append((c.name, f"{oracle}: {why} (agrees: {', '.join(agreed) or 'none'})"))
        if {"ref", "ort", "wide"} & set(agreed):
            self.oracled.add(key)
        if {"hand", "via"} & set(agreed):
            self.by_hand.add(key)
        if agreed:
            self.n["agrees"] += 1
        elif not wrong:
            self.n["no oracle"] += 1
            self.lonely[c.op] += 1
        self.inference(c, infers, said, problems)

    def inference(self, c, infers, said, problems):
        """What a body makes is inferred by the passes, body by body, so nothing can be missed here."""
        for level, theirs in infers.items() if not c.bodies else ():
            problems = problems + check_inference(c, said.get(level, {}), theirs, level)
        for p in problems:
            if not self.explained(DIFFERS, c.name, "infer"):
                self.bad.append((c.name, p))


def work(program, part, parts, only, out):
    w = Sweep(program)
    todo = [x for x in triples() if not only or re.fullmatch(only, x[0].name)]
    for s, t in todo[part::parts]:
        w.triple(s, t)
    out.put((part, w.n, w.lonely, w.bad, w.used, w.oracled, w.by_hand, w.seen))


def run(program, only):
    parts = min(os.cpu_count() or 1, 8)
    how = multiprocessing.get_context("fork")
    out = how.Queue()
    ps = [how.Process(target=work, args=(program, k, parts, only, out)) for k in range(parts)]
    for p in ps:
        p.start()
    total = Sweep(program)
    waiting = set(range(parts))
    while waiting:
        try:
            part, n, lonely, bad, used, oracled, by_hand, seen = out.get(timeout=5)
        except Exception:  # noqa: BLE001
            for k in list(waiting):
                if not ps[k].is_alive() and ps[k].exitcode:
                    waiting.discard(k)
                    total.bad.append((f"part {k} of the sweep", f"ended with {ps[k].exitcode}"))
            continue
        waiting.discard(part)
        total.n += n
        total.lonely += lonely
        total.bad += bad
        total.used |= used
        total.oracled |= oracled
        total.by_hand |= by_hand
        total.seen |= seen
    for p in ps:
        p.join()
    return total


def counts(w, only):
    """What is covered, and what is not; pairs are (operator, type of the first input)."""
    all_keys = {(s.domain, s.name, s.since_version, t) for s, t in triples() if not only or re.fullmatch(only, s.name)}
    done = w.oracled | w.by_hand
    for what, f in (("operator versions", lambda k: k[:3]), ("pairs of operator and type", lambda k: (k[0], k[1], k[3])), ("triples", lambda k: k)):
        every, by_oracle, covered = {f(k) for k in all_keys}, {f(k) for k in w.oracled}, {f(k) for k in done}
        print(f"{what}: {len(covered)} of {len(every)} covered, {len(by_oracle)} by an oracle, {len(covered - by_oracle)} by hand alone")
    return sorted(all_keys - done)


def rows():
    """(domain, operator, version) of every row of lib/ops/ops.def."""
    with open(os.path.join(HERE, "..", "..", "lib", "ops", "ops.def"), encoding="utf-8") as f:
        found = re.findall(r"^OP\((\w+), (\w+), (\d+),", f.read(), re.M)
    return [("" if d == "ai_onnx" else d.replace("ai_onnx", "ai.onnx").replace("_", "."), op, int(v)) for d, op, v in found]


# No oracle can be asked: inputs that are maps, a name that onnxruntime has in another domain, a derivative that nobody
# evaluates. Unit tests name them.
IN_UNIT_TESTS = (("ai.onnx.ml", "CastMap", 1), ("ai.onnx.ml", "DictVectorizer", 1), ("com.microsoft", "SimplifiedLayerNormalization", 1),
                 ("ai.onnx.preview.training", "Gradient", 1))


def in_unit_tests():
    text = ""
    for name in ("check_op_ml.c", "check_op_microsoft.c", "check_op_region.c"):
        with open(os.path.join(HERE, "..", "ops", name), encoding="utf-8") as f:
            text += f.read()
    short = {"ai.onnx.ml": 'ML "%s"', "com.microsoft": 'MS("%s")',
             "ai.onnx.preview.training": '{"ai.onnx.preview.training::%s", 1,'}
    return {k for k in IN_UNIT_TESTS if short[k[0]] % k[1] in text}


def elsewhere():
    """(domain, operator, version) of what the other sweeps have cases of."""
    import runtime_cases
    import sweep_ml
    return ({(c.domain, c.op, c.version) for c in runtime_cases.cases(np.random.default_rng(1))}
            | {("ai.onnx.ml", c.op, c.ver) for make in sweep_ml.FAMILIES for c in make()})


def unswept(w):
    """Rows that no case reached, and operators of the schemas without a row."""
    every = rows()
    reached = {k[:3] for k in w.seen} | elsewhere() | in_unit_tests()
    bad = []
    for d, op, v in every:
        ends = min([x[2] for x in every if x[:2] == (d, op) and x[2] > v], default=10 ** 6)
        if not any(k[:2] == (d, op) and v <= k[2] < ends for k in reached):
            bad.append((f"row {op}-{v} of ops.def", "has no case"))
    missing = {(s.domain, s.name) for s, _ in triples()} - {x[:2] for x in every}
    bad += [(op, "has no row in ops.def") for _, op in sorted(missing)]
    return bad


def unwritten():
    """Reasons that docs/fidelity.md does not give."""
    with open(os.path.join(HERE, "..", "..", "docs", "fidelity.md"), encoding="utf-8") as f:
        text = " ".join(f.read().split())
    return sorted({e[2] for e in DIFFERS + REFUSED if " ".join(e[2].split()) not in text})


def main():
    args = [a for a in sys.argv[1:] if a != "-v"]
    program, only = args[0], args[1] if len(args) > 1 else None
    w = run(program, only)
    for what, why in w.bad[:None if "-v" in sys.argv else 200]:
        print(what, "::", " ".join(str(why).split())[:400])
    missing = counts(w, only)
    by_op = collections.defaultdict(list)
    for d, op, v, t in missing:
        by_op[f"{op}-{v}"].append(t)
    for op, ts in by_op.items() if only else ():
        print(f"not covered: {op} {' '.join(ts)}")
    if not only:
        for table, name in ((DIFFERS, "differs"), (REFUSED, "refused")):
            for k, e in enumerate(table):
                if (table is DIFFERS, k) not in w.used and w.n["agrees"]:
                    w.bad.append((e[0], f"entry of {name} that explains nothing"))
                    print("::".join(w.bad[-1]))
        for bad in unswept(w) + [(f"{d} {op}-{v} {t}", "neither an oracle nor a case by hand") for d, op, v, t in missing]:
            w.bad.append(bad)
            print("::".join(bad))
        for reason in unwritten():
            w.bad.append(("docs/fidelity.md does not say", reason))
            print("::".join(w.bad[-1]))
    print("cases without an oracle:", ", ".join(f"{op} {n}" for op, n in w.lonely.most_common()))
    print(dict(w.n))
    print(f"{w.n['agrees']} passed, {len(w.bad)} failed, {w.n['no oracle'] + w.n['not folded, as listed']} skipped")
    return bool(w.bad)


if __name__ == "__main__":
    sys.exit(main())
