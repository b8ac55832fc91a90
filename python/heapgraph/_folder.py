"""The private folder for snapshots and graphs of this process. It is made when it is needed, and removed at the end."""

import os
import sys

_made = {}  # pid → [path, number of the last file]


def new_file(extension):
    """The path of a file that does not exist yet, in a folder that only this user may enter."""
    pid = os.getpid()
    if pid not in _made or not os.path.isdir(_made[pid][0]):
        import tempfile

        _made[pid] = [tempfile.mkdtemp(prefix="heapgraph-"), 0]
        _at_the_end(_remove, pid)
    folder = _made[pid]
    folder[1] += 1
    return os.path.join(folder[0], "%d%s" % (folder[1], extension))


def _at_the_end(function, argument):
    """Call it when this process ends; a child of `multiprocessing` ends without what `atexit` has been told."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, function, args=(argument,), exitpriority=0)
    else:
        import atexit

        atexit.register(function, argument)


def remove_file(path):
    """Remove one file of the folder, with the index beside it; no error when it is gone."""
    for one in (path, path + ".heapgraph"):
        if os.path.lexists(one):
            os.unlink(one)


def _remove(pid):
    """Remove the folder with all that is in it. A forked child leaves that of its parent alone."""
    if pid == os.getpid() and pid in _made:
        import shutil

        shutil.rmtree(_made.pop(pid)[0], ignore_errors=True)
