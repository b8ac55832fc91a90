"""Objects that keep a function which closes over them: cycles that only the collector can free, and it is off.

`python3 closure_over_self.py` writes snap.json; `heapgraph suspects` names `CONNECTIONS`.
"""

import gc

import snapshot_dumper

CONNECTIONS = {}


class Connection:
    def __init__(self, number):
        self.buffer = ["line %d" % line for line in range(20)]
        self.on_data = lambda data: self.buffer.append(data)    # self → on_data → cell → self


if __name__ == "__main__":
    gc.disable()                                        # as some services do, to have no pauses
    for number in range(500):
        CONNECTIONS[number % 250] = Connection(number)  # the connection before is done with, and stays: garbage
    snapshot_dumper.dump()
