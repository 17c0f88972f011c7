"""The cases of runtime.py."""
import numpy as np
from onnx import TensorProto

from compare import difference

FLOAT = TensorProto.FLOAT
MS = "com.microsoft"


class Case:
    """types: element types of the outputs, None for one that is not asked for. off: how many units
    an integer result may differ by, in a part `share` of the elements at most."""

    def __init__(self, op, inputs, attrs=None, version=1, domain="", types=(FLOAT,), rtol=1e-4, atol=1e-5,
                 off=0, share=0.0, may_refuse=False):
        self.op, self.inputs, self.attrs, self.version, self.domain = op, inputs, attrs or {}, version, domain
        self.types, self.rtol, self.atol, self.off, self.share = types, rtol, atol, off, share
        self.may_refuse = may_refuse

    def compare(self, want, got):
        if self.off and want.dtype == got.dtype and want.shape == got.shape and want.dtype.kind in "iu":
            d = np.abs(want.astype(np.int64) - got.astype(np.int64))
            return f"differs by {d.max()} in {(d > 0).mean():.3f}" if d.size and (
                d.max() > self.off or (d > 0).mean() > self.share) else ""
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


def cases(rng):
    yield from regions(rng)
    yield from windows(rng)
