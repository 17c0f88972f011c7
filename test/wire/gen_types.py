"""Prints types_model.h: a model whose initializers hold the same values once in the typed
field and once in raw_data, for every element type. gen_types.py > types_model.h"""
import numpy as np
import onnx
from onnx import TensorProto as T, helper, numpy_helper

inits = []
for name, num in sorted(T.DataType.items(), key=lambda kv: kv[1]):
    if num in (T.UNDEFINED, T.STRING):
        continue
    dt = helper.tensor_dtype_to_np_dtype(num)
    if name.startswith(("UINT2", "INT2")):
        vals = [1, 0, 1, -2, -1] if name == "INT2" else [1, 0, 3, 2, 3]
    elif name.startswith("U"):
        vals = [1, 0, 7, 15, 3]
    elif name == "BOOL":
        vals = [1, 0, 1, 1, 0]
    elif name == "FLOAT8E8M0":
        vals = [1, 2, 0.5, 4, 8]
    elif name.startswith("COMPLEX"):
        vals = [1 + 2j, -3j, 0.5, -1, 2 - 2j]
    elif name.startswith(("FLOAT", "DOUBLE", "BFLOAT")):
        vals = [1, -0.5, 2, -4, 1.5]
    else:
        vals = [1, -1, 7, -8, 3]
    typed = helper.make_tensor("t_" + name, num, [5], vals)
    arr = numpy_helper.to_array(typed)
    raw = helper.make_tensor("r_" + name, num, [5], arr, raw=True)
    inits += [typed, raw]
g = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [helper.make_tensor_value_info("x", 1, [2])],
                      [helper.make_tensor_value_info("y", 1, [2])], inits)
m = helper.make_model(g, opset_imports=[helper.make_opsetid("", 24)])
m.ir_version = 13
m.producer_name = ""
b = m.SerializeToString(deterministic=True)
print("/* Made by gen_types.py with onnx %s. */" % onnx.__version__)
print("static const unsigned char types_model[%d] = {" % len(b))
for i in range(0, len(b), 24):
    print("    " + " ".join("%d," % c for c in b[i:i + 24]))
print("};")
