"""What is written in the box of an object: its type, and a few words that need none of its code."""

import sys

from heapgraph import snapshot_dumper as dumper
from heapgraph._slots import literal, type_name


class _Any:
    def method(self):
        pass


# What refers to an object while it is written: its node, a variable of who writes, the call that counts.
OURS = 3
_CONTAINERS = (tuple, list, dict, set, frozenset)
_METHOD, _FRAME = type(_Any().method), type(sys._getframe())


def words(o):
    """A few words: how many items, a name, where a frame stands, a literal; else the address."""
    t = type(o)
    for container in _CONTAINERS:
        if issubclass(t, container):
            return "%d item%s" % (container.__len__(o), "" if container.__len__(o) == 1 else "s")
    text = literal(o)  # of a tuple the number of items has been told
    if text is not None:
        return text
    if issubclass(t, type):
        return type_name(o)
    if issubclass(t, dumper.ModuleType):
        return _text(dict.get(dumper.ModuleType.__dict__["__dict__"].__get__(o) or {}, "__name__")) or _address(o)
    if t is dumper.FunctionType:
        return _function(o)
    if t is _METHOD:
        function = o.__func__
        return "%s (bound)" % (_function(function) if type(function) is dumper.FunctionType else _address(function))
    if t is dumper.BuiltinFunction:
        return o.__name__
    if t is _FRAME:
        return "%s:%d" % (o.f_code.co_filename, o.f_lineno or o.f_code.co_firstlineno)
    return _address(o)


def _text(value):
    return dumper.exact_text(value) if value is not None else None


def _address(o):
    return "%#x" % id(o)


def _function(o):
    if o.__name__ == "<lambda>":
        return "lambda: %s:%d" % (o.__code__.co_filename, o.__code__.co_firstlineno)
    return "%s %s" % (_text(o.__name__) or "?", _address(o))


def refcount_of(node):
    """The references to the object of a node, without those that looking takes; as text, for some are immortal."""
    count = sys.getrefcount(node.object) - OURS
    return "immortal" if count >= dumper.IMMORTAL - OURS else str(count)


def has_finalizer(o):
    """Whether Python code runs before `o` is freed: its class has `__del__`."""
    return dumper.lookup(type(o), "__del__") is not dumper.MISSING


class Style:
    """What the caller wants to see in boxes. The callables, or None, are called with objects that are drawn alone."""

    def __init__(self, shortnames=True, refcounts=False, extra_info=None, highlight=None, extra_node_attrs=None):
        self.shortnames, self.refcounts = shortnames, refcounts
        self._extra_info, self._highlight, self._extra_node_attrs = extra_info, highlight, extra_node_attrs

    def heading(self, node):
        """The type of an object, and in brackets its reference count when that is asked for."""
        name = type_name(type(node.object), self.shortnames)
        return "%s [%s]" % (name, refcount_of(node)) if self.refcounts else name

    def extra(self, o):
        """Further lines."""
        text = self._extra_info(o) if self._extra_info is not None else None
        return str(text).split("\n") if text else []

    def is_highlighted(self, o):
        """Whether the object is to stand out."""
        return self._highlight is not None and bool(self._highlight(o))

    def attributes(self, o):
        """[(name, value)] of the attributes that DOT is to give the node, as texts, without those that are None."""
        given = self._extra_node_attrs(o) if self._extra_node_attrs is not None else None
        return sorted((str(key), str(value)) for key, value in (given or {}).items() if value is not None)
