//! A set of addresses, a few bits each where they lie close together.

use std::collections::HashMap;

/// Addresses that were met. Heaps are dense, so a page of 2 KiB shares one entry: about 2 bits per object
/// on a real heap, and never more than one entry (64 bytes) per address on a hostile one.
///
/// The hash is seeded at random, so that a crafted file can't make it slow.
#[derive(Debug, Default)]
pub struct AddressSet {
    pages: HashMap<u64, [u64; 4]>,
    /// Addresses that are not multiples of 8, which no CPython writes.
    unaligned: std::collections::HashSet<u64>,
}

const GRANULE_BITS: u32 = 3;
const PAGE_BITS: u32 = GRANULE_BITS + 8;

impl AddressSet {
    /// Adds the address; `false` when it was there already. Expected constant time.
    pub fn insert(&mut self, address: u64) -> bool {
        if address & ((1 << GRANULE_BITS) - 1) != 0 {
            return self.unaligned.insert(address);
        }
        let granule = (address >> GRANULE_BITS) & 0xFF;
        let word = &mut self.pages.entry(address >> PAGE_BITS).or_default()[(granule >> 6) as usize];
        let bit = 1 << (granule & 63);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_new_once() {
        let mut set = AddressSet::default();
        for address in [0, 8, 16, 2040, 2048, u64::MAX, u64::MAX - 7, 9, 10] {
            assert!(set.insert(address), "{address}");
            assert!(!set.insert(address), "{address}");
        }
    }
}
