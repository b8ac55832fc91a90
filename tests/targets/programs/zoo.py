"""One of everything, as in ../zoo.py, up to one snapshot."""

import os
import sys

import snapshot_dumper

HERE = os.path.dirname(os.path.abspath(sys.argv[1]))
with open(os.path.join(os.path.dirname(HERE), "zoo.py")) as file:
    text = file.read()
assert text.endswith("\nmain()\n"), "the zoo asks for its work in its last line"
sys.argv[1] = os.path.dirname(os.path.abspath(snapshot_dumper.__file__))
exec(compile(text[: -len("main()\n")], "zoo.py", "exec"))
snapshot_dumper.dump("snap.json")
