// generate.c: says where one version of CPython keeps what a reader from outside needs. `generate.py` compiles it
// with that version's own headers and makes a column of `table.rs` out of what it prints.
//
// The list below is the one place where a struct or a field of the table is declared. A field that is elsewhere, or
// nowhere, in some versions is told by FROM_n and UPTO_n, both inclusive; a field without a value is absent.
// Text in STRUCT and NOTE becomes documentation of the Rust items.
#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE
#endif
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "Python.h"
#include "datetime.h"
#include "frameobject.h"
#include "structmember.h"
#include "internal/pycore_pystate.h"
#include "internal/pycore_context.h"
#include "internal/pycore_gil.h"
#include "internal/pycore_hamt.h"
#if PY_VERSION_HEX < 0x030b0000
#include "longintrepr.h"
#endif
#if PY_VERSION_HEX >= 0x03090000
#include "internal/pycore_gc.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_runtime.h"
#endif
#if PY_VERSION_HEX >= 0x03090000
#include "internal/pycore_pymem.h"
#endif
#if PY_VERSION_HEX >= 0x030a0000
#include "internal/pycore_moduleobject.h"
#endif
#if PY_VERSION_HEX >= 0x030b0000
#include "internal/pycore_code.h"
#include "internal/pycore_dict.h"
#include "internal/pycore_frame.h"
#endif
#if PY_VERSION_HEX >= 0x030c0000
#include "internal/pycore_tracemalloc.h"
#endif
#if PY_VERSION_HEX >= 0x030d0000
#include "internal/pycore_tstate.h"
#endif
#if PY_VERSION_HEX >= 0x030e0000
#include "internal/pycore_genobject.h"
#include "internal/pycore_interpframe.h"
#include "internal/pycore_stackref.h"
#include "internal/pycore_unionobject.h"
#endif

#define MINOR PY_MINOR_VERSION
#if MINOR >= 9
#define FROM_9(...) __VA_ARGS__
#define UPTO_8(...)
#else
#define FROM_9(...)
#define UPTO_8(...) __VA_ARGS__
#endif
#if MINOR >= 10
#define FROM_10(...) __VA_ARGS__
#define UPTO_9(...)
#else
#define FROM_10(...)
#define UPTO_9(...) __VA_ARGS__
#endif
#if MINOR >= 11
#define FROM_11(...) __VA_ARGS__
#define UPTO_10(...)
#else
#define FROM_11(...)
#define UPTO_10(...) __VA_ARGS__
#endif
#if MINOR >= 12
#define FROM_12(...) __VA_ARGS__
#define UPTO_11(...)
#else
#define FROM_12(...)
#define UPTO_11(...) __VA_ARGS__
#endif
#if MINOR >= 13
#define FROM_13(...) __VA_ARGS__
#define UPTO_12(...)
#else
#define FROM_13(...)
#define UPTO_12(...) __VA_ARGS__
#endif
#if MINOR >= 14
#define FROM_14(...) __VA_ARGS__
#define UPTO_13(...)
#else
#define FROM_14(...)
#define UPTO_13(...) __VA_ARGS__
#endif
#if MINOR >= 15
#define FROM_15(...) __VA_ARGS__
#define UPTO_14(...)
#else
#define FROM_15(...)
#define UPTO_14(...) __VA_ARGS__
#endif
#if defined(Py_GIL_DISABLED)
#define FREE_THREADED(...) __VA_ARGS__
#define WITH_GIL(...)
#else
#define FREE_THREADED(...)
#define WITH_GIL(...) __VA_ARGS__
#endif

struct value { unsigned long number; const char *name; };
static void show(const char *field, const struct value *found) {
  if (!found->name) printf("field %s -\n", field);
  else printf("field %s %lu %s\n", field, found->number, found->name);
}
#define STRUCT(name, text) printf("struct %s %s\n", #name, text)
#define NOTE(text) printf("note %s\n", text)
#define F(field, ...) show(#field, (const struct value[]){__VA_ARGS__ {0, NULL}})
#define AT(type, member) {offsetof(type, member), "Offset of `" #type "." #member "`"},
#define WIDTH(type, member) {sizeof(((type *)0)->member), "Size of `" #type "." #member "`"},
#define STEP(type, member) {sizeof(((type *)0)->member[0]), "Size of one of `" #type "." #member "`"},
#define COUNT(type, member) {sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]), "Number of `" #type "." #member "`"},
#define SIZE(type) {sizeof(type), "Size of `" #type "`"},
#define IS(expression, name) {(unsigned long)(expression), name},

// ---------------------------------------------------------------------------------------------------------------
// Structs that no header publishes. Written by hand, each after the .c file that is named above it, and each read in
// a live object of every version.
// ---------------------------------------------------------------------------------------------------------------

#if MINOR <= 10
// Objects/dict-common.h: PyDictKeyEntry
typedef struct { Py_hash_t me_hash; PyObject *me_key, *me_value; } PyDictKeyEntry;
// Objects/dict-common.h: struct _dictkeysobject
struct dict_common_keys { Py_ssize_t dk_refcnt, dk_size; void *dk_lookup; Py_ssize_t dk_usable, dk_nentries; char dk_indices[]; };
#define _dictkeysobject dict_common_keys
#endif
#if MINOR <= 11
// Objects/hamt.c: PyHamtNode_Bitmap
typedef struct { PyObject_VAR_HEAD uint32_t b_bitmap; PyObject *b_array[1]; } PyHamtNode_Bitmap;
#endif
// Objects/hamt.c (Python/hamt.c from 3.9 on): PyHamtNode_Array, PyHamtNode_Collision
typedef struct { PyObject_HEAD PyHamtNode *a_array[32]; Py_ssize_t a_count; } PyHamtNode_Array;
typedef struct { PyObject_VAR_HEAD int32_t c_hash; PyObject *c_array[1]; } PyHamtNode_Collision;
#if MINOR <= 9
// Objects/moduleobject.c: PyModuleObject
typedef struct { PyObject_HEAD PyObject *md_dict; struct PyModuleDef *md_def; void *md_state; PyObject *md_weaklist, *md_name; } PyModuleObject;
#endif
#if MINOR <= 11
// Objects/descrobject.c: propertyobject
typedef struct { PyObject_HEAD PyObject *prop_get, *prop_set, *prop_del, *prop_doc; FROM_10(PyObject *prop_name;) int getter_doc; } propertyobject;
#else
#include "internal/pycore_descrobject.h"
#endif
// Objects/descrobject.c: mappingproxyobject, wrapperobject
typedef struct { PyObject_HEAD PyObject *mapping; } mappingproxyobject;
typedef struct { PyObject_HEAD PyWrapperDescrObject *descr; PyObject *self; } wrapperobject;
// Objects/funcobject.c: classmethod, staticmethod
typedef struct { PyObject_HEAD PyObject *cm_callable, *cm_dict; } classmethod;
typedef struct { PyObject_HEAD PyObject *sm_callable, *sm_dict; } staticmethod;
// Objects/typeobject.c: superobject
typedef struct { PyObject_HEAD PyTypeObject *type; PyObject *obj; PyTypeObject *obj_type; } superobject;
// Objects/namespaceobject.c: _PyNamespaceObject
typedef struct { PyObject_HEAD PyObject *ns_dict; } namespaceobject;
// Objects/genericaliasobject.c: gaobject
typedef struct { PyObject_HEAD PyObject *origin, *args, *parameters, *weakreflist; FROM_11(char starred;) FROM_11(void *vectorcall;) } gaobject;
// Objects/unionobject.c: unionobject
typedef struct { PyObject_HEAD PyObject *args; FROM_14(PyObject *hashable_args, *unhashable_args;) PyObject *parameters; FROM_14(PyObject *weakreflist;) } unionobject;
// Objects/capsule.c: PyCapsule
typedef struct { PyObject_HEAD void *pointer; const char *name; void *context, *destructor; FROM_13(void *traverse, *clear;) } PyCapsule;
// Objects/rangeobject.c: rangeobject
typedef struct { PyObject_HEAD PyObject *start, *stop, *step, *length; } rangeobject;
// Objects/enumobject.c: enumobject, reversedobject
typedef struct { PyObject_HEAD Py_ssize_t en_index; PyObject *en_sit, *en_result, *en_longindex; FROM_11(PyObject *one;) } enumobject;
typedef struct { PyObject_HEAD Py_ssize_t index; PyObject *seq; } reversedobject;
// Python/bltinmodule.c: filterobject, mapobject, zipobject
typedef struct { PyObject_HEAD PyObject *func, *it; } filterobject;
typedef struct { PyObject_HEAD PyObject *iters, *func; FROM_14(int strict;) } mapobject;
typedef struct { PyObject_HEAD Py_ssize_t tuplesize; PyObject *ittuple, *result; FROM_10(int strict;) } zipobject;
// Objects/iterobject.c: seqiterobject, calliterobject; Objects/listobject.c: listiterobject, listreviterobject; Objects/tupleobject.c: tupleiterobject
typedef struct { PyObject_HEAD Py_ssize_t it_index; PyObject *it_seq; } seqiterobject;
typedef struct { PyObject_HEAD PyObject *it_callable, *it_sentinel; } calliterobject;
// Objects/dictobject.c: dictiterobject; Objects/setobject.c: setiterobject
typedef struct { PyObject_HEAD PyDictObject *di_dict; Py_ssize_t di_used, di_pos; PyObject *di_result; Py_ssize_t len; } dictiterobject;
typedef struct { PyObject_HEAD PySetObject *si_set; Py_ssize_t si_used, si_pos, len; } setiterobject;
// Modules/hashtable.h (Include/internal/pycore_hashtable.h from 3.9 on): _Py_hashtable_t, _Py_hashtable_entry_t
#if MINOR <= 8
struct traces { size_t num_buckets, entries; void *buckets; size_t key_size, data_size; };
struct traces_entry { void *next; Py_uhash_t key_hash; void *key; };
#else
struct traces { size_t entries, num_buckets; void *buckets; };
struct traces_entry { void *next; Py_uhash_t key_hash; void *key, *value; };
#endif
// Modules/_tracemalloc.c (Include/internal/pycore_tracemalloc.h from 3.12 on): trace_t, traceback_t, frame_t
struct trace { size_t size; void *traceback; };
struct traceback_frame { PyObject *filename; unsigned int lineno; } __attribute__((packed));
#if MINOR <= 8
struct traceback_t { Py_uhash_t hash; int nframe; struct traceback_frame frames[1]; };
#else
struct traceback_t { Py_uhash_t hash; uint16_t nframe, total_nframe; struct traceback_frame frames[1]; };
#endif
// Objects/odictobject.c: struct _odictnode, struct _odictobject
struct odict_node { PyObject *key; Py_hash_t hash; struct odict_node *next, *prev; };
struct odict {
  PyDictObject od_dict; struct odict_node *od_first, *od_last, **od_fast_nodes; Py_ssize_t od_fast_nodes_size;
  void *od_resize_sentinel; size_t od_state; PyObject *od_inst_dict, *od_weakreflist;
};
// Modules/_collectionsmodule.c: block, dequeobject, defdictobject
enum { DEQUE_BLOCK = 64 };
struct deque_block { struct deque_block *leftlink; PyObject *data[DEQUE_BLOCK]; struct deque_block *rightlink; };
typedef struct {
  PyObject_VAR_HEAD struct deque_block *leftblock, *rightblock; Py_ssize_t leftindex, rightindex; size_t state;
  Py_ssize_t maxlen; FROM_11(Py_ssize_t numfreeblocks; struct deque_block *freeblocks[16];) PyObject *weakreflist;
} dequeobject;
typedef struct { PyDictObject dict; PyObject *default_factory; } defdictobject;
// Modules/_functoolsmodule.c: partialobject, lru_list_elem, lru_cache_object
typedef struct { PyObject_HEAD PyObject *fn, *args, *kw, *dict, *weakreflist; FROM_14(PyObject *placeholder; Py_ssize_t phcount;) void *vectorcall; } partialobject;
typedef struct lru_list_elem { PyObject_HEAD struct lru_list_elem *prev, *next; Py_hash_t hash; PyObject *key, *result; } lru_list_elem;
typedef struct {
  lru_list_elem root; void *wrapper; int typed; PyObject *cache; Py_ssize_t hits; PyObject *func; Py_ssize_t maxsize, misses;
  FROM_10(PyObject *kwd_mark; PyTypeObject *lru_list_elem_type;) PyObject *cache_info_type, *dict, *weakreflist;
} lru_cache_object;
// Modules/_asynciomodule.c: FutureObj_HEAD, FutureObj, TaskObj
#define FUTURE_HEAD \
  PyObject_HEAD PyObject *fut_loop, *fut_callback0, *fut_context0, *fut_callbacks, *fut_exception; \
  FROM_10(PyObject *fut_exception_tb;) PyObject *fut_result, *fut_source_tb; FROM_9(PyObject *fut_cancel_msg;) \
  FROM_13(PyObject *fut_cancelled_exc;) FROM_14(PyObject *fut_awaited_by;) int fut_state; FROM_13(unsigned fut_bits;) \
  UPTO_12(int fut_log_tb; int fut_blocking; PyObject *dict; PyObject *fut_weakreflist;) \
  FROM_9(UPTO_10(_PyErr_StackItem fut_cancelled_exc_state;)) FROM_11(UPTO_12(PyObject *fut_cancelled_exc;))
typedef struct { FUTURE_HEAD } FutureObj;
typedef struct {
  FUTURE_HEAD FROM_13(int task_num_cancels_requested;) PyObject *task_fut_waiter, *task_coro, *task_name, *task_context; FROM_14(void *task_node[2]; FREE_THREADED(uintptr_t task_tid;))
  UPTO_12(int task_must_cancel, task_log_destroy_pending;) FROM_11(UPTO_12(int task_num_cancels_requested;))
} TaskObj;
// Modules/_threadmodule.c: localobject, localdummyobject
typedef struct {
  PyObject_HEAD UPTO_12(PyObject *key;) PyObject *args, *kw, *weakreflist;
  UPTO_12(PyObject *dummies; PyObject *wr_callback;) FROM_13(PyObject *localdicts; PyObject *thread_watchdogs;)
} localobject;
typedef struct { PyObject_HEAD UPTO_12(PyObject *localdict;) PyObject *weakreflist; } localdummyobject;
// Modules/_elementtree.c: ElementObjectExtra, ElementObject
typedef struct { PyObject *attrib; Py_ssize_t length, allocated; PyObject **children; PyObject *_children[4]; } ElementObjectExtra;
typedef struct { PyObject_HEAD PyObject *tag, *text, *tail; ElementObjectExtra *extra; PyObject *weakreflist; } ElementObject;
// Modules/arraymodule.c: struct arraydescr, arrayobject
struct arraydescr { char typecode; int itemsize; };
typedef struct { PyObject_VAR_HEAD char *ob_item; Py_ssize_t allocated; const struct arraydescr *ob_descr; PyObject *weakreflist; Py_ssize_t ob_exports; } arrayobject;

// ---------------------------------------------------------------------------------------------------------------
// The table.
// ---------------------------------------------------------------------------------------------------------------

static void runtime(void) {
  STRUCT(runtime, "`_PyRuntime`: the root of everything, one for each process.");
  F(size, SIZE(_PyRuntimeState));
  F(interpreters_head, AT(_PyRuntimeState, interpreters.head)); NOTE("Newest first; follow `interpreter.next`.");
  F(interpreters_main, AT(_PyRuntimeState, interpreters.main));
  F(finalizing, UPTO_8(AT(_PyRuntimeState, finalizing)) FROM_9(AT(_PyRuntimeState, _finalizing)));
  NOTE("The thread that ends the process; 0 while nobody does.");
  F(initialized, AT(_PyRuntimeState, initialized)); NOTE("An `int`: 1 once Python is up.");
  F(main_thread, AT(_PyRuntimeState, main_thread)); NOTE("Its `thread.thread_id`.");
  F(auto_tss_key, UPTO_11(AT(_PyRuntimeState, gilstate.autoTSSkey)) FROM_12(UPTO_14(AT(_PyRuntimeState, autoTSSkey))));
  F(gc, UPTO_8(AT(_PyRuntimeState, gc))); NOTE("Base of `gc`.");
  F(gil, UPTO_11(AT(_PyRuntimeState, ceval.gil))); NOTE("Base of `gil`, which lies inside.");
  F(tstate_current, UPTO_11(AT(_PyRuntimeState, gilstate.tstate_current))); NOTE("The thread that holds the GIL.");
  F(main_interpreter, FROM_11(AT(_PyRuntimeState, _main_interpreter))); NOTE("Lies inside.");
  F(is_tracing, FROM_12(AT(_PyRuntimeState, tracemalloc.config.tracing))); NOTE("An `int`.");
  F(traced_frames, FROM_12(AT(_PyRuntimeState, tracemalloc.config.max_nframe))); NOTE("An `int`.");
  F(traces, FROM_12(AT(_PyRuntimeState, tracemalloc.traces))); NOTE("A `traces`.");
  STRUCT(tracing, "`_Py_tracemalloc_config`, a variable of its own before it was part of `_PyRuntime`.");
  F(is_tracing, UPTO_11(AT(struct _PyTraceMalloc_Config, tracing))); NOTE("An `int`.");
  F(frames, UPTO_11(AT(struct _PyTraceMalloc_Config, max_nframe))); NOTE("An `int`.");
  STRUCT(traces, "By hand: `_Py_hashtable_t` of `Modules/hashtable.h` (to 3.8), `internal/pycore_hashtable.h`: the blocks that `tracemalloc` traces. "
    "Each bucket is the address of its first `traces_entry`, or 0.");
  F(entries, AT(struct traces, entries));
  F(bucket_count, AT(struct traces, num_buckets)); NOTE("A power of two.");
  F(buckets, AT(struct traces, buckets));
  F(key_size, UPTO_8(AT(struct traces, key_size))); NOTE("The `trace` lies that many bytes behind `traces_entry.key`.");
  STRUCT(traces_entry, "By hand: `_Py_hashtable_entry_t`, and what is behind it.");
  F(next, AT(struct traces_entry, next));
  F(hash, AT(struct traces_entry, key_hash)); NOTE("Of an address: rotated to the right by four bits.");
  F(key, AT(struct traces_entry, key)); NOTE("The address of a block; with a `key_size` of more than 8 an `unsigned int` behind it is its domain.");
  F(value, FROM_9(AT(struct traces_entry, value))); NOTE("Address of a `trace`.");
  STRUCT(trace, "By hand: `trace_t` of `Modules/_tracemalloc.c` (`Python/tracemalloc.c` from 3.12 on).");
  F(size, AT(struct trace, size)); NOTE("Bytes of the block.");
  F(traceback, AT(struct trace, traceback));
  STRUCT(trace_frames, "By hand: `traceback_t` of `Modules/_tracemalloc.c`, `struct tracemalloc_traceback` of `internal/pycore_tracemalloc.h` from 3.12 on.");
  F(frame_count, AT(struct traceback_t, nframe)); NOTE("Two bytes; an `int` to 3.8.");
  F(frames, AT(struct traceback_t, frames)); NOTE("Innermost first.");
  F(frame_size, STEP(struct traceback_t, frames));
  F(filename, AT(struct traceback_frame, filename)); NOTE("Of a frame.");
  F(line, AT(struct traceback_frame, lineno)); NOTE("Of a frame, an `unsigned int`.");
}

static void published(void) {
  STRUCT(published, "`_Py_DebugOffsets`: what CPython says of itself, at the start of `_PyRuntime`. Each field is the place of a 64-bit word there. "
    "Where its sizes are those of `runtime.size`, `interpreter.size`, `thread.public_size` and `gc.size`, the numbers here hold for this very build. Bugfix releases "
    "add fields, mostly at ends: then the places that are published, such as `sysdict`, tell whether those here still hold, or which of the candidates does.");
  F(size, FROM_13(WIDTH(_PyRuntimeState, debug_offsets)));
  F(cookie, FROM_13(AT(_PyRuntimeState, debug_offsets.cookie))); NOTE("The eight bytes `xdebugpy`.");
  F(version, FROM_13(AT(_PyRuntimeState, debug_offsets.version))); NOTE("`PY_VERSION_HEX`, such as 0x030d00f0 for 3.13.0.");
  F(free_threaded, FROM_13(AT(_PyRuntimeState, debug_offsets.free_threaded))); NOTE("1 in builds without the GIL.");
  F(runtime_size, FROM_13(AT(_PyRuntimeState, debug_offsets.runtime_state.size)));
  F(interpreter_size, FROM_13(AT(_PyRuntimeState, debug_offsets.interpreter_state.size)));
  F(next, FROM_13(AT(_PyRuntimeState, debug_offsets.interpreter_state.next))); NOTE("To compare with `interpreter.next`; the same holds for those that follow.");
  F(threads_head, FROM_13(AT(_PyRuntimeState, debug_offsets.interpreter_state.threads_head)));
  F(gc, FROM_13(AT(_PyRuntimeState, debug_offsets.interpreter_state.gc)));
  F(modules, FROM_13(AT(_PyRuntimeState, debug_offsets.interpreter_state.imports_modules)));
  F(sysdict, FROM_13(AT(_PyRuntimeState, debug_offsets.interpreter_state.sysdict)));
  F(builtins, FROM_13(AT(_PyRuntimeState, debug_offsets.interpreter_state.builtins)));
  F(gil, FROM_13(AT(_PyRuntimeState, debug_offsets.interpreter_state.ceval_gil)));
  F(thread_size, FROM_13(AT(_PyRuntimeState, debug_offsets.thread_state.size)));
  F(frame_size, FROM_13(AT(_PyRuntimeState, debug_offsets.interpreter_frame.size)));
  F(code_size, FROM_13(AT(_PyRuntimeState, debug_offsets.code_object.size)));
  F(gc_size, FROM_13(AT(_PyRuntimeState, debug_offsets.gc.size)));
}

static void interpreter(void) {
  STRUCT(interpreter, "`PyInterpreterState`: modules, collector and threads of one interpreter.");
  F(size, SIZE(PyInterpreterState));
  F(next, AT(PyInterpreterState, next));
  F(id, AT(PyInterpreterState, id));
  F(threads_head, UPTO_10(AT(PyInterpreterState, tstate_head)) FROM_11(AT(PyInterpreterState, threads.head)));
  NOTE("Newest first; follow `thread.next`.");
  F(finalizing, AT(PyInterpreterState, finalizing)); NOTE("An `int`.");
  F(gc, FROM_9(AT(PyInterpreterState, gc))); NOTE("Base of `gc`, which lies inside.");
  F(gil, FROM_12(AT(PyInterpreterState, ceval.gil))); NOTE("A pointer to `gil`; interpreters may share one.");
  F(modules, UPTO_11(AT(PyInterpreterState, modules)) FROM_12(AT(PyInterpreterState, imports.modules)));
  F(modules_by_index, UPTO_11(AT(PyInterpreterState, modules_by_index)) FROM_12(AT(PyInterpreterState, imports.modules_by_index)));
  F(importlib, UPTO_11(AT(PyInterpreterState, importlib)) FROM_12(AT(PyInterpreterState, imports.importlib)));
  F(import_func, UPTO_11(AT(PyInterpreterState, import_func)) FROM_12(AT(PyInterpreterState, imports.import_func)));
  F(sysdict, AT(PyInterpreterState, sysdict));
  F(builtins, AT(PyInterpreterState, builtins));
  F(sysdict_copy, FROM_12(AT(PyInterpreterState, sysdict_copy)));
  F(builtins_copy, AT(PyInterpreterState, builtins_copy));
  F(codec_search_path, UPTO_12(AT(PyInterpreterState, codec_search_path)) FROM_13(AT(PyInterpreterState, codecs.search_path)));
  F(codec_search_cache, UPTO_12(AT(PyInterpreterState, codec_search_cache)) FROM_13(AT(PyInterpreterState, codecs.search_cache)));
  F(codec_error_registry, UPTO_12(AT(PyInterpreterState, codec_error_registry)) FROM_13(AT(PyInterpreterState, codecs.error_registry)));
  F(dict, AT(PyInterpreterState, dict)); NOTE("What extensions keep for each interpreter.");
  F(eval_frame, AT(PyInterpreterState, eval_frame)); NOTE("A C function.");
  F(before_forkers, AT(PyInterpreterState, before_forkers));
  F(after_forkers_parent, AT(PyInterpreterState, after_forkers_parent));
  F(after_forkers_child, AT(PyInterpreterState, after_forkers_child));
  F(audit_hooks, AT(PyInterpreterState, audit_hooks));
  F(warnings_filters, AT(PyInterpreterState, warnings.filters));
  F(warnings_once_registry, AT(PyInterpreterState, warnings.once_registry));
  F(warnings_default_action, AT(PyInterpreterState, warnings.default_action));
  F(pyexitmodule, UPTO_9(AT(PyInterpreterState, pyexitmodule))); NOTE("The module `atexit`, whose state has the callbacks.");
  F(atexit_callbacks, FROM_10(AT(PyInterpreterState, atexit.callbacks)));
  NOTE("To 3.13 an array of pointers to `atexit_callback`, some of them 0; from 3.14 on a list of `(func, args, kwargs)`.");
  F(atexit_ncallbacks, FROM_10(UPTO_13(AT(PyInterpreterState, atexit.ncallbacks)))); NOTE("An `int`.");
  F(interned_strings, FROM_12(AT(PyInterpreterState, cached_objects.interned_strings)));
  NOTE("A dictionary that does not own its keys and values; before 3.12 a static variable of `unicodeobject.c`.");
  F(errnomap, FROM_10(AT(PyInterpreterState, exc_state.errnomap)));
  F(cached_objects, FROM_12(AT(PyInterpreterState, cached_objects))); NOTE("Single objects, all owned but the interned strings.");
  F(cached_objects_size, FROM_12(WIDTH(PyInterpreterState, cached_objects)));
  F(monitoring_callables, FROM_12(AT(PyInterpreterState, monitoring_callables))); NOTE("A table of objects.");
  F(monitoring_callables_size, FROM_12(WIDTH(PyInterpreterState, monitoring_callables)));
  F(monitoring_tool_names, FROM_12(AT(PyInterpreterState, monitoring_tool_names)));
  F(monitoring_tool_names_size, FROM_12(WIDTH(PyInterpreterState, monitoring_tool_names)));
  F(static_types, FROM_12(UPTO_12(AT(PyInterpreterState, types.builtins))) FROM_13(AT(PyInterpreterState, types.builtins.initialized)));
  NOTE("An array of `static_type`.");
  F(static_types_used, FROM_12(UPTO_12(AT(PyInterpreterState, types.num_builtins_initialized))) FROM_13(AT(PyInterpreterState, types.builtins.num_initialized)));
  F(static_types_count, FROM_12(UPTO_12(COUNT(PyInterpreterState, types.builtins))) FROM_13(COUNT(PyInterpreterState, types.builtins.initialized)));
  F(extension_types, FROM_13(AT(PyInterpreterState, types.for_extensions.initialized))); NOTE("An array of `static_type`.");
  F(extension_types_used, FROM_13(AT(PyInterpreterState, types.for_extensions.num_initialized)));
  F(extension_types_count, FROM_13(COUNT(PyInterpreterState, types.for_extensions.initialized)));
  F(type_cache, FROM_10(UPTO_11(AT(PyInterpreterState, type_cache.hashtable))) FROM_12(AT(PyInterpreterState, types.type_cache.hashtable)));
  NOTE("Entries of `type_cache_entry`. To 3.11 `name` is owned, `value` borrowed.");
  F(type_cache_size, FROM_10(UPTO_11(WIDTH(PyInterpreterState, type_cache.hashtable))) FROM_12(WIDTH(PyInterpreterState, types.type_cache.hashtable)));
  F(initial_thread, FROM_11(AT(PyInterpreterState, _initial_thread))); NOTE("The first thread's state lies inside.");

  STRUCT(type_cache_entry, "`struct type_cache_entry`: one line of the attribute cache of types.");
  F(size, FROM_10(SIZE(struct type_cache_entry)));
  F(name, FROM_10(AT(struct type_cache_entry, name)));
  F(value, FROM_10(AT(struct type_cache_entry, value)));

  STRUCT(atexit_callback, "`atexit_callback` (`atexit_py_callback` from 3.12 on): what `atexit.register` keeps, to 3.13.");
  F(func, FROM_10(UPTO_11(AT(atexit_callback, func)) FROM_12(UPTO_13(AT(atexit_py_callback, func)))));
  F(args, FROM_10(UPTO_11(AT(atexit_callback, args)) FROM_12(UPTO_13(AT(atexit_py_callback, args)))));
  F(kwargs, FROM_10(UPTO_11(AT(atexit_callback, kwargs)) FROM_12(UPTO_13(AT(atexit_py_callback, kwargs)))));

  STRUCT(static_type, "`static_builtin_state` (3.12), `managed_static_type_state` (from 3.13 on): what one interpreter keeps of a static type. "
    "Types with the flag `_STATIC_BUILTIN` have 0 in `type_object.dict` and `weaklist`; `subclasses` is their index + 1 in one of the two arrays, the one whose entry has "
    "the type as `kind`.");
#if MINOR == 12
  typedef static_builtin_state managed_static_type_state;
#endif
  F(size, FROM_12(SIZE(managed_static_type_state)));
  F(kind, FROM_12(AT(managed_static_type_state, type))); NOTE("The type.");
  F(dict, FROM_12(AT(managed_static_type_state, tp_dict)));
  F(subclasses, FROM_12(AT(managed_static_type_state, tp_subclasses)));
  F(weaklist, FROM_12(AT(managed_static_type_state, tp_weaklist)));
}

static void collector(void) {
  STRUCT(gc, "`struct _gc_runtime_state`: the collector's lists. "
    "A list is a circle of `gc_head` through a head of its own: the address of its first object's head is in the list's `next`; it ends where it began. "
    "Where a collection runs, objects are in lists on the C stack instead.");
  F(size, SIZE(struct _gc_runtime_state));
  F(enabled, AT(struct _gc_runtime_state, enabled)); NOTE("An `int`.");
  F(debug, AT(struct _gc_runtime_state, debug)); NOTE("An `int`.");
  F(collecting, AT(struct _gc_runtime_state, collecting)); NOTE("An `int`: 1 while a collection runs.");
  F(generations, WITH_GIL(AT(struct _gc_runtime_state, generations)));
  NOTE("The youngest first. 3.14.0 to 3.14.4 collect in increments; their `young` and `old[2]` lie in the same place.");
  F(generation_count, WITH_GIL(COUNT(struct _gc_runtime_state, generations)));
  F(permanent_generation, AT(struct _gc_runtime_state, permanent_generation)); NOTE("What `gc.freeze` put aside.");
  F(generation_size, SIZE(struct gc_generation));
  F(generation_head, AT(struct gc_generation, head)); NOTE("A `gc_head`.");
  F(generation_threshold, AT(struct gc_generation, threshold)); NOTE("An `int`.");
  F(generation_objects, AT(struct gc_generation, count)); NOTE("An `int`; of older generations it counts collections.");
  F(garbage, AT(struct _gc_runtime_state, garbage));
  F(callbacks, AT(struct _gc_runtime_state, callbacks));
  F(trash_delete_later, UPTO_14(AT(struct _gc_runtime_state, trash_delete_later)));

  STRUCT(gc_head, "`PyGC_Head`: lies before each object that the collector may track. The low bits of both words are flags: clear the "
    "lowest two of `next` and `prev` before following. `prev`: 1 finalized, 2 collecting. `next`: 1 unreachable or, in 3.14.0 to 3.14.4, which "
    "of the two old lists. A `next` of 0 means untracked. Builds without the GIL have none.");
  F(size, WITH_GIL(SIZE(PyGC_Head)));
  F(next, WITH_GIL(AT(PyGC_Head, _gc_next)));
  F(prev, WITH_GIL(AT(PyGC_Head, _gc_prev)));
}

static void lock(void) {
  STRUCT(gil, "`struct _gil_runtime_state`: the global lock.");
  F(locked, AT(struct _gil_runtime_state, locked)); NOTE("An `int`: 1 held, 0 free, -1 not made.");
  F(switch_number, AT(struct _gil_runtime_state, switch_number)); NOTE("Counts only when another thread takes it than had it last.");
  F(last_holder, AT(struct _gil_runtime_state, last_holder)); NOTE("A `thread`; stays when the lock is let go.");
}

static void thread(void) {
  STRUCT(thread, "`PyThreadState`.");
  F(size, UPTO_12(SIZE(PyThreadState)) FROM_13(SIZE(_PyThreadStateImpl)));
  F(public_size, SIZE(PyThreadState));
  F(prev, AT(PyThreadState, prev));
  F(next, AT(PyThreadState, next));
  F(interp, AT(PyThreadState, interp));
  F(frame, UPTO_10(AT(PyThreadState, frame))); NOTE("A `frame_object`, borrowed; follow its `back`.");
  F(cframe, FROM_11(UPTO_12(AT(PyThreadState, cframe)))); NOTE("A `cframe` on the C stack, which has the frame.");
  F(current_frame, FROM_13(AT(PyThreadState, current_frame))); NOTE("An `interpreter_frame`.");
  F(dict, AT(PyThreadState, dict));
  F(context, AT(PyThreadState, context));
  F(thread_id, AT(PyThreadState, thread_id)); NOTE("The value of `pthread_self`.");
  F(native_thread_id, FROM_11(AT(PyThreadState, native_thread_id))); NOTE("The kernel's number; stale in a child after `fork`.");
  F(id, AT(PyThreadState, id));
  F(exc_info, AT(PyThreadState, exc_info)); NOTE("The top `exception_item`: of the innermost running generator, else `exc_state`.");
  F(exc_state, AT(PyThreadState, exc_state)); NOTE("An `exception_item` inside.");
  F(curexc_type, UPTO_11(AT(PyThreadState, curexc_type)));
  F(curexc_value, UPTO_11(AT(PyThreadState, curexc_value)));
  F(curexc_traceback, UPTO_11(AT(PyThreadState, curexc_traceback)));
  F(current_exception, FROM_12(AT(PyThreadState, current_exception)));
  F(c_profilefunc, AT(PyThreadState, c_profilefunc)); NOTE("A C function.");
  F(c_tracefunc, AT(PyThreadState, c_tracefunc)); NOTE("A C function.");
  F(c_profileobj, AT(PyThreadState, c_profileobj));
  F(c_traceobj, AT(PyThreadState, c_traceobj));
  F(async_exc, AT(PyThreadState, async_exc));
  F(async_gen_firstiter, AT(PyThreadState, async_gen_firstiter));
  F(async_gen_finalizer, AT(PyThreadState, async_gen_finalizer));
  F(coroutine_origin_tracking_depth, AT(PyThreadState, coroutine_origin_tracking_depth)); NOTE("An `int`.");
  F(gilstate_counter, AT(PyThreadState, gilstate_counter)); NOTE("An `int`.");
  F(delete_later, UPTO_11(AT(PyThreadState, trash_delete_later)) FROM_12(UPTO_12(AT(PyThreadState, trash.delete_later))) FROM_13(AT(PyThreadState, delete_later)));
  NOTE("Objects whose end is put off, chained through `gc_head.prev` (from 3.12 on, of untracked objects, otherwise).");
  F(datastack_chunk, FROM_11(AT(PyThreadState, datastack_chunk))); NOTE("A `stack_chunk`: frames lie there.");
  F(datastack_top, FROM_11(AT(PyThreadState, datastack_top)));
  F(datastack_limit, FROM_11(AT(PyThreadState, datastack_limit)));
  F(threading_local_key, FROM_13(AT(PyThreadState, threading_local_key)));
  F(threading_local_sentinel, FROM_13(AT(PyThreadState, threading_local_sentinel)));
  F(holds_state, FROM_13(AT(PyThreadState, state))); NOTE("An `int`: 0 detached, 1 attached, 2 suspended, 3 shutting down.");

  STRUCT(exception_item, "`_PyErr_StackItem`: an exception that is being handled, one for each thread and suspended generator.");
  F(size, SIZE(_PyErr_StackItem));
  F(exc_type, UPTO_10(AT(_PyErr_StackItem, exc_type)));
  F(exc_value, AT(_PyErr_StackItem, exc_value)); NOTE("0 or `None` where none is handled.");
  F(exc_traceback, UPTO_10(AT(_PyErr_StackItem, exc_traceback)));
  F(previous_item, AT(_PyErr_StackItem, previous_item)); NOTE("Borrowed.");

  STRUCT(cframe, "`CFrame`, `_PyCFrame`: what one run of the interpreter's loop keeps on the C stack.");
  F(current_frame, FROM_11(UPTO_12(AT(_PyCFrame, current_frame)))); NOTE("An `interpreter_frame`.");
  F(previous, FROM_10(UPTO_10(AT(CFrame, previous)) FROM_11(UPTO_12(AT(_PyCFrame, previous)))));

  STRUCT(stack_chunk, "`_PyStackChunk`: a piece of a thread's frames.");
  F(previous, FROM_11(AT(_PyStackChunk, previous)));
  F(bytes, FROM_11(AT(_PyStackChunk, size)));
  F(top, FROM_11(AT(_PyStackChunk, top))); NOTE("In words, as it was when the next chunk was begun.");
  F(data, FROM_11(AT(_PyStackChunk, data)));
}

static void frames(void) {
  STRUCT(interpreter_frame, "`_PyInterpreterFrame`: locals and value stack of a call. From `localsplus` on come `code.nlocalsplus` locals, "
    "cells and free variables, then the value stack. Valid words to 3.13: `stacktop`, counted from `localsplus` and with the locals in it; it is "
    "-1 while the frame itself or C code that it called runs: then take `code.nlocalsplus + code.stacksize` words, of which those of the stack may be stale, "
    "and check each. From 3.14 on `stackpointer` is the address after the last word (0 while it runs by itself, right while it calls), and `code`, `funcobj`, locals and stack are `_PyStackRef`, whose lowest two bits are a tag: "
    "3 is a number (in the other bits) and no object; else clear them: 0 is then none, and the tag 1 says that this reference is not in the count of the object.");
  F(size, FROM_11(SIZE(_PyInterpreterFrame)));
  F(code, FROM_11(UPTO_12(AT(_PyInterpreterFrame, f_code)) FROM_13(AT(_PyInterpreterFrame, f_executable))));
  NOTE("From 3.13 on it may be `None`, from 3.14 on 0, for frames of C code.");
  F(funcobj, FROM_11(UPTO_11(AT(_PyInterpreterFrame, f_func)) FROM_12(AT(_PyInterpreterFrame, f_funcobj))));
  F(globals, FROM_11(AT(_PyInterpreterFrame, f_globals))); NOTE("Borrowed.");
  F(builtins, FROM_11(AT(_PyInterpreterFrame, f_builtins))); NOTE("Borrowed.");
  F(locals, FROM_11(AT(_PyInterpreterFrame, f_locals))); NOTE("0 in functions.");
  F(frame_object, FROM_11(AT(_PyInterpreterFrame, frame_obj))); NOTE("0 until somebody asks for it.");
  F(previous, FROM_11(AT(_PyInterpreterFrame, previous)));
  F(instruction, FROM_11(UPTO_12(AT(_PyInterpreterFrame, prev_instr)) FROM_13(AT(_PyInterpreterFrame, instr_ptr))));
  NOTE("An address in `code.code_adaptive`; to 3.12 before the next instruction, which may be one unit before the first.");
  F(stacktop, FROM_11(UPTO_13(AT(_PyInterpreterFrame, stacktop)))); NOTE("An `int`.");
  F(stackpointer, FROM_14(AT(_PyInterpreterFrame, stackpointer)));
  F(return_offset, FROM_12(AT(_PyInterpreterFrame, return_offset)));
  F(owner, FROM_11(AT(_PyInterpreterFrame, owner)));
  NOTE("A byte: 0 thread, 1 generator, 2 frame object, 3 C stack (3.12 and 3.13) or interpreter (from 3.14 on), 4 C stack (3.14): these have no function and no locals.");
  F(localsplus, FROM_11(AT(_PyInterpreterFrame, localsplus)));

  STRUCT(frame_object, "`PyFrameObject`. To 3.10 it is the frame: from `localsplus` on come `code.nlocals` locals, the cells and the free "
    "variables, then the value stack, up to `stacktop` (to 3.9) or `valuestack + stackdepth` words (3.10). While it runs, and while whatever it called runs, these are 0 and -1: "
    "then take `code.stacksize` words, which may be stale, and check each. "
    "From 3.11 on it points to an `interpreter_frame`, which lies inside it (`data`) once the call has ended.");
  F(size, UPTO_10(SIZE(PyFrameObject)) FROM_11(IS(offsetof(PyFrameObject, _f_frame_data) + offsetof(_PyInterpreterFrame, localsplus), "Size of `PyFrameObject` without locals")));
  F(back, AT(PyFrameObject, f_back));
  F(code, UPTO_10(AT(PyFrameObject, f_code)));
  F(builtins, UPTO_10(AT(PyFrameObject, f_builtins)));
  F(globals, UPTO_10(AT(PyFrameObject, f_globals)));
  F(locals, UPTO_10(AT(PyFrameObject, f_locals)));
  F(valuestack, UPTO_10(AT(PyFrameObject, f_valuestack))); NOTE("Address of its first word.");
  F(stacktop, UPTO_9(AT(PyFrameObject, f_stacktop)));
  F(stackdepth, FROM_10(UPTO_10(AT(PyFrameObject, f_stackdepth)))); NOTE("An `int`.");
  F(trace, AT(PyFrameObject, f_trace));
  F(generator, UPTO_10(AT(PyFrameObject, f_gen))); NOTE("Borrowed.");
  F(lasti, UPTO_10(AT(PyFrameObject, f_lasti))); NOTE("An `int`; bytes to 3.9, units of two bytes in 3.10; -1 before the start.");
  F(lineno, AT(PyFrameObject, f_lineno)); NOTE("An `int`; valid only while traced (to 3.9) or when not 0.");
  F(iblock, UPTO_10(AT(PyFrameObject, f_iblock)));
  F(state, UPTO_9(AT(PyFrameObject, f_executing)) FROM_10(UPTO_10(AT(PyFrameObject, f_state))));
  NOTE("A byte: 1 runs (to 3.9); -2 created, -1 suspended, 0 runs, from 1 on over (3.10).");
  F(localsplus, UPTO_10(AT(PyFrameObject, f_localsplus)));
  F(frame, FROM_11(AT(PyFrameObject, f_frame))); NOTE("An `interpreter_frame`.");
  F(extra_locals, FROM_13(AT(PyFrameObject, f_extra_locals)));
  F(locals_cache, FROM_13(AT(PyFrameObject, f_locals_cache)));
  F(overwritten_fast_locals, FROM_14(AT(PyFrameObject, f_overwritten_fast_locals)));
  F(data, FROM_11(AT(PyFrameObject, _f_frame_data)));
}

static void objects(void) {
  STRUCT(object, "`PyObject`, and what may lie before one. With the GIL the words before an object are, nearest first: two of `gc_head` if its "
    "type has `Py_TPFLAGS_HAVE_GC`, then (types with `MANAGED_DICT`, `MANAGED_WEAKREF`) the managed ones.");
  F(size, SIZE(PyObject));
  F(refcnt, WITH_GIL(AT(PyObject, ob_refcnt)));
  NOTE("To 3.11 a whole word. From 3.12 on 32 bits, immortal when bit 31 is set; from 3.14 on there are flags in the high 16 bits of the word.");
  F(thread, FREE_THREADED(AT(PyObject, ob_tid))); NOTE("The thread that owns it.");
  F(gc_bits, FREE_THREADED(AT(PyObject, ob_gc_bits))); NOTE("A byte; bit 0 tracked, 1 finalized, 3 frozen.");
  F(refcnt_local, FREE_THREADED(AT(PyObject, ob_ref_local))); NOTE("32 bits; all ones: immortal. Add it to the shared one.");
  F(refcnt_shared, FREE_THREADED(AT(PyObject, ob_ref_shared))); NOTE("A signed word; the lowest two bits are flags.");
  F(kind, AT(PyObject, ob_type)); NOTE("`ob_type`.");
  F(var_size, SIZE(PyVarObject));
  F(items, AT(PyVarObject, ob_size)); NOTE("`ob_size`: number of items, of objects that have it.");
  F(managed_dict_before, FROM_11(WITH_GIL(IS(3 * sizeof(void *), "Distance of the managed dictionary before the object")) FREE_THREADED(IS(sizeof(void *), "Distance of the managed dictionary before the object"))));
  NOTE("3.11: the dictionary or 0. 3.12: a word; lowest bit set: `dict_values` at the word + 1, else the dictionary or 0. From 3.13 on: the dictionary or 0; "
    "see `dict_values` for the inline ones.");
  F(managed_values_before, FROM_11(UPTO_11(IS(4 * sizeof(void *), "Distance of the inline values before the object")))); NOTE("`dict_values` or 0.");
  F(managed_weakref_before, FROM_12(WITH_GIL(IS(4 * sizeof(void *), "Distance of the managed list of weak references before the object")) FREE_THREADED(IS(2 * sizeof(void *), "Distance of the managed list of weak references before the object"))));

  STRUCT(type_object, "`PyTypeObject`. Bits of `flags`: 2 `INLINE_VALUES` (3.13 on), 3 `MANAGED_WEAKREF` (3.12 on), 4 `MANAGED_DICT` (3.11 on), "
    "1 `_STATIC_BUILTIN` (3.12 on), 5 `SEQUENCE` and 6 `MAPPING` (3.10 on), 7 `DISALLOW_INSTANTIATION` and 8 `IMMUTABLETYPE` (3.10 on), 9 `HEAPTYPE`, "
    "10 `BASETYPE`, 11 `HAVE_VECTORCALL` (3.9 on), 12 `READY`, 13 `READYING`, 14 `HAVE_GC`, 17 `METHOD_DESCRIPTOR`, 20 `IS_ABSTRACT`, 23 `ITEMS_AT_END` (3.12 on), "
    "24 to 31 subclass of int, list, tuple, bytes, str, dict, BaseException, type.");
  F(size, SIZE(PyTypeObject));
  F(name, AT(PyTypeObject, tp_name)); NOTE("C text.");
  F(basicsize, AT(PyTypeObject, tp_basicsize));
  F(itemsize, AT(PyTypeObject, tp_itemsize));
  F(dealloc, AT(PyTypeObject, tp_dealloc));
  F(vectorcall_offset, AT(PyTypeObject, tp_vectorcall_offset));
  F(getattr, AT(PyTypeObject, tp_getattr));
  F(setattr, AT(PyTypeObject, tp_setattr));
  F(as_async, AT(PyTypeObject, tp_as_async));
  F(repr, AT(PyTypeObject, tp_repr));
  F(as_number, AT(PyTypeObject, tp_as_number));
  F(as_sequence, AT(PyTypeObject, tp_as_sequence));
  F(as_mapping, AT(PyTypeObject, tp_as_mapping));
  F(hash, AT(PyTypeObject, tp_hash));
  F(call, AT(PyTypeObject, tp_call));
  F(str, AT(PyTypeObject, tp_str));
  F(getattro, AT(PyTypeObject, tp_getattro));
  F(setattro, AT(PyTypeObject, tp_setattro));
  F(as_buffer, AT(PyTypeObject, tp_as_buffer));
  F(flags, AT(PyTypeObject, tp_flags));
  F(doc, AT(PyTypeObject, tp_doc)); NOTE("C text.");
  F(traverse, AT(PyTypeObject, tp_traverse));
  F(clear, AT(PyTypeObject, tp_clear));
  F(richcompare, AT(PyTypeObject, tp_richcompare));
  F(weaklistoffset, AT(PyTypeObject, tp_weaklistoffset));
  F(iter, AT(PyTypeObject, tp_iter));
  F(iternext, AT(PyTypeObject, tp_iternext));
  F(methods, AT(PyTypeObject, tp_methods));
  F(members, AT(PyTypeObject, tp_members)); NOTE("An array of `member_def` that ends with a name of 0; heap types keep theirs behind the type.");
  F(getset, AT(PyTypeObject, tp_getset));
  F(base, AT(PyTypeObject, tp_base));
  F(dict, AT(PyTypeObject, tp_dict)); NOTE("0 for static types from 3.12 on: see `static_type`.");
  F(descr_get, AT(PyTypeObject, tp_descr_get));
  F(descr_set, AT(PyTypeObject, tp_descr_set));
  F(dictoffset, AT(PyTypeObject, tp_dictoffset)); NOTE("Signed: below 0, from the end of a variable-sized object; -1 from 3.12 on and `MANAGED_DICT`.");
  F(init, AT(PyTypeObject, tp_init));
  F(alloc, AT(PyTypeObject, tp_alloc));
  F(new, AT(PyTypeObject, tp_new));
  F(free, AT(PyTypeObject, tp_free));
  F(is_gc, AT(PyTypeObject, tp_is_gc)); NOTE("Set for types: static ones have no `gc_head`.");
  F(bases, AT(PyTypeObject, tp_bases));
  F(mro, AT(PyTypeObject, tp_mro));
  F(cache, AT(PyTypeObject, tp_cache));
  F(subclasses, AT(PyTypeObject, tp_subclasses)); NOTE("A dictionary of weak references; an index for static types from 3.12 on.");
  F(weaklist, AT(PyTypeObject, tp_weaklist)); NOTE("The first `weakref`, not owned.");
  F(del, AT(PyTypeObject, tp_del));
  F(finalize, AT(PyTypeObject, tp_finalize));
  F(vectorcall, AT(PyTypeObject, tp_vectorcall));

  STRUCT(heap_type, "`PyHeapTypeObject`, a `type_object` with the flag `HEAPTYPE`; slots and members come behind.");
  F(size, SIZE(PyHeapTypeObject));
  F(name, AT(PyHeapTypeObject, ht_name));
  F(slots, AT(PyHeapTypeObject, ht_slots));
  F(qualname, AT(PyHeapTypeObject, ht_qualname));
  F(cached_keys, AT(PyHeapTypeObject, ht_cached_keys)); NOTE("`dict_keys` shared by the instances, or 0.");
  F(module, FROM_9(AT(PyHeapTypeObject, ht_module)));
  F(tpname, FROM_11(AT(PyHeapTypeObject, _ht_tpname))); NOTE("C text.");
  F(token, FROM_14(AT(PyHeapTypeObject, ht_token)));
  F(cached_getitem, FROM_11(UPTO_11(AT(PyHeapTypeObject, _spec_cache)) FROM_12(AT(PyHeapTypeObject, _spec_cache.getitem)))); NOTE("Borrowed.");
  F(cached_init, FROM_13(AT(PyHeapTypeObject, _spec_cache.init))); NOTE("Borrowed.");

  STRUCT(member_def, "`PyMemberDef`: a slot of an object, described in C; `__slots__` too.");
  F(size, SIZE(PyMemberDef));
  F(name, AT(PyMemberDef, name)); NOTE("C text.");
  F(kind, AT(PyMemberDef, type)); NOTE("An `int`.");
  F(offset, AT(PyMemberDef, offset));
  F(flags, AT(PyMemberDef, flags)); NOTE("An `int`; 8 (from 3.12 on): relative to the type's own part.");
  F(t_object, IS(T_OBJECT, "Value of `T_OBJECT`")); NOTE("Kind of an owned reference, or 0.");
  F(t_object_ex, IS(T_OBJECT_EX, "Value of `T_OBJECT_EX`")); NOTE("The same for `kind`.");

  STRUCT(method_def, "`PyMethodDef`.");
  F(name, AT(PyMethodDef, ml_name)); NOTE("C text.");
  F(function, AT(PyMethodDef, ml_meth)); NOTE("A C function.");
  F(flags, AT(PyMethodDef, ml_flags)); NOTE("An `int`; 0x20 `METH_STATIC`, where `c_function.self_` is a type, 0x200 `METH_METHOD`, where there is a `c_function.class`.");
}

static void containers(void) {
  STRUCT(dict, "`PyDictObject`, also the start of subclasses such as `defaultdict` and `OrderedDict`, and of `frozendict` (from 3.15 on).");
  F(size, SIZE(PyDictObject));
  F(used, AT(PyDictObject, ma_used));
  F(keys, AT(PyDictObject, ma_keys));
  F(values, AT(PyDictObject, ma_values)); NOTE("0: combined table, values in the entries. Else split: `dict_values`, values by entry number, keys shared.");

  STRUCT(dict_keys, "`PyDictKeysObject`: a table. Entries come behind the indices, at `indices` + `size` × (1, 2, 4 or 8 bytes: the least whose signed "
    "numbers hold it) to 3.10, `indices` + (1 << `log2_index_bytes`) from 3.11 on. The first `nentries` are in use, with holes: key or value 0. "
    "Untouched dictionaries share a static empty table.");
  F(refcnt, AT(struct _dictkeysobject, dk_refcnt));
  F(table_size, UPTO_10(AT(struct _dictkeysobject, dk_size)));
  F(lookup, UPTO_10(AT(struct _dictkeysobject, dk_lookup)));
  F(log2_size, FROM_11(AT(struct _dictkeysobject, dk_log2_size))); NOTE("A byte.");
  F(log2_index_bytes, FROM_11(AT(struct _dictkeysobject, dk_log2_index_bytes))); NOTE("A byte.");
  F(kind, FROM_11(AT(struct _dictkeysobject, dk_kind))); NOTE("A byte: 0 general, `dict_entry`; 1 all keys exact strings, and 2 split table: `dict_text_entry`.");
  F(usable, AT(struct _dictkeysobject, dk_usable));
  F(nentries, AT(struct _dictkeysobject, dk_nentries));
  F(indices, AT(struct _dictkeysobject, dk_indices));

  STRUCT(dict_entry, "`PyDictKeyEntry`.");
  F(size, SIZE(PyDictKeyEntry));
  F(hash, AT(PyDictKeyEntry, me_hash));
  F(key, AT(PyDictKeyEntry, me_key));
  F(value, AT(PyDictKeyEntry, me_value));

  STRUCT(dict_text_entry, "`PyDictUnicodeEntry`: an entry of a table whose keys are all strings.");
  F(size, FROM_11(SIZE(PyDictUnicodeEntry)));
  F(key, FROM_11(AT(PyDictUnicodeEntry, me_key)));
  F(value, FROM_11(AT(PyDictUnicodeEntry, me_value)));

  STRUCT(dict_values, "`PyDictValues`: values of a split table by entry number; keys are `heap_type.cached_keys`, or the dictionary's own. To 3.10 a bare array, "
    "as long as the keys' table has usable entries. 3.11 and 3.12: the array, and *before* it the byte at -1 (size of the prefix, in bytes), the byte at -2 "
    "(how many were set), and the order of insertion at -3 and on; the object points to it or, where a dictionary was asked for, the dictionary does. "
    "From 3.13 on it lies inside objects of types with `INLINE_VALUES`, at `type_object.basicsize`; where `valid` is 0 the dictionary has taken over; "
    "where the dictionary's `values` is this address, both are the same one set of references.");
  F(values, IS(FROM_11(offsetof(struct _dictvalues, values)) UPTO_10(0), "Offset of `PyDictValues.values`"));
  F(capacity, FROM_13(AT(struct _dictvalues, capacity))); NOTE("A byte.");
  F(used, FROM_13(AT(struct _dictvalues, size))); NOTE("A byte.");
  F(embedded, FROM_13(AT(struct _dictvalues, embedded))); NOTE("A byte.");
  F(valid, FROM_13(AT(struct _dictvalues, valid))); NOTE("A byte.");

  STRUCT(list, "`PyListObject`: `object.items` of them.");
  F(size, SIZE(PyListObject));
  F(item, AT(PyListObject, ob_item)); NOTE("Address of the array, or 0.");
  F(allocated, AT(PyListObject, allocated)); NOTE("Words of the array; -1 while it is sorted, and `object.items` 0 then.");

  STRUCT(tuple, "`PyTupleObject`, also struct sequences, whose unnamed fields are not counted in `object.items` but are owned: `n_fields` of the type's dictionary.");
  F(size, IS(offsetof(PyTupleObject, ob_item), "Size of `PyTupleObject` without items"));
  F(item, AT(PyTupleObject, ob_item));

  STRUCT(set, "`PySetObject`, `frozenset` too.");
  F(size, SIZE(PySetObject));
  F(fill, AT(PySetObject, fill));
  F(used, AT(PySetObject, used));
  F(mask, AT(PySetObject, mask)); NOTE("Entries - 1.");
  F(table, AT(PySetObject, table)); NOTE("Address of the entries: inside or outside the object.");
  F(smalltable, AT(PySetObject, smalltable));
  F(weakreflist, AT(PySetObject, weakreflist));
  F(entry_size, SIZE(setentry));
  F(entry_key, AT(setentry, key)); NOTE("0 free; else it counts, unless `hash` is -1: then it is a static object that marks a removed entry.");
  F(entry_hash, AT(setentry, hash));

  STRUCT(dict_view, "`_PyDictViewObject`: keys, values or items of a dictionary.");
  F(size, SIZE(_PyDictViewObject));
  F(dict, AT(_PyDictViewObject, dv_dict));
}

static void values(void) {
  STRUCT(text, "`str`. Bits of the 32-bit word `state`: interned 2 bits; kind 3 bits (1, 2 or 4 bytes a character; 0 to 3.11: not ready); compact 1; ascii 1; "
    "ready (to 3.11) or statically allocated (from 3.12 on) 1. From 3.14 on, without the GIL, interned has a byte of its own before the others. "
    "Compact and ascii: data at `ascii_size`; compact: at `compact_size`; else `data` points to it.");
  F(ascii_size, SIZE(PyASCIIObject));
  F(compact_size, SIZE(PyCompactUnicodeObject));
  F(size, SIZE(PyUnicodeObject));
  F(length, AT(PyASCIIObject, length)); NOTE("Characters.");
  F(state, AT(PyASCIIObject, state));
  F(wstr, UPTO_11(AT(PyASCIIObject, wstr))); NOTE("Owned buffer or 0.");
  F(utf8_length, AT(PyCompactUnicodeObject, utf8_length));
  F(utf8, AT(PyCompactUnicodeObject, utf8)); NOTE("Owned buffer, or 0, or the data.");
  F(data, AT(PyUnicodeObject, data));

  STRUCT(long, "`int`. To 3.11 the sign is that of `object.items`, whose absolute value is the number of digits. From 3.12 on they are in `tag`: lowest two bits 0 positive, 1 zero, "
    "2 negative; bit 2 is a flag (from 3.14 on: static); `tag >> 3` is the number of digits. A digit has 30 bits, the lowest first.");
  F(tag, FROM_12(AT(PyLongObject, long_value.lv_tag)));
  F(digits, UPTO_11(AT(PyLongObject, ob_digit)) FROM_12(AT(PyLongObject, long_value.ob_digit)));
  F(digit_size, SIZE(digit));
  F(digit_bits, IS(PyLong_SHIFT, "Value of `PyLong_SHIFT`"));

  STRUCT(float, "`float`.");
  F(size, SIZE(PyFloatObject));
  F(value, AT(PyFloatObject, ob_fval));
  STRUCT(complex, "`complex`.");
  F(size, SIZE(PyComplexObject));
  F(value, AT(PyComplexObject, cval)); NOTE("Real and imaginary part.");
  STRUCT(bytes, "`bytes`: `object.items` of them, then a zero that is not counted.");
  F(data, AT(PyBytesObject, ob_sval));
  STRUCT(bytearray, "`bytearray`.");
  F(size, SIZE(PyByteArrayObject));
  F(allocated, AT(PyByteArrayObject, ob_alloc));
  F(data, AT(PyByteArrayObject, ob_bytes)); NOTE("Owned buffer.");
  F(start, AT(PyByteArrayObject, ob_start));
  STRUCT(slice, "`slice`.");
  F(size, SIZE(PySliceObject));
  F(start, AT(PySliceObject, start));
  F(stop, AT(PySliceObject, stop));
  F(step, AT(PySliceObject, step));
  STRUCT(cell, "`PyCellObject`.");
  F(size, SIZE(PyCellObject));
  F(value, AT(PyCellObject, ob_ref));

  STRUCT(time_of_day, "`datetime.time`.");
  F(size, SIZE(PyDateTime_Time));
  F(has_tzinfo, AT(PyDateTime_Time, hastzinfo)); NOTE("A byte; when 0 the object ends before `tzinfo`.");
  F(data, AT(PyDateTime_Time, data));
  F(tzinfo, AT(PyDateTime_Time, tzinfo));
  STRUCT(date_time, "`datetime.datetime`; the start holds for `datetime.date` too, whose flag means nothing.");
  F(size, SIZE(PyDateTime_DateTime));
  F(has_tzinfo, AT(PyDateTime_DateTime, hastzinfo)); NOTE("A byte; when 0 the object ends before `tzinfo`.");
  F(data, AT(PyDateTime_DateTime, data));
  F(tzinfo, AT(PyDateTime_DateTime, tzinfo));
  STRUCT(time_delta, "`datetime.timedelta`.");
  F(size, SIZE(PyDateTime_Delta));
  F(days, AT(PyDateTime_Delta, days));
  F(seconds, AT(PyDateTime_Delta, seconds));
  F(microseconds, AT(PyDateTime_Delta, microseconds));
}

static void callables(void) {
  STRUCT(function, "`PyFunctionObject`.");
  F(size, SIZE(PyFunctionObject));
  F(code, AT(PyFunctionObject, func_code));
  F(globals, AT(PyFunctionObject, func_globals));
  F(builtins, FROM_10(AT(PyFunctionObject, func_builtins)));
  F(defaults, AT(PyFunctionObject, func_defaults));
  F(kwdefaults, AT(PyFunctionObject, func_kwdefaults));
  F(closure, AT(PyFunctionObject, func_closure)); NOTE("A tuple of cells, or 0.");
  F(doc, AT(PyFunctionObject, func_doc));
  F(name, AT(PyFunctionObject, func_name));
  F(dict, AT(PyFunctionObject, func_dict));
  F(weakreflist, AT(PyFunctionObject, func_weakreflist));
  F(module, AT(PyFunctionObject, func_module));
  F(annotations, AT(PyFunctionObject, func_annotations)); NOTE("To 3.13 a dictionary or, from 3.10 on, a tuple of names and values.");
  F(annotate, FROM_14(AT(PyFunctionObject, func_annotate)));
  F(typeparams, FROM_12(AT(PyFunctionObject, func_typeparams)));
  F(qualname, AT(PyFunctionObject, func_qualname));

  STRUCT(code, "`PyCodeObject`. Bits of `flags`: 2 `VARARGS`, 3 `VARKEYWORDS`, 5 generator, 7 coroutine, 9 async generator. From 3.11 on names of locals, cells "
    "and free variables are one tuple, `localsplusnames`, with a byte each in `localspluskinds` (0x20 local, 0x40 cell, 0x80 free; a cell that is a parameter has two bits).");
  F(size, UPTO_10(SIZE(PyCodeObject)) FROM_11(IS(offsetof(PyCodeObject, co_code_adaptive), "Size of `PyCodeObject` without code")));
  F(argcount, AT(PyCodeObject, co_argcount)); NOTE("An `int`.");
  F(posonlyargcount, AT(PyCodeObject, co_posonlyargcount)); NOTE("An `int`.");
  F(kwonlyargcount, AT(PyCodeObject, co_kwonlyargcount)); NOTE("An `int`.");
  F(nlocals, AT(PyCodeObject, co_nlocals)); NOTE("An `int`.");
  F(stacksize, AT(PyCodeObject, co_stacksize)); NOTE("An `int`.");
  F(flags, AT(PyCodeObject, co_flags)); NOTE("An `int`.");
  F(firstlineno, AT(PyCodeObject, co_firstlineno)); NOTE("An `int`.");
  F(nlocalsplus, FROM_11(AT(PyCodeObject, co_nlocalsplus))); NOTE("An `int`.");
  F(ncellvars, FROM_11(AT(PyCodeObject, co_ncellvars))); NOTE("An `int`.");
  F(nfreevars, FROM_11(AT(PyCodeObject, co_nfreevars))); NOTE("An `int`.");
  F(framesize, FROM_12(AT(PyCodeObject, co_framesize))); NOTE("An `int`, in words.");
  F(bytecode, UPTO_10(AT(PyCodeObject, co_code)) FROM_11(UPTO_11(AT(PyCodeObject, _co_code)))); NOTE("A `bytes`; from 3.11 on a cache, or 0.");
  F(consts, AT(PyCodeObject, co_consts));
  F(names, AT(PyCodeObject, co_names));
  F(varnames, UPTO_10(AT(PyCodeObject, co_varnames)));
  F(freevars, UPTO_10(AT(PyCodeObject, co_freevars)));
  F(cellvars, UPTO_10(AT(PyCodeObject, co_cellvars)));
  F(localsplusnames, FROM_11(AT(PyCodeObject, co_localsplusnames)));
  F(localspluskinds, FROM_11(AT(PyCodeObject, co_localspluskinds)));
  F(filename, AT(PyCodeObject, co_filename));
  F(name, AT(PyCodeObject, co_name));
  F(qualname, FROM_11(AT(PyCodeObject, co_qualname)));
  F(linetable, UPTO_9(AT(PyCodeObject, co_lnotab)) FROM_10(AT(PyCodeObject, co_linetable))); NOTE("A `bytes`; three formats: to 3.9, 3.10, from 3.11 on.");
  F(exceptiontable, FROM_11(AT(PyCodeObject, co_exceptiontable)));
  F(weakreflist, AT(PyCodeObject, co_weakreflist));
  F(zombieframe, UPTO_10(AT(PyCodeObject, co_zombieframe))); NOTE("A frame kept for reuse; no object to be counted, or 0.");
  F(extra, AT(PyCodeObject, co_extra));
  F(cached, FROM_12(AT(PyCodeObject, _co_cached))); NOTE("A block of its own with the four fields of `code_cache`, or 0.");
  F(executors, FROM_13(AT(PyCodeObject, co_executors)));
  F(code_adaptive, FROM_11(AT(PyCodeObject, co_code_adaptive)));

  STRUCT(code_cache, "`_PyCoCached`: what Python code asked of a code object once.");
  F(code, FROM_12(AT(_PyCoCached, _co_code)));
  F(varnames, FROM_12(AT(_PyCoCached, _co_varnames)));
  F(cellvars, FROM_12(AT(_PyCoCached, _co_cellvars)));
  F(freevars, FROM_12(AT(_PyCoCached, _co_freevars)));

  STRUCT(method, "`PyMethodObject`: a bound method.");
  F(size, SIZE(PyMethodObject));
  F(func, AT(PyMethodObject, im_func));
  F(self_, AT(PyMethodObject, im_self));
  F(weakreflist, AT(PyMethodObject, im_weakreflist));
  STRUCT(instance_method, "`PyInstanceMethodObject`.");
  F(size, SIZE(PyInstanceMethodObject));
  F(func, AT(PyInstanceMethodObject, func));
  STRUCT(c_function, "`PyCFunctionObject`: a function or bound method written in C.");
  F(size, SIZE(PyCFunctionObject));
  F(definition, AT(PyCFunctionObject, m_ml)); NOTE("A `method_def`.");
  F(self_, AT(PyCFunctionObject, m_self)); NOTE("The module, for functions.");
  F(module, AT(PyCFunctionObject, m_module));
  F(weakreflist, AT(PyCFunctionObject, m_weakreflist));
  F(class, FROM_9(AT(PyCMethodObject, mm_class))); NOTE("Only where the definition says `METH_METHOD`.");
  STRUCT(module, "`PyModuleObject`.");
  F(size, SIZE(PyModuleObject));
  F(dict, AT(PyModuleObject, md_dict));
  F(def, UPTO_14(AT(PyModuleObject, md_def)) FROM_15(AT(PyModuleObject, md_token))); NOTE("A `module_def`, 0 for modules written in Python; from 3.15 on only where `token_is_def` is 1.");
  F(token_is_def, FROM_15(AT(PyModuleObject, md_token_is_def))); NOTE("A byte.");
  F(state, AT(PyModuleObject, md_state)); NOTE("A private block of `module_def.state_size` bytes, or 0.");
  F(state_size, FROM_15(AT(PyModuleObject, md_state_size))); NOTE("The same number, in place of that.");
  F(weaklist, AT(PyModuleObject, md_weaklist));
  F(name, AT(PyModuleObject, md_name));
  STRUCT(module_def, "`PyModuleDef`.");
  F(name, AT(PyModuleDef, m_name)); NOTE("C text.");
  F(state_size, AT(PyModuleDef, m_size)); NOTE("Signed; -1: none, all is in static variables.");
  STRUCT(descriptor, "`PyDescrObject`, and behind it, by type, one of the others.");
  F(size, SIZE(PyDescrObject));
  F(kind, AT(PyDescrObject, d_type)); NOTE("The type it belongs to.");
  F(name, AT(PyDescrObject, d_name));
  F(qualname, AT(PyDescrObject, d_qualname));
  F(method, AT(PyMethodDescrObject, d_method)); NOTE("A `method_def`.");
  F(member, AT(PyMemberDescrObject, d_member)); NOTE("A `member_def`.");
  F(getset, AT(PyGetSetDescrObject, d_getset));
  F(wrapper_base, AT(PyWrapperDescrObject, d_base));
  STRUCT(property, "`property`.");
  F(size, SIZE(propertyobject));
  F(get, AT(propertyobject, prop_get));
  F(set, AT(propertyobject, prop_set));
  F(del, AT(propertyobject, prop_del));
  F(doc, AT(propertyobject, prop_doc));
  F(name, FROM_10(AT(propertyobject, prop_name)));
  STRUCT(weakref, "`PyWeakReference`: also proxies.");
  F(size, SIZE(PyWeakReference));
  F(object, AT(PyWeakReference, wr_object)); NOTE("Not owned; `None` when it is gone.");
  F(callback, AT(PyWeakReference, wr_callback));
  F(hash, AT(PyWeakReference, hash));
  F(prev, AT(PyWeakReference, wr_prev)); NOTE("Not owned.");
  F(next, AT(PyWeakReference, wr_next)); NOTE("Not owned.");
}

static void suspended(void) {
  STRUCT(generator, "`PyGenObject`, and the start of coroutines and async generators. From 3.11 on the frame lies inside, at `iframe`, and its locals and stack "
    "count unless `frame_state` is `cleared`.");
  F(size, UPTO_10(SIZE(PyGenObject)) FROM_11(IS(offsetof(PyGenObject, gi_iframe) + offsetof(_PyInterpreterFrame, localsplus), "Size of `PyGenObject` without locals")));
  F(frame, UPTO_10(AT(PyGenObject, gi_frame))); NOTE("A `frame_object`, 0 when it is over.");
  F(code, UPTO_11(AT(PyGenObject, gi_code)));
  F(weakreflist, AT(PyGenObject, gi_weakreflist));
  F(name, AT(PyGenObject, gi_name));
  F(qualname, AT(PyGenObject, gi_qualname));
  F(exc_state, AT(PyGenObject, gi_exc_state)); NOTE("An `exception_item` inside.");
  F(origin_or_finalizer, FROM_11(AT(PyGenObject, gi_origin_or_finalizer))); NOTE("A coroutine's origin, an async generator's finalizer.");
  F(frame_state, FROM_11(AT(PyGenObject, gi_frame_state)));
  NOTE("A signed byte. 3.11 and 3.12: -2 created, -1 suspended, 0 running, 1 completed, 4 cleared. 3.13 and 3.14: -3 created, -2 suspended, -1 suspended in `yield from` or `await`, "
    "0 running, 1 completed, 4 cleared. From 3.15 on: 0 created, 1 to 3 suspended, 4 running, 5 cleared.");
  F(executing, FROM_11(IS(FRAME_EXECUTING, "Value of `FRAME_EXECUTING`"))); NOTE("Of `frame_state`.");
  F(cleared, FROM_11(IS(FRAME_CLEARED, "Value of `FRAME_CLEARED`"))); NOTE("Of `frame_state`.");
  F(iframe, FROM_11(AT(PyGenObject, gi_iframe))); NOTE("An `interpreter_frame`.");
  STRUCT(coroutine, "`PyCoroObject`: a `generator` and, to 3.10, this behind it.");
  F(size, UPTO_10(SIZE(PyCoroObject)) FROM_11(IS(offsetof(PyCoroObject, cr_iframe) + offsetof(_PyInterpreterFrame, localsplus), "Size of `PyCoroObject` without locals")));
  F(origin, UPTO_10(AT(PyCoroObject, cr_origin)));
  STRUCT(async_generator, "`PyAsyncGenObject`: a `generator` and, to 3.10, this behind it.");
  F(size, UPTO_10(SIZE(PyAsyncGenObject)) FROM_11(IS(offsetof(PyAsyncGenObject, ag_iframe) + offsetof(_PyInterpreterFrame, localsplus), "Size of `PyAsyncGenObject` without locals")));
  F(finalizer, UPTO_10(AT(PyAsyncGenObject, ag_finalizer)));
}

static void exceptions(void) {
  STRUCT(exception, "`PyBaseExceptionObject`, the start of all exceptions.");
  F(size, SIZE(PyBaseExceptionObject));
  F(dict, AT(PyBaseExceptionObject, dict));
  F(args, AT(PyBaseExceptionObject, args));
  F(notes, FROM_11(AT(PyBaseExceptionObject, notes)));
  F(traceback, AT(PyBaseExceptionObject, traceback));
  F(context, AT(PyBaseExceptionObject, context));
  F(cause, AT(PyBaseExceptionObject, cause));
  STRUCT(exception_group, "`PyBaseExceptionGroupObject`.");
  F(size, FROM_11(SIZE(PyBaseExceptionGroupObject)));
  F(msg, FROM_11(AT(PyBaseExceptionGroupObject, msg)));
  F(excs, FROM_11(AT(PyBaseExceptionGroupObject, excs)));
  F(excs_str, FROM_14(AT(PyBaseExceptionGroupObject, excs_str)));
  STRUCT(stop_iteration, "`PyStopIterationObject`.");
  F(size, SIZE(PyStopIterationObject));
  F(value, AT(PyStopIterationObject, value));
  STRUCT(system_exit, "`PySystemExitObject`.");
  F(size, SIZE(PySystemExitObject));
  F(code, AT(PySystemExitObject, code));
  STRUCT(os_error, "`PyOSErrorObject`.");
  F(size, SIZE(PyOSErrorObject));
  F(errno, AT(PyOSErrorObject, myerrno));
  F(strerror, AT(PyOSErrorObject, strerror));
  F(filename, AT(PyOSErrorObject, filename));
  F(filename2, AT(PyOSErrorObject, filename2));
  STRUCT(import_error, "`PyImportErrorObject`.");
  F(size, SIZE(PyImportErrorObject));
  F(msg, AT(PyImportErrorObject, msg));
  F(name, AT(PyImportErrorObject, name));
  F(path, AT(PyImportErrorObject, path));
  F(name_from, FROM_12(AT(PyImportErrorObject, name_from)));
  STRUCT(name_error, "`PyNameErrorObject`.");
  F(size, FROM_10(SIZE(PyNameErrorObject)));
  F(name, FROM_10(AT(PyNameErrorObject, name)));
  STRUCT(attribute_error, "`PyAttributeErrorObject`.");
  F(size, FROM_10(SIZE(PyAttributeErrorObject)));
  F(obj, FROM_10(AT(PyAttributeErrorObject, obj)));
  F(name, FROM_10(AT(PyAttributeErrorObject, name)));
  STRUCT(unicode_error, "`PyUnicodeErrorObject`.");
  F(size, SIZE(PyUnicodeErrorObject));
  F(encoding, AT(PyUnicodeErrorObject, encoding));
  F(object, AT(PyUnicodeErrorObject, object));
  F(reason, AT(PyUnicodeErrorObject, reason));
  STRUCT(syntax_error, "`PySyntaxErrorObject`.");
  F(size, SIZE(PySyntaxErrorObject));
  F(msg, AT(PySyntaxErrorObject, msg));
  F(filename, AT(PySyntaxErrorObject, filename));
  F(lineno, AT(PySyntaxErrorObject, lineno));
  F(offset, AT(PySyntaxErrorObject, offset));
  F(end_lineno, FROM_10(AT(PySyntaxErrorObject, end_lineno)));
  F(end_offset, FROM_10(AT(PySyntaxErrorObject, end_offset)));
  F(text, AT(PySyntaxErrorObject, text));
  F(print_file_and_line, AT(PySyntaxErrorObject, print_file_and_line));
  F(metadata, FROM_14(AT(PySyntaxErrorObject, metadata)));
  STRUCT(traceback, "`PyTracebackObject`.");
  F(size, SIZE(PyTracebackObject));
  F(next, AT(PyTracebackObject, tb_next));
  F(frame, AT(PyTracebackObject, tb_frame));
  F(lasti, AT(PyTracebackObject, tb_lasti)); NOTE("An `int`.");
  F(lineno, AT(PyTracebackObject, tb_lineno)); NOTE("An `int`; may be -1 (not known yet) from 3.11 on.");
}

static void contexts(void) {
  STRUCT(context, "`contextvars.Context`.");
  F(size, SIZE(struct _pycontextobject));
  F(prev, AT(struct _pycontextobject, ctx_prev)); NOTE("The context that this one was entered from; owned while entered.");
  F(vars, AT(struct _pycontextobject, ctx_vars)); NOTE("A `hamt`.");
  F(weakreflist, AT(struct _pycontextobject, ctx_weakreflist));
  F(entered, AT(struct _pycontextobject, ctx_entered)); NOTE("An `int`.");
  STRUCT(context_var, "`contextvars.ContextVar`.");
  F(size, SIZE(struct _pycontextvarobject));
  F(name, AT(struct _pycontextvarobject, var_name));
  F(default, AT(struct _pycontextvarobject, var_default));
  F(cached, WITH_GIL(AT(struct _pycontextvarobject, var_cached))); NOTE("Borrowed.");
  STRUCT(context_token, "`contextvars.Token`.");
  F(size, SIZE(struct _pycontexttokenobject));
  F(context, AT(struct _pycontexttokenobject, tok_ctx));
  F(var, AT(struct _pycontexttokenobject, tok_var));
  F(old_value, AT(struct _pycontexttokenobject, tok_oldval));
  STRUCT(hamt, "`PyHamtObject`: the variables of a context, a tree of nodes that the collector tracks.");
  F(size, SIZE(PyHamtObject));
  F(root, AT(PyHamtObject, h_root));
  F(weakreflist, AT(PyHamtObject, h_weakreflist));
  F(count, AT(PyHamtObject, h_count));
  STRUCT(hamt_bitmap, "`PyHamtNode_Bitmap`: `object.items` words: key and value in turn, or 0 and a node.");
  F(bitmap, AT(PyHamtNode_Bitmap, b_bitmap));
  F(array, AT(PyHamtNode_Bitmap, b_array));
  STRUCT(hamt_array, "`PyHamtNode_Array` of `Python/hamt.c`: 32 nodes or zeros.");
  F(array, AT(PyHamtNode_Array, a_array));
  F(slots, COUNT(PyHamtNode_Array, a_array));
  F(count, AT(PyHamtNode_Array, a_count));
  STRUCT(hamt_collision, "`PyHamtNode_Collision` of `Python/hamt.c`: `object.items` words, key and value in turn.");
  F(array, AT(PyHamtNode_Collision, c_array));
}

static void buffers(void) {
  STRUCT(buffer, "`Py_buffer`.");
  F(size, SIZE(Py_buffer));
  F(object, AT(Py_buffer, obj)); NOTE("The owner of the memory.");
  F(address, AT(Py_buffer, buf));
  F(length, AT(Py_buffer, len)); NOTE("In bytes.");
  STRUCT(memory_view, "`PyMemoryViewObject`. `view.obj` is borrowed: the owner is held by the managed buffer.");
  F(size, IS(offsetof(PyMemoryViewObject, ob_array), "Size of `PyMemoryViewObject` without shape"));
  F(managed_buffer, AT(PyMemoryViewObject, mbuf));
  F(exports, AT(PyMemoryViewObject, exports));
  F(view, AT(PyMemoryViewObject, view)); NOTE("A `buffer` inside.");
  F(weakreflist, AT(PyMemoryViewObject, weakreflist));
  STRUCT(managed_buffer, "`_PyManagedBufferObject`.");
  F(size, SIZE(_PyManagedBufferObject));
  F(exports, AT(_PyManagedBufferObject, exports));
  F(master, AT(_PyManagedBufferObject, master)); NOTE("A `buffer` inside.");
}

// What follows is of the structs written by hand above.
static void by_hand(void) {
  STRUCT(mapping_proxy, "By hand: `mappingproxyobject` of `Objects/descrobject.c`.");
  F(size, SIZE(mappingproxyobject));
  F(mapping, AT(mappingproxyobject, mapping));
  STRUCT(method_wrapper, "By hand: `wrapperobject` of `Objects/descrobject.c`.");
  F(size, SIZE(wrapperobject));
  F(descriptor, AT(wrapperobject, descr));
  F(self_, AT(wrapperobject, self));
  STRUCT(class_method, "By hand: `classmethod` of `Objects/funcobject.c`.");
  F(size, SIZE(classmethod));
  F(callable, AT(classmethod, cm_callable));
  F(dict, AT(classmethod, cm_dict));
  STRUCT(static_method, "By hand: `staticmethod` of `Objects/funcobject.c`.");
  F(size, SIZE(staticmethod));
  F(callable, AT(staticmethod, sm_callable));
  F(dict, AT(staticmethod, sm_dict));
  STRUCT(super_, "By hand: `superobject` of `Objects/typeobject.c`.");
  F(size, SIZE(superobject));
  F(kind, AT(superobject, type));
  F(object, AT(superobject, obj));
  F(object_kind, AT(superobject, obj_type));
  STRUCT(namespace, "By hand: `_PyNamespaceObject` of `Objects/namespaceobject.c`.");
  F(size, SIZE(namespaceobject));
  F(dict, AT(namespaceobject, ns_dict));
  STRUCT(generic_alias, "By hand: `gaobject` of `Objects/genericaliasobject.c`.");
  F(size, FROM_9(SIZE(gaobject)));
  F(origin, FROM_9(AT(gaobject, origin)));
  F(args, FROM_9(AT(gaobject, args)));
  F(parameters, FROM_9(AT(gaobject, parameters)));
  F(weakreflist, FROM_9(AT(gaobject, weakreflist)));
  STRUCT(union_, "By hand: `unionobject` of `Objects/unionobject.c`.");
  F(size, FROM_10(SIZE(unionobject)));
  F(args, FROM_10(AT(unionobject, args)));
  F(parameters, FROM_10(AT(unionobject, parameters)));
  F(hashable_args, FROM_14(AT(unionobject, hashable_args)));
  F(unhashable_args, FROM_14(AT(unionobject, unhashable_args)));
  F(weakreflist, FROM_14(AT(unionobject, weakreflist)));
  STRUCT(capsule, "By hand: `PyCapsule` of `Objects/capsule.c`.");
  F(size, SIZE(PyCapsule));
  F(pointer, AT(PyCapsule, pointer));
  F(name, AT(PyCapsule, name)); NOTE("C text or 0.");
  F(context, AT(PyCapsule, context));
  STRUCT(range, "By hand: `rangeobject` of `Objects/rangeobject.c`.");
  F(size, SIZE(rangeobject));
  F(start, AT(rangeobject, start));
  F(stop, AT(rangeobject, stop));
  F(step, AT(rangeobject, step));
  F(length, AT(rangeobject, length));
  STRUCT(enumerate, "By hand: `enumobject` of `Objects/enumobject.c`.");
  F(size, SIZE(enumobject));
  F(iterator, AT(enumobject, en_sit));
  F(result, AT(enumobject, en_result));
  F(long_index, AT(enumobject, en_longindex));
  F(one, FROM_11(AT(enumobject, one)));
  STRUCT(reversed, "By hand: `reversedobject` of `Objects/enumobject.c`.");
  F(size, SIZE(reversedobject));
  F(sequence, AT(reversedobject, seq));
  STRUCT(filter, "By hand: `filterobject` of `Python/bltinmodule.c`.");
  F(size, SIZE(filterobject));
  F(func, AT(filterobject, func));
  F(iterator, AT(filterobject, it));
  STRUCT(map, "By hand: `mapobject` of `Python/bltinmodule.c`.");
  F(size, SIZE(mapobject));
  F(iterators, AT(mapobject, iters));
  F(func, AT(mapobject, func));
  STRUCT(zip, "By hand: `zipobject` of `Python/bltinmodule.c`.");
  F(size, SIZE(zipobject));
  F(iterators, AT(zipobject, ittuple));
  F(result, AT(zipobject, result));
  STRUCT(sequence_iterator, "By hand: `seqiterobject` of `Objects/iterobject.c`; the iterators of lists (both ways) and tuples are the same.");
  F(size, SIZE(seqiterobject));
  F(sequence, AT(seqiterobject, it_seq)); NOTE("0 when it is used up.");
  STRUCT(callable_iterator, "By hand: `calliterobject` of `Objects/iterobject.c`.");
  F(size, SIZE(calliterobject));
  F(callable, AT(calliterobject, it_callable));
  F(sentinel, AT(calliterobject, it_sentinel));
  STRUCT(dict_iterator, "By hand: `dictiterobject` of `Objects/dictobject.c`.");
  F(size, SIZE(dictiterobject));
  F(dict, AT(dictiterobject, di_dict)); NOTE("0 when it is used up.");
  F(result, AT(dictiterobject, di_result));
  STRUCT(set_iterator, "By hand: `setiterobject` of `Objects/setobject.c`.");
  F(size, SIZE(setiterobject));
  F(set, AT(setiterobject, si_set)); NOTE("0 when it is used up.");
  STRUCT(odict, "By hand: `struct _odictobject` of `Objects/odictobject.c`: an `OrderedDict`, a `dict` and behind it its order.");
  F(size, SIZE(struct odict));
  F(fast_nodes, AT(struct odict, od_fast_nodes)); NOTE("Address of an array of nodes by index of the table.");
  F(fast_nodes_size, AT(struct odict, od_fast_nodes_size));
  F(first, AT(struct odict, od_first));
  F(last, AT(struct odict, od_last));
  F(inst_dict, AT(struct odict, od_inst_dict));
  F(weakreflist, AT(struct odict, od_weakreflist));
  STRUCT(odict_node, "By hand: `struct _odictnode` of `Objects/odictobject.c`. A node owns its key, once more than the table does.");
  F(size, SIZE(struct odict_node));
  F(key, AT(struct odict_node, key));
  F(hash, AT(struct odict_node, hash));
  F(next, AT(struct odict_node, next));
  F(prev, AT(struct odict_node, prev));
  STRUCT(deque, "By hand: `dequeobject` of `Modules/_collectionsmodule.c`. Items are from `left_index` of the first block to `right_index` of the last; `object.items` of them.");
  F(size, SIZE(dequeobject));
  F(left_block, AT(dequeobject, leftblock));
  F(right_block, AT(dequeobject, rightblock));
  F(left_index, AT(dequeobject, leftindex));
  F(right_index, AT(dequeobject, rightindex));
  F(max_length, AT(dequeobject, maxlen)); NOTE("Signed; -1: none.");
  F(weakreflist, AT(dequeobject, weakreflist));
  STRUCT(deque_block, "By hand: `block` of `Modules/_collectionsmodule.c`.");
  F(size, SIZE(struct deque_block));
  F(left, AT(struct deque_block, leftlink));
  F(data, AT(struct deque_block, data));
  F(slots, COUNT(struct deque_block, data));
  F(right, AT(struct deque_block, rightlink));
  STRUCT(default_dict, "By hand: `defdictobject` of `Modules/_collectionsmodule.c`: a `dict` and behind it this.");
  F(size, SIZE(defdictobject));
  F(default_factory, AT(defdictobject, default_factory));
  STRUCT(partial, "By hand: `partialobject` of `Modules/_functoolsmodule.c`.");
  F(size, SIZE(partialobject));
  F(func, AT(partialobject, fn));
  F(args, AT(partialobject, args));
  F(keywords, AT(partialobject, kw));
  F(dict, AT(partialobject, dict));
  F(weakreflist, AT(partialobject, weakreflist));
  F(placeholder, FROM_14(AT(partialobject, placeholder)));
  STRUCT(lru_cache, "By hand: `lru_cache_object` of `Modules/_functoolsmodule.c`. `root` is the start of a circle of `lru_entry`, which are objects, held by the "
    "`cache` dictionary; where `max_size` is -1 the dictionary has the results themselves, where it is 0 it is empty.");
  F(size, UPTO_8(IS(offsetof(lru_cache_object, weakreflist), "Size of `lru_cache_object` without `weakreflist`")) FROM_9(SIZE(lru_cache_object)));
  F(root_prev, AT(lru_cache_object, root.prev));
  F(root_next, AT(lru_cache_object, root.next));
  F(cache, AT(lru_cache_object, cache));
  F(func, AT(lru_cache_object, func));
  F(max_size, AT(lru_cache_object, maxsize));
  F(keyword_mark, FROM_10(AT(lru_cache_object, kwd_mark)));
  F(entry_type, FROM_10(AT(lru_cache_object, lru_list_elem_type)));
  F(cache_info_type, AT(lru_cache_object, cache_info_type));
  F(dict, AT(lru_cache_object, dict));
  F(weakreflist, FROM_9(AT(lru_cache_object, weakreflist)));
  STRUCT(lru_entry, "By hand: `lru_list_elem` of `Modules/_functoolsmodule.c`.");
  F(size, SIZE(lru_list_elem));
  F(prev, AT(lru_list_elem, prev)); NOTE("Borrowed.");
  F(next, AT(lru_list_elem, next)); NOTE("Borrowed.");
  F(key, AT(lru_list_elem, key));
  F(result, AT(lru_list_elem, result));
  STRUCT(future, "By hand: `FutureObj` of `Modules/_asynciomodule.c`, and the start of tasks. Compare `size` with the type's own: 3.10 has `exception_traceback` "
    "only from 3.10.6 on, and all behind it was 8 bytes nearer before.");
  F(size, SIZE(FutureObj));
  F(loop_, AT(FutureObj, fut_loop));
  F(callback0, AT(FutureObj, fut_callback0));
  F(context0, AT(FutureObj, fut_context0));
  F(callbacks, AT(FutureObj, fut_callbacks));
  F(exception, AT(FutureObj, fut_exception));
  F(exception_traceback, FROM_10(AT(FutureObj, fut_exception_tb)));
  F(result, AT(FutureObj, fut_result));
  F(source_traceback, AT(FutureObj, fut_source_tb));
  F(cancel_message, FROM_9(AT(FutureObj, fut_cancel_msg)));
  F(state, AT(FutureObj, fut_state)); NOTE("An `int`: 0 pending, 1 cancelled, 2 finished.");
  F(dict, UPTO_12(AT(FutureObj, dict))); NOTE("From 3.13 on the managed one.");
  F(weakreflist, UPTO_12(AT(FutureObj, fut_weakreflist)));
  F(cancelled_exc_state, FROM_9(UPTO_10(AT(FutureObj, fut_cancelled_exc_state)))); NOTE("An `exception_item` inside.");
  F(cancelled_exc, FROM_11(AT(FutureObj, fut_cancelled_exc)));
  F(awaited_by, FROM_14(AT(FutureObj, fut_awaited_by))); NOTE("A future, or a set of them.");
  STRUCT(task, "By hand: `TaskObj` of `Modules/_asynciomodule.c`: a `future` and behind it this.");
  F(size, SIZE(TaskObj));
  F(waits_for, AT(TaskObj, task_fut_waiter));
  F(coroutine, AT(TaskObj, task_coro));
  F(name, AT(TaskObj, task_name));
  F(context, AT(TaskObj, task_context));
  F(node, FROM_14(AT(TaskObj, task_node))); NOTE("`next` and `prev` in a list of all tasks of the thread; not owned.");
  STRUCT(thread_local, "By hand: `localobject` of `Modules/_threadmodule.c`.");
  F(size, SIZE(localobject));
  F(key, UPTO_12(AT(localobject, key))); NOTE("The key of its `thread_local_dummy` in each `thread.dict`.");
  F(args, AT(localobject, args));
  F(keywords, AT(localobject, kw));
  F(weakreflist, AT(localobject, weakreflist));
  F(dummies, UPTO_12(AT(localobject, dummies))); NOTE("A dictionary: weak reference to a `thread_local_dummy` to that thread's dictionary.");
  F(callback, UPTO_12(AT(localobject, wr_callback)));
  F(dicts, FROM_13(AT(localobject, localdicts))); NOTE("A dictionary: `thread.threading_local_key` to that thread's dictionary.");
  F(thread_watchdogs, FROM_13(AT(localobject, thread_watchdogs)));
  STRUCT(thread_local_dummy, "By hand: `localdummyobject` of `Modules/_threadmodule.c`.");
  F(size, SIZE(localdummyobject));
  F(dict, UPTO_12(AT(localdummyobject, localdict))); NOTE("Borrowed.");
  F(weakreflist, AT(localdummyobject, weakreflist));
  STRUCT(element, "By hand: `ElementObject` of `Modules/_elementtree.c`. The lowest bit of `text` and `tail` is a flag: clear it.");
  F(size, SIZE(ElementObject));
  F(tag, AT(ElementObject, tag));
  F(text, AT(ElementObject, text));
  F(tail, AT(ElementObject, tail));
  F(extra, AT(ElementObject, extra)); NOTE("An `element_extra` in a block of its own, or 0.");
  F(weakreflist, AT(ElementObject, weakreflist));
  STRUCT(element_extra, "By hand: `ElementObjectExtra` of `Modules/_elementtree.c`.");
  F(size, SIZE(ElementObjectExtra));
  F(attributes, AT(ElementObjectExtra, attrib));
  F(length, AT(ElementObjectExtra, length));
  F(allocated, AT(ElementObjectExtra, allocated));
  F(children, AT(ElementObjectExtra, children)); NOTE("Address of an array, inside or outside the block.");
  F(own_children, AT(ElementObjectExtra, _children));
  STRUCT(array, "By hand: `arrayobject` of `Modules/arraymodule.c`.");
  F(size, SIZE(arrayobject));
  F(item, AT(arrayobject, ob_item)); NOTE("Owned buffer or 0.");
  F(allocated, AT(arrayobject, allocated)); NOTE("In items.");
  F(description, AT(arrayobject, ob_descr));
  F(weakreflist, AT(arrayobject, weakreflist));
  F(description_typecode, AT(struct arraydescr, typecode)); NOTE("A byte, of the description.");
  F(description_itemsize, AT(struct arraydescr, itemsize)); NOTE("An `int`, of the description.");
}

int main(void) {
  printf("version %d.%d%s %s\n", PY_MAJOR_VERSION, PY_MINOR_VERSION, FREE_THREADED("t") WITH_GIL(""), PY_VERSION);
  runtime(); published(); interpreter(); collector(); lock(); thread(); frames(); objects(); containers(); values(); callables();
  suspended(); exceptions(); contexts(); buffers(); by_hand();
  return 0;
}
