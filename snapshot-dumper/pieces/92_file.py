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
