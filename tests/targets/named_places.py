"""A program with memory at places of every kind; it prints READY and waits to be read from outside."""

import asyncio
import contextvars
import sys
import threading

REQUEST = contextvars.ContextVar("request")
LOCAL = threading.local()


class User:
    def __init__(self, number):
        self.number = number
        self.tags = ["tag %d" % number * 3]


class Slotted:
    __slots__ = ("first", "second")

    def __init__(self):
        self.first = [User(number) for number in range(50)]
        self.second = {("key", number): User(number) for number in range(50)}


class Node:
    def __init__(self, after):
        self.after = after


SLOTTED = Slotted()
CACHE = {("user", number): User(number) for number in range(100)}
SEEN = {frozenset([number]) for number in range(100)}
CHAIN = None
for _ in range(20_000):
    CHAIN = Node(CHAIN)
GARBAGE = User(1)
GARBAGE.itself = GARBAGE
GARBAGE.rows = [User(number) for number in range(50)]
FILLED = threading.Barrier(3)


def worker():
    LOCAL.buffers = [bytearray(100) for _ in range(50)]
    FILLED.wait()
    threading.Event().wait()


threading.Thread(target=worker, name="worker-3", daemon=True).start()
threading.Thread(target=worker, daemon=True).start()


async def poll():
    rows = [User(number) for number in range(50)]
    await asyncio.get_running_loop().create_future()
    return rows


async def main():
    REQUEST.set([User(number) for number in range(50)])
    task = asyncio.get_running_loop().create_task(poll())
    await asyncio.sleep(0)
    FILLED.wait()
    print("READY", flush=True)
    await asyncio.sleep(3600)
    return task


if __name__ == "__main__":
    import gc

    gc.disable()
    del GARBAGE
    sys.exit(asyncio.run(main()))
