//! Where along its upper and lower side a box is left and entered by arrows.

use super::slots::{Content, Rows};

/// Heads and tails of the same box stand at most so far apart.
const PORT_GAP: f64 = 13.0;
/// Ports keep away from the corners of the box.
const PORT_MARGIN: f64 = 9.0;

/// Where each chain leaves the box above and enters the box below, in the order of the chains.
pub(super) struct Ports {
    pub(super) upper: Vec<f64>,
    pub(super) lower: Vec<f64>,
}

impl Ports {
    /// Ports stand in the order of the slots they lead to, around the middle of the box; a single one right above or
    /// below its slot, as far as it can without leaving the middle half of the box.
    pub(super) fn of(rows: &Rows) -> Self {
        let mut ports = Ports { upper: vec![0.0; rows.chains.len()], lower: vec![0.0; rows.chains.len()] };
        let x = |slot: u32| rows.slots[slot as usize].x;
        // Sorted by box, side and place of the next slot; places are equal only when two arrows join the same boxes.
        let mut ends: Vec<(u32, bool, f64, usize)> = Vec::with_capacity(2 * rows.chains.len());
        for (index, chain) in rows.chains.iter().enumerate() {
            let [first, second, ..] = chain.slots[..] else { continue };
            let [.., before, last] = chain.slots[..] else { continue };
            ends.push((first, false, x(second), index));
            ends.push((last, true, x(before), index));
        }
        ends.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3)));
        for group in ends.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let slot = &rows.slots[group[0].0 as usize];
            debug_assert!(matches!(slot.content, Content::Box(_)));
            // The slot of a box is as wide as the box on its left side.
            let room = (2.0 * (slot.left - PORT_MARGIN)).max(0.0);
            let gap = PORT_GAP.min(room / (group.len() - 1).max(1) as f64);
            for (position, &(_, entered, next, chain)) in group.iter().enumerate() {
                let offset = match group.len() {
                    1 if (next - slot.x).abs() <= room / 2.0 => next - slot.x,
                    1 => (next - slot.x).clamp(-slot.left / 2.0, slot.left / 2.0),
                    count => (position as f64 - (count - 1) as f64 / 2.0) * gap,
                };
                let side = if entered { &mut ports.lower } else { &mut ports.upper };
                side[chain] = slot.x + offset;
            }
        }
        ports
    }
}
