"""A kept exception: it keeps its traceback, the traceback the frames, the frames all their local variables.

`python3 kept_exception.py` writes snap.json; `heapgraph suspects` names `FAILURES`.
"""

import snapshot_dumper

FAILURES = []


def parse(number):
    rows = ["row-%d-%d" % (number, line) for line in range(300)]
    raise ValueError("row %d is cut" % len(rows))


def import_file(number):
    try:
        parse(number)
    except ValueError as error:
        FAILURES.append(error)                          # the leak: `rows` lives as long as the error


if __name__ == "__main__":
    for number in range(50):
        import_file(number)
    snapshot_dumper.dump()
