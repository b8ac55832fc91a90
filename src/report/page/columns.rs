//! Places and types as columns: what an icicle is drawn from, and what a panel tells of one of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::analysis::common::{Grouping, Groups, Tally};
use crate::analysis::notable::{self, largest_of_types};
use crate::analysis::places::growth::same_places;
use crate::analysis::places::{Place, PlaceTree};
use crate::analysis::step::Step;
use crate::graph::{Object, RootPlace};
use crate::report::dominators::{Dominance, retained_groups};
use crate::report::line_words::LineWords;
use crate::report::place_words;
use crate::report::root_words;
use crate::units::Address;

use super::{PageView, short};

/// So many places are drawn.
const MOST_PLACES: usize = 1500;
/// A place with less than this part of the heap can't be seen.
const LEAST: u64 = 20_000;
/// So many types have a row.
const MOST_TYPES: usize = 300;
/// Of a type so many places and objects are told.
const MOST_OF_TYPE: usize = 6;
/// So many objects of each type are told one by one.
const LARGEST: usize = 3;

/// The places, each after the one above it; as many of each column.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PlaceColumns {
    /// The place above; `None` where a way begins.
    pub above: Vec<Option<u32>>,
    /// What the place adds to the text of the one above.
    pub text: Vec<String>,
    /// Bytes there and below.
    pub shallow_bytes: Vec<u64>,
    /// Of these what others hold, too.
    pub shared_bytes: Vec<u64>,
    /// Objects there and below.
    pub objects: Vec<u64>,
    /// What is there, in words.
    pub what: Vec<String>,
    /// Whose it is: an index into `owners`.
    pub owner: Vec<u32>,
    /// An object there: a container, where there is one.
    pub example: Vec<Option<Address>>,
    /// Bytes in the earlier snapshot, `None` where it had no such place; empty where growth is not told.
    pub shallow_bytes_before: Vec<Option<u64>>,
    /// The line that made most of it, in words; empty where the program did not trace.
    pub made: Vec<String>,
    /// Packages, and what else ways begin with; most bytes first.
    pub owners: Vec<String>,
    /// How many places are told with the one above them.
    pub folded: u64,
}

/// The types, most bytes first; as many of each column.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TypeColumns {
    /// With the module.
    pub name: Vec<String>,
    /// Objects.
    pub count: Vec<u64>,
    /// Sum of their shallow sizes.
    pub shallow_bytes: Vec<u64>,
    /// What they retain together.
    pub retained_bytes: Vec<u64>,
    /// Whether that is all, not a lower bound.
    pub retained_bytes_is_exact: Vec<bool>,
    /// Objects in the earlier snapshot; empty where growth is not told.
    pub count_before: Vec<u64>,
    /// Their shallow sizes; empty where growth is not told.
    pub shallow_bytes_before: Vec<u64>,
    /// Where most of them are: places and how many.
    pub places: Vec<Vec<(u32, u64)>>,
    /// Those that retain most.
    pub largest: Vec<Vec<Address>>,
    /// How many types have no row.
    pub left_out: u64,
}

/// The places of a page, and for each place of the heap the one that it is told with.
pub(super) struct ShownPlaces {
    pub tree: PlaceTree,
    pub into: Vec<u32>,
    pub columns: PlaceColumns,
    pub examples: Vec<Object>,
}

/// The places that can be seen.
pub(super) fn places(view: &PageView<'_>) -> ShownPlaces {
    let all = &view.placed.tree;
    let mut sizes: Vec<u64> = all.places.iter().map(|place| place.whole.shallow_bytes).collect();
    sizes.sort_unstable_by_key(|&bytes| Reverse(bytes));
    let least = sizes.get(MOST_PLACES).map_or(0, |bytes| bytes + 1).max(all.whole.shallow_bytes / LEAST);
    let (tree, into) = all.folded_into(least);
    // Of many small tops only those are drawn that can be seen; the rest is one place.
    let (tree, into) = with_small_tops_as_one(tree, into, least);
    let owners = Owners::of(&tree);
    let before = view.earlier.map(|earlier| same_places(&earlier.places, &tree));
    let lines = view.heap.graph.has_allocations().then(|| LineWords::of(view.heap.graph));
    // The first place of the heap that is told with a place of the page is the place itself.
    let mut own: Vec<u32> = vec![u32::MAX; tree.places.len()];
    for (&shown, index) in into.iter().zip(0..) {
        own[shown as usize] = own[shown as usize].min(index);
    }
    let examples = view.placed.examples(&own);
    let example = |index: usize| examples.get(&own[index]).copied();
    let graph = view.heap.graph;
    let mut columns = PlaceColumns {
        owners: owners.names.clone(),
        folded: (all.places.len() - tree.places.len()) as u64,
        ..PlaceColumns::default()
    };
    for (place, index) in tree.places.iter().zip(0..) {
        let before_step = place.above.map(|above| &tree.places[above as usize].step);
        columns.above.push(place.above);
        columns.text.push(short(place_words::after(before_step, &place.step)));
        columns.shallow_bytes.push(place.whole.shallow_bytes);
        columns.shared_bytes.push(place.shared_bytes);
        columns.objects.push(place.whole.count);
        columns.what.push(short(place_words::what(place, &tree.types)));
        columns.owner.push(owners.of_place[index]);
        columns.example.push(example(index).map(|object| graph.address(object)));
        if let Some(before) = &before {
            columns.shallow_bytes_before.push(before[index].map(|tally| tally.shallow_bytes));
        }
        if let Some(lines) = &lines {
            columns.made.push(short(place.made_at.map_or(String::new(), |(at, bytes)| {
                let share = crate::units::share(bytes.into(), place.whole.shallow_bytes.into());
                at.map_or(format!("nobody knows where ({share})"), |at| format!("{} ({share})", lines.line(at)))
            })));
        }
    }
    let mut by_size: Vec<usize> = (0..tree.places.len()).collect();
    by_size.sort_by_key(|&index| Reverse(tree.places[index].whole.shallow_bytes));
    let examples = by_size.into_iter().filter_map(example).collect();
    ShownPlaces { tree, into, columns, examples }
}

/// Joins the tops of less than `least` bytes into one.
fn with_small_tops_as_one(tree: PlaceTree, mut into: Vec<u32>, least: u64) -> (PlaceTree, Vec<u32>) {
    let is_small = |place: &Place| place.above.is_none() && place.whole.shallow_bytes < least;
    let count = tree.places.iter().filter(|place| is_small(place)).count();
    if count < 2 {
        return (tree, into);
    }
    let mut kept: Vec<u32> = Vec::with_capacity(tree.places.len());
    let mut next = 0;
    let joined = (tree.places.len() - count) as u32;
    let mut places: Vec<Place> = Vec::with_capacity(joined as usize + 1);
    let mut own = Tally::default();
    for place in &tree.places {
        if is_small(place) {
            kept.push(joined);
            own.add(place.whole);
        } else {
            kept.push(next);
            next += 1;
            places.push(Place { above: place.above.map(|above| kept[above as usize]), ..place.clone() });
        }
    }
    let step = Step::OfType(format!("{} smaller places", crate::units::count(count as u64)).into());
    let first = tree.places.iter().find(|place| is_small(place));
    if let Some(first) = first {
        places.push(Place {
            step,
            own,
            kind: None,
            shared_bytes: 0,
            contents: Default::default(),
            made_at: None,
            ..first.clone()
        });
    }
    into.iter_mut().for_each(|shown| *shown = kept[*shown as usize]);
    (tree.with_places(places), into)
}

/// Packages and what else ways begin with.
struct Owners {
    names: Vec<String>,
    of_place: Vec<u32>,
}

impl Owners {
    fn of(tree: &PlaceTree) -> Owners {
        let mut bytes: BTreeMap<String, u64> = BTreeMap::new();
        for &top in &tree.tops {
            let place = &tree.places[top as usize];
            let sum = bytes.entry(owner(&place.step)).or_default();
            *sum = sum.saturating_add(place.whole.shallow_bytes);
        }
        let mut names: Vec<(String, u64)> = bytes.into_iter().collect();
        names.sort_by_key(|(_, bytes)| Reverse(*bytes));
        let names: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
        let index = |step: &Step| names.iter().position(|name| *name == owner(step)).unwrap_or(0) as u32;
        let mut of_place: Vec<u32> = Vec::with_capacity(tree.places.len());
        for place in &tree.places {
            of_place.push(place.above.map_or_else(|| index(&place.step), |above| of_place[above as usize]));
        }
        Owners { names: names.into_iter().map(short).collect(), of_place }
    }
}

/// The package of a module, or what else a way begins with.
fn owner(top: &Step) -> String {
    match top {
        Step::Root { place: Some(RootPlace::Module(name)), .. } => name.split('.').next().unwrap_or(name).to_owned(),
        Step::Root { kind, .. } => root_words::of_kind(*kind, None),
        Step::ContextVariable(_) => "context variables".to_owned(),
        Step::ThreadLocal(_) => "threads".to_owned(),
        Step::Task(_) => "asyncio tasks".to_owned(),
        Step::Garbage => "garbage".to_owned(),
        _ => "other".to_owned(),
    }
}

/// The types with most bytes, and the objects of each that retain most.
pub(super) fn types(view: &PageView<'_>, into: &[u32]) -> (TypeColumns, Vec<Object>) {
    let heap = view.heap;
    let graph = heap.graph;
    let dominance =
        Dominance { graph, retained: heap.retained(), dominated: heap.dominated(), is_ownership: false, new: None };
    let mut rows = retained_groups(dominance, Grouping::Type);
    rows.sort_by(|(one, first), (other, second)| {
        (second.shallow_bytes, second.count).cmp(&(first.shallow_bytes, first.count)).then_with(|| one.cmp(other))
    });
    let left_out = rows.len().saturating_sub(MOST_TYPES) as u64;
    rows.truncate(MOST_TYPES);
    let groups = Groups::of(graph, Grouping::Type);
    let mut counts: FxHashMap<(u32, u32), u64> = FxHashMap::default();
    for object in graph.objects() {
        let place = into[view.placed.place(object) as usize];
        *counts.entry((groups.group(graph, object) as u32, place)).or_default() += 1;
    }
    let mut counts: Vec<((u32, u32), u64)> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|&((of, place), count)| (of, Reverse(count), place));
    let mut largest: Vec<Vec<Object>> = vec![Vec::new(); groups.names.len()];
    for objects in largest_of_types(heap, LARGEST) {
        if let Some(&first) = objects.first() {
            largest[groups.group(graph, first)].extend(objects);
        }
    }
    let mut columns = TypeColumns { left_out, ..TypeColumns::default() };
    // The largest of each type before the second of any.
    let mut notable: Vec<Vec<Object>> = vec![Vec::new(); LARGEST];
    for (name, sum) in rows {
        let group = groups.names.partition_point(|other| *other < name);
        let first = counts.partition_point(|((of, _), _)| (*of as usize) < group);
        let places = counts[first..].iter().take_while(|((of, _), _)| *of as usize == group).take(MOST_OF_TYPE);
        columns.places.push(places.map(|&((_, place), count)| (place, count)).collect());
        let of_type = &mut largest[group];
        of_type.sort_by_key(|&object| (Reverse(heap.retained().bytes(object)), object));
        of_type.truncate(LARGEST);
        columns.largest.push(of_type.iter().map(|&object| graph.address(object)).collect());
        of_type.iter().zip(&mut notable).for_each(|(&object, of_rank)| of_rank.push(object));
        columns.count.push(sum.count);
        columns.shallow_bytes.push(sum.shallow_bytes);
        columns.retained_bytes.push(sum.retained_bytes);
        columns.retained_bytes_is_exact.push(sum.is_exact());
        if let Some(earlier) = view.earlier {
            let before = earlier.types.groups.get(&name).copied().unwrap_or_default();
            columns.count_before.push(before.count);
            columns.shallow_bytes_before.push(before.shallow_bytes);
        }
        columns.name.push(short(name));
    }
    (columns, notable.concat())
}

/// The objects that retain most, down the tree.
pub(super) fn large(view: &PageView<'_>) -> Vec<Object> {
    /// What retains less than this part of the heap is not large.
    const PART: u64 = 1000;
    const MOST: usize = 400;
    notable::large(view.heap, view.heap.graph.total_size() / PART, MOST)
}
