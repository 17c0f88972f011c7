#!/usr/bin/env python3
"""Installs into an empty folder and builds against it: install.py SOURCE BUILD."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import check, done, skip  # noqa: E402

source, build = map(os.path.abspath, sys.argv[1:3])
tmp = tempfile.mkdtemp(prefix="onnxfold-install-")
root = os.path.join(tmp, "root")
example = os.path.join(source, "examples", "c", "optimize_file.c")
model = os.path.join(source, "test", "models", "qat_conv_bn_relu.dynamo.onnx")


def run(what, cmd, **kw):
    env = {**os.environ, **kw.pop("env", {})}
    p = subprocess.run(cmd, capture_output=True, text=True, env=env, **kw)
    return check(p.returncode == 0, what, p.stdout + p.stderr) and p.stdout


def find(name):
    for folder, _, names in os.walk(root):
        if name in names:
            return folder
    return None


run("meson install", ["meson", "install", "-C", build, "--no-rebuild", "--destdir", root])
pc, cmake, lib = find("onnxfold.pc"), find("onnxfoldConfig.cmake"), find("libonnxfold.so")
for name in ["onnxfold.h", "onnxfold.pc", "onnxfoldConfig.cmake", "onnxfoldConfigVersion.cmake", "libonnxfold.so",
             "onnxfold", "api.md", "onnxfold.py"]:
    check(find(name), f"{name} is installed")
env = {"LD_LIBRARY_PATH": lib or ""}
if lib and b"__asan_init" in open(os.path.join(lib, "libonnxfold.so"), "rb").read():
    skip("building against it: the library needs the sanitizer's runtime")
    shutil.rmtree(tmp)
    done()
if shutil.which("pkg-config") and pc:
    flags = run("pkg-config", ["pkg-config", "--cflags", "--libs", "onnxfold"],
                env={"PKG_CONFIG_PATH": pc, "PKG_CONFIG_SYSROOT_DIR": root})
    exe = os.path.join(tmp, "by-pkg-config")
    if flags and run("compiling with pkg-config", ["cc", example, "-o", exe, *flags.split()]):
        run("running it", [exe, model, os.path.join(tmp, "a.onnx")], env=env)
else:
    skip("pkg-config is missing")
if shutil.which("cmake") and cmake:
    project = os.path.join(tmp, "project")
    os.mkdir(project)
    with open(os.path.join(project, "CMakeLists.txt"), "w") as f:
        f.write("cmake_minimum_required(VERSION 3.21)\nproject(user C)\nfind_package(onnxfold 0.1 REQUIRED CONFIG)\n"
                f"add_executable(user {example})\ntarget_link_libraries(user PRIVATE onnxfold::onnxfold)\n")
    out = os.path.join(tmp, "cmake")
    if run("cmake", ["cmake", "-G", "Ninja", "-S", project, "-B", out, f"-Donnxfold_DIR={cmake}"]) is not False:
        if run("building with cmake", ["cmake", "--build", out]) is not False:
            run("running it", [os.path.join(out, "user"), model, os.path.join(tmp, "b.onnx")], env=env)
else:
    skip("cmake is missing")
shutil.rmtree(tmp)
done()
