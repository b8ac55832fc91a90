//! Any texts in the names of a heap's roots, keys, slots and types: each expression is one line that closes its quotes and
//! brackets. `tests/expression_syntax.rs` asks Python about a fixed choice.
#![no_main]

use arbitrary::Arbitrary;
use heapgraph::analysis::explored::Explored;
use heapgraph::graph::Sketch;
use heapgraph::snapshot::Segment;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Heap {
    root: (Kind, String),
    steps: Vec<Step>,
}

#[derive(Debug, Arbitrary)]
enum Kind {
    Module,
    Interpreter,
    Other,
}

#[derive(Debug, Arbitrary)]
struct Step {
    type_name: String,
    way: Way,
}

#[derive(Debug, Arbitrary)]
enum Way {
    Field(String),
    Value(Key, String),
    Element,
    Member,
}

#[derive(Debug, Arbitrary)]
enum Key {
    Str,
    Int,
    Float,
    Complex,
    Bytes,
    Bool,
}

fuzz_target!(|heap: Heap| {
    let mut sketch = Sketch::new();
    let kind = match heap.root.0 {
        Kind::Module => "module",
        Kind::Interpreter => "interpreter",
        Kind::Other => "other",
    };
    let mut holder = "root".to_owned();
    sketch.object(&holder, "dict", 64).root(kind, &heap.root.1, "root");
    for (number, step) in heap.steps.iter().take(16).enumerate() {
        let inner = format!("inner {number}");
        sketch.object(&inner, &step.type_name, 64);
        match &step.way {
            Way::Field(slot) => sketch.refer(&holder, slot, &inner),
            Way::Value(of, text) => {
                let key = format!("key {number}");
                let of = match of {
                    Key::Str => "str",
                    Key::Int => "int",
                    Key::Float => "float",
                    Key::Complex => "complex",
                    Key::Bytes => "bytes",
                    Key::Bool => "bool",
                };
                sketch.object(&key, of, 32).text(&key, text);
                sketch.elements(&holder, Segment::Mapping).refer(&holder, "", &key).refer(&holder, "", &inner)
            }
            Way::Element => sketch.elements(&holder, Segment::Sequence).refer(&holder, "", &inner),
            Way::Member => sketch.elements(&holder, Segment::Set).refer(&holder, "", &inner),
        };
        holder = inner;
    }
    let drawn = sketch.build();
    let explored = Explored::of(&drawn.graph);
    for object in drawn.graph.objects() {
        let Some(path) = explored.path(object) else { continue };
        if let Some(text) = explored.expression(&path).text {
            check(&text);
        }
    }
});

/// One line of printable text whose quotes and brackets are closed.
fn check(text: &str) {
    assert!(!text.chars().any(|character| character.is_control() || ('\u{2028}'..='\u{202e}').contains(&character)));
    let mut open = Vec::new();
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => assert!(characters.next().is_some(), "{text}"),
            (Some(mark), _) if mark == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '[') => open.push(']'),
            (None, '(') => open.push(')'),
            (None, ']' | ')') => assert_eq!(open.pop(), Some(character), "{text}"),
            (None, ';' | '#' | '\\' | '`' | '$') => panic!("{text}"),
            (None, _) => {}
        }
    }
    assert!(quote.is_none() && open.is_empty(), "{text}");
}
