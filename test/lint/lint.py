#!/usr/bin/env python3
"""House rules that a compiler does not know: lint.py TOP. Each rule is one test."""
import os
import re
import sys

top = sys.argv[1]
LAYERS = ["base", "tensor", "kern", "ir", "wire", "ops", "eval", "pass", "rewrite", "api"]
BELOW = {name: set(LAYERS[: i + 1]) for i, name in enumerate(LAYERS)}
BELOW["kern"] = {"base", "kern"}            # and two headers of tensor, see below
BELOW["rewrite"] = set(LAYERS[:-1])         # pass and rewrite stand side by side
BELOW["pass"] = set(LAYERS[:-1])
KERN_MAY = {"tensor/dtype.h", "tensor/convert.h"}


def files(*dirs, ends=(".c", ".h", ".def")):
    for d in dirs:
        for root, _, names in os.walk(os.path.join(top, d)):
            for n in sorted(names):
                if n.endswith(ends):
                    p = os.path.join(root, n)
                    yield os.path.relpath(p, top), open(p, encoding="utf-8", errors="replace").read()


def code_of(text):
    """Without comments and string literals."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', " ", text, flags=re.S)


def layers():
    for path, text in files("lib"):
        own = path.split("/")[1]
        for inc in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
            folder = inc.split("/")[0]
            if folder == "onnxfold":
                if own != "api":
                    yield f"{path}: includes the public header"
            elif folder in LAYERS:
                if folder not in BELOW[own] and not (own == "kern" and inc in KERN_MAY):
                    yield f"{path}: includes {inc}, which is above it"


def sizes():
    for path, text in files("lib", "include", "examples", "test"):
        n = text.count("\n")
        if n > 800 and path != "include/onnxfold/onnxfold.h":
            yield f"{path}: {n} lines"


def basenames():
    seen = {}
    for path, _ in files("lib"):
        b = os.path.basename(path)
        if b in seen:
            yield f"{path} and {seen[b]}"
        seen[b] = path


def raw_allocation():
    bad = re.compile(r"\b(malloc|calloc|realloc|free|strdup|alloca|abort|exit|_exit|assert|printf|fprintf|puts|getenv|setlocale|strtod|signal)\s*\(")
    for path, text in files("lib"):
        if path == "lib/base/alloc.c":
            continue
        for m in bad.finditer(code_of(text)):
            yield f"{path}: {m.group(1)}"


def unchecked_sizes():
    alloc = re.compile(r"\bof_(?:mem_alloc|mem_zalloc|arena_alloc|arena_zalloc)\s*\(([^;]*)\)\s*;")
    for path, text in files("lib"):
        if path.startswith("lib/base/"):
            continue
        for m in alloc.finditer(code_of(text)):
            if re.search(r"[\w)\]]\s*\*\s*[\w(]", re.sub(r"\(\s*(?:const\s+)?\w+\s*\*+\s*\)|\bsizeof\s*\*+\s*", "", m.group(1))):
                yield f"{path}: a product inside an allocation: {' '.join(m.group(0).split())[:90]}"


def words():
    bad = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|bash_" + r"jobs|/" + r"work/")
    for path, text in files("lib", "include", "examples", "test", "docs", ".ci", ends=("",)):
        if path.startswith("test/models/") or path == "test/lint/lint.py" or path.endswith((".onnx", ".pyc", ".npz")):
            continue
        for m in bad.finditer(text):
            yield f"{path}: {m.group(0)}"


def tables():
    """Rows of ops.def: sorted by domain, name and version, so that lookup is a binary search."""
    rows = []
    for line in open(os.path.join(top, "lib/ops/ops.def"), encoding="utf-8"):
        m = re.match(r"OP\((\w+),\s*(\w+),\s*(\d+)", line)
        if m:
            rows.append((m.group(1), m.group(2), int(m.group(3))))
    domain = lambda d: "" if d == "ai_onnx" else d.replace("_", ".")
    keys = [(domain(d), n, v) for d, n, v in rows]
    for a, b in zip(keys, keys[1:]):
        if a >= b:
            yield f"lib/ops/ops.def: {b} stands behind {a}"
    if not rows:
        yield "lib/ops/ops.def: no rows"


def top_level():
    """What stands at the top, but for builds and what begins with a dot for tools."""
    own = set("meson.build meson_options.txt README.md COPYING lib include subprojects test examples docs .ci .clang-format "
              ".gitignore .git .venv".split())
    for n in os.listdir(top):
        if n not in own and not n.startswith("build"):
            yield n


def main():
    failed = 0
    rules = [top_level, layers, sizes, basenames, raw_allocation, unchecked_sizes, words, tables]
    for rule in rules:
        found = sorted(set(rule()))
        for f in found[:40]:
            print(f"{rule.__name__}: {f}")
        failed += bool(found)
    print(f"{len(rules) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
