"""Element types and the values worth trying."""
import re

import ml_dtypes  # noqa: F401  (numpy learns the small types)
import numpy as np
from onnx import TensorProto, helper

TYPES = {
    "float": TensorProto.FLOAT, "double": TensorProto.DOUBLE, "float16": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16,
    "int8": TensorProto.INT8, "int16": TensorProto.INT16, "int32": TensorProto.INT32, "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8, "uint16": TensorProto.UINT16, "uint32": TensorProto.UINT32, "uint64": TensorProto.UINT64,
    "bool": TensorProto.BOOL, "string": TensorProto.STRING, "complex64": TensorProto.COMPLEX64, "complex128": TensorProto.COMPLEX128,
    "float8e4m3fn": TensorProto.FLOAT8E4M3FN, "float8e4m3fnuz": TensorProto.FLOAT8E4M3FNUZ, "float8e5m2": TensorProto.FLOAT8E5M2,
    "float8e5m2fnuz": TensorProto.FLOAT8E5M2FNUZ, "float8e8m0": TensorProto.FLOAT8E8M0, "float4e2m1": TensorProto.FLOAT4E2M1,
    "float6e2m3": TensorProto.FLOAT6E2M3, "float6e3m2": TensorProto.FLOAT6E3M2, "int4": TensorProto.INT4, "uint4": TensorProto.UINT4,
    "int2": TensorProto.INT2, "uint2": TensorProto.UINT2}
FLOATS = ("float", "double", "float16", "bfloat16")
MANTISSA = {"float": 23, "double": 52, "float16": 10, "bfloat16": 7}
SMALLEST = {"float": 2.0 ** -126, "double": 2.0 ** -1022, "float16": 2.0 ** -14, "bfloat16": 2.0 ** -126}
TEXTS = ["a", "", "b", "aa", "ä", "日本", "B c", "-1", "x\ty", "aB", "zzz"]


def np_type(t):
    return np.dtype(object) if t == "string" else helper.tensor_dtype_to_np_dtype(TYPES[t])


def type_of(a):
    """The element type of an array."""
    a = np.asarray(a)
    if a.dtype == object or a.dtype.kind in "US":
        return "string"
    return NAMES[a.dtype]


NAMES = {np_type(t): t for t in TYPES if t != "string"}


def is_int(t):
    return bool(re.match(r"u?int\d+$", t))


def limits(t):
    """Smallest and largest of an integer type, 2 and 4 bits too."""
    bits = int(re.search(r"\d+", t)[0])
    return (0, 2 ** bits - 1) if t[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def all_codes(t):
    """Every bit pattern of a small type."""
    bits = 8 if "8" in t else 6 if "6" in t else 4 if "4" in t else 2
    codes = np.arange(1 << bits, dtype=np.uint8)
    if t in ("int4", "int2"):
        return (codes.astype(np.int8) - (1 << (bits - 1))).astype(np_type(t))
    return codes.astype(np_type(t)) if t in ("uint4", "uint2") else codes.view(np_type(t))


def edges(t):
    """Values of type t worth trying, extremes among them."""
    if t == "string":
        return np.array(TEXTS, object)
    d = np_type(t)
    if t == "bool":
        return np.array([True, False])
    if t.startswith("complex"):
        return np.array([1 + 2j, -0.0 + 0j, complex(np.inf, np.nan), -3.5 - 1j], d)
    if t in FLOATS:
        v = [0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, -3.7, 7.25, 100.3, -20.9, 1e-3, 3.5e4, -88.5, 1e-7, np.inf, -np.inf, np.nan]
        if t in ("float", "bfloat16"):
            v += [3e38, -1e-40, 1e-45]
        if t == "double":
            v += [1.7e308, -5e-324, 1e300]
        return np.array(v, np.float64).astype(d)
    if t in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
        lo, hi = limits(t)
        bits = int(re.search(r"\d+", t)[0])
        v = {0, 1, 2, 3, 7, hi, hi - 1, lo, lo + 1, bits - 1, bits, hi // 2 + 1} | ({-1, -2, -3, -7} if lo < 0 else set())
        return np.array(sorted(v), d)
    return all_codes(t)


def some(t, shape, rng):
    """Any values of type t, the extremes among them: for operators that move elements."""
    e = edges(t)
    n = int(np.prod(shape, dtype=np.int64))
    return e[rng.integers(0, len(e), n)].reshape(shape)


def distinct(t, shape, rng):
    """Values in which as many elements as possible differ, so that a wrong place shows."""
    n = int(np.prod(shape, dtype=np.int64))
    if t == "string":
        return np.array([f"s{k}" for k in range(n)], object).reshape(shape)
    if t == "bool":
        return rng.integers(0, 2, n).astype(bool).reshape(shape)
    if t in FLOATS or t.startswith("complex"):
        return (np.arange(n) - n // 3).astype(np_type(t)).reshape(shape)
    if is_int(t) and int(re.search(r"\d+", t)[0]) >= 8:
        lo, hi = limits(t)
        return np.array([k % (hi - lo + 1) + max(lo, -n // 3) for k in range(n)], np.int64).astype(np_type(t)).reshape(shape)
    e = edges(t)
    return e[rng.permutation(n) % len(e)].reshape(shape)


def nice(t, shape, rng, lo=-4.0, hi=4.0):
    """Small finite numbers: sums and products of a few of them stay inside of the type."""
    shape = tuple(shape)
    if t == "string" or t == "bool":
        return some(t, shape, rng)
    if t.startswith("complex"):
        return (rng.uniform(lo, hi, shape) + 1j * rng.uniform(lo, hi, shape)).astype(np_type(t))
    if is_int(t):
        a, b = limits(t)
        return rng.integers(max(a, int(np.ceil(lo))), min(b, int(hi)) + 1, shape).astype(np_type(t))
    return rng.uniform(lo, hi, shape).astype(np_type(t))
