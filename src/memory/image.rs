//! The bytes of an address space, read once in blocks and kept for as long as there is room.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::AddressSpace;
use super::room::Room;

/// Larger blocks would be read for the sake of one word too often, smaller ones need too many calls.
const BLOCK_BITS: u32 = 14;
const BLOCK: usize = 1 << BLOCK_BITS;
const PAGE_BITS: u32 = 12;
const PAGE: usize = 1 << PAGE_BITS;
const PAGES: usize = BLOCK / PAGE;
/// All pages of a block could be read.
const ALL_PAGES: u16 = (1 << PAGES) - 1;
const NEAR: usize = 1 << 15;
/// Blocks whose bytes lie in one piece: four huge pages.
const BLOCKS_OF_A_ROOM: usize = 512;

/// 16 KiB of an address space, and which of its pages could be read. Its bytes are at the same place of the rooms.
#[derive(Debug)]
struct Block {
    number: u64,
    /// Bit `n`: page `n` holds what the address space has there.
    readable: u16,
    /// It was asked for since the hand of the clock passed.
    used: bool,
}

/// Reads words and bytes at their addresses, whatever stands there; nothing unreadable is an error, it is `None`.
///
/// What was read is kept, up to a limit; beyond that the blocks that were not asked for lately make room. So memory
/// follows what is looked at, not the size of the address space. O(1) per word.
pub struct Image<'s> {
    space: &'s dyn AddressSpace,
    blocks: Vec<Block>,
    rooms: Vec<Room>,
    place: HashMap<u64, u32, FxBuildHasher>,
    /// Places of blocks by the last bits of their numbers, to be asked first.
    near: Vec<(u64, u32)>,
    last_number: u64,
    last: usize,
    limit_bytes: usize,
    /// As the limit, of what was promised early.
    early_bytes: usize,
    hand: usize,
    read_bytes: u64,
}

impl<'s> Image<'s> {
    /// An image of `space` that keeps at most `limit` bytes (at least 16 blocks).
    pub fn new(space: &'s dyn AddressSpace, limit: usize) -> Self {
        Image {
            space,
            blocks: Vec::new(),
            rooms: Vec::new(),
            place: HashMap::default(),
            near: vec![(u64::MAX, 0); NEAR],
            last_number: u64::MAX,
            last: 0,
            limit_bytes: limit.max(16 * BLOCK),
            early_bytes: limit.max(16 * BLOCK),
            hand: 0,
            read_bytes: 0,
        }
    }

    /// Lets so many bytes more be kept.
    #[inline]
    pub fn grow(&mut self, bytes: usize) {
        self.limit_bytes += bytes;
    }

    /// Lets so many bytes more be kept until [`Image::grow`] has come to more than all these together.
    #[inline]
    pub fn grow_early(&mut self, bytes: usize) {
        self.early_bytes += bytes;
    }

    /// What is read.
    pub fn space(&self) -> &'s dyn AddressSpace {
        self.space
    }

    /// Bytes that were read so far, repetitions included.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// Forgets all that was read: the next question reads anew.
    pub fn forget(&mut self) {
        self.blocks.clear();
        self.place.clear();
        self.near.fill((u64::MAX, 0));
        self.last_number = u64::MAX;
        self.hand = 0;
    }

    /// The word at an address that is a multiple of 4; `None` when it is not, or can't be read. (Nearly all are at
    /// multiples of 8; the heads of the collector's lists may lie between.)
    #[inline]
    pub fn word(&mut self, address: u64) -> Option<u64> {
        if address & 3 != 0 || address & (PAGE as u64 - 1) > PAGE as u64 - 8 {
            return None;
        }
        let offset = self.find(address)?;
        let bytes = &self.last_bytes()[offset..offset + 8];
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    /// As [`Image::word`], of 4 bytes at a multiple of 4.
    #[inline]
    pub fn half(&mut self, address: u64) -> Option<u32> {
        if address & 3 != 0 {
            return None;
        }
        let offset = self.find(address)?;
        let bytes = &self.last_bytes()[offset..offset + 4];
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    /// As [`Image::word`], of one byte at any address.
    #[inline]
    pub fn byte(&mut self, address: u64) -> Option<u8> {
        let offset = self.find(address)?;
        Some(self.last_bytes()[offset])
    }

    /// Fills `out` with `count` words from `address` on; `false`, and `out` is as long as could be read, when not all
    /// could. The caller bounds `count`.
    pub fn words(&mut self, address: u64, count: usize, out: &mut Vec<u64>) -> bool {
        out.clear();
        if address & 7 != 0 {
            return count == 0;
        }
        let mut at = address;
        while out.len() < count {
            let Some(offset) = self.find(at) else { return false };
            // To the end of the page: the next one may be unreadable.
            let length = (PAGE - (offset & (PAGE - 1))).min((count - out.len()) * 8);
            let bytes = &self.last_bytes()[offset..offset + length];
            out.extend(bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default())));
            let Some(next) = at.checked_add(length as u64) else { return false };
            at = next;
        }
        true
    }

    /// Fills `out` with `count` bytes from `address` on; as [`Image::words`].
    pub fn bytes(&mut self, address: u64, count: usize, out: &mut Vec<u8>) -> bool {
        out.clear();
        let mut at = address;
        while out.len() < count {
            let Some(offset) = self.find(at) else { return false };
            let length = (PAGE - (offset & (PAGE - 1))).min(count - out.len());
            out.extend_from_slice(&self.last_bytes()[offset..offset + length]);
            let Some(next) = at.checked_add(length as u64) else { return false };
            at = next;
        }
        true
    }

    /// The bytes before the first zero, at most `limit` of them; `None` when none can be read.
    pub fn c_string(&mut self, address: u64, limit: usize) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        while text.len() < limit {
            match self.byte(address.checked_add(text.len() as u64)?) {
                Some(0) => break,
                Some(byte) => text.push(byte),
                None if text.is_empty() => return None,
                None => break,
            }
        }
        Some(text)
    }

    /// The bytes of the block that was found last.
    #[inline]
    fn last_bytes(&self) -> &[u8] {
        let start = self.last % BLOCKS_OF_A_ROOM * BLOCK;
        &self.rooms[self.last / BLOCKS_OF_A_ROOM].bytes()[start..start + BLOCK]
    }

    /// Makes the block of `address` the last one; where in it the address is, when its page could be read.
    #[inline]
    fn find(&mut self, address: u64) -> Option<usize> {
        let number = address >> BLOCK_BITS;
        if number != self.last_number {
            self.turn_to(number)?;
        }
        let offset = (address & (BLOCK as u64 - 1)) as usize;
        (self.blocks[self.last].readable >> (offset >> PAGE_BITS) & 1 != 0).then_some(offset)
    }

    #[inline(never)]
    fn turn_to(&mut self, number: u64) -> Option<()> {
        let near = number as usize & (NEAR - 1);
        let place = if self.near[near].0 == number {
            self.near[near].1 as usize
        } else {
            let place = match self.place.get(&number) {
                Some(&place) => place as usize,
                None => self.load(number),
            };
            self.near[near] = (number, place as u32);
            place
        };
        self.blocks[place].used = true;
        self.last = place;
        self.last_number = number;
        Some(())
    }

    fn load(&mut self, number: u64) -> usize {
        let place = if self.blocks.len() < self.limit_bytes.max(self.early_bytes) / BLOCK {
            self.blocks.push(Block { number, readable: 0, used: true });
            if self.rooms.len() * BLOCKS_OF_A_ROOM < self.blocks.len() {
                self.rooms.push(Room::of(BLOCKS_OF_A_ROOM * BLOCK));
            }
            self.blocks.len() - 1
        } else {
            let place = self.oldest();
            let gone = self.blocks[place].number;
            self.place.remove(&gone);
            if self.near[gone as usize & (NEAR - 1)].0 == gone {
                self.near[gone as usize & (NEAR - 1)].0 = u64::MAX;
            }
            place
        };
        let start = number << BLOCK_BITS;
        let space = self.space;
        let block = &mut self.blocks[place];
        let from = place % BLOCKS_OF_A_ROOM * BLOCK;
        let bytes = &mut self.rooms[place / BLOCKS_OF_A_ROOM].bytes_mut()[from..from + BLOCK];
        block.number = number;
        block.readable = 0;
        if space.read(start, bytes) == BLOCK {
            block.readable = ALL_PAGES;
            self.read_bytes += BLOCK as u64;
        } else {
            for page in 0..PAGES {
                let bytes = &mut bytes[page * PAGE..(page + 1) * PAGE];
                if space.read(start + (page * PAGE) as u64, bytes) == PAGE {
                    block.readable |= 1 << page;
                    self.read_bytes += PAGE as u64;
                }
            }
        }
        self.place.insert(number, place as u32);
        place
    }

    /// The place of a block that was not asked for lately; the clock algorithm.
    fn oldest(&mut self) -> usize {
        loop {
            self.hand = (self.hand + 1) % self.blocks.len();
            if !std::mem::take(&mut self.blocks[self.hand].used) {
                return self.hand;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Range;
    use std::fs::File;

    /// Bytes `address & 0xff` from 0x10000 to 0x35000, but for the page at 0x12000.
    struct Holes;

    impl AddressSpace for Holes {
        fn ranges(&self) -> &[Range] {
            &[]
        }

        fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
            for (index, byte) in buffer.iter_mut().enumerate() {
                let at = address + index as u64;
                if !(0x10000..0x35000).contains(&at) || (0x12000..0x13000).contains(&at) {
                    return index;
                }
                *byte = at as u8;
            }
            buffer.len()
        }

        fn open_file(&self, _: &Range) -> Option<File> {
            None
        }
    }

    #[test]
    fn reads_what_is_there_and_nothing_else() {
        let mut image = Image::new(&Holes, 0);
        assert_eq!(image.word(0x10008), Some(0x0f0e_0d0c_0b0a_0908));
        assert_eq!(image.half(0x1000c), Some(0x0f0e_0d0c));
        assert_eq!(image.byte(0x34fff), Some(0xff));
        for missing in [0, 0xfff8, 0x12000, 0x12ff8, 0x35000, u64::MAX - 7, 0x10001, 0x10ffc] {
            assert_eq!(image.word(missing), None, "{missing:#x}");
        }
        let mut words = Vec::new();
        assert!(image.words(0x1fff0, 4, &mut words), "over the edge of a block");
        assert_eq!(words.len(), 4);
        assert!(!image.words(0x11ff0, 4, &mut words), "into a hole");
        assert_eq!(words.len(), 2);
        let mut bytes = Vec::new();
        assert!(image.bytes(0x2ffff, 3, &mut bytes));
        assert_eq!(bytes, [0xff, 0, 1]);
    }

    #[test]
    fn memory_is_bounded_and_what_was_dropped_is_read_again() {
        struct Endless;
        impl AddressSpace for Endless {
            fn ranges(&self) -> &[Range] {
                &[]
            }
            fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
                buffer.fill((address >> 16) as u8);
                buffer.len()
            }
            fn open_file(&self, _: &Range) -> Option<File> {
                None
            }
        }
        let mut image = Image::new(&Endless, 0);
        for round in 0..3_u64 {
            for block in 0..100_u64 {
                assert_eq!(image.byte(block << 16), Some(block as u8), "round {round}");
            }
        }
        assert_eq!(image.blocks.len(), 16);
        image.forget();
        assert_eq!(image.byte(7 << 16), Some(7));
    }
}
