"""Snapshots and reports as Python objects: every question, what is given back, what is left behind."""

import gc
import json
import os
import sys
import unittest

import heapgraph
from heapgraph import _growth
from support import InFolder, has


class Session:
    def __init__(self, user):
        self.user = user


class Store:
    SESSIONS = {}


def fill(count):
    for _ in range(count):
        user = "u%d" % len(Store.SESSIONS)
        Store.SESSIONS[user] = Session(user)


fill(50)
FULL_NAME = __name__ + ".Session"


class Questions(InFolder):
    @classmethod
    def setUpClass(cls):
        cls.count = len(Store.SESSIONS)
        cls.taken = heapgraph.snapshot()

    def test_each_question_is_told_and_has_data(self):
        target = Store.SESSIONS["u7"]
        for name, arguments in [
            ("info", ()),
            ("common", ()),
            ("suspects", ()),
            ("dominators", ()),
            ("dominators", (Store.SESSIONS,)),
            ("cycles", ()),
            ("why", (target,)),
            ("backrefs", (target,)),
            ("refs", (target,)),
            ("show", (target,)),
        ]:
            report = getattr(self.taken, name)(*arguments)
            self.assertEqual(report.data["command"], name)
            self.assertEqual(report.data["snapshot"]["pid"], os.getpid())
            self.assertIsInstance(report.rows, list)
            self.assertGreater(len(str(report).splitlines()), 2)
            self.assertEqual(repr(report), str(report))
            self.assertNotIn("\x1b", str(report))

    def test_options_are_those_of_the_command(self):
        rows = self.taken.common(limit=3, sort="size").rows
        self.assertEqual(len(rows), 3)
        sizes = [row["shallow_bytes"] for row in rows]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        # A class stands for its instances, a text for the types that fit, and they are the same.
        for what in (Session, FULL_NAME, "*.Session"):
            self.assertIn("%d objects match" % self.count, str(self.taken.backrefs(what)))
        with self.assertRaises(heapgraph.HeapgraphError) as caught:
            self.taken.common(no_such_option=1)
        self.assertEqual(caught.exception.exit_code, 2)
        self.assertIn("--no-such-option", str(caught.exception))

    def test_why_is_an_expression_that_gives_the_object(self):
        # A variable here would be another way to it.
        for report in (
            self.taken.why(Store.SESSIONS["u7"]),
            self.taken.why(id(Store.SESSIONS["u7"])),
            heapgraph.why(Store.SESSIONS["u7"]),
        ):
            expression = report.data["expressions"][0]
            self.assertIs(eval(expression, {"sys": sys}), Store.SESSIONS["u7"])
            self.assertIn("SESSIONS['u7']", expression)
            self.assertIn("To free it, cut the reference ['u7']", report.data["cut"][0])
            self.assertIn(expression, str(report))

    def test_no_object_is_one_error(self):
        with self.assertRaisesRegex(heapgraph.HeapgraphError, "no object at 0x10 in this snapshot"):
            self.taken.why(0x10)

    def test_growth_between_two(self):
        before = heapgraph.snapshot()
        fill(20)
        after = heapgraph.snapshot()
        rows = {row["type"]: row for row in before.diff(after, limit=0).rows}
        self.assertEqual(rows[FULL_NAME]["count_growth"], 20)
        # A limit that is broken is an answer, not an error.
        self.assertIn("Session", str(before.diff(after, max_growth=5, only=FULL_NAME)))
        self.assertEqual(str(before.diff(after.path)), str(before.diff(after)))

    def test_what_is_new_since_a_mark(self):
        before = heapgraph.mark()
        self.assertGreater(gc.get_freeze_count(), 1000)
        fill(20)
        after = heapgraph.snapshot()
        self.assertLess(gc.get_freeze_count(), 1000)
        row = {row["type"]: row for row in after.common(since=before, limit=0).rows}[FULL_NAME]
        self.assertEqual((row["new_count_least"], row["new_count_most"]), (20, 20))
        self.assertIn("the 20 objects that are new since", str(after.why(Session, since=before.path)))
        self.assertFalse(heapgraph.unmark())

    def test_an_object_is_found_again_if_it_is_still_there(self):
        target = Store.SESSIONS["u7"]
        self.assertIs(self.taken.object(id(target)), target)
        self.assertIs(self.taken.object(hex(id(target))), target)
        lonely = Session("lonely")
        address = id(lonely)
        taken = heapgraph.snapshot()
        del lonely
        self.assertIsNone(taken.object(address))
        with self.assertRaises(heapgraph.HeapgraphError):
            taken.object(16)
        with open(taken.path) as file:
            document = json.load(file)
        document["process"]["pid"] += 1
        with open("other.json", "w") as file:
            json.dump(document, file)
        with self.assertRaisesRegex(ValueError, "of process %d" % (os.getpid() + 1)):
            heapgraph.Snapshot.open("other.json").object(address)

    def test_rich_forms(self):
        bundle = self.taken.backrefs(Store.SESSIONS["u7"])._repr_mimebundle_()
        self.assertEqual(set(bundle), {"text/plain", "image/svg+xml"})
        self.assertIn("<svg", bundle["image/svg+xml"])
        bundle = self.taken.common(limit=2)._repr_mimebundle_()
        self.assertEqual(set(bundle), {"text/plain", "text/html"})
        self.assertEqual(bundle["text/html"].count("<tr>"), 3)
        self.assertEqual(set(self.taken.backrefs(Session)._repr_mimebundle_()), {"text/plain", "text/html"})

    def test_text_of_the_program_is_escaped(self):
        evil = type("<script>alert(1)</script>", (), {"__module__": "a&b"})
        kept = [evil() for _ in range(3)]
        html = heapgraph.snapshot().common(limit=0)._repr_mimebundle_()["text/html"]
        self.assertNotIn("<script>", html)
        self.assertIn("a&amp;b.&lt;script&gt;", html)
        self.assertEqual(len(kept), 3)

    def test_files(self):
        report = self.taken.backrefs(Store.SESSIONS["u7"])
        for name in ("a.svg", "a.txt", "a.json", "a.csv"):
            report.save(name)
            self.assertGreater(os.path.getsize(name), 10)
        with self.assertRaisesRegex(heapgraph.HeapgraphError, "a.gif"):
            report.save("a.gif")

    @unittest.skipUnless(has("pandas"), "pandas is not installed")
    def test_pandas(self):
        frame = self.taken.common(limit=5).to_pandas()
        self.assertEqual(len(frame), 5)
        self.assertEqual(list(frame["count"]), [row["count"] for row in self.taken.common(limit=5).rows])

    def test_a_snapshot_with_a_name_stays(self):
        taken = heapgraph.snapshot("named.json", text="none")
        self.assertEqual(taken.path, os.path.join(os.path.realpath(os.getcwd()), "named.json"))
        del taken
        gc.collect()
        self.assertIn("Session", str(heapgraph.Snapshot.open("named.json").common(limit=0)))
        with self.assertRaises(FileNotFoundError):
            heapgraph.Snapshot.open("nothing.json")
        with self.assertRaises(ValueError):
            heapgraph.snapshot(text="poems")

    def test_a_command_that_the_program_does_not_have(self):
        with open("old", "w") as file:
            file.write("#!/bin/sh\necho \"error: unrecognized subcommand '$1'\" >&2\nexit 2\n")
        os.chmod("old", 0o755)
        before = os.environ.get("HEAPGRAPH_BINARY")
        os.environ["HEAPGRAPH_BINARY"] = os.path.abspath("old")
        try:
            with self.assertRaisesRegex(heapgraph.HeapgraphError, "has no command 'places'"):
                self.taken.places()
        finally:
            os.environ.pop("HEAPGRAPH_BINARY")
            if before is not None:
                os.environ["HEAPGRAPH_BINARY"] = before


class Left(InFolder):
    def test_nothing_is_left(self):
        said = self.python("""
            import gc, os, heapgraph, heapgraph.objgraph as objgraph
            class Leaf: pass
            leaf = Leaf()
            descriptors = os.listdir("/proc/self/fd")
            for _ in range(3):
                heapgraph.why(leaf).data
                taken = heapgraph.snapshot()
                taken.backrefs(leaf)._repr_mimebundle_()
                objgraph.show_backrefs([leaf], filename="leaf.svg")
            with heapgraph.snapshot() as one:
                path = one.path
            assert not os.path.exists(path)
            kept = os.path.dirname(path)
            assert os.stat(kept).st_mode & 0o777 == 0o700
            assert os.stat(taken.path).st_mode & 0o777 == 0o600
            assert sorted(name for name in os.listdir(kept) if name.endswith(".json")) == [os.path.basename(taken.path)]
            assert os.listdir("/proc/self/fd") == descriptors
            try:
                os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                print("no child")
            if os.fork() == 0:                         # a child does not take away what is its parent's
                del taken
                import atexit
                atexit._run_exitfuncs()
                os._exit(0)
            os.wait()
            assert os.path.exists(taken.path)
        """)
        self.assertTrue(said.endswith("no child\n"), said)
        self.assert_nothing_is_left()

    def test_a_process_of_multiprocessing_leaves_nothing(self):
        self.python("""
            import multiprocessing, heapgraph
            def work():
                heapgraph.snapshot().common()
            context = multiprocessing.get_context("fork")
            process = context.Process(target=work)
            process.start()
            process.join()
            assert process.exitcode == 0
        """)
        self.assert_nothing_is_left()


class Growth(unittest.TestCase):
    def test_what_is_new_and_where_it_is_held(self):
        types = _growth.Types(FULL_NAME)
        before = _growth.packed(_growth.census(types))
        fill(4)
        new = _growth.new_since(before, _growth.packed(_growth.census(types)))
        self.assertEqual({name: more for name, (more, _) in new.items()}, {FULL_NAME: 4})
        told = _growth.told(new)
        self.assertIn("%s      +4" % FULL_NAME, told)
        self.assertIn("SESSIONS", told)
        self.assertIn("To free it, cut", told)

    def test_only_the_outermost(self):
        holder = [[Session(1)], {"k": [2]}]
        inner = [holder[0], holder[1], holder[1]["k"], holder[0][0]]
        self.assertEqual(_growth.outermost(set(map(id, [holder] + inner))), [id(holder)])
        ring = [[]]
        ring[0].append(ring)
        self.assertEqual(len(_growth.outermost({id(ring), id(ring[0])})), 1)

    def test_patterns(self):
        types = _growth.Types(["app.*", "Session"])
        for name, fits in [("app.x.Y", True), ("a.b.Session", True), ("Session", True), ("dict", False)]:
            self.assertEqual(types.fits(name), fits, name)
        self.assertTrue(_growth.Types().fits("dict"))
