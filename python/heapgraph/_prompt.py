"""The debugger or shell at whose prompt we may have been called: its frames, and the copies that it has of variables.

What is typed at a prompt of pdb is kept in a dictionary of the frame, which CPython before 3.13 fills anew whenever
somebody asks for the frame's `f_locals`: `kept` brings back what was typed.
"""

import gc
import sys

MODULES = frozenset(("bdb", "cmd", "code", "pdb", "pydevd", "ipdb", "pudb"))
PACKAGES = ("IPython.", "pdb.", "_pydev", "heapgraph.", "heapgraph")


def is_tools(frame):
    """Whether a frame is of the debugger, the shell or us, or of a line typed into pdb, which has its copies."""
    caller = frame.f_back
    typed = caller is not None and caller.f_code.co_name == "default" and _module_of(caller) == "pdb"
    name = _module_of(frame)
    return typed or name in MODULES or name.startswith(PACKAGES)


def _module_of(frame):
    name = dict.get(frame.f_globals, "__name__")
    return name if type(name) is str else ""


def _debuggers():
    """The attributes of the debuggers that are at work: instances of `bdb.Bdb`, if that is loaded."""
    bdb = sys.modules.get("bdb")
    kind = getattr(bdb, "Bdb", None)
    if type(kind) is not type:
        return []
    found = []
    for o in gc.get_objects():
        if issubclass(type(o), kind):
            attributes = object.__getattribute__(o, "__dict__")
            if type(attributes) is dict and type(attributes.get("curframe_locals")) is dict:
                found.append(attributes)
    return found


def copies():
    """Ids of the dictionaries in which debuggers keep the variables of a function."""
    found = set()
    for attributes in _debuggers():
        frame = attributes.get("curframe")
        if frame is not None and attributes["curframe_locals"] is not frame.f_globals:
            found.add(id(attributes["curframe_locals"]))
    return found


class kept:
    """Context manager: what was typed at the prompt of a debugger is afterwards as it was before."""

    def __enter__(self):
        self._before = []
        if sys.version_info < (3, 13):
            for attributes in _debuggers():
                variables = attributes["curframe_locals"]
                self._before.append((variables, dict(variables)))
        return self

    def __exit__(self, *error):
        for variables, before in self._before:
            if variables.keys() != before.keys() or any(variables[name] is not before[name] for name in before):
                variables.clear()
                variables.update(before)
        self._before = None
