//! The best way to each object, and the place that it leads to: a search by breadth from the roots, kind by kind.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::analysis::aliases::Aliases;
use crate::analysis::classes::Classes;
use crate::analysis::dominators::DominatorTree;
use crate::analysis::gc_roots::{GcRoot, GcRootKind, GcRoots};
use crate::analysis::object_set::ObjectSet;
use crate::analysis::reference_view::ReferenceView;
use crate::analysis::step::Step;
use crate::graph::{HeapGraph, Object, Reference, RootPlace, Slot, TypeId};

use super::threads::{ThreadLocals, stable_root, stable_thread};

/// No place yet, no referrer, above the tops.
pub(super) const NONE: u32 = u32::MAX;

/// Kinds of roots, the best owner first. Modules come first and locals after what threads keep, so that a variable that
/// happens to hold a cache when the snapshot is taken doesn't move the cache.
const OWNERS: [GcRootKind; 8] = [
    GcRootKind::Module,
    GcRootKind::Thread,
    GcRootKind::FrameLocal,
    GcRootKind::Interpreter,
    GcRootKind::Other,
    GcRootKind::FrameStack,
    GcRootKind::Debugger,
    GcRootKind::HeldFromC,
];

/// How many steps a way has at most; what is deeper is at the last of them.
const MOST_STEPS: u8 = 40;
/// How many places there are at most; what would need another one is at the place above.
const MOST_PLACES: usize = 1 << 17;
/// A namespace with more names than this is a container.
const MOST_NAMES: usize = 10_000;
/// Among so many places above, one that is like a place tells that the way repeats.
const REPEATS_WITHIN: usize = 8;
/// So often a way goes through alike places; what repeats more often is at the last of them.
const MOST_REPEATS: usize = 2;
/// To go on from an alias costs so many references more; see [`crate::analysis::reachability`].
const ALIAS_COSTS: usize = 2;

/// A place while places are found.
pub(super) struct Node {
    /// The place above; [`NONE`] for a top.
    pub above: u32,
    /// The last step of the way, of [`Ways::steps`].
    pub step: u32,
    /// Steps of the way.
    depth: u8,
    /// The type of the first object here: what repetitions are told by.
    pub first: TypeId,
}

/// Where each object is.
pub(super) struct Ways {
    /// All places, each after the one above it.
    pub nodes: Vec<Node>,
    /// What the steps of the places are.
    pub steps: Vec<Step>,
    /// Per object its place.
    pub place: Vec<u32>,
    /// Per object the last referrer on its way; [`NONE`] where a way begins.
    pub referrer: Vec<u32>,
    /// Dictionaries whose keys are names: they are no containers.
    pub namespaces: ObjectSet,
    /// How many objects had no place of their own, because there would have been too many.
    pub crowded: u64,
}

/// What a named slot does to the way.
#[derive(Clone, Copy)]
enum Named {
    /// It leads on.
    Step(u32),
    /// What it holds is part of the holder.
    Part,
    /// What it holds has a place of its own, wherever the holder is.
    Top(u32),
}

/// The state of the search; between its two steps what is alive has its place.
pub(super) struct Search<'g> {
    graph: &'g HeapGraph,
    aliases: Aliases<'g>,
    ways: Ways,
    by_step: HashMap<Step, u32>,
    by_field: HashMap<&'g str, Named>,
    by_way: HashMap<(u32, u32), u32>,
    thread_locals: ThreadLocals,
    /// Per type whether its objects are tasks of asyncio.
    is_task: Vec<bool>,
    /// Objects in the order in which they were reached.
    order: Vec<Object>,
}

/// Finds the place of every object that a root reaches; [`Search::with_garbage`] finds those of the others. Near-linear; keeps 8
/// bytes per object.
pub(super) fn find<'g>(graph: &'g HeapGraph, roots: &GcRoots, view: &ReferenceView<'_>) -> Search<'g> {
    let mut search = Search::new(graph);
    let modules: HashSet<&str> = graph.modules().map(|(_, name)| name).collect();
    for kind in OWNERS {
        search.roots(view, &modules, roots, kind);
    }
    let mut next = 0;
    search.housekeeping(view, &mut next);
    search.roots(view, &modules, roots, GcRootKind::Immortal);
    search.housekeeping(view, &mut next);
    search
}

/// By full type name, then by address: the same in another snapshot, as far as anything can be.
fn sort_by_type<T>(graph: &HeapGraph, seeds: &mut [T], object: impl Fn(&T) -> Object) {
    let names: Vec<String> = graph.types.iter().map(|of| of.full_name()).collect();
    seeds.sort_by_key(|seed| (&names[graph.type_id(object(seed)).index()], object(seed)));
}

impl<'g> Search<'g> {
    fn new(graph: &'g HeapGraph) -> Self {
        let classes = Classes::of(graph);
        let is_task = (0..graph.types.len() as u32)
            .map(|id| ["_asyncio.Task", "asyncio.tasks.Task"].iter().any(|name| classes.derives_from(TypeId(id), name)))
            .collect();
        let thread_locals = ThreadLocals::of(graph);
        let mut namespaces = ObjectSet::empty(graph);
        let mut take = |dict: Object| {
            if graph.elements(dict).is_some_and(|(count, _)| count as usize <= MOST_NAMES) {
                namespaces.insert(dict);
            }
        };
        let names_of: Vec<Vec<u32>> = (0..graph.shape_count())
            .map(|shape| {
                let fields = graph.fields_of_shape(shape);
                let is_names = |name: &str| matches!(name, ".__dict__" | ".__globals__" | "attributes of a thread");
                fields.filter(|(_, name)| is_names(name)).map(|(position, _)| position).collect()
            })
            .collect();
        for object in graph.objects() {
            for &position in &names_of[graph.shape_index(object)] {
                graph.reference_at(object, position).and_then(|held| held.referent).into_iter().for_each(&mut take);
            }
        }
        let locals = |place: &RootPlace| matches!(place, RootPlace::Local { variable: None, .. });
        graph.roots.iter().filter(|root| locals(&root.place)).map(|root| root.object).for_each(&mut take);
        for &table in &thread_locals.tables {
            graph.entries(table).filter_map(|(_, value)| value).for_each(&mut take);
        }
        Search {
            graph,
            aliases: Aliases::of(graph),
            ways: Ways {
                nodes: Vec::new(),
                steps: Vec::new(),
                place: vec![NONE; graph.object_count()],
                referrer: vec![NONE; graph.object_count()],
                namespaces,
                crowded: 0,
            },
            by_step: HashMap::new(),
            by_field: HashMap::new(),
            by_way: HashMap::new(),
            thread_locals,
            is_task,
            order: Vec::with_capacity(graph.object_count()),
        }
    }

    /// Places the roots of a kind, and all that they reach and no better kind does.
    fn roots(&mut self, view: &ReferenceView<'_>, modules: &HashSet<&str>, roots: &GcRoots, kind: GcRootKind) {
        let mut seeds: Vec<&GcRoot> = roots.roots.iter().filter(|root| root.kind == kind).collect();
        if seeds.first().is_some_and(|root| root.named.is_none()) {
            sort_by_type(self.graph, &mut seeds, |root| root.object);
        }
        let mut level = Vec::new();
        for root in seeds {
            if self.is_placed(root.object) {
                continue;
            }
            let place = root.named(self.graph).map(|named| stable_root(modules, &named.place));
            let is_named = place.is_some();
            let mut node = self.top(Step::Root { kind, place }, root.object);
            if !is_named {
                node = self.of_type(node, root.object);
            }
            self.put(root.object, node, None);
            level.push(root.object);
        }
        self.spread(view, level);
    }

    /// Places what lives by housekeeping alone, such as a class that only its instances hold. `next` is how many of
    /// [`Search::order`] have been asked.
    fn housekeeping(&mut self, view: &ReferenceView<'_>, next: &mut usize) {
        while let Some(&holder) = self.order.get(*next) {
            *next += 1;
            let level = self.follow(holder, view.set_aside(holder));
            if !level.is_empty() {
                self.spread(view, level);
            }
        }
    }

    fn is_placed(&self, object: Object) -> bool {
        self.ways.place[object.index()] != NONE
    }

    fn put(&mut self, object: Object, node: u32, referrer: Option<Object>) {
        self.ways.place[object.index()] = node;
        self.ways.referrer[object.index()] = referrer.map_or(NONE, |referrer| referrer.0);
        self.order.push(object);
    }

    fn step(&mut self, step: Step) -> u32 {
        if let Some(&known) = self.by_step.get(&step) {
            return known;
        }
        let new = self.ways.steps.len() as u32;
        self.ways.steps.push(step.clone());
        self.by_step.insert(step, new);
        new
    }

    fn top(&mut self, step: Step, first: Object) -> u32 {
        let step = self.step(step);
        self.node(NONE, step, first)
    }

    fn of_type(&mut self, above: u32, object: Object) -> u32 {
        let step = self.step(Step::OfType(self.graph.type_name(self.graph.type_id(object)).into()));
        self.node(above, step, object)
    }

    /// The place behind a step; the place above where there are too many, or the way is too long.
    fn node(&mut self, above: u32, step: u32, first: Object) -> u32 {
        if let Some(&known) = self.by_way.get(&(above, step)) {
            return known;
        }
        let first = self.graph.type_id(first);
        let depth = if above == NONE { 1 } else { self.ways.nodes[above as usize].depth + 1 };
        if let Some(like) = self.repeated(above, step, first) {
            return like;
        }
        if above != NONE && (depth > MOST_STEPS || self.ways.nodes.len() >= MOST_PLACES) {
            self.ways.crowded += u64::from(depth <= MOST_STEPS);
            return above;
        }
        let new = self.ways.nodes.len() as u32;
        self.ways.nodes.push(Node { above, step, depth, first });
        self.by_way.insert((above, step), new);
        new
    }

    /// The lowest place above that is like this one, when there are several: the way repeats.
    fn repeated(&self, above: u32, step: u32, first: TypeId) -> Option<u32> {
        let mut at = above;
        let mut lowest = None;
        let mut repeats = 0;
        for _ in 0..REPEATS_WITHIN {
            let node = self.ways.nodes.get(at as usize)?;
            if node.step == step && node.first == first {
                lowest = lowest.or(Some(at));
                repeats += 1;
                if repeats >= MOST_REPEATS {
                    return lowest;
                }
            }
            at = node.above;
        }
        None
    }

    /// Where a reference leads to from the place of its referrer.
    fn behind(&mut self, referrer: Object, position: u32, referent: Object) -> u32 {
        let at = self.ways.place[referrer.index()];
        let reference = Reference { referrer, position, referent: Some(referent) };
        if self.is_task[self.graph.type_id(referent).index()] && !self.is_kept(at, reference) {
            let name = self.task_name(referent);
            return self.top(Step::Task(name), referent);
        }
        let step = match self.graph.slot(reference) {
            Slot::Field(name) => match self.field(name) {
                Named::Part => return at,
                Named::Top(step) => return self.node(NONE, step, referent),
                Named::Step(step) => step,
            },
            Slot::Value(Some(key)) if self.thread_locals.tables.contains(&referrer) => {
                match self.thread_locals.of_key(self.graph, key) {
                    Some(thread) => return self.top(Step::ThreadLocal(thread), referent),
                    None => self.step(Step::AnyKey),
                }
            }
            Slot::Key if self.ways.namespaces.contains(referrer) => return at,
            _ => {
                let in_namespace = self.ways.namespaces.contains(referrer);
                let step = Step::of_reference(self.graph, reference, in_namespace);
                self.step(step)
            }
        };
        self.node(at, step, referent)
    }

    /// Whether a reference to a task is the program's, by a name or in a container that a module leads to, and not that of
    /// what wakes it up.
    fn is_kept(&self, at: u32, reference: Reference) -> bool {
        let is_named = match self.graph.slot(reference) {
            Slot::Field(name) => name.starts_with('.') && name != ".__self__",
            _ => true,
        };
        let above =
            std::iter::successors(Some(at), |&at| Some(self.ways.nodes[at as usize].above).filter(|&at| at != NONE));
        let top = above.last().map(|top| &self.ways.steps[self.ways.nodes[top as usize].step as usize]);
        is_named && matches!(top, Some(Step::Root { kind: GcRootKind::Module, .. }))
    }

    fn field(&mut self, name: &'g str) -> Named {
        if let Some(&known) = self.by_field.get(name) {
            return known;
        }
        const FRAMES: [&str; 4] = [".cr_frame", ".gi_frame", ".ag_frame", ""];
        let local = FRAMES.iter().find_map(|frame| {
            name.strip_prefix(frame)?.strip_prefix(".f_locals['")?.strip_suffix("']").map(Arc::<str>::from)
        });
        let named = match name {
            ".__dict__" | ".cr_frame" | ".gi_frame" | ".ag_frame" => Named::Part,
            _ => match (name.strip_prefix("context variable "), local) {
                (Some(variable), _) => Named::Top(self.step(Step::ContextVariable(variable.into()))),
                (None, Some(local)) => Named::Step(self.step(Step::Local(local))),
                (None, None) => Named::Step(self.step(Step::Field(name.into()))),
            },
        };
        self.by_field.insert(name, named);
        named
    }

    /// What a task is called: the name that the program gave it, else that of its coroutine.
    fn task_name(&self, task: Object) -> Arc<str> {
        let text_of = |object: Object, slot: &str| {
            let held = self.graph.field(object, slot)?.referent?;
            Some(self.graph.text(held)?.text)
        };
        let is_given = |name: &&str| {
            let number = name.strip_prefix("Task-").unwrap_or("?");
            !number.bytes().all(|byte| byte.is_ascii_digit())
        };
        if let Some(name) = text_of(task, ".get_name()").filter(is_given) {
            return name.into();
        }
        let coroutine = self.graph.field(task, "._coro").and_then(|held| held.referent);
        let name = coroutine.and_then(|of| text_of(of, ".__qualname__").or_else(|| text_of(of, ".__name__")));
        stable_thread(name.unwrap_or("?")).into()
    }

    /// Places what an object refers to and has no place yet; returns it.
    fn follow(&mut self, holder: Object, references: impl Iterator<Item = (u32, Object)>) -> Vec<Object> {
        let mut found = Vec::new();
        for (position, referent) in references {
            if !self.is_placed(referent) {
                let node = self.behind(holder, position, referent);
                self.put(referent, node, Some(holder));
                found.push(referent);
            }
        }
        found
    }

    /// Goes on from objects that have their places, level by level. What an alias leads to waits for another way.
    fn spread(&mut self, view: &ReferenceView<'_>, mut level: Vec<Object>) {
        let mut next_level: Vec<Object> = Vec::new();
        let mut waiting: VecDeque<Vec<(Object, u32, Object)>> = vec![Vec::new(); ALIAS_COSTS].into();
        while !level.is_empty() || waiting.iter().any(|some| !some.is_empty()) {
            let mut by_alias = Vec::new();
            for &object in &level {
                let may_have_aliases = self.aliases.may_have(object);
                let mut from = 0;
                while let Some((position, referent)) = view.next(object, from) {
                    from = position + 1;
                    if self.is_placed(referent) {
                        continue;
                    }
                    if may_have_aliases && self.aliases.is_alias(object, position, referent) {
                        by_alias.push((object, position, referent));
                    } else {
                        let node = self.behind(object, position, referent);
                        self.put(referent, node, Some(object));
                        next_level.push(referent);
                    }
                }
            }
            waiting.push_back(by_alias);
            for (object, position, referent) in waiting.pop_front().into_iter().flatten() {
                if !self.is_placed(referent) {
                    let node = self.behind(object, position, referent);
                    self.put(referent, node, Some(object));
                    next_level.push(referent);
                }
            }
            level.clear();
            std::mem::swap(&mut level, &mut next_level);
        }
    }

    /// The places of all objects. `tree` tells what no root reaches.
    pub fn with_garbage(mut self, view: &ReferenceView<'_>, tree: &DominatorTree) -> Ways {
        self.garbage(view, tree);
        self.ways
    }

    /// Places what no root reaches by type: instances of the program's classes first, with all that they hold.
    fn garbage(&mut self, view: &ReferenceView<'_>, tree: &DominatorTree) {
        let graph = self.graph;
        let mut left: Vec<Object> = tree.unreachable().filter(|&object| !self.is_placed(object)).collect();
        sort_by_type(graph, &mut left, |&object| object);
        let is_own = |object: Object| graph.type_of(object).module != "builtins";
        let seeds: Vec<Object> = left.iter().copied().filter(|&object| is_own(object)).collect();
        let mut level = Vec::new();
        for object in seeds {
            self.seed_garbage(object, &mut level);
        }
        self.spread(view, level);
        for object in left {
            if !self.is_placed(object) {
                let mut level = Vec::new();
                self.seed_garbage(object, &mut level);
                self.spread(view, level);
            }
        }
    }

    fn seed_garbage(&mut self, object: Object, level: &mut Vec<Object>) {
        let top = self.top(Step::Garbage, object);
        let node = self.of_type(top, object);
        self.put(object, node, None);
        level.push(object);
    }
}
