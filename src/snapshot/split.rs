//! Cuts a JSON document into its values while it streams by, without building a tree.
//!
//! Only the structure is looked at here (strings, brackets); what is inside a value is parsed by `serde_json`. So memory is bounded by the
//! largest value that is kept, which for our dumper is one chunk, and depth costs a counter, not a stack.

use std::io::{self, Read};

use super::{ReadError, ReadErrorKind};

/// How many bytes are asked of the input at once.
const BLOCK: usize = 256 * 1024;

/// Texts of a snapshot are names, at most some hundred characters of values, and packed columns, which may be so long.
const LONGEST_TEXT: u64 = super::packed::LONGEST as u64;

/// A window over the input: `buffer[position..filled]` is what was read and not yet consumed.
pub(super) struct Splitter<R> {
    input: R,
    buffer: Vec<u8>,
    position: usize,
    filled: usize,
    /// Offset in the file of `buffer[0]`.
    offset: u64,
}

/// A complete JSON value, with its place in the file.
pub(super) struct Value<'b> {
    pub bytes: &'b [u8],
    pub offset: u64,
}

/// A complete JSON value in a buffer of its own.
#[derive(Default)]
pub(super) struct OwnValue {
    buffer: Vec<u8>,
    /// How much of the buffer is the value.
    length: usize,
    offset: u64,
}

impl OwnValue {
    pub fn value(&self) -> Value<'_> {
        Value { bytes: &self.buffer[..self.length], offset: self.offset }
    }
}

/// What is to be done with the bytes of a value that is walked over.
#[derive(Clone, Copy, PartialEq)]
enum Bytes {
    Kept,
    Dropped,
}

impl<R: Read> Splitter<R> {
    pub fn new(input: R) -> Self {
        Splitter::at(input, 0)
    }

    /// Of an input that begins at this offset of the file.
    pub fn at(input: R, offset: u64) -> Self {
        Splitter { input, buffer: Vec::new(), position: 0, filled: 0, offset }
    }

    /// Offset in the file of the next byte.
    pub fn place(&self) -> u64 {
        self.offset + self.position as u64
    }

    /// The next byte that is not white space, not consumed; `None` at the end of the input.
    pub fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            while self.position < self.filled {
                match self.buffer[self.position] {
                    b' ' | b'\t' | b'\n' | b'\r' => self.position += 1,
                    byte => return Ok(Some(byte)),
                }
            }
            if self.fill(self.position)? == 0 {
                return Ok(None);
            }
        }
    }

    /// Consumes `wanted`, which must come next.
    pub fn expect(&mut self, wanted: u8) -> Result<(), ReadError> {
        match self.peek()? {
            Some(byte) if byte == wanted => {
                self.position += 1;
                Ok(())
            }
            other => Err(self.unexpected(&format!("`{}`", wanted as char), other)),
        }
    }

    /// After an element: `true` when another follows (`,`), `false` when `close` ends the list.
    pub fn another(&mut self, close: u8) -> Result<bool, ReadError> {
        match self.peek()? {
            Some(b',') => {
                self.position += 1;
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.position += 1;
                Ok(false)
            }
            other => Err(self.unexpected(&format!("`,` or `{}`", close as char), other)),
        }
    }

    /// The error for finding `found` where `wanted` should be.
    pub fn unexpected(&self, wanted: &str, found: Option<u8>) -> ReadError {
        match found {
            None => self.cut_off(wanted),
            Some(byte) => {
                let found = format!("`{}`", byte.escape_ascii());
                ReadError::new(ReadErrorKind::NotJson, format!("byte {}", self.place()), wanted, found)
            }
        }
    }

    fn cut_off(&self, wanted: &str) -> ReadError {
        let place = format!("byte {}", self.offset + self.filled as u64);
        ReadError::new(ReadErrorKind::CutOff, place, wanted, "the end of the file")
    }

    /// Consumes the next value and hands it out whole.
    pub fn value(&mut self) -> Result<Value<'_>, ReadError> {
        self.peek()?;
        // Moving the value to the front keeps the buffer as small as the largest value.
        self.drop_consumed(self.position);
        let start = self.position;
        self.walk_over_value(Bytes::Kept)?;
        Ok(Value { bytes: &self.buffer[start..self.position], offset: self.offset + start as u64 })
    }

    /// Consumes the next value and gives it away together with the buffer that it is in; that of another value, which is not
    /// needed any more, takes its place.
    pub fn own_value(&mut self, spare: OwnValue) -> Result<OwnValue, ReadError> {
        self.value()?;
        // The value is at the front.
        let rest = &self.buffer[self.position..self.filled];
        let mut buffer = spare.buffer;
        if buffer.len() < rest.len() {
            buffer.resize(rest.len() + BLOCK, 0);
        }
        buffer[..rest.len()].copy_from_slice(rest);
        let value = OwnValue {
            buffer: std::mem::replace(&mut self.buffer, buffer),
            length: self.position,
            offset: self.offset,
        };
        self.filled -= self.position;
        self.offset += self.position as u64;
        self.position = 0;
        Ok(value)
    }

    /// Consumes the next value, keeping nothing of it.
    pub fn skip_value(&mut self) -> Result<(), ReadError> {
        self.peek()?;
        self.walk_over_value(Bytes::Dropped)
    }

    fn walk_over_value(&mut self, bytes: Bytes) -> Result<(), ReadError> {
        let mut depth = 0_u64;
        loop {
            if self.position == self.filled && !self.more(bytes)? {
                return Err(self.cut_off("the rest of a value"));
            }
            match self.buffer[self.position] {
                b'"' => {
                    self.walk_over_string(bytes)?;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.position += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.position += 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                b',' | b':' | b'}' | b']' if depth == 0 => {
                    return Err(self.unexpected("a value", Some(self.buffer[self.position])));
                }
                _ if depth == 0 => return self.walk_over_scalar(bytes),
                _ => self.position += until_structure(&self.buffer[self.position..self.filled]),
            }
        }
    }

    /// A number or a word: up to the next separator. The end of the input may end it too.
    fn walk_over_scalar(&mut self, bytes: Bytes) -> Result<(), ReadError> {
        let begin = self.place();
        loop {
            if self.position == self.filled {
                self.refuse_if_endless(begin, "a number", bytes)?;
                if !self.more(bytes)? {
                    return Ok(());
                }
            }
            match self.buffer[self.position] {
                b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"' | b' ' | b'\t' | b'\n' | b'\r' => return Ok(()),
                _ => self.position += 1,
            }
        }
    }

    fn walk_over_string(&mut self, bytes: Bytes) -> Result<(), ReadError> {
        let begin = self.place();
        self.position += 1;
        let mut escaped = false;
        loop {
            if self.position == self.filled {
                self.refuse_if_endless(begin, "a text", bytes)?;
                if !self.more(bytes)? {
                    return Err(self.cut_off("the end of a text"));
                }
            }
            if escaped {
                escaped = false;
                self.position += 1;
                continue;
            }
            // Packed columns are long texts.
            let rest = &self.buffer[self.position..self.filled];
            let plain = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            self.position += (plain + 1).min(rest.len());
            match rest.get(plain) {
                Some(b'"') => return Ok(()),
                Some(_) => escaped = true,
                None => {}
            }
        }
    }

    /// What is kept in memory as one text, or one number, must not be what a small compressed file makes gigabytes of.
    fn refuse_if_endless(&self, begin: u64, what: &str, bytes: Bytes) -> Result<(), ReadError> {
        // With the quote before it.
        if bytes == Bytes::Dropped || self.place() - begin <= LONGEST_TEXT + 1 {
            return Ok(());
        }
        let wanted = format!("{what} of at most {LONGEST_TEXT} bytes");
        Err(ReadError::new(ReadErrorKind::Damaged, format!("byte {begin}"), wanted, "a longer one"))
    }

    /// Reads on behind `filled`; `false` at the end of the input.
    fn more(&mut self, bytes: Bytes) -> Result<bool, ReadError> {
        let consumed = if bytes == Bytes::Dropped { self.position } else { 0 };
        Ok(self.fill(consumed)? > 0)
    }

    fn drop_consumed(&mut self, consumed: usize) {
        self.buffer.copy_within(consumed..self.filled, 0);
        self.offset += consumed as u64;
        self.position -= consumed;
        self.filled -= consumed;
    }

    /// Drops the first `consumed` bytes of the buffer and reads a block more; returns how many bytes came.
    fn fill(&mut self, consumed: usize) -> Result<usize, ReadError> {
        self.drop_consumed(consumed);
        if self.buffer.len() < self.filled + BLOCK {
            // Doubling, so that a long value is moved a constant number of times per byte.
            let mut larger = vec![0; (self.buffer.len() * 2).max(self.filled + BLOCK)];
            larger[..self.filled].copy_from_slice(&self.buffer[..self.filled]);
            self.buffer = larger;
        }
        loop {
            // Not more, whatever room a long value has left: what is ahead of a value is moved when the value goes.
            match self.input.read(&mut self.buffer[self.filled..self.filled + BLOCK]) {
                Ok(count) => {
                    self.filled += count;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unreadable(&error)),
            }
        }
    }

    fn unreadable(&self, error: &io::Error) -> ReadError {
        let place = format!("byte {}", self.offset + self.filled as u64);
        // Decoders report a truncated or damaged stream through these two kinds.
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                ReadError::new(ReadErrorKind::CutOff, place, "more compressed data", "the end of the file")
            }
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                ReadError::new(ReadErrorKind::Damaged, place, "compressed data that can be unpacked", error.to_string())
            }
            _ => ReadError::new(ReadErrorKind::Unreadable, place, "to read on", error.to_string()),
        }
    }
}

/// How many bytes come before one at which a walk through a nested value has to look twice: a quote or a bracket.
fn until_structure(bytes: &[u8]) -> usize {
    let is_structure = |byte: u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']');
    // A block at once, without branches: columns of numbers are nearly everything.
    let (blocks, _) = bytes.as_chunks::<64>();
    let plain =
        blocks.iter().take_while(|block| !block.iter().fold(false, |any, &byte| any | is_structure(byte))).count();
    let rest = &bytes[64 * plain..];
    64 * plain + rest.iter().position(|&byte| is_structure(byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_gigabytes_is_refused_while_it_is_read() {
        for begin in ["\"", "7"] {
            let mut document = Splitter::new(begin.as_bytes().chain(io::repeat(b'A').take(1 << 30)));
            let Err(error) = document.value() else { panic!("it was read") };
            assert_eq!((error.kind, error.place.as_str()), (ReadErrorKind::Damaged, "byte 0"), "{error}");
            assert!(document.buffer.len() <= 4 * LONGEST_TEXT as usize);
        }
    }

    /// Gives one byte at a time, so that every state meets the end of the buffer.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.split_first() {
                Some((&byte, rest)) => {
                    buffer[0] = byte;
                    self.0 = rest;
                    Ok(1)
                }
                None => Ok(0),
            }
        }
    }

    fn elements(text: &str) -> Result<Vec<(u64, String)>, ReadError> {
        let mut splitter = Splitter::new(Drip(text.as_bytes()));
        splitter.expect(b'[')?;
        let mut found = Vec::new();
        loop {
            let value = splitter.value()?;
            found.push((value.offset, String::from_utf8(value.bytes.to_vec()).unwrap()));
            if !splitter.another(b']')? {
                return Ok(found);
            }
        }
    }

    #[test]
    fn values_come_whole_with_their_offsets() {
        let found = elements("[ 1, \"a\\\"]\", {\"k\":[1,{}]} ,[],true]").unwrap();
        let texts: Vec<_> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["1", "\"a\\\"]\"", "{\"k\":[1,{}]}", "[]", "true"]);
        assert_eq!(found[2].0, 13);
    }

    #[test]
    fn values_are_given_away_in_any_buffer() {
        let mut splitter = Splitter::new(Drip(b"{\"a\":[1]}, 22,[3]"));
        let mut value = OwnValue::default();
        let mut found = Vec::new();
        for _ in 0..3 {
            value = splitter.own_value(value).unwrap();
            found.push((value.value().offset, String::from_utf8(value.value().bytes.to_vec()).unwrap()));
            if found.len() < 3 {
                splitter.expect(b',').unwrap();
            }
        }
        let expected = [(0, "{\"a\":[1]}"), (11, "22"), (14, "[3]")];
        assert_eq!(found, expected.map(|(offset, text)| (offset, text.to_owned())));
        assert_eq!((splitter.place(), splitter.peek()), (17, Ok(None)));
    }

    #[test]
    fn no_more_than_a_block_lies_ahead_of_a_value_after_a_long_one() {
        let text = format!("[\"{}\"{}]", "x".repeat(8 * BLOCK), ",1".repeat(4 * BLOCK));
        for is_own in [false, true] {
            let mut splitter = Splitter::new(text.as_bytes());
            splitter.expect(b'[').unwrap();
            let mut value = OwnValue::default();
            for _ in 0..100 {
                if is_own {
                    value = splitter.own_value(value).unwrap();
                } else {
                    splitter.value().unwrap();
                }
                assert!(splitter.filled - splitter.position <= BLOCK, "{}", splitter.filled - splitter.position);
                splitter.expect(b',').unwrap();
            }
        }
    }

    #[test]
    fn the_end_inside_a_value_is_a_cut_off() {
        for text in ["[", "[1", "[1,", "[\"a", "[\"a\\", "[{\"a\":[", "[[1]"] {
            assert_eq!(elements(text).unwrap_err().kind, ReadErrorKind::CutOff, "{text}");
        }
    }

    #[test]
    fn a_missing_value_is_not_json() {
        for text in ["[,]", "[1 2]", "x", "[}"] {
            assert_eq!(elements(text).unwrap_err().kind, ReadErrorKind::NotJson, "{text}");
        }
    }

    #[test]
    fn skipping_keeps_nothing_of_a_long_value() {
        let text = format!("[\"{}\"]7", "x".repeat(4 * BLOCK));
        let mut splitter = Splitter::new(text.as_bytes());
        splitter.skip_value().unwrap();
        assert!(splitter.buffer.len() <= 2 * BLOCK, "{}", splitter.buffer.len());
        assert_eq!(splitter.value().unwrap().bytes, b"7");
    }
}
