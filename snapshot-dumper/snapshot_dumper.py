"""Write a snapshot of the heap of this Python process: every object, its size, its references and their names.

    import snapshot_dumper
    snapshot_dumper.dump("snap.json")                      # now
    snapshot_dumper.install(signal="SIGUSR1")              # whenever the signal comes
    snapshot_dumper.mark("a.json")                         # now, and the next dump tells what is new for certain
    with snapshot_dumper.track("block"): ...               # growth by type of a block of code

    python snapshot_dumper.py [-o snap.json] [options] script.py args…    # when the script ends or fails
    python -m snapshot_dumper [options] -m module args…                   # or `-c code`

One file, standard library only, CPython 3.8 and later. FORMAT.md beside it describes what is written.

It is harmless by construction. It runs no code of the program: no repr, len, ==, isinstance, properties; what it calls
are C functions of built-in types (`dict.items`, `type.__dict__['__mro__'].__get__`, …), never looked up on a foreign
object. Types are compared and stored by `id`, because a metaclass may define `__eq__` and `__hash__`. It starts no
process, and makes nothing that the program would have made later (a dictionary of attributes, a frame). The thread that
calls does nothing else meanwhile; others go on, and what they change may be seen before or after. The extra memory is
bounded: objects are handled in batches (of one list or tuple all references at once), and the set of addresses seen
takes one byte per 16 bytes of touched heap.

One thing can't be helped: a dump refers to all objects while other threads run, and Python refuses to let a tuple grow
to which somebody refers. A thread that builds one from a generator may get a SystemError, as after any call of
`gc.get_objects()`.

It leaves nothing behind, so it makes no reference cycles and no classes (a class is a cycle with itself): the state of
a dump is a `SimpleNamespace`, passed around as `s`.
"""
import gc
import os
import sys
import time
import _thread
from _operator import add, is_, itemgetter, sub
from _weakref import ref as WeakReference
from itertools import chain, islice, repeat


__all__ = ["dump", "mark", "unmark", "install", "track", "main"]
VERSION = "0.1.0"
PYTHON = sys.version_info[:2]
Namespace = type(sys.implementation)
MISSING = Namespace()                                  # "there is no value": no object of the program can be this one
METHOD, REASON = "in_process", "the process itself writes; its other threads go on meanwhile"
# What is written of texts, and how much of each.
TEXT_LEVELS, TEXT_LIMIT = ("none", "names", "keys", "all"), 120
# How much is handled at once: tracked objects, references of one group, objects that wait, bytes of a chunk.
BATCH_OBJECTS, BATCH_REFERENCES, PENDING, CHUNK_BYTES = 16384, 200_000, 65536, 1 << 20

# Getters of the built-in `type`: a metaclass may have redefined the attributes.
stored_mro_of, namespace_of, base_of, flags_of, dictoffset_of, basicsize_of, itemsize_of, qualname_of, module_of = (
    type.__dict__[_name].__get__ for _name in
    "__mro__ __dict__ __base__ __flags__ __dictoffset__ __basicsize__ __itemsize__ __qualname__ __module__".split())

# Numbers of CPython, by its names. Flags of types:
IS_GC, IS_HEAP_TYPE, IS_BASE_TYPE = 1 << 14, 1 << 9, 1 << 10            # Py_TPFLAGS_HAVE_GC, _HEAPTYPE, _BASETYPE
HAS_MANAGED_DICT = 1 << 4 if PYTHON >= (3, 11) else 0   # _MANAGED_DICT: attributes may be kept without a dictionary
HAS_PREHEADER = 0b11000 if PYTHON >= (3, 12) else HAS_MANAGED_DICT      # and _MANAGED_WEAKREF: words before the object
HAS_INLINE_VALUES = 1 << 2 if PYTHON >= (3, 13) else 0  # _INLINE_VALUES: and room for their values behind the object
# Flags of code whose calls may be suspended: CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR; and CO_OPTIMIZED, which
# the bodies of modules and classes do not have.
SUSPENDABLE, HAS_FAST_LOCALS = 0x20 | 0x80 | 0x200, 0x1
# A reference count that says: never freed. 3.11 has static objects with a very large one.
IMMORTAL = 1 << 29 if PYTHON >= (3, 11) else 1 << 62
# The collector's visit of the module `_asyncio` meets freed objects (gh-122695); to refer to these makes their list
# endless, and the process hangs when it next looks for one.
VISITS_FREED = (3, 12) <= sys.version_info[:3] < (3, 12, 6)
GC_HEADER = 16                                         # PyGC_Head, before every object that the collector knows

FunctionType, CodeType, ModuleType = type(lambda: 0), type((lambda: 0).__code__), type(sys)
CellType = type((lambda x: lambda: x)(0).__closure__[0])
FrameType, MappingProxy = type(sys._getframe()), type(type.__dict__)
MemberDescriptor, GetSetDescriptor = type(FunctionType.__dict__["__globals__"]), type(FunctionType.__dict__["__code__"])
BuiltinFunction, MethodDescriptor, MethodWrapper = type(len), type(str.join), type(stored_mro_of)
WrapperDescriptor = type(object.__init__)
# `x in (list, dict)` would compare classes with ==, which a metaclass may define: sets of ids instead.
METHODS, DESCRIPTORS, C_LEVEL, HARMLESS, NAMESPACES, OWN_KINDS, LITERALS = (frozenset(map(id, _types)) for _types in (
    (staticmethod, classmethod), (GetSetDescriptor, MemberDescriptor),
    (GetSetDescriptor, MemberDescriptor, MethodDescriptor, WrapperDescriptor), (MemberDescriptor, FunctionType),
    (tuple, dict, MappingProxy),
    (dict, list, tuple, set, frozenset, slice, Namespace, CellType, MethodWrapper, WeakReference),
    (int, float, complex, bool, bytes, type(None))))
# The columns that every object has; others are made when an object needs them.
COLUMNS = ("address", "shape", "size", "refcount", "reference_count", "referent")

# All that lives longer than a dump.
_saving = _thread.allocate_lock()
_own_threads = set()                                   # ids of threads that wait for a trigger
_numbers = {}                                          # path → the number of its last file
_borrowed = {}                                         # id → references that only a call holds which asks for a dump
_armed = []                                            # keeps what is armed recognisable as the dumper's own


# ----------------------------------------------------------------------------------------------------------------------
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


# ----------------------------------------------------------------------------------------------------------------------
# Text: JSON of the dumper's own data.


def quoted(text):
    """JSON text of an exact `str`, pure ASCII; lone surrogates become \\udXXX."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return '"' + text + '"'
    return '"%s"' % "".join([
        char if " " <= char <= "~" and char not in '"\\' else "\\u%04x" % ord(char) if char <= "\uffff" else
        "\\u%04x\\u%04x" % (0xD7C0 + (ord(char) >> 10), 0xDC00 + (ord(char) & 0x3FF)) for char in text])


def to_json(value):
    """JSON text of the dumper's own data (None, bool, int, float, str, list, tuple, dict)."""
    kind = type(value)
    if value is None or kind is bool:
        return {None: "null", True: "true", False: "false"}[value]
    if kind is str or kind is int or kind is float:
        return quoted(value) if kind is str else repr(value)
    if kind is dict:
        return "{" + ",".join(quoted(key) + ":" + to_json(item) for key, item in value.items()) + "}"
    return "[" + ",".join(map(to_json, value)) + "]"


def numbers(values):
    """The inside of a JSON array of integers. Nothing is faster in CPython; `repr` of a list would also leave a list
    in the state of the thread."""
    return ("%d," * len(values) % tuple(values))[:-1]


def exact_text(value, limit=200):
    """`value` as an exact `str` when it is a str (or of a subclass), shortened; otherwise None."""
    return str.__getitem__(value, slice(0, limit)) if issubclass(type(value), str) else None


def copy_of(name):
    """An equal name: our references to one of the program are not to be counted."""
    return str.__add__(name, " ")[:-1]


# ----------------------------------------------------------------------------------------------------------------------
# Types: what they are called, what an instance would find in them, all without running code of theirs.


def mro_of(t):
    """The classes of `t`; only `object` for a type of an extension that was never made ready."""
    return stored_mro_of(t) or (object,)


def lookup(t, name):
    """What `t.name` finds in the classes of `t`, without calling descriptors; MISSING when there is nothing."""
    for c in mro_of(t):
        namespace = namespace_of(c)
        if name in namespace:
            return namespace[name]
    return MISSING


def bases_of(t):
    """`t.__bases__` as stored; reading those of a type that was never made ready would crash."""
    return type.__dict__["__bases__"].__get__(t) if stored_mro_of(t) else None


def full_name(t):
    """(module, qualified name) of a type, as exact texts."""
    try:
        module = exact_text(module_of(t))
    except AttributeError:
        module = None
    return module or "?", exact_text(qualname_of(t))


def table_key(t):
    """The name of a type as the tables above write it. The types of Cython hide their module, or number it."""
    module, name = full_name(t)
    return name if module in ("builtins", "?") or module.startswith("_cython_") else module + "." + name


def namespace_of_module(name):
    """The namespace of a module, empty when it is not loaded or not a plain module."""
    module = sys.modules.get(name)
    return module.__dict__ if type(module) is ModuleType else {}


def get(getter, o):
    """`getter(o)`, MISSING for an empty slot or cell."""
    try:
        return getter(o)
    except Exception:
        return MISSING


def part_of(o, name):
    """Attribute `name` by the descriptor that a class in C has for it; what a class of the program has is not asked."""
    found = [namespace_of(c)[name] for c in mro_of(type(o)) if id(type(namespace_of(c).get(name))) in C_LEVEL]
    return found[0].__get__(o) if found else None


def is_safe(plan, name):
    """Whether reading attribute `name` of an instance runs no Python code: no descriptor of the class is in the way."""
    safe = plan.safe.get(name)
    if safe is None:
        found = lookup(plan.type, name)
        safe = plan.safe[name] = (found is MISSING or id(type(found)) in HARMLESS
                                  or lookup(type(found), "__get__") is MISSING)
    return safe


def read(plan, o, name):
    """Attribute `name` as the instance stores it (or its class, when it has none), MISSING when that is not known."""
    if not is_safe(plan, name):
        return MISSING
    try:
        return object.__getattribute__(o, name)
    except Exception:
        return MISSING


def column_of(getter, group):
    """`getter` of every object, MISSING where there is no value."""
    try:
        return list(map(getter, group))
    except Exception:
        return [get(getter, o) for o in group]


# ----------------------------------------------------------------------------------------------------------------------
# Where objects were made: the tracebacks of `tracemalloc`, when the program has switched it on.

# 3.11 looks 16 bytes beside the block of an instance that keeps its attributes without a dictionary, and finds nothing.
MISSES_INSTANCES = PYTHON == (3, 11)
LOOK_AT_BLOCKS = "_PyTraceMalloc_GetTraceback"         # (domain, address of a block), exported for debugging


def note_tracing(s):
    """Find out whether allocations are traced; then `s.traced` is what is known of that, and `s.traceback_of` looks up.

    Python starts to trace without loading the module when an option or a variable tells it to."""
    at_start = "tracemalloc" in getattr(sys, "_xoptions", ()) or not sys.flags.ignore_environment and (
        b"PYTHONTRACEMALLOC" in namespace_of_module("posix").get("environ", ()))
    if "_tracemalloc" not in sys.modules and not at_start:
        return
    import _tracemalloc as tracer
    if tracer.is_tracing():
        s.traced = s.header["tracemalloc"] = {"frames": tracer.get_traceback_limit(), "misses_instances": False}
        s.traceback_of = s.traceback_of_instance = tracer._get_object_traceback
        s.columns["allocated_at"] = []
        if MISSES_INSTANCES:
            note_blocks(s)


def note_blocks(s):
    """Look instances up by their blocks: with `ctypes`, if the program uses it. To load it would change the program."""
    library = namespace_of_module("ctypes").get("pythonapi")
    s.traced["misses_instances"] = library is None
    if library is not None:
        look_up = library[LOOK_AT_BLOCKS]
        look_up.restype = namespace_of_module("ctypes")["py_object"]
        look_up.argtypes = [namespace_of_module("ctypes")["c_uint"], namespace_of_module("ctypes")["c_size_t"]]
        s.traceback_of_instance = lambda o: look_up(0, id(o) - GC_HEADER - 16)


def file_index(s, file):
    """The index of a source file in `s.files`."""
    index = s.files.get(file)
    if index is None:
        index = s.files[copy_of(file)] = len(s.files)
    return index


def allocations_of(s, group):
    """For each object of one type, the index of its traceback; -1: unknown, as for what this module has allocated."""
    managed = MISSES_INSTANCES and flags_of(type(group[0])) & HAS_MANAGED_DICT
    found = list(map(s.traceback_of_instance if managed else s.traceback_of, group))
    known, indices = s.tracebacks, []
    for position, traceback in enumerate(found):
        if traceback is None:
            indices.append(-1)
            continue
        index = known.get(traceback)
        if index is None:
            rows = tuple((copy_of(file), line) for file, line in traceback)
            own = rows[0][0] in ("<unknown>", note_tracing.__code__.co_filename)
            index = known[rows] = -1 if own else len(s.traceback_rows)
            if not own:
                s.traceback_rows.append([n for file, line in rows for n in (file_index(s, file), line)])
        indices.append(index)
        found[position] = None
    return indices


def lines_of(code):
    """The lines of a code object and those inside it: that of a class may end before its methods."""
    lines, codes = set(), [code]
    for code in codes:                                # grows meanwhile
        if PYTHON >= (3, 10):
            lines.update(line for _, _, line in code.co_lines() if line)
        else:
            line = code.co_firstlineno
            for step in code.co_lnotab[1::2]:
                line += step if step < 128 else step - 256
                lines.add(line)
        if len(codes) < 10000:
            codes += [inside for inside in code.co_consts if type(inside) is CodeType]
    return lines


def note_lines(s, code):
    """Note which lines are those of a function: (file, first line, that of its body, last line, name).

    On the lines between the first two, decorators and `def`, who makes an object may be the caller or the function."""
    name, first = getattr(code, "co_qualname", code.co_name), code.co_firstlineno
    if code.co_name[:1] == "<" and code.co_name != "<module>":            # part of the function around it
        return
    lines = [line for line in lines_of(code) if line > first]
    body = first if code.co_name == "<module>" else min(lines) if lines else first + 1
    s.code_rows.append((file_index(s, exact_text(code.co_filename, None)), first, body, max([first] + lines),
                        copy_of(exact_text(name))))


def tables_of_lines(s):
    """The members `files`, `tracebacks` and `functions` of the document, as text; empty when nothing was traced.

    Of the functions those that have a line of a traceback."""
    if not s.traced:
        return ""
    lines = {}
    for row in s.traceback_rows:
        for file, line in zip(row[::2], row[1::2]):
            lines.setdefault(file, set()).add(line)
    functions = sorted({row for row in s.code_rows
                        if any(map(range(row[1], row[3] + 1).__contains__, lines.get(row[0], ())))})
    return "".join(['"%s":[\n%s\n],\n' % (name, ",\n".join(map(to_json, rows))) for name, rows in (
        ("files", s.files), ("tracebacks", s.traceback_rows), ("functions", functions))])


# ----------------------------------------------------------------------------------------------------------------------
# The chunks of columns that the snapshot is made of, and the tables of types and shapes.


def note_new(s, ids, objects):
    """Queue the objects that are seen for the first time. A page of the map covers 1 MiB of addresses."""
    pages, pending, number = s.pages, s.pending, None
    for i, o in zip(ids, objects):
        if i >> 20 != number:
            number = i >> 20
            page = pages.get(number)
            if page is None:
                page = pages[number] = bytearray(65536)
        granule = i >> 4 & 65535                      # no two objects share 16 bytes
        if not page[granule] & 1:
            page[granule] |= 1
            pending.append(o)


def add_sparse(s, **values):
    """Append to the columns that only some objects have."""
    for name, value in values.items():
        s.columns.setdefault(name, []).append(value)


def emit(s, group, shape, sizes, refcounts, counts, referents):
    """Append objects to the chunk. Columns are lists of integers; a single integer stands for all the objects."""
    base, n, ids = s.base, len(group), list(map(id, group))
    s.emitted.append(ids)
    s.objects += n
    s.references += len(referents)
    columns = [[i - base for i in ids], shape, sizes, refcounts, counts, [i - base for i in referents]]
    if s.traced:
        columns.append(allocations_of(s, group))
    for name, values in zip(s.columns, columns):
        text = (str(values) + ",") * (n - 1) + str(values) if type(values) is int else numbers(values)
        if text:
            s.columns[name].append(text)
            s.chunk_bytes += len(text)
    if s.marked and ids:
        pages = s.pages
        add_sparse(s, mark=numbers([pages[i >> 20][i >> 4 & 65535] >> 2 & 7 for i in ids]))
    if s.chunk_bytes > CHUNK_BYTES:
        flush_chunk(s)


def flush_chunk(s):
    """Write the chunk that has been collected."""
    if any(s.columns.values()):
        s.write(s.separator + "{" + ",".join('"%s":[%s]' % (name, ",".join(column))
                                             for name, column in s.columns.items()) + "}")
        s.separator = ",\n"
    s.columns, s.chunk_bytes = {name: [] for name in COLUMNS + (("allocated_at",) if s.traced else ())}, 0


def note_unnamed(s, plan, n):
    """Count references of objects of this type that nobody has named."""
    if n:
        s.unnamed[plan.index] = s.unnamed.get(plan.index, 0) + n


def count_error(s, what, kind):
    """What could not be done, with an object of which type."""
    s.errors[what, kind] = s.errors.get((what, kind), 0) + 1


def type_index(s, t):
    """The index of `t` in the table `types` of the snapshot."""
    index = s.types.get(id(t))
    if index is None:
        base = base_of(t)
        base_index = None if base is None else type_index(s, base)
        module, name = map(copy_of, full_name(t))
        index = s.types[id(t)] = len(s.types)
        s.type_rows.append({"address": id(t) - s.base, "module": module, "name": name, "base": base_index,
                            "flags": flags_of(t), "basic_size": basicsize_of(t), "item_size": itemsize_of(t)})
        note_new(s, (id(t),), (t,))
    return index


def shape_index(s, index, names, tail):
    """The index in `shapes` of: objects of type `index`, whose references are `names` (None: unnamed), then `tail`."""
    key = index, names, tail
    shape = s.shapes.get(key)
    if shape is None:
        shape = s.shapes[key] = len(s.shapes)
        segments = []
        for name in names:
            kind, value = ("unnamed", 1) if name is None else ("fields", [name])
            if segments and kind in segments[-1]:
                segments[-1][kind] += value
            else:
                segments.append({kind: value})
        s.shape_rows.append('{"type":%d,"slots":%s}' % (index, to_json(segments + ([tail] if tail else []))))
    return shape


# ----------------------------------------------------------------------------------------------------------------------
# Shallow sizes, all the arithmetic of versions that they need, and the words of memory that no getter returns.

# Where CPython (GIL, 64 bits) keeps words that no getter returns:
CACHED_KEYS = {(3, 11): 872, (3, 12): 880}.get(PYTHON) # `PyHeapTypeObject.ht_cached_keys`, shared by the instances
DICT_KEYS, DICT_VALUES = 32, 40                        # `PyDictObject.ma_keys`, `.ma_values`
KEYS_USABLE, KEYS_ENTRIES = 16, 24                     # `PyDictKeysObject.dk_usable`, `.dk_nentries` (3.11 and later)
MANAGED_DICT = 24                                      # before an instance: its dictionary, or (3.12) its values and 1
MANAGED_VALUES = 32 if PYTHON == (3, 11) else 24       # before an instance: the block of its values
VAR_SIZE, LIST_ALLOCATED = 16, 32                      # `PyVarObject.ob_size`, `PyListObject.allocated`
TEXT_LENGTH, TEXT_STATE = 16, 32                       # `PyASCIIObject.length`, `.state`
# `stringio.buf`, `.buf_size`, `.state`, then `.accu.large`, `.accu.small` (to 3.11) or `.writer.buffer`.
STRING_IO, STATE_ACCUMULATING = (16, 40, 48, 56, 64), 2
# As `sys.getsizeof` says; dictionaries between them may share their table of keys.
EMPTY_DICT, SMALL_DICT = 64, 304
LOCK = 0 if PYTHON >= (3, 14) else 32                  # the semaphore that `PyThread_allocate_lock` asks for
RING = 64 if PYTHON >= (3, 13) else LOCK               # the places of a `SimpleQueue`, before it grows


def open_memory():
    """A descriptor of this process's own memory, None where there is none or objects look otherwise."""
    try:
        usual = sys.maxsize > 1 << 32 and "t" not in getattr(sys, "abiflags", "t")
        return os.open("/proc/self/mem", os.O_RDONLY | os.O_CLOEXEC) if usual else None
    except OSError:
        return None


def word_at(s, address):
    """The word at an address of this process, 0 when it can't be read. Pages are kept for one group of objects."""
    page = s.words.get(address >> 12)
    if page is None:
        try:
            data = os.pread(s.memory, 4096, address & ~4095) if s.memory is not None else b""
        except (OSError, OverflowError):
            data = b""
        page = s.words[address >> 12] = memoryview(data).cast("Q")
    place = (address & 4095) >> 3
    return page[place] if place < len(page) else 0


def room_of(s, keys):
    """(room of shared keys for values, whether it stays so): with each instance, up to thirty, room for one is lost."""
    usable = word_at(s, keys + KEYS_USABLE)
    return usable + word_at(s, keys + KEYS_ENTRIES), usable <= 1


def values_bytes(s, values, room):
    """Bytes of a block of attribute values; `room`: what its keys have room for now, which is the least it may have."""
    if PYTHON >= (3, 13):
        capacity = word_at(s, values) & 255           # `PyDictValues.capacity`
        return (capacity + 7 & ~7) + 8 * (capacity + 1)
    before = word_at(s, values - 8) >> 56             # bytes in front of the values, which tell a range of eight
    least, most = max(room[0], before - 9), before - 2
    return before + 8 * (least if room[1] or least > most else (least + most) // 2)


def has_dictionary(s, o):
    """Whether an instance that may keep its attributes without a dictionary has one."""
    word = word_at(s, id(o) - MANAGED_DICT)
    return word != 0 and not word & 1


def attributes_bytes(s, plan, names, group):
    """Bytes of the blocks in which 3.11 and later keep attributes without a dictionary; `__sizeof__` omits them."""
    if s.memory is None:                              # room for those that there are, and one more
        return repeat(0 if ".__dict__" in names else (len(names) + 8 & ~7) + 8 * (len(names) + 1))
    if PYTHON >= (3, 13):                             # behind the object, also when there is a dictionary
        if not flags_of(plan.type) & HAS_INLINE_VALUES:
            return repeat(0)
        size = basicsize_of(plan.type)
        return [values_bytes(s, id(o) + size, None) for o in group]
    room = room_of(s, word_at(s, id(plan.type) + CACHED_KEYS))
    found = [word_at(s, id(o) - MANAGED_VALUES) for o in group]
    if PYTHON >= (3, 12):
        found = [word + 1 if word & 1 else 0 for word in found]
    return [values_bytes(s, values, room) if values else 0 for values in found]


def text_buffer_bytes(s, o):
    """Bytes of the buffers of a `StringIO`: UCS4, and what grows while it is written to the end only."""
    buffer, size, state, first, second = (word_at(s, id(o) + offset) for offset in STRING_IO)
    total = 4 * size if buffer else 0
    if state & 255 != STATE_ACCUMULATING:
        return total
    if PYTHON >= (3, 12):                             # a text of one, two or four bytes for each character
        each = word_at(s, first + TEXT_STATE) >> 2 & 7
        return total + (basicsize_of(str) + word_at(s, first + TEXT_LENGTH) * each if first else 0)
    return total + sum(GC_HEADER + basicsize_of(list) + 8 * word_at(s, texts + LIST_ALLOCATED)
                       for texts in (first, second) if texts)


def class_bytes(s, o):
    """Slots of a class, and the spare one that all types of a variable length have."""
    return itemsize_of(type) * (word_at(s, id(o) + VAR_SIZE) + 1) if flags_of(o) & IS_HEAP_TYPE else 0


def moment_bytes(s, o):
    """A `datetime` or `time` without a zone has no room for one."""
    return -8 if part_of(o, "tzinfo") is None else 0


# Blocks of memory that the `__sizeof__` of a type leaves out: how many bytes, or what tells.
BLOCKS = {"_thread.lock": LOCK, "_thread.RLock": LOCK, "_queue.SimpleQueue": RING, "_io.BufferedReader": LOCK,
          "_io.BufferedWriter": LOCK, "_io.BufferedRandom": LOCK, "_io.StringIO": text_buffer_bytes,
          "type": class_bytes, "datetime.datetime": moment_bytes, "datetime.time": moment_bytes}


def spare_bytes(t, classes):
    """What is allocated for an instance of a variable length and not told: the spare item of a class made in Python,
    the words of its own that `__sizeof__` of the built-in one does not know; fields of a structure without an index."""
    fields, items = (lookup(t, name) for name in ("n_fields", "n_sequence_fields"))
    if type(fields) is type(items) is int and any(c is tuple for c in classes):
        return 8 * (fields - items)
    base = next((c for c in classes if c is tuple or c is bytes or c is int or c is str), None)
    if base is None:
        return 0
    more = basicsize_of(t) - basicsize_of(base) if base is int or base is str else 0
    return more + (itemsize_of(base) if flags_of(t) & IS_HEAP_TYPE else 0)


def plan_size(plan, classes, keys):
    """How the shallow size of an instance is found: the same for all (`constant`), or by a `__sizeof__` in C."""
    t = plan.type
    header = GC_HEADER * plan.is_gc + (16 if flags_of(t) & HAS_PREHEADER else 0)
    # That of numpy's scalars tells too much.
    found = [namespace_of(c)["__sizeof__"] for c, key in zip(classes, keys)
             if "__sizeof__" in namespace_of(c) and key != "numpy.generic"]
    safe = [f for f in found if type(f) is MethodDescriptor]
    plan.constant, plan.block = None, next((BLOCKS[key] for key in keys if key in BLOCKS), 0)
    if safe[0] is object.__dict__["__sizeof__"] and not itemsize_of(t):
        plan.constant = basicsize_of(t) + header
    else:
        own = safe[0] is found[0]                     # no method of the program comes before
        plan.size, plan.size_extra = sys.getsizeof if own else safe[0], 0 if own else header
        plan.size_extra += spare_bytes(t, classes)


def sizes_of(s, plan, group):
    """Shallow sizes in bytes, one per object, without the block of attributes."""
    if plan.constant is not None:
        sizes = [plan.constant] * len(group)
    elif plan.size_extra:
        unit = 7 if itemsize_of(plan.type) else 0     # those of a variable length are rounded up
        sizes = [size + plan.size_extra + unit & ~unit for size in map(plan.size, group)]
    else:
        sizes = list(map(plan.size, group))
    if plan.block:
        constant = type(plan.block) is int
        sizes = [size + (plan.block if constant else plan.block(s, o)) for size, o in zip(sizes, group)]
    return sizes


def sizes_of_dicts(s, plan, group):
    """Shallow sizes of dictionaries, which may share their table of keys, or their values with an instance."""
    sizes = sizes_of(s, plan, group)
    for position, size in enumerate(sizes) if PYTHON >= (3, 11) and s.memory is not None else ():
        if EMPTY_DICT < size <= SMALL_DICT:
            values = word_at(s, id(group[position]) + DICT_VALUES)
            if values:
                room = room_of(s, word_at(s, id(group[position]) + DICT_KEYS))
                is_embedded = PYTHON >= (3, 13) and word_at(s, values) >> 16 & 255
                sizes[position] = size - 8 * room[0] + (0 if is_embedded else values_bytes(s, values, room))
    return sizes


# ----------------------------------------------------------------------------------------------------------------------
# What is behind the objects of extensions, beyond what their sizes and the collector tell.

NPY_OBJECT = 17                                        # numpy's number of the type whose arrays hold references
NPY_ARRAY_OWNDATA = 4                                  # its flag of arrays that have a buffer of their own
ARRAYS = {                                             # what numpy calls its kinds of items
    "b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex", "M": "datetime64", "m": "timedelta64",
    "O": "object", "S": "bytes", "U": "str", "V": "void"}
CTYPES_INSIDE = 16                                     # ctypes keeps up to so many bytes in the object itself


def array_length(of, o):
    """How many objects a numpy array holds; a view holds none, its base does."""
    return of["size"](o) if of["base"](o) is None and part_of(of["dtype"](o), "num") == NPY_OBJECT else 0


def array_elements(of, o):
    """These objects, in the order of `.flat`; at once, for another thread may give the array another size."""
    return list(of["flat"](o)) if array_length(of, o) else ()


def array_unseen(of, o):
    """What of a numpy array can't be shown: the objects in the fields of records. None when nothing is missing."""
    dtype = of["dtype"](o)
    records = part_of(dtype, "num") != NPY_OBJECT and part_of(dtype, "hasobject")
    return "objects in records of an array are not shown" if records and of["base"](o) is None else None


def array_external(of, o):
    """Bytes of the buffer when neither the array nor another object of Python has it."""
    base, owns = of["base"](o), part_of(of["flags"](o), "num") & NPY_ARRAY_OWNDATA
    return of["nbytes"](o) if table_key(type(base)) == "PyCapsule" or base is None and not owns else 0


def map_external(of, o):
    """Bytes of a mapped file."""
    return of["__len__"](o)()


def data_external(of, o):
    """Bytes of an instance of ctypes that are not in the object itself."""
    size = namespace_of_module("_ctypes")["sizeof"]
    n = size(o) if type(size) is BuiltinFunction and of["_b_needsfree_"](o) else 0
    return n if n > CTYPES_INSIDE else 0


def array_text(of, o):
    """What a numpy array is: `float64 (1000, 3)`."""
    dtype = of["dtype"](o)
    kind, bits = part_of(dtype, "kind"), part_of(dtype, "itemsize") * 8
    return "%s%s %s" % (ARRAYS.get(kind, kind), bits if kind in "iufc" else "", of["shape"](o))


# By type: which parts of the class in C are needed, and functions of these parts and an object: bytes outside of
# Python's heap, elements, how many, what is missing, and what it is in a few words.
BUFFERS = {
    "numpy.ndarray": ("base dtype flags flat nbytes shape size", array_external, array_elements, array_length,
                      array_unseen, array_text),
    "mmap.mmap": ("__len__", map_external, None, None, None, None),
    "_ctypes._CData": ("_b_needsfree_", data_external, None, None, None, None)}


# ----------------------------------------------------------------------------------------------------------------------
# Plans: how the instances of a type are written. A plan is made once per type.


def namespace_name(t, name):
    """`__name__` of a class that stores it as an object; static types make a new text each time."""
    return type.__dict__[name].__get__(t) if flags_of(t) & IS_HEAP_TYPE else None


def items_of(*group):
    """What lists or tuples hold, in order, without their empty slots.

    C code leaves slots empty (while it builds a tuple from a generator, or for good), and to iterate over one crashes.
    The collector's visit skips them; it begins at the end."""
    found = gc.get_referents(*group[::-1])
    found.reverse()
    return found


def plan_getters(plan, key, namespace):
    """What a class has that returns what an instance stores."""
    for name in ACCESSORS.get(key, "").split():
        getter = namespace.get(name.lstrip("+"))
        if id(type(getter)) in DESCRIPTORS and (key != "code" or type(getter) is MemberDescriptor):
            plan.getters["." + name.lstrip("+")] = getter.__get__
            if name[0] == "+":
                plan.hidden.append("." + name[1:])
    for name, value in namespace.items():
        if type(value) is MemberDescriptor and key != "code":
            plan.getters.setdefault("." + name, value.__get__)
    hidden = {}
    part, count = PARTS.get(key, (None, 0))
    for position in range(count) if id(type(namespace.get(part))) in C_LEVEL else ():
        make = namespace[part] if type(namespace[part]) is MethodDescriptor else namespace[part].__get__
        call = "()" if make is namespace[part] else ""
        hidden[".%s%s[%d]" % (part, call, position)] = lambda o, make=make, position=position: make(o)[position]
    view = namespace.get(VIEWS.get(key))
    if type(view) is GetSetDescriptor:
        hidden[VIEWS[key]] = lambda o: gc.get_referents(view.__get__(o))[0]
    plan.getters.update(hidden)
    plan.hidden += hidden


def plan_contents(plan, c, key, namespace):
    """How the contents are read, when the class is a container or has a buffer of objects."""
    if key in CONTENTS and plan.tail is None:
        how, tail = CONTENTS[key]
        if id(type(namespace.get(how))) in C_LEVEL:               # and not a class of the program with such a name
            plan.tail, plan.contents, plan.length = tail, namespace[how], namespace["__len__"]
            plan.exact = c is plan.type and not plan.is_heap and key != "collections.deque"
            if key in ("list", "tuple"):
                plan.visited, plan.contents = True, items_of
    if key in BUFFERS:
        names, *functions = BUFFERS[key]
        parts = {n: namespace[n].__get__ for n in names.split() if id(type(namespace.get(n))) in C_LEVEL}
        if len(parts) == len(names.split()):
            plan.external, elements, length, plan.unseen, plan.text = (
                f and (lambda o, f=f, parts=parts: f(parts, o)) for f in functions)
            if elements:
                plan.contents, plan.length, plan.tail = elements, length, "flat"


def plan_special(s, plan):
    """Instances of metaclasses, structures such as `os.stat_result`, weak references."""
    t = plan.type
    if issubclass(t, type):
        plan.getters[".__bases__"] = bases_of
        plan.getters[".__dict__"] = lambda o: gc.get_referents(namespace_of(o))[0]
        plan.getters[".__name__"] = lambda o: namespace_name(o, "__name__")
        plan.getters[".__qualname__"] = lambda o: namespace_name(o, "__qualname__")
        plan.getters["subclasses"] = lambda o: s.subclasses.get(id(o))
        plan.hidden += [".__dict__", ".__name__", ".__qualname__", "subclasses"]
    counts = [namespace_of(t).get(name) for name in ("n_fields", "n_sequence_fields")] if plan.visited else ()
    if counts and not flags_of(t) & IS_BASE_TYPE and all(type(n) is int for n in counts):
        # Of a structure only what comes after its items has no index.
        plan.fields, names = counts[0], list(plan.getters)
        for name in names[:len(names) - counts[0] + counts[1]]:
            del plan.getters[name]
    if issubclass(t, WeakReference):
        plan.getters["~()"] = WeakReference.__call__
        plan.hidden.append("~()")


def make_plan(s, t):
    """Everything about a type that writing its instances needs. Made once per type, kept by `id`."""
    classes, keys, flags = mro_of(t), [table_key(c) for c in mro_of(t)], flags_of(t)
    plan = s.plans[id(t)] = Namespace(
        type=t, key=keys[0], index=type_index(s, t), is_gc=bool(flags & IS_GC), is_heap=bool(flags & IS_HEAP_TYPE),
        # references: getters of slots, slots that the collector does not report
        getters={}, hidden=[], frame=MISSING, fields=None,
        is_ordered="collections.OrderedDict" in keys, is_cache="functools._lru_cache_wrapper" in keys,
        # contents: how they are read and counted; whether all of the object is contents; whether the collector visits
        contents=None, length=None, tail=None, exact=False, visited=False, external=None, unseen=None, text=None,
        # attributes: names that are probable, that were right once, that are safe to read
        candidates=None, wide=False, known={}, safe={}, mentioned=s.mentioned)
    for c, key in zip(classes, keys):
        namespace = namespace_of(c)
        plan_getters(plan, key, namespace)
        plan_contents(plan, c, key, namespace)
        if key in FRAME_OF and plan.frame is MISSING:
            plan.frame = FRAME_OF[key]
    plan_special(s, plan)
    # A thread-local has another dictionary in each thread.
    plan.has_dict = bool(dictoffset_of(t)) and ".__dict__" not in plan.getters and "_thread._local" not in keys
    plan.inline = plan.has_dict and bool(flags & HAS_MANAGED_DICT)
    # Where memory tells whether there is a dictionary, to ask for it makes none.
    getters = [namespace_of(c).get("__dict__") for c in classes] if plan.inline and s.memory is not None else ()
    plan.dictionary = next((d.__get__ for d in getters if type(d) is GetSetDescriptor), None)
    plan.plain = (lookup(t, "__getattribute__") is object.__dict__["__getattribute__"]
                  and lookup(t, "__getattr__") is MISSING)
    plan_size(plan, classes, keys)
    return plan


# ----------------------------------------------------------------------------------------------------------------------
# Local variables of frames and of suspended functions.


def local_slot(prefix, name, r):
    """The name of a local's slot; what a cell holds is one step further, so the cell itself has no expression."""
    return "cell " + name if type(r) is CellType else prefix + repr(name) + "]"


def local_names(code):
    """Names of the fast locals, cells and free variables of a code object, each once, in the order of the frame."""
    if PYTHON < (3, 11):
        cells = code.co_cellvars + code.co_freevars   # that of an argument stands here, its own place is empty
        return [name for name in code.co_varnames if name not in code.co_cellvars] + list(cells)
    names = []                                        # those attributes would make tuples that the code object keeps
    try:
        while True:
            names.append(code._varname_from_oparg(len(names)))
    except IndexError:
        return names


def name_locals(plan, o, row, names):
    """Name the local variables among the referents of a frame, generator or coroutine.

    The collector reports them behind the code: first what is bound, then what is on the value stack. Names are given
    when there are as many referents as variables and nothing is on the stack: it is empty when the frame has ended, and
    when the last referent is a cell. To ask for the frame or its `f_locals` would make objects. No name is better than
    a wrong one."""
    code = get(plan.getters.get(".f_code" if plan.frame is None else "." + plan.frame[:3] + "code"), o)
    places = [position for position, r in enumerate(row) if r is code]
    if type(code) is not CodeType or not places:
        return
    unknown = [position for position in range(places[-1] + 1, len(row)) if names[position] is None
               and not (type(row[position]) is FunctionType and row[position].__code__ is code)]
    if plan.frame:
        awaited = part_of(o, AWAITED[plan.frame])
        if awaited is not None and unknown and row[unknown[-1]] is awaited:
            names[unknown.pop()] = "." + AWAITED[plan.frame]
    elif PYTHON < (3, 11) and unknown and type(row[unknown[0]]) is dict:
        return                                        # the first variable, or `f_locals` when somebody has asked for it
    variables = local_names(code)
    suspended = plan.frame is not None or PYTHON < (3, 11) and code.co_flags & SUSPENDABLE
    if len(unknown) != len(variables) or suspended and unknown and type(row[unknown[-1]]) is not CellType:
        return
    prefix = "." + plan.frame + ".f_locals[" if plan.frame else ".f_locals["
    for position, name in zip(unknown, variables):
        names[position] = local_slot(prefix, name, row[position])


# ----------------------------------------------------------------------------------------------------------------------
# Attributes: dictionaries, and values without one (3.11 and later). Nothing tells their names but the class.


def names_in(values):
    """Identifiers that the functions among `values` mention, as names or constants."""
    names = {}
    for value in values:
        value = value.fget if type(value) is property else value.__func__ if id(type(value)) in METHODS else value
        if type(value) is FunctionType:
            code = FunctionType.__dict__["__code__"].__get__(value)
            names.update(dict.fromkeys(code.co_names))
            names.update((name, None) for name in code.co_consts if type(name) is str and name.isidentifier())
    return names


def candidates(plan, wide=False):
    """Names that instances of a class written in Python probably have: what its methods and annotations mention;
    `wide`: also what its metaclass, the modules in which it and its bases are defined, and modules that run mention."""
    if plan.candidates is None or wide and not plan.wide:
        names = dict(plan.candidates or ())
        for c in mro_of(plan.type) + (mro_of(type(plan.type)) if wide else ()):
            namespace = namespace_of(c)
            names.update(names_in([namespace.get("__init__")] + list(namespace.values())))
            for extra in (namespace.get("__static_attributes__"), namespace.get("__annotations__"), namespace):
                if id(type(extra)) in NAMESPACES:
                    names.update((key, None) for key in extra if type(key) is str)
            module = sys.modules.get(full_name(c)[0]) if wide else None
            if type(module) is ModuleType and flags_of(c) & IS_HEAP_TYPE:
                values = list(module.__dict__.values())
                names.update(names_in(chain(values, *(namespace_of(v).values() for v in values if type(v) is type))))
        names.update(plan.mentioned if wide else ())
        plan.candidates, plan.wide = {copy_of(name): None for name in names if is_safe(plan, name)}, wide
    return plan.candidates


def is_attribute_dict(plan, o, d):
    """Whether the dictionary `d`, a referent of `o`, is its `__dict__` and not the value of an attribute."""
    is_function = type(o) is FunctionType or "cython_function" in plan.key
    if plan.is_heap and not plan.inline and not is_function:
        return True                               # every other slot has been named already
    if is_function and not d:
        return False                              # or its annotations: nobody can tell without making the other
    for key, value in islice(dict.items(d), 8):
        if type(key) is not str:
            return False
        if is_safe(plan, key):
            return read(plan, o, key) is value
    return len(d) == 0 and not any(read(plan, o, name) is d for name in (candidates(plan) if plan.inline else ()))


def without_dictionary(s, plan, o, row):
    """(whether `o` is known to have a dictionary, its referents without that).

    3.13.0 to 3.13.2 report the values of the dictionary in its place."""
    if plan.dictionary is None or not has_dictionary(s, o):
        return False, row
    d, row = plan.dictionary(o), list(row)
    values, seen = list(dict.values(d)), set(map(id, row))
    shared = id(d) not in seen or id(d) in set(map(id, values)) and seen.issuperset(map(id, values))
    for value in values if shared else [d]:
        for position, r in enumerate(row):
            if r is value:
                del row[position]
                break
    return True, row


def name_attributes(plan, o, row, names):
    """Name the attributes that `o` keeps without a dictionary (3.11 and later)."""
    unknown = [position for position, name in enumerate(names) if name is None]
    wanted = {}
    for position in unknown:
        wanted[id(row[position])] = wanted.get(id(row[position]), 0) + 1
    for attempt in ("known", "probable", "wide"):     # the cheapest way that explains all
        pool, doubtful = {}, {}                       # what the class has too the instance need not have
        for name in plan.known if attempt == "known" else candidates(plan, attempt == "wide"):
            value = read(plan, o, name)
            if id(value) in wanted:
                of_class = lookup(plan.type, name) is value
                (doubtful if of_class else pool).setdefault(id(value), []).append(name)
        if all(len(pool.get(i, ())) >= n for i, n in wanted.items()):
            break
    for i, found in doubtful.items():
        pool.setdefault(i, []).extend([name for name in found if not (name[:2] == "__" == name[-2:])])
    for position in unknown:
        found = pool.get(id(row[position]))
        if found:
            plan.known[found[0]] = None
            names[position] = "." + found.pop(0)


# ----------------------------------------------------------------------------------------------------------------------
# Which slot holds which referent: of one object, and of all that are alike.


def name_by_getters(plan, o, row):
    """(names of the referents `row`, names of slots to be added), as far as getters explain them."""
    pool = {}
    for name, getter in plan.getters.items():
        value = get(getter, o)
        if value is not MISSING:
            pool.setdefault(id(value), []).append(name)
    names = []
    for r in row:
        found = pool.get(id(r))
        names.append(found.pop(0) if found else ".__class__" if r is plan.type and ".__class__" not in names else None)
    hidden = []
    for name in plan.hidden:
        if name not in names:
            value = get(plan.getters[name], o)
            if value is not None and value is not MISSING:
                hidden.append(name)
    if plan.is_heap and ".__class__" not in names:
        hidden.append(".__class__")
    return names, hidden


def name_dictionary(plan, o, row, names, unknown):
    """Name the dictionary of attributes among the referents at the positions `unknown`."""
    # A functools cache reports its results before its attributes.
    places = unknown[::-1] if plan.is_cache else unknown
    for position in places if not plan.inline or len(unknown) == 1 else ():
        d = row[position]
        if type(d) is not dict:
            continue
        if type(o) is FunctionType and not d:
            names[position] = "attributes or annotations"
        elif ".__dict__" not in names and is_attribute_dict(plan, o, d):
            # Futures written in C have attributes, but no `__dict__` to ask for.
            names[position] = ".__dict__" if lookup(plan.type, "__dict__") is not MISSING else "attributes"
            if plan.inline:
                plan.known.update((copy_of(key), None) for key in islice(d, 200) if type(key) is str)
        elif type(o) is FunctionType and not is_annotations(o, d):
            names[position] = "attributes or annotations"


def is_annotations(o, d):
    """Whether the keys of a dictionary are those of annotations: parameters of the function, and `return`."""
    names = local_names(o.__code__)
    return all(type(key) is str and (key == "return" or key in names) for key in d)


def name_references(plan, o, row, has_dict=False):
    """Name the referents `row` of `o`; `has_dict`: it is known to have a dictionary, which `row` is without.

    Returns (names, hidden): one name or None for each referent, and the names of slots to be added that
    gc.get_referents does not report.
    """
    names, hidden = name_by_getters(plan, o, row)
    unknown = [position for position, name in enumerate(names) if name is None]
    if has_dict:
        hidden.append(".__dict__")
    elif unknown and plan.has_dict:
        if plan.dictionary is None:
            name_dictionary(plan, o, row, names, unknown)
        if plan.inline and ".__dict__" not in names:
            name_attributes(plan, o, row, names)
    if unknown and plan.frame is not MISSING:
        name_locals(plan, o, row, names)
    return names, hidden


def hidden_values(plan, o, hidden):
    """The referents of the slots that gc.get_referents does not report."""
    return [plan.type if name == ".__class__" else plan.dictionary(o) if name == ".__dict__" and plan.dictionary
            else plan.getters[name](o) for name in hidden]


def alike_with(plan, names, hidden, group, rows):
    """For each object whether `names` and `hidden` are right for it too; loops in C over a whole column."""
    checks = []
    for position, name in enumerate(names):
        column = list(map(itemgetter(position), rows))
        if name == ".__class__":
            checks.append(map(is_, column, repeat(plan.type)))
        elif name in plan.getters:
            checks.append(map(is_, column, column_of(plan.getters[name], group)))
        elif name == ".__dict__" and plan.has_dict:
            checks.append([type(d) is dict and is_attribute_dict(plan, o, d) for o, d in zip(group, column)])
        elif plan.type is FunctionType and type(column[0]) is dict:       # its annotations, or nobody knows
            checks.append([type(d) is dict and bool(d) is bool(column[0])
                           and is_annotations(o, d) is is_annotations(group[0], column[0])
                           and not is_attribute_dict(plan, o, d) for o, d in zip(group, column)])
        elif plan.inline and name is not None and name[1:] in plan.known:
            attribute = name[1:]
            if plan.plain and is_safe(plan, attribute):
                checks.append(map(is_, column, map(getattr, group, repeat(attribute), repeat(MISSING))))
            else:
                checks.append([read(plan, o, attribute) is r for o, r in zip(group, column)])
        else:
            checks.append(map(is_, map(type, column), repeat(type(column[0]))))
    for name in plan.hidden:
        if name not in names:
            there = name in hidden
            checks.append([(value is not None and value is not MISSING) is there
                           for value in column_of(plan.getters[name], group)])
    return list(map(all, zip(*checks))) if checks else [True] * len(group)


# ----------------------------------------------------------------------------------------------------------------------
# Texts of objects: names of the program, keys of dictionaries, values.


def note_text(s, o, text, length=None):
    """Write `text` as the text of `o`, unless it has been written already."""
    page, granule = s.pages[id(o) >> 20], id(o) >> 4 & 65535
    if not page[granule] & 2:
        page[granule] |= 2
        short = text[:TEXT_LIMIT]
        add_sparse(s, text_of=str(id(o) - s.base), text=quoted(short), text_length=str(length or len(text)))
        s.texts += 1


def note_literals(s, objects):
    """Write the texts of the str, int, float, … among `objects` (dictionary keys, or everything with `all`)."""
    for o in dict(zip(map(id, objects), objects)).values():
        t = type(o)
        if t is str:
            note_text(s, o, o[:TEXT_LIMIT], len(o))
        elif id(t) in LITERALS:
            if t is int and o.bit_length() > 256:     # its decimal digits may be refused, or take for ever
                note_text(s, o, "%#x…" % (o >> o.bit_length() - 64), o.bit_length() // 4 + 3)
            elif t is bytes:
                note_text(s, o, repr(o[:TEXT_LIMIT]), len(o) + 3)
            else:
                note_text(s, o, repr(o))


def note_names(s, plan, group):
    """Write the texts that are part of the program: names of functions, modules, types, code; names in code."""
    t = plan.type
    for o in group:
        text = None
        if t is FunctionType:
            module = exact_text(get(plan.getters[".__module__"], o))
            text = o.__qualname__ if module is None else module + "." + o.__qualname__
        elif t is BuiltinFunction:
            owner = plan.getters[".__self__"](o)
            text = o.__name__ if owner is None else "%s.%s" % (
                exact_text(get(plan.getters[".__module__"], o)) or table_key(type(owner)), o.__name__)
        elif t is CodeType:
            if s.traced:
                note_lines(s, o)
            text = "%s (%s:%d)" % (getattr(o, "co_qualname", o.co_name), o.co_filename, o.co_firstlineno)
            note_literals(s, [n for n in chain(o.co_names, local_names(o), (o.co_name,))
                              if id(n) >> 20 in s.pages])
        elif issubclass(t, type):
            text = "%s.%s" % full_name(o)
        elif ".__objclass__" in plan.getters and ".__name__" in plan.hidden:
            text = "%s.%s" % (table_key(plan.getters[".__objclass__"](o)), plan.getters[".__name__"](o))
        elif plan.key == "_asyncio.Task":                         # its name, in so far as it has been made
            note_literals(s, [r for r in gc.get_referents(o) if type(r) is str])
        elif plan.key == CONTEXT + "ContextVar":
            text = exact_text(plan.getters[".name"](o))
        elif plan.text:
            text = plan.text(o)
        elif issubclass(t, ModuleType):
            text = exact_text(dict.get(plan.getters[".__dict__"](o) or {}, "__name__"))
        if text is not None:
            note_text(s, o, text)


# ----------------------------------------------------------------------------------------------------------------------
# Lists, tuples, sets and dictionaries: groups at once, or a very large one in pieces.


def write_named(s, plan, group, refcounts, names, rows, contents, tail):
    """Write objects whose references have the same names: `rows` of referents, then `contents` for each object."""
    note_unnamed(s, plan, names.count(None) * len(group) + (sum(map(len, contents)) if tail == "unnamed" else 0))
    sizes = sizes_of(s, plan, group)
    if plan.inline:
        sizes = list(map(add, sizes, attributes_bytes(s, plan, names, group)))
    counts = len(names)
    if contents:
        counts = [len(names) + len(content) for content in contents]
        flat = list(chain.from_iterable(chain.from_iterable(zip(rows, contents))))
    else:
        flat = list(chain.from_iterable(rows))
    ids = list(map(id, flat))
    found = dict(zip(ids, flat))
    note_new(s, found.keys(), found.values())
    if contents and tail == "mapping" and s.text in ("keys", "all"):
        note_literals(s, list(chain.from_iterable(content[::2] for content in contents)))
    emit(s, group, shape_index(s, plan.index, tuple(names), tail), sizes, refcounts, counts, ids)


def write_large(s, plan, o, refcount, names, row, contents):
    """Write one very large container in pieces, as a chunk of its own; its contents are visited later, so too."""
    flush_chunk(s)
    base, count = s.base, len(names)
    mapping, holes = plan.tail == "mapping", plan.visited and len(contents) != plan.length(o)
    note_unnamed(s, plan, names.count(None) + (len(contents) if holes else 0))
    shape = shape_index(s, plan.index, tuple(names), "unnamed" if holes else plan.tail)
    size = sizes_of(s, plan, [o])[0]
    s.write('%s{"address":[%d],"shape":[%d],"size":[%d],"refcount":[%d],"referent":[%s' % (
        s.separator, id(o) - base, shape, size, refcount, numbers([id(r) - base for r in row])))
    s.separator, comma, iterator = ",\n", "," if row else "", iter(contents)
    try:
        piece = list(islice(iterator, PENDING))
        while piece:
            if mapping:
                piece = list(chain.from_iterable(piece))
                if s.text in ("keys", "all"):
                    note_new(s, map(id, piece[::2]), piece[::2])
                    note_literals(s, piece[::2])
            s.write(comma + numbers([i - base for i in map(id, piece)]))
            count += len(piece)
            comma, piece = ",", list(islice(iterator, PENDING))
    except RuntimeError:                              # another thread changed its size: the rest is not known
        count_error(s, "changed while it was read", plan.key)
    made = ',"allocated_at":[%d]' % allocations_of(s, [o])[0] if s.traced else ""
    s.write('],"reference_count":[%d]%s}' % (count, made))
    s.objects += 1
    s.references += count
    note_new(s, map(id, row), row)
    # Of lists and tuples the references are taken when it is their turn: they cost 8 bytes each.
    iterator = map(gc.get_referents, (o,)) if plan.visited else iter(plan.contents(o))
    s.large.append(chain.from_iterable(iterator) if mapping or plan.visited else iterator)


def write_interned(s, plan, group, refcounts):
    """Write the dictionary of interned texts without its contents, which it holds weakly. Returns the others."""
    if s.interned is None or s.interned not in map(id, group):
        return group, refcounts
    place = list(map(id, group)).index(s.interned)
    emit(s, group[place:place + 1], shape_index(s, plan.index, (), None), sizes_of(s, plan, group[place:place + 1]),
         refcounts[place], 0, [])
    s.interned = None
    return group[:place] + group[place + 1:], refcounts[:place] + refcounts[place + 1:]


def read_containers(plan, group):
    """(how many items each has, all items in order or None when these are too many, whether these do not fit)."""
    mapping = plan.tail == "mapping"
    for _ in range(10):
        counts = list(map(len, group))
        if sum(counts) > BATCH_REFERENCES:
            return counts, None, False
        if plan.visited:
            flat = items_of(*group)
        elif mapping:
            flat = list(chain.from_iterable(chain.from_iterable(map(plan.contents, group))))
        else:
            flat = list(chain.from_iterable(group))
        torn = len(flat) != sum(counts) * (1 + mapping)
        if not torn or plan.visited and len(group) > 1:          # or another thread came between, or a slot is empty
            break
    return counts, flat, torn


def write_containers(s, plan, group, refcounts):
    """Write exact lists, tuples, sets or dicts: their contents in order, read by C loops over the whole group."""
    mapping = plan.tail == "mapping"
    if mapping:
        group, refcounts = write_interned(s, plan, group, refcounts)
    counts, flat, torn = read_containers(plan, group)
    ids = [] if flat is None else list(map(id, flat))
    if flat is None or torn:                          # what is too much, or has empty slots, is written alone
        middle = len(group) // 2
        if middle:
            write_containers(s, plan, group[:middle], refcounts[:middle])
            write_containers(s, plan, group[middle:], refcounts[middle:])
        elif flat is None:
            write_large(s, plan, group[0], refcounts[0], [], [], plan.contents(group[0]))
        else:
            write_named(s, plan, group, refcounts, [], [[]], [flat], "unnamed" if plan.visited else plan.tail)
        return
    found = dict(zip(ids, flat))
    note_new(s, found.keys(), found.values())
    if mapping:
        counts, sizes = [2 * count for count in counts], sizes_of_dicts(s, plan, group)
        if s.text in ("keys", "all"):
            note_literals(s, flat[::2])
    else:
        sizes = sizes_of(s, plan, group)
    emit(s, group, shape_index(s, plan.index, (), plan.tail), sizes, refcounts, counts, ids)


# ----------------------------------------------------------------------------------------------------------------------
# Everything that is no plain container: instances, with or without contents.


def dict_visited(d, row):
    """How many of the referents `row` of a dict subclass are its contents: values, and keys unless all are str."""
    n = dict.__len__(d)
    if not n:
        return 0
    key, value = next(reversed(dict.items(d)))
    return 2 * n if row[-1] is key and (key is not value or type(key) is not str) and len(row) >= 2 * n else n


def visited_items(plan, o, row, n):
    """Take the `n` items of an instance of a subclass of list or tuple out of its referents `row`, in order.

    None at all when slots are empty: then they stay where they are, and have no names."""
    for _ in range(10):
        if plan.fields is not None:                   # in order, then those that have no index
            start = 1 if row and row[0] is plan.type else 0
            if len(row) == start + plan.fields:
                items = row[start:start + n]
                del row[start:start + n]
                return items
        elif len(row) >= n and (not plan.is_heap or len(row) > n and row[-n - 1] is plan.type):
            items = row[:len(row) - n - 1:-1]
            del row[len(row) - n:]
            return items
        n, row[:] = plan.length(o), gc.get_referents(o)           # another thread came between?
    return []


def contents_of_one(plan, o, row):
    """(the items of `o`, how many they should be); takes them out of its referents `row`."""
    n, mapping = plan.length(o), plan.tail == "mapping"
    if plan.visited:
        return visited_items(plan, o, row, n), n
    del row[len(row) - (dict_visited(o, row) if mapping else n):]
    if len(row) >= n > 0 and mapping and plan.is_ordered:
        # The list that keeps the order refers to each key once more. Worth a reference only for real objects.
        row[-n:] = [key for key in row[-n:] if gc.is_tracked(key)]
    return plan.contents(o), n


def take_contents(s, plan, group, refcounts, rows):
    """[contents of each], taken out of its referents `rows`; None for one that is so large that it is written here."""
    contents = []
    for o, refcount, row in zip(group, refcounts, rows):
        items, n = contents_of_one(plan, o, row)
        if n > BATCH_REFERENCES:
            has_dict, row = without_dictionary(s, plan, o, row)
            names, hidden = name_references(plan, o, row, has_dict)
            write_large(s, plan, o, refcount, names + hidden, row + hidden_values(plan, o, hidden), items)
            contents.append(None)
        elif plan.tail == "mapping":
            contents.append(list(chain.from_iterable(items)))
        else:
            contents.append(items if type(items) is list else list(items))
    return contents


def referents_of(plan, group):
    """What the collector visits in each object."""
    if not plan.is_gc:
        return [[] for _ in group]
    if VISITS_FREED and plan.type is ModuleType:
        # Only the module's dictionary, which is a slot of its own.
        return [[o.__dict__] if dict.get(o.__dict__, "__name__") == "_asyncio" else gc.get_referents(o) for o in group]
    return list(map(gc.get_referents, group))


def write_instances(s, plan, group, refcounts):
    """Write objects that are not plain containers: name the references of one, then of all that are alike."""
    if len(group) > 2048 and plan.contents:
        for start in range(0, len(group), 2048):
            write_instances(s, plan, group[start:start + 2048], refcounts[start:start + 2048])
        return
    rows = referents_of(plan, group)
    contents = take_contents(s, plan, group, refcounts, rows) if plan.contents else None
    buckets = {}                                      # (number of referents, whether with a dictionary) → positions
    for position, row in enumerate(rows):
        has_dict = False
        if plan.dictionary is not None:
            has_dict, rows[position] = without_dictionary(s, plan, group[position], row)
        if contents is None or contents[position] is not None:
            buckets.setdefault((len(rows[position]), has_dict), []).append(position)
    for (_, has_dict), positions in buckets.items():
        rounds = 0
        while positions:
            first = positions[0]
            names, hidden = name_references(plan, group[first], rows[first], has_dict)
            alike, rest = [first], positions[1:]
            if rest and rounds < 40 and plan.frame is MISSING:
                same = alike_with(plan, names, hidden, [group[p] for p in positions], [rows[p] for p in positions])
                same[0] = True
                alike = [p for p, flag in zip(positions, same) if flag]
                rest = [p for p, flag in zip(positions, same) if not flag]
            positions, rounds = rest, rounds + 1
            found = [rows[p] + hidden_values(plan, group[p], hidden) if hidden else rows[p] for p in alike]
            write_named(s, plan, [group[p] for p in alike], [refcounts[p] for p in alike], names + hidden, found,
                        contents and [contents[p] for p in alike], plan.tail)


# ----------------------------------------------------------------------------------------------------------------------
# The walk: all tracked objects, then what they refer to, in groups of one type.


def interned_table(objects):
    """The address of the dictionary of interned strings, which Python 3.14 tracks; None when not among `objects`."""
    newest = sys.intern("interned last, at %r" % time.monotonic())
    for o in objects if PYTHON >= (3, 14) else ():
        if type(o) is dict and len(o) > 100 and next(reversed(o)) is newest:
            return id(o)
    return None


def refcounts_of(s, objects):
    """Reference counts without our own: `objects` must hold the only reference that the dumper has."""
    counts = list(map(sub, map(sys.getrefcount, objects), repeat(s.counted_extra)))
    early = s.early.keys() & map(id, objects) if s.early else ()
    if early:
        counts = [s.early[id(o)] if id(o) in early else count for o, count in zip(objects, counts)]
    if counts and max(counts) >= IMMORTAL:            # with `default=` Python would keep a tuple of keywords for ever
        counts = [-1 if count >= IMMORTAL else count for count in counts]
    return counts


def group_by_type(objects, refcounts):
    """[(objects, refcounts)] of one type each."""
    groups = {}
    for o, t, count in zip(objects, map(id, map(type, objects)), refcounts):
        group = groups.get(t)
        if group is None:
            group = groups[t] = ([], [])
        group[0].append(o)
        group[1].append(count)
    return list(groups.values())


def walk(s, objects, refcounts):
    """Write `objects` (all tracked ones) and the closure of what they refer to; empties both lists' contents."""
    work = []
    for start in range(0, len(objects), BATCH_OBJECTS):
        batch = objects[start:start + BATCH_OBJECTS]
        counts = refcounts[start:start + BATCH_OBJECTS]
        ids = list(map(id, batch))
        for i in s.own_references.keys() & ids:
            if counts[ids.index(i)] > 0:
                counts[ids.index(i)] -= s.own_references[i]
        if not s.own.isdisjoint(ids):
            kept = [i not in s.own for i in ids]
            batch = [o for o, keep in zip(batch, kept) if keep]
            counts = [count for count, keep in zip(counts, kept) if keep]
        work += group_by_type(batch, counts)
        del batch, ids
        while True:
            if len(s.pending) > PENDING or s.pending and not work:
                found, s.pending = s.pending, []
                work += group_by_type(found, refcounts_of(s, found))
                del found
            elif work:
                write_group(s, *work.pop())
            elif s.large:
                piece = list(islice(s.large[-1], PENDING))
                if piece:
                    note_new(s, map(id, piece), piece)
                else:
                    s.large.pop()
                del piece
            else:
                break


def write_group(s, group, refcounts):
    """Write objects of one type; when that fails, one by one, so that a strange object costs only itself."""
    t = type(group[0])
    s.emitted = []
    s.words.clear()
    try:
        plan = s.plans.get(id(t)) or make_plan(s, t)
        if plan.exact:
            write_containers(s, plan, group, refcounts)
        elif not plan.is_gc and not plan.hidden and not plan.is_heap:
            emit(s, group, shape_index(s, plan.index, (), None), sizes_of(s, plan, group), refcounts, 0, [])
            if s.text == "all" and (t is str or id(t) in LITERALS):
                note_literals(s, group)
        else:
            write_instances(s, plan, group, refcounts)
            if issubclass(t, type):
                s.static += [(id(o), table_key(o)) for o in group if not flags_of(o) & IS_HEAP_TYPE]
            if s.text != "none":
                note_names(s, plan, group)
        for o in group if plan.external else ():
            n = get(plan.external, o)
            if n and n is not MISSING:
                add_sparse(s, external_of=str(id(o) - s.base), external_bytes=str(n))
        for what in filter(None, map(plan.unseen, group)) if plan.unseen else ():
            count_error(s, what, plan.key)
    except (MemoryError, OSError):
        raise
    except Exception as error:
        written = set(chain.from_iterable(s.emitted))
        if len(group) > 1:
            for o, count in zip(group, refcounts):
                if id(o) not in written:
                    write_group(s, [o], [count])
            if not written:
                return
        count_error(s, "%s: %s" % (type(error).__name__, error), table_key(t))


def walk_pending(s):
    """Write what roots and tables have added."""
    while s.pending:
        found, s.pending = s.pending, []
        walk(s, found, refcounts_of(s, found))


def find_subclasses(s, objects):
    """Find the dictionaries in which types note their subclasses, which they do not report."""
    for d in objects:
        if type(d) is not dict or not d:
            continue
        key, value = next(iter(d.items()))
        if type(key) is int and type(value) is WeakReference:
            alive = [c for c in map(WeakReference.__call__, d.values()) if c is not None]
            if not alive or id(alive[0]) not in d or not issubclass(type(alive[0]), type):
                continue
            for base in bases_of(alive[0]) or ():
                if id(base) not in s.subclasses and set(map(id, alive)) == set(map(id, type.__subclasses__(base))):
                    s.subclasses[id(base)] = d
                    break


# ----------------------------------------------------------------------------------------------------------------------
# Which objects are the dumper's own. They are left out with their references; the reader drops references to them.


def text_keys(o):
    """The keys of a dictionary that has only texts as keys; the collector does not report them."""
    keys = list(o) if type(o) is dict else []
    return [] if any(type(key) is not str for key in keys) else keys


def untracked_of(own):
    """The numbers and texts that the dumper uses itself: counted now, for it is to refer to them ever more."""
    found = {id(o): o for o in chain(range(-5, 257), (None, True, False, Ellipsis, NotImplemented, "", b"", ()))}
    for o in own.values():
        found.update((id(r), r) for r in chain(gc.get_referents(o), text_keys(o))
                     if not gc.is_tracked(r) and id(r) not in own)
    return list(found.values())


def own_places(frame):
    """Where the search for the dumper's own objects begins: its module, its functions that run."""
    ours = globals()
    places, spec, module = [ours, _saving], ours.get("__spec__"), sys.modules.get(__name__)
    while frame is not None:
        if frame.f_globals is ours:
            places += [frame, frame.f_code]
        frame = frame.f_back
    if spec is not None:
        places += [spec, spec.__dict__]
        if getattr(spec.loader, "name", None) == __name__:
            places += [spec.loader, spec.loader.__dict__]
    if type(module) is ModuleType and module.__dict__ is ours:
        places.append(module)
    if __name__ == "__main__":                        # while a script runs, the parser's list of its words is kept
        places += [o for o in gc.get_referrers(REASON) if type(o) is list]
    return places


def own_parts(o):
    """What belongs to an own object `o` beyond what the collector reports."""
    if type(o) is FunctionType and o.__kwdefaults__ is not None:
        return [o.__kwdefaults__]
    if type(o) is CodeType:                           # it holds what the collector still tracks
        # In 3.11 the names of variables are made anew for who asks.
        return [o.co_consts, o.co_names] + ([o.co_varnames, o.co_cellvars, o.co_freevars] if PYTHON != (3, 11) else [])
    if type(o) is type:
        return [o.__mro__, o.__bases__, gc.get_referents(namespace_of(o))[0], WeakReference(o)] + [
            d for d in namespace_of(o).values() if type(d) is GetSetDescriptor]
    return []


def is_own(o, r, classes):
    """Whether the referent `r` of an own object `o` is an own one too; `classes`: ids of the dumper's classes."""
    t = type(r)
    return (id(t) in OWN_KINDS and not (t is dict and type(o) in (FrameType, FunctionType))
            or t is FunctionType and r.__globals__ is globals()
            or t is CodeType and type(o) in (FunctionType, FrameType, tuple)
            or id(r) in classes
            or type(o) is ModuleType and t is dict)


def own_objects(s, frame):
    """{id: object} of all that the dumper has made, without what it only refers to."""
    ours, own = globals(), {}
    builtins = ours.get("__builtins__")
    foreign = {id(builtins), id(getattr(builtins, "__dict__", None)), id(sys.modules), id(sys.path), id(())}
    foreign.update(map(id, s.held))
    classes = {id(value) for value in ours.values() if type(value) is type and full_name(value)[0] == __name__}
    stack = own_places(frame) + [s, s.__dict__, s.own, s.own_references]
    while stack:
        o = stack.pop()
        if id(o) not in own and id(o) not in foreign:
            own[id(o)] = o
            stack += own_parts(o)
            stack += [r for r in gc.get_referents(o) if id(r) not in foreign and is_own(o, r, classes)]
    return own


def find_own(s, frame):
    """Fill `s.own` with the ids of the dumper's own objects, `s.own_references` with how often they refer to others."""
    own = own_objects(s, frame)
    early = untracked_of(own) if PYTHON < (3, 12) else []        # later nearly all of these are immortal
    counts = refcounts_of(s, early)
    for o in own.values():
        for r in chain(gc.get_referents(o), text_keys(o)) if o is not s.own_references else ():
            if id(r) not in own:
                s.own_references[id(r)] = s.own_references.get(id(r), 0) + 1
    for i, n in _borrowed.items():
        s.own_references[i] = s.own_references.get(i, 0) + n
    s.own.update(own)
    for o, count in zip(early, counts):
        s.early[id(o)] = count if count < 0 else max(1, count - s.own_references.get(id(o), 0))


def own_addresses(s):
    """The member `own` of the document, as text: the reader drops references to these objects."""
    return numbers([i - s.base for i in sorted(s.own)])


# ----------------------------------------------------------------------------------------------------------------------
# Threads, their frames and locals; roots.


def hold(s, values):
    """Note what the collector may not know of; the rest is found without us, and not ours to keep alive."""
    s.held += [o for o in values if not flags_of(type(o)) & IS_GC or type(o) is tuple or type(o) is dict]


def locals_of(s, frame):
    """(address of the dictionary that has them or None, [[name, address]]) of the local variables of a running frame.

    Leaves nothing in the frame; `s.held` gets the objects that nobody else would find."""
    code, names = frame.f_code, local_names(frame.f_code)
    if not code.co_flags & HAS_FAST_LOCALS:           # module or class body: the namespace is a real dictionary
        namespace = frame.f_locals
        if namespace is frame.f_globals or type(namespace) is not dict:
            return None, []
        hold(s, [namespace])
        return id(namespace), [[name, id(value)] for name, value in dict.items(namespace) if type(name) is str]
    if PYTHON < (3, 11) and frame.f_trace is None and not code.co_cellvars and not code.co_freevars:
        # Caller, code, builtins, globals, then f_locals when somebody has asked for it, then what is bound.
        row = gc.get_referents(frame)[3 if frame.f_back is None else 4:]
        if len(row) == len(names) and not (row and type(row[0]) is dict):
            hold(s, row)
            return None, [[name, id(r)] for name, r in zip(names, row)]
    # An empty dictionary is what an earlier dump has left.
    before = {id(r) for r in gc.get_referents(frame) if type(r) is not dict or r} if PYTHON < (3, 13) else None
    variables = frame.f_locals
    found = [(name, variables[name]) for name in names if name in variables]
    hold(s, [value for _, value in found])
    if before is not None and id(variables) not in before and (
            sys.getrefcount(variables) <= 3 and len(found) == len(variables)):
        variables.clear()                             # it was made for us: do not keep the values alive
    return None, [[name, id(value)] for name, value in found]


def typed_at_prompts(s):
    """[(dictionary, copy of it)]: variables as they are at prompts of pdb. Before 3.13 Python fills this dictionary
    anew when a frame is asked for its locals, and what was typed is lost."""
    kind = namespace_of_module("bdb").get("Bdb")
    if PYTHON >= (3, 13) or type(kind) is not type:
        return []
    found = [o for o in gc.get_objects() if issubclass(type(o), kind)]
    found = [read(s.plans.get(id(type(o))) or make_plan(s, type(o)), o, "curframe_locals") for o in found]
    return [(variables, dict(variables)) for variables in found if type(variables) is dict]


def capture_stacks(s):
    """[(thread id, [frame row])] of all threads, without our own frames."""
    stacks, typed = [], typed_at_prompts(s)
    for ident, frame in sys._current_frames().items():
        rows = []
        while frame is not None:
            if frame.f_globals is not globals():
                code = frame.f_code
                if code.co_name == "<module>":                        # nothing else leads to this code
                    s.mentioned.update((copy_of(name), None) for name in code.co_names)
                module = exact_text(dict.get(frame.f_globals, "__name__")) or "?"
                rows.append([module + "." + getattr(code, "co_qualname", code.co_name), code.co_filename,
                             frame.f_lineno, id(frame), locals_of(s, frame)])
            frame = frame.f_back
        if ident not in _own_threads:
            stacks.append((ident, rows))
    for variables, was in typed:
        if any(variables.get(name, MISSING) is not value for name, value in was.items()):
            variables.update(was)
    return stacks


def threads_of(s):
    """The rows of `threads`."""
    names, rows = {}, []
    active = namespace_of_module("threading").get("_active")
    for ident, thread in list(active.items()) if type(active) is dict else ():
        plan = s.plans.get(id(type(thread))) or make_plan(s, type(thread))
        names[ident] = read(plan, thread, "_name"), read(plan, thread, "_daemonic")
    for ident, frames in s.stacks:
        name, daemon = names.get(ident, (None, None) if len(s.stacks) > 1 else ("MainThread", False))
        rows.append({"id": ident, "name": exact_text(name) if name is not None and name is not MISSING else None,
                     "daemon": daemon if type(daemon) is bool else None, "current": ident == s.current_thread,
                     "frames": []})
        for function, file, line, address, (namespace, variables) in frames:
            page = s.pages.get(address >> 20)
            is_object = page is not None and page[address >> 4 & 65535] & 1
            rows[-1]["frames"].append({
                "function": function, "file": file, "line": line, "address": address - s.base if is_object else None,
                "namespace": namespace - s.base if namespace is not None and namespace not in s.own else None,
                "locals": [[name[:TEXT_LIMIT], i - s.base] for name, i in variables]})
    note_new(s, map(id, s.held), s.held)
    s.held.clear()
    return rows


def roots_of(s):
    """The rows of `roots`; queues what is not yet in the snapshot."""
    rows, objects = [], []

    def add(kind, name, o, **more):
        if id(o) not in s.own:
            rows.append(dict({"kind": kind, "name": name, "address": id(o) - s.base}, **more))
            objects.append(o)
    for name, module in list(dict.items(sys.modules)):
        if type(name) is str:
            more, namespace = {}, {}
            if issubclass(type(module), ModuleType):
                namespace = ModuleType.__dict__["__dict__"].__get__(module) or {}
            file = exact_text(dict.get(namespace, "__file__"), 4096)
            if file is not None:
                more["file"] = file
            elif name in sys.builtin_module_names:
                more["builtin"] = True
            add("module", name, module, **more)
    for name in ("modules", "path_hooks", "meta_path", "path_importer_cache", "path", "__dict__"):
        add("interpreter", "sys." + name, sys.__dict__.get(name, sys.__dict__))
    add("interpreter", "gc.garbage", gc.garbage)
    add("interpreter", "gc.callbacks", gc.callbacks)
    import _signal                                    # built in, and always loaded
    for number in range(1, _signal.NSIG if hasattr(_signal, "NSIG") else 65):
        handler = get(_signal.getsignal, number)
        if handler is not None and handler is not MISSING and type(handler) is not int:
            add("interpreter", "signal.getsignal(%d)" % number, handler)
    note_new(s, map(id, objects), objects)
    return rows


def static_roots(s):
    """Rows of `roots` for the types that are never freed. A function of its own, as `end_of`."""
    return [{"kind": "other", "name": "static type " + name, "address": address - s.base} for address, name in s.static]


# ----------------------------------------------------------------------------------------------------------------------
# Facts about the process.

KINDS_OF_MEMORY = {"[heap]": "heap", "[stack]": "stack"}


def read_file(path):
    """Text of a file of the system, empty when there is none."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            return b"".join(iter(lambda: os.read(fd, 65536), b"")).decode("utf-8", "replace")
        finally:
            os.close(fd)
    except OSError:
        return ""


def status_bytes(text, name):
    """A field such as `VmRSS:  123 kB` in bytes, None when it is not there."""
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return None


def resident_parts():
    """Resident bytes by what the memory is, None without the kernel's list: {"heap": …, "anonymous": …, …}."""
    parts, part = {}, "mapped"
    for words in map(str.split, read_file("/proc/self/smaps").splitlines()):
        if words[0] == "Rss:":
            parts[part] = parts.get(part, 0) + int(words[1]) * 1024
        elif not words[0].endswith(":"):
            name = words[5] if len(words) > 5 else "[anon]"
            part = "anonymous" if name.startswith("[anon") else KINDS_OF_MEMORY.get(name, "mapped")
    return parts or None


def memory_facts():
    """(RSS, peak RSS, limit of the cgroup) in bytes, each None when unknown."""
    status, limit = read_file("/proc/self/status"), None
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = read_file(path).strip()
        if text.isdigit() and int(text) < 1 << 60:
            limit = int(text)
            break
    return status_bytes(status, "VmRSS"), status_bytes(status, "VmHWM"), limit


def header_of(s, facts):
    """The members of the document that come before the chunks."""
    rss, peak, limit = facts
    times, uname, started = os.times(), os.uname() if hasattr(os, "uname") else None, None
    try:
        fields = read_file("/proc/self/stat").rpartition(")")[2].split()
        started = float(read_file("/proc/uptime").split()[0]) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (ValueError, IndexError, AttributeError, OSError):
        pass
    argv = getattr(sys, "orig_argv", None) or getattr(sys, "argv", None)
    argv = argv if s.text != "none" and type(argv) is list else None
    argv = argv and [exact_text(a, 4096) for a in argv if exact_text(a) is not None]
    path = [exact_text(p, 4096) for p in sys.path if exact_text(p) is not None] if type(sys.path) is list else []
    library = exact_text(os.__dict__.get("__file__"), 4096)
    return {
        "dumper": {"name": "snapshot_dumper.py", "version": VERSION},
        "process": {"pid": os.getpid(), "argv": argv, "rss_bytes": rss, "peak_rss_bytes": peak,
                    "rss_parts": resident_parts(), "memory_limit_bytes": limit, "user_seconds": times[0],
                    "system_seconds": times[1], "real_seconds": started},
        "interpreter": {"implementation": sys.implementation.name, "version": "%d.%d.%d" % sys.version_info[:3],
                        "hexversion": sys.hexversion, "pointer_bytes": 8 if sys.maxsize > 1 << 32 else 4,
                        "free_threaded": not getattr(sys, "_is_gil_enabled", lambda: True)(),
                        "debug": hasattr(sys, "gettotalrefcount"), "prefix": sys.prefix,
                        "stdlib": library.rpartition("/")[0] if library else None,
                        "site_packages": [p for p in path if p.endswith(("site-packages", "dist-packages"))]},
        "platform": {"system": uname[0], "release": uname[2], "machine": uname[4]} if uname else {},
        "gc": {"enabled": s.gc_enabled, "counts": list(gc.get_count()), "thresholds": list(gc.get_threshold()),
               "frozen": gc.get_freeze_count(), "collected_first": s.collect},
        "options": {"text": s.text, "text_limit": TEXT_LIMIT},
        "capture": {"method": METHOD, "reason": REASON, "trigger": s.trigger,
                    "time": "%04d-%02d-%02dT%02d:%02d:%02dZ" % time.gmtime()[:6]},
    }


def growth_of(s):
    """Bytes by which the resident memory has grown at most, None when that is not known."""
    return max(0, s.peak - s.rss) if s.rss else None


# ----------------------------------------------------------------------------------------------------------------------
# Writing the file.


def checked_path(path):
    """The path as text. Raises ValueError for what would have to be compressed: not here, where a program waits."""
    path = str(path)
    if path.endswith((".gz", ".zst")):
        raise ValueError("a dump from within is not compressed: write %s, run gzip or zstd on it: heapgraph reads all"
                         % path.rpartition(".")[0])
    return path


def open_part(s, path):
    """Open a temporary file beside `path`, readable by its owner alone; `s.write` appends text to it.

    A pipe with a reader or a device is written in place: it has no name to take over.
    """
    s.path, s.part, s.bytes = path, "%s.%d-%x.part" % (path, os.getpid(), time.monotonic_ns()), 0
    try:
        kind = os.stat(path).st_mode & 0o170000
    except OSError:
        kind = None
    if kind == 0o040000:
        raise IsADirectoryError(21, "the snapshot's name is a folder", path)
    if kind in (0o010000, 0o020000):
        s.part = None
        s.fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)     # without a reader: an error, not a wait
        os.set_blocking(s.fd, True)
    else:
        s.fd = os.open(s.part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)


def write_bytes(fd, data):
    """Write all of `data`."""
    data = memoryview(data)
    while data:
        data = data[os.write(fd, data):]


def write_text(s, text):
    """Append to the file."""
    data = text.encode("ascii")
    s.bytes += len(data)
    write_bytes(s.fd, data)
    s.peak = max(s.peak, int((read_file("/proc/self/statm").split() or [0, 0])[1]) * s.page_bytes)


def give_up(s):
    """Remove the temporary file."""
    try:
        if s.fd is not None:
            os.close(s.fd)
            s.fd = None
        if s.part is not None:
            os.unlink(s.part)
    except OSError:
        pass


def finish(s, end):
    """Give the file its name. Returns the summary."""
    os.close(s.fd)
    s.fd = None
    if s.part is not None:
        os.replace(s.part, s.path)
    return {"path": s.path, "method": METHOD, "reason": REASON, "bytes": s.bytes, "objects": end["objects"],
            "references": end["references"], "errors": sum(row["count"] for row in end["errors"]),
            "real_seconds": end["real_seconds"], "cpu_seconds": end["cpu_seconds"],
            "pause_seconds": end["pause_seconds"], "growth_bytes": end["growth_bytes"]}


# ----------------------------------------------------------------------------------------------------------------------
# The mark: what is there at one moment is kept apart by the collector, so that the next dump knows what came after.

# Some hundreds of objects 3.12 has frozen itself before a program begins; who freezes later freezes thousands.
FROZEN_AT_THE_START = 1000
# Bits of the map of addresses, which the column `mark` tells as 1, 2 and 4: there when the mark was set, tracked only
# since then, tracked when the next was set.
MARKED, UNMARKED, TRACKED = 4, 8, 16
_mark = []                                            # [name, a list made before it was set, one made after]


def check_mark():
    """Raises RuntimeError where a mark would undo what the program itself has frozen."""
    frozen = gc.get_freeze_count()
    if frozen > FROZEN_AT_THE_START and not _mark:
        raise RuntimeError("no mark can be set: the program has called gc.freeze(), and %d objects are frozen; call "
                           "gc.unfreeze() before, or take a dump without a mark" % frozen)


def is_in_force(tracked):
    """Whether what was frozen by the mark still is, and nothing else; `tracked`: what the collector lists."""
    return (bool(_mark) and any(map(is_, tracked, repeat(_mark[2])))
            and not any(map(is_, tracked, repeat(_mark[1]))))


def note_marks(s, objects, bit, unless):
    """Set the bit of each object that has none of the bits `unless`."""
    for i in map(id, objects):
        page = s.pages.get(i >> 20)
        if page is None:
            page = s.pages[i >> 20] = bytearray(65536)
        if not page[i >> 4 & 65535] & unless:
            page[i >> 4 & 65535] |= bit


def tracked_objects(s):
    """All objects that the collector tracks. Ends the mark, when there is one; sets the next, when that is wanted."""
    known = s.header["gc"]
    if _mark:
        objects, collections = gc.get_objects(), sum(row["collections"] for row in gc.get_stats())
        s.marked = is_in_force(objects)
        if s.marked:
            note_marks(s, objects, UNMARKED, 0)
            gc.unfreeze()
            objects = gc.get_objects()
            note_marks(s, gc.get_objects(generation=0), UNMARKED, 0)      # what other threads have made meanwhile
            note_marks(s, objects, MARKED, UNMARKED)
        s.marked = s.marked and collections == sum(row["collections"] for row in gc.get_stats())
        if s.marked:
            known["marked_since"] = _mark[0]
        else:
            count_error(s, "no mark any more: gc.freeze, gc.unfreeze or gc.collect was called", None)
        del objects
        _mark.clear()
    objects = gc.get_objects()
    if s.next_mark:                                   # `objects` keeps alive what is frozen: no address is used again
        gc.freeze()
        _mark.extend(s.next_mark + [[]])
        known["mark_set"] = _mark[0]
        note_marks(s, objects, TRACKED, 0)
        s.marked = True
    return objects


def unmark():
    """End the mark that `mark` has set, without a dump. Returns whether there was one.

    The collector then looks after all objects again. What the program has frozen itself meanwhile stays frozen."""
    was_set = bool(_mark)
    if is_in_force(gc.get_objects()):
        gc.unfreeze()
    _mark.clear()
    return was_set


# ----------------------------------------------------------------------------------------------------------------------
# A dump from its beginning to its end.


def new_state(rss):
    """The state of a dump, `s` everywhere: what is known and found, and what is written."""
    return Namespace(
        # the job
        text=None, collect=False, trigger=None, started=0.0, cpu_started=0.0, rss=rss, peak=0,
        gc_enabled=gc.isenabled(), current_thread=_thread.get_ident(), stacks=[], held=[],
        page_bytes=os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096,
        # the file
        path=None, part=None, fd=None, bytes=0, write=None, header=None, base=0,
        columns={name: [] for name in COLUMNS}, chunk_bytes=0, separator="", types={}, type_rows=[], shapes={},
        shape_rows=[], objects=0, references=0, texts=0, errors={}, unnamed={}, emitted=[],
        # the walk
        pages={}, pending=[], large=[], plans={}, static=[], interned=None, counted_extra=0, subclasses={},
        memory=None, words={}, mentioned={}, marked=False, next_mark=None,
        # where objects were made
        traced=None, traceback_of=None, traceback_of_instance=None, tracebacks={}, traceback_rows=[], files={},
        code_rows=[],
        # the dumper itself
        own=set(), own_references={}, early={})


def end_of(s, roots):
    """The member `end` of the document. A function of its own: `write_snapshot` is to have no cells."""
    return {
        "objects": s.objects, "references": s.references, "texts": s.texts, "types": len(s.type_rows),
        "shapes": len(s.shape_rows), "roots": roots,
        "errors": [{"what": what, "type": kind, "count": n} for (what, kind), n in s.errors.items()],
        "unnamed": [{"type": ".".join((s.type_rows[index]["module"], s.type_rows[index]["name"])), "count": n}
                    for index, n in s.unnamed.items()],
        "real_seconds": time.perf_counter() - s.started, "cpu_seconds": time.process_time() - s.cpu_started,
        "pause_seconds": time.perf_counter() - s.started,             # this thread did nothing else
        "growth_bytes": growth_of(s)}


def write_snapshot(s):
    """Take the census and write the whole document to the open file. Returns the row `end`."""
    s.held[:] = [o for o in s.held if not gc.is_tracked(o)]        # the others are found without us
    sentinels = [Namespace() for _ in range(3)]
    s.counted_extra = 0
    s.counted_extra = refcounts_of(s, sentinels)[0]
    del sentinels
    find_own(s, sys._getframe())
    objects = tracked_objects(s)
    s.interned = interned_table(objects)
    refcounts = refcounts_of(s, objects)
    sample = sorted(map(id, objects[::max(1, len(objects) // 1000)]))
    s.base = sample[len(sample) // 4] & ~0xFFFFF      # near most of them: static types may be far away
    for i in s.own:
        s.pages.setdefault(i >> 20, bytearray(65536))[i >> 4 & 65535] = 1
    note_new(s, map(id, objects), objects)
    s.pending = []
    note_new(s, map(id, s.held), s.held)              # their reference counts are taken when only `pending` has them
    s.held.clear()
    del sample
    find_subclasses(s, objects)
    s.write('{"format":"heapgraph-snapshot","version":1')
    for name, value in s.header.items():
        s.write(',\n"%s":%s' % (name, to_json(value)))
    s.write(',\n"address_base":%d,\n"own":[%s],\n"chunks":[\n' % (s.base, own_addresses(s)))
    s.separator = ""
    walk(s, objects, refcounts)
    del objects, refcounts
    roots = roots_of(s)
    threads = threads_of(s)
    walk_pending(s)
    roots += static_roots(s)
    flush_chunk(s)
    s.write('\n],\n"types":[\n' + ",\n".join(map(to_json, s.type_rows)))
    s.write('\n],\n"shapes":[\n' + ",\n".join(s.shape_rows) + '\n],\n"roots":[\n' + ",\n".join(map(to_json, roots)))
    s.write('\n],\n"threads":[\n' + ",\n".join(map(to_json, threads)) + '\n],\n')
    s.write(tables_of_lines(s))
    end = end_of(s, len(roots))
    s.write('"end":' + to_json(end) + "}\n")
    return end


def dump_quietly(s):
    """Dump while the collector and the tracer are silent."""
    tracer = sys.gettrace()
    if tracer is not None:
        sys.settrace(None)
    gc.disable()
    try:
        s.memory = open_memory()
        s.stacks = capture_stacks(s)
        return finish(s, write_snapshot(s))
    finally:
        if s.memory is not None:
            os.close(s.memory)
        if s.gc_enabled:
            gc.enable()
        if tracer is not None:
            sys.settrace(tracer)


def dump(path="snap.json", *, text="keys", collect=False, method=None, trigger="call", mark=False):
    """Write a snapshot of this process to the file `path`, and return a summary of it as a dictionary.

    `text` says which strings are written: "none", "names" (of functions, modules, …), "keys" (also dictionary keys) or
    "all". If `collect` is true, the garbage collector runs first. `trigger` is recorded as what asked for the dump.
    If there is a mark, the dump tells what came after it, and ends it; `mark` sets one, as the function `mark` does.
    The summary has the counts "objects", "references", "errors"; "bytes" of the file; "real_seconds", "cpu_seconds",
    "pause_seconds"; "growth_bytes" of resident memory (None if unknown); and "path", "method", "reason".

    Raises ValueError for another `text` or `method`, and for a path that ends in ".gz" or ".zst"; OSError if the file
    can't be written; RuntimeError as `mark` does. Nothing is left behind then.
    """
    if text not in TEXT_LEVELS:
        raise ValueError("text must be one of %s" % ", ".join(TEXT_LEVELS))
    if method not in (None, METHOD):
        raise ValueError("method must be %r or None: processes are no longer forked; "
                         "`heapgraph dump --pid` reads a process from outside" % METHOD)
    path, started, cpu = checked_path(path), time.perf_counter(), time.process_time()
    if mark:
        check_mark()
    if collect:
        gc.collect()
    facts = memory_facts()
    s = new_state(facts[0])
    s.text, s.collect, s.trigger, s.started, s.cpu_started = text, collect, trigger, started, cpu
    s.write = lambda text: write_text(s, text)
    s.next_mark = ["%d-%d" % (os.getpid(), time.monotonic_ns()), []] if mark else None
    open_part(s, path)
    try:
        s.header = header_of(s, facts)
        del facts
        note_tracing(s)
        return dump_quietly(s)
    except BaseException:
        give_up(s)
        if mark:
            unmark()
        raise
    finally:
        s.__dict__.clear()                            # breaks the cycles: s → functions made for it → s


def mark(path="snap.json", **options):
    """Write a snapshot, and mark all that is there: what the next dump finds besides is new for certain. As `dump`.

        snapshot_dumper.mark("a.json")
        ...
        snapshot_dumper.dump("b.json")                # ends the mark; `heapgraph common b.json --since a.json`

    An address alone does not tell an old object from one that has taken its place. The mark moves the objects that the
    collector tracks to its permanent generation (`gc.freeze`). Until the next dump or `unmark()` the collector does not
    look at them, so a reference cycle among them that becomes garbage stays, and collections are faster. Texts and
    numbers, which it does not track, are told by address alone.

    Raises RuntimeError when the program has frozen objects itself, which the end of the mark would undo.
    """
    return dump(path, mark=True, **options)


# ----------------------------------------------------------------------------------------------------------------------
# For convenience: dumps that a signal, a clock or the memory asks for; growth in a block of code.


def note(text):
    """A line on standard error, if there is one."""
    try:
        os.write(2, ("snapshot_dumper: %s\n" % text).encode("utf-8", "replace"))
    except OSError:
        pass


def add_line(report, facts):
    """Add a line of JSON to a file."""
    fd = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(fd, (to_json(facts) + "\n").encode())
    os.close(fd)


def save(trigger, path, keep=None, report=None, **options):
    """Dump for a trigger: never raises, tells on standard error; with `keep`, numbered files of which the last stay.

    That of the program's end comes besides: it shows what is left, not what has grown."""
    stem, dot, extension = path.partition(".json")
    if not _saving.acquire(trigger != "signal"):      # a handler may interrupt the very dump it would wait for
        note("no snapshot: one is being written")
        return
    if keep:
        _numbers[path] = number = _numbers.get(path, 0) + 1
        old, path = stem + ".%d" % (number - keep) + dot + extension, stem + ".%d" % number + dot + extension
    text = None
    try:
        facts = summary = dump(path, trigger=trigger, **options)
        text = "%s: %d objects, %.1f MiB, %.1f s (%s)" % (
            path, summary["objects"], summary["bytes"] / (1 << 20), summary["real_seconds"], trigger)
        if keep and trigger not in ("exit", "error") and os.path.exists(old):      # that of the end comes besides
            os.unlink(old)
    except Exception as error:
        facts, text = {"path": path, "error": str(error)}, "no snapshot: %s" % error
    finally:
        _saving.release()
    try:
        if report:
            add_line(report, dict(facts, trigger=trigger, peak_rss_bytes=memory_facts()[1]))
            text = None
    except OSError:                                   # say it here then
        pass
    if text:
        note(text)


def watch(state, every, at_rss, options):
    """Dump at intervals and at sizes of the resident memory, until disarmed. Runs in a thread of its own."""
    _own_threads.add(_thread.get_ident())
    next_time, threshold = time.monotonic() + (every or 0), at_rss
    while state["armed"]:
        time.sleep(min(every or 1, 0.2))
        if not state["armed"]:                        # disarmed meanwhile: the program is ending
            return
        if every and time.monotonic() >= next_time:
            next_time += every
            save("timer", **options)
        elif threshold and (memory_facts()[0] or 0) >= threshold:
            threshold = memory_facts()[0] * 5 // 4
            save("rss", **options)


def install(signal="SIGUSR1", path="snap.json", *, every=None, at_rss=None, keep=None, report=None, **options):
    """Dump to `path` whenever `signal` comes, a name or a number (None for none), and return a function that disarms.

    Also every `every` seconds, and when the resident memory reaches `at_rss` bytes, then at each further quarter. With
    `keep`, files are numbered (`snap.1.json`) and the last `keep` of them stay. `report` names a file to which a line
    of JSON is added for each dump. `options` are those of `dump`. A dump that fails is told on standard error.

    Raises ValueError for a path that ends in ".gz" or ".zst" or, with a signal, outside of the main thread;
    AttributeError for an unknown name of a signal.
    """
    import _signal
    path = checked_path(path)
    state, previous = {"armed": True}, None
    options = dict(options, path=path, keep=keep, report=report)
    number = getattr(_signal, signal) if type(signal) is str else signal

    def on_signal(number, frame):
        save("signal", **options)

    def disarm():
        state["armed"] = False
        if number is not None and _signal.getsignal(number) is on_signal:
            _signal.signal(number, previous or _signal.SIG_DFL)

    if number is not None:
        previous = _signal.signal(number, on_signal)
    if every or at_rss:
        _thread.start_new_thread(watch, (state, every, at_rss, options))
    _armed.append((on_signal, state, disarm))
    return disarm


def type_counts():
    """{full type name: tracked objects} after a collection."""
    gc.collect()
    counts, types = {}, {}
    for t in map(type, gc.get_objects()):
        counts[id(t)] = counts.get(id(t), 0) + 1
        types[id(t)] = t
    named = {}
    for i, n in counts.items():
        name = ".".join(full_name(types[i]))
        named[name] = named.get(name, 0) + n
    return named


class track:
    """Context manager that tells by how much a block of code makes the heap grow.

    At its end, seconds and the `limit` types that have changed most are printed on standard error. Then `seconds` is
    the real time, and `growth` a dictionary {full name of a type: objects more, negative for fewer}, largest first, of
    objects that the garbage collector tracks. The collector runs before and after; errors of the block pass through.
    """

    def __init__(self, name="block", limit=10):
        self.name, self.limit, self.seconds, self.growth = name, limit, None, None

    def __enter__(self):
        self._before = type_counts()
        self._start = time.perf_counter()
        return self

    def __exit__(self, *error):
        self.seconds = time.perf_counter() - self._start
        after = type_counts()
        changed = {name: after.get(name, 0) - self._before.get(name, 0) for name in {**self._before, **after}}
        changed = sorted(changed.items(), key=lambda row: (-row[1], row[0]))
        self.growth = dict(row for row in changed if row[1])
        note("%s: %.3f s, %+d objects" % (self.name, self.seconds, sum(self.growth.values())))
        for name, n in islice(self.growth.items(), self.limit):
            note("    %+8d  %s" % (n, name))
        if len(self.growth) > self.limit:
            note("    %d more types changed" % (len(self.growth) - self.limit))


# ----------------------------------------------------------------------------------------------------------------------
# For convenience: the command line, which runs a program under the dumper.

USAGE = """usage: python snapshot_dumper.py [options] (script.py | -m module | -c code) [arguments…]

Runs the program as python would, and writes a snapshot of its heap when it ends or fails.

  -o, --output FILE   the snapshot (default snap.json)
  --text LEVEL        none, names, keys (default) or all: which texts are written
  --collect           run the garbage collector first
  --signal NAME       also when this signal comes, such as SIGUSR1
  --every SECONDS     also at intervals
  --at-rss SIZE       also when the resident memory reaches SIZE (such as 500M)
  --keep COUNT        number the files (snap.1.json, …), keep the last COUNT and that of the end
  --no-exit           not at the end, only for the triggers
  --report FILE       append a line of JSON for each snapshot
  --hand-over FD      at the end, say so in the report and wait until the pipe FD is closed: who has started the program
                      reads it from outside; a byte in the pipe asks for a snapshot from within
"""


def size_of(text):
    """Bytes of `500M`, `2G`, `1048576`."""
    scale = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper())
    return int(float(text[:-1]) * (1 << scale)) if scale else int(text)


# Option → what it sets: a function makes the value of the next word, anything else is the value.
OPTIONS = {"-o": ("path", str), "--output": ("path", str), "--text": ("text", str), "--collect": ("collect", True),
           "--signal": ("signal", str), "--every": ("every", float), "--at-rss": ("at_rss", size_of),
           "--keep": ("keep", int), "--no-exit": ("at_end", False), "--report": ("report", str),
           "--hand-over": ("hand_over", int)}


def run_module(name, namespace, search):
    """Run a program as `python -m name` would; `search`: beginning with the current folder."""
    if search:
        sys.path[0] = os.getcwd()
    import runpy
    runpy._run_module_as_main(name)


def run_text(text, namespace, search):
    """Run a program as `python -c text` would."""
    if search:
        sys.path[0] = ""
    exec(compile(text, "<string>", "exec"), namespace)


def run_file(name, namespace, search):
    """Run a script, a folder or an archive as python would; `search`: beginning with its folder."""
    if os.path.isdir(name) or name.endswith((".zip", ".pyz")):
        sys.path[0] = os.path.abspath(name) if PYTHON >= (3, 9) else name
        import runpy
        runpy._run_module_as_main("__main__", False)
        return
    if search:
        sys.path[0] = os.path.dirname(os.path.realpath(name))
    with sys.modules["_io"].open_code(os.path.abspath(name)) as file:
        source = file.read()
    namespace["__file__"] = os.path.join(os.getcwd(), name) if PYTHON >= (3, 9) else name
    if PYTHON < (3, 15):
        namespace["__cached__"] = None
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
    namespace["__loader__"] = loader("__main__", namespace["__file__"])
    exec(compile(source, namespace["__file__"], "exec"), namespace)


def end_with(failure):
    """End as python does when a program has failed."""
    if type(failure) is SystemExit:
        raise failure
    trace = failure.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    sys.excepthook(type(failure), failure.with_traceback(trace), trace)
    if type(failure) is KeyboardInterrupt:            # die of the signal, as python does
        import _signal
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        os.kill(os.getpid(), _signal.SIGINT)
    sys.exit(1)


def hand_over(tool, end, report):
    """Wait until the tool that started the program has read it from outside; False when it can't, and asks for a dump.

    Where allocations are traced, a dump from within takes many times as long: what it allocates is traced, too."""
    try:
        add_line(report, {"trigger": end, "hand_over": True})
        return os.read(tool, 1) == b""
    except OSError:
        return False


def run(program, arguments, options):
    """Run a program as `python` would, in a `__main__` of its own; dump when it ends, with `options` not None."""
    execute = {"-m": run_module, "-c": run_text, "": run_file}[program[0]]
    module = ModuleType("__main__")
    namespace = module.__dict__
    namespace["__builtins__"] = sys.modules["builtins"]
    if PYTHON < (3, 14):
        namespace["__annotations__"] = {}
    sys.modules["__main__"] = module
    sys.argv[:] = [program[0] or program[1]] + arguments
    search = not getattr(sys.flags, "safe_path", False) and not sys.flags.isolated
    failure = None
    try:
        execute(program[1], namespace, search)
    except BaseException as error:
        failure = error
    for _, _, disarm in _armed:
        disarm()
    if options is not None:
        end = "exit" if failure is None or type(failure) is SystemExit else "error"
        tool = options.pop("hand_over", None)
        if tool is None or not hand_over(tool, end, options.get("report")):
            save(end, **options)
    if failure is not None:
        end_with(failure)


def check(options):
    """Raises ValueError for options that can't be followed."""
    checked_path(options["path"])
    if options.get("text", "keys") not in TEXT_LEVELS:
        raise ValueError("--text must be one of %s" % ", ".join(TEXT_LEVELS))
    if options["signal"] is not None:
        import _signal
        if not hasattr(_signal, options["signal"]):
            raise ValueError("unknown signal %s" % options["signal"])


def main(arguments=None):
    """Run a program under the dumper, as the command line `arguments` (default: those of the process) says.

    Returns the exit code 2 for a wrong use, which is told on standard error, and 0 for --help; None when the program
    has ended. Raises the program's SystemExit, or SystemExit with code 1 when the program has failed.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    options, program = {"path": "snap.json", "at_end": True, "signal": None}, None
    try:
        while arguments and program is None:
            word, equals, value = arguments.pop(0).partition("=")
            if word in OPTIONS:
                name, kind = OPTIONS[word]
                options[name] = kind(value if equals else arguments.pop(0)) if callable(kind) else kind
            elif word in ("-h", "--help"):
                os.write(1, USAGE.encode())
                return 0
            elif word in ("-m", "-c"):
                program = (word, arguments.pop(0))
            elif word.startswith("-"):
                raise ValueError("unknown option %s" % word)
            else:
                program = ("", word + equals + value)
        if program is None:
            raise ValueError("no program given")
        check(options)
    except (ValueError, IndexError) as error:
        note("%s\n\n%s" % ("a value is missing" if type(error) is IndexError else error, USAGE.rstrip()))
        return 2
    if not program[0] and not os.path.exists(program[1]):
        note("can't open file %s" % program[1])
        return 2
    at_end, triggers = options.pop("at_end"), {name: options.pop(name, None) for name in ("signal", "every", "at_rss")}
    if any(value is not None for value in triggers.values()):
        install(**triggers, **options)
    return run(program, arguments, options if at_end else None)


if __name__ == "__main__":
    sys.exit(main())
