//! Memory that an object of an extension owns beside its body: which blocks these are, and what in them may be references.

use super::python::{AddressMap, Python, flag};
use super::seen::Seen;
use super::walk::{Deferred, Walk};

/// A longer block is not a table of references.
const LONGEST_BLOCK: u64 = 4 << 20;
/// The same of objects that may well own nothing but bytes.
const LONGEST_OF_BYTES: u64 = 4 << 10;
/// Of a long block, this much is looked at first; nothing there, nothing at all.
const FIRST_LOOK: u64 = 64 << 10;
/// A table behind a table behind an object.
const DEEPEST: usize = 3;
/// `sizeof(struct pool_header)` of pymalloc.
const POOL_HEADER: u64 = 48;
/// pymalloc's classes of sizes: multiples of 16, up to 512 (`SMALL_REQUEST_THRESHOLD`), with room for patched builds.
const POOL_CLASSES: u32 = 64;

/// Bytes of the block that begins at `address`, as the allocator writes it beside: pymalloc in the header of the pool, glibc's
/// `malloc` in the word before. `None` when it is neither's, or too long.
fn block_length(python: &mut Python<'_>, address: u64) -> Option<u64> {
    if address & 15 != 0 || !(1 << 16..1 << 47).contains(&address) {
        return None;
    }
    pymalloc_length(python, address)
        .or_else(|| malloc_length(python, address))
        .filter(|&length| length <= LONGEST_BLOCK)
}

fn pymalloc_length(python: &mut Python<'_>, address: u64) -> Option<u64> {
    // `POOL_SIZE`: with the radix tree of arenas (3.10) pools became larger.
    let pool_size: u64 = if python.minor >= 10 { 16 << 10 } else { 4 << 10 };
    let pool = address & !(pool_size - 1);
    let first = address.checked_sub(pool + POOL_HEADER)?;
    // `szidx` and `maxnextoffset`, which follow from each other.
    let class = python.image.half(pool + 36).filter(|&class| class < POOL_CLASSES)?;
    let size = (u64::from(class) + 1) * 16;
    let is_pool = u64::from(python.image.half(pool + 44)?) == pool_size - size;
    (is_pool && first.is_multiple_of(size)).then_some(size)
}

fn malloc_length(python: &mut Python<'_>, address: u64) -> Option<u64> {
    const PREVIOUS_IN_USE: u64 = 1;
    const IS_MAPPED: u64 = 2;
    let word = python.image.word(address - 8)?;
    let size = word & !15;
    if word & 8 != 0 || !(32..=LONGEST_BLOCK + 4096).contains(&size) {
        return None;
    }
    if word & IS_MAPPED != 0 {
        return (size.is_multiple_of(4096) && (address - 16).is_multiple_of(4096)).then_some(size - 16);
    }
    // The chunk behind says that this one is in use.
    let behind = python.image.word(address - 8 + size)?;
    (behind & PREVIOUS_IN_USE != 0).then_some(size - 8)
}

impl Walk<'_> {
    /// The words of the block at an address, as many as `limit`; none when it is no block.
    pub(super) fn words_of_block(&mut self, block: u64, limit: usize) -> Vec<u64> {
        let mut words = Vec::new();
        if let Some(length) = block_length(&mut self.python, block) {
            self.python.image.words(block, limit.min(length as usize / 8), &mut words);
        }
        words
    }

    /// Whether a word of an object's body is the address of a block.
    pub(super) fn is_block(&mut self, word: u64) -> bool {
        !self.seen.contains(word) && block_length(&mut self.python, word).is_some()
    }

    /// What stands in the blocks that only one of the objects points to, for each of them in their order. Linear in the
    /// blocks, each of which is read once.
    pub(super) fn look_into_blocks(&mut self, objects: &mut [Deferred]) -> Vec<Vec<u64>> {
        let mut owners: AddressMap<u32> = AddressMap::default();
        for &block in objects.iter().flat_map(|deferred| &deferred.blocks) {
            *owners.entry(block).or_default() += 1;
        }
        let mut looked_at = Seen::default();
        let mut found = Vec::with_capacity(objects.len());
        for deferred in objects {
            let mut words = Vec::new();
            let blocks = std::mem::take(&mut deferred.blocks);
            let mut level: Vec<u64> = blocks.into_iter().filter(|block| owners.get(block) == Some(&1)).collect();
            // Who takes no part in collection owns bytes more often than objects: of zlib, for instance, windows of 32 KiB.
            let is_collected = deferred.plan.flags & flag::HAVE_GC != 0;
            let mut left = if is_collected { LONGEST_BLOCK } else { LONGEST_OF_BYTES };
            for _ in 0..DEEPEST {
                let mut next = Vec::new();
                for block in level {
                    let Some(length) = block_length(&mut self.python, block).filter(|&length| length <= left) else {
                        continue;
                    };
                    if looked_at.insert(block) {
                        left -= length;
                        self.look_into_block(block, length, &mut words, &mut next);
                    }
                }
                next.retain(|block| !owners.contains_key(block));
                level = next;
            }
            found.push(words);
        }
        found
    }

    fn look_into_block(&mut self, block: u64, length: u64, candidates: &mut Vec<u64>, next: &mut Vec<u64>) {
        let before = candidates.len();
        for offset in (0..length).step_by(8) {
            if offset == FIRST_LOOK && candidates.len() == before {
                return;
            }
            let Some(word) = self.python.image.word(block + offset) else { return };
            if self.is_shown(word) {
                candidates.push(word);
            } else if word != block && self.is_block(word) {
                next.push(word);
            }
        }
    }
}
