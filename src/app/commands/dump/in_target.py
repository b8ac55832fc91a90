# The last piece of what runs in the target, after the dumper itself, in the dumper's own namespace.


def _main(folder, options):
    global choose_method
    import posix

    try:
        posix.stat(folder + "/stream")
        has_stream = True
    except OSError:  # no pipes in this file system
        has_stream = False
    chosen = choose_method(options["method"], memory_facts())
    # Decided once: a forked copy may wait for the tool to read, the process itself may not.
    choose_method = lambda method, facts: chosen  # noqa: E731
    through_stream = has_stream and chosen[0] == "fork"
    options["path"] = folder + ("/stream" if through_stream else "/snapshot")
    options["status"] = folder + "/status"
    _attach(options)  # empties the namespace
    if has_stream and not through_stream:
        try:
            posix.close(posix.open(folder + "/stream", posix.O_WRONLY | posix.O_NONBLOCK | posix.O_CLOEXEC))
        except OSError:
            # Nobody reads: the tool has been killed meanwhile.
            for name in ("snapshot", "status", "source.py", "bootstrap.py", "start.py", "stream"):
                try:
                    posix.unlink(folder + "/" + name)
                except OSError:
                    pass
