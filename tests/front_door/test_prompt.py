"""The walk-through of the guides, typed at the prompt of pdb: what is there, what grew, who holds it."""

import sys

from support import InFolder, Terminal, is_png

PROMPT = r"\(Pdb\) "
PROGRAM = '''
class Session:
    def __init__(self, user):
        self.user = user

CACHE = {}

def request(n):
    session = Session("u%d" % n)
    CACHE[session.user] = session

def serve():
    x = [1]
    y = [x, [x], {"a": x}]
    for n in range(50):
        request(n)
    breakpoint()
    print("x is", x)

serve()
'''


class Walk(InFolder):
    def start(self):
        with open("app.py", "w") as file:
            file.write(PROGRAM)
        terminal = Terminal([sys.executable, "app.py"], TMPDIR=str(self.temporary))
        self.addCleanup(terminal.kill)
        terminal.until(PROMPT)
        return terminal

    def test_the_walk_of_the_guides(self):
        terminal = self.start()
        self.assertEqual(terminal.say("import heapgraph.objgraph as objgraph", PROMPT), "")
        common = terminal.say("objgraph.show_most_common_types()", PROMPT)
        self.assertEqual(len(common.strip().splitlines()), 10, common)
        self.assertRegex(common, r"(?m)^function +\d+$")
        terminal.say("objgraph.show_growth(limit=3)", PROMPT)
        terminal.say("for n in range(1000, 1007): request(n)", PROMPT)
        grown = terminal.say("objgraph.show_growth()", PROMPT)
        self.assertRegex(grown, r"(?m)^Session +57 +\+7$")
        drawn = terminal.say("objgraph.show_backrefs([x], filename='backrefs.png')", PROMPT)
        # The list, the three that hold it, and the function that runs: neither pdb nor its copies.
        self.assertRegex(drawn, r"Graph written to \S+\.dot \(5 nodes\)\nImage generated as backrefs.png\n")
        self.assertTrue(is_png("backrefs.png"))
        old_name = terminal.say("objgraph.show_backref([x], filename='old.svg')", PROMPT)
        self.assertIn("Image generated as old.svg", old_name)
        said, code = terminal.end("c")
        self.assertIn("x is [1]", said)
        self.assertEqual(code, 0)
        self.assert_nothing_is_left()

    def test_why_in_one_line(self):
        terminal = self.start()
        terminal.say("import heapgraph", PROMPT)
        said = terminal.say("heapgraph.why(CACHE['u42'])", PROMPT)
        self.assertIn("sys.modules['__main__'].CACHE['u42']", said)
        self.assertRegex(said, r"To free it, cut the reference \['u42'\] of dict, 50 items")
        self.assertNotIn("heapgraph._", said)
        said = terminal.say("heapgraph.why(y)", PROMPT)
        self.assertIn("local y in __main__.serve (thread MainThread)", said)
        self.assertNotIn("heapgraph._", said)  # the copy that we have made meanwhile is not there
        self.assertNotIn("held from C", said)
        said = terminal.say("heapgraph.why(0x10)", PROMPT)
        self.assertIn("no object at 0x10", said)
        terminal.end("c")
        self.assert_nothing_is_left()

    def test_what_was_typed_stays(self):
        # Before 3.13 the variables of a prompt are a copy, which CPython fills anew when somebody asks for them.
        for call in (
            "heapgraph.snapshot() and None",
            "heapgraph.objgraph.show_backrefs([y], filename='y.svg')",
            "heapgraph.objgraph.show_refs([y], filename='y.svg')",
        ):
            terminal = self.start()
            terminal.say("import heapgraph", PROMPT)
            terminal.say("x = 'typed'", PROMPT)
            terminal.say(call, PROMPT)
            self.assertEqual(terminal.say("p x", PROMPT), "'typed'\n", call)
            said, _ = terminal.end("c")
            self.assertIn("x is typed", said, call)
