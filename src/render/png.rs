//! An SVG of ours as PNG: the only file that knows resvg.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::PictureError;
use super::measure::Face;

/// Rasterises a drawing of `width` times `height` pixels, enlarged by `scale`.
///
/// `complete` tells that the embedded faces have every character; only otherwise the system's fonts are searched.
///
/// # Errors
/// When the result would have more than `max_pixels`; nothing is allocated then.
pub(super) fn rasterise(
    svg: &str,
    (width, height): (f64, f64),
    scale: f64,
    max_pixels: u64,
    complete: bool,
) -> Result<Vec<u8>, PictureError> {
    if !(scale.is_finite() && scale > 0.0) {
        return Err(PictureError::Scale { scale });
    }
    let (columns, rows) = ((width * scale).ceil().max(1.0), (height * scale).ceil().max(1.0));
    if columns * rows > max_pixels as f64 || columns > f64::from(u16::MAX) * 16.0 || rows > f64::from(u16::MAX) * 16.0 {
        // A little less than what fits exactly, so that rounding up does not take it beyond again.
        let fitting = (max_pixels as f64 / (width * height)).sqrt() * 0.995;
        return Err(PictureError::TooLarge {
            width: columns,
            height: rows,
            max_pixels,
            fitting_scale: (fitting * 100.0).floor() / 100.0,
        });
    }
    let options = Options {
        font_family: "DejaVu Sans".to_owned(),
        fontdb: if complete { Arc::clone(&EMBEDDED) } else { Arc::clone(&WITH_SYSTEM) },
        ..Options::default()
    };
    let broken = |reason: String| PictureError::Raster { reason };
    let tree = Tree::from_str(svg, &options).map_err(|error| broken(error.to_string()))?;
    let mut pixels = Pixmap::new(columns as u32, rows as u32)
        .ok_or_else(|| broken(format!("no memory for {columns} × {rows} pixels")))?;
    let enlarge = Transform::from_scale(scale as f32, scale as f32);
    resvg::render(&tree, enlarge, &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| broken(error.to_string()))
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
