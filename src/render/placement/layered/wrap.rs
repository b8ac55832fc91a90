//! Rows too wide for any screen, broken: referrers that nothing refers to stand staggered in several rows.

use super::acyclic::Link;
use crate::render::placement::SizedBox;

/// Rows up to this width in pixels stay as they are.
const WIDEST: f64 = 2400.0;
/// The whole is to be so many times as wide as high.
const ASPECT: f64 = 2.2;
/// One row becomes at most so many.
const MOST: usize = 12;
/// Rows are broken when they are so many times too wide,
const TOLERANCE: f64 = 1.6;
/// and leaves are at least this part of them: other rows would only get more crossings.
const LEAVES: f64 = 0.7;
/// Room around a box: beside it, and below it with a label and turns.
const BESIDE: f64 = 26.0;
const BELOW: f64 = 75.0;

/// Moves leaves (boxes that nothing refers to, with one reference, to the next row, or none) into new rows above their own.
///
/// Neighbours go to different rows in turn, so that the arrows of the upper ones run down between the lower ones. O(n log n).
pub(super) fn wrap(row: &mut [i32], links: &[Link], boxes: &[SizedBox]) {
    let rows = row.iter().max().map_or(0, |&last| last as usize + 1);
    let (mut width, mut area) = (vec![0.0; rows], 0.0);
    for (sized, &row) in boxes.iter().zip(row.iter()) {
        width[row as usize] += sized.size.width + BESIDE;
        area += (sized.size.width + BESIDE) * (sized.size.height + BELOW);
    }
    let wished = WIDEST.max((area * ASPECT).sqrt());
    if width.iter().all(|&width| width <= TOLERANCE * wished) {
        return;
    }
    let mut referent = vec![None; boxes.len()];
    let (mut incoming, mut outgoing) = (vec![0u32; boxes.len()], vec![0u32; boxes.len()]);
    for link in links {
        incoming[link.to as usize] += 1;
        outgoing[link.from as usize] += 1;
        if row[link.to as usize] == row[link.from as usize] + 1 {
            referent[link.from as usize] = Some(link.to);
        }
    }
    let mut leaves: Vec<Vec<(u32, usize)>> = vec![Vec::new(); rows];
    for index in (0..boxes.len()).filter(|&index| incoming[index] == 0 && !boxes[index].target) {
        match (outgoing[index], referent[index]) {
            (1, Some(to)) => leaves[row[index] as usize].push((to, index)),
            // Joined to nothing, it may stand anywhere.
            (0, _) => leaves[row[index] as usize].push((u32::MAX, index)),
            _ => {}
        }
    }
    let mut shift = 0;
    let mut shifts = Vec::with_capacity(rows);
    for (width, leaves) in width.iter().zip(&mut leaves) {
        let movable: f64 = leaves.iter().map(|&(_, leaf)| boxes[leaf].size.width + BESIDE).sum();
        let parts = ((width / wished).ceil() as usize).clamp(1, MOST);
        if *width > TOLERANCE * wished && movable >= LEAVES * width && leaves.len() >= 2 * parts {
            leaves.sort_unstable();
            shift += parts as i32 - 1;
        } else {
            leaves.clear();
        }
        shifts.push((shift, parts));
    }
    for row in row.iter_mut() {
        *row += shifts[*row as usize].0;
    }
    for (leaves, (_, parts)) in leaves.iter().zip(shifts) {
        for (position, &(_, leaf)) in leaves.iter().enumerate() {
            row[leaf] -= (position % parts) as i32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::placement::Size;

    #[test]
    fn a_wide_row_becomes_several_and_a_narrow_one_stays() {
        let of_leaves = |leaves: u32| {
            let boxes =
                vec![SizedBox { size: Size { width: 180.0, height: 40.0 }, target: false }; leaves as usize + 1];
            let links: Vec<Link> = (1..=leaves).map(|from| Link { from, to: 0, weight: 1 }).collect();
            let mut row: Vec<i32> = (0..=leaves).map(|index| i32::from(index == 0)).collect();
            wrap(&mut row, &links, &boxes);
            (0..row[0]).map(|level| row.iter().filter(|&&row| row == level).count()).collect::<Vec<_>>()
        };
        assert_eq!(of_leaves(10), [10]);
        assert_eq!(of_leaves(100), [11, 11, 11, 11, 11, 11, 11, 11, 12], "20,600 pixels in rows of 2,400");
    }
}
