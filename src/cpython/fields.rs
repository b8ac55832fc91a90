//! What the slots of CPython's own types are called, and where they are.

use super::layout::{ABSENT, Layout};

/// What is known of the body of a type that is written in C.
#[derive(Debug, Default, Clone)]
pub(super) struct Body {
    /// Offset and name of each slot that owns an object; a name that begins with `~` is weak.
    pub slots: Vec<(u32, &'static str)>,
    /// Whether these are all, so that nothing else in the body has to be looked at.
    pub is_whole: bool,
}

/// The slots of a type by its name as `module.name`, without the module for built-in types; `None` when it is not known.
pub(super) fn body_of(key: &str, at: &Layout) -> Option<Body> {
    // Up to 3.9 the table of lines has an older format, and another name.
    let at_frame_is_old = at.frame_object.stacktop != ABSENT;
    let slots: Vec<(u32, &'static str)> = match key {
        "object"
        | "int"
        | "float"
        | "complex"
        | "str"
        | "bytes"
        | "bool"
        | "NoneType"
        | "ellipsis"
        | "NotImplementedType"
        | "bytearray"
        | "list"
        | "tuple"
        | "dict"
        | "set"
        | "frozenset"
        | "datetime.timedelta"
        | "datetime.date"
        | "datetime.tzinfo"
        | "decimal.Decimal"
        | "hamt"
        | "hamt_bitmap_node"
        | "hamt_array_node"
        | "hamt_collision_node"
        | "array.array"
        | "collections.deque" => Vec::new(),
        "function" => {
            let at = &at.function;
            vec![
                (at.code, ".__code__"),
                (at.globals, ".__globals__"),
                (at.builtins, ".__builtins__"),
                (at.name, ".__name__"),
                (at.qualname, ".__qualname__"),
                (at.module, ".__module__"),
                (at.doc, ".__doc__"),
                (at.defaults, ".__defaults__"),
                (at.kwdefaults, ".__kwdefaults__"),
                (at.closure, ".__closure__"),
                (at.annotations, ".__annotations__"),
                (at.annotate, ".__annotate__"),
                (at.typeparams, ".__type_params__"),
            ]
        }
        "code" => {
            let at = &at.code;
            vec![
                (at.consts, ".co_consts"),
                (at.names, ".co_names"),
                (at.varnames, ".co_varnames"),
                (at.freevars, ".co_freevars"),
                (at.cellvars, ".co_cellvars"),
                (at.localsplusnames, "names of variables"),
                (at.localspluskinds, "kinds of variables"),
                (at.filename, ".co_filename"),
                (at.name, ".co_name"),
                (at.qualname, ".co_qualname"),
                (at.bytecode, ".co_code"),
                (at.linetable, if at_frame_is_old { ".co_lnotab" } else { ".co_linetable" }),
                (at.exceptiontable, ".co_exceptiontable"),
            ]
        }
        "cell" => vec![(at.cell.value, ".cell_contents")],
        "method" => vec![(at.method.func, ".__func__"), (at.method.self_, ".__self__")],
        "instancemethod" => vec![(at.instance_method.func, ".__func__")],
        "builtin_function_or_method" => {
            vec![(at.c_function.self_, ".__self__"), (at.c_function.module, ".__module__")]
        }
        "builtin_method" => vec![
            (at.c_function.self_, ".__self__"),
            (at.c_function.module, ".__module__"),
            (at.c_function.class, "defining class"),
        ],
        "getset_descriptor"
        | "member_descriptor"
        | "method_descriptor"
        | "wrapper_descriptor"
        | "classmethod_descriptor" => vec![
            (at.descriptor.kind, ".__objclass__"),
            (at.descriptor.name, ".__name__"),
            (at.descriptor.qualname, ".__qualname__"),
        ],
        "property" => vec![
            (at.property.get, ".fget"),
            (at.property.set, ".fset"),
            (at.property.del, ".fdel"),
            (at.property.doc, ".__doc__"),
            (at.property.name, "name"),
        ],
        "weakref" | "weakref.ReferenceType" => {
            vec![(at.weakref.object, "~()"), (at.weakref.callback, ".__callback__")]
        }
        "weakproxy" | "weakref.ProxyType" | "weakcallableproxy" | "weakref.CallableProxyType" => {
            vec![(at.weakref.object, "~referent"), (at.weakref.callback, "callback")]
        }
        "module" => vec![(at.module.dict, ".__dict__"), (at.module.name, "name")],
        "traceback" => vec![(at.traceback.next, ".tb_next"), (at.traceback.frame, ".tb_frame")],
        "BaseException" => vec![
            (at.exception.args, ".args"),
            (at.exception.notes, ".__notes__"),
            (at.exception.traceback, ".__traceback__"),
            (at.exception.context, ".__context__"),
            (at.exception.cause, ".__cause__"),
        ],
        "slice" => vec![(at.slice.start, ".start"), (at.slice.stop, ".stop"), (at.slice.step, ".step")],
        "range" => vec![
            (at.range.start, ".start"),
            (at.range.stop, ".stop"),
            (at.range.step, ".step"),
            (at.range.length, "length"),
        ],
        "mappingproxy" => vec![(at.mapping_proxy.mapping, "mapping")],
        "method-wrapper" => {
            vec![(at.method_wrapper.self_, ".__self__"), (at.method_wrapper.descriptor, "descriptor")]
        }
        "classmethod" => vec![(at.class_method.callable, ".__func__")],
        "staticmethod" => vec![(at.static_method.callable, ".__func__")],
        "super" => vec![
            (at.super_.kind, ".__thisclass__"),
            (at.super_.object, ".__self__"),
            (at.super_.object_kind, ".__self_class__"),
        ],
        "types.SimpleNamespace" => Vec::new(),
        "types.GenericAlias" => vec![
            (at.generic_alias.origin, ".__origin__"),
            (at.generic_alias.args, ".__args__"),
            (at.generic_alias.parameters, ".__parameters__"),
        ],
        "types.UnionType" => {
            vec![(at.union_.args, ".__args__"), (at.union_.parameters, ".__parameters__")]
        }
        "Context" | "_contextvars.Context" => vec![(at.context.prev, "previous context")],
        "ContextVar" | "_contextvars.ContextVar" => {
            vec![(at.context_var.name, ".name"), (at.context_var.default, "default")]
        }
        "Token" | "_contextvars.Token" => vec![
            (at.context_token.var, ".var"),
            (at.context_token.context, "context"),
            (at.context_token.old_value, ".old_value"),
        ],
        "memoryview" => {
            vec![(at.memory_view.managed_buffer, "managed buffer"), (at.memory_view.view + at.buffer.object, ".obj")]
        }
        "managedbuffer" => vec![(at.managed_buffer.master + at.buffer.object, "exporter")],
        "enumerate" => vec![
            (at.enumerate.iterator, "iterator"),
            (at.enumerate.result, "result"),
            (at.enumerate.long_index, "index"),
        ],
        "reversed" => vec![(at.reversed.sequence, "iterated")],
        "filter" => vec![(at.filter.iterator, "iterator"), (at.filter.func, "function")],
        "map" => vec![(at.map.iterators, "iterators"), (at.map.func, "function")],
        "zip" => vec![(at.zip.iterators, "iterators"), (at.zip.result, "result")],
        "list_iterator" | "list_reverseiterator" | "tuple_iterator" | "iterator" => {
            vec![(at.sequence_iterator.sequence, "iterated")]
        }
        "callable_iterator" => {
            vec![(at.callable_iterator.callable, "callable"), (at.callable_iterator.sentinel, "sentinel")]
        }
        "dict_keyiterator"
        | "dict_valueiterator"
        | "dict_itemiterator"
        | "dict_reversekeyiterator"
        | "dict_reversevalueiterator"
        | "dict_reverseitemiterator" => {
            vec![(at.dict_iterator.dict, "iterated"), (at.dict_iterator.result, "result")]
        }
        "dict_keys" | "dict_values" | "dict_items" | "odict_keys" | "odict_values" | "odict_items" => {
            vec![(at.dict_view.dict, "mapping")]
        }
        "set_iterator" => vec![(at.set_iterator.set, "iterated")],
        "datetime.time" => vec![(at.time_of_day.tzinfo, ".tzinfo")],
        "datetime.datetime" => vec![(at.date_time.tzinfo, ".tzinfo")],
        "datetime.timezone" => vec![(16, ".__getinitargs__()[0]"), (24, ".__getinitargs__()[1]")],
        "collections.defaultdict" => vec![(at.default_dict.default_factory, ".default_factory")],
        "functools.partial" => {
            vec![(at.partial.func, ".func"), (at.partial.args, ".args"), (at.partial.keywords, ".keywords")]
        }
        "functools._lru_cache_wrapper" => vec![
            (at.lru_cache.func, "wrapped function"),
            (at.lru_cache.cache, "cache"),
            (at.lru_cache.keyword_mark, "keyword marker"),
            (at.lru_cache.entry_type, "type of entries"),
            (at.lru_cache.cache_info_type, "type of statistics"),
        ],
        "functools._lru_list_elem" => vec![(at.lru_entry.key, "cached key"), (at.lru_entry.result, "cached result")],
        "_asyncio.Future" => vec![
            (at.future.loop_, "._loop"),
            (at.future.callback0, "done callback"),
            (at.future.context0, "callback context"),
            (at.future.callbacks, "done callbacks"),
            (at.future.exception, "._exception"),
            (at.future.exception_traceback, "traceback of the exception"),
            (at.future.result, "._result"),
            (at.future.source_traceback, "._source_traceback"),
            (at.future.cancel_message, "._cancel_message"),
            (at.future.cancelled_exc, "cancelled exception"),
        ],
        "_asyncio.Task" => vec![
            (at.task.waits_for, "._fut_waiter"),
            (at.task.coroutine, "._coro"),
            (at.task.name, ".get_name()"),
            (at.task.context, "context"),
        ],
        "_thread._local" => vec![
            (at.thread_local.key, "key"),
            (at.thread_local.args, "arguments"),
            (at.thread_local.keywords, "keyword arguments"),
            (at.thread_local.dummies, "attributes of threads"),
            (at.thread_local.dicts, "attributes of threads"),
            (at.thread_local.thread_watchdogs, "watchdogs of threads"),
        ],
        "_thread._localdummy" => vec![(at.thread_local_dummy.dict, "attributes of a thread")],
        "xml.etree.ElementTree.Element" => vec![(at.element.tag, ".tag")],
        "PyCapsule" => Vec::new(),
        _ => return None,
    };
    Some(Body { slots: slots.into_iter().filter(|(offset, _)| *offset != ABSENT).collect(), is_whole: true })
}

/// What the collector's view leaves without a name, by the referrer's type and then the referent's; `*` is any.
pub(super) fn guess(key: &str, referent: &str) -> Option<&'static str> {
    let table: &[(&str, &'static str)] = match key {
        "module" => &[("*", "module state")],
        "decimal.Context" => &[("*", "state")],
        "StgDict" | "_ctypes.StgDict" | "_ctypes.DictRemover" | "_ctypes.CType_Type" => {
            &[("*", "description of a type")]
        }
        "Struct" => &[("bytes", "format"), ("str", "format")],
        "sqlite3.Cache" | "sqlite3.Node" | "sqlite3Node" => &[("*", "cached statement")],
        "operator.attrgetter" => &[("*", "attribute names")],
        "operator.itemgetter" => &[("*", "item")],
        "operator.methodcaller" => &[("*", "name or arguments")],
        "re.Pattern" => &[("dict", "groupindex"), ("tuple", "group names"), ("str", ".pattern"), ("bytes", ".pattern")],
        "re.Match" => &[("*", "pattern or string")],
        "_struct.Struct" => &[("bytes", "format")],
        "_json.Scanner" => &[("dict", "memo")],
        "_io.TextIOWrapper" => &[("str", "encoding, errors or newline"), ("*", "codec, buffer or decoded text")],
        "_io._IOBase"
        | "_io.BytesIO"
        | "_io.StringIO"
        | "_io.FileIO"
        | "_io._BufferedIOBase"
        | "_io._TextIOBase"
        | "_io.BufferedReader"
        | "_io.BufferedWriter"
        | "_io.BufferedRandom" => &[("*", "state")],
        "_asyncio.FutureIter" => &[("*", "future")],
        "_queue.SimpleQueue" => &[("list", "queue"), ("*", "queued")],
        "sqlite3.Connection" => &[
            ("list", "cursors or blobs"),
            ("functools._lru_cache_wrapper", "statements"),
            ("*", "setting or callback"),
        ],
        "sqlite3.Cursor" | "sqlite3.Row" | "sqlite3.Statement" => &[("*", "state")],
        "_csv.Dialect" => &[("str", "delimiter, quote, escape or end of line")],
        "_csv.writer" | "_csv.reader" => &[("*", "dialect, iterated or field")],
        "_sre.SRE_Template" => &[("str", "literal")],
        "_abc._abc_data" | "_abc_data" => &[("set", "registry or cache")],
        "coroutine_wrapper" => &[("*", "coroutine")],
        "async_generator_asend" => &[("*", "generator or value")],
        "async_generator_athrow" => &[("*", "generator or arguments")],
        "async_generator_wrapped_value" => &[("*", "value")],
        "TaskStepMethWrapper" | "_asyncio.TaskStepMethWrapper" => &[("*", "task or argument")],
        "TaskWakeupMethWrapper" | "_asyncio.TaskWakeupMethWrapper" => &[("*", "task")],
        "typing.Union" => &[("*", "arguments or parameters")],
        "typing.TypeVar" => &[("*", "bound, constraints or default")],
        "typing.ParamSpec" => &[("*", "bound or default")],
        "typing.TypeVarTuple" => &[("*", "default")],
        "typing.TypeAliasType" => &[("*", "value, parameters or module")],
        "cython_function_or_method" => &[
            ("code", ".__code__"),
            ("str", "name or documentation"),
            ("tuple", "defaults"),
            ("dict", "globals, attributes, annotations or defaults"),
            ("*", "scope or default"),
        ],
        "numpy._ArrayFunctionDispatcher" => {
            &[("function", "implementation or dispatcher"), ("str", "name"), ("*", "part")]
        }
        "pandas._libs.properties.CachedProperty" => &[("function", ".fget"), ("*", "name or documentation")],
        "numpy.ufunc" => &[("*", "identity")],
        "numpy.ndarray" => &[("*", "base, type or buffer")],
        "numpy.dtype" => &[("dict", "fields"), ("tuple", ".names"), ("type", ".type"), ("*", "part")],
        "pandas._libs.internals.BlockPlacement" => &[("slice", "slice"), ("numpy.ndarray", "array")],
        "pandas._libs.internals.SharedBlock" | "pandas._libs.internals.NumpyBlock" | "pandas._libs.internals.Block" => {
            &[
                ("pandas._libs.internals.BlockPlacement", "._mgr_locs"),
                ("pandas._libs.internals.BlockValuesRefs", ".refs"),
                ("*", ".values"),
            ]
        }
        "pandas._libs.internals.BlockManager" => &[("tuple", ".blocks"), ("list", ".axes"), ("*", "positions")],
        "pandas._libs.internals.BlockValuesRefs" => &[("list", ".referenced_blocks")],
        "pandas._libs.index.IndexEngine" => &[("numpy.ndarray", "values or mask"), ("*", "mapping or NA value")],
        "_ctypes.CFuncPtr"
        | "_ctypes._CData"
        | "_ctypes._SimpleCData"
        | "_ctypes._Pointer"
        | "_ctypes.Structure"
        | "_ctypes.Union"
        | "_ctypes.Array" => &[("*", "kept object")],
        _ => {
            let own = key.rsplit('.').next().unwrap_or(key);
            if key.starts_with("_ctypes.") {
                &[("*", "description of a type")]
            } else if key.ends_with("iterator") || key.starts_with("itertools.") {
                &[("*", "iterated")]
            } else if own.starts_with("__pyx_scope_struct") {
                &[("*", "variable of the closure")]
            } else if own.starts_with("__pyx_defaults") {
                &[("*", "default")]
            } else {
                &[]
            }
        }
    };
    table.iter().find(|(kind, _)| *kind == referent || *kind == "*").map(|(_, name)| *name)
}
