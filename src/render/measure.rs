//! The width of a text in the embedded face that draws it.
//!
//! The faces are DejaVu Sans regular and bold (Bitstream Vera licence, permissive). Shaping is done by harfrust, the shaper
//! inside resvg, on the same bidirectional runs, so that a width measured here is the width of the raster.

use std::sync::LazyLock;

use harfrust::{Direction, FontRef, ShapeOptions, ShaperData, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};
use unicode_width::UnicodeWidthChar;

/// One of the two faces that are part of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
}

impl Face {
    /// The font file.
    pub(super) fn bytes(self) -> &'static [u8] {
        match self {
            Face::Regular => dejavu::sans::regular(),
            Face::Bold => dejavu::sans::bold(),
        }
    }

    fn shaping(self) -> &'static Shaping {
        static REGULAR: LazyLock<Shaping> = LazyLock::new(|| Shaping::of(Face::Regular));
        static BOLD: LazyLock<Shaping> = LazyLock::new(|| Shaping::of(Face::Bold));
        match self {
            Face::Regular => &REGULAR,
            Face::Bold => &BOLD,
        }
    }
}

struct Shaping {
    font: FontRef<'static>,
    data: ShaperData,
}

impl Shaping {
    fn of(face: Face) -> Self {
        let font = FontRef::new(face.bytes()).expect("the embedded font file is a font");
        let data = ShaperData::new(&font);
        Shaping { font, data }
    }
}

/// What measuring found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    /// In pixels at the size asked for.
    pub(super) width: f64,
    /// The embedded face has a glyph for every character.
    pub(super) complete: bool,
}

/// Advance width of one line of cleaned text, kerning included. Linear in the length of the text.
///
/// A character that the face lacks counts as a glyph of a usual fallback font would: an em when wide, 0.6 em otherwise.
pub(super) fn measure(text: &str, face: Face, size: f64) -> Measured {
    let mut units = 0.0;
    let mut complete = true;
    let em = shape(text, face, |glyph| {
        complete &= glyph.missing.is_none();
        units += glyph.advance;
    });
    Measured { width: units * size / em, complete }
}

/// A glyph in its place, in units of the font.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    /// Its number in the face; 0 for a character that the face lacks.
    pub(super) id: u32,
    /// That character.
    pub(super) missing: Option<char>,
    /// To the next one.
    pub(super) advance: f64,
    /// Off its place on the line, to the right and upwards.
    pub(super) offset: (f64, f64),
}

/// Hands over the glyphs of one line of cleaned text from left to right; returns the units of an em.
pub(super) fn shape(text: &str, face: Face, mut take: impl FnMut(Glyph)) -> f64 {
    let shaping = face.shaping();
    let shaper = shaping.data.shaper(&shaping.font).build();
    let em = f64::from(shaper.units_per_em());
    let bidi = BidiInfo::new(text, Some(Level::ltr()));
    for paragraph in &bidi.paragraphs {
        let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let part = &text[run.clone()];
            let mut buffer = UnicodeBuffer::new();
            buffer.push_str(part);
            buffer.set_direction(if levels[run.start].is_ltr() {
                Direction::LeftToRight
            } else {
                Direction::RightToLeft
            });
            buffer.guess_segment_properties();
            let glyphs = shaper.shape(buffer, ShapeOptions::new());
            for (info, position) in glyphs.glyph_infos().iter().zip(glyphs.glyph_positions()) {
                let missing = (info.glyph_id == 0).then(|| {
                    part.get(info.cluster as usize..).and_then(|rest| rest.chars().next()).unwrap_or('\u{fffd}')
                });
                take(Glyph {
                    id: info.glyph_id,
                    missing,
                    advance: missing.map_or(f64::from(position.x_advance), |character| em * fallback_width(character)),
                    offset: (f64::from(position.x_offset), f64::from(position.y_offset)),
                });
            }
        }
    }
    em
}

fn fallback_width(character: char) -> f64 {
    match character.width() {
        Some(0) => 0.0,
        Some(2) => 1.0,
        _ => 0.6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_follow_the_face() {
        let regular = measure("Session", Face::Regular, 12.0);
        assert!(regular.complete && regular.width > 40.0 && regular.width < 60.0, "{regular:?}");
        assert!(measure("Session", Face::Bold, 12.0).width > regular.width);
        assert_eq!(measure("", Face::Bold, 12.0).width, 0.0);
        let double = measure("Session", Face::Regular, 24.0).width;
        assert!((double - 2.0 * regular.width).abs() < 1e-9);
    }

    #[test]
    fn kerning_counts() {
        let apart = measure("A", Face::Regular, 100.0).width + measure("V", Face::Regular, 100.0).width;
        assert!(measure("AV", Face::Regular, 100.0).width < apart);
    }

    #[test]
    fn wide_characters_that_the_face_lacks_take_an_em() {
        let cjk = measure("漢字", Face::Regular, 10.0);
        assert!(!cjk.complete);
        assert!((cjk.width - 20.0).abs() < 1e-9, "{cjk:?}");
    }
}
