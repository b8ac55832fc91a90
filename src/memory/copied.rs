//! A process's own memory, copied at once: what is read later is as it was then.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::live::LiveProcess;
use super::{AddressSpace, Range};

const PAGE: u64 = 4096;
/// Bits of an entry of `/proc/PID/pagemap`: the page is in memory, or swapped out.
const IS_THERE: u64 = 1 << 63 | 1 << 62;
/// Entries that are asked for at a time.
const ENTRIES: usize = 1 << 13;

/// The pages that a process has written to, as they were at one time; the rest is read from the process.
///
/// Copying takes a third of a second for a gigabyte, so that a moment of quiet is long enough that would not be for
/// following references.
pub struct CopiedMemory<'p> {
    process: &'p LiveProcess,
    /// First address and bytes, ascending.
    pieces: Vec<(u64, Vec<u8>)>,
}

impl<'p> CopiedMemory<'p> {
    /// Copies the pages that are in memory of what is private and writable; `None` when they are more than `limit` bytes,
    /// or the kernel does not tell which they are.
    pub fn of(process: &'p LiveProcess, limit: u64) -> Option<Self> {
        let pages = File::open(format!("/proc/{}/pagemap", process.pid())).ok()?;
        let mut pieces: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut total = 0;
        for range in process.ranges() {
            if !range.readable || !range.writable || range.shared {
                continue;
            }
            for (start, end) in runs(&pages, range)? {
                total += end - start;
                if total > limit {
                    return None;
                }
                let mut bytes = vec![0; usize::try_from(end - start).ok()?];
                let length = process.read(start, &mut bytes);
                bytes.truncate(length);
                pieces.push((start, bytes));
            }
        }
        Some(Self { process, pieces })
    }
}

/// Runs of pages of a range that are in memory, as addresses.
fn runs(pages: &File, range: &Range) -> Option<Vec<(u64, u64)>> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    let mut buffer = vec![0; ENTRIES * 8];
    let mut at = range.start;
    while at < range.end {
        let count = ((range.end - at) / PAGE).min(ENTRIES as u64) as usize;
        if count == 0 {
            break;
        }
        pages.read_exact_at(&mut buffer[..count * 8], at / PAGE * 8).ok()?;
        for (index, entry) in buffer[..count * 8].chunks_exact(8).enumerate() {
            if u64::from_le_bytes(entry.try_into().ok()?) & IS_THERE == 0 {
                continue;
            }
            let start = at + index as u64 * PAGE;
            match runs.last_mut() {
                Some((_, end)) if *end == start => *end += PAGE,
                _ => runs.push((start, start + PAGE)),
            }
        }
        at += count as u64 * PAGE;
    }
    Some(runs)
}

impl AddressSpace for CopiedMemory<'_> {
    fn ranges(&self) -> &[Range] {
        self.process.ranges()
    }

    fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() {
            let at = address + filled as u64;
            let place = self.pieces.partition_point(|(start, _)| *start <= at);
            let inside = place
                .checked_sub(1)
                .map(|place| &self.pieces[place])
                .and_then(|(start, bytes)| bytes.get((at - start) as usize..).filter(|bytes| !bytes.is_empty()));
            let length = match inside {
                Some(bytes) => {
                    let length = bytes.len().min(buffer.len() - filled);
                    buffer[filled..filled + length].copy_from_slice(&bytes[..length]);
                    length
                }
                None => {
                    // Up to the next piece it is the process's.
                    let next = self.pieces.get(place).map_or(u64::MAX, |(start, _)| *start);
                    let wanted = (next - at).min((buffer.len() - filled) as u64) as usize;
                    let length = self.process.read(at, &mut buffer[filled..filled + wanted]);
                    if length < wanted {
                        return filled + length;
                    }
                    length
                }
            };
            filled += length;
        }
        filled
    }

    fn open_file(&self, range: &Range) -> Option<File> {
        self.process.open_file(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_later_is_as_it_was() {
        let mut kept = vec![7_u8; 3 * PAGE as usize];
        let process = LiveProcess::open(std::process::id()).unwrap();
        let copied = CopiedMemory::of(&process, 1 << 40).unwrap();
        kept.fill(8);
        let mut read = vec![0; kept.len()];
        assert_eq!(copied.read(kept.as_ptr() as u64, &mut read), kept.len());
        assert!(read.iter().all(|&byte| byte == 7));
        assert_eq!(process.read(kept.as_ptr() as u64, &mut read), kept.len());
        assert!(read.iter().all(|&byte| byte == 8));
        assert!(CopiedMemory::of(&process, PAGE).is_none(), "more than the limit");
        assert_eq!(copied.read(0, &mut read), 0);
    }
}
