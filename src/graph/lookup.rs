//! From addresses to the numbers of objects, and back: a bit for each place where an object may lie, with ranks.

use crate::snapshot::addresses::{PAGE_BITS, Pages, WORDS, bit};

use super::Object;

/// Addresses in ascending order, and what finds one among them.
///
/// A page of 64 KiB has a bit for each 8 bytes, and beside each 64 of them how many objects come before: so a look-up is one hash
/// of a small table, one line of memory, and a count of bits. Pages with few objects, which only hostile files have many of, are searched.
/// Takes 16 bytes for each 512 of a page with objects: 3 to 6 per object of a real heap, and never more than 64.
#[derive(Debug)]
pub(super) struct AddressIndex {
    addresses: Vec<u64>,
    pages: Pages,
    /// By the number of the page.
    page: Vec<Page>,
    words: Vec<Word>,
}

/// The objects of one page.
#[derive(Debug, Clone, Copy, Default)]
struct Page {
    /// The object with the lowest address.
    first: u32,
    objects: u32,
    /// Where its words begin; `None` for a page that is searched.
    words: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Word {
    /// The lowest bit is for the lowest address.
    bits: u64,
    /// How many objects of the heap lie before it.
    before: u32,
}

/// A page with fewer objects has no words.
const WORTH_WORDS: u32 = 2 * WORDS as u32 / 8;

/// Not yet known.
const NONE: u32 = u32::MAX;

impl AddressIndex {
    /// Numbers addresses in ascending order. Returns also where in `listed` each stands first; addresses may stand there several
    /// times, in any order. Linear, but for pages of few objects, which are sorted.
    pub fn of(listed: &[u64]) -> (AddressIndex, Vec<u32>) {
        let mut index =
            AddressIndex { addresses: Vec::new(), pages: Pages::default(), page: Vec::new(), words: Vec::new() };
        let mut searched: Vec<bool> = Vec::new();
        for &address in listed {
            let number = index.pages.number(address);
            if number == index.page.len() {
                index.page.push(Page::default());
                searched.push(false);
            }
            index.page[number].objects += 1;
            searched[number] |= bit(address).is_none();
        }
        let mut words = 0;
        for (page, searched) in index.page.iter_mut().zip(searched) {
            if page.objects >= WORTH_WORDS && !searched {
                page.words = Some(words);
                words += WORDS as u32;
            }
        }
        index.words = vec![Word::default(); words as usize];
        let mut of_few: Vec<(u64, u32)> = Vec::new();
        for (&address, place) in listed.iter().zip(0..) {
            let page = index.pages.number(address);
            match (index.page[page].words, bit(address)) {
                (Some(words), Some((word, bit))) => index.words[words as usize + word].bits |= bit,
                _ => of_few.push((address, place)),
            }
        }
        of_few.sort_unstable();
        of_few.dedup_by_key(|entry| entry.0);
        let count = index.count_before(&of_few);

        index.addresses = vec![0; count as usize];
        let mut order = vec![NONE; count as usize];
        let mut set = |object: u32, address: u64, place: u32| {
            if order[object as usize] == NONE {
                order[object as usize] = place;
                index.addresses[object as usize] = address;
            }
        };
        for (&address, place) in listed.iter().zip(0..) {
            let page = index.page[index.pages.number(address)];
            if let Some(object) = page.words.and_then(|words| rank(&index.words[words as usize..], address)) {
                set(object, address, place);
            }
        }
        let mut of_few = of_few.into_iter();
        for number in index.pages.in_order() {
            let page = index.page[number];
            if page.words.is_none() {
                (page.first..page.first + page.objects)
                    .zip(&mut of_few)
                    .for_each(|(object, (address, place))| set(object, address, place));
            }
        }
        (index, order)
    }

    /// Gives each page and word its number of objects before, and each page its number of different ones; returns the sum.
    fn count_before(&mut self, of_few: &[(u64, u32)]) -> u32 {
        let mut before = 0;
        let mut left = of_few;
        for number in self.pages.in_order() {
            let page = &mut self.page[number];
            page.first = before;
            match page.words {
                Some(words) => {
                    for word in &mut self.words[words as usize..][..WORDS] {
                        word.before = before;
                        before += word.bits.count_ones();
                    }
                }
                None => {
                    let is_of_page = |entry: &(u64, u32)| self.pages.find(entry.0) == Some(number);
                    let own = left.iter().take_while(|entry| is_of_page(entry)).count();
                    left = &left[own..];
                    before += own as u32;
                }
            }
            page.objects = before - page.first;
        }
        before
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
        let page = self.page[self.pages.find(address)?];
        match page.words {
            Some(words) => rank(&self.words[words as usize..], address).map(Object),
            None => {
                let (first, end) = (page.first as usize, (page.first + page.objects) as usize);
                let place = self.addresses[first..end].binary_search(&address).ok()?;
                Some(Object(page.first + place as u32))
            }
        }
    }
}

/// Finds many addresses one after another: it remembers where the words of pages are.
pub(super) struct Finder<'i> {
    index: &'i AddressIndex,
    /// Pages that were asked for last, each at the place that its low bits tell.
    recent: Box<[(u64, u32); RECENT]>,
}

/// How many pages a [`Finder`] remembers: 64 MiB of a heap.
const RECENT: usize = 1024;

impl<'i> Finder<'i> {
    pub fn new(index: &'i AddressIndex) -> Self {
        Finder { index, recent: Box::new([(u64::MAX, 0); RECENT]) }
    }

    /// As [`AddressIndex::find`].
    #[inline]
    pub fn find(&mut self, address: u64) -> Option<Object> {
        let page = address >> PAGE_BITS;
        let recent = &mut self.recent[page as usize % RECENT];
        if recent.0 != page {
            match self.index.page[self.index.pages.find(address)?].words {
                Some(words) => *recent = (page, words),
                None => return self.index.find(address),
            }
        }
        rank(&self.index.words[recent.1 as usize..], address).map(Object)
    }
}

/// How many objects lie before this one, by the words of its page; `None` when there is none.
fn rank(words: &[Word], address: u64) -> Option<u32> {
    let (word, bit) = bit(address)?;
    let word = words[word];
    (word.bits & bit != 0).then(|| word.before + (word.bits & (bit - 1)).count_ones())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listed: &[u64]) {
        let (index, order) = AddressIndex::of(listed);
        let mut finder = Finder::new(&index);
        let mut sorted: Vec<(u64, u32)> = listed.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        sorted.dedup_by_key(|entry| entry.0);
        assert_eq!(order, sorted.iter().map(|entry| entry.1).collect::<Vec<_>>());
        for (place, &(address, _)) in sorted.iter().enumerate() {
            assert_eq!(index.find(address), Some(Object(place as u32)), "{address}");
            assert_eq!(finder.find(address), index.find(address), "{address}");
            assert_eq!(index.address(Object(place as u32)), address);
            for other in [address.wrapping_sub(1), address.wrapping_add(1), address.wrapping_add(8)] {
                let expected = sorted.binary_search_by_key(&other, |entry| entry.0).ok();
                assert_eq!(index.find(other), expected.map(|place| Object(place as u32)), "{other}");
                assert_eq!(finder.find(other), index.find(other), "{other}");
            }
        }
    }

    #[test]
    fn finds_what_is_there_and_nothing_else() {
        check(&[]);
        check(&[0]);
        check(&[u64::MAX, 70_000, 0, 16, 16384, 16383, 16, 0]);
    }

    /// Dense pages, sparse ones, such with an odd address, and addresses that stand twice.
    #[test]
    fn pages_of_all_kinds_are_numbered_as_by_sorting() {
        let mut state = 1_u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut listed = Vec::new();
        for page in [3_u64, 0, 9, 4, 5, 77, 1 << 40, (1 << 48) - 1] {
            let objects = [1, 20, WORTH_WORDS as u64, 3000][random(4) as usize];
            listed.extend((0..objects).map(|_| (page << 16) + random(1 << 13) * 8));
        }
        listed.extend([(3 << 16) + 5, (1 << 40 << 16) + 12, 77 << 16]);
        for place in (1..listed.len()).rev() {
            listed.swap(place, random(place as u64 + 1) as usize);
        }
        check(&listed);
        listed.truncate(200);
        check(&listed);
    }
}
