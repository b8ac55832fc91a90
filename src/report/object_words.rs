//! One object in a few words: `3 items`, a function's name and where it was written, a task and what it waits for.

use crate::graph::{ElementKind, HeapGraph, MAX_LITERAL, Object, ObjectText, short_name};
use crate::units;

/// A few words that tell the object from others of its type; empty when nothing is known.
///
/// Containers say how many elements they have, functions their name and where they were written, modules and types their name,
/// arrays their type and shape, others their literal or text.
pub fn description(graph: &HeapGraph, object: Object) -> String {
    if let Some(literal) = graph.literal(object)
        && graph.elements(object).is_none()
    {
        return literal;
    }
    if let Some(ObjectText { text, is_whole, .. }) = graph.text(object) {
        return match graph.source_of(object) {
            Some(source) => {
                let name = text.split(" (").next().unwrap_or(text);
                format!("{} ({}:{})", shorten(name, true), shorten(source.file_name(), true), source.line)
            }
            None => shorten(text, is_whole),
        };
    }
    if let Some(task) = task(graph, object) {
        return task;
    }
    graph.elements(object).map_or(String::new(), |(count, kind)| units::counted(count, element(kind)))
}

/// A task of asyncio by its name, what it runs and what it waits for: `Poller: app.poll, waits for a Future`.
fn task(graph: &HeapGraph, object: Object) -> Option<String> {
    const TASKS: [&str; 2] = ["_asyncio.Task", "asyncio.tasks.Task"];
    if !TASKS.contains(&graph.type_of(object).full_name().as_str()) {
        return None;
    }
    let held = |of: Object, slot: &str| graph.field(of, slot).and_then(|reference| reference.referent);
    let text = |of: Object| graph.text(of).map(|known| shorten(known.text, known.is_whole));
    let runs = held(object, "._coro").and_then(|coroutine| {
        let code = held(coroutine, ".cr_code").or_else(|| held(held(coroutine, ".cr_frame")?, ".f_code"))?;
        Some(description(graph, code))
    });
    let waits = held(object, "._fut_waiter").filter(|&of| graph.type_of(of).name != "NoneType");
    let waits = waits.map(|of| format!("waits for a {}", short_name(&graph.type_of(of).name)));
    let what: Vec<String> = runs.into_iter().chain(waits).collect();
    match (held(object, ".get_name()").and_then(text), what.is_empty()) {
        (Some(name), true) => Some(name),
        (Some(name), false) => Some(format!("{name}: {}", what.join(", "))),
        (None, false) => Some(what.join(", ")),
        (None, true) => None,
    }
}

/// What one element of a container is called.
fn element(kind: ElementKind) -> &'static str {
    match kind {
        ElementKind::Item => "item",
        ElementKind::Member => "member",
    }
}

fn shorten(text: &str, is_whole: bool) -> String {
    let mut short: String = text.chars().take(MAX_LITERAL).collect();
    if !is_whole || short.len() < text.len() {
        short.push('…');
    }
    short
}
