//! What is alive by itself: the interpreters with their modules and the collectors' lists.

use super::layout::ABSENT;
use super::python::{AddressMap, END_OF_MEMORY, Entry, Python, flag};
use super::types::StaticPart;
use super::walk::{CACHE_PER_TRACKED, Walk};
use crate::snapshot::{RootRecord, Text, WireAddress};

/// More interpreters than these are a torn list.
const MOST_INTERPRETERS: usize = 1 << 12;

/// One interpreter of a process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interpreter {
    pub address: u64,
    pub id: i64,
    pub is_main: bool,
    /// Where its collector's state is.
    pub gc: u64,
    pub modules: u64,
    pub sys_dict: u64,
}

/// What a collector tells of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct CollectorFacts {
    pub enabled: Option<bool>,
    pub counts: Vec<u64>,
    pub thresholds: Vec<u64>,
    pub frozen: u64,
}

/// What the collectors look after, in the order of their lists, noted in the pass over them: each place is read once.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    pub objects: Vec<u64>,
    /// Their types, each once.
    pub kinds: Vec<u64>,
    /// Which of the objects are types themselves.
    pub types: Vec<u64>,
    is_meta: AddressMap<bool>,
    /// The type of the object before, and whether its instances are types.
    last: (u64, bool),
}

impl Tracked {
    fn note(&mut self, python: &mut Python, object: u64) {
        self.objects.push(object);
        python.image.grow_early(CACHE_PER_TRACKED);
        let Some(kind) = python.type_of(object) else { return };
        if kind != self.last.0 {
            let is_type = *self.is_meta.entry(kind).or_insert_with(|| {
                self.kinds.push(kind);
                python.flags(kind).unwrap_or(0) & flag::TYPE != 0
            });
            self.last = (kind, is_type);
        }
        if self.last.1 {
            self.types.push(object);
        }
    }
}

impl Walk<'_> {
    /// All interpreters, the main one first; empty when the runtime holds none.
    pub fn interpreters(&mut self, runtime: u64) -> Vec<Interpreter> {
        let at = self.python.at;
        let main = self.python.pointer(runtime, at.runtime.interpreters_main);
        let mut next = self.python.pointer(runtime, at.runtime.interpreters_head);
        let mut found: Vec<Interpreter> = Vec::new();
        while let Some(address) = next {
            if found.len() == MOST_INTERPRETERS || found.iter().any(|interpreter| interpreter.address == address) {
                break;
            }
            let gc = if at.interpreter.gc == ABSENT {
                runtime + u64::from(at.runtime.gc)
            } else {
                address + u64::from(at.interpreter.gc)
            };
            found.push(Interpreter {
                address,
                id: self.python.field(address, at.interpreter.id).map_or(-1, u64::cast_signed),
                is_main: Some(address) == main,
                gc,
                modules: self.python.pointer(address, at.interpreter.modules).unwrap_or(0),
                sys_dict: self.python.pointer(address, at.interpreter.sysdict).unwrap_or(0),
            });
            next = self.python.pointer(address, at.interpreter.next);
        }
        found.sort_by_key(|interpreter| (!interpreter.is_main, interpreter.id));
        found
    }

    /// Whether the table is that of this runtime: what it leads to is what it should be.
    pub fn layout_fits(&mut self, runtime: u64) -> bool {
        let at = self.python.at;
        let interpreters = self.interpreters(runtime);
        let Some(main) = interpreters.iter().find(|interpreter| interpreter.is_main) else { return false };
        if self.python.flags_of(main.modules) & flag::DICT == 0 || self.python.flags_of(main.sys_dict) & flag::DICT == 0
        {
            return false;
        }
        let hooks = self.python.field(main.address, at.interpreter.audit_hooks).unwrap_or(0);
        let texts = self.python.field(main.address, at.interpreter.interned_strings).unwrap_or(0);
        let closes = |walk: &mut Self, head: u64| {
            let next = walk.python.field(head, at.gc_head.next).map(|next| next & !3);
            next.and_then(|next| walk.python.field(next, at.gc_head.prev)).is_some_and(|prev| prev & !3 == head)
        };
        // While a collection runs, its objects' heads hold numbers instead.
        self.is_collecting(main)
            || (0..u64::from(at.gc.generation_count)).all(|index| {
                let generation = main.gc + u64::from(at.gc.generations) + index * u64::from(at.gc.generation_size);
                closes(self, generation + u64::from(at.gc.generation_head))
            }) && (hooks == 0 || self.python.flags_of(hooks) & flag::LIST != 0)
                && (texts == 0 || self.python.flags_of(texts) & flag::DICT != 0)
    }

    /// Notes what each interpreter keeps of types that are part of CPython.
    pub fn read_static_types(&mut self, interpreter: &Interpreter) -> Vec<u64> {
        let at = self.python.at;
        let mut dicts = Vec::new();
        if at.static_type.size == ABSENT {
            return dicts;
        }
        for (first, count) in [
            (at.interpreter.static_types, at.interpreter.static_types_count),
            (at.interpreter.extension_types, at.interpreter.extension_types_count),
        ] {
            if first == ABSENT {
                continue;
            }
            for index in 0..u64::from(count.min(1 << 12)) {
                let part = interpreter.address + u64::from(first) + index * u64::from(at.static_type.size);
                let Some(kind) = self.python.pointer(part, at.static_type.kind) else { continue };
                let dict = self.python.field(part, at.static_type.dict).unwrap_or(0);
                let subclasses = self.python.field(part, at.static_type.subclasses).unwrap_or(0);
                if interpreter.is_main {
                    self.types.static_parts.insert(kind, StaticPart { dict, subclasses });
                } else {
                    dicts.extend([dict, subclasses].into_iter().filter(|&dict| dict != 0));
                }
            }
        }
        dicts
    }

    /// Finds the deallocator that all classes written in Python share: the commonest of the classes in `objects`.
    pub fn find_python_dealloc(&mut self, objects: &[u64]) {
        let at = &self.python.at.type_object;
        let mut counts: std::collections::HashMap<u64, u32> = std::collections::HashMap::new();
        for &object in objects {
            // Classes written in Python have a name of their module in their dictionary, and keys for their attributes.
            let is_heap = self.python.flags(object).unwrap_or(0) & flag::HEAP_TYPE != 0;
            if is_heap
                && self.python.pointer(object, self.python.at.heap_type.cached_keys).is_some()
                && let Some(dealloc) = self.python.pointer(object, at.dealloc)
            {
                *counts.entry(dealloc).or_default() += 1;
            }
        }
        self.types.python_dealloc =
            counts.into_iter().max_by_key(|&(address, count)| (count, address)).map_or(0, |of| of.0);
    }

    /// Whether a collection runs in this interpreter: then its lists are on the stack of C.
    pub fn is_collecting(&mut self, interpreter: &Interpreter) -> bool {
        self.python.int(interpreter.gc, self.python.at.gc.collecting).is_some_and(|collecting| collecting != 0)
    }

    /// Adds the objects of all lists of the collector to `tracked`; `None` when a list is torn.
    pub fn add_tracked(&mut self, interpreter: &Interpreter, tracked: &mut Tracked) -> Option<CollectorFacts> {
        let at = &self.python.at.gc;
        let most = self.most_references;
        let mut facts = CollectorFacts {
            enabled: self.python.int(interpreter.gc, at.enabled).map(|enabled| enabled != 0),
            ..CollectorFacts::default()
        };
        for index in 0..u64::from(at.generation_count.min(8)) {
            let generation = interpreter.gc + u64::from(at.generations) + index * u64::from(at.generation_size);
            facts.counts.push(
                self.python.int(generation, at.generation_objects).map_or(0, |n| n.max(0).cast_unsigned().into()),
            );
            facts.thresholds.push(
                self.python.int(generation, at.generation_threshold).map_or(0, |n| n.max(0).cast_unsigned().into()),
            );
            let head = generation + u64::from(at.generation_head);
            if !self.python.collected(head, most, |python, object| tracked.note(python, object)) {
                return None;
            }
        }
        let before = tracked.objects.len();
        let permanent = interpreter.gc + u64::from(at.permanent_generation) + u64::from(at.generation_head);
        if !self.python.collected(permanent, most, |python, object| tracked.note(python, object)) {
            return None;
        }
        facts.frozen = (tracked.objects.len() - before) as u64;
        Some(facts)
    }

    pub(super) fn root(&mut self, kind: &str, name: String, object: u64, file: Option<String>) {
        if object == 0 || object & 7 != 0 || object >= END_OF_MEMORY {
            return;
        }
        self.meet(object);
        self.snapshot.roots.push(RootRecord {
            kind: kind.into(),
            name: Text(name),
            address: WireAddress::at(object),
            file: file.map(Text),
        });
    }

    /// Modules and state of an interpreter.
    pub fn add_interpreter(&mut self, interpreter: &Interpreter) {
        let at = self.python.at;
        let suffix = if interpreter.is_main { String::new() } else { format!(" of interpreter {}", interpreter.id) };
        let mut items: Vec<Entry> = Vec::new();
        if self.python.flags_of(interpreter.modules) & flag::DICT != 0 {
            self.python.items(interpreter.modules, &mut items);
        }
        for item in items {
            let Some(name) = self.python.name(item.key).map(str::to_owned) else { continue };
            let is_module = self.plan_of(item.value).is_some_and(|plan| plan.is_a("module"));
            let dict = if is_module { self.python.pointer(item.value, at.module.dict) } else { None };
            let file = dict.and_then(|dict| self.python.item(dict, "__file__"));
            let file = file.and_then(|file| self.python.name(file).map(str::to_owned));
            if interpreter.is_main {
                self.root("module", name, item.value, file);
            } else {
                self.root("other", format!("module {name}{suffix}"), item.value, file);
            }
        }
        let kind = if interpreter.is_main { "interpreter" } else { "other" };
        self.root(kind, format!("sys.modules{suffix}"), interpreter.modules, None);
        for name in ["path_hooks", "meta_path", "path_importer_cache", "path"] {
            if let Some(object) = self.python.item(interpreter.sys_dict, name) {
                self.root(kind, format!("sys.{name}{suffix}"), object, None);
            }
        }
        self.root(kind, format!("sys.__dict__{suffix}"), interpreter.sys_dict, None);
        for (offset, name) in [(at.gc.garbage, "gc.garbage"), (at.gc.callbacks, "gc.callbacks")] {
            if let Some(object) = self.python.pointer(interpreter.gc, offset) {
                self.root(kind, format!("{name}{suffix}"), object, None);
            }
        }
        let of = &at.interpreter;
        for (offset, name) in [
            (of.builtins, "builtins of the interpreter"),
            (of.importlib, "importlib of the interpreter"),
            (of.import_func, "import function of the interpreter"),
            (of.builtins_copy, "copy of the builtins"),
            (of.sysdict_copy, "copy of sys"),
            (of.modules_by_index, "modules by index"),
            (of.codec_search_path, "search functions of codecs"),
            (of.codec_search_cache, "cache of codecs"),
            (of.codec_error_registry, "error handlers of codecs"),
            (of.dict, "dictionary of the interpreter"),
            (of.before_forkers, "functions before a fork"),
            (of.after_forkers_parent, "functions after a fork in the parent"),
            (of.after_forkers_child, "functions after a fork in the child"),
            (of.audit_hooks, "audit hooks"),
            (of.warnings_filters, "filters of warnings"),
            (of.warnings_once_registry, "registry of warnings"),
            (of.warnings_default_action, "default action of warnings"),
            (of.pyexitmodule, "module of exit functions"),
        ] {
            if let Some(object) = self.python.pointer(interpreter.address, offset) {
                self.root("other", format!("{name}{suffix}"), object, None);
            }
        }
        self.add_exit_functions(interpreter, &suffix);
    }

    fn add_exit_functions(&mut self, interpreter: &Interpreter, suffix: &str) {
        let at = self.python.at;
        let Some(first) = self.python.pointer(interpreter.address, at.interpreter.atexit_callbacks) else { return };
        let count =
            self.python.int(interpreter.address, at.interpreter.atexit_ncallbacks).unwrap_or(0).clamp(0, 1 << 16);
        for index in 0..u64::try_from(count).unwrap_or(0) {
            let Some(callback) = self.python.image.word(first + 8 * index).filter(|&callback| callback != 0) else {
                continue;
            };
            for (offset, what) in [
                (at.atexit_callback.func, "function registered with atexit"),
                (at.atexit_callback.args, "arguments of a function registered with atexit"),
                (at.atexit_callback.kwargs, "keyword arguments of a function registered with atexit"),
            ] {
                if let Some(object) = self.python.pointer(callback, offset) {
                    self.root("other", format!("{what}{suffix}"), object, None);
                }
            }
        }
    }

    /// What another interpreter keeps of the types that are part of CPython.
    pub fn add_static_dicts(&mut self, interpreter: &Interpreter, dicts: Vec<u64>) {
        for dict in dicts {
            self.root("other", format!("part of a static type of interpreter {}", interpreter.id), dict, None);
        }
    }

    /// Roots for the types that are never freed.
    pub fn add_static_types(&mut self) {
        let mut types = std::mem::take(&mut self.static_types);
        types.sort_unstable();
        for object in types {
            let Some(plan) = self.types.plan(&mut self.python, &mut self.names, object) else { continue };
            let name = format!("static type {}", plan.key());
            self.root("other", name, object, None);
        }
    }
}
