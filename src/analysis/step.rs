//! One step of the way from a root to many objects: a root, a name, any key, any index.

use std::sync::Arc;

use crate::graph::{HeapGraph, Reference, RootPlace, Slot};

use super::gc_roots::{GcRoot, GcRootKind};

/// A root or a slot, so that ways which differ only in keys and indices are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Step {
    /// Where the way begins; `place` is `None` for what the snapshot doesn't name.
    Root {
        /// What kind of root.
        kind: GcRootKind,
        /// What the snapshot says of it.
        place: Option<RootPlace>,
    },
    /// A named slot: `.user`, `()`.
    Field(Arc<str>),
    /// An entry of a dictionary whose keys are names, as a literal: `'cache'` in the dictionary of a module.
    Name(String),
    /// Any entry of a mapping.
    AnyKey,
    /// Any item of a sequence.
    AnyIndex,
    /// Any element of an array, over all its dimensions.
    AnyFlat,
    /// A key of a mapping.
    Key,
    /// A member of a set.
    Member,
    /// A slot without a name.
    Unnamed,
    /// A local variable of a frame that is suspended: of a coroutine, a generator.
    Local(Arc<str>),
    /// The value of a context variable, in whatever context.
    ContextVariable(Arc<str>),
    /// What all `threading.local` have for a thread, by its name.
    ThreadLocal(Arc<str>),
    /// A task of asyncio, by its name, or by that of its coroutine.
    Task(Arc<str>),
    /// What no root reaches.
    Garbage,
    /// All objects of a type, by its full name, where a way begins with nothing better.
    OfType(Arc<str>),
}

impl Step {
    /// That of a root.
    pub fn of_root(graph: &HeapGraph, root: GcRoot) -> Step {
        Step::Root { kind: root.kind, place: root.named(graph).map(|named| named.place.clone()) }
    }

    /// Whether it leads to the elements of containers, all of them.
    pub fn is_element(&self) -> bool {
        matches!(self, Step::AnyKey | Step::AnyIndex | Step::AnyFlat | Step::Member | Step::Key)
    }

    /// That of a reference; `in_namespace` says that the referrer is the dictionary of a module, a class or an instance.
    pub fn of_reference(graph: &HeapGraph, reference: Reference, in_namespace: bool) -> Step {
        match graph.slot(reference) {
            Slot::Field(name) => Step::Field(name.into()),
            Slot::Index(_) => Step::AnyIndex,
            Slot::Flat(_) => Step::AnyFlat,
            Slot::Value(Some(key)) if in_namespace => graph.literal(key).map_or(Step::AnyKey, Step::Name),
            Slot::Value(_) => Step::AnyKey,
            Slot::Key => Step::Key,
            Slot::Member => Step::Member,
            Slot::Unnamed => Step::Unnamed,
        }
    }
}
