"""`heapgraph.install`: a snapshot when MemoryError ends a thread, or the memory comes near a limit."""

import json
import os
import unittest

from support import InFolder

HOGS = """
    import resource, sys, threading
    import heapgraph
    class Hog: pass
    HOGS = []
    def grow():
        while True:
            hog = Hog()
            hog.data = bytearray(50000)
            HOGS.append(hog)
"""


class Death(InFolder):
    def dies(self, source, **options):
        with self.assertRaises(AssertionError) as caught:
            self.python(HOGS + source, **options)
        return str(caught.exception)

    def common(self, path):
        import heapgraph

        return {row["type"]: row["count"] for row in heapgraph.Snapshot.open(path).common(limit=0).rows}

    def test_when_memory_error_ends_the_program(self):
        said = self.dies("""
    heapgraph.install("dead.json")
    resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
    grow()
        """)
        self.assertIn("MemoryError", said)
        self.assertRegex(said, r"snapshot_dumper: \S+/dead.json: \d+ objects, .* \(memory_error\)\n")
        self.assertGreater(self.common("dead.json")["__main__.Hog"], 1000)

    def test_when_it_ends_a_thread(self):
        said = self.python(
            HOGS
            + """
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    def lift(arguments):
        # A thread can't even end where there is no address space: Python 3.8 loads a library for it.
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        print("the hook that was there is called with", arguments.exc_type.__name__)
    threading.excepthook = lift
    heapgraph.install("dead.json", keep=2)
    resource.setrlimit(resource.RLIMIT_AS, (500 << 20, hard))
    thread = threading.Thread(target=grow)
    thread.start()
    thread.join()
    print("goes on")
        """
        )
        self.assertIn("is called with MemoryError\ngoes on\n", said)
        self.assertGreater(self.common("dead.1.json")["__main__.Hog"], 1000)

    def test_other_errors_and_disarmed_hooks_do_nothing(self):
        said = self.dies("""
    before = sys.excepthook, threading.excepthook
    disarm = heapgraph.install("dead.json")
    disarm()
    assert (sys.excepthook, threading.excepthook) == before
    disarm()
    heapgraph.install("dead.json")
    1 / 0
        """)
        self.assertIn("ZeroDivisionError", said)
        self.assertFalse(os.path.exists("dead.json"))

    @unittest.skipUnless(os.path.exists("/proc/self/status"), "no /proc to read the resident memory from")
    def test_near_a_limit(self):
        said = self.python(
            HOGS
            + """
    import os, time
    disarm = heapgraph.install("near.json", at_rss="120M")
    assert sys.excepthook is not sys.__excepthook__
    hog = bytearray(b"x") * (150 << 20)
    while not os.path.exists("near.json"):
        time.sleep(0.01)
    disarm()
        """
        )
        self.assertRegex(said, r"near.json: \d+ objects, .* \(rss\)")
        with open("near.json") as file:
            self.assertGreater(json.load(file)["process"]["rss_bytes"], 120 << 20)

    def test_what_is_no_size_is_told(self):
        from heapgraph import _at_death

        self.assertEqual(_at_death._bytes(1000, None), 1000)
        self.assertEqual(_at_death._bytes("1.5G", None), 3 << 29)
        self.assertEqual(_at_death._bytes("500MB", None), 500 << 20)
        self.assertEqual(_at_death._bytes("90%", 1000), 900)
        for wrong in ("much", "", 0, -1, "0%", "120%", "%", "1e999G"):
            with self.assertRaisesRegex(ValueError, "expected bytes"):
                _at_death._bytes(wrong, 1000)
        with self.assertRaisesRegex(ValueError, "no memory limit that is known"):
            _at_death._bytes("90%", None)
