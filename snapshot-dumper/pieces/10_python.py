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
