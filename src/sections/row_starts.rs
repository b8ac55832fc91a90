//! Where rows begin in one long column that has them all, one after the other.

use std::io::{self, Seek, Write};
use std::ops::Range;
use std::sync::Arc;

use super::{Column, CompactColumn, SectionWriter, Sections};

/// The beginnings of rows, ascending, and the end of the last one: one entry more than there are rows. In memory each takes 4 bytes;
/// in a file little more than one, as rows are short: so many as its row begins after the first of its 16.
#[derive(Debug)]
pub enum RowStarts {
    /// As they are.
    Plain(Column<u32>),
    /// Of a file.
    Packed {
        /// The beginning of each sixteenth row.
        first: Column<u32>,
        /// How far behind it each row begins.
        behind: CompactColumn,
    },
}

/// So many rows have one entry of `first`: 2 to the power of this.
const ROWS_BITS: usize = 4;

impl RowStarts {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        match self {
            RowStarts::Plain(starts) => starts.len(),
            RowStarts::Packed { behind, .. } => behind.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the row begins.
    ///
    /// # Panics
    /// When there is no such row.
    #[inline]
    pub fn get(&self, row: usize) -> u32 {
        match self {
            RowStarts::Plain(starts) => starts.get(row),
            RowStarts::Packed { first, behind } => packed(first, behind, row),
        }
    }

    /// The numbers that the row has in the long column.
    ///
    /// # Panics
    /// When there is no such row.
    #[inline]
    pub fn row(&self, row: usize) -> Range<u32> {
        match self {
            RowStarts::Plain(starts) => {
                let ends = starts.slice(row..row + 2);
                ends[0]..ends[1]
            }
            RowStarts::Packed { first, behind } => packed(first, behind, row)..packed(first, behind, row + 1),
        }
    }

    /// The row that has this number. Logarithmic, and reads few entries.
    ///
    /// # Panics
    /// When no row has it.
    pub fn row_of(&self, number: u32) -> usize {
        let before = match self {
            RowStarts::Plain(starts) => starts.partition_point(|start| start <= number),
            RowStarts::Packed { first, .. } => {
                let sixteen = first.partition_point(|start| start <= number) - 1;
                let rows = sixteen << ROWS_BITS..((sixteen + 1) << ROWS_BITS).min(self.len());
                rows.start + rows.clone().take_while(|&row| self.get(row) <= number).count()
            }
        };
        before - 1
    }

    /// Brings all entries into memory as they are, where a question goes through all rows.
    pub fn bring_in(&mut self) {
        match self {
            RowStarts::Plain(starts) => starts.bring_in(),
            RowStarts::Packed { .. } => *self = RowStarts::Plain(self.iter().collect()),
        }
    }

    /// All entries.
    pub fn iter(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match self {
            RowStarts::Plain(starts) => Box::new(starts.all().iter().copied()),
            RowStarts::Packed { .. } => Box::new((0..self.len()).map(|row| self.get(row))),
        }
    }

    /// Writes the beginnings as sections whose names begin so.
    pub fn write<W: Write + Seek>(&self, out: &mut SectionWriter<W>, name: &str) -> io::Result<()> {
        let first: Vec<u32> = self.iter().step_by(1 << ROWS_BITS).collect();
        out.column(&format!("{name}.first"), &first)?;
        let behind = self.iter().enumerate().map(|(row, start)| u64::from(start - first[row >> ROWS_BITS]));
        behind.collect::<CompactColumn>().write(out, name)
    }

    /// Those of these sections; `None` when they are not there, or not as many as they should be.
    pub fn of(sections: &Arc<Sections>, name: &str) -> Option<RowStarts> {
        let first: Column<u32> = sections.column(&format!("{name}.first"))?;
        let behind = CompactColumn::of(sections, name)?;
        (behind.len().div_ceil(1 << ROWS_BITS) == first.len()).then_some(RowStarts::Packed { first, behind })
    }
}

impl From<Vec<u32>> for RowStarts {
    fn from(starts: Vec<u32>) -> Self {
        RowStarts::Plain(starts.into())
    }
}

#[inline]
fn packed(first: &Column<u32>, behind: &CompactColumn, row: usize) -> u32 {
    // A file may say anything; what is then asked for is not there.
    first.get(row >> ROWS_BITS).wrapping_add(behind.get(row) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_file_are_those_that_were_written() {
        // Empty rows, short ones, and a few that no byte and no short number spans.
        let lengths = (0..1000_u32).map(|row| match row % 97 {
            5 => 300,
            50 => 70_000,
            other => other % 3,
        });
        let starts = lengths.scan(0, |next, length| Some(std::mem::replace(next, *next + length)));
        let plain = RowStarts::from(starts.collect::<Vec<u32>>());
        let mut file = tempfile::tempfile().unwrap();
        let mut out = SectionWriter::new(&mut file).unwrap();
        plain.write(&mut out, "rows").unwrap();
        out.finish(&0_u8).unwrap();
        // SAFETY: nobody else has the file.
        let map = unsafe { memmap2::Mmap::map(&file) }.unwrap();
        let (sections, _) = Sections::open::<u8>(map).unwrap();
        let mut packed = RowStarts::of(&Arc::new(sections), "rows").unwrap();
        let compare = |packed: &RowStarts| {
            assert_eq!(packed.len(), plain.len());
            assert!(packed.iter().eq(plain.iter()));
            for row in 0..plain.len() - 1 {
                let numbers = plain.row(row);
                assert_eq!((packed.row(row), packed.get(row)), (numbers.clone(), numbers.start));
                for number in numbers.clone().take(1).chain(numbers.last()) {
                    assert_eq!((packed.row_of(number), plain.row_of(number)), (row, row));
                }
            }
        };
        assert!(matches!(packed, RowStarts::Packed { .. }));
        compare(&packed);
        packed.bring_in();
        assert!(matches!(packed, RowStarts::Plain(_)));
        compare(&packed);
    }
}
