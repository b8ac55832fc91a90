//! Which lines made some objects, and for the lines of one source file where what they made is held.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::graph::{HeapGraph, Object, TypeId};
use crate::snapshot::CodeLine;

use super::common::Tally;
use super::places::PlacedHeap;

/// What one line made of some objects; `None`: nobody knows which.
pub type MadeBy = (Option<CodeLine>, Tally);

/// The lines that made some objects, most bytes first, then most objects, then by file and line. What nobody knows is among
/// them. O(n) and a sort of the lines.
pub fn lines_of(graph: &HeapGraph, objects: impl Iterator<Item = Object>) -> Vec<MadeBy> {
    let mut sums: HashMap<Option<CodeLine>, Tally> = HashMap::new();
    for object in objects {
        let tally = Tally { count: 1, shallow_bytes: graph.size(object) };
        sums.entry(graph.line_of(object)).or_default().add(tally);
    }
    let mut lines: Vec<MadeBy> = sums.into_iter().collect();
    lines.sort_unstable_by_key(|(line, tally)| (Reverse((tally.shallow_bytes, tally.count)), *line));
    lines
}

/// What one line of a source file made and is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLine {
    /// The line, from 1.
    pub line: u32,
    /// Its objects, and those of what it called, as far as tracebacks reach.
    pub held: Tally,
    /// The place that has most bytes of them, and how much: an index into the heap's places.
    pub place: (u32, Tally),
    /// The type of most bytes of them.
    pub kind: (TypeId, Tally),
}

/// What is held of what the lines of a file made, by line. A traceback belongs to its innermost frame in the file, so no object
/// is counted twice; `is_of_file` says which files, by number, are that file. O(n), and a sort of what was found.
pub fn held_lines(placed: &PlacedHeap<'_>, is_of_file: &[bool]) -> Vec<HeldLine> {
    let graph = placed.graph;
    let line_of = |frames: &[CodeLine]| frames.iter().find(|at| is_of_file[at.file as usize]).map(|at| at.line);
    let line_of_traceback: Vec<Option<u32>> = graph.allocations().tracebacks().map(line_of).collect();
    let mut places: HashMap<(u32, u32), Tally> = HashMap::new();
    let mut kinds: HashMap<(u32, u32), Tally> = HashMap::new();
    for object in graph.objects() {
        let Some(line) = graph.traceback_of(object).and_then(|traceback| line_of_traceback[traceback as usize]) else {
            continue;
        };
        let tally = Tally { count: 1, shallow_bytes: graph.size(object) };
        places.entry((line, placed.place(object))).or_default().add(tally);
        kinds.entry((line, graph.type_id(object).0)).or_default().add(tally);
    }
    let sorted = |sums: HashMap<(u32, u32), Tally>| {
        let mut rows: Vec<((u32, u32), Tally)> = sums.into_iter().collect();
        rows.sort_unstable_by_key(|&((line, of), tally)| (line, Reverse((tally.shallow_bytes, tally.count)), of));
        rows
    };
    let mut lines: Vec<HeldLine> = Vec::new();
    for ((line, place), tally) in sorted(places) {
        match lines.last_mut().filter(|last| last.line == line) {
            Some(last) => last.held.add(tally),
            None => {
                lines.push(HeldLine { line, held: tally, place: (place, tally), kind: (TypeId(0), Tally::default()) })
            }
        }
    }
    let mut kinds = sorted(kinds).into_iter().peekable();
    for row in &mut lines {
        while let Some(((_, of), tally)) = kinds.next_if(|((line, _), _)| *line <= row.line) {
            if row.kind.1.count == 0 {
                row.kind = (TypeId(of), tally);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::gc_roots::GcRoots;
    use crate::graph::Sketch;

    fn sketch() -> Sketch {
        let mut sketch = Sketch::new();
        sketch.object("app", "module", 8).object("CACHE", "list", 64).object("a", "app.User", 100);
        sketch.object("b", "app.User", 300).object("old", "dict", 5).module_root("app");
        sketch.refer("app", ".CACHE", "CACHE").refer("CACHE", "[0]", "a").refer("CACHE", "[1]", "b");
        sketch.refer("app", ".old", "old");
        sketch.made("CACHE", &[("/srv/app.py", 2)]);
        sketch.made("a", &[("/srv/models.py", 7), ("/srv/app.py", 4)]);
        sketch.made("b", &[("/srv/models.py", 7), ("/srv/app.py", 5), ("/srv/app.py", 9)]);
        sketch
    }

    #[test]
    fn what_nobody_knows_is_a_line_of_its_own() {
        let heap = sketch().build();
        let all = lines_of(&heap.graph, heap.graph.objects());
        let told: Vec<(Option<u32>, u64, u64)> =
            all.iter().map(|(at, tally)| (at.map(|at| at.line), tally.count, tally.shallow_bytes)).collect();
        assert_eq!(told, [(Some(7), 2, 400), (Some(2), 1, 64), (None, 2, 13)]);
    }

    #[test]
    fn an_object_belongs_to_the_innermost_line_of_the_file() {
        let heap = sketch().build();
        let placed = PlacedHeap::of(&heap.graph, &GcRoots::of(&heap.graph));
        let is_app: Vec<bool> = heap.graph.allocations().files.iter().map(|file| &**file == "/srv/app.py").collect();
        let lines = held_lines(&placed, &is_app);
        let told: Vec<(u32, u64)> = lines.iter().map(|row| (row.line, row.held.shallow_bytes)).collect();
        assert_eq!(told, [(2, 64), (4, 100), (5, 300)]);
        assert_eq!(lines[1].place.0, placed.place(heap.get("a")));
        assert_eq!(heap.graph.type_name(lines[2].kind.0), "app.User");
    }
}
