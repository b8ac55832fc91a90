//! What is written in boxes and on arrows: cleaned, shortened and measured.

use super::escape::{Fitted, fit};
use super::measure::Face;
use super::placement::{Size, SizedArrow, SizedBox, SizedDiagram};
use super::theme;
use crate::report::diagram::{Arrow, BoxRole, Diagram, DiagramBox, FINALIZER, TargetEnd};
use crate::units;

/// How a line of a box is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// What the box is in the picture: target, GC root. White on the colour of the role.
    Tab,
    /// The type.
    Heading,
    /// Everything below.
    Line,
    /// What must not be overlooked: white on a colour of its own.
    Mark,
}

impl Style {
    pub(super) fn face(self) -> Face {
        match self {
            Style::Heading | Style::Tab | Style::Mark => Face::Bold,
            Style::Line => Face::Regular,
        }
    }

    /// In pixels.
    pub fn size(self) -> f64 {
        match self {
            Style::Tab | Style::Mark => theme::TAB_SIZE,
            Style::Heading => theme::HEADING_SIZE,
            Style::Line => theme::LINE_SIZE,
        }
    }
}

/// The words of a box, from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BoxWords {
    pub(super) lines: Vec<(Style, Fitted)>,
    pub(super) size: Size,
}

/// What the tab above a box says; most boxes have none.
pub(super) fn tab(of: &DiagramBox) -> Option<String> {
    let root = of.root.as_deref().map(|root| format!("GC root · {root}"));
    match (of.role, root) {
        (BoxRole::Target, None) => Some("TARGET".to_owned()),
        (BoxRole::Target, Some(root)) => Some(format!("TARGET · {root}")),
        (BoxRole::Root, None) => Some("GC root".to_owned()),
        (_, root) => root,
    }
}

impl BoxWords {
    pub(super) fn of(described: &DiagramBox) -> Self {
        let mut lines = Vec::with_capacity(2 + described.lines.len());
        let mut add = |style: Style, text: &str| {
            lines.push((style, fit(text, style.face(), style.size(), theme::BOX_TEXT_WIDTH)))
        };
        if let Some(tab) = tab(described) {
            add(Style::Tab, &tab);
        }
        add(Style::Heading, &described.heading);
        let shown = if described.lines.len() > theme::BOX_LINES { theme::BOX_LINES - 1 } else { described.lines.len() };
        for line in &described.lines[..shown] {
            let is_mark = described.finalizer && line == FINALIZER;
            add(if is_mark { Style::Mark } else { Style::Line }, line);
        }
        if shown < described.lines.len() {
            add(Style::Line, &format!("+ {} more lines", described.lines.len() - shown));
        }
        let widest = lines.iter().map(|(_, fitted)| fitted.measured.width).fold(0.0, f64::max);
        let text_height: f64 = lines.iter().map(|(style, _)| line_height(*style)).sum();
        let sheets = if described.role == BoxRole::Fold { theme::FOLD_OFFSET } else { 0.0 };
        let chart = if has_chart(described) { theme::CHART_HEIGHT + theme::BOX_PADDING_Y } else { 0.0 };
        let size = Size {
            width: (widest + 2.0 * theme::BOX_PADDING_X).max(theme::BOX_SMALLEST_WIDTH).ceil() + sheets,
            height: (text_height + chart + 2.0 * theme::BOX_PADDING_Y).ceil() + sheets,
        };
        BoxWords { lines, size }
    }
}

/// Whether the box has a line that shows how a number went.
pub(super) fn has_chart(of: &DiagramBox) -> bool {
    of.series.len() > 1
}

/// Height that a line takes in its box.
pub(super) fn line_height(style: Style) -> f64 {
    match style {
        Style::Tab => theme::TAB_HEIGHT,
        Style::Mark => theme::MARK_HEIGHT + theme::MARK_GAP,
        Style::Heading | Style::Line => style.size() * theme::LINE_HEIGHT,
    }
}

/// The words of an arrow: up to three slot names and how many more there are; `None` when nothing is known.
pub(super) fn arrow_text(names: &[&str], unnamed_more: u64) -> Option<String> {
    const SHOWN: usize = 3;
    let more = i128::from(unnamed_more) + names.len().saturating_sub(SHOWN) as i128;
    match (names.len(), more) {
        (0, 0) => None,
        (0, 1) => Some("1 reference".to_owned()),
        (0, _) => Some(format!("{} references", units::count(more))),
        (_, 0) => Some(names.join(", ")),
        _ => Some(format!("{} +{}", names[..names.len().min(SHOWN)].join(", "), units::count(more))),
    }
}

/// An arrow of the picture: all arrows of the diagram that join the same two boxes in the same direction and manner.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ArrowWords {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) weak: bool,
    pub(super) emphasised: bool,
    pub(super) label: Option<Fitted>,
    /// All names, one per line, and what has none.
    pub(super) names: Vec<String>,
    pub(super) unnamed_more: u64,
}

/// A diagram with its words measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    pub(super) boxes: Vec<BoxWords>,
    pub(super) arrows: Vec<ArrowWords>,
}

impl Words {
    /// Measures everything, and merges parallel arrows. Arrows whose box does not exist are left out.
    pub(super) fn of(diagram: &Diagram) -> Self {
        let boxes = diagram.boxes.iter().map(BoxWords::of).collect();
        let valid = |arrow: &&Arrow| arrow.from < diagram.boxes.len() && arrow.to < diagram.boxes.len();
        let mut merged: indexmap::IndexMap<(usize, usize), Vec<&Arrow>> = indexmap::IndexMap::new();
        for arrow in diagram.arrows.iter().filter(valid) {
            merged.entry((arrow.from, arrow.to)).or_default().push(arrow);
        }
        let arrows = merged.into_iter().map(|((from, to), parallel)| merge(from, to, &parallel)).collect();
        Words { boxes, arrows }
    }

    /// What placing needs to know.
    pub(super) fn sized(&self, diagram: &Diagram) -> SizedDiagram {
        SizedDiagram {
            boxes: self
                .boxes
                .iter()
                .zip(&diagram.boxes)
                .map(|(words, described)| SizedBox { size: words.size, target: described.role == BoxRole::Target })
                .collect(),
            arrows: self
                .arrows
                .iter()
                .map(|words| SizedArrow {
                    from: words.from,
                    to: words.to,
                    label: words.label.as_ref().map(|label| Size {
                        width: (label.measured.width + 2.0 * theme::LABEL_PADDING_X).ceil(),
                        height: (theme::LABEL_SIZE * theme::LINE_HEIGHT + 2.0 * theme::LABEL_PADDING_Y).ceil(),
                    }),
                    emphasised: words.emphasised,
                })
                .collect(),
            targets_first: diagram.target_end == TargetEnd::First,
        }
    }
}

/// Strong and weak references of the same two boxes are one strong arrow whose weak names say so.
fn merge(from: usize, to: usize, parallel: &[&Arrow]) -> ArrowWords {
    let weak = parallel.iter().all(|arrow| arrow.weak);
    let mut names: Vec<String> = Vec::new();
    for arrow in parallel {
        let mark = if arrow.weak && !weak { " (weak)" } else { "" };
        names.extend(arrow.labels.iter().map(|label| format!("{label}{mark}")));
    }
    // An arrow without any name is one reference more that has none.
    let nameless =
        if parallel.len() > 1 { parallel.iter().filter(|arrow| arrow.labels.is_empty()).count() as u64 } else { 0 };
    let unnamed_more = parallel.iter().fold(nameless, |sum, arrow| sum.saturating_add(arrow.unnamed_more));
    let shown: Vec<&str> = names.iter().map(String::as_str).collect();
    let label = arrow_text(&shown, unnamed_more)
        .map(|text| fit(&text, Face::Regular, theme::LABEL_SIZE, theme::LABEL_TEXT_WIDTH))
        .filter(|fitted| !fitted.text.is_empty());
    ArrowWords { from, to, weak, emphasised: parallel.iter().any(|arrow| arrow.emphasised), label, names, unnamed_more }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_name_three_slots_and_count_the_rest() {
        assert_eq!(arrow_text(&[], 0), None);
        assert_eq!(arrow_text(&[], 2000).as_deref(), Some("2,000 references"));
        assert_eq!(arrow_text(&["['a']", ".b"], 0).as_deref(), Some("['a'], .b"));
        assert_eq!(arrow_text(&["a", "b", "c", "d"], 3).as_deref(), Some("a, b, c +4"));
    }
}
