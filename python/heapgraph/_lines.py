"""Where it was made: the lines of a function with what each made that is held."""

from __future__ import annotations

import functools
import linecache
import os
import sys

from heapgraph import _binary, _folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from heapgraph._report import Report


def profile(function: Callable | None = None, *, frames: int = 1, calls: int = 1, file: Any = None) -> Any:
    """Decorator: when `function` returns, print its source with what each line made that is still held, and where.

    Allocations are traced from the call on, unless the program traces them already, and only until it returns.
    `frames`: how many frames of each traceback are kept; with more than one, a line is also told with what it called
    made, and the snapshot takes much longer. `calls`: so many calls are told, later ones run as if there was no
    decorator. `file`: where it is printed, standard error by default. Errors of the function pass through, after its
    lines have been told. On Python 3.11 `ctypes` is imported.

    Raises HeapgraphError when there is no program `heapgraph` to ask. Example:

        @heapgraph.profile
        def load(): ...
    """
    if function is None:
        return functools.partial(profile, frames=frames, calls=calls, file=file)
    left = [calls]

    @functools.wraps(function)
    def profiled(*args, **keywords):
        if left[0] <= 0:
            return function(*args, **keywords)
        left[0] -= 1
        with Traced(frames) as traced:
            try:
                return function(*args, **keywords)
            finally:
                report = traced.listing(function)
                print(report, file=file or sys.stderr)

    return profiled


class Traced:
    """Context manager: allocations are traced inside. What was on before stays on."""

    def __init__(self, frames: int = 1) -> None:
        self._frames, self._is_ours, self._peak_before = frames, False, 0

    def __enter__(self) -> Traced:
        import tracemalloc

        if sys.version_info[:2] == (3, 11):
            import ctypes  # noqa: F401 (through it the dumper can look up where instances were made)
        self._is_ours = not tracemalloc.is_tracing()
        if self._is_ours:
            tracemalloc.start(self._frames)
        elif sys.version_info >= (3, 9):
            tracemalloc.reset_peak()
        self._peak_before = tracemalloc.get_traced_memory()[0]
        return self

    def __exit__(self, *error: Any) -> None:
        import tracemalloc

        if self._is_ours:
            tracemalloc.stop()

    def memory(self) -> tuple[int, int]:
        """(bytes more than at the beginning, the most there were), of all blocks that Python's allocators gave out.

        Of a program that traced before, the peak may be an earlier one on 3.8.
        """
        import tracemalloc

        now, peak = tracemalloc.get_traced_memory()
        return now - self._peak_before, max(0, peak - self._peak_before)

    def listing(self, function: Any, times: str | None = None) -> Report:
        """The lines of a function, with what each made that is held now; `times`: a file of how often each ran."""
        from heapgraph._snapshot import snapshot

        code, function = code_of(function), None
        span, name = "%d-%d" % (code.co_firstlineno, last_line_of(code)), code.co_filename
        if os.path.exists(name):
            return snapshot().lines(name, span=span, times=times)
        # A cell of IPython: its text is kept where tracebacks look for it.
        source = _folder.new_file(".py")
        try:
            with open(source, "w", encoding="utf-8") as out:
                out.writelines(linecache.getlines(name))
            return snapshot().lines(name, span=span, times=times, source=source)
        finally:
            _folder.remove_file(source)


def code_of(function: Any) -> Any:
    """The code of a function, a method, or what a decorator has made of one that keeps `__wrapped__`."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:
        raise _binary.HeapgraphError("%s has no source in Python" % type(function).__name__)
    return code


def last_line_of(code: Any) -> int:
    """The last line of a function, those of functions inside included."""
    from heapgraph import snapshot_dumper

    return max([code.co_firstlineno, *snapshot_dumper.lines_of(code)])


def timed(functions: list, run: Callable) -> str:
    """Run `run` with the lines of `functions` measured by line_profiler; returns its table with *held now*, as text.

    Raises HeapgraphError when line_profiler is not installed.
    """
    try:
        from line_profiler import LineProfiler
    except ImportError:
        raise _binary.HeapgraphError("times of lines need line_profiler: pip install 'heapgraph[lines]'") from None
    import json

    profiler, told = LineProfiler(), ["times are with allocations traced: lines that make objects take longer so"]
    for function in functions:
        profiler.add_function(function)
    with Traced() as traced:
        profiler.enable_by_count()
        try:
            run()
        finally:
            profiler.disable_by_count()
        stats = profiler.get_stats()
        rows = [
            [name, line, hits, spent * stats.unit]
            for (name, _, _), lines in sorted(stats.timings.items())
            for line, hits, spent in lines
        ]
        times = _folder.new_file(".json")
        try:
            with open(times, "w", encoding="utf-8") as out:
                json.dump({"lines": rows}, out)
            for function in functions:
                told.append(str(traced.listing(function, times)))
        finally:
            _folder.remove_file(times)
    return "\n\n".join(told)
