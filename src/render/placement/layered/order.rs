//! Who stands left of whom: few crossings.
//!
//! Sugiyama, Tagawa and Toda (1981): sweeps down and up that sort each row by the medians or barycentres of the neighbours,
//! each followed by exchanges of neighbours (Gansner et al. 1993), from several starts, some of them shuffled with fixed seeds; the
//! best order found is swept once more.

use super::lattice::Lattice;

/// Rows of nodes from left to right, with few crossings. The same lattice always gets the same order.
pub(super) fn order(lattice: &Lattice) -> Vec<Vec<u32>> {
    let size = lattice.nodes();
    let effort = if size > 6000 {
        6
    } else if size > 2500 {
        10
    } else {
        24
    };
    // Small pictures can afford many starts, and readers count their crossings.
    let shuffled = (SHUFFLED_WORK / size.max(1)).min(LARGEST_SHUFFLED) as u64;
    let starts = [Start::DepthFromBelow, Start::DepthFromAbove, Start::BreadthFromBelow];
    let starts = starts.into_iter().chain((0..shuffled).map(Start::Shuffled));
    let mut best: Option<(u64, Vec<Vec<u32>>)> = None;
    for start in starts {
        let rows = start.rows(lattice);
        for measure in [Measure::Median, Measure::Barycentre] {
            let found = Sweeper::new(lattice, rows.clone()).improve(measure, effort);
            if best.as_ref().is_none_or(|(crossings, _)| found.0 < *crossings) {
                best = Some(found);
            }
            if best.as_ref().is_some_and(|(crossings, _)| *crossings == 0) {
                return best.map(|(_, rows)| rows).unwrap_or_default();
            }
        }
    }
    let Some((_, rows)) = best else { return Vec::new() };
    let mut sweeper = Sweeper::new(lattice, rows);
    sweeper.polish(POLISHES)
}

/// Orders to begin with.
#[derive(Debug, Clone, Copy)]
enum Start {
    DepthFromBelow,
    DepthFromAbove,
    BreadthFromBelow,
    /// Depth first, with neighbours in an order drawn from this seed.
    Shuffled(u64),
}

/// So many nodes are shuffled in all, in at most so many starts.
const SHUFFLED_WORK: usize = 400;
const LARGEST_SHUFFLED: usize = 16;
/// Sweeps without a better order before a start is given up.
const PATIENCE: usize = 2;
/// Times that the best order is improved once more.
const POLISHES: usize = 4;

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
        let mut state = match self {
            Start::Shuffled(seed) => seed + 1,
            _ => 0,
        };
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
                let begin = queue.len();
                queue.extend(first.iter().chain(second).filter(|&&next| !seen[next as usize]));
                if state > 0 {
                    // Fisher–Yates with xorshift64*: the same seed always shuffles alike.
                    for last in (begin + 1..queue.len()).rev() {
                        state ^= state >> 12;
                        state ^= state << 25;
                        state ^= state >> 27;
                        let drawn = (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize;
                        queue.swap(last, begin + drawn % (last - begin + 1));
                    }
                }
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
    neighbour_places: NeighbourPlaces,
    tree: Vec<u64>,
}

impl<'a> Sweeper<'a> {
    fn new(lattice: &'a Lattice, rows: Vec<Vec<u32>>) -> Self {
        let mut place = vec![0; lattice.nodes()];
        for row in &rows {
            row.iter().enumerate().for_each(|(at, &node)| place[node as usize] = at as u32);
        }
        Sweeper {
            lattice,
            rows,
            place,
            places: Vec::new(),
            neighbour_places: NeighbourPlaces::default(),
            tree: Vec::new(),
        }
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
            self.exchange(1);
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
                since_best = 0;
            } else {
                since_best += 1;
            }
            if best.0 == 0 || since_best >= PATIENCE {
                break;
            }
        }
        best
    }

    /// Sweeps on from the order at hand with more exchanges, as long as that helps.
    fn polish(&mut self, rounds: usize) -> Vec<Vec<u32>> {
        let mut best = (self.crossings(), self.rows.clone());
        for _ in 0..rounds {
            self.exchange(12);
            let found = self.improve(Measure::Median, 8);
            let other = self.improve(Measure::Barycentre, 8);
            let found = if other.0 < found.0 { other } else { found };
            if found.0 >= best.0 {
                break;
            }
            *self = Sweeper::new(self.lattice, found.1.clone());
            best = found;
        }
        best.1
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
        // A row is looked at again only after it or a neighbour changed.
        let mut stale = vec![true; self.rows.len()];
        for _ in 0..rounds {
            let mut saved = 0;
            for row in 0..self.rows.len() {
                if !std::mem::replace(&mut stale[row], false) {
                    continue;
                }
                let saved_here = self.exchange_in(row);
                if saved_here > 0 {
                    saved += saved_here;
                    let last = (row + 1).min(stale.len() - 1);
                    stale[row.saturating_sub(1)..=last].fill(true);
                }
            }
            if saved == 0 {
                break;
            }
        }
    }

    fn exchange_in(&mut self, row: usize) -> u64 {
        let mut places = std::mem::take(&mut self.neighbour_places);
        places.fill(&self.rows[row], self.lattice, &self.place);
        let mut saved = 0;
        // Which of the row's nodes, as numbered before, stands on the left of the pair.
        let mut left = 0;
        for right in 1..self.rows[row].len() {
            let pairs = [true, false].map(|above| (places.of(left, above), places.of(right, above)));
            let now: u64 = pairs.iter().map(|(one, two)| inversions(one, two)).sum();
            let then = if now == 0 { 0 } else { pairs.iter().map(|(one, two)| inversions(two, one)).sum() };
            if then < now {
                saved += now - then;
                self.rows[row].swap(right - 1, right);
            } else {
                left = right;
            }
        }
        if saved > 0 {
            self.rows[row].iter().enumerate().for_each(|(at, &node)| self.place[node as usize] = at as u32);
        }
        self.neighbour_places = places;
        saved
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

/// Sorted places of the neighbours of the nodes of one row.
#[derive(Debug, Default)]
struct NeighbourPlaces {
    list: Vec<u32>,
    /// Where the places above each node begin, and where those below it.
    start: Vec<u32>,
}

impl NeighbourPlaces {
    fn fill(&mut self, row: &[u32], lattice: &Lattice, place: &[u32]) {
        self.list.clear();
        self.start.clear();
        for &node in row {
            for neighbours in [lattice.above(node), lattice.below(node)] {
                let begin = self.list.len();
                self.start.push(begin as u32);
                self.list.extend(neighbours.iter().map(|&other| place[other as usize]));
                if neighbours.len() > 1 {
                    self.list[begin..].sort_unstable();
                }
            }
        }
        self.start.push(self.list.len() as u32);
    }

    /// Of the node that was the `index`th of the row.
    fn of(&self, index: usize, above: bool) -> &[u32] {
        let at = 2 * index + usize::from(!above);
        &self.list[self.start[at] as usize..self.start[at + 1] as usize]
    }
}

/// Pairs with an element of `left` greater than one of `right`, both sorted.
fn inversions(left: &[u32], right: &[u32]) -> u64 {
    let (Some(last), Some(first)) = (left.last(), right.first()) else { return 0 };
    if last <= first {
        return 0;
    }
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
