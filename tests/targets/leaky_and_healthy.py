"""Programs that leak, each in one way, and programs that are large and in order.

    python leaky_and_healthy.py NAME

Each builds its heap, then writes snap.json with the dumper. The docstring names the holder that a report must tell.
"""

import array
import asyncio
import collections
import contextvars
import functools
import logging
import re
import sys
import weakref

N = 8000


def text(number):
    return "a text of its own, number %d, long enough to count" % number


# Programs that leak.


class Session:
    def __init__(self, number):
        self.user, self.cart = text(number), [number, text(number)]


class Store:
    def __init__(self):
        self.sessions = {}


STORE = Store()


def sessions_that_never_end():
    """`__main__.STORE.sessions`"""
    for number in range(N):
        STORE.sessions["s%d" % number] = Session(number)


class Widget:
    def __init__(self, number):
        self.name, self.rows = text(number), [text(number + row) for row in range(5)]

    def redraw(self):
        return self.rows


ON_RESIZE = []


def listeners_that_stay():
    """`__main__.ON_RESIZE`"""
    for number in range(N):
        ON_RESIZE.append(Widget(number).redraw)


class Report:
    def __init__(self, number):
        self.rows = [text(number + row) for row in range(5)]

    @functools.lru_cache(maxsize=None)
    def total(self):
        return len(self.rows)


def cache_on_a_method():
    """`__main__.Report"""
    for number in range(N):
        Report(number).total()


ERRORS = []


def kept_errors():
    """`__main__.ERRORS`"""
    for number in range(N):
        payload = [text(number + row) for row in range(5)]
        try:
            raise ValueError(len(payload))
        except ValueError as error:
            ERRORS.append(error)


DONE = []


def tasks_that_are_done():
    """`__main__.DONE`"""

    async def work(number):
        return [text(number + row) for row in range(5)]

    async def run():
        for number in range(N):
            task = asyncio.ensure_future(work(number))
            DONE.append(task)
            await task

    asyncio.run(run())


CALLBACKS = {}


def closures_over_much():
    """`__main__.CALLBACKS`"""
    for number in range(N):
        rows = [text(number + row) for row in range(5)]
        CALLBACKS[number] = lambda rows=rows: rows


class Connection:
    def __init__(self, number):
        self.log = logging.getLogger("gateway.connection-%d" % number)
        self.log.addHandler(logging.NullHandler())


def a_logger_for_each_connection():
    """`logging.Logger.manager.loggerDict`"""
    for number in range(N):
        Connection(number)


def finalizers_of_what_stays():
    """`weakref.finalize._registry`"""
    for number in range(N):
        weakref.finalize(Session, len, text(number))


OWNERS = weakref.WeakKeyDictionary()


class Node:
    def __init__(self, number):
        self.name = text(number)


def values_that_hold_their_key():
    """`__main__.OWNERS"""
    for number in range(N):
        node = Node(number)
        OWNERS[node] = [node, text(number)]


def remember(number, seen=[]):  # noqa: B006: that is the leak
    seen.append(Session(number))


def a_default_that_grows():
    """`__main__.remember"""
    for number in range(N):
        remember(number)


class Step:
    def __init__(self, before, number):
        self.before, self.what = before, text(number)


def a_history_without_an_end():
    """`__main__.LAST`"""
    global LAST
    LAST = None
    for number in range(N):
        LAST = Step(LAST, number)


class Plugin:
    instances = []

    def __init__(self, number):
        self.name = text(number)
        self.instances.append(self)


def a_registry_of_a_class():
    """`__main__.Plugin.instances`"""
    for number in range(N):
        Plugin(number)


JOURNAL = collections.deque()


def records_of_requests():
    """`__main__.JOURNAL`"""
    for number in range(N):
        JOURNAL.append({"session": Session(number), "path": text(number)})


STREAMS = set()


def generators_that_wait():
    """`__main__.STREAMS`"""

    def stream(number):
        rows = [text(number + row) for row in range(5)]
        yield from rows

    for number in range(N):
        one = stream(number)
        next(one)
        STREAMS.add(one)


# Programs that are large and in order.

INDEX = {}


def an_index():
    """`__main__.INDEX`"""
    for number in range(N):
        INDEX[text(number)] = [number, number + 1, number + 2]


SETTINGS = {}


def a_tree_of_settings():
    """`__main__.SETTINGS`"""
    for section in range(60):
        SETTINGS["section %d" % section] = {
            "option %d" % option: {"value": text(option), "choices": [text(option + 1), text(option + 2)]}
            for option in range(60)
        }


ROUTES = []


def regular_expressions():
    """`__main__.ROUTES`"""
    for number in range(3000):
        ROUTES.append(re.compile(r"/v%d/(?P<user>\w+)/(?P<item>\d+)$" % number))


def a_table_of_numbers():
    """`__main__.NUMBERS`"""
    global NUMBERS
    NUMBERS = [number + 0.5 for number in range(20 * N)]


def a_large_buffer():
    """`__main__.BUFFER`"""
    global BUFFER
    BUFFER = array.array("d", bytes(8 * 20 * N))


def a_document():
    """`__main__.DOCUMENT`"""
    global DOCUMENT
    DOCUMENT = [{"id": number, "name": text(number), "tags": [text(number + 1)]} for number in range(N)]


def a_set_of_words():
    """`__main__.WORDS`"""
    global WORDS
    WORDS = {text(number) for number in range(3 * N)}


RECENT = collections.deque(maxlen=N)


def rows_of_a_table():
    """`__main__.RECENT`"""
    for number in range(3 * N):
        RECENT.append((number, text(number), number * 1.5))


LEAKY = [
    sessions_that_never_end, listeners_that_stay, cache_on_a_method, kept_errors, tasks_that_are_done, closures_over_much,
    a_logger_for_each_connection, finalizers_of_what_stays, values_that_hold_their_key, a_default_that_grows,
    a_history_without_an_end, a_registry_of_a_class, records_of_requests, generators_that_wait,
]
HEALTHY = [
    an_index, a_tree_of_settings, regular_expressions, a_table_of_numbers, a_large_buffer, a_document, a_set_of_words,
    rows_of_a_table,
]

if __name__ == "__main__":
    if len(sys.argv) == 1:
        for kind, programs in [("leaky", LEAKY), ("healthy", HEALTHY)]:
            for program in programs:
                print(kind, program.__name__, program.__doc__)
    else:
        globals()[sys.argv[1]]()
        import snapshot_dumper

        snapshot_dumper.dump("snap.json")
