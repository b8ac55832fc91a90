//! How good a placement is, in numbers: what engines are compared by and tests insist on.

use super::placement::{Placed, PlacedArrow, Point, Rect, SizedDiagram, Step};

/// Counts of what a reader suffers from. Distances are in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quality {
    /// Pairs of boxes that overlap.
    pub overlapping_boxes: usize,
    /// Pairs of an arrow and a box, neither its referrer nor its referent, that touch.
    pub arrows_through_boxes: usize,
    /// Labels that touch another label, a box or the line of another arrow.
    pub label_clashes: usize,
    /// Labels that the line of their own arrow runs through.
    pub struck_labels: usize,
    /// Points where two arrows cross.
    pub crossings: usize,
    /// Sum of the lengths of all arrows.
    pub length: f64,
    /// Width times height of the whole.
    pub area: f64,
}

/// Curves are measured as so many straight pieces.
const PIECES: usize = 12;
/// Arrows of the same box may meet this close to their ends.
const MEETING: f64 = 2.0;

impl Quality {
    /// Measures a placement. Sorts everything from top to bottom, so the cost is near-linear in sparse pictures.
    pub fn of(placed: &Placed, diagram: &SizedDiagram) -> Quality {
        let ends: Vec<(usize, usize)> = diagram.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
        Quality::measured(&placed.boxes, &placed.arrows, &ends, placed.size.width * placed.size.height)
    }

    /// Measures rectangles and lines; `ends[i]` are the boxes that `arrows[i]` joins.
    pub fn measured(boxes: &[Rect], arrows: &[PlacedArrow], ends: &[(usize, usize)], area: f64) -> Quality {
        let lines: Vec<Vec<Segment>> = arrows.iter().map(flatten).collect();
        let mut segments: Vec<Segment> = Vec::new();
        for (arrow, line) in lines.iter().enumerate() {
            segments.extend(line.iter().map(|segment| Segment { owner: arrow, ..*segment }));
        }
        let labels: Vec<(usize, Rect)> =
            arrows.iter().enumerate().filter_map(|(index, arrow)| arrow.label.map(|label| (index, label))).collect();
        let own: Vec<(usize, Rect)> = boxes.iter().copied().enumerate().collect();

        let overlapping_boxes = touching_rects(&own, &own, |a, b| a < b);
        let label_pairs = touching_rects(&labels, &labels, |a, b| a < b);
        let label_on_box = touching_rects(&labels, &own, |_, _| true);
        let label_on_line = touching_lines(&labels, &segments, |label, arrow| label != arrow);
        let struck_labels = touching_lines(&labels, &segments, |label, arrow| label == arrow);
        let arrows_through_boxes = touching_lines(&own, &segments, |index, arrow| {
            let (from, to) = ends[arrow];
            index != from && index != to
        });
        Quality {
            overlapping_boxes,
            arrows_through_boxes,
            struck_labels,
            label_clashes: label_pairs + label_on_box + label_on_line,
            crossings: crossings(segments, &lines, ends),
            length: lines.iter().flatten().map(Segment::length).sum(),
            area,
        }
    }

    /// Nothing overlaps or clashes.
    pub fn is_clean(&self) -> bool {
        self.overlapping_boxes + self.arrows_through_boxes + self.label_clashes + self.struck_labels == 0
    }

    /// No worse in anything that counts.
    pub fn at_least_as_good_as(&self, other: &Quality) -> bool {
        self.is_clean() && self.crossings <= other.crossings && self.length <= other.length && self.area <= other.area
    }
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    owner: usize,
    a: Point,
    b: Point,
}

impl Segment {
    fn length(&self) -> f64 {
        (self.a.x - self.b.x).hypot(self.a.y - self.b.y)
    }
    fn top(&self) -> f64 {
        self.a.y.min(self.b.y)
    }
    fn bottom(&self) -> f64 {
        self.a.y.max(self.b.y)
    }
}

fn flatten(arrow: &PlacedArrow) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut at = Point::default();
    let mut push = |a: Point, b: Point| segments.push(Segment { owner: 0, a, b });
    for step in &arrow.line {
        match *step {
            Step::Move(end) => at = end,
            Step::Line(end) => {
                push(at, end);
                at = end;
            }
            Step::Curve(out, into, end) => {
                let start = at;
                for piece in 1..=PIECES {
                    let t = piece as f64 / PIECES as f64;
                    let u = 1.0 - t;
                    let blend = |a: f64, b: f64, c: f64, d: f64| {
                        u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d
                    };
                    let next =
                        Point { x: blend(start.x, out.x, into.x, end.x), y: blend(start.y, out.y, into.y, end.y) };
                    push(at, next);
                    at = next;
                }
            }
        }
    }
    segments
}

/// Pairs of rectangles that share more than an edge, by a sweep from top to bottom.
fn touching_rects(left: &[(usize, Rect)], right: &[(usize, Rect)], counts: impl Fn(usize, usize) -> bool) -> usize {
    let mut order: Vec<&(usize, Rect)> = right.iter().collect();
    order.sort_by(|a, b| a.1.y.total_cmp(&b.1.y));
    let tallest = right.iter().map(|(_, rect)| rect.height).fold(0.0, f64::max);
    let mut found = 0;
    for (index, rect) in left {
        let begin = order.partition_point(|other| other.1.y < rect.y - tallest);
        for (other_index, other) in order[begin..].iter().take_while(|other| other.1.y < rect.bottom()) {
            let apart = rect.right() <= other.x
                || other.right() <= rect.x
                || rect.bottom() <= other.y
                || other.bottom() <= rect.y;
            found += usize::from(!apart && counts(*index, *other_index));
        }
    }
    found
}

/// Pairs of a rectangle and an arrow whose line enters it.
fn touching_lines(rects: &[(usize, Rect)], segments: &[Segment], counts: impl Fn(usize, usize) -> bool) -> usize {
    let mut order: Vec<&Segment> = segments.iter().collect();
    order.sort_by(|a, b| a.top().total_cmp(&b.top()));
    let tallest = segments.iter().map(|segment| segment.bottom() - segment.top()).fold(0.0, f64::max);
    let mut pairs = Vec::new();
    for (index, rect) in rects {
        let begin = order.partition_point(|segment| segment.top() < rect.y - tallest);
        for segment in order[begin..].iter().take_while(|segment| segment.top() < rect.bottom()) {
            if counts(*index, segment.owner) && enters(segment, rect) {
                pairs.push((*index, segment.owner));
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs.len()
}

/// The segment has a point inside the rectangle (Liang–Barsky clipping).
fn enters(segment: &Segment, rect: &Rect) -> bool {
    let slack = 0.05;
    let (dx, dy) = (segment.b.x - segment.a.x, segment.b.y - segment.a.y);
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (change, room) in [
        (-dx, segment.a.x - rect.x - slack),
        (dx, rect.right() - slack - segment.a.x),
        (-dy, segment.a.y - rect.y - slack),
        (dy, rect.bottom() - slack - segment.a.y),
    ] {
        if change == 0.0 {
            if room < 0.0 {
                return false;
            }
        } else if change < 0.0 {
            enter = enter.max(room / change);
        } else {
            leave = leave.min(room / change);
        }
    }
    enter < leave
}

fn crossings(mut segments: Vec<Segment>, lines: &[Vec<Segment>], ends: &[(usize, usize)]) -> usize {
    segments.sort_by(|a, b| a.top().total_cmp(&b.top()));
    let mut found: Vec<(usize, usize, Point)> = Vec::new();
    let mut active: Vec<Segment> = Vec::new();
    for segment in segments {
        active.retain(|other| other.bottom() >= segment.top());
        for other in &active {
            if other.owner != segment.owner
                && let Some(point) = intersection(&segment, other)
                && !meet(lines, ends, segment.owner, other.owner, point)
            {
                found.push((segment.owner.min(other.owner), segment.owner.max(other.owner), point));
            }
        }
        active.push(segment);
    }
    // Where a crossing falls on the joint of two pieces it is found twice.
    found.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.y.total_cmp(&b.2.y)).then(a.2.x.total_cmp(&b.2.x)));
    found.dedup_by(|a, b| (a.0, a.1) == (b.0, b.1) && (a.2.x - b.2.x).hypot(a.2.y - b.2.y) < 0.5);
    found.len()
}

/// The point is where two arrows of the same box end.
fn meet(lines: &[Vec<Segment>], ends: &[(usize, usize)], a: usize, b: usize, point: Point) -> bool {
    let shared = |x: usize| x == ends[b].0 || x == ends[b].1;
    if !shared(ends[a].0) && !shared(ends[a].1) {
        return false;
    }
    let near = |end: Point| (end.x - point.x).hypot(end.y - point.y) < MEETING;
    [a, b]
        .iter()
        .any(|&arrow| lines[arrow].first().is_some_and(|s| near(s.a)) || lines[arrow].last().is_some_and(|s| near(s.b)))
}

fn intersection(one: &Segment, two: &Segment) -> Option<Point> {
    let (r, s) =
        (Point { x: one.b.x - one.a.x, y: one.b.y - one.a.y }, Point { x: two.b.x - two.a.x, y: two.b.y - two.a.y });
    let cross = r.x * s.y - r.y * s.x;
    if cross.abs() < 1e-9 {
        return None;
    }
    let d = Point { x: two.a.x - one.a.x, y: two.a.y - one.a.y };
    let t = (d.x * s.y - d.y * s.x) / cross;
    let u = (d.x * r.y - d.y * r.x) / cross;
    ((0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&u))
        .then_some(Point { x: one.a.x + t * r.x, y: one.a.y + t * r.y })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn straight(a: (f64, f64), b: (f64, f64)) -> PlacedArrow {
        let point = |(x, y)| Point { x, y };
        PlacedArrow { line: vec![Step::Move(point(a)), Step::Line(point(b))], ..PlacedArrow::default() }
    }

    #[test]
    fn each_defect_is_found_once() {
        let rect = |x, y| Rect { x, y, width: 10.0, height: 10.0 };
        let boxes = [rect(0.0, 0.0), rect(5.0, 5.0), rect(100.0, 0.0), rect(0.0, 100.0), rect(100.0, 100.0)];
        let mut labelled = straight((5.0, 10.0), (105.0, 100.0));
        labelled.label = Some(rect(102.0, 50.0));
        let arrows = [labelled, straight((105.0, 10.0), (5.0, 100.0)), straight((105.0, 10.0), (105.0, 100.0))];
        let quality = Quality::measured(&boxes, &arrows, &[(0, 4), (2, 3), (2, 4)], 1.0);
        assert_eq!(quality.overlapping_boxes, 1);
        assert_eq!(quality.arrows_through_boxes, 1, "the first runs through the second box");
        assert_eq!(quality.label_clashes, 1, "the label stands on the third arrow");
        assert_eq!(quality.crossings, 1);
        assert!((quality.length - (2.0 * 100f64.hypot(90.0) + 90.0)).abs() < 1e-9);
    }

    #[test]
    fn neighbours_that_only_touch_are_clean() {
        let boxes =
            [Rect { x: 0.0, y: 0.0, width: 10.0, height: 10.0 }, Rect { x: 10.0, y: 0.0, width: 10.0, height: 10.0 }];
        assert!(Quality::measured(&boxes, &[], &[], 200.0).is_clean());
    }
}
