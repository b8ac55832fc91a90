#!/usr/bin/env python3
"""Writes table.rs: what generate.c says about the CPython versions it is compiled for.

    generate.py PYTHON...             write the columns of these interpreters, keep the others
    generate.py --check PYTHON...     write nothing; print how they differ from the table, and fail if the very release
                                      that a column was made of does

    --without-gil                     read the headers of what follows as a build without the GIL has them (3.13 on)

PYTHON is an interpreter whose headers are installed (`include/python3.X/internal` too), or a folder of headers with
`Python.h` and `pyconfig.h`. A C compiler is needed: `cc`, or the one that the variable CC names.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(HERE, "table.rs")
NAMED = re.compile(r"((?:[^`(;.]|`[^`]*`)+?)(?: \(([^)]*)\))?(; |\.)")  # as `describe` writes it
MADE_OF = "// made of: "
HEAD = """\
//! The numbers: one line for each field, one column for each version; `-`: not there in that version.
//!
//! Written by generate.py out of generate.c: change that, not this.

"""


def headers(python):
    """The folder of an interpreter's headers."""
    if os.path.isdir(python):
        return python
    code = "import sysconfig; print(sysconfig.get_path('include'))"
    return subprocess.run([python, "-c", code], check=True, stdout=subprocess.PIPE).stdout.decode().strip()


def listing(python, without_gil):
    """What generate.c prints for one interpreter: version, release, [(struct, text, [(field, value, name, notes)])]."""
    include = headers(python)
    if not os.path.isdir(os.path.join(include, "internal")):
        raise SystemExit("%s: no headers in %s" % (python, include))
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "generate")
        compiler = shlex.split(os.environ.get("CC", "cc"))
        subprocess.run(
            compiler
            + [
                "-w",
                "-std=gnu11",
                *(["-DPy_GIL_DISABLED=1"] if without_gil else []),
                "-I",
                include,
                "-I",
                os.path.join(include, "internal"),
                "-I",
                os.path.dirname(include),  # Debian's pyconfig.h refers to it
                os.path.join(HERE, "generate.c"),
                "-o",
                program,
            ],
            check=True,
        )
        printed = subprocess.run([program], check=True, stdout=subprocess.PIPE).stdout.decode()
    version, release, structs = None, None, []
    for line in printed.splitlines():
        word, _, rest = line.partition(" ")
        if word == "version":
            version, release = rest.split()
        elif word == "struct":
            structs.append((*rest.split(" ", 1), []))
        elif word == "field":
            field, value, *name = rest.split(" ", 2)
            structs[-1][2].append((field, value, name[0] if name else None, []))
        elif word == "note":
            structs[-1][2][-1][3].append(rest)
    return version, release, structs


def order(version):
    """Sorts 3.9 before 3.10, and builds without the GIL (`3.13t`) last."""
    return version.endswith("t"), [int(part) for part in version.rstrip("t").split(".")]


def read_table():
    """The table as it is: {version: release} and {(struct, field): ({version: value}, {version: name})}."""
    versions, releases, cells, struct, doc = [], {}, {}, None, ""
    if not os.path.exists(TABLE):
        return releases, cells
    with open(TABLE) as file:
        text = file.read()
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("versions:"):
            versions = line.split()[1:]
        elif line.startswith(MADE_OF):
            releases = dict(zip(versions, line[len(MADE_OF) :].split()))
        elif line.startswith("///"):
            doc = (doc + " " + line[3:].strip()).strip()
        elif re.match(r"\w+: \w+ \{$", line):
            struct, doc = line.split(":")[0], ""
        elif struct and re.match(r"\w+ ", line):
            field, *values = line.split()
            present = dict(zip(versions, values))
            names = {}
            for found in NAMED.finditer(doc):
                for version in versions:
                    if present[version] != "-" and version not in names and within(version, found[2]):
                        names[version] = found[1]
                if found[3] == ".":
                    break
            cells[struct, field], doc = (present, names), ""
    return releases, cells


def within(version, span):
    """Does a span such as `to 3.10`, `3.11 and 3.12` or `from 3.13 on` have this version?"""
    if not span or span == "without the GIL":
        return version.endswith("t") or not span
    number, ends = order(version)[1], [order(v)[1] for v in re.findall(r"[\d.]*\d", span)]
    if span.startswith("to "):
        return number <= ends[0]
    if span.startswith("from "):
        return number >= ends[0]
    return ends[0] <= number <= ends[-1]


def span(some, everything):
    """Tells some successive versions of all of them in words; nothing when they are all."""
    if some == everything:
        return ""
    if some[0] == everything[0]:
        return " (to %s)" % some[-1]
    if some[-1] == everything[-1]:
        return " (from %s on)" % some[0]
    if len(some) == 1:
        return " (%s)" % some[0]
    return " (%s %s %s)" % (some[0], "and" if len(some) == 2 else "to", some[-1])


def describe(names, everything):
    """`Offset of `a` (to 3.11); Offset of `b` (from 3.12 on)` out of the name in each version."""
    runs = []
    for version in everything:
        name = names.get(version)
        if name and runs and runs[-1] and runs[-1][0] == name:
            runs[-1][1].append(version)
        else:
            runs.append((name, [version]) if name else None)
    if not any(runs):
        return next(iter(names.values())) + " (without the GIL)."
    return "; ".join(run[0] + span(run[1], everything) for run in runs if run) + "."


def write(columns):
    """Writes the table with these columns in place of the old ones."""
    old, cells = read_table()
    versions = sorted({*old, *columns}, key=order)
    plain = [v for v in versions if not v.endswith("t")] or versions
    newest = columns[max(columns, key=order)][1]
    releases = {**old, **{version: release for version, (release, _) in columns.items()}}
    lines = [
        "layouts! {",
        "    versions: " + " ".join(versions),
        "    " + MADE_OF + " ".join(releases[v] for v in versions),
    ]
    for struct, text, fields in newest:
        start = len(lines)
        lines += ["", *textwrap.wrap(text, 120, initial_indent="    /// ", subsequent_indent="    /// ")]
        title = "".join(part.title() for part in struct.rstrip("_").split("_"))
        lines.append("    %s: %s {" % (struct, title))
        rows = []
        for field, _, _, notes in fields:
            present, names = cells.get((struct, field), ({}, {}))
            present, names = dict(present), dict(names)
            for version, (_, structs) in columns.items():
                value, name = next((f[1], f[2]) for s in structs if s[0] == struct for f in s[2] if f[0] == field)
                present[version], names[version] = value, name
            names = {v: name for v, name in names.items() if present.get(v, "-") != "-"}
            if not names:
                print("%s.%s is in none of these versions: left out" % (struct, field))
                continue
            doc = " | ".join([describe(names, plain), *notes])
            rows.append((doc, [field] + [present.get(v, "-") for v in versions]))
        if not rows:
            del lines[start:]
            continue
        widths = [max(len(cell) for cell in column) for column in zip(*(row for _, row in rows))]
        for doc, row in rows:
            lines += textwrap.wrap(
                doc.replace(" | ", " "), 112, initial_indent="        /// ", subsequent_indent="        /// "
            )
            cells_ = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
            lines.append("        " + row[0].ljust(widths[0]) + " " + " ".join(cells_))
        lines.append("    }")
    lines.append("}")
    with open(TABLE, "w") as file:
        file.write(HEAD + "\n".join(lines) + "\n")
    print("\n".join("%s: %s" % (v, columns[v][0]) for v in sorted(columns, key=order)))


def check(listings):
    """Prints what is not as in the table; the number of releases of which the table was made and is not right."""
    releases, cells = read_table()
    wrong = 0
    for version, release, structs in listings:
        name = release + ("t" if version.endswith("t") else "")
        if version not in releases:
            print("%s: no column in the table" % name)
            continue
        found = [((s[0], f[0]), f[1]) for s in structs for f in s[2]]
        found = [one for one in found if one[0] in cells or one[1] != "-"]
        bad = [
            "%s.%s: %s, in the table %s" % (*key, value, cells[key][0][version] if key in cells else "nothing")
            for key, value in found
            if key not in cells or cells[key][0].get(version) != value
        ]
        bad += ["%s.%s: not in generate.c" % key for key in cells if key not in dict(found)]
        same = release == releases[version]
        wrong += bool(bad) and same
        other = "" if same else " (which is of %s)" % releases[version]
        print("%s: %s" % (name, "; ".join(bad) + other if bad else "%d fields as in the table%s" % (len(found), other)))
    return wrong


def main():
    """Reads the arguments and does what they say."""
    checking, without_gil, listings = False, False, []
    for argument in sys.argv[1:]:
        if argument == "--check":
            checking = True
        elif argument == "--without-gil":
            without_gil = True
        else:
            listings.append(listing(argument, without_gil))
    if not listings:
        raise SystemExit(__doc__.strip())
    if checking:
        raise SystemExit(1 if check(listings) else 0)
    write({version: (release, structs) for version, release, structs in listings})


if __name__ == "__main__":
    main()
