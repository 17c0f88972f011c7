"""Where an oracle is not what the ONNX text says, or computes in less precision than it could.

(case names, by regular expression; the oracles concerned: ref, ort, wide, via, or infer; the reason). Every
entry must explain something; docs/fidelity.md lists the reasons."""
F8 = r"float8e\dm\d(fn|fnuz)?"

DIFFERS = [
    # elementwise
    (r"(Add|Sub|Mul|Div|Pow|And|Or|Xor|Equal|Greater|Less)-[16] \w+: axis", "ref",
     "the reference runs versions 1 and 6 as 7, without `axis`"),
    (r"Clip-\d+ \w*float\w*: |Clip-\d+ double: ", "ref ort via", "Clip: an absent bound is the type's limit, so infinity is clipped"),
    (r"(Celu|Elu|Selu|Tanh|Sigmoid|Mish|Swish|Gelu|Erf|Softplus)-\d+ \w+: ", "ort", "onnxruntime's approximations: off by more than 4 units in the last place, subnormals to 0"),
    (r"(Erf-\d+ double|Gelu|Swish)", "ref wide", "the reference computes Erf, Gelu and Swish in float32, or rounds each step"),
    (r"(Max|Min)-\d+ \w+: ", "ort", "Max and Min: either zero may come out of -0.0 and 0.0"),
    (r"Mean-\d+ ", "ref ort via", "Mean: a sum that overflows on the way"),
    (r"Sum-\d+ (float|float16|bfloat16): ", "ref ort", "Sum: float32 and narrower are added in their own type there, with us in double and rounded once"),
    (r"PRelu-\d+ ", "ref ort via", "PRelu: x where x >= 0, so neither -0.0 nor infinity is multiplied by the slope"),
    (r"Relu-\d+ ", "ref wide via", "Relu: x where x >= 0, so -0.0 stays"),
    (r"Selu-1 ", "ref wide", "Selu-1: the reference has the defaults of version 6"),
    (r"Sign-\d+ b?float16: ", "ref ort wide", "Sign: NaN of NaN and 0.0 of either zero; onnxruntime gives 0 for a NaN of 16 bits, the reference -0.0 in bfloat16"),
    (r"Shrink-9 (double|int32)", "ort", "onnxruntime computes Shrink in float32"),
    (r"Where-9 ", "ort", "onnxruntime adds the two selections of Where, which makes 0.0 of -0.0"),
    # shapes
    (r"(Pad|CenterCropPad|Trilu)-\d+ string: ", "ref", "the empty text is the zero of text; the reference writes '0'"),
    # reductions
    (r"(Hardmax|LogSoftmax|Softmax)-(1|11) ", "ref wide", "the reference runs versions 1 and 11 of Softmax, LogSoftmax and Hardmax as 13, along one axis"),
    (r"LogSoftmax-\d+ \w+: (far apart|.* flat)", "ref wide via", "LogSoftmax is x - max - log(sum), so it does not run into the logarithm of 0"),
    (r"Reduce(Max|Min)-\d+ \w+: ", "ort ref", "ReduceMax and ReduceMin: NaN if there is one, and either zero of -0.0 and 0.0; onnxruntime skips some NaN"),
    (r"Reduce\w+-\d+ u?int\d+: extremes", "ort ref", "reductions of integers wrap around; the oracles saturate, go through double or compute in 64 bits"),
    (r"Reduce(L2|LogSumExp|Mean|SumSquare)-\d+ \w+: edges", "ort ref", "ReduceL2 and ReduceLogSumExp do not overflow on the way"),
    (r"Reduce(Sum|Mean)-\d+ float", "ref", "the reference adds float32 in float32: off where terms cancel"),
    (r"LpNormalization-\d+ ", "ref wide", "LpNormalization with p = 1: the reference divides by the sum, not by that of magnitudes"),
    (r"Unique-\d+ \w+: .* axis \d sorted 0", "ref", "Unique along an axis, not sorted: the reference keeps twice what is equal"),
    (r"Gather-\d+ string: ", "ort", "onnxruntime gathers empty texts in place of constants in one model with others"),
    (r"NonZero-\d+ \w+: 0-d", "ort", "NonZero of a 0-d tensor has the shape [0, N] (ONNX text); onnxruntime says [1, N]"),
    # windows, normalizations, recurrences, products
    (r"AveragePool-1 ", "ref wide", "AveragePool-1 leaves padding out of the mean; the reference counts it"),
    (r"ConvTranspose-\d+ \w+: .*'output_shape': \[8, 7\], 'auto_pad'", "ref wide", "ConvTranspose with auto_pad: the side of the odd element as version 11 has it"),
    (r"GlobalMaxPool-\d+ ", "ref", "GlobalMaxPool keeps the spatial axes with size 1; the reference drops them"),
    (r"LpPool-\d+ \w+: .*ceil_mode", "ref wide", "LpPool sums what is there; the reference scales a cut window as for a mean"),
    (r"LpPool-1 double", "ref wide", "LpPool-1: the reference takes the root with 1/p in float32"),
    (r"MaxPool-\d+ \w+: .*SAME_LOWER", "ref via", "MaxPool with SAME_LOWER: the shape is ceil(n / stride)"),
    (r"MaxPool-\d+ \w+: .*2$", "ref", "MaxPool: indices count through the whole tensor, and by storage_order; the reference counts in one plane or by rows"),
    (r"MaxPool-\d+ u?int8: ", "ref", "MaxPool of integers: the reference swaps the axes"),
    (r"MaxUnpool-\d+ \w+: output_shape", "ort", "MaxUnpool: indices are those of the shape without output_shape"),
    (r"QLinear(Conv|MatMul)-\d+ ", "ref", "QLinearConv and QLinearMatMul: rounded once, half to even, from the exact sum; the reference rounds scales and products on the way and truncates float8"),
    (r"MatMulInteger-10 .*\[2, 0\]", "ort", "MatMulInteger of no products is 0; onnxruntime leaves memory as it was"),
    (r"BatchNormalization-(1|6|7|9|14|15) ", "ref wide", "BatchNormalization: the reference mixes batch statistics in (version 9), or rounds to the statistics' type"),
    (r"LayerNormalization-17 b?float16", "ref", "LayerNormalization: mean and deviation have the type of stash_type, not that of 16 bits"),
    (r"RMSNormalization-23 ", "ref", "RMSNormalization: the result has the scale's type; the reference rounds to the input's first"),
    (r"LRN-\d+ \w+: ", "ref wide", "LRN: alpha is a float32, also in double; steps of the reference are 16 bits wide"),
    (r"(RNN|GRU|LSTM)-\d+ \w+: .*(lens 1|clip|input_forget|Relu|HardSigmoid|Elu|Soft|Affine|ScaledTanh)", "ref wide via",
     "recurrences: the reference ignores sequence_lens, clip, input_forget and most activations"),
    (r"Gemm-6 ", "ref wide", "Gemm-6: the reference adds C only with broadcast"),
    (r"QuantizeLinear-\d+ \w+: b?float16 ", "ref ort", "QuantizeLinear: the division is done in the type of the scale (text of `precision`)"),
    (r"QuantizeLinear-\d+ \w+: edges", "ref ort", "QuantizeLinear: infinity saturates; the division is done in the type of the scale"),
    # sequences
    (r"OptionalHasElement-\d+ ", "ref", "OptionalHasElement: the reference has no empty optional"),
    (r"SequenceInsert-11 ", "ref", "SequenceInsert at the end: the reference puts it before the last"),
    # conversions
    (r"Cast(Like)?-\d+ \w+: (0-d )?to float8e8m0", "ref ort", "Cast to float8e8m0: the text's table decides on 0, infinity and what is below the smallest"),
    (r"Cast(Like)?-\d+ \w*float\w*: (0-d )?to string|Cast(Like)?-\d+ double: (0-d )?to string", "ref ort",
     "Cast of a floating number to text: the shortest text that reads back as that number in float32 or its own wider type"),
    (r"Cast(Like)?-\d+ string: to float16", "ort", "Cast from text to float16: 65519.999 is below the middle to infinity"),
    (r"Cast(Like)?-\d+ \w+: to u?int[24]$", "ort", "onnxruntime rounds to 2- and 4-bit integers where the text truncates"),
    (r"Cast(Like)?-\d+ " + F8 + r": (0-d )?to bool", "ort", "onnxruntime compares the bits of float8 with 0, or flushes: -0.0 is false, 2^-127 is true"),
    (r"Cast(Like)?-\d+ " + F8 + r": to float[46]", "ref ort", "NaN to a type without NaN"),
]

# Cases that are not folded, with the reason.
REFUSED = [
    (r"AveragePool-1[01] .*ceil_mode': 1.*count_include_pad", "", "AveragePool-10 and 11: a window past the padding, counted with it; version 19 settled it"),
    (r"ConvTranspose-1 .*'auto_pad'", "", "ConvTranspose-1: the odd element of padding has no settled side"),
    (r"Dropout-(1|6|7|10) .* mask", "", "Dropout before version 12: the mask is not defined in inference"),
    (r"LSTM-\d+ \w+: clip", "", "LSTM with clip: whether the cell is clipped too is not settled; folded where it makes no difference"),
    (r"MaxPool-\d+ \w+: edges", "", "MaxPool of NaN: oracles differ"),
    (r"ReduceLogSumExp-(1|11|13|18) u?int", "", "ReduceLogSumExp of integers, gone in version 28: implementations round in different places"),
    (r"ReduceLogSum-(1|11|13|18) u?int\d+: (empty|extremes)", "", "ReduceLogSum of integers whose sum is not positive: minus infinity and NaN are none"),
    (r"ReduceMean-\d+ \w+: empty", "", "ReduceMean of nothing is undefined (ONNX text)"),
    (r"Cast(Like)?-\d+ (bool: (0-d )?to string|string: (0-d )?to bool)", "", "no text of truth values in ONNX"),
    (r"Pad-\d+ float8e8m0: ", "", "float8e8m0 has no zero to pad with"),
]
