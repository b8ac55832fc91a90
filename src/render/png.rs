//! An SVG of ours as PNG: the only file that knows resvg.

use std::io::Write as _;
use std::sync::{Arc, LazyLock};
use std::thread;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use resvg::tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Transform};
use resvg::usvg::{Node, Options, Rect, Tree, fontdb};

use super::guard;
use super::lettering::Letters;
use super::measure::Face;
use super::placement::Step;
use super::{PictureError, Scale};

/// Height and width of the tiles that are drawn one by one: a tile and what is drawn on it stay in the processor's caches, and
/// a picture never needs its memory in one piece.
const TILE_HEIGHT: u32 = 192;
const TILE_WIDTH: u32 = 4096;
/// Above so many pixels a file is packed in a fifth of the time and takes twice the space.
const PACK_WELL_UP_TO: u64 = 8_000_000;
/// Strokes that are not sharp at their edges reach so many pixels further than their measure.
const SOFT_EDGE: f32 = 2.0;
/// Most columns or rows of a raster.
const LONGEST_SIDE: f64 = u16::MAX as f64 * 16.0;

/// How large a raster is.
pub(super) struct Raster {
    columns: u32,
    rows: u32,
    /// Pixels for each unit of the drawing.
    pub(super) scale: f64,
    /// Whether a unit gets less than a pixel because no more pixels are allowed.
    pub(super) is_reduced: bool,
}

impl Raster {
    /// The raster for a drawing of `width` times `height` units.
    ///
    /// # Errors
    /// When it would have more than `max_pixels`, or the scale is no positive number.
    pub(super) fn new((width, height): (f64, f64), scale: Scale, max_pixels: u64) -> Result<Raster, PictureError> {
        let exactly = |scale: f64, max_pixels: u64, is_reduced: bool| {
            if !(scale.is_finite() && scale > 0.0) {
                return Err(PictureError::Scale { scale });
            }
            let (columns, rows) = ((width * scale).ceil().max(1.0), (height * scale).ceil().max(1.0));
            if columns * rows > max_pixels as f64 || columns.max(rows) > LONGEST_SIDE {
                return Err(PictureError::TooLarge {
                    width: columns,
                    height: rows,
                    max_pixels,
                    fitting_scale: fitting_scale((width, height), max_pixels),
                });
            }
            Ok(Raster { columns: columns as u32, rows: rows as u32, scale, is_reduced })
        };
        match scale {
            Scale::Exactly(scale) => exactly(scale, max_pixels, false),
            Scale::Fitting { usual, comfortable, smallest } => {
                if let Ok(raster) = exactly(usual, max_pixels.min(comfortable), false) {
                    return Ok(raster);
                }
                let fits = fitting_scale((width, height), max_pixels);
                if fits < smallest {
                    return exactly(usual, max_pixels, false);
                }
                let comfortable = fitting_scale((width, height), comfortable).max(1.0);
                exactly(comfortable.min(fits), max_pixels, fits < 1.0)
            }
        }
    }
}

/// The largest scale, in hundredths, at which a drawing has no more than so many pixels.
fn fitting_scale((width, height): (f64, f64), pixels: u64) -> f64 {
    // A little less than what fits exactly, so that rounding up does not take it beyond again.
    ((pixels as f64 / (width * height)).sqrt() * 99.5).floor() / 100.0
}

/// Rasterises a drawing, and letters above it, into a raster that was made for its size.
///
/// `complete` tells that the embedded faces have every character; only otherwise the system's fonts are searched.
///
/// # Errors
/// When the rasteriser fails or panics.
pub(super) fn rasterise(
    svg: &str,
    letters: &[Letters],
    raster: &Raster,
    complete: bool,
) -> Result<Vec<u8>, PictureError> {
    let broken = |reason: String| PictureError::Raster { reason };
    guard::quietly(|| {
        let options = Options {
            font_family: "DejaVu Sans".to_owned(),
            fontdb: if complete { Arc::clone(&EMBEDDED) } else { Arc::clone(&WITH_SYSTEM) },
            ..Options::default()
        };
        let tree = Tree::from_str(svg, &options).map_err(|error| broken(error.to_string()))?;
        let &Raster { columns, rows, scale, .. } = raster;
        let scale = scale as f32;
        let letters = letters.iter().filter_map(|text| ink(text, scale)).collect();
        let canvas = Canvas { parts: parts(&tree, scale), letters, columns, rows, scale };
        canvas.png().map_err(broken)
    })
    .unwrap_or_else(|| Err(broken("the rasteriser broke off".to_owned())))
}

/// What is drawn one after the other, with its place in the raster.
struct Canvas<'a> {
    parts: Vec<(&'a Node, Rect)>,
    /// Above all these.
    letters: Vec<(Path, Color, Rect)>,
    columns: u32,
    rows: u32,
    scale: f32,
}

impl Canvas<'_> {
    /// Draws band after band, and packs each while the next is drawn.
    fn png(&self) -> Result<Vec<u8>, String> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, self.columns, self.rows);
        // Our paper covers everything, so no pixel is transparent.
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        let large = u64::from(self.columns) * u64::from(self.rows) > PACK_WELL_UP_TO;
        encoder.set_compression(if large { Compression::Fast } else { Compression::Balanced });
        encoder.set_filter(Filter::Adaptive);
        let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
        let mut stream = writer.stream_writer().map_err(|error| error.to_string())?;
        let bands: Vec<u32> = (0..self.rows).step_by(TILE_HEIGHT as usize).collect();
        let workers = crate::threads::allowed().min(bands.len());
        for some in bands.chunks(workers.max(1)) {
            let drawn: Vec<Result<Vec<u8>, String>> = thread::scope(|scope| {
                let running: Vec<_> = some[1..].iter().map(|&top| scope.spawn(move || self.band(top))).collect();
                let first = self.band(some[0]);
                let others = running
                    .into_iter()
                    .map(|worker| worker.join().unwrap_or_else(|_| Err("the rasteriser broke off".to_owned())));
                std::iter::once(first).chain(others).collect()
            });
            for band in drawn {
                stream.write_all(&band?).map_err(|error| error.to_string())?;
            }
        }
        stream.finish().map_err(|error| error.to_string())?;
        writer.finish().map_err(|error| error.to_string())?;
        Ok(file)
    }

    /// The rows from `top` on, three bytes for a pixel.
    fn band(&self, top: u32) -> Result<Vec<u8>, String> {
        let height = TILE_HEIGHT.min(self.rows - top);
        let mut band = vec![0; self.columns as usize * height as usize * 3];
        for left in (0..self.columns).step_by(TILE_WIDTH as usize) {
            let width = TILE_WIDTH.min(self.columns - left);
            let tile = self.tile(left, top, width, height).ok_or_else(|| "no memory for a tile".to_owned())?;
            let lines = band.chunks_exact_mut(self.columns as usize * 3);
            for (line, pixels) in lines.zip(tile.data().chunks_exact(width as usize * 4)) {
                let place = left as usize * 3;
                let line = line[place..place + width as usize * 3].chunks_exact_mut(3);
                for (to, from) in line.zip(pixels.chunks_exact(4)) {
                    to.copy_from_slice(&from[..3]);
                }
            }
        }
        Ok(band)
    }

    fn tile(&self, left: u32, top: u32, width: u32, height: u32) -> Option<Pixmap> {
        let mut tile = Pixmap::new(width, height)?;
        tile.fill(Color::WHITE);
        let (left, top) = (left as f32, top as f32);
        let (right, bottom) = (left + width as f32, top + height as f32);
        let is_here = |place: &Rect| {
            place.right() >= left && place.left() <= right && place.bottom() >= top && place.top() <= bottom
        };
        for (node, _) in self.parts.iter().filter(|(_, place)| is_here(place)) {
            // `render_node` moves the corner of what it draws to the origin.
            let corner = node.abs_layer_bounding_box()?;
            let place = Transform::from_scale(self.scale, self.scale)
                .post_translate(-left, -top)
                .pre_translate(corner.x(), corner.y());
            resvg::render_node(node, place, &mut tile.as_mut());
        }
        let place = Transform::from_scale(self.scale, self.scale).post_translate(-left, -top);
        for (outline, colour, _) in self.letters.iter().filter(|(_, _, place)| is_here(place)) {
            let mut paint = Paint { anti_alias: true, ..Paint::default() };
            paint.set_color(*colour);
            tile.fill_path(outline, &paint, FillRule::Winding, place, None);
        }
        Some(tile)
    }
}

/// What a drawing is made of, in order: its smallest groups, an arrow or a box each, and what stands outside of any.
///
/// A straight line by itself has no area, and `render_node` draws nothing of it: so lines stay with their groups.
fn parts(tree: &Tree, scale: f32) -> Vec<(&Node, Rect)> {
    let mut parts = Vec::new();
    let mut open: Vec<&Node> = tree.root().children().iter().rev().collect();
    while let Some(node) = open.pop() {
        if let Node::Group(group) = node
            && !group.should_isolate()
            && group.transform().is_identity()
            && group.children().iter().all(|child| matches!(child, Node::Group(_)))
        {
            open.extend(group.children().iter().rev());
        } else if let Some(place) = node.abs_layer_bounding_box()
            && let Some(place) = reach(place.to_rect(), scale)
        {
            parts.push((node, place));
        }
    }
    parts
}

/// The outline of a text, its colour, and where it is; `None` for one without ink.
fn ink(text: &Letters, scale: f32) -> Option<(Path, Color, Rect)> {
    let mut outline = PathBuilder::new();
    for step in &text.outline {
        match *step {
            Step::Move(to) => outline.move_to(to.x as f32, to.y as f32),
            Step::Line(to) => outline.line_to(to.x as f32, to.y as f32),
            Step::Curve(out, into, to) => {
                outline.cubic_to(out.x as f32, out.y as f32, into.x as f32, into.y as f32, to.x as f32, to.y as f32)
            }
        }
    }
    let outline = outline.finish()?;
    let place = reach(outline.bounds(), scale)?;
    let part = |at: usize| text.colour.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    Some((outline, Color::from_rgba8(part(1)?, part(3)?, part(5)?, 255), place))
}

/// The pixels that a shape may touch.
fn reach(shape: Rect, scale: f32) -> Option<Rect> {
    Rect::from_ltrb(
        shape.left() * scale - SOFT_EDGE,
        shape.top() * scale - SOFT_EDGE,
        shape.right() * scale + SOFT_EDGE,
        shape.bottom() * scale + SOFT_EDGE,
    )
}

static EMBEDDED: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| Arc::new(embedded()));

static WITH_SYSTEM: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = embedded();
    fonts.load_system_fonts();
    Arc::new(fonts)
});

fn embedded() -> fontdb::Database {
    let mut fonts = fontdb::Database::new();
    for face in [Face::Regular, Face::Bold] {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(face.bytes())));
    }
    fonts.set_sans_serif_family("DejaVu Sans");
    fonts.set_serif_family("DejaVu Sans");
    fonts
}
