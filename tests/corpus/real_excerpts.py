#!/usr/bin/env python3
"""Take the real excerpts of the corpus anew: heaps of real programs, dumped and cut out by heapgraph itself.

    cargo build --release && python3 tests/corpus/real_excerpts.py

Programs are those of examples/ and `library_program.py`, which loads and uses much of the standard library. Each case
is drawn as JSON and kept without the facts of tooltips, addresses and notes, which no layout depends on. The files of
`real/` are rewritten; their addresses, and with them the order of some boxes, change from run to run.
"""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.path.join(ROOT, "target", "release", "heapgraph")
LIBRARY = os.path.join(HERE, "library_program.py")

# Name, program (of examples/, or the library program), command, type of the target, further options.
CASES = [
    ("cache_session", "leaky_cache", "backrefs", "Session", ""),
    ("cache_shop", "leaky_cache", "refs", "Shop", ""),
    ("cache_sessions_apart", "leaky_cache", "refs", "Shop", "--no-fold --max-nodes 150 --too-many 60 --depth 4"),
    ("tasks", "finished_tasks", "backrefs", "Task", ""),
    ("tasks_apart", "finished_tasks", "refs", "Task", "--no-fold --max-nodes 70 --depth 6"),
    ("closure", "closure_over_self", "backrefs", "Connection", "--expand --no-fold --depth 5"),
    ("default_argument", "mutable_default", "backrefs", "Student", ""),
    ("bound_methods", "bound_methods", "backrefs", "Page", "--no-fold --expand --depth 4"),
    ("exception", "kept_exception", "refs", "traceback", "--no-fold --depth 5"),
    ("lru_cache", "unbounded_lru_cache", "backrefs", "functools._lru_cache_wrapper", "--expand"),
    ("library_loop", "library", "backrefs", "asyncio.*EventLoop", "--depth 3"),
    (
        "library_loop_apart",
        "library",
        "refs",
        "asyncio.*EventLoop",
        "--no-fold --max-nodes 150 --too-many 30 --depth 4",
    ),
    ("library_task", "library", "backrefs", "Task", "--no-fold --max-nodes 40"),
    ("library_message", "library", "refs", "EmailMessage", "--no-fold --max-nodes 100 --depth 5"),
    ("library_document", "library", "refs", "Document", "--no-fold --max-nodes 300 --too-many 40 --depth 8"),
    ("library_element", "library", "backrefs", "xml.dom.minidom.Element", "--no-fold --max-nodes 30 --depth 4"),
    ("library_connection", "library", "backrefs", "sqlite3.Connection", ""),
    ("library_logger", "library", "backrefs", "logging.RootLogger", "--no-fold --max-nodes 60 --too-many 40"),
    ("library_logger_tree", "library", "refs", "logging.Manager", "--no-fold --max-nodes 150 --too-many 60 --depth 4"),
    ("library_server", "library", "backrefs", "HTTPServer", "--expand --max-nodes 100"),
    ("library_parser", "library", "refs", "ArgumentParser", "--no-fold --max-nodes 430 --too-many 60 --depth 7"),
    ("library_pool", "library", "refs", "ThreadPoolExecutor", "--no-fold --max-nodes 30 --depth 4"),
    ("library_classes", "library", "backrefs", "abc.ABCMeta", "--all --no-fold --max-nodes 500 --too-many 6 --depth 2"),
    ("library_tree", "library", "refs", "Folder", "--no-fold --max-nodes 500 --too-many 80 --depth 12"),
    (
        "library_tree_backwards",
        "library",
        "backrefs",
        "Leaf",
        "--all --no-fold --max-nodes 500 --too-many 80 --depth 12",
    ),
]


def dumped(program, folder):
    """The snapshot that a program leaves behind."""
    path = LIBRARY if program == "library" else os.path.join(ROOT, "examples", program + ".py")
    environment = dict(os.environ, PYTHONPATH=os.path.join(ROOT, "snapshot-dumper"), PYTHONHASHSEED="0")
    subprocess.run([sys.executable, path], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return next(
        path for path in (os.path.join(folder, name) for name in ("after.json", "snap.json")) if os.path.exists(path)
    )


def run(*arguments):
    """What heapgraph prints; None when it asks for a choice between several objects."""
    ran = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)
    if ran.returncode == 2 and "pick one" in ran.stderr:
        return None
    if ran.returncode:
        raise SystemExit("%s\n%s" % (" ".join(arguments), ran.stderr))
    return ran.stdout


def small(diagram):
    """Only what a layout sees, boxes and arrows as short lists."""
    return {
        "title": diagram["title"],
        "target_end": diagram["target_end"],
        "boxes": [
            [box["role"], box["heading"], box["lines"], box["distance"], box["objects"], box["root"]]
            for box in diagram["boxes"]
        ],
        "arrows": [
            [arrow["from"], arrow["to"], arrow["labels"], arrow["unnamed_more"], arrow["weak"], arrow["emphasised"]]
            for arrow in diagram["arrows"]
        ],
    }


def main():
    snapshots = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, program, command, target, options in CASES:
            if program not in snapshots:
                place = os.path.join(folder, program)
                os.mkdir(place)
                snapshots[program] = dumped(program, place)
            drawn = os.path.join(folder, "drawn.json")
            drawing = [*options.split(), "-o", drawn]
            if run(command, snapshots[program], "--type", target, *drawing) is None:
                # Several objects of the type: the one in the middle.
                listed = run(command, snapshots[program], "--type", target, "--limit", "0", "--format", "json")
                rows = json.loads(listed)["rows"]
                run(command, snapshots[program], "--id", rows[len(rows) // 2]["address"], *drawing)
            with open(drawn) as file:
                diagram = small(json.load(file))
            with open(os.path.join(HERE, "real", name + ".json"), "w") as file:
                json.dump(diagram, file, separators=(",", ":"), ensure_ascii=True)
                file.write("\n")
            print("%-26s %4d boxes %5d arrows" % (name, len(diagram["boxes"]), len(diagram["arrows"])))


if __name__ == "__main__":
    main()
