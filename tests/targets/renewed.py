"""Frees 5,000 objects and makes 5,000 anew, which take their addresses: `renewed.py FOLDER`.

Writes marked.0.json and marked.1.json around it with a mark, plain.0.json and plain.1.json without one; and leak.0.json, leak.1.json,
leak.2.json of a service in which a cache of texts warms up by more than what leaks, while everything else is made anew.
"""

import os
import sys

import snapshot_dumper

COUNT = 5000


class Session:
    def __init__(self, number):
        self.number, self.notes = number, [number]


class Kept:
    pass


CACHE = {}
KEPT = [Kept() for _ in range(COUNT)]
WARM = {}
LEAK = []
INDEX = {"key %d" % number: "x" * 90 for number in range(20000)}


def renew():
    CACHE.clear()
    for number in range(COUNT):
        CACHE[number] = Session(number)


def main(folder):
    def path(name):
        return os.path.join(folder, name)

    renew()
    snapshot_dumper.mark(path("marked.0.json"))
    renew()
    snapshot_dumper.dump(path("marked.1.json"))
    snapshot_dumper.dump(path("plain.0.json"))
    renew()
    snapshot_dumper.dump(path("plain.1.json"))
    snapshot_dumper.dump(path("leak.0.json"))
    for step in range(1, 3):
        renew()
        LEAK.extend(Session(number) for number in range(1500))
        if step == 1:
            for number in range(10000):
                WARM[number] = "y%d" % number * 20
        snapshot_dumper.dump(path("leak.%d.json" % step))


main(sys.argv[1])
