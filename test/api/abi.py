#!/usr/bin/env python3
"""What the shared library exports and needs: abi.py LIBRARY SYMBOLS.txt HEADER."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import check, done, skip  # noqa: E402

library, symbols, header = sys.argv[1:4]
want = open(symbols).read().split()
text = open(header).read()
declared = re.findall(r"^ONNXFOLD_API[^;]*?\b(onnxfold_\w+)\(", text, re.M)
check(sorted(want) == want, "the list is sorted")
check(sorted(declared) == want, "the header declares the list", str(set(declared) ^ set(want)))
abi = re.search(r"#define ONNXFOLD_ABI_MAJOR (\d+)", text).group(1)
if shutil.which("nm") and shutil.which("readelf"):
    out = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    have = [line.split() for line in out.splitlines()]
    names = sorted(f[-1].split("@")[0] for f in have if f[-2] != "A")
    check(names == want, "the library exports the list", str(set(names) ^ set(want)))
    check(all("@@ONNXFOLD_" in f[-1] for f in have if f[-2] != "A"), "every symbol has a version")
    dynamic = subprocess.run(["readelf", "-dW", library], capture_output=True, text=True, check=True).stdout
    check(f"[libonnxfold.so.{abi}]" in dynamic, "the soname is the ABI's number", dynamic)
    needed = re.findall(r"NEEDED.*\[(.+)\]", dynamic)
    extra = [n for n in needed if not re.match(r"(libc|libm|libgcc_s|ld-linux\S*|lib(a|ub|t|m)san|libclang_rt\S*)\.so", n)]
    check(not extra, "it needs the C library only", str(extra))
    check("TEXTREL" not in dynamic, "no text relocations")
    out = subprocess.run(["nm", "-D", "--undefined-only", library], capture_output=True, text=True, check=True).stdout
    used = {line.split()[-1].split("@")[0] for line in out.splitlines()}
    bad = used & {"abort", "exit", "_exit", "__assert_fail", "printf", "puts", "fprintf", "getenv", "setlocale",
                  "strtod", "signal", "sigaction", "qsort", "system", "fork", "mmap"}
    if "__asan_init" not in used:
        check(not bad, "it calls nothing that ends the process, prints, or reads the environment", str(bad))
else:
    skip("nm or readelf is missing")
done()
