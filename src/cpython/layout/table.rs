//! The numbers: one line for each field, one column for each version; `-`: not there in that version.
//!
//! Written by generate.py out of generate.c: change that, not this.

layouts! {
    versions: 3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15 3.13t 3.14t 3.15t
    // made of: 3.8.18 3.9.18 3.10.13 3.11.7 3.12.1 3.13.0 3.14.10 3.15.2 3.13.0 3.14.10 3.15.2

    /// `_PyRuntime`: the root of everything, one for each process.
    runtime: Runtime {
        /// Size of `_PyRuntimeState`.
        size              1464 656 672 166688 459944 283320 316616 346560 328256 365624 409296
        /// Offset of `_PyRuntimeState.interpreters.head`. Newest first; follow `interpreter.next`.
        interpreters_head   32  32  32     40     40    632    808    936    632    808    936
        /// Offset of `_PyRuntimeState.interpreters.main`.
        interpreters_main   40  40  40     48     48    640    816    944    640    816    944
        /// Offset of `_PyRuntimeState.finalizing` (to 3.8); Offset of `_PyRuntimeState._finalizing` (from 3.9
        /// on). The thread that ends the process; 0 while nobody does.
        finalizing          16  16  16     24     24    608    784    912    608    784    912
        /// Offset of `_PyRuntimeState.initialized`. An `int`: 1 once Python is up.
        initialized         12  12  12     16     16    600    776    904    600    776    904
        /// Offset of `_PyRuntimeState.main_thread`. Its `thread.thread_id`.
        main_thread         72  72  72     80     64    656    832    960    656    832    960
        /// Offset of `_PyRuntimeState.gilstate.autoTSSkey` (to 3.11); Offset of `_PyRuntimeState.autoTSSkey`
        /// (3.12 to 3.14).
        auto_tss_key      1392 584 584    592   1544   2160   2336      -   2160   2336      -
        /// Offset of `_PyRuntimeState.gc` (to 3.8). Base of `gc`.
        gc                 344   -   -      -      -      -      -      -      -      -      -
        /// Offset of `_PyRuntimeState.ceval.gil` (to 3.11). Base of `gil`, which lies inside.
        gil               1152 352 352    360      -      -      -      -      -      -      -
        /// Offset of `_PyRuntimeState.gilstate.tstate_current` (to 3.11). The thread that holds the GIL.
        tstate_current    1368 568 568    576      -      -      -      -      -      -      -
        /// Offset of `_PyRuntimeState._main_interpreter` (from 3.11 on). Lies inside.
        main_interpreter     -   -   -  58936  76392  88352  90752 120328 112640 115648 158968
        /// Offset of `_PyRuntimeState.tracemalloc.config.tracing` (3.12 and 3.13). An `int`.
        is_tracing           -   -   -      -   2772  10084      -      -      -      -      -
        /// Offset of `_PyRuntimeState.tracemalloc.config.max_nframe` (3.12 and 3.13). An `int`.
        traced_frames        -   -   -      -   2776  10088      -      -      -      -      -
        /// Offset of `_PyRuntimeState.tracemalloc.traces` (3.12 and 3.13). A `traces`.
        traces               -   -   -      -   2952  10264      -      -      -      -      -
    }

    /// `_Py_tracemalloc_config`, a variable of its own before it was part of `_PyRuntime`.
    tracing: Tracing {
        /// Offset of `struct _PyTraceMalloc_Config.tracing` (to 3.11). An `int`.
        is_tracing 4 4 4 4 - - - - - - -
        /// Offset of `struct _PyTraceMalloc_Config.max_nframe` (to 3.11). An `int`.
        frames     8 8 8 8 - - - - - - -
    }

    /// By hand: `_Py_hashtable_t` of `Modules/hashtable.h` (to 3.8), `internal/pycore_hashtable.h`: the blocks that
    /// `tracemalloc` traces. Each bucket is the address of its first `traces_entry`, or 0.
    traces: Traces {
        /// Offset of `struct traces.entries` (to 3.13).
        entries       8  0  0  0  0  0 - - - - -
        /// Offset of `struct traces.num_buckets` (to 3.13). A power of two.
        bucket_count  0  8  8  8  8  8 - - - - -
        /// Offset of `struct traces.buckets` (to 3.13).
        buckets      16 16 16 16 16 16 - - - - -
        /// Offset of `struct traces.key_size` (to 3.8). The `trace` lies that many bytes behind
        /// `traces_entry.key`.
        key_size     24  -  -  -  -  - - - - - -
    }

    /// By hand: `_Py_hashtable_entry_t`, and what is behind it.
    traces_entry: TracesEntry {
        /// Offset of `struct traces_entry.next` (to 3.13).
        next   0  0  0  0  0  0 - - - - -
        /// Offset of `struct traces_entry.key_hash` (to 3.13). Of an address: rotated to the right by four
        /// bits.
        hash   8  8  8  8  8  8 - - - - -
        /// Offset of `struct traces_entry.key` (to 3.13). The address of a block; with a `key_size` of more
        /// than 8 an `unsigned int` behind it is its domain.
        key   16 16 16 16 16 16 - - - - -
        /// Offset of `struct traces_entry.value` (3.9 to 3.13). Address of a `trace`.
        value  - 24 24 24 24 24 - - - - -
    }

    /// By hand: `trace_t` of `Modules/_tracemalloc.c` (`Python/tracemalloc.c` from 3.12 on).
    trace: Trace {
        /// Offset of `struct trace.size` (to 3.13). Bytes of the block.
        size      0 0 0 0 0 0 - - - - -
        /// Offset of `struct trace.traceback` (to 3.13).
        traceback 8 8 8 8 8 8 - - - - -
    }

    /// By hand: `traceback_t` of `Modules/_tracemalloc.c`, `struct tracemalloc_traceback` of
    /// `internal/pycore_tracemalloc.h` from 3.12 on.
    trace_frames: TraceFrames {
        /// Offset of `struct traceback_t.nframe` (to 3.13). Two bytes; an `int` to 3.8.
        frame_count  8  8  8  8  8  8 - - - - -
        /// Offset of `struct traceback_t.frames` (to 3.13). Innermost first.
        frames      12 12 12 12 12 12 - - - - -
        /// Size of one of `struct traceback_t.frames` (to 3.13).
        frame_size  12 12 12 12 12 12 - - - - -
        /// Offset of `struct traceback_frame.filename` (to 3.13). Of a frame.
        filename     0  0  0  0  0  0 - - - - -
        /// Offset of `struct traceback_frame.lineno` (to 3.13). Of a frame, an `unsigned int`.
        line         8  8  8  8  8  8 - - - - -
    }

    /// `_Py_DebugOffsets`: what CPython says of itself, at the start of `_PyRuntime`. Each field is the place of a
    /// 64-bit word there. Where its sizes are those of `runtime.size`, `interpreter.size`, `thread.public_size` and
    /// `gc.size`, the numbers here hold for this very build. Bugfix releases add fields, mostly at ends: then the
    /// places that are published, such as `sysdict`, tell whether those here still hold, or which of the candidates
    /// does.
    published: Published {
        /// Size of `_PyRuntimeState.debug_offsets` (from 3.13 on).
        size             - - - - - 584 760 888 584 760 888
        /// Offset of `_PyRuntimeState.debug_offsets.cookie` (from 3.13 on). The eight bytes `xdebugpy`.
        cookie           - - - - -   0   0   0   0   0   0
        /// Offset of `_PyRuntimeState.debug_offsets.version` (from 3.13 on). `PY_VERSION_HEX`, such as
        /// 0x030d00f0 for 3.13.0.
        version          - - - - -   8   8   8   8   8   8
        /// Offset of `_PyRuntimeState.debug_offsets.free_threaded` (from 3.13 on). 1 in builds without the GIL.
        free_threaded    - - - - -  16  16  16  16  16  16
        /// Offset of `_PyRuntimeState.debug_offsets.runtime_state.size` (from 3.13 on).
        runtime_size     - - - - -  24  24  24  24  24  24
        /// Offset of `_PyRuntimeState.debug_offsets.interpreter_state.size` (from 3.13 on).
        interpreter_size - - - - -  48  48  48  48  48  48
        /// Offset of `_PyRuntimeState.debug_offsets.interpreter_state.next` (from 3.13 on). To compare with
        /// `interpreter.next`; the same holds for those that follow.
        next             - - - - -  64  64  64  64  64  64
        /// Offset of `_PyRuntimeState.debug_offsets.interpreter_state.threads_head` (from 3.13 on).
        threads_head     - - - - -  72  72  72  72  72  72
        /// Offset of `_PyRuntimeState.debug_offsets.interpreter_state.gc` (from 3.13 on).
        gc               - - - - -  80  88  88  80  88  88
        /// Offset of `_PyRuntimeState.debug_offsets.interpreter_state.imports_modules` (from 3.13 on).
        modules          - - - - -  88  96  96  88  96  96
        /// Offset of `_PyRuntimeState.debug_offsets.interpreter_state.sysdict` (from 3.13 on).
        sysdict          - - - - -  96 104 104  96 104 104
        /// Offset of `_PyRuntimeState.debug_offsets.interpreter_state.builtins` (from 3.13 on).
        builtins         - - - - - 104 112 112 104 112 112
        /// Offset of `_PyRuntimeState.debug_offsets.interpreter_state.ceval_gil` (from 3.13 on).
        gil              - - - - - 112 120 120 112 120 120
        /// Offset of `_PyRuntimeState.debug_offsets.thread_state.size` (from 3.13 on).
        thread_size      - - - - - 152 176 176 152 176 176
        /// Offset of `_PyRuntimeState.debug_offsets.interpreter_frame.size` (from 3.13 on).
        frame_size       - - - - - 224 248 312 224 248 312
        /// Offset of `_PyRuntimeState.debug_offsets.code_object.size` (from 3.13 on).
        code_size        - - - - - 272 312 376 272 312 376
        /// Offset of `_PyRuntimeState.debug_offsets.gc.size` (from 3.13 on).
        gc_size          - - - - - 568 648 752 568 648 752
    }

    /// `PyInterpreterState`: modules, collector and threads of one interpreter.
    interpreter: Interpreter {
        /// Size of `PyInterpreterState`.
        size                       2720 5656 113528 107752 383552 194968 225864 226232 215616 249976 250328
        /// Offset of `PyInterpreterState.next`.
        next                          0    0      0      0      0   7264   7272   7264   7264   7272   7264
        /// Offset of `PyInterpreterState.id`.
        id                           16   24     24     48      8   7272   7280   7272   7272   7280   7272
        /// Offset of `PyInterpreterState.tstate_head` (to 3.10); Offset of `PyInterpreterState.threads.head`
        /// (from 3.11 on). Newest first; follow `thread.next`.
        threads_head                  8    8      8     16     72   7344   7344   7336   7344   7344   7336
        /// Offset of `PyInterpreterState.finalizing`. An `int`.
        finalizing                   48   56     56     84     44   7320   7320   7312   7320   7320   7312
        /// Offset of `PyInterpreterState.gc` (from 3.9 on). Base of `gc`, which lies inside.
        gc                            -  616    616    648    112   7400   7408   7400   7400   7408   7400
        /// Offset of `PyInterpreterState.ceval.gil` (from 3.12 on). A pointer to `gil`; interpreters may share
        /// one.
        gil                           -    -      -      -    384     16     16     16     16     16     16
        /// Offset of `PyInterpreterState.modules` (to 3.11); Offset of `PyInterpreterState.imports.modules`
        /// (from 3.12 on).
        modules                      56  856    856    888    944   7656   7688   7592   7664   7712   7592
        /// Offset of `PyInterpreterState.modules_by_index` (to 3.11); Offset of
        /// `PyInterpreterState.imports.modules_by_index` (from 3.12 on).
        modules_by_index             64  864    864    896    952   7664   7696   7600   7672   7720   7600
        /// Offset of `PyInterpreterState.importlib` (to 3.11); Offset of `PyInterpreterState.imports.importlib`
        /// (from 3.12 on).
        importlib                    88  888    888    920    960   7672   7704   7608   7680   7728   7608
        /// Offset of `PyInterpreterState.import_func` (to 3.11); Offset of
        /// `PyInterpreterState.imports.import_func` (from 3.12 on).
        import_func                 560 1392   1360   1416    984   7696   7728   7632   7704   7752   7632
        /// Offset of `PyInterpreterState.sysdict`.
        sysdict                      72  872    872    904    352   7640   7672   7576   7648   7696   7576
        /// Offset of `PyInterpreterState.builtins`.
        builtins                     80  880    880    912    360   7648   7680   7584   7656   7704   7584
        /// Offset of `PyInterpreterState.sysdict_copy` (from 3.12 on).
        sysdict_copy                  -    -      -      -   1728   8456   8504   8456   8472   8544   8472
        /// Offset of `PyInterpreterState.builtins_copy`.
        builtins_copy               552 1384   1352   1408   1736   8464   8512   8464   8480   8552   8480
        /// Offset of `PyInterpreterState.codec_search_path` (to 3.12); Offset of
        /// `PyInterpreterState.codecs.search_path` (from 3.13 on).
        codec_search_path           120  912    912    936   1248   7960   8000   7952   7976   8032   7960
        /// Offset of `PyInterpreterState.codec_search_cache` (to 3.12); Offset of
        /// `PyInterpreterState.codecs.search_cache` (from 3.13 on).
        codec_search_cache          128  920    920    944   1256   7968   8008   7960   7984   8040   7968
        /// Offset of `PyInterpreterState.codec_error_registry` (to 3.12); Offset of
        /// `PyInterpreterState.codecs.error_registry` (from 3.13 on).
        codec_error_registry        136  928    928    952   1264   7976   8016   7968   7992   8048   7976
        /// Offset of `PyInterpreterState.dict`. What extensions keep for each interpreter.
        dict                        544 1376   1344   1400   1720   8448   8496   8448   8464   8536   8464
        /// Offset of `PyInterpreterState.eval_frame`. A C function.
        eval_frame                  568 1400   1368   1424   1744   8472   8520   8472   8488   8560   8488
        /// Offset of `PyInterpreterState.before_forkers`.
        before_forkers             2624 3456   3424   3480   3872  10632  10696  10672  10648  10736  10688
        /// Offset of `PyInterpreterState.after_forkers_parent`.
        after_forkers_parent       2632 3464   3432   3488   3880  10640  10704  10680  10656  10744  10696
        /// Offset of `PyInterpreterState.after_forkers_child`.
        after_forkers_child        2640 3472   3440   3496   3888  10648  10712  10688  10664  10752  10704
        /// Offset of `PyInterpreterState.audit_hooks`.
        audit_hooks                2704 3536   3504   3552 267208  10808  10912  10888  17440  17336  17288
        /// Offset of `PyInterpreterState.warnings.filters`.
        warnings_filters           2672 3504   3456   3504   3896  10656  10720  10696  10672  10760  10712
        /// Offset of `PyInterpreterState.warnings.once_registry`.
        warnings_once_registry     2680 3512   3464   3512   3904  10664  10728  10704  10680  10768  10720
        /// Offset of `PyInterpreterState.warnings.default_action`.
        warnings_default_action    2688 3520   3472   3520   3912  10672  10736  10712  10688  10776  10728
        /// Offset of `PyInterpreterState.pyexitmodule` (to 3.9). The module `atexit`, whose state has the
        /// callbacks.
        pyexitmodule               2656 3488      -      -      -      -      -      -      -      -      -
        /// Offset of `PyInterpreterState.atexit.callbacks` (from 3.10 on). To 3.13 an array of pointers to
        /// `atexit_callback`, some of them 0; from 3.14 on a list of `(func, args, kwargs)`.
        atexit_callbacks              -    -   3488   3536   3944  10712  10792  10768  10728  10840  10792
        /// Offset of `PyInterpreterState.atexit.ncallbacks` (3.10 to 3.13). An `int`.
        atexit_ncallbacks             -    -   3496   3544   3952  10720      -      -  10736      -      -
        /// Offset of `PyInterpreterState.cached_objects.interned_strings` (from 3.12 on). A dictionary that
        /// does not own its keys and values; before 3.12 a static variable of `unicodeobject.c`.
        interned_strings              -    -      -      - 382936 194328 224624 224896 197416 230424 230640
        /// Offset of `PyInterpreterState.exc_state.errnomap` (from 3.10 on).
        errnomap                      -    -  13312   7128 273400  82640  79888  79896  85728  85680  85632
        /// Offset of `PyInterpreterState.cached_objects` (from 3.12 on). Single objects, all owned but the
        /// interned strings.
        cached_objects                -    -      -      - 382936 194328 224624 224896 197416 230416 230632
        /// Size of `PyInterpreterState.cached_objects` (from 3.12 on).
        cached_objects_size           -    -      -      -    160    160    160     88    160    168    104
        /// Offset of `PyInterpreterState.monitoring_callables` (from 3.12 on). A table of objects.
        monitoring_callables          -    -      -      - 381784 193176 223280 223552 196264 229072 229288
        /// Size of `PyInterpreterState.monitoring_callables` (from 3.12 on).
        monitoring_callables_size     -    -      -      -   1088   1088   1216   1216   1088   1216   1216
        /// Offset of `PyInterpreterState.monitoring_tool_names` (from 3.12 on).
        monitoring_tool_names         -    -      -      - 382872 194264 224496 224768 197352 230288 230504
        /// Size of `PyInterpreterState.monitoring_tool_names` (from 3.12 on).
        monitoring_tool_names_size    -    -      -      -     64     64     64     64     64     64     64
        /// Offset of `PyInterpreterState.types.builtins` (3.12); Offset of
        /// `PyInterpreterState.types.builtins.initialized` (from 3.13 on). An array of `static_type`.
        static_types                  -    -      -      - 373704 182968 180240 180264 186056 186032 186000
        /// Offset of `PyInterpreterState.types.num_builtins_initialized` (3.12); Offset of
        /// `PyInterpreterState.types.builtins.num_initialized` (from 3.13 on).
        static_types_used             -    -      -      - 373696 182960 180232 180256 186048 186024 185992
        /// Number of `PyInterpreterState.types.builtins` (3.12); Number of
        /// `PyInterpreterState.types.builtins.initialized` (from 3.13 on).
        static_types_count            -    -      -      -    200    200    200    203    200    200    203
        /// Offset of `PyInterpreterState.types.for_extensions.initialized` (from 3.13 on). An array of
        /// `static_type`.
        extension_types               -    -      -      -      - 192584 189856 190024 195672 195648 195760
        /// Offset of `PyInterpreterState.types.for_extensions.num_initialized` (from 3.13 on).
        extension_types_used          -    -      -      -      - 192568 189840 190008 195656 195632 195744
        /// Number of `PyInterpreterState.types.for_extensions.initialized` (from 3.13 on).
        extension_types_count         -    -      -      -      -     10     10     10     10     10     10
        /// Offset of `PyInterpreterState.type_cache.hashtable` (3.10 and 3.11); Offset of
        /// `PyInterpreterState.types.type_cache.hashtable` (from 3.12 on). Entries of `type_cache_entry`. To
        /// 3.11 `name` is owned, `value` borrowed.
        type_cache                    -    -  15216   9056 275392  84656  81928  81952  87744  87720  87688
        /// Size of `PyInterpreterState.type_cache.hashtable` (3.10 and 3.11); Size of
        /// `PyInterpreterState.types.type_cache.hashtable` (from 3.12 on).
        type_cache_size               -    -  98304  98304  98304  98304  98304  98304  98304  98304  98304
        /// Offset of `PyInterpreterState._initial_thread` (from 3.11 on). The first thread's state lies inside.
        initial_thread                -    -      - 107392 383264 194624 224928 225136 197744 230760 230920
    }

    /// `struct type_cache_entry`: one line of the attribute cache of types.
    type_cache_entry: TypeCacheEntry {
        /// Size of `struct type_cache_entry` (from 3.10 on).
        size  - - 24 24 24 24 24 24 24 24 24
        /// Offset of `struct type_cache_entry.name` (from 3.10 on).
        name  - -  8  8  8  8  8  8  8  8  8
        /// Offset of `struct type_cache_entry.value` (from 3.10 on).
        value - - 16 16 16 16 16 16 16 16 16
    }

    /// `atexit_callback` (`atexit_py_callback` from 3.12 on): what `atexit.register` keeps, to 3.13.
    atexit_callback: AtexitCallback {
        /// Offset of `atexit_callback.func` (3.10 and 3.11); Offset of `atexit_py_callback.func` (3.12 and
        /// 3.13).
        func   - -  0  0  0  0 - -  0 - -
        /// Offset of `atexit_callback.args` (3.10 and 3.11); Offset of `atexit_py_callback.args` (3.12 and
        /// 3.13).
        args   - -  8  8  8  8 - -  8 - -
        /// Offset of `atexit_callback.kwargs` (3.10 and 3.11); Offset of `atexit_py_callback.kwargs` (3.12 and
        /// 3.13).
        kwargs - - 16 16 16 16 - - 16 - -
    }

    /// `static_builtin_state` (3.12), `managed_static_type_state` (from 3.13 on): what one interpreter keeps of a
    /// static type. Types with the flag `_STATIC_BUILTIN` have 0 in `type_object.dict` and `weaklist`; `subclasses` is
    /// their index + 1 in one of the two arrays, the one whose entry has the type as `kind`.
    static_type: StaticType {
        /// Size of `managed_static_type_state` (from 3.12 on).
        size       - - - - 40 48 48 48 48 48 48
        /// Offset of `managed_static_type_state.type` (from 3.12 on). The type.
        kind       - - - -  0  0  0  0  0  0  0
        /// Offset of `managed_static_type_state.tp_dict` (from 3.12 on).
        dict       - - - - 16 24 24 24 24 24 24
        /// Offset of `managed_static_type_state.tp_subclasses` (from 3.12 on).
        subclasses - - - - 24 32 32 32 32 32 32
        /// Offset of `managed_static_type_state.tp_weaklist` (from 3.12 on).
        weaklist   - - - - 32 40 40 40 40 40 40
    }

    /// `struct _gc_runtime_state`: the collector's lists. A list is a circle of `gc_head` through a head of its own:
    /// the address of its first object's head is in the list's `next`; it ends where it began. Where a collection runs,
    /// objects are in lists on the C stack instead.
    gc: Gc {
        /// Size of `struct _gc_runtime_state`.
        size                 240 240 240 240 240 240 264 176 248 288 176
        /// Offset of `struct _gc_runtime_state.enabled`. An `int`.
        enabled               12  12  12  12  12  12  12   0  12  12   0
        /// Offset of `struct _gc_runtime_state.debug`. An `int`.
        debug                 16  16  16  16  16  16  16   4  16  16   4
        /// Offset of `struct _gc_runtime_state.collecting`. An `int`: 1 while a collection runs.
        collecting           200 200 200 200 200 200 192 112 200 192 112
        /// Offset of `struct _gc_runtime_state.generations`. The youngest first. 3.14.0 to 3.14.4 collect in
        /// increments; their `young` and `old[2]` lie in the same place.
        generations           24  24  24  24  24  24  24   8   -   -   -
        /// Number of `struct _gc_runtime_state.generations`.
        generation_count       3   3   3   3   3   3   3   3   -   -   -
        /// Offset of `struct _gc_runtime_state.permanent_generation`. What `gc.freeze` put aside.
        permanent_generation 104 104 104 104 104 104  96  80 104  96  80
        /// Size of `struct gc_generation`.
        generation_size       24  24  24  24  24  24  24  24  24  24  24
        /// Offset of `struct gc_generation.head`. A `gc_head`.
        generation_head        0   0   0   0   0   0   0   0   0   0   0
        /// Offset of `struct gc_generation.threshold`. An `int`.
        generation_threshold  16  16  16  16  16  16  16  16  16  16  16
        /// Offset of `struct gc_generation.count`. An `int`; of older generations it counts collections.
        generation_objects    20  20  20  20  20  20  20  20  20  20  20
        /// Offset of `struct _gc_runtime_state.garbage`.
        garbage              208 208 208 208 208 208 200 128 208 200 128
        /// Offset of `struct _gc_runtime_state.callbacks`.
        callbacks            216 216 216 216 216 216 208 136 216 208 136
        /// Offset of `struct _gc_runtime_state.trash_delete_later` (to 3.14).
        trash_delete_later     0   0   0   0   0   0   0   -   0   0   -
    }

    /// `PyGC_Head`: lies before each object that the collector may track. The low bits of both words are flags: clear
    /// the lowest two of `next` and `prev` before following. `prev`: 1 finalized, 2 collecting. `next`: 1 unreachable
    /// or, in 3.14.0 to 3.14.4, which of the two old lists. A `next` of 0 means untracked. Builds without the GIL have
    /// none.
    gc_head: GcHead {
        /// Size of `PyGC_Head`.
        size 16 16 16 16 16 16 16 16 - - -
        /// Offset of `PyGC_Head._gc_next`.
        next  0  0  0  0  0  0  0  0 - - -
        /// Offset of `PyGC_Head._gc_prev`.
        prev  8  8  8  8  8  8  8  8 - - -
    }

    /// `struct _gil_runtime_state`: the global lock.
    gil: Gil {
        /// Offset of `struct _gil_runtime_state.locked`. An `int`: 1 held, 0 free, -1 not made.
        locked        16 16 16 16 16 16 16 16 24 24 24
        /// Offset of `struct _gil_runtime_state.switch_number`. Counts only when another thread takes it than
        /// had it last.
        switch_number 24 24 24 24 24 24 24 24 32 32 32
        /// Offset of `struct _gil_runtime_state.last_holder`. A `thread`; stays when the lock is let go.
        last_holder    8  8  8  8  8  8  8  8 16 16 16
    }

    /// `PyThreadState`.
    thread: Thread {
        /// Size of `PyThreadState` (to 3.12); Size of `_PyThreadStateImpl` (from 3.13 on).
        size                            264 264 280 360 288 336 936 1096 17816 19216 19408
        /// Size of `PyThreadState`.
        public_size                     264 264 280 360 288 304 832  888   304   832   888
        /// Offset of `PyThreadState.prev`.
        prev                              0   0   0   0   0   0   0    0     0     0     0
        /// Offset of `PyThreadState.next`.
        next                              8   8   8   8   8   8   8    8     8     8     8
        /// Offset of `PyThreadState.interp`.
        interp                           16  16  16  16  16  16  16   16    16    16    16
        /// Offset of `PyThreadState.frame` (to 3.10). A `frame_object`, borrowed; follow its `back`.
        frame                            24  24  24   -   -   -   -    -     -     -     -
        /// Offset of `PyThreadState.cframe` (3.11 and 3.12). A `cframe` on the C stack, which has the frame.
        cframe                            -   -   -  56  56   -   -    -     -     -     -
        /// Offset of `PyThreadState.current_frame` (from 3.13 on). An `interpreter_frame`.
        current_frame                     -   -   -   -   -  72  72   72    72    72    72
        /// Offset of `PyThreadState.dict`.
        dict                            152 152 152 128 112 128 128  152   128   128   152
        /// Offset of `PyThreadState.context`.
        context                         240 240 240 224 208 208 208  232   208   208   232
        /// Offset of `PyThreadState.thread_id`. The value of `pthread_self`.
        thread_id                       176 176 176 152 136 152 152  176   152   152   176
        /// Offset of `PyThreadState.native_thread_id` (from 3.11 on). The kernel's number; stale in a child
        /// after `fork`.
        native_thread_id                  -   -   - 160 144 160 160  184   160   160   184
        /// Offset of `PyThreadState.id`.
        id                              256 256 256 240 224 224 224  248   224   224   248
        /// Offset of `PyThreadState.exc_info`. The top `exception_item`: of the innermost running generator,
        /// else `exc_state`.
        exc_info                        144 144 144 120 104 120 120  144   120   120   144
        /// Offset of `PyThreadState.exc_state`. An `exception_item` inside.
        exc_state                       112 112 112 320 256 256 256  288   256   256   288
        /// Offset of `PyThreadState.curexc_type` (to 3.11).
        curexc_type                      88  88  88  96   -   -   -    -     -     -     -
        /// Offset of `PyThreadState.curexc_value` (to 3.11).
        curexc_value                     96  96  96 104   -   -   -    -     -     -     -
        /// Offset of `PyThreadState.curexc_traceback` (to 3.11).
        curexc_traceback                104 104 104 112   -   -   -    -     -     -     -
        /// Offset of `PyThreadState.current_exception` (from 3.12 on).
        current_exception                 -   -   -   -  96 112 112  136   112   112   136
        /// Offset of `PyThreadState.c_profilefunc`. A C function.
        c_profilefunc                    56  56  56  64  64  80  80  104    80    80   104
        /// Offset of `PyThreadState.c_tracefunc`. A C function.
        c_tracefunc                      64  64  64  72  72  88  88  112    88    88   112
        /// Offset of `PyThreadState.c_profileobj`.
        c_profileobj                     72  72  72  80  80  96  96  120    96    96   120
        /// Offset of `PyThreadState.c_traceobj`.
        c_traceobj                       80  80  80  88  88 104 104  128   104   104   128
        /// Offset of `PyThreadState.async_exc`.
        async_exc                       168 168 168 144 128 144 144  168   144   144   168
        /// Offset of `PyThreadState.async_gen_firstiter`.
        async_gen_firstiter             224 224 224 208 192 192 192  216   192   192   216
        /// Offset of `PyThreadState.async_gen_finalizer`.
        async_gen_finalizer             232 232 232 216 200 200 200  224   200   200   224
        /// Offset of `PyThreadState.coroutine_origin_tracking_depth`. An `int`.
        coroutine_origin_tracking_depth 216 216 216 200 184 184 184  208   184   184   208
        /// Offset of `PyThreadState.gilstate_counter`. An `int`.
        gilstate_counter                160 160 160 136 120 136 136  160   136   136   160
        /// Offset of `PyThreadState.trash_delete_later` (to 3.11); Offset of `PyThreadState.trash.delete_later`
        /// (3.12); Offset of `PyThreadState.delete_later` (from 3.13 on). Objects whose end is put off, chained
        /// through `gc_head.prev` (from 3.12 on, of untracked objects, otherwise).
        delete_later                    192 192 192 176 160 168 168  192   168   168   192
        /// Offset of `PyThreadState.datastack_chunk` (from 3.11 on). A `stack_chunk`: frames lie there.
        datastack_chunk                   -   -   - 296 232 232 232  256   232   232   256
        /// Offset of `PyThreadState.datastack_top` (from 3.11 on).
        datastack_top                     -   -   - 304 240 240 240  264   240   240   264
        /// Offset of `PyThreadState.datastack_limit` (from 3.11 on).
        datastack_limit                   -   -   - 312 248 248 248  272   248   248   272
        /// Offset of `PyThreadState.threading_local_key` (from 3.13 on).
        threading_local_key               -   -   -   -   - 288 288  328   288   288   328
        /// Offset of `PyThreadState.threading_local_sentinel` (from 3.13 on).
        threading_local_sentinel          -   -   -   -   - 296 296  336   296   296   336
        /// Offset of `PyThreadState.state` (from 3.13 on). An `int`: 0 detached, 1 attached, 2 suspended, 3
        /// shutting down.
        holds_state                       -   -   -   -   -  40  44   48    40    44    48
    }

    /// `_PyErr_StackItem`: an exception that is being handled, one for each thread and suspended generator.
    exception_item: ExceptionItem {
        /// Size of `_PyErr_StackItem`.
        size          32 32 32 16 16 16 16 16 16 16 16
        /// Offset of `_PyErr_StackItem.exc_type` (to 3.10).
        exc_type       0  0  0  -  -  -  -  -  -  -  -
        /// Offset of `_PyErr_StackItem.exc_value`. 0 or `None` where none is handled.
        exc_value      8  8  8  0  0  0  0  0  0  0  0
        /// Offset of `_PyErr_StackItem.exc_traceback` (to 3.10).
        exc_traceback 16 16 16  -  -  -  -  -  -  -  -
        /// Offset of `_PyErr_StackItem.previous_item`. Borrowed.
        previous_item 24 24 24  8  8  8  8  8  8  8  8
    }

    /// `CFrame`, `_PyCFrame`: what one run of the interpreter's loop keeps on the C stack.
    cframe: Cframe {
        /// Offset of `_PyCFrame.current_frame` (3.11 and 3.12). An `interpreter_frame`.
        current_frame - - -  8 0 - - - - - -
        /// Offset of `CFrame.previous` (3.10); Offset of `_PyCFrame.previous` (3.11 and 3.12).
        previous      - - 8 16 8 - - - - - -
    }

    /// `_PyStackChunk`: a piece of a thread's frames.
    stack_chunk: StackChunk {
        /// Offset of `_PyStackChunk.previous` (from 3.11 on).
        previous - - -  0  0  0  0  0  0  0  0
        /// Offset of `_PyStackChunk.size` (from 3.11 on).
        bytes    - - -  8  8  8  8  8  8  8  8
        /// Offset of `_PyStackChunk.top` (from 3.11 on). In words, as it was when the next chunk was begun.
        top      - - - 16 16 16 16 16 16 16 16
        /// Offset of `_PyStackChunk.data` (from 3.11 on).
        data     - - - 24 24 24 24 24 24 24 24
    }

    /// `_PyInterpreterFrame`: locals and value stack of a call. From `localsplus` on come `code.nlocalsplus` locals,
    /// cells and free variables, then the value stack. Valid words to 3.13: `stacktop`, counted from `localsplus` and
    /// with the locals in it; it is -1 while the frame itself or C code that it called runs: then take
    /// `code.nlocalsplus + code.stacksize` words, of which those of the stack may be stale, and check each. From 3.14
    /// on `stackpointer` is the address after the last word (0 while it runs by itself, right while it calls), and
    /// `code`, `funcobj`, locals and stack are `_PyStackRef`, whose lowest two bits are a tag: 3 is a number (in the
    /// other bits) and no object; else clear them: 0 is then none, and the tag 1 says that this reference is not in the
    /// count of the object.
    interpreter_frame: InterpreterFrame {
        /// Size of `_PyInterpreterFrame` (from 3.11 on).
        size          - - - 80 80 80 88 88 80 88 88
        /// Offset of `_PyInterpreterFrame.f_code` (3.11 and 3.12); Offset of `_PyInterpreterFrame.f_executable`
        /// (from 3.13 on). From 3.13 on it may be `None`, from 3.14 on 0, for frames of C code.
        code          - - - 32  0  0  0  0  0  0  0
        /// Offset of `_PyInterpreterFrame.f_func` (3.11); Offset of `_PyInterpreterFrame.f_funcobj` (from 3.12
        /// on).
        funcobj       - - -  0 16 16 16 16 16 16 16
        /// Offset of `_PyInterpreterFrame.f_globals` (from 3.11 on). Borrowed.
        globals       - - -  8 24 24 24 24 24 24 24
        /// Offset of `_PyInterpreterFrame.f_builtins` (from 3.11 on). Borrowed.
        builtins      - - - 16 32 32 32 32 32 32 32
        /// Offset of `_PyInterpreterFrame.f_locals` (from 3.11 on). 0 in functions.
        locals        - - - 24 40 40 40 40 40 40 40
        /// Offset of `_PyInterpreterFrame.frame_obj` (from 3.11 on). 0 until somebody asks for it.
        frame_object  - - - 40 48 48 48 48 48 48 48
        /// Offset of `_PyInterpreterFrame.previous` (from 3.11 on).
        previous      - - - 48  8  8  8  8  8  8  8
        /// Offset of `_PyInterpreterFrame.prev_instr` (3.11 and 3.12); Offset of
        /// `_PyInterpreterFrame.instr_ptr` (from 3.13 on). An address in `code.code_adaptive`; to 3.12 before
        /// the next instruction, which may be one unit before the first.
        instruction   - - - 56 56 56 56 56 56 56 56
        /// Offset of `_PyInterpreterFrame.stacktop` (3.11 to 3.13). An `int`.
        stacktop      - - - 64 64 64  -  - 64  -  -
        /// Offset of `_PyInterpreterFrame.stackpointer` (from 3.14 on).
        stackpointer  - - -  -  -  - 64 64  - 64 64
        /// Offset of `_PyInterpreterFrame.return_offset` (from 3.12 on).
        return_offset - - -  - 68 68 72 72 68 76 76
        /// Offset of `_PyInterpreterFrame.owner` (from 3.11 on). A byte: 0 thread, 1 generator, 2 frame object,
        /// 3 C stack (3.12 and 3.13) or interpreter (from 3.14 on), 4 C stack (3.14): these have no function
        /// and no locals.
        owner         - - - 69 70 70 74 74 70 78 78
        /// Offset of `_PyInterpreterFrame.localsplus` (from 3.11 on).
        localsplus    - - - 72 72 72 80 80 72 80 80
    }

    /// `PyFrameObject`. To 3.10 it is the frame: from `localsplus` on come `code.nlocals` locals, the cells and the
    /// free variables, then the value stack, up to `stacktop` (to 3.9) or `valuestack + stackdepth` words (3.10). While
    /// it runs, and while whatever it called runs, these are 0 and -1: then take `code.stacksize` words, which may be
    /// stale, and check each. From 3.11 on it points to an `interpreter_frame`, which lies inside it (`data`) once the
    /// call has ended.
    frame_object: FrameObject {
        /// Size of `PyFrameObject` (to 3.10); Size of `PyFrameObject` without locals (from 3.11 on).
        size                    368 368 360 120 120 136 152 152 152 168 168
        /// Offset of `PyFrameObject.f_back`.
        back                     24  24  24  16  16  16  16  16  32  32  32
        /// Offset of `PyFrameObject.f_code` (to 3.10).
        code                     32  32  32   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_builtins` (to 3.10).
        builtins                 40  40  40   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_globals` (to 3.10).
        globals                  48  48  48   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_locals` (to 3.10).
        locals                   56  56  56   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_valuestack` (to 3.10). Address of its first word.
        valuestack               64  64  64   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_stacktop` (to 3.9).
        stacktop                 72  72   -   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_stackdepth` (3.10). An `int`.
        stackdepth                -   -  80   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_trace`.
        trace                    80  80  72  32  32  32  32  32  48  48  48
        /// Offset of `PyFrameObject.f_gen` (to 3.10). Borrowed.
        generator                96  96  88   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_lasti` (to 3.10). An `int`; bytes to 3.9, units of two bytes in 3.10; -1
        /// before the start.
        lasti                   104 104  96   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_lineno`. An `int`; valid only while traced (to 3.9) or when not 0.
        lineno                  108 108 100  40  40  40  40  40  56  56  56
        /// Offset of `PyFrameObject.f_iblock` (to 3.10).
        iblock                  112 112 104   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_executing` (to 3.9); Offset of `PyFrameObject.f_state` (3.10). A byte: 1
        /// runs (to 3.9); -2 created, -1 suspended, 0 runs, from 1 on over (3.10).
        state                   116 116 108   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_localsplus` (to 3.10).
        localsplus              360 360 352   -   -   -   -   -   -   -   -
        /// Offset of `PyFrameObject.f_frame` (from 3.11 on). An `interpreter_frame`.
        frame                     -   -   -  24  24  24  24  24  40  40  40
        /// Offset of `PyFrameObject.f_extra_locals` (from 3.13 on).
        extra_locals              -   -   -   -   -  48  48  48  64  64  64
        /// Offset of `PyFrameObject.f_locals_cache` (from 3.13 on).
        locals_cache              -   -   -   -   -  56  56  56  72  72  72
        /// Offset of `PyFrameObject.f_overwritten_fast_locals` (from 3.14 on).
        overwritten_fast_locals   -   -   -   -   -   -  64  64   -  80  80
        /// Offset of `PyFrameObject._f_frame_data` (from 3.11 on).
        data                      -   -   -  48  48  64  72  72  80  88  88
    }

    /// `PyObject`, and what may lie before one. With the GIL the words before an object are, nearest first: two of
    /// `gc_head` if its type has `Py_TPFLAGS_HAVE_GC`, then (types with `MANAGED_DICT`, `MANAGED_WEAKREF`) the managed
    /// ones.
    object: Object {
        /// Size of `PyObject`.
        size                   16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyObject.ob_refcnt`. To 3.11 a whole word. From 3.12 on 32 bits, immortal when bit 31 is
        /// set; from 3.14 on there are flags in the high 16 bits of the word.
        refcnt                  0  0  0  0  0  0  0  0  -  -  -
        /// Offset of `PyObject.ob_tid` (without the GIL). The thread that owns it.
        thread                  -  -  -  -  -  -  -  -  0  0  0
        /// Offset of `PyObject.ob_gc_bits` (without the GIL). A byte; bit 0 tracked, 1 finalized, 3 frozen.
        gc_bits                 -  -  -  -  -  -  -  - 11 11 11
        /// Offset of `PyObject.ob_ref_local` (without the GIL). 32 bits; all ones: immortal. Add it to the
        /// shared one.
        refcnt_local            -  -  -  -  -  -  -  - 12 12 12
        /// Offset of `PyObject.ob_ref_shared` (without the GIL). A signed word; the lowest two bits are flags.
        refcnt_shared           -  -  -  -  -  -  -  - 16 16 16
        /// Offset of `PyObject.ob_type`. `ob_type`.
        kind                    8  8  8  8  8  8  8  8 24 24 24
        /// Size of `PyVarObject`.
        var_size               24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyVarObject.ob_size`. `ob_size`: number of items, of objects that have it.
        items                  16 16 16 16 16 16 16 16 32 32 32
        /// Distance of the managed dictionary before the object (from 3.11 on). 3.11: the dictionary or 0.
        /// 3.12: a word; lowest bit set: `dict_values` at the word + 1, else the dictionary or 0. From 3.13 on:
        /// the dictionary or 0; see `dict_values` for the inline ones.
        managed_dict_before     -  -  - 24 24 24 24 24  8  8  8
        /// Distance of the inline values before the object (3.11). `dict_values` or 0.
        managed_values_before   -  -  - 32  -  -  -  -  -  -  -
        /// Distance of the managed list of weak references before the object (from 3.12 on).
        managed_weakref_before  -  -  -  - 32 32 32 32 16 16 16
    }

    /// `PyTypeObject`. Bits of `flags`: 2 `INLINE_VALUES` (3.13 on), 3 `MANAGED_WEAKREF` (3.12 on), 4 `MANAGED_DICT`
    /// (3.11 on), 1 `_STATIC_BUILTIN` (3.12 on), 5 `SEQUENCE` and 6 `MAPPING` (3.10 on), 7 `DISALLOW_INSTANTIATION` and
    /// 8 `IMMUTABLETYPE` (3.10 on), 9 `HEAPTYPE`, 10 `BASETYPE`, 11 `HAVE_VECTORCALL` (3.9 on), 12 `READY`, 13
    /// `READYING`, 14 `HAVE_GC`, 17 `METHOD_DESCRIPTOR`, 20 `IS_ABSTRACT`, 23 `ITEMS_AT_END` (3.12 on), 24 to 31
    /// subclass of int, list, tuple, bytes, str, dict, BaseException, type.
    type_object: TypeObject {
        /// Size of `PyTypeObject`.
        size              416 408 408 408 416 416 416 424 432 432 440
        /// Offset of `PyTypeObject.tp_name`. C text.
        name               24  24  24  24  24  24  24  24  40  40  40
        /// Offset of `PyTypeObject.tp_basicsize`.
        basicsize          32  32  32  32  32  32  32  32  48  48  48
        /// Offset of `PyTypeObject.tp_itemsize`.
        itemsize           40  40  40  40  40  40  40  40  56  56  56
        /// Offset of `PyTypeObject.tp_dealloc`.
        dealloc            48  48  48  48  48  48  48  48  64  64  64
        /// Offset of `PyTypeObject.tp_vectorcall_offset`.
        vectorcall_offset  56  56  56  56  56  56  56  56  72  72  72
        /// Offset of `PyTypeObject.tp_getattr`.
        getattr            64  64  64  64  64  64  64  64  80  80  80
        /// Offset of `PyTypeObject.tp_setattr`.
        setattr            72  72  72  72  72  72  72  72  88  88  88
        /// Offset of `PyTypeObject.tp_as_async`.
        as_async           80  80  80  80  80  80  80  80  96  96  96
        /// Offset of `PyTypeObject.tp_repr`.
        repr               88  88  88  88  88  88  88  88 104 104 104
        /// Offset of `PyTypeObject.tp_as_number`.
        as_number          96  96  96  96  96  96  96  96 112 112 112
        /// Offset of `PyTypeObject.tp_as_sequence`.
        as_sequence       104 104 104 104 104 104 104 104 120 120 120
        /// Offset of `PyTypeObject.tp_as_mapping`.
        as_mapping        112 112 112 112 112 112 112 112 128 128 128
        /// Offset of `PyTypeObject.tp_hash`.
        hash              120 120 120 120 120 120 120 120 136 136 136
        /// Offset of `PyTypeObject.tp_call`.
        call              128 128 128 128 128 128 128 128 144 144 144
        /// Offset of `PyTypeObject.tp_str`.
        str               136 136 136 136 136 136 136 136 152 152 152
        /// Offset of `PyTypeObject.tp_getattro`.
        getattro          144 144 144 144 144 144 144 144 160 160 160
        /// Offset of `PyTypeObject.tp_setattro`.
        setattro          152 152 152 152 152 152 152 152 168 168 168
        /// Offset of `PyTypeObject.tp_as_buffer`.
        as_buffer         160 160 160 160 160 160 160 160 176 176 176
        /// Offset of `PyTypeObject.tp_flags`.
        flags             168 168 168 168 168 168 168 168 184 184 184
        /// Offset of `PyTypeObject.tp_doc`. C text.
        doc               176 176 176 176 176 176 176 176 192 192 192
        /// Offset of `PyTypeObject.tp_traverse`.
        traverse          184 184 184 184 184 184 184 184 200 200 200
        /// Offset of `PyTypeObject.tp_clear`.
        clear             192 192 192 192 192 192 192 192 208 208 208
        /// Offset of `PyTypeObject.tp_richcompare`.
        richcompare       200 200 200 200 200 200 200 200 216 216 216
        /// Offset of `PyTypeObject.tp_weaklistoffset`.
        weaklistoffset    208 208 208 208 208 208 208 208 224 224 224
        /// Offset of `PyTypeObject.tp_iter`.
        iter              216 216 216 216 216 216 216 216 232 232 232
        /// Offset of `PyTypeObject.tp_iternext`.
        iternext          224 224 224 224 224 224 224 224 240 240 240
        /// Offset of `PyTypeObject.tp_methods`.
        methods           232 232 232 232 232 232 232 232 248 248 248
        /// Offset of `PyTypeObject.tp_members`. An array of `member_def` that ends with a name of 0; heap types
        /// keep theirs behind the type.
        members           240 240 240 240 240 240 240 240 256 256 256
        /// Offset of `PyTypeObject.tp_getset`.
        getset            248 248 248 248 248 248 248 248 264 264 264
        /// Offset of `PyTypeObject.tp_base`.
        base              256 256 256 256 256 256 256 256 272 272 272
        /// Offset of `PyTypeObject.tp_dict`. 0 for static types from 3.12 on: see `static_type`.
        dict              264 264 264 264 264 264 264 264 280 280 280
        /// Offset of `PyTypeObject.tp_descr_get`.
        descr_get         272 272 272 272 272 272 272 272 288 288 288
        /// Offset of `PyTypeObject.tp_descr_set`.
        descr_set         280 280 280 280 280 280 280 280 296 296 296
        /// Offset of `PyTypeObject.tp_dictoffset`. Signed: below 0, from the end of a variable-sized object; -1
        /// from 3.12 on and `MANAGED_DICT`.
        dictoffset        288 288 288 288 288 288 288 288 304 304 304
        /// Offset of `PyTypeObject.tp_init`.
        init              296 296 296 296 296 296 296 296 312 312 312
        /// Offset of `PyTypeObject.tp_alloc`.
        alloc             304 304 304 304 304 304 304 304 320 320 320
        /// Offset of `PyTypeObject.tp_new`.
        new               312 312 312 312 312 312 312 312 328 328 328
        /// Offset of `PyTypeObject.tp_free`.
        free              320 320 320 320 320 320 320 320 336 336 336
        /// Offset of `PyTypeObject.tp_is_gc`. Set for types: static ones have no `gc_head`.
        is_gc             328 328 328 328 328 328 328 328 344 344 344
        /// Offset of `PyTypeObject.tp_bases`.
        bases             336 336 336 336 336 336 336 336 352 352 352
        /// Offset of `PyTypeObject.tp_mro`.
        mro               344 344 344 344 344 344 344 344 360 360 360
        /// Offset of `PyTypeObject.tp_cache`.
        cache             352 352 352 352 352 352 352 352 368 368 368
        /// Offset of `PyTypeObject.tp_subclasses`. A dictionary of weak references; an index for static types
        /// from 3.12 on.
        subclasses        360 360 360 360 360 360 360 360 376 376 376
        /// Offset of `PyTypeObject.tp_weaklist`. The first `weakref`, not owned.
        weaklist          368 368 368 368 368 368 368 368 384 384 384
        /// Offset of `PyTypeObject.tp_del`.
        del               376 376 376 376 376 376 376 376 392 392 392
        /// Offset of `PyTypeObject.tp_finalize`.
        finalize          392 392 392 392 392 392 392 392 408 408 408
        /// Offset of `PyTypeObject.tp_vectorcall`.
        vectorcall        400 400 400 400 400 400 400 400 416 416 416
    }

    /// `PyHeapTypeObject`, a `type_object` with the flag `HEAPTYPE`; slots and members come behind.
    heap_type: HeapType {
        /// Size of `PyHeapTypeObject`.
        size           880 880 888 904 920 928 936 944 944 960 968
        /// Offset of `PyHeapTypeObject.ht_name`.
        name           848 840 848 848 856 856 856 864 872 872 880
        /// Offset of `PyHeapTypeObject.ht_slots`.
        slots          856 848 856 856 864 864 864 872 880 880 888
        /// Offset of `PyHeapTypeObject.ht_qualname`.
        qualname       864 856 864 864 872 872 872 880 888 888 896
        /// Offset of `PyHeapTypeObject.ht_cached_keys`. `dict_keys` shared by the instances, or 0.
        cached_keys    872 864 872 872 880 880 880 888 896 896 904
        /// Offset of `PyHeapTypeObject.ht_module` (from 3.9 on).
        module           - 872 880 880 888 888 888 896 904 904 912
        /// Offset of `PyHeapTypeObject._ht_tpname` (from 3.11 on). C text.
        tpname           -   -   - 888 896 896 896 904 912 912 920
        /// Offset of `PyHeapTypeObject.ht_token` (from 3.14 on).
        token            -   -   -   -   -   - 904 912   - 920 928
        /// Offset of `PyHeapTypeObject._spec_cache` (3.11); Offset of `PyHeapTypeObject._spec_cache.getitem`
        /// (from 3.12 on). Borrowed.
        cached_getitem   -   -   - 896 904 904 912 920 920 928 936
        /// Offset of `PyHeapTypeObject._spec_cache.init` (from 3.13 on). Borrowed.
        cached_init      -   -   -   -   - 920 928 936 936 944 952
    }

    /// `PyMemberDef`: a slot of an object, described in C; `__slots__` too.
    member_def: MemberDef {
        /// Size of `PyMemberDef`.
        size        40 40 40 40 40 40 40 40 40 40 40
        /// Offset of `PyMemberDef.name`. C text.
        name         0  0  0  0  0  0  0  0  0  0  0
        /// Offset of `PyMemberDef.type`. An `int`.
        kind         8  8  8  8  8  8  8  8  8  8  8
        /// Offset of `PyMemberDef.offset`.
        offset      16 16 16 16 16 16 16 16 16 16 16
        /// Offset of `PyMemberDef.flags`. An `int`; 8 (from 3.12 on): relative to the type's own part.
        flags       24 24 24 24 24 24 24 24 24 24 24
        /// Value of `T_OBJECT`. Kind of an owned reference, or 0.
        t_object     6  6  6  6  6  6  6  6  6  6  6
        /// Value of `T_OBJECT_EX`. The same for `kind`.
        t_object_ex 16 16 16 16 16 16 16 16 16 16 16
    }

    /// `PyMethodDef`.
    method_def: MethodDef {
        /// Offset of `PyMethodDef.ml_name`. C text.
        name      0  0  0  0  0  0  0  0  0  0  0
        /// Offset of `PyMethodDef.ml_meth`. A C function.
        function  8  8  8  8  8  8  8  8  8  8  8
        /// Offset of `PyMethodDef.ml_flags`. An `int`; 0x20 `METH_STATIC`, where `c_function.self_` is a type,
        /// 0x200 `METH_METHOD`, where there is a `c_function.class`.
        flags    16 16 16 16 16 16 16 16 16 16 16
    }

    /// `PyDictObject`, also the start of subclasses such as `defaultdict` and `OrderedDict`, and of `frozendict` (from
    /// 3.15 on).
    dict: Dict {
        /// Size of `PyDictObject`.
        size   48 48 48 48 48 48 48 48 64 64 64
        /// Offset of `PyDictObject.ma_used`.
        used   16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyDictObject.ma_keys`.
        keys   32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `PyDictObject.ma_values`. 0: combined table, values in the entries. Else split:
        /// `dict_values`, values by entry number, keys shared.
        values 40 40 40 40 40 40 40 40 56 56 56
    }

    /// `PyDictKeysObject`: a table. Entries come behind the indices, at `indices` + `size` × (1, 2, 4 or 8 bytes: the
    /// least whose signed numbers hold it) to 3.10, `indices` + (1 << `log2_index_bytes`) from 3.11 on. The first
    /// `nentries` are in use, with holes: key or value 0. Untouched dictionaries share a static empty table.
    dict_keys: DictKeys {
        /// Offset of `struct _dictkeysobject.dk_refcnt`.
        refcnt            0  0  0  0  0  0  0  0  0  0  0
        /// Offset of `struct _dictkeysobject.dk_size` (to 3.10).
        table_size        8  8  8  -  -  -  -  -  -  -  -
        /// Offset of `struct _dictkeysobject.dk_lookup` (to 3.10).
        lookup           16 16 16  -  -  -  -  -  -  -  -
        /// Offset of `struct _dictkeysobject.dk_log2_size` (from 3.11 on). A byte.
        log2_size         -  -  -  8  8  8  8  8  8  8  8
        /// Offset of `struct _dictkeysobject.dk_log2_index_bytes` (from 3.11 on). A byte.
        log2_index_bytes  -  -  -  9  9  9  9  9  9  9  9
        /// Offset of `struct _dictkeysobject.dk_kind` (from 3.11 on). A byte: 0 general, `dict_entry`; 1 all
        /// keys exact strings, and 2 split table: `dict_text_entry`.
        kind              -  -  - 10 10 10 10 10 10 10 10
        /// Offset of `struct _dictkeysobject.dk_usable`.
        usable           24 24 24 16 16 16 16 16 16 16 16
        /// Offset of `struct _dictkeysobject.dk_nentries`.
        nentries         32 32 32 24 24 24 24 24 24 24 24
        /// Offset of `struct _dictkeysobject.dk_indices`.
        indices          40 40 40 32 32 32 32 32 32 32 32
    }

    /// `PyDictKeyEntry`.
    dict_entry: DictEntry {
        /// Size of `PyDictKeyEntry`.
        size  24 24 24 24 24 24 24 24 24 24 24
        /// Offset of `PyDictKeyEntry.me_hash`.
        hash   0  0  0  0  0  0  0  0  0  0  0
        /// Offset of `PyDictKeyEntry.me_key`.
        key    8  8  8  8  8  8  8  8  8  8  8
        /// Offset of `PyDictKeyEntry.me_value`.
        value 16 16 16 16 16 16 16 16 16 16 16
    }

    /// `PyDictUnicodeEntry`: an entry of a table whose keys are all strings.
    dict_text_entry: DictTextEntry {
        /// Size of `PyDictUnicodeEntry` (from 3.11 on).
        size  - - - 16 16 16 16 16 16 16 16
        /// Offset of `PyDictUnicodeEntry.me_key` (from 3.11 on).
        key   - - -  0  0  0  0  0  0  0  0
        /// Offset of `PyDictUnicodeEntry.me_value` (from 3.11 on).
        value - - -  8  8  8  8  8  8  8  8
    }

    /// `PyDictValues`: values of a split table by entry number; keys are `heap_type.cached_keys`, or the dictionary's
    /// own. To 3.10 a bare array, as long as the keys' table has usable entries. 3.11 and 3.12: the array, and *before*
    /// it the byte at -1 (size of the prefix, in bytes), the byte at -2 (how many were set), and the order of insertion
    /// at -3 and on; the object points to it or, where a dictionary was asked for, the dictionary does. From 3.13 on it
    /// lies inside objects of types with `INLINE_VALUES`, at `type_object.basicsize`; where `valid` is 0 the dictionary
    /// has taken over; where the dictionary's `values` is this address, both are the same one set of references.
    dict_values: DictValues {
        /// Offset of `PyDictValues.values`.
        values   0 0 0 0 0 8 8 8 8 8 8
        /// Offset of `struct _dictvalues.capacity` (from 3.13 on). A byte.
        capacity - - - - - 0 0 0 0 0 0
        /// Offset of `struct _dictvalues.size` (from 3.13 on). A byte.
        used     - - - - - 1 1 1 1 1 1
        /// Offset of `struct _dictvalues.embedded` (from 3.13 on). A byte.
        embedded - - - - - 2 2 2 2 2 2
        /// Offset of `struct _dictvalues.valid` (from 3.13 on). A byte.
        valid    - - - - - 3 3 3 3 3 3
    }

    /// `PyListObject`: `object.items` of them.
    list: List {
        /// Size of `PyListObject`.
        size      40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyListObject.ob_item`. Address of the array, or 0.
        item      24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyListObject.allocated`. Words of the array; -1 while it is sorted, and `object.items` 0
        /// then.
        allocated 32 32 32 32 32 32 32 32 48 48 48
    }

    /// `PyTupleObject`, also struct sequences, whose unnamed fields are not counted in `object.items` but are owned:
    /// `n_fields` of the type's dictionary.
    tuple: Tuple {
        /// Size of `PyTupleObject` without items.
        size 24 24 24 24 24 24 32 32 40 48 48
        /// Offset of `PyTupleObject.ob_item`.
        item 24 24 24 24 24 24 32 32 40 48 48
    }

    /// `PySetObject`, `frozenset` too.
    set: Set {
        /// Size of `PySetObject`.
        size        200 200 200 200 200 200 200 200 216 216 216
        /// Offset of `PySetObject.fill`.
        fill         16  16  16  16  16  16  16  16  32  32  32
        /// Offset of `PySetObject.used`.
        used         24  24  24  24  24  24  24  24  40  40  40
        /// Offset of `PySetObject.mask`. Entries - 1.
        mask         32  32  32  32  32  32  32  32  48  48  48
        /// Offset of `PySetObject.table`. Address of the entries: inside or outside the object.
        table        40  40  40  40  40  40  40  40  56  56  56
        /// Offset of `PySetObject.smalltable`.
        smalltable   64  64  64  64  64  64  64  64  80  80  80
        /// Offset of `PySetObject.weakreflist`.
        weakreflist 192 192 192 192 192 192 192 192 208 208 208
        /// Size of `setentry`.
        entry_size   16  16  16  16  16  16  16  16  16  16  16
        /// Offset of `setentry.key`. 0 free; else it counts, unless `hash` is -1: then it is a static object
        /// that marks a removed entry.
        entry_key     0   0   0   0   0   0   0   0   0   0   0
        /// Offset of `setentry.hash`.
        entry_hash    8   8   8   8   8   8   8   8   8   8   8
    }

    /// `_PyDictViewObject`: keys, values or items of a dictionary.
    dict_view: DictView {
        /// Size of `_PyDictViewObject`.
        size 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `_PyDictViewObject.dv_dict`.
        dict 16 16 16 16 16 16 16 16 32 32 32
    }

    /// `str`. Bits of the 32-bit word `state`: interned 2 bits; kind 3 bits (1, 2 or 4 bytes a character; 0 to 3.11:
    /// not ready); compact 1; ascii 1; ready (to 3.11) or statically allocated (from 3.12 on) 1. From 3.14 on, without
    /// the GIL, interned has a byte of its own before the others. Compact and ascii: data at `ascii_size`; compact: at
    /// `compact_size`; else `data` points to it.
    text: Text {
        /// Size of `PyASCIIObject`.
        ascii_size   48 48 48 48 40 40 40 40 56 56 56
        /// Size of `PyCompactUnicodeObject`.
        compact_size 72 72 72 72 56 56 56 56 72 72 72
        /// Size of `PyUnicodeObject`.
        size         80 80 80 80 64 64 64 64 80 80 80
        /// Offset of `PyASCIIObject.length`. Characters.
        length       16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyASCIIObject.state`.
        state        32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `PyASCIIObject.wstr` (to 3.11). Owned buffer or 0.
        wstr         40 40 40 40  -  -  -  -  -  -  -
        /// Offset of `PyCompactUnicodeObject.utf8_length`.
        utf8_length  48 48 48 48 40 40 40 40 56 56 56
        /// Offset of `PyCompactUnicodeObject.utf8`. Owned buffer, or 0, or the data.
        utf8         56 56 56 56 48 48 48 48 64 64 64
        /// Offset of `PyUnicodeObject.data`.
        data         72 72 72 72 56 56 56 56 72 72 72
    }

    /// `int`. To 3.11 the sign is that of `object.items`, whose absolute value is the number of digits. From 3.12 on
    /// they are in `tag`: lowest two bits 0 positive, 1 zero, 2 negative; bit 2 is a flag (from 3.14 on: static); `tag
    /// >> 3` is the number of digits. A digit has 30 bits, the lowest first.
    long: Long {
        /// Offset of `PyLongObject.long_value.lv_tag` (from 3.12 on).
        tag         -  -  -  - 16 16 16 16 32 32 32
        /// Offset of `PyLongObject.ob_digit` (to 3.11); Offset of `PyLongObject.long_value.ob_digit` (from 3.12
        /// on).
        digits     24 24 24 24 24 24 24 24 40 40 40
        /// Size of `digit`.
        digit_size  4  4  4  4  4  4  4  4  4  4  4
        /// Value of `PyLong_SHIFT`.
        digit_bits 30 30 30 30 30 30 30 30 30 30 30
    }

    /// `float`.
    float: Float {
        /// Size of `PyFloatObject`.
        size  24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyFloatObject.ob_fval`.
        value 16 16 16 16 16 16 16 16 32 32 32
    }

    /// `complex`.
    complex: Complex {
        /// Size of `PyComplexObject`.
        size  32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `PyComplexObject.cval`. Real and imaginary part.
        value 16 16 16 16 16 16 16 16 32 32 32
    }

    /// `bytes`: `object.items` of them, then a zero that is not counted.
    bytes: Bytes {
        /// Offset of `PyBytesObject.ob_sval`.
        data 32 32 32 32 32 32 32 32 48 48 48
    }

    /// `bytearray`.
    bytearray: Bytearray {
        /// Size of `PyByteArrayObject`.
        size      56 56 56 56 56 56 56 64 72 72 80
        /// Offset of `PyByteArrayObject.ob_alloc`.
        allocated 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyByteArrayObject.ob_bytes`. Owned buffer.
        data      32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `PyByteArrayObject.ob_start`.
        start     40 40 40 40 40 40 40 40 56 56 56
    }

    /// `slice`.
    slice: Slice {
        /// Size of `PySliceObject`.
        size  40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PySliceObject.start`.
        start 16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PySliceObject.stop`.
        stop  24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PySliceObject.step`.
        step  32 32 32 32 32 32 32 32 48 48 48
    }

    /// `PyCellObject`.
    cell: Cell {
        /// Size of `PyCellObject`.
        size  24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyCellObject.ob_ref`.
        value 16 16 16 16 16 16 16 16 32 32 32
    }

    /// `datetime.time`.
    time_of_day: TimeOfDay {
        /// Size of `PyDateTime_Time`.
        size       40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyDateTime_Time.hastzinfo`. A byte; when 0 the object ends before `tzinfo`.
        has_tzinfo 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyDateTime_Time.data`.
        data       25 25 25 25 25 25 25 25 41 41 41
        /// Offset of `PyDateTime_Time.tzinfo`.
        tzinfo     32 32 32 32 32 32 32 32 48 48 48
    }

    /// `datetime.datetime`; the start holds for `datetime.date` too, whose flag means nothing.
    date_time: DateTime {
        /// Size of `PyDateTime_DateTime`.
        size       48 48 48 48 48 48 48 48 64 64 64
        /// Offset of `PyDateTime_DateTime.hastzinfo`. A byte; when 0 the object ends before `tzinfo`.
        has_tzinfo 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyDateTime_DateTime.data`.
        data       25 25 25 25 25 25 25 25 41 41 41
        /// Offset of `PyDateTime_DateTime.tzinfo`.
        tzinfo     40 40 40 40 40 40 40 40 56 56 56
    }

    /// `datetime.timedelta`.
    time_delta: TimeDelta {
        /// Size of `PyDateTime_Delta`.
        size         40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyDateTime_Delta.days`.
        days         24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyDateTime_Delta.seconds`.
        seconds      28 28 28 28 28 28 28 28 44 44 44
        /// Offset of `PyDateTime_Delta.microseconds`.
        microseconds 32 32 32 32 32 32 32 32 48 48 48
    }

    /// `PyFunctionObject`.
    function: Function {
        /// Size of `PyFunctionObject`.
        size        120 120 128 136 144 144 152 152 160 168 168
        /// Offset of `PyFunctionObject.func_code`.
        code         16  16  48  48  48  48  48  48  64  64  64
        /// Offset of `PyFunctionObject.func_globals`.
        globals      24  24  16  16  16  16  16  16  32  32  32
        /// Offset of `PyFunctionObject.func_builtins` (from 3.10 on).
        builtins      -   -  24  24  24  24  24  24  40  40  40
        /// Offset of `PyFunctionObject.func_defaults`.
        defaults     32  32  56  56  56  56  56  56  72  72  72
        /// Offset of `PyFunctionObject.func_kwdefaults`.
        kwdefaults   40  40  64  64  64  64  64  64  80  80  80
        /// Offset of `PyFunctionObject.func_closure`. A tuple of cells, or 0.
        closure      48  48  72  72  72  72  72  72  88  88  88
        /// Offset of `PyFunctionObject.func_doc`.
        doc          56  56  80  80  80  80  80  80  96  96  96
        /// Offset of `PyFunctionObject.func_name`.
        name         64  64  32  32  32  32  32  32  48  48  48
        /// Offset of `PyFunctionObject.func_dict`.
        dict         72  72  88  88  88  88  88  88 104 104 104
        /// Offset of `PyFunctionObject.func_weakreflist`.
        weakreflist  80  80  96  96  96  96  96  96 112 112 112
        /// Offset of `PyFunctionObject.func_module`.
        module       88  88 104 104 104 104 104 104 120 120 120
        /// Offset of `PyFunctionObject.func_annotations`. To 3.13 a dictionary or, from 3.10 on, a tuple of
        /// names and values.
        annotations  96  96 112 112 112 112 112 112 128 128 128
        /// Offset of `PyFunctionObject.func_annotate` (from 3.14 on).
        annotate      -   -   -   -   -   - 120 120   - 136 136
        /// Offset of `PyFunctionObject.func_typeparams` (from 3.12 on).
        typeparams    -   -   -   - 120 120 128 128 136 144 144
        /// Offset of `PyFunctionObject.func_qualname`.
        qualname    104 104  40  40  40  40  40  40  56  56  56
    }

    /// `PyCodeObject`. Bits of `flags`: 2 `VARARGS`, 3 `VARKEYWORDS`, 5 generator, 7 coroutine, 9 async generator. From
    /// 3.11 on names of locals, cells and free variables are one tuple, `localsplusnames`, with a byte each in
    /// `localspluskinds` (0x20 local, 0x40 cell, 0x80 free; a cell that is a parameter has two bits).
    code: Code {
        /// Size of `PyCodeObject` (to 3.10); Size of `PyCodeObject` without code (from 3.11 on).
        size            176 176 176 184 192 200 208 208 216 232 232
        /// Offset of `PyCodeObject.co_argcount`. An `int`.
        argcount         16  16  16  56  52  52  52  52  68  68  68
        /// Offset of `PyCodeObject.co_posonlyargcount`. An `int`.
        posonlyargcount  20  20  20  60  56  56  56  56  72  72  72
        /// Offset of `PyCodeObject.co_kwonlyargcount`. An `int`.
        kwonlyargcount   24  24  24  64  60  60  60  60  76  76  76
        /// Offset of `PyCodeObject.co_nlocals`. An `int`.
        nlocals          28  28  28  80  80  80  80  80  96  96  96
        /// Offset of `PyCodeObject.co_stacksize`. An `int`.
        stacksize        32  32  32  68  64  64  64  64  80  80  80
        /// Offset of `PyCodeObject.co_flags`. An `int`.
        flags            36  36  36  48  48  48  48  48  64  64  64
        /// Offset of `PyCodeObject.co_firstlineno`. An `int`.
        firstlineno      40  40  40  72  68  68  68  68  84  84  84
        /// Offset of `PyCodeObject.co_nlocalsplus` (from 3.11 on). An `int`.
        nlocalsplus       -   -   -  76  72  72  72  72  88  88  88
        /// Offset of `PyCodeObject.co_ncellvars` (from 3.11 on). An `int`.
        ncellvars         -   -   -  88  84  84  84  84 100 100 100
        /// Offset of `PyCodeObject.co_nfreevars` (from 3.11 on). An `int`.
        nfreevars         -   -   -  92  88  88  88  88 104 104 104
        /// Offset of `PyCodeObject.co_framesize` (from 3.12 on). An `int`, in words.
        framesize         -   -   -   -  76  76  76  76  92  92  92
        /// Offset of `PyCodeObject.co_code` (to 3.10); Offset of `PyCodeObject._co_code` (3.11). A `bytes`;
        /// from 3.11 on a cache, or 0.
        bytecode         48  48  48 152   -   -   -   -   -   -   -
        /// Offset of `PyCodeObject.co_consts`.
        consts           56  56  56  24  24  24  24  24  40  40  40
        /// Offset of `PyCodeObject.co_names`.
        names            64  64  64  32  32  32  32  32  48  48  48
        /// Offset of `PyCodeObject.co_varnames` (to 3.10).
        varnames         72  72  72   -   -   -   -   -   -   -   -
        /// Offset of `PyCodeObject.co_freevars` (to 3.10).
        freevars         80  80  80   -   -   -   -   -   -   -   -
        /// Offset of `PyCodeObject.co_cellvars` (to 3.10).
        cellvars         88  88  88   -   -   -   -   -   -   -   -
        /// Offset of `PyCodeObject.co_localsplusnames` (from 3.11 on).
        localsplusnames   -   -   -  96  96  96  96  96 112 112 112
        /// Offset of `PyCodeObject.co_localspluskinds` (from 3.11 on).
        localspluskinds   -   -   - 104 104 104 104 104 120 120 120
        /// Offset of `PyCodeObject.co_filename`.
        filename        104 104 104 112 112 112 112 112 128 128 128
        /// Offset of `PyCodeObject.co_name`.
        name            112 112 112 120 120 120 120 120 136 136 136
        /// Offset of `PyCodeObject.co_qualname` (from 3.11 on).
        qualname          -   -   - 128 128 128 128 128 144 144 144
        /// Offset of `PyCodeObject.co_lnotab` (to 3.9); Offset of `PyCodeObject.co_linetable` (from 3.10 on). A
        /// `bytes`; three formats: to 3.9, 3.10, from 3.11 on.
        linetable       120 120 120 136 136 136 136 136 152 152 152
        /// Offset of `PyCodeObject.co_exceptiontable` (from 3.11 on).
        exceptiontable    -   -   -  40  40  40  40  40  56  56  56
        /// Offset of `PyCodeObject.co_weakreflist`.
        weakreflist     136 136 136 144 144 144 144 144 160 160 160
        /// Offset of `PyCodeObject.co_zombieframe` (to 3.10). A frame kept for reuse; no object to be counted,
        /// or 0.
        zombieframe     128 128 128   -   -   -   -   -   -   -   -
        /// Offset of `PyCodeObject.co_extra`.
        extra           144 144 144 176 184 192 200 200 208 216 216
        /// Offset of `PyCodeObject._co_cached` (from 3.12 on). A block of its own with the four fields of
        /// `code_cache`, or 0.
        cached            -   -   -   - 152 160 160 160 176 176 176
        /// Offset of `PyCodeObject.co_executors` (from 3.13 on).
        executors         -   -   -   -   - 152 152 152 168 168 168
        /// Offset of `PyCodeObject.co_code_adaptive` (from 3.11 on).
        code_adaptive     -   -   - 184 192 200 208 208 216 232 232
    }

    /// `_PyCoCached`: what Python code asked of a code object once.
    code_cache: CodeCache {
        /// Offset of `_PyCoCached._co_code` (from 3.12 on).
        code     - - - -  0  0  0  0  0  0  0
        /// Offset of `_PyCoCached._co_varnames` (from 3.12 on).
        varnames - - - -  8  8  8  8  8  8  8
        /// Offset of `_PyCoCached._co_cellvars` (from 3.12 on).
        cellvars - - - - 16 16 16 16 16 16 16
        /// Offset of `_PyCoCached._co_freevars` (from 3.12 on).
        freevars - - - - 24 24 24 24 24 24 24
    }

    /// `PyMethodObject`: a bound method.
    method: Method {
        /// Size of `PyMethodObject`.
        size        48 48 48 48 48 48 48 48 64 64 64
        /// Offset of `PyMethodObject.im_func`.
        func        16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyMethodObject.im_self`.
        self_       24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyMethodObject.im_weakreflist`.
        weakreflist 32 32 32 32 32 32 32 32 48 48 48
    }

    /// `PyInstanceMethodObject`.
    instance_method: InstanceMethod {
        /// Size of `PyInstanceMethodObject`.
        size 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyInstanceMethodObject.func`.
        func 16 16 16 16 16 16 16 16 32 32 32
    }

    /// `PyCFunctionObject`: a function or bound method written in C.
    c_function: CFunction {
        /// Size of `PyCFunctionObject`.
        size        56 56 56 56 56 56 56 56 72 72 72
        /// Offset of `PyCFunctionObject.m_ml`. A `method_def`.
        definition  16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyCFunctionObject.m_self`. The module, for functions.
        self_       24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyCFunctionObject.m_module`.
        module      32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `PyCFunctionObject.m_weakreflist`.
        weakreflist 40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyCMethodObject.mm_class` (from 3.9 on). Only where the definition says `METH_METHOD`.
        class        - 56 56 56 56 56 56 56 72 72 72
    }

    /// `PyModuleObject`.
    module: Module {
        /// Size of `PyModuleObject`.
        size         56 56 56 56 56 56 56 104 80 80 120
        /// Offset of `PyModuleObject.md_dict`.
        dict         16 16 16 16 16 16 16  16 32 32  32
        /// Offset of `PyModuleObject.md_def` (to 3.14); Offset of `PyModuleObject.md_token` (from 3.15 on). A
        /// `module_def`, 0 for modules written in Python; from 3.15 on only where `token_is_def` is 1.
        def          24 24 24 24 24 24 24  88 40 40 104
        /// Offset of `PyModuleObject.md_token_is_def` (from 3.15 on). A byte.
        token_is_def  -  -  -  -  -  -  -  48  -  -  64
        /// Offset of `PyModuleObject.md_state`. A private block of `module_def.state_size` bytes, or 0.
        state        32 32 32 32 32 32 32  24 48 48  40
        /// Offset of `PyModuleObject.md_state_size` (from 3.15 on). The same number, in place of that.
        state_size    -  -  -  -  -  -  -  56  -  -  72
        /// Offset of `PyModuleObject.md_weaklist`.
        weaklist     40 40 40 40 40 40 40  32 56 56  48
        /// Offset of `PyModuleObject.md_name`.
        name         48 48 48 48 48 48 48  40 64 64  56
    }

    /// `PyModuleDef`.
    module_def: ModuleDef {
        /// Offset of `PyModuleDef.m_name`. C text.
        name       40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyModuleDef.m_size`. Signed; -1: none, all is in static variables.
        state_size 56 56 56 56 56 56 56 56 72 72 72
    }

    /// `PyDescrObject`, and behind it, by type, one of the others.
    descriptor: Descriptor {
        /// Size of `PyDescrObject`.
        size         40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyDescrObject.d_type`. The type it belongs to.
        kind         16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyDescrObject.d_name`.
        name         24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyDescrObject.d_qualname`.
        qualname     32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `PyMethodDescrObject.d_method`. A `method_def`.
        method       40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyMemberDescrObject.d_member`. A `member_def`.
        member       40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyGetSetDescrObject.d_getset`.
        getset       40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyWrapperDescrObject.d_base`.
        wrapper_base 40 40 40 40 40 40 40 40 56 56 56
    }

    /// `property`.
    property: Property {
        /// Size of `propertyobject`.
        size 56 56 64 64 64 64 64 64 80 80 80
        /// Offset of `propertyobject.prop_get`.
        get  16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `propertyobject.prop_set`.
        set  24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `propertyobject.prop_del`.
        del  32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `propertyobject.prop_doc`.
        doc  40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `propertyobject.prop_name` (from 3.10 on).
        name  -  - 48 48 48 48 48 48 64 64 64
    }

    /// `PyWeakReference`: also proxies.
    weakref: Weakref {
        /// Size of `PyWeakReference`.
        size     56 56 56 64 64 64 64 64 88 88 88
        /// Offset of `PyWeakReference.wr_object`. Not owned; `None` when it is gone.
        object   16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyWeakReference.wr_callback`.
        callback 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyWeakReference.hash`.
        hash     32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `PyWeakReference.wr_prev`. Not owned.
        prev     40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyWeakReference.wr_next`. Not owned.
        next     48 48 48 48 48 48 48 48 64 64 64
    }

    /// `PyGenObject`, and the start of coroutines and async generators. From 3.11 on the frame lies inside, at
    /// `iframe`, and its locals and stack count unless `frame_state` is `cleared`.
    generator: Generator {
        /// Size of `PyGenObject` (to 3.10); Size of `PyGenObject` without locals (from 3.11 on).
        size                96 96 88 152 144 144 152 152 160 168 168
        /// Offset of `PyGenObject.gi_frame` (to 3.10). A `frame_object`, 0 when it is over.
        frame               16 16 16   -   -   -   -   -   -   -   -
        /// Offset of `PyGenObject.gi_code` (to 3.11).
        code                32 32 24  16   -   -   -   -   -   -   -
        /// Offset of `PyGenObject.gi_weakreflist`.
        weakreflist         40 40 32  24  16  16  16  16  32  32  32
        /// Offset of `PyGenObject.gi_name`.
        name                48 48 40  32  24  24  24  24  40  40  40
        /// Offset of `PyGenObject.gi_qualname`.
        qualname            56 56 48  40  32  32  32  32  48  48  48
        /// Offset of `PyGenObject.gi_exc_state`. An `exception_item` inside.
        exc_state           64 64 56  48  40  40  40  40  56  56  56
        /// Offset of `PyGenObject.gi_origin_or_finalizer` (from 3.11 on). A coroutine's origin, an async
        /// generator's finalizer.
        origin_or_finalizer  -  -  -  64  56  56  56  56  72  72  72
        /// Offset of `PyGenObject.gi_frame_state` (from 3.11 on). A signed byte. 3.11 and 3.12: -2 created, -1
        /// suspended, 0 running, 1 completed, 4 cleared. 3.13 and 3.14: -3 created, -2 suspended, -1 suspended
        /// in `yield from` or `await`, 0 running, 1 completed, 4 cleared. From 3.15 on: 0 created, 1 to 3
        /// suspended, 4 running, 5 cleared.
        frame_state          -  -  -  75  67  67  67  67  83  83  83
        /// Value of `FRAME_EXECUTING` (from 3.11 on). Of `frame_state`.
        executing            -  -  -   0   0   0   0   4   0   0   4
        /// Value of `FRAME_CLEARED` (from 3.11 on). Of `frame_state`.
        cleared              -  -  -   4   4   4   4   5   4   4   5
        /// Offset of `PyGenObject.gi_iframe` (from 3.11 on). An `interpreter_frame`.
        iframe               -  -  -  80  72  72  72  72  88  88  88
    }

    /// `PyCoroObject`: a `generator` and, to 3.10, this behind it.
    coroutine: Coroutine {
        /// Size of `PyCoroObject` (to 3.10); Size of `PyCoroObject` without locals (from 3.11 on).
        size   104 104 96 152 144 144 152 152 160 168 168
        /// Offset of `PyCoroObject.cr_origin` (to 3.10).
        origin  96  96 88   -   -   -   -   -   -   -   -
    }

    /// `PyAsyncGenObject`: a `generator` and, to 3.10, this behind it.
    async_generator: AsyncGenerator {
        /// Size of `PyAsyncGenObject` (to 3.10); Size of `PyAsyncGenObject` without locals (from 3.11 on).
        size      120 120 112 152 144 144 152 152 160 168 168
        /// Offset of `PyAsyncGenObject.ag_finalizer` (to 3.10).
        finalizer  96  96  88   -   -   -   -   -   -   -   -
    }

    /// `PyBaseExceptionObject`, the start of all exceptions.
    exception: Exception {
        /// Size of `PyBaseExceptionObject`.
        size      64 64 64 72 72 72 72 72 88 88 88
        /// Offset of `PyBaseExceptionObject.dict`.
        dict      16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyBaseExceptionObject.args`.
        args      24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyBaseExceptionObject.notes` (from 3.11 on).
        notes      -  -  - 32 32 32 32 32 48 48 48
        /// Offset of `PyBaseExceptionObject.traceback`.
        traceback 32 32 32 40 40 40 40 40 56 56 56
        /// Offset of `PyBaseExceptionObject.context`.
        context   40 40 40 48 48 48 48 48 64 64 64
        /// Offset of `PyBaseExceptionObject.cause`.
        cause     48 48 48 56 56 56 56 56 72 72 72
    }

    /// `PyBaseExceptionGroupObject`.
    exception_group: ExceptionGroup {
        /// Size of `PyBaseExceptionGroupObject` (from 3.11 on).
        size     - - - 88 88 88 96 96 104 112 112
        /// Offset of `PyBaseExceptionGroupObject.msg` (from 3.11 on).
        msg      - - - 72 72 72 72 72  88  88  88
        /// Offset of `PyBaseExceptionGroupObject.excs` (from 3.11 on).
        excs     - - - 80 80 80 80 80  96  96  96
        /// Offset of `PyBaseExceptionGroupObject.excs_str` (from 3.14 on).
        excs_str - - -  -  -  - 88 88   - 104 104
    }

    /// `PyStopIterationObject`.
    stop_iteration: StopIteration {
        /// Size of `PyStopIterationObject`.
        size  72 72 72 80 80 80 80 80 96 96 96
        /// Offset of `PyStopIterationObject.value`.
        value 64 64 64 72 72 72 72 72 88 88 88
    }

    /// `PySystemExitObject`.
    system_exit: SystemExit {
        /// Size of `PySystemExitObject`.
        size 72 72 72 80 80 80 80 80 96 96 96
        /// Offset of `PySystemExitObject.code`.
        code 64 64 64 72 72 72 72 72 88 88 88
    }

    /// `PyOSErrorObject`.
    os_error: OsError {
        /// Size of `PyOSErrorObject`.
        size      104 104 104 112 112 112 112 112 128 128 128
        /// Offset of `PyOSErrorObject.myerrno`.
        errno      64  64  64  72  72  72  72  72  88  88  88
        /// Offset of `PyOSErrorObject.strerror`.
        strerror   72  72  72  80  80  80  80  80  96  96  96
        /// Offset of `PyOSErrorObject.filename`.
        filename   80  80  80  88  88  88  88  88 104 104 104
        /// Offset of `PyOSErrorObject.filename2`.
        filename2  88  88  88  96  96  96  96  96 112 112 112
    }

    /// `PyImportErrorObject`.
    import_error: ImportError {
        /// Size of `PyImportErrorObject`.
        size      88 88 88 96 104 104 104 104 120 120 120
        /// Offset of `PyImportErrorObject.msg`.
        msg       64 64 64 72  72  72  72  72  88  88  88
        /// Offset of `PyImportErrorObject.name`.
        name      72 72 72 80  80  80  80  80  96  96  96
        /// Offset of `PyImportErrorObject.path`.
        path      80 80 80 88  88  88  88  88 104 104 104
        /// Offset of `PyImportErrorObject.name_from` (from 3.12 on).
        name_from  -  -  -  -  96  96  96  96 112 112 112
    }

    /// `PyNameErrorObject`.
    name_error: NameError {
        /// Size of `PyNameErrorObject` (from 3.10 on).
        size - - 72 80 80 80 80 80 96 96 96
        /// Offset of `PyNameErrorObject.name` (from 3.10 on).
        name - - 64 72 72 72 72 72 88 88 88
    }

    /// `PyAttributeErrorObject`.
    attribute_error: AttributeError {
        /// Size of `PyAttributeErrorObject` (from 3.10 on).
        size - - 80 88 88 88 88 88 104 104 104
        /// Offset of `PyAttributeErrorObject.obj` (from 3.10 on).
        obj  - - 64 72 72 72 72 72  88  88  88
        /// Offset of `PyAttributeErrorObject.name` (from 3.10 on).
        name - - 72 80 80 80 80 80  96  96  96
    }

    /// `PyUnicodeErrorObject`.
    unicode_error: UnicodeError {
        /// Size of `PyUnicodeErrorObject`.
        size     104 104 104 112 112 112 112 112 128 128 128
        /// Offset of `PyUnicodeErrorObject.encoding`.
        encoding  64  64  64  72  72  72  72  72  88  88  88
        /// Offset of `PyUnicodeErrorObject.object`.
        object    72  72  72  80  80  80  80  80  96  96  96
        /// Offset of `PyUnicodeErrorObject.reason`.
        reason    96  96  96 104 104 104 104 104 120 120 120
    }

    /// `PySyntaxErrorObject`.
    syntax_error: SyntaxError {
        /// Size of `PySyntaxErrorObject`.
        size                112 112 128 136 136 136 144 144 152 160 160
        /// Offset of `PySyntaxErrorObject.msg`.
        msg                  64  64  64  72  72  72  72  72  88  88  88
        /// Offset of `PySyntaxErrorObject.filename`.
        filename             72  72  72  80  80  80  80  80  96  96  96
        /// Offset of `PySyntaxErrorObject.lineno`.
        lineno               80  80  80  88  88  88  88  88 104 104 104
        /// Offset of `PySyntaxErrorObject.offset`.
        offset               88  88  88  96  96  96  96  96 112 112 112
        /// Offset of `PySyntaxErrorObject.end_lineno` (from 3.10 on).
        end_lineno            -   -  96 104 104 104 104 104 120 120 120
        /// Offset of `PySyntaxErrorObject.end_offset` (from 3.10 on).
        end_offset            -   - 104 112 112 112 112 112 128 128 128
        /// Offset of `PySyntaxErrorObject.text`.
        text                 96  96 112 120 120 120 120 120 136 136 136
        /// Offset of `PySyntaxErrorObject.print_file_and_line`.
        print_file_and_line 104 104 120 128 128 128 128 128 144 144 144
        /// Offset of `PySyntaxErrorObject.metadata` (from 3.14 on).
        metadata              -   -   -   -   -   - 136 136   - 152 152
    }

    /// `PyTracebackObject`.
    traceback: Traceback {
        /// Size of `PyTracebackObject`.
        size   40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyTracebackObject.tb_next`.
        next   16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyTracebackObject.tb_frame`.
        frame  24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyTracebackObject.tb_lasti`. An `int`.
        lasti  32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `PyTracebackObject.tb_lineno`. An `int`; may be -1 (not known yet) from 3.11 on.
        lineno 36 36 36 36 36 36 36 36 52 52 52
    }

    /// `contextvars.Context`.
    context: Context {
        /// Size of `struct _pycontextobject`.
        size        48 48 48 48 48 48 48 48 64 64 64
        /// Offset of `struct _pycontextobject.ctx_prev`. The context that this one was entered from; owned
        /// while entered.
        prev        16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `struct _pycontextobject.ctx_vars`. A `hamt`.
        vars        24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `struct _pycontextobject.ctx_weakreflist`.
        weakreflist 32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `struct _pycontextobject.ctx_entered`. An `int`.
        entered     40 40 40 40 40 40 40 40 56 56 56
    }

    /// `contextvars.ContextVar`.
    context_var: ContextVar {
        /// Size of `struct _pycontextvarobject`.
        size    64 64 64 64 64 64 64 64 56 56 56
        /// Offset of `struct _pycontextvarobject.var_name`.
        name    16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `struct _pycontextvarobject.var_default`.
        default 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `struct _pycontextvarobject.var_cached`. Borrowed.
        cached  32 32 32 32 32 32 32 32  -  -  -
    }

    /// `contextvars.Token`.
    context_token: ContextToken {
        /// Size of `struct _pycontexttokenobject`.
        size      48 48 48 48 48 48 48 48 64 64 64
        /// Offset of `struct _pycontexttokenobject.tok_ctx`.
        context   16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `struct _pycontexttokenobject.tok_var`.
        var       24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `struct _pycontexttokenobject.tok_oldval`.
        old_value 32 32 32 32 32 32 32 32 48 48 48
    }

    /// `PyHamtObject`: the variables of a context, a tree of nodes that the collector tracks.
    hamt: Hamt {
        /// Size of `PyHamtObject`.
        size        40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `PyHamtObject.h_root`.
        root        16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyHamtObject.h_weakreflist`.
        weakreflist 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyHamtObject.h_count`.
        count       32 32 32 32 32 32 32 32 48 48 48
    }

    /// `PyHamtNode_Bitmap`: `object.items` words: key and value in turn, or 0 and a node.
    hamt_bitmap: HamtBitmap {
        /// Offset of `PyHamtNode_Bitmap.b_bitmap`.
        bitmap 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyHamtNode_Bitmap.b_array`.
        array  32 32 32 32 32 32 32 32 48 48 48
    }

    /// `PyHamtNode_Array` of `Python/hamt.c`: 32 nodes or zeros.
    hamt_array: HamtArray {
        /// Offset of `PyHamtNode_Array.a_array`.
        array  16  16  16  16  16  16  16  16  32  32  32
        /// Number of `PyHamtNode_Array.a_array`.
        slots  32  32  32  32  32  32  32  32  32  32  32
        /// Offset of `PyHamtNode_Array.a_count`.
        count 272 272 272 272 272 272 272 272 288 288 288
    }

    /// `PyHamtNode_Collision` of `Python/hamt.c`: `object.items` words, key and value in turn.
    hamt_collision: HamtCollision {
        /// Offset of `PyHamtNode_Collision.c_array`.
        array 32 32 32 32 32 32 32 32 48 48 48
    }

    /// `Py_buffer`.
    buffer: Buffer {
        /// Size of `Py_buffer`.
        size    80 80 80 80 80 80 80 80 80 80 80
        /// Offset of `Py_buffer.obj`. The owner of the memory.
        object   8  8  8  8  8  8  8  8  8  8  8
        /// Offset of `Py_buffer.buf`.
        address  0  0  0  0  0  0  0  0  0  0  0
        /// Offset of `Py_buffer.len`. In bytes.
        length  16 16 16 16 16 16 16 16 16 16 16
    }

    /// `PyMemoryViewObject`. `view.obj` is borrowed: the owner is held by the managed buffer.
    memory_view: MemoryView {
        /// Size of `PyMemoryViewObject` without shape.
        size           144 144 144 144 144 144 144 144 160 160 160
        /// Offset of `PyMemoryViewObject.mbuf`.
        managed_buffer  24  24  24  24  24  24  24  24  40  40  40
        /// Offset of `PyMemoryViewObject.exports`.
        exports         48  48  48  48  48  48  48  48  64  64  64
        /// Offset of `PyMemoryViewObject.view`. A `buffer` inside.
        view            56  56  56  56  56  56  56  56  72  72  72
        /// Offset of `PyMemoryViewObject.weakreflist`.
        weakreflist    136 136 136 136 136 136 136 136 152 152 152
    }

    /// `_PyManagedBufferObject`.
    managed_buffer: ManagedBuffer {
        /// Size of `_PyManagedBufferObject`.
        size    112 112 112 112 112 112 112 112 128 128 128
        /// Offset of `_PyManagedBufferObject.exports`.
        exports  24  24  24  24  24  24  24  24  40  40  40
        /// Offset of `_PyManagedBufferObject.master`. A `buffer` inside.
        master   32  32  32  32  32  32  32  32  48  48  48
    }

    /// By hand: `mappingproxyobject` of `Objects/descrobject.c`.
    mapping_proxy: MappingProxy {
        /// Size of `mappingproxyobject`.
        size    24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `mappingproxyobject.mapping`.
        mapping 16 16 16 16 16 16 16 16 32 32 32
    }

    /// By hand: `wrapperobject` of `Objects/descrobject.c`.
    method_wrapper: MethodWrapper {
        /// Size of `wrapperobject`.
        size       32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `wrapperobject.descr`.
        descriptor 16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `wrapperobject.self`.
        self_      24 24 24 24 24 24 24 24 40 40 40
    }

    /// By hand: `classmethod` of `Objects/funcobject.c`.
    class_method: ClassMethod {
        /// Size of `classmethod`.
        size     32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `classmethod.cm_callable`.
        callable 16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `classmethod.cm_dict`.
        dict     24 24 24 24 24 24 24 24 40 40 40
    }

    /// By hand: `staticmethod` of `Objects/funcobject.c`.
    static_method: StaticMethod {
        /// Size of `staticmethod`.
        size     32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `staticmethod.sm_callable`.
        callable 16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `staticmethod.sm_dict`.
        dict     24 24 24 24 24 24 24 24 40 40 40
    }

    /// By hand: `superobject` of `Objects/typeobject.c`.
    super_: Super {
        /// Size of `superobject`.
        size        40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `superobject.type`.
        kind        16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `superobject.obj`.
        object      24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `superobject.obj_type`.
        object_kind 32 32 32 32 32 32 32 32 48 48 48
    }

    /// By hand: `_PyNamespaceObject` of `Objects/namespaceobject.c`.
    namespace: Namespace {
        /// Size of `namespaceobject`.
        size 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `namespaceobject.ns_dict`.
        dict 16 16 16 16 16 16 16 16 32 32 32
    }

    /// By hand: `gaobject` of `Objects/genericaliasobject.c`.
    generic_alias: GenericAlias {
        /// Size of `gaobject` (from 3.9 on).
        size        - 48 48 64 64 64 64 64 80 80 80
        /// Offset of `gaobject.origin` (from 3.9 on).
        origin      - 16 16 16 16 16 16 16 32 32 32
        /// Offset of `gaobject.args` (from 3.9 on).
        args        - 24 24 24 24 24 24 24 40 40 40
        /// Offset of `gaobject.parameters` (from 3.9 on).
        parameters  - 32 32 32 32 32 32 32 48 48 48
        /// Offset of `gaobject.weakreflist` (from 3.9 on).
        weakreflist - 40 40 40 40 40 40 40 56 56 56
    }

    /// By hand: `unionobject` of `Objects/unionobject.c`.
    union_: Union {
        /// Size of `unionobject` (from 3.10 on).
        size            - - 32 32 32 32 56 56 48 72 72
        /// Offset of `unionobject.args` (from 3.10 on).
        args            - - 16 16 16 16 16 16 32 32 32
        /// Offset of `unionobject.parameters` (from 3.10 on).
        parameters      - - 24 24 24 24 40 40 40 56 56
        /// Offset of `unionobject.hashable_args` (from 3.14 on).
        hashable_args   - -  -  -  -  - 24 24  - 40 40
        /// Offset of `unionobject.unhashable_args` (from 3.14 on).
        unhashable_args - -  -  -  -  - 32 32  - 48 48
        /// Offset of `unionobject.weakreflist` (from 3.14 on).
        weakreflist     - -  -  -  -  - 48 48  - 64 64
    }

    /// By hand: `PyCapsule` of `Objects/capsule.c`.
    capsule: Capsule {
        /// Size of `PyCapsule`.
        size    48 48 48 48 48 64 64 64 80 80 80
        /// Offset of `PyCapsule.pointer`.
        pointer 16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `PyCapsule.name`. C text or 0.
        name    24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `PyCapsule.context`.
        context 32 32 32 32 32 32 32 32 48 48 48
    }

    /// By hand: `rangeobject` of `Objects/rangeobject.c`.
    range: Range {
        /// Size of `rangeobject`.
        size   48 48 48 48 48 48 48 48 64 64 64
        /// Offset of `rangeobject.start`.
        start  16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `rangeobject.stop`.
        stop   24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `rangeobject.step`.
        step   32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `rangeobject.length`.
        length 40 40 40 40 40 40 40 40 56 56 56
    }

    /// By hand: `enumobject` of `Objects/enumobject.c`.
    enumerate: Enumerate {
        /// Size of `enumobject`.
        size       48 48 48 56 56 56 56 56 72 72 72
        /// Offset of `enumobject.en_sit`.
        iterator   24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `enumobject.en_result`.
        result     32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `enumobject.en_longindex`.
        long_index 40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `enumobject.one` (from 3.11 on).
        one         -  -  - 48 48 48 48 48 64 64 64
    }

    /// By hand: `reversedobject` of `Objects/enumobject.c`.
    reversed: Reversed {
        /// Size of `reversedobject`.
        size     32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `reversedobject.seq`.
        sequence 24 24 24 24 24 24 24 24 40 40 40
    }

    /// By hand: `filterobject` of `Python/bltinmodule.c`.
    filter: Filter {
        /// Size of `filterobject`.
        size     32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `filterobject.func`.
        func     16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `filterobject.it`.
        iterator 24 24 24 24 24 24 24 24 40 40 40
    }

    /// By hand: `mapobject` of `Python/bltinmodule.c`.
    map: Map {
        /// Size of `mapobject`.
        size      32 32 32 32 32 32 40 40 48 56 56
        /// Offset of `mapobject.iters`.
        iterators 16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `mapobject.func`.
        func      24 24 24 24 24 24 24 24 40 40 40
    }

    /// By hand: `zipobject` of `Python/bltinmodule.c`.
    zip: Zip {
        /// Size of `zipobject`.
        size      40 40 48 48 48 48 48 48 64 64 64
        /// Offset of `zipobject.ittuple`.
        iterators 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `zipobject.result`.
        result    32 32 32 32 32 32 32 32 48 48 48
    }

    /// By hand: `seqiterobject` of `Objects/iterobject.c`; the iterators of lists (both ways) and tuples are the same.
    sequence_iterator: SequenceIterator {
        /// Size of `seqiterobject`.
        size     32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `seqiterobject.it_seq`. 0 when it is used up.
        sequence 24 24 24 24 24 24 24 24 40 40 40
    }

    /// By hand: `calliterobject` of `Objects/iterobject.c`.
    callable_iterator: CallableIterator {
        /// Size of `calliterobject`.
        size     32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `calliterobject.it_callable`.
        callable 16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `calliterobject.it_sentinel`.
        sentinel 24 24 24 24 24 24 24 24 40 40 40
    }

    /// By hand: `dictiterobject` of `Objects/dictobject.c`.
    dict_iterator: DictIterator {
        /// Size of `dictiterobject`.
        size   56 56 56 56 56 56 56 56 72 72 72
        /// Offset of `dictiterobject.di_dict`. 0 when it is used up.
        dict   16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `dictiterobject.di_result`.
        result 40 40 40 40 40 40 40 40 56 56 56
    }

    /// By hand: `setiterobject` of `Objects/setobject.c`.
    set_iterator: SetIterator {
        /// Size of `setiterobject`.
        size 48 48 48 48 48 48 48 48 64 64 64
        /// Offset of `setiterobject.si_set`. 0 when it is used up.
        set  16 16 16 16 16 16 16 16 32 32 32
    }

    /// By hand: `struct _odictobject` of `Objects/odictobject.c`: an `OrderedDict`, a `dict` and behind it its order.
    odict: Odict {
        /// Size of `struct odict`.
        size            112 112 112 112 112 112 112 112 128 128 128
        /// Offset of `struct odict.od_fast_nodes`. Address of an array of nodes by index of the table.
        fast_nodes       64  64  64  64  64  64  64  64  80  80  80
        /// Offset of `struct odict.od_fast_nodes_size`.
        fast_nodes_size  72  72  72  72  72  72  72  72  88  88  88
        /// Offset of `struct odict.od_first`.
        first            48  48  48  48  48  48  48  48  64  64  64
        /// Offset of `struct odict.od_last`.
        last             56  56  56  56  56  56  56  56  72  72  72
        /// Offset of `struct odict.od_inst_dict`.
        inst_dict        96  96  96  96  96  96  96  96 112 112 112
        /// Offset of `struct odict.od_weakreflist`.
        weakreflist     104 104 104 104 104 104 104 104 120 120 120
    }

    /// By hand: `struct _odictnode` of `Objects/odictobject.c`. A node owns its key, once more than the table does.
    odict_node: OdictNode {
        /// Size of `struct odict_node`.
        size 32 32 32 32 32 32 32 32 32 32 32
        /// Offset of `struct odict_node.key`.
        key   0  0  0  0  0  0  0  0  0  0  0
        /// Offset of `struct odict_node.hash`.
        hash  8  8  8  8  8  8  8  8  8  8  8
        /// Offset of `struct odict_node.next`.
        next 16 16 16 16 16 16 16 16 16 16 16
        /// Offset of `struct odict_node.prev`.
        prev 24 24 24 24 24 24 24 24 24 24 24
    }

    /// By hand: `dequeobject` of `Modules/_collectionsmodule.c`. Items are from `left_index` of the first block to
    /// `right_index` of the last; `object.items` of them.
    deque: Deque {
        /// Size of `dequeobject`.
        size        80 80 80 216 216 216 216 216 232 232 232
        /// Offset of `dequeobject.leftblock`.
        left_block  24 24 24  24  24  24  24  24  40  40  40
        /// Offset of `dequeobject.rightblock`.
        right_block 32 32 32  32  32  32  32  32  48  48  48
        /// Offset of `dequeobject.leftindex`.
        left_index  40 40 40  40  40  40  40  40  56  56  56
        /// Offset of `dequeobject.rightindex`.
        right_index 48 48 48  48  48  48  48  48  64  64  64
        /// Offset of `dequeobject.maxlen`. Signed; -1: none.
        max_length  64 64 64  64  64  64  64  64  80  80  80
        /// Offset of `dequeobject.weakreflist`.
        weakreflist 72 72 72 208 208 208 208 208 224 224 224
    }

    /// By hand: `block` of `Modules/_collectionsmodule.c`.
    deque_block: DequeBlock {
        /// Size of `struct deque_block`.
        size  528 528 528 528 528 528 528 528 528 528 528
        /// Offset of `struct deque_block.leftlink`.
        left    0   0   0   0   0   0   0   0   0   0   0
        /// Offset of `struct deque_block.data`.
        data    8   8   8   8   8   8   8   8   8   8   8
        /// Number of `struct deque_block.data`.
        slots  64  64  64  64  64  64  64  64  64  64  64
        /// Offset of `struct deque_block.rightlink`.
        right 520 520 520 520 520 520 520 520 520 520 520
    }

    /// By hand: `defdictobject` of `Modules/_collectionsmodule.c`: a `dict` and behind it this.
    default_dict: DefaultDict {
        /// Size of `defdictobject`.
        size            56 56 56 56 56 56 56 56 72 72 72
        /// Offset of `defdictobject.default_factory`.
        default_factory 48 48 48 48 48 48 48 48 64 64 64
    }

    /// By hand: `partialobject` of `Modules/_functoolsmodule.c`.
    partial: Partial {
        /// Size of `partialobject`.
        size        64 64 64 64 64 64 80 80 80 96 96
        /// Offset of `partialobject.fn`.
        func        16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `partialobject.args`.
        args        24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `partialobject.kw`.
        keywords    32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `partialobject.dict`.
        dict        40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `partialobject.weakreflist`.
        weakreflist 48 48 48 48 48 48 48 48 64 64 64
        /// Offset of `partialobject.placeholder` (from 3.14 on).
        placeholder  -  -  -  -  -  - 56 56  - 72 72
    }

    /// By hand: `lru_cache_object` of `Modules/_functoolsmodule.c`. `root` is the start of a circle of `lru_entry`,
    /// which are objects, held by the `cache` dictionary; where `max_size` is -1 the dictionary has the results
    /// themselves, where it is 0 it is empty.
    lru_cache: LruCache {
        /// Size of `lru_cache_object` without `weakreflist` (to 3.8); Size of `lru_cache_object` (from 3.9 on).
        size            128 136 152 152 152 152 152 152 168 168 168
        /// Offset of `lru_cache_object.root.prev`.
        root_prev        16  16  16  16  16  16  16  16  32  32  32
        /// Offset of `lru_cache_object.root.next`.
        root_next        24  24  24  24  24  24  24  24  40  40  40
        /// Offset of `lru_cache_object.cache`.
        cache            72  72  72  72  72  72  72  72  88  88  88
        /// Offset of `lru_cache_object.func`.
        func             88  88  88  88  88  88  88  88 104 104 104
        /// Offset of `lru_cache_object.maxsize`.
        max_size         96  96  96  96  96  96  96  96 112 112 112
        /// Offset of `lru_cache_object.kwd_mark` (from 3.10 on).
        keyword_mark      -   - 112 112 112 112 112 112 128 128 128
        /// Offset of `lru_cache_object.lru_list_elem_type` (from 3.10 on).
        entry_type        -   - 120 120 120 120 120 120 136 136 136
        /// Offset of `lru_cache_object.cache_info_type`.
        cache_info_type 112 112 128 128 128 128 128 128 144 144 144
        /// Offset of `lru_cache_object.dict`.
        dict            120 120 136 136 136 136 136 136 152 152 152
        /// Offset of `lru_cache_object.weakreflist` (from 3.9 on).
        weakreflist       - 128 144 144 144 144 144 144 160 160 160
    }

    /// By hand: `lru_list_elem` of `Modules/_functoolsmodule.c`.
    lru_entry: LruEntry {
        /// Size of `lru_list_elem`.
        size   56 56 56 56 56 56 56 56 72 72 72
        /// Offset of `lru_list_elem.prev`. Borrowed.
        prev   16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `lru_list_elem.next`. Borrowed.
        next   24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `lru_list_elem.key`.
        key    40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `lru_list_elem.result`.
        result 48 48 48 48 48 48 48 48 64 64 64
    }

    /// By hand: `FutureObj` of `Modules/_asynciomodule.c`, and the start of tasks. Compare `size` with the type's own:
    /// 3.10 has `exception_traceback` only from 3.10.6 on, and all behind it was 8 bytes nearer before.
    future: Future {
        /// Size of `FutureObj`.
        size                104 144 152 128 128 104 112 112 120 128 128
        /// Offset of `FutureObj.fut_loop`.
        loop_                16  16  16  16  16  16  16  16  32  32  32
        /// Offset of `FutureObj.fut_callback0`.
        callback0            24  24  24  24  24  24  24  24  40  40  40
        /// Offset of `FutureObj.fut_context0`.
        context0             32  32  32  32  32  32  32  32  48  48  48
        /// Offset of `FutureObj.fut_callbacks`.
        callbacks            40  40  40  40  40  40  40  40  56  56  56
        /// Offset of `FutureObj.fut_exception`.
        exception            48  48  48  48  48  48  48  48  64  64  64
        /// Offset of `FutureObj.fut_exception_tb` (from 3.10 on).
        exception_traceback   -   -  56  56  56  56  56  56  72  72  72
        /// Offset of `FutureObj.fut_result`.
        result               56  56  64  64  64  64  64  64  80  80  80
        /// Offset of `FutureObj.fut_source_tb`.
        source_traceback     64  64  72  72  72  72  72  72  88  88  88
        /// Offset of `FutureObj.fut_cancel_msg` (from 3.9 on).
        cancel_message        -  72  80  80  80  80  80  80  96  96  96
        /// Offset of `FutureObj.fut_state`. An `int`: 0 pending, 1 cancelled, 2 finished.
        state                72  80  88  88  88  96 104 104 112 120 120
        /// Offset of `FutureObj.dict` (to 3.12). From 3.13 on the managed one.
        dict                 88  96 104 104 104   -   -   -   -   -   -
        /// Offset of `FutureObj.fut_weakreflist` (to 3.12).
        weakreflist          96 104 112 112 112   -   -   -   -   -   -
        /// Offset of `FutureObj.fut_cancelled_exc_state` (3.9 and 3.10). An `exception_item` inside.
        cancelled_exc_state   - 112 120   -   -   -   -   -   -   -   -
        /// Offset of `FutureObj.fut_cancelled_exc` (from 3.11 on).
        cancelled_exc         -   -   - 120 120  88  88  88 104 104 104
        /// Offset of `FutureObj.fut_awaited_by` (from 3.14 on). A future, or a set of them.
        awaited_by            -   -   -   -   -   -  96  96   - 112 112
    }

    /// By hand: `TaskObj` of `Modules/_asynciomodule.c`: a `future` and behind it this.
    task: Task {
        /// Size of `TaskObj`.
        size      144 184 192 176 176 144 168 168 160 192 192
        /// Offset of `TaskObj.task_fut_waiter`.
        waits_for 104 144 152 128 128 112 120 120 128 136 136
        /// Offset of `TaskObj.task_coro`.
        coroutine 112 152 160 136 136 120 128 128 136 144 144
        /// Offset of `TaskObj.task_name`.
        name      120 160 168 144 144 128 136 136 144 152 152
        /// Offset of `TaskObj.task_context`.
        context   128 168 176 152 152 136 144 144 152 160 160
        /// Offset of `TaskObj.task_node` (from 3.14 on). `next` and `prev` in a list of all tasks of the
        /// thread; not owned.
        node        -   -   -   -   -   - 152 152   - 168 168
    }

    /// By hand: `localobject` of `Modules/_threadmodule.c`.
    thread_local: ThreadLocal {
        /// Size of `localobject`.
        size             64 64 64 64 64 56 56 56 72 72 72
        /// Offset of `localobject.key` (to 3.12). The key of its `thread_local_dummy` in each `thread.dict`.
        key              16 16 16 16 16  -  -  -  -  -  -
        /// Offset of `localobject.args`.
        args             24 24 24 24 24 16 16 16 32 32 32
        /// Offset of `localobject.kw`.
        keywords         32 32 32 32 32 24 24 24 40 40 40
        /// Offset of `localobject.weakreflist`.
        weakreflist      40 40 40 40 40 32 32 32 48 48 48
        /// Offset of `localobject.dummies` (to 3.12). A dictionary: weak reference to a `thread_local_dummy` to
        /// that thread's dictionary.
        dummies          48 48 48 48 48  -  -  -  -  -  -
        /// Offset of `localobject.wr_callback` (to 3.12).
        callback         56 56 56 56 56  -  -  -  -  -  -
        /// Offset of `localobject.localdicts` (from 3.13 on). A dictionary: `thread.threading_local_key` to
        /// that thread's dictionary.
        dicts             -  -  -  -  - 40 40 40 56 56 56
        /// Offset of `localobject.thread_watchdogs` (from 3.13 on).
        thread_watchdogs  -  -  -  -  - 48 48 48 64 64 64
    }

    /// By hand: `localdummyobject` of `Modules/_threadmodule.c`.
    thread_local_dummy: ThreadLocalDummy {
        /// Size of `localdummyobject`.
        size        32 32 32 32 32 24 24 24 40 40 40
        /// Offset of `localdummyobject.localdict` (to 3.12). Borrowed.
        dict        16 16 16 16 16  -  -  -  -  -  -
        /// Offset of `localdummyobject.weakreflist`.
        weakreflist 24 24 24 24 24 16 16 16 32 32 32
    }

    /// By hand: `ElementObject` of `Modules/_elementtree.c`. The lowest bit of `text` and `tail` is a flag: clear it.
    element: Element {
        /// Size of `ElementObject`.
        size        56 56 56 56 56 56 56 56 72 72 72
        /// Offset of `ElementObject.tag`.
        tag         16 16 16 16 16 16 16 16 32 32 32
        /// Offset of `ElementObject.text`.
        text        24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `ElementObject.tail`.
        tail        32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `ElementObject.extra`. An `element_extra` in a block of its own, or 0.
        extra       40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `ElementObject.weakreflist`.
        weakreflist 48 48 48 48 48 48 48 48 64 64 64
    }

    /// By hand: `ElementObjectExtra` of `Modules/_elementtree.c`.
    element_extra: ElementExtra {
        /// Size of `ElementObjectExtra`.
        size         64 64 64 64 64 64 64 64 64 64 64
        /// Offset of `ElementObjectExtra.attrib`.
        attributes    0  0  0  0  0  0  0  0  0  0  0
        /// Offset of `ElementObjectExtra.length`.
        length        8  8  8  8  8  8  8  8  8  8  8
        /// Offset of `ElementObjectExtra.allocated`.
        allocated    16 16 16 16 16 16 16 16 16 16 16
        /// Offset of `ElementObjectExtra.children`. Address of an array, inside or outside the block.
        children     24 24 24 24 24 24 24 24 24 24 24
        /// Offset of `ElementObjectExtra._children`.
        own_children 32 32 32 32 32 32 32 32 32 32 32
    }

    /// By hand: `arrayobject` of `Modules/arraymodule.c`.
    array: Array {
        /// Size of `arrayobject`.
        size                 64 64 64 64 64 64 64 64 80 80 80
        /// Offset of `arrayobject.ob_item`. Owned buffer or 0.
        item                 24 24 24 24 24 24 24 24 40 40 40
        /// Offset of `arrayobject.allocated`. In items.
        allocated            32 32 32 32 32 32 32 32 48 48 48
        /// Offset of `arrayobject.ob_descr`.
        description          40 40 40 40 40 40 40 40 56 56 56
        /// Offset of `arrayobject.weakreflist`.
        weakreflist          48 48 48 48 48 48 48 48 64 64 64
        /// Offset of `struct arraydescr.typecode`. A byte, of the description.
        description_typecode  0  0  0  0  0  0  0  0  0  0  0
        /// Offset of `struct arraydescr.itemsize`. An `int`, of the description.
        description_itemsize  4  4  4  4  4  4  4  4  4  4  4
    }
}
