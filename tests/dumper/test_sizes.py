"""Shallow sizes are what the allocator gave: compared with tracemalloc on programs that make many of one kind."""
import unittest

from reader import Snapshot
from support import DumperTest

KINDS = {
    "list": "[None] * 5", "dict": "{'a': 1, 'b': 2}", "tuple": "tuple([None, None, None])", "set": "{'a', 'b'}",
    "float": "i + 0.5", "str": "'text %d' % i", "bytes": "b'%d' % i",
    "Slotted": "Slotted()", "Plain": "Plain(i)", "Materialised": "Materialised(i)", "SubDict": "SubDict(a=1)",
    "int": "i | 1 << 40", "frozenset": "frozenset((i, 'a'))", "bytearray": "bytearray(50)", "closure": "closing(i)",
    "deque": "collections.deque([i])", "OrderedDict": "collections.OrderedDict(a=i)",
    "defaultdict": "collections.defaultdict(list, a=1)", "generator": "suspended(i)", "method": "[].append",
    "Pair": "Pair(1, 2)", "Data": "Data(1, 2)", "partial": "functools.partial(print, 1)",
    "SubList": "SubList([1, 2])", "function": "(lambda: 0)", "Raised": "Raised()", "Weak": "weakref.WeakValueDictionary()",
}
SOURCE = """
import tracemalloc, gc, json, weakref, collections, functools, dataclasses
def closing(i):
    captured = []
    return lambda: captured
def suspended(i):
    yield i
Pair = collections.namedtuple("Pair", "one two")
@dataclasses.dataclass
class Data:
    one: int
    two: int
class Slotted:
    __slots__ = ("a", "b", "c")
class Plain:
    def __init__(self, i): self.a = self.b = self.c = self.d = None
class Materialised:
    def __init__(self, i): self.__dict__["a"] = kept; self.b = i + 0.5
class SubDict(dict): pass
class SubList(list): pass
class Raised(Exception): pass
class Liar(list):
    def __sizeof__(self): raise SystemExit
N = 20_000
kept, sizes = {}, {}
for name, source in json.loads(%r).items():
    make = eval("lambda i: " + source)
    warm = [make(i) for i in range(100)]
    gc.collect()
    kept[name] = [None] * N
    tracemalloc.start()
    for i in range(N): kept[name][i] = make(i)
    gc.collect()
    sizes[name] = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
del warm
liar = Liar()
snapshot_dumper.dump("snap.json", text="none")
print(json.dumps([sizes, {name: id(rows) for name, rows in kept.items()}]))
"""


class Sizes(DumperTest):
    def test_sizes_are_what_was_allocated(self):
        import json
        sizes, lists = self.program(SOURCE % json.dumps(KINDS))
        snapshot = Snapshot(self.snap)
        for name, allocated in sizes.items():
            # All that the objects hold alone: themselves, and what has no other referrer.
            total, stack, seen = 0, list(snapshot[lists[name]].referents), set()
            while stack:
                o = snapshot[stack.pop()]
                if o.address in seen:
                    continue
                seen.add(o.address)
                total += o.size
                stack += [r for slot, r in o.slots() if 0 < snapshot[r].refcount <= 2 and r not in seen
                          and snapshot[r].type not in ("builtins.type", "builtins.code")
                          and snapshot[r].refcount == 1]
            with self.subTest(name):
                self.assertLess(abs(total - allocated) / allocated, 0.05,
                                "%s: %.1f bytes each, %.1f allocated" % (name, total / 20000, allocated / 20000))

    def test_bytes_outside_of_the_heap(self):
        snapshot, found = self.dumped("""
            import ctypes, mmap
            class Map(mmap.mmap):
                def __len__(self): raise SystemExit
            ids["map"], ids["sub"], ids["closed"] = mmap.mmap(-1, 1 << 20), Map(-1, 1 << 20), mmap.mmap(-1, 4096)
            ids["closed"].close()
            ids["buffer"], ids["number"] = ctypes.create_string_buffer(100_000), ctypes.c_int(5)
            ids["inside"] = ctypes.c_char.from_buffer(ids["buffer"])
        """)
        bytes_of = {}
        for chunk in snapshot.document["chunks"]:
            addresses = [snapshot.base + a for a in chunk.get("external_of", ())]
            bytes_of.update(zip(addresses, chunk.get("external_bytes", ())))
        self.assertEqual({name: bytes_of.get(o.address) for name, o in found.items()}, {
            "map": 1 << 20, "sub": 1 << 20, "closed": None, "buffer": 100_000, "number": None, "inside": None})

    def test_a_size_method_of_the_program_is_not_called(self):
        snapshot, found = self.dumped("""
            class L(list):
                def __sizeof__(self): raise SystemExit
            class O:
                def __sizeof__(self): return 1 << 40
            ids["l"], ids["o"], ids["plain"] = L([1, 2, 3]), O(), [1, 2, 3]
            class K(list): pass
            ids["k"] = K([1, 2, 3])
        """)
        self.assertEqual(found["l"].size, found["k"].size)
        self.assertLess(found["o"].size, 200)


if __name__ == "__main__":
    unittest.main()
