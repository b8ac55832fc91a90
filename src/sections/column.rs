//! One long column of numbers: a vector, or a stretch of a mapped file.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytemuck::Pod;

use super::Sections;

/// Numbers of one width. Read as a slice; what is mapped is checked block by block when it is first read, and a block that is not
/// as it was written unwinds with [`Damaged`](super::Damaged).
#[derive(Clone)]
pub struct Column<T>(Kept<T>);

#[derive(Clone)]
enum Kept<T> {
    Owned(Vec<T>),
    Mapped { sections: Arc<Sections>, begin: usize, len: usize },
}

impl<T: Pod> Column<T> {
    /// `len` entries from byte `begin` on, both within the file and aligned for `T`: [`Sections::column`] sees to it.
    pub(super) fn mapped(sections: Arc<Sections>, begin: usize, len: usize) -> Self {
        Column(Kept::Mapped { sections, begin, len })
    }

    /// How many entries there are.
    #[inline]
    pub fn len(&self) -> usize {
        match &self.0 {
            Kept::Owned(entries) => entries.len(),
            Kept::Mapped { len, .. } => *len,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry at `index`.
    ///
    /// # Panics
    /// When there is none.
    #[inline]
    pub fn get(&self, index: usize) -> T {
        match &self.0 {
            Kept::Owned(entries) => entries[index],
            Kept::Mapped { sections, begin, len } => stretch(sections, *begin, *len, index..index + 1)[0],
        }
    }

    /// Some entries.
    ///
    /// # Panics
    /// When they are not all there.
    #[inline]
    pub fn slice(&self, range: Range<usize>) -> &[T] {
        match &self.0 {
            Kept::Owned(entries) => &entries[range],
            Kept::Mapped { sections, begin, len } => stretch(sections, *begin, *len, range),
        }
    }

    /// How many entries come before the first for which this does not hold; those for which it holds come first. Reads only
    /// those that it asks.
    pub fn partition_point(&self, holds: impl Fn(T) -> bool) -> usize {
        let (mut before, mut end) = (0, self.len());
        while before < end {
            let middle = before + (end - before) / 2;
            if holds(self.get(middle)) {
                before = middle + 1;
            } else {
                end = middle;
            }
        }
        before
    }

    /// Reads a mapped column into memory, where a question looks at all of it many times.
    pub fn bring_in(&mut self) {
        if let Kept::Mapped { .. } = self.0 {
            *self = self.all().to_vec().into();
        }
    }

    /// All entries.
    pub fn all(&self) -> &[T] {
        self.slice(0..self.len())
    }

    /// The vector, to add to.
    ///
    /// # Panics
    /// When the column is mapped.
    #[inline]
    pub fn to_mut(&mut self) -> &mut Vec<T> {
        match &mut self.0 {
            Kept::Owned(entries) => entries,
            Kept::Mapped { .. } => panic!("a mapped column can't be changed"),
        }
    }
}

/// Entries of a mapped column. Apart, so that what is asked of vectors is a few instructions wherever it is asked.
#[inline(never)]
fn stretch<T: Pod>(sections: &Sections, begin: usize, len: usize, range: Range<usize>) -> &[T] {
    assert!(range.start <= range.end && range.end <= len, "no such entries");
    let width = size_of::<T>();
    bytemuck::cast_slice(sections.bytes(begin + range.start * width..begin + range.end * width))
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Column(Kept::Owned(Vec::new()))
    }
}

impl<T> From<Vec<T>> for Column<T> {
    fn from(entries: Vec<T>) -> Self {
        Column(Kept::Owned(entries))
    }
}

impl<T> FromIterator<T> for Column<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        Column(Kept::Owned(entries.into_iter().collect()))
    }
}

impl<T> fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Owned(entries) => write!(f, "{} entries", entries.len()),
            Kept::Mapped { len, .. } => write!(f, "{len} mapped entries"),
        }
    }
}
