//! Which suspects tell the same memory: one leak is one suspect, and its shapes are evidence.

use std::collections::HashSet;

use super::ScatteredType;
use super::accumulation::Accumulation;
use super::rules::Finding;
use crate::analysis::explored::Explored;
use crate::graph::Object;

/// What tells one piece of memory: indices into the lists of [`Suspects`](super::Suspects).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// Accumulation points, the largest first.
    pub accumulations: Vec<usize>,
    /// Types, the largest first.
    pub types: Vec<usize>,
    /// Findings of rules, the largest first.
    pub findings: Vec<usize>,
    /// The largest of what each retains.
    pub retained_bytes: u64,
}

/// From this share on of the smaller one's memory two suspects tell the same.
const SAME: f64 = 0.7;

/// What one candidate is about.
struct Candidate {
    retained_bytes: u64,
    /// Objects that retain it, none of which dominates another, in the order of the dominator tree.
    uppermost: Vec<Object>,
    /// Containers that hold it.
    places: HashSet<Object>,
    join: fn(&mut Joined) -> &mut Vec<usize>,
    index: usize,
}

/// Joins what tells the same memory: where one's objects are dominated by the other's, or one container holds both. The largest
/// first. O(k log k) for k objects that retain something, times the number of suspects.
pub(super) fn join(
    heap: &Explored<'_>,
    accumulations: &[Accumulation],
    types: &[ScatteredType],
    findings: &[Finding],
) -> Vec<Joined> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for (index, point) in accumulations.iter().enumerate() {
        candidates.push(Candidate {
            retained_bytes: point.retained_bytes,
            uppermost: vec![point.object],
            places: point.containers.iter().map(|container| container.object).chain([point.object]).collect(),
            join: |joined| &mut joined.accumulations,
            index,
        });
    }
    for (index, finding) in findings.iter().enumerate() {
        let containers = finding.gatherings.iter().map(|gathering| gathering.container.object);
        candidates.push(Candidate {
            retained_bytes: finding.retained_bytes,
            uppermost: finding.uppermost.clone(),
            places: containers.chain(finding.hits.iter().map(|hit| hit.object)).collect(),
            join: |joined| &mut joined.findings,
            index,
        });
    }
    for (index, scattered) in types.iter().enumerate() {
        candidates.push(Candidate {
            retained_bytes: scattered.sum.retained_bytes,
            uppermost: heap.dominated().uppermost(&scattered.instances),
            places: scattered.gatherings.iter().map(|gathering| gathering.container.object).collect(),
            join: |joined| &mut joined.types,
            index,
        });
    }
    // A stable order: equal ones stay as the lists have them.
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.retained_bytes));
    let mut groups: Vec<(Joined, Vec<Candidate>)> = Vec::new();
    for candidate in candidates {
        let is_same = |other: &Candidate| tells_the_same(heap, &candidate, other);
        let place = groups.iter().position(|(_, members)| members.iter().any(is_same));
        let place = place.unwrap_or_else(|| {
            groups.push((Joined { retained_bytes: candidate.retained_bytes, ..Joined::default() }, Vec::new()));
            groups.len() - 1
        });
        let (joined, members) = &mut groups[place];
        (candidate.join)(joined).push(candidate.index);
        members.push(candidate);
    }
    groups.into_iter().map(|(joined, _)| joined).collect()
}

/// Whether most of the smaller one's memory is the larger one's, or one container holds what both are about.
fn tells_the_same(heap: &Explored<'_>, smaller: &Candidate, larger: &Candidate) -> bool {
    if !smaller.places.is_disjoint(&larger.places) {
        return true;
    }
    let is_inside = |object: Object| {
        // The last of the larger one's objects that come no later in the walk of the tree.
        let end =
            larger.uppermost.partition_point(|&other| heap.dominated().place(other) <= heap.dominated().place(object));
        end.checked_sub(1).is_some_and(|last| heap.dominated().dominates(larger.uppermost[last], object))
    };
    let inside = smaller.uppermost.iter().filter(|&&object| is_inside(object));
    let bytes = inside.fold(0_u64, |sum, &object| sum.saturating_add(heap.retained().bytes(object)));
    let all = smaller.uppermost.iter().fold(0_u64, |sum, &object| sum.saturating_add(heap.retained().bytes(object)));
    all > 0 && bytes as f64 >= all as f64 * SAME
}
