//! What is known of each type: where its instances keep references, and how large they are.

use std::cell::Cell;
use std::rc::Rc;

use super::fields::{Body, body_of};
use super::layout::ABSENT;
use super::names::{NameId, Names};
use super::python::{AddressMap, Python, flag};
use crate::snapshot::{Text, TypeRecord, WireAddress};

const NEAR: usize = 1 << 11;
/// A chain of bases is never longer.
const LONGEST_CHAIN: usize = 128;
/// A type in C has never more members.
const MOST_MEMBERS: usize = 512;
/// A body larger than this is not looked at for references that nobody knows.
const LARGEST_BODY: u64 = 1 << 14;

/// What instances are, beyond their fixed slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing special.
    Plain,
    List,
    Tuple,
    Dict,
    OrderedDict,
    Set,
    Deque,
    Text,
    Int,
    ByteArray,
    Type,
    Module,
    Function,
    Task,
    BuiltinFunction,
    Descriptor,
    Code,
    Frame,
    /// With the first letters of its attributes: `gi`, `cr`, `ag`.
    Generator(&'static str),
    Greenlet,
    Context,
    /// A part of the trie of a context; its contents are told of the context.
    ContextNode,
    NumpyArray,
    Element,
    Array,
    MemoryMap,
    CtypesData,
}

/// Where instances keep their attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attributes {
    None,
    /// A pointer to a dictionary: from the beginning, or from the end of a variable-sized object when negative.
    At(i64),
    /// Before the object, or in it: Python 3.11 and later.
    Managed,
}

/// A fixed slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub offset: u32,
    pub name: NameId,
    pub is_weak: bool,
}

/// Everything about a type that reading its instances needs.
#[derive(Debug)]
pub(super) struct Plan {
    /// Address of the type.
    pub address: u64,
    /// Its place in the snapshot's table of types.
    pub index: u32,
    pub kind: Kind,
    pub flags: u64,
    pub basic_size: u64,
    pub item_size: u64,
    pub fields: Vec<Field>,
    /// Offsets of words in which references may be that nobody knows.
    pub unknown: Vec<u32>,
    pub attributes: Attributes,
    pub attributes_name: NameId,
    /// Bytes before the object that belong to it.
    pub header_size: u64,
    /// Full names of the type and its bases, as the tables of slots write them.
    pub keys: Vec<Rc<str>>,
    /// The name of a slot that is only there when the byte at an offset is not 0: the time zone of a time.
    pub conditional: Option<(NameId, u32)>,
    /// For a subclass of `tuple` one item more is allocated.
    pub has_spare_item: bool,
    /// The instances' keys of attributes, 0 when they have none.
    pub cached_keys: u64,
    /// Whether instances may have no references at all.
    pub is_atom: bool,
    /// The shape of instances without fixed slots, which is that of most; `u32::MAX` until there is one.
    pub plain_shape: Cell<u32>,
}

impl Plan {
    pub fn is_heap_type(&self) -> bool {
        self.flags & flag::HEAP_TYPE != 0
    }

    pub fn key(&self) -> &str {
        &self.keys[0]
    }

    pub fn is_a(&self, key: &str) -> bool {
        self.keys.iter().any(|own| &**own == key)
    }
}

/// What one interpreter keeps of a type that is part of CPython (3.12 and later).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StaticPart {
    pub dict: u64,
    pub subclasses: u64,
}

/// What a class itself says, without its bases.
#[derive(Debug, Clone)]
struct Class {
    key: Rc<str>,
    module: String,
    name: String,
    flags: u64,
    basic_size: u64,
    members: Vec<(u32, String)>,
    is_written_in_python: bool,
    /// Whether it defines `__dict__`.
    has_dict: bool,
}

/// All types that were met.
#[derive(Debug, Default)]
pub(super) struct Types {
    plans: AddressMap<Option<Rc<Plan>>>,
    /// Plans by some bits of the addresses of their types, to be asked first.
    near: Vec<Option<Rc<Plan>>>,
    classes: AddressMap<Option<Rc<Class>>>,
    rows: AddressMap<u32>,
    pub records: Vec<TypeRecord>,
    pub static_parts: AddressMap<StaticPart>,
    /// `tp_dealloc` of classes that are written in Python.
    pub python_dealloc: u64,
    /// Types that became known since the last look: they are objects too.
    pub fresh: Vec<u64>,
}

impl Types {
    /// The plan of a type; `None` when the address is no type. Made once.
    #[inline]
    pub fn plan(&mut self, python: &mut Python<'_>, names: &mut Names, kind: u64) -> Option<Rc<Plan>> {
        let near = (kind >> 4 ^ kind >> 12) as usize & (NEAR - 1);
        match self.near.get(near) {
            Some(Some(plan)) if plan.address == kind => return Some(Rc::clone(plan)),
            Some(_) => {}
            None => self.near.resize(NEAR, None),
        }
        let plan = match self.plans.get(&kind) {
            Some(plan) => plan.clone(),
            None => {
                let plan = self.make(python, names, kind).map(Rc::new);
                self.plans.insert(kind, plan.clone());
                plan
            }
        }?;
        self.near[near] = Some(Rc::clone(&plan));
        Some(plan)
    }

    /// The dictionary of a type.
    pub fn dict_of(&self, python: &mut Python<'_>, kind: u64) -> Option<u64> {
        python
            .pointer(kind, python.at.type_object.dict)
            .or_else(|| self.static_parts.get(&kind).map(|part| part.dict).filter(|&dict| dict != 0))
    }

    /// Whether the dictionary of a type has a name.
    fn has_item(&self, python: &mut Python<'_>, kind: u64, name: &str) -> bool {
        self.dict_of(python, kind).is_some_and(|dict| python.item(dict, name).is_some())
    }

    /// Whether a subclass says anew what a call of its instances does.
    fn is_called_otherwise(&self, python: &mut Python<'_>, chain: &[(u64, Rc<Class>)], base: &str) -> bool {
        let below = chain.iter().take_while(|(_, class)| *class.key != *base);
        below.into_iter().any(|(address, _)| self.has_item(python, *address, "__call__"))
    }

    fn class(&mut self, python: &mut Python<'_>, kind: u64) -> Option<Rc<Class>> {
        if let Some(class) = self.classes.get(&kind) {
            return class.clone();
        }
        let class = self.read_class(python, kind).map(Rc::new);
        self.classes.insert(kind, class.clone());
        class
    }

    fn read_class(&mut self, python: &mut Python<'_>, kind: u64) -> Option<Class> {
        let at = &python.at.type_object;
        // A type is an object whose own type is a type, and a type of types says so.
        let meta = python.type_of(kind)?;
        let meta_meta = python.type_of(meta)?;
        if python.flags(meta)? & flag::TYPE == 0 || python.flags(meta_meta)? & flag::TYPE == 0 {
            return None;
        }
        let flags = python.flags(kind)?;
        let basic_size = python.field(kind, at.basicsize).filter(|size| (16..1 << 32).contains(size))?;
        let c_name = python.c_name(kind).filter(|name| !name.is_empty())?;
        let (mut module, mut name) = match c_name.rsplit_once('.') {
            Some((module, name)) => (module.to_owned(), name.to_owned()),
            None => ("builtins".to_owned(), c_name),
        };
        let mut dealloc_is_python = false;
        if flags & flag::HEAP_TYPE != 0 {
            let qualname = python.pointer(kind, python.at.heap_type.qualname);
            if let Some(qualname) = qualname.and_then(|qualname| python.name(qualname)) {
                name = qualname.to_owned();
            }
            let dict = self.dict_of(python, kind);
            let stored = dict.and_then(|dict| python.item(dict, "__module__"));
            module = match stored.and_then(|stored| python.name(stored)) {
                Some(text) => text.to_owned(),
                None if stored.is_some() || dict.is_none() => "?".to_owned(),
                None => module,
            };
            dealloc_is_python = python.field(kind, at.dealloc) == Some(self.python_dealloc);
        }
        let key = match module.as_str() {
            "builtins" | "?" => name.clone(),
            module if module.starts_with("_cython_") => name.clone(),
            module => format!("{module}.{name}"),
        };
        let mut members = Vec::new();
        if let Some(first) = python.pointer(kind, at.members) {
            let at = &python.at.member_def;
            for index in 0..MOST_MEMBERS as u64 {
                let member = first + index * u64::from(at.size);
                let Some(text) = python.pointer(member, at.name) else { break };
                let (Some(code), Some(offset)) = (python.int(member, at.kind), python.field(member, at.offset)) else {
                    break;
                };
                let is_object = code.cast_unsigned() == at.t_object || code.cast_unsigned() == at.t_object_ex;
                if is_object
                    && offset & 7 == 0
                    && offset < LARGEST_BODY * 4
                    && let Some(text) = python.image.c_string(text, 500)
                {
                    members.push((offset as u32, String::from_utf8_lossy(&text).into_owned()));
                }
            }
        }
        Some(Class {
            key: key.into(),
            module,
            name,
            flags,
            basic_size,
            members,
            is_written_in_python: dealloc_is_python,
            has_dict: self.has_item(python, kind, "__dict__"),
        })
    }

    /// The type and its bases, the type first; `None` when it is none, or its bases make a circle.
    fn chain(&mut self, python: &mut Python<'_>, kind: u64) -> Option<Vec<(u64, Rc<Class>)>> {
        let mut chain = Vec::new();
        let mut next = Some(kind);
        while let Some(address) = next {
            if chain.len() == LONGEST_CHAIN {
                return None;
            }
            chain.push((address, self.class(python, address)?));
            next = python.pointer(address, python.at.type_object.base);
        }
        Some(chain)
    }

    /// The index of a type in the table; its bases come before it.
    fn row(&mut self, python: &mut Python<'_>, chain: &[(u64, Rc<Class>)]) -> u32 {
        let mut base = None;
        for (address, class) in chain.iter().rev() {
            base = Some(match self.rows.get(address) {
                Some(&row) => row,
                None => {
                    let row = self.records.len() as u32;
                    self.rows.insert(*address, row);
                    self.records.push(TypeRecord {
                        address: Some(WireAddress::at(*address)),
                        module: Text(class.module.clone()),
                        name: Text(class.name.clone()),
                        base,
                        flags: Some(class.flags),
                        basic_size: Some(class.basic_size),
                        item_size: python.field(*address, python.at.type_object.itemsize),
                    });
                    self.fresh.push(*address);
                    row
                }
            });
        }
        base.unwrap_or(0)
    }

    fn make(&mut self, python: &mut Python<'_>, names: &mut Names, kind: u64) -> Option<Plan> {
        let chain = self.chain(python, kind)?;
        let own = Rc::clone(&chain[0].1);
        let index = self.row(python, &chain);
        let item_size = python.field(kind, python.at.type_object.itemsize).filter(|&size| size < 1 << 20).unwrap_or(0);
        let signed = |offset: Option<u64>| offset.map_or(0, u64::cast_signed);
        let dict_offset = signed(python.field(kind, python.at.type_object.dictoffset));
        let weak_offset = signed(python.field(kind, python.at.type_object.weaklistoffset));
        let keys: Vec<Rc<str>> = chain.iter().map(|(_, class)| Rc::clone(&class.key)).collect();
        let what = chain.iter().find_map(|(_, class)| kind_of(class)).unwrap_or(Kind::Plain);

        let mut fields: Vec<Field> = Vec::new();
        let mut unknown: Vec<u32> = Vec::new();
        let mut end_of_base = u64::from(python.at.object.size) + if item_size > 0 { 8 } else { 0 };
        for (_, class) in chain.iter().rev() {
            let is_static_or_c = !class.is_written_in_python;
            let body = if is_static_or_c { body_of(&class.key, python.at) } else { None };
            let is_special = kind_of(class).is_some_and(|kind| !matches!(kind, Kind::Plain | Kind::Greenlet));
            let body = body.unwrap_or(Body { slots: Vec::new(), is_whole: class.is_written_in_python || is_special });
            for (offset, name) in body.slots {
                let name = match name {
                    // A subclass of `property` keeps the text that is asked for among its attributes.
                    ".__doc__" if *class.key == *"property" && own.key != class.key => "documentation",
                    // A weak reference to a method makes the method anew.
                    "~()" if self.is_called_otherwise(python, &chain, &class.key) => "~referent",
                    _ => name,
                };
                if u64::from(offset) < class.basic_size && !fields.iter().any(|field| field.offset == offset) {
                    fields.push(Field { offset, name: names.id(name), is_weak: name.starts_with('~') });
                }
            }
            for (offset, name) in &class.members {
                if !fields.iter().any(|field| field.offset == *offset) && i64::from(*offset) != dict_offset {
                    fields.push(Field { offset: *offset, name: names.id(&format!(".{name}")), is_weak: false });
                }
            }
            if !body.is_whole {
                let words = (end_of_base..class.basic_size.min(LARGEST_BODY)).step_by(8);
                unknown.extend(words.map(|offset| offset as u32));
            }
            end_of_base = end_of_base.max(class.basic_size);
        }
        let is_known = |offset: u32| {
            i64::from(offset) == dict_offset
                || i64::from(offset) == weak_offset
                || fields.iter().any(|field| field.offset == offset)
        };
        unknown.retain(|&offset| !is_known(offset));
        let managed = python.at.object.managed_dict_before != ABSENT && own.flags & flag::MANAGED_DICT != 0;
        let attributes = if managed {
            Attributes::Managed
        } else if dict_offset == 0
            || matches!(what, Kind::Type | Kind::Module)
            || keys.iter().any(|key| &**key == "_thread._local")
        {
            Attributes::None
        } else {
            Attributes::At(dict_offset)
        };
        // Some types that are written in C have attributes, but no `__dict__` to ask for: futures, type variables.
        let can_be_asked = chain.iter().any(|(_, class)| class.has_dict);
        let attributes_name = names.id(if can_be_asked { ".__dict__" } else { "attributes" });
        let has_gc = own.flags & flag::HAVE_GC != 0;
        let before = match python.minor {
            0..=10 => 0,
            11 => own.flags & flag::MANAGED_DICT,
            _ => own.flags & (flag::MANAGED_DICT | flag::MANAGED_WEAKREF),
        };
        let header_size = if has_gc { u64::from(python.at.gc_head.size) } else { 0 } + if before != 0 { 16 } else { 0 };
        let is_heap_type = own.flags & flag::HEAP_TYPE != 0;
        let is_tuple = own.flags & flag::TUPLE != 0;
        let has_spare_item = is_tuple
            && is_heap_type
            && chain.iter().all(|(address, class)| {
                class.flags & flag::HEAP_TYPE == 0 || !self.has_item(python, *address, "n_sequence_fields")
            });
        let is_atom = matches!(what, Kind::Text | Kind::Int | Kind::Plain | Kind::ByteArray)
            && fields.is_empty()
            && unknown.is_empty()
            && attributes == Attributes::None
            && !is_heap_type;
        let has_zone = keys.iter().find_map(|key| match &**key {
            "datetime.time" => Some(python.at.time_of_day.has_tzinfo),
            "datetime.datetime" => Some(python.at.date_time.has_tzinfo),
            _ => None,
        });
        let conditional = has_zone.map(|offset| (names.id(".tzinfo"), offset));
        let cached_keys =
            if is_heap_type { python.pointer(kind, python.at.heap_type.cached_keys).unwrap_or(0) } else { 0 };
        Some(Plan {
            address: kind,
            index,
            kind: what,
            flags: own.flags,
            basic_size: own.basic_size,
            item_size,
            fields,
            unknown,
            attributes,
            attributes_name,
            header_size,
            keys,
            conditional,
            has_spare_item,
            cached_keys,
            is_atom,
            plain_shape: Cell::new(u32::MAX),
        })
    }
}

fn kind_of(class: &Class) -> Option<Kind> {
    if class.is_written_in_python {
        return None;
    }
    Some(match &*class.key {
        "list" => Kind::List,
        "tuple" => Kind::Tuple,
        "dict" | "frozendict" => Kind::Dict,
        "collections.OrderedDict" => Kind::OrderedDict,
        "set" | "frozenset" => Kind::Set,
        "collections.deque" => Kind::Deque,
        "str" => Kind::Text,
        "int" => Kind::Int,
        "bytearray" => Kind::ByteArray,
        "type" => Kind::Type,
        "module" => Kind::Module,
        "function" => Kind::Function,
        "_asyncio.Task" => Kind::Task,
        "builtin_function_or_method" => Kind::BuiltinFunction,
        "getset_descriptor"
        | "member_descriptor"
        | "method_descriptor"
        | "wrapper_descriptor"
        | "classmethod_descriptor" => Kind::Descriptor,
        "code" => Kind::Code,
        "frame" => Kind::Frame,
        "generator" => Kind::Generator("gi"),
        "coroutine" => Kind::Generator("cr"),
        "async_generator" => Kind::Generator("ag"),
        "greenlet.greenlet" => Kind::Greenlet,
        "Context" | "_contextvars.Context" => Kind::Context,
        "hamt" | "hamt_bitmap_node" | "hamt_array_node" | "hamt_collision_node" => Kind::ContextNode,
        "numpy.ndarray" => Kind::NumpyArray,
        "xml.etree.ElementTree.Element" => Kind::Element,
        "array.array" => Kind::Array,
        "mmap.mmap" => Kind::MemoryMap,
        "_ctypes._CData" => Kind::CtypesData,
        "object" => Kind::Plain,
        _ => return None,
    })
}
