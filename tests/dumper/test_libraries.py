"""A program with asyncio, numpy, pandas, requests, sqlalchemy, django and flask in use: what is named and explained.

The libraries are installed in a virtual environment in a cache folder, when the registry answers; otherwise the test is
skipped, and says why. It runs with one interpreter: `HEAPGRAPH_LIBRARIES_PYTHON`, or the newest that run_all.py finds.
"""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import run_all
import test_sizes
from support import DumperTest

LIBRARIES = ("numpy", "pandas", "requests", "sqlalchemy", "django", "flask")
SECONDS = 300  # for the installation, once

SOURCE = r"""
import asyncio, contextvars, functools, json, os
import django, flask, numpy, pandas, requests, sqlalchemy
from django.conf import settings
from sqlalchemy import orm

# django
settings.configure(INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
                   DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()
from django.contrib.auth.models import User as Account
accounts = [Account(username="account %d" % i) for i in range(50)]
queryset = Account.objects.filter(username__startswith="a").order_by("-id")
str(queryset.query)

# sqlalchemy
class Base(orm.DeclarativeBase): pass
class User(Base):
    __tablename__ = "users"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]
    orders: orm.Mapped[list["Order"]] = orm.relationship(back_populates="user")
class Order(Base):
    __tablename__ = "orders"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sqlalchemy.ForeignKey("users.id"))
    user: orm.Mapped[User] = orm.relationship(back_populates="orders")
engine = sqlalchemy.create_engine("sqlite://")
Base.metadata.create_all(engine)
session = orm.Session(engine)
session.add_all([User(name="user %d" % i, orders=[Order(), Order()]) for i in range(50)])
session.commit()
users = session.scalars(sqlalchemy.select(User).options(orm.selectinload(User.orders))).all()

# numpy
class Marker: pass
class Sub(numpy.ndarray):
    tag = property(lambda self: os._exit(9))
    base = dtype = flags = flat = nbytes = size = shape = data = tag
    def __array_finalize__(self, other): pass
    def __sizeof__(self): os._exit(10)
    __len__ = __iter__ = __getitem__ = __sizeof__
marker = Marker()
ids["marker"] = marker
ids["plain"] = numpy.arange(100_000, dtype="f8")
ids["view"] = ids["plain"][10:90_000]
ids["objects"] = numpy.array([marker, "text", None], dtype=object)
ids["half"] = ids["objects"][::2]
ids["grid"] = numpy.array([[1.5, marker], [2.5, 3.5]], dtype=object)
ids["foreign"] = numpy.frombuffer(bytearray(50_000), dtype="u1")
ids["sub"] = numpy.ndarray.__new__(Sub, 1000)
ids["records"] = numpy.array([(1, marker), (2, None)], dtype=[("a", "i8"), ("b", "O")])
ids["ufunc"], ids["dtype"] = numpy.add, numpy.dtype([("a", "i8"), ("b", "f4")])

# pandas
ids["frame"] = frame = pandas.DataFrame({
    "number": range(5000), "object": [marker] * 5000, "text": ["text %d" % i for i in range(5000)],
    "kind": pandas.Categorical(["x", "y"] * 2500), "time": pandas.date_range("2024-01-01", periods=5000, freq="h")})
ids["blocks"] = frame._mgr
grouped = frame.groupby("kind", observed=True)["number"].sum()
merged = frame.merge(frame[["number", "text"]], on="number")
indexed = frame.set_index(["number", "kind"])

# requests, flask
web = requests.Session()
prepared = web.prepare_request(requests.Request("POST", "http://localhost/", json={"a": 1}))
app = flask.Flask("shop")
@app.route("/<int:n>")
def view(n): return {"n": n}
assert app.test_client().get("/5").json == {"n": 5}

# asyncio
def closure(n):
    data = [n]
    return lambda: (data, n)
closures = [closure(i) for i in range(100)]
request_id = contextvars.ContextVar("request_id")
async def worker(queue, n):
    request_id.set("request %d" % n)
    payload = {"n": n}
    await queue.get()
    return payload
async def main():
    queue = asyncio.Queue()
    tasks = [asyncio.ensure_future(worker(queue, n)) for n in range(50)]
    await asyncio.sleep(0)
    with app.test_request_context("/5?x=1"):
        flask.g.user = "me"
        flask.request.args
        finish()
def finish():
    snapshot_dumper.dump("snap.json")
    print(json.dumps({name: id(o) for name, o in ids.items()}), flush=True)
    os._exit(0)
ids["app"], ids["session"], ids["account"] = app, session, accounts[0]
asyncio.run(main())
"""


def chosen_python():
    """The interpreter that runs this test."""
    asked = os.environ.get("HEAPGRAPH_LIBRARIES_PYTHON")
    return asked or next(iter(run_all.interpreters()[0].values()), None)


def environment():
    """The python of a virtual environment with the libraries. Raises SkipTest when they can't be had."""
    name = "heapgraph-libraries-%d-%d.%d.%d" % ((os.getuid(),) + sys.version_info[:3])
    folder = pathlib.Path(tempfile.gettempdir()) / name
    if not folder.exists():
        building = tempfile.mkdtemp(prefix=folder.name + ".")
        try:
            for command in (
                [sys.executable, "-m", "venv", building],
                [
                    building + "/bin/python",
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--only-binary",
                    ":all:",
                    "--timeout",
                    "15",
                    "--retries",
                    "1",
                ]
                + list(LIBRARIES),
            ):
                done = subprocess.run(
                    command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, universal_newlines=True
                )
                if done.returncode:
                    lines = done.stdout.strip().splitlines()
                    raise unittest.SkipTest("the libraries can't be installed: " + (lines or ["no output"])[-1])
            os.rename(building, str(folder))
        except (subprocess.TimeoutExpired, OSError) as error:
            if not folder.exists():  # unless another run was faster
                raise unittest.SkipTest("the libraries can't be installed: %s" % error) from error
        finally:
            shutil.rmtree(building, True)
    if folder.stat().st_uid != os.getuid():
        raise unittest.SkipTest("%s belongs to somebody else" % folder)
    return str(folder / "bin" / "python")


class Libraries(DumperTest):
    @classmethod
    def setUpClass(cls):
        chosen = chosen_python()
        if chosen is None or not os.path.samefile(chosen, sys.executable):
            raise unittest.SkipTest("runs with %s alone" % chosen)
        try:
            cls.executable = environment()
        except unittest.SkipTest as reason:
            print("\nskipped test_libraries: %s" % reason, file=sys.stderr)
            raise

    def test_libraries(self):
        snapshot, found = self.dumped(SOURCE, "pass")
        errors = snapshot.document["end"]["errors"]
        self.assertEqual([(row["type"], row["count"]) for row in errors], [("numpy.ndarray", 1)], errors)  # records
        self.assertEqual(snapshot.dangling(), [])
        missing, tracked = snapshot.accounts()
        with self.subTest("named and explained"):
            self.check_names(snapshot, 0.02)  # what the types of both ends explain is named by the reader
            kinds = collections.Counter(o.type for o, _ in missing)
            print(
                "%.3f %% of %d tracked objects have references that nothing explains: %s"
                % (100 * len(missing) / tracked, tracked, kinds.most_common(20))
            )
            self.assertLess(len(missing) / tracked, 0.01, kinds)
            # The program's own objects are explained to the last reference.
            own = [(o.type, n) for o, n in missing if re.match("__main__|django.*User|pandas.*DataFrame", o.type)]
            self.assertEqual(own, [("__main__.Marker", 1)])  # which the records hold
        with self.subTest("arrays"):
            self.check_arrays(snapshot, found)
        with self.subTest("frames and requests"):
            self.check_parts(snapshot, found)

    def check_names(self, snapshot, allowed):
        end = snapshot.document["end"]
        unnamed = {row["type"]: row["count"] for row in end["unnamed"]}
        total = sum(name is None for o in snapshot.objects.values() for name, _ in o.slots())
        self.assertEqual(sum(unnamed.values()), total)
        worst = sorted(unnamed.items(), key=lambda row: -row[1])[:20]
        print(
            "\n%.3f %% of %d references have no name: %s" % (100 * total / end["references"], end["references"], worst)
        )
        self.assertLess(total / end["references"], allowed, worst)

    def check_arrays(self, snapshot, found):
        rows = {name: dict(o.slots()) for name, o in found.items()}
        marker = found["marker"].address
        self.assertEqual(rows["objects"][".flat[0]"], marker)
        self.assertEqual(snapshot[rows["objects"][".flat[1]"]].type, "builtins.str")
        self.assertEqual(rows["grid"][".flat[1]"], marker)
        self.assertEqual([name for name in rows["grid"] if ".flat" in name], [".flat[%d]" % i for i in range(4)])
        self.assertEqual(rows["half"], {".base": found["objects"].address, ".dtype": rows["objects"][".dtype"]})
        self.assertEqual(rows["view"][".base"], found["plain"].address)
        self.assertEqual(snapshot[rows["plain"][".dtype"]].type, "numpy.dtypes.Float64DType")
        self.assertEqual(snapshot[rows["dtype"][".names"]].type, "builtins.tuple")
        self.assertEqual(found["sub"].type, "__main__.Sub")
        self.assertIn(".dtype", rows["sub"])
        # Once in two of the arrays and 5,000 times in the column of the frame; together they explain every reference.
        # More when pandas has copied it.
        self.assertEqual([n for o, n in snapshot.unexplained() if o.address == marker], [1])  # in the records
        holders = [o.type for o, name in snapshot.referrers(marker) if (name or "").startswith(".flat")]
        self.assertGreaterEqual(holders.count("numpy.ndarray"), 5002)
        # Each buffer once, at its owner.
        self.assertTrue(800_000 < found["plain"].size < 801_000)
        self.assertTrue(8000 < found["sub"].size < 8300)
        for name in ("view", "foreign"):
            self.assertLess(found[name].size, 300)

    def check_parts(self, snapshot, found):
        first = snapshot[dict(found["blocks"].slots())[".blocks"]].referents[0]
        self.assertIn(".values", dict(snapshot[first].slots()))
        for name in ("frame", "app", "session", "blocks"):
            self.assertNotIn(None, dict(found[name].slots()), name)
        self.assertIn("flask.ctx.AppContext", snapshot.by_type)
        # Whether all variables of a suspended function are bound nothing tells: no name rather than a wrong one.
        self.assertEqual(
            [
                r
                for o in snapshot.by_type["builtins.coroutine"]
                for name, r in o.slots()
                if name == ".cr_frame.f_locals['payload']"
            ],
            [],
        )


class LibrarySizes(test_sizes.Sizes):
    """The sizes once more, with numpy."""

    @classmethod
    def setUpClass(cls):
        Libraries.setUpClass.__func__(cls)


if __name__ == "__main__":
    unittest.main()
