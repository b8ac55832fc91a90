"""Lines of a function: `@heapgraph.profile`, `heapgraph.track`, the magics of IPython for them."""

import sys
import unittest

from support import InFolder, Terminal, has
from test_ipython import PROMPT

PROGRAM = """
import heapgraph

KEPT = []

@heapgraph.profile
def load(count):
    for number in range(count):
        KEPT.append(bytearray(1000))
        waste = bytearray(50000)
    return len(KEPT)

print(load(100), load(5))
"""


class Functions(InFolder):
    def test_a_function_is_told_once_with_what_its_lines_hold(self):
        with open("program.py", "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        said = self.python("import runpy; runpy.run_path('program.py', run_name='__main__')")
        self.assertIn("100 105", said)
        self.assertEqual(said.count("held most at"), 1)
        rows = {line.split()[0]: line for line in said.splitlines() if line.strip()[:2].strip().isdigit()}
        self.assertRegex(rows["9"], r"9 +10[01] +10\d KiB .*KEPT\[\*\] .*KEPT.append\(bytearray\(1000\)\)")
        self.assertRegex(rows["10"], r"10 +(1 +48\.9 KiB .*)?waste = bytearray\(50000\)")
        self.assertNotIn("import heapgraph\n", said)
        self.assert_nothing_is_left()

    def test_errors_of_the_function_pass_through(self):
        said = self.python("""
            import heapgraph, tracemalloc
            @heapgraph.profile
            def fail(): return 1 / 0
            try: fail()
            except ZeroDivisionError: print("passed", tracemalloc.is_tracing())
        """)
        self.assertIn("passed False", said)

    def test_a_block_is_told_with_the_places_that_grew(self):
        said = self.python("""
            import heapgraph
            class Session: pass
            CACHE = {}
            with heapgraph.track("load") as tracked:
                for number in range(5000): CACHE[number] = Session()
            print(tracked.seconds > 0, len(tracked.growth.data["places"]) > 0)
        """)
        self.assertIn("True True", said)
        self.assertRegex(said, r"heapgraph: load: \d+\.\d+ s")
        self.assertIn("__main__.CACHE", said)


@unittest.skipUnless(has("IPython"), "IPython is not installed")
class Magics(InFolder):
    def test_the_magics_tell_lines_and_memory(self):
        command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor", "--quick"]
        terminal = Terminal(command, TMPDIR=str(self.temporary), IPYTHONDIR=str(self.folder / "ipython"))
        self.addCleanup(terminal.kill)
        terminal.until(PROMPT)
        terminal.say("%load_ext heapgraph", PROMPT)
        terminal.say("KEPT = []", PROMPT)
        terminal.say("load = lambda n: KEPT.extend(bytearray(1000) for _ in range(n))", PROMPT)
        self.assertIn("takes functions and a statement", terminal.say("%memlines load(3)", PROMPT))
        said = terminal.say("%memlines -f load load(300)", PROMPT)
        self.assertRegex(said, r"30\d +3\d\d KiB .*KEPT.*bytearray\(1000\)")
        said = terminal.say("%memit load(1000)", PROMPT)
        self.assertRegex(said, r"peak memory: \+1\.\d+ MiB, stays: \+1\.\d+ MiB")
        said = terminal.say("%lines -f load load(3)", PROMPT)
        self.assertRegex(said, r"hits" if has("line_profiler") else r"pip install 'heapgraph\[lines\]'")
        terminal.end("exit")


if __name__ == "__main__":
    unittest.main()
