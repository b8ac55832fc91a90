//! GC roots in words: `module app.cache`, `local job in app.worker (thread MainThread)`, `held from C`.

use crate::analysis::explored::Explored;
use crate::analysis::gc_roots::{GcRoot, GcRootKind};
use crate::graph::{FramePlace, HeapGraph, Object, RefCount, Root, RootPlace, ThreadPlace};
use crate::units;

use super::phrases::counted;

/// What a root is called, without its kind: `app.cache`, `job in app.worker (thread MainThread)`, `sys.modules`.
pub fn name(place: &RootPlace) -> String {
    match place {
        RootPlace::Module(name) | RootPlace::Interpreter(name) | RootPlace::Other(name) => name.to_string(),
        RootPlace::Thread { holds, thread } if thread.is_empty() => holds.to_string(),
        RootPlace::Thread { holds, thread } => format!("{holds} {thread}"),
        RootPlace::Local { variable, frame } => {
            format!("{} in {}", variable.as_deref().unwrap_or(ALL_LOCALS), frame_name(frame))
        }
        RootPlace::ValueStack(frame) => frame_name(frame),
    }
}

/// The dictionary with all the local variables of a frame.
const ALL_LOCALS: &str = "locals";

/// A root that the snapshot names, with its kind: `module app.cache`.
pub fn of_named(root: &Root) -> String {
    format!("{} {}", root.kind().label(), name(&root.place))
}

/// Any root: `module app.cache`, `static type int`, `held from C`.
pub fn of(graph: &HeapGraph, root: &GcRoot) -> String {
    of_kind(root.kind, root.named(graph).map(|named| &named.place))
}

/// The same by its kind and place; `place` is `None` for what the snapshot doesn't name.
pub fn of_kind(kind: GcRootKind, place: Option<&RootPlace>) -> String {
    match place {
        Some(place) if kind == GcRootKind::Other => name(place),
        Some(place) => format!("{} {}", kind.label(), name(place)),
        None => kind.label().to_owned(),
    }
}

/// What is known of an object that only its reference count says to be held from C, in a sentence or two.
pub fn held_from_c(heap: &Explored<'_>, object: Object) -> String {
    let graph = heap.graph;
    let account = heap.roots.account(graph, object);
    let explained = account.found + account.from_roots;
    let counts = match (account.refcount, explained) {
        (RefCount::Known(count), 0) => format!(
            "nothing in the snapshot refers to it, and its reference count is {}: C code holds it, or has lost a reference to it",
            units::count(count)
        ),
        (RefCount::Known(count), _) => format!(
            "its reference count is {}, and {} found: C code holds the rest",
            units::count(count),
            counted(explained, "reference is", "references are")
        ),
        (RefCount::Immortal | RefCount::Unknown, _) => {
            "nothing in the snapshot refers to it, and its reference count is unknown".to_owned()
        }
    };
    let module = &graph.type_of(object).module;
    let is_extension = graph.modules().any(|(root, name)| {
        name == module && root.file.as_deref().is_some_and(|file| file.ends_with(".so") || file.ends_with(".pyd"))
    });
    match is_extension {
        true => format!("{counts}; its type is that of the extension module {module}, the likely holder"),
        false => counts,
    }
}

/// `app.worker (thread MainThread)`.
pub fn frame_name(frame: &FramePlace) -> String {
    format!("{} ({})", frame.function, thread(&frame.thread))
}

/// `thread MainThread`, `thread 140…`, `a thread`.
pub fn thread(thread: &ThreadPlace) -> String {
    match thread {
        ThreadPlace::Named(name) => format!("thread {name}"),
        ThreadPlace::Numbered(id) => format!("thread {id}"),
        ThreadPlace::Unknown => "a thread".to_owned(),
    }
}

/// The variable of a running frame that a root is: `job`, or `locals` for all of them; `None` for any other root.
pub fn variable(place: &RootPlace) -> Option<&str> {
    match place {
        RootPlace::Local { variable, .. } => Some(variable.as_deref().unwrap_or(ALL_LOCALS)),
        _ => None,
    }
}

/// A root of a running frame in two lines, the thread in the second; any other in one.
pub fn in_lines(place: &RootPlace) -> Vec<String> {
    match place {
        RootPlace::Local { frame, .. } => {
            let variable = variable(place).unwrap_or_default();
            vec![format!("{variable} in {}", frame.function), thread(&frame.thread)]
        }
        RootPlace::ValueStack(frame) => vec![frame.function.to_string(), thread(&frame.thread)],
        other => vec![name(other)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_two_lines_whatever_its_thread_is_called() {
        let thread = ThreadPlace::Named("Thread-1 (run)".into());
        let frame = FramePlace { function: "app.work".into(), thread, is_of_a_debugger: false };
        let job = RootPlace::Local { variable: Some("job".into()), frame: frame.clone() };
        assert_eq!(in_lines(&job), ["job in app.work", "thread Thread-1 (run)"]);
        assert_eq!(name(&job), "job in app.work (thread Thread-1 (run))");
        assert_eq!(in_lines(&RootPlace::ValueStack(frame)), ["app.work", "thread Thread-1 (run)"]);
        assert_eq!(in_lines(&RootPlace::Other("static type int".into())), ["static type int"]);
    }
}
