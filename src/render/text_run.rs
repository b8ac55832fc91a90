//! One line of text as it stands in a picture, measured.

use super::escape::{Fitted, fit};
use super::measure::Face;
use super::placement::Point;
use super::theme;

/// One line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextRun {
    /// Where its baseline begins.
    pub start: Point,
    /// Font size in pixels.
    pub size: f64,
    /// Set in the bold face.
    pub bold: bool,
    /// Its width as measured.
    pub width: f64,
    /// The embedded face has every character.
    pub complete: bool,
    /// The text, cleaned and shortened.
    pub text: String,
}

impl TextRun {
    pub(super) fn new(fitted: &Fitted, bold: bool, size: f64, start: Point) -> Self {
        TextRun {
            start,
            size,
            bold,
            width: fitted.measured.width,
            complete: fitted.measured.complete,
            text: fitted.text.clone(),
        }
    }

    /// A line whose top left corner is given.
    pub(super) fn below(text: &str, size: f64, bold: bool, corner: Point) -> Self {
        let face = if bold { Face::Bold } else { Face::Regular };
        let fitted = fit(text, face, size, theme::NOTE_TEXT_WIDTH);
        TextRun::new(&fitted, bold, size, Point { x: corner.x, y: corner.y + size * theme::ASCENT })
    }
}
