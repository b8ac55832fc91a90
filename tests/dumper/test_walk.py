"""The snapshot is complete and consistent: every object once, every reference, the counts that Python itself gives."""

import collections
import json
import os
import stat
import unittest

from reader import Snapshot
from support import PYTHON, DumperTest

LIBRARIES = "import asyncio, json, http.server, email.message, email.parser, xml.dom.minidom, logging, unittest.mock"


class Walk(DumperTest):
    def test_the_list_of_the_readme(self):
        snapshot, found = self.dumped(
            """
            x = [1]
            y = [x, [x], {"a": x}]
            ids["x"], ids["y"] = x, y
        """,
            "snapshot_dumper.dump('snap.json')",
        )
        x, y = found["x"], found["y"]
        self.assertEqual([name for name, _ in y.slots()], ["[0]", "[1]", "[2]"])
        self.assertEqual(y.referents[0], x.address)
        holders = sorted((o.type, name) for o, name in snapshot.referrers(x.address))
        self.assertEqual(
            holders,
            [
                ("builtins.dict", "['a']"),
                ("builtins.dict", "['x']"),
                ("builtins.dict", "['x']"),
                ("builtins.list", "[0]"),
                ("builtins.list", "[0]"),
            ],
        )
        self.assertEqual(x.refcount, 5)
        self.assertEqual(snapshot[snapshot[y.referents[2]].referents[1]], x)
        module = [r for r in snapshot.roots if r["name"] == "__main__"][0]
        self.assertEqual(module["kind"], "module")
        self.assertTrue(module["file"].endswith("program.py"))
        namespace = snapshot[module["address"]].slot(".__dict__")
        self.assertIn(("['x']", x.address), namespace.slots())

    def test_counts_are_those_of_the_collector(self):
        counts = self.program(
            """
            %s
            import collections, gc, json
            objects = sys.argv    # the names exist before the counting
            t = i = n = counts = named = full = None
            snapshot_dumper.dump("warm.json")
            gc.collect(); gc.disable()
            snapshot_dumper.dump("snap.json")
            counts = collections.Counter(map(id, map(type, gc.get_objects())))
            named = collections.Counter()
            for t in set(map(type, gc.get_objects())):
                named["%%s.%%s" %% snapshot_dumper.full_name(t)] += counts[id(t)]
            own = snapshot_dumper.Namespace(own=set(), own_references={}, held=(), early={}, counted_extra=3)
            snapshot_dumper.find_own(own, None)
            mine = collections.Counter("%%s.%%s" %% snapshot_dumper.full_name(type(o))
                                       for o in gc.get_objects() if id(o) in own.own)
            print(json.dumps([named, mine]))
        """
            % LIBRARIES
        )
        snapshot = Snapshot(self.snap)
        self.assertEqual(snapshot.document["end"]["errors"], [])
        expected, mine = map(collections.Counter, counts)
        # What the counting itself has made after the dump.
        slack = collections.Counter(
            {
                "builtins.dict": 3,
                "collections.Counter": 2,
                "builtins.list": 3,
                "builtins.set": 3,
                "builtins.tuple": 3,
                "types.SimpleNamespace": 1,
            }
        )
        actual = snapshot.counts()
        # Of these, there are objects that the collector does not track; they are in the snapshot too.
        tracked_only = {"builtins.tuple", "builtins.dict", "builtins.type", "builtins.PyCapsule", "builtins.frozenset"}
        for name, n in expected.items():
            wanted = n - mine[name]
            if name in tracked_only:
                self.assertGreaterEqual(actual[name] + slack[name], wanted, name)
            else:
                self.assertLessEqual(
                    abs(actual[name] - wanted), slack[name], "%s: %d, not %d" % (name, actual[name], wanted)
                )

    def test_everything_is_there_once_and_explained(self):
        snapshot, _ = self.dumped(LIBRARIES)
        self.assertEqual(snapshot.dangling(), [])
        self.assertEqual(snapshot.document["end"]["errors"], [])
        types = {r["address"] for r in snapshot.types}
        self.assertTrue(all(snapshot.base + address in snapshot.objects for address in types))
        references = snapshot.document["end"]["references"]
        unnamed = sum(row["count"] for row in snapshot.document["end"]["unnamed"])
        self.assertLess(unnamed / references, 0.005, snapshot.document["end"]["unnamed"])

    def test_reference_counts_are_explained(self):
        snapshot, found = self.dumped(
            LIBRARIES
            + """
import gc
ids["all"] = len(gc.get_objects())
class C: pass
a = C(); b = C(); a.b = b; b.a = a
ids["a"], ids["b"], ids["C"] = a, b, C
"""
        )
        for name in "ab":
            self.assertEqual(found[name].refcount, 3)
        # An object counts when the dumper found other references than the interpreter has counted.
        leaves = {
            "builtins.str",
            "builtins.int",
            "builtins.bytes",
            "builtins.float",
            "builtins.NoneType",
            "builtins.bool",
        }
        tracked = sum(1 for o in snapshot.objects.values() if o.type not in leaves)
        wrong = [
            (o, n)
            for o, n in snapshot.unexplained()
            if o.type not in leaves and not (o.type in ("builtins.type", "abc.ABCMeta") and o.text and "." in o.text)
        ]
        self.assertLess(len(wrong) / tracked, 0.01, collections.Counter((o.type, n) for o, n in wrong).most_common(20))

    def test_what_fails_late_is_written_once(self):
        snapshot, _ = self.dumped(
            """
            def failing(s, plan, group): raise KeyError("late")
            snapshot_dumper.note_names = failing
        """,
            "snapshot_dumper.dump('snap.json')",
        )  # the reader refuses an address that occurs twice
        self.assertTrue(snapshot.document["end"]["errors"])
        self.assertEqual(snapshot.dangling(), [])

    def test_two_dumps_of_an_idle_process_are_equal(self):
        self.program(
            LIBRARIES
            + """
import gc
gc.collect()
snapshot_dumper.dump("a.json")
snapshot_dumper.dump("b.json")
"""
        )
        a, b = Snapshot(self.folder / "a.json"), Snapshot(self.folder / "b.json")
        self.assertEqual(a.counts() - b.counts(), collections.Counter())
        self.assertEqual(b.counts() - a.counts(), collections.Counter())
        self.assertEqual(a.sizes() - b.sizes(), collections.Counter())
        self.assertEqual(b.sizes() - a.sizes(), collections.Counter())
        # The very same objects: the dumper has added and replaced none.
        changed = {
            one.objects[address].type
            for one, other in ((a, b), (b, a))
            for address in set(one.objects) - set(other.objects)
        }
        self.assertEqual(changed, set())

    def test_the_dumper_is_not_in_its_snapshot(self):
        snapshot, found = self.dumped(
            """
            import collections
            from snapshot_dumper import dump as alias, track
            ids["list"], ids["tuple"], ids["set"] = ["first", alias, "third"], (alias, "second"), {alias, 5}
            ids["dict"], ids["keyed"] = {"here": alias, "there": 5}, {alias: 7, 8: 9}
            ids["ordered"], ids["large"] = collections.OrderedDict(a=alias, b=6), [alias] + [None] * 300_000 + ["last"]
            def function(here=alias): "refers to the dumper"
            class Instance:
                def __init__(self): self.here, self.there = alias, 7
            ids["function"], ids["instance"] = function, Instance()
            """,
            "snapshot_dumper.dump('snap.json', text='all')",
        )
        slots = {
            name: [slot for slot, _ in o.slots() if slot not in (".__class__", "key")] for name, o in found.items()
        }
        self.assertEqual(slots["list"], ["[0]", "[2]"])
        self.assertEqual(slots["tuple"], ["[1]"])
        self.assertEqual(slots["set"], ["member"])
        self.assertEqual((slots["dict"], slots["keyed"], slots["ordered"]), (["['there']"], ["['8']"], ["['b']"]))
        self.assertEqual((len(slots["large"]), slots["large"][0], slots["large"][-1]), (300_001, "[1]", "[300001]"))
        self.assertIn(".__defaults__", slots["function"])
        self.assertNotIn(".here", slots["instance"])
        self.assertEqual(
            list(snapshot.document),
            sorted(
                snapshot.document,
                key=(
                    "format version dumper process interpreter platform gc options capture address_base own chunks types shapes "
                    "roots threads end"
                )
                .split()
                .index,
            ),
        )
        self.assertEqual(snapshot.document["own"], sorted(set(snapshot.document["own"])))
        for o in snapshot.objects.values():
            if o.type in ("builtins.function", "builtins.module", "builtins.type", "builtins.code"):
                self.assertNotIn("snapshot_dumper", (o.text or "").split(" (")[0], o.type)
        for thread in snapshot.threads:
            for frame in thread["frames"]:
                self.assertNotIn("snapshot_dumper.", frame["function"])
                self.assertFalse(frame["file"].endswith("snapshot_dumper.py"))

    def test_large_containers(self):
        snapshot, found = self.dumped(
            """
            import collections
            n = 210_000
            ids["list"] = list(range(n)); ids["dict"] = {i: None for i in range(n)}
            ids["tuple"] = tuple(ids["list"]); ids["set"] = set(ids["list"])
            class Big(dict):
                def __init__(self): self.extra = self.__dict__
            ids["big"] = Big(); ids["big"].update(ids["dict"]); ids["big_dict"] = ids["big"].__dict__
            ids["deque"] = collections.deque(ids["list"]); ids["counter"] = collections.Counter(ids["list"])
        """,
            "snapshot_dumper.dump('snap.json', text='none')",
        )
        n = 210000
        for name in ("list", "tuple", "deque"):
            self.assertEqual(sum(slot is not None and slot[0] == "[" for slot, _ in found[name].slots()), n)
        self.assertEqual(len(found["dict"].referents), 2 * n)
        self.assertEqual([r for slot, r in found["big"].slots() if slot == ".__dict__"], [found["big_dict"].address])
        self.assertEqual(snapshot.dangling(), [])
        self.assertEqual(found["list"].slots()[-1], ("[%d]" % (n - 1), found["tuple"].referents[-1]))

    def test_a_long_linked_list(self):
        snapshot, found = self.dumped("""
            head = None
            for i in range(100_000): head = [head]
            nested = ()
            for i in range(100_000): nested = (nested,)
            ids["head"] = head
            import gc; gc.collect()
        """)
        length, o = 0, found["head"]
        while o.type == "builtins.list":
            o = snapshot[o.referents[0]]
            length += 1
        self.assertEqual(length, 100000)

    def test_threads_and_locals(self):
        snapshot, found = self.dumped(
            """
            import threading, time
            def inner(argument):
                local = ["local"]; ids["local"] = local; captured = {}
                ids["argument"] = argument
                ready.set()
                (lambda: captured)
                time.sleep(60)
            ready = threading.Event()
            threading.Thread(target=inner, args=(["argument"],), name="worker", daemon=True).start()
            ready.wait()
            def outer():
                here = ["here"]; ids["here"] = here
                def dump_now(): snapshot_dumper.dump("snap.json")
                dump_now()
            outer()
        """,
            "",
        )
        threads = {t["name"]: t for t in snapshot.threads}
        worker, main = threads["worker"], threads["MainThread"]
        self.assertTrue(worker["daemon"] and main["current"] and not worker["current"])
        frame = [f for f in worker["frames"] if f["function"].endswith("inner")][0]
        self.assertEqual(frame["line"], 14)
        names = dict(frame["locals"])
        self.assertEqual(snapshot.base + names["local"], found["local"].address)
        self.assertEqual(snapshot.base + names["argument"], found["argument"].address)
        self.assertIn("captured", names)
        self.assertEqual([f["function"].split(".")[-1] for f in main["frames"]], ["dump_now", "outer", "<module>"])
        self.assertEqual(snapshot.base + dict(main["frames"][1]["locals"])["here"], found["here"].address)

    def test_locals_of_a_frame_that_was_asked_for_them(self):
        for last in ("pass", "unbound = 1"):
            first = self.program(
                """
import json
def f(first, second=None):
    locals()
    snapshot_dumper.dump("snap.json")
    %s
def main():
    first = [1]
    print(json.dumps(id(first)))
    f(first)
main()
"""
                % last
            )
            snapshot = Snapshot(self.snap)
            frame = [frame for t in snapshot.threads for frame in t["frames"] if frame["function"] == "__main__.f"][0]
            names = {name: snapshot.base + address for name, address in frame["locals"]}
            with self.subTest(last):
                self.assertEqual(list(names), ["first", "second"])
                self.assertEqual(names["first"], first)
                self.assertEqual(snapshot[names["second"]].type, "builtins.NoneType")

    def test_no_dump_keeps_a_variable_alive(self):
        # Before 3.13 a function's variables are put into a dictionary for who asks, and it stays.
        gone = self.program("""
import json, weakref
class Value:
    pass
def f():
    value = Value()
    closure = lambda: value
    reference = weakref.ref(value)
    for _ in range(3):
        snapshot_dumper.dump("snap.json")
    del value
    return reference() is None
print(json.dumps(f()))
""")
        self.assertIs(gone, True)

    def test_what_only_locals_hold(self):
        ids = self.program("""
import json, threading, time
ids = {}
def make(name):
    made = "%s of %s" % (name, name), 10 ** 40 + len(ids), tuple([0.5, name])
    ids.update({name + " text": id(made[0]), name + " number": id(made[1]), name + " pair": id(made[2])})
    return made
def worker():
    text, number, pair = make("worker")
    ready.set()
    time.sleep(60)
ready = threading.Event()
threading.Thread(target=worker, daemon=True).start()
ready.wait()
def main():
    text, number, pair = make("main")
    class Body:
        text, number, pair = make("body")
        snapshot_dumper.dump("snap.json")
main()
print(json.dumps(ids), flush=True)
""")
        snapshot = Snapshot(self.snap)
        unexplained = {o.address for o, _ in snapshot.unexplained()}
        for name, address in ids.items():
            with self.subTest(name):
                self.assertEqual(snapshot[address].refcount, 1)
                self.assertNotIn(address, unexplained)
                slots = ["['%s']" % name.split()[1]] if name.startswith("body") else []
                self.assertEqual([slot for _, slot in snapshot.referrers(address)], slots)

    def test_the_dumpers_own_use_of_numbers_and_names_is_not_counted(self):
        # What the dumper mentions itself, or keeps in its lists: the program has them too.
        snapshot, found = self.dumped(
            """
            ids = {"text " + text: sys.intern(text) for text in ("address", "hidden", "contents", "inline", "pending")}
            ids.update({"number %d" % number: number for number in range(1, 60)})
            ids.update(true=True, false=False)
        """,
            "snapshot_dumper.dump('snap.json')",
        )
        # What nobody refers to is not there, or it is the dumper's: its lock once was.
        self.assertEqual([o.type for o in snapshot.objects.values() if o.refcount == 0], [])
        unexplained = {o.address: n for o, n in snapshot.unexplained()}
        for name, o in found.items():
            # The interpreter caches names of attributes, C code has a few numbers.
            with self.subTest(name):
                self.assertLess(unexplained.get(o.address, 0), 60)

    def test_text_and_mode(self):
        self.program("snapshot_dumper.dump('snap.json')")
        with open(str(self.snap)) as file:
            document = json.load(file)
        self.assertEqual((document["format"], document["version"]), ("heapgraph-snapshot", 1))
        self.assertEqual(list(document)[-1], "end")
        self.assertEqual(stat.S_IMODE(os.stat(str(self.snap)).st_mode), 0o600)
        with open(str(self.snap), "rb") as file:
            self.assertTrue(file.read().isascii())

    def test_header(self):
        snapshot, _ = self.dumped("import gc; gc.freeze()", "snapshot_dumper.dump('snap.json', collect=True)")
        document = snapshot.document
        self.assertEqual(document["process"]["argv"][-1].split("/")[-1], "program.py")
        self.assertGreater(document["process"]["rss_bytes"], 1 << 20)
        self.assertEqual(tuple(map(int, document["interpreter"]["version"].split(".")[:2])), PYTHON)
        self.assertGreater(document["gc"]["frozen"], 1000)
        self.assertTrue(document["gc"]["enabled"] and document["gc"]["collected_first"])
        self.assertEqual(document["capture"]["method"], "in_process")
        self.assertGreater(document["process"]["real_seconds"], 0)

    def test_frozen_objects_are_found(self):
        snapshot, found = self.dumped(
            """
            import gc
            class C: pass
            ids["kept"] = [C() for _ in range(10)]
            gc.freeze()
        """,
            "snapshot_dumper.dump('snap.json')",
        )
        self.assertEqual(len(snapshot.by_type["__main__.C"]), 10)
        self.assertEqual(snapshot.dangling(), [])

    def test_text_levels(self):
        def texts(level):
            snapshot, found = self.dumped(
                """
                ids["value"] = "a secret value"; ids["key"] = "a dictionary key"; ids["number"] = 123456789
                table = {ids["key"]: ids["value"], 7654321: ids["number"]}
                long_key = {"k" * 5000: 1}; ids["long"] = list(long_key)[0]
                def function(): variable_name = 1
                ids["function"] = function; ids["variable"] = function.__code__.co_varnames[0]
                ids["huge"] = 1 << 100_000; huge = {ids["huge"]: 1}
                ids["odd"] = "\\ud800\\x00\\n\\"\\\\\U0001f600"; odd = {ids["odd"]: 1}
            """,
                "snapshot_dumper.dump('snap.json', text=%r)" % level,
            )
            return {name: o.text for name, o in found.items()}

        none, names, keys, everything = map(texts, ("none", "names", "keys", "all"))
        self.assertEqual(set(none.values()), {None})
        self.assertEqual((names["function"], names["variable"]), ("__main__.function", "variable_name"))
        self.assertEqual((names["value"], names["key"]), (None, None))
        self.assertEqual((keys["value"], keys["key"], keys["number"]), (None, "a dictionary key", None))
        self.assertEqual(keys["long"], "k" * 120)
        self.assertEqual(keys["odd"], "\ud800\x00\n\"\\\U0001f600")
        self.assertLess(len(keys["huge"]), 130)
        self.assertEqual((everything["value"], everything["number"]), ("a secret value", "123456789"))


if __name__ == "__main__":
    unittest.main()
