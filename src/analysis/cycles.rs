//! Reference cycles: groups of objects that hold each other, by the pattern of their types.

use std::collections::{BTreeMap, VecDeque};

use crate::graph::{Object, Reference, TypeId};

use super::classes::Classes;
use super::object_set::ObjectSet;
use super::reference_view::ReferenceView;
use super::retained::Retained;
use super::uncollectable::takes_no_part;

/// Objects that all reach each other by strong references: a strongly connected component with a reference inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// By ascending address.
    pub objects: Vec<Object>,
    /// No root reaches it: garbage, which the collector frees unless something in it takes no part in collection.
    pub is_garbage: bool,
}

/// All cycles of the same types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CyclePattern {
    /// The types that occur, by full name.
    pub types: Vec<TypeId>,
    /// They pass through namespaces (modules, classes): definitions that refer to each other, as code does, not data that
    /// piles up.
    pub is_structure: bool,
    /// How many separate cycles there are.
    pub count: u64,
    /// How many of them are garbage.
    pub garbage_count: u64,
    /// The objects of all of them; what they hold besides is not counted.
    pub total: Retained,
    /// The objects of those that are garbage.
    pub garbage: Retained,
    /// Whether an object has a finalizer (`__del__`); `None` when that is unknown for some and none is known to have one.
    pub has_finalizer: Option<bool>,
    /// The types in it that take no part in garbage collection: as garbage, these cycles stay for good. By full name.
    pub break_the_chain: Vec<TypeId>,
    /// The smallest of them (fewest objects, then lowest address), all its objects.
    pub smallest: Cycle,
    /// A shortest round through `smallest`; see [`shortest_round`].
    pub example: Vec<Reference>,
}

/// Finds all cycles. Linear in objects and references.
///
/// Tarjan, *Depth-First Search and Linear Graph Algorithms* (1972), in Pearce's formulation with one index per object
/// (*A Space-Efficient Algorithm for Finding Strongly Connected Components*, 2016), without recursion. In order of their
/// lowest addresses.
///
/// Over the exact view, classes and modules tie most of a program into one cycle (instance → class → module → global →
/// instance). The [ownership view](super::ownership::ownership_view) shows the cycles of the program's own objects apart; what
/// is [garbage](super::explored::Explored::garbage) is told by the exact view in both.
pub fn cycles(view: &ReferenceView<'_>, garbage: &ObjectSet) -> Vec<Cycle> {
    let graph = view.graph();
    let mut found = Vec::new();
    let component = components(view);
    // Objects by component, each component's by address.
    let mut order: Vec<Object> = graph.objects().collect();
    order.sort_by_key(|object| component[object.index()]);
    for objects in order.chunk_by(|one, next| component[one.index()] == component[next.index()]) {
        let refers_to_itself = || view.referents(objects[0]).any(|referent| referent == objects[0]);
        if objects.len() > 1 || refers_to_itself() {
            found.push(Cycle { objects: objects.to_vec(), is_garbage: garbage.contains(objects[0]) });
        }
    }
    found.sort_by_key(|cycle| cycle.objects[0]);
    found
}

/// Groups cycles, found over the same view, by the types that occur in them. Most bytes first; ties by number, then by the names of the types.
///
/// `namespaces` is what [`namespaces`](super::namespaces::namespaces) gives.
pub fn cycle_patterns(
    view: &ReferenceView<'_>,
    classes: &Classes<'_>,
    namespaces: &ObjectSet,
    cycles: &[Cycle],
) -> Vec<CyclePattern> {
    let graph = view.graph();
    let finalizers = classes.finalizers();
    let mut by_types: BTreeMap<(Vec<TypeId>, bool), CyclePattern> = BTreeMap::new();
    for cycle in cycles {
        let mut types: Vec<TypeId> = cycle.objects.iter().map(|&object| graph.type_id(object)).collect();
        types.sort_unstable();
        types.dedup();
        let is_structure = cycle.objects.iter().any(|&object| namespaces.contains(object));
        let mut total = Retained::default();
        for &object in &cycle.objects {
            total.add(graph, object);
        }
        let garbage = if cycle.is_garbage { total } else { Retained::default() };
        let pattern = by_types.entry((types.clone(), is_structure)).or_insert_with(|| CyclePattern {
            is_structure,
            break_the_chain: Vec::new(),
            has_finalizer: types.iter().map(|of| finalizers[of.index()]).fold(Some(false), either),
            types,
            count: 0,
            garbage_count: 0,
            total: Retained::default(),
            garbage: Retained::default(),
            smallest: cycle.clone(),
            example: Vec::new(),
        });
        pattern.count += 1;
        pattern.garbage_count += u64::from(cycle.is_garbage);
        pattern.total = pattern.total.and(total);
        pattern.garbage = pattern.garbage.and(garbage);
        if (cycle.objects.len(), cycle.objects[0]) < (pattern.smallest.objects.len(), pattern.smallest.objects[0]) {
            pattern.smallest = cycle.clone();
        }
    }
    let mut patterns: Vec<CyclePattern> = by_types.into_values().collect();
    for pattern in &mut patterns {
        pattern.types.sort_by_cached_key(|&of| (graph.type_name(of), of));
        pattern.break_the_chain = pattern.types.iter().copied().filter(|&of| takes_no_part(graph, of)).collect();
        pattern.example = shortest_round(view, &pattern.smallest);
    }
    patterns.sort_by_cached_key(|pattern| {
        let names: Vec<String> = pattern.types.iter().map(|&of| graph.type_name(of)).collect();
        (std::cmp::Reverse((pattern.total.bytes, pattern.count)), names, pattern.smallest.objects[0])
    });
    patterns
}

/// `true` when one is, unknown when one is unknown and none is `true`.
fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// In how many objects of a cycle a round is looked for.
const STARTS: usize = 64;

/// The references of a round through a cycle, each beginning where the one before it ends, the last at the first: a shortest
/// one through one of the first 64 objects; in cycles of up to 64 objects, a shortest of all. At most 64 searches, each
/// linear in the cycle.
pub fn shortest_round(view: &ReferenceView<'_>, cycle: &Cycle) -> Vec<Reference> {
    let mut best: Vec<Reference> = Vec::new();
    for &start in cycle.objects.iter().take(STARTS) {
        let limit = if best.is_empty() { usize::MAX } else { best.len() - 1 };
        if let Some(round) = round_through(view, cycle, start, limit) {
            best = round;
        }
        if best.len() == 1 {
            break;
        }
    }
    best
}

/// A shortest round through `start` of at most `limit` references.
fn round_through(view: &ReferenceView<'_>, cycle: &Cycle, start: Object, limit: usize) -> Option<Vec<Reference>> {
    let place = |object: Object| cycle.objects.binary_search(&object).ok();
    // Per object of the cycle, the reference that found it and its distance from the start.
    let mut found: Vec<Option<(Reference, usize)>> = vec![None; cycle.objects.len()];
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((object, distance)) = queue.pop_front() {
        if distance >= limit {
            return None;
        }
        let mut from = 0;
        while let Some((position, referent)) = view.next(object, from) {
            from = position + 1;
            let Some(place) = place(referent) else { continue };
            if found[place].is_some() {
                continue;
            }
            let reference = Reference { referrer: object, position, referent: Some(referent) };
            found[place] = Some((reference, distance + 1));
            if referent == start {
                return Some(round_back(cycle, &found, start, distance + 1));
            }
            queue.push_back((referent, distance + 1));
        }
    }
    None
}

fn round_back(cycle: &Cycle, found: &[Option<(Reference, usize)>], start: Object, length: usize) -> Vec<Reference> {
    let mut round = Vec::with_capacity(length);
    let mut object = start;
    while round.len() < length {
        let place = cycle.objects.binary_search(&object).ok();
        let Some((reference, _)) = place.and_then(|place| found[place]) else { break };
        round.push(reference);
        object = reference.referrer;
    }
    round.reverse();
    round
}

/// Per object the number of its strongly connected component.
fn components(view: &ReferenceView<'_>) -> Vec<u32> {
    let graph = view.graph();
    let count = graph.object_count() as u32;
    // 0: not met. While an object's component is open, the lowest index met from it; then, from above, the component's number.
    let mut index = vec![0_u32; count as usize];
    let mut next_index = 1_u32;
    let mut next_component = u32::MAX;
    // Objects whose component is not complete, below the path.
    let mut open: Vec<Object> = Vec::new();
    let mut path: Vec<Visit> = Vec::new();
    for start in graph.objects() {
        if index[start.index()] != 0 {
            continue;
        }
        path.push(Visit::new(start, &mut index, &mut next_index));
        while let Some(visit) = path.last_mut() {
            if let Some((position, referent)) = view.next(visit.object, visit.from) {
                visit.from = position + 1;
                match index[referent.index()] {
                    0 => path.push(Visit::new(referent, &mut index, &mut next_index)),
                    // Numbers of complete components are larger than any index.
                    low if low < index[visit.object.index()] => {
                        index[visit.object.index()] = low;
                        visit.is_first = false;
                    }
                    _ => {}
                }
                continue;
            }
            let Visit { object, is_first, .. } = *visit;
            path.pop();
            let low = index[object.index()];
            if is_first {
                let mut members = 1;
                while open.last().is_some_and(|last| index[last.index()] >= low) {
                    if let Some(member) = open.pop() {
                        index[member.index()] = next_component;
                        members += 1;
                    }
                }
                index[object.index()] = next_component;
                next_component -= 1;
                next_index -= members;
            } else {
                open.push(object);
            }
            if let Some(above) = path.last_mut()
                && index[object.index()] < index[above.object.index()]
            {
                index[above.object.index()] = index[object.index()];
                above.is_first = false;
            }
        }
    }
    index
}

/// An object on the path of the search.
#[derive(Clone, Copy)]
struct Visit {
    object: Object,
    /// The slot to look at next.
    from: u32,
    /// No object that was met before has been found from it so far.
    is_first: bool,
}

impl Visit {
    fn new(object: Object, index: &mut [u32], next_index: &mut u32) -> Self {
        index[object.index()] = *next_index;
        *next_index += 1;
        Visit { object, from: 0, is_first: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::explored::Explored;
    use crate::graph::Sketch;

    #[test]
    fn cycles_are_grouped_by_their_types_and_garbage_is_told() {
        let mut sketch = Sketch::new();
        sketch.object("mod", "module", 1);
        for pair in ["1", "2", "3"] {
            let (user, order) = (format!("user{pair}"), format!("order{pair}"));
            sketch.object(&user, "app.User", 10).object(&order, "app.Order", 5);
            sketch.refer(&user, ".order", &order).refer(&order, ".user", &user);
        }
        sketch.object("me", "app.Me", 3).refer("me", ".me", "me").object("lone", "app.Lone", 3);
        sketch.refer("mod", ".a", "user1").refer("mod", ".b", "me").refer("mod", ".c", "lone").module_root("mod");
        let heap = sketch.build();
        let graph = &heap.graph;
        let view = ReferenceView::exact(graph);
        let found = cycles(&view, Explored::of(graph).garbage());
        assert_eq!(found.len(), 4);
        let patterns = cycle_patterns(&view, &Classes::of(graph), &ObjectSet::empty(graph), &found);
        let shown: Vec<_> = patterns
            .iter()
            .map(|of| {
                let names: Vec<String> = of.types.iter().map(|&id| graph.type_name(id)).collect();
                (names.join("+"), of.count, of.garbage_count, of.total.bytes, of.garbage.bytes, of.example.len())
            })
            .collect();
        assert_eq!(shown, [("app.Order+app.User".to_owned(), 3, 2, 45, 30, 2), ("app.Me".to_owned(), 1, 0, 3, 0, 1)]);
        let round: Vec<&str> = patterns[0].example.iter().map(|reference| heap.name(reference.referrer)).collect();
        assert_eq!(round, ["user1", "order1"]);
    }

    #[test]
    fn a_finalizer_is_known_by_the_class() {
        let mut sketch = Sketch::new();
        sketch.object("A", "type", 1).object("mro", "tuple", 1).object("dict", "dict", 1).object("name", "str", 1);
        sketch.object("del", "function", 1).text("name", "__del__").class("app.A", "A");
        sketch.refer("A", ".__mro__", "mro").refer("A", ".__dict__", "dict").refer("mro", "[0]", "A");
        sketch.elements("dict", crate::snapshot::Segment::Mapping).refer("dict", "", "name").refer("dict", "", "del");
        sketch.object("a", "app.A", 1).refer("a", ".a", "a");
        sketch.object("b", "app.B", 1).refer("b", ".b", "b");
        let heap = sketch.build();
        let view = ReferenceView::exact(&heap.graph);
        let (classes, none) = (Classes::of(&heap.graph), ObjectSet::empty(&heap.graph));
        let patterns = cycle_patterns(&view, &classes, &none, &cycles(&view, Explored::of(&heap.graph).garbage()));
        let known = |name: &str| {
            let of = heap.graph.type_id(heap.get(name));
            patterns.iter().find(|pattern| pattern.types == [of]).map(|pattern| pattern.has_finalizer)
        };
        assert_eq!((known("a"), known("b")), (Some(Some(true)), Some(None)));
    }
}
