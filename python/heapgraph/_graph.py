"""Excerpts and chains by objgraph's rules: breadth first from some objects, along referents or referrers.

They are found in this process, with the collector's own lists, so that they are there at once in a large heap, too.
What is ours (frames, lists, modules) is never found. Whoever holds a Graph refers to its objects: clear it soon.
"""

import gc
import sys

from heapgraph import _prompt
from heapgraph._slots import Namer, referents

_FRAME = type(sys._getframe())
# From so many objects on, to look through the referents of all objects once is faster than to look for each.
MANY = 24


class Node:
    """An object of an excerpt. `skipped` neighbours are not drawn; `distance` is counted from the nearest target."""

    __slots__ = ("object", "distance", "skipped", "is_target")

    def __init__(self, o, distance, is_target):
        self.object, self.distance, self.is_target, self.skipped = o, distance, is_target, 0


class Graph:
    """Objects and the references between them.

    `nodes` are Nodes, the targets first. `edges` are (index of the referrer, index of the referent, names of slots, how
    many references more). `backwards`: it was searched from referents to referrers. `running`: ids of frames that run.
    """

    def __init__(self, backwards):
        self.nodes, self.edges, self.backwards, self.running = [], [], backwards, set()

    def clear(self):
        """Refer to nothing any more."""
        self.nodes.clear()
        self.edges.clear()


def _own_namespaces():
    """Ids of the namespaces of our modules, which refer to types as any module does, and are no answer to anything."""
    return {id(module.__dict__) for name, module in list(sys.modules.items()) if _is_ours(name, module)}


def _is_ours(name, module):
    return type(name) is str and type(module) is type(sys) and (name == "heapgraph" or name.startswith("heapgraph."))


def _is_tools_frame(o):
    return type(o) is _FRAME and _prompt.is_tools(o)


def _referents_of(o, namer):
    """What `o` refers to, each once; of a frame that runs its local variables, too."""
    found = referents(o)
    if id(o) in namer.running:
        values = namer.running[id(o)][1]
        with _prompt.kept():
            variables = dict(o.f_locals)
        found += [value for value in variables.values() if id(value) in values]
    return list(dict(zip(map(id, found), found)).values())


def _referrers_of(o, namer, ours):
    """What refers to `o`, without what is ours; frames that run, too."""
    # No variable here may be in a cell: before 3.12 a comprehension would make it a referrer.
    found = [r for r in gc.get_referrers(o) if id(r) not in ours and not _is_tools_frame(r)]
    seen, address = set(map(id, found)), id(o)
    return found + [frame for frame, values in namer.running.values() if address in values and id(frame) not in seen]


def excerpt(targets, backwards, depth, too_many, ignored, keep, stop):
    """The Graph around `targets`, a list or tuple of objects.

    Objects with ids in the set `ignored`, and those for which `keep` (None: all) is false, are neither drawn nor
    counted. From an object for which `stop` (None: none) is true, and back from a frame that runs, the search does not
    go on. At most `too_many` neighbours of each are drawn; `depth` is the largest distance from a target.
    """
    graph = Graph(backwards)
    nodes, places, pairs = graph.nodes, {}, []  # `places`: id → index of its node
    with Namer() as namer:
        ours = {id(targets), id(nodes), id(namer.running), *map(id, namer.running.values())}
        ours |= _own_namespaces() | _prompt.copies()
        for o in targets:
            if id(o) not in ignored and id(o) not in places and (keep is None or keep(o)):
                places[id(o)] = len(nodes)
                nodes.append(Node(o, 0, True))
        position = 0
        while position < len(nodes):
            node = nodes[position]
            is_root = backwards and id(node.object) in namer.running or stop is not None and stop(node.object)
            if node.distance < depth and not is_root:
                ours.update(map(id, nodes))
                found = _referrers_of(node.object, namer, ours) if backwards else _referents_of(node.object, namer)
                found = [o for o in found if id(o) not in ignored and (keep is None or keep(o))]
                node.skipped = max(0, len(found) - too_many)
                for o in found[:too_many]:
                    if id(o) not in places:
                        places[id(o)] = len(nodes)
                        nodes.append(Node(o, node.distance + 1, False))
                    pairs.append((places[id(o)], position) if backwards else (position, places[id(o)]))
                found = o = None
            position += 1
        graph.running.update(namer.running)
        graph.edges += _named(nodes, pairs, namer)
    return graph


def _named(nodes, pairs, namer):
    """The edges of the pairs (referrer, referent), with the names of slots."""
    wanted, edges = {}, []
    for referrer, referent in pairs:
        wanted.setdefault(referrer, set()).add(id(nodes[referent].object))
    for referrer, ids in wanted.items():
        wanted[referrer] = namer.names(nodes[referrer].object, ids)
    for referrer, referent in pairs:
        names, more = wanted[referrer].get(id(nodes[referent].object), ((), 0))
        edges.append((referrer, referent, names, more))
    return edges


def _level_before(level, ours):
    """All that refers to one of the objects of `level`, each once."""
    if len(level) < MANY:
        return [r for r in gc.get_referrers(*level) if id(r) not in ours and not _is_tools_frame(r)]
    ids = set(map(id, level))
    return [
        o
        for o in gc.get_objects()
        if not ids.isdisjoint(map(id, referents(o))) and id(o) not in ours and not _is_tools_frame(o)
    ]


def _level_after(level, ours):
    """All that an object of `level` refers to, each once."""
    return [r for o in level for r in referents(o) if id(r) not in ours]


def chain(o, predicate, depth, ignored, backwards):
    """A shortest chain from `o` to an object for which `predicate` is true, `o` first; [o] when there is none.

    `depth` is the largest number of steps. `predicate` is called with `o` and with what is found, never twice.
    """
    levels, seen = [[o]], {id(o)}
    ours = {id(levels), id(levels[0]), id(seen), *ignored} | _own_namespaces() | _prompt.copies()
    if predicate(o):
        return [o]
    for _ in range(depth):
        found, level = (_level_before if backwards else _level_after)(levels[-1], ours), []
        ours.update((id(found), id(level)))
        for r in found:
            if id(r) in seen:
                continue
            seen.add(id(r))
            level.append(r)
            if predicate(r):
                return _way_back(r, levels, backwards)
        if not level:
            break
        levels.append(level)
    return [o]


def _way_back(match, levels, backwards):
    """[first, …, match]: from each object to one of the level before that holds it or is held by it."""
    way = [match]
    for level in reversed(levels):
        ids = set(map(id, referents(way[-1]))) if backwards else {id(way[-1])}
        for o in level:
            if id(o) in ids if backwards else not ids.isdisjoint(map(id, referents(o))):
                way.append(o)
                break
    return way[::-1]
