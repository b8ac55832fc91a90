//! From rows of slots to coordinates: heights, ports, curves, heads.
//!
//! Arrows run straight down through the bands of the rows, each inside its own slot, and turn only in the gaps between
//! them. So none can touch a foreign box or label, and two arrows cross in a gap only if their order differs above and
//! below it, and then once: the picture has exactly the crossings of the order.

use super::ports::Ports;
use super::slots::{Chain, Content, LOOP_REACH, Rows};
use super::{Placed, PlacedArrow, Point, Rect, Size, SizedDiagram, Step};

/// Length of an arrowhead, and half of its width.
pub(crate) const HEAD_LENGTH: f64 = 8.5;
pub(crate) const HEAD_HALF_WIDTH: f64 = 3.6;
/// Smallest and largest room between two rows for arrows to turn in.
const SMALLEST_TURN: f64 = 13.0;
const LARGEST_TURN: f64 = 64.0;
/// A turn gets so much height for each pixel to the side.
const TURN_SLOPE: f64 = 0.11;

/// Gives rows their heights and arrows their lines. Linear in the number of slots but for sorting ports.
pub fn route(rows: &Rows, diagram: &SizedDiagram) -> Placed {
    let bands = Bands::of(rows);
    let mut placed = Placed {
        size: Size::default(),
        boxes: vec![Rect::default(); diagram.boxes.len()],
        arrows: vec![PlacedArrow::default(); diagram.arrows.len()],
    };
    for (row, slots) in rows.rows.iter().enumerate() {
        let middle = (bands.top[row] + bands.bottom[row]) / 2.0;
        for &slot in slots {
            let slot = &rows.slots[slot as usize];
            if let Content::Box(index) = slot.content {
                let Size { width, height } = diagram.boxes[index].size;
                placed.boxes[index] = Rect { x: slot.x - width / 2.0, y: middle - height / 2.0, width, height };
            }
        }
    }
    let ports = Ports::of(rows);
    for (index, chain) in rows.chains.iter().enumerate() {
        placed.arrows[chain.arrow] =
            line_of(rows, chain, &bands, diagram, &placed.boxes, ports.upper[index], ports.lower[index]);
    }
    for (index, arrow) in diagram.arrows.iter().enumerate().filter(|(_, arrow)| arrow.from == arrow.to) {
        placed.arrows[index] = self_reference(&placed.boxes[arrow.from], arrow.label);
    }
    move_to_origin(&mut placed);
    placed
}

/// Vertical extent of the rows, and of the turns between them.
struct Bands {
    top: Vec<f64>,
    bottom: Vec<f64>,
    /// The row of each slot.
    row: Vec<u32>,
    /// Straight stems above the turn below each row, and below it: room for heads.
    stems: Vec<(f64, f64)>,
}

impl Bands {
    fn of(rows: &Rows) -> Self {
        let count = rows.rows.len();
        let mut row_of = vec![0u32; rows.slots.len()];
        let mut boxes_in = vec![false; count];
        let mut height = vec![0.0f64; count];
        for (row, slots) in rows.rows.iter().enumerate() {
            for &slot in slots {
                row_of[slot as usize] = row as u32;
                height[row] = height[row].max(rows.slots[slot as usize].height);
                boxes_in[row] |= matches!(rows.slots[slot as usize].content, Content::Box(_));
            }
        }
        let mut sideways = vec![0.0f64; count];
        for chain in &rows.chains {
            for pair in chain.slots.windows(2) {
                let row = row_of[pair[0] as usize] as usize;
                let distance = (rows.slots[pair[0] as usize].x - rows.slots[pair[1] as usize].x).abs();
                sideways[row] = sideways[row].max(distance);
            }
        }
        let mut bands = Bands { top: vec![], bottom: vec![], row: row_of, stems: vec![] };
        let mut y = 0.0;
        for row in 0..count {
            bands.top.push(y);
            y += height[row];
            bands.bottom.push(y);
            let stem = |boxes: bool| if boxes { HEAD_LENGTH + 1.5 } else { 1.0 };
            let stems = (stem(boxes_in[row]), stem(boxes_in.get(row + 1).copied().unwrap_or(false)));
            y += stems.0 + (sideways[row] * TURN_SLOPE).clamp(SMALLEST_TURN, LARGEST_TURN) + stems.1;
            bands.stems.push(stems);
        }
        bands
    }
}

fn line_of(
    rows: &Rows,
    chain: &Chain,
    bands: &Bands,
    diagram: &SizedDiagram,
    boxes: &[Rect],
    upper: f64,
    lower: f64,
) -> PlacedArrow {
    let mut pen = Pen::default();
    let mut arrow = PlacedArrow { back: chain.back, ..PlacedArrow::default() };
    let last = chain.slots.len() - 1;
    let box_of = |slot: u32| match rows.slots[slot as usize].content {
        Content::Box(index) => Some(&boxes[index]),
        _ => None,
    };
    let row_of = |position: usize| bands.row[chain.slots[position] as usize] as usize;
    let upper_box = box_of(chain.slots[0]).copied().unwrap_or_default();
    let lower_box = box_of(chain.slots[last]).copied().unwrap_or_default();
    let start = Point { x: upper, y: upper_box.bottom() + if chain.upwards { HEAD_LENGTH } else { 0.0 } };
    pen.start(start);
    let mut x = upper;
    for position in 0..last {
        let row = row_of(position);
        let (next, next_row) = (&rows.slots[chain.slots[position + 1] as usize], row_of(position + 1));
        let next_x = if position + 1 == last { lower } else { next.x };
        let from = Point { x, y: bands.bottom[row] + bands.stems[row].0 };
        let to = Point { x: next_x, y: bands.top[next_row] - bands.stems[row].1 };
        pen.line(from);
        pen.turn(to);
        x = next_x;
        if position + 1 == last {
            break;
        }
        let (top, bottom) = (bands.top[next_row], bands.bottom[next_row]);
        if let (Content::Label(index), Some(label)) = (next.content, diagram.arrows[chain.arrow].label) {
            debug_assert_eq!(index, chain.arrow);
            let middle = (top + bottom) / 2.0;
            let rect = Rect {
                x: x - label.width / 2.0,
                y: middle - label.height / 2.0,
                width: label.width,
                height: label.height,
            };
            pen.line(Point { x, y: rect.y });
            pen.start(Point { x, y: rect.bottom() });
            arrow.label = Some(rect);
        }
        pen.line(Point { x, y: bottom });
    }
    let end = Point { x: lower, y: lower_box.y - if chain.upwards { 0.0 } else { HEAD_LENGTH } };
    pen.line(end);
    let (tip, base) = if chain.upwards {
        (Point { x: upper, y: upper_box.bottom() }, start.y)
    } else {
        (Point { x: lower, y: lower_box.y }, end.y)
    };
    arrow.head = [tip, Point { x: tip.x - HEAD_HALF_WIDTH, y: base }, Point { x: tip.x + HEAD_HALF_WIDTH, y: base }];
    arrow.line = if chain.upwards { pen.backwards() } else { pen.forwards() };
    arrow
}

/// A bow at the right side of the box.
fn self_reference(rect: &Rect, label: Option<Size>) -> PlacedArrow {
    let middle = rect.y + rect.height / 2.0;
    let rise = (rect.height / 2.0 - 4.0).clamp(3.0, 12.0);
    let side = rect.right();
    let point = |x: f64, y: f64| Point { x: side + x, y: middle + y };
    let reach = LOOP_REACH - 2.0;
    let line = vec![
        Step::Move(point(0.0, -rise)),
        Step::Curve(point(reach * 0.6, -rise), point(reach, -rise * 0.8), point(reach, 0.0)),
        Step::Curve(point(reach, rise * 0.8), point(reach * 0.75, rise), point(HEAD_LENGTH, rise)),
    ];
    let head =
        [point(0.0, rise), point(HEAD_LENGTH, rise - HEAD_HALF_WIDTH), point(HEAD_LENGTH, rise + HEAD_HALF_WIDTH)];
    let label = label.map(|size| Rect {
        x: side + LOOP_REACH,
        y: middle - size.height / 2.0,
        width: size.width,
        height: size.height,
    });
    PlacedArrow { line, head, label, back: false }
}

/// Draws a line that can be turned around afterwards.
#[derive(Default)]
struct Pen {
    /// Pieces; each begins where the last ended unless it is the first after `start`.
    pieces: Vec<(Point, Step)>,
    at: Point,
}

impl Pen {
    fn start(&mut self, point: Point) {
        self.at = point;
    }

    fn line(&mut self, to: Point) {
        if (to.x - self.at.x).abs() < 0.01 && (to.y - self.at.y).abs() < 0.01 {
            return;
        }
        // Straight on: lengthen the last piece.
        if let Some((from, Step::Line(end))) = self.pieces.last_mut()
            && *end == self.at
            && from.x == end.x
            && end.x == to.x
        {
            *end = to;
        } else {
            self.pieces.push((self.at, Step::Line(to)));
        }
        self.at = to;
    }

    /// An S from here to there that leaves and arrives upright.
    fn turn(&mut self, to: Point) {
        if (to.x - self.at.x).abs() < 0.3 {
            // The slight slant keeps the order of neighbours.
            return self.line(to);
        }
        let half = (to.y - self.at.y) / 2.0;
        let out = Point { x: self.at.x, y: self.at.y + half };
        let into = Point { x: to.x, y: to.y - half };
        self.pieces.push((self.at, Step::Curve(out, into, to)));
        self.at = to;
    }

    fn forwards(self) -> Vec<Step> {
        join(self.pieces)
    }

    fn backwards(self) -> Vec<Step> {
        let turned = self.pieces.into_iter().rev().map(|(from, step)| match step {
            Step::Curve(out, into, end) => (end, Step::Curve(into, out, from)),
            Step::Line(end) | Step::Move(end) => (end, Step::Line(from)),
        });
        join(turned.collect())
    }
}

fn join(pieces: Vec<(Point, Step)>) -> Vec<Step> {
    let mut steps = Vec::with_capacity(pieces.len() + 2);
    let mut at = None;
    for (from, step) in pieces {
        if at != Some(from) {
            steps.push(Step::Move(from));
        }
        at = match step {
            Step::Move(end) | Step::Line(end) | Step::Curve(_, _, end) => Some(end),
        };
        steps.push(step);
    }
    steps
}

fn move_to_origin(placed: &mut Placed) {
    let mut bounds = Bounds::default();
    for rect in placed.boxes.iter().chain(placed.arrows.iter().filter_map(|arrow| arrow.label.as_ref())) {
        bounds.add(rect.x, rect.y);
        bounds.add(rect.right(), rect.bottom());
    }
    for arrow in &placed.arrows {
        arrow.head.iter().filter(|_| !arrow.line.is_empty()).for_each(|point| bounds.add(point.x, point.y));
        for step in &arrow.line {
            match *step {
                Step::Move(end) | Step::Line(end) => bounds.add(end.x, end.y),
                // A curve stays inside the hull of its control points.
                Step::Curve(out, into, end) => [out, into, end].iter().for_each(|point| bounds.add(point.x, point.y)),
            }
        }
    }
    let (dx, dy) = (-bounds.left, -bounds.top);
    let shift = |point: &mut Point| {
        point.x += dx;
        point.y += dy;
    };
    for rect in placed.boxes.iter_mut().chain(placed.arrows.iter_mut().filter_map(|arrow| arrow.label.as_mut())) {
        rect.x += dx;
        rect.y += dy;
    }
    for arrow in &mut placed.arrows {
        arrow.head.iter_mut().for_each(shift);
        for step in &mut arrow.line {
            match step {
                Step::Move(end) | Step::Line(end) => shift(end),
                Step::Curve(out, into, end) => [out, into, end].into_iter().for_each(shift),
            }
        }
    }
    placed.size = Size { width: bounds.right - bounds.left, height: bounds.bottom - bounds.top };
}

#[derive(Default)]
struct Bounds {
    any: bool,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Bounds {
    fn add(&mut self, x: f64, y: f64) {
        if !self.any {
            *self = Bounds { any: true, left: x, top: y, right: x, bottom: y };
        }
        self.left = self.left.min(x);
        self.right = self.right.max(x);
        self.top = self.top.min(y);
        self.bottom = self.bottom.max(y);
    }
}
