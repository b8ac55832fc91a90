//! The coordinate engine layout-rs, behind a guard: the only file that knows it.
//!
//! layout-rs checks for cycles by walking every path (exponential in a ladder of diamonds), recurses over the graph, and
//! asserts. It therefore gets only small connected graphs with few long arrows, without cycles, parallel arrows, self references or text; its checks
//! are off; and arrows are handed over in topological order, so that its cycle search ends at the first step. Should it panic
//! all the same, nothing is printed and the caller hears about it. What it answers are rows and x coordinates; lines are
//! drawn by [`super::route`].

use layout::adt::dag::NodeHandle;
use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::{Point, Position};
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;

use super::layered::descending;
use super::route::route;
use super::slots::{Chain, Content, Rows, SelfReferences, Slot};
use super::{Placed, Placement, PlacementError, SizedDiagram};
use crate::render::guard;

/// The engine of the crate layout-rs, for connected diagrams up to [`LARGEST`] boxes and labels.
#[derive(Debug, Clone, Copy, Default)]
pub struct LayoutRs;

/// Above this many boxes and labelled arrows it is slower than the layered engine and never better.
pub const LARGEST: usize = 160;
/// Boxes, labels and arrows, an arrow once for each row that it passes: layout-rs adds a connector there, and swaps neighbours
/// in time that grows with the square of a row. 157 arrows along a chain of 159 boxes took it 88 seconds.
const LARGEST_WITH_CONNECTORS: usize = 600;
const NAME: &str = "layout-rs";

impl Placement for LayoutRs {
    fn place(&self, diagram: &SizedDiagram) -> Result<Placed, PlacementError> {
        let unsuitable = |reason| PlacementError::Unsuitable { engine: NAME, reason };
        let labels = diagram.arrows.iter().filter(|arrow| arrow.label.is_some()).count();
        if diagram.boxes.len() + labels > LARGEST {
            return Err(unsuitable("too large"));
        }
        if diagram.boxes.is_empty() || !is_connected(diagram) {
            return Err(unsuitable("not connected"));
        }
        if diagram.boxes.iter().filter(|sized| sized.target).count() != 1 {
            return Err(unsuitable("not exactly one target"));
        }
        let mut rows = guard::quietly(|| rows_of(diagram)).ok_or(PlacementError::Failed { engine: NAME })??;
        if diagram.targets_first {
            rows.turn_around();
        }
        Ok(route(&rows, diagram))
    }
}

/// Everything hangs together when directions are ignored.
fn is_connected(diagram: &SizedDiagram) -> bool {
    let mut group: Vec<usize> = (0..diagram.boxes.len()).collect();
    fn find(group: &mut [usize], mut at: usize) -> usize {
        while group[at] != at {
            group[at] = group[group[at]];
            at = group[at];
        }
        at
    }
    for arrow in &diagram.arrows {
        let (a, b) = (find(&mut group, arrow.from), find(&mut group, arrow.to));
        group[a.max(b)] = a.min(b);
    }
    (0..diagram.boxes.len()).all(|index| find(&mut group, index) == 0)
}

/// What layout-rs makes of the diagram, with targets below.
fn rows_of(diagram: &SizedDiagram) -> Result<Rows, PlacementError> {
    let loops = SelfReferences::of(diagram);
    let mut slots: Vec<Slot> =
        diagram.boxes.iter().enumerate().map(|(index, sized)| Slot::of_box(index, sized, &loops)).collect();
    let (arrows, links, turned) = descending(diagram);
    let mut chains = Vec::with_capacity(links.len());
    // Links of the graph handed over: a labelled arrow becomes two, with the label as a box between them.
    let mut handed: Vec<(u32, u32, usize)> = Vec::new();
    for (position, link) in links.iter().enumerate() {
        let mut joints = vec![link.from];
        if diagram.arrows[arrows[position]].label.is_some() {
            joints.push(slots.len() as u32);
            slots.push(Slot::of_arrow(arrows[position], diagram, true));
        }
        joints.push(link.to);
        handed.extend(joints.windows(2).map(|pair| (pair[0], pair[1], position)));
        chains.push(Chain {
            arrow: arrows[position],
            slots: vec![link.from],
            upwards: turned[position] != diagram.targets_first,
            back: turned[position],
        });
    }
    let joints = slots.len();
    let mut taken = vec![];
    handed.retain(|&(from, to, _)| {
        let fresh = !taken.contains(&(from, to));
        taken.push((from, to));
        fresh
    });
    if handed.len() != taken.len() {
        // Two unlabelled arrows between the same boxes, one of them turned: layout-rs can't tell them apart.
        return Err(PlacementError::Unsuitable { engine: NAME, reason: "two arrows between the same boxes" });
    }
    // All arrows into a box come before those out of it: then nothing can be reached from where a new arrow ends.
    let place = topological_places(joints, &handed);
    handed.sort_by_key(|&(from, _, _)| place[from as usize]);

    if size_with_connectors(joints, &handed, &place) > LARGEST_WITH_CONNECTORS {
        return Err(PlacementError::Unsuitable { engine: NAME, reason: "too many arrows, or too long ones" });
    }

    let mut graph = VisualGraph::new(Orientation::TopToBottom);
    graph.dag.set_validate(false);
    let handles: Vec<NodeHandle> = slots
        .iter()
        .map(|slot| {
            let size = Point::new(slot.left + slot.right, slot.height.max(1.0));
            let mut element =
                Element::create(ShapeKind::new_box("x"), StyleAttr::simple(), Orientation::TopToBottom, size);
            // Its own margins are wider than ours.
            let margin = Point::new(slot.distance_to(slot) - slot.left - slot.right, 1.0);
            element.pos = Position::new(Point::zero(), size, Point::zero(), margin);
            graph.add_node(element)
        })
        .collect();
    for &(from, to, _) in &handed {
        graph.add_edge(Arrow::simple(""), handles[from as usize], handles[to as usize]);
    }
    graph.do_it(false, false, false, &mut Nowhere);

    // Rows, with a bend for each connector that layout-rs added.
    let mut slot_of_node: Vec<u32> = (0..joints as u32).collect();
    for _ in joints..graph.num_nodes() {
        slot_of_node.push(slots.len() as u32);
        slots.push(Slot::bend());
    }
    for node in 0..graph.num_nodes() {
        let position = graph.pos(NodeHandle::new(node));
        let slot = &mut slots[slot_of_node[node] as usize];
        // The middle of a box with a self reference is left of the middle of its slot.
        slot.x = position.center().x + if node < joints { (slot.left - slot.right) / 2.0 } else { 0.0 };
    }
    let mut rows: Vec<Vec<u32>> = (0..graph.dag.num_levels())
        .map(|level| graph.dag.row(level).iter().map(|handle| slot_of_node[handle.get_index()]).collect())
        .collect();
    rows.retain(|row: &Vec<u32>| !row.is_empty());
    for row in &rows {
        for pair in row.windows(2) {
            let (left, right) = (&slots[pair[0] as usize], &slots[pair[1] as usize]);
            if right.x - left.x < left.right + right.left + 2.0 {
                return Err(PlacementError::Failed { engine: NAME });
            }
        }
    }
    let target = diagram.boxes.iter().position(|sized| sized.target).unwrap_or(0) as u32;
    let is_box = |slot: u32| matches!(slots[slot as usize].content, Content::Box(_));
    if rows.last().is_none_or(|last| last.iter().any(|&slot| slot != target && is_box(slot)) || !last.contains(&target))
    {
        return Err(PlacementError::Unsuitable { engine: NAME, reason: "the target is not alone in the last row" });
    }
    // Chains: from joint to joint along connectors, which have one successor each.
    for &(from, to, position) in &handed {
        let mut way = None;
        for first in graph.succ(handles[from as usize]) {
            let mut nodes = vec![first.get_index()];
            while nodes[nodes.len() - 1] >= joints && nodes.len() <= graph.num_nodes() {
                match graph.succ(NodeHandle::new(nodes[nodes.len() - 1])).first() {
                    Some(next) => nodes.push(next.get_index()),
                    None => break,
                }
            }
            if nodes.last() == Some(&(to as usize)) {
                way = Some(nodes);
                break;
            }
        }
        let way = way.ok_or(PlacementError::Failed { engine: NAME })?;
        chains[position].slots.extend(way.into_iter().map(|node| slot_of_node[node]));
    }
    Ok(Rows { slots, rows, chains })
}

/// How many boxes, labels and arrows there are, and bends of arrows that pass rows when every box stands as high as it can.
fn size_with_connectors(joints: usize, links: &[(u32, u32, usize)], place: &[usize]) -> usize {
    let mut row = vec![0usize; joints];
    // Sorted by the place of their upper end, so that its row is known when its links come.
    let mut sorted = links.to_vec();
    sorted.sort_by_key(|&(from, _, _)| place[from as usize]);
    for (from, to, _) in sorted {
        row[to as usize] = row[to as usize].max(row[from as usize] + 1);
    }
    joints + links.iter().map(|&(from, to, _)| row[to as usize] - row[from as usize]).sum::<usize>()
}

fn topological_places(joints: usize, links: &[(u32, u32, usize)]) -> Vec<usize> {
    let mut waiting = vec![0usize; joints];
    links.iter().for_each(|&(_, to, _)| waiting[to as usize] += 1);
    let mut order: Vec<usize> = (0..joints).filter(|&joint| waiting[joint] == 0).collect();
    let mut done = 0;
    while done < order.len() {
        let joint = order[done];
        for &(_, to, _) in links.iter().filter(|&&(from, _, _)| from as usize == joint) {
            waiting[to as usize] -= 1;
            if waiting[to as usize] == 0 {
                order.push(to as usize);
            }
        }
        done += 1;
    }
    let mut place = vec![0; joints];
    order.iter().enumerate().for_each(|(at, &joint)| place[joint] = at);
    place
}

/// layout-rs places and draws in one step; its drawing goes nowhere.
struct Nowhere;

impl RenderBackend for Nowhere {
    fn draw_rect(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>, _: Option<ClipHandle>) {}
    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}
    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}
    fn draw_text(&mut self, _: Point, _: &str, _: &StyleAttr) {}
    fn draw_arrow(
        &mut self,
        _: &[(Point, Point)],
        _: bool,
        _: (bool, bool),
        _: &StyleAttr,
        _: Option<String>,
        _: &str,
    ) {
    }
    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}
