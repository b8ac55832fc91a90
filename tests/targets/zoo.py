"""One of everything: builtin types, those of the standard library, coroutines, tasks, threads.

    python zoo.py FOLDER_OF_THE_DUMPER

Prints a line when all is there. A line on stdin is a file to which it writes its own snapshot, and is answered with a line.
"""

import argparse
import array
import asyncio
import collections
import contextvars
import csv
import ctypes
import dataclasses
import datetime
import decimal
import email.message
import enum
import fractions
import functools
import gc
import heapq
import io
import itertools
import json
import logging
import operator
import os
import pickle
import queue
import random
import re
import socket
import sqlite3
import string
import struct
import sys
import tempfile
import threading
import types
import typing
import unittest.mock
import uuid
import weakref
import xml.etree.ElementTree as tree
import zlib

sys.path.insert(0, sys.argv[1])
import snapshot_dumper

VERSION = sys.version_info


class Plain:
    shared = ["of the class"]

    def __init__(self, number):
        self.number = number
        self.name = "plain %d" % number
        self.row = [number]

    def method(self):
        return self.row

    @property
    def as_property(self):
        return self.row

    @classmethod
    def of_class(cls):
        return cls

    @staticmethod
    def static():
        return None


class Slotted:
    __slots__ = ("first", "second", "__weakref__")

    def __init__(self):
        self.first = []
        self.second = {}


class BelowSlotted(Slotted):
    __slots__ = ("third", "__dict__")


class MyTuple(tuple):
    pass


class MyList(list):
    pass


class MyDict(dict):
    pass


class MyInt(int):
    pass


class MyText(str):
    pass


class MyBytes(bytes):
    pass


class MySet(set):
    pass


class MyFloat(float):
    pass


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    pass


class Generic(typing.Generic[typing.TypeVar("T")]):
    pass


class Colour(enum.Enum):
    RED = [1]
    GREEN = [2]


class Flags(enum.IntFlag):
    A = 1
    B = 2


@dataclasses.dataclass
class Data:
    number: int
    row: list


class Row(typing.NamedTuple):
    first: int
    second: list


plain = [Plain(number) for number in range(500)]
for one in plain[:50]:
    one.__dict__
for one in plain[50:80]:
    one.late = [one.number]
for one in plain[80:90]:
    del one.row
slotted = [Slotted() for _ in range(5)] + [BelowSlotted() for _ in range(5)]
slotted[-1].other = [1]
derived = [MyTuple((1, [2])), MyList([1, [2]]), MyDict(a=[1]), MyInt(5), MyInt(2**80), MyText("x"), MyBytes(b"abcdefghi")]
derived += [MySet([1, 2]), MyFloat(1.5), MyTuple(), MyInt(0), MyBytes(b"")]
for one in derived:
    one.attribute = [type(one).__name__]
others = [WithMeta(), Generic(), Generic[int], Colour.RED, Flags.A | Flags.B, Data(1, [2]), Row(1, [2])]

deque = collections.deque(range(1000, 1200))
deque.rotate(7)
bounded = collections.deque([[1], [2], [3]], maxlen=2)
ordered = collections.OrderedDict(a=[1], b=[2])
ordered.move_to_end("a")
default = collections.defaultdict(list, x=[1])
counter = collections.Counter("abracadabra")
chain = collections.ChainMap({"a": [1]}, {"b": [2]})
point = collections.namedtuple("Point", "x y")([1], {2})
dictionaries = [
    {},
    {1: [1], "two": [2], (3, 4): [5]},
    {"only": None, "texts": None},
    dict.fromkeys(range(300)),
    {number: str(number) for number in range(100)},
]
for key in range(50):
    del dictionaries[4][key]
sets = [set(), {1, "two", (3,)}, frozenset([4, (5, 6)]), set(range(300))]
for member in range(100):
    sets[3].discard(member)


@functools.lru_cache(None)
def cached(argument):
    return [argument]


@functools.lru_cache(5)
def bounded_cache(argument, *, keyword=None):
    return [argument]


for argument in range(20):
    cached(argument)
    bounded_cache(argument, keyword="k")
partial = functools.partial(cached, [1], keyword=[2])
single = functools.singledispatch(lambda argument: argument)
single.register(int, lambda argument: [argument])
ordering = functools.cmp_to_key(lambda first, second: 0)([1])


class Prepared:
    @functools.cached_property
    def value(self):
        return [1]


prepared = Prepared()
prepared.value


def generate(held):
    row = [held]
    try:
        yield row
    finally:
        row.clear()


def delegate(held):
    yield from generate(held)


generators = [generate([number]) for number in range(5)] + [delegate([6]), (part for part in [[1], [2]])]
for one in generators[:6]:
    next(one)
next(generators[6])
finished = generate(1)
list(finished)


class Suspended:
    def __await__(self):
        yield 1


async def coroutine(held):
    kept = held
    await Suspended()
    return kept


async def asynchronous(held):
    kept = held
    await Suspended()
    yield kept


coroutines = [coroutine([number]) for number in range(3)]
for one in coroutines[:2]:
    one.send(None)
async_generator = asynchronous([1])
step = async_generator.asend(None)
step.send(None)


def outer():
    first = [1]
    second = 2

    def inner(argument=[3], *, keyword=[4]) -> list:
        return first, second

    inner.attribute = [5]
    return inner


closure = outer()
annotated = types.FunctionType(closure.__code__, globals(), "annotated", (), closure.__closure__)

weak = [weakref.ref(one) for one in plain[:10]] + [weakref.ref(plain[0], print), weakref.proxy(plain[1])]
weak += [weakref.WeakValueDictionary(a=plain[2]), weakref.WeakSet(plain[3:5]), weakref.WeakKeyDictionary({plain[6]: [1]})]
weak += [weakref.WeakMethod(plain[7].method)]
finalizer = weakref.finalize(plain[8], print, [1], end="")
gone = weakref.ref(Plain(1))

errors = []
for raising in ("1 / 0", "open('/nonexistent/x')", "{}['missing']", "import nothing_of_this_name", "b'\\xff'.decode()"):
    try:
        exec(raising)
    except Exception as error:
        errors.append(error)
try:
    try:
        raise KeyError([1])
    except KeyError as error:
        raise ValueError("x") from error
except ValueError as error:
    errors.append(error)
if VERSION >= (3, 11):
    errors.append(ExceptionGroup("several", [ValueError(1), KeyError([2])]))
    errors[0].add_note("a note")

iterators = [
    iter([1, [2]]), iter((1, [2])), iter({1: [2]}.items()), iter({1: 2}), iter({1}), iter("text"), iter(b"bytes"),
    iter(range(10)), iter(lambda: 1, 2), zip([1], [2]), map(print, [1]), filter(None, [1]), enumerate([1]),
    reversed([1, 2]), reversed((1, 2)), iter(collections.deque([1])),
    itertools.chain([1], [2]), itertools.count(10**20), itertools.cycle([1]), itertools.repeat([1]),
    itertools.accumulate([1]), itertools.islice([1], 1), itertools.starmap(print, []), itertools.groupby([1]),
    itertools.product([1], [2]), itertools.permutations([1, 2]), itertools.combinations([1, 2], 1),
    itertools.takewhile(bool, [1]), itertools.zip_longest([1], [2], fillvalue=[3]), *itertools.tee([1], 2),
]
views = [{1: 2}.keys(), {1: 2}.values(), {1: 2}.items(), types.MappingProxyType({"a": [1]}), memoryview(bytearray(9))]
callables = [
    operator.itemgetter("a"), operator.itemgetter(1, "b"), operator.attrgetter("a.b"), operator.methodcaller("f", [1], k=2),
    [].append, "".join, len, int.__add__, (5).__add__, MyList.append, Plain.method, plain[0].method, Plain.of_class,
    property(len, doc="x"), classmethod(len), staticmethod(len), super(MyList, derived[1]), str.maketrans, dict.fromkeys,
    type.__dict__["__dict__"], Slotted.first, object.__init__, [].__iter__, functools.reduce, types.MethodType(print, [1]),
]
values = [
    1.5, complex(1, 2), 2**200, "ünïcode", "\u4e2d\u6587", "\U0001f600", b"bytes", bytearray(b"x" * 300), range(10**20, 10**21),
    slice([1], 2, 3), decimal.Decimal("1.5"), fractions.Fraction(1, 3), decimal.getcontext(), uuid.UUID(int=5),
    datetime.datetime.now(datetime.timezone.utc), datetime.timezone(datetime.timedelta(hours=1), "X"), datetime.date(2000, 1, 1),
    datetime.time(1, tzinfo=datetime.timezone.utc), datetime.timedelta(1), types.SimpleNamespace(a=[1]), Ellipsis, NotImplemented,
    array.array("d", range(100)), array.array("u" if VERSION < (3, 13) else "w", "abc"), struct.Struct("ii"), random.Random(1),
    re.compile("a(?P<name>b)c"), re.compile("a(b)c").match("abc"), re.compile(b"x").scanner(b"x"), os.stat("/"),
    io.BytesIO(b"x" * 1000), io.StringIO("abc"), io.TextIOWrapper(io.BytesIO()), io.BufferedRandom(io.BytesIO()),
    tempfile.TemporaryFile(), tempfile.SpooledTemporaryFile(), zlib.compressobj(), zlib.decompressobj(),
    json.JSONDecoder(), json.JSONEncoder(), pickle.Pickler(io.BytesIO()), pickle.Unpickler(io.BytesIO()),
    csv.writer(io.StringIO()), csv.reader([]), string.Template("$x"), queue.Queue(), queue.SimpleQueue(),
    logging.getLogger("zoo.of.all"), logging.StreamHandler(), argparse.ArgumentParser(prog="zoo"), email.message.Message(),
    unittest.mock.MagicMock(), typing.List[int], typing.Optional[int], typing.Dict[str, Plain], typing.TypeVar("T"),
    sys.flags, sys.version_info, types.ModuleType("made", "doc"), types.CodeType, compile("a + b", "made", "eval"),
]
if VERSION >= (3, 9):
    values += [list[int], dict[str, Plain]]
if VERSION >= (3, 10):
    values += [int | str]
if VERSION >= (3, 12):
    exec("type Alias[T] = list[T]\ndef generic[T](argument: T) -> T: return argument")
heapq.heappush(heap := [], (1, [2]))
sockets = socket.socketpair()

element = tree.fromstring("<a x='1'><b>t</b><c/><d/><e/><f/><g/>tail</a>")
parser = tree.XMLPullParser()
parser.feed("<a><b/>")
builder = tree.TreeBuilder()
builder.start("a", {"k": "v"})

database = sqlite3.connect(":memory:")
database.create_function("own", 1, lambda argument: argument)
database.row_factory = sqlite3.Row
cursor = database.execute("select 1 as one")
row = cursor.fetchone()


class Structure(ctypes.Structure):
    _fields_ = [("number", ctypes.c_int), ("object", ctypes.py_object), ("text", ctypes.c_char_p)]


native = [
    ctypes.c_int(5), (ctypes.c_char * 100)(), ctypes.py_object([1]), ctypes.pointer(ctypes.c_int(1)), Structure(1, [2], b"x"),
    ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1), ctypes.CDLL(None).getpid, ctypes.create_string_buffer(b"abc"),
]

variable = contextvars.ContextVar("variable", default=[1])
token = variable.set([2])
variables = [contextvars.ContextVar("v%d" % number) for number in range(40)]
for one in variables:
    one.set([one.name])
context = contextvars.copy_context()

# Threads, in all their ways to wait.

local = threading.local()
local.row = [1]
locks = [threading.Lock(), threading.RLock(), threading.Condition(), threading.Event(), threading.Semaphore(), threading.Barrier(2)]
for_ever = threading.Event()


def thread(there, number):
    local.row = [number]
    variable.set([number])
    kept = Plain(number)
    try:
        raise ValueError([number])
    except ValueError as error:
        with locks[1] if number == 0 else io.StringIO() as entered:
            there.release()
            for_ever.wait()


there = threading.Semaphore(0)
for number in range(3):
    threading.Thread(target=thread, args=(there, number), daemon=True, name="zoo %d" % number).start()
    there.acquire()

# Tasks of an event loop that is not running now.


async def child(number):
    kept = [number]
    await asyncio.Event().wait()


async def parent(place):
    place["tasks"] = [asyncio.ensure_future(child(number)) for number in range(5)]
    place["gather"] = asyncio.gather(*place["tasks"][:2])
    place["queue"] = asyncio.Queue()
    place["lock"] = asyncio.Lock()
    place["getter"] = asyncio.ensure_future(place["queue"].get())
    place["future"] = asyncio.get_event_loop().create_future()
    place["future"].add_done_callback(place.get)
    place["later"] = asyncio.get_event_loop().call_later(1000, print, [1])
    place["shield"] = asyncio.shield(place["tasks"][3])
    place["done"] = asyncio.ensure_future(asyncio.sleep(0, [1]))
    place["failed"] = asyncio.ensure_future(failing())
    place["waiting"] = asyncio.ensure_future(asyncio.wait_for(child(9), 1000))
    for _ in range(5):
        await asyncio.sleep(0)


async def failing():
    raise ValueError([1])


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
place = {}
loop.run_until_complete(parent(place))


def main():
    """From here on nothing is made and nothing goes, but for the dump itself."""
    gc.collect()
    gc.disable()
    os.write(1, b"ready\n")
    while True:
        path = os.read(0, 1000).strip()
        if not path:
            os._exit(0)
        snapshot_dumper.dump(path.decode(), text="keys")
        os.write(1, b"fine\n")


main()
