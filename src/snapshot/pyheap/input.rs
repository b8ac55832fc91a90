//! The numbers and texts of a `.pyheap` file, one after the other, each with its place.

use std::io::{ErrorKind, Read};

use crate::snapshot::{ReadError, ReadErrorKind};

/// The bytes of the file: big-endian numbers, texts with their lengths in front.
pub(super) struct Input<R> {
    bytes: R,
    place: u64,
}

impl<R: Read> Input<R> {
    pub fn new(bytes: R) -> Self {
        Input { bytes, place: 0 }
    }

    /// How many bytes were read.
    pub fn place(&self) -> u64 {
        self.place
    }

    pub fn u64(&mut self, what: &str) -> Result<u64, ReadError> {
        self.array(what).map(u64::from_be_bytes)
    }

    pub fn u32(&mut self, what: &str) -> Result<u32, ReadError> {
        self.array(what).map(u32::from_be_bytes)
    }

    pub fn i16(&mut self, what: &str) -> Result<i16, ReadError> {
        self.array(what).map(i16::from_be_bytes)
    }

    pub fn flag(&mut self, what: &str) -> Result<bool, ReadError> {
        self.array(what).map(|[byte]| byte != 0)
    }

    /// A text with its length in two bytes in front. What is no UTF-8 becomes U+FFFD.
    pub fn text(&mut self, what: &str) -> Result<String, ReadError> {
        let length = self.array(what).map(u16::from_be_bytes)?;
        self.text_of(usize::from(length), what)
    }

    /// A text of a length that was read before; at most 64 KiB.
    pub fn text_of(&mut self, length: usize, what: &str) -> Result<String, ReadError> {
        let mut bytes = vec![0; length];
        self.fill(&mut bytes, what)?;
        Ok(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// Whether nothing is left.
    pub fn is_at_end(&mut self) -> Result<bool, ReadError> {
        let mut one = [0];
        loop {
            match self.bytes.read(&mut one) {
                Ok(count) => return Ok(count == 0),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unreadable(&error)),
            }
        }
    }

    /// What is wrong at the place that was read last, `length` bytes before.
    pub fn damaged(&self, length: u64, what: &str, expected: impl Into<String>, found: String) -> ReadError {
        let place = format!("byte {} ({what})", self.place.saturating_sub(length));
        ReadError::new(ReadErrorKind::Damaged, place, expected, found)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], ReadError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<(), ReadError> {
        match self.bytes.read_exact(bytes) {
            Ok(()) => {
                self.place += bytes.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(ReadError::new(
                ReadErrorKind::CutOff,
                format!("byte {} ({what})", self.place),
                "more of the .pyheap file",
                "its end",
            )),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    fn unreadable(&self, error: &std::io::Error) -> ReadError {
        ReadError::new(ReadErrorKind::Unreadable, format!("byte {}", self.place), "to read the file", error.to_string())
    }
}
