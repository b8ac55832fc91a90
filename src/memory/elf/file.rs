//! The file behind an image: whether it is the same build, its sections, and its symbol tables.

use std::fs::File;

use object::LittleEndian as LE;
use object::elf::{self, SectionHeader64, Sym64};

use super::dynamic::{DynamicTables, Lookup, defined};
use super::headers::{Headers, Segment, Start, read};
use crate::memory::bytes::{Bytes, find_all};

/// More sections than any linked image has.
const MOST_SECTIONS: u64 = 1 << 12;
/// Full symbol tables beyond (gigabytes of names of C++) are not read.
const LARGEST_SYMBOL_TABLE: u64 = 256 << 20;
/// Bytes of notes in one segment.
const LONGEST_NOTES: u64 = 1 << 16;

/// An ELF file that may be mapped somewhere.
#[derive(Debug)]
pub(in crate::memory) struct ImageFile {
    file: File,
    headers: Headers,
}

/// Whether a file is what is in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::memory) enum Sameness {
    /// The same build id, or, where one has none, the same header.
    Same,
    /// Another build.
    Different,
    /// Nothing is in memory that could be compared.
    Unchecked,
}

impl ImageFile {
    /// Reads the headers of `file`; `None` when it is no image for this architecture.
    pub fn new(file: File) -> Option<Self> {
        match read(&file, Some) {
            Start::Native(headers) => Some(Self { file, headers: *headers }),
            Start::Foreign(_) | Start::Other => None,
        }
    }

    pub(super) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The opened file.
    pub fn into_file(self) -> File {
        self.file
    }

    /// The build id, e.g. 20 bytes of SHA-1; `None` when the linker wrote none.
    pub fn build_id(&self) -> Option<Vec<u8>> {
        build_id(&self.file, &self.headers.segments, |segment| Some(segment.offset))
    }

    /// Compares with what is in memory: its build id, and its first 64 bytes.
    pub fn compare(&self, build_id_in_memory: Option<&[u8]>, header_in_memory: Option<&[u8; 64]>) -> Sameness {
        let same = match (build_id_in_memory, self.build_id(), header_in_memory) {
            (Some(theirs), Some(ours), _) => theirs == ours,
            (_, _, Some(header)) => *header == self.headers.header,
            _ => return Sameness::Unchecked,
        };
        if same { Sameness::Same } else { Sameness::Different }
    }

    /// Compares the dynamic table with that in memory: places and sizes of all tables in it differ between builds. For
    /// cores that keep changed pages alone.
    pub(super) fn compare_dynamic_table(&self, memory: &impl Bytes, bias: u64) -> Sameness {
        const ENTRY: u64 = 16;
        let table = self.headers.segments.iter().find(|segment| segment.kind == elf::PT_DYNAMIC.0);
        let Some(table) = table else { return Sameness::Unchecked };
        let count = (table.file_size / ENTRY).min(1024);
        for place in (0..count).map(|index| index * ENTRY) {
            let Some(ours) = self.file.structure::<[[u8; 8]; 2]>(table.offset.wrapping_add(place)) else { break };
            let theirs = memory.structure::<[[u8; 8]; 2]>(bias.wrapping_add(table.address).wrapping_add(place));
            let Some([tag_in_memory, value_in_memory]) = theirs.map(|entry| entry.map(u64::from_le_bytes)) else {
                break;
            };
            let [tag, value] = ours.map(u64::from_le_bytes);
            // The dynamic linker makes addresses of places, and writes one address of its own.
            let is_same_value = value == value_in_memory || value.wrapping_add(bias) == value_in_memory;
            if tag != tag_in_memory || !(is_same_value || tag == elf::DT_DEBUG.0 as u64) {
                return Sameness::Different;
            }
            if tag == 0 {
                return Sameness::Same;
            }
        }
        Sameness::Unchecked
    }

    /// A section by its name: address before the bias, and size in bytes.
    pub fn section(&self, name: &str) -> Option<(u64, u64)> {
        let names = self.section_header(self.names_index()?)?;
        let found = (0..self.section_count()).map_while(|index| self.section_header(index)).find(|section| {
            let at = section.sh_name.get(LE);
            u64::from(at) < names.sh_size.get(LE)
                && names.sh_offset.get(LE).checked_add(at.into()).is_some_and(|at| self.file.has_text(at, name))
        })?;
        let is_loaded = found.sh_flags.get(LE).contains(elf::SHF_ALLOC);
        is_loaded.then(|| (found.sh_addr.get(LE), found.sh_size.get(LE)))
    }

    /// Looks `name` up among the exported symbols.
    pub(super) fn exported(&self, name: &str) -> Lookup {
        let Some(table) = self.headers.segments.iter().find(|segment| segment.kind == elf::PT_DYNAMIC.0) else {
            return Lookup::Absent;
        };
        let by_address = ByAddress { file: &self.file, segments: &self.headers.segments };
        let tables = DynamicTables::read(&by_address, table.address, table.memory_size, |address| address);
        tables.map_or(Lookup::Unknown, |tables| tables.look_up(&by_address, name))
    }

    /// Looks `name` up in the full symbol table, which `strip` removes. Takes time that grows with the table: tables
    /// of more than 256 MiB are left.
    pub(super) fn full_symbol(&self, name: &str) -> Lookup {
        let Some((table, strings)) = self.full_table() else { return Lookup::Absent };
        let (start, size) = (strings.sh_offset.get(LE), strings.sh_size.get(LE));
        if self.full_table_size() > LARGEST_SYMBOL_TABLE {
            return Lookup::Unknown;
        }
        // Where the name stands, also as the end of a longer one; then only numbers have to be compared.
        let with_end = [name.as_bytes(), &[0]].concat();
        let places: Vec<u32> = find_all(&self.file, start, size, &with_end, 1024)
            .into_iter()
            .filter_map(|place| u32::try_from(place - start).ok())
            .collect();
        if places.is_empty() {
            return Lookup::Absent;
        }
        self.first_symbol(table.sh_offset.get(LE), table.sh_size.get(LE), &places)
    }

    /// Bytes of the full symbol table and its names; 0 when it was stripped.
    pub fn full_table_size(&self) -> u64 {
        self.full_table().map_or(0, |(table, strings)| table.sh_size.get(LE).saturating_add(strings.sh_size.get(LE)))
    }

    fn full_table(&self) -> Option<(SectionHeader64<LE>, SectionHeader64<LE>)> {
        let mut sections = (0..self.section_count()).map_while(|index| self.section_header(index));
        let table = sections.find(|section| section.sh_type.get(LE) == elf::SHT_SYMTAB)?;
        Some((table, self.section_header(table.sh_link.get(LE).into())?))
    }

    fn first_symbol(&self, start: u64, size: u64, names: &[u32]) -> Lookup {
        const ENTRY: usize = size_of::<Sym64<LE>>();
        const AT_ONCE: u64 = 2048;
        let count = size / ENTRY as u64;
        let mut buffer = vec![0; ENTRY * AT_ONCE.min(count) as usize];
        let mut done = 0;
        while done < count {
            let wanted = AT_ONCE.min(count - done) as usize * ENTRY;
            let Some(place) = start.checked_add(done * ENTRY as u64) else { return Lookup::Unknown };
            let filled = self.file.fill(place, &mut buffer[..wanted]) / ENTRY;
            let Ok((symbols, _)) = object::pod::slice_from_bytes::<Sym64<LE>>(&buffer, filled) else {
                return Lookup::Unknown;
            };
            let mut named = symbols.iter().filter(|symbol| names.contains(&symbol.st_name.get(LE)));
            if let Some(found) = named.find_map(defined) {
                return found;
            }
            if filled * ENTRY < wanted {
                return Lookup::Unknown;
            }
            done += filled as u64;
        }
        Lookup::Absent
    }

    fn section_header(&self, index: u64) -> Option<SectionHeader64<LE>> {
        let table = self.headers.sections;
        if table.offset == 0 || usize::from(table.entry_size) != size_of::<SectionHeader64<LE>>() {
            return None;
        }
        self.file.structure(table.offset.checked_add(index.checked_mul(table.entry_size.into())?)?)
    }

    fn section_count(&self) -> u64 {
        let count = match self.headers.sections.count {
            // Too many for the field of the header: the first section, which is none, has the number.
            0 => self.section_header(0).map_or(0, |first| first.sh_size.get(LE)),
            count => count,
        };
        count.min(MOST_SECTIONS)
    }

    fn names_index(&self) -> Option<u64> {
        let index = self.headers.sections.names;
        if index == u32::from(elf::SHN_XINDEX.0) {
            return Some(self.section_header(0)?.sh_link.get(LE).into());
        }
        Some(index.into())
    }
}

/// A file read by the addresses that its parts want to have.
struct ByAddress<'a> {
    file: &'a File,
    segments: &'a [Segment],
}

impl Bytes for ByAddress<'_> {
    fn fill(&self, place: u64, buffer: &mut [u8]) -> usize {
        let holds = |segment: &&Segment| {
            segment.is_loaded() && place >= segment.address && place - segment.address < segment.file_size
        };
        let Some(segment) = self.segments.iter().find(holds) else { return 0 };
        let within = place - segment.address;
        let length = usize::try_from(segment.file_size - within).map_or(buffer.len(), |left| left.min(buffer.len()));
        self.file.fill(segment.offset + within, &mut buffer[..length])
    }
}

/// The build id among the notes of `segments`; `place_of` tells where in `bytes` a segment's first byte is.
pub(super) fn build_id(
    bytes: &impl Bytes,
    segments: &[Segment],
    place_of: impl Fn(&Segment) -> Option<u64>,
) -> Option<Vec<u8>> {
    let mut notes = segments.iter().filter(|segment| segment.kind == elf::PT_NOTE.0);
    notes.find_map(|segment| {
        let start = place_of(segment)?;
        let size = segment.file_size.min(LONGEST_NOTES);
        let mut at = 0;
        while at + 12 <= size {
            let place = start.checked_add(at)?;
            let [name_size, size_of_id, kind] = [0, 4, 8].map(|field| bytes.u32_at(place.checked_add(field)?));
            let (name_size, size_of_id, kind) = (name_size?, size_of_id?, kind?);
            let content = 12 + u64::from(name_size).next_multiple_of(4);
            if kind == elf::NT_GNU_BUILD_ID.0
                && name_size == 4
                && (1..=64).contains(&size_of_id)
                && bytes.has_text(place.checked_add(12)?, "GNU")
            {
                let mut id = vec![0; size_of_id as usize];
                return bytes.fill_all(place.checked_add(content)?, &mut id).then_some(id);
            }
            // Segments aligned to 8 hold notes whose contents are padded to 8.
            let unit = if segment.alignment == 8 { 8 } else { 4 };
            at = (at + content + u64::from(size_of_id)).next_multiple_of(unit);
        }
        None
    })
}
