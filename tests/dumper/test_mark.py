"""The mark: what came after it is known exactly, it is undone, and it loses nothing that the program has frozen itself."""

import json
import unittest

from support import DumperTest

PROGRAM = """
import gc, json
class Session:
    def __init__(self, number): self.number, self.notes = number, [number]
late = {}                                    # until it holds something, the collector does not track it (before 3.14)
cache = {number: Session(number) for number in range(500)}
kept = [Session(number) for number in range(300)]
"""


def marks(path):
    """{(type name, mark): objects} of a snapshot, and its addresses with their marks."""
    document = json.loads(path.read_text(encoding="ascii"))
    counts, by_address = {}, {}
    for chunk in document["chunks"]:
        column = chunk.get("mark") or [None] * len(chunk["address"])
        assert len(column) == len(chunk["address"])
        for address, shape, mark in zip(chunk["address"], chunk["shape"], column):
            name = document["types"][document["shapes"][shape]["type"]]["name"]
            counts[name, mark] = counts.get((name, mark), 0) + 1
            by_address[address + document["address_base"]] = mark
    return document["gc"], counts, by_address


class Mark(DumperTest):
    def test_freed_and_made_anew_is_new(self):
        late = self.program(
            PROGRAM
            + """
first = [Session(0)]
snapshot_dumper.mark("a.json")
marked = gc.get_freeze_count()
cache.clear()
for number in range(500): cache[number] = Session(number)
late["one"] = first
gc.collect()
snapshot_dumper.dump("b.json")
print(json.dumps([id(late), marked, gc.get_freeze_count()]))
"""
        )
        first, counted, tracked = marks(self.folder / "a.json")
        second, again, by_address = marks(self.folder / "b.json")
        self.assertEqual(first["mark_set"], second["marked_since"])
        self.assertNotIn("marked_since", first)
        self.assertEqual((counted["Session", 4], counted.get(("Session", 0))), (801, None))
        self.assertEqual((again["Session", 2], again["Session", 1]), (500, 301))
        address, marked, frozen = late
        self.assertGreater(marked, 1000)
        self.assertEqual(frozen, 0)
        # An old dictionary that is tracked only now: the mark of the earlier snapshot tells that it may be old.
        self.assertIn((tracked[address], by_address[address]), ((0, 2), (4, 1)))

    def test_each_mark_begins_with_a_snapshot_and_ends_with_the_next(self):
        self.program(
            PROGRAM
            + """
snapshot_dumper.mark("a.json")
kept.append(Session(1))
snapshot_dumper.mark("b.json")
kept.append(Session(2))
snapshot_dumper.dump("c.json")
snapshot_dumper.dump("snap.json")
"""
        )
        first, second, third, last = (marks(self.folder / name) for name in ("a.json", "b.json", "c.json", "snap.json"))
        self.assertEqual(
            (first[0]["mark_set"], second[0]["mark_set"]), (second[0]["marked_since"], third[0]["marked_since"])
        )
        self.assertEqual((second[1]["Session", 6], second[1]["Session", 5]), (1, 800))
        self.assertEqual((third[1]["Session", 2], third[1]["Session", 1]), (1, 801))
        self.assertEqual(last[1]["Session", None], 802)
        self.assertNotIn("marked_since", last[0])

    def test_what_the_program_has_frozen_is_not_lost(self):
        answer = self.program(
            PROGRAM
            + """
gc.freeze()
before = gc.get_freeze_count()
try:
    snapshot_dumper.mark("a.json")
except RuntimeError as error:
    print(json.dumps([str(error), before - gc.get_freeze_count()]))
"""
        )
        self.assertRegex(answer[0], r"the program has called gc\.freeze\(\), and \d+ objects are frozen")
        self.assertLess(answer[1], 20)
        self.assertEqual(self.left_over(), [])

    def test_a_mark_that_the_program_has_spoilt_is_none(self):
        for spoil in ("gc.freeze()", "gc.unfreeze()"):
            frozen = self.program(
                PROGRAM
                + """
snapshot_dumper.mark("a.json")
kept.append(Session(1))
%s
snapshot_dumper.dump("snap.json")
print(json.dumps(gc.get_freeze_count()))
"""
                % spoil
            )
            facts, counts, _ = marks(self.snap)
            self.assertNotIn("marked_since", facts)
            end = json.loads(self.snap.read_text(encoding="ascii"))["end"]
            self.assertEqual([row["what"][:16] for row in end["errors"]], ["no mark any more"])
            # What the program has frozen stays so.
            self.assertEqual(frozen > 1000, spoil == "gc.freeze()")

    def test_it_can_be_ended_without_a_dump_and_fails_without_a_trace(self):
        answer = self.program(
            PROGRAM
            + """
gc.collect()
answer = [snapshot_dumper.unmark()]
tracked = len(gc.get_objects())
snapshot_dumper.mark("a.json")
answer += [snapshot_dumper.unmark(), snapshot_dumper.unmark(), gc.get_freeze_count()]
try:
    snapshot_dumper.mark("no/such/folder.json")
except OSError:
    answer.append(gc.get_freeze_count())
class Broken(Exception): pass
def fail(*arguments): raise Broken
written, snapshot_dumper.roots_of = snapshot_dumper.roots_of, fail
try:
    snapshot_dumper.mark("snap.json")
except Broken:
    answer.append(gc.get_freeze_count())
snapshot_dumper.roots_of = written
del written, fail, Broken
gc.collect()
answer.append(abs(len(gc.get_objects()) - tracked) < 50)
print(json.dumps([answer[0], answer[1], answer[2]] + answer[4:] + [answer[3]]))
"""
        )
        # The interpreter may freeze some objects itself before a program begins (3.12).
        self.assertEqual(answer[:3] + [answer[5]], [False, True, False, True])
        self.assertEqual(answer[3:5] + answer[6:], [0, 0, 0])
        self.assertEqual(self.left_over(), ["a.json"])


if __name__ == "__main__":
    unittest.main()
