"""Resize, Upsample, GridSample, NonMaxSuppression, ImageDecoder."""
import numpy as np

from .case import ops
from .values import FLOATS, distinct, nice, np_type

I64, F = np.int64, np.float32


def image(c, shape):
    if c.t in FLOATS:
        return nice(c.t, shape, c.rng)
    return distinct(c.t, shape, c.rng) if c.t in ("string", "bool") or c.t.startswith("complex") else nice(c.t, shape, c.rng, 0, 100)


def linear_types(t):
    return t in FLOATS or t in ("int8", "uint8", "int32")


def repeated(x, scales):
    """Nearest, asymmetric, rounded down."""
    for axis, s in enumerate(scales):
        n = int(np.floor(x.shape[axis] * np.float32(s)))
        x = np.take(x, np.minimum((np.arange(n) / s).astype(np.int64), x.shape[axis] - 1), axis)
    return x


@ops("Upsample")
def upsample(c):
    for mode in ("nearest", "linear" if c.v > 1 else "bilinear"):
        if mode != "nearest" and not c.floating:
            continue
        for shape, scales in (((1, 1, 2, 2), (1, 1, 2, 3)), ((1, 2, 3, 2), (1, 1, 1, 2)), ((1, 1, 2, 2), (1, 1, 1.5, 2.5))):
            x = image(c, shape)
            s = np.array(scales, F)
            via = ("Upsample", 9, [x, s], {"mode": "linear"}) if mode != "nearest" and c.v < 9 and c.t == "float" else None
            how = {"ulps": 4, "loose": 16} if mode != "nearest" else {"expect": [repeated(x, scales)]}
            if c.v == 1:
                if scales[2] >= 1 and scales[3] >= 1:
                    yield c.case([x], {"height_scale": float(scales[2]), "width_scale": float(scales[3]), "mode": mode}, f"{mode} {scales}", via=via, **how)
            elif c.v == 7:
                yield c.case([x], {"scales": [float(v) for v in scales], "mode": mode}, f"{mode} {scales}", via=via, **how)
            else:
                yield c.case([x, s], {"mode": mode}, f"{mode} {scales}", via=via, **how)


@ops("Resize")
def resize(c):
    how = {"ulps": 8, "loose": 64}
    if c.v == 10:
        for mode in ("nearest", "linear"):
            if mode == "linear" and not c.floating:
                continue
            for shape, scales in (((1, 1, 2, 2), (1, 1, 2, 3)), ((1, 1, 4, 5), (1, 1, 0.5, 0.6)), ((1, 2, 3, 2), (1, 1, 1.5, 2.5))):
                x = image(c, shape)
                by_hand = {"expect": [repeated(x, scales)]} if min(scales) >= 1 else {}
                yield c.case([x, np.array(scales, F)], {"mode": mode}, f"{mode} {scales}", **(how if mode == "linear" else by_hand))
        return
    x = image(c, (1, 2, 3, 2))
    up = [x, np.zeros(0, F) if c.v < 13 else None, np.array([1, 1, 2, 1.5], F)]
    yield c.case(up, {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}, "repeated", expect=[repeated(x, (1, 1, 2, 1.5))])
    roi = np.array([0, 0, 0.1, 0.2, 1, 1, 0.9, 0.8], F)
    none = np.zeros(0, F)
    targets = [((1, 1, 2, 2), (1, 1, 2, 3), None), ((1, 1, 4, 5), (1, 1, 0.5, 0.6), None), ((1, 1, 4, 4), None, (1, 1, 3, 2)), ((1, 2, 3, 2), None, (1, 2, 7, 5)), ((1, 1, 4, 4), None, (1, 1, 1, 1))]
    coords = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "tf_crop_and_resize"] + (["half_pixel_symmetric"] if c.v >= 19 else []) + (["tf_half_pixel_for_nn"] if c.v == 11 else [])
    for mode in ("nearest", "linear", "cubic"):
        if mode != "nearest" and not c.floating:
            continue
        for coord in coords:
            for k, (shape, scales, sizes) in enumerate(targets):
                ways = [{}]
                if mode == "nearest" and coord != "tf_half_pixel_for_nn":
                    ways = [{"nearest_mode": m} for m in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")]
                if mode == "cubic" and coord != "tf_crop_and_resize":
                    ways = [{}, {"cubic_coeff_a": -0.5, "exclude_outside": 1}]
                if coord == "tf_crop_and_resize":
                    ways = [{**w, "extrapolation_value": 3.0} for w in ways]
                if not c.last and c.t not in ("float", "double"):
                    ways = ways[:1]
                for w in ways:
                    at = {"mode": mode, "coordinate_transformation_mode": coord, **w}
                    ins = [image(c, shape), roi if coord == "tf_crop_and_resize" else (none if c.v < 13 else None)]
                    if scales:
                        ins += [np.array(scales, F)]
                    else:
                        ins += [none if c.v < 13 else None, np.array(sizes, I64)]
                    yield c.case(ins, at, f"{mode} {coord} {k} {w or ''}", **(how if mode != "nearest" else {}))
    if c.v >= 18:
        x = image(c, (1, 2, 4, 5))
        yield c.case([x, None, np.array([2, 0.5], F)], {"axes": [3, 2]}, "axes")
        yield c.case([x, None, np.array([0.5], F)], {"axes": [-1]}, "negative axis")
        for policy in ("not_larger", "not_smaller"):
            yield c.case([x, None, None, np.array([7, 8], I64)], {"axes": [2, 3], "keep_aspect_ratio_policy": policy}, policy)
        if c.floating:
            for mode in ("linear", "cubic"):
                for scales in ((1, 1, 0.6, 0.5), (1, 1, 0.3, 0.8)):
                    yield c.case([x, None, np.array(scales, F)], {"mode": mode, "antialias": 1}, f"antialias {mode} {scales}", **how)


@ops("GridSample")
def grid_sample(c):
    names = {"linear": "bilinear", "cubic": "bicubic", "nearest": "nearest"} if c.v == 16 else {"linear": "linear", "cubic": "cubic", "nearest": "nearest"}
    for t2 in c.types("T2") if c.floating else ["float"]:
        for mode in ("nearest", "linear", "cubic"):
            if mode != "nearest" and not c.floating:
                continue
            for padding in ("zeros", "border", "reflection"):
                for align in (0, 1):
                    x = image(c, (2, 2, 4, 3))
                    grid = (c.rng.uniform(-1.4, 1.4, (2, 3, 2, 2)) + 0.013).astype(np_type(t2))
                    at = {"mode": names[mode], "padding_mode": padding, "align_corners": align}
                    yield c.case([x, grid], at, f"{t2} {mode} {padding} {align}", ulps=16, loose=256)
                    if c.v >= 20 and mode != "cubic" and t2 == c.types("T2")[0]:
                        yield c.case([image(c, (1, 2, 3, 2, 3)), c.rng.uniform(-1.3, 1.3, (1, 2, 2, 2, 3)).astype(np_type(t2))], at, f"{t2} {mode} {padding} {align} volume", ulps=16, loose=256)


@ops("NonMaxSuppression")
def nms(c):
    boxes = np.array([[[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [0, 100, 1, 101]]], F)
    scores = np.array([[[0.9, 0.75, 0.6, 0.95, 0.5, 0.3], [0.1, 0.2, 0.9, 0.4, 0.8, 0.3]]], F)
    for n in (0, 2, 3, 100):
        for iou in (0.0, 0.5, 1.0):
            for score in (0.0, 0.4, 0.99):
                for box in (0, 1):
                    yield c.case([boxes, scores, np.array([n], I64), np.array([iou], F), np.array([score], F)], {"center_point_box": box}, f"{n} {iou} {score} {box}")
    yield c.case([boxes[:, :, [2, 3, 0, 1]], scores, np.array([3], I64), np.array([0.5], F)], {}, "corners flipped")
    yield c.case([boxes, scores], {}, "nothing asked for")
    yield c.case([boxes[:, :0], scores[:, :, :0], np.array([3], I64)], {}, "no boxes")
    many = c.rng.uniform(0, 3, (2, 20, 4)).astype(F)
    yield c.case([many, c.rng.uniform(0, 1, (2, 3, 20)).astype(F), np.array([5], I64), np.array([0.3], F), np.array([0.2], F)], {"center_point_box": 1}, "random")


@ops("ImageDecoder")
def image_decoder(c):
    yield c.case([np.frombuffer(b"BM", np.uint8)], {"pixel_format": "RGB"}, "no codec", expect="refused", settles=True)
