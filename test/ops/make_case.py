#!/usr/bin/env python3
"""make_case.py > lib/ops/op_casetab.h: simple case mapping of Unicode as ranges."""
import unicodedata


def ranges(change):
    one, many = {}, []
    for c in range(0x80, 0x110000):
        if 0xD800 <= c < 0xE000:
            continue
        r = change(chr(c))
        if len(r) > 1:
            many.append(c)
        elif r != chr(c):
            one[c] = ord(r) - c
    out = []
    for c, d in sorted(one.items()):
        if out and out[-1][3] == d and out[-1][2] in (0, c - out[-1][1]) and c - out[-1][1] <= 2:
            out[-1][2] = c - out[-1][1]
            out[-1][1] = c
        else:
            out.append([c, c, 0, d])
    runs = []
    for c in many:
        if runs and runs[-1][1] == c - 1:
            runs[-1][1] = c
        else:
            runs.append([c, c])
    return out, runs


def table(name, items, form):
    print(f"static const {name} = {{")
    line = "   "
    for i in items:
        t = form(i)
        if len(line) + len(t) > 99:
            print(line)
            line = "   "
        line += " " + t
    print(line + "\n};")


print("/* Made by test/ops/make_case.py: simple case mapping of Unicode %s past ASCII. A range" % unicodedata.unidata_version)
print(" * maps every step-th of its characters by adding delta. Characters whose mapping is more")
print(" * than one character stand in the lists _many. */")
print("#ifndef OF_OPS_OP_CASETAB_H\n#define OF_OPS_OP_CASETAB_H\n\n#include <stdint.h>\n")
print("typedef struct case_range {\n    uint32_t lo, hi;\n    int32_t step, delta;\n} case_range;\ntypedef struct case_many {\n    uint32_t lo, hi;\n} case_many;\n")
for n, f in ("lower", str.lower), ("upper", str.upper):
    one, many = ranges(f)
    table(f"case_range case_{n}[]", one, lambda r: "{0x%x, 0x%x, %d, %d}," % (r[0], r[1], r[2] or 1, r[3]))
    table(f"case_many case_{n}_many[]", many, lambda r: "{0x%x, 0x%x}," % tuple(r))
print("\n#endif")
