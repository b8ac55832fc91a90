"""Kinds of objects whose sizes are held beside what the allocator gave: an expression that makes one, `i` a number.

A kind that a version of Python, or an interpreter without numpy, does not have is skipped, and told.
"""

import sys

SETUP = r"""
import abc, argparse, array, ast, asyncio, collections, configparser, contextlib, contextvars, copy, csv, ctypes, dataclasses
import datetime, decimal, email.message, enum, fractions, functools, gc, hashlib, heapq, hmac, importlib.machinery, inspect
import io, ipaddress, itertools, json, logging, mmap, operator, os, pathlib, pickle, queue, random, re, select, selectors
import socket, sqlite3, ssl, string, struct, sys, tempfile, textwrap, threading, time, tokenize, traceback, types, typing
import unittest.mock, urllib.parse, urllib.request, uuid, weakref, xml.dom.minidom, xml.etree.ElementTree, xml.sax, zipfile
import zlib, bz2, lzma, tarfile, difflib, http.client, http.cookies, locale, gettext, calendar, shlex, optparse, cmd, sched
try:
    import numpy
except ImportError:
    pass
try:
    import zoneinfo
except ImportError:
    pass

def closing(i):
    captured = []
    return lambda: captured
def two_cells(i):
    a, b = [], i
    return lambda: (a, b)
def annotated(i):
    def f(a: int, b: str = "x", *, c: float = 1.5) -> list: return a
    return f
def documented(i):
    def f(): "what it does"
    return f
def suspended(i):
    yield i
def started(i):
    g = suspended(i); next(g)
    return g
def ended(i):
    g = suspended(i); list(g)
    return g
def many_locals(i):
    a = b = c = d = e = f = i
    yield a
    yield b, c, d, e, f
async def coroutine(i):
    return i
async def async_generator(i):
    yield i
def never_awaited(i):
    c = coroutine(i)
    return c
def failing(i):
    local = [i]
    try: raise ValueError(i)
    except ValueError as error: return error
def chained(i):
    try:
        try: raise KeyError(i)
        except KeyError: raise ValueError(i)
    except ValueError as error: return error
def frame(i):
    local = [i]
    return sys._getframe()
Pair = collections.namedtuple("Pair", "one two")
class Typed(typing.NamedTuple):
    one: int
    two: str = "x"
@dataclasses.dataclass
class Data:
    one: int
    two: int
@dataclasses.dataclass(frozen=True)
class Frozen:
    one: int
    two: int = 2
class Slotted: __slots__ = ("a", "b", "c")
class SlottedWeak: __slots__ = ("a", "__weakref__")
class SlottedDict: __slots__ = ("a", "__dict__")
class SlottedChild(Slotted): __slots__ = ("d",)
class SlottedOpen(Slotted): pass
class Empty: pass
class Plain:
    def __init__(self, i): self.a = self.b = self.c = self.d = None
class One:
    def __init__(self, i): self.a = None
class Seven:
    def __init__(self, i): self.a = self.b = self.c = self.d = self.e = self.f = self.g = None
class Twenty:
    def __init__(self, i):
        self.a = self.b = self.c = self.d = self.e = self.f = self.g = self.h = self.i = self.j = None
        self.k = self.l = self.m = self.n = self.o = self.p = self.q = self.r = self.s = self.t = None
class Forty:
    def __init__(self, i):
        for n in range(40): setattr(self, "a%d" % n, None)
class Different:
    def __init__(self, i): setattr(self, "a%d" % (i % 25), None)
class Wild:
    def __init__(self, i): setattr(self, "a%d" % i, None)
class Deleted:
    def __init__(self, i):
        self.a = self.b = self.c = None
        del self.b
class DeletedAll:
    def __init__(self, i):
        self.a = self.b = self.c = self.d = self.e = None
        del self.a, self.b, self.c, self.d, self.e
class Sometimes:
    def __init__(self, i):
        self.a = None
        if i % 3 == 0: self.b = self.c = self.d = self.e = self.f = self.g = self.h = None
class Materialised:
    def __init__(self, i): self.__dict__["a"] = names; self.b = i + 0.5
class MaterialisedAtoms:
    def __init__(self, i): self.a = self.b = self.c = None; self.__dict__
class MaterialisedOdd:
    def __init__(self, i): self.a = None; self.__dict__[i] = None
class Replaced:
    def __init__(self, i): self.a = None; self.__dict__ = {"b": None}
class Updated:
    def __init__(self, i): self.__dict__.update(a=None, b=None)
class Cleared:
    def __init__(self, i): self.a = self.b = None; self.__dict__.clear()
class Weakly:
    def __init__(self, i): self.a = None; self.w = weakref.ref(self)
class SubDict(dict): pass
class SubDictAttribute(dict):
    def __init__(self, i): self.a = None
class SubList(list): pass
class SubListAttribute(list):
    def __init__(self, i): self.a = None
class SubTuple(tuple): pass
class SubSet(set): pass
class SubFrozenset(frozenset): pass
class SubStr(str): pass
class SubInt(int): pass
class SubFloat(float): pass
class SubBytes(bytes): pass
class SubBytearray(bytearray): pass
class SubDeque(collections.deque): pass
class SubOrdered(collections.OrderedDict): pass
class SlottedTuple(tuple): __slots__ = ()
class SlottedInt(int): __slots__ = ()
class Raised(Exception): pass
class RaisedAttribute(Exception):
    def __init__(self, i): self.code = None
class Meta(type): pass
class Abstract(abc.ABC): pass
class Generic(typing.Generic[typing.TypeVar("T")]):
    def __init__(self): self.a = None
class Colour(enum.Enum): RED = 1
class Flag(enum.Flag): A = 1
class Structure(ctypes.Structure): _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_double)]
class Large(ctypes.Structure): _fields_ = [("a", ctypes.c_int * 50)]
class Union(ctypes.Union): _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_double)]
class Handler(logging.Handler): pass
class Local(threading.local): pass
class Property:
    @functools.cached_property
    def value(self): return None
    def __init__(self, i): self.value
class Method:
    def method(self): pass
class Call:
    def __call__(self): pass
def decorated(i):
    @functools.wraps(decorated)
    def f(): pass
    return f
def attributed(i):
    def f(): pass
    f.a = f.b = None
    return f
def appended(n):
    rows = []
    for k in range(n): rows.append(None)
    return rows
def popped(n):
    rows = dict.fromkeys(range(n))
    for k in range(n - 2): del rows[k]
    return rows
def extended(n):
    data = bytearray()
    for k in range(n): data.append(k)
    return data
def discarded(n):
    rows = set(range(n))
    for k in range(n - 2): rows.discard(k)
    return rows
def written(text):
    file = io.StringIO(); file.write(text); file.seek(1); file.write("z")
    return file
def accumulated(text):
    file = io.StringIO(); file.write(text); file.write(text)
    return file
def bytes_written(data):
    file = io.BytesIO(); file.write(data); file.write(data)
    return file
def thread_local(i):
    local = threading.local(); local.a = None
    return local
def released(i):
    lock = threading.Lock(); lock.acquire()
    return lock
def encoded(text):
    text.encode(); text.isidentifier()
    return text
def cached(i):
    @functools.lru_cache(maxsize=None)
    def f(n): return n
    f(i)
    return f
def bounded(i):
    @functools.lru_cache(maxsize=8)
    def f(n): return n
    f(i)
    return f
def in_context(i):
    context = contextvars.Context()
    context.run(variable.set, i)
    return context
variable = contextvars.ContextVar("variable", default=None)
zones = datetime.timezone(datetime.timedelta(hours=1), "one")
element = xml.etree.ElementTree.fromstring("<a><b c='d'>text</b></a>")
pattern, code = re.compile("(a)(b)?"), compile("x = 1", "file", "exec")
names = []
loop = asyncio.new_event_loop()
connection = sqlite3.connect(":memory:")
connection.execute("create table t (a, b)")
connection.execute("insert into t values (1, 2)")
connection.row_factory = sqlite3.Row
"""

KINDS = {
    # numbers, texts
    "int": "i | 1 << 40",
    "int large": "1 << 500 | i",
    "int negative": "-(i | 1 << 70)",
    "float": "i + 0.5",
    "complex": "complex(i, 1)",
    "str": "'text %d' % i",
    "str latin": "'tëxt %d' % i",
    "str wide": "'te\u20acxt %d' % i",
    "str astral": "'te\U0001f600xt %d' % i",
    "str encoded": "encoded('te\u20acxt %d' % i)",
    "str long": "'%d' % i * 1000",
    "bytes": "b'%d' % i",
    "bytes long": "b'%d' % i * 300",
    "bytearray": "bytearray(50)",
    "bytearray grown": "extended(100)",
    "bytearray empty": "bytearray()",
    "Fraction": "fractions.Fraction(i, 1 << 40)",
    "Decimal": "decimal.Decimal(i) / 3",
    "Decimal large": "decimal.Decimal(10 ** 400 + i)",
    # containers
    "list": "[None] * 5",
    "list empty": "[]",
    "list appended": "appended(10)",
    "list literal": "[i, None, None]",
    "list comprehension": "[None for n in range(7)]",
    "list sorted": "sorted([3, 2, 1])",
    "list of iterator": "list(iter(range(9)))",
    "list copied": "[None, None][:]",
    "list sliced": "([None] * 30)[3:20]",
    "dict": "{'a': 1, 'b': 2}",
    "dict empty": "{}",
    "dict of int": "{1: 2}",
    "dict large": "dict.fromkeys(range(100))",
    "dict deleted": "popped(100)",
    "dict copied": "{'a': 1, 'b': 2, 'c': 3}.copy()",
    "dict of pairs": "dict([('a', 1)])",
    "dict keywords": "dict(a=1, b=2, c=3)",
    "dict of nine": "{n: n for n in range(9)}",
    "dict updated": "functools.reduce(lambda d, k: d.update({k: 1}) or d, 'abcdef', {})",
    "dict fromkeys": "dict.fromkeys('abc')",
    "tuple": "tuple([None, None, None])",
    "tuple of one": "(i,)",
    "tuple long": "(i,) * 50",
    "set": "{'a', 'b'}",
    "set large": "set(range(100))",
    "set empty": "set()",
    "set discarded": "discarded(100)",
    "set of nine": "set(range(9))",
    "frozenset": "frozenset((i, 'a'))",
    "frozenset large": "frozenset(range(i, i + 50))",
    "deque": "collections.deque([i])",
    "deque long": "collections.deque([None] * 200)",
    "deque empty": "collections.deque()",
    "deque bounded": "collections.deque([None] * 200, 10)",
    "OrderedDict": "collections.OrderedDict(a=i)",
    "OrderedDict large": "collections.OrderedDict.fromkeys(range(50))",
    "defaultdict": "collections.defaultdict(list, a=1)",
    "Counter": "collections.Counter('abc')",
    "ChainMap": "collections.ChainMap({})",
    "UserDict": "collections.UserDict(a=1)",
    "UserList": "collections.UserList([1])",
    "array": "array.array('d', [1.5] * 10)",
    "array appended": "(lambda a: a.extend([1] * 3) or a)(array.array('i'))",
    "memoryview": "memoryview(b'abc')",
    "memoryview cast": "memoryview(bytes(16)).cast('i', (2, 2))",
    "range": "range(5)",
    "slice": "slice(i, None)",
    "mappingproxy": "types.MappingProxyType({})",
    "namespace": "types.SimpleNamespace(a=1, b=2)",
    "dict keys": "{}.keys()",
    "dict items": "{'a': 1}.items()",
    # subclasses of containers
    "SubDict": "SubDict(a=1)",
    "SubDictAttribute": "SubDictAttribute(i)",
    "SubList": "SubList([1, 2])",
    "SubListAttribute": "SubListAttribute(i)",
    "SubTuple": "SubTuple((i, 1))",
    "SubSet": "SubSet('ab')",
    "SubFrozenset": "SubFrozenset('ab')",
    "SubStr": "SubStr('text %d' % i)",
    "SubInt": "SubInt(i | 1 << 40)",
    "SubFloat": "SubFloat(i)",
    "SubBytes": "SubBytes(b'abc')",
    "SubBytearray": "SubBytearray(b'abc')",
    "SubDeque": "SubDeque('ab')",
    "SubOrdered": "SubOrdered(a=1)",
    "SlottedTuple": "SlottedTuple((i, 1))",
    "SlottedInt": "SlottedInt(i | 1 << 40)",
    "Pair": "Pair(1, 2)",
    "Typed": "Typed(1)",
    "stat_result": "os.stat('/')",
    "struct_time": "time.localtime()",
    # instances
    "Empty": "Empty()",
    "One": "One(i)",
    "Plain": "Plain(i)",
    "Seven": "Seven(i)",
    "Twenty": "Twenty(i)",
    "Forty": "Forty(i)",
    "Different": "Different(i)",
    "Wild": "Wild(i)",
    "Deleted": "Deleted(i)",
    "DeletedAll": "DeletedAll(i)",
    "Sometimes": "Sometimes(i)",
    "Materialised": "Materialised(i)",
    "MaterialisedAtoms": "MaterialisedAtoms(i)",
    "MaterialisedOdd": "MaterialisedOdd(i)",
    "Replaced": "Replaced(i)",
    "Updated": "Updated(i)",
    "Cleared": "Cleared(i)",
    "Weakly": "Weakly(i)",
    "Slotted": "Slotted()",
    "SlottedWeak": "SlottedWeak()",
    "SlottedDict": "SlottedDict()",
    "SlottedChild": "SlottedChild()",
    "SlottedOpen": "SlottedOpen()",
    "Data": "Data(1, 2)",
    "Frozen": "Frozen(1)",
    "Generic": "Generic()",
    "Property": "Property(i)",
    "copied": "copy.copy(pattern_of_copies)",
    "first of a class": "type('First', (Root,), {'__init__': Plain.__init__})(i)",
    # functions
    "function": "(lambda: 0)",
    "closure": "closing(i)",
    "closure of two": "two_cells(i)",
    "annotated": "annotated(i)",
    "documented": "documented(i)",
    "decorated": "decorated(i)",
    "attributed": "attributed(i)",
    "method": "Method().method",
    "built-in method": "[].append",
    "method-wrapper": "[].__len__",
    "partial": "functools.partial(print, 1)",
    "partial of keywords": "functools.partial(print, 1, sep='')",
    "lru_cache": "cached(i)",
    "lru_cache bounded": "bounded(i)",
    "staticmethod": "staticmethod(print)",
    "classmethod": "classmethod(print)",
    "property": "property(print)",
    "cached_property": "functools.cached_property(print)",
    "attrgetter": "operator.attrgetter('a', 'b.c')",
    "itemgetter": "operator.itemgetter(1, 2)",
    "methodcaller": "operator.methodcaller('a', 1)",
    "cmp_to_key": "functools.cmp_to_key(print)",
    "code": "compile('x = %d' % i, 'file', 'exec')",
    "cell": "types.CellType(i)",
    "code replaced": "code.replace(co_name='other')",
    "eval": "eval('lambda a, *, b=1: (a, b)')",
    # suspended functions, frames, exceptions
    "generator": "suspended(i)",
    "generator started": "started(i)",
    "generator ended": "ended(i)",
    "generator of many": "many_locals(i)",
    "coroutine": "never_awaited(i)",
    "async generator": "async_generator(i)",
    "generator expression": "(n for n in ())",
    "frame": "frame(i)",
    "exception": "ValueError(i)",
    "raised": "failing(i)",
    "chained": "chained(i)",
    "OSError": "OSError(2, 'message', 'file')",
    "KeyError": "KeyError('a')",
    "UnicodeDecodeError": "UnicodeDecodeError('utf8', b'abc', 1, 2, 'why')",
    "SyntaxError": "SyntaxError('why')",
    "Raised": "Raised()",
    "RaisedAttribute": "RaisedAttribute(i)",
    "StopIteration": "StopIteration(i)",
    "ImportError": "ImportError('why', name='a')",
    "ExceptionGroup": "ExceptionGroup('why', [ValueError(i)])",
    # iterators
    "iterator of list": "iter([i])",
    "iterator of range": "iter(range(5))",
    "iterator of dict": "iter({})",
    "iterator of call": "iter(print, 1)",
    "reversed": "reversed([i])",
    "enumerate": "enumerate([i])",
    "zip": "zip([i], [])",
    "map": "map(print, [])",
    "filter": "filter(None, [])",
    "chain": "itertools.chain([], [])",
    "islice": "itertools.islice([i], 1)",
    "cycle": "itertools.cycle([])",
    "repeat": "itertools.repeat(None)",
    "count": "itertools.count(0)",
    "product": "itertools.product([1], [2])",
    "combinations": "itertools.combinations('abcd', 2)",
    "permutations": "itertools.permutations('abcd', 2)",
    "groupby": "itertools.groupby([])",
    "tee": "itertools.tee([])[0]",
    "accumulate": "itertools.accumulate([])",
    "starmap": "itertools.starmap(print, [])",
    "zip_longest": "itertools.zip_longest([], [])",
    # classes, modules
    "class": "type('C', (Root,), {})",
    "class of statement": "exec('class C(Root): pass', space := {'Root': Root}) or space['C']",
    "class with slots": "type('C', (Root,), {'__slots__': ('a', 'b')})",
    "class with methods": "type('C', (Root,), {'m': print, '__doc__': 'text'})",
    "class with metaclass": "Meta('C', (Root,), {})",
    "class of abc": "abc.ABCMeta('C', (Root,), {})",
    "class child": "type('C', (type('D', (Root,), {}),), {})",
    "exception class": "type('C', (RootError,), {})",
    "dataclass class": "dataclasses.make_dataclass('D', ['a'], bases=(Root,))",
    "module": "types.ModuleType('m')",
    # weak references, threads
    "weakref": "weakref.ref(Empty(), print)",
    "proxy": "weakref.proxy(Empty(), print)",
    "WeakValueDictionary": "weakref.WeakValueDictionary()",
    "WeakKeyDictionary": "weakref.WeakKeyDictionary()",
    "WeakSet": "weakref.WeakSet()",
    "WeakMethod": "weakref.WeakMethod(Method.method.__get__(names_of))",
    "Lock": "threading.Lock()",
    "Lock acquired": "released(i)",
    "RLock": "threading.RLock()",
    "Condition": "threading.Condition()",
    "Event": "threading.Event()",
    "Semaphore": "threading.Semaphore()",
    "local": "threading.local()",
    "local used": "thread_local(i)",
    "Queue": "queue.Queue()",
    "SimpleQueue": "queue.SimpleQueue()",
    "Context": "contextvars.Context()",
    "Context used": "in_context(i)",
    "ContextVar": "contextvars.ContextVar('v')",
    "Token": "variable.set(i)",
    "Future": "asyncio.Future(loop=loop)",
    "asyncio.Queue": "asyncio.Queue()",
    "asyncio.Event": "asyncio.Event()",
    # texts and data
    "StringIO": "io.StringIO()",
    "StringIO of text": "io.StringIO('text' * 50)",
    "StringIO written": "written('text' * 50)",
    "StringIO accumulated": "accumulated('text' * 50)",
    "BytesIO": "io.BytesIO()",
    "BytesIO of bytes": "io.BytesIO(b'text' * 50)",
    "BytesIO written": "bytes_written(b'text' * 50)",
    "BufferedReader": "io.BufferedReader(io.BytesIO(), 64)",
    "TextIOWrapper": "io.TextIOWrapper(io.BytesIO())",
    "pattern": "re.sre_compile.compile('a%d(b)' % i) if hasattr(re, 'sre_compile') "
    "else re._compiler.compile('a%d(b)' % i)",
    "match": "pattern.match('ab')",
    "Struct": "struct.Struct('%di' % (i % 50))",
    "Random": "random.Random(i)",
    "sha256": "hashlib.sha256()",
    "md5": "hashlib.md5()",
    "csv.reader": "csv.reader([])",
    "date": "datetime.date(2020, 1, 1)",
    "time": "datetime.time(1)",
    "datetime": "datetime.datetime(2020, 1, 1)",
    "datetime of zone": "datetime.datetime(2020, 1, 1, tzinfo=zones)",
    "time of zone": "datetime.time(1, tzinfo=zones)",
    "datetime of UTC": "datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)",
    "timedelta": "datetime.timedelta(i + 1000)",
    "timezone": "datetime.timezone(datetime.timedelta(0, i + 1))",
    "timezone named": "datetime.timezone(datetime.timedelta(0, i + 1), 'name %d' % i)",
    "UUID": "uuid.UUID(int=i)",
    "Path": "pathlib.PurePath('/a')",
    "ParseResult": "urllib.parse.urlparse('http://a/b?c')",
    "Element": "xml.etree.ElementTree.Element('a')",
    "Element of children": "copy.deepcopy(element)",
    "Element of attributes": "xml.etree.ElementTree.Element('a', b='c')",
    "TreeBuilder": "xml.etree.ElementTree.TreeBuilder()",
    "minidom": "xml.dom.minidom.Element('a')",
    "Row": "connection.execute('select * from t').fetchone()",
    "ipaddress": "ipaddress.ip_address(i)",
    "Message": "email.message.Message()",
    "ast": "ast.Name('a')",
    "LogRecord": "logging.makeLogRecord({})",
    "Logger": "logging.Logger('a')",
    "ArgumentParser": "argparse.Namespace(a=1)",
    "Template": "string.Template('a')",
    "Enum member": "Colour(1)",
    "Flag member": "Flag(1)",
    "ZoneInfo": "zoneinfo.ZoneInfo.no_cache('UTC')",
    "SequenceMatcher": "difflib.SequenceMatcher()",
    "ConfigParser": "configparser.ConfigParser()",
    # typing, ctypes
    "TypeVar": "typing.TypeVar('T')",
    "ParamSpec": "typing.ParamSpec('P')",
    "TypeVarTuple": "typing.TypeVarTuple('Ts')",
    "GenericAlias": "list[int]",
    "UnionType": "(int | str)",
    "typing alias": "typing.List.copy_with((int,))",
    "NewType": "typing.NewType('N', int)",
    "ForwardRef": "typing.ForwardRef('a')",
    "TypeAliasType": "typing.TypeAliasType('A', int)",
    "c_int": "ctypes.c_int(i)",
    "c_char_p": "ctypes.c_char_p(b'a')",
    "ctypes array": "(ctypes.c_int * 3)()",
    "Structure": "Structure()",
    "Structure large": "Large()",
    "ctypes Union": "Union()",
    "pointer": "ctypes.pointer(ctypes.c_int(i))",
    # numpy
    "ndarray": "numpy.zeros(50)",
    "ndarray empty": "numpy.zeros(0)",
    "ndarray matrix": "numpy.zeros((5, 5))",
    "ndarray view": "numpy.zeros(50)[1:]",
    "ndarray of objects": "numpy.array([None] * 10)",
    "ndarray of records": "numpy.zeros(3, [('a', 'i8'), ('b', 'f4')])",
    "ndarray of texts": "numpy.array(['abc', 'de'])",
    "numpy.float64": "numpy.float64(i)",
    "numpy.int64": "numpy.int64(i)",
    "numpy.int8": "numpy.int8(1)",
    "numpy.bool": "numpy.array([1, 0], bool)",
    "numpy.float32": "numpy.float32(i)",
    "numpy.complex128": "numpy.complex128(i)",
    "numpy.str": "numpy.str_('text %d' % i)",
    "numpy.bytes": "numpy.bytes_(b'text %d' % i)",
    "numpy.datetime64": "numpy.datetime64('2020-01-01')",
    "numpy.timedelta64": "numpy.timedelta64(i, 's')",
    "numpy.void": "numpy.zeros(1, [('a', 'i8')])[0]",
    "numpy.longdouble": "numpy.longdouble(i)",
    "dtype": "numpy.dtype([('a', 'i8'), ('b', 'f4')])",
    "dtype of text": "numpy.dtype('U%d' % (i + 1))",
    "dtype subarray": "numpy.dtype(('f8', (2, i + 1)))",
    "flatiter": "numpy.zeros(3).flat",
    "nditer": "numpy.nditer(numpy.zeros(3))",
    "RandomState": "numpy.random.Generator(numpy.random.PCG64(1))",
    "broadcast": "numpy.broadcast([1], [2])",
    "masked array": "numpy.ma.array([1.5, 2.5])",
}

# What can't be right from within, and why; the rest must be.
KNOWN = {
    "eval": "names and kinds of a code object's variables are not reported, and to ask for them makes others",
    "dataclass class": "as for the kind eval: it has methods",
    "local": "the key of a thread-local, and what stands for it in each thread, are not reported",
    "local used": "as for the kind local",
    "ZoneInfo": "the times of its changes are in memory of the library's own",
    "nditer": "numpy keeps its state in memory of its own",
    "dtype subarray": "numpy keeps what it is made of in memory of its own",
    "broadcast": "numpy keeps its iterators in memory of its own",
    "RandomState": "numpy keeps the numbers of a generator in memory of its own",
}
if sys.version_info < (3, 12):
    KNOWN["TextIOWrapper"] = "a decoder of newlines does not report what it decodes with"
if sys.version_info < (3, 11):
    KNOWN["pattern"] = "a pattern does not report what it holds"
if sys.version_info < (3, 10):
    KNOWN.update(dict.fromkeys(("Row", "Struct", "csv.reader"), "it does not report what it holds"))
