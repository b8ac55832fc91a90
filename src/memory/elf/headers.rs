//! The header and the program headers of an ELF image, from memory or from a file, with every number checked.

use object::LittleEndian as LE;
use object::elf::{self, FileHeader64, ProgramHeader64};

use crate::memory::bytes::Bytes;

/// More program headers than any real image has; a table beyond is refused.
const MOST_PROGRAM_HEADERS: u16 = 512;
const PAGE: u64 = 4096;

/// One program header, as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub kind: u32,
    /// Place of its first byte in the file.
    pub offset: u64,
    /// Where it wants to be, before the bias.
    pub address: u64,
    /// Bytes that come from the file.
    pub file_size: u64,
    /// Bytes in memory, at least `file_size`; the rest is `.bss`.
    pub memory_size: u64,
    pub executable: bool,
    pub alignment: u64,
}

impl Segment {
    pub fn is_loaded(&self) -> bool {
        self.kind == elf::PT_LOAD.0 && self.memory_size > 0
    }

    /// Its first byte's address, rounded down to a page as the loader maps it.
    pub fn first_page(&self) -> u64 {
        page_of(self.address)
    }

    /// Its place in the file, rounded down to a page.
    pub fn first_page_offset(&self) -> u64 {
        page_of(self.offset)
    }
}

/// What starts an ELF image of the architecture that is read here: 64 bits, little-endian, x86-64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Headers {
    /// The first 64 bytes, to compare memory with a file.
    pub header: [u8; 64],
    /// Not relocatable: its addresses are those in memory.
    pub is_fixed: bool,
    /// In the order of the table.
    pub segments: Vec<Segment>,
    /// Place and entries of the section headers in the file, and which of them names the others.
    pub sections: SectionTable,
}

/// Where the file says that its section headers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SectionTable {
    pub offset: u64,
    pub count: u64,
    pub names: u32,
    pub entry_size: u16,
}

/// What the first bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// An image that can be read.
    Native(Box<Headers>),
    /// An image for another kind of processor, in words.
    Foreign(String),
    /// Nothing of the kind, or damaged.
    Other,
}

/// Reads the start of an image; `place_of` tells where in `bytes` an offset of its file is found.
pub(super) fn read(bytes: &impl Bytes, place_of: impl Fn(u64) -> Option<u64>) -> Start {
    let mut header = [0; 64];
    let Some(at) = place_of(0) else { return Start::Other };
    if bytes.fill(at, &mut header) < 52 || !header.starts_with(&elf::ELFMAG) {
        return Start::Other;
    }
    if let Some(foreign) = foreign(&header) {
        return Start::Foreign(foreign);
    }
    let Ok((parsed, _)) = object::pod::from_bytes::<FileHeader64<LE>>(&header) else { return Start::Other };
    let kind = parsed.e_type.get(LE);
    let count = parsed.e_phnum.get(LE);
    let entry_size = parsed.e_phentsize.get(LE);
    let is_image = matches!(kind, elf::ET_EXEC | elf::ET_DYN);
    if !is_image
        || count == 0
        || count > MOST_PROGRAM_HEADERS
        || usize::from(entry_size) != size_of::<ProgramHeader64<LE>>()
    {
        return Start::Other;
    }
    // The table may stand far behind the header (in files that were patched for other places of their libraries).
    let Some(table) = place_of(parsed.e_phoff.get(LE)) else { return Start::Other };
    let mut segments = Vec::with_capacity(count.into());
    for index in 0..u64::from(count) {
        let place = table.checked_add(index * u64::from(entry_size));
        let Some(entry) = place.and_then(|place| bytes.structure::<ProgramHeader64<LE>>(place)) else {
            return Start::Other;
        };
        let segment = Segment {
            kind: entry.p_type.get(LE).0,
            offset: entry.p_offset.get(LE),
            address: entry.p_vaddr.get(LE),
            file_size: entry.p_filesz.get(LE),
            memory_size: entry.p_memsz.get(LE).max(entry.p_filesz.get(LE)),
            executable: entry.p_flags.get(LE).contains(elf::PF_X),
            alignment: entry.p_align.get(LE),
        };
        if segment.address.checked_add(segment.memory_size).is_none()
            || segment.offset.checked_add(segment.file_size).is_none()
        {
            return Start::Other;
        }
        segments.push(segment);
    }
    let sections = SectionTable {
        offset: parsed.e_shoff.get(LE),
        count: parsed.e_shnum.get(LE).into(),
        names: parsed.e_shstrndx.get(LE).0.into(),
        entry_size: parsed.e_shentsize.get(LE),
    };
    Start::Native(Box::new(Headers { header, is_fixed: kind == elf::ET_EXEC, segments, sections }))
}

/// What an ELF header is for, in words, when it is not for 64-bit x86.
pub(in crate::memory) fn foreign(header: &[u8; 64]) -> Option<String> {
    let [class, encoding] = [header[4], header[5]];
    let is_big_endian = encoding == elf::ELFDATA2MSB.0;
    let number = [header[18], header[19]];
    let machine = elf::Machine(if is_big_endian { u16::from_be_bytes(number) } else { u16::from_le_bytes(number) });
    let bits = match elf::FileClass(class) {
        elf::ELFCLASS64 => 64,
        elf::ELFCLASS32 => 32,
        elf::FileClass(other) => return Some(format!("ELF of unknown class {other}")),
    };
    if bits == 64 && !is_big_endian && machine == elf::EM_X86_64 {
        return None;
    }
    let name = match machine {
        elf::EM_X86_64 | elf::EM_386 => "x86".to_owned(),
        elf::EM_AARCH64 => "ARM (AArch64)".to_owned(),
        elf::EM_ARM => "ARM".to_owned(),
        elf::EM_RISCV => "RISC-V".to_owned(),
        elf::EM_PPC64 | elf::EM_PPC => "PowerPC".to_owned(),
        elf::EM_S390 => "IBM Z (s390x)".to_owned(),
        elf::EM_LOONGARCH => "LoongArch".to_owned(),
        elf::EM_MIPS => "MIPS".to_owned(),
        elf::Machine(number) => format!("ELF machine {number}"),
    };
    Some(format!("{bits}-bit {name}"))
}

/// The start of the page that holds `address`.
pub(super) fn page_of(address: u64) -> u64 {
    address & !(PAGE - 1)
}

/// The start of the page behind the last byte before `end`.
pub(super) fn page_behind(end: u64) -> u64 {
    end.checked_add(PAGE - 1).map_or(u64::MAX, page_of)
}
