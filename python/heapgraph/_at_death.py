"""A snapshot at the moment of death: when MemoryError ends a thread, and when the memory comes near its limit."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

# Address space that is kept back for writing the snapshot, when there is none left; no memory until then.
RESERVE_BYTES = 64 << 20
_UNITS = {"K": 10, "M": 20, "G": 30, "T": 40}


def install(
    path: str | os.PathLike[str] = "snap.json",
    *,
    on_memory_error: bool = True,
    at_rss: int | str | None = None,
    keep: int | None = None,
) -> Callable[[], None]:
    """Write a snapshot to `path` when the program dies of its memory, and one line of log on standard error.

    `on_memory_error`: when MemoryError ends the main thread or another one; who catches it is not noticed. The hooks
    that were there (`sys.excepthook`, `threading.excepthook`) are called afterwards.
    `at_rss`: also when the resident memory reaches this, and at each further quarter: bytes (an int), a text like
    "500M" or "2G", or a share of the memory limit of the control group like "90%". A thread looks five times a second.
    `keep`: number the files (snap.1.json, …), and keep the last `keep` of them; None: one file, the last.

    Returns a function that disarms all of it. Raises ValueError for an `at_rss` that is none of these, for a share
    where no limit is known, and for a path that ends in ".gz" or ".zst".
    Example: `heapgraph.install("/var/tmp/app.json", at_rss="90%")`.
    """
    from heapgraph import snapshot_dumper

    path = os.path.abspath(snapshot_dumper.checked_path(os.fspath(path)))
    threshold = None if at_rss is None else _bytes(at_rss, snapshot_dumper.memory_facts()[2])
    disarmers = []
    if on_memory_error:
        disarmers.append(_hook(path, keep))
    if threshold is not None:
        disarmers.append(snapshot_dumper.install(None, path, at_rss=threshold, keep=keep))

    def disarm() -> None:
        while disarmers:
            disarmers.pop()()

    return disarm


def _bytes(size: int | str, limit: int | None) -> int:
    """`at_rss` in bytes; `limit` is that of the control group, None when there is none."""
    text = str(size).strip().upper()
    found = None
    try:
        if text.endswith("%"):
            share = float(text[:-1])
            if not 0 < share <= 100:
                raise ValueError
            if limit is None:
                raise ValueError("at_rss=%r: this process has no memory limit that is known; name bytes" % size)
            found = int(limit * share / 100)
        else:
            number = text[:-1] if text.endswith("B") else text
            unit = _UNITS.get(number[-1:], 0)
            found = int(float(number[:-1] if unit else number) * (1 << unit))
    except (ValueError, OverflowError) as error:
        if error.args and "limit" in str(error):
            raise
    if found is None or found <= 0:
        raise ValueError('at_rss=%r: expected bytes, a text like "500M" or "2G", or a share like "90%%"' % (size,))
    return found


def _hook(path: str, keep: int | None) -> Callable[[], None]:
    """Set the hooks for exceptions that nobody has caught; returns what takes them away."""
    import threading

    from heapgraph import snapshot_dumper

    state = {"reserve": bytearray(RESERVE_BYTES), "armed": True}
    before, before_in_threads = sys.excepthook, threading.excepthook

    def save() -> None:
        if state["armed"]:
            state["reserve"] = None
            snapshot_dumper.save("memory_error", path, keep)

    def on_exception(kind: Any, error: Any, traceback: Any) -> None:
        if issubclass(kind, MemoryError):
            save()
        before(kind, error, traceback)

    def on_exception_in_thread(arguments: Any) -> None:
        if issubclass(arguments.exc_type, MemoryError):
            save()
        before_in_threads(arguments)

    sys.excepthook, threading.excepthook = on_exception, on_exception_in_thread

    def disarm() -> None:
        state.update(armed=False, reserve=None)
        if sys.excepthook is on_exception:  # else somebody has put another hook before ours
            sys.excepthook = before
        if threading.excepthook is on_exception_in_thread:
            threading.excepthook = before_in_threads

    return disarm
