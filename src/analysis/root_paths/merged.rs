//! The paths to many objects merged into one tree, e.g. to all instances of a type.

use std::collections::HashMap;

use crate::analysis::gc_roots::GcRoots;
use crate::analysis::reachability::Reachability;
use crate::analysis::step::Step;
use crate::graph::{HeapGraph, Object, Reference, Slot, TypeId};

/// Paths from the roots to many objects; paths that differ only in keys, indices or repetitions are one.
///
/// `steps` are in no useful order; [`PathTree::tops`] and [`PathStep::below`] are: most targets first, ties by step, then by
/// type name.
#[derive(Debug)]
pub struct PathTree {
    /// All steps.
    pub steps: Vec<PathStep>,
    /// Steps that are roots, as indices into `steps`.
    pub tops: Vec<u32>,
    /// How many targets no root reaches.
    pub unreachable: u64,
}

/// One step of many paths.
#[derive(Debug)]
pub struct PathStep {
    /// The root or the slot; keys are told in the dictionaries of modules, classes and instances, where they are names.
    pub step: Step,
    /// Type of the objects here.
    pub type_id: TypeId,
    /// How many targets' paths lead here or through.
    pub targets: u64,
    /// How many targets are here.
    pub ending: u64,
    /// The first of them; `None` when there is none.
    pub first_ending: Option<Object>,
    /// Sum of the shallow sizes of the targets that are here; saturates.
    pub ending_bytes: u64,
    /// One of the objects here: the first on the way to the target of the lowest address.
    pub example: Object,
    /// How many times in a row the step is taken at most, e.g. along a linked list; 1 for most.
    pub repeats: u32,
    /// Steps behind this one, as indices into [`PathTree::steps`].
    pub below: Vec<u32>,
}

impl PathTree {
    /// Merges the shortest paths to all targets. Linear in the objects on these paths.
    pub fn of(graph: &HeapGraph, roots: &GcRoots, reachability: &Reachability, targets: &[Object]) -> PathTree {
        let mut tree =
            Merging { graph, steps: Vec::new(), parents: Vec::new(), by_key: HashMap::new(), place: HashMap::new() };
        let mut unreachable = 0;
        let mut way = Vec::new();
        for &target in targets {
            let mut next = target;
            // Climb until an object whose place is known, then put the others in their places on the way down.
            let mut place = loop {
                if let Some(&place) = tree.place.get(&next) {
                    break Some(place);
                }
                let Some(reference) = reachability.last_reference(graph, next) else {
                    let root = reachability.root(graph, next);
                    break root.map(|root| tree.root(Step::of_root(graph, roots.roots[root]), next));
                };
                way.push(reference);
                next = reference.referrer;
            };
            while let (Some(above), Some(reference)) = (place, way.pop()) {
                let Some(object) = reference.referent else { break };
                let step = step(graph, reachability, reference);
                place = Some(tree.child(above, step, object));
            }
            way.clear();
            match place {
                Some(place) => {
                    let step = &mut tree.steps[place.step as usize];
                    step.ending += 1;
                    step.first_ending = step.first_ending.or(Some(target));
                    step.ending_bytes = step.ending_bytes.saturating_add(graph.size(target));
                }
                None => unreachable += 1,
            }
        }
        tree.finish(unreachable)
    }

    /// The step at which most targets are: one of them, and how many. `None` when no root reaches any.
    pub fn most(&self) -> Option<(Object, u64)> {
        let ends = self.steps.iter().filter_map(|step| Some((step.first_ending?, step.ending)));
        ends.min_by_key(|&(first, count)| (std::cmp::Reverse(count), first))
    }
}

/// Where an object stands: its step, and how often that has been taken in a row.
#[derive(Clone, Copy)]
struct Place {
    step: u32,
    repeats: u32,
}

struct Merging<'g> {
    graph: &'g HeapGraph,
    steps: Vec<PathStep>,
    /// The step before each step; itself for a root.
    parents: Vec<u32>,
    by_key: HashMap<(Option<u32>, Step, TypeId), u32>,
    place: HashMap<Object, Place>,
}

impl Merging<'_> {
    fn root(&mut self, step: Step, object: Object) -> Place {
        let step = self.step(None, step, object);
        self.stand(object, Place { step, repeats: 1 })
    }

    fn child(&mut self, above: Place, step: Step, object: Object) -> Place {
        let before = &mut self.steps[above.step as usize];
        let is_repeated = self.parents[above.step as usize] != above.step
            && before.step == step
            && before.type_id == self.graph.type_id(object);
        if is_repeated {
            let repeats = above.repeats.saturating_add(1);
            before.repeats = before.repeats.max(repeats);
            return self.stand(object, Place { step: above.step, repeats });
        }
        let step = self.step(Some(above.step), step, object);
        self.stand(object, Place { step, repeats: 1 })
    }

    fn stand(&mut self, object: Object, place: Place) -> Place {
        self.place.insert(object, place);
        place
    }

    fn step(&mut self, above: Option<u32>, step: Step, object: Object) -> u32 {
        let type_id = self.graph.type_id(object);
        let new = self.steps.len() as u32;
        let index = *self.by_key.entry((above, step.clone(), type_id)).or_insert(new);
        if index == new {
            self.parents.push(above.unwrap_or(new));
            self.steps.push(PathStep {
                step,
                type_id,
                targets: 0,
                ending: 0,
                first_ending: None,
                ending_bytes: 0,
                example: object,
                repeats: 1,
                below: Vec::new(),
            });
        }
        index
    }

    fn finish(mut self, unreachable: u64) -> PathTree {
        let mut tops = Vec::new();
        // A step is made after the step before it.
        for index in (0..self.steps.len()).rev() {
            let targets = self.steps[index].targets + self.steps[index].ending;
            self.steps[index].targets = targets;
            let parent = self.parents[index] as usize;
            if parent == index {
                tops.push(index as u32);
            } else {
                self.steps[parent].targets += targets;
                self.steps[parent].below.push(index as u32);
            }
        }
        let by_targets = |steps: &[PathStep], list: &mut Vec<u32>, graph: &HeapGraph| {
            list.sort_by_cached_key(|&index| {
                let step = &steps[index as usize];
                (std::cmp::Reverse(step.targets), step.step.clone(), graph.type_name(step.type_id), index)
            });
        };
        for index in 0..self.steps.len() {
            let mut below = std::mem::take(&mut self.steps[index].below);
            by_targets(&self.steps, &mut below, self.graph);
            self.steps[index].below = below;
        }
        by_targets(&self.steps, &mut tops, self.graph);
        PathTree { steps: self.steps, tops, unreachable }
    }
}

fn step(graph: &HeapGraph, reachability: &Reachability, reference: Reference) -> Step {
    let holder = reachability.last_reference(graph, reference.referrer);
    let in_namespace = holder.is_some_and(|holder| graph.slot(holder) == Slot::Field(".__dict__"));
    Step::of_reference(graph, reference, in_namespace)
}
