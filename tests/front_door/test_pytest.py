"""The plugin of pytest, run on a suite with three leaky and five healthy tests, and on what else a suite may have."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

from support import InFolder, has

SUITE = pathlib.Path(__file__).resolve().parent / "suite"
LEAKY = {
    "test_leaks_in_a_dictionary": "sys.modules['shop'].CACHE[",
    "test_leaks_in_a_list": "sys.modules['shop'].LISTENERS[",
    "test_leaks_in_a_default": "sys.modules['shop'].remember.__defaults__[0][",
}
HEALTHY = 5


@unittest.skipUnless(has("pytest"), "pytest is not installed")
class Suite(InFolder):
    def pytest(self, *arguments, **environment):
        command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "-W", "ignore"]
        done = subprocess.run(
            command + list(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            env=dict(os.environ, TMPDIR=str(self.temporary), COLUMNS="200", **environment),
        )
        return done.returncode, done.stdout

    def counts(self, said):
        return {
            what: int(n)
            for n, what in re.findall(r"(\d+) (passed|failed|skipped|xfailed|error)", said.splitlines()[-1])
        }

    def assert_exactly_the_leaky_ones_fail(self, said, healthy=HEALTHY):
        failed = set(re.findall(r"(?m)^FAILED \S*::(\w+)", said))
        self.assertEqual(failed, set(LEAKY), said)
        self.assertEqual(self.counts(said).get("passed"), healthy, said)
        for name, place in LEAKY.items():
            message = re.search(r"(?s)_+ (?:\w+\.)?%s _+\n(.*?)(?=\n___|\n===)" % name, said).group(1)
            self.assertIn(place, message)
            self.assertIn("To free it, cut the reference", message)
            self.assertIn("left behind", message)

    @unittest.skipUnless(has("pytest_asyncio"), "pytest-asyncio is not installed")
    def test_exactly_the_leaky_ones_fail_each_time(self):
        for _ in range(2):
            code, said = self.pytest(str(SUITE / "test_marked.py"))
            self.assertEqual(code, 1)
            self.assert_exactly_the_leaky_ones_fail(said)
            self.assert_nothing_is_left()

    @unittest.skipUnless(has("pytest_asyncio") and has("xdist"), "pytest-asyncio and pytest-xdist are not installed")
    def test_and_with_xdist(self):
        code, said = self.pytest("-n", "2", str(SUITE / "test_marked.py"))
        self.assertEqual(code, 1)
        self.assert_exactly_the_leaky_ones_fail(said)

    @unittest.skipUnless(has("pytest_asyncio"), "pytest-asyncio is not installed")
    def test_for_a_whole_run_and_all_types(self):
        code, said = self.pytest("--heapgraph", str(SUITE / "test_plain.py"))
        self.assertEqual(code, 1)
        self.assert_exactly_the_leaky_ones_fail(said, healthy=12)
        counts = self.counts(said)
        self.assertEqual((counts["skipped"], counts["xfailed"]), (1, 1), said)

    @unittest.skipUnless(has("pytest_asyncio"), "pytest-asyncio is not installed")
    def test_it_is_off_unless_it_is_used(self):
        code, said = self.pytest(str(SUITE / "test_plain.py"))
        self.assertEqual(code, 0, said)
        self.assertNotIn("left behind", said)

    def test_how_often_a_test_runs(self):
        self.write("""
            import pytest
            RUNS = {"test": 0, "fixture": 0, "module": 0}
            @pytest.fixture(scope="module")
            def module():
                RUNS["module"] += 1
            @pytest.fixture
            def fixture():
                RUNS["fixture"] += 1
            @pytest.mark.no_growth(of="nothing", repeat=3, warmup=2)
            def test_counted(module, fixture):
                RUNS["test"] += 1
            def test_runs():
                assert RUNS == {"test": 5, "fixture": 5, "module": 1}
        """)
        self.assertEqual(self.counts(self.pytest("test_it.py")[1]), {"passed": 2})

    def test_a_test_that_fails_is_not_repeated(self):
        self.write("""
            import pytest
            RUNS = []
            pytestmark = pytest.mark.no_growth
            def test_fails():
                RUNS.append(1)
                assert 1 == 2, "my own words"
            @pytest.fixture
            def broken():
                yield
                raise ValueError("in the teardown")
            def test_teardown(broken):
                RUNS.append(1)
            @pytest.fixture(scope="module")
            def late():
                yield
                raise ValueError("at the end of the module")
            def test_last(late):
                assert len(RUNS) == 2
        """)
        code, said = self.pytest("test_it.py")
        self.assertIn("my own words", said)
        self.assertIn("in the teardown", said)
        self.assertIn("at the end of the module", said)
        self.assertEqual(self.counts(said), {"failed": 1, "passed": 2, "error": 2}, said)

    def test_the_fixture(self):
        self.write("""
            KEPT = []
            class Leaf: pass
            def test_block(heap):
                with heap.no_growth("*.Leaf"):
                    Leaf()
            def test_leaky_block(heap):
                with heap.no_growth("*.Leaf"):
                    KEPT.append(Leaf())
            def test_why(heap):
                KEPT.append(Leaf())
                why = str(heap.why(KEPT[-1]))          # in an assertion pytest would keep the object itself
                assert "KEPT[" in why
                assert heap.snapshot().common().rows
        """)
        code, said = self.pytest("test_it.py")
        self.assertEqual(self.counts(said), {"failed": 1, "passed": 2}, said)
        self.assertIn("objects of *.Leaf are left behind by the block", said)
        self.assertIn("sys.modules['test_it'].KEPT[", said)

    def test_a_wrong_mark_is_told_before_anything_runs(self):
        for mark in ("repeat=0", "of='x', often=3", "repeat='many'"):
            self.write(
                """
                import pytest
                @pytest.mark.no_growth(%s)
                def test_it(): pass
            """
                % mark
            )
            code, said = self.pytest("test_it.py")
            self.assertEqual(code, 4, said)
            self.assertIn("no_growth", said)

    def test_without_the_program_the_leak_is_still_told(self):
        self.write("""
            import pytest
            KEPT = []
            class Leaf: pass
            @pytest.mark.no_growth(of="*.Leaf", repeat=2)
            def test_leaks():
                KEPT.append(Leaf())
        """)
        code, said = self.pytest("test_it.py", HEAPGRAPH_BINARY="/nowhere")
        self.assertEqual(code, 1, said)
        self.assertIn("test_it.Leaf      +2", said)
        self.assertIn("where they are held is not known: the program heapgraph is in none of these places", said)

    def write(self, source):
        import textwrap

        with open("test_it.py", "w") as file:
            file.write(textwrap.dedent(source))
