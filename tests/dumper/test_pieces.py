"""The dumper is small to read: pieces in the order in which one would explain it, joined into the file that users copy."""

import ast
import builtins
import subprocess
import sys
import unittest

from support import DUMPER

FOLDER = DUMPER.parent / "pieces"
PIECE_LINES, FUNCTION_LINES, LINE_LENGTH = 200, 40, 120
# Lines of what may run in the process of somebody who calls `dump`: all but triggers, `track` and the command line.
IN_PROCESS_LINES = 2042
CONVENIENCE = "96"
GIVEN = set(dir(builtins)) | {"__name__", "__file__"}


def pieces():
    return sorted(FOLDER.glob("*.py"))


def defined(tree):
    """Names that the module-level code of a piece binds."""
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update(alias.asname or alias.name for alias in node.names)
        else:
            names.update(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return names


def used(tree):
    """{name: line} of the names that a piece takes from elsewhere: those loaded and not bound in the same function."""
    found = {}

    def visit(node, local):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            inner = local | {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
            body = node.body if isinstance(node.body, list) else [node.body]
            for part in body:
                inner |= {n.id for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
                inner |= {
                    n.name
                    for n in ast.walk(part)
                    if isinstance(n, (ast.FunctionDef, ast.ExceptHandler)) and n.name is not None
                }
                inner |= {
                    a.asname or a.name
                    for n in ast.walk(part)
                    if isinstance(n, (ast.Import, ast.ImportFrom))
                    for a in n.names
                }
            for default in node.args.defaults + [d for d in node.args.kw_defaults if d is not None]:
                visit(default, local)
            for part in body:
                visit(part, inner)
            return
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            local = local | {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in local:
            found.setdefault(node.id, node.lineno)
        for child in ast.iter_child_nodes(node):
            visit(child, local)

    visit(tree, set())
    return found


class Pieces(unittest.TestCase):
    def test_joined_and_pieces_agree(self):
        done = subprocess.run(
            [sys.executable, str(DUMPER.parent / "join.py"), "--check"], stderr=subprocess.PIPE, universal_newlines=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_is_short_and_says_what_it_owns(self):
        for path in pieces():
            text = path.read_text(encoding="utf-8")
            with self.subTest(path.name):
                self.assertLessEqual(text.count("\n"), PIECE_LINES)
                self.assertRegex(text, r'\A(# [A-Z]|"""[A-Z])')
                self.assertEqual([line for line in text.splitlines() if len(line) > LINE_LENGTH], [])
                for node in ast.walk(ast.parse(text)):
                    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                        self.assertLessEqual(node.end_lineno - node.lineno + 1, FUNCTION_LINES, node.name)
                        if isinstance(node, ast.FunctionDef) and node.col_offset == 0:
                            self.assertTrue(ast.get_docstring(node), "%s has no docstring" % node.name)

    def test_each_uses_earlier_ones_only(self):
        known = set(GIVEN)
        for path in pieces():
            tree = ast.parse(path.read_text(encoding="utf-8"))
            own = defined(tree)
            with self.subTest(path.name):
                self.assertEqual(own & (known - GIVEN), set(), "defined twice")
                later = {name: line for name, line in used(tree).items() if name not in known | own}
                self.assertEqual(later, {}, "names of later pieces")
            known |= own

    def test_module_level_code_uses_what_is_already_there(self):
        known = set(GIVEN)
        tree = ast.parse(DUMPER.read_text(encoding="utf-8"))
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef):
                module = ast.Module(body=[node], type_ignores=[])
                missing = {name for name in used(module) if name not in known | defined(module)}
                self.assertEqual(missing, set())
            known |= defined(ast.Module(body=[node], type_ignores=[]))

    def test_what_runs_inside_a_process_is_small(self):
        lines = {path.name: path.read_text(encoding="utf-8").count("\n") for path in pieces()}
        inside = sum(n for name, n in lines.items() if name < CONVENIENCE)
        longest = max(lines, key=lines.get)
        print(
            "\nthe dumper: %d lines in %d pieces, %d of them run inside a process; the longest piece is %s with %d"
            % (sum(lines.values()), len(lines), inside, longest, lines[longest])
        )
        self.assertLessEqual(inside, IN_PROCESS_LINES)


if __name__ == "__main__":
    unittest.main()
