"""Reference cycles of objects with a finalizer: files that are closed late, or never while the collector is off.

`python3 finalizer_cycle.py` writes snap.json; `heapgraph suspects` and `heapgraph cycles` name `Upload`.
"""

import gc

import snapshot_dumper


class Upload:
    def __init__(self, number):
        self.parts = ["part-%d-%d" % (number, place) for place in range(20)]
        self.retry = Retry(self)

    def __del__(self):
        self.parts.clear()


class Retry:
    def __init__(self, upload):
        self.upload = upload                            # the leak: the way back makes a cycle


if __name__ == "__main__":
    gc.disable()
    for number in range(500):
        Upload(number)
    snapshot_dumper.dump()
