//! What a reader should know of a snapshot before its numbers.

use crate::graph::HeapGraph;
use crate::snapshot::{EndRecord, Header, Oddities};

/// Who and what a snapshot is of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SnapshotFacts {
    /// Name of the file, without its folder.
    pub file: String,
    /// How the user names the file in commands.
    pub argument: String,
    /// Python version; `None` when unknown.
    pub python: Option<String>,
    /// Process id.
    pub pid: Option<u64>,
    /// When it was taken, UTC.
    pub time: Option<String>,
    /// How it was taken: `in_process`, `fork`, `memory` or `core`.
    pub method: Option<String>,
    /// Objects in the snapshot, as its dumper counted them.
    pub objects: u64,
    /// References in the snapshot.
    pub references: u64,
}

impl SnapshotFacts {
    /// The facts of a snapshot that the user calls `argument`.
    pub fn new(argument: &str, header: &Header, end: &EndRecord) -> Self {
        let file = argument.rsplit(['/', '\\']).next().unwrap_or(argument).to_owned();
        SnapshotFacts {
            file,
            argument: argument.to_owned(),
            python: header.interpreter.version.as_ref().map(|text| text.0.clone()),
            pid: header.process.pid,
            time: header.capture.time.as_ref().map(|text| text.0.clone()),
            method: header.capture.method.as_ref().map(|text| text.0.clone()),
            objects: end.objects,
            references: end.references,
        }
    }
}

/// What to know of a graph: [`snapshot_notes`], and what dangles.
pub fn graph_notes(graph: &HeapGraph) -> Vec<String> {
    let mut notes = snapshot_notes(&graph.end, &graph.anomalies.file);
    let dangling = [
        (graph.anomalies.dangling_references, "reference leads", "references lead"),
        (graph.anomalies.dangling_roots, "GC root leads", "GC roots lead"),
    ];
    for (count, one, many) in dangling.into_iter().filter(|(count, ..)| *count > 0) {
        let lead = if count == 1 { one } else { many };
        let count = crate::units::count(count);
        notes.push(format!("{count} {lead} to objects that are not in the snapshot; left out"));
    }
    notes
}

/// Notes that belong to every report of a snapshot: what its dumper could not do, what its reader tolerated.
pub fn snapshot_notes(end: &EndRecord, oddities: &Oddities) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |count: u64, one: &str, many: &str| {
        if count > 0 {
            notes.push(format!("{} {}", crate::units::count(count), if count == 1 { one } else { many }));
        }
    };
    note(
        oddities.duplicate_objects,
        "object stood twice in the file; the first one counts",
        "objects stood twice in the file; the first ones count",
    );
    note(
        oddities.misfitting_objects,
        "object has another number of references than its shape names",
        "objects have another number of references than their shapes name",
    );
    note(
        oddities.unknown_segments,
        "shape names its slots in a way that this version does not know: those references are shown without names",
        "shapes name their slots in a way that this version does not know: those references are shown without names",
    );
    for error in &end.errors {
        let of = error.type_name.as_ref().map_or(String::new(), |name| format!(" ({})", &**name));
        notes.push(format!("the dumper met {} × {}{of}", crate::units::count(error.count), &*error.what));
    }
    notes
}
