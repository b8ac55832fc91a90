"""Shallow sizes are what the allocator gave: compared with tracemalloc on programs that make many of one kind."""

import os
import sys
import unittest

import kinds
from reader import Snapshot
from support import DumperTest, once_a_version

SOURCE = """
import json, tracemalloc, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, %r)
import kinds
exec(kinds.SETUP)
pattern_of_copies, names_of = Plain(0), Method()
class Liar(list):
    def __sizeof__(self): raise SystemExit
liar = Liar()
def fresh():
    "Base classes of one kind alone, and with them what they note of subclasses."
    global Root, RootError
    class Root: pass
    class RootError(Exception): pass
kept, allocated, counts, skipped = {}, {}, {}, {}
for name, source in kinds.KINDS.items():
    fresh()
    try:
        make = eval("lambda i: " + source)
        warm = [make(i) for i in range(3)]
    except (AttributeError, ImportError, NameError, SyntaxError, TypeError, LookupError) as error:
        skipped[name] = "%%s: %%s" %% (type(error).__name__, error)
        continue
    size = sum(map(sys.getsizeof, warm)) // 3
    n = counts[name] = max(100, min(1000, 200_000 // size))
    warm = [make(i) for i in range(100)]
    fresh()
    gc.collect()
    kept[name] = [None] * n
    gc.freeze()                                       # or each collection looks at all kinds before
    tracemalloc.start()
    for i in range(n): kept[name][i] = make(i)
    gc.collect()
    allocated[name] = tracemalloc.get_traced_memory()[0] / n
    tracemalloc.stop()
warm = Root = RootError = None
gc.unfreeze()
del liar, frame
snapshot_dumper.dump("snap.json", text="none")
print(json.dumps([allocated, {name: id(rows) for name, rows in kept.items()}, id(kept), skipped]), flush=True)
os._exit(0)
""" % os.path.dirname(os.path.abspath(__file__))


def reached(snapshot, stack, seen, others=()):
    """Add to `seen` what the objects at the addresses `stack` keep alive, without `others`; returns their bytes."""
    total = 0
    while stack:
        address = stack.pop()
        if address not in seen and address not in others:
            seen.add(address)
            o = snapshot.objects.get(address)
            if o is not None:
                total += o.size
                stack += o.strong()
    return total


class Sizes(DumperTest):
    @once_a_version
    def test_sizes_are_what_was_allocated(self):
        """All that the objects of a kind hold alone, beside what the allocator gave while they were made."""
        allocated, lists, kept, skipped = self.program(SOURCE)
        snapshot = Snapshot(self.snap)
        others = {kept}
        reached(snapshot, [r["address"] for r in snapshot.roots], others)
        wrong = []
        for name, reason in kinds.KNOWN.items():
            if allocated.pop(name, None) is not None:
                skipped[name] = reason
        for name, expected in allocated.items():
            rows, seen = snapshot[lists[name]].referents, set()
            told = reached(snapshot, list(rows), seen, others)
            told = (told + sum(snapshot.external.get(address, 0) for address in seen)) / len(rows)
            if abs(told - expected) > max(0.05 * expected, 1):
                wrong.append("%-24s %8.1f bytes each, %8.1f allocated" % (name, told, expected))
        print("\nsizes: %d kinds beside tracemalloc, %d wrong" % (len(allocated), len(wrong)), file=sys.stderr)
        for name, reason in skipped.items():
            print("skipped size of %s: %s" % (name, reason), file=sys.stderr)
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

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
        self.assertEqual(
            {name: snapshot.external.get(o.address) for name, o in found.items()},
            {"map": 1 << 20, "sub": 1 << 20, "closed": None, "buffer": 100_000, "number": None, "inside": None},
        )

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
        self.assertLess(found["o"].size, 400)


if __name__ == "__main__":
    unittest.main()
