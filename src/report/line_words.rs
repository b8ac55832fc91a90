//! Lines that made objects, in words.

use std::collections::BTreeMap;

use crate::analysis::common::{FUNCTION_MARK, Grouping, Tally, UNKNOWN};
use crate::analysis::lines::MadeBy;
use crate::graph::{HeapGraph, Object, TypeNames};
use crate::snapshot::{CodeLine, Header};
use crate::units;

use super::{Cell, Table};

/// How to make a program say where its objects are made, and what that costs.
const HOW_TO_TRACE: &str = "start it with `python -X tracemalloc app.py` or PYTHONTRACEMALLOC=1, or call tracemalloc.start() in it: \
     that takes 100 to 200 bytes for each block of memory, and a program that does nothing but allocate takes two to five times as long";

/// Why a snapshot does not say where objects were made, and what to do.
pub fn no_lines() -> String {
    format!(
        "the snapshot does not say where objects were made, for the program did not trace its allocations; {HOW_TO_TRACE}"
    )
}

/// The lines of a heap with the functions that have them.
#[derive(Debug)]
pub struct LineWords<'g> {
    graph: &'g HeapGraph,
    functions: BTreeMap<CodeLine, &'g str>,
}

impl<'g> LineWords<'g> {
    /// Of a heap. O(n log n) for n frames and functions.
    pub fn of(graph: &'g HeapGraph) -> Self {
        LineWords { graph, functions: graph.allocations().functions_of_lines() }
    }

    /// `app/cache.py:41 in put`; without the function where that is not certain.
    pub fn line(&self, at: CodeLine) -> String {
        let line = format!("{}:{}", short_file(self.graph.allocations().file(at)), at.line);
        match self.functions.get(&at) {
            Some(function) => format!("{line} in {function}"),
            None => line,
        }
    }

    /// The file of a line, for machines.
    pub(super) fn file(&self, at: CodeLine) -> Cell {
        Cell::Text(self.graph.allocations().file(at).to_owned())
    }

    /// The function that has a line, for machines.
    pub(super) fn function(&self, at: CodeLine) -> Cell {
        self.functions.get(&at).map_or(Cell::Missing, |name| Cell::Text((*name).to_owned()))
    }

    /// File, line and function for machines.
    pub fn cells(&self, at: Option<CodeLine>) -> [Cell; 3] {
        match at {
            Some(at) => [self.file(at), Cell::Count(at.line.into()), self.function(at)],
            None => [Cell::Missing, Cell::Missing, Cell::Missing],
        }
    }

    /// The lines of the object's traceback, the one that made it first; `None` where the program did not trace, empty where
    /// nobody knows.
    pub fn frames(&self, object: Object) -> Option<&'g [CodeLine]> {
        let frames = || self.graph.made_at(object).map_or(&[][..], |made| made.frames);
        self.graph.has_allocations().then(frames)
    }

    /// `made at app/cache.py:41 in put`; `None` where the program did not trace.
    pub fn made_at(&self, object: Object) -> Option<String> {
        Some(match self.frames(object)?.first() {
            Some(&at) => format!("made at {}", self.line(at)),
            None => "made nobody knows where: before its allocation was traced".to_owned(),
        })
    }

    /// What the lines made of a whole: `app/jobs.py:12 in enqueue (98.2 %), app/cache.py:7 (1.1 %), and 3 other lines; of 0.4 %
    /// nobody knows`.
    pub fn parts(&self, lines: &[MadeBy], limit: usize) -> String {
        let whole: u64 = lines.iter().map(|(_, tally)| tally.shallow_bytes).fold(0, u64::saturating_add);
        let share = |tally: &Tally| units::share(tally.shallow_bytes.into(), whole.into());
        let known: Vec<(CodeLine, &Tally)> = lines.iter().filter_map(|(at, tally)| Some(((*at)?, tally))).collect();
        let mut told: Vec<String> =
            known.iter().take(limit).map(|(at, tally)| format!("{} ({})", self.line(*at), share(tally))).collect();
        match known.len().saturating_sub(limit) {
            0 => {}
            1 => told.push("and another line".to_owned()),
            more => told.push(format!("and {} other lines", units::count(more as u64))),
        }
        let unknown = lines.iter().find(|(at, _)| at.is_none()).map(|(_, tally)| share(tally));
        match (told.is_empty(), unknown) {
            (true, _) => "nobody knows where".to_owned(),
            (false, Some(unknown)) => format!("{}; of {unknown} nobody knows", told.join(", ")),
            (false, None) => told.join(", "),
        }
    }
}

/// What must be known of lines besides: what could not be looked up.
pub fn line_notes(header: &Header) -> Vec<String> {
    let mut notes = Vec::new();
    if header.tracing.misses_instances == Some(true) {
        notes.push(
            "of instances with attributes nobody knows where they were made: Python 3.11 tells that from within only to programs \
             that use ctypes; `heapgraph dump --pid` reads it from outside"
                .to_owned(),
        );
    }
    notes
}

/// Lines with what they made, for machines.
pub(super) fn made_table(words: &LineWords<'_>, lines: &[MadeBy]) -> Table {
    Table::of("made_at", lines)
        .machines("file", |(at, _)| at.map_or(Cell::Missing, |at| words.file(at)))
        .machines("line", |(at, _)| at.map_or(Cell::Missing, |at| Cell::Count(at.line.into())))
        .machines("function", |(at, _)| at.map_or(Cell::Missing, |at| words.function(at)))
        .machines("objects", |(_, tally)| Cell::Count(tally.count))
        .machines("shallow_bytes", |(_, tally)| Cell::Bytes(tally.shallow_bytes))
        .done()
}

/// A file with its folder: `app/cache.py`.
pub fn short_file(file: &str) -> &str {
    let mut slashes = file.rmatch_indices(['/', '\\']);
    slashes.next();
    slashes.next().map_or(file.trim_start_matches('/'), |(at, _)| &file[at + 1..])
}

/// The words of groups, by what they are groups of.
pub(super) struct GroupWords {
    /// Key of the column, and its header.
    pub key: &'static str,
    /// What several are.
    pub many: &'static str,
    grouping: Grouping,
    types: TypeNames,
    is_full: bool,
}

impl GroupWords {
    /// For the groups that a report shows. With `full`, nothing is shortened.
    pub fn new<'n>(grouping: Grouping, shown: impl IntoIterator<Item = &'n str>, full: bool) -> Self {
        let (key, many) = match grouping {
            Grouping::Type => ("type", "types"),
            Grouping::Module => ("module", "modules"),
            Grouping::Line => ("line", "lines"),
            Grouping::Function => ("function", "functions"),
            Grouping::File => ("file", "files"),
        };
        let shown: Vec<&str> = shown.into_iter().collect();
        // Two files that look the same when they are short are told in full.
        let mut short: Vec<(&str, &str)> = shown.iter().map(|name| (short_file(name), *name)).collect();
        short.sort_unstable();
        short.dedup();
        let is_full = full || grouping.is_of_allocations() && short.windows(2).any(|pair| pair[0].0 == pair[1].0);
        let types = TypeNames::new(shown, full || grouping == Grouping::Module);
        GroupWords { key, many, grouping, types, is_full }
    }

    /// The cell of a group; `function`: that of a line.
    pub fn cell(&self, name: &str, function: Option<&str>) -> Cell {
        let full = name.to_owned();
        if !self.grouping.is_of_allocations() {
            return Cell::Type { shown: self.types.show(name).to_owned(), full };
        }
        if name == UNKNOWN {
            return Cell::Missing;
        }
        let shown = if self.is_full { name } else { short_file(name) };
        let shown = match (function, shown.strip_suffix(FUNCTION_MARK)) {
            (Some(function), _) => format!("{shown} in {function}"),
            (None, Some(file)) => format!("{file}: between functions"),
            (None, None) => shown.to_owned(),
        };
        Cell::Type { shown, full }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;

    #[test]
    fn a_line_is_told_with_its_folder_and_its_function() {
        let mut sketch = Sketch::new();
        sketch.object("a", "list", 900).object("b", "list", 90).object("c", "list", 10).object("d", "list", 1);
        sketch.made("a", &[("/srv/app/cache.py", 41)]).made("b", &[("/srv/app/cache.py", 7)]);
        sketch.made("d", &[("<string>", 1)]).function("/srv/app/cache.py", [38, 40, 44], "Cache.put");
        let heap = sketch.build();
        let words = LineWords::of(&heap.graph);
        assert_eq!(words.made_at(heap.get("a")).unwrap(), "made at app/cache.py:41 in Cache.put");
        assert!(words.made_at(heap.get("c")).unwrap().contains("nobody knows"));
        let lines = crate::analysis::lines::lines_of(&heap.graph, heap.graph.objects());
        assert_eq!(
            words.parts(&lines, 1),
            "app/cache.py:41 in Cache.put (89.9 %), and 2 other lines; of 1.0 % nobody knows"
        );
        assert_eq!(short_file("/t.py"), "t.py");
        assert_eq!(short_file("<frozen importlib._bootstrap>"), "<frozen importlib._bootstrap>");
    }

    #[test]
    fn files_that_look_the_same_are_told_in_full() {
        let names = ["/srv/one/app/a.py:3", "/srv/two/app/a.py:3"];
        let words = GroupWords::new(Grouping::Line, names, false);
        let shown = |words: &GroupWords, name| words.cell(name, Some("f")).human();
        assert_eq!(shown(&words, names[0]), "/srv/one/app/a.py:3 in f");
        let words = GroupWords::new(Grouping::Line, [names[0]], false);
        assert_eq!(shown(&words, names[0]), "app/a.py:3 in f");
        assert_eq!(words.cell("", None), Cell::Missing);
    }
}
