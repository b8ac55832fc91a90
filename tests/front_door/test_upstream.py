"""objgraph's own tests, those of its public functions and its manual, pass with ours in its place and without Graphviz.

They are fetched from the package index, and never part of this tree; without an index the test is skipped.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import unittest

from support import InFolder

VERSION = "3.7.0"
ARCHIVE = os.environ.get("HEAPGRAPH_TEST_OBJGRAPH")  # the sdist, which run.py has fetched
# Of 59 tests 31 are of names that begin with an underscore, and one is of its setup.py.
PUBLIC = 25
PAGES = ("chain", "extra-info", "generator-sample", "highlighting", "index", "quoting", "references")


@unittest.skipUnless(sys.version_info >= (3, 10), "objgraph %s needs Python 3.10" % VERSION)
@unittest.skipUnless(ARCHIVE and os.path.exists(ARCHIVE or ""), "objgraph %s can't be had here" % VERSION)
class Upstream(InFolder):
    def test_the_tests_of_public_functions(self):
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(str(self.folder))
        run = self.folder / "run"
        run.mkdir()
        source = self.folder / ("objgraph-%s" % VERSION)
        shutil.copy(str(source / "tests.py"), str(run))
        shutil.copytree(str(source / "docs"), str(run / "docs"))
        replaced = self.folder / "replaced"
        replaced.mkdir()
        (replaced / "objgraph.py").write_text("from heapgraph.objgraph import *\n")
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "tests.py", "-v"],
            cwd=str(run),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            env=dict(os.environ, PYTHONPATH=str(replaced), PATH="/nowhere"),
        )
        said = done.stdout
        # On 3.13 doctest calls pages "skipped" that have no example to run; before, they are "ok".
        passed = re.findall(r"(?m)^(?:.*) \.\.\. ok$|\.\.\. skipped 'all examples were skipped'$", said)
        self.assertEqual(len(passed), PUBLIC, said)
        for page in PAGES:
            self.assertRegex(said, r"(?m)^Doctest: %s\.txt \.\.\. ok$" % page)
        wrong = re.findall(r"(?m)^(?:ERROR|FAIL): (\S+)", said)
        self.assertEqual(len(wrong), 32, wrong)
        reasons = set(re.findall(r"(?m)^AttributeError: .*attribute '(\w+)'", said))
        self.assertTrue(
            all(name.startswith("_") or name in ("IS_INTERACTIVE", "graphviz", "subprocess") for name in reasons)
        )
