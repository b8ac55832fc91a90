//! What a reader should know of a snapshot before its numbers.

use crate::graph::HeapGraph;
use crate::snapshot::{EndRecord, Header, Oddities, ResidentParts};
use crate::units;

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
    /// Resident memory of the process when the snapshot was taken; `None` when unknown.
    pub rss_bytes: Option<u64>,
    /// What that is made of; `None` when unknown.
    pub rss_parts: Option<ResidentParts>,
    /// What the objects take, and what they are known to hold outside of the Python heap; `None` when nobody summed it up.
    pub explained_bytes: Option<u64>,
}

/// Less than this is in every process that is not made of objects: the interpreter, its libraries, room to spare.
const USUALLY_UNEXPLAINED: u64 = 64 << 20;
/// What the rest of the memory can be, and who sees it.
const OTHER_MEMORY: &str = "free blocks that allocators keep, buffers of C libraries, stacks of threads";
const WHO_SEES_IT: &str = "No snapshot shows whose that is; memray with --native, or heaptrack, shows who allocates.";

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
            rss_bytes: header.process.rss_bytes,
            rss_parts: header.process.rss_parts.clone(),
            explained_bytes: None,
        }
    }

    /// The same, with what the objects explain of the memory.
    pub fn explaining(self, bytes: u64) -> Self {
        SnapshotFacts { explained_bytes: Some(bytes), ..self }
    }

    /// What must be said before anything of the objects: that most of the memory is none. `None` where it is not so, or
    /// unknown.
    pub(super) fn mostly_other_memory(&self) -> Option<String> {
        let (rss, explained) = (self.rss_bytes?, self.explained_bytes?);
        let rest = rss.saturating_sub(explained);
        (rest > USUALLY_UNEXPLAINED && rest > rss / 2).then(|| {
            let share = units::share(explained.into(), rss.into());
            let (explained, rss) = (units::bytes(explained), units::bytes(rss));
            let others = others(rest, self.mapped());
            format!("Python objects explain {explained} ({share}) of {rss} of resident memory. {others} {WHO_SEES_IT}")
        })
    }

    /// Bytes of mapped files that are resident.
    fn mapped(&self) -> Option<u64> {
        self.rss_parts.as_ref()?.mapped
    }
}

/// The same of what changed from one snapshot of a process to another.
pub(super) fn mostly_other_growth(before: &SnapshotFacts, after: &SnapshotFacts) -> Option<String> {
    let growth = after.rss_bytes?.checked_sub(before.rss_bytes?)?;
    let explained = after.explained_bytes?.saturating_sub(before.explained_bytes?);
    let rest = growth.saturating_sub(explained);
    (before.pid == after.pid && rest > USUALLY_UNEXPLAINED && rest > growth / 2).then(|| {
        let (growth, explained) = (units::bytes(growth), units::bytes(explained));
        let mapped = after.mapped().zip(before.mapped()).map(|(after, before)| after.saturating_sub(before));
        let others = others(rest, mapped);
        format!("Resident memory grew by {growth}, of which Python objects explain {explained}. {others} {WHO_SEES_IT}")
    })
}

/// What memory is that is no Python object: files are known, all else can only be told by what it may be.
fn others(rest: u64, mapped: Option<u64>) -> String {
    match mapped.map(|mapped| mapped.min(rest)) {
        Some(mapped) if mapped < rest / 100 => format!("The rest is {OTHER_MEMORY}."),
        Some(mapped) => format!(
            "Of the rest, {} are mapped files (code, libraries, data), and {} are {OTHER_MEMORY}.",
            units::bytes(mapped),
            units::bytes(rest - mapped)
        ),
        None => format!("The rest is code, {OTHER_MEMORY}."),
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
        let count = units::count(count);
        notes.push(format!("{count} {lead} to objects that are not in the snapshot; left out"));
    }
    if graph.header.dumper.name.as_deref() == Some("pyheap") {
        notes.push(
            "a dump of PyHeap has no reference counts: what only C code holds can't be told from garbage where it is in a cycle"
                .to_owned(),
        );
    }
    notes
}

/// [`graph_notes`] of a report that adds up sizes by place: what objects hold outside of the Python heap is in none of them.
pub fn place_notes(graph: &HeapGraph) -> Vec<String> {
    let outside = graph.total_bytes().saturating_sub(graph.total_size());
    let note = (outside > 0).then(|| {
        format!("{} that objects hold outside of the Python heap are in no size of a place", units::bytes(outside))
    });
    note.into_iter().chain(graph_notes(graph)).collect()
}

/// Notes that belong to every report of a snapshot: what its dumper could not do, what its reader tolerated.
pub fn snapshot_notes(end: &EndRecord, oddities: &Oddities) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |count: u64, one: &str, many: &str| {
        if count > 0 {
            notes.push(format!("{} {}", units::count(count), if count == 1 { one } else { many }));
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
        notes.push(format!("the dumper met {} × {}{of}", units::count(error.count), &*error.what));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(rss: Option<u64>, explained: u64) -> SnapshotFacts {
        SnapshotFacts { rss_bytes: rss, pid: Some(1), ..SnapshotFacts::default() }.explaining(explained)
    }

    #[test]
    fn what_is_outside_of_the_heap_is_in_no_size_of_a_place() {
        let mut sketch = crate::graph::Sketch::new();
        sketch.object("view", "memoryview", 100);
        assert_eq!(place_notes(&sketch.build().graph), graph_notes(&sketch.build().graph));
        let mut snapshot = sketch.snapshot();
        snapshot.external = vec![(0x1000, 3 << 20)];
        let notes = place_notes(&HeapGraph::build(snapshot));
        assert_eq!(notes[0], "3.00 MiB that objects hold outside of the Python heap are in no size of a place");
    }

    #[test]
    fn what_is_no_python_object_is_said_when_it_is_most_of_the_memory() {
        const MIB: u64 = 1 << 20;
        let said = |rss, explained| facts(rss, explained).mostly_other_memory();
        let sentence = said(Some(1000 * MIB), 100 * MIB).unwrap();
        assert!(
            sentence
                .starts_with("Python objects explain 100 MiB (10.0 %) of 0.98 GiB of resident memory. The rest is "),
            "{sentence}"
        );
        let parts = ResidentParts { mapped: Some(200 * MIB), ..ResidentParts::default() };
        let with_parts = SnapshotFacts { rss_parts: Some(parts), ..facts(Some(1000 * MIB), 100 * MIB) };
        let sentence = with_parts.mostly_other_memory().unwrap();
        assert!(sentence.contains("Of the rest, 200 MiB are mapped files"), "{sentence}");
        assert!(sentence.contains(", and 700 MiB are free blocks that allocators keep,"), "{sentence}");
        // What every small process has, what is explained, more than is resident, and what nobody knows.
        for (rss, explained) in [(Some(60 * MIB), 0), (Some(1000 * MIB), 600 * MIB), (Some(MIB), 900 * MIB), (None, 0)]
        {
            assert_eq!(said(rss, explained), None);
        }
        assert_eq!(SnapshotFacts { rss_bytes: Some(1 << 40), ..SnapshotFacts::default() }.mostly_other_memory(), None);
        let grown =
            |rss, explained| mostly_other_growth(&facts(Some(100 * MIB), 50 * MIB), &facts(Some(rss), explained));
        let sentence = grown(400 * MIB, 60 * MIB).unwrap();
        assert!(
            sentence
                .starts_with("Resident memory grew by 300 MiB, of which Python objects explain 10.0 MiB. The rest is "),
            "{sentence}"
        );
        assert_eq!(grown(400 * MIB, 300 * MIB), None);
        assert_eq!(grown(50 * MIB, 50 * MIB), None);
        let another = SnapshotFacts { pid: Some(2), ..facts(Some(400 * MIB), 0) };
        assert_eq!(mostly_other_growth(&facts(Some(100 * MIB), 0), &another), None);
    }
}
