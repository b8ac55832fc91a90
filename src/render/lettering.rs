//! Texts as outlines of the embedded faces, for the raster.
//!
//! An SVG library finds the font of every text anew, and prepares it; a picture of thousands of boxes would spend most of its
//! time there. Texts with characters that the faces lack stay in the SVG, where other fonts stand in.

use rustc_hash::FxHashMap;
use skrifa::outline::{DrawSettings, OutlineGlyphCollection, OutlinePen};
use skrifa::prelude::{FontRef, LocationRef, Size};
use skrifa::{GlyphId, MetadataProvider};

use super::boxes::Style;
use super::measure::{Face, shape};
use super::placement::{Point, Step};
use super::scene::Scene;
use super::text_run::TextRun;
use super::theme::Palette;

/// One text.
pub(super) struct Letters {
    /// Closed lines around what is to be filled, by the non-zero rule.
    pub(super) outline: Vec<Step>,
    /// `#rrggbb`.
    pub(super) colour: &'static str,
}

/// All texts of a scene that the embedded faces can draw, in the colours that the style sheet of the SVG has for them.
pub(super) fn letters(scene: &Scene, palette: &Palette) -> Vec<Letters> {
    let mut pens = [Face::Regular, Face::Bold].map(Outlines::of);
    let boxes = scene.boxes.iter().flat_map(|scene_box| &scene_box.texts).map(|(style, run)| {
        let colour = match style {
            Style::Tab | Style::Mark => palette.on_tab,
            Style::Heading => palette.text,
            Style::Line => palette.faint_text,
        };
        (run, colour)
    });
    let labels = scene.arrows.iter().filter_map(|arrow| arrow.label.as_ref());
    let faint = scene.legend.iter().map(|entry| &entry.text).chain(&scene.notes);
    let plain = scene.title.iter().chain(labels).map(|run| (run, palette.text));
    plain
        .chain(boxes)
        .chain(faint.map(|run| (run, palette.faint_text)))
        .filter(|(run, _)| run.complete)
        .map(|(run, colour)| Letters { outline: pens[usize::from(run.bold)].text(run), colour })
        .collect()
}

/// The glyphs of a face, each outlined once, in units of the font with y upwards.
struct Outlines {
    face: Face,
    glyphs: OutlineGlyphCollection<'static>,
    known: FxHashMap<u32, Vec<Step>>,
}

impl Outlines {
    fn of(face: Face) -> Self {
        let font = FontRef::new(face.bytes()).expect("the embedded font file is a font");
        Outlines { face, glyphs: font.outline_glyphs(), known: FxHashMap::default() }
    }

    fn text(&mut self, run: &TextRun) -> Vec<Step> {
        let mut line = Vec::new();
        let mut at = 0.0;
        let em = shape(&run.text, self.face, |glyph| {
            line.push((glyph.id, at + glyph.offset.0, glyph.offset.1));
            at += glyph.advance;
        });
        let scale = run.size / em;
        let mut whole = Vec::new();
        for (id, x, y) in line {
            let place = |point: &Point| Point {
                x: run.start.x + (x + point.x) * scale,
                y: run.start.y - (y + point.y) * scale,
            };
            let glyph = self.known.entry(id).or_insert_with(|| outline(&self.glyphs, id));
            whole.extend(glyph.iter().map(|step| match step {
                Step::Move(end) => Step::Move(place(end)),
                Step::Line(end) => Step::Line(place(end)),
                Step::Curve(out, into, end) => Step::Curve(place(out), place(into), place(end)),
            }));
        }
        whole
    }
}

fn outline(glyphs: &OutlineGlyphCollection<'_>, id: u32) -> Vec<Step> {
    let mut pen = Pen::default();
    let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
    // The faces are embedded: a glyph that can't be outlined would be a fault of ours that every picture shows.
    if let Some(glyph) = glyphs.get(GlyphId::new(id)) {
        let _ = glyph.draw(settings, &mut pen);
    }
    pen.steps
}

#[derive(Default)]
struct Pen {
    steps: Vec<Step>,
    at: Point,
}

fn point(x: f32, y: f32) -> Point {
    Point { x: f64::from(x), y: f64::from(y) }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.at = point(x, y);
        self.steps.push(Step::Move(self.at));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.at = point(x, y);
        self.steps.push(Step::Line(self.at));
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        // The same curve as a cubic one.
        let (control, end) = (point(cx0, cy0), point(x, y));
        let towards = |from: Point| Point {
            x: from.x + (control.x - from.x) * 2.0 / 3.0,
            y: from.y + (control.y - from.y) * 2.0 / 3.0,
        };
        self.steps.push(Step::Curve(towards(self.at), towards(end), end));
        self.at = end;
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.at = point(x, y);
        self.steps.push(Step::Curve(point(cx0, cy0), point(cx1, cy1), self.at));
    }

    fn close(&mut self) {}
}
