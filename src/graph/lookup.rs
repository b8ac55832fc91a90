//! From an address to its object: sorted addresses with an index of pages.

use std::collections::HashMap;

use super::Object;

/// Addresses in ascending order, and where each page of them begins.
///
/// A page of 16 KiB holds up to a thousand objects that lie side by side, so a look-up is one hash of a small, hot
/// table and a binary search within a few cache lines. The hash is seeded at random: no crafted file makes it slow.
#[derive(Debug)]
pub(super) struct AddressIndex {
    addresses: Vec<u64>,
    pages: HashMap<u64, (u32, u32)>,
}

const PAGE_BITS: u32 = 14;

impl AddressIndex {
    /// `addresses` are ascending and all different.
    pub fn new(addresses: Vec<u64>) -> Self {
        let mut pages = HashMap::new();
        let mut start = 0;
        for page in addresses.chunk_by(|one, next| one >> PAGE_BITS == next >> PAGE_BITS) {
            let end = start + page.len() as u32;
            pages.insert(page[0] >> PAGE_BITS, (start, end));
            start = end;
        }
        AddressIndex { addresses, pages }
    }

    pub fn address(&self, object: Object) -> u64 {
        self.addresses[object.index()]
    }

    /// The last object at or before this address.
    pub fn at_or_before(&self, address: u64) -> Option<Object> {
        let after = self.addresses.partition_point(|&other| other <= address);
        after.checked_sub(1).map(|place| Object(place as u32))
    }

    /// The object at exactly this address.
    pub fn find(&self, address: u64) -> Option<Object> {
        let &(start, end) = self.pages.get(&(address >> PAGE_BITS))?;
        let page = &self.addresses[start as usize..end as usize];
        page.binary_search(&address).ok().map(|place| Object(start + place as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_there_and_nothing_else() {
        let addresses = vec![0, 16, 16383, 16384, 70_000, u64::MAX];
        let index = AddressIndex::new(addresses.clone());
        for (place, address) in addresses.iter().enumerate() {
            assert_eq!(index.find(*address), Some(Object(place as u32)));
        }
        for address in [1, 15, 17, 16385, 69_999, u64::MAX - 1] {
            assert_eq!(index.find(address), None, "{address}");
        }
    }
}
