"""Equality of tensors as onnx's backend tests define it: type and shape exact, floating point within
rtol and atol, NaN where NaN is."""
import numpy as np
from onnx import numpy_helper as nh
from onnx import TensorProto


def as_array(x):
    return nh.to_array(x) if isinstance(x, TensorProto) else np.asarray(x)


def text(a):
    return [x.decode() if isinstance(x, bytes) else str(x) for x in a.ravel()]


def difference(expected, got, rtol=1e-3, atol=1e-7):
    """'' or what differs."""
    if isinstance(expected, (list, tuple)):
        if not isinstance(got, (list, tuple)) or len(expected) != len(got):
            return f"a sequence of {len(expected)} expected"
        return next(filter(None, (difference(e, g, rtol, atol) for e, g in zip(expected, got))), "")
    e, g = as_array(expected), as_array(got)
    if e.shape != g.shape:
        return f"shape {g.shape}, expected {e.shape}"
    if e.dtype.kind in "OUS" or g.dtype.kind in "OUS":
        return "" if e.dtype.kind in "OUS" and g.dtype.kind in "OUS" and text(e) == text(g) else "strings differ"
    if e.dtype != g.dtype:
        return f"type {g.dtype}, expected {e.dtype}"
    if e.dtype.name == "bfloat16":
        rtol = max(rtol, 2**-6)
    if e.dtype.kind not in "biufc":
        e, g = e.astype(np.float32), g.astype(np.float32)
    try:
        np.testing.assert_allclose(g, e, rtol=rtol, atol=atol)
    except AssertionError as why:
        return " ".join(str(why).split())[:200]
    return ""
