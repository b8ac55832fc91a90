#!/usr/bin/env python3
"""Times objgraph's calls and ours on one heap: `python3 benches/beside_objgraph.py [OBJECTS]`.

Needs the wheel of heapgraph (or `PYTHONPATH=python` and `$HEAPGRAPH_BINARY`) and objgraph; Graphviz, if objgraph is to
draw. Each call three times, in a process of its own for each of the two; the median of real seconds is printed.
"""

import os
import shutil
import subprocess
import sys
import tempfile

PROGRAM = r"""
import gc, os, sys, time
class Session: pass
kept = []
for n in range(int(sys.argv[2]) // 2):
    session = Session()
    session.history = [n]
    kept.append(session)
if sys.argv[1] == "ours":
    import heapgraph.objgraph as objgraph
else:
    import objgraph
x = kept[1000]
calls = {
    "show_most_common_types()": lambda: objgraph.show_most_common_types(file=nowhere),
    "show_growth()": lambda: objgraph.show_growth(file=nowhere),
    "show_backrefs([x], filename='x.dot')": lambda: objgraph.show_backrefs([x], filename="x.dot"),
    "show_backrefs([x], filename='x.png')": lambda: objgraph.show_backrefs([x], filename="x.png"),
    "find_backref_chain(x, is_proper_module)":
        lambda: objgraph.find_backref_chain(x.history, objgraph.is_proper_module),
}
nowhere = open(os.devnull, "w")
said, sys.stdout = sys.stdout, nowhere
for name, call in calls.items():
    took = []
    for _ in range(3):
        if os.path.exists("x.png"):
            os.unlink("x.png")
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    drawn = "png" not in name or os.path.exists("x.png")
    print("%s|%s" % (name, "%.2f" % sorted(took)[1] if drawn else "no picture"), file=said)
"""


def measure(whose, objects):
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", PROGRAM, whose, str(objects)]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, universal_newlines=True, check=True)
    return dict(line.split("|") for line in done.stdout.splitlines())


def main():
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    ours, theirs = measure("ours", objects), measure("theirs", objects)
    version = ".".join(map(str, sys.version_info[:3]))
    graphviz = "with" if shutil.which("dot") else "without"
    print("%d tracked objects, Python %s, %s Graphviz, %d cores" % (objects, version, graphviz, os.cpu_count() or 1))
    print("%-42s%12s%12s" % ("seconds", "heapgraph", "objgraph"))
    for name, seconds in ours.items():
        print("%-42s%12s%12s" % (name, seconds, theirs[name]))


if __name__ == "__main__":
    main()
