//! Why a snapshot file was refused: place, expected, found and what to do.

use std::fmt;

/// One clear reason why a file can't be trusted.
///
/// Shown as `PLACE: expected EXPECTED, found FOUND; ADVICE` on one line, control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The family of the reason; decides the advice.
    pub kind: ReadErrorKind,
    /// Where in the file, e.g. `byte 1,024 (chunk 3, column size, entry 17)`.
    pub place: String,
    /// What should have stood there.
    pub expected: String,
    /// What stood there.
    pub found: String,
}

/// Families of reasons to refuse a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// The operating system did not give the bytes.
    Unreadable,
    /// Nothing, or white space alone.
    Empty,
    /// Not JSON at the place named.
    NotJson,
    /// JSON, but not a heapgraph snapshot.
    OtherFormat,
    /// A snapshot of a version that this program does not know.
    OtherVersion,
    /// The file ends too early.
    CutOff,
    /// A snapshot that contradicts itself or its format.
    Damaged,
    /// More objects or references than this program can number.
    TooLarge,
    /// A heap for which there is not memory enough.
    NoRoom,
}

impl ReadError {
    pub(super) fn new(
        kind: ReadErrorKind,
        place: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        ReadError { kind, place: place.into(), expected: expected.into(), found: found.into() }
    }

    /// What the user can do about it, as a sentence without its full stop.
    pub fn advice(&self) -> &'static str {
        match self.kind {
            ReadErrorKind::Unreadable => {
                "check the path and the permissions (snapshots belong to their user alone: mode 0600)"
            }
            ReadErrorKind::Empty => {
                "the dump was stopped before it began, or the disk was full: take the snapshot again"
            }
            ReadErrorKind::NotJson => {
                "is it a snapshot written by heapgraph's dumper? If it was edited or transferred as text, copy it again"
            }
            ReadErrorKind::OtherFormat => {
                "take a snapshot with heapgraph's dumper (snapshot_dumper.dump(\"snap.json\"))"
            }
            ReadErrorKind::OtherVersion => {
                "use the heapgraph that belongs to this dumper: a newer one reads older snapshots"
            }
            ReadErrorKind::CutOff => "the transfer or the disk cut it short: copy it again, or take the snapshot again",
            ReadErrorKind::Damaged => {
                "the file was changed after it was written, or its writer has a bug: take the snapshot again"
            }
            ReadErrorKind::NoRoom => {
                "end what else takes memory, or ask where there is more; `heapgraph common` and `diff --group type` need hardly any"
            }
            ReadErrorKind::TooLarge => "this program numbers up to 4,294,967,294 objects and references",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = format!("{}: expected {}, found {}; {}", self.place, self.expected, self.found, self.advice());
        for character in line.chars() {
            match character {
                c if c.is_control() => write!(f, "{}", c.escape_default())?,
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for ReadError {}
