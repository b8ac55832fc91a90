//! Leak suspects: what explains a large share of the heap, with evidence.
//!
//! The method is that of Eclipse MAT's leak suspects report: from each large top of the dominator tree down to the point
//! where the large object falls apart into many small ones. Python's own shapes of leaks are rules beside it.
//!
//! What is large is no leak for that: an index, a table, a frame of data are what a program is for. A suspect has a shape of
//! leaks: it gathers what the program makes one by one, a rule fits, or nothing in use explains it.

mod accumulation;
pub mod grown;
mod joined;
mod made_by_program;
mod owners;
mod rules;

pub use accumulation::{Accumulation, ContentRow};
pub use joined::Joined;
pub use rules::{Finding, Hit, RULES, Rule};

use crate::graph::{Object, TypeId};

use super::containers::{Gathering, gatherings};
use super::dominated::Step;
use super::explored::Explored;
use super::retained_groups::{GroupRetained, retained_by_group};

/// From when on something is a suspect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Smallest share of the heap that an accumulation point, or a type, must retain.
    pub share: f64,
    /// The search goes on down while the largest dominated object retains at least this share of its dominator.
    pub descend: f64,
    /// From so many alike links on, a chain is one thing.
    pub chain: usize,
    /// Smallest share of the heap that what a rule has found must retain.
    pub rule_share: f64,
    /// How many types, containers and examples are listed.
    pub limit: usize,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds { share: 0.1, descend: 0.7, chain: 16, rule_share: 0.005, limit: 5 }
    }
}

/// All that looks suspicious.
#[derive(Debug)]
pub struct Suspects {
    /// Sum of all shallow sizes: the whole of which the shares are parts.
    pub heap_bytes: u64,
    /// Where much has been gathered, the largest first; they have no object in common.
    pub accumulations: Vec<Accumulation>,
    /// Types whose instances retain much together without a common holder among `accumulations`, the largest first.
    pub types: Vec<ScatteredType>,
    /// What the rules have found, the largest first.
    pub findings: Vec<Finding>,
    /// The suspects: all that tells one piece of memory together, the largest first.
    pub suspects: Vec<Joined>,
    /// What is large, and has nothing of a leak about it: indices into `accumulations`.
    pub large: Vec<usize>,
    /// Where nothing is suspect or large: the largest accumulation point, the application's own if there is one.
    pub largest: Option<Accumulation>,
}

/// A type whose instances retain much, with no single holder.
#[derive(Debug)]
pub struct ScatteredType {
    /// The type.
    pub type_id: TypeId,
    /// What its instances outside of the accumulation points retain.
    pub sum: GroupRetained,
    /// How many of them no root reaches.
    pub garbage: u64,
    /// Its instances outside of the accumulation points, by address.
    pub instances: Vec<Object>,
    /// The containers through which they are held; several may hold the same ones.
    pub gatherings: Vec<Gathering>,
}

/// How many times smaller than a suspect something may be to be told as the largest.
const SMALLER: f64 = 100.0;

/// Finds the suspects. Near-linear.
pub fn find(heap: &Explored<'_>, thresholds: &Thresholds) -> Suspects {
    let heap_bytes = heap.graph.total_size();
    let accumulations = accumulation::find(heap, thresholds, heap_bytes);
    let types = scattered_types(heap, thresholds, heap_bytes, &accumulations);
    let findings = rules::find(heap, thresholds, heap_bytes);
    let all = joined::join(heap, &accumulations, &types, &findings);
    let is_suspect = |joined: &Joined| {
        let mut points = joined.accumulations.iter().map(|&index| &accumulations[index]);
        !joined.types.is_empty() || !joined.findings.is_empty() || points.any(|point| point.may_leak)
    };
    let (suspects, others): (Vec<Joined>, Vec<Joined>) = all.into_iter().partition(is_suspect);
    let large: Vec<usize> = others.into_iter().flat_map(|joined| joined.accumulations).collect();
    let mut largest = None;
    if suspects.is_empty() && large.is_empty() {
        let lower = Thresholds { share: thresholds.share / SMALLER, ..*thresholds };
        let mut points = accumulation::find(heap, &lower, heap_bytes);
        let own = points.iter().position(|point| point.own_code.is_some()).unwrap_or(0);
        largest = (!points.is_empty()).then(|| points.swap_remove(own));
    }
    Suspects { heap_bytes, accumulations, types, findings, suspects, large, largest }
}

/// The number of bytes that is this share of the heap, at least 1.
fn bytes_of_share(share: f64, heap_bytes: u64) -> u64 {
    ((heap_bytes as f64 * share) as u64).max(1)
}

/// Types of the program, classes of classes aside, that retain much, most of it outside of what the accumulation points retain.
fn scattered_types(
    heap: &Explored<'_>,
    thresholds: &Thresholds,
    heap_bytes: u64,
    accumulations: &[Accumulation],
) -> Vec<ScatteredType> {
    let graph = heap.graph;
    let is_meant = |id: TypeId| graph.types[id.index()].module != "builtins" && !heap.classes.derives_from(id, "type");
    let is_meant: Vec<bool> = (0..graph.types.len() as u32).map(|id| is_meant(TypeId(id))).collect();
    // One look-up for each of the many objects that are not meant.
    let of_shape: Vec<bool> =
        (0..graph.shape_count()).map(|shape| is_meant[graph.type_of_shape(shape).index()]).collect();
    // What an accumulation point dominates belongs to it.
    let points: Vec<Object> = accumulations.iter().map(|point| point.object).collect();
    let walk = heap.dominated().walk_without(&points).filter(|step| {
        let (Step::Enter(object) | Step::Leave(object)) = *step;
        of_shape[graph.shape_index(object)]
    });
    let group = |object: Object| graph.type_id(object).index();
    let sums = retained_by_group(graph, walk, heap.retained(), graph.types.len(), group);
    let minimum = bytes_of_share(thresholds.share, heap_bytes);
    let mut types: Vec<(TypeId, GroupRetained)> = (0..graph.types.len() as u32)
        .map(|id| (TypeId(id), sums[id as usize]))
        .filter(|(_, sum)| sum.count > 1 && sum.retained_bytes >= minimum)
        .collect();
    types.sort_by_cached_key(|&(id, sum)| (std::cmp::Reverse(sum.retained_bytes), graph.type_name(id), id));
    types.truncate(thresholds.limit);
    let scattered = |(type_id, sum)| {
        let of_type = graph.objects_of_shapes(|shape| graph.type_of_shape(shape) == type_id);
        let is_explained = |object| points.iter().any(|&point| heap.dominated().dominates(point, object));
        let instances: Vec<Object> = of_type.filter(|&object| !is_explained(object)).collect();
        let garbage = instances.iter().filter(|&&object| !heap.reachability().is_reached(object)).count() as u64;
        let gatherings = gatherings(heap, &instances, thresholds.limit);
        ScatteredType { type_id, sum, garbage, instances, gatherings }
    };
    types.into_iter().map(scattered).collect()
}

#[cfg(test)]
mod tests;
