"""Snapshots of this process or of a file, and the questions that can be asked of them."""

from __future__ import annotations

import gc
import os
import sys

from heapgraph import _folder
from heapgraph._report import Report
from heapgraph._slots import type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def snapshot(path: str | os.PathLike[str] | None = None, text: str = "keys", collect: bool = False) -> Snapshot:
    """Take a snapshot of this process, and return it as a `Snapshot`.

    It is written by the dumper, in this thread, without running code of the program: some 10 µs per object. `path`
    names the file, which then stays; without one it is in a private folder and goes with the Snapshot. `text` says
    which strings are in it: "none", "names", "keys" (also dictionary keys), "all". `collect`: run the garbage collector
    first, which runs the `__del__` of what is garbage.

    Raises ValueError for another `text`, OSError when the file can't be written.
    Example: `print(heapgraph.snapshot().suspects())`.
    """
    from heapgraph import snapshot_dumper

    file = _folder.new_file(".json") if path is None else os.path.abspath(os.fspath(path))
    snapshot_dumper.dump(file, text=text, collect=collect)
    return Snapshot(file, path is None)


def mark(path: str | os.PathLike[str] | None = None, text: str = "keys", collect: bool = False) -> Snapshot:
    """Take a snapshot as `snapshot` does, and mark what is there: the next one knows for certain what is new.

    `after = heapgraph.snapshot()` ends the mark, then `after.common(since=before)`. Until then, or until `unmark()`,
    the garbage collector does not look at what was there (`gc.freeze`), so garbage among it stays. Raises RuntimeError
    when the program has frozen objects itself.
    """
    from heapgraph import snapshot_dumper

    file = _folder.new_file(".json") if path is None else os.path.abspath(os.fspath(path))
    snapshot_dumper.mark(file, text=text, collect=collect)
    return Snapshot(file, path is None)


def unmark() -> bool:
    """End the mark that `mark` has set, without a snapshot. Returns whether there was one."""
    from heapgraph import snapshot_dumper

    return snapshot_dumper.unmark()


def why(obj: object, **options: Any) -> Report:
    """Why is `obj` alive: the path from a GC root to it as Python, and what to cut. Takes a snapshot, returns a Report.

    `obj` as for `Snapshot.why`; `options` are its options, too. Example, at a prompt: `heapgraph.why(x)`.
    """
    target, address, obj = _target(obj), id(obj), None
    if target[0] != "--id" or sys.version_info >= (3, 11):
        return snapshot()._ask("why", *target, **options)
    from heapgraph import snapshot_dumper

    # The stack of our caller refers to what it has called us with, and to nobody's use.
    snapshot_dumper._borrowed[address] = 1
    try:
        return snapshot()._ask("why", *target, **options)
    finally:
        snapshot_dumper._borrowed.pop(address, None)


def _target(obj: Any) -> list[str]:
    """What names the object on the command line: an int is an id, a text a type, a class its instances."""
    t = type(obj)
    if t is int:
        return ["--id", "%#x" % obj]
    if t is str:
        return ["--type", obj]
    if issubclass(t, type):
        return ["--type", type_name(obj, False)]
    return ["--id", "%#x" % id(obj)]


def _options(options: dict[str, Any]) -> list[str]:
    """Keywords as options: `full_names=True` → `--full-names`, `limit=3` → `--limit 3`, a list → once for each."""
    arguments = []
    for name, value in options.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        values = value if type(value) in (list, tuple) else [value]
        for one in values:
            if one is True:
                arguments.append(option)
            elif one is not None and one is not False:
                arguments += [option, one.path if isinstance(one, Snapshot) else str(one)]
    return arguments


class Snapshot:
    """A snapshot of a Python heap, in a file. Its methods ask the program `heapgraph` and return a `Report`.

    All methods take the options of the command of their name as keywords: `common(limit=5, sort="size")` is `heapgraph
    common --limit 5 --sort size`; `since=before` takes a Snapshot or a path. They raise HeapgraphError with the
    program's words when there is no answer.

    Where an object is wanted, it may be the object itself, its id (an int), the name or pattern of a type (a text), or
    a class, which stands for its instances.
    """

    def __init__(self, path: str, is_ours: bool = False) -> None:
        self.path = path
        self._is_ours, self._pid = is_ours, os.getpid()

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Snapshot:
        """The snapshot in a file (.json, .json.gz, .json.zst) of any process. Raises FileNotFoundError without it."""
        path = os.path.abspath(os.fspath(path))
        if not os.path.exists(path):
            raise FileNotFoundError(2, "no such snapshot", path)
        return cls(path)

    def close(self) -> None:
        """Remove the file, if `snapshot()` has made it without a path. No more questions can be asked then."""
        if self._is_ours and self._pid == os.getpid():
            self._is_ours = False
            _folder.remove_file(self.path)

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def __del__(self):
        close = getattr(self, "close", None)  # at the end of the process there may be nothing left to do
        if close is not None and _folder is not None:
            close()

    def __repr__(self):
        return "<heapgraph.Snapshot %s>" % self.path

    def _ask(self, command: str, *arguments: str, **options: Any) -> Report:
        return Report.of([command, self.path, *arguments, *_options(options)], keeps=self)

    def info(self, **options: Any) -> Report:
        """What the snapshot is of, how it was taken, and what it does not show."""
        return self._ask("info", **options)

    def common(self, **options: Any) -> Report:
        """The most common types. Rows: `type`, `count`, `shallow_bytes`; `retained_bytes` with `sort="retained"`."""
        return self._ask("common", **options)

    def diff(self, later: Snapshot | str | os.PathLike[str], *more: Any, **options: Any) -> Report:
        """What grew from this snapshot to `later`, and on to `more`: Snapshots, or paths of files.

        Rows: `type`, `count_before`, `count_after`, `count_growth`, `shallow_bytes_growth`.
        """
        others = [one if isinstance(one, Snapshot) else Snapshot.open(one) for one in (later, *more)]
        arguments = ["diff", self.path, *[one.path for one in others], *_options(options)]
        # 3: a type grew more than `max_growth` allows. That is an answer.
        return Report.of(arguments, codes=(0, 3), keeps=(self, others))

    def suspects(self, **options: Any) -> Report:
        """Leak suspects, in words, with evidence; and what else is large. `share=5`: from 5 % of the heap on."""
        return self._ask("suspects", **options)

    def places(self, **options: Any) -> Report:
        """Where memory lives: the way from a root along the dominators, in words that fit another snapshot, too."""
        return self._ask("places", **options)

    def lines(self, file: str | os.PathLike[str], **options: Any) -> Report:
        """The source `file`, with what each line made that is held in this snapshot: objects, bytes, the place.

        Only where allocations were traced (`python -X tracemalloc`); HeapgraphError otherwise. Rows: `line`, `objects`,
        `shallow_bytes`, `place`, `type`, `source`; None where a line made nothing that is there.
        """
        arguments = ["lines", os.fspath(file), self.path, *_options(options)]
        return Report.of(arguments, keeps=self)

    def dominators(self, obj: Any = None, **options: Any) -> Report:
        """What keeps most memory alive; with an object, what it keeps alive. Rows have `retained_bytes`."""
        target = _target(obj) if obj is not None else []
        obj = None
        return self._ask("dominators", *target, **options)

    def cycles(self, **options: Any) -> Report:
        """Reference cycles by the types in them, and which are garbage."""
        return self._ask("cycles", **options)

    def why(self, obj: Any, **options: Any) -> Report:
        """Why an object is alive: the path from a GC root as Python, and what to cut. `paths=3`: more than one way.

        `.data["expressions"]` are the paths as Python that can be pasted, `.data["cut"]` what to cut, in words.
        """
        target, obj = _target(obj), None
        return self._ask("why", *target, **options)

    def backrefs(self, obj: Any, **options: Any) -> Report:
        """Who refers to an object. `depth`, `too_many`, `filter`, `exclude`, `highlight`, … as on the command line."""
        target, obj = _target(obj), None
        return self._ask("backrefs", *target, **options)

    def refs(self, obj: Any, **options: Any) -> Report:
        """What an object refers to."""
        target, obj = _target(obj), None
        return self._ask("refs", *target, **options)

    def show(self, obj: Any, **options: Any) -> Report:
        """All about one object: sizes, slots, referrers, what it keeps alive."""
        target, obj = _target(obj), None
        return self._ask("show", *target, **options)

    def object(self, address: int | str) -> Any:
        """The object of this process at `address`, an int or a text like "0x7f…", as reports of this snapshot name it.

        None when no object that the collector tracks is there any more, or one of another type, which took its place.
        One of the same type that took its place can't be told from it. Raises HeapgraphError when the snapshot has no
        object there, and ValueError when it is of another process.
        """
        info = self.info().data.get("snapshot", {})
        if info.get("pid") != os.getpid():
            raise ValueError("the snapshot is of process %s; objects can be found in that one alone" % info.get("pid"))
        number = int(address, 0) if isinstance(address, str) else address
        expected = self.show(number).data["totals"]["type"]
        for o in gc.get_objects():
            if id(o) == number:
                return o if _full_name(o) == expected else None
        return None


def _full_name(o):
    """The name of the type of `o` as reports tell it."""
    from heapgraph import snapshot_dumper

    module, name = snapshot_dumper.full_name(type(o))
    return name if module == "builtins" else module + "." + name
