//! Where objects were made: files, tracebacks, functions, and which line is whose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Text;
use super::format::FunctionLines;

/// An index in place of a traceback: nobody knows where the object was made.
pub const UNKNOWN_TRACEBACK: u32 = u32::MAX;

/// The tables that [`Objects::allocated_at`](super::Objects::allocated_at) points into. Empty when allocations were not traced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocations {
    /// Source files, as the program's code objects have them.
    pub files: Vec<Text>,
    /// Lines of functions, in file order.
    pub functions: Vec<FunctionLines>,
    frames: Vec<CodeLine>,
    /// Where each traceback ends in `frames`.
    ends: Vec<u32>,
}

/// A line of a source file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CodeLine {
    /// Index into [`Allocations::files`].
    pub file: u32,
    /// From 1; 0 when Python did not know it.
    pub line: u32,
}

impl Allocations {
    /// Appends a traceback, the frame that made the object first.
    pub fn push(&mut self, frames: impl IntoIterator<Item = CodeLine>) {
        self.frames.extend(frames);
        self.ends.push(self.frames.len() as u32);
    }

    /// How many tracebacks there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The frames of a traceback, that which made the object first, then its callers as far as the program chose.
    ///
    /// # Panics
    /// When there is no such traceback.
    pub fn frames(&self, traceback: u32) -> &[CodeLine] {
        let index = traceback as usize;
        let first = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.frames[first as usize..self.ends[index] as usize]
    }

    /// All tracebacks in file order.
    pub fn tracebacks(&self) -> impl Iterator<Item = &[CodeLine]> {
        (0..self.ends.len() as u32).map(|traceback| self.frames(traceback))
    }

    /// The name of a file.
    pub fn file(&self, line: CodeLine) -> &str {
        &self.files[line.file as usize]
    }

    /// For each line of a traceback the function that has it, in so far as that is certain: lines of `def` and decorators are
    /// nobody's, nor are those of two versions of a file. O(n log n) for n frames and functions.
    pub fn functions_of_lines(&self) -> BTreeMap<CodeLine, &str> {
        let mut lines: Vec<CodeLine> = self.frames.clone();
        lines.sort_unstable();
        lines.dedup();
        let mut functions: Vec<&FunctionLines> = self.functions.iter().filter(|row| row.first <= row.last).collect();
        functions.sort_by_key(|row| (row.file, row.first, std::cmp::Reverse(row.last)));
        functions.dedup();
        let mut names = BTreeMap::new();
        let mut next = functions.into_iter().peekable();
        // Functions around the line, the outer ones first, and whether another one crosses them.
        let mut around: Vec<(&FunctionLines, bool)> = Vec::new();
        for at in lines {
            while let Some(row) = next.next_if(|row| (row.file, row.first) <= (at.file, at.line)) {
                while around.last().is_some_and(|(outer, _)| outer.file < row.file || outer.last < row.first) {
                    around.pop();
                }
                let mut crosses = false;
                if let Some((outer, crossed)) = around.last_mut()
                    && (outer.last < row.last || (outer.first, outer.last) == (row.first, row.last))
                {
                    (*crossed, crosses) = (true, true);
                }
                around.push((row, crosses));
            }
            while around.last().is_some_and(|(outer, _)| outer.file < at.file || outer.last < at.line) {
                around.pop();
            }
            if let Some((row, false)) = around.last()
                && row.body <= at.line
            {
                names.insert(at, &*row.name);
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(first: u32, body: u32, last: u32, name: &str) -> FunctionLines {
        FunctionLines { file: 0, first, body, last, name: Text(name.to_owned()) }
    }

    #[test]
    fn a_line_is_told_with_the_innermost_function_that_is_certain() {
        let mut all = Allocations { files: vec![Text("app.py".into())], ..Allocations::default() };
        all.functions = vec![
            function(1, 1, 40, "<module>"),
            function(3, 5, 9, "put"),
            function(6, 7, 8, "put.inner"),
            function(12, 13, 12, "one_line"),
            // Two versions of the file.
            function(20, 21, 25, "old"),
            function(22, 23, 27, "new"),
        ];
        all.push((1..42).map(|line| CodeLine { file: 0, line }));
        let names = all.functions_of_lines();
        let of = |line| names.get(&CodeLine { file: 0, line }).copied();
        let told: Vec<Option<&str>> = [1, 3, 4, 5, 6, 7, 8, 9, 10, 12, 23, 26, 28, 40, 41].map(of).to_vec();
        let (module, put, inner) = (Some("<module>"), Some("put"), Some("put.inner"));
        assert_eq!(
            told,
            [module, None, None, put, None, inner, inner, put, module, None, None, None, module, module, None]
        );
    }

    #[test]
    fn tracebacks_keep_their_frames() {
        let mut all = Allocations::default();
        let line = |line| CodeLine { file: 0, line };
        all.push([line(1), line(2)]);
        all.push([]);
        all.push([line(3)]);
        assert_eq!(
            (all.len(), all.frames(0), all.frames(1), all.frames(2)),
            (3, &[line(1), line(2)][..], &[][..], &[line(3)][..])
        );
    }
}
