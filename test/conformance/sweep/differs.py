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
    (r"Cast(Like)?-\d+ (bool: (0-d )?to string|string: (0-d )?to bool)", "", "no text of truth values in ONNX"),
    (r"Pad-\d+ float8e8m0: ", "", "float8e8m0 has no zero to pad with"),
]
