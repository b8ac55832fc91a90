//! What a snapshot file says, with nothing inferred.
//!
//! [`Snapshot::read`] turns bytes into columns in one pass; FORMAT.md beside the dumper is the contract.

mod address_column;
pub(crate) mod addresses;
mod allocations;
mod columns;
mod compressed;
mod error;
mod finish;
mod format;
mod integers;
mod packed;
mod pyheap;
mod read;
mod rewrite;
mod split;
mod text;
mod write;

pub use address_column::AddressColumn;
pub(crate) use address_column::AddressEntry;
pub use addresses::AddressSet;
pub use allocations::{Allocations, CodeLine, UNKNOWN_TRACEBACK};
pub use compressed::decompressed;
pub use error::{ReadError, ReadErrorKind};
pub(crate) use format::full_type_name;
pub use format::{
    Capture, Collector, Dumper, EndRecord, ErrorCount, Frame, FunctionLines, Interpreter, Local, Options, Platform,
    Process, ResidentParts, RootRecord, Segment, ShapeRecord, Thread, Tracing, TypeRecord, UnnamedCount, WireAddress,
};
pub use read::{Room, Wanted};
pub use rewrite::{RewriteError, Rewritten};
pub use text::Text;

use std::io::{self, Seek, Write};
use std::sync::Arc;

use crate::sections::{CompactColumn, SectionWriter, Sections};

/// How the columns of integers stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// As lists of numbers: version 1 of the format, which every reader knows.
    Plain,
    /// As texts of less than half the length, and lists where a column would be too long for that: version 2.
    Packed,
}

impl Columns {
    /// The version of the format in which they may stand so.
    fn version(self) -> u64 {
        match self {
            Columns::Plain => 1,
            Columns::Packed => 2,
        }
    }
}

/// Everything that one file says. Columns of objects are parallel: entry *i* of each is the same object, in file order.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Who wrote the file, of which process, when and how.
    pub header: Header,
    /// Objects and bytes of each shape; one entry per shape. Objects whose address had occurred before are left out when
    /// only [`Wanted::Objects`] was read, else they are still in (the graph leaves them out).
    pub tallies: Vec<ShapeTally>,
    /// Objects and bytes of each traceback, in the order of [`Snapshot::allocations`], as [`Snapshot::tallies`]; empty when
    /// allocations were not traced. What the tallies have more in all was made nobody knows where.
    pub allocation_tallies: Vec<ShapeTally>,
    /// One entry per object.
    pub objects: Objects,
    /// Types, in file order; [`ShapeRecord::type_index`] points here.
    pub types: Vec<TypeRecord>,
    /// Shapes, in file order; [`Objects::shape`] points here.
    pub shapes: Vec<ShapeRecord>,
    /// Known texts, in file order. Empty when only [`Wanted::Objects`] was read.
    pub texts: Texts,
    /// `(address, bytes)` held outside the Python heap, beyond the shallow size.
    pub external: Vec<(u64, u64)>,
    /// Where objects were made; empty when allocations were not traced.
    pub allocations: Allocations,
    /// GC roots that the dumper named: modules and interpreter state.
    pub roots: Vec<RootRecord>,
    /// Threads with their frames.
    pub threads: Vec<Thread>,
    /// Addresses of the dumper's own objects, ascending. They are not in the file; references to them may be.
    pub own: Vec<WireAddress>,
    /// What the dumper said at the end: totals, its own errors, its cost.
    pub end: EndRecord,
    /// Oddities of the file that the reader tolerated, counted.
    pub oddities: Oddities,
}

impl Snapshot {
    /// All that the objects are known to take, in the Python heap and outside of it; saturates. Linear in the shapes.
    pub fn all_bytes(&self) -> u64 {
        let shallow = self.tallies.iter().map(|tally| tally.shallow_bytes);
        shallow.chain(self.external.iter().map(|entry| entry.1)).fold(0, u64::saturating_add)
    }
}

/// The header objects of a snapshot; a member that is missing in the file is `None`.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Header {
    /// The program that wrote the file.
    pub dumper: Dumper,
    /// The process that was looked at.
    pub process: Process,
    /// Its Python interpreter.
    pub interpreter: Interpreter,
    /// Its operating system.
    pub platform: Platform,
    /// Its garbage collector.
    pub gc: Collector,
    /// What the dumper was asked to write.
    pub options: Options,
    /// Whether and how the process traced its allocations.
    pub tracing: Tracing,
    /// How and when the snapshot was taken.
    pub capture: Capture,
}

/// Columns over objects, and the flat list of their references. All empty when only [`Wanted::Objects`] was read.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    /// `id(obj)`.
    pub address: Vec<u64>,
    /// Index into [`Snapshot::shapes`].
    pub shape: Vec<u32>,
    /// Shallow size in bytes.
    pub size: CompactColumn,
    /// Reference count.
    pub refcount: RefCounts,
    /// How many references the object has.
    pub reference_count: Vec<u32>,
    /// Addresses of the referents, object after object, in slot order.
    pub referent: AddressColumn,
    /// What marks tell, a sum: 1 there when [`Collector::marked_since`] was set, 2 tracked by the collector only since then, 4
    /// tracked when [`Collector::mark_set`] was set. May end early: of the rest nothing is known.
    pub mark: Vec<u8>,
    /// The traceback with which the object was made, an index into [`Snapshot::allocations`] or [`UNKNOWN_TRACEBACK`]. Empty
    /// when allocations were not traced.
    pub allocated_at: Vec<u32>,
}

/// What a reference count says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefCount {
    /// So many references, those from C included.
    Known(u64),
    /// Never freed: the interpreter does not count (CPython 3.12 and later).
    Immortal,
    /// The dumper could not take it.
    Unknown,
}

/// Reference counts, 2 bytes each.
#[derive(Debug, Clone, Default)]
pub struct RefCounts(CompactColumn);

impl RefCounts {
    /// Appends a count as FORMAT.md writes it: −1 immortal, −2 unknown. `false` when it is neither of these nor a count.
    #[must_use]
    pub fn push(&mut self, wire: i64) -> bool {
        let code = wire.checked_add(2).and_then(|code| u64::try_from(code).ok());
        code.inspect(|&code| self.0.push(code)).is_some()
    }

    /// The count of the object at `index`.
    pub fn get(&self, index: usize) -> RefCount {
        match self.0.get(index) {
            0 => RefCount::Unknown,
            1 => RefCount::Immortal,
            code => RefCount::Known(code - 2),
        }
    }

    /// As [`CompactColumn::in_order`].
    pub fn in_order(&self, order: impl ExactSizeIterator<Item = usize>) -> RefCounts {
        RefCounts(self.0.in_order(order))
    }

    /// Writes them as sections whose names begin so.
    pub fn write<W: Write + Seek>(&self, out: &mut SectionWriter<W>, name: &str) -> io::Result<()> {
        self.0.write(out, name)
    }

    /// Those of sections; `None` when these are not there.
    pub fn of(sections: &Arc<Sections>, name: &str) -> Option<RefCounts> {
        CompactColumn::of(sections, name).map(RefCounts)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How many objects have a shape, or a traceback, and the sum of their shallow sizes (saturating).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShapeTally {
    /// Number of objects.
    pub objects: u64,
    /// Sum of their shallow sizes.
    pub shallow_bytes: u64,
}

/// Texts of objects, stored end to end.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    arena: String,
    entries: Vec<TextEntry>,
}

/// Where one text stands.
#[derive(Debug, Clone, Copy)]
struct TextEntry {
    address: u64,
    start: usize,
    whole_length: u64,
}

/// One text of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownText<'s> {
    /// Address of the object that the text belongs to.
    pub address: u64,
    /// The text, perhaps shortened.
    pub text: &'s str,
    /// Length of the whole text in characters.
    pub whole_length: u64,
}

impl Texts {
    pub(crate) fn push(&mut self, address: u64, text: &str, whole_length: u64) {
        self.entries.push(TextEntry { address, start: self.arena.len(), whole_length });
        self.arena.push_str(text);
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All texts in file order.
    pub fn iter(&self) -> impl Iterator<Item = KnownText<'_>> + Clone {
        let ends = self.entries.iter().skip(1).map(|entry| entry.start).chain([self.arena.len()]);
        self.entries.iter().zip(ends).map(|(entry, end)| KnownText {
            address: entry.address,
            text: &self.arena[entry.start..end],
            whole_length: entry.whole_length,
        })
    }
}

/// What was odd in a file and could be tolerated. All zero in a good file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Oddities {
    /// Objects left out because their address had occurred before in the file; counted by the census and by the graph.
    pub duplicate_objects: u64,
    /// Shapes with a segment that this version does not know; their references are unnamed.
    pub unknown_segments: u64,
    /// Objects whose reference count does not fit their shape; those references are unnamed.
    pub misfitting_objects: u64,
    /// Texts whose object had a text already; the first one counts.
    pub duplicate_texts: u64,
}
