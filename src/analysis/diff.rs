//! What changed between snapshots, per type.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::common::{Counts, Tally};
use super::origin::Origin;

/// The change of one group over two or more snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupGrowth {
    /// Full type name, or module.
    pub name: String,
    /// Whose its module is; `None` for the total.
    pub origin: Option<Origin>,
    /// Of a line its function, where it is known; the last snapshot's.
    pub function: Option<String>,
    /// Objects and bytes in each snapshot, in the order given.
    pub tallies: Vec<Tally>,
}

impl GroupGrowth {
    /// Objects in the last snapshot minus objects in the first.
    pub fn count_growth(&self) -> i128 {
        i128::from(self.last().count) - i128::from(self.first().count)
    }

    /// Bytes in the last snapshot minus bytes in the first.
    pub fn shallow_bytes_growth(&self) -> i128 {
        i128::from(self.last().shallow_bytes) - i128::from(self.first().shallow_bytes)
    }

    /// Whether it was absent in the first snapshot.
    pub fn is_new(&self) -> bool {
        self.first().count == 0
    }

    /// Whether it is absent in the last snapshot.
    pub fn is_gone(&self) -> bool {
        self.last().count == 0
    }

    /// Whether the count rose from each snapshot to the next.
    pub fn grew_each_time(&self) -> bool {
        self.tallies.windows(2).all(|pair| pair[0].count < pair[1].count)
    }

    /// The first snapshot's tally.
    pub fn first(&self) -> Tally {
        self.tallies.first().copied().unwrap_or_default()
    }

    /// The last snapshot's tally.
    pub fn last(&self) -> Tally {
        self.tallies.last().copied().unwrap_or_default()
    }
}

/// In which order changed groups come. Ties are broken by the other number, then by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffOrder {
    /// Largest growth in objects first, largest shrinkage last.
    Count,
    /// Largest growth in bytes first.
    Size,
    /// By name.
    Name,
}

/// What changed between the first and the last of some snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// Only the groups that differ between any two of the snapshots.
    pub changed: Vec<GroupGrowth>,
    /// How many groups are the same in all.
    pub unchanged: u64,
    /// All objects.
    pub total: GroupGrowth,
}

impl Diff {
    /// Compares counts of the same grouping, in the order of time. O(g log g) for g groups.
    pub fn between(counts: &[Counts], order: DiffOrder) -> Diff {
        let names: BTreeSet<&String> = counts.iter().flat_map(|one| one.groups.keys()).collect();
        let all = names.len() as u64;
        let mut changed: Vec<GroupGrowth> = names
            .into_iter()
            .map(|name| GroupGrowth {
                name: name.clone(),
                origin: counts.iter().filter_map(|one| one.origins.get(name)).min().copied(),
                function: counts.iter().rev().find_map(|one| one.functions.get(name)).cloned(),
                tallies: counts.iter().map(|one| one.groups.get(name).copied().unwrap_or_default()).collect(),
            })
            .filter(|group| group.tallies.windows(2).any(|pair| pair[0] != pair[1]))
            .collect();
        match order {
            DiffOrder::Count => {
                changed.sort_by_key(|group| Reverse((group.count_growth(), group.shallow_bytes_growth())))
            }
            DiffOrder::Size => {
                changed.sort_by_key(|group| Reverse((group.shallow_bytes_growth(), group.count_growth())))
            }
            DiffOrder::Name => {}
        }
        let unchanged = all - changed.len() as u64;
        let tallies = counts.iter().map(|one| one.total).collect();
        let total = GroupGrowth { name: String::new(), origin: None, function: None, tallies };
        Diff { changed, unchanged, total }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::analysis::common::Grouping;
    use crate::graph::Sketch;

    /// A counts of objects: type and size of each.
    pub(in crate::analysis) fn counts(types: &[(&str, u64)]) -> Counts {
        let mut sketch = Sketch::new();
        for (number, (type_name, size)) in types.iter().enumerate() {
            sketch.object(&number.to_string(), type_name, *size);
        }
        Counts::of(&sketch.snapshot(), Grouping::Type)
    }

    #[test]
    fn only_what_changed_is_told_largest_growth_first() {
        let before = counts(&[("dict", 64), ("app.Old", 16), ("app.Same", 16), ("list", 56)]);
        let after = counts(&[("dict", 64), ("dict", 64), ("app.Same", 16), ("list", 88), ("app.New", 8)]);
        let growth = Diff::between(&[before, after], DiffOrder::Count);
        let names: Vec<_> = growth.changed.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["dict", "app.New", "list", "app.Old"]);
        assert_eq!(growth.unchanged, 1);
        assert!(growth.changed[1].is_new() && growth.changed[3].is_gone());
        assert_eq!(growth.changed[2].count_growth(), 0);
        assert_eq!(growth.changed[2].shallow_bytes_growth(), 32);
        assert_eq!(growth.total.count_growth(), 1);
    }

    #[test]
    fn over_several_snapshots_a_steady_rise_is_seen() {
        let snapshots = [
            counts(&[("a", 1), ("b", 1)]),
            counts(&[("a", 1), ("a", 1)]),
            counts(&[("a", 1), ("a", 1), ("a", 1), ("b", 1), ("b", 1)]),
        ];
        let growth = Diff::between(&snapshots, DiffOrder::Name);
        assert!(growth.changed[0].grew_each_time());
        assert!(!growth.changed[1].grew_each_time());
    }
}
