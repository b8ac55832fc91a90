//! Accumulation points: where a large object falls apart into many small ones.

use std::collections::HashMap;

use super::made_by_program::gathers_what_the_program_makes;
use super::{Thresholds, bytes_of_share};
use crate::analysis::containers::{Container, container};
use crate::analysis::dominators::Dominator;
use crate::analysis::explored::Explored;
use crate::analysis::gc_roots::Rank;
use crate::analysis::origin::Origin;
use crate::analysis::root_paths::RootPath;
use crate::graph::{Object, Root, Slot, TypeId};

/// An object that retains much, and whose contents are each small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accumulation {
    /// The object: a container, or what owns several.
    pub object: Object,
    /// Its retained size.
    pub retained_bytes: u64,
    /// How many objects it dominates, itself included.
    pub objects: u64,
    /// How it is held; `None` when no root reaches it.
    pub path: Option<RootPath>,
    /// The first object on that path that is the application's own code: its module, or an instance of its classes. `None`
    /// when there is none.
    pub own_code: Option<Object>,
    /// Whether it has a shape of leaks: it gathers many of what the program makes one by one, it is a chain, it is there once for
    /// each thread, it is held from C alone, or it is garbage. Plain data that is large may be what the program is for.
    pub may_leak: bool,
    /// Where the object is the head of a chain: its links, the head included.
    pub chain: Option<u64>,
    /// What it immediately dominates, by type, the largest sum first; so many as the thresholds allow.
    pub contents: Vec<ContentRow>,
    /// How many types more there are in `contents`.
    pub more_contents: u64,
    /// The containers through which it holds its contents: itself, or those in its slots; most elements first, twice
    /// as many as the thresholds' limit.
    pub containers: Vec<Container>,
    /// How many more such containers there are.
    pub more_containers: u64,
}

/// Objects of one type that an accumulation point immediately dominates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRow {
    /// Their type.
    pub type_id: TypeId,
    /// How many there are.
    pub count: u64,
    /// Sum of their retained sizes; exact, as none dominates another.
    pub retained_bytes: u64,
}

/// Finds the accumulation points, the largest first.
///
/// Namespaces (modules, classes, `sys.modules`) are what programs are made of: the search goes through them to each large
/// thing that they hold, and never stops at one.
pub(super) fn find(heap: &Explored<'_>, thresholds: &Thresholds, heap_bytes: u64) -> Vec<Accumulation> {
    let minimum = bytes_of_share(thresholds.share, heap_bytes);
    let namespaces = heap.namespaces();
    let large = |dominator| {
        // Siblings come the largest first.
        heap.dominated().by(dominator).take_while(|&object| heap.retained().bytes(object) >= minimum)
    };
    let mut tops: Vec<Object> = large(Dominator::Roots).chain(large(Dominator::Unreachable)).collect();
    let mut points = Vec::new();
    while let Some(top) = tops.pop() {
        if namespaces.contains(top) {
            tops.extend(large(Dominator::Object(top)));
        } else {
            match descend(heap, thresholds, minimum, top) {
                Ok((object, chain)) => points.push(describe(heap, thresholds, object, chain)),
                Err(namespace) => tops.push(namespace),
            }
        }
    }
    points.sort_by_key(|point| (std::cmp::Reverse(point.retained_bytes), point.object));
    points
}

/// Goes down from a top while nearly everything is in one object. Returns the accumulation point, with its number of links
/// when it is the head of a chain; or a namespace on the way.
fn descend(
    heap: &Explored<'_>,
    thresholds: &Thresholds,
    minimum: u64,
    top: Object,
) -> Result<(Object, Option<u64>), Object> {
    let mut way = vec![top];
    let mut point = top;
    while let Some(below) = heap.dominated().by(Dominator::Object(point)).next() {
        let (own, all) = (heap.retained().bytes(below), heap.retained().bytes(point));
        if own < minimum || (own as f64) < all as f64 * thresholds.descend {
            break;
        }
        if heap.namespaces().contains(below) {
            return Err(below);
        }
        way.push(below);
        point = below;
    }
    for period in 1..=3 {
        let alike =
            |place: usize| place >= period && heap.graph.type_id(way[place]) == heap.graph.type_id(way[place - period]);
        let run = (0..way.len()).rev().take_while(|&place| alike(place)).count();
        if run >= thresholds.chain {
            let head = way[way.len() - run - period];
            return Ok((head, Some(links(heap, head))));
        }
    }
    // The dictionary of an instance is the instance's.
    let owner = way.len().checked_sub(2).map(|place| way[place]);
    let point = match owner {
        Some(owner) if heap.graph.field(owner, ".__dict__").is_some_and(|dict| dict.referent == Some(point)) => owner,
        _ => point,
    };
    Ok((point, None))
}

/// How many objects of the head's type are on the way down from it along the largest dominated object.
fn links(heap: &Explored<'_>, head: Object) -> u64 {
    let below = |object: &Object| heap.dominated().by(Dominator::Object(*object)).next();
    let of = heap.graph.type_id(head);
    std::iter::successors(Some(head), below).filter(|&object| heap.graph.type_id(object) == of).count() as u64
}

pub(super) fn describe(
    heap: &Explored<'_>,
    thresholds: &Thresholds,
    object: Object,
    chain: Option<u64>,
) -> Accumulation {
    let graph = heap.graph;
    let path = heap.path(object);
    let own_code = path.as_ref().and_then(|path| own_code(heap, path));
    let dict = graph.field(object, ".__dict__").and_then(|dict| dict.referent);
    let by = |holder| heap.dominated().by(Dominator::Object(holder));
    let dict_is_own = dict.filter(|&dict| heap.tree().dominator(dict) == Dominator::Object(object));
    let contents = by(object).filter(|&below| Some(below) != dict_is_own).chain(dict_is_own.into_iter().flat_map(by));
    let mut rows: HashMap<TypeId, ContentRow> = HashMap::new();
    for below in contents {
        let type_id = graph.type_id(below);
        let row = rows.entry(type_id).or_insert(ContentRow { type_id, count: 0, retained_bytes: 0 });
        row.count += 1;
        row.retained_bytes = row.retained_bytes.saturating_add(heap.retained().bytes(below));
    }
    let mut contents: Vec<ContentRow> = rows.into_values().collect();
    contents.sort_by_cached_key(|row| {
        (std::cmp::Reverse((row.retained_bytes, row.count)), graph.type_name(row.type_id), row.type_id)
    });
    let more_contents = contents.len().saturating_sub(thresholds.limit) as u64;
    contents.truncate(thresholds.limit);

    let mut containers: Vec<Container> = Vec::new();
    if graph.elements(object).is_some() {
        containers.extend(container(heap, object, None));
    } else {
        let holders = std::iter::once(object).chain(dict);
        let slots = holders.flat_map(|holder| graph.references(holder)).filter(|&slot| graph.is_strong(slot));
        containers.extend(slots.filter_map(|slot| {
            let held = slot.referent?;
            let is_contents = Some(held) != dict && graph.slot(slot) != Slot::Key;
            is_contents.then(|| container(heap, held, Some(slot))).flatten()
        }));
    }
    containers.retain(|container| container.elements > 0);
    containers
        .sort_by_key(|container| (std::cmp::Reverse((container.elements, container.retained_bytes)), container.object));
    containers.dedup_by_key(|container| container.object);
    let limit = thresholds.limit.saturating_mul(2);
    let more_containers = containers.len().saturating_sub(limit) as u64;
    containers.truncate(limit);
    let is_in_use = path.as_ref().is_some_and(|path| path.root.kind.rank() < Rank::HeldFromC);
    let is_per_thread = path.as_ref().is_some_and(|path| {
        path.objects().rev().take(3).any(|one| heap.classes.derives_from(graph.type_id(one), "_thread._local"))
    });
    let may_leak = !is_in_use || is_per_thread || chain.is_some() || gathers_what_the_program_makes(heap, &containers);
    Accumulation {
        object,
        may_leak,
        retained_bytes: heap.retained().bytes(object),
        objects: heap.dominated().count(object),
        path,
        own_code,
        chain,
        contents,
        more_contents,
        containers,
        more_containers,
    }
}

/// The first object of a path that is the application's own: a module root of its, or an instance of one of its classes.
fn own_code(heap: &Explored<'_>, path: &RootPath) -> Option<Object> {
    let graph = heap.graph;
    let module = path.root.named(graph).and_then(Root::module);
    if module.is_some_and(|name| heap.origins().of_module(name) == Origin::Application) {
        return Some(path.root.object);
    }
    path.objects().find(|&object| heap.origins().of_type(graph.type_of(object)) == Origin::Application)
}
