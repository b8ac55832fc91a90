"""A small reader of snapshots, for the tests: loads the whole document and answers questions about its graph."""

import collections
import json


class Snapshot:
    """`objects`: address → Object; `by_type`: full type name → [Object]; the rest as in the document."""

    def __init__(self, path):
        with open(str(path)) as file:
            self.document = document = json.load(file)
        self.base = base = document["address_base"]
        self.types, self.shapes = document["types"], document["shapes"]
        self.own = {base + address for address in document.get("own") or ()}
        self.type_names = ["%s.%s" % (t["module"], t["name"]) for t in self.types]
        self.objects, self.texts, self.by_type, self.external = {}, {}, collections.defaultdict(list), {}
        self.made = {}  # address → [(file, line)], what made the object first; only where that is known
        for chunk in document["chunks"]:
            columns = [chunk[k] for k in ("address", "shape", "size", "refcount", "reference_count")]
            assert len(set(map(len, columns))) == 1, "columns of unequal length"
            assert sum(chunk["reference_count"]) == len(chunk["referent"]), "reference counts do not add up"
            start = 0
            for address, shape, size, refcount, count in zip(*columns):
                referents = [base + r for r in chunk["referent"][start : start + count]]
                start += count
                o = Object(self, base + address, shape, size, refcount, referents)
                assert o.address not in self.objects, "an address occurs twice"
                self.objects[o.address] = o
                self.by_type[o.type].append(o)
            addresses = [base + address for address in chunk.get("external_of", ())]
            self.external.update(zip(addresses, chunk.get("external_bytes", ())))
            for address, text in zip(chunk.get("text_of", ()), chunk.get("text", ())):
                assert base + address not in self.texts, "a text occurs twice"
                self.texts[base + address] = text
            made = chunk.get("allocated_at", [-1] * len(chunk["address"]))
            assert len(made) == len(chunk["address"]), "not one traceback for each object"
            for address, index in zip(chunk["address"], made):
                if index >= 0:
                    row = document["tracebacks"][index]
                    frames = [(document["files"][row[at]], row[at + 1]) for at in range(0, len(row), 2)]
                    self.made[base + address] = frames
        end = document["end"]
        assert end["objects"] == len(self.objects)
        assert end["references"] == sum(len(o.written) for o in self.objects.values())
        assert self.own.isdisjoint(self.objects), "an object of the dumper's own is in the snapshot"
        for o in self.objects.values():
            if not self.own.isdisjoint(o.written):
                o.referents = [r for _, r in o.slots()]
        assert end["texts"] == len(self.texts)
        self.roots = [dict(r, address=base + r["address"]) for r in document["roots"]]
        self.threads = document["threads"]
        for frame in (frame for thread in self.threads for frame in thread["frames"]):
            frame["locals"] = [row for row in frame["locals"] if base + row[1] not in self.own]

    def __getitem__(self, address):
        return self.objects[address]

    def counts(self):
        """Counter: full type name → objects."""
        return collections.Counter({name: len(objects) for name, objects in self.by_type.items()})

    def sizes(self):
        """Counter: full type name → bytes."""
        return collections.Counter({name: sum(o.size for o in objects) for name, objects in self.by_type.items()})

    def dangling(self):
        """Referents that are not in the snapshot."""
        return [(o, r) for o in self.objects.values() for r in o.referents if r not in self.objects]

    def referrers(self, address):
        """[(referrer, slot name)]."""
        return [
            (o, name) for o in self.objects.values() if address in o.referents for name, r in o.slots() if r == address
        ]

    def unexplained(self):
        """[(object, refcount minus references found)] where the two differ; immortal objects set aside."""
        found = collections.Counter(
            r for o in self.objects.values() for name, r in o.slots() if not (name or "").startswith("~")
        )
        for frame in (f for thread in self.threads for f in thread["frames"]):
            held = [r for _, r in frame["locals"]] if frame["namespace"] is None else [frame["namespace"]]
            found.update(self.base + r for r in held)
        return [
            (o, o.refcount - found[o.address])
            for o in self.objects.values()
            if o.refcount >= 0 and o.refcount != found[o.address]
        ]

    def accounts(self):
        """([(object, references that nothing in the snapshot explains)], number of objects the collector may track).

        The accounting of `heapgraph`: frames hold their locals unless a frame object of the snapshot shows the
        reference, and at module level they are the module's; the interpreter's roots hold one; immortal objects and
        types that are never freed are set aside.
        """
        is_gc, is_heap_type = 1 << 14, 1 << 9
        found = collections.Counter(r["address"] for r in self.roots if r["kind"] != "module")
        for o in self.objects.values():
            found.update(o.strong())
        for frame in (f for thread in self.threads for f in thread["frames"]):
            own = self.objects.get(self.base + frame["address"]) if frame["address"] is not None else None
            if frame["namespace"] is not None:
                held = collections.Counter([self.base + frame["namespace"]])
            elif not frame["function"].endswith("<module>"):
                held = collections.Counter(self.base + r for _, r in frame["locals"])
            else:
                continue
            found += held - collections.Counter(own and own.strong())
        static = {self.base + t["address"] for t in self.types if not t["flags"] & is_heap_type}
        tracked = [o for o in self.objects.values() if self.types[self.shapes[o.shape]["type"]]["flags"] & is_gc]
        return [
            (o, o.refcount - found[o.address])
            for o in tracked
            if o.refcount > found[o.address] and o.address not in static
        ], len(tracked)


class Object:
    """`written` are the referents as the file has them, `referents` those that are not the dumper's own."""

    __slots__ = ("snapshot", "address", "shape", "size", "refcount", "written", "referents")

    def __init__(self, *values):
        self.snapshot, self.address, self.shape, self.size, self.refcount, self.written = values
        self.referents = self.written

    @property
    def type(self):
        return self.snapshot.type_names[self.snapshot.shapes[self.shape]["type"]]

    @property
    def text(self):
        return self.snapshot.texts.get(self.address)

    def strong(self):
        """The referents that it keeps alive, with repetitions."""
        return [r for name, r in self.slots() if not (name or "").startswith("~")]

    def slots(self):
        """[(slot name or None, referent)], in order. Contents: `[i]`; `key` and `[key text or address]`; `member`.

        References to the dumper's own objects are left out, of a mapping the key with its value."""
        rows, referents, own = [], self.written, self.snapshot.own
        dropped = set()
        for segment in self.snapshot.shapes[self.shape]["slots"]:
            rest = referents[len(rows) :]
            if isinstance(segment, dict):
                names = segment.get("fields") or [None] * segment["unnamed"]
            elif segment in ("sequence", "flat"):
                prefix = ".flat" if segment == "flat" else ""
                names = ["%s[%d]" % (prefix, i) for i in range(len(rest))]
            elif segment == "mapping":
                names = []
                for position, (key, value) in enumerate(zip(rest[::2], rest[1::2])):
                    if key in own or value in own:
                        dropped.update((len(rows) + 2 * position, len(rows) + 2 * position + 1))
                    text = self.snapshot.texts.get(key, hex(key))
                    names += ["key", "[%r]" % text]
            else:
                names = [None if segment == "unnamed" else "member"] * len(rest)
            rows += zip(names, rest)
        assert len(rows) == len(referents), "a shape that does not fit"
        return [row for position, row in enumerate(rows) if row[1] not in own and position not in dropped]

    def __getattr__(self, name):
        raise AttributeError(name)

    def slot(self, name):
        """The referent object in the slot."""
        for slot, referent in self.slots():
            if slot == name:
                return self.snapshot[referent]
        raise KeyError("%s has no slot %s: %s" % (self.type, name, [n for n, _ in self.slots()]))
