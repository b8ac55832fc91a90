//! What changed between snapshots by type, where functions and code are told by their names: which closure it is that grew.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::graph::HeapGraph;

use super::common::Tally;
use super::diff::GroupGrowth;
use super::origin::{Origin, Origins};

/// A type, and the qualified name of functions and code; empty for other objects, and where the name is unknown.
type Key = (String, String);

/// Objects and bytes by type and name.
#[derive(Debug, Clone, Default)]
pub struct NamedCounts {
    groups: BTreeMap<Key, Tally>,
    origins: BTreeMap<String, Origin>,
}

/// The change of a type, or of the functions of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeGrowth {
    /// The qualified name of functions and code; empty for other objects.
    pub of: String,
    /// Full name of the type, and the numbers.
    pub group: GroupGrowth,
}

impl NamedCounts {
    /// Counts the objects of a heap. Linear in them.
    pub fn of(graph: &HeapGraph) -> NamedCounts {
        let mut by_type = vec![Tally::default(); graph.types.len()];
        let mut found = NamedCounts::default();
        let origins = Origins::of(graph);
        let names: Vec<String> = graph.types.iter().map(|of| of.full_name()).collect();
        let has_names: Vec<bool> = names.iter().map(|name| matches!(name.as_str(), "function" | "code")).collect();
        for object in graph.objects() {
            let of = graph.type_id(object).index();
            let tally = Tally { count: 1, shallow_bytes: graph.size(object) };
            match graph.text(object).filter(|_| has_names[of]) {
                Some(known) => {
                    let key = (names[of].clone(), known.text.to_owned());
                    found.groups.entry(key).or_default().add(tally);
                }
                None => by_type[of].add(tally),
            }
        }
        for ((of, name), tally) in graph.types.iter().zip(names).zip(by_type) {
            let origin = origins.of_type(of);
            let known = found.origins.entry(name.clone()).or_insert(origin);
            *known = origin.min(*known);
            if tally.count > 0 {
                found.groups.entry((name, String::new())).or_default().add(tally);
            }
        }
        found
    }

    /// The groups that differ between any two snapshots; most bytes more first, then most objects more, then by name.
    /// Linear in the groups.
    pub fn growth(snapshots: &[&NamedCounts]) -> Vec<TypeGrowth> {
        let keys: BTreeSet<&Key> = snapshots.iter().flat_map(|one| one.groups.keys()).collect();
        let of = |key: &Key| TypeGrowth {
            of: key.1.clone(),
            group: GroupGrowth {
                function: None,
                name: key.0.clone(),
                origin: snapshots.iter().filter_map(|one| one.origins.get(&key.0)).min().copied(),
                tallies: snapshots.iter().map(|one| one.groups.get(key).copied().unwrap_or_default()).collect(),
            },
        };
        let is_changed = |row: &TypeGrowth| row.group.tallies.windows(2).any(|pair| pair[0] != pair[1]);
        let mut rows: Vec<TypeGrowth> = keys.into_iter().map(of).filter(is_changed).collect();
        rows.sort_by_key(|row| Reverse((row.group.shallow_bytes_growth(), row.group.count_growth())));
        rows
    }

    /// How many types have objects and are the same in all snapshots; `changed` are the groups that are not.
    pub fn unchanged(snapshots: &[&NamedCounts], changed: &[TypeGrowth]) -> u64 {
        let types: BTreeSet<&String> = snapshots.iter().flat_map(|one| one.groups.keys().map(|key| &key.0)).collect();
        let changed: BTreeSet<&String> = changed.iter().map(|row| &row.group.name).collect();
        types.difference(&changed).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;

    #[test]
    fn functions_are_told_by_their_names() {
        let heap = |closures: usize| {
            let mut sketch = Sketch::new();
            sketch.object("main", "function", 100).text("main", "app.main").object("user", "app.User", 50);
            for number in 0..closures {
                let name = number.to_string();
                sketch.object(&name, "function", 100).text(&name, "app.Shop.visit.<locals>.<lambda>");
            }
            NamedCounts::of(&sketch.build().graph)
        };
        let growth = NamedCounts::growth(&[&heap(1), &heap(4)]);
        assert_eq!(growth.len(), 1);
        assert_eq!(
            (growth[0].group.name.as_str(), growth[0].of.as_str()),
            ("function", "app.Shop.visit.<locals>.<lambda>")
        );
        assert_eq!((growth[0].group.count_growth(), growth[0].group.shallow_bytes_growth()), (3, 300));
    }
}
