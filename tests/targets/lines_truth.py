"""A program whose truth is known: which line has made how many bytes that are still held.

It prints `{"line": bytes}` as JSON, of its own objects by the line that made them, and is listed by `heapgraph lines`.
"""

import functools
import json
import sys
import threading

KEPT = {}
TRUTH = {}


def here():
    """The line of the caller."""
    return sys._getframe(1).f_lineno


def kept(kind):
    """What was kept under keys of a kind, and these keys."""
    return [o for key in list(KEPT) if key[0] == kind for o in (key, KEPT[key])]


class Plain:
    def __init__(self, n):
        self.number = n
        self.items = [n] * 30


def lists_in_a_loop():
    for n in range(2000):
        KEPT["list", n] = [n] * 25
    TRUTH["lists"] = here() - 1, kept("list")


def freed():
    for n in range(300):
        waste = [n] * 20000
        waste.append(bytearray(5000))
    TRUTH["freed"] = here() - 2, []


@functools.lru_cache(maxsize=None)
def cached(n):
    return "%d" % n * 40


def caches():
    made = [cached(n) for n in range(1000)]
    TRUTH["cached"] = cached.__wrapped__.__code__.co_firstlineno + 2, made


def comprehensions():
    KEPT["pairs"] = made = {n: (n, -n - 1000) for n in range(3000)}
    numbers = [n for pair in made.values() for n in pair if not -6 < n < 257]
    TRUTH["pairs"] = here() - 2, [made, *made.values(), *numbers]


def counted(n):
    for i in range(n):
        yield bytes(200 + i % 3)


def generator():
    KEPT["bytes"] = made = list(counted(2000))
    TRUTH["generated"] = here() - 5, made


def doubled(function):
    @functools.wraps(function)
    def inner(n):
        return function(n) + function(n)

    return inner


@doubled
def decorated(n):
    return [bytearray(1000) for _ in range(n)]


def in_threads():
    def work(number):
        KEPT["thread", number] = [bytearray(3000) for _ in range(100)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = kept("thread")
    TRUTH["threads"] = here() - 8, made + [o for one in made if type(one) is list for o in one]


def arrays():
    try:
        import numpy
    except ImportError:
        return
    KEPT["arrays"] = made = [numpy.zeros(5000) for _ in range(100)]
    TRUTH["arrays"] = here() - 1, made


def instances():
    KEPT["plain"] = plain = [Plain(n) for n in range(1500)]
    line = Plain.__init__.__code__.co_firstlineno + 2
    TRUTH["items"] = line, [one.items for one in plain]


def large(objects):
    """What they take in all."""
    return sum(sys.getsizeof(o) for o in objects)


lists_in_a_loop()
freed()
caches()
comprehensions()
generator()
KEPT["decorated"] = decorated(500)
TRUTH["decorated"] = decorated.__wrapped__.__code__.co_firstlineno + 2, KEPT["decorated"]
in_threads()
arrays()
instances()
json.dump({name: [line, len(objects), large(objects)] for name, (line, objects) in TRUTH.items()}, sys.stdout)
TRUTH.clear()
