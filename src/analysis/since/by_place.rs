//! What is more at a place than in a snapshot of another process, by type.

use std::collections::HashMap;

use crate::graph::Object;

use super::{Bounds, Evidence, Since};
use crate::analysis::common::Tally;
use crate::analysis::object_set::ObjectSet;
use crate::analysis::places::{PlaceTree, PlacedHeap};
use crate::analysis::step::Step;

/// How many objects of each type an earlier snapshot has at each place; holds nothing of its graph.
#[derive(Debug)]
pub struct EarlierPlaces {
    tree: PlaceTree,
    /// By place and full name of the type.
    counts: HashMap<(u32, String), u64>,
    objects: u64,
}

/// Objects of one type at one place, of which there are more than before.
#[derive(Debug)]
pub(super) struct Surplus {
    /// One of them.
    pub example: Object,
    /// How many are more; all of them may be any.
    pub count: u64,
    /// The sizes of the smallest and of the largest of them.
    pub sizes: (u64, u64),
}

impl Surplus {
    /// So many more, each as large as the smallest, or as the largest.
    pub fn bounds(&self) -> Bounds {
        let of = |size: u64| Tally { count: self.count, shallow_bytes: self.count.saturating_mul(size) };
        Bounds { least: of(self.sizes.0), most: of(self.sizes.1) }
    }
}

/// Objects of one type at one place.
#[derive(Debug, Clone, Copy)]
struct Here {
    example: Object,
    count: u64,
    sizes: (u64, u64),
}

fn by_place_and_type(placed: &PlacedHeap<'_>) -> HashMap<(u32, u32), Here> {
    let mut found: HashMap<(u32, u32), Here> = HashMap::new();
    for object in placed.graph.objects() {
        let size = placed.graph.size(object);
        let here = found.entry((placed.place(object), placed.graph.type_id(object).0)).or_insert(Here {
            example: object,
            count: 0,
            sizes: (size, size),
        });
        here.count += 1;
        here.sizes = (here.sizes.0.min(size), here.sizes.1.max(size));
    }
    found
}

impl EarlierPlaces {
    /// Counts the objects of a heap by place and type. Linear in them.
    pub fn of(placed: PlacedHeap<'_>) -> EarlierPlaces {
        let mut counts: HashMap<(u32, String), u64> = HashMap::new();
        for ((place, of), here) in by_place_and_type(&placed) {
            *counts.entry((place, placed.graph.types[of as usize].full_name())).or_default() += here.count;
        }
        EarlierPlaces { objects: placed.graph.object_count() as u64, tree: placed.tree, counts }
    }

    /// What a later heap has more. Linear in its objects, and in the places of both.
    pub fn since(&self, later: &PlacedHeap<'_>) -> Since {
        let graph = later.graph;
        let known: HashMap<(Option<u32>, &Step), u32> =
            self.tree.places.iter().zip(0..).map(|(place, index)| ((place.above, &place.step), index)).collect();
        // Per place of the later heap the earlier one's of the same way.
        let mut same: Vec<Option<u32>> = Vec::with_capacity(later.tree.places.len());
        for place in &later.tree.places {
            let above = match place.above {
                None => Some(None),
                Some(above) => same[above as usize].map(Some),
            };
            same.push(above.and_then(|above| known.get(&(above, &place.step)).copied()));
        }
        let here = by_place_and_type(later);
        let names: Vec<String> = graph.types.iter().map(|of| of.full_name()).collect();
        let mut groups: HashMap<(u32, &str), Here> = HashMap::new();
        for (&(place, of), &one) in &here {
            let group = groups.entry((place, &names[of as usize])).or_insert(Here { count: 0, ..one });
            group.count += one.count;
            group.example = group.example.min(one.example);
            group.sizes = (group.sizes.0.min(one.sizes.0), group.sizes.1.max(one.sizes.1));
        }
        let before = |place: u32, name: &str| {
            same[place as usize].and_then(|place| self.counts.get(&(place, name.to_owned())).copied()).unwrap_or(0)
        };
        let mut since = Since {
            evidence: Evidence::Place,
            new: ObjectSet::empty(graph),
            unknown: ObjectSet::empty(graph),
            surplus: Vec::new(),
            earlier_objects: self.objects,
        };
        let mut befores: HashMap<(u32, &str), u64> = HashMap::new();
        for (&(place, name), group) in &groups {
            let before = before(place, name);
            befores.insert((place, name), before);
            if before > 0 && group.count > before {
                let Here { example, count, sizes } = *group;
                since.surplus.push(Surplus { example, count: count - before, sizes });
            }
        }
        since.surplus.sort_by_key(|surplus| surplus.example);
        for object in graph.objects() {
            let key = (later.place(object), names[graph.type_id(object).index()].as_str());
            match befores[&key] {
                0 => since.new.insert(object),
                before => groups[&key].count > before && since.unknown.insert(object),
            };
        }
        since
    }
}
