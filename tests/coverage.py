#!/usr/bin/env python3
"""Print which share of the dumper and of the Python package their tests run: `python3 tests/coverage.py`.

Needs CPython 3.12 or later: what is run is seen by the interpreter's own monitoring, because the trace function of
older ones is a Python object in the very process whose heap is dumped. Without the package `coverage`, which is fetched
into target/coverage, one line says so. Tests that look at what the process holds fail beside the monitoring: that is
told, and no failure; they are judged by the gate.
"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
FOLDER = TARGET / "coverage"
SUITES = [
    ("dumper", ["test_slots", "test_walk", "test_libraries", "test_running", "test_harmless"]),
    ("front_door", ["test_package", "test_prompt", "test_objgraph", "test_snapshot", "test_pytest", "test_ipython"]),
]
SETTINGS = """[run]
parallel = true
patch = subprocess
data_file = {folder}/data
source =
    {root}/snapshot-dumper
    {root}/python/heapgraph
omit = {root}/snapshot-dumper/join.py, {root}/snapshot-dumper/pieces/*

[paths]
dumper =
    {root}/snapshot-dumper
    {root}/python/heapgraph/snapshot_dumper.py

[report]
precision = 0
"""


def main():
    if sys.version_info < (3, 12):
        print("left out: the Python coverage needs CPython 3.12 or later, this is %d.%d" % sys.version_info[:2])
        return 0
    python = FOLDER / "environment" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER / "environment"], check=True)
        wanted = ["coverage>=7.10", "pytest", "pytest-xdist", "pytest-asyncio", "ipython"]
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
        if subprocess.run(pip).returncode:
            python.unlink()
            print("left out: the Python coverage, whose tools can't be had here")
            return 0
    settings = FOLDER / "coverage.ini"
    settings.write_text(SETTINGS.format(folder=FOLDER, root=ROOT))
    surroundings = dict(
        os.environ,
        COVERAGE_CORE="sysmon",
        COVERAGE_RCFILE=str(settings),
        PYTHONPATH=str(ROOT / "python"),
        HEAPGRAPH_BINARY=str(TARGET / "debug" / "heapgraph"),
    )
    for old in FOLDER.glob("data*"):
        old.unlink()
    coverage = [python, "-m", "coverage"]
    for suite, tests in SUITES:
        done = subprocess.run(
            [*coverage, "run", "-m", "unittest", *tests],
            cwd=ROOT / "tests" / suite,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )
        ends = [line for line in done.stdout.splitlines() if line.startswith(("OK", "FAILED"))]
        print("%s: %s" % (suite, (ends or ["no result"])[-1]))
    subprocess.run([*coverage, "combine", "--quiet"], cwd=ROOT, env=surroundings)
    return subprocess.run([*coverage, "report"], cwd=ROOT, env=surroundings).returncode


if __name__ == "__main__":
    sys.exit(main())
