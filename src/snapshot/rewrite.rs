//! From the bytes of a file to those of another that says the same, its columns packed or as lists.

use std::cell::Cell;
use std::io::{self, Read, Write};

use super::columns::{self, Sign};
use super::compressed::decompressed;
use super::format::EndRecord;
use super::read::{begins_as_pyheap, explain, format, parse, version};
use super::split::{Splitter, Value};
use super::write::Output;
use super::{Columns, ReadError, ReadErrorKind, Snapshot, Text};

/// Why a file could not be written once more.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// What is wrong with the file that was read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Why the other could not be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// How much a file has that was written once more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// Number of objects.
    pub objects: u64,
    /// Number of references.
    pub references: u64,
}

impl Snapshot {
    /// Writes what a snapshot says once more, plain, with its columns as asked for, and flushes. The input may be compressed, and its
    /// columns may be packed or not. Everything stays and stays in its order, keys that this version does not know as well; numbers
    /// of columns stay the same. Linear; memory for the largest chunk or table.
    ///
    /// # Errors
    /// When the input can't be read, is no snapshot, ends early, or has other totals than it says; and those of `out`. What else
    /// may be wrong with it, [`Snapshot::read`] will find in the copy.
    pub fn rewrite(input: impl Read, out: impl Write, columns: Columns) -> Result<Rewritten, RewriteError> {
        let input = decompressed(input).map_err(|error| {
            ReadError::new(ReadErrorKind::Unreadable, "byte 0", "to read the file", error.to_string())
        })?;
        let (is_pyheap, whole) = begins_as_pyheap(input);
        if is_pyheap {
            let expected = "a snapshot of heapgraph";
            return Err(ReadError::new(ReadErrorKind::OtherFormat, "byte 0", expected, "a dump of PyHeap").into());
        }
        let mut document = Splitter::new(whole);
        let mut rewriting =
            Rewriting { out: Output::new(out, columns), columns, was: None, totals: Rewritten::default() };
        rewriting.document(&mut document)?;
        rewriting.out.put(b"}\n");
        rewriting.out.flush()?;
        Ok(rewriting.totals)
    }
}

/// The state of one pass.
struct Rewriting<W: Write> {
    out: Output<W>,
    /// How columns are written.
    columns: Columns,
    /// How they may have been; `None` before the version was read.
    was: Option<Columns>,
    totals: Rewritten,
}

impl<W: Write> Rewriting<W> {
    fn document<R: Read>(&mut self, document: &mut Splitter<R>) -> Result<(), RewriteError> {
        if document.peek()?.is_none() {
            return Err(ReadError::new(ReadErrorKind::Empty, "byte 0", "a snapshot", "nothing").into());
        }
        document.expect(b'{')?;
        let (mut members, mut end) = (0_u64, None);
        loop {
            let place = document.place();
            let value = document.value()?;
            let (raw, key) = (value.bytes.to_vec(), parse::<Text>(value, "a key")?);
            document.expect(b':')?;
            self.out.put(match members {
                0 => b"{",
                1 => b",",
                _ => b",\n",
            });
            self.out.put(&raw);
            self.out.put(b":");
            match (&*key, self.was) {
                ("format", _) => {
                    format(document)?;
                    self.out.put(b"\"heapgraph-snapshot\"");
                }
                ("version", _) if members > 0 => {
                    self.was = Some(version(document)?);
                    self.out.put(self.columns.version().to_string().as_bytes());
                }
                (key, None) => {
                    let (kind, expected) = match members {
                        0 => (ReadErrorKind::OtherFormat, "\"format\": \"heapgraph-snapshot\" as the first key"),
                        _ => (ReadErrorKind::Damaged, "\"version\" before anything else"),
                    };
                    let found = format!("key \"{key}\"");
                    return Err(ReadError::new(kind, format!("byte {place}"), expected, found).into());
                }
                ("chunks", Some(was)) => self.chunks(document, was)?,
                (key, _) => {
                    let value = document.value()?;
                    self.out.put(value.bytes);
                    if key == "end" {
                        end = Some(parse::<EndRecord>(value, key)?);
                    }
                }
            }
            self.out.hand_on()?;
            members += 1;
            if !document.another(b'}')? {
                break;
            }
        }
        if let Some(byte) = document.peek()? {
            return Err(document.unexpected("the end of the file after the snapshot", Some(byte)).into());
        }
        self.check(end.as_ref())?;
        Ok(())
    }

    fn chunks<R: Read>(&mut self, document: &mut Splitter<R>, was: Columns) -> Result<(), RewriteError> {
        document.expect(b'[')?;
        self.out.put(b"[\n");
        if document.peek()? == Some(b']') {
            document.expect(b']')?;
        } else {
            for number in 0_u64.. {
                self.chunk(&document.value()?, number, was)?;
                if !document.another(b']')? {
                    break;
                }
                self.out.put(b",\n");
            }
        }
        self.out.put(b"\n]");
        Ok(())
    }

    fn chunk(&mut self, chunk: &Value<'_>, number: u64, was: Columns) -> Result<(), RewriteError> {
        let mut members = Splitter::at(chunk.bytes, chunk.offset);
        members.expect(b'{')?;
        self.out.put(b"{");
        let mut is_empty = members.peek()? == Some(b'}');
        if is_empty {
            members.expect(b'}')?;
        }
        while !is_empty {
            let value = members.value()?;
            self.out.put(value.bytes);
            let key = parse::<Text>(value, "a key")?;
            members.expect(b':')?;
            self.out.put(b":");
            let column = members.value()?;
            match columns::sign(&key) {
                None => self.out.put(column.bytes),
                Some(sign) => {
                    let length = self.column(&column, sign, number, &key, was)?;
                    match &*key {
                        "address" => self.totals.objects += length,
                        "referent" => self.totals.references += length,
                        _ => {}
                    }
                }
            }
            self.out.hand_on()?;
            is_empty = !members.another(b'}')?;
            if !is_empty {
                self.out.put(b",");
            }
        }
        self.out.put(b"}");
        Ok(())
    }

    /// Writes the numbers of one column; returns how many there are.
    fn column(
        &mut self,
        column: &Value<'_>,
        sign: Sign,
        chunk: u64,
        key: &str,
        was: Columns,
    ) -> Result<u64, RewriteError> {
        let entry = Cell::new(0);
        let failed = |error: serde_json::Error| {
            explain(&error, column, &format!("chunk {chunk}, column {key}, entry {}", entry.get()))
        };
        Ok(match sign {
            Sign::Signed => {
                let numbers = columns::read::<i64>(column.bytes, was, &entry).map_err(failed)?;
                self.out.column(numbers.iter().copied())?;
                numbers.len() as u64
            }
            Sign::Unsigned => {
                let numbers = columns::read::<u64>(column.bytes, was, &entry).map_err(failed)?;
                self.out.column(numbers.iter().copied())?;
                numbers.len() as u64
            }
        })
    }

    /// A file that lost a part is not worth a copy.
    fn check(&self, end: Option<&EndRecord>) -> Result<(), ReadError> {
        let Rewritten { objects, references } = self.totals;
        let Some(end) = end else {
            let found = format!("none after {objects} objects");
            return Err(ReadError::new(ReadErrorKind::CutOff, "the last key", "\"end\" with the totals", found));
        };
        for (name, said, read) in [("objects", end.objects, objects), ("references", end.references, references)] {
            if said != read {
                let place = format!("the totals (end, {name})");
                let expected = format!("{read}, as many as the file holds");
                return Err(ReadError::new(ReadErrorKind::Damaged, place, expected, said.to_string()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Wanted;
    use super::*;

    /// With keys and a column that nobody knows, white space, escapes, and a column that a version has added.
    const STRANGE: &str = r#" { "format" : "heapgraph\u002dsnapshot", "version": 1, "later": {"a": [1, "]"]},
        "address_base": 4096, "chunks": [ {"address": [0 , 64], "shape": [0,0], "later": [1.5, "x"], "size":[16,16],
        "refcount": [1,-1], "reference_count":[1,0], "referent" : [ -64 ], "t\u0065xt_of":[0], "text":["a\ud800"],
        "text_length":[2]}, {"address":[],"shape":[],"size":[],"refcount":[],"reference_count":[],"referent":[]} ],
        "types":[{"module":"m","name":"n"}], "shapes":[{"type":0,"slots":["set"]}], "roots":[], "threads":[],
        "end": {"objects":2,"references":1} } "#;

    fn rewritten(from: &str, columns: Columns) -> Result<String, RewriteError> {
        let mut out = Vec::new();
        Snapshot::rewrite(from.as_bytes(), &mut out, columns).map(|_| String::from_utf8(out).unwrap())
    }

    #[test]
    fn what_is_not_known_stays_as_it_is() {
        let packed = rewritten(STRANGE, Columns::Packed).unwrap();
        for kept in ["\"later\":{\"a\": [1, \"]\"]}", "\"later\":[1.5, \"x\"]", "\"t\\u0065xt_of\":\"", "\"a\\ud800\""]
        {
            assert!(packed.contains(kept), "{kept}: {packed}");
        }
        assert!(packed.contains(r#"{"address":"BgAC","shape":"AAAA","#), "{packed}");
        assert!(packed.contains(r#""referent":""}"#), "{packed}");
        let plain = rewritten(&packed, Columns::Plain).unwrap();
        assert_eq!(rewritten(&plain, Columns::Packed).unwrap(), packed);
        let mut answers = [STRANGE, &packed, &plain].map(|file| {
            let read = Snapshot::read(file.as_bytes(), Wanted::References).unwrap();
            let referents: Vec<u64> = read.objects.referent.iter().collect();
            format!("{:?} {referents:?} {:?} {:?} {:?}", read.objects.address, read.texts, read.tallies, read.end)
        });
        answers.sort();
        assert_eq!(answers[0], answers[2]);
    }

    #[test]
    fn what_is_damaged_is_refused_with_its_place() {
        for (from, to, place) in [
            ("\"heapgraph\\u002dsnapshot\"", "\"other\"", "format"),
            ("\"version\": 1", "\"version\": 3", "version"),
            ("\"version\": 1, \"later\"", "\"later\"", "byte"),
            ("[0 , 64]", "[0 , 6.4]", "chunk 0, column address, entry 1"),
            ("[0 , 64]", "\"AA==\"", "chunk 0, column address"),
            ("[16,16]", "[16,-1]", "chunk 0, column size, entry 1"),
            ("\"objects\":2", "\"objects\":3", "objects"),
            ("\"references\":1", "\"references\":0", "references"),
            ("\"end\"", "\"fin\"", "the last key"),
            ("\"threads\":[]", "\"threads\":[", "byte"),
        ] {
            let damaged = STRANGE.replacen(from, to, 1);
            assert_ne!(damaged, STRANGE, "{from}");
            let Err(RewriteError::Read(error)) = rewritten(&damaged, Columns::Packed) else { panic!("{to}: taken") };
            assert!(error.place.contains(place), "{to}: {error}");
        }
        for cut in 1..STRANGE.trim_end().len() {
            assert!(rewritten(&STRANGE[..cut], Columns::Packed).is_err(), "cut at {cut}");
        }
    }
}
