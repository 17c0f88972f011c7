"""The cases of runtime.py."""
import numpy as np
from onnx import TensorProto

from compare import difference

FLOAT = TensorProto.FLOAT
MS = "com.microsoft"


class Case:
    """types: element types of the outputs, None for one that is not asked for. off: how many units
    an integer result may differ by, in two elements or a part `share` of them at most."""

    def __init__(self, op, inputs, attrs=None, version=1, domain="", types=(FLOAT,), rtol=1e-4, atol=1e-5,
                 off=0, share=0.0, may_refuse=False):
        self.op, self.attrs, self.version, self.domain = op, attrs or {}, version, domain
        self.inputs = [None if x is None else np.asarray(x) for x in inputs]
        self.types, self.rtol, self.atol, self.off, self.share = types, rtol, atol, off, share
        self.may_refuse = may_refuse

    def compare(self, want, got):
        if self.off and want.dtype == got.dtype and want.shape == got.shape and want.dtype.kind in "iu":
            d = np.abs(want.astype(np.int64) - got.astype(np.int64))
            n = (d > 0).sum()
            return f"differs by {d.max()} in {n} of {d.size}" if d.size and (
                d.max() > self.off or n > max(2, self.share * d.size)) else ""
        return difference(want, got, self.rtol, self.atol)


def normal(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def ints(*v):
    return np.array(v, np.int64)


def regions(rng):
    lo = np.abs(normal(rng, 6, 2)) * 3
    rois = np.concatenate([lo, lo + np.abs(normal(rng, 6, 2)) * 5], 1)
    x, image = normal(rng, 2, 3, 9, 11), rng.integers(0, 2, 6)
    for mode in ("avg", "max"):
        for ratio in (0, 1, 2):
            a = dict(mode=mode, output_height=3, output_width=2, sampling_ratio=ratio, spatial_scale=0.7)
            yield Case("RoiAlign", [x, rois, image], a, 10, may_refuse=True)
            yield Case("RoiAlign", [x, rois, image], a, 16, may_refuse=True)
            a = dict(a, coordinate_transformation_mode="output_half_pixel")
            yield Case("RoiAlign", [x, rois, image], a, 16, may_refuse=True)
    rois = np.concatenate([image[:, None].astype(np.float32), rois], 1)
    for scale in (0.5, 1.0):
        for shape in ([2, 3], [1, 1], [4, 2]):
            yield Case("MaxRoiPool", [x, rois], dict(pooled_shape=shape, spatial_scale=scale), may_refuse=True)
    for align in (0, 1):
        yield Case("AffineGrid", [normal(rng, 2, 2, 3), ints(2, 3, 5, 4)], dict(align_corners=align), 20)
        yield Case("AffineGrid", [normal(rng, 2, 3, 4), ints(2, 3, 5, 4, 6)], dict(align_corners=align), 20)


def windows(rng):
    for image, block, a in (((8, 9), (2, 3), dict(strides=[1, 2], pads=[0, 1, 1, 0], dilations=[2, 1])),
                            ((5, 6, 4), (2, 3, 1), {}), ((4, 4), (4, 4), {}), ((3, 7), (1, 2), dict(strides=[2, 3]))):
        n = len(image)
        p, s, d = a.get("pads", [0] * 2 * n), a.get("strides", [1] * n), a.get("dilations", [1] * n)
        cols = np.prod([(image[k] + p[k] + p[n + k] - d[k] * (block[k] - 1) - 1) // s[k] + 1 for k in range(n)])
        x = normal(rng, 2, 2 * int(np.prod(block)), int(cols))
        yield Case("Col2Im", [x, ints(*image), ints(*block)], a, 18)
    yield Case("DeformConv", [normal(rng, 2, 4, 7, 8), normal(rng, 6, 2, 3, 3), normal(rng, 2, 36, 7, 8) * 2,
                              normal(rng, 6), np.abs(normal(rng, 2, 18, 7, 8))],
               dict(group=2, offset_group=2, pads=[1, 1, 1, 1]), 19)
    yield Case("DeformConv", [normal(rng, 2, 4, 7, 8), normal(rng, 6, 4, 3, 2), normal(rng, 2, 12, 4, 3) * 2],
               dict(pads=[1, 0, 1, 1], strides=[2, 3], dilations=[1, 2]), 19)
    yield Case("DeformConv", [normal(rng, 1, 2, 4, 4), normal(rng, 3, 2, 2, 2), normal(rng, 1, 8, 3, 3) * 5], {}, 19)


def codes(rng, dtype, *shape):
    i = np.iinfo(dtype)
    return rng.integers(i.min, i.max + 1, shape).astype(dtype)


def f32(v):
    return np.float32(v)


def near(op, inputs, attrs=None, dtype=np.uint8, **how):
    """8-bit results: runtimes divide in float, so a value next to a tie may go either way."""
    t = TensorProto.INT8 if dtype == np.int8 else TensorProto.UINT8
    return Case(op, inputs, attrs, domain=MS, types=(t,), off=1, share=0.01, **how)


def qlinear(rng):
    for t in (np.uint8, np.int8):
        z = [t(3), t(10), t(5)]
        for scales in ((0.031, 0.017, 0.043), (0.5, 0.25, 1.0), (0.02, 0.5, 0.01)):
            sa, sb, sc = map(f32, scales)
            for op in ("QLinearAdd", "QLinearMul"):
                for a, b in (((40, 50), (40, 50)), ((3, 1, 7), (5, 1)), ((1,), (6, 9)), ((4, 8), ())):
                    yield near(op, [codes(rng, t, *a), sa, z[0], codes(rng, t, *b), sb, z[1], sc, z[2]], dtype=t)
            x = codes(rng, t, 4, 300)
            yield near("QLinearSigmoid", [x, sa, z[0], f32(1 / 256), z[2]], dtype=t)
            for alpha in (0.01, 0.5, 3.0):
                yield near("QLinearLeakyRelu", [x, sa, z[0], sc, z[2]], dict(alpha=alpha), dtype=t)
            yield near("QLinearConcat", [sc, z[2], codes(rng, t, 2, 3, 4), sa, z[0], codes(rng, t, 2, 5, 4), sb, z[1],
                                         codes(rng, t, 2, 1, 4), sc, z[2]], dict(axis=1), dtype=t)
            x = codes(rng, t, 2, 5, 7, 6)
            for last in (0, 1):
                yield near("QLinearGlobalAveragePool", [x, sa, z[0], sb, z[1]], dict(channels_last=last), dtype=t)
                for a in (dict(kernel_shape=[3, 2]), dict(kernel_shape=[2, 2], strides=[2, 2]),
                          dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
                          dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
                          dict(kernel_shape=[2, 3], strides=[2, 2], ceil_mode=1)):
                    yield near("QLinearAveragePool", [x, sa, z[0], sb, z[1]], dict(a, channels_last=last), dtype=t)
            for opset, axis in ((13, -1), (13, 1), (11, 1), (12, -1)):
                yield near("QLinearSoftmax", [x, sa, z[0], f32(1 / 256), t(0) if t == np.uint8 else t(-128)],
                           dict(opset=opset, axis=axis), dtype=t)


def quantize(rng):
    for t, e in ((np.uint8, TensorProto.UINT8), (np.int8, TensorProto.INT8), (np.uint16, TensorProto.UINT16),
                 (np.int16, TensorProto.INT16)):
        for f in (np.float32, np.float16):
            for axis, n in ((0, 3), (1, 4), (2, 5), (-1, 5)):
                scale = (np.abs(normal(rng, n)) * 0.05 + 0.01).astype(f)
                x = (normal(rng, 3, 4, 5) * 3).astype(f)
                yield Case("QuantizeLinear", [x, scale, codes(rng, t, n)], dict(axis=axis), 1, MS, (e,), off=1, share=0.02)
                yield Case("DequantizeLinear", [codes(rng, t, 3, 4, 5), scale, codes(rng, t, n)], dict(axis=axis), 1, MS,
                           (TensorProto.FLOAT if f == np.float32 else TensorProto.FLOAT16,), rtol=2e-3)
            yield Case("QuantizeLinear", [x, scale[0], codes(rng, t, 1)[0]], {}, 1, MS, (e,), off=1, share=0.02)


def activations(rng):
    for f, e in ((np.float32, TensorProto.FLOAT), (np.float64, TensorProto.DOUBLE), (np.float16, TensorProto.FLOAT16)):
        x, b = (normal(rng, 3, 70) * 3).astype(f), normal(rng, 70).astype(f)
        for op, ins, a in (("Gelu", [x], {}), ("FastGelu", [x], {}), ("FastGelu", [x, b], {}), ("BiasGelu", [x, b], {}),
                           ("QuickGelu", [x], {}), ("QuickGelu", [x], dict(alpha=0.5))):
            yield Case(op, ins, a, 1, MS, (e,), rtol=1e-3 if f != np.float16 else 1e-2, atol=1e-5 if f != np.float16 else 4e-3)


def products(rng):
    a, b = normal(rng, 2, 3, 4, 5), normal(rng, 2, 3, 5, 6)
    for ta in (0, 1):
        for tb in (0, 1):
            x, y = (a.swapaxes(2, 3) if ta else a), (b.swapaxes(2, 3) if tb else b)
            yield Case("FusedMatMul", [x, y], dict(transA=ta, transB=tb, alpha=0.7), 1, MS)
            for ba, bb in ((1, 0), (0, 1), (1, 1)):
                p = np.moveaxis(x, 2, 0) if ba else x
                q = np.moveaxis(y, 2, 0) if bb else y
                yield Case("FusedMatMul", [p, q], dict(transA=ta, transB=tb, transBatchA=ba, transBatchB=bb), 1, MS)
    x, w = normal(rng, 2, 4, 7, 8), normal(rng, 6, 2, 3, 3)
    z = normal(rng, 2, 6, 5, 6)
    for a in (dict(), dict(activation="Relu"), dict(activation="Tanh"), dict(activation="Sigmoid"),
              dict(activation="LeakyRelu", activation_params=[0.1]), dict(activation="Clip", activation_params=[-0.5, 1.5]),
              dict(activation="HardSigmoid", activation_params=[0.3, 0.4])):
        for ins in ([x, w], [x, w, normal(rng, 6)], [x, w, normal(rng, 6), z]):
            yield Case("FusedConv", ins, dict(a, group=2), 1, MS)
    x, w = normal(rng, 4, 5), normal(rng, 5, 6)
    for a in (dict(activation="Relu"), dict(activation="Tanh"), dict(activation="Sigmoid"),
              dict(activation="LeakyRelu", activation_alpha=0.1), dict(activation="Elu", activation_alpha=0.7),
              dict(activation="Softplus"), dict(activation="Softsign"),
              dict(activation="ThresholdedRelu", activation_alpha=0.5),
              dict(activation="HardSigmoid", activation_alpha=0.3, activation_beta=0.4)):
        yield Case("FusedGemm", [x, w, normal(rng, 6)], dict(a, alpha=0.5, beta=2.0), 1, MS)
        yield Case("FusedGemm", [x.T.copy(), w.T.copy()], dict(a, transA=1, transB=1), 1, MS)
    for ta in (np.uint8, np.int8):
        for tb in (np.uint8, np.int8):
            x, w = codes(rng, ta, 3, 4, 16), codes(rng, tb, 16, 5)
            for bs, bz in ((f32(0.02), tb(3)), (np.abs(normal(rng, 5)) * 0.1, codes(rng, tb, 5))):
                yield Case("MatMulIntegerToFloat", [x, w, f32(0.03), bs, ta(7), bz, normal(rng, 5)], {}, 1, MS)
                yield Case("MatMulIntegerToFloat", [x, w, f32(0.03), bs, None, bz], {}, 1, MS)
            yield Case("MatMulIntegerToFloat", [x, w, f32(0.03), f32(0.02)], {}, 1, MS)
    for tb in (np.uint8, np.int8):
        w = codes(rng, tb, 16, 5)
        for bs, bz in ((f32(0.02), tb(3)), (np.abs(normal(rng, 5)) * 0.1, codes(rng, tb, 5))):
            yield Case("DynamicQuantizeMatMul", [normal(rng, 3, 4, 16), w, bs, bz, normal(rng, 5)], {}, 1, MS, atol=5e-3)
            yield Case("DynamicQuantizeMatMul", [normal(rng, 4, 16), w, bs], {}, 1, MS, atol=5e-3)


def nbits(rng):
    for bits in (2, 4, 8):
        for k, n, block in ((32, 7, 16), (64, 5, 32), (100, 6, 32), (48, 3, 64), (17, 4, 16)):
            blocks = -(-k // block)
            b = codes(rng, np.uint8, n, blocks, block * bits // 8)
            scales = (np.abs(normal(rng, n, blocks)) * 0.1 + 0.01).astype(np.float32)
            a = dict(K=k, N=n, bits=bits, block_size=block)
            packed = codes(rng, np.uint8, n, -(-blocks * bits // 8))
            x = normal(rng, 3, 2, k)
            wide = rng.integers(0, 2**bits, (n, blocks)).astype(np.float32)
            for zero in (None, packed, wide)[:3 if bits < 8 else 2]:
                yield Case("MatMulNBits", [x, b, scales, zero], a, 1, MS, rtol=1e-3, atol=1e-3)
            yield Case("MatMulNBits", [x[0], b, scales, packed, None, normal(rng, n)], a, 1, MS, rtol=1e-3, atol=1e-3)
            group = (np.arange(k)[::-1] // block).astype(np.int32)
            for zero in (None, wide)[:2 if bits == 4 else 0]:
                yield Case("MatMulNBits", [x, b, scales, zero, group], a, 1, MS, rtol=1e-3, atol=1e-3)
            yield Case("MatMulNBits", [x.astype(np.float16), b, scales.astype(np.float16), packed], a, 1, MS,
                       (TensorProto.FLOAT16,), rtol=1e-2, atol=2e-2)


def norms(rng):
    h = 24
    for f, e, tol in ((np.float32, FLOAT, 1e-4), (np.float16, TensorProto.FLOAT16, 1e-2)):
        x, s, g, b, c = (normal(rng, *d).astype(f) for d in ((2, 5, h), (2, 5, h), (h,), (h,), (h,)))
        for ins in ([x, s, g, b], [x, s, g], [x, s, g, b, c], [x, s[:1], g, b], [x, s[0], g, b], [x, s, g, None, c],
                    [x[0], s[0], g, b]):
            for types in ((e,), (e, None, None, e)):
                yield Case("SkipLayerNormalization", ins, dict(epsilon=1e-5), 1, MS, types, rtol=tol, atol=tol)
        for ins in ([x, s, g], [x, s, g, c], [x[0], s[0], g], [x, s[:1], g], [x, s[0], g]):
            for types in ((e,), (e, None, None, e)):
                yield Case("SkipSimplifiedLayerNormalization", ins, dict(epsilon=1e-5), 1, MS, types, rtol=tol, atol=tol)
        yield Case("SimplifiedLayerNormalization", [x, g], dict(epsilon=1e-5), 17, "", (e,), rtol=tol, atol=tol)
        yield Case("SimplifiedLayerNormalization", [x, g], {}, 17, "", (e,), rtol=tol, atol=tol)
        ids, seg = rng.integers(0, 11, (3, 6)).astype(np.int32), rng.integers(0, 2, (3, 6)).astype(np.int32)
        words, places, segs = (normal(rng, n, h).astype(f) for n in (11, 9, 2))
        mask = (np.arange(6)[None] < np.array([[6], [2], [0]])).astype(np.int32)
        where = rng.integers(0, 9, (3, 6)).astype(np.int32)
        i32 = TensorProto.INT32
        for ins, types in (([ids, seg, words, places, segs, g, b], (e,)),
                           ([ids, seg, words, places, segs, g, b, mask], (e, i32)),
                           ([ids, seg, words, places, segs, g, b, mask, where], (e, i32)),
                           ([ids, seg, words, places, segs, g, b, None, where[:1]], (e, i32)),
                           ([ids, None, words, places, None, g, b, mask], (e, i32, e))):
            yield Case("EmbedLayerNormalization", ins, dict(epsilon=1e-5), 1, MS, types, rtol=tol, atol=tol)


def cases(rng):
    yield from regions(rng)
    yield from windows(rng)
    yield from qlinear(rng)
    yield from quantize(rng)
    yield from activations(rng)
    yield from products(rng)
    yield from nbits(rng)
    yield from norms(rng)
