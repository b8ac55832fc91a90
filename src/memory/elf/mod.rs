//! The ELF images of an address space: where programs and libraries are mapped, their symbols and sections.
//!
//! What is in memory comes first: it needs no file, so that containers, deleted files and files replaced by an upgrade
//! make no difference. The file is asked for what memory does not have (sections, names that are not exported, pages
//! that a core leaves out), and only when it is the same build.

mod dynamic;
mod file;
mod headers;

use std::path::{Path, PathBuf};

use object::elf;

use self::dynamic::{DynamicTables, Lookup};
use self::headers::{Headers, Segment, Start, page_behind};
use super::bytes::{Bytes, Memory, range_at};
use super::{AddressSpace, Range};

pub(super) use self::file::{ImageFile, Sameness};
pub(super) use self::headers::foreign;

/// More images than any real process has.
const MOST_IMAGES: usize = 1 << 13;
/// Ranges looked at for the parts of one image.
const MOST_RANGES_OF_AN_IMAGE: usize = 1 << 12;

/// A function or a variable of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// In the address space.
    pub address: u64,
    /// In bytes; 0 when the image does not tell.
    pub size: u64,
}

/// A part of an image that its linker named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// In the address space.
    pub address: u64,
    /// In bytes.
    pub size: u64,
}

/// A program or library mapped into the address space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What is added to the image's own addresses in memory; 0 for a program that is not relocatable.
    pub bias: u64,
    /// Address of its first byte, which starts its header.
    pub start: u64,
    first_range: Range,
    headers: Headers,
    /// The header comes from memory and not from the file.
    is_in_memory: bool,
    /// What of the address space is its own, ascending: `.bss` behind the file's parts included.
    extents: Vec<(u64, u64)>,
}

/// An image for another kind of processor, or for 32 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignImage {
    /// The file that it comes from; `None` for anonymous memory.
    pub file: Option<PathBuf>,
    /// In words, e.g. `32-bit x86`.
    pub architecture: String,
}

/// Everything that is mapped as an ELF image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Images {
    /// In address order.
    pub images: Vec<Image>,
    /// Those that cannot be read here, in address order.
    pub foreign: Vec<ForeignImage>,
}

impl Images {
    /// Finds the images of `space`: a few bytes of each are read. O(ranges).
    pub fn of(space: &dyn AddressSpace) -> Self {
        let mut found = Self::default();
        let ranges = space.ranges();
        for (index, range) in ranges.iter().enumerate() {
            if range.offset != 0 || found.images.len() + found.foreign.len() >= MOST_IMAGES {
                continue;
            }
            // The data of a small file starts at the same page of it again.
            if found.images.last().is_some_and(|last| range.start < last.wanted_end() && same_file(last.file(), range))
            {
                continue;
            }
            match image_at(space, &ranges[index..]) {
                Some(Candidate::Image(image)) => found.images.push(*image),
                Some(Candidate::Foreign(foreign)) => found.foreign.push(foreign),
                None => {}
            }
        }
        // Hostile headers may claim what belongs to others: an image ends where the next begins.
        let starts: Vec<u64> = found.images.iter().skip(1).map(|image| image.start).chain([u64::MAX]).collect();
        for (image, end) in found.images.iter_mut().zip(starts) {
            image.extents = extents(image, ranges, end);
        }
        found
    }

    /// The image that spans `address`. O(log).
    pub fn holding(&self, address: u64) -> Option<&Image> {
        let behind = self.images.partition_point(|image| image.start <= address);
        self.images[..behind].last().filter(|image| image.spans(address))
    }
}

enum Candidate {
    Image(Box<Image>),
    Foreign(ForeignImage),
}

/// The image that starts with the first of `ranges`, if one does.
fn image_at(space: &dyn AddressSpace, ranges: &[Range]) -> Option<Candidate> {
    let first = ranges.first()?;
    let file = real_file(first);
    let memory = Memory(space);
    let place_of = |offset: u64| {
        let of_the_file = ranges.iter().take(MOST_RANGES_OF_AN_IMAGE).filter(|range| real_file(range) == file);
        let mut holding =
            of_the_file.filter(|range| offset >= range.offset && offset - range.offset < range.end - range.start);
        holding.next().map(|range| range.start + (offset - range.offset))
    };
    let mut magic = [0; 4];
    let is_in_memory = memory.fill_all(first.start, &mut magic);
    let start = if is_in_memory {
        if magic != elf::ELFMAG {
            return None;
        }
        headers::read(&memory, place_of)
    } else {
        file?;
        headers::read(&space.open_file(first)?, Some)
    };
    let headers = match start {
        Start::Native(headers) => *headers,
        Start::Foreign(architecture) => {
            return Some(Candidate::Foreign(ForeignImage { file: file.map(Path::to_path_buf), architecture }));
        }
        Start::Other => return None,
    };
    let image = image_with(first, headers, is_in_memory)?;
    is_loaded_as_it_says(&image, ranges).then(|| Candidate::Image(Box::new(image)))
}

/// The image whose header is the first of `first_range`, without its extents.
fn image_with(first_range: &Range, headers: Headers, is_in_memory: bool) -> Option<Image> {
    let mut loaded = headers.segments.iter().filter(|segment| segment.is_loaded());
    let with_header = loaded.find(|segment| segment.first_page_offset() == 0)?;
    let bias = first_range.start.wrapping_sub(with_header.first_page());
    let is_possible = bias == 0 || !headers.is_fixed;
    let (start, first_range) = (first_range.start, first_range.clone());
    is_possible.then(|| Image { bias, start, first_range, headers, is_in_memory, extents: Vec::new() })
}

/// Compares `file` with the image that starts with the first of `ranges`, as far as `space` has it.
pub(super) fn compare_with_file(space: &dyn AddressSpace, ranges: &[Range], file: &ImageFile) -> Sameness {
    let Some(first) = ranges.first() else { return Sameness::Unchecked };
    let memory = Memory(space);
    if !memory.fill_all(first.start, &mut [0; 64]) {
        let Some(image) = image_with(first, file.headers().clone(), false) else { return Sameness::Different };
        let is_missing = |segment: &Segment| range_at(ranges, image.in_memory(segment.first_page())).is_none();
        if image.loaded().any(is_missing) || !is_loaded_as_it_says(&image, ranges) {
            return Sameness::Different;
        }
        return file.compare_dynamic_table(&memory, image.bias);
    }
    match image_at(space, ranges) {
        Some(Candidate::Image(image)) => file.compare(image.build_id(space).as_deref(), Some(&image.headers.header)),
        Some(Candidate::Foreign(_)) | None => Sameness::Different,
    }
}

/// Whether the parts are where the loader puts them. A file that was only mapped to be read has them elsewhere.
fn is_loaded_as_it_says(image: &Image, ranges: &[Range]) -> bool {
    let mut present = false;
    for segment in image.loaded() {
        let page = image.bias.wrapping_add(segment.first_page());
        let Some(range) = range_at(ranges, page) else { continue };
        match (image.file(), real_file(range)) {
            (Some(ours), Some(theirs)) => {
                let offset = range.offset.wrapping_add(page - range.start);
                if ours != theirs || offset != segment.first_page_offset() {
                    return false;
                }
            }
            (None, Some(_)) => return false,
            (None, None) if segment.executable && !range.executable => return false,
            (_, None) => {}
        }
        present = true;
    }
    present
}

/// The parts of `ranges` below `end` that are inside the image's segments and not another file's.
fn extents(image: &Image, ranges: &[Range], end: u64) -> Vec<(u64, u64)> {
    let mut wanted: Vec<(u64, u64)> = image
        .loaded()
        .map(|segment| (image.in_memory(segment.first_page()), image.in_memory(segment.address + segment.memory_size)))
        .map(|(from, to)| (from.max(image.start), page_behind(to).min(end)))
        .filter(|(from, to)| from < to)
        .collect();
    wanted.sort_unstable();
    let mut parts: Vec<(u64, u64)> = Vec::new();
    let mut done = image.start;
    for (from, to) in wanted {
        let first = ranges.partition_point(|range| range.end <= from.max(done));
        for range in ranges[first..].iter().take_while(|range| range.start < to) {
            if same_file(image.file(), range) || real_file(range).is_none() {
                let part = (range.start.max(from).max(done), range.end.min(to));
                match parts.last_mut() {
                    Some(last) if last.1 == part.0 => last.1 = part.1,
                    _ if part.0 < part.1 => parts.push(part),
                    _ => {}
                }
            }
        }
        done = done.max(to);
    }
    parts
}

/// The file behind a range; `None` for anonymous memory and what the kernel names in brackets, e.g. `[heap]`.
fn real_file(range: &Range) -> Option<&Path> {
    range.file.as_deref().filter(|file| !file.as_os_str().as_encoded_bytes().starts_with(b"["))
}

fn same_file(file: Option<&Path>, range: &Range) -> bool {
    file.is_some() && file == real_file(range)
}

impl Image {
    /// The file as the kernel tells it, perhaps with ` (deleted)`; `None` for an image in anonymous memory.
    pub fn file(&self) -> Option<&Path> {
        real_file(&self.first_range)
    }

    /// The last part of the file's name, without ` (deleted)`: for people and for matching. Empty when there is none.
    pub fn name(&self) -> String {
        let name = self.file().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        name.strip_suffix(" (deleted)").unwrap_or(&name).to_owned()
    }

    /// Whether `address` is in one of its parts, the anonymous `.bss` behind them included.
    pub fn spans(&self, address: u64) -> bool {
        let behind = self.extents.partition_point(|extent| extent.0 <= address);
        self.extents[..behind].last().is_some_and(|extent| address < extent.1)
    }

    /// Its parts of the address space, ascending: first address, and the address behind the last.
    pub fn extents(&self) -> &[(u64, u64)] {
        &self.extents
    }

    /// Whether it is the program and not a library; `None` when its dynamic table cannot be read. A program linked
    /// statically has no such table.
    pub fn is_program(&self, space: &dyn AddressSpace) -> Option<bool> {
        if self.headers.is_fixed {
            return Some(true);
        }
        self.tables(space).map(|tables| tables.is_program)
    }

    /// The name that a library gives itself, e.g. `libpython3.8.so.1.0`; `None` when it has none or it cannot be read.
    pub fn soname(&self, space: &dyn AddressSpace) -> Option<String> {
        self.tables(space)?.soname(&self.unbiased(space))
    }

    /// The build id in memory; `None` when there is none or it cannot be read.
    pub fn build_id(&self, space: &dyn AddressSpace) -> Option<Vec<u8>> {
        file::build_id(&Memory(space), &self.headers.segments, |segment| Some(self.in_memory(segment.address)))
    }

    /// An exported symbol, looked up in memory, else in the file. `None` when it is not exported.
    pub fn exported(&self, space: &dyn AddressSpace, name: &str) -> Option<Symbol> {
        match self.exported_in_memory(space, name) {
            Lookup::Unknown => self.symbol_of(self.matching_file(space)?.exported(name)),
            known => self.symbol_of(known),
        }
    }

    /// A symbol: exported, else in the file's full table, which may have been stripped and may take a while to read.
    pub fn symbol(&self, space: &dyn AddressSpace, name: &str) -> Option<Symbol> {
        let exported = self.exported_in_memory(space, name);
        if let Lookup::Found { .. } = exported {
            return self.symbol_of(exported);
        }
        let file = self.matching_file(space)?;
        if exported == Lookup::Unknown
            && let Some(found) = self.symbol_of(file.exported(name))
        {
            return Some(found);
        }
        self.symbol_of(file.full_symbol(name))
    }

    /// A section by its name, e.g. `.PyRuntime`, from the file's section headers. `None` when it has none of the name,
    /// or no file of the same build can be read.
    pub fn section(&self, space: &dyn AddressSpace, name: &str) -> Option<Section> {
        let (address, size) = self.matching_file(space)?.section(name)?;
        let address = self.in_memory(address);
        self.spans(address).then_some(Section { address, size })
    }

    /// The file behind it, when it can be read and is the same build.
    pub(super) fn matching_file(&self, space: &dyn AddressSpace) -> Option<ImageFile> {
        self.file()?;
        let file = ImageFile::new(space.open_file(&self.first_range)?)?;
        let header = self.is_in_memory.then_some(&self.headers.header);
        let sameness = file.compare(self.build_id(space).as_deref(), header);
        (sameness != Sameness::Different).then_some(file)
    }

    fn exported_in_memory(&self, space: &dyn AddressSpace, name: &str) -> Lookup {
        if self.dynamic_segment().is_none() {
            return Lookup::Absent;
        }
        self.tables(space).map_or(Lookup::Unknown, |tables| tables.look_up(&self.unbiased(space), name))
    }

    fn dynamic_segment(&self) -> Option<&Segment> {
        self.headers.segments.iter().find(|segment| segment.kind == elf::PT_DYNAMIC.0)
    }

    fn tables(&self, space: &dyn AddressSpace) -> Option<DynamicTables> {
        let segment = self.dynamic_segment()?;
        // glibc writes addresses in memory into the table, musl leaves it as it is.
        let unbiased = |address: u64| if self.spans(address) { address.wrapping_sub(self.bias) } else { address };
        DynamicTables::read(&self.unbiased(space), segment.address, segment.memory_size, unbiased)
    }

    fn unbiased<'a>(&'a self, space: &'a dyn AddressSpace) -> Unbiased<'a> {
        Unbiased { image: self, space }
    }

    fn in_memory(&self, address: u64) -> u64 {
        self.bias.wrapping_add(address)
    }

    /// The end that its headers ask for.
    fn wanted_end(&self) -> u64 {
        let ends = self.loaded().map(|segment| page_behind(self.in_memory(segment.address + segment.memory_size)));
        ends.max().unwrap_or(0)
    }

    fn loaded(&self) -> impl Iterator<Item = &Segment> {
        self.headers.segments.iter().filter(|segment| segment.is_loaded())
    }

    fn symbol_of(&self, lookup: Lookup) -> Option<Symbol> {
        let Lookup::Found { address, size } = lookup else { return None };
        let address = self.in_memory(address);
        self.spans(address).then_some(Symbol { address, size })
    }
}

/// An image in memory, read by the addresses in its own tables.
struct Unbiased<'a> {
    image: &'a Image,
    space: &'a dyn AddressSpace,
}

impl Bytes for Unbiased<'_> {
    fn fill(&self, place: u64, buffer: &mut [u8]) -> usize {
        let address = self.image.in_memory(place);
        if !self.image.spans(address) {
            return 0;
        }
        self.space.read(address, buffer).min(buffer.len())
    }
}
