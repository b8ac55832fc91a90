"""The package: what is in it, how fast it is imported, how the program is found."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from support import InFolder, python


class Import(unittest.TestCase):
    def test_nothing_heavy_is_imported(self):
        said = python("""
            import sys, time
            before = set(sys.modules)
            took = []
            for _ in range(5):
                for name in [name for name in sys.modules if name.split(".")[0] == "heapgraph"]:
                    del sys.modules[name]
                start = time.perf_counter()
                import heapgraph
                took.append(time.perf_counter() - start)
            print(sorted(set(sys.modules) - before), min(took) < 0.005, min(took))
        """)
        self.assertTrue(said.startswith("['heapgraph'] True"), said)

    def test_every_public_name_is_there(self):
        said = python("""
            import heapgraph
            for name in heapgraph.__all__ + ["objgraph", "snapshot_dumper", "__version__"]:
                getattr(heapgraph, name)
                assert name in dir(heapgraph), name
            assert repr(heapgraph.HeapgraphError) == "<class 'heapgraph.HeapgraphError'>"
            try:
                heapgraph.nothing
            except AttributeError as error:
                print(error)
        """)
        self.assertEqual(said, "module 'heapgraph' has no attribute 'nothing'\n")

    def test_the_package_says_that_it_is_typed(self):
        import heapgraph

        self.assertTrue((pathlib.Path(heapgraph.__file__).parent / "py.typed").exists())

    def test_the_dumper_is_there_once(self):
        said = python("""
            import importlib.util, os, heapgraph.snapshot_dumper as dumper
            assert importlib.util.find_spec("snapshot_dumper") is None
            print(os.path.islink(dumper.__file__))
        """)
        self.assertEqual(said, "False\n")


class Program(InFolder):
    def setUp(self):
        super().setUp()
        self.environment = dict(os.environ)
        self.environment.pop("HEAPGRAPH_BINARY", None)

    def run_it(self, *arguments, **environment):
        done = subprocess.run(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            env=dict(self.environment, **environment),
        )
        return done.returncode, done.stdout, done.stderr

    def test_it_is_on_the_path_of_the_environment(self):
        program = os.path.join(os.path.dirname(sys.executable), "heapgraph")
        done = subprocess.run([program, "--version"], stdout=subprocess.PIPE, universal_newlines=True)
        import heapgraph

        self.assertEqual(done.stdout, "heapgraph %s\n" % heapgraph.__version__)

    def test_as_a_module_with_exit_codes_and_streams(self):
        code, out, _ = self.run_it("-m", "heapgraph", "--version")
        self.assertEqual((code, out[:10]), (0, "heapgraph "))
        code, out, err = self.run_it("-m", "heapgraph", "common", "nothing.json")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("nothing.json: no such file", err)
        code, _, _ = self.run_it("-m", "heapgraph", "common", "--no-such-option")
        self.assertEqual(code, 2)

    def test_the_variable_comes_first(self):
        fake = self.folder / "fake"
        fake.write_text("#!/bin/sh\necho fake $*\n")
        fake.chmod(0o755)
        code, out, _ = self.run_it("-m", "heapgraph", "a", "b", HEAPGRAPH_BINARY=str(fake))
        self.assertEqual((code, out), (0, "fake a b\n"))
        fake.chmod(0o644)
        code, _, err = self.run_it("-m", "heapgraph", HEAPGRAPH_BINARY=str(fake))
        self.assertEqual(code, 1)
        self.assertIn("%s ($HEAPGRAPH_BINARY: may not be executed)" % fake, err)

    def test_without_the_program_every_place_is_listed(self):
        import heapgraph

        copy = self.folder / "alone" / "heapgraph"
        shutil.copytree(os.path.dirname(heapgraph.__file__), str(copy))
        code, _, err = self.run_it(
            "-S",
            "-c",
            "import sys; sys.executable = '/nowhere/python'; sys.path.insert(0, %r)\n"
            "import sysconfig; sysconfig.get_path = lambda *a, **k: '/nowhere'\n"
            "import heapgraph._binary as b; b.find()" % str(copy.parent),
            PATH="/nowhere",
            HOME="/nowhere",
        )
        self.assertEqual(code, 1)
        self.assertIn("/nowhere/heapgraph (", err)
        self.assertIn(str(copy.parent / "bin" / "heapgraph"), err)
        self.assertIn("$HEAPGRAPH_BINARY", err)

    def test_it_is_found_beside_the_package(self):
        import heapgraph

        copy = self.folder / "target" / "heapgraph"
        shutil.copytree(os.path.dirname(heapgraph.__file__), str(copy))
        program = self.folder / "target" / "bin" / "heapgraph"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        code, out, err = self.run_it(
            "-S",
            "-c",
            "import sys; sys.executable = '/nowhere/python'; sys.path.insert(0, %r)\n"
            "import sysconfig; sysconfig.get_path = lambda *a, **k: '/nowhere'\n"
            "import heapgraph._binary as b; print(b.find())" % str(copy.parent),
            PATH="/nowhere",
        )
        self.assertEqual((code, out), (0, "%s\n" % program), err)
