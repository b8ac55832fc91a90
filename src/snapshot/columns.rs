//! One chunk of objects: columns of numbers, parsed into buffers that are used again for the next chunk.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Text;
use super::integers::Walk;

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
    /// Parses a chunk as the dumper writes it: nothing but known columns, each once, of integers without white space. `None` for
    /// any other: [`ChunkSeed`] reads it, or says what is wrong.
    pub fn read_plain(&mut self, text: &[u8], with_references: bool) -> Option<()> {
        self.clear();
        let mut walk = Walk::new(text);
        let mut seen: Vec<&'static str> = Vec::with_capacity(COLUMNS.len());
        walk.take(b'{')?;
        loop {
            let key = walk.key()?;
            let name = COLUMNS.iter().find(|name| name.as_bytes() == key).filter(|name| !seen.contains(name))?;
            seen.push(name);
            match *name {
                "address" => walk.integers(&mut self.address)?,
                "shape" => walk.integers(&mut self.shape)?,
                "size" => walk.integers(&mut self.size)?,
                "refcount" => walk.integers(&mut self.refcount)?,
                "reference_count" => walk.integers(&mut self.reference_count)?,
                "referent" if with_references => {
                    walk.integers(&mut self.referent)?;
                    self.referents = self.referent.len() as u64;
                }
                "referent" => self.referents = walk.count()?,
                "text_of" | "text" | "text_length" | "mark" if !with_references => {
                    serde_json::from_slice::<IgnoredAny>(walk.value()?).ok()?;
                }
                "text_of" => walk.integers(&mut self.text_of)?,
                "text" => self.text = serde_json::from_slice(walk.value()?).ok()?,
                "text_length" => walk.integers(&mut self.text_length)?,
                "external_of" => walk.integers(&mut self.external_of)?,
                "external_bytes" => walk.integers(&mut self.external_bytes)?,
                "mark" => walk.integers(&mut self.mark)?,
                "allocated_at" => walk.integers(&mut self.allocated_at)?,
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
        let ChunkSeed { chunk, standing, with_references } = self;
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
                    map.next_value_seed(Column { out: &mut chunk.$column, entry: &standing.entry, what: $what })?
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
                "referent" => chunk.referents = map.next_value_seed(Counted { entry: &standing.entry })?,
                // Texts are most of the heap's words; a census does without them.
                "text_of" | "text" | "text_length" | "mark" if !with_references => {
                    map.next_value::<IgnoredAny>()?;
                }
                "text_of" => into!(text_of, "an address (an integer relative to address_base)"),
                "text" => into!(text, "a text"),
                "text_length" => into!(text_length, "a length in characters"),
                "external_of" => into!(external_of, "an address (an integer relative to address_base)"),
                "mark" => into!(mark, "what marks tell of an object (a number from 0 to 255)"),
                "external_bytes" => into!(external_bytes, "a size in bytes"),
                "allocated_at" => into!(allocated_at, "an index into tracebacks, or -1"),
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
const REQUIRED: &[&str] = COLUMNS.split_at(6).0;

/// Parses an array into `out`, counting the entries for the message when one fails.
struct Column<'c, T> {
    out: &'c mut Vec<T>,
    entry: &'c Cell<u64>,
    what: &'static str,
}

impl<'de, T: de::Deserialize<'de>> DeserializeSeed<'de> for Column<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: de::Deserialize<'de>> Visitor<'de> for Column<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "a list, each entry {}", self.what)
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
}

/// Counts the integers of an array without keeping them.
struct Counted<'c> {
    entry: &'c Cell<u64>,
}

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of addresses")
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
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two ways know the same columns: what one alone knew would be slow, or be taken for another column.
    #[test]
    fn a_chunk_with_every_column_is_read_alike_both_ways() {
        let entry = |number: usize, name: &str| match name {
            "text" => format!("\"{name}\":[\"{number}\"]"),
            _ => format!("\"{name}\":[{number}]"),
        };
        let columns: Vec<String> = COLUMNS.iter().zip(1..).map(|(name, number)| entry(number, name)).collect();
        let text = format!("{{{}}}", columns.join(","));
        for with_references in [true, false] {
            let (mut by_hand, mut by_seed) = (Chunk::default(), Chunk::default());
            by_hand.read_plain(text.as_bytes(), with_references).expect("plain");
            let standing = Standing::default();
            let seed = ChunkSeed { chunk: &mut by_seed, standing: &standing, with_references };
            seed.deserialize(&mut serde_json::Deserializer::from_str(&text)).unwrap();
            assert_eq!(format!("{by_hand:?}"), format!("{by_seed:?}"));
            // Each has its own number.
            assert_eq!((&by_hand.external_bytes, &by_hand.allocated_at), (&vec![11], &vec![13]));
        }
    }
}
