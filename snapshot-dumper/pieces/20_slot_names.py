# What the slots of built-in types are called. Classes written in Python need no table, and what only the types of both
# ends explain is written without a name: the reader names it.

CONTEXT = "_contextvars." if PYTHON >= (3, 10) else ""          # how the types of contextvars call their module
# Getters in C that return what is stored and create nothing. A leading + marks a slot that gc.get_referents does not
# report. Member descriptors (`__slots__` and the like) are always used, without being listed.
ACCESSORS = {
    "function": "__code__ __name__ __qualname__ __module__ __doc__ __defaults__ __kwdefaults__ __type_params__",
    "builtin_function_or_method": "__self__",
    "code": "+co_consts +co_names +co_varnames +co_freevars +co_cellvars +co_filename +co_name +co_qualname +co_code "
            "+co_linetable +co_lnotab +co_exceptiontable",
    "cell": "cell_contents",
    "getset_descriptor": "+__name__", "member_descriptor": "+__name__", "method_descriptor": "+__name__",
    "wrapper_descriptor": "+__name__", "classmethod_descriptor": "+__name__",
    "method-wrapper": "__self__",
    "generator": "gi_code __name__ __qualname__",
    "coroutine": "cr_code cr_origin __name__ __qualname__",
    "async_generator": "ag_code __name__ __qualname__",
    "frame": "f_globals f_builtins +f_code f_trace" + (" f_back" if PYTHON < (3, 11) else ""),
    "traceback": "tb_next tb_frame",
    "BaseException": "args __traceback__ __context__ __cause__",
    "memoryview": "obj",
    "type": "+__mro__ +__bases__ +__base__",
    "_asyncio.Future": "_loop _result _exception _source_traceback _cancel_message",
    "_asyncio.Task": "_coro _fut_waiter",
    CONTEXT + "ContextVar": "+name", CONTEXT + "Token": "var",
    "range": "+start +stop +step", "datetime.datetime": "+tzinfo", "datetime.time": "+tzinfo",
    # Functions and classes that Cython has compiled: their getters of declared attributes return what is stored.
    "cython_function_or_method": "__name__ __qualname__ __globals__ __code__ __closure__",
    "numpy.ndarray": "+base +dtype", "numpy.dtype": "+type +names", "numpy.flatiter": "+base",
    "numpy._ArrayFunctionDispatcher": "+_implementation",
    "numpy.void": "+base +dtype", "numpy.random._generator.Generator": "_bit_generator",
    "pandas._libs.internals.Block": "values _mgr_locs refs", "pandas._libs.internals.NumpyBlock": "values",
    "pandas._libs.internals.SharedBlock": "_mgr_locs refs",
    "pandas._libs.internals.BlockManager": "blocks axes _blknos _blklocs _interleaved_dtype _dtypes_cache",
    "pandas._libs.internals.BlockValuesRefs": "referenced_blocks",
    "pandas._libs.arrays.NDArrayBacked": "_ndarray _dtype", "pandas._libs.properties.AxisProperty": "__doc__",
    "pandas._libs.properties.CachedProperty": "fget name __doc__",
}
# Attributes that make a tuple, or a view of a dictionary, anew at each call: what is in it is what the object holds.
PARTS = {"datetime.timezone": ("__getinitargs__", 2), "numpy.dtype": ("subdtype", 2)}
VIEWS = {"numpy.dtype": "fields", "re.Pattern": "groupindex"}
# Containers: how their contents are read and named. `items` gives pairs.
CONTENTS = {"list": ("__iter__", "sequence"), "tuple": ("__iter__", "sequence"), "set": ("__iter__", "set"),
            "frozenset": ("__iter__", "set"), "dict": ("items", "mapping"), "frozendict": ("items", "mapping"),
            "collections.deque": ("__iter__", "sequence")}
# Where a suspended function keeps its frame, and what tells for whom it waits (the top of its value stack), by type.
FRAME_OF = {"generator": "gi_frame", "coroutine": "cr_frame", "async_generator": "ag_frame", "frame": None}
AWAITED = {"gi_frame": "gi_yieldfrom", "cr_frame": "cr_await", "ag_frame": "ag_await"}
