//! References that no object of a snapshot shows, though its roots account for them: those of frames and of the interpreter.

use std::collections::HashMap;

use crate::graph::{HeapGraph, Object, RefCount, RootKind, RootPlace, Type};

/// References that named roots account for and no object of the snapshot does.
///
/// A frame holds each of its locals, unless the frame is itself an object of the snapshot with these references; at module
/// level its locals are the module's. A local that closures share is in a cell, which the frame holds in its place, and those
/// of a class body are in a dictionary. The interpreter holds its state once; a module is held by `sys.modules`. `found`: strong
/// references to each object in the snapshot.
pub(super) fn references_from_roots(graph: &HeapGraph, found: &[u32]) -> HashMap<Object, u32> {
    let mut held: HashMap<Object, u32> = HashMap::new();
    let is_cell = cells(graph);
    let mut cells = unexplained_cells(graph, &is_cell, found);
    for frame in graph.threads.iter().flat_map(|thread| &thread.frames) {
        let namespace = frame.namespace.and_then(|address| graph.object_at(address.absolute()));
        if namespace.is_none() && frame.function.ends_with("<module>") {
            continue;
        }
        let own = frame.address.and_then(|address| graph.object_at(address.absolute()));
        let mut shown: HashMap<Object, u32> = HashMap::new();
        for object in own.into_iter().flat_map(|own| graph.strong_referents(own)) {
            let content = graph.strong_referents(object).next().filter(|_| is_cell(object));
            *shown.entry(content.unwrap_or(object)).or_default() += 1;
        }
        let locals = frame.locals.iter().filter(|_| namespace.is_none()).map(|local| local.address);
        let objects = locals.chain(frame.stack.iter().copied()).filter_map(|at| graph.object_at(at.absolute()));
        for object in namespace.into_iter().chain(objects) {
            match shown.get_mut(&object) {
                Some(left @ 1..) => *left -= 1,
                _ => {
                    let cell = cells.get_mut(&object).and_then(take_one);
                    *held.entry(cell.unwrap_or(object)).or_default() += 1;
                }
            }
        }
    }
    let is_state = |kind| matches!(kind, RootKind::Interpreter | RootKind::Thread | RootKind::Other);
    let state = graph.roots.iter().filter(|root| is_state(root.kind()));
    for root in state {
        *held.entry(root.object).or_default() += 1;
    }
    let knows_modules = graph.roots.iter().any(|root| root.place == RootPlace::Interpreter("sys.modules".into()));
    if !knows_modules {
        for (root, _) in graph.modules() {
            *held.entry(root.object).or_default() += 1;
        }
    }
    held
}

/// The last of some cells, once for each of its unexplained references.
fn take_one(cells: &mut Vec<(Object, u64)>) -> Option<Object> {
    let (cell, left) = cells.last_mut()?;
    let cell = *cell;
    *left -= 1;
    if *left == 0 {
        cells.pop();
    }
    Some(cell)
}

/// Whether an object is a cell, the place of a variable that closures share.
fn cells(graph: &HeapGraph) -> impl Fn(Object) -> bool + '_ {
    let is_cell = |of: &Type| of.module == "builtins" && of.name == "cell";
    let types: Vec<bool> = graph.types.iter().map(is_cell).collect();
    move |object| types[graph.type_id(object).0 as usize]
}

/// What cells hold, each with those cells that have more references than the snapshot shows, and how many.
fn unexplained_cells(
    graph: &HeapGraph,
    is_cell: impl Fn(Object) -> bool,
    found: &[u32],
) -> HashMap<Object, Vec<(Object, u64)>> {
    let mut cells: HashMap<Object, Vec<(Object, u64)>> = HashMap::new();
    for cell in graph.objects().filter(|&object| is_cell(object)) {
        let RefCount::Known(count) = graph.refcount(cell) else { continue };
        let unexplained = count.saturating_sub(found[cell.index()].into());
        for content in graph.strong_referents(cell).take(1).filter(|_| unexplained > 0) {
            cells.entry(content).or_default().push((cell, unexplained));
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::gc_roots::GcRoots;
    use crate::graph::Sketch;
    use crate::snapshot::{Frame, Local, Thread, WireAddress};

    #[test]
    fn a_local_that_a_closure_shares_is_held_by_its_cell() {
        let mut sketch = Sketch::new();
        sketch.object("job", "app.Job", 48).refcount("job", 2).object("cell", "builtins.cell", 40).refcount("cell", 2);
        sketch.object("closure", "tuple", 48).refer("closure", "[0]", "cell").refer("cell", ".cell_contents", "job");
        sketch.module_root("closure");
        let mut snapshot = sketch.snapshot();
        let local = || Local { name: "job".into(), address: WireAddress::at(0x1000) };
        let frame = || Frame { function: "app.worker".into(), locals: vec![local()], ..Frame::default() };
        // The second frame has got the same object as an argument, without a cell.
        snapshot.threads = vec![Thread { frames: vec![frame(), frame()], ..Thread::default() }];
        let graph = HeapGraph::build(snapshot);
        let roots = GcRoots::of(&graph);
        let accounts = [0, 1].map(|object| roots.account(&graph, Object(object)));
        assert_eq!(
            accounts.map(|one| (one.found, one.from_roots, one.unexplained, one.beyond)),
            [(1, 1, Some(0), 0); 2]
        );
    }

    #[test]
    fn a_frame_holds_the_dictionary_of_a_class_body_which_holds_the_locals() {
        let mut sketch = Sketch::new();
        sketch.object("field", "app.Field", 48).refcount("field", 1).object("body", "dict", 64).refcount("body", 1);
        sketch.refer("body", "['field']", "field");
        let mut snapshot = sketch.snapshot();
        let local = Local { name: "field".into(), address: WireAddress::at(0x1000) };
        let namespace = Some(WireAddress::at(0x1010));
        let frame = Frame { function: "app.Form".into(), namespace, locals: vec![local], ..Frame::default() };
        snapshot.threads = vec![Thread { frames: vec![frame], ..Thread::default() }];
        let graph = HeapGraph::build(snapshot);
        let roots = GcRoots::of(&graph);
        let accounts = [0, 1].map(|object| roots.account(&graph, Object(object)));
        assert_eq!(
            accounts.map(|one| (one.found, one.from_roots, one.unexplained)),
            [(1, 0, Some(0)), (0, 1, Some(0))]
        );
        // The dictionary is the root, not each local besides it.
        let labels: Vec<String> = roots.roots.iter().map(|root| crate::report::root_words::of(&graph, root)).collect();
        assert_eq!(labels, ["local locals in app.Form (a thread)"]);
    }
}
