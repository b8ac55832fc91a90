//! Rows of boxes and bends joined only from row to row: what crossings are counted on.

use super::acyclic::Link;

/// A layered graph in which every link joins neighbouring rows.
///
/// Nodes `0..boxes` are boxes, the rest are bends of links that span more rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Lattice {
    /// Row of each node.
    pub(super) row: Vec<u32>,
    /// How many rows there are.
    pub(super) rows: usize,
    /// Nodes on the way of each link, the upper end first.
    pub(super) ways: Vec<Vec<u32>>,
    up: Neighbours,
    down: Neighbours,
}

#[derive(Debug, Clone, Default)]
struct Neighbours {
    start: Vec<u32>,
    list: Vec<u32>,
}

impl Neighbours {
    fn of(nodes: usize, pairs: &[(u32, u32)]) -> Self {
        let mut start = vec![0u32; nodes + 1];
        pairs.iter().for_each(|pair| start[pair.0 as usize + 1] += 1);
        for node in 0..nodes {
            start[node + 1] += start[node];
        }
        let mut next = start.clone();
        let mut list = vec![0; pairs.len()];
        for &(from, to) in pairs {
            list[next[from as usize] as usize] = to;
            next[from as usize] += 1;
        }
        Neighbours { start, list }
    }

    fn of_node(&self, node: u32) -> &[u32] {
        &self.list[self.start[node as usize] as usize..self.start[node as usize + 1] as usize]
    }
}

impl Lattice {
    /// Puts bends into every row that a link passes. `links` run downwards in `row_of_box`.
    pub(super) fn of(row_of_box: &[i32], links: &[Link]) -> Self {
        let mut row: Vec<u32> = row_of_box.iter().map(|&row| row as u32).collect();
        let mut pairs = Vec::with_capacity(links.len());
        let mut ways = Vec::with_capacity(links.len());
        for link in links {
            let mut way = vec![link.from];
            for passed in row[link.from as usize] + 1..row[link.to as usize] {
                way.push(row.len() as u32);
                row.push(passed);
            }
            way.push(link.to);
            pairs.extend(way.windows(2).map(|pair| (pair[0], pair[1])));
            ways.push(way);
        }
        let down = Neighbours::of(row.len(), &pairs);
        pairs.iter_mut().for_each(|pair| *pair = (pair.1, pair.0));
        let up = Neighbours::of(row.len(), &pairs);
        let rows = row.iter().max().map_or(0, |&last| last as usize + 1);
        Lattice { row, rows, ways, up, down }
    }

    /// Neighbours in the row above; one for each link.
    pub(super) fn above(&self, node: u32) -> &[u32] {
        self.up.of_node(node)
    }

    /// Neighbours in the row below; one for each link.
    pub(super) fn below(&self, node: u32) -> &[u32] {
        self.down.of_node(node)
    }

    /// How many nodes there are.
    pub(super) fn nodes(&self) -> usize {
        self.row.len()
    }
}
