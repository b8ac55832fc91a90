//! Any bytes as an index, and an index with any of its bytes changed: `cargo +nightly fuzz run index`.
#![no_main]

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use heapgraph::analysis::explored::Explored;
use heapgraph::graph::{HeapGraph, Sketch};
use heapgraph::sections::{Damaged, SectionWriter, Sections};
use libfuzzer_sys::fuzz_target;

/// An index of a small heap, and the paths that it tells.
fn index() -> &'static (Vec<u8>, String) {
    static INDEX: OnceLock<(Vec<u8>, String)> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut sketch = Sketch::new();
        sketch.object("app", "module", 8).object("cache", "dict", 64).module_root("app").refer("app", ".cache", "cache");
        for name in ["a", "b", "c"] {
            sketch.object(name, "app.User", 16).refer("cache", &format!("['{name}']"), name).refer(name, ".next", "a");
        }
        let graph = sketch.build().graph;
        let mut out = SectionWriter::new(Cursor::new(Vec::new())).expect("memory takes everything");
        Explored::of(&graph).write_sections(&mut out, true).expect("memory takes everything");
        (out.finish(&()).expect("memory takes everything").into_inner(), told(&graph))
    })
}

fn told(graph: &HeapGraph) -> String {
    let heap = Explored::of(graph);
    let of = |object| (graph.address(object), heap.path(object), heap.cut_places(object), heap.retained().bytes(object));
    graph.objects().map(|object| format!("{:?}\n", of(object))).collect()
}

fn told_by(bytes: &[u8]) -> Option<String> {
    let mut map = memmap2::MmapMut::map_anon(bytes.len().max(1)).ok()?;
    map[..bytes.len()].copy_from_slice(bytes);
    let (sections, ()) = Sections::open(map.make_read_only().ok()?)?;
    Some(told(&HeapGraph::of_sections(&Arc::new(sections))?))
}

fuzz_target!(|changes: (Vec<(u16, u8)>, Vec<u8>)| {
    let (whole, expected) = index();
    let mut damaged = whole.clone();
    for (at, byte) in changes.0 {
        let at = usize::from(at) % damaged.len();
        damaged[at] ^= byte;
    }
    for bytes in [&damaged, &changes.1] {
        match catch_unwind(AssertUnwindSafe(|| told_by(bytes))) {
            Ok(told) => assert!(told.is_none_or(|told| told == *expected)),
            Err(panic) => assert!(panic.is::<Damaged>()),
        }
    }
});
