//! The functions of the target: which mapped ELF file defines them, at which address.

use std::fs::File;
use std::path::{Path, PathBuf};

use object::elf;
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, ReadCache, SymbolKind};
use procfs::process::{MMPermissions, MMapPath, MemoryMap, MemoryMaps};

use super::memory::Memory;
use super::target_root::TargetRoot;

/// One ELF file mapped into the target, with the parts of the address space it covers.
#[derive(Debug)]
pub(super) struct MappedFile {
    path: PathBuf,
    maps: Vec<MemoryMap>,
}

impl MappedFile {
    /// The path as the target's kernel tells it, without its ` (deleted)`.
    pub(super) fn path(&self) -> &Path {
        let text = self.path.as_os_str().to_str();
        text.and_then(|text| text.strip_suffix(" (deleted)")).map_or(&self.path, Path::new)
    }

    /// The last part of the path, for people and for matching.
    pub(super) fn name(&self) -> String {
        self.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether `address` lies in a part of this file that may be executed.
    pub(super) fn has_code_at(&self, address: u64) -> bool {
        self.code().any(|map| (map.address.0..map.address.1).contains(&address))
    }

    /// Whether `address` lies between the first and the last byte of this file's mappings, or in
    /// the anonymous memory directly behind them (`.bss`).
    pub(super) fn spans(&self, address: u64, maps: &[MemoryMap]) -> bool {
        let (Some(first), Some(last)) = (self.maps.first(), self.maps.last()) else {
            return false;
        };
        let mut end = last.address.1;
        while let Some(next) = maps.iter().find(|map| map.address.0 == end) {
            if next.inode != 0 || !matches!(next.pathname, MMapPath::Anonymous) {
                break;
            }
            end = next.address.1;
        }
        (first.address.0..end).contains(&address)
    }

    /// The mappings that may be executed.
    pub(super) fn code(&self) -> impl Iterator<Item = &MemoryMap> {
        self.maps.iter().filter(|map| map.perms.contains(MMPermissions::EXECUTE))
    }

    /// Opens the file behind the mappings. It may have been replaced since: callers compare.
    fn open(&self, pid: u32, root: Option<&TargetRoot>) -> Option<File> {
        if !self.path.as_os_str().to_string_lossy().ends_with(" (deleted)")
            && let Some(file) = root.and_then(|root| root.open_file(self.path()).ok())
        {
            return Some(file);
        }
        let first = self.maps.first()?;
        let (start, end) = first.address;
        // Needs more rights than tracing, but knows deleted files too.
        if let Ok(file) = File::open(format!("/proc/{pid}/map_files/{start:x}-{end:x}")) {
            return Some(file);
        }
        let exe = format!("/proc/{pid}/exe");
        (std::fs::read_link(&exe).ok()? == self.path).then(|| File::open(exe).ok())?
    }
}

/// The ELF files that are mapped with executable parts, in address order.
pub(super) fn mapped_files(maps: &MemoryMaps) -> Vec<MappedFile> {
    let mut files: Vec<MappedFile> = Vec::new();
    for map in maps.iter() {
        let MMapPath::Path(path) = &map.pathname else {
            continue;
        };
        match files.iter_mut().find(|file| file.path == *path) {
            Some(file) => file.maps.push(map.clone()),
            None => files.push(MappedFile { path: path.clone(), maps: vec![map.clone()] }),
        }
    }
    files.retain(|file| file.code().next().is_some());
    files
}

/// Why a function's address is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SymbolError {
    /// The file cannot be opened or read, not even through the target's own root.
    #[error("its file {0} cannot be read")]
    Unreadable(String),
    /// No symbol table names it.
    #[error("{file} does not define {name} (stripped?)")]
    Missing {
        /// The file that was searched.
        file: String,
        /// The function.
        name: &'static str,
    },
    /// What is in memory is not what the file says: replaced on disk, or patched by another tool.
    #[error("{file} on disk is not the one in memory (upgraded since, or patched): {name} differs")]
    Changed {
        /// The file that was searched.
        file: String,
        /// The function.
        name: &'static str,
    },
}

/// Finds `names` in `file`: in its dynamic symbols, else in the full symbol table.
///
/// Each address is proved: the first bytes of the function in memory are those of the file.
/// A call to a wrong address would end the target. O(symbols of the file · names).
pub(super) fn resolve<const N: usize>(
    pid: u32,
    root: Option<&TargetRoot>,
    memory: &Memory,
    file: &MappedFile,
    names: [&'static str; N],
) -> Result<[u64; N], SymbolError> {
    let unreadable = || SymbolError::Unreadable(file.path().display().to_string());
    let opened = file.open(pid, root).ok_or_else(unreadable)?;
    let cache = ReadCache::new(opened);
    let parsed = ElfFile64::<Endianness, _>::parse(&cache).map_err(|_| unreadable())?;
    let bias = bias(&parsed, file).ok_or_else(unreadable)?;
    let mut found = [None; N];
    for symbol in parsed.dynamic_symbols().chain(parsed.symbols()) {
        if symbol.is_undefined() || symbol.kind() != SymbolKind::Text {
            continue;
        }
        let Ok(name) = symbol.name() else { continue };
        for (wanted, slot) in names.iter().zip(&mut found) {
            if slot.is_none() && *wanted == name {
                *slot = Some((symbol.address(), symbol.size()));
            }
        }
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    let mut addresses = [0; N];
    for ((name, slot), address) in names.into_iter().zip(found).zip(&mut addresses) {
        let (offset, size) = slot.ok_or_else(|| SymbolError::Missing { file: file.name(), name })?;
        *address = bias.wrapping_add(offset);
        let length = size.clamp(4, 32);
        let on_disk = parsed
            .sections()
            .find(|section| (section.address()..section.address() + section.size()).contains(&offset))
            .and_then(|section| section.data_range(offset, length).ok().flatten());
        let in_memory = memory.bytes(*address, length as usize).ok();
        if on_disk.is_none() || on_disk != in_memory.as_deref() || !file.has_code_at(*address) {
            return Err(SymbolError::Changed { file: file.name(), name });
        }
    }
    Ok(addresses)
}

/// The address in memory of the section `name` of `file`, e.g. `.PyRuntime`.
pub(super) fn section_address(pid: u32, root: Option<&TargetRoot>, file: &MappedFile, name: &str) -> Option<u64> {
    let cache = ReadCache::new(file.open(pid, root)?);
    let parsed = ElfFile64::<Endianness, _>::parse(&cache).ok()?;
    let section = parsed.section_by_name(name)?;
    Some(bias(&parsed, file)?.wrapping_add(section.address()))
}

/// What is added to the file's addresses in memory: 0 for a program that is not relocatable.
fn bias<'data, R: object::ReadRef<'data>>(parsed: &ElfFile64<'data, Endianness, R>, file: &MappedFile) -> Option<u64> {
    const PAGE: u64 = 4096;
    let endian = parsed.endian();
    if parsed.elf_header().e_type(endian) == elf::ET_EXEC {
        return Some(0);
    }
    for header in parsed.elf_program_headers() {
        if header.p_type(endian) != elf::PT_LOAD {
            continue;
        }
        let offset = header.p_offset(endian) & !(PAGE - 1);
        let address = header.p_vaddr(endian) & !(PAGE - 1);
        if let Some(map) = file.maps.iter().find(|map| map.offset == offset) {
            return Some(map.address.0.wrapping_sub(address));
        }
    }
    None
}
