//! What CPython's objects look like in memory, by version, and the walk from its interpreters to a snapshot.
//!
//! Nothing runs in the process that is read: it may be live and still, a frozen copy, or a core file.

mod blocks;
pub mod capture;
mod fields;
mod frames;
mod gil;
pub mod layout;
mod ledger;
mod lines;
mod literal;
mod names;
mod python;
mod seen;
mod sizes;
mod state;
mod texts;
mod threads;
mod tracing;
mod types;
mod visit;
mod walk;

use crate::memory::AddressSpace;
use crate::memory::image::Image;
use crate::memory::interpreter_image::Runtime;
use crate::snapshot::{Snapshot, Text};

use self::layout::Layout;
use self::python::{Entry, Python, flag};
use self::walk::Walk;

/// Which texts of the program a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextLevel {
    /// None at all.
    None,
    /// Names that are part of the program: functions, modules, types, variables.
    Names,
    /// Also keys of dictionaries.
    Keys,
    /// Also values: texts, numbers.
    All,
}

/// What is to be read, and how much memory may be kept for it.
#[derive(Debug, Clone)]
pub struct WalkOptions {
    /// Which texts.
    pub text: TextLevel,
    /// Bytes of the address space that are kept at a time; what is kept grows with what is found.
    pub cache_bytes: usize,
}

impl Default for WalkOptions {
    fn default() -> Self {
        WalkOptions { text: TextLevel::Keys, cache_bytes: 208 << 20 }
    }
}

/// Why a heap can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// No table of layouts for this version or build.
    #[error("{0}")]
    Unsupported(String),
    /// A collection runs: its lists are in motion.
    #[error("the garbage collector is at work")]
    Collecting,
    /// A list of the collector does not end where it began.
    #[error("the lists of the garbage collector are torn")]
    Torn,
    /// The interpreter is not up, or has been taken down.
    #[error("its interpreter is not initialised: it is starting up or shutting down")]
    NotInitialized,
}

/// Reads the whole heap behind `runtime`: one pass over the collectors' lists and the closure of what they refer to.
///
/// The header of the result tells what the memory itself tells: interpreter, collector, options; the rest is the
/// caller's to fill in. Memory: the columns of the snapshot, about 9 bytes per object beside, and
/// [`WalkOptions::cache_bytes`].
///
/// # Errors
/// [`WalkError`]; [`WalkError::Collecting`] and [`WalkError::Torn`] go by: another moment helps.
pub fn read_heap(space: &dyn AddressSpace, runtime: &Runtime, options: &WalkOptions) -> Result<Snapshot, WalkError> {
    let layout = layout_of(space, runtime)?;
    let python = Python::new(Image::new(space, options.cache_bytes), &layout, runtime.version.minor());
    let mut walk = Walk::new(python, options.text);
    let interpreters = walk.interpreters(runtime.address);
    let Some(main) = interpreters.iter().find(|interpreter| interpreter.is_main).copied() else {
        return Err(WalkError::NotInitialized);
    };
    if walk.python.flags_of(main.modules) & flag::DICT == 0 {
        return Err(WalkError::NotInitialized);
    }
    let mut facts = None;
    let mut tracked = state::Tracked::default();
    let mut collected = Vec::new();
    for interpreter in &interpreters {
        if collected.contains(&interpreter.gc) {
            continue;
        }
        collected.push(interpreter.gc);
        if walk.is_collecting(interpreter) {
            return Err(WalkError::Collecting);
        }
        let of = walk.add_tracked(interpreter, &mut tracked).ok_or(WalkError::Torn)?;
        facts = facts.or(Some(of));
    }
    walk.read_tracing(runtime.address);
    walk.find_python_dealloc(&tracked.types);
    let static_dicts: Vec<_> = interpreters.iter().map(|interpreter| walk.read_static_types(interpreter)).collect();
    walk.find_weak_dicts(&interpreters);
    walk.find_types(&tracked.kinds, &tracked.types);
    walk.run_over(tracked.objects);
    walk.run();
    let mut probable = Vec::new();
    for (interpreter, dicts) in interpreters.iter().zip(static_dicts) {
        walk.add_interpreter(interpreter);
        walk.add_static_dicts(interpreter, dicts);
        walk.add_threads(interpreter, &mut probable);
    }
    walk.run();
    walk.settle(probable);
    walk.add_static_types();
    walk.run();
    walk.describe(&main, runtime, facts.unwrap_or_default());
    Ok(walk.finish())
}

/// The table for an interpreter: of several that its minor version has had, the one that fits what is in memory.
///
/// # Errors
/// [`WalkError::Unsupported`] names what is served; [`WalkError::NotInitialized`] when no table fits.
pub fn layout_of(space: &dyn AddressSpace, runtime: &Runtime) -> Result<Layout, WalkError> {
    let version = &runtime.version;
    let candidates = layout::candidates(version.major(), version.minor());
    if candidates.is_empty() {
        let reason = format!("it runs Python {version}, and 3.8 to 3.15 are read from outside");
        return Err(WalkError::Unsupported(reason));
    }
    let fits = |layout: &Layout| {
        let python = Python::new(Image::new(space, 0), layout, version.minor());
        Walk::new(python, TextLevel::None).layout_fits(runtime.address)
    };
    candidates.into_iter().find(fits).ok_or(WalkError::NotInitialized)
}

impl Walk<'_> {
    /// Tables of interned texts, which hold them weakly.
    fn find_weak_dicts(&mut self, interpreters: &[state::Interpreter]) {
        for interpreter in interpreters {
            let offset = self.python.at.interpreter.interned_strings;
            if let Some(dict) = self.python.pointer(interpreter.address, offset) {
                self.weak_dicts.push(dict);
            }
        }
    }

    /// Makes all types known before anything else: what is an object is told by its type. `kinds`: the types of what the
    /// collectors know, each once; `types`: which of it are types.
    fn find_types(&mut self, kinds: &[u64], types: &[u64]) {
        for &kind in kinds.iter().chain(types) {
            self.types.plan(&mut self.python, &mut self.names, kind);
        }
        let fresh = std::mem::take(&mut self.types.fresh);
        fresh.into_iter().for_each(|kind| self.meet(kind));
    }

    /// Interpreter, collector and options of the header.
    fn describe(&mut self, main: &state::Interpreter, runtime: &Runtime, facts: state::CollectorFacts) {
        let level = match self.text_level {
            TextLevel::None => "none",
            TextLevel::Names => "names",
            TextLevel::Keys => "keys",
            TextLevel::All => "all",
        };
        let text_of = |walk: &mut Self, name: &str| -> Option<Text> {
            let object = walk.python.item(main.sys_dict, name)?;
            walk.python.name(object).map(Text::from)
        };
        let prefix = text_of(self, "prefix");
        let os_module = self.python.item(main.modules, "os");
        let os_dict = os_module.and_then(|module| self.python.pointer(module, self.python.at.module.dict));
        let os_file = os_dict.and_then(|dict| self.python.item(dict, "__file__"));
        let os_file = os_file.and_then(|file| self.python.name(file).map(str::to_owned));
        let site_packages = self.texts_in(main.sys_dict, "path");
        let argv = self.texts_in(main.sys_dict, "orig_argv").or_else(|| self.texts_in(main.sys_dict, "argv"));
        let version = &runtime.version;
        let header = &mut self.snapshot.header;
        header.process.argv = argv.filter(|_| self.text_level != TextLevel::None);
        header.interpreter.implementation = Some("cpython".into());
        header.interpreter.version = Some(Text(version.to_string()));
        header.interpreter.hexversion = version.is_exact.then(|| u64::from(version.hex));
        header.interpreter.pointer_bytes = Some(8);
        header.interpreter.free_threaded = Some(false);
        header.interpreter.debug = Some(false);
        header.interpreter.prefix = prefix;
        header.interpreter.stdlib = os_file.and_then(|file| file.rsplit_once('/').map(|(folder, _)| folder.into()));
        header.interpreter.site_packages = site_packages.map(|paths| {
            let is_site = |path: &Text| path.ends_with("site-packages") || path.ends_with("dist-packages");
            paths.into_iter().filter(is_site).collect()
        });
        header.gc.enabled = facts.enabled;
        header.gc.counts = Some(facts.counts);
        header.gc.thresholds = Some(facts.thresholds);
        header.gc.frozen = Some(facts.frozen);
        header.gc.collected_first = Some(false);
        header.options.text = Some(level.into());
        header.options.text_limit = Some(literal::TEXT_LIMIT as u64);
    }

    /// Texts of a list in a dictionary.
    fn texts_in(&mut self, dict: u64, name: &str) -> Option<Vec<Text>> {
        let list = self.python.item(dict, name)?;
        if self.python.flags_of(list) & flag::LIST == 0 {
            return None;
        }
        let length = self.python.length(list)?.min(1 << 12);
        let items = self.python.pointer(list, self.python.at.list.item)?;
        let mut words = Vec::new();
        self.python.image.words(items, length as usize, &mut words);
        Some(words.iter().filter_map(|&text| self.python.name(text).map(Text::from)).collect())
    }

    /// What an instance stores under a name: without a dictionary, or in one.
    fn attribute(&mut self, object: u64, name: &str) -> Option<u64> {
        let wanted = format!(".{name}");
        let slots = self.attribute_slots(object)?;
        if let Some((_, value)) = slots.iter().find(|(slot, _)| *slot == wanted) {
            return Some(*value);
        }
        let (_, dict) = slots.iter().find(|(slot, _)| slot == ".__dict__")?;
        let mut items: Vec<Entry> = Vec::new();
        self.python.items(*dict, &mut items);
        items.into_iter().find(|item| self.python.name(item.key) == Some(name)).map(|item| item.value)
    }
}
