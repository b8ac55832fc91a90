//! References that every program has and that explain nothing: a function's globals, an instance's class.

use crate::graph::{HeapGraph, Object, Reference, Slot};

use super::Towards;

/// Why a reference is neither followed nor drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Housekeeping {
    /// A function, or a running frame, and the names that it looks up: `.__globals__`, `.__builtins__`, `.f_globals`.
    Globals,
    /// An instance and its class, unless the class is asked about.
    Class,
    /// A class and its own tables: `.__mro__`, `.__bases__`, its subclasses.
    ClassTables,
    /// A descriptor and the class whose dictionary holds it: `.__objclass__`.
    Descriptor,
    /// What something is called: `.__name__`, `.__qualname__`, `.__module__`, `.__doc__`. Followed to its referrers only.
    Name,
    /// A key whose text names the value's arrow already. Followed to its referrers only.
    Key,
    /// `None`, `True`, `False` and their like. Followed to their referrers only.
    Constant,
    /// An object of a debugger at whose prompt somebody is: it watches, and is gone when the program goes on.
    Debugger,
}

impl Housekeeping {
    /// All kinds, in order.
    pub const ALL: [Housekeeping; 8] = [
        Housekeeping::Globals,
        Housekeeping::Class,
        Housekeeping::ClassTables,
        Housekeeping::Descriptor,
        Housekeeping::Name,
        Housekeeping::Key,
        Housekeeping::Constant,
        Housekeeping::Debugger,
    ];
}

/// What a fixed slot is, by its name alone.
pub(super) fn of_field(name: &str, towards: Towards) -> Option<Housekeeping> {
    let kind = match name {
        // `.f_locals` as one slot is the namespace of a module or of a class body; a function's locals have a slot each.
        ".__globals__" | ".__builtins__" | ".f_locals" => Housekeeping::Globals,
        ".__class__" => Housekeeping::Class,
        ".__mro__" | ".__bases__" | "subclasses" => Housekeeping::ClassTables,
        ".__objclass__" => Housekeeping::Descriptor,
        ".__name__" | ".__qualname__" | ".__module__" | ".__doc__" if towards == Towards::Referents => {
            Housekeeping::Name
        }
        _ if name.ends_with(".f_globals") || name.ends_with(".f_builtins") => Housekeeping::Globals,
        _ => return None,
    };
    Some(kind)
}

/// Whether a reference of this kind is drawn after all because its referent is asked about.
///
/// A class lives by its instances, a table by its class; but a thousand functions say nothing about the globals they share,
/// nor a class's own descriptors about the class.
pub(super) fn explains_a_target(kind: Housekeeping) -> bool {
    !matches!(kind, Housekeeping::Globals | Housekeeping::Descriptor | Housekeeping::Debugger)
}

/// What is housekeeping by the referent, where the slot's name doesn't tell.
pub(super) fn of_element(graph: &HeapGraph, reference: Reference, towards: Towards) -> Option<Housekeeping> {
    let referent = reference.referent?;
    if graph.field(referent, ".__mro__").is_some() && is_class_table(graph, reference.referrer) {
        return Some(Housekeeping::ClassTables);
    }
    if towards == Towards::Referrers {
        return None;
    }
    if is_constant(graph, referent) {
        return Some(Housekeeping::Constant);
    }
    match graph.slot(reference) {
        Slot::Key if graph.literal(referent).is_some() => Some(Housekeeping::Key),
        _ => None,
    }
}

/// Whether an object is nothing but the tuple behind some class's `.__mro__` or `.__bases__`.
fn is_class_table(graph: &HeapGraph, object: Object) -> bool {
    let of = graph.type_of(object);
    let is_table_of = |class: Object| {
        [".__mro__", ".__bases__"]
            .iter()
            .any(|name| graph.field(class, name).and_then(|one| one.referent) == Some(object))
    };
    of.module == "builtins"
        && of.name == "tuple"
        && graph.referrers(object).len() > 0
        && graph.referrers(object).all(is_table_of)
}

fn is_constant(graph: &HeapGraph, object: Object) -> bool {
    let of = graph.type_of(object);
    of.module == "builtins" && matches!(of.name.as_str(), "NoneType" | "bool" | "ellipsis" | "NotImplementedType")
}
