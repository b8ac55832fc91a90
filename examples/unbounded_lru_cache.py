"""A cache without a bound: every page that was ever rendered stays, for every visitor.

`python3 unbounded_lru_cache.py` writes snap.json; `heapgraph suspects` names `render`.
"""

import functools

import snapshot_dumper


@functools.lru_cache(maxsize=None)                      # the leak: one entry per (path, user) for ever
def render(path, user):
    return ["<html>", path, user, "x" * 200, "</html>"]


def serve():
    for number in range(2000):
        render("/shop/%d" % (number % 50), "user-%d" % number)


if __name__ == "__main__":
    serve()
    snapshot_dumper.dump()
