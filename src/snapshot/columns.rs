//! One chunk of objects: columns of numbers, parsed into buffers that are used again for the next chunk.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::integers::{Integer, Walk};
use super::packed::{self, Fault};
use super::{Columns, Text};

/// The columns of one chunk, addresses still relative.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub address: Vec<i64>,
    pub shape: Vec<u32>,
    pub size: Vec<u64>,
    pub refcount: Vec<i64>,
    pub reference_count: Vec<u32>,
    /// Empty when only objects are wanted; [`Chunk::referents`] counts them all the same.
    pub referent: Vec<i64>,
    pub referents: u64,
    pub text_of: Vec<i64>,
    pub text: Vec<Text>,
    pub text_length: Vec<u64>,
    pub external_of: Vec<i64>,
    pub external_bytes: Vec<u64>,
    /// Empty, or one entry per object.
    pub mark: Vec<u8>,
    /// One entry per object, or none at all.
    pub allocated_at: Vec<i64>,
}

impl Chunk {
    /// Parses a chunk as our writers do it: nothing but known columns, each once, packed where they may be, or of integers without
    /// white space. `None` for any other: [`ChunkSeed`] reads it, or says what is wrong.
    pub fn read_plain(&mut self, text: &[u8], columns: Columns, with_references: bool) -> Option<()> {
        self.clear();
        let mut walk = Walk::new(text);
        let mut seen: Vec<&'static str> = Vec::with_capacity(COLUMNS.len());
        walk.take(b'{')?;
        loop {
            let key = walk.key()?;
            let name = COLUMNS.iter().find(|name| name.as_bytes() == key).filter(|name| !seen.contains(name))?;
            seen.push(name);
            match *name {
                "address" => integers(&mut walk, columns, &mut self.address)?,
                "shape" => integers(&mut walk, columns, &mut self.shape)?,
                "size" => integers(&mut walk, columns, &mut self.size)?,
                "refcount" => integers(&mut walk, columns, &mut self.refcount)?,
                "reference_count" => integers(&mut walk, columns, &mut self.reference_count)?,
                "referent" if with_references => {
                    integers(&mut walk, columns, &mut self.referent)?;
                    self.referents = self.referent.len() as u64;
                }
                "referent" => {
                    self.referents = match packed_text(&mut walk, columns) {
                        Some(text) => packed::count(text).ok()?,
                        None => walk.count()?,
                    }
                }
                "text_of" | "text" | "text_length" | "mark" if !with_references => {
                    serde_json::from_slice::<IgnoredAny>(walk.value()?).ok()?;
                }
                "text_of" => integers(&mut walk, columns, &mut self.text_of)?,
                "text" => self.text = serde_json::from_slice(walk.value()?).ok()?,
                "text_length" => integers(&mut walk, columns, &mut self.text_length)?,
                "external_of" => integers(&mut walk, columns, &mut self.external_of)?,
                "external_bytes" => integers(&mut walk, columns, &mut self.external_bytes)?,
                "mark" => integers(&mut walk, columns, &mut self.mark)?,
                "allocated_at" => integers(&mut walk, columns, &mut self.allocated_at)?,
                _ => return None,
            }
            if walk.take(b',').is_none() {
                break;
            }
        }
        walk.take(b'}')?;
        (walk.is_at_end() && REQUIRED.iter().all(|name| seen.contains(name))).then_some(())
    }

    fn clear(&mut self) {
        self.address.clear();
        self.shape.clear();
        self.size.clear();
        self.refcount.clear();
        self.reference_count.clear();
        self.referent.clear();
        self.referents = 0;
        self.text_of.clear();
        self.text.clear();
        self.text_length.clear();
        self.external_of.clear();
        self.external_bytes.clear();
        self.mark.clear();
        self.allocated_at.clear();
    }
}

/// A column of integers, appended to `out`.
fn integers<T: Integer>(walk: &mut Walk<'_>, columns: Columns, out: &mut Vec<T>) -> Option<()> {
    match packed_text(walk, columns) {
        Some(text) => packed::unpack(text, out).ok(),
        None => walk.integers(out),
    }
}

/// The text of a packed column, when that is what comes next.
fn packed_text<'b>(walk: &mut Walk<'b>, columns: Columns) -> Option<&'b [u8]> {
    if columns == Columns::Packed { walk.plain_text() } else { None }
}

/// Where the parser stands inside a chunk, for the message when it fails.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub column: Cell<&'static str>,
    pub entry: Cell<u64>,
}

/// Parses one chunk object into `chunk`.
pub(super) struct ChunkSeed<'c> {
    pub chunk: &'c mut Chunk,
    pub standing: &'c Standing,
    /// Whether columns may be packed.
    pub columns: Columns,
    pub with_references: bool,
}

impl<'de> DeserializeSeed<'de> for ChunkSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.chunk.clear();
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ChunkSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a chunk of objects, {\"address\": […], …}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let ChunkSeed { chunk, standing, columns, with_references } = self;
        let mut seen: Vec<&'static str> = Vec::with_capacity(COLUMNS.len());
        while let Some(key) = map.next_key::<Text>()? {
            let Some(&name) = COLUMNS.iter().find(|name| **name == &*key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.contains(&name) {
                return Err(de::Error::custom(format!(
                    "invalid value: column {name} twice, expected each column once"
                )));
            }
            seen.push(name);
            standing.column.set(name);
            standing.entry.set(0);
            macro_rules! into {
                ($column:ident, $what:literal) => {
                    map.next_value_seed(Column {
                        out: &mut chunk.$column,
                        entry: &standing.entry,
                        what: $what,
                        unpack: (columns == Columns::Packed).then_some(packed::unpack),
                    })?
                };
                (perhaps $column:ident, $what:literal) => {
                    map.next_value_seed(Perhaps(Column {
                        out: &mut chunk.$column,
                        entry: &standing.entry,
                        what: $what,
                        unpack: (columns == Columns::Packed).then_some(packed::unpack),
                    }))?
                };
            }
            match name {
                "address" => into!(address, "an address (an integer relative to address_base)"),
                "shape" => into!(shape, "an index into shapes"),
                "size" => into!(size, "a size in bytes"),
                "refcount" => into!(refcount, "a reference count"),
                "reference_count" => into!(reference_count, "a number of references"),
                "referent" if with_references => {
                    into!(referent, "an address (an integer relative to address_base)");
                    chunk.referents = chunk.referent.len() as u64;
                }
                "referent" => chunk.referents = map.next_value_seed(Counted { entry: &standing.entry, columns })?,
                // Texts are most of the heap's words; a census does without them.
                "text_of" | "text" | "text_length" | "mark" if !with_references => {
                    map.next_value::<IgnoredAny>()?;
                }
                "text_of" => into!(perhaps text_of, "an address (an integer relative to address_base)"),
                "text" => map.next_value_seed(Perhaps(Column {
                    out: &mut chunk.text,
                    entry: &standing.entry,
                    what: "a text",
                    unpack: None,
                }))?,
                "text_length" => into!(perhaps text_length, "a length in characters"),
                "external_of" => into!(perhaps external_of, "an address (an integer relative to address_base)"),
                "mark" => into!(perhaps mark, "what marks tell of an object (a number from 0 to 255)"),
                "external_bytes" => into!(perhaps external_bytes, "a size in bytes"),
                "allocated_at" => into!(perhaps allocated_at, "an index into tracebacks, or -1"),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        standing.column.set("");
        match REQUIRED.iter().find(|name| !seen.contains(name)) {
            Some(missing) => Err(de::Error::custom(format!(
                "invalid value: a chunk without column {missing}, expected columns {}",
                REQUIRED.join(", ")
            ))),
            None => Ok(()),
        }
    }
}

/// Whether numbers of a column may be below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Signed,
    Unsigned,
}

/// Of a column of integers; `None` of any other, and of one that is not known.
pub(super) fn sign(name: &str) -> Option<Sign> {
    match name {
        "address" | "refcount" | "referent" | "text_of" | "external_of" | "allocated_at" => Some(Sign::Signed),
        "shape" | "size" | "reference_count" | "text_length" | "external_bytes" | "mark" => Some(Sign::Unsigned),
        _ => None,
    }
}

/// Parses one column alone, whatever it says. `entry` is set to the one that fails.
pub(super) fn read<'b, T: Integer + de::Deserialize<'b>>(
    text: &'b [u8],
    columns: Columns,
    entry: &Cell<u64>,
) -> serde_json::Result<Vec<T>> {
    let mut out = Vec::new();
    let mut walk = Walk::new(text);
    if integers(&mut walk, columns, &mut out).is_some() && walk.is_at_end() {
        return Ok(out);
    }
    out.clear();
    let unpack = (columns == Columns::Packed).then_some(packed::unpack as Unpack<T>);
    let seed = Column { out: &mut out, entry, what: "an integer", unpack };
    let mut parser = serde_json::Deserializer::from_slice(text);
    seed.deserialize(&mut parser)?;
    parser.end()?;
    Ok(out)
}

const COLUMNS: [&str; 13] = [
    "address",
    "shape",
    "size",
    "refcount",
    "reference_count",
    "referent",
    "text_of",
    "text",
    "text_length",
    "external_of",
    "external_bytes",
    "mark",
    "allocated_at",
];
pub(super) const REQUIRED: &[&str] = COLUMNS.split_at(6).0;

/// Appends the numbers of a packed column.
type Unpack<T> = fn(&[u8], &mut Vec<T>) -> Result<(), Fault>;

/// Parses an array into `out`, or a packed column, counting the entries for the message when one fails.
struct Column<'c, T> {
    out: &'c mut Vec<T>,
    entry: &'c Cell<u64>,
    what: &'static str,
    /// `None` where the column must be an array.
    unpack: Option<Unpack<T>>,
}

impl<'de, T: de::Deserialize<'de>> DeserializeSeed<'de> for Column<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.unpack {
            Some(_) => deserializer.deserialize_any(self),
            None => deserializer.deserialize_seq(self),
        }
    }
}

impl<'de, T: de::Deserialize<'de>> Visitor<'de> for Column<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let list = if self.unpack.is_some() { "a list or a packed column" } else { "a list" };
        write!(f, "{list}, each entry {}", self.what)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        // No capacity is taken from the file's word: the vector grows with what is really there.
        loop {
            match list.next_element() {
                Ok(Some(entry)) => self.out.push(entry),
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.entry.set(self.out.len() as u64);
                    return Err(error);
                }
            }
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        let Some(unpack) = self.unpack else { return Err(E::invalid_type(de::Unexpected::Str(text), &self)) };
        unpack(text.as_bytes(), self.out).map_err(|fault| {
            self.entry.set(self.out.len() as u64);
            match fault {
                Fault::OutOfRange(_) => told(fault.words().1, self.what),
                fault => of_fault(fault),
            }
        })
    }
}

/// A column that need not be there: `null` says as much as nothing.
struct Perhaps<S>(S);

impl<'de, S: DeserializeSeed<'de, Value = ()>> DeserializeSeed<'de> for Perhaps<S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> Visitor<'de> for Perhaps<S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a column or null")
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, column: D) -> Result<(), D::Error> {
        self.0.deserialize(column)
    }
}

/// Counts the integers of a column without keeping them.
struct Counted<'c> {
    entry: &'c Cell<u64>,
    columns: Columns,
}

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        match self.columns {
            Columns::Packed => deserializer.deserialize_any(self),
            Columns::Plain => deserializer.deserialize_seq(self),
        }
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(if self.columns == Columns::Packed {
            "a list of addresses, or a packed column"
        } else {
            "a list of addresses"
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<u64, A::Error> {
        let mut count = 0;
        loop {
            match list.next_element::<i64>() {
                Ok(Some(_)) => count += 1,
                Ok(None) => return Ok(count),
                Err(error) => {
                    self.entry.set(count);
                    return Err(error);
                }
            }
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
        match self.columns {
            Columns::Packed => packed::count(text.as_bytes()).map_err(of_fault),
            Columns::Plain => Err(E::invalid_type(de::Unexpected::Str(text), &self)),
        }
    }
}

fn of_fault<E: de::Error>(fault: Fault) -> E {
    let (expected, found) = fault.words();
    told(found, &expected)
}

fn told<E: de::Error>(found: String, expected: &str) -> E {
    E::custom(format!("invalid value: {found}, expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two ways know the same columns, packed or not: what one alone knew would be slow, or be taken for another column.
    #[test]
    fn a_chunk_with_every_column_is_read_alike_both_ways() {
        let entry = |number: usize, name: &str, columns: Columns| match (name, columns) {
            ("text", _) => format!("\"{name}\":[\"{number}\"]"),
            (_, Columns::Plain) => format!("\"{name}\":[{number}]"),
            (_, Columns::Packed) => {
                let mut text = Vec::new();
                assert!(packed::pack([number as u64].into_iter(), &mut Vec::new(), &mut text));
                format!("\"{name}\":{}", String::from_utf8(text).unwrap())
            }
        };
        let mut found = Vec::new();
        for columns in [Columns::Plain, Columns::Packed] {
            let entries: Vec<String> =
                COLUMNS.iter().zip(1..).map(|(name, number)| entry(number, name, columns)).collect();
            let text = format!("{{{}}}", entries.join(","));
            for with_references in [true, false] {
                let (mut by_hand, mut by_seed) = (Chunk::default(), Chunk::default());
                by_hand.read_plain(text.as_bytes(), columns, with_references).expect("plain");
                let standing = Standing::default();
                let seed = ChunkSeed { chunk: &mut by_seed, standing: &standing, columns, with_references };
                seed.deserialize(&mut serde_json::Deserializer::from_str(&text)).unwrap();
                assert_eq!(format!("{by_hand:?}"), format!("{by_seed:?}"));
                // Each has its own number.
                assert_eq!((&by_hand.external_bytes, &by_hand.allocated_at), (&vec![11], &vec![13]));
                found.push(format!("{by_hand:?}"));
            }
        }
        assert_eq!(found[..2], found[2..], "packed or not");
        assert!(COLUMNS.iter().all(|name| sign(name).is_some() == (*name != "text")));
    }

    #[test]
    fn null_is_a_column_that_is_not_there() {
        for name in COLUMNS {
            let of = |what: &str| {
                let others = COLUMNS.iter().filter(|other| **other != name).map(|other| format!("\"{other}\":[]"));
                format!("{{{}{what}}}", others.collect::<Vec<_>>().join(","))
            };
            for columns in [Columns::Plain, Columns::Packed] {
                let read = |text: String| {
                    let (mut chunk, standing) = (Chunk::default(), Standing::default());
                    let seed = ChunkSeed { chunk: &mut chunk, standing: &standing, columns, with_references: true };
                    let done = seed.deserialize(&mut serde_json::Deserializer::from_str(&text));
                    done.map(|()| format!("{chunk:?}"))
                };
                let found = read(of(&format!(",\"{name}\":null")));
                match REQUIRED.contains(&name) {
                    true => assert!(found.is_err(), "{name}"),
                    false => assert_eq!(found.unwrap(), read(of("")).unwrap(), "{name}"),
                }
            }
        }
    }

    /// A column may be a list in a file whose others are packed, and a text may be written with escapes.
    #[test]
    fn packed_columns_and_lists_stand_side_by_side() {
        let text = r#"{"address":[64,128],"shape":"AAIC","size":[48,49],"refcount":"AAMC","reference_count":[0,0],"referent":""}"#;
        let mut chunk = Chunk::default();
        chunk.read_plain(text.as_bytes(), Columns::Packed, true).expect("plain");
        assert_eq!((&chunk.shape, &chunk.refcount, chunk.referents), (&vec![1, 2], &vec![-2, -1], 0));
        assert!(chunk.read_plain(text.as_bytes(), Columns::Plain, true).is_none());
        let escaped = text.replace("AAMC", "\\u0041AMC");
        assert!(chunk.read_plain(escaped.as_bytes(), Columns::Packed, true).is_none());
        let standing = Standing::default();
        let seed =
            ChunkSeed { chunk: &mut chunk, standing: &standing, columns: Columns::Packed, with_references: true };
        seed.deserialize(&mut serde_json::Deserializer::from_str(&escaped)).unwrap();
        assert_eq!(chunk.refcount, [-2, -1]);
    }
}
