#!/usr/bin/env python3
"""What it costs to know which line made an object: CPU time, memory, the time of a dump; with 0, 1 and 10 frames.

    python3 benches/tracing.py [--heapgraph target/release/heapgraph] [--objects 300000] [PYTHON…]

Each program makes objects, most of which it frees (a storm: what tracing slows down most), keeps the others, and is
dumped from outside and from within. CPU seconds of the program alone; resident memory at its end; seconds of the dumps.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = """
import json, os, resource, sys, time
count, folder = int(sys.argv[1]), sys.argv[2]
class Row:
    def __init__(self, number): self.number, self.name = number, str(number)
def deep(level, count):
    if level: return deep(level - 1, count)
    return [Row(number) for number in range(count)]
started = time.process_time()
keep = deep(12, count)
for _ in range(4): deep(12, count)
seconds = time.process_time() - started
rss = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
print(json.dumps([seconds, rss]), flush=True)
sys.stdin.readline()
sys.path.insert(0, sys.argv[3])
import snapshot_dumper
print(json.dumps(snapshot_dumper.dump(os.path.join(folder, "within.json"))["cpu_seconds"]), flush=True)
"""


def measure(python, frames, options):
    """[CPU seconds, resident bytes, CPU seconds of a dump from outside, of one from within]."""
    tracing = ["-X", "tracemalloc=%d" % frames] if frames else []
    with tempfile.TemporaryDirectory() as folder:
        arguments = [str(options.objects), folder, os.path.join(ROOT, "snapshot-dumper")]
        program = subprocess.Popen(
            [python, *tracing, "-c", PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            universal_newlines=True,
        )
        found = json.loads(program.stdout.readline())
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        dump = [options.heapgraph, "dump", "--pid", str(program.pid), "-o", os.path.join(folder, "outside.json"), "-q"]
        subprocess.run(dump, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        program.stdin.write("\n")
        program.stdin.flush()
        found.append(json.loads(program.stdout.readline()))
        program.wait()
        return found


def main():
    """Print one table for each Python."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--heapgraph", default=os.path.join(ROOT, "target/release/heapgraph"))
    parser.add_argument("--objects", type=int, default=300000)
    parser.add_argument("pythons", nargs="*", default=[sys.executable], metavar="PYTHON")
    options = parser.parse_args()
    for python in options.pythons:
        version = subprocess.run([python, "-V"], stdout=subprocess.PIPE, universal_newlines=True).stdout.split()[1]
        print("\n| Python %s, tracing | CPU s | resident MiB | dump from outside, s | from within, s |" % version)
        print("|---|--:|--:|--:|--:|")
        for frames in (0, 1, 10):
            cpu, rss, outside, within = measure(python, frames, options)
            name = "%d frame%s" % (frames, "s" * (frames > 1)) if frames else "off"
            print("| %s | %.2f | %.0f | %.2f | %.2f |" % (name, cpu, rss / (1 << 20), outside, within), flush=True)


if __name__ == "__main__":
    main()
