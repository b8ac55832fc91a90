"""A mutable default argument: one list for all calls, and it only grows.

`python3 mutable_default.py` writes snap.json; `heapgraph suspects` names `enrol`.
"""

import snapshot_dumper


class Student:
    def __init__(self, name):
        self.name = name
        self.marks = {"maths": 1, "art": 2}


def enrol(name, course=[]):                             # the leak: all courses are the same list
    course.append(Student(name))
    return len(course)


if __name__ == "__main__":
    for number in range(2000):
        enrol("student-%d" % number)
    snapshot_dumper.dump()
