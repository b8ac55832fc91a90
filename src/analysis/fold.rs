//! Which objects of a small graph are alike, so that one box can stand for them.
//!
//! Two kinds of folds. A *run*: objects of one type that follow each other and have nothing else around them (a linked list).
//! *Alike* objects: of one type, at one distance from the target, in one role towards what is nearer to the target. Alike objects stay
//! apart where their surroundings differ in few ways (colour refinement, as in Paige and Tarjan, *Three partition refinement
//! algorithms*, 1987, says in how many), so that small pictures show what is different; where they differ in many, they are one
//! box all the same.

use std::collections::{BTreeMap, HashMap};

/// Alike objects are folded from this number on.
const FEWEST_ALIKE: usize = 3;
/// A run is folded from this length on.
const SHORTEST_RUN: usize = 4;
/// Objects in one role are drawn as different folds while these are at most so many boxes.
const MOST_BOXES_PER_ROLE: usize = 5;
/// Colours are refined at most so often: differences farther away than this do not show.
const ROUNDS: usize = 24;

/// A small graph to be folded.
#[derive(Debug, Clone, Default)]
pub struct Neighbourhood {
    /// For each object its type.
    pub types: Vec<u32>,
    /// For each object the references from the nearest target.
    pub distance: Vec<u32>,
    /// For each object into what it may be folded.
    pub freedom: Vec<Freedom>,
    /// References; several between the same two objects are possible.
    pub links: Vec<Link>,
}

/// A reference from an object to another, or to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The referrer.
    pub from: u32,
    /// The referent.
    pub to: u32,
    /// What kind of slot it is; equal numbers play the same role.
    pub slot: u32,
}

/// Into what an object may be folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freedom {
    /// It has a box of its own.
    Alone,
    /// Into a run only.
    Run,
    /// Into anything.
    Free,
}

/// Boxes with the objects that they stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// For each object its box.
    pub box_of: Vec<usize>,
    /// The boxes, by their first objects.
    pub boxes: Vec<FoldedBox>,
}

/// One or several objects in one box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedBox {
    /// The objects: of a run in its order from the target's end, else ascending.
    pub objects: Vec<usize>,
    /// They follow each other.
    pub is_run: bool,
}

impl Folded {
    /// A box for each of so many objects.
    pub fn nothing(count: usize) -> Folded {
        Folded {
            box_of: (0..count).collect(),
            boxes: (0..count).map(|object| FoldedBox { objects: vec![object], is_run: false }).collect(),
        }
    }
}

/// One side of a link: its slot, and whether it leads to the object or away.
type Side = (u32, bool);

/// What an object does for what is nearer: its type, and the sides of its links to boxes.
type Role = (u32, Vec<(Side, usize)>);

/// Folds a graph. O((n + m) log n) for each of at most 24 rounds; deterministic.
pub fn fold(graph: &Neighbourhood) -> Folded {
    let count = graph.types.len();
    let around = Around::of(graph);
    let runs = runs(graph, &around);
    let mut group_of: Vec<Option<usize>> = vec![None; count];
    let mut groups: Vec<FoldedBox> = Vec::new();
    let mut distance = graph.distance.clone();
    for run in runs {
        let nearest = run.iter().map(|&object| distance[object]).min().unwrap_or(0);
        for &object in &run {
            group_of[object] = Some(groups.len());
            distance[object] = nearest;
            // What hangs on a run hangs on one box from now on.
            for &(other, _) in around.of_object(object).iter().filter(|(other, _)| around.is_leaf(*other)) {
                distance[other] = nearest + 1;
            }
        }
        groups.push(FoldedBox { objects: run, is_run: true });
    }
    let colours = refined(graph, &around, &distance, &group_of);
    let mut order: Vec<usize> = (0..count).filter(|&object| group_of[object].is_none()).collect();
    order.sort_by_key(|&object| (distance[object], object));
    for level in order.chunk_by(|&one, &next| distance[one] == distance[next]) {
        let mut roles: BTreeMap<Role, Vec<usize>> = BTreeMap::new();
        let mut alone = Vec::new();
        for &object in level {
            if graph.freedom[object] != Freedom::Free {
                alone.push(vec![object]);
                continue;
            }
            let nearer = around.of_object(object).iter().filter(|(other, _)| distance[*other] < distance[object]);
            let mut role: Vec<(Side, usize)> =
                nearer.filter_map(|&(other, side)| Some((side, group_of[other]?))).collect();
            role.sort_unstable();
            role.dedup();
            roles.entry((graph.types[object], role)).or_default().push(object);
        }
        for objects in roles.into_values().flat_map(|objects| parts(objects, &colours)).chain(alone) {
            for &object in &objects {
                group_of[object] = Some(groups.len());
            }
            groups.push(FoldedBox { objects, is_run: false });
        }
    }
    in_order(count, groups)
}

/// The objects of one role as boxes.
fn parts(objects: Vec<usize>, colours: &[u32]) -> Vec<Vec<usize>> {
    if objects.len() < FEWEST_ALIKE {
        return objects.into_iter().map(|object| vec![object]).collect();
    }
    let mut by_colour: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for &object in &objects {
        by_colour.entry(colours[object]).or_default().push(object);
    }
    let boxes: usize = by_colour.values().map(|part| if part.len() >= FEWEST_ALIKE { 1 } else { part.len() }).sum();
    if boxes > MOST_BOXES_PER_ROLE {
        return vec![objects];
    }
    let split = |part: Vec<usize>| match part.len() >= FEWEST_ALIKE {
        true => vec![part],
        false => part.into_iter().map(|object| vec![object]).collect(),
    };
    by_colour.into_values().flat_map(split).collect()
}

/// Boxes by their first objects.
fn in_order(count: usize, mut boxes: Vec<FoldedBox>) -> Folded {
    boxes.sort_by_key(|one| one.objects.iter().min().copied());
    let mut box_of = vec![0; count];
    for (place, one) in boxes.iter().enumerate() {
        for &object in &one.objects {
            box_of[object] = place;
        }
    }
    Folded { box_of, boxes }
}

/// Links by object, in both directions.
struct Around {
    first: Vec<usize>,
    /// The other object and the side of the link; sorted, each once, links to itself left out.
    row: Vec<(usize, Side)>,
    /// Objects that have a link to themselves.
    is_looped: Vec<bool>,
    freedom: Vec<Freedom>,
    types: Vec<u32>,
}

impl Around {
    fn of(graph: &Neighbourhood) -> Around {
        let count = graph.types.len();
        let mut all: Vec<(usize, usize, Side)> = Vec::with_capacity(2 * graph.links.len());
        let mut is_looped = vec![false; count];
        for link in &graph.links {
            let (from, to) = (link.from as usize, link.to as usize);
            if from == to {
                is_looped[from] = true;
            } else {
                all.push((from, to, (link.slot, false)));
                all.push((to, from, (link.slot, true)));
            }
        }
        all.sort_unstable();
        all.dedup();
        let first = (0..=count).map(|object| all.partition_point(|entry| entry.0 < object)).collect();
        let row = all.into_iter().map(|(_, other, side)| (other, side)).collect();
        Around { first, row, is_looped, freedom: graph.freedom.clone(), types: graph.types.clone() }
    }

    fn of_object(&self, object: usize) -> &[(usize, Side)] {
        &self.row[self.first[object]..self.first[object + 1]]
    }

    /// Whether nothing but one other object is linked to it.
    fn is_leaf(&self, object: usize) -> bool {
        let row = self.of_object(object);
        self.freedom[object] == Freedom::Free
            && !self.is_looped[object]
            && row.first().is_some_and(|first| row.iter().all(|entry| entry.0 == first.0))
    }

    /// The two objects between which an object stands; `None` when it has not exactly two. Leaves don't count, unless they are of the
    /// same type: the end of a list.
    fn between(&self, object: usize) -> Option<[usize; 2]> {
        let mut found = [usize::MAX; 2];
        let mut count = 0;
        for &(other, _) in self.of_object(object) {
            let is_end = self.types[other] == self.types[object];
            if found[..count].contains(&other) || (self.is_leaf(other) && !is_end) {
                continue;
            }
            *found.get_mut(count)? = other;
            count += 1;
        }
        (count == 2).then_some(found)
    }

    /// All that links an object to another.
    fn sides(&self, object: usize, other: usize) -> impl Iterator<Item = Side> + '_ {
        self.of_object(object).iter().filter(move |entry| entry.0 == other).map(|entry| entry.1)
    }
}

/// Runs that are long enough, each from its end nearest to a target.
fn runs(graph: &Neighbourhood, around: &Around) -> Vec<Vec<usize>> {
    let count = graph.types.len();
    let between: Vec<Option<[usize; 2]>> = (0..count)
        .map(|object| {
            let may_run = graph.freedom[object] != Freedom::Alone && !around.is_looped[object];
            may_run.then(|| around.between(object)).flatten()
        })
        .collect();
    let follows = |one: usize, next: usize| between[next].is_some() && graph.types[one] == graph.types[next];
    let mut is_done = vec![false; count];
    let mut runs = Vec::new();
    for start in 0..count {
        let Some([left, right]) = between[start].filter(|_| !is_done[start]) else { continue };
        is_done[start] = true;
        let mut run = vec![start];
        // Forwards over one neighbour, then, turned around, over the other.
        for first in [right, left] {
            let mut last = start;
            let mut next = first;
            run.reverse();
            let before = if run.len() > 1 { Some((run[run.len() - 2], start)) } else { None };
            let pattern: Vec<Side> = match before {
                Some((one, other)) => around.sides(one, other).collect(),
                None => around.sides(start, first).collect(),
            };
            while follows(last, next) && !is_done[next] && around.sides(last, next).eq(pattern.iter().copied()) {
                is_done[next] = true;
                run.push(next);
                let Some([one, other]) = between[next] else { break };
                (last, next) = (next, if one == last { other } else { one });
            }
        }
        if run.len() < SHORTEST_RUN {
            continue;
        }
        let last = run[run.len() - 1];
        if (graph.distance[run[0]], run[0]) > (graph.distance[last], last) {
            run.reverse();
        }
        runs.push(run);
    }
    runs
}

/// For each object a colour: equal ones have the same type, distance and freedom, and the same links to objects of the same colours.
fn refined(graph: &Neighbourhood, around: &Around, distance: &[u32], group_of: &[Option<usize>]) -> Vec<u32> {
    let count = graph.types.len();
    let mut colours = numbered((0..count).map(|object| {
        let own = match (graph.freedom[object], group_of[object]) {
            (_, Some(run)) => (1, run),
            (Freedom::Free, None) => (0, usize::from(around.is_looped[object])),
            (_, None) => (2, object),
        };
        (graph.types[object], distance[object], own)
    }));
    let mut different = colours.iter().max().map_or(0, |&largest| largest + 1);
    for _ in 0..ROUNDS {
        colours = numbered((0..count).map(|object| {
            let mut links: Vec<(Side, u32)> =
                around.of_object(object).iter().map(|&(other, side)| (side, colours[other])).collect();
            links.sort_unstable();
            links.dedup();
            (colours[object], links)
        }));
        let now = colours.iter().max().map_or(0, |&largest| largest + 1);
        if now == different {
            break;
        }
        different = now;
    }
    colours
}

/// Equal things get equal numbers, from 0 in order of appearance.
fn numbered<T: std::hash::Hash + Eq>(things: impl Iterator<Item = T>) -> Vec<u32> {
    let mut numbers: HashMap<T, u32> = HashMap::new();
    things
        .map(|thing| {
            let next = numbers.len() as u32;
            *numbers.entry(thing).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Objects as (type, distance), links as (from, to, slot); those of type 0 are targets and roots.
    fn folded(objects: &[(u32, u32)], links: &[(u32, u32, u32)]) -> Vec<Vec<usize>> {
        let freedom = objects.iter().map(|object| if object.0 == 0 { Freedom::Alone } else { Freedom::Free }).collect();
        let folded = fold(&Neighbourhood {
            types: objects.iter().map(|object| object.0).collect(),
            distance: objects.iter().map(|object| object.1).collect(),
            freedom,
            links: links.iter().map(|&(from, to, slot)| Link { from, to, slot }).collect(),
        });
        folded.boxes.into_iter().map(|one| one.objects).collect()
    }

    #[test]
    fn alike_referrers_are_one_and_two_stay_two() {
        let star = [(0, 0), (1, 1), (1, 1), (1, 1), (2, 1), (2, 1)];
        let links: Vec<_> = (1..6).map(|from| (from, 0, 7)).collect();
        assert_eq!(folded(&star, &links), [vec![0], vec![1, 2, 3], vec![4], vec![5]]);
    }

    #[test]
    fn another_slot_or_other_surroundings_are_another_role() {
        let star = [(0, 0), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (9, 2)];
        let mut links: Vec<_> = (1..4).map(|from| (from, 0, 7)).collect();
        links.extend((4..8).map(|from| (from, 0, 8)));
        links.push((8, 7, 1));
        assert_eq!(folded(&star, &links), [vec![0], vec![1, 2, 3], vec![4, 5, 6], vec![7], vec![8]]);
    }

    #[test]
    fn what_differs_in_many_ways_is_one_all_the_same() {
        let mut objects = vec![(0, 0)];
        let mut links = Vec::new();
        for number in 1..=8 {
            objects.push((1, 1));
            links.push((number, 0, 7));
        }
        for number in 1..=8 {
            objects.push((100 + number, 2));
            links.push((8 + number, number, 7));
        }
        let boxes = folded(&objects, &links);
        assert_eq!(boxes[..2], [vec![0], (1..=8).collect::<Vec<_>>()]);
        assert_eq!(boxes.len(), 10);
    }

    #[test]
    fn chains_side_by_side_are_one_chain() {
        // 0 <- a <- b, five times.
        let mut objects = vec![(0, 0)];
        let mut links = Vec::new();
        for number in 0..5 {
            objects.extend([(1, 1), (2, 2)]);
            links.extend([(1 + 2 * number, 0, 1), (2 + 2 * number, 1 + 2 * number, 2)]);
        }
        assert_eq!(folded(&objects, &links), [vec![0], vec![1, 3, 5, 7, 9], vec![2, 4, 6, 8, 10]]);
    }

    #[test]
    fn a_linked_list_is_a_run_in_both_directions() {
        for is_doubly in [false, true] {
            // 0 <- 1 <- 2 … <- 49 <- 50: the last one is of another type.
            let objects: Vec<(u32, u32)> = (0..=50).map(|place| (u32::from(place % 50 != 0), place)).collect();
            let mut links: Vec<(u32, u32, u32)> = (1..=50).map(|place| (place, place - 1, 1)).collect();
            if is_doubly {
                links.extend((1..=50).map(|place| (place - 1, place, 2)));
            }
            let boxes = folded(&objects, &links);
            assert_eq!(boxes, [vec![0], (1..=49).collect(), vec![50]], "doubly: {is_doubly}");
        }
    }

    #[test]
    fn payloads_of_a_run_fold_with_it() {
        let mut objects: Vec<(u32, u32)> = (0..=12).map(|place| (u32::from(place % 12 != 0), place)).collect();
        let mut links: Vec<(u32, u32, u32)> = (1..=12).map(|place| (place, place - 1, 1)).collect();
        for place in 1..12 {
            links.push((place, objects.len() as u32, 3));
            objects.push((5, place + 1));
        }
        let boxes = folded(&objects, &links);
        assert_eq!(boxes, [vec![0], (1..12).collect(), vec![12], (13..24).collect::<Vec<_>>()]);
    }

    #[test]
    fn a_ring_ends() {
        let objects: Vec<(u32, u32)> =
            (0..40).map(|place: u32| (u32::from(place > 0), place.min(40 - place))).collect();
        let links: Vec<(u32, u32, u32)> = (0..40).map(|place| (place, (place + 1) % 40, 1)).collect();
        assert_eq!(folded(&objects, &links), [vec![0], (1..40).collect::<Vec<_>>()]);
        // Without a target among them, nothing stops the run but itself.
        let loose = Neighbourhood {
            types: vec![1; 40],
            distance: vec![1; 40],
            freedom: vec![Freedom::Free; 40],
            links: links.iter().map(|&(from, to, slot)| Link { from, to, slot }).collect(),
        };
        assert_eq!(fold(&loose).boxes.len(), 1);
    }
}
