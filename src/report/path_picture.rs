//! The path from a GC root to an object as a diagram.

use crate::analysis::explored::Explored;
use crate::analysis::root_paths::RootPath;
use crate::units;

use super::diagram::{Arrow, BoxRole, Diagram, DiagramBox, FINALIZER, TargetEnd};
use super::root_words;
use super::why::stretches;
use super::words::{Words, refcount};

/// The boxes of one path, target first; runs of alike hops are one box.
pub fn path_diagram(heap: &Explored<'_>, path: &RootPath, full_names: bool) -> Diagram {
    let graph = heap.graph;
    let words = Words::new(graph, path.objects(), full_names);
    let stretches = stretches(heap, path);
    let count = stretches.len();
    let mut diagram = Diagram {
        title: format!("What keeps {} alive", words.phrase(path.target())),
        target_end: TargetEnd::Last,
        ..Diagram::default()
    };
    // From the target on, as diagrams have it; arrows run the other way.
    for (distance, stretch) in stretches.iter().rev().enumerate() {
        let object = stretch.object;
        let is_root = distance + 1 == count;
        let is_run = stretch.hops > 1 && distance > 0;
        let address = graph.address(object);
        let mut lines = vec![words.what(object), address.to_string()];
        lines.retain(|line| !line.is_empty());
        lines.push(format!("{} retained", units::bytes(heap.retained().bytes(object))));
        let finalizer = !is_run && heap.classes.has_finalizer(graph.type_id(object));
        lines.extend(finalizer.then(|| FINALIZER.to_owned()));
        let type_name = words.of(object).human();
        diagram.boxes.push(DiagramBox {
            address: (!is_run).then_some(address),
            role: match (distance, is_root, is_run) {
                (0, ..) => BoxRole::Target,
                (_, true, _) => BoxRole::Root,
                (_, _, true) => BoxRole::Fold,
                _ => BoxRole::Object,
            },
            heading: if is_run { format!("{} × {type_name}", units::count(stretch.hops)) } else { type_name },
            lines,
            facts: vec![
                format!("type: {}", graph.type_of(object).full_name()),
                format!("address: {address}"),
                format!("shallow size: {}", units::bytes(graph.size(object))),
                format!("retained size: {}", units::bytes(heap.retained().bytes(object))),
                format!("reference count: {}", refcount(graph, object)),
            ],
            distance: distance as u32,
            objects: if is_run { stretch.hops } else { 1 },
            root: is_root.then(|| root_words::of(graph, &path.root)),
            highlighted: false,
            series: Vec::new(),
            finalizer,
        });
    }
    // The slot of a stretch leads into it; in the boxes' order the stretch before it stands one place later.
    for (place, stretch) in stretches.iter().enumerate().skip(1) {
        let to = count - 1 - place;
        diagram.arrows.push(Arrow {
            from: to + 1,
            to,
            labels: vec![stretch.slot.clone()],
            unnamed_more: 0,
            weak: false,
            emphasised: true,
        });
        if stretch.hops > 1 && to == 0 {
            diagram.notes.push(format!(
                "the last arrow stands for {} references in a row, each {}",
                units::count(stretch.hops),
                stretch.slot
            ));
        }
    }
    diagram
}
