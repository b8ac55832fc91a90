//! Bytes by place, wherever they are: at an address of another process, or in a file. Short reads are never errors.

use std::fs::File;
use std::os::unix::fs::FileExt;

use object::pod::{Pod, from_bytes};

use super::{AddressSpace, Range};

/// Something that has bytes at places; holes and ends give short reads.
pub(super) trait Bytes {
    /// Fills `buffer` from `place` on; how many bytes, counted from the start, there were.
    fn fill(&self, place: u64, buffer: &mut [u8]) -> usize;

    /// Whether all of `buffer` could be filled.
    fn fill_all(&self, place: u64, buffer: &mut [u8]) -> bool {
        self.fill(place, buffer) == buffer.len()
    }

    /// One plain structure of at most 64 bytes; `None` when any byte of it is missing.
    fn structure<T: Pod>(&self, place: u64) -> Option<T> {
        let mut buffer = [0; 64];
        let bytes = buffer.get_mut(..size_of::<T>())?;
        if !self.fill_all(place, bytes) {
            return None;
        }
        from_bytes::<T>(bytes).ok().map(|(structure, _)| *structure)
    }

    /// A little-endian 32-bit number.
    fn u32_at(&self, place: u64) -> Option<u32> {
        self.structure::<[u8; 4]>(place).map(u32::from_le_bytes)
    }

    /// A little-endian 64-bit number.
    fn u64_at(&self, place: u64) -> Option<u64> {
        self.structure::<[u8; 8]>(place).map(u64::from_le_bytes)
    }

    /// The text at `place` without its final 0: at most `longest` bytes, lossy; `None` when there is no end.
    fn text_at(&self, place: u64, longest: usize) -> Option<String> {
        let mut buffer = vec![0; longest.min(4096) + 1];
        let filled = self.fill(place, &mut buffer);
        let end = buffer[..filled].iter().position(|&byte| byte == 0)?;
        Some(String::from_utf8_lossy(&buffer[..end]).into_owned())
    }

    /// Whether the text at `place` is `name`, its final 0 included.
    fn has_text(&self, place: u64, name: &str) -> bool {
        let mut buffer = [0; 256];
        let Some(bytes) = buffer.get_mut(..name.len() + 1) else { return false };
        self.fill_all(place, bytes) && bytes[..name.len()] == *name.as_bytes() && bytes[name.len()] == 0
    }
}

/// The addresses of a process.
pub(super) struct Memory<'a>(pub &'a dyn AddressSpace);

impl Bytes for Memory<'_> {
    fn fill(&self, place: u64, buffer: &mut [u8]) -> usize {
        self.0.read(place, buffer).min(buffer.len())
    }
}

impl Bytes for File {
    fn fill(&self, place: u64, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(at) = place.checked_add(filled as u64).filter(|&at| at <= i64::MAX as u64) else { break };
            match self.read_at(&mut buffer[filled..], at) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        filled
    }
}

/// Looks for `needle` in `length` bytes from `start`, a window at a time; at most `most` places, ascending. Stops at
/// the first byte that is missing.
pub(super) fn find_all(bytes: &impl Bytes, start: u64, length: u64, needle: &[u8], most: usize) -> Vec<u64> {
    const WINDOW: usize = 1 << 16;
    let mut found = Vec::new();
    let mut buffer = vec![0; WINDOW.min(usize::try_from(length).unwrap_or(WINDOW))];
    let mut done = 0;
    while done + needle.len() as u64 <= length && !needle.is_empty() {
        let wanted = buffer.len().min(usize::try_from(length - done).unwrap_or(WINDOW));
        let Some(place) = start.checked_add(done) else { break };
        let filled = bytes.fill(place, &mut buffer[..wanted]);
        let window = &buffer[..filled];
        // The first byte is looked for alone: much faster than comparing at every place.
        let mut from = 0;
        while let Some(at) = window[from..].iter().position(|&byte| byte == needle[0]).map(|at| from + at) {
            if window[at..].starts_with(needle) {
                found.push(place + at as u64);
                if found.len() == most {
                    return found;
                }
            }
            from = at + 1;
        }
        if filled < wanted || filled < needle.len() {
            break;
        }
        // A needle across two windows is seen by the second.
        done += (filled - needle.len() + 1) as u64;
    }
    found
}

/// The range that holds `address`.
pub(super) fn range_at(ranges: &[Range], address: u64) -> Option<&Range> {
    range_at_index(ranges, address).map(|index| &ranges[index])
}

/// Which of `ranges` holds `address`.
pub(super) fn range_at_index(ranges: &[Range], address: u64) -> Option<usize> {
    let index = ranges.partition_point(|range| range.start <= address).checked_sub(1)?;
    (address < ranges[index].end).then_some(index)
}
