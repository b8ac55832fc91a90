//! Which boxes are drawn: targets and paths to GC roots first, then the nearest neighbours, within the limits.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::analysis::explored::Explored;
use crate::analysis::fold::Folded;
use crate::analysis::gc_roots::Rank;

use super::gather::Gathered;
use super::lens::Lens;
use super::{Cut, Fold, Towards, Wish};

/// A path of more boxes is drawn with one box for its middle.
const LONGEST_PATH: usize = 16;

/// All boxes that might be drawn, and those that are.
pub(super) struct Chosen {
    pub boxes: Vec<CandidateBox>,
    /// For each place its box.
    pub box_of: Vec<usize>,
    /// Indices into `boxes`: targets first, then by distance.
    pub drawn: Vec<usize>,
    /// For a drawn box, why neighbours of it are missing that could have been drawn.
    pub cuts: HashMap<usize, Cut>,
    pub paths_not_drawn: u64,
}

pub(super) struct CandidateBox {
    /// Places of the objects; empty when they went into another box.
    pub places: Vec<usize>,
    pub fold: Fold,
    pub distance: u32,
}

/// Chooses what is drawn. O((n + m) log n) in what was gathered.
pub(super) fn choose(
    lens: &Lens<'_>,
    heap: &Explored<'_>,
    gathered: &Gathered,
    folded: &Folded,
    wish: &Wish,
) -> Chosen {
    let mut chosen = Chosen::of(gathered, folded);
    let targets: Vec<usize> = unique((0..gathered.target_count).map(|place| chosen.box_of[place]));
    let max_boxes = wish.limits.max_boxes.max(targets.len());
    let longest = LONGEST_PATH.min(max_boxes.saturating_sub(targets.len()) + 1);
    for path in &gathered.paths {
        chosen.shorten(path, longest);
    }
    let mut picked = Picked { is_drawn: vec![false; chosen.boxes.len()], order: Vec::new() };
    targets.iter().for_each(|&target| picked.add(target));
    for path in &gathered.paths {
        let boxes = unique(path.iter().map(|&place| chosen.box_of[place]));
        let fresh: Vec<usize> = boxes.into_iter().filter(|&one| !picked.is_drawn[one]).collect();
        if picked.order.len() + fresh.len() <= max_boxes {
            fresh.into_iter().for_each(|one| picked.add(one));
        } else {
            chosen.paths_not_drawn += 1;
        }
    }
    let neighbours = chosen.neighbours(gathered, wish.towards);
    let score = Score { lens, heap, gathered };
    let mut level = Some(0);
    while let Some(distance) = level.filter(|&distance| distance < wish.limits.depth) {
        let mut next = 0;
        while let Some(&at) = picked.order.get(next) {
            next += 1;
            let is_followed = gathered.is_followed(lens, chosen.boxes[at].places[0]);
            if chosen.boxes[at].distance != distance || !is_followed {
                continue;
            }
            // What is as near as this box was there to be chosen when the box before it was looked at.
            let is_behind = |&&other: &&usize| chosen.boxes[other].distance > distance;
            let (drawn, mut fresh): (Vec<usize>, Vec<usize>) =
                neighbours[at].iter().filter(is_behind).partition(|&&other| picked.is_drawn[other]);
            let allowed = wish.limits.too_many.saturating_sub(drawn.len());
            let room = max_boxes - picked.order.len();
            if fresh.len() > allowed.min(room) {
                chosen.cuts.insert(at, if room < allowed.min(fresh.len()) { Cut::Full } else { Cut::TooMany });
                score.best_first(&mut fresh, &chosen.boxes);
                fresh.truncate(allowed.min(room));
                if wish.towards == Towards::Referents {
                    fresh.sort_unstable_by_key(|&one| chosen.boxes[one].places[0]);
                }
            } else if wish.towards == Towards::Referrers {
                score.best_first(&mut fresh, &chosen.boxes);
            }
            fresh.into_iter().for_each(|one| picked.add(one));
        }
        let farther = picked.order.iter().map(|&one| chosen.boxes[one].distance).filter(|&other| other > distance);
        level = farther.min();
    }
    // At most half of the boxes: what is near the target has had its turn.
    for way in &gathered.ways {
        let boxes = unique(way.iter().map(|&place| chosen.box_of[place]));
        let fresh: Vec<usize> = boxes[1..].iter().copied().filter(|&one| !picked.is_drawn[one]).collect();
        if picked.is_drawn[boxes[0]] && picked.order.len() + fresh.len() <= max_boxes / 2 {
            fresh.into_iter().for_each(|one| picked.add(one));
        }
    }
    let mut drawn = picked.order;
    drawn.sort_by_key(|&one| chosen.boxes[one].distance);
    chosen.drawn = drawn;
    chosen
}

/// Each once, in order of first appearance.
fn unique(boxes: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut seen = HashSet::new();
    boxes.filter(|&one| seen.insert(one)).collect()
}

struct Picked {
    is_drawn: Vec<bool>,
    order: Vec<usize>,
}

impl Picked {
    fn add(&mut self, one: usize) {
        if !std::mem::replace(&mut self.is_drawn[one], true) {
            self.order.push(one);
        }
    }
}

impl Chosen {
    fn of(gathered: &Gathered, folded: &Folded) -> Chosen {
        let boxes = folded.boxes.iter().map(|one| CandidateBox {
            distance: one.objects.iter().map(|&place| gathered.distance[place]).min().unwrap_or(0),
            fold: match (one.is_run, one.objects.len()) {
                (true, _) => Fold::Run,
                (false, 1) => Fold::One,
                (false, _) => Fold::Alike,
            },
            places: one.objects.clone(),
        });
        Chosen {
            boxes: boxes.collect(),
            box_of: folded.box_of.clone(),
            drawn: Vec::new(),
            cuts: HashMap::new(),
            paths_not_drawn: 0,
        }
    }

    /// Makes one box of the middle of a path of more than `longest` boxes.
    fn shorten(&mut self, path: &[usize], longest: usize) {
        let boxes = unique(path.iter().map(|&place| self.box_of[place]));
        if boxes.len() <= longest || longest < 3 {
            return;
        }
        // What is near the target says more than what is near the root.
        let at_target = longest.div_ceil(2);
        let at_root = longest - at_target - 1;
        let middle = &boxes[at_target..boxes.len() - at_root];
        let places: Vec<usize> = middle.iter().flat_map(|&one| std::mem::take(&mut self.boxes[one].places)).collect();
        let distance = middle.iter().map(|&one| self.boxes[one].distance).min().unwrap_or(0);
        for &place in &places {
            self.box_of[place] = self.boxes.len();
        }
        self.boxes.push(CandidateBox { places, fold: Fold::Stretch, distance });
    }

    /// For each box the boxes next to it in the direction of the excerpt, by their first places.
    fn neighbours(&self, gathered: &Gathered, towards: Towards) -> Vec<Vec<usize>> {
        let mut neighbours = vec![Vec::new(); self.boxes.len()];
        for reference in &gathered.references {
            let (from, to) = (self.box_of[reference.from], self.box_of[reference.to]);
            match towards {
                Towards::Referrers if from != to => neighbours[to].push(from),
                Towards::Referents if from != to => neighbours[from].push(to),
                _ => {}
            }
        }
        for row in &mut neighbours {
            row.sort_unstable_by_key(|&one| (self.boxes[one].places.first().copied(), one));
            row.dedup();
        }
        neighbours
    }
}

/// How much each box tells.
struct Score<'a> {
    lens: &'a Lens<'a>,
    heap: &'a Explored<'a>,
    gathered: &'a Gathered,
}

impl Score<'_> {
    fn best_first(&self, candidates: &mut [usize], boxes: &[CandidateBox]) {
        match self.lens.towards {
            Towards::Referrers => candidates.sort_by_cached_key(|&one| {
                let places = &boxes[one].places;
                (places.iter().map(|&place| self.nearness(place)).min(), Reverse(places.len()), places[0])
            }),
            Towards::Referents => {
                let retained = self.heap.retained();
                candidates.sort_by_cached_key(|&one| {
                    let places = &boxes[one].places;
                    let sizes = places.iter().map(|&place| retained.bytes(self.gathered.objects[place]));
                    (Reverse(sizes.fold(0, u64::saturating_add)), Reverse(places.len()), places[0])
                });
            }
        }
    }

    /// How near a GC root is; what no root reaches comes last.
    fn nearness(&self, place: usize) -> (bool, Option<Rank>, u32) {
        let object = self.gathered.objects[place];
        let reachability = self.heap.reachability();
        let rank = reachability.rank(object);
        (rank.is_none(), rank, reachability.cost(object).unwrap_or(u32::MAX))
    }
}
