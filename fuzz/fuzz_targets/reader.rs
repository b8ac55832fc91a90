//! Any bytes as a snapshot, and all questions about what was read: `cargo +nightly fuzz run reader fuzz/corpus/reader
//! fuzz/seeds/reader -- -dict=fuzz/reader.dict`.
#![no_main]

use heapgraph::analysis::cycles::cycles;
use heapgraph::analysis::explored::Explored;
use heapgraph::analysis::reference_view::ReferenceView;
use heapgraph::analysis::suspects::{self, Thresholds};
use heapgraph::graph::HeapGraph;
use heapgraph::snapshot::{Snapshot, Wanted};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let census = Snapshot::read(bytes, Wanted::Objects);
    let snapshot = match Snapshot::read(bytes, Wanted::References) {
        Ok(snapshot) => snapshot,
        Err(error) => {
            assert!(!error.to_string().contains('\n'));
            return;
        }
    };
    // Who reads less may find less wrong, never something else.
    let census = census.expect("what is read as a whole is read in part");
    assert_eq!(census.end.objects, snapshot.end.objects);
    // Each object takes some digits in each of its columns.
    assert!(snapshot.objects.address.len() <= bytes.len() / 5);
    let graph = HeapGraph::build(snapshot);
    let heap = Explored::of(&graph);
    for object in graph.objects() {
        let Some(path) = heap.path(object) else { continue };
        assert_eq!(path.target(), object);
        if let Some(text) = heap.expression(&path).text {
            assert!(!text.contains(['\n', '\r', '\u{1b}', '\u{202e}']), "{text:?}");
        }
    }
    let _ = cycles(&ReferenceView::exact(&graph), heap.tree());
    let _ = suspects::find(&heap, &Thresholds::default());
});
