# Runs `source.py` of the exchange folder and reports to the tool through the file `outcome`.
#
# It runs in the middle of somebody's program: it asks nothing of modules that the program may have
# patched (`open`, `os`, `traceback`), imports nothing that is not already loaded, binds no name
# outside its own namespace and lets no exception out.


def _attached(folder):
    import builtins
    import posix
    import sys

    def read(path):
        # A missing file means that the tool has given up: there is nothing to do.
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
        try:
            parts = []
            while True:
                part = posix.read(descriptor, 1 << 20)
                if not part:
                    return b"".join(parts)
                parts.append(part)
        finally:
            posix.close(descriptor)

    def report(state, text):
        text = "%s\n%d.%d.%d\n%s" % ((state,) + tuple(sys.version_info[:3]) + (text,))
        rest = memoryview(text.encode("utf-8", "backslashreplace"))
        flags = posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC
        descriptor = posix.open(folder + b"/outcome.part", flags, 0o600)
        try:
            while rest:
                rest = rest[posix.write(descriptor, rest) :]
        finally:
            posix.close(descriptor)
        posix.rename(folder + b"/outcome.part", folder + b"/outcome")

    try:
        source = read(folder + b"/source.py")
    except OSError:
        return
    namespace = {
        "__name__": "heapgraph_attached",
        "__builtins__": builtins,
        "exchange_folder": folder.decode("utf-8", "surrogateescape"),
        "outcome": "",
    }
    try:
        if sys.version_info < (3, 8):
            raise RuntimeError("Python 3.8 or newer is needed")
        exec(compile(source, "<heapgraph>", "exec"), namespace)
        state, text = "done", namespace["outcome"]
        if type(text) is not str:
            state, text = "failed", "the source left an outcome that is no text"
    except BaseException as error:
        # The source's own exceptions are ours, an audit hook's are not: their text is not asked for.
        lines, step = [], error.__traceback__
        while step is not None:
            lines.append("line %d in %s" % (step.tb_lineno, step.tb_frame.f_code.co_name))
            step = step.tb_next
        text = type(error).__name__
        if type(error).__module__ == "builtins":
            text += ": " + str(error)
        state, text = "failed", text + " (" + ", ".join(lines[1:]) + ")"
        del error, step
    finally:
        namespace.clear()
    report(state, text)
