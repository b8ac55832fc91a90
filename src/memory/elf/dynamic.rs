//! Symbols that an image exports, found through its dynamic table as the dynamic linker finds them.

use object::LittleEndian as LE;
use object::elf::{self, Dyn64, GnuHashHeader, HashHeader, Sym64};

use crate::memory::bytes::Bytes;

/// No real dynamic table is longer.
const MOST_ENTRIES: u64 = 1024;
/// Real chains have a handful of links; one without an end is left.
const MOST_LINKS: u32 = 4096;

/// What a look into a symbol table gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// Address before the bias, and size in bytes.
    Found { address: u64, size: u64 },
    /// The table was read; the name is not in it.
    Absent,
    /// The table, or a part that matters, is not there.
    Unknown,
}

/// The places of the tables that the dynamic linker uses, as addresses before the bias.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct DynamicTables {
    gnu_hash: Option<u64>,
    system_v_hash: Option<u64>,
    symbols: Option<u64>,
    strings: Option<u64>,
    soname: Option<u64>,
    /// Only programs have it, never libraries.
    pub is_program: bool,
}

impl DynamicTables {
    /// Reads the table at `address` of `size` bytes; `None` when nothing of it can be read. `unbiased` undoes what the
    /// dynamic linker may have added to an address.
    pub fn read(bytes: &impl Bytes, address: u64, size: u64, unbiased: impl Fn(u64) -> u64) -> Option<Self> {
        const ENTRY: usize = size_of::<Dyn64<LE>>();
        let count = (size / ENTRY as u64).min(MOST_ENTRIES) as usize;
        let mut buffer = vec![0; count * ENTRY];
        let filled = bytes.fill(address, &mut buffer) / ENTRY;
        let (entries, _) = object::pod::slice_from_bytes::<Dyn64<LE>>(&buffer, filled).ok()?;
        if entries.is_empty() {
            return None;
        }
        let mut tables = Self::default();
        for entry in entries {
            let value = entry.d_val.get(LE);
            match entry.d_tag.get(LE) {
                elf::DT_NULL => break,
                elf::DT_GNU_HASH => tables.gnu_hash = Some(unbiased(value)),
                elf::DT_HASH => tables.system_v_hash = Some(unbiased(value)),
                elf::DT_SYMTAB => tables.symbols = Some(unbiased(value)),
                elf::DT_STRTAB => tables.strings = Some(unbiased(value)),
                elf::DT_SONAME => tables.soname = Some(value),
                elf::DT_DEBUG => tables.is_program = true,
                _ => {}
            }
        }
        Some(tables)
    }

    /// The name that the library gives itself, e.g. `libpython3.8.so.1.0`.
    pub fn soname(&self, bytes: &impl Bytes) -> Option<String> {
        bytes.text_at(self.strings?.checked_add(self.soname?)?, 255)
    }

    /// Looks `name` up through the hash tables.
    pub fn look_up(&self, bytes: &impl Bytes, name: &str) -> Lookup {
        let by_gnu = self.through_gnu_hash(bytes, name);
        if by_gnu == Some(Lookup::Unknown) || by_gnu.is_none() {
            return self.through_system_v_hash(bytes, name).or(by_gnu).unwrap_or(Lookup::Unknown);
        }
        by_gnu.unwrap_or(Lookup::Unknown)
    }

    /// The symbol of number `index`, when it is called `name`.
    fn named(&self, bytes: &impl Bytes, index: u32, name: &str) -> Option<Lookup> {
        let entry = self.symbols?.checked_add(u64::from(index) * size_of::<Sym64<LE>>() as u64)?;
        let Some(symbol) = bytes.structure::<Sym64<LE>>(entry) else { return Some(Lookup::Unknown) };
        let text = self.strings?.checked_add(symbol.st_name.get(LE).into())?;
        if !bytes.has_text(text, name) {
            return None;
        }
        defined(&symbol)
    }

    fn through_gnu_hash(&self, bytes: &impl Bytes, name: &str) -> Option<Lookup> {
        let table = self.gnu_hash?;
        let (Some(_), Some(_)) = (self.symbols, self.strings) else { return None };
        let Some(header) = bytes.structure::<GnuHashHeader<LE>>(table) else { return Some(Lookup::Unknown) };
        let [buckets, first_symbol, words, shift] =
            [&header.bucket_count, &header.symbol_base, &header.bloom_count, &header.bloom_shift]
                .map(|field| field.get(LE));
        if buckets == 0 || words == 0 {
            return Some(Lookup::Absent);
        }
        let hash = elf::gnu_hash(name.as_bytes());
        let filter = table.checked_add(16)?;
        let word = bytes.u64_at(filter.checked_add(u64::from(hash / 64 % words) * 8)?);
        let Some(word) = word else { return Some(Lookup::Unknown) };
        let second = hash.checked_shr(shift).unwrap_or(0);
        if word >> (hash % 64) & word >> (second % 64) & 1 == 0 {
            return Some(Lookup::Absent);
        }
        let bucket_table = filter.checked_add(u64::from(words) * 8)?;
        let bucket = bytes.u32_at(bucket_table.checked_add(u64::from(hash % buckets) * 4)?);
        let Some(first) = bucket else { return Some(Lookup::Unknown) };
        if first < first_symbol {
            return Some(Lookup::Absent);
        }
        let chains = bucket_table.checked_add(u64::from(buckets) * 4)?;
        for link in 0..MOST_LINKS {
            let index = first.checked_add(link)?;
            let chain = bytes.u32_at(chains.checked_add(u64::from(index - first_symbol) * 4)?);
            let Some(chain) = chain else { return Some(Lookup::Unknown) };
            if chain | 1 == hash | 1
                && let Some(found) = self.named(bytes, index, name)
            {
                return Some(found);
            }
            if chain & 1 == 1 {
                return Some(Lookup::Absent);
            }
        }
        Some(Lookup::Unknown)
    }

    fn through_system_v_hash(&self, bytes: &impl Bytes, name: &str) -> Option<Lookup> {
        let table = self.system_v_hash?;
        let (Some(_), Some(_)) = (self.symbols, self.strings) else { return None };
        let Some(header) = bytes.structure::<HashHeader<LE>>(table) else { return Some(Lookup::Unknown) };
        let (buckets, chains) = (header.bucket_count.get(LE), header.chain_count.get(LE));
        if buckets == 0 {
            return Some(Lookup::Absent);
        }
        let bucket_table = table.checked_add(8)?;
        let chain_table = bucket_table.checked_add(u64::from(buckets) * 4)?;
        let bucket = elf::hash(name.as_bytes()) % buckets;
        let mut link = bytes.u32_at(bucket_table.checked_add(u64::from(bucket) * 4)?);
        for _ in 0..MOST_LINKS {
            let Some(index) = link else { return Some(Lookup::Unknown) };
            if index == 0 || index >= chains {
                return Some(Lookup::Absent);
            }
            if let Some(found) = self.named(bytes, index, name) {
                return Some(found);
            }
            link = bytes.u32_at(chain_table.checked_add(u64::from(index) * 4)?);
        }
        Some(Lookup::Unknown)
    }
}

/// Where a symbol is defined; `None` when it is only wanted from elsewhere, or has no address of its own.
pub(super) fn defined(symbol: &Sym64<LE>) -> Option<Lookup> {
    let section = symbol.st_shndx.get(LE);
    let is_placed = section != elf::SHN_UNDEF && section != elf::SHN_ABS && section != elf::SHN_COMMON;
    let is_plain = matches!(symbol.st_info.st_type(), elf::STT_NOTYPE | elf::STT_OBJECT | elf::STT_FUNC);
    (is_placed && is_plain).then(|| Lookup::Found { address: symbol.st_value.get(LE), size: symbol.st_size.get(LE) })
}
