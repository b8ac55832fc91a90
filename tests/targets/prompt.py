"""Types at the prompt of pdb, on a terminal, as a user would; prints `id(x)` of each of three programs.

Snapshots: module.json, taken at a prompt in a module, function.json, at one in a function, and without.json, without any.
"""

import os
import pty
import re
import subprocess
import sys

EXAMPLE = 'x = [1]\ny = [x, [x], {"a": x}]\n'
DUMP = 'import snapshot_dumper\nsnapshot_dumper.dump("%s.json")\nprint("x is", hex(id(x)))\n'


def run(name, source, lines):
    """Runs a program on a terminal; types each line when the prompt comes. Returns `id(x)`."""
    with open(name + ".py", "w") as file:
        file.write(source)
    terminal, other_end = pty.openpty()
    program = subprocess.Popen([sys.executable, name + ".py"], stdin=other_end, stdout=other_end, stderr=other_end)
    os.close(other_end)
    seen, lines = "", list(lines)
    while True:
        try:
            read = os.read(terminal, 4096)
        except OSError:  # the other end is closed: the program has ended
            break
        if not read:
            break
        seen += read.decode()
        if lines and seen.count("(Pdb) ") > 0:
            before, _, seen_after = seen.rpartition("(Pdb) ")
            if not seen_after:
                os.write(terminal, lines.pop(0).encode() + b"\n")
                history.append(before)
                seen = ""
    program.wait()
    os.close(terminal)
    return re.search("x is (0x[0-9a-f]+)", "".join(history) + seen).group(1)


history = []
for name, source, at_prompt in [
    ("module", EXAMPLE + "import pdb; pdb.set_trace()\n", True),
    (
        "function",
        "def function():\n"
        + "".join("    %s\n" % line for line in EXAMPLE.splitlines())
        + "    import pdb; pdb.set_trace()\n    return x\nfunction()\n",
        True,
    ),
    ("without", EXAMPLE + DUMP % "without", False),
]:
    history.clear()
    print(run(name, source, (DUMP % name).splitlines() + ["c"] if at_prompt else []))
