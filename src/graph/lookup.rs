//! From addresses to the numbers of objects, and back.

use std::io::{self, Seek, Write};
use std::sync::Arc;

use crate::sections::{Column, SectionWriter, Sections};
use crate::snapshot::addresses::{GRANULE_BITS, PAGE_BITS, Pages, WORDS, bit};
use crate::snapshot::{AddressColumn, AddressEntry};

use super::Object;

/// Addresses in ascending order: the pages of 64 KiB that have objects, and 2 bytes per object. Both ways are a search of some
/// thousands of pages.
#[derive(Debug)]
pub(super) struct AddressIndex {
    /// Addresses of pages without their lowest 16 bits, ascending.
    page: Column<u64>,
    /// The first object of each page, and how many objects there are.
    first: Column<u32>,
    /// Per object the lowest 16 bits of its address.
    low: Column<u16>,
}

/// Finds objects while a graph is built: a page has a bit for each 8 bytes, and beside each 64 of them how many objects come
/// before. So a look-up is one hash of a small table, one line of memory, and a count of bits. Pages with few objects, which only
/// hostile files have many of, are searched.
///
/// Takes 16 bytes for each 512 of a page with objects: 3 to 6 per object of a real heap, and never more than 64.
pub(super) struct Finder {
    pages: Pages,
    /// By the number of the page, as `pages` counts them.
    page: Vec<Page>,
    words: Vec<Word>,
}

/// What a page of a column of addresses is to a [`Finder`].
#[derive(Debug, Clone, Copy)]
pub(super) enum KnownPage {
    /// It has no objects.
    Empty,
    /// Where its words begin.
    Words(u32),
    /// It is searched.
    Searched,
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
    /// Numbers addresses in ascending order. Returns also what finds them fast, and where in `listed` each stands first; addresses
    /// may stand there several times, in any order. Linear, but for pages of few objects, which are sorted.
    pub fn of(listed: &[u64]) -> (AddressIndex, Finder, Vec<u32>) {
        let mut finder = Finder { pages: Pages::default(), page: Vec::new(), words: Vec::new() };
        let mut searched: Vec<bool> = Vec::new();
        for &address in listed {
            let number = finder.pages.number(address);
            if number == finder.page.len() {
                finder.page.push(Page::default());
                searched.push(false);
            }
            finder.page[number].objects += 1;
            searched[number] |= bit(address).is_none();
        }
        let mut words = 0;
        for (page, searched) in finder.page.iter_mut().zip(searched) {
            if page.objects >= WORTH_WORDS && !searched {
                page.words = Some(words);
                words += WORDS as u32;
            }
        }
        finder.words = vec![Word::default(); words as usize];
        let mut of_few: Vec<(u64, u32)> = Vec::new();
        for (&address, place) in listed.iter().zip(0..) {
            let page = finder.pages.number(address);
            match (finder.page[page].words, bit(address)) {
                (Some(words), Some((word, bit))) => finder.words[words as usize + word].bits |= bit,
                _ => of_few.push((address, place)),
            }
        }
        of_few.sort_unstable();
        of_few.dedup_by_key(|entry| entry.0);
        let in_order = finder.pages.in_order();
        let count = finder.count_before(&in_order, &of_few);

        let mut low = vec![0; count as usize];
        let mut order = vec![NONE; count as usize];
        let mut set = |object: u32, address: u64, place: u32| {
            if order[object as usize] == NONE {
                order[object as usize] = place;
                low[object as usize] = address as u16;
            }
        };
        for (&address, place) in listed.iter().zip(0..) {
            let page = finder.page[finder.pages.number(address)];
            if let Some(object) = page.words.and_then(|words| rank(&finder.words[words as usize..], address)) {
                set(object, address, place);
            }
        }
        let mut of_few = of_few.into_iter();
        for &(_, number) in &in_order {
            let page = finder.page[number as usize];
            if page.words.is_none() {
                (page.first..page.first + page.objects)
                    .zip(&mut of_few)
                    .for_each(|(object, (address, place))| set(object, address, place));
            }
        }
        let first = in_order.iter().map(|&(_, number)| finder.page[number as usize].first).chain([count]);
        let index = AddressIndex {
            page: in_order.iter().map(|&(page, _)| page).collect(),
            first: first.collect(),
            low: low.into(),
        };
        (index, finder, order)
    }

    /// The address of an object. Logarithmic in the pages.
    pub fn address(&self, object: Object) -> u64 {
        let page = self.first.all().partition_point(|&first| first <= object.0) - 1;
        self.page.get(page) << PAGE_BITS | u64::from(self.low.get(object.index()))
    }

    /// How many addresses there are.
    pub fn len(&self) -> usize {
        self.low.len()
    }

    /// All addresses, ascending.
    pub fn addresses(&self) -> impl Iterator<Item = u64> + '_ {
        let low = self.low.all();
        self.page.all().iter().zip(self.first.all().windows(2)).flat_map(move |(page, ends)| {
            low[ends[0] as usize..ends[1] as usize].iter().map(move |&low| page << PAGE_BITS | u64::from(low))
        })
    }

    /// The last object at or before this address.
    pub fn at_or_before(&self, address: u64) -> Option<Object> {
        let page = self.page.all().partition_point(|&page| page <= address >> PAGE_BITS).checked_sub(1)?;
        let (first, end) = self.of_page(page);
        if self.page.get(page) < address >> PAGE_BITS {
            return Some(Object(end - 1));
        }
        let low = self.low.slice(first as usize..end as usize).partition_point(|&low| low <= address as u16) as u32;
        (first + low).checked_sub(1).map(Object)
    }

    /// The object at exactly this address.
    pub fn find(&self, address: u64) -> Option<Object> {
        let page = self.page.all().binary_search(&(address >> PAGE_BITS)).ok()?;
        let (first, end) = self.of_page(page);
        let place = self.low.slice(first as usize..end as usize).binary_search(&(address as u16)).ok()?;
        Some(Object(first + place as u32))
    }

    /// The objects of a page: the first, and the one after the last.
    fn of_page(&self, page: usize) -> (u32, u32) {
        (self.first.get(page), self.first.get(page + 1))
    }

    pub fn write<W: Write + Seek>(&self, out: &mut SectionWriter<W>) -> io::Result<()> {
        out.column("pages", self.page.all())?;
        out.column("pages.first", self.first.all())?;
        out.column("address.low", self.low.all())
    }

    /// `None` when the sections are not there, or don't fit together.
    pub fn of_sections(sections: &Arc<Sections>) -> Option<AddressIndex> {
        let index = AddressIndex {
            page: sections.column("pages")?,
            first: sections.column("pages.first")?,
            low: sections.column("address.low")?,
        };
        let first = index.first.all();
        let fits = first.len() == index.page.len() + 1
            && first[0] == 0
            && first[first.len() - 1] as usize == index.low.len()
            && first.is_sorted_by(|one, next| one < next)
            && index.page.all().is_sorted_by(|one, next| one < next);
        fits.then_some(index)
    }
}

impl Finder {
    /// Gives each page and word its number of objects before, and each page its number of different ones; returns the sum.
    fn count_before(&mut self, in_order: &[(u64, u32)], of_few: &[(u64, u32)]) -> u32 {
        let mut before = 0;
        let mut left = of_few;
        for &(number_of_page, number) in in_order {
            let page = &mut self.page[number as usize];
            page.first = before;
            match page.words {
                Some(words) => {
                    for word in &mut self.words[words as usize..][..WORDS] {
                        word.before = before;
                        before += word.bits.count_ones();
                    }
                }
                None => {
                    let own = left.iter().take_while(|entry| entry.0 >> PAGE_BITS == number_of_page).count();
                    left = &left[own..];
                    before += own as u32;
                }
            }
            page.objects = before - page.first;
        }
        before
    }

    /// As [`AddressIndex::find`] of the index that was made with this.
    pub fn find(&self, index: &AddressIndex, address: u64) -> Option<Object> {
        match self.page[self.pages.find(address)?].words {
            Some(words) => rank(&self.words[words as usize..], address).map(Object),
            None => index.find(address),
        }
    }

    /// What the pages of a column are, for [`Finder::find_entry`]. Linear in them.
    pub fn known_pages(&self, column: &AddressColumn) -> Vec<KnownPage> {
        let known = |&page: &u64| match self.pages.find(page << PAGE_BITS).map(|number| self.page[number].words) {
            None => KnownPage::Empty,
            Some(Some(words)) => KnownPage::Words(words),
            Some(None) => KnownPage::Searched,
        };
        column.pages().iter().map(known).collect()
    }

    /// The object at an address of a column. Without a hash, as the column knows its pages.
    #[inline]
    pub fn find_entry(
        &self,
        index: &AddressIndex,
        column: &AddressColumn,
        known: &[KnownPage],
        at: usize,
    ) -> Option<Object> {
        match column.entry(at) {
            AddressEntry::OnPage { page, granule } => match known[page] {
                KnownPage::Words(words) => {
                    rank(&self.words[words as usize..], u64::from(granule) << GRANULE_BITS).map(Object)
                }
                KnownPage::Empty => None,
                KnownPage::Searched => index.find(column.on_page(page, granule)),
            },
            AddressEntry::Aside(address) => self.find(index, address),
        }
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
        let (index, finder, order) = AddressIndex::of(listed);
        let mut sorted: Vec<(u64, u32)> = listed.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        sorted.dedup_by_key(|entry| entry.0);
        assert_eq!(order, sorted.iter().map(|entry| entry.1).collect::<Vec<_>>());
        assert_eq!(index.addresses().collect::<Vec<_>>(), sorted.iter().map(|entry| entry.0).collect::<Vec<_>>());
        let column: AddressColumn = sorted.iter().map(|entry| entry.0).chain([1 << 60, 24 << 16, 13]).collect();
        let known = finder.known_pages(&column);
        for place in 0..column.len() {
            let found = finder.find_entry(&index, &column, &known, place);
            assert_eq!(found, index.find(column.get(place)), "{}", column.get(place));
        }
        for (place, &(address, _)) in sorted.iter().enumerate() {
            assert_eq!(index.find(address), Some(Object(place as u32)), "{address}");
            assert_eq!(finder.find(&index, address), index.find(address), "{address}");
            assert_eq!(index.address(Object(place as u32)), address);
            for other in [address.wrapping_sub(1), address.wrapping_add(1), address.wrapping_add(8)] {
                let expected = sorted.binary_search_by_key(&other, |entry| entry.0).ok();
                assert_eq!(index.find(other), expected.map(|place| Object(place as u32)), "{other}");
                assert_eq!(finder.find(&index, other), index.find(other), "{other}");
                let before = sorted.partition_point(|entry| entry.0 <= other).checked_sub(1);
                assert_eq!(index.at_or_before(other), before.map(|place| Object(place as u32)), "{other}");
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
