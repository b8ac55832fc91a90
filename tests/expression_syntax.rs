//! Expressions of heaps whose every text is hostile: Python parses each, and it leads to an object and does nothing else.

mod pythons;
#[allow(dead_code)] // Its numbers alone are needed here.
mod random_heap;

use std::io::Write;
use std::process::{Command, Stdio};

use heapgraph::analysis::explored::Explored;
use heapgraph::analysis::root_paths::expression;
use heapgraph::graph::Sketch;
use heapgraph::snapshot::Segment;
use random_heap::Rng;

/// What a snapshot of an enemy may have for a name, a key, a number, a slot.
const TEXTS: [&str; 40] = [
    "name",
    "__class__",
    "class",
    "é",
    "ﬁ",
    "it's",
    "\"quoted\"",
    "'\"both\"'",
    "back\\slash",
    "ends with \\",
    "\n",
    "a\r\nb",
    "\0",
    "\u{202e}reversed",
    "\u{2028}",
    "\u{e0041}",
    "]",
    "'] + evil() + ['",
    "__import__('os').system('id')",
    "'; import os; '",
    "x if evil() else y",
    "lambda: evil()",
    "(yield)",
    "#",
    "{evil()}",
    "f'{evil()}'",
    "0",
    "-1",
    "1e400",
    "nan",
    "0x10",
    "1_000",
    "1 or evil()",
    "b'bytes'",
    "b'' + evil()",
    "b'a'[0]",
    "1+evil()j",
    "(1+2j)",
    "..",
    "",
];

/// Slots with names of an enemy.
const SLOTS: [&str; 14] = [
    ".plain",
    "._Private__name",
    ".class",
    ".é",
    ".x; evil()",
    ".x()",
    ".x if evil() else 0",
    "[0]",
    "[evil()]",
    "['key']",
    "['key'] + evil()",
    "(evil())",
    ".__getinitargs__()[0]",
    ".__dict__",
];

const KEYS: [&str; 6] = ["str", "int", "float", "complex", "bytes", "bool"];

/// A heap of containers in each other, and all expressions of it.
fn expressions(seed: u64) -> Vec<String> {
    let mut rng = Rng::new(seed);
    let mut any = |of: &[&'static str]| of[rng.below(of.len() as u64) as usize];
    let mut sketch = Sketch::new();
    let root = "root";
    sketch.object(root, any(&["module", "dict", "app.Thing", "list"]), 64);
    let root_name = any(&TEXTS);
    match any(&["module", "interpreter", "thread", "other"]) {
        "interpreter" => {
            let name = ["sys.", "sys", ""].map(|before| format!("{before}{root_name}"));
            sketch.root("interpreter", any(&["0", "1", "2"]).parse::<usize>().map(|at| &*name[at]).unwrap(), root)
        }
        kind => sketch.root(kind, root_name, root),
    };
    let mut holder = root.to_owned();
    for step in 0..6 {
        let inner = format!("inner {step}");
        let of = any(&["dict", "list", "tuple", "set", "app.Thing", "app.dict", "module", "type"]);
        match any(&["value", "field", "element", "member"]) {
            "value" => {
                let key = format!("key {step}");
                sketch.object(&key, any(&KEYS), 32);
                sketch.text(&key, any(&TEXTS));
                sketch.object(&inner, of, 64);
                sketch.elements(&holder, Segment::Mapping).refer(&holder, "", &key).refer(&holder, "", &inner);
            }
            "field" => {
                sketch.object(&inner, of, 64);
                sketch.refer(&holder, any(&SLOTS), &inner);
            }
            "element" => {
                sketch.object(&inner, of, 64);
                sketch.elements(&holder, Segment::Sequence).refer(&holder, "", &inner);
            }
            _ => {
                sketch.object(&inner, of, 64);
                sketch.elements(&holder, Segment::Set).refer(&holder, "", &inner);
            }
        }
        holder = inner;
    }
    let heap = sketch.build();
    let explored = Explored::of(&heap.graph);
    let paths = heap.graph.objects().filter_map(|object| explored.path(object));
    paths.filter_map(|path| expression(&heap.graph, &explored.classes, &path).text).collect()
}

/// Reads expressions, one JSON list, and prints each that is not one expression of steps to an object.
const JUDGE: &str = r#"
import ast, json, sys
ALLOWED = {"sys", "gc", "next", "o", "id", "k", "v", "type", "object", "dict", "list", "tuple", "set", "frozenset",
           "collections"}
CALLED = {"next", "id", "type", "items", "get_objects", "get_referents", "__getitem__", "__iter__", "__getattribute__",
          "_current_frames", "__getinitargs__"}
NODES = (ast.Expression, ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.GeneratorExp, ast.comprehension,
         ast.Compare, ast.Eq, ast.Constant, ast.Load, ast.Store, ast.Tuple, ast.UnaryOp, ast.USub, ast.BinOp, ast.Add,
         ast.Sub, getattr(ast, "Index", ast.Load))
def judge(text):
    if not text.isprintable():
        return "not printable"
    for node in ast.walk(ast.parse(text, mode="eval")):
        if not isinstance(node, NODES):
            return type(node).__name__
        if isinstance(node, ast.Name) and node.id not in ALLOWED:
            return "the name " + node.id
        if isinstance(node, ast.BinOp) and not all(
            isinstance(part, (ast.Constant, ast.UnaryOp)) for part in (node.left, node.right)
        ):
            return "arithmetic"
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            if called not in CALLED:
                return "a call of " + called
wrong = 0
for text in json.load(sys.stdin):
    try:
        complaint = judge(text)
    except (SyntaxError, ValueError) as error:
        complaint = repr(error)
    if complaint:
        wrong += 1
        print(complaint, "in", ascii(text))
print("wrong:", wrong)
"#;

#[test]
fn python_parses_every_expression_and_finds_nothing_else_in_it() {
    let mut all: Vec<String> = (0..20_000).flat_map(expressions).collect();
    all.sort();
    all.dedup();
    assert!(all.len() > 5_000, "{} expressions", all.len());
    let question = serde_json::to_vec(&all).unwrap();
    for interpreter in pythons::few_interpreters() {
        let mut judge = Command::new(&interpreter.program)
            .args(["-W", "error", "-c", JUDGE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        judge.stdin.take().unwrap().write_all(&question).unwrap();
        let output = judge.wait_with_output().unwrap();
        let answer = String::from_utf8_lossy(&output.stdout);
        assert_eq!(answer, "wrong: 0\n", "{}", interpreter.version);
    }
}
