//! Shallow sizes: what `sys.getsizeof` says with the `__sizeof__` in C, and the blocks that it leaves out.

use super::layout::ABSENT;
use super::python::flag;
use super::types::{Attributes, Kind, Plan};
use super::walk::{MOST_STEPS, Walk};

impl Walk<'_> {
    /// Shallow size: what `sys.getsizeof` says with the `__sizeof__` in C, and the blocks that it leaves out.
    pub(super) fn size(&mut self, plan: &Plan, object: u64) -> u64 {
        let at = self.python.at;
        let python = &mut self.python;
        let own = match plan.kind {
            Kind::Text => self.text_size(object),
            Kind::Int => {
                let digits = python.digit_count(object).map_or(0, |(_, count)| count);
                let digits = if python.minor >= 12 { digits.max(1) } else { digits };
                u64::from(at.long.digits) + digits * 4
            }
            Kind::List => {
                plan.basic_size + 8 * python.field(object, at.list.allocated).filter(|&n| n < 1 << 40).unwrap_or(0)
            }
            Kind::Dict | Kind::OrderedDict => {
                let nodes = if plan.kind == Kind::OrderedDict {
                    let slots = python.field(object, at.odict.fast_nodes_size).filter(|&n| n < 1 << 32).unwrap_or(0);
                    let used = python.field(object, at.dict.used).filter(|&n| n < 1 << 32).unwrap_or(0);
                    8 * slots + u64::from(at.odict_node.size) * used
                } else {
                    0
                };
                plan.basic_size + nodes + self.dict_tables(object)
            }
            Kind::Set => {
                let table = python.field(object, at.set.table).unwrap_or(0);
                let mask = python.field(object, at.set.mask).filter(|&n| n < 1 << 32).unwrap_or(0);
                let is_small = table == object + u64::from(at.set.smalltable);
                plan.basic_size + if is_small { 0 } else { (mask + 1) * u64::from(at.set.entry_size) }
            }
            Kind::Deque => {
                let index = python.field(object, at.deque.left_index).filter(|&n| n < 64).unwrap_or(0);
                let slots = u64::from(at.deque_block.slots);
                let blocks = (index + python.length(object).unwrap_or(0)).div_ceil(slots).max(1);
                plan.basic_size + blocks * u64::from(at.deque_block.size)
            }
            Kind::ByteArray => {
                plan.basic_size + python.field(object, at.bytearray.allocated).filter(|&n| n < 1 << 47).unwrap_or(0)
            }
            Kind::Type => {
                if python.flags(object).unwrap_or(0) & flag::HEAP_TYPE != 0 {
                    let keys = python.pointer(object, at.heap_type.cached_keys).and_then(|keys| python.keys(keys));
                    u64::from(at.heap_type.size).max(plan.basic_size) + keys.map_or(0, |keys| keys.bytes)
                } else {
                    u64::from(at.type_object.size)
                }
            }
            Kind::Code => self.code_size(plan, object),
            Kind::Frame => self.frame_size(object),
            Kind::Generator(_) if at.generator.iframe != ABSENT => {
                let frame = object + u64::from(at.generator.iframe);
                let slots = self.code_of(frame).map_or(0, |code| self.frame_slots(code));
                u64::from(at.generator.iframe) + u64::from(at.interpreter_frame.localsplus) + 8 * slots
            }
            Kind::NumpyArray => {
                let dimensions = u64::from(python.image.half(object + 24).unwrap_or(0).min(64));
                let owns = python.image.half(object + 64).unwrap_or(0) & 4 != 0;
                let bytes = if owns { self.numpy_bytes(object).unwrap_or(0) } else { 0 };
                plan.basic_size + 16 * dimensions + bytes
            }
            Kind::Element => match python.pointer(object, at.element.extra) {
                None => plan.basic_size,
                Some(extra) => {
                    let children = python.field(extra, at.element_extra.children).unwrap_or(0);
                    let is_own = children == extra + u64::from(at.element_extra.own_children);
                    let allocated = python.field(extra, at.element_extra.allocated).filter(|&n| n < MOST_STEPS);
                    let more = if is_own { 0 } else { 8 * allocated.unwrap_or(0) };
                    plan.basic_size + u64::from(at.element_extra.size) + more
                }
            },
            Kind::Array => {
                let description = python.pointer(object, at.array.description).unwrap_or(0);
                let item = python.int(description, at.array.description_itemsize).filter(|n| (1..=16).contains(n));
                let allocated = python.field(object, at.array.allocated).filter(|&n| n < 1 << 47).unwrap_or(0);
                plan.basic_size + allocated * item.unwrap_or(0).cast_unsigned() as u64
            }
            _ if plan.item_size > 0 => {
                let length = python.var_size(object).unwrap_or(0).unsigned_abs();
                let items = length.checked_mul(plan.item_size).filter(|&bytes| bytes < 1 << 47).unwrap_or(0);
                plan.basic_size + items + if plan.has_spare_item { 8 } else { 0 }
            }
            _ => plan.basic_size,
        };
        // Types that are part of the program's files have no header of the collector.
        // (`sys.getsizeof` of 3.11 and 3.12 counts one all the same.)
        let is_static_type = plan.kind == Kind::Type && self.python.flags(object).unwrap_or(0) & flag::HEAP_TYPE == 0;
        let header = if is_static_type && !matches!(self.python.minor, 11 | 12) { 0 } else { plan.header_size };
        own + header + self.attributes_size(plan, object)
    }

    pub(super) fn text_size(&mut self, object: u64) -> u64 {
        let python = &mut self.python;
        let at = &python.at.text;
        let length = python.field(object, at.length).filter(|&n| n < 1 << 46).unwrap_or(0);
        let state = python.int(object, at.state).unwrap_or(0).cast_unsigned();
        let (kind, is_compact, is_ascii) = python.text_state(state);
        let kind = u64::from(kind);
        let mut size = match (is_compact, is_ascii) {
            (true, true) => u64::from(at.ascii_size) + length + 1,
            (true, false) => u64::from(at.compact_size) + (length + 1) * kind,
            (false, _) => {
                let has_data = python.pointer(object, at.data).is_some();
                u64::from(at.size) + if has_data { (length + 1) * kind } else { 0 }
            }
        };
        if at.wstr != ABSENT {
            // Up to 3.11 a text may have a second form, unless it shares the first.
            let data = python.text_data(object).map_or(0, |(_, data)| data);
            let wide = python.field(object, at.wstr).unwrap_or(0);
            if wide != 0 && wide != data {
                let wide_length = if is_ascii && is_compact { length } else { python.field(object, 64).unwrap_or(0) };
                size += (wide_length.min(1 << 46) + 1) * 4;
            }
        }
        if !(is_compact && is_ascii) {
            let data = python.text_data(object).map_or(0, |(_, data)| data);
            let utf8 = python.field(object, at.utf8).unwrap_or(0);
            if utf8 != 0 && utf8 != data {
                size += python.field(object, at.utf8_length).filter(|&n| n < 1 << 46).unwrap_or(0) + 1;
            }
        }
        size
    }

    /// Tables of a dictionary: keys that are its own, and values of a split table.
    pub(super) fn dict_tables(&mut self, object: u64) -> u64 {
        let python = &mut self.python;
        let at = &python.at.dict;
        let (Some(keys), Some(values)) = (python.pointer(object, at.keys), python.field(object, at.values)) else {
            return 0;
        };
        let Some(table) = python.keys(keys) else { return 0 };
        let mut size = 0;
        if values != 0 {
            let is_embedded = python.byte(values, python.at.dict_values.embedded) == Some(1);
            size += if is_embedded { 0 } else { self.values_size(values, table.capacity) };
        }
        size + if table.refcnt == 1 { table.bytes } else { 0 }
    }

    /// The block of values that share keys with room for `capacity`.
    pub(super) fn values_size(&mut self, values: u64, capacity: u64) -> u64 {
        match self.python.minor {
            0..=10 => 8 * capacity,
            11 | 12 => {
                // The keys of the class shrink with time; what stands before the values tells how many there were at least.
                let before = u64::from(self.python.image.byte(values.wrapping_sub(1)).unwrap_or(0));
                before + 8 * capacity.max(before.saturating_sub(9))
            }
            _ => {
                let own = self.python.byte(values, self.python.at.dict_values.capacity);
                let capacity = own.map_or(capacity, u64::from);
                capacity.next_multiple_of(8) + 8 * (capacity + 1)
            }
        }
    }

    /// The block of attributes that an instance keeps without a dictionary.
    pub(super) fn attributes_size(&mut self, plan: &Plan, object: u64) -> u64 {
        if plan.attributes != Attributes::Managed {
            return 0;
        }
        let before = u64::from(self.python.at.object.managed_dict_before);
        let values = match self.python.minor {
            11 => {
                let before = u64::from(self.python.at.object.managed_values_before);
                self.python.image.word(object.wrapping_sub(before)).unwrap_or(0)
            }
            12 => match self.python.image.word(object.wrapping_sub(before)).unwrap_or(0) {
                word if word & 1 != 0 => word.wrapping_add(1),
                _ => 0,
            },
            _ if plan.flags & flag::INLINE_VALUES != 0 => object + plan.basic_size,
            _ => 0,
        };
        if values == 0 {
            return 0;
        }
        let capacity = self.python.keys(plan.cached_keys).map_or(0, |keys| keys.capacity);
        self.values_size(values, capacity)
    }

    pub(super) fn code_size(&mut self, plan: &Plan, object: u64) -> u64 {
        let at = &self.python.at.code;
        let mut size = plan.basic_size;
        if plan.item_size > 0 {
            let length = self.python.length(object).unwrap_or(0);
            size = (size + plan.item_size * length).next_multiple_of(8);
        }
        // Up to 3.10 a table of which cells are arguments, behind the names of cells.
        if at.cellvars != ABSENT
            && let Some(cells) = self.python.pointer(object, at.cellvars)
            && self.python.pointer(object, at.cellvars + 8).is_some()
        {
            size += 8 * self.python.length(cells).unwrap_or(0);
        }
        if let Some(extra) = self.python.pointer(object, at.extra)
            && let Some(count) = self.python.image.word(extra).filter(|&count| count < 1 << 16)
        {
            size += 8 + 8 * count.max(1);
        }
        size
    }

    /// Locals, cells, free variables and value stack of a code object.
    pub(super) fn frame_slots(&mut self, code: u64) -> u64 {
        let at = &self.python.at.code;
        let stack = u64::try_from(self.python.int(code, at.stacksize).unwrap_or(0)).unwrap_or(0);
        let variables = if at.nlocalsplus != ABSENT {
            u64::try_from(self.python.int(code, at.nlocalsplus).unwrap_or(0)).unwrap_or(0)
        } else {
            self.variables_of(code).len() as u64
        };
        (stack + variables).min(1 << 20)
    }

    pub(super) fn frame_size(&mut self, object: u64) -> u64 {
        let at = self.python.at;
        if at.frame_object.frame == ABSENT {
            let code = self.python.pointer(object, at.frame_object.code).unwrap_or(0);
            let slots = self.frame_slots(code);
            return u64::from(at.frame_object.size) + 8 * slots.saturating_sub(1);
        }
        let frame = self.python.pointer(object, at.frame_object.frame).unwrap_or(0);
        let slots = self.code_of(frame).map_or(0, |code| self.frame_slots(code));
        u64::from(at.frame_object.data) + u64::from(at.interpreter_frame.localsplus) + 8 * slots
    }
}
