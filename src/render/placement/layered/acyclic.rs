//! Which arrows run against the others, so that the rest has no cycle.

use std::collections::BTreeSet;

/// An arrow between two different boxes, as the layering sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render::placement) struct Link {
    /// Upper end.
    pub(in crate::render::placement) from: u32,
    /// Lower end.
    pub(in crate::render::placement) to: u32,
    /// How much it costs to turn it around or to stretch it.
    pub(in crate::render::placement) weight: i32,
}

/// Marks the links to be turned around. Links out of a pinned box are always among them.
///
/// Inside each strongly connected component this is the heuristic of Eades, Lin and Smyth (1993): take away sinks and
/// sources, and when there are none the box with the largest surplus of outgoing links; what then points backwards is turned.
/// O(m log n).
pub(super) fn turned_links(boxes: usize, links: &[Link], pinned: &[bool]) -> Vec<bool> {
    let mut turned: Vec<bool> =
        links.iter().map(|link| pinned[link.from as usize] && !pinned[link.to as usize]).collect();
    let kept: Vec<usize> = (0..links.len()).filter(|&index| !turned[index]).collect();
    let adjacency = Adjacency::of(boxes, kept.iter().map(|&index| (links[index].from, links[index].to, index as u32)));
    let component = components(boxes, &adjacency);
    let inside: Vec<usize> = kept
        .into_iter()
        .filter(|&index| component[links[index].from as usize] == component[links[index].to as usize])
        .collect();
    if !inside.is_empty() {
        let place = greedy_order(boxes, links, &inside);
        for index in inside {
            turned[index] = place[links[index].from as usize] > place[links[index].to as usize];
        }
    }
    turned
}

/// Neighbours of each box with the index of the link, in the order of the links.
pub(super) struct Adjacency {
    start: Vec<u32>,
    entries: Vec<(u32, u32)>,
}

impl Adjacency {
    pub(super) fn of(boxes: usize, links: impl Iterator<Item = (u32, u32, u32)> + Clone) -> Self {
        let mut start = vec![0u32; boxes + 1];
        for (from, _, _) in links.clone() {
            start[from as usize + 1] += 1;
        }
        for index in 0..boxes {
            start[index + 1] += start[index];
        }
        let mut next = start.clone();
        let mut entries = vec![(0, 0); start[boxes] as usize];
        for (from, to, index) in links {
            entries[next[from as usize] as usize] = (to, index);
            next[from as usize] += 1;
        }
        Adjacency { start, entries }
    }

    /// Neighbours of a box, each with the index of the link.
    pub(super) fn of_box(&self, index: u32) -> &[(u32, u32)] {
        &self.entries[self.start[index as usize] as usize..self.start[index as usize + 1] as usize]
    }
}

/// Number of the strongly connected component of each box (Tarjan 1972, with its own stack).
fn components(boxes: usize, adjacency: &Adjacency) -> Vec<u32> {
    const UNSEEN: u32 = u32::MAX;
    let mut number = vec![UNSEEN; boxes];
    let mut low = vec![0u32; boxes];
    let mut component = vec![UNSEEN; boxes];
    let (mut counter, mut found) = (0, 0);
    let mut waiting: Vec<u32> = Vec::new();
    let mut path: Vec<(u32, usize)> = Vec::new();
    for root in 0..boxes as u32 {
        if number[root as usize] != UNSEEN {
            continue;
        }
        path.push((root, 0));
        while let Some(&mut (at, ref mut next)) = path.last_mut() {
            if *next == 0 {
                number[at as usize] = counter;
                low[at as usize] = counter;
                counter += 1;
                waiting.push(at);
            }
            if let Some(&(to, _)) = adjacency.of_box(at).get(*next) {
                *next += 1;
                if number[to as usize] == UNSEEN {
                    path.push((to, 0));
                } else if component[to as usize] == UNSEEN {
                    low[at as usize] = low[at as usize].min(number[to as usize]);
                }
                continue;
            }
            path.pop();
            if let Some(&(above, _)) = path.last() {
                low[above as usize] = low[above as usize].min(low[at as usize]);
            }
            if low[at as usize] == number[at as usize] {
                while let Some(member) = waiting.pop() {
                    component[member as usize] = found;
                    if member == at {
                        break;
                    }
                }
                found += 1;
            }
        }
    }
    component
}

/// A place for every box such that few of the links (by weight) point backwards.
fn greedy_order(boxes: usize, links: &[Link], inside: &[usize]) -> Vec<u32> {
    let outgoing = Adjacency::of(boxes, inside.iter().map(|&index| (links[index].from, links[index].to, index as u32)));
    let incoming = Adjacency::of(boxes, inside.iter().map(|&index| (links[index].to, links[index].from, index as u32)));
    let (mut out_weight, mut in_weight) = (vec![0i64; boxes], vec![0i64; boxes]);
    for &index in inside {
        out_weight[links[index].from as usize] += i64::from(links[index].weight);
        in_weight[links[index].to as usize] += i64::from(links[index].weight);
    }
    // Sinks first, then sources, then the largest surplus; among equals the box that is farther from the target, the later one.
    let key = |at: u32, out: &[i64], into: &[i64]| {
        let (out, into) = (out[at as usize], into[at as usize]);
        let class = if out == 0 {
            0
        } else if into == 0 {
            1
        } else {
            2
        };
        (class, into - out, u32::MAX - at)
    };
    let mut queue: BTreeSet<(u8, i64, u32)> = (0..boxes as u32).map(|at| key(at, &out_weight, &in_weight)).collect();
    let mut place = vec![u32::MAX; boxes];
    let (mut front, mut back) = (0u32, boxes as u32);
    while let Some((class, _, reversed)) = queue.pop_first() {
        let at = u32::MAX - reversed;
        if class == 0 {
            back -= 1;
            place[at as usize] = back;
        } else {
            place[at as usize] = front;
            front += 1;
        }
        for (neighbours, is_outgoing) in [(outgoing.of_box(at), true), (incoming.of_box(at), false)] {
            for &(other, index) in neighbours {
                if place[other as usize] != u32::MAX {
                    continue;
                }
                queue.remove(&key(other, &out_weight, &in_weight));
                let weight = i64::from(links[index as usize].weight);
                if is_outgoing {
                    in_weight[other as usize] -= weight;
                } else {
                    out_weight[other as usize] -= weight;
                }
                queue.insert(key(other, &out_weight, &in_weight));
            }
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: u32, to: u32) -> Link {
        Link { from, to, weight: 1 }
    }

    #[test]
    fn without_cycles_nothing_turns() {
        let links = [link(0, 1), link(1, 2), link(0, 2)];
        assert_eq!(turned_links(3, &links, &[false; 3]), [false; 3]);
    }

    #[test]
    fn one_link_of_a_ring_turns() {
        let ring: Vec<Link> = (0..50).map(|at| link(at, (at + 1) % 50)).collect();
        assert_eq!(turned_links(50, &ring, &[false; 50]).iter().filter(|&&turned| turned).count(), 1);
    }

    #[test]
    fn what_leaves_the_target_turns() {
        let mut pinned = [false; 3];
        pinned[0] = true;
        let links = [link(0, 1), link(1, 2), link(2, 0)];
        assert_eq!(turned_links(3, &links, &pinned), [true, false, false]);
    }
}
