//! A column of addresses in 4 bytes each, by the pages of memory that they lie in.

use std::ops::Range;

use super::addresses::{GRANULE_BITS, PAGE_BITS, Pages};

/// Addresses in the order in which they were added. Each is the number of its page and its place there; what is no multiple of
/// 8, or on a page beyond half a million others (32 GiB), stands aside in a table.
#[derive(Debug, Clone, Default)]
pub struct AddressColumn {
    pages: Pages,
    /// Per entry [`page_and_granule`], or [`ASIDE`].
    entries: Vec<u32>,
    /// Which entries stand aside, ascending, with their addresses.
    aside: Vec<(u32, u64)>,
}

/// Look aside.
const ASIDE: u32 = u32::MAX;
/// Bits of the place within a page.
const WITHIN: u32 = PAGE_BITS - GRANULE_BITS;
/// Pages have smaller numbers than this, so that no entry looks like [`ASIDE`].
const MOST_PAGES: usize = (1 << (32 - WITHIN)) - 1;

/// One entry, as it is to be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressEntry {
    /// On a page of [`AddressColumn::pages`], so many times 8 bytes from its beginning.
    OnPage { page: usize, granule: u32 },
    /// An address that is on none.
    Aside(u64),
}

impl AddressColumn {
    /// Appends an address. Expected constant time.
    ///
    /// # Panics
    /// From 2^32 entries on; a snapshot with so many references is refused before.
    #[inline]
    pub fn push(&mut self, address: u64) {
        let entry = self.entry_of(address);
        if entry == ASIDE {
            self.put_aside(self.entries.len(), address);
        }
        self.entries.push(entry);
    }

    #[inline]
    fn entry_of(&mut self, address: u64) -> u32 {
        if address.trailing_zeros() < GRANULE_BITS {
            return ASIDE;
        }
        match self.pages.number_below(address, MOST_PAGES) {
            Some(page) => (page as u32) << WITHIN | (address as u32 & ((1 << PAGE_BITS) - 1)) >> GRANULE_BITS,
            None => ASIDE,
        }
    }

    #[cold]
    fn put_aside(&mut self, index: usize, address: u64) {
        let index = u32::try_from(index).expect("a snapshot has fewer than 2^32 references");
        match self.aside.binary_search_by_key(&index, |entry| entry.0) {
            Ok(at) => self.aside[at].1 = address,
            Err(at) => self.aside.insert(at, (index, address)),
        }
    }

    /// How many addresses there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The address at `index`. Constant time, but for what stands aside: logarithmic in that.
    ///
    /// # Panics
    /// When there is none.
    pub fn get(&self, index: usize) -> u64 {
        match self.entry(index) {
            AddressEntry::OnPage { page, granule } => self.on_page(page, granule),
            AddressEntry::Aside(address) => address,
        }
    }

    /// Some addresses in their order.
    ///
    /// # Panics
    /// When they are not all there.
    pub fn range(&self, range: Range<usize>) -> impl Iterator<Item = u64> + Clone + '_ {
        range.map(|index| self.get(index))
    }

    /// All addresses in their order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + Clone + '_ {
        self.range(0..self.len())
    }

    /// Lets two entries change places.
    ///
    /// # Panics
    /// When one of them is not there.
    pub fn swap(&mut self, one: usize, other: usize) {
        let addresses = (self.get(one), self.get(other));
        self.entries.swap(one, other);
        for (index, address) in [(one, addresses.1), (other, addresses.0)] {
            if self.entries[index] == ASIDE {
                self.put_aside(index, address);
            }
        }
    }

    /// The entry at `index`.
    #[inline]
    pub(crate) fn entry(&self, index: usize) -> AddressEntry {
        match self.entries[index] {
            ASIDE => self.look_aside(index),
            entry => AddressEntry::OnPage { page: (entry >> WITHIN) as usize, granule: entry & ((1 << WITHIN) - 1) },
        }
    }

    #[cold]
    fn look_aside(&self, index: usize) -> AddressEntry {
        let at = self.aside.partition_point(|entry| (entry.0 as usize) < index);
        AddressEntry::Aside(self.aside[at].1)
    }

    /// What the addresses of each page begin with, by its number.
    pub(crate) fn pages(&self) -> &[u64] {
        self.pages.all()
    }

    /// The address of a place on a page.
    pub(crate) fn on_page(&self, page: usize, granule: u32) -> u64 {
        self.pages()[page] << PAGE_BITS | u64::from(granule) << GRANULE_BITS
    }
}

impl Extend<u64> for AddressColumn {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, addresses: I) {
        let addresses = addresses.into_iter();
        self.entries.reserve(addresses.size_hint().0);
        addresses.for_each(|address| self.push(address));
    }
}

impl FromIterator<u64> for AddressColumn {
    fn from_iter<I: IntoIterator<Item = u64>>(addresses: I) -> Self {
        let mut column = AddressColumn::default();
        column.extend(addresses);
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back() {
        let odd = [0, 8, u64::MAX, u64::MAX - 7, 9, 0x7f00_0000_0010, 0x5000, 12, 1 << 63];
        let mut expected: Vec<u64> = odd.to_vec();
        expected.extend((0..1000).map(|number| number << 13));
        let mut column: AddressColumn = expected.iter().copied().collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), expected);
        assert_eq!(column.range(3..5).collect::<Vec<_>>(), expected[3..5]);
        for (one, other) in [(0, 2), (2, 4), (4, 4), (7, 500), (1, 3)] {
            expected.swap(one, other);
            column.swap(one, other);
            assert_eq!(column.iter().collect::<Vec<_>>(), expected, "{one} and {other}");
        }
        assert_eq!((column.len(), column.is_empty()), (1009, false));
    }

    #[test]
    fn what_is_on_one_page_too_many_stands_aside() {
        let addresses = || (0..MOST_PAGES as u64 + 3).map(|page| page << PAGE_BITS);
        let column: AddressColumn = addresses().chain(addresses().take(2)).collect();
        assert_eq!((column.pages().len(), column.aside.len()), (MOST_PAGES, 3));
        assert!(column.iter().eq(addresses().chain(addresses().take(2))));
    }
}
