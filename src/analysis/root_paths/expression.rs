//! A path as a Python expression that gives the object inside the process.

use std::collections::VecDeque;

use crate::graph::{HeapGraph, Object, Slot, TypeId};

use super::{Hop, RootPath};
use crate::analysis::classes::{Attribute, Classes};

/// A path in Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathExpression {
    /// The expression; `None` when there is none.
    pub text: Option<String>,
    /// Modules that have to be imported before: `sys`, `gc`; sorted.
    pub imports: Vec<&'static str>,
    /// Where Python can't follow the path, the last place if there are several: `text`, if any, begins with an object behind
    /// it, found by its address. `None` when the expression leads all the way from the root.
    pub gap: Option<Gap>,
}

/// A place of a path that no Python expression passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// The root itself: nothing in Python gives it.
    Root,
    /// This hop, an index into [`RootPath::hops`].
    Hop(usize),
}

/// The path as a Python expression, e.g. `sys.modules['app.cache'].SESSIONS['u42'].history[17]`. Linear in its length.
///
/// What the dictionaries of modules and instances hold is written as an attribute, unless the class has something under the
/// same name that could come first. Keys without a literal, members of sets, and references that only the garbage collector
/// can list, are found by their address: `next(o for o in … if id(o) == 0x7f…)`. Where Python can't follow at all (a
/// reference held from C, a value stack), the expression begins anew with the object behind, found among
/// `gc.get_objects()`, if it certainly is there.
pub fn expression(graph: &HeapGraph, classes: &Classes<'_>, path: &RootPath) -> PathExpression {
    let mut written = Written::default();
    let mut gap = None;
    let root = path.root.named.and_then(|index| graph.roots[index as usize].expression.clone());
    let mut is_known = match root {
        Some(root) => {
            written.begin(&root);
            true
        }
        None => {
            gap = Some(Gap::Root);
            written.find_tracked(graph, classes, path.root.object)
        }
    };
    let mut next = 0;
    while let Some(hop) = path.hops.get(next) {
        if is_known && let Some(name) = attribute(graph, classes, hop, path.hops.get(next + 1)) {
            written.push(".");
            written.push(name);
            next += 2;
            continue;
        }
        let is_last = next + 1 == path.hops.len();
        let is_passed = if is_last && is_dictionary_of_class(graph, classes, hop) {
            written.find_dictionary_of_class();
            true
        } else {
            written.follow(graph, hop)
        };
        if !is_passed {
            gap = Some(Gap::Hop(next));
        }
        if !is_passed || !is_known {
            is_known = written.find_tracked(graph, classes, hop.object);
        }
        next += 1;
    }
    let imports = if is_known { written.imports() } else { Vec::new() };
    PathExpression { text: is_known.then(|| written.text()), imports, gap }
}

/// An expression under construction: it grows at both ends.
#[derive(Default)]
struct Written {
    before: VecDeque<String>,
    after: String,
    needs_gc: bool,
}

impl Written {
    fn begin(&mut self, expression: &str) {
        *self = Written::default();
        self.after.push_str(expression);
    }

    fn push(&mut self, suffix: &str) {
        self.after.push_str(suffix);
    }

    fn wrap(&mut self, before: String, after: &str) {
        self.before.push_front(before);
        self.after.push_str(after);
    }

    fn imports(&self) -> Vec<&'static str> {
        let starts_with_sys = self.after.starts_with("sys.");
        [("gc", self.needs_gc), ("sys", starts_with_sys)]
            .iter()
            .filter(|(_, needed)| *needed)
            .map(|(name, _)| *name)
            .collect()
    }

    fn text(self) -> String {
        let mut text: String = self.before.into_iter().collect();
        text.push_str(&self.after);
        text
    }

    /// Begins anew with an object that the garbage collector lists; `false` when it may not list it.
    fn find_tracked(&mut self, graph: &HeapGraph, classes: &Classes<'_>, object: Object) -> bool {
        if is_certainly_tracked(graph, classes, object) {
            self.begin(&format!("next(o for o in gc.get_objects() if id(o) == {})", graph.address(object)));
            self.needs_gc = true;
            return true;
        }
        false
    }

    /// Python gives a view of a class's dictionary, the collector what is behind the view.
    fn find_dictionary_of_class(&mut self) {
        self.needs_gc = true;
        self.wrap("gc.get_referents(".to_owned(), ".__dict__)[0]");
    }

    /// Goes on through a hop; `false` when Python can't.
    fn follow(&mut self, graph: &HeapGraph, hop: &Hop) -> bool {
        let slot = graph.slot(hop.reference);
        if slot == Slot::Field(".__class__") {
            // Proxies answer `.__class__` with the class of what they stand for, and run code of the program to find it.
            self.wrap("type(".to_owned(), ")");
            return true;
        }
        if let Some(suffix) = graph.slot_expression(slot) {
            self.push(&suffix);
            return true;
        }
        let address = graph.address(hop.object);
        match slot {
            Slot::Member | Slot::Key => self.wrap("next(o for o in ".to_owned(), &format!(" if id(o) == {address})")),
            Slot::Value(Some(key)) => {
                let key = graph.address(key);
                self.wrap("next(v for k, v in ".to_owned(), &format!(".items() if id(k) == {key})"));
            }
            Slot::Unnamed if !graph.header.capture.is_from_outside() => {
                self.needs_gc = true;
                self.wrap("next(o for o in gc.get_referents(".to_owned(), &format!(") if id(o) == {address})"));
            }
            Slot::Unnamed | Slot::Field(_) | Slot::Index(_) | Slot::Flat(_) | Slot::Value(None) => return false,
        }
        true
    }
}

fn is_dictionary_of_class(graph: &HeapGraph, classes: &Classes<'_>, hop: &Hop) -> bool {
    let of = graph.type_id(hop.reference.referrer);
    graph.slot(hop.reference) == Slot::Field(".__dict__") && classes.derives_from(of, "type")
}

/// `gc.get_objects()` lists an object when its type takes part in garbage collection, except that tuples and dictionaries
/// may have been found to hold nothing of interest, and tuples made in C (`sys.flags`) may never have been listed.
fn is_certainly_tracked(graph: &HeapGraph, classes: &Classes<'_>, object: Object) -> bool {
    const HAVE_GC: u64 = 1 << 14;
    let of = graph.type_of(object);
    let may_be_untracked = of.module == "builtins" && matches!(of.name.as_str(), "dict" | "type")
        || classes.derives_from(graph.type_id(object), "tuple");
    !may_be_untracked && of.flags.is_some_and(|flags| flags & HAVE_GC != 0)
}

/// The attribute that `.__dict__` and the hop behind it are, when Python's `.name` certainly gives the same.
fn attribute<'g>(graph: &'g HeapGraph, classes: &Classes<'_>, hop: &Hop, behind: Option<&Hop>) -> Option<&'g str> {
    if graph.slot(hop.reference) != Slot::Field(".__dict__") {
        return None;
    }
    let Slot::Value(Some(key)) = graph.slot(behind?.reference) else { return None };
    let name = attribute_name(graph, key)?;
    let holder = hop.reference.referrer;
    is_plain(graph, classes, graph.type_id(holder), name).then_some(name)
}

/// The text of a key that can be written behind a dot; `None` for any other object.
pub fn attribute_name(graph: &HeapGraph, key: Object) -> Option<&str> {
    let of = graph.type_of(key);
    let known = graph.text(key)?;
    (of.module == "builtins" && of.name == "str" && known.is_whole && is_identifier(known.text)).then_some(known.text)
}

/// Whether `instance.name` gives what the instance's dictionary holds.
fn is_plain(graph: &HeapGraph, classes: &Classes<'_>, id: TypeId, name: &str) -> bool {
    let of = &graph.types[id.index()];
    if of.module == "builtins" && of.name == "module" {
        // `types.ModuleType` has these two itself.
        return !matches!(name, "__dict__" | "__class__");
    }
    if classes.derives_from(id, "type") {
        // On a class, `.name` binds and unwraps.
        return false;
    }
    let gives_way = |attribute| match attribute {
        Attribute::Absent => true,
        // Only a data descriptor comes before the instance's dictionary; functions and plain values are none.
        Attribute::Is(object) => {
            let of = graph.type_of(object);
            of.module == "builtins" && PLAIN.contains(&of.name.as_str())
        }
        Attribute::Unknown => false,
    };
    let is_usual = match classes.attribute(id, "__getattribute__") {
        Attribute::Absent => true,
        // Only `object`'s own is a slot wrapper.
        Attribute::Is(object) => graph.type_of(object).name == "wrapper_descriptor",
        Attribute::Unknown => false,
    };
    is_usual && gives_way(classes.attribute(id, name))
}

/// Built-in types whose instances are no data descriptors.
const PLAIN: [&str; 15] = [
    "NoneType",
    "bool",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "function",
    "int",
    "list",
    "set",
    "str",
    "tuple",
    "type",
    "method",
];

/// Plain ASCII names only: Python normalises others, so that the attribute might be another one.
fn is_identifier(name: &str) -> bool {
    const KEYWORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ];
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !KEYWORDS.contains(&name)
}
