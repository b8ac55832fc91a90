"""pytest: tests that must not leave objects behind. Does nothing unless a mark, an option or the fixture is used.

    @pytest.mark.no_growth(of="app.*", repeat=5, warmup=2)
    def test_request(client): ...

runs the test, with its own fixtures, seven times, and fails when objects of types that fit `of` have become more in
most of the five counted runs. Its message says which, where they are held, and what to cut. `pytest --heapgraph` does
it for all tests but those marked `may_grow`. The fixture `heap` does it for a block: `with heap.no_growth("app.*"):`.
"""

import functools
import types

import pytest

REPEAT, WARMUP = 5, 2


def pytest_addoption(parser):
    group = parser.getgroup("heapgraph", "objects that tests leave behind")
    group.addoption(
        "--heapgraph",
        action="store_true",
        help="repeat each test, and fail it when it leaves more objects behind each time",
    )
    group.addoption(
        "--heapgraph-of",
        action="append",
        metavar="TYPE",
        help="with --heapgraph: count objects of these types alone, as app.*, Session or app.models.Session",
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "no_growth(of=None, repeat=%d, warmup=%d): repeat the test, and fail it when it leaves more objects of types "
        "that fit `of` (a pattern or a list of them, None: all) behind each time" % (REPEAT, WARMUP),
    )
    config.addinivalue_line("markers", "may_grow: do not look at this test with --heapgraph")


class _Wish:
    """What is asked of one test."""

    def __init__(self, of=None, repeat=REPEAT, warmup=WARMUP):
        from heapgraph._growth import Types

        if type(repeat) is not int or type(warmup) is not int or repeat < 1 or warmup < 1:
            raise pytest.UsageError("no_growth: repeat and warmup are integers, at least 1")
        self.types, self.repeat, self.warmup = Types(of), repeat, warmup


def _wish(item):
    """The wish for a test, None when nobody has one."""
    mark = item.get_closest_marker("no_growth")
    if (mark is not None or item.config.getoption("--heapgraph")) and not hasattr(pytest, "version_tuple"):
        raise pytest.UsageError("heapgraph needs pytest 7 or later to repeat tests; this is %s" % pytest.__version__)
    if mark is not None:
        unknown = set(mark.kwargs) - {"of", "repeat", "warmup"}
        if unknown or len(mark.args) > 1:
            raise pytest.UsageError("%s: no_growth takes of, repeat and warmup" % item.nodeid)
        return _Wish(**dict(zip(("of",), mark.args), **mark.kwargs))
    if item.config.getoption("--heapgraph") and item.get_closest_marker("may_grow") is None:
        return _Wish(item.config.getoption("--heapgraph-of"))
    return None


def pytest_collection_modifyitems(items):
    """A mark that says something else than it can is told before anything runs."""
    for item in items:
        _wish(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Run a test several times, and count between the runs."""
    wish = _wish(item)
    if wish is None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _repeated(item, nextitem, wish):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _repeated(item, nextitem, wish):
    """The reports of the last run, the first that did not pass or the last of all, with the verdict in them."""
    from _pytest.runner import runtestprotocol

    from heapgraph import _growth

    counts, reports = [], []
    for run in range(wish.warmup + wish.repeat):
        del reports[:]
        # With its parent as the next, all fixtures of larger scopes stay.
        reports += runtestprotocol(item, nextitem=item.parent, log=False)
        if any(report.outcome != "passed" for report in reports):
            break
        if run + 1 >= wish.warmup:
            aside = functools.partial(_of_the_runner, item, reports)
            counts.append(_growth.packed(_growth.census(wish.types, aside)))
    else:
        _judge(reports, _verdict(counts, wish))
    _tear_down_the_rest(item, nextitem, reports)
    return reports


# What belongs to who runs the tests: types of these packages, and the plain objects that only these hold.
_RUNNER = ("_pytest.", "pytest.", "pluggy.", "pytest_", "xdist.", "execnet.", "heapgraph.", "anyio.pytest_plugin")
_PLAIN = frozenset(map(id, (dict, list, tuple, set, frozenset, functools.partial, types.MethodType)))
# Where the runner keeps what is the program's.
_PROGRAM = frozenset(("cached_result", "funcargs", "_obj", "obj", "_instance", "_testcase"))


def _of_the_runner(item, reports):
    """Ids of the objects of pytest and its plugins, which keep a little of each run; not the program."""
    from heapgraph import snapshot_dumper as dumper
    from heapgraph._graph import referents

    found, stack = set(), [item, item.session, item.config, reports]
    while stack:
        o = stack.pop()
        t = type(o)
        if id(o) in found or not (id(t) in _PLAIN or (dumper.full_name(t)[0] + ".").startswith(_RUNNER)):
            continue
        found.add(id(o))
        if t is dict:
            stack += [value for key, value in o.items() if not (type(key) is str and key in _PROGRAM)]
        else:
            stack += referents(o)
    return found


def _tear_down_the_rest(item, nextitem, reports):
    """What the next test does not need any more; an error there is this test's, as always."""
    from _pytest.runner import CallInfo

    call = CallInfo.from_call(lambda: item.session._setupstate.teardown_exact(nextitem), when="teardown")
    if call.excinfo is not None:
        report = item.ihook.pytest_runtest_makereport(item=item, call=call)
        reports[:] = [one for one in reports if one.when != "teardown"] + [report]


def _verdict(counts, wish):
    """What is wrong, as text; None when nothing is. `counts`: packed censuses, before and after each counted run."""
    from heapgraph import _growth

    sizes = [{name: len(ids) for name, ids in _growth.unpacked(one).items()} for one in counts]
    steps = list(zip(sizes, sizes[1:]))
    new = {}
    for name, found in _growth.new_since(counts[0], counts[-1]).items():
        grown = sum(after.get(name, 0) > before.get(name, 0) for before, after in steps)
        if 2 * grown > len(steps):
            new[name] = found
    if not new:
        return None
    most = max(new, key=lambda name: (new[name][0], name))
    return "%s %+d in %d %s, after %d to warm up; looked at: %s\n%s" % (
        most,
        new[most][0],
        len(steps),
        "run" if len(steps) == 1 else "runs",
        wish.warmup,
        wish.types,
        _growth.told(new),
    )


def _judge(reports, verdict):
    """Let the test fail, if there is a verdict against it."""
    if verdict is not None:
        call = next(report for report in reports if report.when == "call")
        call.outcome, call.longrepr = "failed", verdict


class Heap:
    """The fixture `heap`: questions about this process, and blocks that must not leave objects behind."""

    def snapshot(self):
        """A `heapgraph.Snapshot` of this process."""
        import heapgraph

        return heapgraph.snapshot()

    @property
    def why(self):
        """`heap.why(obj)`: why `obj` is alive, a `heapgraph.Report`. No function of ours stands between."""
        import heapgraph

        return heapgraph.why

    def no_growth(self, of=None):
        """Context manager: the test fails when the block leaves objects behind of types that fit `of` (None: all).

        The block runs once, so a cache that fills in it counts: fill it before."""
        return _Block(of)


class _Block:
    def __init__(self, of):
        from heapgraph._growth import Types

        self._types = Types(of)

    def __enter__(self):
        from heapgraph import _growth

        self._before = _growth.packed(_growth.census(self._types))
        return self

    def __exit__(self, kind, error, traceback):
        from heapgraph import _growth

        if kind is not None:
            return
        new = _growth.new_since(self._before, _growth.packed(_growth.census(self._types)))
        if new:
            pytest.fail(
                "objects of %s are left behind by the block\n%s" % (self._types, _growth.told(new)), pytrace=False
            )


@pytest.fixture
def heap():
    """Questions about the heap of this process, and `heap.no_growth("app.*")` for a block."""
    return Heap()
