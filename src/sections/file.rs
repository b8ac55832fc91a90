//! A file of sections that is mapped: where its sections are, and whether what is read of them is as it was written.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::Pod;
use memmap2::Mmap;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_64;

use super::{ALIGNMENT, BLOCK_BITS, Column, Directory, FORMAT, HEADER, MAGIC, Place};

/// What unwinds from a look-up in a file that is not as it was written. Nothing that was computed so far is to be used: ask
/// again without the file.
#[derive(Debug)]
pub struct Damaged;

/// Unwinds with [`Damaged`], without what a panic prints: for a file that contradicts itself.
#[cold]
pub fn give_up() -> ! {
    std::panic::resume_unwind(Box::new(Damaged))
}

/// A mapped file of sections.
#[derive(Debug)]
pub struct Sections {
    map: Mmap,
    places: HashMap<String, Place>,
    /// Where sections end, and the hashes of blocks begin.
    end: usize,
    /// Of each block whether it has been held against its hash.
    is_checked: Vec<AtomicBool>,
}

impl Sections {
    /// Opens a file that is mapped; returns also what it is about. `None` when it is of another format, cut short, or damaged
    /// where that is seen at once. Takes time in proportion to the directory, not to the file.
    pub fn open<L: DeserializeOwned>(map: Mmap) -> Option<(Sections, L)> {
        if cfg!(target_endian = "big") {
            return None;
        }
        let header = map.get(..HEADER)?;
        let word = |at: usize| Some(u64::from_le_bytes(header.get(at..at + 8)?.try_into().ok()?));
        let is_ours = header[..16] == MAGIC
            && word(16)? == u64::from(FORMAT) | u64::from(BLOCK_BITS) << 32
            && word(56)? == xxh3_64(&header[..56]);
        let (end, directory, length) = (word(24)?, word(32)?, word(40)?);
        let whole = map.len() as u64;
        if !is_ours || end < HEADER as u64 || end > directory || directory.checked_add(length)? != whole {
            return None;
        }
        let blocks = end.div_ceil(1 << BLOCK_BITS);
        if blocks.checked_mul(8)? != directory - end || !end.is_multiple_of(8) {
            return None;
        }
        // The hashes of the blocks and the directory have a hash of their own.
        if word(48)? != xxh3_64(&map[end as usize..]) {
            return None;
        }
        let Directory { label, sections } = rmp_serde::from_slice(&map[directory as usize..]).ok()?;
        let mut places = HashMap::new();
        for place in sections {
            let Place { begin, bytes, width, .. } = &place;
            let is_inside = *begin >= HEADER as u64 && begin.checked_add(*bytes)? <= end;
            let is_whole = *width > 0 && bytes.is_multiple_of(u64::from(*width));
            if !is_inside || !is_whole || !begin.is_multiple_of(ALIGNMENT as u64) {
                return None;
            }
            places.insert(place.name.clone(), place);
        }
        let is_checked = (0..blocks).map(|_| AtomicBool::new(false)).collect();
        Some((Sections { map, places, end: end as usize, is_checked }, label))
    }

    /// A column by its name; `None` when there is none of this width. Nothing of it is read yet.
    pub fn column<T: Pod>(self: &Arc<Self>, name: &str) -> Option<Column<T>> {
        let place = self.places.get(name).filter(|place| place.width as usize == size_of::<T>())?;
        let len = place.bytes as usize / size_of::<T>();
        Some(Column::mapped(Arc::clone(self), place.begin as usize, len))
    }

    /// A value by its name; `None` when there is none, or it is another one's.
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let place = self.places.get(name).filter(|place| place.width == 1)?;
        rmp_serde::from_slice(self.bytes(place.begin as usize..(place.begin + place.bytes) as usize)).ok()
    }

    /// Whether there is a section of this name.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Bytes of sections, once their blocks are known to be as they were written; unwinds when they are not.
    #[inline]
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        if !range.is_empty() {
            for block in range.start >> BLOCK_BITS..=(range.end - 1) >> BLOCK_BITS {
                if !self.is_checked[block].load(Ordering::Relaxed) {
                    self.check(block);
                }
            }
        }
        &self.map[range]
    }

    #[cold]
    fn check(&self, block: usize) {
        let begin = (block << BLOCK_BITS).max(HEADER);
        let end = ((block + 1) << BLOCK_BITS).min(self.end);
        let hash = self.map[self.end + 8 * block..].first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        if hash != Some(xxh3_64(&self.map[begin..end])) {
            give_up();
        }
        self.is_checked[block].store(true, Ordering::Relaxed);
    }
}
