"""Frames of pandas: indices of several kinds, groups, views, objects in columns."""

import numpy
import pandas

import snapshot_dumper


class Cell:
    def __init__(self, number):
        self.number = number


frame = pandas.DataFrame(
    {
        "number": numpy.arange(5000),
        "share": numpy.linspace(0, 1, 5000),
        "name": ["name %d" % (number % 50) for number in range(5000)],
        "cell": [Cell(number) for number in range(5000)],
        "kind": pandas.Categorical(["one", "two"] * 2500),
        "time": pandas.date_range("2026-01-01", periods=5000, freq="min"),
    }
)
frame.index = pandas.MultiIndex.from_product([range(50), range(100)], names=["outer", "inner"])
by_name = frame.groupby("name")
means = by_name["share"].mean()
parts = {name: part for name, part in by_name}
columns = [frame[name] for name in frame.columns]
view = frame["number"].values[::2]
snapshot_dumper.dump("snap.json")
