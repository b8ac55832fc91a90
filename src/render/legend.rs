//! What dashes, strokes and frames mean, for those that occur in a picture.

use super::placement::{Point, Rect, Size};
use super::text_run::TextRun;
use super::theme;

/// One sample with its meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct LegendEntry {
    /// What is explained.
    pub sign: Sign,
    /// Where the sample is drawn.
    pub sample: Rect,
    /// What it means.
    pub text: TextRun,
}

/// What may need explaining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The strong line of the shortest path.
    Emphasised,
    /// The dashed line of a back reference.
    Back,
    /// The dotted line of a weak reference.
    Weak,
    /// The double frame of a fold.
    Fold,
    /// The dashed frame of what was left out.
    More,
    /// The frame of a highlighted box.
    Highlighted,
}

impl Sign {
    /// All of them, in the order of a legend.
    const ALL: [Sign; 6] = [Sign::Emphasised, Sign::Back, Sign::Weak, Sign::Fold, Sign::More, Sign::Highlighted];

    fn meaning(self) -> &'static str {
        match self {
            Sign::Emphasised => "shortest path to a GC root",
            Sign::Back => "closes a reference cycle",
            Sign::Weak => "weak: keeps nothing alive",
            Sign::Fold => "several alike objects",
            Sign::More => "left out here",
            Sign::Highlighted => "highlighted",
        }
    }
}

/// Below this width a legend is not broken into lines.
pub(super) const SMALLEST_WIDTH: f64 = 420.0;
const SAMPLE_WIDTH: f64 = 30.0;
const SAMPLE_GAP: f64 = 7.0;
const ENTRY_GAP: f64 = 22.0;

/// The entries for the signs that occur, not yet in place.
pub(super) fn entries(occurs: impl Fn(Sign) -> bool) -> Vec<LegendEntry> {
    let text = |sign: Sign| TextRun::below(sign.meaning(), theme::NOTE_SIZE, false, Point::default());
    Sign::ALL
        .into_iter()
        .filter(|&sign| occurs(sign))
        .map(|sign| LegendEntry { sign, sample: Rect::default(), text: text(sign) })
        .collect()
}

/// Puts the entries side by side from this corner on, in lines of at most `width`; returns the size of all.
pub(super) fn arrange(entries: &mut [LegendEntry], corner: Point, width: f64) -> Size {
    let line = theme::NOTE_SIZE * theme::LINE_HEIGHT + 4.0;
    let (mut x, mut y, mut right) = (corner.x, corner.y, corner.x);
    for entry in entries {
        let needed = SAMPLE_WIDTH + SAMPLE_GAP + entry.text.width;
        if x > corner.x && x + needed > corner.x + width {
            (x, y) = (corner.x, y + line);
        }
        entry.sample = Rect { x, y: y + 2.0, width: SAMPLE_WIDTH, height: line - 4.0 };
        entry.text.start = Point { x: x + SAMPLE_WIDTH + SAMPLE_GAP, y: y + line / 2.0 + theme::NOTE_SIZE * 0.36 };
        right = right.max(x + needed);
        x += needed + ENTRY_GAP;
    }
    Size { width: right - corner.x, height: y + line - corner.y }
}
