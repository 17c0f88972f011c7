"""C1, C2: small models whose folds would be large or long, operator by operator. Each comes twice: as it is, and with the
size limits lifted, so that the budgets of growth, memory and work alone stand between it and the machine."""
import math

from pb import *

F32, I32, I64, STR, BOOL = 1, 6, 7, 8, 9
LIFTED = ("--input-size-limit", "unlimited", "--output-size-limit", "unlimited")


def one(op, inits, *attrs, n_out=1, out=F32, version=20, domain="", more=()):
    """One node on the constants c0, c1, ..., and what follows it; a sum of the first result leaves."""
    outs = ["o%d" % i for i in range(n_out)]
    nodes = [node(op, ["c%d" % i if x else "" for i, x in enumerate(inits)], outs, *attrs, domain=domain), *more]
    return model(graph(nodes, [x for x in inits if x], [], [info(o, out, None) for o in outs]), opsets=opset(version) + (opset(1, domain) if domain else b""))


def doubling(op, first, *attrs, n=48, out=F32, version=20, ins=lambda a: [a, a]):
    """Each node twice as large as the one before."""
    nodes = [node(op, ins("a%d" % i), ["a%d" % (i + 1)], *attrs) for i in range(n)]
    return model(graph(nodes, first, [], [info("a%d" % n, out, None)]), opsets=opset(version))


def large(shape, out="w"):
    return [node("ConstantOfShape", [out + "_s"], [out])], [i64(out + "_s", shape)]


def costly(op, shapes, *attrs, times=64, version=20, out=F32, extra=()):
    """The same costly node again and again, on constants that are made here; results are small."""
    nodes, inits, names = [], list(extra), []
    for k, s in enumerate(shapes):
        n, i = large(s, "w%d" % k)
        nodes, inits, names = nodes + n, inits + i, names + ["w%d" % k]
    names += ["e%d" % k for k in range(len(extra))]
    nodes += [node(op, names, ["r%d" % t], *attrs) for t in range(times)]
    return model(graph(nodes, inits, [], [info("r%d" % t, out, None) for t in range(times)]), opsets=opset(version))


def string(name, *texts, dims=None):
    return tensor(name, STR, [len(texts)] if dims is None else dims, None, *[data(6, t) for t in texts])


def cases():
    ones = lambda name, dims: flt(name, [1.0] * max(1, math.prod(dims)), dims)
    scalar = lambda name, v: i64(name, [v], [])
    huge, wide = 1 << 40, 1 << 28
    yield "StringConcat", doubling("StringConcat", [string("a0", "x" * 64)], out=STR)
    yield "StringConcat_broadcast", one("StringConcat", [string("c0", *["x" * 999] * 999, dims=[999, 1]), string("c1", *["y" * 999] * 999)], out=STR)
    yield "StringSplit", one("StringSplit", [string("c0", *[" a" * 40000] + [""] * 9999)], n_out=2, out=STR)
    yield "RegexFullMatch", one("RegexFullMatch", [string("c0", "a" * 40000)], a_str("pattern", "(a*)*(a*)*(a*)*b"), out=BOOL)
    yield "StringNormalizer", one("StringNormalizer", [string("c0", *["a"] * 1000)], a_str("case_change_action", "UPPER"), out=STR)
    yield "DFT", one("DFT", [ones("c0", [1, 4, 1]), scalar("c1", huge)])
    yield "DFT_prime", costly("DFT", [[1, 99991, 1]], times=40, extra=[scalar("e0", 99991)])
    yield "STFT", one("STFT", [ones("c0", [1, 64, 1]), scalar("c1", 1), None, scalar("c3", huge)])
    yield "STFT_steps", costly("STFT", [[1, 1 << 20, 1]], times=8, extra=[scalar("e0", 1), ones("e1", [512])])
    for op in ("HannWindow", "HammingWindow", "BlackmanWindow"):
        yield op, one(op, [scalar("c0", huge)])
        yield op + "_wide", one(op, [scalar("c0", wide)])
        yield op + "_negative", one(op, [scalar("c0", -huge)])
    yield "MelWeightMatrix", one("MelWeightMatrix", [scalar("c0", huge), scalar("c1", huge), scalar("c2", 16000), flt("c3", [1.0], []), flt("c4", [8000.0], [])])
    yield "MelWeightMatrix_wide", one("MelWeightMatrix", [scalar("c0", 1 << 15), scalar("c1", 1 << 15), scalar("c2", 16000), flt("c3", [1.0], []), flt("c4", [8000.0], [])])
    image = ones("c0", [1, 1, 4, 4])
    for op in ("MaxPool", "AveragePool", "LpPool"):
        yield op + "_pads", one(op, [image], a_ints("kernel_shape", [1 << 20] * 2), a_ints("pads", [(1 << 20) - 1] * 4))
        yield op + "_kernel", one(op, [image], a_ints("kernel_shape", [huge] * 2), a_ints("pads", [huge] * 4))
        yield op + "_cost", costly(op, [[1, 1, 512, 512]], a_ints("kernel_shape", [257, 257]), times=8)
    yield "LpPool_pow", costly("LpPool", [[1, 1, 256, 256]], a_ints("kernel_shape", [129, 129]), a_int("p", 3), times=64)
    yield "Conv_pads", one("Conv", [image, ones("c1", [1, 1, 1, 1])], a_ints("pads", [1 << 20] * 4))
    yield "Conv_groups", one("Conv", [image, ones("c1", [1, 1, 1, 1])], a_int("group", huge))
    yield "Conv_cost", costly("Conv", [[1, 16, 256, 256], [16, 16, 127, 127]])
    yield "ConvInteger_pads", one("ConvInteger", [tensor("c0", 2, [1, 1, 2, 2], b"\1" * 4), tensor("c1", 2, [1, 1, 1, 1], b"\1")], a_ints("pads", [1 << 20] * 4), out=I32)
    yield "ConvTranspose_strides", one("ConvTranspose", [image, ones("c1", [1, 1, 1, 1])], a_ints("strides", [1 << 30] * 2))
    yield "ConvTranspose_shape", one("ConvTranspose", [image, ones("c1", [1, 1, 1, 1])], a_ints("output_shape", [1 << 20] * 2))
    yield "DeformConv_pads", one("DeformConv", [image, ones("c1", [1, 1, 1, 1]), ones("c2", [1, 2, 4, 4])], a_ints("pads", [1 << 20] * 4))
    yield "Col2Im", one("Col2Im", [ones("c0", [1, 4, 4]), i64("c1", [1 << 30, 1 << 30]), i64("c2", [2, 2])])
    yield "MaxUnpool", one("MaxUnpool", [image, i64("c1", list(range(16)), [1, 1, 4, 4]), i64("c2", [1, 1, 1 << 20, 1 << 20])], a_ints("kernel_shape", [2, 2]))
    yield "Resize_sizes", one("Resize", [image, None, None, i64("c3", [1, 1, 1 << 20, 1 << 20])])
    yield "Resize_cubic", one("Resize", [image, None, flt("c2", [1, 1, 4000, 4000])], a_str("mode", "cubic"))
    yield "Upsample", one("Upsample", [image, flt("c1", [1, 1, 1e9, 1e9])], version=9)
    yield "RoiAlign", one("RoiAlign", [image, ones("c1", [1, 4]), i64("c2", [0])], a_int("output_height", 1 << 20), a_int("output_width", 1 << 20))
    yield "RoiAlign_ratio", one("RoiAlign", [image, flt("c1", [0, 0, 3, 3], [1, 4]), i64("c2", [0])], a_int("output_height", 8), a_int("output_width", 8), a_int("sampling_ratio", 1 << 30))
    yield "RoiAlign_adaptive", one("RoiAlign", [image, flt("c1", [0, 0, 1e9, 1e9], [1, 4]), i64("c2", [0])], a_int("output_height", 1), a_int("output_width", 1))
    yield "MaxRoiPool", one("MaxRoiPool", [image, flt("c1", [0, 0, 0, 3, 3], [1, 5])], a_ints("pooled_shape", [1 << 20, 1 << 20]))
    yield "GridSample", costly("GridSample", [[1, 1, 64, 64], [1, 1024, 1024, 2]], a_str("mode", "cubic"), times=16)
    yield "AffineGrid", one("AffineGrid", [ones("c0", [1, 2, 3]), i64("c1", [1, 1, 1 << 20, 1 << 20])])
    yield "CenterCropPad", one("CenterCropPad", [image, i64("c1", [1, 1, 1 << 20, 1 << 20])])
    yield "SpaceToDepth", one("SpaceToDepth", [image], a_int("blocksize", huge))
    yield "DepthToSpace", one("DepthToSpace", [image], a_int("blocksize", 1 << 32))
    yield "Einsum_outer", one("Einsum", [ones("c0", [4096]), ones("c1", [4096]), ones("c2", [4096])], a_str("equation", "a,b,c->abc"))
    yield "Einsum_cost", costly("Einsum", [[4096, 64], [4096, 64], [4096, 64]], a_str("equation", "ai,bi,ci->"))
    yield "MatMul_outer", one("MatMul", [ones("c0", [60000, 1]), ones("c1", [1, 60000])])
    yield "Gemm_outer", one("Gemm", [ones("c0", [60000, 1]), ones("c1", [1, 60000])])
    yield "Add_broadcast", one("Add", [ones("c0", [60000, 1]), ones("c1", [60000])])
    yield "Sum_broadcast", one("Sum", [ones("c0", [2000, 1, 1]), ones("c1", [2000, 1]), ones("c2", [2000])])
    yield "Where_broadcast", one("Where", [tensor("c0", BOOL, [1], b"\1"), ones("c1", [60000, 1]), ones("c2", [60000])])
    yield "Concat_broadcast", doubling("Concat", [ones("a0", [64])], a_int("axis", 0), ins=lambda a: [a] * 4)
    yield "Tile_doubling", doubling("Tile", [ones("a0", [64]), i64("two", [2])], ins=lambda a: [a, "two"])
    yield "Pad_doubling", doubling("Pad", [ones("a0", [64]), i64("p", [1 << 20, 1 << 20])], ins=lambda a: [a, "p"])
    yield "Gather_scalar", one("Gather", [ones("c0", [1, 60000]), i64("c1", [0] * 60000)])
    yield "GatherND", one("GatherND", [ones("c0", [1, 60000]), i64("c1", [0] * 60000, [60000, 1])])
    yield "OneHot_deep", one("OneHot", [i64("c0", [0] * 60000), scalar("c1", 60000), flt("c2", [0, 1])])
    yield "TfIdf", one("TfIdfVectorizer", [i64("c0", [1] * 9)], a_str("mode", "TF"), a_int("min_gram_length", 1), a_int("max_gram_length", 1), a_int("max_skip_count", huge),
                       a_ints("ngram_counts", [0]), a_ints("ngram_indexes", [huge]), a_ints("pool_int64s", [1]))
    yield "Unique", costly("Unique", [[1 << 20]], times=32)
    yield "TopK", costly("TopK", [[1 << 21]], times=32, extra=[i64("e0", [1 << 20])])
    yield "NonMaxSuppression", costly("NonMaxSuppression", [[1, 20000, 4], [1, 1, 20000]], times=4, out=I64, extra=[scalar("e0", 20000), flt("e1", [1.0], [])])
    yield "Det", costly("Det", [[1, 400, 400]], times=64)
    yield "CumSum", costly("CumSum", [[1 << 22]], times=32, extra=[scalar("e0", 0)])
    yield "LRN", costly("LRN", [[1, 4096, 16, 16]], a_int("size", 1 << 30), times=16)
    yield "LRN_window", costly("LRN", [[1, 4096, 256]], a_int("size", 5), times=64)
    yield "GlobalLpPool_pow", costly("GlobalLpPool", [[1, 1, 1 << 22]], a_int("p", 3), times=64)
    yield "Attention", costly("Attention", [[1, 1, 4096, 64]] * 3, times=16, version=23)
    yield "LSTM", costly("LSTM", [[20000, 1, 8], [1, 256, 8], [1, 256, 64]], a_int("hidden_size", 64), times=16)
    yield "GRU", costly("GRU", [[20000, 1, 8], [1, 192, 8], [1, 192, 64]], a_int("hidden_size", 64), times=16)
    yield "RNN", costly("RNN", [[20000, 1, 8], [1, 64, 8], [1, 64, 64]], a_int("hidden_size", 64), times=64)
    yield "Gelu", costly("Gelu", [[1 << 21]], times=64)
    yield "Pow", costly("Pow", [[1 << 21], [1]], times=64)
    yield "LogSoftmax", costly("LogSoftmax", [[1 << 21]], times=64)
    yield "SequenceInsert", doubling("ConcatFromSequence", [ones("a0", [64])], a_int("axis", 0), ins=lambda a: [a])
    yield "SplitToSequence", one("SplitToSequence", [ones("c0", [60000]), scalar("c1", 1)], out=F32)
    yield "ReverseSequence", one("ReverseSequence", [ones("c0", [4, 4]), i64("c1", [huge] * 4)])
    yield "Bernoulli", one("Bernoulli", [ones("c0", [4])], a_float("seed", 1.0))
    yield "RandomNormal", one("RandomNormal", [], a_ints("shape", [1 << 31, 1 << 31]))
    yield "Range_int32", one("Range", [i32("c0", [-(1 << 31)], []), i32("c1", [(1 << 31) - 1], []), i32("c2", [1], [])], out=I32)
    yield "EyeLike_k", one("EyeLike", [ones("c0", [2, 2])], a_int("k", -(1 << 63)))
    yield "Dequantize_blocks", one("DequantizeLinear", [tensor("c0", 2, [4], b"\1" * 4), ones("c1", [4])], a_int("axis", 0), a_int("block_size", huge), version=21)
    body = graph([node("Identity", ["k"], ["co"]), node("Concat", ["v", "v"], ["vo"], a_int("axis", 0))], [], [info("i", I64, []), info("k", BOOL, []), info("v", F32, None)],
                 [info("co", BOOL, []), info("vo", F32, None)])
    yield "Loop_doubling", one("Loop", [scalar("c0", 60), tensor("c1", BOOL, [], b"\1"), ones("c2", [64])], a_graph("body", body))
    body = graph([node("Identity", ["k"], ["co"]), node("Add", ["i", "i"], ["so"])], [], [info("i", I64, []), info("k", BOOL, [])], [info("co", BOOL, []), info("so", I64, [])])
    yield "Loop_scans", one("Loop", [scalar("c0", 1 << 62), tensor("c1", BOOL, [], b"\1")], a_graph("body", body), out=I64)
    yield "FusedMatMul", one("FusedMatMul", [ones("c0", [60000, 1]), ones("c1", [1, 60000])], domain="com.microsoft")


def growth_cases():
    for name, blob in cases():
        yield "C2", "growth_" + name, blob, {"OK"}
        yield "C2", "lifted_" + name, blob, {"OK"}, LIFTED
