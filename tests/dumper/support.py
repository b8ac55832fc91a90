"""What the tests of the dumper share: running a program in a fresh interpreter and loading the snapshot it writes."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

from reader import Snapshot

DUMPER = pathlib.Path(__file__).resolve().parents[2] / "snapshot-dumper" / "snapshot_dumper.py"
PYTHON = sys.version_info[:2]

# How much is run: all (by hand, and on the oldest and the newest), what differs between versions, or what a second release
# of one version has to show.
LEVEL = os.environ.get("HEAPGRAPH_TEST_LEVEL", "all")
in_full = unittest.skipIf(LEVEL != "all", "the same on all versions: run on the oldest and the newest")
once_a_version = unittest.skipIf(LEVEL == "again", "another release of this version has run it")

PREAMBLE = """
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, %r)
import snapshot_dumper
""" % str(DUMPER.parent)


class DumperTest(unittest.TestCase):
    """A test with a folder of its own in `self.folder`; `self.snap` is the snapshot's usual path there."""

    executable = sys.executable

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dumper-"))
        self.addCleanup(shutil.rmtree, str(self.folder), True)
        self.snap = self.folder / "snap.json"

    def python(self, *arguments, check=True, **options):
        """Run `self.executable` (this interpreter) in `self.folder`. The completed process, `stdout` and `stderr` as text."""
        done = subprocess.run(
            [self.executable, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            cwd=str(self.folder),
            timeout=600,
            **options,
        )
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def program(self, source, *arguments, **options):
        """Run `source` with the dumper imported; the JSON on its last line of output, None when there is none."""
        script = self.folder / "program.py"
        script.write_text(PREAMBLE + textwrap.dedent(source), encoding="utf-8")
        done = self.python(script, *arguments, **options)
        self.stderr = done.stderr
        lines = done.stdout.strip().splitlines()
        return json.loads(lines[-1]) if lines else None

    def dumped(self, source, dump="snapshot_dumper.dump('snap.json')", arguments=(), **options):
        """Run `source`, which fills the dict `ids` (name → object), then dump. Returns (Snapshot, name → Object)."""
        answer = self.program(
            "ids = {}\n"
            + textwrap.dedent(source)
            + textwrap.dedent("""
            import json
            %s
            print(json.dumps({name: id(o) for name, o in ids.items()}))
            sys.stdout.flush()
            """)
            % dump,
            *arguments,
            **options,
        )
        snapshot = Snapshot(self.snap)
        return snapshot, {name: snapshot[address] for name, address in answer.items()}

    def left_over(self):
        """Names of files in the folder that are neither the snapshot nor the program."""
        return sorted(set(os.listdir(str(self.folder))) - {"snap.json", "program.py"})


if __name__ == "__main__":
    unittest.main()
