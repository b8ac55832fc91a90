"""IPython: the magics in a real shell on a terminal, and in a notebook that is executed."""

import os
import pathlib
import sys
import unittest

from support import InFolder, Terminal, has

PROMPT = r"In \[\d+\]: "
SETUP = (
    "class Session: pass",
    "CACHE = {}",
    "fill = lambda n: [CACHE.setdefault(len(CACHE), Session()) for _ in range(n)] and None",
    "fill(10); x = CACHE[3]",
)


@unittest.skipUnless(has("IPython"), "IPython is not installed")
class Shell(InFolder):
    def setUp(self):
        super().setUp()
        command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor", "--quick"]
        self.terminal = Terminal(command, TMPDIR=str(self.temporary), IPYTHONDIR=str(self.folder / "ipython"))
        self.addCleanup(self.terminal.kill)
        self.terminal.until(PROMPT)
        for line in SETUP:
            self.say(line)

    def say(self, line):
        return self.terminal.say(line, PROMPT)

    def test_the_magics(self):
        self.assertEqual(self.say("%load_ext heapgraph").strip(), "")
        self.assertIn("already loaded", self.say("%load_ext heapgraph"))
        self.assertIn("not shown: ", self.say("%heap 3"))
        self.assertIn("takes a number of rows", self.say("%heap many"))
        self.assertRegex(self.say("%growth"), r"\d+ types counted")
        self.say("fill(7)")
        self.assertRegex(self.say("%growth"), r"__main__\.Session +17 +\+7")
        why = self.say("%why CACHE[4]")
        self.assertIn("sys.modules['__main__'].CACHE[4]", why)
        self.assertNotIn("heapgraph._", why)
        self.assertIn("takes an expression", self.say("%why"))
        self.assertIn("written to x.svg", self.say("%backrefs x -o x.svg"))
        self.assertIn("<svg", pathlib.Path("x.svg").read_text(encoding="utf-8"))
        self.assertIn("of dict 17 items", self.say("%backrefs CACHE[5] --depth 1"))
        self.assertIn("of dict 17 items", self.say("%backrefs {'a b': CACHE[ 6 ]}['a b'] --depth 1"))
        leaks = self.say("get_ipython().run_cell_magic('leaks', '', 'fill(5)')")
        self.assertRegex(leaks, r"__main__\.Session +\+5")
        self.assertIn("sys.modules['__main__'].CACHE[", leaks)
        self.assertIn("To free it, cut the reference", leaks)
        self.assertIn("nothing was left behind", self.say("get_ipython().run_cell_magic('leaks', 'Sess*', 'z = 3')"))
        self.assertIn("ZeroDivisionError", self.say("get_ipython().run_cell_magic('leaks', '', '1 / 0')"))
        self.say("%unload_ext heapgraph")
        self.assertIn("not found", self.say("%heap"))
        self.terminal.end("exit")
        self.assert_nothing_is_left()

    def test_errors_are_one_line(self):
        self.say("%load_ext heapgraph")
        self.say("import os; os.environ['HEAPGRAPH_BINARY'] = '/nowhere'")
        said = self.say("%why x")
        self.assertIn("heapgraph: the program heapgraph is in none of these places", said)
        self.assertNotIn("Traceback", said)
        self.terminal.end("exit")


@unittest.skipUnless(
    has("nbclient") and has("ipykernel"), "nbclient and ipykernel, which execute notebooks, are not installed"
)
class Notebook(InFolder):
    def test_a_notebook_is_executed(self):
        import nbclient
        import nbformat

        cells = [
            "\n".join(SETUP[:2] + ("for n in range(10): CACHE[n] = Session()", "x = CACHE[3]")),
            "%load_ext heapgraph",
            "%heap 5",
            "%backrefs x",
            "%%leaks Session\nfor n in range(100, 103): CACHE[n] = Session()",
            "import heapgraph; heapgraph.why(CACHE[4])",
            "import heapgraph.objgraph as objgraph; objgraph.show_backrefs([x])",
        ]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        os.environ["IPYTHONDIR"] = str(self.folder / "ipython")
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
        outputs = [cell.outputs for cell in notebook.cells]
        self.assertEqual(set(outputs[2][0].data), {"text/plain", "text/html"})
        self.assertIn("<table>", outputs[2][0].data["text/html"])
        for place in (3, 5, 6):
            self.assertIn("<svg", outputs[place][0].data["image/svg+xml"], cells[place])
        self.assertIn("sys.modules['__main__'].CACHE[4]", outputs[5][0].data["text/plain"])
        self.assertRegex(outputs[4][0].text, r"__main__\.Session +\+3")
        self.assertIn("CACHE", outputs[4][0].text)
        if os.environ.get("HEAPGRAPH_KEEP_NOTEBOOK"):
            nbformat.write(notebook, os.environ["HEAPGRAPH_KEEP_NOTEBOOK"])
