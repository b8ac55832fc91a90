"""What is left behind: objects that there are now and were not before, where they are held, and what to cut.

Objects are compared by type and id. An id is used again after its object is freed, so of a type that has grown a few
new objects may not be told from old ones: numbers are exact, examples may be fewer.
"""

import fnmatch
import gc

from heapgraph import _graph
from heapgraph import snapshot_dumper as dumper
from heapgraph._errors import HeapgraphError
from heapgraph._snapshot import snapshot

# So many objects are looked for in a snapshot, and so many ends of the tree get a path of their own.
EXAMPLES, PATHS = 400, 3


def full_name(t):
    """The name of a type as reports tell it: `app.models.Session`, `dict`."""
    module, name = dumper.full_name(t)
    return name if module == "builtins" else "%s.%s" % (module, name)


class Types:
    """Which types are looked at: all, or those that fit one of the patterns `of`, by full or short name."""

    def __init__(self, of=None):
        self.patterns = () if of is None else (of,) if type(of) is str else tuple(of)

    def fits(self, name):
        """Whether a type of this full name is looked at."""
        if not self.patterns:
            return True
        short = name.rsplit(".", 1)[-1]
        return any(fnmatch.fnmatchcase(name, p) or fnmatch.fnmatchcase(short, p) for p in self.patterns)

    def __str__(self):
        return " or ".join(self.patterns) if self.patterns else "any type"


def settle():
    """Run the garbage collector until it finds nothing more: what was freed may have held other garbage."""
    for _ in range(4):
        if not gc.collect():
            break


def census(types, set_aside=None):
    """{full type name: set of the ids of tracked objects} of the types that are looked at, after a collection.

    `set_aside` is a function that then tells ids which are not to be counted, None for none.
    """
    settle()
    aside = set_aside() if set_aside is not None else ()
    by_type, names = {}, {}
    for o in gc.get_objects():
        t = type(o)
        found = by_type.get(id(t))
        if found is None:
            name = full_name(t)
            names[id(t)] = name if types.fits(name) else None
            found = by_type[id(t)] = set()
        if names[id(t)] is not None and id(o) not in aside:
            found.add(id(o))
    o = t = None
    result = {}
    for i, found in by_type.items():
        if names[i] is not None:
            result.setdefault(names[i], set()).update(found)
    return result


def packed(found):
    """A census as bytes, which is not an object that the next census would count."""
    import marshal

    return marshal.dumps({name: list(ids) for name, ids in found.items()})


def unpacked(data):
    """The census that was packed."""
    import marshal

    return {name: set(ids) for name, ids in marshal.loads(data).items()}


def new_since(before, after):
    """{type name: (how many more, ids of new objects)} of the types of which `after` has more; both are packed."""
    before, new = unpacked(before), {}
    for name, ids in unpacked(after).items():
        was = before.get(name, set())
        if len(ids) > len(was):
            new[name] = (len(ids) - len(was), ids - was)
    return new


def outermost(ids):
    """Of the objects with these ids those that no other of them holds; of a cycle one. As a list of ids."""
    objects = [o for o in gc.get_objects() if id(o) in ids]
    held, after = set(), {}
    for o in objects:
        after[id(o)] = [id(r) for r in _graph.referents(o) if id(r) in ids and r is not o]
        held.update(after[id(o)])
    first = [id(o) for o in objects if id(o) not in held]
    o = None
    objects.clear()
    reached, stack = set(), list(first)
    for candidate in list(after):
        while stack:
            one = stack.pop()
            if one not in reached:
                reached.add(one)
                stack.extend(after.get(one, ()))
        if candidate not in reached:
            first.append(candidate)
            stack.append(candidate)
    return first


def explain(ids):
    """Where the objects with these ids are held, as text: the ways from GC roots as a tree, then paths and cuts."""
    chosen = list(ids)[:EXAMPLES]
    with snapshot() as taken:
        arguments = []
        for i in chosen:
            arguments += ["--id", "%#x" % i]
        ways = taken._ask("why", *arguments)
        found = [_without_frame(str(ways))] if len(chosen) > 1 else []
        for example in _ends(ways.rows) if len(chosen) > 1 else chosen:
            found.append(_path(taken.why(example).data))
    if len(chosen) < len(ids):
        found.append("%d of %d objects were looked for" % (len(chosen), len(ids)))
    return "\n\n".join(found)


def _path(data):
    """The answer to `why` in few lines: the path as Python, then what to cut."""
    lines = data.get("expressions") or [data.get("title", "")]
    return "\n".join(lines + ["  " + cut for cut in data.get("cut", [])])


def _ends(rows):
    """Ids of one example of each of the largest ends of a tree of ways."""
    ends = [row for row in rows if row.get("ending")]
    ends.sort(key=lambda row: (-row["ending"], row["depth"]))
    return [int(row["example"], 16) for row in ends[:PATHS]]


def _without_frame(text):
    """A report without its first line, which tells of the file, and without the commands that come next."""
    lines = text.split("\n")[1:]
    return "\n".join(line for line in lines if not line.startswith("next: ")).strip("\n")


def told(new):
    """What was left behind, as text. `new`: {type name: (how many more, ids of new objects)}."""
    if not new:
        return "nothing was left behind"
    rows = sorted(new.items(), key=lambda row: (-row[1][0], row[0]))
    width = max(len(name) for name, _ in rows[:10])
    lines = ["left behind:"] + ["  %-*s %+7d" % (width, name, more) for name, (more, _) in rows[:10]]
    if len(rows) > 10:
        lines.append("  and %d more types" % (len(rows) - 10))
    found = outermost({i for _, ids in new.values() for i in ids})
    if found:
        try:
            lines += ["", explain(found)]
        except (HeapgraphError, OSError) as error:
            lines += ["where they are held is not known: %s" % error]
    return "\n".join(lines)
