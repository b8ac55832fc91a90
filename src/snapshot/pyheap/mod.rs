//! Dumps of PyHeap (`.pyheap`, format 1, which PyHeap 0.1 to 0.7 write) as snapshots.
//!
//! The format has objects with types, sizes and referents, contents of dictionaries, lists, tuples and sets, attributes by name, threads
//! with their variables, and perhaps what `str` made of each object. It has no reference counts, no roots but the variables, and most
//! slots without a name. What can be known for certain is read from it: an attribute whose value is among the referents is that
//! slot; the dictionary in which the most modules are is `sys.modules`; a class with a `__module__` of its own was made by the
//! program. All else stays unknown.

mod input;
mod places;
mod shapes;
mod texts;

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::time::Duration;

use super::finish::Tallies;
use super::{
    AddressSet, Frame, Local, ReadError, ReadErrorKind, Snapshot, Text, Thread, TypeRecord, Wanted, WireAddress,
};
use input::Input;
use shapes::{Rest, Shapes, Slots};
use texts::{Told, split_class, told};

/// What a file begins and ends with.
pub(super) const MAGIC: [u8; 8] = 123_000_321_u64.to_be_bytes();
/// `str` of each object is in the file.
const WITH_TEXTS: u64 = 1;
/// Of an object with so many referents without a container, names are looked up by a table.
const MANY: usize = 32;

/// Reads a file whose first bytes are [`MAGIC`]. In one pass, and a second one over the rows that were read; memory is
/// proportional to what is read, whatever counts the file claims.
pub(super) fn read<R: Read>(bytes: R, wanted: Wanted) -> Result<Snapshot, ReadError> {
    let mut reading = Reading::new(Input::new(bytes), wanted);
    reading.header()?;
    reading.threads()?;
    reading.common_types()?;
    reading.objects()?;
    let names = reading.type_names()?;
    let place = reading.input.place();
    if reading.input.u64("the mark at its end")?.to_be_bytes() != MAGIC || !reading.input.is_at_end()? {
        let place = format!("byte {place} (the end)");
        let expected = "the mark of .pyheap files and the end of the file";
        return Err(ReadError::new(ReadErrorKind::Damaged, place, expected, "something else"));
    }
    reading.finish(&names)
}

/// The state of one pass over a file.
struct Reading<R> {
    input: Input<R>,
    wanted: Wanted,
    snapshot: Snapshot,
    has_texts: bool,
    /// Addresses of the types that the header names.
    known: HashMap<String, u64>,
    /// Attribute names that the file writes as numbers.
    frequent: Vec<u32>,
    /// Types whose objects have no attributes written.
    common: HashSet<u64>,
    shapes: Shapes,
    type_indices: HashMap<u64, u32>,
    types: Vec<u64>,
    /// Of classes their full names, and what their `__module__` is.
    classes: HashMap<u64, String>,
    modules_of_classes: HashMap<u64, u64>,
    /// Modules: address, name, file.
    modules: Vec<(u64, String, Option<String>)>,
    /// The longest text that `str` made, in characters: that long, a text may have been shortened.
    longest: u64,
    tallies: Tallies,
    seen: AddressSet,
    objects: u64,
    references: u64,
}

/// An object while it is read.
#[derive(Default)]
struct Row {
    content: Vec<u64>,
    /// Referents that are not in `content`, and the attribute that each is.
    others: Vec<(u64, Option<u32>)>,
    places: HashMap<u64, usize>,
}

impl<R: Read> Reading<R> {
    fn new(input: Input<R>, wanted: Wanted) -> Self {
        Reading {
            input,
            wanted,
            snapshot: Snapshot::default(),
            has_texts: false,
            known: HashMap::new(),
            frequent: Vec::new(),
            common: HashSet::new(),
            shapes: Shapes::default(),
            type_indices: HashMap::new(),
            types: Vec::new(),
            classes: HashMap::new(),
            modules_of_classes: HashMap::new(),
            modules: Vec::new(),
            longest: 0,
            tallies: Tallies::default(),
            seen: AddressSet::default(),
            objects: 0,
            references: 0,
        }
    }

    fn header(&mut self) -> Result<(), ReadError> {
        let input = &mut self.input;
        input.u64("the mark at its beginning")?;
        let version = input.u32("version")?;
        if version != 1 {
            let place = "byte 8 (version)";
            let found = format!("version {version}");
            return Err(ReadError::new(ReadErrorKind::OtherFormat, place, "version 1 of .pyheap files", found));
        }
        let created = input.text("time")?;
        self.has_texts = input.u64("flags")? & WITH_TEXTS != 0;
        for _ in 0..input.u32("types of the header")? {
            let name = input.text("types of the header")?;
            self.known.insert(name, input.u64("types of the header")?);
        }
        let header = &mut self.snapshot.header;
        header.dumper.name = Some("pyheap".into());
        header.interpreter.implementation = Some("cpython".into());
        header.capture.method = Some("in_process".into());
        header.capture.reason = Some("a dump of PyHeap".into());
        header.capture.time = utc(&created).map(Text);
        header.options.text = Some(if self.has_texts { "all" } else { "none" }.into());
        Ok(())
    }

    fn threads(&mut self) -> Result<(), ReadError> {
        let input = &mut self.input;
        let what = "threads";
        for _ in 0..input.u32(what)? {
            let name = input.text(what)?;
            input.flag(what)?;
            let daemon = input.flag(what)?;
            let mut frames = Vec::new();
            for _ in 0..input.u32(what)? {
                let file = input.text(what)?;
                let line = input.u32(what)?;
                let function = input.text(what)?;
                let mut locals = Vec::new();
                for _ in 0..input.u32(what)? {
                    let name = Text(input.text(what)?);
                    locals.push(Local { name, address: WireAddress::at(input.u64(what)?) });
                }
                frames.push(Frame {
                    function: Text(function),
                    file: Some(Text(file)),
                    line: Some(u64::from(line)),
                    locals,
                    ..Frame::default()
                });
            }
            self.snapshot.threads.push(Thread { id: None, name: Some(Text(name)), daemon: Some(daemon), frames });
        }
        Ok(())
    }

    fn common_types(&mut self) -> Result<(), ReadError> {
        for _ in 0..self.input.u32("names of attributes")? {
            let name = self.input.text("names of attributes")?;
            self.frequent.push(self.shapes.name(&name));
        }
        for _ in 0..self.input.u32("common types")? {
            let address = self.input.u64("common types")?;
            self.common.insert(address);
            for _ in 0..self.input.u32("common types")? {
                self.attribute_name("common types")?;
                self.input.u64("common types")?;
            }
        }
        Ok(())
    }

    /// The number of an attribute's name: written out, or by its place among the frequent ones.
    fn attribute_name(&mut self, what: &str) -> Result<u32, ReadError> {
        let length = self.input.i16(what)?;
        if let Ok(length) = usize::try_from(length) {
            let name = self.input.text_of(length, what)?;
            return Ok(self.shapes.name(&name));
        }
        let index = (-1 - i32::from(length)) as usize;
        self.frequent.get(index).copied().ok_or_else(|| {
            let expected = format!("the number of one of {} names", self.frequent.len());
            self.input.damaged(2, what, expected, index.to_string())
        })
    }

    fn objects(&mut self) -> Result<(), ReadError> {
        let count = self.input.u32("number of objects")?;
        let mut row = Row::default();
        for number in 0..count {
            self.object(&format!("object {number} of {count}"), &mut row)?;
        }
        Ok(())
    }

    fn object(&mut self, what: &str, row: &mut Row) -> Result<(), ReadError> {
        let address = self.input.u64(what)?;
        let type_address = self.input.u64(what)?;
        let size = u64::from(self.input.u32(what)?);
        let is = |name: &str| self.known.get(name) == Some(&type_address);
        let rest = match () {
            () if is("dict") => Rest::Mapping,
            () if is("list") || is("tuple") => Rest::Sequence,
            () if is("set") => Rest::Set,
            () => Rest::Nothing,
        };
        let is_class = is("type");
        row.content.clear();
        if rest != Rest::Nothing {
            let entries = u64::from(self.input.u32(what)?) * if rest == Rest::Mapping { 2 } else { 1 };
            for _ in 0..entries {
                row.content.push(self.input.u64(what)?);
            }
        }
        row.others.clear();
        for _ in 0..self.input.u32(what)? {
            row.others.push((self.input.u64(what)?, None));
        }
        row.places.clear();
        if row.others.len() > MANY {
            row.places.extend(row.others.iter().enumerate().map(|(at, (referent, _))| (*referent, at)));
        }
        let mut has_dict = false;
        let mut has_slots = false;
        let mut module = None;
        if !self.common.contains(&type_address) {
            for _ in 0..self.input.u32(what)? {
                let name = self.attribute_name(what)?;
                let value = self.input.u64(what)?;
                let text = self.shapes.names[name as usize].as_str();
                has_dict |= text == "__dict__";
                has_slots |= text == "__slots__";
                if text == "__module__" {
                    module = Some(value);
                }
                let at = match row.others.len() > MANY {
                    true => row.places.get(&value).copied(),
                    false => row.others.iter().position(|(referent, _)| *referent == value),
                };
                let Some((_, known)) = at.map(|at| &mut row.others[at]) else { continue };
                // What Python itself gives every object comes last: `None` is the value of many of these.
                let is_better = known
                    .is_none_or(|known| self.shapes.names[known as usize].starts_with("__") && !text.starts_with("__"));
                if is_better {
                    *known = Some(name);
                }
            }
        }
        let mut is_class = is_class;
        if self.has_texts && rest == Rest::Nothing {
            let text = self.input.text(what)?;
            is_class |= matches!(told(&text), Told::Class(_));
            self.text(address, type_address, &text);
        }
        if is_class {
            // Attributes of a class are in its dictionary.
            row.others.iter_mut().for_each(|(_, name)| *name = None);
            if let Some(module) = module {
                self.modules_of_classes.insert(address, module);
            } else {
                self.modules_of_classes.insert(address, 0);
            }
        }
        let class = self.shapes.name("__class__");
        for (referent, name) in &mut row.others {
            if *referent == type_address && name.is_none() {
                *name = Some(class);
            }
        }
        self.put(address, type_address, size, rest, has_dict && !has_slots && !is_class, row);
        let references = (row.content.len() + row.others.len()) as u64;
        self.objects += 1;
        self.references += references;
        if self.objects >= u64::from(u32::MAX) || self.references >= u64::from(u32::MAX) {
            let place = format!("byte {} ({what})", self.input.place());
            let found = format!("{} objects with {} references", self.objects, self.references);
            return Err(ReadError::new(ReadErrorKind::TooLarge, place, "a smaller heap", found));
        }
        Ok(())
    }

    /// Adds an object to the columns.
    fn put(&mut self, address: u64, type_address: u64, size: u64, rest: Rest, has_dict: bool, row: &mut Row) {
        // The file has them in the order of a set: by name, objects that are alike have one shape.
        let names = &self.shapes.names;
        row.others.sort_by(|(_, one), (_, other)| {
            let key = |name: &Option<u32>| (name.is_none(), name.map(|name| names[name as usize].as_str()));
            key(one).cmp(&key(other))
        });
        let next = self.types.len() as u32;
        let type_index = *self.type_indices.entry(type_address).or_insert_with(|| {
            self.types.push(type_address);
            next
        });
        let named: Vec<u32> = row.others.iter().map_while(|(_, name)| *name).collect();
        let unnamed = (row.others.len() - named.len()) as u32;
        let shape = self.shapes.number(Slots { type_index, names: named, unnamed, rest, has_dict });
        if self.wanted == Wanted::Objects {
            if self.seen.insert(address) {
                self.tallies.add(shape, size);
            } else {
                self.snapshot.oddities.duplicate_objects += 1;
            }
            return;
        }
        self.tallies.add(shape, size);
        let columns = &mut self.snapshot.objects;
        columns.address.push(address);
        columns.shape.push(shape);
        columns.size.push(size);
        let is_taken = columns.refcount.push(-2);
        debug_assert!(is_taken, "an unknown count is one");
        columns.reference_count.push((row.others.len() + row.content.len()) as u32);
        columns.referent.extend(row.others.iter().map(|(referent, _)| referent).chain(&row.content).copied());
    }

    /// Notes what `str` made of an object.
    fn text(&mut self, address: u64, type_address: u64, text: &str) {
        let length = text.chars().count() as u64;
        self.longest = self.longest.max(length);
        let is = |name: &str| self.known.get(name) == Some(&type_address);
        let is_plain = ["str", "bytes", "int", "bool", "float", "NoneType"].iter().any(|name| is(name));
        let text = match if is_plain { Told::Text(text) } else { told(text) } {
            Told::Nothing => return,
            Told::Class(name) => {
                self.classes.insert(address, name.to_owned());
                name
            }
            Told::Module { name, file } => {
                self.modules.push((address, name.to_owned(), file.map(str::to_owned)));
                name
            }
            Told::Function(text) | Told::Text(text) => text,
            Told::Code(text) => {
                let length = text.chars().count() as u64;
                self.keep_text(address, &text, length);
                return;
            }
        };
        let length = text.chars().count() as u64;
        self.keep_text(address, text, length);
    }

    fn keep_text(&mut self, address: u64, text: &str, length: u64) {
        if self.wanted == Wanted::References {
            self.snapshot.texts.push(address, text, length);
        }
    }

    fn type_names(&mut self) -> Result<HashMap<u64, String>, ReadError> {
        let what = "names of types";
        let mut names = HashMap::new();
        for _ in 0..self.input.u32(what)? {
            let address = self.input.u64(what)?;
            names.insert(address, self.input.text(what)?);
        }
        Ok(names)
    }

    fn finish(mut self, names: &HashMap<u64, String>) -> Result<Snapshot, ReadError> {
        let longest = self.longest;
        for entry in self.snapshot.texts.entries.iter_mut().filter(|entry| entry.whole_length >= longest) {
            entry.whole_length += 1;
        }
        self.snapshot.tallies = self.tallies.of_table("shape", self.shapes.all.len())?;
        let is_known: HashSet<u64> = self.known.values().copied().collect();
        let modules: HashSet<&str> = self.modules.iter().map(|(_, name, _)| name.as_str()).collect();
        let str_type = self.known.get("str").copied();
        let mut types = Vec::with_capacity(self.types.len());
        let places = places::Places::of(&self.snapshot.objects, &self.shapes, &self.types);
        for address in &self.types {
            let name = names.get(address).map_or("?", String::as_str);
            let (module, name) = match self.classes.get(address) {
                Some(full) => split_class(full, name, |module| modules.contains(module)),
                None if is_known.contains(address) => ("builtins".to_owned(), name.to_owned()),
                None => (String::new(), name.to_owned()),
            };
            /// `Py_TPFLAGS_HEAPTYPE`.
            const HEAP_TYPE: u64 = 1 << 9;
            let module_object = self.modules_of_classes.get(address);
            let flags = module_object.map(|&object| {
                let is_text = str_type.is_some() && places.type_of(object) == str_type;
                if is_text { HEAP_TYPE } else { 0 }
            });
            types.push(TypeRecord {
                address: Some(WireAddress::at(*address)),
                module: Text(module),
                name: Text(name),
                flags: flags.filter(|_| self.wanted == Wanted::References),
                ..TypeRecord::default()
            });
        }
        self.snapshot.types = types;
        if self.wanted == Wanted::References {
            let dict = self.known.get("dict").copied();
            if let (Some(dict), Some(&tuple)) = (dict, self.known.get("tuple")) {
                let classes = &self.modules_of_classes;
                places::name_what_is_certain(&mut self.snapshot, &mut self.shapes, &places, [dict, tuple], classes);
            }
            places::find_roots(&mut self.snapshot, &self.shapes, &self.modules, dict);
        }
        self.snapshot.shapes = self.shapes.records();
        let end = &mut self.snapshot.end;
        (end.objects, end.references) = (self.objects, self.references);
        Ok(self.snapshot)
    }
}

/// A time with its distance from UTC, `2025-01-31T12:00:00.5+02:00`, as one of UTC; `None` when it is none.
fn utc(time: &str) -> Option<String> {
    let (date, behind) = time.split_at_checked(19)?;
    let local = humantime::parse_rfc3339_weak(date).ok()?;
    let zone = behind.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let distance = |text: &str| -> Option<Duration> {
        let (hours, minutes) = text.split_once(':')?;
        let minutes = minutes.get(..2)?.parse::<u64>().ok()?;
        Some(Duration::from_secs(hours.parse::<u64>().ok().filter(|hours| *hours < 24)? * 3600 + minutes * 60))
    };
    let utc = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
        (Some(east), _) => local.checked_sub(distance(east)?)?,
        (_, Some(west)) => local.checked_add(distance(west)?)?,
        _ => local,
    };
    Some(humantime::format_rfc3339_seconds(utc).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_utc() {
        assert_eq!(utc("2025-01-31T12:00:00.123456+02:00").as_deref(), Some("2025-01-31T10:00:00Z"));
        assert_eq!(utc("2025-01-31T12:00:00-05:30").as_deref(), Some("2025-01-31T17:30:00Z"));
        assert_eq!(utc("2025-01-31T12:00:00").as_deref(), Some("2025-01-31T12:00:00Z"));
        for wrong in ["", "yesterday", "2025-01-31T12:00:00+99:99", "2025-01-31T12:00:é"] {
            assert_eq!(utc(wrong), None, "{wrong}");
        }
    }
}
