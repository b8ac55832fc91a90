#!/usr/bin/env python3
"""against_json.py [--objects N] [--heap FILE.py] [--snapshot FILE --id ADDRESS]: CPU time and peak memory of
heapgraph beside `json.load`.

Builds a heap of N tracked objects (benches/heap.py), dumps it, and runs on the same file, in the same run:
`json.load`, `heapgraph common`, and `heapgraph backrefs --id … -o x.png`. Prints a Markdown table. Build first:
`cargo build --release`.
"""

import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
HEAPGRAPH = os.path.join(HERE, "..", "target", "release", "heapgraph")

DUMP = """
import gc, resource, sys, time
sys.path[:0] = [{folder!r}, {dumper!r}]
import snapshot_dumper
keep = __import__({module!r}).build({objects})
if callable(keep):                                    # a weak reference to the object to look for
    keep = [keep()]
tracked = len(gc.get_objects())
before = time.process_time()
snapshot_dumper.dump({path!r})
print(hex(id(keep[-1])), tracked, time.process_time() - before)
"""


def run(command):
    """(CPU seconds, peak MiB) of a command that must succeed."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("failed: %s" % " ".join(command))
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--objects", type=int, default=1_000_000)
    options.add_argument(
        "--heap",
        default=os.path.join(HERE, "heap.py"),
        metavar="FILE.py",
        help="builds the heap: `build(N)` returns a sequence that ends with the object to look for",
    )
    options.add_argument("--snapshot", help="use this snapshot instead of a new one")
    options.add_argument("--id", help="with --snapshot: the object to look for")
    options.add_argument("--runs", type=int, default=3, help="runs of each command; the median is shown")
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, address = args.snapshot, args.id
        if path is None:
            path = os.path.join(folder, "snap.json")
            folder_of_heap, module = os.path.split(os.path.abspath(args.heap))
            source = DUMP.format(
                folder=folder_of_heap,
                module=os.path.splitext(module)[0],
                objects=args.objects,
                dumper=os.path.join(HERE, "..", "snapshot-dumper"),
                path=path,
            )
            out = subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True).stdout
            address, tracked, seconds = out.split()
            print(
                "dumped %s tracked objects in %.1f CPU seconds, %.0f MB\n"
                % (tracked, float(seconds), os.path.getsize(path) / 1e6)
            )
        picture = os.path.join(folder, "x.png")
        commands = [
            ("`json.load` in Python", [sys.executable, "-c", "import json, sys; json.load(open(sys.argv[1]))", path]),
            ("`heapgraph common`", [HEAPGRAPH, "common", path]),
            ("`heapgraph backrefs --id X -o x.png`", [HEAPGRAPH, "backrefs", path, "--id", address, "-o", picture]),
        ]
        runs = {name: [] for name, _ in commands}
        for _ in range(args.runs):
            for name, command in commands:
                runs[name].append(run(command))
        middle = {
            name: tuple(sorted(column)[len(column) // 2] for column in zip(*taken)) for name, taken in runs.items()
        }
        cpu_base, memory_base = middle[commands[0][0]]
        print("| | CPU seconds | beside json.load | peak memory | beside json.load |")
        print("|---|---:|---:|---:|---:|")
        for name, _ in commands:
            cpu, memory = middle[name]
            print("| %s | %.2f | %.2f | %.0f MiB | %.2f |" % (name, cpu, cpu / cpu_base, memory, memory / memory_base))


if __name__ == "__main__":
    main()
