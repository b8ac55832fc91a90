//! References that nothing in the snapshot explains, by the type of what they hold: what C code has and doesn't give back.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::graph::HeapGraph;

use super::gc_roots::GcRoots;

/// References from outside to objects of one type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outside {
    /// Objects that have any.
    pub objects: u64,
    /// References; saturates.
    pub references: u64,
}

/// The same of all types of a heap, by full name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutsideReferences {
    by_type: BTreeMap<String, Outside>,
}

/// A type with more references from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideGrowth {
    /// Full name.
    pub name: String,
    /// In each snapshot, in the order given.
    pub numbers: Vec<Outside>,
}

impl OutsideGrowth {
    /// References in the last snapshot minus those in the first.
    pub fn references_growth(&self) -> i128 {
        let references = |outside: Option<&Outside>| outside.map_or(0, |outside| i128::from(outside.references));
        references(self.numbers.last()) - references(self.numbers.first())
    }
}

impl OutsideReferences {
    /// Counts them. Linear in the objects. An object whose reference count is unknown or immortal has none.
    ///
    /// ```
    /// use heapgraph::analysis::gc_roots::GcRoots;
    /// use heapgraph::analysis::outside::OutsideReferences;
    /// use heapgraph::graph::Sketch;
    ///
    /// let mut sketch = Sketch::new();
    /// sketch.object("model", "app.Model", 48).refcount("model", 3);
    /// let heap = sketch.build();
    /// let after = OutsideReferences::of(&heap.graph, &GcRoots::of(&heap.graph));
    /// let growth = OutsideReferences::growth(&[&OutsideReferences::default(), &after], 1);
    /// assert_eq!(growth[0].references_growth(), 3);
    /// ```
    pub fn of(graph: &HeapGraph, roots: &GcRoots) -> OutsideReferences {
        let mut by_type = vec![Outside::default(); graph.types.len()];
        for (object, account) in roots.accounts(graph) {
            if let Some(unexplained @ 1..) = account.unexplained {
                let outside = &mut by_type[graph.type_id(object).index()];
                outside.objects += 1;
                outside.references = outside.references.saturating_add(unexplained);
            }
        }
        let mut all = OutsideReferences::default();
        for (of, outside) in graph.types.iter().zip(by_type).filter(|(_, outside)| outside.objects > 0) {
            let known = all.by_type.entry(of.full_name()).or_default();
            known.objects += outside.objects;
            known.references = known.references.saturating_add(outside.references);
        }
        all
    }

    /// The types with at least `least` references more in the last snapshot than in the first, most first. Linear in types.
    pub fn growth(snapshots: &[&OutsideReferences], least: u64) -> Vec<OutsideGrowth> {
        let names: BTreeSet<&String> = snapshots.iter().flat_map(|one| one.by_type.keys()).collect();
        let of = |name: &String| OutsideGrowth {
            name: name.clone(),
            numbers: snapshots.iter().map(|one| one.by_type.get(name).copied().unwrap_or_default()).collect(),
        };
        let mut grown: Vec<OutsideGrowth> =
            names.into_iter().map(of).filter(|row| row.references_growth() >= i128::from(least)).collect();
        grown.sort_by_key(|row| Reverse(row.references_growth()));
        grown
    }
}
