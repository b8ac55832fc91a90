//! Leak suspects among the places that grew: the growth first, with the shapes of leaks as evidence.

use crate::analysis::explored::Explored;
use crate::analysis::places::PlacedHeap;
use crate::analysis::places::growth::{Grew, GrownPlace, PlaceGrowth};
use crate::analysis::since::{Age, Since};
use crate::graph::Object;

use super::accumulation::{self, Accumulation};
use super::made_by_program::is_made_by_the_program;
use super::rules::{self, Finding};
use super::{Thresholds, bytes_of_share};

/// What grew, and what of it looks like a leak.
#[derive(Debug)]
pub struct GrownSuspects {
    /// Bytes more at all places that grew: the whole of which the shares are parts.
    pub growth_bytes: u64,
    /// What the rules have found, the largest first.
    pub findings: Vec<Finding>,
    /// Places that grew and have a shape of leaks, most bytes more first.
    pub suspects: Vec<GrownSuspect>,
    /// Places that grew as much and have none: a cache that warms up, data that was loaded.
    pub others: Vec<GrownSuspect>,
    /// How many places grew by less.
    pub smaller: u64,
}

/// A place that grew.
#[derive(Debug)]
pub struct GrownSuspect {
    /// An index into [`PlaceGrowth::grown`].
    pub row: usize,
    /// Others that hold the same elements, in the same way.
    pub with: Vec<usize>,
    /// An object there: the container, where there is one. `None` when nothing is there any more.
    pub point: Option<Accumulation>,
    /// Whether what is gathered there is what programs make one by one.
    pub is_made_by_the_program: bool,
    /// Indices into [`GrownSuspects::findings`]: those with a hit at the place, above or below it.
    pub findings: Vec<usize>,
    /// Elements of its containers, or its objects: how many are new for certain, and how many may be. `None` where nobody knows the objects.
    pub new: Option<(u64, u64)>,
}

/// Finds the suspects among the places that grew. `together` names for each place the others that hold its elements, too; `since`
/// knows which objects are new. Near-linear.
pub fn find(
    heap: &Explored<'_>,
    placed: &PlacedHeap<'_>,
    growth: &PlaceGrowth,
    together: &[Vec<usize>],
    since: Option<&Since>,
    thresholds: &Thresholds,
) -> GrownSuspects {
    let rows = &growth.grown;
    let bytes = |row: &GrownPlace| u64::try_from(row.bytes_growth().max(0)).unwrap_or(u64::MAX);
    let told = rows.iter().fold(0_u64, |sum, row| sum.saturating_add(bytes(row)));
    let growth_bytes = told.saturating_add(u64::try_from(growth.rest_bytes.max(0)).unwrap_or(0));
    let minimum = bytes_of_share(thresholds.share, growth_bytes);
    let findings = rules::find(heap, thresholds, growth_bytes);
    let mut order: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].last.is_some()).collect();
    order.sort_by_key(|&row| std::cmp::Reverse(bytes(&rows[row])));
    let among: Vec<u32> = rows.iter().filter_map(|row| row.last).collect();
    let examples = placed.examples(&among);
    let mut is_told = vec![false; rows.len()];
    let (mut suspects, mut others, mut smaller) = (Vec::new(), Vec::new(), 0);
    for row in order {
        let Some(place) = rows[row].last.filter(|_| !is_told[row]) else { continue };
        if bytes(&rows[row]) < minimum {
            smaller += 1;
            continue;
        }
        is_told[row] = true;
        let with: Vec<usize> = together[row].iter().copied().filter(|&other| !is_told[other]).collect();
        with.iter().for_each(|&other| is_told[other] = true);
        let is_near = |hit: Object| {
            let at = placed.place(hit);
            placed.is_below(place, at) || placed.is_below(at, place)
        };
        let is_evidence = |finding: &Finding| finding.hits.iter().any(|hit| is_near(hit.object));
        let point = examples.get(&place).map(|&object| accumulation::describe(heap, thresholds, object, None));
        let objects = placed.told_at(place, matches!(rows[row].grew, Grew::Elements { .. }));
        let found = GrownSuspect {
            row,
            with,
            is_made_by_the_program: is_made_by_the_program(heap, &objects),
            findings: (0..findings.len()).filter(|&index| is_evidence(&findings[index])).collect(),
            new: since.map(|since| {
                let of = |age| objects.iter().filter(|&&object| since.age(object) == age).count() as u64;
                (of(Age::New), of(Age::Unknown))
            }),
            point,
        };
        let may_leak = found.point.as_ref().is_some_and(|point| point.may_leak);
        let list = match may_leak || found.is_made_by_the_program || !found.findings.is_empty() {
            true => &mut suspects,
            false => &mut others,
        };
        list.push(found);
    }
    GrownSuspects { growth_bytes, findings, suspects, others, smaller }
}
