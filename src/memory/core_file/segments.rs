//! The header of a core file and its segments: which bytes of the file are which part of the address space.

use std::fs::File;

use object::LittleEndian as LE;
use object::elf::{self, FileHeader64, ProgramHeader64, SectionHeader64};

use super::error::{CoreError, CoreErrorKind};
use crate::memory::bytes::Bytes;
use crate::memory::elf::foreign;
use crate::units::{bytes, count, counted};

/// Processes have 65,530 mappings at most unless `vm.max_map_count` was raised.
const MOST_SEGMENTS: u64 = 1 << 20;
const ENTRY: usize = size_of::<ProgramHeader64<LE>>();

/// A part of the address space, as a program header tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LoadedSegment {
    pub start: u64,
    pub end: u64,
    pub readable: bool,
    pub writable: bool,
    pub executable: bool,
    /// Place of its first byte in the core.
    pub place: u64,
    /// Bytes from the start on that the core claims to have.
    pub claimed: u64,
    /// Bytes from the start on that the file is long enough for.
    pub present: u64,
}

impl LoadedSegment {
    /// What remains from `address` on.
    pub fn from(mut self, address: u64) -> Self {
        let cut = address.saturating_sub(self.start);
        self.start += cut;
        self.place = self.place.saturating_add(cut);
        self.claimed = self.claimed.saturating_sub(cut);
        self.present = self.present.saturating_sub(cut);
        self
    }

    /// What there is below `address`.
    pub fn until(mut self, address: u64) -> Self {
        self.end = self.end.min(address);
        let size = self.end - self.start;
        self.claimed = self.claimed.min(size);
        self.present = self.present.min(size);
        self
    }
}

/// What the program headers tell.
#[derive(Debug, Default)]
pub(super) struct Segments {
    /// Ascending, no two overlap, none is empty.
    pub loaded: Vec<LoadedSegment>,
    /// Places and sizes of the notes in the file.
    pub notes: Vec<(u64, u64)>,
    /// Segments that were dropped or cut: they contradict themselves or overlap others.
    pub contradictions: u64,
    /// Bytes that the headers promise behind the end of the file.
    pub cut_off: u64,
}

/// Reads header and program headers of `file`, which has `length` bytes; `name` is for errors.
pub(super) fn read(file: &File, length: u64, name: &str) -> Result<Segments, CoreError> {
    let header = read_header(file, length, name)?;
    let total = segment_count(file, &header, name)?;
    let table = header.e_phoff.get(LE);
    let entry_size = header.e_phentsize.get(LE);
    if usize::from(entry_size) != ENTRY {
        let place = format!("{name}, byte 54 (size of a program header)");
        return Err(CoreError::new(CoreErrorKind::Damaged, place, ENTRY.to_string(), entry_size.to_string()));
    }
    if total > MOST_SEGMENTS {
        let place = format!("{name}, byte 56 (number of segments)");
        let expected = format!("at most {}", count(MOST_SEGMENTS));
        return Err(CoreError::new(CoreErrorKind::TooLarge, place, expected, count(total)));
    }
    let end = table.checked_add(total * ENTRY as u64).filter(|&end| end <= length);
    if end.is_none() {
        let place = format!("{name}, byte {} (program headers)", count(table));
        let expected = format!("{} of {ENTRY} bytes each", counted(total, "header"));
        let found = format!("the end of the file at byte {}", count(length));
        return Err(CoreError::new(CoreErrorKind::CutOff, place, expected, found));
    }
    let mut segments = Segments::default();
    let mut buffer = vec![0; ENTRY * total.min(1024) as usize];
    let mut done = 0;
    while done < total {
        let wanted = (total - done).min(1024) as usize;
        let place = table + done * ENTRY as u64;
        let part = &mut buffer[..wanted * ENTRY];
        let entries =
            file.fill_all(place, part).then(|| object::pod::slice_from_bytes::<ProgramHeader64<LE>>(part, wanted));
        let Some(Ok((entries, _))) = entries else {
            let place = format!("{name}, byte {} (program headers)", count(place));
            return Err(CoreError::new(CoreErrorKind::Unreadable, place, "bytes", "an error of the file system"));
        };
        for entry in entries {
            segments.add(entry, length);
        }
        done += wanted as u64;
    }
    segments.arrange();
    Ok(segments)
}

fn read_header(file: &File, length: u64, name: &str) -> Result<FileHeader64<LE>, CoreError> {
    let mut header = [0; 64];
    let filled = file.fill(0, &mut header);
    let place = format!("{name}, byte 0");
    let packed: [(&[u8], &str); 5] = [
        (&[0x28, 0xb5, 0x2f, 0xfd], "Zstandard"),
        (&[0x04, 0x22, 0x4d, 0x18], "LZ4"),
        (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
        (&[0x1f, 0x8b], "gzip"),
        (b"BZh", "bzip2"),
    ];
    if let Some((_, method)) = packed.iter().find(|(magic, _)| header[..filled].starts_with(magic)) {
        return Err(CoreError::new(
            CoreErrorKind::Compressed,
            place,
            "an ELF core file",
            format!("a {method} archive"),
        ));
    }
    if filled < header.len()
        && (filled == 0 || elf::ELFMAG.starts_with(&header[..filled.min(4)]) || header.starts_with(&elf::ELFMAG))
    {
        let found = format!("the end of the file at byte {}", count(length));
        return Err(CoreError::new(CoreErrorKind::CutOff, place, "an ELF header of 64 bytes", found));
    }
    if !header.starts_with(&elf::ELFMAG) {
        let found =
            format!("bytes {}", header[..4].iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "));
        return Err(CoreError::new(CoreErrorKind::OtherFormat, place, "an ELF core file (bytes 7f 45 4c 46)", found));
    }
    if let Some(foreign) = foreign(&header) {
        let place = format!("{name}, byte 4 (kind of processor)");
        return Err(CoreError::new(CoreErrorKind::Foreign, place, "64-bit x86", foreign));
    }
    let place = format!("{name}, byte 16 (kind of ELF file)");
    let damaged = |_| CoreError::new(CoreErrorKind::Damaged, &place, "an ELF header", "another structure");
    let (header, _) = object::pod::from_bytes::<FileHeader64<LE>>(&header).map_err(damaged)?;
    let kind = match header.e_type.get(LE) {
        elf::ET_CORE => return Ok(*header),
        elf::ET_EXEC | elf::ET_DYN => "a program or library".to_owned(),
        elf::ET_REL => "an object file".to_owned(),
        other => format!("kind {}", other.0),
    };
    Err(CoreError::new(CoreErrorKind::OtherFormat, place, "a core (kind 4)", kind))
}

fn segment_count(file: &File, header: &FileHeader64<LE>, name: &str) -> Result<u64, CoreError> {
    let total = header.e_phnum.get(LE);
    if total == 0 {
        let place = format!("{name}, byte 56 (number of segments)");
        return Err(CoreError::new(CoreErrorKind::Damaged, place, "at least one segment", "0"));
    }
    if total != elf::PN_XNUM {
        return Ok(total.into());
    }
    // Too many for the field: the first section header, which describes no section, has the number.
    let place = header.e_shoff.get(LE);
    let section = (place > 0).then(|| file.structure::<SectionHeader64<LE>>(place)).flatten();
    section.map(|section| section.sh_info.get(LE).into()).ok_or_else(|| {
        let place = format!("{name}, byte {} (section header with the number of segments)", count(place));
        CoreError::new(CoreErrorKind::CutOff, place, "64 bytes", "the end of the file")
    })
}

impl Segments {
    fn add(&mut self, entry: &ProgramHeader64<LE>, length: u64) {
        let (place, in_file) = (entry.p_offset.get(LE), entry.p_filesz.get(LE));
        let (start, in_memory) = (entry.p_vaddr.get(LE), entry.p_memsz.get(LE));
        let present = length.saturating_sub(place).min(in_file);
        match entry.p_type.get(LE) {
            elf::PT_NOTE => {
                self.cut_off = self.cut_off.saturating_add(in_file - present);
                self.notes.push((place, present));
            }
            elf::PT_LOAD if in_memory > 0 => {
                let Some(end) = start.checked_add(in_memory) else {
                    self.contradictions += 1;
                    return;
                };
                let claimed = in_file.min(in_memory);
                let present = present.min(claimed);
                self.contradictions += u64::from(in_file > in_memory);
                self.cut_off = self.cut_off.saturating_add(claimed - present);
                let flags = entry.p_flags.get(LE);
                self.loaded.push(LoadedSegment {
                    start,
                    end,
                    readable: flags.contains(elf::PF_R),
                    writable: flags.contains(elf::PF_W),
                    executable: flags.contains(elf::PF_X),
                    place,
                    claimed,
                    present,
                });
            }
            _ => {}
        }
    }

    /// Sorts, and cuts what overlaps: the one that starts first keeps the bytes.
    fn arrange(&mut self) {
        self.loaded.sort_by_key(|segment| segment.start);
        let mut end = 0;
        let mut overlaps = 0;
        self.loaded.retain_mut(|segment| {
            if segment.start < end {
                overlaps += 1;
                if segment.end <= end {
                    return false;
                }
                *segment = segment.from(end);
            }
            end = segment.end;
            true
        });
        self.contradictions += overlaps;
    }

    /// Bytes of memory that the headers promise to be in the file.
    pub fn promised(&self) -> u64 {
        self.loaded.iter().map(|segment| segment.claimed).fold(0, u64::saturating_add)
    }
}

/// `12.0 MiB`, for errors.
pub(super) fn size(number: u64) -> String {
    bytes(number)
}
