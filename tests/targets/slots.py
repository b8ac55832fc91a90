"""The zoo, which evaluates the names of the slots in a snapshot of itself.

    python slots.py FOLDER_OF_THE_DUMPER

Prints a line when all is there. A line on stdin is a file: `dump FILE` writes its own snapshot there; `check FILE` is answered
with a line for each kind of slot whose name is an expression that is not the referent, and then one that says how many kinds
were tried.
"""

import collections
import gc
import json
import os
import sys

ZOO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "zoo.py")
# So many slots of a kind are tried.
MOST = 8

with open(ZOO) as file:
    text = file.read()
assert text.endswith("\nmain()\n")
exec(compile(text[: -len("main()\n")], ZOO, "exec"))


def everything():
    """All objects by their addresses, which keeps them."""
    objects = {}
    for one in gc.get_objects():
        objects[id(one)] = one
        for referent in gc.get_referents(one):
            objects[id(referent)] = referent
    return objects


def fields(snapshot):
    """Address, full name of the type, name of the slot and address of the referent."""
    base = snapshot["address_base"]
    types = ["%s.%s" % (kind["module"], kind["name"]) for kind in snapshot["types"]]
    for chunk in snapshot["chunks"]:
        end = 0
        for address, shape, count in zip(chunk["address"], chunk["shape"], chunk["reference_count"]):
            place, end = end, end + count
            for segment in snapshot["shapes"][shape]["slots"]:
                if isinstance(segment, dict):
                    for name in segment.get("fields", ()):
                        yield base + address, types[snapshot["shapes"][shape]["type"]], name, base + chunk["referent"][place]
                        place += 1
                    place += segment.get("unnamed", 0)


def check(path, objects):
    with open(path) as file:
        snapshot = json.load(file)
    tried, wrong = collections.Counter(), {}
    for address, kind, name, referent in fields(snapshot):
        expression = name.lstrip("~")
        one = objects.get(address, objects)
        if not expression.startswith((".", "[", "(")) or tried[kind, name] == MOST or one is objects:
            continue
        # The dictionary behind a type: asked for, there is a view of it. A class may be another for those who ask.
        if name == ".__dict__" and isinstance(one, type) or name == ".__class__":
            continue
        tried[kind, name] += 1
        try:
            found = eval("one" + expression)
            if id(found) != referent:
                wrong[kind, name] = "%s instead of %s" % (type(found).__name__, type(objects.get(referent)).__name__)
        except Exception as error:
            wrong[kind, name] = repr(error)
        one = found = None
    lines = ["%s%s: %s" % (kind, name, what) for (kind, name), what in sorted(wrong.items())]
    return lines + ["%d kinds tried" % len(tried)]


def serve():
    gc.collect()
    gc.disable()
    objects = everything()
    os.write(1, b"ready\n")
    while True:
        line = os.read(0, 1000).decode().strip()
        if not line:
            os._exit(0)
        command, path = line.split(" ", 1)
        if command == "dump":
            snapshot_dumper.dump(path, text="keys")
            answer = ["fine"]
        else:
            answer = check(path, objects)
        os.write(1, ("\n".join(answer) + "\n").encode())


serve()
