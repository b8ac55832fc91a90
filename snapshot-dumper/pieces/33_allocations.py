# Where objects were made: the tracebacks of `tracemalloc`, when the program has switched it on.

# 3.11 looks 16 bytes beside the block of an instance that keeps its attributes without a dictionary, and finds nothing.
MISSES_INSTANCES = PYTHON == (3, 11)
LOOK_AT_BLOCKS = "_PyTraceMalloc_GetTraceback"         # (domain, address of a block), exported for debugging


def note_tracing(s):
    """Find out whether allocations are traced; then `s.traced` is what is known of that, and `s.traceback_of` looks up.

    Python starts to trace without loading the module when an option or a variable tells it to."""
    at_start = "tracemalloc" in getattr(sys, "_xoptions", ()) or not sys.flags.ignore_environment and (
        b"PYTHONTRACEMALLOC" in namespace_of_module("posix").get("environ", ()))
    if "_tracemalloc" not in sys.modules and not at_start:
        return
    import _tracemalloc as tracer
    if tracer.is_tracing():
        s.traced = s.header["tracemalloc"] = {"frames": tracer.get_traceback_limit(), "misses_instances": False}
        s.traceback_of = s.traceback_of_instance = tracer._get_object_traceback
        s.columns["allocated_at"] = []
        if MISSES_INSTANCES:
            note_blocks(s)


def note_blocks(s):
    """Look instances up by their blocks: with `ctypes`, if the program uses it. To load it would change the program."""
    library = namespace_of_module("ctypes").get("pythonapi")
    s.traced["misses_instances"] = library is None
    if library is not None:
        look_up = library[LOOK_AT_BLOCKS]
        look_up.restype = namespace_of_module("ctypes")["py_object"]
        look_up.argtypes = [namespace_of_module("ctypes")["c_uint"], namespace_of_module("ctypes")["c_size_t"]]
        s.traceback_of_instance = lambda o: look_up(0, id(o) - GC_HEADER - 16)


def file_index(s, file):
    """The index of a source file in `s.files`."""
    index = s.files.get(file)
    if index is None:
        index = s.files[copy_of(file)] = len(s.files)
    return index


def allocations_of(s, group):
    """For each object of one type, the index of its traceback; -1: unknown, as for what this module has allocated."""
    managed = MISSES_INSTANCES and flags_of(type(group[0])) & HAS_MANAGED_DICT
    found = list(map(s.traceback_of_instance if managed else s.traceback_of, group))
    known, indices = s.tracebacks, []
    for position, traceback in enumerate(found):
        if traceback is None:
            indices.append(-1)
            continue
        index = known.get(traceback)
        if index is None:
            rows = tuple((copy_of(file), line) for file, line in traceback)
            own = rows[0][0] in ("<unknown>", note_tracing.__code__.co_filename)
            index = known[rows] = -1 if own else len(s.traceback_rows)
            if not own:
                s.traceback_rows.append([n for file, line in rows for n in (file_index(s, file), line)])
        indices.append(index)
        found[position] = None
    return indices


def lines_of(code):
    """The lines of a code object and those inside it: that of a class may end before its methods."""
    lines, codes = set(), [code]
    for code in codes:                                # grows meanwhile
        if PYTHON >= (3, 10):
            lines.update(line for _, _, line in code.co_lines() if line)
        else:
            line = code.co_firstlineno
            for step in code.co_lnotab[1::2]:
                line += step if step < 128 else step - 256
                lines.add(line)
        if len(codes) < 10000:
            codes += [inside for inside in code.co_consts if type(inside) is CodeType]
    return lines


def note_lines(s, code):
    """Note which lines are those of a function: (file, first line, that of its body, last line, name).

    On the lines between the first two, decorators and `def`, who makes an object may be the caller or the function."""
    name, first = getattr(code, "co_qualname", code.co_name), code.co_firstlineno
    if code.co_name[:1] == "<" and code.co_name != "<module>":            # part of the function around it
        return
    lines = [line for line in lines_of(code) if line > first]
    body = first if code.co_name == "<module>" else min(lines) if lines else first + 1
    s.code_rows.append((file_index(s, exact_text(code.co_filename, None)), first, body, max([first] + lines),
                        copy_of(exact_text(name))))


def tables_of_lines(s):
    """The members `files`, `tracebacks` and `functions` of the document, as text; empty when nothing was traced.

    Of the functions those that have a line of a traceback."""
    if not s.traced:
        return ""
    lines = {}
    for row in s.traceback_rows:
        for file, line in zip(row[::2], row[1::2]):
            lines.setdefault(file, set()).add(line)
    functions = sorted({row for row in s.code_rows
                        if any(map(range(row[1], row[3] + 1).__contains__, lines.get(row[0], ())))})
    return "".join(['"%s":[\n%s\n],\n' % (name, ",\n".join(map(to_json, rows))) for name, rows in (
        ("files", s.files), ("tracebacks", s.traceback_rows), ("functions", functions))])
