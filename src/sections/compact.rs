//! A column of numbers that nearly all fit 16 bits, in 2 bytes each.

use std::io::{self, Seek, Write};
use std::sync::Arc;

use super::{Column, SectionWriter, Sections};

/// Numbers of 64 bits; those from 2^16 − 1 on stand aside in a table. Entries can be added, not changed.
#[derive(Debug, Clone, Default)]
pub struct CompactColumn {
    small: Column<u16>,
    /// Which entries stand aside, ascending.
    aside_at: Column<u32>,
    aside: Column<u64>,
}

/// In `small`: look aside.
const ASIDE: u16 = u16::MAX;

impl CompactColumn {
    /// An empty column with room for so many entries.
    pub fn with_capacity(entries: usize) -> Self {
        CompactColumn { small: Vec::with_capacity(entries).into(), ..CompactColumn::default() }
    }

    /// Appends a number.
    ///
    /// # Panics
    /// From 2^32 entries on; a snapshot with so many objects is refused before.
    #[inline]
    pub fn push(&mut self, number: u64) {
        match u16::try_from(number) {
            Ok(small) if small != ASIDE => self.small.to_mut().push(small),
            _ => self.push_aside(number),
        }
    }

    #[cold]
    fn push_aside(&mut self, number: u64) {
        let place = u32::try_from(self.small.len()).expect("a snapshot has fewer than 2^32 objects");
        self.aside_at.to_mut().push(place);
        self.aside.to_mut().push(number);
        self.small.to_mut().push(ASIDE);
    }

    /// The entry at `index`. Constant time, but for numbers that stand aside: logarithmic in these.
    ///
    /// # Panics
    /// When there is none.
    #[inline]
    pub fn get(&self, index: usize) -> u64 {
        match self.small.get(index) {
            ASIDE => self.look_aside(index),
            small => u64::from(small),
        }
    }

    #[cold]
    fn look_aside(&self, index: usize) -> u64 {
        let found = self.aside_at.all().binary_search(&(index as u32));
        self.aside.get(found.unwrap_or_else(|_| super::give_up()))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.small.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.small.is_empty()
    }

    /// All entries in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let mut aside = self.aside.all().iter();
        self.small.all().iter().map(move |&small| match small {
            ASIDE => *aside.next().unwrap_or_else(|| super::give_up()),
            small => u64::from(small),
        })
    }

    /// The entries in another order: entry `i` of the result is entry `order[i]` of this column.
    pub fn in_order(&self, order: impl ExactSizeIterator<Item = usize>) -> CompactColumn {
        let mut column = CompactColumn::with_capacity(order.len());
        order.for_each(|index| column.push(self.get(index)));
        column
    }

    /// Writes the column as sections whose names begin so.
    pub fn write<W: Write + Seek>(&self, out: &mut SectionWriter<W>, name: &str) -> io::Result<()> {
        out.column(name, self.small.all())?;
        out.column(&format!("{name}.aside_at"), self.aside_at.all())?;
        out.column(&format!("{name}.aside"), self.aside.all())
    }

    /// The column of these sections; `None` when they are not there.
    pub fn of(sections: &Arc<Sections>, name: &str) -> Option<CompactColumn> {
        let column = CompactColumn {
            small: sections.column(name)?,
            aside_at: sections.column(&format!("{name}.aside_at"))?,
            aside: sections.column(&format!("{name}.aside"))?,
        };
        (column.aside_at.len() == column.aside.len()).then_some(column)
    }
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
    fn small_and_large_numbers_come_back() {
        let numbers = [0, 7, u64::from(u16::MAX) - 1, u64::from(u16::MAX), u64::from(u16::MAX) + 1, u64::MAX];
        let column: CompactColumn = numbers.into_iter().collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), numbers);
        let order = [5, 0, 3];
        assert_eq!(column.in_order(order.into_iter()).iter().collect::<Vec<_>>(), [u64::MAX, 0, u64::from(u16::MAX)]);
    }
}
