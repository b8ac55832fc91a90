//! Writing a file of sections, one after another.

use std::io::{self, Seek, SeekFrom, Write};

use bytemuck::Pod;
use serde::Serialize;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{ALIGNMENT, BLOCK_BITS, Directory, FORMAT, HEADER, MAGIC, Place};

/// Writes sections; the file is none before [`SectionWriter::finish`].
pub struct SectionWriter<W> {
    out: W,
    /// Bytes written.
    at: usize,
    /// Of the block that is being written.
    hash: Xxh3,
    hashes: Vec<u64>,
    sections: Vec<Place>,
}

impl<W: Write + Seek> SectionWriter<W> {
    /// Begins with the room for a header.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&[0; HEADER])?;
        Ok(SectionWriter { out, at: HEADER, hash: Xxh3::new(), hashes: Vec::new(), sections: Vec::new() })
    }

    /// Writes a column.
    pub fn column<T: Pod>(&mut self, name: &str, entries: &[T]) -> io::Result<()> {
        self.section(name, bytemuck::cast_slice(entries), size_of::<T>() as u32)
    }

    /// Writes a value.
    pub fn value<S: Serialize>(&mut self, name: &str, value: &S) -> io::Result<()> {
        let bytes = rmp_serde::to_vec(value).map_err(io::Error::other)?;
        self.section(name, &bytes, 1)
    }

    fn section(&mut self, name: &str, bytes: &[u8], width: u32) -> io::Result<()> {
        self.align()?;
        self.sections.push(Place { name: name.to_owned(), begin: self.at as u64, bytes: bytes.len() as u64, width });
        self.write(bytes)
    }

    fn align(&mut self) -> io::Result<()> {
        let missing = self.at.next_multiple_of(ALIGNMENT) - self.at;
        self.write(&[0; ALIGNMENT][..missing])
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut left = bytes;
        while !left.is_empty() {
            let room = (1 << BLOCK_BITS) - self.at % (1 << BLOCK_BITS);
            let (now, later) = left.split_at(room.min(left.len()));
            left = later;
            self.at += now.len();
            if now.len() == 1 << BLOCK_BITS {
                self.hashes.push(xxh3_64(now));
                continue;
            }
            self.hash.update(now);
            if now.len() == room {
                self.end_block();
            }
        }
        self.out.write_all(bytes)
    }

    fn end_block(&mut self) {
        self.hashes.push(self.hash.digest());
        self.hash.reset();
    }

    /// Writes hashes, directory and at last the header: what the file is about is `label`.
    pub fn finish<L: Serialize>(mut self, label: &L) -> io::Result<W> {
        if cfg!(target_endian = "big") {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.align()?;
        if !self.at.is_multiple_of(1 << BLOCK_BITS) {
            self.end_block();
        }
        let mut tail: Vec<u8> = self.hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        let directory = self.at + tail.len();
        let sections = Directory { label, sections: self.sections };
        tail.extend(rmp_serde::to_vec(&sections).map_err(io::Error::other)?);
        self.out.write_all(&tail)?;
        let mut header = MAGIC.to_vec();
        header.extend((u64::from(FORMAT) | u64::from(BLOCK_BITS) << 32).to_le_bytes());
        let length = self.at + tail.len() - directory;
        for number in [self.at, directory, length] {
            header.extend((number as u64).to_le_bytes());
        }
        header.extend(xxh3_64(&tail).to_le_bytes());
        let hash = xxh3_64(&header);
        header.extend(hash.to_le_bytes());
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header)?;
        self.out.flush()?;
        Ok(self.out)
    }
}
