"""A test that fails when visits leave sessions behind: `pytest test_no_leak.py`, with snapshot_dumper.py beside it.

`heapgraph dump --print-dumper > snapshot_dumper.py` gives the dumper; `heapgraph` is to be on the PATH.
"""

import subprocess

import snapshot_dumper


class Session:
    def __init__(self, user):
        self.user = user


SESSIONS = {}


def visit(user):
    SESSIONS[user] = Session(user)


def logout(user):
    del SESSIONS[user]                                # without this line the test names the place: SESSIONS


def serve(visits):
    for number in range(visits):
        visit("user-%d" % number)
        logout("user-%d" % number)


def test_visits_leave_nothing_behind(tmp_path):
    before, after = str(tmp_path / "before.json"), str(tmp_path / "after.json")
    serve(10)                                         # warm: what is made once is made
    snapshot_dumper.dump(before)
    serve(100)
    snapshot_dumper.dump(after)
    checked = subprocess.run(
        ["heapgraph", "check", before, after, "--max-growth", "*.Session=0"], stdout=subprocess.PIPE, universal_newlines=True
    )
    assert checked.returncode == 0, checked.stdout
