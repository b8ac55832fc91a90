#!/usr/bin/env python3
"""Check that the program in a wheel asks for no newer C library than the name of the wheel says.

`python3 tests/front_door/symbols.py WHEEL [HIGHEST]`: prints the newest version asked for; exit code 1 when it is newer
than HIGHEST (as 2.17), by default what the wheel's name promises.
"""

import re
import sys
import zipfile

# The names that older tags have for versions of the C library.
NAMED = {"manylinux2014": (2, 17), "manylinux2010": (2, 12)}


def promised(wheel):
    """The lowest version of the C library that the name of a wheel promises to need, None when it promises none."""
    found = [tuple(map(int, pair)) for pair in re.findall(r"manylinux_(\d+)_(\d+)", wheel)]
    found += [version for name, version in NAMED.items() if name in wheel]
    return min(found) if found else None


def newest(program):
    """The newest version of the GNU C library that a program (bytes) asks for, None when it asks for none."""
    found = re.findall(rb"\x00GLIBC_(\d+)\.(\d+)(?:\.\d+)?(?=\x00)", program)
    return max(tuple(map(int, pair)) for pair in found) if found else None


def check(wheel, highest=None):
    """(whether all is well, one line that says so)."""
    name = str(wheel).rsplit("/", 1)[-1]
    with zipfile.ZipFile(str(wheel)) as archive:
        programs = [one for one in archive.namelist() if re.search(r"\.data/scripts/heapgraph(\.exe)?$", one)]
        if len(programs) != 1:
            return False, "%s: expected one program in it, found %d" % (name, len(programs))
        asked = newest(archive.read(programs[0]))
    highest = highest or promised(name)
    if asked is None or highest is None:
        return True, "%s: asks for %s version of the C library" % (
            name,
            "no" if asked is None else "GLIBC_%d.%d as" % asked,
        )
    words = "%s: asks for GLIBC_%d.%d, may ask for GLIBC_%d.%d" % ((name,) + asked + highest)
    return asked <= highest, words


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    highest = tuple(map(int, sys.argv[2].split("."))) if len(sys.argv) == 3 else None
    well, words = check(sys.argv[1], highest)
    print(words)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
