//! What groups of objects retain, each type or each module for instance.

use crate::graph::{HeapGraph, Object};

use super::dominated::Step;
use super::retained::RetainedSizes;

/// What a group of objects retains, without counting anything twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupRetained {
    /// Objects in the group.
    pub count: u64,
    /// Sum of their shallow sizes; saturates.
    pub shallow_bytes: u64,
    /// Sum of the retained sizes of those that no other of the group dominates; saturates. When there are several, they may
    /// hold together what none of them holds alone, so this is a lower bound (`≥`); [`retained_by`](super::retained::retained_by) is exact.
    pub retained_bytes: u64,
    /// How many the sum was taken over. With one, it is exact.
    pub uppermost: u64,
}

impl GroupRetained {
    /// Whether `retained_bytes` is all that the group retains, not a lower bound: one of its objects dominates the others.
    pub fn is_exact(&self) -> bool {
        self.uppermost <= 1
    }
}

/// What each group of objects retains, e.g. each type. `group` names the group of an object, below `groups`.
///
/// `walk` is one through the dominator tree ([`DominatedObjects::walk`](super::dominated::DominatedObjects::walk)), or through a part
/// of it: other objects are in no group. Linear.
pub fn retained_by_group(
    graph: &HeapGraph,
    walk: impl Iterator<Item = Step>,
    retained: &RetainedSizes,
    groups: usize,
    group: impl Fn(Object) -> usize,
) -> Vec<GroupRetained> {
    let mut sums = vec![GroupRetained::default(); groups];
    // How many objects of each group are on the path from the virtual root to where the walk is.
    let mut above = vec![0_u32; groups];
    for step in walk {
        match step {
            Step::Enter(object) => {
                let group = group(object);
                let sum = &mut sums[group];
                sum.count += 1;
                sum.shallow_bytes = sum.shallow_bytes.saturating_add(graph.size(object));
                if above[group] == 0 {
                    sum.retained_bytes = sum.retained_bytes.saturating_add(retained.bytes(object));
                    sum.uppermost += 1;
                }
                above[group] += 1;
            }
            Step::Leave(object) => above[group(object)] -= 1,
        }
    }
    sums
}
