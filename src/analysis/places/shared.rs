//! What others hold beside the way to a place, by the dominators of the ownership view.

use crate::analysis::dominators::{Dominator, DominatorTree};
use crate::analysis::retained::RetainedSizes;
use crate::graph::{HeapGraph, Object};

use super::Place;
use super::ways::{NONE, Ways};

/// Counts for each place the bytes that would stay if it were cut.
///
/// An object hangs below its immediate dominator on its way. The places between the two don't own it, nor all that it
/// dominates. Linear in objects, and in the steps of ways to objects that are shared.
pub(super) fn count(graph: &HeapGraph, tree: &DominatorTree, ways: &Ways, places: &mut [Place]) {
    let retained = RetainedSizes::of(graph, tree);
    let mut shared = vec![0_i128; places.len()];
    for object in graph.objects() {
        let referrer = ways.referrer[object.index()];
        if referrer == NONE || tree.dominator(object) == Dominator::Object(Object(referrer)) {
            continue;
        }
        let from = ways.place[referrer as usize];
        let bytes = i128::from(retained.bytes(object));
        shared[from as usize] += bytes;
        if let Dominator::Object(dominator) = tree.dominator(object)
            && let Some(common) = common(places, from, ways.place[dominator.index()])
        {
            shared[common as usize] -= bytes;
        }
    }
    for index in (0..places.len()).rev() {
        let sum = shared[index];
        if let Some(above) = places[index].above {
            shared[above as usize] += sum;
        }
        let whole = places[index].whole.shallow_bytes;
        places[index].shared_bytes = u64::try_from(sum.max(0)).unwrap_or(u64::MAX).min(whole);
    }
}

/// The lowest place that is above both, or one of them. Linear in their steps, which are few.
fn common(places: &[Place], one: u32, other: u32) -> Option<u32> {
    let (mut one, mut other) = (Some(one), Some(other));
    // A place comes after the one above it.
    while one != other {
        if one > other {
            one = places[one? as usize].above;
        } else {
            other = places[other? as usize].above;
        }
    }
    one
}
