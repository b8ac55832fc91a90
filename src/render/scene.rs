//! The picture as shapes: rectangles, lines and runs of text with their places, before any file format.

use super::boxes::{Style, Words, has_chart, line_height};
use super::escape::{clean, clean_up_to, fit};
use super::legend::{self, LegendEntry, Sign};
use super::measure::Face;
use super::placement::{Placed, PlacedArrow, Point, Rect, Size, SizedDiagram, Step};
use super::quality::Quality;
use super::text_run::TextRun;
use super::theme;
use crate::report::diagram::{BoxRole, Diagram};
use crate::units::{self, Address};

/// Longest tooltip: so many lines, each so many characters.
const TOOLTIP_LINES: usize = 40;
const TOOLTIP_WIDTH: usize = 400;

/// Everything a picture shows, in pixels, with (0, 0) at the top left.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Size of the whole picture.
    pub size: Size,
    /// The line above, cleaned but not shortened: what the picture is called.
    pub name: String,
    /// The same, as drawn.
    pub title: Option<TextRun>,
    /// The boxes, in the diagram's order.
    pub boxes: Vec<SceneBox>,
    /// The arrows; parallel ones of the diagram are one.
    pub arrows: Vec<SceneArrow>,
    /// What dashes and colours mean, as far as they occur.
    pub legend: Vec<LegendEntry>,
    /// Lines below the picture.
    pub notes: Vec<TextRun>,
}

/// A box.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneBox {
    /// Its outline, the second sheet of a fold included.
    pub rect: Rect,
    /// What it is.
    pub role: BoxRole,
    /// It is a GC root, whatever its role.
    pub root: bool,
    /// It is to stand out.
    pub highlighted: bool,
    /// Its class has `__del__`.
    pub finalizer: bool,
    /// References from the target.
    pub distance: u32,
    /// The object's address.
    pub address: Option<Address>,
    /// Its lines with their style.
    pub texts: Vec<(Style, TextRun)>,
    /// How a number went over several snapshots, from the first on the left to the last on the right; empty for most.
    pub chart: Vec<Point>,
    /// All facts, one per line.
    pub tooltip: String,
}

/// An arrow.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneArrow {
    /// Index of the referrer's box.
    pub from: usize,
    /// Index of the referent's box.
    pub to: usize,
    /// Its line, head and the room of its label.
    pub placed: PlacedArrow,
    /// Its label.
    pub label: Option<TextRun>,
    /// It keeps nothing alive.
    pub weak: bool,
    /// Part of the shortest path to a GC root.
    pub emphasised: bool,
    /// All slot names, one per line.
    pub tooltip: String,
}

impl Scene {
    /// Overlaps, crossings and clashes.
    pub fn quality(&self) -> Quality {
        let boxes: Vec<Rect> = self.boxes.iter().map(|scene_box| scene_box.rect).collect();
        let arrows: Vec<PlacedArrow> = self.arrows.iter().map(|arrow| arrow.placed.clone()).collect();
        let ends: Vec<(usize, usize)> = self.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
        Quality::measured(&boxes, &arrows, &ends, self.size.width * self.size.height)
    }

    /// Every character can be drawn with the embedded faces.
    pub fn is_complete(&self) -> bool {
        self.texts().all(|run| run.complete)
    }

    /// All runs of text.
    pub fn texts(&self) -> impl Iterator<Item = &TextRun> {
        let boxes = self.boxes.iter().flat_map(|scene_box| scene_box.texts.iter().map(|(_, run)| run));
        let labels = self.arrows.iter().filter_map(|arrow| arrow.label.as_ref());
        let legend = self.legend.iter().map(|entry| &entry.text);
        self.title.iter().chain(boxes).chain(labels).chain(legend).chain(&self.notes)
    }
}

/// Arranges a diagram with the given engine.
pub(super) fn arrange(diagram: &Diagram, place: impl FnOnce(&SizedDiagram) -> Placed) -> Scene {
    let words = Words::of(diagram);
    let mut placed = place(&words.sized(diagram));
    let padding = theme::PICTURE_PADDING;
    let mut y = padding;
    let mut right = 0.0f64;
    let title = (!diagram.title.is_empty()).then(|| {
        let run = TextRun::below(&diagram.title, theme::TITLE_SIZE, true, Point { x: padding, y });
        y += theme::TITLE_SIZE * theme::LINE_HEIGHT + 12.0;
        right = right.max(padding + run.width);
        run
    });
    // Below a title, or above notes, that are wider than the drawing, it stands in the middle.
    let notes_width = diagram
        .notes
        .iter()
        .map(|note| fit(note, Face::Regular, theme::NOTE_SIZE, theme::NOTE_TEXT_WIDTH).measured.width);
    let widest = notes_width.fold(right - padding, f64::max);
    placed.shift(padding + ((widest - placed.size.width) / 2.0).max(0.0).round(), y);
    right = right.max(padding + placed.size.width);
    y += placed.size.height;
    let arrows = scene_arrows(&words, &placed);
    let boxes = scene_boxes(diagram, &words, &placed);
    let mut legend = legend::entries(|sign| occurs(sign, &boxes, &arrows));
    if !legend.is_empty() {
        y += 16.0;
        let widest = (right - padding).max(legend::SMALLEST_WIDTH);
        let size = legend::arrange(&mut legend, Point { x: padding, y }, widest);
        right = right.max(padding + size.width);
        y += size.height;
    }
    let mut notes = Vec::new();
    for note in diagram.notes.iter().filter(|note| !note.is_empty()) {
        y += if notes.is_empty() { 12.0 } else { 0.0 };
        let run = TextRun::below(note, theme::NOTE_SIZE, false, Point { x: padding, y });
        right = right.max(padding + run.width);
        y += theme::NOTE_SIZE * theme::LINE_HEIGHT;
        notes.push(run);
    }
    let size = Size { width: (right + padding).ceil(), height: (y + padding).ceil() };
    Scene { size, name: clean(&diagram.title).into_owned(), title, boxes, arrows, legend, notes }
}

/// Whether a sign is in the picture.
fn occurs(sign: Sign, boxes: &[SceneBox], arrows: &[SceneArrow]) -> bool {
    match sign {
        Sign::Emphasised => arrows.iter().any(|arrow| arrow.emphasised),
        Sign::Back => arrows.iter().any(|arrow| arrow.placed.back),
        Sign::Weak => arrows.iter().any(|arrow| arrow.weak),
        Sign::Fold => boxes.iter().any(|scene_box| scene_box.role == BoxRole::Fold),
        Sign::More => boxes.iter().any(|scene_box| scene_box.role == BoxRole::More),
        Sign::Highlighted => boxes.iter().any(|scene_box| scene_box.highlighted),
    }
}

fn scene_boxes(diagram: &Diagram, words: &Words, placed: &Placed) -> Vec<SceneBox> {
    let mut boxes = Vec::with_capacity(diagram.boxes.len());
    for ((described, words), &rect) in diagram.boxes.iter().zip(&words.boxes).zip(&placed.boxes) {
        let sheets = if described.role == BoxRole::Fold { theme::FOLD_OFFSET } else { 0.0 };
        let has_tab = matches!(words.lines.first(), Some((Style::Tab, _)));
        let mut y = rect.y + if has_tab { 0.0 } else { theme::BOX_PADDING_Y };
        let mut texts = Vec::with_capacity(words.lines.len());
        for (style, fitted) in &words.lines {
            let height = line_height(*style);
            let baseline = match style {
                Style::Tab => y + (height + style.size() * 0.73) / 2.0,
                Style::Mark => y + theme::MARK_GAP + (theme::MARK_HEIGHT + style.size() * 0.73) / 2.0,
                _ => y + style.size() * theme::ASCENT + (height - style.size() * 1.17) / 2.0,
            };
            let x = match style {
                Style::Tab => rect.x + theme::BOX_PADDING_X,
                _ => rect.x + (rect.width - sheets - fitted.measured.width) / 2.0,
            };
            texts.push((
                *style,
                TextRun::new(fitted, style.face() == Face::Bold, style.size(), Point { x, y: baseline }),
            ));
            y += height + if *style == Style::Tab { theme::BOX_PADDING_Y } else { 0.0 };
        }
        let mut lines = vec![described.heading.clone()];
        lines.extend(described.lines.iter().cloned());
        lines.extend(described.root.iter().map(|root| format!("GC root: {root}")));
        lines.extend(
            described
                .facts
                .iter()
                .filter(|&fact| fact != &described.heading && !described.lines.contains(fact))
                .cloned(),
        );
        if described.objects > 1 {
            lines.push(format!("{} objects", units::count(described.objects)));
        }
        boxes.push(SceneBox {
            rect,
            role: described.role,
            root: described.root.is_some() || described.role == BoxRole::Root,
            highlighted: described.highlighted,
            finalizer: described.finalizer,
            distance: described.distance,
            address: described.address,
            texts,
            chart: match has_chart(described) {
                true => chart(
                    &described.series,
                    Rect {
                        x: rect.x + theme::BOX_PADDING_X,
                        y: y + theme::BOX_PADDING_Y,
                        width: rect.width - sheets - 2.0 * theme::BOX_PADDING_X,
                        height: theme::CHART_HEIGHT,
                    },
                ),
                false => Vec::new(),
            },
            tooltip: tooltip(&lines),
        });
    }
    boxes
}

/// The points of a line through a series: nothing at the bottom, the most at the top.
fn chart(series: &[u64], room: Rect) -> Vec<Point> {
    let most = series.iter().copied().max().unwrap_or(0).max(1) as f64;
    let steps = series.len().saturating_sub(1).max(1) as f64;
    let point = |(step, &number): (usize, &u64)| Point {
        x: room.x + room.width * step as f64 / steps,
        y: room.y + room.height * (1.0 - number as f64 / most),
    };
    series.iter().enumerate().map(point).collect()
}

fn scene_arrows(words: &Words, placed: &Placed) -> Vec<SceneArrow> {
    let mut arrows = Vec::with_capacity(words.arrows.len());
    for (words, placed) in words.arrows.iter().zip(&placed.arrows) {
        let label = words.label.as_ref().zip(placed.label).map(|(fitted, room)| {
            let x = room.x + (room.width - fitted.measured.width) / 2.0;
            let y = room.y + (room.height + theme::LABEL_SIZE * 0.73) / 2.0;
            TextRun::new(fitted, false, theme::LABEL_SIZE, Point { x, y })
        });
        let mut lines = words.names.clone();
        if words.unnamed_more > 0 {
            let more = if lines.is_empty() { "references" } else { "more references" };
            lines.push(format!("{} {more} without a name", units::count(words.unnamed_more)));
        }
        if words.weak {
            lines.push("weak: keeps nothing alive".to_owned());
        }
        if placed.back {
            lines.push("closes a reference cycle".to_owned());
        }
        arrows.push(SceneArrow {
            from: words.from,
            to: words.to,
            placed: placed.clone(),
            label,
            weak: words.weak,
            emphasised: words.emphasised,
            tooltip: tooltip(&lines),
        });
    }
    arrows
}

/// Cleaned lines; a text of a heap can be as long as it likes.
fn tooltip(lines: &[String]) -> String {
    let shown = if lines.len() > TOOLTIP_LINES { TOOLTIP_LINES - 1 } else { lines.len() };
    let mut text: Vec<String> = lines[..shown].iter().map(|line| clean_up_to(line, TOOLTIP_WIDTH)).collect();
    if shown < lines.len() {
        text.push(format!("{} more", units::count((lines.len() - shown) as i128)));
    }
    text.join("\n")
}

impl Placed {
    fn shift(&mut self, dx: f64, dy: f64) {
        let shift = |point: &mut Point| {
            point.x += dx;
            point.y += dy;
        };
        for rect in self.boxes.iter_mut().chain(self.arrows.iter_mut().filter_map(|arrow| arrow.label.as_mut())) {
            rect.x += dx;
            rect.y += dy;
        }
        for arrow in &mut self.arrows {
            arrow.head.iter_mut().for_each(shift);
            for step in &mut arrow.line {
                match step {
                    Step::Move(end) | Step::Line(end) => shift(end),
                    Step::Curve(out, into, end) => [out, into, end].into_iter().for_each(shift),
                }
            }
        }
    }
}
