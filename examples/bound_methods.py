"""Bound methods in a global list: each keeps its object alive, long after the page is closed.

`python3 bound_methods.py` writes snap.json; `heapgraph suspects` names `ON_CHANGE`.
"""

import snapshot_dumper

ON_CHANGE = []


class Page:
    def __init__(self, number):
        self.widgets = ["widget-%d-%d" % (number, place) for place in range(20)]
        ON_CHANGE.append(self.refresh)                  # the leak: nobody unsubscribes

    def refresh(self):
        return len(self.widgets)


if __name__ == "__main__":
    for number in range(500):
        Page(number)
    snapshot_dumper.dump()
