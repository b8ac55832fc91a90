//! What is new, by type or module of the objects.

use crate::analysis::common::{Grouping, Groups, Order};
use crate::graph::{HeapGraph, Object};

use super::{Bounds, Since};

/// Types or modules with how many of their objects are new, in this order; those without any are left out. Full names. Linear in the
/// objects, O(t log t) in the types.
pub fn groups_with_new(graph: &HeapGraph, since: &Since, grouping: Grouping, order: Order) -> Vec<(String, Bounds)> {
    groups(graph, grouping, order, |groups, group| since.bounds(graph, groups, group))
}

/// What was made between the first two of several snapshots and is alive in the last, by type; most objects first. Linear in the
/// objects.
pub fn born_between(graph: &HeapGraph, since_first: &Since, since_second: &Since) -> Vec<(String, Bounds)> {
    groups(graph, Grouping::Type, Order::Count, |groups, group| {
        since_first.born_before(since_second, graph, groups, group)
    })
}

/// Types or modules with how many of their objects there are of a kind; those without any are left out. `bounds` counts by groups:
/// how many there are, and which is that of an object.
fn groups(
    graph: &HeapGraph,
    grouping: Grouping,
    order: Order,
    bounds: impl Fn(usize, &dyn Fn(Object) -> usize) -> Vec<Bounds>,
) -> Vec<(String, Bounds)> {
    let groups = Groups::of(graph, grouping);
    let bounds = bounds(groups.names.len(), &|object| groups.group(graph, object));
    let mut groups: Vec<(String, Bounds)> =
        groups.names.into_iter().zip(bounds).filter(|(_, new)| new.most.count > 0).collect();
    let by_count = |new: &Bounds| (new.least.count, new.least.shallow_bytes, new.most.count);
    let by_size = |new: &Bounds| (new.least.shallow_bytes, new.least.count, new.most.shallow_bytes);
    match order {
        Order::Count => groups.sort_by_key(|(_, new)| std::cmp::Reverse(by_count(new))),
        Order::Size => groups.sort_by_key(|(_, new)| std::cmp::Reverse(by_size(new))),
        Order::Name => {}
    }
    groups
}
