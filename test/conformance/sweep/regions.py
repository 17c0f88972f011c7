"""Operators on places between elements: AffineGrid, Col2Im, DeformConv, RoiAlign, MaxRoiPool."""
import numpy as np

from .case import ops
from .values import distinct, nice, np_type

I64 = np.int64


@ops("AffineGrid")
def affine_grid(c):
    for n, size in ((2, (2, 3, 4, 5)), (2, (1, 1, 1, 3)), (3, (2, 1, 3, 2, 4))):
        for align in (0, 1):
            yield c.case([nice(c.t, (size[0], n, n + 1), c.rng, -1, 1), np.array(size, I64)], {"align_corners": align}, f"{list(size)} {align}", ulps=4, loose=8)


@ops("Col2Im")
def col2im(c):
    one = distinct if not c.floating else nice
    for shape, image, block, at in (((1, 5, 5), (5, 5), (1, 5), {}), ((1, 9, 4), (5, 5), (3, 3), {"strides": [2, 2]}), ((2, 8, 12), (4, 5), (2, 2), {}), ((1, 9, 25), (5, 5), (3, 3), {"pads": [1, 1, 1, 1]}),
                                    ((1, 4, 9), (5, 5), (2, 2), {"dilations": [2, 2]}), ((1, 8, 8), (3, 3, 3), (2, 2, 2), {})):
        if c.t == "string":  # texts do not add up, but they move where blocks do not overlap
            x = distinct(c.t, shape, c.rng)
            moved = [x.transpose(0, 2, 1).reshape(1, 1, 5, 5)] if block == (1, 5) else "refused"
            yield c.case([x, np.array(image, I64), np.array(block, I64)], at, f"{list(shape)} {at or ''}", expect=moved)
            continue
        yield c.case([one(c.t, shape, c.rng), np.array(image, I64), np.array(block, I64)], at, f"{list(shape)} {at or ''}", ulps=2, loose=16)
    yield c.case([distinct(c.t, (1, 6, 4), c.rng), np.array([5], I64), np.array([2], I64)], {}, "one axis", expect="refused")


@ops("DeformConv")
def deform_conv(c):
    how = {"ulps": 16, "loose": 256}
    for at in ({}, {"strides": [2, 1]}, {"pads": [1, 0, 1, 2]}, {"dilations": [1, 2]}, {"group": 2}, {"offset_group": 2}):
        x, w = nice(c.t, (2, 4, 5, 6), c.rng), nice(c.t, (4, 4 // at.get("group", 1), 2, 2), c.rng)
        pads, st, di = at.get("pads", [0] * 4), at.get("strides", [1, 1]), at.get("dilations", [1, 1])
        out = [(n + pads[k] + pads[k + 2] - di[k] - 1) // st[k] + 1 for k, n in enumerate((5, 6))]
        g = at.get("offset_group", 1)
        offset, mask = nice(c.t, (2, g * 8, *out), c.rng, -1.4, 1.4), nice(c.t, (2, g * 4, *out), c.rng, 0, 1)
        yield c.case([x, w, offset], at, f"{at or ''}", **how)
        yield c.case([x, w, offset, nice(c.t, (4,), c.rng), mask], at, f"{at or ''} bias and mask", **how)


@ops("RoiAlign")
def roi_align(c):
    x = nice(c.t, (2, 3, 7, 6), c.rng)
    rois = np.array([[0.3, 0.4, 4.2, 5.1], [1.1, 0.2, 5.3, 3.4], [2, 2, 3.1, 6.3]]).astype(np_type(c.t))
    for mode in ("avg", "max"):
        for coord in ("half_pixel", "output_half_pixel") if c.v >= 16 else (None,):
            for h, w, ratio, scale in ((2, 3, 2, 1.0), (3, 2, 0, 0.8), (1, 1, 1, 1.0)):
                at = {"mode": mode, "output_height": h, "output_width": w, "sampling_ratio": ratio, "spatial_scale": scale, **({"coordinate_transformation_mode": coord} if coord else {})}
                yield c.case([x, rois, np.array([0, 1, 0], I64)], at, f"{mode} {coord} {h} {w} {ratio} {scale}", ulps=32, loose=128)


@ops("MaxRoiPool")
def max_roi_pool(c):
    x = nice(c.t, (2, 3, 8, 8), c.rng)
    rois = np.array([[0, 0, 0, 3, 3], [1, 2, 1, 7, 6], [0, 4, 4, 4, 4]]).astype(np_type(c.t))
    # regions that the bins divide evenly: the largest of each bin
    want = np.stack([x[int(b), :, t:t + 2 * h, l:l + 2 * w].reshape(3, 2, h, 2, w).max((2, 4)) for b, l, t, h, w in ((0, 0, 0, 2, 2), (1, 2, 1, 3, 3))])
    yield c.case([x, rois[:2]], {"pooled_shape": [2, 2]}, "even", expect=[want])
    yield c.case([x, rois], {"pooled_shape": [3, 2]}, "uneven")
    yield c.case([x, rois], {"pooled_shape": [2, 2], "spatial_scale": 0.5}, "scaled")
