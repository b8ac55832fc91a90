//! A process's own memory, copied at once: what is read later is as it was then.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use super::AddressSpace;
use super::live::LiveProcess;
use super::room::Room;

const PAGE: u64 = 4096;
/// Bits of an entry of `/proc/PID/pagemap`: the page is in memory, or swapped out.
const IS_THERE: u64 = 1 << 63 | 1 << 62;
/// Entries that are asked for at a time.
const ENTRIES: usize = 1 << 13;

/// So much is copied between two looks at whether the process is still.
const PIECE: usize = 4 << 20;

/// The pages that a process has written to, as they were at one time; the rest is read from the process.
///
/// Copying takes a fraction of a second for a gigabyte, so that a moment of quiet is long enough that would not be for
/// following references.
pub struct CopiedMemory<'p> {
    process: &'p LiveProcess,
    bytes: Room,
    /// First address, and where its bytes are; ascending.
    pieces: Vec<(u64, Range<usize>)>,
}

/// How an attempt to copy ended.
pub enum Copying<'p> {
    /// With a copy.
    Done(CopiedMemory<'p>),
    /// The process was not still for so long: there is none.
    Disturbed,
    /// There is more than the limit, or the kernel does not tell what there is: nothing was copied.
    Unfit,
}

impl<'p> CopiedMemory<'p> {
    /// Copies the pages that are in memory of what is private and writable, unless they are more than `limit` bytes.
    ///
    /// `is_still` is asked again and again, so that a copy that would be of no use costs little; the last word, after the
    /// copy, is the caller's.
    pub fn of(process: &'p LiveProcess, limit: u64, is_still: &mut dyn FnMut() -> bool) -> Copying<'p> {
        let Some((found, total)) = pages_of(process, limit) else { return Copying::Unfit };
        if !is_still() {
            return Copying::Disturbed;
        }
        let mut bytes = Room::of(total);
        let mut pieces = Vec::with_capacity(found.len());
        let (mut filled, mut looked) = (0, 0);
        for (start, length) in found {
            let begin = filled;
            while filled < begin + length {
                let wanted = (begin + length - filled).min(PIECE);
                let at = start + (filled - begin) as u64;
                let read = process.read(at, &mut bytes.bytes_mut()[filled..filled + wanted]);
                filled += read;
                if filled - looked >= PIECE {
                    looked = filled;
                    if !is_still() {
                        return Copying::Disturbed;
                    }
                }
                if read < wanted {
                    break;
                }
            }
            pieces.push((start, begin..filled));
        }
        Copying::Done(Self { process, bytes, pieces })
    }
}

/// First addresses and lengths of what would be copied, ascending, and the sum; `None` when that is over the limit or can't
/// be told.
fn pages_of(process: &LiveProcess, limit: u64) -> Option<(Vec<(u64, usize)>, usize)> {
    let pages = File::open(format!("/proc/{}/pagemap", process.pid())).ok()?;
    let mut found = Vec::new();
    let mut total = 0;
    for range in process.ranges().iter().filter(|range| range.readable && range.writable && !range.shared) {
        for (start, end) in runs(&pages, range)? {
            total += end - start;
            if total > limit {
                return None;
            }
            found.push((start, usize::try_from(end - start).ok()?));
        }
    }
    Some((found, usize::try_from(total).ok()?))
}

/// Runs of pages of a range that are in memory, as addresses.
fn runs(pages: &File, range: &super::Range) -> Option<Vec<(u64, u64)>> {
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
    fn ranges(&self) -> &[super::Range] {
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
                .and_then(|(start, place)| self.bytes.bytes()[place.clone()].get((at - start) as usize..))
                .filter(|bytes| !bytes.is_empty());
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

    fn open_file(&self, range: &super::Range) -> Option<File> {
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
        let Copying::Done(copied) = CopiedMemory::of(&process, 1 << 40, &mut || true) else { panic!("no copy") };
        kept.fill(8);
        let mut read = vec![0; kept.len()];
        assert_eq!(copied.read(kept.as_ptr() as u64, &mut read), kept.len());
        assert!(read.iter().all(|&byte| byte == 7));
        assert_eq!(process.read(kept.as_ptr() as u64, &mut read), kept.len());
        assert!(read.iter().all(|&byte| byte == 8));
        assert!(matches!(CopiedMemory::of(&process, PAGE, &mut || true), Copying::Unfit), "more than the limit");
        assert_eq!(copied.read(0, &mut read), 0);

        let mut looks = 0;
        let mut until_the_second = || {
            looks += 1;
            looks < 2
        };
        // What else the process has, other tests may give back meanwhile.
        kept.resize(3 * PIECE, 9);
        let process = LiveProcess::open(std::process::id()).unwrap();
        assert!(matches!(CopiedMemory::of(&process, 1 << 40, &mut until_the_second), Copying::Disturbed));
        assert_eq!(looks, 2, "what is of no use is not copied to its end");
    }
}
