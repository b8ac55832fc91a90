//! The finished excerpt: links between what is drawn, and what is not drawn, counted.

use std::collections::{BTreeMap, HashSet};

use crate::analysis::gc_roots::GcRoots;
use crate::analysis::root_paths::attribute_name;
use crate::graph::{Object, Slot};

use super::choose::Chosen;
use super::gather::{Gathered, GatheredReference};
use super::housekeeping::Housekeeping;
use super::lens::{Lens, Neighbour};
use super::{
    Alive, Cut, Excerpt, Fold, LeftOut, Link, MAX_NAMED, Member, SetAside, SlotName, Towards, Variable, Wish,
    is_variable,
};

/// Puts the excerpt together. Linear in the objects drawn, their neighbours and references.
pub(super) fn join(lens: &Lens<'_>, roots: &GcRoots, gathered: &Gathered, chosen: Chosen, wish: &Wish) -> Excerpt {
    let mut member_of: Vec<Option<usize>> = vec![None; chosen.boxes.len()];
    for (member, &one) in chosen.drawn.iter().enumerate() {
        member_of[one] = Some(member);
    }
    let members: Vec<Member> = chosen
        .drawn
        .iter()
        .map(|&one| {
            let candidate = &chosen.boxes[one];
            let first = candidate.places[0];
            let is_one = candidate.fold == Fold::One;
            Member {
                objects: candidate.places.iter().map(|&place| gathered.objects[place]).collect(),
                fold: candidate.fold,
                distance: candidate.distance,
                dict: lens.own_dict(gathered.objects[first]).filter(|_| is_one),
                root: gathered.path_roots.get(&first).copied().filter(|_| is_one),
            }
        })
        .collect();
    let missing = Missing::counted(Undrawn { lens, gathered, chosen: &chosen, member_of: &member_of, wish });
    let place_of_member = |reference: &GatheredReference| {
        Some((member_of[chosen.box_of[reference.from]]?, member_of[chosen.box_of[reference.to]]?))
    };
    let mut bundles: BTreeMap<(usize, usize), Bundle> = BTreeMap::new();
    for reference in &gathered.references {
        if let Some(ends) = place_of_member(reference) {
            bundles.entry(ends).or_default().add(lens, gathered, reference);
        }
    }
    let variables = match wish.towards {
        Towards::Referrers => variables(lens, roots, gathered, &members),
        Towards::Referents => Vec::new(),
    };
    Excerpt {
        towards: wish.towards,
        members,
        links: bundles.into_iter().map(|((from, to), bundle)| bundle.link(from, to)).collect(),
        variables,
        left_out: missing.left_out,
        missing: sizes(missing.by_cut),
        set_aside: missing.set_aside,
        set_aside_in_all: sizes(missing.by_kind),
        alive: Alive { unreachable: gathered.unreachable, paths_not_drawn: chosen.paths_not_drawn },
    }
}

/// Variables of running frames. Locals at module level that the module holds anyway are no roots, and not drawn.
fn variables(lens: &Lens<'_>, roots: &GcRoots, gathered: &Gathered, members: &[Member]) -> Vec<Variable> {
    let graph = lens.graph;
    let kept: HashSet<u32> = roots.roots.iter().filter_map(|root| root.named).collect();
    let mut variables = Vec::new();
    for (at, member) in members.iter().enumerate().filter(|(_, member)| member.fold == Fold::One) {
        let object = member.objects[0];
        let path_root = gathered.places.get(&object).and_then(|place| gathered.path_roots.get(place));
        let first = graph.roots.partition_point(|root| root.object < object);
        for (root, of) in (first as u32..).zip(graph.roots_of(object)) {
            let is_path_root = path_root.is_some_and(|path| path.named == Some(root));
            if (lens.tells_variable(of.kind()) || is_path_root && is_variable(of.kind())) && kept.contains(&root) {
                variables.push(Variable { at, root, on_path: is_path_root });
            }
        }
    }
    variables
}

/// Parallel references, as they are found.
#[derive(Default)]
struct Bundle<'g> {
    named: Vec<Named<'g>>,
    references: u64,
    has_strong: bool,
    on_path: bool,
}

struct Named<'g> {
    key: NameKey<'g>,
    name: SlotName,
    /// Lower is better: on the path, strong, weak.
    worth: u8,
    references: u64,
}

/// References with equal keys look the same.
#[derive(PartialEq)]
enum NameKey<'g> {
    Slot(Slot<'g>, bool),
    Attribute(&'g str),
}

impl<'g> Bundle<'g> {
    fn add(&mut self, lens: &Lens<'g>, gathered: &Gathered, reference: &GatheredReference) {
        let seen = reference.seen;
        let graph = lens.graph;
        let is_strong = graph.is_strong(seen.reference);
        let on_path = gathered.path_references.contains(&seen.reference);
        self.references += 1;
        self.has_strong |= is_strong;
        self.on_path |= on_path;
        let worth = match (on_path, is_strong) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        };
        let slot = graph.slot(seen.reference);
        let attribute = match slot {
            Slot::Value(Some(key)) if seen.through_dict => attribute_name(graph, key),
            Slot::Field(name) => name.strip_prefix('.'),
            _ => None,
        };
        let key = attribute.map_or(NameKey::Slot(slot, seen.through_dict), NameKey::Attribute);
        let name = SlotName { reference: seen.reference, through_dict: seen.through_dict };
        if let Some(known) = self.named.iter_mut().find(|known| known.key == key) {
            known.references += 1;
            if worth < known.worth {
                (known.worth, known.name) = (worth, name);
            }
        } else if self.named.len() < MAX_NAMED {
            self.named.push(Named { key, name, worth, references: 1 });
        } else if let Some(worst) = (0..MAX_NAMED).max_by_key(|&place| self.named[place].worth)
            && worth < self.named[worst].worth
        {
            self.named[worst] = Named { key, name, worth, references: 1 };
        }
    }

    fn link(mut self, from: usize, to: usize) -> Link {
        // Stable: references come in slot order.
        self.named.sort_by_key(|named| named.worth);
        let with_name: u64 = self.named.iter().map(|named| named.references).sum();
        Link {
            from,
            to,
            names: self.named.iter().map(|named| named.name).collect(),
            more: self.references - with_name,
            references: self.references,
            weak: !self.has_strong,
            on_path: self.on_path,
        }
    }
}

fn sizes<K>(sets: BTreeMap<K, HashSet<Object>>) -> Vec<(K, u64)> {
    sets.into_iter().map(|(key, objects)| (key, objects.len() as u64)).collect()
}

/// Neighbours that are not drawn, counted.
#[derive(Default)]
struct Missing {
    left_out: Vec<LeftOut>,
    by_cut: BTreeMap<Cut, HashSet<Object>>,
    set_aside: Vec<SetAside>,
    by_kind: BTreeMap<Housekeeping, HashSet<Object>>,
}

impl Missing {
    fn counted(undrawn: Undrawn<'_>) -> Missing {
        let mut missing = Missing::default();
        for (at, &one) in undrawn.chosen.drawn.iter().enumerate() {
            let mut cuts: BTreeMap<Cut, HashSet<Object>> = BTreeMap::new();
            let mut kinds: BTreeMap<Housekeeping, HashSet<Object>> = BTreeMap::new();
            for &place in &undrawn.chosen.boxes[one].places {
                for neighbour in undrawn.lens.neighbours(undrawn.gathered.objects[place]) {
                    match neighbour {
                        Neighbour::Aside { object, kind } => {
                            kinds.entry(kind).or_default().insert(object);
                        }
                        Neighbour::Seen { object, .. } if undrawn.is_drawn(object) => {}
                        Neighbour::Seen { object, .. } => {
                            cuts.entry(undrawn.reason(one, place, object)).or_default().insert(object);
                        }
                    }
                }
            }
            for (cut, objects) in cuts {
                missing.left_out.push(LeftOut { at, objects: objects.len() as u64, cut });
                missing.by_cut.entry(cut).or_default().extend(objects);
            }
            for (kind, objects) in kinds {
                // A debugger is told once, beside the picture.
                if kind != Housekeeping::Debugger {
                    missing.set_aside.push(SetAside { at, kind, objects: objects.len() as u64 });
                }
                missing.by_kind.entry(kind).or_default().extend(objects);
            }
        }
        missing
    }
}

/// Tells what is not drawn, and why.
struct Undrawn<'a> {
    lens: &'a Lens<'a>,
    gathered: &'a Gathered,
    chosen: &'a Chosen,
    member_of: &'a [Option<usize>],
    wish: &'a Wish,
}

impl Undrawn<'_> {
    fn is_drawn(&self, object: Object) -> bool {
        self.gathered.places.get(&object).is_some_and(|&place| self.member_of[self.chosen.box_of[place]].is_some())
    }

    fn reason(&self, one: usize, place: usize, missing: Object) -> Cut {
        if !self.gathered.is_followed(self.lens, place) {
            return if self.gathered.is_weak[place] { Cut::BehindWeak } else { Cut::BehindRoot };
        }
        let is_gathered = self.gathered.places.contains_key(&missing);
        if self.gathered.distance[place] >= self.wish.limits.depth {
            Cut::Depth
        } else if !is_gathered && !self.wish.may_draw(self.lens.graph.type_id(missing)) {
            Cut::Filtered
        } else if !is_gathered && self.gathered.is_crowded {
            Cut::Crowd
        } else if !is_gathered {
            Cut::Depth
        } else {
            self.chosen.cuts.get(&one).copied().unwrap_or(Cut::TooMany)
        }
    }
}
