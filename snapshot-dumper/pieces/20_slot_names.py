# What the slots of built-in types are called. Classes written in Python need no table.

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
    "range": "+start +stop +step",
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
SUSPENDED = {"function": "function", "code": "code of the frame"}
# What the accessors did not explain, by the type of the referent; * is any type.
REMAINING = {
    # Annotations may be kept as a tuple, of which the attribute makes a dictionary.
    "function": {"dict": ".__annotations__", "tuple": "annotations", "function": ".__annotate__"},
    "type": {"module": "module"},
    "module": {"*": "module state"},
    "property": {"str": "name"},
    "mappingproxy": {"*": "mapping"},
    "memoryview": {"managedbuffer": "managed buffer"},
    "managedbuffer": {"*": "exporter"},
    "method-wrapper": {"wrapper_descriptor": "descriptor"},
    "generator": SUSPENDED, "coroutine": SUSPENDED, "async_generator": SUSPENDED,
    "frame": {"function": "function", "frame": ".f_back", "code": ".f_code"},
    "builtin_function_or_method": {"type": "defining class"},
    "functools._lru_cache_wrapper": {"function": "wrapped function", "dict": "cache", "type": "type",
                                     "functools._lru_list_elem": "cache entry", "object": "keyword marker",
                                     "*": "cached key or result"},
    "functools._lru_list_elem": {"*": "cached key or result"},
    "_asyncio.Task": {CONTEXT + "Context": ".get_context()" if PYTHON >= (3, 12) else "context", "str": ".get_name()"},
    "_asyncio.Future": {CONTEXT + "Context": "callback context", "*": "done callback"},
    CONTEXT + "Context": {"hamt": "variables", CONTEXT + "Context": "previous context"},
    CONTEXT + "Token": {CONTEXT + "Context": "context", "*": ".old_value"}, CONTEXT + "ContextVar": {"*": "default"},
    "hamt": {"*": "node"}, "hamt_bitmap_node": {"*": "key or value"}, "hamt_array_node": {"*": "node"},
    "hamt_collision_node": {"*": "key or value"},
    "dict_keys": {"*": "mapping"}, "dict_values": {"*": "mapping"}, "dict_items": {"*": "mapping"},
    "map": {"tuple": "iterators", "*": "function"}, "zip": {"tuple": "iterators or result"},
    "filter": {"*": "iterator or function"}, "enumerate": {"*": "iterator, index or result"},
    "reversed": {"*": "iterated"},
    "_abc._abc_data": {"set": "registry or cache"},
    "coroutine_wrapper": {"*": "coroutine"},
    "lazy_import": {"*": "name or namespace"}, "sentinel": {"*": "name or module"},
    "async_generator_asend": {"*": "generator or value"},
    "async_generator_athrow": {"*": "generator or arguments"},
    "async_generator_wrapped_value": {"*": "value"},
    "TaskStepMethWrapper": {"*": "task or argument"}, "TaskWakeupMethWrapper": {"*": "task"},
    "_asyncio.TaskStepMethWrapper": {"*": "task or argument"}, "_asyncio.TaskWakeupMethWrapper": {"*": "task"},
    "types.GenericAlias": {"tuple": ".__parameters__"}, "types.UnionType": {"tuple": ".__parameters__"},
    "typing.Union": {"*": "arguments or parameters"},
    "typing.TypeVar": {"*": "bound, constraints or default"}, "typing.ParamSpec": {"*": "bound or default"},
    "typing.TypeVarTuple": {"*": "default"}, "typing.TypeAliasType": {"*": "value, parameters or module"},
    "operator.attrgetter": {"*": "attribute names"}, "operator.itemgetter": {"*": "item"},
    "operator.methodcaller": {"*": "name or arguments"},
    "re.Pattern": {"dict": "group index", "tuple": "group names"}, "re.Match": {"*": "pattern or string"},
    "_struct.Struct": {"bytes": "format"}, "_json.Scanner": {"dict": "memo"}, "PyCapsule": {"*": "held object"},
    "collections.OrderedDict": {"ordered": ""},
    "_thread._local": {"tuple": "arguments", "*": "attributes of a thread"},
    "_io.TextIOWrapper": {"str": "encoding, errors or newline", "*": "codec, buffer or decoded text"},
    "_io._IOBase": {"*": "state"},
    "_asyncio.FutureIter": {"*": "future"}, "_queue.SimpleQueue": {"list": "queue"},
    "sqlite3.Connection": {"list": "cursors or blobs", "functools._lru_cache_wrapper": "statements"},
    "_csv.Dialect": {"str": "delimiter, quote, escape or end of line"}, "_sre.SRE_Template": {"str": "literal"},
    "cython_function_or_method": {"dict": "attributes, annotations or defaults", "tuple": "defaults",
                                  "str": "name or documentation", "*": "scope or default"},
    "numpy.ufunc": {"*": "identity"},
    "pandas._libs.internals.BlockPlacement": {"slice": "slice", "numpy.ndarray": "array"},
    "pandas._libs.index.IndexEngine": {"numpy.ndarray": "values or mask", "*": "mapping or NA value"},
}
# The same by the beginning of a type's own name: types that Cython makes for its functions.
REMAINING_OF_COMPILED = {"__pyx_scope_struct": "variable of the closure", "__pyx_defaults": "default"}
# Containers: how their contents are read and named. `items` gives pairs.
CONTENTS = {"list": ("__iter__", "sequence"), "tuple": ("__iter__", "sequence"), "set": ("__iter__", "set"),
            "frozenset": ("__iter__", "set"), "dict": ("items", "mapping"), "frozendict": ("items", "mapping"),
            "collections.deque": ("__iter__", "sequence")}
# Where a suspended function keeps its frame, and what tells for whom it waits (the top of its value stack), by type.
FRAME_OF = {"generator": "gi_frame", "coroutine": "cr_frame", "async_generator": "ag_frame", "frame": None}
AWAITED = {"gi_frame": "gi_yieldfrom", "cr_frame": "cr_await", "ag_frame": "ag_await"}
