//! A path as a Python expression that gives the object inside the process.

use std::collections::VecDeque;

use crate::graph::{HeapGraph, Object, Slot, TypeId, is_identifier};

use super::{Hop, RootPath};
use crate::analysis::classes::{Attribute, Classes};
use crate::analysis::uncollectable::takes_no_part;

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
/// What the dictionaries of modules, classes and instances hold is written as an attribute, unless the class has something
/// under the same name that could come first. Where a class has a method of its own in the way, the built-in one is called
/// (`dict.__getitem__(x, 'k')`), so that the expression runs no code of the program. Keys without a literal, members of
/// sets, and references that only the garbage collector can list, are found by their address:
/// `next(o for o in … if id(o) == 0x7f…)`. Where Python can't follow at all (a reference held from C, a value stack), the
/// expression begins anew with the object behind, found among `gc.get_objects()`, if it certainly is there.
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
            written.follow(graph, classes, hop)
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
    needs_collections: bool,
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
        [("collections", self.needs_collections), ("gc", self.needs_gc), ("sys", starts_with_sys)]
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
    fn follow(&mut self, graph: &HeapGraph, classes: &Classes<'_>, hop: &Hop) -> bool {
        let slot = graph.slot(hop.reference);
        let of = graph.type_id(hop.reference.referrer);
        match slot {
            // Proxies answer `.__class__` with the class of what they stand for, and run code of the program to find it.
            Slot::Field(".__class__") => self.wrap("type(".to_owned(), ")"),
            Slot::Field(name) => return self.follow_field(graph, classes, hop, name),
            Slot::Index(_) | Slot::Value(Some(_)) if graph.slot_expression(slot).is_some() => {
                let suffix = graph.slot_expression(slot).unwrap_or_default();
                if is_of_c(graph, classes, of, "__getitem__") {
                    self.push(&suffix);
                } else if let Some(container) = self.container(classes, of) {
                    let inside = suffix.trim_start_matches('[').trim_end_matches(']');
                    self.wrap(format!("{container}.__getitem__("), &format!(", {inside})"));
                } else {
                    return self.find_referent(graph, hop);
                }
            }
            Slot::Flat(index) => self.push(&format!(".flat[{index}]")),
            Slot::Member | Slot::Key => {
                let address = graph.address(hop.object);
                if !is_of_c(graph, classes, of, "__iter__")
                    && let Some(container) = self.container(classes, of)
                {
                    self.wrap(format!("{container}.__iter__("), ")");
                }
                self.wrap("next(o for o in ".to_owned(), &format!(" if id(o) == {address})"));
            }
            Slot::Value(Some(key)) => {
                let key = graph.address(key);
                if is_of_c(graph, classes, of, "items") {
                    self.push(".items()");
                } else {
                    self.wrap("dict.items(".to_owned(), ")");
                }
                self.wrap("next(v for k, v in ".to_owned(), &format!(" if id(k) == {key})"));
            }
            Slot::Unnamed if !graph.header.capture.is_from_outside() => return self.find_referent(graph, hop),
            Slot::Unnamed | Slot::Index(_) | Slot::Value(None) => return false,
        }
        true
    }

    /// Goes on through a slot with a fixed name.
    fn follow_field(&mut self, graph: &HeapGraph, classes: &Classes<'_>, hop: &Hop, name: &str) -> bool {
        let of = graph.type_id(hop.reference.referrer);
        let Some(attribute) = name.strip_prefix('.').filter(|attribute| is_identifier(attribute)) else {
            let access = graph.slot_expression(Slot::Field(name));
            self.push(access.as_deref().unwrap_or_default());
            return access.is_some();
        };
        if !is_heap_type(graph, of) {
            self.push(name);
            return true;
        }
        let is_stored = match classes.attribute(of, attribute) {
            Attribute::Absent => true,
            Attribute::Is(found) => is_member(graph, found) || gives_way(graph, classes, found),
            Attribute::Unknown => false,
        };
        match (is_stored, has_usual_attributes(graph, classes, of)) {
            (true, true) => self.push(name),
            (true, false) => {
                let base = if classes.derives_from(of, "type") { "type" } else { "object" };
                self.wrap(format!("{base}.__getattribute__("), &format!(", '{attribute}')"));
            }
            (false, _) => return self.find_referent(graph, hop),
        }
        true
    }

    /// Finds the referent among all that the collector visits in the referrer; `false` when it does not visit that.
    fn find_referent(&mut self, graph: &HeapGraph, hop: &Hop) -> bool {
        if takes_no_part(graph, graph.type_id(hop.reference.referrer)) {
            return false;
        }
        self.needs_gc = true;
        let address = graph.address(hop.object);
        self.wrap("next(o for o in gc.get_referents(".to_owned(), &format!(") if id(o) == {address})"));
        true
    }

    /// The built-in container that a type derives from.
    fn container(&mut self, classes: &Classes<'_>, of: TypeId) -> Option<&'static str> {
        let all = ["dict", "list", "tuple", "set", "frozenset", "collections.deque"];
        let found = all.into_iter().find(|name| classes.derives_from(of, name))?;
        self.needs_collections |= found.starts_with("collections.");
        Some(found)
    }
}

/// Whether a method of a type is certainly written in C: the built-in one, and no code of the program.
fn is_of_c(graph: &HeapGraph, classes: &Classes<'_>, of: TypeId, method: &str) -> bool {
    const C: [&str; 3] = ["wrapper_descriptor", "method_descriptor", "builtin_function_or_method"];
    !is_heap_type(graph, of)
        || match classes.attribute(of, method) {
            Attribute::Is(found) => C.contains(&graph.type_of(found).name.as_str()),
            Attribute::Absent | Attribute::Unknown => false,
        }
}

/// Whether a type was made while the program ran, by a class statement or an extension; true when that is unknown.
fn is_heap_type(graph: &HeapGraph, of: TypeId) -> bool {
    let of = &graph.types[of.index()];
    of.is_heap_type().unwrap_or(of.module != "builtins")
}

/// Whether what a class has under a name reads a slot of the instance.
fn is_member(graph: &HeapGraph, found: Object) -> bool {
    matches!(graph.type_of(found).name.as_str(), "member_descriptor" | "getset_descriptor")
}

/// Whether what a class has under a name comes behind what the instance has: it is no data descriptor.
fn gives_way(graph: &HeapGraph, classes: &Classes<'_>, found: Object) -> bool {
    let of = graph.type_of(found);
    match of.module.as_str() {
        "builtins" => PLAIN.contains(&of.name.as_str()),
        _ => ["__set__", "__delete__"]
            .iter()
            .all(|method| classes.attribute(graph.type_id(found), method) == Attribute::Absent),
    }
}

/// Whether instances of a type look attributes up as `object` does.
fn has_usual_attributes(graph: &HeapGraph, classes: &Classes<'_>, of: TypeId) -> bool {
    match classes.attribute(of, "__getattribute__") {
        Attribute::Absent => true,
        // Only a slot of C is a slot wrapper.
        Attribute::Is(found) => graph.type_of(found).name == "wrapper_descriptor",
        Attribute::Unknown => false,
    }
}

fn is_dictionary_of_class(graph: &HeapGraph, classes: &Classes<'_>, hop: &Hop) -> bool {
    let of = graph.type_id(hop.reference.referrer);
    graph.slot(hop.reference) == Slot::Field(".__dict__") && classes.derives_from(of, "type")
}

/// `gc.get_objects()` lists an object when its type takes part in garbage collection, except that tuples and dictionaries
/// may have been found to hold nothing of interest, and capsules, context variables and tuples made in C (`sys.flags`) may never have been listed. What
/// `gc.freeze()` has set aside is not listed either, and nothing tells which objects that are.
fn is_certainly_tracked(graph: &HeapGraph, classes: &Classes<'_>, object: Object) -> bool {
    if graph.header.gc.frozen.is_some_and(|frozen| frozen > 0) {
        return false;
    }
    let of = graph.type_of(object);
    let may_be_untracked = of.module == "builtins" && matches!(of.name.as_str(), "dict" | "PyCapsule")
        || of.name == "ContextVar"
        || ["tuple", "type"].iter().any(|name| classes.derives_from(graph.type_id(object), name));
    !may_be_untracked && of.flags.is_some() && !takes_no_part(graph, graph.type_id(object))
}

/// The attribute that `.__dict__` and the hop behind it are, when Python's `.name` certainly gives the same.
fn attribute<'g>(graph: &'g HeapGraph, classes: &Classes<'_>, hop: &Hop, behind: Option<&Hop>) -> Option<&'g str> {
    if graph.slot(hop.reference) != Slot::Field(".__dict__") {
        return None;
    }
    let Slot::Value(Some(key)) = graph.slot(behind?.reference) else { return None };
    let name = attribute_name(graph, key)?;
    let holder = hop.reference.referrer;
    let is_plain = match classes.derives_from(graph.type_id(holder), "type") {
        true => is_plain_on_class(graph, classes, graph.type_id(holder), name, behind?.object),
        false => is_plain(graph, classes, graph.type_id(holder), name),
    };
    is_plain.then_some(name)
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
    // Only a data descriptor comes before the instance's dictionary.
    let comes_first = match classes.attribute(id, name) {
        Attribute::Absent => false,
        Attribute::Is(found) => !gives_way(graph, classes, found),
        Attribute::Unknown => true,
    };
    has_usual_attributes(graph, classes, id) && !comes_first
}

/// Whether `Class.name` gives `value`, which the dictionary of the class holds: nothing of the metaclass comes first, and
/// `value` is nothing that binds or unwraps.
fn is_plain_on_class(graph: &HeapGraph, classes: &Classes<'_>, metaclass: TypeId, name: &str, value: Object) -> bool {
    // Of the built-in types the list is complete; behind a class a function is itself.
    let is_itself = match graph.type_of(value).module.as_str() {
        "builtins" => gives_way(graph, classes, value),
        _ => classes.attribute(graph.type_id(value), "__get__") == Attribute::Absent,
    };
    is_itself && is_plain(graph, classes, metaclass, name)
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
