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
