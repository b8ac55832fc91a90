"""`python -m heapgraph`: the program `heapgraph` in the place of this process."""

import os
import sys

from heapgraph._binary import find
from heapgraph._errors import BinaryNotFound


def main():
    """Become the program; on Windows start it, and end as it does. Never returns."""
    try:
        program = find()
    except BinaryNotFound as error:
        sys.exit("heapgraph: error: %s" % error)
    arguments = [program, *sys.argv[1:]]
    if os.name == "nt":
        import subprocess

        sys.exit(subprocess.call(arguments))
    os.execv(program, arguments)


if __name__ == "__main__":
    main()
