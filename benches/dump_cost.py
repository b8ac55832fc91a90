#!/usr/bin/env python3
"""What a dump costs: `python3 benches/dump_cost.py MAKE_HEAP.py [OBJECTS…]` prints a table, one row per size.

MAKE_HEAP.py is a module with `build(n)`, which fills the heap with about n tracked objects. Each row is measured in a
process of its own: CPU seconds of the dump, seconds that the program stood still, growth of the peak memory as the
system tells it and as the dumper does, bytes of the file.
"""

import os
import pathlib
import subprocess
import sys

DUMPER = pathlib.Path(__file__).resolve().parents[1] / "snapshot-dumper"


def measure(make_heap, n):
    """Build, dump, and print one row; runs in a fresh process."""
    import gc

    sys.path[:0] = [str(DUMPER), str(pathlib.Path(make_heap).parent)]
    module = __import__(pathlib.Path(make_heap).stem)
    module.build(n)
    import snapshot_dumper

    path = "dump_cost.%d.json" % os.getpid()
    before = snapshot_dumper.memory_facts()[0]
    with open("/proc/self/clear_refs", "w") as file:  # restart the measurement of the peak
        file.write("5")
    summary = snapshot_dumper.dump(path)
    peak = snapshot_dumper.memory_facts()[1]
    print(
        "| %d.%d | %9d | %9d | %6.2f | %7.3f | %5d | %5d | %4d |"
        % (
            *sys.version_info[:2],
            len(gc.get_objects()),
            summary["objects"],
            summary["cpu_seconds"],
            summary["pause_seconds"],
            peak - before >> 20,
            summary["growth_bytes"] >> 20,
            summary["bytes"] >> 20,
        ),
        flush=True,
    )
    os.unlink(path)
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        measure(sys.argv[2], int(sys.argv[3]))
    print("| Python | tracked | objects | CPU s | pause s | MiB more | MiB as the dumper tells | MiB file |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for size in sys.argv[2:] or ["100000", "1000000"]:
        subprocess.run([sys.executable, __file__, "--one", sys.argv[1], size], check=True)
