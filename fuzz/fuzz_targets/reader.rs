//! Any bytes as a snapshot, and all questions about what was read: `cargo +nightly fuzz run reader fuzz/corpus/reader
//! fuzz/seeds/reader -- -dict=fuzz/reader.dict`.
#![no_main]

use heapgraph::analysis::cycles::cycles;
use heapgraph::analysis::explored::Explored;
use heapgraph::analysis::reference_view::ReferenceView;
use heapgraph::analysis::suspects::{self, Thresholds};
use heapgraph::graph::HeapGraph;
use heapgraph::snapshot::{Columns, Snapshot, Wanted};
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
    // Each object takes some digits in each of its columns, or a byte of a packed one; what is compressed may be anything.
    if bytes.trim_ascii_start().starts_with(b"{") {
        assert!(snapshot.objects.address.len() <= bytes.len() / 5);
        // And it says the same when it is packed.
        let mut packed = Vec::new();
        Snapshot::rewrite(bytes, &mut packed, Columns::Packed).expect("what is read can be written once more");
        let again = Snapshot::read(packed.as_slice(), Wanted::References).expect("what is written is read");
        assert_eq!(again.objects.address, snapshot.objects.address);
        assert!(again.objects.referent.iter().eq(snapshot.objects.referent.iter()));
    }
    let graph = HeapGraph::build(snapshot);
    let heap = Explored::of(&graph);
    for object in graph.objects() {
        let Some(path) = heap.path(object) else { continue };
        assert_eq!(path.target(), object);
        if let Some(text) = heap.expression(&path).text {
            assert!(!text.contains(['\n', '\r', '\u{1b}', '\u{202e}']), "{text:?}");
        }
    }
    let _ = cycles(&ReferenceView::exact(&graph), heap.garbage());
    let _ = suspects::find(&heap, &Thresholds::default());
});
