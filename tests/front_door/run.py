#!/usr/bin/env python3
"""Build the wheel, install it in fresh environments, and run the tests of the front door there.

`python3 tests/front_door/run.py [--wheel FILE] [--all] [test…]`. On the oldest and the newest Python that are found all
tests run, with IPython, pytest and its plugins; on the others those of the prompt (`--all`: all tests that need nothing
else). Pythons are found as the dumper's tests find them. What is missing is printed with its reason, and left out; exit
code 1 when a test fails. Everything is kept below target/front-door, so that a second run is faster.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "front-door"
OBJGRAPH = "3.7.0"
# What is installed beside the wheel, where all tests run.
COMPANIONS = ["pytest", "pytest-xdist", "pytest-asyncio", "ipython"]
NOTEBOOKS = ["nbclient", "nbformat", "ipykernel", "pandas"]  # on the newest alone
BARE = ["test_package", "test_prompt"]

sys.path.insert(0, str(HERE.parent / "dumper"))
from run_all import interpreters  # noqa: E402 (it is found in the folder that has just been named)
from symbols import check  # noqa: E402


class LeftOut(Exception):
    """Something is missing; the message says what."""


def call(command, **options):
    """(exit code, output) of a program."""
    done = subprocess.run(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        **options,
    )
    return done.returncode, done.stdout


def environment(folder, python, packages):
    """The Python of a virtual environment with these packages. Raises LeftOut."""
    inside = folder / "bin" / "python"
    if not inside.exists():
        code, said = call([python, "-m", "venv", "--clear", folder])
        if code:
            raise LeftOut("no virtual environment: %s" % last(said))
    if packages:
        pip = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        code, said = call(pip + packages)
        if code:
            raise LeftOut("%s can't be had here: %s" % (", ".join(packages), last(said)))
    return inside


def last(text):
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def build():
    """The wheel, of the program that cargo has built for the tests, not stripped so that it is the very same."""
    tools = environment(TARGET / "tools", sys.executable, ["maturin>=1.9,<2"])
    wheels = TARGET / "wheels"
    for old in wheels.glob("*.whl"):
        old.unlink()
    command = [tools.parent / "maturin", "build", "--out", wheels]
    code, said = call(command, cwd=str(ROOT), env=dict(os.environ, MATURIN_STRIP="false"))
    found = list(wheels.glob("*.whl"))
    if code or len(found) != 1:
        sys.exit("the wheel can't be built:\n%s" % said)
    return found[0]


def upstream():
    """The sdist of objgraph. Raises LeftOut."""
    folder = TARGET / "objgraph"
    archive = folder / ("objgraph-%s.tar.gz" % OBJGRAPH)
    if not archive.exists():
        tools = environment(TARGET / "tools", sys.executable, ["setuptools", "wheel"])
        command = [tools, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
        command += ["--no-build-isolation", "--no-binary", ":all:", "--dest", folder, "objgraph==" + OBJGRAPH]
        code, said = call(command)
        if code or not archive.exists():
            raise LeftOut("objgraph %s can't be had here: %s" % (OBJGRAPH, last(said)))
    return archive


def run(version, path, wheel, tests, packages, archive):
    """Install and test on one Python. Returns (version, whether all is well, what was said, seconds)."""
    started = time.monotonic()
    try:
        inside = environment(TARGET / version, path, packages)
    except LeftOut as reason:
        inside = environment(TARGET / version, path, [])
        print("left out on Python %s: %s" % (version, reason))
    pip = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-index"]
    code, said = call(pip + ["--no-deps", "--force-reinstall", wheel])
    if code:
        return version, False, said, time.monotonic() - started
    # The current folder is the tests', and nothing else of the tree is on the path: what is tested is installed.
    surroundings = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", HEAPGRAPH_TEST_OBJGRAPH=str(archive or ""))
    for name in ("PYTHONPATH", "HEAPGRAPH_BINARY", "HEAPGRAPH_SNAPSHOT"):
        surroundings.pop(name, None)
    code, said = call([inside, "-m", "unittest", "-v", *tests], cwd=str(HERE), env=surroundings)
    return version, code == 0, said, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wheel", type=pathlib.Path, help="test this one instead of building it")
    parser.add_argument("--all", action="store_true", help="all tests on every Python")
    parser.add_argument("tests", nargs="*", help="names of tests; all without any")
    options = parser.parse_args()
    TARGET.mkdir(parents=True, exist_ok=True)
    found, skipped = interpreters()
    for path, reason in skipped:
        print("skipped %s: %s" % (path, reason))
    if not found:
        print("no Python 3.8 or later is found")
        return 1
    started = time.monotonic()
    try:
        wheel = options.wheel.resolve() if options.wheel else build()
    except LeftOut as reason:
        print("left out: the wheel, and all that is tested with it: %s" % reason)
        return 0
    print("%s, %.1f MiB, %.0f s" % (wheel.name, wheel.stat().st_size / (1 << 20), time.monotonic() - started))
    well, words = check(wheel)
    print(words)
    archive = None
    try:
        archive = upstream()
    except LeftOut as reason:
        print("left out: %s" % reason)
    whole = options.tests or sorted(path.stem for path in HERE.glob("test_*.py"))
    newest, oldest = list(found)[0], list(found)[-1]
    jobs = []
    for version, path in found.items():
        full = version in (newest, oldest)
        packages = COMPANIONS * full + NOTEBOOKS * (version == newest)
        tests = whole if full or options.all or options.tests else BARE
        jobs.append((version, path, wheel, tests, packages, archive))
    jobs.sort(key=lambda job: -len(job[4]))  # what takes longest begins first
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for version, passed, said, seconds in pool.map(lambda job: run(*job), jobs):
            well &= passed
            tell(version, passed, said, seconds)
    return 0 if well else 1


def tell(version, passed, said, seconds):
    """One line for a Python, the reasons of what was skipped, and all that was said when something failed."""
    number = re.search(r"(?m)^Ran (\d+) tests?", said)
    print(
        "Python %s: %s, %s tests, %.0f s"
        % (version, "ok" if passed else "FAILED", number.group(1) if number else "no", seconds)
    )
    for reason, names in sorted(skipped_in(said).items()):
        print("  left out: %s (%s)" % (reason, ", ".join(names)))
    if not passed:
        print(said)


def skipped_in(said):
    """{reason: names of the tests}."""
    reasons = {}
    for name, reason in re.findall(r"(?m)^(\w+) \(.*?\).*? \.\.\. skipped ['\"](.*)['\"]$", said):
        reasons.setdefault(reason, []).append(name)
    return reasons


if __name__ == "__main__":
    sys.exit(main())
