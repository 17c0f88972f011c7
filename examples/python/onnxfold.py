"""Folds constants of ONNX models and simplifies what is left, through the C library.

    import onnxfold
    onnxfold.optimize_file("in.onnx", "out.onnx")
    smaller = onnxfold.optimize(data)              # bytes, or an onnx.ModelProto

Only the standard library is needed. The library is looked for in ONNXFOLD_LIBRARY, then
where the system looks for libonnxfold.so.
"""

import ctypes as _c
import ctypes.util as _util
import json as _json
import os as _os

__all__ = ["Error", "Model", "Options", "optimize", "optimize_file", "version"]

_ABI = 0


def _load():
    name = _os.environ.get("ONNXFOLD_LIBRARY") or _util.find_library("onnxfold") or f"libonnxfold.so.{_ABI}"
    lib = _c.CDLL(name)
    p, i32, i64, u32, u64, size, text = (_c.c_void_p, _c.c_int32, _c.c_int64, _c.c_uint32, _c.c_uint64, _c.c_size_t,
                                         _c.c_char_p)
    for fn, result, *args in [
        ("version_string", text), ("abi_version", u32), ("status_name", text, i32), ("dtype_name", text, i32),
        ("options_new", i32, p, p), ("options_free", None, p), ("options_set_int", i32, p, i32, i64),
        ("options_get_int", i32, p, i32, p), ("option_at", text, size, p),
        ("options_set_string", i32, p, i32, text), ("options_list_add", i32, p, i32, text),
        ("options_list_remove", i32, p, i32, text), ("options_list_clear", i32, p, i32),
        ("options_list_count", size, p, i32), ("options_list_at", text, p, i32, size),
        ("options_list_enable", i32, p, i32, _c.c_int), ("options_set_should_fold", i32, p, p),
        ("node_name", text, p, p), ("node_domain", text, p, p), ("node_op_type", text, p, p),
        ("node_input_count", size, p), ("node_input_name", text, p, size, p),
        ("node_input_type", i32, p, size, p, p), ("node_input_dim", i64, p, size, i32),
        ("model_new", i32, p, p), ("model_free", None, p), ("model_load_file", i32, p, text, p),
        ("model_load_memory", i32, p, p, size, text, p), ("model_bind_dim", i32, p, text, i32, i64),
        ("model_bind_symbol", i32, p, text, i64), ("model_bind_input", i32, p, text, i32, p, i32, p, size),
        ("model_optimize", i32, p, p), ("model_save_file", i32, p, text, p), ("model_save_memory", i32, p, p, p),
        ("model_error_message", text, p), ("model_error_node", text, p), ("model_error_offset", u64, p),
        ("model_report", p, p), ("report_json_buffer", i32, p, p), ("buffer_data", p, p), ("buffer_size", size, p),
        ("buffer_free", None, p), ("verify", i32, p, p, u32, u64, p), ("pass_name", text, size),
        ("pass_default_on", _c.c_int, size),
    ]:
        f = getattr(lib, "onnxfold_" + fn)
        f.restype, f.argtypes = result, args
    if lib.onnxfold_abi_version() != _ABI:
        raise ImportError(f"{name}: ABI {lib.onnxfold_abi_version()}, this module was written for {_ABI}")
    return lib


_lib = _load()
_LISTS = {"excluded_ops": 1, "keep_nodes": 2, "force_nodes": 3, "only": 4, "skip": 5, "extra": 6}


def _option_ids():
    ids, number, i = {}, _c.c_int32(), 0
    while (name := _lib.onnxfold_option_at(i, _c.byref(number))) is not None:
        ids[name.decode()] = number.value
        i += 1
    return ids


_OPTIONS = _option_ids()


class Error(Exception):
    """A failed call: status name, node and byte offset (None when there is none)."""

    def __init__(self, status, message="", node="", offset=None):
        self.status, self.node, self.offset = _lib.onnxfold_status_name(status).decode(), node, offset
        super().__init__(f"{self.status}: {message}" + (f" (node {node})" if node else ""))


def _check(status):
    if status:
        raise Error(status)


def _encode(path):
    return _os.fsencode(path)


def version():
    return _lib.onnxfold_version_string().decode()


def passes():
    """Names of passes and rules, with whether they run by default."""
    out, i = {}, 0
    while (name := _lib.onnxfold_pass_name(i)) is not None:
        out[name.decode()] = bool(_lib.onnxfold_pass_default_on(i))
        i += 1
    return out


class _ShouldFold(_c.Structure):
    FUNC = _c.CFUNCTYPE(_c.c_int32, _c.c_void_p, _c.c_void_p)
    _fields_ = [("size", _c.c_size_t), ("decide", FUNC), ("user", _c.c_void_p)]


class Node:
    """What should_fold sees; valid during the call only."""

    def __init__(self, context):
        self._n = context

    name = property(lambda s: _lib.onnxfold_node_name(s._n, None).decode(errors="replace"))
    domain = property(lambda s: _lib.onnxfold_node_domain(s._n, None).decode(errors="replace"))
    op_type = property(lambda s: _lib.onnxfold_node_op_type(s._n, None).decode(errors="replace"))

    @property
    def inputs(self):
        """(name, type, shape) of each input; shape None and dimensions None where not known."""
        out = []
        for i in range(_lib.onnxfold_node_input_count(self._n)):
            dtype, rank = _c.c_int32(), _c.c_int32()
            _lib.onnxfold_node_input_type(self._n, i, _c.byref(dtype), _c.byref(rank))
            dims = [_lib.onnxfold_node_input_dim(self._n, i, k) for k in range(rank.value)]
            shape = None if rank.value < 0 else [None if d < 0 else d for d in dims]
            name = _lib.onnxfold_node_input_name(self._n, i, None) or b""
            out.append((name.decode(errors="replace"), _lib.onnxfold_dtype_name(dtype).decode(), shape))
        return out


class Options:
    """Options by name: Options(input_size_limit=1024, excluded_ops=["Range"], ...)."""

    def __init__(self, should_fold=None, external_file=None, **named):
        self._p = _c.c_void_p()
        self._failure = None
        _check(_lib.onnxfold_options_new(None, _c.byref(self._p)))
        for name, value in named.items():
            if name in _LISTS:
                self.set_list(name, value)
            elif name in _OPTIONS:
                _check(_lib.onnxfold_options_set_int(self._p, _OPTIONS[name], int(value)))
            else:
                raise TypeError(f"no option is called {name}")
        if external_file is not None:
            _check(_lib.onnxfold_options_set_string(self._p, 1, _encode(external_file)))
        if should_fold is not None:
            self._set_should_fold(should_fold)

    def __del__(self):
        if getattr(self, "_p", None):
            _lib.onnxfold_options_free(_c.byref(self._p))

    def __getitem__(self, name):
        value = _c.c_int64()
        _check(_lib.onnxfold_options_get_int(self._p, _OPTIONS[name], _c.byref(value)))
        return value.value

    def list(self, name):
        k = _LISTS[name]
        return [_lib.onnxfold_options_list_at(self._p, k, i).decode()
                for i in range(_lib.onnxfold_options_list_count(self._p, k))]

    def set_list(self, name, items):
        k = _LISTS[name]
        _check(_lib.onnxfold_options_list_clear(self._p, k))
        if name == "only":
            _check(_lib.onnxfold_options_list_enable(self._p, k, 1))
        for item in items:
            _check(_lib.onnxfold_options_list_add(self._p, k, item.encode()))

    def _set_should_fold(self, function):
        def decide(_, context):
            # An exception cannot cross C: it keeps the node and is raised after the call.
            try:
                answer = function(Node(context))
                return 0 if answer is None else 1 if answer else 2
            except BaseException as e:
                self._failure = self._failure or e
                return 2

        self._keep = _ShouldFold(_c.sizeof(_ShouldFold), _ShouldFold.FUNC(decide), None)
        _check(_lib.onnxfold_options_set_should_fold(self._p, _c.byref(self._keep)))


class Model:
    """One model. The bytes it was made from are kept alive with it."""

    def __init__(self, source, options=None, base_dir=None):
        self._o = options or Options()
        self._p = _c.c_void_p()
        _check(_lib.onnxfold_model_new(self._o._p, _c.byref(self._p)))
        if isinstance(source, (bytes, bytearray, memoryview)):
            self._data = bytes(source)
            self._done(_lib.onnxfold_model_load_memory(self._p, self._data, len(self._data),
                                                       _encode(base_dir) if base_dir else None, self._o._p))
        else:
            self._done(_lib.onnxfold_model_load_file(self._p, _encode(source), self._o._p))

    def __del__(self):
        if getattr(self, "_p", None):
            _lib.onnxfold_model_free(_c.byref(self._p))

    def _done(self, status):
        if self._o._failure:
            failure, self._o._failure = self._o._failure, None
            raise failure
        if status:
            offset = _lib.onnxfold_model_error_offset(self._p)
            raise Error(status, _lib.onnxfold_model_error_message(self._p).decode(errors="replace"),
                        _lib.onnxfold_model_error_node(self._p).decode(errors="replace"),
                        None if offset == 2**64 - 1 else offset)

    def bind_dim(self, name, axis, value):
        self._done(_lib.onnxfold_model_bind_dim(self._p, name.encode(), axis, value))

    def bind_symbol(self, name, value):
        self._done(_lib.onnxfold_model_bind_symbol(self._p, name.encode(), value))

    def bind_input(self, name, dtype, shape, data):
        dims = (_c.c_int64 * max(1, len(shape)))(*shape)
        self._done(_lib.onnxfold_model_bind_input(self._p, name.encode(), dtype, dims, len(shape), data, len(data)))

    def optimize(self):
        self._done(_lib.onnxfold_model_optimize(self._p, self._o._p))

    def save(self, path):
        self._done(_lib.onnxfold_model_save_file(self._p, _encode(path), self._o._p))

    def to_bytes(self):
        b = _c.c_void_p()
        self._done(_lib.onnxfold_model_save_memory(self._p, self._o._p, _c.byref(b)))
        return _take(b)

    def report(self):
        """What happened, as a dictionary (docs/report-schema.md)."""
        r = _lib.onnxfold_model_report(self._p)
        if not r:
            raise Error(3, "no report")
        b = _c.c_void_p()
        _check(_lib.onnxfold_report_json_buffer(r, _c.byref(b)))
        return _json.loads(_take(b))

    def verify(self, original, runs=3, seed=1):
        """Raises Error DIFFERENT when an output differs from the original's on random inputs."""
        self._done(_lib.onnxfold_verify(original._p, self._p, runs, seed, self._o._p))


def _take(b):
    try:
        return _c.string_at(_lib.onnxfold_buffer_data(b), _lib.onnxfold_buffer_size(b))
    finally:
        _lib.onnxfold_buffer_free(_c.byref(b))


def optimize(model, num_iterations=2, *, onnx_shape_inference=True, stop_if_no_change=True, input_size_limit=8192,
             output_size_limit=262144, inline=True, **options):
    """Optimizes a model: bytes give bytes, a ModelProto gives a new ModelProto.

    The named parameters are those of onnxscript.optimizer.optimize; every other option of
    the library is taken by name, and should_fold, a function of a node that returns True
    (fold), False (keep) or None (as the options say).
    """
    o = Options(num_iterations=num_iterations, onnx_shape_inference=onnx_shape_inference,
                stop_if_no_change=stop_if_no_change, input_size_limit=input_size_limit,
                output_size_limit=output_size_limit, inline=inline, **options)
    is_bytes = isinstance(model, (bytes, bytearray, memoryview))
    m = Model(model if is_bytes else model.SerializeToString(), o)
    m.optimize()
    data = m.to_bytes()
    if is_bytes:
        return data
    result = type(model)()
    result.ParseFromString(data)
    return result


def optimize_file(source, destination, **options):
    """Optimizes a file into a file and returns the report; see Options."""
    m = Model(source, Options(**options))
    m.optimize()
    m.save(destination)
    return m.report()
