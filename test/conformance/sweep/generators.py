"""Constants, windows, transforms, random numbers, text, losses, optimizers."""
import numpy as np
from onnx import helper

from .case import ops, tensor
from .values import TYPES, edges, nice, np_type, some

I64 = np.int64
HOW = {"ulps": 4, "loose": 64, "wide": True}


@ops("Constant")
def constant(c):
    types = c.types("output")
    for t in types:
        for shape in ((), (2, 3), (0, 2), (1, 2, 1, 1, 2, 1, 1, 2)):
            x = some(t, shape, c.rng)
            yield c.case([], {"value": tensor(x, "v")}, f"{t} {list(shape)}", expect=[x])
        x = edges(t)
        yield c.case([], {"value": tensor(x, "v")}, f"{t} edges", expect=[x])
    if c.v >= 11:
        dense = np.zeros((3, 4), np.float32)
        dense[0, 1], dense[2, 3] = 5, -2
        v = tensor(np.array([5, -2], np.float32), "v")
        yield c.case([], {"sparse_value": helper.make_sparse_tensor(v, tensor(np.array([1, 11], I64), "i"), [3, 4])}, "sparse", expect=[dense])
        yield c.case([], {"sparse_value": helper.make_sparse_tensor(v, tensor(np.array([[0, 1], [2, 3]], I64), "i"), [3, 4])}, "sparse, pairs", expect=[dense])
    if c.v >= 12:
        for k, v, x in (("value_float", 1.5, np.array(1.5, np.float32)), ("value_int", -7, np.array(-7, I64)), ("value_string", "ä", np.array("ä", object)), ("value_floats", [1.5, 2], np.array([1.5, 2], np.float32)),
                        ("value_ints", [1, -2], np.array([1, -2], I64)), ("value_strings", ["a", ""], np.array(["a", ""], object))):
            yield c.case([], {k: v}, k, expect=[x])


@ops("BlackmanWindow", "HannWindow", "HammingWindow")
def window(c):
    for n in (1, 2, 5, 10):
        for p in (0, 1):
            hand = [formula(c.s.name, np.arange(n), n if p else n - 1)] if n > 1 else None
            yield c.case([np.array(n, np_type(c.t))], {"periodic": p}, f"{n} {p}", expect=hand, ulps=4, atol=1e-6)
    for t in c.types("T2"):
        x = formula(c.s.name, np.arange(10), 10)
        if t in ("float", "double", "float16", "bfloat16"):
            yield c.case([np.array(10, np_type(c.t))], {"output_datatype": TYPES[t]}, t, ulps=4, atol=1e-6)
        else:
            yield c.case([np.array(10, np_type(c.t))], {"output_datatype": TYPES[t]}, t, expect=[x.astype(np_type(t))])


def formula(name, k, m):
    a = 2 * np.pi * k / m
    if name == "HannWindow":
        y = 0.5 - 0.5 * np.cos(a)
    elif name == "HammingWindow":
        y = 25 / 46 - 21 / 46 * np.cos(a)
    else:
        y = 0.42 - 0.5 * np.cos(a) + 0.08 * np.cos(2 * a)
    return y.astype(np.float32)


@ops("DFT")
def dft(c):
    how = {"ulps": 8, "loose": 400, "wide": c.t == "float", "atol": 1e-9}
    for shape in ((1, 8, 1), (2, 7, 1), (1, 8, 2), (2, 5, 2), (1, 4, 6, 1), (1, 16, 2)):
        x = nice(c.t, shape, c.rng)
        for inverse in (0, 1):
            for one in (0, 1):
                if one and (inverse or shape[-1] == 2):
                    continue
                for axis in range(1, len(shape) - 1):
                    at = {"inverse": inverse, "onesided": one}
                    for n in (None, 4, 9):
                        ln = np.array(n, I64) if n else None
                        if c.v < 20:
                            yield c.case([x, ln] if n else [x], {**at, "axis": axis}, f"{list(shape)} {axis} {at} {n}", **how)
                        else:
                            yield c.case([x, ln, np.array(axis, I64)], at, f"{list(shape)} {axis} {at} {n}", **how)


@ops("STFT")
def stft(c):
    how = {"ulps": 8, "loose": 400, "wide": c.t == "float"}
    x = nice(c.t, (2, 20, 1), c.rng)
    w = nice(c.t, (8,), c.rng, 0, 1)
    for one in (0, 1):
        yield c.case([x, np.array(4, I64), w], {"onesided": one}, f"window {one}", **how)
        yield c.case([x, np.array(3, I64), w, np.array(8, I64)], {"onesided": one}, f"window and length {one}", **how)
        yield c.case([x, np.array(4, I64), None, np.array(8, I64)], {"onesided": one}, f"length {one}", **how)
    yield c.case([nice(c.t, (1, 16, 2), c.rng), np.array(4, I64), w], {"onesided": 0}, "complex", **how)


@ops("MelWeightMatrix")
def mel(c):
    d = np_type(c.t)
    for t2 in c.types("T2"):
        for bins, n, rate, lo, hi in ((8, 16, 8192, 0.0, 4096.0), (5, 32, 16000, 100.0, 7000.0)):
            ins = [np.array(v, d) for v in (bins, n, rate)] + [np.array(v).astype(np_type(t2)) for v in (lo, hi)]
            yield c.case(ins, {}, f"{t2} {bins}", rtol=1e-4, atol=1e-6)
    ins = [np.array(v, d) for v in (8, 16, 8192)] + [np.array(v, np.float32) for v in (0, 4096)]
    for t in ("double", "float16"):
        yield c.case(ins, {"output_datatype": TYPES[t]}, f"to {t}", rtol=1e-3, atol=1e-6)


@ops("RandomNormal", "RandomUniform")
def random(c):
    yield c.case([], {"shape": [2, 3], "seed": 1.0}, "", expect="refused", settles=True)
    yield c.case([], {"shape": [2], "dtype": TYPES["double"]}, "double", expect="refused", settles=True)
    yield c.case([], {"shape": []}, "0-d", expect="refused", settles=True)


@ops("RandomNormalLike", "RandomUniformLike", "Bernoulli")
def random_like(c):
    yield c.case([some(c.t, (2, 3), c.rng) if c.s.name != "Bernoulli" else nice(c.t, (2, 3), c.rng, 0, 1)], {"seed": 1.0, "dtype": TYPES["float"]}, "", expect="refused", settles=True)
    if c.floating:
        yield c.case([nice(c.t, (1, 2, 1), c.rng, 0, 1)], {}, "default type", expect="refused", settles=True)


@ops("Multinomial")
def multinomial(c):
    yield c.case([nice(c.t, (2, 3), c.rng)], {"seed": 1.0, "sample_size": 4}, "", expect="refused", settles=True)
    yield c.case([nice(c.t, (2, 3), c.rng)], {"dtype": TYPES["int64"]}, "int64", expect="refused", settles=True)


@ops("StringConcat")
def string_concat(c):
    s = lambda *v: np.array(v, object)  # noqa: E731
    for a, b in ((s("a", "ä", ""), s("x", "", "日")), (s("a", "b").reshape(2, 1), s("x", "y", "z")), (np.array("p", object), s("1", "2")), (s(), s("1"))):
        yield c.case([a, b], {}, f"{list(a.shape)} {list(b.shape)}")


@ops("StringNormalizer")
def string_normalizer(c):
    x = np.array(["Monday", "tuesday", "Wednesday", "thursday", "ÄPFEL", "éa"], object)
    yield c.case([np.array(["", "a"], object)], {}, "empty text")
    for action in ("NONE", "LOWER", "UPPER"):
        for stop in ([], ["monday"], ["Monday", "tuesday"], [str(v) for v in x]):
            for case in (0, 1):
                for y in (x, x.reshape(1, -1)):
                    at = {"case_change_action": action, "is_case_sensitive": case, "locale": "en_US", **({"stopwords": stop} if stop else {})}
                    yield c.case([y], at, f"{action} {stop[:2]} {case} {y.ndim}-d")


@ops("StringSplit")
def string_split(c):
    x = np.array(["a b c", " a  b ", "", "x", "a,b,,c", "日 本"], object)
    for at in ({}, {"delimiter": ","}, {"delimiter": ""}, {"delimiter": " "}, {"maxsplit": 1}, {"delimiter": ",", "maxsplit": 2}):
        for y in (x, x.reshape(2, 3), x[:1], x[:0]):
            yield c.case([y], at, f"{at} {list(y.shape)}", n_out=2)


@ops("RegexFullMatch")
def regex(c):
    x = np.array(["abc", "ABC", "a1", "", "www.google.com", "日本", "aaa"], object)
    for p in ("abc", "[a-z]+", ".*", "a+", r"www\.[\w.-]+\.\bcom\b", r"\w\d", "(a|b)*c?", "", "日.", "[^a]*", "a{2,3}", "(?i)abc"):
        for y in (x, x[:6].reshape(2, 3), x[:0]):
            yield c.case([y], {"pattern": p}, f"{p} {list(y.shape)}")


@ops("TfIdfVectorizer")
def tfidf(c):
    base = {"ngram_counts": [0, 4], "ngram_indexes": [0, 1, 2, 3, 4, 5, 6]}
    pool = {"pool_strings": ["a", "b", "c", "d", "a", "b", "b", "c", "c", "d"]} if c.t == "string" else {"pool_int64s": [2, 3, 5, 4, 5, 6, 7, 8, 6, 7]}
    words = np.array(["a", "b", "b", "c", "z", "d", "c", "d"], object) if c.t == "string" else np.array([1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8], np_type(c.t))
    for mode in ("TF", "IDF", "TFIDF"):
        for lo, hi, skip in ((1, 1, 0), (2, 2, 0), (1, 2, 0), (1, 2, 3), (2, 2, 5)):
            at = {"mode": mode, "min_gram_length": lo, "max_gram_length": hi, "max_skip_count": skip, **base, **pool}
            for x in (words, words.reshape(2, -1)):
                yield c.case([x], at, f"{mode} {lo} {hi} {skip} {x.ndim}-d")
                if mode != "TF":
                    yield c.case([x], {**at, "weights": [0.5, 2, 1, 0.25, 3, 1, 0.1]}, f"{mode} {lo} {hi} {skip} {x.ndim}-d weights")


@ops("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss")
def loss(c):
    sce = c.s.name == "SoftmaxCrossEntropyLoss"
    for shape in ((3, 5), (2, 4, 3), (2, 3, 2, 2)):
        x = nice(c.t, shape, c.rng)
        for ti in c.types("Tind"):
            y = c.rng.integers(0, shape[1], (shape[0],) + shape[2:]).astype(np_type(ti))
            w = nice(c.t, (shape[1],), c.rng, 0.5, 2)
            for red in ("none", "mean", "sum"):
                for weighted in (0, 1):
                    for ignore in (None, 1):
                        at = {"reduction": red, **({"ignore_index": ignore} if ignore is not None else {})}
                        ins = [x, y] + ([w] if weighted else [])
                        yield c.case(ins, at, f"{list(shape)} {ti} {red} {weighted} {ignore}", n_out=1 if not sce else 2, **HOW)


@ops("Adagrad", "Adam", "Momentum")
def optimizer(c):
    op = c.s.name
    slots = 4 if op == "Adam" else 3
    ways = [{"norm_coefficient": 0.01, "epsilon": 1e-5, "decay_factor": 0.1}, {}] if op == "Adagrad" else \
           [{"alpha": 0.9, "beta": 0.99, "epsilon": 1e-4, "norm_coefficient": 0.01, "norm_coefficient_post": 0.02}, {}] if op == "Adam" else \
           [{"norm_coefficient": 0.01, "alpha": 0.9, "beta": 0.5, "mode": m} for m in ("standard", "nesterov")]
    for at in ways:
        for t in c.types("T3"):
            for n in (1, 2):
                for step in (0, 3):
                    shapes = [(3,), (2, 2)][:n]
                    ins = [np.array(0.1).astype(np_type(c.t)), np.array(step, I64)]
                    for k in range(slots):
                        ins += [nice(t, s, c.rng, 0.1 if k >= 2 else -2, 2) for s in shapes]
                    yield c.case(ins, at, f"{t} {n} at {step} {at or ''}", n_out=n * (slots - 1), ulps=16, loose=64, wide=t == "float")
