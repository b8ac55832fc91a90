"""A fleet in small: snapshots of a leaking and of a healthy service over days, hosts and releases, as Parquet.

    python fleet.py HEAPGRAPH FOLDER [--days 10] [--hosts 2] [--whole]

Below FOLDER, `heaps/` has the census of each snapshot; with `--whole` all tables of the last day. From the fourth day
on release 1.1 runs, which keeps each session of the service `shop`. The service `search` has a cache that is full
after a day, and an index.
"""

import argparse
import os
import re
import subprocess
import sys

DUMPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "snapshot-dumper")

SHOP = """
import sys
import snapshot_dumper

class Session:
    def __init__(self, number):
        self.user = "user-%d" % number
        self.cart = [number, "a text of its own, number %d" % number]

CATALOGUE = {number: "article %d" % number for number in range(3000)}
if sys.argv[1] != "1.0":
    SESSIONS = {}

def visit(number):
    session = Session(number)
    if sys.argv[1] != "1.0":
        SESSIONS[session.user] = session
    return session.cart

for day in range(int(sys.argv[2])):
    for number in range(400):
        visit(day * 400 + number)
    snapshot_dumper.dump("%s.%d.json" % (sys.argv[3], day))
"""

SEARCH = """
import sys
import snapshot_dumper

class Hit:
    def __init__(self, number):
        self.number, self.words = number, ["word-%d" % (number % 700), "a text of its own, number %d" % number]

INDEX = {"word-%d" % number: set(range(number % 7)) for number in range(4000)}
CACHE = {}

for day in range(int(sys.argv[2])):
    # The fuller on every other day, and never larger than its limit.
    for number in range(600 if day % 2 else 900):
        CACHE[number % 800] = Hit(number + day)
    if day % 3 == 2:
        for number in range(300):
            CACHE.pop(number, None)
    snapshot_dumper.dump("%s.%d.json" % (sys.argv[3], day))
"""


def run_service(folder, source, release, days, prefix):
    program = os.path.join(folder, "service.py")
    with open(program, "w") as file:
        file.write(source)
    environment = {**os.environ, "PYTHONPATH": DUMPER, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(
        [sys.executable, program, release, str(days), os.path.join(folder, prefix)], check=True, env=environment
    )


def set_time(path, day, hour):
    """Says in a snapshot that it was taken on another day."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    time = "2026-11-%02dT%02d:00:00Z" % (day, hour)
    text, count = re.subn(r'("capture":\{[^{}]*"time":)"[^"]*"', r'\g<1>"%s"' % time, text, count=1)
    assert count == 1, "%s has no time" % path
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def export(heapgraph, folder, path, service, host, release, whole):
    command = [heapgraph, "export", path, "-o", os.path.join(folder, "heaps") + os.sep, "--quiet"]
    command += ["--service", service, "--host", host, "--release", release]
    subprocess.run(command if whole else command + ["--census"], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heapgraph")
    parser.add_argument("folder")
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--hosts", type=int, default=2)
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    count = 0
    for service, source in [("shop", SHOP), ("search", SEARCH)]:
        for host in range(options.hosts):
            day = 1
            for release, days in [("1.0", 3), ("1.1", options.days - 3)]:
                prefix = "%s-%d-%s" % (service, host, release)
                run_service(options.folder, source, release, days, prefix)
                for step in range(days):
                    path = os.path.join(options.folder, "%s.%d.json" % (prefix, step))
                    set_time(path, day, 3 + host % 20)
                    whole = options.whole and day == options.days
                    export(
                        os.path.abspath(options.heapgraph), options.folder, path, service, "h%d" % host, release, whole
                    )
                    os.remove(path)
                    day += 1
                    count += 1
    print("%d snapshots" % count)


if __name__ == "__main__":
    main()
