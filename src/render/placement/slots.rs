//! Rows of slots: the common ground of the engines, between deciding who stands where and drawing it.

use super::{SizedBox, SizedDiagram};
use crate::render::theme;

/// Free space between neighbours in a row.
const BOX_GAP: f64 = 26.0;
const LABEL_GAP: f64 = 7.0;
const BEND_GAP: f64 = 9.0;
/// A self reference leaves its box by so much.
pub(super) const LOOP_REACH: f64 = 22.0;

/// What stands in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A box, by its index.
    Box(usize),
    /// The label of an arrow, by the arrow's index; the arrow runs through it from top to bottom.
    Label(usize),
    /// An arrow passes by.
    Bend,
}

/// A place in a row. Arrows enter at the middle of its top and leave at the middle of its bottom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// What stands here.
    pub content: Content,
    /// Room to the left of the middle.
    pub left: f64,
    /// Room to the right of the middle; more than `left` when a self reference is drawn there.
    pub right: f64,
    /// Room from top to bottom.
    pub height: f64,
    /// Where the middle is; set by the engine.
    pub x: f64,
}

impl Slot {
    /// The slot of a box with its self references.
    pub fn of_box(index: usize, sized: &SizedBox, loops: &SelfReferences) -> Slot {
        let half = sized.size.width / 2.0;
        Slot {
            content: Content::Box(index),
            left: half,
            right: half + loops.reach[index],
            height: sized.size.height.max(loops.height[index]),
            x: 0.0,
        }
    }

    /// The slot of an arrow between two rows of boxes.
    pub fn of_arrow(index: usize, diagram: &SizedDiagram, with_label: bool) -> Slot {
        match diagram.arrows[index].label {
            Some(size) if with_label => Slot {
                content: Content::Label(index),
                left: size.width / 2.0,
                right: size.width / 2.0,
                height: size.height,
                x: 0.0,
            },
            _ => Slot::bend(),
        }
    }

    /// The slot of an arrow that passes a row.
    pub fn bend() -> Slot {
        Slot { content: Content::Bend, left: theme::ARROW_STROKE, right: theme::ARROW_STROKE, height: 0.0, x: 0.0 }
    }

    fn gap(&self) -> f64 {
        match self.content {
            Content::Box(_) => BOX_GAP,
            Content::Label(_) => LABEL_GAP,
            Content::Bend => BEND_GAP,
        }
    }

    /// Least distance between the middles of two neighbours, this one on the left.
    pub fn distance_to(&self, next: &Slot) -> f64 {
        self.right + (self.gap() + next.gap()) / 2.0 + next.left
    }
}

/// The way of one arrow through the rows, from the upper end to the lower one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// Which arrow of the diagram.
    pub arrow: usize,
    /// Slots from row to row; the first and the last are boxes, all others are its own.
    pub slots: Vec<u32>,
    /// The arrow points upwards, from the last slot to the first.
    pub upwards: bool,
    /// It closes a cycle.
    pub back: bool,
}

/// Rows from top to bottom, ready to be drawn once every slot has its x.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// All slots.
    pub slots: Vec<Slot>,
    /// Slots of each row from left to right.
    pub rows: Vec<Vec<u32>>,
    /// One for every arrow between different boxes.
    pub chains: Vec<Chain>,
}

impl Rows {
    /// The last row becomes the first.
    pub fn turn_around(&mut self) {
        self.rows.reverse();
        for chain in &mut self.chains {
            chain.slots.reverse();
            chain.upwards = !chain.upwards;
        }
    }
}

/// Room that self references take beside their boxes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SelfReferences {
    /// Pixels to the right of each box.
    pub reach: Vec<f64>,
    /// Least height of the slot of each box.
    pub height: Vec<f64>,
}

impl SelfReferences {
    /// Finds them; there is at most one for a box.
    pub fn of(diagram: &SizedDiagram) -> Self {
        let mut found =
            SelfReferences { reach: vec![0.0; diagram.boxes.len()], height: vec![0.0; diagram.boxes.len()] };
        for arrow in diagram.arrows.iter().filter(|arrow| arrow.from == arrow.to) {
            let label = arrow.label.unwrap_or_default();
            found.reach[arrow.from] = LOOP_REACH + 4.0 + label.width;
            found.height[arrow.from] = found.height[arrow.from].max(label.height);
        }
        found
    }
}
