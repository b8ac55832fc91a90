"""Running a program under the dumper, triggers, and blocks of code."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest

from reader import Snapshot
from support import DUMPER, PYTHON, DumperTest

FACTS = """
import sys, json
answer = [__name__, sys.argv, sys.path[0], globals().get("__file__"), sorted(k for k in globals() if k.startswith("__")),
          sys.modules["__main__"].__dict__ is globals(), sorted(m for m in sys.modules if "snapshot" in m)]
leaked = [["kept"]]
print(json.dumps(answer))
"""


class Running(DumperTest):
    def both(self, *arguments):
        """What python and python under the dumper print."""
        plain = self.python(*arguments)
        under = self.python(DUMPER, "-o", "snap.json", *arguments)
        return json.loads(plain.stdout), json.loads(under.stdout)

    def test_the_program_sees_what_python_shows(self):
        (self.folder / "sub").mkdir()
        for name in ("script.py", "sub/script.py", "sub/__main__.py"):
            (self.folder / name).write_text(FACTS)
        for arguments in (
            ["script.py", "a", "-o", "b"],
            ["sub/script.py"],
            ["-c", FACTS, "x"],
            ["-m", "script", "--keep", "1"],
            ["sub", "x"],
        ):
            with self.subTest(arguments[:2]):
                plain, under = self.both(*arguments)
                self.assertEqual(plain, under)
                snapshot = Snapshot(self.snap)
                names = {r["name"]: r for r in snapshot.roots if r["kind"] == "module"}
                namespace = snapshot[names["__main__"]["address"]].slot(".__dict__")
                self.assertIn("['leaked']", dict(namespace.slots()))
                self.assertEqual(snapshot.document["capture"]["trigger"], "exit")
                self.assertNotIn("snapshot_dumper", names)

    def test_what_compiling_leaves_is_not_the_programs(self):
        """While the dumper is the script that runs, the parser's list of its words and constants is alive."""
        (self.folder / "script.py").write_text("kept = [['kept']]")
        self.python(DUMPER, "-o", "snap.json", "--text", "all", "script.py")
        snapshot = Snapshot(self.snap)
        holders = {r for o in snapshot.objects.values() for r in o.referents}
        stray = [o for o in snapshot.by_type["builtins.list"] if o.address not in holders and len(o.referents) > 100]
        self.assertEqual([len(o.referents) for o in stray], [])
        words = {o.text for o in snapshot.objects.values()}
        self.assertIn("kept", words)
        self.assertNotIn("write_snapshot", words)
        self.assertNotIn("b'write_snapshot'", words)

    def test_module_entry(self):
        done = self.python(
            "-m",
            "snapshot_dumper",
            "-o",
            str(self.snap),
            "-c",
            "print(5)",
            env=dict(os.environ, PYTHONPATH=str(DUMPER.parent)),
        )
        self.assertEqual(done.stdout, "5\n")
        Snapshot(self.snap)

    def test_exit_codes_and_errors(self):
        for code, status, trigger in (
            ("import sys; sys.exit(3)", 3, "exit"),
            ("raise SystemExit('bye')", 1, "exit"),
            ("def f(): local = [1]; 1/0\nf()", 1, "error"),
            ("pass", 0, "exit"),
        ):
            plain = self.python("-c", code, check=False)
            under = self.python(DUMPER, "-o", "snap.json", "-c", code, check=False)
            self.assertEqual((plain.returncode, under.returncode), (status, status))
            rest = [line for line in under.stderr.splitlines() if not line.startswith("snapshot_dumper:")]
            shown = plain.stderr.splitlines()
            if PYTHON >= (3, 13):  # python shows the source of -c there
                shown = [line for line in shown if not line.startswith("    ")]
            self.assertEqual(rest, shown)
            snapshot = Snapshot(self.snap)
            self.assertEqual(snapshot.document["capture"]["trigger"], trigger)
            if trigger == "error":
                frames = [o for o in snapshot.by_type["builtins.frame"] if ".f_locals['local']" in dict(o.slots())]
                self.assertEqual(len(frames), 1)

    def test_wrong_use(self):
        for arguments in (
            [],
            ["--nonsense"],
            ["-o"],
            ["--text", "loud", "x.py"],
            ["--every", "soon", "x.py"],
            ["--signal", "SIGNOPE", "x.py"],
            ["--fork", "x.py"],
        ):
            done = self.python(DUMPER, *arguments, check=False)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("usage", done.stderr)
        done = self.python(DUMPER, "-o", "nowhere/snap.json", "-c", "pass")
        self.assertIn("no snapshot", done.stderr)
        self.assertEqual(
            self.python(DUMPER, "missing.py", check=False).returncode, self.python("missing.py", check=False).returncode
        )

    def test_signal(self):
        # A signal that comes just before a system call does not end it: short naps.
        code = "import time; print('ready', flush=True)\nwhile True: time.sleep(0.1)"
        with subprocess.Popen(
            [sys.executable, str(DUMPER), "-o", "snap.json", "--signal", "SIGUSR1", "-c", code],
            cwd=str(self.folder),
            stdout=subprocess.PIPE,
        ) as process:
            process.stdout.readline()
            for _ in range(2):
                process.send_signal(signal.SIGUSR1)
                deadline = time.monotonic() + 30
                while not self.snap.exists() and time.monotonic() < deadline:
                    time.sleep(0.05)
                self.assertIsNone(process.poll())
                self.assertEqual(Snapshot(self.snap).document["capture"]["trigger"], "signal")
                self.snap.unlink()
            process.kill()

    def test_intervals_and_thresholds(self):
        done = self.python(
            DUMPER,
            "-o",
            "snap.json",
            "--every",
            "0.4",
            "--keep",
            "2",
            "--report",
            "report.jsonl",
            "-c",
            "import time, os\nwhile not os.path.exists('snap.3.json'): time.sleep(0.01)",
        )
        self.assertNotIn("Warning", done.stderr)
        names = sorted(name for name in os.listdir(str(self.folder)) if name.startswith("snap."))
        self.assertEqual(len(names), 3, names)  # the last two, and that of the end
        rows = [json.loads(line) for line in (self.folder / "report.jsonl").read_text().splitlines()]
        self.assertGreaterEqual(len(rows), 3)
        self.assertEqual((rows[0]["trigger"], rows[-1]["trigger"]), ("timer", "exit"))
        self.assertEqual(rows[-1]["path"], names[-1])
        for name in names:
            self.assertEqual([t["name"] for t in Snapshot(self.folder / name).threads], ["MainThread"])
        self.python(
            DUMPER,
            "-o",
            "rss.json",
            "--at-rss",
            "120M",
            "--no-exit",
            "--report",
            "rss.jsonl",
            "-c",
            "import os, time; x = bytearray(150_000_000); report = 'rss.jsonl'\n"
            "while not (os.path.exists(report) and os.path.getsize(report)): time.sleep(0.01)",
        )
        rows = [json.loads(line)["trigger"] for line in (self.folder / "rss.jsonl").read_text().splitlines()]
        self.assertEqual(rows, ["rss"])

    def test_install_and_track(self):
        self.program("""
            import os, signal, time
            previous = signal.getsignal(signal.SIGUSR2)
            disarm = snapshot_dumper.install("SIGUSR2", "snap.json", method="in_process", text="none")
            os.kill(os.getpid(), signal.SIGUSR2)
            time.sleep(0.1)
            disarm()
            assert signal.getsignal(signal.SIGUSR2) is previous
            with snapshot_dumper.track("growth of the cache") as block:
                class Entry: pass
                kept = [Entry() for _ in range(500)]
            assert block.growth["__main__.Entry"] == 500, block.growth
            assert next(iter(block.growth)) == "__main__.Entry"
        """)
        self.assertIn("growth of the cache", self.stderr)
        self.assertIn("+500  __main__.Entry", self.stderr)
        self.assertEqual(Snapshot(self.snap).document["capture"]["trigger"], "signal")


if __name__ == "__main__":
    unittest.main()
