#!/usr/bin/env python3
"""Writes vectors.h from onnx.numpy_helper and ml_dtypes, the references of packing and of
the narrow float types. Run it with a Python that has onnx: make_vectors.py > vectors.h"""
import warnings

import ml_dtypes as m
import numpy as np
import onnx.numpy_helper as nh

warnings.simplefilter("ignore")
rng = np.random.default_rng(2026)
print("/* Written by make_vectors.py from onnx.numpy_helper and ml_dtypes. */")
print("#ifndef OF_TEST_VECTORS_H\n#define OF_TEST_VECTORS_H\n")
print("#include <stdint.h>\n")


def row(v, width):
    return ", ".join(f"0x{int(x):0{width}x}" for x in v)


print("/* 23 codes (only the low bits count), and for each length up to 23 the packed stream. */")
codes = rng.integers(0, 256, 23).astype(np.uint8)
print(f"static const uint8_t pack_in[23] = {{{row(codes, 2)}}};")
for bits, fn in ((2, nh._pack_2bitx4), (4, nh._pack_4bitx2), (6, nh._pack_6bit)):
    print(f"static const uint8_t pack_out{bits}[24][18] = {{")
    for n in range(24):
        out = fn((codes & ((1 << bits) - 1))[:n]) if n else []
        print(f"    {{{row(out, 2) or 0}}},")
    print("};")

types = [m.float8_e4m3fn, m.float8_e4m3fnuz, m.float8_e5m2, m.float8_e5m2fnuz, m.float6_e2m3fn, m.float6_e3m2fn, m.float4_e2m1fn]
vals = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 1e-45, -1e-45, 3e38, -3e38]
for t in types:
    all_ = np.arange(256, dtype=np.uint8).view(t).astype(np.float64) if m.finfo(t).bits == 8 else np.arange(1 << m.finfo(t).bits, dtype=np.uint8).view(t).astype(np.float64)
    fin = np.unique(all_[np.isfinite(all_)])
    top = fin[-1]
    step = fin[-1] - fin[-2]
    vals += [top, top + step / 2, np.nextafter(np.float32(top + step / 2), np.float32(0)), top + step, -top - step / 2, fin[fin > 0][0] / 2,
             np.nextafter(np.float32(fin[fin > 0][0] / 2), np.float32(1))]
vals = np.array(vals, np.float32)
vals = np.concatenate([vals, (rng.standard_normal(60) * np.exp2(rng.integers(-12, 12, 60))).astype(np.float32)])
print("\n/* float32 bits; saturated, then not: E4M3FN E4M3FNUZ E5M2 E5M2FNUZ; then E2M3 E3M2 E2M1;")
print(" * then float16 and bfloat16. */")
print("typedef struct convert_vector {\n    uint32_t f;\n    uint8_t sat[4], wild[4], small[3];\n    uint16_t half[2];\n} convert_vector;")
print("static const convert_vector convert_vectors[] = {")
for v in vals:
    a = np.array([v], np.float32)
    sat = [nh.saturate_cast(a, np.dtype(t)).view(np.uint8)[0] for t in types[:4]]
    wild = [a.astype(t).view(np.uint8)[0] for t in types[:4]]
    small = [a.astype(t).view(np.uint8)[0] for t in types[4:]]
    half = [a.astype(t).view(np.uint16)[0] for t in (np.float16, m.bfloat16)]
    print(f"    {{0x{a.view(np.uint32)[0]:08x}, {{{row(sat, 2)}}}, {{{row(wild, 2)}}}, {{{row(small, 2)}}}, {{{row(half, 4)}}}}},")
print("};\n")
print("/* float32 bits, then E8M0 rounded up, down, nearest, saturated (to_float8e8m0). Only from the")
print(" * smallest normal float on: below, that function and Cast's table differ. */")
print("static const struct { uint32_t f; uint8_t e[3]; } e8m0_vectors[] = {")
vals = np.array([2.0**-126, 1.0, 1.25, 1.5, 1.75, 2.0, 3.0, np.nextafter(np.float32(1), np.float32(2)), np.nextafter(np.float32(1.5), np.float32(0)),
                 2.0**127, 1.2 * 2.0**127, 1.9 * 2.0**127, *np.exp2(rng.uniform(-126, 127, 20))], np.float32)
for v in vals:
    a = np.array([v], np.float32)
    e = [nh.to_float8e8m0(a, True, r).view(np.uint8)[0] for r in ("up", "down", "nearest")]
    print(f"    {{0x{a.view(np.uint32)[0]:08x}, {{{row(e, 2)}}}}},")
print("};\n\n#endif")
