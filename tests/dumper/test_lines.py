"""Where objects were made: what `tracemalloc` knows, in the snapshot; nothing when it is off."""

import json

from support import PYTHON, DumperTest

MADE = """
    import json
    class Plain:
        def __init__(self):
            self.items = bytearray(99)
    class Slots:
        __slots__ = ("a",)
    def make():
        made = Plain(), Slots(), {1}, bytearray(9), {"a": 1}, (object(), 2.5)
        return made
    keep = make()
    line = make.__code__.co_firstlineno + 1
    print(json.dumps([list(map(id, keep)), line, id(keep[0].items), __file__]))
"""


class Lines(DumperTest):
    def made(self, source, *options, before=""):
        """(what the program printed, the snapshot)."""
        script = before + MADE.replace("\n    ", "\n") + source
        return self.traced(script, *options)

    def traced(self, script, *options):
        from reader import Snapshot
        from support import PREAMBLE

        path = self.folder / "program.py"
        path.write_text(PREAMBLE + script + "\nsnapshot_dumper.dump('snap.json')\n", encoding="utf-8")
        done = self.python(*options, path.name)
        return json.loads(done.stdout.splitlines()[-1]), Snapshot(self.snap)

    def test_each_object_has_the_line_that_made_it(self):
        for before in ("", "import ctypes\n"):
            (ids, line, items, file), snapshot = self.made("", "-X", "tracemalloc", before=before)
            self.assertEqual(snapshot.document["tracemalloc"]["frames"], 1)
            misses = PYTHON == (3, 11) and not before
            self.assertIs(snapshot.document["tracemalloc"]["misses_instances"], misses)
            found = [snapshot.made.get(i) for i in ids]
            self.assertEqual(found[misses:4], [[(file, line)]] * (4 - misses))
            # A dictionary or a tuple may lie in a block that was freed before tracing began.
            self.assertEqual([frames for frames in found[4:] if frames not in (None, [(file, line)])], [])
            self.assertEqual(found[0], None if misses else [(file, line)])
            self.assertEqual(snapshot.made[items], [(file, line - 4)])
            rows, files = snapshot.document["functions"], snapshot.document["files"]
            names = {(first, body, last): name for at, first, body, last, name in rows if files[at] == file}
            name = "Plain.__init__" if PYTHON >= (3, 11) else "__init__"
            self.assertEqual(names[line - 5, line - 4, line - 4], name)
            self.assertEqual(names[line - 1, line, line + 1], "make")

    def test_callers_are_there_as_far_as_the_program_chose(self):
        (ids, line, _, file), snapshot = self.made("", "-X", "tracemalloc=3")
        self.assertEqual(snapshot.document["tracemalloc"]["frames"], 3)
        self.assertEqual(snapshot.made[ids[2]][:2], [(file, line), (file, line + 2)])

    def test_nothing_is_written_when_it_is_off(self):
        _, snapshot = self.made("import tracemalloc; tracemalloc.start(); tracemalloc.stop()")
        self.assertEqual({"tracemalloc", "files", "tracebacks", "functions"} & set(snapshot.document), set())
        self.assertEqual(snapshot.made, {})
        self.assertNotIn("allocated_at", self.snap.read_text())

    def test_what_is_older_than_tracing_is_unknown(self):
        (ids, *_), snapshot = self.made("import tracemalloc; tracemalloc.start(); late = bytearray(99999)\n")
        self.assertEqual([i for i in ids if i in snapshot.made], [])
        self.assertGreater(len(snapshot.made), 0)

    def test_the_dumper_is_not_among_the_lines(self):
        _, snapshot = self.made("snapshot_dumper.dump('first.json')", "-X", "tracemalloc=2")
        own = [frames for frames in snapshot.made.values() if frames[0][0].endswith("snapshot_dumper.py")]
        self.assertEqual(own, [])

    def test_traces_of_a_dump_go_with_it(self):
        answer = self.traced(
            """
import gc, json, tracemalloc
keep = [[n] for n in range(20000)]
for _ in range(3): snapshot_dumper.dump("other.json")
gc.collect()
before = tracemalloc.get_traced_memory()[0]
for _ in range(3): snapshot_dumper.dump("other.json")
gc.collect()
print(json.dumps(tracemalloc.get_traced_memory()[0] - before))
""",
            "-X",
            "tracemalloc",
        )[0]
        # Blocks of free lists are there, but no more of them than before.
        self.assertLess(answer, 60000)

    def test_reference_counts_are_as_without_tracing(self):
        source = """
import json
name = "".join(["held", "_twice"])
kept = [name, name, compile("[]", name, "eval")]
print(json.dumps(id(name)))
"""
        counts = []
        for options in ((), ("-X", "tracemalloc")):
            address, snapshot = self.traced(source, *options)
            counts.append(snapshot[address].refcount)
        self.assertEqual(counts[0], counts[1])


if __name__ == "__main__":
    import unittest

    unittest.main()
