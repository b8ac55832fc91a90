#!/usr/bin/env python3
"""Join the pieces of the dumper into snapshot_dumper.py: `python3 snapshot-dumper/join.py [--check]`.

The pieces are in the order of their names, in which one would explain them: what a heap is and what its slots are
called (10 to 60), how it is written (65 to 80), how the process stays unharmed (85 to 94), what is only for
convenience (96 and later). Each uses what is defined in earlier ones. The joined file is what users copy and what the
tool contains. `--check` writes nothing; exit code 1 when the joined file is not what the pieces make.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
JOINED = HERE / "snapshot_dumper.py"
LINE = "# " + "-" * 118


def pieces():
    """The files of the pieces, in order."""
    return sorted((HERE / "pieces").glob("[0-9][0-9]_*.py"))


def joined():
    """The text that the pieces make; the first has the docstring and the imports."""
    texts = [path.read_text(encoding="utf-8").rstrip("\n") for path in pieces()]
    return ("\n\n\n%s\n" % LINE).join(texts) + "\n"


def main():
    """Returns the exit code."""
    if "--check" in sys.argv[1:]:
        same = JOINED.read_text(encoding="utf-8") == joined()
        if not same:
            print(
                "snapshot_dumper.py is not what its pieces make: run `python3 snapshot-dumper/join.py`", file=sys.stderr
            )
        return 0 if same else 1
    JOINED.write_text(joined(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
