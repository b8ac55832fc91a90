//! Long columns of numbers, in memory or mapped from a file of sections that is checked block by block as it is looked at.
//!
//! A file of sections is what an index is made of: a header, sections one after another, a hash for each block of 16 KiB, and
//! at its end a directory. What is looked up in it is looked up where it lies; only the blocks that are touched are
//! read, and each is held against its hash when it is touched first. So a look-up in a file of gigabytes takes
//! microseconds, and a byte that was changed is never believed.

mod column;
mod compact;
mod file;
mod index_column;
mod row_starts;
mod writer;

pub use column::Column;
pub use compact::CompactColumn;
pub use file::{Damaged, Sections, give_up};
pub use index_column::IndexColumn;
pub use row_starts::RowStarts;
pub use writer::SectionWriter;

/// What a file of sections begins with.
const MAGIC: [u8; 16] = *b"heapgraph index\n";
/// How files are laid out; another number is another layout.
const FORMAT: u32 = 2;
/// Bytes before the first section: the magic, the format, how wide a block is, where the directory is, and hashes of both.
const HEADER: usize = 64;
/// A block is checked as a whole: 16 KiB.
const BLOCK_BITS: u32 = 14;
/// Sections begin at multiples of this, so that numbers of any width can be read in place.
const ALIGNMENT: usize = 64;

/// Where a section lies, from the beginning of the file, and of what it consists.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Place {
    name: String,
    begin: u64,
    bytes: u64,
    /// Bytes of an entry; 1 for a value that is no column.
    width: u32,
}

/// The directory of a file.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Directory<L> {
    /// What the file is about, as its owner says it.
    label: L,
    sections: Vec<Place>,
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Arc;

    use super::*;

    fn mapped(bytes: &[u8]) -> memmap2::Mmap {
        let mut map = memmap2::MmapMut::map_anon(bytes.len().max(1)).unwrap();
        map[..bytes.len()].copy_from_slice(bytes);
        map.make_read_only().unwrap()
    }

    fn written() -> Vec<u8> {
        let mut out = SectionWriter::new(Cursor::new(Vec::new())).unwrap();
        out.column("small", &[1_u8, 2, 3]).unwrap();
        out.column("large", &(0..100_000).collect::<Vec<u64>>()).unwrap();
        out.column::<u32>("empty", &[]).unwrap();
        out.value("value", &("text", 7)).unwrap();
        out.finish(&"label").unwrap().into_inner()
    }

    /// Everything that the file says, or nothing when some of it is not believed.
    fn read(bytes: &[u8]) -> Option<(Vec<u8>, u64, (String, u32))> {
        let (sections, label) = Sections::open::<String>(mapped(bytes))?;
        assert_eq!(label, "label");
        let sections = Arc::new(sections);
        let read = std::panic::AssertUnwindSafe(|| {
            let small = sections.column::<u8>("small")?.all().to_vec();
            let large = sections.column::<u64>("large")?;
            assert_eq!(sections.column::<u32>("empty")?.len(), 0);
            let sum = (0..large.len()).map(|index| large.get(index)).sum();
            assert_eq!(large.slice(5..8), [5, 6, 7]);
            Some((small, sum, sections.value("value")?))
        });
        std::panic::catch_unwind(read).unwrap_or_else(|panic| {
            assert!(panic.is::<Damaged>());
            None
        })
    }

    #[test]
    fn what_was_written_is_read() {
        let expected = (vec![1, 2, 3], (0..100_000).sum(), ("text".to_owned(), 7));
        assert_eq!(read(&written()), Some(expected));
    }

    #[test]
    fn a_column_of_another_width_or_name_is_not_there() {
        let (sections, _) = Sections::open::<String>(mapped(&written())).unwrap();
        let sections = Arc::new(sections);
        assert!(sections.column::<u32>("large").is_none());
        assert!(sections.column::<u64>("other").is_none());
    }

    /// Whatever bit is turned, and wherever the file ends: all of it as it was, or nothing.
    #[test]
    fn damage_is_never_believed() {
        let whole = written();
        let expected = read(&whole);
        let places = (0..whole.len()).filter(|at| *at < 200 || at % 997 == 0 || *at > whole.len() - 300);
        for at in places {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            let found = read(&damaged);
            assert!(found.is_none() || found == expected, "byte {at}");
        }
        for length in (0..whole.len()).filter(|length| length % 4093 == 0 || *length < 100) {
            assert_eq!(read(&whole[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn a_foreign_file_is_none() {
        assert!(Sections::open::<String>(mapped(&[0; 4096])).is_none());
        assert!(Sections::open::<String>(mapped(b"")).is_none());
        // A label of another kind is another program's.
        assert!(Sections::open::<Vec<u64>>(mapped(&written())).is_none());
    }
}
