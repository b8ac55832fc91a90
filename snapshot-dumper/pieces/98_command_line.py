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
