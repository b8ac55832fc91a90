#!/usr/bin/env python3
"""CPU seconds of a question asked of a live process: by heapgraph from outside, by its peers from within. One run,
one heap.

    python3 benches/beside_peers.py [--tool target/release/heapgraph] [--python PYTHON] [--objects N] [--rounds N]

PYTHON (default: this one) needs the peers: `pip install objgraph guppy3 pympler`; those that are missing are left out
with a word. A process builds the heap of heap.py, N objects that the collector tracks (default 1,000,000). The peers
work in it, as they must; heapgraph reads it, with all that this takes. Medians of the rounds (default 3).
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def by_objgraph(sought):
    import objgraph

    chain = objgraph.find_backref_chain(sought, objgraph.is_proper_module, max_depth=40)
    assert len(chain) > 1
    return "a chain of %d" % len(chain)


def by_guppy(sought):
    from guppy import hpy

    return "%d objects" % hpy().heap().count


def by_guppy_domisize(sought):
    import heap
    from guppy import hpy

    return "%d bytes" % (hpy().heap() & heap.Customer).domisize


def by_pympler(sought):
    from pympler import muppy, summary

    return "%d types" % len(summary.summarize(muppy.get_objects()))


PEERS = {"objgraph": by_objgraph, "guppy": by_guppy, "guppy domisize": by_guppy_domisize, "pympler": by_pympler}
# What is asked, of heapgraph and of whom else.
QUESTIONS = [
    ("why is this object alive", ["why", "--id", "{id}"], "objgraph", "objgraph `find_backref_chain`"),
    ("what is there, by type", ["common"], "guppy", "guppy3 `heap()`"),
    ("what is there, by type", ["common"], "pympler", "pympler `muppy`, `summary`"),
    ("what do objects keep alive", ["dominators"], "guppy domisize", "guppy3 `domisize`, of one type"),
]


def serve(objects):
    """The process that is asked: build, say so, answer each name of a peer with its CPU seconds."""
    sys.path.insert(0, HERE)
    import gc

    import heap

    *heap.kept, sought = heap.build(objects)  # objgraph looks for modules; what is sought is deep below this one
    gc.collect()
    print("%d %#x" % (len(gc.get_objects()), id(sought)), flush=True)
    for line in sys.stdin:
        began = time.process_time()
        try:
            said = PEERS[line.strip()](sought)
        except ImportError as error:
            print("missing %s" % error, flush=True)
            continue
        print("%f %s" % (time.process_time() - began, said), flush=True)
        gc.collect()


def ask(tool, arguments):
    """CPU seconds and peak MiB of one command of heapgraph."""
    process = subprocess.Popen([tool] + arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        sys.exit("heapgraph %s failed" % " ".join(arguments))
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", default="target/release/heapgraph")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--objects", type=lambda text: int(float(text)), default=1000000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return serve(arguments.objects)
    command = [arguments.python, os.path.abspath(__file__), "--serve", "--objects", str(arguments.objects)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True, bufsize=1
    )
    try:
        tracked, address = process.stdout.readline().split()
        print(
            "%s tracked objects\n\n| question | heapgraph, from outside | peak memory | a peer, from within | |\n"
            "|---|---:|---:|---|---:|" % tracked
        )
        for question, ours, peer, name in QUESTIONS:
            mine, theirs = [], []
            for _ in range(arguments.rounds):
                words = [word.format(id=address) for word in ours]
                mine.append(ask(arguments.tool, words + ["--pid", str(process.pid)]))
                process.stdin.write(peer + "\n")
                answer, _, said = process.stdout.readline().partition(" ")
                if answer == "missing":
                    break
                theirs.append(float(answer))
            seconds = statistics.median(cpu for cpu, _ in mine)
            print(
                "| %s: `%s --pid` | %.2f s | %.0f MiB | %s | %s |"
                % (
                    question,
                    ours[0],
                    seconds,
                    max(peak for _, peak in mine),
                    name,
                    "%.2f s" % statistics.median(theirs) if theirs else "not installed: " + said.strip(),
                ),
                flush=True,
            )
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
