//! A column of indices into a table: 2 bytes each when the table is short.

use std::io::{self, Seek, Write};
use std::sync::Arc;

use super::{Column, SectionWriter, Sections};

/// Indices below 2^32, in 2 bytes each when all are below 2^16.
#[derive(Debug, Clone)]
pub enum IndexColumn {
    /// All are below 2^16.
    Narrow(Column<u16>),
    /// Some are not, or may come to be.
    Wide(Column<u32>),
}

impl IndexColumn {
    /// In 2 bytes each where that is possible. Linear.
    pub fn narrowed(&self) -> IndexColumn {
        match self {
            IndexColumn::Wide(column) if column.all().iter().all(|&index| index <= u32::from(u16::MAX)) => {
                IndexColumn::Narrow(column.all().iter().map(|&index| index as u16).collect())
            }
            other => other.clone(),
        }
    }

    /// Puts another index in its place.
    ///
    /// # Panics
    /// When there is none, or the column is narrow, or mapped.
    pub fn set(&mut self, index: usize, number: u32) {
        match self {
            IndexColumn::Wide(column) => column.to_mut()[index] = number,
            IndexColumn::Narrow(_) => panic!("a narrow column may have no room for it"),
        }
    }

    /// The entry at `index`.
    ///
    /// # Panics
    /// When there is none.
    #[inline]
    pub fn get(&self, index: usize) -> u32 {
        match self {
            IndexColumn::Narrow(column) => column.get(index).into(),
            IndexColumn::Wide(column) => column.get(index),
        }
    }

    /// Where the entries are that `fits` holds for, ascending; it has a place for each index of the table. Linear.
    ///
    /// # Panics
    /// When an entry is none of the table.
    pub fn positions(&self, fits: Vec<bool>) -> Box<dyn Iterator<Item = usize> + '_> {
        match self {
            IndexColumn::Narrow(column) => {
                Box::new(column.all().iter().enumerate().filter(move |&(_, &of)| fits[of as usize]).map(|(at, _)| at))
            }
            IndexColumn::Wide(column) => {
                Box::new(column.all().iter().enumerate().filter(move |&(_, &of)| fits[of as usize]).map(|(at, _)| at))
            }
        }
    }

    /// As [`Column::bring_in`].
    pub fn bring_in(&mut self) {
        match self {
            IndexColumn::Narrow(column) => column.bring_in(),
            IndexColumn::Wide(column) => column.bring_in(),
        }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        match self {
            IndexColumn::Narrow(column) => column.len(),
            IndexColumn::Wide(column) => column.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the column as a section.
    pub fn write<W: Write + Seek>(&self, out: &mut SectionWriter<W>, name: &str) -> io::Result<()> {
        match self {
            IndexColumn::Narrow(column) => out.column(name, column.all()),
            IndexColumn::Wide(column) => out.column(name, column.all()),
        }
    }

    /// The column of a section; `None` when it is not there.
    pub fn of(sections: &Arc<Sections>, name: &str) -> Option<IndexColumn> {
        let narrow = sections.column(name).map(IndexColumn::Narrow);
        narrow.or_else(|| sections.column(name).map(IndexColumn::Wide))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_table_takes_two_bytes() {
        let wide = IndexColumn::Wide(vec![0, 65_535].into());
        assert!(matches!(wide.narrowed(), IndexColumn::Narrow(_)));
        assert_eq!((wide.narrowed().get(1), wide.narrowed().len()), (65_535, 2));
        let wide = IndexColumn::Wide(vec![0, 65_536].into());
        assert!(matches!(wide.narrowed(), IndexColumn::Wide(_)));
        assert_eq!(wide.narrowed().get(1), 65_536);
    }
}
