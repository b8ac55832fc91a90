"""A class with __del__ in a reference cycle: nothing leads to it any more, and only the collector can free it."""
import gc

import snapshot_dumper


class Connection:
    def __init__(self, pool):
        self.pool = pool
        self.buffer = bytearray(1000)

    def __del__(self):
        self.pool.closed += 1


class Pool:
    def __init__(self):
        self.closed = 0
        self.connections = [Connection(self), Connection(self)]


gc.disable()
pool = Pool()
wanted = hex(id(pool.connections[0]))
del pool
snapshot_dumper.dump("snap.json")
print(wanted)
