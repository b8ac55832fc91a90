//! How many objects of each type there are, with their shallow bytes.

use std::collections::BTreeMap;

use crate::graph::HeapGraph;
use crate::snapshot::Snapshot;

use super::origin::{Origin, Origins};

/// Objects and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of objects.
    pub count: u64,
    /// Sum of their shallow sizes; saturates at 2^64 − 1.
    pub shallow_bytes: u64,
}

impl Tally {
    /// Counts others, too.
    pub fn add(&mut self, other: Tally) {
        self.count += other.count;
        self.shallow_bytes = self.shallow_bytes.saturating_add(other.shallow_bytes);
    }
}

/// What objects are counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// The full name of their type.
    Type,
    /// The module that defines their type.
    Module,
}

/// In which order groups come. Ties are broken by the other number, then by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Most objects first.
    Count,
    /// Most bytes first.
    Size,
    /// By name.
    Name,
}

/// Objects and bytes per group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// What the keys of `groups` are.
    pub grouping: Grouping,
    /// Per full type name, or per module. Distinct types of the same full name are one group.
    pub groups: BTreeMap<String, Tally>,
    /// Whose the modules of `groups` are; of distinct ones of one name the application's first.
    pub origins: BTreeMap<String, Origin>,
    /// All objects.
    pub total: Tally,
}

impl Histogram {
    /// Counts the objects of a snapshot, which may have been read without its references. Linear in its shapes.
    pub fn of(snapshot: &Snapshot, grouping: Grouping) -> Histogram {
        let mut histogram = Histogram::empty(grouping);
        let origins = Origins::of_snapshot(snapshot);
        for (shape, tally) in snapshot.shapes.iter().zip(&snapshot.tallies).filter(|(_, tally)| tally.objects > 0) {
            let tally = Tally { count: tally.objects, shallow_bytes: tally.shallow_bytes };
            let record = &snapshot.types[shape.type_index as usize];
            let name = match grouping {
                Grouping::Type => record.full_name(),
                Grouping::Module => record.module.0.clone(),
            };
            histogram.add(name, tally, origins.of_module(&record.module));
        }
        histogram
    }

    /// Counts the objects of a graph. Linear in its objects.
    pub fn of_graph(graph: &HeapGraph, grouping: Grouping) -> Histogram {
        let mut by_type = vec![Tally::default(); graph.types.len()];
        for object in graph.objects() {
            by_type[graph.type_id(object).index()].add(Tally { count: 1, shallow_bytes: graph.size(object) });
        }
        let mut histogram = Histogram::empty(grouping);
        let origins = Origins::of(graph);
        for (of, tally) in graph.types.iter().zip(by_type).filter(|(_, tally)| tally.count > 0) {
            let name = match grouping {
                Grouping::Type => of.full_name(),
                Grouping::Module => of.module.clone(),
            };
            histogram.add(name, tally, origins.of_type(of));
        }
        histogram
    }

    fn empty(grouping: Grouping) -> Histogram {
        Histogram { grouping, groups: BTreeMap::new(), origins: BTreeMap::new(), total: Tally::default() }
    }

    fn add(&mut self, name: String, tally: Tally, origin: Origin) {
        let known = self.origins.entry(name.clone()).or_insert(origin);
        *known = origin.min(*known);
        self.groups.entry(name).or_default().add(tally);
        self.total.add(tally);
    }

    /// All groups in this order.
    pub fn ranked(&self, order: Order) -> Vec<(&str, Tally)> {
        let mut groups: Vec<(&str, Tally)> = self.groups.iter().map(|(name, tally)| (name.as_str(), *tally)).collect();
        // The map gives names in order and sorting is stable, so names break what ties are left.
        match order {
            Order::Count => groups.sort_by_key(|(_, tally)| std::cmp::Reverse((tally.count, tally.shallow_bytes))),
            Order::Size => groups.sort_by_key(|(_, tally)| std::cmp::Reverse((tally.shallow_bytes, tally.count))),
            Order::Name => {}
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;

    fn sketch() -> Snapshot {
        let mut sketch = Sketch::new();
        sketch.object("a", "dict", 64).object("b", "app.User", 48).object("c", "dict", 232).object(
            "d",
            "app.Order",
            280,
        );
        sketch.object("e", "app.Audit", 48);
        sketch.snapshot()
    }

    #[test]
    fn counts_objects_and_bytes_per_type() {
        let histogram = Histogram::of(&sketch(), Grouping::Type);
        assert_eq!(histogram.groups["dict"], Tally { count: 2, shallow_bytes: 296 });
        assert_eq!(histogram.total, Tally { count: 5, shallow_bytes: 672 });
    }

    #[test]
    fn ties_are_broken_by_the_other_number_then_by_name() {
        let histogram = Histogram::of(&sketch(), Grouping::Type);
        let names = |order| histogram.ranked(order).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(Order::Count), ["dict", "app.Order", "app.Audit", "app.User"]);
        assert_eq!(names(Order::Size), ["dict", "app.Order", "app.Audit", "app.User"]);
        assert_eq!(names(Order::Name), ["app.Audit", "app.Order", "app.User", "dict"]);
    }

    #[test]
    fn modules_gather_their_types() {
        let histogram = Histogram::of(&sketch(), Grouping::Module);
        assert_eq!(histogram.groups["app"], Tally { count: 3, shallow_bytes: 376 });
        assert_eq!(histogram.groups["builtins"].count, 2);
    }
}
