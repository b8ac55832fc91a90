#!/usr/bin/env python3
"""Take the snapshot of a golden case: run its program under the dumper, keep what surrounds the target.

    python3 golden/trim.py golden/gallery/star …          # runs program.py, writes snapshot.json and command
    python3 golden/trim.py snap.json --id 0x7f… -o small.json

The program writes `snap.json` with snapshot_dumper and prints the target's address as its last line. Kept are the
target, all that refers to it within --depth references (not beyond modules and classes), a shortest path from a
module, the keys that name these references, and the variables of running frames that hold any of it. Kept objects
keep all their references, so lengths, indices and reference counts stay what they were; references to what is not
kept dangle. Up to the depth no referrer is missing, so that pictures of a smaller depth count rightly; a line `#
trim: --depth 300` in the program asks for another one. Of the classes of kept objects the names that they define are
kept. Paths, the process and the machine are left out.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DUMPER = os.path.join(HERE, os.pardir, "snapshot-dumper")
NAMESPACES = (".__globals__", ".__builtins__", ".f_globals", ".f_builtins")


class Heap:
    """A snapshot with its references in both directions, all addresses absolute."""

    def __init__(self, document):
        self.document = document
        self.base = document["address_base"]
        self.shape, self.facts, self.referents, self.texts = {}, {}, {}, {}
        self.referrers = collections.defaultdict(list)
        for chunk in document["chunks"]:
            position = 0
            columns = zip(chunk["address"], chunk["shape"], chunk["size"], chunk["refcount"], chunk["reference_count"])
            for address, shape, size, refcount, count in columns:
                row = [self.base + one for one in chunk["referent"][position : position + count]]
                position += count
                address += self.base
                self.shape[address], self.facts[address], self.referents[address] = shape, (size, refcount), row
                for referent in row:
                    self.referrers[referent].append(address)
            for address, *text in zip(chunk.get("text_of", ()), chunk.get("text", ()), chunk.get("text_length", ())):
                self.texts[self.base + address] = text
        self.modules = [self.base + root["address"] for root in document["roots"] if root["kind"] == "module"]

    def type_of(self, address):
        of = self.document["types"][self.document["shapes"][self.shape[address]]["type"]]
        return of["module"] + "." + of["name"]

    def slots(self, address):
        """Slot names of the references, `key` and `value` for those of a mapping, None for the rest."""
        names = []
        for segment in self.document["shapes"][self.shape[address]]["slots"]:
            if isinstance(segment, dict):
                names += segment.get("fields", [None] * segment.get("unnamed", 0))
            elif segment == "mapping":
                names += ["key", "value"] * ((len(self.referents[address]) - len(names)) // 2)
        return names + [None] * (len(self.referents[address]) - len(names))

    def is_namespace_of(self, referrer, referent):
        """Whether a function or frame refers to the object as the names that it looks up, and in no other way."""
        pairs = zip(self.slots(referrer), self.referents[referrer])
        return all(name in NAMESPACES for name, other in pairs if other == referent)


def around(heap, target, depth):
    """The target, its referrers within the depth, and a shortest path from a module."""
    kept = {target: 0}
    queue = collections.deque([target])
    while queue:
        address = queue.popleft()
        is_end = address != target and (address in heap.modules or ".__mro__" in heap.slots(address))
        if kept[address] >= depth or is_end:
            continue
        for referrer in heap.referrers[address]:
            if referrer not in kept:
                kept[referrer] = kept[address] + 1
                if not heap.is_namespace_of(referrer, address):
                    queue.append(referrer)
    before = dict.fromkeys(heap.modules)
    queue = collections.deque(heap.modules)
    while queue and target not in before:
        address = queue.popleft()
        weak = [name is not None and name.startswith("~") for name in heap.slots(address)]
        for referent, is_weak in zip(heap.referents[address], weak):
            if referent in heap.shape and referent not in before and not is_weak:
                before[referent] = address
                queue.append(referent)
    step = target if target in before else None
    while step is not None:
        kept.setdefault(step, depth)
        step = before[step]
    for address in list(kept):
        keep_class(heap, address, kept, depth)
    for address in list(kept):
        names, row = heap.slots(address), heap.referents[address]
        for place, name in enumerate(names):
            if name == "value" and row[place] in kept and row[place - 1] in heap.shape:
                kept.setdefault(row[place - 1], depth)
    return sorted(kept)


def keep_class(heap, address, kept, depth):
    """Keeps the classes of a program's own object, and the names that they define."""
    if heap.type_of(address).startswith("builtins."):
        return
    for name, of in zip(heap.slots(address), heap.referents[address]):
        if name != ".__class__" or of not in heap.shape:
            continue
        fields = dict(zip(heap.slots(of), heap.referents[of]))
        kept.setdefault(of, depth)
        kept.setdefault(fields[".__mro__"], depth)
        for one in heap.referents[fields[".__mro__"]]:
            if one not in heap.shape or heap.texts.get(one, [""])[0] in ("object", "builtins.object"):
                continue
            kept.setdefault(one, depth)
            names = dict(zip(heap.slots(one), heap.referents[one])).get(".__dict__")
            if names in heap.shape:
                kept.setdefault(names, depth)
                keys = zip(heap.slots(names), heap.referents[names])
                for place, (slot, key) in enumerate(keys):
                    if slot == "key" and key in heap.shape:
                        kept.setdefault(key, depth)
                        if heap.texts.get(key, [""])[0] == "__del__":
                            kept.setdefault(heap.referents[names][place + 1], depth)


def trimmed(heap, kept, folder):
    """The snapshot of the kept objects alone."""
    document, base = heap.document, heap.base
    inside = set(kept)
    shapes = sorted({heap.shape[address] for address in kept})
    types = {document["shapes"][shape]["type"] for shape in shapes}
    for index in list(types):
        while document["types"][index].get("base") is not None:
            index = document["types"][index]["base"]
            types.add(index)
    types = sorted(types)
    new_type = {old: new for new, old in enumerate(types)}
    new_shape = {old: new for new, old in enumerate(shapes)}

    def type_record(index):
        record = dict(document["types"][index])
        if record.get("base") is not None:
            record["base"] = new_type[record["base"]]
        return record

    def root_record(root):
        record = {key: root[key] for key in ("kind", "name", "address", "builtin") if key in root}
        if (root.get("file") or "").startswith(folder):
            record["file"] = root["file"][len(folder) :].lstrip(os.sep)
        return record

    chunk = {
        "address": [address - base for address in kept],
        "shape": [new_shape[heap.shape[address]] for address in kept],
        "size": [heap.facts[address][0] for address in kept],
        "refcount": [heap.facts[address][1] for address in kept],
        "reference_count": [len(heap.referents[address]) for address in kept],
        "referent": [referent - base for address in kept for referent in heap.referents[address]],
        "text_of": [address - base for address in kept if address in heap.texts],
    }
    texts = [heap.texts[address] for address in kept if address in heap.texts]
    chunk["text"] = [text.replace(folder + os.sep, "") for text, _ in texts]
    chunk["text_length"] = [
        max(length - len(text) + len(new), len(new)) for (text, length), new in zip(texts, chunk["text"])
    ]
    threads = []
    for thread in document["threads"]:
        frames = []
        for frame in thread["frames"]:
            held = [one for one in frame.get("locals", ()) if base + one[1] in inside]
            stack = [one for one in frame.get("stack") or () if base + one in inside]
            frames.append(
                {
                    "function": frame["function"],
                    "file": os.path.basename(frame.get("file") or ""),
                    "line": frame.get("line"),
                    "address": frame.get("address"),
                    "locals": held,
                    "stack": stack,
                }
            )
        threads.append({**thread, "frames": frames})
    interpreter = document["interpreter"]
    roots = [root_record(root) for root in document["roots"] if base + root["address"] in inside]
    return {
        "format": document["format"],
        "version": document["version"],
        "dumper": document["dumper"],
        "interpreter": {
            key: interpreter[key]
            for key in ("implementation", "version", "hexversion", "pointer_bytes", "free_threaded", "debug")
            if key in interpreter
        },
        "options": document["options"],
        "address_base": base,
        "chunks": [chunk],
        "types": [type_record(index) for index in types],
        "shapes": [
            {**document["shapes"][index], "type": new_type[document["shapes"][index]["type"]]} for index in shapes
        ],
        "roots": roots,
        "threads": threads,
        "end": {
            "objects": len(kept),
            "references": len(chunk["referent"]),
            "texts": len(chunk["text"]),
            "types": len(types),
            "shapes": len(shapes),
            "roots": len(roots),
            "errors": [],
            "unnamed": [],
        },
    }


def write(document, path):
    """One line per table, and per row of the tables that people read."""

    def line(value):
        return json.dumps(value, separators=(",", ":"))

    with open(path, "w") as out:
        parts = []
        for key, value in document.items():
            if key in ("chunks", "types", "shapes", "roots", "threads"):
                parts.append(
                    '"%s":[\n%s\n]' % (key, ",\n".join(line(row) for row in value)) if value else '"%s":[]' % key
                )
            else:
                parts.append('"%s":%s' % (key, line(value)))
        out.write("{" + ",\n".join(parts) + "}\n")


def take(case, depth, python):
    """Runs the program of a case and writes its snapshot and the command that it shows."""
    program = os.path.abspath(os.path.join(case, "program.py"))
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": DUMPER, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
        run = subprocess.run([python, program], cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
        target = int(run.stdout.split()[-1], 16)
        with open(os.path.join(folder, "snap.json")) as snapshot:
            heap = Heap(json.load(snapshot))
    with open(program) as text:
        asked = [line.split()[-1] for line in text if line.startswith("# trim: --depth ")]
    kept = around(heap, target, int(asked[0]) if asked else depth)
    write(trimmed(heap, kept, os.path.dirname(program)), os.path.join(case, "snapshot.json"))
    command = os.path.join(case, "command")
    words = ["backrefs", "snapshot.json", "--id", ""]
    if os.path.exists(command):
        with open(command) as known:
            words = known.read().split()
    words[words.index("--id") + 1] = hex(target)
    with open(command, "w") as out:
        out.write(" ".join(words) + "\n")
    print("%s: %d objects" % (case, len(kept)), file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", nargs="+", help="folders of cases, or one snapshot with --id and -o")
    parser.add_argument("--depth", type=int, default=9, help="references from the target (default 9)")
    parser.add_argument("--python", default=sys.executable, help="the Python that runs the programs")
    parser.add_argument("--id", type=lambda text: int(text, 0), help="address of the target")
    parser.add_argument("-o", "--output", help="where the trimmed snapshot goes")
    arguments = parser.parse_args()
    if arguments.id is None:
        for case in arguments.what:
            take(case, arguments.depth, arguments.python)
        return
    with open(arguments.what[0]) as snapshot:
        heap = Heap(json.load(snapshot))
    if arguments.id not in heap.shape or not arguments.output:
        parser.error("--id needs the address of an object of the snapshot, and -o a file")
    write(trimmed(heap, around(heap, arguments.id, arguments.depth), "/"), arguments.output)


if __name__ == "__main__":
    main()
