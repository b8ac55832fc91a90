"""What the tests of the front door share: programs run in processes of their own, a prompt on a terminal."""

import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import textwrap
import unittest

PROGRAM = os.environ.get("HEAPGRAPH_BINARY")
SECONDS = 120  # until what should come is given up


def python(source, *arguments, **options):
    """Run a program; returns what it prints. A failure shows all of it."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=SECONDS,
        **options,
    )
    if done.returncode:
        raise AssertionError("exit code %d:\n%s" % (done.returncode, done.stdout))
    return done.stdout


def has(module):
    """Whether a module is installed."""
    import importlib.util

    return importlib.util.find_spec(module) is not None


class InFolder(unittest.TestCase):
    """A test in an empty folder of its own, which is the current one, with an empty folder for temporary files."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="front-door-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def python(self, source, *arguments, **environment):
        return python(source, *arguments, env=dict(os.environ, TMPDIR=str(self.temporary), **environment))

    def assert_nothing_is_left(self):
        """Nothing of ours is in the folder for temporary files."""
        self.assertEqual([path.name for path in self.temporary.iterdir()], [])


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, arguments, **environment):
        self._end, other = pty.openpty()
        self._program = subprocess.Popen(
            arguments,
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            env=dict(os.environ, TERM="dumb", NO_COLOR="1", PYTHON_COLORS="0", **environment),
        )
        os.close(other)

    def until(self, prompt):
        """Wait for a prompt that nothing follows; returns what came before it."""
        seen = ""
        while not re.search(prompt + r"\Z", seen):
            ready, _, _ = select.select([self._end], [], [], SECONDS)
            if not ready:
                raise AssertionError("no prompt in %d seconds; seen: %r" % (SECONDS, seen))
            try:
                read = os.read(self._end, 65536)
            except OSError:  # the program has ended
                read = b""
            if not read:
                raise AssertionError("ended before the prompt: %s" % seen)
            seen += read.decode("utf-8", "replace").replace("\r\n", "\n")
        return re.sub(prompt + r"\Z", "", seen)

    def say(self, line, prompt):
        """Type a line; returns the answer without the line."""
        os.write(self._end, line.encode() + b"\n")
        return self.until(prompt).split("\n", 1)[-1]

    def end(self, line):
        """Type a last line; returns (what comes, the exit code)."""
        os.write(self._end, line.encode() + b"\n")
        seen = b""
        while True:
            try:
                read = os.read(self._end, 65536)
            except OSError:
                break
            if not read:
                break
            seen += read
        code = self._program.wait(SECONDS)
        os.close(self._end)
        return seen.decode("utf-8", "replace"), code

    def kill(self):
        """End the program, if it is still there."""
        if self._program.poll() is None:
            self._program.kill()
            self._program.wait()


def is_png(path):
    """Whether a file is a PNG picture that is complete."""
    data = pathlib.Path(path).read_bytes()
    return data.startswith(b"\x89PNG\r\n\x1a\n") and data.endswith(b"IEND\xaeB`\x82")
