//! Rows with the shortest total length of links: network simplex.
//!
//! Gansner, Koutsofios, North and Vo, "A Technique for Drawing Directed Graphs" (1993), section 2.3, without recursion.

/// A link that needs `to` at least `least` rows below `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) least: i32,
    pub(super) weight: i32,
}

/// No span; no parent.
const NONE: u32 = u32::MAX;
/// So many candidates are compared before one leaves the tree.
const CANDIDATES: usize = 30;

/// Row of each node, the first 0, such that the weighted sum of all lengths is least (or close to it in huge graphs, where
/// the number of exchanges is bounded). The spans must be acyclic and join all nodes.
pub(super) fn rows(nodes: usize, spans: &[Span]) -> Vec<i32> {
    if nodes == 0 {
        return Vec::new();
    }
    let mut simplex = Simplex::new(nodes, spans);
    simplex.longest_path();
    simplex.feasible_tree();
    simplex.build_tree(0);
    simplex.cut_values();
    let mut search_from = 0;
    for _ in 0..4 * nodes + 200 {
        let Some(leaving) = simplex.leaving(&mut search_from) else {
            break;
        };
        let Some(entering) = simplex.entering(leaving) else {
            break;
        };
        simplex.exchange(leaving, entering);
    }
    simplex.normalise();
    simplex.balance();
    simplex.row
}

struct Simplex<'a> {
    spans: &'a [Span],
    row: Vec<i32>,
    /// Spans at each node, both directions.
    start: Vec<u32>,
    at_node: Vec<u32>,
    in_tree: Vec<bool>,
    cut: Vec<i64>,
    /// The tree's spans in a list, with the place of each in it.
    tree: Vec<u32>,
    /// Neighbours in the tree: spans at each node.
    tree_at: Vec<Vec<u32>>,
    parent_span: Vec<u32>,
    /// Postorder interval: a node's subtree has the numbers `low..=last`.
    low: Vec<u32>,
    last: Vec<u32>,
}

impl<'a> Simplex<'a> {
    fn new(nodes: usize, spans: &'a [Span]) -> Self {
        let mut start = vec![0u32; nodes + 1];
        for span in spans {
            start[span.from as usize + 1] += 1;
            start[span.to as usize + 1] += 1;
        }
        for node in 0..nodes {
            start[node + 1] += start[node];
        }
        let mut next = start.clone();
        let mut at_node = vec![0u32; spans.len() * 2];
        for (index, span) in spans.iter().enumerate() {
            for node in [span.from, span.to] {
                at_node[next[node as usize] as usize] = index as u32;
                next[node as usize] += 1;
            }
        }
        Simplex {
            spans,
            row: vec![0; nodes],
            start,
            at_node,
            in_tree: vec![false; spans.len()],
            cut: vec![0; spans.len()],
            tree: Vec::with_capacity(nodes),
            tree_at: vec![Vec::new(); nodes],
            parent_span: vec![NONE; nodes],
            low: vec![0; nodes],
            last: vec![0; nodes],
        }
    }

    fn spans_at(&self, node: u32) -> &[u32] {
        &self.at_node[self.start[node as usize] as usize..self.start[node as usize + 1] as usize]
    }

    fn slack(&self, span: u32) -> i32 {
        let span = &self.spans[span as usize];
        self.row[span.to as usize] - self.row[span.from as usize] - span.least
    }

    fn other_end(&self, span: u32, node: u32) -> u32 {
        let span = &self.spans[span as usize];
        if span.from == node { span.to } else { span.from }
    }

    /// Every node as high as its predecessors allow.
    fn longest_path(&mut self) {
        let mut waiting = vec![0u32; self.row.len()];
        for span in self.spans {
            waiting[span.to as usize] += 1;
        }
        let mut ready: Vec<u32> = (0..self.row.len() as u32).filter(|&node| waiting[node as usize] == 0).collect();
        while let Some(node) = ready.pop() {
            for position in self.start[node as usize]..self.start[node as usize + 1] {
                let span = self.spans[self.at_node[position as usize] as usize];
                if span.from == node {
                    let to = span.to as usize;
                    self.row[to] = self.row[to].max(self.row[node as usize] + span.least);
                    waiting[to] -= 1;
                    if waiting[to] == 0 {
                        ready.push(span.to);
                    }
                }
            }
        }
    }

    /// Moves rows until spans without slack join all nodes, and keeps these as the tree.
    fn feasible_tree(&mut self) {
        let nodes = self.row.len();
        let mut reached = vec![false; nodes];
        let mut members: Vec<u32> = vec![0];
        reached[0] = true;
        let mut scanned = 0;
        loop {
            while scanned < members.len() {
                let node = members[scanned];
                scanned += 1;
                for position in self.start[node as usize]..self.start[node as usize + 1] {
                    let span = self.at_node[position as usize];
                    let other = self.other_end(span, node);
                    if !reached[other as usize] && self.slack(span) == 0 {
                        reached[other as usize] = true;
                        members.push(other);
                        self.add_to_tree(span);
                    }
                }
            }
            if members.len() == nodes {
                return;
            }
            // The tightest span that leaves the tree becomes tight, with the whole tree moved.
            let crossing = (0..self.spans.len() as u32)
                .filter(|&span| {
                    let span = &self.spans[span as usize];
                    reached[span.from as usize] != reached[span.to as usize]
                })
                .min_by_key(|&span| (self.slack(span), span));
            let Some(span) = crossing else { return };
            let ends = self.spans[span as usize];
            let (inner, outer, shift) = if reached[ends.from as usize] {
                (ends.from, ends.to, self.slack(span))
            } else {
                (ends.to, ends.from, -self.slack(span))
            };
            debug_assert!(reached[inner as usize]);
            for &member in &members {
                self.row[member as usize] += shift;
            }
            self.add_to_tree(span);
            reached[outer as usize] = true;
            members.push(outer);
            // Others may have become tight at any member.
            scanned = 0;
        }
    }

    fn add_to_tree(&mut self, span: u32) {
        self.in_tree[span as usize] = true;
        self.tree.push(span);
        let ends = self.spans[span as usize];
        self.tree_at[ends.from as usize].push(span);
        self.tree_at[ends.to as usize].push(span);
    }

    /// Parents and postorder numbers of the subtree of `root`, keeping its first number.
    fn build_tree(&mut self, root: u32) {
        let mut number = self.low[root as usize];
        let mut path: Vec<(u32, usize)> = vec![(root, 0)];
        while let Some(&mut (node, ref mut next)) = path.last_mut() {
            if *next == 0 {
                self.low[node as usize] = number;
            }
            if let Some(&span) = self.tree_at[node as usize].get(*next) {
                *next += 1;
                if span != self.parent_span[node as usize] {
                    let child = self.other_end(span, node);
                    self.parent_span[child as usize] = span;
                    path.push((child, 0));
                }
                continue;
            }
            // A leaf without any entry would otherwise be numbered twice.
            self.last[node as usize] = number;
            number += 1;
            path.pop();
        }
    }

    fn is_below(&self, node: u32, top: u32) -> bool {
        (self.low[top as usize]..=self.last[top as usize]).contains(&self.last[node as usize])
    }

    /// Cut values of all spans of the tree, from the leaves up.
    fn cut_values(&mut self) {
        let mut order: Vec<u32> = (0..self.row.len() as u32).collect();
        order.sort_unstable_by_key(|&node| self.last[node as usize]);
        for node in order {
            let span = self.parent_span[node as usize];
            if span != NONE {
                self.cut[span as usize] = self.cut_value(node, span);
            }
        }
    }

    /// The cut value of the span above `child`, from those below it.
    fn cut_value(&self, child: u32, above: u32) -> i64 {
        let child_is_tail = self.spans[above as usize].from == child;
        let mut sum = i64::from(self.spans[above as usize].weight);
        for &span in self.spans_at(child) {
            if span == above {
                continue;
            }
            let ends = self.spans[span as usize];
            let leaves = (ends.from == child) == child_is_tail;
            let weight = i64::from(ends.weight);
            let value = if self.in_tree[span as usize] {
                // Below: counted with its own cut value, in which its weight is contained.
                if leaves { weight - self.cut[span as usize] } else { self.cut[span as usize] - weight }
            } else if leaves {
                weight
            } else {
                -weight
            };
            sum += value;
        }
        sum
    }

    /// A span of the tree whose removal shortens the whole.
    fn leaving(&self, search_from: &mut usize) -> Option<u32> {
        let mut best: Option<u32> = None;
        let mut seen = 0;
        let count = self.tree.len();
        for step in 0..count {
            let position = (*search_from + step) % count;
            let span = self.tree[position];
            if self.cut[span as usize] < 0 {
                if best.is_none_or(|best| self.cut[span as usize] < self.cut[best as usize]) {
                    best = Some(span);
                }
                seen += 1;
                if seen >= CANDIDATES {
                    *search_from = (position + 1) % count;
                    return best;
                }
            }
        }
        *search_from = 0;
        best
    }

    /// The tightest span that joins the two parts again, the other way around.
    fn entering(&self, leaving: u32) -> Option<u32> {
        let ends = self.spans[leaving as usize];
        // The lower end in the tree, whose subtree is one of the parts.
        let child = if self.parent_span[ends.from as usize] == leaving { ends.from } else { ends.to };
        let child_is_tail = child == ends.from;
        // Spans from the part of the head to the part of the tail.
        let candidate = |span: u32| {
            let other = self.spans[span as usize];
            let (from_below, to_below) = (self.is_below(other.from, child), self.is_below(other.to, child));
            if child_is_tail { !from_below && to_below } else { from_below && !to_below }
        };
        (0..self.spans.len() as u32)
            .filter(|&span| !self.in_tree[span as usize] && candidate(span))
            .min_by_key(|&span| (self.slack(span), span))
    }

    fn exchange(&mut self, leaving: u32, entering: u32) {
        let slack = self.slack(entering);
        let ends = self.spans[leaving as usize];
        let child = if self.parent_span[ends.from as usize] == leaving { ends.from } else { ends.to };
        let shift = if child == ends.from { -slack } else { slack };
        if shift != 0 {
            let (low, last) = (self.low[child as usize], self.last[child as usize]);
            for node in 0..self.row.len() {
                if (low..=last).contains(&self.last[node]) {
                    // The part with the child moves against the other.
                    self.row[node] += shift;
                }
            }
        }
        // Cut values change on the tree's path between the ends of the entering span.
        let change = self.cut[leaving as usize];
        let (tail, head) = (self.spans[entering as usize].from, self.spans[entering as usize].to);
        let top = self.change_path(tail, head, change, true);
        self.change_path(head, top, change, false);
        self.cut[entering as usize] = -change;
        self.cut[leaving as usize] = 0;

        self.in_tree[leaving as usize] = false;
        for node in [ends.from, ends.to] {
            self.tree_at[node as usize].retain(|&span| span != leaving);
        }
        self.in_tree[entering as usize] = true;
        for node in [tail, head] {
            self.tree_at[node as usize].push(entering);
        }
        if let Some(place) = self.tree.iter().position(|&span| span == leaving) {
            self.tree[place] = entering;
        }
        self.build_tree(top);
    }

    /// Walks up from `node` until `other` is below, changing cut values on the way; returns where it stopped.
    fn change_path(&mut self, mut node: u32, other: u32, change: i64, from_tail: bool) -> u32 {
        while !self.is_below(other, node) {
            let span = self.parent_span[node as usize];
            let upwards = self.spans[span as usize].from == node;
            self.cut[span as usize] += if upwards == from_tail { change } else { -change };
            node = self.other_end(span, node);
        }
        node
    }

    fn normalise(&mut self) {
        let first = self.row.iter().copied().min().unwrap_or(0);
        self.row.iter_mut().for_each(|row| *row -= first);
    }

    /// Moves nodes that are as well in several rows to the one with the fewest nodes.
    fn balance(&mut self) {
        let mut crowd = vec![0u32; self.row.iter().copied().max().unwrap_or(0) as usize + 1];
        self.row.iter().for_each(|&row| crowd[row as usize] += 1);
        for node in 0..self.row.len() as u32 {
            let (mut into, mut out) = (0i64, 0i64);
            let (mut lowest, mut highest) = (0, crowd.len() as i32 - 1);
            for &span in self.spans_at(node) {
                let ends = self.spans[span as usize];
                if ends.to == node {
                    into += i64::from(ends.weight);
                    lowest = lowest.max(self.row[ends.from as usize] + ends.least);
                } else {
                    out += i64::from(ends.weight);
                    highest = highest.min(self.row[ends.to as usize] - ends.least);
                }
            }
            if into != out || into == 0 {
                continue;
            }
            let here = self.row[node as usize];
            let best = (lowest..=highest)
                .min_by_key(|&row| (crowd[row as usize] + u32::from(row != here), row))
                .unwrap_or(here);
            crowd[here as usize] -= 1;
            crowd[best as usize] += 1;
            self.row[node as usize] = best;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(spans: &[Span], row: &[i32]) -> i64 {
        spans
            .iter()
            .map(|span| i64::from(span.weight) * i64::from(row[span.to as usize] - row[span.from as usize]))
            .sum()
    }

    #[test]
    fn a_short_side_way_hangs_where_it_is_short() {
        // 0 → 1 → 2 → 3 and 4 → 3: the fourth belongs right above the last.
        let span = |from, to| Span { from, to, least: 1, weight: 1 };
        assert_eq!(rows(5, &[span(0, 1), span(1, 2), span(2, 3), span(4, 3)]), [0, 1, 2, 3, 2]);
    }

    proptest! {
        #[test]
        fn rows_are_feasible_and_no_single_move_is_better(
            nodes in 2usize..9,
            pairs in proptest::collection::vec((0usize..9, 0usize..9, 1i32..3, 1i32..4), 0..20),
        ) {
            let mut spans: Vec<Span> = (1..nodes as u32).map(|to| Span { from: to - 1, to, least: 1, weight: 1 }).collect();
            if nodes > 3 {
                // Not only a path: hang the third under the first.
                spans[2].from = 0;
            }
            for (a, b, least, weight) in pairs {
                let (a, b) = (a % nodes, b % nodes);
                if a != b {
                    spans.push(Span { from: a.min(b) as u32, to: a.max(b) as u32, least, weight });
                }
            }
            let found = rows(nodes, &spans);
            for span in &spans {
                prop_assert!(found[span.to as usize] - found[span.from as usize] >= span.least);
            }
            // Exhaustive for small graphs: every assignment within the height of the found one and a bit.
            if nodes <= 5 {
                let height = found.iter().max().unwrap() + 2;
                let mut best = i64::MAX;
                let mut row = vec![0; nodes];
                'all: loop {
                    if spans.iter().all(|span| row[span.to as usize] - row[span.from as usize] >= span.least) {
                        best = best.min(cost(&spans, &row));
                    }
                    let mut digit = 0;
                    loop {
                        if digit == nodes {
                            break 'all;
                        }
                        row[digit] += 1;
                        if row[digit] < height {
                            break;
                        }
                        row[digit] = 0;
                        digit += 1;
                    }
                }
                prop_assert_eq!(cost(&spans, &found), best);
            }
        }
    }
}
