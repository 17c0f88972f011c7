"""Attention and what goes with it."""
import numpy as np
from onnx import helper

from .case import ops, tensor
from .values import TYPES, nice, np_type

I64 = np.int64
HOW = {"ulps": 64, "loose": 256, "wide": False}


@ops("Attention")
def attention(c):
    how = {**HOW, "wide": c.t == "float", "atol": 1e-6}
    n = lambda *s: nice(c.t, s, c.rng, -1, 1)  # noqa: E731
    B, H, KH, S, T, D, DV = 2, 4, 2, 3, 5, 4, 2
    shapes = [("4d", (B, H, S, D), (B, H, T, D), (B, H, T, DV), {}), ("gqa", (B, H, S, D), (B, KH, T, D), (B, KH, T, DV), {}), ("3d", (B, S, H * D), (B, T, KH * D), (B, T, KH * DV), {"q_num_heads": H, "kv_num_heads": KH})]
    for label, q, k, v, at in shapes:
        ins = [n(*q), n(*k), n(*v)]
        mask = n(S, T)
        holes = np.array([[1, 0, 1, 1, 0], [1, 1, 1, 0, 1], [0, 1, 1, 1, 1]], bool)
        for more, extra in (("", []), ("mask", [mask]), ("holes", [holes]), ("mask 4d", [n(B, 1, S, T)]), ("mask per head", [n(H, S, T)])):
            for how_at in ({}, {"is_causal": 1}, {"scale": 0.3}, {"softcap": 2.0}):
                if more and "softcap" not in how_at and how_at and more != "mask":
                    continue
                yield c.case(ins + extra, {**at, **how_at}, f"{label} {more} {how_at or ''}", **how)
        for mode in (0, 1, 2, 3):
            yield c.case(ins + [mask], {**at, "qk_matmul_output_mode": mode, "softcap": 1.5}, f"{label} qk {mode}", outputs=[True, False, False, True], **how)
        heads = KH if label != "4d" else H
        past = [n(B, heads, 2, D), n(B, heads, 2, DV)]
        for how_at in ({}, {"is_causal": 1}):
            yield c.case(ins + [None] + past, {**at, **how_at}, f"{label} past {how_at or ''}", n_out=3, **how)
            yield c.case(ins + [n(S, T + 2)] + past, {**at, **how_at}, f"{label} past and mask {how_at or ''}", n_out=4, **how)
        if c.v >= 24:
            for how_at in ({}, {"is_causal": 1}):
                yield c.case(ins + [None, None, None, np.array([3, 5], I64)], {**at, **how_at}, f"{label} nonpad {how_at or ''}", **how)
        if c.v >= 25:
            for w in ({"left_window_size": 1}, {"left_window_size": 1, "right_window_size": 1}, {"right_window_size": 0}):
                yield c.case(ins, {**at, **w}, f"{label} {w}", **how)
    for tv in c.types("V"):
        yield c.case([n(1, 2, 3, 4), n(1, 2, 3, 4), nice(tv, (1, 2, 3, 4), c.rng)], {}, f"values {tv}", **how)


@ops("FlexAttention")
def flex_attention(c):
    how = {**HOW, "atol": 1e-6}
    inner = "double" if c.t == "double" else "float"
    half = tensor(np.array(0.5, np_type(inner)), "half")

    def modifier(op):
        nodes = [helper.make_node("Constant", [], ["half"], value=half), helper.make_node(op, ["s", "half"], ["r"])]
        return helper.make_graph(nodes, "modifier", [helper.make_tensor_value_info("s", TYPES[inner], None)], [helper.make_tensor_value_info("r", TYPES[inner], None)])

    n = lambda *s: nice(c.t, s, c.rng, -1, 1)  # noqa: E731
    for label, heads in (("equal heads", 4), ("grouped heads", 2)):
        ins = [n(2, 4, 3, 4), n(2, heads, 5, 4), n(2, heads, 5, 2)]
        for at in ({}, {"scale": 0.3}, {"softmax_precision": TYPES["double" if c.t == "double" else "float"]}):
            yield c.case(ins, at, f"{label} {at or ''}", **how)
        for at in ({"score_mod": modifier("Mul")}, {"prob_mod": modifier("Add")}, {"score_mod": modifier("Max"), "prob_mod": modifier("Mul")}):
            yield c.case(ins, at, f"{label} {' and '.join(at)}", **how)


@ops("RotaryEmbedding")
def rotary(c):
    n = lambda *s: nice(c.t, s, c.rng, -1, 1)  # noqa: E731
    B, H, S, D = 2, 3, 4, 6
    pos = c.rng.integers(0, 8, (B, S))
    for inter in (0, 1):
        for part in (0, 4):
            half = (part or D) // 2
            at = {"interleaved": inter, "rotary_embedding_dim": part}
            yield c.case([n(B, H, S, D), n(8, half), n(8, half), pos], {**at, **({"num_heads": H} if part else {})}, f"4d ids {inter} {part}", ulps=8, loose=8)
            yield c.case([n(B, H, S, D), n(B, S, half), n(B, S, half)], {**at, **({"num_heads": H} if part else {})}, f"4d {inter} {part}", ulps=8, loose=8)
            yield c.case([n(B, S, H * D), n(8, half), n(8, half), pos], {**at, "num_heads": H}, f"3d ids {inter} {part}", ulps=8, loose=8)


@ops("CausalConvWithState")
def causal_conv(c):
    n = lambda *s: nice(c.t, s, c.rng, -1, 1)  # noqa: E731
    for B, C, L, K in ((2, 3, 5, 4), (1, 2, 1, 3), (2, 2, 4, 1), (1, 2, 2, 5)):
        for act in ("none", "silu", "swish"):
            for bias in (0, 1):
                for state in (0, 1):
                    if state and K == 1:
                        continue
                    ins = [n(B, C, L), n(C, 1, K), n(C) if bias else None, n(B, C, K - 1) if state else None]
                    while ins[-1] is None:
                        ins.pop()
                    yield c.case(ins, {"activation": act}, f"{[B, C, L, K]} {act} {bias} {state}", n_out=2, ulps=8, loose=32)


@ops("LinearAttention")
def linear_attention(c):
    n = lambda *s: nice(c.t, s, c.rng, -1, 1)  # noqa: E731
    B, L, D, DV = 2, 4, 3, 2
    for hq, hk in ((2, 2), (4, 2)):
        for rule in ("linear", "gated", "delta", "gated_delta"):
            for state in (0, 1):
                ins = [n(B, L, hq * D), n(B, L, hk * D), n(B, L, hk * DV), n(B, hk, D, DV) if state else None, n(B, L, hk) if "gated" in rule else None, n(B, L, hk) if "delta" in rule else None]
                while ins[-1] is None:
                    ins.pop()
                at = {"q_num_heads": hq, "kv_num_heads": hk, "update_rule": rule}
                yield c.case(ins, at, f"{hq} {hk} {rule} {state}", n_out=2, ulps=64, loose=256, atol=1e-6)
                if "gated" in rule:
                    wide = list(ins)
                    wide[4] = n(B, L, hk * D)
                    yield c.case(wide, {**at, "scale": 0.5}, f"{hq} {hk} {rule} {state} a decay a key", n_out=2, ulps=64, loose=256, atol=1e-6)
