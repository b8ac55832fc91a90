//! An address space as ranges: a live process, a frozen copy of it, a core file; and the moment at which it is still.
//!
//! Everything that is read here is untrusted: sizes are capped by the ranges that hold the bytes.

mod bytes;
pub mod copied;
pub mod core_file;
pub mod elf;
pub mod image;
pub mod interpreter_image;
pub mod live;
pub mod moment;
pub mod process;
mod room;

use std::fs::File;
use std::path::PathBuf;

/// A part of an address space, as one line of `/proc/PID/maps` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// Address of its first byte.
    pub start: u64,
    /// Address behind its last byte.
    pub end: u64,
    /// The process may read it.
    pub readable: bool,
    /// The process may write it.
    pub writable: bool,
    /// The process may execute it.
    pub executable: bool,
    /// Changes are seen by other processes.
    pub shared: bool,
    /// Place of the first byte in the file behind it.
    pub offset: u64,
    /// The file behind it as the target's kernel tells it, perhaps with ` (deleted)`; a name such as `[heap]` is kept;
    /// `None` for anonymous memory.
    pub file: Option<PathBuf>,
}

/// Bytes at the addresses that they have in another process.
pub trait AddressSpace {
    /// What there is: ascending, no two overlap.
    fn ranges(&self) -> &[Range];

    /// Fills `buffer` from `address` on; how many bytes, counted from the start, could be read. Never an error: what
    /// can't be read is 0 bytes.
    fn read(&self, address: u64, buffer: &mut [u8]) -> usize;

    /// The file behind a range, opened for reading; `None` when there is none that can be read safely.
    fn open_file(&self, range: &Range) -> Option<File>;
}
