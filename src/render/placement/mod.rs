//! Where the boxes stand and the arrows run: sizes in, coordinates out, by interchangeable engines.

mod direction;
pub mod layered;
pub mod layout_rs;
mod ports;
pub mod route;
pub mod slots;

pub use direction::Direction;
pub use layered::Layered;
pub use layout_rs::LayoutRs;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Size {
    /// In pixels.
    pub width: f64,
    /// In pixels.
    pub height: f64,
}

/// A place in the picture; y grows downwards.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    /// Pixels from the left.
    pub x: f64,
    /// Pixels from the top.
    pub y: f64,
}

/// An upright rectangle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
}

impl Rect {
    /// Right edge.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Bottom edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

/// One step of an arrow's line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// The line starts (again) here.
    Move(Point),
    /// Straight to this point.
    Line(Point),
    /// A cubic Bézier curve: two control points, and the end.
    Curve(Point, Point, Point),
}

/// A diagram reduced to what placing needs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SizedDiagram {
    /// The boxes.
    pub boxes: Vec<SizedBox>,
    /// The arrows, at most one for an ordered pair of boxes.
    pub arrows: Vec<SizedArrow>,
    /// Targets stand in the first row and everything else below, instead of in the last.
    pub targets_first: bool,
}

/// One box without its words.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SizedBox {
    /// Its size.
    pub size: Size,
    /// It is a target, and stands at the end of the picture.
    pub target: bool,
}

/// One arrow without its words.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SizedArrow {
    /// Index of the referrer's box.
    pub from: usize,
    /// Index of the referent's box; may equal `from`.
    pub to: usize,
    /// Room that the label needs, if there is one.
    pub label: Option<Size>,
    /// Keep this one short, straight and pointing forwards.
    pub emphasised: bool,
}

/// Everything placed, with (0, 0) at the top left of the whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Placed {
    /// Size of the whole.
    pub size: Size,
    /// Where the boxes are, in the order of [`SizedDiagram::boxes`].
    pub boxes: Vec<Rect>,
    /// How the arrows run, in the order of [`SizedDiagram::arrows`].
    pub arrows: Vec<PlacedArrow>,
}

impl Placed {
    /// Every box and arrow at the origin: what stands in when an engine failed.
    pub(super) fn nothing(diagram: &SizedDiagram) -> Self {
        Placed {
            size: Size::default(),
            boxes: vec![Rect::default(); diagram.boxes.len()],
            arrows: vec![PlacedArrow::default(); diagram.arrows.len()],
        }
    }
}

/// The line of one arrow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlacedArrow {
    /// From the referrer to the base of the head; interrupted where the label stands.
    pub line: Vec<Step>,
    /// Triangle of the head, the tip first; all three are one point when the arrow joins the trunk of another one.
    pub head: [Point; 3],
    /// Where the label stands.
    pub label: Option<Rect>,
    /// It runs against the direction of the others, because it closes a cycle.
    pub back: bool,
}

/// Why an engine did not place a diagram.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    /// The engine is not made for a diagram like this.
    #[error("{engine} can't place this diagram: {reason}")]
    Unsuitable {
        /// Name of the engine.
        engine: &'static str,
        /// Which property of the diagram stands against it.
        reason: &'static str,
    },
    /// The engine broke off.
    #[error("{engine} failed on this diagram")]
    Failed {
        /// Name of the engine.
        engine: &'static str,
    },
}

/// An engine that places diagrams.
pub trait Placement {
    /// Places every box and arrow. The same diagram always gets the same coordinates.
    ///
    /// # Errors
    /// When the diagram does not suit the engine; [`Layered`] suits every diagram.
    fn place(&self, diagram: &SizedDiagram) -> Result<Placed, PlacementError>;
}
