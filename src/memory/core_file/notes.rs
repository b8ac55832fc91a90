//! The notes of a core file: threads with their registers, the command, the mapped files, the auxiliary vector.

use std::fs::File;
use std::path::PathBuf;

use object::elf;

use crate::memory::bytes::Bytes;

/// Notes looked at; a process of 100,000 threads has fewer.
const MOST_NOTES: u32 = 1 << 21;
const MOST_THREADS: usize = 1 << 18;
const MOST_MAPPINGS: u64 = 1 << 20;
/// The kernel's own limit for the list of files is 4 MiB unless it was raised.
const LONGEST_FILE_LIST: u64 = 64 << 20;

/// A thread of the process at the moment of the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreThread {
    /// As the kernel numbers threads.
    pub tid: u32,
    /// The signal that it was to get, e.g. 6 for `SIGABRT`; 0 for none.
    pub signal: u16,
    /// In the order of `struct user_regs_struct`: `r15` first, `gs` last.
    pub registers: [u64; 27],
}

impl CoreThread {
    /// `rip`.
    pub fn instruction_pointer(&self) -> u64 {
        self.registers[16]
    }

    /// `rsp`.
    pub fn stack_pointer(&self) -> u64 {
        self.registers[19]
    }

    /// `fs_base`: what `pthread_self` returns, on glibc and musl.
    pub fn thread_pointer(&self) -> u64 {
        self.registers[21]
    }
}

/// A part of a file that was mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileMapping {
    pub start: u64,
    pub end: u64,
    /// Place of its first byte in the file.
    pub offset: u64,
    /// Which of [`Notes::files`].
    pub file: u32,
}

/// What the notes tell.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub threads: Vec<CoreThread>,
    pub pid: Option<u32>,
    /// Name of the program, at most 15 bytes, and the start of its command line.
    pub name: Option<String>,
    pub command: Option<String>,
    /// Ascending, no two overlap.
    pub mappings: Vec<FileMapping>,
    /// Each path once.
    pub files: Vec<PathBuf>,
    /// An address in the program: where it starts.
    pub entry: Option<u64>,
    /// Notes, threads and mappings that make no sense or are cut.
    pub contradictions: u64,
}

/// Reads the notes at `places` (place, size) of `file`.
pub(super) fn read(file: &File, places: &[(u64, u64)]) -> Notes {
    let mut notes = Notes::default();
    let mut left = MOST_NOTES;
    for &(start, size) in places {
        let mut at = 0u64;
        while at + 12 <= size {
            if left == 0 {
                notes.contradictions += 1;
                return notes;
            }
            left -= 1;
            let Some(header) = file.structure::<[[u8; 4]; 3]>(start + at) else { break };
            let [name_size, content_size, kind] = header.map(u32::from_le_bytes);
            let content = at + 12 + u64::from(name_size).next_multiple_of(4);
            let end = content + u64::from(content_size);
            if end > size {
                notes.contradictions += 1;
                // The list of files is long and comes last: what there is of it is of use.
            }
            let length = size.saturating_sub(content).min(content_size.into());
            let is_core = name_size == 5 && file.has_text(start + at + 12, "CORE");
            if is_core {
                notes.add(file, kind, start + content, length);
            }
            at = end.next_multiple_of(4);
        }
    }
    notes.arrange();
    notes
}

impl Notes {
    fn add(&mut self, file: &File, kind: u32, place: u64, length: u64) {
        match elf::NoteType(kind) {
            elf::NT_PRSTATUS => match thread(file, place, length) {
                Some(thread) if self.threads.len() < MOST_THREADS => self.threads.push(thread),
                _ => self.contradictions += 1,
            },
            elf::NT_PRPSINFO => self.add_command(file, place, length),
            elf::NT_FILE => self.add_files(file, place, length),
            elf::NT_AUXV => {
                let pairs =
                    (0..length.min(4096) / 16).map_while(|index| file.structure::<[[u8; 8]; 2]>(place + index * 16));
                let mut pairs = pairs.map(|pair| pair.map(u64::from_le_bytes)).take_while(|[key, _]| *key != 0);
                self.entry = pairs.find_map(|[key, value]| (key == AT_ENTRY).then_some(value)).or(self.entry);
            }
            _ => {}
        }
    }

    /// `struct elf_prpsinfo`.
    fn add_command(&mut self, file: &File, place: u64, length: u64) {
        let mut info = [0; 136];
        if length < info.len() as u64 || !file.fill_all(place, &mut info) {
            self.contradictions += 1;
            return;
        }
        let text = |bytes: &[u8]| {
            let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
            let text = String::from_utf8_lossy(&bytes[..end]).trim_end().to_owned();
            (!text.is_empty()).then_some(text)
        };
        self.pid = Some(u32::from_le_bytes([info[24], info[25], info[26], info[27]])).filter(|pid| *pid != 0);
        self.name = text(&info[40..56]);
        self.command = text(&info[56..]);
    }

    /// A count, the size of a page, as many triples (start, end, offset in pages), as many names.
    fn add_files(&mut self, file: &File, place: u64, length: u64) {
        let length = length.min(LONGEST_FILE_LIST);
        let header = file.structure::<[[u8; 8]; 2]>(place).filter(|_| length >= 16);
        let Some([count, page]) = header.map(|header| header.map(u64::from_le_bytes)) else {
            self.contradictions += 1;
            return;
        };
        let is_sane = page.is_power_of_two() && (1..=1 << 21).contains(&page) && count <= MOST_MAPPINGS;
        if !is_sane || count * 24 > length - 16 {
            self.contradictions += 1;
            return;
        }
        let mut triples = vec![0; (count * 24) as usize];
        let names_at = 16 + count * 24;
        let mut names = vec![0; (length - names_at) as usize];
        if !file.fill_all(place + 16, &mut triples) || !file.fill_all(place + names_at, &mut names) {
            self.contradictions += 1;
            return;
        }
        let mut numbers = std::collections::HashMap::new();
        let mut names = names.split_inclusive(|&byte| byte == 0).map(|name| name.strip_suffix(&[0]));
        for triple in triples.chunks_exact(24) {
            let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| triple[at + byte]));
            let (start, end, offset) = (number(0), number(8), number(16).checked_mul(page));
            // The last name may be cut.
            let (Some(Some(name)), Some(offset)) = (names.next(), offset) else {
                self.contradictions += 1;
                continue;
            };
            // No file has bytes behind the largest signed number.
            let is_placed = start < end && offset.checked_add(end - start).is_some_and(|last| last <= i64::MAX as u64);
            if !is_placed || name.is_empty() {
                self.contradictions += 1;
                continue;
            }
            let index = *numbers.entry(name.to_vec()).or_insert_with(|| {
                use std::os::unix::ffi::OsStringExt;
                self.files.push(PathBuf::from(std::ffi::OsString::from_vec(name.to_vec())));
                (self.files.len() - 1) as u32
            });
            self.mappings.push(FileMapping { start, end, offset, file: index });
        }
    }

    fn arrange(&mut self) {
        self.mappings.sort_by_key(|mapping| mapping.start);
        let mut end = 0;
        let before = self.mappings.len();
        self.mappings.retain(|mapping| {
            let is_free = mapping.start >= end;
            if is_free {
                end = mapping.end;
            }
            is_free
        });
        self.contradictions += (before - self.mappings.len()) as u64;
    }
}

/// Key of the program's first instruction in the auxiliary vector.
const AT_ENTRY: u64 = 9;

/// `struct elf_prstatus`.
fn thread(file: &File, place: u64, length: u64) -> Option<CoreThread> {
    let mut status = [0; 336];
    if length < status.len() as u64 || !file.fill_all(place, &mut status) {
        return None;
    }
    let register = |index: usize| u64::from_le_bytes(std::array::from_fn(|byte| status[112 + index * 8 + byte]));
    Some(CoreThread {
        tid: u32::from_le_bytes([status[32], status[33], status[34], status[35]]),
        signal: u16::from_le_bytes([status[12], status[13]]),
        registers: std::array::from_fn(register),
    })
}
