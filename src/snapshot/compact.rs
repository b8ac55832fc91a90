//! A column of numbers that nearly all fit 32 bits, in 4 bytes each.

use std::collections::HashMap;

/// Numbers of 64 bits; those from 2^32 − 1 on stand aside in a table. Entries can be added, not changed.
#[derive(Debug, Clone, Default)]
pub struct CompactColumn {
    small: Vec<u32>,
    large: HashMap<u32, u64>,
}

/// In `small`: look into `large`.
const ASIDE: u32 = u32::MAX;

impl CompactColumn {
    /// An empty column with room for so many entries.
    pub fn with_capacity(entries: usize) -> Self {
        CompactColumn { small: Vec::with_capacity(entries), large: HashMap::new() }
    }

    /// Appends a number.
    ///
    /// # Panics
    /// From 2^32 entries on; a snapshot with so many objects is refused before.
    pub fn push(&mut self, number: u64) {
        match u32::try_from(number) {
            Ok(small) if small != ASIDE => self.small.push(small),
            _ => {
                let place = u32::try_from(self.small.len()).expect("a snapshot has fewer than 2^32 objects");
                self.large.insert(place, number);
                self.small.push(ASIDE);
            }
        }
    }

    /// The entry at `index`.
    ///
    /// # Panics
    /// When there is none.
    pub fn get(&self, index: usize) -> u64 {
        match self.small[index] {
            ASIDE => self.large[&(index as u32)],
            small => u64::from(small),
        }
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
        (0..self.small.len()).map(|index| self.get(index))
    }

    /// The entries in another order: entry `i` of the result is entry `order[i]` of this column.
    pub fn in_order(&self, order: impl ExactSizeIterator<Item = usize>) -> CompactColumn {
        let mut column = CompactColumn::with_capacity(order.len());
        order.for_each(|index| column.push(self.get(index)));
        column
    }
}

impl FromIterator<u64> for CompactColumn {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        let mut column = CompactColumn::default();
        numbers.into_iter().for_each(|number| column.push(number));
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_numbers_come_back() {
        let numbers = [0, 7, u64::from(u32::MAX) - 1, u64::from(u32::MAX), u64::from(u32::MAX) + 1, u64::MAX];
        let column: CompactColumn = numbers.into_iter().collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), numbers);
        let order = [5, 0, 3];
        assert_eq!(column.in_order(order.into_iter()).iter().collect::<Vec<_>>(), [u64::MAX, 0, u64::from(u32::MAX)]);
    }
}
