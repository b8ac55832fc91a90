//! Slots in words: `.user`, `['key']`, `[3]`, and `[*]` for any index.

use crate::analysis::step::Step;
use crate::graph::{HeapGraph, Slot, short_name};

use super::root_words;

/// A slot for people: `.user`, `['key']`, `[3]`, `key`, `member`, `local job`, `?`.
///
/// A key whose text is unknown is shown as `[<str 0x7f…>]`.
pub fn slot_label(graph: &HeapGraph, slot: Slot<'_>) -> String {
    match slot {
        Slot::Field(name) => name.to_owned(),
        Slot::Index(index) => format!("[{index}]"),
        Slot::Flat(index) => format!(".flat[{index}]"),
        Slot::Key => "key".to_owned(),
        Slot::Value(Some(key)) => match graph.literal(key) {
            Some(literal) => format!("[{literal}]"),
            None => format!("[<{} {}>]", short_name(&graph.type_of(key).name), graph.address(key)),
        },
        Slot::Value(None) => "[<unknown key>]".to_owned(),
        Slot::Member => "member".to_owned(),
        Slot::Unnamed => "?".to_owned(),
    }
}

/// The same for one step of many paths: `[*]` for any index, `[…]` for any key.
pub fn step_label(step: &Step) -> String {
    match step {
        Step::Root { kind, place } => root_words::of_kind(*kind, place.as_ref()),
        Step::Field(name) => name.to_string(),
        Step::Name(literal) => format!("[{literal}]"),
        Step::AnyKey => "[…]".to_owned(),
        Step::AnyIndex => "[*]".to_owned(),
        Step::AnyFlat => ".flat[*]".to_owned(),
        Step::Key => "key".to_owned(),
        Step::Member => "member".to_owned(),
        Step::Unnamed => "?".to_owned(),
        Step::Local(name) => format!("local {name}"),
        Step::ContextVariable(name) => format!("ContextVar {name}"),
        Step::ThreadLocal(thread) => format!("threading.local of {thread}"),
        Step::Task(name) => format!("asyncio task {name}"),
        Step::Garbage => "garbage".to_owned(),
        Step::OfType(name) => name.to_string(),
    }
}
