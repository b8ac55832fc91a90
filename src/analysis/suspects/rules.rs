//! Python's own shapes of leaks, as data.

use std::collections::HashMap;

use super::owners::Owners;
use super::{Thresholds, bytes_of_share};
use crate::analysis::containers::{Gathering, gatherings};
use crate::analysis::cycles::cycles;
use crate::analysis::explored::Explored;
use crate::analysis::origin::Origin;
use crate::analysis::ownership::ownership_view;
use crate::graph::{HeapGraph, Object, Slot, TypeId};

/// A shape of leak that is known by what refers to what.
#[derive(Debug)]
pub struct Rule {
    /// Short name for machines, e.g. `unbounded-cache`.
    pub id: &'static str,
    /// A hit needs at least so many entries.
    pub minimum_entries: u64,
    /// What it finds is garbage that the collector can't free.
    pub stays: bool,
    find: fn(&Explored<'_>) -> Vec<(Object, u64)>,
}

/// One place where a rule fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The object to look at.
    pub object: Object,
    /// How much of it there is: the rule's words say what is counted.
    pub entries: u64,
    /// The object's retained size.
    pub retained_bytes: u64,
    /// Whose doing it is: that of the code, the class, or the module that leads to it.
    pub origin: Origin,
    /// No root reaches it.
    pub is_garbage: bool,
}

/// All that one rule has found.
#[derive(Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How many places it fits.
    pub count: u64,
    /// What they retain: the sum over those that no other dominates, a lower bound (`≥`) when there are several.
    pub retained_bytes: u64,
    /// The places that retain most; ties by address. So many as the thresholds allow.
    pub hits: Vec<Hit>,
    /// How many of all places no root reaches.
    pub garbage: u64,
    /// All places that none of them dominates, in the order of the dominator tree.
    pub uppermost: Vec<Object>,
    /// The containers through which the places are held, when there are several.
    pub gatherings: Vec<Gathering>,
    /// Places in libraries that retain less than a suspect does. They are how these work, nobody's leak, and
    /// count nowhere else.
    pub set_aside: u64,
}

/// The rules.
pub const RULES: &[Rule] = &[
    Rule { id: "exception-traceback", minimum_entries: 1, stays: false, find: exceptions },
    Rule { id: "finished-task", minimum_entries: 1, stays: false, find: finished_tasks },
    Rule { id: "unbounded-cache", minimum_entries: 2, stays: false, find: unbounded_caches },
    Rule { id: "cached-method", minimum_entries: 2, stays: false, find: cached_methods },
    Rule { id: "weak-key-held-by-value", minimum_entries: 2, stays: false, find: weak_keys_held },
    Rule { id: "mutable-default", minimum_entries: 2, stays: false, find: mutable_defaults },
    Rule { id: "bound-methods", minimum_entries: 2, stays: false, find: bound_methods },
    Rule { id: "closure-over-self", minimum_entries: 1, stays: false, find: closures_over_self },
    Rule { id: "finalizer-cycle", minimum_entries: 1, stays: false, find: finalizer_cycles },
    Rule { id: "uncollectable-cycle", minimum_entries: 1, stays: true, find: uncollectable_cycles },
    Rule { id: "thread-local", minimum_entries: 1, stays: false, find: thread_locals },
];

/// Objects that break the chain of a cycle for the collector, with how many objects the cycle has.
fn uncollectable_cycles(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    heap.uncollectable().breakers.clone()
}

/// Applies all rules. Linear in objects and references, plus sorting the hits.
pub(super) fn find(heap: &Explored<'_>, thresholds: &Thresholds, heap_bytes: u64) -> Vec<Finding> {
    let minimum = bytes_of_share(thresholds.rule_share, heap_bytes);
    let minimum_of_library = bytes_of_share(thresholds.share, heap_bytes);
    let mut owners = Owners::of(heap);
    let mut findings: Vec<(usize, Finding)> = Vec::new();
    for (place, rule) in RULES.iter().enumerate() {
        let found = (rule.find)(heap).into_iter().filter(|&(_, entries)| entries >= rule.minimum_entries);
        let hit = |(object, entries)| {
            let origin = owners.origin(object);
            Hit {
                object,
                entries,
                retained_bytes: heap.retained().bytes(object),
                origin,
                is_garbage: !heap.reachability().is_reached(object),
            }
        };
        let mut hits: Vec<Hit> = found.map(hit).collect();
        let all = hits.len();
        // Libraries have such shapes by design: only a large one is told.
        let is_library = |hit: &Hit| matches!(hit.origin, Origin::StandardLibrary | Origin::Installed);
        hits.retain(|hit| !is_library(hit) || hit.retained_bytes >= minimum_of_library);
        let set_aside = (all - hits.len()) as u64;
        let mut objects: Vec<Object> = hits.iter().map(|hit| hit.object).collect();
        objects.sort_unstable();
        let uppermost = heap.dominated().uppermost(&objects);
        let retained_bytes =
            uppermost.iter().fold(0_u64, |sum, &object| sum.saturating_add(heap.retained().bytes(object)));
        if hits.is_empty() || retained_bytes < minimum {
            continue;
        }
        let count = hits.len() as u64;
        let garbage = hits.iter().filter(|hit| hit.is_garbage).count() as u64;
        let gatherings = gatherings(heap, &objects, thresholds.limit);
        hits.sort_by_key(|hit| (std::cmp::Reverse((hit.retained_bytes, hit.entries)), hit.object));
        hits.truncate(thresholds.limit);
        findings
            .push((place, Finding { rule, count, retained_bytes, hits, garbage, uppermost, gatherings, set_aside }));
    }
    findings.sort_by_key(|(place, finding)| (std::cmp::Reverse(finding.retained_bytes), *place));
    findings.into_iter().map(|(_, finding)| finding).collect()
}

/// Reachable objects whose type is one of these, by full name.
fn instances<'h>(heap: &'h Explored<'_>, names: &'h [&str]) -> impl Iterator<Item = Object> + 'h {
    let fits: Vec<bool> = heap.graph.types.iter().map(|of| names.contains(&of.full_name().as_str())).collect();
    heap.graph.objects_of_types(&fits).filter(|&object| heap.reachability().is_reached(object))
}

fn held(graph: &HeapGraph, object: Object, slot: &str) -> Option<Object> {
    graph.field(object, slot)?.referent
}

fn is_a(graph: &HeapGraph, object: Object, name: &str) -> bool {
    let of = graph.type_of(object);
    of.module == "builtins" && of.name == name
}

/// Exceptions with the number of frames that their traceback keeps.
fn exceptions(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    let graph = heap.graph;
    // Only exceptions have the slot, whatever they are called.
    let has_slot = |shape| graph.fields_of_shape(shape).any(|(_, name)| name == ".__traceback__");
    let kept = graph.objects_of_shapes(has_slot).filter(|&object| heap.reachability().is_reached(object));
    // Each traceback's length once: the tails of many may be shared.
    let mut lengths: HashMap<Object, u64> = HashMap::new();
    let mut found = Vec::new();
    for exception in kept {
        let Some(first) = held(graph, exception, ".__traceback__").filter(|&of| is_a(graph, of, "traceback")) else {
            continue;
        };
        let mut way = Vec::new();
        let mut next = Some(first);
        let mut length = 0;
        while let Some(traceback) = next {
            if let Some(&known) = lengths.get(&traceback) {
                length = known;
                break;
            }
            lengths.insert(traceback, 0);
            way.push(traceback);
            next = held(graph, traceback, ".tb_next").filter(|&of| is_a(graph, of, "traceback"));
        }
        while let Some(traceback) = way.pop() {
            length += u64::from(held(graph, traceback, ".tb_frame").is_some());
            lengths.insert(traceback, length);
        }
        found.push((exception, length));
    }
    found
}

/// Tasks whose coroutine has no frame any more, and that something else than the event loop's own work refers to.
fn finished_tasks(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    let graph = heap.graph;
    let is_finished = |&task: &Object| {
        let coroutine = held(graph, task, "._coro").filter(|&of| is_a(graph, of, "coroutine"));
        coroutine.is_some_and(|coroutine| {
            graph.references(coroutine).all(|reference| {
                matches!(
                    graph.slot(reference),
                    Slot::Field(".__name__" | ".__qualname__" | ".__class__" | ".cr_code" | ".cr_origin")
                )
            })
        })
    };
    instances(heap, &["_asyncio.Task", "asyncio.tasks.Task"]).filter(is_finished).map(|task| (task, 1)).collect()
}

/// Caches of `functools` with the number of their results. A bounded cache keeps its results in links that know their place.
fn unbounded_caches(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    let graph = heap.graph;
    let results = |cache: Object| {
        let dicts = graph.strong_referents(cache).filter(|&of| is_a(graph, of, "dict"));
        dicts.map(|dict| unbounded_results(graph, dict)).max().unwrap_or(0)
    };
    let caches = instances(heap, &["functools._lru_cache_wrapper"]).filter(|&cache| kept_instances(heap, cache) == 0);
    caches.map(|cache| (cache, results(cache))).collect()
}

/// Caches on methods, with the number of results whose key has an instance of the method's class.
fn cached_methods(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    let caches = instances(heap, &["functools._lru_cache_wrapper"]);
    caches.map(|cache| (cache, kept_instances(heap, cache))).filter(|&(_, kept)| kept > 0).collect()
}

/// How many results of a cache have a key whose first argument is an instance of the class that has the cache as a method.
fn kept_instances(heap: &Explored<'_>, cache: Object) -> u64 {
    let graph = heap.graph;
    // Classes whose dictionary has the cache under a name.
    let dicts = graph.referrers(cache).filter(|&dict| heap.namespaces().contains(dict));
    let owners = dicts.flat_map(|dict| graph.referrers(dict).map(move |owner| (owner, dict)));
    let classes: Vec<String> = owners
        .filter(|&(owner, dict)| held(graph, owner, ".__dict__") == Some(dict))
        .filter_map(|(owner, _)| Some(graph.type_name(heap.classes.type_of_class(owner)?)))
        .collect();
    if classes.is_empty() {
        return 0;
    }
    let mut is_instance: HashMap<TypeId, bool> = HashMap::new();
    let mut kept = 0;
    for results in graph.strong_referents(cache).filter(|&of| is_a(graph, of, "dict")) {
        for key in graph.entries(results).filter_map(|(key, _)| key).filter(|&key| is_a(graph, key, "tuple")) {
            let Some(first) = graph.strong_referents(key).find(|&of| !is_a(graph, of, "type")) else { continue };
            let of = graph.type_id(first);
            let derives = || classes.iter().any(|class| heap.classes.derives_from(of, class));
            kept += u64::from(*is_instance.entry(of).or_insert_with(derives));
        }
    }
    kept
}

/// Weak dictionaries, with the number of entries whose value leads to their key.
fn weak_keys_held(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    let graph = heap.graph;
    let is_weak = (0..graph.types.len() as u32).map(|id| {
        let is_one = |name| heap.classes.derives_from(TypeId(id), name);
        is_one("weakref.WeakKeyDictionary") || is_one("weakref.WeakValueDictionary")
    });
    let is_weak: Vec<bool> = is_weak.collect();
    let mut found = Vec::new();
    for registry in graph.objects_of_types(&is_weak) {
        // Its only dictionary of weak references.
        let own = held(graph, registry, ".__dict__");
        let dicts = graph.strong_referents(registry).chain(own.into_iter().flat_map(|own| graph.strong_referents(own)));
        let mut dicts: Vec<Object> = dicts.filter(|&of| is_a(graph, of, "dict") && Some(of) != own).collect();
        dicts.sort_unstable();
        dicts.dedup();
        let entries = dicts.iter().flat_map(|&dict| graph.entries(dict)).filter_map(|(key, value)| key.zip(value));
        let is_kept = |&(key, value): &(Object, Object)| {
            let kept = |weak: Object, by: Object| target(graph, weak).is_some_and(|target| leads_to(heap, by, target));
            kept(key, value) || kept(value, key)
        };
        found.push((registry, entries.filter(is_kept).count() as u64));
    }
    found
}

/// What a weak reference refers to.
fn target(graph: &HeapGraph, weak: Object) -> Option<Object> {
    graph.references(weak).find(|&reference| !graph.is_strong(reference))?.referent
}

/// Whether an object holds another, directly or through a few others that are no part of the program itself.
fn leads_to(heap: &Explored<'_>, from: Object, to: Object) -> bool {
    const FEW: usize = 64;
    let graph = heap.graph;
    let mut met = vec![from];
    let mut place = 0;
    while let Some(&at) = met.get(place) {
        place += 1;
        if at == to {
            return true;
        }
        for next in graph.strong_referents(at) {
            if met.len() < FEW && !heap.namespaces().contains(next) && !met.contains(&next) {
                met.push(next);
            }
        }
    }
    false
}

/// How many results a dictionary of such a cache holds: 0 when it is a bounded one's, or the function's own attributes.
fn unbounded_results(graph: &HeapGraph, dict: Object) -> u64 {
    let mut results = 0;
    for (key, value) in graph.entries(dict) {
        let is_link = value.is_some_and(|value| graph.type_of(value).name == "_lru_list_elem");
        let is_attribute = key.and_then(|key| graph.text(key)).is_some_and(|known| known.text == "__wrapped__");
        if is_link || is_attribute {
            return 0;
        }
        results += 1;
    }
    results
}

/// Functions with the number of elements of their largest default that can grow.
fn mutable_defaults(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    let graph = heap.graph;
    let elements = |default: Object| {
        let can_grow = ["list", "dict", "set"].iter().any(|name| is_a(graph, default, name));
        graph.elements(default).filter(|_| can_grow).map_or(0, |(elements, _)| u64::from(elements))
    };
    let grown = |function: Object| {
        let positional = held(graph, function, ".__defaults__").into_iter().flat_map(|tuple| graph.referents(tuple));
        let by_name = held(graph, function, ".__kwdefaults__").into_iter();
        let by_name = by_name.flat_map(|dict| graph.entries(dict).filter_map(|(_, value)| value));
        positional.chain(by_name).map(elements).max().unwrap_or(0)
    };
    let functions = instances(heap, &["function"]);
    let grown: Vec<(Object, u64)> = functions.map(|function| (function, grown(function))).collect();
    grown.into_iter().filter(|&(_, elements)| elements > 0).collect()
}

/// Containers with the number of bound methods among their elements.
fn bound_methods(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    let graph = heap.graph;
    let mut holders: HashMap<Object, u64> = HashMap::new();
    for method in instances(heap, &["method"]) {
        let holders_of = graph.referrers(method).filter(|&holder| graph.elements(holder).is_some());
        // Modules lend the methods of a hidden instance their name (`random.random`); that is no registry.
        for holder in holders_of.filter(|&holder| !heap.namespaces().contains(holder)) {
            *holders.entry(holder).or_default() += 1;
        }
    }
    let mut found: Vec<(Object, u64)> =
        holders.into_iter().filter(|&(holder, _)| heap.reachability().is_reached(holder)).collect();
    found.sort_unstable();
    found
}

/// Objects with the number of their functions that close over them.
fn closures_over_self(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    let graph = heap.graph;
    let mut owners: HashMap<Object, u64> = HashMap::new();
    for function in instances(heap, &["function"]) {
        let Some(closure) = held(graph, function, ".__closure__") else { continue };
        // What would refer to the function if it were kept by what it closes over: that object, or its dictionary.
        let mut keepers: HashMap<Object, Object> = HashMap::new();
        for cell in graph.strong_referents(closure).filter(|&of| is_a(graph, of, "cell")) {
            let Some(owner) = held(graph, cell, ".cell_contents") else { continue };
            // Functions may refer to themselves, and classes to methods that say `super()`: neither is made in numbers.
            if !is_a(graph, owner, "function") && !heap.classes.derives_from(graph.type_id(owner), "type") {
                keepers.insert(owner, owner);
                keepers.extend(held(graph, owner, ".__dict__").map(|dict| (dict, owner)));
            }
        }
        if keepers.is_empty() {
            continue;
        }
        let mut kept_by: Vec<Object> =
            graph.referrers(function).filter_map(|holder| keepers.get(&holder).copied()).collect();
        kept_by.sort_unstable();
        kept_by.dedup();
        for owner in kept_by {
            *owners.entry(owner).or_default() += 1;
        }
    }
    let mut found: Vec<(Object, u64)> = owners.into_iter().collect();
    found.sort_unstable();
    found
}

/// Objects with a finalizer in a reference cycle, with the size of the cycle. Garbage counts too.
fn finalizer_cycles(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    let finalizers = heap.classes.finalizers();
    if !finalizers.contains(&Some(true)) {
        return Vec::new();
    }
    let has_finalizer = |object: Object| finalizers[heap.graph.type_id(object).index()] == Some(true);
    let cycles = cycles(&ownership_view(heap.graph), heap.garbage());
    let found = cycles.iter().flat_map(|cycle| {
        let size = cycle.objects.len() as u64;
        cycle.objects.iter().copied().filter(|&object| has_finalizer(object)).map(move |object| (object, size))
    });
    found.collect()
}

/// Thread-locals with the number of threads whose attributes they keep beyond those that the snapshot shows running.
fn thread_locals(heap: &Explored<'_>) -> Vec<(Object, u64)> {
    let graph = heap.graph;
    let running = graph.threads.len() as u64;
    if running == 0 {
        return Vec::new();
    }
    // The thread-local holds a dictionary of each thread's attributes, or one dictionary of all of these.
    let attributes = |held: Object| {
        let of_threads = graph.entries(held).filter_map(|(key, value)| key.zip(value));
        let of_threads = of_threads.filter(|&(key, value)| !is_a(graph, key, "str") && is_a(graph, value, "dict"));
        match of_threads.count() {
            0 => u64::from(is_a(graph, held, "dict")),
            several => several as u64,
        }
    };
    let kept = |local: Object| {
        let slots = graph.references(local).filter(|&slot| graph.slot(slot) == Slot::Field("attributes of a thread"));
        slots.filter_map(|slot| slot.referent).map(attributes).sum::<u64>().saturating_sub(running)
    };
    instances(heap, &["_thread._local"]).map(|local| (local, kept(local))).collect()
}
