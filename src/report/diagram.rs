//! A picture before it has coordinates: boxes and named arrows.

use serde::{Deserialize, Serialize};

use crate::units::Address;

/// The line that tells that a class has `__del__`.
pub const FINALIZER: &str = "has __del__";

/// Boxes and arrows to be drawn, in a fixed order: the same diagram always gives the same bytes.
///
/// Arrows point from referrer to referent. `arrows[i].from` and `.to` index `boxes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Diagram {
    /// One line above the picture, e.g. `Who refers to 0x7f… (app.Session)`.
    pub title: String,
    /// Sentences below the picture: what was left out and why. In order of importance.
    pub notes: Vec<String>,
    /// On which side the targets stand.
    pub target_end: TargetEnd,
    /// The boxes; the targets come first.
    pub boxes: Vec<DiagramBox>,
    /// The arrows; parallel references of the same two boxes are one arrow with several labels.
    pub arrows: Vec<Arrow>,
}

/// On which side of the picture the targets stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetEnd {
    /// Referrers above, targets in the last layer (`backrefs`, `why`).
    #[default]
    Last,
    /// Targets in the first layer, referents below (`refs`).
    First,
}

/// One box: usually one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DiagramBox {
    /// The object's address; `None` for a box that stands for several ([`BoxRole::More`], folds).
    pub address: Option<Address>,
    /// What the box is in this picture.
    pub role: BoxRole,
    /// First line: the type, e.g. `dict` or `app.models.Session`.
    pub heading: String,
    /// Further lines: what it is, e.g. `3 items · 0x7f12…`. May be empty.
    pub lines: Vec<String>,
    /// Full facts for the tooltip, one per line: full type name, sizes, reference count.
    pub facts: Vec<String>,
    /// References from the nearest target, 0 for a target; gives the depth of shade.
    pub distance: u32,
    /// How many objects the box stands for; 1 for a single object.
    pub objects: u64,
    /// Kind and name of the GC root, e.g. `module app.cache`; `None` when not a GC root.
    pub root: Option<String>,
    /// The reader asked for this box to stand out.
    pub highlighted: bool,
    /// How a number of it went over several snapshots, drawn as a line; empty for none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<u64>,
    /// Its class has `__del__`: Python code runs before it is freed. [`FINALIZER`] is one of its lines then.
    pub finalizer: bool,
}

impl Default for DiagramBox {
    /// A single object of which nothing is known.
    fn default() -> Self {
        DiagramBox {
            address: None,
            role: BoxRole::Object,
            heading: String::new(),
            lines: Vec::new(),
            facts: Vec::new(),
            distance: 0,
            objects: 1,
            root: None,
            highlighted: false,
            series: Vec::new(),
            finalizer: false,
        }
    }
}

/// What a box is in its picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxRole {
    /// The object that was asked about.
    Target,
    /// A GC root: a module, a frame's local, interpreter state.
    Root,
    /// Any other object.
    #[default]
    Object,
    /// Several alike objects folded into one box.
    Fold,
    /// What was left out at this place, counted: `1,204 more`.
    More,
}

/// One or several parallel references.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arrow {
    /// Index of the referrer's box.
    pub from: usize,
    /// Index of the referent's box; may equal `from`.
    pub to: usize,
    /// Slot names, in slot order, e.g. `['user']`, `.next`; may be empty.
    pub labels: Vec<String>,
    /// How many further references between the two are not named in `labels`.
    pub unnamed_more: u64,
    /// All references of this arrow are weak: they keep nothing alive.
    pub weak: bool,
    /// Part of the shortest path to a GC root.
    pub emphasised: bool,
}
