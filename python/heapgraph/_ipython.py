"""IPython: `%load_ext heapgraph` brings its magics.

`%heap`, `%growth`, `%why`, `%backrefs`, `%memlines`, `%memit`, `%lines` and `%%leaks`.
"""

import shlex
import sys

_NAMES = {"line": ("heap", "growth", "why", "backrefs", "memlines", "memit", "lines"), "cell": ("leaks",)}


def load_ipython_extension(ip):
    """Add the magics; IPython calls this for `%load_ext heapgraph`. Doing it twice changes nothing."""
    magics = ip.magics_manager.magics
    if all(name in magics[kind] for kind, names in _NAMES.items() for name in names):
        return
    for kind, names in _NAMES.items():
        for name in names:
            ip.register_magic_function(_guarded(_MAGICS[name]), kind, name)


def unload_ipython_extension(ip):
    """Take the magics away again; IPython calls this for `%unload_ext heapgraph`."""
    for kind, names in _NAMES.items():
        for name in names:
            ip.magics_manager.magics[kind].pop(name, None)


def _shell():
    """The shell. No function of ours keeps it in a variable: it would be a root that holds all that the user has."""
    return sys.modules["IPython"].get_ipython()


def _guarded(function):
    """A magic that prints the program's words instead of a traceback of ours."""

    def magic(*words):
        from heapgraph._errors import HeapgraphError

        try:
            return function(*words)
        except HeapgraphError as error:
            print("heapgraph: %s" % error)
            return None

    magic.__doc__ = function.__doc__
    return magic


def _heap(line):
    """%heap [N]: the N most common types of this process (10), with their sizes."""
    from heapgraph._snapshot import snapshot

    limit = line.strip() or "10"
    if not limit.isdigit():
        print("heapgraph: %%heap takes a number of rows, not %r" % limit)
        return None
    return snapshot().common(limit=int(limit))


_peaks = {}


def _growth(line):
    """%growth: types of which there are more objects than at any earlier %growth. The first call takes the counts."""
    from heapgraph import objgraph

    is_first = not _peaks
    rows = objgraph.growth(limit=None, peak_stats=_peaks, shortnames=False)
    if is_first:
        print("%d types counted; the next %%growth tells what has grown" % len(rows))
        return
    if not rows:
        print("nothing has grown")
        return
    width = max(len(name) for name, _, _ in rows[:20])
    for name, n, more in rows[:20]:
        print("%-*s%9d %+9d" % (width, name, n, more))
    if len(rows) > 20:
        print("%d more types have grown" % (len(rows) - 20))


def _address(expression, magic):
    """The id of the value of the user's expression; None and a message without one."""
    if not expression:
        print("heapgraph: %%%s takes an expression, as in %%%s x" % (magic, magic))
        return None
    return id(_shell().ev(expression))


def _why(line):
    """%why EXPRESSION: why the object is alive: the path from a GC root as Python, and what to cut."""
    from heapgraph._snapshot import snapshot

    address = _address(line.strip(), "why")
    return None if address is None else snapshot().why(address)


def _backrefs(line):
    """%backrefs EXPRESSION [-o FILE] [--depth N]: who refers to the object, as a picture; -o writes it to a file."""
    from heapgraph._snapshot import snapshot

    words, options, output = _split(line), {}, None
    for option, key in (("-o", "output"), ("--depth", "depth")):
        if option in words:
            place = words.index(option)
            if place + 1 == len(words):
                print("heapgraph: %s takes a value" % option)
                return None
            value = words[place + 1]
            del words[place : place + 2]
            if key == "output":
                output = value
            else:
                options[key] = value
    address = _address(" ".join(words), "backrefs")
    if address is None:
        return None
    # The shell holds all variables in many ways, and its machinery would be the picture.
    packages = {"IPython", "traitlets", type(_shell()).__module__.split(".")[0]}
    report = snapshot().backrefs(address, exclude=[package + ".*" for package in sorted(packages)], **options)
    if output is None:
        return report
    report.save(output)
    print("written to %s" % output)
    return None


def _split(line):
    """The words of a line, quotes kept: an expression may have some."""
    lexer = shlex.shlex(line, posix=False, punctuation_chars="")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:  # a quote that is not closed
        return line.split()


def _leaks(line, cell):
    """%%leaks [PATTERN…]: run the cell, then tell which objects it has left behind, where they are held, what to cut.

    With patterns, only objects whose type fits one: %%leaks app.* Session. The cell runs in the user's namespace.
    """
    from heapgraph import _growth

    types = _growth.Types(line.split() or None)
    code = compile(_shell().transform_cell(cell), "<cell of %%leaks>", "exec")
    before = _growth.packed(_growth.census(types))
    exec(code, _shell().user_ns)
    after = _growth.packed(_growth.census(types))
    print(_growth.told(_growth.new_since(before, after)))


def _functions(line, magic):
    """([functions after -f], the statement) of a line; None and a message when something is missing."""
    words, functions = _split(line), []
    while words[:1] == ["-f"] and len(words) > 1:
        functions.append(_shell().ev(words[1]))
        line = line.split("-f", 1)[1].strip()[len(words[1]) :].strip()
        words = words[2:]
    if not functions or not line:
        print("heapgraph: %%%s takes functions and a statement, as in %%%s -f load load(3)" % (magic, magic))
        return None
    return functions, line


def _statement(line):
    """The user's statement, compiled."""
    return compile(_shell().transform_cell(line), "<statement>", "exec")


def _memlines(line):
    """%memlines -f FUNCTION [-f …] STATEMENT: run it; the functions' lines, with what each made that is held now.

    Allocations are traced meanwhile. A function has to be in a file, or in a cell of IPython.
    """
    from heapgraph._lines import Traced

    found = _functions(line, "memlines")
    if found is None:
        return
    with Traced() as traced:
        exec(_statement(found[1]), _shell().user_ns)
        for function in found[0]:
            print(traced.listing(function))


def _lines(line):
    """%lines -f FUNCTION [-f …] STATEMENT: as %memlines, with hits and time of each line, by line_profiler."""
    from heapgraph._lines import timed

    found = _functions(line, "lines")
    if found is not None:
        code = _statement(found[1])
        print(timed(found[0], lambda: exec(code, _shell().user_ns)))


def _memit(line):
    """%memit STATEMENT: run it once; how much Python's memory grew at most, how much stays, and which types."""
    from heapgraph import _growth
    from heapgraph._lines import Traced

    if not line.strip():
        print("heapgraph: %memit takes a statement, as in %memit load(3)")
        return
    code, types = _statement(line), _growth.Types()
    before = _growth.packed(_growth.census(types))
    with Traced() as traced:
        exec(code, _shell().user_ns)
        _growth.settle()
        stays, peak = traced.memory()
    new = _growth.new_since(before, _growth.packed(_growth.census(types)))
    print("peak memory: %+.2f MiB, stays: %+.2f MiB" % (peak / (1 << 20), stays / (1 << 20)))
    rows = sorted(new.items(), key=lambda row: (-row[1][0], row[0]))
    for name, (more, _) in rows[:5]:
        print("  %+8d  %s" % (more, name))
    if len(rows) > 5:
        print("  %d more types have grown" % (len(rows) - 5))


_MAGICS = {
    "heap": _heap,
    "growth": _growth,
    "why": _why,
    "backrefs": _backrefs,
    "memlines": _memlines,
    "memit": _memit,
    "lines": _lines,
    "leaks": _leaks,
}
