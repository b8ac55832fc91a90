"""The growth of a block, by place, and how long it took."""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class track:
    """Context manager: how long a block takes, and what grows in it, by place.

    At its end one line and the places that grew are printed on standard error. Then `seconds` is the real time, without
    that of the two snapshots, and `growth` the Report of `heapgraph diff`. Errors of the block pass through.
    Example: `with heapgraph.track("load"): load()`.
    """

    def __init__(self, name: str = "block", file: Any = None, **options: Any) -> None:
        self.name, self.seconds, self.growth = name, None, None
        self._file, self._options, self._before = file, options, None

    def __enter__(self) -> track:
        from heapgraph._snapshot import snapshot

        self._before = snapshot(collect=True)
        self._start = time.perf_counter()
        return self

    def __exit__(self, *error: Any) -> None:
        from heapgraph._snapshot import snapshot

        self.seconds = time.perf_counter() - self._start
        self.growth = self._before.diff(snapshot(collect=True), **self._options)
        lines = str(self.growth).split("\n")
        kept = [line for line in lines[2:] if not line.startswith(("next: ", "note: "))]
        out = self._file or sys.stderr
        print("heapgraph: %s: %.3f s\n%s" % (self.name, self.seconds, "\n".join(kept).strip("\n")), file=out)
