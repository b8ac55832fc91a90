"""The front door of heapgraph in Python: what `import heapgraph` offers. Nothing else is imported before it is used.

    import heapgraph
    heapgraph.why(x)                            # why is x alive, and what to cut
    heapgraph.snapshot().suspects()             # what leaks, in words
    before = heapgraph.mark()                   # and later: heapgraph.snapshot().common(since=before), exact
    import heapgraph.objgraph as objgraph       # objgraph's calls, with pictures that need no Graphviz

`heapgraph.snapshot()` takes a snapshot of this process and gives a `Snapshot`, whose methods ask the program
`heapgraph`; `%load_ext heapgraph` has the same in IPython, and pytest finds the plugin by itself.
"""

TYPE_CHECKING = False  # for type checkers, which know the name; `typing` is not needed
if TYPE_CHECKING:
    from heapgraph._at_death import install as install
    from heapgraph._errors import BinaryNotFound as BinaryNotFound
    from heapgraph._errors import HeapgraphError as HeapgraphError
    from heapgraph._ipython import load_ipython_extension as load_ipython_extension
    from heapgraph._ipython import unload_ipython_extension as unload_ipython_extension
    from heapgraph._lines import profile as profile
    from heapgraph._report import Report as Report
    from heapgraph._snapshot import Snapshot as Snapshot
    from heapgraph._snapshot import mark as mark
    from heapgraph._snapshot import snapshot as snapshot
    from heapgraph._snapshot import unmark as unmark
    from heapgraph._snapshot import why as why
    from heapgraph._track import track as track

    __version__: str

__all__ = [
    "BinaryNotFound",
    "HeapgraphError",
    "Report",
    "Snapshot",
    "install",
    "mark",
    "profile",
    "snapshot",
    "track",
    "unmark",
    "why",
]

# Where each name is made.
_PLACES = {
    "BinaryNotFound": "_errors",
    "HeapgraphError": "_errors",
    "Report": "_report",
    "Snapshot": "_snapshot",
    "install": "_at_death",
    "load_ipython_extension": "_ipython",
    "mark": "_snapshot",
    "profile": "_lines",
    "snapshot": "_snapshot",
    "track": "_track",
    "unload_ipython_extension": "_ipython",
    "unmark": "_snapshot",
    "why": "_snapshot",
}
_MODULES = ("objgraph", "snapshot_dumper")


def __getattr__(name):
    """Import what is asked for, once."""
    if name in _PLACES:
        module = __import__("heapgraph." + _PLACES[name], fromlist=[name])
        value = globals()[name] = getattr(module, name)
        return value
    if name in _MODULES:
        return __import__("heapgraph." + name, fromlist=[name])
    if name == "__version__":
        value = globals()[name] = __import__("heapgraph.snapshot_dumper", fromlist=[name]).VERSION
        return value
    raise AttributeError("module 'heapgraph' has no attribute %r" % name)


def __dir__():
    return sorted(set(globals()) | set(__all__) | set(_MODULES) | {"__version__"})
