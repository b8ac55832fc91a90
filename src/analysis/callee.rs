//! What a callback calls in the end: the function behind a bound method, a partial, a finalizer's record.

use crate::graph::{HeapGraph, Object};

/// Wrappers around one function, by full name, and the slot that leads on.
const WRAPPERS: [(&str, &str); 5] = [
    ("method", ".__func__"),
    ("functools.partial", ".func"),
    ("functools.partialmethod", ".func"),
    ("weakref.finalize._Info", ".func"),
    ("asyncio.events.Handle", "._callback"),
];

/// Wrappers in wrappers are followed so far.
const DEEPEST: usize = 8;

/// The function that is called in the end; the object itself when it is one; `None` when it is no callback, or calls what
/// is no function of Python.
pub fn callee(graph: &HeapGraph, callback: Object) -> Option<Object> {
    let mut at = callback;
    for _ in 0..DEEPEST {
        let of = graph.type_of(at).full_name();
        if of == "function" {
            return Some(at);
        }
        let (_, slot) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == of)?;
        at = graph.field(at, slot)?.referent?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;

    #[test]
    fn wrappers_are_followed_to_the_function() {
        let mut sketch = Sketch::new();
        sketch.object("f", "function", 1).object("m", "method", 1).object("p", "functools.partial", 1);
        sketch.object("c", "app.Callable", 1).object("q", "functools.partial", 1);
        sketch.refer("p", ".func", "m").refer("m", ".__func__", "f").refer("q", ".func", "c");
        let heap = sketch.build();
        let of = |name: &str| callee(&heap.graph, heap.get(name)).map(|object| heap.name(object));
        assert_eq!((of("f"), of("m"), of("p")), (Some("f"), Some("f"), Some("f")));
        assert_eq!((of("c"), of("q")), (None, None));
        // A crafted file may have a wrapper around itself.
        let mut sketch = Sketch::new();
        sketch.object("p", "functools.partial", 1).refer("p", ".func", "p");
        let heap = sketch.build();
        assert_eq!(callee(&heap.graph, heap.get("p")), None);
    }
}
