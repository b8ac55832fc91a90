//! A column of numbers that are nearly all small, in one, two or four bytes each.

use std::io::{self, Seek, Write};
use std::slice;
use std::sync::Arc;

use super::{Column, SectionWriter, Sections};

/// Numbers of 64 bits; the few that are too large for the width of the column stand aside in a table. Entries can be added, not
/// changed. In memory each takes 2 bytes; in a file so many as make it smallest.
#[derive(Debug, Clone, Default)]
pub struct CompactColumn {
    small: Small,
    /// Which entries stand aside, ascending.
    aside_at: Column<u32>,
    aside: Column<u64>,
}

/// Of each entry its number, or the largest of the width: look aside.
#[derive(Debug, Clone)]
enum Small {
    Bytes(Column<u8>),
    Shorts(Column<u16>),
    Words(Column<u32>),
}

impl Default for Small {
    fn default() -> Self {
        Small::Shorts(Column::default())
    }
}

/// Bytes of an entry that stands aside.
const ASIDE_BYTES: u64 = 12;

impl CompactColumn {
    /// An empty column with room for so many entries.
    pub fn with_capacity(entries: usize) -> Self {
        CompactColumn { small: Small::Shorts(Vec::with_capacity(entries).into()), ..CompactColumn::default() }
    }

    /// Appends a number.
    ///
    /// # Panics
    /// From 2^32 entries on; a snapshot with so many objects is refused before. When the column is of a file.
    #[inline]
    pub fn push(&mut self, number: u64) {
        let Small::Shorts(small) = &mut self.small else { panic!("a column of a file can't be added to") };
        match u16::try_from(number) {
            Ok(number) if number != u16::MAX => small.to_mut().push(number),
            _ => self.push_aside(number),
        }
    }

    #[cold]
    fn push_aside(&mut self, number: u64) {
        let place = u32::try_from(self.len()).expect("a snapshot has fewer than 2^32 objects");
        self.aside_at.to_mut().push(place);
        self.aside.to_mut().push(number);
        if let Small::Shorts(small) = &mut self.small {
            small.to_mut().push(u16::MAX);
        }
    }

    /// The entry at `index`. Constant time, but for numbers that stand aside: logarithmic in these.
    ///
    /// # Panics
    /// When there is none.
    #[inline]
    pub fn get(&self, index: usize) -> u64 {
        let small = match &self.small {
            Small::Bytes(small) => number_of(small.get(index).into(), u8::MAX.into()),
            Small::Shorts(small) => number_of(small.get(index).into(), u16::MAX.into()),
            Small::Words(small) => number_of(small.get(index), u32::MAX),
        };
        small.unwrap_or_else(|| self.look_aside(index))
    }

    #[cold]
    fn look_aside(&self, index: usize) -> u64 {
        let found = self.aside_at.all().binary_search(&(index as u32));
        self.aside.get(found.unwrap_or_else(|_| super::give_up()))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        match &self.small {
            Small::Bytes(small) => small.len(),
            Small::Shorts(small) => small.len(),
            Small::Words(small) => small.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u64> + '_ {
        let small = match &self.small {
            Small::Bytes(small) => SmallEntries::Bytes(small.all().iter()),
            Small::Shorts(small) => SmallEntries::Shorts(small.all().iter()),
            Small::Words(small) => SmallEntries::Words(small.all().iter()),
        };
        let mut aside = self.aside.all().iter();
        small.map(move |small| small.unwrap_or_else(|| *aside.next().unwrap_or_else(|| super::give_up())))
    }

    /// The entries in another order: entry `i` of the result is entry `order[i]` of this column.
    pub fn in_order(&self, order: impl ExactSizeIterator<Item = usize>) -> CompactColumn {
        let mut column = CompactColumn::with_capacity(order.len());
        order.for_each(|index| column.push(self.get(index)));
        column
    }

    /// Writes the column as sections whose names begin so, each entry in so many bytes as make them smallest.
    pub fn write<W: Write + Seek>(&self, out: &mut SectionWriter<W>, name: &str) -> io::Result<()> {
        let (mut over_byte, mut over_short, mut over_word) = (0, 0, 0);
        for number in self.iter() {
            over_byte += u64::from(number >= u8::MAX.into());
            over_short += u64::from(number >= u16::MAX.into());
            over_word += u64::from(number >= u32::MAX.into());
        }
        let bytes = |width: u64, aside: u64| width * self.len() as u64 + ASIDE_BYTES * aside;
        let (of_bytes, of_shorts) = (bytes(1, over_byte), bytes(2, over_short));
        let least = of_bytes.min(of_shorts).min(bytes(4, over_word));
        let limit = if least == of_bytes {
            out.column(name, &self.clipped(|number| u8::try_from(number).unwrap_or(u8::MAX)))?;
            u64::from(u8::MAX)
        } else if least == of_shorts {
            out.column(name, &self.clipped(|number| u16::try_from(number).unwrap_or(u16::MAX)))?;
            u64::from(u16::MAX)
        } else {
            out.column(name, &self.clipped(|number| u32::try_from(number).unwrap_or(u32::MAX)))?;
            u64::from(u32::MAX)
        };
        let aside = || self.iter().zip(0_u32..).filter(|&(number, _)| number >= limit);
        out.column(&format!("{name}.aside_at"), &aside().map(|(_, at)| at).collect::<Vec<u32>>())?;
        out.column(&format!("{name}.aside"), &aside().map(|(number, _)| number).collect::<Vec<u64>>())
    }

    fn clipped<T>(&self, clip: impl Fn(u64) -> T) -> Vec<T> {
        self.iter().map(clip).collect()
    }

    /// The column of these sections; `None` when they are not there.
    pub fn of(sections: &Arc<Sections>, name: &str) -> Option<CompactColumn> {
        let bytes = || sections.column(name).map(Small::Bytes);
        let shorts = || sections.column(name).map(Small::Shorts);
        let words = || sections.column(name).map(Small::Words);
        let column = CompactColumn {
            small: bytes().or_else(shorts).or_else(words)?,
            aside_at: sections.column(&format!("{name}.aside_at"))?,
            aside: sections.column(&format!("{name}.aside"))?,
        };
        (column.aside_at.len() == column.aside.len()).then_some(column)
    }
}

/// The entries of [`Small`]; `None` for those that stand aside.
enum SmallEntries<'c> {
    Bytes(slice::Iter<'c, u8>),
    Shorts(slice::Iter<'c, u16>),
    Words(slice::Iter<'c, u32>),
}

impl Iterator for SmallEntries<'_> {
    type Item = Option<u64>;

    #[inline]
    fn next(&mut self) -> Option<Option<u64>> {
        match self {
            SmallEntries::Bytes(entries) => entries.next().map(|&small| number_of(small.into(), u8::MAX.into())),
            SmallEntries::Shorts(entries) => entries.next().map(|&small| number_of(small.into(), u16::MAX.into())),
            SmallEntries::Words(entries) => entries.next().map(|&small| number_of(small, u32::MAX)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            SmallEntries::Bytes(entries) => entries.size_hint(),
            SmallEntries::Shorts(entries) => entries.size_hint(),
            SmallEntries::Words(entries) => entries.size_hint(),
        }
    }
}

impl ExactSizeIterator for SmallEntries<'_> {}

/// The number, unless it is the one that says to look aside.
#[inline]
fn number_of(small: u32, aside: u32) -> Option<u64> {
    (small != aside).then_some(small.into())
}

impl FromIterator<u64> for CompactColumn {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        let numbers = numbers.into_iter();
        let mut column = CompactColumn::with_capacity(numbers.size_hint().0);
        numbers.for_each(|number| column.push(number));
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_smallest_width_and_the_same_numbers() {
        let mostly = |number: u64| (0..1000).map(move |at| if at % 100 == 7 { u64::MAX - at } else { number });
        for (numbers, width) in [
            (mostly(3).collect::<Vec<_>>(), 1),
            (mostly(254).collect(), 1),
            (mostly(255).collect(), 2),
            (mostly(65_534).collect(), 2),
            (mostly(65_535).collect(), 4),
            (mostly(1 << 32).collect(), 1),
            (vec![u64::MAX; 3], 1),
            (Vec::new(), 1),
        ] {
            let mut file = tempfile::tempfile().unwrap();
            let mut out = SectionWriter::new(&mut file).unwrap();
            numbers.iter().copied().collect::<CompactColumn>().write(&mut out, "numbers").unwrap();
            out.finish(&0_u8).unwrap();
            // SAFETY: nobody else has the file.
            let map = unsafe { memmap2::Mmap::map(&file) }.unwrap();
            let (sections, _) = Sections::open::<u8>(map).unwrap();
            let column = CompactColumn::of(&Arc::new(sections), "numbers").unwrap();
            let found = match &column.small {
                Small::Bytes(_) => 1,
                Small::Shorts(_) => 2,
                Small::Words(_) => 4,
            };
            assert_eq!(found, width, "{numbers:?}");
            assert_eq!(column.iter().collect::<Vec<_>>(), numbers);
            assert_eq!((0..column.len()).map(|index| column.get(index)).collect::<Vec<_>>(), numbers);
            let order = (0..numbers.len()).rev();
            assert!(column.in_order(order).iter().eq(numbers.into_iter().rev()));
        }
    }

    #[test]
    fn small_and_large_numbers_come_back() {
        let numbers = [0, 7, u64::from(u16::MAX) - 1, u64::from(u16::MAX), u64::from(u16::MAX) + 1, u64::MAX];
        let column: CompactColumn = numbers.into_iter().collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), numbers);
        let order = [5, 0, 3];
        assert_eq!(column.in_order(order.into_iter()).iter().collect::<Vec<_>>(), [u64::MAX, 0, u64::from(u16::MAX)]);
    }
}
