# Writing the file, compressed when its name says so.


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


def compression_module():
    """The program's `zlib`, or one that is the dumper's own: not in `sys.modules`, kept for the next dump."""
    if not _zlib or "zlib" in sys.modules:
        before = None if "zlib" in sys.modules else set(map(id, gc.get_objects(0)))
        import zlib
        if before is None:
            return zlib
        new = {id(o) for o in gc.get_objects(0)} - before        # and what other threads have made meanwhile
        parts, stack = [], [zlib]
        while stack:
            o = stack.pop()
            parts.append(o)
            found = gc.get_referents(o) + ([WeakReference(o)] if issubclass(type(o), type) else [])
            stack += [r for r in dict(zip(map(id, found), found)).values() if id(r) in new and r is not zlib]
            new.difference_update(map(id, found))
        holders = sum(r is zlib for o in parts for r in gc.get_referents(o))
        # Besides these: the variable, the list, `sys.modules`, the call; up to 3.9 a list of the interpreter's own.
        if sys.getrefcount(zlib) > holders + (4 if PYTHON >= (3, 10) else 5):
            return zlib                               # another thread has got hold of it: it is the program's
        _zlib[:] = parts
        del sys.modules["zlib"]
    return _zlib[0]


def write_text(s, text, end=False):
    """Append to the file, compressed when its name says so."""
    data = text.encode("ascii")
    if s.zip is not None:
        data = s.zip.compress(data) + (s.zip.flush() if end else b"")
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
