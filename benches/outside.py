#!/usr/bin/env python3
"""What does a snapshot from outside cost, the tool and the process that is read? The gaps are measured inside the
process.

    python3 benches/outside.py [--tool target/release/heapgraph] [--python PYTHON]… [--objects N] [--rounds N]
                               [--heap SCRIPT] [-- options of `heapgraph dump`]

For each PYTHON a process builds a heap of N objects that the collector tracks (default 1,000,000) and then beats: every
millisecond it notes the time, and it logs each gap of more than 5 ms between two beats, and how much of it the thread
was ready to run and no processor was free (Linux tells): that part is the machine's load, not the dump. Gaps while
nothing is dumped are printed as well. Of the tool: CPU seconds and peak memory, as the kernel counts them.

With --heap, SCRIPT builds the heap: it is imported, and its function `build(N)` is called.
"""

import argparse
import gc
import importlib.util
import os
import subprocess
import sys
import tempfile
import time

BEAT, WORTH_A_LINE = 0.001, 0.005


class Account:
    """What services keep by the thousand: attributes, a list, a tuple, a dictionary, a reference to another account."""

    def __init__(self, number, previous):
        self.number = number
        self.name = "account-%d" % number
        self.previous = previous
        self.history = [(number, "created"), (number, "seen", number / 3)]
        self.settings = {"theme": "dark", "languages": ["en", "de"], "limit": number * 10}


def build(objects):
    """Keep about `objects` tracked objects alive."""
    gc.collect()
    gc.disable()
    accounts, previous, before, each = [], None, len(gc.get_objects()), None
    while each is None or before + len(accounts) * each < objects:
        previous = Account(len(accounts), previous if len(accounts) % 100 else None)
        accounts.append(previous)
        if len(accounts) == 1000:  # the collector stops tracking what refers to nothing it tracks
            gc.collect()
            each = (len(gc.get_objects()) - before) / 1000
    gc.enable()
    return accounts


def serve(arguments):
    """The process that is dumped: build, say so, beat until standard input ends."""
    make = build
    if arguments.heap:
        spec = importlib.util.spec_from_file_location("heap_script", arguments.heap)
        module = importlib.util.module_from_spec(spec)
        sys.modules["heap_script"] = module
        spec.loader.exec_module(module)
        make = module.build
    kept = make(arguments.objects)
    gc.collect()
    log = os.open(arguments.serve, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    print(len(gc.get_objects()), flush=True)
    last, last_waited = time.perf_counter(), waited_for_processor()
    while kept:
        time.sleep(BEAT)
        now, waited = time.perf_counter(), waited_for_processor()
        if now - last > WORTH_A_LINE:
            os.write(log, b"%.6f %.6f %.6f\n" % (time.time(), now - last, waited - last_waited))
            now, waited = time.perf_counter(), waited_for_processor()
        last, last_waited = now, waited


def waited_for_processor():
    """Seconds in which this thread was ready to run and did not; 0 where the kernel does not tell."""
    try:
        with open("/proc/thread-self/schedstat", "rb", 0) as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def gaps_between(log, start, end):
    """(gap, of it waiting for a processor) in seconds, of gaps whose end lies between two times, longest first."""
    gaps = []
    with open(log) as lines:
        for line in lines:
            at, gap, waited = map(float, line.split())
            if start <= at <= end:
                gaps.append((gap, waited))
    return sorted(gaps, reverse=True)


def told(gaps):
    """The longest, and the longest without waiting for a processor, in milliseconds."""
    longest = gaps[0] if gaps else (0, 0)
    return "%.1f ms (%.1f of it without a processor); longest without that %.1f ms" % (
        1e3 * longest[0],
        1e3 * longest[1],
        1e3 * max([gap - waited for gap, waited in gaps] or [0]),
    )


def resident(pid):
    with open("/proc/%d/status" % pid) as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["VmRSS"].split()[0]) / 1024


def measure(python, arguments):
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "gaps")
        snapshot = os.path.join(folder, "snap.json")
        command = [python, __file__, "--serve", log, "--objects", str(arguments.objects)]
        command += ["--heap", os.path.abspath(arguments.heap)] if arguments.heap else []
        process = subprocess.Popen(command, stdout=subprocess.PIPE, universal_newlines=True)
        try:
            tracked = int(process.stdout.readline())
            start = time.time()
            time.sleep(5)
            quiet = gaps_between(log, start, time.time())
            before = resident(process.pid)
            print(
                "%s: %d tracked objects, %.0f MiB\n  5 s without a dump: longest gap %s"
                % (python, tracked, before, told(quiet)),
                flush=True,
            )
            for number in range(1, arguments.rounds + 1):
                start = time.time()
                dump = [arguments.tool, "dump", "--pid", str(process.pid), "-o", snapshot] + arguments.options
                tool = subprocess.Popen(dump, stdout=subprocess.PIPE, universal_newlines=True)
                told_by_tool = tool.stdout.read()
                _, status, used = os.wait4(tool.pid, 0)
                tool.returncode = status
                if status:
                    return 1
                end = time.time()
                gaps = gaps_between(log, start, end)
                print(
                    "  dump %d: longest gap %s\n    %.2f CPU s, peak %.0f MiB, %.1f s in all, "
                    "%.0f MiB of file; %+.0f MiB "
                    "resident in the process"
                    % (
                        number,
                        told(gaps),
                        used.ru_utime + used.ru_stime,
                        used.ru_maxrss / 1024,
                        end - start,
                        os.path.getsize(snapshot) / (1 << 20),
                        resident(process.pid) - before,
                    )
                )
                for line in told_by_tool.splitlines()[2:4]:
                    print("    " + line, flush=True)
        finally:
            process.kill()
            process.wait()
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", default="target/release/heapgraph")
    parser.add_argument("--python", action="append")
    parser.add_argument("--objects", type=lambda text: int(float(text)), default=1000000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--heap")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments)
    return max(measure(python, arguments) for python in arguments.python or [sys.executable])


if __name__ == "__main__":
    sys.exit(main())
