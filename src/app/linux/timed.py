"""Run a program under the dumper, the functions of one of its files measured by line_profiler.

    python timed.py FILE RESULT [options of the dumper] (script.py | -m module) [arguments…]

RESULT gets {"lines": [[file, line, hits, seconds], …]} when the program has ended. Without line_profiler nothing runs,
and RESULT.missing is made.
"""

import builtins
import json
import os
import sys

FILE, RESULT = os.path.realpath(sys.argv[1]), sys.argv[2]
try:
    from line_profiler import LineProfiler
    from line_profiler.autoprofile import autoprofile
except ImportError:
    os.close(os.open(RESULT + ".missing", os.O_WRONLY | os.O_CREAT, 0o600))
    sys.exit(1)
import snapshot_dumper  # noqa: E402 (what is missing is told first)

PROFILER = LineProfiler()
builtins.profile = PROFILER
run_plainly = snapshot_dumper.run_file


def run_measured(name, namespace, search):
    """Run a script as the dumper would, all functions of FILE decorated."""
    if search:
        sys.path[0] = os.path.dirname(os.path.realpath(name))
    namespace["__file__"] = name
    namespace[autoprofile.PROFILER_LOCALS_NAME] = PROFILER
    autoprofile.run(name, namespace, prof_mod=[FILE])


def write_result():
    """Tell hits and seconds of each line; of lines that two functions share, the sum."""
    sums, stats = {}, PROFILER.get_stats()
    for (file, _, _), lines in stats.timings.items():
        for line, hits, time in lines:
            known = sums.setdefault((file, line), [0, 0.0])
            known[0] += hits
            known[1] += time * stats.unit
    rows = [[file, line, hits, seconds] for (file, line), (hits, seconds) in sorted(sums.items())]
    fd = os.open(RESULT, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(fd, "w") as out:
        json.dump({"lines": rows}, out)


if __name__ == "__main__":
    snapshot_dumper.run_file = run_measured
    try:
        code = snapshot_dumper.main(sys.argv[3:])
    finally:
        write_result()
    sys.exit(code)
