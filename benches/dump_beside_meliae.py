#!/usr/bin/env python3
"""dump_beside_meliae.py [N]: CPU time of a dump in the process, beside meliae's on the same heap (benches/heap.py).

Run it with a Python that has meliae (`pip install "cython<3" meliae --no-build-isolation`; it builds on 3.8). Each dump
has a process of its own.
"""

import gc
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def measure(tool, objects):
    """Build, dump, and print one row."""
    sys.path[:0] = [str(HERE), str(HERE.parent / "snapshot-dumper")]
    import heap

    kept = heap.build(objects)
    tracked = len(gc.get_objects())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "heap.json")
        if tool == "meliae":
            from meliae import scanner

            begin = time.process_time()
            scanner.dump_all_objects(path)
        else:
            import snapshot_dumper

            begin = time.process_time()
            snapshot_dumper.dump(path)
        seconds = time.process_time() - begin
        print(
            "| %s | %d.%d | %d | %.2f | %.2f |"
            % (tool, *sys.version_info[:2], tracked, seconds, seconds / tracked * 1e6)
        )
    del kept


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        print(
            "| tool | Python | tracked objects | CPU seconds | µs per tracked object |\n|---|---|---:|---:|---:|",
            flush=True,
        )
        for tool in ("heapgraph", "meliae"):
            subprocess.run(
                [sys.executable, __file__, "--one", tool, sys.argv[1] if sys.argv[1:] else "1000000"], check=True
            )
