//! Who stands left of whom: few crossings.
//!
//! Sugiyama, Tagawa and Toda (1981): sweeps down and up that sort each row by the medians or barycentres of the neighbours,
//! each followed by exchanges of neighbours (Gansner et al. 1993), from several starts; the best order found wins.

use super::lattice::Lattice;

/// Rows of nodes from left to right, with few crossings. The same lattice always gets the same order.
pub(super) fn order(lattice: &Lattice) -> Vec<Vec<u32>> {
    let mut best: Option<(u64, Vec<Vec<u32>>)> = None;
    let size = lattice.nodes();
    let effort = if size > 6000 {
        6
    } else if size > 2500 {
        10
    } else {
        24
    };
    for start in [Start::DepthFromBelow, Start::DepthFromAbove, Start::BreadthFromBelow] {
        for measure in [Measure::Median, Measure::Barycentre] {
            let mut sweeper = Sweeper::new(lattice, start.rows(lattice));
            let found = sweeper.improve(measure, effort);
            if best.as_ref().is_none_or(|(crossings, _)| found.0 < *crossings) {
                best = Some(found);
            }
            if best.as_ref().is_some_and(|(crossings, _)| *crossings == 0) {
                break;
            }
        }
    }
    best.map(|(_, rows)| rows).unwrap_or_default()
}

/// Orders to begin with.
#[derive(Debug, Clone, Copy)]
enum Start {
    DepthFromBelow,
    DepthFromAbove,
    BreadthFromBelow,
}

impl Start {
    fn rows(self, lattice: &Lattice) -> Vec<Vec<u32>> {
        let mut rows = vec![Vec::new(); lattice.rows];
        let mut seen = vec![false; lattice.nodes()];
        let from_below = !matches!(self, Start::DepthFromAbove);
        let mut roots: Vec<u32> = (0..lattice.nodes() as u32).collect();
        roots.sort_by_key(|&node| {
            let row = lattice.row[node as usize];
            (if from_below { u32::MAX - row } else { row }, node)
        });
        let mut queue = std::collections::VecDeque::new();
        for root in roots {
            queue.push_back(root);
            while let Some(node) =
                if matches!(self, Start::BreadthFromBelow) { queue.pop_front() } else { queue.pop_back() }
            {
                if std::mem::replace(&mut seen[node as usize], true) {
                    continue;
                }
                rows[lattice.row[node as usize] as usize].push(node);
                let (first, second) = if from_below {
                    (lattice.below(node), lattice.above(node))
                } else {
                    (lattice.above(node), lattice.below(node))
                };
                queue.extend(first.iter().chain(second).filter(|&&next| !seen[next as usize]));
            }
        }
        rows
    }
}

/// What a row is sorted by.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Measure {
    Median,
    Barycentre,
}

struct Sweeper<'a> {
    lattice: &'a Lattice,
    rows: Vec<Vec<u32>>,
    place: Vec<u32>,
    /// Scratch: places of neighbours, and a Fenwick tree.
    places: Vec<u32>,
    more_places: Vec<u32>,
    tree: Vec<u64>,
}

impl<'a> Sweeper<'a> {
    fn new(lattice: &'a Lattice, rows: Vec<Vec<u32>>) -> Self {
        let mut place = vec![0; lattice.nodes()];
        for row in &rows {
            row.iter().enumerate().for_each(|(at, &node)| place[node as usize] = at as u32);
        }
        Sweeper { lattice, rows, place, places: Vec::new(), more_places: Vec::new(), tree: Vec::new() }
    }

    fn improve(&mut self, measure: Measure, effort: usize) -> (u64, Vec<Vec<u32>>) {
        self.exchange(2);
        let mut best = (self.crossings(), self.rows.clone());
        let mut since_best = 0;
        for sweep in 0..effort {
            let downwards = sweep % 2 == 0;
            // Equal measures keep their order in half of the sweeps, and turn it around in the other half.
            let turn_equals = sweep % 4 >= 2;
            for step in 0..self.rows.len() {
                let row = if downwards { step } else { self.rows.len() - 1 - step };
                self.sort_row(row, downwards, measure, turn_equals);
            }
            self.exchange(4);
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
                since_best = 0;
            } else {
                since_best += 1;
            }
            if best.0 == 0 || since_best >= 5 {
                break;
            }
        }
        best
    }

    fn neighbours(&self, node: u32, above: bool) -> &'a [u32] {
        if above { self.lattice.above(node) } else { self.lattice.below(node) }
    }

    /// Sorts the nodes that have neighbours on that side; the others stay where they are.
    fn sort_row(&mut self, row: usize, by_above: bool, measure: Measure, turn_equals: bool) {
        let mut keyed: Vec<(f64, u32, u32)> = Vec::with_capacity(self.rows[row].len());
        let mut free: Vec<usize> = Vec::with_capacity(self.rows[row].len());
        for at in 0..self.rows[row].len() {
            let node = self.rows[row][at];
            let neighbours = self.neighbours(node, by_above);
            if neighbours.is_empty() {
                continue;
            }
            let key = self.measure(neighbours, measure);
            keyed.push((key, if turn_equals { u32::MAX - at as u32 } else { at as u32 }, node));
            free.push(at);
        }
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (at, (_, _, node)) in free.into_iter().zip(keyed) {
            self.rows[row][at] = node;
            self.place[node as usize] = at as u32;
        }
    }

    fn measure(&mut self, neighbours: &[u32], measure: Measure) -> f64 {
        if measure == Measure::Barycentre {
            let sum: u64 = neighbours.iter().map(|&node| u64::from(self.place[node as usize])).sum();
            return sum as f64 / neighbours.len() as f64;
        }
        self.places.clear();
        self.places.extend(neighbours.iter().map(|&node| self.place[node as usize]));
        self.places.sort_unstable();
        let places = &self.places;
        let middle = places.len() / 2;
        let at = |index: usize| f64::from(places[index]);
        if places.len() % 2 == 1 {
            at(middle)
        } else if places.len() == 2 {
            (at(0) + at(1)) / 2.0
        } else {
            // Towards the side where the neighbours are denser.
            let left = at(middle - 1) - at(0);
            let right = at(places.len() - 1) - at(middle);
            if left + right == 0.0 { at(middle) } else { (at(middle - 1) * right + at(middle) * left) / (left + right) }
        }
    }

    /// Exchanges neighbours in a row while that saves crossings.
    fn exchange(&mut self, rounds: usize) {
        for _ in 0..rounds {
            let mut saved = 0;
            for row in 0..self.rows.len() {
                for at in 1..self.rows[row].len() {
                    let (left, right) = (self.rows[row][at - 1], self.rows[row][at]);
                    let (mut now, mut then) = (0, 0);
                    for above in [true, false] {
                        let (kept, exchanged) = self.pair_crossings(left, right, above);
                        now += kept;
                        then += exchanged;
                    }
                    if then < now {
                        saved += now - then;
                        self.rows[row].swap(at - 1, at);
                        self.place[left as usize] = at as u32;
                        self.place[right as usize] = at as u32 - 1;
                    }
                }
            }
            if saved == 0 {
                break;
            }
        }
    }

    /// Crossings between the links of two nodes on one side: as they stand, and exchanged.
    fn pair_crossings(&mut self, left: u32, right: u32, above: bool) -> (u64, u64) {
        let (one, two) = (self.neighbours(left, above), self.neighbours(right, above));
        if one.is_empty() || two.is_empty() {
            return (0, 0);
        }
        if let ([a], [b]) = (one, two) {
            let (a, b) = (self.place[*a as usize], self.place[*b as usize]);
            return (u64::from(a > b), u64::from(b > a));
        }
        let place = &self.place;
        let fill = |target: &mut Vec<u32>, nodes: &[u32]| {
            target.clear();
            target.extend(nodes.iter().map(|&node| place[node as usize]));
            target.sort_unstable();
        };
        fill(&mut self.places, one);
        fill(&mut self.more_places, two);
        (inversions(&self.places, &self.more_places), inversions(&self.more_places, &self.places))
    }

    /// All crossings (Barth, Jünger and Mutzel 2002). O(m log n).
    fn crossings(&mut self) -> u64 {
        let mut sum = 0;
        for row in 0..self.rows.len().saturating_sub(1) {
            let width = self.rows[row + 1].len();
            self.tree.clear();
            self.tree.resize(width + 1, 0);
            let mut inserted = 0u64;
            for &node in &self.rows[row] {
                self.places.clear();
                self.places.extend(self.lattice.below(node).iter().map(|&other| self.place[other as usize]));
                for &at in &self.places {
                    // Already inserted to the right of this one.
                    let mut not_right = 0;
                    let mut index = at as usize + 1;
                    while index > 0 {
                        not_right += self.tree[index];
                        index &= index - 1;
                    }
                    sum += inserted - not_right;
                }
                for &at in &self.places {
                    let mut index = at as usize + 1;
                    while index <= width {
                        self.tree[index] += 1;
                        index += index & index.wrapping_neg();
                    }
                    inserted += 1;
                }
            }
        }
        sum
    }
}

/// Pairs with an element of `left` greater than one of `right`, both sorted.
fn inversions(left: &[u32], right: &[u32]) -> u64 {
    let (mut sum, mut smaller) = (0, 0);
    for &value in left {
        while smaller < right.len() && right[smaller] < value {
            smaller += 1;
        }
        sum += smaller as u64;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::acyclic::Link;
    use super::*;

    fn links(pairs: &[(u32, u32)]) -> Vec<Link> {
        pairs.iter().map(|&(from, to)| Link { from, to, weight: 1 }).collect()
    }

    #[test]
    fn a_tree_has_no_crossings() {
        // A binary tree of 63 boxes with its root below, numbered so that the start order is not the answer.
        let pairs: Vec<(u32, u32)> =
            (1..63u32).map(|at| ((at * 17) % 62 + 1, ((at * 17) % 62).div_ceil(2).min(62))).collect();
        let mut pairs: Vec<(u32, u32)> = pairs.into_iter().map(|(from, _)| (from, (from - 1) / 2)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let depth = |at: u32| (at + 1).ilog2() as i32;
        let rows: Vec<i32> = (0..63).map(|at| 5 - depth(at)).collect();
        let lattice = Lattice::of(&rows, &links(&pairs));
        let ordered = order(&lattice);
        assert_eq!(Sweeper::new(&lattice, ordered).crossings(), 0);
    }

    #[test]
    fn crossings_of_complete_bipartite_rows_are_known() {
        let pairs: Vec<(u32, u32)> = (0..4).flat_map(|upper| (4..9).map(move |lower| (upper, lower))).collect();
        let rows: Vec<i32> = (0..9).map(|at| i32::from(at >= 4)).collect();
        let lattice = Lattice::of(&rows, &links(&pairs));
        let ordered = order(&lattice);
        // C(4,2) * C(5,2), whatever the order.
        assert_eq!(Sweeper::new(&lattice, ordered).crossings(), 60);
    }
}
