"""objgraph's calls: what they answer, print and draw; that none of the program's code runs for it."""

import gc
import inspect
import io
import json
import re
import sys
import unittest

import heapgraph.objgraph as objgraph
from support import InFolder, is_png, python


class Leaf:
    pass


class Sub(Leaf):
    pass


def made(name, module):
    return type(name, (), {"__module__": module})


class Counting(unittest.TestCase):
    def test_a_dot_asks_for_the_module(self):
        kept = [made("Twin", "one")(), made("Twin", "two")(), Leaf(), Sub()]
        self.assertEqual(objgraph.count("Twin"), 2)
        self.assertEqual(objgraph.count("one.Twin"), 1)
        self.assertEqual(len(objgraph.by_type("Twin")), 2)
        self.assertEqual(objgraph.by_type("two.Twin"), [kept[1]])
        self.assertEqual(objgraph.count("Leaf", kept), 1)
        self.assertEqual(objgraph.count("list", [[], [], ()]), 2)

    def test_typestats(self):
        objects = [1, 2, "a", [], Leaf()]
        self.assertEqual(objgraph.typestats(objects), {"int": 2, "str": 1, "list": 1, "Leaf": 1})
        self.assertEqual(objgraph.typestats(objects, shortnames=False)[__name__ + ".Leaf"], 1)
        self.assertEqual(objgraph.typestats(objects, filter=lambda o: type(o) is int), {"int": 2})
        self.assertEqual(objgraph.typestats([]), {})
        nameless = made("Nameless", None)()
        self.assertEqual(objgraph.typestats([nameless], shortnames=False), {"Nameless": 1})

    def test_most_common_types(self):
        objects = [(), [], [], {}, {}, {}]
        self.assertEqual(objgraph.most_common_types(objects=objects), [("dict", 3), ("list", 2), ("tuple", 1)])
        self.assertEqual(objgraph.most_common_types(1, objects), [("dict", 3)])
        for everything in (None, 0):
            self.assertEqual(len(objgraph.most_common_types(everything, objects)), 3)
        # Ties as they were seen.
        self.assertEqual(
            [name for name, _ in objgraph.most_common_types(objects=["", 1, b""])], ["str", "int", "bytes"]
        )
        out = io.StringIO()
        objgraph.show_most_common_types(2, objects, file=out)
        self.assertEqual(out.getvalue(), "dict 3\nlist 2\n")
        with self.assertRaises(ValueError):
            objgraph.show_most_common_types(objects=[])

    def test_growth_is_above_the_peak(self):
        peaks, kept = {}, []
        objgraph.growth(limit=None, peak_stats=peaks)
        kept += [Leaf(), Leaf()]
        rows = {name: row for name, *row in objgraph.growth(None, peaks)}
        self.assertEqual(rows["Leaf"][1], 2)
        peak = peaks["Leaf"]
        kept.pop()
        self.assertNotIn("Leaf", [name for name, _, _ in objgraph.growth(None, peaks)])
        self.assertEqual(peaks["Leaf"], peak)
        kept.append(Leaf())
        self.assertNotIn("Leaf", [name for name, _, _ in objgraph.growth(None, peaks)])
        kept.append(Leaf())
        out = io.StringIO()
        objgraph.show_growth(peak_stats=peaks, file=out, filter=lambda o: type(o) is Leaf)
        self.assertEqual(out.getvalue(), "Leaf%9d %+9d\n" % (peak + 1, 1))
        out = io.StringIO()
        objgraph.show_growth(peak_stats=peaks, file=out, filter=lambda o: type(o) is Leaf)
        self.assertEqual(out.getvalue(), "")

    def test_growth_without_a_dictionary_remembers(self):
        said = python("""
            import heapgraph.objgraph as objgraph
            class Leaf: pass
            objgraph.show_growth(limit=1)
            kept = [Leaf() for _ in range(3)]
            objgraph.show_growth()
        """)
        self.assertRegex(said, r"(?m)^Leaf +3 +\+3$")

    def test_pictures_are_no_growth(self):
        # What pictures need is loaded with the module.
        said = python("""
            import heapgraph.objgraph as objgraph, io
            x = []
            objgraph.show_backrefs([x], output=io.StringIO())
            objgraph.show_growth(limit=1)
            objgraph.show_backrefs([x], output=io.StringIO())
            print("now")
            objgraph.show_growth(limit=100)
        """)
        rows = [line.split() for line in said.split("now\n")[1].splitlines()]
        self.assertLess(sum(int(row[2]) for row in rows), 40, said)

    def test_new_ids(self):
        objgraph.get_new_ids(limit=0, shortnames=True)
        leaf = Leaf()
        new = objgraph.get_new_ids(limit=0)
        self.assertEqual(new["Leaf"], {id(leaf)})
        self.assertEqual(objgraph.get_new_ids(limit=0, skip_update=True)["Leaf"], {id(leaf)})
        again = objgraph.get_new_ids(limit=0)
        self.assertIs(again, new)
        self.assertEqual(again["Leaf"], set())
        with self.assertRaisesRegex(ValueError, "sortby"):
            objgraph.get_new_ids(sortby="size")

    def test_the_table_of_new_ids(self):
        out, kept = io.StringIO(), []
        objgraph.get_new_ids(limit=0, shortnames=True)
        kept += [Leaf() for _ in range(500)]
        objgraph.get_new_ids(limit=1, file=out)
        lines = out.getvalue().splitlines()
        self.assertEqual(len(lines), 5)
        width = len("Leaf")
        self.assertEqual([lines[n] for n in (0, 2, 4)], ["=" * (width + 52)] * 3)
        self.assertEqual(lines[1], "Type" + "%13s" * 4 % ("Old_ids", "Current_ids", "New_ids", "Count_Deltas"))
        self.assertRegex(lines[3], r"^Leaf +\d+ +\d+ +\+500 +\+500$")
        self.assertEqual(len(lines[3]), width + 52)

    def test_objects_by_address(self):
        leaf = Leaf()
        self.assertIs(objgraph.at(id(leaf)), leaf)
        self.assertIsNone(objgraph.at(id("a text")))
        self.assertEqual(objgraph.at_addrs({id(leaf)}), [leaf])

    def test_leaking_objects(self):
        leaf, holder = Leaf(), Leaf()
        holder.leaf = leaf
        found = set(map(id, objgraph.get_leaking_objects([leaf, holder])))
        self.assertNotIn(id(leaf), found)
        found = set(map(id, objgraph.get_leaking_objects()))
        self.assertNotIn(id(leaf), found)
        self.assertGreater(len(found), 0)

    def test_nothing_is_held_afterwards(self):
        leaf = Leaf()
        before = sys.getrefcount(leaf)
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        objgraph.count("Leaf")
        objgraph.typestats()
        objgraph.growth(peak_stats={})
        objgraph.get_new_ids(limit=0)
        objgraph.at(0)
        objgraph.at_addrs(set())
        objgraph.get_leaking_objects()
        objgraph.find_backref_chain(leaf, lambda o: False, max_depth=2)
        objgraph.find_ref_chain(leaf, lambda o: False, max_depth=2)
        objgraph.show_backrefs([leaf], output=io.StringIO())
        objgraph.show_refs([leaf], output=io.StringIO())
        self.assertEqual(sys.getrefcount(leaf), before)


class Chains(unittest.TestCase):
    def test_forwards(self):
        leaf = Leaf()
        holder = {"a": [1, {"b": (leaf, [])}]}
        chain = objgraph.find_ref_chain(holder, lambda o: o is leaf)
        self.assertEqual([type(o) for o in chain], [dict, list, dict, tuple, Leaf])
        self.assertEqual(objgraph.find_ref_chain(holder, lambda o: False), [holder])
        self.assertEqual(objgraph.find_ref_chain(holder, lambda o: o is leaf, max_depth=3), [holder])
        ignored = objgraph.find_ref_chain(holder, lambda o: o is leaf, extra_ignore=[id(holder["a"])])
        self.assertEqual(ignored, [holder])

    def test_backwards_to_a_module(self):
        global HOLDER
        leaf = Leaf()
        HOLDER = {"a": [leaf]}
        chain = objgraph.find_backref_chain(leaf, objgraph.is_proper_module)
        self.assertIs(chain[-1], leaf)
        self.assertTrue(objgraph.is_proper_module(chain[0]))
        self.assertEqual([type(o).__name__ for o in chain], ["module", "dict", "dict", "list", "Leaf"])
        many = [[leaf] for _ in range(50)]  # so many that the other way of searching is taken
        found = objgraph.find_backref_chain(leaf, lambda o: o is many)
        self.assertEqual([type(o).__name__ for o in found], ["list", "list", "Leaf"])
        self.assertEqual(objgraph.find_backref_chain(leaf, lambda o: False, max_depth=1), [leaf])

    def test_no_chain_to_show(self):
        with self.assertRaisesRegex(ValueError, "chain"):
            objgraph.show_chain()
        with self.assertRaisesRegex(ValueError, "chain"):
            objgraph.show_chain([])

    def test_a_chain_is_drawn_alone(self):
        leaf = Leaf()
        one, other = [leaf], {"k": leaf}
        out = io.StringIO()
        objgraph.show_chain([one, leaf], output=out)
        self.assertIn("o%d -> o%d" % (id(one), id(leaf)), out.getvalue())
        self.assertNotIn("o%d" % id(other), out.getvalue())


def drawn(show, *arguments, **options):
    out = io.StringIO()
    show(*arguments, output=out, **options)
    return out.getvalue()


def nodes(text):
    return len(re.findall(r"(?m)^  o\d+\[label=", text))


class Pictures(InFolder):
    def test_names_of_slots(self):
        class Slotted:
            __slots__ = ("slot",)

        x = [1]
        holders = [[x], (0, x), {"key": x}, {(1, 2): x}, {x[0]: x}, Slotted(), Leaf()]
        holders[5].slot = x
        holders[6].attribute = x
        text = drawn(objgraph.show_backrefs, [x], max_depth=1)
        for holder, name in zip(holders, ["[0]", "[1]", "['key']", "[(1, 2)]", "[1]", ".slot"]):
            self.assertIn('o%d -> o%d [label="%s"' % (id(holder), id(x), name), text)
        self.assertRegex(text, r"""\[label="(\.attribute|\['attribute'\])",weight=\d+\]""")
        # The variable of this very function, which runs.
        self.assertRegex(text, r'-> o%d \[label="local x"' % id(x))

    def test_cells_and_generators(self):
        leaf = Leaf()

        def outer():
            held = leaf

            def inner():
                return held

            return inner

        def generate():
            mine = Leaf()
            yield mine

        generator = generate()
        mine = next(generator)
        self.assertIn('[label=".cell_contents"', drawn(objgraph.show_backrefs, [leaf], max_depth=1))
        self.assertIsNotNone(outer())
        self.assertIn("mine", drawn(objgraph.show_backrefs, [mine], max_depth=2))

    def test_limits(self):
        text = drawn(objgraph.show_refs, [list(range(1000, 1007))], too_many=5)
        self.assertEqual(nodes(text), 6)
        self.assertIn('label="2 more references"', text)
        x = []
        holders = [[x] for _ in range(20)]
        text = drawn(objgraph.show_backrefs, [x], too_many=5, max_depth=1)
        self.assertEqual(nodes(text), 6)
        self.assertRegex(text, r'label="1\d more backreferences"')
        self.assertEqual(len(holders), 20)
        deep = [[[[[]]]]]
        self.assertEqual(nodes(drawn(objgraph.show_refs, [deep], max_depth=2)), 3)
        self.assertEqual(nodes(drawn(objgraph.show_refs, [deep], max_depth=0)), 1)

    def test_what_the_caller_wants(self):
        leaf = Leaf()
        x = [leaf, {}, ()]
        text = drawn(objgraph.show_refs, [x], filter=lambda o: type(o) is not dict)
        self.assertNotIn("dict", text)
        text = drawn(objgraph.show_refs, [x], extra_ignore=[id(leaf)], max_depth=1)
        self.assertNotIn("Leaf", text)
        text = drawn(objgraph.show_refs, [x], extra_info=lambda o: "extra\nof %s" % type(o).__name__)
        self.assertIn("extra\\nof dict", text)
        text = drawn(objgraph.show_refs, [x], extra_node_attrs=lambda o: {"url": "x", "no": None} if o is x else None)
        self.assertEqual(text.count(', url="x"'), 1)
        self.assertNotIn("no=", text)
        self.assertIn("%s.Leaf" % __name__, drawn(objgraph.show_refs, [x], shortnames=False))
        self.assertIn("Leaf [2]", drawn(objgraph.show_refs, [x], refcounts=True, max_depth=1))
        marked = drawn(objgraph.show_refs, [x], highlight=lambda o: o is leaf)
        self.assertRegex(marked, r'o%d\[fillcolor="0\.667' % id(leaf))

    def test_callables_are_asked_about_the_excerpt_alone(self):
        x, asked = [Leaf()], []
        heap = [[] for _ in range(1000)]
        text = drawn(objgraph.show_refs, [x], max_depth=1, extra_info=lambda o: asked.append(o))
        self.assertEqual(len(asked), nodes(text))
        asked.clear()
        drawn(objgraph.show_backrefs, [x], max_depth=1, filter=lambda o: asked.append(id(o)) or True)
        self.assertLess(len(asked), 20)
        self.assertEqual(len(heap), 1000)

    def test_modules_and_finalizers(self):
        class Dying:
            def __del__(self):
                pass

        dying = Dying()
        text = drawn(objgraph.show_backrefs, [dying])
        self.assertIn('label="__del__"', text)
        text = drawn(objgraph.show_backrefs, [sys.modules[__name__].__dict__], max_depth=3)
        self.assertRegex(text, r'fillcolor="0\.333')
        # Backwards it stops at modules: nothing points to ours, although sys.modules does.
        self.assertNotIn("-> o%d " % id(sys.modules[__name__]), text)
        self.assertTrue(objgraph.is_proper_module(sys))
        self.assertFalse(objgraph.is_proper_module(type(sys)("sys")))

    def test_files(self):
        x = [1]
        for name in ("a.png", "a.svg", "a.mmd", "a.json", "a.dot"):
            said = self.printed(objgraph.show_refs, [x], filename=name)
            if name == "a.dot":
                self.assertEqual(said, "Graph written to a.dot (2 nodes)\n")
            else:
                self.assertRegex(said, r"^Graph written to \S+\.dot \(2 nodes\)\nImage generated as %s\n$" % name)
        self.assertTrue(is_png("a.png"))
        with open("a.svg", encoding="utf-8") as file:
            svg = file.read()
        self.assertIn("<svg", svg)
        self.assertIn("What list 0x%x refers to" % id(x), svg)
        with open("a.json") as file:
            self.assertEqual(json.load(file)["arrows"][0]["labels"], ["[0]"])
        with open("a.dot") as file:
            self.assertTrue(file.read().startswith("digraph ObjectGraph {"))
        with self.assertRaises(ValueError):
            objgraph.show_refs([x], filename="a.png", output=io.StringIO())
        with self.assertRaisesRegex(ValueError, "expected a name that ends in .svg, .png"):
            objgraph.show_refs([x], filename="a.gif")

    def printed(self, show, *arguments, **options):
        before, sys.stdout = sys.stdout, io.StringIO()
        try:
            show(*arguments, **options)
            return sys.stdout.getvalue()
        finally:
            sys.stdout = before

    def test_without_a_name(self):
        said = self.python("""
            import heapgraph.objgraph as objgraph
            objgraph.show_refs([[1]])
        """)
        path = re.search("Image generated as (.*)", said).group(1)
        self.assertTrue(is_png(path))
        self.assertEqual([one.name for one in self.temporary.iterdir()], [path.rpartition("/")[2]])

    def test_one_error_and_no_file_when_it_can_not_be_written(self):
        from heapgraph import HeapgraphError

        with self.assertRaisesRegex(HeapgraphError, "nothing/x.png: can't be written: its folder does not exist"):
            self.printed(objgraph.show_refs, [[1]], filename="nothing/x.png")

    def test_hostile_names(self):
        hostile = {'"\\]; evil [label="': 1, "\n\t\x00\x1b[31m": 2, "\ud800": 3, "<b>&amp;</b>": 4, "\u202egnp": 5}
        strange = made('Name"\\\n<i>', 'mod"\\')()
        strange.__dict__.update({str(key): value for key, value in hostile.items()})
        text = drawn(objgraph.show_refs, [[hostile, strange]], max_depth=4, shortnames=False)
        # Whatever is in a name, every line is one statement: quotes and line ends are escaped.
        for line in text.splitlines()[1:-1]:
            self.assertRegex(line, r'^  [a-z_\d]+( -> [a-z_\d]+)?(\[.*\]| \[.*\])?;$')
            self.assertEqual(len(re.findall(r'(?<!\\)(?:\\\\)*"', line)) % 2, 0, line)
        for name in ("a.svg", "a.png"):
            self.printed(objgraph.show_refs, [[hostile, strange]], filename=name)
        with open("a.svg", encoding="utf-8") as file:
            self.assertNotIn("<b>", file.read())


class Harmless(unittest.TestCase):
    TRAPS = """
        import io, sys
        import heapgraph.objgraph as objgraph, heapgraph

        class Meta(type):
            def __getattribute__(cls, name): raise SystemExit("a metaclass was asked for %s" % name)
            def __eq__(cls, other): raise SystemExit("classes were compared")
            def __hash__(cls): raise SystemExit("a class was hashed")
            def __instancecheck__(cls, o): raise SystemExit("isinstance ran")
        def trap(name):
            def f(self, *a): raise SystemExit("%s ran" % name)
            return f
        names = "repr str eq ne hash len bool iter contains getitem getattribute dir format sizeof reduce_ex lt".split()
        space = {"__%s__" % name: trap("__%s__" % name) for name in names}
        space["__class__"] = property(trap("__class__"))
        Trap = Meta("Trap", (), dict(space))
        List, Dict, Text = (Meta("Trapped", (base,), dict(space)) for base in (list, dict, str))
        def body():
            trap, items, mapping = object.__new__(Trap), list.__new__(List), dict.__new__(Dict)
            list.append(items, trap)
            dict.__setitem__(mapping, "key", items)
            holders = [trap, items, mapping, {"a": trap}, (trap,), {id(trap): Trap}, Text("text")]
            object.__setattr__(trap, "me", holders)
            for target in holders[:3] + [Trap, holders]:
                for name in ("a.svg", "a.png"):
                    objgraph.show_backrefs([target], max_depth=4, filename=name, refcounts=True, shortnames=False)
                    objgraph.show_refs([target], max_depth=4, filename=name)
                objgraph.show_backrefs([target], output=io.StringIO())
            objgraph.show_growth(limit=1)
            objgraph.show_most_common_types(limit=1, shortnames=False)
            objgraph.get_new_ids(limit=1)
            objgraph.by_type("Trap"); objgraph.count("__main__.Trap"); objgraph.get_leaking_objects()
            objgraph.at(id(trap)); objgraph.at_addrs({id(trap)})
            objgraph.find_backref_chain(trap, objgraph.is_proper_module)
            objgraph.find_ref_chain(holders, lambda o: False)
            objgraph.show_backrefs(trap, output=io.StringIO())
            taken = heapgraph.snapshot()
            taken.why(trap); taken.show(items); taken.object(id(trap)); heapgraph.why(mapping)
        body()
        print("no code of the program ran")
    """

    def test_no_code_of_the_program_runs(self):
        import os
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            said = python(self.TRAPS, cwd=folder, env=dict(os.environ, TMPDIR=folder))
            self.assertTrue(said.endswith("no code of the program ran\n"), said)

    def test_asyncio_is_not_harmed(self):
        # CPython 3.12.0 to 3.12.5: to ask for the referents of the module _asyncio makes the process hang later.
        said = python("""
            import asyncio, io, _asyncio, sys
            import heapgraph, heapgraph.objgraph as objgraph
            async def work(): await asyncio.sleep(0)
            async def main(): await asyncio.gather(*[work() for _ in range(100)])
            asyncio.run(main())
            for _ in range(3):
                objgraph.show_refs([_asyncio], output=io.StringIO(), max_depth=5)
                objgraph.show_backrefs([_asyncio.__dict__], output=io.StringIO())
                objgraph.get_leaking_objects()
                objgraph.find_ref_chain(sys.modules, lambda o: False, max_depth=4)
                objgraph.find_backref_chain(work, lambda o: False, max_depth=4)
            asyncio.run(main())
            heapgraph.snapshot()
            asyncio.run(main())
            print("well")
        """)
        self.assertEqual(said, "well\n")

    def test_no_dictionary_is_made(self):
        # Since 3.11 attributes are kept without a dictionary until somebody asks for it.
        leaf = Leaf()
        leaf.kept = []
        before = sys.getsizeof(leaf), len(gc.get_referents(leaf))
        drawn(objgraph.show_backrefs, [leaf.kept], max_depth=3)
        drawn(objgraph.show_refs, [leaf], max_depth=3)
        self.assertEqual((sys.getsizeof(leaf), len(gc.get_referents(leaf))), before)

    def test_signatures(self):
        expected = {
            "count": "typename objects=None",
            "typestats": "objects=None shortnames=True filter=None",
            "most_common_types": "limit=10 objects=None shortnames=True filter=None",
            "show_most_common_types": "limit=10 objects=None shortnames=True file=None filter=None",
            "show_growth": "limit=10 peak_stats=None shortnames=True file=None filter=None",
            "get_leaking_objects": "objects=None",
            "by_type": "typename objects=None",
            "at": "addr",
            "at_addrs": "address_set",
            "find_ref_chain": "obj predicate max_depth=20 extra_ignore=()",
            "find_backref_chain": "obj predicate max_depth=20 extra_ignore=()",
            "show_backrefs": "objs max_depth=3 extra_ignore=() filter=None too_many=10 highlight=None filename=None "
            "extra_info=None refcounts=False shortnames=True output=None extra_node_attrs=None",
            "is_proper_module": None,
        }
        self.assertEqual(len(objgraph.__all__), 17)
        self.assertLessEqual(set(expected), set(objgraph.__all__))
        for name, wanted in expected.items():
            found = " ".join(
                one.name if one.default is one.empty else "%s=%r" % (one.name, one.default)
                for one in inspect.signature(getattr(objgraph, name)).parameters.values()
            )
            self.assertIn(found, (wanted, "o"), name)
        show = inspect.signature(objgraph.show_backrefs)
        self.assertEqual(show.parameters, inspect.signature(objgraph.show_refs).parameters)
