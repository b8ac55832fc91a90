#!/usr/bin/env python3
"""Run the dumper's tests on every interpreter that is found: `python3 tests/dumper/run_all.py [-v] [test…]`.

Interpreters: python3 and python3.N on the PATH, and the versions of pyenv; each version once. HEAPGRAPH_TEST_PYTHON (a path)
restricts them to one. All tests run on the oldest and the newest, what may differ between versions on all. What is skipped is printed with its reason. Exit code 1 when a test fails, or when there is no interpreter at all.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOLD = {
    "all": "all tests",
    "versions": "what differs between versions",
    "again": "a second release of its version: without sizes",
}
QUESTION = "import sys; print(sys.implementation.name, '%d.%d.%d' % sys.version_info[:3])"


def interpreters():
    """({version: path}, [(path, why it is skipped)]), newest version first."""
    candidates = [sys.executable] + [
        shutil.which(name) for name in ["python3"] + ["python3.%d" % n for n in range(8, 20)]
    ]
    root = os.environ.get("PYENV_ROOT") or str(pathlib.Path.home() / ".pyenv")
    candidates += sorted(map(str, pathlib.Path(root).glob("versions/*/bin/python")))
    if os.environ.get("HEAPGRAPH_TEST_PYTHON"):
        candidates = [os.environ["HEAPGRAPH_TEST_PYTHON"]]
    found, skipped = {}, []
    for path in dict.fromkeys(filter(None, candidates)):
        done = subprocess.run(
            [path, "-c", QUESTION], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
        )
        words = done.stdout.split()
        if done.returncode or len(words) != 2:
            skipped.append((path, "it does not run: %s" % (done.stderr.strip().splitlines() or ["no output"])[-1]))
        elif words[0] != "cpython" or tuple(map(int, words[1].split(".")[:2])) < (3, 8):
            skipped.append((path, "%s %s: the dumper needs CPython 3.8 or later" % tuple(words)))
        else:
            found.setdefault(words[1], path)
    return dict(sorted(found.items(), key=lambda row: tuple(map(int, row[0].split("."))), reverse=True)), skipped


def levels(versions):
    """How much to run on each of `versions`, newest first: all on both ends, least on a second release of one version."""
    seen, levels = set(), {}
    for version in versions:
        minor = version.split(".")[:2]
        levels[version] = "again" if tuple(minor) in seen else "versions"
        seen.add(tuple(minor))
    levels.update((version, "all") for version in (versions[:1] + versions[-1:]))
    return levels


def run(version, path, level, arguments):
    """Run the tests with one interpreter. Returns (version, passed, output)."""
    command = [path, "-B", "-m", "unittest"] + (arguments or ["discover", "-s", str(HERE), "-t", str(HERE)])
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        cwd=str(HERE),
        env=dict(os.environ, HEAPGRAPH_TEST_LEVEL=level),
    )
    return version, done.returncode == 0, done.stdout


def main():
    verbose = "-v" in sys.argv
    arguments = [word for word in sys.argv[1:] if word != "-v"]
    found, skipped = interpreters()
    for path, reason in skipped:
        print("skipped %s: %s" % (path, reason))
    failed = not found
    level_of = levels(list(found))
    jobs = [(version, path, level_of[version]) for version, path in found.items()]
    # The longest first.
    jobs.sort(key=lambda job: job[2] != "all")
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
        for version, passed, output in pool.map(lambda job: run(*job, arguments), jobs):
            print(
                "Python %s (%s): %s" % (version, TOLD[level_of[version]], "ok" if passed else "FAILED"),
                output.strip().splitlines()[-3:-2] if passed else "",
            )
            print(*(line for line in output.splitlines() if passed and line.startswith("skipped ")), sep="\n", end="")
            if verbose or not passed:
                print(output)
            failed |= not passed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
