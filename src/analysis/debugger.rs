//! What a debugger has brought into the heap: its objects, the frames it looks at, its copies of their variables.

use crate::graph::{HeapGraph, Object, RootKind, debugger_frames, is_of_a_debugger};

use super::object_set::ObjectSet;

/// Objects that are there only because somebody is at a debugger's prompt; empty when nobody is.
///
/// These are instances of the debugger's classes with their dictionaries; the frame objects of a thread that a debugger has
/// stopped, whose variables are told by name as it is; and what nothing but these refers to: the copies that
/// `frame.f_locals` makes. Linear in the objects, once a debugger runs.
pub fn debugger_objects(graph: &HeapGraph) -> ObjectSet {
    let mut found = ObjectSet::empty(graph);
    if !graph.roots.iter().any(|root| root.kind() == RootKind::Debugger) {
        return found;
    }
    let mut all: Vec<Object> = Vec::new();
    for thread in &graph.threads {
        if debugger_frames(&thread.frames).contains(&true) {
            let frames = thread.frames.iter().filter_map(|frame| graph.object_at(frame.address?.absolute()));
            all.extend(frames);
        }
    }
    let is_its: Vec<bool> = graph.types.iter().map(|of| is_of_a_debugger(&of.module)).collect();
    all.extend(graph.objects_of_types(&is_its));
    found.extend(all.iter().copied());
    // What only they refer to, step by step: a dictionary of attributes, copies of variables, lists of frames.
    while let Some(object) = all.pop() {
        for held in graph.strong_referents(object) {
            let is_a_part = is_plain(graph, held)
                && !found.contains(held)
                && graph.referrers(held).all(|referrer| found.contains(referrer))
                && graph.roots_of(held).iter().all(|root| root.kind() == RootKind::Debugger);
            if is_a_part {
                found.insert(held);
                all.push(held);
            }
        }
    }
    found
}

/// What a debugger makes to look at variables.
fn is_plain(graph: &HeapGraph, object: Object) -> bool {
    let of = graph.type_of(object);
    of.module == "builtins" && matches!(of.name.as_str(), "dict" | "list" | "tuple" | "FrameLocalsProxy" | "method")
}
