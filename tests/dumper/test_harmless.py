"""The dumper changes nothing in the process, runs none of its code, and survives whatever the heap holds."""

import unittest

from reader import Snapshot
from support import DUMPER, LEVEL, PYTHON, DumperTest, in_full

COUNTING = """
calls = []
def counted(name):
    def method(*arguments, **keywords):
        calls.append(name)
        return NotImplemented
    return method
names = [n for n in ("__len__ __eq__ __ne__ __hash__ __bool__ __repr__ __str__ __iter__ __getitem__ __contains__ __call__ "
    "__getattr__ __getattribute__ __setattr__ __delattr__ __sizeof__ __reduce__ __reduce_ex__ __format__ __dir__ __index__ "
    "__int__ __float__ __get__ __set__ __delete__ __instancecheck__ __subclasscheck__ __enter__ __exit__ __missing__ "
    "__length_hint__ __reversed__ __lt__ __add__ __bytes__ __fspath__ __await__ __next__ __copy__ __deepcopy__ "
    "items keys values get __class_getitem__ mro __del__").split()]
meta_names = [n for n in names if n not in ("__call__", "__delattr__", "__setattr__", "mro", "__del__")]
Meta = type("Meta", (type,), {n: counted("Meta." + n) for n in meta_names})
kinds = {}
for base in (object, list, dict, set, tuple, str, int, bytes, BaseException, type(sys)):
    try: kinds[base.__name__] = type.__new__(Meta, "Counted_" + base.__name__, (base,), {n: counted(base.__name__ + "." + n)
                                                                                 for n in names})
    except TypeError as error: print(error)
objects = []
for name, kind in kinds.items():
    base = kind.__mro__[1] if False else type.__dict__["__mro__"].__get__(kind)[1]
    o = base.__new__(kind, "name") if name in ("module", "str") else base.__new__(kind)
    objects.append(o)
property_class = type("WithProperty", (), {"p": property(counted("property")), "_x": 1})
objects.append(property_class())
"""


class Harmless(DumperTest):
    def test_a_program_with_tasks_ends(self):
        # gh-122695: up to 3.12.5 who asks for the referents of `_asyncio` makes a list of freed objects endless.
        self.program("""
            import asyncio
            async def work(number): return number
            async def run():
                for number in range(5):
                    task = asyncio.ensure_future(work(number))
                    kept.append(task)
                    await task
            kept = []
            asyncio.run(run())
            for _ in range(3): snapshot_dumper.dump("snap.json")
            asyncio.run(run())
        """)

    def test_no_code_of_the_program_runs(self):
        answer = self.program(
            COUNTING
            + """
import json
table = {"o%d" % i: o for i, o in enumerate(objects)}
calls.clear()
summary = snapshot_dumper.dump("snap.json", text="all")
print(json.dumps([list(calls), summary["errors"]]))
sys.stdout.flush()
import os; os._exit(0)
"""
        )
        self.assertEqual(answer, [[], 0])
        snapshot = Snapshot(self.snap)
        self.assertEqual(len([t for t in snapshot.by_type if ".Counted_" in t]), 10)

    def test_nothing_is_left_behind(self):
        answer = self.program("""
            import gc, json, threading, os, collections
            class C:
                def __init__(self): self.a = 1; self.b = {}
            objects = [C() for _ in range(100)]
            materialised = C(); materialised.__dict__
            def function(a: int): "no dictionary, annotations not read"
            snapshot_dumper.dump("snap.json")
            before = after = first = second = None
            settings = lambda: [gc.isenabled(), gc.get_threshold(), sys.getswitchinterval(), str(sys.gettrace()),
                                len(sys.path), sys.getrecursionlimit(), len(os.listdir("/proc/self/fd")),
                                len(os.listdir("/proc/self/task")), threading.active_count(), sys.flags.dont_write_bytecode]
            settings()
            gc.collect(); gc.disable()
            first = sorted(sys.modules), settings()
            before = collections.Counter(map(type, gc.get_objects()))
            before = collections.Counter(map(type, gc.get_objects()))
            snapshot_dumper.dump("snap.json")
            after = collections.Counter(map(type, gc.get_objects()))
            second = sorted(sys.modules), settings()
            print(json.dumps([first == second, [str(first[1]), str(second[1])],
                              str(after - before), str(before - after)]))
        """)
        same, settings, more, fewer = answer
        self.assertTrue(same, settings)
        self.assertEqual((more, fewer), ("Counter()", "Counter()"))

    def test_nothing_is_compressed_here(self):
        """The program would wait for it: refused before anything is done, with what to do instead."""
        answer = self.program("""
            import json, os, signal
            messages, previous = [], signal.getsignal(signal.SIGUSR1)
            for way in snapshot_dumper.dump, lambda path: snapshot_dumper.install("SIGUSR1", path):
                try: way("snap.json.gz")
                except ValueError as error: messages.append(str(error))
            print(json.dumps([messages, signal.getsignal(signal.SIGUSR1) is previous, "zlib" in vars(snapshot_dumper)]))
        """)
        message = "a dump from within is not compressed: write snap.json, run gzip or zstd on it: heapgraph reads all"
        self.assertEqual(answer, [[message] * 2, True, False])
        done = self.python(DUMPER, "-o", "snap.json.zst", "-c", "print('ran')", check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(message, done.stderr)
        self.assertEqual(self.left_over(), [])
        done = self.python(DUMPER, "-o", "snap.json.gz", "-c", "print('ran')", check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(message, done.stderr)

    def test_a_name_of_a_builtin_type_makes_no_code_run(self):
        """Classes of the program that call themselves as the types do which the dumper knows."""
        snapshot, found = self.dumped(
            """
            import os
            def fail(self, *arguments): os._exit(9)
            names = ("__iter__ __len__ items keys values base dtype flags flat nbytes size num _b_needsfree_ "
                     "__get__ __sizeof__ gi_frame gi_code cell_contents obj args").split()
            for module, name in (("builtins", "list"), ("builtins", "dict"), ("builtins", "generator"),
                                 ("builtins", "cell"), ("numpy", "ndarray"), ("mmap", "mmap"),
                                 ("_ctypes", "_CData"), ("collections", "deque")):
                body = {n: fail if n[0] == "_" else property(fail) for n in names}
                ids[name] = type(name, (), dict(body, __module__=module, __qualname__=name))()
        """,
            """
snapshot_dumper.dump('snap.json', text='all')
print(json.dumps({n: id(o) for n, o in ids.items()}), flush=True)
os._exit(0)""",
        )
        self.assertEqual(snapshot.document["end"]["errors"], [])
        slots = {name for o in found.values() for name, _ in o.slots()}
        self.assertEqual(slots - {".__dict__"}, {".__class__"})

    def test_no_dictionary_is_made_in_the_process(self):
        answer = self.program("""
            import gc, json
            class C:
                def __init__(self): self.a = 1; self.b = [2]; self.c = "three"
            def function(): pass
            objects = [C() for _ in range(1000)]
            gc.collect()
            size = lambda: [[type(r).__name__ for r in gc.get_referents(o)] for o in objects + [function]]
            before = size()
            snapshot_dumper.dump("snap.json")
            print(json.dumps([before == size(), before[0]]))
        """)
        self.assertTrue(answer[0], answer)
        snapshot = Snapshot(self.snap)
        o = snapshot.by_type["__main__.C"][500]
        if PYTHON >= (3, 11):
            self.assertEqual([name for name, _ in o.slots()], [".a", ".b", ".c", ".__class__"])

    def test_hostile_heap(self):
        snapshot, found = self.dumped(
            """
            import os, weakref, types, gc
            class Meta(type):
                def __hash__(self): raise SystemExit
                def __eq__(self, other): os._exit(9)
                def __getattribute__(self, name): os._exit(10)
                def __instancecheck__(self, other): os._exit(11)
                def mro(cls): return type.mro(cls)
            class Evil(metaclass=Meta):
                __class__ = property(lambda self: os._exit(12))
                def __getattribute__(self, name): os._exit(13)
                def __sizeof__(self): os._exit(14)
                __len__ = __hash__ = __repr__ = __reduce__ = __reduce_ex__ = __bool__ = __sizeof__
                def __eq__(self, other): os._exit(15)
            ids["evil"] = object.__new__(Evil)
            class Liar:
                __class__ = dict
            ids["liar"] = Liar()
            class Target: pass
            target = Target(); dead = weakref.proxy(target); alive = weakref.proxy(Target)
            del target
            class Lazy(types.ModuleType):
                def __getattr__(self, name): os._exit(16)
            sys.modules["lazy"] = Lazy("lazy"); sys.modules["odd"] = 5; sys.modules["none"] = None
            huge = {1 << 10_000_000: "x" * 10_000_000, "\\ud800lone": float("nan")}
            recursive = []; recursive.append(recursive); ring = {}; ring["self"] = ring
            odd_name = type("na\\nme\\"", (), {"__module__": 5})
            ids["odd"] = odd_name()
            class NoModule: pass
            del NoModule.__module__ if False else NoModule.__doc__
            deleted = NoModule(); NoModule.__qualname__ = "x" * 5000
            class Weird(dict):
                __slots__ = ()
                def __iter__(self): os._exit(17)
                items = keys = values = __len__ = __iter__
            weird = Weird(); dict.__setitem__(weird, "k", weird)
            sys.argv.append(ids["evil"])
            class Bad:
                def __del__(self): os._exit(18)
            bad = Bad()
            closed = open(os.devnull); closed.close()
            def generator():
                try: yield
                finally: pass
            finished = generator(); list(finished)
            function = lambda: 0
            function.__module__ = ids["evil"]; function.__doc__ = bad
            builtins_dict = eval("lambda: 1", {"__builtins__": {}})
        """.replace("del NoModule.__module__ if False else NoModule.__doc__", "pass"),
            """
sys.argv.pop(0) if False else None
snapshot_dumper.dump("snap.json", text="all")
print(json.dumps({name: id(o) for name, o in ids.items()}))
sys.stdout.flush()
os._exit(0)""",
        )
        self.assertEqual(snapshot.document["end"]["errors"], [])
        self.assertEqual(found["evil"].type, "__main__.Evil")
        self.assertEqual(found["liar"].type, "__main__.Liar")
        self.assertIn("lazy", [r["name"] for r in snapshot.roots])
        self.assertEqual(snapshot.dangling(), [])

    def test_lists_and_tuples_with_empty_slots(self):
        """C code keeps them: while it builds a tuple of what a generator yields, or for good; to iterate one crashes."""
        snapshot, found = self.dumped(
            """
            import gc, io, xml.etree.ElementTree as ET
            class Item: pass
            class Holder: pass
            items = ids["first"], ids["second"], ids["large"] = Item(), Item(), Item()
            stream = ET.iterparse(io.BytesIO(b"<a><b/></a>"), events=("start",))
            ids["root"] = next(stream)[1]     # its parser has a list of open elements, mostly of empty slots
            def large():
                for i in range(250_000): yield items[2]
                yield from dump()
            def small():
                yield items[0]
                yield items[1]
                tuple(large())
            def dump():
                snapshot_dumper.dump("snap.json")
                yield
            ids["whole"] = [(items[0], items[1]), [items[1]]]
            gc.collect(); gc.disable()
            try: tuple(small())
            except SystemError: pass          # nobody may refer to a tuple that has to grow
        """,
            "",
        )
        self.assertEqual(snapshot.document["end"]["errors"], [])
        self.assertEqual(snapshot.dangling(), [])
        first, second, large = (found[name].address for name in ("first", "second", "large"))
        building = [o for o in snapshot.by_type["builtins.tuple"] if o.slots() == [(None, first), (None, second)]]
        self.assertEqual(len(building), 1)
        self.assertEqual(building[0].refcount, 1)
        (whole,) = [
            o for o in snapshot.by_type["builtins.tuple"] if o.referents == [first, second] and o not in building
        ]
        self.assertEqual([name for name, _ in whole.slots()], ["[0]", "[1]"])
        self.assertIn(
            250_000,
            [o.referents.count(large) for o in snapshot.by_type["builtins.tuple"] if o.slots()[:1] == [(None, large)]],
        )
        stacks = [o for o, name in snapshot.referrers(found["root"].address) if o.type == "builtins.list"]
        self.assertTrue(stacks)
        unnamed = {row["type"]: row["count"] for row in snapshot.document["end"]["unnamed"]}
        self.assertGreaterEqual(unnamed["builtins.tuple"], 250_002)

    def test_a_tuple_grows_while_another_thread_dumps(self):
        answer = self.program("""
            import json, threading
            errors, rounds, over = [], [], False
            def build():
                while not over:
                    rounds.append(len(tuple([i] for i in range(200))))
            def work():
                try: build()
                except BaseException as error: errors.append(repr(error))
            thread = threading.Thread(target=work)
            thread.start()
            for _ in range(3): snapshot_dumper.dump("snap.json")
            over = True
            thread.join()
            print(json.dumps([errors, set(rounds) <= {200}]))
        """)
        errors, whole = answer
        self.assertTrue(whole)
        # In process the collector's list refers to the tuple while other threads run; Python refuses to let it
        # grow then, as it does after any call of gc.get_objects().
        self.assertEqual([e for e in errors if "tupleobject.c" not in e], [])
        self.assertEqual(Snapshot(self.snap).document["end"]["errors"], [])

    def test_dumps_while_containers_with_empty_slots_come_and_go(self):
        answer = self.program(
            """
            import json, threading, xml.etree.ElementTree as ET
            parser, over, errors, built = ET.XMLParser(), False, [], 0
            parser.feed("<a><b>text</b>")
            def work():
                global built
                while not over:
                    try: tuple([i] for i in range(50)); built += 1
                    except SystemError as error: errors.append(str(error))
            thread = threading.Thread(target=work)
            thread.start()
            counts = [snapshot_dumper.dump("snap.json", text="none")["errors"] for _ in range(%d)]
            over = True
            thread.join()
            print(json.dumps([set(counts) == {0}, built > 0, [e for e in errors if "tupleobject.c" not in e]]))
        """
            % (50 if LEVEL == "all" else 10)
        )
        self.assertEqual(answer, [True, True, []])
        Snapshot(self.snap)

    def test_what_was_typed_at_a_prompt_stays(self):
        answer = self.program("""
            import io, json, pdb
            def work():
                x, rows = 1, {"a": 1}
                lines = "x = 5; new = 7\\nsnapshot_dumper.dump('snap.json')\\nseen.append([x, new])\\nc\\n"
                debugger = pdb.Pdb(stdin=io.StringIO(lines), stdout=io.StringIO(), readrc=False)
                debugger.use_rawinput = False
                debugger.set_trace()
                seen.append(x)
            seen = []
            work()
            print(json.dumps(seen))
        """)
        self.assertEqual(answer, [[5, 7], 5])
        Snapshot(self.snap)

    def test_errors_leave_no_file(self):
        answer = self.program("""
            import json, os
            os.mkdir("folder"); messages = []
            for path in ("folder", "nowhere/snap.json", "/proc/snap.json"):
                try: snapshot_dumper.dump(path)
                except OSError as error: messages.append(type(error).__name__)
            import resource, signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            try: snapshot_dumper.dump("full.json")
            except OSError as error: messages.append("full %d" % error.errno)
            for wrong in ({"text": "some"}, {"method": "magic"}, {"method": "fork"}):
                try: snapshot_dumper.dump("snap.json", **wrong)
                except ValueError as error: messages.append("ValueError: %s" % error)
            print(json.dumps(messages))
        """)
        self.assertEqual(answer[0], "IsADirectoryError")
        self.assertEqual(answer[1:3].count("FileNotFoundError") + answer[1:3].count("PermissionError"), 2)
        self.assertEqual(answer[3], "full 27")
        self.assertEqual([message.partition(":")[0] for message in answer[4:]], ["ValueError"] * 3)
        for message in answer[5:]:
            self.assertIn("no longer forked", message)
            self.assertIn("heapgraph dump --pid", message)
        self.assertEqual(self.left_over(), ["folder"])

    @in_full
    def test_a_fault_in_any_function_is_told(self):
        """Each function of the dumper fails, one after the other: an error that is counted, or one that is raised."""
        answer = self.program("""
            import gc, json, os, types
            def tracer(frame, event, argument): return None
            sys.settrace(tracer)
            outcomes = {}
            functions = {n: f for n, f in vars(snapshot_dumper).items() if type(f) is types.FunctionType}
            for name, function in functions.items():
                if name in ("dump", "give_up"): continue      # what is called, and what tidies up
                def fault(*arguments, **options): raise LookupError("a fault")
                setattr(snapshot_dumper, name, fault)
                try: outcomes[name] = snapshot_dumper.dump("snap.json")["errors"]
                except LookupError as error: outcomes[name] = "raised"
                setattr(snapshot_dumper, name, function)
                assert gc.isenabled(), name
                assert sys.gettrace() is tracer, name
                assert set(os.listdir(".")) <= {"program.py", "snap.json"}, (name, os.listdir("."))
            sys.settrace(None)
            assert snapshot_dumper.dump("snap.json")["errors"] == 0
            print(json.dumps(outcomes))
        """)
        for name in ("write_containers", "write_instances", "note_names", "name_references", "sizes_of"):
            self.assertNotIn(answer[name], (0, "raised"), name)
        # Where `threading` is loaded a plan is also needed for threads, outside of what is written one by one.
        self.assertTrue(answer["make_plan"])
        for name in ("find_own", "walk", "finish", "write_text", "capture_stacks", "to_json", "flush_chunk"):
            self.assertEqual(answer[name], "raised", name)

    def test_two_hundred_threads(self):
        self.program("""
            import threading
            stop = threading.Event()
            def work(n):
                local = [n]
                stop.wait()
            threads = [threading.Thread(target=work, args=(n,), name="worker-%d" % n) for n in range(200)]
            for t in threads: t.start()
            snapshot_dumper.dump("snap.json")
            stop.set()
        """)
        snapshot = Snapshot(self.snap)
        self.assertEqual(len(snapshot.threads), 201)
        workers = [t for t in snapshot.threads if t["name"] and t["name"].startswith("worker-")]
        self.assertEqual(len(workers), 200)
        for thread in workers:
            frame = [f for f in thread["frames"] if f["function"] == "__main__.work"][0]
            self.assertEqual([name for name, _ in frame["locals"]], ["n", "local"])

    def test_a_busy_process(self):
        """Threads that create and drop objects all the time: the snapshot still is consistent."""
        self.program("""
            import threading, time
            stop = False
            def churn():
                store = {}
                i = 0
                while not stop:
                    i += 1
                    store[i % 5000] = [i, {"k": (i,)}, "text %d" % i]
                    if i % 7 == 0: store.pop(i % 999, None)
            threads = [threading.Thread(target=churn) for _ in range(3)]
            for t in threads: t.start()
            time.sleep(0.2)
            summary = snapshot_dumper.dump("snap.json")
            stop = True
        """)
        Snapshot(self.snap)  # checks lengths, sums and duplicates

    def test_tracing_is_not_disturbed(self):
        self.program("""
            events = []
            def tracer(frame, event, argument):
                if "snapshot_dumper" in frame.f_code.co_filename: events.append(frame.f_code.co_name)
                return None
            sys.settrace(tracer)
            snapshot_dumper.dump("snap.json")
            assert sys.gettrace() is tracer
            sys.settrace(None)
            assert "write_snapshot" not in events, events
        """)


if __name__ == "__main__":
    unittest.main()
