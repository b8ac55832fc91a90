#!/usr/bin/env python3
"""Time and memory of every command, by the size of the heap.

    python3 benches/scale.py [--objects N …] [--heap FILE.py] [--tool FILE] [--only WORD …] [--runs N] [--forms]

For each N (default 100,000 and 1,000,000; 10,000,000 needs 6 GB of memory and 3 GB of disk) a process builds a heap of
N objects that the collector tracks, writes a snapshot, grows a little and writes another. Every command runs on these,
and `json.load` beside them; peers that are installed (`pip install objgraph guppy3`) answer within the process.
Questions are asked of the snapshot first, and those that an index answers once more through one.
Columns: CPU seconds and peak memory (medians of the runs), nanoseconds of CPU time for each object of the snapshot, and
how many scans that is: a scan reads all integers of the file, already in memory (benches/scan.rs). Last, how the time
for each object grows with the heap.

With `--forms` the snapshot is written in each form that a file can have instead, plain and packed, and compressed, and
two questions are asked of each: bytes, and CPU seconds (the best of the runs).

Build first: `cargo build --release`.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HOUSE = os.path.dirname(HERE)

# `{snap}`, `{earlier}`: the snapshots; `{id}`: the object to look for; `{folder}`: where files go.
COMMANDS = {
    "common": "common {snap}",
    "diff --group type": "diff {earlier} {snap} --group type",
    "info": "info {snap}",
    "refs": "refs {snap} --id {id}",
    "backrefs": "backrefs {snap} --id {id}",
    "backrefs -o x.png": "backrefs {snap} --id {id} -o {folder}/x.png",
    "why": "why {snap} --id {id}",
    "show": "show {snap} --id {id}",
    "dominators": "dominators {snap}",
    "cycles": "cycles {snap}",
    "suspects": "suspects {snap}",
    "places": "places {snap}",
    "common --since": "common {snap} --since {earlier}",
    "suspects --since": "suspects {snap} --since {earlier}",
    "diff": "diff {earlier} {snap}",
    "report": "report {snap} -o {folder}/x.html --quiet",
    "census": "census {snap}",
    "export -o x.heapsnapshot": "export {snap} -o {folder}/x.heapsnapshot",
    "export -o heaps/": "export {snap} -o {folder}/heaps/",
}
INDEXED = ("refs", "backrefs", "backrefs -o x.png", "why", "show", "dominators", "suspects", "places", "info")
PEERS = ("objgraph", "guppy")
# What a form is called, and what `export` is told for it.
FORMS = {
    "x.json": [],
    "x.json --packed": ["--packed"],
    "x.json.gz": [],
    "x.json.gz --packed": ["--packed"],
    "x.json.zst": [],
    "x.json.zst --packed": ["--packed"],
}


def build(arguments):
    """Within the process that has the heap: build it, write both snapshots, let the peers answer."""
    heap, objects, earlier, snap = arguments
    folder, name = os.path.split(os.path.abspath(heap))
    sys.path[:0] = [folder, os.path.join(HOUSE, "snapshot-dumper"), HERE]
    import gc

    import beside_peers
    import snapshot_dumper

    module = importlib.import_module(os.path.splitext(name)[0])
    kept = module.build(int(objects))
    # The last one is the object to look for; some heaps keep themselves, and give a weak reference to it.
    *module.kept, sought = [kept()] if callable(kept) else kept
    snapshot_dumper.dump(earlier)
    module.grown = [{"number": number, "parts": [number + 0.5]} for number in range(int(objects) // 100)]
    tracked = len(gc.get_objects())
    snapshot_dumper.dump(snap)
    answers = {}
    for peer in PEERS:
        began = time.process_time()
        try:
            beside_peers.PEERS[peer](sought)
        except Exception as error:
            answers[peer] = "%s: %s" % (type(error).__name__, error)
        else:
            answers[peer] = time.process_time() - began
    print(json.dumps({"id": hex(id(sought)), "tracked": tracked, "peers": answers}), flush=True)
    os._exit(0)  # to take ten million objects apart would take longer than to ask about them


def run(command, has_index=False):
    """CPU seconds and peak MiB of a command that must succeed; no index is used or written unless it `has_index`."""
    environment = dict(os.environ, HEAPGRAPH_NO_INDEX="" if has_index else "1")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        sys.exit("failed: %s\n%s" % (" ".join(command), said.decode(errors="replace")))
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def output_of(command):
    environment = dict(os.environ, HEAPGRAPH_NO_INDEX="1")
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, universal_newlines=True, cwd=HOUSE, env=environment
    ).stdout


def build_in(folder, objects, arguments):
    """Has a heap built and its snapshots written; their names, and what the process said."""
    earlier, snap = os.path.join(folder, "earlier.json"), os.path.join(folder, "snap.json")
    built = output_of(
        [sys.executable, os.path.abspath(__file__), "--build", arguments.heap, str(objects), earlier, snap]
    )
    return earlier, snap, json.loads(built.splitlines()[-1])


def measure_forms(objects, folder, arguments):
    """The table of the forms that a snapshot can have."""
    _, snap, built = build_in(folder, objects, arguments)
    files = {form: os.path.join(folder, "%d-%s" % (at, form.split()[0])) for at, form in enumerate(FORMS)}
    writing = {form: [arguments.tool, "export", snap, "-o", files[form], "-q"] + FORMS[form] for form in FORMS}
    asking = {form: [arguments.tool, "refs", files[form], "--id", built["id"]] for form in FORMS}
    counting = {form: [arguments.tool, "common", files[form]] for form in FORMS}
    taken = {}
    for _ in range(arguments.runs):
        for form in FORMS:
            for commands in writing, asking, counting:
                taken.setdefault((form, commands[form][1]), []).append(run(commands[form])[0])
    print("\n%s tracked objects\n" % format(built["tracked"], ","))
    print("| `heapgraph export snap.json -o …` | MB | writing | `refs` | `common` |\n|---|---:|---:|---:|---:|")
    for form in FORMS:
        seconds = [min(taken[form, command]) for command in ("export", "refs", "common")]
        print("| `%s` | %.1f | %.2f | %.2f | %.2f |" % (form, os.path.getsize(files[form]) / 1e6, *seconds))


def measure(objects, folder, arguments):
    """The table of one heap; returns nanoseconds for each object, by command."""
    earlier, snap, built = build_in(folder, objects, arguments)
    names = {"snap": snap, "earlier": earlier, "id": built["id"], "folder": folder}
    commands = {
        name: [arguments.tool] + [word.format(**names) for word in words.split()]
        for name, words in COMMANDS.items()
        if not arguments.only or name in arguments.only
    }
    # 1 GB of JSON needs more memory than such a machine has.
    if not arguments.only and objects <= 1_000_000:
        commands["`json.load` in Python"] = [
            sys.executable,
            "-c",
            "import json, sys; json.load(open(sys.argv[1]))",
            snap,
        ]
    in_file = json.loads(output_of([arguments.tool, "info", snap, "--format", "json"]))["snapshot"]["objects"]
    scanner = os.path.join(folder, "scan")
    source = os.path.join(HERE, "scan.rs")
    subprocess.run(["rustc", "-O", "--edition", "2024", source, "-o", scanner], check=True)
    reading = min(run([scanner, snap, "0"])[0] for _ in range(3))
    scan = (min(run([scanner, snap, "10"])[0] for _ in range(3)) - reading) / 10
    print(
        "\n%s tracked objects, %s in all, a file of %.0f MB; one scan of its integers takes %.3f CPU seconds\n"
        % (format(built["tracked"], ","), format(in_file, ","), os.path.getsize(snap) / 1e6, scan)
    )
    print("| | CPU seconds | × scan | ns per object | peak memory |\n|---|---:|---:|---:|---:|", flush=True)
    taken = {name: [] for name in commands}
    for _ in range(arguments.runs):  # in turn, so that a busy moment of the machine is nobody's alone
        for name, command in commands.items():
            taken[name].append(run(command))
    indexed = {"%s, through the index" % name: commands[name] for name in INDEXED if name in commands}
    if indexed:
        index = snap + ".heapgraph"
        taken["index"] = [run([arguments.tool, "index", snap], has_index=True)]
        size = os.path.getsize(index)
        for name, command in indexed.items():
            taken[name] = [run(command, has_index=True) for _ in range(arguments.runs)]
    per_object = {}
    for name, runs in taken.items():
        cpu, peak = (statistics.median(column) for column in zip(*runs))
        per_object[name] = cpu / in_file * 1e9
        print("| %s | %.3f | %.1f | %.0f | %.0f MiB |" % (name, cpu, cpu / scan, per_object[name], peak))
    if indexed:
        print("\nThe index has %.0f MB, %.2f times the snapshot." % (size / 1e6, size / os.path.getsize(snap)))
    for peer, answer in built["peers"].items():
        if isinstance(answer, float):
            print(
                "| %s, within the process | %.3f | %.1f | %.0f | |"
                % (peer, answer, answer / scan, answer / in_file * 1e9)
            )
        else:
            print("\n%s is left out: %s" % (peer, answer))
    return per_object


def main():
    if sys.argv[1:2] == ["--build"]:
        return build(sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    number = lambda text: int(float(text))  # noqa: E731
    parser.add_argument("--objects", type=number, nargs="+", default=[100_000, 1_000_000], metavar="N")
    parser.add_argument("--heap", default=os.path.join(HERE, "heap.py"), help="a module whose build(N) makes the heap")
    parser.add_argument("--tool", default=os.path.join(HOUSE, "target", "release", "heapgraph"))
    parser.add_argument("--only", nargs="+", choices=COMMANDS, metavar="WORD", help="these commands alone")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--forms", action="store_true", help="what each form of the file costs, instead")
    arguments = parser.parse_args()
    sizes = {}
    for objects in arguments.objects:
        with tempfile.TemporaryDirectory() as folder:
            if arguments.forms:
                measure_forms(objects, folder, arguments)
            else:
                sizes[objects] = measure(objects, folder, arguments)
    for smaller, larger in zip(sizes, list(sizes)[1:]):
        print("\nTime for each object, from %s to %s tracked objects:\n" % (format(smaller, ","), format(larger, ",")))
        print("| | ns per object | then | growth |\n|---|---:|---:|---:|")
        for name in (name for name in sizes[smaller] if name in sizes[larger]):
            before, after = sizes[smaller][name], sizes[larger][name]
            print("| %s | %.0f | %.0f | %.2f |" % (name, before, after, after / before))
    return None


if __name__ == "__main__":
    sys.exit(main())
