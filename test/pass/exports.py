#!/usr/bin/env python3
"""exports.py ONNXFOLD: small models of the structure that exporters give detectors, transformers with and without a
past, recurrent layers and loops over sequences. Every output is the same bytes before and after, in onnxruntime, for
inputs of several sizes; a second run changes nothing; what only computes shapes is gone."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import tap  # noqa: E402

try:
    import numpy as np
    import onnx
    import onnxruntime as ort
    from onnx import parser
except ImportError as e:
    print(e)
    sys.exit(77)

R = np.random.default_rng(7)


def f32(*shape):
    return R.standard_normal(shape, dtype=np.float32)


def i64(*v):
    return np.array(v, np.int64)


# The one scalar, and lists, that many of them use.
K = """k0 = Constant <value = int64 {0}> ()  k1 = Constant <value = int64 {1}> ()
       l0 = Constant <value = int64[1] {0}> ()  l1 = Constant <value = int64[1] {1}> ()
       l2 = Constant <value = int64[1] {2}> ()  m1 = Constant <value = int64[1] {-1}> ()"""

# name: (text, list of feeds, most nodes that may be left)
MODELS = {
    # suppression, columns of its result taken one by one, the best k of what there is, squeeze() by rank
    "detector": ("""g (float[1,n,4] boxes, float[1,c,n] scores) => (float[q,4] b, float[q] s, int64[q] label) {
        %s
        max = Constant <value = int64[1] {20}> ()  iou = Constant <value = float[1] {0.5}> ()
        thr = Constant <value = float[1] {0.1}> ()
        nms = NonMaxSuppression (boxes, scores, max, iou, thr)
        col1 = Gather <axis = 1> (nms, l1)  cls = Squeeze (col1, l1)
        col2 = Gather <axis = 1> (nms, l2)  idx = Squeeze (col2, l1)
        flat_b = Squeeze (boxes, l0)
        t = Transpose <perm = [0, 2, 1]> (scores)  ts = Shape (t)
        n1 = Gather <axis = 0> (ts, k1)  two = Constant <value = int64 {2}> ()  c1 = Gather <axis = 0> (ts, two)
        nu = Unsqueeze (n1, l0)  cu = Unsqueeze (c1, l0)  flat = Concat <axis = 0> (nu, cu)
        flat_s = Reshape (t, flat)
        lin0 = Mul (idx, c1)  lin = Add (lin0, cls)
        one_d = Reshape (flat_s, m1)  picked = Gather <axis = 0> (one_d, lin)
        ps = Shape (picked)  num = Gather <axis = 0> (ps, k0)  numu = Unsqueeze (num, l0)
        lim = Constant <value = int64[1] {5}> ()  both = Concat <axis = 0> (lim, numu)
        kk0 = ReduceMin <keepdims = 0> (both)  kk = Unsqueeze (kk0, l0)
        s, at = TopK <axis = 0> (picked, kk)
        as_ = Shape (at)  rank = Size (as_)  is2 = Equal (rank, two)
        at1 = If (is2) <then_branch = y () => (int64[z] a) { a = Reshape (at, m1) },
                        else_branch = w () => (int64[z] e) { e = Identity (at) }>
        bi = Gather <axis = 0> (idx, at1)  b = Gather <axis = 0> (flat_b, bi)
        label = Gather <axis = 0> (cls, at1)
    }""" % K, [{"boxes": np.sort(np.abs(f32(1, n, 4)), 2), "scores": np.abs(f32(1, c, n))}
               for n, c in ((9, 2), (30, 3), (1, 1))], 21),
    # a box head in a loop, results gathered in a sequence
    "levels": ("""g (float[n,4] x, int64 trips) => (float[r,4] y, int64 len) {
        %s
        none = SequenceEmpty <dtype = 1> ()  yes = Constant <value = bool {1}> ()
        all, last = Loop (trips, yes, none, x) <body = b (int64 i, bool k, seq(float[p,4]) q, float[n,4] v)
            => (bool k2, seq(float[p,4]) q2, float[n,4] v2) {
            k2 = Identity (k)  vs = Shape (v)  rows = Gather <axis = 0> (vs, k0)  ru = Unsqueeze (rows, l0)
            four = Constant <value = int64[1] {4}> ()  same = Concat <axis = 0> (ru, four)
            w = Reshape (v, same)  half = Constant <value = float {0.5}> ()  v2 = Mul (w, half)
            q2 = SequenceInsert (q, v2) }>
        one = SequenceInsert (all, last)
        y = ConcatFromSequence <axis = 0> (one)  len = SequenceLength (one)
    }""" % K, [{"x": f32(n, 4), "trips": np.array(t)} for n, t in ((3, 2), (1, 0), (5, 4))], 8),
    # positions and a key mask from the padding of the pixels
    "mask": ("""g (bool[b,h,w] pad, float[b,l,8] q, float[b,l,8] key) => (float[b,2,l,l] attn, float[b,h,w,4] pos) {
        %s
        not = Not (pad)  nf = Cast <to = 1> (not)  one = Constant <value = int64 {1}> ()
        ye = CumSum (nf, one)  eps = Constant <value = float {0.000001}> ()
        ys = Shape (ye)  h1 = Slice (ys, l1, l2, l0)  e0 = Constant <value = int64[1] {9223372036854775807}> ()
        endy = Slice (ye, m1, e0, l1)  yn0 = Add (endy, eps)  yn = Div (ye, yn0)
        start = Constant <value = float {0}> ()  stop = Constant <value = float {4}> ()
        step = Constant <value = float {1}> ()  r = Range (start, stop, step)
        ten = Constant <value = float {10}> ()  d = Pow (ten, r)
        yu = Unsqueeze (yn, m1)  pos = Div (yu, d)
        qs = Shape (q)  bb = Gather <axis = 0> (qs, k0)  ll = Gather <axis = 0> (qs, k1)
        bu = Unsqueeze (bb, l0)  lu = Unsqueeze (ll, l0)
        two = Constant <value = int64[1] {2}> ()  four = Constant <value = int64[1] {4}> ()
        hs = Concat <axis = 0> (bu, lu, two, four)
        q4 = Reshape (q, hs)  qh = Transpose <perm = [0, 2, 1, 3]> (q4)
        k4 = Reshape (key, hs)  kh = Transpose <perm = [0, 2, 3, 1]> (k4)
        dot = MatMul (qh, kh)
        ms = Concat <axis = 0> (bu, l1, l1, lu)  ones = ConstantOfShape <value = float[1] {1}> (ms)
        hs2 = Concat <axis = 0> (bu, two, lu, lu)
        ex = Expand (ones, hs2)  ninf = Constant <value = float {-1e9}> ()  zero = Constant <value = float {0}> ()
        gt = Greater (ex, zero)  bias = Where (gt, zero, ninf)
        masked = Add (dot, bias)  attn = Softmax <axis = -1> (masked)
    }""" % K, [{"pad": R.random((b, h, w)) < 0.3, "q": f32(b, n, 8), "key": f32(b, n, 8)}
               for b, h, w, n in ((1, 3, 4, 5), (2, 5, 2, 3))], 24),
    # a decoder merged from two: one without a past, one that appends to it
    "decoder": ("""g (bool use_past, float[b,t,8] x, float[b,2,p,4] past) => (float[b,t,8] y, float[b,2,u,4] present)
        <float[8,8] wk, float[8,8] wq> {
        %s
        xs = Shape (x)  b0 = Gather <axis = 0> (xs, k0)  t0 = Gather <axis = 0> (xs, k1)
        bu = Unsqueeze (b0, l0)  tu = Unsqueeze (t0, l0)
        two = Constant <value = int64[1] {2}> ()  four = Constant <value = int64[1] {4}> ()
        hs = Concat <axis = 0> (bu, tu, two, four)
        k = MatMul (x, wk)  kr = Reshape (k, hs)  kh = Transpose <perm = [0, 2, 1, 3]> (kr)
        q = MatMul (x, wq)  qr = Reshape (q, hs)  qh = Transpose <perm = [0, 2, 1, 3]> (qr)
        present, y = If (use_past) <
            then_branch = w () => (float[b,2,u,4] kk, float[b,t,8] o) {
                kk = Concat <axis = 2> (past, kh)  kt = Transpose <perm = [0, 1, 3, 2]> (kk)
                s = MatMul (qh, kt)  a = Softmax <axis = -1> (s)  v = MatMul (a, kk)
                vt = Transpose <perm = [0, 2, 1, 3]> (v)  e8 = Constant <value = int64[1] {8}> ()
                os = Concat <axis = 0> (bu, tu, e8)  o = Reshape (vt, os) },
            else_branch = n () => (float[b,2,u,4] kk, float[b,t,8] o) {
                kk = Identity (kh)  kt = Transpose <perm = [0, 1, 3, 2]> (kk)
                s = MatMul (qh, kt)  a = Softmax <axis = -1> (s)  v = MatMul (a, kk)
                vt = Transpose <perm = [0, 2, 1, 3]> (v)  e8 = Constant <value = int64[1] {8}> ()
                os = Concat <axis = 0> (bu, tu, e8)  o = Reshape (vt, os) }>
    }""" % K, [{"use_past": np.array(bool(u)), "x": f32(b, t, 8), "past": f32(b, 2, p, 4)}
               for u, b, t, p in ((0, 1, 3, 1), (1, 2, 1, 6), (1, 1, 4, 0))], 21),
    # words one after the other: what the loop carries grows
    "greedy": ("""g (int64[1,t] start, int64 most) => (int64[1,u] words) <float[6,6] table> {
        %s
        yes = Constant <value = bool {1}> ()
        words = Loop (most, yes, start) <body = b (int64 i, bool k, int64[1,p] w) => (bool k2, int64[1,r] w2) {
            ws = Shape (w)  len = Gather <axis = 0> (ws, k1)  before = Sub (len, k1)
            last = Gather <axis = 1> (w, before)  row = Gather <axis = 0> (table, last)
            best = ArgMax <axis = 1, keepdims = 1> (row)
            w2 = Concat <axis = 1> (w, best)
            seven = Constant <value = int64 {7}> ()  k2 = Less (len, seven) }>
    }""" % K, [{"start": i64(*v).reshape(1, -1), "most": np.array(m)} for v, m in (((1,), 3), ((2, 0, 5), 20), ((4,), 0))], 9),
    # nn.LSTM of a step with a squeeze() before it: both ask for ranks that only one answer fits
    "lstm": ("""g (float[b,2,t] x, float[2,b,3] state) => (float[b,3] h, float[2,b,3] out)
        <float[12,2] wi, float[12,3] wh> {
        %s
        xs = Shape (x)  tl = Gather <axis = 0> (xs, l2)  is1 = Equal (tl, l1)
        z = If (is1) <then_branch = a () => (float[] s) { s = Squeeze (x, m1) },
                      else_branch = c () => (float[] s) { s = Identity (x) }>
        zs = Shape (z)  rank = Size (zs)  two = Constant <value = int64 {2}> ()  flat = Equal (rank, two)
        deep = Not (flat)
        z3 = If (deep) <then_branch = a () => (float[] s) { s = Unsqueeze (z, l0) },
                        else_branch = c () => (float[] s) { s = Identity (z) }>
        z4 = Unsqueeze (z3, l0)
        h0 = Gather <axis = 0> (state, l0)  c0 = Gather <axis = 0> (state, l1)
        n3 = Constant <value = int64[1] {3}> ()  n9 = Constant <value = int64[1] {9}> ()  n12 = Constant <value = int64[1] {12}> ()
        wi0 = Slice (wi, l0, n3, l0)  wi1 = Slice (wi, n9, n12, l0)  wi2 = Slice (wi, n3, n9, l0)
        wi3 = Concat <axis = 0> (wi0, wi1, wi2)  wi4 = Unsqueeze (wi3, l0)
        wh0 = Slice (wh, l0, n3, l0)  wh1 = Slice (wh, n9, n12, l0)  wh2 = Slice (wh, n3, n9, l0)
        wh3 = Concat <axis = 0> (wh0, wh1, wh2)  wh4 = Unsqueeze (wh3, l0)
        yy, hn, cn = LSTM <hidden_size = 3> (z4, wi4, wh4, , , h0, c0)
        h = Squeeze (hn, l0)  out = Concat <axis = 0> (hn, cn)
    }""" % K, [{"x": f32(b, 2, 1), "state": f32(2, b, 3)} for b in (1, 4)], 6),
    # steps scanned, the state keeps its shape
    "scan": ("""g (float[t,b,4] x, float[b,4] h) => (float[b,4] y, float[t,b,4] all) {
        %s
        y, all = Scan <num_scan_inputs = 1, body = s (float[b,4] hi, float[b,4] xi) => (float[b,4] ho, float[b,4] o) {
            hs = Shape (hi)  b0 = Gather <axis = 0> (hs, k0)  bu = Unsqueeze (b0, l0)
            four = Constant <value = int64[1] {4}> ()  same = Concat <axis = 0> (bu, four)
            hr = Reshape (hi, same)  sum = Add (hr, xi)  ho = Tanh (sum)  o = Identity (ho) }> (h, x)
    }""" % K, [{"x": f32(t, b, 4), "h": f32(b, 4)} for t, b in ((3, 2), (1, 5))], 4),
}
HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def count(graph):
    n = 0
    for node in graph.node:
        n += 1 + sum(count(a.g) for a in node.attribute if a.type == onnx.AttributeProto.GRAPH)
    return n


def run(path, feeds):
    so = ort.SessionOptions()
    so.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    so.log_severity_level = 4
    s = ort.InferenceSession(path, so, providers=["CPUExecutionProvider"])
    names = {i.name for i in s.get_inputs()}
    return [s.run(None, {k: v for k, v in f.items() if k in names}) for f in feeds]


def same(a, b):
    return len(a) == len(b) and all(x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()
                                    for p, q in zip(a, b) for x, y in zip(p, q))


def main():
    tool = sys.argv[1]
    with tempfile.TemporaryDirectory() as tmp:
        at = {k: os.path.join(tmp, k + ".onnx") for k in ("in", "out", "again")}
        for name, (text, feeds, most) in MODELS.items():
            model = parser.parse_model(HEAD + text)
            for v in model.graph.value_info:  # weights: declared in the text, drawn here
                dims = [d.dim_value for d in v.type.tensor_type.shape.dim]
                model.graph.initializer.append(onnx.numpy_helper.from_array(f32(*dims), v.name))
            del model.graph.value_info[:]
            onnx.checker.check_model(model)
            onnx.save(model, at["in"])
            try:
                want = run(at["in"], feeds)
            except Exception as e:
                tap.check(False, name, str(e))
                continue
            for how in ([], ["--exact"], ["--skip", "inline"], ["--only", "infer,fold,partial"]):
                r = subprocess.run([tool, "--quiet", *how, at["in"], at["out"]], capture_output=True, text=True)
                label = " ".join([name, *how])
                if not tap.check(r.returncode == 0, label, r.stderr):
                    continue
                left = onnx.load(at["out"])
                try:
                    onnx.checker.check_model(left)
                    got = run(at["out"], feeds)
                except Exception as e:
                    tap.check(False, label, str(e))
                    continue
                tap.check(same(want, got), f"{label}: outputs", onnx.printer.to_text(left))
                subprocess.run([tool, "--quiet", *how, at["out"], at["again"]], check=True)
                with open(at["out"], "rb") as a, open(at["again"], "rb") as b:
                    tap.check(a.read() == b.read(), f"{label}: a second run changes something")
                if not how:
                    tap.check(count(left.graph) <= most, f"{label}: {count(left.graph)} nodes of {count(model.graph)} left",
                              onnx.printer.to_text(left))
    tap.done()


if __name__ == "__main__":
    main()
