//! A core file as an address space: what the kernel or gdb's `gcore` wrote, and the mapped files for what they left out.
//!
//! Bytes are read where they are asked for; memory is taken for the tables of segments and mappings alone.

mod error;
mod mapped_files;
mod notes;
mod segments;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

pub use self::error::{CoreError, CoreErrorKind};
use self::mapped_files::{MappedFiles, Verdict, open_regular};
pub use self::notes::CoreThread;
use self::notes::{FileMapping, Notes};
use self::segments::{LoadedSegment, Segments, size};
use super::bytes::{Bytes, range_at_index};
use super::elf::{ImageFile, Sameness, compare_with_file};
use super::{AddressSpace, Range};

const PAGE: u64 = 4096;

/// The address space of a process as its core file keeps it.
///
/// Cores do not tell which ranges are shared; `gcore` does not tell which are executable either.
#[derive(Debug)]
pub struct CoreFile {
    file: File,
    ranges: Vec<Range>,
    /// As many as there are ranges.
    backings: Vec<Backing>,
    files: MappedFiles,
    /// For each file, its first range.
    first_ranges: Vec<Option<usize>>,
    notes: Notes,
    program: Option<u32>,
    cut_off: u64,
    contradictions: u64,
}

/// Where the bytes of a range are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Backing {
    /// Place of the first byte in the core.
    place: u64,
    /// Bytes that the core claims to have; behind them the mapped file is asked.
    claimed: u64,
    /// Bytes that it has.
    present: u64,
    /// The mapped file.
    file: Option<u32>,
}

/// What a core can't give: for a note, so that nobody wonders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shortfalls {
    /// Bytes of memory that its headers promise and its end cuts off.
    pub cut_off: u64,
    /// Segments, notes and mappings that contradict others; each was dropped or cut.
    pub contradictions: u64,
    /// Programs and libraries whose pages would be needed and that can't be opened.
    pub missing_files: Vec<PathBuf>,
    /// Those that are another build today.
    pub different_files: Vec<PathBuf>,
    /// Those that are read though the core has nothing to compare them with.
    pub unchecked_files: Vec<PathBuf>,
}

impl CoreFile {
    /// Opens the core at `path`. `program` is where the program is, when it is not where it ran.
    ///
    /// A core that was cut is read as far as it goes, and one that contradicts itself without what does;
    /// [`CoreFile::shortfalls`] tells. One clear error when the heap is not in it. O(segments · log).
    pub fn open(path: &Path, program: Option<&Path>) -> Result<Self, CoreError> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let (file, length) = open_core(path, &name)?;
        let segments = segments::read(&file, length, &name)?;
        let mut notes = notes::read(&file, &segments.notes);
        let (ranges, backings) = combine(&segments.loaded, &notes.mappings, &notes.files);
        check_heap(&segments, &ranges, &backings, length, &name)?;

        let mut first_ranges = vec![None; notes.files.len()];
        for (index, backing) in backings.iter().enumerate().rev() {
            if let Some(first) = backing.file.and_then(|file| first_ranges.get_mut(file as usize)) {
                *first = Some(index);
            }
        }
        let entry = notes.entry.and_then(|entry| range_at_index(&ranges, entry));
        let program_index = entry.and_then(|index| backings[index].file);
        let replaced = program_index.zip(program.map(Path::to_path_buf));
        let core = Self {
            file,
            files: MappedFiles::new(std::mem::take(&mut notes.files), replaced),
            first_ranges,
            program: program_index,
            cut_off: segments.cut_off,
            contradictions: segments.contradictions + notes.contradictions,
            ranges,
            backings,
            notes,
        };
        if let Some(program) = program {
            core.check_program(program)?;
        }
        Ok(core)
    }

    /// The threads, the one that died first in the lead.
    pub fn threads(&self) -> &[CoreThread] {
        &self.notes.threads
    }

    /// The process; `None` when the core does not tell.
    pub fn pid(&self) -> Option<u32> {
        self.notes.pid.or_else(|| Some(self.notes.threads.first()?.tid))
    }

    /// Its command line, of which the kernel keeps 80 bytes; else the program's name, of 15 bytes.
    pub fn command(&self) -> Option<&str> {
        self.notes.command.as_deref().or(self.notes.name.as_deref())
    }

    /// The program's file as the kernel told it, perhaps with ` (deleted)`.
    pub fn program(&self) -> Option<&Path> {
        self.program.map(|index| self.files.path(index))
    }

    /// What it can't give. Opens each program and library whose pages the core lacks, to compare builds.
    pub fn shortfalls(&self) -> Shortfalls {
        let mut shortfalls =
            Shortfalls { cut_off: self.cut_off, contradictions: self.contradictions, ..Shortfalls::default() };
        let mut is_needed = vec![false; self.first_ranges.len()];
        for (range, backing) in self.ranges.iter().zip(&self.backings) {
            let Some(index) = backing.file.filter(|_| backing.claimed < range.end - range.start) else { continue };
            // `gcore` marks nothing as executable.
            let is_image = range.executable || self.program == Some(index) || is_library(self.files.path(index));
            if let Some(needed) = is_needed.get_mut(index as usize) {
                *needed |= is_image;
            }
        }
        for (index, _) in is_needed.iter().enumerate().filter(|(_, needed)| **needed) {
            let index = index as u32;
            self.mapped_file(index);
            let list = match self.files.verdict(index) {
                Some(Verdict::Missing) => &mut shortfalls.missing_files,
                Some(Verdict::Different) => &mut shortfalls.different_files,
                Some(Verdict::Unchecked) => &mut shortfalls.unchecked_files,
                Some(Verdict::Same | Verdict::NoImage) | None => continue,
            };
            list.push(self.files.path(index).to_path_buf());
        }
        shortfalls
    }

    /// Whether the file that the user names as the program is it.
    fn check_program(&self, path: &Path) -> Result<(), CoreError> {
        let place = path.display().to_string();
        let unfit = |found: &str| {
            let expected = match self.program() {
                Some(program) => format!("the program of the core, {}", program.display()),
                None => "the program of the core".to_owned(),
            };
            CoreError::new(CoreErrorKind::OtherProgram, &place, expected, found)
        };
        let file = open_regular(path).ok_or_else(|| unfit("no regular file that can be opened"))?;
        let image = ImageFile::new(file).ok_or_else(|| unfit("no program for 64-bit x86"))?;
        match self.program.map(|index| self.compare(index, &image)) {
            Some(Sameness::Different) => Err(unfit("another build")),
            _ => Ok(()),
        }
    }

    /// Compares with what the core itself has of the file of number `index`.
    fn compare(&self, index: u32, file: &ImageFile) -> Sameness {
        let first = self.first_ranges.get(index as usize).copied().flatten();
        first.map_or(Sameness::Unchecked, |first| compare_with_file(&WithoutFiles(self), &self.ranges[first..], file))
    }

    fn mapped_file(&self, index: u32) -> Option<std::sync::Arc<File>> {
        self.files.get(index, |file| self.compare(index, file))
    }

    /// Fills `buffer` from `within` the range of number `index` on, which it does not exceed.
    fn read_in(&self, index: usize, within: u64, buffer: &mut [u8], with_files: bool) -> usize {
        let (range, backing) = (&self.ranges[index], &self.backings[index]);
        let most = |left: u64, buffer: &[u8]| usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        if within < backing.claimed {
            let length = most(backing.present.saturating_sub(within), buffer);
            return self.file.fill(backing.place.saturating_add(within), &mut buffer[..length]);
        }
        let Some(file) = backing.file.filter(|_| with_files).and_then(|file| self.mapped_file(file)) else { return 0 };
        let filled = file.fill(range.offset + within, buffer);
        // Behind its end, the last page of a file is zero.
        let end = range.offset + within + filled as u64;
        let zeros = most(end.checked_next_multiple_of(PAGE).unwrap_or(end) - end, &buffer[filled..]);
        let is_end = filled > 0 || file.metadata().is_ok_and(|data| data.len() > (range.offset + within) / PAGE * PAGE);
        if filled < buffer.len() && is_end {
            buffer[filled..filled + zeros].fill(0);
            return filled + zeros;
        }
        filled
    }

    fn read_through(&self, address: u64, buffer: &mut [u8], with_files: bool) -> usize {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(at) = address.checked_add(filled as u64) else { break };
            let Some(index) = range_at_index(&self.ranges, at) else { break };
            let range = &self.ranges[index];
            let backing = &self.backings[index];
            let within = at - range.start;
            // Core and file are read one after the other.
            let until = if within < backing.claimed { backing.claimed } else { range.end - range.start };
            let left = usize::try_from(until - within).unwrap_or(usize::MAX).min(buffer.len() - filled);
            let got = self.read_in(index, within, &mut buffer[filled..filled + left], with_files);
            filled += got;
            if got < left {
                break;
            }
        }
        filled
    }
}

impl AddressSpace for CoreFile {
    fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        self.read_through(address, buffer, true)
    }

    fn open_file(&self, range: &Range) -> Option<File> {
        let index = range_at_index(&self.ranges, range.start)?;
        self.mapped_file(self.backings[index].file?)?.try_clone().ok()
    }
}

/// The core's own bytes, to compare the files with.
struct WithoutFiles<'a>(&'a CoreFile);

impl AddressSpace for WithoutFiles<'_> {
    fn ranges(&self) -> &[Range] {
        &self.0.ranges
    }

    fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        self.0.read_through(address, buffer, false)
    }

    fn open_file(&self, _: &Range) -> Option<File> {
        None
    }
}

/// `libm.so.6`, `_struct.cpython-312-x86_64-linux-gnu.so (deleted)`.
fn is_library(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(" (deleted)").unwrap_or(&name);
    name.ends_with(".so") || name.contains(".so.")
}

fn open_core(path: &Path, name: &str) -> Result<(File, u64), CoreError> {
    let unreadable = |found: String| CoreError::new(CoreErrorKind::Unreadable, name, "a core file", found);
    let data = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !data.is_file() {
        return Err(unreadable("no regular file".to_owned()));
    }
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path);
    let file = file.map_err(|error| unreadable(error.to_string()))?;
    let data = file.metadata().map_err(|error| unreadable(error.to_string()))?;
    if !data.is_file() {
        return Err(unreadable("no regular file".to_owned()));
    }
    Ok((file, data.len()))
}

/// The ranges of segments and mapped files together. `gcore` has no segment for what it leaves out: the list of
/// mapped files tells of it.
fn combine(segments: &[LoadedSegment], mappings: &[FileMapping], files: &[PathBuf]) -> (Vec<Range>, Vec<Backing>) {
    let mut ranges = Vec::with_capacity(segments.len() + mappings.len());
    let mut backings = Vec::with_capacity(segments.len() + mappings.len());
    let mut push = |part: LoadedSegment, mapping: Option<&FileMapping>| {
        let offset = mapping.map_or(0, |mapping| mapping.offset + (part.start - mapping.start));
        let file = mapping.map(|mapping| mapping.file);
        ranges.push(Range {
            start: part.start,
            end: part.end,
            readable: part.readable,
            writable: part.writable,
            executable: part.executable,
            shared: false,
            offset,
            file: file.and_then(|file| files.get(file as usize).cloned()),
        });
        backings.push(Backing { place: part.place, claimed: part.claimed, present: part.present, file });
    };
    let mut segments = segments.iter().copied().peekable();
    let mut mappings = mappings.iter().peekable();
    // Everything below is told.
    let mut at = 0;
    loop {
        while mappings.next_if(|mapping| mapping.end <= at).is_some() {}
        while segments.next_if(|segment| segment.end <= at).is_some() {}
        let (segment, mapping) = (segments.peek(), mappings.peek());
        let segment_start = segment.map_or(u64::MAX, |segment| segment.start.max(at));
        let mapping_start = mapping.map_or(u64::MAX, |mapping| mapping.start.max(at));
        match (segment, mapping) {
            (None, None) => return (ranges, backings),
            (Some(segment), mapping) if segment_start <= mapping_start => {
                let mapping = mapping.filter(|_| segment_start == mapping_start);
                let end = match mapping {
                    Some(mapping) => segment.end.min(mapping.end),
                    None => segment.end.min(mapping_start),
                };
                push(segment.from(segment_start).until(end), mapping.copied());
                at = end;
            }
            (_, Some(mapping)) => {
                let end = mapping.end.min(segment_start);
                let unknown = LoadedSegment {
                    start: mapping_start,
                    end,
                    readable: true,
                    writable: false,
                    executable: false,
                    place: 0,
                    claimed: 0,
                    present: 0,
                };
                push(unknown, Some(mapping));
                at = end;
            }
            (Some(_), None) => return (ranges, backings),
        }
    }
}

/// Python's objects are in anonymous memory: a core without it has nothing to tell.
fn check_heap(
    segments: &Segments,
    ranges: &[Range],
    backings: &[Backing],
    length: u64,
    name: &str,
) -> Result<(), CoreError> {
    let anonymous = ranges.iter().zip(backings).filter(|(range, backing)| backing.file.is_none() && range.writable);
    let mut claimed = 0u64;
    for (_, backing) in anonymous {
        if backing.present > 0 {
            return Ok(());
        }
        claimed = claimed.saturating_add(backing.claimed);
    }
    if claimed > 0 {
        let place = format!("{name}, byte {} (its end)", crate::units::count(length));
        let found = format!("an end before all of its anonymous memory ({} are missing)", size(segments.cut_off));
        let expected = format!("{} of memory", size(segments.promised()));
        return Err(CoreError::new(CoreErrorKind::CutOff, place, expected, found));
    }
    let found = format!("{} of memory, none of it anonymous: the heap was left out", size(segments.promised()));
    let place = format!("{name}, its segments");
    Err(CoreError::new(CoreErrorKind::WithoutHeap, place, "the process's writable anonymous memory", found))
}
