//! Sets of addresses by pages of memory, small where these lie close together.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};

/// Bits of an address within its page of 64 KiB: a heap of a gigabyte has some thousands of pages, which the cache holds.
pub(crate) const PAGE_BITS: u32 = 16;
/// Every object of CPython lies at a multiple of 8.
pub(crate) const GRANULE_BITS: u32 = 3;
/// Words of 64 bits that have a bit for each granule of a page.
pub(crate) const WORDS: usize = 1 << (PAGE_BITS - GRANULE_BITS - 6);

/// The word of its page that has an address's bit, and this bit; `None` for an address that is no multiple of 8.
pub(crate) fn bit(address: u64) -> Option<(usize, u64)> {
    let granule = address >> GRANULE_BITS;
    let word = (granule >> 6) as usize % WORDS;
    (address.trailing_zeros() >= GRANULE_BITS).then_some((word, 1 << (granule & 63)))
}

/// Numbers of pages in the order in which they were met.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    numbers: HashMap<u64, u32, Seeded>,
    /// What their addresses begin with, by number.
    all: Vec<u64>,
    /// Pages that were asked for last, each at the place that its low bits tell: objects that are made together lie together.
    recent: Box<[(u64, u32); RECENT]>,
}

/// How many pages are remembered: 64 MiB of a heap.
const RECENT: usize = 1024;

impl Default for Pages {
    fn default() -> Self {
        Pages { numbers: HashMap::default(), all: Vec::new(), recent: Box::new([(u64::MAX, 0); RECENT]) }
    }
}

impl Pages {
    /// The number of the page with this address; a page that is met for the first time gets the next one, from 0.
    pub fn number(&mut self, address: u64) -> usize {
        self.number_below(address, usize::MAX).expect("there is no limit")
    }

    /// The same where only so many pages get a number; `None` for any other.
    #[inline]
    pub fn number_below(&mut self, address: u64, limit: usize) -> Option<usize> {
        let page = address >> PAGE_BITS;
        let recent = self.recent[page as usize % RECENT];
        if recent.0 == page { Some(recent.1 as usize) } else { self.look_up(page, limit) }
    }

    fn look_up(&mut self, page: u64, limit: usize) -> Option<usize> {
        let number = match self.numbers.get(&page) {
            Some(&number) => number,
            None if self.all.len() < limit => {
                let number = self.all.len() as u32;
                self.numbers.insert(page, number);
                self.all.push(page);
                number
            }
            None => return None,
        };
        self.recent[page as usize % RECENT] = (page, number);
        Some(number as usize)
    }

    /// What the addresses of each page begin with, by its number.
    pub fn all(&self) -> &[u64] {
        &self.all
    }

    /// The number of the page with this address; `None` for a page that was never met.
    pub fn find(&self, address: u64) -> Option<usize> {
        self.numbers.get(&(address >> PAGE_BITS)).map(|&number| number as usize)
    }

    /// All pages by ascending address: what their addresses begin with, and their numbers.
    pub fn in_order(&self) -> Vec<(u64, u32)> {
        let mut pages: Vec<(u64, u32)> = self.all.iter().copied().zip(0..).collect();
        pages.sort_unstable();
        pages
    }
}

/// Hashes one number by a multiplication with a random one: fast, and no crafted file knows which pages collide.
#[derive(Debug, Clone, Copy)]
struct Seeded(u64);

impl Default for Seeded {
    fn default() -> Self {
        Seeded(RandomState::new().hash_one(0) | 1)
    }
}

impl BuildHasher for Seeded {
    type Hasher = Product;

    fn build_hasher(&self) -> Product {
        Product { factor: self.0, product: 0 }
    }
}

struct Product {
    factor: u64,
    product: u64,
}

impl Hasher for Product {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(u64::from(byte)));
    }

    fn write_u64(&mut self, number: u64) {
        // Both halves of the product, as the table looks at the lowest bits and at the highest.
        let product = u128::from(self.product ^ number) * u128::from(self.factor);
        self.product = product as u64 ^ (product >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.product
    }
}

/// Addresses that were met: a bit for each 8 bytes of a page with many, 2 bytes each where a page has few. So a hostile file
/// makes it take about 100 bytes per address, a real one 2.
#[derive(Debug, Default)]
pub struct AddressSet {
    pages: Pages,
    /// What is met of each page.
    met: Vec<Met>,
    /// Addresses that are not multiples of 8, which no CPython writes.
    unaligned: HashSet<u64>,
}

#[derive(Debug)]
enum Met {
    Few { count: u8, granules: [u16; FEW] },
    Many(Box<[u64; WORDS]>),
}

/// A page with more addresses gets bits.
const FEW: usize = 15;

impl AddressSet {
    /// Adds the address; `false` when it was there already. Expected constant time.
    pub fn insert(&mut self, address: u64) -> bool {
        let Some((word, bit)) = bit(address) else { return self.unaligned.insert(address) };
        let page = self.pages.number(address);
        if page == self.met.len() {
            self.met.push(Met::Few { count: 0, granules: [0; FEW] });
        }
        let met = &mut self.met[page];
        if let Met::Few { count, granules } = met {
            let granule = (address >> GRANULE_BITS) as u16 % (64 * WORDS as u16);
            if granules[..usize::from(*count)].contains(&granule) {
                return false;
            }
            if let Some(free) = granules.get_mut(usize::from(*count)) {
                *free = granule;
                *count += 1;
                return true;
            }
            let mut words = Box::new([0; WORDS]);
            granules.iter().for_each(|granule| words[usize::from(granule / 64)] |= 1_u64 << (granule % 64));
            *met = Met::Many(words);
        }
        let Met::Many(words) = met else { unreachable!("a page of few was left above, or has become one of many") };
        let is_new = words[word] & bit == 0;
        words[word] |= bit;
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

    #[test]
    fn pages_of_few_become_pages_of_many() {
        let mut set = AddressSet::default();
        let addresses = || (0..3000_u64).map(|number| (number * 0x9E37_79B9 % (1 << 20)) << GRANULE_BITS);
        let mut all = std::collections::BTreeSet::new();
        for address in addresses().chain(addresses()) {
            assert_eq!(set.insert(address), all.insert(address), "{address}");
        }
        assert!(set.met.iter().any(|met| matches!(met, Met::Many(_))));
    }

    #[test]
    fn pages_are_numbered_as_they_are_met() {
        let mut pages = Pages::default();
        let addresses = [5 << PAGE_BITS, 0, u64::MAX, (5 << PAGE_BITS) + 1, (5 + 64) << PAGE_BITS, 5 << PAGE_BITS];
        assert_eq!(addresses.map(|address| pages.number(address)), [0, 1, 2, 0, 3, 0]);
        assert_eq!(addresses.map(|address| pages.find(address)), [0, 1, 2, 0, 3, 0].map(Some));
        assert_eq!(pages.find(1 << PAGE_BITS), None);
        assert_eq!(pages.in_order().iter().map(|page| page.1).collect::<Vec<_>>(), [1, 0, 3, 2]);
    }
}
