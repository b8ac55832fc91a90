//! The GC roots of a heap: what is alive by itself, and why.
//!
//! CPython has no root set: whatever has a reference count above zero lives. So a root here is what a snapshot names
//! (modules, running frames, interpreter state), and what has more references than the snapshot shows: something outside of
//! the Python heap, C code, holds it. Immortal objects and static types are never freed and are roots of the last resort.

use std::collections::HashMap;
use std::io::{self, Seek, Write};
use std::sync::{Arc, OnceLock};

use crate::graph::{HeapGraph, Object, RefCount, Root, RootKind, RootPlace};
use crate::sections::{Column, CompactColumn, SectionWriter, Sections};

use super::object_set::ObjectSet;
use super::origin::{Origin, Origins};
use super::root_references::references_from_roots;

/// What kind of GC root an object is; the first of several names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum GcRootKind {
    /// A module in `sys.modules`.
    Module,
    /// A named local variable of a running frame.
    FrameLocal,
    /// Interpreter state such as `sys.modules` itself.
    Interpreter,
    /// What a thread holds beside its frames: its thread-local data, its context, an exception that is being handled.
    Thread,
    /// Anything else that the snapshot names, such as a type that is never freed.
    Other,
    /// Held by a running frame without a name: its value stack.
    FrameStack,
    /// Held by a debugger or by a line typed into one.
    Debugger,
    /// Has more references than the snapshot shows: held from C.
    HeldFromC,
    /// Never freed: an immortal object or a static type.
    Immortal,
}

impl GcRootKind {
    /// All kinds, in order.
    pub const ALL: [GcRootKind; 9] = [
        GcRootKind::Module,
        GcRootKind::FrameLocal,
        GcRootKind::Interpreter,
        GcRootKind::Thread,
        GcRootKind::Other,
        GcRootKind::FrameStack,
        GcRootKind::Debugger,
        GcRootKind::HeldFromC,
        GcRootKind::Immortal,
    ];

    /// For reports: `module`, `local`, `interpreter`, `thread`, `other`, `value stack`, `debugger`, `held from C`, `immortal`.
    pub fn label(self) -> &'static str {
        match self {
            GcRootKind::Module => RootKind::Module.label(),
            GcRootKind::FrameLocal => RootKind::FrameLocal.label(),
            GcRootKind::Interpreter => RootKind::Interpreter.label(),
            GcRootKind::Thread => RootKind::Thread.label(),
            GcRootKind::Other => RootKind::Other.label(),
            GcRootKind::FrameStack => RootKind::FrameStack.label(),
            GcRootKind::Debugger => RootKind::Debugger.label(),
            GcRootKind::HeldFromC => "held from C",
            GcRootKind::Immortal => "immortal",
        }
    }

    /// Whether it is a variable, or the value stack, of a running frame.
    pub fn is_of_a_frame(self) -> bool {
        matches!(self, GcRootKind::FrameLocal | GcRootKind::FrameStack | GcRootKind::Debugger)
    }

    /// How much an explanation by this kind is worth. A path from a better rank is told even when another is shorter:
    /// the program can give up what it names, not what C or the interpreter holds, and a debugger only watches.
    pub fn rank(self) -> Rank {
        match self {
            GcRootKind::Debugger => Rank::Debugger,
            GcRootKind::HeldFromC => Rank::HeldFromC,
            GcRootKind::Immortal => Rank::Immortal,
            GcRootKind::Other | GcRootKind::FrameStack => Rank::Described,
            _ => Rank::Named,
        }
    }
}

/// How well a root explains; the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Rank {
    /// The snapshot names the root, by a name that the program has.
    Named,
    /// The snapshot says what the root is, but the program has no name for it: a value stack, a function for the end.
    Described,
    /// Somebody is looking at it in a debugger.
    Debugger,
    /// Only the reference count tells that something holds it.
    HeldFromC,
    /// It would never be freed anyway.
    Immortal,
}

/// One reason why an object is alive by itself. An object may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GcRoot {
    /// The object.
    pub object: Object,
    /// Why it is alive.
    pub kind: GcRootKind,
    /// Index into [`HeapGraph::roots`]; `None` for what the snapshot doesn't name.
    pub named: Option<u32>,
}

impl GcRoot {
    /// What the snapshot says of it; `None` for what it doesn't name.
    pub fn named(self, graph: &HeapGraph) -> Option<&Root> {
        self.named.map(|index| &graph.roots[index as usize])
    }
}

/// All GC roots of a heap, and how every reference count comes about.
#[derive(Debug)]
pub struct GcRoots {
    /// Every root; the better explanation first: by rank, kind, the application's modules first, place, address.
    pub roots: Vec<GcRoot>,
    /// Strong references to each object in the snapshot. Of an index they are counted when all are asked for.
    found: OnceLock<CompactColumn>,
    /// References that named roots account for and no object of the snapshot does, where there are any.
    from_roots: HashMap<Object, u32>,
}

/// The account of one object's reference count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefAccount {
    /// What the interpreter counted.
    pub refcount: RefCount,
    /// Strong references from objects of the snapshot.
    pub found: u64,
    /// References from named roots that are no objects of the snapshot: running frames, interpreter state.
    pub from_roots: u64,
    /// References that nothing in the snapshot explains; `None` when the count is immortal or unknown.
    pub unexplained: Option<u64>,
    /// References beyond the count: the snapshot shows more than the interpreter counts (instances don't count for static
    /// types, nor dictionaries of one shared layout for their keys). 0 when the count is immortal or unknown.
    pub beyond: u64,
}

impl GcRoots {
    /// Finds the roots. Linear in objects and references, plus sorting the roots.
    ///
    /// An object of unknown reference count to which nothing refers is taken as held from C: it exists, and nothing in the
    /// snapshot says why. Locals of a frame at module level are the module's own variables listed a second time; they are
    /// left out when the module's dictionary holds the object.
    pub fn of(graph: &HeapGraph) -> GcRoots {
        let found = strong_references(graph);
        let from_roots = references_from_roots(graph, &found);
        let mut all = GcRoots { roots: Vec::new(), found: compact(&found).into(), from_roots };
        all.roots = named_roots(graph);
        let mut unnamed = Vec::new();
        let static_types: ObjectSet = ObjectSet::of(graph, static_types(graph));
        for object in graph.objects() {
            let is_static = static_types.contains(object);
            // Nearly every object is explained by what refers to it.
            if !is_static
                && matches!(graph.refcount(object), RefCount::Known(count) if count <= found[object.index()].into())
            {
                continue;
            }
            let kind = match all.account(graph, object) {
                RefAccount { refcount: RefCount::Immortal, .. } => GcRootKind::Immortal,
                _ if is_static => GcRootKind::Immortal,
                RefAccount { unexplained: Some(1..), .. } => GcRootKind::HeldFromC,
                RefAccount { refcount: RefCount::Unknown, found: 0, from_roots: 0, .. } => GcRootKind::HeldFromC,
                _ => continue,
            };
            unnamed.push(GcRoot { object, kind, named: None });
        }
        unnamed.sort_by_key(|root| (root.kind, root.object));
        all.roots.append(&mut unnamed);
        all
    }

    /// How the reference counts of all objects come about, in their order. Linear in objects and references.
    pub fn accounts<'a>(&'a self, graph: &'a HeapGraph) -> impl Iterator<Item = (Object, RefAccount)> + 'a {
        self.found.get_or_init(|| compact(&strong_references(graph)));
        graph.objects().map(|object| (object, self.account(graph, object)))
    }

    /// How an object's reference count comes about. Constant time; of an index linear in the object's referrers.
    pub fn account(&self, graph: &HeapGraph, object: Object) -> RefAccount {
        let refcount = graph.refcount(object);
        let found = match self.found.get() {
            Some(found) => found.get(object.index()),
            None => strong_references_to(graph, object),
        };
        let from_roots = u64::from(self.from_roots.get(&object).copied().unwrap_or(0));
        let explained = found + from_roots;
        let (unexplained, beyond) = match refcount {
            RefCount::Known(count) => (Some(count.saturating_sub(explained)), explained.saturating_sub(count)),
            RefCount::Immortal | RefCount::Unknown => (None, 0),
        };
        RefAccount { refcount, found, from_roots, unexplained, beyond }
    }

    /// The roots that an object is, the best explanation first. Linear in the roots.
    pub fn of_object(&self, object: Object) -> impl Iterator<Item = &GcRoot> {
        self.roots.iter().filter(move |root| root.object == object)
    }

    /// The objects that are roots, each once, in order of their best explanation.
    pub fn objects(&self, graph: &HeapGraph) -> Vec<Object> {
        let mut seen = ObjectSet::empty(graph);
        self.roots.iter().map(|root| root.object).filter(|&object| seen.insert(object)).collect()
    }
}

/// Per object how many strong references lead to it. Linear.
fn strong_references(graph: &HeapGraph) -> Vec<u32> {
    let mut found = vec![0_u32; graph.object_count()];
    for referent in (0..graph.reference_count() as u32).filter_map(|number| graph.referent_numbered(number)) {
        found[referent.index()] += 1;
    }
    for object in graph.objects().filter(|&object| graph.has_weak_slots(object)) {
        for reference in graph.references(object).filter(|&reference| !graph.is_strong(reference)) {
            reference.referent.into_iter().for_each(|referent| found[referent.index()] -= 1);
        }
    }
    found
}

/// The same in 2 bytes each.
fn compact(found: &[u32]) -> CompactColumn {
    found.iter().map(|&count| count.into()).collect()
}

/// The same of one object.
fn strong_references_to(graph: &HeapGraph, object: Object) -> u64 {
    let mut found = 0;
    let mut asked = None;
    // A referrer stands there once for each of its references.
    for referrer in graph.referrers(object) {
        if !graph.has_weak_slots(referrer) {
            found += 1;
        } else if asked != Some(referrer) {
            asked = Some(referrer);
            let all = graph.references_between(referrer, object);
            found += all.filter(|&reference| graph.is_strong(reference)).count() as u64;
        }
    }
    found.min(u32::MAX.into())
}

/// Roots and what they account for, as sections of an index.
impl GcRoots {
    pub(super) fn write<W: Write + Seek>(&self, out: &mut SectionWriter<W>) -> io::Result<()> {
        let roots = self.roots.iter().map(|root| {
            let named = root.named.unwrap_or(UNNAMED);
            [root.object.0, root.kind as u32, named]
        });
        out.column("root", &roots.collect::<Vec<[u32; 3]>>())?;
        let mut from_roots: Vec<[u32; 2]> = self.from_roots.iter().map(|(object, &count)| [object.0, count]).collect();
        from_roots.sort_unstable();
        out.column("root.references", &from_roots)
    }

    /// `None` when the sections are not there, or not of this heap.
    pub(super) fn of_sections(sections: &Arc<Sections>, graph: &HeapGraph) -> Option<GcRoots> {
        let is_object = |object: u32| (object as usize) < graph.object_count();
        let root = |&[object, kind, named]: &[u32; 3]| {
            let named = (named != UNNAMED).then_some(named);
            let is_known = is_object(object) && named.is_none_or(|named| (named as usize) < graph.roots.len());
            let kind = *GcRootKind::ALL.get(kind as usize)?;
            is_known.then_some(GcRoot { object: Object(object), kind, named })
        };
        let roots = sections.column("root")?.all().iter().map(root).collect::<Option<_>>()?;
        let from_roots: Column<[u32; 2]> = sections.column("root.references")?;
        let from_roots = from_roots.all().iter().map(|&[object, count]| (Object(object), count)).collect();
        Some(GcRoots { roots, found: OnceLock::new(), from_roots })
    }
}

/// In place of the number of a root that the snapshot doesn't name.
const UNNAMED: u32 = u32::MAX;

/// The roots that the snapshot names, the best explanation first.
fn named_roots(graph: &HeapGraph) -> Vec<GcRoot> {
    let origins = Origins::of(graph);
    let module_values = module_level_values(graph);
    let mut roots: Vec<(GcRoot, Origin)> = Vec::with_capacity(graph.roots.len());
    for (root, index) in graph.roots.iter().zip(0..) {
        let kind = match root.kind() {
            RootKind::Module => GcRootKind::Module,
            RootKind::FrameLocal => GcRootKind::FrameLocal,
            RootKind::FrameStack => GcRootKind::FrameStack,
            RootKind::Debugger => GcRootKind::Debugger,
            RootKind::Interpreter => GcRootKind::Interpreter,
            RootKind::Thread => GcRootKind::Thread,
            RootKind::Other => GcRootKind::Other,
        };
        let is_modules_own = kind == GcRootKind::FrameLocal
            && matches!(&root.place, RootPlace::Local { frame, .. } if frame.is_at_module_level());
        if is_modules_own && module_values.as_ref().is_some_and(|values| values.contains(root.object)) {
            continue;
        }
        let origin = root.module().map_or(Origin::Unknown, |name| origins.of_module(name));
        roots.push((GcRoot { object: root.object, kind, named: Some(index) }, origin));
    }
    roots.sort_by(|(one, one_origin), (other, other_origin)| {
        // A script imports from modules, a package from its parts: what two have, the latter has made.
        let key = |root: &GcRoot, origin: Origin| {
            let named = root.named(graph);
            let module = named.and_then(Root::module);
            let is_script = matches!(module, Some("__main__" | "__mp_main__"));
            let parts = module.map_or(0, |name| name.split('.').count());
            let place = named.map(|named| &named.place);
            (root.kind.rank(), root.kind, origin, is_script, std::cmp::Reverse(parts), place, root.object)
        };
        key(one, *one_origin).cmp(&key(other, *other_origin))
    });
    roots.into_iter().map(|(root, _)| root).collect()
}

/// What the dictionaries of modules hold; `None` when no frame at module level runs.
fn module_level_values(graph: &HeapGraph) -> Option<ObjectSet> {
    let runs = graph.threads.iter().flat_map(|thread| &thread.frames).any(|frame| frame.function.ends_with("<module>"));
    runs.then(|| {
        let dicts = graph.modules().filter_map(|(root, _)| graph.field(root.object, ".__dict__")?.referent);
        let mut values = ObjectSet::empty(graph);
        for dict in dicts {
            values.extend(graph.strong_referents(dict));
        }
        values
    })
}

/// Types that are part of the interpreter or of an extension, never made nor freed: not on the heap by their flags.
fn static_types(graph: &HeapGraph) -> impl Iterator<Item = Object> + '_ {
    graph.types.iter().filter(|of| of.is_heap_type() == Some(false)).filter_map(|of| of.object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;
    use crate::report::root_words;
    use crate::snapshot::{Frame, Local, Thread, WireAddress};

    fn labels(graph: &HeapGraph) -> Vec<String> {
        GcRoots::of(graph).roots.iter().map(|root| root_words::of(graph, root)).collect()
    }

    #[test]
    fn what_nothing_in_the_snapshot_holds_is_held_from_c() {
        let mut sketch = Sketch::new();
        sketch.object("holder", "dict", 64).object("inside", "app.User", 48).object("outside", "app.User", 48);
        sketch.refer("holder", "['u']", "inside").module_root("holder");
        sketch.refcount("holder", 1).refcount("inside", 3).refcount("outside", -2);
        let heap = sketch.build();
        assert_eq!(labels(&heap.graph), ["module holder", "held from C", "held from C"]);
        let roots = GcRoots::of(&heap.graph);
        let account = roots.account(&heap.graph, heap.get("inside"));
        assert_eq!((account.found, account.unexplained, account.beyond), (1, Some(2), 0));
        assert_eq!(roots.account(&heap.graph, heap.get("outside")).unexplained, None);
    }

    #[test]
    fn weak_references_explain_no_reference_count() {
        let mut sketch = Sketch::new();
        sketch.object("weak", "weakref", 64).object("user", "app.User", 48);
        sketch.refer("weak", "~()", "user").module_root("weak");
        sketch.refcount("weak", 1).refcount("user", 1);
        let heap = sketch.build();
        assert_eq!(labels(&heap.graph), ["module weak", "held from C"]);
    }

    #[test]
    fn immortal_objects_and_static_types_come_last() {
        let mut sketch = Sketch::new();
        sketch.object("none", "NoneType", 16).refcount("none", -1);
        sketch.object("int", "type", 400).refcount("int", 90).class("int", "int");
        sketch.object("User", "type", 400).class("app.User", "User");
        sketch.object("mod", "module", 64).refer("mod", ".User", "User").refcount("mod", 1).module_root("mod");
        let mut snapshot = sketch.snapshot();
        for of in &mut snapshot.types {
            of.flags = Some(if &*of.name == "User" { 1 << 9 } else { 0 });
        }
        let graph = HeapGraph::build(snapshot);
        assert_eq!(labels(&graph), ["module mod", "immortal", "immortal"]);
    }

    #[test]
    fn a_running_frame_explains_its_locals() {
        let mut sketch = Sketch::new();
        sketch.object("job", "app.Job", 48).refcount("job", 1);
        let mut snapshot = sketch.snapshot();
        let local = Local { name: "job".into(), address: WireAddress::at(0x1000) };
        let frame = Frame { function: "app.worker".into(), locals: vec![local], ..Frame::default() };
        snapshot.threads = vec![Thread { frames: vec![frame], ..Thread::default() }];
        let graph = HeapGraph::build(snapshot);
        assert_eq!(labels(&graph), ["local job in app.worker (a thread)"]);
        assert_eq!(GcRoots::of(&graph).account(&graph, Object(0)).from_roots, 1);
    }

    #[test]
    fn what_a_debugger_looks_at_is_explained_by_the_program_first() {
        let mut sketch = Sketch::new();
        sketch
            .object("job", "app.Job", 48)
            .object("cache", "dict", 64)
            .refer("cache", "[1]", "job")
            .module_root("cache");
        let mut snapshot = sketch.snapshot();
        let frame = |function: &str, file: &str| Frame {
            function: function.into(),
            file: Some(file.into()),
            locals: vec![Local { name: "job".into(), address: WireAddress::at(0x1000) }],
            ..Frame::default()
        };
        let typed = [frame("helper.look", "helper.py"), frame("__main__.<module>", "<stdin>")];
        let debugger =
            [frame("pdb.Pdb.default", "pdb.py"), frame("cmd.Cmd.onecmd", "cmd.py"), frame("bdb.Bdb.line", "")];
        let program = [frame("app.work", "app.py"), frame("app.<module>", "<string>"), frame("bdb.Bdb.run", "bdb.py")];
        snapshot.threads = vec![Thread { frames: [&typed[..], &debugger, &program].concat(), ..Thread::default() }];
        let graph = HeapGraph::build(snapshot.clone());
        let of_job = |graph: &HeapGraph| {
            let roots = GcRoots::of(graph).roots;
            let roots = roots.iter().filter(|root| root.object == Object(0));
            roots.map(|root| root_words::of(graph, root).split(" (").next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let watching =
            ["__main__.<module>", "bdb.Bdb.line", "bdb.Bdb.run", "cmd.Cmd.onecmd", "helper.look", "pdb.Pdb.default"];
        let own = ["app.<module>", "app.work"].map(|frame| format!("local job in {frame}"));
        let watching = watching.map(|frame| format!("debugger job in {frame}"));
        let expected: Vec<String> = own.into_iter().chain(watching).collect();
        assert_eq!(of_job(&graph), expected);
        // Without a debugger a typed line is the program, and so is what only looks like one.
        snapshot.threads[0].frames = [&typed[..], &program[..1], &debugger[1..2]].concat();
        assert!(of_job(&HeapGraph::build(snapshot)).iter().all(|label| label.starts_with("local ")));
    }

    #[test]
    fn a_frame_at_module_level_does_not_list_the_modules_variables_again() {
        let mut sketch = Sketch::new();
        sketch.object("mod", "module", 64).object("dict", "dict", 64).object("cache", "dict", 64).refcount("mod", 1);
        sketch.refer("mod", ".__dict__", "dict").refer("dict", "['cache']", "cache").module_root("mod");
        sketch.refcount("dict", 1);
        let mut snapshot = sketch.snapshot();
        let local = Local { name: "cache".into(), address: WireAddress::at(0x1020) };
        let frame = Frame { function: "mod.<module>".into(), locals: vec![local], ..Frame::default() };
        snapshot.threads = vec![Thread { frames: vec![frame], ..Thread::default() }];
        assert_eq!(labels(&HeapGraph::build(snapshot)), ["module mod"]);
    }
}
