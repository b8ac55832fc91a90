"""The smallest question: who holds this list? Four references do: a name, and `y` three times.

`python3 who_holds_x.py` writes snap.json and prints the command that draws the answer.
"""

import snapshot_dumper

x = [1]
y = [x, [x], {"a": x}]


if __name__ == "__main__":
    snapshot_dumper.dump()
    print("heapgraph backrefs --id %#x -o backrefs.png" % id(x))
