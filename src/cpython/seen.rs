//! A set of addresses of objects, one bit for 16 bytes of touched memory.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

/// Addresses of objects that were met. No two objects share 16 bytes, because each has a header of 16.
#[derive(Debug)]
pub(super) struct Seen {
    place: HashMap<u64, u32, FxBuildHasher>,
    /// Places of pages by the last bits of their numbers, to be asked first.
    near: Vec<(u64, u32)>,
    pages: Vec<[u64; WORDS]>,
}

const PAGE_BITS: u32 = 18;
const NEAR: usize = 1 << 12;
const WORDS: usize = 1 << (PAGE_BITS - 4 - 6);

impl Default for Seen {
    fn default() -> Self {
        Seen { place: HashMap::default(), near: vec![(u64::MAX, 0); NEAR], pages: Vec::new() }
    }
}

impl Seen {
    /// Adds the address; `false` when it was there already. O(1).
    #[inline]
    pub fn insert(&mut self, address: u64) -> bool {
        let number = address >> PAGE_BITS;
        let near = number as usize & (NEAR - 1);
        if self.near[near].0 != number {
            let pages = &mut self.pages;
            let place = *self.place.entry(number).or_insert_with(|| {
                pages.push([0; WORDS]);
                pages.len() as u32 - 1
            });
            self.near[near] = (number, place);
        }
        let (word, bit) = place_of(address);
        let word = &mut self.pages[self.near[near].1 as usize][word];
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Whether the address is there. O(1).
    #[inline]
    pub fn contains(&self, address: u64) -> bool {
        let number = address >> PAGE_BITS;
        let (known, place) = self.near[number as usize & (NEAR - 1)];
        let place = if known == number {
            place
        } else {
            match self.place.get(&number) {
                Some(&place) => place,
                None => return false,
            }
        };
        let (word, bit) = place_of(address);
        self.pages[place as usize][word] & bit != 0
    }
}

fn place_of(address: u64) -> (usize, u64) {
    let granule = address >> 4 & ((1 << (PAGE_BITS - 4)) - 1);
    ((granule >> 6) as usize, 1 << (granule & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_new_once() {
        let mut seen = Seen::default();
        for address in [0x10, 0x20, 0x28, 0x7fff_ffff_fff0, 0x40010, 0x3fff0] {
            if address != 0x28 {
                assert!(!seen.contains(address), "{address:#x}");
                assert!(seen.insert(address), "{address:#x}");
            }
            assert!(!seen.insert(address), "{address:#x}");
            assert!(seen.contains(address));
        }
    }
}
