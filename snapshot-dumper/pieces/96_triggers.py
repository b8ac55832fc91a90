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
