//! From the bytes of a file to a [`Snapshot`], in one pass.

use std::cell::RefCell;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::de::{Deserialize, DeserializeSeed};

use crate::{threads, units};

use super::columns::{Chunk, ChunkSeed, Standing};
use super::compressed::decompressed;
use super::finish::{Tallies, tables_of_allocations};
use super::split::{OwnValue, Splitter, Value};
use super::{AddressSet, Columns, ReadError, ReadErrorKind, Snapshot, Text, UNKNOWN_TRACEBACK, pyheap};

/// How much of the file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// What is needed to count: the tallies, and what is held outside the Python heap. Memory does not grow with the number
    /// of other objects, but for a bit or two each.
    Objects,
    /// Everything.
    References,
}

/// How much memory a heap may take.
#[derive(Debug, Clone, Default)]
pub struct Room {
    /// Bytes that may be taken; `None` for all.
    pub bytes: Option<u64>,
    /// How many bytes the whole input has, and how many of them have been read; `None` when it has no known end.
    pub progress: Option<(u64, Arc<AtomicU64>)>,
}

/// What a question takes for each object and for each reference while a heap is read, built and looked at.
const BYTES_PER_OBJECT: u64 = 60;
const BYTES_PER_REFERENCE: u64 = 12;
/// From so many objects on, or when a quarter is read, what has been read tells what is to come.
const TELLING: u64 = 100_000;

impl Room {
    /// What the whole heap will need when so much of it has been read; `None` when there is room for it, or that is not known yet.
    fn lacks(&self, objects: u64, references: u64) -> Option<(u64, u64)> {
        let room = self.bytes?;
        let so_far =
            objects.saturating_mul(BYTES_PER_OBJECT).saturating_add(references.saturating_mul(BYTES_PER_REFERENCE));
        let mut needed = so_far;
        if let Some((whole, read)) = &self.progress {
            let read = read.load(Ordering::Relaxed).min(*whole);
            if read > 0 && (objects >= TELLING || read >= whole / 4) {
                let all = u128::from(so_far) * u128::from(*whole) / u128::from(read);
                needed = u64::try_from(all).unwrap_or(u64::MAX);
            }
        }
        (needed > room).then_some((needed, room))
    }
}

impl Snapshot {
    /// Reads a snapshot, or a dump of PyHeap, plain or compressed (gzip, Zstandard), in one pass and in time linear in its length.
    ///
    /// Memory is proportional to what is read, whatever counts the file claims. Unknown keys are ignored; what is odd and
    /// harmless is counted in [`Snapshot::oddities`].
    ///
    /// # Errors
    /// [`ReadError`] names place, expected and found when the input can't be read or can't be trusted.
    pub fn read(input: impl Read, wanted: Wanted) -> Result<Snapshot, ReadError> {
        Snapshot::read_within(input, wanted, Room::default())
    }

    /// The same where memory may not be enough: as soon as it is clear that the heap won't fit, reading ends.
    ///
    /// # Errors
    /// Also [`ReadErrorKind::NoRoom`], with what the heap would need. A dump of PyHeap is read whole.
    pub fn read_within(input: impl Read, wanted: Wanted, room: Room) -> Result<Snapshot, ReadError> {
        let input = decompressed(input).map_err(|error| {
            ReadError::new(ReadErrorKind::Unreadable, "byte 0", "to read the file", error.to_string())
        })?;
        read_any(input, wanted, room)
    }
}

/// Reads a document of ours, or a dump of PyHeap.
fn read_any<R: Read>(input: R, wanted: Wanted, room: Room) -> Result<Snapshot, ReadError> {
    let (is_pyheap, whole) = begins_as_pyheap(input);
    if is_pyheap { pyheap::read(whole, wanted) } else { read_document(whole, wanted, room) }
}

/// Whether the input is a dump of PyHeap, and the whole input.
pub(super) fn begins_as_pyheap<R: Read>(mut input: R) -> (bool, impl Read) {
    let mut first = Vec::with_capacity(pyheap::MAGIC.len());
    // What can't be read, the document's own reader tells.
    let _ = input.by_ref().take(pyheap::MAGIC.len() as u64).read_to_end(&mut first);
    (first == pyheap::MAGIC, std::io::Cursor::new(first).chain(input))
}

fn read_document<R: Read>(input: R, wanted: Wanted, room: Room) -> Result<Snapshot, ReadError> {
    let mut document = Splitter::new(input);
    if document.peek()?.is_none() {
        return Err(ReadError::new(ReadErrorKind::Empty, "byte 0", "a snapshot", "nothing"));
    }
    let mut reading = Reading::new(wanted, room);
    document.expect(b'{')?;
    if document.peek()? != Some(b'}') {
        loop {
            let key: Text = parse(document.value()?, "a key")?;
            document.expect(b':')?;
            reading.member(&key, &mut document)?;
            if !document.another(b'}')? {
                break;
            }
        }
    } else {
        document.expect(b'}')?;
    }
    if let Some(byte) = document.peek()? {
        return Err(document.unexpected("the end of the file after the snapshot", Some(byte)));
    }
    reading.finish()
}

/// A chunk, as it is in the file and parsed.
#[derive(Default)]
struct Parsed {
    value: OwnValue,
    chunk: Chunk,
    /// Whether `chunk` is what the file has; else `serde_json` reads it, or says what is wrong.
    is_plain: bool,
}

/// Why there is no chunk.
enum Failed {
    /// Within it.
    Value(ReadError),
    /// In the list of chunks.
    List(ReadError),
}

/// The state of one pass over a file.
struct Reading {
    wanted: Wanted,
    room: Room,
    snapshot: Snapshot,
    members: u64,
    has_format: bool,
    /// Of what the version says that there may be; `None` before it.
    columns: Option<Columns>,
    has_end: bool,
    address_base: Option<u64>,
    chunks: u64,
    references: u64,
    texts: u64,
    objects: u64,
    seen: AddressSet,
    tallies: Tallies,
    allocation_tallies: Tallies,
    tracebacks: Vec<Vec<u32>>,
}

impl Reading {
    fn new(wanted: Wanted, room: Room) -> Self {
        Reading {
            wanted,
            room,
            snapshot: Snapshot::default(),
            members: 0,
            has_format: false,
            columns: None,
            has_end: false,
            address_base: None,
            chunks: 0,
            references: 0,
            texts: 0,
            objects: 0,
            seen: AddressSet::default(),
            tallies: Tallies::default(),
            allocation_tallies: Tallies::default(),
            tracebacks: Vec::new(),
        }
    }

    /// Reads the value of one top-level key.
    fn member<R: Read>(&mut self, key: &str, document: &mut Splitter<R>) -> Result<(), ReadError> {
        self.members += 1;
        let place = document.place();
        if key != "format" && !self.has_format {
            return Err(ReadError::new(
                ReadErrorKind::OtherFormat,
                format!("byte {place}"),
                "\"format\": \"heapgraph-snapshot\" as the first key",
                format!("key \"{key}\"{}", whose_key(key)),
            ));
        }
        let header = &mut self.snapshot.header;
        match key {
            "format" => {
                format(document)?;
                self.has_format = true;
            }
            "version" => {
                self.columns = Some(version(document)?);
            }
            _ if self.columns.is_none() => {
                let place = format!("byte {place}");
                let found = format!("key \"{key}\"");
                return Err(ReadError::new(ReadErrorKind::Damaged, place, "\"version\" before anything else", found));
            }
            "dumper" => header.dumper = parse(document.value()?, key)?,
            "process" => header.process = parse(document.value()?, key)?,
            "interpreter" => header.interpreter = parse(document.value()?, key)?,
            "platform" => header.platform = parse(document.value()?, key)?,
            "gc" => header.gc = parse(document.value()?, key)?,
            "options" => header.options = parse(document.value()?, key)?,
            "tracemalloc" => header.tracing = parse(document.value()?, key)?,
            "capture" => header.capture = parse(document.value()?, key)?,
            "address_base" => self.address_base = Some(parse(document.value()?, key)?),
            "own" => self.snapshot.own = parse(document.value()?, key)?,
            "chunks" => self.chunks(document)?,
            "types" => self.snapshot.types = parse(document.value()?, key)?,
            "shapes" => self.snapshot.shapes = parse(document.value()?, key)?,
            "roots" => self.snapshot.roots = parse(document.value()?, key)?,
            "threads" => self.snapshot.threads = parse(document.value()?, key)?,
            "files" => self.snapshot.allocations.files = parse_optional(document.value()?, key)?,
            "tracebacks" => self.tracebacks = parse_optional(document.value()?, key)?,
            "functions" => self.snapshot.allocations.functions = parse_optional(document.value()?, key)?,
            "end" => {
                self.snapshot.end = parse(document.value()?, key)?;
                self.has_end = true;
            }
            _ => document.skip_value()?,
        }
        Ok(())
    }

    fn chunks<R: Read>(&mut self, document: &mut Splitter<R>) -> Result<(), ReadError> {
        let Some(base) = self.address_base else {
            let place = format!("byte {}", document.place());
            return Err(ReadError::new(
                ReadErrorKind::Damaged,
                place,
                "\"address_base\" before the chunks",
                "the chunks",
            ));
        };
        document.expect(b'[')?;
        if document.peek()? == Some(b']') {
            return document.expect(b']');
        }
        let with_references = self.wanted == Wanted::References;
        let columns = self.columns.unwrap_or(Columns::Plain);
        // Buffers that are free.
        let spare: RefCell<Vec<Parsed>> = RefCell::default();
        let (mut is_first, mut has_ended) = (true, false);
        let next = || {
            if has_ended {
                return None;
            }
            let another = if std::mem::take(&mut is_first) { Ok(true) } else { document.another(b']') };
            let value = match another {
                Ok(true) => {
                    let Parsed { value, chunk, .. } = spare.borrow_mut().pop().unwrap_or_default();
                    let value = document.own_value(value).map_err(Failed::Value);
                    value.map(|value| Parsed { value, chunk, is_plain: false })
                }
                Ok(false) => {
                    has_ended = true;
                    return None;
                }
                Err(error) => Err(Failed::List(error)),
            };
            has_ended = value.is_err();
            Some(value)
        };
        let parse = |mut parsed: Result<Parsed, Failed>| {
            if let Ok(Parsed { value, chunk, is_plain }) = &mut parsed {
                *is_plain = chunk.read_plain(value.value().bytes, columns, with_references).is_some();
            }
            parsed
        };
        let take = |parsed: Result<Parsed, Failed>| {
            let mut parsed = match parsed {
                Ok(parsed) => parsed,
                Err(Failed::List(error)) => return Err(error),
                Err(Failed::Value(mut error)) => {
                    error.place.push_str(&format!(" (chunk {}, after {} objects)", self.chunks, self.objects));
                    return Err(error);
                }
            };
            self.chunk(&mut parsed, base)?;
            self.chunks += 1;
            spare.borrow_mut().push(parsed);
            Ok(())
        };
        threads::in_order(next, parse, take)
    }

    /// Adds a chunk to what was read.
    fn chunk(&mut self, parsed: &mut Parsed, base: u64) -> Result<(), ReadError> {
        let number = self.chunks;
        let with_references = self.wanted == Wanted::References;
        let Parsed { value, chunk, is_plain } = parsed;
        let value = value.value();
        let columns = self.columns.unwrap_or(Columns::Plain);
        if !*is_plain {
            let standing = Standing::default();
            let seed = ChunkSeed { chunk, standing: &standing, columns, with_references };
            let mut parser = serde_json::Deserializer::from_slice(value.bytes);
            seed.deserialize(&mut parser).and_then(|()| parser.end()).map_err(|error| {
                let column = match standing.column.get() {
                    "" => String::new(),
                    column => format!(", column {column}, entry {}", standing.entry.get()),
                };
                explain(&error, &value, &format!("chunk {number}{column}"))
            })?;
        }
        let damaged = |column: &str, expected: String, found: String| {
            let place = format!("byte {} (chunk {number}, {column})", value.offset);
            ReadError::new(ReadErrorKind::Damaged, place, expected, found)
        };
        let objects = chunk.address.len();
        for (name, length) in [
            ("shape", chunk.shape.len()),
            ("size", chunk.size.len()),
            ("refcount", chunk.refcount.len()),
            ("reference_count", chunk.reference_count.len()),
        ] {
            if length != objects {
                let expected = format!("{objects} entries as in column address");
                return Err(damaged(&format!("column {name}"), expected, length.to_string()));
            }
        }
        if !chunk.mark.is_empty() && chunk.mark.len() != objects {
            let expected = format!("{objects} entries as in column address, or none");
            return Err(damaged("column mark", expected, chunk.mark.len().to_string()));
        }
        if !chunk.allocated_at.is_empty() && chunk.allocated_at.len() != objects {
            let expected = format!("{objects} entries as in column address, or none");
            return Err(damaged("column allocated_at", expected, chunk.allocated_at.len().to_string()));
        }
        let references = chunk.reference_count.iter().map(|&count| u64::from(count)).sum::<u64>();
        if references != chunk.referents {
            let expected = format!("{references} entries, the sum of column reference_count");
            return Err(damaged("column referent", expected, chunk.referents.to_string()));
        }
        for (name, of, other, length) in [
            ("text", chunk.text_of.len(), "text_of", chunk.text.len()),
            ("text_length", chunk.text_of.len(), "text_of", chunk.text_length.len()),
            ("external_bytes", chunk.external_of.len(), "external_of", chunk.external_bytes.len()),
        ] {
            if length != of {
                let expected = format!("{of} entries as in column {other}");
                return Err(damaged(&format!("column {name}"), expected, length.to_string()));
            }
        }
        let out_of_range = |column: &str, entry: usize, relative: i64| {
            let found = format!("address_base {base} {relative:+}");
            damaged(&format!("column {column}, entry {entry}"), "an address from 0 to 2^64 - 1".into(), found)
        };
        let absolute = |column: &str, entry: usize, relative: i64| {
            base.checked_add_signed(relative).ok_or_else(|| out_of_range(column, entry, relative))
        };
        let check = |column: &str, relative: &[i64]| {
            let is_outside = |&relative: &i64| base.checked_add_signed(relative).is_none();
            match relative.iter().position(is_outside) {
                Some(entry) => Err(out_of_range(column, entry, relative[entry])),
                None => Ok(()),
            }
        };
        self.objects += objects as u64;
        self.references += references;
        if self.objects >= u64::from(u32::MAX) || self.references >= u64::from(u32::MAX) {
            let place = format!("byte {} (chunk {number})", value.offset);
            let found = format!("{} objects with {} references", self.objects, self.references);
            return Err(ReadError::new(ReadErrorKind::TooLarge, place, "a smaller heap", found));
        }
        if with_references && let Some((needed, room)) = self.room.lacks(self.objects, self.references) {
            let place = format!("byte {} (chunk {number})", value.offset);
            let expected = format!("a heap for which the {} of free memory are enough", units::bytes(room));
            let found = format!("one that needs about {}", units::bytes(needed));
            return Err(ReadError::new(ReadErrorKind::NoRoom, place, expected, found));
        }

        let out = &mut self.snapshot.objects;
        if !chunk.mark.is_empty() {
            // Nothing is known of objects of earlier chunks that had no such column.
            out.mark.resize(out.address.len(), 0);
            out.mark.extend_from_slice(&chunk.mark);
        }
        // Empty when the chunk knows of none of its objects.
        let mut tracebacks = Vec::with_capacity(chunk.allocated_at.len());
        for (index, &number) in chunk.allocated_at.iter().enumerate() {
            tracebacks.push(match (number, u32::try_from(number)) {
                (-1, _) => UNKNOWN_TRACEBACK,
                (_, Ok(known)) if known != UNKNOWN_TRACEBACK => known,
                _ => {
                    let place = format!("column allocated_at, entry {index}");
                    return Err(damaged(&place, "an index into tracebacks, or -1".into(), number.to_string()));
                }
            });
        }
        check("address", &chunk.address)?;
        if with_references {
            check("referent", &chunk.referent)?;
            for (shape, size) in chunk.shape.iter().zip(&chunk.size) {
                self.tallies.add(*shape, *size);
            }
            if !tracebacks.is_empty() {
                out.allocated_at.resize(out.address.len(), UNKNOWN_TRACEBACK);
                out.allocated_at.extend_from_slice(&tracebacks);
                for (&traceback, &size) in tracebacks.iter().zip(&chunk.size) {
                    if traceback != UNKNOWN_TRACEBACK {
                        self.allocation_tallies.add(traceback, size);
                    }
                }
            }
            out.address.extend(chunk.address.iter().map(|&relative| base.wrapping_add_signed(relative)));
            out.shape.extend_from_slice(&chunk.shape);
            chunk.size.iter().for_each(|&size| out.size.push(size));
            for (index, &count) in chunk.refcount.iter().enumerate() {
                if !out.refcount.push(count) {
                    let place = format!("column refcount, entry {index}");
                    return Err(damaged(&place, "a count from -2 to 2^63 - 3".into(), count.to_string()));
                }
            }
            out.reference_count.extend_from_slice(&chunk.reference_count);
            out.referent.extend(chunk.referent.iter().map(|&relative| base.wrapping_add_signed(relative)));
        } else {
            // The graph finds duplicates when it numbers the objects; a census has to look out for them itself.
            for (index, ((&relative, &shape), &size)) in
                chunk.address.iter().zip(&chunk.shape).zip(&chunk.size).enumerate()
            {
                if self.seen.insert(base.wrapping_add_signed(relative)) {
                    self.tallies.add(shape, size);
                    if let Some(&traceback) = tracebacks.get(index).filter(|traceback| **traceback != UNKNOWN_TRACEBACK)
                    {
                        self.allocation_tallies.add(traceback, size);
                    }
                } else {
                    self.snapshot.oddities.duplicate_objects += 1;
                }
            }
        }
        self.texts += chunk.text_of.len() as u64;
        for (index, text) in chunk.text.iter().enumerate() {
            let address = absolute("text_of", index, chunk.text_of[index])?;
            self.snapshot.texts.push(address, text, chunk.text_length[index]);
        }
        for (index, &bytes) in chunk.external_bytes.iter().enumerate() {
            let address = absolute("external_of", index, chunk.external_of[index])?;
            self.snapshot.external.push((address, bytes));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Snapshot, ReadError> {
        if !self.has_format {
            let found = if self.members == 0 { "an empty object" } else { "another document" };
            let expected = "\"format\": \"heapgraph-snapshot\" as the first key";
            return Err(ReadError::new(ReadErrorKind::OtherFormat, "byte 0", expected, found));
        }
        if !self.has_end {
            let found = format!("none after {} objects", self.objects);
            return Err(ReadError::new(ReadErrorKind::CutOff, "the last key", "\"end\" with the totals", found));
        }
        let base = self.address_base.unwrap_or(0);
        let texts = (self.wanted == Wanted::References).then_some(self.texts);
        self.snapshot.check_totals(self.objects, self.references, texts)?;
        self.snapshot.check_tables()?;
        self.snapshot.tallies = self.tallies.of_table("shape", self.snapshot.shapes.len())?;
        tables_of_allocations(&mut self.snapshot.allocations, self.tracebacks)?;
        let tracebacks = self.snapshot.allocations.len();
        self.snapshot.allocation_tallies = self.allocation_tallies.of_table("allocated_at", tracebacks)?;
        if !self.snapshot.objects.allocated_at.is_empty() {
            self.snapshot.objects.allocated_at.resize(self.snapshot.objects.address.len(), UNKNOWN_TRACEBACK);
        }
        self.snapshot.resolve_addresses(base)?;
        self.snapshot.count_misfits();
        Ok(self.snapshot)
    }
}

/// Reads the value of the key `format`.
pub(super) fn format<R: Read>(document: &mut Splitter<R>) -> Result<(), ReadError> {
    let value = document.value()?;
    let place = format!("byte {} (format)", value.offset);
    let format: Text = parse(value, "format")?;
    if &*format != "heapgraph-snapshot" {
        let found = format!("\"{}\"", &*format);
        return Err(ReadError::new(ReadErrorKind::OtherFormat, place, "\"heapgraph-snapshot\"", found));
    }
    Ok(())
}

/// Reads the value of the key `version`.
pub(super) fn version<R: Read>(document: &mut Splitter<R>) -> Result<Columns, ReadError> {
    let value = document.value()?;
    let found = String::from_utf8_lossy(value.bytes).into_owned();
    let place = format!("byte {} (version)", value.offset);
    let known = parse::<u64>(value, "version").ok();
    let columns = [Columns::Plain, Columns::Packed].into_iter().find(|columns| known == Some(columns.version()));
    columns.ok_or_else(|| {
        let found = if found.len() > 40 { "something else".to_owned() } else { found };
        ReadError::new(ReadErrorKind::OtherVersion, place, "version 1 or 2", found)
    })
}

/// Says whose file it is when a first key gives it away.
fn whose_key(key: &str) -> &'static str {
    match key {
        "snapshot" => " (a V8 .heapsnapshot starts like this)",
        "objects" | "classes" | "threads" => " (a dump of another tool?)",
        _ => "",
    }
}

/// Parses a value with `serde_json`; the error gets the place in the file.
pub(super) fn parse<'b, T: Deserialize<'b>>(value: Value<'b>, what: &str) -> Result<T, ReadError> {
    serde_json::from_slice(value.bytes).map_err(|error| explain(&error, &value, what))
}

/// The same of a member that may be `null`.
fn parse_optional<'b, T: Deserialize<'b> + Default>(value: Value<'b>, what: &str) -> Result<T, ReadError> {
    Ok(parse::<Option<T>>(value, what)?.unwrap_or_default())
}

/// Turns `serde_json`'s message, "found, expected … at line L column C", into place, expected and found.
pub(super) fn explain(error: &serde_json::Error, value: &Value<'_>, what: &str) -> ReadError {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let line_start = match error.line() {
        0 | 1 => 0,
        line => {
            value.bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(line - 2).map_or(0, |(at, _)| at + 1)
        }
    };
    let byte = value.offset + line_start as u64 + error.column().saturating_sub(1) as u64;
    let place = format!("byte {byte} ({what})");
    let cleaned = |text: &str| {
        let text =
            ["invalid type: ", "invalid value: ", "invalid length "].iter().find_map(|start| text.strip_prefix(start));
        text.map(str::to_owned)
    };
    match message.split_once(", expected ") {
        Some((found, expected)) if error.is_data() => {
            let found = cleaned(found).unwrap_or_else(|| found.to_owned());
            ReadError::new(ReadErrorKind::Damaged, place, expected, found)
        }
        _ if error.is_data() => ReadError::new(ReadErrorKind::Damaged, place, "what FORMAT.md says", message),
        _ if message == "number out of range" => {
            ReadError::new(ReadErrorKind::Damaged, place, "a number that fits 64 bits", message)
        }
        _ => ReadError::new(ReadErrorKind::NotJson, place, "valid JSON", message),
    }
}
