//! One door to all pictures: a diagram and a format in, bytes out.

use serde::Serialize;

use super::best_placement::place_best;
use super::boxes::Words;
use super::placement::{Direction, Layered, LayoutRs, Placed, Placement, PlacementError, SizedDiagram};
use super::scene::{self, Scene};
use super::svg::Use;
use super::{Theme, dot, lettering, mermaid, png, svg, theme};
use crate::report::diagram::Diagram;
use crate::units;

/// Version of the JSON form of a picture; larger when a reader of the older form would misunderstand it.
pub const SCHEMA_VERSION: u32 = 1;

/// The file formats of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    /// Scalable, with tooltips and dark colours.
    Svg,
    /// Pixels, with the embedded font.
    Png,
    /// For Graphviz.
    Dot,
    /// For Markdown.
    Mermaid,
    /// The drawn graph itself.
    Json,
}

impl PictureFormat {
    /// The format that a file name's extension (without the dot, in any case) stands for.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "svg" => Some(PictureFormat::Svg),
            "png" => Some(PictureFormat::Png),
            "dot" | "gv" => Some(PictureFormat::Dot),
            "mmd" | "mermaid" => Some(PictureFormat::Mermaid),
            "json" => Some(PictureFormat::Json),
            _ => None,
        }
    }
}

/// Which engine places boxes and arrows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// The better one for this picture.
    #[default]
    Auto,
    /// The crate layout-rs; an error for pictures that it can't place.
    LayoutRs,
    /// Our own layered engine.
    Native,
}

/// How a picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PictureOptions {
    /// The engine.
    pub layout: Layout,
    /// Where most arrows point.
    pub direction: Direction,
    /// The colours.
    pub theme: Theme,
    /// PNG: pixels for each unit of the picture.
    pub scale: Scale,
    /// PNG: refuse to draw more pixels than this; each takes four bytes of memory.
    pub max_pixels: u64,
}

impl Default for PictureOptions {
    fn default() -> Self {
        PictureOptions {
            layout: Layout::Auto,
            direction: Direction::Down,
            theme: Theme::Auto,
            scale: Scale::default(),
            max_pixels: 60_000_000,
        }
    }
}

/// How many pixels of a PNG each unit of a picture gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// So many, or an error when that takes more pixels than allowed.
    Exactly(f64),
    /// Fewer for a large picture; the picture decides.
    Fitting {
        /// For a picture of common size. 2 is sharp on common screens.
        usual: f64,
        /// A picture of more pixels gets less than the usual scale, but not less than one pixel for each unit.
        comfortable: u64,
        /// Below this nothing can be seen: an error rather.
        smallest: f64,
    },
}

impl Default for Scale {
    fn default() -> Self {
        Scale::Fitting { usual: 2.0, comfortable: 24_000_000, smallest: 0.1 }
    }
}

/// A picture as the bytes of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// The file.
    pub bytes: Vec<u8>,
    /// PNG: the scale that was taken, below one pixel for each unit because more pixels are not allowed; `None` otherwise.
    pub reduced_to: Option<f64>,
}

impl Drawn {
    fn whole(bytes: Vec<u8>) -> Self {
        Drawn { bytes, reduced_to: None }
    }

    /// What a user is told of the picture, one sentence each; usually nothing.
    pub fn notes(&self, max_pixels: u64) -> Vec<String> {
        /// Text of a picture that has fewer pixels for each unit is hard to read.
        const READABLE: f64 = 0.6;
        let note = |scale| {
            format!(
                "drawn with a scale of {scale} to have no more than {} pixels{}; --scale and --max-pixels change that",
                units::count(max_pixels),
                if scale < READABLE { ", too small to be read: SVG has no such limit" } else { "" }
            )
        };
        self.reduced_to.map(note).into_iter().collect()
    }
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PictureError {
    /// More pixels than allowed.
    #[error("the picture would have {} × {} pixels, more than {} allowed; draw it with a scale of {} or as SVG",
        units::count(*width as i128), units::count(*height as i128), units::count(*max_pixels), fitting_scale)]
    TooLarge {
        /// Width in pixels.
        width: f64,
        /// Height in pixels.
        height: f64,
        /// What is allowed.
        max_pixels: u64,
        /// A scale with which it fits.
        fitting_scale: f64,
    },
    /// A scale that is not a positive number.
    #[error("a scale must be a number above 0, not {scale}")]
    Scale {
        /// What was asked for.
        scale: f64,
    },
    /// The engine asked for can't place this diagram.
    #[error("{0}; without a choice of layout the picture is drawn")]
    Placement(#[from] PlacementError),
    /// The rasteriser or the serialiser failed.
    #[error("the picture could not be drawn: {reason}")]
    Raster {
        /// What it said.
        reason: String,
    },
}

/// Draws a diagram. The same diagram, format and options always give the same bytes (PNG: as long as the embedded font has every
/// character; otherwise the system's fonts have their say).
///
/// # Errors
/// When a PNG would be too large, or an engine asked for by name does not suit the diagram.
pub fn picture(diagram: &Diagram, format: PictureFormat, options: &PictureOptions) -> Result<Drawn, PictureError> {
    match format {
        PictureFormat::Svg => {
            let scene = scene_towards(diagram, options.layout, options.direction)?;
            Ok(Drawn::whole(svg::write(&scene, options.theme, Use::File).into_bytes()))
        }
        PictureFormat::Png => {
            let scene = scene_towards(diagram, options.layout, options.direction)?;
            let raster = png::Raster::new((scene.size.width, scene.size.height), options.scale, options.max_pixels)?;
            let theme = if options.theme == Theme::Dark { Theme::Dark } else { Theme::Light };
            let drawing = svg::write(&scene, theme, Use::Raster);
            let palette = if theme == Theme::Dark { &theme::DARK } else { &theme::LIGHT };
            let letters = lettering::letters(&scene, palette);
            let bytes = png::rasterise(&drawing, &letters, &raster, scene.is_complete())?;
            Ok(Drawn { bytes, reduced_to: raster.is_reduced.then_some(raster.scale) })
        }
        PictureFormat::Dot => Ok(Drawn::whole(dot::write(diagram, options.direction).into_bytes())),
        PictureFormat::Mermaid => Ok(Drawn::whole(mermaid::write(diagram, options.direction).into_bytes())),
        PictureFormat::Json => json(diagram).map(Drawn::whole),
    }
}

/// The picture as shapes, which tests measure.
///
/// # Errors
/// When [`Layout::LayoutRs`] is asked for and does not suit the diagram.
pub fn scene_of(diagram: &Diagram, layout: Layout) -> Result<Scene, PictureError> {
    scene_towards(diagram, layout, Direction::Down)
}

/// As [`scene_of`], with arrows that point elsewhere than down.
///
/// # Errors
/// As [`scene_of`].
pub fn scene_towards(diagram: &Diagram, layout: Layout, direction: Direction) -> Result<Scene, PictureError> {
    let mut failed = None;
    let place = |sized: &SizedDiagram| match layout {
        Layout::Auto => place_best(sized),
        Layout::Native => Layered.place_any(sized),
        Layout::LayoutRs => LayoutRs.place(sized).unwrap_or_else(|error| {
            failed = Some(error);
            Placed::nothing(sized)
        }),
    };
    let scene = scene::arrange(diagram, |sized| direction.place(sized, place));
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(scene),
    }
}

/// The diagram as engines see it: measured boxes and labels, parallel arrows merged. For comparing engines.
pub fn sized(diagram: &Diagram) -> SizedDiagram {
    Words::of(diagram).sized(diagram)
}

fn json(diagram: &Diagram) -> Result<Vec<u8>, PictureError> {
    #[derive(Serialize)]
    struct Versioned<'a> {
        schema_version: u32,
        #[serde(flatten)]
        diagram: &'a Diagram,
    }
    let mut bytes = serde_json::to_vec_pretty(&Versioned { schema_version: SCHEMA_VERSION, diagram })
        .map_err(|error| PictureError::Raster { reason: error.to_string() })?;
    bytes.push(b'\n');
    Ok(bytes)
}
