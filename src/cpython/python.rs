//! Reading CPython's objects in an address space: headers, types, texts, dictionaries, lists of the collector.
//!
//! Nothing here trusts what it reads: lengths are capped, pointers are followed only to what can be read, and `None` means
//! that no sense could be made of it.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::layout::{ABSENT, Layout};
use crate::memory::image::Image;

/// A hash map over addresses of one target.
pub(super) type AddressMap<V> = HashMap<u64, V, FxBuildHasher>;

/// No container of a real heap has more entries; a length beyond it is torn.
pub(super) const MOST_ENTRIES: u64 = 1 << 31;
/// No address of a process is higher, whatever the processor; so offsets can be added.
pub(super) const END_OF_MEMORY: u64 = 1 << 56;
/// Texts of names are kept up to so many bytes.
const MOST_NAME_BYTES: usize = 128 << 20;
/// Longest name of an attribute, a module, a file that is read.
const LONGEST_NAME: usize = 4096;

/// Bits of `tp_flags`.
pub(super) mod flag {
    pub const INLINE_VALUES: u64 = 1 << 2;
    pub const MANAGED_WEAKREF: u64 = 1 << 3;
    pub const MANAGED_DICT: u64 = 1 << 4;
    pub const HEAP_TYPE: u64 = 1 << 9;
    pub const HAVE_GC: u64 = 1 << 14;
    pub const LIST: u64 = 1 << 25;
    pub const TUPLE: u64 = 1 << 26;
    pub const TEXT: u64 = 1 << 28;
    pub const DICT: u64 = 1 << 29;
    pub const INT: u64 = 1 << 24;
    pub const TYPE: u64 = 1 << 31;
}

/// An interpreter's memory, and where its version keeps things.
pub(super) struct Python<'s> {
    pub image: Image<'s>,
    pub at: &'s Layout,
    /// 12 for 3.12.
    pub minor: u8,
    /// Texts of `str` objects that were read as names.
    names: AddressMap<Option<Box<str>>>,
    name_bytes: usize,
    /// The table that was asked for last: it is asked for again for its size.
    last_keys: Option<(u64, Keys)>,
    words: Vec<u64>,
    bytes: Vec<u8>,
}

/// One entry of a dictionary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub key: u64,
    pub value: u64,
}

/// A table of keys, as its header tells it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    pub refcnt: u64,
    pub entries: u64,
    /// Room for so many entries, those in use included.
    pub capacity: u64,
    /// Address of the first entry.
    first: u64,
    /// Entries have a key and a value without a hash.
    is_text: bool,
    /// Bytes of the whole table.
    pub bytes: u64,
}

impl<'s> Python<'s> {
    pub fn new(image: Image<'s>, at: &'s Layout, minor: u8) -> Self {
        Python {
            image,
            at,
            minor,
            names: AddressMap::default(),
            name_bytes: 0,
            last_keys: None,
            words: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// The word at `address + offset`; `None` for an absent field too.
    #[inline]
    pub fn field(&mut self, address: u64, offset: u32) -> Option<u64> {
        if offset == ABSENT {
            return None;
        }
        self.image.word(address.checked_add(u64::from(offset))?)
    }

    /// A pointer that is not null, and may be one.
    #[inline]
    pub fn pointer(&mut self, address: u64, offset: u32) -> Option<u64> {
        self.field(address, offset).filter(|&pointer| pointer != 0 && pointer < END_OF_MEMORY)
    }

    /// An `int` of C.
    pub fn int(&mut self, address: u64, offset: u32) -> Option<i32> {
        if offset == ABSENT {
            return None;
        }
        self.image.half(address.checked_add(u64::from(offset))?).map(u32::cast_signed)
    }

    /// One byte.
    pub fn byte(&mut self, address: u64, offset: u32) -> Option<u8> {
        if offset == ABSENT {
            return None;
        }
        self.image.byte(address.checked_add(u64::from(offset))?)
    }

    /// The type of an object.
    #[inline]
    pub fn type_of(&mut self, object: u64) -> Option<u64> {
        self.field(object, self.at.object.kind)
    }

    /// `tp_flags` of a type.
    pub fn flags(&mut self, kind: u64) -> Option<u64> {
        self.field(kind, self.at.type_object.flags)
    }

    /// `tp_flags` of an object's type, 0 when unknown.
    pub fn flags_of(&mut self, object: u64) -> u64 {
        self.type_of(object).and_then(|kind| self.flags(kind)).unwrap_or(0)
    }

    /// `ob_size`, as it stands.
    pub fn var_size(&mut self, object: u64) -> Option<i64> {
        self.field(object, self.at.object.items).map(u64::cast_signed)
    }

    /// A length that a container may have; `None` for a negative or absurd one.
    pub fn length(&mut self, object: u64) -> Option<u64> {
        self.var_size(object).and_then(|size| u64::try_from(size).ok()).filter(|&size| size < MOST_ENTRIES)
    }

    /// `tp_name`, as written in C.
    pub fn c_name(&mut self, kind: u64) -> Option<String> {
        let name = self.pointer(kind, self.at.type_object.name)?;
        let text = self.image.c_string(name, LONGEST_NAME)?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Texts

    /// Length in characters of a `str`.
    pub fn text_length(&mut self, object: u64) -> Option<u64> {
        self.field(object, self.at.text.length)
    }

    /// The first `limit` characters of a `str`; lone surrogates become U+FFFD. `None` when it is none, or not ready.
    pub fn text(&mut self, object: u64, limit: usize) -> Option<String> {
        let length = usize::try_from(self.text_length(object)?).ok()?.min(limit);
        let (kind, data) = self.text_data(object)?;
        let mut bytes = std::mem::take(&mut self.bytes);
        let is_whole = self.image.bytes(data, length * kind as usize, &mut bytes);
        let text = is_whole.then(|| match kind {
            1 if bytes.is_ascii() => String::from_utf8_lossy(&bytes).into_owned(),
            1 => bytes.iter().map(|&byte| char::from(byte)).collect(),
            2 => bytes.chunks_exact(2).map(|c| character(u32::from(u16::from_le_bytes([c[0], c[1]])))).collect(),
            _ => bytes.chunks_exact(4).map(|c| character(u32::from_le_bytes([c[0], c[1], c[2], c[3]]))).collect(),
        });
        self.bytes = bytes;
        text
    }

    /// Bytes per character, and where the characters are.
    pub fn text_data(&mut self, object: u64) -> Option<(u32, u64)> {
        let at = &self.at.text;
        let state = self.int(object, at.state)?.cast_unsigned();
        let (kind, is_compact, is_ascii) = self.text_state(state);
        let data = match (is_compact, is_ascii) {
            (true, true) => object + u64::from(at.ascii_size),
            (true, false) => object + u64::from(at.compact_size),
            (false, _) => self.pointer(object, at.data)?,
        };
        matches!(kind, 1 | 2 | 4).then_some((kind, data))
    }

    /// Kind (bytes per character; 0: not ready), compact, ascii.
    pub fn text_state(&self, state: u32) -> (u32, bool, bool) {
        // interned: 2 bits, kind: 3 bits, compact, ascii.
        (state >> 2 & 7, state >> 5 & 1 != 0, state >> 6 & 1 != 0)
    }

    /// The whole text of a `str` that is a name; read once.
    pub fn name(&mut self, object: u64) -> Option<&str> {
        if !self.names.contains_key(&object) {
            let is_text = self.flags_of(object) & flag::TEXT != 0;
            let text = if is_text { self.text(object, LONGEST_NAME) } else { None };
            self.name_bytes += text.as_ref().map_or(0, String::len);
            if self.name_bytes > MOST_NAME_BYTES {
                self.names.clear();
                self.name_bytes = 0;
            }
            self.names.insert(object, text.map(String::into_boxed_str));
        }
        self.names.get(&object).and_then(|text| text.as_deref())
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Dictionaries

    /// What the header of a table of keys says.
    pub fn keys(&mut self, keys: u64) -> Option<Keys> {
        if let Some((address, table)) = self.last_keys
            && address == keys
        {
            return Some(table);
        }
        let table = self.read_keys(keys)?;
        self.last_keys = Some((keys, table));
        Some(table)
    }

    fn read_keys(&mut self, keys: u64) -> Option<Keys> {
        let at = &self.at.dict_keys;
        let refcnt = self.field(keys, at.refcnt)?;
        let entries = self.field(keys, at.nentries).filter(|&entries| entries < MOST_ENTRIES)?;
        let usable = self.field(keys, at.usable).filter(|&usable| usable < MOST_ENTRIES)?;
        let (size, index_bytes, is_text);
        if at.table_size == ABSENT {
            let log2_size = self.byte(keys, at.log2_size).filter(|&log2| log2 < 40)?;
            let log2_index = self.byte(keys, at.log2_index_bytes).filter(|&log2| log2 < 44)?;
            size = 1_u64 << log2_size;
            index_bytes = 1_u64 << log2_index;
            is_text = self.byte(keys, at.kind)? != 0;
        } else {
            size = self.field(keys, at.table_size).filter(|&size| size < MOST_ENTRIES)?;
            let width = match size {
                0..=0xff => 1,
                0x100..=0xffff => 2,
                0x1_0000..=0xffff_ffff => 4,
                _ => 8,
            };
            index_bytes = size * width;
            is_text = false;
        }
        let entry = u64::from(if is_text { self.at.dict_text_entry.size } else { self.at.dict_entry.size });
        let capacity = (size << 1) / 3;
        Some(Keys {
            refcnt,
            entries: entries.min(capacity),
            capacity: entries.saturating_add(usable).min(capacity),
            first: keys + u64::from(at.indices) + index_bytes,
            is_text,
            bytes: u64::from(at.indices) + index_bytes + capacity * entry,
        })
    }

    /// The entries of a table, holes included; `false` when not all could be read.
    pub fn entries(&mut self, keys: &Keys, out: &mut Vec<Entry>) -> bool {
        out.clear();
        let (width, key, value) = if keys.is_text {
            let at = &self.at.dict_text_entry;
            (at.size / 8, at.key / 8, at.value / 8)
        } else {
            let at = &self.at.dict_entry;
            (at.size / 8, at.key / 8, at.value / 8)
        };
        let mut words = std::mem::take(&mut self.words);
        let is_whole = self.image.words(keys.first, keys.entries as usize * width as usize, &mut words);
        out.extend(
            words
                .chunks_exact(width as usize)
                .map(|entry| Entry { key: entry[key as usize], value: entry[value as usize] }),
        );
        self.words = words;
        is_whole
    }

    /// The items of a dictionary, in order; `false` when not all could be read.
    pub fn items(&mut self, dict: u64, out: &mut Vec<Entry>) -> bool {
        out.clear();
        let at = &self.at.dict;
        let values = self.field(dict, at.values).filter(|&values| values < END_OF_MEMORY);
        let (Some(keys), Some(values)) = (self.pointer(dict, at.keys), values) else {
            return false;
        };
        let Some(table) = self.keys(keys) else { return false };
        let mut is_whole = self.entries(&table, out);
        if values != 0 {
            let mut words = std::mem::take(&mut self.words);
            is_whole &= self.image.words(values + u64::from(self.at.dict_values.values), out.len(), &mut words);
            out.truncate(words.len());
            out.iter_mut().zip(&words).for_each(|(entry, &value)| entry.value = value);
            self.words = words;
        }
        out.retain(|entry| entry.key != 0 && entry.value != 0);
        is_whole
    }

    /// The value under a text key; linear in the dictionary. `None` when there is none.
    pub fn item(&mut self, dict: u64, name: &str) -> Option<u64> {
        if self.flags_of(dict) & flag::DICT == 0 {
            return None;
        }
        let mut items = Vec::new();
        self.items(dict, &mut items);
        items.into_iter().find(|entry| self.name(entry.key) == Some(name)).map(|entry| entry.value)
    }

    /// The value of a small `int`.
    pub fn small_int(&mut self, object: u64) -> Option<i64> {
        let (negative, digits) = self.digits(object, 3)?;
        let value = digits
            .iter()
            .rev()
            .try_fold(0_i64, |value, &digit| value.checked_mul(1 << 30)?.checked_add(i64::from(digit)))?;
        Some(if negative { -value } else { value })
    }

    /// Sign and digits (30 bits each, least first) of an `int`; `None` when it has more than `limit`.
    pub fn digits(&mut self, object: u64, limit: u64) -> Option<(bool, Vec<u32>)> {
        if self.flags_of(object) & flag::INT == 0 {
            return None;
        }
        let (negative, count) = self.digit_count(object)?;
        if count > limit {
            return None;
        }
        let mut digits = Vec::with_capacity(count as usize);
        for index in 0..count {
            digits.push(self.image.half(object + u64::from(self.at.long.digits) + 4 * index)? & ((1 << 30) - 1));
        }
        Some((negative, digits))
    }

    /// Whether an `int` is negative, and how many digits it has.
    pub fn digit_count(&mut self, object: u64) -> Option<(bool, u64)> {
        if self.at.long.tag == ABSENT {
            let size = self.var_size(object)?;
            return (size.unsigned_abs() < MOST_ENTRIES).then_some((size < 0, size.unsigned_abs()));
        }
        // Two bits of sign (0 positive, 1 zero, 2 negative), one that is not used or marks the small ones.
        let tag = self.field(object, self.at.long.tag)?;
        let count = tag >> 3;
        (count < MOST_ENTRIES).then_some((tag & 3 == 2, count))
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Lists of the collector

    /// Tells `note` the objects of one list of the collector; at most `limit`. `false` when the list is torn.
    pub fn collected(&mut self, head: u64, limit: usize, mut note: impl FnMut(&mut Self, u64)) -> bool {
        let at = &self.at.gc_head;
        let size = u64::from(at.size);
        let mut place = self.field(head, at.next).map(|next| next & !3);
        let mut count = 0;
        while let Some(next) = place {
            if next == head {
                return true;
            }
            if next == 0 || next >= END_OF_MEMORY || count == limit {
                return false;
            }
            note(self, next + size);
            count += 1;
            place = self.field(next, at.next).map(|next| next & !3);
        }
        false
    }

    /// Whether the collector has the object in one of its lists.
    pub fn is_tracked(&mut self, object: u64) -> bool {
        let at = &self.at.gc_head;
        object.checked_sub(u64::from(at.size)).and_then(|head| self.field(head, at.next)).is_some_and(|next| next != 0)
    }
}

/// A code point as a character; what is none becomes U+FFFD.
fn character(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}
