"""Every slot is named: what each kind of object calls its references."""

import unittest

from support import PYTHON, DumperTest

# Where an instance of a subclass of list or dict keeps an attribute.
INLINE = {".extra": "=7.5"} if PYTHON >= (3, 14) else {".__dict__": "dict"}
CONTEXT = "_contextvars." if PYTHON >= (3, 10) else ""
# Types of whose references some are named by the reader, which knows the types of both ends.
DERIVED = (
    {
        "builtins." + name
        for name in (
            "frame",
            "function",
            "property",
            "mappingproxy",
            "dict_keys",
            "map",
            "zip",
            "enumerate",
            "list_iterator",
            "builtin_function_or_method",
        )
    }
    | {(CONTEXT or "builtins.") + name for name in ("ContextVar", "Context", "Token")}
    | {
        "functools._lru_cache_wrapper",
        "itertools.islice",
        "itertools.cycle",
        "operator.attrgetter",
        "operator.itemgetter",
        "re.Pattern",
        "re.Match",
        "_asyncio.Task",
        "_asyncio.Future",
    }
)


class Slots(DumperTest):
    def check(self, source, expected):
        """`expected`: {name: {slot: type of the referent, or its text in quotes}}; every slot must be there."""
        snapshot, found = self.dumped(source, "snapshot_dumper.dump('snap.json', text='all')")
        for name, slots in expected.items():
            o = found[name]
            rows = {slot: snapshot[r] for slot, r in o.slots() if r in snapshot.objects}
            for slot, kind in slots.items():
                self.assertIn(slot, rows, "%s (%s) has %s" % (name, o.type, list(rows)))
                referent = rows[slot]
                actual = referent.text if kind[0] == "=" else referent.type.replace("builtins.", "")
                self.assertEqual(actual, kind.lstrip("="), "%s%s" % (name, slot))
            unnamed = [snapshot[r].type for slot, r in o.slots() if slot is None and o.type not in DERIVED]
            self.assertEqual(unnamed, [], "%s (%s) has references without a name" % (name, o.type))
        return snapshot, found

    def test_containers(self):
        self.check(
            """
            import collections
            ids["list"] = [1, "two"]
            ids["tuple"] = (1000, [])
            ids["dict"] = {"a": 1.5, 7: "seven", (1, 2): []}
            ids["set"] = {"m"}
            ids["frozenset"] = frozenset([5])
            ids["deque"] = collections.deque(["d0", "d1"])
            ids["defaultdict"] = collections.defaultdict(list, k="v")
            ids["ordered"] = collections.OrderedDict(k="v")
            ids["ordered"].extra = 5.5
            ids["counter"] = collections.Counter("aab")
            ids["chain"] = collections.ChainMap({"a": 1})
        """,
            {
                "list": {"[0]": "=1", "[1]": "=two"},
                "tuple": {"[0]": "=1000", "[1]": "list"},
                "dict": {"['a']": "=1.5", "['7']": "=seven"},
                "set": {"member": "=m"},
                "frozenset": {"member": "=5"},
                "deque": {"[0]": "=d0", "[1]": "=d1"},
                "defaultdict": {".default_factory": "type", "['k']": "=v"},
                "ordered": {"['k']": "=v", ".__dict__": "dict"},
                "counter": {"['a']": "=2"},
            },
        )

    def test_subclasses_of_containers(self):
        self.check(
            """
            import collections
            class L(list):
                def note(self): self.extra = 7.5
            class T(tuple): pass
            class D(dict):
                def note(self): self.extra = 7.5
            class S(set): __slots__ = ("tag",)
            class Evil(dict):
                def note(self): self.extra = 7.5
                def items(self): raise SystemExit
                keys = values = __iter__ = __len__ = __getitem__ = items
            Point = collections.namedtuple("Point", "x y")
            for name, o in {"l": L(["zero"]), "t": T(["zero"]), "d": D(k="v"), "evil": Evil()}.items():
                o.extra = 7.5
                ids[name] = o
            dict.__setitem__(ids["evil"], "key", "value")
            dict.__setitem__(ids["evil"], 5, "five")
            ids["s"] = S(["m"]); ids["s"].tag = "T"
            ids["p"] = Point("X", "Y")
            ids["nested"] = D(k={}); ids["plain"] = D(a={1: 2})
        """,
            {
                "l": {**INLINE, "[0]": "=zero"},
                "t": {".__dict__": "dict", "[0]": "=zero"},
                "d": {**INLINE, "['k']": "=v"},
                "evil": {**INLINE, "['key']": "=value", "['5']": "=five"},
                "s": {".tag": "=T", "member": "=m"},
                "p": {"[0]": "=X", "[1]": "=Y", ".__class__": "type"},
                "nested": {"['k']": "dict", ".__class__": "type"},
                "plain": {"['a']": "dict"},
            },
        )

    def test_structures_with_fields_that_have_no_index(self):
        snapshot, found = self.check(
            """
            import os, time
            ids["time"] = time.localtime()
            ids["stat"] = os.stat("/")
        """,
            {
                "time": {"[0]": "int", "[8]": "int", ".tm_zone": "str", ".tm_gmtoff": "int"},
                "stat": {"[0]": "int", "[9]": "int", ".st_atime": "float", ".st_atime_ns": "int"},
            },
        )
        self.assertEqual(
            sorted(name for name, _ in found["time"].slots() if name != ".__class__"),
            [".tm_gmtoff", ".tm_zone"] + ["[%d]" % i for i in range(9)],
        )

    def test_instances(self):
        snapshot, found = self.check(
            """
            import dataclasses
            class A:
                def __init__(self):
                    self.x, self.d, self.n = "X", {"k": 1}, None
            class OnlyDict:
                def __init__(self): self.d = {"k": 1}
            class Empty: pass
            class Slotted:
                __slots__ = ("b", "a", "unset", "__private")
                def __init__(self): self.a, self.b, self.__private = "A", "B", "P"
            class Both(Slotted):
                def __init__(self): super().__init__(); self.attr = "attribute"
            @dataclasses.dataclass
            class Data:
                one: int
                two: str = "two"
            class Guarded:
                def __init__(self): object.__setattr__(self, "value", "V")
                def __getattribute__(self, name): raise SystemExit
            class Hooked:
                def __init__(self): self.value = "V"
                def __getattr__(self, name): raise SystemExit
            class Property:
                def __init__(self): self._value = "V"
                @property
                def value(self): raise SystemExit
            ids.update(a=A(), only=OnlyDict(), empty=Empty(), slotted=Slotted(), both=Both(), data=Data(5000),
                       guarded=Guarded(), hooked=Hooked(), prop=Property())
            ids["materialised"] = A(); ids["materialised"].__dict__
            ids["updated"] = Empty(); ids["updated"].__dict__.update(token="T", other={})
            ids["some"] = A(); del ids["some"].d
        """,
            {
                "slotted": {".a": "=A", ".b": "=B", "._Slotted__private": "=P", ".__class__": "type"},
                "both": {".a": "=A", ".b": "=B"},
                "materialised": {".__dict__": "dict"},
                "updated": {".__dict__": "dict"},
            },
        )

        def attributes(name):
            rows = {slot: snapshot[r] for slot, r in found[name].slots()}
            if ".__dict__" in rows:
                rows = {"." + slot[2:-2]: snapshot[r] for slot, r in rows[".__dict__"].slots() if slot[0] == "["}
            return {slot: o.text if o.text is not None else o.type for slot, o in rows.items() if slot != ".__class__"}

        self.assertEqual(attributes("a"), {".x": "X", ".d": "builtins.dict", ".n": "None"})
        self.assertEqual(attributes("materialised"), attributes("a"))
        self.assertEqual(attributes("some"), {".x": "X", ".n": "None"})
        self.assertEqual(attributes("only"), {".d": "builtins.dict"})
        self.assertEqual(attributes("empty"), {})
        self.assertEqual(attributes("data"), {".one": "5000", ".two": "two"})
        self.assertEqual(attributes("updated"), {".token": "T", ".other": "builtins.dict"})
        for name in ("guarded", "hooked"):
            self.assertEqual(attributes(name), {".value": "V"}, name)
        self.assertEqual(attributes("prop"), {"._value": "V"})

    def test_an_attribute_with_the_value_of_one_of_the_class(self):
        snapshot, found = self.check(
            """
            class Base:
                def __init__(self): self.a = self.b = None
            class Derived(Base):
                shared = other = [1]
                def set(self): self.kept = self.shared
            ids["o"] = Derived(); ids["o"].set()
        """,
            {},
        )
        slots = dict(found["o"].slots())
        if PYTHON >= (3, 11):
            self.assertEqual(set(slots), {".a", ".b", ".kept", ".__class__"})  # not `.__doc__`, not `.shared`

    def test_attributes_that_a_script_sets(self):
        """What a module that runs mentions has a name, though no function does."""
        snapshot, found = self.dumped("""
            class Basket: pass
            basket = Basket()
            basket.apples, basket.pears = [1], [2]
            ids = {"basket": basket, "apples": basket.apples, "pears": basket.pears}
        """)
        slots = dict(found["basket"].slots())
        attributes = {name: address for name, address in slots.items() if name in (".apples", ".pears")}
        if ".__dict__" not in slots:
            expected = {".apples": found["apples"].address, ".pears": found["pears"].address}
            self.assertEqual(attributes, expected)

    def test_dictionaries_that_share_their_values_with_an_instance(self):
        """From 3.13.0 to 3.13.2 neither of the two reports that; where there is none, none is made."""
        snapshot, found = self.dumped("""
            import gc
            shared = []
            class C:
                def __init__(self): self.a, self.b = None, shared
            for name in "xyz": ids[name] = C()
            for name in "xy": ids[name + "_dict"] = ids[name].__dict__
            class Alone(C): pass
            ids["alone"] = Alone(); ids["alone"].c = "c"; ids["alone_dict"] = ids["alone"].__dict__
            class Atoms:
                __slots__ = ("s", "__dict__")
                def __init__(self): self.a, self.b, self.s = 1, "two", 1
            class Child(Atoms): pass
            for kind in Atoms, Child:
                ids[kind.__name__] = o = kind()
                ids[kind.__name__ + "_dict"] = o.__dict__
            ids["held"] = o = C(); o.own = ids["held_dict"] = o.__dict__
            ids["replaced"] = o = C(); o.__dict__ = ids["replaced_dict"] = {"k": None}
            class Sole:
                def __init__(self): self.only = ids["sole_value"] = {"k": None}
            ids["sole"] = Sole()
            before = [len(gc.get_referents(ids["z"])), len(gc.get_referents(ids["sole"]))]
            import atexit
            atexit.register(lambda: print([len(gc.get_referents(ids[name])) for name in ("z", "sole")] == before, file=sys.stderr))
        """)
        self.assertIn("True", self.stderr)
        for name in ("x", "y", "alone", "Atoms", "Child", "held", "replaced"):
            slots = dict(found[name].slots())
            self.assertEqual(slots[".__dict__"], found[name + "_dict"].address, name)
            self.assertEqual(
                set(slots), {".__dict__", ".__class__"} | ({".s"} if name in ("Atoms", "Child") else set()), name
            )
        self.assertIn("['own']", dict(found["held_dict"].slots()))
        self.assertEqual(
            set(dict(found["z"].slots())),
            {".a", ".b", ".__class__"} if PYTHON >= (3, 11) else {".__dict__", ".__class__"},
        )
        if PYTHON >= (3, 11):
            self.assertEqual(dict(found["sole"].slots())[".only"], found["sole_value"].address)

    def test_what_is_not_reported(self):
        """Objects that take no part in collection hold others all the same."""
        snapshot, found = self.check(
            """
            import datetime, re
            ids["zone"] = zone = datetime.timezone(datetime.timedelta(hours=3), "name of %s" % "it")
            ids["offset"] = datetime.timezone(datetime.timedelta(hours=4))
            ids["datetime"] = datetime.datetime(2020, 1, 1, tzinfo=zone)
            ids["time"] = datetime.time(1, tzinfo=zone)
            ids["naive"] = datetime.datetime(2020, 1, 1)
        """,
            {
                "zone": {".__getinitargs__()[0]": "datetime.timedelta", ".__getinitargs__()[1]": "=name of it"},
                "offset": {".__getinitargs__()[0]": "datetime.timedelta"},
                "naive": {},
                "datetime": {".tzinfo": "datetime.timezone"},
                "time": {".tzinfo": "datetime.timezone"},
            },
        )
        self.assertEqual([n for o, n in snapshot.unexplained() if o.address == found["zone"].address], [])

    def test_functions(self):
        self.check(
            """
            import functools
            def outer(captured):
                def f(a: int, b="default", *, c="kw"):
                    "documentation"
                    return captured
                return f
            ids["f"] = outer(["captured"])
            ids["cell"] = ids["f"].__closure__[0]
            ids["empty"] = (lambda: later).__closure__ and None
            ids["wrapped"] = functools.wraps(ids["f"])(lambda: 0)
            ids["code"] = ids["f"].__code__
            ids["partial"] = functools.partial(print, "arg", sep="-")
            ids["bound"] = [].append
            class C:
                def m(self): pass
                s = staticmethod(m); c = classmethod(m); p = property(m, doc="text")
            ids["method"] = C().m
            ids["static"] = C.__dict__["s"]; ids["class"] = C.__dict__["c"]; ids["prop"] = C.__dict__["p"]
            ids["descriptor"] = str.__dict__["join"]
        """,
            {
                "f": {
                    ".__code__": "code",
                    ".__globals__": "dict",
                    ".__defaults__": "tuple",
                    ".__kwdefaults__": "dict",
                    ".__closure__": "tuple",
                    ".__doc__": "=documentation",
                    ".__name__": "=f",
                    ".__qualname__": "=outer.<locals>.f",
                    ".__module__": "=__main__",
                    None: "function" if PYTHON >= (3, 14) else "dict",
                },
                "cell": {".cell_contents": "list"},
                "wrapped": {".__dict__": "dict"},
                "code": {".co_consts": "tuple", ".co_names": "tuple", ".co_filename": "str", ".co_name": "=f"},
                "partial": {".func": "builtin_function_or_method", ".args": "tuple", ".keywords": "dict"},
                "bound": {".__self__": "list"},
                "method": {".__self__": "__main__.C", ".__func__": "function"},
                "static": {".__func__": "function"},
                "class": {".__func__": "function"},
                "prop": {".fget": "function", ".__doc__": "=text"},
                "descriptor": {".__objclass__": "type", ".__name__": "=join"},
            },
        )

    def test_suspended_functions(self):
        """The locals have names when all are bound and nothing is on the value stack: never a wrong one."""
        snapshot, found = self.dumped(
            """
            import types
            def gen(argument):
                local, captured = "LOCAL", "C"
                yield lambda: captured
            def loop(argument):
                local, captured = "LOCAL", "C"
                for i in iter([1, 2]):                # the iterator is on the value stack, where `never` would be
                    yield lambda: captured
                never = 1
            @types.coroutine
            def wait(): yield
            async def coro(argument):
                local, captured = "LOCAL", "C"
                (lambda: captured)
                await wait()
            async def agen(argument):
                local, captured = "LOCAL", "C"
                (lambda: captured)
                yield 1
            ids["gen"], ids["loop"], ids["coro"], ids["agen"] = gen([1]), loop([1]), coro([1]), agen([1])
            next(ids["gen"]); next(ids["loop"]); ids["coro"].send(None)
            try: ids["agen"].__anext__().send(None)
            except StopIteration: pass
            kept = dict(ids)
            if %r:
                ids.update(gen=ids["gen"].gi_frame, loop=ids["loop"].gi_frame, coro=ids["coro"].cr_frame,
                           agen=ids["agen"].ag_frame)
        """
            % (PYTHON < (3, 11)),
            "snapshot_dumper.dump('snap.json', text='all')",
        )  # there the frame is an object
        for name, prefix in ("gen", "gi"), ("loop", "gi"), ("coro", "cr"), ("agen", "ag"):
            prefix = "" if PYTHON < (3, 11) else ".%s_frame" % prefix
            rows = {slot: snapshot[r] for slot, r in found[name].slots()}
            named = {slot: o for slot, o in rows.items() if "f_locals" in (slot or "") or "cell" in (slot or "")}
            with self.subTest(name):
                if name == "loop" or name == "coro" and PYTHON < (3, 11):
                    self.assertEqual(named, {}, found[name].slots())
                    continue
                self.assertEqual(
                    set(named), {prefix + ".f_locals['argument']", prefix + ".f_locals['local']", "cell captured"}
                )
                self.assertEqual(named[prefix + ".f_locals['local']"].text, "LOCAL")
                self.assertEqual(named[prefix + ".f_locals['argument']"].type, "builtins.list")
                self.assertEqual(named["cell captured"].type, "builtins.cell")
                if name == "coro":
                    self.assertEqual(rows[".cr_await"].type, "builtins.generator")

    def test_exceptions_tracebacks_frames(self):
        snapshot, found = self.check(
            """
            def fail():
                local = ["in the frame"]
                raise OSError(5, "message", "file")
            try: fail()
            except OSError as error: ids["error"] = error
            ids["error"].extra = 1.5
            ids["error"].__cause__ = ids["cause"] = ValueError("cause")
            ids["traceback"] = ids["error"].__traceback__
            ids["inner"] = ids["traceback"].tb_next
            ids["frame"] = ids["inner"].tb_frame
        """,
            {
                "error": {
                    ".args": "tuple",
                    ".__traceback__": "traceback",
                    ".__cause__": "ValueError",
                    ".filename": "=file",
                    ".__dict__": "dict",
                },
                "traceback": {".tb_next": "traceback", ".tb_frame": "frame"},
                "frame": {".f_locals['local']": "list", ".f_code": "code"},
            },
        )

    def test_types_modules_weakrefs(self):
        snapshot, found = self.check(
            """
            import weakref, types
            class Base:
                "doc"
            class Derived(Base): pass
            ids["Base"], ids["Derived"], ids["module"], ids["int"] = Base, Derived, types, int
            ids["weak"] = weakref.ref(Base, print); ids["dead"] = weakref.ref(type("X", (), {}))
            import gc; gc.collect()
            ids["valued"] = weakref.WeakValueDictionary(k=Base)
            ids["namespace"] = types.SimpleNamespace(a=1)
            ids["proxy"] = types.MappingProxyType({"a": 1})
            ids["view"] = memoryview(b"abc")
        """,
            {
                "Base": {
                    ".__dict__": "dict",
                    ".__mro__": "tuple",
                    ".__bases__": "tuple",
                    ".__base__": "type",
                    ".__name__": "=Base",
                    "subclasses": "dict",
                },
                "Derived": {".__base__": "type"},
                "module": {".__dict__": "dict"},
                "int": {".__dict__": "dict", ".__mro__": "tuple"},
                "weak": {"~()": "type", ".__callback__": "builtin_function_or_method"},
                "dead": {},
                "namespace": {".__dict__": "dict"},
                "proxy": {None: "dict"},
            },
        )
        self.assertNotIn("~()", dict(found["dead"].slots()))

    def test_library_objects(self):
        self.check(
            """
            import functools, contextvars, itertools, asyncio, operator, re
            @functools.lru_cache(maxsize=5)
            def cached(a): return [a]
            cached("argument")
            ids["lru"] = cached
            ids["var"] = contextvars.ContextVar("variable", default=[1])
            ids["context"] = contextvars.copy_context()
            ids["token"] = ids["var"].set("value")
            ids["islice"] = itertools.islice([1], 1); ids["cycle"] = itertools.cycle([1])
            ids["map"] = map(len, [1]); ids["iterator"] = iter([1]); ids["keys"] = {}.keys()
            ids["enumerate"] = enumerate([1]); ids["zip"] = zip([1])
            ids["getter"] = operator.attrgetter("name", "other.part"); ids["item"] = operator.itemgetter(1)
            ids["slice"] = slice(1000, 2000); ids["super"] = super(bool, True)
            ids["pattern"] = re.compile("(?P<group>a)"); ids["match"] = ids["pattern"].match("a")
            loop = asyncio.new_event_loop()
            async def work(): await asyncio.sleep(100)
            async def main():
                ids["task"] = asyncio.ensure_future(work())
                await asyncio.sleep(0)
                ids["future"] = loop.create_future()
                ids["future"].add_done_callback(print)
            loop.run_until_complete(main())
            class L: pass
        """,
            {
                "lru": {".__dict__": "dict"},
                "var": {".name": "=variable"},
                "token": {".var": CONTEXT + "ContextVar"},
                "islice": {},
                "cycle": {},
                "map": {},
                "iterator": {None: "list"},
                "keys": {None: "dict"},
                "enumerate": {},
                "zip": {},
                "getter": {},
                "item": {},
                "slice": {".start": "=1000", ".stop": "=2000"},
                "super": {".__thisclass__": "type", ".__self__": "=True"},
                "pattern": {},
                "match": {},
                "task": {
                    "._coro": "coroutine",
                    "._loop": "asyncio.unix_events._UnixSelectorEventLoop",
                    "._fut_waiter": "_asyncio.Future",
                },
                "future": {"._loop": "asyncio.unix_events._UnixSelectorEventLoop"},
            },
        )


if __name__ == "__main__":
    unittest.main()
