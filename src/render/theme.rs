//! Every colour, stroke, padding and font size of a picture.

/// Which colours a picture has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// SVG: light, and dark where the reader prefers it (`prefers-color-scheme`). PNG: light.
    #[default]
    Auto,
    /// Dark on white.
    Light,
    /// Light on near-black.
    Dark,
}

/// What the embedded faces are called, and what stands in where they are not installed (Verdana has the same widths).
pub(super) const FONT_FAMILY: &str = "'DejaVu Sans', Verdana, 'Bitstream Vera Sans', sans-serif";

pub(super) const TITLE_SIZE: f64 = 15.0;
pub(super) const HEADING_SIZE: f64 = 12.5;
pub(super) const LINE_SIZE: f64 = 11.0;
pub(super) const TAB_SIZE: f64 = 9.5;
pub(super) const LABEL_SIZE: f64 = 10.5;
pub(super) const NOTE_SIZE: f64 = 11.0;

/// Line heights, as multiples of the font size: DejaVu's ascent and descent add up to 1.17.
pub(super) const LINE_HEIGHT: f64 = 1.36;
/// From the top of a line to its baseline, as a multiple of the font size.
pub(super) const ASCENT: f64 = 1.02;

/// Widest text of a box, of an arrow's label, and of a line of title or notes in pixels.
pub(super) const BOX_TEXT_WIDTH: f64 = 250.0;
pub(super) const LABEL_TEXT_WIDTH: f64 = 150.0;
pub(super) const NOTE_TEXT_WIDTH: f64 = 900.0;
/// Lines of a box below its heading; a longer list goes to the tooltip.
pub(super) const BOX_LINES: usize = 6;

pub(super) const BOX_PADDING_X: f64 = 11.0;
pub(super) const BOX_PADDING_Y: f64 = 6.0;
/// Height of the line that shows how a number went.
pub(super) const CHART_HEIGHT: f64 = 28.0;
pub(super) const BOX_SMALLEST_WIDTH: f64 = 56.0;
pub(super) const BOX_RADIUS: f64 = 5.0;
pub(super) const TAB_HEIGHT: f64 = 16.0;
/// A mark, the space above it, and how far it reaches beyond its text.
pub(super) const MARK_HEIGHT: f64 = 15.0;
pub(super) const MARK_GAP: f64 = 4.0;
pub(super) const MARK_PADDING: f64 = 7.0;
/// How far the second sheet of a fold peeps out.
pub(super) const FOLD_OFFSET: f64 = 4.0;

pub(super) const BOX_STROKE: f64 = 1.2;
pub(super) const TARGET_STROKE: f64 = 3.0;
pub(super) const ARROW_STROKE: f64 = 1.2;
pub(super) const EMPHASISED_STROKE: f64 = 2.6;

pub(super) const LABEL_PADDING_X: f64 = 3.0;
pub(super) const LABEL_PADDING_Y: f64 = 1.0;

pub(super) const PICTURE_PADDING: f64 = 20.0;
/// Shades from the target outwards; farther boxes share the last.
pub(super) const SHADES: u32 = 5;

/// Dashes of a reference that closes a cycle, and dots of a weak one.
pub(super) const DASH_BACK: &str = "6 4";
pub(super) const DASH_WEAK: &str = "1.5 3.5";
pub(super) const DASH_MORE: &str = "4 3";

/// The colours of one scheme, as CSS colours.
pub(super) struct Palette {
    pub(super) paper: &'static str,
    pub(super) text: &'static str,
    pub(super) faint_text: &'static str,
    pub(super) on_tab: &'static str,
    pub(super) arrow: &'static str,
    pub(super) back_arrow: &'static str,
    pub(super) weak_arrow: &'static str,
    pub(super) emphasis: &'static str,
    pub(super) target_fill: &'static str,
    pub(super) target: &'static str,
    pub(super) root_fill: &'static str,
    pub(super) root: &'static str,
    pub(super) more_fill: &'static str,
    pub(super) finalizer: &'static str,
    pub(super) outline: &'static str,
    pub(super) highlight: &'static str,
    pub(super) shades: [&'static str; SHADES as usize],
}

/// Text on every fill has a contrast of at least 4.5 to 1.
pub(super) const LIGHT: Palette = Palette {
    paper: "#ffffff",
    text: "#1c2128",
    faint_text: "#4d5763",
    on_tab: "#ffffff",
    arrow: "#5b6673",
    back_arrow: "#8a5a00",
    weak_arrow: "#6a7683",
    emphasis: "#0b57c2",
    target_fill: "#fff1ec",
    target: "#b3261e",
    root_fill: "#e9f6ec",
    root: "#1d6f38",
    more_fill: "#ffffff",
    finalizer: "#9a1470",
    outline: "#7b8794",
    highlight: "#d98a00",
    shades: ["#cfe1f7", "#dceafa", "#e6f0fb", "#eff5fc", "#f6f9fd"],
};

pub(super) const DARK: Palette = Palette {
    paper: "#14181d",
    text: "#e8ecf1",
    faint_text: "#aeb8c4",
    on_tab: "#10141a",
    arrow: "#93a0ae",
    back_arrow: "#e0a94a",
    weak_arrow: "#8793a0",
    emphasis: "#6db1ff",
    target_fill: "#41201c",
    target: "#ff9285",
    root_fill: "#173524",
    root: "#6fd08f",
    more_fill: "#14181d",
    finalizer: "#ff86cf",
    outline: "#74818f",
    highlight: "#ffc14d",
    shades: ["#2c4766", "#273e58", "#22354a", "#1e2d3d", "#1b2631"],
};

impl Palette {
    /// The shade of a box so many references away from the target.
    pub(super) fn shade(&self, distance: u32) -> &'static str {
        self.shades[distance.saturating_sub(1).min(SHADES - 1) as usize]
    }
}
