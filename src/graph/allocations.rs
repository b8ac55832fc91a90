//! Where objects were made, when the process traced its allocations.

use crate::snapshot::{Allocations, CodeLine, UNKNOWN_TRACEBACK};

use super::{HeapGraph, Object};

/// Where an object was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MadeAt<'g> {
    /// Its frames: first the line that made it, then the lines that called, as many as the program chose to keep.
    pub frames: &'g [CodeLine],
    allocations: &'g Allocations,
}

impl<'g> MadeAt<'g> {
    /// The file of a line.
    pub fn file(&self, line: CodeLine) -> &'g str {
        self.allocations.file(line)
    }
}

impl HeapGraph {
    /// Whether the process traced its allocations, so that the snapshot may know where an object was made.
    pub fn has_allocations(&self) -> bool {
        self.header.tracing.frames.is_some()
    }

    /// The files, tracebacks and functions of the snapshot.
    pub fn allocations(&self) -> &Allocations {
        &self.allocations
    }

    /// The traceback with which an object was made, an index into [`HeapGraph::allocations`]; `None` when nobody knows: it is
    /// older than the tracing, or lies in a block that is.
    pub fn traceback_of(&self, object: Object) -> Option<u32> {
        if self.allocated_at.is_empty() {
            return None;
        }
        Some(self.allocated_at.get(object.index())).filter(|&traceback| traceback != UNKNOWN_TRACEBACK)
    }

    /// Where an object was made; `None` when nobody knows.
    pub fn made_at(&self, object: Object) -> Option<MadeAt<'_>> {
        let frames = self.allocations.frames(self.traceback_of(object)?);
        Some(MadeAt { frames, allocations: &self.allocations })
    }

    /// The line that made an object; `None` when nobody knows.
    pub fn line_of(&self, object: Object) -> Option<CodeLine> {
        self.made_at(object)?.frames.first().copied()
    }
}
