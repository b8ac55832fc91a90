"""The calls of objgraph 3.7, under their names, with their arguments, defaults, printed lines and rules.

    import heapgraph.objgraph as objgraph
    objgraph.show_most_common_types()
    objgraph.show_growth()
    objgraph.show_backrefs([x], filename="backrefs.png")

Counting calls look at this process at once, as "tracked" objects: those that the garbage collector knows. Pictures are
drawn by the program `heapgraph`, without Graphviz, with the name of every slot. What differs on purpose: no code of the
objects runs (no `repr`, `dir`, `==`, `__class__`), so a box shows what an object is and not its `repr`; local variables
of running functions are found on every version of Python; a prompt of pdb is neither shown nor counted as a holder.
"""

from __future__ import annotations

# What pictures need is loaded now: loaded later, its objects would be growth.
import atexit  # noqa: F401
import gc
import json  # noqa: F401
import os
import subprocess  # noqa: F401
import sys
import tempfile

from heapgraph import _dot, _folder, _graph, _picture
from heapgraph._slots import is_proper_module, type_name
from heapgraph._words import Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Collection, Iterable, TextIO

__all__ = [
    "at",
    "at_addrs",
    "by_type",
    "count",
    "find_backref_chain",
    "find_ref_chain",
    "get_leaking_objects",
    "get_new_ids",
    "growth",
    "is_proper_module",
    "most_common_types",
    "show_backrefs",
    "show_chain",
    "show_growth",
    "show_most_common_types",
    "show_refs",
    "typestats",
]


def _namer(typename):
    """How a type is to be called to be compared with `typename`: with its module when there is a dot in it."""
    short = "." not in typename
    return lambda t: type_name(t, short)


def count(typename: str, objects: Iterable[Any] | None = None) -> int:
    """How many tracked objects, or how many of `objects`, are of a type.

    `typename` is the type's name, or module and name with a dot between them; subclasses are not counted.
    Example: `count("dict")`, `count("app.models.Session")`.
    """
    if objects is None:
        objects = gc.get_objects()
    try:
        name = _namer(typename)
        return sum(name(type(o)) == typename for o in objects)
    finally:
        del objects  # it refers to everything


def typestats(
    objects: Iterable[Any] | None = None, shortnames: bool = True, filter: Callable[[Any], Any] | None = None
) -> dict[str, int]:
    """{type name: how many} of the tracked objects, or of `objects`.

    `shortnames=False` gives names with their modules. `filter` is called with each object; what it is false for is not
    counted.
    """
    if objects is None:
        objects = gc.get_objects()
    try:
        kinds, stats = {}, {}  # by id: a metaclass may define == and hash
        for o in objects:
            if filter is None or filter(o):
                t = type(o)
                kind = kinds.get(id(t))
                if kind is None:
                    kinds[id(t)] = [t, 1]
                else:
                    kind[1] += 1
        o = None
        for t, n in kinds.values():
            name = type_name(t, shortnames)
            stats[name] = stats.get(name, 0) + n
        return stats
    finally:
        del objects


def most_common_types(
    limit: int | None = 10,
    objects: Iterable[Any] | None = None,
    shortnames: bool = True,
    filter: Callable[[Any], Any] | None = None,
) -> list[tuple[str, int]]:
    """[(type name, how many)], the most common first. `limit=None` or 0 gives all. Otherwise as `typestats`."""
    stats = sorted(typestats(objects, shortnames, filter).items(), key=lambda row: row[1], reverse=True)
    return stats[:limit] if limit else stats


def show_most_common_types(
    limit: int | None = 10,
    objects: Iterable[Any] | None = None,
    shortnames: bool = True,
    file: TextIO | None = None,
    filter: Callable[[Any], Any] | None = None,
) -> None:
    """Print `most_common_types`, a line each, to `file` (None: standard output).

    Raises ValueError when there is nothing to print.
    """
    if file is None:
        file = sys.stdout
    stats = most_common_types(limit, objects, shortnames, filter)
    width = max(len(name) for name, _ in stats)
    for name, n in stats:
        file.write("%-*s %i\n" % (width, name, n))


def growth(
    limit: int | None = 10,
    peak_stats: dict[str, int] = {},
    shortnames: bool = True,
    filter: Callable[[Any], Any] | None = None,
) -> list[tuple[str, int, int]]:
    """[(type name, how many now, how many more)] of the types of which there are more than ever before.

    The garbage collector runs first. `peak_stats` is the dictionary that remembers the largest counts, and is updated;
    without one a dictionary that all calls share. What falls is not told, and does not lower the peak. Largest growth
    first; `limit=None` or 0 gives all.
    """
    gc.collect()
    rows = []
    for name, n in typestats(shortnames=shortnames, filter=filter).items():
        peak = peak_stats.get(name, 0)
        if n > peak:
            rows.append((name, n, n - peak))
            peak_stats[name] = n
    rows.sort(key=lambda row: row[2], reverse=True)
    return rows[:limit] if limit else rows


def show_growth(
    limit: int | None = 10,
    peak_stats: dict[str, int] | None = None,
    shortnames: bool = True,
    file: TextIO | None = None,
    filter: Callable[[Any], Any] | None = None,
) -> None:
    """Print `growth`, a line each, to `file` (None: standard output); nothing at all when nothing grew.

    `peak_stats=None` stands for the dictionary that all calls share.
    """
    memory = {} if peak_stats is None else {"peak_stats": peak_stats}
    rows = growth(limit, shortnames=shortnames, filter=filter, **memory)
    if rows:
        if file is None:
            file = sys.stdout
        width = max(len(name) for name, _, _ in rows)
        for name, n, more in rows:
            file.write("%-*s%9d %+9d\n" % (width, name, n, more))


_SORTED_BY = {"old": 1, "current": 2, "new": 3, "deltas": 4}


def get_new_ids(
    skip_update: bool = False,
    limit: int | None = 10,
    sortby: str = "deltas",
    shortnames: bool | None = None,
    file: TextIO | None = None,
    _state: dict[str, Any] = {},
) -> dict[str, set[int]]:
    """{type name: set of ids} of the tracked objects that are new since the last call; prints a table of them.

    The dictionary is a live one: the next call updates it. `skip_update=True` compares with what the last call but one
    compared with. `limit` rows are printed (0: nothing, None: all), sorted by "old", "current", "new" or "deltas".
    `shortnames=None` is what the last call had, at first True. Ids are used again after objects are freed.

    Raises ValueError for another `sortby`.
    """
    if sortby not in _SORTED_BY:
        raise ValueError("sortby must be one of %s, not %r" % (", ".join(_SORTED_BY), sortby))
    if not _state:
        _state.update(old={}, current={}, new={}, shortnames=True)
    if shortnames is None:
        shortnames = _state["shortnames"]
    _state["shortnames"] = shortnames
    gc.collect()
    old, current, new = _state["old"], _state["current"], _state["new"]
    if not skip_update:
        old.clear()
        old.update(current)
        current.clear()
        names = {}
        for o in gc.get_objects():
            t = type(o)
            name = names.get(id(t))
            if name is None:
                name = names[id(t)] = type_name(t, shortnames)
            ids = current.get(name)
            if ids is None:
                ids = current[name] = set()
            ids.add(id(o))
        o = t = None
    new.clear()
    nothing = set()
    for name, ids in current.items():
        new[name] = ids - old.get(name, nothing)
    _print_new_ids(old, current, new, limit, sortby, file)
    return new


def _print_new_ids(old, current, new, limit, sortby, file):
    """The table of `get_new_ids`."""
    if limit == 0:
        return
    rows = []
    for name in current:
        was, now = len(old.get(name, ())), len(current[name])
        rows.append((name, was, now, len(new[name]), now - was))
    rows.sort(key=lambda row: (row[_SORTED_BY[sortby]], row[0]), reverse=True)
    rows = rows[:limit]
    if not rows:
        return
    if file is None:
        file = sys.stdout
    width = max(len(row[0]) for row in rows)
    rule = "=" * (width + 13 * 4)
    file.write("%s\n" % rule)
    file.write("%-*s%13s%13s%13s%13s\n" % (width, "Type", "Old_ids", "Current_ids", "New_ids", "Count_Deltas"))
    file.write("%s\n" % rule)
    for name, was, now, more, delta in rows:
        file.write("%-*s%13d%13d%+13d%+13d\n" % (width, name, was, now, more, delta))
    file.write("%s\n" % rule)


def get_leaking_objects(objects: Iterable[Any] | None = None) -> list[Any]:
    """The tracked objects, or those of `objects`, to which no tracked object refers.

    Most are roots (modules held from C, what the stack holds); one that should not be there has a reference count that
    C code has raised and never lowered.
    """
    everything = gc.get_objects()
    if objects is None:
        objects = everything
    try:
        alone = {id(o): o for o in objects}
        for o in everything:
            for r in _graph.referents(o):
                alone.pop(id(r), None)
        o = r = None
        alone.pop(id(alone), None)
        return list(alone.values())
    finally:
        del objects, everything


def by_type(typename: str, objects: Iterable[Any] | None = None) -> list[Any]:
    """The tracked objects, or those of `objects`, of a type, as a list; `typename` as for `count`."""
    if objects is None:
        objects = gc.get_objects()
    try:
        name = _namer(typename)
        return [o for o in objects if name(type(o)) == typename]
    finally:
        del objects


def at(addr: int) -> Any:
    """The tracked object with the id `addr`, None when there is none. Strings and numbers are not tracked."""
    for o in gc.get_objects():
        if id(o) == addr:
            return o
    return None


def at_addrs(address_set: Collection[int]) -> list[Any]:
    """The tracked objects whose ids are in `address_set`, as a list in any order."""
    return [o for o in gc.get_objects() if id(o) in address_set]


def find_ref_chain(
    obj: Any, predicate: Callable[[Any], Any], max_depth: int = 20, extra_ignore: Iterable[int] = ()
) -> list[Any]:
    """A shortest chain of references from `obj` to an object for which `predicate` is true: `[obj, …, match]`.

    `[obj]` when there is none within `max_depth` references. `extra_ignore`: ids of objects to leave out.
    """
    return _graph.chain(obj, predicate, max_depth, frozenset(extra_ignore), backwards=False)


def find_backref_chain(
    obj: Any, predicate: Callable[[Any], Any], max_depth: int = 20, extra_ignore: Iterable[int] = ()
) -> list[Any]:
    """A shortest chain of references to `obj` from an object for which `predicate` is true: `[match, …, obj]`.

    `[obj]` when there is none within `max_depth` references. `extra_ignore`: ids of objects to leave out.
    Example: `find_backref_chain(x, is_proper_module)`.
    """
    return _graph.chain(obj, predicate, max_depth, frozenset(extra_ignore), backwards=True)[::-1]


def show_chain(*chains: list[Any], **kw: Any) -> Any:
    """Draw chains, as `find_ref_chain` and `find_backref_chain` give them, and nothing else.

    `backrefs=False` draws from the first object on instead of from the last one back. Other keywords are those of
    `show_backrefs`. Empty chains are left out. Raises ValueError when no other is given.
    """
    backwards = kw.pop("backrefs", True)
    chains = [chain for chain in chains if chain]
    if not chains:
        raise ValueError("show_chain needs a chain with an object in it")
    members = {id(o) for chain in chains for o in chain}
    keep = kw.pop("filter", None)

    def is_member(o):
        return id(o) in members and (keep is None or keep(o))

    ignored = set(kw.pop("extra_ignore", ())) | set(map(id, chains)) | {id(chains)}
    ends = [chain[-1 if backwards else 0] for chain in chains]
    kw.setdefault("max_depth", max(map(len, chains)) - 1)
    show = show_backrefs if backwards else show_refs
    return show(ends, filter=is_member, extra_ignore=ignored, **kw)


def show_backrefs(
    objs: Any,
    max_depth: int = 3,
    extra_ignore: Iterable[int] = (),
    filter: Callable[[Any], Any] | None = None,
    too_many: int = 10,
    highlight: Callable[[Any], Any] | None = None,
    filename: str | os.PathLike[str] | None = None,
    extra_info: Callable[[Any], Any] | None = None,
    refcounts: bool = False,
    shortnames: bool = True,
    output: TextIO | None = None,
    extra_node_attrs: Callable[[Any], dict[str, Any]] | None = None,
) -> Any:
    """Draw what refers to `objs`: one object, or a list or tuple of them.

    `max_depth` references back, not beyond modules; at most `too_many` referrers of each object, the others as a
    number. `extra_ignore`: ids of objects to leave out. Called with objects that may be drawn: `filter` (false: leave
    it out), `highlight` (true: let it stand out), `extra_info` (a further line, or None), `extra_node_attrs` (a
    dictionary of attributes for DOT). `refcounts=True` shows reference counts, `shortnames=False` modules of types.

    `filename` ends in .png, .svg, .mmd, .json or .dot; without one a picture is made in the folder for temporary
    files, and in a notebook it is returned instead. `output` is a text file that gets the graph as DOT; then nothing
    is printed.

    Returns None, in a notebook without `filename` and `output` a picture. Raises ValueError for `output` together with
    `filename`, and for a name that ends otherwise; HeapgraphError when the picture can't be drawn or written.
    Example: `show_backrefs([x], max_depth=5, filename="backrefs.png")`.
    """
    style = Style(shortnames, refcounts, extra_info, highlight, extra_node_attrs)
    objs = _as_targets(objs)
    return _show(objs, True, max_depth, extra_ignore, filter, too_many, filename, output, style)


def show_refs(
    objs: Any,
    max_depth: int = 3,
    extra_ignore: Iterable[int] = (),
    filter: Callable[[Any], Any] | None = None,
    too_many: int = 10,
    highlight: Callable[[Any], Any] | None = None,
    filename: str | os.PathLike[str] | None = None,
    extra_info: Callable[[Any], Any] | None = None,
    refcounts: bool = False,
    shortnames: bool = True,
    output: TextIO | None = None,
    extra_node_attrs: Callable[[Any], dict[str, Any]] | None = None,
) -> Any:
    """Draw what `objs` refer to; the arguments are those of `show_backrefs`. It goes on through modules."""
    style = Style(shortnames, refcounts, extra_info, highlight, extra_node_attrs)
    objs = _as_targets(objs)
    return _show(objs, False, max_depth, extra_ignore, filter, too_many, filename, output, style)


def show_backref(*args: Any, **kw: Any) -> Any:
    """The name that `show_backrefs` had before objgraph 1.0."""
    return show_backrefs(*args, **kw)


def _as_targets(objs):
    return objs if issubclass(type(objs), (list, tuple)) else [objs]


def _show(objs, backwards, max_depth, extra_ignore, keep, too_many, filename, output, style):
    if filename and output:
        raise ValueError("a picture goes to filename or to output, not to both")
    _check_name(filename)
    gc.collect()
    stop = is_proper_module if backwards else None
    graph = _graph.excerpt(objs, backwards, max_depth, too_many, frozenset(extra_ignore), keep, stop)
    try:
        return _present(graph, max_depth, filename, output, style)
    finally:
        graph.clear()


def _check_name(filename):
    """A name that can't be drawn is an error before any work is done."""
    if filename and not str(filename).lower().endswith(_picture.FORMATS):
        raise ValueError(
            "filename=%r: expected a name that ends in %s"
            % (str(filename), ", ".join(_picture.FORMATS[:-1]) + " or .json")
        )


def _present(graph, depth, filename, output, style):
    """Write, draw or return the excerpt, and print what objgraph would print."""
    if output:
        output.write(_dot.write(graph, depth, style))
        return None
    if not filename and _is_notebook():
        return _Inline(graph, style)
    is_dot = filename and str(filename).lower().endswith(".dot")
    dot = str(filename) if is_dot else _folder.new_file(".dot")
    with open(dot, "w", encoding="utf-8", errors="replace") as file:
        file.write(_dot.write(graph, depth, style))
    print("Graph written to %s (%d nodes)" % (dot, len(graph.nodes)))
    if is_dot:
        return None
    if not filename:
        filename = _new_picture()
    _picture.draw(graph, style, filename)
    print("Image generated as %s" % filename)
    return None


def _new_picture():
    """A new file for a picture that nobody has named: it stays, because somebody wants to look at it."""
    descriptor, path = tempfile.mkstemp(prefix="heapgraph-", suffix=".png")
    os.close(descriptor)
    return path


def _is_notebook():
    """Whether results are shown by IPython elsewhere than in a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return shell is not None and "TerminalInteractiveShell" not in type_name(type(shell))


class _Inline:
    """A picture for a notebook. It refers to none of the objects that it shows."""

    def __init__(self, graph, style):
        path = _folder.new_file(".svg")
        try:
            _picture.draw(graph, style, path)
            with open(path, encoding="utf-8") as file:
                self._svg = file.read()
        finally:
            _folder.remove_file(path)
        self._words = "a picture of %d objects" % len(graph.nodes)

    def _repr_svg_(self):
        return self._svg

    def __repr__(self):
        return "<%s>" % self._words
