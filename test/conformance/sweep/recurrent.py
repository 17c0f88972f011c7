"""RNN, GRU, LSTM."""
import itertools

import numpy as np

from .case import ops
from .values import nice

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
ACTIVATIONS = {"RNN": 1, "GRU": 2, "LSTM": 3}
HOW = {"ulps": 64, "loose": 128, "atol": 1e-7, "wide": True}


@ops("RNN", "GRU", "LSTM")
def recurrent(c):
    op, gates = c.s.name, GATES[c.s.name]
    seq, batch, size, hidden = 4, 3, 2, 2
    n_out = 3 if op == "LSTM" else 2

    def build(dirs, layout, lens, with_b, with_h, peephole=False):
        small = lambda *s: nice(c.t, s, c.rng, -1, 1)  # noqa: E731
        x = small(batch, seq, size) if layout else small(seq, batch, size)
        ins = [x, small(dirs, gates * hidden, size), small(dirs, gates * hidden, hidden), small(dirs, 2 * gates * hidden) if with_b else None,
               np.array([4, 2, 3], np.int32) if lens else None]
        state = (batch, dirs, hidden) if layout else (dirs, batch, hidden)
        ins.append(small(*state) if with_h else None)
        if op == "LSTM":
            ins += [small(*state) if with_h else None, small(dirs, 3 * hidden) if peephole else None]
        while ins[-1] is None:
            ins.pop()
        return ins

    out_seq = {"output_sequence": 1} if c.v < 7 else {}
    for direction, layout, (lens, b, h) in itertools.product(("forward", "reverse", "bidirectional"), (0, 1) if c.v >= 14 else (0,), ((0, 0, 0), (0, 1, 1), (1, 1, 0), (1, 1, 1))):
        if layout and lens:
            continue
        dirs = 2 if direction == "bidirectional" else 1
        at = {"hidden_size": hidden, "direction": direction, **({"layout": 1} if layout else {}), **out_seq}
        ins = build(dirs, layout, lens, b, h)
        yield c.case(ins, at, f"{direction} layout {layout} lens {lens} b {b} h {h}", n_out=n_out, via=newer(c, op, ins, at), **HOW)
    ins = build(1, 0, 0, 1, 1, op == "LSTM")
    base = {"hidden_size": hidden, "direction": "forward", **out_seq}
    extra = [("clip", {"clip": 0.5}), ("last only", {})]
    if op == "LSTM":
        extra += [("peephole", {}), ("input_forget", {"input_forget": 1})]
    if op == "GRU" and c.v >= 3:
        extra += [("linear_before_reset", {"linear_before_reset": 1})]
    n = ACTIVATIONS[op]
    for name, alpha, beta in (("Relu", None, None), ("LeakyRelu", 0.2, None), ("HardSigmoid", 0.3, 0.4), ("Elu", 0.7, None), ("Softsign", None, None), ("Softplus", None, None), ("Affine", 0.5, 0.1),
                              ("ScaledTanh", 0.8, 0.6), ("ThresholdedRelu", 0.1, None)):
        at = {"activations": [name] * n}
        if alpha is not None:
            at["activation_alpha"] = [alpha] * n
        if beta is not None:
            at["activation_beta"] = [beta] * n
        extra.append((name, at))
    for label, at in extra:
        full = {**base, **at}
        use = ins if label == "peephole" else ins[:7]
        if label == "last only":
            outs = [False, True] + [True] * (n_out - 2)
            yield c.case(use, full, label, outputs=outs, via=None, **HOW)
        else:
            yield c.case(use, full, label, n_out=n_out, via=newer(c, op, use, full), **HOW)
    if not (op == "GRU" and c.v == 1):
        yield c.case(ins[:3], {"hidden_size": hidden, **out_seq}, "default direction", n_out=n_out, via=newer(c, op, ins[:3], {"hidden_size": hidden}), **HOW)


def newer(c, op, ins, at):
    """Versions 1 and 3 said in version 7 (of double only the reference knows, with its few activations)."""
    if c.t == "double" and {"activations", "linear_before_reset"} & set(at):
        return None
    return (op, 7, ins, {k: v for k, v in at.items() if k != "output_sequence"}) if c.v < 7 else None
