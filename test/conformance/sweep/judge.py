"""Whether two answers are the same."""
import numpy as np

from .values import FLOATS, MANTISSA, SMALLEST, is_int, np_type, type_of


def bits(a):
    """Comparable form: any NaN is one value, -0.0 is not 0.0."""
    a = np.asarray(a)
    t = type_of(a)
    if t == "string":
        return [x.decode() if isinstance(x, bytes) else str(x) for x in a.ravel().tolist()]
    if t.startswith("complex"):
        return [c for z in a.ravel().tolist() for c in (bits(np.array([z.real, z.imag])))]
    if t.startswith(("float", "bfloat", "double")):
        return ["nan" if x != x else (x, str(x)[0]) for x in a.astype(np.float64).ravel().tolist()]
    return a.ravel().tolist() if a.dtype.kind in "iub" else [int(x) for x in a.ravel()]


def close(e, g, t, case, oracle):
    """Elementwise: g is near enough to e. Oracles that round on the way get case.loose on top, relative to the largest."""
    part = "float" if t == "complex64" else "double" if t == "complex128" else t
    if t.startswith("complex"):
        e, g = (np.asarray(x).astype(np.complex128).reshape(-1, 1).view(np.float64) for x in (e, g))
    x, y = np.asarray(e).astype(np.float64).ravel(), np.asarray(g).astype(np.float64).ravel()
    if part not in MANTISSA:
        return (x == y) | ((x != x) & (y != y))
    with np.errstate(all="ignore"):
        scale = np.maximum(np.maximum(np.abs(x), np.abs(y)), SMALLEST[part])
        allowed = case.ulps * scale * 2.0 ** -MANTISSA[part] + case.rtol * np.abs(x) + case.atol
        if (oracle != "wide" or t == "double" or t.startswith("complex")) and case.loose and len(x):
            allowed = allowed + case.loose * 2.0 ** -MANTISSA[part] * np.max(np.abs(x), where=np.isfinite(x), initial=SMALLEST[part])
        near = np.abs(x - y) <= allowed
    same = (x == y) | ((x != x) & (y != y))
    return same | (near & np.isfinite(x) & np.isfinite(y))


def difference(expected, got, case, oracle):
    """'' or what differs. The reference's floating answer of another width is rounded to ours."""
    lenient_type = oracle in ("ref", "wide")
    while isinstance(expected, (list, tuple)) and len(expected) == 1 and (expected[0] is None or isinstance(expected[0], list)):
        expected = expected[0]  # how the reference holds an optional
    if isinstance(expected, (list, tuple)) or isinstance(got, list):
        if expected is None:
            expected = []
        if not isinstance(got, list):
            expected = expected if len(expected) != 1 else expected[0]
            return f"a sequence of {len(expected)} expected" if isinstance(expected, (list, tuple)) else difference(expected, got, case, oracle)
        if not isinstance(expected, (list, tuple)) or len(expected) != len(got):
            return f"a sequence of {len(got)} is not {expected!r:.200}"
        return next(filter(None, (difference(e, g, case, oracle) for e, g in zip(expected, got))), "")
    if expected is None:
        return "" if isinstance(got, list) and not got else "nothing expected"
    e, g = np.asarray(expected), np.asarray(got)
    te, tg = type_of(e), type_of(g)
    if te != tg and lenient_type and is_int(te) and is_int(tg):
        e, te = e.astype(np_type(tg)), tg
    if te != tg:
        if not lenient_type or (te not in FLOATS and not te.startswith("complex")) or te.startswith("complex") != tg.startswith("complex") or tg not in FLOATS + ("complex64", "complex128"):
            return f"type {tg}, expected {te}"
        with np.errstate(all="ignore"):
            e = e.astype(np_type(tg))
    if e.shape != g.shape:
        return f"shape {list(g.shape)}, expected {list(e.shape)}"
    if tg in FLOATS or tg.startswith("complex"):
        if case.ulps or case.rtol or case.atol or case.loose:
            ok = close(e, g, tg, case, oracle)
            if ok.all():
                return ""
            i = np.flatnonzero(~ok)[:3]
            if tg.startswith("complex"):
                i = np.unique(i // 2)
            return f"at {i.tolist()} {g.ravel()[i].tolist()}, expected {e.ravel()[i].tolist()}"
    p, q = bits(e), bits(g)
    if p == q:
        return ""
    i = [k for k in range(len(p)) if p[k] != q[k]][:3]
    return f"at {i} {[q[k] for k in i]}, expected {[p[k] for k in i]}"


def check_inference(case, ours, theirs, level):
    """Problems: where the library knows less than onnx's inference, which was right. ours: {output: text}."""
    bad = []
    for i, (elem, dims) in theirs.items():
        text = ours.get(i, "?").split()
        if elem and text[0] in ("?", "0"):
            bad.append(f"inference from {level}, output {i}: element type not known")
            continue
        if dims is None:
            continue
        if text[1:2] == ["*"]:
            bad.append(f"inference from {level}, output {i}: rank not known, onnx says {dims}")
        elif len(text) - 1 == len(dims) and any(b is not None and a == "?" for a, b in zip(text[1:], dims)):
            bad.append(f"inference from {level}, output {i}: {text[1:]}, onnx says {dims}")
    return bad
