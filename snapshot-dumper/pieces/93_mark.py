# The mark: what is there at one moment is kept apart by the collector, so that the next dump knows what came after.

# Some hundreds of objects 3.12 has frozen itself before a program begins; who freezes later freezes thousands.
FROZEN_AT_THE_START = 1000
# Bits of the map of addresses, which the column `mark` tells as 1, 2 and 4: there when the mark was set, tracked only
# since then, tracked when the next was set.
MARKED, UNMARKED, TRACKED = 4, 8, 16
_mark = []                                            # [name, a list made before it was set, one made after]


def check_mark():
    """Raises RuntimeError where a mark would undo what the program itself has frozen."""
    frozen = gc.get_freeze_count()
    if frozen > FROZEN_AT_THE_START and not _mark:
        raise RuntimeError("no mark can be set: the program has called gc.freeze(), and %d objects are frozen; call "
                           "gc.unfreeze() before, or take a dump without a mark" % frozen)


def is_in_force(tracked):
    """Whether what was frozen by the mark still is, and nothing else; `tracked`: what the collector lists."""
    return (bool(_mark) and any(map(is_, tracked, repeat(_mark[2])))
            and not any(map(is_, tracked, repeat(_mark[1]))))


def note_marks(s, objects, bit, unless):
    """Set the bit of each object that has none of the bits `unless`."""
    for i in map(id, objects):
        page = s.pages.get(i >> 20)
        if page is None:
            page = s.pages[i >> 20] = bytearray(65536)
        if not page[i >> 4 & 65535] & unless:
            page[i >> 4 & 65535] |= bit


def tracked_objects(s):
    """All objects that the collector tracks. Ends the mark, when there is one; sets the next, when that is wanted."""
    known = s.header["gc"]
    if _mark:
        objects, collections = gc.get_objects(), sum(row["collections"] for row in gc.get_stats())
        s.marked = is_in_force(objects)
        if s.marked:
            note_marks(s, objects, UNMARKED, 0)
            gc.unfreeze()
            objects = gc.get_objects()
            note_marks(s, gc.get_objects(generation=0), UNMARKED, 0)      # what other threads have made meanwhile
            note_marks(s, objects, MARKED, UNMARKED)
        s.marked = s.marked and collections == sum(row["collections"] for row in gc.get_stats())
        if s.marked:
            known["marked_since"] = _mark[0]
        else:
            count_error(s, "no mark any more: gc.freeze, gc.unfreeze or gc.collect was called", None)
        del objects
        _mark.clear()
    objects = gc.get_objects()
    if s.next_mark:                                   # `objects` keeps alive what is frozen: no address is used again
        gc.freeze()
        _mark.extend(s.next_mark + [[]])
        known["mark_set"] = _mark[0]
        note_marks(s, objects, TRACKED, 0)
        s.marked = True
    return objects


def unmark():
    """End the mark that `mark` has set, without a dump. Returns whether there was one.

    The collector then looks after all objects again. What the program has frozen itself meanwhile stays frozen."""
    was_set = bool(_mark)
    if is_in_force(gc.get_objects()):
        gc.unfreeze()
    _mark.clear()
    return was_set
