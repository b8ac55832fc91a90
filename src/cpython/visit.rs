//! One object: its fixed slots, its attributes, its contents; what kind of object it is decides.

use std::rc::Rc;

use super::TextLevel;
use super::names::{NameId, UNNAMED};
use super::python::{END_OF_MEMORY, flag};
use super::types::{Attributes, Kind, Plan};
use super::walk::{Deferred, MOST_STEPS, Tail, Walk};

/// Entries of a sequence with holes that get names of their own.
const MOST_NAMED_ENTRIES: usize = 4096;
/// More keys than these are not those of a class.
const MOST_SHARED_KEYS: u64 = 1 << 10;
/// `METH_STATIC`: what a function written in C keeps as its object is the type.
const METH_STATIC: i32 = 0x20;

impl Walk<'_> {
    pub(super) fn visit(&mut self, object: u64) {
        let Some(plan) = self.plan_of(object) else {
            self.count_error("is no object: torn, or freed meanwhile", "");
            return;
        };
        while let Some(kind) = self.types.fresh.pop() {
            self.meet(kind);
        }
        let refcount = self.refcount(object);
        if plan.is_atom {
            let size = self.size(&plan, object);
            self.row.clear();
            self.row_names.clear();
            self.tail_row.clear();
            self.write(&plan, object, size, refcount, Tail::None);
            if self.text_level == TextLevel::All {
                self.note_literal(object);
            }
            return;
        }
        if plan.kind == Kind::ContextNode {
            return;
        }
        self.row.clear();
        self.row_names.clear();
        self.tail_row.clear();
        let length = if matches!(plan.kind, Kind::Tuple) { self.python.length(object).unwrap_or(0) } else { 0 };
        let end_of_items = if plan.kind == Kind::Tuple { u64::from(self.python.at.tuple.item) + 8 * length } else { 0 };
        for field in &plan.fields {
            if u64::from(field.offset) < end_of_items {
                continue;
            }
            let Some(referent) = self.python.pointer(object, field.offset) else { continue };
            if let Some((name, flag)) = plan.conditional
                && name == field.name
                && self.python.byte(object, flag) == Some(0)
            {
                continue;
            }
            if field.is_weak && self.is_none(referent) {
                continue;
            }
            self.push(field.name, referent);
        }
        match plan.kind {
            // They may be kept as a tuple, of which the attribute makes a dictionary.
            Kind::Function => self.rename_unless(flag::DICT, self.annotations_name, "annotations"),
            // A number until somebody asks.
            Kind::Task => self.rename_unless(flag::TEXT, self.task_name, "number in the name"),
            _ => {}
        }
        self.push_attributes(&plan, object);
        let mut tail = Tail::None;
        match plan.kind {
            Kind::List => {
                let length = self.python.length(object).unwrap_or(0);
                if let Some(items) = self.python.pointer(object, self.python.at.list.item)
                    && length > 0
                {
                    tail = self.sequence(&plan, items, length);
                }
                tail = if tail == Tail::None && self.row_names.is_empty() { Tail::Sequence } else { tail };
            }
            Kind::Tuple => {
                tail = self.sequence(&plan, object + u64::from(self.python.at.tuple.item), length);
                tail = if tail == Tail::None && self.row_names.is_empty() { Tail::Sequence } else { tail };
            }
            Kind::Dict | Kind::OrderedDict => {
                if plan.kind == Kind::OrderedDict
                    && let Some(attributes) = self.python.pointer(object, self.python.at.odict.inst_dict)
                {
                    self.push(plan.attributes_name, attributes);
                }
                tail = self.mapping(&plan, object);
            }
            Kind::Set => tail = self.members(&plan, object),
            Kind::Deque => tail = self.deque(&plan, object),
            Kind::Type => self.push_type(&plan, object),
            Kind::Module => {}
            Kind::BuiltinFunction => self.rename_owner(object),
            Kind::Code => self.push_code(object),
            Kind::Frame => self.push_frame_object(object),
            Kind::Generator(letters) => self.push_generator(object, letters),
            Kind::Greenlet => self.push_greenlet(&plan, object),
            Kind::Context => self.push_context(object),
            Kind::NumpyArray => tail = self.numpy(&plan, object),
            Kind::Element => tail = self.element(object),
            Kind::MemoryMap => {
                if let Some(bytes) = self.python.image.word(object + 24).filter(|&bytes| bytes < 1 << 47) {
                    self.snapshot.external.push((object, bytes));
                }
            }
            Kind::CtypesData => {
                let owns = self.python.image.half(object + 24).unwrap_or(0) != 0;
                if let Some(bytes) = self.python.image.word(object + 40).filter(|&b| owns && b > 16 && b < 1 << 47) {
                    self.snapshot.external.push((object, bytes));
                }
            }
            _ => {}
        }
        if plan.is_heap_type() {
            self.push(self.class_name, plan.address);
        }
        let size = self.size(&plan, object);
        let (candidates, blocks) = self.candidates(&plan, object);
        if candidates.is_empty() && blocks.is_empty() {
            self.write(&plan, object, size, refcount, tail);
        } else {
            self.deferred.push(Deferred {
                object,
                size,
                refcount,
                names: self.row_names.clone(),
                row: self.row.clone(),
                tail,
                tail_row: self.tail_row.clone(),
                candidates,
                blocks,
                plan: Rc::clone(&plan),
            });
        }
        if self.text_level != TextLevel::None {
            self.note_names(&plan, object);
        }
    }

    #[inline]
    pub fn push(&mut self, name: NameId, referent: u64) {
        if referent & 7 == 0 && referent != 0 {
            self.row.push(referent);
            self.row_names.push(name);
        }
    }

    pub(super) fn push_text(&mut self, name: &str, referent: u64) {
        let name = self.names.id(name);
        self.push(name, referent);
    }

    /// The slots at these offsets of a structure, as far as there is something in them.
    pub(super) fn push_fields(&mut self, place: u64, fields: &[(u32, &str)]) {
        for &(offset, name) in fields {
            if let Some(referent) = self.python.pointer(place, offset) {
                self.push_text(name, referent);
            }
        }
    }

    pub(super) fn is_none(&mut self, object: u64) -> bool {
        self.plan_of(object).is_some_and(|plan| plan.key() == "NoneType")
    }

    /// What is asked for by `name` is made at that moment unless the referent is of a kind.
    fn rename_unless(&mut self, flag: u64, name: NameId, other: &str) {
        if let Some(place) = self.row_names.iter().position(|&own| own == name)
            && self.python.flags_of(self.row[place]) & flag == 0
        {
            self.row_names[place] = self.names.id(other);
        }
    }

    /// A static method knows the type that it belongs to, but its `__self__` is `None`.
    fn rename_owner(&mut self, object: u64) {
        let definition = self.python.pointer(object, self.python.at.c_function.definition);
        let flags = definition.and_then(|definition| self.python.int(definition, self.python.at.method_def.flags));
        if flags.is_some_and(|flags| flags & METH_STATIC != 0)
            && let Some(place) = self.row_names.iter().position(|&name| name == self.self_name)
        {
            self.row_names[place] = self.names.id("owner");
        }
    }

    /// `.__dict__`, or the attributes themselves where they are kept without one.
    pub(super) fn push_attributes(&mut self, plan: &Plan, object: u64) {
        match plan.attributes {
            Attributes::None => {}
            Attributes::At(offset) => {
                let from_start = match offset {
                    0.. => offset.cast_unsigned(),
                    _ => {
                        // From the end of the object, rounded up to words.
                        let length = if plan.flags & flag::INT != 0 {
                            self.python.digit_count(object).map_or(0, |(_, count)| count)
                        } else {
                            self.python.var_size(object).unwrap_or(0).unsigned_abs()
                        };
                        let whole = length.checked_mul(plan.item_size).and_then(|n| n.checked_add(plan.basic_size));
                        let Some(whole) = whole.filter(|&n| n < 1 << 40) else { return };
                        match whole.next_multiple_of(8).checked_add_signed(offset) {
                            Some(from_start) => from_start,
                            None => return,
                        }
                    }
                };
                if let Some(dict) = self.python.image.word(object.wrapping_add(from_start)) {
                    self.push(plan.attributes_name, dict);
                }
            }
            Attributes::Managed => self.push_managed(plan, object),
        }
    }

    pub(super) fn push_managed(&mut self, plan: &Plan, object: u64) {
        let at = &self.python.at.object;
        let word = self.python.image.word(object.wrapping_sub(u64::from(at.managed_dict_before))).unwrap_or(0);
        let values = match self.python.minor {
            11 => self.python.image.word(object.wrapping_sub(u64::from(at.managed_values_before))).unwrap_or(0),
            12 if word & 1 != 0 => word.wrapping_add(1),
            12 => 0,
            _ if word == 0 && plan.flags & flag::INLINE_VALUES != 0 => object + plan.basic_size,
            _ => 0,
        };
        if values == 0 {
            if word & 1 == 0 {
                self.push(plan.attributes_name, word);
            }
            return;
        }
        if values >= END_OF_MEMORY {
            return;
        }
        if self.python.minor >= 13 && self.python.byte(values, self.python.at.dict_values.valid) != Some(1) {
            return;
        }
        let slots = self.slots_of(plan.cached_keys);
        let mut words = std::mem::take(&mut self.words);
        self.python.image.words(values + u64::from(self.python.at.dict_values.values), slots.len(), &mut words);
        for (&name, &value) in slots.iter().zip(&words) {
            self.push(name, value);
        }
        self.words = words;
        if self.python.minor == 11 {
            self.push(plan.attributes_name, word);
        }
    }

    /// The slots that the keys of a class name: `.attribute`, in the order of the values.
    pub(super) fn slots_of(&mut self, keys: u64) -> Rc<[NameId]> {
        if let Some(slots) = self.slots_of_keys.get(&keys) {
            return Rc::clone(slots);
        }
        let mut entries = Vec::new();
        // A class shares at most a few dozen names.
        if let Some(table) = self.python.keys(keys).filter(|table| table.entries <= MOST_SHARED_KEYS) {
            self.python.entries(&table, &mut entries);
        }
        let slots: Rc<[NameId]> = entries.iter().map(|entry| self.slot_named(entry.key)).collect();
        self.slots_of_keys.insert(keys, Rc::clone(&slots));
        slots
    }

    /// The slot `.name` of a text.
    pub(super) fn slot_named(&mut self, text: u64) -> NameId {
        if let Some(&slot) = self.slot_of_text.get(&text) {
            return slot;
        }
        let slot = match self.python.name(text) {
            Some(name) => {
                let name = format!(".{name}");
                self.names.id(&name)
            }
            None => UNNAMED,
        };
        self.slot_of_text.insert(text, slot);
        slot
    }

    /// Items of a list or tuple. Empty slots are no references: then the others are named one by one.
    pub(super) fn sequence(&mut self, plan: &Plan, items: u64, length: u64) -> Tail {
        let mut tail_row = std::mem::take(&mut self.tail_row);
        if !self.python.image.words(items, length as usize, &mut tail_row) {
            self.count_error("not all of its items can be read", plan.key());
        }
        let mut tail = Tail::Sequence;
        if tail_row.contains(&0) {
            if tail_row.len() <= MOST_NAMED_ENTRIES {
                for (index, &item) in tail_row.iter().enumerate().filter(|(_, item)| **item != 0) {
                    let name = self.position(index);
                    self.push(name, item);
                }
                tail_row.clear();
                tail = Tail::None;
            } else {
                tail_row.retain(|&item| item != 0);
                tail = Tail::Unnamed;
            }
        }
        self.tail_row = tail_row;
        tail
    }

    pub(super) fn position(&mut self, index: usize) -> NameId {
        while self.positions.len() <= index {
            let name = self.names.id(&format!("[{}]", self.positions.len()));
            self.positions.push(name);
        }
        self.positions[index]
    }

    pub(super) fn mapping(&mut self, plan: &Plan, object: u64) -> Tail {
        if self.weak_dicts.contains(&object) {
            return Tail::Mapping;
        }
        let mut items = std::mem::take(&mut self.items);
        if !self.python.items(object, &mut items) {
            self.count_error("not all of its items can be read", plan.key());
        }
        for item in &items {
            self.tail_row.extend([item.key, item.value]);
        }
        if matches!(self.text_level, TextLevel::Keys | TextLevel::All) {
            for item in &items {
                self.note_literal(item.key);
            }
        }
        self.items = items;
        Tail::Mapping
    }

    pub(super) fn members(&mut self, plan: &Plan, object: u64) -> Tail {
        let at = &self.python.at.set;
        let (Some(mask), Some(table)) = (self.python.field(object, at.mask), self.python.pointer(object, at.table))
        else {
            return Tail::Set;
        };
        let count = mask.saturating_add(1).min(1 << 32);
        let width = at.entry_size as usize / 8;
        let (key, hash) = (at.entry_key as usize / 8, at.entry_hash as usize / 8);
        let mut words = std::mem::take(&mut self.words);
        if !self.python.image.words(table, count as usize * width, &mut words) {
            self.count_error("not all of its members can be read", plan.key());
        }
        // A member that was removed leaves a mark with the hash -1.
        let present = words.chunks_exact(width).filter(|entry| entry[key] != 0 && entry[hash] != u64::MAX);
        self.tail_row.extend(present.map(|entry| entry[key]));
        self.words = words;
        Tail::Set
    }

    pub(super) fn deque(&mut self, plan: &Plan, object: u64) -> Tail {
        let (at, block_at) = (&self.python.at.deque, &self.python.at.deque_block);
        let left = self.python.pointer(object, at.left_block);
        let index = self.python.field(object, at.left_index);
        let (Some(mut block), Some(mut index), Some(mut left)) = (left, index, self.python.length(object)) else {
            return Tail::Sequence;
        };
        let slots = u64::from(block_at.slots);
        let mut words = std::mem::take(&mut self.words);
        while left > 0 {
            let count = left.min(slots.saturating_sub(index));
            if count == 0
                || !self.python.image.words(block + u64::from(block_at.data) + 8 * index, count as usize, &mut words)
            {
                self.count_error("not all of its items can be read", plan.key());
                break;
            }
            self.tail_row.extend(words.iter().filter(|&&item| item != 0));
            left -= count;
            index = 0;
            block = match self.python.pointer(block, block_at.right) {
                Some(next) => next,
                None => break,
            };
        }
        self.words = words;
        Tail::Sequence
    }

    pub(super) fn push_type(&mut self, plan: &Plan, object: u64) {
        let at = &self.python.at.type_object;
        let part = self.types.static_parts.get(&object).copied().unwrap_or_default();
        let is_heap = self.python.flags(object).unwrap_or(0) & flag::HEAP_TYPE != 0;
        if let Some(dict) = self.types.dict_of(&mut self.python, object) {
            self.push(plan.attributes_name, dict);
        }
        self.push_fields(
            object,
            &[(at.mro, ".__mro__"), (at.bases, ".__bases__"), (at.base, ".__base__"), (at.cache, "cache")],
        );
        // Of types that are part of CPython it is an index.
        let subclasses =
            if part.subclasses != 0 { part.subclasses } else { self.python.field(object, at.subclasses).unwrap_or(0) };
        if subclasses > 1 << 16 {
            self.push_text("subclasses", subclasses);
        }
        if is_heap {
            let at = &self.python.at.heap_type;
            self.push_fields(
                object,
                &[(at.name, ".__name__"), (at.qualname, ".__qualname__"), (at.slots, "slots"), (at.module, "module")],
            );
        } else {
            self.static_types.push(object);
        }
    }

    /// What 3.12 and later keep of a code object for those who asked.
    pub(super) fn push_code(&mut self, object: u64) {
        let at = &self.python.at.code;
        let Some(cached) = self.python.pointer(object, at.cached) else { return };
        let at = &self.python.at.code_cache;
        self.push_fields(
            cached,
            &[
                (at.code, ".co_code"),
                (at.varnames, ".co_varnames"),
                (at.cellvars, ".co_cellvars"),
                (at.freevars, ".co_freevars"),
            ],
        );
    }

    /// Variables of a context, each by the name of its variable; the trie between is folded away.
    pub(super) fn push_context(&mut self, object: u64) {
        let at = self.python.at;
        let Some(trie) = self.python.pointer(object, at.context.vars) else { return };
        let Some(root) = self.python.pointer(trie, at.hamt.root) else { return };
        let (mut stack, mut steps) = (vec![root], 0);
        let mut words = std::mem::take(&mut self.words);
        while let Some(node) = stack.pop() {
            steps += 1;
            let Some(plan) = self.plan_of(node).filter(|_| steps < MOST_STEPS) else { continue };
            match plan.key() {
                "hamt_array_node" => {
                    let (first, slots) = (u64::from(at.hamt_array.array), at.hamt_array.slots as usize);
                    self.python.image.words(node + first, slots, &mut words);
                    stack.extend(words.iter().filter(|&&child| child != 0));
                }
                "hamt_bitmap_node" | "hamt_collision_node" => {
                    let is_bitmap = plan.key() == "hamt_bitmap_node";
                    let first = if is_bitmap { at.hamt_bitmap.array } else { at.hamt_collision.array };
                    let count = self.python.length(node).unwrap_or(0).min(64);
                    self.python.image.words(node + u64::from(first), count as usize, &mut words);
                    for pair in words.chunks_exact(2) {
                        match pair {
                            [0, child] => stack.push(*child),
                            &[key, value] => {
                                let name = self.python.pointer(key, at.context_var.name);
                                let name = name.and_then(|name| self.python.name(name)).unwrap_or("?").to_owned();
                                self.push_text(&format!("context variable {name}"), value);
                                self.push_text(&format!("variable {name}"), key);
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        self.words = words;
    }

    /// The objects of an array of numpy that owns them. The layout of an array is part of numpy's binary interface.
    pub(super) fn numpy(&mut self, plan: &Plan, object: u64) -> Tail {
        let image = &mut self.python.image;
        let (Some(data), Some(dimensions), Some(base), Some(descriptor), Some(flags)) = (
            image.word(object + 16),
            image.half(object + 24),
            image.word(object + 48),
            image.word(object + 56),
            image.half(object + 64),
        ) else {
            return Tail::None;
        };
        if descriptor >= END_OF_MEMORY || data >= END_OF_MEMORY {
            return Tail::None;
        }
        self.push_text(".base", base);
        self.push_text(".dtype", descriptor);
        let Some(bytes) = self.numpy_bytes(object) else { return Tail::None };
        let type_number = self.python.image.half(descriptor + 28);
        let owns = flags & 4 != 0;
        if !owns && (base == 0 || self.plan_of(base).is_some_and(|plan| plan.key() == "PyCapsule")) {
            self.snapshot.external.push((object, bytes));
        }
        if dimensions <= 64 && type_number == Some(17) && base == 0 {
            let mut tail_row = std::mem::take(&mut self.tail_row);
            if !self.python.image.words(data, (bytes / 8).min(1 << 32) as usize, &mut tail_row) {
                self.count_error("not all of its items can be read", plan.key());
            }
            if tail_row.contains(&0) {
                tail_row.retain(|&item| item != 0);
                self.tail_row = tail_row;
                return Tail::Unnamed;
            }
            self.tail_row = tail_row;
            return Tail::Flat;
        }
        Tail::None
    }

    /// Bytes of all elements of an array of numpy.
    pub(super) fn numpy_bytes(&mut self, object: u64) -> Option<u64> {
        let item = self.numpy_item_bytes(object)?;
        let shape = self.numpy_shape(object)?;
        let bytes = shape.into_iter().try_fold(item, u64::checked_mul)?;
        Some(bytes).filter(|&bytes| bytes < 1 << 47)
    }

    /// Bytes of one element of an array of numpy.
    pub(super) fn numpy_item_bytes(&mut self, object: u64) -> Option<u64> {
        let image = &mut self.python.image;
        let descriptor = image.word(object + 56).filter(|&descriptor| descriptor < END_OF_MEMORY)?;
        // The size of an item was an int up to numpy 1, and is a word after the flags since.
        let flags = image.byte(descriptor + 27)?;
        let old_size = image.half(descriptor + 32)?;
        let new_size = image.word(descriptor + 40)?;
        let descriptor_type = self.python.type_of(descriptor)?;
        let descriptor_size = self.python.field(descriptor_type, self.python.at.type_object.basicsize)?;
        Some(if descriptor_size > 96 && flags == 0 { new_size } else { u64::from(old_size) })
    }

    /// How long an array of numpy is along each axis.
    pub(super) fn numpy_shape(&mut self, object: u64) -> Option<Vec<u64>> {
        let image = &mut self.python.image;
        let dimensions = image.half(object + 24).filter(|&n| n <= 64)?;
        let shape = image.word(object + 32).filter(|&shape| shape < END_OF_MEMORY)?;
        (0..u64::from(dimensions)).map(|axis| image.word(shape + 8 * axis)).collect()
    }

    /// Attributes and children of an element of ElementTree, which are kept in a block beside it.
    pub(super) fn element(&mut self, object: u64) -> Tail {
        let at = self.python.at;
        for (offset, name) in [(at.element.text, ".text"), (at.element.tail, ".tail")] {
            // The lowest bit says that the pieces have not been joined yet.
            let pointer = self.python.field(object, offset).unwrap_or(0) & !1;
            self.push_text(name, pointer);
        }
        let Some(extra) = self.python.pointer(object, at.element.extra) else { return Tail::None };
        if let Some(attributes) = self.python.pointer(extra, at.element_extra.attributes) {
            let is_there = self.python.flags_of(attributes) & flag::DICT != 0;
            self.push_text(if is_there { ".attrib" } else { "attributes" }, attributes);
        }
        let length = self.python.field(extra, at.element_extra.length).filter(|&length| length < MOST_STEPS);
        let children = self.python.pointer(extra, at.element_extra.children);
        let (Some(length), Some(children)) = (length, children) else { return Tail::None };
        let mut tail_row = std::mem::take(&mut self.tail_row);
        self.python.image.words(children, length as usize, &mut tail_row);
        tail_row.retain(|&child| child != 0);
        self.tail_row = tail_row;
        Tail::Sequence
    }
}
