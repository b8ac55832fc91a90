//! Crowds in columns: where dozens of boxes have the very same neighbours, a row of them would be wider than any screen.
//!
//! They are stacked into columns, and each column is placed as if it were one box. Inside, the arrows of its boxes run
//! sideways, past their labels, into a lane beside the boxes: one trunk for each neighbour, which only the arrow that has to go
//! furthest draws as a whole. The others end where they join it.

use std::collections::BTreeMap;

use crate::render::placement::route::{HEAD_HALF_WIDTH, HEAD_LENGTH};
use crate::render::placement::{Placed, PlacedArrow, Point, Rect, Size, SizedArrow, SizedBox, SizedDiagram, Step};

/// Fewer boxes than this are no crowd,
const FEWEST: usize = 40;
/// and neither are those that fit into a row of so many pixels.
const WIDEST: f64 = 3840.0;
/// All columns together are to be so many times as wide as high.
const ASPECT: f64 = 1.6;
/// Between two boxes of a column; between two columns; and between a box and what stands beside it.
const GAP: f64 = 12.0;
const BESIDE: f64 = 26.0;
const STUB: f64 = 6.0;
/// Above and below the boxes of a column, where trunks bend to their lanes.
const BEND: f64 = 26.0;
/// Width of a lane, its line in the middle; arrows join it in a curve of this radius.
const LANE: f64 = 12.0;
const CURVE: f64 = 6.0;

/// A diagram in which each column is one box.
pub(super) struct Stacks {
    /// What is to be placed.
    pub(super) reduced: SizedDiagram,
    /// For each box of the whole that stands by itself, its index there and in `reduced`.
    boxes: Vec<(usize, usize)>,
    arrows: Vec<(usize, usize)>,
    columns: Vec<Column>,
}

struct Column {
    /// Index in the reduced diagram.
    index: usize,
    /// Boxes of the whole, from top to bottom.
    members: Vec<usize>,
    /// Widest box.
    width: f64,
    /// One for each neighbour.
    sides: Vec<Side>,
}

/// All references of a column to or from one neighbour.
struct Side {
    /// Index of the trunk in the reduced diagram.
    trunk: usize,
    /// They point to the neighbour.
    out: bool,
    /// Arrow of each member, in their order.
    arrows: Vec<usize>,
    /// Widest label, 0 without any.
    label: f64,
}

impl Side {
    fn width(&self) -> f64 {
        let label = if self.label > 0.0 { self.label + STUB } else { 0.0 };
        STUB + HEAD_LENGTH + label + CURVE + LANE
    }
}

/// What a box is joined to: (it refers to the neighbour, neighbour, arrow). References to it come first.
type Joints = Vec<(bool, usize, usize)>;

impl Stacks {
    /// `None` when there is no crowd. O(n log n).
    pub(super) fn of(diagram: &SizedDiagram) -> Option<Stacks> {
        if diagram.boxes.len() < FEWEST {
            return None;
        }
        let crowds = crowds(diagram);
        if crowds.is_empty() {
            return None;
        }
        let mut stacked = vec![false; diagram.boxes.len()];
        crowds.iter().flat_map(|(members, _)| members).for_each(|&member| stacked[member] = true);
        let boxes: Vec<(usize, usize)> = (0..diagram.boxes.len())
            .filter(|&index| !stacked[index])
            .enumerate()
            .map(|(to, from)| (from, to))
            .collect();
        let mut place = vec![0; diagram.boxes.len()];
        boxes.iter().for_each(|&(from, to)| place[from] = to);
        let mut stacks = Stacks {
            reduced: SizedDiagram {
                boxes: boxes.iter().map(|&(from, _)| diagram.boxes[from]).collect(),
                arrows: vec![],
                targets_first: diagram.targets_first,
            },
            boxes,
            arrows: vec![],
            columns: vec![],
        };
        for (index, arrow) in diagram.arrows.iter().enumerate() {
            if !stacked[arrow.from] && !stacked[arrow.to] {
                stacks.arrows.push((index, stacks.reduced.arrows.len()));
                stacks.reduced.arrows.push(SizedArrow { from: place[arrow.from], to: place[arrow.to], ..*arrow });
            }
        }
        for (members, joints) in &crowds {
            for some in members.chunks(column_length(members, joints, diagram)) {
                let index = stacks.reduced.boxes.len();
                let mut sides = Vec::new();
                for (side, &(out, neighbour, _)) in joints[&some[0]].iter().enumerate() {
                    let (from, to) = if out { (index, place[neighbour]) } else { (place[neighbour], index) };
                    let arrows: Vec<usize> = some.iter().map(|member| joints[member][side].2).collect();
                    sides.push(Side {
                        trunk: stacks.reduced.arrows.len(),
                        out,
                        label: widest_label(&arrows, diagram),
                        arrows,
                    });
                    stacks.reduced.arrows.push(SizedArrow { from, to, label: None, emphasised: false });
                }
                let column = Column {
                    index,
                    width: some.iter().map(|&member| diagram.boxes[member].size.width).fold(0.0, f64::max),
                    members: some.to_vec(),
                    sides,
                };
                let size = column.size(diagram);
                stacks.reduced.boxes.push(SizedBox { size, target: false });
                stacks.columns.push(column);
            }
        }
        Some(stacks)
    }

    /// The whole, once the reduced diagram is placed.
    pub(super) fn unfold(&self, mut placed: Placed, diagram: &SizedDiagram) -> Placed {
        let mut whole = Placed {
            size: placed.size,
            boxes: vec![Rect::default(); diagram.boxes.len()],
            arrows: vec![PlacedArrow::default(); diagram.arrows.len()],
        };
        self.boxes.iter().for_each(|&(from, to)| whole.boxes[from] = placed.boxes[to]);
        for &(from, to) in &self.arrows {
            whole.arrows[from] = std::mem::take(&mut placed.arrows[to]);
        }
        for column in &self.columns {
            column.unfold(&placed, diagram, &mut whole);
        }
        whole
    }
}

/// Boxes with one or two arrows to or from different neighbours, gathered by these neighbours, where they are too many for a row.
fn crowds(diagram: &SizedDiagram) -> Vec<(Vec<usize>, BTreeMap<usize, Joints>)> {
    let mut joints: Vec<Option<Joints>> = diagram.boxes.iter().map(|sized| (!sized.target).then(Joints::new)).collect();
    for (index, arrow) in diagram.arrows.iter().enumerate() {
        for (end, out, other) in [(arrow.from, true, arrow.to), (arrow.to, false, arrow.from)] {
            let Some(known) = &mut joints[end] else { continue };
            let fits = arrow.from != arrow.to && !arrow.emphasised && known.len() < 2;
            if fits && known.iter().all(|&(_, neighbour, _)| neighbour != other) {
                known.push((out, other, index));
            } else {
                joints[end] = None;
            }
        }
    }
    let mut alike: BTreeMap<Vec<(bool, usize)>, Vec<usize>> = BTreeMap::new();
    for (index, joints) in joints.iter_mut().enumerate() {
        if let Some(joints) = joints.as_mut().filter(|joints| !joints.is_empty()) {
            joints.sort_unstable();
            alike.entry(joints.iter().map(|&(out, other, _)| (out, other)).collect()).or_default().push(index);
        }
    }
    let row = |members: &[usize]| members.iter().map(|&member| diagram.boxes[member].size.width + BESIDE).sum::<f64>();
    alike.retain(|_, members| members.len() >= FEWEST && row(members) > WIDEST);
    let with_joints = |members: Vec<usize>| {
        let theirs = members.iter().filter_map(|&member| Some((member, joints[member].take()?))).collect();
        (members, theirs)
    };
    alike.into_values().map(with_joints).collect()
}

fn widest_label(arrows: &[usize], diagram: &SizedDiagram) -> f64 {
    arrows.iter().filter_map(|&arrow| diagram.arrows[arrow].label).map(|label| label.width).fold(0.0, f64::max)
}

/// How many boxes go into one column, so that all columns together have the wished proportions.
fn column_length(members: &[usize], joints: &BTreeMap<usize, Joints>, diagram: &SizedDiagram) -> usize {
    let (mut width, mut height) = (BESIDE, 0.0f64);
    width += members.iter().map(|&member| diagram.boxes[member].size.width).fold(0.0, f64::max);
    height += members.iter().map(|&member| diagram.boxes[member].size.height + GAP).sum::<f64>() / members.len() as f64;
    for (side, _) in joints[&members[0]].iter().enumerate() {
        let arrows: Vec<usize> = members.iter().map(|member| joints[member][side].2).collect();
        width += Side { trunk: 0, out: false, label: widest_label(&arrows, diagram), arrows }.width();
    }
    let columns = (ASPECT * members.len() as f64 * height / width).sqrt().ceil().max(1.0);
    (members.len() as f64 / columns).ceil().max(1.0) as usize
}

impl Column {
    fn size(&self, diagram: &SizedDiagram) -> Size {
        let heights: f64 = self.members.iter().map(|&member| diagram.boxes[member].size.height + GAP).sum();
        Size {
            width: self.width
                + self.sides.iter().map(Side::width).sum::<f64>()
                + if self.sides.len() < 2 { STUB } else { 0.0 },
            height: heights - GAP + 2.0 * BEND,
        }
    }

    fn unfold(&self, placed: &Placed, diagram: &SizedDiagram, whole: &mut Placed) {
        let outline = placed.boxes[self.index];
        let ports: Vec<Point> = self.sides.iter().map(|side| port(&placed.arrows[side.trunk], side.out)).collect();
        let above = |port: &Point| port.y < outline.y + outline.height / 2.0;
        // The first lane is on the left unless the trunks would cross on their way to the lanes.
        let turned = match &ports[..] {
            [first, second] => above(first) == above(second) && first.x > second.x,
            _ => false,
        };
        let left = match (turned, &self.sides[..]) {
            (false, [first, _]) => first.width(),
            (true, [_, second]) => second.width(),
            // A single lane is on the right.
            _ => STUB,
        };
        let mut y = outline.y + BEND;
        for &member in &self.members {
            let Size { width, height } = diagram.boxes[member].size;
            whole.boxes[member] = Rect { x: outline.x + left + (self.width - width) / 2.0, y, width, height };
            y += height + GAP;
        }
        for (number, (side, &port)) in self.sides.iter().zip(&ports).enumerate() {
            let on_left = self.sides.len() == 2 && (number == 0) != turned;
            let lane = Lane {
                x: if on_left { outline.x + LANE / 2.0 } else { outline.right() - LANE / 2.0 },
                // Where labels stand, from the boxes outwards.
                labels: if on_left {
                    outline.x + left - STUB - HEAD_LENGTH
                } else {
                    outline.x + left + self.width + STUB + HEAD_LENGTH
                },
                inwards: if on_left { 1.0 } else { -1.0 },
                up: above(&port),
                side,
                outline,
                port,
            };
            let furthest = if lane.up { self.members.len() - 1 } else { 0 };
            for (place, (&member, &arrow)) in self.members.iter().zip(&side.arrows).enumerate() {
                let trunk = (place == furthest).then_some(&placed.arrows[side.trunk]);
                let label = diagram.arrows[arrow].label;
                whole.arrows[arrow] = lane.arrow(&whole.boxes[member], label, trunk, placed.arrows[side.trunk].back);
            }
        }
    }
}

/// Where a trunk touches its column.
fn port(trunk: &PlacedArrow, out: bool) -> Point {
    match (out, trunk.line.first()) {
        (true, Some(&Step::Move(start))) => start,
        _ => trunk.head[0],
    }
}

/// The room beside the boxes of a column in which their arrows to one neighbour run.
struct Lane<'a> {
    x: f64,
    labels: f64,
    /// 1 when the boxes are to the right of the lane, -1 when they are to the left.
    inwards: f64,
    /// It leads to the top of the column.
    up: bool,
    side: &'a Side,
    outline: Rect,
    port: Point,
}

impl Lane<'_> {
    /// The arrow between a box and the lane, or with the trunk that it draws, all the way to the neighbour.
    fn arrow(&self, from: &Rect, label: Option<Size>, trunk: Option<&PlacedArrow>, back: bool) -> PlacedArrow {
        let middle = from.y + from.height / 2.0;
        let at = |x: f64| Point { x, y: middle };
        let edge = at(if self.inwards > 0.0 { from.x } else { from.right() });
        let room = label.map(|Size { width, height }| {
            let x = if self.inwards > 0.0 { self.labels - width } else { self.labels };
            Rect { x, y: middle - height / 2.0, width, height }
        });
        // From the box outwards.
        let mut way = Way::from(if self.side.out { edge } else { at(edge.x - self.inwards * HEAD_LENGTH) });
        if let Some(room) = room {
            let (near, far) = if self.inwards > 0.0 { (room.right(), room.x) } else { (room.x, room.right()) };
            way.line(at(near));
            way.jump(at(far));
        }
        let towards = if self.up { -1.0 } else { 1.0 };
        let joined = Point { x: self.x, y: middle + towards * CURVE };
        way.line(at(self.x + self.inwards * CURVE));
        way.curve(at(self.x), at(self.x), joined);
        let mut arrow = PlacedArrow { label: room, back, ..PlacedArrow::default() };
        if trunk.is_some() {
            let end = if self.up { self.outline.y } else { self.outline.bottom() };
            let bend = end - towards * BEND;
            way.line(Point { x: self.x, y: bend });
            let half = (bend + end) / 2.0;
            way.curve(Point { x: self.x, y: half }, Point { x: self.port.x, y: half }, self.port);
        }
        let beyond = trunk.map_or(&[][..], |trunk| &trunk.line);
        if self.side.out {
            arrow.line = way.steps;
            arrow.line.extend(beyond.iter().skip(1));
            arrow.head = trunk.map_or([joined; 3], |trunk| trunk.head);
        } else {
            arrow.line = beyond.to_vec();
            if trunk.is_some() {
                arrow.line.push(Step::Line(self.port));
            }
            let mut inwards = backwards(&way.steps);
            inwards.drain(..usize::from(trunk.is_some()));
            arrow.line.extend(inwards);
            let base = edge.x - self.inwards * HEAD_LENGTH;
            let corner = |side: f64| Point { x: base, y: middle + side * HEAD_HALF_WIDTH };
            arrow.head = [edge, corner(-1.0), corner(1.0)];
        }
        arrow
    }
}

/// A line being drawn.
struct Way {
    steps: Vec<Step>,
}

impl Way {
    fn from(start: Point) -> Self {
        Way { steps: vec![Step::Move(start)] }
    }

    fn line(&mut self, to: Point) {
        self.steps.push(Step::Line(to));
    }

    fn jump(&mut self, to: Point) {
        self.steps.push(Step::Move(to));
    }

    fn curve(&mut self, out: Point, into: Point, to: Point) {
        self.steps.push(Step::Curve(out, into, to));
    }
}

/// The same line from its end to its beginning.
fn backwards(steps: &[Step]) -> Vec<Step> {
    let end = |step: &Step| match *step {
        Step::Move(end) | Step::Line(end) | Step::Curve(_, _, end) => end,
    };
    let mut turned: Vec<Step> = steps.last().map(|last| Step::Move(end(last))).into_iter().collect();
    for pair in steps.windows(2).rev() {
        let to = end(&pair[0]);
        turned.push(match pair[1] {
            Step::Move(_) => Step::Move(to),
            Step::Line(_) => Step::Line(to),
            Step::Curve(out, into, _) => Step::Curve(into, out, to),
        });
    }
    turned
}
