"""What the references of one object are called: `['key']`, `[3]`, `.attr`, a cell, a local variable.

The dumper knows that of all objects of a heap; here it is asked about one at a time. Nothing of the program runs.
"""

import gc
import os
import sys

from heapgraph import _prompt
from heapgraph import snapshot_dumper as dumper

# As many names of one pair of objects are told; the others are counted.
NAMES = 4
NAME_LENGTH = 60


def type_name(t, short=True):
    """The name of a type as objgraph tells it: `__name__`, or with its module before it. No metaclass is asked."""
    name = type.__dict__["__name__"].__get__(t)
    if short:
        return name
    try:
        module = dumper.exact_text(dumper.module_of(t))
    except AttributeError:
        module = None
    return module + "." + name if module else name


def is_proper_module(o):
    """Whether `o` is a module that is in `sys.modules` under its name."""
    if not issubclass(type(o), dumper.ModuleType):
        return False
    namespace = dumper.ModuleType.__dict__["__dict__"].__get__(o) or {}
    name = dict.get(namespace, "__name__")
    return type(name) is str and sys.modules.get(name) is o


def referents(o):
    """What the collector visits in `o`; of `_asyncio` only its dictionary where it would visit freed objects."""
    if dumper.VISITS_FREED and type(o) is dumper.ModuleType and dict.get(o.__dict__, "__name__") == "_asyncio":
        return [o.__dict__]
    return gc.get_referents(o)


def literal(o):
    """A value of a built-in type as Python writes it, shortened; None for anything else: its `repr` would run."""
    t = type(o)
    if t is str or t is bytes:
        text = repr(o[:NAME_LENGTH])
        return text if len(o) <= NAME_LENGTH and len(text) <= NAME_LENGTH else text[: NAME_LENGTH - 1] + "…"
    if t is int:
        return repr(o) if o.bit_length() <= 128 else "int of %d bits" % o.bit_length()
    if o is None or id(t) in dumper.LITERALS:
        return repr(o)
    if t is tuple and len(o) <= 4:
        parts = list(map(literal, o))
        if None not in parts:
            return "(%s%s)" % (", ".join(parts), "," * (len(parts) == 1))
    return None


def key_name(key):
    """What stands between the brackets for a key of a dictionary."""
    text = literal(key)
    return text if text is not None else "%s %#x" % (type_name(type(key)), id(key))


class Namer:
    """Context manager that names references. While it is open it refers to the frames that run: close it soon."""

    def __enter__(self):
        self._state = dumper.new_state(None)
        self._state.memory = dumper.open_memory()
        self.running = _running(self._state)  # id of a frame → (frame, {id of a value: [names]})
        return self

    def __exit__(self, *error):
        if self._state.memory is not None:
            os.close(self._state.memory)
        self._state.__dict__.clear()  # its plans refer to it: breaks the cycles
        self.running = None

    def names(self, o, wanted):
        """{id: (names, how many more)} of the references that `o` holds to the objects with the ids `wanted`."""
        found = {}
        for name, target in self._references(o, wanted):
            names, more = found.get(target, ((), 0))
            found[target] = (names + (name,), more) if name and len(names) < NAMES else (names, more + 1)
        return found

    def _references(self, o, wanted):
        """[(name or None, id)] of the references of `o` to objects with the ids `wanted`."""
        t = type(o)
        variables = self.running.get(id(o), (None, {}))[1]
        known = [("local " + name, i) for i, names in variables.items() if i in wanted for name in names]
        s = self._state
        s.words.clear()
        plan = s.plans.get(id(t)) or dumper.make_plan(s, t)
        if plan.exact:
            return known + _contents(plan, plan.contents(o), wanted)
        row = dumper.referents_of(plan, [o])[0]
        found = []
        if plan.contents:
            items, _ = dumper.contents_of_one(plan, o, row)
            found = _contents(plan, items, wanted)
        has_dict = False
        if plan.dictionary is not None:
            has_dict, row = dumper.without_dictionary(s, plan, o, row)
        names, hidden = dumper.name_references(plan, o, row, has_dict)
        row = row + dumper.hidden_values(plan, o, hidden)
        said = {i for _, i in known}
        for name, r in zip(names + hidden, row):
            is_local = id(r) in said and (name is None or name.startswith((".f_locals[", "cell ")))
            if id(r) in wanted and not is_local:
                found.append((name and name.lstrip("~"), id(r)))
        return known + found


def _contents(plan, items, wanted):
    """[(name, id)] of the contents of a container, as far as they are wanted."""
    if plan.tail == "mapping":
        found = []
        for key, value in list(items):
            if id(value) in wanted:
                found.append(("[%s]" % key_name(key), id(value)))
            if id(key) in wanted:
                found.append(("key", id(key)))
        return found
    if plan.tail in ("sequence", "flat"):
        start = ".flat" if plan.tail == "flat" else ""
        return [("%s[%d]" % (start, place), id(item)) for place, item in enumerate(items) if id(item) in wanted]
    return [("member" if plan.tail == "set" else None, id(item)) for item in list(items) if id(item) in wanted]


def _running(s):
    """{id: (frame, {id of a value: [names]})} of the frames of all threads, without those of tools."""
    found = {}
    with _prompt.kept():
        for ident, frame in sys._current_frames().items():
            while frame is not None:
                if not _prompt.is_tools(frame) and ident not in dumper._own_threads:
                    values = {}
                    for name, i in dumper.locals_of(s, frame)[1]:
                        values.setdefault(i, []).append(name)
                    found[id(frame)] = (frame, values)
                frame = frame.f_back
    s.held.clear()
    return found
