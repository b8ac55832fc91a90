//! How far right each slot stands: straight long arrows, balanced boxes, nothing overlapping.
//!
//! Brandes and Köpf, "Fast and Simple Horizontal Coordinate Assignment" (2001): four alignments, each compacted, and the mean
//! of the two middle ones. Widths are those of the slots. Compaction is by longest paths over blocks in both directions
//! instead of the paper's classes, whose published form misplaces some of them (erratum by Brandes, Walter and Zink, 2020).

use crate::render::placement::slots::{Content, Rows};

/// Sets `x` of every slot. Linear in slots and segments.
pub(super) fn assign(rows: &mut Rows) {
    let graph = Graph::of(rows);
    let mut results: Vec<Vec<f64>> = Vec::with_capacity(4);
    for from_above in [true, false] {
        for from_left in [true, false] {
            let blocks = graph.align(rows, from_above, from_left);
            results.push(graph.compact(rows, &blocks, from_left));
        }
    }
    for (slot, x) in rows.slots.iter_mut().zip(balanced(rows_extent(&graph, &results), &results)) {
        slot.x = x;
    }
}

struct Graph {
    place: Vec<u32>,
    /// Neighbours above and below, sorted by place.
    above: Vec<Vec<u32>>,
    below: Vec<Vec<u32>>,
    /// Arrows that must not be broken: between two bends or labels of the same long arrow.
    inner: Vec<bool>,
    left: Vec<f64>,
    right: Vec<f64>,
}

impl Graph {
    fn of(rows: &Rows) -> Self {
        let count = rows.slots.len();
        let mut graph = Graph {
            place: vec![0; count],
            above: vec![Vec::new(); count],
            below: vec![Vec::new(); count],
            inner: rows.slots.iter().map(|slot| !matches!(slot.content, Content::Box(_))).collect(),
            left: rows.slots.iter().map(|slot| slot.left).collect(),
            right: rows.slots.iter().map(|slot| slot.right).collect(),
        };
        for row in &rows.rows {
            row.iter().enumerate().for_each(|(at, &slot)| graph.place[slot as usize] = at as u32);
        }
        for chain in &rows.chains {
            for pair in chain.slots.windows(2) {
                graph.below[pair[0] as usize].push(pair[1]);
                graph.above[pair[1] as usize].push(pair[0]);
            }
        }
        for list in graph.above.iter_mut().chain(graph.below.iter_mut()) {
            list.sort_by_key(|&slot| graph.place[slot as usize]);
        }
        graph
    }

    /// Root of the block of each slot: slots of a block get the same x.
    fn align(&self, rows: &Rows, from_above: bool, from_left: bool) -> Vec<u32> {
        let mut root: Vec<u32> = (0..self.place.len() as u32).collect();
        let mut taken = vec![false; self.place.len()];
        let neighbours = if from_above { &self.above } else { &self.below };
        let count = rows.rows.len();
        for step in 1..count {
            let (row, fixed) = if from_above { (step, step - 1) } else { (count - 1 - step, count - step) };
            let protected = self.protected(rows, row, fixed, neighbours);
            // The last place used in the fixed row, so that alignments don't cross.
            let mut last: Option<u32> = None;
            let row = &rows.rows[row];
            for position in 0..row.len() {
                let slot = row[if from_left { position } else { row.len() - 1 - position }];
                let list = &neighbours[slot as usize];
                if list.is_empty() {
                    continue;
                }
                let (low, high) = ((list.len() - 1) / 2, list.len() / 2);
                let medians = if from_left { [low, high] } else { [high, low] };
                for median in medians {
                    let other = list[median];
                    let place = self.place[other as usize];
                    let free = last.is_none_or(|last| if from_left { last < place } else { place < last });
                    if !taken[other as usize] && free && !self.conflicts(slot, other, &protected) {
                        taken[other as usize] = true;
                        root[slot as usize] = root[other as usize];
                        last = Some(place);
                        break;
                    }
                }
            }
        }
        root
    }

    /// For each place of the moving row, between which places of the fixed row an ordinary alignment may be: protected
    /// arrows on either side bound it.
    fn protected(&self, rows: &Rows, row: usize, fixed: usize, neighbours: &[Vec<u32>]) -> Vec<(i64, i64)> {
        let row = &rows.rows[row];
        let mut bounds = vec![(-1i64, rows.rows[fixed].len() as i64); row.len()];
        let inner = |slot: u32| {
            neighbours[slot as usize]
                .first()
                .filter(|&&other| self.inner[slot as usize] && self.inner[other as usize])
                .copied()
        };
        let mut highest = -1;
        for (position, &slot) in row.iter().enumerate() {
            bounds[position].0 = highest;
            if let Some(other) = inner(slot) {
                highest = highest.max(i64::from(self.place[other as usize]));
            }
        }
        let mut lowest = rows.rows[fixed].len() as i64;
        for (position, &slot) in row.iter().enumerate().rev() {
            bounds[position].1 = lowest;
            if let Some(other) = inner(slot) {
                lowest = lowest.min(i64::from(self.place[other as usize]));
            }
        }
        bounds
    }

    /// The segment would cross a protected one without being protected itself.
    fn conflicts(&self, slot: u32, other: u32, protected: &[(i64, i64)]) -> bool {
        if self.inner[slot as usize] && self.inner[other as usize] {
            return false;
        }
        let (low, high) = protected[self.place[slot as usize] as usize];
        let place = i64::from(self.place[other as usize]);
        place < low || place > high
    }

    /// Places blocks as close as their slots allow: first all to the left, then each to the right up to its neighbours; with
    /// left and right exchanged for the alignments from the right.
    fn compact(&self, rows: &Rows, root: &[u32], from_left: bool) -> Vec<f64> {
        let count = root.len();
        // Distances between blocks that are neighbours in some row.
        let mut pairs: Vec<(u32, u32, f64)> = Vec::with_capacity(count);
        for row in &rows.rows {
            for pair in row.windows(2) {
                let distance = rows.slots[pair[0] as usize].distance_to(&rows.slots[pair[1] as usize]);
                let (a, b) = (root[pair[0] as usize], root[pair[1] as usize]);
                pairs.push(if from_left { (a, b, distance) } else { (b, a, distance) });
            }
        }
        let mut start = vec![0u32; count + 1];
        let mut waiting = vec![0u32; count];
        for &(from, to, _) in &pairs {
            start[from as usize + 1] += 1;
            waiting[to as usize] += 1;
        }
        for index in 0..count {
            start[index + 1] += start[index];
        }
        let mut next = start.clone();
        let mut out = vec![(0u32, 0.0f64); pairs.len()];
        for &(from, to, distance) in &pairs {
            out[next[from as usize] as usize] = (to, distance);
            next[from as usize] += 1;
        }
        let edges = |block: u32| &out[start[block as usize] as usize..start[block as usize + 1] as usize];
        let mut order: Vec<u32> =
            (0..count as u32).filter(|&slot| root[slot as usize] == slot && waiting[slot as usize] == 0).collect();
        let mut x = vec![0.0f64; count];
        let mut done = 0;
        while done < order.len() {
            let block = order[done];
            done += 1;
            for &(to, distance) in edges(block) {
                x[to as usize] = x[to as usize].max(x[block as usize] + distance);
                waiting[to as usize] -= 1;
                if waiting[to as usize] == 0 {
                    order.push(to);
                }
            }
        }
        for &block in order.iter().rev() {
            let room =
                edges(block).iter().map(|&(to, distance)| x[to as usize] - distance).fold(f64::INFINITY, f64::min);
            if room.is_finite() {
                x[block as usize] = x[block as usize].max(room);
            }
        }
        (0..count).map(|slot| if from_left { x[root[slot] as usize] } else { -x[root[slot] as usize] }).collect()
    }
}

/// Left and right end of each result.
fn rows_extent(graph: &Graph, results: &[Vec<f64>]) -> Vec<(f64, f64)> {
    results
        .iter()
        .map(|xs| {
            xs.iter().enumerate().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (slot, &x)| {
                (low.min(x - graph.left[slot]), high.max(x + graph.right[slot]))
            })
        })
        .collect()
}

/// Shifts the results to the narrowest one, leftmost to its left end and rightmost to its right, and takes the mean of the two
/// middle values of each slot.
fn balanced(extents: Vec<(f64, f64)>, results: &[Vec<f64>]) -> Vec<f64> {
    let narrowest =
        (0..extents.len()).min_by(|&a, &b| (extents[a].1 - extents[a].0).total_cmp(&(extents[b].1 - extents[b].0)));
    let Some((low, high)) = narrowest.map(|index| extents[index]) else {
        return Vec::new();
    };
    let shift: Vec<f64> = (0..results.len())
        .map(|index| if index % 2 == 0 { low - extents[index].0 } else { high - extents[index].1 })
        .collect();
    (0..results[0].len())
        .map(|slot| {
            let mut values: Vec<f64> = results.iter().zip(&shift).map(|(xs, shift)| xs[slot] + shift).collect();
            values.sort_by(f64::total_cmp);
            (values[1] + values[2]) / 2.0
        })
        .collect()
}
