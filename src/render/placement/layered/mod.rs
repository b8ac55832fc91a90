//! Our own layered engine: every diagram, without defects, in near-linear time.

mod acyclic;
mod lattice;
mod order;
mod relax;
mod simplex;
mod stacks;
mod wrap;

use super::route::route;
use super::slots::{Chain, Rows, SelfReferences, Slot};
use super::{Placed, Placement, PlacementError, SizedDiagram};
use acyclic::Link;
use lattice::Lattice;
use simplex::Span;
use stacks::Stacks;

/// The layered engine.
///
/// Crowds of boxes with the same neighbours become columns (`stacks`), cycles are cut (`acyclic`), rows chosen for short arrows (`simplex`) and broken when far too wide (`wrap`), rows ordered for
/// few crossings (`order`), slots placed for short upright arrows (`relax`), and lines drawn that touch nothing foreign
/// ([`route`](super::route)). Targets stand in the last row (the first, when the diagram says so).
#[derive(Debug, Clone, Copy, Default)]
pub struct Layered;

/// An emphasised arrow counts so many times.
const EMPHASIS: i32 = 8;

impl Placement for Layered {
    fn place(&self, diagram: &SizedDiagram) -> Result<Placed, PlacementError> {
        Ok(self.place_any(diagram))
    }
}

impl Layered {
    /// As [`Placement::place`], which can't fail here.
    pub fn place_any(&self, diagram: &SizedDiagram) -> Placed {
        match Stacks::of(diagram) {
            Some(stacks) => stacks.unfold(self.place_rows(&stacks.reduced), diagram),
            None => self.place_rows(diagram),
        }
    }

    fn place_rows(&self, diagram: &SizedDiagram) -> Placed {
        let mut rows = rows_of(diagram);
        relax::assign(&mut rows);
        if diagram.targets_first {
            rows.turn_around();
        }
        route(&rows, diagram)
    }
}

/// Everything but coordinates: rows of boxes, and between two of them a row of labels where there are any.
fn rows_of(diagram: &SizedDiagram) -> Rows {
    let (arrows, links, turned) = descending(diagram);
    let pinned: Vec<bool> = diagram.boxes.iter().map(|sized| sized.target).collect();
    let mut row_of_box = rows_of_boxes(diagram.boxes.len(), &links, &pinned);
    wrap::wrap(&mut row_of_box, &links, &diagram.boxes);
    let lattice = Lattice::of(&row_of_box, &links);
    let order = order::order(&lattice);
    with_labels(diagram, &arrows, &turned, &lattice, &order)
}

/// Arrows between different boxes as links that all run downwards to the targets: indices of the arrows, the links, and
/// which of them are turned around because they close a cycle.
pub(super) fn descending(diagram: &SizedDiagram) -> (Vec<usize>, Vec<Link>, Vec<bool>) {
    let arrows: Vec<usize> =
        (0..diagram.arrows.len()).filter(|&index| diagram.arrows[index].from != diagram.arrows[index].to).collect();
    let pinned: Vec<bool> = diagram.boxes.iter().map(|sized| sized.target).collect();
    // Everything is laid out with targets below; with targets first the finished rows are turned around.
    let mut links: Vec<Link> = arrows
        .iter()
        .map(|&index| {
            let arrow = &diagram.arrows[index];
            let (from, to) = if diagram.targets_first { (arrow.to, arrow.from) } else { (arrow.from, arrow.to) };
            Link { from: from as u32, to: to as u32, weight: if arrow.emphasised { EMPHASIS } else { 1 } }
        })
        .collect();
    let turned = acyclic::turned_links(diagram.boxes.len(), &links, &pinned);
    for (link, &turned) in links.iter_mut().zip(&turned) {
        if turned {
            (link.from, link.to) = (link.to, link.from);
        }
    }
    (arrows, links, turned)
}

/// Row of each box: targets last, whatever refers to nothing else above them.
fn rows_of_boxes(boxes: usize, links: &[Link], pinned: &[bool]) -> Vec<i32> {
    let mut has_below = vec![false; boxes];
    links.iter().for_each(|link| has_below[link.from as usize] = true);
    // One node below everything stands for all targets that refer to no other target.
    let ground = boxes as u32;
    let node = |index: u32| {
        if pinned[index as usize] && !has_below[index as usize] { ground } else { index }
    };
    let mut spans: Vec<Span> = links
        .iter()
        .map(|link| Span { from: node(link.from), to: node(link.to), least: 1, weight: link.weight })
        .collect();
    let any_target = pinned.iter().any(|&pinned| pinned);
    for index in 0..boxes as u32 {
        if node(index) == index && !has_below[index as usize] {
            spans.push(Span { from: index, to: ground, least: i32::from(any_target), weight: 0 });
        }
    }
    // Targets that refer to other targets stand above these, but below a fence that keeps everything else away.
    let merged: Vec<bool> = (0..boxes as u32).map(|index| node(index) == ground).collect();
    let fence = ground + 1;
    let fenced: Vec<u32> =
        (0..boxes as u32).filter(|&index| pinned[index as usize] && !merged[index as usize]).collect();
    if !fenced.is_empty() {
        let span = |from, to, least| Span { from, to, least, weight: 0 };
        spans.extend((0..boxes as u32).filter(|&index| !pinned[index as usize]).map(|index| span(index, fence, 1)));
        spans.extend(fenced.iter().map(|&index| span(fence, index, 0)));
    }
    // The ground is the first node of the simplex, the fence the last.
    let mut number = vec![0u32; boxes + 2];
    let mut count = 1;
    for index in 0..boxes {
        if !merged[index] {
            number[index] = count;
            count += 1;
        }
    }
    if !fenced.is_empty() {
        number[fence as usize] = count;
        count += 1;
    }
    for span in &mut spans {
        (span.from, span.to) = (number[span.from as usize], number[span.to as usize]);
    }
    let row = simplex::rows(count as usize, &spans);
    let first = (0..boxes).map(|index| row[number[index] as usize]).min().unwrap_or(0);
    (0..boxes).map(|index| row[number[index] as usize] - first).collect()
}

/// The finished order with a slot for every label.
fn with_labels(
    diagram: &SizedDiagram,
    arrows: &[usize],
    turned: &[bool],
    lattice: &Lattice,
    order: &[Vec<u32>],
) -> Rows {
    let loops = SelfReferences::of(diagram);
    let mut slots: Vec<Slot> =
        diagram.boxes.iter().enumerate().map(|(index, sized)| Slot::of_box(index, sized, &loops)).collect();
    slots.resize(lattice.nodes(), Slot::bend());
    let mut place = vec![0u32; lattice.nodes()];
    for row in order {
        row.iter().enumerate().for_each(|(at, &node)| place[node as usize] = at as u32);
    }
    // A label stands next to the referrer, where its slot is.
    let mut labelled = vec![None; arrows.len()];
    let mut has_labels = vec![false; lattice.rows];
    for (index, &arrow) in arrows.iter().enumerate() {
        if diagram.arrows[arrow].label.is_some() {
            let way = &lattice.ways[index];
            let at_top = turned[index] == diagram.targets_first;
            let segment = if at_top { 0 } else { way.len() - 2 };
            labelled[index] = Some(segment);
            has_labels[lattice.row[way[segment] as usize] as usize] = true;
        }
    }
    let mut between: Vec<Vec<(f64, u32, u32, u32)>> = vec![Vec::new(); lattice.rows];
    let mut chains = Vec::with_capacity(arrows.len());
    for (index, &arrow) in arrows.iter().enumerate() {
        let way = &lattice.ways[index];
        let mut chain =
            Chain { arrow, slots: vec![way[0]], upwards: turned[index] != diagram.targets_first, back: turned[index] };
        for (segment, pair) in way.windows(2).enumerate() {
            let row = lattice.row[pair[0] as usize] as usize;
            if has_labels[row] {
                let slot = slots.len() as u32;
                slots.push(Slot::of_arrow(arrow, diagram, labelled[index] == Some(segment)));
                let (above, below) = (place[pair[0] as usize], place[pair[1] as usize]);
                // Any order between those above and below keeps the crossings; relative places keep slots near their arrows.
                let (width_above, width_below) = (order[row].len() as f64, order[row + 1].len() as f64);
                let key = (f64::from(above) + 0.5) / width_above + (f64::from(below) + 0.5) / width_below;
                between[row].push((key, above, below, slot));
                chain.slots.push(slot);
            }
            chain.slots.push(pair[1]);
        }
        chains.push(chain);
    }
    let mut rows = Vec::with_capacity(2 * lattice.rows);
    for (row, mut middle) in between.into_iter().enumerate() {
        rows.push(order[row].clone());
        if !middle.is_empty() {
            middle.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)).then(a.3.cmp(&b.3)));
            rows.push(middle.into_iter().map(|(_, _, _, slot)| slot).collect());
        }
    }
    Rows { slots, rows, chains }
}
